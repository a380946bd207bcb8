//! Whose name a track bears, and how surely, on simulated sensors.
#![allow(clippy::unwrap_used, missing_docs)]

use crate::support::simulated::{Boat, Sea};
use shorewatch::fusion::TrackState;

fn named(picture: &[TrackState], mmsi: u32) -> Option<&TrackState> {
    picture.iter().find(|track| track.identity.mmsi.is_some_and(|known| known.number() == mmsi))
}

#[test]
fn a_ship_first_heard_beside_one_that_missed_some_reports_is_another_ship() {
    // Both beyond the radar: AIS is all there is.
    let mut sea = Sea::new(1);
    let first = Boat::new(0.0, 45_000.0).runs(3.0, 90.0).sends(413_000_001).silent_from(300.0);
    let second = Boat::new(0.0, 44_900.0).runs(3.0, 90.0).sends(413_000_002).sends_from(335.0);
    sea.add(first.clone());
    sea.add(second.clone());
    let before = named(&sea.run(290.0), 413_000_001).unwrap().id;
    let picture = sea.run(345.0);
    assert_eq!(named(&picture, 413_000_001).map(|track| track.id), Some(before), "{picture:?}");
    assert!(named(&picture, 413_000_002).is_some_and(|track| track.id != before), "{picture:?}");
}

/// A sea with ships that send, which tell the radar what it gets wrong, and with two craft of interest. The antenna passes
/// those two together: their numbers differ by a turn.
fn with_two(sea: &mut Sea, one: &Boat, other: &Boat) {
    let ship = |n: u32| {
        let n = f64::from(n);
        Boat::new(-4_000.0 - 2_000.0 * n, 9_000.0 - 4_000.0 * n)
            .runs(4.0 + n, 200.0 + 50.0 * n)
            .sends(413_100_000 + n as u32)
    };
    for n in 0..3 {
        sea.add(ship(n));
    }
    sea.add(one.clone());
    for n in 4..6 {
        sea.add(ship(n));
    }
    sea.add(other.clone());
}

#[test]
fn a_name_is_doubted_where_two_craft_went_as_one_and_sure_again_when_the_other_says_who_it_is() {
    let mut sea = Sea::new(3);
    // The courses cross slowly: for minutes nobody can tell the two apart.
    let silent = Boat::new(10_000.0, 0.0).runs(5.0, 90.0).sends(413_000_004).silent_from(300.0);
    let other = Boat::new(10_000.0, 350.0).runs(5.0, 96.0).sends(413_000_005).sends_from(1_200.0);
    with_two(&mut sea, &silent, &other);
    let probability = |picture: &[TrackState]| named(picture, 413_000_004).map(|track| track.identity.mmsi_probability);
    assert!(probability(&sea.run(290.0)).unwrap() > 0.95);
    let doubted = probability(&sea.run(1_190.0)).unwrap();
    assert!(doubted < 0.9, "{doubted}");
    let sure = probability(&sea.run(1_260.0)).unwrap();
    assert!(sure > 0.95, "{sure}");
}

#[test]
fn a_ship_that_comes_out_of_sight_unheard_and_on_its_course_is_known_again_after_a_quarter_of_an_hour() {
    let mut sea = Sea::new(51);
    // From beyond the radar's range; it is in range from 900 seconds on.
    sea.add(Boat::new(46_500.0, 3_000.0).runs(5.0, 270.0).sends(413_000_051).silent_from(120.0));
    let before = named(&sea.run(100.0), 413_000_051).unwrap().id;
    assert!(sea.run(800.0).is_empty(), "nobody sees it");
    let picture = sea.run(1_200.0);
    let track = named(&picture, 413_000_051).expect("it is known again");
    assert_eq!((track.id, track.sources.ais, picture.len()), (before, false, 1));
}
