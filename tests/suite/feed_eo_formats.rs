//! ONVIF metadata and MISB KLV against the samples and expected decodes of `samples/eo`.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::fs;

use serde_json::Value;
use shorewatch::feed::eo::klv::{KlvDecoder, KlvPacket, KlvRefusal, St0601, read_packet};
use shorewatch::feed::eo::onvif::{OnvifDecoder, read_document};
use shorewatch::feed::observation::{Content, EoDetection};
use shorewatch::feed::sensor::{CameraMount, EoClaims, Sensor, SensorKind, SensorTable};
use shorewatch::feed::splitter::Splitter;
use shorewatch::geodesy::{LatLon, distance_m, polar_to_position};
use shorewatch::units::{Bearing, EventTime, SensorId};

fn json(path: &std::path::Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn camera(station: LatLon, mount: CameraMount) -> SensorTable {
    let mut sensors = SensorTable::default();
    let sensor = Sensor {
        name: "eo1".into(),
        kind: SensorKind::Eo,
        position: Some(station),
        height_m: None,
        radar: None,
        eo: Some(EoClaims { max_range_m: 20_000.0, sigma_azimuth_deg: 0.1 }),
        report: None,
        mount: Some(mount),
    };
    sensors.add(sensor).unwrap();
    sensors
}

fn documents(sample: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let expected = sample["expected"].as_array().unwrap();
    sample["documents"].as_array().unwrap().iter().map(|document| document.as_str().unwrap()).zip(expected)
}

#[test]
fn every_onvif_document_gives_the_bearings_and_places_that_are_expected() {
    let Some(shared) = crate::support::shared_dir() else { return };
    for file in ["onvif_metadata.json", "onvif_metadata_mount_heading.json"] {
        let sample = json(&shared.join("samples/eo").join(file));
        let number = |key: &str| sample["station"][key].as_f64().unwrap();
        let station = LatLon::new(number("lat"), number("lon"));
        let mount = CameraMount {
            heading_deg: number("mount_heading_deg"),
            half_view_deg: Some(number("horizontal_half_fov_deg")),
        };
        let mut decoder = OnvifDecoder::new(SensorId(0), &camera(station, mount));
        let mut objects = 0;
        for (document, expected) in documents(&sample) {
            let utc = EventTime::parse_rfc3339(expected["utc"].as_str().unwrap()).unwrap();
            let mut seen: Vec<EoDetection> = Vec::new();
            decoder.document(document.as_bytes(), 1, utc, &mut |time, content| {
                assert_eq!(time, Some(utc));
                let Content::EoDetection(detection) = content else { panic!("{content:?}") };
                seen.push(detection);
            });
            let wanted = expected["objects"].as_array().unwrap();
            assert_eq!(seen.len(), wanted.len(), "{expected}");
            for (seen, wanted) in seen.iter().zip(wanted) {
                check_object(seen, wanted, station);
                objects += 1;
            }
            check_document(document, expected);
        }
        println!("{file}: {objects} objects");
        assert!(objects > 5 && decoder.tally().refused_total() == 0 && decoder.tally().adds_up());
    }
}

fn check_object(seen: &EoDetection, wanted: &Value, station: LatLon) {
    let class = wanted["cls"].as_str().unwrap();
    assert_eq!(seen.label.as_deref(), Some(class), "the camera's word is kept");
    assert_eq!(seen.class_confidence, wanted["likelihood"].as_f64().unwrap());
    match wanted["kind"].as_str().unwrap() {
        "position" => {
            let there = LatLon::new(wanted["lat"].as_f64().unwrap(), wanted["lon"].as_f64().unwrap());
            let here = polar_to_position(station, Bearing::from_deg(seen.azimuth_deg), seen.range_m.unwrap());
            assert!(distance_m(here, there) < 0.1, "{wanted}");
            assert!(seen.range_sigma_m.unwrap() >= 30.0);
        }
        _ => {
            assert_eq!(seen.range_m, None);
            // The expected bearing is rounded to two decimals.
            let off = Bearing::from_deg(seen.azimuth_deg)
                .turn_from_deg(Bearing::from_deg(wanted["true_bearing"].as_f64().unwrap()));
            assert!(off.abs() < 0.006, "{wanted}: {}", seen.azimuth_deg);
        }
    }
}

fn check_document(document: &str, expected: &Value) {
    let document = read_document(document).unwrap();
    let [frame] = &document.frames[..] else { panic!("{document:?}") };
    assert_eq!(frame.pointing.unwrap().pan_deg, expected["pan_deg"].as_f64().unwrap());
    let ids: Vec<String> = frame.objects.iter().map(|object| object.id.clone()).collect();
    let wanted: Vec<String> =
        expected["objects"].as_array().unwrap().iter().map(|object| object["object_id"].to_string()).collect();
    assert_eq!(ids, wanted);
    let deleted: Vec<String> = expected["deleted"].as_array().unwrap().iter().map(Value::to_string).collect();
    assert_eq!(frame.deleted, deleted);
}

#[test]
fn damaged_onvif_documents_are_refused_or_read_and_never_stop_the_feed() {
    let Some(shared) = crate::support::shared_dir() else { return };
    let sample = json(&shared.join("samples/eo/onvif_metadata.json"));
    let mut decoder = OnvifDecoder::new(SensorId(0), &camera(LatLon::new(20.0, 110.0), CameraMount::default()));
    let mut count = 0;
    let mut take = |bytes: &[u8]| {
        let used = allocation_counter::measure(|| {
            decoder.document(bytes, 1, EventTime::default(), &mut |_, content| {
                let Content::EoDetection(seen) = content else { panic!() };
                assert!((0.0..=360.0).contains(&seen.azimuth_deg));
            });
        });
        assert!(used.bytes_max <= 16 * bytes.len() as u64 + 4096, "{} of {}", used.bytes_max, bytes.len());
        count += 1;
    };
    for (document, _) in documents(&sample) {
        let bytes = document.as_bytes();
        for cut in (0..bytes.len()).step_by(13) {
            take(&bytes[..cut]);
        }
        for place in (0..bytes.len()).step_by(7) {
            let mut damaged = bytes.to_vec();
            damaged[place] ^= 1 << (place % 7);
            take(&damaged);
        }
    }
    take(b"<!DOCTYPE x [<!ENTITY a \"aaaa\">]><MetadataStream>&a;</MetadataStream>");
    take("<a>".repeat(5_000).as_bytes());
    let tally = decoder.tally();
    println!("{count} documents, refused: {:?}", tally.by_reason().collect::<Vec<_>>());
    assert!(tally.adds_up() && tally.received() == count && tally.refused_total() > count / 2);
}

/// The packets of a file.
fn packets(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut splitter = Splitter::klv();
    splitter.push(bytes);
    splitter.finish();
    std::iter::from_fn(|| splitter.next_part()).map(|(_, packet)| packet).collect()
}

fn pointing(packet: &[u8]) -> St0601 {
    match read_packet(packet).unwrap() {
        KlvPacket::Pointing(set, None) => *set,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_tower_camera_looks_where_its_packets_were_made_to_say() {
    let Some(shared) = crate::support::shared_dir() else { return };
    let folder = shared.join("samples/eo");
    let packets = packets(&fs::read(folder.join("st0601_tower.klv")).unwrap());
    let expected = json(&folder.join("st0601_tower.expected.json"));
    let expected = expected.as_array().unwrap();
    assert_eq!(packets.len(), expected.len());
    for (packet, wanted) in packets.iter().zip(expected) {
        let set = pointing(packet);
        let number = |key: &str| wanted[key].as_f64().unwrap();
        let near = |got: Option<f64>, key: &str, step: f64| {
            assert!((got.unwrap() - number(key)).abs() <= step, "{key}: {got:?} {wanted}");
        };
        assert_eq!(set.time_us, wanted["t_us"].as_u64());
        // One last bit of each item.
        near(set.platform_heading_deg, "platform_heading", 360.0 / 65_535.0);
        near(set.sensor_position.map(|place| place.lat_deg), "sensor_lat", 180.0 / 4_294_967_294.0);
        near(set.sensor_position.map(|place| place.lon_deg), "sensor_lon", 360.0 / 4_294_967_294.0);
        near(set.sensor_altitude_m, "sensor_alt_m", 19_900.0 / 65_535.0);
        near(set.relative_azimuth_deg, "rel_azimuth", 360.0 / 4_294_967_295.0);
        near(set.slant_range_m, "slant_range_m", 5_000_000.0 / 4_294_967_295.0);
        near(set.frame_centre.map(|place| place.lat_deg), "frame_center_lat", 180.0 / 4_294_967_294.0);
        near(set.frame_centre.map(|place| place.lon_deg), "frame_center_lon", 360.0 / 4_294_967_294.0);
        let off =
            Bearing::from_deg(set.true_bearing_deg().unwrap()).turn_from_deg(Bearing::from_deg(number("true_bearing")));
        assert!(off.abs() < 1e-6, "{wanted}");
    }
}

#[test]
fn a_packet_of_another_encoder_is_read_and_one_with_a_wrong_checksum_is_not() {
    let Some(shared) = crate::support::shared_dir() else { return };
    let folder = shared.join("samples/eo");
    let set = pointing(&fs::read(folder.join("DynamicOnlyMISMMSPacketData.bin")).unwrap());
    let expected = json(&folder.join("DynamicOnlyMISMMSPacketData.expected.json"));
    let wanted = |tag: &str| expected[0][tag][1].as_str().unwrap().parse::<f64>().unwrap();
    for (tag, got) in [
        ("5", set.platform_heading_deg),
        ("6", set.platform_pitch_deg),
        ("7", set.platform_roll_deg),
        ("13", set.sensor_position.map(|place| place.lat_deg)),
        ("14", set.sensor_position.map(|place| place.lon_deg)),
        ("15", set.sensor_altitude_m),
        ("16", set.horizontal_view_deg),
        ("17", set.vertical_view_deg),
        ("18", set.relative_azimuth_deg),
        ("19", set.relative_elevation_deg),
        ("20", set.relative_roll_deg),
        ("21", set.slant_range_m),
        ("22", set.target_width_m),
        ("23", set.frame_centre.map(|place| place.lat_deg)),
        ("24", set.frame_centre.map(|place| place.lon_deg)),
        ("25", set.frame_centre_elevation_m),
    ] {
        assert!((got.unwrap() - wanted(tag)).abs() < 1e-6, "tag {tag}: {got:?} is not {}", wanted(tag));
    }
    assert_eq!(set.time.unwrap().to_string(), "2009-01-12T22:08:22.000Z");
    let wrong = fs::read(folder.join("DynamicConstantMISMMSPacketData.bin")).unwrap();
    assert_eq!(read_packet(&wrong), Err(KlvRefusal::Checksum));
}

#[test]
fn targets_in_the_frame_are_read_as_another_encoder_wrote_them() {
    let Some(shared) = crate::support::shared_dir() else { return };
    let folder = shared.join("samples/eo");
    let packets = packets(&fs::read(folder.join("jmisb_st0903_vmti.bin")).unwrap());
    let expected = json(&folder.join("jmisb_st0903_vmti.expected.json"));
    let expected = expected.as_array().unwrap();
    assert_eq!(packets.len(), expected.len());
    for (packet, wanted) in packets.iter().zip(expected) {
        let KlvPacket::Targets(set) = read_packet(packet).unwrap() else { panic!() };
        assert_eq!(set.time_us, wanted["t_us"].as_u64());
        assert_eq!(
            (set.system.as_deref(), set.sensor.as_deref()),
            (wanted["system"].as_str(), wanted["sensor"].as_str())
        );
        assert_eq!((set.version, set.frame), (wanted["version"].as_u64(), wanted["frame"].as_u64()));
        assert_eq!((set.width, set.height), (wanted["width"].as_u64(), wanted["height"].as_u64()));
        let targets = wanted["targets"].as_array().unwrap();
        assert_eq!(set.targets.len(), targets.len());
        for (target, wanted) in set.targets.iter().zip(targets) {
            assert_eq!(u64::from(target.id), wanted["target_id"].as_u64().unwrap());
            assert_eq!(target.centroid_px, wanted["centroid_px"].as_u64());
            assert_eq!(target.top_left_px, wanted["bbox_tl_px"].as_u64());
            assert_eq!(target.bottom_right_px, wanted["bbox_br_px"].as_u64());
            assert_eq!(target.confidence_pct, wanted["confidence_pct"].as_u64());
        }
    }
}

#[test]
fn damaged_klv_neither_panics_nor_allocates_without_bound_and_all_is_accounted_for() {
    let Some(shared) = crate::support::shared_dir() else { return };
    let folder = shared.join("samples/eo");
    let sensors = camera(LatLon::new(20.045, 110.36), CameraMount::default());
    let mut decoder = KlvDecoder::new(SensorId(0), &sensors);
    let mut count = 0;
    let mut take = |bytes: &[u8]| {
        let used = allocation_counter::measure(|| {
            decoder.packet(bytes, 0, EventTime::from_seconds(1_664_769_469), &mut |_, _| {});
        });
        assert!(used.bytes_max <= 16 * bytes.len() as u64 + 4096, "{} of {}", used.bytes_max, bytes.len());
        count += 1;
    };
    for file in ["st0601_tower.klv", "jmisb_st0903_vmti.bin", "DynamicOnlyMISMMSPacketData.bin"] {
        for packet in packets(&fs::read(folder.join(file)).unwrap()) {
            for cut in 0..packet.len() {
                take(&packet[..cut]);
            }
            for place in 0..packet.len() {
                for byte in [0x00, 0x7f, 0x80, 0x88, 0xff] {
                    let mut damaged = packet.clone();
                    damaged[place] = byte;
                    take(&damaged);
                    // With the checksum put right, so that the damage reaches the items.
                    let end = damaged.len() - 2;
                    let sum = damaged[..end]
                        .iter()
                        .enumerate()
                        .fold(0_u16, |sum, (at, &octet)| sum.wrapping_add(u16::from(octet) << (8 * ((at + 1) % 2))));
                    damaged[end..].copy_from_slice(&sum.to_be_bytes());
                    take(&damaged);
                }
            }
        }
    }
    let tally = decoder.tally();
    println!("{count} packets, refused: {:?}", tally.by_reason().collect::<Vec<_>>());
    assert!(tally.adds_up() && tally.received() == count);
}
