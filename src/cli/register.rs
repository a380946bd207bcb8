//! Reads the vessel register that `replay` and `serve` are given; `serve` keeps it on record.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};

use crate::life::Actor;
use crate::register::{Register, Sheet};
use crate::serve::clock;
use crate::store::records::Records;
use crate::store::records::entry::sha256_hex;
use crate::store::records::register::{Imported, Request};

/// A register of a million vessels takes some 100 MB; what is longer than this is something else.
const BYTES_MAX: u64 = 512 << 20;

/// The register of a file; an empty one where none is named.
///
/// # Errors
/// When it cannot be read, or a line of it cannot be right.
pub(super) fn read(path: Option<&Path>) -> Result<Arc<Register>> {
    let Some(path) = path else { return Ok(Arc::default()) };
    Ok(Arc::new(Register::from_csv(&text(path)?).with_context(|| named(path))?))
}

/// Takes a register into the records, in place of what its columns said before; a file that says nothing new leaves no trace.
///
/// # Errors
/// When it cannot be read, a line of it cannot be right, or the records cannot be written.
pub(super) async fn keep(path: &Path, records: &Records) -> Result<Imported> {
    let text = text(path)?;
    let sheet = Sheet::from_csv(&text).with_context(|| named(path))?;
    let sha256 = sha256_hex(text.as_bytes());
    let request = Request {
        actor: Actor::system(),
        request_id: String::new(),
        note: named(path),
        at_ms: clock::now().as_millis(),
    };
    let taken = records.write(move |book| book.import_register(&sheet, &sha256, true, &request)).await;
    Ok(taken.with_context(|| named(path))?.1)
}

fn named(path: &Path) -> String {
    format!("--register {}", path.display())
}

fn text(path: &Path) -> Result<String> {
    let at = || named(path);
    let mut text = String::new();
    let file = File::open(path).with_context(at)?;
    let read = file.take(BYTES_MAX + 1).read_to_string(&mut text).with_context(at)?;
    ensure!(read as u64 <= BYTES_MAX, "{} is longer than {} MB: it is no register", at(), BYTES_MAX >> 20);
    Ok(text)
}
