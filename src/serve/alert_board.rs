//! The board of alerts that watchers look at: the latest state of each, in the order of their latest change.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use rustc_hash::FxHashMap;
use tokio::sync::watch;

use super::limits::ALERTS_KEPT;
use crate::alert::Stage;

/// An alert as it hangs on the board.
#[derive(Clone, Debug, PartialEq)]
pub struct Posted<T> {
    /// The alert's id, the same for life.
    pub id: Box<str>,
    /// How it stands.
    pub stage: Stage,
    /// The alert itself.
    pub alert: T,
    /// How often it was posted, from 1.
    pub changes: u64,
    /// Number of this posting among all of the board.
    posting: u64,
    /// Number of its first posting.
    first_posting: u64,
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
}

#[derive(Debug)]
struct Board<T> {
    by_posting: BTreeMap<u64, Arc<Posted<T>>>,
    posting_of: FxHashMap<Box<str>, u64>,
    next_posting: u64,
}

/// Where the engine task posts alerts. Bounded: the oldest one that is over goes first, else the oldest.
#[derive(Debug)]
pub struct AlertHub<T> {
    board: Arc<RwLock<Board<T>>>,
    latest: watch::Sender<u64>,
}

impl<T> Default for AlertHub<T> {
    fn default() -> Self {
        let board = Board { by_posting: BTreeMap::new(), posting_of: FxHashMap::default(), next_posting: 1 };
        Self { board: Arc::new(RwLock::new(board)), latest: watch::Sender::new(0) }
    }
}

impl<T> AlertHub<T> {
    /// Posts an alert, in the place of its earlier state if there is one.
    pub fn post(&self, id: &str, stage: Stage, alert: T) {
        let posting = {
            let mut board = self.board.write().unwrap_or_else(PoisonError::into_inner);
            board.post(id, stage, alert)
        };
        self.latest.send_replace(posting);
    }

    /// The alerts on the board, in the order of their latest change.
    pub fn posted(&self) -> Vec<T>
    where
        T: Clone,
    {
        let board = self.board.read().unwrap_or_else(PoisonError::into_inner);
        board.by_posting.values().map(|posted| posted.alert.clone()).collect()
    }

    /// A window on the board.
    pub fn window(&self) -> AlertWindow<T> {
        AlertWindow { board: Arc::clone(&self.board), latest: self.latest.subscribe() }
    }
}

impl<T> Board<T> {
    fn post(&mut self, id: &str, stage: Stage, alert: T) -> u64 {
        let posting = self.next_posting;
        self.next_posting += 1;
        let before = self.posting_of.remove(id).and_then(|before| self.by_posting.remove(&before));
        let (changes, first_posting) = before.map_or((1, posting), |before| (before.changes + 1, before.first_posting));
        let id: Box<str> = id.into();
        self.posting_of.insert(id.clone(), posting);
        self.by_posting.insert(posting, Arc::new(Posted { id, stage, alert, changes, posting, first_posting }));
        if self.by_posting.len() > ALERTS_KEPT {
            let over = self.by_posting.iter().find(|(_, posted)| !posted.stage.goes_on());
            if let Some((&oldest, _)) = over.or_else(|| self.by_posting.first_key_value())
                && let Some(gone) = self.by_posting.remove(&oldest)
            {
                self.posting_of.remove(&gone.id);
            }
        }
        posting
    }
}

/// A window on the board. When the hub is dropped, no more alerts come.
#[derive(Debug)]
pub struct AlertWindow<T> {
    board: Arc<RwLock<Board<T>>>,
    latest: watch::Receiver<u64>,
}

impl<T> Clone for AlertWindow<T> {
    fn clone(&self) -> Self {
        Self { board: Arc::clone(&self.board), latest: self.latest.clone() }
    }
}

impl<T> AlertWindow<T> {
    /// The alert with this id, as it stands.
    pub fn get(&self, id: &str) -> Option<Arc<Posted<T>>> {
        let board = self.board.read().unwrap_or_else(PoisonError::into_inner);
        board.posting_of.get(id).and_then(|posting| board.by_posting.get(posting)).cloned()
    }

