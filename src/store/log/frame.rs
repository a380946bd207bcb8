//! Frames: bytes on disk that tell whether they are whole.
//!
//! A frame is `length u32, checksum u32, body`. The checksum covers where the frame stands too, so that a frame that is found
//! at another place (an old block of the disk, a copy in the wrong file) is no frame.

use std::io::{self, Read};

/// Bytes before the body.
pub const FRAME_HEADER_BYTES: usize = 8;
/// Bytes of a body: a record of 65,535 bytes with its stamp fits.
pub const BODY_BYTES_MAX: usize = 68 * 1024;
/// Bytes read at a time.
const READ_BYTES: usize = 256 * 1024;

/// CRC32C (Castagnoli) over segment number, offset of the frame in its file, length, and body.
fn checksum(segment: u64, offset: u64, body: &[u8]) -> u32 {
    let mut place = [0; 20];
    place[..8].copy_from_slice(&segment.to_le_bytes());
    place[8..16].copy_from_slice(&offset.to_le_bytes());
    place[16..].copy_from_slice(&(body.len() as u32).to_le_bytes());
    crc32c::crc32c_append(crc32c::crc32c(&place), body)
}

/// Appends a frame that will stand at `offset` of segment number `segment`. `write` appends the body to what it is given: 1 to
/// [`BODY_BYTES_MAX`] bytes.
pub fn put_frame(out: &mut Vec<u8>, segment: u64, offset: u64, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; FRAME_HEADER_BYTES]);
    write(out);
    let body = out.get(start + FRAME_HEADER_BYTES..).unwrap_or_default();
    debug_assert!((1..=BODY_BYTES_MAX).contains(&body.len()), "a body of {} bytes", body.len());
    let (length, sum) = (body.len() as u32, checksum(segment, offset, body));
    if let Some(header) = out.get_mut(start..start + FRAME_HEADER_BYTES) {
        header[..4].copy_from_slice(&length.to_le_bytes());
        header[4..].copy_from_slice(&sum.to_le_bytes());
    }
}

/// What a scanner found next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// A whole frame.
    Body {
        /// Where the frame begins.
        offset: u64,
        /// What it holds.
        body: &'a [u8],
    },
    /// Bytes that are no frame. A whole frame follows.
    Damage {
        /// Where they begin.
        offset: u64,
        /// How many.
        bytes: u64,
    },
    /// Bytes that are no frame, up to the end of the file.
    Tail {
        /// Where they begin.
        offset: u64,
        /// How many.
        bytes: u64,
    },
}

/// Finds the frames of one segment in order, and goes on behind damage. It holds no more than a piece of the file.
pub struct FrameScanner<R> {
    input: R,
    segment: u64,
    buffer: Vec<u8>,
    /// Where in the buffer the next frame should begin.
    at: usize,
    /// Offset in the file of the buffer's first byte.
    base: u64,
    ended: bool,
    /// The whole frame that stands behind damage already told: its length.
    ahead: bool,
}

impl<R: Read> FrameScanner<R> {
    /// A scanner of `input`, whose first byte stands at `offset` of segment number `segment`.
    pub fn new(input: R, segment: u64, offset: u64) -> Self {
        Self { input, segment, buffer: Vec::new(), at: 0, base: offset, ended: false, ahead: false }
    }

