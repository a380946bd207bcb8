//! From ASTERIX records to what fusion needs: plots, tracks and service messages of radars.
//!
//! CAT010 and CAT048 give plots and the radars' own tracks, CAT034 the turning of the antenna and the state of the station,
//! CAT062 the tracks of another fusion centre as reports. Other categories are counted by name.
//!
//! Takes the frames of an [`asterix::BlockReader`](crate::feed::asterix::BlockReader), knows which radar of the sensor table a SAC/SIC belongs to, resolves
//! the date of the time of day, and gives polar measurements from the site. What it cannot use it counts and names, see
//! [`RadarRefusal`]: a record is either given out or counted there, never both, never neither.

mod cat010;
mod cat034;
mod cat048;
mod cat062;
mod items;
mod refusal;
mod time_of_day;

use arrayvec::ArrayVec;

use super::asterix::{Block, Frame, Record, RecordFault, Records, category, category_name};
use super::observation::Content;
use super::sensor::{Sensor, SensorTable};
use super::tally::{Place, Tally};
use crate::geodesy::{LatLon, distance_m};
use crate::units::{EventTime, SensorId};

pub use refusal::RadarRefusal;
pub use time_of_day::{TICKS_PER_DAY, TICKS_PER_SECOND, resolve_time_of_day, time_of_day_ticks};

/// How many unknown sources are remembered by number.
const UNKNOWN_SOURCES_MAX: usize = 16;

/// How far beyond its claimed range a radar is believed, as a factor: makers round, and noise comes on top.
const RANGE_TOLERANCE: f64 = 1.05;

/// One accepted record of a radar.
#[derive(Clone, Debug, PartialEq)]
pub struct RadarReport {
    /// Which radar.
    pub sensor: SensorId,
    /// When it measured, by its own clock, date resolved.
    pub time: EventTime,
    /// Byte offset of the record in its feed.
    pub offset: u64,
    /// [`Content::RadarPlot`], [`Content::RadarService`] or [`Content::TrackReport`].
    pub content: Content,
}

/// How far a station may say that it stands from where it is configured, in metres, before that is told.
const SITE_APART_MAX_M: f64 = 100.0;

/// What the decoder needs of one radar.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
struct Site {
    /// SAC and SIC.
    source: [u8; 2],
    sensor: SensorId,
    position: Option<LatLon>,
    range_max_m: f64,
    /// One sigma of reported positions that do not tell it themselves.
    sigma_m: Option<f64>,
}

impl Site {
    fn new(id: SensorId, sensor: &Sensor) -> Option<Self> {
        Some(Self {
            source: sensor.code()?,
            sensor: id,
            position: sensor.position,
            range_max_m: sensor.radar.map_or(f64::INFINITY, |claims| claims.max_range_m * RANGE_TOLERANCE),
            sigma_m: sensor.report.and_then(|claims| claims.sigma_m),
        })
    }
}

/// The site of a source.
fn find(sites: &[Site], source: [u8; 2]) -> Result<&Site, RadarRefusal> {
    let index = sites.binary_search_by_key(&source, |site| site.source).map_err(|_| RadarRefusal::UnknownSource)?;
    sites.get(index).ok_or(RadarRefusal::UnknownSource)
}

/// The decoder of one ASTERIX feed, which may carry several radars and fusion centres.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct RadarDecoder {
    /// Sorted by source.
    sites: Vec<Site>,
    tally: Tally<RadarRefusal, { RadarRefusal::COUNT }>,
    #[serde(with = "crate::units::saved_array")]
    blocks: [u64; 256],
    blocks_cut: u64,
    unknown_sources: ArrayVec<([u8; 2], u64), UNKNOWN_SOURCES_MAX>,
    /// A station that says it stands elsewhere than it is configured: which, and how far off in metres.
    moved: Option<(SensorId, f64)>,
}

impl RadarDecoder {
    /// A decoder for the radars of a sensor table.
    pub fn new(sensors: &SensorTable) -> Self {
        let mut sites: Vec<Site> = sensors.iter().filter_map(|(id, sensor)| Site::new(id, sensor)).collect();
        sites.sort_by_key(|site| site.source);
        Self {
            sites,
            tally: Tally::default(),
            blocks: [0; 256],
            blocks_cut: 0,
            unknown_sources: ArrayVec::new(),
            moved: None,
        }
    }

    /// Reads a frame and hands each accepted record to `accept`, in order.
    ///
    /// `reference` is an instant less than twelve hours from the records: when live the time of receipt; for a recording
    /// the latest time of any record so far, at first its start.
    pub fn frame(&mut self, frame: &Frame<'_>, reference: EventTime, accept: impl FnMut(RadarReport)) {
        match frame {
            Frame::Block(block) => self.block(block, reference, accept),
            Frame::Junk(junk) => {
                self.tally.receive();
                self.tally.refuse_bytes(RadarRefusal::NoBlock, Place::Byte(junk.offset), &junk.shown);
            }
        }
    }

