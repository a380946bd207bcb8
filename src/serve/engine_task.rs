//! The thread that owns the engine: takes work in the order of one queue, never waits for a watcher or a client.

use std::thread;

use rustc_hash::FxHashMap;
use tokio::sync::{mpsc, oneshot};

use super::clock::{self, Pacer};
use super::core::{Core, Fatal};
use super::hubs::Hubs;
use super::limits::{ENGINE_QUEUE, FEEDS_MAX, RECEIVED_MS, REJECTIONS_PER_ACK, SHOW_INTERVAL};
use super::work::{
    Ack, Answer, AnswerPlace, FeedName, FeedNumber, FeedPosition, Hello, HelloError, Record, Rejection, Standing,
    Welcome,
};
use crate::feed::sensor::SensorKind;
use crate::units::EventTime;

/// Why a record was not taken although it was sound: stable words of the interface.
mod reason {
    /// Records before it are missing: send from the acknowledged position on.
    pub(super) const SEQUENCE_GAP: &str = "sequence_gap";
    /// The server plays a recording, and this record does not say when it was received.
    pub(super) const RECEIVED_MISSING: &str = "received_missing";
    /// The server is live and stamps records itself; this one says when it was received.
    pub(super) const RECEIVED_GIVEN: &str = "received_given";
    /// It says that it was received before 1980 or after 2200.
    pub(super) const RECEIVED_IMPLAUSIBLE: &str = "received_implausible";
    /// A radar or camera that the area does not know: its place is unknown.
    pub(super) const UNKNOWN_SENSOR: &str = "unknown_sensor";
}

/// One thing to do.
enum Work {
    Hello(Hello, AnswerPlace),
    Batch { number: u64, records: Vec<Record>, stamp: EventTime, place: AnswerPlace },
    Advance { number: u64, received_until: EventTime, place: AnswerPlace },
    Tick(EventTime),
    Finish,
}

/// The engine task has ended; the server is shutting down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the engine has stopped")]
pub struct Stopped;

/// The way to the engine task; clones lead to the same one.
#[derive(Clone, Debug)]
pub struct EngineHandle {
    work: mpsc::Sender<Work>,
}

impl EngineHandle {
    /// Introduces a feed. The answer goes to `place`.
    ///
    /// # Errors
    /// [`Stopped`] when the server shuts down.
    pub async fn hello(&self, hello: Hello, place: AnswerPlace) -> Result<(), Stopped> {
        self.send(Work::Hello(hello, place)).await
    }

    /// Hands over records in order of receipt, and stamps them in case they are live. The answer goes to `place`.
    ///
    /// # Errors
    /// [`Stopped`] when the server shuts down.
    pub async fn batch(&self, number: u64, records: Vec<Record>, place: AnswerPlace) -> Result<(), Stopped> {
        self.send(Work::Batch { number, records, stamp: clock::now(), place }).await
    }

    /// Says that a recording has nothing more up to an instant. The answer goes to `place`.
    ///
    /// # Errors
    /// [`Stopped`] when the server shuts down.
    pub async fn advance(&self, number: u64, received_until: EventTime, place: AnswerPlace) -> Result<(), Stopped> {
        self.send(Work::Advance { number, received_until, place }).await
    }

    /// Lets time go on where records are live, and the picture be shown. Passed over when the task is busy: then it does so
    /// by itself.
    pub fn tick(&self) {
        let _ = self.work.try_send(Work::Tick(clock::now()));
    }

    /// Ends the task after all work handed over before.
    pub async fn finish(&self) {
        let _ = self.send(Work::Finish).await;
    }

    async fn send(&self, work: Work) -> Result<(), Stopped> {
        self.work.send(work).await.map_err(|_| Stopped)
    }
}

/// How the task ended: in order, or with the fault that ended it.
pub type Ending = oneshot::Receiver<Result<(), Fatal>>;

