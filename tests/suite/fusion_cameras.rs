//! What cameras alone can tell the tracker: crossing bearings, and numbers on hulls.
#![allow(clippy::unwrap_used, missing_docs)]

use crate::support::simulated::{Boat, Sea};
use shorewatch::fusion::TrackState;
use shorewatch::geodesy::distance_m;
use shorewatch::units::Mmsi;

const NUMBER: u32 = 412_056_901;

#[test]
fn a_craft_that_only_two_cameras_see_is_one_track_where_their_bearings_cross() {
    let mut sea = Sea::new(31);
    // No radar and no AIS sees it: it is not among the boats of the sea.
    let boat = Boat::new(2_500.0, 5_000.0).runs(7.0, 60.0);
    for look in 0..45 {
        let at_s = f64::from(look) * 2.0;
        sea.look_at(at_s, &boat);
        sea.look_from_second(at_s + 0.7, &boat);
        sea.run(at_s + 1.0);
    }
    let picture = sea.run(90.0);
    let [track] = &picture[..] else { panic!("{picture:?}") };
    assert!(distance_m(track.position, boat.place(90.0)) < 60.0, "{track:?}");
    assert!(track.sources.eo && !track.sources.radar && !track.sources.ais);
    assert!((track.sog_mps() - 7.0).abs() < 1.0, "{} m/s", track.sog_mps());
    assert!(sea.fusion.refusals().bearing_undecided < 20, "what moves it is not refused");
}

#[test]
fn one_camera_alone_makes_no_craft_and_its_bearings_are_counted() {
    let mut sea = Sea::new(32);
    let boat = Boat::new(2_500.0, 5_000.0);
    for second in 0..60 {
        sea.look_at(f64::from(second), &boat);
    }
    assert!(sea.run(60.0).is_empty());
    assert_eq!(sea.fusion.refusals().bearing_undecided, 60);
}

/// The track nearest to a boat.
fn track_of<'a>(picture: &'a [TrackState], boat: &Boat, at_s: f64) -> &'a TrackState {
    let off_m = |track: &TrackState| distance_m(track.position, boat.place(at_s));
    picture.iter().min_by(|a, b| off_m(a).total_cmp(&off_m(b))).unwrap()
}

#[test]
fn a_number_read_from_the_hull_of_a_dark_boat_is_told_beside_its_missing_name() {
    let mut sea = Sea::new(33);
    let boat = Boat::new(3_000.0, 2_000.0).runs(5.0, 45.0);
    sea.add(boat.clone());
    sea.run(60.0);
    assert_eq!(track_of(&sea.run(60.0), &boat, 60.0).hull, None);
    for look in 0..4 {
        sea.read_hull(60.0 + f64::from(look), &boat, NUMBER);
    }
    let picture = sea.run(66.0);
    let track = track_of(&picture, &boat, 66.0);
    let number = track.hull.unwrap();
    assert!(number.mmsi == Mmsi::new(NUMBER).unwrap() && number.probability > 0.7, "{number:?}");
    assert_eq!(track.identity.mmsi, None, "it has sent nothing");
}

#[test]
fn a_name_in_doubt_between_two_boats_side_by_side_is_settled_by_the_number_on_the_hull() {
    let mut sea = Sea::new(34);
    // Abreast, 25 m apart and 11 km out, where radar is off by as much: it does not tell which is which.
    let named = Boat::new(0.0, 11_000.0).runs(4.0, 0.0).sends(NUMBER).silent_from(100.0);
    let other = Boat::new(25.0, 11_000.0).runs(4.0, 0.0);
    sea.add(named.clone());
    sea.add(other.clone());
    let at_s = 280.0;
    let picture = sea.run(at_s);
    let doubted = picture.iter().find(|track| track.identity.mmsi == Mmsi::new(NUMBER)).unwrap().clone();
    assert!(doubted.identity.mmsi_probability < 0.95, "never doubted: {doubted:?}");
    for _ in 0..3 {
        sea.read_hull(at_s, &named, NUMBER);
    }
    let picture = sea.run(at_s + 1.0);
    let bearer = picture.iter().find(|track| track.identity.mmsi == Mmsi::new(NUMBER)).unwrap();
    assert!(bearer.identity.mmsi_probability > 0.99, "{}", bearer.identity.mmsi_probability);
}
