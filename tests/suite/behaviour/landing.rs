//! Unloading at the shore.

use shorewatch::alert::Alert;
use shorewatch::behaviour::Kind;
use shorewatch::feed::observation::{EoActivity, EoClass};
use shorewatch::fusion::TrackState;
use shorewatch::fusion::track::EoSighting;
use shorewatch::units::SensorId;

use super::scene::{Script, along, at, chart, off_shore, play, radar_only, sends, told_at, zone};

/// Runs in at 15 m/s from 6 km, lies 40 m off the beach from 400 s to 1,100 s, and runs out again.
const SMUGGLER: [(i64, f64, f64); 4] = [(0, 0.0, 6_040.0), (400, 0.0, 40.0), (1_100, 0.0, 40.0), (1_500, 0.0, 6_040.0)];

fn landings(alerts: &[Alert]) -> Vec<&Alert> {
    alerts.iter().filter(|alert| alert.kind == Kind::Unloading).collect()
}

#[test]
fn a_boat_on_an_open_beach_is_told_after_five_minutes() {
    let alerts = play(&chart(&[]), &[along(1, &SMUGGLER, radar_only)], 1_500);
    let landings = landings(&alerts);
    assert_eq!(landings.len(), 1, "{alerts:#?}");
    let delay_s = told_at(landings[0]).seconds_since(at(700));
    assert!((-10.0..=60.0).contains(&delay_s), "{delay_s}");
    assert!(landings[0].evidence.iter().any(|item| item.code == "shore_distance" && item.observed <= 45.0));
    let end_s = landings[0].end.expect("it has left").seconds_since(at(0));
    assert!((1_100.0..=1_160.0).contains(&end_s), "{end_s}");
}

#[test]
fn a_boat_lost_as_it_runs_up_on_the_beach_has_landed() {
    let lost = |second| (second <= 390).then(|| along(1, &SMUGGLER, radar_only)(second)).flatten();
    let scene: [Script<'_>; 1] = [Box::new(lost)];
    let alerts = play(&chart(&[]), &scene, 1_500);
    let landings = landings(&alerts);
    assert_eq!(landings.len(), 1, "{alerts:#?}");
    assert!(landings[0].evidence.iter().any(|item| item.code == "lost_at_shore"));
    assert!(told_at(landings[0]).seconds_since(at(700)).abs() <= 60.0);
}

#[test]
fn a_boat_lost_off_the_beach_and_seen_to_run_on_along_the_shore_has_not_landed() {
    let first = [(0, 0.0, 2_000.0), (200, 1_500.0, 450.0)];
    let second = [(230, 1_900.0, 350.0), (900, 12_000.0, 350.0)];
    let scene = [along(1, &first, radar_only), along(2, &second, radar_only)];
    assert_eq!(landings(&play(&chart(&[]), &scene, 1_500)).len(), 0);
}

#[test]
fn fishing_boats_landing_in_their_harbour_are_no_concern() {
    for kind in ["fishing_harbour", "designated_port", "farm"] {
        let chart = chart(&[zone("zone", kind, off_shore(0.0, 0.0), 500.0)]);
        assert_eq!(landings(&play(&chart, &[along(1, &SMUGGLER, radar_only)], 1_500)).len(), 0, "{kind}");
    }
    let chart = chart(&[zone("zone", "fishing_harbour", off_shore(2_000.0, 0.0), 500.0)]);
    assert_eq!(landings(&play(&chart, &[along(1, &SMUGGLER, radar_only)], 1_500)).len(), 1, "the harbour is elsewhere");
}

#[test]
fn officials_may_land_where_they_like() {
    assert_eq!(landings(&play(&chart(&[]), &[along(1, &SMUGGLER, sends(412_000_001, 55))], 1_500)).len(), 0);
}

#[test]
fn a_rock_that_radar_sees_at_the_shore_has_not_landed() {
    let path = [(0, 0.0, 60.0), (3_600, 0.0, 60.0)];
    assert_eq!(play(&chart(&[]), &[along(1, &path, radar_only)], 3_600), []);
}

#[test]
fn passing_close_to_the_shore_is_no_landing() {
    let path = [(0, -6_000.0, 100.0), (1_200, 6_000.0, 100.0)];
    assert_eq!(landings(&play(&chart(&[]), &[along(1, &path, radar_only)], 1_200)).len(), 0);
}

#[test]
fn a_camera_that_sees_goods_landed_brings_the_alert_forward() {
    let seen = |track: &mut TrackState| {
        for second in [430, 450] {
            if track.time >= at(second) {
                track.sightings.push(EoSighting {
                    time: at(second),
                    sensor: SensorId(0),
                    class: EoClass::Speedboat,
                    class_confidence: 0.9,
                    activity: Some(EoActivity::LandingGoods),
                    association: 0.9,
                    picture: None,
                });
            }
        }
    };
    let alerts = play(&chart(&[]), &[along(1, &SMUGGLER, seen)], 1_500);
    let landings = landings(&alerts);
    assert_eq!(landings.len(), 1, "{alerts:#?}");
    assert!(told_at(landings[0]) <= at(470), "{}", told_at(landings[0]));
    assert!(landings[0].evidence.iter().any(|item| item.code == "camera_landing"));
}

#[test]
fn a_boat_that_lands_twice_in_half_an_hour_is_told_once() {
    let path = [
        (0, 0.0, 3_040.0),
        (300, 0.0, 40.0),
        (900, 0.0, 40.0),
        (1_200, 0.0, 3_000.0),
        (1_500, 0.0, 40.0),
        (2_100, 0.0, 40.0),
        (2_400, 0.0, 3_000.0),
    ];
    assert_eq!(landings(&play(&chart(&[]), &[along(1, &path, radar_only)], 2_400)).len(), 1);
}
