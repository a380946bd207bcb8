//! Why an own-ship record is refused.

use crate::feed::tally::Reason;

/// Why a record of an own-ship feed is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub enum Refusal {
    /// The line is longer than [`crate::feed::nmea::LINE_MAX`].
    LineTooLong,
    /// The sentence ends before its checksum.
    NoChecksum,
    /// The checksum is wrong.
    Checksum,
    /// A field cannot be read.
    Fields,
    /// A value outside its range.
    Range,
    /// The receiver has no fix, or one that is estimated, typed in or simulated.
    NoFix,
}

impl Reason for Refusal {
    const ALL: &'static [Self] =
        &[Self::LineTooLong, Self::NoChecksum, Self::Checksum, Self::Fields, Self::Range, Self::NoFix];

    fn as_str(self) -> &'static str {
        match self {
            Self::LineTooLong => "line_too_long",
            Self::NoChecksum => "no_checksum",
            Self::Checksum => "checksum",
            Self::Fields => "fields",
            Self::Range => "range",
            Self::NoFix => "no_fix",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Self::LineTooLong => "line longer than 2,048 bytes: is this NMEA text with line ends?",
            Self::NoChecksum => "sentence cut short before its checksum: bytes were lost on the way",
            Self::Checksum => "bytes were changed on the way: check the line to the receiver",
            Self::Fields => "a field cannot be read: not the sentence that its name says",
            Self::Range => "a position, angle or speed that cannot be: check the receiver",
            Self::NoFix => {
                "the receiver has no fix, or an estimated, typed in or simulated one: check its antenna and mode"
            }
        }
    }
}
