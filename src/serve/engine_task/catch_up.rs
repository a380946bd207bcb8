//! Taking what a log holds, as the server took it when it came: at a start, for a replay, and to check evidence.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{EngineTask, TimeBase};
use crate::alert::Alert;
use crate::serve::core::{Core, Fatal};
use crate::serve::journal;
use crate::serve::named::Named;
use crate::serve::officer::OfficerWord;
use crate::serve::work::{FeedName, FeedNumber, Hello, Standing};
use crate::store::history::HistoryWriter;
use crate::store::log::entry::Entry;
use crate::store::log::read::Position;
use crate::store::log::reader::LogReader;
use crate::units::{Mmsi, TrackId};

/// Takes entries of a log one by one, as the server took them when they came.
pub struct Replayer<C>(EngineTask<C>);

impl<C: Core> Replayer<C> {
    /// Begins with a core that has taken nothing. `named` has what the log names.
    pub fn new(core: C, named: Named) -> Self {
        let mut task = EngineTask::new(core, Arc::default());
        task.named = Some(named);
        Self(task)
    }

    /// Takes the next entry; returns the alerts that changed.
    ///
    /// # Errors
    /// When the core cannot go on.
    pub fn take(&mut self, entry: &Entry<'_>) -> Result<Vec<Alert>, Fatal> {
        self.0.take_up(entry)?;
        self.0.core.tell(&self.0.hubs);
        Ok(self.0.core.take_alerts())
    }
}

impl<C: Core> Replayer<C> {
    /// The vessels of the pictures since the last call, where the core keeps points of them.
    pub fn vessels(&mut self) -> Vec<Mmsi> {
        let points = self.0.core.take_points();
        points.iter().flat_map(|(_, points)| points.iter().filter_map(|point| point.mmsi)).collect()
    }
}

/// Takes all that a log holds, as the server took it when it came, and closes the output. `named` has what it names.
///
/// # Errors
/// When the log or a change of the zones cannot be read, or the output not be written.
pub fn replay(core: impl Core, log: &LogReader, named: Named) -> Result<(), Fatal> {
    let mut task = EngineTask::new(core, Arc::default());
    task.named = Some(named);
    task.catch_up(log, None, None, &AtomicBool::new(false))?;
    task.core.finish()
}

impl<C: Core> EngineTask<C> {
    /// Takes everything that the log holds from `from` on, as it was taken when it came.
    pub(super) fn catch_up(
        &mut self,
        log: &LogReader,
        from: Option<Position>,
        mut history: Option<&mut HistoryWriter>,
        stopping: &AtomicBool,
    ) -> Result<(), Fatal> {
        let mut records = 0_u64;
        let reports = log.each::<Fatal>(from, |_, entry| {
            self.take_up(entry)?;
            records += u64::from(matches!(entry, Entry::Record(_)));
            self.core.tell(&self.hubs);
            self.core.take_alerts().into_iter().for_each(|alert| self.hubs.tell(alert));
            let pictures = self.core.take_points();
            self.note_points(&pictures);
            for (at, points) in pictures {
                if let Some(history) = &mut history {
                    history.append(at, &points)?;
                    history.commit()?;
                }
            }
            if stopping.load(Ordering::Relaxed) { Err("stopped while the log was being read".into()) } else { Ok(()) }
        })?;
        for complaint in reports.iter().flat_map(|report| report.complaints()) {
            tracing::warn!("{complaint}");
        }
        self.unsaved |= records > 0;
        tracing::info!(records, segments = reports.len(), until = %self.now, "the input log has been replayed");
        self.show();
        Ok(())
    }

    fn take_up(&mut self, entry: &Entry<'_>) -> Result<(), Fatal> {
        match entry {
            Entry::Feed(feed) => {
                let Some(name) = FeedName::new(&feed.name) else { return Ok(()) };
                let hello = Hello { name, kind: feed.kind, handle: 0, last_sequence: feed.last_sequence };
                match self.open(&hello) {
                    Ok((number, _)) if number.0 == feed.number => {}
                    // Only a log with damage at the beginning of a segment has such.
                    _ => tracing::warn!(feed = feed.name, "the log knows this feed by another number"),
                }
            }
            Entry::Record(record) => {
                let Some(feed) = self.feeds.get_mut(usize::from(record.feed)) else { return Ok(()) };
                feed.last_sequence = Some(record.sequence);
                self.time_base = Some(if record.stamped { TimeBase::Live } else { TimeBase::Recorded });
                let known = feed.standing != Standing::Unknown;
                self.move_to(record.received);
                if known {
                    let (number, payload) = (FeedNumber(record.feed), journal::payload(record));
                    // What was refused then is refused now.
                    let _ = self.core.take(number, record.sequence, self.now, &payload)?;
                }
            }
            Entry::Advance(until) => {
                self.move_to(*until);
                self.core.advance(self.now)?;
            }
            Entry::Gap { feed, last, .. } => {
                if let Some(feed) = self.feeds.get_mut(usize::from(*feed)) {
                    feed.last_sequence = Some(*last);
                }
            }
            Entry::Zones(name) => {
                let Some(named) = &self.named else { return Ok(()) };
                let change = named.zones.read(name)?;
                if let Err(error) = self.change_zones(change)? {
                    tracing::warn!(%error, "a change of the zones does not fit the area's own: it is left out");
                }
            }
            Entry::Register(sequence) => {
                let Some(named) = &self.named else { return Ok(()) };
                let register = named.register(*sequence)?;
                self.set_register(Arc::new(register), *sequence)?;
            }
            Entry::Stated { track, said } => {
                let stated = if said.is_empty() { None } else { Some(serde_json::from_str(said)?) };
                // Where the log begins in the middle the track may be another's.
                if let Err(error) = self.core.state(TrackId(*track), stated) {
                    tracing::warn!(%error, "what an officer said of a track is left out");
                }
            }
            Entry::Officer { at, outcome, alert } => {
                let word = OfficerWord { alert_id: alert.clone(), outcome: *outcome };
                let _ = self.core.hear(&word, *at, false)?;
            }
            Entry::Area(_) | Entry::Tracks(_) | Entry::Durable | Entry::Sealed { .. } => {}
        }
        Ok(())
    }
}
