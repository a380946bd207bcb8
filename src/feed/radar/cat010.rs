//! CAT010 records: which items mean what for a plot.
//!
//! **Source**: EUROCONTROL-SPEC-0149-7 edition 1.1; bits as in the table of [`CAT010`].

use super::time_of_day::resolve_time_of_day;
use super::{RadarRefusal, Site};
use crate::feed::asterix::{CAT010, Record};
use crate::feed::observation::{Content, RadarPlot, RadarService};
use crate::geodesy::{LatLon, position_to_polar};
use crate::units::{Bearing, EventTime, METRES_PER_NAUTICAL_MILE, SensorId};

/// Place of I010/010 in the profile.
pub(super) const SOURCE: usize = CAT010.place("010");
const MESSAGE_TYPE: usize = CAT010.place("000");
const DESCRIPTOR: usize = CAT010.place("020");
const TIME_OF_DAY: usize = CAT010.place("140");
const POSITION_WGS84: usize = CAT010.place("041");
const POSITION_POLAR: usize = CAT010.place("040");
const POSITION_CARTESIAN: usize = CAT010.place("042");
const VELOCITY_POLAR: usize = CAT010.place("200");
const VELOCITY_CARTESIAN: usize = CAT010.place("202");
const TRACK_NUMBER: usize = CAT010.place("161");
const TRACK_STATUS: usize = CAT010.place("170");
const AMPLITUDE: usize = CAT010.place("131");
const SIZE: usize = CAT010.place("270");
const STATUS: usize = CAT010.place("550");

/// One step of an azimuth of 16 bits, in degrees.
const DEGREES_16: f64 = 360.0 / 65536.0;
/// One step of a WGS 84 coordinate of 32 bits, in degrees.
const DEGREES_32: f64 = 180.0 / 2_147_483_648.0;
/// One step of a ground speed (I010/200), 1/16384 NM/s, in m/s.
const POLAR_SPEED_MPS: f64 = METRES_PER_NAUTICAL_MILE / 16384.0;
/// One step of a velocity component (I010/202) in m/s.
const CARTESIAN_SPEED_MPS: f64 = 0.25;

/// Reads one record.
pub(super) fn read(
    record: &Record<'_>,
    sites: &[Site],
    reference: EventTime,
) -> Result<(SensorId, EventTime, Content), RadarRefusal> {
    let Some(&[sac, sic]) = record.item(SOURCE) else { return Err(RadarRefusal::NoSource) };
    let index = sites.binary_search_by_key(&[sac, sic], |site| site.source).map_err(|_| RadarRefusal::UnknownSource)?;
    let site = sites.get(index).ok_or(RadarRefusal::UnknownSource)?;
    let Some(&[message_type]) = record.item(MESSAGE_TYPE) else { return Err(RadarRefusal::NoMessageType) };
    let Some(&[high, middle, low]) = record.item(TIME_OF_DAY) else { return Err(RadarRefusal::NoTime) };
    let time =
        resolve_time_of_day(u32::from_be_bytes([0, high, middle, low]), reference).ok_or(RadarRefusal::BadTime)?;
    let content = match message_type {
        1 => Content::RadarPlot(target_report(record, site)?),
        2 => Content::RadarService(RadarService::StartOfCycle),
        3 | 4 => {
            // NOGO: 0 operational, 1 degraded, 2 not to be used.
            let nogo = first(record, STATUS).map_or(0, |octet| octet >> 6);
            Content::RadarService(RadarService::Status { operational: nogo < 2 })
        }
        _ => return Err(RadarRefusal::UnknownMessageType),
    };
    Ok((site.sensor, time, content))
}

