//! `shorewatch log`: what operators do with the log of a store.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, Subcommand};
use serde_json::json;

use super::runtime;
use crate::serve::area::Area;
use crate::serve::engine_task;
use crate::serve::named::Named;
use crate::serve::session::Session;
use crate::store::area;
use crate::store::disk::{Disk, RealDisk};
use crate::store::log::LogError;
use crate::store::log::entry::{Entry, PayloadKind, RecordEntry};
use crate::store::log::read::SegmentReport;
use crate::store::log::reader::LogReader;
use crate::units::EventTime;

/// Arguments of `shorewatch log`.
#[derive(Args, Debug)]
pub struct Log {
    /// What to do.
    #[command(subcommand)]
    command: LogCommand,
}

#[derive(Debug, Subcommand)]
enum LogCommand {
    /// Read the whole log of a store, and say what is in it and what is damaged. Changes nothing.
    #[command(after_help = "Ends with code 1 when something that may have been acknowledged is missing.

Example:
  shorewatch log check /var/lib/shorewatch")]
    Check(Check),
    /// Replay the log of a store into tracks.csv and alerts.jsonl, as replay does with recordings.
    #[command(after_help = "Example:
  shorewatch log replay /var/lib/shorewatch --out out/again")]
    Replay(ReplayLog),
    /// Write the records of a store as JSON Lines.
    #[command(after_help = "Examples:
  shorewatch log export /var/lib/shorewatch > everything.jsonl
  shorewatch log export /var/lib/shorewatch --feed ais1 --from 2026-04-17T15:00:00Z --to 2026-04-17T16:00:00Z -o hour.jsonl")]
    Export(Export),
}

#[derive(Args, Debug)]
struct Check {
    /// The folder of the store.
    #[arg(value_name = "DIR")]
    store: PathBuf,
}

#[derive(Args, Debug)]
struct ReplayLog {
    /// The folder of the store.
    #[arg(value_name = "DIR")]
    store: PathBuf,

    /// Folder for tracks.csv and alerts.jsonl; created when it is not there.
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,

    /// Folder with scenario.json, zones.geojson and coastline.geojson, in place of those that the store was used with.
    #[arg(long, value_name = "DIR")]
    area: Option<PathBuf>,
}

#[derive(Args, Debug)]
struct Export {
    /// The folder of the store.
    #[arg(value_name = "DIR")]
    store: PathBuf,

    /// The file to write; without it, the standard output.
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Only this feed.
    #[arg(long, value_name = "NAME")]
    feed: Option<String>,

    /// Only what was received at this instant or later.
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<EventTime>,

    /// Only what was received before this instant.
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<EventTime>,
}

fn time(text: &str) -> Result<EventTime, String> {
    EventTime::parse_rfc3339(text).map_err(|_| "write it like 2026-04-17T15:00:00Z".to_owned())
}

impl Log {
    /// Does it.
    ///
    /// # Errors
    /// When there is no log, it cannot be read, or `check` finds something missing.
    pub fn run(self) -> Result<()> {
        match self.command {
            LogCommand::Check(command) => command.run(),
            LogCommand::Replay(command) => command.run(),
            LogCommand::Export(command) => command.run(),
        }
    }
}

fn open(store: &Path) -> Result<LogReader> {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let log = LogReader::open(&disk, store)
        .with_context(|| format!("{} is no store: give the folder that serve --store was given", store.display()))?;
    ensure!(!log.segments().is_empty(), "the log of {} is empty: nothing was received yet", store.display());
    Ok(log)
}

impl Check {
    fn run(self) -> Result<()> {
        let log = open(&self.store)?;
        let reports = log.each::<LogError>(None, |_, _| Ok(()))?;
        let missing = log.missing();
        print!("{}", checked(&reports));
        for number in &missing {
            println!("segment {number} is missing");
        }
        let bad = reports.iter().filter(|report| !report.is_sound()).count();
        if bad + missing.len() > 0 {
            bail!(
                "{bad} segments are damaged and {} are missing: records that were acknowledged may be lost",
                missing.len()
            );
        }
        println!("nothing that was acknowledged is missing");
        Ok(())
    }
}

