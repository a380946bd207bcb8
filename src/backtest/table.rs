//! The differences in words, for people.

use std::fmt::Write;

use super::matching::told_at;
use super::{Change, Comparison};
use crate::alert::Alert;
use crate::behaviour::Kind;
use crate::units::EventTime;

/// One recording: a line for each alert that appears, vanishes or moves.
pub fn table(comparison: &Comparison) -> String {
    let Comparison { name, hours, changes, .. } = comparison;
    let count = |word: &str| changes.iter().filter(|change| change.word() == word).count();
    let now = changes.len() - count("appears");
    let new = changes.len() - count("vanishes");
    let rate = comparison.alerts_an_hour();
    // Writing to a text cannot fail.
    let mut text =
        format!("{name}: {hours:.1} h, {now} alerts by the current rules, {new} by the new ({rate:.1} an hour)\n");
    for change in changes.iter().filter(|change| !matches!(change, Change::Stays(_))) {
        let alert = change.alert();
        let when = match change {
            Change::Moves { from, to } => moved(from, to),
            _ => format!("{}  {}", clock(told_at(alert)), weight(alert)),
        };
        let near = alert.near.as_ref().map_or(String::new(), |near| format!("  {}", near.in_english));
        let kind = alert.kind.as_str();
        let _ = writeln!(text, "  {:<9} {kind:<18} {:<24} {when}{near}", change.word(), who(alert));
    }
    let stay = count("stays");
    let _ = writeln!(text, "  {stay} stay{} as told", if stay == 1 { "s" } else { "" });
    text
}

/// All recordings: a line for each kind of alert.
pub fn summary(comparisons: &[Comparison]) -> String {
    let mut text = format!(
        "{:<18} {:>7} {:>7} {:>8} {:>9} {:>6} {:>6}\n",
        "kind", "current", "new", "appear", "vanish", "move", "stay"
    );
    let mut line = |name: &str, of: &dyn Fn(&Change) -> bool| {
        let mut counts = [0_usize; 4];
        for change in comparisons.iter().flat_map(|comparison| &comparison.changes).filter(|change| of(change)) {
            let place = match change {
                Change::Appears(_) => 0,
                Change::Vanishes(_) => 1,
                Change::Moves { .. } => 2,
                Change::Stays(_) => 3,
            };
            counts[place] += 1;
        }
        let [appear, vanish, moves, stay] = counts;
        let (current, new) = (vanish + moves + stay, appear + moves + stay);
        if current + new > 0 || name == "all" {
            let _ = writeln!(text, "{name:<18} {current:>7} {new:>7} {appear:>8} {vanish:>9} {moves:>6} {stay:>6}");
        }
    };
    for kind in Kind::ALL {
        line(kind.as_str(), &|change| change.alert().kind == kind);
    }
    line("all", &|_| true);
    text
}

/// Track and MMSI.
fn who(alert: &Alert) -> String {
    let mmsi = alert.mmsi.map_or("no AIS".to_owned(), |mmsi| format!("MMSI {mmsi}"));
    format!("{} {mmsi}", alert.track)
}

/// `18:20:10 -> 18:15:10 (300 s earlier), grade 2 -> 3, 35 -> 45 points`: what differs.
fn moved(from: &Alert, to: &Alert) -> String {
    let later_s = told_at(to).seconds_since(told_at(from));
    let mut parts = Vec::new();
    if later_s == 0.0 {
        parts.push(clock(told_at(to)));
    } else {
        let how = if later_s > 0.0 { "later" } else { "earlier" };
        parts.push(format!("{} -> {} ({:.0} s {how})", clock(told_at(from)), clock(told_at(to)), later_s.abs()));
    }
    if from.grade != to.grade {
        parts.push(format!("grade {} -> {}", from.grade.number(), to.grade.number()));
    }
    if from.score.points() != to.score.points() {
        parts.push(format!("{} -> {} points", from.score.points(), to.score.points()));
    }
    if from.stage != to.stage {
        parts.push(format!("{} -> {}", from.stage.as_str(), to.stage.as_str()));
    }
    parts.join(", ")
}

fn weight(alert: &Alert) -> String {
    format!("grade {}, {} points", alert.grade.number(), alert.score.points())
}

/// `18:20:10`, UTC.
fn clock(time: EventTime) -> String {
    time.to_string().chars().skip(11).take(8).collect()
}
