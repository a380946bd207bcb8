//! The payload of a message: six-bit characters unpacked into bits, and fields read out of them.

use super::Refusal;
use super::text::{SixBitText, character};

/// The most six-bit characters of one message: five slots are 1,064 bits, that is 178; longer ones are refused.
pub const CHARACTERS_MAX: usize = 256;

/// Bytes of an unpacked payload, with room for one load of eight bytes at its end.
const BYTES: usize = CHARACTERS_MAX * 6 / 8 + 8;

/// The store that a payload is unpacked into; one serves a decoder for life.
#[derive(Clone)]
pub struct BitBuffer {
    bytes: [u8; BYTES],
    len: usize,
}

impl Default for BitBuffer {
    fn default() -> Self {
        Self { bytes: [0; BYTES], len: 0 }
    }
}

impl BitBuffer {
    /// Unpacks an armoured payload (ITU-R M.1371-5 does not define the armour; IEC 61162-1 table 7 does): characters
    /// `0` to `W` stand for 0 to 39, `` ` `` to `w` for 40 to 63. `fill_bits` at the end are no data.
    ///
    /// # Errors
    /// [`Refusal::EmptyPayload`], [`Refusal::TooLong`], or [`Refusal::Payload`] for a character outside the alphabet.
    #[inline]
    pub fn unpack(&mut self, payload: &[u8], fill_bits: u8) -> Result<Bits<'_>, Refusal> {
        if payload.is_empty() {
            return Err(Refusal::EmptyPayload);
        }
        if payload.len() > CHARACTERS_MAX {
            return Err(Refusal::TooLong);
        }
        let (chunks, tail) = payload.as_chunks::<8>();
        let mut out = self.bytes.chunks_exact_mut(6);
        let mut sound = true;
        for chunk in chunks {
            sound &= store(&mut out, chunk);
        }
        if !tail.is_empty() {
            let mut last = [b'0'; 8];
            for (slot, &byte) in last.iter_mut().zip(tail) {
                *slot = byte;
            }
            sound &= store(&mut out, &last);
        }
        if !sound {
            return Err(Refusal::Payload);
        }
        self.len = (payload.len() * 6).saturating_sub(usize::from(fill_bits));
        Ok(self.bits())
    }

    /// What was unpacked last.
    pub fn bits(&self) -> Bits<'_> {
        Bits { bytes: &self.bytes, len: self.len }
    }
}

/// Unpacks eight characters into six bytes; false when one of them is outside the alphabet.
///
/// All eight at once in one register: the tests below never carry from one byte into the next because every byte is
/// below 0x80 when they count.
#[inline]
fn store<'a>(out: &mut impl Iterator<Item = &'a mut [u8]>, chunk: &[u8; 8]) -> bool {
    const fn each(byte: u8) -> u64 {
        u64::from_be_bytes([byte; 8])
    }
    let high = each(0x80);
    let raw = u64::from_be_bytes(*chunk);
    let ascii = raw & !high;
    let above_low = ascii + each(0x80 - b'0');
    let above_high = ascii + each(0x7f - b'w');
    // 0x58 to 0x5f is the gap between the two ranges: zero in the upper five bits after the exclusive or.
    let outside_gap = ((ascii ^ each(0x58)) & each(0x78)) + each(0x7f);
    let sound = (!raw & above_low & !above_high & outside_gap) & high == high;
    let second_range = (ascii + each(0x20)) & high;
    let six = ascii.wrapping_sub(each(b'0')).wrapping_sub(second_range >> 4) & each(0x3f);
    let twelve = ((six & each_16(0x3f00)) >> 2) | (six & each_16(0x003f));
    let twenty_four = ((twelve & 0x0fff_0000_0fff_0000) >> 4) | (twelve & 0x0000_0fff_0000_0fff);
    let forty_eight = ((twenty_four & 0x00ff_ffff_0000_0000) >> 8) | (twenty_four & 0x00ff_ffff);
    let [_, _, six_bytes @ ..] = forty_eight.to_be_bytes();
    if let Some(slot) = out.next() {
        slot.copy_from_slice(&six_bytes);
    }
    sound
}

