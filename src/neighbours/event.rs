//! A happening as a CloudEvent 1.0 in structured JSON, cut and masked by a sharing profile: for platforms and for brokers.
//!
//! Pure: the same entry and the same profile give the same bytes, at each attempt and after a restart.

use serde_json::{Map, Value, json};

use super::profile::{Field, MmsiMask, Profile};
use crate::life::Life;
use crate::store::records::entry::{ALERT, Entry};
use crate::store::records::outbox::{Happened, Happening};
use crate::units::EventTime;

/// The content type of a structured CloudEvent.
pub const CONTENT_TYPE: &str = "application/cloudevents+json";

/// Before the kind of happening in the type of an event, and behind it.
const TYPE: (&str, &str) = ("cn.shorewatch.alert.", ".v1");

/// The schema of `data`: `#/components/schemas/AlertEventData` of docs/asyncapi.yaml.
pub const DATA_SCHEMA: &str = "urn:shorewatch:schema:alert-event:v1";

/// The unit of evidence whose value is an MMSI or IMO number.
const IDENTITY_UNIT: &str = "number";

/// Digits of an entry's hash in the id of its event: the same place in other records has another id.
const HASH_DIGITS: usize = 24;

/// An event as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Its id, the same at each attempt.
    pub id: String,
    /// The document.
    pub body: Vec<u8>,
}

/// The event of an entry for whoever has this profile.
pub fn outgoing(happened: &Happened, profile: &Profile, source: &str) -> Outgoing {
    let entry = &happened.entered.entry;
    let hash: String = happened.entered.hash.chars().take(HASH_DIGITS).collect();
    let id = format!("{}.{hash}", entry.sequence);
    let document = json!({
        "specversion": "1.0",
        "id": id,
        "source": source,
        "type": format!("{}{}{}", TYPE.0, entry.kind, TYPE.1),
        "subject": entry.subject.strip_prefix(ALERT).unwrap_or(&entry.subject),
        "time": EventTime::from_millis(entry.time_ms).to_string(),
        "datacontenttype": "application/json",
        "dataschema": DATA_SCHEMA,
        // The extension `sequence`: its order is that of the text.
        "sequence": format!("{:020}", entry.sequence),
        "data": data(happened.happening(), profile),
    });
    Outgoing { id, body: document.to_string().into_bytes() }
}

/// What is told.
fn data(happening: Happening<'_>, profile: &Profile) -> Value {
    let mut data = json!({ "alert": alert(happening.alert, profile), "step": step(happening.entry, profile) });
    if let Some(life) = &happening.entry.life {
        let life = self::life(life, profile);
        if !life.is_empty() {
            data["life"] = Value::Object(life);
        }
    }
    data
}

/// Fields that leave as they are.
const AS_THEY_ARE: [(&str, Field); 12] = [
    ("grade", Field::Grade),
    ("score", Field::Score),
    ("confidence", Field::Score),
    ("families", Field::Score),
    ("near", Field::Near),
    ("near_zh", Field::Near),
    ("zone", Field::Zone),
    ("jurisdiction", Field::Jurisdiction),
    ("night", Field::Night),
    ("similar_before", Field::SimilarBefore),
    ("rules", Field::Rules),
    ("withdrawn", Field::Times),
];

/// Instants: in the record seconds since 1970, outside RFC 3339.
const INSTANTS: [(&str, &str); 7] = [
    ("raised_s", "raised"),
    ("developing_s", "developing"),
    ("confirmed_s", "confirmed"),
    ("began_s", "began"),
    ("start_s", "start"),
    ("end_s", "end"),
    ("acknowledged_s", "acknowledged"),
];

