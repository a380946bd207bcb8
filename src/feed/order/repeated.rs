//! Records that come twice in one feed.
//!
//! Two generations of record hashes by receipt time: a record is a repeat when it is in either. The younger one is aged
//! when it spans the time in which a repeat may come, so each record is remembered for at least that long.

use rustc_hash::FxHashSet;

use crate::units::EventTime;

/// How long a generation lasts, in milliseconds of receipt.
const GENERATION_MS: i64 = super::LATE_MAX_MS + super::CLOCK_OFF_MAX_MS + 3_000;
/// The most records of a generation: 35 s of a hundred radars with 200 plots a second each.
const GENERATION_MAX: usize = 700_000;

/// The records of the last half minute to minute of receipt, by hash.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Repeats {
    young: FxHashSet<u64>,
    old: FxHashSet<u64>,
    young_since: EventTime,
}

impl Repeats {
    /// Takes note of a record; whether it came before.
    pub(super) fn is_repeat(&mut self, record: u64, received: EventTime) -> bool {
        let age_ms = received.millis_since(self.young_since);
        if age_ms > GENERATION_MS || self.young.len() >= GENERATION_MAX {
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
            if age_ms > 2 * GENERATION_MS {
                self.old.clear();
            }
            self.young_since = received;
        }
        if self.old.contains(&record) {
            return true;
        }
        !self.young.insert(record)
    }
}
