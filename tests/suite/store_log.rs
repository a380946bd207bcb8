//! The input log on a disk that tears, forgets, lies, flips bits and fills up: what was acknowledged is there, or the loss is
//! named.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;
use std::sync::Arc;

use crate::support::bad_disk::BadDisk;
use proptest::prelude::*;
use shorewatch::feed::sensor::SensorKind;
use shorewatch::store::disk::Disk;
use shorewatch::store::log::entry::{Entry, FeedEntry, PayloadKind, RecordEntry};
use shorewatch::store::log::reader::LogReader;
use shorewatch::store::log::segments::LogOptions;
use shorewatch::store::log::{LogError, LogWriter, Recovered};
use shorewatch::units::EventTime;

const STORE: &str = "/store";
/// 2026-04-17T15:06:40Z.
const EPOCH_MS: i64 = 1_776_438_400_000;

fn open(disk: &BadDisk, options: LogOptions) -> Result<(LogWriter, Recovered), LogError> {
    let disk: Arc<dyn Disk> = Arc::new(disk.clone());
    LogWriter::open(&disk, Path::new(STORE), options)
}

/// What a record of a test says: its sequence, in a length that varies.
fn text(sequence: u64) -> Vec<u8> {
    format!("{sequence:0width$}", width = 5 + (sequence % 97) as usize).into_bytes()
}

fn append(log: &mut LogWriter, sequence: u64) -> Result<(), LogError> {
    // 90 s a record: every 40th begins an hour.
    let received = EventTime::from_millis(EPOCH_MS + sequence as i64 * 90_000);
    if log.state().feeds.is_empty() {
        let feed = FeedEntry { number: 0, kind: SensorKind::Ais, last_sequence: None, name: "ais1".to_owned() };
        log.append(&Entry::Feed(feed), received)?;
    }
    let bytes = text(sequence);
    let kind = PayloadKind::AisSentence;
    let record = RecordEntry { feed: 0, sequence, received, stamped: false, kind, bytes: &bytes };
    log.append(&Entry::Record(record), received).map(drop)
}

/// The sequence that the log wants next.
fn next(log: &LogWriter) -> u64 {
    log.state().feeds.first().and_then(|feed| feed.last_sequence).map_or(0, |last| last + 1)
}

/// The sequences in the log, each with the right text, and what is complained of.
fn read(disk: &BadDisk) -> (Vec<u64>, Vec<String>) {
    let disk: Arc<dyn Disk> = Arc::new(disk.clone());
    let mut found = Vec::new();
    let reports = LogReader::open(&disk, Path::new(STORE))
        .unwrap()
        .each::<LogError>(None, |_, entry| {
            if let Entry::Record(record) = entry {
                assert_eq!(record.bytes, text(record.sequence));
                found.push(record.sequence);
            }
            Ok(())
        })
        .unwrap();
    (found, reports.iter().flat_map(|report| report.complaints()).collect())
}

/// A small generator: the tests need no good one.
fn random(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state >> 11
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_was_committed_survives_crashes_that_tear_exactly_once_and_in_order(
        groups in prop::collection::vec((0..60_u64, any::<bool>(), 0..10_u8), 1..30), seed in any::<u64>(),
    ) {
        let (disk, mut random) = (BadDisk::default(), random(seed));
        let (mut log, _) = open(&disk, LogOptions { segment_bytes_max: 4_000, ..LogOptions::default() }).unwrap();
        let mut committed = 0;
        for (count, commit, crash) in groups {
            for sequence in next(&log)..next(&log) + count {
                append(&mut log, sequence).unwrap();
            }
            if commit {
                log.commit().unwrap();
                committed = next(&log);
            }
            if crash == 0 {
                drop(log);
                disk.crash(|| random() % 2 == 0);
                (log, _) = open(&disk, LogOptions { segment_bytes_max: 4_000, ..LogOptions::default() }).unwrap();
                prop_assert!(next(&log) >= committed, "{} of {committed}", next(&log));
                let (found, complaints) = read(&disk);
                prop_assert_eq!(&found, &(0..next(&log)).collect::<Vec<_>>());
                prop_assert_eq!(complaints, Vec::<String>::new(), "recovery leaves the log in order");
                committed = next(&log);
            }
        }
        log.close().unwrap();
        let (found, complaints) = read(&disk);
        prop_assert_eq!(found, (0..next(&log)).collect::<Vec<_>>());
        prop_assert_eq!(complaints, Vec::<String>::new());
    }

    #[test]
    fn a_disk_that_lies_about_syncs_loses_nothing_in_silence(honest in 1..200_u64, lied in 1..200_u64, seed in any::<u64>()) {
        let (disk, mut random) = (BadDisk::default(), random(seed));
        let (mut log, _) = open(&disk, LogOptions::default()).unwrap();
        for sequence in 0..honest + lied {
            disk.lie(sequence >= honest);
            append(&mut log, sequence).unwrap();
            log.commit().unwrap();
        }
        drop(log);
        disk.crash(|| random() % 3 > 0);
        disk.lie(false);
        let (log, recovered) = open(&disk, LogOptions::default()).unwrap();
        let (found, _) = read(&disk);
        prop_assert!(found.windows(2).all(|pair| pair[0] < pair[1]), "exactly once, in order");
        // A loss is told: by the log itself, or by a position behind what the client saw, which its next Hello brings to light.
        let told = !recovered.complaints.is_empty() || next(&log) < honest + lied;
        prop_assert!(told || found.len() as u64 == honest + lied, "{} of {}", found.len(), honest + lied);
    }

    #[test]
    fn a_flipped_bit_costs_what_it_hit_and_is_named(records in 2..300_u64, place in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let disk = BadDisk::default();
        let (mut log, _) = open(&disk, LogOptions { segment_bytes_max: 8_000, ..LogOptions::default() }).unwrap();
        for sequence in 0..records {
            append(&mut log, sequence).unwrap();
            log.commit().unwrap();
        }
        log.close().unwrap();
        let files: Vec<_> = disk.files().into_iter().filter(|(path, _)| path.ends_with("lock").eq(&false)).collect();
        let (path, bytes) = &files[place.index(files.len())];
        // Not in the header: then the whole file is unreadable, and that is said.
        disk.flip(path, 40 + place.index(bytes - 40), bit);
        let (found, complaints) = read(&disk);
        prop_assert!(found.len() as u64 >= records - 1, "{} of {records}", found.len());
        prop_assert!(!complaints.is_empty(), "nothing is said");
        let (_, recovered) = open(&disk, LogOptions::default()).unwrap();
        let newest = path == &files.last().unwrap().0;
        prop_assert_eq!(!recovered.complaints.is_empty(), newest, "{:?}", recovered.complaints);
    }
}

