//! A whole input log, entry by entry.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::entry::Entry;
use super::error::LogError;
use super::read::{Position, SegmentReport, read_input};
use super::segment::{Content, FIRST_NUMBER, SegmentFile};
use super::writer::INPUT_FOLDER;
use crate::store::disk::Disk;
use crate::units::EventTime;

/// Reads the input log of a store.
pub struct LogReader {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    segments: Vec<SegmentFile>,
}

impl LogReader {
    /// Looks at the log of the store in `folder` as it stands now. Changes nothing.
    ///
    /// # Errors
    /// When there is no log, or the disk refuses.
    pub fn open(disk: &Arc<dyn Disk>, folder: &Path) -> Result<Self, LogError> {
        let folder = folder.join(INPUT_FOLDER);
        let segments = SegmentFile::list(&**disk, &folder, Content::Input)?;
        Ok(Self { disk: Arc::clone(disk), folder, segments })
    }

    /// Its segments.
    pub fn segments(&self) -> &[SegmentFile] {
        &self.segments
    }

    /// Receipt of the first record that it still holds; `None` where there is none.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn first_received(&self) -> Result<Option<EventTime>, LogError> {
        /// Ends the reading: the record was found, or something failed.
        enum Stop {
            Found(EventTime),
            Failed(LogError),
        }
        impl From<LogError> for Stop {
            fn from(error: LogError) -> Self {
                Self::Failed(error)
            }
        }
        let read = self.each(None, |_, entry| match entry {
            Entry::Record(record) => Err(Stop::Found(record.received)),
            _ => Ok(()),
        });
        match read {
            Ok(_) => Ok(None),
            Err(Stop::Found(received)) => Ok(Some(received)),
            Err(Stop::Failed(error)) => Err(error),
        }
    }

    /// Where to begin to read, so that all that was received from `since` on is read: the beginning of a segment, each of which
    /// says what holds at it. `None`: at the beginning of the log, which never had anything before it.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn beginning(&self, since: Option<EventTime>) -> Result<Option<Position>, LogError> {
        let mut first = self.segments.first();
        if let Some(since) = since {
            for segment in self.segments.iter().rev() {
                match segment.open_at(&*self.disk, &self.folder, Content::Input, 0) {
                    Ok((header, _)) if header.begun <= since => {
                        first = Some(segment);
                        break;
                    }
                    Ok(_) | Err(LogError::Header { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(first.filter(|first| first.number > FIRST_NUMBER).map(|first| Position { segment: first.number, offset: 0 }))
    }

    /// Whether the log reaches to a place: all before it is there, or was and has been let go of as too old.
    pub fn reaches(&self, place: Position) -> bool {
        let next = self.segments.last().map_or(FIRST_NUMBER, |last| last.number + 1);
        match self.segments.iter().find(|segment| segment.number == place.segment) {
            Some(segment) => place.offset <= segment.bytes,
            None => place.segment == next && place.offset == 0,
        }
    }

    /// Reads all from `from` on (`None`: from the beginning) and gives each entry with its place to `sink`; then says what
    /// each segment held.
    ///
    /// Damage does not stop it: it is in the reports.
    ///
    /// # Errors
    /// When the disk fails, a sound entry is of no known kind, or `sink` says so.
    pub fn each<E: From<LogError>>(
        &self,
        from: Option<Position>,
        mut sink: impl FnMut(Position, &Entry<'_>) -> Result<(), E>,
    ) -> Result<Vec<SegmentReport>, E> {
        let first = from.map_or(0, |from| from.segment);
        let mut reports = Vec::new();
        for segment in self.segments.iter().filter(|segment| segment.number >= first) {
            let offset = from.filter(|from| from.segment == segment.number).map_or(0, |from| from.offset);
            let mut report = read_input(&*self.disk, &self.folder, segment, offset, &mut sink)?;
            if offset > 0 {
                // The seal counts the records before that place too.
                report.sealed = None;
            }
            reports.push(report);
        }
        Ok(reports)
    }

    /// Numbers that are missing between the first segment and the last.
    pub fn missing(&self) -> Vec<u64> {
        let numbers: Vec<u64> = self.segments.iter().map(|segment| segment.number).collect();
        numbers.windows(2).flat_map(|pair| pair[0] + 1..pair[1]).take(100).collect()
    }
}
