//! The messages: an entry of the record as a CloudEvent 1.0 in JSON, and a track.

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::fusion::TrackState;
use crate::store::records::RecordsError;
use crate::store::records::alert::{self, AlertFacts};
use crate::store::records::book;
use crate::store::records::entry::{ALERT, Entered};
use crate::units::EventTime;

/// Digits of an entry's hash in the id of its message: the same place in other records has another id.
const HASH_DIGITS: usize = 24;

/// An entry about an alert, with the alert.
#[derive(Debug)]
pub(super) struct Happened {
    /// The entry.
    pub(super) entered: Entered,
    /// What lists go by, as the alert stands now.
    pub(super) facts: AlertFacts,
    /// The alert after the entry; where the entry does not have it, as it stands now.
    content: Value,
}

/// The entries after a place that are about alerts. What is about something else is passed over, so that a page may be short and not
/// the last: the place of the last entry that was looked at counts.
///
/// # Errors
/// When the records cannot be read.
pub(super) fn entries(connection: &Connection, after: i64, size: usize) -> Result<Vec<Happened>, RecordsError> {
    let mut found = Vec::new();
    let mut place = after;
    loop {
        let page = book::entries(connection, "", place, size)?;
        let is_last = page.len() < size;
        for entered in page {
            place = entered.entry.sequence;
            let Some(id) = entered.entry.subject.strip_prefix(ALERT) else { continue };
            let Some(record) = alert::load(connection, id)? else { continue };
            let content = match &entered.entry.content {
                Some(content) => content.clone(),
                None => serde_json::from_str(&record.news.content).unwrap_or_default(),
            };
            found.push(Happened { entered, facts: record.news.facts, content });
            if found.len() == size {
                return Ok(found);
            }
        }
        if is_last {
            return Ok(found);
        }
    }
}

/// The id of the message of an entry: its place, and the first digits of its hash.
pub(super) fn id(entered: &Entered) -> String {
    let hash: String = entered.hash.chars().take(HASH_DIGITS).collect();
    format!("{}.{hash}", entered.entry.sequence)
}

/// `PREFIX.alert.CHANGE.KIND`.
pub(super) fn subject(prefix: &str, happened: &Happened) -> String {
    format!("{prefix}.alert.{}.{}", happened.entered.entry.kind, happened.facts.kind)
}

/// The CloudEvent. Who of the officers did something, and what was noted, stays here.
pub(super) fn body(happened: &Happened, source: &str) -> Vec<u8> {
    let entry = &happened.entered.entry;
    let event = json!({
        "specversion": "1.0",
        "id": id(&happened.entered),
        "source": format!("urn:shorewatch:{source}"),
        "type": format!("cn.shorewatch.alert.{}.v1", entry.kind),
        "subject": entry.subject.strip_prefix(ALERT).unwrap_or_default(),
        "time": EventTime::from_millis(entry.time_ms).to_string(),
        "datacontenttype": "application/json",
        // The extension `sequence`: its order is that of the text.
        "sequence": format!("{:020}", entry.sequence),
        "data": {
            "alert": happened.content,
            "state": entry.life.as_ref().map(|life| life.state.as_str()),
        },
    });
    event.to_string().into_bytes()
}

