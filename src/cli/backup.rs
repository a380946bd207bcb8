//! `shorewatch backup` and `shorewatch restore`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use crate::store::records::backup;
use crate::store::records::chain::Sound;

/// Arguments of `shorewatch backup`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  shorewatch backup /var/lib/shorewatch /backup/records-2026-11-25.sqlite

The server may run meanwhile. The copy is one file that any SQLite opens; it is held against its own hashes and signatures before
this ends well. It holds alerts, what officers did, zones, register and endpoints; not the log of what sensors sent.")]
pub struct BackUp {
    /// Folder of the server's store.
    #[arg(value_name = "STORE")]
    store: PathBuf,

    /// The file to write; must not be there yet.
    #[arg(value_name = "FILE")]
    to: PathBuf,
}

/// Arguments of `shorewatch restore`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  shorewatch restore /backup/records-2026-11-25.sqlite /var/lib/shorewatch

The server must not run. Records that are in the folder are kept aside, never written over.")]
pub struct Restore {
    /// A file that backup wrote.
    #[arg(value_name = "FILE")]
    from: PathBuf,

    /// Folder of the server's store.
    #[arg(value_name = "STORE")]
    store: PathBuf,
}

impl BackUp {
    /// Copies the records.
    ///
    /// # Errors
    /// When they cannot be read, the copy cannot be written, or is not sound.
    pub fn run(self) -> Result<()> {
        let sound = backup::back_up(&self.store, &self.to)
            .with_context(|| format!("cannot back up {}", self.store.display()))?;
        println!("{}: {}", self.to.display(), told(&sound));
        Ok(())
    }
}

impl Restore {
    /// Puts a copy back.
    ///
    /// # Errors
    /// When a server runs, or the copy is not sound.
    pub fn run(self) -> Result<()> {
        let (sound, aside) = backup::restore(&self.from, &self.store)
            .with_context(|| format!("cannot restore {}", self.from.display()))?;
        println!("{}: {}", self.store.display(), told(&sound));
        if let Some(aside) = aside {
            println!("what was there before is kept as {}", aside.display());
        }
        Ok(())
    }
}

fn told(sound: &Sound) -> String {
    format!(
        "{} alerts, {} entries, {} signed checkpoints, all sound; last hash {}",
        sound.alerts, sound.entries, sound.checkpoints, sound.hash
    )
}
