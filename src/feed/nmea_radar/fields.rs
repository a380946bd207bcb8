//! Fields of radar sentences: numbers as the standard writes them, and nothing that merely looks like one.

use super::NmeaRadarRefusal;
use crate::geodesy::LatLon;

/// The comma-separated fields of a sentence, without its address.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a>(std::slice::Split<'a, u8, fn(&u8) -> bool>);

impl<'a> Fields<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        let is_comma: fn(&u8) -> bool = |&byte| byte == b',';
        Self(data.split(is_comma))
    }

    /// The next field; empty when it is empty, and when there are no more: older sets leave the last fields out.
    pub(super) fn next(&mut self) -> &'a [u8] {
        self.0.next().unwrap_or_default()
    }

    /// A field that may be empty, as a number.
    pub(super) fn number(&mut self) -> Result<Option<Number>, NmeaRadarRefusal> {
        Number::read(self.next())
    }

    /// A field with one of these letters; the first of them stands for an empty field.
    pub(super) fn letter(&mut self, allowed: &[u8]) -> Result<u8, NmeaRadarRefusal> {
        match self.next() {
            [] => allowed.first().copied().ok_or(NmeaRadarRefusal::Fields),
            // NUL in `allowed` stands for the empty field only.
            [letter] if *letter != 0 && allowed.contains(letter) => Ok(*letter),
            _ => Err(NmeaRadarRefusal::Fields),
        }
    }

    /// How many fields are left.
    pub(super) fn left(&self) -> usize {
        self.0.clone().count()
    }
}

/// A number as written: its value, and how many digits stand behind the point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number {
    pub(super) value: f64,
    pub(super) decimals: u8,
}

/// The most characters of a number: what is longer is no measurement.
const NUMBER_BYTES_MAX: usize = 16;

impl Number {
    /// Reads digits with at most one point and perhaps a sign before them. `NaN`, `inf` and `1e308` are no numbers of the
    /// standard.
    pub(super) fn read(field: &[u8]) -> Result<Option<Self>, NmeaRadarRefusal> {
        if field.is_empty() {
            return Ok(None);
        }
        let (negative, digits) = match field {
            [b'-', rest @ ..] => (true, rest),
            _ => (false, field),
        };
        let (mut value, mut decimals, mut point, mut any) = (0.0, 0_u8, false, false);
        for &byte in digits.iter().take(NUMBER_BYTES_MAX + 1) {
            match byte {
                b'0'..=b'9' => {
                    value = value * 10.0 + f64::from(byte - b'0');
                    decimals += u8::from(point);
                    any = true;
                }
                b'.' if !point => point = true,
                _ => return Err(NmeaRadarRefusal::Fields),
            }
        }
        if !any || digits.len() > NUMBER_BYTES_MAX {
            return Err(NmeaRadarRefusal::Fields);
        }
        value /= 10.0_f64.powi(i32::from(decimals));
        Ok(Some(Self { value: if negative { -value } else { value }, decimals }))
    }
}

/// A number inside a range.
pub(super) fn within(number: Option<Number>, low: f64, high: f64) -> Result<Option<Number>, NmeaRadarRefusal> {
    match number {
        Some(number) if !(low..=high).contains(&number.value) => Err(NmeaRadarRefusal::Range),
        other => Ok(other),
    }
}

/// A true or relative angle, 0 to 360 degrees; 360 is 0.
pub(super) fn angle(number: Option<Number>) -> Result<Option<Number>, NmeaRadarRefusal> {
    let number = within(number, 0.0, 360.0)?;
    Ok(number.map(|number| Number { value: if number.value == 360.0 { 0.0 } else { number.value }, ..number }))
}

/// Milliseconds since midnight from `hhmmss.ss`; `None` for an empty field. A leap second is a time of day.
pub(super) fn time_of_day(field: &[u8]) -> Result<Option<i64>, NmeaRadarRefusal> {
    let bad = NmeaRadarRefusal::Time;
    if field.is_empty() {
        return Ok(None);
    }
    let two = |tens: u8, ones: u8| match (tens, ones) {
        (b'0'..=b'9', b'0'..=b'9') => Ok(i64::from(tens - b'0') * 10 + i64::from(ones - b'0')),
        _ => Err(bad),
    };
    let &[h1, h2, m1, m2, s1, s2, ref rest @ ..] = field else { return Err(bad) };
    let (hours, minutes, seconds) = (two(h1, h2)?, two(m1, m2)?, two(s1, s2)?);
    let part_s = match rest {
        [] => 0.0,
        [b'.', digits @ ..] if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) => {
            Number::read(rest).map_err(|_| bad)?.map_or(0.0, |part| part.value)
        }
        _ => return Err(bad),
    };
    if hours > 23 || minutes > 59 || seconds > 60 {
        return Err(bad);
    }
    Ok(Some(((hours * 60 + minutes) * 60 + seconds) * 1000 + (part_s * 1000.0).round() as i64))
}

