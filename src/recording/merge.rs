//! All feeds of a recording as one stream in order of receipt.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::stream::{FeedEnd, FeedStream, RawRecord};
use super::{Recording, RefusedFeed};
use crate::units::EventTime;

/// The records of all feeds in order of (receipt, feed, sequence). One record of each feed is read ahead.
pub struct RecordStream {
    feeds: Vec<Option<FeedStream>>,
    heads: Vec<Option<RawRecord>>,
    order: BinaryHeap<Reverse<(EventTime, usize)>>,
    refused: Vec<RefusedFeed>,
}

impl RecordStream {
    pub(super) fn open(recording: &Recording) -> Self {
        let reference = recording.start.or(recording.reference).unwrap_or_default();
        let mut refused = Vec::new();
        let feeds = recording.feeds.iter().enumerate().map(|(number, feed)| {
            FeedStream::open(number, feed, recording, reference)
                .map_err(|error| {
                    let why = format!("{} cannot be opened: {error}", feed.path.display());
                    refused.push(RefusedFeed { name: feed.name.clone(), why });
                })
                .ok()
        });
        let feeds: Vec<_> = feeds.collect();
        let mut stream = Self { heads: vec![None; feeds.len()], order: BinaryHeap::new(), feeds, refused };
        (0..stream.feeds.len()).for_each(|feed| stream.refill(feed));
        stream
    }

    /// The next record of any feed; `None` when all have ended.
    pub fn next_record(&mut self) -> Option<RawRecord> {
        let Reverse((_, feed)) = self.order.pop()?;
        let record = self.heads.get_mut(feed).and_then(Option::take);
        self.refill(feed);
        record
    }

    /// When the next record was received; `None` when all feeds have ended.
    pub fn next_received(&self) -> Option<EventTime> {
        self.order.peek().map(|Reverse((received, _))| *received)
    }

    /// How each feed ended or stands now, in the order of the recording's feeds; `None` for one that could not be opened.
    pub fn ends(&self) -> Vec<Option<FeedEnd>> {
        self.feeds.iter().map(|feed| feed.as_ref().map(FeedStream::end)).collect()
    }

    /// The feeds that could not be opened.
    pub fn refused(&self) -> &[RefusedFeed] {
        &self.refused
    }

    fn refill(&mut self, feed: usize) {
        let next = self.feeds.get_mut(feed).and_then(Option::as_mut).and_then(FeedStream::next_record);
        if let Some(record) = &next {
            self.order.push(Reverse((record.received, feed)));
        }
        if let Some(head) = self.heads.get_mut(feed) {
            *head = next;
        }
    }
}
