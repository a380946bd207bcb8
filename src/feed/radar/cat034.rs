//! CAT034 records: the turning of the antenna and the state of the station.
//!
//! North marks and sector crossings come whether or not there are targets: they tell how long a turn takes and that the
//! radar is alive on an empty sea.
//!
//! **Source**: EUROCONTROL specification for ASTERIX CAT034 edition 1.29; bits as in the table of [`CAT034`].

use super::items::{first, pair, signed_24, source, time};
use super::{RadarRefusal, Site};
use crate::feed::asterix::{CAT034, Record, parts};
use crate::feed::observation::RadarService;
use crate::geodesy::LatLon;
use crate::units::EventTime;

/// Place of I034/010 in the profile.
pub(super) const SOURCE: usize = CAT034.place("010");
const MESSAGE_TYPE: usize = CAT034.place("000");
const TIME_OF_DAY: usize = CAT034.place("030");
const SECTOR: usize = CAT034.place("020");
const ROTATION: usize = CAT034.place("041");
const STATUS: usize = CAT034.place("050");
const OWN_POSITION: usize = CAT034.place("120");

/// The last message type of edition 1.29.
const MESSAGE_TYPE_MAX: u8 = 6;
/// One step of a sector number, in degrees.
const SECTOR_DEG: f64 = 360.0 / 256.0;
/// One step of the antenna rotation period, in seconds.
const PERIOD_S: f64 = 1.0 / 128.0;
/// The longest turn that is believed of an antenna, in seconds: long-range radars take 12.
const PERIOD_S_MAX: f64 = 60.0;

/// Reads one record. A message of a type that says nothing for the picture (filters, jamming strobes) gives nothing.
pub(super) fn read(
    record: &Record<'_>,
    reference: EventTime,
    mut give: impl FnMut(EventTime, RadarService),
) -> Result<(), RadarRefusal> {
    let message_type = first(record, MESSAGE_TYPE).ok_or(RadarRefusal::NoMessageType)?;
    if !(1..=MESSAGE_TYPE_MAX).contains(&message_type) {
        return Err(RadarRefusal::UnknownMessageType);
    }
    let time = time(record, TIME_OF_DAY, reference)?;
    let mut say = |service| give(time, service);
    match message_type {
        1 => say(RadarService::StartOfCycle),
        2 => {
            if let Some(sector) = first(record, SECTOR) {
                say(RadarService::Sector { azimuth_deg: f64::from(sector) * SECTOR_DEG });
            }
        }
        _ => {}
    }
    if let Some(period) = pair(record, ROTATION) {
        let period_s = f64::from(period) * PERIOD_S;
        if period_s > 0.0 && period_s <= PERIOD_S_MAX {
            say(RadarService::Rotation { period_s });
        }
    }
    if let Some(operational) = operational(record) {
        say(RadarService::Status { operational });
    }
    Ok(())
}

/// NOGO of the common part of I034/050: the system is not released for operational use.
fn operational(record: &Record<'_>) -> Option<bool> {
    let bytes = record.item(STATUS)?;
    let item = CAT034.uap.get(STATUS)?.as_ref()?;
    let (_, common) = parts(item, bytes).find(|(part, _)| part.code == "COM")?;
    Some(common.first()? & 0b1000_0000 == 0)
}

/// Where the station says that it stands (I034/120): height, latitude and longitude of 24 bits.
pub(super) fn own_position(record: &Record<'_>) -> Option<LatLon> {
    let &[_, _, a1, a2, a3, o1, o2, o3] = record.item(OWN_POSITION)? else { return None };
    let degrees = |bytes| f64::from(signed_24(bytes)) * 180.0 / f64::from(1 << 23);
    Some(LatLon::new(degrees([a1, a2, a3]), degrees([o1, o2, o3]))).filter(|position| position.is_valid())
}

/// The site that a record is of.
pub(super) fn site<'a>(record: &Record<'_>, sites: &'a [Site]) -> Result<&'a Site, RadarRefusal> {
    super::find(sites, source(record, SOURCE)?)
}
