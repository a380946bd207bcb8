//! The zones in force, found by their boxes.

use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use serde_json::Value;
use smallvec::SmallVec;
use std::collections::BTreeSet;

use super::bounds::Bounds;
use super::coast::text_member;
use super::error::{ChartError, Reason};
use super::read::{Collection, Feature, Problems, read_collection};
use super::zone::{PortLine, Side, Validity, Zone, ZoneKind};
use crate::geodesy::{LatLon, MetresPerDegree, metres_per_degree};
use crate::units::{EventTime, VesselClass};

/// The zones at a position, in the order of the file.
pub type ZonesHere<'a> = SmallVec<[&'a Zone; 4]>;

/// Zones with the signed distance to each in metres, in the order of the file.
pub type ZonesNear<'a> = SmallVec<[(&'a Zone, f64); 4]>;

/// A set of zones. Immutable: a new file makes a new set, with another version.
#[derive(Debug)]
pub struct ZoneSet {
    zones: Vec<Zone>,
    boxes: RTree<GeomWithData<Rectangle<[f64; 2]>, u32>>,
    /// The zone that reaches farthest from the equator, in degrees of latitude.
    steepest_deg: f64,
    version: u32,
    attribution: String,
}

impl ZoneSet {
    /// A set without zones, version 0.
    pub fn empty() -> Self {
        Self::index(Vec::new(), 0, String::new())
    }

    /// Reads zones: Polygon or MultiPolygon with properties `id`, `kind` and, where known, `name`, `name_zh`, `line`
    /// (`first`, `second`, `both`), `side` (`island`, `mainland`, `abroad`), `vessel_classes` (words of [`VesselClass`]),
    /// `jurisdiction`, `valid_from`, `valid_to` (RFC 3339), `version`, `limits`. The collection may hold `version` (a whole number; 1 where it says nothing) and `attribution`.
    ///
    /// # Errors
    /// A [`ChartError`] with each bad feature, the reason and what to do; nothing of such a file is taken.
    pub fn from_geojson(text: &str) -> Result<Self, ChartError> {
        let collection = read_collection("zones", text)?;
        let version = match version(collection.members.get("version"), 1) {
            Ok(version) => version,
            Err(reason) => return Err(ChartError::Collection { file: "zones", reason }),
        };
        let attribution = text_member(&collection, "attribution");
        let zones = read_zones(collection, version)?;
        Ok(Self::index(zones, version, attribution))
    }

    /// The set after a change. `text` is a collection as [`from_geojson`](Self::from_geojson) takes it: its zones are new, or take
    /// the place of those with their ids. Its member `removed` lists ids of zones that go, its `version` becomes that of the set.
    ///
    /// # Errors
    /// A [`ChartError`] as for a file; then nothing of the change is taken.
    pub fn changed(&self, text: &str) -> Result<Self, ChartError> {
        let collection = read_collection("zones", text)?;
        let refused = |reason| ChartError::Collection { file: "zones", reason };
        let version = version(collection.members.get("version"), self.version).map_err(refused)?;
        let removed: BTreeSet<String> = match collection.members.get("removed") {
            None => BTreeSet::new(),
            Some(ids) => serde_json::from_value(ids.clone())
                .map_err(|error| refused(Reason::Property(format!("removed: {error}; give a list of ids"))))?,
        };
        let mut zones: Vec<Zone> = self.zones.iter().filter(|zone| !removed.contains(&zone.id)).cloned().collect();
        for zone in read_zones(collection, version)? {
            match zones.iter_mut().find(|known| known.id == zone.id) {
                Some(known) => *known = zone,
                None => zones.push(zone),
            }
        }
        Ok(Self::index(zones, version, self.attribution.clone()))
    }

    fn index(zones: Vec<Zone>, version: u32, attribution: String) -> Self {
        let boxes = zones
            .iter()
            .enumerate()
            .map(|(number, zone)| {
                let Bounds { west_deg, south_deg, east_deg, north_deg } = zone.bounds;
                let corners = Rectangle::from_corners([west_deg, south_deg], [east_deg, north_deg]);
                GeomWithData::new(corners, number as u32)
            })
            .collect();
        let steepest = |zone: &Zone| zone.bounds.south_deg.abs().max(zone.bounds.north_deg.abs());
        let steepest_deg = zones.iter().map(steepest).fold(0.0, f64::max);
        Self { zones, boxes: RTree::bulk_load(boxes), steepest_deg, version, attribution }
    }

