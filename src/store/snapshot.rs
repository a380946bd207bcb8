//! Snapshots of the engine on disk: each one file, whole or not there, and the latest two of them.
//!
//! A file begins with what it is (magic, version of the format, length and CRC32C of the rest), then says what it belongs to
//! ([`About`]), then holds the state, which means nothing here. It is written beside its name and renamed, so a crash leaves the one
//! before. Reading never changes anything and takes no more memory than the file is long.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::disk::{Disk, write_whole};
use super::log::read::Position;

/// Name of the folder of snapshots in a store.
pub const SNAPSHOT_FOLDER: &str = "snapshot";

/// Snapshots that are kept: one that turns out damaged has one before it.
const KEPT: usize = 2;

/// The largest snapshot that is written or read, in bytes: some hundred times a busy coast.
pub const SNAPSHOT_BYTES_MAX: u64 = 2 << 30;

const MAGIC: [u8; 8] = *b"SWSTATE\0";
const VERSION: u32 = 1;
/// Magic, version, CRC32C of what follows the header, its length.
const HEADER_BYTES: usize = 8 + 4 + 4 + 8;
const EXTENSION: &str = ".state";

/// What a snapshot belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Which sources the program was built from that wrote it.
    pub edition: String,
    /// Name of the area's folder in the store.
    pub area: String,
    /// A digest of the settings.
    pub settings: String,
    /// Segment of the log in which the first entry stands that is not in it.
    pub segment: u64,
    /// Where in the segment, in bytes.
    pub offset: u64,
    /// The last entry of the records when it was written, and its hash.
    pub record: (i64, String),
}

impl About {
    /// From where on the log has to be read again.
    pub fn position(&self) -> Position {
        Position { segment: self.segment, offset: self.offset }
    }
}

