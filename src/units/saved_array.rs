//! Arrays of any length in what is saved: serde itself knows those of up to 32 items, and of none whose length is a parameter.
//!
//! For `#[serde(with = "…")]`.

use arrayvec::ArrayVec;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Writes the items, with their number.
///
/// # Errors
/// Those of the format.
pub fn serialize<S: Serializer, T: Serialize, const N: usize>(items: &[T; N], to: S) -> Result<S::Ok, S::Error> {
    items.as_slice().serialize(to)
}

/// Reads as many items as the array has.
///
/// # Errors
/// Those of the format, and when there are fewer items or more.
pub fn deserialize<'de, D, T, const N: usize>(from: D) -> Result<[T; N], D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let items = ArrayVec::<T, N>::deserialize(from)?;
    let found = items.len();
    items.into_inner().map_err(|_| serde::de::Error::invalid_length(found, &"an array of another length"))
}
