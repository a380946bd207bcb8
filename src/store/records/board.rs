//! The board of alerts that watchers look at: the latest state of each that is on record, in the order of their latest change.
//!
//! There is no queue: whoever looks seldom sees the latest state of each alert and can tell from how far he had read what has changed.
//! Places on the board are places in the chain, so that a watcher can go on where he was after the server was restarted.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use rustc_hash::{FxHashMap, FxHashSet};
use tokio::sync::watch;

use super::alert::{AlertRecord, Course};
use super::book::is_reminder;
use crate::serve::limits::ALERTS_KEPT;

#[derive(Debug, Default)]
struct Posted {
    by_change: BTreeMap<i64, Arc<AlertRecord>>,
    change_of: FxHashMap<Box<str>, i64>,
    /// The latest change that is not on the board any more.
    floor: i64,
}

/// Where the writer posts what it has committed. Bounded: the oldest one that is over goes first, else the oldest.
#[derive(Debug)]
pub struct Board {
    posted: Arc<RwLock<Posted>>,
    latest: watch::Sender<i64>,
}

impl Default for Board {
    fn default() -> Self {
        Self { posted: Arc::default(), latest: watch::Sender::new(0) }
    }
}

impl Board {
    /// Fills an empty board with the latest alerts of the file, in the order of their latest change.
    pub fn fill(&self, records: Vec<Arc<AlertRecord>>) {
        {
            let mut posted = self.posted.write().unwrap_or_else(PoisonError::into_inner);
            if records.len() >= ALERTS_KEPT {
                posted.floor = records.first().map_or(0, |first| first.changed_sequence - 1);
            }
        }
        for record in records {
            self.post(record);
        }
    }

    /// Posts an alert, in the place of its earlier state if there is one.
    pub fn post(&self, record: Arc<AlertRecord>) {
        let change = record.changed_sequence;
        self.posted.write().unwrap_or_else(PoisonError::into_inner).post(record);
        self.latest.send_replace(change);
    }

    /// A window on the board.
    pub fn window(&self) -> AlertWindow {
        AlertWindow { posted: Arc::clone(&self.posted), latest: self.latest.subscribe() }
    }
}

impl Posted {
    fn post(&mut self, record: Arc<AlertRecord>) {
        if let Some(before) = self.change_of.insert(record.id().into(), record.changed_sequence) {
            self.by_change.remove(&before);
        }
        self.by_change.insert(record.changed_sequence, record);
        if self.by_change.len() > ALERTS_KEPT {
            let over = self.by_change.iter().find(|(_, record)| record.news.facts.course != Course::Active);
            if let Some((&oldest, _)) = over.or_else(|| self.by_change.first_key_value())
                && let Some(gone) = self.by_change.remove(&oldest)
            {
                self.change_of.remove(gone.id());
                self.floor = self.floor.max(oldest);
            }
        }
    }
}

/// A window on the board. When the board is gone, no more alerts come.
#[derive(Clone, Debug)]
pub struct AlertWindow {
    posted: Arc<RwLock<Posted>>,
    latest: watch::Receiver<i64>,
}

impl AlertWindow {
    /// The alert with this id, if it hangs on the board.
    pub fn get(&self, id: &str) -> Option<Arc<AlertRecord>> {
        let posted = self.posted.read().unwrap_or_else(PoisonError::into_inner);
        posted.change_of.get(id).and_then(|change| posted.by_change.get(change)).cloned()
    }

    /// The latest change that is not on the board any more: what changed up to there is in the file only.
    pub fn floor(&self) -> i64 {
        self.posted.read().unwrap_or_else(PoisonError::into_inner).floor
    }

    /// The latest change of all.
    pub fn latest(&self) -> i64 {
        *self.latest.borrow()
    }

    /// Takes note of everything posted so far, so that [`Self::changed`] waits for what comes after.
    pub fn mark_seen(&mut self) {
        self.latest.mark_unchanged();
    }

    /// Waits until something was posted that this window has not waited for yet; false when no more will come.
    pub async fn changed(&mut self) -> bool {
        self.latest.changed().await.is_ok()
    }

    fn since(&self, seen: i64) -> Vec<Arc<AlertRecord>> {
        let posted = self.posted.read().unwrap_or_else(PoisonError::into_inner);
        posted.by_change.range(seen + 1..).map(|(_, record)| Arc::clone(record)).collect()
    }

