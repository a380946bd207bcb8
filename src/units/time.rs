//! Event time: integer milliseconds since the Unix epoch, UTC.

use std::fmt;

/// An instant of event time in milliseconds since 1970-01-01T00:00:00Z.
///
/// Sensor time, receive time and processing time are three different things; this type says which unit they are in,
/// the field that holds one says which of the three it is. Integer, so that equal input gives equal output to the bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct EventTime(i64);

impl EventTime {
    /// Milliseconds in a day of UTC (leap seconds are not counted, as in Unix time).
    pub const DAY_MS: i64 = 86_400_000;

    /// An instant from milliseconds since the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// An instant from whole seconds since the Unix epoch; saturates at the ends of the range.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// An instant from a date and time of day in UTC (proleptic Gregorian); `None` when a part cannot be.
    ///
    /// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
    pub fn from_utc(year: u16, month: u8, day: u8, hour: u8, minute: u8, second: u8, millis: u16) -> Option<Self> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days_in_month = match month {
            2 => 28 + u8::from(leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        let in_range = year <= 9999 && (1..=days_in_month).contains(&day);
        if !in_range || hour > 23 || minute > 59 || second > 59 || millis > 999 {
            return None;
        }
        // Years begin in March, so that the leap day is the last of its year.
        let (month, year) = (i64::from(month), i64::from(year) - i64::from(month <= 2));
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + i64::from(day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let days = era * 146_097 + day_of_era - 719_468;
        let seconds = (i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second);
        Some(Self(days * Self::DAY_MS + seconds * 1000 + i64::from(millis)))
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Seconds from `earlier` to this instant; negative when this instant is the earlier one.
    pub fn seconds_since(self, earlier: Self) -> f64 {
        self.millis_since(earlier) as f64 / 1000.0
    }

    /// Milliseconds from `earlier` to this instant, saturating.
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// This instant moved by `millis` (which may be negative), saturating.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// This instant moved by `seconds`, rounded to the millisecond.
    #[must_use]
    pub fn plus_seconds(self, seconds: f64) -> Self {
        self.plus_millis((seconds * 1000.0).round() as i64)
    }

    /// Milliseconds since midnight UTC of the day that holds this instant.
    pub const fn millis_of_day(self) -> i64 {
        self.0.rem_euclid(Self::DAY_MS)
    }

    /// Parses an RFC 3339 instant such as `2026-04-17T15:06:42.354Z`; parts of a millisecond are cut off.
    ///
    /// # Errors
    /// The reason in words when the text is no RFC 3339 instant.
    pub fn parse_rfc3339(text: &str) -> Result<Self, String> {
        text.parse::<jiff::Timestamp>().map(|stamp| Self(stamp.as_millisecond())).map_err(|error| error.to_string())
    }
}

/// Writes RFC 3339 with milliseconds: `2026-04-17T15:06:42.354Z`.
impl fmt::Display for EventTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(stamp) => write!(f, "{stamp:.3}"),
            Err(_) => write!(f, "{} ms since 1970", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_survives_being_written_and_read() {
        let instant = EventTime::parse_rfc3339("2026-04-17T15:06:42.354Z").unwrap();
        assert_eq!(instant.as_millis(), 1_776_438_402_354);
        assert_eq!(instant.to_string(), "2026-04-17T15:06:42.354Z");
        assert_eq!(EventTime::from_seconds(0).to_string(), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn every_day_from_1900_to_2100_agrees_with_the_calendar() {
        let mut date = jiff::civil::date(1900, 1, 1);
        while date.year() < 2100 {
            let (year, month, day) = (date.year() as u16, date.month() as u8, date.day() as u8);
            let got = EventTime::from_utc(year, month, day, 23, 59, 58, 7).unwrap();
            assert_eq!(got.to_string(), format!("{date}T23:59:58.007Z"));
            date = date.tomorrow().unwrap();
        }
        assert_eq!(EventTime::from_utc(2026, 2, 29, 0, 0, 0, 0), None);
        assert_eq!(EventTime::from_utc(2026, 4, 31, 0, 0, 0, 0), None);
        assert_eq!(EventTime::from_utc(2026, 13, 1, 0, 0, 0, 0), None);
        assert_eq!(EventTime::from_utc(2026, 1, 1, 24, 0, 0, 0), None);
    }

    #[test]
    fn the_time_of_day_counts_from_midnight_also_before_1970() {
        assert_eq!(EventTime::from_millis(-1).millis_of_day(), EventTime::DAY_MS - 1);
        assert_eq!(EventTime::from_millis(EventTime::DAY_MS).millis_of_day(), 0);
    }

    #[test]
    fn the_ends_of_the_range_do_not_overflow() {
        assert_eq!(EventTime::from_millis(i64::MAX).plus_millis(1).as_millis(), i64::MAX);
        assert!(!EventTime::from_millis(i64::MAX).to_string().is_empty());
    }
}
