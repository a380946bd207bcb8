//! Cutting the content of a file into raw records: lines, ASTERIX blocks, or the datagrams of a capture.

use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use super::pcap::PcapReader;
use super::source::{Source, SourceFault};
use crate::feed::Place;
use crate::feed::asterix::{BlockReader, Frame};
use crate::feed::decoder::junk_record;
use crate::feed::splitter::Splitter;
use crate::units::EventTime;

/// A line longer than this is cut in two, in bytes: both decoders refuse far shorter ones, and memory stays bounded.
const LINE_BYTES_MAX: usize = 64 * 1024;
/// A line of AIS with its tag block fits, so that it is not moved while it grows.
const LINE_BYTES_USUAL: usize = 128;
/// Bytes of a block file read at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// How a file is cut into records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// One line a record.
    Lines,
    /// ASTERIX blocks, one behind the other.
    Blocks,
    /// A pcap or pcapng capture of datagrams with ASTERIX blocks or NMEA sentences.
    Capture,
    /// XML documents, one behind the other, each closed by the end of its `MetadataStream`.
    Documents,
    /// KLV packets, one behind the other, or in an MPEG transport stream.
    Klv,
}

/// A raw record as cut out of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// Its bytes; lines without their end.
    pub bytes: Vec<u8>,
    /// Number of the line from 1, or offset of the block.
    pub place: u64,
    /// When it was received, where the file says so (captures do).
    pub received: Option<EventTime>,
}

/// Cuts one file into raw records, in order. Memory is bounded whatever the file holds.
pub(super) struct Cutter {
    input: Input,
    /// Records of the datagram that was read last, in reverse.
    ready: Vec<Cut>,
}

enum Input {
    Lines { reader: BufReader<Source>, number: u64 },
    Blocks { source: Source, reader: Box<BlockReader>, ended: bool },
    Capture { reader: Box<PcapReader> },
    Parts { source: Source, splitter: Box<Splitter>, ended: bool },
}

impl Cutter {
    /// Opens a file.
    ///
    /// # Errors
    /// When it cannot be opened, or is no capture although it should be one.
    pub(super) fn open(path: &Path, framing: Framing) -> io::Result<Self> {
        let source = Source::open(path)?;
        let input = match framing {
            Framing::Lines => Input::Lines { reader: BufReader::new(source), number: 0 },
            Framing::Blocks => Input::Blocks { source, reader: Box::default(), ended: false },
            Framing::Documents => parts(source, Splitter::documents()),
            Framing::Klv => parts(source, Splitter::klv()),
            Framing::Capture => {
                let reader = PcapReader::open(source)
                    .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
                Input::Capture { reader: Box::new(reader) }
            }
        };
        Ok(Self { input, ready: Vec::new() })
    }

    /// The next record; `None` at the end.
    pub(super) fn next_cut(&mut self) -> Option<Cut> {
        match &mut self.input {
            Input::Lines { reader, number } => next_line(reader, number),
            Input::Blocks { source, reader, ended } => next_block(source, reader, ended),
            Input::Parts { source, splitter, ended } => next_part(source, splitter, ended),
            Input::Capture { reader } => {
                while self.ready.is_empty() {
                    let datagram = reader.next_datagram()?;
                    if let Some(sentences) = sentences_of(datagram.payload) {
                        let (place, received) = (datagram.packet, Some(datagram.received));
                        self.ready.extend(sentences.map(|line| Cut { bytes: line.to_vec(), place, received }));
                        self.ready.reverse();
                        continue;
                    }
                    let mut blocks = BlockReader::new();
                    blocks.push(datagram.payload);
                    blocks.finish();
                    while let Some(frame) = blocks.next_frame() {
                        let bytes = bytes_of(&frame);
                        // A capture has packets, not one run of bytes: the packet is the place to look.
                        self.ready.push(Cut { bytes, place: datagram.packet, received: Some(datagram.received) });
                    }
                    self.ready.reverse();
                }
                self.ready.pop()
            }
        }
    }

    /// Why the content ended early, if it did.
    pub(super) fn fault(&self) -> Option<&SourceFault> {
        match &self.input {
            Input::Lines { reader, .. } => reader.get_ref().fault(),
            Input::Blocks { source, .. } | Input::Parts { source, .. } => source.fault(),
            Input::Capture { .. } => None,
        }
    }

