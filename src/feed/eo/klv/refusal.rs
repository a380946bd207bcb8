//! Why a KLV packet is refused.

use crate::feed::tally::Reason;

/// Why a KLV packet is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub enum KlvRefusal {
    /// The bytes do not begin with a key of MISB.
    NoKey,
    /// Longer than any packet.
    TooLong,
    /// A set other than ST 0601 and ST 0903.
    OtherSet,
    /// The length is indefinite, cut, or more than any packet.
    BadLength,
    /// The packet ends before its length.
    CutShort,
    /// The packet does not end with a checksum.
    NoChecksum,
    /// The checksum is wrong.
    Checksum,
    /// An item is cut, or its length is none.
    BadItem,
}

impl KlvRefusal {
    /// How many reasons there are.
    pub const COUNT: usize = 8;
}

impl Reason for KlvRefusal {
    const ALL: &'static [Self] = &[
        Self::NoKey,
        Self::TooLong,
        Self::OtherSet,
        Self::BadLength,
        Self::CutShort,
        Self::NoChecksum,
        Self::Checksum,
        Self::BadItem,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::NoKey => "no_key",
            Self::TooLong => "too_long",
            Self::OtherSet => "other_set",
            Self::BadLength => "bad_length",
            Self::CutShort => "cut_short",
            Self::NoChecksum => "no_checksum",
            Self::Checksum => "checksum",
            Self::BadItem => "bad_item",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Self::NoKey => "bytes that do not begin with a MISB key: damage, or another format",
            Self::TooLong => "a packet of 64 KiB or more",
            Self::OtherSet => "a MISB set other than ST 0601 and ST 0903: not read",
            Self::BadLength => "a length that is indefinite or 64 KiB and more: damage",
            Self::CutShort => "the packet ends before its length: look at the link",
            Self::NoChecksum => "the packet does not end with its checksum (tag 1): damage",
            Self::Checksum => "the checksum is wrong: damage, or an encoder that computes it wrongly",
            Self::BadItem => "an item inside the packet is cut: damage",
        }
    }
}
