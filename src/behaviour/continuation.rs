//! Which track continues which vessel: what is lost and found again under another number.
//!
//! Each test says how well a track fits a vessel. Beside the tests stands how far from where a track can be that passes them:
//! who looks for a vessel's next track asks there only.

use arrayvec::ArrayVec;

use super::config::BehaviourConfig;
use super::subject::{Subject, miss_of_course};
use super::{dark_vessel, fast_approach};
use crate::fusion::TrackState;
use crate::geodesy::{LatLon, distance_m};
use crate::units::EventTime;

/// A track that began longer than this before another was lost is no continuation of it, in milliseconds.
pub(super) const OVERLAP_MS: i64 = 30_000;
/// A fast craft that was lost in a turn for longer than this in seconds may be any craft.
const TURNED_S: f64 = 120.0;
/// How far from straight it may have gone: the least and the most of its speed times the time, and this in metres.
const TURNED_SHARE: (f64, f64) = (0.5, 1.15);
/// See [`TURNED_SHARE`].
const TURNED_SLACK_M: f64 = 150.0;
/// A vessel that sails on unheard may have strayed from its course by a tenth of the way, and by this in metres.
const STRAY_M: f64 = 300.0;
/// A craft that was last measured longer ago than this in milliseconds was not there any more for another to part from it.
const PARTED_MS: i64 = 30_000;

/// What two craft have in common that were one echo until now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Past {
    first_seen: EventTime,
    fast_approach: fast_approach::State,
    dark_vessel: dark_vessel::State,
}

impl Subject {
    /// Whether `track`, not known before, continues this vessel, lost; the smaller the number, the better it fits.
    pub(super) fn continued_by(&self, track: &TrackState, now: EventTime, config: &BehaviourConfig) -> Option<f64> {
        /// No vessel is faster, in m/s (97 knots).
        const FASTEST_MPS: f64 = 50.0;
        let gap_s = track.first_seen.seconds_since(self.measured.time).max(0.0);
        match (self.craft.mmsi, track.identity.mmsi) {
            (Some(mine), Some(other)) if mine == other => {
                let moved = distance_m(self.measured.position(), track.position);
                let seconds = now.seconds_since(self.measured.time).max(0.0);
                return (moved <= 1_000.0 + FASTEST_MPS * seconds).then_some(0.0);
            }
            (Some(_), Some(_)) => return None,
            _ => {}
        }
        if track.first_seen.millis_since(self.measured.time) < -OVERLAP_MS {
            // Both were seen at the same time: two vessels.
            return None;
        }
        let rules = &config.subjects;
        let reach_m = rules.continue_within_m + 2.0 * self.measured.sigma_m.min(rules.continue_within_m);
        let birthplace = birthplace(track);
        let miss_of = |place: LatLon| distance_m(place, track.position).min(distance_m(place, birthplace));
        if let Some(hidden) = self.hidden {
            // A boat is some way off when it comes out of the echo, a small one farther: then it must come straight from there.
            let near = distance_m(hidden.place, track.position) <= rules.continue_hidden_m;
            let within_s = if near { rules.continue_hidden_s } else { rules.continue_moving_s };
            let velocity = (track.east_mps, track.north_mps);
            let miss = miss_of(hidden.place).min(miss_of_course(hidden.place, track.position, velocity, within_s));
            return (miss <= reach_m).then_some(1.0 + miss);
        }
        let slow = self.measured.speed_mps() < config.contact.speed_mps;
        let from_place = miss_of(self.measured.position());
        if slow && from_place <= reach_m {
            return Some(1.0 + from_place);
        }
        if !slow && gap_s <= f64::from(rules.continue_moving_s) {
            let reckoned = self.measured.reckoned(now);
            let miss = distance_m(reckoned, track.position);
            if miss <= reach_m + 0.3 * self.measured.speed_mps() * gap_s {
                return Some(1.0 + miss);
            }
        }
        self.ran_on_as(track)
    }