    /// What a capture holds that is no datagram: the reasons with their counts.
    pub(super) fn capture_refusals(&self) -> Vec<(&'static str, u64, Option<Place>)> {
        use crate::feed::Reason as _;
        let Input::Capture { reader } = &self.input else { return Vec::new() };
        let tally = reader.tally();
        let first = |reason| tally.examples().iter().find(|example| example.reason == reason).map(|found| found.place);
        tally.by_reason().map(|(reason, count)| (reason.as_str(), count, first(reason))).collect()
    }
}

fn next_line(reader: &mut BufReader<Source>, number: &mut u64) -> Option<Cut> {
    let mut line = Vec::with_capacity(LINE_BYTES_USUAL);
    // A source never fails, see there.
    let mut limited = reader.take(LINE_BYTES_MAX as u64);
    if limited.read_until(b'\n', &mut line).ok()? == 0 {
        return None;
    }
    *number += 1;
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    }
    Some(Cut { bytes: line, place: *number, received: None })
}

fn next_block(source: &mut Source, reader: &mut BlockReader, ended: &mut bool) -> Option<Cut> {
    loop {
        if let Some(frame) = reader.next_frame() {
            let place = match &frame {
                Frame::Block(block) => block.offset,
                Frame::Junk(junk) => junk.offset,
            };
            return Some(Cut { bytes: bytes_of(&frame), place, received: None });
        }
        if *ended {
            return None;
        }
        let mut chunk = vec![0; CHUNK_BYTES];
        match source.read(&mut chunk).unwrap_or(0) {
            0 => {
                *ended = true;
                reader.finish();
            }
            count => reader.push(chunk.get(..count).unwrap_or_default()),
        }
    }
}

/// The lines of a datagram of NMEA sentences, bare or with the header of IEC 61162-450; `None` for another content.
fn sentences_of(payload: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let text = payload.strip_prefix(b"UdPbC\0").unwrap_or(payload);
    matches!(text.first(), Some(b'$' | b'!' | b'\\'))
        .then(|| text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty()))
}

fn parts(source: Source, splitter: Splitter) -> Input {
    Input::Parts { source, splitter: Box::new(splitter), ended: false }
}

fn next_part(source: &mut Source, splitter: &mut Splitter, ended: &mut bool) -> Option<Cut> {
    loop {
        if let Some((place, bytes)) = splitter.next_part() {
            return Some(Cut { bytes, place, received: None });
        }
        if *ended {
            return None;
        }
        let mut chunk = vec![0; CHUNK_BYTES];
        match source.read(&mut chunk).unwrap_or(0) {
            0 => {
                *ended = true;
                splitter.finish();
            }
            count => splitter.push(chunk.get(..count).unwrap_or_default()),
        }
    }
}

fn bytes_of(frame: &Frame<'_>) -> Vec<u8> {
    match frame {
        Frame::Block(block) => block.bytes.to_vec(),
        Frame::Junk(junk) => junk_record(junk),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cuts(name: &str, framing: Framing, content: &[u8]) -> Vec<(u64, Vec<u8>)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        let mut cutter = Cutter::open(&path, framing).unwrap();
        let mut out = Vec::new();
        while let Some(cut) = cutter.next_cut() {
            out.push((cut.place, cut.bytes));
        }
        out
    }

    #[test]
    fn lines_come_without_their_ends_and_with_their_numbers() {
        let got = cuts("a.nmea", Framing::Lines, b"one\r\n\ntwo\nthree");
        let wanted = [(1, &b"one"[..]), (2, b""), (3, b"two"), (4, b"three")];
        assert_eq!(got.iter().map(|(place, line)| (*place, &line[..])).collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn a_file_without_line_ends_is_cut_and_does_not_fill_the_memory() {
        let got = cuts("a.nmea", Framing::Lines, &vec![b'x'; 3 * LINE_BYTES_MAX + 5]);
        assert_eq!(got.len(), 4);
    }

    #[test]
    fn blocks_come_whole_and_junk_comes_marked() {
        let block = [0x0a, 0, 0x0a, 0xd0, 0x41, 0x0a, 0x02, 0x6a, 0x40, 0x7e];
        let mut content = [block, block, block].concat();
        content.splice(10..10, [0xff, 0xff, 0xff]);
        let got = cuts("a.ast", Framing::Blocks, &content);
        assert_eq!(got.iter().filter(|(_, bytes)| bytes == &block).count(), 3);
        assert!(got.iter().any(|(place, bytes)| *place == 10 && bytes == &[0, 0, 0, 0xff, 0xff, 0xff]), "{got:?}");
    }
}