    fn prune(&self, known: &mut FxHashSet<i64>) {
        let posted = self.posted.read().unwrap_or_else(PoisonError::into_inner);
        let there: FxHashSet<i64> = posted.by_change.values().map(|record| record.first_sequence).collect();
        known.retain(|first| there.contains(first));
    }
}

/// What one watcher is told about an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertChange {
    /// There when the watch began.
    Snapshot,
    /// Told for the first time.
    Raised,
    /// More is known.
    Updated,
    /// The behaviour has stopped.
    Ended,
    /// Taken back.
    Withdrawn,
    /// Officers took a step.
    Life,
    /// Nobody acts.
    Reminded,
    /// No longer selected.
    Left,
}

/// How an alert looks to one watcher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// He asked for it.
    Selected,
    /// He may see it, but did not ask for it.
    Visible,
    /// It is not for him.
    Hidden,
}

/// What one watcher of alerts knows: how far he has read the board, and which alerts he was told of.
#[derive(Debug, Default)]
pub struct AlertWatch {
    seen: i64,
    begun: bool,
    /// Where a watch goes on that was broken off: what was raised up to there may be known.
    resumed: i64,
    /// By the place of their first entry. Bounded by twice the board.
    known: FxHashSet<i64>,
}

impl AlertWatch {
    /// A watch that goes on after the change `seen`, without a snapshot.
    pub fn resume(seen: i64) -> Self {
        Self { seen, begun: true, resumed: seen, known: FxHashSet::default() }
    }

    /// How far it has read.
    pub fn seen(&self) -> i64 {
        self.seen
    }

    /// What to tell so that the watcher knows the board, in the order of the latest changes. The first look is the snapshot.
    pub fn look(
        &mut self,
        window: &AlertWindow,
        sight: impl Fn(&AlertRecord) -> Sight,
    ) -> Vec<(AlertChange, Arc<AlertRecord>)> {
        let changes = self.take(window.since(self.seen), sight);
        if self.known.len() > 2 * ALERTS_KEPT {
            window.prune(&mut self.known);
        }
        changes
    }

