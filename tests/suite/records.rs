//! The records, in an officer's words: what was done is on disk, in order, once, and cannot be altered unseen.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;

use shorewatch::access::organisation::{Area, Organisation, Unit, UnitKind};
use shorewatch::geodesy::LatLon;
use shorewatch::life::duty::Duty;
use shorewatch::life::{Actor, DismissReason, LifeState, Step};
use shorewatch::store::records::alert::{self, AlertFacts, AlertNews, AlertRecord, Course};
use shorewatch::store::records::checkpoint::Signer;
use shorewatch::store::records::entry::{Entered, NO_HASH, chained};
use shorewatch::store::records::{
    Order, OrderError, Place, Records, RecordsError, Watchkeeping, backup, book, chain as chain_check,
};

fn news(id: &str, course: Course, revision: u64) -> AlertNews {
    let facts = AlertFacts {
        id: id.to_owned(),
        kind: "loitering".to_owned(),
        grade: 4,
        course,
        zone: String::new(),
        sensors: "ais+radar".to_owned(),
        mmsi: Some(413_000_001),
        other_mmsi: None,
        raised_ms: 1_000,
        position: LatLon::new(20.1, 110.3),
        revision,
    };
    AlertNews { facts, content: format!(r#"{{"id":"{id}","revision":{revision}}}"#), wire: vec![1, 2, 3] }
}

fn officer(name: &str) -> Actor {
    Actor { id: name.to_owned(), role: "watch_officer".to_owned(), ..Actor::system() }
}

fn order(id: &str, etag: &str, request_id: &str, step: Step) -> Order {
    Order {
        alert_id: id.to_owned(),
        etag: Some(etag.to_owned()).filter(|etag| !etag.is_empty()),
        request_id: request_id.to_owned(),
        step,
        note: "seen by camera".to_owned(),
        actor: officer("li.wei"),
        at_ms: 5_000,
    }
}

async fn post(records: &Records, news: AlertNews, now_ms: i64) -> bool {
    records.write(move |book| book.post(news, now_ms)).await.unwrap()
}

async fn carry_out(records: &Records, order: Order) -> Result<(Arc<AlertRecord>, Entered), OrderError> {
    records.write(move |book| book.carry_out(&order, |_| true)).await
}

async fn chain(records: &Records) -> Vec<Entered> {
    records.read(|connection| book::entries(connection, "", 0, 100_000)).await.unwrap()
}

fn assert_unbroken(chain: &[Entered]) {
    let mut previous = NO_HASH.to_owned();
    for (number, entered) in (1..).zip(chain) {
        assert_eq!(entered.entry.sequence, number, "a gap");
        assert_eq!(entered.hash, chained(&previous, &entered.line), "entry {number}");
        previous.clone_from(&entered.hash);
    }
}

fn in_memory() -> Records {
    Records::open(&Place::Memory, Watchkeeping::default(), 0).unwrap()
}

#[tokio::test]
async fn what_an_officer_did_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::Folder(folder.path().to_owned());
    let open = || Records::open(&place, Watchkeeping::default(), 0);
    let records = open().unwrap();
    assert!(matches!(open(), Err(RecordsError::InUse(_))), "one server at a time");
    let name = records.name().to_owned();
    post(&records, news("a", Course::Active, 1), 1_000).await;
    let (done, entered) = carry_out(&records, order("a", "v1", "r1", Step::Acknowledge)).await.unwrap();
    assert_eq!((done.life.state, done.life.etag()), (LifeState::Acknowledged, "v2".to_owned()));
    assert_eq!(entered.entry.note, "seen by camera");
    records.close().await;

    let records = open().unwrap();
    assert_eq!(records.name(), name);
    assert_eq!(records.window().get("a").unwrap().as_ref(), done.as_ref());
    let kept = records.read(|connection| alert::load(connection, "a")).await.unwrap().unwrap();
    assert_eq!(&kept, done.as_ref());
    // The engine replays its log and tells everything again: nothing is told or entered twice.
    assert!(!post(&records, news("a", Course::Active, 1), 9_000).await);
    assert!(post(&records, news("a", Course::Ended, 2), 9_000).await);
    let kinds: Vec<String> = chain(&records).await.into_iter().map(|entered| entered.entry.kind).collect();
    assert_eq!(kinds, ["raised", "acknowledged", "ended"]);
    let again = carry_out(&records, order("a", "v1", "r1", Step::Acknowledge)).await.unwrap();
    assert_eq!(again.1, entered, "a call that is repeated after the restart has its first answer");
    assert_unbroken(&chain(&records).await);
    records.close().await;
}

#[tokio::test]
async fn a_repeated_call_does_nothing_again_and_has_the_first_answer() {
    let records = in_memory();
    post(&records, news("a", Course::Active, 1), 1_000).await;
    let first = carry_out(&records, order("a", "v1", "r1", Step::Acknowledge)).await.unwrap();
    carry_out(&records, order("a", "v2", "r2", Step::Verify)).await.unwrap();
    let again = carry_out(&records, order("a", "v1", "r1", Step::Acknowledge)).await.unwrap();
    assert_eq!(again.1, first.1);
    assert_eq!(again.0.life.state, LifeState::Acknowledged, "as it was answered, not as it is");
    let other = carry_out(&records, order("a", "v3", "r1", Step::Confirm)).await;
    assert!(matches!(other, Err(OrderError::RequestReused)));
    let mut somebody_else = order("a", "v3", "r1", Step::Confirm);
    somebody_else.actor = officer("wang.fang");
    assert!(carry_out(&records, somebody_else).await.is_ok(), "names of calls are each caller's own");
    assert_eq!(chain(&records).await.len(), 4);
}

#[tokio::test]
async fn nobody_acts_on_what_has_changed_meanwhile() {
    let records = in_memory();
    post(&records, news("a", Course::Active, 1), 1_000).await;
    carry_out(&records, order("a", "v1", "r1", Step::Acknowledge)).await.unwrap();
    let late = carry_out(&records, order("a", "v1", "r2", Step::Dismiss(DismissReason::Waiting))).await;
    assert!(matches!(late, Err(OrderError::Changed { present }) if present == "v2"));
    let impossible = carry_out(&records, order("a", "v2", "r3", Step::Close)).await;
    assert!(matches!(impossible, Err(OrderError::Refused(_))));
    let missing = carry_out(&records, order("b", "v1", "r4", Step::Verify)).await;
    assert!(matches!(missing, Err(OrderError::NotFound)));
    let hidden = order("a", "v2", "r5", Step::Verify);
    let hidden = records.write(move |book| book.carry_out(&hidden, |_| false)).await;
    assert!(matches!(hidden, Err(OrderError::NotFound)), "what he may not see is not there");
    assert_eq!(chain(&records).await.len(), 2, "nothing of what was refused is on record");
    // What was refused may be tried again under the same name.
    assert!(carry_out(&records, order("a", "v2", "r2", Step::Dismiss(DismissReason::Waiting))).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_officers_who_take_up_one_alert_at_once_one_does() {
    let records = in_memory();
    post(&records, news("a", Course::Active, 1), 1_000).await;
    let tries = (0..50).map(|number| {
        let records = records.clone();
        tokio::spawn(async move {
            let mut order = order("a", "v1", "r", Step::Acknowledge);
            order.actor = officer(&format!("officer {number}"));
            carry_out(&records, order).await.is_ok()
        })
    });
    let mut done = 0;
    for attempt in tries.collect::<Vec<_>>() {
        done += usize::from(attempt.await.unwrap());
    }
    assert_eq!(done, 1);
    let chain = chain(&records).await;
    assert_eq!(chain.len(), 2);
    assert_unbroken(&chain);
}

fn two_units() -> Arc<Organisation> {
    let unit = |id: &str, parent: Option<&str>, area| Unit {
        id: id.to_owned(),
        name: id.to_owned(),
        name_zh: String::new(),
        kind: UnitKind::CityUnit,
        parent: parent.map(str::to_owned),
        area,
        takes: Vec::new(),
    };
    let units = vec![unit("province", None, None), unit("haikou", Some("province"), Some(Area::Everywhere))];
    Arc::new(Organisation::new(units).unwrap())
}

#[tokio::test]
async fn when_nobody_acts_the_unit_is_reminded_and_the_one_above_told() {
    let keeping = Watchkeeping {
        organisation: two_units(),
        duty: Some(Duty::default()),
        signer: None,
        ..Watchkeeping::default()
    };
    let records = Records::open(&Place::Memory, keeping, 0).unwrap();
    post(&records, news("a", Course::Active, 1), 0).await;
    let remind = async |now_ms: i64| records.write(move |book| book.remind(now_ms)).await.unwrap();
    assert_eq!(records.window().get("a").unwrap().next_reminder_ms, Some(60_000));
    assert_eq!(remind(59_999).await, 0);
    assert_eq!(remind(60_000).await, 1);
    assert_eq!(remind(60_001).await, 0, "once is enough");
    let life = records.window().get("a").unwrap().life.clone();
    assert_eq!((life.unit.as_str(), life.reminders, life.escalations), ("haikou", 1, 0));
    assert_eq!(remind(120_000).await, 1);
    let life = records.window().get("a").unwrap().life.clone();
    assert!(life.escalations == 1 && life.concerns("province"));
    let mut acknowledge = order("a", "v1", "r1", Step::Acknowledge);
    acknowledge.at_ms = 130_000;
    carry_out(&records, acknowledge).await.unwrap();
    assert_eq!(remind(300_000).await, 0, "somebody acts");
    let kinds: Vec<String> = chain(&records).await.into_iter().map(|entered| entered.entry.kind).collect();
    assert_eq!(kinds, ["raised", "reminded", "escalated", "acknowledged"]);
}

/// Records in a folder with some history and a signature.
async fn signed(folder: &std::path::Path) -> Records {
    let signer = Arc::new(Signer::load_or_make(&folder.join("records.key")).unwrap());
    let keeping = Watchkeeping { signer: Some(signer), ..Watchkeeping::default() };
    let records = Records::open(&Place::Folder(folder.to_owned()), keeping, 0).unwrap();
    for id in ["a", "b", "c"] {
        post(&records, news(id, Course::Active, 1), 1_000).await;
    }
    carry_out(&records, order("b", "v1", "r1", Step::Acknowledge)).await.unwrap();
    assert!(records.write(|book| book.sign(9_000)).await.unwrap());
    assert!(!records.write(|book| book.sign(9_001)).await.unwrap(), "nothing new");
    carry_out(&records, order("b", "v2", "r2", Step::Confirm)).await.unwrap();
    records
}

#[tokio::test]
async fn a_copy_of_running_records_can_be_put_back_and_goes_on() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let records = signed(folder.path()).await;
    let copy = other.path().join("copy.sqlite");
    let sound = backup::back_up(folder.path(), &copy).unwrap();
    assert_eq!((sound.entries, sound.alerts, sound.checkpoints), (6, 3, 1), "the key is an entry too");
    assert!(backup::back_up(folder.path(), &copy).unwrap_err().to_string().contains("is there already"));
    assert!(matches!(backup::restore(&copy, folder.path()), Err(RecordsError::InUse(_))), "not under a running server");
    carry_out(&records, order("c", "v1", "r3", Step::Verify)).await.unwrap();
    records.close().await;

    let (put_back, aside) = backup::restore(&copy, folder.path()).unwrap();
    assert_eq!(put_back, sound);
    let old = rusqlite::Connection::open(aside.unwrap()).unwrap();
    assert_eq!(chain_check::check(&old, None).unwrap().entries, 7, "what was there is kept aside whole");
    let records = Records::open(&Place::Folder(folder.path().to_owned()), Watchkeeping::default(), 0).unwrap();
    assert_eq!(records.window().get("c").unwrap().life.state, LifeState::Raised);
    assert_eq!(records.window().get("b").unwrap().life.state, LifeState::Confirmed);
    carry_out(&records, order("c", "v1", "r4", Step::Verify)).await.unwrap();
    assert_unbroken(&chain(&records).await);
    records.close().await;
}

#[tokio::test]
async fn whoever_alters_the_file_by_hand_is_found_out() {
    let folder = tempfile::tempdir().unwrap();
    signed(folder.path()).await.close().await;
    let file = folder.path().join("records.sqlite");
    let key = Signer::load_or_make(&folder.path().join("records.key")).unwrap().public();
    let sound = chain_check::check(&rusqlite::Connection::open(&file).unwrap(), Some(&key)).unwrap();
    assert_eq!((sound.entries, sound.checkpoints), (6, 1));
    // With the guards of the tables taken off, as somebody would who knows SQLite.
    let guards =
        "DROP TRIGGER entries_never_change; DROP TRIGGER entries_never_go; DROP TRIGGER checkpoints_never_change;
        DROP TRIGGER checkpoints_never_go; PRAGMA foreign_keys = OFF;";
    for (what, tampering, complaint) in [
        ("another name", "UPDATE entries SET entry = replace(entry, 'li.wei', 'nobody') WHERE sequence = 4", "entry 4"),
        ("an entry less", "DELETE FROM entries WHERE sequence = 2", "entry 2 is missing"),
        ("the last entry less", "DELETE FROM entries WHERE sequence = 6", "does not stand as its entries say"),
        ("the signed ones less", "DELETE FROM entries WHERE sequence >= 5", "was signed, but is not there"),
        ("another signature", "UPDATE checkpoints SET time_ms = time_ms + 1", "not signed by key"),
        (
            "another life",
            "UPDATE alerts SET life = replace(life, 'confirmed', 'dismissed') WHERE id = 'b'",
            "alert b does not stand",
        ),
        ("another alert", "UPDATE alerts SET wire = x'00' WHERE id = 'a'", "alert a is not as"),
        ("an alert less", "DELETE FROM alerts WHERE id = 'c'", "alert c is entered"),
        ("an alert more", "UPDATE alerts SET id = 'd' WHERE id = 'c'", "alert c is entered"),
    ] {
        // A name of its own: what SQLite keeps beside one copy must not meet the next.
        let copy = folder.path().join(format!("{}.sqlite", what.replace(' ', "-")));
        std::fs::copy(&file, &copy).unwrap();
        let altered = rusqlite::Connection::open(&copy).unwrap();
        altered.execute_batch(guards).unwrap();
        assert!(altered.execute(tampering, []).unwrap() > 0, "{what}");
        let found = chain_check::check(&altered, Some(&key)).unwrap_err().to_string();
        assert!(found.contains(complaint), "{what}: {found}");
    }
    // Somebody who makes the whole chain anew needs the key.
    let stranger = Signer::generate().unwrap().public();
    assert!(chain_check::check(&rusqlite::Connection::open(&file).unwrap(), Some(&stranger)).is_err());
}

#[tokio::test]
async fn a_job_that_fails_leaves_nothing_behind_and_the_others_stand() {
    let records = in_memory();
    post(&records, news("a", Course::Active, 1), 1_000).await;
    let half = records.write(|book| {
        book.post(news("b", Course::Active, 1), 2_000)?;
        Err::<(), _>(RecordsError::Damaged("on purpose".to_owned()))
    });
    let (half, whole) = tokio::join!(half, post(&records, news("c", Course::Active, 1), 3_000));
    assert!(half.is_err() && whole);
    assert!(records.window().get("b").is_none() && records.window().get("c").is_some());
    let chain = chain(&records).await;
    let subjects: Vec<&str> = chain.iter().map(|entered| entered.entry.subject.as_str()).collect();
    assert_eq!(subjects, ["alert/a", "alert/c"]);
    assert_unbroken(&chain);
}
