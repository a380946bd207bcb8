//! `shorewatch plot` from end to end: the real program on a replay of the fixture.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/haikou-evening")
}

fn shorewatch(arguments: &[&Path]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_shorewatch")).args(arguments).output().unwrap()
}

#[test]
fn a_replay_of_the_fixture_becomes_a_picture_with_its_tracks_and_alerts() {
    let out = tempfile::tempdir().unwrap();
    let out = out.path();
    assert!(shorewatch(&["replay".as_ref(), &fixture(), "--quiet".as_ref(), "--out".as_ref(), out]).status.success());
    let ran = shorewatch(&["plot".as_ref(), &fixture(), out]);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));

    let picture = fs::read_to_string(out.join("picture.svg")).unwrap();
    assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"));
    assert_eq!(picture.matches("<g ").count(), picture.matches("</g>").count());
    assert!(picture.len() < 400_000, "{} bytes", picture.len());
    let alerts = fs::read_to_string(out.join("alerts.jsonl")).unwrap();
    let standing = alerts.lines().filter(|line| !line.contains("\"withdrawn\":true")).count();
    assert!(picture.contains(&format!("{standing} alerts")));

    let again = shorewatch(&["plot".as_ref(), &fixture(), out]);
    assert!(again.status.success());
    assert_eq!(picture, fs::read_to_string(out.join("picture.svg")).unwrap(), "drawn twice, it is the same");
}

#[test]
fn names_from_outside_cannot_become_markup() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in"), folder.path().join("out"));
    fs::create_dir_all(&input).unwrap();
    fs::create_dir_all(&out).unwrap();
    for entry in fs::read_dir(fixture()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), input.join(entry.file_name())).unwrap();
    }
    let hostile = |name: &str, from: &str| {
        let text = fs::read_to_string(input.join(name)).unwrap();
        assert!(text.contains(from));
        fs::write(input.join(name), text.replace(from, "<script>alert(1)</script>")).unwrap();
    };
    hostile("scenario.json", "small-1");
    hostile("zones.geojson", "Xuwen (ferry)");
    fs::write(
        out.join("tracks.csv"),
        "time_s,track,lat,lon,sog_mps,cog_deg,mmsi,sources\n10,<script>,20.1,110.2,1.0,90.0,,radar\n",
    )
    .unwrap();
    let alert =
        r#"{"id":"a","kind":"<script>","track":"<script>","raised_s":10,"lat":20.1,"lon":110.2,"confidence":1}"#;
    fs::write(out.join("alerts.jsonl"), format!("{alert}\n")).unwrap();

    let ran = shorewatch(&["plot".as_ref(), &input, &out]);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let picture = fs::read_to_string(out.join("picture.svg")).unwrap();
    assert!(!picture.contains("<script") && picture.contains("&lt;script&gt;"));
}

#[test]
fn what_cannot_be_drawn_is_told_with_its_place() {
    let out = tempfile::tempdir().unwrap();
    let complaint = |arguments: &[&Path]| {
        let ran = shorewatch(arguments);
        assert!(!ran.status.success());
        String::from_utf8(ran.stderr).unwrap()
    };
    let fixture = fixture();
    let arguments: [&Path; 3] = ["plot".as_ref(), &fixture, out.path()];
    assert!(complaint(&arguments).contains("name a folder that shorewatch replay wrote"));
    fs::write(out.path().join("tracks.csv"), "time_s,track\n10,T000001,twenty\n").unwrap();
    fs::write(out.path().join("alerts.jsonl"), "").unwrap();
    assert!(complaint(&arguments).contains("tracks.csv line 2: 3 columns, not 8"));
    fs::write(out.path().join("tracks.csv"), "time_s,track\n").unwrap();
    assert!(complaint(&["plot".as_ref(), &fixture, out.path(), "--truth".as_ref()]).contains("no truth"));
}

/// The text of every element of a picture: what a person reads.
fn words(picture: &str) -> String {
    picture.split("<text ").skip(1).filter_map(|text| Some(text.split_once('>')?.1.split_once("</text>")?.0)).collect()
}

#[test]
fn every_alert_of_the_evening_can_be_drawn_with_its_tracks_and_all_its_evidence() {
    let out = tempfile::tempdir().unwrap();
    let out = out.path();
    assert!(shorewatch(&["replay".as_ref(), &fixture(), "--quiet".as_ref(), "--out".as_ref(), out]).status.success());
    let alerts = fs::read_to_string(out.join("alerts.jsonl")).unwrap();
    assert!(alerts.lines().count() > 0);
    for line in alerts.lines() {
        let alert: serde_json::Value = serde_json::from_str(line).unwrap();
        let id = alert["id"].as_str().unwrap();
        let ran = shorewatch(&["plot".as_ref(), &fixture(), out, "--alert".as_ref(), id.as_ref()]);
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        let picture = fs::read_to_string(out.join(format!("alert-{id}.svg"))).unwrap();
        assert_eq!(picture.matches("<g ").count(), picture.matches("</g>").count());
        let words = words(&picture);
        let plain = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        for item in alert["evidence"].as_array().unwrap().iter().chain(alert["honest_causes"].as_array().unwrap()) {
            for language in ["en", "zh"] {
                let sentence = item[language].as_str().unwrap().replace('\'', "&#39;").replace('"', "&quot;");
                assert!(plain(&words).contains(&plain(&sentence)), "{id} lacks: {sentence}");
            }
        }
        for track in [&alert["track"], &alert["other_track"]].into_iter().filter_map(|track| track.as_str()) {
            assert!(words.contains(track), "{id} lacks {track}");
        }
    }
}

#[test]
fn an_alert_that_is_not_there_is_refused_with_those_that_are() {
    let out = tempfile::tempdir().unwrap();
    let out = out.path();
    assert!(shorewatch(&["replay".as_ref(), &fixture(), "--quiet".as_ref(), "--out".as_ref(), out]).status.success());
    let ran = shorewatch(&["plot".as_ref(), &fixture(), out, "--alert".as_ref(), "nothing".as_ref()]);
    let said = String::from_utf8(ran.stderr).unwrap();
    let alerts = fs::read_to_string(out.join("alerts.jsonl")).unwrap();
    let first: serde_json::Value = serde_json::from_str(alerts.lines().next().unwrap()).unwrap();
    assert!(!ran.status.success() && said.contains("has no alert 'nothing'"), "{said}");
    assert!(said.contains(first["id"].as_str().unwrap()), "{said}");
}
