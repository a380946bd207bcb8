//! How far a vessel is from the shore and from zones, asked of the chart only when it has moved enough to matter.
//!
//! The chart costs a microsecond a question, a vessel is looked at every ten seconds, and most of them are far from
//! everything or hardly move: the last answer, and how far one may go before it could change, saves nine in ten.

use smallvec::SmallVec;

use crate::chart::{Chart, ZoneKind};
use crate::geodesy::{LatLon, distance_m};
use crate::units::EventTime;

/// How far out zones are kept in metres: the widest margin of any rule (a ferry waits up to 5 km off its port).
const ZONE_REACH_M: f64 = 5_100.0;
/// Shores farther than this in metres are of no concern to any rule.
const SHORE_REACH_M: f64 = 6_000.0;
/// A vessel that has moved no farther than this in metres keeps its answers.
const JITTER_M: f64 = 10.0;
/// Answers are asked anew after this time in milliseconds: zones have times of validity.
const STALE_MS: i64 = 300_000;

/// A zone nearby.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NearZone {
    /// Its place in the chart's set.
    pub(super) index: u32,
    pub(super) kind: ZoneKind,
    /// Distance to its edge in metres, negative inside.
    pub(super) signed_m: f64,
}

/// What is around a vessel.
#[derive(Clone, Debug)]
pub(super) struct Surroundings {
    at: LatLon,
    asked: Option<EventTime>,
    /// Moving no farther than this changes no answer by more than [`JITTER_M`] where it matters.
    slack_m: f64,
    shore_m: f64,
    zones: SmallVec<[NearZone; 2]>,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self { at: LatLon::new(0.0, 0.0), asked: None, slack_m: 0.0, shore_m: f64::INFINITY, zones: SmallVec::new() }
    }
}

impl Surroundings {
    /// Brings the answers up to `position` at `now`.
    pub(super) fn refresh(&mut self, now: EventTime, position: LatLon, chart: &Chart) {
        if let Some(asked) = self.asked
            && now.millis_since(asked) < STALE_MS
            && distance_m(self.at, position) <= self.slack_m
        {
            return;
        }
        self.asked = Some(now);
        self.at = position;
        let shore = chart.coast.nearest_within(position, SHORE_REACH_M);
        self.shore_m = shore.map_or(f64::INFINITY, |shore| shore.distance_m);
        self.zones.clear();
        for (zone, signed_m) in chart.zones.within(position, ZONE_REACH_M, now) {
            // Zones nearby are few, and so are zones: looking up the place costs less than the distance did.
            let Some(index) = chart.zones.zones().iter().position(|known| std::ptr::eq(known, zone)) else { continue };
            self.zones.push(NearZone { index: index as u32, kind: zone.kind, signed_m });
        }
        // A tenth of the distance is near enough: no threshold of a rule is finer, and close by it comes down to jitter.
        let nearest_edge = self.zones.iter().map(|zone| zone.signed_m.abs()).fold(ZONE_REACH_M, f64::min);
        let shore = if self.shore_m.is_finite() { self.shore_m } else { SHORE_REACH_M };
        self.slack_m = (nearest_edge.min(shore) / 10.0).max(JITTER_M);
    }

    /// Forgets the answers: the chart is another one.
    pub(super) fn forget(&mut self) {
        self.asked = None;
    }

    /// Distance to the nearest shore in metres; infinite beyond the reach of the rules.
    pub(super) fn shore_m(&self) -> f64 {
        self.shore_m
    }

    /// Whether a zone of this kind, widened by `margin_m`, holds the vessel.
    pub(super) fn within(&self, kind: ZoneKind, margin_m: f64) -> bool {
        self.zones.iter().any(|zone| zone.kind == kind && zone.signed_m <= margin_m)
    }

    /// Zones of this kind nearby.
    pub(super) fn of_kind(&self, kind: ZoneKind) -> impl Iterator<Item = &NearZone> {
        self.zones.iter().filter(move |zone| zone.kind == kind)
    }
}
