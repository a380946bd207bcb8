//! What was not admitted: counted by reason, the latest kept for inspection.

use std::collections::VecDeque;
use std::fmt;

use crate::units::EventTime;

/// How many rejects of one sensor are kept, the latest ones.
pub const REJECTS_KEPT: usize = 64;

/// Why a record was not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Rejected {
    /// The same AIS transmission was taken from another station.
    HeardAgain,
    /// The same record came before in the same feed.
    Duplicate,
    /// Measured more than 30 s before it was received.
    TooLate,
    /// Its clock is off by minutes or more.
    ClockWrong,
}

impl Rejected {
    /// All reasons, in declaration order.
    pub const ALL: [Self; 4] = [Self::HeardAgain, Self::Duplicate, Self::TooLate, Self::ClockWrong];

    /// The name used in summaries and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HeardAgain => "heard_again",
            Self::Duplicate => "duplicate",
            Self::TooLate => "too_late",
            Self::ClockWrong => "clock_wrong",
        }
    }
}

/// One record that was not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reject {
    /// Why.
    pub why: Rejected,
    /// Number of the observation in its feed.
    pub sequence: u64,
    /// When it says it was measured.
    pub time: EventTime,
    /// When it was received.
    pub received: EventTime,
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { why, sequence, time, received } = self;
        write!(f, "{}: observation {sequence}, measured {time}, received {received}", why.as_str())
    }
}

/// Counts by reason and the latest rejects of one sensor. Fixed size.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Rejects {
    counts: [u64; Rejected::ALL.len()],
    ring: VecDeque<Reject>,
}

impl Rejects {
    /// Counts and keeps one.
    pub(super) fn add(&mut self, reject: Reject) {
        if let Some(count) = self.counts.get_mut(reject.why as usize) {
            *count += 1;
        }
        // Transmissions heard by several stations are the ordinary case: they would drive out what is worth a look.
        if reject.why == Rejected::HeardAgain {
            return;
        }
        if self.ring.len() >= REJECTS_KEPT {
            self.ring.pop_front();
        }
        self.ring.push_back(reject);
    }

    /// How many were rejected for this reason.
    pub fn count(&self, why: Rejected) -> u64 {
        self.counts.get(why as usize).copied().unwrap_or(0)
    }

    /// How many were rejected for any reason.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The latest rejects, oldest first; transmissions heard again are only counted.
    pub fn kept(&self) -> impl Iterator<Item = &Reject> {
        self.ring.iter()
    }
}
