//! What speaks for an alert and what against it: [`Evidence`] and [`HonestCause`], each an item that a person can check.
//!
//! Rules state what they observed; what that weighs is settled in `alert::score`, in one table. So a rule never argues for
//! its own importance.

use crate::fusion::Sources;
use crate::geodesy::LatLon;
use crate::units::EventTime;

/// Families of evidence. Within one the weights are capped, so that one cause is not counted twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Family {
    /// Hides who or where it is: gaps, false identities, no AIS at all.
    Concealment,
    /// Lies together with another craft.
    Contact,
    /// Makes for the shore, or lies at it.
    Shore,
    /// Stays where it has no business.
    Lingering,
    /// Is where nobody may be.
    Zone,
    /// Night, season, first visit: makes the rest more or less likely, and is no reason by itself.
    Context,
    /// What is known of this vessel from before.
    History,
    /// Honest causes; these weights are negative.
    Honest,
}

impl Family {
    /// All families, in declaration order.
    pub const ALL: [Self; 8] = [
        Self::Concealment,
        Self::Contact,
        Self::Shore,
        Self::Lingering,
        Self::Zone,
        Self::Context,
        Self::History,
        Self::Honest,
    ];

    /// The word used in files and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Concealment => "concealment",
            Self::Contact => "contact",
            Self::Shore => "shore",
            Self::Lingering => "lingering",
            Self::Zone => "zone",
            Self::Context => "context",
            Self::History => "history",
            Self::Honest => "honest",
        }
    }
}

/// Where something was observed, to be drawn on a map.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Geometry {
    /// A place.
    Point(LatLon),
    /// A way: what was sailed, or will be.
    Line(Vec<LatLon>),
    /// An area.
    Circle {
        /// Its middle.
        centre: LatLon,
        /// Its radius in metres.
        radius_m: f64,
    },
}

/// The raw records behind an item of evidence: those of the kinds of sensor named with it that were received from the first
/// instant up to and with the second.
///
/// Fusion does not keep which record went into which track, so this is the smallest set of whole records that is known to
/// hold them. Receive times are part of every recording, and whoever replays the recording up to [`received_to`] gets this
/// alert to the byte.
///
/// [`received_to`]: RecordRef::received_to
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RecordRef {
    /// Receive time of the first of them, or earlier.
    pub received_from: EventTime,
    /// Receive time of the last of them, or later.
    pub received_to: EventTime,
}

/// A code or a unit. Its own name, so that serde does not take it for text to be borrowed from what is read.
type Word = &'static str;

/// One thing observed, held against the threshold that it passed.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Evidence {
    /// What was measured, one word: `mean_speed`, `shore_distance`. Constant over versions.
    #[serde(with = "super::words")]
    pub code: Word,
    /// The value observed, in `unit`.
    pub observed: f64,
    /// The value that it had to pass, in `unit`.
    pub threshold: f64,
    /// Unit of both: `m`, `m/s`, `s`, or `count`, `probability`.
    #[serde(with = "super::words")]
    pub unit: Word,
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
    /// Its family, where it weighs anything. Set when the alert is scored.
    pub family: Option<Family>,
    /// What it adds to the score, in points before the cap of its family. Set when the alert is scored.
    pub weight: f64,
    /// Where it was observed.
    pub geometry: Option<Geometry>,
    /// The raw records that it rests on. Set when the alert is told.
    pub records: Option<RecordRef>,
}

impl Evidence {
    /// Whether a camera made out what was going on: a case for a boat by itself.
    pub fn is_seen_by_camera(&self) -> bool {
        self.code.starts_with("camera_")
    }
}

impl Default for Evidence {
    /// An item that says nothing yet: rules name what they know and leave the rest.
    fn default() -> Self {
        Self {
            code: "",
            observed: 0.0,
            threshold: 0.0,
            unit: "count",
            from: EventTime::default(),
            to: EventTime::default(),
            sensors: Sources::default(),
            sentence_en: String::new(),
            sentence_zh: String::new(),
            family: None,
            weight: 0.0,
            geometry: None,
            records: None,
        }
    }
}

impl Evidence {
    /// The same, observed at `geometry`.
    #[must_use]
    pub fn at(self, geometry: Geometry) -> Self {
        Self { geometry: Some(geometry), ..self }
    }
}

/// What came of testing an honest cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Verdict {
    /// It does not hold.
    RuledOut,
    /// It holds, at least in part: it takes points off.
    Found,
    /// Nothing was heard or seen that tells.
    Unknown,
}

impl Verdict {
    /// The word used in files and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RuledOut => "ruled_out",
            Self::Found => "found",
            Self::Unknown => "unknown",
        }
    }
}

/// A reason that would make the behaviour an honest one, and what came of testing it.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct HonestCause {
    /// Which, one word: `official_craft`, `station_outage`. Constant over versions.
    #[serde(with = "super::words")]
    pub code: Word,
    /// What came of it.
    pub verdict: Verdict,
    /// What it takes off the score: 0 or less, and 0 unless it was found. Set when the alert is scored.
    pub weight: f64,
    /// The statement in English.
    pub sentence_en: String,
    /// The statement in Chinese.
    pub sentence_zh: String,
}

impl HonestCause {
    /// A cause that was tested.
    pub fn new(code: &'static str, verdict: Verdict, en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self { code, verdict, weight: 0.0, sentence_en: en.into(), sentence_zh: zh.into() }
    }

    /// A cause that does not hold.
    pub fn ruled_out(code: &'static str, en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self::new(code, Verdict::RuledOut, en, zh)
    }
}
