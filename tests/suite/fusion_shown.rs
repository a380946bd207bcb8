//! Which tracks the picture shows, and for how long.
#![allow(clippy::unwrap_used, missing_docs)]

use crate::support::simulated::{Boat, Sea};
use shorewatch::fusion::TrackState;
use shorewatch::geodesy::distance_m;

/// Lets a radar track a boat itself from the start to `until_s`, where it gives the track up; returns the pictures just before that
/// and `after_s` later.
fn given_up(seed: u64, until_s: f64, after_s: f64) -> (Vec<TrackState>, Vec<TrackState>) {
    let mut sea = Sea::new(seed);
    let boat = Boat::new(9_000.0, 4_000.0).runs(8.0, 300.0);
    let mut at_s = 0.0;
    while at_s < until_s {
        sea.numbered_plot(at_s, &boat, 7, false);
        at_s += 3.0;
        sea.run(at_s);
    }
    let before = sea.run(at_s);
    sea.numbered_plot(at_s, &boat, 7, true);
    (before, sea.run(at_s + after_s))
}

#[test]
fn a_young_track_ends_when_the_radar_that_alone_holds_it_gives_it_up_while_it_still_measures_it() {
    let (before, after) = given_up(51, 54.0, 5.0);
    assert_eq!(before.len(), 1);
    assert!(after.is_empty(), "a false track of the radar's own stays in the picture: {after:?}");
}

#[test]
fn a_craft_that_has_been_there_for_minutes_stays_when_the_radar_gives_its_own_track_up() {
    let (before, after) = given_up(52, 300.0, 20.0);
    assert!(before.len() == 1 && after.len() == 1 && before[0].id == after[0].id, "{after:?}");
}

#[test]
fn a_vessel_at_anchor_that_ais_alone_knows_stays_where_it_lies_between_its_reports() {
    let mut sea = Sea::new(53);
    let place = Boat::new(5_000.0, 18_000.0).place(0.0);
    for round in 0..4 {
        let reported_s = f64::from(round) * 180.0;
        sea.rest_at(reported_s, 412_000_123, place);
        for step in 1..18 {
            let at_s = reported_s + f64::from(step) * 10.0;
            let picture = sea.run(at_s);
            let [track] = &picture[..] else { panic!("gone {} s after its report", at_s - reported_s) };
            assert!(track.sources.ais, "AIS holds it until its next report is overdue");
            assert!(distance_m(track.position, place) < 60.0 && track.position_sigma_m() < 90.0, "{track:?}");
        }
    }
}

#[test]
fn what_lies_still_alone_is_shown_soon_although_the_radar_is_not_yet_set_right() {
    let lying = Boat::new(8_000.0, 3_000.0);
    let shown_after_s = |sea: &mut Sea| {
        (1..30).map(|step| f64::from(step) * 3.0).find(|&at_s| {
            sea.run(at_s)
                .iter()
                .any(|track| track.identity.mmsi.is_none() && distance_m(track.position, lying.place(0.0)) < 100.0)
        })
    };
    let (mut alone_s, mut beside_s) = (0.0, 0.0);
    for seed in 54..64 {
        let mut alone = Sea::new(seed);
        alone.add(lying.clone());
        let shown_s = shown_after_s(&mut alone).unwrap();
        assert!(shown_s <= 24.0, "shown after {shown_s} s");
        alone_s += shown_s;
        // Beside a vessel with AIS it may be that vessel, as the radar sees it.
        let mut beside = Sea::new(seed);
        beside.add(lying.clone());
        beside.add(Boat::new(8_150.0, 3_000.0).sends(412_000_124));
        beside_s += shown_after_s(&mut beside).unwrap();
    }
    assert!(beside_s > 1.2 * alone_s, "{} s beside, {} s alone", beside_s / 10.0, alone_s / 10.0);
}
