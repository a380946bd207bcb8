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
use shorewatch::store::history::{Cursor, Effort, HistoryReader, When};
use shorewatch::store::log::LogError;
use shorewatch::store::log::entry::Entry;
use shorewatch::store::log::reader::LogReader;
use shorewatch::store::records::{FILE as RECORDS_FILE, open_to_read};
use shorewatch::store::snapshot::{About, SnapshotStore, decode};

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

/// How a server is started in a folder, on an address.
type Starts = fn(&Path, &str) -> Process;

/// Sends the recording once, with so many kills in between; returns how many there were, and what is on record then.
fn pass(kills: u64, random: &mut Random, undisturbed: &str) -> (u64, Vec<OnRecord>) {
    let folder = tempfile::tempdir().unwrap();
    let killed = send_with_kills(folder.path(), kills, random, Process::start);
    assert_eq!(fs::read_to_string(folder.path().join("out/alerts.jsonl")).unwrap(), undisturbed);
    (killed, on_record(folder.path()))
}

/// Sends the recording once to servers in `folder`, with so many kills in between; returns how many there were.
fn send_with_kills(folder: &Path, kills: u64, random: &mut Random, starts: Starts) -> u64 {
    let everything = recorded();
    let total: u64 = everything.values().map(|feed| feed.len() as u64).sum();
    let mut points: Vec<u64> = (0..kills).map(|_| random.below(total)).collect();
    points.sort_unstable();

    let server = starts(folder, "127.0.0.1:0");
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
        let found = stored(folder);
        let kept: u64 = found.values().map(|feed| feed.len() as u64).sum();
        assert!(kept >= promised, "{kept} on disk, {promised} acknowledged");
        for (name, records) in &found {
            assert!(everything[name].starts_with(records), "{name}: other records than were sent");
        }
        *running = Some(starts(folder, &address));
    }
    let sent = sending.join().unwrap().unwrap();
    assert_eq!((sent.acknowledged, sent.lost), (total, 0));
    server.into_inner().unwrap().unwrap().stop();
    assert_eq!(stored(folder), everything);
    killed
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

/// All that history has, as text to compare.
fn history(folder: &Path) -> Vec<String> {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let reader = HistoryReader::new(&disk, &folder.join("store"));
    let effort = Effort { points_max: usize::MAX, looked_at_max: usize::MAX };
    let page = reader.page(When::default(), Cursor::default(), effort, |_| true).unwrap();
    assert!(page.next.is_none());
    page.points.iter().map(|point| format!("{point:?}")).collect()
}

