//! The form of a category's table: which items a record may hold, in which order, and how long each is.
//!
//! A category is data, not code: adding one is adding a `static` of this type. The forms of items are those of the
//! EUROCONTROL specification for ASTERIX, part 1 (edition 3.1, section 4.3).

use std::fmt;

/// The most items that one record of any category here may hold: eight octets of seven bits of FSPEC.
pub const ITEMS_MAX: usize = 56;

/// One category of one edition.
pub struct Category {
    /// Its number, the first byte of its blocks.
    pub number: u8,
    /// Edition of the specification that the table follows.
    pub edition: &'static str,
    /// What it carries.
    pub name: &'static str,
    /// The user application profile: the items in the order of their FSPEC bits. `None` is a bit without an item.
    pub uap: &'static [Option<Item>],
}

impl Category {
    /// The place in the profile of the item with this code, such as `"040"`.
    ///
    /// Usable in constants: hot code looks a place up once, at compile time.
    ///
    /// # Panics
    /// When there is no such item: in a constant that is an error of compilation.
    pub const fn place(&self, code: &str) -> usize {
        let mut place = 0;
        while place < self.uap.len() {
            if let Some(item) = &self.uap[place]
                && same(item.code.as_bytes(), code.as_bytes())
            {
                return place;
            }
            place += 1;
        }
        panic!("no item with this code in the category");
    }
}

/// Number and edition: the table itself is long.
impl fmt::Debug for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CAT{:03} edition {}", self.number, self.edition)
    }
}

/// Byte-wise equality, for constants.
const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut index = 0;
    while index < a.len() {
        if a[index] != b[index] {
            return false;
        }
        index += 1;
    }
    true
}

/// One item of a record, or one part of a compound item.
#[derive(Debug)]
pub struct Item {
    /// Its code: three digits as in I010/040, or the short name of a part.
    pub code: &'static str,
    /// Its title in the specification.
    pub name: &'static str,
    /// How its length is found.
    pub format: Format,
    /// What its bits mean, in order; for a repetitive item those of one repetition. Empty where values are not read.
    pub fields: &'static [Field],
}

/// How the length of an item is found.
#[derive(Clone, Copy, Debug)]
pub enum Format {
    /// So many bytes.
    Fixed(u8),
    /// Groups of so many bytes follow as long as the last bit (FX) of a group is set.
    Extended(u8),
    /// Likewise, but each group says the same again: a list.
    Chain(u8),
    /// A count byte, then so many bytes for each.
    Repetitive(u8),
    /// A presence field like the FSPEC of a record, then the parts that it names.
    Compound(&'static [Option<Item>]),
    /// A length byte that counts itself, then bytes whose meaning is between sender and receiver (RE and SP).
    Explicit,
}

/// Some bits of an item.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its short name: `RHO`; empty where it is the whole item. A point separates a group from its part: `ADSB.EP`.
    pub name: &'static str,
    /// How many bits.
    pub bits: u8,
    /// What they mean.
    pub coding: Coding,
}

/// What the bits of a field mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Coding {
    /// A number of a list, a flag, an address.
    Code,
    /// A quantity: the unsigned number times `lsb`, in `unit`.
    Unsigned {
        /// Value of the last bit.
        lsb: f64,
        /// Unit of the quantity.
        unit: &'static str,
    },
    /// A quantity in two's complement: the number times `lsb`, in `unit`.
    Signed {
        /// Value of the last bit.
        lsb: f64,
        /// Unit of the quantity.
        unit: &'static str,
    },
    /// Characters of three bits each: a Mode 3/A code.
    Octal,
    /// Characters of six bits each, ICAO alphabet: a call sign.
    Icao,
    /// Characters of eight bits each.
    Ascii,
    /// Extension bit: more bytes follow.
    Fx,
    /// Without meaning.
    Spare,
}

const fn item(code: &'static str, name: &'static str, format: Format) -> Option<Item> {
    Some(Item { code, name, format, fields: &[] })
}

/// An item of so many bytes.
pub(super) const fn fixed(code: &'static str, name: &'static str, bytes: u8) -> Option<Item> {
    item(code, name, Format::Fixed(bytes))
}

/// An item that goes on byte by byte while FX is set.
pub(super) const fn extended(code: &'static str, name: &'static str) -> Option<Item> {
    item(code, name, Format::Extended(1))
}

/// A list that goes on by so many bytes while FX is set.
pub(super) const fn chain(code: &'static str, name: &'static str, bytes: u8) -> Option<Item> {
    item(code, name, Format::Chain(bytes))
}

/// A count byte, then so many bytes each.
pub(super) const fn repetitive(code: &'static str, name: &'static str, bytes: u8) -> Option<Item> {
    item(code, name, Format::Repetitive(bytes))
}

/// A presence field and its parts.
pub(super) const fn compound(code: &'static str, name: &'static str, parts: &'static [Option<Item>]) -> Option<Item> {
    item(code, name, Format::Compound(parts))
}

/// A length byte and what it says.
pub(super) const fn explicit(code: &'static str, name: &'static str) -> Option<Item> {
    item(code, name, Format::Explicit)
}

/// The same item with the meaning of its bits.
pub(super) const fn with(item: Option<Item>, fields: &'static [Field]) -> Option<Item> {
    match item {
        Some(Item { code, name, format, .. }) => Some(Item { code, name, format, fields }),
        None => None,
    }
}

/// A flag, a number of a list, an address.
pub(super) const fn code(name: &'static str, bits: u8) -> Field {
    Field { name, bits, coding: Coding::Code }
}

/// An unsigned quantity.
pub(super) const fn unsigned(name: &'static str, bits: u8, lsb: f64, unit: &'static str) -> Field {
    Field { name, bits, coding: Coding::Unsigned { lsb, unit } }
}

/// A quantity in two's complement.
pub(super) const fn signed(name: &'static str, bits: u8, lsb: f64, unit: &'static str) -> Field {
    Field { name, bits, coding: Coding::Signed { lsb, unit } }
}

/// Octal digits.
pub(super) const fn octal(name: &'static str, bits: u8) -> Field {
    Field { name, bits, coding: Coding::Octal }
}

/// Characters of the ICAO alphabet.
pub(super) const fn icao(name: &'static str, bits: u8) -> Field {
    Field { name, bits, coding: Coding::Icao }
}

/// Characters of a byte each.
pub(super) const fn ascii(name: &'static str, bits: u8) -> Field {
    Field { name, bits, coding: Coding::Ascii }
}

/// Bits without meaning.
pub(super) const fn spare(bits: u8) -> Field {
    Field { name: "", bits, coding: Coding::Spare }
}

/// The extension bit.
pub(super) const FX: Field = Field { name: "", bits: 1, coding: Coding::Fx };
