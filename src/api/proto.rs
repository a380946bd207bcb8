//! The types and services generated from `proto/`; the comments there are the manual.
//!
//! Nothing outside `api` and the tests of the wire uses them: they are checked and converted once.

#![allow(missing_docs, unreachable_pub, clippy::all)]

include!(concat!(env!("OUT_DIR"), "/shorewatch.rs"));

pub use self::shorewatch::*;

/// The definitions themselves with their comments, for server reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
