//! What leaves for other platforms: written with what happened, sent in order and until it is taken, told when it is not.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::Value;
use shorewatch::access::organisation::Area;
use shorewatch::geodesy::LatLon;
use shorewatch::life::{Actor, Step};
use shorewatch::neighbours::profile::{Field, MmsiMask, Profile, Words};
use shorewatch::neighbours::webhook::answer::REFUSALS_MAX;
use shorewatch::neighbours::webhook::endpoint::Waits;
use shorewatch::neighbours::webhook::guard::Guard;
use shorewatch::neighbours::webhook::signature::{Secret, check};
use shorewatch::neighbours::webhook::{Deliveries, Endpoint};
use shorewatch::serve::clock;
use shorewatch::serve::limits::OUTBOX_WAITING_MAX;
use shorewatch::store::records::alert::{AlertFacts, AlertNews, Course};
use shorewatch::store::records::outbox::{self, Happening, Interest, Letter, Standing, Subscriber};
use shorewatch::store::records::{Order, OrderError, Place, Records, RecordsError, Watchkeeping};
use tokio::net::TcpListener;
use tokio::sync::watch;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn news(id: &str, grade: u32, revision: u64) -> AlertNews {
    let facts = AlertFacts {
        id: id.to_owned(),
        kind: "loitering".to_owned(),
        grade,
        course: Course::Active,
        zone: String::new(),
        sensors: "ais".to_owned(),
        mmsi: Some(413_000_001),
        other_mmsi: None,
        raised_ms: 1_000,
        position: LatLon::new(20.1, 110.3),
        revision,
    };
    let line = serde_json::json!({
        "id": id, "kind": "loitering", "stage": "confirmed", "grade": grade, "lat": 20.1, "lon": 110.3, "revision": revision,
    });
    AlertNews { facts, content: line.to_string(), wire: vec![1, 2, 3] }
}

async fn tell(records: &Records, id: &str, grade: u32, revision: u64) {
    let news = news(id, grade, revision);
    assert!(records.write(move |book| book.post(news, 1_000 + revision as i64)).await.unwrap());
}

async fn step(records: &Records, id: &str, request_id: &str, step: Step) -> Result<(), OrderError> {
    let order = Order {
        alert_id: id.to_owned(),
        etag: None,
        request_id: request_id.to_owned(),
        step,
        note: String::new(),
        actor: Actor { id: "li.wei".to_owned(), role: "watch_officer".to_owned(), ..Actor::system() },
        at_ms: 5_000,
    };
    records.write(move |book| book.carry_out(&order, |_| true)).await.map(|_| ())
}

async fn standing(records: &Records, name: &'static str) -> Standing {
    let all = records.read(outbox::standings).await.unwrap();
    all.into_iter().find(|standing| standing.name == name).unwrap()
}

async fn waiting(records: &Records) -> Vec<(String, i64, String)> {
    let letters = records.read(|connection| outbox::letters(connection, "", false, 0, 100)).await.unwrap();
    letters.into_iter().map(|it| (it.endpoint, it.sequence, it.subject)).collect()
}

/// Takes what is of the least grade and above, `at_least` as it is now.
#[derive(Debug)]
struct Above(u64);

impl Interest for Above {
    fn wants(&self, happening: Happening<'_>) -> bool {
        happening.alert["grade"].as_u64() >= Some(self.0)
    }
}

fn subscriber(name: &str, at_least: u64) -> Subscriber {
    Subscriber { name: name.to_owned(), interest: Arc::new(Above(at_least)) }
}

async fn records_for(subscribers: impl Into<Arc<[Subscriber]>>, place: Place) -> Records {
    let keeping = Watchkeeping { subscribers: subscribers.into(), ..Watchkeeping::default() };
    let records = Records::open(&place, keeping, 0).unwrap();
    records.write(|book| book.configure_endpoints()).await.unwrap();
    records
}

