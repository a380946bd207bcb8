//! A server's store: opened before the server serves, and replayed before it is ready.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::area::Area;
use super::snapshot::Snapshots;
use crate::store::area::{AreaStoreError, keep};
use crate::store::disk::Disk;
use crate::store::history::{HistoryReader, HistoryWriter};
use crate::store::lock::{Lock, LockError};
use crate::store::log::read::Position;
use crate::store::log::reader::LogReader;
use crate::store::log::segments::LogOptions;
use crate::store::log::{LogError, LogState, LogWriter};
use crate::store::pictures::PictureStore;
use crate::store::snapshot::SnapshotStore;
use crate::store::zones::ZoneStore;

/// Why a store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Its log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// Another server has it.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The area cannot be kept in it.
    #[error(transparent)]
    Area(#[from] AreaStoreError),
}

/// So many bytes of pictures of cameras are kept where nothing else is said: 10 GiB, some 50,000 pictures.
pub const PICTURE_BYTES_DEFAULT: u64 = 10 << 30;

/// How long a store keeps what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// What was received is deleted after so many milliseconds; `None`: never.
    pub log_ms: Option<i64>,
    /// The oldest of what was received is deleted while there are more bytes of it; `None`: never.
    pub log_bytes: Option<u64>,
    /// Where tracks were is deleted after so many milliseconds; `None`: never.
    pub history_ms: Option<i64>,
    /// At a start, what was received longer than so many milliseconds before the last is not read again; `None`: all is read.
    pub start_ms: Option<i64>,
    /// The oldest pictures of cameras are deleted while there are more bytes of them; `None`: [`PICTURE_BYTES_DEFAULT`].
    pub picture_bytes: Option<u64>,
    /// How far apart snapshots of the engine are written, in milliseconds, and whether a start looks for any; `None`: never.
    pub snapshot_ms: Option<u64>,
}

/// An open store.
pub struct OpenStore {
    /// Held as long as the server runs.
    pub lock: Option<Lock>,
    /// The end of the log.
    pub writer: LogWriter,
    /// The end of history.
    pub history: HistoryWriter,
    /// All of history.
    pub history_reader: HistoryReader,
    /// What was in it when it was opened.
    pub reader: LogReader,
    /// What it knows.
    pub state: LogState,
    /// Where a start begins to read; `None`: at the beginning, before which there never was anything.
    pub beginning: Option<Position>,
    /// Name of the area that the server watches now.
    pub area: String,
    /// What was changed of the area's zones.
    pub zones: ZoneStore,
    /// Snapshots of the engine, where they are wanted.
    pub snapshots: Option<Snapshots>,
    /// Pictures of cameras.
    pub pictures: PictureStore,
    /// What was wrong with it, for the operator.
    pub complaints: Vec<String>,
}

impl OpenStore {
    /// Opens the store in `folder`, makes one where there is none, and puts its end in order.
    ///
    /// # Errors
    /// When another server uses it, or the disk refuses.
    pub fn open(disk: &Arc<dyn Disk>, folder: &Path, area: &Area, keep_for: Retention) -> Result<Self, StoreError> {
        disk.create_folder(folder).map_err(|source| LogError::disk(folder, "create", source))?;
        // A disk that is not real has nobody to be shared with.
        let lock = if folder.is_dir() { Some(Lock::take(folder)?) } else { None };
        let name = keep(&**disk, folder, &area.files)?;
        let log = LogOptions { keep_ms: keep_for.log_ms, keep_bytes: keep_for.log_bytes, ..LogOptions::default() };
        let (writer, recovered) = LogWriter::open(disk, folder, log)?;
        let reader = LogReader::open(disk, folder)?;
        let of_history = LogOptions { keep_ms: keep_for.history_ms, ..LogOptions::default() };
        let (history, history_complaints) = HistoryWriter::open(disk, folder, of_history)?;
        let history_reader = HistoryReader::new(disk, folder);
        let mut complaints = recovered.complaints;
        complaints.extend(history_complaints);
        complaints
            .extend(reader.missing().iter().map(|number| format!("segment {number} of the input log is missing")));
        let state = recovered.state;
        let since = keep_for.start_ms.zip(state.received).map(|(start_ms, last)| last.plus_millis(-start_ms));
        let beginning = reader.beginning(since)?;
        let zones = ZoneStore::new(disk, folder);
        let pictures = PictureStore::open(disk, folder, keep_for.picture_bytes.unwrap_or(PICTURE_BYTES_DEFAULT))
            .map_err(|source| LogError::disk(folder, "open the pictures of", source))?;
        let snapshots = keep_for.snapshot_ms.map(|snapshot_ms| Snapshots {
            store: SnapshotStore::new(disk, folder),
            interval: Duration::from_millis(snapshot_ms),
            area: name.clone(),
            health: Arc::default(),
        });
        let area = name;
        Ok(Self {
            lock,
            writer,
            history,
            history_reader,
            reader,
            state,
            beginning,
            area,
            zones,
            snapshots,
            pictures,
            complaints,
        })
    }
}
