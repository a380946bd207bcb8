//! Synthetic tracks and a synthetic chart for the tests of the rules.

use arrayvec::ArrayVec;

use crate::chart::{Chart, Coast, ZoneSet};
use crate::fusion::{Identity, Sources, TrackState};
use crate::geodesy::LatLon;
use crate::units::{EventTime, TrackId};

/// Latitude of the straight shore of [`chart`]: land to the north of it.
pub(crate) const SHORE_LAT_DEG: f64 = 20.0;

/// An instant some seconds into the test.
pub(crate) fn at(seconds: i64) -> EventTime {
    EventTime::from_seconds(1_790_000_000 + seconds)
}

/// A place so many metres east of the middle of the shore and south of it.
pub(crate) fn off_shore(east_m: f64, south_m: f64) -> LatLon {
    LatLon::new(SHORE_LAT_DEG, 110.5).moved_m(east_m, -south_m)
}

/// A radar track lying still.
pub(crate) fn track_at(id: u64, position: LatLon) -> TrackState {
    TrackState {
        id: TrackId(id),
        time: at(0),
        first_seen: at(0),
        last_seen: at(0),
        position,
        east_mps: 0.0,
        north_mps: 0.0,
        position_covariance_m2: [225.0, 0.0, 225.0],
        speed_sigma_mps: 0.3,
        stopped_probability: 0.5,
        existence: 0.99,
        confirmed: true,
        sources: Sources { ais: false, radar: true, eo: false },
        last_ais: None,
        last_radar: Some(at(0)),
        last_eo: None,
        identity: Identity::default(),
        eo_class: None,
        length_m: None,
        sightings: ArrayVec::new(),
        merged_with: None,
    }
}

/// A square of `half_m` to each side of `middle`, as a zone of GeoJSON.
pub(crate) fn zone(id: &str, kind: &str, middle: LatLon, half_m: f64) -> String {
    let corner = |east: f64, north: f64| {
        let place = middle.moved_m(east * half_m, north * half_m);
        format!("[{:.7},{:.7}]", place.lon_deg, place.lat_deg)
    };
    let ring = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0)].map(|(e, n)| corner(e, n)).join(",");
    format!(
        r#"{{"type":"Feature","properties":{{"id":"{id}","name":"{id}","kind":"{kind}"}},"geometry":{{"type":"Polygon","coordinates":[[{ring}]]}}}}"#
    )
}

/// A straight shore along the parallel of 20 N from 109.5 to 111.5 E with land to the north, and these zones.
pub(crate) fn chart(zones: &[String]) -> Chart {
    let coast = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"Test coast"},
        "geometry":{"type":"Polygon","coordinates":[[[109.5,20.0],[111.5,20.0],[111.5,20.5],[109.5,20.5],[109.5,20.0]]]}}]}"#;
    let zones = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, zones.join(","));
    let coast = Coast::from_geojson(coast, None).expect("the coast of the test is sound");
    let zones = ZoneSet::from_geojson(&zones).expect("the zones of the test are sound");
    Chart::new(coast, zones).expect("the chart of the test is sound")
}
