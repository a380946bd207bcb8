//! What the outcomes say of the rules: how many alerts of a kind, in a zone, by a mix of sensors were true, and how long the
//! units took.
//!
//! Dismissals with their reasons are the material for a review of thresholds; nothing here changes a threshold or silences a zone.

use std::collections::BTreeMap;

use super::{DismissReason, Life, Outcome};

/// One alert, as statistics see it.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The kind of behaviour, which is the rule.
    pub kind: &'a str,
    /// The zone; empty: none.
    pub zone: &'a str,
    /// The kinds of sensor that held the vessel: `ais+radar`.
    pub sensors: &'a str,
    /// Its life.
    pub life: &'a Life,
}

/// By what alerts are put together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    /// The kind of behaviour.
    pub kind: String,
    /// The zone; empty: none.
    pub zone: String,
    /// The mix of sensors.
    pub sensors: String,
}

/// What became of the alerts of one group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Alerts raised.
    pub raised: u32,
    /// Found true by an officer.
    pub confirmed: u32,
    /// Found to be nothing, by reason.
    pub dismissed: BTreeMap<DismissReason, u32>,
    /// Dealt with, by outcome.
    pub outcomes: BTreeMap<Outcome, u32>,
    /// Taken back by the system.
    pub withdrawn: u32,
    /// Not judged yet, and not taken back.
    pub open: u32,
    /// Reminders sent because nobody acted.
    pub reminders: u32,
    acknowledge_ms: Vec<i64>,
    judge_ms: Vec<i64>,
    dispatch_ms: Vec<i64>,
}

impl Tally {
    /// Counts one alert.
    pub fn count(&mut self, life: &Life) {
        self.raised += 1;
        self.reminders += life.reminders;
        self.withdrawn += u32::from(life.withdrawn_by_system);
        match (life.found_true, life.dismissal) {
            (Some(true), _) => self.confirmed += 1,
            (_, Some(reason)) => *self.dismissed.entry(reason).or_default() += 1,
            // Sent or dealt with without a word on whether it is true: an officer thought so.
            _ if life.first_dispatched_ms.is_some() => self.confirmed += 1,
            _ => self.open += u32::from(!life.withdrawn_by_system),
        }
        if let Some(disposal) = &life.disposal {
            *self.outcomes.entry(disposal.outcome).or_default() += 1;
        }
        let since = |at_ms: Option<i64>| at_ms.map(|at_ms| at_ms - life.recorded_ms);
        self.acknowledge_ms.extend(since(life.acknowledged_ms));
        self.judge_ms.extend(since(life.judged_ms));
        self.dispatch_ms.extend(since(life.first_dispatched_ms));
    }

    /// Dismissals of all reasons.
    pub fn dismissed_total(&self) -> u32 {
        self.dismissed.values().sum()
    }

    /// Share of the judged alerts that were true, 0 to 1; `None` while none has been judged.
    pub fn confirmed_share(&self) -> Option<f64> {
        let judged = self.confirmed + self.dismissed_total();
        (judged > 0).then(|| f64::from(self.confirmed) / f64::from(judged))
    }

    /// The reason given most often, and how often; the first in the list where two are equal.
    pub fn chief_reason(&self) -> Option<(DismissReason, u32)> {
        self.dismissed.iter().map(|(reason, count)| (*reason, *count)).rev().max_by_key(|(_, count)| *count)
    }

    /// Median time to take an alert up, in seconds.
    pub fn acknowledge_s(&self) -> Option<f64> {
        median_s(&self.acknowledge_ms)
    }

    /// Median time to confirm or dismiss one, in seconds.
    pub fn judge_s(&self) -> Option<f64> {
        median_s(&self.judge_ms)
    }

    /// Median time until the first unit was sent, in seconds.
    pub fn dispatch_s(&self) -> Option<f64> {
        median_s(&self.dispatch_ms)
    }
}

fn median_s(values_ms: &[i64]) -> Option<f64> {
    let mut values = values_ms.to_vec();
    values.sort_unstable();
    let upper = *values.get(values.len() / 2)?;
    let lower = *values.get((values.len() - 1) / 2)?;
    Some((lower as f64 + upper as f64) / 2_000.0)
}

/// Tallies by kind, zone and mix of sensors.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statistics {
    /// The groups, in order.
    pub groups: BTreeMap<Group, Tally>,
}

impl Statistics {
    /// Counts one alert.
    pub fn count(&mut self, case: Case<'_>) {
        let group = Group { kind: case.kind.to_owned(), zone: case.zone.to_owned(), sensors: case.sensors.to_owned() };
        self.groups.entry(group).or_default().count(case.life);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::life::{Actor, Step};

    fn life(steps: &[(Step, i64)]) -> Life {
        steps.iter().fold(Life::begin("", 0), |life, (step, at_ms)| life.step(step, &Actor::system(), *at_ms).unwrap())
    }

    #[test]
    fn outcomes_are_counted_by_rule_zone_and_sensors() {
        let nothing = life(&[(Step::Dismiss(DismissReason::Waiting), 10_000)]);
        let truth = life(&[(Step::Acknowledge, 20_000), (Step::Confirm, 60_000)]);
        let withdrawn = life(&[(Step::Withdraw, 5_000)]);
        let open = life(&[(Step::Remind, 5_000)]);
        let mut statistics = Statistics::default();
        for life in [&nothing, &nothing, &truth, &withdrawn, &open] {
            statistics.count(Case { kind: "loitering", zone: "", sensors: "ais+radar", life });
        }
        statistics.count(Case { kind: "loitering", zone: "a1", sensors: "radar", life: &truth });
        assert_eq!(statistics.groups.len(), 2);
        let tally = &statistics.groups
            [&Group { kind: "loitering".to_owned(), zone: String::new(), sensors: "ais+radar".to_owned() }];
        assert_eq!((tally.raised, tally.confirmed, tally.dismissed_total()), (5, 1, 2));
        assert_eq!((tally.withdrawn, tally.open, tally.reminders), (1, 1, 1));
        assert_eq!(tally.confirmed_share(), Some(1.0 / 3.0));
        assert_eq!(tally.chief_reason(), Some((DismissReason::Waiting, 2)));
        assert_eq!((tally.acknowledge_s(), tally.judge_s(), tally.dispatch_s()), (Some(10.0), Some(10.0), None));
    }

    #[test]
    fn the_median_of_an_even_number_lies_in_the_middle() {
        assert_eq!(median_s(&[4_000, 1_000, 2_000, 9_000]), Some(3.0));
        assert_eq!(median_s(&[]), None);
    }
}
