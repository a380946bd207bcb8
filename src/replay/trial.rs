//! A recording through several engines at once, for their alerts alone: read and decoded once, no file written.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Decoding, ReplayError, why_nothing};
use crate::alert::{Alert, AlertId};
use crate::chart::Chart;
use crate::engine::{Engine, EngineConfig, EngineEvent};
use crate::recording::Recording;
use crate::units::EventTime;

/// What came of a trial.
#[derive(Debug)]
pub struct Trial {
    /// When the time of the recording is 0.
    pub start: EventTime,
    /// Up to when the engines were driven.
    pub end: EventTime,
    /// For each engine the alerts that were told in full, as they stand at the end, in the order of telling.
    pub alerts: Vec<Vec<Alert>>,
}

/// Drives an engine for each of `configs` with one recording; their origin is set to its start.
///
/// # Errors
/// When no file holds a single record.
pub fn trial(recording: &Recording, chart: &Arc<Chart>, configs: &[EngineConfig]) -> Result<Trial, ReplayError> {
    let stream = recording.records();
    let Some(first) = stream.next_received() else {
        return Err(ReplayError::Nothing(why_nothing(recording, stream.refused())));
    };
    let start = recording.start_at(first);
    let mut runs: Vec<TrialRun> = configs.iter().map(|config| TrialRun::new(config, recording, chart, start)).collect();
    let mut source = Decoding::new(recording, stream);
    let mut batch = Vec::new();
    while source.fill(&mut batch) {
        for run in &mut runs {
            for observation in &batch {
                run.engine.push(observation.clone());
            }
            run.listen();
        }
        batch.clear();
    }
    let end = recording.closing_at(start, source.finish().last_received.unwrap_or(first));
    let alerts = runs.into_iter().map(|run| run.finish(end)).collect();
    Ok(Trial { start, end, alerts })
}

struct TrialRun {
    engine: Engine,
    told: BTreeMap<AlertId, Alert>,
}

impl TrialRun {
    fn new(config: &EngineConfig, recording: &Recording, chart: &Arc<Chart>, start: EventTime) -> Self {
        let config = EngineConfig { origin: Some(start), ..config.clone() };
        let engine = Engine::new(config, Arc::clone(chart), recording.sensors.clone());
        Self { engine, told: BTreeMap::new() }
    }

    fn listen(&mut self) {
        for event in self.engine.drain_events() {
            if let EngineEvent::Alert(event) = event {
                self.told.insert(event.alert.id.clone(), event.alert);
            }
        }
    }

    fn finish(mut self, end: EventTime) -> Vec<Alert> {
        self.engine.advance(end);
        self.listen();
        let mut told: Vec<Alert> = self.told.into_values().filter(|alert| alert.confirmed.is_some()).collect();
        told.sort_by(|a, b| (a.confirmed, &a.id).cmp(&(b.confirmed, &b.id)));
        told
    }
}
