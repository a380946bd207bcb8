//! CAT048 records: plots and tracks of one radar.
//!
//! The category was made for air traffic. Of its targets those count that a primary radar saw; what only a transponder
//! answered is an aircraft, and so is what sends a flight level well above any mast.
//!
//! **Source**: EUROCONTROL specification for ASTERIX CAT048 edition 1.32; bits as in the table of [`CAT048`].

use super::items::{
    DEGREES_16, POLAR_SPEED_MPS, believable, first, pair, polar, source, time, two_signed, two_unsigned,
};
use super::{RadarRefusal, Site};
use crate::feed::asterix::{CAT048, Record};
use crate::feed::observation::{RadarPlot, Rounding};
use crate::units::{EventTime, METRES_PER_NAUTICAL_MILE};

/// Place of I048/010 in the profile.
pub(super) const SOURCE: usize = CAT048.place("010");
const TIME_OF_DAY: usize = CAT048.place("140");
const DESCRIPTOR: usize = CAT048.place("020");
const POSITION_POLAR: usize = CAT048.place("040");
const POSITION_CARTESIAN: usize = CAT048.place("042");
const FLIGHT_LEVEL: usize = CAT048.place("090");
const TRACK_NUMBER: usize = CAT048.place("161");
const VELOCITY_POLAR: usize = CAT048.place("200");
const TRACK_STATUS: usize = CAT048.place("170");

/// One step of the range (I048/040), in metres.
const RANGE_M: f64 = METRES_PER_NAUTICAL_MILE / 256.0;
/// One step of a Cartesian coordinate (I048/042), in metres.
const CARTESIAN_M: f64 = METRES_PER_NAUTICAL_MILE / 128.0;
/// A flight level above which a target is no craft at sea, in steps of 25 ft: 500 ft leaves room for low pressure.
const LEVEL_AT_SEA_MAX: i16 = 20;

/// Reads one record.
pub(super) fn read(
    record: &Record<'_>,
    site: &Site,
    reference: EventTime,
) -> Result<(EventTime, RadarPlot), RadarRefusal> {
    let time = time(record, TIME_OF_DAY, reference)?;
    let descriptor = record.item(DESCRIPTOR).unwrap_or_default();
    let head = descriptor.first().copied().unwrap_or(0b0010_0000);
    // TYP: 0 no detection (an extrapolated track), 1 primary, 3 primary and secondary, 6 and 7 primary and Mode S; 2, 4
    // and 5 are answers of transponders alone.
    let kind = head >> 5;
    if matches!(kind, 2 | 4 | 5) {
        return Err(RadarRefusal::NotPrimaryRadar);
    }
    if is_airborne(record) {
        return Err(RadarRefusal::Airborne);
    }
    // SIM and RAB of the first octet, TST of the second.
    let test_target = head & 0b0001_0010 != 0 || descriptor.get(1).is_some_and(|octet| octet & 0b1000_0000 != 0);
    let measured = record.item(POSITION_POLAR).is_some();
    let (range_m, azimuth_deg) = position(record)?;
    if range_m <= 0.0 || range_m > site.range_max_m {
        return Err(RadarRefusal::RangeOutside);
    }
    let velocity =
        two_unsigned(record, VELOCITY_POLAR).map(|(speed, course)| (speed * POLAR_SPEED_MPS, course * DEGREES_16));
    let status = record.item(TRACK_STATUS).unwrap_or_default();
    let plot = RadarPlot {
        range_m,
        azimuth_deg,
        track_number: pair(record, TRACK_NUMBER).map(|number| number & 0x0fff),
        velocity: believable(velocity)?,
        // TRE, in the first extension.
        track_ended: status.get(1).is_some_and(|octet| octet & 0b1000_0000 != 0),
        coasted: kind == 0 || !measured,
        // I048/130 gives amplitudes in dBm, not in the steps of I010/131.
        amplitude: None,
        length_m: None,
        test_target,
        rounding: Rounding::of_steps(if measured { RANGE_M } else { CARTESIAN_M }, DEGREES_16),
    };
    Ok((time, plot))
}

/// Range in metres and azimuth in degrees: as measured, else as calculated for a track.
fn position(record: &Record<'_>) -> Result<(f64, f64), RadarRefusal> {
    if let Some((range, azimuth)) = two_unsigned(record, POSITION_POLAR) {
        return Ok((range * RANGE_M, azimuth * DEGREES_16));
    }
    let (east, north) = two_signed(record, POSITION_CARTESIAN).ok_or(RadarRefusal::NoPosition)?;
    Ok(polar(east * CARTESIAN_M, north * CARTESIAN_M))
}

/// Whether a transponder says a height that no craft at sea has: not garbled (G), validated (V clear).
fn is_airborne(record: &Record<'_>) -> bool {
    pair(record, FLIGHT_LEVEL).is_some_and(|level| {
        let sound = level & 0xc000 == 0;
        // 14 bits in two's complement.
        sound && ((level << 2) as i16 >> 2) > LEVEL_AT_SEA_MAX
    })
}

/// The site that a record is of.
pub(super) fn site<'a>(record: &Record<'_>, sites: &'a [Site]) -> Result<&'a Site, RadarRefusal> {
    super::find(sites, source(record, SOURCE)?)
}

/// Whether the items are there that every edition of this profile requires of a target (010, 140, 020).
pub(super) fn is_of_this_profile(record: &Record<'_>) -> bool {
    [SOURCE, TIME_OF_DAY, DESCRIPTOR].into_iter().all(|place| first(record, place).is_some())
}
