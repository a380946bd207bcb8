//! What can go wrong with the records.

use std::path::PathBuf;

/// Why records cannot be had, read or written.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordsError {
    /// The file system.
    #[error("{path}: {problem}")]
    File {
        /// What was to be opened.
        path: PathBuf,
        /// What the system says.
        problem: String,
    },
    /// SQLite.
    #[error("the records cannot be read or written: {0}")]
    Sqlite(String),
    /// Another server has them open.
    #[error("{0} is in use by another shorewatch server: stop that one first, or choose another --data")]
    InUse(PathBuf),
    /// Made by a newer program.
    #[error("the records are of version {found}, newer than this program knows ({known}): use the newer shorewatch")]
    Newer {
        /// Their version.
        found: i64,
        /// The newest known.
        known: i64,
    },
    /// Something in them is not what this program wrote.
    #[error("the records are damaged: {0}; restore a backup (shorewatch restore), and keep this file for the inquiry")]
    Damaged(String),
    /// The server shuts down, or has met a fault before.
    #[error("the records are closed: the server is shutting down")]
    Closed,
}

impl From<rusqlite::Error> for RecordsError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error.to_string())
    }
}
