//! One feed of a recording: its raw records in file order, each with the instant of its receipt.

use std::io;

use super::framing::{Cut, Cutter};
use super::times::RecordTimes;
use super::{Feed, Recording};
use crate::feed::Place;
use crate::feed::order::ReceiptClock;
use crate::units::{EventTime, SensorId};

/// A raw record with the instant of its receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawRecord {
    /// Which feed of the recording, counted from 0.
    pub feed: usize,
    /// Number of the record in its feed, counted from 0.
    pub sequence: u64,
    /// When it was received.
    pub received: EventTime,
    /// Number of the line from 1, or offset of the block.
    pub place: u64,
    /// The bytes as the sensor sent them.
    pub bytes: Vec<u8>,
}

/// How a feed ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FeedEnd {
    /// Raw records cut out of the file.
    pub records: u64,
    /// Records whose clock jumped ahead and was not believed.
    pub suspects: u64,
    /// Why the file ended early: what, at which byte of its content.
    pub fault: Option<(String, u64)>,
    /// What a capture holds that is no datagram, with how many and where the first is.
    pub capture_refusals: Vec<(&'static str, u64, Option<Place>)>,
}

/// Reads one feed.
pub(super) struct FeedStream {
    feed: usize,
    cutter: Cutter,
    times: RecordTimes,
    clock: ReceiptClock<Cut>,
    /// Tells the date before any record was believed.
    reference: EventTime,
    sequence: u64,
    ended: bool,
}

impl FeedStream {
    pub(super) fn open(number: usize, feed: &Feed, recording: &Recording, reference: EventTime) -> io::Result<Self> {
        Ok(Self {
            feed: number,
            cutter: Cutter::open(&feed.path, feed.framing)?,
            times: RecordTimes::new(
                feed.kind,
                feed.times,
                feed.sensor.unwrap_or(SensorId(u16::MAX)),
                &recording.sensors,
            ),
            clock: ReceiptClock::new(recording.span()),
            reference,
            sequence: 0,
            ended: false,
        })
    }

    /// The next record; `None` at the end.
    pub(super) fn next_record(&mut self) -> Option<RawRecord> {
        loop {
            if let Some(stamped) = self.clock.pop() {
                let sequence = self.sequence;
                self.sequence += 1;
                let Cut { bytes, place, .. } = stamped.item;
                return Some(RawRecord { feed: self.feed, sequence, received: stamped.received, place, bytes });
            }
            if self.ended {
                return None;
            }
            match self.cutter.next_cut() {
                Some(cut) => {
                    let reference = self.clock.latest().unwrap_or(self.reference);
                    let time = cut.received.or_else(|| self.times.of(&cut.bytes, cut.place, reference));
                    self.clock.push(cut, time);
                }
                None => {
                    self.ended = true;
                    self.clock.finish();
                }
            }
        }
    }

    /// How it ended, or stands now.
    pub(super) fn end(&self) -> FeedEnd {
        FeedEnd {
            records: self.sequence,
            suspects: self.clock.suspects(),
            fault: self.cutter.fault().map(|fault| (fault.what.clone(), fault.offset)),
            capture_refusals: self.cutter.capture_refusals(),
        }
    }
}
