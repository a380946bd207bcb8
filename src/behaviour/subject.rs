//! A vessel as the rules see it: it outlives its tracks.
//!
//! Fusion's tracks end and are born anew when radar loses a boat behind another, on the beach, or between AIS reports.
//! A [`Subject`] goes on: a new track continues it when it bears its MMSI, or begins where the lost vessel must be by now.

use super::alongside::Alongside;
use super::config::BehaviourConfig;
use super::contact::BornBeside;
use super::craft::Craft;
use super::motion::{Recent, Stay};
use super::shuttle::Shuttle;
use super::surroundings::Surroundings;
use super::voyage::Ports;
use super::{ais_gap, dark_vessel, drifting, fast_approach, identity_conflict, landing, loitering, zone_entry};
use crate::feed::observation::Text20;
use crate::fusion::track::AisElsewhere;
use crate::fusion::{Sources, TrackState};
use crate::geodesy::{LatLon, distance_m, offset_m};
use crate::units::{EventTime, Mmsi, TrackId};

/// A vessel counts as measured while its last measurement is no older than this, in milliseconds (the minute over which
/// `TrackState::sources` looks back).
const MEASURED_MS: i64 = 60_000;

/// By displacement over a minute and by its filter a craft makes at least this when it is under way, in m/s.
const UNDER_WAY_MPS: f64 = 2.0;
/// A track that began longer than this before another was lost is no continuation of it, in milliseconds.
const OVERLAP_MS: i64 = 30_000;

/// The state of a vessel when a sensor last measured it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LastMeasured {
    pub(super) time: EventTime,
    pub(super) position: LatLon,
    pub(super) east_mps: f64,
    pub(super) north_mps: f64,
    pub(super) sigma_m: f64,
}

impl LastMeasured {
    pub(super) fn speed_mps(&self) -> f64 {
        self.east_mps.hypot(self.north_mps)
    }

    /// Where it must be at `time` by its course and speed.
    pub(super) fn reckoned(&self, time: EventTime) -> LatLon {
        let seconds = time.seconds_since(self.time);
        self.position.moved_m(self.east_mps * seconds, self.north_mps * seconds)
    }
}

/// Where a vessel must be that nobody sees: on the beach, or alongside another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Hidden {
    /// The place; it moves with the host.
    pub(super) place: LatLon,
    /// The vessel that hides it, by number; `None` on the beach.
    pub(super) with: Option<u64>,
    /// Since when.
    pub(super) since: EventTime,
}

/// What two craft have in common that were one echo until now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Past {
    first_seen: EventTime,
    fast_approach: fast_approach::State,
    dark_vessel: dark_vessel::State,
}

/// Whom a finding is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Who {
    /// Its number.
    pub(super) vessel: u64,
    pub(super) track: TrackId,
    pub(super) mmsi: Option<Mmsi>,
    pub(super) place: LatLon,
    /// By which ports it is judged there.
    pub(super) ports: Ports,
}

