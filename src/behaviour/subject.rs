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
use crate::geodesy::{LatLon, Vicinity, distance_m, offset_m};
use crate::units::{EventTime, Mmsi, TrackId};

/// A vessel counts as measured while its last measurement is no older than this, in milliseconds (the minute over which
/// `TrackState::sources` looks back).
const MEASURED_MS: i64 = 60_000;

/// By displacement over a minute and by its filter a craft makes at least this when it is under way, in m/s.
const UNDER_WAY_MPS: f64 = 2.0;
/// The state of a vessel when a sensor last measured it.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct LastMeasured {
    pub(super) time: EventTime,
    /// Where fusion had carried it to when it told of it, and in how many seconds.
    carried: (LatLon, f64),
    east_mps: f64,
    north_mps: f64,
    speed_mps: f64,
    pub(super) sigma_m: f64,
}

impl LastMeasured {
    pub(super) fn speed_mps(&self) -> f64 {
        self.speed_mps
    }

    /// Its velocity to the east and to the north in m/s.
    pub(super) fn velocity_mps(&self) -> (f64, f64) {
        (self.east_mps, self.north_mps)
    }

    /// Where it was then: found when it is asked for, which is of those that are lost.
    pub(super) fn position(&self) -> LatLon {
        let (position, seconds) = self.carried;
        if seconds == 0.0 {
            return position;
        }
        position.moved_m(-self.east_mps * seconds, -self.north_mps * seconds)
    }

    /// Where it must be at `time` by its course and speed.
    pub(super) fn reckoned(&self, time: EventTime) -> LatLon {
        let seconds = time.seconds_since(self.time);
        self.position().moved_m(self.east_mps * seconds, self.north_mps * seconds)
    }
}

/// Where a vessel must be that nobody sees: on the beach, or alongside another.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Hidden {
    /// The place; it moves with the host.
    pub(super) place: LatLon,
    /// The vessel that hides it, by number; `None` on the beach.
    pub(super) with: Option<u64>,
    /// Since when.
    pub(super) since: EventTime,
}

/// Whom a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
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
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
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
    /// The filter's speed.
    pub(super) speed_mps: f64,
    /// The best word on whether it lies still: the lesser of displacement over a minute and the filter's speed.
    pub(super) slow_speed_mps: f64,
    /// Noise of that speed, one sigma.
    pub(super) speed_sigma_mps: f64,
    pub(super) sources: Sources,
    pub(super) measured: LastMeasured,
    /// Where and when it was first in the picture, with one sigma in metres, and how far it has been from there for sure.
    pub(super) origin: (Vicinity, EventTime, f64),
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
            speed_mps: track.sog_mps(),
            slow_speed_mps: track.sog_mps(),
            speed_sigma_mps: track.speed_sigma_mps,
            sources: track.sources,
            measured: LastMeasured {
                time: track.last_seen,
                carried: (track.position, 0.0),
                east_mps: track.east_mps,
                north_mps: track.north_mps,
                speed_mps: track.sog_mps(),
                sigma_m: track.position_sigma_m(),
            },
            origin: (Vicinity::of(track.position), track.time, track.position_sigma_m()),
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
        let displaced_mps = self.recent.speed_mps();
        self.speed_mps = track.sog_mps();
        self.slow_speed_mps = displaced_mps.map_or(self.speed_mps, |displaced| displaced.min(self.speed_mps));
        self.speed_sigma_mps = track.speed_sigma_mps;
        self.roam();
        if track.last_seen > self.measured.time {
            // Fusion has carried it on since: what was measured is where it was then.
            self.measured = LastMeasured {
                time: track.last_seen,
                carried: (track.position, now.seconds_since(track.last_seen)),
                east_mps: track.east_mps,
                north_mps: track.north_mps,
                speed_mps: self.speed_mps,
                sigma_m: self.sigma_m,
            };
        }
        if displaced_mps.is_some() {
            self.fastest_mps = self.fastest_mps.max(self.slow_speed_mps);
        }
        self.ran |= self.fastest_mps >= UNDER_WAY_MPS;
        if self.slow_speed_mps < config.contact.speed_mps {
            self.slow_since.get_or_insert(now);
        } else {
            self.slow_since = None;
        }
    }

    /// Takes note of how far it has been from where it was first seen, for sure.
    fn roam(&mut self) {
        let (origin, _, origin_sigma_m) = self.origin;
        let least_error_m = 2.0 * origin_sigma_m.max(self.sigma_m);
        if origin.bounds_m(self.position).1 - least_error_m <= self.roamed_m {
            return;
        }
        let sure_m = distance_m(origin.middle(), self.position) - 2.0 * origin_sigma_m.hypot(self.sigma_m);
        self.roamed_m = self.roamed_m.max(sure_m);
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
        fresh.then_some(self.speed_mps)
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

    /// Whether it is a second echo of another vessel for all that is known: it appeared beside one that sends AIS, and has
    /// not left it.
    pub(super) fn is_shadow(&self) -> bool {
        self.born_beside.is_some_and(|born| born.of_ais_vessel)
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

    /// Where and when it was first in the picture.
    pub(super) fn origin(&self) -> (LatLon, EventTime) {
        (self.origin.0.middle(), self.origin.1)
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
pub(super) fn miss_of_course(place: LatLon, position: LatLon, (east_mps, north_mps): (f64, f64), within_s: u32) -> f64 {
    let speed = east_mps.hypot(north_mps);
    let (east, north) = offset_m(place, position);
    let along_m = (east * east_mps + north * north_mps) / speed.max(1e-6);
    if speed < 1.0 || along_m < 0.0 || along_m > speed * f64::from(within_s) {
        return f64::INFINITY;
    }
    (east * east + north * north - along_m * along_m).max(0.0).sqrt()
}
