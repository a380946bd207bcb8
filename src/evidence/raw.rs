//! The raw records behind an alert: cut out of the input log, and replayed to the same alert by whoever doubts it.
//!
//! What the engine tells follows from everything that it received, so no choice of records by vessel would tell the same. Cut out is a
//! stretch of time with all that was received in it: as short a one as tells the alert again. One that goes back to the beginning of
//! the log tells it to the byte; a shorter one knows less of sensors and of other vessels, so tracks have other numbers in it and
//! places differ by metres. What the replay tells is in the bundle, signed with the rest, and must come out to the byte
//! wherever it is checked.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::alert::to_json_line;
use crate::fusion::Stated;
use crate::geodesy::{LatLon, distance_m};
use crate::register::{Register, Sheet, line_of};
use crate::serve::area::Area;
use crate::serve::core::Fatal;
use crate::serve::engine_task::Replayer;
use crate::serve::named::{Named, register_file};
use crate::serve::session::Session;
use crate::store::area;
use crate::store::disk::{Disk, RealDisk};
use crate::store::log::entry::Entry;
use crate::store::log::frame::put_frame;
use crate::store::log::read::{SegmentReport, read_input};
use crate::store::log::reader::LogReader;
use crate::store::log::segment::{Content, SegmentFile, SegmentHeader};
use crate::store::log::{LogError, LogState};
use crate::units::{EventTime, Mmsi};

/// Name of the records in a bundle: a segment as `docs/log-format.md` specifies it.
pub(crate) const RECORDS: &str = "records.seg";
/// Name of what the replay tells.
pub(crate) const REPLAY: &str = "replay.json";

/// How far before the behaviour began a stretch begins, in milliseconds: tried one after the other; then the whole log.
const BEFORE_MS: [i64; 2] = [3_600_000, 6 * 3_600_000];
/// How long after the last instant that an alert speaks of its last change was told, at most, in milliseconds.
const AFTER_MS: i64 = 3_600_000;
/// The most bytes of raw records in one bundle.
const BYTES_MAX: usize = 256 << 20;
/// The replay of a shorter stretch tells of the same behaviour when it began within this, in seconds.
const SAME_BEGIN_S: f64 = 60.0;
/// And when it is within this, in metres.
const SAME_PLACE_M: f64 = 300.0;

/// What the replay of the records of a bundle tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replay {
    /// Receipt of the first record.
    pub received_from: String,
    /// Receipt of the last record.
    pub received_to: String,
    /// Records.
    pub records: u64,
    /// Whether what the replay tells is the alert of the bundle to the byte. Else the stretch is shorter than the log, and it is the
    /// same behaviour of the same vessels at the same time and place.
    pub is_identical: bool,
    /// What the replay tells.
    pub alert: Value,
}

/// Raw records with all that is needed to replay them.
#[derive(Debug)]
pub(crate) struct Raw {
    /// Name and content of files of a bundle.
    pub(crate) files: Vec<(String, Vec<u8>)>,
    /// What the replay tells.
    pub(crate) replay: Replay,
}

/// Why raw records cannot be cut out, or not be replayed.
#[derive(Debug, thiserror::Error)]
pub enum RawError {
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The area, or the engine.
    #[error("{0}")]
    Replay(Fatal),
    /// Sensors and chart that the alert was told with.
    #[error("the area of the log cannot be read: {0}")]
    Area(String),
}

impl From<Fatal> for RawError {
    fn from(error: Fatal) -> Self {
        Self::Replay(error)
    }
}

