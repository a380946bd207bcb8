//! Who is meant: vessels by MMSI, sensors and tracks by number.

use std::fmt;

/// A Maritime Mobile Service Identity, nine decimal digits (ITU-R M.585). A claim of the sender, not a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Mmsi(u32);

/// What kind of station an MMSI is reserved for (ITU-R M.585-9, annex 1 and 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MmsiKind {
    /// A ship station: first digit 2 to 7.
    Ship,
    /// A group of ship stations: leading 0, or a coast station: leading 00.
    CoastOrGroup,
    /// An aircraft in search and rescue: leading 111.
    SarAircraft,
    /// An aid to navigation: leading 99.
    AidToNavigation,
    /// A craft that belongs to a parent ship: leading 98.
    Auxiliary,
    /// A locating device (SART, MOB, EPIRB): leading 970, 972, 974.
    Locator,
    /// Any other number; handheld VHF (leading 8) among them.
    Other,
}

impl Mmsi {
    /// The identity for a number as sent in 30 bits; `None` for 0 and for more than nine digits.
    pub const fn new(number: u32) -> Option<Self> {
        if number == 0 || number > 999_999_999 { None } else { Some(Self(number)) }
    }

    /// The number.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// What kind of station the number is reserved for.
    pub const fn kind(self) -> MmsiKind {
        match self.0 / 1_000_000 {
            200..=799 => MmsiKind::Ship,
            0..=99 => MmsiKind::CoastOrGroup,
            111 => MmsiKind::SarAircraft,
            990..=999 => MmsiKind::AidToNavigation,
            980..=989 => MmsiKind::Auxiliary,
            970 | 972 | 974 => MmsiKind::Locator,
            _ => MmsiKind::Other,
        }
    }
}

/// Nine digits, with leading zeros.
impl fmt::Display for Mmsi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:09}", self.0)
    }
}

/// A sensor: its place in the sensor table that the engine was given. The table holds its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct SensorId(pub u16);

impl SensorId {
    /// The place in the sensor table.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A track of ours: numbered in the order of birth, never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct TrackId(pub u64);

impl fmt::Display for TrackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "T{:06}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_outside_nine_digits_are_no_identity() {
        assert_eq!(Mmsi::new(0), None);
        assert_eq!(Mmsi::new(1_000_000_000), None);
        assert_eq!(Mmsi::new(413_172_714).unwrap().to_string(), "413172714");
        assert_eq!(Mmsi::new(2_570_700).unwrap().to_string(), "002570700");
    }

    #[test]
    fn the_leading_digits_tell_the_kind_of_station() {
        let kind = |number| Mmsi::new(number).unwrap().kind();
        assert_eq!(kind(413_172_714), MmsiKind::Ship);
        assert_eq!(kind(2_570_700), MmsiKind::CoastOrGroup);
        assert_eq!(kind(111_232_506), MmsiKind::SarAircraft);
        assert_eq!(kind(992_351_000), MmsiKind::AidToNavigation);
        assert_eq!(kind(982_351_000), MmsiKind::Auxiliary);
        assert_eq!(kind(970_010_119), MmsiKind::Locator);
    }
}