    /// The zones in force at `at` that contain `position`.
    pub fn containing(&self, position: LatLon, at: EventTime) -> ZonesHere<'_> {
        let point = [position.lon_deg, position.lat_deg];
        let mut found: SmallVec<[u32; 4]> = self.boxes.locate_all_at_point(point).map(|zone| zone.data).collect();
        found.sort_unstable();
        let zones = found.iter().filter_map(|number| self.zones.get(*number as usize));
        zones.filter(|zone| zone.validity.holds(at) && zone.contains(position)).collect()
    }

    /// The zones in force at `at` whose outline widened by `margin_m` holds `position`, each with its signed distance
    /// (negative inside). A negative margin asks for zones that hold the position at least so deep inside.
    pub fn within(&self, position: LatLon, margin_m: f64, at: EventTime) -> ZonesNear<'_> {
        if !position.is_valid() || margin_m.is_nan() {
            return ZonesNear::new();
        }
        let mut found: SmallVec<[u32; 8]> = SmallVec::new();
        // 110 km is less than any degree of latitude; the scale along the parallel is least at the end nearer the pole.
        let lat_deg = margin_m.max(0.0) / 110_000.0;
        let lon_deg = margin_m.max(0.0) / metres_per_degree((position.lat_deg.abs() + lat_deg).min(90.0)).lon_m;
        let lon_deg = (lon_deg * 1.001).min(180.0);
        // The box may reach over the antimeridian, and then also lies on its other side.
        for turn in [0.0, -360.0, 360.0] {
            let west = position.lon_deg + turn - lon_deg;
            let east = position.lon_deg + turn + lon_deg;
            if east < -180.0 || west > 180.0 {
                continue;
            }
            let corners = AABB::from_corners([west, position.lat_deg - lat_deg], [east, position.lat_deg + lat_deg]);
            found.extend(self.boxes.locate_in_envelope_intersecting(corners).map(|zone| zone.data));
        }
        found.sort_unstable();
        found.dedup();
        found
            .iter()
            .filter_map(|number| self.zones.get(*number as usize))
            .filter(|zone| zone.validity.holds(at))
            .map(|zone| (zone, zone.signed_distance_m(position)))
            .filter(|(_, distance_m)| *distance_m <= margin_m)
            .collect()
    }

    /// What degrees are worth at least between `position` and any zone: of longitude at the end nearer the pole, of latitude at
    /// the equator.
    pub fn least_metres_per_degree(&self, position: LatLon) -> MetresPerDegree {
        let polar_deg = position.lat_deg.abs().max(self.steepest_deg).min(90.0);
        MetresPerDegree { lat_m: metres_per_degree(0.0).lat_m, lon_m: metres_per_degree(polar_deg).lon_m }
    }

    /// The zones, in the order of the file.
    pub fn zones(&self) -> &[Zone] {
        &self.zones
    }

    /// The zone of that id.
    pub fn by_id(&self, id: &str) -> Option<&Zone> {
        self.zones.iter().find(|zone| zone.id == id)
    }

    /// Whether any zone is for one line of ports, or for some classes of vessel.
    pub fn tells_vessels_apart(&self) -> bool {
        self.zones.iter().any(|zone| {
            !zone.vessel_classes.is_empty() || matches!(zone.line, Some(PortLine::First | PortLine::Second))
        })
    }

    /// Version of the set, as its file says.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Who made the data, as the file says; empty when it says nothing.
    pub fn attribution(&self) -> &str {
        &self.attribution
    }
}

