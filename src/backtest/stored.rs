//! What other rules would have told of what a server received: a stretch of its input log by two sets of rules at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Change;
use super::matching::{changes, told_at};
use crate::alert::{Alert, AlertId};
use crate::behaviour::BehaviourConfig;
use crate::fusion::Explain;
use crate::register::Register;
use crate::serve::area::Area;
use crate::serve::core::{Core, Fatal};
use crate::serve::engine_task::Replayer;
use crate::serve::limits::TRIAL_ALERTS_MAX;
use crate::serve::named::Named;
use crate::serve::session::Session;
use crate::store::log::LogError;
use crate::store::log::entry::Entry;
use crate::store::log::reader::LogReader;
use crate::units::EventTime;

/// How long before the stretch the playing begins, so that its vessels and stays are known when it does, in milliseconds: the longest
/// window that a rule keeps.
const WARM_UP_MS: i64 = 3_600_000;
/// Records between two looks at whether the trial is still wanted.
const LOOK_EVERY: u64 = 1_024;

/// What a trial is made with.
pub struct Received<'a> {
    /// The log.
    pub log: &'a LogReader,
    /// What it names.
    pub named: &'a Named,
    /// Sensors and chart. A log that began with others is read as if it had been these.
    pub area: &'a Area,
    /// Who vessels are, where the log does not say.
    pub register: &'a Arc<Register>,
}

/// What came of a trial.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredTrial {
    /// Receipt of the first record that was played.
    pub played_from: EventTime,
    /// Records that were played.
    pub records: u64,
    /// The alerts of both sets that were told in the stretch, in order of time.
    pub changes: Vec<Change>,
    /// How much of the stretch was received, in hours.
    pub hours: f64,
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The engine, or a change of the zones.
    #[error("what was received cannot be played: {0}")]
    Engine(Fatal),
    /// The log holds no record of the stretch.
    #[error("nothing was received between {from} and {to}: choose another stretch")]
    Nothing {
        /// Where it begins.
        from: EventTime,
        /// Where it ends.
        to: EventTime,
    },
    /// More than anybody could read.
    #[error(
        "the rules '{0}' tell more than {max} alerts in this stretch: raise the thresholds, or choose a shorter one",
        max = TRIAL_ALERTS_MAX
    )]
    TooMany(String),
    /// Nobody waits for it any more.
    #[error("the trial was ended")]
    Unwanted,
}

/// Plays what was received from `from` to `to` by the rules `now` and by `new`. `goes_on` is told the share that is done, and says
/// whether the trial is still wanted.
///
/// # Errors
/// When there is nothing to play, it cannot be played, or is not wanted any more.
pub fn try_rules(
    received: &Received<'_>,
    (now, new): (&BehaviourConfig, &BehaviourConfig),
    (from, to): (EventTime, EventTime),
    mut goes_on: impl FnMut(f64) -> bool,
) -> Result<StoredTrial, TrialError> {
    let beginning = received.log.beginning(Some(from.plus_millis(-WARM_UP_MS)))?;
    let mut runs = [Run::new(received, now), Run::new(received, new)];
    let (mut first, mut last, mut records, mut in_stretch) = (None, from, 0_u64, false);
    let read = received.log.each(beginning, |_, entry| {
        let at = match entry {
            Entry::Record(record) => Some(record.received),
            Entry::Advance(until) => Some(*until),
            _ => None,
        };
        if let Some(at) = at {
            if at > to {
                return Err(Stop::Over);
            }
            last = at;
        }
        if matches!(entry, Entry::Record(_)) {
            let begun = *first.get_or_insert(last);
            in_stretch |= last >= from;
            records += 1;
            let done = last.seconds_since(begun) / to.seconds_since(begun).max(1.0);
            if records.is_multiple_of(LOOK_EVERY) && !goes_on(done.clamp(0.0, 1.0)) {
                return Err(Stop::Failed(TrialError::Unwanted));
            }
        }
        runs.iter_mut().try_for_each(|run| run.take(entry)).map_err(Stop::Failed)
    });
    match read {
        Ok(_) | Err(Stop::Over) => {}
        Err(Stop::Failed(error)) => return Err(error),
    }
    let Some(played_from) = first.filter(|_| in_stretch) else { return Err(TrialError::Nothing { from, to }) };
    let [before, after] = runs.map(Run::told);
    let mut changes = changes(before, after);
    changes.retain(|change| change.either().any(|alert| (from..=to).contains(&told_at(alert))));
    let hours = last.seconds_since(from.max(played_from)) / 3600.0;
    Ok(StoredTrial { played_from, records, changes, hours })
}

/// Ends the reading of the log early.
enum Stop {
    Over,
    Failed(TrialError),
}

impl From<LogError> for Stop {
    fn from(error: LogError) -> Self {
        Self::Failed(error.into())
    }
}

/// The log by one set of rules.
struct Run {
    edition: String,
    replayer: Replayer<Session>,
    told: BTreeMap<AlertId, Alert>,
}

impl Run {
    fn new(received: &Received<'_>, rules: &BehaviourConfig) -> Self {
        let area = Area { rules: rules.clone(), ..received.area.clone() };
        let mut plan = area.into_plan(None);
        // Nobody asks what made these tracks.
        plan.engine.fusion.explain = Explain::default();
        let mut session = Session::new(plan);
        session.set_register(Arc::clone(received.register));
        let replayer = Replayer::new(session, received.named.clone());
        Self { edition: rules.edition.clone(), replayer, told: BTreeMap::new() }
    }

    fn take(&mut self, entry: &Entry<'_>) -> Result<(), TrialError> {
        for alert in self.replayer.take(entry).map_err(TrialError::Engine)? {
            if alert.confirmed.is_some() {
                self.told.insert(alert.id.clone(), alert);
            }
        }
        if self.told.len() > TRIAL_ALERTS_MAX {
            return Err(TrialError::TooMany(self.edition.clone()));
        }
        Ok(())
    }

    /// What was told in full, as it stands at the end.
    fn told(self) -> Vec<Alert> {
        let mut told: Vec<Alert> = self.told.into_values().collect();
        told.sort_by(|a, b| (a.confirmed, &a.id).cmp(&(b.confirmed, &b.id)));
        told
    }
}