/// Starts the task in a thread of its own.
///
/// # Errors
/// When the system gives no thread.
pub fn start(core: impl Core, hubs: Hubs) -> std::io::Result<(EngineHandle, Ending)> {
    let (work, queue) = mpsc::channel(ENGINE_QUEUE);
    let (ended, ending) = oneshot::channel();
    thread::Builder::new().name("engine".to_owned()).spawn(move || {
        let mut task = EngineTask::new(core, hubs);
        let result = task.run(queue);
        // The hubs go first: watches end before the server learns that the task did.
        drop(task);
        let _ = ended.send(result);
    })?;
    Ok((EngineHandle { work }, ending))
}

/// Who says when a record was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TimeBase {
    /// The records do: they come from a recording.
    Recorded,
    /// This server stamps them.
    Live,
}

struct Feed {
    kind: SensorKind,
    standing: Standing,
    last_sequence: Option<u64>,
}

struct EngineTask<C> {
    core: C,
    hubs: Hubs,
    feeds: Vec<Feed>,
    numbers: FxHashMap<FeedName, FeedNumber>,
    time_base: Option<TimeBase>,
    /// Receive time of the latest record or advance: it never goes back.
    now: EventTime,
    shown: Pacer,
    shown_until: EventTime,
}

impl<C: Core> EngineTask<C> {
    fn new(core: C, hubs: Hubs) -> Self {
        Self {
            core,
            hubs,
            feeds: Vec::new(),
            numbers: FxHashMap::default(),
            time_base: None,
            now: EventTime::from_millis(*RECEIVED_MS.start()),
            shown: Pacer::new(SHOW_INTERVAL),
            shown_until: EventTime::from_millis(i64::MIN),
        }
    }

    fn run(&mut self, mut queue: mpsc::Receiver<Work>) -> Result<(), Fatal> {
        while let Some(work) = queue.blocking_recv() {
            match work {
                Work::Hello(hello, place) => self.hello(&hello, place),
                Work::Batch { number, records, stamp, place } => {
                    let ack = self.batch(number, &records, stamp)?;
                    self.core.tell(&self.hubs);
                    place.send(Answer::Ack(ack));
                }
                Work::Advance { number, received_until, place } => {
                    let answer = self.advance(number, received_until)?;
                    self.core.tell(&self.hubs);
                    place.send(answer);
                }
                Work::Tick(now) => {
                    if self.time_base == Some(TimeBase::Live) {
                        self.move_to(now);
                        self.core.advance(self.now)?;
                        self.core.tell(&self.hubs);
                    }
                }
                Work::Finish => break,
            }
            if self.shown_until < self.now && self.shown.is_due() {
                self.show();
            }
        }
        self.core.finish()?;
        self.core.tell(&self.hubs);
        self.show();
        Ok(())
    }

    fn hello(&mut self, hello: &Hello, place: AnswerPlace) {
        let answer = match self.open(hello) {
            Ok(feed) => match self.feeds.get(usize::from(feed.0)) {
                Some(Feed { standing, last_sequence, .. }) => Answer::Welcome(Welcome {
                    feed,
                    handle: hello.handle,
                    last_sequence: *last_sequence,
                    standing: *standing,
                }),
                None => Answer::BadRequest(format!("feed '{}' is lost", hello.name)),
            },
            Err(error @ HelloError::TooManyFeeds(_)) => Answer::Exhausted(error.to_string()),
            Err(error @ HelloError::OtherKind { .. }) => Answer::BadRequest(error.to_string()),
        };
        place.send(answer);
    }

    /// The number of a feed, given at its first hello.
    fn open(&mut self, hello: &Hello) -> Result<FeedNumber, HelloError> {
        if let Some(&number) = self.numbers.get(&hello.name) {
            let known = self.feeds.get(usize::from(number.0)).map_or(hello.kind, |feed| feed.kind);
            if known == hello.kind {
                return Ok(number);
            }
            return Err(HelloError::OtherKind {
                name: hello.name.clone(),
                known: known.as_str(),
                said: hello.kind.as_str(),
            });
        }
        if self.feeds.len() >= FEEDS_MAX {
            return Err(HelloError::TooManyFeeds(FEEDS_MAX));
        }
        let number = FeedNumber(self.feeds.len() as u16);
        let standing = self.core.open(number, hello);
        self.feeds.push(Feed { kind: hello.kind, standing, last_sequence: hello.last_sequence });
        self.numbers.insert(hello.name.clone(), number);
        Ok(number)
    }

