//! The decoder in the words of who connects a radar.

#[cfg(test)]
use super::*;
use crate::feed::sensor::{RadarClaims, Sensor, SensorKind};
use proptest::prelude::*;

const SITE: LatLon = LatLon::new(20.05, 110.33);

fn decoder() -> NmeaRadarDecoder {
    let claims =
        RadarClaims { sac: 0, sic: 0, max_range_m: 40_000.0, scan_s: 2.5, sigma_range_m: 20.0, sigma_azimuth_deg: 0.3 };
    let mut sensors = SensorTable::default();
    let sensor = Sensor {
        name: "radar1".into(),
        kind: SensorKind::Radar,
        position: Some(SITE),
        height_m: None,
        radar: Some(claims),
        eo: None,
        report: None,
        mount: None,
    };
    let id = sensors.add(sensor).unwrap();
    NmeaRadarDecoder::new(id, &sensors)
}

fn line(body: &str) -> String {
    let start = if body.contains("TTD") { '!' } else { '$' };
    format!("{start}{body}*{:02X}", checksum(body.as_bytes()))
}

fn at(seconds: i64) -> EventTime {
    EventTime::parse_rfc3339("2026-04-17T10:00:00Z").unwrap().plus_millis(seconds * 1000)
}

fn feed(decoder: &mut NmeaRadarDecoder, seconds: i64, body: &str) -> Vec<(Option<EventTime>, Content)> {
    let mut out = Vec::new();
    decoder.push_line(line(body).as_bytes(), 1, at(seconds), &mut |time, content| out.push((time, content)));
    out
}

fn plots(found: &[(Option<EventTime>, Content)]) -> Vec<RadarPlot> {
    found
        .iter()
        .filter_map(|(_, content)| match content {
            Content::RadarPlot(plot) => Some(*plot),
            _ => None,
        })
        .collect()
}

#[test]
fn a_target_told_three_times_is_one_measurement() {
    let mut decoder = decoder();
    let ttm = feed(&mut decoder, 0, "RATTM,01,4.1,196.0,T,4.2,329.7,T,,,N,,T,,100000.00,A");
    let [plot] = plots(&ttm)[..] else { panic!("{ttm:?}") };
    assert!((plot.range_m - 4.1 * 1852.0).abs() < 1e-9);
    assert_eq!((plot.azimuth_deg, plot.track_number), (196.0, Some(1)));
    assert_eq!(ttm[0].0, Some(at(0)));
    assert!(feed(&mut decoder, 0, "RATLL,01,1959.0440,N,11018.6001,E,,100000.00,T,").is_empty());
    assert!(feed(&mut decoder, 2, "RATTD,01,01,0,01N`0bkQww86J00,0").is_empty());
    assert_eq!(decoder.passed_over().told_again, 2);
    // Without TTM the other two serve.
    let tll = feed(&mut decoder, 40, "RATLL,01,1959.0440,N,11018.6001,E,,100040.00,T,");
    let [plot] = plots(&tll)[..] else { panic!("{tll:?}") };
    assert!((plot.range_m - 4.1 * 1852.0).abs() < 20.0);
    assert!(decoder.tally().adds_up() && decoder.tally().refused_total() == 0);
}

#[test]
fn the_finest_step_that_a_set_has_shown_is_its_rounding() {
    let mut decoder = decoder();
    let rounding = |decoder: &mut NmeaRadarDecoder, distance: &str| {
        let body = format!("RATTM,01,{distance},196.0,T,4.2,329.7,T,,,N,,T,,100000.00,A");
        plots(&feed(decoder, 0, &body))[0].rounding
    };
    // One tenth of a mile, and what a rectangle of that width scatters.
    assert!((rounding(&mut decoder, "4.1").range_m - 185.2 / 12.0_f64.sqrt()).abs() < 1e-9);
    let fine = rounding(&mut decoder, "4.11");
    assert!((fine.range_m - 18.52 / 12.0_f64.sqrt()).abs() < 1e-9);
    assert!((fine.azimuth_deg - 0.1 / 12.0_f64.sqrt()).abs() < 1e-9);
    assert_eq!(rounding(&mut decoder, "4.1"), fine, "a zero that was left out is no coarser step");
}

