//! `shorewatch report`: what became of the alerts, by rule, zone and mix of sensors.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};
use clap::Args;

use crate::life::statistics::{Case, Statistics};
use crate::plot::shares;
use crate::store::records::{FILE, alert, open_to_read};
use crate::units::EventTime;

/// Alerts read in one go.
const PAGE: usize = 1_000;

/// Arguments of `shorewatch report`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  shorewatch report /var/lib/shorewatch
  shorewatch report /var/lib/shorewatch --from 2026-11-01T00:00:00Z --csv november.csv --svg november.svg

true: share of the judged alerts that officers confirmed. take, judge, send: median seconds from the alert to the officer who takes
it up, to the judgement, to the first unit on its way. A rule with many dismissals for one reason is one to look at.")]
pub struct Report {
    /// Folder of the server's store; the server may run.
    #[arg(value_name = "STORE")]
    store: PathBuf,

    /// Only alerts raised at this instant (UTC) or later.
    #[arg(long, value_name = "TIME")]
    from: Option<String>,

    /// Only alerts raised before this instant (UTC).
    #[arg(long, value_name = "TIME")]
    until: Option<String>,

    /// Also write the table as CSV.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,

    /// Also draw it.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

impl Report {
    /// Prints the table.
    ///
    /// # Errors
    /// When the records cannot be read, or a file not be written.
    pub fn run(self) -> Result<()> {
        let instant = |text: &Option<String>, what: &str| -> Result<Option<i64>> {
            text.as_ref()
                .map(|text| {
                    EventTime::parse_rfc3339(text)
                        .map(EventTime::as_millis)
                        .map_err(|error| anyhow!("{what} {text}: {error}; write 2026-11-01T00:00:00Z"))
                })
                .transpose()
        };
        let (from_ms, until_ms) = (instant(&self.from, "--from")?, instant(&self.until, "--until")?);
        let query = alert::AlertQuery { raised_from_ms: from_ms, raised_before_ms: until_ms, ..Default::default() };
        let connection = open_to_read(&self.store.join(FILE))?;
        let mut statistics = Statistics::default();
        let mut before = i64::MAX;
        loop {
            let page = alert::list(&connection, before, PAGE, |record| query.selects(record))?;
            let Some(last) = page.last() else { break };
            before = last.first_sequence;
            for record in &page {
                let facts = &record.news.facts;
                let (kind, zone, sensors) = (facts.kind.as_str(), facts.zone.as_str(), facts.sensors.as_str());
                statistics.count(Case { kind, zone, sensors, life: &record.life });
            }
        }
        if statistics.groups.is_empty() {
            println!("no alerts on record");
            return Ok(());
        }
        print!("{}", table(&statistics));
        let write = |path: &PathBuf, text: String| {
            fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
        };
        if let Some(path) = &self.csv {
            write(path, csv(&statistics))?;
        }
        if let Some(path) = &self.svg {
            write(path, shares::draw(&statistics))?;
        }
        Ok(())
    }
}

fn seconds(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.0}"))
}

/// The table as people read it.
fn table(statistics: &Statistics) -> String {
    let mut text = format!(
        "{:<18} {:<24} {:<14} {:>6} {:>5} {:>9} {:>9} {:>9} {:>5} {:>6} {:>6} {:>6}  {}\n",
        "rule",
        "zone",
        "sensors",
        "alerts",
        "true",
        "confirmed",
        "dismissed",
        "withdrawn",
        "open",
        "take",
        "judge",
        "send",
        "dismissed most as"
    );
    for (group, tally) in &statistics.groups {
        let share = tally.confirmed_share().map_or_else(|| "-".to_owned(), |share| format!("{:.0}%", share * 100.0));
        let chief = tally.chief_reason().map_or_else(String::new, |(reason, count)| format!("{reason} ({count})"));
        let or_none = |word: &str| if word.is_empty() { "-".to_owned() } else { word.to_owned() };
        let _ = writeln!(
            text,
            "{:<18} {:<24} {:<14} {:>6} {:>5} {:>9} {:>9} {:>9} {:>5} {:>6} {:>6} {:>6}  {}",
            group.kind,
            or_none(&group.zone),
            or_none(&group.sensors),
            tally.raised,
            share,
            tally.confirmed,
            tally.dismissed_total(),
            tally.withdrawn,
            tally.open,
            seconds(tally.acknowledge_s()),
            seconds(tally.judge_s()),
            seconds(tally.dispatch_s()),
            chief
        );
    }
    text
}

/// The table as programs read it.
fn csv(statistics: &Statistics) -> String {
    let mut text =
        "rule,zone,sensors,alerts,confirmed_share,confirmed,dismissed,withdrawn,open,reminders,acknowledge_s,judge_s,\
                    dispatch_s,reasons,outcomes\n"
            .to_owned();
    for (group, tally) in &statistics.groups {
        let counted = |pairs: Vec<(&str, u32)>| {
            pairs.iter().map(|(word, count)| format!("{word}:{count}")).collect::<Vec<_>>().join(" ")
        };
        let number = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.3}"));
        let _ = writeln!(
            text,
            "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}",
            group.kind,
            quoted(&group.zone),
            group.sensors,
            tally.raised,
            number(tally.confirmed_share()),
            tally.confirmed,
            tally.dismissed_total(),
            tally.withdrawn,
            tally.open,
            tally.reminders,
            number(tally.acknowledge_s()),
            number(tally.judge_s()),
            number(tally.dispatch_s()),
            counted(tally.dismissed.iter().map(|(reason, count)| (reason.as_str(), *count)).collect()),
            counted(tally.outcomes.iter().map(|(outcome, count)| (outcome.as_str(), *count)).collect()),
        );
    }
    text
}

/// A field of CSV (RFC 4180).
fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::life::{Actor, DismissReason, Life, Step};

    #[test]
    fn a_report_says_what_became_of_the_alerts_of_a_rule() {
        let life = Life::begin("", 0);
        let life = life.step(&Step::Dismiss(DismissReason::Waiting), &Actor::system(), 90_000).unwrap();
        let mut statistics = Statistics::default();
        statistics.count(Case { kind: "loitering", zone: "a,b", sensors: "ais", life: &life });
        let table = table(&statistics);
        assert!(table.lines().count() == 2 && table.contains("waiting (1)"), "{table}");
        let csv = csv(&statistics);
        let expected = "loitering,\"a,b\",ais,1,0.000,0,1,0,0,0,90.000,90.000,,waiting:1,";
        assert_eq!(csv.lines().nth(1), Some(expected));
        assert_eq!(csv.lines().next().unwrap().split(',').count(), 15);
        let svg = shares::draw(&statistics);
        assert!(svg.starts_with("<svg") && svg.contains("loitering") && svg.ends_with("</svg>\n"), "{svg}");
    }
}
