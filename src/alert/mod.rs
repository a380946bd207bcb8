//! From findings to alerts: one id for life, told once, taken back openly.
//!
//! A rule says what it finds as often as it likes; [`AlertBook::take`] makes of it what watchers hear: raised, updated, ended
//! or withdrawn. An affair that a rule took for a new one (its vessel was lost and found under another track) and that is
//! the same behaviour of the same vessel soon after the last goes on under the old id.

mod book;
mod line;

pub use book::{AlertBook, AlertChange, AlertEvent};
pub use line::to_json_line;

use std::fmt;

use crate::behaviour::{Evidence, Kind, NearPlace};
use crate::geodesy::LatLon;
use crate::units::{EventTime, Mmsi, TrackId};

/// Name of an alert, the same for life and never given twice: kind, start of the behaviour and tracks, so that the same
/// input gives the same names. `loitering-20261009T113731-T000051`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertId(String);

impl AlertId {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AlertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How an alert stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The behaviour goes on.
    Active,
    /// The behaviour has stopped. It may be taken up again soon after; then the alert is active again.
    Ended,
    /// It was told wrongly: the last item of evidence says why.
    Withdrawn,
}

impl Stage {
    /// The word used in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Ended => "ended",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// An alert as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// Its name.
    pub id: AlertId,
    /// What behaviour.
    pub kind: Kind,
    /// How it stands.
    pub stage: Stage,
    /// The vessel: the track that it was raised on.
    pub track: TrackId,
    /// The other vessel, where the behaviour takes two.
    pub other_track: Option<TrackId>,
    /// MMSI of the vessel, where known.
    pub mmsi: Option<Mmsi>,
    /// MMSI of the other vessel, where known.
    pub other_mmsi: Option<Mmsi>,
    /// When it was first told, in event time.
    pub raised: EventTime,
    /// When the behaviour began.
    pub began: EventTime,
    /// When the definition was first met.
    pub start: EventTime,
    /// When it was last met, once it is no more.
    pub end: Option<EventTime>,
    /// Where the vessel was at the start.
    pub position: LatLon,
    /// The name of a place nearby.
    pub near: Option<NearPlace>,
    /// The zone concerned.
    pub zone: Option<String>,
    /// How sure it is, 0 to 1.
    pub confidence: f64,
    /// Why.
    pub evidence: Vec<Evidence>,
    /// Counts the changes of this alert, from 1.
    pub revision: u64,
}
