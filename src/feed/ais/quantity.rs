//! The quantities of the standard, kept as the integers that were sent, with accessors in SI units and degrees.
//!
//! "Not available" codes and values that cannot be become `None` in the accessors and nowhere later.
//! Source: ITU-R M.1371-5 annex 8, tables 48 (position reports), 51 (base station) and 52 (static data).

use crate::feed::observation::Dimensions;
use crate::geodesy::LatLon;
use crate::units::{EventTime, MPS_PER_KNOT};

use super::bits::Bits;

/// A position in 1/10000 minute, that is 1/600000 degree; 181 and 91 degrees when not available.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Longitude, east positive, in 1/600000 degree.
    pub lon: i32,
    /// Latitude, north positive, in 1/600000 degree.
    pub lat: i32,
}

impl Position {
    /// Steps in a degree.
    pub const PER_DEGREE: i32 = 600_000;

    #[inline(always)]
    pub(super) fn read(bits: Bits<'_>, lon_at: usize) -> Self {
        Self {
            lon: bits.signed_or(lon_at, 28, 181 * Self::PER_DEGREE),
            lat: bits.signed_or(lon_at + 28, 27, 91 * Self::PER_DEGREE),
        }
    }

    /// Longitude in degrees; `None` when not available or beyond 180.
    pub fn lon_deg(self) -> Option<f64> {
        degrees(self.lon, 180, Self::PER_DEGREE)
    }

    /// Latitude in degrees; `None` when not available or beyond 90.
    pub fn lat_deg(self) -> Option<f64> {
        degrees(self.lat, 90, Self::PER_DEGREE)
    }

    /// The position in degrees, when both parts are there.
    pub fn lat_lon(self) -> Option<LatLon> {
        Some(LatLon::new(self.lat_deg()?, self.lon_deg()?))
    }
}

/// A coarse position in 1/10 minute, that is 1/600 degree (0.1 nautical mile); 181 and 91 degrees when not available.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoarsePosition {
    /// Longitude, east positive, in 1/600 degree.
    pub lon: i32,
    /// Latitude, north positive, in 1/600 degree.
    pub lat: i32,
}

impl CoarsePosition {
    /// Steps in a degree.
    pub const PER_DEGREE: i32 = 600;

    #[inline(always)]
    pub(super) fn read(bits: Bits<'_>, lon_at: usize) -> Self {
        Self {
            lon: bits.signed_or(lon_at, 18, 181 * Self::PER_DEGREE),
            lat: bits.signed_or(lon_at + 18, 17, 91 * Self::PER_DEGREE),
        }
    }

    /// Longitude in degrees; `None` when not available or beyond 180.
    pub fn lon_deg(self) -> Option<f64> {
        degrees(self.lon, 180, Self::PER_DEGREE)
    }

    /// Latitude in degrees; `None` when not available or beyond 90.
    pub fn lat_deg(self) -> Option<f64> {
        degrees(self.lat, 90, Self::PER_DEGREE)
    }

    /// The position in degrees, when both parts are there.
    pub fn lat_lon(self) -> Option<LatLon> {
        Some(LatLon::new(self.lat_deg()?, self.lon_deg()?))
    }
}

fn degrees(steps: i32, most_deg: i32, per_degree: i32) -> Option<f64> {
    (steps.abs() <= most_deg * per_degree).then(|| f64::from(steps) / f64::from(per_degree))
}

/// Speed over ground in tenths of a knot; 1022 means 102.2 knots or more, 1023 not available.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speed(pub u16);

impl Speed {
    /// The code for "not available".
    pub const NOT_AVAILABLE: u32 = 1023;

    #[inline(always)]
    pub(super) fn read(bits: Bits<'_>, at: usize) -> Self {
        Self(bits.unsigned_or(at, 10, Self::NOT_AVAILABLE) as u16)
    }

    /// Knots.
    pub fn knots(self) -> Option<f64> {
        (u32::from(self.0) < Self::NOT_AVAILABLE).then(|| f64::from(self.0) / 10.0)
    }

    /// Metres a second.
    pub fn mps(self) -> Option<f64> {
        self.knots().map(|knots| knots * MPS_PER_KNOT)
    }
}

/// Speed over ground in whole knots, with its own code for "not available": 1023 in message 9, 63 in message 27.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WholeKnots {
    /// As sent.
    pub raw: u16,
    /// The code that means "not available".
    pub not_available: u16,
}

impl WholeKnots {
    /// Knots.
    pub fn knots(self) -> Option<f64> {
        (self.raw < self.not_available).then(|| f64::from(self.raw))
    }

    /// Metres a second.
    pub fn mps(self) -> Option<f64> {
        self.knots().map(|knots| knots * MPS_PER_KNOT)
    }
}

/// Course over ground in tenths of a degree; 3600 means not available, more cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Course(pub u16);

impl Course {
    /// The code for "not available".
    pub const NOT_AVAILABLE: u32 = 3600;

    #[inline(always)]
    pub(super) fn read(bits: Bits<'_>, at: usize) -> Self {
        Self(bits.unsigned_or(at, 12, Self::NOT_AVAILABLE) as u16)
    }

    /// Degrees true, below 360.
    pub fn deg(self) -> Option<f64> {
        (u32::from(self.0) < Self::NOT_AVAILABLE).then(|| f64::from(self.0) / 10.0)
    }
}

