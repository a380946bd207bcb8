//! Snapshots of a running server: what the engine knows at one place of the log, so that a start need not read the log before it.
//!
//! The engine thread makes the bytes between two pieces of work and hands them to the journal, in the order of what is written.
//! The journal knows where in the log that is, and passes them on when all before it is on disk. A third thread ([`desk`]) waits until
//! the records have what was told, adds what watchers can still ask for, and writes the file: nobody waits for it. A start takes
//! the latest snapshot that fits (`engine_task::resume`), then the log from there.

pub mod desk;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::picture::Farewell;
use super::work::{FeedName, Standing};
use crate::alert::Alert;
use crate::feed::sensor::SensorKind;
use crate::store::snapshot::SnapshotStore;
use crate::units::{EventTime, TrackId};

/// Which sources this program was built from, as far as a snapshot hangs on them: another program reads the log instead.
pub const EDITION: &str = env!("SHOREWATCH_STATE_EDITION");

/// Where the snapshots of a store are, and when one is due.
#[derive(Clone, Debug)]
pub struct Snapshots {
    /// The files.
    pub store: SnapshotStore,
    /// How far apart they are.
    pub interval: Duration,
    /// Name of the area that the server watches.
    pub area: String,
    /// How they do.
    pub health: Arc<SnapshotHealth>,
}

/// How the writing of snapshots does, for `/metrics`.
#[derive(Debug, Default)]
pub struct SnapshotHealth {
    written: AtomicU64,
    failed: AtomicU64,
    bytes: AtomicU64,
    held_up_us: AtomicU64,
    wrote_us: AtomicU64,
}

/// The same at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SnapshotReport {
    /// Snapshots written since the start.
    pub written: u64,
    /// Snapshots that could not be written since the start.
    pub failed: u64,
    /// Length of the last in bytes.
    pub bytes: u64,
    /// For how long the last held the engine up.
    pub held_up: Duration,
    /// How long the last took to write, the wait for the records included.
    pub wrote: Duration,
}

impl SnapshotHealth {
    fn count_written(&self, bytes: u64, held_up: Duration, wrote: Duration) {
        let micros = |span: Duration| u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        self.bytes.store(bytes, Ordering::Relaxed);
        self.held_up_us.store(micros(held_up), Ordering::Relaxed);
        self.wrote_us.store(micros(wrote), Ordering::Relaxed);
        self.written.fetch_add(1, Ordering::Relaxed);
    }

    /// One could not be made or written.
    pub(super) fn count_failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    /// How they do now.
    pub fn report(&self) -> SnapshotReport {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        SnapshotReport {
            written: load(&self.written),
            failed: load(&self.failed),
            bytes: load(&self.bytes),
            held_up: Duration::from_micros(load(&self.held_up_us)),
            wrote: Duration::from_micros(load(&self.wrote_us)),
        }
    }
}

/// What the engine thread hands over.
#[derive(Debug)]
pub struct Captured {
    /// `TaskState`, then the state of the core.
    pub state: Vec<u8>,
    /// A digest of the settings.
    pub settings: String,
    /// How long it took to make.
    pub held_up: Duration,
}

/// What the engine task knows beside its core.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TaskState {
    pub(super) feeds: Vec<FeedState>,
    /// Whether the server stamps records (true) or they say when they were received; `None` before the first.
    pub(super) stamped: Option<bool>,
    pub(super) now: EventTime,
    pub(super) zones_changed: Option<String>,
    /// The entry of the records after which the register stood so that holds.
    pub(super) register: i64,
    /// The latest instant of which history has points.
    pub(super) points_until: Option<EventTime>,
}

/// One feed, in the order of numbers.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FeedState {
    pub(super) name: FeedName,
    pub(super) kind: SensorKind,
    pub(super) standing: Standing,
    pub(super) last_sequence: Option<u64>,
}

/// What watchers can still ask for, beside the picture.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Boards {
    /// The alerts on the board, in the order of their latest change.
    pub(super) alerts: Vec<Alert>,
    /// How the latest ended tracks ended, in order.
    pub(super) farewells: Vec<(TrackId, Farewell)>,
}
