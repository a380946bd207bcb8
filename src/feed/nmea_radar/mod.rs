//! Radars that speak NMEA 0183 (IEC 61162-1): navigation sets on shore and aboard patrol craft.
//!
//! TTM, TTD and TLL tell tracked targets, OSD and VHW heading and speed of the own ship, RSD how the set is adjusted; RMC,
//! GGA, HDT and ZDA in the same feed tell where a radar aboard is (read by [`super::own_ship`]). A target becomes a
//! [`RadarPlot`] with its number: the set's own opinion of a track. Other sentences are passed over.
//!
//! What is particular to these sets and minded here:
//! - Numbers come in steps. A bearing in tenths of a degree is 39 m across at 12 NM, so the step goes into the error
//!   ([`Rounding`]). Sets leave zeros at the end out, so the finest step that a feed has shown counts.
//! - One target is told several times, as TTM, TTD and TLL. They are one measurement: the best of them is taken, the
//!   others are passed over while it speaks.
//! - A bearing may be from the bow: then the heading of OSD or HDT is added, and without one the target is refused.
//! - A radar aboard moves between two fixes: its position is carried on with its speed to the instant of the target.

mod fields;
mod refusal;
mod sentence;
mod ttd;

use super::nmea::{Framed, LINE_MAX, Piece, TagBlock, checksum, pieces};
use super::observation::{Content, RadarPlot, Rounding};
use super::own_ship::{self, OwnShipDecoder, OwnShipReport, nearest_day};
use super::sensor::SensorTable;
use super::tally::{Place, Tally};
use crate::geodesy::{LatLon, distance_m, position_to_polar};
use crate::units::{Bearing, EventTime, SensorId};

pub use refusal::NmeaRadarRefusal;
pub use sentence::{
    AngleFrom, Osd, RadarSentence, Rsd, Stepped, TargetName, TargetStatus, Tll, Ttm, Vhw, read_sentence,
};
pub use ttd::{TTD_TARGETS_MAX, Ttd, TtdTarget};

/// How long a heading or an own position holds, in milliseconds.
const OWN_SHIP_MS_MAX: i64 = 30_000;
/// While a better sentence has told a target so lately, in milliseconds, the others are passed over.
const TELLER_MS: i64 = 30_000;
/// A radar aboard is moved when it has gone so far, in metres.
const MOVED_M: f64 = 1.0;
/// How far beyond its claimed range a radar is believed, as a factor.
const RANGE_TOLERANCE: f64 = 1.05;
/// The fastest track that is believed, in m/s, as for ASTERIX.
const SPEED_MPS_MAX: f64 = 150.0;
/// Target numbers: 0 to 1023.
const NUMBERS: usize = 1024;

/// The count of a feed of such sentences, by reason of refusal.
pub type NmeaRadarTally = Tally<NmeaRadarRefusal, { NmeaRadarRefusal::COUNT }>;

/// What was passed over in accepted sentences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PassedOver {
    /// Sentences of kinds that are not read.
    pub other_sentences: u64,
    /// Targets that another sentence tells better.
    pub told_again: u64,
    /// Targets that the set does not track.
    pub not_tracked: u64,
}

/// Which sentence tells a target, the best first: TTM has a time, TTD has none, TLL has no bearing of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
enum Teller {
    Ttm,
    Ttd,
    Tll,
}

/// What is known of the ship that carries the radar.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
struct Carrier {
    /// Latest fix, with its time; `None` for a radar on land.
    fix: Option<(EventTime, LatLon)>,
    /// Speed over ground in m/s and course in degrees.
    motion: Option<(f64, f64)>,
    /// True heading in degrees and when it was received.
    heading: Option<(EventTime, f64)>,
    /// Where the sensor was last said to be.
    told: Option<LatLon>,
}

impl Carrier {
    /// Where the ship is at `time`; `None` without a fresh fix.
    fn at(&self, time: EventTime) -> Option<LatLon> {
        let (fixed, position) = self.fix?;
        let since_ms = time.millis_since(fixed);
        if since_ms.abs() > OWN_SHIP_MS_MAX {
            return None;
        }
        let Some((speed, course)) = self.motion else { return Some(position) };
        let (east, north) = Bearing::from_deg(course).unit_vector();
        let way_m = speed * since_ms as f64 / 1000.0;
        Some(position.moved_m(east * way_m, north * way_m))
    }

