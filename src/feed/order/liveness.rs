//! Which radars have fallen silent, told by the turning of their antennas.
//!
//! A radar that sends north or sector marks (ASTERIX CAT034, or CAT010 start of cycle) sends them on an empty sea too: two turns
//! without anything from it, and it is down. One without marks has only its plots to show that it lives; an empty sea has
//! none, so ten turns are waited for. A turn is as long as the marks or the radar say, else as claimed. Other sensors have no
//! such beat, and are not judged here.

use crate::feed::observation::{Content, Observation, RadarService};
use crate::feed::sensor::Sensor;
use crate::units::{EventTime, SensorId};

/// Turns without anything after which a radar that sends marks is silent.
const TURNS_WITH_MARKS: f64 = 2.0;
/// Likewise one that sends none.
const TURNS_WITHOUT_MARKS: f64 = 10.0;
/// North marks that agree before their distance is taken for the period.
const MARKS_MIN: u32 = 3;
/// Network and batching may delay a mark by so much, in milliseconds.
const SLACK_MS: i64 = 1_000;
/// A turn is believed between these, in seconds: nothing on a coast turns faster or slower.
const PERIOD_S: std::ops::RangeInclusive<f64> = 0.5..=60.0;
/// Silences that are kept for the summary.
pub const SILENCES_KEPT: usize = 256;

/// A radar that was silent, or still is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Silence {
    /// Which radar.
    pub sensor: SensorId,
    /// When the last of it was received.
    pub since: EventTime,
    /// When it spoke again.
    pub until: Option<EventTime>,
}

/// Watches over the radars of an area. Driven by receive time; memory is fixed by the number of sensors.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Liveness {
    /// By sensor; `None` for those without a beat.
    radars: Vec<Option<Beat>>,
    silences: Vec<Silence>,
}

#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
struct Beat {
    period_s: f64,
    /// Receipt of the last word of it.
    last: Option<EventTime>,
    /// Its last north mark, by its own clock.
    north: Option<EventTime>,
    marks: u32,
    silent: bool,
}

impl Beat {
    fn limit_ms(&self) -> i64 {
        let turns = if self.marks >= MARKS_MIN { TURNS_WITH_MARKS } else { TURNS_WITHOUT_MARKS };
        (turns * self.period_s * 1000.0) as i64 + SLACK_MS
    }

    /// Learns the length of a turn from marks and from the radar's own word.
    fn learn(&mut self, time: EventTime, service: RadarService) {
        match service {
            RadarService::StartOfCycle => {
                let turn_s = self.north.map(|north| time.seconds_since(north));
                // A turn or two may be missing between two marks; only a whole single one teaches.
                if let Some(turn_s) = turn_s.filter(|turn_s| PERIOD_S.contains(turn_s))
                    && (turn_s / self.period_s - 1.0).abs() < 0.5
                {
                    self.period_s += (turn_s - self.period_s) * 0.2;
                }
                self.north = Some(self.north.map_or(time, |north| north.max(time)));
                self.marks = self.marks.saturating_add(1);
            }
            RadarService::Sector { .. } => self.marks = self.marks.saturating_add(1),
            RadarService::Rotation { period_s } if PERIOD_S.contains(&period_s) => self.period_s = period_s,
            RadarService::Rotation { .. } | RadarService::Status { .. } => {}
        }
    }
}

impl Liveness {
    /// Takes a sensor in, with the next number.
    pub fn add_sensor(&mut self, sensor: &Sensor) {
        let claims = sensor.radar.filter(|claims| PERIOD_S.contains(&claims.scan_s));
        let beat = |period_s| Beat { period_s, last: None, north: None, marks: 0, silent: false };
        self.radars.push(claims.map(|claims| beat(claims.scan_s)));
    }

    /// Hears an observation, whether or not it is taken. Gives the silence that it ends.
    pub fn hear(&mut self, observation: &Observation) -> Option<Silence> {
        let beat = self.radars.get_mut(observation.sensor.index()).and_then(Option::as_mut)?;
        if let Content::RadarService(service) = observation.content {
            beat.learn(observation.time, service);
        }
        beat.last = beat.last.max(Some(observation.received));
        if !std::mem::take(&mut beat.silent) {
            return None;
        }
        let sensor = observation.sensor;
        let open =
            self.silences.iter_mut().rev().find(|silence| silence.sensor == sensor && silence.until.is_none())?;
        open.until = Some(observation.received);
        Some(*open)
    }

