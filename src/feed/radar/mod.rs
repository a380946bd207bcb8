//! From ASTERIX records to what fusion needs: plots, tracks and service messages of radars.
//!
//! Takes the frames of an [`asterix::BlockReader`](crate::feed::asterix::BlockReader), knows which radar of the sensor table a SAC/SIC belongs to, resolves
//! the date of the time of day, and gives polar measurements from the site. What it cannot use it counts and names, see
//! [`RadarRefusal`]: a record is either given out or counted there, never both, never neither.

mod cat010;
mod refusal;
mod time_of_day;

use arrayvec::ArrayVec;

use self::cat010::read;
use super::asterix::{Block, CAT010, Frame, RecordFault, Records, category, category_name};
use super::observation::Content;
use super::sensor::{SensorKind, SensorTable};
use super::tally::{Place, Tally};
use crate::geodesy::LatLon;
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
    /// [`Content::RadarPlot`] or [`Content::RadarService`].
    pub content: Content,
}

/// What the decoder needs of one radar.
#[derive(Clone, Copy, Debug)]
struct Site {
    /// SAC and SIC.
    source: [u8; 2],
    sensor: SensorId,
    position: Option<LatLon>,
    range_max_m: f64,
}

/// The decoder of one radar feed, which may carry several radars.
#[derive(Clone, Debug)]
pub struct RadarDecoder {
    /// Sorted by source.
    sites: Vec<Site>,
    tally: Tally<RadarRefusal, { RadarRefusal::COUNT }>,
    blocks: [u64; 256],
    blocks_cut: u64,
    unknown_sources: ArrayVec<([u8; 2], u64), UNKNOWN_SOURCES_MAX>,
}

impl RadarDecoder {
    /// A decoder for the radars of a sensor table.
    pub fn new(sensors: &SensorTable) -> Self {
        let mut sites: Vec<Site> = sensors
            .iter()
            .filter(|(_, sensor)| sensor.kind == SensorKind::Radar)
            .filter_map(|(id, sensor)| {
                let claims = sensor.radar?;
                Some(Site {
                    source: [claims.sac, claims.sic],
                    sensor: id,
                    position: sensor.position,
                    range_max_m: claims.max_range_m * RANGE_TOLERANCE,
                })
            })
            .collect();
        sites.sort_by_key(|site| site.source);
        Self { sites, tally: Tally::default(), blocks: [0; 256], blocks_cut: 0, unknown_sources: ArrayVec::new() }
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
            let content = match walked {
                Ok(record) if record.category().number == CAT010.number => read(&record, &self.sites, reference),
                Ok(_) => Err(RadarRefusal::CategoryNotUsed),
                Err(RecordFault::Truncated) if block.cut => Err(RadarRefusal::CutShort),
                Err(fault) => Err(fault.into()),
            };
            match content {
                Ok((sensor, time, content)) => {
                    self.tally.accept();
                    accept(RadarReport { sensor, time, offset, content });
                }
                Err(reason) => {
                    if let RadarRefusal::UnknownSource = reason
                        && let Some(Ok(record)) = Records::new(table, left).next()
                        && let Some(&[sac, sic]) = record.item(cat010::SOURCE)
                    {
                        self.note_unknown([sac, sic]);
                    }
                    self.tally.refuse_bytes(reason, Place::Byte(offset), left);
                }
            }
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

    fn note_unknown(&mut self, source: [u8; 2]) {
        match self.unknown_sources.iter_mut().find(|(known, _)| *known == source) {
            Some((_, count)) => *count += 1,
            None => {
                // When full the others are still counted, in the tally.
                let _ = self.unknown_sources.try_push((source, 1));
            }
        }
    }
}
