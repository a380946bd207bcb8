//! A recording through the engine: tracks and alerts out, with a summary of all that came in.
//!
//! The result depends on the recording alone. With two threads one reads and decodes, the other fuses; the observations
//! reach the engine in the same order, so the output is the same to the byte.

mod clock;
mod decimal;
mod explain;
mod output;
mod progress;
mod summary;
mod trial;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

pub use explain::{Explanation, explain};
pub use output::{OutputError, PictureLog};
pub use progress::Progress;
pub use summary::{FeedSummary, Summary};
pub use trial::{Trial, trial};

use crate::chart::Chart;
use crate::engine::{Engine, EngineConfig, EngineEvent, PICTURE_INTERVAL_MS};
use crate::feed::{DecodeReport, FeedDecoder, Observation};
use crate::recording::{FeedEnd, RawRecord, RecordStream, Recording, RefusedFeed};
use crate::units::{EventTime, SensorId};

/// Observations that go from the decoding thread to the fusing one at a time.
const BATCH: usize = 2_048;
/// Batches under way between the two.
const BATCHES: usize = 4;
/// The most threads that are of use: one that decodes, one that fuses.
pub const THREADS_MAX: usize = 2;

/// Stands for the sensor of a radar or camera feed of which none is known: no record will be found to be of it.
const NOBODY: SensorId = SensorId(u16::MAX);

/// How to replay.
#[derive(Clone, Debug)]
pub struct ReplayOptions {
    /// Where `tracks.csv` and `alerts.jsonl` go.
    pub out: PathBuf,
    /// Whether `uncertainty.csv` is written beside them: how sure each row of `tracks.csv` is.
    pub uncertainty: bool,
    /// 1: all in one thread; 2 or more: decoding in another.
    pub threads: usize,
    /// Settings of the core; its origin is set to the recording's start.
    pub engine: EngineConfig,
}

/// Why a replay cannot be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The output cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// Nothing to replay.
    #[error("no feed gave a single record{0}")]
    Nothing(String),
}

/// Replays a recording on a chart (see [`Recording::chart`]).
///
/// # Errors
/// [`ReplayError`] when the output cannot be written, or no file holds a single record. Damage to single records or feeds is
/// in the summary.
pub fn replay(
    recording: &Recording,
    chart: &Arc<Chart>,
    options: &ReplayOptions,
    progress: &mut Progress,
) -> Result<Summary, ReplayError> {
    let watch = clock::Watch::start();
    let stream = recording.records();
    let Some(first) = stream.next_received() else {
        return Err(ReplayError::Nothing(why_nothing(recording, stream.refused())));
    };
    let start = recording.start_at(first);
    let log = PictureLog::create(&options.out, start, recording.duration_ms)?;
    let log = if options.uncertainty { log.with_uncertainty()? } else { log };
    let config = EngineConfig { origin: Some(start), ..options.engine.clone() };
    let mut run = Run { engine: Engine::new(config, Arc::clone(chart), recording.sensors.clone()), log };
    progress.begin(start, recording.duration_ms);
    let decoded = if options.threads < THREADS_MAX {
        let mut source = Decoding::new(recording, stream);
        let mut batch = Vec::new();
        while source.fill(&mut batch) {
            run.take(batch.drain(..), progress)?;
        }
        source.finish()
    } else {
        two_threads(recording, stream, &mut run, progress)?
    };
    run.engine.advance(recording.closing_at(start, decoded.last_received.unwrap_or(first)));
    run.write()?;
    run.log.finish()?;
    progress.end();
    Ok(Summary::new(recording, chart, start, &decoded, &run.engine, &run.log, watch.elapsed()))
}

/// The fusing half.
struct Run {
    engine: Engine,
    log: PictureLog,
}

