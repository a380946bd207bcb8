//! Chart files that must be refused, with the feature, the reason and what to do; and those that must be taken.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use serde_json::{Value, json};
use shorewatch::chart::{Bounds, Chart, Coast, PortLine, Side, ZoneKind, ZoneSet};
use shorewatch::geodesy::LatLon;
use shorewatch::units::{EventTime, VesselClass};

fn square(west: f64, south: f64, side: f64) -> Value {
    json!([[west, south], [west + side, south], [west + side, south + side], [west, south + side], [west, south]])
}

fn zone(id: &str, coordinates: Value) -> Value {
    json!({"type": "Feature", "properties": {"id": id, "name": id, "kind": "anchorage"},
           "geometry": {"type": "Polygon", "coordinates": coordinates}})
}

fn collection(features: &[Value]) -> String {
    json!({"type": "FeatureCollection", "features": features}).to_string()
}

fn with(mut feature: Value, pointer: &str, value: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    feature.pointer_mut(parent).unwrap()[key] = value;
    feature
}

/// The refusal of a set of one sound zone and then `feature`.
fn refusal(feature: Value) -> String {
    let good = zone("good", json!([square(110.0, 20.5, 0.1)]));
    ZoneSet::from_geojson(&collection(&[good, feature])).expect_err("must be refused").to_string()
}

fn ring(points: &[[f64; 2]]) -> Value {
    json!([points])
}

#[test]
fn a_bad_ring_is_refused_with_its_feature_and_reason() {
    let cases = [
        (ring(&[[110.0, 20.0], [110.1, 20.0], [110.1, 20.1], [110.0, 20.1]]), "is not closed"),
        (ring(&[[110.0, 20.0], [110.1, 20.0], [110.0, 20.0]]), "of 3 points encloses nothing"),
        (ring(&[[110.0, 20.0], [110.1, 20.0], [110.1, 20.0], [110.0, 20.0]]), "encloses nothing"),
        (ring(&[[110.0, 20.0], [110.1, 20.0], [110.2, 20.0], [110.0, 20.0]]), "encloses nothing"),
        (
            ring(&[[110.0, 20.0], [110.1, 20.1], [110.1, 20.0], [110.0, 20.2], [110.0, 20.0]]),
            "crosses or touches itself",
        ),
        (
            // A spike: out to 110.2 and back.
            ring(&[[110.0, 20.0], [110.1, 20.0], [110.2, 20.0], [110.1, 20.0], [110.1, 20.1], [110.0, 20.0]]),
            "crosses or touches itself",
        ),
        (ring(&[[20.0, 110.0], [20.0, 110.1], [20.1, 110.1], [20.0, 110.0]]), "look exchanged"),
        (ring(&[[200.0, 20.0], [200.1, 20.0], [200.1, 20.1], [200.0, 20.0]]), "outside the world"),
        (ring(&[[179.9, 20.0], [-179.9, 20.0], [-179.9, 20.1], [179.9, 20.0]]), "over the antimeridian; cut it"),
        (json!([[[110.0, 20.0], [110.1, null], [110.1, 20.1], [110.0, 20.0]]]), "outer ring, point 1 is not a pair"),
        (json!([[[110.0, 20.0], [110.1], [110.1, 20.1], [110.0, 20.0]]]), "outer ring, point 1 is not a pair"),
        (json!([square(110.0, 20.0, 0.1), square(110.2, 20.2, 0.05)]), "hole 1 lies outside"),
        (json!([square(110.0, 20.0, 0.1), square(110.05, 20.05, 0.1)]), "outer ring and hole 1 cross"),
        (
            json!([square(110.0, 20.0, 0.1), square(110.02, 20.02, 0.06), square(110.03, 20.03, 0.02)]),
            "hole 2 lies in hole 1",
        ),
        (json!([]), "without a ring"),
    ];
    for (coordinates, wanted) in cases {
        let text = refusal(zone("bad", coordinates));
        assert!(text.contains("feature 1 (bad)") && text.contains(wanted), "{wanted}: {text}");
    }
}

