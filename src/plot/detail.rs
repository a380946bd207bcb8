//! Reads all of one alert from the output of a replay, as far as a picture of it shows.

use std::path::Path;

use serde::Deserialize;

use super::read::{ReadError, for_each_line};
use crate::geodesy::LatLon;

/// The files that a replay writes alerts to; the second is there only when it has some.
const FILES: [&str; 2] = ["alerts.jsonl", "notices.jsonl"];
/// The most alerts that are named when the one asked for is not there.
const NAMED_MAX: usize = 20;

/// An alert.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct AlertDetail {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) grade: u8,
    pub(super) score: f64,
    pub(super) track: String,
    pub(super) other_track: Option<String>,
    pub(super) mmsi: Option<u32>,
    pub(super) other_mmsi: Option<u32>,
    pub(super) began_s: f64,
    pub(super) raised_s: f64,
    pub(super) end_s: Option<f64>,
    pub(super) lat: f64,
    pub(super) lon: f64,
    pub(super) near: Option<String>,
    pub(super) near_zh: Option<String>,
    pub(super) evidence: Vec<EvidenceDetail>,
    pub(super) honest_causes: Vec<CauseDetail>,
}

/// An item of evidence.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct EvidenceDetail {
    pub(super) from_s: f64,
    pub(super) to_s: f64,
    pub(super) weight: f64,
    pub(super) en: String,
    pub(super) zh: String,
    pub(super) geometry: Option<GeometryDetail>,
}

/// An honest cause that was tested.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct CauseDetail {
    pub(super) verdict: String,
    pub(super) weight: f64,
    pub(super) en: String,
    pub(super) zh: String,
}

/// Where an item of evidence is.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct GeometryDetail {
    coordinates: Coordinates,
    pub(super) radius_m: Option<f64>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Coordinates {
    Point([f64; 2]),
    Line(Vec<[f64; 2]>),
}

impl GeometryDetail {
    /// Its points, in order.
    pub(super) fn places(&self) -> impl Iterator<Item = LatLon> {
        let pairs = match &self.coordinates {
            Coordinates::Point(pair) => std::slice::from_ref(pair),
            Coordinates::Line(pairs) => pairs,
        };
        pairs.iter().map(|[lon, lat]| LatLon::new(*lat, *lon))
    }
}

impl AlertDetail {
    /// The alert of this id in the output of a replay.
    pub(super) fn find(out: &Path, id: &str) -> Result<Self, ReadError> {
        let mut found: Option<Self> = None;
        let mut known: Vec<String> = Vec::new();
        for path in FILES.map(|name| out.join(name)) {
            if path.ends_with(FILES[1]) && !path.is_file() {
                continue;
            }
            for_each_line(&path, "name a folder that shorewatch replay wrote", |_, line| {
                let alert: Self = serde_json::from_str(line).map_err(|error| error.to_string())?;
                known.push(alert.id.clone());
                if alert.id == id {
                    found = Some(alert);
                }
                Ok(())
            })?;
        }
        found.ok_or_else(|| {
            let more = known.len().saturating_sub(NAMED_MAX);
            let mut named: String = known.iter().take(NAMED_MAX).map(|id| format!("\n  {id}")).collect();
            if more > 0 {
                named.push_str(&format!("\n  and {more} more"));
            }
            ReadError::UnknownAlert { id: id.to_owned(), out: out.to_owned(), known: named }
        })
    }
}
