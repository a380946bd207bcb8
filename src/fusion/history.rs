//! The last half minute of a track's measurements, so that a late one can go where it belongs.
//!
//! Beside the measurements stands a checkpoint of the state after every few of them. A late measurement is put into its
//! place and the track is run again from the checkpoint before it, which gives the very state that taking the
//! measurements in order would have given (a test holds that). Cost: the few measurements since the checkpoint and
//! those after the late one.

use std::collections::VecDeque;

use super::config::FusionConfig;
use super::measurement::{Kinematics, Measurement};
use crate::units::EventTime;

/// Most measurements kept for one track; with more (many radars on one ship) the span covered becomes shorter.
const KEPT_MAX: usize = 160;
/// Measurements from one checkpoint to the next: a state takes as much room as three measurements.
const STRIDE: u64 = 6;

/// A track's recent past.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct History {
    /// Number of the first measurement kept.
    first: u64,
    measurements: VecDeque<Measurement>,
    /// States, each with the number of the measurement that comes next. Never empty; the first is at `first`.
    checkpoints: VecDeque<(u64, Kinematics)>,
}

impl History {
    /// A past that begins with a first state.
    pub fn start(first: Kinematics) -> Self {
        Self { first: 0, measurements: VecDeque::new(), checkpoints: VecDeque::from([(0, first)]) }
    }

    /// Notes a measurement that was just taken, `now` being the state after it.
    pub fn note(&mut self, measurement: Measurement, now: &Kinematics, config: &FusionConfig) {
        self.measurements.push_back(measurement);
        let next = self.first + self.measurements.len() as u64;
        if self.checkpoints.back().is_none_or(|(at, _)| next - at >= STRIDE) {
            self.checkpoints.push_back((next, *now));
        }
        self.forget(now.time(), config);
    }

    /// Drops what lies before the second checkpoint once that one is old enough to start from.
    fn forget(&mut self, now: EventTime, config: &FusionConfig) {
        while let Some(&(at, state)) = self.checkpoints.get(1) {
            let covered = now.seconds_since(state.time()) > config.lateness_s;
            if !covered && self.measurements.len() <= KEPT_MAX {
                break;
            }
            self.measurements.drain(..(at - self.first) as usize);
            self.first = at;
            self.checkpoints.pop_front();
        }
    }

    /// Whether a measurement of `time` can still go where it belongs.
    pub fn reaches(&self, time: EventTime) -> bool {
        self.checkpoints.front().is_some_and(|(_, state)| time >= state.time())
    }

    /// The state at `time`, from the measurements up to then; `None` when the past kept does not reach so far.
    pub fn state_at(&self, time: EventTime, config: &FusionConfig) -> Option<Kinematics> {
        let &(at, mut state) = self.checkpoints.iter().rev().find(|(_, state)| state.time() <= time)?;
        for measurement in self.measurements.range((at - self.first) as usize..).take_while(|m| m.time <= time) {
            state.take(measurement, config);
        }
        state.advance(time, config);
        Some(state)
    }

    /// Puts a late measurement where it belongs and returns the state that follows, at the time of `now`.
    ///
    /// The caller has asked [`Self::reaches`]; if the past is too short, the measurement is taken as the oldest.
    pub fn insert_late(&mut self, late: Measurement, now: &Kinematics, config: &FusionConfig) -> Kinematics {
        let place = self.measurements.partition_point(|m| m.time <= late.time);
        let number = self.first + place as u64;
        self.measurements.insert(place, late);
        while self.checkpoints.len() > 1 && self.checkpoints.back().is_some_and(|(at, _)| *at > number) {
            self.checkpoints.pop_back();
        }
        let (mut at, mut state) = self.checkpoints.back().copied().unwrap_or((self.first, *now));
        for measurement in self.measurements.range((at - self.first) as usize..) {
            if self.checkpoints.back().is_none_or(|(before, _)| at - before >= STRIDE) {
                self.checkpoints.push_back((at, state));
            }
            state.take(measurement, config);
            at += 1;
        }
        state.advance(now.time(), config);
        self.forget(state.time(), config);
        state
    }

