//! What stands against opening a recording, and what the operator can do.

use std::path::PathBuf;

use crate::feed::sensor::SensorTableError;

/// Why a recording cannot be opened at all. (One bad feed is no such reason: see [`super::RefusedFeed`].)
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// Nothing there.
    #[error("{0} does not exist: give a scenario folder, or recorded files")]
    NotFound(PathBuf),
    /// A folder that is no scenario.
    #[error("{0} holds no scenario.json: give a scenario folder, or name the recorded files one by one")]
    NoScenario(PathBuf),
    /// A folder among several paths.
    #[error("{0} is a folder: give either one scenario folder or one or more files")]
    FolderAmongFiles(PathBuf),
    /// Cannot be read.
    #[error("{path} cannot be read ({error}): check that it is a file and that you may read it")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// scenario.json is no scenario.
    #[error("{path}: {what}: {advice}")]
    Scenario {
        /// The file.
        path: PathBuf,
        /// What is wrong, with field and place.
        what: String,
        /// What to do.
        advice: &'static str,
    },
    /// A file of unknown kind.
    #[error("{0} is neither AIS lines, ASTERIX, a capture nor camera lines: check the file (.zst files must be zstd)")]
    UnknownFormat(PathBuf),
    /// No feed can be used.
    #[error("no feed can be used:{0}")]
    NoFeed(String),
    /// A sensor that cannot be.
    #[error("{0}")]
    Sensor(#[from] SensorTableError),
    /// `--site` is not understood.
    #[error("'{0}' is no site: write NAME=LAT,LON in degrees, for example radar1=20.0867,110.3429")]
    Site(String),
}
