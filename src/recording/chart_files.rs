//! Charts from files: the built-in one of Hainan, or the one in a folder.
//!
//! The built-in files are read at run time and not compiled in, because their licences (ODbL for the coastline) are their
//! own; see `data/README.md`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::chart::{Bounds, Chart, ChartError, Coast, ZoneSet};

/// The environment variable that names the folder of the built-in chart.
pub const DATA_VARIABLE: &str = "SHOREWATCH_DATA";

/// Names that a coastline file may have, the first that is there is taken.
const COAST_NAMES: [&str; 2] = ["coastline.geojson", "coastline-fine.geojson"];
/// Name of the file of zones.
const ZONES_NAME: &str = "zones.geojson";
/// A larger file is no chart of an area (the whole world's coastline in full resolution has 1.3 GB).
const FILE_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Why a chart could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChartFileError {
    /// The built-in chart is nowhere.
    #[error(
        "the built-in chart was not found, looked in {}; set {DATA_VARIABLE} to the folder that holds {} and {ZONES_NAME}",
        looked_in.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", "),
        COAST_NAMES[1]
    )]
    NoBuiltin {
        /// The folders that were tried.
        looked_in: Vec<PathBuf>,
    },
    /// A folder has no coastline.
    #[error("{} has no coastline: give {} of land polygons", folder.display(), COAST_NAMES[0])]
    NoCoast {
        /// The folder.
        folder: PathBuf,
    },
    /// A folder has no zones. Without them every port would look like open shore, so none must be said by an empty file.
    #[error(
        "{} has no zones: give {ZONES_NAME}, a FeatureCollection (without features where there are no ports or zones)",
        folder.display()
    )]
    NoZones {
        /// The folder.
        folder: PathBuf,
    },
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file is too large to be a chart.
    #[error("{} has {bytes} bytes, more than {FILE_BYTES_MAX}: cut it to the area", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// A file was read and refused.
    #[error("{}: {source}", path.display())]
    Refused {
        /// The file, or the folder when coast and zones do not go together.
        path: PathBuf,
        /// What is wrong and what to do.
        source: ChartError,
    },
}

/// The built-in chart: coastline and zones of Hainan and the Beibu Gulf.
///
/// # Errors
/// When it is not found in any of the places of [`data_folders`], or was changed so that it is refused.
pub fn load_builtin_chart() -> Result<Chart, ChartFileError> {
    let looked_in = data_folders();
    match looked_in.iter().find(|folder| coast_file(folder).is_some()) {
        Some(folder) => load_chart(folder, None),
        None => Err(ChartFileError::NoBuiltin { looked_in }),
    }
}

/// The files of the chart in `folder`: coastline and zones, those that are there.
pub fn chart_files(folder: &Path) -> Vec<PathBuf> {
    let zones = Some(folder.join(ZONES_NAME)).filter(|path| path.is_file());
    coast_file(folder).into_iter().chain(zones).collect()
}

/// The files of the built-in chart; none when it is not found.
pub fn builtin_chart_files() -> Vec<PathBuf> {
    data_folders().iter().map(|folder| chart_files(folder)).find(|files| !files.is_empty()).unwrap_or_default()
}

/// Where the built-in chart is looked for: `SHOREWATCH_DATA` alone when it is set, else `data` beside the program,
/// `../share/shorewatch` from it, and the folder that the program was built from.
pub fn data_folders() -> Vec<PathBuf> {
    if let Some(folder) = std::env::var_os(DATA_VARIABLE) {
        return vec![PathBuf::from(folder)];
    }
    let mut folders = Vec::new();
    if let Some(beside) = std::env::current_exe().ok().as_deref().and_then(Path::parent) {
        folders.push(beside.join("data"));
        folders.push(beside.join("../share/shorewatch"));
    }
    folders.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("data"));
    folders
}

