//! What a replay says when it is done: what came in, what was refused and why, what came out, what it cost.

use std::fmt;
use std::path::PathBuf;

use super::clock::Elapsed;
use super::output::PictureLog;
use super::{Decoded, shown};
use crate::chart::Chart;
use crate::engine::{Engine, SensorStatus};
use crate::feed::order::{Rejected, SensorIntake, Silence};
use crate::feed::{DecodeReport, SensorKind};
use crate::recording::{FeedEnd, Recording, RefusedFeed, TimeSource};
use crate::units::EventTime;

/// Everything worth telling about a replay.
#[derive(Debug)]
pub struct Summary {
    /// Name of the recording.
    pub name: String,
    /// When its time is 0.
    pub start: EventTime,
    /// The feeds that were read.
    pub feeds: Vec<FeedSummary>,
    /// The feeds that could not be.
    pub refused: Vec<RefusedFeed>,
    /// Which chart was used.
    pub chart: String,
    /// How the files were taken, and what looked odd in the chart.
    pub notes: Vec<String>,
    /// AIS transmissions by how many sensors heard them.
    pub heard_by_count: Vec<u64>,
    /// How each sensor did.
    pub sensors: Vec<SensorStatus>,
    /// Cells of sea (5.5 km) in which ships were heard at the end, and the mean share of what they send that was received there.
    pub reception: Option<(usize, f64)>,
    /// Instants of the picture.
    pub instants: u64,
    /// Confirmed tracks.
    pub tracks: u64,
    /// Alerts told.
    pub alerts: u64,
    /// The files written.
    pub written: Vec<PathBuf>,
    elapsed: Elapsed,
}

/// What came in by one feed.
#[derive(Debug)]
pub struct FeedSummary {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: SensorKind,
    /// Its file.
    pub path: PathBuf,
    /// How its file ended.
    pub end: FeedEnd,
    /// What could be read.
    pub decoded: DecodeReport,
    /// Observations of its sensor that were taken.
    pub admitted: u64,
    /// Of those, late ones.
    pub late: u64,
    /// The latest of them, in milliseconds.
    pub late_max_ms: i64,
    /// Observations not taken, by reason.
    pub rejected: Vec<(Rejected, u64)>,
    /// The latest of those that came too late or by a wrong clock, in words.
    pub last_reject: Option<String>,
    /// Milliseconds that an AIS station's clock is ahead of UTC.
    pub clock_offset_ms: Option<i64>,
}

impl Summary {
    pub(super) fn new(
        recording: &Recording,
        chart: &Chart,
        start: EventTime,
        decoded: &Decoded,
        engine: &Engine,
        log: &PictureLog,
        elapsed: Elapsed,
    ) -> Self {
        let feeds = recording.feeds.iter().enumerate().filter_map(|(number, feed)| {
            let end = decoded.ends.get(number)?.clone()?;
            let none = SensorIntake::default();
            let intake = feed.sensor.and_then(|sensor| engine.intake().sensor(sensor)).unwrap_or(&none);
            let rejects = &intake.rejects;
            // A log whose time is told by its messages has no clock of its own.
            let has_clock = feed.kind == SensorKind::Ais && feed.times == TimeSource::Records;
            let rejected = Rejected::ALL.into_iter().map(|why| (why, rejects.count(why)));
            Some(FeedSummary {
                name: feed.name.clone(),
                kind: feed.kind,
                path: feed.path.clone(),
                end,
                decoded: decoded.reports.get(number).cloned().unwrap_or_default(),
                admitted: intake.admitted,
                late: intake.late,
                late_max_ms: intake.late_max_ms,
                rejected: rejected.filter(|&(_, count)| count > 0).collect(),
                last_reject: rejects
                    .kept()
                    .filter(|reject| is_worth_a_look(reject.why))
                    .last()
                    .map(ToString::to_string),
                clock_offset_ms: intake.clock.offset_ms().filter(|_| has_clock),
            })
        });
        Self {
            name: recording.name.clone(),
            start,
            feeds: feeds.collect(),
            refused: recording.refused.iter().chain(&decoded.refused).cloned().collect(),
            chart: chart_in_words(chart),
            notes: recording
                .notes
                .iter()
                .cloned()
                .chain(chart.warnings().iter().map(ToString::to_string))
                .chain(silences(engine))
                .collect(),
            heard_by_count: engine.intake().heard_by_count().to_vec(),
            sensors: engine.sensor_status(),
            reception: engine.now().and_then(|now| engine.coverage().reception_summary(now)),
            instants: log.instants(),
            tracks: log.tracks(),
            alerts: log.alerts(),
            written: log.paths().into_iter().map(Into::into).collect(),
            elapsed,
        }
    }

