//! Pictures of cameras, kept by what they show: a file a picture, named by when it came and by its SHA-256.
//!
//! Sites upload pictures that their detections name by hash; the server never fetches an address that a feed gave. What is kept is
//! bounded in bytes and in number, the oldest goes first. Which case a picture belongs to stands in the alerts that name its hash.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::disk::{Disk, Listed, write_whole};
use super::records::entry::{hex, unhex};
use crate::serve::limits::STORE_RESERVE_BYTES;
use sha2::{Digest, Sha256};

/// Name of the folder of pictures in a store.
const PICTURES_FOLDER: &str = "pictures";
/// The most bytes of one picture.
pub const PICTURE_BYTES_MAX: usize = 2 << 20;
/// The most pictures that are kept.
pub const PICTURES_MAX: usize = 200_000;

/// No picture is taken when the disk has less room than this: four times what the log keeps in reserve, so that pictures never
/// hold up what sensors send.
pub const PICTURE_RESERVE_BYTES: u64 = 4 * STORE_RESERVE_BYTES;

/// SHA-256 of a picture.
pub type PictureHash = [u8; 32];

/// The forms that a picture may have: those that every browser shows, and that cannot hold a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureForm {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    Webp,
}

impl PictureForm {
    const ALL: [Self; 3] = [Self::Jpeg, Self::Png, Self::Webp];

    /// The form that the bytes begin as.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            _ => None,
        }
    }

    /// The end of its file's name.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
        }
    }

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }
}

/// Why a picture is not taken.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// More bytes than one may have.
    #[error(
        "the picture has {0} bytes, more than {PICTURE_BYTES_MAX}: send a smaller one, and its hash with the detection"
    )]
    TooLarge(usize),
    /// It is something else.
    #[error("this is no picture: JPEG, PNG and WebP are taken")]
    NoPicture,
    /// It is another picture.
    #[error("these bytes have the SHA-256 {0}, not the one of the address")]
    WrongHash(String),
    /// The log needs the room.
    #[error("the disk of the store is nearly full ({} MiB free): make room, and send it again", .0 >> 20)]
    Full(u64),
    /// The disk.
    #[error("the picture cannot be kept ({0})")]
    Disk(#[from] io::Error),
}

struct Kept {
    /// By name, which begins with when it came: the first is the oldest.
    by_name: BTreeMap<String, (PictureHash, u64)>,
    by_hash: HashMap<PictureHash, String>,
    bytes: u64,
}

/// The pictures in a store.
#[derive(Clone)]
pub struct PictureStore {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    bytes_max: u64,
    kept: Arc<Mutex<Kept>>,
}

