//! A vessel goes where wind and current take it.

use shorewatch::alert::Alert;
use shorewatch::behaviour::Kind;
use shorewatch::fusion::TrackState;

use super::scene::{along, at, chart, off_shore, play, sends, told_at, zone};

/// East at 1.2 m/s, 8 km off the shore.
const WAY: [(i64, f64, f64); 2] = [(0, 0.0, 8_000.0), (3_000, 3_600.0, 8_000.0)];

/// A ship whose bow points so many degrees off its course until a second of the scene.
fn points(off_deg: f64, until_s: i64) -> impl Fn(&mut TrackState) {
    move |track| {
        sends(413_000_001, 70)(track);
        let off_deg = if track.time < at(until_s) { off_deg } else { 0.0 };
        track.identity.heading_deg = Some((90.0 + off_deg).rem_euclid(360.0));
    }
}

fn drifts(alerts: &[Alert]) -> Vec<&Alert> {
    alerts.iter().filter(|alert| alert.kind == Kind::Drifting).collect()
}

#[test]
fn a_ship_that_goes_sideways_for_ten_minutes_is_told_until_it_steers_again() {
    let alerts = play(&chart(&[]), &[along(1, &WAY, points(70.0, 2_000))], 3_000);
    let told = drifts(&alerts);
    assert_eq!(told.len(), 1, "{alerts:#?}");
    assert_eq!(told_at(told[0]), at(600));
    let end_s = told[0].end.expect("it steers again").seconds_since(at(0));
    assert!((1_980.0..=2_030.0).contains(&end_s), "{end_s}");
    let drift = told[0].evidence.iter().find(|item| item.code == "drift").expect("how far off");
    assert!((drift.observed - 70.0).abs() < 1.0, "{drift:?}");
}

#[test]
fn a_ship_that_crabs_a_little_or_for_a_little_while_does_not_drift() {
    assert_eq!(drifts(&play(&chart(&[]), &[along(1, &WAY, points(40.0, 3_000))], 3_000)).len(), 0, "40 degrees");
    assert_eq!(drifts(&play(&chart(&[]), &[along(1, &WAY, points(70.0, 500))], 3_000)).len(), 0, "500 s");
}

#[test]
fn a_ship_that_swings_at_its_anchor_or_lies_in_port_does_not_drift() {
    let anchor = [(0, 0.0, 8_000.0), (3_000, 600.0, 8_000.0)];
    assert_eq!(drifts(&play(&chart(&[]), &[along(1, &anchor, points(70.0, 3_000))], 3_000)).len(), 0, "0.2 m/s");
    let port = chart(&[zone("port", "designated_port", off_shore(1_800.0, 8_000.0), 2_500.0)]);
    assert_eq!(drifts(&play(&port, &[along(1, &WAY, points(70.0, 3_000))], 3_000)).len(), 0, "in port");
}