fn alert(line: &Value, profile: &Profile) -> Value {
    let mut alert = Map::new();
    for key in ["id", "kind", "stage"] {
        alert.insert(key.to_owned(), line[key].clone());
    }
    let mut tell = |key: &str, value: Value| drop(alert.insert(key.to_owned(), value));
    for (key, field) in AS_THEY_ARE {
        if let Some(value) = line.get(key).filter(|_| profile.shows(field)) {
            tell(key, value.clone());
        }
    }
    if profile.shows(Field::Times) {
        for (key, name) in INSTANTS {
            if let Some(instant) = line.get(key).and_then(Value::as_f64) {
                tell(name, instant_of(instant));
            }
        }
    }
    if profile.shows(Field::Position) && line["lat"].is_number() && line["lon"].is_number() {
        tell(
            "position",
            json!({ "lat_deg": degrees(&line["lat"], profile), "lon_deg": degrees(&line["lon"], profile) }),
        );
    }
    let vessels: Vec<Value> = [("track", "mmsi"), ("other_track", "other_mmsi")]
        .into_iter()
        .filter_map(|keys| vessel(line, keys, profile))
        .collect();
    if !vessels.is_empty() {
        tell("vessels", Value::Array(vessels));
    }
    if profile.shows(Field::Evidence) {
        tell("evidence", items(&line["evidence"], |item| evidence(item, profile)));
    }
    if profile.shows(Field::HonestCauses) {
        tell("honest_causes", items(&line["honest_causes"], |item| with_texts(item, profile)));
    }
    Value::Object(alert)
}

fn vessel(line: &Value, (track, mmsi): (&str, &str), profile: &Profile) -> Option<Value> {
    let mut vessel = Map::new();
    if let Some(track) = line.get(track).filter(|_| profile.shows(Field::Tracks)) {
        vessel.insert("track".to_owned(), track.clone());
    }
    if let Some(mmsi) = line.get(mmsi).and_then(Value::as_u64).filter(|_| profile.shows(Field::Mmsi)) {
        vessel.insert("mmsi".to_owned(), Value::String(profile.mmsi.apply(&format!("{mmsi:09}"))));
    }
    (!vessel.is_empty()).then_some(Value::Object(vessel))
}

fn items(list: &Value, tell: impl Fn(&Value) -> Value) -> Value {
    Value::Array(list.as_array().into_iter().flatten().map(tell).collect())
}

fn evidence(item: &Value, profile: &Profile) -> Value {
    let mut told = with_texts(item, profile);
    if let Some(told) = told.as_object_mut() {
        for (key, name) in [("from_s", "from"), ("to_s", "to")] {
            if let Some(instant) = told.remove(key).as_ref().and_then(Value::as_f64) {
                told.insert(name.to_owned(), instant_of(instant));
            }
        }
        // What was observed is the identity itself.
        if told.get("unit").and_then(Value::as_str) == Some(IDENTITY_UNIT) && !profile.shows_mmsi_in_texts() {
            told.insert("observed".to_owned(), Value::Null);
        }
        // Which raw records is for courts, who get them by `shorewatch evidence`.
        told.remove("records");
        match told.get_mut("geometry") {
            Some(geometry) if profile.shows(Field::Geometry) => round_all(&mut geometry["coordinates"], profile),
            _ => drop(told.remove("geometry")),
        }
    }
    told
}

/// An item whose sentences leave, without the MMSIs in them where those do not.
fn with_texts(item: &Value, profile: &Profile) -> Value {
    let mut told = item.clone();
    for key in ["en", "zh"] {
        if let Some(Value::String(text)) = told.get_mut(key) {
            *text = masked(text, profile);
        }
    }
    told
}

fn step(entry: &Entry, profile: &Profile) -> Value {
    let actor = &entry.actor;
    let mut by = json!({ "role": actor.role });
    if profile.shows(Field::Units) && !actor.unit.is_empty() {
        by["unit"] = json!(actor.unit);
    }
    if profile.shows(Field::Officer) {
        by["id"] = json!(actor.id);
        by["name"] = json!(actor.name);
    }
    let mut step = json!({ "kind": entry.kind, "actor": by });
    if profile.shows(Field::Note) && !entry.note.is_empty() {
        step["note"] = json!(masked(&entry.note, profile));
    }
    step
}

