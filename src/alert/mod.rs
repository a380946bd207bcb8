//! From findings to alerts: one id for life, told once, taken back openly.
//!
//! A rule says what it finds as often as it likes; [`AlertBook::take`] makes of it what watchers hear: raised, confirmed,
//! updated, ended or withdrawn. An affair that a rule took for a new one (its vessel was lost and found under another track)
//! and that is the same behaviour of the same vessel soon after the last goes on under the old id, and so does one that an
//! officer has acknowledged: silence compares the times of the behaviour, not of its processing.
//!
//! - `score`: what evidence weighs, the sum, and the grade.
//! - `history`: what earlier alerts of a vessel and a place add.
//! - `line`: an alert as a line of `alerts.jsonl`.
//! - `pictures`: what cameras showed of its vessels.

mod book;
mod history;
mod line;
mod pictures;
mod score;

pub use book::{AlertBook, AlertChange, AlertEvent, UnknownAlert};
pub use history::Outcome;
pub use line::to_json_line;
pub use pictures::{AlertPicture, PICTURES_MAX};
pub use score::{Grade, Score};

use std::fmt;
use std::sync::Arc;

pub use crate::behaviour::Stage;
use crate::behaviour::{Evidence, HonestCause, Kind, NearPlace};
use crate::geodesy::LatLon;
use crate::units::{EventTime, Mmsi, TrackId};

/// Name of an alert, the same for life and never given twice: kind, begin of the behaviour and tracks, so that the same
/// input gives the same names. `loitering-20261009T113731-T000051`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
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

/// An alert as it stands.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
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
    /// When it was first told, in event time, be it as developing.
    pub raised: EventTime,
    /// When it was first told that the full rule is met; `None` while that has never been.
    pub confirmed: Option<EventTime>,
    /// When the behaviour began.
    pub began: EventTime,
    /// When the definition was first met; while that has never been, when it first looked like it.
    pub start: EventTime,
    /// When it was last met, once it is no more.
    pub end: Option<EventTime>,
    /// Where the vessel was at the start.
    pub position: LatLon,
    /// The name of a place nearby.
    pub near: Option<NearPlace>,
    /// The zone concerned.
    pub zone: Option<String>,
    /// Who is in charge there, where the zones say so.
    pub jurisdiction: Option<String>,
    /// Whether it was night there when it began.
    pub night: bool,
    /// How sure it is, 0 to 1.
    pub confidence: f64,
    /// What its evidence weighs: the sum of the weights listed, capped by family.
    pub score: Score,
    /// What an officer is asked to do.
    pub grade: Grade,
    /// Why.
    pub evidence: Vec<Evidence>,
    /// The honest causes that were tested.
    pub honest_causes: Vec<HonestCause>,
    /// Pictures that cameras took of its vessels, in order of time.
    pub pictures: Vec<AlertPicture>,
    /// Earlier alerts of the same kind, of this vessel or at this place, the latest first.
    pub similar_before: Vec<AlertId>,
    /// Up to which event time an officer has acknowledged it.
    pub acknowledged: Option<EventTime>,
    /// Edition of the rules by which it was told.
    pub rules: Arc<str>,
    /// Counts the changes of this alert, from 1.
    pub revision: u64,
}
