//! What the integration tests share.

#![allow(unreachable_pub, reason = "used by the modules beside it")]

pub mod bad_disk;
pub mod process;
pub mod recorded;
pub mod server;
pub mod simulated;

use std::path::PathBuf;

/// The folder of recordings and reference answers that is kept beside the repository, if it is there: `../shared`, or
/// what the environment variable `SHOREWATCH_SHARED` says.
pub fn shared_dir() -> Option<PathBuf> {
    let folder = std::env::var_os("SHOREWATCH_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no recordings at {} (set SHOREWATCH_SHARED)", folder.display());
    None
}
