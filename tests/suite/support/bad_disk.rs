//! A disk in memory that behaves as badly as a disk may: it forgets what was not synced, in any pieces, lies about having
//! synced, fails, flips bits and fills up.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use shorewatch::store::disk::{Disk, DiskFile, Listed};

/// Bytes that a disk writes as one: a torn write leaves whole sectors, old or new.
const SECTOR: usize = 512;

#[derive(Clone, Default)]
struct Content {
    /// As the program sees it.
    seen: Vec<u8>,
    /// As it is after a crash.
    durable: Vec<u8>,
}

#[derive(Default)]
struct Inner {
    files: BTreeMap<u64, Content>,
    /// Names as the program sees them, and as they are after a crash.
    names: BTreeMap<PathBuf, u64>,
    durable_names: BTreeMap<PathBuf, u64>,
    next: u64,
    /// Syncs say yes and do nothing.
    lying: bool,
    /// The next sync fails.
    sync_fails: bool,
    syncs: u64,
    /// Bytes that still fit; `None`: any number.
    room: Option<u64>,
}

/// The disk; clones are the same one.
#[derive(Clone, Default)]
pub struct BadDisk(Arc<Mutex<Inner>>);

impl BadDisk {
    fn with<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> T {
        work(&mut self.0.lock().unwrap())
    }

    /// The power goes. Of what was not synced each sector is new, or as it was, by `random`. Names that were not made
    /// durable are as they were.
    pub fn crash(&self, mut random: impl FnMut() -> bool) {
        self.with(|inner| {
            inner.names = inner.durable_names.clone();
            for content in inner.files.values_mut() {
                let mut left = content.durable.clone();
                let any = random();
                for (number, sector) in content.seen.chunks(SECTOR).enumerate() {
                    let at = number * SECTOR;
                    if any && random() && content.durable.get(at..at + sector.len()) != Some(sector) {
                        left.resize(left.len().max(at + sector.len()), 0);
                        left[at..at + sector.len()].copy_from_slice(sector);
                    }
                }
                content.durable = left.clone();
                content.seen = left;
            }
        });
    }

    /// From now on syncs do nothing and say that all is well.
    pub fn lie(&self, lying: bool) {
        self.with(|inner| inner.lying = lying);
    }

    /// The next sync fails, as the ones after it do not.
    pub fn fail_next_sync(&self) {
        self.with(|inner| inner.sync_fails = true);
    }

    /// How often data was asked to be synced.
    pub fn syncs(&self) -> u64 {
        self.with(|inner| inner.syncs)
    }

    /// So many bytes still fit.
    pub fn set_room(&self, room: Option<u64>) {
        self.with(|inner| inner.room = room);
    }

    /// Flips one bit of a file.
    pub fn flip(&self, path: &Path, place: usize, bit: u8) {
        self.with(|inner| {
            let content = inner.files.get_mut(&inner.names[path]).unwrap();
            content.seen[place] ^= 1 << bit;
            if let Some(byte) = content.durable.get_mut(place) {
                *byte ^= 1 << bit;
            }
        });
    }

    /// All files with their lengths.
    pub fn files(&self) -> Vec<(PathBuf, usize)> {
        self.with(|inner| inner.names.iter().map(|(path, id)| (path.clone(), inner.files[id].seen.len())).collect())
    }
}

struct BadFile {
    disk: BadDisk,
    id: u64,
}

impl DiskFile for BadFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.disk.with(|inner| {
            let fits = inner.room.map_or(bytes.len(), |room| bytes.len().min(room as usize));
            inner.room = inner.room.map(|room| room - fits as u64);
            inner.files.get_mut(&self.id).unwrap().seen.extend_from_slice(&bytes[..fits]);
            if fits < bytes.len() { Err(io::Error::from(io::ErrorKind::StorageFull)) } else { Ok(()) }
        })
    }

    fn sync(&mut self) -> io::Result<()> {
        self.disk.with(|inner| {
            inner.syncs += 1;
            if std::mem::take(&mut inner.sync_fails) {
                return Err(io::Error::other("medium error"));
            }
            if !inner.lying {
                let content = inner.files.get_mut(&self.id).unwrap();
                content.durable = content.seen.clone();
            }
            Ok(())
        })
    }
}

fn missing() -> io::Error {
    io::Error::from(io::ErrorKind::NotFound)
}

impl Disk for BadDisk {
    fn create_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Listed>> {
        Ok(self.with(|inner| {
            let inside = inner.names.iter().filter(|(path, _)| path.parent() == Some(folder));
            let listed = |(path, id): (&PathBuf, &u64)| Listed {
                name: path.file_name().unwrap().to_string_lossy().into_owned(),
                bytes: inner.files[id].seen.len() as u64,
            };
            inside.map(listed).collect()
        }))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let id = self.with(|inner| {
            inner.next += 1;
            inner.files.insert(inner.next, Content::default());
            inner.names.insert(path.to_owned(), inner.next);
            inner.next
        });
        Ok(Box::new(BadFile { disk: self.clone(), id }))
    }

    fn open_append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let id = self.with(|inner| inner.names.get(path).copied()).ok_or_else(missing)?;
        Ok(Box::new(BadFile { disk: self.clone(), id }))
    }

    fn open_read(&self, path: &Path, from: u64) -> io::Result<Box<dyn Read + Send>> {
        let bytes = self.with(|inner| inner.names.get(path).map(|id| inner.files[id].seen.clone()));
        let mut cursor = Cursor::new(bytes.ok_or_else(missing)?);
        cursor.set_position(from);
        Ok(Box::new(cursor))
    }

    fn truncate(&self, path: &Path, bytes: u64) -> io::Result<()> {
        self.with(|inner| {
            let content = inner.files.get_mut(inner.names.get(path).ok_or_else(missing)?).unwrap();
            content.seen.truncate(bytes as usize);
            content.durable = content.seen.clone();
            Ok(())
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.with(|inner| {
            let id = inner.names.remove(from).ok_or_else(missing)?;
            inner.names.insert(to.to_owned(), id);
            Ok(())
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.with(|inner| inner.names.remove(path).map(drop).ok_or_else(missing))
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.with(|inner| {
            if !inner.lying {
                inner.durable_names.retain(|path, _| path.parent() != Some(folder));
                let inside = inner.names.iter().filter(|(path, _)| path.parent() == Some(folder));
                inner.durable_names.extend(inside.map(|(path, id)| (path.clone(), *id)).collect::<Vec<_>>());
            }
            Ok(())
        })
    }

    fn free_bytes(&self, _: &Path) -> io::Result<u64> {
        Ok(self.with(|inner| inner.room.unwrap_or(1 << 40)))
    }
}