/// The chart in `folder` (a scenario, or one's own data): `coastline.geojson` and `zones.geojson`.
///
/// `area` is the box that the files were cut for, where the caller knows it (the `bbox` of a scenario): see
/// [`Coast::from_geojson`].
///
/// # Errors
/// A missing coastline or zones, a file that cannot be read, or one that is refused: each with the file and what to do.
pub fn load_chart(folder: &Path, area: Option<Bounds>) -> Result<Chart, ChartFileError> {
    let coast = match coast_file(folder) {
        Some(path) => load_coast(&path, area)?,
        None => return Err(ChartFileError::NoCoast { folder: folder.to_owned() }),
    };
    let zones_path = folder.join(ZONES_NAME);
    if !zones_path.is_file() {
        return Err(ChartFileError::NoZones { folder: folder.to_owned() });
    }
    let zones = load_zones(&zones_path)?;
    let chart =
        Chart::new(coast, zones).map_err(|source| ChartFileError::Refused { path: folder.to_owned(), source })?;
    // Zones that the built-in chart knows too tell in which datum a file is.
    let builtin = data_folders().into_iter().map(|folder| folder.join(ZONES_NAME)).find(|path| path.is_file());
    match builtin.filter(|path| *path != zones_path).and_then(|path| load_zones(&path).ok()) {
        Some(trusted) => Ok(chart.checked_against(&trusted)),
        None => Ok(chart),
    }
}

/// The coastline in one file; `area` as for [`load_chart`].
///
/// # Errors
/// A file that cannot be read or is refused.
pub fn load_coast(path: &Path, area: Option<Bounds>) -> Result<Coast, ChartFileError> {
    Coast::from_geojson(&read(path)?, area).map_err(|source| ChartFileError::Refused { path: path.to_owned(), source })
}

/// The zones in one file.
///
/// # Errors
/// A file that cannot be read or is refused.
pub fn load_zones(path: &Path) -> Result<ZoneSet, ChartFileError> {
    ZoneSet::from_geojson(&read(path)?).map_err(|source| ChartFileError::Refused { path: path.to_owned(), source })
}

fn coast_file(folder: &Path) -> Option<PathBuf> {
    COAST_NAMES.iter().map(|name| folder.join(name)).find(|path| path.is_file())
}

fn read(path: &Path) -> Result<String, ChartFileError> {
    let failed = |source| ChartFileError::Read { path: path.to_owned(), source };
    let bytes = fs::metadata(path).map_err(failed)?.len();
    if bytes > FILE_BYTES_MAX {
        return Err(ChartFileError::TooLarge { path: path.to_owned(), bytes });
    }
    fs::read_to_string(path).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_chart_loads_and_says_where_it_comes_from() {
        let chart = load_chart(&Path::new(env!("CARGO_MANIFEST_DIR")).join("data"), None).unwrap();
        assert!(chart.coast.attribution().contains("OpenStreetMap contributors"));
        assert_eq!(chart.zones.zones().len(), 73);
        let (shore, border) = chart.coast.segment_counts();
        assert!(shore > 36_000 && (5..60).contains(&border), "{shore} {border}");
        assert_eq!(chart.warnings(), []);
    }

    #[test]
    fn built_in_zones_saved_from_a_chinese_map_are_noticed() {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
        let folder = tempfile::tempdir().unwrap();
        fs::copy(data.join(COAST_NAMES[1]), folder.path().join(COAST_NAMES[0])).unwrap();
        let mut zones: serde_json::Value = serde_json::from_str(&read(&data.join(ZONES_NAME)).unwrap()).unwrap();
        // About what GCJ-02 does at Haikou: 450 m east, 230 m south.
        for feature in zones["features"].as_array_mut().unwrap() {
            for point in feature["geometry"]["coordinates"][0].as_array_mut().unwrap() {
                point[0] = (point[0].as_f64().unwrap() + 0.00428).into();
                point[1] = (point[1].as_f64().unwrap() - 0.00205).into();
            }
        }
        fs::write(folder.path().join(ZONES_NAME), zones.to_string()).unwrap();
        let chart = load_chart(folder.path(), None).unwrap();
        assert!(chart.warnings().iter().any(|warning| warning.text.contains("GCJ-02")), "{:?}", chart.warnings());
    }

    #[test]
    fn what_is_missing_or_bad_is_told_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let text = load_chart(folder.path(), None).unwrap_err().to_string();
        assert!(text.contains("has no coastline: give coastline.geojson"), "{text}");
        fs::write(folder.path().join("coastline.geojson"), "{").unwrap();
        let text = load_chart(folder.path(), None).unwrap_err().to_string();
        assert!(text.contains("coastline.geojson: coastline is not readable as GeoJSON"), "{text}");
        let text = load_zones(&folder.path().join("none.geojson")).unwrap_err().to_string();
        assert!(text.contains("none.geojson") && text.contains("No such file"), "{text}");
        let text = ChartFileError::NoBuiltin { looked_in: vec!["a".into(), "b".into()] }.to_string();
        assert!(text.contains("looked in a, b; set SHOREWATCH_DATA"), "{text}");
    }
}