/// Cuts the records behind an alert out of the log of a store; `None` when the log does not hold them any more, or tells no such
/// alert (as when the rules have changed since).
///
/// # Errors
/// When the log or the area cannot be read.
pub(crate) fn cut(store: &Path, alert: &Value) -> Result<Option<Raw>, RawError> {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let Ok(log) = LogReader::open(&disk, store) else { return Ok(None) };
    let (Some(began), Some(last)) = (instant(alert, "began_s"), last_instant(alert)) else { return Ok(None) };
    let Some(name) = area_at(&log, last)? else { return Ok(None) };
    let folder = area::folder(store, &name);
    let named = Named::stored(&disk, store);
    for from in BEFORE_MS.map(|before_ms| Some(began.plus_millis(-before_ms))).into_iter().chain([None]) {
        let replayer = Replayer::new(session(&folder)?, named.clone());
        let mut stretch = Stretch::new(replayer, alert, from, last.plus_millis(AFTER_MS));
        match log.each(None, |_, entry| stretch.take(entry)) {
            Ok(_) | Err(Stop::Over) => {}
            Err(Stop::Failed(error)) => return Err(error),
        }
        let (changes, registers) = (std::mem::take(&mut stretch.zones), std::mem::take(&mut stretch.registers));
        let vessels = std::mem::take(&mut stretch.vessels);
        if let Some((records, replay)) = stretch.found() {
            let mut files = vec![(RECORDS.to_owned(), records)];
            for change in changes {
                let text = named.zones.read(&change).map_err(|error| RawError::Area(error.to_string()))?;
                files.push((format!("{change}.geojson"), text.into_bytes()));
            }
            for sequence in registers {
                let text = listed(&named.register(sequence)?, &vessels);
                files.push((register_file(sequence), text.into_bytes()));
            }
            for path in area_files(&disk, &folder)? {
                let bytes = std::fs::read(folder.join(&path)).map_err(|error| RawError::Area(error.to_string()))?;
                files.push((path, bytes));
            }
            return Ok(Some(Raw { files, replay }));
        }
    }
    Ok(None)
}

/// Replays the records of a bundle; returns what they tell of the alert with that id.
///
/// # Errors
/// When they cannot be read or replayed.
pub(crate) fn replay(bundle: &Path, alert_id: &str) -> Result<(Option<Value>, SegmentReport), RawError> {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let mut replayer = Replayer::new(session(bundle)?, Named::bundled(&disk, bundle));
    let mut told: Option<String> = None;
    let bytes = std::fs::metadata(bundle.join(RECORDS)).map_or(0, |about| about.len());
    let segment = SegmentFile { number: 1, name: RECORDS.to_owned(), bytes };
    let report = read_input::<RawError>(&RealDisk, bundle, &segment, 0, |_, entry| {
        for alert in replayer.take(entry)? {
            if alert.id.as_str() == alert_id {
                told = Some(to_json_line(&alert, EPOCH));
            }
        }
        Ok(())
    })?;
    Ok((told.and_then(|line| serde_json::from_str(&line).ok()), report))
}

const EPOCH: EventTime = EventTime::from_millis(0);

fn session(area: &Path) -> Result<Session, RawError> {
    let area = Area::kept(area).map_err(|error| RawError::Area(error.to_string()))?;
    let mut plan = area.into_plan(None);
    // The points of pictures tell which vessels were in them.
    plan.history = true;
    Ok(Session::new(plan))
}

/// What a register says of these vessels, as CSV.
fn listed(register: &Register, vessels: &BTreeSet<Mmsi>) -> String {
    let lines = vessels.iter().filter_map(|mmsi| register.get(*mmsi).map(|vessel| line_of(*mmsi, vessel)));
    Sheet::text_of(lines)
}

fn area_files(disk: &Arc<dyn Disk>, folder: &Path) -> Result<Vec<String>, RawError> {
    let listed = disk.list(folder).map_err(|error| RawError::Area(error.to_string()))?;
    Ok(listed.into_iter().map(|file| file.name).collect())
}

/// An instant of an alert's line, whose times count from 1970.
fn instant(alert: &Value, field: &str) -> Option<EventTime> {
    alert.get(field)?.as_f64().map(|seconds| EventTime::from_millis((seconds * 1_000.0).round() as i64))
}

/// The last instant that an alert speaks of.
fn last_instant(alert: &Value) -> Option<EventTime> {
    let reasons = alert.get("evidence").and_then(Value::as_array).into_iter().flatten();
    let of_alert = ["raised_s", "confirmed_s", "end_s", "acknowledged_s"].map(|field| instant(alert, field));
    of_alert.into_iter().chain(reasons.map(|reason| instant(reason, "to_s"))).flatten().max()
}

