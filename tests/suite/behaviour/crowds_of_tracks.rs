//! Tracks that come and go by the hundred thousand: a radar that starts, fusion that numbers all anew, a flood of reports.

use shorewatch::behaviour::{Behaviour, BehaviourConfig};
use shorewatch::fusion::TrackState;
use shorewatch::units::Mmsi;

use super::scene::{at, chart, off_shore, track_at};

/// How many come at one instant.
const CROWD: u64 = 100_000;
/// The most vessels remembered that are out of the picture.
const REMEMBERED_MAX: usize = 40_000;

/// A crowd half a kilometre apart at `second`, numbered from `first` on; every other one runs out to sea at 12 m/s.
fn crowd(first: u64, second: i64, mmsi_of: impl Fn(u64) -> Option<Mmsi>) -> Vec<TrackState> {
    let track = |number: u64| {
        let (column, row) = ((number % 400) as f64, (number / 400) as f64);
        let speed_mps = if number.is_multiple_of(2) { 12.0 } else { 0.0 };
        let south_m = 8_000.0 + 500.0 * row + speed_mps * second as f64;
        let mut track = track_at(first + number, off_shore(500.0 * (column - 200.0), south_m));
        track.north_mps = -speed_mps;
        (track.time, track.last_seen, track.last_radar) = (at(second), at(second), Some(at(second)));
        track.first_seen = at(second - 5);
        track.identity.mmsi = mmsi_of(number);
        track.last_ais = track.identity.mmsi.map(|_| at(second));
        track
    };
    (0..CROWD).map(track).collect()
}

#[test]
fn a_hundred_thousand_tracks_that_are_numbered_anew_are_the_same_vessels() {
    let chart = chart(&[]);
    let mut behaviour = Behaviour::new(BehaviourConfig::default());
    for (second, first) in [(0, 1), (10, CROWD + 1)] {
        behaviour.sample(at(second), &crowd(first, second, |_| None), &chart);
        assert_eq!(behaviour.vessels(), CROWD as usize, "{second}");
    }
    // The old numbers stay beside the new ones for an instant: the younger tracks take over when those end.
    let mut both = crowd(CROWD + 1, 20, |_| None);
    both.extend(crowd(2 * CROWD + 1, 20, |_| None));
    behaviour.sample(at(20), &both, &chart);
    assert_eq!(behaviour.vessels(), 2 * CROWD as usize);
    let mut younger = crowd(2 * CROWD + 1, 30, |_| None);
    younger.iter_mut().for_each(|track| track.first_seen = at(15));
    behaviour.sample(at(30), &younger, &chart);
    // Those at speed had come out of the echoes of the old ones for all that could be seen: the old ones are lost.
    assert_eq!(behaviour.vessels(), CROWD as usize + REMEMBERED_MAX);
}

#[test]
fn names_that_come_once_and_never_again_are_forgotten() {
    let chart = chart(&[]);
    let mut behaviour = Behaviour::new(BehaviourConfig::default());
    for round in 0..3_u64 {
        let name = |number: u64| Mmsi::new((200_000_000 + round * CROWD + number) as u32);
        behaviour.sample(at(10 * round as i64), &crowd(1 + round * CROWD, 10 * round as i64, name), &chart);
    }
    assert!(behaviour.vessels() <= CROWD as usize + REMEMBERED_MAX, "{}", behaviour.vessels());
}

#[test]
fn a_hundred_thousand_tracks_in_one_place_are_borne() {
    let chart = chart(&[]);
    let mut behaviour = Behaviour::new(BehaviourConfig::default());
    for second in [0, 10] {
        let mut tracks = crowd(1 + second as u64 * CROWD, second, |number| Mmsi::new((200_000_000 + number) as u32));
        tracks.iter_mut().for_each(|track| track.position = off_shore(0.0, 8_000.0));
        behaviour.sample(at(second), &tracks, &chart);
        assert!(behaviour.vessels() <= CROWD as usize + REMEMBERED_MAX);
    }
}