    /// All alerts of the board, in the order of their latest change.
    pub fn all(&self) -> Vec<Arc<Posted<T>>> {
        let board = self.board.read().unwrap_or_else(PoisonError::into_inner);
        board.by_posting.values().cloned().collect()
    }

    /// Takes note of everything posted so far, so that [`Self::changed`] waits for what comes after.
    pub fn mark_seen(&mut self) {
        self.latest.mark_unchanged();
    }

    /// Waits until something was posted that this window has not waited for yet; false when no more will come.
    pub async fn changed(&mut self) -> bool {
        self.latest.changed().await.is_ok()
    }
}

/// What one watcher of alerts knows: how far it has read the board.
#[derive(Debug, Default)]
pub struct AlertWatch {
    seen: u64,
    begun: bool,
}

impl AlertWatch {
    /// What to tell so that the watcher knows the board, in the order of the latest changes. The first look is the snapshot.
    pub fn look<T>(&mut self, window: &AlertWindow<T>) -> Vec<(AlertChange, Arc<Posted<T>>)> {
        let postings: Vec<Arc<Posted<T>>> = {
            let board = window.board.read().unwrap_or_else(PoisonError::into_inner);
            board.by_posting.range(self.seen + 1..).map(|(_, posted)| Arc::clone(posted)).collect()
        };
        let seen_before = self.seen;
        self.seen = postings.last().map_or(seen_before, |posted| posted.posting);
        let first_look = !std::mem::replace(&mut self.begun, true);
        let mut changes = Vec::with_capacity(postings.len());
        for posted in postings {
            if first_look {
                changes.push((AlertChange::Snapshot, posted));
                continue;
            }
            let is_new = posted.first_posting > seen_before;
            if is_new {
                changes.push((AlertChange::Raised, Arc::clone(&posted)));
            }
            match posted.stage {
                Stage::Developing | Stage::Confirmed if is_new => {}
                Stage::Developing | Stage::Confirmed => changes.push((AlertChange::Updated, posted)),
                Stage::Closed => changes.push((AlertChange::Ended, posted)),
                Stage::Withdrawn => changes.push((AlertChange::Withdrawn, posted)),
            }
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(watch: &mut AlertWatch, window: &AlertWindow<u32>) -> Vec<(AlertChange, String, u32)> {
        watch.look(window).into_iter().map(|(change, posted)| (change, posted.id.to_string(), posted.alert)).collect()
    }

    #[test]
    fn a_watch_brings_every_alert_from_its_beginning_and_the_latest_state_of_each() {
        let hub = AlertHub::default();
        hub.post("a", Stage::Confirmed, 1);
        let (window, mut watch) = (hub.window(), AlertWatch::default());
        assert_eq!(told(&mut watch, &window), [(AlertChange::Snapshot, "a".to_owned(), 1)]);
        assert_eq!(told(&mut watch, &window), []);
        hub.post("a", Stage::Confirmed, 2);
        hub.post("b", Stage::Confirmed, 7);
        hub.post("a", Stage::Closed, 3);
        hub.post("c", Stage::Confirmed, 8);
        hub.post("c", Stage::Withdrawn, 9);
        let expected = [
            (AlertChange::Raised, "b".to_owned(), 7),
            (AlertChange::Ended, "a".to_owned(), 3),
            (AlertChange::Raised, "c".to_owned(), 9),
            (AlertChange::Withdrawn, "c".to_owned(), 9),
        ];
        assert_eq!(told(&mut watch, &window), expected);
        hub.post("b", Stage::Confirmed, 70);
        assert_eq!(told(&mut watch, &window), [(AlertChange::Updated, "b".to_owned(), 70)]);
        assert_eq!(window.get("b").unwrap().changes, 2);
    }

    #[test]
    fn the_board_is_bounded_and_keeps_what_goes_on() {
        let hub = AlertHub::default();
        hub.post("goes on", Stage::Confirmed, 0);
        for number in 0..ALERTS_KEPT as u32 + 5 {
            hub.post(&number.to_string(), Stage::Closed, number);
        }
        let window = hub.window();
        let board = window.board.read().unwrap();
        assert_eq!((board.by_posting.len(), board.posting_of.len()), (ALERTS_KEPT, ALERTS_KEPT));
        assert!(board.posting_of.contains_key("goes on"));
    }
}
