//! What made one track of a recording: it is replayed once more, and what that track took is kept.
//!
//! A replay gives the same tracks every time, so nothing need be written down beforehand for a question that is seldom asked.

use std::sync::Arc;

use super::{Decoding, ReplayError, why_nothing};
use crate::chart::Chart;
use crate::engine::{Engine, EngineConfig};
use crate::fusion::{Contribution, Explain};
use crate::recording::Recording;
use crate::units::{EventTime, TrackId};

/// Observations that are kept of the other tracks: those of a track that turns out to be the one asked for.
const KEPT_OF_OTHERS: usize = 64;

/// What made a track.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// When the time of the recording's output is 0.
    pub start: EventTime,
    /// The observations that it took, in the order in which it took them; empty when there is no such track.
    pub made_of: Vec<Contribution>,
}

/// Replays a recording for the sake of one track. `engine` must be that of the replay that gave the track its number.
///
/// # Errors
/// [`ReplayError::Nothing`] when no file holds a single record.
pub fn explain(
    recording: &Recording,
    chart: &Arc<Chart>,
    engine: &EngineConfig,
    track: TrackId,
) -> Result<Explanation, ReplayError> {
    let stream = recording.records();
    let Some(first) = stream.next_received() else {
        return Err(ReplayError::Nothing(why_nothing(recording, stream.refused())));
    };
    let start = recording.start_at(first);
    let mut config = EngineConfig { origin: Some(start), ..engine.clone() };
    config.fusion.explain = Explain::Whole(track, KEPT_OF_OTHERS);
    let mut engine = Engine::new(config, Arc::clone(chart), recording.sensors.clone());
    let mut source = Decoding::new(recording, stream);
    let mut batch = Vec::new();
    while source.fill(&mut batch) {
        for observation in batch.drain(..) {
            engine.push(observation);
        }
        engine.drain_events().for_each(drop);
    }
    let made_of = engine.fusion().explain(track).unwrap_or_default();
    Ok(Explanation { start, made_of })
}
