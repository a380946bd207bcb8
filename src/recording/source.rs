//! A recorded file as a stream of bytes, decompressed where its name ends in `.zst`.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// Bytes read at a time.
const BUFFER_BYTES: usize = 64 * 1024;

/// Why the bytes of a file end before the file does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SourceFault {
    /// How many bytes of content came before.
    pub offset: u64,
    /// What happened.
    pub what: String,
}

/// The content of one file. After a fault it is at its end: what came before it is used.
pub(super) struct Source {
    input: Box<dyn Read + Send>,
    compressed: bool,
    offset: u64,
    fault: Option<SourceFault>,
}

impl Source {
    /// Opens a file.
    ///
    /// # Errors
    /// When it cannot be opened, or the decompressor cannot be set up.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let compressed = path.extension().is_some_and(|extension| extension == "zst");
        let input: Box<dyn Read + Send> = if compressed {
            Box::new(zstd::stream::read::Decoder::new(file)?)
        } else {
            Box::new(BufReader::with_capacity(BUFFER_BYTES, file))
        };
        Ok(Self { input, compressed, offset: 0, fault: None })
    }

    /// Why the content ended early, if it did.
    pub(super) fn fault(&self) -> Option<&SourceFault> {
        self.fault.as_ref()
    }
}

impl Read for Source {
    /// Never fails: a fault ends the content, and is kept.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.fault.is_some() {
            return Ok(0);
        }
        loop {
            match self.input.read(buffer) {
                Ok(count) => {
                    self.offset += count as u64;
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let what = match (self.compressed, error.kind()) {
                        (true, io::ErrorKind::UnexpectedEof) => "the zstd stream is cut off".to_owned(),
                        (true, _) => format!("the zstd stream is damaged ({error})"),
                        (false, _) => format!("reading fails ({error})"),
                    };
                    self.fault = Some(SourceFault { offset: self.offset, what });
                    return Ok(0);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_off_zstd_stream_gives_what_came_before_and_the_offset() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ais1.nmea.zst");
        let mut state = 1_u64;
        let mut noise = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        };
        let noise: Vec<u8> = (0..400_000).map(|_| noise()).collect();
        let whole = zstd::encode_all(&noise[..], 1).unwrap();
        std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        let mut source = Source::open(&path).unwrap();
        let mut content = Vec::new();
        source.read_to_end(&mut content).unwrap();
        assert!(!content.is_empty() && noise.starts_with(&content));
        let fault = source.fault().unwrap();
        assert_eq!((fault.offset, fault.what.as_str()), (content.len() as u64, "the zstd stream is cut off"));
    }
}
