//! What other systems tell the tracker: estimates that rest on measurements which it does not know.
#![allow(clippy::unwrap_used, missing_docs)]

use crate::support::simulated::{Boat, Sea};
use shorewatch::geodesy::distance_m;

#[test]
fn a_craft_that_only_another_system_knows_is_no_surer_than_that_system_says() {
    let mut sea = Sea::new(41);
    let boat = Boat::new(6_000.0, 3_000.0).runs(6.0, 100.0);
    for second in 0..120 {
        sea.tell_of(f64::from(second), &boat, 80.0);
        sea.run(f64::from(second));
    }
    let picture = sea.run(120.0);
    let [track] = &picture[..] else { panic!("{picture:?}") };
    let [east, _, north] = track.position_covariance_m2;
    assert!(east.min(north).sqrt() > 70.0, "one sigma of {} m from a source of 80 m", east.min(north).sqrt());
    assert!(distance_m(track.position, boat.place(120.0)) < 80.0 && (track.sog_mps() - 6.0).abs() < 1.5, "{track:?}");
}

#[test]
fn a_system_that_repeats_what_our_radar_saw_makes_its_track_no_surer() {
    let run = |told: bool| {
        let mut sea = Sea::new(42);
        let boat = Boat::new(6_000.0, 3_000.0).runs(6.0, 100.0);
        sea.add(boat.clone());
        for second in 60..180 {
            sea.run(f64::from(second));
            if told {
                sea.tell_of(f64::from(second), &boat, 60.0);
            }
        }
        let picture = sea.run(180.0);
        let [track] = &picture[..] else { panic!("{picture:?}") };
        assert_eq!(track.sources.report, told);
        let [east, _, north] = track.position_covariance_m2;
        (east + north).sqrt()
    };
    let (alone, told) = (run(false), run(true));
    assert!(told > 0.85 * alone, "one sigma of {told} m with it, {alone} m without");
    assert!(told < 1.1 * alone, "and it does no harm");
}

#[test]
fn a_system_that_tells_places_alone_makes_no_moving_craft_lie_still() {
    let boat = Boat::new(6_000.0, 3_000.0).runs(6.0, 100.0);
    let mut sea = Sea::new(43);
    for step in 0..30 {
        sea.tell_place_of(f64::from(step) * 10.0, &boat, 30.0);
        sea.run(f64::from(step) * 10.0);
    }
    let picture = sea.run(295.0);
    let [track] = &picture[..] else { panic!("{picture:?}") };
    assert!((track.sog_mps() - 6.0).abs() < 1.5 && track.stopped_probability < 0.5, "{track:?}");

    // Beside a radar that knows how the craft moves.
    let mut sea = Sea::new(44);
    sea.add(boat.clone());
    for second in 60..180 {
        sea.run(f64::from(second));
        sea.tell_place_of(f64::from(second), &boat, 20.0);
    }
    let picture = sea.run(180.0);
    let [track] = &picture[..] else { panic!("{picture:?}") };
    assert!((track.sog_mps() - 6.0).abs() < 1.5 && track.stopped_probability < 0.5, "{track:?}");
    assert!(track.speed_sigma_mps < 3.0, "{track:?}");
}
