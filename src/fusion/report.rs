//! The way in for reports of other systems: a position with its error and a foreign number, no identity of ours.
//!
//! A report is an opinion that rests on measurements which are not known here, perhaps on our own radar's, and each of a system's
//! reports rests on those before. So it enters by covariance intersection, which holds whatever the errors have in common: a track
//! becomes no surer than its surest source. It may start a track; an MMSI in it helps to find the track but is no claim of an AIS
//! transponder.

use nalgebra::{Matrix2, Vector2};
use smallvec::SmallVec;

use super::Fusion;
use super::measurement::{Kinematics, Measure, Measurement};
use super::track_file::TrackFile;
use crate::feed::observation::{Observation, TrackReport};
use crate::units::{Bearing, SensorId};

/// Existence of a craft from one report: another system has looked longer than once.
const REPORTED_EXISTENCE: f64 = 0.9;
/// How much likelier the track is that this system has reported under this number before, or that bears its MMSI.
const SAME_NUMBER: f64 = 50.0;
/// How much less likely a track is that bears another MMSI than the report.
const OTHER_MMSI: f64 = 0.01;
/// One sigma of a reported velocity, m/s: it is smoothed, and lags in a turn.
const VELOCITY_SIGMA_MPS: f64 = 2.0;

impl Fusion {
    pub(super) fn take_track_report(&mut self, observation: &Observation, report: &TrackReport) {
        if report.coasted || report.test_target {
            self.refusals.not_measured += 1;
            return;
        }
        let sound = report.position.is_valid() && report.sigma_m.is_finite() && report.sigma_m > 0.0;
        if !sound {
            self.refusals.implausible += 1;
            return;
        }
        let covariance = Matrix2::identity() * report.sigma_m.powi(2);
        let found = self.slots_near(report.position, 4.0 * covariance.trace().sqrt() + 400.0);
        let mut fitting: SmallVec<[(f64, u32); 4]> = SmallVec::new();
        for &slot in &found {
            let Some(file) = self.slot(slot) else { continue };
            let state = file.state_at(observation.time, &self.config);
            let (distance, density) = state.fit(report.position, &covariance);
            if distance <= self.config.gate {
                fitting.push((density * acquaintance(file, observation.sensor, report), slot));
            }
        }
        self.done_with(found);
        let total: f64 = fitting.iter().map(|(likelihood, _)| likelihood).sum();
        let best = fitting.iter().max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        let Some(&(likelihood, slot)) = best else {
            self.start_by_track_report(observation, report, covariance);
            return;
        };
        let share = (likelihood / total.max(f64::MIN_POSITIVE)).min(1.0);
        let velocity = reported_velocity(report);
        let measure = Measure::Estimate { position: report.position, covariance, velocity, weight: share };
        if self.give(slot, Measurement { time: observation.time, sensor: observation.sensor, measure }) {
            self.note_report(slot, observation, report, share);
        }
    }

    fn start_by_track_report(&mut self, observation: &Observation, report: &TrackReport, covariance: Matrix2<f64>) {
        let velocity = reported_velocity(report);
        let state = Kinematics::start(observation.time, report.position, covariance, velocity, &self.config);
        let beside = self.nearest_confirmed(report.position, 1.5 * self.config.lifecycle.merge_m);
        let Some(slot) = self.start(state, REPORTED_EXISTENCE) else { return };
        if let Some(file) = self.slot_mut(slot) {
            file.born_beside = beside;
            file.hits = 0;
        }
        self.note_report(slot, observation, report, 1.0);
    }

    fn note_report(&mut self, slot: u32, observation: &Observation, report: &TrackReport, share: f64) {
        let Some(file) = self.slot_mut(slot) else { return };
        file.hits += 1;
        file.last_report = file.last_report.max(Some(observation.time));
        file.existence += (1.0 - file.existence) * 0.7 * share;
        file.reported_as = Some((observation.sensor, report.id));
        file.note_proof();
        if file.identity.name.is_none() {
            file.identity.name = report.name;
        }
        self.confirm_if_due(slot);
    }
}

/// Velocity east and north of a report with its covariance, where it told speed and course.
fn reported_velocity(report: &TrackReport) -> Option<(Vector2<f64>, Matrix2<f64>)> {
    report.sog_mps.zip(report.cog_deg).map(|(speed, course)| {
        let (east, north) = Bearing::from_deg(course).unit_vector();
        (Vector2::new(east, north) * speed, Matrix2::identity() * VELOCITY_SIGMA_MPS.powi(2))
    })
}

/// How well a track is known to be what the report means, as a factor.
fn acquaintance(file: &TrackFile, sensor: SensorId, report: &TrackReport) -> f64 {
    let same_number = file.reported_as == Some((sensor, report.id));
    match (file.mmsi(), report.mmsi) {
        (Some(borne), Some(reported)) if borne == reported => SAME_NUMBER,
        (Some(_), Some(_)) => OTHER_MMSI,
        _ if same_number => SAME_NUMBER,
        _ => 1.0,
    }
}