/// Reads a target report: a plot, or the radar's own track of one.
fn target_report(record: &Record<'_>, site: &Site) -> Result<RadarPlot, RadarRefusal> {
    let descriptor = record.item(DESCRIPTOR).unwrap_or_default();
    // TYP: 3 is a primary radar, 6 is not defined, 7 is "other"; a record without descriptor is taken as the radar's.
    if let Some(&octet) = descriptor.first()
        && !matches!(octet >> 5, 3 | 6 | 7)
    {
        return Err(RadarRefusal::NotPrimaryRadar);
    }
    // SIM, TST and RAB (a fixed field monitor) of the first extension.
    let test_target = descriptor.get(1).is_some_and(|octet| octet & 0b1110_0000 != 0);
    let (range_m, azimuth_deg) = position(record, site)?;
    if range_m <= 0.0 || range_m > site.range_max_m {
        return Err(RadarRefusal::RangeOutside);
    }
    let status = first(record, TRACK_STATUS).unwrap_or(0);
    Ok(RadarPlot {
        range_m,
        azimuth_deg,
        track_number: pair(record, TRACK_NUMBER).map(|number| number & 0x0fff),
        velocity: velocity(record),
        // TRE.
        track_ended: status & 0b0100_0000 != 0,
        // CST: any of the three ways to extrapolate.
        coasted: status & 0b0011_0000 != 0,
        amplitude: first(record, AMPLITUDE),
        // A craft of no length is a length that is not known.
        length_m: first(record, SIZE).map(|octet| f64::from(octet >> 1)).filter(|&length| length > 0.0),
        test_target,
    })
}

/// Range in metres and azimuth in degrees: as measured, else from Cartesian, else from WGS 84 coordinates.
fn position(record: &Record<'_>, site: &Site) -> Result<(f64, f64), RadarRefusal> {
    if let Some(&[r1, r2, a1, a2]) = record.item(POSITION_POLAR) {
        let range_m = f64::from(u16::from_be_bytes([r1, r2]));
        return Ok((range_m, f64::from(u16::from_be_bytes([a1, a2])) * DEGREES_16));
    }
    if let Some(&[x1, x2, y1, y2]) = record.item(POSITION_CARTESIAN) {
        // From the site: x to the east, y to true north, in metres.
        let (east, north) = (f64::from(i16::from_be_bytes([x1, x2])), f64::from(i16::from_be_bytes([y1, y2])));
        return Ok((east.hypot(north), Bearing::of_vector(east, north).deg()));
    }
    if let Some(&[a1, a2, a3, a4, o1, o2, o3, o4]) = record.item(POSITION_WGS84) {
        let lat_deg = f64::from(i32::from_be_bytes([a1, a2, a3, a4])) * DEGREES_32;
        let lon_deg = f64::from(i32::from_be_bytes([o1, o2, o3, o4])) * DEGREES_32;
        let target = LatLon::new(lat_deg, lon_deg);
        if !target.is_valid() {
            return Err(RadarRefusal::NoPosition);
        }
        let (azimuth, range_m) = position_to_polar(site.position.ok_or(RadarRefusal::NoSite)?, target);
        return Ok((range_m, azimuth.deg()));
    }
    Err(RadarRefusal::NoPosition)
}

/// Speed in m/s and course in degrees, polar or from components.
fn velocity(record: &Record<'_>) -> Option<(f64, f64)> {
    if let Some(&[s1, s2, a1, a2]) = record.item(VELOCITY_POLAR) {
        let speed_mps = f64::from(u16::from_be_bytes([s1, s2])) * POLAR_SPEED_MPS;
        return Some((speed_mps, f64::from(u16::from_be_bytes([a1, a2])) * DEGREES_16));
    }
    let &[x1, x2, y1, y2] = record.item(VELOCITY_CARTESIAN)? else { return None };
    let east = f64::from(i16::from_be_bytes([x1, x2])) * CARTESIAN_SPEED_MPS;
    let north = f64::from(i16::from_be_bytes([y1, y2])) * CARTESIAN_SPEED_MPS;
    Some((east.hypot(north), Bearing::of_vector(east, north).deg()))
}

/// The first byte of an item.
fn first(record: &Record<'_>, place: usize) -> Option<u8> {
    record.item(place)?.first().copied()
}

/// The first two bytes of an item as a number.
fn pair(record: &Record<'_>, place: usize) -> Option<u16> {
    match record.item(place)? {
        &[high, low, ..] => Some(u16::from_be_bytes([high, low])),
        _ => None,
    }
}
