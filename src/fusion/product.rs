//! Products of small matrices, written out.
//!
//! The general product of nalgebra walks strides in a loop that the compiler neither unrolls nor vectorises; for four rows
//! that costs several times the arithmetic, and the filter does little else. These give the same numbers to the bit (a test
//! holds that): the sums run in the same order.

#![allow(clippy::needless_range_loop, reason = "by index, a product is unrolled; by iterators, it is not")]

use nalgebra::{ArrayStorage, SMatrix, SVector};

/// `a * b`.
#[inline(always)]
pub(super) fn product<const R: usize, const K: usize, const C: usize>(
    a: &SMatrix<f64, R, K>,
    b: &SMatrix<f64, K, C>,
) -> SMatrix<f64, R, C> {
    let (a, b) = (&a.data.0, &b.data.0);
    let mut columns = [[0.0; R]; C];
    for c in 0..C {
        for r in 0..R {
            let mut total = a[0][r] * b[c][0];
            for k in 1..K {
                total += a[k][r] * b[c][k];
            }
            columns[c][r] = total;
        }
    }
    SMatrix::from_data(ArrayStorage(columns))
}

/// `a * b.transpose()`.
#[inline(always)]
pub(super) fn by_transposed<const R: usize, const K: usize, const C: usize>(
    a: &SMatrix<f64, R, K>,
    b: &SMatrix<f64, C, K>,
) -> SMatrix<f64, R, C> {
    let (a, b) = (&a.data.0, &b.data.0);
    let mut columns = [[0.0; R]; C];
    for c in 0..C {
        for r in 0..R {
            let mut total = a[0][r] * b[0][c];
            for k in 1..K {
                total += a[k][r] * b[k][c];
            }
            columns[c][r] = total;
        }
    }
    SMatrix::from_data(ArrayStorage(columns))
}

/// `a * a.transpose()` of a vector.
#[inline(always)]
pub(super) fn outer<const R: usize>(a: &SVector<f64, R>) -> SMatrix<f64, R, R> {
    by_transposed(a, a)
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
    use nalgebra::{Matrix2, Matrix4, Matrix4x2, Vector4};
    use proptest::prelude::*;

    fn values<const N: usize>() -> impl Strategy<Value = [f64; N]> {
        prop::array::uniform(-1e5..1e5_f64)
    }

    proptest! {
        #[test]
        fn they_equal_the_general_product_to_the_bit(a in values::<16>(), b in values::<16>(), v in values::<4>()) {
            let (a, b) = (Matrix4::from_column_slice(&a), Matrix4::from_column_slice(&b));
            let (tall, small) = (a.fixed_view::<4, 2>(0, 0).into_owned(), b.fixed_view::<2, 2>(0, 0).into_owned());
            let v = Vector4::from_column_slice(&v);
            prop_assert_eq!(product(&a, &b), a * b);
            prop_assert_eq!(product::<4, 2, 2>(&tall, &small), tall * small);
            prop_assert_eq!(product(&a, &v), a * v);
            prop_assert_eq!(by_transposed(&a, &b), a * b.transpose());
            prop_assert_eq!(by_transposed::<4, 2, 4>(&tall, &tall), tall * tall.transpose());
            prop_assert_eq!(outer(&v), v * v.transpose());
            prop_assert_eq!(quadratic(&v, &a), (v.transpose() * a * v)[(0, 0)]);
            let _: (Matrix2<f64>, Matrix4x2<f64>) = (small, tall);
        }
    }
}
