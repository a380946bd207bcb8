//! Cutting a stream of bytes into records where neither lines nor ASTERIX blocks do: XML documents and KLV packets.
//!
//! The same for files and live streams. Memory is bounded by the longest record; what lies between two records, or is longer
//! than any, comes out as a record of its own, so that its decoder refuses and counts it.

use std::collections::VecDeque;

use memchr::memmem;

use super::eo::klv::{KEY_PREFIX, PACKET_BYTES_MAX, TS_PACKET_BYTES, TS_SYNC, TsReader, packet_bytes};
use super::eo::onvif::DOCUMENT_BYTES_MAX;

/// The end of a metadata document, whatever its namespace prefix.
const DOCUMENT_END: &[u8] = b"MetadataStream>";

/// Cuts a stream, chunk by chunk.
#[derive(Clone, Debug)]
pub struct Splitter {
    form: Form,
    buffer: Vec<u8>,
    /// Offset of the first byte of `buffer` in all that was pushed.
    base: u64,
    ready: VecDeque<(u64, Vec<u8>)>,
}

#[derive(Clone, Debug)]
enum Form {
    Documents,
    /// Raw packets, or a transport stream: the first byte tells.
    Klv {
        transport: Option<TsReader>,
    },
}

impl Splitter {
    /// A splitter for XML metadata documents.
    pub fn documents() -> Self {
        Self::new(Form::Documents)
    }

    /// A splitter for KLV packets, bare or in an MPEG transport stream.
    pub fn klv() -> Self {
        Self::new(Form::Klv { transport: None })
    }

    fn new(form: Form) -> Self {
        Self { form, buffer: Vec::new(), base: 0, ready: VecDeque::new() }
    }

    /// Adds bytes.
    pub fn push(&mut self, chunk: &[u8]) {
        self.buffer.extend_from_slice(chunk);
        self.cut(false);
    }

    /// Says that nothing more will come: what is left is given out as it is.
    pub fn finish(&mut self) {
        self.cut(true);
    }

    /// The next record with the offset of its first byte.
    pub fn next_part(&mut self) -> Option<(u64, Vec<u8>)> {
        self.ready.pop_front()
    }

    fn cut(&mut self, ended: bool) {
        let mut at = 0;
        let mut transport = match &mut self.form {
            Form::Documents => {
                at = documents(&self.buffer, self.base, ended, &mut self.ready);
                None
            }
            Form::Klv { transport } => {
                if transport.is_none() && self.base == 0 && self.buffer.first() == Some(&TS_SYNC) {
                    *transport = Some(TsReader::new());
                }
                transport.as_mut()
            }
        };
        if let Some(reader) = &mut transport {
            let (base, ready) = (self.base, &mut self.ready);
            while let Some(packet) = self.buffer.get(at..at + TS_PACKET_BYTES) {
                let place = base + at as u64;
                reader.push(packet, &mut |packet| ready.push_back((place, packet.to_vec())));
                // After damage the next sync byte is looked for.
                at += match packet.first() {
                    Some(&TS_SYNC) => TS_PACKET_BYTES,
                    _ => packet.iter().position(|&byte| byte == TS_SYNC).unwrap_or(TS_PACKET_BYTES),
                };
            }
            if ended {
                reader.finish(&mut |packet| ready.push_back((base + at as u64, packet.to_vec())));
                at = self.buffer.len();
            }
        } else if matches!(self.form, Form::Klv { .. }) {
            at = packets(&self.buffer, self.base, ended, &mut self.ready);
        }
        self.buffer.drain(..at);
        self.base += at as u64;
    }
}

/// Cuts documents off; gives how many bytes were taken.
fn documents(buffer: &[u8], base: u64, ended: bool, ready: &mut VecDeque<(u64, Vec<u8>)>) -> usize {
    let mut at = 0;
    let finder = memmem::Finder::new(DOCUMENT_END);
    loop {
        let rest = buffer.get(at..).unwrap_or_default();
        let lead = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let body = rest.get(lead..).unwrap_or_default();
        let end = document_end(&finder, body);
        let length = match end {
            Some(end) => end,
            None if body.len() > DOCUMENT_BYTES_MAX => body.len(),
            None if ended && !body.is_empty() => body.len(),
            None => return at + if ended { rest.len() } else { 0 },
        };
        ready.push_back((base + (at + lead) as u64, body.get(..length).unwrap_or_default().to_vec()));
        at += lead + length;
    }
}

