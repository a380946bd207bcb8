//! Slow and in one area.

use shorewatch::alert::{Alert, Stage};
use shorewatch::behaviour::Kind;
use shorewatch::fusion::TrackState;

use super::scene::{along, at, chart, off_shore, play, radar_only, sends, told_at, zone};

/// Comes from the west, drifts for an hour at 0.3 m/s 4 km off the shore, and leaves.
const MOTHER_SHIP: [(i64, f64, f64); 4] =
    [(0, -6_000.0, 4_000.0), (1_000, 0.0, 4_000.0), (4_600, 1_080.0, 4_000.0), (5_200, 5_000.0, 4_000.0)];

fn loiterers(alerts: &[Alert]) -> usize {
    alerts.iter().filter(|alert| alert.kind == Kind::Loitering).count()
}

#[test]
fn a_ship_that_drifts_off_an_open_coast_is_told_after_half_an_hour() {
    let alerts = play(&chart(&[]), &[along(1, &MOTHER_SHIP, sends(413_000_001, 79))], 5_200);
    assert_eq!(alerts.len(), 1, "{alerts:#?}");
    let alert = &alerts[0];
    assert_eq!(alert.kind, Kind::Loitering);
    let delay_s = told_at(alert).seconds_since(at(1_000 + 1_800));
    // Some of the way in belongs to the half hour: it was slow on average before it had lain for so long.
    assert!((-300.0..=60.0).contains(&delay_s), "{delay_s}");
    let end_s = alert.end.expect("it has left").seconds_since(at(0));
    assert!((4_600.0..4_800.0).contains(&end_s), "{end_s}");
    assert_eq!(alert.mmsi.map(|mmsi| mmsi.number()), Some(413_000_001));
}

#[test]
fn an_alert_says_why_in_both_languages_with_threshold_and_interval() {
    let alerts = play(&chart(&[]), &[along(1, &MOTHER_SHIP, sends(413_000_001, 79))], 5_200);
    let evidence = &alerts[0].evidence;
    let speed = evidence.iter().find(|item| item.code == "mean_speed").expect("the speed is the reason");
    assert!(speed.observed < speed.threshold && speed.threshold == 1.0 && speed.unit == "m/s");
    assert!(speed.to.seconds_since(speed.from) >= 1_790.0);
    assert!(speed.sentence_en.contains("cargo ship MMSI 413000001"), "{}", speed.sentence_en);
    assert!(speed.sentence_zh.contains("货船（MMSI 413000001）"), "{}", speed.sentence_zh);
    assert!(evidence.iter().any(|item| item.code == "honest_causes"));
    let near = alerts[0].near.as_ref().expect("a shore is near");
    assert!(near.in_english.contains("Test coast"), "{near:?}");
}

#[test]
fn officials_and_pleasure_craft_may_lie_where_they_like() {
    for ship_type in [36, 37, 50, 52, 55] {
        let alerts = play(&chart(&[]), &[along(1, &MOTHER_SHIP, sends(413_000_001, ship_type))], 5_200);
        assert_eq!(loiterers(&alerts), 0, "ship type {ship_type}");
    }
}

#[test]
fn a_ship_at_anchor_in_an_anchorage_is_no_loiterer_and_one_outside_it_is() {
    let anchorage = |south_m| [zone("anch", "anchorage", off_shore(500.0, south_m), 1_000.0)];
    let ship = || [along(1, &MOTHER_SHIP, sends(413_000_001, 70))];
    assert_eq!(loiterers(&play(&chart(&anchorage(4_000.0)), &ship(), 5_200)), 0);
    assert_eq!(loiterers(&play(&chart(&anchorage(9_000.0)), &ship(), 5_200)), 1);
}

#[test]
fn a_ferry_waiting_off_its_port_is_no_loiterer() {
    let chart = chart(&[zone("port", "designated_port", off_shore(0.0, 500.0), 600.0)]);
    assert_eq!(loiterers(&play(&chart, &[along(1, &MOTHER_SHIP, sends(413_000_001, 60))], 5_200)), 0);
    assert_eq!(
        loiterers(&play(&chart, &[along(1, &MOTHER_SHIP, sends(413_000_001, 70))], 5_200)),
        1,
        "a cargo ship is"
    );
}