#[test]
fn bad_properties_are_refused_with_what_to_do() {
    let sound = || zone("bad", json!([square(110.0, 20.0, 0.1)]));
    let cases = [
        (with(sound(), "/properties/kind", json!("port")), "kind \"port\" is not known; use one of designated_port"),
        (with(sound(), "/properties/kind", json!(7)), "kind 7 is not known"),
        (with(sound(), "/properties", json!({"id": "bad"})), "property `kind` is missing"),
        (with(sound(), "/properties/id", json!("good")), "id good is used twice"),
        (with(sound(), "/properties/line", json!("third")), "give first, second or both"),
        (with(sound(), "/properties/valid_from", json!("2026-13-01")), "give RFC 3339"),
        (with(sound(), "/properties/side", json!("north")), "give island, mainland or abroad"),
        (with(sound(), "/properties/vessel_classes", json!(["submarine"])), "give a list of cargo, tanker"),
        (with(sound(), "/properties/vessel_classes", json!("cargo")), "give a list of cargo, tanker"),
        (with(sound(), "/properties/version", json!(-1)), "give a whole number"),
        (with(sound(), "/properties/datum", json!("GCJ-02")), "convert the file to WGS 84 first"),
        (with(sound(), "/properties/crs", json!("EPSG:3857")), "not known"),
        (with(sound(), "/geometry/type", json!("LineString")), "geometry is a LineString; give a Polygon"),
        (with(sound(), "/geometry", json!(null)), "geometry is missing"),
    ];
    for (feature, wanted) in cases {
        let text = refusal(feature);
        assert!(text.contains("feature 1") && text.contains(wanted), "{wanted}: {text}");
    }
    let never = with(sound(), "/properties/valid_from", json!("2026-02-01T00:00:00Z"));
    let never = with(never, "/properties/valid_to", json!("2026-01-01T00:00:00Z"));
    assert!(refusal(never).contains("never in force"));
    let nameless = with(sound(), "/properties", json!({"kind": "farm"}));
    assert!(refusal(nameless).contains("it has no id"));
}

#[test]
fn a_file_that_is_no_collection_is_refused_with_its_place() {
    let refused = |text: &str| ZoneSet::from_geojson(text).expect_err("must be refused").to_string();
    assert!(refused("").contains("line 1"));
    assert!(refused("[]").contains("give a FeatureCollection"));
    assert!(refused("{\"type\":\"Feature\"}").contains("its type is \"Feature\""));
    assert!(refused("{\"type\":\"FeatureCollection\"}").contains("no array `features`"));
    let good = zone("good", json!([square(110.0, 20.5, 0.1)]));
    let nan = collection(&[good.clone(), good]).replacen("110.1", "NaN", 6);
    let nan = nan.rsplit_once("NaN").map(|(head, tail)| format!("{}NaN{tail}", head.replace("NaN", "110.1"))).unwrap();
    assert!(refused(&nan).contains("in feature 1"), "{}", refused(&nan));
    let crs = r#"{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"GCJ02"}},"features":[]}"#;
    assert!(refused(crs).contains("GCJ-02 lies 400 to 600 m off"));
}

#[test]
fn all_bad_features_are_listed_up_to_twenty() {
    let features: Vec<Value> = (0..30).map(|n| zone(&format!("z{n}"), json!([[[0.0, 0.0]]]))).collect();
    let text = ZoneSet::from_geojson(&collection(&features)).unwrap_err().to_string();
    assert!(text.starts_with("zones refused, 30 of its features are not usable"), "{text}");
    assert!(text.contains("feature 19 (z19)") && text.contains("and 10 more") && !text.contains("z20"), "{text}");
}

#[test]
fn a_zone_whose_mirror_image_lies_by_the_coast_has_its_axes_crossed() {
    // Both numbers are possible latitudes here: only the coast tells.
    let coast = Coast::from_geojson(&collection(&[zone("land", json!([square(60.0, 20.0, 1.0)]))]), None).unwrap();
    let zones = ZoneSet::from_geojson(&collection(&[zone("swapped", json!([square(20.5, 60.5, 0.1)]))])).unwrap();
    let text = Chart::new(coast, zones).expect_err("must be refused").to_string();
    assert!(text.contains("feature 0 (swapped)") && text.contains("look exchanged"), "{text}");
}

