//! Radar sentences of NMEA 0183 / IEC 61162-1: what each says, before anything is made of it.
//!
//! **Source**: IEC 61162-1 edition 4, section 8.3 (TTM, TLL, OSD, RSD, VHW), as far as makers' manuals and public recordings
//! bear it out; TTD by the record layout that one public line and one public encoder agree on, see [`super::ttd`].

use arrayvec::ArrayString;

use super::NmeaRadarRefusal;
use super::fields::{Fields, Number, angle, position, time_of_day, within};
use super::ttd::{Ttd, read_ttd};
use crate::geodesy::LatLon;
use crate::units::{METRES_PER_NAUTICAL_MILE, MPS_PER_KNOT};

/// Target numbers end here: TTD has ten bits for them, TTM two or three digits.
const TARGET_NUMBER_MAX: f64 = 1023.0;
/// Bytes of the longest target name.
const NAME_BYTES_MAX: usize = 32;
/// The farthest distance that is taken for one, in metres: no ship's radar shows more than 120 NM.
const DISTANCE_M_MAX: f64 = 222_240.0;
/// The fastest speed that is taken for one, in knots.
const SPEED_KN_MAX: f64 = 999.9;

/// A target's name.
pub type TargetName = ArrayString<NAME_BYTES_MAX>;

/// How a radar holds a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetStatus {
    /// Not tracked.
    None,
    /// It has been lost: this is the last word of it.
    Lost,
    /// It is being acquired: position measured, motion not yet known.
    Acquiring,
    /// It is tracked.
    Tracking,
}

/// What an angle is measured from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AngleFrom {
    /// True north.
    North,
    /// The bow.
    Bow,
}

/// A distance, angle or speed with the step in which it was sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stepped {
    /// The value.
    pub value: f64,
    /// One step, in the same unit.
    pub step: f64,
}

/// TTM: a tracked target by distance and bearing from the own ship.
#[derive(Clone, Debug, PartialEq)]
pub struct Ttm {
    /// Target number.
    pub number: u16,
    /// Distance in metres.
    pub distance_m: Stepped,
    /// Bearing in degrees.
    pub bearing_deg: Stepped,
    /// What the bearing is measured from.
    pub bearing_from: AngleFrom,
    /// Speed in m/s.
    pub speed_mps: Option<f64>,
    /// Course in degrees.
    pub course_deg: Option<f64>,
    /// What the course is measured from; from the bow it is the motion relative to the own ship.
    pub course_from: AngleFrom,
    /// Name, when one was typed in.
    pub name: Option<TargetName>,
    /// How the radar holds it.
    pub status: TargetStatus,
    /// Milliseconds since midnight UTC.
    pub time_of_day_ms: Option<i64>,
}

/// TLL: a tracked target by latitude and longitude.
#[derive(Clone, Debug, PartialEq)]
pub struct Tll {
    /// Target number; some sets leave it out.
    pub number: Option<u16>,
    /// Where it is.
    pub position: LatLon,
    /// Name, when one was typed in.
    pub name: Option<TargetName>,
    /// How the radar holds it.
    pub status: TargetStatus,
    /// Milliseconds since midnight UTC.
    pub time_of_day_ms: Option<i64>,
}

/// OSD: heading, course and speed of the own ship as the radar uses them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Osd {
    /// True heading in degrees; `None` when it is marked as not valid.
    pub heading_deg: Option<f64>,
    /// Course in degrees true.
    pub course_deg: Option<f64>,
    /// Speed in m/s.
    pub speed_mps: Option<f64>,
    /// Course and speed are over ground: from bottom track or from positioning, not by water log, by hand or by radar.
    pub over_ground: bool,
}

/// RSD: how the radar is set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rsd {
    /// Range scale in use, in metres.
    pub range_scale_m: Option<f64>,
}

/// VHW: heading and speed through water.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vhw {
    /// True heading in degrees.
    pub heading_deg: Option<f64>,
    /// Speed through water in m/s.
    pub water_speed_mps: Option<f64>,
}

/// A radar sentence as read.
#[derive(Clone, Debug, PartialEq)]
pub enum RadarSentence {
    /// Target by distance and bearing.
    Ttm(Ttm),
    /// Target by latitude and longitude.
    Tll(Tll),
    /// Up to four targets, packed.
    Ttd(Ttd),
    /// Own ship.
    Osd(Osd),
    /// Settings.
    Rsd(Rsd),
    /// Water speed and heading.
    Vhw(Vhw),
}