fn read_zones(collection: Collection, version: u32) -> Result<Vec<Zone>, ChartError> {
    let mut problems = Problems::new("zones");
    let mut ids = BTreeSet::new();
    let mut zones = Vec::with_capacity(collection.features.len());
    for feature in collection.features {
        let label = feature.label();
        match read_zone(feature, version) {
            Ok(zone) if ids.insert(zone.id.clone()) => zones.push(zone),
            Ok(zone) => problems.add(label, Reason::DuplicateId(zone.id)),
            Err(reason) => problems.add(label, reason),
        }
    }
    problems.into_result()?;
    Ok(zones)
}

fn read_zone(feature: Feature, set_version: u32) -> Result<Zone, Reason> {
    if let Some(fault) = feature.polygons.iter().find_map(|polygon| polygon.fault()) {
        return Err(fault);
    }
    let Some(id) = feature.id.clone() else {
        return Err(Reason::Property("it has no id; give the property `id`, alerts refer to it".to_owned()));
    };
    let kind = match feature.properties.get("kind") {
        Some(Value::String(name)) => {
            ZoneKind::parse(name).ok_or_else(|| Reason::UnknownKind(format!("kind {name:?} is not known")))?
        }
        Some(other) => return Err(Reason::UnknownKind(format!("kind {other} is not known"))),
        None => return Err(Reason::UnknownKind("property `kind` is missing".to_owned())),
    };
    let line = match feature.properties.get("line") {
        None | Some(Value::Null) => None,
        Some(Value::String(line)) if line == "first" => Some(PortLine::First),
        Some(Value::String(line)) if line == "second" => Some(PortLine::Second),
        Some(Value::String(line)) if line == "both" => Some(PortLine::Both),
        Some(other) => return Err(Reason::Property(format!("line is {other}; give first, second or both"))),
    };
    let side = match feature.properties.get("side") {
        None | Some(Value::Null) => None,
        Some(value) => Some(
            value
                .as_str()
                .and_then(Side::parse)
                .ok_or_else(|| Reason::Property(format!("side is {value}; give island, mainland or abroad")))?,
        ),
    };
    let validity = Validity { from: instant(&feature, "valid_from")?, to: instant(&feature, "valid_to")? };
    if let Validity { from: Some(from), to: Some(to) } = validity
        && from >= to
    {
        return Err(Reason::Property(format!("valid_from {from} is not before valid_to {to}; it is never in force")));
    }
    let points = feature.polygons.iter().flat_map(|polygon| polygon.rings.iter().flatten().copied());
    Ok(Zone {
        name: feature.text("name").unwrap_or_else(|| id.clone()),
        name_zh: feature.text("name_zh"),
        kind,
        line,
        side,
        vessel_classes: vessel_classes(&feature)?,
        version: version(feature.properties.get("version"), set_version)?,
        validity,
        jurisdiction: feature.text("jurisdiction"),
        limits: feature.text("limits"),
        bounds: Bounds::around(points).unwrap_or(Bounds::at(LatLon::new(0.0, 0.0))),
        id,
        polygons: feature.polygons,
    })
}

fn vessel_classes(feature: &Feature) -> Result<Vec<VesselClass>, Reason> {
    let wants = |found: &Value| {
        Reason::Property(format!("vessel_classes has {found}; give a list of {}", VesselClass::words()))
    };
    match feature.properties.get("vessel_classes") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(words)) => {
            words.iter().map(|word| word.as_str().and_then(VesselClass::parse).ok_or_else(|| wants(word))).collect()
        }
        Some(other) => Err(wants(other)),
    }
}

fn version(member: Option<&Value>, default: u32) -> Result<u32, Reason> {
    match member {
        None | Some(Value::Null) => Ok(default),
        Some(value) => value
            .as_u64()
            .and_then(|number| u32::try_from(number).ok())
            .ok_or_else(|| Reason::Property(format!("version is {value}; give a whole number from 0 on"))),
    }
}

fn instant(feature: &Feature, key: &str) -> Result<Option<EventTime>, Reason> {
    match feature.properties.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => EventTime::parse_rfc3339(text).map(Some).map_err(|error| {
            Reason::Property(format!("{key} is {text:?} ({error}); give RFC 3339 such as 2026-04-17T15:06:42Z"))
        }),
        Some(other) => Err(Reason::Property(format!("{key} is {other}; give RFC 3339 such as 2026-04-17T15:06:42Z"))),
    }
}
