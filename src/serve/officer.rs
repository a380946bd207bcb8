//! What officers' steps mean to the engine: whom it need not tell again, and what weighs in later alerts of the same vessel.
//!
//! The records come first: a step is on record before the engine hears of it, and a server that starts tells the engine anew what
//! stands on record. What the engine has heard already has no effect.

use tokio::sync::watch;

use super::cue_desk::CueDesk;
use super::engine_task::EngineHandle;
use crate::alert;
use crate::life::{Actor, DismissReason, Life, Outcome, Step};
use crate::store::records::Records;
use crate::store::records::alert::AlertRecord;

/// Where steps of officers are taken down and told to the engine; clones are the same.
#[derive(Clone, Debug)]
pub struct OfficerDesk {
    records: Records,
    engine: EngineHandle,
    /// Whether the engine takes work; before, it is told everything from the records.
    caught_up: watch::Receiver<bool>,
    cues: CueDesk,
}

impl OfficerDesk {
    /// A desk before these records and this engine, which hears of steps once it has `caught_up`; who looks into an alert asks
    /// for a look of a camera at `cues`.
    pub fn new(records: Records, engine: EngineHandle, caught_up: watch::Receiver<bool>, cues: CueDesk) -> Self {
        Self { records, engine, caught_up, cues }
    }

    /// The records.
    pub fn records(&self) -> &Records {
        &self.records
    }

    /// Sees to what follows from a step that is on record: the engine is told, and a camera is asked.
    pub async fn follow(&self, record: &AlertRecord, step: &Step, actor: &Actor) {
        self.tell_engine(record).await;
        if *step == Step::Verify {
            self.cues.verify(record.id(), actor).await;
        }
    }

    async fn tell_engine(&self, record: &AlertRecord) {
        // An engine that has not caught up is told everything on record when it has.
        if let Some(word) = OfficerWord::of(record.id(), &record.life).filter(|_| *self.caught_up.borrow()) {
            // One that has stopped is told when the server starts again.
            let _ = self.engine.officer(word).await;
        }
    }
}

/// That an officer knows of an alert, and what he found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficerWord {
    /// The alert.
    pub alert_id: String,
    /// What he found out about its vessels, where that has been said.
    pub outcome: Option<alert::Outcome>,
}

impl OfficerWord {
    /// What the life of an alert says; `None` while nobody has taken it up.
    pub fn of(alert_id: &str, life: &Life) -> Option<Self> {
        let taken_up = life.acknowledged_ms.is_some() || life.first_dispatched_ms.is_some();
        taken_up.then(|| Self { alert_id: alert_id.to_owned(), outcome: found_out(life) })
    }
}

/// Whether the vessels have offended or were innocent. That an alert was true is not that there was an offence, and that it was
/// false need not speak for the vessel.
fn found_out(life: &Life) -> Option<alert::Outcome> {
    use DismissReason::{
        Distress, Duplicate, KnownVessel, LawfulFishing, NotACraft, Other, OwnForces, SensorFault, ServiceVessel,
        Threshold, Waiting,
    };
    use Outcome::{Assisted, Escaped, HandedOver, NothingFound, Penalty, Seized, TurnedAway, Warned};
    if let Some(disposal) = &life.disposal {
        return match disposal.outcome {
            Seized | Penalty | Warned | TurnedAway | HandedOver => Some(alert::Outcome::Offence),
            NothingFound => Some(alert::Outcome::False),
            Assisted | Escaped => None,
        };
    }
    match life.dismissal? {
        KnownVessel | LawfulFishing | ServiceVessel | Waiting | Distress | OwnForces | Threshold => {
            Some(alert::Outcome::False)
        }
        NotACraft | SensorFault | Duplicate | Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(steps: &[Step]) -> Option<OfficerWord> {
        let life = steps.iter().fold(Life::begin("", 0), |life, step| life.step(step, &Actor::system(), 1).unwrap());
        OfficerWord::of("a", &life)
    }

    fn word(outcome: Option<alert::Outcome>) -> Option<OfficerWord> {
        Some(OfficerWord { alert_id: "a".to_owned(), outcome })
    }

    #[test]
    fn the_engine_hears_of_an_alert_when_somebody_has_taken_it_up() {
        assert_eq!(after(&[]), None);
        assert_eq!(after(&[Step::Comment, Step::HandOver { to: "west".to_owned(), joint: true }]), None);
        assert_eq!(after(&[Step::Acknowledge]), word(None));
        assert_eq!(after(&[Step::Verify, Step::Confirm]), word(None), "true, but no offence was found yet");
    }

    #[test]
    fn only_what_was_found_out_about_the_vessel_counts_for_or_against_it() {
        use alert::Outcome::{False, Offence};
        let disposed =
            |outcome| after(&[Step::Acknowledge, Step::Confirm, Step::Dispose { outcome, reference: String::new() }]);
        assert_eq!(disposed(Outcome::Seized), word(Some(Offence)));
        assert_eq!(disposed(Outcome::NothingFound), word(Some(False)));
        assert_eq!(disposed(Outcome::Escaped), word(None));
        assert_eq!(after(&[Step::Dismiss(DismissReason::Waiting)]), word(Some(False)));
        assert_eq!(after(&[Step::Dismiss(DismissReason::Duplicate)]), word(None));
    }
}
