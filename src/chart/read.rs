//! GeoJSON text to checked polygons.
//!
//! Read by hand from JSON and not through a GeoJSON crate: those close open rings and drop unknown members
//! silently, and a chart must refuse with the feature and the reason instead. Polygons come out with the land (or zone) on
//! the left of each edge, whatever the winding in the file.

use serde_json::{Map, Value};

use super::bounds::Bounds;
use super::datum::check_datum;
use super::document::{Coordinates, Document, RawFeature, RawGeometry};
use super::error::{ChartError, FeatureProblem, PROBLEMS_LISTED_MAX, Reason};
use super::ring::{self, Polygon};
use crate::geodesy::LatLon;

/// A FeatureCollection of polygons.
#[derive(Debug)]
pub(super) struct Collection {
    /// The `bbox` member, where it is one.
    pub(super) bounds: Option<Bounds>,
    /// Members of the collection other than its features.
    pub(super) members: Map<String, Value>,
    pub(super) features: Vec<Feature>,
}

/// One feature with its polygons.
#[derive(Debug)]
pub(super) struct Feature {
    pub(super) index: usize,
    /// The property `id`, else the feature's own id.
    pub(super) id: Option<String>,
    pub(super) properties: Map<String, Value>,
    pub(super) polygons: Vec<Polygon>,
}

impl Feature {
    /// How messages name the feature.
    pub(super) fn label(&self) -> String {
        label(self.index, self.id.as_deref())
    }

    /// A property that is text and not empty.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.properties.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
    }
}

/// Gathers what is wrong with the features of one file, and refuses it in the end.
pub(super) struct Problems {
    file: &'static str,
    listed: Vec<FeatureProblem>,
    more: usize,
}

impl Problems {
    pub(super) fn new(file: &'static str) -> Self {
        Self { file, listed: Vec::new(), more: 0 }
    }

    pub(super) fn add(&mut self, feature: String, reason: Reason) {
        if self.listed.len() < PROBLEMS_LISTED_MAX {
            self.listed.push(FeatureProblem { feature, reason });
        } else {
            self.more += 1;
        }
    }

    pub(super) fn into_result(self) -> Result<(), ChartError> {
        if self.listed.is_empty() {
            return Ok(());
        }
        Err(ChartError::Features { file: self.file, problems: self.listed, more: self.more })
    }
}

/// Reads a FeatureCollection; every feature is checked, so that one look at the refusal shows all that is wrong.
pub(super) fn read_collection(file: &'static str, text: &str) -> Result<Collection, ChartError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let not_geojson = |reason: String| ChartError::NotGeoJson { file, reason };
    let document = serde_json::from_str(text).map_err(|error| not_geojson(json_error(text, &error)))?;
    let Document::Object { members, features } = document else {
        return Err(not_geojson("the outermost value is no object; give a FeatureCollection".to_owned()));
    };
    if members.get("type").and_then(Value::as_str) != Some("FeatureCollection") {
        let found = members.get("type").map_or("nothing".to_owned(), Value::to_string);
        return Err(not_geojson(format!("its type is {found}; give a FeatureCollection")));
    }
    let Some(features) = features else {
        return Err(not_geojson("it has no array `features`; give a FeatureCollection".to_owned()));
    };
    check_datum(&members).map_err(|reason| ChartError::Collection { file, reason })?;
    let mut problems = Problems::new(file);
    let mut read = Vec::with_capacity(features.len());
    for (index, feature) in features.into_iter().enumerate() {
        match read_feature(index, feature) {
            Ok(feature) => read.push(feature),
            Err((id, reason)) => problems.add(label(index, id.as_deref()), reason),
        }
    }
    problems.into_result()?;
    Ok(Collection { bounds: members.get("bbox").and_then(read_bounds), members, features: read })
}

fn label(index: usize, id: Option<&str>) -> String {
    id.map_or_else(|| format!("feature {index}"), |id| format!("feature {index} ({id})"))
}

