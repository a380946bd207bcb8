//! `shorewatch feed`.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::runtime;
use super::site::Site;
use crate::api::playback::{self, Pace, Played, Speed};
use crate::api::sender::{Sent, send, send_secured};
use crate::recording::{OpenOptions, Recording};
use crate::serve::limits::BATCH_RECORDS_MAX;

/// Arguments of `shorewatch feed`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  shorewatch feed scenarios/small-1 --to 127.0.0.1:7411 --speed 10
  shorewatch feed harbour.nmea.zst --to http://127.0.0.1:7411 --speed max
  shorewatch feed harbour.nmea.zst --to coast.example:7411 --ca ca.pem --certificate site1.pem --key site1.key")]
pub struct Feed {
    /// A scenario folder, or recorded files.
    #[arg(required = true, value_name = "DIR|FILE")]
    paths: Vec<PathBuf>,

    /// The server.
    #[arg(long, value_name = "URL")]
    to: String,

    /// How many times as fast as recorded; max or 0: as fast as the server takes it.
    #[arg(long, default_value = "1", value_name = "N")]
    speed: Speed,

    /// Records in one message, at most.
    #[arg(long, default_value_t = 1_000, value_name = "N", value_parser = batch)]
    batch: usize,

    /// Tell nothing but faults.
    #[arg(short, long)]
    quiet: bool,

    #[command(flatten)]
    site: Site,
}

fn batch(text: &str) -> Result<usize, String> {
    let size = text.parse().ok().filter(|size| (1..=BATCH_RECORDS_MAX).contains(size));
    size.ok_or_else(|| format!("give a number from 1 to {BATCH_RECORDS_MAX}"))
}

impl Feed {
    /// Streams the recording and tells how it went.
    ///
    /// # Errors
    /// When there is nothing to stream, or the server cannot be reached or refuses.
    pub fn run(self) -> Result<()> {
        let recording = Recording::open(&self.paths, &OpenOptions::default())?;
        runtime::start_logging();
        remark(&recording);
        let names: Vec<String> = recording.feeds.iter().map(|feed| feed.name.clone()).collect();
        let introductions = playback::introductions(&recording).map_err(anyhow::Error::msg)?;
        let (parcels, playing) = playback::start(recording, Pace { speed: self.speed, batch: self.batch })?;
        let bar = bar(self.quiet);
        let progress = |sent: &Sent| bar.set_position(sent.acknowledged);
        let sent = match self.site.tls()? {
            Some(tls) => runtime::build()?.block_on(send_secured(&self.to, tls, introductions, parcels, progress)),
            None => runtime::build()?.block_on(send(&self.to, introductions, parcels, progress)),
        };
        bar.finish_and_clear();
        let sent = sent?;
        let played = playing.join().ok().context("reading the recording crashed")?;
        complain(&names, &played);
        if !self.quiet {
            print!("{}", told(&sent));
        }
        if !sent.unknown.is_empty() {
            let unknown: Vec<&str> = sent.unknown.iter().map(|name| name.as_str()).collect();
            bail!(
                "the server does not know {}: start it with --area, so that it knows where they stand",
                unknown.join(", ")
            );
        }
        Ok(())
    }
}

fn bar(quiet: bool) -> ProgressBar {
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let style = ProgressStyle::with_template("{spinner} {human_pos} records acknowledged, {per_sec}, {elapsed}");
    let bar = ProgressBar::with_draw_target(None, target);
    style.map_or(bar.clone(), |style| bar.with_style(style))
}

/// Says what is left out of a recording, and how its files were taken.
pub(super) fn remark(recording: &Recording) {
    for refused in &recording.refused {
        eprintln!("shorewatch: {} is left out: {}", refused.name, refused.why);
    }
    for note in &recording.notes {
        eprintln!("shorewatch: {note}");
    }
}

/// Names files that ended early.
pub(super) fn complain(names: &[String], played: &Played) {
    for (name, end) in names.iter().zip(&played.feeds) {
        match end {
            None => eprintln!("shorewatch: {name} could not be opened and was left out"),
            Some(end) => {
                if let Some((what, offset)) = &end.fault {
                    eprintln!("shorewatch: {name} ends early, at byte {offset}: {what}");
                }
            }
        }
    }
}

/// What the server made of the records, in words.
pub(super) fn told(sent: &Sent) -> String {
    let mut text = format!(
        "{} records acknowledged: {} accepted, {} refused, {} already there\n",
        sent.acknowledged, sent.accepted, sent.refused, sent.repeated
    );
    for (reason, count) in &sent.reasons {
        text.push_str(&format!("  refused: {count} {reason}\n"));
    }
    if sent.lost > 0 {
        text.push_str(&format!("  LOST: {} records that the server had acknowledged; its log says which\n", sent.lost));
    }
    if sent.reconnects > 0 {
        text.push_str(&format!("  connected again {} times\n", sent.reconnects));
    }
    text
}
