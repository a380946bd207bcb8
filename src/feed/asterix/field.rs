//! The values inside an item, bit by bit, by its table: for looking at records, and for checking the tables.
//!
//! Decoders that turn records into observations read the few items that they need directly; this walk names everything.

use super::record::{presence, skip};
use super::table::{Coding, Field, Format, Item};

/// One field of an item with its bits.
#[derive(Clone, Copy, Debug)]
pub struct FieldValue {
    /// What the bits mean.
    pub field: &'static Field,
    /// The bits as an unsigned number.
    pub raw: u64,
}

impl FieldValue {
    /// The quantity in the unit of its coding; for codes the number itself.
    pub fn quantity(&self) -> f64 {
        match self.field.coding {
            Coding::Signed { lsb, .. } => self.signed() as f64 * lsb,
            Coding::Unsigned { lsb, .. } => self.raw as f64 * lsb,
            _ => self.raw as f64,
        }
    }

    /// The bits in two's complement.
    pub fn signed(&self) -> i64 {
        let unused = 64 - u32::from(self.field.bits.clamp(1, 64));
        ((self.raw << unused) as i64) >> unused
    }

    /// The characters of an octal, ICAO or ASCII field, trailing blanks cut; `None` for other codings.
    pub fn text(&self) -> Option<arrayvec::ArrayString<16>> {
        const ICAO: &[u8] = b" ABCDEFGHIJKLMNOPQRSTUVWXYZ                     0123456789      ";
        let (width, alphabet): (u8, &[u8]) = match self.field.coding {
            Coding::Octal => (3, b"01234567"),
            Coding::Icao => (6, ICAO),
            Coding::Ascii => (8, &[]),
            _ => return None,
        };
        let mut text = arrayvec::ArrayString::new();
        let mut end = 0;
        for index in (0..self.field.bits / width).rev() {
            let code = (self.raw >> (u32::from(index) * u32::from(width))) as usize & ((1 << width) - 1);
            let character = match alphabet.get(code) {
                Some(&known) => known,
                // ASCII is its own alphabet; what cannot be printed is a blank.
                None => u8::try_from(code).ok().filter(|octet| width == 8 && octet.is_ascii_graphic()).unwrap_or(b' '),
            } as char;
            if text.try_push(character).is_err() {
                break;
            }
            if character != ' ' {
                end = text.len();
            }
        }
        text.truncate(end);
        Some(text)
    }
}

/// The fields of an item, in order, without spare and extension bits.
///
/// `bytes` are those that [`super::Record::item`] gave. A repetitive item and a chain give their fields again for each
/// repetition, an extended item as far as it goes. Nothing for items whose table names no fields; a compound item has
/// [`parts`].
pub fn fields<'a>(item: &'static Item, bytes: &'a [u8]) -> impl Iterator<Item = FieldValue> + 'a {
    let (body, list): (&[u8], _) = match item.format {
        Format::Repetitive(_) => (bytes.get(1..).unwrap_or_default(), item.fields),
        _ => (bytes, item.fields),
    };
    let rounds = match item.format {
        Format::Repetitive(_) | Format::Chain(_) => body.len() * 8 / fields_bits(list).max(8),
        _ => 1,
    };
    let mut at = 0;
    (0..rounds).flat_map(move |_| list.iter()).filter_map(move |field: &'static Field| {
        let start = at;
        at += usize::from(field.bits);
        if matches!(field.coding, Coding::Spare | Coding::Fx) {
            return None;
        }
        let raw = bits(body, start, field.bits)?;
        Some(FieldValue { field, raw })
    })
}

/// How many fields with a meaning an item gives for each repetition.
pub fn fields_per_round(item: &Item) -> usize {
    item.fields.iter().filter(|field| !matches!(field.coding, Coding::Spare | Coding::Fx)).count()
}

fn fields_bits(list: &[Field]) -> usize {
    list.iter().map(|field| usize::from(field.bits)).sum()
}

