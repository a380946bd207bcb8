//! The thread that writes the input log: what the engine has taken goes to disk in groups, and only then is it acknowledged
//! and are the alerts told that came of it.
//!
//! The engine may be one group ahead of the disk, never more than the bounded queue between the two: a slow disk holds the
//! engine up, the engine the ingest streams, and those their clients. A group is written as soon as the one before it is
//! [`GROUP_INTERVAL`] old, or it has [`GROUP_BYTES_MAX`]: on an idle server at once.
//!
//! A fault of the disk ends the thread, and so the server. Answers that wait are dropped: their records were never
//! acknowledged, and clients send them again.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use super::clock::GroupTimer;
use super::core::{Fatal, PicturePoints};
use super::hubs::Hubs;
use super::limits::{GROUP_BYTES_MAX, GROUP_INTERVAL, JOURNAL_QUEUE};
use super::officer::OfficerWord;
use super::snapshot::Captured;
use super::snapshot::desk::Desk;
use super::work::{Answer, AnswerPlace, Payload, Record};
use crate::alert::Alert;
use crate::fusion::Stated;
use crate::store::history::HistoryWriter;
use crate::store::log::entry::{Entry, FeedEntry, PayloadKind, RecordEntry};
use crate::store::log::read::Position;
use crate::store::log::{LogError, LogWriter};
use crate::units::{EventTime, TrackId};

/// What is to be written.
#[derive(Debug)]
pub enum Write {
    /// Nothing: the answer is about what was written before.
    Nothing,
    /// Records that were taken, each with the receipt that the engine took it by.
    Records {
        /// The records.
        records: Vec<Record>,
        /// Whether the server stamped them.
        stamped: bool,
    },
    /// A new feed.
    Feed(FeedEntry),
    /// Time went on without a record.
    Advance(EventTime),
    /// Records that a client saw acknowledged and that are not in the log.
    Gap {
        /// The feed.
        feed: u16,
        /// The first.
        first: u64,
        /// The last.
        last: u64,
    },
    /// The area that what follows is received in.
    Area(String),
    /// The change of the zones that holds from here on.
    Zones(String),
    /// The register that holds from here on: as the records had it after this entry of theirs.
    Register(i64),
    /// What an officer says of a craft; `None`: nothing any more.
    Stated(TrackId, Option<Stated>),
    /// What an officer knows.
    Officer(OfficerWord),
    /// What the engine knows here. It does not go into the log.
    Snapshot(Box<Captured>),
}

/// One thing to write, and whom to tell when it is on disk.
#[derive(Debug)]
pub struct Item {
    /// What.
    pub write: Write,
    /// The receipt that the engine has reached.
    pub at: EventTime,
    /// The number of the next track.
    pub next_track: u64,
    /// What came of it.
    pub alerts: Vec<Alert>,
    /// Where tracks were, for history.
    pub points: Vec<PicturePoints>,
    /// Who waits for it.
    pub answer: Option<(AnswerPlace, Answer)>,
}

/// The way to the thread.
#[derive(Debug)]
pub struct Journal {
    items: SyncSender<Item>,
    free_bytes: Arc<AtomicU64>,
    fault: Arc<Mutex<Option<LogError>>>,
    thread: JoinHandle<()>,
}

impl Item {
    /// Something that nobody waits for and nothing came of.
    pub fn quiet(write: Write, at: EventTime) -> Self {
        Self { write, at, next_track: 0, alerts: Vec::new(), points: Vec::new(), answer: None }
    }
}

impl Journal {
    /// Starts the thread. Alerts are told through `hubs`, snapshots go to `snapshots`.
    ///
    /// # Errors
    /// When the system gives no thread, or does not say how much room there is.
    pub fn start(
        writer: LogWriter,
        history: HistoryWriter,
        hubs: Arc<Hubs>,
        snapshots: Option<Desk>,
    ) -> Result<Self, Fatal> {
        let free_bytes = Arc::new(AtomicU64::new(writer.free_bytes()?));
        let (items, queue) = sync_channel(JOURNAL_QUEUE);
        let fault = Arc::new(Mutex::new(None));
        let mut task = Task {
            writer,
            history,
            hubs,
            free_bytes: Arc::clone(&free_bytes),
            timer: GroupTimer::new(GROUP_INTERVAL),
            waiting: Vec::new(),
            at: EventTime::from_millis(i64::MIN),
            next_track: 0,
            snapshots,
            snapshot: None,
            ending: false,
        };
        let failed = Arc::clone(&fault);
        let spawned: io::Result<_> = thread::Builder::new().name("journal".to_owned()).spawn(move || {
            let result = task.run(&queue);
            if let Err(error) = result {
                *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            }
            let desk = task.snapshots.take();
            // Only now does the engine notice: the fault is there to be read.
            drop((task, queue));
            if let Some(desk) = desk {
                desk.finish();
            }
        });
        Ok(Self { items, free_bytes, fault, thread: spawned? })
    }