    /// Looks for radars that have fallen silent by `now`, in order of their numbers. One that never spoke is none.
    pub fn look(&mut self, now: EventTime) -> Vec<Silence> {
        let mut fallen = Vec::new();
        for (beat, number) in self.radars.iter_mut().zip(0_u16..) {
            let Some(beat) = beat else { continue };
            let Some(last) = beat.last.filter(|&last| !beat.silent && now.millis_since(last) > beat.limit_ms()) else {
                continue;
            };
            beat.silent = true;
            fallen.push(Silence { sensor: SensorId(number), since: last, until: None });
        }
        self.silences.extend(&fallen);
        let over = self.silences.len().saturating_sub(SILENCES_KEPT);
        self.silences.drain(..over);
        fallen
    }

    /// The latest silences, oldest first.
    pub fn silences(&self) -> &[Silence] {
        &self.silences
    }

    /// Seconds that a radar's antenna takes for a turn, as far as is known.
    pub fn period_s(&self, sensor: SensorId) -> Option<f64> {
        self.radars.get(sensor.index())?.as_ref().map(|beat| beat.period_s)
    }

    /// Whether a sensor is silent now.
    pub fn is_silent(&self, sensor: SensorId) -> bool {
        self.radars.get(sensor.index()).and_then(Option::as_ref).is_some_and(|beat| beat.silent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::sensor::{RadarClaims, SensorKind};
    use crate::geodesy::LatLon;

    fn watch(scan_s: f64) -> Liveness {
        let claims =
            RadarClaims { sac: 1, sic: 2, max_range_m: 1e4, scan_s, sigma_range_m: 10.0, sigma_azimuth_deg: 0.2 };
        let mut liveness = Liveness::default();
        liveness.add_sensor(&Sensor {
            name: "radar1".into(),
            kind: SensorKind::Radar,
            position: Some(LatLon::new(20.0, 110.0)),
            height_m: None,
            radar: Some(claims),
            eo: None,
            report: None,
            mount: None,
        });
        liveness
    }

    fn at(seconds: f64) -> EventTime {
        EventTime::from_seconds(1_776_438_400).plus_seconds(seconds)
    }

    fn say(liveness: &mut Liveness, seconds: f64, service: RadarService) -> Option<Silence> {
        let time = at(seconds);
        let content = Content::RadarService(service);
        liveness.hear(&Observation { sensor: SensorId(0), time, received: time, sequence: 0, content })
    }

    #[test]
    fn a_radar_with_marks_is_silent_after_two_turns_and_its_return_ends_that() {
        let mut liveness = watch(3.0);
        // It turns slower than claimed: the marks teach it.
        for turn in 0..40 {
            assert!(say(&mut liveness, 3.5 * f64::from(turn), RadarService::StartOfCycle).is_none());
            assert!(liveness.look(at(3.5 * f64::from(turn) + 3.0)).is_empty());
        }
        assert!((liveness.period_s(SensorId(0)).unwrap() - 3.5).abs() < 0.01);
        let last = 3.5 * 39.0;
        assert!(liveness.look(at(last + 7.9)).is_empty());
        assert_eq!(liveness.look(at(last + 8.1)), [Silence { sensor: SensorId(0), since: at(last), until: None }]);
        assert!(liveness.look(at(last + 60.0)).is_empty(), "it is told once");
        assert!(liveness.is_silent(SensorId(0)));
        let ended = say(&mut liveness, last + 100.0, RadarService::Sector { azimuth_deg: 90.0 }).unwrap();
        assert_eq!((ended.since, ended.until), (at(last), Some(at(last + 100.0))));
        assert_eq!(liveness.silences(), [ended]);
    }

    #[test]
    fn a_radar_without_marks_may_see_an_empty_sea_for_ten_turns() {
        let mut liveness = watch(3.0);
        assert!(liveness.look(at(1_000.0)).is_empty(), "one that never spoke is not missed");
        say(&mut liveness, 0.0, RadarService::Status { operational: true });
        assert!(liveness.look(at(30.0)).is_empty());
        assert_eq!(liveness.look(at(31.5)).len(), 1);
    }

    #[test]
    fn the_radar_itself_knows_best_how_fast_it_turns() {
        let mut liveness = watch(3.0);
        say(&mut liveness, 0.0, RadarService::Rotation { period_s: 12.0 });
        assert_eq!(liveness.period_s(SensorId(0)), Some(12.0));
        say(&mut liveness, 1.0, RadarService::Rotation { period_s: 0.001 });
        assert_eq!(liveness.period_s(SensorId(0)), Some(12.0), "no antenna does that");
    }
}