/// What is in the segments, in words.
fn checked(reports: &[SegmentReport]) -> String {
    let mut text = String::new();
    for report in reports {
        let span = match (report.begun, report.last) {
            (Some(begun), Some(last)) => format!("{begun} to {last}"),
            (Some(begun), None) => format!("{begun}, no record"),
            (None, _) => "unreadable".to_owned(),
        };
        let closed = if report.sealed.is_some() { "sealed" } else { "open" };
        let _ = writeln!(
            text,
            "{} {:>12} bytes {:>10} records  {closed}  {span}",
            report.name, report.bytes, report.records
        );
        for complaint in report.complaints() {
            let _ = writeln!(text, "  {complaint}");
        }
    }
    let bytes: u64 = reports.iter().map(|report| report.bytes).sum();
    let records: u64 = reports.iter().map(|report| report.records).sum();
    let _ = writeln!(text, "{} segments, {bytes} bytes, {records} records", reports.len());
    text
}

impl ReplayLog {
    fn run(self) -> Result<()> {
        let log = open(&self.store)?;
        runtime::start_logging();
        let folder = match self.area {
            Some(folder) => folder,
            None => area::folder(&self.store, &first_area(&log)?),
        };
        let area = Area::kept(&folder).with_context(|| format!("the area in {}", folder.display()))?;
        let out = self.out.clone();
        let disk: Arc<dyn Disk> = Arc::new(RealDisk);
        let named = Named::stored(&disk, &self.store);
        engine_task::replay(Session::new(area.into_plan(Some(self.out))), &log, named)
            .map_err(|error| anyhow::anyhow!(error))?;
        println!("written: {0}/tracks.csv, {0}/alerts.jsonl", out.display());
        Ok(())
    }
}

/// The area that the log begins with.
fn first_area(log: &LogReader) -> Result<String> {
    /// Ends the reading: the name was found.
    enum Stop {
        Found(String),
        Failed(LogError),
    }
    impl From<LogError> for Stop {
        fn from(error: LogError) -> Self {
            Self::Failed(error)
        }
    }
    let read = log.each(None, |_, entry| match entry {
        Entry::Area(name) if !name.is_empty() => Err(Stop::Found(name.clone())),
        _ => Ok(()),
    });
    match read {
        Err(Stop::Found(name)) => Ok(name),
        Err(Stop::Failed(error)) => Err(error.into()),
        Ok(_) => bail!("the log does not say what its area is: give --area"),
    }
}

impl Export {
    fn run(self) -> Result<()> {
        let log = open(&self.store)?;
        let mut out: Box<dyn Write> = match &self.out {
            Some(path) => {
                let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
                Box::new(BufWriter::new(file))
            }
            None => Box::new(BufWriter::new(io::stdout().lock())),
        };
        let mut names: Vec<String> = Vec::new();
        let reports = log.each::<anyhow::Error>(None, |_, entry| {
            match entry {
                Entry::Feed(feed) if names.len() == usize::from(feed.number) => names.push(feed.name.clone()),
                Entry::Record(record) => {
                    let name = names.get(usize::from(record.feed)).map_or("unknown", String::as_str);
                    if self.selects(name, record) {
                        writeln!(out, "{}", exported(name, record))?;
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
        out.flush()?;
        reports.iter().flat_map(SegmentReport::complaints).for_each(|complaint| eprintln!("shorewatch: {complaint}"));
        Ok(())
    }

    fn selects(&self, feed: &str, record: &RecordEntry<'_>) -> bool {
        self.feed.as_deref().is_none_or(|wanted| wanted == feed)
            && self.from.is_none_or(|from| record.received >= from)
            && self.to.is_none_or(|to| record.received < to)
    }
}

/// A record as a line: its bytes as text where they are text, else in hexadecimal.
fn exported(feed: &str, record: &RecordEntry<'_>) -> serde_json::Value {
    let kind = match record.kind {
        PayloadKind::Missing => "missing",
        PayloadKind::AisSentence => "ais_sentence",
        PayloadKind::AsterixBlock => "asterix_block",
        PayloadKind::EoJson => "eo_json",
        PayloadKind::NmeaSentence => "nmea_sentence",
        PayloadKind::TooLong => "too_long",
        PayloadKind::ReportLine => "report_line",
        PayloadKind::OnvifMetadata => "onvif_metadata",
        PayloadKind::KlvPacket => "klv_packet",
    };
    let mut line = json!({
        "feed": feed,
        "sequence": record.sequence,
        "received": record.received.to_string(),
        "stamped": record.stamped,
        "kind": kind,
    });
    let text = std::str::from_utf8(record.bytes)
        .ok()
        .filter(|_| !matches!(record.kind, PayloadKind::AsterixBlock | PayloadKind::KlvPacket));
    match text {
        Some(text) => line["text"] = text.into(),
        None => line["hex"] = record.bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into(),
    }
    line
}