/// A vessel.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    /// Constant for its life, counted in the order of birth.
    pub(super) number: u64,
    /// Its present track, or the last one.
    pub(super) track: TrackId,
    pub(super) craft: Craft,
    pub(super) name: Option<Text20>,
    /// The navigational status that it sends now.
    pub(super) nav_status: Option<u8>,
    /// Where its bow points by its latest report, in degrees.
    pub(super) heading_deg: Option<f64>,
    /// The number of the International Maritime Organization that it sends.
    pub(super) imo: Option<u32>,
    /// Its reports that point to another place than where it is followed.
    pub(super) ais_elsewhere: Option<AisElsewhere>,
    /// When AIS last measured it.
    pub(super) last_ais: Option<EventTime>,
    /// When its first track was first measured.
    pub(super) first_seen: EventTime,
    /// When its present track was first measured.
    pub(super) track_began: EventTime,
    /// When any sensor last measured it.
    pub(super) last_seen: EventTime,
    /// The last instant at which it was in the picture.
    pub(super) present_at: EventTime,
    pub(super) position: LatLon,
    pub(super) sigma_m: f64,
    /// The filter's velocity.
    pub(super) east_mps: f64,
    pub(super) north_mps: f64,
    /// The best word on whether it lies still: the lesser of displacement over a minute and the filter's speed.
    pub(super) slow_speed_mps: f64,
    /// Noise of that speed, one sigma.
    pub(super) speed_sigma_mps: f64,
    pub(super) sources: Sources,
    pub(super) measured: LastMeasured,
    /// Where and when it was first in the picture, with one sigma in metres, and how far it has been from there for sure.
    origin: (LatLon, EventTime, f64),
    pub(super) roamed_m: f64,
    /// The fastest that it was seen to go for half a minute or more, in m/s.
    pub(super) fastest_mps: f64,
    /// It has been seen under way: an echo drifts, a boat has come from somewhere.
    pub(super) ran: bool,
    /// Since when it has been slow enough for a contact.
    pub(super) slow_since: Option<EventTime>,
    /// The larger track that hides it, as fusion says.
    pub(super) merged_with: Option<TrackId>,
    /// Where it must be while nobody sees it.
    pub(super) hidden: Option<Hidden>,
    /// The measurement whose loss has been judged already.
    pub(super) loss_judged: Option<EventTime>,
    /// The vessel at rest beside which it was first seen, until it has left it.
    pub(super) born_beside: Option<BornBeside>,
    /// When another craft was last seen to come out of its echo: that may be it, and what is left an empty shell.
    pub(super) parted: Option<EventTime>,
    /// Its runs between a vessel at rest and the shore.
    pub(super) shuttle: Shuttle,
    /// What cameras saw alongside it.
    pub(super) alongside: Alongside,
    pub(super) recent: Recent,
    pub(super) stay: Stay,
    pub(super) surroundings: Surroundings,
    pub(super) loitering: loitering::State,
    pub(super) landing: landing::State,
    pub(super) zone_entry: zone_entry::State,
    pub(super) fast_approach: fast_approach::State,
    pub(super) dark_vessel: dark_vessel::State,
    pub(super) drifting: drifting::State,
    pub(super) ais_gap: ais_gap::State,
    pub(super) identity: identity_conflict::State,
}

impl Subject {
    /// A vessel never seen before.
    pub(super) fn new(number: u64, track: &TrackState, config: &BehaviourConfig) -> Self {
        let window_ms = super::config::ms(config.loitering.duration_s);
        Self {
            number,
            track: track.id,
            craft: Craft::default(),
            name: None,
            nav_status: None,
            heading_deg: None,
            imo: None,
            ais_elsewhere: None,
            last_ais: track.last_ais,
            first_seen: track.first_seen,
            track_began: track.first_seen,
            last_seen: track.last_seen,
            present_at: track.time,
            position: track.position,
            sigma_m: track.position_sigma_m(),
            east_mps: track.east_mps,
            north_mps: track.north_mps,
            slow_speed_mps: track.sog_mps(),
            speed_sigma_mps: track.speed_sigma_mps,
            sources: track.sources,
            measured: LastMeasured {
                time: track.last_seen,
                position: track.position,
                east_mps: track.east_mps,
                north_mps: track.north_mps,
                sigma_m: track.position_sigma_m(),
            },
            origin: (track.position, track.time, track.position_sigma_m()),
            roamed_m: 0.0,
            fastest_mps: 0.0,
            ran: false,
            slow_since: None,
            merged_with: None,
            hidden: None,
            loss_judged: None,
            born_beside: None,
            parted: None,
            shuttle: Shuttle::default(),
            alongside: Alongside::default(),
            recent: Recent::new(track.position),
            stay: Stay::new(track.time, track.position, window_ms),
            surroundings: Surroundings::default(),
            loitering: loitering::State::default(),
            landing: landing::State::default(),
            zone_entry: zone_entry::State::default(),
            fast_approach: fast_approach::State::default(),
            dark_vessel: dark_vessel::State::default(),
            drifting: drifting::State::default(),
            ais_gap: ais_gap::State::default(),
            identity: identity_conflict::State::default(),
        }
    }

