//! A whole message: what all have in common, and the body by type.

use super::Refusal;
use super::binary::{Acknowledge, AddressedBinary, AddressedSafety, BroadcastBinary, DifferentialGnss, SlotBinary};
use super::bits::Bits;
use super::control::{Assignment, ChannelManagement, GroupAssignment, Interrogation, LinkManagement};
use super::position::{
    AidToNavigation, BaseStation, ClassAPosition, ClassBExtended, ClassBPosition, LongRange, SarAircraft,
};
use super::static_data::{StaticReport, StaticVoyage};
use super::text::SixBitText;

/// Bits of type, repeat indicator and MMSI, which every message has.
const HEADER_BITS: usize = 38;

/// One AIS message in typed values. It borrows binary data and long texts from the decoder.
#[derive(Clone, Debug, PartialEq)]
pub struct Message<'a> {
    /// Type, 1 to 27.
    pub message_type: u8,
    /// How often it was repeated; 3: do not repeat.
    pub repeat: u8,
    /// The number that the sender gives as its MMSI, unchecked; see [`crate::units::Mmsi::new`].
    pub mmsi: u32,
    /// What it says.
    pub body: Body<'a>,
    bits: Bits<'a>,
}

/// The contents of the message types of ITU-R M.1371-5.
#[derive(Clone, Debug, PartialEq)]
pub enum Body<'a> {
    /// 1, 2, 3: position of a class A ship.
    ClassAPosition(ClassAPosition),
    /// 4, 11: base station, and answer to an inquiry for UTC.
    BaseStation(BaseStation),
    /// 5: static and voyage data of a class A ship.
    StaticVoyage(StaticVoyage),
    /// 6: binary message to one station.
    AddressedBinary(AddressedBinary<'a>),
    /// 7, 13: acknowledgement.
    Acknowledge(Acknowledge),
    /// 8: binary message to all.
    BroadcastBinary(BroadcastBinary<'a>),
    /// 9: aircraft in search and rescue.
    SarAircraft(SarAircraft),
    /// 10: inquiry for UTC, with the MMSI asked.
    UtcInquiry(Option<u32>),
    /// 12: safety text to one station.
    AddressedSafety(AddressedSafety<'a>),
    /// 14: safety text to all.
    BroadcastSafety(SixBitText<'a>),
    /// 15: stations are asked for messages.
    Interrogation(Interrogation),
    /// 16: stations are told when to report.
    Assignment(Assignment),
    /// 17: corrections for differential GNSS.
    DifferentialGnss(DifferentialGnss<'a>),
    /// 18: position of a class B ship.
    ClassBPosition(ClassBPosition),
    /// 19: position and static data of a class B ship.
    ClassBExtended(ClassBExtended),
    /// 20: slots are reserved.
    LinkManagement(LinkManagement),
    /// 21: aid to navigation.
    AidToNavigation(AidToNavigation),
    /// 22: channel management.
    ChannelManagement(ChannelManagement),
    /// 23: stations of a kind in an area are told when to report.
    GroupAssignment(GroupAssignment),
    /// 24: static data of a class B ship, part A or B.
    StaticReport(StaticReport),
    /// 25, 26: binary message of one or several slots.
    SlotBinary(SlotBinary<'a>),
    /// 27: long-range report.
    LongRange(LongRange),
}

impl<'a> Message<'a> {
    /// Reads the bits of a message. Fields beyond its end have their "not available" values: messages shorter than the
    /// standard says are common on the air.
    ///
    /// # Errors
    /// [`Refusal::TooShort`] without a whole MMSI, [`Refusal::UnknownType`] outside 1 to 27.
    #[inline]
    pub fn read(bits: Bits<'a>) -> Result<Self, Refusal> {
        if bits.len() < HEADER_BITS {
            return Err(Refusal::TooShort);
        }
        let message_type = bits.small(0, 6);
        let mmsi = bits.unsigned_or(8, 30, 0);
        let body = match message_type {
            1..=3 => Body::ClassAPosition(ClassAPosition::read(bits)),
            18 => Body::ClassBPosition(ClassBPosition::read(bits)),
            _ => Self::read_rarer(bits, message_type, mmsi)?,
        };
        Ok(Self { message_type, repeat: bits.small(6, 2), mmsi, body, bits })
    }

    fn read_rarer(bits: Bits<'a>, message_type: u8, mmsi: u32) -> Result<Body<'a>, Refusal> {
        Ok(match message_type {
            4 | 11 => Body::BaseStation(BaseStation::read(bits)),
            5 => Body::StaticVoyage(StaticVoyage::read(bits)),
            6 => Body::AddressedBinary(AddressedBinary::read(bits)),
            7 | 13 => Body::Acknowledge(Acknowledge::read(bits)),
            8 => Body::BroadcastBinary(BroadcastBinary::read(bits)),
            9 => Body::SarAircraft(SarAircraft::read(bits)),
            10 => Body::UtcInquiry(bits.unsigned(40, 30)),
            12 => Body::AddressedSafety(AddressedSafety::read(bits)),
            14 => Body::BroadcastSafety(bits.text(40, super::bits::CHARACTERS_MAX)),
            15 => Body::Interrogation(Interrogation::read(bits)),
            16 => Body::Assignment(Assignment::read(bits)),
            17 => Body::DifferentialGnss(DifferentialGnss::read(bits)),
            19 => Body::ClassBExtended(ClassBExtended::read(bits)),
            20 => Body::LinkManagement(LinkManagement::read(bits)),
            21 => Body::AidToNavigation(AidToNavigation::read(bits)),
            22 => Body::ChannelManagement(ChannelManagement::read(bits)),
            23 => Body::GroupAssignment(GroupAssignment::read(bits)),
            24 => Body::StaticReport(StaticReport::read(bits, mmsi)),
            25 | 26 => Body::SlotBinary(SlotBinary::read(bits, message_type)),
            27 => Body::LongRange(LongRange::read(bits)),
            _ => return Err(Refusal::UnknownType),
        })
    }

    /// The bits as sent: fields that no accessor gives, and the identity of a transmission heard by several stations.
    pub fn bits(&self) -> Bits<'a> {
        self.bits
    }
}