    /// The measurements kept, oldest first.
    pub fn measurements(&self) -> impl Iterator<Item = &Measurement> {
        self.measurements.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fusion::measurement::{Fix, Measure};
    use crate::geodesy::{LatLon, position_to_polar};
    use crate::units::SensorId;
    use nalgebra::{Matrix2, Vector2};
    use proptest::prelude::*;
    use smallvec::smallvec;

    fn fix(millis: i64, north_m: f64) -> Measurement {
        let position = LatLon::new(20.1, 110.3).moved_m(3.0 * millis as f64 / 1000.0, north_m);
        let covariance = Matrix2::identity() * 400.0;
        let measure = Measure::Fixes(smallvec![Fix { position, covariance, weight: 1.0 }]);
        Measurement { time: EventTime::from_millis(millis), sensor: SensorId(0), measure }
    }

    /// A plot, one of two plots that compete, an AIS report or a bearing, in turn.
    fn measured(number: usize, north_m: f64) -> Measurement {
        let mut measurement = fix(number as i64 * 3000 + 1000, north_m);
        let Measure::Fixes(fixes) = &mut measurement.measure else { return measurement };
        let Fix { position, covariance, .. } = fixes[0];
        match number % 4 {
            0 => {}
            1 => {
                fixes[0].weight = 0.6;
                fixes.push(Fix { position: position.moved_m(30.0, -20.0), covariance, weight: 0.3 });
            }
            2 => {
                let velocity = Some((Vector2::new(3.0, 0.0), Matrix2::identity()));
                measurement.measure = Measure::Report { position, covariance, velocity };
            }
            _ => {
                let site = LatLon::new(20.05, 110.3);
                let (azimuth, _) = position_to_polar(site, position);
                measurement.measure = Measure::Bearing { site, azimuth, sigma_rad: 0.002, weight: 0.9 };
            }
        }
        measurement
    }

    fn run(measurements: &[Measurement], config: &FusionConfig) -> (Kinematics, History) {
        let start = LatLon::new(20.1, 110.3);
        let first = Kinematics::start(EventTime::from_millis(0), start, Matrix2::identity() * 400.0, None, config);
        let (mut state, mut history) = (first, History::start(first));
        for measurement in measurements {
            if measurement.time >= state.time() {
                state.take(measurement, config);
                history.note(measurement.clone(), &state, config);
            } else {
                assert!(history.reaches(measurement.time));
                state = history.insert_late(measurement.clone(), &state, config);
            }
        }
        (state, history)
    }

    proptest! {
        #[test]
        fn late_measurements_give_the_state_that_order_would_have_given(
            noise in prop::collection::vec(-30.0..30.0_f64, 60),
            late in prop::collection::vec((1..55_usize, 1..9_usize), 1..4),
        ) {
            let config = FusionConfig::default();
            let ordered: Vec<_> = noise.iter().enumerate().map(|(number, north_m)| measured(number, *north_m)).collect();
            let mut delayed = ordered.clone();
            for (place, delay) in late {
                let held = delayed.remove(place);
                delayed.insert((place + delay).min(delayed.len() - 1), held);
            }
            let mut latest = EventTime::from_millis(0);
            for measurement in &delayed {
                prop_assume!(latest.seconds_since(measurement.time) <= 30.0);
                latest = latest.max(measurement.time);
            }
            let (in_order, _) = run(&ordered, &config);
            let (reordered, _) = run(&delayed, &config);
            prop_assert_eq!(in_order.gaussian(), reordered.gaussian());
        }
    }

    #[test]
    fn the_past_kept_is_bounded_and_covers_the_lateness() {
        let config = FusionConfig::default();
        let many: Vec<_> = (0..5000).map(|i| fix(i * 1000, 0.0)).collect();
        let (state, history) = run(&many, &config);
        assert!(history.measurements().count() <= KEPT_MAX);
        assert!(history.reaches(state.time().plus_seconds(-30.0)));
        let earlier = history.state_at(state.time().plus_seconds(-10.5), &config).unwrap();
        assert_eq!(earlier.time(), state.time().plus_seconds(-10.5));
    }
}
