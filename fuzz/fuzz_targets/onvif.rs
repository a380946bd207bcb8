//! Any bytes as an ONVIF document: no panic, a count that adds up, bearings in range.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shorewatch::feed::eo::onvif::OnvifDecoder;
use shorewatch::feed::observation::Content;
use shorewatch::feed::sensor::{EoClaims, Sensor, SensorKind, SensorTable};
use shorewatch::geodesy::LatLon;
use shorewatch::units::{EventTime, SensorId};

fuzz_target!(|data: &[u8]| {
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
    let mut decoder = OnvifDecoder::new(SensorId(0), &sensors);
    let mut take = |bytes: &[u8]| {
        decoder.document(bytes, 0, EventTime::from_seconds(1_776_438_402), &mut |_, content| {
            if let Content::EoDetection(seen) = content {
                assert!((0.0..=360.0).contains(&seen.azimuth_deg));
                assert!(seen.range_m.is_none_or(|range| range > 0.0 && range.is_finite()));
            }
        });
    };
    take(data);
    assert!(decoder.tally().adds_up());
});
