//! One record: which items it holds and where their bytes are.
//!
//! A record says with its first bits (FSPEC) which items of the category's profile follow, in order, without gaps. The
//! walk is bounded by the bytes given: every step takes at least one, none is taken by an unchecked length, and nothing is
//! allocated.

use super::table::{Category, Format, ITEMS_MAX, Item};

/// Why a record cannot be walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordFault {
    /// The block ends inside the record.
    Truncated,
    /// The FSPEC names no item at all.
    Empty,
    /// The FSPEC is longer than the profile, or names a bit without an item: damage, or another edition.
    NoSuchItem,
    /// An explicit length of zero, which would not count even itself.
    BadLength,
}

/// A walked record. Borrows the block's bytes.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    category: &'static Category,
    bytes: &'a [u8],
    present: u64,
    /// Start and end of each present item within `bytes`.
    spans: [(u16, u16); ITEMS_MAX],
}

impl<'a> Record<'a> {
    /// Walks the record at the beginning of `bytes`, which end where the block ends.
    ///
    /// # Errors
    /// [`RecordFault`] when the bytes are no record of this category. Where a following record would begin is then unknown.
    pub fn walk(category: &'static Category, bytes: &'a [u8]) -> Result<Self, RecordFault> {
        // The length of a block is 16 bits; whoever passes more gets no more.
        let bytes = bytes.get(..usize::from(u16::MAX)).unwrap_or(bytes);
        let mut at = 0;
        let present = presence(bytes, &mut at, category.uap)?;
        let mut record = Self { category, bytes, present, spans: [(0, 0); ITEMS_MAX] };
        let mut left = present;
        while left != 0 {
            let place = left.trailing_zeros() as usize;
            left &= left - 1;
            let (Some(Some(item)), Some(span)) = (category.uap.get(place), record.spans.get_mut(place)) else {
                return Err(RecordFault::NoSuchItem);
            };
            let start = at;
            skip(item, bytes, &mut at)?;
            *span = (start as u16, at as u16);
        }
        record.bytes = bytes.get(..at).ok_or(RecordFault::Truncated)?;
        Ok(record)
    }

    /// The table that the record follows.
    pub fn category(&self) -> &'static Category {
        self.category
    }

    /// The record's bytes, FSPEC included.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The bytes of the item at this place of the profile (see [`Category::place`]); `None` when the record lacks it.
    #[inline]
    pub fn item(&self, place: usize) -> Option<&'a [u8]> {
        if place >= ITEMS_MAX || self.present & (1 << place) == 0 {
            return None;
        }
        let &(start, end) = self.spans.get(place)?;
        self.bytes.get(usize::from(start)..usize::from(end))
    }

    /// The items that the record holds with their bytes, in order.
    pub fn items(&self) -> impl Iterator<Item = (&'static Item, &'a [u8])> + '_ {
        let uap = self.category.uap;
        uap.iter().enumerate().filter_map(|(place, item)| Some((item.as_ref()?, self.item(place)?)))
    }
}

/// Reads a presence field: bit `n` of the result is set when the item at place `n` follows.
///
/// The FSPEC of a record and the first bytes of a compound item are alike.
pub(super) fn presence(bytes: &[u8], at: &mut usize, profile: &[Option<Item>]) -> Result<u64, RecordFault> {
    let mut present = 0_u64;
    let mut place = 0;
    loop {
        let &octet = bytes.get(*at).ok_or(RecordFault::Truncated)?;
        *at += 1;
        if place >= profile.len() || place + 7 > ITEMS_MAX {
            return Err(RecordFault::NoSuchItem);
        }
        // The first item is the highest bit of its octet, but the lowest of the result.
        present |= u64::from((octet & 0xfe).reverse_bits()) << place;
        place += 7;
        if octet & 1 == 0 {
            break;
        }
    }
    if present == 0 { Err(RecordFault::Empty) } else { Ok(present) }
}

/// Moves `at` over one item.
pub(super) fn skip(item: &Item, bytes: &[u8], at: &mut usize) -> Result<(), RecordFault> {
    match item.format {
        Format::Fixed(length) => *at += usize::from(length),
        Format::Extended(group) | Format::Chain(group) => loop {
            // No group of the tables is empty, see the test; an empty one would still end at the first even byte.
            *at += usize::from(group);
            let &octet = bytes.get(*at - 1).ok_or(RecordFault::Truncated)?;
            if octet & 1 == 0 {
                break;
            }
        },
        Format::Repetitive(length) => {
            let &count = bytes.get(*at).ok_or(RecordFault::Truncated)?;
            *at += 1 + usize::from(count) * usize::from(length);
        }
        Format::Compound(parts) => {
            let mut left = presence(bytes, at, parts)?;
            while left != 0 {
                let place = left.trailing_zeros() as usize;
                left &= left - 1;
                // A part is never compound itself in the tables, so that this goes one level deep.
                let Some(Some(part)) = parts.get(place) else { return Err(RecordFault::NoSuchItem) };
                skip(part, bytes, at)?;
            }
        }
        Format::Explicit => {
            let &length = bytes.get(*at).ok_or(RecordFault::Truncated)?;
            if length == 0 {
                return Err(RecordFault::BadLength);
            }
            *at += usize::from(length);
        }
    }
    if *at > bytes.len() { Err(RecordFault::Truncated) } else { Ok(()) }
}

/// The records of one block's body, one after another.
///
/// Ends after the first fault: where the next record begins is then unknown. [`Records::rest`] tells what was left.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    category: &'static Category,
    rest: &'a [u8],
    failed: bool,
}

