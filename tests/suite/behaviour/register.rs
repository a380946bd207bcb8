//! What a register says of a vessel: an excuse, a reason to look twice, and nothing where it says nothing.

use shorewatch::alert::Alert;
use shorewatch::behaviour::{BehaviourConfig, Verdict};
use shorewatch::register::Register;

use super::scene::{Setup, along, chart, off_shore, play_set_up, sends, zone};

/// Straight through the middle of a reserve at 5 m/s.
const THROUGH: [(i64, f64, f64); 2] = [(0, -3_000.0, 5_000.0), (1_200, 3_000.0, 5_000.0)];
/// Lies 4 km off an open shore.
const STAY: [(i64, f64, f64); 2] = [(0, 0.0, 4_000.0), (2_400, 0.0, 4_000.0)];

const HEADER: &str = "mmsi,class,length_m,credit,permits,watch_reason,watch_until";

/// The alerts of a vessel with AIS of this type, when the register has these lines.
fn play(path: &[(i64, f64, f64)], ship_type: u8, lines: &str) -> Vec<Alert> {
    let register = Register::from_csv(&format!("{HEADER}\n{lines}")).expect("the register of the test is sound");
    let chart = chart(&[zone("reserve", "restricted", off_shore(0.0, 5_000.0), 1_000.0)]);
    let setup = Setup { config: BehaviourConfig::default(), register: register.into() };
    let mut alerts = play_set_up(&chart, &[along(1, path, sends(412_000_001, ship_type))], 2_400, &setup);
    alerts.retain(|alert| alert.confirmed.is_some());
    alerts
}

fn score(alerts: &[Alert]) -> f64 {
    assert_eq!(alerts.len(), 1, "{alerts:#?}");
    alerts[0].score.points()
}

#[test]
fn who_has_leave_to_be_in_a_zone_is_not_told_for_it_until_the_leave_ends() {
    assert_eq!(play(&THROUGH, 70, "412000001,,,,reserve,,\n"), []);
    assert_eq!(play(&THROUGH, 70, "412000001,,,,*@2026-01-01/2030-01-01,,\n"), []);
    let over = play(&THROUGH, 70, "412000001,,,,reserve@/2026-01-01,,\n");
    let cause = over[0].honest_causes.iter().find(|cause| cause.code == "permit").expect("it tells of the permit");
    assert_eq!((over.len(), cause.verdict, cause.weight), (1, Verdict::RuledOut, 0.0));
    assert_eq!(play(&THROUGH, 70, "412000001,,,,elsewhere,,\n").len(), 1);
}

#[test]
fn a_vessel_that_is_not_registered_or_of_which_nothing_is_said_scores_as_without_a_register() {
    let without = play(&STAY, 70, "");
    assert_eq!(play(&STAY, 70, "412000002,,,D,,smuggling,\n"), without, "another vessel's line");
    assert_eq!(play(&STAY, 70, "412000001,,,,,,\n"), without, "a line that says nothing");
}

#[test]
fn a_watch_list_and_low_credit_add_points_and_good_credit_takes_some() {
    let without = score(&play(&STAY, 70, ""));
    let watched = play(&STAY, 70, "412000001,,,,,cold chain at night,2030-01-01\n");
    assert_eq!(score(&watched), without + 15.0);
    assert!(watched[0].evidence.iter().any(|item| item.sentence_en == "It is on the watch list: cold chain at night."));
    assert_eq!(score(&play(&STAY, 70, "412000001,,,,,cold chain at night,2026-01-01\n")), without, "off the list");
    assert_eq!(score(&play(&STAY, 70, "412000001,,,D,,,\n")), without + 5.0);
    for credit in ["B", "C"] {
        assert_eq!(score(&play(&STAY, 70, &format!("412000001,,,{credit},,,\n"))), without, "{credit}");
    }
    assert_eq!(score(&play(&STAY, 70, "412000001,,,A,,,\n")), without - 10.0);
}

#[test]
fn a_registered_class_excuses_where_the_vessel_itself_says_nothing() {
    assert_eq!(play(&STAY, 0, "").len(), 1);
    for class in ["patrol", "pilot", "tug", "pleasure"] {
        assert_eq!(play(&STAY, 0, &format!("412000001,{class},,,,,\n")), [], "{class}");
        assert_eq!(
            play(&STAY, 70, &format!("412000001,{class},,,,,\n")).len(),
            1,
            "{class}: it says itself what it is"
        );
    }
    let without = score(&play(&STAY, 0, ""));
    assert_eq!(score(&play(&STAY, 0, "412000001,fishing,12,,,,\n")), without - 10.0, "a small craft at its work");
    assert_eq!(score(&play(&STAY, 0, "412000001,fishing,42,,,,\n")), without);
}
