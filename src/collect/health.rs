//! What a collector knows of each of its sources: counters, the last byte, and whether it is silent.

use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::config::Source;
use crate::units::EventTime;

/// What a source has done so far. Its task counts; anyone may look.
#[derive(Debug)]
pub struct Health {
    name: String,
    silent_after: Duration,
    /// When the collector began: a source that never spoke is silent from here.
    began: EventTime,
    bytes: AtomicU64,
    records: AtomicU64,
    dropped: AtomicU64,
    foreign: AtomicU64,
    connections: AtomicU64,
    connected: AtomicBool,
    ended: AtomicBool,
    silent: AtomicBool,
    last_ms: AtomicU64,
    trouble: Mutex<Option<String>>,
}

/// A look at a source.
#[derive(Clone, Debug, PartialEq)]
pub struct HealthReport {
    /// Its name.
    pub name: String,
    /// Bytes that came.
    pub bytes: u64,
    /// Records cut out of them.
    pub records: u64,
    /// Records given up because the server could not be reached for too long.
    pub dropped: u64,
    /// Datagrams of IEC 61162-450 that carry no sentences.
    pub foreign: u64,
    /// How often it was connected or opened.
    pub connections: u64,
    /// It is connected or open now.
    pub connected: bool,
    /// It has come to its end, as files do.
    pub ended: bool,
    /// Nothing has come for longer than it may be silent.
    pub silent: bool,
    /// When the last byte came.
    pub last: Option<EventTime>,
    /// What went wrong last.
    pub trouble: Option<String>,
}

/// A source that has just fallen silent, or speaks again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It has fallen silent.
    Silent,
    /// It speaks again.
    Speaks,
}

impl Health {
    /// Nothing has come yet.
    pub fn new(source: &Source, began: EventTime) -> Self {
        Self {
            name: source.name.to_string(),
            silent_after: source.silent_after,
            began,
            bytes: AtomicU64::new(0),
            records: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            foreign: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            connected: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            silent: AtomicBool::new(false),
            last_ms: AtomicU64::new(0),
            trouble: Mutex::new(None),
        }
    }

    /// It is connected, or open.
    pub fn connect(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
        self.connected.store(true, Ordering::Relaxed);
    }

    /// It is not connected any more.
    pub fn disconnect(&self, trouble: Option<String>) {
        self.connected.store(false, Ordering::Relaxed);
        if trouble.is_some()
            && let Ok(mut last) = self.trouble.lock()
        {
            *last = trouble;
        }
    }

    /// It has come to its end.
    pub fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
        self.connected.store(false, Ordering::Relaxed);
    }

    /// Bytes came.
    pub fn receive(&self, bytes: usize, at: EventTime) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        self.last_ms.store(at.as_millis().max(0) as u64, Ordering::Relaxed);
    }

    /// A record was cut out of them.
    pub fn record(&self) {
        self.records.fetch_add(1, Ordering::Relaxed);
    }

    /// A record was given up.
    pub fn drop_record(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    /// How many foreign datagrams came so far.
    pub fn set_foreign(&self, count: u64) {
        self.foreign.store(count, Ordering::Relaxed);
    }

    /// Looks whether it is silent; tells when that has changed since the last look.
    pub fn look(&self, now: EventTime) -> Option<Change> {
        let last = match self.last_ms.load(Ordering::Relaxed) {
            0 => self.began,
            millis => EventTime::from_millis(millis as i64),
        };
        let limit_ms = self.silent_after.as_millis() as i64;
        let silent = !self.ended.load(Ordering::Relaxed) && now.millis_since(last) > limit_ms;
        match (self.silent.swap(silent, Ordering::Relaxed), silent) {
            (false, true) => Some(Change::Silent),
            (true, false) => Some(Change::Speaks),
            _ => None,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it has done so far.
    pub fn report(&self) -> HealthReport {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let last_ms = count(&self.last_ms);
        HealthReport {
            name: self.name.clone(),
            bytes: count(&self.bytes),
            records: count(&self.records),
            dropped: count(&self.dropped),
            foreign: count(&self.foreign),
            connections: count(&self.connections),
            connected: self.connected.load(Ordering::Relaxed),
            ended: self.ended.load(Ordering::Relaxed),
            silent: self.silent.load(Ordering::Relaxed),
            last: (last_ms > 0).then(|| EventTime::from_millis(last_ms as i64)),
            trouble: self.trouble.lock().ok().and_then(|last| last.clone()),
        }
    }
}

/// One line for an operator.
impl fmt::Display for HealthReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match (self.ended, self.connected, self.silent) {
            (true, _, _) => "ended",
            (false, _, true) => "SILENT",
            (false, true, false) => "up",
            (false, false, false) => "down",
        };
        write!(f, "{}: {state}, {} records in {} bytes", self.name, self.records, self.bytes)?;
        if let Some(last) = self.last {
            write!(f, ", last at {last}")?;
        }
        if self.connections > 1 {
            write!(f, ", connected {} times", self.connections)?;
        }
        if self.dropped > 0 {
            write!(f, ", {} records given up", self.dropped)?;
        }
        if self.foreign > 0 {
            write!(f, ", {} datagrams without sentences", self.foreign)?;
        }
        match &self.trouble {
            Some(trouble) => write!(f, ", last trouble: {trouble}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::config::Sources;

    #[test]
    fn silence_and_its_end_are_told_once_each() {
        let text = "[[source]]\nname = \"radar1\"\nkind = \"radar\"\nsilent_after_s = 5\nstdin = {}";
        let source = &Sources::parse(text).unwrap().sources[0];
        let at = |seconds: i64| EventTime::from_seconds(1_776_438_400 + seconds);
        let health = Health::new(source, at(0));
        assert_eq!(health.look(at(4)), None);
        assert_eq!(health.look(at(6)), Some(Change::Silent), "it never spoke");
        assert_eq!(health.look(at(7)), None);
        health.receive(10, at(8));
        assert_eq!(health.look(at(9)), Some(Change::Speaks));
        assert_eq!(health.look(at(13)), None);
        assert_eq!(health.look(at(14)), Some(Change::Silent));
        health.end();
        assert_eq!(health.look(at(60)), Some(Change::Speaks), "a file that has ended is not silent");
        assert!(health.report().to_string().starts_with("radar1: ended, 0 records in 10 bytes"));
    }
}
