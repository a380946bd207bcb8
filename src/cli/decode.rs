//! `shorewatch decode`.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::decode::{DecodeError, decode_any};

/// Arguments of `shorewatch decode`.
#[derive(Args, Debug)]
pub struct Decode {
    /// Recordings of AIS (NMEA 0183) or ASTERIX (blocks, or captures); a name that ends in .zst is decompressed.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Write the JSON Lines here instead of to the standard output.
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Do not tell what was read and refused (on the standard error).
    #[arg(short, long)]
    quiet: bool,
}

impl Decode {
    /// Decodes the files one after another. A file that cannot be read does not keep the others from being decoded.
    ///
    /// # Errors
    /// When the output cannot be written, or a file could not be read.
    pub fn run(self) -> Result<()> {
        let mut out: Box<dyn Write> = match &self.out {
            Some(path) => Box::new(File::create(path).with_context(|| format!("cannot create {}", path.display()))?),
            None => Box::new(io::stdout().lock()),
        };
        let mut unread = 0;
        for path in &self.files {
            match decode_any(path, &mut *out) {
                Ok(summary) if !self.quiet => eprint!("{}: {summary}", path.display()),
                Ok(_) => {}
                // The reader has gone, as `head` does: nothing more to do.
                Err(DecodeError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
                Err(error @ DecodeError::Write(_)) => return Err(error.into()),
                Err(error) => {
                    eprintln!("{error}");
                    unread += 1;
                }
            }
        }
        if unread > 0 {
            bail!("{unread} of {} files could not be read to their end", self.files.len());
        }
        Ok(())
    }
}
