//! Zones, and where points lie.

use prost_types::FieldMask;
use serde_json::{Map, Value, json};

use super::BadField;
use super::geo;
use crate::api::proto::r#type::v1 as type_wire;
use crate::api::proto::zone::v1 as wire;
use crate::chart::{Chart, Zone, ZoneKind, from_gcj02};
use crate::geodesy::LatLon;
use crate::serve::limits::{
    LOCATE_POINTS_MAX, ZONE_ID_CHARS_MAX, ZONE_POINTS_MAX, ZONE_TEXT_CHARS_MAX, ZONES_PER_IMPORT,
};
use crate::serve::track_watch::GeoBox;
use crate::units::EventTime;

/// A zone, to the wire.
pub fn zone(zone: &Zone, with_polygons: bool) -> wire::Zone {
    let ring = |ring: &Vec<LatLon>| wire::Ring { points: ring.iter().map(|&point| geo::position(point)).collect() };
    let polygon = |rings: &[Vec<LatLon>]| wire::Polygon { rings: rings.iter().map(ring).collect() };
    wire::Zone {
        id: zone.id.clone(),
        name: zone.name.clone(),
        name_zh: zone.name_zh.clone().unwrap_or_default(),
        kind: kind(zone.kind) as i32,
        version: zone.version,
        valid_from_ms: zone.validity.from.map(EventTime::as_millis),
        valid_until_ms: zone.validity.to.map(EventTime::as_millis),
        limits: zone.limits.clone().unwrap_or_default(),
        polygons: if with_polygons { zone.outlines().map(polygon).collect() } else { Vec::new() },
        line: zone.line.map(|line| line.as_str().to_owned()).unwrap_or_default(),
        side: zone.side.map(|side| side.as_str().to_owned()).unwrap_or_default(),
        vessel_classes: zone.vessel_classes.iter().map(|class| class.as_str().to_owned()).collect(),
        jurisdiction: zone.jurisdiction.clone().unwrap_or_default(),
        etag: zone.version.max(1).to_string(),
    }
}

/// A zone from the wire as a GeoJSON feature, to be read as a chart's file is.
///
/// # Errors
/// For a kind that is none; whatever else is wrong is told when it is read.
pub fn feature(zone: &wire::Zone) -> Result<Value, BadField> {
    let kind = checked_kind(zone.kind).ok_or_else(|| BadField::new("kind", "missing, or no kind of zone"))?;
    let mut properties = Map::new();
    properties.insert("id".to_owned(), zone.id.as_str().into());
    properties.insert("kind".to_owned(), kind.as_str().into());
    for (key, text) in [
        ("name", &zone.name),
        ("name_zh", &zone.name_zh),
        ("line", &zone.line),
        ("side", &zone.side),
        ("jurisdiction", &zone.jurisdiction),
        ("limits", &zone.limits),
    ] {
        if !text.is_empty() {
            properties.insert(key.to_owned(), text.as_str().into());
        }
    }
    for (key, instant) in [("valid_from", zone.valid_from_ms), ("valid_to", zone.valid_until_ms)] {
        if let Some(millis) = instant {
            properties.insert(key.to_owned(), EventTime::from_millis(millis).to_string().into());
        }
    }
    if !zone.vessel_classes.is_empty() {
        properties.insert("vessel_classes".to_owned(), zone.vessel_classes.clone().into());
    }
    let point = |point: &type_wire::LatLon| json!([point.lon_deg, point.lat_deg]);
    let ring = |ring: &wire::Ring| ring.points.iter().map(point).collect::<Vec<_>>();
    let polygons: Vec<Vec<Vec<Value>>> =
        zone.polygons.iter().map(|polygon| polygon.rings.iter().map(ring).collect()).collect();
    Ok(json!({
        "type": "Feature",
        "properties": properties,
        "geometry": { "type": "MultiPolygon", "coordinates": polygons },
    }))
}