/// The place of a JSON error in words, with the feature it lies in. `NaN` is no JSON, yet some programs write it.
fn json_error(text: &str, error: &serde_json::Error) -> String {
    let line_start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let before = text.as_bytes().get(..(line_start + error.column()).min(text.len())).unwrap_or_default();
    // The order of an object's members is free, but each feature has one `coordinates`.
    let features = memchr::memmem::find_iter(before, b"\"coordinates\"").count();
    let place = features.checked_sub(1).map_or(String::new(), |index| format!(" (in feature {index})"));
    format!("{error}{place}; NaN and Infinity are no JSON numbers, and a file cut short ends too early")
}

fn read_bounds(value: &Value) -> Option<Bounds> {
    let sides: Vec<f64> = value.as_array()?.iter().map(Value::as_f64).collect::<Option<_>>()?;
    Bounds::from_wsen(sides.try_into().ok()?)
}

fn read_feature(index: usize, mut feature: RawFeature) -> Result<Feature, (Option<String>, Reason)> {
    let properties = match feature.members.get_mut("properties").map(Value::take) {
        Some(Value::Object(properties)) => properties,
        _ => Map::new(),
    };
    let id = [properties.get("id"), feature.members.get("id")].into_iter().flatten().find_map(|id| match id {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    });
    let polygons = check_datum(&feature.members)
        .and_then(|()| check_datum(&properties))
        .and_then(|()| read_geometry(feature.geometry.unwrap_or_default()));
    match polygons {
        Ok(polygons) => Ok(Feature { index, id, properties, polygons }),
        Err(reason) => Err((id, reason)),
    }
}

fn read_geometry(geometry: RawGeometry) -> Result<Vec<Polygon>, Reason> {
    let coordinates = geometry.coordinates.as_ref().and_then(Coordinates::list);
    match (geometry.kind.as_deref(), coordinates) {
        (Some("Polygon"), Some(rings)) => Ok(vec![read_polygon(rings, None)?]),
        (Some("MultiPolygon"), Some(parts)) if !parts.is_empty() => parts
            .iter()
            .enumerate()
            .map(|(part, rings)| match rings.list() {
                Some(rings) => read_polygon(rings, Some(part)),
                None => Err(Reason::NotAPolygon(format!("a MultiPolygon whose part {part} is no array"))),
            })
            .collect(),
        (Some("Polygon" | "MultiPolygon"), _) => Err(Reason::NotAPolygon("without coordinates".to_owned())),
        (Some(other), _) => Err(Reason::NotAPolygon(format!("a {other}"))),
        (None, _) => Err(Reason::NotAPolygon("missing".to_owned())),
    }
}

fn read_polygon(rings: &[Coordinates], part: Option<usize>) -> Result<Polygon, Reason> {
    let part = part.map_or(String::new(), |part| format!("part {part}, "));
    let read: Result<Vec<Vec<LatLon>>, Reason> = rings
        .iter()
        .enumerate()
        .map(|(number, ring)| {
            let name = if number == 0 { format!("{part}outer ring") } else { format!("{part}hole {number}") };
            let positions = ring.list().ok_or_else(|| Reason::NotANumber(name.clone()))?;
            let positions = positions
                .iter()
                .enumerate()
                .map(|(place, value)| read_position(value).map_err(|kind| kind(format!("{name}, point {place}"))))
                .collect::<Result<Vec<_>, _>>()?;
            ring::checked(positions, &name, number == 0)
        })
        .collect();
    let read = read?;
    if read.is_empty() {
        return Err(Reason::NotAPolygon("a Polygon without a ring".to_owned()));
    }
    Ok(Polygon { rings: read })
}

/// Reads `[longitude, latitude]`; the error waits for the place.
fn read_position(value: &Coordinates) -> Result<LatLon, fn(String) -> Reason> {
    let &Coordinates::Position([lon_deg, lat_deg]) = value else { return Err(Reason::NotANumber) };
    let position = LatLon::new(lat_deg, lon_deg);
    if position.is_valid() {
        Ok(position)
    } else if LatLon::new(lon_deg, lat_deg).is_valid() {
        Err(Reason::CrossedAxes)
    } else {
        Err(Reason::OutsideTheWorld)
    }
}