    /// Reads a block; see [`frame`](Self::frame).
    pub fn block(&mut self, block: &Block<'_>, reference: EventTime, mut accept: impl FnMut(RadarReport)) {
        if let Some(count) = self.blocks.get_mut(usize::from(block.category)) {
            *count += 1;
        }
        self.blocks_cut += u64::from(block.cut);
        let Some(table) = category(block.category) else {
            let named = category_name(block.category).is_some();
            let reason = if named { RadarRefusal::CategoryNotRead } else { RadarRefusal::UnknownCategory };
            self.tally.receive();
            self.tally.refuse_bytes(reason, Place::Byte(block.offset), block.bytes);
            return;
        };
        let mut records = Records::new(table, block.body());
        if records.rest().is_empty() {
            self.tally.receive();
            self.tally.refuse_bytes(RadarRefusal::CutShort, Place::Byte(block.offset), block.bytes);
            return;
        }
        loop {
            let left = records.rest();
            let Some(walked) = records.next() else { break };
            let offset = block.offset + (block.bytes.len() - left.len()) as u64;
            self.tally.receive();
            let read = match walked {
                Ok(record) => self.record(&record, reference, |sensor, time, content| {
                    accept(RadarReport { sensor, time, offset, content });
                }),
                Err(RecordFault::Truncated) if block.cut => Err(RadarRefusal::CutShort),
                Err(fault) => Err(fault.into()),
            };
            match read {
                Ok(()) => self.tally.accept(),
                Err(reason) => self.tally.refuse_bytes(reason, Place::Byte(offset), left),
            }
        }
    }

    /// Reads one record by its category. What it says goes to `give` at once: contents are too large to be carried about.
    #[inline]
    fn record(
        &mut self,
        record: &Record<'_>,
        reference: EventTime,
        mut give: impl FnMut(SensorId, EventTime, Content),
    ) -> Result<(), RadarRefusal> {
        let known = match record.category().number {
            10 => cat010::site(record, &self.sites),
            34 => cat034::site(record, &self.sites),
            48 => cat048::site(record, &self.sites),
            62 => cat062::site(record, &self.sites),
            _ => Err(RadarRefusal::CategoryNotUsed),
        };
        let site = *match known {
            Ok(site) => site,
            Err(RadarRefusal::UnknownSource) => {
                self.note_unknown(record);
                return Err(RadarRefusal::UnknownSource);
            }
            Err(reason) => return Err(reason),
        };
        match record.category().number {
            10 => {
                let (time, content) = cat010::read(record, &site, reference)?;
                give(site.sensor, time, content);
            }
            34 => {
                self.compare_site(record, &site);
                cat034::read(record, reference, |time, service| {
                    give(site.sensor, time, Content::RadarService(service));
                })?;
            }
            48 => {
                if !cat048::is_of_this_profile(record) {
                    return Err(RadarRefusal::OtherEdition);
                }
                let (time, plot) = cat048::read(record, &site, reference)?;
                give(site.sensor, time, Content::RadarPlot(plot));
            }
            _ => {
                let (time, report) = cat062::read(record, &site, reference)?;
                give(site.sensor, time, Content::TrackReport(report));
            }
        }
        Ok(())
    }

    /// Looks whether a station stands where it is configured.
    fn compare_site(&mut self, record: &Record<'_>, site: &Site) {
        let told = cat034::own_position(record);
        let apart_m = told.zip(site.position).map(|(told, configured)| distance_m(told, configured));
        if let Some(apart_m) = apart_m.filter(|&apart_m| apart_m > SITE_APART_MAX_M) {
            self.moved = Some((site.sensor, apart_m));
        }
    }

    /// Records taken up, accepted and refused. A stretch that is no block, a block that is not read, and the rest of a
    /// block behind a faulty record count as one record each.
    pub fn tally(&self) -> &Tally<RadarRefusal, { RadarRefusal::COUNT }> {
        &self.tally
    }

    /// Blocks received by category, with the name of the category; `None` for one that EUROCONTROL's list does not know.
    pub fn blocks(&self) -> impl Iterator<Item = (u8, Option<&'static str>, u64)> + '_ {
        (0..=u8::MAX)
            .zip(self.blocks)
            .filter(|&(_, count)| count > 0)
            .map(|(number, count)| (number, category_name(number), count))
    }

    /// Blocks that ended before their stated length.
    pub fn blocks_cut(&self) -> u64 {
        self.blocks_cut
    }

    /// The first SAC/SIC heard that no configured radar has, with how many records each.
    pub fn unknown_sources(&self) -> impl Iterator<Item = (u8, u8, u64)> + '_ {
        self.unknown_sources.iter().map(|&([sac, sic], count)| (sac, sic, count))
    }

    /// A station that says it stands more than 100 m from where it is configured: which, and how far off in metres.
    pub fn moved_site(&self) -> Option<(SensorId, f64)> {
        self.moved
    }

