//! When a track is taken for a craft and shown to officers.

use super::hull::BELIEVED;
use super::track_file::TrackFile;
use super::{Fusion, TrackEvent};
use crate::units::EventTime;

/// Within so many sigma of a radar's open bias, and within hiding distance besides, its plots may be of a craft that AIS shows.
const OPEN_BIAS_SIGMAS: f64 = 3.0;

/// Speed above which a craft is held against lost vessels a second time, m/s: of one that lies the place tells all.
const UNDER_WAY_MPS: f64 = 3.0;
/// Age of a track at which it is held against lost vessels a second time, seconds: its course and speed are known by then.
const LOOKED_AGAIN_S: f64 = 40.0;

impl Fusion {
    /// Shows a track when enough speaks for it.
    pub(super) fn confirm_if_due(&mut self, slot: u32) {
        let (now, lifecycle) = (self.now, &self.config.lifecycle);
        let Some(file) = self.slot(slot) else { return };
        if file.confirmed || file.unproven {
            return;
        }
        let by_ais = file.last_ais.is_some() && file.existence >= 0.9;
        let likely = file.existence >= lifecycle.confirm || !self.config.ablation.existence;
        if !by_ais && (!likely || file.hits < lifecycle.confirm_hits || !self.has_proven_itself(file)) {
            return;
        }
        if !by_ais && self.config.ablation.merging && self.is_one_that_was_hidden(slot) {
            return;
        }
        if !by_ais && self.config.ablation.identity_memory {
            let state = self.slot(slot).map(|file| file.kinematics);
            if let Some(lost) = state.and_then(|state| self.lost.recognise(&state, &self.config)) {
                self.resume(slot, &lost);
                return;
            }
        }
        if let Some(file) = self.slot_mut(slot) {
            file.confirmed = true;
            let id = file.id;
            self.events.push(TrackEvent::Confirmed { id, time: now });
        }
    }

    /// Looks once more whether a track without a name is a vessel that was lost: when it was first shown, its velocity was not yet
    /// known well enough to tell.
    pub(super) fn look_again_for_lost(&mut self, slot: u32, now: EventTime) {
        let Some(file) = self.slot(slot) else { return };
        let due = file.confirmed && !file.looked_again && now.seconds_since(file.born) > LOOKED_AGAIN_S;
        if !due {
            return;
        }
        let (id, state) = (file.id, file.kinematics);
        // Who it is by the number on its hull is not asked of its course.
        let known = file.hull.number().is_some_and(|number| number.probability >= BELIEVED);
        let may_be_lost = !known && file.mmsi().is_none() && state.speed_mps() > UNDER_WAY_MPS;
        if let Some(file) = self.slot_mut(slot) {
            file.looked_again = true;
        }
        if !may_be_lost || !self.config.ablation.identity_memory {
            return;
        }
        if let Some(lost) = self.lost.recognise(&state, &self.config) {
            self.events.push(TrackEvent::Ended { id, time: now, into: Some(lost.id) });
            self.resume(slot, &lost);
        }
    }

    /// Whether a track that may lie still has lasted long enough: what appears from nowhere and does not move may be clutter, or a
    /// false track of a radar's own. Those are over soon, a craft is not. Another kind of sensor that saw it settles the matter.
    fn has_proven_itself(&self, file: &TrackFile) -> bool {
        let lifecycle = &self.config.lifecycle;
        let seen_otherwise = file.last_ais.or(file.last_eo).or(file.last_report).is_some();
        if seen_otherwise || file.kinematics.still_probability() <= lifecycle.still_doubt {
            return true;
        }
        let doubtful = file.radars.iter().any(|hold| hold.track_number.is_some()) || self.may_be_shown_by_ais(file);
        let proof_s = if doubtful { lifecycle.still_proof_s } else { lifecycle.still_proof_by_plots_s };
        file.last_seen.seconds_since(file.born) >= proof_s
    }

    /// Whether a radar that holds the track is still so far off that this may be a craft beside it which AIS shows.
    fn may_be_shown_by_ais(&self, file: &TrackFile) -> bool {
        let radars = file.radars.iter().filter_map(|hold| self.radars.get(hold.sensor.index())?.as_ref());
        radars.filter(|radar| radar.registration.is_open()).any(|radar| {
            let open_m = radar.open_error(file.place).trace().sqrt();
            let reach_m = OPEN_BIAS_SIGMAS * open_m + self.config.lifecycle.merge_m;
            self.within(file.place, reach_m).any(|(_, _, other)| other.last_ais.is_some())
        })
    }
}
