//! Finding points again.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::point::{Point, read_points};
use super::writer::HISTORY_FOLDER;
use crate::store::disk::Disk;
use crate::store::log::LogError;
use crate::store::log::read::{Meaning, read_frames};
use crate::store::log::segment::{Content, SegmentFile};
use crate::units::EventTime;

/// From when to when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// At this instant or later.
    pub from: Option<EventTime>,
    /// Before this instant.
    pub to: Option<EventTime>,
}

impl When {
    fn spans(&self, at: EventTime) -> bool {
        self.from.is_none_or(|from| at >= from) && self.to.is_none_or(|to| at < to)
    }
}

/// Where the reading goes on: segment, offset of a frame, points of it that were looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// Number of the segment.
    pub segment: u64,
    /// Offset of the frame.
    pub offset: u64,
    /// Points of the frame that have been looked at.
    pub seen: u32,
}

/// How much one reading does at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Points that are given.
    pub points_max: usize,
    /// Points that are looked at for them.
    pub looked_at_max: usize,
}

/// A part of history.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The points, in order of time, those of one instant in order of track. May be few, or none, with more to come.
    pub points: Vec<Point>,
    /// Where to go on; `None` when this was all.
    pub next: Option<Cursor>,
}

/// Reads the history of a store, while a server writes it too.
#[derive(Clone)]
pub struct HistoryReader {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
}

impl std::fmt::Debug for HistoryReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HistoryReader").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// Ends the reading of a segment early.
enum Stop {
    /// Here the next page begins.
    Enough(Cursor),
    Failed(LogError),
}

impl From<LogError> for Stop {
    fn from(error: LogError) -> Self {
        Self::Failed(error)
    }
}

impl HistoryReader {
    /// The history of the store in `folder`.
    pub fn new(disk: &Arc<dyn Disk>, folder: &Path) -> Self {
        Self { disk: Arc::clone(disk), folder: folder.join(HISTORY_FOLDER) }
    }

    /// The points of a time that `selects` wants, from `cursor` on.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn page(
        &self,
        when: When,
        cursor: Cursor,
        effort: Effort,
        selects: impl Fn(&Point) -> bool,
    ) -> Result<Page, LogError> {
        let mut segments = SegmentFile::list(&*self.disk, &self.folder, Content::History)?;
        segments.retain(|segment| segment.number >= cursor.segment);
        let mut reading = Reading { effort, looked_at: 0, points: Vec::new() };
        let mut begins: Option<EventTime> = None;
        for (index, segment) in segments.iter().enumerate() {
            let begun = match begins.take() {
                Some(begun) => begun,
                None => self.begun(segment)?,
            };
            if when.to.is_some_and(|to| begun >= to) {
                break;
            }
            if let Some(next) = segments.get(index + 1) {
                let next = self.begun(next)?;
                begins = Some(next);
                // All of a segment is before the beginning of the next.
                if when.from.is_some_and(|from| next <= from) {
                    continue;
                }
            }
            let at = if segment.number == cursor.segment { cursor } else { Cursor::default() };
            let next = self.within(segment, when, at, &mut reading, &selects)?;
            if next.is_some() {
                return Ok(Page { points: reading.points, next });
            }
        }
        Ok(Page { points: reading.points, next: None })
    }

    /// Reads one segment; returns where to go on when the effort is spent.
    fn within(
        &self,
        segment: &SegmentFile,
        when: When,
        cursor: Cursor,
        reading: &mut Reading,
        selects: &impl Fn(&Point) -> bool,
    ) -> Result<Option<Cursor>, LogError> {
        let read = read_frames(&*self.disk, &self.folder, Content::History, segment, cursor.offset, |offset, body| {
            let Some((_, points)) = read_points(body).filter(|(at, _)| when.spans(*at)) else {
                return Ok(Meaning::default());
            };
            let seen = if offset == cursor.offset { cursor.seen } else { 0 };
            for (index, point) in (0_u32..).zip(points).skip(seen as usize) {
                if reading.is_over() {
                    return Err(Stop::Enough(Cursor { segment: segment.number, offset, seen: index }));
                }
                reading.looked_at += 1;
                if selects(&point) {
                    reading.points.push(point);
                }
            }
            Ok(Meaning::default())
        });
        match read {
            Ok(_) => Ok(None),
            Err(Stop::Enough(next)) => Ok(Some(next)),
            Err(Stop::Failed(error)) if is_gone(&error) => Ok(None),
            Err(Stop::Failed(error)) => Err(error),
        }
    }

    /// When a segment begins; the beginning of time when its header is damaged or it is gone.
    fn begun(&self, segment: &SegmentFile) -> Result<EventTime, LogError> {
        match segment.open(&*self.disk, &self.folder, Content::History) {
            Ok((header, _)) => Ok(header.begun),
            Err(error) if matches!(error, LogError::Header { .. }) || is_gone(&error) => {
                Ok(EventTime::from_millis(i64::MIN))
            }
            Err(error) => Err(error),
        }
    }
}

/// Whether retention was quicker than the reader.
fn is_gone(error: &LogError) -> bool {
    matches!(error, LogError::Disk { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
}

/// What a reading has done and found.
struct Reading {
    effort: Effort,
    looked_at: usize,
    points: Vec<Point>,
}

impl Reading {
    fn is_over(&self) -> bool {
        self.points.len() >= self.effort.points_max || self.looked_at >= self.effort.looked_at_max
    }
}