    /// Hands something over. Waits while the disk is behind.
    ///
    /// # Errors
    /// The fault that ended the thread.
    pub fn push(&self, item: Item) -> Result<(), LogError> {
        self.items.send(item).map_err(|_| self.take_fault())
    }

    /// The fault that ended the thread, if one has.
    ///
    /// # Errors
    /// That fault.
    pub fn check(&self) -> Result<(), LogError> {
        if self.thread.is_finished() { Err(self.take_fault()) } else { Ok(()) }
    }

    /// Bytes that may still be written, as seen with the last group.
    pub fn free_bytes(&self) -> u64 {
        self.free_bytes.load(Ordering::Relaxed)
    }

    /// Writes what was handed over, and closes the log.
    ///
    /// # Errors
    /// The fault that ended the thread.
    pub fn finish(self) -> Result<(), LogError> {
        let Self { items, fault, thread, .. } = self;
        drop(items);
        let crashed = thread.join().is_err();
        match fault.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(error),
            None if crashed => Err(LogError::Failed),
            None => Ok(()),
        }
    }

    fn take_fault(&self) -> LogError {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or(LogError::Failed)
    }
}

/// What is told of one item.
struct News {
    alerts: Vec<Alert>,
    answer: Option<(AnswerPlace, Answer)>,
}

struct Task {
    writer: LogWriter,
    history: HistoryWriter,
    hubs: Arc<Hubs>,
    free_bytes: Arc<AtomicU64>,
    timer: GroupTimer,
    /// What is told when the group is on disk, in order.
    waiting: Vec<News>,
    /// The receipt and the number of the next track that the engine has reached.
    at: EventTime,
    next_track: u64,
    /// Where snapshots go.
    snapshots: Option<Desk>,
    /// A snapshot and its place in the log, until all before it is on disk.
    snapshot: Option<(Position, Box<Captured>)>,
    /// Nothing more comes: now there is time to wait.
    ending: bool,
}

impl Task {
    fn run(&mut self, queue: &Receiver<Item>) -> Result<(), LogError> {
        loop {
            let next = if self.waiting.is_empty() && self.writer.group_bytes() == 0 && self.snapshot.is_none() {
                queue.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                queue.recv_timeout(self.timer.left())
            };
            match next {
                Ok(item) => self.take(item)?,
                Err(RecvTimeoutError::Timeout) => self.commit()?,
                Err(RecvTimeoutError::Disconnected) => break,
            }
            // What has come meanwhile goes into the same group.
            while self.writer.group_bytes() < GROUP_BYTES_MAX
                && let Ok(item) = queue.try_recv()
            {
                self.take(item)?;
            }
            if self.timer.left().is_zero() || self.writer.group_bytes() >= GROUP_BYTES_MAX {
                self.commit()?;
            }
        }
        self.ending = true;
        self.commit()?;
        self.history.close()?;
        self.writer.close()
    }

