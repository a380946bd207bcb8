//! What the server tells of its sensors: how they are doing, and which of their observations made a track.

use crate::engine::{Engine, Health, SensorStatus};
use crate::feed::DecodeReport;
use crate::feed::sensor::{SensorKind, SensorTable};
use crate::fusion::Contribution;
use crate::serve::work::FeedName;
use crate::units::{EventTime, SensorId};

/// All sensors at one instant.
#[derive(Clone, Debug, Default)]
pub struct SensorBoard {
    /// Receive time that the engine has reached; `None` when nothing has been received.
    pub time: Option<EventTime>,
    /// The sensors, in the order of the area's list. What their decoders refused is among what was rejected.
    pub sensors: Vec<SensorStatus>,
    /// The feeds that have introduced themselves, in that order, each with how many of its records were taken so far, over
    /// restarts too.
    pub feeds: Vec<(FeedName, u64)>,
}

impl SensorBoard {
    /// As the engine sees them.
    pub(super) fn of(engine: &Engine) -> Self {
        Self { time: engine.now(), sensors: engine.sensor_status(), feeds: Vec::new() }
    }

    /// Before anything has been received.
    pub(super) fn waiting(sensors: &SensorTable) -> Self {
        let status = |(id, sensor): (SensorId, &crate::feed::sensor::Sensor)| SensorStatus {
            id,
            sensor: sensor.clone(),
            position: sensor.position,
            health: Health::NeverHeard,
            last_received: None,
            taken: 0,
            late: 0,
            rejected: Vec::new(),
            usual_delay_ms: None,
            clock_offset_s: None,
            learned: None,
        };
        Self { time: None, sensors: sensors.iter().map(status).collect(), feeds: Vec::new() }
    }

    /// Adds what a decoder of a sensor's feed could not read.
    pub(super) fn add_refusals(&mut self, sensor: SensorId, report: &DecodeReport) {
        if let Some(status) = self.sensors.iter_mut().find(|status| status.id == sensor) {
            status.rejected.extend(report.refused.iter().map(|refused| (refused.reason, refused.count)));
        }
    }
}

/// One observation that made a track, and whose it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// Name of the sensor.
    pub sensor: String,
    /// What the sensor is.
    pub kind: SensorKind,
    /// The observation.
    pub contribution: Contribution,
}

impl Explained {
    pub(super) fn of(contribution: Contribution, sensors: &SensorTable) -> Option<Self> {
        let sensor = sensors.get(contribution.sensor)?;
        Some(Self { sensor: sensor.name.clone(), kind: sensor.kind, contribution })
    }
}
