//! Any bytes as lines of a radar that speaks NMEA 0183: no panic, a count that adds up, plots in range. Checksums are put right,
//! so that the fields are reached.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shorewatch::feed::nmea::checksum;
use shorewatch::feed::nmea_radar::NmeaRadarDecoder;
use shorewatch::feed::observation::Content;
use shorewatch::feed::sensor::{RadarClaims, Sensor, SensorKind, SensorTable};
use shorewatch::geodesy::LatLon;
use shorewatch::units::{EventTime, SensorId};

fuzz_target!(|data: &[u8]| {
    let claims =
        RadarClaims { sac: 0, sic: 0, max_range_m: 40_000.0, scan_s: 2.5, sigma_range_m: 20.0, sigma_azimuth_deg: 0.3 };
    let mut sensors = SensorTable::default();
    let _ = sensors.add(Sensor {
        name: "radar1".into(),
        kind: SensorKind::Radar,
        position: Some(LatLon::new(20.05, 110.33)),
        height_m: None,
        radar: Some(claims),
        eo: None,
        report: None,
        mount: None,
    });
    let mut decoder = NmeaRadarDecoder::new(SensorId(0), &sensors);
    for (body, number) in data.split(|&byte| byte == b'\n').zip(1..) {
        let mut line = vec![b'$'];
        line.extend(body);
        line.extend(format!("*{:02X}", checksum(body)).bytes());
        for line in [&line[..], body] {
            decoder.push_line(line, number, EventTime::from_seconds(1_776_438_402), &mut |_, content| {
                if let Content::RadarPlot(plot) = content {
                    assert!(plot.range_m > 0.0 && plot.range_m.is_finite());
                    assert!((0.0..=360.0).contains(&plot.azimuth_deg));
                }
            });
        }
    }
    assert!(decoder.tally().adds_up());
});
