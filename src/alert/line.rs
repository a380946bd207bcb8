//! An alert as a line of `alerts.jsonl`: the fields of FORMAT.md, and more.
//!
//! An alert is told when it is confirmed: `raised_s` is that instant, `developing_s` the one at which it was first shown as
//! developing. One that was never confirmed has no `confirmed_s`; its `raised_s` is when it was first shown.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Alert, AlertPicture, Stage};
use crate::behaviour::{Evidence, Family, Geometry, HonestCause};
use crate::feed::observation::EoActivity;
use crate::fusion::Sources;
use crate::geodesy::LatLon;
use crate::units::EventTime;

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    kind: &'static str,
    track: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    other_track: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mmsi: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    other_mmsi: Option<u32>,
    stage: &'static str,
    grade: u8,
    score: f64,
    raised_s: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    developing_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed_s: Option<f64>,
    began_s: f64,
    start_s: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_s: Option<f64>,
    lat: f64,
    lon: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    near: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    near_zh: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jurisdiction: Option<&'a str>,
    night: bool,
    confidence: f64,
    families: BTreeMap<&'static str, f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    similar_before: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acknowledged_s: Option<f64>,
    rules: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    withdrawn: Option<bool>,
    evidence: Vec<EvidenceLine<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pictures: Vec<PictureLine<'a>>,
    honest_causes: Vec<CauseLine<'a>>,
}

#[derive(Serialize)]
struct EvidenceLine<'a> {
    code: &'static str,
    observed: f64,
    threshold: f64,
    unit: &'static str,
    from_s: f64,
    to_s: f64,
    sensors: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    family: Option<&'static str>,
    weight: f64,
    en: &'a str,
    zh: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    geometry: Option<GeometryLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    records: Option<RecordsLine>,
}

/// GeoJSON geometry; a circle is a point with a radius.
#[derive(Serialize)]
struct GeometryLine {
    #[serde(rename = "type")]
    kind: &'static str,
    coordinates: Coordinates,
    #[serde(skip_serializing_if = "Option::is_none")]
    radius_m: Option<f64>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Coordinates {
    Point([f64; 2]),
    Line(Vec<[f64; 2]>),
}

/// Which raw records: those of the sensors of the item that were received in this time.
#[derive(Serialize)]
struct RecordsLine {
    received_from_s: f64,
    received_to_s: f64,
}

#[derive(Serialize)]
struct PictureLine<'a> {
    track: String,
    time_s: f64,
    sensor: &'a str,
    class: &'static str,
    class_confidence: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    activity: Option<&'static str>,
    association: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

#[derive(Serialize)]
struct CauseLine<'a> {
    code: &'static str,
    verdict: &'static str,
    weight: f64,
    en: &'a str,
    zh: &'a str,
}

/// The line of an alert, without the line end. Times are seconds since `epoch`, the start of the recording; places have six
/// decimals of a degree (0.1 m).
pub fn to_json_line(alert: &Alert, epoch: EventTime) -> String {
    let seconds = |time: EventTime| rounded(time.seconds_since(epoch), 3);
    let line = Line {
        id: alert.id.as_str(),
        kind: alert.kind.as_str(),
        track: alert.track.to_string(),
        other_track: alert.other_track.map(|track| track.to_string()),
        mmsi: alert.mmsi.map(|mmsi| mmsi.number()),
        other_mmsi: alert.other_mmsi.map(|mmsi| mmsi.number()),
        stage: alert.stage.as_str(),
        grade: alert.grade.number(),
        score: alert.score.points(),
        developing_s: (alert.confirmed != Some(alert.raised)).then(|| seconds(alert.raised)),
        confirmed_s: alert.confirmed.map(seconds),
        raised_s: seconds(alert.confirmed.unwrap_or(alert.raised)),
        began_s: seconds(alert.began),
        start_s: seconds(alert.start),
        end_s: alert.end.map(seconds),
        lat: rounded(alert.position.lat_deg, 6),
        lon: rounded(alert.position.lon_deg, 6),
        near: alert.near.as_ref().map(|near| near.in_english.as_str()),
        near_zh: alert.near.as_ref().map(|near| near.in_chinese.as_str()),
        zone: alert.zone.as_deref(),
        jurisdiction: alert.jurisdiction.as_deref(),
        night: alert.night,
        confidence: rounded(alert.confidence, 2),
        families: Family::ALL
            .into_iter()
            .map(|family| (family.as_str(), alert.score.of(family)))
            .filter(|(_, points)| *points != 0.0)
            .collect(),
        similar_before: alert.similar_before.iter().map(|id| id.as_str()).collect(),
        acknowledged_s: alert.acknowledged.map(seconds),
        rules: &alert.rules,
        withdrawn: (alert.stage == Stage::Withdrawn).then_some(true),
        evidence: alert.evidence.iter().map(|evidence| evidence_line(evidence, epoch)).collect(),
        pictures: alert.pictures.iter().map(|picture| picture_line(picture, epoch)).collect(),
        honest_causes: alert.honest_causes.iter().map(cause_line).collect(),
    };
    // A map of strings and finite numbers always has a JSON form; what is not finite is written as null.
    serde_json::to_string(&line).unwrap_or_default()
}

fn evidence_line(evidence: &Evidence, epoch: EventTime) -> EvidenceLine<'_> {
    EvidenceLine {
        code: evidence.code,
        observed: rounded(evidence.observed, 3),
        threshold: rounded(evidence.threshold, 3),
        unit: evidence.unit,
        from_s: rounded(evidence.from.seconds_since(epoch), 3),
        to_s: rounded(evidence.to.seconds_since(epoch), 3),
        sensors: sensor_words(evidence.sensors),
        en: &evidence.sentence_en,
        family: evidence.family.map(Family::as_str),
        weight: evidence.weight,
        zh: &evidence.sentence_zh,
        geometry: evidence.geometry.as_ref().map(geometry_line),
        records: evidence.records.map(|records| RecordsLine {
            received_from_s: rounded(records.received_from.seconds_since(epoch), 3),
            received_to_s: rounded(records.received_to.seconds_since(epoch), 3),
        }),
    }
}

