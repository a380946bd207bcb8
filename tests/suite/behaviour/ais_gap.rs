//! A vessel falls silent and sails on.

use shorewatch::alert::Alert;
use shorewatch::behaviour::Kind;
use shorewatch::fusion::TrackState;
use shorewatch::units::Mmsi;

use super::scene::{Script, along, at, chart, play, radar_only, sends, told_at};

/// Along the shore at 5 m/s, 10 km off it, for an hour.
const COURSE: [(i64, f64, f64); 2] = [(0, -9_000.0, 10_000.0), (3_600, 9_000.0, 10_000.0)];
/// Others that are heard all the while, before and behind it.
const BEFORE: [(i64, f64, f64); 2] = [(0, -5_000.0, 11_000.0), (3_600, 13_000.0, 11_000.0)];
const BEHIND: [(i64, f64, f64); 2] = [(0, -13_000.0, 9_000.0), (3_600, 5_000.0, 9_000.0)];

/// Sends until `last_s`, and again from `again_s` on; radar follows it all the while.
fn silent_between(mmsi: u32, last_s: i64, again_s: i64) -> impl Fn(&mut TrackState) {
    move |track| {
        let now = track.time;
        sends(mmsi, 70)(track);
        if now > at(last_s) && now < at(again_s) {
            track.last_ais = Some(at(last_s));
            track.sources.ais = now.seconds_since(at(last_s)) <= 60.0;
        }
    }
}

fn gaps(alerts: &[Alert]) -> Vec<&Alert> {
    alerts.iter().filter(|alert| alert.kind == Kind::AisGap).collect()
}

fn company<'a>() -> [Script<'a>; 2] {
    [along(8, &BEFORE, sends(412_000_008, 70)), along(9, &BEHIND, sends(412_000_009, 70))]
}

#[test]
fn a_ship_that_falls_silent_while_others_are_heard_is_told_after_ten_minutes() {
    let [before, behind] = company();
    let scene = [along(1, &COURSE, silent_between(412_000_001, 600, 2_400)), before, behind];
    let alerts = play(&chart(&[]), &scene, 3_600);
    let told = gaps(&alerts);
    assert_eq!(told.len(), 1, "{alerts:#?}");
    let delay_s = told_at(told[0]).seconds_since(at(1_200));
    assert!((0.0..=40.0).contains(&delay_s), "{delay_s}");
    assert_eq!((told[0].began, told[0].start), (at(600), at(1_200)));
    let end_s = told[0].end.expect("it sends again").seconds_since(at(0));
    assert!((2_390.0..=2_440.0).contains(&end_s), "{end_s}");
    for code in ["silence", "reception", "sailed_on", "honest_causes"] {
        assert!(told[0].evidence.iter().any(|item| item.code == code), "{code}");
    }
}

#[test]
fn a_ship_alone_where_nobody_else_is_heard_may_be_out_of_reach() {
    let scene = [along(1, &COURSE, silent_between(412_000_001, 600, 9_999))];
    assert_eq!(gaps(&play(&chart(&[]), &scene, 3_600)).len(), 0);
}

#[test]
fn when_a_station_is_down_nobody_is_told_of() {
    let scene = [
        along(1, &COURSE, silent_between(412_000_001, 600, 9_999)),
        along(2, &BEFORE, silent_between(412_000_002, 590, 9_999)),
        along(3, &BEHIND, silent_between(412_000_003, 610, 9_999)),
        // Another station still hears one of them.
        along(4, &COURSE, sends(412_000_004, 70)),
    ];
    assert_eq!(gaps(&play(&chart(&[]), &scene, 3_600)).len(), 0);
}

#[test]
fn while_a_station_with_forty_ships_is_down_one_far_off_is_told_of() {
    let path = |east_m: f64| [(0, east_m - 9_000.0, 10_000.0), (3_600, east_m + 9_000.0, 10_000.0)];
    let here: Vec<_> = (0..40).map(|number| path(200.0 * f64::from(number))).collect();
    let far = [path(-45_000.0), path(-41_000.0), path(-49_000.0)];
    let mut scene: Vec<Script<'_>> = (100..)
        .zip(&here)
        .map(|(id, path)| along(id, path, silent_between(412_000_000 + id as u32, 600, 9_999)))
        .collect();
    scene.push(along(1, &far[0], silent_between(412_000_001, 600, 9_999)));
    scene.push(along(2, &far[1], sends(412_000_002, 70)));
    scene.push(along(3, &far[2], sends(412_000_003, 70)));
    let alerts = play(&chart(&[]), &scene, 3_600);
    let told: Vec<_> = gaps(&alerts).iter().map(|alert| alert.mmsi).collect();
    assert_eq!(told, [Mmsi::new(412_000_001)]);
}

#[test]
fn a_ship_that_switches_off_and_stays_is_none() {
    let path = [(0, -3_000.0, 10_000.0), (600, 0.0, 10_000.0), (3_600, 0.0, 10_000.0)];
    let near = [(0, 3_000.0, 11_000.0), (3_600, 3_500.0, 11_000.0)];
    let scene = [along(1, &path, silent_between(412_000_001, 600, 9_999)), along(2, &near, sends(412_000_002, 70))];
    assert_eq!(gaps(&play(&chart(&[]), &scene, 3_600)).len(), 0);
}

#[test]
fn a_ship_that_nobody_follows_any_more_is_not_told_of() {
    let [before, behind] = company();
    let gone = |second| (second <= 630).then(|| along(1, &COURSE, sends(412_000_001, 70))(second)).flatten();
    let scene: [Script<'_>; 3] = [Box::new(gone), before, behind];
    assert_eq!(gaps(&play(&chart(&[]), &scene, 3_600)).len(), 0);
}

#[test]
fn a_craft_that_never_sent_is_not_silent() {
    let [before, behind] = company();
    assert_eq!(gaps(&play(&chart(&[]), &[along(1, &COURSE, radar_only), before, behind], 3_600)).len(), 0);
}

#[test]
fn ships_ten_kilometres_off_tell_of_reception_too() {
    let far = [(0, -9_000.0, 21_000.0), (3_600, 9_000.0, 21_000.0)];
    let scene = [along(1, &COURSE, silent_between(412_000_001, 600, 2_400)), along(8, &far, sends(412_000_008, 70))];
    assert_eq!(gaps(&play(&chart(&[]), &scene, 3_600)).len(), 1);
}

#[test]
fn a_ship_that_thins_out_before_it_falls_silent_has_left_the_range() {
    let [before, behind] = company();
    let thins = |track: &mut TrackState| {
        let now = track.time;
        sends(412_000_001, 70)(track);
        // One report in 40 s from 300 s on, and none from 600 s on.
        let second = now.seconds_since(at(0)) as i64;
        let heard = if second < 300 { second } else { (second / 40 * 40).min(600) };
        track.last_ais = Some(at(heard));
    };
    assert_eq!(gaps(&play(&chart(&[]), &[along(1, &COURSE, thins), before, behind], 3_600)).len(), 0);
}
