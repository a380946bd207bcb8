//! Why a record of a radar that speaks NMEA 0183 is refused.

use crate::feed::tally::Reason;

/// Why a sentence of a radar that speaks NMEA 0183 is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub enum NmeaRadarRefusal {
    /// The line is longer than [`crate::feed::nmea::LINE_MAX`].
    LineTooLong,
    /// The sentence ends before its checksum.
    NoChecksum,
    /// The checksum is wrong.
    Checksum,
    /// A field is missing, or holds what it may not.
    Fields,
    /// A target number that no radar gives.
    TargetNumber,
    /// A distance, angle or speed outside its range.
    Range,
    /// No place on earth.
    Position,
    /// No time of day.
    Time,
    /// A name longer than any display shows.
    NameTooLong,
    /// TTD: a character outside the six-bit alphabet.
    Armour,
    /// TTD: not a whole number of targets.
    TtdLength,
    /// TTD: a later part without the one before it.
    TtdOrphan,
    /// A bearing from the bow, and no heading is known.
    NoHeading,
    /// The radar is aboard, and where it is has not been told for too long.
    NoOwnPosition,
    /// Farther than the radar is claimed to reach.
    BeyondReach,
    /// A track faster than anything at sea or over it.
    SpeedOutside,
    /// The own ship's receiver has no fix, or one that is estimated, typed in or simulated.
    NoFix,
    /// No radar is configured for this feed.
    UnknownSensor,
    /// A line without any sentence.
    NoSentence,
}

impl NmeaRadarRefusal {
    /// How many reasons there are.
    pub const COUNT: usize = 19;
}

impl Reason for NmeaRadarRefusal {
    const ALL: &'static [Self] = &[
        Self::LineTooLong,
        Self::NoChecksum,
        Self::Checksum,
        Self::Fields,
        Self::TargetNumber,
        Self::Range,
        Self::Position,
        Self::Time,
        Self::NameTooLong,
        Self::Armour,
        Self::TtdLength,
        Self::TtdOrphan,
        Self::NoHeading,
        Self::NoOwnPosition,
        Self::BeyondReach,
        Self::SpeedOutside,
        Self::NoFix,
        Self::UnknownSensor,
        Self::NoSentence,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::LineTooLong => "line_too_long",
            Self::NoChecksum => "no_checksum",
            Self::Checksum => "checksum",
            Self::Fields => "fields",
            Self::TargetNumber => "target_number",
            Self::Range => "range",
            Self::Position => "position",
            Self::Time => "time",
            Self::NameTooLong => "name_too_long",
            Self::Armour => "armour",
            Self::TtdLength => "ttd_length",
            Self::TtdOrphan => "ttd_orphan",
            Self::NoHeading => "no_heading",
            Self::NoOwnPosition => "no_own_position",
            Self::BeyondReach => "beyond_reach",
            Self::SpeedOutside => "speed_outside",
            Self::NoFix => "no_fix",
            Self::UnknownSensor => "unknown_sensor",
            Self::NoSentence => "no_sentence",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Self::LineTooLong => "a line longer than any sentence: a lost line end, or another format",
            Self::NoChecksum => "the sentence ends before its checksum: look at the link, or switch checksums on",
            Self::Checksum => "the checksum is wrong: damage on the link",
            Self::Fields => "a field is missing or holds what it may not: damage, or a maker's own layout",
            Self::TargetNumber => "a target number that is not 0 to 1023",
            Self::Range => "a distance, angle or speed outside its range: damage",
            Self::Position => "a latitude or longitude that is no place on earth: damage",
            Self::Time => "a time that is no time of day: damage",
            Self::NameTooLong => {
                "a target name of more than 32 characters: damage, or a label to be shortened at the radar"
            }
            Self::Armour => "TTD with a character outside the six-bit alphabet: damage",
            Self::TtdLength => "TTD data that is not a whole number of targets of 90 bits: damage",
            Self::TtdOrphan => "a later part of TTD without the part before it: lost sentences",
            Self::NoHeading => "a bearing from the bow without heading: let the radar send OSD, or HDT with it",
            Self::NoOwnPosition => "the radar moves and has not told where it is for 30 s: let it send RMC or GGA",
            Self::BeyondReach => "farther than max_range_m: damage, or max_range_m is too small",
            Self::SpeedOutside => "a track of impossible speed: damage, or the radar's tracker has run away",
            Self::NoFix => "the own ship's receiver has no fix: its position is not used",
            Self::UnknownSensor => "no radar with a position is configured for this feed: add it, or correct its id",
            Self::NoSentence => "text without a sentence: damage, or another format",
        }
    }
}
