//! Tracks, alerts and their ends as events of Cursor on Target 2.0 (MITRE MP090284, and what ATAK and its servers make of it).
//!
//! A TAK client throws away what is older than its clock, so instants are told by the server's clock: that of a live picture is
//! it already, and a recording that is played is moved to now as a whole, with its own time in the remarks. Uncertainty is one
//! sigma of the worst direction, as the schema says of `ce`; heights are unknown.

use std::io;

use quick_xml::Writer;
use quick_xml::events::BytesText;
use serde::Deserialize;

use crate::behaviour::Kind;
use crate::feed::observation::EoClass;
use crate::fusion::{Sources, TrackState};
use crate::geodesy::LatLon;
use crate::store::records::alert::AlertRecord;
use crate::units::EventTime;

/// The type of an alert: a spot on the map.
pub const ALERT_TYPE: &str = "b-m-p-s-m";
/// What Cursor on Target writes for a height or an error that is not known.
const UNKNOWN: &str = "9999999.0";
/// Made by a machine, from several sources.
const HOW_FUSED: &str = "m-f";
/// A picture that is older than this by the server's clock is that of a recording.
const LIVE_MS: i64 = 10_000;
/// How long a client has to carry out a deletion, in milliseconds: one that is old when it comes is not carried out.
const DELETION_MS: i64 = 60_000;
/// Characters of one text in an event.
const TEXT_CHARS_MAX: usize = 2_000;

/// From the time of the picture to that of TAK clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Now, by the server's clock.
    pub now: EventTime,
    /// What is added to an instant of the picture.
    shift_ms: i64,
    /// How long an event holds, in milliseconds.
    stale_ms: i64,
}

impl Timing {
    /// The timing of a picture of `picture`, at `now`.
    pub fn new(now: EventTime, picture: EventTime, stale_s: u32) -> Self {
        let age_ms = now.millis_since(picture);
        let shift_ms = if age_ms.abs() < LIVE_MS { 0 } else { age_ms };
        Self { now, shift_ms, stale_ms: i64::from(stale_s) * 1_000 }
    }

    fn is_recording(self) -> bool {
        self.shift_ms != 0
    }
}

/// The uid of a track.
pub fn track_uid(prefix: &str, track: &TrackState) -> String {
    format!("{prefix}.track.{}", track.id)
}

/// The uid of an alert.
pub fn alert_uid(prefix: &str, id: &str) -> String {
    format!("{prefix}.alert.{id}")
}

/// A track where it is now.
pub fn of_track(prefix: &str, track: &TrackState, timing: Timing) -> Vec<u8> {
    let time = track.time.plus_millis(timing.shift_ms);
    let head = Head {
        uid: &track_uid(prefix, track),
        kind: &track_type(track),
        time,
        stale: timing.now.plus_millis(timing.stale_ms),
        place: track.position,
        sigma_m: Some(track.position_sigma_m()),
    };
    let held_by = words(track.sources);
    let mmsi = track.identity.mmsi.map(|mmsi| mmsi.to_string());
    let name = track.identity.name.as_ref().map(|name| clean(name.as_str()));
    let callsign =
        name.filter(|name| !name.is_empty()).or_else(|| mmsi.clone()).unwrap_or_else(|| track.id.to_string());
    let mut remarks = format!("{} / held by {held_by} / last measured {}", track.id, track.last_seen);
    if let Some(mmsi) = &mmsi {
        remarks += &format!(" / MMSI {mmsi}");
    }
    if let Some(length_m) = track.length_m {
        remarks += &format!(" / {length_m:.0} m long");
    }
    if timing.is_recording() {
        remarks += " / FROM A RECORDING, not live";
    }
    event(&head, |detail| {
        detail.create_element("contact").with_attribute(("callsign", callsign.as_str())).write_empty()?;
        // 359.97 is 0.0, not 360.0.
        let course_deg = (track.cog().deg() * 10.0).round() % 3_600.0 / 10.0;
        let (speed, course) = (format!("{:.2}", track.sog_mps()), format!("{course_deg:.1}"));
        detail
            .create_element("track")
            .with_attributes([("speed", speed.as_str()), ("course", course.as_str())])
            .write_empty()?;
        detail.create_element("remarks").write_text_content(BytesText::new(&remarks))?;
        let id = track.id.to_string();
        let measured = track.last_seen.to_string();
        let mut own = vec![("track", id.as_str()), ("held_by", held_by.as_str()), ("last_measured", measured.as_str())];
        own.extend(mmsi.as_deref().map(|mmsi| ("mmsi", mmsi)));
        detail.create_element("__shorewatch").with_attributes(own).write_empty()?;
        Ok(())
    })
}

