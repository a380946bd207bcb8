//! Vessels that bore an identity and went out of everybody's sight: remembered, not shown, for when they come back.
//!
//! A ship that switches AIS off beyond the radar's range and later enters it is the same ship. Its track is predicted on;
//! a new track without identity that appears where one lost vessel, and only one, is expected with the speed it had, goes
//! on as that vessel. So does a report under its MMSI that its speed allows.

use std::collections::VecDeque;

use nalgebra::{Matrix2, Vector2};

use super::config::FusionConfig;
use super::filter::gauss2;
use super::measurement::Kinematics;
use super::track_file::TrackFile;
use crate::units::{EventTime, Mmsi};

/// Most vessels remembered; beyond it the one lost first is given up.
const LOST_MAX: usize = 2_000;
/// Seconds for which a vessel under way is remembered: by then a ship of five knots may be anywhere within 5 km.
const REMEMBERED_S: f64 = 1800.0;
/// Largest one sigma of the predicted position at which a lost vessel is still recognised, metres.
const SIGMA_MAX_M: f64 = 1500.0;
/// Squared Mahalanobis distance of position and of velocity within which a track may be a lost vessel.
const GATE: f64 = 9.0;
/// How many times likelier the best lost vessel must be than the next.
const CLEAR: f64 = 10.0;

/// Lost vessels, in the order in which they were lost.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct LostVessels {
    files: VecDeque<(EventTime, Box<TrackFile>)>,
}

impl LostVessels {
    /// Remembers a vessel; gives back those that are given up for it.
    pub(super) fn remember(&mut self, file: Box<TrackFile>, now: EventTime) -> Option<Box<TrackFile>> {
        self.files.push_back((now, file));
        if self.files.len() > LOST_MAX { self.files.pop_front().map(|(_, file)| file) } else { None }
    }

    /// Takes out the vessels that are given up by now.
    pub(super) fn give_up(&mut self, now: EventTime) -> Option<Box<TrackFile>> {
        let (since, _) = self.files.front()?;
        if now.seconds_since(*since) > REMEMBERED_S { self.files.pop_front().map(|(_, file)| file) } else { None }
    }

    /// Takes out the vessel that bears this MMSI.
    pub(super) fn recall(&mut self, mmsi: Mmsi) -> Option<Box<TrackFile>> {
        let place = self.files.iter().position(|(_, file)| file.mmsi() == Some(mmsi))?;
        self.files.remove(place).map(|(_, file)| file)
    }

    /// Takes out the one vessel that a newly seen craft can be, if it is clear which.
    pub(super) fn recognise(&mut self, seen: &Kinematics, config: &FusionConfig) -> Option<Box<TrackFile>> {
        let mut best: Option<(f64, usize)> = None;
        let mut second = 0.0_f64;
        for (place, (_, file)) in self.files.iter().enumerate() {
            let likelihood = likeness(file, seen, config);
            if likelihood <= 0.0 {
                continue;
            }
            match best {
                Some((top, _)) if likelihood <= top => second = second.max(likelihood),
                _ => {
                    second = second.max(best.map_or(0.0, |(top, _)| top));
                    best = Some((likelihood, place));
                }
            }
        }
        let (top, place) = best?;
        if top < CLEAR * second {
            return None;
        }
        self.files.remove(place).map(|(_, file)| file)
    }
}

/// How likely a lost vessel is seen there with that velocity; zero outside the gates.
fn likeness(file: &TrackFile, seen: &Kinematics, config: &FusionConfig) -> f64 {
    let expected = file.kinematics.at(seen.time(), config);
    let (here, there) = (seen.gaussian(), expected.gaussian());
    let spread = there.covariance.fixed_view::<2, 2>(0, 0).into_owned();
    if spread[(0, 0)].max(spread[(1, 1)]) > SIGMA_MAX_M * SIGMA_MAX_M {
        return 0.0;
    }
    let (distance, density) = expected.fit(seen.position(), &here.covariance.fixed_view::<2, 2>(0, 0).into_owned());
    let slip = Vector2::new(here.mean.z - there.mean.z, here.mean.w - there.mean.w);
    let open = here.covariance.fixed_view::<2, 2>(2, 2) + there.covariance.fixed_view::<2, 2>(2, 2);
    let open = open + Matrix2::identity();
    let speeds = open.try_inverse().map_or(f64::INFINITY, |inverse| (slip.transpose() * inverse * slip)[(0, 0)]);
    if distance > GATE || speeds > GATE { 0.0 } else { density * gauss2(&slip, &open) }
}
