//! `shorewatch demo` as a newcomer runs it.
#![allow(clippy::unwrap_used, missing_docs)]

use std::process::Command;

fn demo(arguments: &[&str]) -> String {
    let ran = Command::new(env!("CARGO_BIN_EXE_shorewatch")).arg("demo").args(arguments).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

#[test]
fn the_demo_tells_tracks_and_alerts_in_two_languages_and_what_it_came_to() {
    let said = demo(&["--speed", "max"]);
    for words in [
        "ais1 (ais), radar1 (radar), eo1 (eo)",
        "  track  T0",
        "AIS+radar",
        "  ALERT  loitering 徘徊",
        "  ALERT  zone_entry 闯入禁区",
        "23021 records: ",
        " tracks, last held by: ",
        " alerts: ",
    ] {
        assert!(said.contains(words), "'{words}' is not in:\n{said}");
    }
}

#[test]
fn the_demo_takes_a_raw_ais_log() {
    let log = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/haikou-evening/ais1.nmea.zst");
    let said = demo(&[log]);
    assert!(said.contains("ais1 (ais)") && said.contains("as fast as it goes"), "{said}");
    assert!(said.contains("AIS") && said.contains(" tracks, last held by: "), "{said}");
}
