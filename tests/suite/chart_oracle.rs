//! The chart's answers against slow and independent ones: every segment, by Karney's geodesic.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use geo::Contains;
use geographiclib_rs::{DirectGeodesic, Geodesic, InverseGeodesic};
use proptest::prelude::*;
use serde_json::{Value, json};
use shorewatch::chart::{Bounds, Chart, Coast, SHORE_RANGE_M, ZoneSet};
use shorewatch::geodesy::LatLon;
use shorewatch::units::{Bearing, EventTime};
use std::fs;
use std::path::{Path, PathBuf};

type Segment = (LatLon, LatLon);

fn geodesic_m(a: LatLon, b: LatLon) -> f64 {
    Geodesic::wgs84().inverse(a.lat_deg, a.lon_deg, b.lat_deg, b.lon_deg)
}

fn between(a: LatLon, b: LatLon, share: f64) -> LatLon {
    LatLon::new(a.lat_deg + share * (b.lat_deg - a.lat_deg), a.lon_deg + share * (b.lon_deg - a.lon_deg))
}

/// Distance to one segment: the least geodesic by ternary search (it has one minimum along a segment).
fn to_segment_m(from: LatLon, (a, b): Segment) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let (left, right) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
        if geodesic_m(from, between(a, b, left)) < geodesic_m(from, between(a, b, right)) {
            high = right
        } else {
            low = left
        }
    }
    [0.0, low, 1.0].into_iter().map(|share| geodesic_m(from, between(a, b, share))).fold(f64::MAX, f64::min)
}

/// A rough distance on a sphere, flat at the query: within 2 % up to 100 km at these latitudes.
fn rough_m(from: LatLon, (a, b): Segment) -> f64 {
    let cos = from.lat_deg.to_radians().cos();
    let flat = |p: LatLon| ((p.lon_deg - from.lon_deg) * cos * 111_195.0, (p.lat_deg - from.lat_deg) * 111_195.0);
    let ((ax, ay), (bx, by)) = (flat(a), flat(b));
    let (dx, dy) = (bx - ax, by - ay);
    let length_squared = dx * dx + dy * dy;
    let share = if length_squared > 0.0 { (-(ax * dx + ay * dy) / length_squared).clamp(0.0, 1.0) } else { 0.0 };
    (ax + share * dx).hypot(ay + share * dy)
}

/// The true distance to the nearest of `segments`: the geodesic to each that is roughly within a tenth of the nearest.
fn nearest_by_force_m(from: LatLon, segments: &[Segment]) -> f64 {
    let rough: Vec<f64> = segments.iter().map(|segment| rough_m(from, *segment)).collect();
    let bound = rough.iter().copied().fold(f64::MAX, f64::min) * 1.1 + 5.0;
    let near = segments.iter().zip(&rough).filter(|(_, rough)| **rough <= bound);
    near.map(|(segment, _)| to_segment_m(from, *segment)).fold(f64::MAX, f64::min)
}

/// Shore segments of a file, read anew: all but those on the box of the collection.
fn segments(path: &Path) -> Vec<Segment> {
    let value: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let bbox: Vec<f64> = value["bbox"].as_array().unwrap().iter().map(|side| side.as_f64().unwrap()).collect();
    let mut segments = Vec::new();
    for feature in value["features"].as_array().unwrap() {
        for ring in feature["geometry"]["coordinates"].as_array().unwrap() {
            let points: Vec<[f64; 2]> =
                ring.as_array().unwrap().iter().map(|p| [p[0].as_f64().unwrap(), p[1].as_f64().unwrap()]).collect();
            for (a, b) in points.iter().zip(points.iter().skip(1)) {
                let on_border = (0..4).any(|side| a[side % 2] == bbox[side] && b[side % 2] == bbox[side]);
                if a != b && !on_border {
                    segments.push((LatLon::new(a[1], a[0]), LatLon::new(b[1], b[0])));
                }
            }
        }
    }
    segments
}

