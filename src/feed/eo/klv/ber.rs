//! Key-length-value as SMPTE 336 has it: lengths and tags, read by bounds.

/// The longest value of a length: a packet fits a datagram or a few PES packets.
pub(super) const LENGTH_MAX: usize = 65_535;

/// Reads a BER length at `at` and moves behind it; `None` when it is cut, indefinite, or longer than any packet.
pub(super) fn length(bytes: &[u8], at: &mut usize) -> Option<usize> {
    let &first = bytes.get(*at)?;
    *at += 1;
    if first < 0x80 {
        return Some(usize::from(first));
    }
    // Long form: so many bytes of length follow; 0x80 alone would be the indefinite form, which SMPTE 336 does not have.
    let count = usize::from(first & 0x7f);
    if count == 0 || count > 4 {
        return None;
    }
    let mut value = 0_usize;
    for &octet in bytes.get(*at..*at + count)? {
        value = value << 8 | usize::from(octet);
    }
    *at += count;
    (value <= LENGTH_MAX).then_some(value)
}

/// Reads a BER-OID number at `at` (seven bits a byte, the highest bit says that more follow) and moves behind it.
pub(super) fn oid(bytes: &[u8], at: &mut usize) -> Option<u32> {
    let mut value = 0_u32;
    for _ in 0..4 {
        let &octet = bytes.get(*at)?;
        *at += 1;
        value = value << 7 | u32::from(octet & 0x7f);
        if octet & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// The items of a local set: tag, length, value, one behind the other. Ends at the first that is cut.
#[derive(Clone, Debug)]
pub(super) struct Items<'a> {
    bytes: &'a [u8],
    at: usize,
    /// An item is cut, or its length is none.
    pub(super) broken: bool,
}

impl<'a> Items<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, broken: false }
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = (u32, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        if self.broken || self.at >= self.bytes.len() {
            return None;
        }
        let item = (|| {
            let tag = oid(self.bytes, &mut self.at)?;
            let length = length(self.bytes, &mut self.at)?;
            let value = self.bytes.get(self.at..self.at.checked_add(length)?)?;
            self.at += length;
            Some((tag, value))
        })();
        self.broken = item.is_none();
        item
    }
}

/// An unsigned number of up to eight bytes; `None` for none and for more.
pub(super) fn unsigned(value: &[u8]) -> Option<u64> {
    if value.is_empty() || value.len() > 8 {
        return None;
    }
    Some(value.iter().fold(0, |number, &octet| number << 8 | u64::from(octet)))
}

/// Likewise in two's complement.
pub(super) fn signed(value: &[u8]) -> Option<i64> {
    let unused = 64 - 8 * u32::try_from(value.len()).ok()?.min(8);
    Some((unsigned(value)? << unused) as i64 >> unused)
}

/// A floating-point number mapped to an integer of so many bytes (MISB ST 1201, IMAPB): `low` to `high`.
///
/// `None` for the special values (infinities, NaN, reserved), which have the highest bit set and are not the upper end.
pub(super) fn imapb(value: &[u8], low: f64, high: f64) -> Option<f64> {
    let number = unsigned(value)? as f64;
    let bits = 8 * value.len() as i32;
    // ST 1201: bPow = ceil(log2(high - low)), dPow = 8 L - 1, sR = 2^(bPow - dPow), zero offset for ranges over zero.
    let b_pow = (high - low).log2().ceil() as i32;
    let d_pow = bits - 1;
    let scale = 2.0_f64.powi(b_pow - d_pow);
    let forward = 2.0_f64.powi(d_pow - b_pow);
    let zero_offset = if low < 0.0 && high > 0.0 { forward * low - (forward * low).floor() } else { 0.0 };
    if value.first()? & 0x80 != 0 && number != 2.0_f64.powi(d_pow) {
        return None;
    }
    let mapped = scale * (number - zero_offset) + low;
    (low..=high).contains(&mapped).then_some(mapped)
}

/// Printable text.
pub(super) fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value).chars().filter(|character| !character.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lengths_are_short_or_long_and_never_indefinite() {
        let read = |bytes: &[u8]| {
            let mut at = 0;
            length(bytes, &mut at).map(|length| (length, at))
        };
        assert_eq!(read(&[5]), Some((5, 1)));
        assert_eq!(read(&[0x81, 200]), Some((200, 2)));
        assert_eq!(read(&[0x82, 1, 0]), Some((256, 3)));
        for bytes in [&[][..], &[0x80], &[0x82, 1], &[0x88, 1, 2, 3, 4, 5, 6, 7, 8], &[0x84, 0xff, 0xff, 0xff, 0xff]] {
            assert_eq!(read(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn mapped_numbers_follow_the_examples_of_st_1201() {
        // ST 1201 appendix: IMAPB(-900, 19000, 2): 10.0 is 0x038e.
        assert!((imapb(&[0x03, 0x8e], -900.0, 19_000.0).unwrap() - 10.0).abs() < 0.51);
        assert_eq!(imapb(&[0, 0], -900.0, 19_000.0), Some(-900.0));
        // Minus infinity and NaN.
        assert_eq!(imapb(&[0xe8, 0], -900.0, 19_000.0), None);
        assert_eq!(imapb(&[0xd0, 0], -900.0, 19_000.0), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_walked_to_an_end(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let total: usize = Items::new(&bytes).map(|(_, value)| value.len()).sum();
            prop_assert!(total <= bytes.len());
        }
    }
}
