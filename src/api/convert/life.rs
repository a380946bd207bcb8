//! The life of an alert, its entries, and what the records need of an alert.

use prost::Message;
use tonic::Status;

use super::{BadField, alert as convert, geo};
use crate::alert::Alert;
use crate::api::proto::alert::v1 as wire;
use crate::api::proto::r#type::v1::SensorKind;
use crate::geodesy::LatLon;
use crate::life::{Actor, DismissReason, Life, LifeState, Outcome};
use crate::serve::limits::{FILTER_KINDS_MAX, NOTE_CHARS_MAX, REQUEST_ID_CHARS_MAX};
use crate::store::records::alert::{AlertFacts, AlertNews, AlertQuery, AlertRecord, Course};
use crate::store::records::board::AlertChange;
use crate::store::records::entry::{ALERT, Entered};
use crate::units::EventTime;

/// Pairs of words, ours and those of the wire.
macro_rules! pairs {
    ($to:ident, $from:ident, $ours:ident, $field:literal, [$($variant:ident),+]) => {
        /// To the wire.
        pub fn $to(ours: $ours) -> wire::$ours {
            match ours { $($ours::$variant => wire::$ours::$variant),+ }
        }

        /// From the wire.
        ///
        /// # Errors
        /// When it is unspecified, or a number that this version does not know.
        pub fn $from(number: i32) -> Result<$ours, BadField> {
            match wire::$ours::try_from(number) {
                $(Ok(wire::$ours::$variant) => Ok($ours::$variant),)+
                _ => Err(BadField::new($field, format!("{number} says nothing: one of {}",
                    $ours::ALL.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(", ")))),
            }
        }
    };
}

pairs!(
    life_state,
    checked_life_state,
    LifeState,
    "life_states",
    [Raised, Acknowledged, Verifying, Confirmed, Dismissed, Dispatched, Disposed, Closed, Withdrawn]
);
pairs!(
    dismiss_reason,
    checked_dismiss_reason,
    DismissReason,
    "reason",
    [
        KnownVessel,
        LawfulFishing,
        ServiceVessel,
        Waiting,
        Distress,
        OwnForces,
        NotACraft,
        SensorFault,
        Threshold,
        Duplicate,
        Other
    ]
);
pairs!(
    outcome,
    checked_outcome,
    Outcome,
    "outcome",
    [Seized, Penalty, Warned, TurnedAway, HandedOver, Assisted, NothingFound, Escaped]
);

/// What the records need of an alert: what lists go by, its line, and its message.
pub fn news(alert: &Alert) -> AlertNews {
    let message = convert::alert(alert);
    let sensors = [(SensorKind::Ais, "ais"), (SensorKind::Radar, "radar"), (SensorKind::Eo, "eo")];
    let held = |kind: SensorKind| message.evidence.iter().any(|why| why.sensors.contains(&(kind as i32)));
    let place = message.position.unwrap_or_default();
    let facts = AlertFacts {
        id: message.id.clone(),
        kind: message.kind.clone(),
        grade: message.grade,
        course: match message.state() {
            wire::AlertState::Ended => Course::Ended,
            wire::AlertState::Withdrawn => Course::Withdrawn,
            wire::AlertState::Active | wire::AlertState::Unspecified => Course::Active,
        },
        zone: message.zone_id.clone(),
        sensors: sensors
            .into_iter()
            .filter(|(kind, _)| held(*kind))
            .map(|(_, word)| word)
            .collect::<Vec<_>>()
            .join("+"),
        mmsi: message.mmsi,
        other_mmsi: message.other_mmsi,
        raised_ms: message.raised_ms,
        position: LatLon::new(place.lat_deg, place.lon_deg),
        revision: message.revision,
    };
    // Times in the line count from 1970: the records are of no recording.
    let content = crate::alert::to_json_line(alert, EventTime::from_millis(0));
    AlertNews { facts, content, wire: message.encode_to_vec() }
}

/// An alert on record, to the wire.
///
/// # Errors
/// INTERNAL when the records hold something that is no alert.
pub fn alert(record: &AlertRecord) -> Result<wire::Alert, Status> {
    let message = wire::Alert::decode(record.news.wire.as_slice());
    let message = message.map_err(|error| Status::internal(format!("alert {} on record: {error}", record.id())))?;
    Ok(wire::Alert { life: Some(life(&record.life, record.next_reminder_ms)), ..message })
}

