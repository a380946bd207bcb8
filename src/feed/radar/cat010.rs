//! CAT010 records: which items mean what for a plot.
//!
//! **Source**: EUROCONTROL-SPEC-0149-7 edition 1.1; bits as in the table of [`CAT010`].

use super::items::{
    DEGREES_16, POLAR_SPEED_MPS, believable, first, pair, polar, source, time, two_signed, two_unsigned, wgs84,
};
use super::{RadarRefusal, Site};
use crate::feed::asterix::{CAT010, Record};
use crate::feed::observation::{Content, RadarPlot, RadarService, Rounding};
use crate::geodesy::position_to_polar;
use crate::units::EventTime;

/// Place of I010/010 in the profile.
pub(super) const SOURCE: usize = CAT010.place("010");
const MESSAGE_TYPE: usize = CAT010.place("000");
const DESCRIPTOR: usize = CAT010.place("020");
const TIME_OF_DAY: usize = CAT010.place("140");
const POSITION_WGS84: usize = CAT010.place("041");
const POSITION_POLAR: usize = CAT010.place("040");
const POSITION_CARTESIAN: usize = CAT010.place("042");
const VELOCITY_POLAR: usize = CAT010.place("200");
const VELOCITY_CARTESIAN: usize = CAT010.place("202");
const TRACK_NUMBER: usize = CAT010.place("161");
const TRACK_STATUS: usize = CAT010.place("170");
const AMPLITUDE: usize = CAT010.place("131");
const SIZE: usize = CAT010.place("270");
const STATUS: usize = CAT010.place("550");

/// One step of a WGS 84 coordinate of 32 bits, in degrees.
const DEGREES_32: f64 = 180.0 / 2_147_483_648.0;
/// One step of a velocity component (I010/202) in m/s.
const CARTESIAN_SPEED_MPS: f64 = 0.25;

/// Reads one record.
pub(super) fn read(
    record: &Record<'_>,
    site: &Site,
    reference: EventTime,
) -> Result<(EventTime, Content), RadarRefusal> {
    let message_type = first(record, MESSAGE_TYPE).ok_or(RadarRefusal::NoMessageType)?;
    let time = time(record, TIME_OF_DAY, reference)?;
    let content = match message_type {
        1 => Content::RadarPlot(target_report(record, site)?),
        2 => Content::RadarService(RadarService::StartOfCycle),
        3 | 4 => {
            // NOGO: 0 operational, 1 degraded, 2 not to be used.
            let nogo = first(record, STATUS).map_or(0, |octet| octet >> 6);
            Content::RadarService(RadarService::Status { operational: nogo < 2 })
        }
        _ => return Err(RadarRefusal::UnknownMessageType),
    };
    Ok((time, content))
}

/// The site that a record is of.
pub(super) fn site<'a>(record: &Record<'_>, sites: &'a [Site]) -> Result<&'a Site, RadarRefusal> {
    super::find(sites, source(record, SOURCE)?)
}

/// Reads a target report: a plot, or the radar's own track of one.
fn target_report(record: &Record<'_>, site: &Site) -> Result<RadarPlot, RadarRefusal> {
    let descriptor = record.item(DESCRIPTOR).unwrap_or_default();
    // TYP: 3 is a primary radar, 6 is not defined, 7 is "other"; a record without descriptor is taken as the radar's.
    if let Some(&octet) = descriptor.first()
        && !matches!(octet >> 5, 3 | 6 | 7)
    {
        return Err(RadarRefusal::NotPrimaryRadar);
    }
    // SIM, TST and RAB (a fixed field monitor) of the first extension.
    let test_target = descriptor.get(1).is_some_and(|octet| octet & 0b1110_0000 != 0);
    let (range_m, azimuth_deg) = position(record, site)?;
    if range_m <= 0.0 || range_m > site.range_max_m {
        return Err(RadarRefusal::RangeOutside);
    }
    let velocity = believable(velocity(record))?;
    let status = first(record, TRACK_STATUS).unwrap_or(0);
    Ok(RadarPlot {
        range_m,
        azimuth_deg,
        track_number: pair(record, TRACK_NUMBER).map(|number| number & 0x0fff),
        velocity,
        // TRE.
        track_ended: status & 0b0100_0000 != 0,
        // CST: any of the three ways to extrapolate.
        coasted: status & 0b0011_0000 != 0,
        amplitude: first(record, AMPLITUDE),
        // A craft of no length is a length that is not known.
        length_m: first(record, SIZE).map(|octet| f64::from(octet >> 1)).filter(|&length| length > 0.0),
        test_target,
        rounding: Rounding::of_steps(1.0, DEGREES_16),
    })
}

