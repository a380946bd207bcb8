//! Packets built by hand, and damage.

#[cfg(test)]
use super::*;
use crate::feed::sensor::{EoClaims, Sensor};
use proptest::prelude::*;

const TOWER: LatLon = LatLon::new(20.045, 110.36);

/// A packet of these items with its checksum.
fn packet(key: [u8; 5], items: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut value = Vec::new();
    for (tag, bytes) in items {
        value.extend([*tag, bytes.len() as u8]);
        value.extend(bytes);
    }
    value.extend([1, 2]);
    let mut packet = [&KEY_PREFIX[..], &key].concat();
    let length = value.len() + 2;
    if length < 128 {
        packet.push(length as u8);
    } else {
        packet.extend([0x82, (length >> 8) as u8, length as u8]);
    }
    packet.extend(value);
    let sum = packet
        .iter()
        .enumerate()
        .fold(0_u16, |sum, (place, &octet)| sum.wrapping_add(u16::from(octet) << (8 * ((place + 1) % 2))));
    packet.extend(sum.to_be_bytes());
    packet
}

fn degrees(value: f64, full: f64) -> Vec<u8> {
    ((value / full * f64::from(i32::MAX)).round() as i32).to_be_bytes().to_vec()
}

/// Heading north, camera 90 degrees to starboard, 20 degrees wide, at a place.
fn pointing(place: LatLon) -> Vec<u8> {
    let time: u64 = 1_776_438_400_000_000;
    packet(
        ST0601_KEY,
        &[
            (2, time.to_be_bytes().to_vec()),
            (5, vec![0, 0]),
            (13, degrees(place.lat_deg, 90.0)),
            (14, degrees(place.lon_deg, 180.0)),
            (16, ((20.0 / 180.0 * 65535.0) as u16).to_be_bytes().to_vec()),
            (18, ((0.25 * f64::from(u32::MAX)) as u32).to_be_bytes().to_vec()),
        ],
    )
}

/// One target in the last column of a frame of 1000 by 600.
fn targets() -> Vec<u8> {
    let time: u64 = 1_776_438_400_100_000;
    let pack = vec![7, 1, 3, 0, 0x03, 0xe8, 5, 1, 80];
    let series = [vec![pack.len() as u8], pack].concat();
    packet(ST0903_KEY, &[(2, time.to_be_bytes().to_vec()), (8, vec![3, 0xe8]), (9, vec![2, 0x58]), (101, series)])
}

fn decoder() -> KlvDecoder {
    let mut sensors = SensorTable::default();
    let sensor = Sensor {
        name: "uav1".into(),
        kind: SensorKind::Eo,
        position: Some(TOWER),
        height_m: None,
        radar: None,
        eo: Some(EoClaims { max_range_m: 20_000.0, sigma_azimuth_deg: 0.2 }),
        report: None,
        mount: None,
    };
    let id = sensors.add(sensor).unwrap();
    KlvDecoder::new(id, &sensors)
}

fn feed(decoder: &mut KlvDecoder, bytes: &[u8]) -> Vec<Content> {
    let mut out = Vec::new();
    decoder.packet(bytes, 0, EventTime::from_seconds(1_776_438_400), &mut |_, content| out.push(content));
    out
}

#[test]
fn a_target_in_the_frame_is_a_bearing_by_the_camera_that_looks() {
    let mut decoder = decoder();
    assert!(feed(&mut decoder, &targets()).is_empty(), "it is not known yet where the camera looks");
    assert_eq!(decoder.passed_over().without_bearing, 1);
    assert!(feed(&mut decoder, &pointing(TOWER)).is_empty(), "a look is no detection");
    let [Content::EoDetection(seen)] = &feed(&mut decoder, &targets())[..] else { panic!() };
    assert!((seen.azimuth_deg - 100.0).abs() < 0.02, "{seen:?}");
    assert_eq!((seen.range_m, seen.class_confidence), (None, 0.8));
}

#[test]
fn a_camera_that_flies_says_where_it_is() {
    let mut decoder = decoder();
    let place = LatLon::new(20.1, 110.5);
    let [Content::Carrier(told)] = feed(&mut decoder, &pointing(place))[..] else { panic!() };
    assert!(distance_m(told, place) < 0.1);
}

#[test]
fn faults_are_told_apart() {
    let good = pointing(TOWER);
    let fault = |bytes: &[u8]| read_packet(bytes).unwrap_err();
    assert_eq!(fault(&[]), KlvRefusal::NoKey);
    assert_eq!(fault(&good[..13]), KlvRefusal::CutShort);
    assert_eq!(fault(&good[..30]), KlvRefusal::CutShort);
    let mut bytes = good.clone();
    bytes[40] ^= 1;
    assert_eq!(fault(&bytes), KlvRefusal::Checksum);
    let mut bytes = good.clone();
    bytes[11] = 9;
    assert_eq!(fault(&bytes), KlvRefusal::OtherSet);
    let mut bytes = good;
    bytes[16] = 0x80;
    assert_eq!(fault(&bytes), KlvRefusal::BadLength);
    // A length that would ask for petabytes.
    let huge = [&KEY_PREFIX[..], &ST0601_KEY, &[0x88, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]].concat();
    assert_eq!(fault(&huge), KlvRefusal::BadLength);
}

proptest! {
    #[test]
    fn damaged_packets_are_accepted_or_counted(at in 0_usize..120, byte: u8, cut in 0_usize..130, which: bool) {
        let mut bytes = if which { pointing(TOWER) } else { targets() };
        if let Some(octet) = bytes.get_mut(at) {
            *octet = byte;
        }
        bytes.truncate(cut);
        let mut decoder = decoder();
        for content in feed(&mut decoder, &bytes) {
            if let Content::EoDetection(seen) = content {
                prop_assert!((0.0..=360.0).contains(&seen.azimuth_deg));
            }
        }
        prop_assert!(decoder.tally().adds_up() && decoder.tally().received() == 1);
    }
}