#[test]
fn a_fishing_boat_on_its_ground_is_no_loiterer_and_a_cargo_ship_there_is() {
    let chart = chart(&[zone("ground", "fishing_ground", off_shore(500.0, 4_000.0), 2_000.0)]);
    assert_eq!(loiterers(&play(&chart, &[along(1, &MOTHER_SHIP, sends(413_000_001, 30))], 5_200)), 0);
    assert_eq!(loiterers(&play(&chart, &[along(1, &MOTHER_SHIP, radar_only)], 5_200)), 0, "may be a fishing boat");
    assert_eq!(loiterers(&play(&chart, &[along(1, &MOTHER_SHIP, sends(413_000_001, 70))], 5_200)), 1);
}

#[test]
fn a_ship_not_under_command_is_no_loiterer() {
    let lame = |track: &mut TrackState| {
        sends(413_000_001, 70)(track);
        track.identity.nav_status = Some(2);
    };
    assert_eq!(loiterers(&play(&chart(&[]), &[along(1, &MOTHER_SHIP, lame)], 5_200)), 0);
    let anchored = |track: &mut TrackState| {
        sends(413_000_001, 70)(track);
        track.identity.nav_status = Some(1);
    };
    assert_eq!(
        loiterers(&play(&chart(&[]), &[along(1, &MOTHER_SHIP, anchored)], 5_200)),
        1,
        "at anchor excuses nothing"
    );
}

#[test]
fn a_buoy_is_no_loiterer() {
    let wander = |track: &mut TrackState| {
        let step = (track.time.as_millis() / 10_000).rem_euclid(5) as f64 - 2.0;
        track.position = track.position.moved_m(step * 12.0, -step * 9.0);
    };
    let alerts = play(&chart(&[]), &[along(1, &[(0, 0.0, 5_000.0), (7_200, 0.0, 5_000.0)], wander)], 7_200);
    assert_eq!(alerts, []);
}

#[test]
fn a_stop_of_a_quarter_of_an_hour_is_nothing() {
    let coaster = [(0, -6_000.0, 4_000.0), (1_000, 0.0, 4_000.0), (1_900, 100.0, 4_000.0), (2_900, 6_000.0, 4_000.0)];
    assert_eq!(play(&chart(&[]), &[along(1, &coaster, sends(413_000_001, 79))], 2_900), []);
}

#[test]
fn missed_reports_and_a_new_track_do_not_end_a_stay() {
    let first = [(0, -6_000.0, 4_000.0), (1_000, 0.0, 4_000.0), (2_000, 300.0, 4_000.0)];
    let second = [(2_300, 390.0, 4_000.0), (4_600, 1_080.0, 4_000.0), (5_200, 5_000.0, 4_000.0)];
    let scene = [along(1, &first, sends(413_000_001, 79)), along(2, &second, sends(413_000_001, 79))];
    let alerts = play(&chart(&[]), &scene, 5_200);
    assert_eq!(loiterers(&alerts), 1, "{alerts:#?}");
    assert!(told_at(&alerts[0]).seconds_since(at(2_800)).abs() <= 300.0);
    let dark = [along(1, &first, radar_only), along(2, &second, radar_only)];
    assert_eq!(loiterers(&play(&chart(&[]), &dark, 5_200)), 1, "by place and time, without AIS");
}

#[test]
fn an_alert_on_a_ship_that_turns_out_to_be_a_tug_is_withdrawn_with_the_reason() {
    let tug = |track: &mut TrackState| {
        let late = track.time > at(3_500);
        sends(413_000_001, 52)(track);
        if !late {
            track.identity.ship_type = None;
        }
    };
    let alerts = play(&chart(&[]), &[along(1, &MOTHER_SHIP, tug)], 5_200);
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0].stage, Stage::Withdrawn);
    let reason = alerts[0].evidence.last().expect("the reason is the last item");
    assert_eq!(reason.code, "official_or_pleasure_craft");
    assert!(reason.sentence_en.starts_with("Withdrawn") && reason.sentence_zh.starts_with("撤销"));
}

#[test]
fn two_stays_with_a_short_move_between_are_one_alert() {
    let path = [(0, 0.0, 4_000.0), (3_600, 400.0, 4_000.0), (3_900, 1_900.0, 4_000.0), (7_500, 2_200.0, 4_000.0)];
    let alerts = play(&chart(&[]), &[along(1, &path, sends(413_000_001, 79))], 7_500);
    assert_eq!(loiterers(&alerts), 1, "{alerts:#?}");
}