/// Range in metres and azimuth in degrees: as measured, else from Cartesian, else from WGS 84 coordinates.
fn position(record: &Record<'_>, site: &Site) -> Result<(f64, f64), RadarRefusal> {
    if let Some((range_m, azimuth)) = two_unsigned(record, POSITION_POLAR) {
        return Ok((range_m, azimuth * DEGREES_16));
    }
    if let Some((east_m, north_m)) = two_signed(record, POSITION_CARTESIAN) {
        // From the site: x to the east, y to true north.
        return Ok(polar(east_m, north_m));
    }
    let target = wgs84(record, POSITION_WGS84, DEGREES_32).ok_or(RadarRefusal::NoPosition)?;
    let (azimuth, range_m) = position_to_polar(site.position.ok_or(RadarRefusal::NoSite)?, target);
    Ok((range_m, azimuth.deg()))
}

/// Speed in m/s and course in degrees, polar or from components.
fn velocity(record: &Record<'_>) -> Option<(f64, f64)> {
    if let Some((speed, course)) = two_unsigned(record, VELOCITY_POLAR) {
        return Some((speed * POLAR_SPEED_MPS, course * DEGREES_16));
    }
    let (east, north) = two_signed(record, VELOCITY_CARTESIAN)?;
    Some(polar(east * CARTESIAN_SPEED_MPS, north * CARTESIAN_SPEED_MPS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::asterix::Records;
    use crate::geodesy::LatLon;
    use crate::units::{Bearing, SensorId};
    use proptest::prelude::*;

    const SITE: Site = Site {
        source: [65, 10],
        sensor: SensorId(3),
        position: Some(LatLon::new(20.0, 110.0)),
        range_max_m: 31_500.0,
        sigma_m: None,
    };

    fn noon() -> EventTime {
        EventTime::parse_rfc3339("2026-04-17T12:00:00Z").unwrap()
    }

    /// A record of the items given as code and bytes, in the order of the profile.
    fn record(items: &[(&str, &[u8])]) -> Vec<u8> {
        let places: Vec<usize> = items.iter().map(|(code, _)| CAT010.place(code)).collect();
        assert!(places.is_sorted());
        let last = places.last().map_or(0, |place| place / 7);
        let mut bytes: Vec<u8> = (0..=last).map(|octet| u8::from(octet < last)).collect();
        for place in places {
            bytes[place / 7] |= 0x80 >> (place % 7);
        }
        items.iter().for_each(|(_, item)| bytes.extend(*item));
        bytes
    }

    fn read_items(items: &[(&str, &[u8])], site: Site) -> Result<(SensorId, EventTime, Content), RadarRefusal> {
        let bytes = record(items);
        let walked = Records::new(&CAT010, &bytes).next().unwrap().unwrap();
        let sites = [site];
        let site = super::site(&walked, &sites)?;
        read(&walked, site, noon()).map(|(time, content)| (site.sensor, time, content))
    }

    fn plot(items: &[(&str, &[u8])]) -> Result<RadarPlot, RadarRefusal> {
        match read_items(items, SITE)? {
            (SensorId(3), _, Content::RadarPlot(plot)) => Ok(plot),
            other => panic!("{other:?}"),
        }
    }

    const SOURCE: (&str, &[u8]) = ("010", &[65, 10]);
    const TARGET: (&str, &[u8]) = ("000", &[1]);
    /// Eleven o'clock.
    const TIME: (&str, &[u8]) = ("140", &[0x4d, 0x58, 0x00]);
    const POLAR: (&str, &[u8]) = ("040", &[0x10, 0x00, 0x40, 0x00]);

    #[test]
    fn a_full_track_report_is_read() {
        let got = plot(&[
            SOURCE,
            TARGET,
            ("020", &[0x61, 0x00]),
            TIME,
            POLAR,
            ("200", &[0, 100, 0x80, 0]),
            ("161", &[0xf1, 0x02]),
            ("170", &[0x50]),
            ("270", &[0x79, 0x10]),
            ("131", &[200]),
        ]);
        let wanted = RadarPlot {
            range_m: 4096.0,
            azimuth_deg: 90.0,
            track_number: Some(0x102),
            velocity: Some((100.0 * 1852.0 / 16384.0, 180.0)),
            track_ended: true,
            coasted: true,
            amplitude: Some(200),
            length_m: Some(60.0),
            test_target: false,
            rounding: Rounding::of_steps(1.0, DEGREES_16),
        };
        assert_eq!(got, Ok(wanted));
    }

    #[test]
    fn the_time_of_day_gets_the_date_of_the_reference() {
        let (_, time, _) = read_items(&[SOURCE, TARGET, TIME, POLAR], SITE).unwrap();
        assert_eq!(time.to_string(), "2026-04-17T11:00:00.000Z");
    }

    #[test]
    fn simulated_and_test_targets_are_marked() {
        for (second, marked) in [(0x80, true), (0x40, true), (0x20, true), (0x00, false), (0x18, false)] {
            let got = plot(&[SOURCE, TARGET, ("020", &[0x61, second]), TIME, POLAR]).unwrap();
            assert_eq!(got.test_target, marked, "{second:#04x}");
        }
    }

    #[test]
    fn positions_in_other_coordinates_are_turned_into_polar() {
        // 3 km east, 4 km south.
        let got = plot(&[SOURCE, TARGET, TIME, ("042", &[0x0b, 0xb8, 0xf0, 0x60])]).unwrap();
        assert!((got.range_m - 5000.0).abs() < 1e-9 && (got.azimuth_deg - 143.130_102).abs() < 1e-5, "{got:?}");
        // 20.1 N 110 E: 11,071 m due north.
        let degrees = |value: f64| ((value / DEGREES_32).round() as i32).to_be_bytes();
        let position = [degrees(20.1), degrees(110.0)].concat();
        let got = plot(&[SOURCE, TARGET, TIME, ("041", &position)]).unwrap();
        let off_deg = Bearing::from_deg(got.azimuth_deg).turn_from_deg(Bearing::from_deg(0.0));
        assert!((got.range_m - 11_071.0).abs() < 1.0 && off_deg.abs() < 1e-4, "{got:?}");
        let nowhere = Site { position: None, ..SITE };
        let refused = read_items(&[SOURCE, TARGET, TIME, ("041", &position)], nowhere).unwrap_err();
        assert_eq!(refused, RadarRefusal::NoSite);
    }

    #[test]
    fn velocity_components_serve_where_there_is_no_polar_velocity() {
        let got = plot(&[SOURCE, TARGET, TIME, POLAR, ("202", &[0x00, 0x0c, 0xff, 0xf0])]).unwrap();
        assert_eq!(got.velocity.map(|(speed, _)| speed), Some(5.0));
        assert!((got.velocity.unwrap().1 - 143.130_102).abs() < 1e-5);
    }

    #[test]
    fn service_messages_are_told_apart() {
        let read = |message: u8, status: Option<u8>| {
            let (message, status) = ([message], status.map(|octet| [octet]));
            let mut items: Vec<(&str, &[u8])> = vec![SOURCE, ("000", &message), TIME];
            items.extend(status.as_ref().map(|octet| ("550", &octet[..])));
            read_items(&items, SITE).map(|(_, _, content)| content)
        };
        let status = |operational| Ok(Content::RadarService(RadarService::Status { operational }));
        assert_eq!(read(2, None), Ok(Content::RadarService(RadarService::StartOfCycle)));
        assert_eq!(read(3, Some(0x00)), status(true));
        assert_eq!(read(3, Some(0x40)), status(true));
        assert_eq!(read(4, Some(0x80)), status(false));
        assert_eq!(read(5, None), Err(RadarRefusal::UnknownMessageType));
    }

    #[test]
    fn what_is_missing_or_impossible_is_named() {
        use RadarRefusal::*;
        for (items, reason) in [
            (&[TARGET, TIME, POLAR][..], NoSource),
            (&[("010", &[65, 11]), TARGET, TIME, POLAR], UnknownSource),
            (&[SOURCE, TIME, POLAR], NoMessageType),
            (&[SOURCE, TARGET, POLAR], NoTime),
            (&[SOURCE, TARGET, ("140", &[0xa8, 0xc0, 0x00]), POLAR], BadTime),
            (&[SOURCE, TARGET, TIME], NoPosition),
            (&[SOURCE, TARGET, ("020", &[0x40]), TIME, POLAR], NotPrimaryRadar),
            (&[SOURCE, TARGET, TIME, ("040", &[0x7b, 0x0d, 0, 0])], RangeOutside),
            (&[SOURCE, TARGET, TIME, ("040", &[0, 0, 0, 0])], RangeOutside),
            (&[SOURCE, TARGET, TIME, POLAR, ("200", &[0xff, 0xff, 0, 0])], SpeedOutside),
        ] {
            assert_eq!(read_items(items, SITE).unwrap_err(), reason, "{items:?}");
        }
    }

    proptest! {
        #[test]
        fn a_polar_position_is_read_back_as_encoded(range in 1_u16..31_000, azimuth: u16, ticks in 0_u32..86_400 * 128) {
            let [r1, r2] = range.to_be_bytes();
            let [a1, a2] = azimuth.to_be_bytes();
            let [_, t1, t2, t3] = ticks.to_be_bytes();
            let items: &[(&str, &[u8])] = &[SOURCE, TARGET, ("140", &[t1, t2, t3]), ("040", &[r1, r2, a1, a2])];
            let (_, time, content) = read_items(items, SITE).unwrap();
            let Content::RadarPlot(plot) = content else { panic!() };
            prop_assert_eq!(plot.range_m as u16, range);
            prop_assert_eq!((plot.azimuth_deg / DEGREES_16).round() as u32, u32::from(azimuth));
            prop_assert_eq!(crate::feed::radar::time_of_day_ticks(time), ticks);
        }
    }
}