const fn each_16(word: u16) -> u64 {
    let word = word as u64;
    word << 48 | word << 32 | word << 16 | word
}

/// The bits of one message. Reading outside them gives `None`, never a neighbour's bits.
#[derive(Clone, Copy)]
pub struct Bits<'a> {
    bytes: &'a [u8; BYTES],
    len: usize,
}

impl<'a> Bits<'a> {
    /// How many bits there are.
    pub fn len(self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The field of `width` bits (1 to 32) at bit `at`, unsigned; `None` when the message ends before its end.
    #[inline(always)]
    pub fn unsigned(self, at: usize, width: usize) -> Option<u32> {
        debug_assert!((1..=32).contains(&width));
        if at + width > self.len {
            return None;
        }
        let window = self.bytes.get(at / 8..at / 8 + 8)?.first_chunk::<8>()?;
        Some(((u64::from_be_bytes(*window) << (at % 8)) >> (64 - width)) as u32)
    }

    /// The same as two's complement.
    #[inline(always)]
    pub fn signed(self, at: usize, width: usize) -> Option<i32> {
        self.unsigned(at, width).map(|value| ((value << (32 - width)) as i32) >> (32 - width))
    }

    /// The same, with the "not available" value of the standard for a field that the message is too short for.
    #[inline(always)]
    pub fn unsigned_or(self, at: usize, width: usize, not_available: u32) -> u32 {
        self.unsigned(at, width).unwrap_or(not_available)
    }

    /// Signed, with the "not available" value of the standard for a field that the message is too short for.
    #[inline(always)]
    pub fn signed_or(self, at: usize, width: usize, not_available: i32) -> i32 {
        self.signed(at, width).unwrap_or(not_available)
    }

    /// A field of at most 8 bits; 0 when the message is too short.
    #[inline(always)]
    pub fn small(self, at: usize, width: usize) -> u8 {
        debug_assert!(width <= 8);
        self.unsigned_or(at, width, 0) as u8
    }

    /// A single bit; false when the message is too short.
    #[inline(always)]
    pub fn flag(self, at: usize) -> bool {
        self.unsigned_or(at, 1, 0) == 1
    }

    /// The bits from `at` up to and without `end`, as far as the message goes.
    pub fn slice(self, at: usize, end: usize) -> BitSlice<'a> {
        let end = end.min(self.len);
        BitSlice { bits: Self { bytes: self.bytes, len: end }, from: at.min(end) }
    }

    /// Text of at most `characters` six-bit characters at bit `at`, as far as the message goes.
    pub fn text(self, at: usize, characters: usize) -> SixBitText<'a> {
        SixBitText::new(self.slice(at, at + characters * 6))
    }

    /// A text field of `N` characters as the standard defines it: up to the first `@`, trailing blanks removed. A
    /// character that the message has only a part of is left out. Empty when not available.
    #[inline]
    pub fn fixed_text<const N: usize>(self, at: usize) -> arrayvec::ArrayString<N> {
        let mut letters = [b' '; N];
        let mut end = 0;
        for (index, letter) in letters.iter_mut().enumerate() {
            match self.unsigned(at + index * 6, 6) {
                None | Some(0) => break,
                Some(code) => {
                    *letter = character(code);
                    if code != 0x20 {
                        end = index + 1;
                    }
                }
            }
        }
        let text = letters.get(..end).and_then(|letters| std::str::from_utf8(letters).ok()).unwrap_or_default();
        arrayvec::ArrayString::from(text).unwrap_or_default()
    }
}

/// Some bits of a message: application data of binary messages.
#[derive(Clone, Copy)]
pub struct BitSlice<'a> {
    bits: Bits<'a>,
    from: usize,
}