/// Why a file is of no use.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The disk refuses.
    #[error("it cannot be read ({0})")]
    Disk(#[from] io::Error),
    /// Something else was put there.
    #[error("it does not begin as a snapshot does")]
    Strange,
    /// Of a later program, or an earlier one.
    #[error("it is of version {0}, and this program reads version {VERSION}")]
    Version(u32),
    /// A part is missing.
    #[error("it is cut off: {found} bytes of {wanted}")]
    Short {
        /// Bytes that are there.
        found: u64,
        /// Bytes that it says it has.
        wanted: u64,
    },
    /// A bit has changed.
    #[error("its checksum is wrong: it is damaged")]
    Checksum,
    /// Sound, but not what this program writes.
    #[error("it cannot be taken apart ({0})")]
    Contents(#[from] postcard::Error),
    /// Larger than any can be.
    #[error("it has {0} bytes, more than a snapshot may have")]
    TooLarge(u64),
}

/// The bytes of a file with this content.
fn encode(about: &About, parts: &[&[u8]]) -> Result<Vec<u8>, SnapshotError> {
    let mut bytes = vec![0; HEADER_BYTES];
    bytes.reserve(1_024 + parts.iter().map(|part| part.len()).sum::<usize>());
    let mut bytes = postcard::to_extend(about, bytes)?;
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    let length = (bytes.len() - HEADER_BYTES) as u64;
    if length > SNAPSHOT_BYTES_MAX {
        return Err(SnapshotError::TooLarge(length));
    }
    let sum = crc32c::crc32c(bytes.get(HEADER_BYTES..).unwrap_or_default());
    bytes.splice(
        ..HEADER_BYTES,
        MAGIC.into_iter().chain(VERSION.to_le_bytes()).chain(sum.to_le_bytes()).chain(length.to_le_bytes()),
    );
    Ok(bytes)
}

/// What a file says that it belongs to, and the state in it.
///
/// # Errors
/// When it is damaged or of another version.
pub fn decode(bytes: &[u8]) -> Result<(About, &[u8]), SnapshotError> {
    let Some((header, body)) = bytes.split_first_chunk::<HEADER_BYTES>() else {
        return Err(SnapshotError::Short { found: bytes.len() as u64, wanted: HEADER_BYTES as u64 });
    };
    let (magic, rest) = header.split_at(MAGIC.len());
    if magic != MAGIC {
        return Err(SnapshotError::Strange);
    }
    let word = |at: usize| rest.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default();
    let version = u32::from_le_bytes(word(0));
    if version != VERSION {
        return Err(SnapshotError::Version(version));
    }
    let length = rest.get(8..).and_then(|rest| rest.first_chunk()).copied().map_or(0, u64::from_le_bytes);
    if length != body.len() as u64 {
        let whole = |bytes: u64| bytes.saturating_add(HEADER_BYTES as u64);
        return Err(SnapshotError::Short { found: bytes.len() as u64, wanted: whole(length) });
    }
    if crc32c::crc32c(body) != u32::from_le_bytes(word(4)) {
        return Err(SnapshotError::Checksum);
    }
    Ok(postcard::take_from_bytes(body)?)
}

/// The snapshots of one store.
#[derive(Clone)]
pub struct SnapshotStore {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
}

impl std::fmt::Debug for SnapshotStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SnapshotStore").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl SnapshotStore {
    /// Those of the store in `folder`. Nothing is read or made yet.
    pub fn new(disk: &Arc<dyn Disk>, folder: &Path) -> Self {
        Self { disk: Arc::clone(disk), folder: folder.join(SNAPSHOT_FOLDER) }
    }

    /// The names of all, the latest first.
    pub fn names(&self) -> Vec<String> {
        // A folder that is not there has none, and so has one that cannot be read: then the log is.
        let files = self.disk.list(&self.folder).unwrap_or_default();
        let mut names: Vec<String> =
            files.into_iter().map(|file| file.name).filter(|name| name.ends_with(EXTENSION)).collect();
        names.sort_unstable_by(|a, b| b.cmp(a));
        names
    }

    /// The bytes of one, to be taken apart with [`decode`].
    ///
    /// # Errors
    /// When the disk refuses, or it is larger than any can be.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, SnapshotError> {
        let mut bytes = Vec::new();
        let file = self.disk.open_read(&self.folder.join(name), 0)?;
        let most = SNAPSHOT_BYTES_MAX + HEADER_BYTES as u64;
        file.take(most + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > most { Err(SnapshotError::TooLarge(bytes.len() as u64)) } else { Ok(bytes) }
    }

    /// Bytes that may still be written.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn free_bytes(&self) -> io::Result<u64> {
        self.disk.create_folder(&self.folder)?;
        self.disk.free_bytes(&self.folder)
    }

    /// Writes one, and lets go of all but it and the one before it. Returns its name and its length in bytes.
    ///
    /// # Errors
    /// When the disk refuses; then those before are still there.
    pub fn write(&self, about: &About, parts: &[&[u8]]) -> Result<(String, u64), SnapshotError> {
        self.disk.create_folder(&self.folder)?;
        let bytes = encode(about, parts)?;
        let name = format!("{:010}-{:012}{EXTENSION}", about.segment, about.offset);
        write_whole(&*self.disk, &self.folder.join(&name), &bytes)?;
        // One that claims to lie behind this one is not of this log.
        let before: Vec<String> = self.names().into_iter().filter(|other| *other < name).take(KEPT - 1).collect();
        for file in self.disk.list(&self.folder)? {
            if file.name != name && !before.contains(&file.name) {
                self.disk.remove(&self.folder.join(&file.name))?;
            }
        }
        Ok((name, bytes.len() as u64))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::disk::RealDisk;

    fn about(segment: u64) -> About {
        About {
            edition: "e".to_owned(),
            area: "a".to_owned(),
            settings: "s".to_owned(),
            segment,
            offset: 40,
            record: (7, "h".to_owned()),
        }
    }

    #[test]
    fn the_latest_two_are_kept_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let disk: Arc<dyn Disk> = Arc::new(RealDisk);
        let store = SnapshotStore::new(&disk, folder.path());
        assert!(store.names().is_empty());
        for segment in [9, 1, 2, 3] {
            store.write(&about(segment), &[b"state", b" of it"]).unwrap();
        }
        let names = store.names();
        assert_eq!(names, ["0000000003-000000000040.state", "0000000002-000000000040.state"]);
        let bytes = store.read(&names[0]).unwrap();
        assert_eq!(decode(&bytes).unwrap(), (about(3), &b"state of it"[..]));
    }

    #[test]
    fn what_is_cut_off_flipped_or_of_another_version_is_told_apart() {
        let bytes = encode(&about(1), &[b"state"]).unwrap();
        for length in 0..bytes.len() {
            assert!(matches!(decode(&bytes[..length]), Err(SnapshotError::Short { .. })), "{length}");
        }
        for place in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[place] ^= 0x10;
            assert!(decode(&flipped).is_err(), "{place}");
        }
        let mut later = bytes.clone();
        later[8] = 9;
        assert_eq!(decode(&later).unwrap_err().to_string(), "it is of version 9, and this program reads version 1");
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_are_refused_in_words(bytes: Vec<u8>) {
            prop_assert!(decode(&bytes).is_err());
        }

        #[test]
        fn arbitrary_bytes_behind_a_sound_header_are_read_or_refused(body: Vec<u8>) {
            let mut bytes = Vec::from(MAGIC);
            bytes.extend(VERSION.to_le_bytes());
            bytes.extend(crc32c::crc32c(&body).to_le_bytes());
            bytes.extend((body.len() as u64).to_le_bytes());
            bytes.extend(body);
            let _ = decode(&bytes);
        }
    }
}
