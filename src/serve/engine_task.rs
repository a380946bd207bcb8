//! The thread that owns the engine: takes work in the order of one queue, never waits for a watcher or a client.

mod catch_up;
mod resume;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

pub use catch_up::{Replayer, replay};
use rustc_hash::FxHashMap;
use tokio::sync::{mpsc, oneshot};

use super::clock::{Pacer, Stopwatch};
use super::core::{Core, Fatal, PicturePoints};
use super::handle::Work;
pub use super::handle::{EngineHandle, Stopped};
use super::hubs::Hubs;
use super::journal::{Item, Journal, Write};
use super::limits::{
    ENGINE_QUEUE, FEEDS_MAX, RECEIVED_MS, REJECTIONS_PER_ACK, SHOW_INTERVAL, SHOW_INTERVAL_MAX, SHOW_PARTS,
    STORE_RESERVE_BYTES,
};
use super::named::Named;
use super::officer::OfficerWord;
use super::sensor_board::SensorBoard;
use super::snapshot::Snapshots;
use super::snapshot::desk::Desk;
use super::stored::OpenStore;
use super::taken::{Taken, reason};
use super::work::{
    Ack, Answer, AnswerPlace, FeedName, FeedNumber, FeedPosition, Hello, HelloError, Record, Rejection, Standing,
    Welcome,
};
use crate::chart::ChartError;
use crate::engine::StatementError;
use crate::feed::sensor::SensorKind;
use crate::fusion::Stated;
use crate::register::Register;
use crate::store::log::entry::FeedEntry;
use crate::units::{EventTime, TrackId};

/// How the task ended: in order, or with the fault that ended it.
pub type Ending = oneshot::Receiver<Result<(), Fatal>>;

/// Comes when the log has been replayed and the task takes work; an error means that it ended before.
pub type Ready = oneshot::Receiver<()>;

/// A task that was started.
#[derive(Debug)]
pub struct Started {
    /// The way to it.
    pub handle: EngineHandle,
    /// When it has caught up.
    pub ready: Ready,
    /// When it has ended.
    pub ending: Ending,
}

/// Starts the task in a thread of its own. With a `store` it first takes what the log holds, and writes what comes. `register` is who
/// vessels are by the records, and the entry of theirs since which it stands so.
///
/// # Errors
/// When the system gives no thread.
pub fn start(
    core: impl Core,
    hubs: Hubs,
    store: Option<OpenStore>,
    register: (Arc<Register>, i64),
) -> std::io::Result<Started> {
    let (work, queue) = mpsc::channel(ENGINE_QUEUE);
    let (ended, ending) = oneshot::channel();
    let (caught_up, ready) = oneshot::channel();
    let stopping = Arc::new(AtomicBool::new(false));
    let handle = EngineHandle { work, stopping: Arc::clone(&stopping) };
    thread::Builder::new().name("engine".to_owned()).spawn(move || {
        let mut task = EngineTask::new(core, Arc::new(hubs));
        let result = task.live(store, register, &stopping, caught_up, queue);
        // The hubs go first: watches end before the server learns that the task did.
        drop(task);
        let _ = ended.send(result);
    })?;
    Ok(Started { handle, ready, ending })
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
    hubs: Arc<Hubs>,
    /// Where everything is written before it is acknowledged; `None` for a server without a store.
    journal: Option<Journal>,
    /// Where what the log names is kept.
    named: Option<Named>,
    /// The change of the zones that holds.
    zones_changed: Option<String>,
    /// The entry of the records after which the register stood so that holds.
    register: i64,
    feeds: Vec<Feed>,
    numbers: FxHashMap<FeedName, FeedNumber>,
    time_base: Option<TimeBase>,
    /// Receive time of the latest record or advance: it never goes back.
    now: EventTime,
    shown: Pacer,
    shown_until: EventTime,
    /// Where snapshots go; `None` when there are none.
    snapshots: Option<Snapshots>,
    /// When the next is due.
    due: Option<Pacer>,
    /// Something was taken that is in no snapshot.
    unsaved: bool,
    /// The latest instant of which history was given points.
    points_until: Option<EventTime>,
}

impl<C: Core> EngineTask<C> {
    fn new(core: C, hubs: Arc<Hubs>) -> Self {
        Self {
            core,
            hubs,
            journal: None,
            named: None,
            zones_changed: None,
            register: 0,
            feeds: Vec::new(),
            numbers: FxHashMap::default(),
            time_base: None,
            now: EventTime::from_millis(*RECEIVED_MS.start()),
            shown: Pacer::new(SHOW_INTERVAL),
            shown_until: EventTime::from_millis(i64::MIN),
            snapshots: None,
            due: None,
            unsaved: false,
            points_until: None,
        }
    }

