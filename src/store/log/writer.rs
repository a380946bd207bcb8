//! The input log while a server runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::entry::Entry;
use super::error::LogError;
use super::read::{Position, SegmentReport, read_input};
use super::segment::{Content, SegmentFile};
use super::segments::{LogOptions, SegmentWriter};
use super::state::LogState;
use crate::store::disk::Disk;
use crate::units::EventTime;

/// Name of the folder of the input log in a store.
pub const INPUT_FOLDER: &str = "log";

/// Bytes of an entry beside its payload, at most: for the decision whether a segment is full.
const ENTRY_BYTES: u64 = 128;

/// Appends entries and makes them durable in groups.
pub struct LogWriter {
    segments: SegmentWriter,
    state: LogState,
    /// Records in the open segment.
    records: u64,
    /// A group was made durable, and the log does not say so yet.
    mark_due: bool,
}

/// What was found at the end of a log, and done about it.
#[derive(Clone, Debug, Default)]
pub struct Recovered {
    /// What the log knows.
    pub state: LogState,
    /// Its segments.
    pub segments: Vec<SegmentFile>,
    /// What was wrong, in words for the operator.
    pub complaints: Vec<String>,
}

impl LogWriter {
    /// Opens the input log of the store in `folder`: cuts off what a crash left half written, and goes on behind it.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn open(disk: &Arc<dyn Disk>, folder: &Path, options: LogOptions) -> Result<(Self, Recovered), LogError> {
        let folder = folder.join(INPUT_FOLDER);
        disk.create_folder(&folder).map_err(|source| LogError::disk(&folder, "create", source))?;
        let recovered = recover(&**disk, &folder)?;
        let segments =
            SegmentWriter::new(Arc::clone(disk), &folder, Content::Input, options, recovered.segments.clone())?;
        let state = recovered.state.clone();
        Ok((Self { segments, state, records: 0, mark_due: false }, recovered))
    }

    /// What the log knows, what waits to be written included.
    pub fn state(&self) -> &LogState {
        &self.state
    }

    /// Adds an entry to the group that the next [`commit`](Self::commit) makes durable. `at` is its receipt.
    ///
    /// # Errors
    /// When the disk refuses; then the log has failed for good.
    pub fn append(&mut self, entry: &Entry<'_>, at: EventTime) -> Result<Position, LogError> {
        let bytes = match entry {
            Entry::Record(record) => ENTRY_BYTES + record.bytes.len() as u64,
            _ => ENTRY_BYTES,
        };
        if self.segments.needs_segment(at, bytes) {
            self.close()?;
            let body = |entry: Entry<'_>| {
                let mut body = Vec::new();
                entry.put(&mut body);
                body
            };
            self.segments.begin(at, self.state.preamble().map(body))?;
        }
        if std::mem::take(&mut self.mark_due) {
            self.segments.put(|out| Entry::Durable.put(out))?;
        }
        let position = self.segments.put(|out| entry.put(out))?;
        self.records += u64::from(matches!(entry, Entry::Record(_)));
        self.state.apply(entry);
        Ok(position)
    }

    /// Bytes of the group that waits.
    pub fn group_bytes(&self) -> usize {
        self.segments.group_bytes()
    }

    /// Where the next entry will stand; `None` when it will begin a segment.
    pub fn position(&self) -> Option<Position> {
        self.segments.position()
    }

    /// From where on to read what is appended from now on.
    pub fn next_position(&self) -> Position {
        self.segments.next_position()
    }

    /// Returns when everything appended is on disk.
    ///
    /// # Errors
    /// When the disk refuses; then the log has failed for good, and nothing of the group may be acknowledged.
    pub fn commit(&mut self) -> Result<(), LogError> {
        self.mark_due |= self.group_bytes() > 0;
        self.segments.commit()
    }

    /// Closes the open segment in order.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn close(&mut self) -> Result<(), LogError> {
        if self.segments.position().is_some() {
            // The seal says of everything before it that it was on disk.
            self.segments.commit()?;
            let records = std::mem::take(&mut self.records);
            self.segments.put(|out| Entry::Sealed { records }.put(out))?;
            self.segments.close()?;
            self.mark_due = false;
        }
        Ok(())
    }

    /// Bytes that may still be written.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn free_bytes(&self) -> Result<u64, LogError> {
        self.segments.free_bytes()
    }
}

/// Reads the end of a log and puts it in order.
fn recover(disk: &dyn Disk, folder: &Path) -> Result<Recovered, LogError> {
    let mut complaints = Vec::new();
    for file in disk.list(folder).map_err(|source| LogError::disk(folder, "read", source))? {
        if file.name.ends_with(".new") {
            let path = folder.join(&file.name);
            disk.remove(&path).map_err(|source| LogError::disk(&path, "delete", source))?;
        }
    }
    let mut segments = SegmentFile::list(disk, folder, Content::Input)?;
    let mut state = LogState::default();
    let Some(last) = segments.last_mut() else { return Ok(Recovered { state, segments, complaints }) };
    let report = survey(disk, folder, last)?;
    complaints.extend(report.complaints());
    let cut = report.torn_at();
    if let Some(cut) = cut {
        let path = last.path(folder);
        disk.truncate(&path, cut).map_err(|source| LogError::disk(&path, "cut off", source))?;
        complaints.push(format!("{}: cut off at byte {cut}", last.name));
        last.bytes = cut;
    }
    // Where the newest is damaged, the one before it says what its beginning may have lost.
    let doubtful = report.unreadable.is_some() || report.damage.iter().any(|damage| damage.was_durable);
    let wanted = if doubtful { 2 } else { 1 };
    let mut records = 0;
    for segment in segments.iter().rev().take(wanted).rev() {
        let report = read_input(disk, folder, segment, 0, |_, entry| {
            state.apply(entry);
            Ok::<_, LogError>(())
        })?;
        records = report.records;
    }
    let is_open = report.unreadable.is_none() && (report.sealed.is_none() || cut.is_some());
    if let Some(last) = segments.last_mut().filter(|_| is_open) {
        seal(disk, folder, last, records)?;
    }
    Ok(Recovered { state, segments, complaints })
}

fn survey(disk: &dyn Disk, folder: &Path, segment: &SegmentFile) -> Result<SegmentReport, LogError> {
    read_input(disk, folder, segment, 0, |_, _| Ok(()))
}

/// Closes a segment that a crash left open.
fn seal(disk: &dyn Disk, folder: &Path, segment: &mut SegmentFile, records: u64) -> Result<(), LogError> {
    let path: PathBuf = segment.path(folder);
    let mut bytes = Vec::new();
    super::frame::put_frame(&mut bytes, segment.number, segment.bytes, |out| Entry::Sealed { records }.put(out));
    let mut file = disk.open_append(&path).map_err(|source| LogError::disk(&path, "open", source))?;
    file.append(&bytes).map_err(|source| LogError::disk(&path, "write", source))?;
    file.sync().map_err(|source| LogError::Sync { path, source })?;
    segment.bytes += bytes.len() as u64;
    Ok(())
}