impl Run {
    fn take(&mut self, batch: impl Iterator<Item = Observation>, progress: &mut Progress) -> Result<(), OutputError> {
        for observation in batch {
            self.engine.push(observation);
        }
        self.write()?;
        if let Some(now) = self.engine.now() {
            progress.reach(now);
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), OutputError> {
        self.engine.drain_events().try_for_each(|event| match event {
            EngineEvent::Alert(event) => {
                self.log.alert(event.alert);
                Ok(())
            }
            event => self.log.event(&event),
        })
    }
}

/// What came of reading and decoding.
#[derive(Debug, Default)]
struct Decoded {
    reports: Vec<DecodeReport>,
    ends: Vec<Option<FeedEnd>>,
    refused: Vec<RefusedFeed>,
    /// When the last record was received, whether or not it could be read.
    last_received: Option<EventTime>,
}

/// The decoding half.
struct Decoding {
    stream: RecordStream,
    decoders: Vec<FeedDecoder>,
    last_received: Option<EventTime>,
}

impl Decoding {
    fn new(recording: &Recording, stream: RecordStream) -> Self {
        let decoders = recording
            .feeds
            .iter()
            .map(|feed| FeedDecoder::new(feed.kind, feed.sensor.unwrap_or(NOBODY), &recording.sensors));
        Self { stream, decoders: decoders.collect(), last_received: None }
    }

    /// Fills an empty batch with the next observations; false when there are no more records.
    fn fill(&mut self, batch: &mut Vec<Observation>) -> bool {
        while batch.len() < BATCH {
            let Some(RawRecord { feed, received, place, bytes, .. }) = self.stream.next_record() else {
                return !batch.is_empty();
            };
            self.last_received = Some(received);
            if let Some(decoder) = self.decoders.get_mut(feed) {
                decoder.decode(&bytes, place, received, |observation| batch.push(observation));
            }
        }
        true
    }

    fn finish(mut self) -> Decoded {
        self.decoders.iter_mut().for_each(FeedDecoder::finish);
        Decoded {
            reports: self.decoders.iter().map(FeedDecoder::report).collect(),
            ends: self.stream.ends(),
            refused: self.stream.refused().to_vec(),
            last_received: self.last_received,
        }
    }
}

fn two_threads(
    recording: &Recording,
    stream: RecordStream,
    run: &mut Run,
    progress: &mut Progress,
) -> Result<Decoded, OutputError> {
    let mut source = Decoding::new(recording, stream);
    let (full, batches) = sync_channel::<Vec<Observation>>(BATCHES);
    let (empty, used): (_, Receiver<Vec<Observation>>) = sync_channel(BATCHES + 2);
    thread::scope(|scope| {
        let decoding = scope.spawn(move || {
            loop {
                let mut batch = used.try_recv().unwrap_or_default();
                // The other half has gone when its output failed: then there is nothing to decode for.
                if !source.fill(&mut batch) || full.send(batch).is_err() {
                    return source.finish();
                }
            }
        });
        for mut batch in &batches {
            run.take(batch.drain(..), progress)?;
            // When the decoding half has ended nobody needs it.
            let _ = empty.try_send(batch);
        }
        Ok(decoding.join().unwrap_or_default())
    })
}

impl Recording {
    /// When the time of its output is 0: its stated start, else the last full ten seconds of UTC before its first record.
    pub fn start_at(&self, first_received: EventTime) -> EventTime {
        let into_ms = first_received.as_millis().rem_euclid(PICTURE_INTERVAL_MS);
        self.start.unwrap_or_else(|| first_received.plus_millis(-into_ms))
    }

    /// Up to when the engine is driven: the stated end, and no less than the first instant of the picture at or after the
    /// last record.
    pub fn closing_at(&self, start: EventTime, last_received: EventTime) -> EventTime {
        let length_ms = last_received.millis_since(start).max(self.duration_ms.unwrap_or(0));
        let instants = length_ms.div_euclid(PICTURE_INTERVAL_MS) + i64::from(length_ms % PICTURE_INTERVAL_MS > 0);
        start.plus_millis(instants * PICTURE_INTERVAL_MS)
    }
}

fn why_nothing(recording: &Recording, refused: &[RefusedFeed]) -> String {
    let mut why = String::new();
    for feed in recording.refused.iter().chain(refused) {
        why.push_str(&format!("\n  {}: {}", feed.name, feed.why));
    }
    if why.is_empty() {
        let files: Vec<String> = recording.feeds.iter().map(|feed| shown(&feed.path)).collect();
        why = format!(": {} hold nothing", files.join(", "));
    }
    why
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
