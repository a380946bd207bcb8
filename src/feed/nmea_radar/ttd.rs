//! TTD: up to four tracked targets in a sentence, in six-bit armour like that of AIS.
//!
//! Each target takes 90 bits, fifteen characters: 2 protocol version, 10 number, 12 bearing (0.1 degree), 12 speed (0.1 kn),
//! 12 course (0.1 degree), 12 heading reported by AIS (0.1 degree, 4095 none), 3 status, 1 test, 14 distance (0.01 NM),
//! 1 speed mode, 1 stabilisation, 2 reserved, 8 correlation number.
//!
//! **Source**: IEC 61162-1 edition 4 names the sentence; the layout is as one public recording (Raymarine) and one public
//! encoder have it. The standard's text was not available.

use arrayvec::ArrayVec;

use super::NmeaRadarRefusal;
use super::fields::Fields;
use super::sentence::TargetStatus;
use crate::units::{METRES_PER_NAUTICAL_MILE, MPS_PER_KNOT};

/// The most targets of one sentence.
pub const TTD_TARGETS_MAX: usize = 4;
/// Characters of one target.
const TARGET_CHARACTERS: usize = 15;
/// One step of a distance in metres.
pub(super) const DISTANCE_STEP_M: f64 = METRES_PER_NAUTICAL_MILE / 100.0;
/// One step of an angle in degrees.
pub(super) const ANGLE_STEP_DEG: f64 = 0.1;
/// "No heading", and by the same habit any angle beyond a turn.
const ANGLE_MAX: u32 = 3600;

/// One TTD sentence.
#[derive(Clone, Debug, PartialEq)]
pub struct Ttd {
    /// Sentences of this group.
    pub count: u8,
    /// Which of them this is, from 1.
    pub number: u8,
    /// Number of the group, 0 to 9; some sets leave it out.
    pub group: Option<u8>,
    /// The targets.
    pub targets: ArrayVec<TtdTarget, TTD_TARGETS_MAX>,
}

/// One target of a TTD sentence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TtdTarget {
    /// Target number.
    pub number: u16,
    /// Bearing in degrees true.
    pub bearing_deg: f64,
    /// Distance in metres.
    pub distance_m: f64,
    /// Speed in m/s.
    pub speed_mps: f64,
    /// Course in degrees true.
    pub course_deg: f64,
    /// Heading by AIS, in degrees true.
    pub heading_deg: Option<f64>,
    /// How the radar holds it.
    pub status: TargetStatus,
    /// A test target.
    pub test: bool,
    /// Speed and course are relative to the own ship.
    pub relative_speed: bool,
    /// Stabilised over ground, not through water.
    pub over_ground: bool,
}

/// Reads the fields of a TTD sentence: count, number, group, data, fill bits.
pub(super) fn read_ttd(fields: &mut Fields<'_>) -> Result<Ttd, NmeaRadarRefusal> {
    if fields.left() < 5 {
        return Err(NmeaRadarRefusal::Fields);
    }
    // Count and number are hexadecimal.
    let (count, number) = (hex(fields.next())?, hex(fields.next())?);
    let group = match fields.next() {
        [] => None,
        &[digit @ b'0'..=b'9'] => Some(digit - b'0'),
        _ => return Err(NmeaRadarRefusal::Fields),
    };
    let data = fields.next();
    let [b'0'..=b'5'] = fields.next() else { return Err(NmeaRadarRefusal::Fields) };
    if count == 0 || number == 0 || number > count {
        return Err(NmeaRadarRefusal::Fields);
    }
    if data.is_empty()
        || !data.len().is_multiple_of(TARGET_CHARACTERS)
        || data.len() > TTD_TARGETS_MAX * TARGET_CHARACTERS
    {
        return Err(NmeaRadarRefusal::TtdLength);
    }
    let mut targets = ArrayVec::new();
    for characters in data.chunks_exact(TARGET_CHARACTERS) {
        // No more than there is room for, by the check above.
        let _ = targets.try_push(target(characters)?);
    }
    Ok(Ttd { count, number, group, targets })
}

