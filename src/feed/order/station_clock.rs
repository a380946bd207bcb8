//! How far the clock of an AIS station is off, learned from the ships that it hears.
//!
//! A position report carries the UTC second of its fix, which comes from GNSS; the station writes when it received it.
//! The gap between the two, taken over many ships, is the station's clock offset. Robust: the mean of what lies within
//! 1.5 s of the median of the last reports, so neither ships with a wrong second nor damaged tags move it. Works for
//! stations that write whole seconds too, where a single report says little.

use crate::units::EventTime;

/// Reports that the estimate rests on.
const WINDOW: usize = 256;
/// A new estimate is made after this many reports (and after 4, 8 and 16 in the beginning).
const REFRESH: u32 = 32;
/// Reports farther than this from the median are left out, in milliseconds.
const INLIER_MS: i64 = 1_500;
/// A fix whose second lies farther than this from the station's corrected time is not believed to be of that second,
/// in milliseconds: some transponders send a second that never changes.
const FIX_AGE_MAX_MS: i64 = 5_000;
/// The time from a fix to its reception as a rule: the fix is cut to its second, so half a second, in milliseconds.
const HALF_SECOND_MS: i64 = 500;

/// Running estimate of one station's clock offset.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct StationClock {
    #[serde(with = "crate::units::saved_array")]
    gaps_ms: [i32; WINDOW],
    reports: u32,
    offset_ms: Option<i64>,
    whole_seconds: bool,
}

impl Default for StationClock {
    fn default() -> Self {
        Self { gaps_ms: [0; WINDOW], reports: 0, offset_ms: None, whole_seconds: true }
    }
}

impl StationClock {
    /// Milliseconds that the station's clock is ahead of UTC; `None` before four reports. Good to a quarter of a second
    /// or so, where reports have no delay of their own.
    pub fn offset_ms(&self) -> Option<i64> {
        self.offset_ms
    }

    /// Reports that have been learned from.
    pub fn reports(&self) -> u32 {
        self.reports
    }

    /// Learns from one report: received at `tag` by the station's clock, with the UTC second of its fix.
    pub fn learn(&mut self, tag: EventTime, utc_second: u8) {
        if tag.as_millis().rem_euclid(1000) != 0 {
            self.whole_seconds = false;
        }
        let gap_ms = gap_ms(self.centre(tag), utc_second);
        let slot = self.reports as usize % WINDOW;
        if let Some(place) = self.gaps_ms.get_mut(slot) {
            *place = gap_ms as i32;
        }
        self.reports = self.reports.saturating_add(1);
        if matches!(self.reports, 4 | 8 | 16) || self.reports.is_multiple_of(REFRESH) {
            self.offset_ms = Some(self.estimate());
        }
    }

    /// The station's time in UTC, as good as is known.
    pub fn corrected(&self, tag: EventTime) -> EventTime {
        self.centre(tag).plus_millis(-self.offset_ms.unwrap_or(0))
    }

    /// When the fix was made in UTC: the instant within its second that is nearest to the station's corrected time.
    /// `None` when the two are so far apart that one of them must be wrong.
    pub fn fix_time(&self, tag: EventTime, utc_second: u8) -> Option<EventTime> {
        let corrected = self.corrected(tag);
        let gap_ms = gap_ms(corrected, utc_second);
        // `gap` is to the middle of the second.
        if gap_ms.abs() > FIX_AGE_MAX_MS + CLOCK_SLACK_MS * i64::from(self.offset_ms.is_none()) {
            return None;
        }
        let middle = corrected.plus_millis(-gap_ms);
        Some(corrected.clamp(middle.plus_millis(-HALF_SECOND_MS), middle.plus_millis(HALF_SECOND_MS - 1)))
    }

    /// A time in whole seconds stands for any instant of that second: its middle is the best guess.
    fn centre(&self, tag: EventTime) -> EventTime {
        if self.whole_seconds { tag.plus_millis(HALF_SECOND_MS) } else { tag }
    }

    fn estimate(&self) -> i64 {
        let mut gaps_ms = self.gaps_ms;
        let used = (self.reports as usize).min(WINDOW);
        let Some(gaps_ms) = gaps_ms.get_mut(..used).filter(|gaps| !gaps.is_empty()) else { return 0 };
        let (_, &mut median, _) = gaps_ms.select_nth_unstable(used / 2);
        let median = i64::from(median);
        let (sum, count) = gaps_ms
            .iter()
            .map(|&gap| i64::from(gap))
            .filter(|gap| (gap - median).abs() <= INLIER_MS)
            .fold((0, 0), |(sum, count), gap| (sum + gap, count + 1));
        if count == 0 { median } else { (sum as f64 / count as f64).round() as i64 }
    }
}

/// Allowed on top of [`FIX_AGE_MAX_MS`] while the offset is unknown.
const CLOCK_SLACK_MS: i64 = super::CLOCK_OFF_MAX_MS;

/// Milliseconds from the middle of the nearest second that is `utc_second` of a minute to `time`: within half a minute.
fn gap_ms(time: EventTime, utc_second: u8) -> i64 {
    let in_minute = time.as_millis().rem_euclid(60_000);
    let middle = i64::from(utc_second) * 1000 + HALF_SECOND_MS;
    (in_minute - middle + 30_000).rem_euclid(60_000) - 30_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a station with its clock `offset_ms` off writes of a report sent at `sent_ms`.
    fn heard(sent_ms: i64, offset_ms: i64, whole: bool) -> (EventTime, u8) {
        let tag = sent_ms + offset_ms;
        let tag = if whole { tag.div_euclid(1000) * 1000 } else { tag };
        (EventTime::from_millis(tag), (sent_ms / 1000 % 60) as u8)
    }

    proptest! {
        #[test]
        fn any_offset_up_to_two_seconds_is_found(offset_ms in -2_000_i64..=2_000, whole: bool, seed in 1_u64..1_000) {
            let mut clock = StationClock::default();
            let (mut sent_ms, mut state) = (1_776_438_400_000_i64, seed);
            for _ in 0..600 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                sent_ms += (state >> 33) as i64 % 900;
                let (tag, mut second) = heard(sent_ms, offset_ms, whole);
                if state >> 60 == 0 {
                    second = 7; // one ship in sixteen sends a second that never changes
                }
                clock.learn(tag, second);
            }
            let found = clock.offset_ms().unwrap();
            prop_assert!((found - offset_ms).abs() < 200, "{found} against {offset_ms}");
            let (tag, second) = heard(sent_ms, offset_ms, whole);
            let error = clock.fix_time(tag, second).unwrap().millis_since(EventTime::from_millis(sent_ms));
            prop_assert!(error.abs() <= if whole { 1_000 } else { 200 }, "{error}");
        }
    }

    #[test]
    fn the_fix_lies_within_its_second_although_nothing_is_known_of_the_clock() {
        let clock = StationClock::default();
        let tag = EventTime::parse_rfc3339("2026-04-17T15:07:00.900Z").unwrap();
        let fix = clock.fix_time(tag, 58).unwrap();
        assert_eq!(fix.to_string(), "2026-04-17T15:06:58.999Z");
    }

    #[test]
    fn a_second_that_cannot_be_right_is_not_used() {
        let clock = StationClock::default();
        assert_eq!(clock.fix_time(EventTime::from_seconds(1_776_438_400), 25), None);
    }
}
