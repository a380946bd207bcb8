//! What cameras see alongside a vessel: a craft that radar cannot tell from it.

use super::config::ContactConfig;
use super::spell::Dwell;
use crate::feed::observation::EoActivity;
use crate::fusion::TrackState;
use crate::units::EventTime;

/// A camera that turns from one target to the next looks again within this, in milliseconds.
pub(super) const EO_BREAK_MS: i64 = 120_000;

/// How long cameras have seen a vessel with another alongside.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Alongside {
    dwell: Dwell,
    /// Goods were seen to pass.
    transfers: bool,
}

impl Alongside {
    /// Takes note of what cameras saw a track do.
    pub(super) fn sight(&mut self, track: &TrackState, rules: &ContactConfig) {
        for sighting in &track.sightings {
            let transfers = sighting.activity == Some(EoActivity::CargoTransfer);
            let tells = transfers || sighting.activity == Some(EoActivity::AlongsideVessel);
            let newer = self.dwell.last().is_none_or(|last| sighting.time > last);
            if tells && newer && sighting.association >= rules.eo_association {
                let lapsed = self.dwell.last().is_none_or(|last| sighting.time.millis_since(last) > EO_BREAK_MS);
                self.transfers = transfers || (self.transfers && !lapsed);
                self.dwell.feed(sighting.time, Some(true), EO_BREAK_MS);
            }
        }
    }

    /// Whether cameras see it so at `now`, more than once.
    pub(super) fn is_due(&self, now: EventTime) -> bool {
        self.dwell.held_ms() > 0 && self.dwell.last().is_some_and(|last| now.millis_since(last) <= EO_BREAK_MS)
    }

    /// From when until when they saw it so.
    pub(super) fn interval(&self) -> Option<(EventTime, EventTime)> {
        self.dwell.began().zip(self.dwell.last())
    }

    /// Whether goods were seen to pass.
    pub(super) fn transfers(&self) -> bool {
        self.transfers
    }
}
