//! CPU time of reading a radar feed: blocks, records, plots.
//!
//! The target is 50,000 plots a second on one core with everything that comes after; decoding is to be lost in that
//! (under 1 us a plot). For CAT048 the `libasterix` crate is the peer, in the same run on the same blocks; no crate reads
//! CAT010.

#![allow(clippy::unwrap_used, reason = "a bench may fail by panic")]

#[path = "support/mod.rs"]
mod support;

use std::hint::black_box;

use shorewatch::feed::asterix::{BlockReader, CAT010, CAT048, Frame, HEADER_BYTES, Records, fields, parts};
use shorewatch::feed::radar::RadarDecoder;
use shorewatch::feed::sensor::{RadarClaims, Sensor, SensorKind, SensorTable};
use shorewatch::geodesy::LatLon;
use shorewatch::units::EventTime;

/// How a file is read in the product.
const CHUNK_BYTES: usize = 64 * 1024;

fn decoder(sac: u8, sic: u8) -> RadarDecoder {
    let claims =
        RadarClaims { sac, sic, max_range_m: 65_000.0, scan_s: 3.0, sigma_range_m: 10.0, sigma_azimuth_deg: 0.2 };
    let mut sensors = SensorTable::default();
    let sensor = Sensor {
        name: "radar".into(),
        kind: SensorKind::Radar,
        position: Some(LatLon::new(20.0, 110.0)),
        height_m: None,
        radar: Some(claims),
        eo: None,
        report: None,
        mount: None,
    };
    sensors.add(sensor).unwrap();
    RadarDecoder::new(&sensors)
}

/// Plots of a plain radar (polar position, size, amplitude), or tracks (number, status, velocity), some to a block.
fn feed(tracks: bool, blocks: u32, records: u32) -> Vec<u8> {
    let mut feed = Vec::new();
    for block in 0..blocks {
        let mut body = Vec::new();
        for record in 0..records {
            let [_, tick1, tick2, tick3] = (0x60_0000 + (block * records + record) % 100_000).to_be_bytes();
            let [range1, range2] = (1000 + (block * 7 + record * 1013) % 30_000).to_be_bytes()[2..] else {
                return feed;
            };
            let azimuth = (record * 131 + block) as u8;
            let head = [65, 10, 1, 0x60, tick1, tick2, tick3, range1, range2, azimuth, 7];
            if tracks {
                body.extend([0xf5, 0xb0]);
                body.extend(head);
                body.extend([0, 40, azimuth, 0, 0, azimuth, 0]);
            } else {
                body.extend([0xf5, 0x01, 0x09, 0x20]);
                body.extend(head);
                body.extend([40, 120]);
            }
        }
        feed.push(10);
        feed.extend((body.len() as u16 + 3).to_be_bytes());
        feed.extend(body);
    }
    feed
}

/// Reads a feed as the product does; how many plots.
fn read(bytes: &[u8], decoder: &mut RadarDecoder, start: EventTime) -> u64 {
    let (mut reader, mut plots) = (BlockReader::new(), 0);
    for chunk in bytes.chunks(CHUNK_BYTES) {
        reader.push(chunk);
        while let Some(frame) = reader.next_frame() {
            decoder.frame(&frame, start, |report| {
                black_box(&report);
                plots += 1;
            });
        }
    }
    reader.finish();
    while let Some(frame) = reader.next_frame() {
        decoder.frame(&frame, start, |_| plots += 1);
    }
    plots
}

/// The CAT048 blocks of the synthetic scene.
fn scene_blocks(shared: &std::path::Path) -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(shared.join("samples/asterix/synthetic/haikou_scene.jsonl")).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    lines
        .filter(|line| line["blocks"][0]["cat"] == 48)
        .map(|line| {
            let hex = line["hex"].as_str().unwrap().to_owned();
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
        })
        .collect()
}

/// CAT048 beside the peer: to the plots that fusion takes, and to every value of every item.
fn against_the_peer(start: EventTime) {
    let Some(shared) = support::shared_dir() else { return };
    let blocks = scene_blocks(&shared);
    let records = |block: &Vec<u8>| Records::new(&CAT048, &block[HEADER_BYTES..]).count() as u64;
    let count: u64 = blocks.iter().map(records).sum();
    let peer = support::measure("CAT048: libasterix, to structs", "record", count, || {
        for block in &blocks {
            black_box(libasterix::asterix::cat048::parse_cat048_block(black_box(block)).unwrap());
        }
    });
    let mut decoder = decoder(83, 243);
    let plots = support::measure("CAT048: framing, records, plots", "record", count, || {
        let mut reader = BlockReader::new();
        for block in &blocks {
            reader.push(black_box(block));
            reader.finish();
            while let Some(frame) = reader.next_frame() {
                decoder.frame(&frame, start, |report| {
                    black_box(&report);
                });
            }
        }
    });
    assert_eq!(decoder.tally().refused_total(), 0);
    let values = support::measure("CAT048: every value of every item", "record", count, || {
        for block in &blocks {
            for record in Records::new(&CAT048, &black_box(block)[HEADER_BYTES..]) {
                for (item, bytes) in record.unwrap().items() {
                    fields(item, bytes).for_each(|value| {
                        black_box(value.quantity());
                    });
                    for (part, bytes) in parts(item, bytes) {
                        fields(part, bytes).for_each(|value| {
                            black_box(value.quantity());
                        });
                    }
                }
            }
        }
    });
    println!(
        "CAT048 against libasterix: {:.1} times as fast to plots, {:.1} times to every value",
        peer.best_ns / plots.best_ns,
        peer.best_ns / values.best_ns
    );
}

fn main() {
    against_the_peer(EventTime::from_seconds(1_776_438_402));
    let start = EventTime::from_seconds(1_776_438_402);
    for (name, tracks, records) in
        [("plots, 5 a block", false, 5), ("plots, 1 a block", false, 1), ("tracks, 5 a block", true, 5)]
    {
        let bytes = feed(tracks, 20_000, records);
        let plots = 20_000 * u64::from(records);
        let mut decoder = decoder(65, 10);
        assert_eq!(read(&bytes, &mut decoder, start), plots, "{:?}", decoder.tally().examples());
        support::measure(&format!("radar: bytes to plots, {name}"), "plot", plots, || {
            black_box(read(&bytes, &mut decoder, start));
        });
    }
    let bytes = feed(false, 20_000, 5);
    support::measure("radar: blocks only", "plot", 100_000, || {
        let mut reader = BlockReader::new();
        for chunk in bytes.chunks(CHUNK_BYTES) {
            reader.push(chunk);
            while let Some(frame) = reader.next_frame() {
                black_box(&frame);
            }
        }
    });
    support::measure("radar: records only", "plot", 100_000, || {
        for block in bytes.chunks_exact(3 + 5 * 17) {
            for record in Records::new(&CAT010, block.get(3..).unwrap_or_default()) {
                black_box(&record);
            }
        }
    });
    let Some(path) = support::shared_dir().map(|dir| dir.join("scenarios/small-1/radar1.ast")) else { return };
    let Ok(bytes) = std::fs::read(path) else { return };
    let mut decoder = decoder(65, 10);
    let records = read(&bytes, &mut decoder, start);
    support::measure("radar: small-1, with its damage", "record", records, || {
        black_box(read(&bytes, &mut decoder, start));
    });
    let mut reader = BlockReader::new();
    reader.push(&bytes);
    reader.finish();
    let mut blocks = 0;
    while let Some(Frame::Block(_)) = reader.next_frame() {
        blocks += 1;
    }
    println!("small-1 radar1: {records} records in {blocks} blocks");
}
