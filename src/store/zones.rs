//! Changes of the zones that the log names, kept beside it: an entry of the log is too small for them.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::{Disk, write_whole};
use super::records::entry::sha256_hex;

/// Name of the folder of zone changes in a store.
const ZONES_FOLDER: &str = "zones";
/// Characters of the name of a change: enough that no two of one store share one.
const NAME_CHARS: usize = 32;
/// More bytes than this are no change of zones.
const BYTES_MAX: u64 = 64 << 20;

/// A change that cannot be kept or found again.
#[derive(Debug, thiserror::Error)]
#[error("{}: the change of zones cannot be kept in the store, or not be read ({source})", path.display())]
pub struct ZoneStoreError {
    path: PathBuf,
    source: io::Error,
}

/// The changes of the zones in a store.
#[derive(Clone)]
pub struct ZoneStore {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
}

impl std::fmt::Debug for ZoneStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ZoneStore").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl ZoneStore {
    /// Those of the store in `folder`.
    pub fn new(disk: &Arc<dyn Disk>, folder: &Path) -> Self {
        Self { disk: Arc::clone(disk), folder: folder.join(ZONES_FOLDER) }
    }

    /// Those that lie in `folder` itself.
    pub fn in_folder(disk: &Arc<dyn Disk>, folder: &Path) -> Self {
        Self { disk: Arc::clone(disk), folder: folder.to_owned() }
    }

    /// Keeps a change and returns its name: a digest of what it says.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn keep(&self, text: &str) -> Result<String, ZoneStoreError> {
        let name: String = sha256_hex(text.as_bytes()).chars().take(NAME_CHARS).collect();
        let path = self.path(&name);
        let fault = |source| ZoneStoreError { path: path.clone(), source };
        self.disk.create_folder(&self.folder).map_err(fault)?;
        write_whole(&*self.disk, &path, text.as_bytes()).map_err(fault)?;
        Ok(name)
    }

    /// The change of that name.
    ///
    /// # Errors
    /// When it is not there, or is not what its name says.
    pub fn read(&self, name: &str) -> Result<String, ZoneStoreError> {
        let path = self.path(name);
        let fault = |source| ZoneStoreError { path: path.clone(), source };
        let mut text = String::new();
        self.disk.open_read(&path, 0).and_then(|file| file.take(BYTES_MAX).read_to_string(&mut text)).map_err(fault)?;
        if sha256_hex(text.as_bytes()).get(..NAME_CHARS) != Some(name) {
            return Err(fault(io::Error::new(io::ErrorKind::InvalidData, "it is not what was written")));
        }
        Ok(text)
    }

    fn path(&self, name: &str) -> PathBuf {
        // Names come from the log: nothing but a digest leads anywhere.
        let sound = name.bytes().all(|byte| byte.is_ascii_hexdigit());
        self.folder.join(if sound { format!("{name}.geojson") } else { "no-name".to_owned() })
    }
}
