//! Inside a restricted zone.

use shorewatch::behaviour::Kind;
use shorewatch::behaviour::Stage;
use shorewatch::fusion::TrackState;

use super::scene::{along, at, chart, off_shore, play, play_all, radar_only, sends, told_at, zone};

fn reserve() -> Vec<String> {
    vec![zone("reserve", "restricted", off_shore(0.0, 5_000.0), 1_000.0)]
}

/// Straight through the middle of the reserve at 5 m/s, from west to east: inside from 400 to 800 s.
const THROUGH: [(i64, f64, f64); 2] = [(0, -3_000.0, 5_000.0), (1_200, 3_000.0, 5_000.0)];

#[test]
fn a_boat_that_crosses_a_restricted_zone_is_told_within_a_minute_and_once() {
    let alerts = play(&chart(&reserve()), &[along(1, &THROUGH, sends(412_000_001, 30))], 1_200);
    assert_eq!(alerts.len(), 1, "{alerts:#?}");
    let alert = &alerts[0];
    assert_eq!((alert.kind, alert.zone.as_deref()), (Kind::ZoneEntry, Some("reserve")));
    let delay_s = told_at(alert).seconds_since(at(410 + 30));
    assert!((0.0..=30.0).contains(&delay_s), "{delay_s}");
    let end_s = alert.end.expect("it has left").seconds_since(at(0));
    assert!((780.0..=820.0).contains(&end_s), "{end_s}");
    assert!(alert.evidence.iter().any(|item| item.code == "zone_depth" && item.sentence_zh.contains("禁区“reserve”")));
}

#[test]
fn a_craft_without_ais_is_told_too() {
    assert_eq!(play(&chart(&reserve()), &[along(1, &THROUGH, radar_only)], 1_200).len(), 1);
}

#[test]
fn the_time_in_which_a_boat_first_seen_inside_might_be_a_buoy_counts() {
    let inside = [(0, -500.0, 5_000.0), (600, 1_240.0, 5_000.0)];
    let alerts = play(&chart(&reserve()), &[along(1, &inside, radar_only)], 600);
    assert_eq!(alerts.len(), 1, "{alerts:#?}");
    let delay_s = told_at(&alerts[0]).seconds_since(at(0));
    assert!((50.0..=80.0).contains(&delay_s), "{delay_s}");
}

#[test]
fn patrol_craft_may_enter_and_tugs_may_not() {
    assert_eq!(play(&chart(&reserve()), &[along(1, &THROUGH, sends(412_000_001, 55))], 1_200), []);
    assert_eq!(play(&chart(&reserve()), &[along(1, &THROUGH, sends(412_000_001, 52))], 1_200).len(), 1);
}

#[test]
fn a_boat_along_the_edge_is_not_told_for_the_noise_of_its_position() {
    let jitter = |track: &mut TrackState| {
        sends(412_000_001, 30)(track);
        let step = (track.time.as_millis() / 10_000).rem_euclid(4) as f64 - 1.5;
        track.position = track.position.moved_m(0.0, step * 30.0);
    };
    // 20 m outside the southern edge, to and fro by up to 45 m.
    let path = [(0, -3_000.0, 6_020.0), (1_200, 3_000.0, 6_020.0)];
    assert_eq!(play(&chart(&reserve()), &[along(1, &path, jitter)], 1_200), []);
}

#[test]
fn a_boat_that_weaves_over_the_edge_is_told_once() {
    let mut path = vec![(0, -3_000.0, 5_000.0), (400, -1_000.0, 5_000.0)];
    for turn in 0..6 {
        let second = 400 + turn * 200;
        path.push((second + 100, -700.0, 5_000.0));
        path.push((second + 200, -1_120.0, 5_000.0));
    }
    let alerts = play(&chart(&reserve()), &[along(1, &path, sends(412_000_001, 30))], 1_600);
    assert_eq!(alerts.len(), 1, "{alerts:#?}");
}

#[test]
fn a_buoy_inside_the_zone_never_entered_it() {
    let path = [(0, 0.0, 5_000.0), (3_600, 0.0, 5_000.0)];
    assert_eq!(play(&chart(&reserve()), &[along(1, &path, radar_only)], 3_600), []);
}

#[test]
fn a_zone_that_is_not_in_force_holds_nobody_up() {
    let season = reserve()[0].replace(
        r#""kind":"restricted""#,
        r#""kind":"restricted","valid_from":"2027-01-01T00:00:00Z","valid_to":"2027-02-01T00:00:00Z""#,
    );
    assert_eq!(play(&chart(&[season]), &[along(1, &THROUGH, sends(412_000_001, 30))], 1_200), []);
}

#[test]
fn a_vessel_that_steers_for_the_zone_is_warned_of_before_it_enters() {
    let chart = chart(&reserve());
    let alerts = play_all(&chart, &[along(1, &THROUGH, sends(412_000_001, 30))], 1_200, 0);
    assert_eq!(alerts.len(), 1, "one affair from the warning to the end: {alerts:#?}");
    let confirmed = alerts[0].confirmed.expect("it enters");
    let before_s = confirmed.seconds_since(alerts[0].raised);
    assert!((60.0..=600.0).contains(&before_s), "{before_s}");
    // It turns away: nothing is confirmed, and the warning ends.
    let turns = [(0, 0.0, 9_000.0), (300, 0.0, 7_500.0), (1_200, 4_500.0, 7_500.0)];
    let alerts = play_all(&chart, &[along(1, &turns, sends(412_000_001, 30))], 1_200, 0);
    assert!(alerts.iter().all(|alert| alert.confirmed.is_none() && alert.stage == Stage::Closed), "{alerts:#?}");
}
