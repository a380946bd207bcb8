//! Detections of a camera by plain HTTP, handed to a real server.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;

use crate::support::process::Process;
use serde_json::{Value, json};
use shorewatch::serve::clock;
use ureq::http::StatusCode;

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).build().into()
}

fn post_as(server: &Process, feed: &str, content_type: &str, body: &str) -> (StatusCode, Value) {
    let url = format!("http://{}/v1/feeds/{feed}/detections", server.address);
    let mut answer = agent().post(&url).header("content-type", content_type).send(body).unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    (answer.status(), serde_json::from_str(&text).unwrap_or(Value::Null))
}

fn post(server: &Process, feed: &str, body: &Value) -> (StatusCode, Value) {
    post_as(server, feed, "application/json", &body.to_string())
}

fn last_sequence(server: &Process, feed: &str) -> Value {
    let url = format!("http://{}/v1/feeds/{feed}", server.address);
    let text = agent().get(&url).call().unwrap().body_mut().read_to_string().unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["last_sequence"].clone()
}

fn detection(azimuth_deg: f64) -> Value {
    json!({ "time": clock::now().to_string(), "sensor": "eo1", "azimuth_deg": azimuth_deg, "class": "fishing", "class_confidence": 0.8 })
}

fn started(folder: &Path) -> Process {
    let server = Process::start(folder, "127.0.0.1:0");
    server.wait_ready();
    server
}

#[test]
fn a_batch_is_taken_once_and_is_still_known_after_the_server_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let server = started(folder.path());
    assert_eq!(last_sequence(&server, "eo1"), Value::Null);
    let batch = json!({ "sequence": 0, "detections": [detection(74.0), detection(74.1), detection(74.2)] });
    let taken = json!({ "accepted": 3, "repeated": 0, "refused": 0, "last_sequence": 2, "rejections": [] });
    assert_eq!(post(&server, "eo1", &batch), (StatusCode::OK, taken));
    // What was acknowledged is on disk.
    server.kill();
    let server = started(folder.path());
    assert_eq!(last_sequence(&server, "eo1"), 2);
    let again = json!({ "accepted": 0, "repeated": 3, "refused": 0, "last_sequence": 2, "rejections": [] });
    assert_eq!(post(&server, "eo1", &batch), (StatusCode::OK, again));
    server.stop();
}

#[test]
fn what_is_of_no_use_is_named_by_its_place_and_a_gap_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let server = started(folder.path());
    let mut stranger = detection(10.0);
    stranger["sensor"] = json!("eo9");
    let batch = json!({ "sequence": 0, "detections": [detection(400.0), detection(74.0), stranger, 7] });
    let (status, answer) = post(&server, "eo1", &batch);
    assert_eq!((status, &answer["accepted"], &answer["refused"]), (StatusCode::OK, &json!(1), &json!(3)));
    let rejections = answer["rejections"].as_array().unwrap();
    let named: Vec<(&Value, &str)> =
        rejections.iter().map(|it| (&it["index"], it["reason"].as_str().unwrap())).collect();
    let places = [json!(0), json!(2), json!(3)];
    assert_eq!(named, [(&places[0], "azimuth_outside"), (&places[1], "unknown_sensor"), (&places[2], "bad_field")]);
    assert!(rejections.iter().all(|it| it["taken"] == json!(true)), "they are not to be sent again: {answer}");

    let (status, answer) = post(&server, "eo1", &json!({ "sequence": 9, "detections": [detection(74.0)] }));
    assert_eq!((status, &answer["last_sequence"]), (StatusCode::CONFLICT, &json!(3)));
    assert_eq!(answer["rejections"], json!([{ "index": 0, "reason": "sequence_gap", "taken": false }]));
    // One that is written over several lines is one detection all the same.
    let pretty =
        format!("{{\"sequence\": 4, \"detections\": [{}]}}", serde_json::to_string_pretty(&detection(75.0)).unwrap());
    let (status, answer) = post_as(&server, "eo1", "application/json; charset=utf-8", &pretty);
    assert_eq!((status, &answer["accepted"]), (StatusCode::OK, &json!(1)));
    server.stop();
}

#[test]
fn what_is_no_batch_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let server = started(folder.path());
    let good = json!({ "sequence": 0, "detections": [] });
    let too_many = json!({ "sequence": 0, "detections": vec![1; 10_001] });
    for (feed, content_type, body, status, word) in [
        ("eo1", "text/plain", good.to_string(), 415, "application/json"),
        ("eo1", "application/json", "{".to_owned(), 400, "EOF"),
        ("eo1", "application/json", json!({ "detections": [] }).to_string(), 400, "sequence"),
        ("eo1", "application/json", json!({ "sequence": -1, "detections": [] }).to_string(), 400, "-1"),
        (
            "eo1",
            "application/json",
            json!({ "sequence": 0, "detections": [], "x": 1 }).to_string(),
            400,
            "unknown field",
        ),
        ("eo1", "application/json", too_many.to_string(), 413, "10000"),
        ("e%20o", "application/json", good.to_string(), 404, "name"),
    ] {
        let (found, answer) = post_as(&server, feed, content_type, &body);
        let detail = answer["detail"].as_str().unwrap_or_default();
        assert!(found.as_u16() == status && detail.contains(word), "{found} {answer}, not {status} {word}");
    }
    // A name stands for one kind of sensor for life.
    assert_eq!(post(&server, "eo1", &good).0, StatusCode::OK);
    // The server refuses by the length that is announced, perhaps while the body is still being sent.
    let huge = format!("{{\"sequence\": 0, \"detections\": [{0}, \"{1}\"]}}", detection(74.0), "x".repeat(5 << 20));
    let url = format!("http://{}/v1/feeds/eo1/detections", server.address);
    let refused = agent().post(&url).header("content-type", "application/json").send(&huge);
    assert!(refused.is_err() || refused.is_ok_and(|answer| answer.status() == StatusCode::PAYLOAD_TOO_LARGE));
    assert_eq!(last_sequence(&server, "eo1"), Value::Null, "nothing of it was taken");
    server.stop();
}