// --- The outbox ---------------------------------------------------------------------------------------------------

#[tokio::test]
async fn what_is_to_be_sent_is_written_with_what_happened() {
    let records = records_for([subscriber("platform", 1), subscriber("deaf", 9)], Place::Memory).await;
    tell(&records, "a", 4, 1).await;
    step(&records, "a", "r1", Step::Acknowledge).await.unwrap();
    assert!(step(&records, "a", "r2", Step::Close).await.is_err());
    let of = |sequence| ("platform".to_owned(), sequence, "alert/a".to_owned());
    assert_eq!(waiting(&records).await, [of(1), of(2)], "what was refused has not happened");
}

#[tokio::test]
async fn whoever_was_told_of_an_alert_hears_of_its_end_though_its_grade_has_fallen() {
    let records = records_for([subscriber("platform", 3)], Place::Memory).await;
    tell(&records, "a", 3, 1).await;
    tell(&records, "b", 2, 1).await;
    tell(&records, "a", 1, 2).await;
    step(&records, "a", "r1", Step::Acknowledge).await.unwrap();
    step(&records, "b", "r2", Step::Acknowledge).await.unwrap();
    let subjects: Vec<String> = waiting(&records).await.into_iter().map(|(_, _, subject)| subject).collect();
    assert_eq!(subjects, ["alert/a"; 3]);
}

#[tokio::test]
async fn a_full_outbox_loses_nothing_and_says_that_it_is_behind() {
    let records = records_for([subscriber("platform", 1)], Place::Memory).await;
    tell(&records, "a", 4, 1).await;
    let pretend = |waiting: i64| {
        move |book: &mut shorewatch::store::records::Book<'_>| -> Result<(), RecordsError> {
            book.connection().execute("UPDATE endpoints SET waiting = ?1", [waiting])?;
            Ok(())
        }
    };
    records.write(pretend(OUTBOX_WAITING_MAX)).await.unwrap();
    for revision in 2..=5 {
        tell(&records, "a", 4, revision).await;
    }
    tell(&records, "b", 4, 1).await;
    let full = standing(&records, "platform").await;
    assert_eq!((full.behind_from, full.behind_times, waiting(&records).await.len()), (Some(2), 1, 1));
    assert!(!records.write(|book| book.catch_up("platform")).await.unwrap(), "no room yet");
    assert_eq!(standing(&records, "platform").await.behind_from, Some(2));

    records.write(pretend(1)).await.unwrap();
    assert!(!records.write(|book| book.catch_up("platform")).await.unwrap());
    let after = standing(&records, "platform").await;
    assert_eq!((after.behind_from, after.waiting), (None, 6));
    tell(&records, "b", 4, 2).await;
    let sequences: Vec<i64> = waiting(&records).await.into_iter().map(|(_, sequence, _)| sequence).collect();
    assert_eq!(sequences, [1, 2, 3, 4, 5, 6, 7], "each once, in order");
}

#[tokio::test]
async fn an_endpoint_that_was_taken_out_for_a_while_is_told_what_it_has_missed() {
    let folder = tempfile::tempdir().unwrap();
    let place = || Place::Folder(folder.path().to_owned());
    let records = records_for([subscriber("platform", 1)], place()).await;
    tell(&records, "a", 4, 1).await;
    records.close().await;
    let records = records_for([], place()).await;
    tell(&records, "a", 4, 2).await;
    assert!(!standing(&records, "platform").await.is_configured);
    assert_eq!(waiting(&records).await.len(), 1, "what waited still waits");
    records.close().await;
    let records = records_for([subscriber("platform", 1)], place()).await;
    tell(&records, "a", 4, 3).await;
    records.write(|book| book.catch_up("platform")).await.unwrap();
    let sequences: Vec<i64> = waiting(&records).await.into_iter().map(|(_, sequence, _)| sequence).collect();
    assert_eq!(sequences, [1, 2, 3]);
    records.close().await;
}

