//! Any bytes as a line of a camera: no panic, a count that adds up, numbers in range.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shorewatch::feed::eo::EoDecoder;
use shorewatch::feed::sensor::{EoClaims, Sensor, SensorKind, SensorTable};
use shorewatch::geodesy::LatLon;

fuzz_target!(|line: &[u8]| {
    let mut sensors = SensorTable::default();
    let _ = sensors.add(Sensor {
        name: "eo1".into(),
        kind: SensorKind::Eo,
        position: Some(LatLon::new(20.05, 110.33)),
        height_m: None,
        radar: None,
        eo: Some(EoClaims { max_range_m: 10_000.0, sigma_azimuth_deg: 0.1 }),
        report: None,
        mount: None,
    });
    let mut decoder = EoDecoder::new(&sensors);
    if let Some(report) = decoder.line(line, 1) {
        let detection = report.detection;
        assert!((0.0..360.0).contains(&detection.azimuth_deg));
        assert!(detection.range_m.is_none_or(|range| range > 0.0 && range.is_finite()));
        assert!((0.0..=1.0).contains(&detection.class_confidence));
    }
    assert!(decoder.tally().adds_up());
});
