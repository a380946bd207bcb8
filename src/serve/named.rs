//! What entries of the log name and do not hold: changes of the zones, and what the register said.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::core::Fatal;
use crate::register::Register;
use crate::store::disk::Disk;
use crate::store::records::register::load_at;
use crate::store::records::{FILE, Records, open_to_read};
use crate::store::zones::ZoneStore;

/// Where what the log names is found again.
#[derive(Clone)]
pub struct Named {
    /// Changes of the zones.
    pub zones: ZoneStore,
    registers: Registers,
}

#[derive(Clone)]
enum Registers {
    /// The records of a server that runs.
    Open(Records),
    /// The file of records in a store.
    Stored(PathBuf),
    /// Files of a bundle.
    Bundled(PathBuf),
}

impl fmt::Debug for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Named").field("zones", &self.zones).finish_non_exhaustive()
    }
}

impl Named {
    /// In a store whose records are open.
    pub fn open(zones: ZoneStore, records: Records) -> Self {
        Self { zones, registers: Registers::Open(records) }
    }

    /// In the store in `folder`, beside a server that may run.
    pub fn stored(disk: &Arc<dyn Disk>, folder: &Path) -> Self {
        Self { zones: ZoneStore::new(disk, folder), registers: Registers::Stored(folder.join(FILE)) }
    }

    /// In a bundle of evidence.
    pub fn bundled(disk: &Arc<dyn Disk>, folder: &Path) -> Self {
        Self { zones: ZoneStore::in_folder(disk, folder), registers: Registers::Bundled(folder.to_owned()) }
    }

    /// The register after the entry `sequence` of the records; empty after entry 0. Not to be called where a runtime may not wait.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn register(&self, sequence: i64) -> Result<Register, Fatal> {
        if sequence == 0 {
            return Ok(Register::default());
        }
        match &self.registers {
            Registers::Open(records) => Ok(records.register_at(sequence)?),
            Registers::Stored(file) => Ok(load_at(&open_to_read(file)?, sequence)?),
            Registers::Bundled(folder) => {
                let path = folder.join(register_file(sequence));
                let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
                Ok(Register::from_csv(&text).map_err(|error| format!("{}: {error}", path.display()))?)
            }
        }
    }
}

/// Name of the file of a bundle that has the register after the entry `sequence`.
pub fn register_file(sequence: i64) -> String {
    format!("register-{sequence}.csv")
}
