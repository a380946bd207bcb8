//! KLV metadata of aircraft and military cameras: MISB ST 0601 (where the camera looks) and ST 0903 (targets in the frame),
//! as STANAG 4609 carries them.
//!
//! A record is one packet: key, length, items. ST 0601 alone tells where the camera is and looks, which is no detection: it
//! moves the sensor ([`Content::Carrier`]) and stands by for the targets. Each ST 0903 target becomes an [`EoDetection`]: a
//! bearing by its column in the frame, with a range where it has a place of its own. Lengths are checked before anything is
//! taken, values are read by the length that they have, and unknown tags are passed over.

mod ber;
mod refusal;
mod st0601;
mod st0903;
mod ts;

use super::{EoReport, class_of_word};
use crate::feed::observation::{Content, EoDetection};
use crate::feed::sensor::{SensorKind, SensorTable};
use crate::feed::tally::{Place, Tally};
use crate::geodesy::{LatLon, distance_m, position_to_polar};
use crate::units::{Bearing, EventTime, SensorId};

pub use refusal::KlvRefusal;
pub use st0601::St0601;
pub use st0903::{St0903, TARGETS_MAX, VmtiTarget};
pub use ts::{TS_PACKET_BYTES, TS_SYNC, TsReader, packets_in};

/// What the keys of all sets read here begin with: SMPTE local sets of MISB.
pub const KEY_PREFIX: [u8; 11] = [0x06, 0x0e, 0x2b, 0x34, 0x02, 0x0b, 0x01, 0x01, 0x0e, 0x01, 0x03];
/// The rest of the key of ST 0601.
const ST0601_KEY: [u8; 5] = [0x01, 0x01, 0x00, 0x00, 0x00];
/// The rest of the key of ST 0903.
const ST0903_KEY: [u8; 5] = [0x03, 0x06, 0x00, 0x00, 0x00];
/// Bytes of a key.
const KEY_BYTES: usize = KEY_PREFIX.len() + ST0601_KEY.len();
/// The longest packet that is read, in bytes.
pub const PACKET_BYTES_MAX: usize = 65_535;

/// Targets are joined with the pointing of at most so long ago, in milliseconds.
const POINTING_MS_MAX: i64 = 2_000;
/// A camera has moved when it is so far from where it was last said to be, in metres.
const MOVED_M: f64 = 5.0;
/// One sigma of a place that a camera works out from its attitude, as a share of the range; and at least in metres.
const PLACE_SIGMA_SHARE: f64 = 0.05;
const PLACE_SIGMA_MIN_M: f64 = 30.0;

/// One packet as read.
#[derive(Clone, Debug, PartialEq)]
pub enum KlvPacket {
    /// Where the camera is and looks, with the targets of an embedded ST 0903 set.
    Pointing(Box<St0601>, Option<Box<St0903>>),
    /// Targets of a frame.
    Targets(Box<St0903>),
}

/// Reads one packet: key, length, items; bytes behind it do not matter.
///
/// # Errors
/// [`KlvRefusal`] when it is cut, of another key, or its checksum is wrong.
pub fn read_packet(bytes: &[u8]) -> Result<KlvPacket, KlvRefusal> {
    let rest = bytes.strip_prefix(&KEY_PREFIX).ok_or(KlvRefusal::NoKey)?;
    let key = rest.first_chunk::<5>().ok_or(KlvRefusal::CutShort)?;
    if bytes.len() > PACKET_BYTES_MAX {
        return Err(KlvRefusal::TooLong);
    }
    if ![ST0601_KEY, ST0903_KEY].contains(key) {
        return Err(KlvRefusal::OtherSet);
    }
    let mut at = KEY_BYTES;
    let length = ber::length(bytes, &mut at).ok_or(KlvRefusal::BadLength)?;
    let end = at.checked_add(length).ok_or(KlvRefusal::BadLength)?;
    let packet = bytes.get(..end).ok_or(KlvRefusal::CutShort)?;
    let value = packet.get(at..).ok_or(KlvRefusal::CutShort)?;
    check_sum(packet)?;
    if *key == ST0903_KEY {
        return St0903::read(value).map(Box::new).map(KlvPacket::Targets).ok_or(KlvRefusal::BadItem);
    }
    let (pointing, targets) = St0601::read(value).ok_or(KlvRefusal::BadItem)?;
    let targets = targets.map(|set| St0903::read(set).map(Box::new).ok_or(KlvRefusal::BadItem)).transpose()?;
    Ok(KlvPacket::Pointing(Box::new(pointing), targets))
}

/// Where the packet that begins at `start` ends by its length; `None` when it does not say.
fn packet_end(data: &[u8], start: usize) -> Option<usize> {
    let mut at = start.checked_add(KEY_BYTES)?;
    let length = ber::length(data, &mut at)?;
    at.checked_add(length)
}

/// How long the packet at the beginning of `bytes` is by its own word, key and length included; `None` when that is not
/// there yet, or cannot be.
pub fn packet_bytes(bytes: &[u8]) -> Option<usize> {
    packet_end(bytes, 0)
}

/// Compares the checksum at the end (tag 1, two bytes): the running sum of 16-bit words of all before it (ST 0601, 6.2).
fn check_sum(packet: &[u8]) -> Result<(), KlvRefusal> {
    let Some((summed, [high, low])) = packet.split_last_chunk::<2>() else { return Err(KlvRefusal::NoChecksum) };
    if !summed.ends_with(&[1, 2]) {
        return Err(KlvRefusal::NoChecksum);
    }
    let mut sum = 0_u16;
    for (place, &octet) in summed.iter().enumerate() {
        sum = sum.wrapping_add(u16::from(octet) << (8 * ((place + 1) % 2)));
    }
    if sum == u16::from_be_bytes([*high, *low]) { Ok(()) } else { Err(KlvRefusal::Checksum) }
}

