//! The tracker on simulated sensors, in the words of those who look at the picture.
#![allow(clippy::unwrap_used, missing_docs)]

use crate::support::simulated::{Boat, Sea};
use shorewatch::fusion::TrackState;

fn near<'a>(picture: &'a [TrackState], boat: &Boat, at_s: f64) -> Vec<&'a TrackState> {
    let place = boat.place(at_s);
    picture.iter().filter(|track| shorewatch::geodesy::distance_m(track.position, place) < 150.0).collect()
}

/// Five ships with AIS that cross a radar's area at ship speed.
fn ships() -> Vec<Boat> {
    (0..5_u32)
        .map(|n| {
            let n = f64::from(n);
            Boat::new(5_000.0 + 3_000.0 * n, 4_000.0 - 2_500.0 * n)
                .runs(5.0 + n, 40.0 + 65.0 * n)
                .sends(413_000_001 + n as u32)
        })
        .collect()
}

#[test]
fn each_ship_is_one_track_although_the_radar_is_off_and_its_bias_is_found_within_ten_minutes() {
    for (seed, bias_m, bias_deg) in [(1, -52.0, 0.23), (21, 90.0, -0.4), (22, 0.0, 0.0), (23, -20.0, 0.6)] {
        let mut sea = Sea::new(seed).radar_bias(bias_m, bias_deg);
        for ship in ships() {
            sea.add(ship);
        }
        let picture = sea.run(600.0);
        assert_eq!(picture.len(), 5, "{picture:?}");
        for ship in ships() {
            assert_eq!(near(&picture, &ship, 600.0).len(), 1);
        }
        let radar = &sea.fusion.sensor_health()[0];
        let (range_bias_m, _) = radar.range_bias_m.unwrap();
        assert!((range_bias_m - bias_m).abs() < 10.0, "range bias {range_bias_m}, truly {bias_m}");
        let azimuth_bias_deg = radar.azimuth_bias_deg.0;
        assert!((azimuth_bias_deg - bias_deg).abs() < 0.05, "azimuth bias {azimuth_bias_deg}, truly {bias_deg}");
    }
}

#[test]
fn the_stated_uncertainty_is_honest() {
    let mut sea = Sea::new(2);
    for ship in ships() {
        sea.add(ship);
    }
    let dark = Boat::new(-6_000.0, 7_000.0).runs(4.0, 120.0);
    sea.add(dark.clone());
    let (mut inside, mut all) = (0, 0);
    for step in 12..120 {
        let at_s = f64::from(step) * 10.0;
        let picture = sea.run(at_s);
        for boat in ships().iter().chain([&dark]) {
            for track in near(&picture, boat, at_s) {
                all += 1;
                inside += i32::from(normalised_error(track, boat, at_s) < 5.99);
            }
        }
    }
    // 95 % of a two-dimensional Gaussian lie within 5.99; too wide an ellipse would be as dishonest as one too narrow,
    // but harms nobody at once.
    assert!(all > 500 && f64::from(inside) / f64::from(all) > 0.9, "{inside} of {all}");
}

/// Where the normalised error squared of a two-dimensional Gaussian lies in 95 of 100 cases: 2.5 % are below, 2.5 % above.
const BAND: std::ops::Range<f64> = 0.0506..7.378;

