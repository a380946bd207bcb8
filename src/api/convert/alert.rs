//! Alerts and their evidence.

use super::{BadField, geo};
use crate::alert::{Alert, AlertPicture, Stage};
use crate::api::proto::alert::v1 as wire;
use crate::api::proto::r#type::v1::TimeInterval;
use crate::behaviour::{Evidence, Family, Geometry, HonestCause, Kind, Verdict};
use crate::feed::observation::EoActivity;
use crate::serve::alert_board::AlertChange;
use crate::serve::limits::FILTER_KINDS_MAX;
use crate::units::{EventTime, Mmsi};

/// An alert, to the wire.
pub fn alert(alert: &Alert) -> wire::Alert {
    let (state, stage) = match alert.stage {
        Stage::Developing => (wire::AlertState::Active, wire::AlertStage::Developing),
        Stage::Confirmed => (wire::AlertState::Active, wire::AlertStage::Confirmed),
        Stage::Closed => (wire::AlertState::Ended, wire::AlertStage::Closed),
        Stage::Withdrawn => (wire::AlertState::Withdrawn, wire::AlertStage::Withdrawn),
    };
    let points =
        |family: Family| wire::FamilyPoints { family: family.as_str().to_owned(), points: alert.score.of(family) };
    wire::Alert {
        id: alert.id.to_string(),
        kind: alert.kind.as_str().to_owned(),
        track_id: alert.track.to_string(),
        other_track_id: alert.other_track.map_or_else(String::new, |track| track.to_string()),
        mmsi: alert.mmsi.map(Mmsi::number),
        other_mmsi: alert.other_mmsi.map(Mmsi::number),
        state: state as i32,
        raised_ms: alert.raised.as_millis(),
        began_ms: alert.began.as_millis(),
        start_ms: alert.start.as_millis(),
        end_ms: alert.end.map(EventTime::as_millis),
        position: Some(geo::position(alert.position)),
        near_en: alert.near.as_ref().map_or_else(String::new, |near| near.in_english.clone()),
        near_zh: alert.near.as_ref().map_or_else(String::new, |near| near.in_chinese.clone()),
        zone_id: alert.zone.clone().unwrap_or_default(),
        confidence: alert.confidence,
        evidence: alert.evidence.iter().map(evidence).collect(),
        revision: alert.revision,
        life: None,
        stage: stage as i32,
        confirmed_ms: alert.confirmed.map(EventTime::as_millis),
        grade: u32::from(alert.grade.number()),
        score: alert.score.points(),
        families: Family::ALL.into_iter().map(points).filter(|family| family.points != 0.0).collect(),
        honest_causes: alert.honest_causes.iter().map(honest_cause).collect(),
        pictures: alert.pictures.iter().map(picture).collect(),
        jurisdiction: alert.jurisdiction.clone().unwrap_or_default(),
        night: alert.night,
        similar_before: alert.similar_before.iter().map(ToString::to_string).collect(),
        acknowledged_ms: alert.acknowledged.map(EventTime::as_millis),
        rules: alert.rules.to_string(),
    }
}

fn evidence(evidence: &Evidence) -> wire::Evidence {
    wire::Evidence {
        code: evidence.code.to_owned(),
        observed: evidence.observed,
        threshold: evidence.threshold,
        unit: evidence.unit.to_owned(),
        interval: Some(TimeInterval { from_ms: evidence.from.as_millis(), to_ms: evidence.to.as_millis() }),
        sensors: geo::sources(evidence.sensors),
        sentence_en: evidence.sentence_en.clone(),
        sentence_zh: evidence.sentence_zh.clone(),
        family: evidence.family.map_or_else(String::new, |family| family.as_str().to_owned()),
        weight: evidence.weight,
        geometry: evidence.geometry.as_ref().map(geometry),
        records_received: evidence.records.map(|records| TimeInterval {
            from_ms: records.received_from.as_millis(),
            to_ms: records.received_to.as_millis(),
        }),
    }
}

