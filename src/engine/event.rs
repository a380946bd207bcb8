//! What the engine tells.

use crate::alert::AlertEvent;
use crate::feed::order::Silence;
use crate::fusion::{TrackEvent, TrackState};
use crate::units::EventTime;

/// All confirmed tracks at one instant, as known when everything received by then had been processed.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Picture {
    /// The instant.
    pub at: EventTime,
    /// The tracks, sorted by number, predicted to the instant.
    pub tracks: Vec<TrackState>,
}

/// Something that users may want to know.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum EngineEvent {
    /// A regular picture.
    Picture(Picture),
    /// A track was confirmed, ended, hidden or separated.
    Track(TrackEvent),
    /// An alert was raised, went on, ended or was withdrawn.
    Alert(Box<AlertEvent>),
    /// A radar has fallen silent, or speaks again.
    Sensor(Silence),
}