#[test]
fn the_error_of_nine_radar_tracks_in_ten_is_what_they_say_and_ais_tracks_are_rather_too_cautious() {
    let mut sea = Sea::new(12);
    let boats: Vec<Boat> = (0..40_u32)
        .map(|number| {
            let (row, column) = (f64::from(number / 8), f64::from(number % 8));
            let boat = Boat::new(3_000.0 * column - 12_000.0, 3_000.0 * row + 2_000.0)
                .runs(3.0 + f64::from(number * 7 % 11) * 0.6, 60.0 + f64::from(number * 13 % 17));
            if number % 2 == 0 { boat.sends(413_000_100 + number) } else { boat }
        })
        .collect();
    boats.iter().for_each(|boat| sea.add(boat.clone()));
    let mut normalised = vec![Vec::new(); boats.len()];
    for step in 6..40 {
        let at_s = f64::from(step) * 30.0;
        let picture = sea.run(at_s);
        for (boat, normalised) in boats.iter().zip(&mut normalised) {
            for track in near(&picture, boat, at_s) {
                normalised.push(normalised_error(track, boat, at_s));
            }
        }
    }
    let inside =
        |errors: &[f64]| errors.iter().filter(|error| BAND.contains(*error)).count() as f64 / errors.len() as f64;
    let (by_ais, by_radar): (Vec<_>, Vec<_>) = normalised.iter().enumerate().partition(|(number, _)| number % 2 == 0);
    let honest = by_radar.iter().filter(|(_, errors)| inside(errors) >= 0.9).count();
    assert!(honest * 10 >= by_radar.len() * 9, "{honest} of {}", by_radar.len());
    // AIS here is better than fixes are taken to be, so these tracks may only be too cautious.
    let errors: Vec<f64> = by_ais.iter().flat_map(|(_, errors)| (*errors).clone()).collect();
    let sure = errors.iter().filter(|error| **error >= BAND.end).count() as f64 / errors.len() as f64;
    assert!(sure < 0.05, "{sure} of the looks lie beyond");
}

/// The error of a track squared, by what it says its error is.
fn normalised_error(track: &TrackState, boat: &Boat, at_s: f64) -> f64 {
    let (east, north) = shorewatch::geodesy::offset_m(boat.place(at_s), track.position);
    let [a, c, b] = track.position_covariance_m2;
    (b * east * east - 2.0 * c * east * north + a * north * north) / (a * b - c * c)
}

#[test]
fn a_boat_without_ais_is_tracked_by_radar_alone() {
    let mut sea = Sea::new(3);
    let boat = Boat::new(8_000.0, 3_000.0).runs(6.0, 300.0);
    sea.add(boat.clone());
    let picture = sea.run(120.0);
    let [track] = near(&picture, &boat, 120.0)[..] else { panic!("{picture:?}") };
    assert!(track.sources.radar && !track.sources.ais && track.identity.mmsi.is_none());
    assert!((track.sog_mps() - 6.0).abs() < 1.0, "{}", track.sog_mps());
}

#[test]
fn false_plots_are_no_vessels() {
    let mut sea = Sea::new(4).false_plots_a_turn(3.0);
    let mut shown = 0;
    for step in 1..=120 {
        shown += sea.run(f64::from(step) * 10.0).len();
    }
    assert!(shown <= 5, "{shown} rows of tracks on nothing in 20 minutes");
}

#[test]
fn a_ship_that_switches_ais_off_keeps_its_name_while_radar_holds_it() {
    let mut sea = Sea::new(5);
    let ship = Boat::new(6_000.0, 2_000.0).runs(6.0, 10.0).sends(413_000_007).silent_from(300.0);
    sea.add(ship.clone());
    let before = near(&sea.run(290.0), &ship, 290.0)[0].id;
    let picture = sea.run(900.0);
    let [track] = near(&picture, &ship, 900.0)[..] else { panic!("{picture:?}") };
    assert_eq!(track.id, before);
    assert_eq!(track.identity.mmsi.map(|mmsi| mmsi.number()), Some(413_000_007));
    assert!(!track.sources.ais);
}

#[test]
fn a_craft_that_swings_at_anchor_stays_in_the_picture_between_its_reports_while_its_place_is_known() {
    let mut sea = Sea::new(31);
    let anchored = Boat::new(9_000.0, 3_000.0);
    let mut last_s = 0.0;
    for report in 0..5 {
        last_s = 180.0 * f64::from(report) + 1.0;
        sea.run(last_s);
        sea.swing_at(last_s, 413_000_031, anchored.place(last_s), 75.0 * f64::from(report));
    }
    for silent_s in [20.0, 70.0] {
        let at_s = last_s + silent_s;
        assert_eq!(near(&sea.run(at_s), &anchored, at_s).len(), 1, "after {silent_s} s without a report");
    }
    // Two reports missing are more than chance.
    let at_s = last_s + 400.0;
    assert!(near(&sea.run(at_s), &anchored, at_s).is_empty());
}

