//! The files that a replay or a server writes: `tracks.csv` and `alerts.jsonl` as FORMAT.md has them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::decimal::{push_fixed, push_whole};
use crate::alert::{Alert, AlertId, to_json_line};
use crate::behaviour::Kind;
use crate::engine::EngineEvent;
use crate::fusion::{Sources, TrackEvent, TrackState};
use crate::units::EventTime;

/// Probability from which a track's MMSI is written.
const TOLD: f64 = 0.6;
/// Header of `tracks.csv`.
const TRACKS_HEADER: &str = "time_s,track,lat,lon,sog_mps,cog_deg,mmsi,sources";
/// Header of `uncertainty.csv`.
const UNCERTAINTY_HEADER: &str =
    "time_s,track,east_m2,east_north_m2,north_m2,speed_sigma_mps,stopped,existence,mmsi_probability";

/// An output file that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("{path} cannot be written ({error}): check that the folder exists, is yours and has room")]
pub struct OutputError {
    path: PathBuf,
    error: io::Error,
}

/// Writes the picture of every instant, and alerts.
#[derive(Debug)]
pub struct PictureLog {
    tracks: OutputFile,
    alerts: OutputFile,
    /// How sure each row of `tracks.csv` is, where that is asked for.
    uncertainty: Option<OutputFile>,
    start: EventTime,
    duration_ms: Option<i64>,
    instants: u64,
    rows: u64,
    tracks_confirmed: u64,
    alerts_written: u64,
    /// Alerts as they stand, written when the log is finished: only then is known when each ended.
    told: BTreeMap<AlertId, Alert>,
    /// The rows of one instant: kept so that none is allocated for each.
    rows_text: Vec<u8>,
}

#[derive(Debug)]
struct OutputFile {
    path: PathBuf,
    file: BufWriter<File>,
}

impl OutputFile {
    fn create(path: PathBuf) -> Result<Self, OutputError> {
        match File::create(&path) {
            Ok(file) => Ok(Self { path, file: BufWriter::with_capacity(1 << 16, file) }),
            Err(error) => Err(OutputError { path, error }),
        }
    }

    fn try_write(&mut self, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> Result<(), OutputError> {
        write(&mut self.file).map_err(|error| OutputError { path: self.path.clone(), error })
    }
}

impl PictureLog {
    /// Creates the files in the folder `out`, and the folder when there is none. Times are written in seconds since
    /// `start`; instants before it and after `duration_ms` are not written.
    ///
    /// # Errors
    /// When the folder or a file cannot be created.
    pub fn create(out: &Path, start: EventTime, duration_ms: Option<i64>) -> Result<Self, OutputError> {
        fs::create_dir_all(out).map_err(|error| OutputError { path: out.to_owned(), error })?;
        let mut tracks = OutputFile::create(out.join("tracks.csv"))?;
        tracks.try_write(|file| writeln!(file, "{TRACKS_HEADER}"))?;
        // Of an earlier run into the same folder it would be taken for this one's.
        let _ = fs::remove_file(out.join("uncertainty.csv"));
        Ok(Self {
            tracks,
            alerts: OutputFile::create(out.join("alerts.jsonl"))?,
            uncertainty: None,
            start,
            duration_ms,
            instants: 0,
            rows: 0,
            tracks_confirmed: 0,
            alerts_written: 0,
            told: BTreeMap::new(),
            rows_text: Vec::new(),
        })
    }

    /// Writes `uncertainty.csv` too: how sure each row of `tracks.csv` is, in the same order.
    ///
    /// # Errors
    /// When the file cannot be created.
    pub fn with_uncertainty(mut self) -> Result<Self, OutputError> {
        let mut file = OutputFile::create(self.tracks.path.with_file_name("uncertainty.csv"))?;
        file.try_write(|file| writeln!(file, "{UNCERTAINTY_HEADER}"))?;
        self.uncertainty = Some(file);
        Ok(self)
    }

    /// Writes what there is to write of one event of the engine.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn event(&mut self, event: &EngineEvent) -> Result<(), OutputError> {
        match event {
            EngineEvent::Picture(picture) => self.picture(picture.at, &picture.tracks),
            EngineEvent::Track(event) => {
                self.tracks_confirmed += u64::from(matches!(event, TrackEvent::Confirmed { .. }));
                Ok(())
            }
            EngineEvent::Alert(event) => {
                self.alert(event.alert.clone());
                Ok(())
            }
            // Silences are told in the summary.
            EngineEvent::Sensor(_) => Ok(()),
        }
    }

    /// Takes an alert as it stands now, to be written in the end.
    pub fn alert(&mut self, alert: Alert) {
        self.told.insert(alert.id.clone(), alert);
    }