    /// Raw records of all feeds.
    pub fn records(&self) -> u64 {
        self.feeds.iter().map(|feed| feed.end.records).sum()
    }

    /// Feeds that gave nothing, or could not be read to their end: each in one line that says what to do.
    pub fn complaints(&self) -> Vec<String> {
        let mut complaints: Vec<String> =
            self.refused.iter().map(|feed| format!("{} is not used: {}", feed.name, feed.why)).collect();
        for feed in &self.feeds {
            let path = shown(&feed.path);
            if let Some((what, offset)) = &feed.end.fault {
                complaints.push(format!(
                    "{path}: {what} after {offset} bytes of content: what came before is used; copy the file again"
                ));
            }
            if feed.decoded.observations == 0 {
                let why = feed.decoded.refused.iter().max_by_key(|refused| refused.count);
                let why = why.map_or("it is empty".to_owned(), |most| format!("mostly {}: {}", most.reason, most.help));
                complaints.push(format!("{path}: no valid record among {} ({why})", feed.end.records));
            } else if feed.admitted == 0 {
                let why = feed.last_reject.as_deref().unwrap_or("all of other sensors, or heard by others before");
                complaints.push(format!("{path}: nothing of it could be taken; the last: {why}"));
            }
        }
        complaints
    }
}

fn chart_in_words(chart: &Chart) -> String {
    let (lands, zones) = (chart.coast.lands().len(), chart.zones.zones().len());
    let version = chart.zones.version();
    let mut words = format!("a chart of {lands} land polygons and {zones} zones (version {version})");
    for attribution in [chart.coast.attribution(), chart.zones.attribution()] {
        if !attribution.is_empty() && !words.contains(attribution) {
            words.push_str("\n    ");
            words.push_str(attribution);
        }
    }
    words
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: from {}\n  on {}", self.name, self.start, self.chart)?;
        for feed in &self.feeds {
            write_feed(f, feed)?;
        }
        for complaint in self.complaints() {
            writeln!(f, "  ! {complaint}")?;
        }
        for note in &self.notes {
            writeln!(f, "  note: {note}")?;
        }
        let heard: u64 = self.heard_by_count.iter().sum();
        if self.heard_by_count.iter().skip(1).any(|&count| count > 0) {
            write!(f, "  {heard} AIS transmissions, heard by")?;
            for (count, stations) in self.heard_by_count.iter().zip(1..).filter(|&(&count, _)| count > 0) {
                write!(f, " {stations}: {count}")?;
            }
            writeln!(f)?;
        }
        if let Some((cells, share)) = self.reception {
            writeln!(f, "  AIS reception: {:.0} % of what ships send, over {cells} cells of 5.5 km", share * 100.0)?;
        }
        for sensor in &self.sensors {
            write_sensor(f, sensor)?;
        }
        let Self { tracks, instants, alerts, .. } = self;
        let paths: Vec<String> = self.written.iter().map(|path| shown(path)).collect();
        writeln!(f, "  {tracks} tracks over {instants} instants, {alerts} alerts -> {}", paths.join(", "))?;
        let wall_s = self.elapsed.wall.as_secs_f64();
        let records = self.records();
        write!(f, "  {records} records in {wall_s:.2} s")?;
        if let Some(cpu_s) = self.elapsed.cpu_s.filter(|&cpu_s| cpu_s > 0.0) {
            write!(f, ", {cpu_s:.2} s of processor time: {:.0} records/s", records as f64 / cpu_s)?;
        }
        if let Some(peak_bytes) = self.elapsed.peak_bytes {
            write!(f, ", {:.0} MB of memory at most", peak_bytes as f64 / 1e6)?;
        }
        writeln!(f)
    }
}

