//! A fast craft runs for the shore.

use shorewatch::alert::Alert;
use shorewatch::behaviour::Kind;

use super::scene::{Script, along, at, chart, off_shore, play, radar_only, sends, told_at, zone};

/// From 12 km straight for the shore at 15 m/s; from 467 s on the shore is nearer than 5 km.
const RUN: [(i64, f64, f64); 2] = [(0, 0.0, 12_000.0), (780, 0.0, 300.0)];

fn runs(alerts: &[Alert]) -> usize {
    alerts.iter().filter(|alert| alert.kind == Kind::FastApproach).count()
}

#[test]
fn a_fast_boat_that_runs_for_an_open_shore_is_told_with_landing_point_and_time_left() {
    let alerts = play(&chart(&[]), &[along(1, &RUN, radar_only)], 780);
    let run = alerts.iter().find(|alert| alert.kind == Kind::FastApproach).expect("it is told");
    // At 15 m/s half a minute is enough.
    let delay_s = told_at(run).seconds_since(at(470 + 30));
    assert!((-10.0..=20.0).contains(&delay_s), "{delay_s}");
    let landfall = run.evidence.iter().find(|item| item.code == "landfall").expect("it says where");
    assert!(landfall.sentence_en.contains("Test coast") && landfall.sentence_en.contains("min"), "{landfall:?}");
    assert!(landfall.sentence_zh.contains("分钟后到达"), "{landfall:?}");
}

#[test]
fn a_boat_that_runs_for_a_port_or_along_the_shore_is_none() {
    let near_port = chart(&[zone("port", "designated_port", off_shore(900.0, 0.0), 400.0)]);
    assert_eq!(runs(&play(&near_port, &[along(1, &RUN, radar_only)], 780)), 0);
    let passing = [(0, -8_000.0, 1_500.0), (1_000, 8_000.0, 1_500.0)];
    assert_eq!(runs(&play(&chart(&[]), &[along(1, &passing, radar_only)], 1_000)), 0);
}

#[test]
fn officials_and_ferries_may_run() {
    for ship_type in [50, 52, 55, 60] {
        assert_eq!(runs(&play(&chart(&[]), &[along(1, &RUN, sends(412_000_001, ship_type))], 780)), 0, "{ship_type}");
    }
    assert_eq!(runs(&play(&chart(&[]), &[along(1, &RUN, sends(412_000_001, 37))], 780)), 1, "a yacht may not");
}

#[test]
fn a_boat_at_nine_metres_a_second_is_not_fast() {
    let slow = [(0, 0.0, 9_300.0), (1_000, 0.0, 300.0)];
    assert_eq!(runs(&play(&chart(&[]), &[along(1, &slow, radar_only)], 1_000)), 0);
}

#[test]
fn a_boat_at_eleven_metres_a_second_is_told_after_a_minute() {
    let run = [(0, 0.0, 8_600.0), (750, 0.0, 350.0)];
    let alerts = play(&chart(&[]), &[along(1, &run, radar_only)], 750);
    let told = alerts.iter().find(|alert| alert.kind == Kind::FastApproach).expect("it is told");
    let delay_s = told_at(told).seconds_since(at(330 + 60));
    assert!((-10.0..=20.0).contains(&delay_s), "{delay_s}");
}

#[test]
fn a_boat_that_parts_from_its_companion_on_the_run_has_run_as_long_as_that_one() {
    // Two boats abreast are one echo until 500 s: the second is first seen then, 60 m aside.
    let aside = [(0, 60.0, 12_000.0), (780, 60.0, 300.0)];
    let parts = |second| {
        let mut track = (second >= 500).then(|| along(2, &aside, radar_only)(second)).flatten()?;
        track.first_seen = at(497);
        Some(track)
    };
    let scene: [Script<'_>; 2] = [along(1, &RUN, radar_only), Box::new(parts)];
    let alerts = play(&chart(&[]), &scene, 540);
    assert_eq!(runs(&alerts), 2, "{alerts:#?}");
    let second = alerts.iter().find(|alert| alert.track.0 == 2).expect("the second too");
    assert!(told_at(second) <= at(530), "it had run half a minute long before: {}", told_at(second));
    // A double of the first that is gone again at once is no boat.
    let passing = |second| parts(second).filter(|_| second < 520);
    let scene: [Script<'_>; 2] = [along(1, &RUN, radar_only), Box::new(passing)];
    assert_eq!(runs(&play(&chart(&[]), &scene, 600)), 1);
}

#[test]
fn a_run_out_of_sight_for_half_a_minute_goes_on() {
    let hidden = |second| along(1, &RUN, radar_only)(second).filter(|_| !(490..=520).contains(&second));
    let alerts = play(&chart(&[]), &[Box::new(hidden) as Script<'_>], 780);
    let told = alerts.iter().find(|alert| alert.kind == Kind::FastApproach).expect("it is told");
    assert!(told_at(told) <= at(550), "{}", told_at(told));
}
