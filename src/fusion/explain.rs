//! What made a track: each observation that it took, how far off it was, and how probable it was this track's.
//!
//! The residual is taken against the prediction before the observation is, so it tells what the tracker had to believe. Kept
//! in a bounded ring for each track, when the configuration asks for it; it changes nothing in the tracks.

use std::collections::VecDeque;

use nalgebra::Matrix2;

use super::Fusion;
use super::measurement::{Kinematics, Measure, Measurement};
use crate::geodesy::{LatLon, offset_m, position_to_polar};
use crate::units::{Bearing, EventTime, SensorId, TrackId};

/// The most observations kept of a track that is to be told as a whole: a day of two radars of three seconds a turn, and AIS.
pub const WHOLE_MAX: usize = 100_000;

/// The most observations kept of all tracks together (170 MB): in a picture of more than some thousand tracks each keeps fewer.
const ALL_MAX: usize = 2_000_000;

/// What is kept of the observations that make tracks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Explain {
    /// Nothing.
    #[default]
    Nothing,
    /// The latest so many of each track.
    Latest(usize),
    /// All of one track, also after its end (up to [`WHOLE_MAX`], then the first ones), and the latest so many of the others,
    /// which may turn out to be it.
    Whole(TrackId, usize),
}

impl Explain {
    /// How many are kept of each of so many tracks.
    pub(super) fn kept_of_each(self, tracks: usize) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Latest(count) | Self::Whole(_, count) => count.min(ALL_MAX / tracks.max(1)),
        }
    }
}

/// What an observation says, and how far the track was from it.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Told {
    /// A position: a report, a plot or a ranged camera detection.
    Position {
        /// Where, bias removed.
        position: LatLon,
        /// Metres east and north from where the track was expected.
        residual_m: (f64, f64),
    },
    /// A bearing without range.
    Bearing {
        /// Where the camera stood.
        site: LatLon,
        /// In which direction it saw the craft, bias removed.
        azimuth: Bearing,
        /// Degrees clockwise from where the track was expected.
        residual_deg: f64,
    },
}

/// One observation that a track took.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Contribution {
    /// When it was made, clock offset removed.
    pub time: EventTime,
    /// Which sensor made it.
    pub sensor: SensorId,
    /// What it says.
    pub told: Told,
    /// Where the track was expected.
    pub of_track: LatLon,
    /// How far off it was in sigmas of prediction and measurement together (Mahalanobis distance).
    pub sigmas: f64,
    /// Probability that it was this track's, 0 to 1.
    pub probability: f64,
    /// It came late, and went where it belongs.
    pub late: bool,
}

/// The latest observations of one track, oldest first.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Contributions {
    latest: VecDeque<Contribution>,
}

impl Contributions {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Contribution> {
        self.latest.iter()
    }

    /// Adds one to the latest `kept`.
    pub(super) fn push(&mut self, contribution: Contribution, kept: usize) {
        while self.latest.len() >= kept.max(1) {
            self.latest.pop_front();
        }
        if kept > 0 {
            self.latest.push_back(contribution);
        }
    }

    /// Puts those of the same craft under an earlier track before these.
    pub(super) fn follow(&mut self, earlier: &Self, kept: usize) {
        let mut all = earlier.clone();
        self.latest.drain(..).for_each(|contribution| all.push(contribution, kept));
        *self = all;
    }
}

impl Fusion {
    /// Keeps what a track is made of, where that is asked for.
    pub(super) fn note_contribution(&mut self, slot: u32, contribution: Contribution) {
        let explain = self.config.explain;
        let kept = explain.kept_of_each(self.len());
        let Some(file) = self.slots.get_mut(slot) else { return };
        match explain {
            Explain::Whole(id, _) if id == file.id => {
                if self.explained.len() < WHOLE_MAX {
                    self.explained.push(contribution);
                }
            }
            _ => file.made_of.push(contribution, kept),
        }
    }

    /// Keeps the observation that a track began with.
    pub(super) fn note_birth(&mut self, slot: u32, time: EventTime, sensor: SensorId, position: LatLon) {
        let told = Told::Position { position, residual_m: (0.0, 0.0) };
        let (of_track, sigmas, probability, late) = (position, 0.0, 1.0, false);
        self.note_contribution(slot, Contribution { time, sensor, told, of_track, sigmas, probability, late });
    }
}

/// What a measurement contributes to a track that was expected as `before` at its time.
pub(super) fn contributions<'a>(
    before: &'a Kinematics,
    measurement: &'a Measurement,
    late: bool,
) -> impl Iterator<Item = Contribution> + 'a {
    let Measurement { time, sensor, measure } = measurement;
    let of_track = before.position();
    let position = move |position: LatLon, covariance: &Matrix2<f64>, probability: f64| Contribution {
        time: *time,
        sensor: *sensor,
        told: Told::Position { position, residual_m: offset_m(of_track, position) },
        of_track,
        sigmas: before.fit(position, covariance).0.sqrt(),
        probability,
        late,
    };
    let (fixes, other) = match measure {
        Measure::Fixes(fixes) => (fixes.as_slice(), None),
        Measure::Report { position: place, covariance, .. } => (&[][..], Some(position(*place, covariance, 1.0))),
        Measure::Estimate { position: place, covariance, weight, .. } => {
            (&[][..], Some(position(*place, covariance, *weight)))
        }
        Measure::Bearing { site, azimuth, sigma_rad, weight } => {
            let (expected, range_m) = position_to_polar(*site, of_track);
            let residual_deg = azimuth.turn_from_deg(expected);
            let (sin, cos) = expected.unit_vector();
            let spread = before.gaussian().covariance;
            let across = cos * cos * spread[(0, 0)] - 2.0 * sin * cos * spread[(0, 1)] + sin * sin * spread[(1, 1)];
            let sigma_deg = (sigma_rad.powi(2) + across / range_m.max(1.0).powi(2)).sqrt().to_degrees();
            let told = Told::Bearing { site: *site, azimuth: *azimuth, residual_deg };
            let (sigmas, probability) = (residual_deg.abs() / sigma_deg, *weight);
            let (time, sensor) = (*time, *sensor);
            (&[][..], Some(Contribution { time, sensor, told, of_track, sigmas, probability, late }))
        }
    };
    fixes.iter().map(move |fix| position(fix.position, &fix.covariance, fix.weight)).chain(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_track_keeps_its_latest_and_fewer_where_there_are_very_many() {
        let mut made_of = Contributions::default();
        let place = LatLon::new(20.0, 110.0);
        for second in 0..10 {
            let told = Told::Position { position: place, residual_m: (0.0, 0.0) };
            let (time, sensor) = (EventTime::from_seconds(second), SensorId(0));
            let (sigmas, probability, late) = (0.0, 1.0, false);
            made_of.push(Contribution { time, sensor, told, of_track: place, sigmas, probability, late }, 4);
        }
        let kept: Vec<i64> = made_of.iter().map(|made| made.time.as_millis() / 1000).collect();
        assert_eq!(kept, [6, 7, 8, 9]);
        assert_eq!(Explain::Latest(256).kept_of_each(100), 256);
        assert_eq!(Explain::Latest(256).kept_of_each(100_000), 20);
        assert_eq!(Explain::Nothing.kept_of_each(1), 0);
    }
}