/// Records that come twice are the ordinary case.
fn is_worth_a_look(why: Rejected) -> bool {
    matches!(why, Rejected::TooLate | Rejected::ClockWrong)
}

fn write_feed(f: &mut fmt::Formatter<'_>, feed: &FeedSummary) -> fmt::Result {
    let FeedSummary { name, decoded, end, .. } = feed;
    writeln!(
        f,
        "  {name} ({}): {} records, {} read, {} refused; {} observations, {} taken, {} of them late (up to {:.1} s)",
        feed.kind.as_str(),
        end.records,
        decoded.accepted,
        decoded.refused_total(),
        decoded.observations,
        feed.admitted,
        feed.late,
        feed.late_max_ms as f64 / 1000.0,
    )?;
    for refused in &decoded.refused {
        write!(f, "    refused {} x {}", refused.count, refused.reason)?;
        if let Some((place, excerpt)) = &refused.first {
            write!(f, " (first at {place}: {excerpt})")?;
        }
        writeln!(f)?;
    }
    for (reason, count, first) in &end.capture_refusals {
        write!(f, "    refused {count} x {reason}")?;
        if let Some(place) = first {
            write!(f, " (first at {place})")?;
        }
        writeln!(f)?;
    }
    for (why, count) in &feed.rejected {
        writeln!(f, "    not taken {count} x {}", why.as_str())?;
    }
    if let Some(reject) = &feed.last_reject {
        writeln!(f, "      the last: {reject}")?;
    }
    if end.suspects > 0 {
        writeln!(f, "    {} records jump ahead in time and were not believed", end.suspects)?;
    }
    for note in &decoded.notes {
        writeln!(f, "    {note}")?;
    }
    if let Some(offset_ms) = feed.clock_offset_ms {
        writeln!(f, "    its clock is {:+.2} s off UTC", offset_ms as f64 / 1000.0)?;
    }
    Ok(())
}

/// Feeds of a recording do not end in the same second: a silence that begins so shortly before the end is none, in seconds.
const ENDING_S: f64 = 60.0;

/// The silences of radars in words.
fn silences(engine: &Engine) -> impl Iterator<Item = String> + '_ {
    let is_told = |silence: &&Silence| {
        silence.until.is_some() || engine.now().is_some_and(|now| now.seconds_since(silence.since) > ENDING_S)
    };
    engine.liveness().silences().iter().filter(is_told).map(|silence| {
        let name = engine.sensors().get(silence.sensor).map_or("?", |sensor| &sensor.name);
        let until = silence.until.map_or("the end".to_owned(), |until| until.to_string());
        format!("{name} was silent from {} to {until}", silence.since)
    })
}

fn write_sensor(f: &mut fmt::Formatter<'_>, status: &SensorStatus) -> fmt::Result {
    let Some(sensor) = &status.learned else { return Ok(()) };
    let (azimuth, azimuth_sigma) = sensor.azimuth_bias_deg;
    write!(f, "  {} ({}): bias", sensor.name, status.health.as_str())?;
    if let Some((range, sigma)) = sensor.range_bias_m {
        write!(f, " {range:+.1} m (sigma {sigma:.1}),")?;
    }
    write!(f, " {azimuth:+.3} deg (sigma {azimuth_sigma:.3})")?;
    if let Some((offset, sigma)) = sensor.clock_offset_s {
        write!(f, ", clock {offset:+.2} s (sigma {sigma:.2})")?;
    }
    writeln!(f, ", from {} comparisons with AIS", sensor.comparisons)?;
    match (sensor.detection_probability, sensor.false_plots_a_turn) {
        (Some(detection), Some(foreign)) => {
            writeln!(
                f,
                "    detects its tracks in {:.0} % of turns, {foreign:.1} false plots a turn",
                detection * 100.0
            )
        }
        (None, Some(foreign)) => writeln!(f, "    holds no track, {foreign:.1} false plots a turn"),
        _ => Ok(()),
    }
}