/// True heading in degrees; 511 means not available, 360 to 510 cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heading(pub u16);

impl Heading {
    /// The code for "not available".
    pub const NOT_AVAILABLE: u32 = 511;

    #[inline(always)]
    pub(super) fn read(bits: Bits<'_>, at: usize) -> Self {
        Self(bits.unsigned_or(at, 9, Self::NOT_AVAILABLE) as u16)
    }

    /// Degrees true, below 360.
    pub fn deg(self) -> Option<f64> {
        (self.0 < 360).then(|| f64::from(self.0))
    }
}

/// Rate of turn as coded: 4.733 times the root of degrees a minute, with the sign of the turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateOfTurn(pub i8);

impl RateOfTurn {
    /// Degrees a minute, positive to starboard; `None` when not available (-128) or when only the direction is known
    /// (127 and -127: more than 5 degrees in 30 seconds, without a turn indicator).
    pub fn deg_per_min(self) -> Option<f64> {
        let root = f64::from(self.0) / 4.733;
        (self.0.unsigned_abs() < 127).then(|| (root * root).copysign(root))
    }
}

/// UTC second of the fix: 0 to 59; 60 not available, 61 manual input, 62 dead reckoning, 63 inoperative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixSecond(pub u8);

impl FixSecond {
    #[inline(always)]
    pub(super) fn read(bits: Bits<'_>, at: usize) -> Self {
        Self(bits.unsigned_or(at, 6, 60) as u8)
    }

    /// 0 to 59 when the fix is from a clock.
    pub fn utc_second(self) -> Option<u8> {
        (self.0 < 60).then_some(self.0)
    }
}

/// Metres from the reference point to the edges of the hull, in four fields of 9, 9, 6 and 6 bits.
#[inline]
pub(super) fn dimensions(bits: Bits<'_>, at: usize) -> Dimensions {
    Dimensions {
        to_bow_m: bits.unsigned_or(at, 9, 0) as u16,
        to_stern_m: bits.unsigned_or(at + 9, 9, 0) as u16,
        to_port_m: bits.small(at + 18, 6),
        to_starboard_m: bits.small(at + 24, 6),
    }
}

/// Estimated time of arrival as sent: month 0, day 0, hour 24 and minute 60 mean not available.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Eta {
    /// 1 to 12; 0 not available; 13 to 15 occur on the air.
    pub month: u8,
    /// 1 to 31; 0 not available.
    pub day: u8,
    /// 0 to 23; 24 not available.
    pub hour: u8,
    /// 0 to 59; 60 not available.
    pub minute: u8,
}

/// Date and time as sent by base stations (messages 4 and 11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UtcStamp {
    /// 1 to 9999; 0 not available; more occurs on the air.
    pub year: u16,
    /// 1 to 12; 0 not available.
    pub month: u8,
    /// 1 to 31; 0 not available.
    pub day: u8,
    /// 0 to 23; 24 not available.
    pub hour: u8,
    /// 0 to 59; 60 not available.
    pub minute: u8,
    /// 0 to 59; 60 not available.
    pub second: u8,
}

impl UtcStamp {
    /// The instant; `None` when a part is not available or cannot be.
    pub fn time(self) -> Option<EventTime> {
        if self.year == 0 {
            return None;
        }
        EventTime::from_utc(self.year, self.month, self.day, self.hour, self.minute, self.second, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_available_and_impossible_values_are_none() {
        assert_eq!(Position { lon: 108_600_000, lat: 54_600_000 }.lat_lon(), None);
        assert_eq!(Position { lon: 108_000_001, lat: 0 }.lon_deg(), None);
        assert_eq!(Position { lon: -108_000_000, lat: 54_000_000 }.lat_lon(), Some(LatLon::new(90.0, -180.0)));
        assert_eq!(CoarsePosition { lon: 108_600, lat: 600 }.lat_lon(), None);
        assert_eq!((Speed(1023).mps(), Speed(1022).knots()), (None, Some(102.2)));
        assert_eq!((Course(3600).deg(), Course(4095).deg(), Course(3599).deg()), (None, None, Some(359.9)));
        assert_eq!((Heading(511).deg(), Heading(360).deg(), Heading(359).deg()), (None, None, Some(359.0)));
        assert_eq!(
            (RateOfTurn(-128).deg_per_min(), RateOfTurn(127).deg_per_min(), RateOfTurn(-127).deg_per_min()),
            (None, None, None)
        );
        assert!((RateOfTurn(-11).deg_per_min().unwrap() + 5.4).abs() < 0.01);
        assert_eq!((FixSecond(60).utc_second(), FixSecond(63).utc_second()), (None, None));
    }

    #[test]
    fn a_date_that_cannot_be_is_no_time() {
        let stamp = UtcStamp { year: 2007, month: 4, day: 25, hour: 18, minute: 0, second: 11 };
        assert_eq!(stamp.time().unwrap().to_string(), "2007-04-25T18:00:11.000Z");
        assert_eq!(UtcStamp { month: 13, ..stamp }.time(), None);
        assert_eq!(UtcStamp { month: 2, day: 30, ..stamp }.time(), None);
        assert_eq!(UtcStamp { second: 60, ..stamp }.time(), None);
        assert_eq!(UtcStamp { year: 0, ..stamp }.time(), None);
        assert_eq!(UtcStamp { year: 16_383, ..stamp }.time(), None);
    }
}
