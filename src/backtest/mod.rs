//! What other rules would have told: recordings through two sets of rules, and how their alerts differ.
//!
//! Tracks do not depend on rules, so both sets see the same vessels under the same numbers, and an alert of one is held against
//! those of the other by kind, vessel, zone and time (`matching`). `table` says it in words; the picture is drawn by
//! `plot::changes`; `stored` takes the log of a server in place of a recording. *Invariant:* every alert of either set is in exactly one [`Change`].

mod matching;
pub mod stored;
mod table;

use std::sync::Arc;

pub use matching::changes;
pub use table::{summary, table};

use crate::alert::{Alert, Stage};
use crate::behaviour::BehaviourConfig;
use crate::chart::Chart;
use crate::engine::EngineConfig;
use crate::recording::Recording;
use crate::register::Register;
use crate::replay::{ReplayError, trial};
use crate::units::EventTime;

/// An alert by the current rules, the new ones, or both.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The new rules alone tell it.
    Appears(Box<Alert>),
    /// The current rules alone tell it.
    Vanishes(Box<Alert>),
    /// Both tell it, at another time or with another grade or score.
    Moves {
        /// By the current rules.
        from: Box<Alert>,
        /// By the new ones.
        to: Box<Alert>,
    },
    /// Both tell it alike.
    Stays(Box<Alert>),
}

impl Change {
    /// The alert, by the new rules where they tell it.
    pub fn alert(&self) -> &Alert {
        match self {
            Self::Appears(alert) | Self::Vanishes(alert) | Self::Stays(alert) | Self::Moves { to: alert, .. } => alert,
        }
    }

    /// The alert as either set tells it, the current one first.
    pub fn either(&self) -> impl Iterator<Item = &Alert> {
        let (now, new) = match self {
            Self::Vanishes(alert) => (Some(alert), None),
            Self::Appears(alert) | Self::Stays(alert) => (None, Some(alert)),
            Self::Moves { from, to } => (Some(from), Some(to)),
        };
        now.into_iter().chain(new).map(|alert| &**alert)
    }

    /// The word of the table.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Appears(_) => "appears",
            Self::Vanishes(_) => "vanishes",
            Self::Moves { .. } => "moves",
            Self::Stays(_) => "stays",
        }
    }
}

/// What became of one recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Name of the recording.
    pub name: String,
    /// When its time is 0.
    pub start: EventTime,
    /// How long it is, in hours.
    pub hours: f64,
    /// All alerts of both sets, in order of time.
    pub changes: Vec<Change>,
}

/// Alerts an hour that stand, by either set of rules.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// By the current rules.
    pub now: f64,
    /// By the new ones.
    pub new: f64,
}

impl Rates {
    /// Those of `hours`. Less than an hour counts as one: a minute with one alert is no flood.
    pub fn of(changes: &[Change], hours: f64) -> Self {
        let stands = |alert: &Alert| f64::from(u8::from(alert.stage != Stage::Withdrawn));
        let (mut now, mut new) = (0.0, 0.0);
        for change in changes {
            match change {
                Change::Appears(alert) => new += stands(alert),
                Change::Vanishes(alert) => now += stands(alert),
                Change::Moves { from, to } => (now, new) = (now + stands(from), new + stands(to)),
                Change::Stays(alert) => (now, new) = (now + stands(alert), new + stands(alert)),
            }
        }
        let hours = hours.max(1.0);
        Self { now: now / hours, new: new / hours }
    }
}

impl Comparison {
    /// How many alerts that stand the new rules tell in an hour.
    pub fn alerts_an_hour(&self) -> f64 {
        Rates::of(&self.changes, self.hours).new
    }
}

/// Plays a recording by the current rules and by the new ones.
///
/// # Errors
/// When there is nothing to play.
pub fn compare(
    recording: &Recording,
    chart: &Arc<Chart>,
    register: &Arc<Register>,
    current: &BehaviourConfig,
    new: &BehaviourConfig,
) -> Result<Comparison, ReplayError> {
    let configs = [current, new].map(|rules| EngineConfig {
        rules: rules.clone(),
        register: Arc::clone(register),
        ..EngineConfig::default()
    });
    let trial = trial(recording, chart, &configs)?;
    let mut alerts = trial.alerts.into_iter();
    let (before, after) = (alerts.next().unwrap_or_default(), alerts.next().unwrap_or_default());
    Ok(Comparison {
        name: recording.name.clone(),
        start: trial.start,
        hours: trial.end.seconds_since(trial.start) / 3600.0,
        changes: changes(before, after),
    })
}
