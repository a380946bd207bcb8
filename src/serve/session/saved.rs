//! A session as bytes: the engine, and what the decoders of its feeds remember.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{OpenFeed, Plan, Running, Session};
use crate::chart::Chart;
use crate::engine::{self, EngineConfig, PICTURE_INTERVAL_MS};
use crate::feed::sensor::SensorTable;
use crate::serve::core::Fatal;
use crate::units::TrackId;

/// What a session has to save, in the order in which [`Restored`] reads it.
#[derive(Serialize)]
struct Saved<'a> {
    /// With those that joined before the first record.
    sensors: &'a SensorTable,
    first_track: TrackId,
    engine: Option<engine::Saved<'a>>,
    feeds: &'a [Option<OpenFeed>],
    regular: &'a [TrackId],
}

/// What was saved of a session.
#[derive(Deserialize)]
struct Restored {
    sensors: SensorTable,
    first_track: TrackId,
    engine: Option<engine::Restored>,
    feeds: Vec<Option<OpenFeed>>,
    regular: Vec<TrackId>,
}

/// A digest of all settings that what comes of the input hangs on. The chart is named elsewhere, and the register is an input.
pub(super) fn digest(plan: &Plan) -> String {
    let Plan { sensors, chart: _, engine, span, out: _, history } = plan;
    let EngineConfig { fusion, rules, register: _, origin, first_track: _, silence_max_ms } = engine;
    let all = format!(
        "{sensors:?} {fusion:?} {rules:?} {origin:?} {silence_max_ms} {span:?} {history} {PICTURE_INTERVAL_MS}"
    );
    Sha256::digest(all).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Session {
    /// Appends the state. A session that writes output files has none: they tell of all of the log, from its beginning.
    pub(super) fn save_to(&self, state: &mut Vec<u8>) -> Result<bool, Fatal> {
        let Self { plan, filed: _, running, feeds, news, settings: _ } = self;
        if plan.out.is_some() {
            return Ok(false);
        }
        let saved = Saved {
            sensors: &plan.sensors,
            first_track: plan.engine.first_track,
            engine: running.as_ref().map(|running| running.engine.saved()),
            feeds,
            regular: &news.regular,
        };
        *state = postcard::to_extend(&saved, std::mem::take(state))?;
        Ok(true)
    }

    pub(super) fn restore_from(&mut self, state: &[u8], zones: Option<&str>) -> Result<Arc<Chart>, Fatal> {
        if self.plan.out.is_some() {
            return Err("the output files are to tell of all of the log".into());
        }
        let (restored, rest) = postcard::take_from_bytes::<Restored>(state)?;
        if !rest.is_empty() {
            return Err(format!("{} bytes are left over", rest.len()).into());
        }
        let chart = match zones {
            Some(change) => Arc::new(self.filed.with_zones(self.filed.zones.changed(change)?)?),
            None => Arc::clone(&self.filed),
        };
        let Restored { sensors, first_track, engine, feeds, regular } = restored;
        self.plan.chart = Arc::clone(&chart);
        self.plan.sensors = sensors;
        self.plan.engine.first_track = first_track;
        let config = self.plan.engine.clone();
        self.running =
            engine.map(|engine| Running { engine: engine.into_engine(config, Arc::clone(&chart)), log: None });
        self.feeds = feeds;
        self.news.regular = regular;
        Ok(chart)
    }
}
