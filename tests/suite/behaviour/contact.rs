//! Two vessels alongside: rendezvous at sea, unloading to a lighter near the shore.

use shorewatch::alert::Alert;
use shorewatch::behaviour::Kind;
use shorewatch::feed::observation::{EoActivity, EoClass};
use shorewatch::fusion::TrackState;
use shorewatch::fusion::track::EoSighting;
use shorewatch::units::SensorId;

use super::scene::{Script, along, at, chart, off_shore, play, radar_only, sends, told_at, zone};

/// A ship that drifts at 0.2 m/s, so far off the shore.
fn ship(south_m: f64) -> [(i64, f64, f64); 2] {
    [(0, 0.0, south_m), (3_600, 720.0, south_m)]
}

/// A boat that comes from the east at 15 m/s, lies alongside from 600 s to 1,500 s, and leaves to the west.
fn boat(south_m: f64) -> [(i64, f64, f64); 4] {
    let (come, go) = (120.0, 300.0);
    [
        (0, come + 9_000.0, south_m + 20.0),
        (600, come, south_m + 20.0),
        (1_500, go, south_m + 20.0),
        (2_100, go - 9_000.0, south_m + 20.0),
    ]
}

fn of_kind(alerts: &[Alert], kind: Kind) -> Vec<&Alert> {
    alerts.iter().filter(|alert| alert.kind == kind).collect()
}

#[test]
fn two_vessels_that_lie_together_at_sea_are_told_after_five_minutes_the_larger_first() {
    let (ship, boat) = (ship(8_000.0), boat(8_000.0));
    let scene = [along(2, &ship, sends(413_000_001, 70)), along(1, &boat, radar_only)];
    let alerts = play(&chart(&[]), &scene, 2_100);
    let meetings = of_kind(&alerts, Kind::Rendezvous);
    assert_eq!(meetings.len(), 1, "{alerts:#?}");
    assert_eq!((meetings[0].track.0, meetings[0].other_track.map(|track| track.0)), (2, Some(1)));
    let delay_s = told_at(meetings[0]).seconds_since(at(900));
    assert!((-10.0..=60.0).contains(&delay_s), "{delay_s}");
    let end_s = meetings[0].end.expect("it has left").seconds_since(at(0));
    assert!((1_480.0..=1_570.0).contains(&end_s), "{end_s}");
}

#[test]
fn near_the_shore_it_is_unloading_to_a_lighter() {
    let (ship, boat) = (ship(1_500.0), boat(1_500.0));
    let scene = [along(1, &ship, sends(413_000_001, 70)), along(2, &boat, radar_only)];
    let alerts = play(&chart(&[]), &scene, 2_100);
    assert_eq!(of_kind(&alerts, Kind::Unloading).len(), 1, "{alerts:#?}");
    assert_eq!(of_kind(&alerts, Kind::Rendezvous).len(), 0);
}