#[test]
fn a_failed_sync_ends_the_log_and_is_never_tried_again() {
    let disk = BadDisk::default();
    let (mut log, _) = open(&disk, LogOptions::default()).unwrap();
    append(&mut log, 0).unwrap();
    log.commit().unwrap();
    append(&mut log, 1).unwrap();
    disk.fail_next_sync();
    let before = disk.syncs();
    let error = log.commit().unwrap_err().to_string();
    assert!(error.contains("could not be made durable (medium error)") && error.contains("not tried again"), "{error}");
    assert!(append(&mut log, 2).is_err() && log.commit().is_err() && log.close().is_err());
    assert_eq!(disk.syncs(), before + 1);
    drop(log);
    disk.crash(|| false);
    assert_eq!(next(&open(&disk, LogOptions::default()).unwrap().0), 1);
}

#[test]
fn a_disk_that_fills_up_in_the_middle_of_a_group_keeps_what_was_acknowledged() {
    let disk = BadDisk::default();
    let (mut log, _) = open(&disk, LogOptions::default()).unwrap();
    (0..10).for_each(|sequence| append(&mut log, sequence).unwrap());
    log.commit().unwrap();
    disk.set_room(Some(100));
    (10..30).for_each(|sequence| append(&mut log, sequence).unwrap());
    assert!(log.commit().unwrap_err().to_string().contains("cannot write"));
    drop(log);
    disk.set_room(None);
    let (log, recovered) = open(&disk, LogOptions::default()).unwrap();
    assert!((10..13).contains(&next(&log)), "{}", next(&log));
    assert!(
        recovered.complaints.iter().any(|complaint| complaint.contains("cut off at byte")),
        "{:?}",
        recovered.complaints
    );
    assert_eq!(read(&disk).0, (0..next(&log)).collect::<Vec<_>>());
}

#[test]
fn old_segments_are_deleted_and_what_is_left_knows_how_far_each_feed_was_taken() {
    let disk = BadDisk::default();
    let options = LogOptions { keep_ms: Some(2 * 3_600_000), ..LogOptions::default() };
    let (mut log, _) = open(&disk, options).unwrap();
    // 40 records an hour, 10 hours.
    (0..400).for_each(|sequence| append(&mut log, sequence).unwrap());
    log.close().unwrap();
    let (found, complaints) = read(&disk);
    assert!((80..=160).contains(&found.len()), "{}", found.len());
    assert_eq!((found.last(), complaints.len()), (Some(&399), 0));
    assert_eq!(next(&open(&disk, options).unwrap().0), 400);
    let small = LogOptions { keep_bytes: Some(6_000), ..LogOptions::default() };
    let (mut log, _) = open(&disk, small).unwrap();
    (400..800).for_each(|sequence| append(&mut log, sequence).unwrap());
    log.close().unwrap();
    let bytes: usize = disk.files().iter().map(|(_, bytes)| bytes).sum();
    // The open segment and the one that was just closed come on top.
    assert!(bytes < 6_000 + 2 * 4_500, "{bytes}");
}

#[test]
fn a_newest_segment_whose_header_is_damaged_leaves_the_one_before_to_go_by() {
    let disk = BadDisk::default();
    let (mut log, _) = open(&disk, LogOptions::default()).unwrap();
    (0..100).for_each(|sequence| append(&mut log, sequence).unwrap());
    log.close().unwrap();
    let files = disk.files();
    disk.flip(&files.last().unwrap().0, 13, 3);
    let (mut log, recovered) = open(&disk, LogOptions::default()).unwrap();
    assert!(recovered.complaints[0].contains("the checksum of its header is wrong"), "{:?}", recovered.complaints);
    let went_back_to = next(&log);
    assert!((1..100).contains(&went_back_to));
    append(&mut log, went_back_to).unwrap();
    log.close().unwrap();
    assert_eq!(read(&disk).0, (0..=went_back_to).collect::<Vec<_>>());
}