    /// Takes the state of its track at `now`.
    pub(super) fn update(&mut self, now: EventTime, track: &TrackState, config: &BehaviourConfig) {
        if self.track != track.id {
            self.track = track.id;
            self.track_began = track.first_seen;
            self.recent = Recent::new(track.position);
        }
        if let (Some(before), Some(after)) = (self.craft.mmsi, track.identity.mmsi)
            && before != after
        {
            let at = self.last_ais.max(track.last_ais).unwrap_or(now);
            self.identity.rename(before, after, at, track.sog_mps());
        }
        self.ais_elsewhere = track.ais_elsewhere.map(|claim| match self.ais_elsewhere {
            // It was elsewhere from the first such report on, unless one that fits came since.
            Some(before) if track.last_ais <= Some(before.since) => {
                AisElsewhere { since: before.since.min(claim.since), ..claim }
            }
            _ => claim,
        });
        self.craft.learn(track, &config.craft);
        self.name = track.identity.name.or(self.name);
        self.nav_status = track.identity.nav_status;
        self.heading_deg = track.identity.heading_deg;
        self.imo = track.identity.imo;
        self.last_ais = self.last_ais.max(track.last_ais);
        self.present_at = now;
        self.last_seen = self.last_seen.max(track.last_seen);
        self.position = track.position;
        self.sigma_m = track.position_sigma_m();
        (self.east_mps, self.north_mps) = (track.east_mps, track.north_mps);
        self.sources = track.sources;
        self.merged_with = track.merged_with;
        if track.merged_with.is_none() && self.hidden.is_some_and(|hidden| track.last_seen > hidden.since) {
            self.hidden = None;
        }
        self.recent.push(now, track.position);
        let sog = track.sog_mps();
        self.slow_speed_mps = self.recent.speed_mps().map_or(sog, |displaced| displaced.min(sog));
        self.speed_sigma_mps = track.speed_sigma_mps;
        let (origin, _, origin_sigma_m) = self.origin;
        let sure_m = distance_m(origin, track.position) - 2.0 * origin_sigma_m.hypot(self.sigma_m);
        self.roamed_m = self.roamed_m.max(sure_m);
        if track.last_seen > self.measured.time {
            // Fusion has carried it on since: what was measured is where it was then.
            let seconds = now.seconds_since(track.last_seen);
            self.measured = LastMeasured {
                time: track.last_seen,
                position: track.position.moved_m(-track.east_mps * seconds, -track.north_mps * seconds),
                east_mps: track.east_mps,
                north_mps: track.north_mps,
                sigma_m: self.sigma_m,
            };
        }
        if self.recent.speed_mps().is_some() {
            self.fastest_mps = self.fastest_mps.max(self.slow_speed_mps);
        }
        self.ran |= self.fastest_mps >= UNDER_WAY_MPS;
        if self.slow_speed_mps < config.contact.speed_mps {
            self.slow_since.get_or_insert(now);
        } else {
            self.slow_since = None;
        }
    }

    /// Whether a sensor has measured it in the last minute.
    pub(super) fn measured_lately(&self) -> bool {
        self.present_at.millis_since(self.last_seen) <= MEASURED_MS
    }

    /// Whether it was measured within the interval at which it is measured: one that sends and lies still sends every
    /// 3 min, and one report may be lost.
    pub(super) fn measured_in_turn(&self) -> bool {
        let lies_and_sends = self.craft.sends_ais && self.slow_speed_mps < 1.0;
        let within_ms = if lies_and_sends { 2 * self.nominal_interval_ms() + 20_000 } else { MEASURED_MS };
        self.present_at.millis_since(self.last_seen) <= within_ms
    }

    /// Whether AIS has measured it in the last `within_ms`.
    pub(super) fn sends_now(&self, within_ms: i64) -> bool {
        self.last_ais.is_some_and(|last| self.present_at.millis_since(last) <= within_ms)
    }

    /// Its speed, where AIS has given it in the last minute.
    pub(super) fn ais_speed_mps(&self) -> Option<f64> {
        let fresh = self.last_ais.is_some_and(|last| self.present_at.millis_since(last) <= MEASURED_MS);
        fresh.then(|| self.east_mps.hypot(self.north_mps))
    }

    /// How often its transponder sends, in milliseconds (ITU-R M.1371-5, tables 1 and 2, the slow end of each).
    pub(super) fn nominal_interval_ms(&self) -> i64 {
        match (self.slow_speed_mps < 1.0, self.craft.class_a) {
            (true, _) => 180_000,
            (false, true) => 10_000,
            (false, false) => 30_000,
        }
    }

