//! AIS decoding against recordings: the decode that independent programs agree on, and a second decoder.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value};
use shorewatch::decode::{Summary, decode_file};

/// The recordings with the place of their expected decode.
fn recordings() -> Vec<(PathBuf, PathBuf)> {
    let Some(shared) = crate::support::shared_dir() else { return Vec::new() };
    let folder = shared.join("samples/ais");
    let mut found = Vec::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let plain = name.strip_suffix(".zst").unwrap_or(&name);
        let expected = [".expected.jsonl", ".expected.jsonl.zst"].map(|end| folder.join(format!("{plain}{end}")));
        if let Some(expected) = expected.into_iter().find(|expected| expected.exists()) {
            found.push((path, expected));
        }
    }
    found.sort();
    assert!(found.len() >= 14, "recordings in {}", folder.display());
    found
}

fn decode(recording: &Path) -> (Vec<u8>, Summary) {
    let mut out = Vec::new();
    let summary = decode_file(recording, &mut out).unwrap();
    (out, summary)
}

fn objects(json_lines: &[u8]) -> Vec<Map<String, Value>> {
    json_lines
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

fn read(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).unwrap();
    if path.extension().is_some_and(|end| end == "zst") { zstd::decode_all(&bytes[..]).unwrap() } else { bytes }
}

/// What the comparison allows a value to be off.
fn tolerance(key: &str) -> f64 {
    match key {
        "lat" | "lon" => 1.1e-6,
        "sog_knots" | "cog_deg" | "draught_m" => 0.051,
        "rot" => 0.6,
        _ => 0.0,
    }
}

fn says_nothing(key: &str, value: &Value) -> bool {
    let zero_is_nothing = key.starts_with("to_")
        || ["imo", "ship_type", "draught_m", "repeat", "mothership_mmsi", "dest_mmsi"].contains(&key);
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Number(number) => zero_is_nothing && number.as_f64() == Some(0.0),
        Value::Bool(value) => key == "own_ship" && !value,
        _ => false,
    }
}

fn agree(key: &str, got: &Value, want: &Value) -> bool {
    match (got.as_f64(), want.as_f64()) {
        (Some(got), Some(want)) => {
            (got - want).abs() <= tolerance(key).max(if key == "rot" { 0.01 * want.abs() } else { 0.0 })
        }
        _ => got == want,
    }
}

/// Every key of the expected decode, also those whose comparison is left free.
fn differences(got: &Map<String, Value>, want: &Map<String, Value>) -> Vec<String> {
    let contested = want.get("contested").and_then(Value::as_array).cloned().unwrap_or_default();
    let ours = ["station", "received", "data", "met_hydro", "area_notice"];
    let keys = got.keys().chain(want.keys()).filter(|key| !ours.contains(&key.as_str()) && *key != "contested");
    let mut found = Vec::new();
    for key in keys {
        if contested.iter().any(|name| name == key) {
            continue;
        }
        let (a, b) = (got.get(key).unwrap_or(&Value::Null), want.get(key).unwrap_or(&Value::Null));
        let both_nothing = says_nothing(key, a) && says_nothing(key, b);
        if !both_nothing && !agree(key, a, b) {
            found.push(format!("{key}: {a} for {b}"));
        }
    }
    found
}

#[test]
fn every_recording_decodes_as_independent_decoders_agree() {
    for (recording, expected) in recordings() {
        let (out, summary) = decode(&recording);
        let mut wanted: BTreeMap<(u64, u64, u64), Map<String, Value>> = BTreeMap::new();
        let identity = |object: &Map<String, Value>| {
            let number = |key: &str| object[key].as_u64().unwrap();
            (number("line"), number("type"), number("mmsi"))
        };
        for object in objects(&read(&expected)) {
            wanted.insert(identity(&object), object);
        }
        let mut faults = Vec::new();
        for got in objects(&out) {
            let is_optional = |object: &Map<String, Value>| object.get("optional") == Some(&Value::Bool(true));
            match wanted.remove(&identity(&got)) {
                None => faults.push(format!("extra {}", Value::Object(got))),
                Some(want) if is_optional(&want) => {}
                Some(want) => faults
                    .extend(differences(&got, &want).into_iter().map(|fault| format!("line {}: {fault}", got["line"]))),
            }
        }
        wanted.retain(|_, object| object.get("optional") != Some(&Value::Bool(true)));
        faults.extend(wanted.keys().map(|key| format!("missing {key:?}")));
        assert!(
            faults.is_empty(),
            "{}: {} faults\n{}",
            recording.display(),
            faults.len(),
            faults[..faults.len().min(20)].join("\n")
        );
        let tally = &summary.tally;
        assert!(tally.adds_up(), "{}: {tally:?}", recording.display());
    }
}