/// Reads a sentence: `body` is what its checksum covers, `RATTM,01,...`. `None` for sentences of other kinds.
///
/// # Errors
/// [`NmeaRadarRefusal`] when it is one of these kinds and cannot be right.
pub fn read_sentence(body: &[u8]) -> Result<Option<RadarSentence>, NmeaRadarRefusal> {
    let [_, _, k1, k2, k3, b',', data @ ..] = body else { return Ok(None) };
    let mut fields = Fields::new(data);
    Ok(Some(match [*k1, *k2, *k3].as_slice() {
        b"TTM" => RadarSentence::Ttm(read_ttm(&mut fields)?),
        b"TLL" => RadarSentence::Tll(read_tll(&mut fields)?),
        b"TTD" => RadarSentence::Ttd(read_ttd(&mut fields)?),
        b"OSD" => RadarSentence::Osd(read_osd(&mut fields)?),
        b"RSD" => RadarSentence::Rsd(read_rsd(&mut fields)?),
        b"VHW" => RadarSentence::Vhw(read_vhw(&mut fields)?),
        _ => return Ok(None),
    }))
}

fn read_ttm(fields: &mut Fields<'_>) -> Result<Ttm, NmeaRadarRefusal> {
    let number = target_number(fields)?.ok_or(NmeaRadarRefusal::Fields)?;
    let distance = fields.number()?.ok_or(NmeaRadarRefusal::Fields)?;
    let bearing = angle(fields.number()?)?.ok_or(NmeaRadarRefusal::Fields)?;
    let bearing_from = angle_from(fields)?;
    let speed = fields.number()?;
    let course = angle(fields.number()?)?;
    let course_from = angle_from(fields)?;
    // Closest point of approach: distance and minutes, negative when it lies behind. They must be numbers.
    fields.number()?;
    fields.number()?;
    // The unit stands behind what it is the unit of: distance, speed and closest approach alike.
    let unit = Unit::read(fields)?;
    let distance_m = unit.distance(distance);
    if !(0.0..=DISTANCE_M_MAX).contains(&distance_m.value) {
        return Err(NmeaRadarRefusal::Range);
    }
    let name = name(fields.next())?;
    let status = status(fields.next())?;
    // Reference target.
    fields.letter(b"\0R")?;
    let time_of_day_ms = time_of_day(fields.next())?;
    // Automatic, manual, reported: says nothing of the position. Sets of edition 3 and older leave time and this out.
    fields.letter(b"AMRU")?;
    Ok(Ttm {
        number,
        distance_m,
        bearing_deg: Stepped { value: bearing.value, step: step_of(bearing) },
        bearing_from,
        speed_mps: within(speed, 0.0, SPEED_KN_MAX)?.map(|speed| speed.value * unit.mps),
        course_deg: course.map(|course| course.value),
        course_from,
        name,
        status,
        time_of_day_ms,
    })
}

fn read_tll(fields: &mut Fields<'_>) -> Result<Tll, NmeaRadarRefusal> {
    let number = target_number(fields)?;
    let position = position(fields)?;
    let name = name(fields.next())?;
    let time_of_day_ms = time_of_day(fields.next())?;
    let status = status(fields.next())?;
    fields.letter(b"\0R")?;
    Ok(Tll { number, position, name, status, time_of_day_ms })
}

fn read_osd(fields: &mut Fields<'_>) -> Result<Osd, NmeaRadarRefusal> {
    let heading = angle(fields.number()?)?;
    let valid = fields.letter(b"AV")? == b'A';
    let course = angle(fields.number()?)?;
    let course_by = fields.letter(b"\0BMWRP")?;
    let speed = within(fields.number()?, 0.0, SPEED_KN_MAX)?;
    let speed_by = fields.letter(b"\0BMWRP")?;
    // Set and drift of the current as typed in.
    angle(fields.number()?)?;
    fields.number()?;
    let unit = match fields.letter(b"NKS")? {
        b'K' => KILOMETRES,
        b'S' => STATUTE_MILES,
        _ => NAUTICAL_MILES,
    };
    let over_ground = |by: u8| matches!(by, b'B' | b'P');
    Ok(Osd {
        heading_deg: heading.filter(|_| valid).map(|heading| heading.value),
        course_deg: course.map(|course| course.value),
        speed_mps: speed.map(|speed| speed.value * unit.mps),
        over_ground: over_ground(course_by) && over_ground(speed_by),
    })
}