    /// For how long it counts as still doing what it did when reports are missing, in milliseconds: half an hour for one
    /// that lay still and sends AIS (a class A ship at anchor sends every 3 min, and half of all reports may be lost), else
    /// six reports and 3 min at least; 60 s for what radar and cameras alone hold.
    pub(super) fn hold_over_ms(&self) -> i64 {
        /// Speed in m/s below which a vessel lies still (1 knot).
        const STILL_MPS: f64 = 0.514;
        match (self.craft.sends_ais, self.measured.speed_mps() < STILL_MPS) {
            (true, true) => 1_800_000,
            (true, false) => (6 * self.nominal_interval_ms()).max(180_000),
            (false, _) => MEASURED_MS,
        }
    }

    /// Whether it is a buoy, a raft or a rock for all that is known. What cameras say does not count: a ship that passes
    /// behind a buoy lends it its class.
    pub(super) fn is_fixed(&self, config: &BehaviourConfig) -> bool {
        !self.craft.sends_ais && self.roamed_m < config.craft.fixed_radius_m
    }

    /// Whether a track without identity is this vessel, which has sent AIS, sailing on unheard: it is where the vessel must
    /// be by its course, and runs as it ran.
    pub(super) fn sails_on_as(&self, track: &TrackState) -> bool {
        /// It may have strayed from its course by a tenth of the way, and by this in metres.
        const STRAY_M: f64 = 300.0;
        /// It may have changed its velocity by this in m/s.
        const CHANGE_MPS: f64 = 1.5;
        let gap_s = track.first_seen.seconds_since(self.measured.time);
        let (east, north) = (track.east_mps - self.measured.east_mps, track.north_mps - self.measured.north_mps);
        let way_m = self.measured.speed_mps() * gap_s;
        let miss_m = distance_m(self.measured.reckoned(track.time), track.position);
        gap_s > 0.0
            && self.craft.sends_ais
            && self.measured.speed_mps() > 2.0 * CHANGE_MPS
            && track.last_ais.is_none()
            && east.hypot(north) <= CHANGE_MPS
            && miss_m <= STRAY_M + 0.1 * way_m
    }

    /// Whether it is a second echo of another vessel for all that is known: it appeared beside one that sends AIS, and has
    /// not left it.
    pub(super) fn is_shadow(&self) -> bool {
        self.born_beside.is_some_and(|born| born.of_ais_vessel)
    }

    /// Whether a younger vessel follows this one that is lost: it appeared where this one may have turned to. The smaller
    /// the number, the better it fits.
    pub(super) fn followed_by(&self, heir: &Self, config: &BehaviourConfig) -> Option<f64> {
        let (place, time, sigma_m) = heir.origin;
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
        let miss = distance_m(place, self.measured.position);
        (miss <= reach_m + self.measured.speed_mps() * gap_s.max(0.0)).then_some(1.0 + miss)
    }

    /// Whether it is a craft at speed without AIS.
    pub(super) fn runs_unnamed(&self) -> bool {
        /// Slower craft are told apart before it matters, in m/s.
        const AT_SPEED_MPS: f64 = 5.0;
        !self.craft.sends_ais && self.east_mps.hypot(self.north_mps) >= AT_SPEED_MPS
    }