    /// Whether `track` is this fast craft without AIS, lost in a turn: wherever it turned to, it must be as far off as its
    /// speed took it. The smaller the number, the better it fits; it fits worse than one that went straight on.
    fn ran_on_as(&self, track: &TrackState) -> Option<f64> {
        /// So slow that others would fit as well, in m/s.
        const FAST_MPS: f64 = 10.0;
        let (speed, gap_s) = (self.measured.speed_mps(), track.first_seen.seconds_since(self.measured.time));
        let unnamed = !self.craft.sends_ais && track.last_ais.is_none();
        if !unnamed || speed < FAST_MPS || track.sog_mps() < 0.6 * speed || !(0.0..=TURNED_S).contains(&gap_s) {
            return None;
        }
        let way_m = distance_m(self.measured.position(), birthplace(track));
        let able_m = speed * gap_s;
        let able = TURNED_SHARE.0 * able_m..=TURNED_SHARE.1 * able_m + TURNED_SLACK_M;
        able.contains(&way_m).then_some(10_000.0 + (able_m - way_m).abs())
    }

    /// Whether a younger vessel follows this one that is lost: it appeared where this one may have turned to. The smaller
    /// the number, the better it fits.
    pub(super) fn followed_by(&self, heir: &Self, config: &BehaviourConfig) -> Option<f64> {
        let (place, time, sigma_m) = heir.origin;
        let place = place.middle();
        let gap_s = time.seconds_since(self.measured.time);
        let overlap_ms = heir.first_seen.millis_since(self.measured.time);
        let within_s = f64::from(config.subjects.continue_moving_s);
        let same_vessel = match (self.craft.mmsi, heir.craft.mmsi) {
            (Some(mine), Some(other)) => return (mine == other).then_some(0.0),
            (mine, other) => mine.is_none() || other.is_none(),
        };
        if !same_vessel || overlap_ms < -OVERLAP_MS || gap_s > within_s {
            return None;
        }
        let reach_m = config.subjects.continue_within_m + 2.0 * sigma_m.min(config.subjects.continue_within_m);
        let miss = distance_m(place, self.measured.position());
        (miss <= reach_m + self.measured.speed_mps() * gap_s.max(0.0)).then_some(1.0 + miss)
    }

    /// Where what [continues](Self::continued_by) or [follows](Self::followed_by) this vessel, lost, without bearing its MMSI, is
    /// at `now` or began: within so many metres of one of these places. `fastest_mps` is the most that a new track makes.
    pub(super) fn haunts(
        &self,
        now: EventTime,
        fastest_mps: f64,
        config: &BehaviourConfig,
    ) -> ArrayVec<(LatLon, f64), 2> {
        let rules = &config.subjects;
        let (speed, moving_s) = (self.measured.speed_mps(), f64::from(rules.continue_moving_s));
        let reach_m = 3.0 * rules.continue_within_m;
        let turned_m = TURNED_SHARE.1 * speed * TURNED_S + TURNED_SLACK_M;
        let mut haunts = ArrayVec::from_iter([(self.measured.position(), (reach_m + speed * moving_s).max(turned_m))]);
        match self.hidden {
            Some(hidden) => {
                let came_m = (fastest_mps * moving_s).hypot(reach_m);
                haunts.push((hidden.place, came_m.max(rules.continue_hidden_m)));
            }
            None if speed >= config.contact.speed_mps => {
                haunts.push((self.measured.reckoned(now), reach_m + 0.3 * speed * moving_s));
            }
            None => {}
        }
        haunts
    }

