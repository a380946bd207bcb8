//! The state machine: which step may follow where, and what it leaves behind.

use std::fmt;

use super::{Actor, DismissReason, Dispatch, Disposal, Life, LifeState, Outcome};

/// What is done with an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// An officer takes it up.
    Acknowledge,
    /// It is looked into.
    Verify,
    /// It is true.
    Confirm,
    /// It is nothing.
    Dismiss(DismissReason),
    /// A unit is sent; `known` when it is one of the configured units, which then sees the alert.
    Dispatch {
        /// The unit, or a call sign.
        unit: String,
        /// When it is expected to be there, milliseconds since 1970.
        eta_ms: Option<i64>,
        /// Whether the unit is configured.
        known: bool,
    },
    /// It has been dealt with.
    Dispose {
        /// What came of it.
        outcome: Outcome,
        /// Number of the case file elsewhere.
        reference: String,
    },
    /// The file is closed.
    Close,
    /// Something is noted.
    Comment,
    /// It goes into the hands of another unit.
    HandOver {
        /// The unit.
        to: String,
        /// Whether the unit that had it goes on seeing it.
        joint: bool,
    },
    /// The system takes the alert back.
    Withdraw,
    /// Nobody acted: the units are told again.
    Remind,
    /// Nobody acted: a further unit, the one above, is told too.
    Escalate {
        /// That unit.
        to: String,
    },
}

/// The steps by their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "as in Step")]
pub enum StepKind {
    Acknowledge,
    Verify,
    Confirm,
    Dismiss,
    Dispatch,
    Dispose,
    Close,
    Comment,
    HandOver,
    Withdraw,
    Remind,
    Escalate,
}

impl StepKind {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Acknowledge,
        Self::Verify,
        Self::Confirm,
        Self::Dismiss,
        Self::Dispatch,
        Self::Dispose,
        Self::Close,
        Self::Comment,
        Self::HandOver,
        Self::Withdraw,
        Self::Remind,
        Self::Escalate,
    ];

    /// What the record calls it when it has been done.
    pub const fn done(self) -> &'static str {
        match self {
            Self::Acknowledge => "acknowledged",
            Self::Verify => "verifying",
            Self::Confirm => "confirmed",
            Self::Dismiss => "dismissed",
            Self::Dispatch => "dispatched",
            Self::Dispose => "disposed",
            Self::Close => "closed",
            Self::Comment => "commented",
            Self::HandOver => "handed_over",
            Self::Withdraw => "withdrawn",
            Self::Remind => "reminded",
            Self::Escalate => "escalated",
        }
    }

    /// Where an alert stands after this step, when it may be taken from `state`.
    pub const fn follows(self, state: LifeState) -> Option<LifeState> {
        use LifeState::{
            Acknowledged, Closed, Confirmed, Dismissed, Dispatched, Disposed, Raised, Verifying, Withdrawn,
        };
        match (self, state) {
            (Self::Acknowledge, Raised) => Some(Acknowledged),
            (Self::Verify, Raised | Acknowledged) => Some(Verifying),
            (Self::Confirm, Acknowledged | Verifying) => Some(Confirmed),
            (Self::Dismiss, Raised | Acknowledged | Verifying | Confirmed) => Some(Dismissed),
            (Self::Dispatch, Acknowledged | Verifying | Confirmed | Dispatched) => Some(Dispatched),
            (Self::Dispose, Confirmed | Dispatched) => Some(Disposed),
            (Self::Close, Dismissed | Disposed | Withdrawn) => Some(Closed),
            // What an officer has judged stands; that the system takes it back is noted.
            (Self::Withdraw, Raised | Acknowledged | Verifying) => Some(Withdrawn),
            (Self::Withdraw, Confirmed | Dismissed | Dispatched | Disposed | Closed | Withdrawn)
            | (Self::Comment, _) => Some(state),
            (Self::HandOver, _) if !matches!(state, Closed) => Some(state),
            (Self::Remind | Self::Escalate, Raised | Acknowledged | Verifying | Confirmed | Dispatched) => Some(state),
            _ => None,
        }
    }
}