/// Where the closing tag of a document ends: `</tt:MetadataStream>`, not the opening one.
fn document_end(finder: &memmem::Finder<'_>, body: &[u8]) -> Option<usize> {
    finder.find_iter(body).find_map(|found| {
        let before = body.get(..found)?;
        let slash = before.iter().rposition(|&byte| byte == b'<')?;
        (before.get(slash + 1) == Some(&b'/')).then_some(found + DOCUMENT_END.len())
    })
}

/// Cuts packets off; gives how many bytes were taken.
fn packets(buffer: &[u8], base: u64, ended: bool, ready: &mut VecDeque<(u64, Vec<u8>)>) -> usize {
    let mut at = 0;
    loop {
        let rest = buffer.get(at..).unwrap_or_default();
        if rest.is_empty() {
            return at;
        }
        let length = if rest.starts_with(&KEY_PREFIX) {
            match packet_bytes(rest) {
                Some(length) if length <= rest.len() => length,
                // Cut by the end of the data, or a length that cannot be: up to the next key.
                Some(_) | None if ended || rest.len() > PACKET_BYTES_MAX => next_key(rest, KEY_PREFIX.len()),
                _ => return at,
            }
        } else {
            match memmem::find(rest, &KEY_PREFIX) {
                Some(next) => next,
                None if ended || rest.len() > PACKET_BYTES_MAX => rest.len(),
                // The key may be cut by the end of the chunk.
                None => return at,
            }
        };
        ready.push_back((base + at as u64, rest.get(..length).unwrap_or_default().to_vec()));
        at += length;
    }
}

fn next_key(rest: &[u8], from: usize) -> usize {
    let behind = rest.get(from..).unwrap_or_default();
    memmem::find(behind, &KEY_PREFIX).map_or(rest.len(), |next| from + next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(mut splitter: Splitter, content: &[u8], chunk: usize) -> Vec<(u64, Vec<u8>)> {
        let mut parts = Vec::new();
        for chunk in content.chunks(chunk.max(1)) {
            splitter.push(chunk);
            while let Some(part) = splitter.next_part() {
                parts.push(part);
            }
        }
        splitter.finish();
        while let Some(part) = splitter.next_part() {
            parts.push(part);
        }
        parts
    }

    #[test]
    fn documents_are_cut_at_their_closing_tag() {
        let one = b"<?xml version=\"1.0\"?>\n<tt:MetadataStream xmlns:tt=\"x\"><tt:Frame/></tt:MetadataStream>";
        let two = b"<MetadataStream></MetadataStream>";
        let content = [&one[..], b"\r\n", two, b"\n<tt:Meta"].concat();
        for chunk in [1, 7, 4096] {
            let parts = all(Splitter::documents(), &content, chunk);
            let bytes: Vec<&[u8]> = parts.iter().map(|(_, bytes)| &bytes[..]).collect();
            assert_eq!(bytes, [&one[..], two, b"<tt:Meta"], "{chunk}");
            assert_eq!(parts[1].0, one.len() as u64 + 2);
        }
    }

    #[test]
    fn packets_are_cut_by_their_length_and_junk_comes_out_between_them() {
        let packet = [&KEY_PREFIX[..], &[1, 1, 0, 0, 0, 3, 7, 8, 9]].concat();
        let content = [&packet[..], &[1, 2, 3], &packet, &packet[..14]].concat();
        for chunk in [1, 5, 4096] {
            let parts = all(Splitter::klv(), &content, chunk);
            let lengths: Vec<usize> = parts.iter().map(|(_, bytes)| bytes.len()).collect();
            assert_eq!(lengths, [packet.len(), 3, packet.len(), 14], "{chunk}");
        }
    }

    proptest! {
        #[test]
        fn no_byte_of_packets_is_lost(
            content in prop::collection::vec(prop_oneof![Just(6_u8), Just(14), Just(43), Just(52), any::<u8>()], 0..300),
            chunk in 1_usize..50,
        ) {
            prop_assume!(content.first() != Some(&TS_SYNC));
            let parts = all(Splitter::klv(), &content, chunk);
            let joined: Vec<u8> = parts.into_iter().flat_map(|(_, bytes)| bytes).collect();
            prop_assert_eq!(joined, content);
        }
    }
}
