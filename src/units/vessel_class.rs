//! Classes of vessel, as registers, zones and rules name them.

use std::fmt;

/// What a vessel is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum VesselClass {
    /// Carries goods.
    Cargo,
    /// Carries liquids.
    Tanker,
    /// Carries people.
    Passenger,
    /// Carries people fast.
    HighSpeed,
    /// Fishes.
    Fishing,
    /// Serves fish farms, or other vessels.
    Tender,
    /// Tows and pushes.
    Tug,
    /// Brings pilots.
    Pilot,
    /// Law enforcement, and search and rescue.
    Patrol,
    /// Sails for pleasure.
    Pleasure,
    /// Dredges.
    Dredger,
    /// A fast open boat.
    Speedboat,
    /// None of these.
    Other,
}

impl VesselClass {
    /// All classes, in declaration order.
    pub const ALL: [Self; 13] = [
        Self::Cargo,
        Self::Tanker,
        Self::Passenger,
        Self::HighSpeed,
        Self::Fishing,
        Self::Tender,
        Self::Tug,
        Self::Pilot,
        Self::Patrol,
        Self::Pleasure,
        Self::Dredger,
        Self::Speedboat,
        Self::Other,
    ];

    /// The word used in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cargo => "cargo",
            Self::Tanker => "tanker",
            Self::Passenger => "passenger",
            Self::HighSpeed => "high_speed",
            Self::Fishing => "fishing",
            Self::Tender => "tender",
            Self::Tug => "tug",
            Self::Pilot => "pilot",
            Self::Patrol => "patrol",
            Self::Pleasure => "pleasure",
            Self::Dredger => "dredger",
            Self::Speedboat => "speedboat",
            Self::Other => "other",
        }
    }

    /// The class of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == word)
    }

    /// All words, for messages.
    pub fn words() -> String {
        Self::ALL.map(Self::as_str).join(", ")
    }

    /// The class of an AIS ship type (ITU-R M.1371-5, table 53); `None` for those that say nothing.
    pub const fn of_ship_type(ship_type: u8) -> Option<Self> {
        Some(match ship_type {
            30 => Self::Fishing,
            31 | 32 | 52 => Self::Tug,
            33 => Self::Dredger,
            36 | 37 => Self::Pleasure,
            40..=49 => Self::HighSpeed,
            50 => Self::Pilot,
            51 | 55 => Self::Patrol,
            53 => Self::Tender,
            60..=69 => Self::Passenger,
            70..=79 => Self::Cargo,
            80..=89 => Self::Tanker,
            _ => return None,
        })
    }
}

impl fmt::Display for VesselClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_means_its_class() {
        for class in VesselClass::ALL {
            assert_eq!(VesselClass::parse(class.as_str()), Some(class));
        }
        assert_eq!(VesselClass::parse("submarine"), None);
    }
}