impl fmt::Display for StepKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Acknowledge => "acknowledge",
            Self::Verify => "verify",
            Self::Confirm => "confirm",
            Self::Dismiss => "dismiss",
            Self::Dispatch => "dispatch",
            Self::Dispose => "dispose",
            Self::Close => "close",
            Self::Comment => "comment on",
            Self::HandOver => "hand over",
            Self::Withdraw => "withdraw",
            Self::Remind => "remind of",
            Self::Escalate => "escalate",
        })
    }
}

impl Step {
    /// Its name.
    pub const fn kind(&self) -> StepKind {
        match self {
            Self::Acknowledge => StepKind::Acknowledge,
            Self::Verify => StepKind::Verify,
            Self::Confirm => StepKind::Confirm,
            Self::Dismiss(_) => StepKind::Dismiss,
            Self::Dispatch { .. } => StepKind::Dispatch,
            Self::Dispose { .. } => StepKind::Dispose,
            Self::Close => StepKind::Close,
            Self::Comment => StepKind::Comment,
            Self::HandOver { .. } => StepKind::HandOver,
            Self::Withdraw => StepKind::Withdraw,
            Self::Remind => StepKind::Remind,
            Self::Escalate { .. } => StepKind::Escalate,
        }
    }
}

/// A step that does not follow from where the alert stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot {step} an alert that is {state}: {}", way_on(*state))]
pub struct StepRefused {
    /// The step.
    pub step: StepKind,
    /// Where the alert stands.
    pub state: LifeState,
}

/// What an officer can do instead.
const fn way_on(state: LifeState) -> &'static str {
    match state {
        LifeState::Raised => "acknowledge or verify it first",
        LifeState::Acknowledged => "verify, confirm, dismiss or dispatch",
        LifeState::Verifying => "confirm, dismiss or dispatch",
        LifeState::Confirmed => "dispatch, dispose or dismiss",
        LifeState::Dispatched => "say what came of it (dispose)",
        LifeState::Dismissed | LifeState::Disposed | LifeState::Withdrawn => "only closing is left",
        LifeState::Closed => "the file is closed, comments are all that can be added",
    }
}

impl Life {
    /// The life after a step of `by` at `at_ms` (milliseconds since 1970 by the server's clock; a clock that went back is
    /// taken as standing still).
    ///
    /// # Errors
    /// When the step does not follow from where the alert stands.
    pub fn step(&self, step: &Step, by: &Actor, at_ms: i64) -> Result<Self, StepRefused> {
        let kind = step.kind();
        let state = kind.follows(self.state).ok_or(StepRefused { step: kind, state: self.state })?;
        let at_ms = at_ms.max(self.state_since_ms);
        let mut life = self.clone();
        if !matches!(kind, StepKind::Comment | StepKind::Remind | StepKind::Escalate) {
            life.version += 1;
        }
        if state != self.state {
            life.state = state;
            life.state_since_ms = at_ms;
            life.reminders_here = 0;
            life.last_reminder_ms = None;
        }
        if matches!(kind, StepKind::Acknowledge | StepKind::Verify | StepKind::Dismiss)
            && life.acknowledged_ms.is_none()
        {
            life.acknowledged_ms = Some(at_ms);
            life.acknowledged_by.clone_from(&by.id);
        }
        life.leave_behind(step, at_ms);
        Ok(life)
    }

