//! A craft without AIS makes for the shore, or meets another vessel.

use shorewatch::alert::{Alert, Stage};
use shorewatch::behaviour::Kind;
use shorewatch::fusion::TrackState;

use super::scene::{along, at, chart, off_shore, play, radar_only, sends, told_at, zone};

/// From 9 km straight for the shore at 6 m/s; from 1,000 s on the shore is nearer than 3 km.
const RUN: [(i64, f64, f64); 2] = [(0, 0.0, 9_000.0), (1_450, 0.0, 300.0)];

fn dark(alerts: &[Alert]) -> Vec<&Alert> {
    alerts.iter().filter(|alert| alert.kind == Kind::DarkVessel).collect()
}

#[test]
fn a_craft_without_ais_that_makes_for_an_open_shore_is_told() {
    let alerts = play(&chart(&[]), &[along(1, &RUN, radar_only)], 1_450);
    let told = dark(&alerts);
    assert_eq!(told.len(), 1, "{alerts:#?}");
    let delay_s = told_at(told[0]).seconds_since(at(1_000 + 60));
    assert!((-10.0..=20.0).contains(&delay_s), "{delay_s}");
    assert!(told[0].evidence.iter().any(|item| item.code == "no_ais"));
}

#[test]
fn a_vessel_that_sends_ais_is_none() {
    assert_eq!(dark(&play(&chart(&[]), &[along(1, &RUN, sends(412_000_001, 30))], 1_450)).len(), 0);
}

#[test]
fn a_small_boat_that_never_was_far_out_is_none() {
    let near = [(0, 0.0, 2_000.0), (400, 0.0, 200.0)];
    assert_eq!(dark(&play(&chart(&[]), &[along(1, &near, radar_only)], 400)).len(), 0);
}

#[test]
fn a_fishing_boat_without_ais_that_comes_home_is_none() {
    let chart = chart(&[zone("home", "fishing_harbour", off_shore(600.0, 0.0), 400.0)]);
    assert_eq!(dark(&play(&chart, &[along(1, &RUN, radar_only)], 1_450)).len(), 0);
}

#[test]
fn a_craft_without_ais_that_lies_alongside_a_ship_is_told_with_whom() {
    let ship = [(0, 0.0, 8_000.0), (3_600, 720.0, 8_000.0)];
    let boat = [(0, 9_120.0, 8_020.0), (600, 120.0, 8_020.0), (1_500, 300.0, 8_020.0), (2_100, 9_000.0, 8_020.0)];
    let scene = [along(1, &ship, sends(413_000_001, 70)), along(2, &boat, radar_only)];
    let alerts = play(&chart(&[]), &scene, 2_100);
    let told = dark(&alerts);
    assert_eq!(told.len(), 1, "{alerts:#?}");
    assert_eq!((told[0].track.0, told[0].other_track.map(|track| track.0)), (2, Some(1)));
    let meeting = told[0].evidence.iter().find(|item| item.code == "meeting").expect("that is why");
    assert!(meeting.sentence_en.contains("413000001"), "{meeting:?}");
}

#[test]
fn an_alert_is_withdrawn_when_its_ais_is_heard_after_all() {
    let late = |track: &mut TrackState| {
        if track.time >= at(1_300) {
            sends(412_000_001, 30)(track);
        }
    };
    let alerts = play(&chart(&[]), &[along(1, &RUN, late)], 1_450);
    let told = dark(&alerts);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].stage, Stage::Withdrawn);
    assert_eq!(told[0].evidence.last().map(|item| item.code), Some("sends_ais"));
}

#[test]
fn a_coaster_that_fell_silent_and_was_lost_may_be_a_slow_craft_but_no_speedboat() {
    // It sends until 600 s at 5 m/s, radar loses it at 1,000 s, 6 km from where the craft comes from.
    let coaster = [(0, -9_000.0, 12_000.0), (1_000, -4_000.0, 12_000.0)];
    let silent = |track: &mut TrackState| {
        sends(413_000_001, 70)(track);
        if track.time > at(600) {
            track.last_ais = Some(at(600));
        }
    };
    let told = |speed_mps: f64| {
        let seconds = (11_700.0 / speed_mps) as i64 / 10 * 10;
        let run = [(1_900, 0.0, 12_000.0), (1_900 + seconds, 0.0, 300.0)];
        let scene = [along(1, &coaster, silent), along(2, &run, radar_only)];
        dark(&play(&chart(&[]), &scene, 1_900 + seconds)).len()
    };
    assert_eq!(told(5.0), 0, "it may be the coaster, and that is told as a gap");
    assert_eq!(told(16.0), 1, "no coaster runs so");
}