    /// Writes the picture of one instant: a row for each confirmed track.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn picture(&mut self, at: EventTime, tracks: &[TrackState]) -> Result<(), OutputError> {
        let time_ms = at.millis_since(self.start);
        if time_ms < 0 || self.duration_ms.is_some_and(|duration_ms| time_ms > duration_ms) {
            return Ok(());
        }
        self.instants += 1;
        self.rows += tracks.len() as u64;
        self.rows_text.clear();
        tracks.iter().for_each(|track| push_row(&mut self.rows_text, time_ms, track));
        self.tracks.try_write(|file| file.write_all(&self.rows_text))?;
        let Some(uncertainty) = &mut self.uncertainty else { return Ok(()) };
        self.rows_text.clear();
        tracks.iter().for_each(|track| push_uncertainty(&mut self.rows_text, time_ms, track));
        uncertainty.try_write(|file| file.write_all(&self.rows_text))
    }

    /// Writes `alerts.jsonl`, in the order of telling, and writes out what is still held. Kinds that FORMAT.md does not know
    /// (gathering, drifting) go to `notices.jsonl` beside it, which is there only when there are some.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn finish(&mut self) -> Result<(), OutputError> {
        let mut told: Vec<Alert> = std::mem::take(&mut self.told).into_values().collect();
        told.retain(|alert| alert.confirmed.is_some());
        told.sort_by(|a, b| (a.confirmed, &a.id).cmp(&(b.confirmed, &b.id)));
        self.alerts_written += told.len() as u64;
        let start = self.start;
        let (told, notices): (Vec<Alert>, Vec<Alert>) =
            told.into_iter().partition(|alert| !matches!(alert.kind, Kind::Gathering | Kind::Drifting));
        let notices_path = self.alerts.path.with_file_name("notices.jsonl");
        if notices.is_empty() {
            // Those of an earlier run into the same folder would be taken for this one's.
            let _ = fs::remove_file(&notices_path);
        } else {
            let mut file = OutputFile::create(notices_path)?;
            file.try_write(|file| {
                notices.iter().try_for_each(|alert| writeln!(file, "{}", to_json_line(alert, start)))?;
                file.flush()
            })?;
        }
        self.alerts.try_write(|file| {
            told.iter().try_for_each(|alert| writeln!(file, "{}", to_json_line(alert, start)))?;
            file.flush()
        })?;
        if let Some(uncertainty) = &mut self.uncertainty {
            uncertainty.try_write(Write::flush)?;
        }
        self.tracks.try_write(Write::flush)
    }

    /// Instants written.
    pub fn instants(&self) -> u64 {
        self.instants
    }

    /// Rows of `tracks.csv` written.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Tracks that were confirmed.
    pub fn tracks(&self) -> u64 {
        self.tracks_confirmed
    }

    /// Alerts written.
    pub fn alerts(&self) -> u64 {
        self.alerts_written
    }

    /// Where the files are.
    pub fn paths(&self) -> [&Path; 2] {
        [&self.tracks.path, &self.alerts.path]
    }
}

/// `time_s,track,lat,lon,sog_mps,cog_deg,mmsi,sources`: degrees to 1e-6 (0.1 m).
fn push_row(row: &mut Vec<u8>, time_ms: i64, track: &TrackState) {
    push_time_and_track(row, time_ms, track);
    // One decimal of 359.96 would be 360.0.
    let course = (track.cog().deg() * 10.0).round() / 10.0 % 360.0;
    let numbers = [(track.position.lat_deg, 6), (track.position.lon_deg, 6), (track.sog_mps(), 2), (course, 1)];
    for (number, decimals) in numbers {
        row.push(b',');
        push_fixed(row, number, decimals);
    }
    row.push(b',');
    // A name is told while it is clearly likelier than not: what the transponder says, else what stands on the hull.
    let sent = track.identity.mmsi.filter(|_| track.identity.mmsi_probability >= TOLD);
    let read = track.hull.filter(|number| number.probability >= TOLD).map(|number| number.mmsi);
    if let Some(mmsi) = sent.or(read) {
        push_whole(row, u64::from(mmsi.number()), 9);
    }
    row.push(b',');
    row.extend_from_slice(sources(track.sources).as_bytes());
    row.push(b'\n');
}

/// `time_s,track,` and variances to 0.01 m^2, the rest to a thousandth.
fn push_uncertainty(row: &mut Vec<u8>, time_ms: i64, track: &TrackState) {
    push_time_and_track(row, time_ms, track);
    let [east, cross, north] = track.position_covariance_m2.map(|value| (value, 2));
    let others = [track.speed_sigma_mps, track.stopped_probability, track.existence, track.identity.mmsi_probability];
    for (number, decimals) in [east, cross, north].into_iter().chain(others.map(|value| (value, 3))) {
        row.push(b',');
        push_fixed(row, number, decimals);
    }
    row.push(b'\n');
}

fn push_time_and_track(row: &mut Vec<u8>, time_ms: i64, track: &TrackState) {
    let (seconds, millis) = (time_ms / 1000, time_ms % 1000);
    push_whole(row, seconds.unsigned_abs(), 1);
    if millis != 0 {
        row.push(b'.');
        push_whole(row, millis.unsigned_abs(), 3);
    }
    row.extend_from_slice(b",T");
    push_whole(row, track.id.0, 6);
}

/// `ais|radar|eo` joined by `+`; `report` for a track that only another system tells of.
fn sources(sources: Sources) -> &'static str {
    match (sources.ais, sources.radar, sources.eo) {
        (true, true, true) => "ais+radar+eo",
        (true, true, false) => "ais+radar",
        (true, false, true) => "ais+eo",
        (true, false, false) => "ais",
        (false, true, true) => "radar+eo",
        (false, true, false) => "radar",
        (false, false, true) => "eo",
        (false, false, false) if sources.report => "report",
        (false, false, false) => "",
    }
}