    /// Whether a craft that has just appeared has come out of this one's echo, both at speed: where it must have begun, this
    /// one was. The smaller the number, the nearer.
    pub(super) fn parted_from(&self, newborn: &Self, config: &BehaviourConfig) -> Option<f64> {
        /// One that was lost longer ago than this in milliseconds was not there any more.
        const LOST_MS: i64 = 30_000;
        if newborn.present_at.millis_since(self.measured.time) > LOST_MS {
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

    /// For how long it is remembered when nobody sees it any more, in milliseconds.
    pub(super) fn remembered_ms(&self, config: &BehaviourConfig) -> i64 {
        match self.hidden {
            Some(Hidden { with: Some(_), .. }) => return super::config::ms(config.contact.hidden_s),
            Some(_) => return super::config::ms(config.subjects.remembered_slow_s),
            None => {}
        }
        let slow = self.measured.speed_mps() < config.contact.speed_mps;
        let rules = &config.subjects;
        super::config::ms(match (slow, self.craft.sends_ais) {
            (true, _) => rules.remembered_slow_s,
            (false, true) => rules.remembered_silent_s,
            (false, false) => rules.remembered_moving_s,
        })
    }

    /// Whether `track`, not known before, continues this vessel, lost; the smaller the number, the better it fits.
    pub(super) fn continued_by(&self, track: &TrackState, now: EventTime, config: &BehaviourConfig) -> Option<f64> {
        /// No vessel is faster, in m/s (97 knots).
        const FASTEST_MPS: f64 = 50.0;
        let gap_s = track.first_seen.seconds_since(self.measured.time).max(0.0);
        match (self.craft.mmsi, track.identity.mmsi) {
            (Some(mine), Some(other)) if mine == other => {
                let moved = distance_m(self.measured.position, track.position);
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
        let from_place = miss_of(self.measured.position);
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
        /// Lost for longer it may be any craft, in seconds.
        const LOST_S: f64 = 120.0;
        /// How far from straight it may have gone: the least and the most of its speed times the time.
        const SHARE: (f64, f64) = (0.5, 1.15);
        let (speed, gap_s) = (self.measured.speed_mps(), track.first_seen.seconds_since(self.measured.time));
        let unnamed = !self.craft.sends_ais && track.last_ais.is_none();
        if !unnamed || speed < FAST_MPS || track.sog_mps() < 0.6 * speed || !(0.0..=LOST_S).contains(&gap_s) {
            return None;
        }
        let way_m = distance_m(self.measured.position, birthplace(track));
        let able_m = speed * gap_s;
        (SHARE.0 * able_m..=SHARE.1 * able_m + 150.0).contains(&way_m).then_some(10_000.0 + (able_m - way_m).abs())
    }

    /// Where and when it was first in the picture.
    pub(super) fn origin(&self) -> (LatLon, EventTime) {
        (self.origin.0, self.origin.1)
    }

    /// Whom to name in a finding.
    pub(super) fn who(&self) -> Who {
        Who {
            vessel: self.number,
            track: self.track,
            mmsi: self.craft.mmsi,
            place: self.position,
            ports: Ports::of(self),
        }
    }

    /// What to call it, in English and Chinese.
    pub(super) fn words(&self) -> (String, String) {
        let (kind, kind_zh) = self.craft.words();
        match (self.name, self.craft.mmsi) {
            (Some(name), Some(mmsi)) => {
                (format!("{kind} {name} (MMSI {mmsi})"), format!("{kind_zh}“{name}”（MMSI {mmsi}）"))
            }
            (None, Some(mmsi)) => (format!("{kind} MMSI {mmsi}"), format!("{kind_zh}（MMSI {mmsi}）")),
            _ => (format!("{kind} on track {}", self.track), format!("{kind_zh}（目标{}）", self.track)),
        }
    }

    /// Where its present track must have begun, by its first course and speed.
    pub(super) fn birthplace(&self) -> LatLon {
        let seconds = self.present_at.seconds_since(self.track_began);
        self.position.moved_m(-self.east_mps * seconds, -self.north_mps * seconds)
    }

    /// How far from `place` it passed at most `within_s` seconds ago by its present course; infinite if it did not.
    pub(super) fn miss_of_course(&self, place: LatLon, within_s: u32) -> f64 {
        miss_of_course(place, self.position, (self.east_mps, self.north_mps), within_s)
    }

    /// Whether anything has been told of it, or it has a past that matters.
    pub(super) fn has_spoken(&self) -> bool {
        self.loitering.has_spoken()
            || self.landing.has_spoken()
            || self.zone_entry.has_spoken()
            || self.fast_approach.has_spoken()
            || self.dark_vessel.has_spoken()
            || self.ais_gap.has_spoken()
            || self.drifting.has_spoken()
            || self.identity.has_spoken()
    }
}

/// How far from `place` a craft passed at most `within_s` seconds ago, if it has kept its course and speed; infinite if it
/// has not been there in that time.
fn miss_of_course(place: LatLon, position: LatLon, (east_mps, north_mps): (f64, f64), within_s: u32) -> f64 {
    let speed = east_mps.hypot(north_mps);
    let (east, north) = offset_m(place, position);
    let along_m = (east * east_mps + north * north_mps) / speed.max(1e-6);
    if speed < 1.0 || along_m < 0.0 || along_m > speed * f64::from(within_s) {
        return f64::INFINITY;
    }
    (east * east + north * north - along_m * along_m).max(0.0).sqrt()
}

/// Where a track must have begun, by its present course and speed.
fn birthplace(track: &TrackState) -> LatLon {
    let seconds = track.time.seconds_since(track.first_seen);
    track.position.moved_m(-track.east_mps * seconds, -track.north_mps * seconds)
}