#[test]
fn a_bearing_from_the_bow_needs_a_fresh_heading() {
    let mut decoder = decoder();
    let relative = "RATTM,03,10.524,053.0,R,0.0,133.8,T,,,N,,T,,,A";
    assert!(feed(&mut decoder, 0, relative).is_empty());
    assert_eq!(decoder.tally().refused(NmeaRadarRefusal::NoHeading), 1);
    feed(&mut decoder, 1, "RAOSD,271.3,A,,,0.0,W,,,N");
    assert!((plots(&feed(&mut decoder, 2, relative))[0].azimuth_deg - 324.3).abs() < 1e-9);
    assert!(feed(&mut decoder, 60, relative).is_empty(), "the heading is a minute old");
}

#[test]
fn a_radar_aboard_measures_from_where_the_ship_is_at_that_instant() {
    let mut decoder = decoder();
    let target = |time: &str| format!("RATTM,01,2.00,090.0,T,4.2,329.7,T,,,N,,T,,{time},A");
    // 20 knots due north.
    let fixed = feed(&mut decoder, 0, "GPRMC,100000.00,A,2000.0000,N,11000.0000,E,20.0,000.0,170426,,,A");
    assert!(matches!(fixed[..], [(Some(_), Content::Carrier(_))]), "{fixed:?}");
    let found = feed(&mut decoder, 2, &target("100002.00"));
    let [(_, Content::Carrier(moved)), (_, Content::RadarPlot(_))] = found[..] else { panic!("{found:?}") };
    assert!((distance_m(LatLon::new(20.0, 110.0), moved) - 20.0 * 1852.0 / 3600.0 * 2.0).abs() < 0.1);
    assert!(feed(&mut decoder, 60, &target("100100.00")).is_empty(), "the fix is a minute old");
    assert_eq!(decoder.tally().refused(NmeaRadarRefusal::NoOwnPosition), 1);
}

#[test]
fn a_lost_target_ends_its_track_and_is_no_measurement() {
    let mut decoder = decoder();
    let lost = plots(&feed(&mut decoder, 0, "RATTM,01,4.03,197.1,T,4.2,329.7,T,,,N,,L,,100000.00,A"))[0];
    assert!(lost.track_ended && lost.coasted);
    let acquired = plots(&feed(&mut decoder, 0, "RATTM,02,4.03,197.1,T,4.2,329.7,T,,,N,,Q,,100000.00,A"))[0];
    assert_eq!((acquired.velocity, acquired.coasted), (None, false), "its motion is not known yet");
}

#[test]
fn a_later_part_of_ttd_alone_is_refused() {
    let mut decoder = decoder();
    feed(&mut decoder, 0, "RATTD,03,02,4,0PP10Eg@wwP74@0,0");
    assert_eq!(decoder.tally().refused(NmeaRadarRefusal::TtdOrphan), 1);
    feed(&mut decoder, 1, "RATTD,02,01,5,0PP10Eg@wwP74@0,0");
    feed(&mut decoder, 1, "RATTD,02,02,5,0PP10Eg@wwP74@0,0");
    assert_eq!(decoder.tally().refused_total(), 1);
}

proptest! {
    #[test]
    fn any_bytes_are_accepted_or_counted(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut decoder = decoder();
        decoder.push_line(&bytes, 1, at(0), &mut |_, _| {});
        prop_assert!(decoder.tally().adds_up());
    }

    #[test]
    fn a_damaged_sentence_with_a_right_checksum_is_accepted_or_counted(
        place in 0_usize..70, byte: u8, which in 0_usize..5,
    ) {
        let bodies = [
            "RATTM,01,4.1,196.0,T,4.2,329.7,T,,,N,,T,,100000.00,A", "RATLL,01,1959.0440,N,11018.6001,E,,100000.00,T,",
            "RATTD,02,01,0,01N`0bkQww86J0002Pd2A0gww8<80003>V03:jww8E30004NK2AJkww8B:00,0",
            "RAOSD,35.1,A,36.0,P,10.2,P,15.3,0.1,N", "RARSD,12,90,24,45,6,270,12,315,6.5,118,96,N,N",
        ];
        let mut body = bodies[which].as_bytes().to_vec();
        if let Some(target) = body.get_mut(place) {
            *target = byte;
        }
        let mut line = vec![b'$'];
        line.extend(&body);
        line.extend(format!("*{:02X}", checksum(&body)).bytes());
        let mut decoder = decoder();
        decoder.push_line(&line, 1, at(0), &mut |_, content| {
            if let Content::RadarPlot(plot) = content {
                assert!(plot.range_m.is_finite() && (0.0..360.0).contains(&plot.azimuth_deg));
            }
        });
        prop_assert!(decoder.tally().adds_up());
    }
}