    /// Where the next frame begins.
    pub fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    /// The next frame or damage; `None` at the end of the file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn next_found(&mut self) -> io::Result<Option<Found<'_>>> {
        let offset = self.offset();
        if let Some(length) = self.frame_here()? {
            self.ahead = false;
            let start = self.at + FRAME_HEADER_BYTES;
            self.at = start + length;
            return Ok(Some(Found::Body { offset, body: self.buffer.get(start..start + length).unwrap_or_default() }));
        }
        if self.buffer.len() == self.at {
            return Ok(None);
        }
        debug_assert!(!self.ahead, "a frame that was found is found again");
        loop {
            self.at += 1;
            if self.frame_here()?.is_some() {
                self.ahead = true;
                return Ok(Some(Found::Damage { offset, bytes: self.offset() - offset }));
            }
            if self.buffer.len() == self.at {
                return Ok(Some(Found::Tail { offset, bytes: self.offset() - offset }));
            }
        }
    }

    /// The length of the body, when a whole frame begins at the present place.
    fn frame_here(&mut self) -> io::Result<Option<usize>> {
        let Some(header) = self.peek(FRAME_HEADER_BYTES)? else { return Ok(None) };
        let word = |bytes: &[u8]| bytes.first_chunk().map_or(0, |word| u32::from_le_bytes(*word));
        let (length, sum) = (word(header) as usize, word(header.get(4..).unwrap_or_default()));
        if !(1..=BODY_BYTES_MAX).contains(&length) {
            return Ok(None);
        }
        let (segment, offset) = (self.segment, self.offset());
        let Some(frame) = self.peek(FRAME_HEADER_BYTES + length)? else { return Ok(None) };
        let body = frame.get(FRAME_HEADER_BYTES..).unwrap_or_default();
        Ok((checksum(segment, offset, body) == sum).then_some(length))
    }

    /// The next `count` bytes, when there are so many.
    fn peek(&mut self, count: usize) -> io::Result<Option<&[u8]>> {
        while self.buffer.len() - self.at < count && !self.ended {
            if self.at > 0 {
                self.base += self.at as u64;
                self.buffer.drain(..self.at);
                self.at = 0;
            }
            let held = self.buffer.len();
            self.buffer.resize(held + READ_BYTES, 0);
            let room = self.buffer.get_mut(held..).unwrap_or_default();
            let read = loop {
                match self.input.read(room) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    other => break other,
                }
            };
            self.buffer.truncate(held + *read.as_ref().unwrap_or(&0));
            self.ended = read? == 0;
        }
        Ok(self.buffer.get(self.at..self.at + count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a scanner finds, in short: `(offset, Ok(body))` or `(offset, Err(bytes))`.
    type Plain = Vec<(u64, Result<Vec<u8>, u64>)>;

    fn scan(bytes: &[u8]) -> Plain {
        let mut scanner = FrameScanner::new(bytes, 3, 0);
        let mut found = Vec::new();
        while let Some(next) = scanner.next_found().unwrap() {
            found.push(match next {
                Found::Body { offset, body } => (offset, Ok(body.to_vec())),
                Found::Damage { offset, bytes } | Found::Tail { offset, bytes } => (offset, Err(bytes)),
            });
        }
        found
    }

    fn file(bodies: &[Vec<u8>]) -> Vec<u8> {
        let mut out = Vec::new();
        for body in bodies {
            let offset = out.len() as u64;
            put_frame(&mut out, 3, offset, |out| out.extend_from_slice(body));
        }
        out
    }

    fn bodies() -> impl Strategy<Value = Vec<Vec<u8>>> {
        prop::collection::vec(prop::collection::vec(any::<u8>(), 1..200), 1..20)
    }

    #[test]
    fn a_frame_in_another_place_is_none() {
        let bytes = file(&[b"one".to_vec(), b"two".to_vec()]);
        let mut scanner = FrameScanner::new(&bytes[..], 4, 0);
        assert_eq!(scanner.next_found().unwrap(), Some(Found::Tail { offset: 0, bytes: bytes.len() as u64 }));
        assert_eq!(scanner.next_found().unwrap(), None);
        let swapped = [&bytes[11..], &bytes[..11]].concat();
        assert_eq!(scan(&swapped), [(0, Err(22))]);
    }

    #[test]
    fn the_largest_body_passes_and_zeros_are_no_frames() {
        let mut bytes = file(&[vec![7; BODY_BYTES_MAX], b"x".to_vec()]);
        bytes.extend_from_slice(&[0; 5_000]);
        let found = scan(&bytes);
        assert_eq!(found.len(), 3);
        assert_eq!(found[2], ((BODY_BYTES_MAX + 8 + 9) as u64, Err(5_000)));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(bodies in bodies()) {
            let read: Vec<Vec<u8>> = scan(&file(&bodies)).into_iter().map(|(_, body)| body.unwrap()).collect();
            prop_assert_eq!(read, bodies);
        }

        #[test]
        fn a_file_cut_anywhere_gives_the_frames_before(bodies in bodies(), cut in any::<prop::sample::Index>()) {
            let whole = file(&bodies);
            let cut = cut.index(whole.len() + 1);
            let found = scan(&whole[..cut]);
            let bytes: u64 = found.iter().map(|(_, one)| one.as_ref().map_or_else(|n| *n, |b| b.len() as u64 + 8)).sum();
            prop_assert_eq!(bytes, cut as u64, "every byte is accounted for");
            for ((_, body), written) in found.iter().filter(|(_, one)| one.is_ok()).zip(&bodies) {
                prop_assert_eq!(body.as_ref().unwrap(), written);
            }
            prop_assert!(found.iter().rev().skip(1).all(|(_, one)| one.is_ok()), "damage at the end only");
        }

        #[test]
        fn a_flipped_bit_costs_one_frame(bodies in bodies(), place in any::<prop::sample::Index>(), bit in 0..8_u8) {
            let mut bytes = file(&bodies);
            let place = place.index(bytes.len());
            bytes[place] ^= 1 << bit;
            let found = scan(&bytes);
            let sound: Vec<&Vec<u8>> = found.iter().filter_map(|(_, one)| one.as_ref().ok()).collect();
            let mut offset = 0;
            let kept: Vec<&Vec<u8>> = bodies
                .iter()
                .filter(|body| {
                    let span = offset..offset + body.len() + 8;
                    offset = span.end;
                    !span.contains(&place)
                })
                .collect();
            prop_assert_eq!(sound, kept);
        }

        #[test]
        fn any_bytes_are_accounted_for(bytes in prop::collection::vec(any::<u8>(), 0..3_000)) {
            let total: u64 =
                scan(&bytes).iter().map(|(_, one)| one.as_ref().map_or_else(|n| *n, |b| b.len() as u64 + 8)).sum();
            prop_assert_eq!(total, bytes.len() as u64);
        }
    }
}
