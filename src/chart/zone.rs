//! One zone: a port, an anchorage, a restricted area; its kind, its times, its distance.

use std::fmt;

use super::bounds::Bounds;
use super::metric::LocalMetric;
use super::ring::Polygon;
use crate::geodesy::{LatLon, MetresPerDegree, distance_m};
use crate::units::{EventTime, VesselClass};

/// What a zone is for (the kinds of `FORMAT.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum ZoneKind {
    /// A port where goods may be landed.
    DesignatedPort,
    /// A harbour of fishing boats.
    FishingHarbour,
    /// An anchorage.
    Anchorage,
    /// A fishing ground.
    FishingGround,
    /// A fish or shellfish farm.
    Farm,
    /// Part of a traffic separation scheme.
    Tss,
    /// An area that may not be entered.
    Restricted,
}

impl ZoneKind {
    /// All kinds.
    pub const ALL: [Self; 7] = [
        Self::DesignatedPort,
        Self::FishingHarbour,
        Self::Anchorage,
        Self::FishingGround,
        Self::Farm,
        Self::Tss,
        Self::Restricted,
    ];

    /// The names in files, in the order of [`ZoneKind::ALL`].
    pub const NAMES: [&'static str; 7] =
        ["designated_port", "fishing_harbour", "anchorage", "fishing_ground", "farm", "tss", "restricted"];

    /// The name in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DesignatedPort => "designated_port",
            Self::FishingHarbour => "fishing_harbour",
            Self::Anchorage => "anchorage",
            Self::FishingGround => "fishing_ground",
            Self::Farm => "farm",
            Self::Tss => "tss",
            Self::Restricted => "restricted",
        }
    }

    /// The kind of that name in files.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for ZoneKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// For which line of ports a zone counts (customs and trade rules tell first-line from second-line ports).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum PortLine {
    /// First line: towards other countries.
    First,
    /// Second line: towards the rest of the country.
    Second,
    /// Both.
    Both,
}

/// Which side of the second line a shore or port lies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Side {
    /// The island with its own customs regime.
    Island,
    /// The rest of the country.
    Mainland,
    /// Other countries.
    Abroad,
}

impl Side {
    /// The word used in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Island => "island",
            Self::Mainland => "mainland",
            Self::Abroad => "abroad",
        }
    }

    /// The side of that word in files.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "island" => Some(Self::Island),
            "mainland" => Some(Self::Mainland),
            "abroad" => Some(Self::Abroad),
            _ => None,
        }
    }
}

impl PortLine {
    /// The word used in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Second => "second",
            Self::Both => "both",
        }
    }

    /// The line of ports that a voyage from one side to another is judged by; `None` where any port will do.
    pub fn of_voyage(from: Option<Side>, to: Option<Side>) -> Option<Self> {
        match (from?, to) {
            (Side::Abroad, Some(Side::Island | Side::Mainland) | None) => Some(Self::First),
            (Side::Island, Some(Side::Mainland)) | (Side::Mainland, Some(Side::Island)) => Some(Self::Second),
            _ => None,
        }
    }
}

/// When a zone is in force: from the first instant on, up to and without the second. `None` is unbounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Validity {
    /// First instant in force.
    pub from: Option<EventTime>,
    /// First instant no longer in force.
    pub to: Option<EventTime>,
}

impl Validity {
    /// Whether `at` lies in the interval.
    pub fn holds(self, at: EventTime) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at < to)
    }
}

/// A zone.
#[derive(Clone, Debug)]
pub struct Zone {
    /// Its id, unique in the set.
    pub id: String,
    /// Its name in English.
    pub name: String,
    /// Its name in Chinese.
    pub name_zh: Option<String>,
    /// What it is for.
    pub kind: ZoneKind,
    /// For which line of ports it counts; only where the file says so.
    pub line: Option<PortLine>,
    /// Which side of the second line it lies on; only where the file says so.
    pub side: Option<Side>,
    /// The classes of vessel that it is for; none: all.
    pub vessel_classes: Vec<VesselClass>,
    /// Version of the set (or of the zone itself, where the file says so): it goes into every alert.
    pub version: u32,
    /// When it is in force.
    pub validity: Validity,
    /// Who is in charge there (city, county, unit), as the file says.
    pub jurisdiction: Option<String>,
    /// Whether its limits are `published` or `approximate`, as the file says.
    pub limits: Option<String>,
    /// The box around it.
    pub bounds: Bounds,
    pub(super) polygons: Vec<Polygon>,
}

