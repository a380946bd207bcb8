//! Why a collector cannot start, or stops.

use std::io;
use std::path::PathBuf;

use super::config::SOURCES_MAX;
use crate::api::sender::SendError;

/// Why a collector cannot start, or stops.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CollectError {
    /// The file of sources cannot be read.
    #[error("{path} cannot be read: {error}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file of sources is no TOML, or has unknown keys.
    #[error("the sources cannot be read: {0}")]
    Toml(String),
    /// No source, or too many.
    #[error("{0} sources: no source or more than {SOURCES_MAX} are listed; write one [[source]] for each sensor")]
    Count(usize),
    /// A source that cannot be right.
    #[error("source '{name}': {why}")]
    Source {
        /// Which.
        name: String,
        /// Why, and what to do.
        why: String,
    },
    /// The server cannot be sent to.
    #[error(transparent)]
    Send(#[from] SendError),
}
