//! NMEA 0183 framing: lines of bytes into tag blocks and sentences with a right checksum.
//!
//! Input is bytes, not text: a damaged line may hold anything. What a sentence means is the business of its decoder
//! ([`crate::feed::ais`], [`crate::feed::own_ship`]). Work is linear in the length of the line and nothing is allocated.
//!
//! Sources: NMEA 0183 (IEC 61162-1) section 5.3 for sentences, IEC 61162-450 section 7.2.3 for tag blocks.

mod frame;
mod tag_block;

pub use frame::{Framed, Piece, Pieces, pieces};
pub(crate) use tag_block::unix_time;
pub use tag_block::{Group, TagBlock, TagFault};

/// The longest line that is looked at, in bytes: the longest sound one of the recordings known to us has 329, and two
/// lines may have run into one.
pub const LINE_MAX: usize = 2048;

/// The exclusive or of all bytes: the checksum of sentences and tag blocks.
pub fn checksum(bytes: &[u8]) -> u8 {
    // Eight bytes at a time: this runs over every byte that comes in.
    let (eights, rest) = bytes.as_chunks::<8>();
    let lanes = eights.iter().fold(0, |sum, eight| sum ^ u64::from_ne_bytes(*eight));
    lanes.to_ne_bytes().iter().chain(rest).fold(0, |sum, byte| sum ^ byte)
}

/// The value of two hexadecimal digits.
pub(crate) fn hex_pair(high: u8, low: u8) -> Option<u8> {
    Some(hex_digit(high)? << 4 | hex_digit(low)?)
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

/// The value of 1 to 18 decimal digits and nothing else.
pub(crate) fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    digits.iter().try_fold(0_u64, |value, byte| byte.is_ascii_digit().then(|| value * 10 + u64::from(byte - b'0')))
}
