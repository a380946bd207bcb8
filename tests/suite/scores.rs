//! Whoever adds up the weights that an alert lists gets its score: over every alert of a recorded evening, as written.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use shorewatch::behaviour::{BehaviourConfig, Family};

/// Alerts and notices of a replay of the fixture.
fn alerts() -> Vec<Value> {
    let out = tempfile::tempdir().unwrap();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/haikou-evening");
    let mut replay = Command::new(env!("CARGO_BIN_EXE_shorewatch"));
    replay.arg("replay").arg(fixture).arg("--quiet").arg("--out").arg(out.path());
    assert!(replay.status().unwrap().success());
    let text = |name: &str| fs::read_to_string(out.path().join(name)).unwrap_or_default();
    let lines = text("alerts.jsonl") + &text("notices.jsonl");
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn tenths(points: f64) -> i64 {
    (points * 10.0).round() as i64
}

#[test]
fn the_score_is_the_sum_of_the_listed_weights_after_the_cap_of_each_family() {
    let score = BehaviourConfig::default().score;
    let alerts = alerts();
    assert!(alerts.len() >= 3, "too few to show anything: {}", alerts.len());
    for alert in &alerts {
        let mut listed: BTreeMap<&str, i64> = BTreeMap::new();
        for item in alert["evidence"].as_array().unwrap() {
            let weight = tenths(item["weight"].as_f64().unwrap());
            match item["family"].as_str() {
                Some(family) => *listed.entry(family).or_default() += weight,
                None => assert_eq!(weight, 0, "{item} has points and no family"),
            }
        }
        for cause in alert["honest_causes"].as_array().unwrap() {
            *listed.entry(Family::Honest.as_str()).or_default() += tenths(cause["weight"].as_f64().unwrap());
        }
        let mut sum = 0;
        for family in Family::ALL {
            let cap = tenths(score.cap(family));
            let points = listed.get(family.as_str()).copied().unwrap_or(0);
            let points = if family == Family::Honest { points.max(-cap) } else { points.min(cap) };
            let told = alert["families"].get(family.as_str()).and_then(Value::as_f64).map_or(0, tenths);
            assert_eq!(told, points, "{} of {}", family.as_str(), alert["id"]);
            sum += points;
        }
        assert_eq!(tenths(alert["score"].as_f64().unwrap()), sum, "{}", alert["id"]);
        let cause_above_zero = |cause: &Value| cause["weight"].as_f64().unwrap() > 0.0;
        assert!(!alert["honest_causes"].as_array().unwrap().iter().any(cause_above_zero), "{}", alert["id"]);
    }
}