/// An alert as a marker with its reasons.
pub fn of_alert(prefix: &str, alert: &AlertRecord, timing: Timing) -> Vec<u8> {
    let facts = &alert.news.facts;
    let raised = EventTime::from_millis(facts.raised_ms);
    // Event time is that of the picture; never after now, where a recording was changed for another.
    let time = raised.plus_millis(timing.shift_ms).min(timing.now);
    let head = Head {
        uid: &alert_uid(prefix, &facts.id),
        kind: ALERT_TYPE,
        time,
        stale: timing.now.plus_millis(timing.stale_ms),
        place: facts.position,
        sigma_m: None,
    };
    let kind = Kind::ALL.into_iter().find(|kind| kind.as_str() == facts.kind);
    let in_chinese = kind.map_or("", Kind::as_zh);
    let callsign = format!("{in_chinese} {} [{}]", facts.kind, facts.grade);
    let content: Content = serde_json::from_str(&alert.news.content).unwrap_or_default();
    let chinese: Vec<&str> = content.evidence.iter().map(|evidence| evidence.zh.as_str()).collect();
    let english: Vec<&str> = content.evidence.iter().map(|evidence| evidence.en.as_str()).collect();
    let mut remarks = format!(
        "{in_chinese} 等级{} {}\n{} grade {} raised {raised}: {}",
        facts.grade,
        chinese.concat(),
        facts.kind,
        facts.grade,
        english.join(" ")
    );
    if timing.is_recording() {
        remarks += "\n来自录像，并非实时 / FROM A RECORDING, not live";
    }
    let colour = colour(facts.grade);
    event(&head, |detail| {
        detail.create_element("contact").with_attribute(("callsign", clean(&callsign).as_str())).write_empty()?;
        detail.create_element("remarks").write_text_content(BytesText::new(&clean(&remarks)))?;
        detail.create_element("color").with_attribute(("argb", colour)).write_empty()?;
        let icon = format!("COT_MAPPING_SPOTMAP/{ALERT_TYPE}/{colour}");
        detail.create_element("usericon").with_attribute(("iconsetpath", icon.as_str())).write_empty()?;
        if !content.track.is_empty() {
            let uid = format!("{prefix}.track.{}", content.track);
            let link = [("uid", uid.as_str()), ("type", "a-u-S"), ("relation", "p-p")];
            detail.create_element("link").with_attributes(link).write_empty()?;
        }
        Ok(())
    })
}

/// The last word of something: it is old at once, for clients that know no deletion.
///
/// `kind` is the type that it was told with.
pub fn of_end(uid: &str, kind: &str, place: LatLon, timing: Timing) -> Vec<u8> {
    let head = Head { uid, kind, time: timing.now, stale: timing.now, place, sigma_m: None };
    event(&head, |_| Ok(()))
}

/// The order to delete something. It has a uid of its own; what goes is named by the link.
pub fn of_deletion(uid: &str, kind: &str, place: LatLon, timing: Timing) -> Vec<u8> {
    let head = Head {
        uid: &format!("{uid}.delete"),
        kind: "t-x-d-d",
        time: timing.now,
        stale: timing.now.plus_millis(DELETION_MS),
        place,
        sigma_m: None,
    };
    event(&head, |detail| {
        let link = [("uid", uid), ("type", kind), ("relation", "p-p")];
        detail.create_element("link").with_attributes(link).write_empty()?;
        detail.create_element("__forcedelete").write_empty()?;
        Ok(())
    })
}

/// A word to see whether the server is still there; it answers.
pub fn ping(prefix: &str, timing: Timing) -> Vec<u8> {
    let place = LatLon::new(0.0, 0.0);
    let uid = format!("{prefix}-ping");
    let head = Head {
        uid: &uid,
        kind: "t-x-c-t",
        time: timing.now,
        stale: timing.now.plus_millis(timing.stale_ms),
        place,
        sigma_m: None,
    };
    event(&head, |_| Ok(()))
}

/// What every event has.
struct Head<'a> {
    uid: &'a str,
    kind: &'a str,
    time: EventTime,
    stale: EventTime,
    place: LatLon,
    /// One sigma; `None`: unknown.
    sigma_m: Option<f64>,
}

