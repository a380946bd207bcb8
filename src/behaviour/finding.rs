//! What a rule says: a [`Finding`] with the [`Evidence`] that a person can check.

use std::fmt;

use crate::fusion::Sources;
use crate::geodesy::LatLon;
use crate::units::{EventTime, Mmsi, TrackId};

/// The kinds of behaviour, in the words of `FORMAT.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Stays slow and in one area without an honest cause.
    Loitering,
    /// Goods go ashore, or to a lighter near the shore.
    Unloading,
    /// Two vessels lie together at sea.
    Rendezvous,
    /// Stops sending AIS inside good reception and sails on.
    AisGap,
    /// A craft without AIS makes for the shore or meets another vessel.
    DarkVessel,
    /// One MMSI in two places, one vessel with two, or a position that radar contradicts.
    IdentityConflict,
    /// A fast craft runs for an undesignated shore.
    FastApproach,
    /// A vessel inside a restricted zone.
    ZoneEntry,
}

impl Kind {
    /// All kinds, in declaration order.
    pub const ALL: [Self; 8] = [
        Self::Loitering,
        Self::Unloading,
        Self::Rendezvous,
        Self::AisGap,
        Self::DarkVessel,
        Self::IdentityConflict,
        Self::FastApproach,
        Self::ZoneEntry,
    ];

    /// The word used in files and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Loitering => "loitering",
            Self::Unloading => "unloading",
            Self::Rendezvous => "rendezvous",
            Self::AisGap => "ais_gap",
            Self::DarkVessel => "dark_vessel",
            Self::IdentityConflict => "identity_conflict",
            Self::FastApproach => "fast_approach",
            Self::ZoneEntry => "zone_entry",
        }
    }

    /// The word that Chinese coastal watches use.
    pub const fn as_zh(self) -> &'static str {
        match self {
            Self::Loitering => "徘徊",
            Self::Unloading => "非设关地卸货",
            Self::Rendezvous => "海上搭靠",
            Self::AisGap => "AIS关闭",
            Self::DarkVessel => "无AIS船舶",
            Self::IdentityConflict => "身份冲突",
            Self::FastApproach => "快艇冲岸",
            Self::ZoneEntry => "闯入禁区",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What became of an affair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// The definition is met for the first time.
    Started,
    /// It goes on, or more is known about it.
    Updated,
    /// It is over, and will not be taken up again.
    Ended,
    /// It was told wrongly: what became known since explains it. The reason is the last item of evidence.
    Withdrawn,
}

/// One thing observed, held against the threshold that it passed.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// What was measured, one word: `mean_speed`, `shore_distance`. Constant over versions.
    pub code: &'static str,
    /// The value observed, in `unit`.
    pub observed: f64,
    /// The value that it had to pass, in `unit`.
    pub threshold: f64,
    /// Unit of both: `m`, `m/s`, `s`, or `count`, `probability`.
    pub unit: &'static str,
    /// Begin of the interval in which it was observed.
    pub from: EventTime,
    /// End of that interval.
    pub to: EventTime,
    /// Kinds of sensor that held the vessel in that interval.
    pub sensors: Sources,
    /// The statement in English.
    pub sentence_en: String,
    /// The statement in Chinese.
    pub sentence_zh: String,
}

/// A place with a name nearby, for people to find it on a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct NearPlace {
    /// How the vessel lies to it, in English: `1.2 km NE of Haikou port, Xiuying`.
    pub in_english: String,
    /// The same in Chinese.
    pub in_chinese: String,
    /// Distance to it in metres; 0 inside.
    pub distance_m: f64,
}

/// What a rule has to say of one affair at one instant. Later findings of the same affair replace earlier ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Number of the affair, constant for its life and never used again. Counted in the order of telling.
    pub affair: u64,
    /// What behaviour.
    pub kind: Kind,
    /// What became of it.
    pub phase: Phase,
    /// The instant at which this was said.
    pub at: EventTime,
    /// The vessel: its present track.
    pub subject: TrackId,
    /// The other vessel, where the behaviour takes two.
    pub other: Option<TrackId>,
    /// The MMSI of the vessel, where known.
    pub mmsi: Option<Mmsi>,
    /// The MMSI of the other vessel, where known.
    pub other_mmsi: Option<Mmsi>,
    /// When the behaviour began.
    pub began: EventTime,
    /// When the definition was met.
    pub start: EventTime,
    /// The last instant at which it was met; `None` while it is.
    pub end: Option<EventTime>,
    /// Where the vessel was at `start`.
    pub place: LatLon,
    /// The name of a shore or port nearby.
    pub near: Option<NearPlace>,
    /// The zone concerned, by its id.
    pub zone: Option<String>,
    /// How sure the rule is, 0 to 1.
    pub confidence: f64,
    /// Why.
    pub evidence: Vec<Evidence>,
}