/// Ends the reading of the log early.
enum Stop {
    /// Nothing after this is of use.
    Over,
    Failed(RawError),
}

impl From<LogError> for Stop {
    fn from(error: LogError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Fatal> for Stop {
    fn from(error: Fatal) -> Self {
        Self::Failed(error.into())
    }
}

/// The area that was watched at an instant.
fn area_at(log: &LogReader, at: EventTime) -> Result<Option<String>, RawError> {
    let mut state = LogState::default();
    let read = log.each(None, |_, entry| {
        state.apply(entry);
        if state.received.is_some_and(|received| received > at) { Err(Stop::Over) } else { Ok(()) }
    });
    match read {
        Ok(_) | Err(Stop::Over) => Ok(Some(state.area).filter(|name| !name.is_empty())),
        Err(Stop::Failed(error)) => Err(error),
    }
}

/// A stretch of the log, replayed while it is copied.
struct Stretch<'a> {
    alert: &'a Value,
    from: Option<EventTime>,
    until: EventTime,
    state: LogState,
    replayer: Replayer<Session>,
    bytes: Vec<u8>,
    records: u64,
    received: Option<(EventTime, EventTime)>,
    /// Changes of the zones that it names.
    zones: BTreeSet<String>,
    /// Registers that it names, by entry of the records.
    registers: BTreeSet<i64>,
    /// Vessels that were in the picture: of these alone the bundle has what the register says.
    vessels: BTreeSet<Mmsi>,
    told: BTreeMap<String, Value>,
    found: Option<Found>,
}

/// Where a replay told the alert.
struct Found {
    bytes: usize,
    records: u64,
    received: (EventTime, EventTime),
    is_identical: bool,
    alert: Value,
}

impl<'a> Stretch<'a> {
    fn new(replayer: Replayer<Session>, alert: &'a Value, from: Option<EventTime>, until: EventTime) -> Self {
        Self {
            alert,
            from,
            until,
            state: LogState::default(),
            replayer,
            bytes: Vec::new(),
            records: 0,
            received: None,
            zones: BTreeSet::new(),
            registers: BTreeSet::new(),
            vessels: BTreeSet::new(),
            told: BTreeMap::new(),
            found: None,
        }
    }

    fn take(&mut self, entry: &Entry<'_>) -> Result<(), Stop> {
        if let Entry::Record(record) = entry {
            let received = record.received;
            if received > self.until {
                return Err(Stop::Over);
            }
            if self.from.is_none_or(|from| received >= from) && self.bytes.is_empty() {
                self.begin(received)?;
            }
        }
        self.state.apply(entry);
        match entry {
            // It has its own beginning, and its own end.
            Entry::Durable | Entry::Sealed { .. } | Entry::Area(_) => return Ok(()),
            // A segment of the log names the feeds anew.
            Entry::Feed(feed) if self.state.feeds.len() > usize::from(feed.number) + 1 => return Ok(()),
            _ if self.bytes.is_empty() => return Ok(()),
            Entry::Record(record) => {
                self.records += 1;
                let from = self.received.map_or(record.received, |(from, _)| from);
                self.received = Some((from, record.received));
            }
            _ => {}
        }
        self.put(entry)?;
        if self.bytes.len() > BYTES_MAX { Err(Stop::Over) } else { Ok(()) }
    }

    /// Header and preamble.
    fn begin(&mut self, at: EventTime) -> Result<(), Stop> {
        let header = SegmentHeader { content: Content::Input, number: 1, begun: at };
        self.bytes.extend_from_slice(&header.to_bytes());
        let preamble: Vec<Entry<'static>> = self.state.preamble().collect();
        preamble.iter().try_for_each(|entry| self.put(entry))
    }