/// A life, to the wire.
pub fn life(life: &Life, next_reminder_ms: Option<i64>) -> wire::AlertLife {
    wire::AlertLife {
        state: life_state(life.state) as i32,
        etag: life.etag(),
        state_since_ms: life.state_since_ms,
        unit_id: life.unit.clone(),
        joint_unit_ids: life.joint.iter().cloned().collect(),
        recorded_ms: life.recorded_ms,
        acknowledged_ms: life.acknowledged_ms,
        acknowledged_by: life.acknowledged_by.clone(),
        judged_ms: life.judged_ms,
        dismiss_reason: life.dismissal.map_or(0, |reason| dismiss_reason(reason) as i32),
        dispatch: life.dispatch.as_ref().map(|sent| wire::Dispatch {
            unit: sent.unit.clone(),
            dispatched_ms: sent.dispatched_ms,
            eta_ms: sent.eta_ms,
        }),
        disposal: life.disposal.as_ref().map(|done| wire::Disposal {
            outcome: outcome(done.outcome) as i32,
            reference: done.reference.clone(),
            disposed_ms: done.disposed_ms,
        }),
        reminders: life.reminders,
        escalations: life.escalations,
        next_reminder_ms,
        withdrawn_by_system: life.withdrawn_by_system,
        comments: life.comments,
    }
}

fn actor(actor: &Actor) -> wire::Actor {
    wire::Actor {
        id: actor.id.clone(),
        name: actor.name.clone(),
        unit_id: actor.unit.clone(),
        role: actor.role.clone(),
        credential: actor.credential.clone(),
    }
}

/// An entry of the record, to the wire; of a life or of something else.
pub fn event(entered: &Entered) -> wire::AlertEvent {
    use wire::AlertEventKind as Kind;
    let entry = &entered.entry;
    let kind = match entry.kind.as_str() {
        "raised" => Kind::Raised,
        "updated" => Kind::Updated,
        "ended" => Kind::Ended,
        "withdrawn" => Kind::Withdrawn,
        "acknowledged" => Kind::Acknowledged,
        "verifying" => Kind::Verifying,
        "confirmed" => Kind::Confirmed,
        "dismissed" => Kind::Dismissed,
        "dispatched" => Kind::Dispatched,
        "disposed" => Kind::Disposed,
        "closed" => Kind::Closed,
        "commented" => Kind::Commented,
        "handed_over" => Kind::HandedOver,
        "reminded" => Kind::Reminded,
        "escalated" => Kind::Escalated,
        _ => Kind::Unspecified,
    };
    wire::AlertEvent {
        sequence: u64::try_from(entry.sequence).unwrap_or_default(),
        alert_id: entry.subject.strip_prefix(ALERT).unwrap_or_default().to_owned(),
        kind: kind as i32,
        time_ms: entry.time_ms,
        actor: Some(actor(&entry.actor)),
        note: entry.note.clone(),
        life: entry.life.as_ref().map(|after| life(after, None)),
        request_id: entry.request_id.clone(),
        entry_json: entered.line.clone(),
        hash: entered.hash.clone(),
    }
}

/// A change of the board, to the wire.
pub fn change(change: AlertChange) -> wire::AlertChange {
    match change {
        AlertChange::Snapshot => wire::AlertChange::Snapshot,
        AlertChange::Raised => wire::AlertChange::Raised,
        AlertChange::Updated => wire::AlertChange::Updated,
        AlertChange::Ended => wire::AlertChange::Ended,
        AlertChange::Withdrawn => wire::AlertChange::Withdrawn,
        AlertChange::Life => wire::AlertChange::Life,
        AlertChange::Reminded => wire::AlertChange::Reminded,
        AlertChange::Left => wire::AlertChange::Left,
    }
}