#[test]
fn the_comparison_tool_agrees_on_every_recording() {
    let Some(shared) = crate::support::shared_dir() else { return };
    let tool = shared.join("tools/ais_compare.py");
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("skipped: no python3");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (recording, expected) in recordings() {
        let (out, _) = decode(&recording);
        let decoded = folder.path().join("decoded.jsonl");
        fs::write(&decoded, out).unwrap();
        // The tool opens compressed files with the zstd program, which need not be there.
        let plain = folder.path().join("expected.jsonl");
        fs::write(&plain, read(&expected)).unwrap();
        let report = Command::new("python3").arg(&tool).arg("--all").arg(&decoded).arg(&plain).output().unwrap();
        let text = String::from_utf8_lossy(&report.stdout);
        assert!(report.status.success() && text.contains("AGREE"), "{}:\n{text}", recording.display());
    }
}

/// What gpsd makes of a met/hydro message, unscaled, under our names and in our units; `None` where it says "not available".
fn met_hydro_by_gpsd(told: &Value) -> Vec<(&'static str, Option<f64>)> {
    let value = |key: &str, range: std::ops::Range<i64>, scale: f64| {
        told[key].as_i64().filter(|value| range.contains(value)).map(|value| value as f64 * scale)
    };
    let direction = |key: &str| value(key, 0..360, 1.0);
    vec![
        ("lat", value("lat", -5_400_000..5_400_001, 1.0 / 60_000.0)),
        ("lon", value("lon", -10_800_000..10_800_001, 1.0 / 60_000.0)),
        ("wind_kn", value("wspeed", 0..127, 1.0)),
        ("gust_kn", value("wgust", 0..127, 1.0)),
        ("wind_from_deg", direction("wdir")),
        ("gust_from_deg", direction("wgustdir")),
        ("air_c", value("airtemp", -600..601, 0.1)),
        ("humidity_pct", value("humidity", 0..101, 1.0)),
        ("dew_point_c", value("dewpoint", -200..501, 0.1)),
        ("pressure_hpa", value("pressure", 0..403, 1.0).map(|steps| steps + 799.0)),
        ("visibility_nm", value("visibility", 0..127, 0.1)),
        ("water_level_m", value("waterlevel", 0..4001, 0.01).map(|level| level - 10.0)),
        ("wave_m", value("waveheight", 0..252, 0.1)),
        ("wave_period_s", value("waveperiod", 0..61, 1.0)),
        ("wave_from_deg", direction("wavedir")),
        ("swell_m", value("swellheight", 0..252, 0.1)),
        ("sea_state", value("seastate", 0..13, 1.0)),
        ("water_c", value("watertemp", -100..501, 0.1)),
    ]
}

#[test]
fn weather_and_water_are_what_gpsd_makes_of_them() {
    let Some(shared) = crate::support::shared_dir() else { return };
    let recording = shared.join("samples/ais/gpsd_sample.aivdm");
    let (out, _) = decode(&recording);
    let ours: Vec<_> = objects(&out).into_iter().filter(|message| message.contains_key("met_hydro")).collect();
    let told = fs::read_to_string(shared.join("samples/ais/gpsd_sample.aivdm.ju.chk")).unwrap();
    let told = told.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let told: Vec<Value> = told.filter(|told| told["dac"] == 1 && told["fid"] == 31).collect();
    let told: Vec<Value> = told.into_iter().filter(|told| told.get("wspeed").is_some()).collect();
    assert!(!ours.is_empty() && ours.len() == told.len(), "{} for {}", ours.len(), told.len());
    for (ours, told) in ours.iter().zip(&told) {
        assert_eq!(ours["mmsi"], told["mmsi"]);
        for (key, wanted) in met_hydro_by_gpsd(told) {
            let got = ours["met_hydro"].get(key).and_then(Value::as_f64);
            let agree = match (got, wanted) {
                (Some(got), Some(wanted)) => (got - wanted).abs() < 1e-6,
                (got, wanted) => got == wanted,
            };
            assert!(agree, "{key}: {got:?} for {wanted:?} in {told}");
        }
        assert_eq!(ours["met_hydro"].get("day_time"), Some(&told["timestamp"]), "{told}");
    }
}
