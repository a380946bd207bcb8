//! Making snapshots between two pieces of work, and going on from one at a start.

use std::sync::Arc;

use super::{EngineTask, Feed, TimeBase};
use crate::serve::clock::Stopwatch;
use crate::serve::core::{Core, Fatal};
use crate::serve::journal::{Item, Write};
use crate::serve::snapshot::{Boards, Captured, EDITION, FeedState, Snapshots, TaskState};
use crate::serve::stored::OpenStore;
use crate::serve::work::FeedNumber;
use crate::store::log::read::Position;
use crate::store::snapshot::decode;

impl<C: Core> EngineTask<C> {
    /// Hands the journal a snapshot when one is due and something has come since the last.
    pub(super) fn snapshot_if_due(&mut self) -> Result<(), Fatal> {
        if self.unsaved && self.due.as_mut().is_some_and(|due| due.is_due()) && self.disk_full().is_none() {
            return self.snapshot();
        }
        Ok(())
    }

    /// Hands the journal a snapshot of all that was taken so far.
    pub(super) fn snapshot(&mut self) -> Result<(), Fatal> {
        let (Some(journal), Some(snapshots)) = (&self.journal, &self.snapshots) else { return Ok(()) };
        if !self.unsaved {
            return Ok(());
        }
        self.unsaved = false;
        let watch = Stopwatch::start();
        match self.capture() {
            Ok(Some(state)) => {
                let captured = Captured { state, settings: self.core.settings(), held_up: watch.elapsed() };
                Ok(journal.push(Item::quiet(Write::Snapshot(Box::new(captured)), self.now))?)
            }
            Ok(None) => Ok(()),
            Err(error) => {
                snapshots.health.count_failed();
                tracing::error!(%error, "no snapshot could be made: the server goes on, and the next start reads more of the log");
                Ok(())
            }
        }
    }

    /// [`TaskState`], then the state of the core; `None` when the core has no snapshots.
    fn capture(&self) -> Result<Option<Vec<u8>>, Fatal> {
        let mut feeds: Vec<Option<FeedState>> = self.feeds.iter().map(|_| None).collect();
        for (name, number) in &self.numbers {
            let place = usize::from(number.0);
            if let (Some(feed), Some(state)) = (self.feeds.get(place), feeds.get_mut(place)) {
                let Feed { kind, standing, last_sequence } = *feed;
                *state = Some(FeedState { name: name.clone(), kind, standing, last_sequence });
            }
        }
        let Some(feeds) = feeds.into_iter().collect() else { return Err("a feed has no name".into()) };
        let task = TaskState {
            feeds,
            stamped: self.time_base.map(|base| base == TimeBase::Live),
            now: self.now,
            zones_changed: self.zones_changed.clone(),
            register: self.register,
            points_until: self.points_until,
        };
        let mut state = postcard::to_stdvec(&task)?;
        Ok(self.core.save(&mut state)?.then_some(state))
    }

    /// Takes the latest snapshot of the store that fits; answers from where on the log has to be read. A snapshot that does not fit
    /// is named and left alone.
    pub(super) fn resume(&mut self, store: &OpenStore) -> Option<Position> {
        let snapshots = store.snapshots.as_ref()?;
        let names = snapshots.store.names();
        for name in &names {
            match self.take_snapshot(name, snapshots, store) {
                Ok(position) => {
                    tracing::info!(name, at = %self.now, "going on from a snapshot");
                    return Some(position);
                }
                Err(why) => tracing::warn!(name, %why, "a snapshot is not used"),
            }
        }
        if !names.is_empty() {
            tracing::warn!("no snapshot fits: the log is read instead, which takes longer and gives the same");
        }
        None
    }

    /// On an error nothing has changed.
    fn take_snapshot(&mut self, name: &str, snapshots: &Snapshots, store: &OpenStore) -> Result<Position, Fatal> {
        let bytes = snapshots.store.read(name)?;
        let (about, state) = decode(&bytes)?;
        if about.edition != EDITION {
            return Err("it was written by a program built from other sources".into());
        }
        if about.area != snapshots.area {
            return Err("sensors, chart or rules are not those that it was written with".into());
        }
        if about.settings != self.core.settings() {
            return Err("the settings are not those that it was written with".into());
        }
        let position = about.position();
        if !store.reader.reaches(position) {
            return Err("the log does not reach as far as it does".into());
        }
        if let Some(desk) = &self.hubs.records {
            let (sequence, hash) = &about.record;
            if !desk.records.has_entry(*sequence, hash)? {
                return Err("the records do not reach as far as it does, or are others".into());
            }
        }
        let (boards, state) = postcard::take_from_bytes::<Boards>(state)?;
        let (task, core) = postcard::take_from_bytes::<TaskState>(state)?;
        check_feeds(&task, store)?;
        if task.points_until > store.history.last() {
            return Err("history does not reach as far as it does".into());
        }
        let register = match &self.named {
            Some(named) => Some(Arc::new(named.register(task.register)?)),
            None => None,
        };
        let chart = self.core.restore(core, task.zones_changed.as_deref())?;
        if let Some(register) = register {
            self.core.set_register(register);
        }
        self.adopt(task);
        if let Some(shown) = self.hubs.chart.as_ref().filter(|_| self.zones_changed.is_some()) {
            shown.send_replace(chart);
        }
        for (track, how) in boards.farewells {
            self.hubs.picture.remember(track, how);
        }
        // On the board alone: the records have them, that was looked at.
        for alert in boards.alerts {
            let id = alert.id.clone();
            self.hubs.alerts.post(id.as_str(), alert.stage, alert);
        }
        Ok(position)
    }

    fn adopt(&mut self, task: TaskState) {
        let TaskState { feeds, stamped, now, zones_changed, register, points_until } = task;
        for (number, FeedState { name, kind, standing, last_sequence }) in (0..).map(FeedNumber).zip(feeds) {
            self.feeds.push(Feed { kind, standing, last_sequence });
            self.numbers.insert(name, number);
        }
        self.time_base = stamped.map(|stamped| if stamped { TimeBase::Live } else { TimeBase::Recorded });
        self.now = now;
        self.zones_changed = zones_changed;
        self.register = register;
        self.points_until = points_until;
    }
}

/// The log must know of every record that the snapshot has taken, else it has lost its end.
fn check_feeds(task: &TaskState, store: &OpenStore) -> Result<(), Fatal> {
    for (number, feed) in task.feeds.iter().enumerate() {
        let logged = store.state.feeds.get(number).filter(|logged| logged.name == feed.name.as_str());
        match logged {
            Some(logged) if feed.last_sequence <= logged.last_sequence => {}
            _ => return Err(format!("the log has lost records of feed '{}' that are in it", feed.name).into()),
        }
    }
    Ok(())
}