/// Which alerts are asked for, from the wire. No filter selects all.
///
/// # Errors
/// For a word that is no kind, a grade, state or box that makes no sense, or too many of one.
pub fn checked_filter(filter: Option<&wire::AlertFilter>) -> Result<AlertQuery, BadField> {
    let Some(filter) = filter else { return Ok(AlertQuery::default()) };
    let kinds = convert::checked_kinds(&filter.kinds)?;
    let longest = [filter.grades.len(), filter.states.len(), filter.life_states.len()].into_iter().max();
    if longest.is_some_and(|longest| longest > FILTER_KINDS_MAX) {
        return Err(BadField::new("filter", format!("more than {FILTER_KINDS_MAX} of one sort")));
    }
    if let Some(grade) = filter.grades.iter().find(|grade| !(1..=4).contains(*grade)) {
        return Err(BadField::new("filter.grades", format!("{grade} is no grade: 1 (least) to 4")));
    }
    let course = |number: &i32| match wire::AlertState::try_from(*number) {
        Ok(wire::AlertState::Active) => Ok(Course::Active),
        Ok(wire::AlertState::Ended) => Ok(Course::Ended),
        Ok(wire::AlertState::Withdrawn) => Ok(Course::Withdrawn),
        _ => Err(BadField::new("filter.states", format!("{number} is no state: 1 active, 2 ended, 3 withdrawn"))),
    };
    let given = |text: &String| (!text.is_empty()).then(|| text.clone());
    let states = filter.life_states.iter().map(|number| checked_life_state(*number));
    Ok(AlertQuery {
        kinds: kinds.into_iter().map(|kind| kind.as_str().to_owned()).collect(),
        grades: filter.grades.clone(),
        courses: filter.states.iter().map(course).collect::<Result<_, _>>()?,
        states: states.collect::<Result<_, _>>().map_err(|bad| bad.within("filter"))?,
        bbox: filter.bbox.as_ref().map(geo::checked_box).transpose().map_err(|bad| bad.within("filter"))?,
        unit: given(&filter.unit_id),
        zone: given(&filter.zone_id),
        raised_from_ms: filter.raised_from_ms,
        raised_before_ms: filter.raised_before_ms,
        mmsi: filter.mmsi,
    })
}

/// The name of a call, from the wire.
///
/// # Errors
/// When it is empty, too long or holds control characters.
pub fn checked_request_id(text: String) -> Result<String, BadField> {
    if text.is_empty() {
        return Err(BadField::new(
            "request_id",
            "missing: send a new UUID with each call, and the same when it is repeated",
        ));
    }
    if text.chars().count() > REQUEST_ID_CHARS_MAX || text.chars().any(char::is_control) {
        return Err(BadField::new("request_id", format!("1 to {REQUEST_ID_CHARS_MAX} printable characters")));
    }
    Ok(text)
}

/// A note, from the wire.
///
/// # Errors
/// When it is too long.
pub fn checked_note(text: String) -> Result<String, BadField> {
    if text.chars().count() > NOTE_CHARS_MAX {
        return Err(BadField::new("note", format!("more than {NOTE_CHARS_MAX} characters")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_life_survive_the_wire_and_unknown_ones_are_refused() {
        for state in LifeState::ALL {
            assert_eq!(checked_life_state(life_state(*state) as i32), Ok(*state));
        }
        for reason in DismissReason::ALL {
            assert_eq!(checked_dismiss_reason(dismiss_reason(*reason) as i32), Ok(*reason));
        }
        for done in Outcome::ALL {
            assert_eq!(checked_outcome(outcome(*done) as i32), Ok(*done));
        }
        assert!(checked_outcome(0).is_err() && checked_dismiss_reason(99).is_err());
    }

    #[test]
    fn a_filter_that_makes_no_sense_is_refused_by_field() {
        let refused = |filter| checked_filter(Some(&filter)).unwrap_err().to_string();
        assert!(refused(wire::AlertFilter { grades: vec![5], ..Default::default() }).starts_with("filter.grades: 5"));
        assert!(refused(wire::AlertFilter { states: vec![9], ..Default::default() }).starts_with("filter.states: 9"));
        let states = wire::AlertFilter { life_states: vec![0], ..Default::default() };
        assert!(refused(states).starts_with("filter.life_states: 0"));
    }

    #[test]
    fn a_call_has_a_name_of_printable_characters() {
        assert!(checked_request_id("3f1c".to_owned()).is_ok());
        for bad in [String::new(), "a\nb".to_owned(), "x".repeat(REQUEST_ID_CHARS_MAX + 1)] {
            assert!(checked_request_id(bad).is_err());
        }
    }
}
