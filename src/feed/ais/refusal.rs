//! Why an AIS record is refused, and what is odd about one that is not.

use crate::feed::tally::Reason;

/// Why a record of an AIS feed is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub enum Refusal {
    /// The line is longer than [`crate::feed::nmea::LINE_MAX`].
    LineTooLong,
    /// Looks like a VDM or VDO sentence whose `!` is lost.
    NoStart,
    /// The sentence ends before its checksum.
    NoChecksum,
    /// The checksum is wrong.
    Checksum,
    /// The sender's two letters are no letters or digits.
    Talker,
    /// The sentence has not the seven fields of a VDM or VDO, or one is no number.
    Fields,
    /// The numbers of parts cannot be: part 3 of 2, part 0, or more than 9.
    PartNumbers,
    /// The payload is empty.
    EmptyPayload,
    /// The payload holds a character outside the six-bit alphabet.
    Payload,
    /// More fill bits than a character has.
    FillBits,
    /// A part without the parts before it.
    OutOfOrder,
    /// Parts of a message whose rest did not come in time.
    Incomplete,
    /// The message is longer than any that the standard knows.
    TooLong,
    /// The message is too short for type and MMSI (38 bits).
    TooShort,
    /// The message is of a type outside 1 to 27.
    UnknownType,
}

impl Reason for Refusal {
    const ALL: &'static [Self] = &[
        Self::LineTooLong,
        Self::NoStart,
        Self::NoChecksum,
        Self::Checksum,
        Self::Talker,
        Self::Fields,
        Self::PartNumbers,
        Self::EmptyPayload,
        Self::Payload,
        Self::FillBits,
        Self::OutOfOrder,
        Self::Incomplete,
        Self::TooLong,
        Self::TooShort,
        Self::UnknownType,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::LineTooLong => "line_too_long",
            Self::NoStart => "no_start",
            Self::NoChecksum => "no_checksum",
            Self::Checksum => "checksum",
            Self::Talker => "talker",
            Self::Fields => "fields",
            Self::PartNumbers => "part_numbers",
            Self::EmptyPayload => "empty_payload",
            Self::Payload => "payload",
            Self::FillBits => "fill_bits",
            Self::OutOfOrder => "out_of_order",
            Self::Incomplete => "incomplete",
            Self::TooLong => "too_long",
            Self::TooShort => "too_short",
            Self::UnknownType => "unknown_type",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Self::LineTooLong => "line longer than 2,048 bytes: is this file NMEA text with line ends?",
            Self::NoStart => "sentence without its '!': bytes were lost on the way",
            Self::NoChecksum => "sentence cut short before its checksum: bytes were lost on the way",
            Self::Checksum => "bytes were changed on the way: check the line to the receiver",
            Self::Talker => "the sender's two letters are neither letters nor digits",
            Self::Fields => "not the seven fields of a VDM or VDO sentence",
            Self::PartNumbers => "numbers of parts that cannot be",
            Self::EmptyPayload => "the receiver sent a sentence without a message",
            Self::Payload => "a character outside the six-bit alphabet under a right checksum: check the receiver",
            Self::FillBits => "more than five fill bits under a right checksum: check the receiver",
            Self::OutOfOrder => "a part of a message without the parts before it: sentences were lost or reordered",
            Self::Incomplete => "parts of a message whose rest did not come: sentences were lost",
            Self::TooLong => "message longer than five slots",
            Self::TooShort => "message too short for type and MMSI",
            Self::UnknownType => "message type outside 1 to 27",
        }
    }
}

/// What was odd about records that were accepted nevertheless.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Oddities {
    /// Tag blocks whose checksum is wrong or missing: the values dropped, the sentence kept.
    pub tag_blocks_dropped: u64,
    /// Tag blocks whose `c` is neither seconds (10 digits) nor milliseconds (13 digits).
    pub tag_times_unreadable: u64,
}
