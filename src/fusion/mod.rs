//! From observations to tracks: one track a vessel, with identity, sources and uncertainty.
//!
//! Knows nothing of zones, shores or alerts.

pub mod track;

pub use track::{Identity, Sources, TrackState};