/// What was passed over in accepted packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PassedOver {
    /// Targets of which no bearing could be told: no pointing lately, no field of view, no pixel.
    pub without_bearing: u64,
}

/// Decodes the KLV of one camera, packet by packet.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct KlvDecoder {
    sensor: SensorId,
    site: Option<LatLon>,
    /// The latest pointing, and when it was received.
    pointing: Option<(EventTime, Box<St0601>)>,
    passed_over: PassedOver,
    tally: Tally<KlvRefusal, { KlvRefusal::COUNT }>,
}

impl KlvDecoder {
    /// A decoder for the camera `sensor` of a table.
    pub fn new(sensor: SensorId, sensors: &SensorTable) -> Self {
        let camera = sensors.get(sensor).filter(|camera| camera.kind == SensorKind::Eo);
        Self {
            sensor,
            site: camera.and_then(|camera| camera.position),
            pointing: None,
            passed_over: PassedOver::default(),
            tally: Tally::default(),
        }
    }

    /// Reads one packet and gives what it says to `give`, with its time where it tells one.
    pub fn packet(
        &mut self,
        bytes: &[u8],
        place: u64,
        received: EventTime,
        give: &mut impl FnMut(Option<EventTime>, Content),
    ) {
        self.tally.receive();
        match read_packet(bytes) {
            Ok(packet) => {
                self.tally.accept();
                self.take(packet, received, give);
            }
            Err(why) => self.tally.refuse_bytes(why, Place::Byte(place), bytes),
        }
    }

    /// Packets received, accepted and refused.
    pub fn tally(&self) -> &Tally<KlvRefusal, { KlvRefusal::COUNT }> {
        &self.tally
    }

    /// What was passed over in accepted packets.
    pub fn passed_over(&self) -> PassedOver {
        self.passed_over
    }

    fn take(&mut self, packet: KlvPacket, received: EventTime, give: &mut impl FnMut(Option<EventTime>, Content)) {
        let targets = match packet {
            KlvPacket::Targets(targets) => Some(targets),
            KlvPacket::Pointing(pointing, targets) => {
                if let Some(position) = pointing.sensor_position
                    && self.site.is_none_or(|site| distance_m(site, position) > MOVED_M)
                {
                    self.site = Some(position);
                    give(pointing.time, Content::Carrier(position));
                }
                self.pointing = Some((received, pointing));
                targets
            }
        };
        let Some(targets) = targets else { return };
        for target in &targets.targets {
            match self.detection(&targets, target, received) {
                Some(report) => give(targets.time, Content::EoDetection(report.detection)),
                None => self.passed_over.without_bearing += 1,
            }
        }
    }

    /// A target as a detection; `None` when nothing tells its bearing.
    fn detection(&self, frame: &St0903, target: &VmtiTarget, received: EventTime) -> Option<EoReport> {
        let fresh = |told: EventTime| received.millis_since(told).abs() <= POINTING_MS_MAX;
        let pointing = self.pointing.as_ref().filter(|(told, _)| fresh(*told)).map(|(_, pointing)| pointing);
        let site = self.site?;
        let offset = |centre: LatLon| {
            target.offset_deg.map(|(lat, lon)| LatLon::new(centre.lat_deg + lat, centre.lon_deg + lon))
        };
        let place = target
            .location
            .or_else(|| pointing.and_then(|pointing| pointing.frame_centre).and_then(offset))
            .filter(|place| place.is_valid());
        let (azimuth_deg, range) = match place {
            Some(place) => {
                let (azimuth, range_m) = position_to_polar(site, place);
                (azimuth.deg(), Some((range_m, (range_m * PLACE_SIGMA_SHARE).max(PLACE_SIGMA_MIN_M))))
            }
            None => {
                let pointing = pointing?;
                let view_deg = frame.horizontal_view_deg.or(pointing.horizontal_view_deg)?;
                let off_deg = column_off_deg(target.column?, frame.width?, view_deg)?;
                (Bearing::from_deg(pointing.true_bearing_deg()? + off_deg).deg(), None)
            }
        };
        let detection = EoDetection {
            azimuth_deg,
            elevation_deg: None,
            range_m: range.map(|(range_m, _)| range_m).filter(|range_m| *range_m > 0.0),
            // ST 0903 names classes by an ontology, which is not read.
            class: class_of_word(""),
            class_confidence: target.confidence_pct.unwrap_or(0) as f64 / 100.0,
            length_m: None,
            activity: None,
            hull_mmsi: None,
            image: None,
            image_sha256: None,
            range_sigma_m: range.map(|(_, sigma_m)| sigma_m),
            label: None,
        };
        Some(EoReport { sensor: self.sensor, time: frame.time.unwrap_or(received), detection })
    }
}

/// How far right of the frame's middle a column lies, in degrees, for a lens without distortion.
fn column_off_deg(column: u64, width: u64, view_deg: f64) -> Option<f64> {
    if width == 0 || column == 0 || column > width || !(view_deg > 0.0 && view_deg < 180.0) {
        return None;
    }
    let share = (column as f64 - 0.5) / width as f64 * 2.0 - 1.0;
    Some((share * (view_deg / 2.0).to_radians().tan()).atan().to_degrees())
}

#[cfg(test)]
mod tests;
