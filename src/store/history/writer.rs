//! History while a server runs.

use std::path::Path;
use std::sync::Arc;

use super::point::{POINTS_PER_FRAME, Point, put_points, read_points};
use crate::store::disk::Disk;
use crate::store::log::LogError;
use crate::store::log::read::{Meaning, read_frames};
use crate::store::log::segment::{Content, SegmentFile};
use crate::store::log::segments::{LogOptions, SegmentWriter};
use crate::units::EventTime;

/// Name of the folder of history in a store.
pub const HISTORY_FOLDER: &str = "history";

/// Bytes of the points of one picture beside which a segment may end, for the decision whether it is full.
const FRAME_BYTES: u64 = 70_000;

/// Appends the points of pictures.
pub struct HistoryWriter {
    segments: SegmentWriter,
    /// The last instant whose points are there.
    last: Option<EventTime>,
}

impl HistoryWriter {
    /// Opens the history of the store in `folder`, cuts off what a crash left half written, and goes on behind it. Also what was
    /// wrong, in words.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn open(disk: &Arc<dyn Disk>, folder: &Path, options: LogOptions) -> Result<(Self, Vec<String>), LogError> {
        let folder = folder.join(HISTORY_FOLDER);
        disk.create_folder(&folder).map_err(|source| LogError::disk(&folder, "create", source))?;
        for file in disk.list(&folder).map_err(|source| LogError::disk(&folder, "read", source))? {
            if file.name.ends_with(".new") {
                let path = folder.join(&file.name);
                disk.remove(&path).map_err(|source| LogError::disk(&path, "delete", source))?;
            }
        }
        let mut segments = SegmentFile::list(&**disk, &folder, Content::History)?;
        let (mut last, mut complaints) = (None, Vec::new());
        if let Some(newest) = segments.last_mut() {
            let mut instants = Vec::new();
            let report = read_frames::<LogError>(&**disk, &folder, Content::History, newest, 0, |offset, body| {
                instants.extend(read_points(body).map(|(at, _)| (offset, at)));
                Ok(Meaning::default())
            })?;
            // Points are never acknowledged: what stands behind damage is written anew.
            let cut = report.torn_at().unwrap_or(u64::MAX);
            last = instants.iter().filter(|(offset, _)| *offset < cut).map(|(_, at)| *at).max();
            complaints.extend(report.unreadable.iter().map(|why| format!("{}: {why}", newest.name)));
            if let Some(cut) = report.torn_at() {
                let path = newest.path(&folder);
                disk.truncate(&path, cut).map_err(|source| LogError::disk(&path, "cut off", source))?;
                complaints.push(format!("{}: points from byte {cut} on are not whole and were cut off", newest.name));
                newest.bytes = cut;
            }
        }
        let segments = SegmentWriter::new(Arc::clone(disk), &folder, Content::History, options, segments)?;
        Ok((Self { segments, last }, complaints))
    }

    /// The last instant whose points are there.
    pub fn last(&self) -> Option<EventTime> {
        self.last
    }

    /// Adds the points of the picture at `at` to the group. Those of an instant that is there already are passed over: a
    /// server that replays its log comes by them again.
    ///
    /// # Errors
    /// When the disk refuses; then history has failed for good.
    pub fn append(&mut self, at: EventTime, points: &[Point]) -> Result<(), LogError> {
        if self.last.is_some_and(|last| at <= last) {
            return Ok(());
        }
        self.last = Some(at);
        for points in points.chunks(POINTS_PER_FRAME) {
            if self.segments.needs_segment(at, FRAME_BYTES) {
                self.segments.close()?;
                self.segments.begin(at, std::iter::empty())?;
            }
            self.segments.put(|out| put_points(out, at, points))?;
        }
        Ok(())
    }

    /// Returns when everything appended is on disk.
    ///
    /// # Errors
    /// When the disk refuses; then history has failed for good.
    pub fn commit(&mut self) -> Result<(), LogError> {
        self.segments.commit()
    }

    /// Closes the open segment.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn close(&mut self) -> Result<(), LogError> {
        self.segments.close()
    }
}
