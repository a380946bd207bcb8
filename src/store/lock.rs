//! One server a store: two would write over each other.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

/// Name of the file that is locked.
const LOCK_FILE: &str = "lock";

/// A store that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("{} is in use by another shorewatch server: stop that one, or choose another folder", .0.display())]
    InUse(PathBuf),
    /// The lock cannot be made.
    #[error("{} cannot be locked ({source}): check that the folder is yours and has room", path.display())]
    Fault {
        /// The store.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Holds a store until it is dropped, or the process ends in whatever way.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held, not used")] File);

impl Lock {
    /// Takes the store in a folder that is there.
    ///
    /// # Errors
    /// When another process has it, or the file cannot be made.
    pub fn take(folder: &Path) -> Result<Self, LockError> {
        let fault = |source| LockError::Fault { path: folder.to_owned(), source };
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(folder.join(LOCK_FILE));
        let file = file.map_err(fault)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(LockError::InUse(folder.to_owned())),
            Err(TryLockError::Error(source)) => Err(fault(source)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_for_one_server() {
        let folder = tempfile::tempdir().unwrap();
        let lock = Lock::take(folder.path()).unwrap();
        assert!(Lock::take(folder.path()).unwrap_err().to_string().contains("in use by another shorewatch server"));
        drop(lock);
        Lock::take(folder.path()).unwrap();
    }
}
