//! What a log knows at its end: the area, the feeds and how far each was taken.

use super::entry::{Entry, FeedEntry};
use crate::units::EventTime;

/// Follows a log entry by entry.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogState {
    /// Name of the area's folder in the store; empty before the first.
    pub area: String,
    /// Name of the change of the zones that holds; empty: none.
    pub zones: String,
    /// The entry of the records after which the register stood so that holds; 0: there is none.
    pub register: i64,
    /// The feeds, by number.
    pub feeds: Vec<FeedEntry>,
    /// Receipt of the last record or advance.
    pub received: Option<EventTime>,
    /// Whether the server stamped the records (true) or a recording did; `None` before the first.
    pub stamped: Option<bool>,
    /// The number of the next track, as far as the log says; 0 before the first.
    pub next_track: u64,
    /// Records of feeds that are not known: only a log with damage has such.
    pub orphans: u64,
}

impl LogState {
    /// Takes the next entry.
    pub fn apply(&mut self, entry: &Entry<'_>) {
        match entry {
            Entry::Area(name) => self.area.clone_from(name),
            Entry::Zones(name) => self.zones.clone_from(name),
            Entry::Register(sequence) => self.register = *sequence,
            Entry::Feed(feed) => {
                let next = self.feeds.len() == usize::from(feed.number);
                match self.feed_mut(feed.number) {
                    Some(known) => known.clone_from(feed),
                    None if next => self.feeds.push(feed.clone()),
                    None => self.orphans += 1,
                }
            }
            Entry::Record(record) => {
                self.received = Some(record.received);
                self.stamped = Some(record.stamped);
                match self.feed_mut(record.feed) {
                    Some(feed) => feed.last_sequence = Some(record.sequence),
                    None => self.orphans += 1,
                }
            }
            Entry::Advance(until) => self.received = Some(*until),
            Entry::Gap { feed, last, .. } => {
                if let Some(feed) = self.feed_mut(*feed) {
                    feed.last_sequence = Some(*last);
                }
            }
            Entry::Tracks(next) => self.next_track = *next,
            Entry::Durable | Entry::Officer { .. } | Entry::Stated { .. } | Entry::Sealed { .. } => {}
        }
    }

    fn feed_mut(&mut self, number: u16) -> Option<&mut FeedEntry> {
        self.feeds.get_mut(usize::from(number))
    }

    /// The entries that each segment begins with, so that it can be read without those before it.
    pub fn preamble(&self) -> impl Iterator<Item = Entry<'static>> + '_ {
        let zones = (!self.zones.is_empty()).then(|| Entry::Zones(self.zones.clone()));
        let register = (self.register > 0).then_some(Entry::Register(self.register));
        let feeds = self.feeds.iter().cloned().map(Entry::Feed);
        let tracks = (self.next_track > 0).then_some(Entry::Tracks(self.next_track));
        std::iter::once(Entry::Area(self.area.clone())).chain(zones).chain(register).chain(feeds).chain(tracks)
    }
}