fn life(life: &Life, profile: &Profile) -> Map<String, Value> {
    let mut told = Map::new();
    let mut tell = |field: Field, key: &str, value: Value| {
        if profile.shows(field) && !value.is_null() {
            told.insert(key.to_owned(), value);
        }
    };
    let instant = |ms: Option<i64>| ms.map_or(Value::Null, |ms| json!(EventTime::from_millis(ms).to_string()));
    tell(Field::Life, "state", json!(life.state));
    tell(Field::Life, "etag", json!(life.etag()));
    tell(Field::Life, "state_since", instant(Some(life.state_since_ms)));
    tell(Field::Life, "recorded", instant(Some(life.recorded_ms)));
    tell(Field::Life, "acknowledged", instant(life.acknowledged_ms));
    tell(Field::Life, "judged", instant(life.judged_ms));
    tell(Field::Life, "withdrawn_by_system", json!(life.withdrawn_by_system));
    tell(Field::Units, "unit", json!(life.unit));
    tell(Field::Units, "joint_units", json!(life.joint));
    let acknowledged_by = (!life.acknowledged_by.is_empty()).then_some(&life.acknowledged_by);
    tell(Field::Officer, "acknowledged_by", json!(acknowledged_by));
    tell(Field::Dismissal, "dismiss_reason", json!(life.dismissal));
    let dispatch = life.dispatch.as_ref().map(|sent| {
        json!({ "unit": masked(&sent.unit, profile), "dispatched": instant(Some(sent.dispatched_ms)), "eta": instant(sent.eta_ms) })
    });
    tell(Field::Dispatch, "dispatch", json!(dispatch));
    let disposal = life.disposal.as_ref().map(|done| {
        let reference = masked(&done.reference, profile);
        json!({ "outcome": done.outcome, "reference": reference, "disposed": instant(Some(done.disposed_ms)) })
    });
    tell(Field::Disposal, "disposal", json!(disposal));
    told
}

fn instant_of(seconds: f64) -> Value {
    json!(EventTime::from_millis((seconds * 1_000.0).round() as i64).to_string())
}

fn degrees(value: &Value, profile: &Profile) -> Value {
    let scale = 10_f64.powi(i32::try_from(profile.position_decimals).unwrap_or(6));
    value.as_f64().map_or(Value::Null, |degrees| json!((degrees * scale).round() / scale + 0.0))
}

/// Rounds every number of a GeoJSON position or list of positions.
fn round_all(coordinates: &mut Value, profile: &Profile) {
    match coordinates {
        Value::Array(list) => list.iter_mut().for_each(|it| round_all(it, profile)),
        number => *number = degrees(number, profile),
    }
}

