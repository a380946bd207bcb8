//! Telling a broker what is on record about alerts: entry by entry, in order and at least once, from where it was left.
//!
//! Alerts do not go from memory but from the record, after a cursor that moves on when the broker has a message. So a broker that is
//! away, or this server itself when it is started again, loses nothing: what was entered meanwhile is told then. Whoever was told
//! of an alert is told of everything that happens to it, also when it is not of the grades any more that he is told.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, params};
use tokio::time::timeout;

use super::cursor::Cursor;
use super::event::{self, Outgoing};
use super::health::Health;
use super::share::Share;
use super::{Outlook, is_open, shut_down};
use crate::geodesy::LatLon;
use crate::store::records::alert::{self, AlertRecord};
use crate::store::records::entry::ALERT;
use crate::store::records::outbox::Happened;
use crate::store::records::{RecordsError, book};

/// Entries that are read at a time.
const PAGE: usize = 100;
/// Alerts that go on and are told anew at most: the latest.
const ANEW_MAX: usize = 10_000;
/// What was entered last is told within this time when the server ends.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// An entry about an alert, as it is told.
#[derive(Clone, Debug)]
pub(super) struct Told {
    /// Its place in the chain.
    pub(super) sequence: i64,
    /// What has happened: `raised`, `acknowledged` …
    pub(super) change: String,
    /// The id of the alert.
    pub(super) id: String,
    /// The kind of behaviour.
    pub(super) kind: String,
    /// Whether, as the alert stands now, the behaviour goes on and nobody has put the case away.
    pub(super) is_open: bool,
    /// The CloudEvent.
    pub(super) event: Outgoing,
}

/// What takes events.
pub(super) trait Broker: Send {
    /// Hands an event over, and comes back when the broker has it or it was given up.
    fn store(&mut self, told: &Told) -> impl Future<Output = ()> + Send;

    /// Comes when the broker may have forgotten how the alerts stand that go on. One that keeps everything never does.
    fn forgotten(&mut self) -> impl Future<Output = ()> + Send {
        std::future::pending()
    }
}

/// Which neighbour is told, and what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Telling<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// What it is told.
    pub(super) share: &'a Share,
    /// Where it is kept how far it was told.
    pub(super) cursor: Option<&'a Path>,
}

/// Tells what is on record, from where it was left, until the server of this process ends.
pub(super) async fn tell(telling: Telling<'_>, broker: &mut impl Broker, mut outlook: Outlook, health: &Health) {
    let mut cursor = match Cursor::open(telling.cursor, &outlook.records).await {
        Ok(cursor) => cursor,
        Err(error) => {
            health.fail(&error);
            tracing::error!(neighbour = telling.name, %error, "alerts cannot be told");
            return;
        }
    };
    let (mut anew, mut ending) = (false, false);
    loop {
        outlook.alerts.mark_seen();
        let told = async {
            tell_on(telling, broker, &mut cursor, &outlook, health).await;
            if std::mem::take(&mut anew) {
                tell_anew(telling, broker, &cursor, &outlook, health).await;
            }
        };
        if ending {
            if timeout(LAST_WORDS, told).await.is_err() {
                tracing::warn!(
                    neighbour = telling.name,
                    "the last alerts could not be told: they are when the server is started again"
                );
            }
            return;
        }
        let mut shutdown = outlook.shutdown.clone();
        tokio::select! {
            () = told => {}
            () = shut_down(&mut shutdown) => ending = true,
        }
        if !ending {
            tokio::select! {
                goes_on = outlook.alerts.changed() => ending = !goes_on,
                () = broker.forgotten() => anew = true,
                () = shut_down(&mut outlook.shutdown) => ending = true,
            }
        }
    }
}

/// Tells everything after the cursor, however long that takes.
async fn tell_on(
    telling: Telling<'_>,
    broker: &mut impl Broker,
    cursor: &mut Cursor,
    outlook: &Outlook,
    health: &Health,
) {
    loop {
        let (after, source, share) = (cursor.place(), outlook.source.clone(), telling.share.clone());
        let read = move |connection: &Connection| page(connection, &share, &source, after, PAGE);
        let page = match outlook.records.read(read).await {
            Ok(page) => page,
            Err(error) => return health.fail(&error),
        };
        for told in page.told {
            broker.store(&told).await;
            cursor.advance(told.sequence);
        }
        cursor.advance(page.up_to);
        if let Err(error) = cursor.keep() {
            health.fail(&error);
            tracing::warn!(neighbour = telling.name, %error, "how far it was told cannot be kept: after a restart it is told again");
        }
        if page.is_last {
            return;
        }
    }
}

