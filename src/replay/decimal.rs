//! Numbers as text with a fixed count of decimals, as the standard formatter writes them but several times faster.
//!
//! The standard formatter works out the exact decimal expansion. That is needed only where the digits dropped lie so near to
//! one half that the product with a power of ten may round to the wrong side; everywhere else an integer says it all.

use std::io::Write;

/// Powers of ten by the count of decimals.
const POWERS: [f64; 7] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6];
/// Up to here a product with a power of ten is exact to less than [`DOUBT`].
const SCALED_MAX: f64 = 1e11;
/// What is dropped, when it lies so near to one half, is left to the standard formatter.
const DOUBT: f64 = 1e-3;

/// Zeros to fill up with.
const ZEROS: &[u8] = b"00000000000000000000";

/// Appends `value` with `decimals` digits (at most six), as `{:.decimals$}` writes it.
pub(super) fn push_fixed(text: &mut Vec<u8>, value: f64, decimals: usize) {
    let scaled = POWERS.get(decimals).map_or(f64::NAN, |power| value.abs() * power);
    let whole = scaled as u64;
    let dropped = scaled - whole as f64;
    // Also false for what is not a number.
    if scaled < SCALED_MAX && (dropped - 0.5).abs() > DOUBT {
        push_scaled(text, value.is_sign_negative(), whole + u64::from(dropped > 0.5), decimals);
    } else {
        // Writing to memory does not fail.
        let _ = write!(text, "{value:.decimals$}");
    }
}

/// Appends a whole number with at least `digits` digits, as `{:0digits$}` writes it.
pub(super) fn push_whole(text: &mut Vec<u8>, value: u64, digits: usize) {
    let mut buffer = itoa::Buffer::new();
    let value = buffer.format(value).as_bytes();
    text.extend_from_slice(zeros(digits.saturating_sub(value.len())));
    text.extend_from_slice(value);
}

/// Appends `digits` with a point before the last `decimals` of them.
fn push_scaled(text: &mut Vec<u8>, negative: bool, digits: u64, decimals: usize) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(digits).as_bytes();
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(decimals));
    if negative {
        text.push(b'-');
    }
    text.extend_from_slice(if whole.is_empty() { b"0" } else { whole });
    if decimals > 0 {
        text.push(b'.');
        text.extend_from_slice(zeros(decimals - fraction.len()));
        text.extend_from_slice(fraction);
    }
}

/// So many zeros.
fn zeros(count: usize) -> &'static [u8] {
    ZEROS.get(..count).unwrap_or(ZEROS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fixed(value: f64, decimals: usize) -> String {
        let mut text = Vec::new();
        push_fixed(&mut text, value, decimals);
        String::from_utf8(text).unwrap()
    }

    proptest! {
        #[test]
        fn they_read_as_the_standard_formatter_writes_them(value in -1e6..1e6_f64, decimals in 0..=6_usize) {
            prop_assert_eq!(fixed(value, decimals), format!("{value:.decimals$}"));
        }

        #[test]
        fn so_do_numbers_that_end_in_the_middle(halves in -400_000_i64..400_000, decimals in 0..=6_usize) {
            let value = halves as f64 / 2.0 / POWERS[decimals];
            prop_assert_eq!(fixed(value, decimals), format!("{value:.decimals$}"));
        }
    }

    proptest! {
        #[test]
        fn whole_numbers_read_as_the_standard_formatter_writes_them(value in any::<u64>(), digits in 1..=9_usize) {
            for value in [value, value % 10_000, value % 10] {
                let mut text = Vec::new();
                push_whole(&mut text, value, digits);
                prop_assert_eq!(String::from_utf8(text).unwrap(), format!("{value:0digits$}"));
            }
        }
    }

    #[test]
    fn odd_numbers_are_left_to_the_standard_formatter() {
        for value in [0.0, -0.0, -0.0004, 0.9996, 1e300, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(fixed(value, 3), format!("{value:.3}"));
        }
    }
}