    fn leave_behind(&mut self, step: &Step, at_ms: i64) {
        match step {
            Step::Confirm => self.judge(true, at_ms),
            Step::Dismiss(reason) => {
                self.judge(false, at_ms);
                self.dismissal = Some(*reason);
            }
            Step::Dispatch { unit, eta_ms, known } => {
                self.first_dispatched_ms.get_or_insert(at_ms);
                self.dispatch = Some(Dispatch { unit: unit.clone(), dispatched_ms: at_ms, eta_ms: *eta_ms });
                // A new time of arrival: the count of reminders begins anew.
                self.reminders_here = 0;
                self.last_reminder_ms = None;
                if *known {
                    self.join(unit);
                }
            }
            Step::Dispose { outcome, reference } => {
                self.disposal = Some(Disposal { outcome: *outcome, reference: reference.clone(), disposed_ms: at_ms });
            }
            Step::Comment => self.comments = self.comments.saturating_add(1),
            Step::HandOver { to, joint } => {
                let before = std::mem::replace(&mut self.unit, to.clone());
                self.joint.remove(to);
                if *joint {
                    self.join(&before);
                }
            }
            Step::Withdraw => self.withdrawn_by_system = true,
            Step::Remind | Step::Escalate { .. } => {
                self.reminders = self.reminders.saturating_add(1);
                self.reminders_here = self.reminders_here.saturating_add(1);
                self.last_reminder_ms = Some(at_ms);
                if let Step::Escalate { to } = step {
                    self.escalations = self.escalations.saturating_add(1);
                    self.join(to);
                }
            }
            Step::Acknowledge | Step::Verify | Step::Close => {}
        }
    }

    fn judge(&mut self, found_true: bool, at_ms: i64) {
        self.judged_ms.get_or_insert(at_ms);
        self.found_true = Some(found_true);
    }

