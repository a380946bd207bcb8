//! Reads the vessel register that `replay` and `serve` are given.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};

use crate::register::Register;

/// A register of a million vessels takes some 100 MB; what is longer than this is something else.
const BYTES_MAX: u64 = 512 << 20;

/// The register of a file; an empty one where none is named.
///
/// # Errors
/// When it cannot be read, or a line of it cannot be right.
pub(super) fn read(path: Option<&Path>) -> Result<Arc<Register>> {
    let Some(path) = path else { return Ok(Arc::default()) };
    let at = || format!("--register {}", path.display());
    let mut text = String::new();
    let file = File::open(path).with_context(at)?;
    let read = file.take(BYTES_MAX + 1).read_to_string(&mut text).with_context(at)?;
    ensure!(read as u64 <= BYTES_MAX, "{} is longer than {} MB: it is no register", at(), BYTES_MAX >> 20);
    Ok(Arc::new(Register::from_csv(&text).with_context(at)?))
}
