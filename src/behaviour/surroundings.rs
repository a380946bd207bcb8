//! How far a vessel is from the shore and from zones, asked of the chart only when it has moved enough to matter.
//!
//! The chart costs a microsecond a question, a vessel is looked at every ten seconds, and most of them are far from
//! everything or hardly move: the last answer, and how far one may go before it could change, saves nine in ten.

use smallvec::SmallVec;

use super::voyage::Voyage;
use crate::chart::{Chart, PortLine, Side, Zone, ZoneKind};
use crate::geodesy::{LatLon, Vicinity, distance_m};
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
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct NearZone {
    /// Its place in the chart's set.
    pub(super) index: u32,
    pub(super) kind: ZoneKind,
    /// Distance to its edge in metres, negative inside.
    pub(super) signed_m: f64,
    /// The vessel has business there, by its class and voyage.
    pub(super) serves: bool,
    /// The side of the second line that it lies on, where the chart says so.
    pub(super) side: Option<Side>,
}

/// What is around a vessel.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Surroundings {
    /// Where and when it was asked.
    at: Vicinity,
    asked: Option<EventTime>,
    /// Moving no farther than this changes no answer by more than [`JITTER_M`] where it matters.
    slack_m: f64,
    shore_m: f64,
    /// Which side of the second line the nearest shore lies on, where the chart says so.
    shore_side: Option<Side>,
    zones: SmallVec<[NearZone; 2]>,
    voyage: Voyage,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self {
            at: Vicinity::of(LatLon::new(0.0, 0.0)),
            asked: None,
            slack_m: 0.0,
            shore_m: f64::INFINITY,
            shore_side: None,
            zones: SmallVec::new(),
            voyage: Voyage::default(),
        }
    }
}

impl Surroundings {
    /// Brings the answers up to `position` at `now`.
    pub(super) fn refresh(&mut self, now: EventTime, position: LatLon, chart: &Chart) {
        if let Some(asked) = self.asked
            && now.millis_since(asked) < STALE_MS
            && self.has_stayed(position)
        {
            return;
        }
        self.asked = Some(now);
        self.at = Vicinity::of(position);
        let shore = chart.coast.nearest_within(position, SHORE_REACH_M);
        self.shore_m = shore.map_or(f64::INFINITY, |shore| shore.distance_m);
        let land = shore.and_then(|shore| chart.coast.lands().get(shore.polygon));
        self.shore_side = land.and_then(|land| land.side);
        self.zones.clear();
        for (zone, signed_m) in chart.zones.within(position, ZONE_REACH_M, now) {
            // Zones nearby are few, and so are zones: looking up the place costs less than the distance did.
            let Some(index) = chart.zones.zones().iter().position(|known| std::ptr::eq(known, zone)) else { continue };
            let (kind, side, serves) = (zone.kind, zone.side, self.is_served_by(zone));
            self.zones.push(NearZone { index: index as u32, kind, signed_m, serves, side });
        }
        // A tenth of the distance is near enough: no threshold of a rule is finer, and close by it comes down to jitter.
        let nearest_edge = self.zones.iter().map(|zone| zone.signed_m.abs()).fold(ZONE_REACH_M, f64::min);
        let shore = if self.shore_m.is_finite() { self.shore_m } else { SHORE_REACH_M };
        self.slack_m = (nearest_edge.min(shore) / 10.0).max(JITTER_M);
    }

    /// Whether a vessel that is at `position` now has moved so little that the answers hold.
    fn has_stayed(&self, position: LatLon) -> bool {
        let (least_m, greatest_m) = self.at.bounds_m(position);
        least_m <= self.slack_m
            && (greatest_m <= self.slack_m || distance_m(self.at.middle(), position) <= self.slack_m)
    }

    /// Takes note of where the vessel comes from and what it is.
    pub(super) fn set_voyage(&mut self, voyage: Voyage) {
        if voyage != self.voyage {
            self.voyage = voyage;
            self.forget();
        }
    }

    /// Where the vessel comes from, and what it is.
    pub(super) fn voyage(&self) -> Voyage {
        self.voyage
    }

    /// The side on which the vessel is: that of the port that it is in, else that of the nearest shore.
    pub(super) fn side(&self) -> Option<Side> {
        let mut sides = self.zones.iter().filter(|near| near.signed_m <= 0.0).filter_map(|near| near.side);
        sides.next().or(self.shore_side)
    }

    /// The line of ports that the vessel is judged by on this side, or on that of the shore here; `None`: any port will do.
    pub(super) fn line_wanted(&self, side: Option<Side>) -> Option<PortLine> {
        PortLine::of_voyage(self.voyage.from, side.or(self.shore_side))
    }

    /// Whether the vessel has business in a zone: ports of the other line, or for other classes, excuse nothing.
    pub(super) fn is_served_by(&self, zone: &Zone) -> bool {
        zone.serves(self.line_wanted(zone.side), self.voyage.class)
    }

    /// Zones nearby.
    pub(super) fn zones(&self) -> &[NearZone] {
        &self.zones
    }

    /// Forgets the answers: the chart is another one.
    pub(super) fn forget(&mut self) {
        self.asked = None;
    }

    /// Distance to the nearest shore in metres; infinite beyond the reach of the rules.
    pub(super) fn shore_m(&self) -> f64 {
        self.shore_m
    }

    /// Whether a zone of this kind, widened by `margin_m`, holds the vessel, and is for vessels like it.
    pub(super) fn within(&self, kind: ZoneKind, margin_m: f64) -> bool {
        self.zones.iter().any(|zone| zone.kind == kind && zone.signed_m <= margin_m && zone.serves)
    }

    /// Whether a zone of this kind holds the vessel, whoever it is for.
    pub(super) fn is_inside(&self, kind: ZoneKind) -> bool {
        self.of_kind(kind).any(|near| near.signed_m <= 0.0)
    }

    /// Zones of this kind nearby.
    pub(super) fn of_kind(&self, kind: ZoneKind) -> impl Iterator<Item = &NearZone> {
        self.zones.iter().filter(move |zone| zone.kind == kind)
    }
}
