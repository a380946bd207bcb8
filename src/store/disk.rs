//! The few operations on files that the store needs, as a trait: the real disk, or a bad one in tests.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// A file that grows at its end.
pub trait DiskFile: Send {
    /// Writes all bytes at the end.
    ///
    /// # Errors
    /// What the system says; then it is unknown how many of the bytes were written.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Returns when everything appended is on the medium.
    ///
    /// # Errors
    /// What the system says. Never to be tried again: after a failure the kernel may have dropped what was not written and
    /// say of the next attempt that all is well (Rebello and others, USENIX ATC 2020).
    fn sync(&mut self) -> io::Result<()>;
}

/// A file in a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: u64,
}

/// A disk, as far as a store uses it. Paths are those of the real disk.
pub trait Disk: Send + Sync + 'static {
    /// Makes a folder and those above it where they are missing.
    ///
    /// # Errors
    /// What the system says; so for all below.
    fn create_folder(&self, folder: &Path) -> io::Result<()>;

    /// The files of a folder, by name.
    ///
    /// # Errors
    /// What the system says.
    fn list(&self, folder: &Path) -> io::Result<Vec<Listed>>;

    /// Creates a file, or empties it.
    ///
    /// # Errors
    /// What the system says.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    /// Opens a file to append to it.
    ///
    /// # Errors
    /// What the system says.
    fn open_append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    /// Opens a file to read it from a place on.
    ///
    /// # Errors
    /// What the system says.
    fn open_read(&self, path: &Path, from: u64) -> io::Result<Box<dyn Read + Send>>;

    /// Cuts a file off and makes that durable.
    ///
    /// # Errors
    /// What the system says.
    fn truncate(&self, path: &Path, bytes: u64) -> io::Result<()>;

    /// Gives a file another name, in place of any that bears it.
    ///
    /// # Errors
    /// What the system says.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Deletes a file.
    ///
    /// # Errors
    /// What the system says.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes the names in a folder durable.
    ///
    /// # Errors
    /// What the system says.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;

    /// Bytes that may still be written in a folder.
    ///
    /// # Errors
    /// What the system says.
    fn free_bytes(&self, folder: &Path) -> io::Result<u64>;
}

/// The name of a file while it is written.
pub fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}

/// Writes a whole file so that it is there after a crash, or the one before it is: new file, sync, rename, sync of the
/// folder.
///
/// # Errors
/// What the system says.
pub fn write_whole(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = unfinished(path);
    let mut file = disk.create(&new)?;
    file.append(bytes)?;
    file.sync()?;
    drop(file);
    disk.rename(&new, path)?;
    match path.parent() {
        Some(folder) => disk.sync_folder(folder),
        None => Ok(()),
    }
}

/// The disk of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl DiskFile for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

impl Disk for RealDisk {
    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        if folder.is_dir() {
            return Ok(());
        }
        fs::create_dir_all(folder)?;
        match folder.parent() {
            Some(above) if !above.as_os_str().is_empty() => self.sync_folder(above),
            _ => self.sync_folder(Path::new(".")),
        }
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Listed>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let about = entry.metadata()?;
            if about.is_file() {
                files.push(Listed { name: entry.file_name().to_string_lossy().into_owned(), bytes: about.len() });
            }
        }
        files.sort();
        Ok(files)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(OpenOptions::new().write(true).create(true).truncate(true).open(path)?))
    }

    fn open_append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(OpenOptions::new().append(true).open(path)?))
    }

    fn open_read(&self, path: &Path, from: u64) -> io::Result<Box<dyn Read + Send>> {
        let mut file = File::open(path)?;
        io::Seek::seek(&mut file, io::SeekFrom::Start(from))?;
        Ok(Box::new(file))
    }

    fn truncate(&self, path: &Path, bytes: u64) -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(path)?;
        file.set_len(bytes)?;
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }

    fn free_bytes(&self, folder: &Path) -> io::Result<u64> {
        let about = rustix::fs::statvfs(folder)?;
        Ok(about.f_bavail.saturating_mul(about.f_frsize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_grow_at_their_end_and_are_read_from_anywhere() {
        let folder = tempfile::tempdir().unwrap();
        let (disk, inner) = (RealDisk, folder.path().join("a/b"));
        disk.create_folder(&inner).unwrap();
        let path = inner.join("x");
        write_whole(&disk, &path, b"abc").unwrap();
        let mut file = disk.open_append(&path).unwrap();
        file.append(b"def").unwrap();
        file.sync().unwrap();
        let mut text = String::new();
        disk.open_read(&path, 2).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "cdef");
        disk.truncate(&path, 1).unwrap();
        assert_eq!(disk.list(&inner).unwrap(), [Listed { name: "x".to_owned(), bytes: 1 }]);
        assert!(disk.free_bytes(&inner).unwrap() > 0);
    }
}