/// A text without identities unless MMSIs leave as they are: nine digits in a row are an MMSI, seven an IMO number.
fn masked(text: &str, profile: &Profile) -> String {
    if profile.shows_mmsi_in_texts() {
        return text.to_owned();
    }
    let mask = |digits: &str| match digits.len() {
        9 if profile.shows(Field::Mmsi) => MmsiMask::Country.apply(digits),
        7 | 9 => "x".repeat(digits.len()),
        _ => digits.to_owned(),
    };
    let (mut told, mut digits) = (String::with_capacity(text.len()), String::new());
    for character in text.chars().map(Some).chain([None]) {
        match character.filter(char::is_ascii_digit) {
            Some(digit) => digits.push(digit),
            None => {
                told.push_str(&mask(&digits));
                digits.clear();
                told.extend(character);
            }
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::profile::tests::{entry, open};
    use super::*;
    use crate::life::{Actor, Step};
    use crate::store::records::entry::Entered;

    fn happened(kind: &str, mmsi: u32) -> Happened {
        let mut entry = entry(kind);
        let life = Life::begin("haikou", 1_000).step(&Step::Acknowledge, &Actor::system(), 2_000).unwrap();
        let unit = format!("boat of {mmsi:09}");
        let dispatch = Step::Dispatch { unit, eta_ms: Some(9_000), known: false };
        entry.life = Some(life.step(&dispatch, &Actor::system(), 3_000).unwrap());
        entry.note = format!("Spoke to {mmsi:09} on channel 16.");
        let alert = json!({
            "id": "unloading-1", "kind": "unloading", "stage": "confirmed", "grade": 3, "score": 61.0, "confidence": 0.8,
            "track": "T000012", "other_track": "T000229", "mmsi": mmsi, "raised_s": 1_776_438_402.354, "lat": 20.096812,
            "lon": 110.380721, "near": "10 km E of Haikou", "secret_of_tomorrow": "a field that nobody has named yet",
            "evidence": [{"code": "meeting", "observed": 810.0, "from_s": 0.5, "to_s": 9.0, "en": format!("Beside MMSI {mmsi:09}."),
                "zh": format!("与MMSI {mmsi:09}的船舶并靠。"), "geometry": {"type": "LineString", "coordinates": [[110.380721, 20.096812]]},
                "records": {"received_from_s": 1.0, "received_to_s": 2.0}},
                {"code": "mmsi_without_flag", "observed": f64::from(mmsi), "unit": "number", "from_s": 0.5, "to_s": 9.0,
                    "en": "The IMO number that it sends, 9321483.", "zh": "9321483"}],
            "honest_causes": [{"code": "waiting", "verdict": "unknown", "en": "-", "zh": "-"}]
        });
        let line = serde_json::to_string(&entry).unwrap();
        Happened { entered: Entered { entry, line, hash: "ab".repeat(32) }, alert }
    }

    fn document(happened: &Happened, profile: &Profile) -> Value {
        serde_json::from_slice(&outgoing(happened, profile, "urn:shorewatch:test").body).unwrap()
    }

    #[test]
    fn an_event_has_what_cloudevents_asks_for_and_an_id_that_stays() {
        let happened = happened("raised", 413_395_171);
        let event = document(&happened, &open());
        for (key, value) in [
            ("specversion", "1.0"),
            ("id", "7.abababababababababababab"),
            ("source", "urn:shorewatch:test"),
            ("type", "cn.shorewatch.alert.raised.v1"),
            ("subject", "a"),
            ("time", "2026-04-17T15:06:42.354Z"),
            ("datacontenttype", "application/json"),
            ("dataschema", DATA_SCHEMA),
            ("sequence", "00000000000000000007"),
        ] {
            assert_eq!(event[key], value, "{key}");
        }
        assert_eq!(outgoing(&happened, &open(), "s"), outgoing(&happened, &open(), "s"));
        assert_eq!(event["data"]["alert"]["raised"], "2026-04-17T15:06:42.354Z");
        assert_eq!(
            event["data"]["alert"]["vessels"],
            json!([{"track": "T000012", "mmsi": "413395171"}, {"track": "T000229"}])
        );
        assert_eq!(event["data"]["alert"]["evidence"][0]["from"], "1970-01-01T00:00:00.500Z");
        assert_eq!(event["data"]["life"]["etag"], "v3");
        assert_eq!(event["data"]["step"]["actor"]["name"], "Li Wei");
    }

    #[test]
    fn a_field_that_no_profile_names_does_not_leave() {
        let nothing = Profile { fields: Default::default(), ..open() };
        let data = &document(&happened("confirmed", 413_395_171), &nothing)["data"];
        let expected = json!({
            "alert": {"id": "unloading-1", "kind": "unloading", "stage": "confirmed"},
            "step": {"kind": "confirmed", "actor": {"role": "watch_officer"}},
        });
        assert_eq!(*data, expected);
        assert!(
            !document(&happened("raised", 1), &open()).to_string().contains("tomorrow"),
            "not with all fields either"
        );
    }

    #[test]
    fn positions_are_rounded_in_the_evidence_too() {
        let coarse = Profile { position_decimals: 2, ..open() };
        let data = &document(&happened("raised", 413_395_171), &coarse)["data"]["alert"];
        assert_eq!(data["position"], json!({"lat_deg": 20.1, "lon_deg": 110.38}));
        assert_eq!(data["evidence"][0]["geometry"]["coordinates"], json!([[110.38, 20.1]]));
    }

    proptest! {
        /// Whatever else a profile shows: an MMSI that it masks stands nowhere, in no sentence, note or call sign.
        #[test]
        fn a_masked_mmsi_is_nowhere_in_the_event(mmsi in 200_000_000_u32..800_000_000, shown in proptest::collection::btree_set(0..Field::ALL.len(), 0..Field::ALL.len())) {
            let fields = shown.into_iter().map(|index| Field::ALL[index]).collect();
            let profile = Profile { fields, mmsi: MmsiMask::Country, ..open() };
            let text = document(&happened("dispatched", mmsi), &profile).to_string();
            prop_assert!(!text.contains(&mmsi.to_string()) && !text.contains("9321483"), "{}", text);
        }
    }
}