/// `zone` with the fields that `mask` names taken from `update`; all of them without a mask.
///
/// # Errors
/// For a path that is no field, or one that is not the client's to set.
pub fn masked(zone: wire::Zone, update: wire::Zone, mask: Option<&FieldMask>) -> Result<wire::Zone, BadField> {
    let Some(mask) = mask.filter(|mask| !mask.paths.is_empty()) else { return Ok(update) };
    let mut merged = zone;
    for path in &mask.paths {
        match path.as_str() {
            "name" => merged.name.clone_from(&update.name),
            "name_zh" => merged.name_zh.clone_from(&update.name_zh),
            "kind" => merged.kind = update.kind,
            "valid_from_ms" => merged.valid_from_ms = update.valid_from_ms,
            "valid_until_ms" => merged.valid_until_ms = update.valid_until_ms,
            "limits" => merged.limits.clone_from(&update.limits),
            "polygons" => merged.polygons.clone_from(&update.polygons),
            "line" => merged.line.clone_from(&update.line),
            "side" => merged.side.clone_from(&update.side),
            "vessel_classes" => merged.vessel_classes.clone_from(&update.vessel_classes),
            "jurisdiction" => merged.jurisdiction.clone_from(&update.jurisdiction),
            other => return Err(BadField::new("update_mask", format!("'{other}' is no field that can be changed"))),
        }
    }
    Ok(merged)
}

/// Checks what a chart's file may say and an interface need not take.
///
/// # Errors
/// For an id or a text that is too long or not printable, and for more points than a zone needs.
pub fn check_zone(zone: &Zone) -> Result<(), BadField> {
    let plain = |text: &str, chars: usize| text.chars().count() <= chars && !text.chars().any(char::is_control);
    if zone.id.trim() != zone.id || !plain(&zone.id, ZONE_ID_CHARS_MAX) {
        return Err(BadField::new(
            "id",
            format!("1 to {ZONE_ID_CHARS_MAX} printable characters without space around them"),
        ));
    }
    let texts = [("name", Some(&zone.name)), ("name_zh", zone.name_zh.as_ref()), ("limits", zone.limits.as_ref())];
    for (field, text) in texts.into_iter().chain([("jurisdiction", zone.jurisdiction.as_ref())]) {
        if text.is_some_and(|text| !plain(text, ZONE_TEXT_CHARS_MAX)) {
            return Err(BadField::new(field, format!("at most {ZONE_TEXT_CHARS_MAX} printable characters")));
        }
    }
    let points: usize = zone.outlines().flatten().map(Vec::len).sum();
    if points > ZONE_POINTS_MAX {
        return Err(BadField::new("polygons", format!("{points} points are more than {ZONE_POINTS_MAX}: simplify")));
    }
    Ok(())
}

/// The GeoJSON of an import, with its positions in WGS 84.
///
/// # Errors
/// For what is no JSON, too many features, or an unknown datum.
pub fn imported(geojson: &str, datum: i32) -> Result<Value, BadField> {
    let bad = |problem: String| BadField::new("geojson", problem);
    let mut collection: Value = serde_json::from_str(geojson.trim_start_matches('\u{feff}'))
        .map_err(|error| bad(format!("no JSON: {error}")))?;
    let features = collection.get("features").and_then(Value::as_array).map_or(0, Vec::len);
    if features > ZONES_PER_IMPORT {
        return Err(bad(format!("{features} features are more than {ZONES_PER_IMPORT}: import in parts")));
    }
    match wire::Datum::try_from(datum) {
        Ok(wire::Datum::Unspecified | wire::Datum::Wgs84) => {}
        Ok(wire::Datum::Gcj02) => shift_back(&mut collection),
        Err(_) => return Err(BadField::new("datum", format!("{datum} is none"))),
    }
    Ok(collection)
}

/// Shifts every position of a GeoJSON value from GCJ-02 to WGS 84, and drops what it says of its datum and its box.
fn shift_back(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for known in ["crs", "datum", "bbox"] {
                members.remove(known);
            }
            for (key, member) in members.iter_mut() {
                if key == "coordinates" { shift_positions(member) } else { shift_back(member) }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(shift_back),
        _ => {}
    }
}

fn shift_positions(coordinates: &mut Value) {
    let Value::Array(items) = coordinates else { return };
    match items.as_slice() {
        [Value::Number(lon), Value::Number(lat), ..] => {
            let drawn = LatLon::new(lat.as_f64().unwrap_or(f64::NAN), lon.as_f64().unwrap_or(f64::NAN));
            let true_place = from_gcj02(drawn);
            *items = vec![true_place.lon_deg.into(), true_place.lat_deg.into()];
        }
        _ => items.iter_mut().for_each(shift_positions),
    }
}

