//! The areas that a store has been used with: sensors and chart, kept beside the log so that it can be replayed alone.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::disk::{Disk, write_whole};
use crate::recording::SCENARIO_FILE;

/// Name of the folder of areas in a store.
const AREAS_FOLDER: &str = "areas";
/// Bytes of the name of an area: enough that no two areas of one store share one.
const NAME_BYTES: usize = 16;

/// An area that cannot be kept.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be kept in the store ({source})", path.display())]
pub struct AreaStoreError {
    path: PathBuf,
    source: io::Error,
}

/// Name of the rules in the folder of an area that has others than the built-in ones.
pub const RULES_FILE: &str = "rules.toml";

/// Copies the files of an area (`scenario.json` where there is one, coastline, zones, `rules.toml`) into the store in `folder` under
/// their names, once, and returns the name of all: a digest of what they say.
///
/// # Errors
/// When a file cannot be read or written.
pub fn keep(disk: &dyn Disk, folder: &Path, files: &[(String, PathBuf)]) -> Result<String, AreaStoreError> {
    let fault = |path: &Path| {
        let path = path.to_owned();
        move |source| AreaStoreError { path, source }
    };
    let mut read = Vec::new();
    let mut digest = Sha256::new();
    for (name, path) in files {
        let bytes = fs::read(path).map_err(fault(path))?;
        digest.update((name.len() as u64).to_le_bytes());
        digest.update(name.as_bytes());
        digest.update((bytes.len() as u64).to_le_bytes());
        digest.update(&bytes);
        read.push((name, bytes));
    }
    let name: String = digest.finalize().iter().take(NAME_BYTES).map(|byte| format!("{byte:02x}")).collect();
    let home = self::folder(folder, &name);
    disk.create_folder(&home).map_err(fault(&home))?;
    let there = disk.list(&home).map_err(fault(&home))?;
    for (name, bytes) in read {
        let path = home.join(name);
        if !there.iter().any(|file| file.name == *name && file.bytes == bytes.len() as u64) {
            write_whole(disk, &path, &bytes).map_err(fault(&path))?;
        }
    }
    Ok(name)
}

/// Where the files of an area lie in the store in `folder`.
pub fn folder(folder: &Path, name: &str) -> PathBuf {
    folder.join(AREAS_FOLDER).join(name)
}

/// Whether the area in a folder says what its sensors are; else it is a chart alone.
pub fn has_sensors(folder: &Path) -> bool {
    folder.join(SCENARIO_FILE).is_file()
}
