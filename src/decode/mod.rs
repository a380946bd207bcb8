//! `shorewatch decode`: recordings to JSON Lines, one object a message of AIS or a record of ASTERIX.
//!
//! What a file is shows in its first bytes: a network capture, ASTERIX blocks, else lines of AIS. Reads plain or zstd-compressed files as a stream: memory does not grow with the file. What is refused is in the
//! [`Summary`], never in the output.

mod application;
mod asterix;
mod json;
mod lines;

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use crate::feed::ais::{AisDecoder, AisTally, Counts, Oddities};
use crate::feed::asterix::category_name;
use crate::feed::tally::Reason;
use crate::recording::pcap::{self, PcapReader};

pub use asterix::{AsterixSummary, record_json};
pub use json::write_message;
pub use lines::for_each_line;

/// Bytes read from a file at a time.
const READ_BYTES: usize = 256 * 1024;

/// What a decoded file held.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Lines read.
    pub lines: u64,
    /// Records received, accepted, and refused by reason with examples.
    pub tally: AisTally,
    /// What was accepted, by kind.
    pub counts: Counts,
    /// What was odd about accepted records.
    pub oddities: Oddities,
    /// Messages by type, 1 to 27; place 0 stays 0.
    pub messages_by_type: [u64; 28],
}

/// Why a file could not be decoded to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The file cannot be opened.
    #[error("cannot open {path}: {source}")]
    Open {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file cannot be read to its end; what came before was decoded and written.
    #[error("cannot read {path} after line {line}: {source}; if it is compressed, it may be cut short: try 'zstd -t'")]
    Read {
        /// Which file.
        path: PathBuf,
        /// The last line that was read.
        line: u64,
        /// Why.
        source: io::Error,
    },
    /// The output cannot be written.
    #[error("cannot write the decode: {0}")]
    Write(io::Error),
}

/// What a decoded file held, whatever its format.
#[derive(Clone, Debug)]
pub enum Decoded {
    /// Lines of AIS.
    Ais(Box<Summary>),
    /// Blocks of ASTERIX.
    Asterix(AsterixSummary),
}

impl fmt::Display for Decoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ais(summary) => summary.fmt(f),
            Self::Asterix(summary) => summary.fmt(f),
        }
    }
}

/// Decodes a recording of AIS or ASTERIX, plain or `.zst`, into JSON Lines.
///
/// # Errors
/// [`DecodeError`] when the file cannot be opened or read to its end, or the output not written. What is wrong with
/// the records in it is no error but counted.
pub fn decode_any(path: &Path, out: &mut dyn Write) -> Result<Decoded, DecodeError> {
    let open = |source| DecodeError::Open { path: path.to_owned(), source };
    let read = |source| DecodeError::Read { path: path.to_owned(), line: 0, source };
    let mut start = [0; HEADER_BYTES];
    let held = fill(&mut unpacked(path).map_err(open)?, &mut start).map_err(read)?;
    let start = start.get(..held).unwrap_or_default();
    let mut out = BufWriter::with_capacity(READ_BYTES, out);
    let summary = match FileKind::of(start) {
        FileKind::Lines => return decode_file(path, &mut out).map(|summary| Decoded::Ais(Box::new(summary))),
        FileKind::Blocks => asterix::decode_blocks(unpacked(path).map_err(open)?, &mut out),
        FileKind::Capture => {
            let input = unpacked(path).map_err(open)?;
            let capture = PcapReader::open(input).map_err(|error| open(io::Error::other(error.to_string())))?;
            asterix::decode_capture(capture, &mut out)
        }
    };
    let summary = summary.map_err(DecodeError::Write)?;
    out.flush().map_err(DecodeError::Write)?;
    Ok(Decoded::Asterix(summary))
}

/// Bytes that show what a file is.
const HEADER_BYTES: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FileKind {
    Lines,
    Blocks,
    Capture,
}

impl FileKind {
    fn of(start: &[u8]) -> Self {
        if start.first_chunk().is_some_and(pcap::is_capture) {
            return Self::Capture;
        }
        match *start {
            // Text has no such length: 0x2020 and more would be a block of 8 KiB, of a category that is a letter.
            [number, high, low, ..]
                if category_name(number).is_some() && (!number.is_ascii_graphic() || high < b' ') =>
            {
                if u16::from_be_bytes([high, low]) > 3 {
                    Self::Blocks
                } else {
                    Self::Lines
                }
            }
            _ => Self::Lines,
        }
    }
}

/// A file as a stream of its content.
fn unpacked(path: &Path) -> io::Result<Box<dyn Read + Send>> {
    let file = File::open(path)?;
    let packed = path.extension().is_some_and(|extension| extension == "zst");
    Ok(if packed { Box::new(zstd::Decoder::new(file)?) } else { Box::new(file) })
}

/// Reads until the buffer is full or the input ends; how many bytes.
fn fill(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut held = 0;
    while let Some(rest) = buffer.get_mut(held..).filter(|rest| !rest.is_empty()) {
        match input.read(rest)? {
            0 => break,
            count => held += count,
        }
    }
    Ok(held)
}

