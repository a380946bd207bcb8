//! Static and voyage data: messages 5 and 24.

use arrayvec::ArrayString;

use crate::feed::observation::{Dimensions, Text20};
use crate::units::MmsiKind;

use super::bits::Bits;
use super::quantity::{Eta, dimensions};

/// A radio call sign.
pub type CallSign = ArrayString<7>;

/// Static and voyage data of a class A ship: message 5 (table 52).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StaticVoyage {
    /// Edition of the standard that the station complies with.
    pub edition: u8,
    /// Number of the International Maritime Organization; 0 not available.
    pub imo: u32,
    /// Call sign; empty when not available.
    pub callsign: CallSign,
    /// Name; empty when not available.
    pub name: Text20,
    /// Type of ship and cargo; 0 not available (table 53).
    pub ship_type: u8,
    /// Size about the antenna.
    pub dimensions: Dimensions,
    /// Type of position fixing device, 0 to 15.
    pub epfd: u8,
    /// Estimated time of arrival.
    pub eta: Eta,
    /// Greatest present draught in tenths of a metre; 0 not available.
    pub draught: u8,
    /// Destination; empty when not available.
    pub destination: Text20,
    /// No data terminal is ready.
    pub dte_unavailable: bool,
}

impl StaticVoyage {
    pub(super) fn read(bits: Bits<'_>) -> Self {
        Self {
            edition: bits.small(38, 2),
            imo: bits.unsigned_or(40, 30, 0),
            callsign: bits.fixed_text(70),
            name: bits.fixed_text(112),
            ship_type: bits.small(232, 8),
            dimensions: dimensions(bits, 240),
            epfd: bits.small(270, 4),
            eta: Eta {
                month: bits.small(274, 4),
                day: bits.small(278, 5),
                hour: bits.unsigned_or(283, 5, 24) as u8,
                minute: bits.unsigned_or(288, 6, 60) as u8,
            },
            draught: bits.small(294, 8),
            destination: bits.fixed_text(302),
            dte_unavailable: bits.unsigned_or(422, 1, 1) == 1,
        }
    }

    /// Draught in metres.
    pub fn draught_m(&self) -> Option<f64> {
        (self.draught > 0).then(|| f64::from(self.draught) / 10.0)
    }
}

/// Static data of a class B ship: message 24 (tables 73 and 74). Parts A and B are messages of their own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StaticReport {
    /// Part A: the name.
    Name(Text20),
    /// Part B: all else.
    Details(StaticDetails),
    /// A part that the standard does not know (2 or 3).
    UnknownPart(u8),
}

/// Part B of message 24.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StaticDetails {
    /// Type of ship and cargo; 0 not available.
    pub ship_type: u8,
    /// Who made the unit: three letters.
    pub vendor: ArrayString<3>,
    /// Model code of the unit.
    pub unit_model: u8,
    /// Serial number of the unit.
    pub unit_serial: u32,
    /// Call sign; empty when not available.
    pub callsign: CallSign,
    /// Size about the antenna; `None` for an auxiliary craft, which names its parent ship there.
    pub dimensions: Option<Dimensions>,
    /// MMSI of the parent ship of an auxiliary craft (MMSI 98...); 0 not available.
    pub mothership: Option<u32>,
    /// Type of position fixing device, 0 to 15.
    pub epfd: u8,
}

impl StaticReport {
    pub(super) fn read(bits: Bits<'_>, mmsi: u32) -> Self {
        match bits.unsigned(38, 2) {
            Some(0) => Self::Name(bits.fixed_text(40)),
            Some(1) => Self::Details(StaticDetails::read(bits, mmsi)),
            Some(part) => Self::UnknownPart(part as u8),
            None => Self::UnknownPart(3),
        }
    }
}

impl StaticDetails {
    fn read(bits: Bits<'_>, mmsi: u32) -> Self {
        let auxiliary = crate::units::Mmsi::new(mmsi).is_some_and(|mmsi| mmsi.kind() == MmsiKind::Auxiliary);
        Self {
            ship_type: bits.small(40, 8),
            vendor: bits.fixed_text(48),
            unit_model: bits.small(66, 4),
            unit_serial: bits.unsigned_or(70, 20, 0),
            callsign: bits.fixed_text(90),
            dimensions: (!auxiliary).then(|| dimensions(bits, 132)),
            mothership: auxiliary.then(|| bits.unsigned_or(132, 30, 0)),
            epfd: bits.small(162, 4),
        }
    }
}