fn picture_line(taken: &AlertPicture, epoch: EventTime) -> PictureLine<'_> {
    PictureLine {
        track: taken.track.to_string(),
        time_s: rounded(taken.time.seconds_since(epoch), 3),
        sensor: &taken.sensor,
        class: taken.class.as_str(),
        class_confidence: rounded(taken.class_confidence, 2),
        activity: taken.activity.map(EoActivity::as_str),
        association: rounded(taken.association, 2),
        reference: taken.picture.reference.as_deref(),
        sha256: taken.picture.sha256_digits(),
    }
}

fn cause_line(cause: &HonestCause) -> CauseLine<'_> {
    CauseLine {
        code: cause.code,
        verdict: cause.verdict.as_str(),
        weight: cause.weight,
        en: &cause.sentence_en,
        zh: &cause.sentence_zh,
    }
}

fn geometry_line(geometry: &Geometry) -> GeometryLine {
    let place = |place: &LatLon| [rounded(place.lon_deg, 6), rounded(place.lat_deg, 6)];
    let (kind, coordinates, radius_m) = match geometry {
        Geometry::Point(point) => ("Point", Coordinates::Point(place(point)), None),
        Geometry::Line(line) => ("LineString", Coordinates::Line(line.iter().map(place).collect()), None),
        Geometry::Circle { centre, radius_m } => {
            ("Point", Coordinates::Point(place(centre)), Some(rounded(*radius_m, 1)))
        }
    };
    GeometryLine { kind, coordinates, radius_m }
}

fn sensor_words(sources: Sources) -> Vec<&'static str> {
    [("ais", sources.ais), ("radar", sources.radar), ("eo", sources.eo), ("report", sources.report)]
        .into_iter()
        .filter(|(_, holds)| *holds)
        .map(|(word, _)| word)
        .collect()
}

fn rounded(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    let rounded = (value * scale).round() / scale;
    // No "-0.0" in files.
    if rounded == 0.0 { 0.0 } else { rounded }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::{AlertId, Grade, Score};
    use crate::behaviour::{Kind, RecordRef};
    use crate::units::{Mmsi, TrackId};

    #[test]
    fn a_line_has_the_fields_of_the_format() {
        let at = EventTime::from_seconds;
        let alert = Alert {
            id: AlertId("zone_entry-x".to_owned()),
            kind: Kind::ZoneEntry,
            stage: Stage::Confirmed,
            track: TrackId(12),
            other_track: None,
            mmsi: Mmsi::new(412_622_562),
            other_mmsi: None,
            raised: at(1_840),
            confirmed: Some(at(1_840)),
            began: at(1_800),
            start: at(1_830),
            end: None,
            position: LatLon::new(20.122_662_04, 110.161_519_06),
            near: None,
            zone: Some("restr-x1".to_owned()),
            confidence: 0.876_5,
            evidence: vec![Evidence {
                code: "zone_depth",
                observed: 123.45678,
                threshold: 50.0,
                unit: "m",
                from: at(1_800),
                to: at(1_840),
                sensors: Sources { ais: true, radar: true, eo: false, report: false },
                sentence_en: "In.".to_owned(),
                sentence_zh: "已进入。".to_owned(),
                family: Some(Family::Zone),
                weight: 30.0,
                geometry: Some(Geometry::Circle { centre: LatLon::new(20.1, 110.2), radius_m: 50.0 }),
                records: Some(RecordRef { received_from: at(1_800), received_to: at(1_840) }),
            }],
            pictures: Vec::new(),
            honest_causes: vec![HonestCause::ruled_out("permit", "None.", "无许可。")],
            jurisdiction: None,
            night: true,
            score: Score { by_family: [0.0, 0.0, 0.0, 0.0, 30.0, 5.0, 0.0, 0.0] },
            grade: Grade::Watch,
            similar_before: vec![AlertId("zone_entry-w".to_owned())],
            acknowledged: None,
            rules: "shipped-1".into(),
            revision: 1,
        };
        assert_eq!(
            to_json_line(&alert, at(0)),
            concat!(
                r#"{"id":"zone_entry-x","kind":"zone_entry","track":"T000012","mmsi":412622562,"stage":"confirmed","grade":2,"#,
                r#""score":35.0,"raised_s":1840.0,"confirmed_s":1840.0,"#,
                r#""began_s":1800.0,"start_s":1830.0,"lat":20.122662,"lon":110.161519,"zone":"restr-x1","night":true,"#,
                r#""confidence":0.88,"families":{"context":5.0,"zone":30.0},"similar_before":["zone_entry-w"],"#,
                r#""rules":"shipped-1","evidence":[{"code":"zone_depth","observed":123.457,"threshold":50.0,"unit":"m","#,
                r#""from_s":1800.0,"to_s":1840.0,"sensors":["ais","radar"],"family":"zone","weight":30.0,"en":"In.","#,
                r#""zh":"已进入。","geometry":{"type":"Point","coordinates":[110.2,20.1],"radius_m":50.0},"#,
                r#""records":{"received_from_s":1800.0,"received_to_s":1840.0}}],"#,
                r#""honest_causes":[{"code":"permit","verdict":"ruled_out","weight":0.0,"en":"None.","zh":"无许可。"}]}"#
            )
        );
    }
}