impl std::fmt::Debug for PictureStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PictureStore").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl PictureStore {
    /// Those of the store in `folder`, of which at most `bytes_max` bytes are kept.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn open(disk: &Arc<dyn Disk>, folder: &Path, bytes_max: u64) -> io::Result<Self> {
        let folder = folder.join(PICTURES_FOLDER);
        disk.create_folder(&folder)?;
        let listed = disk.list(&folder)?;
        Ok(Self::holding(disk, folder, listed, bytes_max))
    }

    /// Those of a store that a server may be using, to read; none where there are none.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn look_into(disk: &Arc<dyn Disk>, folder: &Path) -> io::Result<Self> {
        let folder = folder.join(PICTURES_FOLDER);
        let listed = match disk.list(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            listed => listed?,
        };
        Ok(Self::holding(disk, folder, listed, u64::MAX))
    }

    fn holding(disk: &Arc<dyn Disk>, folder: PathBuf, listed: Vec<Listed>, bytes_max: u64) -> Self {
        let mut kept = Kept { by_name: BTreeMap::new(), by_hash: HashMap::new(), bytes: 0 };
        for file in listed {
            if let Some(hash) = hash_of_name(&file.name) {
                kept.bytes += file.bytes;
                kept.by_hash.insert(hash, file.name.clone());
                kept.by_name.insert(file.name, (hash, file.bytes));
            }
        }
        Self { disk: Arc::clone(disk), folder, bytes_max, kept: Arc::new(Mutex::new(kept)) }
    }

    /// Takes a picture that came at `now_ms` under this hash; returns whether it is new. What is too much goes, the oldest first.
    ///
    /// # Errors
    /// When it is no picture, too large, or another than the hash says, and when the disk refuses.
    pub fn put(&self, hash: &PictureHash, bytes: &[u8], now_ms: i64) -> Result<bool, PictureError> {
        if bytes.len() > PICTURE_BYTES_MAX {
            return Err(PictureError::TooLarge(bytes.len()));
        }
        let form = PictureForm::of(bytes).ok_or(PictureError::NoPicture)?;
        let found: PictureHash = Sha256::digest(bytes).into();
        if found != *hash {
            return Err(PictureError::WrongHash(hex(&found)));
        }
        let mut kept = self.kept();
        if kept.by_hash.contains_key(hash) {
            return Ok(false);
        }
        let free = self.disk.free_bytes(&self.folder)?;
        if free < PICTURE_RESERVE_BYTES {
            return Err(PictureError::Full(free));
        }
        let name = format!("{now_ms:015}-{}.{}", hex(hash), form.extension());
        write_whole(&*self.disk, &self.folder.join(&name), bytes)?;
        kept.bytes += bytes.len() as u64;
        kept.by_hash.insert(*hash, name.clone());
        kept.by_name.insert(name, (*hash, bytes.len() as u64));
        while (kept.bytes > self.bytes_max || kept.by_name.len() > PICTURES_MAX) && kept.by_name.len() > 1 {
            let Some((oldest, (hash, size))) = kept.by_name.pop_first() else { break };
            kept.by_hash.remove(&hash);
            kept.bytes -= size;
            self.disk.remove(&self.folder.join(oldest))?;
        }
        Ok(true)
    }

    /// The picture with this hash, if it is kept.
    ///
    /// # Errors
    /// When the disk refuses, or has changed it.
    pub fn get(&self, hash: &PictureHash) -> io::Result<Option<(PictureForm, Vec<u8>)>> {
        let Some(name) = self.kept().by_hash.get(hash).cloned() else { return Ok(None) };
        let mut bytes = Vec::new();
        let file = self.disk.open_read(&self.folder.join(name), 0)?;
        file.take(PICTURE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "the picture on disk is not what was taken");
        if <PictureHash>::from(Sha256::digest(&bytes)) != *hash {
            return Err(damaged());
        }
        let form = PictureForm::of(&bytes).ok_or_else(damaged)?;
        Ok(Some((form, bytes)))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The hash of a picture, from 64 hexadecimal digits.
pub fn hash_of(digits: &str) -> Option<PictureHash> {
    unhex(digits)?.try_into().ok()
}

/// The hash in the name of a file that this store has written.
fn hash_of_name(name: &str) -> Option<PictureHash> {
    let (came, rest) = name.split_once('-')?;
    let (digits, extension) = rest.split_once('.')?;
    let ours = came.len() == 15 && came.bytes().all(|byte| byte.is_ascii_digit());
    let form = PictureForm::ALL.into_iter().any(|form| form.extension() == extension);
    hash_of(digits).filter(|_| ours && form)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::disk::RealDisk;

    /// The least that counts as a JPEG, made different by a number.
    fn jpeg(number: u32, length: usize) -> (PictureHash, Vec<u8>) {
        let mut bytes = vec![0xff, 0xd8, 0xff, 0xe0];
        bytes.extend_from_slice(&number.to_le_bytes());
        bytes.resize(length, 7);
        (Sha256::digest(&bytes).into(), bytes)
    }

    fn opened(folder: &Path, bytes_max: u64) -> PictureStore {
        let disk: Arc<dyn Disk> = Arc::new(RealDisk);
        PictureStore::open(&disk, folder, bytes_max).unwrap()
    }

    #[test]
    fn a_picture_is_kept_once_and_found_again_by_another_start() {
        let folder = tempfile::tempdir().unwrap();
        let store = opened(folder.path(), 1 << 20);
        let (hash, bytes) = jpeg(1, 100);
        assert!(store.put(&hash, &bytes, 5).unwrap());
        assert!(!store.put(&hash, &bytes, 6).unwrap());
        let store = opened(folder.path(), 1 << 20);
        assert_eq!(store.get(&hash).unwrap(), Some((PictureForm::Jpeg, bytes)));
        assert_eq!(store.get(&[0; 32]).unwrap(), None);
    }

    #[test]
    fn what_is_no_picture_too_large_or_another_picture_is_refused_and_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let store = opened(folder.path(), 1 << 30);
        let (hash, bytes) = jpeg(1, 100);
        let script = b"<svg onload=alert(1)>".to_vec();
        let of_script = Sha256::digest(&script).into();
        assert!(matches!(store.put(&of_script, &script, 1), Err(PictureError::NoPicture)));
        assert!(matches!(store.put(&[1; 32], &bytes, 1), Err(PictureError::WrongHash(found)) if found == hex(&hash)));
        let (large_hash, large) = jpeg(2, PICTURE_BYTES_MAX + 1);
        assert!(matches!(store.put(&large_hash, &large, 1), Err(PictureError::TooLarge(_))));
        assert_eq!(std::fs::read_dir(folder.path().join(PICTURES_FOLDER)).unwrap().count(), 0);
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let store = opened(folder.path(), 250);
        let pictures: Vec<_> = (0..4).map(|number| jpeg(number, 100)).collect();
        for (at_ms, (hash, bytes)) in (0..).zip(&pictures) {
            store.put(hash, bytes, at_ms).unwrap();
        }
        let there: Vec<bool> = pictures.iter().map(|(hash, _)| store.get(hash).unwrap().is_some()).collect();
        assert_eq!(there, [false, false, true, true]);
        assert_eq!(std::fs::read_dir(folder.path().join(PICTURES_FOLDER)).unwrap().count(), 2);
    }

    #[test]
    fn a_picture_that_the_disk_has_changed_is_told_and_strange_files_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = opened(folder.path(), 1 << 20);
        let (hash, bytes) = jpeg(1, 100);
        store.put(&hash, &bytes, 5).unwrap();
        let pictures = folder.path().join(PICTURES_FOLDER);
        let file = std::fs::read_dir(&pictures).unwrap().next().unwrap().unwrap().path();
        std::fs::write(file, b"\xff\xd8\xffother").unwrap();
        assert!(store.get(&hash).is_err());
        std::fs::write(pictures.join("note.txt"), "x").unwrap();
        assert_eq!(opened(folder.path(), 1 << 20).kept().by_name.len(), 1);
    }
}
