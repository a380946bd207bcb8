//! Copies of the records while a server writes them, and back.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::Backup;

use super::chain::{self, Sound};
use super::error::RecordsError;
use super::{FILE, lock, open_to_read};

/// Pages copied in one go; in between, the server writes.
const PAGES_AT_ONCE: i32 = 256;

/// Copies the records of a folder to a new file, and holds the copy against itself. The server may go on writing: the copy is of
/// one moment.
///
/// # Errors
/// When there is such a file already, something cannot be read or written, or the copy is not sound.
pub fn back_up(folder: &Path, to: &Path) -> Result<Sound, RecordsError> {
    let from = open_to_read(&folder.join(FILE))?;
    copy(&from, to)
}

/// Puts a copy into the folder of a server that is not running. Records that are there are kept aside, under the name that is
/// returned.
///
/// # Errors
/// When a server runs there, or the copy is not sound: then nothing was changed.
pub fn restore(from: &Path, folder: &Path) -> Result<(Sound, Option<PathBuf>), RecordsError> {
    let source = open_to_read(from)?;
    let _lock = lock(folder)?;
    let (present, fresh) = (folder.join(FILE), folder.join("records.restoring"));
    let problem = |error: std::io::Error| RecordsError::File { path: folder.to_owned(), problem: error.to_string() };
    if fresh.exists() {
        // Left by a restore that was broken off.
        std::fs::remove_file(&fresh).map_err(problem)?;
    }
    let sound = copy(&source, &fresh)?;
    let mut aside = None;
    if present.exists() {
        let kept = (1_u32..).map(|number| folder.join(format!("records.before-restore-{number}.sqlite")));
        let kept =
            kept.into_iter().find(|path| !path.exists()).unwrap_or_else(|| folder.join("records.before-restore"));
        // What still stands in the write-ahead log belongs to the old file.
        Connection::open(&present)?.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
        std::fs::rename(&present, &kept).map_err(problem)?;
        aside = Some(kept);
    }
    for suffix in ["-wal", "-shm"] {
        let leftover = folder.join(format!("{FILE}{suffix}"));
        if leftover.exists() {
            std::fs::remove_file(leftover).map_err(problem)?;
        }
    }
    std::fs::rename(&fresh, &present).map_err(problem)?;
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(problem)?;
    Ok((sound, aside))
}

fn copy(from: &Connection, to: &Path) -> Result<Sound, RecordsError> {
    if to.exists() {
        let problem = "is there already: choose another name, copies are never written over".to_owned();
        return Err(RecordsError::File { path: to.to_owned(), problem });
    }
    let mut target = Connection::open(to)?;
    Backup::new(from, &mut target)?.run_to_completion(PAGES_AT_ONCE, Duration::from_millis(5), None)?;
    // One file, without a log beside it, that any SQLite opens.
    target.execute_batch("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL;")?;
    let sound = chain::check(&target, None)?;
    target.close().map_err(|(_, error)| RecordsError::from(error))?;
    std::fs::File::open(to)
        .and_then(|file| file.sync_all())
        .map_err(|error| RecordsError::File { path: to.to_owned(), problem: error.to_string() })?;
    Ok(sound)
}
