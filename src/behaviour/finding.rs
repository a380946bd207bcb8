//! What a rule says: a [`Finding`], with what speaks for it and what against.

use std::fmt;

use super::evidence::{Evidence, HonestCause};
use crate::geodesy::LatLon;
use crate::units::{EventTime, Mmsi, TrackId};

/// The kinds of behaviour, in the words of `FORMAT.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
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
    /// Several small craft together, some without AIS.
    Gathering,
    /// Drives before wind and stream without steering: a matter of safety, and an honest cause.
    Drifting,
}

impl Kind {
    /// All kinds, in declaration order.
    pub const ALL: [Self; 10] = [
        Self::Loitering,
        Self::Unloading,
        Self::Rendezvous,
        Self::AisGap,
        Self::DarkVessel,
        Self::IdentityConflict,
        Self::FastApproach,
        Self::ZoneEntry,
        Self::Gathering,
        Self::Drifting,
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
            Self::Gathering => "gathering",
            Self::Drifting => "drifting",
        }
    }

    /// Whether a port excuses it: then an alert of it says which ports are open to the vessel.
    pub const fn is_excused_by_ports(self) -> bool {
        match self {
            Self::Loitering
            | Self::Unloading
            | Self::Rendezvous
            | Self::DarkVessel
            | Self::FastApproach
            | Self::Gathering => true,
            Self::AisGap | Self::IdentityConflict | Self::ZoneEntry | Self::Drifting => false,
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
            Self::Gathering => "异常聚集",
            Self::Drifting => "失控漂航",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How an affair stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Stage {
    /// It looks like it, and the full rule is not met yet.
    Developing,
    /// The full rule is met.
    Confirmed,
    /// The behaviour has stopped. It may be taken up again soon after.
    Closed,
    /// It was told wrongly: what became known since explains it. The reason is the last item of evidence.
    Withdrawn,
}

impl Stage {
    /// The word used in files and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Developing => "developing",
            Self::Confirmed => "confirmed",
            Self::Closed => "closed",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Whether the behaviour goes on.
    pub const fn goes_on(self) -> bool {
        matches!(self, Self::Developing | Self::Confirmed)
    }
}

/// A place with a name nearby, for people to find it on a chart.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct NearPlace {
    /// How the vessel lies to it, in English: `1.2 km NE of Haikou port, Xiuying`.
    pub in_english: String,
    /// The same in Chinese.
    pub in_chinese: String,
    /// Distance to it in metres; 0 inside.
    pub distance_m: f64,
}

/// What a rule has to say of one affair at one instant. Later findings of the same affair replace earlier ones.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Finding {
    /// Number of the affair, constant for its life and never used again. Counted in the order of telling.
    pub affair: u64,
    /// What behaviour.
    pub kind: Kind,
    /// How it stands.
    pub stage: Stage,
    /// The instant at which this was said.
    pub at: EventTime,
    /// When it is told: as `at`, or later where feeds are late as a whole.
    pub told: EventTime,
    /// The vessel: its present track.
    pub subject: TrackId,
    /// Number of the vessel among all that the rules have seen: it outlives tracks.
    pub vessel: u64,
    /// The same of the other vessel.
    pub other_vessel: Option<u64>,
    /// The other vessel, where the behaviour takes two.
    pub other: Option<TrackId>,
    /// The MMSI of the vessel, where known.
    pub mmsi: Option<Mmsi>,
    /// The MMSI of the other vessel, where known.
    pub other_mmsi: Option<Mmsi>,
    /// When the behaviour began.
    pub began: EventTime,
    /// When the definition was met; while it is developing, when it first looked like it.
    pub start: EventTime,
    /// The last instant at which it was met; `None` while it is.
    pub end: Option<EventTime>,
    /// Where the vessel was at `start`.
    pub place: LatLon,
    /// The name of a shore or port nearby.
    pub near: Option<NearPlace>,
    /// Who is in charge there, where the zones say so.
    pub jurisdiction: Option<String>,
    /// Whether it was night there when it began.
    pub night: bool,
    /// The zone concerned, by its id.
    pub zone: Option<String>,
    /// How sure the rule is, 0 to 1.
    pub confidence: f64,
    /// Why.
    pub evidence: Vec<Evidence>,
    /// The honest causes that were tested.
    pub honest_causes: Vec<HonestCause>,
}