    /// Whether a track without identity is this vessel, which has sent AIS, sailing on unheard: it is where the vessel must
    /// be by its course, and runs as it ran.
    pub(super) fn sails_on_as(&self, track: &TrackState) -> bool {
        /// It may have changed its velocity by this in m/s.
        const CHANGE_MPS: f64 = 1.5;
        let gap_s = track.first_seen.seconds_since(self.measured.time);
        let (east_mps, north_mps) = self.measured.velocity_mps();
        let (east, north) = (track.east_mps - east_mps, track.north_mps - north_mps);
        let way_m = self.measured.speed_mps() * gap_s;
        let miss_m = distance_m(self.measured.reckoned(track.time), track.position);
        gap_s > 0.0
            && self.craft.sends_ais
            && self.measured.speed_mps() > 2.0 * CHANGE_MPS
            && track.last_ais.is_none()
            && east.hypot(north) <= CHANGE_MPS
            && miss_m <= STRAY_M + 0.1 * way_m
    }

    /// Where what [sails on](Self::sails_on_as) as this vessel, lost, is at `now`: within so many metres of this place.
    pub(super) fn course_ahead(&self, now: EventTime) -> (LatLon, f64) {
        let way_m = self.measured.speed_mps() * now.seconds_since(self.measured.time);
        (self.measured.reckoned(now), STRAY_M + 0.1 * way_m.max(0.0))
    }

    /// Whether a craft that has just appeared has come out of this one's echo, both at speed: where it must have begun, this
    /// one was. The smaller the number, the nearer.
    pub(super) fn parted_from(&self, newborn: &Self, config: &BehaviourConfig) -> Option<f64> {
        if !self.was_there_at(newborn.present_at) {
            return None;
        }
        let now = newborn.present_at;
        let apart_m = distance_m(self.measured.reckoned(now), newborn.position)
            .min(distance_m(self.measured.reckoned(newborn.track_began), newborn.birthplace()));
        let (east, north) = (self.east_mps - newborn.east_mps, self.north_mps - newborn.north_mps);
        // A filter is some seconds behind in a turn: velocities agree in the rough only.
        let alike = east.hypot(north) <= 0.75 * self.measured.speed_mps().max(newborn.measured.speed_mps());
        (alike && apart_m <= config.subjects.continue_within_m).then_some(apart_m)
    }

    /// Whether it was measured so short a time before `now` that a craft may have come out of its echo.
    pub(super) fn was_there_at(&self, now: EventTime) -> bool {
        now.millis_since(self.measured.time) <= PARTED_MS
    }

    /// Where a craft that this one, just born, has [parted from](Self::parted_from) was last measured: within so many metres
    /// of one of these places. `fastest_mps` is the most that such a craft makes.
    pub(super) fn where_it_parted(&self, fastest_mps: f64, config: &BehaviourConfig) -> [(LatLon, f64); 2] {
        let age_ms = self.present_at.millis_since(self.track_began).max(PARTED_MS);
        let within_m = config.subjects.continue_within_m + fastest_mps * age_ms as f64 / 1000.0;
        [(self.position, within_m), (self.birthplace(), within_m)]
    }

    /// What a craft that came out of this one's echo has done so far.
    pub(super) fn past(&self) -> Past {
        Past {
            first_seen: self.first_seen,
            fast_approach: fast_approach::State::of_companion(&self.fast_approach),
            dark_vessel: dark_vessel::State::of_companion(&self.dark_vessel),
        }
    }

    /// Takes the past of the craft that it came out of.
    pub(super) fn take_past(&mut self, past: Past) {
        self.first_seen = self.first_seen.min(past.first_seen);
        (self.fast_approach, self.dark_vessel) = (past.fast_approach, past.dark_vessel);
    }

    /// Whether it is a craft at speed without AIS.
    pub(super) fn runs_unnamed(&self) -> bool {
        /// Slower craft are told apart before it matters, in m/s.
        const AT_SPEED_MPS: f64 = 5.0;
        !self.craft.sends_ais && self.speed_mps >= AT_SPEED_MPS
    }
}

/// Where a track must have begun, by its present course and speed.
pub(super) fn birthplace(track: &TrackState) -> LatLon {
    let seconds = track.time.seconds_since(track.first_seen);
    track.position.moved_m(-track.east_mps * seconds, -track.north_mps * seconds)
}