#[tokio::test]
async fn of_each_alert_the_first_event_is_due_and_the_others_wait_behind_it() {
    let records = records_for([subscriber("platform", 1)], Place::Memory).await;
    for revision in 1..=3 {
        tell(&records, "a", 4, revision).await;
        tell(&records, "b", 4, revision).await;
    }
    let due = async |now_ms| -> Vec<Letter> {
        records.read(move |connection| outbox::due(connection, "platform", now_ms, 10)).await.unwrap()
    };
    let first = due(0).await;
    assert_eq!(first.iter().map(|letter| letter.sequence).collect::<Vec<_>>(), [1, 2]);
    let postponed = Letter { next_attempt_ms: 9_000, refusals: 1, ..first[0].clone() };
    let taken = first[1].clone();
    records.write(move |book| book.event_postponed(&postponed, 10)).await.unwrap();
    records.write(move |book| book.event_taken(&taken, 10)).await.unwrap();
    assert_eq!(due(10).await.iter().map(|letter| letter.sequence).collect::<Vec<_>>(), [4], "b goes on, a waits");
    assert_eq!(due(9_000).await.iter().map(|letter| letter.sequence).collect::<Vec<_>>(), [1, 4]);
}

// --- Over the wire ------------------------------------------------------------------------------------------------

/// An event as it came.
#[derive(Clone, Debug)]
struct Came {
    id: String,
    event: Value,
}