    fn join(&mut self, unit: &str) {
        if !unit.is_empty() && unit != self.unit {
            self.joint.insert(unit.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn officer() -> Actor {
        Actor { id: "li.wei".to_owned(), role: "watch_officer".to_owned(), ..Actor::system() }
    }

    fn some_step(kind: StepKind) -> Step {
        match kind {
            StepKind::Acknowledge => Step::Acknowledge,
            StepKind::Verify => Step::Verify,
            StepKind::Confirm => Step::Confirm,
            StepKind::Dismiss => Step::Dismiss(DismissReason::Waiting),
            StepKind::Dispatch => Step::Dispatch { unit: "haikou".to_owned(), eta_ms: Some(90_000), known: true },
            StepKind::Dispose => Step::Dispose { outcome: Outcome::Seized, reference: "HK-7".to_owned() },
            StepKind::Close => Step::Close,
            StepKind::Comment => Step::Comment,
            StepKind::HandOver => Step::HandOver { to: "customs".to_owned(), joint: true },
            StepKind::Withdraw => Step::Withdraw,
            StepKind::Remind => Step::Remind,
            StepKind::Escalate => Step::Escalate { to: "province".to_owned() },
        }
    }

    /// What may follow where, as the manual has it (proto/shorewatch/alert/v1/alert_service.proto).
    const MANUAL: [(StepKind, &[LifeState]); 7] = {
        use LifeState::{Acknowledged, Confirmed, Dismissed, Dispatched, Disposed, Raised, Verifying, Withdrawn};
        [
            (StepKind::Acknowledge, &[Raised]),
            (StepKind::Verify, &[Raised, Acknowledged]),
            (StepKind::Confirm, &[Acknowledged, Verifying]),
            (StepKind::Dismiss, &[Raised, Acknowledged, Verifying, Confirmed]),
            (StepKind::Dispatch, &[Acknowledged, Verifying, Confirmed, Dispatched]),
            (StepKind::Dispose, &[Confirmed, Dispatched]),
            (StepKind::Close, &[Dismissed, Disposed, Withdrawn]),
        ]
    };

    #[test]
    fn an_officer_may_take_the_steps_of_the_manual_and_no_other() {
        for (step, from) in MANUAL {
            for &state in LifeState::ALL {
                let life = Life { state, ..Life::begin("haikou", 1_000) };
                let after = life.step(&some_step(step), &officer(), 2_000);
                assert_eq!(after.is_ok(), from.contains(&state), "{step} from {state}");
                if let Err(refused) = after {
                    assert!(refused.to_string().contains(&format!("that is {state}: ")), "{refused}");
                }
            }
        }
    }

    #[test]
    fn a_whole_case_leaves_its_times_and_names_behind() {
        let mut life = Life::begin("haikou", 1_000);
        let steps = [
            (StepKind::Acknowledge, 5_000),
            (StepKind::Verify, 9_000),
            (StepKind::Confirm, 20_000),
            (StepKind::Dispatch, 30_000),
            (StepKind::Dispose, 80_000),
            (StepKind::Close, 90_000),
        ];
        for (step, at_ms) in steps {
            life = life.step(&some_step(step), &officer(), at_ms).unwrap();
        }
        assert_eq!((life.state, life.version, life.state_since_ms), (LifeState::Closed, 7, 90_000));
        assert_eq!((life.acknowledged_ms, life.acknowledged_by.as_str()), (Some(5_000), "li.wei"));
        assert_eq!(
            (life.judged_ms, life.found_true, life.first_dispatched_ms),
            (Some(20_000), Some(true), Some(30_000))
        );
        assert_eq!(life.disposal.unwrap().reference, "HK-7");
    }

    #[test]
    fn the_system_never_overrides_an_officer_who_has_judged() {
        for &state in LifeState::ALL {
            let life = Life { state, ..Life::begin("", 0) };
            let after = life.step(&Step::Withdraw, &Actor::system(), 10).unwrap();
            let open = matches!(state, LifeState::Raised | LifeState::Acknowledged | LifeState::Verifying);
            assert_eq!(after.state, if open { LifeState::Withdrawn } else { state });
            assert!(after.withdrawn_by_system && after.version > life.version);
        }
    }

    #[test]
    fn a_handed_over_alert_stays_visible_to_both_when_it_is_a_joint_case() {
        let life = Life::begin("haikou", 0);
        let hand = |joint| Step::HandOver { to: "customs".to_owned(), joint };
        let joint = life.step(&hand(true), &officer(), 1).unwrap();
        assert!(joint.unit == "customs" && joint.concerns("haikou") && joint.state == LifeState::Raised);
        let alone = life.step(&hand(false), &officer(), 1).unwrap();
        assert!(alone.concerns("customs") && !alone.concerns("haikou"));
        let back = Step::HandOver { to: "haikou".to_owned(), joint: false };
        let back = joint.step(&back, &officer(), 2).unwrap();
        assert!(back.unit == "haikou" && back.joint.is_empty());
    }

    #[test]
    fn a_reminder_or_comment_does_not_invalidate_what_the_officer_is_looking_at() {
        let life = Life::begin("haikou", 0);
        for kind in [StepKind::Remind, StepKind::Escalate, StepKind::Comment] {
            assert_eq!(life.step(&some_step(kind), &Actor::system(), 5).unwrap().etag(), life.etag(), "{kind}");
        }
    }

    proptest! {
        /// Whatever is tried in whatever order: no step goes back, time does not, the version only grows, what is closed stays
        /// closed, and a life survives its file.
        #[test]
        fn no_order_of_steps_breaks_a_life(steps in proptest::collection::vec((0_usize..12, -5_000_i64..50_000), 0..40)) {
            fn rank(state: LifeState) -> usize {
                match state {
                    LifeState::Raised => 0,
                    LifeState::Acknowledged => 1,
                    LifeState::Verifying => 2,
                    LifeState::Confirmed => 3,
                    LifeState::Dispatched => 4,
                    LifeState::Dismissed | LifeState::Disposed | LifeState::Withdrawn => 5,
                    LifeState::Closed => 6,
                }
            }
            let mut life = Life::begin("haikou", 10_000);
            for (kind, at_ms) in steps {
                let step = some_step(StepKind::ALL[kind]);
                let Ok(after) = life.step(&step, &officer(), at_ms) else { continue };
                prop_assert!(rank(after.state) >= rank(life.state));
                prop_assert!(after.version >= life.version && after.state_since_ms >= life.state_since_ms);
                prop_assert!(after.state == life.state || after.version > life.version);
                prop_assert!(!after.joint.contains(&after.unit));
                prop_assert!(after.acknowledged_ms.is_some() || matches!(after.state, LifeState::Raised | LifeState::Withdrawn | LifeState::Closed));
                let read: Life = serde_json::from_str(&serde_json::to_string(&after).unwrap()).unwrap();
                prop_assert_eq!(&read, &after);
                life = after;
            }
        }
    }
}
