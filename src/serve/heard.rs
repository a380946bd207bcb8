//! AIS as it was heard: the lines that the engine could use, for those who pass them on.

use bytes::Bytes;

use super::work::FeedNumber;
use crate::units::EventTime;

/// Lines that a listener may be behind; older ones are lost to him, and he is told how many.
pub const HEARD_RING: usize = 16_384;

/// One line that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The feed that it came by.
    pub feed: FeedNumber,
    /// When.
    pub received: EventTime,
    /// The line.
    pub line: Bytes,
}