    fn heading_at(&self, time: EventTime) -> Option<f64> {
        self.heading.filter(|(told, _)| time.millis_since(*told).abs() <= OWN_SHIP_MS_MAX).map(|(_, heading)| heading)
    }
}

/// A target as any of the three sentences tells it.
struct Target {
    number: Option<u16>,
    teller: Teller,
    place: TargetPlace,
    velocity: Option<(f64, f64)>,
    status: TargetStatus,
    test: bool,
}

enum TargetPlace {
    Polar { distance_m: f64, bearing_deg: f64, from: AngleFrom },
    Geographic(LatLon),
}

/// Decodes the feed of one radar, line by line.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct NmeaRadarDecoder {
    /// The radar: its position on land, and how far it is believed.
    site: Option<(LatLon, f64)>,
    carrier: Carrier,
    own_ship: OwnShipDecoder,
    /// Who told each target last, and when it was received.
    tellers: Box<[Option<(Teller, EventTime)>]>,
    /// Likewise of targets without a number.
    unnumbered: Option<(Teller, EventTime)>,
    /// Finest steps of distance and bearing that TTM has shown.
    finest: Option<(f64, f64)>,
    /// Group and number of the last TTD sentence.
    ttd: Option<(u8, Option<u8>, u8)>,
    range_scale_m: Option<f64>,
    passed_over: PassedOver,
    tally: NmeaRadarTally,
}

impl NmeaRadarDecoder {
    /// A decoder for the radar `sensor` of a table.
    pub fn new(sensor: SensorId, sensors: &SensorTable) -> Self {
        let radar = sensors.get(sensor).and_then(|sensor| Some((sensor.position?, sensor.radar?)));
        Self {
            site: radar.map(|(position, claims)| (position, claims.max_range_m * RANGE_TOLERANCE)),
            carrier: Carrier::default(),
            own_ship: OwnShipDecoder::new(),
            tellers: vec![None; NUMBERS].into_boxed_slice(),
            unnumbered: None,
            finest: None,
            ttd: None,
            range_scale_m: None,
            passed_over: PassedOver::default(),
            tally: NmeaRadarTally::default(),
        }
    }

    /// Takes one line and gives what it says to `give`, each with its time where the sentence or its tag block tells one.
    /// `received` tells the date, and what else is still fresh.
    pub fn push_line(
        &mut self,
        line: &[u8],
        number: u64,
        received: EventTime,
        give: &mut impl FnMut(Option<EventTime>, Content),
    ) {
        let place = Place::Line(number);
        if line.len() > LINE_MAX {
            self.tally.receive();
            return self.tally.refuse_text(NmeaRadarRefusal::LineTooLong, place, line);
        }
        for piece in pieces(line) {
            self.tally.receive();
            let read = match piece {
                Piece::Sentence(framed) => self.sentence(&framed, received, give).map_err(|why| (why, framed.body)),
                Piece::Cut(cut) => Err((NmeaRadarRefusal::NoChecksum, cut)),
                Piece::Text(text) if text.first() != Some(&b'#') => Err((NmeaRadarRefusal::NoSentence, text)),
                Piece::TagAlone(_) | Piece::Text(_) => Ok(()),
            };
            match read {
                Ok(()) => self.tally.accept(),
                Err((why, text)) => self.tally.refuse_text(why, place, text),
            }
        }
    }

    /// Sentences received, accepted (passed over included) and refused.
    pub fn tally(&self) -> &NmeaRadarTally {
        &self.tally
    }

    /// What was passed over in accepted sentences.
    pub fn passed_over(&self) -> PassedOver {
        self.passed_over
    }

    /// The range scale that the set shows now, in metres; what lies beyond it is not tracked.
    pub fn range_scale_m(&self) -> Option<f64> {
        self.range_scale_m
    }