#[test]
fn a_port_far_from_any_shore_and_a_zone_far_from_the_chart_are_taken_with_a_warning() {
    let coast = || Coast::from_geojson(&collection(&[zone("land", json!([square(110.0, 20.0, 0.2)]))]), None).unwrap();
    let port = |west: f64| {
        with(zone("port", json!([square(west, 20.05, 0.01)])), "/properties/kind", json!("designated_port"))
    };
    let warnings = |feature: Value| {
        let chart = Chart::new(coast(), ZoneSet::from_geojson(&collection(&[feature])).unwrap()).unwrap();
        chart.warnings().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(warnings(port(110.2)), Vec::<String>::new());
    assert!(warnings(port(110.27))[0].contains("at sea, 7.3 km"), "{:?}", warnings(port(110.27)));
    assert!(warnings(port(110.095))[0].contains("inland"));
    assert!(warnings(zone("elsewhere", json!([square(10.0, 50.0, 0.1)])))[0].contains("far from the coastline"));
}

#[test]
fn a_coast_with_a_crossing_ring_is_taken_with_a_warning_but_an_open_one_is_not() {
    let bow = ring(&[[110.0, 20.0], [110.1, 20.1], [110.1, 20.0], [110.0, 20.2], [110.0, 20.0]]);
    let coast = Coast::from_geojson(&collection(&[zone("bow", bow)]), None).unwrap();
    assert_eq!(coast.warnings().len(), 1);
    let open = ring(&[[110.0, 20.0], [110.1, 20.0], [110.1, 20.1], [110.0, 20.1]]);
    let text = Coast::from_geojson(&collection(&[zone("open", open)]), None).unwrap_err().to_string();
    assert!(text.contains("coastline refused") && text.contains("feature 0 (open)"), "{text}");
}

#[test]
fn zones_keep_their_properties_and_are_in_force_only_in_their_time() {
    let summer = with(
        zone("ban", json!([square(110.0, 20.0, 0.1)])),
        "/properties/valid_from",
        json!("2026-05-01T12:00:00+08:00"),
    );
    let summer = with(summer, "/properties/valid_to", json!("2026-08-16T12:00:00+08:00"));
    let summer = with(summer, "/properties/kind", json!("restricted"));
    let summer = with(summer, "/properties/name_zh", json!("休渔区"));
    let summer = with(summer, "/properties/line", json!("both"));
    let text = json!({"type": "FeatureCollection", "version": 7, "features": [summer]}).to_string();
    let zones = ZoneSet::from_geojson(&text).unwrap();
    let ban = zones.by_id("ban").unwrap();
    assert_eq!((ban.kind, ban.version, ban.name_zh.as_deref()), (ZoneKind::Restricted, 7, Some("休渔区")));
    let inside = LatLon::new(20.05, 110.05);
    let hits = |at: &str| zones.containing(inside, EventTime::parse_rfc3339(at).unwrap()).len();
    assert_eq!(hits("2026-05-01T03:59:59.999Z"), 0);
    assert_eq!(hits("2026-05-01T04:00:00Z"), 1);
    assert_eq!(hits("2026-08-16T03:59:59.999Z"), 1);
    assert_eq!(hits("2026-08-16T04:00:00Z"), 0);
    let near = zones.within(inside, 100.0, EventTime::parse_rfc3339("2026-09-01T00:00:00Z").unwrap());
    assert!(near.is_empty());
}

#[test]
fn holes_and_parts_of_a_multipolygon_are_respected() {
    let parts = json!([[square(110.0, 20.0, 0.1), square(110.04, 20.04, 0.02)], [square(110.2, 20.0, 0.1)]]);
    let multi =
        with(with(zone("multi", json!([])), "/geometry/type", json!("MultiPolygon")), "/geometry/coordinates", parts);
    let text = collection(&[multi]);
    let zones = ZoneSet::from_geojson(&text).unwrap();
    let coast = Coast::from_geojson(&text, None).unwrap();
    let cases = [(110.02, 20.02, true), (110.05, 20.05, false), (110.25, 20.05, true), (110.15, 20.05, false)];
    for (lon, lat, inside) in cases {
        let here = LatLon::new(lat, lon);
        assert_eq!(zones.containing(here, EventTime::default()).len(), usize::from(inside), "{lon} {lat}");
        assert_eq!(coast.is_land(here), inside, "{lon} {lat}");
    }
    // In the middle of the hole the nearest shore, and the nearest edge of the zone, is the hole's: 0.01 degrees away.
    let middle = LatLon::new(20.05, 110.05);
    let shore = coast.nearest(middle).unwrap();
    assert!((shore.distance_m - 1_045.0).abs() < 2.0, "{shore:?}");
    assert!((zones.zones()[0].signed_distance_m(middle) - shore.distance_m).abs() < 1e-6);
    assert_eq!(coast.lands().len(), 2);
}

#[test]
fn the_edges_of_the_map_are_no_shore_but_close_the_land() {
    let land = || with(zone("land", json!([square(110.0, 20.0, 1.0)])), "/properties/clipped", json!(true));
    let boxed = |bbox: Value, feature: Value| {
        let text = json!({"type": "FeatureCollection", "bbox": bbox, "features": [feature]}).to_string();
        Coast::from_geojson(&text, None).unwrap()
    };
    // The map ends at the land's western and northern side.
    let coast = boxed(json!([110.0, 19.0, 112.0, 21.0]), land());
    assert_eq!(coast.segment_counts(), (2, 2));
    let by_the_western_side = LatLon::new(20.5, 110.1);
    assert!(coast.is_land(by_the_western_side));
    assert_eq!(coast.nearest(by_the_western_side), None);
    let east_of_it = coast.nearest(LatLon::new(20.5, 111.1)).unwrap();
    assert_eq!((east_of_it.point.lon_deg, east_of_it.name), (111.0, "land"));
    // A feature that says it was not cut keeps all its edges, and so does a file that says nothing.
    let whole = with(land(), "/properties/clipped", json!(false));
    assert_eq!(boxed(json!([110.0, 19.0, 112.0, 21.0]), whole).segment_counts(), (4, 0));
    let silent = collection(&[zone("land", json!([square(110.0, 20.0, 1.0)]))]);
    assert_eq!(Coast::from_geojson(&silent, None).unwrap().segment_counts(), (4, 0));
    // ... unless the caller knows the area that it was cut for: the sides outside it are cuts.
    let area = Bounds::from_wsen([110.1, 19.0, 112.0, 20.9]);
    assert_eq!(Coast::from_geojson(&silent, area).unwrap().segment_counts(), (2, 2));
}

#[test]
fn a_chart_of_the_open_sea_is_taken_with_warnings() {
    let coast = Coast::from_geojson(&collection(&[]), Bounds::from_wsen([114.0, 10.0, 115.0, 11.0])).unwrap();
    let here = LatLon::new(10.5, 114.5);
    assert!(coast.nearest(here).is_none() && !coast.is_land(here) && !coast.within(here, 1_000.0));
    let chart = Chart::new(coast, ZoneSet::from_geojson(&collection(&[])).unwrap()).unwrap();
    assert_eq!(chart.warnings().len(), 2);
    assert_eq!(chart.nearest_named_place(here), None);
}

proptest! {
    #[test]
    fn damaged_text_is_refused_or_read_and_what_is_read_answers(
        cut in 0_usize..700, changes in prop::collection::vec((0_usize..700, 0_u8..128), 0..4), numbers in prop::collection::vec(-400.0..400.0_f64, 24),
    ) {
        let points: Vec<[f64; 2]> = numbers.chunks(2).map(|pair| [pair[0], pair[1] / 4.0]).collect();
        let closed: Vec<[f64; 2]> = points.iter().chain(points.first()).copied().collect();
        let sound = json!([square(110.0, 20.0, 0.1), square(110.04, 20.04, 0.02)]);
        let features = [zone("a", sound), zone("b", json!([closed]))];
        for text in [collection(&features), collection(&features[..1])] {
            let mut bytes = text.into_bytes();
            for (place, byte) in &changes {
                if let Some(old) = bytes.get_mut(*place) {
                    *old = *byte;
                }
            }
            bytes.truncate(bytes.len().saturating_sub(if cut > 350 { cut } else { 0 }));
            let text = String::from_utf8_lossy(&bytes);
            let here = LatLon::new(20.01, 110.01);
            match ZoneSet::from_geojson(&text) {
                Ok(zones) => {
                    prop_assert!(zones.within(here, 1e5, EventTime::default()).iter().all(|(_, metres)| metres.is_finite()));
                }
                Err(error) => prop_assert!(!error.to_string().is_empty()),
            }
            if let Ok(coast) = Coast::from_geojson(&text, None) {
                prop_assert!(coast.nearest(here).is_none_or(|shore| shore.distance_m.is_finite()));
            }
        }
    }
}

#[test]
fn a_zone_says_which_line_of_ports_side_and_classes_it_is_for() {
    let plain = zone("plain", json!([square(110.0, 20.5, 0.1)]));
    let mut port = zone("port", json!([square(110.5, 20.5, 0.1)]));
    port["properties"]["line"] = json!("second");
    port["properties"]["side"] = json!("mainland");
    port["properties"]["vessel_classes"] = json!(["cargo", "high_speed"]);
    let zones = ZoneSet::from_geojson(&collection(&[plain.clone(), port])).unwrap();
    let port = zones.by_id("port").unwrap();
    assert_eq!((port.line, port.side), (Some(PortLine::Second), Some(Side::Mainland)));
    assert_eq!(port.vessel_classes, [VesselClass::Cargo, VesselClass::HighSpeed]);
    assert!(zones.tells_vessels_apart());
    let zones = ZoneSet::from_geojson(&collection(&[plain])).unwrap();
    let plain = zones.by_id("plain").unwrap();
    assert_eq!((plain.line, plain.side, plain.vessel_classes.len()), (None, None, 0));
    assert!(!zones.tells_vessels_apart(), "a file that says nothing changes nothing");
}

#[test]
fn a_shore_on_no_known_side_is_taken_with_a_warning() {
    let mut land = zone("island", json!([square(110.0, 19.5, 0.5)]));
    land["properties"]["side"] = json!("island");
    let coast = Coast::from_geojson(&collection(&[land.clone()]), None).unwrap();
    assert_eq!((coast.lands()[0].side, coast.warnings().len()), (Some(Side::Island), 0));
    land["properties"]["side"] = json!("north");
    let coast = Coast::from_geojson(&collection(&[land]), None).unwrap();
    assert_eq!(coast.lands()[0].side, None);
    assert!(coast.warnings()[0].text.contains("give island, mainland or abroad"), "{:?}", coast.warnings());
}
