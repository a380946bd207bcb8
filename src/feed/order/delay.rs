//! How late the measurements of each sensor usually come, and so how far behind receipt everything is known.
//!
//! A single late record goes where it belongs. A feed that is late as a whole (a radar behind a satellite link, a relay that
//! sends in batches) shifts what can be known at all: at any instant its last half minute is not there yet, and whoever judges that
//! half minute takes craft for lost that are not. So the usual delay is learned, and silence is judged at the instant up to which the
//! regular sensors have told what they saw.

use super::LATE_MAX_MS;
use crate::feed::observation::{Content, Observation};
use crate::units::{EventTime, SensorId};

/// Delays that are remembered of each sensor.
const KEPT: usize = 32;
/// Fewer say nothing of what is usual.
const KEPT_MIN: usize = 3;
/// A sensor that has been silent for so long holds nobody up, milliseconds of receipt.
const SPOKE_MS: i64 = 60_000;
/// Delays up to this cost nothing, since measurements are as far apart anyway: a turn of a radar takes as long.
const TOLERATED_MS: i64 = 7_000;

/// The usual delay of each sensor. Driven by receive time; memory is fixed by the number of sensors.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Delays {
    sensors: Vec<Recent>,
}

/// The latest delays of one sensor, milliseconds.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
struct Recent {
    delays_ms: Vec<i32>,
    next: usize,
    last: Option<EventTime>,
}

impl Recent {
    /// The delay that half of the latest records had or were below, once there are enough to say so.
    fn usual_ms(&self) -> Option<i64> {
        if self.delays_ms.len() < KEPT_MIN {
            return None;
        }
        let mut sorted = self.delays_ms.clone();
        let middle = sorted.len() / 2;
        Some(i64::from(*sorted.select_nth_unstable(middle).1))
    }
}

impl Delays {
    /// Delays of sensors 0 to `sensors` - 1, none known yet.
    pub fn new(sensors: usize) -> Self {
        Self { sensors: vec![Recent::default(); sensors] }
    }

    /// Makes room for one more sensor, with the next number.
    pub fn add_sensor(&mut self) {
        self.sensors.push(Recent::default());
    }

    /// Hears an observation that was taken, its time in true UTC. Radar plots and AIS positions count: they come all the time, and
    /// what nobody has of a craft for a while is missed. A camera looks now here, now there; reports of other systems come
    /// minutes apart.
    pub fn hear(&mut self, observation: &Observation) {
        if !matches!(observation.content, Content::AisPosition(_) | Content::RadarPlot(_)) {
            return;
        }
        let Some(recent) = self.sensors.get_mut(observation.sensor.index()) else { return };
        let delay_ms = observation.received.millis_since(observation.time).clamp(-LATE_MAX_MS, LATE_MAX_MS) as i32;
        if recent.delays_ms.len() < KEPT {
            recent.delays_ms.push(delay_ms);
        } else if let Some(oldest) = recent.delays_ms.get_mut(recent.next) {
            *oldest = delay_ms;
        }
        recent.next = (recent.next + 1) % KEPT;
        recent.last = Some(observation.received);
    }

    /// Milliseconds from measurement to receipt that are usual for a sensor now; `None` while too little came of it.
    pub fn usual_ms(&self, sensor: SensorId) -> Option<i64> {
        self.sensors.get(sensor.index())?.usual_ms()
    }

    /// How far before `now` the instant lies up to which the regular sensors have told what they saw, in milliseconds: 0 where all
    /// are about in time, at most half a minute.
    pub fn behind_ms(&self, now: EventTime) -> i64 {
        let speaks = |recent: &&Recent| recent.last.is_some_and(|last| now.millis_since(last) <= SPOKE_MS);
        let slowest_ms = self.sensors.iter().filter(speaks).filter_map(Recent::usual_ms).max().unwrap_or(0);
        (slowest_ms - TOLERATED_MS).clamp(0, LATE_MAX_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::observation::{RadarPlot, RadarService, Rounding};

    fn plot() -> Content {
        Content::RadarPlot(RadarPlot {
            range_m: 10_000.0,
            azimuth_deg: 45.0,
            track_number: None,
            velocity: None,
            track_ended: false,
            coasted: false,
            amplitude: None,
            length_m: None,
            test_target: false,
            rounding: Rounding::default(),
        })
    }

    fn received(at_s: i64, delay_s: i64, sensor: u16) -> Observation {
        let time = EventTime::from_seconds(at_s - delay_s);
        Observation {
            sensor: SensorId(sensor),
            sequence: 0,
            time,
            received: EventTime::from_seconds(at_s),
            content: plot(),
        }
    }

    #[test]
    fn feeds_in_time_and_single_late_records_hold_nobody_up() {
        let mut delays = Delays::new(1);
        for at_s in 0..100 {
            delays.hear(&received(at_s, if at_s % 5 == 0 { 20 } else { 1 }, 0));
        }
        assert_eq!(delays.usual_ms(SensorId(0)), Some(1_000));
        assert_eq!(delays.behind_ms(EventTime::from_seconds(100)), 0);
    }

    #[test]
    fn the_slowest_sensor_that_speaks_is_waited_for_within_bounds() {
        let mut delays = Delays::new(2);
        (0..50).for_each(|at_s| delays.hear(&received(at_s, 0, 0)));
        (0..50).for_each(|at_s| delays.hear(&received(at_s, 20, 1)));
        assert_eq!(delays.behind_ms(EventTime::from_seconds(50)), 13_000);
        assert_eq!(delays.behind_ms(EventTime::from_seconds(120)), 0, "it has been silent for a minute");
        (50..100).for_each(|at_s| delays.hear(&received(at_s, 500, 1)));
        assert_eq!(delays.behind_ms(EventTime::from_seconds(100)), 23_000, "later than any record that is taken");
    }

    #[test]
    fn what_is_no_measurement_of_the_usual_kind_says_nothing() {
        let mut delays = Delays::new(1);
        let service = Content::RadarService(RadarService::StartOfCycle);
        (0..50).for_each(|at_s| delays.hear(&Observation { content: service.clone(), ..received(at_s, 20, 0) }));
        assert_eq!((delays.usual_ms(SensorId(0)), delays.behind_ms(EventTime::from_seconds(50))), (None, 0));
    }
}
