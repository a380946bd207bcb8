//! What the readers of all categories share: bytes of items as numbers, and the steps of the common codings.

use crate::feed::asterix::Record;
use crate::geodesy::LatLon;
use crate::units::{Bearing, EventTime, METRES_PER_NAUTICAL_MILE};

use super::RadarRefusal;
use super::time_of_day::resolve_time_of_day;

/// One step of an azimuth of 16 bits, in degrees.
pub(super) const DEGREES_16: f64 = 360.0 / 65536.0;
/// One step of a ground speed of 1/16384 NM/s, in m/s.
pub(super) const POLAR_SPEED_MPS: f64 = METRES_PER_NAUTICAL_MILE / 16384.0;

/// The fastest track that is believed, in m/s (290 kn): a patrol aircraft at speed. Trackers that have run away send
/// anything up to the end of the item (7.4 km/s), with positions as false.
pub(super) const SPEED_MPS_MAX: f64 = 150.0;

/// The first byte of an item.
pub(super) fn first(record: &Record<'_>, place: usize) -> Option<u8> {
    record.item(place)?.first().copied()
}

/// The first two bytes of an item as a number.
pub(super) fn pair(record: &Record<'_>, place: usize) -> Option<u16> {
    match record.item(place)? {
        &[high, low, ..] => Some(u16::from_be_bytes([high, low])),
        _ => None,
    }
}

/// The two halves of an item of four bytes, unsigned.
pub(super) fn two_unsigned(record: &Record<'_>, place: usize) -> Option<(f64, f64)> {
    let &[a1, a2, b1, b2] = record.item(place)? else { return None };
    Some((f64::from(u16::from_be_bytes([a1, a2])), f64::from(u16::from_be_bytes([b1, b2]))))
}

/// The two halves of an item of four bytes, in two's complement.
pub(super) fn two_signed(record: &Record<'_>, place: usize) -> Option<(f64, f64)> {
    let &[a1, a2, b1, b2] = record.item(place)? else { return None };
    Some((f64::from(i16::from_be_bytes([a1, a2])), f64::from(i16::from_be_bytes([b1, b2]))))
}

/// A signed number of 24 bits.
pub(super) fn signed_24([high, middle, low]: [u8; 3]) -> i32 {
    i32::from_be_bytes([high, middle, low, 0]) >> 8
}

/// Latitude and longitude of 32 bits each, `step_deg` a step; `None` for no place on earth.
pub(super) fn wgs84(record: &Record<'_>, place: usize, step_deg: f64) -> Option<LatLon> {
    let &[a1, a2, a3, a4, o1, o2, o3, o4] = record.item(place)? else { return None };
    let degrees = |bytes| f64::from(i32::from_be_bytes(bytes)) * step_deg;
    Some(LatLon::new(degrees([a1, a2, a3, a4]), degrees([o1, o2, o3, o4]))).filter(|position| position.is_valid())
}

/// Length and direction of a vector to east and north.
pub(super) fn polar(east: f64, north: f64) -> (f64, f64) {
    (east.hypot(north), Bearing::of_vector(east, north).deg())
}

/// SAC and SIC.
pub(super) fn source(record: &Record<'_>, place: usize) -> Result<[u8; 2], RadarRefusal> {
    match record.item(place) {
        Some(&[sac, sic]) => Ok([sac, sic]),
        _ => Err(RadarRefusal::NoSource),
    }
}

/// A time of day of three bytes, with the date of the reference.
pub(super) fn time(record: &Record<'_>, place: usize, reference: EventTime) -> Result<EventTime, RadarRefusal> {
    let Some(&[high, middle, low]) = record.item(place) else { return Err(RadarRefusal::NoTime) };
    resolve_time_of_day(u32::from_be_bytes([0, high, middle, low]), reference).ok_or(RadarRefusal::BadTime)
}

/// Refuses a velocity that nothing at sea or over it has.
pub(super) fn believable(velocity: Option<(f64, f64)>) -> Result<Option<(f64, f64)>, RadarRefusal> {
    match velocity {
        Some((speed_mps, _)) if speed_mps > SPEED_MPS_MAX => Err(RadarRefusal::SpeedOutside),
        other => Ok(other),
    }
}
