//! One MMSI twice, two MMSIs on one vessel, a position that sensors contradict.

use shorewatch::alert::Alert;
use shorewatch::behaviour::Kind;
use shorewatch::fusion::TrackState;
use shorewatch::fusion::track::AisElsewhere;

use super::scene::{along, at, chart, off_shore, play, sends, told_at};

const COURSE: [(i64, f64, f64); 2] = [(0, -9_000.0, 10_000.0), (3_600, 9_000.0, 10_000.0)];
const OTHER: [(i64, f64, f64); 2] = [(600, 5_000.0, 20_000.0), (3_600, -10_000.0, 20_000.0)];

fn conflicts(alerts: &[Alert]) -> Vec<&Alert> {
    alerts.iter().filter(|alert| alert.kind == Kind::IdentityConflict).collect()
}

#[test]
fn a_ship_that_changes_its_mmsi_under_way_is_told() {
    let renamed = |track: &mut TrackState| {
        let mmsi = if track.time < at(900) { 413_194_806 } else { 373_522_015 };
        sends(mmsi, 70)(track);
    };
    let alerts = play(&chart(&[]), &[along(1, &COURSE, renamed)], 3_600);
    let told = conflicts(&alerts);
    assert_eq!(told.len(), 1, "{alerts:#?}");
    assert!((40.0..=60.0).contains(&told_at(told[0]).seconds_since(at(900))));
    let sentence = &told[0].evidence[0].sentence_zh;
    assert!(sentence.contains("413194806") && sentence.contains("373522015"), "{sentence}");
}

#[test]
fn a_name_that_two_tracks_exchanged_is_no_change() {
    let swap = |first: u32, second: u32| {
        move |track: &mut TrackState| {
            let mmsi = if track.time < at(900) { first } else { second };
            sends(mmsi, 70)(track);
        }
    };
    let near = [(0, -9_000.0, 10_200.0), (3_600, 9_000.0, 10_200.0)];
    let scene = [along(1, &COURSE, swap(413_000_001, 413_000_002)), along(2, &near, swap(413_000_002, 413_000_001))];
    assert_eq!(conflicts(&play(&chart(&[]), &scene, 3_600)).len(), 0);
}

#[test]
fn a_wrong_name_for_half_a_minute_is_no_change() {
    let slip = |track: &mut TrackState| {
        let slipped = track.time >= at(900) && track.time < at(930);
        sends(if slipped { 413_194_807 } else { 413_194_806 }, 70)(track);
    };
    assert_eq!(conflicts(&play(&chart(&[]), &[along(1, &COURSE, slip)], 3_600)).len(), 0);
}

#[test]
fn two_ships_that_send_one_mmsi_are_told_as_one_affair_by_the_later() {
    let scene = [along(1, &COURSE, sends(412_923_816, 70)), along(2, &OTHER, sends(412_923_816, 80))];
    let alerts = play(&chart(&[]), &scene, 3_600);
    let told = conflicts(&alerts);
    assert_eq!(told.len(), 1, "{alerts:#?}");
    assert_eq!((told[0].track.0, told[0].other_track.map(|track| track.0)), (2, Some(1)));
    assert!((30.0..=80.0).contains(&told_at(told[0]).seconds_since(at(600))));
}

#[test]
fn a_second_track_beside_the_first_is_no_twin() {
    let near = [(0, -9_000.0, 10_800.0), (3_600, 9_000.0, 10_800.0)];
    let scene = [along(1, &COURSE, sends(412_923_816, 70)), along(2, &near, sends(412_923_816, 70))];
    assert_eq!(conflicts(&play(&chart(&[]), &scene, 3_600)).len(), 0);
}

#[test]
fn a_position_that_radar_contradicts_is_told_when_it_lasts() {
    let lies = |until_s: i64, away_m: f64| {
        move |track: &mut TrackState| {
            let now = track.time;
            sends(412_000_001, 80)(track);
            if now >= at(900) && now < at(until_s) {
                track.last_ais = Some(at(900));
                let position = off_shore(now.seconds_since(at(0)) * 5.0 - 9_000.0, 10_000.0 + away_m);
                track.ais_elsewhere = Some(AisElsewhere { since: at(900), last: now, position });
            }
        }
    };
    let alerts = play(&chart(&[]), &[along(1, &COURSE, lies(2_400, 5_000.0))], 3_600);
    let told = conflicts(&alerts);
    assert_eq!(told.len(), 1, "{alerts:#?}");
    assert!((50.0..=80.0).contains(&told_at(told[0]).seconds_since(at(900))));
    assert_eq!(alerts.len(), 1, "it is not silent: it is heard elsewhere");
    assert_eq!(conflicts(&play(&chart(&[]), &[along(1, &COURSE, lies(930, 5_000.0))], 3_600)).len(), 0, "wild fixes");
    assert_eq!(conflicts(&play(&chart(&[]), &[along(1, &COURSE, lies(2_400, 700.0))], 3_600)).len(), 0, "not far off");
}

#[test]
fn a_ship_whose_last_report_is_far_from_where_radar_sees_it_is_told_after_a_minute_of_silence() {
    // It reports 5 km off once, "at anchor", and radar follows it as it sails on.
    let lies = |again_s: i64| {
        move |track: &mut TrackState| {
            let now = track.time;
            sends(412_000_001, 80)(track);
            if now >= at(900) && now < at(again_s) {
                track.last_ais = Some(at(890));
                let (since, position) = (at(900), off_shore(-4_500.0, 15_000.0));
                track.ais_elsewhere = Some(AisElsewhere { since, last: since, position });
            }
        }
    };
    let alerts = play(&chart(&[]), &[along(1, &COURSE, lies(2_400))], 3_600);
    let told = conflicts(&alerts);
    assert_eq!(told.len(), 1, "{alerts:#?}");
    assert!((60.0..=80.0).contains(&told_at(told[0]).seconds_since(at(900))), "{}", told_at(told[0]));
    assert_eq!(conflicts(&play(&chart(&[]), &[along(1, &COURSE, lies(940))], 3_600)).len(), 0, "a lone wild fix");
}
