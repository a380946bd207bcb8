//! An alert as a line of `alerts.jsonl` (FORMAT.md).

use serde::Serialize;

use super::{Alert, Stage};
use crate::behaviour::Evidence;
use crate::fusion::Sources;
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
    raised_s: f64,
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
    confidence: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    withdrawn: Option<bool>,
    evidence: Vec<EvidenceLine<'a>>,
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
        raised_s: seconds(alert.raised),
        began_s: seconds(alert.began),
        start_s: seconds(alert.start),
        end_s: alert.end.map(seconds),
        lat: rounded(alert.position.lat_deg, 6),
        lon: rounded(alert.position.lon_deg, 6),
        near: alert.near.as_ref().map(|near| near.in_english.as_str()),
        near_zh: alert.near.as_ref().map(|near| near.in_chinese.as_str()),
        zone: alert.zone.as_deref(),
        confidence: rounded(alert.confidence, 2),
        withdrawn: (alert.stage == Stage::Withdrawn).then_some(true),
        evidence: alert.evidence.iter().map(|evidence| evidence_line(evidence, epoch)).collect(),
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
        zh: &evidence.sentence_zh,
    }
}

fn sensor_words(sources: Sources) -> Vec<&'static str> {
    [("ais", sources.ais), ("radar", sources.radar), ("eo", sources.eo)]
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
    use crate::alert::AlertId;
    use crate::behaviour::Kind;
    use crate::geodesy::LatLon;
    use crate::units::{Mmsi, TrackId};

    #[test]
    fn a_line_has_the_fields_of_the_format() {
        let at = EventTime::from_seconds;
        let alert = Alert {
            id: AlertId("zone_entry-x".to_owned()),
            kind: Kind::ZoneEntry,
            stage: Stage::Active,
            track: TrackId(12),
            other_track: None,
            mmsi: Mmsi::new(412_622_562),
            other_mmsi: None,
            raised: at(1_840),
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
                sensors: Sources { ais: true, radar: true, eo: false },
                sentence_en: "In.".to_owned(),
                sentence_zh: "已进入。".to_owned(),
            }],
            revision: 1,
        };
        assert_eq!(
            to_json_line(&alert, at(0)),
            concat!(
                r#"{"id":"zone_entry-x","kind":"zone_entry","track":"T000012","mmsi":412622562,"raised_s":1840.0,"#,
                r#""began_s":1800.0,"start_s":1830.0,"lat":20.122662,"lon":110.161519,"zone":"restr-x1","#,
                r#""confidence":0.88,"evidence":[{"code":"zone_depth","observed":123.457,"threshold":50.0,"unit":"m","#,
                r#""from_s":1800.0,"to_s":1840.0,"sensors":["ais","radar"],"en":"In.","zh":"已进入。"}]}"#
            )
        );
    }
}