    fn take(&mut self, item: Item) -> Result<(), LogError> {
        let Item { write, at, next_track, alerts, points, answer } = item;
        (self.at, self.next_track) = (self.at.max(at), self.next_track.max(next_track));
        match write {
            Write::Nothing => {}
            Write::Records { records, stamped } => {
                for record in &records {
                    let (kind, bytes) = kind_and_bytes(&record.payload);
                    let received = record.received.unwrap_or(at);
                    let (feed, sequence) = (record.feed.0, record.sequence);
                    let entry = RecordEntry { feed, sequence, received, stamped, kind, bytes };
                    self.writer.append(&Entry::Record(entry), received)?;
                }
            }
            Write::Feed(feed) => self.append(&Entry::Feed(feed), at)?,
            Write::Advance(until) => self.append(&Entry::Advance(until), at)?,
            Write::Gap { feed, first, last } => self.append(&Entry::Gap { feed, first, last }, at)?,
            Write::Area(name) => self.append(&Entry::Area(name), at)?,
            Write::Zones(name) => self.append(&Entry::Zones(name), at)?,
            Write::Register(sequence) => self.append(&Entry::Register(sequence), at)?,
            Write::Stated(track, stated) => {
                // What officers say is checked before it comes here; an object that cannot be written is no entry, and is told.
                let said = stated.as_ref().map(serde_json::to_string).transpose();
                match said {
                    Ok(said) => {
                        self.append(&Entry::Stated { track: track.0, said: said.unwrap_or_default() }, at)?;
                    }
                    Err(error) => tracing::error!(%error, %track, "what an officer said cannot be written"),
                }
            }
            Write::Snapshot(captured) => self.snapshot = Some((self.writer.next_position(), captured)),
            Write::Officer(OfficerWord { alert_id, outcome }) => {
                self.append(&Entry::Officer { at, outcome, alert: alert_id }, at)?;
            }
        }
        for (at, points) in points {
            self.history.append(at, &points)?;
        }
        if answer.is_some() || !alerts.is_empty() {
            self.waiting.push(News { alerts, answer });
        }
        Ok(())
    }

    fn append(&mut self, entry: &Entry<'_>, at: EventTime) -> Result<(), LogError> {
        self.writer.append(entry, at).map(drop)
    }

    /// Makes the group durable, then tells. Alerts do not wait for history: what of that a crash takes is written anew from the log.
    /// Who is acknowledged finds his records in both.
    fn commit(&mut self) -> Result<(), LogError> {
        let due = self.writer.group_bytes() > 0 || self.snapshot.is_some();
        let _span = due.then(|| tracing::debug_span!("commit", bytes = self.writer.group_bytes()).entered());
        if due {
            self.timer.restart();
            // No track of which anybody was told may give its number to another after a start.
            if self.next_track > self.writer.state().next_track {
                self.append(&Entry::Tracks(self.next_track), self.at)?;
            }
            self.writer.commit()?;
        }
        self.free_bytes.store(self.writer.free_bytes()?, Ordering::Relaxed);
        for news in &mut self.waiting {
            for alert in news.alerts.drain(..) {
                self.hubs.tell(alert);
            }
        }
        if due {
            self.history.commit()?;
        }
        for (place, answer) in self.waiting.drain(..).filter_map(|news| news.answer) {
            place.send(answer);
        }
        if let (Some(desk), Some((position, captured))) = (&self.snapshots, self.snapshot.take()) {
            desk.hand_over(position, captured, self.ending);
        }
        Ok(())
    }
}

fn kind_and_bytes(payload: &Payload) -> (PayloadKind, &[u8]) {
    match payload {
        Payload::AisSentence(bytes) => (PayloadKind::AisSentence, bytes),
        Payload::AsterixBlock(bytes) => (PayloadKind::AsterixBlock, bytes),
        Payload::EoJson(bytes) => (PayloadKind::EoJson, bytes),
        Payload::NmeaSentence(bytes) => (PayloadKind::NmeaSentence, bytes),
        Payload::ReportLine(bytes) => (PayloadKind::ReportLine, bytes),
        Payload::OnvifMetadata(bytes) => (PayloadKind::OnvifMetadata, bytes),
        Payload::KlvPacket(bytes) => (PayloadKind::KlvPacket, bytes),
        Payload::Missing => (PayloadKind::Missing, &[]),
        Payload::TooLong => (PayloadKind::TooLong, &[]),
    }
}

/// The payload of a record of the log.
pub fn payload(record: &RecordEntry<'_>) -> Payload {
    let bytes = || bytes::Bytes::copy_from_slice(record.bytes);
    match record.kind {
        PayloadKind::AisSentence => Payload::AisSentence(bytes()),
        PayloadKind::AsterixBlock => Payload::AsterixBlock(bytes()),
        PayloadKind::EoJson => Payload::EoJson(bytes()),
        PayloadKind::NmeaSentence => Payload::NmeaSentence(bytes()),
        PayloadKind::ReportLine => Payload::ReportLine(bytes()),
        PayloadKind::OnvifMetadata => Payload::OnvifMetadata(bytes()),
        PayloadKind::KlvPacket => Payload::KlvPacket(bytes()),
        PayloadKind::Missing => Payload::Missing,
        PayloadKind::TooLong => Payload::TooLong,
    }
}
