//! A crowd of small craft where none has business.

use shorewatch::alert::Alert;
use shorewatch::behaviour::Kind;
use shorewatch::fusion::TrackState;

use super::scene::{Script, along, at, chart, off_shore, play, radar_only, sends, told_at, zone};

type Path = Vec<(i64, f64, f64)>;

/// Five craft that come from the east one after the other and stay within 300 m of one another, 5 km off the shore.
fn paths() -> Vec<Path> {
    (0..5)
        .map(|number| {
            let (east, south) = (f64::from(number) * 120.0, 5_000.0 + f64::from(number % 2) * 250.0);
            vec![(0, east + 3_000.0, south), (600, east, south), (3_000, east + 100.0, south)]
        })
        .collect()
}

/// So many of them without AIS, the others small fishing boats of class B.
fn crowd(paths: &[Path], without_ais: u64) -> Vec<Script<'_>> {
    paths
        .iter()
        .zip(1_u64..)
        .map(|(path, id)| -> Script<'_> {
            let small = move |track: &mut TrackState| {
                sends(412_000_000 + id as u32, 30)(track);
                (track.identity.class_a, track.length_m) = (false, Some(12.0));
            };
            if id <= without_ais { along(id, path, radar_only) } else { along(id, path, small) }
        })
        .collect()
}

fn crowds(alerts: &[Alert]) -> Vec<&Alert> {
    alerts.iter().filter(|alert| alert.kind == Kind::Gathering).collect()
}

#[test]
fn five_small_craft_two_without_ais_that_wait_together_are_told_once_after_ten_minutes() {
    let paths = paths();
    let alerts = play(&chart(&[]), &crowd(&paths, 2), 3_000);
    let told = crowds(&alerts);
    assert_eq!(told.len(), 1, "{alerts:#?}");
    let delay_s = told_at(told[0]).seconds_since(at(1_200));
    assert!((-120.0..=60.0).contains(&delay_s), "{delay_s}");
    let count = told[0].evidence.iter().find(|item| item.code == "craft_together").expect("how many");
    assert_eq!(count.observed, 5.0);
    assert!(count.sentence_zh.contains("聚集"), "{count:?}");
}

#[test]
fn four_or_one_without_ais_or_a_fishing_fleet_on_its_ground_are_no_crowd() {
    let paths = paths();
    assert_eq!(crowds(&play(&chart(&[]), &crowd(&paths[..4], 2), 3_000)).len(), 0, "four");
    assert_eq!(crowds(&play(&chart(&[]), &crowd(&paths, 1), 3_000)).len(), 0, "one without AIS");
    let ground = chart(&[zone("ground", "fishing_ground", off_shore(200.0, 5_100.0), 1_500.0)]);
    assert_eq!(crowds(&play(&ground, &crowd(&paths, 2), 3_000)).len(), 0, "on the ground");
}

#[test]
fn a_fleet_that_passes_together_is_no_crowd() {
    let passing: Vec<Path> = paths()
        .into_iter()
        .map(|path| {
            let (_, east, south) = path[1];
            vec![(0, east - 9_000.0, south), (3_000, east + 9_000.0, south)]
        })
        .collect();
    assert_eq!(crowds(&play(&chart(&[]), &crowd(&passing, 2), 3_000)).len(), 0);
}