fn event(head: &Head<'_>, detail: impl FnOnce(&mut Writer<&mut Vec<u8>>) -> io::Result<()>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(640);
    let mut writer = Writer::new(&mut bytes);
    let (time, stale) = (head.time.to_string(), head.stale.to_string());
    let attributes = [
        ("version", "2.0"),
        ("uid", head.uid),
        ("type", head.kind),
        ("how", HOW_FUSED),
        ("time", &time),
        ("start", &time),
        ("stale", &stale),
    ];
    let written = writer.create_element("event").with_attributes(attributes).write_inner_content(|event| {
        let (lat, lon) = (format!("{:.6}", head.place.lat_deg), format!("{:.6}", head.place.lon_deg));
        let error = head.sigma_m.map_or_else(|| UNKNOWN.to_owned(), |sigma_m| format!("{sigma_m:.1}"));
        let point = [("lat", lat.as_str()), ("lon", &lon), ("hae", UNKNOWN), ("ce", &error), ("le", UNKNOWN)];
        event.create_element("point").with_attributes(point).write_empty()?;
        event.create_element("detail").write_inner_content(detail)?;
        Ok(())
    });
    debug_assert!(written.is_ok(), "memory takes all that is written");
    bytes.push(b'\n');
    bytes
}

/// The type: neutral where AIS says who it is, else unknown, on the sea surface, with what is known of the craft (letters of
/// MIL-STD-2525B). Nobody is called hostile here: that is for officers.
pub fn track_type(track: &TrackState) -> String {
    let affiliation = if track.identity.mmsi.is_some() { 'n' } else { 'u' };
    let by_ais = track.identity.ship_type.and_then(|ship_type| match ship_type {
        30 => Some("-X-F"),
        31 | 32 | 52 => Some("-X-M-T-U"),
        36 | 37 => Some("-X-R"),
        55 => Some("-X-L"),
        60..=69 => Some("-X-M-P"),
        70..=79 => Some("-X-M-C"),
        80..=89 => Some("-X-M-O"),
        _ => None,
    });
    let by_camera = track.eo_class.and_then(|(class, _)| match class {
        EoClass::Fishing => Some("-X-F"),
        EoClass::Tug => Some("-X-M-T-U"),
        EoClass::Patrol => Some("-X-L"),
        EoClass::Passenger => Some("-X-M-P"),
        EoClass::Cargo => Some("-X-M-C"),
        EoClass::Tanker => Some("-X-M-O"),
        EoClass::Speedboat | EoClass::Other => None,
    });
    let craft = by_ais.or(by_camera).unwrap_or(if affiliation == 'n' { "-X" } else { "" });
    format!("a-{affiliation}-S{craft}")
}

/// White, yellow, orange, red: signed 32-bit ARGB as ATAK writes it.
fn colour(grade: u32) -> &'static str {
    match grade {
        0 | 1 => "-1",
        2 => "-256",
        3 => "-35072",
        _ => "-65536",
    }
}

fn words(sources: Sources) -> String {
    let held = [("ais", sources.ais), ("radar", sources.radar), ("eo", sources.eo), ("report", sources.report)];
    let held: Vec<&str> = held.into_iter().filter(|(_, holds)| *holds).map(|(word, _)| word).collect();
    if held.is_empty() { "prediction".to_owned() } else { held.join("+") }
}

/// Without the characters that XML does not allow, and not longer than a text may be.
fn clean(text: &str) -> String {
    let allowed = |character: &char| !character.is_control() || *character == '\n';
    text.chars().filter(allowed).filter(|it| !matches!(it, '\u{fffe}' | '\u{ffff}')).take(TEXT_CHARS_MAX).collect()
}

