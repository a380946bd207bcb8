//! The collector: takes the feeds of sensors from sockets, serial lines and files, and sends them to a server.
//!
//! It runs beside the sensors, or in the server's own process. Each source of `sources.toml` has one supervised task; records
//! go through one bounded queue into batches, and the sender of [`crate::api::sender`] keeps what is not acknowledged and
//! sends it again. It decodes nothing: what a record means, and whether it can be used, is the server's business, the same
//! as for recordings.

pub mod config;
mod error;
pub mod health;
mod records;
mod transport;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout, timeout_at};

pub use config::Sources;
pub use error::CollectError;
pub use health::{Health, HealthReport};

use self::health::Change;
use self::transport::{Collected, Intake, supervise};
use crate::api::sender::{Introduction, OutRecord, Parcel, Sent, send_live};
use crate::feed::SensorKind;
use crate::serve::clock::now;
use crate::serve::limits::SHUTDOWN_GRACE;
use crate::serve::work::Payload;

/// Records that wait for the server: an hour of a quiet coast, minutes of a busy one.
const QUEUE_RECORDS: usize = 65_536;
/// Records of one batch.
const BATCH_RECORDS: usize = 500;
/// Bytes of one batch.
const BATCH_BYTES: usize = 1 << 20;
/// A batch that is not full goes after this.
const BATCH_WAIT: Duration = Duration::from_millis(100);
/// Batches that wait for the sender.
const PARCELS: usize = 16;
/// How often silence is looked for.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// A collector that is to be run: its sources with their counters.
#[derive(Clone, Debug)]
pub struct Collector {
    sources: Sources,
    health: Vec<Arc<Health>>,
}

impl Collector {
    /// A collector of these sources.
    pub fn new(sources: Sources) -> Self {
        let began = now();
        let health = sources.sources.iter().map(|source| Arc::new(Health::new(source, began))).collect();
        Self { sources, health }
    }

    /// What each source has done so far, in the order of the file.
    pub fn report(&self) -> Vec<HealthReport> {
        self.health.iter().map(|health| health.report()).collect()
    }

    /// Collects and sends to the server at `url` until all sources have ended, or `stop` comes. A server that cannot be reached
    /// is tried again for ever.
    ///
    /// # Errors
    /// [`CollectError`] when the server refuses the feeds for good.
    pub async fn run(&self, url: &str, stop: impl Future<Output = ()> + Send) -> Result<Sent, CollectError> {
        let (give, taken) = mpsc::channel(QUEUE_RECORDS);
        let mut tasks = JoinSet::new();
        for ((source, health), number) in self.sources.sources.iter().zip(&self.health).zip(0..) {
            let intake = Intake { number, source: source.clone(), health: Arc::clone(health), records: give.clone() };
            tasks.spawn(supervise(intake));
        }
        // The queue ends with the last source.
        drop(give);
        let (parcels, to_send) = mpsc::channel(PARCELS);
        let introductions =
            self.sources.sources.iter().map(|source| Introduction { name: source.name.clone(), kind: source.kind });
        let introductions: Vec<Introduction> = introductions.collect();
        let kinds = introductions.iter().map(|introduction| introduction.kind).collect();
        let (say_stop, stopping) = oneshot::channel();
        let batching = tokio::spawn(batches(taken, parcels, kinds, stopping));
        // What was sent is known even when the server does not answer to the end.
        let latest = Arc::new(Mutex::new(Sent::default()));
        let note = Arc::clone(&latest);
        let sending = send_live(url, introductions, to_send, move |sent| {
            if let Ok(mut latest) = note.lock() {
                latest.clone_from(sent);
            }
        });
        let looking = self.look_for_silence();
        tokio::pin!(stop, sending, looking);
        let sent = tokio::select! {
            sent = &mut sending => sent,
            () = &mut looking => unreachable!("it looks for ever"),
            () = &mut stop => {
                tasks.shutdown().await;
                // Closes the queue: what is in it is still sent, if the server can be reached, and threads that read end.
                let _ = say_stop.send(());
                match timeout(SHUTDOWN_GRACE, &mut sending).await {
                    Ok(sent) => sent,
                    Err(_) => Ok(latest.lock().map(|latest| latest.clone()).unwrap_or_default()),
                }
            }
        };
        batching.abort();
        Ok(sent?)
    }

    async fn look_for_silence(&self) {
        let mut ticks = interval(LOOK_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            for health in &self.health {
                match health.look(now()) {
                    Some(Change::Silent) => tracing::warn!(source = health.name(), "silent: nothing comes from it"),
                    Some(Change::Speaks) => tracing::info!(source = health.name(), "speaks again"),
                    None => {}
                }
            }
        }
    }
}

/// Numbers records and puts them into batches: full ones at once, others after a tenth of a second.
async fn batches(
    mut taken: mpsc::Receiver<Collected>,
    parcels: mpsc::Sender<Parcel>,
    kinds: Vec<SensorKind>,
    stopping: oneshot::Receiver<()>,
) {
    let mut next = vec![0_u64; kinds.len()];
    let mut stopping = Some(stopping);
    loop {
        let first = match &mut stopping {
            None => taken.recv().await,
            Some(stop) => tokio::select! {
                first = taken.recv() => first,
                _ = stop => {
                    stopping = None;
                    taken.close();
                    continue;
                }
            },
        };
        let Some(first) = first else { return };
        let until = Instant::now() + BATCH_WAIT;
        let (mut batch, mut bytes, mut record) = (Vec::new(), 0, Some(first));
        while let Some(Collected { source, bytes: content }) = record.take() {
            let index = source as usize;
            if let (Some(sequence), Some(&kind)) = (next.get_mut(index), kinds.get(index)) {
                bytes += content.len();
                let payload = Payload::of_record(kind, Bytes::from(content));
                batch.push(OutRecord { feed: source, sequence: *sequence, received: None, payload });
                *sequence += 1;
            }
            if batch.len() < BATCH_RECORDS && bytes < BATCH_BYTES {
                record = timeout_at(until, taken.recv()).await.ok().flatten();
            }
        }
        if parcels.send(Parcel::Records(batch)).await.is_err() {
            return;
        }
    }
}
