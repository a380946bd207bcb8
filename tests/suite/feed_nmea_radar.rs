//! Radars that speak NMEA 0183, against the sentences and expected decodes of `samples/nmea-radar`.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::fs;
use std::path::Path;

use serde_json::Value;
use shorewatch::feed::nmea::{Piece, pieces};
use shorewatch::feed::nmea_radar::{
    AngleFrom, NmeaRadarDecoder, RadarSentence, TargetStatus, Tll, TtdTarget, Ttm, read_sentence,
};
use shorewatch::feed::observation::{Content, RadarPlot};
use shorewatch::feed::sensor::{RadarClaims, Sensor, SensorKind, SensorTable};
use shorewatch::geodesy::{LatLon, distance_m, polar_to_position};
use shorewatch::units::{Bearing, EventTime, METRES_PER_NAUTICAL_MILE, MPS_PER_KNOT};

fn json_lines(path: &Path) -> Vec<Value> {
    fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn decoder(station: LatLon) -> NmeaRadarDecoder {
    let claims =
        RadarClaims { sac: 0, sic: 0, max_range_m: 60_000.0, scan_s: 2.5, sigma_range_m: 20.0, sigma_azimuth_deg: 0.3 };
    let mut sensors = SensorTable::default();
    let sensor = Sensor {
        name: "radar".into(),
        kind: SensorKind::Radar,
        position: Some(station),
        height_m: None,
        radar: Some(claims),
        eo: None,
        report: None,
        mount: None,
    };
    let id = sensors.add(sensor).unwrap();
    NmeaRadarDecoder::new(id, &sensors)
}

/// The sentence of a line, read.
fn sentence(line: &str) -> RadarSentence {
    let found: Vec<_> = pieces(line.as_bytes()).collect();
    let [Piece::Sentence(framed)] = found[..] else { panic!("{line}: {found:?}") };
    read_sentence(framed.body).unwrap_or_else(|why| panic!("{line}: {why:?}")).expect(line)
}

fn status(word: &Value) -> TargetStatus {
    match word.as_str().unwrap() {
        "lost" => TargetStatus::Lost,
        "acquiring" => TargetStatus::Acquiring,
        "tracking" => TargetStatus::Tracking,
        other => panic!("{other}"),
    }
}

fn place(of: &Value) -> LatLon {
    LatLon::new(of["lat"].as_f64().unwrap(), of["lon"].as_f64().unwrap())
}

fn check_ttm(ttm: &Ttm, wanted: &Value, heading_deg: f64, station: LatLon) {
    let number = |key: &str| wanted[key].as_f64().unwrap();
    assert_eq!(f64::from(ttm.number), number("num"), "{wanted}");
    assert_eq!(ttm.status, status(&wanted["status"]), "{wanted}");
    // The expected values are rounded to four decimals of a mile.
    assert!((ttm.distance_m.value / METRES_PER_NAUTICAL_MILE - number("dist_nm")).abs() < 1e-4, "{wanted}");
    let from_bow = if ttm.bearing_from == AngleFrom::Bow { heading_deg } else { 0.0 };
    let azimuth = Bearing::from_deg(ttm.bearing_deg.value + from_bow);
    assert!(azimuth.turn_from_deg(Bearing::from_deg(number("true_brg"))).abs() < 1e-6, "{wanted}");
    assert!((ttm.speed_mps.unwrap() / MPS_PER_KNOT - number("sog_kn")).abs() < 1e-3, "{wanted}");
    assert_eq!(ttm.course_deg, wanted["cog"].as_f64(), "{wanted}");
    assert_eq!(ttm.name.as_deref(), wanted["name"].as_str(), "{wanted}");
    let off_m = distance_m(polar_to_position(station, azimuth, ttm.distance_m.value), place(wanted));
    assert!(off_m < 2.0, "{off_m} m off: {wanted}");
}

fn check_tll(tll: &Tll, wanted: &Value) {
    assert_eq!(tll.number.map(u64::from), wanted["num"].as_u64(), "{wanted}");
    assert_eq!(tll.status, status(&wanted["status"]), "{wanted}");
    let off_m = distance_m(tll.position, place(wanted));
    assert!(off_m < 0.2, "{off_m} m off: {wanted}");
}

fn check_ttd(target: &TtdTarget, wanted: &Value, station: LatLon) {
    let number = |key: &str| wanted[key].as_f64().unwrap();
    assert_eq!(f64::from(target.number), number("num"), "{wanted}");
    assert_eq!(target.status, status(&wanted["status"]), "{wanted}");
    assert_eq!(target.heading_deg, wanted["heading"].as_f64(), "{wanted}");
    let near = |value: f64, key: &str, step: f64| assert!((value - number(key)).abs() < step, "{key}: {wanted}");
    near(target.bearing_deg, "true_brg", 1e-6);
    near(target.course_deg, "cog", 1e-6);
    near(target.speed_mps / MPS_PER_KNOT, "sog_kn", 1e-6);
    near(target.distance_m / METRES_PER_NAUTICAL_MILE, "dist_nm", 1e-6);
    let off_m =
        distance_m(polar_to_position(station, Bearing::from_deg(target.bearing_deg), target.distance_m), place(wanted));
    assert!(off_m < 2.0, "{off_m} m off: {wanted}");
}

#[test]
fn every_sentence_of_the_scenes_equals_its_expected_decode() {
    let Some(shared) = crate::support::shared_dir() else { return };
    for scene in ["haikou_station", "yangpu_station_variants"] {
        let lines = json_lines(&shared.join(format!("samples/nmea-radar/{scene}.jsonl")));
        let station = LatLon::new(lines[0]["station_lat"].as_f64().unwrap(), lines[0]["station_lon"].as_f64().unwrap());
        let (mut heading_deg, mut counts) = (0.0, [0; 5]);
        for line in &lines[1..] {
            let wanted = &line["expect"];
            match sentence(line["line"].as_str().unwrap()) {
                RadarSentence::Ttm(ttm) => {
                    check_ttm(&ttm, wanted, heading_deg, station);
                    counts[0] += 1;
                }
                RadarSentence::Tll(tll) => {
                    check_tll(&tll, wanted);
                    counts[1] += 1;
                }
                RadarSentence::Ttd(ttd) => {
                    let targets = wanted["targets"].as_array().unwrap();
                    assert_eq!(ttd.targets.len(), targets.len());
                    ttd.targets.iter().zip(targets).for_each(|(target, wanted)| check_ttd(target, wanted, station));
                    counts[2] += 1;
                }
                RadarSentence::Osd(osd) => {
                    assert_eq!(osd.heading_deg, wanted["heading"].as_f64());
                    heading_deg = osd.heading_deg.unwrap();
                    counts[3] += 1;
                }
                RadarSentence::Rsd(rsd) => {
                    assert_eq!(rsd.range_scale_m, wanted["range_scale_nm"].as_f64().map(|nm| nm * 1852.0));
                    counts[4] += 1;
                }
                RadarSentence::Vhw(_) => panic!("there is none: {line}"),
            }
        }
        println!("{scene}: TTM, TLL, TTD, OSD, RSD: {counts:?}");
        assert_eq!(counts, [70, 30, 20, 10, 10], "{scene}");
    }
}

#[test]
fn the_whole_feed_gives_each_target_once_a_turn_where_it_is() {
    let Some(shared) = crate::support::shared_dir() else { return };
    for scene in ["haikou_station", "yangpu_station_variants"] {
        let lines = json_lines(&shared.join(format!("samples/nmea-radar/{scene}.jsonl")));
        let station = LatLon::new(lines[0]["station_lat"].as_f64().unwrap(), lines[0]["station_lon"].as_f64().unwrap());
        let mut decoder = decoder(station);
        let midnight = EventTime::parse_rfc3339("2026-04-17T00:00:00Z").unwrap();
        let mut plots = 0;
        for (line, number) in lines[1..].iter().zip(1..) {
            let received = midnight.plus_seconds(line["t"].as_f64().unwrap());
            let wanted = &line["expect"];
            decoder.push_line(line["line"].as_str().unwrap().as_bytes(), number, received, &mut |time, content| {
                let Content::RadarPlot(plot) = content else { panic!("{content:?}") };
                assert_eq!(wanted["type"], "TTM", "TTM tells each target, so no other sentence does");
                check_given(&plot, wanted, station);
                if wanted["time"].is_string() {
                    assert!(time.unwrap().millis_since(received).abs() <= 60, "{line}");
                }
                plots += 1;
            });
        }
        let tally = decoder.tally();
        println!("{scene}: {plots} plots, {:?}, {:?}", decoder.passed_over(), tally.by_reason().collect::<Vec<_>>());
        assert_eq!(plots, 70);
        assert!(tally.adds_up() && tally.refused_total() == 0);
    }
}

fn check_given(plot: &RadarPlot, wanted: &Value, station: LatLon) {
    let at = polar_to_position(station, Bearing::from_deg(plot.azimuth_deg), plot.range_m);
    assert!(distance_m(at, place(wanted)) < 2.0, "{wanted}");
    assert_eq!(plot.track_ended, wanted["status"] == "lost");
    // A tenth of a degree, evenly.
    assert!(plot.rounding.azimuth_deg >= 0.1 / 12.0_f64.sqrt() - 1e-12, "{:?}", plot.rounding);
}

#[test]
fn every_damaged_line_is_refused_by_name() {
    let Some(shared) = crate::support::shared_dir() else { return };
    for scene in ["haikou_station", "yangpu_station_variants"] {
        for damaged in json_lines(&shared.join(format!("samples/nmea-radar/{scene}_damaged.jsonl"))) {
            let line = damaged["line"].as_str().unwrap();
            let mut decoder = decoder(LatLon::new(20.05, 110.33));
            let received = EventTime::parse_rfc3339("2026-04-17T10:00:00Z").unwrap();
            decoder.push_line(line.as_bytes(), 1, received, &mut |_, _| {});
            let reasons: Vec<_> = decoder.tally().by_reason().collect();
            println!("{}: {reasons:?}", damaged["kind"]);
            assert!(!reasons.is_empty() && decoder.tally().adds_up(), "{damaged}");
        }
    }
}

#[test]
fn the_lines_of_public_test_suites_are_read() {
    let Some(shared) = crate::support::shared_dir() else { return };
    let mut read = 0;
    for line in json_lines(&shared.join("samples/nmea-radar/public_lines.jsonl")) {
        let text = line["line"].as_str().unwrap();
        let wanted = &line["expect"];
        let found: Vec<_> = pieces(text.as_bytes()).collect();
        let [Piece::Sentence(framed)] = found[..] else { panic!("{text}") };
        let number = |key: &str| wanted[key].as_str().and_then(|text| text.parse::<f64>().ok());
        match read_sentence(framed.body).unwrap_or_else(|why| panic!("{text}: {why:?}")) {
            Some(RadarSentence::Ttm(ttm)) => {
                assert_eq!(Some(f64::from(ttm.number)), number("target_number"), "{text}");
                assert!((ttm.distance_m.value / 1852.0 - number("distance").unwrap()).abs() < 1e-9, "{text}");
                assert_eq!(Some(ttm.bearing_deg.value), number("bearing"), "{text}");
                assert_eq!(ttm.course_deg, number("cog"), "{text}");
            }
            Some(RadarSentence::Tll(tll)) => {
                let there = LatLon::new(wanted["latitude"].as_f64().unwrap(), wanted["longitude"].as_f64().unwrap());
                assert!(distance_m(tll.position, there) < 0.2, "{text}");
            }
            Some(RadarSentence::Ttd(ttd)) => {
                assert_eq!(ttd.targets[0].bearing_deg, wanted["true_brg"].as_f64().unwrap(), "{text}");
            }
            Some(RadarSentence::Osd(osd)) => assert_eq!(osd.heading_deg, number("heading"), "{text}"),
            Some(_) => {}
            // TLB: labels of targets.
            None => assert!(text.contains("TLB"), "{text}"),
        }
        read += 1;
    }
    assert_eq!(read, 19);
}