    /// Copies an entry and replays it.
    fn put(&mut self, entry: &Entry<'_>) -> Result<(), Stop> {
        let offset = self.bytes.len() as u64;
        put_frame(&mut self.bytes, 1, offset, |out| entry.put(out));
        if let Entry::Zones(name) = entry {
            self.zones.insert(name.clone());
        }
        if let Entry::Register(sequence) = entry {
            self.registers.insert(*sequence);
        }
        if let Entry::Stated { said, .. } = entry
            && let Ok(Stated { mmsi: Some(mmsi), .. }) = serde_json::from_str(said)
        {
            self.vessels.insert(mmsi);
        }
        let alerts = self.replayer.take(entry)?;
        self.vessels.extend(self.replayer.vessels());
        if alerts.is_empty() {
            return Ok(());
        }
        let mut changed = Vec::new();
        for alert in alerts {
            let id = alert.id.as_str().to_owned();
            let line =
                serde_json::from_str(&to_json_line(&alert, EPOCH)).map_err(|error| Fatal::from(error.to_string()))?;
            self.told.insert(id.clone(), line);
            changed.push(id);
        }
        for alert in changed.iter().filter_map(|id| self.told.get(id)) {
            let is_identical = alert == self.alert;
            if let Some(received) = self.received.filter(|_| is_identical || is_same(self.alert, alert)) {
                let (bytes, records, alert) = (self.bytes.len(), self.records, alert.clone());
                self.found = Some(Found { bytes, records, received, is_identical, alert });
                if is_identical {
                    return Err(Stop::Over);
                }
            }
        }
        Ok(())
    }

    /// The records up to where the alert was told, closed, and what they tell.
    fn found(self) -> Option<(Vec<u8>, Replay)> {
        let Found { bytes: length, records, received: (from, to), is_identical, alert } = self.found?;
        let mut bytes = self.bytes;
        bytes.truncate(length);
        put_frame(&mut bytes, 1, length as u64, |out| Entry::Sealed { records }.put(out));
        let (received_from, received_to) = (from.to_string(), to.to_string());
        Some((bytes, Replay { received_from, received_to, records, is_identical, alert }))
    }
}

/// Whether two lines tell of the same behaviour of the same vessels at the same time and place, as it stands.
fn is_same(alert: &Value, other: &Value) -> bool {
    let number = |line: &Value, field: &str| line.get(field).and_then(Value::as_f64);
    let place = |line: &Value| Some(LatLon::new(number(line, "lat")?, number(line, "lon")?));
    let near = place(alert).zip(place(other)).is_some_and(|(a, b)| distance_m(a, b) <= SAME_PLACE_M);
    let began = number(alert, "began_s").zip(number(other, "began_s"));
    ["kind", "zone", "mmsi", "other_mmsi", "stage"].iter().all(|field| alert.get(*field) == other.get(*field))
        && began.is_some_and(|(a, b)| (a - b).abs() <= SAME_BEGIN_S)
        && near
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_same_behaviour_is_known_by_kind_vessels_time_and_place() {
        let alert = json!({"kind": "loitering", "mmsi": 1, "stage": "closed", "began_s": 1000.0, "lat": 20.0, "lon": 110.0,
            "id": "a", "track": "T000001"});
        let with = |field: &str, value: Value| {
            let mut other = alert.clone();
            other[field] = value;
            other
        };
        assert!(is_same(&alert, &with("track", json!("T000009"))));
        assert!(is_same(&alert, &with("lat", json!(20.001))));
        for other in [
            with("kind", json!("unloading")),
            with("mmsi", json!(2)),
            with("zone", json!("z")),
            with("stage", json!("confirmed")),
            with("began_s", json!(1061.0)),
            with("lat", json!(20.01)),
        ] {
            assert!(!is_same(&alert, &other), "{other}");
        }
    }

    #[test]
    fn the_last_instant_is_that_of_the_latest_reason() {
        let alert = json!({"raised_s": 10.0, "evidence": [{"to_s": 12.5}, {"to_s": 11.0}]});
        assert_eq!(last_instant(&alert), Some(EventTime::from_millis(12_500)));
        assert_eq!(last_instant(&json!({})), None);
    }
}
