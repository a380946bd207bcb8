//! A server's store: opened before the server serves, and replayed before it is ready.

use std::path::Path;
use std::sync::Arc;

use super::area::Area;
use crate::store::area::{AreaStoreError, keep};
use crate::store::disk::Disk;
use crate::store::lock::{Lock, LockError};
use crate::store::log::reader::LogReader;
use crate::store::log::segments::LogOptions;
use crate::store::log::{LogError, LogState, LogWriter};

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

/// An open store.
pub struct OpenStore {
    /// Held as long as the server runs.
    pub lock: Option<Lock>,
    /// The end of the log.
    pub writer: LogWriter,
    /// What was in it when it was opened.
    pub reader: LogReader,
    /// What it knows.
    pub state: LogState,
    /// Name of the area that the server watches now.
    pub area: String,
    /// What was wrong with it, for the operator.
    pub complaints: Vec<String>,
}

impl OpenStore {
    /// Opens the store in `folder`, makes one where there is none, and puts its end in order.
    ///
    /// # Errors
    /// When another server uses it, or the disk refuses.
    pub fn open(disk: &Arc<dyn Disk>, folder: &Path, area: &Area, options: LogOptions) -> Result<Self, StoreError> {
        disk.create_folder(folder).map_err(|source| LogError::disk(folder, "create", source))?;
        // A disk that is not real has nobody to be shared with.
        let lock = if folder.is_dir() { Some(Lock::take(folder)?) } else { None };
        let name = keep(&**disk, folder, &area.files)?;
        let (writer, recovered) = LogWriter::open(disk, folder, options)?;
        let reader = LogReader::open(disk, folder)?;
        let mut complaints = recovered.complaints;
        complaints
            .extend(reader.missing().iter().map(|number| format!("segment {number} of the input log is missing")));
        let state = recovered.state;
        Ok(Self { lock, writer, reader, state, area: name, complaints })
    }
}
