//! The thread that writes snapshots: it may take its time, and what goes wrong there is told and stops nothing.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};

use super::{Boards, Captured, EDITION, Snapshots};
use crate::serve::clock::Stopwatch;
use crate::serve::hubs::Hubs;
use crate::serve::limits::STORE_RESERVE_BYTES;
use crate::store::log::read::Position;
use crate::store::snapshot::About;

/// The way to the thread.
#[derive(Debug)]
pub struct Desk {
    work: SyncSender<(Position, Box<Captured>)>,
    snapshots: Snapshots,
    thread: JoinHandle<()>,
}

impl Desk {
    /// Starts the thread; what watchers can ask for is in `hubs`.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(snapshots: Snapshots, hubs: Arc<Hubs>) -> io::Result<Self> {
        let (work, queue) = sync_channel::<(Position, Box<Captured>)>(1);
        let task = snapshots.clone();
        let thread = thread::Builder::new().name("snapshot".to_owned()).spawn(move || {
            while let Ok((position, captured)) = queue.recv() {
                write(&task, &hubs, position, &captured);
            }
        })?;
        Ok(Self { work, snapshots, thread })
    }

    /// Hands over a snapshot whose log up to `position` is on disk. While two are under way a third is left out, unless there is
    /// time to `wait`.
    pub fn hand_over(&self, position: Position, captured: Box<Captured>, wait: bool) {
        if wait {
            // Refused only when the thread is gone.
            let _ = self.work.send((position, captured));
        } else if let Err(TrySendError::Full(_)) = self.work.try_send((position, captured)) {
            self.snapshots.health.count_failed();
            tracing::warn!("a snapshot was left out: the disk has not finished the ones before it");
        }
    }

    /// Waits until all that were handed over are written.
    pub fn finish(self) {
        let Self { work, thread, .. } = self;
        drop(work);
        let _ = thread.join();
    }
}

fn write(snapshots: &Snapshots, hubs: &Hubs, position: Position, captured: &Captured) {
    let watch = Stopwatch::start();
    let result = try_write(snapshots, hubs, position, captured);
    match result {
        Ok((name, bytes)) => {
            let (held_up, wrote) = (captured.held_up, watch.elapsed());
            snapshots.health.count_written(bytes, held_up, wrote);
            tracing::info!(name, bytes, ?held_up, ?wrote, "snapshot written");
        }
        Err(why) => {
            snapshots.health.count_failed();
            tracing::error!(
                why,
                "no snapshot could be written: the server goes on, and the next start reads more of the log"
            );
        }
    }
}

fn try_write(
    snapshots: &Snapshots,
    hubs: &Hubs,
    position: Position,
    captured: &Captured,
) -> Result<(String, u64), String> {
    // A start from here reads nothing before: what was told of it must be on record.
    let record = match &hubs.records {
        Some(desk) => desk.records.settle().map_err(|error| error.to_string())?,
        None => (0, String::new()),
    };
    let free = snapshots.store.free_bytes().map_err(|error| error.to_string())?;
    if free < STORE_RESERVE_BYTES.saturating_add(captured.state.len() as u64) {
        return Err(format!("the disk has {} MiB left, which are kept for what is received", free >> 20));
    }
    let about = About {
        edition: EDITION.to_owned(),
        area: snapshots.area.clone(),
        settings: captured.settings.clone(),
        segment: position.segment,
        offset: position.offset,
        record,
    };
    let boards = Boards { alerts: hubs.alerts.posted(), farewells: hubs.picture.farewells() };
    let boards = postcard::to_stdvec(&boards).map_err(|error| error.to_string())?;
    snapshots.store.write(&about, &[&boards, &captured.state]).map_err(|error| error.to_string())
}