    fn batch(&mut self, number: u64, records: &[Record], stamp: EventTime) -> Result<Ack, Fatal> {
        let mut ack = Ack { number, ..Ack::default() };
        for (index, record) in (0_u32..).zip(records) {
            if !ack.positions.iter().any(|position| position.handle == record.handle) {
                ack.positions.push(FeedPosition { handle: record.handle, last_sequence: None });
            }
            let (reason, taken) = match self.record(record, stamp)? {
                Taken::Accepted => {
                    ack.accepted += 1;
                    continue;
                }
                Taken::Repeated => {
                    ack.repeated += 1;
                    continue;
                }
                Taken::Refused(reason) => (reason, true),
                Taken::NotYet(reason) => (reason, false),
            };
            ack.refused += 1;
            if ack.rejections.len() < REJECTIONS_PER_ACK {
                ack.rejections.push(Rejection { index, reason, taken });
            }
        }
        for position in &mut ack.positions {
            let feed = records.iter().find(|record| record.handle == position.handle).map(|record| record.feed);
            let feed = feed.and_then(|feed| self.feeds.get(usize::from(feed.0)));
            position.last_sequence = feed.and_then(|feed| feed.last_sequence);
        }
        Ok(ack)
    }

    fn record(&mut self, record: &Record, stamp: EventTime) -> Result<Taken, Fatal> {
        let Some(feed) = self.feeds.get_mut(usize::from(record.feed.0)) else {
            return Ok(Taken::NotYet(reason::UNKNOWN_SENSOR));
        };
        let expected = feed.last_sequence.map_or(0, |last| last.saturating_add(1));
        if record.sequence < expected {
            return Ok(Taken::Repeated);
        }
        if record.sequence > expected {
            return Ok(Taken::NotYet(reason::SEQUENCE_GAP));
        }
        let received = match (self.time_base, record.received) {
            (_, Some(received)) if !RECEIVED_MS.contains(&received.as_millis()) => {
                return Ok(Taken::NotYet(reason::RECEIVED_IMPLAUSIBLE));
            }
            (None | Some(TimeBase::Recorded), Some(received)) => {
                self.time_base = Some(TimeBase::Recorded);
                received
            }
            (None | Some(TimeBase::Live), None) => {
                self.time_base = Some(TimeBase::Live);
                stamp
            }
            (Some(TimeBase::Recorded), None) => return Ok(Taken::NotYet(reason::RECEIVED_MISSING)),
            (Some(TimeBase::Live), Some(_)) => return Ok(Taken::NotYet(reason::RECEIVED_GIVEN)),
        };
        feed.last_sequence = Some(record.sequence);
        if feed.standing == Standing::Unknown {
            return Ok(Taken::Refused(reason::UNKNOWN_SENSOR));
        }
        self.move_to(received);
        Ok(match self.core.take(record.feed, record.sequence, self.now, &record.payload)? {
            Ok(()) => Taken::Accepted,
            Err(reason) => Taken::Refused(reason),
        })
    }

    fn advance(&mut self, number: u64, received_until: EventTime) -> Result<Answer, Fatal> {
        if self.time_base == Some(TimeBase::Live) {
            return Ok(Answer::BadRequest("advance: this server is live, its own clock tells the time".to_owned()));
        }
        if !RECEIVED_MS.contains(&received_until.as_millis()) {
            return Ok(Answer::BadRequest(format!("advance.received_until_ms: {received_until} cannot be right")));
        }
        self.time_base = Some(TimeBase::Recorded);
        self.move_to(received_until);
        self.core.advance(self.now)?;
        Ok(Answer::Ack(Ack { number, ..Ack::default() }))
    }

    fn move_to(&mut self, received: EventTime) {
        self.now = self.now.max(received);
    }

    fn show(&mut self) {
        if self.time_base.is_none() {
            return;
        }
        self.shown_until = self.now;
        self.hubs.picture.show(self.core.picture(self.now));
    }
}

/// What became of one record.
enum Taken {
    Accepted,
    Repeated,
    /// Damaged or of no use, for good.
    Refused(&'static str),
    /// Not taken: it may come again.
    NotYet(&'static str),
}
