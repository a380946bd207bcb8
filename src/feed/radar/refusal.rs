//! The reasons for which a radar record is not used.

use crate::feed::asterix::RecordFault;
use crate::feed::tally::Reason;

/// Why a radar record is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub enum RadarRefusal {
    /// Bytes that are no block.
    NoBlock,
    /// A block of a category that EUROCONTROL's list does not know.
    UnknownCategory,
    /// A block of a known category without a table here: video, ADS-B and so on.
    CategoryNotRead,
    /// A sound record of a category that gives no measurements yet.
    CategoryNotUsed,
    /// The block was cut off inside this record.
    CutShort,
    /// The record is longer than its block.
    Truncated,
    /// The record names no item.
    EmptyRecord,
    /// The record names an item that the category does not have.
    NoSuchItem,
    /// A field that states its own length states zero.
    BadLength,
    /// No SAC/SIC (item 010).
    NoSource,
    /// A SAC/SIC that no configured radar has.
    UnknownSource,
    /// No message type (item 000).
    NoMessageType,
    /// A message type that the category does not have.
    UnknownMessageType,
    /// No time of day.
    NoTime,
    /// A time of day of 24 hours or more.
    BadTime,
    /// A target report of something other than a primary radar: ADS-B, multilateration, loops.
    NotPrimaryRadar,
    /// A target report without any position.
    NoPosition,
    /// A position in coordinates that need the site's position, which is not configured.
    NoSite,
    /// A range of zero, or beyond what the radar is claimed to reach.
    RangeOutside,
    /// A track faster than anything at sea or over it: the radar's tracker has run away, and its position with it.
    SpeedOutside,
    /// A target whose transponder tells a height that no craft at sea has.
    Airborne,
    /// A record that can be walked but lacks what every edition of this profile requires.
    OtherEdition,
}

impl RadarRefusal {
    /// How many reasons there are.
    pub const COUNT: usize = 22;
}

impl Reason for RadarRefusal {
    const ALL: &'static [Self] = &[
        Self::NoBlock,
        Self::UnknownCategory,
        Self::CategoryNotRead,
        Self::CategoryNotUsed,
        Self::CutShort,
        Self::Truncated,
        Self::EmptyRecord,
        Self::NoSuchItem,
        Self::BadLength,
        Self::NoSource,
        Self::UnknownSource,
        Self::NoMessageType,
        Self::UnknownMessageType,
        Self::NoTime,
        Self::BadTime,
        Self::NotPrimaryRadar,
        Self::NoPosition,
        Self::NoSite,
        Self::RangeOutside,
        Self::SpeedOutside,
        Self::Airborne,
        Self::OtherEdition,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::NoBlock => "no_block",
            Self::UnknownCategory => "unknown_category",
            Self::CategoryNotRead => "category_not_read",
            Self::CategoryNotUsed => "category_not_used",
            Self::CutShort => "cut_short",
            Self::Truncated => "truncated",
            Self::EmptyRecord => "empty_record",
            Self::NoSuchItem => "no_such_item",
            Self::BadLength => "bad_length",
            Self::NoSource => "no_source",
            Self::UnknownSource => "unknown_source",
            Self::NoMessageType => "no_message_type",
            Self::UnknownMessageType => "unknown_message_type",
            Self::NoTime => "no_time",
            Self::BadTime => "bad_time",
            Self::NotPrimaryRadar => "not_primary_radar",
            Self::NoPosition => "no_position",
            Self::NoSite => "no_site",
            Self::RangeOutside => "range_outside",
            Self::SpeedOutside => "speed_outside",
            Self::Airborne => "airborne",
            Self::OtherEdition => "other_edition",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Self::NoBlock => "bytes between blocks: damage, or the feed is not ASTERIX",
            Self::UnknownCategory => "no such ASTERIX category: damage, or another protocol on this port",
            Self::CategoryNotRead => "this category is counted only: switch it off at the radar, or ask for a decoder",
            Self::CategoryNotUsed => "this category gives no positions: let the radar send CAT010 or CAT048",
            Self::CutShort => "the block ends before its stated length: look at the link",
            Self::Truncated => "a record is longer than its block: damage, or another edition of the category",
            Self::EmptyRecord => "a record without items: damage",
            Self::NoSuchItem => "an item that the category does not have: damage, or another edition of the category",
            Self::BadLength => "a field that counts its own bytes says none: damage",
            Self::NoSource => "a record without SAC/SIC cannot be given to a radar",
            Self::UnknownSource => {
                "no radar is configured with this SAC/SIC: add it, or correct sac and sic of the radar"
            }
            Self::NoMessageType => "a record without its message type (item 000)",
            Self::UnknownMessageType => "a message type that the category does not have: damage",
            Self::NoTime => "a record without its time of day (I010/140, I034/030, I048/140, I062/070)",
            Self::BadTime => "a time of day of 24 hours or more: damage",
            Self::NotPrimaryRadar => "a report of ADS-B, multilateration or a loop, not of a radar",
            Self::NoPosition => "a target report without a position",
            Self::NoSite => "a position that needs the radar's own position: add lat and lon of the radar",
            Self::RangeOutside => "a range of zero or beyond max_range_m: damage, or max_range_m is too small",
            Self::SpeedOutside => "a radar track of impossible speed: damage, or the radar's tracker has run away",
            Self::Airborne => "an aircraft by the height that its transponder tells: not a craft at sea",
            Self::OtherEdition => {
                "items that every edition of this layout requires are missing: an edition before 1.0, or damage"
            }
        }
    }
}

impl From<RecordFault> for RadarRefusal {
    fn from(fault: RecordFault) -> Self {
        match fault {
            RecordFault::Truncated => Self::Truncated,
            RecordFault::Empty => Self::EmptyRecord,
            RecordFault::NoSuchItem => Self::NoSuchItem,
            RecordFault::BadLength => Self::BadLength,
        }
    }
}
