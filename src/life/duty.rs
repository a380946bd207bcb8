//! When nobody acts: who is reminded, when, and when the unit above is told.
//!
//! An alert asks for the next step within a time that depends on its grade and on where it stands. When that time is over the
//! units that see it are reminded; after a number of reminders in vain the unit above is told too. Reminders of one alert
//! thin out (each waits twice as long as the one before, an hour at most), so that an unattended night fills no disk, but they
//! never stop.

use super::{Life, LifeState};

/// Grades of alerts: 1 (least) to 4.
pub const GRADES: usize = 4;

/// The longest wait between two reminders of one alert, in milliseconds.
const LONGEST_WAIT_MS: i64 = 3_600_000;

/// How long an alert of one grade may stand before somebody is reminded, in seconds. 0: no reminder for want of this step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// From raised to taken up.
    pub acknowledge_s: u32,
    /// From taken up to confirmed or dismissed.
    pub judge_s: u32,
    /// From confirmed to dispatched or disposed.
    pub dispatch_s: u32,
    /// From the stated time of arrival (or the dispatch, where none is stated) to disposed.
    pub dispose_s: u32,
    /// Between the first and the second reminder; doubles from then on.
    pub repeat_s: u32,
    /// Every so many reminders in vain the next unit above is told; 0: never.
    pub escalate_every: u32,
}

/// The times of duty, a grade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duty {
    /// By grade, from 1.
    pub by_grade: [Patience; GRADES],
}

impl Default for Duty {
    /// What is urgent (grade 4) is to be taken up within a minute, the least (grade 1) within a quarter of an hour.
    fn default() -> Self {
        let patience = |acknowledge_s, judge_s, repeat_s| Patience {
            acknowledge_s,
            judge_s,
            dispatch_s: judge_s,
            dispose_s: 3_600,
            repeat_s,
            escalate_every: 2,
        };
        Self {
            by_grade: [
                patience(900, 3_600, 600),
                patience(300, 1_800, 300),
                patience(120, 900, 120),
                patience(60, 600, 60),
            ],
        }
    }
}

/// What is due, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// When, milliseconds since 1970 by the server's clock.
    pub at_ms: i64,
    /// Whether the unit above is to be told too.
    pub escalate: bool,
}

impl Duty {
    /// The next reminder of an alert; `None` when nothing is waited for.
    pub fn next(&self, life: &Life, grade: u32) -> Option<Due> {
        let index = (grade.max(1) as usize - 1).min(GRADES - 1);
        let patience = self.by_grade.get(index)?;
        let (from_ms, wait_s) = match life.state {
            LifeState::Raised => (life.state_since_ms, patience.acknowledge_s),
            LifeState::Acknowledged | LifeState::Verifying => (life.state_since_ms, patience.judge_s),
            LifeState::Confirmed => (life.state_since_ms, patience.dispatch_s),
            LifeState::Dispatched => {
                let sent = life.dispatch.as_ref();
                let from_ms = sent.map_or(life.state_since_ms, |sent| sent.eta_ms.unwrap_or(sent.dispatched_ms));
                (from_ms.max(life.state_since_ms), patience.dispose_s)
            }
            LifeState::Dismissed | LifeState::Disposed | LifeState::Closed | LifeState::Withdrawn => return None,
        };
        if wait_s == 0 {
            return None;
        }
        let at_ms = match life.last_reminder_ms {
            None => from_ms.saturating_add(seconds(wait_s)),
            Some(last_ms) => {
                let doublings = life.reminders_here.saturating_sub(1).min(20);
                let wait_ms = seconds(patience.repeat_s.max(1)) << doublings;
                last_ms.saturating_add(wait_ms.min(LONGEST_WAIT_MS))
            }
        };
        let number = life.reminders_here.saturating_add(1);
        let escalate = patience.escalate_every > 0 && number.is_multiple_of(patience.escalate_every);
        Some(Due { at_ms, escalate })
    }
}

fn seconds(seconds: u32) -> i64 {
    i64::from(seconds) * 1_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::life::{Actor, Step};

    const URGENT: u32 = 4;

    #[test]
    fn who_does_not_act_is_reminded_and_then_the_unit_above_is_told() {
        let duty = Duty::default();
        let mut life = Life::begin("haikou", 0);
        let mut told = Vec::new();
        for _ in 0..5 {
            let due = duty.next(&life, URGENT).unwrap();
            told.push((due.at_ms / 1_000, due.escalate));
            let step = if due.escalate { Step::Escalate { to: "province".to_owned() } } else { Step::Remind };
            life = life.step(&step, &Actor::system(), due.at_ms).unwrap();
        }
        // After a minute, a minute later, then after two, four and eight.
        assert_eq!(told, [(60, false), (120, true), (240, false), (480, true), (960, false)]);
        assert!(life.concerns("province") && life.unit == "haikou");
    }

    #[test]
    fn taking_it_up_stops_the_reminders_of_the_first_step_and_starts_those_of_the_next() {
        let duty = Duty::default();
        let life = Life::begin("", 0).step(&Step::Remind, &Actor::system(), 60_000).unwrap();
        let life = life.step(&Step::Acknowledge, &Actor::system(), 70_000).unwrap();
        assert_eq!(duty.next(&life, URGENT), Some(Due { at_ms: 670_000, escalate: false }));
        let closed = life.step(&Step::Dismiss(crate::life::DismissReason::Waiting), &Actor::system(), 80_000).unwrap();
        assert_eq!(duty.next(&closed, URGENT), None);
    }

    #[test]
    fn a_unit_on_its_way_is_asked_for_the_outcome_after_its_time_of_arrival() {
        let duty = Duty::default();
        let life = Life::begin("", 0).step(&Step::Acknowledge, &Actor::system(), 1_000).unwrap();
        let sent = Step::Dispatch { unit: "boat 7".to_owned(), eta_ms: Some(1_800_000), known: false };
        let life = life.step(&sent, &Actor::system(), 2_000).unwrap();
        assert_eq!(duty.next(&life, 1).unwrap().at_ms, 1_800_000 + 3_600_000);
    }

    #[test]
    fn reminders_thin_out_but_never_stop() {
        let duty = Duty::default();
        let mut life = Life::begin("", 0);
        let mut last_ms = 0;
        for count in 0..100 {
            let due = duty.next(&life, 3).unwrap();
            assert!(due.at_ms > last_ms && due.at_ms - last_ms <= LONGEST_WAIT_MS, "{count}");
            last_ms = due.at_ms;
            life = life.step(&Step::Remind, &Actor::system(), last_ms).unwrap();
        }
        assert!(last_ms > 94 * LONGEST_WAIT_MS, "an hour apart from the sixth on");
    }

    #[test]
    fn a_grade_without_a_time_is_never_reminded_of() {
        let mut duty = Duty::default();
        duty.by_grade[0].acknowledge_s = 0;
        assert_eq!(duty.next(&Life::begin("", 0), 1), None);
        assert!(duty.next(&Life::begin("", 0), 2).is_some());
        assert_eq!(duty.next(&Life::begin("", 0), 0), None, "an alert without a grade is one of the least");
    }
}