    /// Likewise, for alerts in the order of their latest change that come from the file.
    pub fn take(
        &mut self,
        records: Vec<Arc<AlertRecord>>,
        sight: impl Fn(&AlertRecord) -> Sight,
    ) -> Vec<(AlertChange, Arc<AlertRecord>)> {
        let seen_before = self.seen;
        self.seen = records.last().map_or(seen_before, |record| record.changed_sequence);
        let first_look = !std::mem::replace(&mut self.begun, true);
        let mut changes = Vec::with_capacity(records.len());
        for record in records {
            let sight = sight(&record);
            let may_be_known = record.first_sequence <= self.resumed;
            if sight != Sight::Selected {
                if self.known.remove(&record.first_sequence) || (may_be_known && sight == Sight::Visible) {
                    changes.push((AlertChange::Left, record));
                }
                continue;
            }
            let is_new = self.known.insert(record.first_sequence) && !may_be_known;
            if first_look {
                changes.push((AlertChange::Snapshot, record));
                continue;
            }
            if is_new {
                changes.push((AlertChange::Raised, Arc::clone(&record)));
            }
            let turned = is_new || record.course_sequence > seen_before;
            match record.news.facts.course {
                Course::Ended if turned => changes.push((AlertChange::Ended, record)),
                Course::Withdrawn if turned => changes.push((AlertChange::Withdrawn, record)),
                _ if is_new => {}
                _ if is_reminder(&record.changed_kind) => changes.push((AlertChange::Reminded, record)),
                _ if ["raised", "updated"].contains(&record.changed_kind.as_str()) => {
                    changes.push((AlertChange::Updated, record));
                }
                _ => changes.push((AlertChange::Life, record)),
            }
        }
        changes
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::geodesy::LatLon;
    use crate::life::Life;
    use crate::store::records::alert::{AlertFacts, AlertNews};

    /// What the system says of an alert off Haikou.
    pub(in crate::store::records) fn news(id: &str, course: Course, revision: u64) -> AlertNews {
        let facts = AlertFacts {
            id: id.to_owned(),
            kind: "loitering".to_owned(),
            grade: 4,
            course,
            zone: String::new(),
            sensors: "ais+radar".to_owned(),
            mmsi: Some(413_000_001),
            other_mmsi: None,
            raised_ms: 1_000,
            position: LatLon::new(20.1, 110.3),
            revision,
        };
        AlertNews { facts, content: format!(r#"{{"id":"{id}","revision":{revision}}}"#), wire: vec![1, 2, 3] }
    }

    fn record(id: &str, course: Course, [first, turned, changed]: [i64; 3], kind: &str) -> Arc<AlertRecord> {
        Arc::new(AlertRecord {
            news: news(id, course, 1),
            life: Life::begin("", 0),
            first_sequence: first,
            course_sequence: turned,
            changed_sequence: changed,
            changed_kind: kind.to_owned(),
            next_reminder_ms: None,
        })
    }

    fn told(watch: &mut AlertWatch, window: &AlertWindow) -> Vec<(AlertChange, String)> {
        let changes = watch.look(window, |_| Sight::Selected);
        changes.into_iter().map(|(change, record)| (change, record.id().to_owned())).collect()
    }

    #[test]
    fn a_watch_brings_every_alert_from_its_beginning_and_the_latest_state_of_each() {
        let board = Board::default();
        board.post(record("a", Course::Active, [1, 1, 1], "raised"));
        let (window, mut watch) = (board.window(), AlertWatch::default());
        let is = |change, id: &str| (change, id.to_owned());
        assert_eq!(told(&mut watch, &window), [is(AlertChange::Snapshot, "a")]);
        assert_eq!(told(&mut watch, &window), []);
        board.post(record("b", Course::Active, [2, 2, 2], "raised"));
        board.post(record("a", Course::Ended, [1, 3, 4], "acknowledged"));
        board.post(record("c", Course::Withdrawn, [5, 6, 6], "withdrawn"));
        let expected = [
            is(AlertChange::Raised, "b"),
            is(AlertChange::Ended, "a"),
            is(AlertChange::Raised, "c"),
            is(AlertChange::Withdrawn, "c"),
        ];
        assert_eq!(told(&mut watch, &window), expected);
        board.post(record("b", Course::Active, [2, 2, 7], "acknowledged"));
        assert_eq!(told(&mut watch, &window), [is(AlertChange::Life, "b")]);
        board.post(record("b", Course::Active, [2, 2, 8], "escalated"));
        assert_eq!(told(&mut watch, &window), [is(AlertChange::Reminded, "b")]);
        assert_eq!(watch.seen(), 8);
    }

    #[test]
    fn what_is_handed_over_enters_the_view_of_one_unit_and_leaves_that_of_another() {
        let board = Board::default();
        board.post(record("a", Course::Active, [1, 1, 1], "raised"));
        let window = board.window();
        let (mut ours, mut theirs) = (AlertWatch::default(), AlertWatch::default());
        assert_eq!(ours.look(&window, |_| Sight::Selected).len(), 1);
        assert_eq!(theirs.look(&window, |_| Sight::Hidden).len(), 0);
        board.post(record("a", Course::Active, [1, 1, 2], "handed_over"));
        assert_eq!(ours.look(&window, |_| Sight::Hidden)[0].0, AlertChange::Left);
        assert_eq!(theirs.look(&window, |_| Sight::Selected)[0].0, AlertChange::Raised);
        board.post(record("a", Course::Active, [1, 1, 3], "updated"));
        assert_eq!(ours.look(&window, |_| Sight::Hidden), [], "told once that it is gone");
    }

    #[test]
    fn a_resumed_watch_goes_on_with_what_changed_since() {
        let board = Board::default();
        board.post(record("a", Course::Active, [1, 1, 1], "raised"));
        board.post(record("b", Course::Active, [2, 2, 2], "raised"));
        board.post(record("b", Course::Active, [2, 2, 3], "acknowledged"));
        board.post(record("c", Course::Active, [4, 4, 4], "raised"));
        let mut watch = AlertWatch::resume(2);
        let is = |change, id: &str| (change, id.to_owned());
        assert_eq!(told(&mut watch, &board.window()), [is(AlertChange::Life, "b"), is(AlertChange::Raised, "c")]);
    }

    #[test]
    fn the_board_is_bounded_and_keeps_what_goes_on() {
        let board = Board::default();
        board.post(record("goes on", Course::Active, [1, 1, 1], "raised"));
        for number in 2..ALERTS_KEPT as i64 + 5 {
            board.post(record(&number.to_string(), Course::Ended, [number; 3], "ended"));
        }
        let window = board.window();
        let posted = window.posted.read().unwrap();
        assert_eq!((posted.by_change.len(), posted.change_of.len()), (ALERTS_KEPT, ALERTS_KEPT));
        assert!(posted.change_of.contains_key("goes on") && posted.floor == 5);
    }
}
