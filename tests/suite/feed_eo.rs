//! The camera feeds of the scenarios: every sound line is a detection, every damaged one a named refusal.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::fs;

use serde_json::Value;
use shorewatch::feed::eo::{EoDecoder, OddWords};
use shorewatch::feed::sensor::{EoClaims, Sensor, SensorKind, SensorTable};
use shorewatch::feed::tally::Reason;
use shorewatch::geodesy::LatLon;
use shorewatch::units::EventTime;

#[test]
fn the_camera_files_of_every_scenario_are_read_but_for_the_lines_cut_short() {
    let Some(shared) = crate::support::shared_dir() else { return };
    let Ok(scenarios) = fs::read_dir(shared.join("scenarios")) else { return };
    let mut dirs: Vec<_> = scenarios.map(|entry| entry.unwrap().path()).filter(|dir| dir.is_dir()).collect();
    dirs.sort();
    for dir in dirs {
        let described: Value = serde_json::from_str(&fs::read_to_string(dir.join("scenario.json")).unwrap()).unwrap();
        let start = EventTime::parse_rfc3339(described["start"].as_str().unwrap()).unwrap();
        for sensor in described["sensors"].as_array().unwrap().iter().filter(|sensor| sensor["kind"] == "eo") {
            let number = |key: &str| sensor[key].as_f64().unwrap();
            let claims =
                EoClaims { max_range_m: number("max_range_m"), sigma_azimuth_deg: number("sigma_azimuth_deg") };
            let mut table = SensorTable::default();
            let camera = Sensor {
                name: sensor["id"].as_str().unwrap().into(),
                kind: SensorKind::Eo,
                position: Some(LatLon::new(number("lat"), number("lon"))),
                height_m: None,
                radar: None,
                eo: Some(claims),
                report: None,
                mount: None,
            };
            table.add(camera).unwrap();
            let path = dir.join(sensor["file"].as_str().unwrap());
            let bytes = fs::read(&path).unwrap();
            let packed = path.extension().is_some_and(|ending| ending == "zst");
            let bytes = if packed { zstd::decode_all(&bytes[..]).unwrap() } else { bytes };
            let mut decoder = EoDecoder::new(&table);
            let (mut ranges, mut hulls, mut activities, mut sound) = (0, 0, 0, 0);
            for (index, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
                // The oracle: a general JSON parser.
                sound += u64::from(serde_json::from_slice::<Value>(line).is_ok());
                let Some(report) = decoder.line(line, index as u64 + 1) else { continue };
                assert!(report.time.seconds_since(start).abs() < 86_400.0);
                ranges += u64::from(report.detection.range_m.is_some());
                hulls += u64::from(report.detection.hull_mmsi.is_some());
                activities += u64::from(report.detection.activity.is_some());
            }
            let tally = decoder.tally();
            println!(
                "{} {}: {} lines accepted, refused {:?}; {ranges} with range, {hulls} hull numbers, {activities} activities",
                dir.file_name().unwrap().to_string_lossy(),
                sensor["id"],
                tally.accepted(),
                tally.by_reason().map(|(reason, count)| (reason.as_str(), count)).collect::<Vec<_>>(),
            );
            assert_eq!(tally.accepted(), sound);
            assert_eq!(decoder.odd_words(), OddWords::default());
            assert!(tally.adds_up());
        }
    }
}
