//! Tracks that may be the next of a vessel that was lost, found by where they are, where they began and which MMSI they bear.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::config::BehaviourConfig;
use super::continuation::birthplace;
use super::places::{NEAR_MAX, Places};
use super::subject::Subject;
use crate::fusion::TrackState;
use crate::geodesy::LatLon;
use crate::units::{EventTime, Mmsi};

/// Tracks, each by a number that the caller gives it.
#[derive(Debug)]
pub(super) struct Newcomers {
    places: Places,
    named: FxHashMap<Mmsi, SmallVec<[u32; 1]>>,
    fastest_mps: f64,
}

impl Newcomers {
    /// These tracks, and besides them `others` who are found by place alone.
    pub(super) fn of<'a>(
        tracks: impl IntoIterator<Item = (u32, &'a TrackState)>,
        others: impl IntoIterator<Item = (u32, LatLon)>,
    ) -> Self {
        let mut places: Vec<(u32, LatLon)> = others.into_iter().collect();
        let mut named: FxHashMap<Mmsi, SmallVec<[u32; 1]>> = FxHashMap::default();
        let mut fastest_mps = 0.0_f64;
        for (number, track) in tracks {
            places.extend([(number, track.position), (number, birthplace(track))]);
            fastest_mps = fastest_mps.max(track.sog_mps());
            if let Some(mmsi) = track.identity.mmsi {
                named.entry(mmsi).or_default().push(number);
            }
        }
        Self { places: Places::of(places), named, fastest_mps }
    }

    /// Adds one that bears an MMSI.
    pub(super) fn add_name(&mut self, mmsi: Mmsi, number: u32) {
        self.named.entry(mmsi).or_default().push(number);
    }

    /// Puts into `found` those that may continue or follow `lost`: all that do, in order, and some that do not.
    pub(super) fn who_may_be(&self, lost: &Subject, now: EventTime, config: &BehaviourConfig, found: &mut Vec<u32>) {
        found.clear();
        let namesakes = lost.craft.mmsi.and_then(|mmsi| self.named.get(&mmsi));
        found.extend(namesakes.into_iter().flatten().take(NEAR_MAX));
        for (place, within_m) in lost.haunts(now, self.fastest_mps, config) {
            found.extend(self.places.near(place, within_m));
        }
        found.sort_unstable();
        found.dedup();
    }

    /// Puts into `found` those that may sail on as `lost`, which has sent AIS: all that do, in order, and some that do not.
    pub(super) fn who_may_sail_on_as(&self, lost: &Subject, now: EventTime, found: &mut Vec<u32>) {
        let (place, within_m) = lost.course_ahead(now);
        found.clear();
        found.extend(self.places.near(place, within_m));
        found.sort_unstable();
        found.dedup();
    }
}