#[test]
fn a_boat_that_radar_loses_alongside_is_still_there() {
    let (ship, boat) = (ship(8_000.0), boat(8_000.0));
    // Fusion carries the lost track for half a minute; the boat comes out of the echo under another number.
    let come = |second| (second <= 580).then(|| along(2, &boat, radar_only)(second)).flatten();
    let go = |second| {
        let mut track = (second >= 1_520).then(|| along(3, &boat, radar_only)(second)).flatten()?;
        track.first_seen = at(1_510);
        Some(track)
    };
    let scene: [Script<'_>; 3] = [along(1, &ship, sends(413_000_001, 70)), Box::new(come), Box::new(go)];
    let alerts = play(&chart(&[]), &scene, 2_100);
    let meetings = of_kind(&alerts, Kind::Rendezvous);
    assert_eq!(meetings.len(), 1, "{alerts:#?}");
    assert!(told_at(meetings[0]).seconds_since(at(900)).abs() <= 60.0);
    assert!(meetings[0].evidence.iter().any(|item| item.code == "hidden_alongside"));
    assert!(meetings[0].end.expect("it has left") <= at(1_600));
}

#[test]
fn a_boat_first_seen_as_it_leaves_a_ship_at_rest_has_lain_alongside() {
    let (ship, boat) = (ship(8_000.0), boat(8_000.0));
    let go = |second| {
        let mut track = (second >= 1_510).then(|| along(3, &boat, radar_only)(second)).flatten()?;
        track.first_seen = at(1_510);
        Some(track)
    };
    let scene: [Script<'_>; 2] = [along(1, &ship, sends(413_000_001, 70)), Box::new(go)];
    let alerts = play(&chart(&[]), &scene, 2_100);
    let meetings = of_kind(&alerts, Kind::Rendezvous);
    assert_eq!(meetings.len(), 1, "{alerts:#?}");
    // Nobody has seen it come, and nobody is told so.
    let how =
        meetings[0].evidence.iter().find(|item| item.code == "first_seen_leaving").expect("it says how it is known");
    assert!(how.sentence_en.contains("was first seen as it left"), "{}", how.sentence_en);
    let long = meetings[0].evidence.iter().find(|item| item.code == "time_together").expect("it says how long");
    assert!(long.sentence_en.contains("for up to"), "{}", long.sentence_en);
}

#[test]
fn a_second_echo_of_a_ship_is_no_meeting() {
    let ship = ship(8_000.0);
    let echo = |second| {
        let mut track = (second >= 160).then(|| along(2, &ship, radar_only)(second)).flatten()?;
        track.first_seen = at(158);
        track.position = track.position.moved_m(50.0, 10.0);
        Some(track)
    };
    let scene: [Script<'_>; 2] = [along(1, &ship, sends(413_000_001, 50)), Box::new(echo)];
    assert_eq!(play(&chart(&[]), &scene, 3_600), []);
    let scene: [Script<'_>; 2] = [along(1, &ship, sends(413_000_001, 70)), Box::new(echo)];
    assert_eq!(of_kind(&play(&chart(&[]), &scene, 3_600), Kind::Rendezvous).len(), 0);
}

#[test]
fn a_pilot_boat_alongside_a_ship_is_no_meeting() {
    let (ship, boat) = (ship(8_000.0), boat(8_000.0));
    let scene = [along(1, &ship, sends(413_000_001, 70)), along(2, &boat, sends(412_000_002, 50))];
    assert_eq!(of_kind(&play(&chart(&[]), &scene, 2_100), Kind::Rendezvous).len(), 0);
}

#[test]
fn ships_in_an_anchorage_may_lie_together() {
    let (ship, boat) = (ship(8_000.0), boat(8_000.0));
    let chart = chart(&[zone("anch", "anchorage", off_shore(300.0, 8_000.0), 1_000.0)]);
    let scene = [along(1, &ship, sends(413_000_001, 70)), along(2, &boat, radar_only)];
    assert_eq!(of_kind(&play(&chart, &scene, 2_100), Kind::Rendezvous).len(), 0);
}

#[test]
fn fishing_boats_may_lie_together_on_their_ground_and_not_with_a_tanker() {
    let (ship, boat) = (ship(8_000.0), boat(8_000.0));
    let chart = chart(&[zone("ground", "fishing_ground", off_shore(300.0, 8_000.0), 2_000.0)]);
    let scene = |first| [along(1, &ship, sends(413_000_001, first)), along(2, &boat, sends(412_000_002, 30))];
    assert_eq!(of_kind(&play(&chart, &scene(30), 2_100), Kind::Rendezvous).len(), 0);
    assert_eq!(of_kind(&play(&chart, &scene(80), 2_100), Kind::Rendezvous).len(), 1);
}

#[test]
fn pair_trawlers_are_no_meeting() {
    let (first, second) =
        ([(0, 0.0, 8_000.0), (3_600, 6_000.0, 8_000.0)], [(0, 0.0, 8_250.0), (3_600, 6_000.0, 8_250.0)]);
    let scene = [along(1, &first, sends(412_000_001, 30)), along(2, &second, sends(412_000_002, 30))];
    assert_eq!(play(&chart(&[]), &scene, 3_600), []);
}

#[test]
fn of_several_alongside_a_ship_only_the_pairs_with_the_ship_count() {
    let (ship, boat) = (ship(8_000.0), boat(8_000.0));
    let other = boat.map(|(second, east, south)| (second, east, south - 50.0));
    let scene = [along(1, &ship, sends(413_000_001, 70)), along(2, &boat, radar_only), along(3, &other, radar_only)];
    let alerts = play(&chart(&[]), &scene, 2_100);
    let meetings = of_kind(&alerts, Kind::Rendezvous);
    assert_eq!(meetings.len(), 2, "{alerts:#?}");
    assert!(meetings.iter().all(|meeting| meeting.track.0 == 1));
}

#[test]
fn two_ships_at_anchor_that_send_every_three_minutes_lie_together_though_reports_are_missing() {
    let first = ship(8_000.0);
    let second: Vec<(i64, f64, f64)> = first.iter().map(|(s, east, south)| (*s, *east + 60.0, *south)).collect();
    // In the picture for half a minute after each report only, and every third report is lost.
    let at_times = |id: u64, mmsi: u32, path: &[(i64, f64, f64)], phase: i64, second: i64| {
        let since = (second - phase).rem_euclid(180);
        let lost = (second - phase).div_euclid(180).rem_euclid(3) == 2;
        let mut track = along(id, path, sends(mmsi, 70))(second).filter(|_| since < 30 && !lost)?;
        track.last_seen = at(second - since);
        track.last_ais = Some(track.last_seen);
        Some(track)
    };
    let scene: [Script<'_>; 2] = [
        Box::new(|now| at_times(1, 413_000_001, &first, 0, now)),
        Box::new(|now| at_times(2, 413_000_002, &second, 70, now)),
    ];
    let alerts = play(&chart(&[]), &scene, 3_600);
    let meetings = of_kind(&alerts, Kind::Rendezvous);
    assert_eq!(meetings.len(), 1, "{alerts:#?}");
    assert!(meetings[0].end.is_none(), "it goes on: {:?}", meetings[0].end);
    assert!(meetings[0].began <= at(200), "{}", meetings[0].began);
}

#[test]
fn a_boat_that_only_a_camera_sees_alongside_is_told_and_keeps_its_alert_when_it_leaves() {
    let (ship, boat) = (ship(8_000.0), boat(8_000.0));
    let seen = |until_s: i64| {
        move |track: &mut TrackState| {
            sends(413_000_001, 70)(track);
            let second = track.time.seconds_since(at(0)) as i64;
            if (620..=until_s).contains(&second) && second % 60 == 20 {
                track.sightings.push(EoSighting {
                    time: track.time,
                    sensor: SensorId(0),
                    class: EoClass::Cargo,
                    class_confidence: 0.9,
                    activity: Some(EoActivity::CargoTransfer),
                    association: 0.9,
                    picture: None,
                });
            }
        }
    };
    // Radar never sees it come; it is first seen as it leaves.
    let go = |second| {
        let mut track = (second >= 1_520).then(|| along(3, &boat, radar_only)(second)).flatten()?;
        track.first_seen = at(1_510);
        Some(track)
    };
    let scene: [Script<'_>; 2] = [along(1, &ship, seen(1_480)), Box::new(go)];
    let alerts = play(&chart(&[]), &scene, 2_100);
    let meetings = of_kind(&alerts, Kind::Rendezvous);
    assert_eq!(meetings.len(), 1, "{alerts:#?}");
    let delay_s = told_at(meetings[0]).seconds_since(at(920));
    assert!((0.0..=60.0).contains(&delay_s), "{delay_s}");
    assert_eq!(meetings[0].other_track.map(|track| track.0), Some(3), "the boat that left");
    // Two looks in a minute are no five minutes.
    let scene: [Script<'_>; 1] = [along(1, &ship, seen(700))];
    assert_eq!(of_kind(&play(&chart(&[]), &scene, 2_100), Kind::Rendezvous).len(), 0);
}

#[test]
fn a_craft_that_leaves_another_on_the_beach_has_met_nobody() {
    let beached = [(0, 0.0, 3_000.0), (600, 0.0, 20.0), (3_000, 0.0, 20.0)];
    let leaves = [(1_500, 10.0, 40.0), (1_900, 10.0, 5_000.0)];
    let scene = [along(1, &beached, radar_only), along(2, &leaves, radar_only)];
    let alerts = play(&chart(&[]), &scene, 1_900);
    assert!(alerts.iter().all(|alert| alert.other_track.is_none()), "{alerts:#?}");
}
