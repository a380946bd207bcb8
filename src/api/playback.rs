//! A recording as parcels for a server: in order of receipt, at the speed asked for.

#![allow(clippy::disallowed_types)]

use std::io;
use std::str::FromStr;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::sender::{Introduction, OutRecord, Parcel};
use crate::feed::sensor::SensorKind;
use crate::recording::{FeedEnd, RawRecord, RecordStream, Recording};
use crate::serve::limits::{BATCH_RECORDS_MAX, MESSAGE_BYTES_MAX};
use crate::serve::work::{FeedName, Payload};
use crate::units::EventTime;

/// Parcels that wait to be sent: enough that reading and sending overlap.
const PARCELS_AHEAD: usize = 4;
/// Bytes of payload in one batch: with the frame of each record about it, it stays below the limit of a message.
const BATCH_BYTES_MAX: usize = MESSAGE_BYTES_MAX / 2;
/// Bytes that a record takes on the wire beside its payload, at most.
const RECORD_FRAME_BYTES: usize = 32;
/// How often a paced playback looks at the clock.
const PACE_STEP: Duration = Duration::from_millis(50);
/// Event time after which a paced playback says how far time has gone, in milliseconds.
const ADVANCE_STEP_MS: i64 = 1_000;

/// How fast a recording is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// As fast as the server takes it.
    Max,
    /// So many times as fast as it was recorded.
    Times(f64),
}

impl FromStr for Speed {
    type Err = String;

    /// Reads `max`, `0` (the same), or a number above 0.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse::<f64>() {
            _ if text == "max" => Ok(Self::Max),
            Ok(0.0) => Ok(Self::Max),
            Ok(times) if times > 0.0 && times.is_finite() => Ok(Self::Times(times)),
            _ => Err(format!("'{text}' is no speed: give a number above 0 (1 is as recorded), or max")),
        }
    }
}

/// How a recording is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// How fast.
    pub speed: Speed,
    /// Records in a batch, at most.
    pub batch: usize,
}

/// How a playback ended.
#[derive(Clone, Debug, Default)]
pub struct Played {
    /// How each feed of the recording ended, in their order; `None` for one that could not be opened.
    pub feeds: Vec<Option<FeedEnd>>,
}

/// The feeds of a recording, as they introduce themselves to a server.
///
/// # Errors
/// The name of a feed that a server would not take.
pub fn introductions(recording: &Recording) -> Result<Vec<Introduction>, String> {
    let introduction = |feed: &crate::recording::Feed| {
        let name = FeedName::new(&feed.name).ok_or_else(|| {
            format!("'{}' is no name for a feed: rename it to letters, digits, '-', '_' and '.'", feed.name)
        })?;
        Ok(Introduction { name, kind: feed.kind })
    };
    recording.feeds.iter().map(introduction).collect()
}

/// Starts to play a recording in a thread of its own, and gives its parcels.
///
/// # Errors
/// When the system gives no thread.
pub fn start(recording: Recording, pace: Pace) -> io::Result<(mpsc::Receiver<Parcel>, JoinHandle<Played>)> {
    let (parcels, queue) = mpsc::channel(PARCELS_AHEAD);
    let thread = thread::Builder::new().name("playback".to_owned()).spawn(move || {
        let mut player = Player {
            kinds: recording.feeds.iter().map(|feed| feed.kind).collect(),
            records: recording.records(),
            batch_max: pace.batch.clamp(1, BATCH_RECORDS_MAX),
            batch: Vec::new(),
            batch_bytes: 0,
            parcels,
        };
        // Nobody listens any more: the sender has failed and says why.
        let _ = player.play(&recording, pace.speed);
        Played { feeds: player.records.ends() }
    })?;
    Ok((queue, thread))
}

/// Nobody takes the parcels any more.
struct Unwanted;

struct Player {
    kinds: Vec<SensorKind>,
    records: RecordStream,
    batch_max: usize,
    batch: Vec<OutRecord>,
    batch_bytes: usize,
    parcels: mpsc::Sender<Parcel>,
}

impl Player {
    fn play(&mut self, recording: &Recording, speed: Speed) -> Result<(), Unwanted> {
        let Some(first) = self.records.next_received() else { return Ok(()) };
        let last = match speed {
            Speed::Max => self.play_until(None)?,
            Speed::Times(times) => self.play_paced(recording.start.unwrap_or(first), times)?,
        };
        self.flush()?;
        // As far as replay goes.
        self.send(Parcel::Advance(recording.closing_at(recording.start_at(first), last.unwrap_or(first))))
    }

    /// Plays in the rhythm of the recording, `times` as fast, and says when the last of it was received.
    fn play_paced(&mut self, start: EventTime, times: f64) -> Result<Option<EventTime>, Unwanted> {
        let (begun, mut last, mut said) = (Instant::now(), None, start);
        while let Some(next) = self.records.next_received() {
            let horizon = start.plus_seconds(begun.elapsed().as_secs_f64() * times);
            if next > horizon {
                let wait = Duration::try_from_secs_f64(next.seconds_since(horizon) / times);
                thread::sleep(wait.unwrap_or(PACE_STEP).min(PACE_STEP));
                if horizon.millis_since(said) >= ADVANCE_STEP_MS {
                    said = horizon;
                    self.send(Parcel::Advance(horizon))?;
                }
                continue;
            }
            last = self.play_until(Some(horizon))?.max(last);
            self.flush()?;
        }
        Ok(last)
    }

    /// Sends what was received up to `horizon` (or all), and says when the last of it was received.
    fn play_until(&mut self, horizon: Option<EventTime>) -> Result<Option<EventTime>, Unwanted> {
        let mut last = None;
        while self.records.next_received().is_some_and(|next| horizon.is_none_or(|horizon| next <= horizon)) {
            let Some(record) = self.records.next_record() else { break };
            last = Some(record.received);
            self.add(record)?;
        }
        Ok(last)
    }

    fn add(&mut self, record: RawRecord) -> Result<(), Unwanted> {
        let bytes = record.bytes.len() + RECORD_FRAME_BYTES;
        if self.batch.len() >= self.batch_max || self.batch_bytes + bytes > BATCH_BYTES_MAX {
            self.flush()?;
        }
        let Some(&kind) = self.kinds.get(record.feed) else { return Ok(()) };
        let payload = Payload::of_record(kind, Bytes::from(record.bytes));
        self.batch_bytes += bytes;
        self.batch.push(OutRecord {
            feed: record.feed as u32,
            sequence: record.sequence,
            received: Some(record.received),
            payload,
        });
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Unwanted> {
        self.batch_bytes = 0;
        let batch = std::mem::take(&mut self.batch);
        if batch.is_empty() { Ok(()) } else { self.send(Parcel::Records(batch)) }
    }

    fn send(&self, parcel: Parcel) -> Result<(), Unwanted> {
        self.parcels.blocking_send(parcel).map_err(|_| Unwanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_is_a_number_above_0_or_max() {
        assert_eq!("max".parse(), Ok(Speed::Max));
        assert_eq!("0".parse(), Ok(Speed::Max));
        assert_eq!("2.5".parse(), Ok(Speed::Times(2.5)));
        for bad in ["-1", "NaN", "inf", "fast", ""] {
            assert!(bad.parse::<Speed>().is_err(), "{bad}");
        }
    }
}