    /// Replays the log, then works until it is told to finish.
    fn live(
        &mut self,
        store: Option<OpenStore>,
        (register, sequence): (Arc<Register>, i64),
        stopping: &AtomicBool,
        caught_up: oneshot::Sender<()>,
        queue: mpsc::Receiver<Work>,
    ) -> Result<(), Fatal> {
        let mut lock = None;
        if let Some(mut store) = store {
            if let Some(desk) = &self.hubs.records {
                self.named = Some(Named::open(store.zones.clone(), desk.records.clone()));
            }
            let snapshot = self.resume(&store);
            if snapshot.is_none() && store.beginning.is_some() {
                // What was there before is not known any more: nothing may get its number.
                self.core.number_tracks_from(store.state.next_track);
            }
            let beginning = snapshot.or(store.beginning);
            match self.catch_up(&store.reader, beginning, Some(&mut store.history), stopping) {
                // Who stops a server that is still reading will not wait for the end of it.
                Err(_) if stopping.load(Ordering::Relaxed) => {
                    tracing::warn!("stopped while the log was being read: the output goes only so far");
                    return Ok(());
                }
                result => result?,
            }
            lock = store.lock;
            let desk = match &store.snapshots {
                Some(snapshots) => Some(Desk::start(snapshots.clone(), Arc::clone(&self.hubs))?),
                None => None,
            };
            self.due = store.snapshots.as_ref().map(|snapshots| Pacer::new(snapshots.interval));
            self.snapshots = store.snapshots;
            if !self.unsaved
                && let Some(due) = &mut self.due
            {
                // Nothing had to be read again: the next one may wait.
                due.is_due();
            }
            let journal = Journal::start(store.writer, store.history, Arc::clone(&self.hubs), desk)?;
            if store.state.area != store.area {
                if !store.state.area.is_empty() {
                    tracing::warn!(
                        "sensors, chart or rules are not those that the end of the log was received with: the picture was \
                         rebuilt with the new ones"
                    );
                }
                journal.push(Item::quiet(Write::Area(store.area), self.now))?;
            }
            self.journal = Some(journal);
        }
        self.set_register(register, sequence)?;
        // Nobody may be waiting any more.
        let _ = caught_up.send(());
        let worked = self.run(queue);
        let closed = self.journal.take().map_or(Ok(()), Journal::finish);
        drop(lock);
        worked?;
        Ok(closed?)
    }

    fn run(&mut self, mut queue: mpsc::Receiver<Work>) -> Result<(), Fatal> {
        while let Some(work) = queue.blocking_recv() {
            match (work, self.disk_full()) {
                (Work::Batch { place, .. } | Work::Advance { place, .. }, Some(full)) => drop(place.send(full)),
                (Work::Hello(hello, place), _) => self.hello(&hello, place)?,
                (Work::Batch { number, records, stamp, place }, None) => {
                    let (ack, taken) = self.batch(number, records, stamp)?;
                    let write = if taken.is_empty() {
                        Write::Nothing
                    } else {
                        Write::Records { records: taken, stamped: self.time_base == Some(TimeBase::Live) }
                    };
                    self.tell(write, Some((place, Answer::Ack(ack))))?;
                }
                (Work::Advance { number, received_until, place }, None) => {
                    let (write, answer) = self.advance(number, received_until)?;
                    self.tell(write, Some((place, answer)))?;
                }
                (Work::Zones { change, answer }, _) => {
                    let changed = self.change_zones(change)?;
                    let _ = answer.send(changed);
                }
                (Work::Officer(word), _) => self.officer(word, false)?,
                (Work::Restore(words), _) => {
                    for word in words {
                        self.officer(word, true)?;
                    }
                }
                (Work::Tick(now), _) => self.tick(now)?,
                (Work::Register(register, sequence), _) => self.set_register(register, sequence)?,
                (Work::State { track, stated, answer }, _) => {
                    let said = self.state(track, stated)?;
                    let _ = answer.send(said);
                }
                (Work::Finish, _) => break,
                // Whoever asked may have gone.
                (Work::Sensors(answer), _) => drop(answer.send(self.sensor_board())),
                (Work::Coverage(answer), _) => drop(answer.send(self.core.coverage())),
                (Work::Explain(track, answer), _) => drop(answer.send(self.core.explain(track))),
            }
            if self.shown_until < self.now && self.shown.is_due() {
                let watch = Stopwatch::start();
                self.show();
                self.shown.took(watch.elapsed(), SHOW_PARTS, SHOW_INTERVAL_MAX);
            }
            self.snapshot_if_due()?;
        }
        // Before the decoders give up what waits for its other parts: the next start goes on with it.
        self.snapshot()?;
        self.core.finish()?;
        self.tell(Write::Nothing, None)?;
        self.show();
        Ok(())
    }