/// Tells the latest of each alert that goes on, as far as it was told before.
async fn tell_anew(
    telling: Telling<'_>,
    broker: &mut impl Broker,
    cursor: &Cursor,
    outlook: &Outlook,
    health: &Health,
) {
    let (up_to, source, share) = (cursor.place(), outlook.source.clone(), telling.share.clone());
    let read = move |connection: &Connection| {
        let goes_on = |record: &AlertRecord| is_open(record) && record.changed_sequence <= up_to;
        let open = alert::list(connection, i64::MAX, ANEW_MAX, goes_on)?;
        let latest: BTreeSet<i64> = open.iter().map(|record| record.changed_sequence).collect();
        let told = latest.into_iter().filter_map(|place| told(connection, &share, &source, place).transpose());
        told.collect::<Result<Vec<Told>, RecordsError>>()
    };
    match outlook.records.read(read).await {
        Ok(open) => {
            for told in open {
                broker.store(&told).await;
            }
        }
        Err(error) => health.fail(&error),
    }
}

/// Some of what is on record.
struct Page {
    /// What is to be told.
    told: Vec<Told>,
    /// The place of the last entry that was looked at.
    up_to: i64,
    /// Whether there is nothing behind it.
    is_last: bool,
}

/// The next `size` entries after a place, and what of them is to be told.
fn page(connection: &Connection, share: &Share, source: &str, after: i64, size: usize) -> Result<Page, RecordsError> {
    let entries = book::entries(connection, "", after, size)?;
    let (is_last, up_to) = (entries.len() < size, entries.last().map_or(after, |last| last.entry.sequence));
    let about_alerts = entries.iter().filter(|it| it.entry.subject.starts_with(ALERT));
    let told = about_alerts.filter_map(|it| told(connection, share, source, it.entry.sequence).transpose());
    Ok(Page { told: told.collect::<Result<_, _>>()?, up_to, is_last })
}

/// An entry as it is told; `None`: it is not.
fn told(connection: &Connection, share: &Share, source: &str, sequence: i64) -> Result<Option<Told>, RecordsError> {
    let happened = Happened::load(connection, sequence)?;
    let entry = &happened.entered.entry;
    let Some(id) = entry.subject.strip_prefix(ALERT) else { return Ok(None) };
    let Some(record) = alert::load(connection, id)? else { return Ok(None) };
    let facts = &record.news.facts;
    if !share.tells_kind(&facts.kind) || !was_ever_told(connection, share, &entry.subject, sequence)? {
        return Ok(None);
    }
    Ok(Some(Told {
        sequence,
        change: entry.kind.clone(),
        id: id.to_owned(),
        kind: facts.kind.clone(),
        is_open: is_open(&record),
        event: event::outgoing(&happened, &share.fields(), source),
    }))
}