fn checked_kind(number: i32) -> Option<ZoneKind> {
    let named = wire::ZoneKind::try_from(number).ok();
    ZoneKind::ALL.into_iter().find(|&known| Some(kind(known)) == named)
}

/// A kind of zone, to the wire.
pub fn kind(kind: ZoneKind) -> wire::ZoneKind {
    match kind {
        ZoneKind::DesignatedPort => wire::ZoneKind::DesignatedPort,
        ZoneKind::FishingHarbour => wire::ZoneKind::FishingHarbour,
        ZoneKind::Anchorage => wire::ZoneKind::Anchorage,
        ZoneKind::FishingGround => wire::ZoneKind::FishingGround,
        ZoneKind::Farm => wire::ZoneKind::Farm,
        ZoneKind::Tss => wire::ZoneKind::Tss,
        ZoneKind::Restricted => wire::ZoneKind::Restricted,
    }
}

/// Which zones are asked for; every condition that is given must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ZoneFilter {
    bbox: Option<GeoBox>,
    kinds: Vec<ZoneKind>,
    valid_at: Option<EventTime>,
}

impl ZoneFilter {
    /// Whether a zone is asked for.
    pub fn selects(&self, zone: &Zone) -> bool {
        let bounds = GeoBox {
            west_deg: zone.bounds.west_deg,
            south_deg: zone.bounds.south_deg,
            east_deg: zone.bounds.east_deg,
            north_deg: zone.bounds.north_deg,
        };
        self.bbox.is_none_or(|bbox| bbox.touches(&bounds))
            && (self.kinds.is_empty() || self.kinds.contains(&zone.kind))
            && self.valid_at.is_none_or(|at| zone.validity.holds(at))
    }
}

/// Which zones are asked for, from the wire.
///
/// # Errors
/// For a box that makes no sense, or an unknown kind.
pub fn checked_filter(request: &wire::ListZonesRequest) -> Result<ZoneFilter, BadField> {
    let kind = |&number: &i32| {
        checked_kind(number).ok_or_else(|| BadField::new("kinds", format!("{number} is no kind of zone")))
    };
    Ok(ZoneFilter {
        bbox: request.bbox.as_ref().map(geo::checked_box).transpose()?,
        kinds: request.kinds.iter().map(kind).collect::<Result<_, _>>()?,
        valid_at: request.valid_at_ms.map(EventTime::from_millis),
    })
}

/// The points of a request to locate, from the wire.
///
/// # Errors
/// For too many points, or one that is no place on earth.
pub fn checked_points(request: &wire::LocateZonesRequest) -> Result<Vec<LatLon>, BadField> {
    if request.points.len() > LOCATE_POINTS_MAX {
        let problem = format!("{} are more than {LOCATE_POINTS_MAX}: ask in parts", request.points.len());
        return Err(BadField::new("points", problem));
    }
    let checked = |(index, point)| geo::checked_position(point).map_err(|bad| bad.within(&format!("points[{index}]")));
    request.points.iter().enumerate().map(checked).collect()
}

/// Where a point lies at an instant, to the wire.
pub fn place(chart: &Chart, point: LatLon, at: EventTime) -> wire::Place {
    let mut zone_ids: Vec<String> = chart.zones.containing(point, at).into_iter().map(|zone| zone.id.clone()).collect();
    zone_ids.sort_unstable();
    let shore = chart.coast.nearest(point).map(|shore| wire::NearestShore {
        distance_m: shore.distance_m,
        point: Some(geo::position(shore.point)),
        name: shore.name.to_owned(),
    });
    let ports = chart.zones.zones().iter().filter(|zone| zone.kind == ZoneKind::DesignatedPort);
    let nearest_port = ports
        .filter(|port| port.validity.holds(at))
        .map(|port| (port, port.signed_distance_m(point).max(0.0)))
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(port, distance_m)| wire::NearestPort {
            zone_id: port.id.clone(),
            name: port.name.clone(),
            name_zh: port.name_zh.clone().unwrap_or_default(),
            distance_m,
        });
    let named = chart.nearest_named_place(point);
    wire::Place {
        zone_ids,
        on_land: chart.coast.is_land(point),
        nearest_shore: shore,
        nearest_port,
        description_en: named.as_ref().map_or_else(String::new, |place| place.in_english()),
        description_zh: named.as_ref().map_or_else(String::new, |place| place.in_chinese()),
    }
}