/// What the alerts on record say, by id: all but when it was entered by the server's clock.
fn contents(folder: &Path) -> Vec<(String, String)> {
    let records = open_to_read(&folder.join("store").join(RECORDS_FILE)).unwrap();
    let mut statement = records.prepare("SELECT id, content FROM alerts ORDER BY id").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// Everything that a server in `folder` came to, beside its log.
fn outcome(folder: &Path) -> (Vec<OnRecord>, Vec<(String, String)>, Vec<String>) {
    (on_record(folder), contents(folder), history(folder))
}

/// Snapshots so close together that every kill finds some.
fn with_snapshots(folder: &Path, listen: &str) -> Process {
    Process::start_with_snapshots(folder, listen, "0.002")
}

fn without_snapshots(folder: &Path, listen: &str) -> Process {
    Process::start_with_snapshots(folder, listen, "0")
}

fn said(folder: &Path) -> String {
    fs::read_to_string(folder.join("said")).unwrap()
}

#[test]
fn a_server_that_goes_on_from_snapshots_after_kills_comes_to_what_an_undisturbed_one_does() {
    let kills = std::env::var("SHOREWATCH_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(3);
    let mut random = Random(0x5eed);
    let undisturbed = tempfile::tempdir().unwrap();
    send_with_kills(undisturbed.path(), 0, &mut random, without_snapshots);
    let wanted = outcome(undisturbed.path());
    assert!(!wanted.0.is_empty() && wanted.2.len() > 1_000);
    assert!(!undisturbed.path().join("store/snapshot").exists(), "0 minutes: none");
    let (mut killed, mut passes, mut resumed) = (0, 0, 0);
    while killed < kills || resumed == 0 {
        let folder = tempfile::tempdir().unwrap();
        killed += send_with_kills(folder.path(), KILLS_PER_PASS.min(kills), &mut random, with_snapshots);
        resumed += said(folder.path()).matches("going on from a snapshot").count();
        assert!(outcome(folder.path()) == wanted, "another outcome; the servers said:\n{}", said(folder.path()));
        passes += 1;
        assert!(passes <= kills + 3, "the recording is over before anything can be killed and goes on from a snapshot");
    }
    println!("{killed} kills in {passes} passes, {resumed} starts from snapshots");
}

#[test]
fn a_server_that_was_stopped_goes_on_from_its_last_snapshot_and_reads_nothing_again() {
    let folder = tempfile::tempdir().unwrap();
    send_with_kills(folder.path(), 0, &mut Random(1), with_snapshots);
    let before = outcome(folder.path());
    let server = with_snapshots(folder.path(), "127.0.0.1:0");
    server.wait_ready();
    let metrics = ureq::get(format!("http://{}/metrics", server.address)).call().unwrap().into_body().read_to_string();
    server.stop();
    assert!(metrics.unwrap().contains("shorewatch_snapshots_total{result=\"failed\"} 0"));
    let said = said(folder.path());
    let last = said.lines().rfind(|line| line.contains("the input log has been replayed")).unwrap();
    assert!(said.contains("going on from a snapshot") && last.contains("records=0 "), "{last}");
    assert!(outcome(folder.path()) == before, "{said}");
}

/// Makes another snapshot of one.
type Change = fn(&mut About);

#[test]
fn a_snapshot_that_is_damaged_cut_off_or_foreign_is_named_and_the_log_gives_the_same() {
    let folder = tempfile::tempdir().unwrap();
    send_with_kills(folder.path(), 0, &mut Random(1), with_snapshots);
    let before = outcome(folder.path());
    let snapshots = folder.path().join("store/snapshot");
    let mut names: Vec<_> = fs::read_dir(&snapshots).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    assert_eq!(names.len(), 2, "the latest two are kept");
    let [older, latest] = [0, 1].map(|place| fs::read(&names[place]).unwrap());
    let restart = |what: &str, files: [&[u8]; 2], wanted: &[&str]| {
        fs::write(folder.path().join("said"), "").unwrap();
        fs::remove_dir_all(&snapshots).unwrap();
        fs::create_dir(&snapshots).unwrap();
        names.iter().zip(files).for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
        let server = Process::start_with_snapshots(folder.path(), "127.0.0.1:0", "10000");
        server.wait_ready();
        let ready = said(folder.path());
        server.kill();
        for words in wanted {
            assert!(ready.contains(words), "{what}: '{words}' is not said:\n{ready}");
        }
        assert!(outcome(folder.path()) == before, "{what}");
    };
    let (middle, resumed) = (latest.len() / 2, "going on from a snapshot");
    let flipped = |place: usize| {
        let mut bytes = latest.clone();
        bytes[place] ^= 0x40;
        bytes
    };
    restart("damaged", [&older, &flipped(middle)], &["its checksum is wrong: it is damaged", resumed]);
    restart("cut off", [&older, &latest[..middle]], &["it is cut off", resumed]);
    restart("of another version", [&older, &flipped(8)], &["it is of version 65", resumed]);

    let (about, state) = decode(&latest).unwrap();
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let altered = |change: Change| {
        let (mut about, elsewhere) = (about.clone(), tempfile::tempdir().unwrap());
        change(&mut about);
        let store = SnapshotStore::new(&disk, elsewhere.path());
        let (name, _) = store.write(&about, &[state]).unwrap();
        store.read(&name).unwrap()
    };
    let foreign: [(Change, &str); 5] = [
        (|about| about.edition = "another".to_owned(), "it was written by a program built from other sources"),
        (|about| about.area = "another".to_owned(), "sensors, chart or rules are not those"),
        (|about| about.settings = "others".to_owned(), "the settings are not those"),
        (|about| about.record.0 += 1, "the records do not reach as far as it does"),
        (|about| about.segment += 2, "the log does not reach as far as it does"),
    ];
    for (change, words) in foreign {
        restart(words, [&older, &altered(change)], &[words, resumed]);
    }
    let wanted = ["it is cut off", "it does not begin as a snapshot does", "no snapshot fits: the log is read instead"];
    restart("both of no use", [b"something else altogether, put there by hand", b""], &wanted);
    fs::remove_dir_all(folder.path().join("store/history")).unwrap();
    restart("history is gone", [&older, &latest], &["history does not reach as far as it does", "no snapshot fits"]);
}

#[test]
fn a_snapshot_that_cannot_be_written_is_told_and_stops_nothing() {
    let [undisturbed, folder] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    send_with_kills(undisturbed.path(), 0, &mut Random(1), without_snapshots);
    fs::create_dir_all(folder.path().join("store")).unwrap();
    fs::write(folder.path().join("store/snapshot"), "a file where the folder should be").unwrap();
    send_with_kills(folder.path(), 0, &mut Random(1), with_snapshots);
    assert!(said(folder.path()).contains("no snapshot could be written: the server goes on"));
    assert!(outcome(folder.path()) == outcome(undisturbed.path()));
}