/// A track as JSON; `end` says how it ended.
pub(super) fn track(track: &TrackState, end: Option<&str>) -> Vec<u8> {
    let sources = track.sources;
    let held = [("ais", sources.ais), ("radar", sources.radar), ("eo", sources.eo), ("report", sources.report)];
    let held_by: Vec<&str> = held.into_iter().filter(|(_, holds)| *holds).map(|(word, _)| word).collect();
    let rounded = |value: f64, steps: f64| (value * steps).round() / steps;
    let document = json!({
        "track": track.id.to_string(),
        "time": track.time.to_string(),
        "last_measured": track.last_seen.to_string(),
        "lat_deg": rounded(track.position.lat_deg, 1e6),
        "lon_deg": rounded(track.position.lon_deg, 1e6),
        "position_sigma_m": rounded(track.position_sigma_m(), 10.0),
        "sog_mps": rounded(track.sog_mps(), 100.0),
        "cog_deg": rounded(track.cog().deg(), 10.0),
        "held_by": held_by,
        "mmsi": track.identity.mmsi.map(|mmsi| mmsi.to_string()),
        "name": track.identity.name.as_ref().map(|name| name.as_str()),
        "ship_type": track.identity.ship_type,
        "length_m": track.length_m,
        "end": end,
    });
    document.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geodesy::LatLon;
    use crate::life::Actor;
    use crate::serve::track_watch::tests::track;
    use crate::store::records::alert::{AlertNews, Course};
    use crate::store::records::entry::Draft;
    use crate::store::records::{Place, Records, Watchkeeping};

    fn news(id: &str, revision: u64) -> AlertNews {
        let facts = AlertFacts {
            id: id.to_owned(),
            kind: "unloading".to_owned(),
            grade: 4,
            course: Course::Active,
            zone: String::new(),
            sensors: String::new(),
            mmsi: None,
            other_mmsi: None,
            raised_ms: 1_000,
            position: LatLon::new(20.1, 110.3),
            revision,
        };
        AlertNews { facts, content: format!(r#"{{"id":"{id}","revision":{revision}}}"#), wire: Vec::new() }
    }

    /// Two changes of one alert, something else between them, and another alert.
    async fn records() -> Records {
        let records = Records::open(&Place::Memory, Watchkeeping::default(), 1).unwrap();
        let written = records.write(|book| {
            book.post(news("a", 1), 5)?;
            book.enter(Draft {
                time_ms: 6,
                kind: "zone_changed",
                subject: "zone/z".to_owned(),
                actor: &Actor::system(),
                request_id: "",
                note: "",
                life: None,
                content: None,
                wire_sha256: String::new(),
            })?;
            book.post(news("a", 2), 7)?;
            book.post(news("b", 1), 8).map(|_| ())
        });
        let done: Result<(), RecordsError> = written.await;
        done.unwrap();
        records
    }

    #[tokio::test]
    async fn each_change_of_each_alert_is_a_message_in_order_however_it_is_paged() {
        let records = records().await;
        for size in [1, 2, 100] {
            let told = records.read(move |connection| {
                let (mut told, mut place) = (Vec::new(), 0);
                loop {
                    let page = entries(connection, place, size)?;
                    let is_last = page.len() < size;
                    for happened in page {
                        place = happened.entered.entry.sequence;
                        told.push((place, subject("sw", &happened), happened.content["revision"].as_i64()));
                    }
                    if is_last {
                        return Ok(told);
                    }
                }
            });
            let expected = [(1, "raised", 1), (3, "updated", 2), (4, "raised", 1)]
                .map(|(place, change, revision)| (place, format!("sw.alert.{change}.unloading"), Some(revision)));
            assert_eq!(told.await.unwrap(), expected, "pages of {size}");
        }
    }

    #[tokio::test]
    async fn a_message_is_a_cloud_event_whose_id_is_place_and_hash_of_its_entry() {
        let records = records().await;
        let happened = records.read(|connection| entries(connection, 3, 1)).await.unwrap().remove(0);
        let event: Value = serde_json::from_slice(&body(&happened, "joint")).unwrap();
        assert_eq!(event["id"], format!("4.{}", &happened.entered.hash[..24]));
        for (key, value) in [
            ("specversion", "1.0"),
            ("source", "urn:shorewatch:joint"),
            ("type", "cn.shorewatch.alert.raised.v1"),
            ("subject", "b"),
            ("time", "1970-01-01T00:00:00.008Z"),
            ("sequence", "00000000000000000004"),
        ] {
            assert_eq!(event[key], value, "{key}");
        }
        assert_eq!(event["data"]["state"], "raised");
        assert!(event["data"].get("actor").is_none() && event["data"].get("note").is_none());
    }

    #[test]
    fn a_track_says_how_it_ended() {
        let going: Value = serde_json::from_slice(&super::track(&track(7, 10, 110.0), None)).unwrap();
        assert_eq!((going["track"].as_str(), going["end"].is_null()), (Some("T000007"), true));
        let ended: Value = serde_json::from_slice(&super::track(&track(7, 10, 110.0), Some("ended"))).unwrap();
        assert_eq!(ended["end"], "ended");
    }
}
