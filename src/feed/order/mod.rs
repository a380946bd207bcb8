//! The order in which records are taken, and which of them are taken at all.
//!
//! Records are taken in order of receipt (receive time, feed, sequence) and at once: nobody waits for stragglers. Three
//! questions are answered here, without a clock and in bounded memory:
//! - **When was it received?** Live, the edge stamps each record. A recording says it by [`ReceiptClock`].
//! - **Is it admitted?** [`Intake`] takes what is fresh or up to 30 s late. What comes later, twice, again from another
//!   AIS station, or from a clock that cannot be right is counted by sensor and kept in a short ring, never silently lost.
//! - **When was it measured?** [`StationClock`] estimates how far each AIS station's clock is off, and AIS observations
//!   leave with their time in true UTC. (Clock offsets of radars and cameras are estimated by fusion.)
//!
//! Source: FORMAT.md of the scenarios for receipt, lateness and clock offsets.

mod delay;
mod heard;
mod intake;
mod liveness;
mod receipt;
mod reject;
mod repeated;
mod station_clock;

pub use delay::Delays;
pub use heard::{HEARD_BY_MAX, HeardBy};
pub use intake::{Admission, Intake, SensorIntake};
pub use liveness::{Liveness, SILENCES_KEPT, Silence};
pub use receipt::{ReceiptClock, Stamped};
pub use reject::{REJECTS_KEPT, Reject, Rejected, Rejects};
pub use station_clock::StationClock;

/// The latest that a record is still put where it belongs, in milliseconds after its measurement.
pub const LATE_MAX_MS: i64 = 30_000;

/// How far a sensor's clock may be off while it counts as right, in milliseconds.
pub const CLOCK_OFF_MAX_MS: i64 = 2_000;

/// A record measured this long after it was received comes from a clock that is wrong. More than [`CLOCK_OFF_MAX_MS`],
/// because live the edge's own clock may be off as well.
pub const AHEAD_MAX_MS: i64 = 10_000;

/// A record later than this is no straggler: its clock is wrong. Ten minutes.
pub const STRAGGLER_MAX_MS: i64 = 600_000;

/// Below this a record is not called late: whole-second clocks and network jitter, in milliseconds.
pub const JITTER_MS: i64 = 1_500;

const _: () = assert!(JITTER_MS < LATE_MAX_MS && LATE_MAX_MS < STRAGGLER_MAX_MS && CLOCK_OFF_MAX_MS < AHEAD_MAX_MS);
