//! CAT062 records: tracks of another fusion centre, taken as reports.
//!
//! **Source**: EUROCONTROL specification for ASTERIX CAT062 edition 1.21; bits as in the table of [`CAT062`].

use arrayvec::ArrayString;

use super::items::{believable, first, pair, polar, source, time, two_signed, wgs84};
use super::{RadarRefusal, Site};
use crate::feed::asterix::{CAT062, Record, parts};
use crate::feed::observation::TrackReport;
use crate::geodesy::metres_per_degree;
use crate::units::EventTime;

/// Place of I062/010 in the profile.
pub(super) const SOURCE: usize = CAT062.place("010");
const TIME_OF_TRACK: usize = CAT062.place("070");
const POSITION_WGS84: usize = CAT062.place("105");
const POSITION_CARTESIAN: usize = CAT062.place("100");
const VELOCITY: usize = CAT062.place("185");
const TRACK_NUMBER: usize = CAT062.place("040");
const STATUS: usize = CAT062.place("080");
const LEVEL_MEASURED: usize = CAT062.place("136");
const SIZE: usize = CAT062.place("270");
const ACCURACY: usize = CAT062.place("500");

/// One step of a WGS 84 coordinate (I062/105 and APW of I062/500), in degrees.
const WGS84_DEG: f64 = 180.0 / 33_554_432.0;
/// One step of the Cartesian position (I062/100) and of its accuracy (APC of I062/500), in metres.
const CARTESIAN_M: f64 = 0.5;
/// One step of the velocity (I062/185), in m/s.
const SPEED_MPS: f64 = 0.25;
/// One sigma of a system track that does not tell its accuracy, in metres: a few radars at 20 km.
const USUAL_SIGMA_M: f64 = 60.0;
/// The most that is believed of a stated accuracy, in metres: better than a radar can do is a filter that trusts itself.
const SIGMA_M_MIN: f64 = 10.0;
/// A flight level above which a track is no craft at sea, in steps of 25 ft.
const LEVEL_AT_SEA_MAX: i16 = 20;

/// Reads one record.
pub(super) fn read(
    record: &Record<'_>,
    site: &Site,
    reference: EventTime,
) -> Result<(EventTime, TrackReport), RadarRefusal> {
    let number = pair(record, TRACK_NUMBER).ok_or(RadarRefusal::OtherEdition)?;
    let status = record.item(STATUS).ok_or(RadarRefusal::OtherEdition)?;
    let time = time(record, TIME_OF_TRACK, reference)?;
    if pair(record, LEVEL_MEASURED).is_some_and(|level| level as i16 > LEVEL_AT_SEA_MAX) {
        return Err(RadarRefusal::Airborne);
    }
    let position = match (wgs84(record, POSITION_WGS84, WGS84_DEG), record.item(POSITION_WGS84)) {
        (Some(position), _) => position,
        (None, Some(_)) => return Err(RadarRefusal::NoPosition),
        (None, None) => {
            let &[x1, x2, x3, y1, y2, y3] = record.item(POSITION_CARTESIAN).ok_or(RadarRefusal::NoPosition)? else {
                return Err(RadarRefusal::NoPosition);
            };
            // From the centre's reference point: x to the east, y to the north.
            let metres = |bytes| f64::from(super::items::signed_24(bytes)) * CARTESIAN_M;
            let centre = site.position.ok_or(RadarRefusal::NoSite)?;
            let position = centre.moved_m(metres([x1, x2, x3]), metres([y1, y2, y3]));
            if !position.is_valid() {
                return Err(RadarRefusal::NoPosition);
            }
            position
        }
    };
    let velocity = two_signed(record, VELOCITY).map(|(east, north)| polar(east * SPEED_MPS, north * SPEED_MPS));
    let velocity = believable(velocity)?;
    // The status goes on octet by octet: the first and second have SIM and TSE, the fourth has CST.
    let bit = |octet: usize, mask: u8| status.get(octet).is_some_and(|bits| bits & mask != 0);
    let mut id = ArrayString::new();
    let _ = std::fmt::Write::write_fmt(&mut id, format_args!("{number}"));
    let report = TrackReport {
        id,
        mmsi: None,
        name: None,
        position,
        sigma_m: sigma_m(record, position.lat_deg).or(site.sigma_m).unwrap_or(USUAL_SIGMA_M).max(SIGMA_M_MIN),
        sog_mps: velocity.map(|(speed, _)| speed),
        cog_deg: velocity.filter(|&(speed, _)| speed > 0.0).map(|(_, course)| course),
        length_m: first(record, SIZE).map(|octet| f64::from(octet >> 1)).filter(|&length| length > 0.0),
        ended: bit(1, 0b0100_0000),
        coasted: bit(3, 0b1000_0000),
        test_target: bit(1, 0b1000_0000),
    };
    Ok((time, report))
}

/// One sigma of the position by I062/500: of the Cartesian (APC) or the WGS 84 (APW) estimate, the worse axis.
fn sigma_m(record: &Record<'_>, lat_deg: f64) -> Option<f64> {
    let bytes = record.item(ACCURACY)?;
    let item = CAT062.uap.get(ACCURACY)?.as_ref()?;
    let scale = metres_per_degree(lat_deg);
    parts(item, bytes).find_map(|(part, bytes)| {
        let &[a1, a2, b1, b2] = bytes else { return None };
        let (a, b) = (f64::from(u16::from_be_bytes([a1, a2])), f64::from(u16::from_be_bytes([b1, b2])));
        match part.code {
            "APC" => Some((a * CARTESIAN_M).max(b * CARTESIAN_M)),
            "APW" => Some((a * WGS84_DEG * scale.lat_m).max(b * WGS84_DEG * scale.lon_m)),
            _ => None,
        }
    })
}

/// The site that a record is of.
pub(super) fn site<'a>(record: &Record<'_>, sites: &'a [Site]) -> Result<&'a Site, RadarRefusal> {
    super::find(sites, source(record, SOURCE)?)
}