fn read_rsd(fields: &mut Fields<'_>) -> Result<Rsd, NmeaRadarRefusal> {
    // Two origins with range marker and bearing line each, then the cursor: settings of the display.
    for _ in 0..10 {
        fields.number()?;
    }
    let scale = within(fields.number()?, 0.0, SPEED_KN_MAX)?;
    let unit = Unit::read(fields)?;
    // Display rotation: course up, head up, north up.
    fields.letter(b"\0CHN")?;
    Ok(Rsd { range_scale_m: scale.map(|scale| scale.value * unit.metres) })
}

fn read_vhw(fields: &mut Fields<'_>) -> Result<Vhw, NmeaRadarRefusal> {
    let heading = angle(fields.number()?)?;
    fields.letter(b"T")?;
    // Magnetic heading: not needed, but it must be a number.
    angle(fields.number()?)?;
    fields.letter(b"M")?;
    let knots = within(fields.number()?, 0.0, SPEED_KN_MAX)?;
    fields.letter(b"N")?;
    let kilometres = within(fields.number()?, 0.0, 2.0 * SPEED_KN_MAX)?;
    fields.letter(b"K")?;
    let by_knots = knots.map(|knots| knots.value * MPS_PER_KNOT);
    let water_speed_mps = by_knots.or(kilometres.map(|kilometres| kilometres.value * KILOMETRES.mps));
    Ok(Vhw { heading_deg: heading.map(|heading| heading.value), water_speed_mps })
}

/// A unit of distance with the speed that goes with it.
#[derive(Clone, Copy, Debug)]
struct Unit {
    metres: f64,
    mps: f64,
}

const NAUTICAL_MILES: Unit = Unit { metres: METRES_PER_NAUTICAL_MILE, mps: MPS_PER_KNOT };
const KILOMETRES: Unit = Unit { metres: 1000.0, mps: 1.0 / 3.6 };
const STATUTE_MILES: Unit = Unit { metres: 1609.344, mps: 0.447_04 };

impl Unit {
    fn read(fields: &mut Fields<'_>) -> Result<Self, NmeaRadarRefusal> {
        Ok(match fields.letter(b"NKS")? {
            b'K' => KILOMETRES,
            b'S' => STATUTE_MILES,
            _ => NAUTICAL_MILES,
        })
    }

    fn distance(self, number: Number) -> Stepped {
        Stepped { value: number.value * self.metres, step: step_of(number) * self.metres }
    }
}

/// One step of a number as written.
fn step_of(number: Number) -> f64 {
    10.0_f64.powi(-i32::from(number.decimals))
}

fn target_number(fields: &mut Fields<'_>) -> Result<Option<u16>, NmeaRadarRefusal> {
    let number = fields.number().map_err(|_| NmeaRadarRefusal::TargetNumber)?;
    match number {
        None => Ok(None),
        Some(Number { value, decimals: 0 }) if (0.0..=TARGET_NUMBER_MAX).contains(&value) => Ok(Some(value as u16)),
        Some(_) => Err(NmeaRadarRefusal::TargetNumber),
    }
}

fn angle_from(fields: &mut Fields<'_>) -> Result<AngleFrom, NmeaRadarRefusal> {
    Ok(if fields.letter(b"TR")? == b'R' { AngleFrom::Bow } else { AngleFrom::North })
}

/// A name: printable ASCII, or another text of a maker of which only the printable part is kept.
fn name(field: &[u8]) -> Result<Option<TargetName>, NmeaRadarRefusal> {
    if field.len() > NAME_BYTES_MAX {
        return Err(NmeaRadarRefusal::NameTooLong);
    }
    let mut name = TargetName::new();
    for byte in field.iter().filter(|byte| matches!(byte, b' '..=b'~')) {
        // No more bytes than the field has.
        let _ = name.try_push(char::from(*byte));
    }
    Ok((!name.trim().is_empty()).then_some(name))
}

