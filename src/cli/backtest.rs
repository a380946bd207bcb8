//! `shorewatch backtest`.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::Args;

use super::{register, rules};
use crate::backtest::{Comparison, compare, summary, table};
use crate::plot::changes;
use crate::recording::{OpenOptions, Recording};

/// Arguments of `shorewatch backtest`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  shorewatch backtest --rules new.toml scenarios/small-1
  shorewatch backtest --rules new.toml --current rules.toml --out out/backtest recordings/*
  shorewatch backtest --rules new.toml --max-per-hour 4 recordings/* && cp new.toml rules.toml

Ends with an error when the new rules would tell more alerts an hour than --max-per-hour in any recording, unless --force is given.")]
pub struct Backtest {
    /// Scenario folders to play by both sets of rules.
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,

    /// The new rules (TOML, as config/rules.toml; what it leaves out keeps its default).
    #[arg(long, value_name = "FILE")]
    rules: PathBuf,

    /// The current rules. Without it: those that are built in.
    #[arg(long, value_name = "FILE")]
    current: Option<PathBuf>,

    /// What is known of vessels, for both (CSV; docs/register.md has the columns).
    #[arg(long, value_name = "FILE")]
    register: Option<PathBuf>,

    /// Folder for a picture of each recording, NAME.svg; created when it is not there.
    #[arg(short, long, value_name = "DIR", default_value = "backtest")]
    out: PathBuf,

    /// Refuse rules that would tell more alerts an hour than this: officers stop reading a system that cries wolf.
    #[arg(long, value_name = "N", default_value_t = 10.0)]
    max_per_hour: f64,

    /// Accept them all the same.
    #[arg(long)]
    force: bool,
}

impl Backtest {
    /// Plays every recording by both sets of rules, prints what differs and draws it.
    ///
    /// # Errors
    /// When rules or recordings cannot be read, a picture cannot be written, or the new rules tell too many alerts.
    pub fn run(self) -> Result<()> {
        let new = rules::read(Some(&self.rules))?;
        let current = rules::read(self.current.as_deref())?;
        let register = register::read(self.register.as_deref())?;
        fs::create_dir_all(&self.out).with_context(|| format!("cannot create {}", self.out.display()))?;
        let mut comparisons: Vec<Comparison> = Vec::new();
        for folder in &self.folders {
            let recording = Recording::open(std::slice::from_ref(folder), &OpenOptions::default())?;
            let chart = Arc::new(recording.chart(None)?);
            let comparison = compare(&recording, &chart, &register, &current, &new)?;
            print!("{}", table(&comparison));
            if let Some(bbox) = recording.bbox {
                let picture = self.out.join(format!("{}.svg", file_name(&recording.name, comparisons.len())));
                let drawn = changes::draw(&comparison, &chart, &recording.sensors, bbox);
                fs::write(&picture, drawn).with_context(|| format!("cannot write {}", picture.display()))?;
                println!("  {}", picture.display());
            }
            comparisons.push(comparison);
        }
        print!("\n{}", summary(&comparisons));
        let loud = comparisons.iter().filter(|comparison| comparison.alerts_an_hour() > self.max_per_hour);
        let loud: Vec<String> = loud.map(|it| format!("\n  {}: {:.1} an hour", it.name, it.alerts_an_hour())).collect();
        if !loud.is_empty() && !self.force {
            bail!(
                "the rules '{}' would tell more than {} alerts an hour:{}\nraise the thresholds, or accept them with --force",
                new.edition,
                self.max_per_hour,
                loud.concat()
            );
        }
        Ok(())
    }
}

/// The name of a recording as one of a file: names come from outside, and two recordings may have the same.
fn file_name(name: &str, number: usize) -> String {
    let plain: String = name.chars().map(|c| if c.is_alphanumeric() || c == '-' { c } else { '_' }).take(60).collect();
    format!("{:02}-{plain}", number + 1)
}
