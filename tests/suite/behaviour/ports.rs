//! Ports of the first and the second line: which of them are open to a vessel follows from where it comes.

use shorewatch::alert::Alert;
use shorewatch::behaviour::{Kind, Verdict};
use shorewatch::chart::{Chart, Coast, ZoneSet};

use super::scene::{along, off_shore, play, radar_only, sends, zone};

/// Metres south of the mainland shore at which the island's north shore lies.
const ISLAND_SOUTH_M: f64 = 16_600.0;

/// The mainland to the north of the parallel of 20 N, an island from 19.6 to 19.85 N, and these zones.
fn strait(zones: &[String]) -> Chart {
    let land = |name: &str, side: &str, south: f64, north: f64| {
        format!(
            r#"{{"type":"Feature","properties":{{"name":"{name}","side":"{side}"}},"geometry":{{"type":"Polygon",
            "coordinates":[[[110.0,{south}],[111.0,{south}],[111.0,{north}],[110.0,{north}],[110.0,{south}]]]}}}}"#
        )
    };
    let lands = [land("Main shore", "mainland", 20.0, 20.5), land("Island shore", "island", 19.6, 19.85)].join(",");
    let collection = |features: &str| format!(r#"{{"type":"FeatureCollection","features":[{features}]}}"#);
    let coast = Coast::from_geojson(&collection(&lands), None).expect("the coast of the test is sound");
    assert_eq!(coast.warnings(), []);
    let zones = ZoneSet::from_geojson(&collection(&zones.join(","))).expect("the zones of the test are sound");
    Chart::new(coast, zones).expect("the chart of the test is sound")
}

/// A port at the mainland shore with these properties.
fn main_port(properties: &str) -> String {
    let port = zone("main-port", "designated_port", off_shore(0.0, 0.0), 600.0);
    port.replace(r#""kind""#, &format!(r#"{properties}"kind""#))
}

/// Lies at the island's shore for 10 min, crosses in half an hour, and lies at the mainland's for 10 min.
const CROSSING: [(i64, f64, f64); 4] =
    [(0, 0.0, ISLAND_SOUTH_M - 100.0), (600, 0.0, ISLAND_SOUTH_M - 100.0), (2_400, 0.0, 100.0), (3_200, 0.0, 100.0)];

/// Comes in from the open sea 60 km to the east, and lies at the mainland's shore for 10 min.
const FROM_SEA: [(i64, f64, f64); 3] = [(0, 112_000.0, 8_000.0), (9_000, 0.0, 100.0), (9_800, 0.0, 100.0)];

fn landing(alerts: &[Alert]) -> Option<&Alert> {
    alerts
        .iter()
        .find(|alert| alert.kind == Kind::Unloading && alert.start.seconds_since(super::scene::at(0)) > 2_000.0)
}

/// What an alert says of the ports.
fn of_ports(alert: &Alert) -> &str {
    let cause =
        alert.honest_causes.iter().find(|cause| cause.code == "designated_port").expect("it tells of the ports");
    assert_eq!(cause.verdict, Verdict::RuledOut);
    assert!(!cause.sentence_zh.is_empty());
    &cause.sentence_en
}

#[test]
fn what_crosses_from_the_island_is_judged_by_second_line_ports() {
    let scene = [along(1, &CROSSING, sends(412_000_001, 70))];
    for open in ["", r#""line":"both","#, r#""line":"second","#] {
        assert_eq!(landing(&play(&strait(&[main_port(open)]), &scene, 3_200)), None, "{open}");
    }
    let alerts = play(&strait(&[main_port(r#""line":"first","#)]), &scene, 3_200);
    let words = of_ports(landing(&alerts).expect("a first-line port is no place for it"));
    assert!(words.contains("from the island to the mainland side: second-line ports"), "{words}");
    assert!(words.ends_with("and main-port is none."), "{words}");
}

#[test]
fn what_comes_from_abroad_is_judged_by_first_line_ports() {
    let foreign = [along(1, &FROM_SEA, sends(574_000_001, 70))];
    for open in ["", r#""line":"both","#, r#""line":"first","#] {
        assert_eq!(landing(&play(&strait(&[main_port(open)]), &foreign, 9_800)), None, "{open}");
    }
    let second = strait(&[main_port(r#""line":"second","#)]);
    let alerts = play(&second, &foreign, 9_800);
    let words = of_ports(landing(&alerts).expect("a second-line port is no place for it"));
    assert!(words.contains("comes from abroad: first-line ports"), "{words}");
    // Who it is, nobody knows: it comes from abroad for all that is known. A ship of the home flag may be a coaster.
    assert!(landing(&play(&second, &[along(1, &FROM_SEA, radar_only)], 9_800)).is_some());
    assert_eq!(landing(&play(&second, &[along(1, &FROM_SEA, sends(412_000_001, 70))], 9_800)), None);
}

#[test]
fn a_vessel_of_unknown_origin_may_use_any_port() {
    let path = [(0, 5_000.0, 6_000.0), (900, 0.0, 100.0), (3_200, 0.0, 100.0)];
    for line in ["first", "second"] {
        let chart = strait(&[main_port(&format!(r#""line":"{line}","#))]);
        assert_eq!(play(&chart, &[along(1, &path, sends(574_000_001, 70))], 3_200), [], "{line}");
    }
}

#[test]
fn a_port_for_some_classes_excuses_no_others() {
    let tankers_only = strait(&[main_port(r#""vessel_classes":["tanker"],"#)]);
    let alerts = play(&tankers_only, &[along(1, &CROSSING, sends(412_000_001, 70))], 3_200);
    let words = of_ports(landing(&alerts).expect("it is no port for a cargo ship"));
    assert_eq!(words, "main-port is not open to vessels of its class (cargo).");
    assert_eq!(landing(&play(&tankers_only, &[along(1, &CROSSING, sends(412_000_001, 80))], 3_200)), None);
    // 90 says nothing of its class, and what is not known is not held against it.
    assert_eq!(landing(&play(&tankers_only, &[along(1, &CROSSING, sends(412_000_001, 90))], 3_200)), None);
}

#[test]
fn an_alert_away_from_every_port_says_which_line_would_have_been_open() {
    let far_port = zone("port", "designated_port", off_shore(30_000.0, 0.0), 600.0)
        .replace(r#""kind""#, r#""line":"second","kind""#);
    let alerts = play(&strait(&[far_port]), &[along(1, &CROSSING, sends(412_000_001, 70))], 3_200);
    let words = of_ports(landing(&alerts).expect("it lands at an open shore"));
    assert!(words.contains("second-line ports are open to it, and it is at none"), "{words}");
}
