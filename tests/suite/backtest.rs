//! `shorewatch backtest` from end to end, on the evening of the fixture.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/haikou-evening")
}

/// What the program did: whether it was content, what it said, what it complained of, and the picture.
struct Ran {
    ok: bool,
    said: String,
    complained: String,
    picture: String,
}

fn backtest(folder: &TempDir, rules: &str, more: &[&str]) -> Ran {
    let (file, out) = (folder.path().join("new.toml"), folder.path().join("out"));
    fs::write(&file, rules).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_shorewatch"));
    program.arg("backtest").arg("--rules").arg(&file).arg("--out").arg(&out).arg(fixture()).args(more);
    let ran = program.output().unwrap();
    let pictures = fs::read_dir(&out).into_iter().flatten().map(|entry| entry.unwrap().path());
    Ran {
        ok: ran.status.success(),
        said: String::from_utf8(ran.stdout).unwrap(),
        complained: String::from_utf8(ran.stderr).unwrap(),
        picture: pictures.map(|path| fs::read_to_string(path).unwrap()).collect(),
    }
}

/// The numbers in the last line of the summary: current, new, appear, vanish, move, stay.
fn totals(said: &str) -> Vec<usize> {
    let line = said.lines().last().unwrap();
    assert!(line.starts_with("all "), "{said}");
    line.split_whitespace().skip(1).map(|number| number.parse().unwrap()).collect()
}

#[test]
fn the_same_rules_change_nothing() {
    let ran = backtest(&TempDir::new().unwrap(), "", &["--max-per-hour", "1000"]);
    assert!(ran.ok, "{}", ran.complained);
    let [current, new, appear, vanish, moves, stay] = totals(&ran.said)[..] else { panic!("{}", ran.said) };
    assert!(current > 0, "the evening has alerts: {}", ran.said);
    assert_eq!((new, appear, vanish, moves, stay), (current, 0, 0, 0, current));
}

#[test]
fn alerts_that_appear_vanish_and_move_are_listed_and_drawn() {
    // Everything is told a little later, landings and meetings not at all; every weight is another.
    let rules = "edition = \"trial-1\"\n[landing]\nduration_s = 86400\neo_reports = 2\nlost_within_m = 0.0\nshuttle_s = 0\n\
        [contact]\nduration_s = 86400\n[fast_approach]\nspeed_mps = 6.0\nduration_s = 20\n[dark_vessel]\nduration_s = 90\n\
        [zone_entry]\nduration_s = 90\n[weights.context]\nnight = 1.0\n";
    let ran = backtest(&TempDir::new().unwrap(), rules, &["--max-per-hour", "1000"]);
    assert!(ran.ok, "{}", ran.complained);
    let [current, new, appear, vanish, moves, stay] = totals(&ran.said)[..] else { panic!("{}", ran.said) };
    assert_eq!((current, new), (vanish + moves + stay, appear + moves + stay));
    assert!(vanish > 0 && moves > 0, "{}", ran.said);
    let listed = |word: &str| ran.said.lines().filter(|line| line.starts_with(&format!("  {word}"))).count();
    assert_eq!((listed("appears"), listed("vanishes"), listed("moves ")), (appear, vanish, moves), "{}", ran.said);
    let drawn = |word: &str| ran.picture.matches(&format!(">{word}")).count();
    assert_eq!((drawn("appears"), drawn("vanishes"), drawn("moves")), (appear, vanish, moves));
    assert_eq!(ran.picture.matches("<g ").count(), ran.picture.matches("</g>").count());
}

#[test]
fn rules_that_would_flood_the_watch_are_refused_unless_forced() {
    let folder = TempDir::new().unwrap();
    let refused = backtest(&folder, "edition = \"loud-1\"\n", &["--max-per-hour", "0.5"]);
    assert!(!refused.ok);
    assert!(
        refused.complained.contains("the rules 'loud-1' would tell more than 0.5 alerts an hour"),
        "{}",
        refused.complained
    );
    assert!(refused.complained.contains("--force"), "{}", refused.complained);
    assert!(backtest(&folder, "", &["--max-per-hour", "0.5", "--force"]).ok);
}

#[test]
fn rules_that_cannot_be_are_refused_with_file_and_key() {
    let ran = backtest(&TempDir::new().unwrap(), "[contact]\ndistance_m = -5.0\n", &[]);
    assert!(!ran.ok);
    assert!(
        ran.complained.contains("new.toml") && ran.complained.contains("contact.distance_m = -5"),
        "{}",
        ran.complained
    );
}