fn status(field: &[u8]) -> Result<TargetStatus, NmeaRadarRefusal> {
    match field {
        b"L" => Ok(TargetStatus::Lost),
        b"Q" => Ok(TargetStatus::Acquiring),
        b"T" => Ok(TargetStatus::Tracking),
        [] => Ok(TargetStatus::None),
        _ => Err(NmeaRadarRefusal::Fields),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ttm(body: &str) -> Result<Ttm, NmeaRadarRefusal> {
        match read_sentence(body.as_bytes())? {
            Some(RadarSentence::Ttm(ttm)) => Ok(ttm),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_target_is_read_in_metres_and_metres_a_second_whatever_its_unit() {
        let miles = ttm("RATTM,11,25.3,13.7,T,7.0,20.0,T,10.1,20.2,N,NAME,Q,,175550.24,A").unwrap();
        assert!((miles.distance_m.value - 25.3 * 1852.0).abs() < 1e-9 && (miles.distance_m.step - 185.2).abs() < 1e-9);
        assert_eq!(miles.speed_mps, Some(7.0 * MPS_PER_KNOT));
        assert_eq!((miles.name.unwrap().as_str(), miles.time_of_day_ms), ("NAME", Some(64_550_240)));
        let kilometres = ttm("RATTM,11,25.3,13.7,R,36.0,20.0,T,,,K,,T,,,").unwrap();
        assert!((kilometres.distance_m.value - 25_300.0).abs() < 1e-9);
        assert!((kilometres.speed_mps.unwrap() - 10.0).abs() < 1e-9);
        assert_eq!((kilometres.bearing_from, kilometres.course_from), (AngleFrom::Bow, AngleFrom::North));
    }

    #[test]
    fn older_and_newer_layouts_are_read_alike() {
        let old = ttm("RATTM,06,2.564,311.0,R,0.3,047.6,T,,,N,,Q").unwrap();
        assert_eq!((old.number, old.status, old.time_of_day_ms), (6, TargetStatus::Acquiring, None));
        let trailing = ttm("RATTM,11,11.4,13.6,T,7.0,20.0,T,0.0,0.0,N,,Q,,154125.82,A,").unwrap();
        assert_eq!(trailing.time_of_day_ms, Some(56_485_820));
        assert_eq!(ttm("RATTM,02,3.55,297.3,T,,,T,0.13,,N,,Q,,,M").unwrap().speed_mps, None);
    }

    #[test]
    fn what_cannot_be_a_target_is_refused_by_name() {
        use NmeaRadarRefusal::*;
        for (body, reason) in [
            ("RATTM,,,,,,,,,,,,,,,", Fields),
            ("RATTM,01,NaN,inf,T,-1,400,T,,,N,,T,,100000.00,A", Fields),
            ("RATTM,01,1e308,45.0,T,1.0,2.0,T,,,N,,T,,100000.00,A", Fields),
            ("RATTM,01,130.0,45.0,T,1.0,2.0,T,,,N,,T,,100000.00,A", Range),
            ("RATTM,01,-1.0,45.0,T,1.0,2.0,T,,,N,,T,,100000.00,A", Range),
            ("RATTM,01,1.0,361.0,T,1.0,2.0,T,,,N,,T,,100000.00,A", Range),
            ("RATTM,99999999999,1.0,45.0,T,1.0,2.0,T,,,N,,T,,100000.00,A", TargetNumber),
            ("RATTM,01,1.0,45.0,T,1.0,2.0,T,,,N,,T,,256199.99,A", Time),
            ("RATTM,01,1.0,45.0,T,1.0,2.0,T,,,N,,X,,100000.00,A", Fields),
            ("RATTM,01,1.0,45.0,T,1.0,2.0,T,,,N,ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456,T,,100000.00,A", NameTooLong),
        ] {
            assert_eq!(ttm(body), Err(reason), "{body}");
        }
        assert_eq!(read_sentence(b"RATLL,01,9959.999,N,18159.999,E,X,100000.00,T,"), Err(Position));
    }

    #[test]
    fn settings_and_own_ship_are_read_and_others_passed_over() {
        let Ok(Some(RadarSentence::Rsd(rsd))) = read_sentence(b"RARSD,12,90,24,45,6,270,12,315,6.5,118,96,N,N") else {
            panic!()
        };
        assert_eq!(rsd.range_scale_m, Some(96.0 * 1852.0));
        let Ok(Some(RadarSentence::Osd(osd))) = read_sentence(b"RAOSD,35.1,A,36.0,P,10.2,P,15.3,0.1,N") else {
            panic!()
        };
        assert_eq!((osd.heading_deg, osd.course_deg, osd.over_ground), (Some(35.1), Some(36.0), true));
        let Ok(Some(RadarSentence::Osd(osd))) = read_sentence(b"RAOSD,35.1,V,,,,,,,") else { panic!() };
        assert_eq!(osd.heading_deg, None);
        let Ok(Some(RadarSentence::Vhw(vhw))) = read_sentence(b"VWVHW,125.1,T,124.8,M,,N,18.0,K") else { panic!() };
        assert_eq!((vhw.heading_deg, vhw.water_speed_mps), (Some(125.1), Some(5.0)));
        assert_eq!(read_sentence(b"RATLB,1,SHIPONE"), Ok(None));
        assert_eq!(read_sentence(b"X"), Ok(None));
    }
}
