//! From the bytes of a transport to raw records: lines, blocks, documents, packets. The same cuts as in recordings.

use super::config::Format;
use crate::feed::asterix::{BlockReader, Frame};
use crate::feed::decoder::junk_record;
use crate::feed::nmea::{LINE_MAX, Piece, TagBlock, checksum, pieces};
use crate::feed::splitter::Splitter;
use crate::units::EventTime;

/// What a datagram of IEC 61162-450 with sentences begins with.
const SENTENCE_DATAGRAM: &[u8] = b"UdPbC\0";
/// What its other datagrams begin with: files and pictures, which are not for us.
const OTHER_DATAGRAMS: [&[u8]; 2] = [b"RaUdP\0", b"RrUdP\0"];

/// Cuts what one transport brings. A stream of bytes has one for its life; datagrams share one.
#[derive(Clone, Debug)]
pub(super) struct Cutter {
    format: Format,
    line: Vec<u8>,
    blocks: BlockReader,
    splitter: Splitter,
    /// Datagrams of IEC 61162-450 that carry no sentences.
    pub(super) foreign_datagrams: u64,
}

impl Cutter {
    /// A cutter for a format.
    pub(super) fn new(format: Format) -> Self {
        let splitter = if format == Format::Klv { Splitter::klv() } else { Splitter::documents() };
        Self { format, line: Vec::new(), blocks: BlockReader::new(), splitter, foreign_datagrams: 0 }
    }

    /// Takes a piece of a stream and gives each record that it completes.
    pub(super) fn stream(&mut self, chunk: &[u8], mut give: impl FnMut(Vec<u8>)) {
        match self.format {
            Format::Nmea | Format::Json | Format::Csv => self.lines(chunk, &mut give),
            Format::Asterix => {
                self.blocks.push(chunk);
                // Nobody waits for the next block to believe this one.
                self.blocks.pause();
                drain_blocks(&mut self.blocks, &mut give);
            }
            Format::Onvif | Format::Klv => {
                self.splitter.push(chunk);
                while let Some((_, record)) = self.splitter.next_part() {
                    give(record);
                }
            }
        }
    }

    /// Says that the stream has ended: what is left is given as it is.
    pub(super) fn end(&mut self, mut give: impl FnMut(Vec<u8>)) {
        if !self.line.is_empty() {
            give(std::mem::take(&mut self.line));
        }
        self.blocks.finish();
        drain_blocks(&mut self.blocks, &mut give);
        self.splitter.finish();
        while let Some((_, record)) = self.splitter.next_part() {
            give(record);
        }
        self.blocks = BlockReader::new();
        *self = Self { foreign_datagrams: self.foreign_datagrams, ..Self::new(self.format) };
    }

    /// Takes one datagram and gives each record in it.
    pub(super) fn datagram(&mut self, datagram: &[u8], mut give: impl FnMut(Vec<u8>)) {
        match self.format {
            Format::Nmea | Format::Json | Format::Csv => {
                if OTHER_DATAGRAMS.iter().any(|start| datagram.starts_with(start)) {
                    self.foreign_datagrams += 1;
                    return;
                }
                let text = datagram.strip_prefix(SENTENCE_DATAGRAM).unwrap_or(datagram);
                text.split(|&byte| byte == b'\n')
                    .map(<[u8]>::trim_ascii)
                    .filter(|line| !line.is_empty())
                    .for_each(|line| give(line.to_vec()));
            }
            Format::Asterix => {
                self.blocks.push(datagram);
                self.blocks.finish();
                drain_blocks(&mut self.blocks, &mut give);
            }
            Format::Onvif => give(datagram.to_vec()),
            // A transport stream goes on from datagram to datagram.
            Format::Klv => self.stream(datagram, give),
        }
    }

    fn lines(&mut self, chunk: &[u8], give: &mut impl FnMut(Vec<u8>)) {
        for part in chunk.split_inclusive(|&byte| byte == b'\n') {
            let room = (8 * LINE_MAX).saturating_sub(self.line.len());
            self.line.extend_from_slice(part.get(..room).unwrap_or(part));
            if part.last() == Some(&b'\n') {
                let line = self.line.trim_ascii();
                if !line.is_empty() {
                    give(line.to_vec());
                }
                self.line.clear();
            }
        }
    }
}