impl<'a> Records<'a> {
    /// The records of `body`: a block without its three bytes of category and length.
    pub fn new(category: &'static Category, body: &'a [u8]) -> Self {
        Self { category, rest: body, failed: false }
    }

    /// The bytes not walked yet, or after a fault those from the faulty record on.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, RecordFault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed || self.rest.is_empty() {
            return None;
        }
        let walked = Record::walk(self.category, self.rest);
        match &walked {
            Ok(record) => self.rest = self.rest.get(record.bytes.len()..).unwrap_or_default(),
            Err(_) => self.failed = true,
        }
        Some(walked)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tables::{CAT010, CAT048, CAT062, category};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_record_built_by_hand_is_walked_item_by_item() {
        // I010/010, /000, /020 (two octets), /140, /040, /280 with two presences, RE of three bytes.
        let bytes = [
            0b1111_0101,
            0b0000_0001,
            0b0000_0001,
            0b0100_0010, // FSPEC
            65,
            10,
            1,
            0x61,
            0x00,
            1,
            2,
            3,
            0,
            100,
            0x40,
            0,
            2,
            1,
            2,
            3,
            4,
            3,
            9,
            9,
            0xff,
        ];
        let record = Record::walk(&CAT010, &bytes).unwrap();
        let items: Vec<_> = record.items().map(|(item, bytes)| (item.code, bytes.len())).collect();
        assert_eq!(items, [("010", 2), ("000", 1), ("020", 2), ("140", 3), ("040", 4), ("280", 5), ("RE", 3)]);
        assert_eq!(record.bytes().len(), bytes.len() - 1, "the last byte belongs to another record");
        assert_eq!(record.item(CAT010.place("040")), Some(&[0, 100, 0x40, 0][..]));
        assert_eq!(record.item(CAT010.place("161")), None);
        assert_eq!(record.item(usize::MAX), None);
    }

    #[test]
    fn compound_items_are_walked_by_their_own_presence_bits() {
        // I048/010 and I048/130 with SRL and PAM.
        let record = Record::walk(&CAT048, &[0b1000_0010, 1, 2, 0b1000_1000, 7, 8]).unwrap();
        assert_eq!(record.item(CAT048.place("130")), Some(&[0b1000_1000, 7, 8][..]));
    }

    #[test]
    fn faults_are_told_apart() {
        let fault = |bytes: &[u8]| Record::walk(&CAT010, bytes).unwrap_err();
        assert_eq!(fault(&[]), RecordFault::Truncated);
        assert_eq!(fault(&[0x00]), RecordFault::Empty);
        assert_eq!(fault(&[0x01, 0x00]), RecordFault::Empty);
        assert_eq!(fault(&[0x80, 65]), RecordFault::Truncated);
        assert_eq!(fault(&[0xff, 0xff, 0xff, 0xff, 0xff]), RecordFault::NoSuchItem);
        // The unused bit before SP.
        assert_eq!(fault(&[0x01, 0x01, 0x01, 0x08, 0, 0]), RecordFault::NoSuchItem);
        assert_eq!(fault(&[0x01, 0x01, 0x01, 0x04, 0]), RecordFault::BadLength);
        assert_eq!(fault(&[0x01, 0x01, 0x01, 0x04, 9, 0]), RecordFault::Truncated);
    }

    #[test]
    fn the_tables_keep_the_limits_that_the_walk_relies_on() {
        for number in 0..=u8::MAX {
            let Some(category) = category(number) else { continue };
            assert_eq!(category.number, number);
            assert!(category.uap.len() <= ITEMS_MAX && category.uap.len().div_ceil(7) * 7 <= ITEMS_MAX);
            for item in category.uap.iter().flatten() {
                let Format::Compound(parts) = item.format else { continue };
                assert!(parts.len().div_ceil(7) * 7 <= ITEMS_MAX, "{}", item.code);
                assert!(parts.iter().flatten().all(|part| !matches!(part.format, Format::Compound(_))));
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_walked_without_panic_and_wholly_accounted_for(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            for category in [&CAT010, &CAT048, &CAT062] {
                let mut records = Records::new(category, &bytes);
                let mut walked = 0;
                while let Some(Ok(record)) = records.next() {
                    walked += record.bytes().len();
                    let held: usize = record.items().map(|(_, bytes)| bytes.len()).sum();
                    prop_assert!(held < record.bytes().len());
                }
                prop_assert_eq!(walked + records.rest().len(), bytes.len());
            }
        }

        #[test]
        fn the_items_that_an_fspec_names_are_those_that_are_found(places in prop::collection::btree_set(0_usize..25, 1..20)) {
            // Encode: FSPEC, then each item all zero, which is the shortest form of every kind.
            let last = places.iter().max().unwrap() / 7;
            let mut bytes: Vec<u8> = (0..=last).map(|octet| u8::from(octet < last)).collect();
            for place in &places {
                bytes[place / 7] |= 0x80 >> (place % 7);
            }
            for place in &places {
                let length = match CAT010.uap[*place].as_ref().unwrap().format {
                    Format::Fixed(length) => usize::from(length),
                    _ => 1,
                };
                bytes.extend(std::iter::repeat_n(0, length));
            }
            let record = Record::walk(&CAT010, &bytes).unwrap();
            let found: Vec<usize> = (0..ITEMS_MAX).filter(|&place| record.item(place).is_some()).collect();
            prop_assert_eq!(found, places.into_iter().collect::<Vec<_>>());
            prop_assert_eq!(record.bytes().len(), bytes.len());
        }
    }
}