    fn note_unknown(&mut self, record: &Record<'_>) {
        // I010/010 and its like are the first item of every profile.
        let Some(&[sac, sic]) = record.item(0) else { return };
        let source = [sac, sic];
        match self.unknown_sources.iter_mut().find(|(known, _)| *known == source) {
            Some((_, count)) => *count += 1,
            None => {
                // When full the others are still counted, in the tally.
                let _ = self.unknown_sources.try_push((source, 1));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::asterix::BlockReader;
    use crate::feed::sensor::{RadarClaims, Sensor, SensorKind};
    use proptest::prelude::*;

    fn decoder() -> RadarDecoder {
        let mut sensors = SensorTable::default();
        for sic in [12, 10] {
            let claims = RadarClaims {
                sac: 65,
                sic,
                max_range_m: 30_000.0,
                scan_s: 3.0,
                sigma_range_m: 10.0,
                sigma_azimuth_deg: 0.2,
            };
            let sensor = Sensor {
                name: format!("radar{sic}"),
                kind: SensorKind::Radar,
                position: Some(LatLon::new(20.0, 110.0)),
                height_m: None,
                radar: Some(claims),
                eo: None,
                report: None,
                mount: None,
            };
            sensors.add(sensor).unwrap();
        }
        RadarDecoder::new(&sensors)
    }

    fn feed(decoder: &mut RadarDecoder, bytes: &[u8]) -> Vec<RadarReport> {
        let (mut reader, mut reports) = (BlockReader::new(), Vec::new());
        reader.push(bytes);
        reader.finish();
        while let Some(frame) = reader.next_frame() {
            decoder.frame(&frame, EventTime::from_seconds(1_776_438_402), |report| reports.push(report));
        }
        reports
    }

    const fn plot(sic: u8) -> [u8; 12] {
        [0xf4, 65, sic, 1, 0x60, 0x6a, 0x40, 0, 0x10, 0, 0x80, 0]
    }

    #[test]
    fn each_source_of_a_block_goes_to_its_own_radar() {
        let mut decoder = decoder();
        let block = [&[10, 0, 39][..], &plot(10), &plot(12), &plot(99)].concat();
        let reports = feed(&mut decoder, &block);
        let seen: Vec<_> = reports.iter().map(|report| (report.sensor, report.offset)).collect();
        assert_eq!(seen, [(SensorId(1), 3), (SensorId(0), 15)]);
        assert_eq!(decoder.tally().refused(RadarRefusal::UnknownSource), 1);
        assert_eq!(decoder.tally().examples()[0].place, Place::Byte(27));
        assert_eq!(decoder.unknown_sources().collect::<Vec<_>>(), [(65, 99, 1)]);
        assert!(decoder.tally().adds_up());
    }

    #[test]
    fn the_sound_records_before_a_fault_are_kept() {
        let mut decoder = decoder();
        let mut block = [&[10, 0, 39][..], &plot(10), &plot(12), &plot(10)].concat();
        block[27] = 0x00;
        assert_eq!(feed(&mut decoder, &block).len(), 2);
        assert_eq!(decoder.tally().by_reason().collect::<Vec<_>>(), [(RadarRefusal::EmptyRecord, 1)]);
        assert_eq!(feed(&mut decoder, &[&[10, 0, 39][..], &plot(10), &plot(12)[..7]].concat()).len(), 1);
        assert_eq!(decoder.tally().refused(RadarRefusal::CutShort), 1);
        assert_eq!(decoder.blocks_cut(), 1);
    }

    #[test]
    fn other_categories_are_counted_by_name() {
        let mut decoder = decoder();
        feed(&mut decoder, &[240, 0, 6, 1, 2, 3]);
        feed(&mut decoder, &[34, 0, 7, 0xc0, 65, 10, 1]);
        feed(&mut decoder, &[77, 0, 6, 1, 2, 3]);
        let reasons: Vec<_> = decoder.tally().by_reason().map(|(reason, _)| reason).collect();
        let wanted = [RadarRefusal::UnknownCategory, RadarRefusal::CategoryNotRead, RadarRefusal::NoTime];
        assert_eq!(reasons, wanted);
        let names: Vec<_> = decoder.blocks().collect();
        assert_eq!(names, [(34, Some("Monoradar service messages"), 1), (77, None, 1), (240, Some("Radar video"), 1)]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_either_accepted_or_counted(
            bytes in prop::collection::vec(prop_oneof![Just(10_u8), Just(0), Just(65), any::<u8>()], 0..500),
        ) {
            let mut decoder = decoder();
            let reports = feed(&mut decoder, &bytes);
            prop_assert_eq!(decoder.tally().accepted(), reports.len() as u64);
            prop_assert!(decoder.tally().adds_up());
            prop_assert!(bytes.is_empty() || decoder.tally().received() > 0);
        }
    }
}
