//! Products of small matrices, written out.
//!
//! The general product of nalgebra walks strides in a loop that the compiler neither unrolls nor vectorises; for four rows
//! that costs several times the arithmetic, and the filter does little else. These give the same numbers to the bit (a test
//! holds that): the sums run in the same order.

#![allow(clippy::needless_range_loop, reason = "by index, a product is unrolled; by iterators, it is not")]

use nalgebra::{ArrayStorage, SMatrix, SVector};

/// `a * a.transpose()` of a vector.
#[inline(always)]
pub(super) fn outer<const R: usize>(a: &SVector<f64, R>) -> SMatrix<f64, R, R> {
    let a = &a.data.0[0];
    SMatrix::from_data(ArrayStorage(std::array::from_fn(|c| std::array::from_fn(|r| a[r] * a[c]))))
}

/// `off.transpose() * matrix * off`.
#[inline(always)]
pub(super) fn quadratic<const R: usize>(off: &SVector<f64, R>, matrix: &SMatrix<f64, R, R>) -> f64 {
    let (off, matrix) = (&off.data.0[0], &matrix.data.0);
    let mut total = 0.0;
    for c in 0..R {
        let mut dot = off[0] * matrix[c][0];
        for r in 1..R {
            dot += off[r] * matrix[c][r];
        }
        total += dot * off[c];
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::{Matrix4, Vector4};
    use proptest::prelude::*;

    fn values<const N: usize>() -> impl Strategy<Value = [f64; N]> {
        prop::array::uniform(-1e5..1e5_f64)
    }

    proptest! {
        #[test]
        fn they_equal_the_general_product_to_the_bit(a in values::<16>(), v in values::<4>()) {
            let (a, v) = (Matrix4::from_column_slice(&a), Vector4::from_column_slice(&v));
            prop_assert_eq!(outer(&v), v * v.transpose());
            prop_assert_eq!(quadratic(&v, &a), (v.transpose() * a * v)[(0, 0)]);
        }
    }
}