/// Status and `retry-after`, by what came and how often it had come before.
type AsTold = dyn Fn(&Came, usize) -> (u16, Option<&'static str>) + Send + Sync;

/// A platform that answers as a test tells it.
#[derive(Clone)]
struct Platform {
    came: Arc<Mutex<Vec<Came>>>,
    answer: Arc<AsTold>,
}

async fn take(State(platform): State<Platform>, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let (id, timestamp, signature) = (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"));
    let now_s = clock::now().as_millis() / 1_000;
    let secrets = [Secret::parse(SECRET).unwrap()];
    assert_eq!(check(&secrets, &id, &timestamp, &signature, &body, now_s), Ok(()));
    assert_eq!(header("content-type"), "application/cloudevents+json");
    let event: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(event["id"], id.as_str());
    let came = Came { id, event };
    let before = platform.came.lock().unwrap().iter().filter(|it| it.id == came.id).count();
    let (status, after) = (platform.answer)(&came, before);
    platform.came.lock().unwrap().push(came);
    let status = StatusCode::from_u16(status).unwrap();
    match after {
        Some(after) => (status, [("retry-after", after)], "as told").into_response(),
        None => status.into_response(),
    }
}

/// Everything around one platform.
struct World {
    records: Records,
    deliveries: Deliveries,
    came: Arc<Mutex<Vec<Came>>>,
    stop: watch::Sender<bool>,
}

impl World {
    async fn new(
        answer: impl Fn(&Came, usize) -> (u16, Option<&'static str>) + Send + Sync + 'static,
        allowed: &str,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://localhost:{}/hook", listener.local_addr().unwrap().port());
        let platform = Platform { came: Arc::default(), answer: Arc::new(answer) };
        let came = Arc::clone(&platform.came);
        let routes = Router::new().route("/hook", post(take)).with_state(platform);
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        let profile = Profile {
            name: "all".to_owned(),
            kinds: Words::Any,
            grades: (1..=4).collect(),
            stages: Words::Any,
            events: Words::Any,
            area: Some(Area::Everywhere),
            fields: Field::ALL.iter().copied().collect(),
            mmsi: MmsiMask::Plain,
            position_decimals: 6,
        };
        let endpoint = Endpoint {
            name: "platform".to_owned(),
            url: url.parse().unwrap(),
            secrets: vec![Secret::parse(&"MTIz".repeat(8)).unwrap(), Secret::parse(SECRET).unwrap()],
            profile: Arc::new(profile),
            is_paused: false,
            guard: Guard::new(allowed.split(' ').filter_map(|network| network.parse().ok()).collect()),
            authorities: Vec::new(),
            timeout: Duration::from_secs(5),
            waits: Waits {
                away: (Duration::from_millis(1), Duration::from_millis(20)),
                refused: (Duration::from_millis(1), Duration::from_millis(20)),
            },
            callback: None,
        };
        let deliveries = Deliveries::new(vec![endpoint], "urn:shorewatch:test");
        let keeping = Watchkeeping { subscribers: deliveries.subscribers(), ..Watchkeeping::default() };
        let records = Records::open(&Place::Memory, keeping, 0).unwrap();
        let (stop, shutdown) = watch::channel(false);
        deliveries.start(&records, &shutdown).await.unwrap();
        Self { records, deliveries, came, stop }
    }

    /// Waits until the outbox stands so.
    async fn until(&self, holds: impl Fn(&Standing) -> bool) -> Standing {
        loop {
            let standing = standing(&self.records, "platform").await;
            if holds(&standing) {
                return standing;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    fn came(&self) -> Vec<Came> {
        self.came.lock().unwrap().clone()
    }

    /// The places of the events that came, by alert, without those that came again.
    fn by_alert(&self) -> BTreeMap<String, Vec<String>> {
        let mut by_alert: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for came in self.came() {
            let sequences = by_alert.entry(came.event["subject"].as_str().unwrap().to_owned()).or_default();
            let sequence = came.event["sequence"].as_str().unwrap().to_owned();
            if !sequences.contains(&sequence) {
                sequences.push(sequence);
            }
        }
        by_alert
    }
}

const HERE: &str = "127.0.0.0/8 ::1/128";

#[tokio::test]
async fn every_event_arrives_in_order_for_its_alert_though_the_platform_falters() {
    // Each event fails twice, once as if the platform were away, once asking for patience.
    let falters = |_: &Came, before: usize| [(503, None), (429, Some("0")), (202, None)][before.min(2)];
    let world = World::new(falters, HERE).await;
    for revision in 1..=10 {
        for id in ["a", "b", "c"] {
            tell(&world.records, id, 3, revision).await;
        }
    }
    step(&world.records, "b", "r1", Step::Acknowledge).await.unwrap();
    let standing = world.until(|standing| standing.waiting == 0 && standing.sent == 31).await;
    assert_eq!((standing.dead, standing.disabled.as_str()), (0, ""));
    for (alert, sequences) in world.by_alert() {
        assert_eq!(sequences.len(), if alert == "b" { 11 } else { 10 });
        assert!(sequences.is_sorted(), "{alert}: {sequences:?}");
    }
    assert_eq!(world.came().len(), 93, "each once, and twice in vain");
    assert_eq!(world.deliveries.failed().collect::<Vec<_>>(), [("platform", 62)]);
    let last = world.came().into_iter().rfind(|came| came.event["subject"] == "b").unwrap();
    assert_eq!(
        (&last.event["type"], &last.event["data"]["life"]["state"]),
        (&"cn.shorewatch.alert.acknowledged.v1".into(), &"acknowledged".into())
    );
    world.stop.send_replace(true);
}

#[tokio::test]
async fn what_a_platform_will_not_take_becomes_a_dead_letter_and_can_be_sent_again() {
    let mended = Arc::new(AtomicBool::new(false));
    let is_mended = Arc::clone(&mended);
    let refuses = move |came: &Came, _: usize| {
        let bad = came.event["subject"] == "a" && came.event["type"] == "cn.shorewatch.alert.raised.v1";
        (if bad && !is_mended.load(Ordering::SeqCst) { 422 } else { 204 }, None)
    };
    let world = World::new(refuses, HERE).await;
    tell(&world.records, "a", 3, 1).await;
    tell(&world.records, "a", 3, 2).await;
    tell(&world.records, "b", 3, 1).await;
    world.until(|standing| standing.dead == 1 && standing.waiting == 0).await;
    let dead = world.records.read(|connection| outbox::letters(connection, "platform", true, 0, 9)).await.unwrap();
    assert_eq!((dead.len(), dead[0].sequence, dead[0].refusals), (1, 1, REFUSALS_MAX));
    assert_eq!(dead[0].last_answer, "422");
    mended.store(true, Ordering::SeqCst);
    let actor = Actor { id: "zhao".to_owned(), ..Actor::system() };
    assert_eq!(world.records.write(move |book| book.replay_dead("platform", None, &actor, 9)).await.unwrap(), 1);
    world.deliveries.endpoint("platform").unwrap().wake.notify_one();
    world.until(|standing| standing.dead == 0 && standing.sent == 3).await;
    let ids: Vec<String> = world
        .came()
        .into_iter()
        .filter(|it| it.event["data"]["step"]["kind"] == "raised" && it.event["subject"] == "a")
        .map(|it| it.id)
        .collect();
    assert!(
        ids.len() as i64 == REFUSALS_MAX + 1 && ids.iter().all(|id| *id == ids[0]),
        "the same id at each attempt: {ids:?}"
    );
    world.stop.send_replace(true);
}

#[tokio::test]
async fn a_platform_that_says_never_again_is_left_alone_until_somebody_enables_it() {
    let back = Arc::new(AtomicBool::new(false));
    let is_back = Arc::clone(&back);
    let world = World::new(move |_, _| (if is_back.load(Ordering::SeqCst) { 200 } else { 410 }, None), HERE).await;
    tell(&world.records, "a", 3, 1).await;
    let standing = world.until(|standing| !standing.disabled.is_empty()).await;
    assert!(standing.disabled.contains("410") && standing.waiting == 1);
    tell(&world.records, "a", 3, 2).await;
    tell(&world.records, "b", 3, 1).await;
    assert_eq!(world.came().len(), 1, "nothing more is sent");
    back.store(true, Ordering::SeqCst);
    let enable =
        |book: &mut shorewatch::store::records::Book<'_>| book.enable_endpoint("platform", &Actor::system(), 9);
    assert!(world.records.write(enable).await.unwrap());
    world.deliveries.endpoint("platform").unwrap().wake.notify_one();
    world.until(|standing| standing.sent == 3).await;
    let kinds = world.records.read(|connection| {
        let mut kinds =
            connection.prepare("SELECT kind FROM entries WHERE subject = 'endpoint/platform' ORDER BY sequence")?;
        let rows = kinds.query_map([], |row| row.get::<_, String>(0))?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?)
    });
    assert_eq!(kinds.await.unwrap(), ["endpoint_disabled", "endpoint_enabled"], "both are on record");
    world.stop.send_replace(true);
}

#[tokio::test]
async fn a_platform_whose_name_leads_inside_is_sent_nothing() {
    let world = World::new(|_, _| (200, None), "10.0.0.0/8").await;
    tell(&world.records, "a", 3, 1).await;
    let failed = || world.deliveries.failed().map(|(_, count)| count).sum::<u64>();
    while failed() < 3 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let letters = world.records.read(|connection| outbox::letters(connection, "", false, 0, 9)).await.unwrap();
    assert!(letters[0].last_answer.contains("not public"), "{}", letters[0].last_answer);
    assert_eq!(world.came().len(), 0);
    world.stop.send_replace(true);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let world = World::new(|_, _| (307, None), HERE).await;
    tell(&world.records, "a", 3, 1).await;
    world.until(|standing| standing.dead == 1).await;
    let dead = world.records.read(|connection| outbox::letters(connection, "", true, 0, 9)).await.unwrap();
    assert!(dead[0].last_answer.starts_with("307 (redirects are not followed"), "{}", dead[0].last_answer);
    world.stop.send_replace(true);
}
