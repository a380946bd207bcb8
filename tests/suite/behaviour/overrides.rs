//! Rules for some classes of vessel, in some zones, at some hours.

use shorewatch::alert::Alert;
use shorewatch::behaviour::{BehaviourConfig, Kind};

use super::scene::{Script, Setup, along, chart, off_shore, play_set_up, radar_only, sends, zone};

/// Lies 4 km off an open shore for 25 min: five minutes less than the rule asks for.
const STAY: [(i64, f64, f64); 3] = [(0, -4_000.0, 4_000.0), (800, 0.0, 4_000.0), (2_300, 0.0, 4_000.0)];

/// The loitering alerts of a scene when the rules have an override with these lines, which shortens the stay to 20 min.
fn loitering(script: Script<'_>, conditions: &str) -> Vec<Alert> {
    let rules = format!("[[override]]\n{conditions}\n[override.set.loitering]\nduration_s = 1200\n");
    let config = BehaviourConfig::from_toml(&rules).expect("the rules of the test are sound");
    let setup = Setup { config, ..Setup::default() };
    let chart = chart(&[zone("farm-x1", "farm", off_shore(0.0, 6_000.0), 500.0)]);
    let mut alerts = play_set_up(&chart, &[script], 2_300, &setup);
    alerts.retain(|alert| alert.kind == Kind::Loitering && alert.confirmed.is_some());
    alerts
}

#[test]
fn an_override_holds_for_the_classes_that_it_names() {
    let cargo = || along(1, &STAY, sends(412_000_001, 70));
    assert_eq!(loitering(cargo(), "class = [\"cargo\"]").len(), 1);
    assert_eq!(loitering(cargo(), "class = [\"tanker\", \"unknown\"]"), []);
    assert_eq!(loitering(along(1, &STAY, sends(412_000_001, 0)), "class = [\"unknown\"]").len(), 1);
    let alerts = loitering(cargo(), "");
    let speed = alerts[0].evidence.iter().find(|item| item.code == "mean_speed").expect("it says how slow");
    assert!(speed.sentence_en.contains("over 20 min"), "the alert tells the threshold that held: {speed:?}");
}

#[test]
fn an_override_holds_in_and_around_the_zones_that_it_names() {
    let cargo = || along(1, &STAY, sends(412_000_001, 70));
    // The stay is 1,500 m off the edge of the farm.
    assert_eq!(loitering(cargo(), "zone_kind = [\"farm\"]\nmargin_m = 2000.0").len(), 1);
    assert_eq!(loitering(cargo(), "zone = [\"farm-x1\"]\nmargin_m = 2000.0").len(), 1);
    assert_eq!(loitering(cargo(), "zone_kind = [\"farm\"]\nmargin_m = 1000.0"), []);
    assert_eq!(loitering(cargo(), "zone = [\"farm-x2\"]\nmargin_m = 2000.0"), []);
}

#[test]
fn an_override_holds_at_the_hours_that_it_names() {
    // The scenes begin at 22:13 of China Standard Time, on 21 September 2026.
    let cargo = || along(1, &STAY, sends(412_000_001, 70));
    assert_eq!(loitering(cargo(), "hours = \"21:00-05:00\"").len(), 1);
    assert_eq!(loitering(cargo(), "hours = \"05:00-21:00\""), []);
}

#[test]
fn of_two_overrides_the_later_one_wins() {
    let longer = "class = [\"cargo\"]\n[override.set.loitering]\nduration_s = 3600\n[[override]]";
    assert_eq!(loitering(along(1, &STAY, sends(412_000_001, 70)), longer).len(), 1);
    assert_eq!(loitering(along(1, &STAY, radar_only), "class = [\"cargo\"]"), [], "what it is, nobody knows");
}
