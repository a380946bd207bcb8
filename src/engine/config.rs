//! What an engine is set up with.

use std::sync::Arc;

use crate::behaviour::BehaviourConfig;
use crate::fusion::FusionConfig;
use crate::register::Register;
use crate::units::{EventTime, TrackId};

/// Milliseconds between two instants of the picture (`tracks.csv` of FORMAT.md: every 10 s).
pub const PICTURE_INTERVAL_MS: i64 = 10_000;

/// Settings of the core.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// The tracker.
    pub fusion: FusionConfig,
    /// The rules and their thresholds.
    pub rules: BehaviourConfig,
    /// What is known of vessels from elsewhere.
    pub register: Arc<Register>,
    /// The first instant of the picture; a scenario's start. `None`: full tens of seconds of UTC.
    pub origin: Option<EventTime>,
    /// The number of the first track.
    pub first_track: TrackId,
    /// With no track left, instants of a silence longer than this are left out of the picture, milliseconds.
    pub silence_max_ms: i64,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            fusion: FusionConfig::default(),
            rules: BehaviourConfig::default(),
            register: Arc::default(),
            origin: None,
            first_track: TrackId(1),
            silence_max_ms: 3_600_000,
        }
    }
}
