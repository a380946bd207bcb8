//! What stops a log.

use std::io;
use std::path::{Path, PathBuf};

/// A fault of the log. It ends the server that meets it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The disk refuses.
    #[error("cannot {what} {} ({source})", path.display())]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// What was tried.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// What was written may not be on disk.
    #[error(
        "{} could not be made durable ({source}); nothing of it is acknowledged, and it is not tried again because the system may have dropped it: check the disk, then start the server anew",
        path.display()
    )]
    Sync {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A segment that is none.
    #[error("{} is no segment of a log: {problem}", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// Why.
        problem: String,
    },
    /// A sound frame that means nothing to this program.
    #[error("{} holds an entry at byte {offset} that this program does not know: use a newer one", path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
        /// Where.
        offset: u64,
    },
    /// An earlier fault ended this log.
    #[error("the log has failed before")]
    Failed,
}

impl LogError {
    /// A refusal of the disk.
    pub(crate) fn disk(path: &Path, what: &'static str, source: io::Error) -> Self {
        Self::Disk { path: path.to_owned(), what, source }
    }
}
