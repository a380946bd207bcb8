//! Any bytes, in chunks of any size, as a radar feed: no panic, every byte in one frame, a count that adds up.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shorewatch::feed::asterix::{BlockReader, Frame, Records, category, fields};
use shorewatch::feed::radar::RadarDecoder;
use shorewatch::feed::sensor::{RadarClaims, Sensor, SensorKind, SensorTable};
use shorewatch::geodesy::LatLon;
use shorewatch::units::EventTime;

fn decoder() -> RadarDecoder {
    let claims = RadarClaims {
        sac: 83,
        sic: 243,
        max_range_m: 60_000.0,
        scan_s: 2.5,
        sigma_range_m: 10.0,
        sigma_azimuth_deg: 0.2,
    };
    let mut sensors = SensorTable::default();
    let _ = sensors.add(Sensor {
        name: "radar".into(),
        kind: SensorKind::Radar,
        position: Some(LatLon::new(20.05, 110.33)),
        height_m: None,
        radar: Some(claims),
        eo: None,
        report: None,
        mount: None,
    });
    RadarDecoder::new(&sensors)
}

fuzz_target!(|input: (u8, &[u8])| {
    let (chunk, bytes) = (usize::from(input.0) + 1, input.1);
    let (mut reader, mut decoder, mut covered, mut accepted) = (BlockReader::new(), decoder(), 0, 0);
    let mut drain = |reader: &mut BlockReader| {
        while let Some(frame) = reader.next_frame() {
            decoder.frame(&frame, EventTime::from_seconds(1_776_438_402), |_| accepted += 1);
            match &frame {
                Frame::Junk(junk) => covered += junk.length,
                Frame::Block(block) => {
                    covered += block.bytes.len() as u64;
                    let Some(table) = category(block.category) else { continue };
                    for record in Records::new(table, block.body()).flatten() {
                        for (item, bytes) in record.items() {
                            fields(item, bytes).for_each(|value| {
                                std::hint::black_box((value.quantity(), value.text()));
                            });
                        }
                    }
                }
            }
        }
    };
    for part in bytes.chunks(chunk) {
        reader.push(part);
        if chunk % 2 == 0 {
            reader.pause();
        }
        drain(&mut reader);
    }
    reader.finish();
    drain(&mut reader);
    assert_eq!((covered, reader.pending()), (bytes.len() as u64, 0));
    assert_eq!(decoder.tally().accepted(), accepted);
    assert!(decoder.tally().adds_up());
});