/// Whether an alert was of the waters and grades that are told, now or at any entry before.
fn was_ever_told(connection: &Connection, share: &Share, subject: &str, sequence: i64) -> Result<bool, RecordsError> {
    let mut stood = connection.prepare_cached(
        "SELECT json_extract(entry, '$.content.grade'), json_extract(entry, '$.content.lat'), json_extract(entry, '$.content.lon')
         FROM entries WHERE subject = ?1 AND sequence <= ?2 AND json_type(entry, '$.content') = 'object' ORDER BY sequence DESC",
    )?;
    let mut rows = stood.query(params![subject, sequence])?;
    while let Some(row) = rows.next()? {
        let (grade, lat, lon): (Option<u32>, Option<f64>, Option<f64>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if let (Some(grade), Some(lat), Some(lon)) = (grade, lat, lon)
            && share.tells_case(grade, LatLon::new(lat, lon))
        {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::*;
    use crate::access::organisation::Area;
    use crate::behaviour::Kind;
    use crate::life::Actor;
    use crate::store::records::alert::{AlertFacts, AlertNews, Course};
    use crate::store::records::entry::Draft;
    use crate::store::records::{Place, Records, Watchkeeping};

    fn news(id: &str, revision: u64, grade: u32) -> AlertNews {
        let facts = AlertFacts {
            id: id.to_owned(),
            kind: "unloading".to_owned(),
            grade,
            course: Course::Active,
            zone: String::new(),
            sensors: String::new(),
            mmsi: None,
            other_mmsi: None,
            raised_ms: 1_000,
            position: LatLon::new(20.1, 110.3),
            revision,
        };
        let content =
            json!({"id": id, "kind": "unloading", "stage": "confirmed", "grade": grade, "lat": 20.1, "lon": 110.3});
        AlertNews { facts, content: content.to_string(), wire: Vec::new() }
    }

    fn share(min_grade: u8) -> Share {
        Share { area: Some(Arc::new(Area::Everywhere)), alerts: Kind::ALL.to_vec(), min_grade, ..Share::default() }
    }

    /// Three changes of an alert whose grade falls, something else between them, and another alert.
    async fn records() -> Records {
        let records = Records::open(&Place::Memory, Watchkeeping::default(), 1).unwrap();
        let written = records.write(|book| {
            book.post(news("a", 1, 2), 5)?;
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
            book.post(news("a", 2, 3), 7)?;
            book.post(news("b", 1, 2), 8)?;
            book.post(news("a", 3, 1), 9).map(|_| ())
        });
        let done: Result<(), RecordsError> = written.await;
        done.unwrap();
        records
    }

    async fn all(records: &Records, share: &Share, size: usize) -> Vec<Told> {
        let share = share.clone();
        let read = move |connection: &Connection| {
            let (mut told, mut place) = (Vec::new(), 0);
            loop {
                let page = page(connection, &share, "urn:shorewatch:test", place, size)?;
                place = page.up_to;
                told.extend(page.told);
                if page.is_last {
                    return Ok::<_, RecordsError>(told);
                }
            }
        };
        records.read(read).await.unwrap()
    }

    #[tokio::test]
    async fn each_change_of_each_alert_is_told_in_order_however_it_is_paged() {
        let records = records().await;
        for size in [1, 2, 100] {
            let told = all(&records, &share(1), size).await;
            let told: Vec<_> = told.iter().map(|it| (it.sequence, it.id.as_str(), it.change.as_str())).collect();
            let expected = [(1, "a", "raised"), (3, "a", "updated"), (4, "b", "raised"), (5, "a", "updated")];
            assert_eq!(told, expected, "pages of {size}");
        }
    }

    #[tokio::test]
    async fn whoever_was_told_of_an_alert_hears_that_its_grade_has_fallen() {
        let told = all(&records().await, &share(3), 100).await;
        let told: Vec<_> = told.iter().map(|it| (it.sequence, it.id.as_str())).collect();
        assert_eq!(told, [(3, "a"), (5, "a")], "not before it was of grade 3, and to the end from then on");
    }

    #[tokio::test]
    async fn an_event_is_that_of_the_web_hooks_and_names_no_officer() {
        let told = all(&records().await, &share(1), 100).await.remove(2);
        let event: Value = serde_json::from_slice(&told.event.body).unwrap();
        assert_eq!(
            (event["id"].as_str(), event["id"].as_str().unwrap().split_once('.').unwrap().0),
            (Some(told.event.id.as_str()), "4")
        );
        for (key, value) in [
            ("specversion", "1.0"),
            ("source", "urn:shorewatch:test"),
            ("type", "cn.shorewatch.alert.raised.v1"),
            ("dataschema", event::DATA_SCHEMA),
            ("subject", "b"),
            ("time", "1970-01-01T00:00:00.008Z"),
            ("sequence", "00000000000000000004"),
        ] {
            assert_eq!(event[key], value, "{key}");
        }
        assert_eq!(event["data"]["life"]["state"], "raised");
        assert_eq!(event["data"]["alert"]["position"], json!({"lat_deg": 20.1, "lon_deg": 110.3}));
        let actor = &event["data"]["step"]["actor"];
        assert!(
            actor.get("id").is_none() && actor.get("name").is_none() && event["data"]["step"].get("note").is_none()
        );
    }

    /// Forgets once, and ends the server when it has been told two things anew.
    struct Shelf {
        kept: Vec<i64>,
        has_forgotten: bool,
        down: tokio::sync::watch::Sender<bool>,
    }

    impl Broker for Shelf {
        async fn store(&mut self, told: &Told) {
            self.kept.push(told.sequence);
            if self.has_forgotten && self.kept.len() == 2 {
                self.down.send_replace(true);
            }
        }

        async fn forgotten(&mut self) {
            if self.has_forgotten {
                std::future::pending::<()>().await;
            }
            self.has_forgotten = true;
            self.kept.clear();
        }
    }

    #[tokio::test]
    async fn a_broker_that_has_forgotten_is_told_how_each_alert_stands_that_goes_on() {
        let records = records().await;
        let (hubs, (down, shutdown)) = (crate::serve::hubs::Hubs::default(), tokio::sync::watch::channel(false));
        let outlook = Outlook {
            picture: hubs.picture.window(),
            alerts: records.window(),
            records: records.clone(),
            source: "urn:shorewatch:test".into(),
            heard: None,
            shutdown,
        };
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.cursor");
        std::fs::write(&file, format!("{} 0\n", records.name())).unwrap();
        let (health, share) = (Health::new("x", super::super::health::NeighbourKind::Mqtt), share(1));
        let mut shelf = Shelf { kept: Vec::new(), has_forgotten: false, down };
        let telling = Telling { name: "x", share: &share, cursor: Some(&file) };
        tell(telling, &mut shelf, outlook, &health).await;
        assert_eq!(shelf.kept, [4, 5], "the latest of each");
        records.close().await;
    }
}
