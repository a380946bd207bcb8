//! CPU time of a whole replay, and of its steps up to fusion, in one thread.
//!
//! The targets: 300,000 AIS sentences a second and 50,000 radar plots a second through everything. Reading, stamping and
//! merging, decoding and admission are to be lost in what fusion takes. There is no peer in the run: the trackers that could
//! be compared read none of these formats.

#![allow(clippy::unwrap_used, reason = "a bench may fail by panic")]

#[path = "support/mod.rs"]
mod support;

use std::hint::black_box;
use std::path::{Path, PathBuf};

use shorewatch::engine::EngineConfig;
use shorewatch::feed::order::Intake;
use shorewatch::feed::{FeedDecoder, Observation};
use shorewatch::recording::{OpenOptions, Recording};
use shorewatch::replay::{Progress, ReplayOptions, replay};
use support::{measure, shared_dir};

fn open(path: &Path) -> Recording {
    Recording::open(&[path.to_owned()], &OpenOptions::default()).unwrap()
}

/// Raw records of a recording, in order of receipt.
fn read(recording: &Recording) -> u64 {
    let (mut stream, mut records) = (recording.records(), 0);
    while let Some(record) = stream.next_record() {
        black_box(&record);
        records += 1;
    }
    records
}

/// Hands over the observations of a recording, in order of receipt; how many.
fn decode(recording: &Recording, mut sink: impl FnMut(Observation)) -> u64 {
    let mut stream = recording.records();
    let mut decoders: Vec<_> = recording
        .feeds
        .iter()
        .map(|feed| FeedDecoder::new(feed.kind, feed.sensor.unwrap(), &recording.sensors))
        .collect();
    let mut observations = 0;
    while let Some(record) = stream.next_record() {
        decoders[record.feed].decode(&record.bytes, record.place, record.received, |observation| {
            observations += 1;
            sink(observation);
        });
    }
    observations
}

fn steps(name: &str, path: &Path) {
    let recording = open(path);
    let chart = std::sync::Arc::new(recording.chart(None).unwrap());
    let records = read(&recording);
    let observations = decode(&recording, |_| {});
    println!("{name}: {records} records, {observations} observations");
    measure("  read, stamp and merge", "record", records, || {
        read(&recording);
    });
    measure("  and decode", "observation", observations, || {
        decode(&recording, |observation| {
            black_box(observation);
        });
    });
    measure("  and admit", "observation", observations, || {
        let mut intake = Intake::new(recording.sensors.len());
        decode(&recording, |mut observation| {
            black_box(intake.admit(&mut observation));
        });
    });
    let out = tempfile::tempdir().unwrap();
    let options =
        ReplayOptions { out: out.path().to_owned(), uncertainty: false, threads: 1, engine: EngineConfig::default() };
    for (item, items) in [("record", records), ("observation", observations)] {
        measure("  whole replay, output written", item, items, || {
            replay(&recording, &chart, &options, &mut Progress::new(false)).unwrap();
        });
    }
}

fn main() {
    let Some(shared) = shared_dir() else {
        println!("skipped: no recordings beside the repository (set SHOREWATCH_SHARED)");
        return;
    };
    steps("small-1, AIS, radar and camera", &shared.join("scenarios/small-1"));
    steps("strait-1, two of each", &shared.join("scenarios/strait-1"));
    // AIS alone, uncompressed, so that the figure is that of sentences.
    let folder = tempfile::tempdir().unwrap();
    for (from, to) in
        [("scenarios/strait-1/ais1.nmea.zst", "strait.nmea"), ("samples/ais/dma_ais_sample.txt.zst", "dma.txt")]
    {
        let plain: PathBuf = folder.path().join(to);
        std::fs::write(&plain, zstd::decode_all(&*std::fs::read(shared.join(from)).unwrap()).unwrap()).unwrap();
        steps(to, &plain);
    }
}