    fn sentence(
        &mut self,
        framed: &Framed<'_>,
        received: EventTime,
        give: &mut impl FnMut(Option<EventTime>, Content),
    ) -> Result<(), NmeaRadarRefusal> {
        if checksum(framed.body) != framed.stated {
            return Err(NmeaRadarRefusal::Checksum);
        }
        let tag_time = framed.tag.and_then(|tag| TagBlock::parse(tag).ok()).and_then(|tag| tag.time);
        let dated = |of_day_ms: Option<i64>| of_day_ms.map(|ms| nearest_day(ms, received)).or(tag_time);
        match read_sentence(framed.body)? {
            Some(RadarSentence::Ttm(ttm)) => {
                let time = dated(ttm.time_of_day_ms);
                let steps = (ttm.distance_m.step, ttm.bearing_deg.step);
                let finest = self.finest.get_or_insert(steps);
                *finest = (finest.0.min(steps.0), finest.1.min(steps.1));
                let rounding = Rounding::of_steps(finest.0, finest.1);
                self.target(ttm.into(), rounding, time, received, give)
            }
            Some(RadarSentence::Tll(tll)) => {
                let time = dated(tll.time_of_day_ms);
                self.target(tll.into(), Rounding::default(), time, received, give)
            }
            Some(RadarSentence::Ttd(ttd)) => {
                let follows = self.ttd == Some((ttd.count, ttd.group, ttd.number - 1));
                self.ttd = Some((ttd.count, ttd.group, ttd.number));
                if ttd.number > 1 && !follows {
                    return Err(NmeaRadarRefusal::TtdOrphan);
                }
                let rounding = Rounding::of_steps(ttd::DISTANCE_STEP_M, ttd::ANGLE_STEP_DEG);
                // One target that cannot be used does not spoil the others; the sentence is refused when none can.
                let mut refused = None;
                let mut used = 0;
                for target in ttd.targets {
                    match self.target(target.into(), rounding, tag_time, received, give) {
                        Ok(()) => used += 1,
                        Err(why) => refused = Some(why),
                    }
                }
                refused.filter(|_| used == 0).map_or(Ok(()), Err)
            }
            Some(RadarSentence::Osd(osd)) => {
                self.steer(osd.heading_deg, received);
                if osd.over_ground {
                    self.carrier.motion = osd.speed_mps.zip(osd.course_deg);
                }
                Ok(())
            }
            Some(RadarSentence::Vhw(vhw)) => {
                self.steer(vhw.heading_deg, received);
                Ok(())
            }
            Some(RadarSentence::Rsd(rsd)) => {
                self.range_scale_m = rsd.range_scale_m.or(self.range_scale_m);
                Ok(())
            }
            None => match self.own_ship.sentence(framed) {
                Ok(Some(report)) => {
                    self.sail(&report, received, give);
                    Ok(())
                }
                Ok(None) => {
                    self.passed_over.other_sentences += 1;
                    Ok(())
                }
                Err(own_ship::Refusal::NoFix) => Err(NmeaRadarRefusal::NoFix),
                Err(own_ship::Refusal::Range) => Err(NmeaRadarRefusal::Range),
                Err(_) => Err(NmeaRadarRefusal::Fields),
            },
        }
    }

    fn steer(&mut self, heading_deg: Option<f64>, received: EventTime) {
        if let Some(heading_deg) = heading_deg {
            self.carrier.heading = Some((received, heading_deg));
        }
    }

    /// Takes what the ship's own receivers say of it.
    fn sail(&mut self, report: &OwnShipReport, received: EventTime, give: &mut impl FnMut(Option<EventTime>, Content)) {
        self.steer(report.heading_deg, received);
        if let Some(motion) = report.sog_mps.zip(report.cog_deg) {
            self.carrier.motion = Some(motion);
        }
        if let Some(position) = report.position {
            self.carrier.fix = Some((report.time.unwrap_or(received), position));
            self.move_to(position, report.time, give);
        }
    }

    fn move_to(
        &mut self,
        position: LatLon,
        time: Option<EventTime>,
        give: &mut impl FnMut(Option<EventTime>, Content),
    ) {
        if self.carrier.told.is_none_or(|told| distance_m(told, position) > MOVED_M) {
            self.carrier.told = Some(position);
            give(time, Content::Carrier(position));
        }
    }

    /// Where the radar is at `time`, and how far it is believed.
    fn place(&self, time: EventTime) -> Result<(LatLon, f64), NmeaRadarRefusal> {
        let (site, range_max_m) = self.site.ok_or(NmeaRadarRefusal::UnknownSensor)?;
        if self.carrier.fix.is_none() {
            return Ok((site, range_max_m));
        }
        let position = self.carrier.at(time).ok_or(NmeaRadarRefusal::NoOwnPosition)?;
        Ok((position, range_max_m))
    }

