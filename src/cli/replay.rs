//! `shorewatch replay`.

use std::path::PathBuf;

use anyhow::{Result, anyhow};
use clap::Args;
use clap::builder::PossibleValuesParser;

use super::{register, rules};
use crate::engine::EngineConfig;
use crate::fusion::{Ablation, FusionConfig};
use crate::recording::{OpenOptions, Recording, Site};
use crate::replay::{Progress, ReplayOptions, replay};
use crate::units::EventTime;

/// Arguments of `shorewatch replay`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  shorewatch replay scenarios/small-1 --out out/small-1
  shorewatch replay harbour.nmea.zst --out out/harbour
  shorewatch replay scenarios/small-1 --register vessels.csv --out out/small-1
  shorewatch replay scenarios/small-1 --out out/unregistered --without registration
  shorewatch replay radar1.ast ais.log --site radar1=20.0867,110.3429 --date 2026-04-17 --out out/both")]
pub struct Replay {
    /// A scenario folder, or recorded files: AIS lines, ASTERIX blocks or captures, camera lines; a name that ends in
    /// .zst is decompressed.
    #[arg(required = true, value_name = "DIR|FILE")]
    paths: Vec<PathBuf>,

    /// Folder for tracks.csv and alerts.jsonl; created when it is not there.
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,

    /// Write uncertainty.csv too: position covariance, speed error and probabilities of each row of tracks.csv.
    #[arg(long)]
    uncertainty: bool,

    /// 2: decode in a second thread. The result is the same.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    threads: u16,

    /// Where a radar or camera of a single file stands: its name (that of the file) or SAC/SIC, latitude, longitude.
    #[arg(long = "site", value_name = "NAME=LAT,LON", value_parser = site)]
    sites: Vec<Site>,

    /// The day of a single radar file, which tells the time of day only.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    date: Option<EventTime>,

    /// A folder with the coastline.geojson and zones.geojson to use, in place of the scenario's own or the built-in ones.
    #[arg(long, value_name = "DIR")]
    chart: Option<PathBuf>,

    /// Rules to use in place of those that are built in (TOML, as config/rules.toml; what it leaves out keeps its default).
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,

    /// What is known of vessels: class, length, permits, watch list (CSV; docs/register.md has the columns).
    #[arg(long, value_name = "FILE")]
    register: Option<PathBuf>,

    /// Switch a part of the tracker off, to see what it is worth; may be given more than once.
    #[arg(long, value_name = "PART", value_parser = PossibleValuesParser::new(Ablation::PARTS))]
    without: Vec<String>,

    /// Tell nothing but faults.
    #[arg(short, long)]
    quiet: bool,
}

fn site(text: &str) -> Result<Site, String> {
    text.parse::<Site>().map_err(|error| error.to_string())
}

fn date(text: &str) -> Result<EventTime, String> {
    EventTime::parse_rfc3339(&format!("{text}T00:00:00Z"))
        .map_err(|_| "write YYYY-MM-DD, for example 2026-04-17".into())
}

fn ablation(without: &[String]) -> Result<Ablation> {
    without.iter().try_fold(Ablation::NOTHING_OFF, |parts, part| {
        let known = Ablation::PARTS.join(", ");
        parts.without(part).ok_or_else(|| anyhow!("the tracker has no part '{part}': choose among {known}"))
    })
}

impl Replay {
    /// Replays and tells how it went.
    ///
    /// # Errors
    /// When there is nothing to replay, or the output cannot be written.
    pub fn run(self) -> Result<()> {
        let recording = Recording::open(&self.paths, &OpenOptions { sites: self.sites, date: self.date })?;
        let chart = std::sync::Arc::new(recording.chart(self.chart.as_deref())?);
        let engine = EngineConfig {
            rules: rules::read(self.rules.as_deref())?,
            register: register::read(self.register.as_deref())?,
            fusion: FusionConfig { ablation: ablation(&self.without)?, ..FusionConfig::default() },
            ..EngineConfig::default()
        };
        let (threads, uncertainty) = (usize::from(self.threads), self.uncertainty);
        let options = ReplayOptions { out: self.out, uncertainty, threads, engine };
        let summary = replay(&recording, &chart, &options, &mut Progress::new(!self.quiet))?;
        if self.quiet {
            summary.complaints().iter().for_each(|complaint| eprintln!("shorewatch: {complaint}"));
        } else {
            print!("{summary}");
        }
        Ok(())
    }
}