/// The built-in coastline, and both shared ones where they are.
fn coast_files() -> Vec<PathBuf> {
    let mut files = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("data/coastline-fine.geojson")];
    if let Some(shared) = crate::support::shared_dir() {
        files.push(shared.join("geo/coastline-fine.geojson"));
        files.push(shared.join("geo/coastline.geojson"));
    }
    files
}

/// Pseudo-random numbers in `[0, 1)` by the golden ratio: even cover without a generator.
fn spread(number: usize, step: f64) -> f64 {
    (number as f64 * step).fract()
}

#[test]
fn the_nearest_shore_is_exact_to_a_metre_within_24_nautical_miles_at_every_latitude() {
    for path in coast_files() {
        let coast = Coast::from_geojson(&fs::read_to_string(&path).unwrap(), None).unwrap();
        let segments = segments(&path);
        assert_eq!(coast.segment_counts().0, segments.len(), "{}", path.display());
        let (mut compared, mut worst_m) = (0, 0.0_f64);
        for number in 0..400 {
            let from = LatLon::new(
                17.8 + 4.1 * spread(number, 0.618_033_988_7),
                107.1 + 5.3 * spread(number, 0.754_877_666_2),
            );
            let wanted_m = nearest_by_force_m(from, &segments);
            // Near the shore the answer comes from cells of the sea that remember; asked anywhere, it is that of the tree.
            for around in [from, from.moved_m(700.0, -900.0)] {
                let known = coast.nearest(around).filter(|shore| shore.distance_m <= 6_000.0);
                assert_eq!(coast.nearest_within(around, 6_000.0), known, "{around:?}");
            }
            match coast.nearest(from) {
                Some(shore) => {
                    compared += 1;
                    worst_m = worst_m.max((shore.distance_m - wanted_m).abs());
                    assert!((shore.distance_m - wanted_m).abs() < 1.0, "{from:?}: {shore:?}, truly {wanted_m}");
                    assert!((geodesic_m(from, shore.point) - wanted_m).abs() < 1.0);
                    assert!(
                        coast.within(from, shore.distance_m + 0.01) && !coast.within(from, shore.distance_m - 0.01)
                    );
                }
                None => assert!(wanted_m > SHORE_RANGE_M - 1.0, "{from:?}: nothing found, truly {wanted_m}"),
            }
        }
        assert!(compared > 200);
        println!("{}: {compared} positions, worst {worst_m:.2} m", path.display());
    }
}

/// A crooked polygon around a centre, and perhaps a hole in it, as GeoJSON.
fn crooked(lat: f64, lon: f64, radii: &[f64], hole: bool) -> (String, geo::Polygon<f64>) {
    let ring = |factor: f64| -> Vec<[f64; 2]> {
        let mut ring: Vec<[f64; 2]> = radii
            .iter()
            .enumerate()
            .map(|(n, radius)| {
                let (sin, cos) = (n as f64 / radii.len() as f64 * std::f64::consts::TAU).sin_cos();
                [lon + factor * radius * cos, lat + factor * radius * sin]
            })
            .collect();
        ring.push(ring[0]);
        ring
    };
    let rings = if hole { vec![ring(1.0), ring(0.5)] } else { vec![ring(1.0)] };
    let shape =
        geo::Polygon::new(rings[0].clone().into(), rings.iter().skip(1).map(|ring| ring.clone().into()).collect());
    let text = json!({"type": "FeatureCollection", "features": [{"type": "Feature",
        "properties": {"id": "z", "kind": "farm"}, "geometry": {"type": "Polygon", "coordinates": rings}}]});
    (text.to_string(), shape)
}