    /// What an officer knows goes into the log where the engine takes it: what it tells afterwards follows from it.
    fn officer(&mut self, word: OfficerWord, restored: bool) -> Result<(), Fatal> {
        if self.core.hear(&word, self.now, restored)? {
            self.tell(Write::Officer(word), None)?;
        }
        Ok(())
    }

    /// Changes the zones, and writes that into the log before anything that is judged by them.
    fn change_zones(&mut self, change: String) -> Result<Result<(), ChartError>, Fatal> {
        if self.zones_changed.as_ref() == Some(&change) {
            return Ok(Ok(()));
        }
        let chart = match self.core.change_zones(&change) {
            Ok(chart) => chart,
            Err(error) => return Ok(Err(error)),
        };
        if let (Some(journal), Some(named)) = (&self.journal, &self.named) {
            let name = named.zones.keep(&change)?;
            journal.push(Item::quiet(Write::Zones(name), self.now))?;
            self.unsaved = true;
        }
        self.zones_changed = Some(change);
        if let Some(shown) = &self.hubs.chart {
            shown.send_replace(chart);
        }
        Ok(Ok(()))
    }

    /// Takes the register as it stands on record since the entry `sequence`, and writes that into the log before anything that is judged
    /// by it.
    fn set_register(&mut self, register: Arc<Register>, sequence: i64) -> Result<(), Fatal> {
        if self.register == sequence {
            return Ok(());
        }
        self.core.set_register(register);
        self.register = sequence;
        if let Some(journal) = &self.journal {
            journal.push(Item::quiet(Write::Register(sequence), self.now))?;
            self.unsaved = true;
        }
        Ok(())
    }

    /// Puts what an officer says of a craft into the log where the engine takes it, and shows it at once.
    fn state(&mut self, track: TrackId, stated: Option<Stated>) -> Result<Result<(), StatementError>, Fatal> {
        match self.core.state(track, stated.clone()) {
            Ok(true) => {
                self.tell(Write::Stated(track, stated), None)?;
                self.show();
                Ok(Ok(()))
            }
            Ok(false) => Ok(Ok(())),
            Err(error) => Ok(Err(error)),
        }
    }

    /// How the sensors are doing, with how far each feed was taken.
    fn sensor_board(&mut self) -> SensorBoard {
        let mut named: Vec<(&FeedName, usize)> =
            self.numbers.iter().map(|(name, number)| (name, usize::from(number.0))).collect();
        named.sort_unstable_by_key(|&(_, number)| number);
        let taken =
            |number: usize| self.feeds.get(number).and_then(|feed| feed.last_sequence).map_or(0, |last| last + 1);
        let feeds = named.into_iter().map(|(name, number)| (name.clone(), taken(number))).collect();
        SensorBoard { feeds, ..self.core.sensor_board() }
    }

    /// Lets time go on in a server that stamps records itself.
    fn tick(&mut self, now: EventTime) -> Result<(), Fatal> {
        if let Some(journal) = &self.journal {
            journal.check()?;
            if self.disk_full().is_some() {
                // Has room been made?
                journal.push(Item::quiet(Write::Nothing, self.now))?;
            }
        }
        if self.time_base == Some(TimeBase::Live) {
            self.move_to(now);
            // Only what changes something is worth a place in the log.
            if self.core.next_instant().is_none_or(|next| next <= self.now) {
                self.core.advance(self.now)?;
                return self.tell(Write::Advance(self.now), None);
            }
        }
        Ok(())
    }

    /// Writes what was taken; what came of it and the answer are told when that is on disk.
    fn tell(&mut self, write: Write, answer: Option<(AnswerPlace, Answer)>) -> Result<(), Fatal> {
        self.core.tell(&self.hubs);
        let (alerts, points) = (self.core.take_alerts(), self.core.take_points());
        self.note_points(&points);
        self.unsaved |= !matches!(write, Write::Nothing);
        match &self.journal {
            Some(journal) => {
                let next_track = self.core.next_track();
                Ok(journal.push(Item { write, at: self.now, next_track, alerts, points, answer })?)
            }
            None => {
                alerts.into_iter().for_each(|alert| self.hubs.tell(alert));
                if let Some((place, answer)) = answer {
                    place.send(answer);
                }
                Ok(())
            }
        }
    }

    /// Takes note of up to when history has points: a snapshot goes with those before it.
    fn note_points(&mut self, points: &[PicturePoints]) {
        let latest = points.iter().rev().find(|(_, points)| !points.is_empty()).map(|(at, _)| *at);
        self.points_until = latest.or(self.points_until);
    }