/// Decodes an AIS recording, plain or `.zst`, into JSON Lines.
///
/// # Errors
/// [`DecodeError`] when the file cannot be opened or read to its end, or the output not written. What is wrong with
/// the records in it is no error but counted in the [`Summary`].
pub fn decode_file(path: &Path, out: &mut dyn Write) -> Result<Summary, DecodeError> {
    let open = |source| DecodeError::Open { path: path.to_owned(), source };
    let file = File::open(path).map_err(open)?;
    if path.extension().is_some_and(|extension| extension == "zst") {
        let stream = zstd::Decoder::new(file).map_err(open)?;
        decode_stream(BufReader::with_capacity(READ_BYTES, stream), path, out)
    } else {
        decode_stream(BufReader::with_capacity(READ_BYTES, file), path, out)
    }
}

fn decode_stream(mut input: impl BufRead, path: &Path, out: &mut dyn Write) -> Result<Summary, DecodeError> {
    let mut out = BufWriter::with_capacity(READ_BYTES, out);
    let mut decoder = AisDecoder::new();
    let mut messages_by_type = [0_u64; 28];
    let mut written = Ok(());
    let mut lines = 0;
    let read = for_each_line(&mut input, |line, number| {
        lines = number;
        decoder.push_line(line, number, &mut |received| {
            if let Some(count) = messages_by_type.get_mut(usize::from(received.message.message_type)) {
                *count += 1;
            }
            if written.is_ok() {
                written = write_message(&mut out, received);
            }
        });
        written.is_ok()
    });
    decoder.finish();
    written.and_then(|()| out.flush()).map_err(DecodeError::Write)?;
    read.map_err(|source| DecodeError::Read { path: path.to_owned(), line: lines, source })?;
    Ok(Summary {
        lines,
        tally: decoder.tally().clone(),
        counts: decoder.counts(),
        oddities: decoder.oddities(),
        messages_by_type,
    })
}

/// A few lines for an operator: what came in, what was refused, why, and examples.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { messages, message_sentences, other_sentences, other_lines } = self.counts;
        writeln!(
            f,
            "{} lines: {messages} AIS messages in {message_sentences} sentences, {other_sentences} other sentences, \
             {other_lines} other lines, {} refused",
            self.lines,
            self.tally.refused_total()
        )?;
        for (reason, count) in self.tally.by_reason() {
            writeln!(f, "  refused {count} as {}: {}", reason.as_str(), reason.help())?;
            for example in self.tally.examples().iter().filter(|example| example.reason == reason) {
                writeln!(f, "    {}: {}", example.place, example.excerpt)?;
            }
        }
        let Oddities { tag_blocks_dropped, tag_times_unreadable } = self.oddities;
        if tag_blocks_dropped > 0 {
            writeln!(
                f,
                "  {tag_blocks_dropped} tag blocks with a wrong checksum: their values dropped, the sentences kept"
            )?;
        }
        if tag_times_unreadable > 0 {
            writeln!(f, "  {tag_times_unreadable} tag blocks with a time that is neither seconds nor milliseconds")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_LINES: &[u8] = b"!AIVDM,1,1,,A,1815:?Pu@SPl2`LQ4kaeRr0400SS,0*14\r\n!AIVDM,1,1,,A,1815,0*00\r\n";
    const DECODED: &str = r#"{"line":1,"type":1,"mmsi":538004030"#;

    fn decode(name: &str, bytes: &[u8]) -> (String, Result<Summary, DecodeError>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let mut out = Vec::new();
        let summary = decode_file(&path, &mut out);
        (String::from_utf8(out).unwrap(), summary)
    }

    #[test]
    fn plain_and_compressed_files_give_the_same_lines() {
        let (plain, summary) = decode("a.nmea", TWO_LINES);
        let (unpacked, _) = decode("a.nmea.zst", &zstd::encode_all(TWO_LINES, 3).unwrap());
        assert!(plain.starts_with(DECODED), "{plain}");
        assert_eq!(plain, unpacked);
        let summary = summary.unwrap();
        assert_eq!((summary.lines, summary.counts.messages, summary.messages_by_type[1]), (2, 1, 1));
        assert!(summary.to_string().contains("refused 1 as checksum"), "{summary}");
    }

    #[test]
    fn a_cut_compressed_file_is_an_error_after_what_could_be_read() {
        // Not compressible, so that the stream has many blocks, each flushed.
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        for _ in 0..3 {
            encoder.write_all(TWO_LINES).unwrap();
            encoder.flush().unwrap();
        }
        let whole = encoder.finish().unwrap();
        let (out, summary) = decode("a.zst", &whole[..whole.len() - 5]);
        assert!(out.starts_with(DECODED), "{out}");
        assert!(matches!(summary, Err(DecodeError::Read { line: 4.., .. })), "{summary:?}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = decode_file(Path::new("no/such.nmea"), &mut Vec::new()).unwrap_err();
        assert!(error.to_string().starts_with("cannot open no/such.nmea"), "{error}");
    }
}
