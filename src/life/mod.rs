//! The life of an alert in the hands of officers: from raised to closed, one step after the other, and the reminders when
//! nobody acts.
//!
//! Pure: what becomes of a life follows from the life, the step, who takes it and when; nothing here asks for the time,
//! knows a database or a wire. [`Life::step`] is the state machine, [`duty`] says when to remind, [`statistics`] what the
//! outcomes say of the rules. Two things stay apart: whether the *behaviour* goes on (`alert::Stage`, the system's word) and where
//! the *case* stands (here, the officers' word). The system never overrides an officer who has confirmed.

pub mod duty;
pub mod statistics;
mod step;
mod words;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use step::{Step, StepKind, StepRefused};
pub use words::{DismissReason, LifeState, Outcome, UnknownWord};

/// Who acts: a person, a service, or the system itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// As the token or certificate says: `li.wei`.
    pub id: String,
    /// Name for people; empty where the token does not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The unit it acts for; empty: none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// The role in which it acts.
    pub role: String,
    /// What it showed: id of the token or fingerprint of the certificate; empty for the local user.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub credential: String,
}

impl Actor {
    /// The server itself.
    pub fn system() -> Self {
        Self {
            id: "system".to_owned(),
            name: String::new(),
            unit: String::new(),
            role: "system".to_owned(),
            credential: String::new(),
        }
    }
}

/// An unit on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispatch {
    /// The unit: one that is configured, or a call sign.
    pub unit: String,
    /// When it was sent, milliseconds since 1970 by the server's clock.
    pub dispatched_ms: i64,
    /// When it is expected to be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta_ms: Option<i64>,
}

/// How a case was dealt with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disposal {
    /// What came of it.
    pub outcome: Outcome,
    /// Number of the case file elsewhere; empty: none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reference: String,
    /// When, milliseconds since 1970 by the server's clock.
    pub disposed_ms: i64,
}

/// How an alert stands with the officers. All times are milliseconds since 1970 by the clock of the server that keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Life {
    /// Where it stands.
    pub state: LifeState,
    /// Counts the changes that an officer must have seen before he takes the next step, from 1. Reminders, escalations and
    /// comments do not count: they contradict nothing.
    pub version: u64,
    /// Since when it stands there.
    pub state_since_ms: i64,
    /// The unit that has it in hand; empty: none.
    pub unit: String,
    /// Units that see it beside.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub joint: BTreeSet<String>,
    /// When it was taken on record.
    pub recorded_ms: i64,
    /// When it was taken up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged_ms: Option<i64>,
    /// Who took it up; empty: nobody yet.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub acknowledged_by: String,
    /// When it was first confirmed or dismissed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged_ms: Option<i64>,
    /// Whether it was found true, where that has been said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found_true: Option<bool>,
    /// Why it was dismissed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dismissal: Option<DismissReason>,
    /// When a unit was first sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_dispatched_ms: Option<i64>,
    /// The latest dispatch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispatch: Option<Dispatch>,
    /// How it was dealt with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disposal: Option<Disposal>,
    /// How often units were reminded, escalations included.
    #[serde(default)]
    pub reminders: u32,
    /// How many levels up it was escalated.
    #[serde(default)]
    pub escalations: u32,
    /// Reminders since it stands where it stands.
    #[serde(default)]
    pub reminders_here: u32,
    /// When units were last reminded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_reminder_ms: Option<i64>,
    /// Whether the system has taken the alert back.
    #[serde(default)]
    pub withdrawn_by_system: bool,
    /// Comments so far.
    #[serde(default)]
    pub comments: u32,
}

impl Life {
    /// A life that begins in the hands of `unit` (empty: nobody's).
    pub fn begin(unit: &str, at_ms: i64) -> Self {
        Self {
            state: LifeState::Raised,
            version: 1,
            state_since_ms: at_ms,
            unit: unit.to_owned(),
            joint: BTreeSet::new(),
            recorded_ms: at_ms,
            acknowledged_ms: None,
            acknowledged_by: String::new(),
            judged_ms: None,
            found_true: None,
            dismissal: None,
            first_dispatched_ms: None,
            dispatch: None,
            disposal: None,
            reminders: 0,
            escalations: 0,
            reminders_here: 0,
            last_reminder_ms: None,
            withdrawn_by_system: false,
            comments: 0,
        }
    }

    /// Names this very version of the life, for whoever wants to change it.
    pub fn etag(&self) -> String {
        format!("v{}", self.version)
    }

    /// Whether a unit has it in hand or sees it beside.
    pub fn concerns(&self, unit: &str) -> bool {
        self.unit == unit || self.joint.contains(unit)
    }
}