/// The parts of a compound item with their bytes, in order; nothing for items of another form.
pub fn parts<'a>(item: &'static Item, bytes: &'a [u8]) -> impl Iterator<Item = (&'static Item, &'a [u8])> + 'a {
    let profile: &'static [Option<Item>] = match item.format {
        Format::Compound(profile) => profile,
        _ => &[],
    };
    let mut at = 0;
    // The walk of the record has been over this already, so that it fails for no bytes that came from there.
    let mut left = if profile.is_empty() { 0 } else { presence(bytes, &mut at, profile).unwrap_or(0) };
    std::iter::from_fn(move || {
        if left == 0 {
            return None;
        }
        let part = profile.get(left.trailing_zeros() as usize)?.as_ref()?;
        left &= left - 1;
        let start = at;
        skip(part, bytes, &mut at).ok()?;
        Some((part, bytes.get(start..at)?))
    })
}

/// `count` bits (at most 64) from bit `at` on, highest first; `None` beyond the end.
fn bits(bytes: &[u8], at: usize, count: u8) -> Option<u64> {
    let count = usize::from(count);
    let (first, into) = (at / 8, at % 8);
    // Flags and codes, the most of all fields, lie within one byte.
    if into + count <= 8 {
        let octet = bytes.get(first)? << into;
        return Some(u64::from(octet) >> (8 - count));
    }
    // Numbers are whole bytes as a rule.
    if into == 0 && count % 8 == 0 {
        let whole = bytes.get(first..first + count / 8)?;
        return Some(whole.iter().fold(0, |value, &octet| value << 8 | u64::from(octet)));
    }
    let end = at + count;
    let window = bytes.get(at / 8..end.div_ceil(8))?;
    // 64 bits touch at most nine bytes.
    let value = window.iter().fold(0_u128, |value, &octet| value << 8 | u128::from(octet));
    let value = value >> (end.div_ceil(8) * 8 - end);
    Some((value & ((1_u128 << count) - 1)) as u64)
}

#[cfg(test)]
mod tests {
    use super::super::tables::{CAT010, category};
    use super::*;

    fn shown(code: &str, bytes: &[u8]) -> Vec<(&'static str, f64)> {
        let item = CAT010.uap[CAT010.place(code)].as_ref().unwrap();
        fields(item, bytes).map(|value| (value.field.name, value.quantity())).collect()
    }

    #[test]
    fn quantities_come_out_in_their_units() {
        assert_eq!(shown("040", &[0x43, 0x83, 0x09, 0x9e]), [("RHO", 17283.0), ("TH", 2462.0 * 360.0 / 65536.0)]);
        assert_eq!(shown("202", &[0xff, 0xfe, 0, 4]), [("VX", -0.5), ("VY", 1.0)]);
        assert_eq!(shown("270", &[0x78]), [("LENGTH", 60.0)]);
        assert_eq!(shown("270", &[0x79, 0x02]), [("LENGTH", 60.0), ("ORIENTATION", 2.8125)]);
        assert_eq!(shown("280", &[2, 1, 255, 2, 10]).len(), 4);
        assert_eq!(shown("161", &[0xf0, 4]), [("TRK", 4.0)]);
    }

    #[test]
    fn call_signs_and_codes_are_text() {
        let item = CAT010.uap[CAT010.place("245")].as_ref().unwrap();
        let values: Vec<_> = fields(item, &[0, 0x04, 0x20, 0xf1, 0xcb, 0x38, 0x20]).collect();
        assert_eq!(values[1].text().unwrap().as_str(), "ABC123");
        let item = CAT010.uap[CAT010.place("060")].as_ref().unwrap();
        let code = fields(item, &[0x0f, 0xff]).last().unwrap();
        assert_eq!(code.text().unwrap().as_str(), "7777");
    }

    #[test]
    fn the_fields_of_a_fixed_item_fill_it() {
        let items = (0..=u8::MAX).filter_map(category).flat_map(|category| category.uap.iter().flatten());
        let with_parts = items.flat_map(|item| {
            let parts: &[Option<Item>] = match item.format {
                Format::Compound(parts) => parts,
                _ => &[],
            };
            std::iter::once(item).chain(parts.iter().flatten())
        });
        for item in with_parts {
            let bits: usize = item.fields.iter().map(|field| usize::from(field.bits)).sum();
            match item.format {
                Format::Fixed(bytes) | Format::Repetitive(bytes) | Format::Chain(bytes) if bits > 0 => {
                    assert_eq!(bits, usize::from(bytes) * 8, "{}", item.code);
                }
                _ => assert_eq!(bits % 8, 0, "{}", item.code),
            }
        }
    }
}
