//! The growing end of a log, whatever is in it: frames go into a group, groups to disk, segments are sealed by hour and
//! deleted when they are old.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::LogError;
use super::frame::put_frame;
use super::read::Position;
use super::segment::{Content, FIRST_NUMBER, SegmentFile, SegmentHeader};
use crate::store::disk::{Disk, DiskFile, unfinished};
use crate::units::EventTime;

/// Milliseconds of an hour: segments are sealed by it.
const HOUR_MS: i64 = 3_600_000;

/// How long a log is kept, and how large its parts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogOptions {
    /// A segment is closed before it has more bytes than this.
    pub segment_bytes_max: u64,
    /// Segments whose last receipt lies further back than this are deleted, in milliseconds; `None`: never.
    pub keep_ms: Option<i64>,
    /// The oldest segments are deleted while all together have more bytes than this; `None`: never.
    pub keep_bytes: Option<u64>,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self { segment_bytes_max: 1 << 30, keep_ms: None, keep_bytes: None }
    }
}

/// A closed segment.
#[derive(Clone, Debug)]
struct Closed {
    file: SegmentFile,
    begun: EventTime,
}

struct Open {
    file: Box<dyn DiskFile>,
    header: SegmentHeader,
    name: String,
    path: PathBuf,
    /// Bytes on disk or in the group.
    bytes: u64,
}

/// Appends frames to the newest segment of a folder.
pub struct SegmentWriter {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    content: Content,
    options: LogOptions,
    closed: VecDeque<Closed>,
    next_number: u64,
    open: Option<Open>,
    /// Frames that are not written yet.
    group: Vec<u8>,
    failed: bool,
}

impl SegmentWriter {
    /// Goes on in `folder` after `segments`, which are sound, in order.
    ///
    /// # Errors
    /// When the header of one cannot be read.
    pub fn new(
        disk: Arc<dyn Disk>,
        folder: &Path,
        content: Content,
        options: LogOptions,
        segments: Vec<SegmentFile>,
    ) -> Result<Self, LogError> {
        let next_number = segments.last().map_or(FIRST_NUMBER, |last| last.number + 1);
        let mut closed = VecDeque::new();
        let mut begun = EventTime::from_millis(i64::MIN);
        for file in segments {
            match file.open(&*disk, folder, content) {
                Ok((header, _)) => begun = begun.max(header.begun),
                // Damaged, and named elsewhere. It is as old as its neighbours.
                Err(LogError::Header { .. }) => {}
                Err(error) => return Err(error),
            }
            closed.push_back(Closed { file, begun });
        }
        let folder = folder.to_owned();
        Ok(Self { disk, folder, content, options, closed, next_number, open: None, group: Vec::new(), failed: false })
    }

    /// Whether something at `at` that takes `bytes` begins a segment of its own.
    pub fn needs_segment(&self, at: EventTime, bytes: u64) -> bool {
        self.open.as_ref().is_none_or(|open| {
            let hour = |time: EventTime| time.as_millis().div_euclid(HOUR_MS);
            hour(at) > hour(open.header.begun) || open.bytes + bytes > self.options.segment_bytes_max
        })
    }

