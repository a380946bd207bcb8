//! Text in six-bit characters (ITU-R M.1371-5 table 47).

use std::fmt;

use super::bits::BitSlice;

/// The ASCII character of a six-bit code: 0 to 31 are `@` to `_`, 32 to 63 are blank to `?`.
#[inline(always)]
pub(super) fn character(code: u32) -> u8 {
    let code = (code & 0x3f) as u8;
    if code < 32 { code + 64 } else { code }
}

/// A text inside a message, decoded when it is looked at.
///
/// [`fmt::Display`] writes it up to the first `@` without trailing blanks; leading blanks are kept, and a character of
/// which the message has only a part is left out.
#[derive(Clone, Copy, PartialEq)]
pub struct SixBitText<'a> {
    bits: BitSlice<'a>,
}

impl<'a> SixBitText<'a> {
    pub(super) fn new(bits: BitSlice<'a>) -> Self {
        Self { bits }
    }

    /// The characters up to the first `@`, trailing blanks included.
    fn all_characters(self) -> impl Iterator<Item = u8> + 'a {
        (0..self.bits.len() / 6).map_while(move |index| match self.bits.unsigned(index * 6, 6) {
            None | Some(0) => None,
            Some(code) => Some(character(code)),
        })
    }

    /// How many characters there are up to the first `@`, without trailing blanks.
    pub fn len(self) -> usize {
        self.all_characters().enumerate().filter(|&(_, letter)| letter != b' ').last().map_or(0, |(index, _)| index + 1)
    }

    /// Whether there is nothing but blanks before the first `@`.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The characters as ASCII.
    pub fn characters(self) -> impl Iterator<Item = u8> + 'a {
        let len = self.len();
        self.all_characters().take(len)
    }
}

impl fmt::Display for SixBitText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.characters().try_for_each(|letter| fmt::Write::write_char(f, char::from(letter)))
    }
}

impl fmt::Debug for SixBitText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}
