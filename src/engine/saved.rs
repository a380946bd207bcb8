//! An engine as bytes, for a start that need not take all input again.
//!
//! Saved is what came of the input, to the bit. What is large and known from elsewhere is not: settings, chart and register are
//! given anew, and must be those that it was saved with. An engine that is read back goes on as if nothing had happened; no
//! output hangs on the order of a hash map, which is the one thing that may differ.

use std::collections::VecDeque;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::statements::Statements;
use super::{Engine, EngineConfig, EngineEvent};
use crate::alert::AlertBook;
use crate::behaviour::Behaviour;
use crate::chart::Chart;
use crate::coverage::Coverage;
use crate::feed::order::{Delays, Intake, Liveness};
use crate::feed::sensor::SensorTable;
use crate::fusion::Fusion;
use crate::geodesy::LatLon;
use crate::units::{EventTime, SensorId};

/// What an engine has to save, in the order in which [`Restored`] reads it.
#[derive(Debug, Serialize)]
pub struct Saved<'a> {
    sensors: &'a SensorTable,
    intake: &'a Intake,
    liveness: &'a Liveness,
    delays: &'a Delays,
    fusion: &'a Fusion,
    coverage: &'a Coverage,
    looked: Option<EventTime>,
    last_received: &'a [Option<EventTime>],
    moved: &'a FxHashMap<SensorId, LatLon>,
    behaviour: &'a Behaviour,
    alerts: &'a AlertBook,
    statements: &'a Statements,
    next_picture: Option<EventTime>,
    next_look: Option<EventTime>,
    now: Option<EventTime>,
    events: &'a VecDeque<EngineEvent>,
}

/// What was saved of an engine.
#[derive(Debug, Deserialize)]
pub struct Restored {
    sensors: SensorTable,
    intake: Intake,
    liveness: Liveness,
    delays: Delays,
    fusion: Fusion,
    coverage: Coverage,
    looked: Option<EventTime>,
    last_received: Vec<Option<EventTime>>,
    moved: FxHashMap<SensorId, LatLon>,
    behaviour: Behaviour,
    alerts: AlertBook,
    statements: Statements,
    next_picture: Option<EventTime>,
    next_look: Option<EventTime>,
    now: Option<EventTime>,
    events: VecDeque<EngineEvent>,
}

impl Engine {
    /// All that came of the input so far, to be written in any format of serde that keeps numbers to the bit.
    pub fn saved(&self) -> Saved<'_> {
        // Named one by one: a field that is new is either saved or left out on purpose.
        let Self {
            config: _,
            chart: _,
            sensors,
            intake,
            liveness,
            delays,
            fusion,
            coverage,
            looked,
            last_received,
            moved,
            behaviour,
            alerts,
            statements,
            next_picture,
            next_look,
            now,
            events,
        } = self;
        Saved {
            sensors,
            intake,
            liveness,
            delays,
            fusion,
            coverage,
            looked: *looked,
            last_received,
            moved,
            behaviour,
            alerts,
            statements,
            next_picture: *next_picture,
            next_look: *next_look,
            now: *now,
            events,
        }
    }
}

impl Restored {
    /// The engine that was saved, with the settings, register and chart that it had.
    pub fn into_engine(self, config: EngineConfig, chart: Arc<Chart>) -> Engine {
        let Self {
            sensors,
            intake,
            liveness,
            delays,
            mut fusion,
            coverage,
            looked,
            last_received,
            moved,
            mut behaviour,
            mut alerts,
            statements,
            next_picture,
            next_look,
            now,
            events,
        } = self;
        fusion.set_config(config.fusion.clone());
        behaviour.set_thresholds(config.rules.clone());
        behaviour.set_register(Arc::clone(&config.register));
        alerts.set_rules(&config.rules);
        Engine {
            config,
            chart,
            sensors,
            intake,
            liveness,
            delays,
            fusion,
            coverage,
            looked,
            last_received,
            moved,
            behaviour,
            alerts,
            statements,
            next_picture,
            next_look,
            now,
            events,
        }
    }
}