/// Latitude and longitude from `ddmm.mmm,N,dddmm.mmm,E`.
pub(super) fn position(fields: &mut Fields<'_>) -> Result<LatLon, NmeaRadarRefusal> {
    let lat_deg = degrees(fields.next(), fields.next(), 2, (b'N', b'S'))?;
    let lon_deg = degrees(fields.next(), fields.next(), 3, (b'E', b'W'))?;
    let position = LatLon::new(lat_deg, lon_deg);
    if position.is_valid() { Ok(position) } else { Err(NmeaRadarRefusal::Position) }
}

fn degrees(field: &[u8], side: &[u8], width: usize, (plus, minus): (u8, u8)) -> Result<f64, NmeaRadarRefusal> {
    let bad = NmeaRadarRefusal::Position;
    let (whole, minutes) = field.split_at_checked(width).ok_or(bad)?;
    // Minutes have two digits before the point.
    if !minutes.iter().take(2).all(u8::is_ascii_digit) || minutes.len() < 2 {
        return Err(bad);
    }
    let whole = Number::read(whole).ok().flatten().filter(|number| number.decimals == 0 && number.value >= 0.0);
    let minutes = Number::read(minutes).ok().flatten().filter(|number| number.value < 60.0);
    let value = whole.ok_or(bad)?.value + minutes.ok_or(bad)?.value / 60.0;
    match side {
        [letter] if *letter == plus => Ok(value),
        [letter] if *letter == minus => Ok(-value),
        _ => Err(bad),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_what_the_standard_writes_is_a_number() {
        let value = |text: &str| Number::read(text.as_bytes()).map(|number| number.map(|number| number.value));
        for (text, wanted) in [("4.1", 4.1), ("004.7", 4.7), ("-1", -1.0), ("0", 0.0), (".5", 0.5), ("5.", 5.0)] {
            assert_eq!(value(text), Ok(Some(wanted)), "{text}");
        }
        assert_eq!(value(""), Ok(None));
        for text in ["NaN", "inf", "1e308", "1.2.3", "--1", "-", ".", "+1", " 1", "0x1", "12345678901234567"] {
            assert_eq!(value(text), Err(NmeaRadarRefusal::Fields), "{text}");
        }
    }

    #[test]
    fn a_time_of_day_has_its_ranges() {
        assert_eq!(time_of_day(b"100000.30"), Ok(Some(36_000_300)));
        assert_eq!(time_of_day(b"235960"), Ok(Some(86_400_000)));
        for text in ["256199.99", "783344", "1000", "10000a", "100000.", "100000.1e3", "-10000", "100000,"] {
            assert_eq!(time_of_day(text.as_bytes()), Err(NmeaRadarRefusal::Time), "{text}");
        }
    }

    #[test]
    fn a_position_is_a_place_on_earth_or_refused() {
        let read = |text: &str| position(&mut Fields::new(text.as_bytes()));
        let got = read("1959.0440,N,11018.6001,E").unwrap();
        assert!((got.lat_deg - 19.984_066_67).abs() < 1e-8 && (got.lon_deg - 110.310_001_67).abs() < 1e-8);
        assert!(read("1959.0440,S,11018.6001,W").unwrap().lat_deg < 0.0);
        for text in [
            "9959.999,N,18159.999,E",
            "1959.04,X,11018.60,E",
            "1960.00,N,11018.60,E",
            "19,N,110,E",
            ",,,",
            "-159.0,N,11018.6,E",
        ] {
            assert_eq!(read(text), Err(NmeaRadarRefusal::Position), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_number_written_is_read_back(value in -9_999_999_i64..9_999_999, decimals in 0_usize..5) {
            let written = format!("{:.decimals$}", value as f64 / 10.0_f64.powi(decimals as i32));
            let read = Number::read(written.as_bytes()).unwrap().unwrap();
            prop_assert_eq!(read.value, written.parse::<f64>().unwrap());
            prop_assert_eq!(usize::from(read.decimals), decimals);
        }
    }
}