/// What an event needs of an alert's line.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Content {
    track: String,
    evidence: Vec<Sentence>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Sentence {
    en: String,
    zh: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::observation::Text20;
    use crate::life::Life;
    use crate::serve::track_watch::tests::track;
    use crate::store::records::alert::{AlertFacts, AlertNews, Course};
    use crate::units::Mmsi;

    fn text(bytes: &[u8]) -> &str {
        std::str::from_utf8(bytes).unwrap().trim_end()
    }

    #[test]
    fn a_track_is_an_event_of_its_place_course_and_sources() {
        let now = EventTime::from_seconds(1_000);
        let event = of_track("sw", &track(51, 999, 110.25), Timing::new(now, now, 120));
        assert_eq!(
            text(&event),
            concat!(
                r#"<event version="2.0" uid="sw.track.T000051" type="a-u-S" how="m-f" time="1970-01-01T00:16:39.000Z" "#,
                r#"start="1970-01-01T00:16:39.000Z" stale="1970-01-01T00:18:40.000Z">"#,
                r#"<point lat="20.000000" lon="110.250000" hae="9999999.0" ce="10.0" le="9999999.0"/>"#,
                r#"<detail><contact callsign="T000051"/><track speed="5.00" course="36.9"/>"#,
                r#"<remarks>T000051 / held by radar / last measured 1970-01-01T00:16:39.000Z</remarks>"#,
                r#"<__shorewatch track="T000051" held_by="radar" last_measured="1970-01-01T00:16:39.000Z"/></detail></event>"#
            )
        );
    }

    #[test]
    fn a_course_just_west_of_north_is_north() {
        let mut craft = track(1, 10, 110.0);
        (craft.east_mps, craft.north_mps) = (-0.001, 5.0);
        let now = EventTime::from_seconds(10);
        let event = of_track("sw", &craft, Timing::new(now, now, 60));
        assert!(text(&event).contains(r#"course="0.0""#), "{}", text(&event));
    }

    #[test]
    fn a_recording_is_told_as_if_it_were_now_and_says_so() {
        let (then, now) = (EventTime::from_seconds(1_000), EventTime::from_seconds(5_000_000));
        let event = of_track("sw", &track(1, 990, 110.0), Timing::new(now, then, 60));
        let told = text(&event);
        let (time, stale) = (now.plus_millis(-10_000).to_string(), now.plus_millis(60_000).to_string());
        assert!(told.contains(&format!(r#"time="{time}" start="{time}" stale="{stale}""#)), "{told}");
        assert!(told.contains("FROM A RECORDING") && told.contains("last measured 1970-01-01T00:16:30"), "{told}");
    }

    #[test]
    fn the_type_says_what_is_known_of_the_craft_and_nobody_is_hostile() {
        let mut craft = track(1, 10, 110.0);
        assert_eq!(track_type(&craft), "a-u-S");
        craft.eo_class = Some((EoClass::Fishing, 0.8));
        assert_eq!(track_type(&craft), "a-u-S-X-F");
        craft.identity.mmsi = Mmsi::new(413_000_001);
        craft.identity.ship_type = Some(79);
        assert_eq!(track_type(&craft), "a-n-S-X-M-C", "AIS before the camera");
        craft.eo_class = None;
        craft.identity.ship_type = None;
        assert_eq!(track_type(&craft), "a-n-S-X");
    }

    #[test]
    fn a_name_cannot_break_the_event() {
        let mut craft = track(1, 10, 110.0);
        craft.identity.name = Text20::from("A\"<B>&'\u{7}").ok();
        let now = EventTime::from_seconds(10);
        let event = of_track("sw", &craft, Timing::new(now, now, 60));
        let told = text(&event);
        assert!(told.contains(r#"callsign="A&quot;&lt;B&gt;&amp;&apos;""#), "{told}");
    }

    #[test]
    fn an_alert_is_a_marker_with_its_reasons_in_both_languages() {
        let facts = AlertFacts {
            id: "unloading-x".to_owned(),
            kind: "unloading".to_owned(),
            grade: 4,
            course: Course::Active,
            zone: String::new(),
            sensors: "radar".to_owned(),
            mmsi: None,
            other_mmsi: None,
            raised_ms: 900_000,
            position: LatLon::new(20.1, 110.3),
            revision: 1,
        };
        let content = r#"{"track":"T000007","evidence":[{"en":"Lay at the beach.","zh":"停靠滩头。"},{"en":"By night.","zh":"夜间。"}]}"#;
        let alert = AlertRecord {
            news: AlertNews { facts, content: content.to_owned(), wire: Vec::new() },
            life: Life::begin("", 0),
            first_sequence: 1,
            course_sequence: 1,
            changed_sequence: 1,
            changed_kind: "raised".to_owned(),
            next_reminder_ms: None,
        };
        let now = EventTime::from_seconds(1_000);
        let event = of_alert("sw", &alert, Timing::new(now, now, 600));
        let told = text(&event);
        for part in [
            r#"uid="sw.alert.unloading-x" type="b-m-p-s-m""#,
            r#"time="1970-01-01T00:15:00.000Z""#,
            r#"callsign="非设关地卸货 unloading [4]""#,
            "停靠滩头。夜间。",
            "Lay at the beach. By night.",
            r#"<color argb="-65536"/>"#,
            r#"<link uid="sw.track.T000007" type="a-u-S" relation="p-p"/>"#,
        ] {
            assert!(told.contains(part), "{part} is not in {told}");
        }
    }

    #[test]
    fn an_end_is_old_at_once_and_its_deletion_is_not() {
        let now = EventTime::from_seconds(1_000);
        let (timing, place) = (Timing::new(now, now, 600), LatLon::new(20.0, 110.0));
        let end = of_end("sw.track.T000001", "a-u-S", place, timing);
        assert!(text(&end).contains(&format!(r#"stale="{now}""#)), "{}", text(&end));
        let deletion = of_deletion("sw.track.T000001", "a-u-S", place, timing);
        let told = text(&deletion);
        assert!(told.contains(r#"type="t-x-d-d""#) && told.contains(r#"<link uid="sw.track.T000001""#), "{told}");
        assert!(told.contains(&format!(r#"stale="{}""#, now.plus_millis(60_000))), "{told}");
    }
}
