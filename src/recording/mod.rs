//! Recorded feeds: files as sensors left them.
//!
//! Opens a scenario folder or single files, cuts each file into raw records, says when each was received, and gives the
//! records of all feeds in order of receipt. It reads no record further than its time and knows no tracks: decoding is
//! [`crate::feed::FeedDecoder`]'s business, the same for recordings and live. Memory does not grow with the length of a
//! recording: a file is read piece by piece, and at most 64 records of each are held back to judge a clock.
//!
//! One bad feed never stops the others: it is named as a [`RefusedFeed`], or its faults are counted in its [`FeedEnd`].

mod chart_files;
mod error;
mod framing;
mod merge;
pub mod pcap;
mod raw;
mod scenario;
mod source;
mod stream;
mod times;

use std::path::{Path, PathBuf};

pub use chart_files::{
    ChartFileError, DATA_VARIABLE, builtin_chart_files, chart_files, data_folders, load_builtin_chart, load_chart,
    load_coast, load_zones,
};
pub use error::RecordingError;
pub use framing::Framing;
pub use merge::RecordStream;
pub use raw::Site;
pub use scenario::SCENARIO_FILE;
pub use stream::{FeedEnd, RawRecord};
pub use times::TimeSource;

use crate::chart::{Bounds, Chart};
use crate::feed::sensor::{SensorKind, SensorTable};
use crate::units::{EventTime, SensorId};

/// A recording as described: which sensors there are and where their records lie. Nothing is read yet.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// Its name.
    pub name: String,
    /// When it starts; single files do not say, then it is the receipt of the first record.
    pub start: Option<EventTime>,
    /// How long it is in milliseconds, where that is said.
    pub duration_ms: Option<i64>,
    /// The scenario folder; `None` for single files.
    pub folder: Option<PathBuf>,
    /// West, south, east and north of the area in degrees, where that is said.
    pub bbox: Option<[f64; 4]>,
    /// All sensors.
    pub sensors: SensorTable,
    /// The feeds that can be read, in the order in which they are listed: ties in receipt are taken in this order.
    pub feeds: Vec<Feed>,
    /// The feeds that cannot, with the reason.
    pub refused: Vec<RefusedFeed>,
    /// Tells the date of records that tell only the time of day; else `start` does.
    pub reference: Option<EventTime>,
    /// What else the user should know of how the files were taken.
    pub notes: Vec<String>,
}

/// One recorded feed.
#[derive(Clone, Debug)]
pub struct Feed {
    /// Its name: that of its sensor.
    pub name: String,
    /// What kind of sensor it comes from.
    pub kind: SensorKind,
    /// Its sensor, or the first of them; `None` when no record of it can be used and all are to be counted.
    pub sensor: Option<SensorId>,
    /// Its file.
    pub path: PathBuf,
    /// How the file is cut into records.
    pub framing: Framing,
    /// Where the times of its records come from.
    pub times: TimeSource,
}

/// A feed that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedFeed {
    /// Its name.
    pub name: String,
    /// Why, and what to do.
    pub why: String,
}

/// What the user adds to files that do not say everything.
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    /// Where radars and cameras stand.
    pub sites: Vec<Site>,
    /// Any instant of the day on which the recording was made, for records that tell only the time of day.
    pub date: Option<EventTime>,
}

impl Recording {
    /// Opens one scenario folder, or one or more recorded files.
    ///
    /// # Errors
    /// [`RecordingError`] when there is nothing that could be replayed.
    pub fn open(paths: &[PathBuf], options: &OpenOptions) -> Result<Self, RecordingError> {
        for path in paths {
            if !path.exists() {
                return Err(RecordingError::NotFound(path.clone()));
            }
        }
        match paths {
            [folder] if folder.is_dir() => {
                if !folder.join(SCENARIO_FILE).is_file() {
                    return Err(RecordingError::NoScenario(folder.clone()));
                }
                scenario::open(folder)
            }
            files => match files.iter().find(|path| path.is_dir()) {
                Some(folder) => Err(RecordingError::FolderAmongFiles(folder.clone())),
                None => raw::open(files, options),
            },
        }
    }

    /// Reads what a scenario folder says of its area and sensors, for a server that gets their records by another way.
    ///
    /// # Errors
    /// [`RecordingError`] when there is no scenario, or it is wrong as a whole. A sensor that is described wrongly is a refused
    /// feed, and so is one without a file.
    pub fn describe(folder: &Path) -> Result<Self, RecordingError> {
        if !folder.join(SCENARIO_FILE).is_file() {
            return Err(RecordingError::NoScenario(folder.to_owned()));
        }
        scenario::describe(folder)
    }

    /// From when to when it goes, where that is said.
    pub fn span(&self) -> Option<(EventTime, EventTime)> {
        let start = self.start?;
        Some((start, start.plus_millis(self.duration_ms?)))
    }

    /// The chart that belongs to it: that of `own` where given, else of the scenario folder, else the built-in one.
    ///
    /// # Errors
    /// [`ChartFileError`] when a file is missing or refused.
    pub fn chart(&self, own: Option<&Path>) -> Result<Chart, ChartFileError> {
        match (own, &self.folder) {
            (Some(folder), _) => load_chart(folder, None),
            (None, Some(folder)) => load_chart(folder, self.bbox.and_then(Bounds::from_wsen)),
            (None, None) => load_builtin_chart(),
        }
    }

    /// All records of all feeds in order of receipt.
    pub fn records(&self) -> RecordStream {
        RecordStream::open(self)
    }

    fn require_a_feed(self) -> Result<Self, RecordingError> {
        if self.feeds.is_empty() {
            let why = self.refused.iter().map(|feed| format!("\n  {}: {}", feed.name, feed.why)).collect();
            return Err(RecordingError::NoFeed(why));
        }
        Ok(self)
    }
}

/// The name of a file without folder and endings: `radar1` for `/data/radar1.ast.zst`.
fn stem(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = name.strip_suffix(".zst").unwrap_or(&name);
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem.to_owned(),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_of_a_single_file_is_named_after_it() {
        for (path, wanted) in [("/a/radar1.ast.zst", "radar1"), ("x.y.nmea", "x.y"), ("plain", "plain")] {
            assert_eq!(stem(Path::new(path)), wanted, "{path}");
        }
    }
}