fn geometry(geometry: &Geometry) -> wire::Geometry {
    use wire::geometry::Shape;
    let shape = match geometry {
        Geometry::Point(point) => Shape::Point(geo::position(*point)),
        Geometry::Line(line) => Shape::Line(wire::Line { points: line.iter().copied().map(geo::position).collect() }),
        Geometry::Circle { centre, radius_m } => {
            Shape::Circle(wire::Circle { centre: Some(geo::position(*centre)), radius_m: *radius_m })
        }
    };
    wire::Geometry { shape: Some(shape) }
}

fn picture(taken: &AlertPicture) -> wire::Picture {
    wire::Picture {
        track_id: taken.track.to_string(),
        time_ms: taken.time.as_millis(),
        sensor_id: taken.sensor.clone(),
        eo_class: taken.class.as_str().to_owned(),
        class_confidence: taken.class_confidence,
        activity: taken.activity.map_or("", EoActivity::as_str).to_owned(),
        association: taken.association,
        reference: taken.picture.reference.as_deref().unwrap_or_default().to_owned(),
        sha256: taken.picture.sha256_digits().unwrap_or_default(),
    }
}

fn honest_cause(cause: &HonestCause) -> wire::HonestCause {
    let verdict = match cause.verdict {
        Verdict::RuledOut => wire::Verdict::RuledOut,
        Verdict::Found => wire::Verdict::Found,
        Verdict::Unknown => wire::Verdict::Unknown,
    };
    wire::HonestCause {
        code: cause.code.to_owned(),
        verdict: verdict as i32,
        weight: cause.weight,
        sentence_en: cause.sentence_en.clone(),
        sentence_zh: cause.sentence_zh.clone(),
    }
}

/// A change of an alert, to the wire.
pub fn alert_change(change: AlertChange, changed: &Alert) -> wire::WatchAlertsResponse {
    let change = match change {
        AlertChange::Snapshot => wire::AlertChange::Snapshot,
        AlertChange::Raised => wire::AlertChange::Raised,
        AlertChange::Updated => wire::AlertChange::Updated,
        AlertChange::Ended => wire::AlertChange::Ended,
        AlertChange::Withdrawn => wire::AlertChange::Withdrawn,
    };
    wire::WatchAlertsResponse { change: change as i32, alert: Some(alert(changed)), ..Default::default() }
}

/// The end of the snapshot.
pub fn snapshot_end() -> wire::WatchAlertsResponse {
    wire::WatchAlertsResponse { change: wire::AlertChange::SnapshotEnd as i32, ..Default::default() }
}

/// The kinds that are asked for, from the wire; none: all.
///
/// # Errors
/// For a word that is no kind, or too many of them.
pub fn checked_kinds(words: &[String]) -> Result<Vec<Kind>, BadField> {
    if words.len() > FILTER_KINDS_MAX {
        return Err(BadField::new("kinds", format!("more than {FILTER_KINDS_MAX}")));
    }
    let kind = |word: &String| {
        let known = || Kind::ALL.map(Kind::as_str).join(", ");
        let found = Kind::ALL.into_iter().find(|kind| kind.as_str() == word);
        found.ok_or_else(|| BadField::new("kinds", format!("'{word}' is no kind of alert: {}", known())))
    };
    words.iter().map(kind).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_checked_by_their_words() {
        let words = ["loitering", "zone_entry"].map(str::to_owned);
        assert_eq!(checked_kinds(&words), Ok(vec![Kind::Loitering, Kind::ZoneEntry]));
        let refused = checked_kinds(&["smuggling".to_owned()]).unwrap_err().to_string();
        assert!(refused.starts_with("kinds: 'smuggling' is no kind of alert: loitering, "), "{refused}");
        assert!(checked_kinds(&vec!["loitering".to_owned(); FILTER_KINDS_MAX + 1]).is_err());
    }
}