fn ring_segments(shape: &geo::Polygon<f64>) -> Vec<Segment> {
    let lines = std::iter::once(shape.exterior()).chain(shape.interiors()).flat_map(|ring| ring.lines());
    lines.map(|line| (LatLon::new(line.start.y, line.start.x), LatLon::new(line.end.y, line.end.x))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn zones_and_land_agree_with_geo_and_the_geodesic(
        lat in -45.0..45.0_f64, lon in -179.0..179.0_f64, hole: bool,
        radii in prop::collection::vec(0.02..0.3_f64, 3..24),
        queries in prop::collection::vec((-0.45..0.45_f64, -0.45..0.45_f64, 0.0..40_000.0_f64), 12),
    ) {
        let (text, shape) = crooked(lat, lon, &radii, hole);
        let zones = ZoneSet::from_geojson(&text).unwrap();
        let coast = Coast::from_geojson(&text, None).unwrap();
        let zone = &zones.zones()[0];
        let at = EventTime::default();
        for (north, east, margin_m) in queries {
            let here = LatLon::new(lat + north, lon + east);
            let edge_m = nearest_by_force_m(here, &ring_segments(&shape));
            if edge_m < 0.1 {
                continue;
            }
            let inside = shape.contains(&geo::Point::new(here.lon_deg, here.lat_deg));
            prop_assert_eq!(zones.containing(here, at).len(), usize::from(inside));
            prop_assert_eq!(coast.is_land(here), inside);
            let signed_m = if inside { -edge_m } else { edge_m };
            let tolerance_m = if edge_m < SHORE_RANGE_M { 1.0 } else { edge_m * 1e-4 };
            prop_assert!((zone.signed_distance_m(here) - signed_m).abs() < tolerance_m, "{} {}", zone.signed_distance_m(here), signed_m);
            let least = zones.least_metres_per_degree(here);
            prop_assert!(zone.at_least_m(here, least) <= edge_m + tolerance_m || inside);
            if (signed_m - margin_m).abs() > tolerance_m {
                prop_assert_eq!(zones.within(here, margin_m, at).len(), usize::from(signed_m < margin_m));
                prop_assert_eq!(zones.within(here, -margin_m, at).len(), usize::from(signed_m < -margin_m));
            }
            prop_assert_eq!(
                coast.nearest_within(here, 8_000.0),
                coast.nearest(here).filter(|shore| shore.distance_m <= 8_000.0)
            );
            match coast.nearest(here) {
                Some(shore) => prop_assert!((shore.distance_m - edge_m).abs() < tolerance_m),
                None => prop_assert!(edge_m > SHORE_RANGE_M - 1.0),
            }
        }
    }

    #[test]
    fn the_named_place_is_the_nearest_of_all_ports(
        lat in -45.0..45.0_f64, lon in -179.0..179.0_f64, here in (-0.5..0.5_f64, -0.5..0.5_f64),
        ports in prop::collection::vec((-0.4..0.4_f64, -0.4..0.4_f64, 0.005..0.1_f64), 1..12),
    ) {
        let port = |(number, (north, east, half)): (usize, &(f64, f64, f64))| {
            let corners = [(-1.0, -1.0), (-1.0, 1.0), (1.0, 1.0), (1.0, -1.0), (-1.0, -1.0)];
            let ring = corners.map(|(up, right)| [lon + east + right * half, lat + north + up * half]);
            let properties = json!({"id": number.to_string(), "name": "port", "kind": "designated_port"});
            json!({"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}})
        };
        let features: Vec<_> = ports.iter().enumerate().map(port).collect();
        let zones = ZoneSet::from_geojson(&json!({"type": "FeatureCollection", "features": features}).to_string()).unwrap();
        let here = LatLon::new(lat + here.0, lon + here.1);
        let measured = zones.zones().iter().map(|zone| (zone.signed_distance_m(here).max(0.0), zone.id.clone()));
        let nearest = measured.reduce(|a, b| if b.0 < a.0 { b } else { a }).filter(|(metres, _)| *metres <= SHORE_RANGE_M);
        let nothing = r#"{"type":"FeatureCollection","features":[]}"#;
        let chart = Chart::new(Coast::from_geojson(nothing, None).unwrap(), zones).unwrap();
        let named = chart.nearest_named_place(here).map(|place| (place.distance_m, place.zone.unwrap().to_owned()));
        prop_assert_eq!(named, nearest);
    }

    #[test]
    fn the_landfall_is_the_first_step_from_water_onto_land(
        lat in -45.0..45.0_f64, lon in -179.0..179.0_f64, hole: bool,
        radii in prop::collection::vec(0.02..0.12_f64, 3..16),
        north in -0.15..0.15_f64, east in -0.15..0.15_f64, course in 0.0..360.0_f64,
    ) {
        let (text, _) = crooked(lat, lon, &radii, hole);
        let coast = Coast::from_geojson(&text, None).unwrap();
        let from = LatLon::new(lat + north, lon + east);
        let course = Bearing::from_deg(course);
        let found = coast.landfall(from, course, 20_000.0);
        let (sin, cos) = course.unit_vector();
        let step_m = 20.0;
        let mut before = coast.is_land(from);
        let mut wanted_m = None;
        for step in 1..=1_000 {
            let land = coast.is_land(from.moved_m(sin * step_m * f64::from(step), cos * step_m * f64::from(step)));
            if land && !before {
                wanted_m = Some(step_m * f64::from(step));
                break;
            }
            before = land;
        }
        match (found, wanted_m) {
            // Steps may miss a corner that the course cuts, never the other way round.
            (Some(landfall), wanted) => {
                prop_assert!(landfall.distance_m <= wanted.unwrap_or(f64::MAX) + 0.5);
                if wanted.is_none_or(|wanted| landfall.distance_m < wanted - step_m - 0.5) {
                    prop_assert!(coast.is_land(from.moved_m(sin * (landfall.distance_m + 0.5), cos * (landfall.distance_m + 0.5)))
                        || coast.within(landfall.point, 20.0));
                }
                let (lat2, lon2): (f64, f64) =
                    Geodesic::wgs84().direct(from.lat_deg, from.lon_deg, course.deg(), landfall.distance_m);
                prop_assert!(geodesic_m(LatLon::new(lat2, lon2), landfall.point) < 35.0);
                prop_assert!(coast.within(landfall.point, 0.05));
            }
            (None, wanted) => prop_assert_eq!(wanted, None),
        }
    }
}

#[test]
fn the_fixed_plane_alone_would_be_wrong() {
    // The middle of this map is at 20 N. In its plane the shore to the east looks 39.7 km away and the one to the north 33.2;
    // in truth, at 40 N, the one to the east is nearer.
    let square = |west: f64, south: f64, side: f64| {
        json!([[[west, south], [west + side, south], [west + side, south + side], [west, south + side], [west, south]]])
    };
    let feature = |id: &str, coordinates: Value| json!({"type": "Feature", "properties": {"name": id}, "geometry": {"type": "Polygon", "coordinates": coordinates}});
    let features = [
        feature("far south", square(110.0, -0.5, 0.01)),
        feature("east", square(110.38, 39.9, 0.2)),
        feature("north", square(109.9, 40.3, 0.2)),
    ];
    let text = json!({"type": "FeatureCollection", "features": features}).to_string();
    let coast = Coast::from_geojson(&text, None).unwrap();
    let here = LatLon::new(40.0, 110.0);
    let shore = coast.nearest(here).unwrap();
    assert_eq!(shore.name, "east");
    assert!((geodesic_m(here, shore.point) - shore.distance_m).abs() < 1.0);
    assert!(shore.distance_m + 500.0 < geodesic_m(here, LatLon::new(40.3, 110.0)));
}

#[test]
fn scenario_coasts_lose_the_edges_along_which_they_were_cut() {
    let Some(shared) = crate::support::shared_dir() else { return };
    for name in ["small-1", "strait-1", "east-1", "honest-1"] {
        let folder = shared.join("scenarios").join(name);
        let scenario: Value = serde_json::from_str(&fs::read_to_string(folder.join("scenario.json")).unwrap()).unwrap();
        let bbox: Vec<f64> = scenario["bbox"].as_array().unwrap().iter().map(|side| side.as_f64().unwrap()).collect();
        let area = Bounds::from_wsen(bbox.try_into().unwrap());
        let coast = Coast::from_geojson(&fs::read_to_string(folder.join("coastline.geojson")).unwrap(), area).unwrap();
        let (shore, border) = coast.segment_counts();
        println!("{name}: {shore} shore, {border} border, {:?}", coast.warnings());
        assert!((2..30).contains(&border) && shore > 2_000, "{name}: {shore} {border}");
    }
}