fn drain_blocks(blocks: &mut BlockReader, give: &mut impl FnMut(Vec<u8>)) {
    while let Some(frame) = blocks.next_frame() {
        give(match &frame {
            Frame::Block(block) => block.bytes.to_vec(),
            Frame::Junk(junk) => junk_record(junk),
        });
    }
}

/// A line of NMEA with the time of its receipt in a tag block, where it does not tell one: `\c:1776438400057*5A\!AIVDM,...`.
///
/// The server stamps records when they arrive there, which after a break of the link is minutes later; what the edge knows
/// must come with the line. A tag block of the sender's own keeps its place before ours and wins, being nearer the sensor.
pub(super) fn stamped(line: Vec<u8>, received: EventTime) -> Vec<u8> {
    let mut sentences = pieces(&line).filter_map(|piece| match piece {
        Piece::Sentence(framed) => Some(framed),
        _ => None,
    });
    let (Some(framed), None) = (sentences.next(), sentences.next()) else { return line };
    let told = framed.tag.and_then(|tag| TagBlock::parse(tag).ok()).is_some_and(|tag| tag.time.is_some());
    let starts_here = matches!(line.first(), Some(b'!' | b'$'));
    // The receiver's own word behind the checksum is a time too; grouped tag blocks are not to be taken apart.
    if told || framed.tag.is_some() || !framed.suffix.is_empty() || !starts_here {
        return line;
    }
    let content = format!("c:{}", received.as_millis());
    let sum = checksum(content.as_bytes());
    let mut stamped = format!("\\{content}*{sum:02X}\\").into_bytes();
    stamped.extend(line);
    stamped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(records: &[Vec<u8>]) -> Vec<String> {
        records.iter().map(|record| String::from_utf8_lossy(record).into_owned()).collect()
    }

    #[test]
    fn lines_are_put_together_from_the_pieces_of_a_stream() {
        let (mut cutter, mut records) = (Cutter::new(Format::Nmea), Vec::new());
        for chunk in [&b"$A*0"[..], b"0\r\n\r\n$B*00\n$C"] {
            cutter.stream(chunk, |record| records.push(record));
        }
        cutter.end(|record| records.push(record));
        assert_eq!(text(&records), ["$A*00", "$B*00", "$C"]);
    }

    #[test]
    fn datagrams_of_a_bridge_network_are_unwrapped() {
        let (mut cutter, mut records) = (Cutter::new(Format::Nmea), Vec::new());
        cutter.datagram(b"UdPbC\0\\s:RA0001,n:1*12\\$RATTM,1*00\r\n\\s:RA0001,n:2*11\\$RATTM,2*00\r\n", |record| {
            records.push(record);
        });
        assert_eq!(text(&records), ["\\s:RA0001,n:1*12\\$RATTM,1*00", "\\s:RA0001,n:2*11\\$RATTM,2*00"]);
        cutter.datagram(b"RaUdP\0picture", |_| panic!("no sentence"));
        assert_eq!(cutter.foreign_datagrams, 1);
    }

    #[test]
    fn blocks_of_a_live_stream_are_given_at_once() {
        let block = [34, 0, 11, 0xf0, 83, 243, 2, 0x42, 0xcc, 0, 0];
        let (mut cutter, mut records) = (Cutter::new(Format::Asterix), Vec::new());
        cutter.stream(&block, |record| records.push(record));
        assert_eq!(records, [block.to_vec()]);
        records.clear();
        cutter.datagram(&[block, block].concat(), |record| records.push(record));
        assert_eq!(records.len(), 2);
    }

    #[test]
    fn a_line_without_a_time_gets_the_one_of_its_receipt() {
        let at = EventTime::from_millis(1_776_438_400_057);
        let sentence = b"!AIVDM,1,1,,A,169job001Q7p?SV;RbqCJRg<3DP;,0*04";
        let got = stamped(sentence.to_vec(), at);
        let found: Vec<_> = pieces(&got).collect();
        let [Piece::Sentence(framed)] = found[..] else { panic!("{found:?}") };
        assert_eq!(TagBlock::parse(framed.tag.unwrap()).unwrap().time, Some(at));
        for kept in
            [&b"\\s:ais1,c:1776438400057*48\\!AIVDM,1,1,,A,1,0*00"[..], b"!AIVDM,1,1,,A,1,0*00,r1,1152921693", b"# x"]
        {
            assert_eq!(stamped(kept.to_vec(), at), kept, "{}", String::from_utf8_lossy(kept));
        }
    }
}
