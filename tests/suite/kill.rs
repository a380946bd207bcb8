//! The real server under load, killed with SIGKILL at random points: what it acknowledged is there exactly once, and the alerts in
//! the end, written and on record, are those of a run that nobody disturbed.
//!
//! `SHOREWATCH_KILLS` says how many kills (3 by default); `scripts/kill-test` takes 100.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::process::{Process, fixture};
use shorewatch::api::playback::{self, Pace, Speed};
use shorewatch::api::sender::send;
use shorewatch::recording::{OpenOptions, Recording};
use shorewatch::store::disk::{Disk, RealDisk};
use shorewatch::store::log::LogError;
use shorewatch::store::log::entry::Entry;
use shorewatch::store::log::reader::LogReader;
use shorewatch::store::records::{FILE as RECORDS_FILE, open_to_read};

/// Kills while the recording is sent once.
const KILLS_PER_PASS: u64 = 5;

/// The records of each feed in the store, by name; fails when one is there twice, missing or out of order.
fn stored(folder: &Path) -> BTreeMap<String, Vec<Vec<u8>>> {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let (mut names, mut records) = (Vec::new(), BTreeMap::<String, Vec<Vec<u8>>>::new());
    let reports = LogReader::open(&disk, &folder.join("store")).unwrap().each::<LogError>(None, |_, entry| {
        match entry {
            Entry::Feed(feed) if names.len() == usize::from(feed.number) => names.push(feed.name.clone()),
            Entry::Feed(feed) => assert_eq!(names[usize::from(feed.number)], feed.name),
            Entry::Record(record) => {
                let feed = records.entry(names[usize::from(record.feed)].clone()).or_default();
                assert_eq!(record.sequence, feed.len() as u64, "exactly once, in order");
                feed.push(record.bytes.to_vec());
            }
            Entry::Gap { .. } => panic!("a loss"),
            _ => {}
        }
        Ok(())
    });
    // A tail that was being written is no damage.
    assert!(reports.unwrap().iter().all(|report| report.is_sound()));
    records
}

/// How an alert stands on record: id, changes told, how its behaviour stands, entries about it.
type OnRecord = (String, u64, String, u64);

/// The alerts on record, by id.
fn on_record(folder: &Path) -> Vec<OnRecord> {
    let records = open_to_read(&folder.join("store").join(RECORDS_FILE)).unwrap();
    let about = "SELECT id, revision, course, (SELECT count(*) FROM entries WHERE subject = 'alert/' || id) FROM alerts ORDER BY id";
    let mut statement = records.prepare(about).unwrap();
    let rows = statement.query_map([], |row| {
        Ok((row.get(0)?, row.get::<_, i64>(1)? as u64, row.get(2)?, row.get::<_, i64>(3)? as u64))
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

/// What the recording holds.
fn recorded() -> BTreeMap<String, Vec<Vec<u8>>> {
    let recording = Recording::open(&[fixture()], &OpenOptions::default()).unwrap();
    let (mut stream, mut records) = (recording.records(), BTreeMap::<String, Vec<Vec<u8>>>::new());
    while let Some(record) = stream.next_record() {
        records.entry(recording.feeds[record.feed].name.clone()).or_default().push(record.bytes);
    }
    records
}

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }
}

/// Sends the recording once, with so many kills in between; returns how many there were, and what is on record then.
fn pass(kills: u64, random: &mut Random, undisturbed: &str) -> (u64, Vec<OnRecord>) {
    let folder = tempfile::tempdir().unwrap();
    let everything = recorded();
    let total: u64 = everything.values().map(|feed| feed.len() as u64).sum();
    let mut points: Vec<u64> = (0..kills).map(|_| random.below(total)).collect();
    points.sort_unstable();

    let server = Process::start(folder.path(), "127.0.0.1:0");
    let address = server.address.clone();
    let acknowledged = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&acknowledged);
    let url = address.clone();
    let batch = 20 + random.below(400) as usize;
    let sending = std::thread::spawn(move || {
        let recording = Recording::open(&[fixture()], &OpenOptions::default()).unwrap();
        let introductions = playback::introductions(&recording).unwrap();
        let (parcels, _) = playback::start(recording, Pace { speed: Speed::Max, batch }).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(send(&url, introductions, parcels, |sent| seen.store(sent.acknowledged, Ordering::SeqCst)))
    });
    let server = Mutex::new(Some(server));
    let mut killed = 0;
    for point in points {
        while acknowledged.load(Ordering::SeqCst) < point && !sending.is_finished() {
            std::thread::sleep(Duration::from_micros(200));
        }
        if sending.is_finished() {
            break;
        }
        // Anywhere in a group, a write or an answer.
        std::thread::sleep(Duration::from_micros(random.below(20_000)));
        let mut running = server.lock().unwrap();
        running.take().unwrap().kill();
        killed += 1;
        // Read after the kill: what was acknowledged by now must be on disk by now.
        let promised = acknowledged.load(Ordering::SeqCst);
        let found = stored(folder.path());
        let kept: u64 = found.values().map(|feed| feed.len() as u64).sum();
        assert!(kept >= promised, "{kept} on disk, {promised} acknowledged");
        for (name, records) in &found {
            assert!(everything[name].starts_with(records), "{name}: other records than were sent");
        }
        *running = Some(Process::start(folder.path(), &address));
    }
    let sent = sending.join().unwrap().unwrap();
    assert_eq!((sent.acknowledged, sent.lost), (total, 0));
    server.into_inner().unwrap().unwrap().stop();
    assert_eq!(stored(folder.path()), everything);
    assert_eq!(fs::read_to_string(folder.path().join("out/alerts.jsonl")).unwrap(), undisturbed);
    (killed, on_record(folder.path()))
}

/// The alerts of a replay of the files.
fn undisturbed_alerts() -> String {
    let out = tempfile::tempdir().unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_shorewatch"))
        .args(["replay", "--quiet", "--out"])
        .arg(out.path())
        .arg(fixture())
        .status()
        .unwrap();
    assert!(status.success());
    fs::read_to_string(out.path().join("alerts.jsonl")).unwrap()
}

#[test]
fn a_server_that_is_killed_keeps_what_it_acknowledged_and_tells_the_same_alerts() {
    let kills = std::env::var("SHOREWATCH_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(3);
    let seed = std::env::var("SHOREWATCH_KILL_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(0x5eed);
    let mut random = Random(seed);
    let undisturbed = undisturbed_alerts();
    assert!(undisturbed.lines().count() > 0);
    let (_, wanted) = pass(0, &mut random, &undisturbed);
    assert!(wanted.len() == undisturbed.lines().count() && wanted.iter().all(|(_, changes, _, told)| changes == told));
    let (mut killed, mut passes) = (0, 0);
    while killed < kills {
        let (more, found) = pass(KILLS_PER_PASS.min(kills - killed), &mut random, &undisturbed);
        assert_eq!(found, wanted, "each change of each alert once on record");
        killed += more;
        passes += 1;
        assert!(passes <= kills, "the recording is over before anything can be killed");
        println!("{killed} kills in {passes} passes");
    }
}
