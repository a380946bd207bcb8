//! Time of day to an instant: ASTERIX sends 1/128 s since midnight UTC and no date.

use crate::units::EventTime;

/// One step of an ASTERIX time of day is 1/128 s (I010/140).
pub const TICKS_PER_SECOND: u32 = 128;

/// The first number that is no time of day.
pub const TICKS_PER_DAY: u32 = 86_400 * TICKS_PER_SECOND;

/// The instant nearest to `reference` at which the time of day is `ticks` of 1/128 s, rounded to the millisecond.
///
/// Right as long as the reference is less than twelve hours off. `None` for 24 hours and more.
pub fn resolve_time_of_day(ticks: u32, reference: EventTime) -> Option<EventTime> {
    if ticks >= TICKS_PER_DAY {
        return None;
    }
    let of_day_ms = (i64::from(ticks) * 1000 + i64::from(TICKS_PER_SECOND / 2)) / i64::from(TICKS_PER_SECOND);
    let ahead_ms = (of_day_ms - reference.millis_of_day() + EventTime::DAY_MS / 2).rem_euclid(EventTime::DAY_MS)
        - EventTime::DAY_MS / 2;
    Some(reference.plus_millis(ahead_ms))
}

/// The time of day of an instant in 1/128 s, rounded to the nearest: the inverse of [`resolve_time_of_day`].
pub fn time_of_day_ticks(time: EventTime) -> u32 {
    let ticks = (time.millis_of_day() * i64::from(TICKS_PER_SECOND) + 500) / 1000;
    (ticks % i64::from(TICKS_PER_DAY)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> EventTime {
        EventTime::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn the_date_is_that_of_the_nearest_day() {
        let noon = 43_200 * TICKS_PER_SECOND;
        for (ticks, reference, wanted) in [
            (0, "2026-04-17T23:59:59Z", "2026-04-18T00:00:00Z"),
            (TICKS_PER_DAY - 128, "2026-04-18T00:00:05Z", "2026-04-17T23:59:59Z"),
            (noon + 64, "2026-04-17T15:00:00Z", "2026-04-17T12:00:00.500Z"),
            (1, "2026-04-17T00:00:00Z", "2026-04-17T00:00:00.008Z"),
            (3 * 3600 * 128, "2026-04-17T20:00:00Z", "2026-04-18T03:00:00Z"),
        ] {
            assert_eq!(resolve_time_of_day(ticks, at(reference)), Some(at(wanted)), "{ticks} near {reference}");
        }
        assert_eq!(resolve_time_of_day(TICKS_PER_DAY, at("2026-04-17T00:00:00Z")), None);
        assert_eq!(resolve_time_of_day(u32::MAX, at("2026-04-17T00:00:00Z")), None);
    }

    proptest! {
        #[test]
        fn a_time_of_day_survives_being_resolved_and_written(
            ticks in 0..TICKS_PER_DAY, reference in -4_000_000_000_000_i64..4_000_000_000_000,
        ) {
            let reference = EventTime::from_millis(reference);
            let time = resolve_time_of_day(ticks, reference).unwrap();
            prop_assert_eq!(time_of_day_ticks(time), ticks);
            prop_assert!(time.millis_since(reference).abs() <= EventTime::DAY_MS / 2);
        }
    }
}