    /// Begins a segment. `preamble` gives the bodies of its first frames. The segment before must have been closed.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn begin(&mut self, at: EventTime, preamble: impl Iterator<Item = Vec<u8>>) -> Result<(), LogError> {
        let header = SegmentHeader { content: self.content, number: self.next_number, begun: at };
        let mut bytes = header.to_bytes().to_vec();
        for body in preamble {
            let offset = bytes.len() as u64;
            put_frame(&mut bytes, header.number, offset, |out| out.extend_from_slice(&body));
        }
        let name = SegmentFile::name_of(header);
        let path = self.folder.join(&name);
        let made = self.make(&path, &bytes);
        let file = self.checked(made)?;
        self.next_number += 1;
        self.open = Some(Open { file, header, name, path, bytes: bytes.len() as u64 });
        self.forget_old(at)
    }

    /// The new file comes under its name only when it is whole.
    fn make(&self, path: &Path, bytes: &[u8]) -> Result<Box<dyn DiskFile>, LogError> {
        let new = unfinished(path);
        let mut file = self.disk.create(&new).map_err(|source| LogError::disk(&new, "create", source))?;
        file.append(bytes).map_err(|source| LogError::disk(&new, "write", source))?;
        file.sync().map_err(|source| LogError::Sync { path: new.clone(), source })?;
        self.disk.rename(&new, path).map_err(|source| LogError::disk(path, "name", source))?;
        self.disk.sync_folder(&self.folder).map_err(|source| LogError::Sync { path: self.folder.clone(), source })?;
        Ok(file)
    }

    /// Adds a frame to the group; `write` appends its body. A segment must be open.
    ///
    /// # Errors
    /// When none is open, or the log has failed.
    pub fn put(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Result<Position, LogError> {
        let Some(open) = self.open.as_mut().filter(|_| !self.failed) else { return Err(LogError::Failed) };
        let (number, before, offset) = (open.header.number, self.group.len(), open.bytes);
        put_frame(&mut self.group, number, offset, write);
        open.bytes += (self.group.len() - before) as u64;
        Ok(Position { segment: number, offset })
    }

    /// Bytes of the group that waits.
    pub fn group_bytes(&self) -> usize {
        self.group.len()
    }

    /// Where the next frame will stand; `None` when no segment is open.
    pub fn position(&self) -> Option<Position> {
        self.open.as_ref().map(|open| Position { segment: open.header.number, offset: open.bytes })
    }

    /// Where the next frame will stand: also when it will begin a segment, then at its very beginning.
    pub fn next_position(&self) -> Position {
        self.position().unwrap_or(Position { segment: self.next_number, offset: 0 })
    }

    /// Writes the group, and returns when it is on disk.
    ///
    /// # Errors
    /// When the disk refuses. Then the log has failed for good: the group may be on disk in part or not at all.
    pub fn commit(&mut self) -> Result<(), LogError> {
        if self.failed {
            return Err(LogError::Failed);
        }
        let Some(open) = self.open.as_mut().filter(|_| !self.group.is_empty()) else { return Ok(()) };
        let written = open.file.append(&self.group).map_err(|source| LogError::disk(&open.path, "write", source));
        let synced = written
            .and_then(|()| open.file.sync().map_err(|source| LogError::Sync { path: open.path.clone(), source }));
        self.group.clear();
        self.checked(synced)
    }

    /// Writes the group and closes the segment; the next frame needs a new one.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn close(&mut self) -> Result<(), LogError> {
        self.commit()?;
        if let Some(open) = self.open.take() {
            let file = SegmentFile { number: open.header.number, name: open.name, bytes: open.bytes };
            self.closed.push_back(Closed { file, begun: open.header.begun });
        }
        Ok(())
    }

    /// Bytes that may still be written.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn free_bytes(&self) -> Result<u64, LogError> {
        self.disk.free_bytes(&self.folder).map_err(|source| LogError::disk(&self.folder, "look at", source))
    }

    /// Deletes segments that are too old or too many.
    fn forget_old(&mut self, now: EventTime) -> Result<(), LogError> {
        let mut total: u64 = self.closed.iter().map(|closed| closed.file.bytes).sum();
        while let Some(oldest) = self.closed.front() {
            // All of a segment is older than the beginning of the one after it.
            let until = self.closed.get(1).map(|next| next.begun).or(self.open.as_ref().map(|open| open.header.begun));
            let old = self
                .options
                .keep_ms
                .zip(until)
                .is_some_and(|(keep_ms, until)| now.as_millis().saturating_sub(until.as_millis()) > keep_ms);
            if !old && self.options.keep_bytes.is_none_or(|keep| total <= keep) {
                return Ok(());
            }
            let path = oldest.file.path(&self.folder);
            let removed = self.disk.remove(&path).map_err(|source| LogError::disk(&path, "delete", source));
            total -= oldest.file.bytes;
            self.closed.pop_front();
            self.checked(removed)?;
        }
        Ok(())
    }

    fn checked<T>(&mut self, result: Result<T, LogError>) -> Result<T, LogError> {
        self.failed |= result.is_err();
        result
    }
}