#[test]
fn a_lone_wild_fix_neither_moves_a_track_nor_makes_one() {
    let mut sea = Sea::new(6);
    let ship = Boat::new(6_000.0, 2_000.0).runs(6.0, 10.0).sends(413_000_008);
    sea.add(ship.clone());
    sea.run(300.0);
    sea.report_at(301.0, 413_000_008, ship.place(301.0).moved_m(40_000.0, 0.0));
    let picture = sea.run(400.0);
    assert_eq!(picture.len(), 1);
    assert_eq!(near(&picture, &ship, 400.0).len(), 1);
}

#[test]
fn two_ships_under_one_mmsi_are_two_tracks() {
    let mut sea = Sea::new(7);
    let (one, other) = (
        Boat::new(6_000.0, 2_000.0).runs(6.0, 10.0).sends(413_000_009),
        Boat::new(-7_000.0, 9_000.0).runs(5.0, 200.0).sends(413_000_009),
    );
    sea.add(one.clone());
    sea.add(other.clone());
    let picture = sea.run(400.0);
    assert_eq!((near(&picture, &one, 400.0).len(), near(&picture, &other, 400.0).len()), (1, 1), "{picture:?}");
}

#[test]
fn a_boat_alongside_a_ship_is_kept_and_parts_again_under_its_own_number() {
    let mut sea = Sea::new(8);
    let ship = Boat::new(7_000.0, 1_000.0).sends(413_000_010);
    let boat = Boat::new(7_000.0 - 750.0, 1_000.0).goes_alongside_and_back(2.5, 300.0, 600.0);
    sea.add(ship.clone());
    sea.add(boat.clone());
    let coming = sea.run(240.0);
    let before = near(&coming, &boat, 240.0)[0].id;
    let lying = sea.run(700.0);
    assert!(lying.iter().any(|track| track.id == before), "lost while alongside: {lying:?}");
    let parted = sea.run(1_200.0);
    let [track] = near(&parted, &boat, 1_200.0)[..] else { panic!("{parted:?}") };
    assert_eq!(track.id, before, "it came back as another");
    assert_eq!(parted.len(), 2);
}

#[test]
fn late_plots_and_reports_change_nothing_in_the_end() {
    let run = |delay: bool| {
        let mut sea = Sea::new(9);
        sea.delay_some(delay);
        for ship in ships() {
            sea.add(ship);
        }
        sea.run(600.0)
    };
    let (in_time, late) = (run(false), run(true));
    assert_eq!(in_time.len(), late.len());
    for (a, b) in in_time.iter().zip(&late) {
        let gap = shorewatch::geodesy::distance_m(a.position, b.position);
        assert!(gap < 5.0, "{gap} m apart");
    }
}

#[test]
fn the_same_input_gives_the_same_picture_to_the_bit() {
    let run = || {
        let mut sea = Sea::new(10).false_plots_a_turn(2.0);
        for ship in ships() {
            sea.add(ship);
        }
        sea.run(400.0)
    };
    assert_eq!(run(), run());
}

#[test]
fn a_bearing_alone_moves_the_track_across_the_line_of_sight() {
    let mut sea = Sea::new(11);
    let boat = Boat::new(6_000.0, 0.0);
    sea.add(boat.clone());
    let before = near(&sea.run(200.0), &boat, 200.0)[0].position_covariance_m2;
    for second in 0..40 {
        sea.look_at(200.0 + f64::from(second), &boat);
    }
    let picture = sea.run(241.0);
    let track = near(&picture, &boat, 241.0)[0];
    // Seen from the site the boat is due east: north to south is across the line of sight.
    assert!(track.sources.eo && track.position_covariance_m2[2] < before[2]);
}