impl Zone {
    /// Whether `position` lies inside (in no hole).
    pub fn contains(&self, position: LatLon) -> bool {
        self.bounds.holds(position) && self.polygons.iter().any(|polygon| polygon.contains(position))
    }

    /// Metres from `position` to the edge of the zone: negative inside, positive outside. Exact to a metre within 24
    /// nautical miles. "Zone widened by 300 m" is `<= 300.0`, "50 m inside" is `<= -50.0`.
    pub fn signed_distance_m(&self, position: LatLon) -> f64 {
        let (distance_m, _) = self.nearest_edge(position);
        if self.contains(position) { -distance_m } else { distance_m }
    }

    /// A distance in metres that no point of the zone is nearer than: that of its box. `least` is what degrees are worth at
    /// least anywhere between `position` and the zone ([`ZoneSet::least_metres_per_degree`](super::ZoneSet::least_metres_per_degree)).
    /// Costs a hundredth of one edge of many.
    pub fn at_least_m(&self, position: LatLon, least: MetresPerDegree) -> f64 {
        let gap = |low: f64, high: f64, at: f64| (low - at).max(at - high).max(0.0);
        let Bounds { west_deg, south_deg, east_deg, north_deg } = self.bounds;
        let east_deg_off = [-360.0, 0.0, 360.0].map(|turn| gap(west_deg, east_deg, position.lon_deg + turn));
        let east_deg_off = east_deg_off.into_iter().fold(f64::INFINITY, f64::min);
        let east_m = east_deg_off * least.lon_m;
        let north_m = gap(south_deg, north_deg, position.lat_deg) * least.lat_m;
        // A millionth less than that, for what rounding may add.
        (east_m * east_m + north_m * north_m).sqrt() * (1.0 - 1e-6)
    }

    /// Distance in metres to the edge of the zone, and the nearest point of that edge.
    pub fn nearest_edge(&self, position: LatLon) -> (f64, LatLon) {
        let metric = LocalMetric::around(position);
        let edges = self.polygons.iter().flat_map(Polygon::edges).map(|(a, b)| (a, b, ()));
        let point = metric.nearest_of(edges).map_or_else(|| self.bounds.middle(), |(_, point, ())| point);
        (distance_m(position, point), point)
    }

    /// Whether a vessel of this class, on a voyage that is judged by this line of ports, has business here. What is not
    /// known is not held against the vessel.
    pub fn serves(&self, wanted: Option<PortLine>, class: Option<VesselClass>) -> bool {
        let line = match (self.line, wanted) {
            (None | Some(PortLine::Both), _) | (_, None | Some(PortLine::Both)) => true,
            (Some(line), Some(wanted)) => line == wanted,
        };
        line && (self.vessel_classes.is_empty() || class.is_none_or(|class| self.vessel_classes.contains(&class)))
    }

    /// The outlines: one list of rings a polygon, the outer ring first, then its holes; each closed.
    pub fn outlines(&self) -> impl Iterator<Item = &[Vec<LatLon>]> {
        self.polygons.iter().map(|polygon| polygon.rings.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_a_voyage_follows_from_both_its_ends() {
        let (island, mainland, abroad) = (Some(Side::Island), Some(Side::Mainland), Some(Side::Abroad));
        for (from, to, line) in [
            (island, mainland, Some(PortLine::Second)),
            (mainland, island, Some(PortLine::Second)),
            (abroad, island, Some(PortLine::First)),
            (abroad, mainland, Some(PortLine::First)),
            (abroad, None, Some(PortLine::First)),
            (abroad, abroad, None),
            (island, island, None),
            (island, None, None),
            (island, abroad, None),
            (None, island, None),
        ] {
            assert_eq!(PortLine::of_voyage(from, to), line, "{from:?} to {to:?}");
        }
    }
}