fn target(characters: &[u8]) -> Result<TtdTarget, NmeaRadarRefusal> {
    let mut packed = 0_u128;
    for &character in characters {
        packed = packed << 6 | u128::from(six_bits(character).ok_or(NmeaRadarRefusal::Armour)?);
    }
    let mut left: u32 = 6 * TARGET_CHARACTERS as u32;
    let mut take = |bits: u32| {
        left -= bits;
        (packed >> left) as u32 & ((1 << bits) - 1)
    };
    let (_version, number, bearing, speed) = (take(2), take(10), take(12), take(12));
    let (course, heading, status, test) = (take(12), take(12), take(3), take(1));
    let (distance, mode, stabilisation) = (take(14), take(1), take(1));
    if bearing > ANGLE_MAX || course > ANGLE_MAX {
        return Err(NmeaRadarRefusal::Range);
    }
    let degrees = |steps: u32| f64::from(steps % ANGLE_MAX) / 10.0;
    Ok(TtdTarget {
        number: number as u16,
        bearing_deg: degrees(bearing),
        distance_m: f64::from(distance) * DISTANCE_STEP_M,
        speed_mps: f64::from(speed) / 10.0 * MPS_PER_KNOT,
        course_deg: degrees(course),
        heading_deg: (heading <= ANGLE_MAX).then(|| degrees(heading)),
        // 1 acquiring, 2 lost, 4 to 7 tracked with and without alarms; 0 not tracked, 3 reserved.
        status: match status {
            1 => TargetStatus::Acquiring,
            2 => TargetStatus::Lost,
            4.. => TargetStatus::Tracking,
            _ => TargetStatus::None,
        },
        test: test == 1,
        relative_speed: mode == 1,
        over_ground: stabilisation == 1,
    })
}

/// The value of a character of six-bit armour: `0` to `W` and `` ` `` to `w`.
fn six_bits(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'W' => Some(character - b'0'),
        b'`'..=b'w' => Some(character - b'8'),
        _ => None,
    }
}

fn hex(field: &[u8]) -> Result<u8, NmeaRadarRefusal> {
    let digits = std::str::from_utf8(field).ok().filter(|text| matches!(text.len(), 1 | 2) && !text.starts_with('+'));
    digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).ok_or(NmeaRadarRefusal::Fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(data: &str) -> Result<Ttd, NmeaRadarRefusal> {
        read_ttd(&mut Fields::new(data.as_bytes()))
    }

    #[test]
    fn a_public_line_of_a_real_set_is_read() {
        let ttd = read("01,01,,0PP10Eg@wwP74@0,0").unwrap();
        let target = ttd.targets[0];
        assert_eq!((ttd.count, ttd.number, ttd.group, ttd.targets.len()), (1, 1, None, 1));
        assert_eq!((target.number, target.bearing_deg, target.course_deg), (32, 204.9, 302.4));
        assert!((target.speed_mps - 2.1 * MPS_PER_KNOT).abs() < 1e-9);
        assert!((target.distance_m - 4.52 * 1852.0).abs() < 1e-6);
        assert_eq!((target.status, target.heading_deg, target.over_ground), (TargetStatus::Tracking, None, true));
    }

    #[test]
    fn damage_is_refused_by_name() {
        use NmeaRadarRefusal::*;
        for (data, reason) in [
            ("01,01,0,0PP1 Eg@wwP74@0,0", Armour),
            ("01,01,0,0PP10Eg,0", TtdLength),
            ("01,01,0,,0", TtdLength),
            ("01,02,0,0PP10Eg@wwP74@0,0", Fields),
            ("00,00,0,0PP10Eg@wwP74@0,0", Fields),
            ("01,01,0", Fields),
            ("+1,01,0,0PP10Eg@wwP74@0,0", Fields),
            ("01,01,x,0PP10Eg@wwP74@0,0", Fields),
        ] {
            assert_eq!(read(data), Err(reason), "{data}");
        }
    }

    proptest! {
        #[test]
        fn a_target_is_read_back_as_packed(
            number in 0_u128..1024, bearing in 0_u128..3600, speed in 0_u128..4096, course in 0_u128..3600,
            distance in 0_u128..16384, status in 0_u128..8,
        ) {
            let fields = [(0, 2), (number, 10), (bearing, 12), (speed, 12), (course, 12), (4095, 12), (status, 3), (0, 1), (distance, 14), (0, 12)];
            let packed = fields.iter().fold(0_u128, |packed, (value, bits)| packed << bits | value);
            let armour = |six: u8| char::from(if six < 40 { six + b'0' } else { six + b'8' });
            let data: String = (0..15).rev().map(|place| armour((packed >> (6 * place)) as u8 & 63)).collect();
            let target = read(&format!("01,01,3,{data},0")).unwrap().targets[0];
            prop_assert_eq!(u128::from(target.number), number);
            prop_assert_eq!((target.bearing_deg * 10.0).round() as u128, bearing);
            prop_assert_eq!((target.course_deg * 10.0).round() as u128, course);
            prop_assert_eq!((target.speed_mps / MPS_PER_KNOT * 10.0).round() as u128, speed);
            prop_assert_eq!((target.distance_m / DISTANCE_STEP_M).round() as u128, distance);
        }
    }
}
