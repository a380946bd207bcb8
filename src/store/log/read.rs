//! Reading segments: what is sound, what is damaged, and what that means.

use std::path::Path;

use super::entry::Entry;
use super::error::LogError;
use super::frame::Found;
use super::segment::{Content, SEGMENT_HEADER_BYTES, SegmentFile};
use crate::store::disk::Disk;
use crate::units::EventTime;

/// The most stretches of damage that are listed of one segment; all are counted.
const DAMAGE_LISTED_MAX: usize = 100;

/// A place in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Number of the segment.
    pub segment: u64,
    /// Bytes from its beginning.
    pub offset: u64,
}

/// A stretch of bytes that holds nothing sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Where it begins.
    pub offset: u64,
    /// How long it is.
    pub bytes: u64,
    /// Whether it was on disk once: what stood there may have been acknowledged. Else it is, in all likelihood, what a crash
    /// leaves of a group that was being written, and of which nothing was acknowledged.
    pub was_durable: bool,
}

/// What a segment holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SegmentReport {
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// Receipt of the first thing in it; `None` when its header cannot be read.
    pub begun: Option<EventTime>,
    /// Receipt of the last record in it.
    pub last: Option<EventTime>,
    /// Sound frames.
    pub frames: u64,
    /// Of those, records (or points).
    pub records: u64,
    /// Records that its seal says it has; `None` for one that was not closed.
    pub sealed: Option<u64>,
    /// Stretches of damage, in order, up to 100.
    pub damage: Vec<Damage>,
    /// All stretches.
    pub damage_count: u64,
    /// Why it cannot be read at all.
    pub unreadable: Option<String>,
}

impl SegmentReport {
    /// Whether nothing that was acknowledged is missing, as far as the segment can tell.
    pub fn is_sound(&self) -> bool {
        self.unreadable.is_none()
            && !self.damage.iter().any(|damage| damage.was_durable)
            && self.sealed.is_none_or(|records| records == self.records)
    }

    /// Where what was never on disk for sure begins, when there is such a tail.
    pub fn torn_at(&self) -> Option<u64> {
        self.damage.iter().find(|damage| !damage.was_durable).map(|damage| damage.offset)
    }

    /// What is wrong with it, in words; empty when nothing is.
    pub fn complaints(&self) -> Vec<String> {
        let mut complaints: Vec<String> = self.unreadable.iter().map(|why| format!("{}: {why}", self.name)).collect();
        for damage in &self.damage {
            let Damage { offset, bytes, was_durable } = damage;
            complaints.push(match was_durable {
                true => format!(
                    "{}: {bytes} bytes at byte {offset} are damaged and were on disk once: records in them may have been acknowledged and are lost",
                    self.name
                ),
                false => format!(
                    "{}: {bytes} bytes from byte {offset} on are not whole: they were being written when the server ended, and were not acknowledged; a client that was told otherwise says so when it connects",
                    self.name
                ),
            });
        }
        if self.damage_count > self.damage.len() as u64 {
            complaints.push(format!(
                "{}: {} more stretches of damage",
                self.name,
                self.damage_count - self.damage.len() as u64
            ));
        }
        if let Some(records) = self.sealed.filter(|&records| records != self.records) {
            complaints.push(format!("{}: it was closed with {records} records and has {}", self.name, self.records));
        }
        complaints
    }
}

/// Reads a segment of the input log from `from` on (0: its beginning) and gives each entry with its place to `sink`.
///
/// Damage does not stop it. A header that cannot be read is in the report.
///
/// # Errors
/// When the disk fails, a sound entry is of no known kind, or `sink` says so.
pub fn read_input<E: From<LogError>>(
    disk: &dyn Disk,
    folder: &Path,
    segment: &SegmentFile,
    from: u64,
    mut sink: impl FnMut(Position, &Entry<'_>) -> Result<(), E>,
) -> Result<SegmentReport, E> {
    let mut records = 0;
    let mut report = read_frames(disk, folder, Content::Input, segment, from, |offset, body| {
        let entry = Entry::read(body).ok_or_else(|| LogError::Unknown { path: segment.path(folder), offset })?;
        let mut meaning = Meaning::default();
        match &entry {
            Entry::Record(record) => {
                records += 1;
                meaning.last = Some(record.received);
            }
            Entry::Durable => meaning.durable = true,
            Entry::Sealed { records } => (meaning.durable, meaning.sealed) = (true, Some(*records)),
            _ => {}
        }
        sink(Position { segment: segment.number, offset }, &entry)?;
        Ok::<_, E>(meaning)
    })?;
    report.records = records;
    Ok(report)
}

/// What a frame says of the segment itself.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Meaning {
    /// Everything before it was on disk.
    pub(crate) durable: bool,
    /// The segment ends here, with so many records.
    pub(crate) sealed: Option<u64>,
    /// The time of what it holds.
    pub(crate) last: Option<EventTime>,
}

/// Reads the frames of a segment and gives the body of each to `sink`.
///
/// # Errors
/// When the disk fails, or `sink` says so.
pub(crate) fn read_frames<E: From<LogError>>(
    disk: &dyn Disk,
    folder: &Path,
    content: Content,
    segment: &SegmentFile,
    from: u64,
    mut sink: impl FnMut(u64, &[u8]) -> Result<Meaning, E>,
) -> Result<SegmentReport, E> {
    let mut report = SegmentReport { name: segment.name.clone(), bytes: segment.bytes, ..SegmentReport::default() };
    let from = from.max(SEGMENT_HEADER_BYTES as u64);
    let (header, mut scanner) = match segment.open_at(disk, folder, content, from) {
        Ok(opened) => opened,
        Err(LogError::Header { problem, .. }) => {
            report.unreadable = Some(problem);
            return Ok(report);
        }
        Err(error) => return Err(error.into()),
    };
    report.begun = Some(header.begun);
    let fault = |source| LogError::disk(&segment.path(folder), "read", source);
    while let Some(found) = scanner.next_found().map_err(fault)? {
        match found {
            Found::Body { offset, body } => {
                let meaning = sink(offset, body)?;
                report.frames += 1;
                report.last = meaning.last.or(report.last);
                report.sealed = meaning.sealed.or(report.sealed);
                if meaning.durable {
                    report.damage.iter_mut().for_each(|damage| damage.was_durable = true);
                }
            }
            Found::Damage { offset, bytes } | Found::Tail { offset, bytes } => {
                report.damage_count += 1;
                if report.damage.len() < DAMAGE_LISTED_MAX {
                    report.damage.push(Damage { offset, bytes, was_durable: false });
                }
            }
        }
    }
    Ok(report)
}
