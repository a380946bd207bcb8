//! Whether a name still belongs to the craft that a track follows.
//!
//! A report says whose craft is where; between reports other sensors carry the name on, and may carry it to a neighbour. Two
//! signs tell of that. Where two craft were alike in place and velocity and it was open which of them gave a plot, their
//! names may have changed over: each such turn adds to a doubt about that rival, which ends with the next report of either
//! (a belief that mixes, after J. Shin, L. Guibas and F. Zhao, "A distributed algorithm for managing multi-target identities
//! in wireless ad-hoc sensor networks", IPSN 2003). And a vessel that said it lay still is not the craft that lies still
//! elsewhere, if nobody has seen it go.

use nalgebra::{Matrix2, Vector2};

use super::associate::Pair;
use super::history::History;
use super::hull::HullReadings;
use super::measurement::Kinematics;
use super::sector::Candidate;
use super::track::Identity;
use super::track_file::TrackFile;
use super::upkeep::STILL;
use super::{Fusion, TrackEvent};
use crate::geodesy::LatLon;
use crate::units::{EventTime, Mmsi, TrackId};

/// Probability a turn that two names change over while it is quite open which of two craft has given a plot: after half a
/// minute of that nobody can say.
const SWAPPED_A_TURN: f64 = 0.1;
/// A share in a plot, and a probability of a swap, below which nothing is noted.
const SHARE_MIN: f64 = 0.05;
const SWAP_MIN: f64 = 0.01;
/// One sigma of where a vessel at anchor lies about the place that it told, besides the error of the report and half its
/// length, metres.
const SWING_M: f64 = 12.0;
/// A vessel that says it makes less than this lies still, m/s.
const AT_REST_MPS: f64 = 0.5;
/// Variance of the speed of a vessel that says it lies still, (m/s)^2.
const AT_REST_VARIANCE: f64 = 0.01;
/// Probability that a camera saw this craft from which the number that it reads speaks for or against a name.
const READ_OF_THIS: f64 = 0.9;
/// Most that readings weigh against a name: as much as fifty reports for it.
const VOTES_MAX: f64 = 50.0;
/// Probability that a name has gone over to the craft on whose hull its number is read, for each reading.
const READ_ELSEWHERE: f64 = 0.4;
/// Metres from a track within which a rival of it can be.
const RIVAL_M: f64 = 1000.0;

impl Fusion {
    /// A name that AIS has not confirmed for a while is held less surely where it is open which of two craft, alike in place
    /// and velocity, has given a plot.
    pub(super) fn doubt_names(&mut self, time: EventTime, candidates: &[Candidate], pairs: &[Pair], shares: &[f64]) {
        if !self.config.ablation.doubt {
            return;
        }
        for (pair, &share) in pairs.iter().zip(shares) {
            let Some(file) = candidates.get(pair.track).and_then(|candidate| self.slot(candidate.slot)) else {
                continue;
            };
            let silent = file.mmsi().is_some() && file.ais_age_s(time) > self.config.ais.silent_s;
            if share < SHARE_MIN || !silent {
                continue;
            }
            for (other, &rival_share) in pairs.iter().zip(shares) {
                if other.plot == pair.plot && other.track != pair.track && rival_share >= SHARE_MIN {
                    self.doubt_name(&candidates[pair.track], &candidates[other.track], share.min(rival_share));
                }
            }
        }
    }

    fn doubt_name(&mut self, named: &Candidate, rival: &Candidate, open: f64) {
        let swapped = open * named.expected.likeness(&rival.expected);
        if swapped < SWAP_MIN {
            return;
        }
        let Some(rival) = self.slot_mut(rival.slot) else { return };
        rival.is_rival = true;
        let id = rival.id;
        if let Some(file) = self.slot_mut(named.slot) {
            file.doubt(id, SWAPPED_A_TURN * swapped);
        }
    }

    /// A track that sends is its own vessel: no other can be that.
    pub(super) fn clear_doubts_about(&mut self, id: TrackId, place: LatLon) {
        let found = self.slots_near(place, RIVAL_M);
        for &slot in &found {
            if let Some(file) = self.slot_mut(slot) {
                file.doubts.retain(|(rival, _)| *rival != id);
            }
        }
        self.done_with(found);
    }

    /// Holds a number that a camera has read from the hull against names: it proves or contradicts that of the track, and where
    /// another track bears it that AIS has left, it says that the two have changed names.
    pub(super) fn weigh_name(&mut self, slot: u32, read: Mmsi, share: f64) {
        if !self.config.ablation.doubt || share < READ_OF_THIS {
            return;
        }
        let (now, silent_s) = (self.now, self.config.ais.silent_s);
        let Some(file) = self.slot_mut(slot) else { return };
        let (id, believed) =
            (file.id, file.hull.number().is_some_and(|number| number.mmsi == read && number.probability > 0.5));
        match file.mmsi() {
            Some(borne) if borne == read => file.doubts.clear(),
            // While it sends, its own word stands beside what is read; frames of one camera misread alike.
            Some(_) if believed && file.ais_age_s(now) > silent_s => {
                file.identity_votes.1 = (file.identity_votes.1 + share).min(VOTES_MAX);
            }
            _ => {}
        }
        if !believed {
            return;
        }
        file.is_rival = true;
        for bearer in self.by_mmsi.get(&read).cloned().unwrap_or_default() {
            if let Some(file) = self.file_mut(bearer).filter(|file| file.id != id && file.ais_age_s(now) > silent_s) {
                file.doubt(id, READ_ELSEWHERE * share);
            }
        }
    }