    fn target(
        &mut self,
        target: Target,
        mut rounding: Rounding,
        time: Option<EventTime>,
        received: EventTime,
        give: &mut impl FnMut(Option<EventTime>, Content),
    ) -> Result<(), NmeaRadarRefusal> {
        let (own, range_max_m) = self.place(time.unwrap_or(received))?;
        let (range_m, azimuth_deg) = match target.place {
            TargetPlace::Polar { distance_m, bearing_deg, from: AngleFrom::North } => (distance_m, bearing_deg),
            TargetPlace::Polar { distance_m, bearing_deg, from: AngleFrom::Bow } => {
                let heading_deg = self.carrier.heading_at(received).ok_or(NmeaRadarRefusal::NoHeading)?;
                // The heading is told in the same steps.
                rounding.azimuth_deg *= std::f64::consts::SQRT_2;
                (distance_m, Bearing::from_deg(bearing_deg + heading_deg).deg())
            }
            TargetPlace::Geographic(position) => {
                let (azimuth, range_m) = position_to_polar(own, position);
                (range_m, azimuth.deg())
            }
        };
        if range_m > range_max_m || range_m <= 0.0 {
            return Err(NmeaRadarRefusal::BeyondReach);
        }
        if target.velocity.is_some_and(|(speed, _)| speed > SPEED_MPS_MAX) {
            return Err(NmeaRadarRefusal::SpeedOutside);
        }
        if target.teller == Teller::Ttd && target.status == TargetStatus::None {
            self.passed_over.not_tracked += 1;
            return Ok(());
        }
        if !self.is_best_told(target.number, target.teller, received) {
            self.passed_over.told_again += 1;
            return Ok(());
        }
        if self.carrier.fix.is_some() {
            self.move_to(own, time, give);
        }
        let lost = target.status == TargetStatus::Lost;
        let plot = RadarPlot {
            range_m,
            azimuth_deg,
            track_number: target.number,
            velocity: target.velocity.filter(|_| target.status != TargetStatus::Acquiring),
            track_ended: lost,
            coasted: lost,
            amplitude: None,
            length_m: None,
            test_target: target.test,
            rounding,
        };
        give(time, Content::RadarPlot(plot));
        Ok(())
    }

    /// Whether no better sentence tells this target at present; notes who does.
    fn is_best_told(&mut self, number: Option<u16>, teller: Teller, received: EventTime) -> bool {
        let told = match number {
            Some(number) => self.tellers.get_mut(usize::from(number)),
            None => Some(&mut self.unnumbered),
        };
        let Some(told) = told else { return true };
        let fresh = |when: EventTime| received.millis_since(when) <= TELLER_MS;
        if told.is_some_and(|(other, when)| other < teller && fresh(when)) {
            return false;
        }
        *told = Some((teller, received));
        if self.unnumbered.is_none_or(|(other, when)| teller <= other || !fresh(when)) {
            self.unnumbered = Some((teller, received));
        }
        true
    }
}

impl From<Ttm> for Target {
    fn from(ttm: Ttm) -> Self {
        let from = ttm.bearing_from;
        // A course from the bow is the motion relative to the own ship.
        let velocity = ttm.speed_mps.zip(ttm.course_deg).filter(|_| ttm.course_from == AngleFrom::North);
        let place = TargetPlace::Polar { distance_m: ttm.distance_m.value, bearing_deg: ttm.bearing_deg.value, from };
        Self { number: Some(ttm.number), teller: Teller::Ttm, place, velocity, status: ttm.status, test: false }
    }
}

impl From<Tll> for Target {
    fn from(tll: Tll) -> Self {
        let place = TargetPlace::Geographic(tll.position);
        Self { number: tll.number, teller: Teller::Tll, place, velocity: None, status: tll.status, test: false }
    }
}

impl From<TtdTarget> for Target {
    fn from(ttd: TtdTarget) -> Self {
        let place =
            TargetPlace::Polar { distance_m: ttd.distance_m, bearing_deg: ttd.bearing_deg, from: AngleFrom::North };
        Self {
            number: Some(ttd.number),
            teller: Teller::Ttd,
            place,
            velocity: (!ttd.relative_speed).then_some((ttd.speed_mps, ttd.course_deg)),
            status: ttd.status,
            test: ttd.test,
        }
    }
}

#[cfg(test)]
mod tests;
