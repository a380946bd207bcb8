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
use super::product::quadratic;
use super::track_file::TrackFile;
use crate::geodesy::offset_m;
use crate::units::{EventTime, Mmsi};

/// Most vessels remembered; beyond it the one lost first is given up.
const LOST_MAX: usize = 2_000;
/// Seconds for which a vessel under way is remembered: by then a ship of five knots may be anywhere within 5 km.
const REMEMBERED_S: f64 = 1800.0;
/// Largest one sigma of the predicted position at which a lost vessel is still recognised, metres.
const SIGMA_MAX_M: f64 = 1500.0;
/// Squared Mahalanobis distance of position and of velocity within which a track may be a lost vessel.
const GATE: f64 = 9.0;
/// A vessel holds its course when it makes at least this, m/s (six knots): slower ones turn and wait.
const STEADY_MPS: f64 = 3.0;
/// How far off its reckoned place it is, one sigma: metres, and a share of the way.
const STRAY_M: f64 = 100.0;
const STRAY_SHARE: f64 = 0.07;
/// By how much it changes its velocity meanwhile, each component, one sigma; and no farther than so much in all, m/s.
const CHANGE_MPS: f64 = 0.75;
const SLIP_MAX_MPS: f64 = 2.0;
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
        return likeness_on_course(&file.kinematics, seen);
    }
    let (distance, density) = expected.fit(seen.position(), &here.covariance.fixed_view::<2, 2>(0, 0).into_owned());
    let slip = Vector2::new(here.mean.z - there.mean.z, here.mean.w - there.mean.w);
    let open = here.covariance.fixed_view::<2, 2>(2, 2) + there.covariance.fixed_view::<2, 2>(2, 2);
    let open = open + Matrix2::identity();
    if distance > GATE || squared_distance(&slip, &open) > GATE { 0.0 } else { density * gauss2(&slip, &open) }
}

/// The same of a vessel that holds the course and speed that it had when it was last measured.
fn likeness_on_course(lost: &Kinematics, seen: &Kinematics) -> f64 {
    let (then, here) = (lost.gaussian(), seen.gaussian());
    let (speed_mps, gap_s) = (then.mean.z.hypot(then.mean.w), seen.time().seconds_since(lost.time()));
    let way_m = speed_mps * gap_s;
    let sigma_m = STRAY_M + STRAY_SHARE * way_m;
    if speed_mps < STEADY_MPS || gap_s <= 0.0 || sigma_m > SIGMA_MAX_M {
        return 0.0;
    }
    let reckoned = lost.position().moved_m(then.mean.z * gap_s, then.mean.w * gap_s);
    let (east_m, north_m) = offset_m(reckoned, seen.position());
    let spread = here.covariance.fixed_view::<2, 2>(0, 0) + Matrix2::identity() * (sigma_m * sigma_m);
    let slip = Vector2::new(here.mean.z - then.mean.z, here.mean.w - then.mean.w);
    let open = here.covariance.fixed_view::<2, 2>(2, 2) + Matrix2::identity() * (CHANGE_MPS * CHANGE_MPS);
    let off = Vector2::new(east_m, north_m);
    let fits = squared_distance(&off, &spread) <= GATE && squared_distance(&slip, &open) <= GATE;
    if fits && slip.norm() <= SLIP_MAX_MPS { gauss2(&off, &spread) * gauss2(&slip, &open) } else { 0.0 }
}

/// Squared Mahalanobis distance; infinite where the covariance cannot be one.
fn squared_distance(off: &Vector2<f64>, spread: &Matrix2<f64>) -> f64 {
    spread.try_inverse().map_or(f64::INFINITY, |inverse| quadratic(off, &inverse))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geodesy::LatLon;

    /// A craft so far east of a place, metres, with this velocity east and north, known to 20 m and a quarter of a metre a second.
    fn craft(at_s: f64, east_m: f64, velocity_mps: [f64; 2]) -> Kinematics {
        let velocity = (Vector2::from(velocity_mps), Matrix2::identity() * 0.0625);
        let place = LatLon::new(20.0, 110.0).moved_m(east_m, 0.0);
        let config = FusionConfig::default();
        let at = EventTime::from_seconds(1_000_000).plus_seconds(at_s);
        Kinematics::start(at, place, Matrix2::identity() * 400.0, Some(velocity), &config)
    }

    #[test]
    fn a_lost_ship_is_the_craft_that_is_where_its_course_leads_and_goes_as_it_went() {
        let lost = craft(0.0, 0.0, [5.0, 0.0]);
        let after_900_s = |east_m, velocity_mps| likeness_on_course(&lost, &craft(900.0, east_m, velocity_mps)) > 0.0;
        assert!(after_900_s(4_500.0, [5.0, 0.0]));
        assert!(after_900_s(4_000.0, [4.4, 0.3]), "a little slower");
        assert!(!after_900_s(2_500.0, [5.0, 0.0]), "too far behind");
        assert!(!after_900_s(4_500.0, [9.0, 0.0]), "much faster");
        assert!(!after_900_s(4_500.0, [3.5, 3.5]), "on another course");
        assert!(likeness_on_course(&lost, &craft(-10.0, -50.0, [5.0, 0.0])) <= 0.0, "it was not lost yet");
        assert!(likeness_on_course(&lost, &craft(7_200.0, 36_000.0, [5.0, 0.0])) <= 0.0, "by then it may be anywhere");
        let slow = craft(0.0, 0.0, [2.0, 0.0]);
        assert!(likeness_on_course(&slow, &craft(900.0, 1_800.0, [2.0, 0.0])) <= 0.0, "slow craft turn and wait");
    }
}