impl BitSlice<'_> {
    /// How many bits there are.
    pub fn len(self) -> usize {
        self.bits.len - self.from
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The field of `width` bits (1 to 32) at bit `at` of this slice; `None` beyond its end.
    pub fn unsigned(self, at: usize, width: usize) -> Option<u32> {
        self.bits.unsigned(self.from.checked_add(at)?, width)
    }

    /// The bits as bytes, the last one filled with zeros on the right.
    pub fn bytes(self) -> impl Iterator<Item = u8> {
        (0..self.len()).step_by(8).map(move |at| {
            let width = (self.len() - at).min(8);
            (self.unsigned(at, width).unwrap_or(0) << (8 - width)) as u8
        })
    }
}

impl std::fmt::Debug for Bits<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.slice(0, self.len).fmt(f)
    }
}

impl std::fmt::Debug for BitSlice<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bits 0x", self.len())?;
        self.bytes().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl PartialEq for Bits<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.slice(0, self.len) == other.slice(0, other.len)
    }
}

impl PartialEq for BitSlice<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.bytes().eq(other.bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The armour by the book, one character at a time.
    fn armour(six: u8) -> u8 {
        if six < 40 { six + 48 } else { six + 56 }
    }

    proptest! {
        #[test]
        fn every_field_reads_as_a_bit_by_bit_reader_reads_it(
            sixes in prop::collection::vec(0_u8..64, 1..CHARACTERS_MAX), fill in 0_u8..6, at in 0_usize..400, width in 1_usize..=32,
        ) {
            let payload: Vec<u8> = sixes.iter().map(|&six| armour(six)).collect();
            let mut bits: Vec<u8> = sixes.iter().flat_map(|six| (0..6).rev().map(move |bit| six >> bit & 1)).collect();
            bits.truncate(bits.len() - usize::from(fill));
            let mut buffer = BitBuffer::default();
            let got = buffer.unpack(&payload, fill).unwrap();
            prop_assert_eq!(got.len(), bits.len());
            let slow = bits.get(at..at + width).map(|field| field.iter().fold(0_u64, |value, &bit| value << 1 | u64::from(bit)) as u32);
            prop_assert_eq!(got.unsigned(at, width), slow);
            let slow_signed = slow.map(|value| {
                let value = i64::from(value);
                (if value >> (width - 1) & 1 == 1 { value - (1 << width) } else { value }) as i32
            });
            prop_assert_eq!(got.signed(at, width), slow_signed);
            let bytes: Vec<u8> = bits.chunks(8).map(|byte| byte.iter().enumerate().fold(0, |sum, (i, bit)| sum | bit << (7 - i))).collect();
            prop_assert_eq!(got.slice(0, usize::MAX).bytes().collect::<Vec<_>>(), bytes);
        }
    }

    #[test]
    fn each_byte_is_in_the_alphabet_or_refused() {
        let mut buffer = BitBuffer::default();
        for byte in 0..=255_u8 {
            let known = (b'0'..=b'W').contains(&byte) || (b'`'..=b'w').contains(&byte);
            for place in 0..9 {
                let mut payload = *b"000000000";
                payload[place] = byte;
                let got = buffer.unpack(&payload, 0).map(|bits| bits.unsigned(place * 6, 6));
                if known {
                    let six = (0..64).find(|&six| armour(six) == byte).unwrap();
                    assert_eq!(got, Ok(Some(u32::from(six))), "byte {byte:#x} at {place}");
                } else {
                    assert_eq!(got, Err(Refusal::Payload), "byte {byte:#x} at {place}");
                }
            }
        }
        assert_eq!(buffer.unpack(b"", 0), Err(Refusal::EmptyPayload));
        assert_eq!(buffer.unpack(&[b'0'; CHARACTERS_MAX + 1], 0), Err(Refusal::TooLong));
        assert!(buffer.unpack(&[b'0'; CHARACTERS_MAX], 0).is_ok());
    }

    #[test]
    fn what_a_longer_message_left_behind_is_not_read() {
        let mut buffer = BitBuffer::default();
        buffer.unpack(&[b'w'; 40], 0).unwrap();
        let bits = buffer.unpack(b"0000", 2).unwrap();
        assert_eq!((bits.unsigned(0, 22), bits.unsigned(0, 23), bits.slice(10, 900).len()), (Some(0), None, 12));
    }
}
