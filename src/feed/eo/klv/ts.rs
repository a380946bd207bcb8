//! KLV out of an MPEG transport stream: the private data that STANAG 4609 carries beside the video.
//!
//! Packets of 188 bytes; those of one identifier are put together by their start flags. Which identifiers carry KLV shows in
//! the content: the universal key. Video and sound are passed over without being kept.
//!
//! **Source**: ISO/IEC 13818-1 (transport packets, PES), MISB ST 1402 (KLV in them, synchronous and asynchronous).

use super::{KEY_PREFIX, PACKET_BYTES_MAX};

/// Bytes of a transport packet.
pub const TS_PACKET_BYTES: usize = 188;
/// The byte that every transport packet begins with.
pub const TS_SYNC: u8 = 0x47;
/// How many identifiers may be under way at a time.
const PROGRAMS_MAX: usize = 8;
/// Stream identifiers of a PES packet that carry data: private stream 1, and metadata.
const DATA_STREAMS: [u8; 2] = [0xbd, 0xfc];

/// Takes transport packets and gives KLV packets.
#[derive(Clone, Debug, Default)]
pub struct TsReader {
    /// Data under way by packet identifier.
    programs: Vec<(u16, Vec<u8>)>,
    /// Packets that are no transport packets.
    out_of_step: u64,
}

impl TsReader {
    /// A reader with nothing under way.
    pub fn new() -> Self {
        Self::default()
    }

    /// Packets that did not begin with the sync byte, or were cut.
    pub fn out_of_step(&self) -> u64 {
        self.out_of_step
    }

    /// Takes one transport packet and gives each KLV packet that it completes to `give`.
    pub fn push(&mut self, packet: &[u8], give: &mut impl FnMut(&[u8])) {
        let Some(&[TS_SYNC, high, low, control]) = packet.first_chunk::<4>() else {
            self.out_of_step += 1;
            return;
        };
        if packet.len() != TS_PACKET_BYTES {
            self.out_of_step += 1;
            return;
        }
        let (starts, identifier) = (high & 0x40 != 0, u16::from(high & 0x1f) << 8 | u16::from(low));
        let payload = match control >> 4 & 3 {
            1 => packet.get(4..),
            // An adaptation field stands before the payload.
            3 => packet.get(4).and_then(|&length| packet.get(5 + usize::from(length)..)),
            _ => None,
        };
        let Some(payload) = payload else { return };
        let under_way = self.programs.iter().position(|(known, _)| *known == identifier);
        if starts {
            if let Some(at) = under_way {
                let (_, data) = self.programs.swap_remove(at);
                packets_in(&data, give);
            }
            let [0, 0, 1, stream, _, _, _, _, header, ..] = *payload else { return };
            if !DATA_STREAMS.contains(&stream) {
                return;
            }
            let data = payload.get(9 + usize::from(header)..).unwrap_or_default();
            let stated = payload.get(4..6).map_or(0, |bytes| usize::from(bytes[0]) << 8 | usize::from(bytes[1]));
            let whole = stated.saturating_sub(3 + usize::from(header));
            if stated > 0 && data.len() >= whole {
                packets_in(data.get(..whole).unwrap_or(data), give);
            } else if self.programs.len() < PROGRAMS_MAX {
                self.programs.push((identifier, data.to_vec()));
            }
        } else if let Some((_, data)) = under_way.and_then(|at| self.programs.get_mut(at)) {
            let room = PACKET_BYTES_MAX.saturating_sub(data.len());
            data.extend_from_slice(payload.get(..room).unwrap_or(payload));
        }
    }

    /// Says that the stream has ended: what is under way is given.
    pub fn finish(&mut self, give: &mut impl FnMut(&[u8])) {
        for (_, data) in self.programs.drain(..) {
            packets_in(&data, give);
        }
    }
}

/// The KLV packets in data, each with its key: by their lengths, and by the key again after damage.
pub fn packets_in(data: &[u8], give: &mut impl FnMut(&[u8])) {
    let mut at = 0;
    while let Some(offset) = data.get(at..).and_then(|rest| memchr::memmem::find(rest, &KEY_PREFIX)) {
        let start = at + offset;
        let end = super::packet_end(data, start).unwrap_or(data.len());
        give(data.get(start..end.min(data.len())).unwrap_or_default());
        at = end.max(start + KEY_PREFIX.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One transport packet of an identifier, filled up by an adaptation field.
    fn packet(starts: bool, identifier: u16, payload: &[u8]) -> Vec<u8> {
        let stuffing = TS_PACKET_BYTES - 4 - payload.len();
        let mut packet = vec![TS_SYNC, (u8::from(starts) << 6) | (identifier >> 8) as u8, identifier as u8];
        if stuffing == 0 {
            packet.push(0x10);
        } else {
            packet.push(0x30);
            packet.push((stuffing - 1) as u8);
            packet.extend(std::iter::repeat_n(0xff, stuffing - 1));
        }
        packet.extend(payload);
        packet
    }

    #[test]
    fn klv_is_put_together_from_the_packets_of_its_identifier() {
        let klv: Vec<u8> = [&KEY_PREFIX[..], &[1, 1, 0, 0, 0, 0x81, 200]].concat().into_iter().chain(0..200).collect();
        let mut pes = vec![0, 0, 1, 0xbd, 0, 0, 0x80, 0, 0];
        pes.extend(&klv);
        let (mut reader, mut found) = (TsReader::new(), Vec::new());
        let mut give = |packet: &[u8]| found.push(packet.to_vec());
        let (first, second) = pes.split_at(150);
        reader.push(&packet(true, 0x101, first), &mut give);
        // Video between the two.
        reader.push(&packet(true, 0x100, &[0, 0, 1, 0xe0, 0, 0, 0x80, 0, 0, 6, 14, 43, 52]), &mut give);
        reader.push(&packet(false, 0x101, second), &mut give);
        reader.push(&[0; 20], &mut give);
        reader.finish(&mut give);
        assert_eq!(found, [klv]);
        assert_eq!(reader.out_of_step(), 1);
    }
}
