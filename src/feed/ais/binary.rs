//! Binary messages and safety texts: 6, 7, 8, 12, 13, 14, 17, 25 and 26. What an application means is passed through.

use arrayvec::ArrayVec;

use super::bits::{BitSlice, Bits};
use super::quantity::CoarsePosition;
use super::text::SixBitText;

/// Which application a binary message speaks: designated area code and function identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Application {
    /// Designated area code: 1 international, 200 inland, a country's digits otherwise.
    pub dac: u16,
    /// Function identifier within the area.
    pub fid: u8,
}

impl Application {
    fn read(bits: Bits<'_>, at: usize) -> Option<Self> {
        Some(Self { dac: bits.unsigned(at, 10)? as u16, fid: bits.unsigned(at + 10, 6)? as u8 })
    }
}

/// Binary message to one station: message 6 (table 54).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AddressedBinary<'a> {
    /// Sequence number, 0 to 3.
    pub sequence: u8,
    /// MMSI of the addressee; `None` when the message is cut before it.
    pub destination: Option<u32>,
    /// Sent again.
    pub retransmitted: bool,
    /// The application; `None` when the message is cut before it.
    pub application: Option<Application>,
    /// Application data.
    pub data: BitSlice<'a>,
}

impl<'a> AddressedBinary<'a> {
    pub(super) fn read(bits: Bits<'a>) -> Self {
        Self {
            sequence: bits.small(38, 2),
            destination: bits.unsigned(40, 30),
            retransmitted: bits.flag(70),
            application: Application::read(bits, 72),
            data: bits.slice(88, usize::MAX),
        }
    }
}

/// Binary message to all: message 8 (table 56).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BroadcastBinary<'a> {
    /// The application; `None` when the message is cut before it.
    pub application: Option<Application>,
    /// Application data.
    pub data: BitSlice<'a>,
}

impl<'a> BroadcastBinary<'a> {
    pub(super) fn read(bits: Bits<'a>) -> Self {
        Self { application: Application::read(bits, 40), data: bits.slice(56, usize::MAX) }
    }
}

/// Binary message of one slot (25) or several (26), with or without addressee and application (tables 75 and 76).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SlotBinary<'a> {
    /// MMSI of the addressee; `None` when it goes to all.
    pub destination: Option<u32>,
    /// The application; `None` when the data are unstructured.
    pub application: Option<Application>,
    /// Application data; the communication state at the end of message 26 is left out.
    pub data: BitSlice<'a>,
}

impl<'a> SlotBinary<'a> {
    pub(super) fn read(bits: Bits<'a>, kind: u8) -> Self {
        let (addressed, structured) = (bits.flag(38), bits.flag(39));
        let after_address = if addressed { 70 } else { 40 };
        let after_header = if structured { after_address + 16 } else { after_address };
        let end = if kind == 26 { bits.len().saturating_sub(20) } else { bits.len() };
        Self {
            destination: if addressed { bits.unsigned(40, 30) } else { None },
            application: if structured { Application::read(bits, after_address) } else { None },
            data: bits.slice(after_header, end),
        }
    }
}

/// Acknowledgement of binary (7) or safety (13) messages (table 55).
#[derive(Clone, Debug, PartialEq)]
pub struct Acknowledge {
    /// MMSI and sequence number of what is acknowledged.
    pub acknowledged: ArrayVec<(u32, u8), 4>,
}

impl Acknowledge {
    pub(super) fn read(bits: Bits<'_>) -> Self {
        let one = |index: usize| Some((bits.unsigned(40 + index * 32, 30)?, bits.unsigned(70 + index * 32, 2)? as u8));
        Self { acknowledged: (0..4).map_while(one).collect() }
    }
}

/// Safety text to one station: message 12 (table 60).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AddressedSafety<'a> {
    /// Sequence number, 0 to 3.
    pub sequence: u8,
    /// MMSI of the addressee; `None` when the message is cut before it.
    pub destination: Option<u32>,
    /// Sent again.
    pub retransmitted: bool,
    /// The text.
    pub text: SixBitText<'a>,
}

impl<'a> AddressedSafety<'a> {
    pub(super) fn read(bits: Bits<'a>) -> Self {
        Self {
            sequence: bits.small(38, 2),
            destination: bits.unsigned(40, 30),
            retransmitted: bits.flag(70),
            text: bits.text(72, super::bits::CHARACTERS_MAX),
        }
    }
}

/// Corrections for differential GNSS: message 17 (table 65).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DifferentialGnss<'a> {
    /// Position of the reference station in 1/10 minute.
    pub position: CoarsePosition,
    /// The corrections (ITU-R M.823).
    pub data: BitSlice<'a>,
}

impl<'a> DifferentialGnss<'a> {
    pub(super) fn read(bits: Bits<'a>) -> Self {
        Self { position: CoarsePosition::read(bits, 40), data: bits.slice(80, usize::MAX) }
    }
}
