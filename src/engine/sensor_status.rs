//! How each sensor is doing: what came of it, what it gets wrong, whether it works.

use super::Engine;
use crate::feed::order::Rejected;
use crate::feed::sensor::{Sensor, SensorKind};
use crate::fusion::SensorHealth;
use crate::geodesy::LatLon;
use crate::units::{EventTime, SensorId};

/// A sensor of which nothing was received for this long is silent, milliseconds: ten turns of a slow radar. A radar is so earlier,
/// by the beat of its antenna ([`Liveness`](crate::feed::order::Liveness)).
const SILENT_MS: i64 = 60_000;
/// A clock that is farther off UTC than this is worth a word, seconds.
const CLOCK_OFF_S: f64 = 1.0;

/// Whether a sensor works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Nothing was ever received of it.
    NeverHeard,
    /// It has sent nothing for a minute; a radar that sends north marks, for two turns.
    Silent,
    /// It says itself that it may not be used.
    NotOperational,
    /// It works, but its clock is off by more than a second: its times are corrected.
    ClockOff,
    /// It works.
    Working,
}

impl Health {
    /// The word in summaries and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NeverHeard => "never_heard",
            Self::Silent => "silent",
            Self::NotOperational => "not_operational",
            Self::ClockOff => "clock_off",
            Self::Working => "working",
        }
    }
}

/// One sensor.
#[derive(Clone, Debug, PartialEq)]
pub struct SensorStatus {
    /// Its number.
    pub id: SensorId,
    /// The sensor as configured.
    pub sensor: Sensor,
    /// Where it is now, if it moves.
    pub position: Option<LatLon>,
    /// Whether it works.
    pub health: Health,
    /// When something was last received of it.
    pub last_received: Option<EventTime>,
    /// Observations taken.
    pub taken: u64,
    /// Of those, late ones.
    pub late: u64,
    /// Observations not taken, by reason; reasons without any are left out.
    pub rejected: Vec<(&'static str, u64)>,
    /// Milliseconds from measurement to receipt that are usual for it now; `None` while too little came of it.
    pub usual_delay_ms: Option<i64>,
    /// Seconds that its clock is ahead of UTC, with one sigma where that is known.
    pub clock_offset_s: Option<(f64, Option<f64>)>,
    /// What fusion has learned of a radar or camera.
    pub learned: Option<SensorHealth>,
}

impl Engine {
    /// How each sensor is doing, in table order.
    pub fn sensor_status(&self) -> Vec<SensorStatus> {
        let mut learned = self.fusion.sensor_health();
        self.sensors
            .iter()
            .map(|(id, sensor)| {
                let place = learned.iter().position(|health| health.sensor == id);
                self.status_of(id, sensor, place.map(|place| learned.swap_remove(place)))
            })
            .collect()
    }

    fn status_of(&self, id: SensorId, sensor: &Sensor, learned: Option<SensorHealth>) -> SensorStatus {
        let intake = self.intake.sensor(id);
        let rejected = intake.map_or_else(Vec::new, |intake| {
            let counts = Rejected::ALL.into_iter().map(|why| (why.as_str(), intake.rejects.count(why)));
            counts.filter(|(_, count)| *count > 0).collect()
        });
        let clock_offset_s = match (&learned, intake) {
            (Some(learned), _) => learned.clock_offset_s.map(|(offset_s, sigma_s)| (offset_s, Some(sigma_s))),
            (None, Some(intake)) if sensor.kind == SensorKind::Ais => {
                intake.clock.offset_ms().map(|offset_ms| (offset_ms as f64 / 1000.0, None))
            }
            _ => None,
        };
        let last_received = self.last_received.get(id.index()).copied().flatten();
        let silent = |last: EventTime| self.now.is_some_and(|now| now.millis_since(last) > SILENT_MS);
        let health = match last_received {
            None => Health::NeverHeard,
            Some(last) if silent(last) || self.liveness.is_silent(id) => Health::Silent,
            Some(_) if learned.as_ref().is_some_and(|learned| !learned.operational) => Health::NotOperational,
            // An estimate that is itself unsure by as much says nothing.
            Some(_)
                if clock_offset_s
                    .is_some_and(|(offset_s, sigma_s)| offset_s.abs() - 2.0 * sigma_s.unwrap_or(0.0) > CLOCK_OFF_S) =>
            {
                Health::ClockOff
            }
            Some(_) => Health::Working,
        };
        SensorStatus {
            id,
            sensor: sensor.clone(),
            position: self.moved.get(&id).copied().or(sensor.position),
            health,
            last_received,
            taken: intake.map_or(0, |intake| intake.admitted),
            late: intake.map_or(0, |intake| intake.late),
            rejected,
            usual_delay_ms: self.delays.usual_ms(id),
            clock_offset_s,
            learned,
        }
    }
}