    /// What input is answered while the disk has no room for it.
    fn disk_full(&self) -> Option<Answer> {
        let free = self.journal.as_ref()?.free_bytes();
        (free < STORE_RESERVE_BYTES).then(|| {
            Answer::DiskFull(format!(
                "the disk of the store is full ({} MiB free, {} MiB are kept in reserve): nothing of this was taken, what was acknowledged is safe; make room, or keep the log for a shorter time, and send again",
                free >> 20,
                STORE_RESERVE_BYTES >> 20
            ))
        })
    }

    fn hello(&mut self, hello: &Hello, place: AnswerPlace) -> Result<(), Fatal> {
        let mut write = Write::Nothing;
        let answer = match self.open(hello) {
            Ok((feed, new)) => match self.feeds.get_mut(usize::from(feed.0)) {
                Some(known) => {
                    let mut lost = 0;
                    if new {
                        write = Write::Feed(FeedEntry {
                            number: feed.0,
                            kind: hello.kind,
                            last_sequence: hello.last_sequence,
                            name: hello.name.to_string(),
                        });
                    } else if let Some(last) = hello.last_sequence.filter(|last| known.last_sequence < Some(*last)) {
                        let first = known.last_sequence.map_or(0, |last| last + 1);
                        lost = (last - first).saturating_add(1);
                        tracing::error!(
                            feed = %hello.name, first, last,
                            "these records were acknowledged once and are not in the log: the disk has lost them"
                        );
                        known.last_sequence = Some(last);
                        write = Write::Gap { feed: feed.0, first, last };
                    }
                    Answer::Welcome(Welcome {
                        feed,
                        handle: hello.handle,
                        last_sequence: known.last_sequence,
                        standing: known.standing,
                        lost,
                    })
                }
                None => Answer::BadRequest(format!("feed '{}' is lost", hello.name)),
            },
            Err(error @ HelloError::TooManyFeeds(_)) => Answer::Exhausted(error.to_string()),
            Err(error @ HelloError::OtherKind { .. }) => Answer::BadRequest(error.to_string()),
        };
        self.tell(write, Some((place, answer)))
    }

    /// The number of a feed, given at its first hello, and whether this is it.
    fn open(&mut self, hello: &Hello) -> Result<(FeedNumber, bool), HelloError> {
        if let Some(&number) = self.numbers.get(&hello.name) {
            let known = self.feeds.get(usize::from(number.0)).map_or(hello.kind, |feed| feed.kind);
            if known == hello.kind {
                return Ok((number, false));
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
        Ok((number, true))
    }

    /// Takes a batch; also returns the records of it that were taken, with the receipt that they were taken by.
    fn batch(&mut self, number: u64, records: Vec<Record>, stamp: EventTime) -> Result<(Ack, Vec<Record>), Fatal> {
        let mut ack = Ack { number, ..Ack::default() };
        let mut feeds: Vec<FeedNumber> = Vec::new();
        let mut kept = Vec::with_capacity(if self.journal.is_some() { records.len() } else { 0 });
        for (index, mut record) in (0_u32..).zip(records) {
            if !ack.positions.iter().any(|position| position.handle == record.handle) {
                ack.positions.push(FeedPosition { handle: record.handle, last_sequence: None });
                feeds.push(record.feed);
            }
            let taken = self.record(&record, stamp)?;
            if self.journal.is_some() && matches!(taken, Taken::Accepted | Taken::Refused(_)) {
                record.received = Some(self.now);
                kept.push(record);
            }
            let (reason, taken) = match taken {
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
        for (position, feed) in ack.positions.iter_mut().zip(feeds) {
            position.last_sequence = self.feeds.get(usize::from(feed.0)).and_then(|feed| feed.last_sequence);
        }
        Ok((ack, kept))
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
        let unknown = feed.standing == Standing::Unknown;
        self.move_to(received);
        if unknown {
            return Ok(Taken::Refused(reason::UNKNOWN_SENSOR));
        }
        Ok(match self.core.take(record.feed, record.sequence, self.now, &record.payload)? {
            Ok(()) => {
                self.hubs.pass_on(record, self.now);
                Taken::Accepted
            }
            Err(reason) => Taken::Refused(reason),
        })
    }

    fn advance(&mut self, number: u64, received_until: EventTime) -> Result<(Write, Answer), Fatal> {
        let refused = |problem: String| Ok((Write::Nothing, Answer::BadRequest(problem)));
        if self.time_base == Some(TimeBase::Live) {
            return refused("advance: this server is live, its own clock tells the time".to_owned());
        }
        if !RECEIVED_MS.contains(&received_until.as_millis()) {
            return refused(format!("advance.received_until_ms: {received_until} cannot be right"));
        }
        self.time_base = Some(TimeBase::Recorded);
        self.move_to(received_until);
        self.core.advance(self.now)?;
        Ok((Write::Advance(self.now), Answer::Ack(Ack { number, ..Ack::default() })))
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