    /// Looks among the tracks that AIS has left for names that have gone over to a neighbour: their vessel lay still when it
    /// last sent, the track lies still elsewhere, and nobody has seen it go there.
    pub(super) fn look_for_strays(&mut self, silent: Vec<(TrackId, u32)>, now: EventTime) {
        if !self.config.ablation.doubt {
            return;
        }
        let mut strayed = silent;
        strayed.retain(|&(_, slot)| self.slot(slot).is_some_and(|file| self.has_left_its_vessel(file, now)));
        for (_, slot) in strayed {
            self.part_from_vessel(slot, now);
        }
    }

    fn has_left_its_vessel(&self, file: &TrackFile, now: EventTime) -> bool {
        let Some(told) = file.last_ais_told else { return false };
        let silent = now.seconds_since(told.time) > self.config.ais.silent_s;
        let held_since = file.last_radar.is_some_and(|seen| seen > told.time);
        let at_rest = told.velocity.is_some_and(|velocity| velocity.norm() < AT_REST_MPS) && !file.went;
        let lies_alone = file.kinematics.still_probability() > STILL && file.hidden_by.is_none();
        if !(file.confirmed && !file.unproven && silent && held_since && at_rest && lies_alone) {
            return false;
        }
        let swing_m = SWING_M.hypot(file.length_m().unwrap_or(0.0) / 2.0);
        let mut open = told.covariance + Matrix2::identity() * (swing_m * swing_m);
        for hold in &file.radars {
            if let Some(radar) = self.radars.get(hold.sensor.index()).and_then(Option::as_ref) {
                open += radar.open_error(file.place);
            }
        }
        let (off, _) = file.kinematics.fit(told.position, &open);
        off > self.config.gate
    }

    /// What radar holds goes on without a name; the vessel is where it said that it lies.
    fn part_from_vessel(&mut self, slot: u32, now: EventTime) {
        let Some(file) = self.slot(slot) else { return };
        let (Some(told), held) = (file.last_ais_told, file.clone()) else { return };
        let Some(new) = self.start(held.kinematics, held.existence) else { return };
        let Some((id, cell)) = self.slot(new).map(|file| (file.id, file.cell)) else { return };
        if let Some(file) = self.slot_mut(new) {
            *file = TrackFile { id, cell, ..held.clone() };
            file.lose_name();
            file.double_of = None;
            file.note_resolved(held.id, now);
        }
        self.replace_in_grid(new);
        self.events.push(TrackEvent::Confirmed { id, time: now });
        let covariance = told.covariance + Matrix2::identity() * (SWING_M * SWING_M);
        let at_rest = Some((Vector2::zeros(), Matrix2::identity() * AT_REST_VARIANCE));
        let state = Kinematics::start(told.time, told.position, covariance, at_rest, &self.config);
        if let Some(file) = self.slot_mut(slot) {
            file.kinematics = state;
            file.history = History::start(state);
            file.radars.clear();
            file.last_radar = None;
            file.last_eo = None;
            file.last_seen = told.time;
            file.doubts.clear();
            file.hull = HullReadings::default();
            file.double_of = None;
            file.note_resolved(id, now);
        }
        self.replace_in_grid(slot);
    }
}

impl TrackFile {
    /// Takes off everything that AIS said of it.
    pub(super) fn lose_name(&mut self) {
        self.identity = Identity::default();
        self.identity_votes = (0.0, 0.0);
        self.last_ais = None;
        self.last_ais_told = None;
        self.claim = None;
        self.doubts.clear();
    }

    /// Probability that it still is the craft that sent its last AIS report.
    pub(super) fn name_held(&self) -> f64 {
        self.doubts.iter().map(|(_, swapped)| 1.0 - swapped).product()
    }

    /// Notes that its craft and that of `rival` may have been taken for one another with this probability.
    pub(super) fn doubt(&mut self, rival: TrackId, swapped: f64) {
        if let Some((_, known)) = self.doubts.iter_mut().find(|(id, _)| *id == rival) {
            // What was swapped before may be swapped back.
            *known += swapped * (1.0 - 2.0 * *known);
        } else if !self.doubts.is_full() {
            self.doubts.push((rival, swapped));
        } else if let Some(least) = self.doubts.iter_mut().min_by(|a, b| a.1.total_cmp(&b.1)) {
            *least = (rival, swapped);
        }
    }
}
