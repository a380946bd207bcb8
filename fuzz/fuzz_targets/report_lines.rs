//! Any bytes as lines of position reports: no panic, a count that adds up, places on earth.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shorewatch::feed::report::ReportDecoder;
use shorewatch::feed::sensor::{ReportClaims, Sensor, SensorKind, SensorTable};
use shorewatch::geodesy::LatLon;
use shorewatch::units::SensorId;

fuzz_target!(|data: &[u8]| {
    let mut sensors = SensorTable::default();
    let _ = sensors.add(Sensor {
        name: "fleet".into(),
        kind: SensorKind::Report,
        position: Some(LatLon::new(20.05, 110.33)),
        height_m: None,
        radar: None,
        eo: None,
        report: Some(ReportClaims::default()),
        mount: None,
    });
    let mut decoder = ReportDecoder::new(SensorId(0), &sensors);
    for (line, number) in data.split(|&byte| byte == b'\n').zip(1..) {
        if let Some((_, report)) = decoder.line(line, number) {
            assert!(report.position.is_valid() && report.sigma_m > 0.0 && report.sigma_m.is_finite());
        }
    }
    assert!(decoder.tally().adds_up());
});
