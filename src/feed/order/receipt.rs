//! When the records of a recording were received, although no file says so.
//!
//! The rule (FORMAT.md): a record was received at the latest time of any sound record up to it in the same file. One
//! record whose clock jumps ahead would spoil that for all that follow, so a jump is believed only when it persists: the
//! records behind it are looked at before it is decided. A station that was down for twenty minutes is told from a damaged
//! time so.

use std::collections::VecDeque;

use crate::units::EventTime;

/// A record this much later than the latest so far, in milliseconds, is ordinary progress and believed at once. Well
/// below the 30 s that a record may be late, so that a damaged time that is believed makes nothing too late.
const STEP_MAX_MS: i64 = 5_000;
/// A jump is believed when this many records stand behind it, itself counted.
const SUPPORT: usize = 3;
/// A jump is disbelieved when this many ordinary records follow it (stragglers may follow a true jump).
const REFUTED_BY: usize = 3;
/// A record supports a jump when it is no more than this later, in milliseconds; a feed may be slow.
const SUPPORT_SPAN_MS: i64 = 3_600_000;
/// The most records that are held back until a jump is decided.
const HELD_MAX: usize = 64;
/// How far outside the stated span of a recording a record may lie, in milliseconds: clock offset and lateness.
const MARGIN_MS: i64 = 60_000;

/// A record with the instant at which it was received.
#[derive(Clone, Debug, PartialEq)]
pub struct Stamped<T> {
    /// The record as given.
    pub item: T,
    /// When it was received; never earlier than that of the record before.
    pub received: EventTime,
    /// Its own time jumps ahead and was not believed.
    pub suspect: bool,
}

/// Infers receipt for the records of one file, which are given in file order and come out in that order.
///
/// At most 64 records are held back at a time.
#[derive(Clone, Debug)]
pub struct ReceiptClock<T> {
    span: Option<(EventTime, EventTime)>,
    latest: Option<EventTime>,
    held: VecDeque<(T, Option<EventTime>)>,
    ready: VecDeque<Stamped<T>>,
    suspects: u64,
}

impl<T> ReceiptClock<T> {
    /// A clock for one file. `span` is from when to when the recording is said to go, where that is known: no record
    /// outside it moves the clock.
    pub fn new(span: Option<(EventTime, EventTime)>) -> Self {
        let span = span.map(|(from, to)| (from.plus_millis(-MARGIN_MS), to.plus_millis(MARGIN_MS)));
        Self { span, latest: None, held: VecDeque::new(), ready: VecDeque::new(), suspects: 0 }
    }

    /// Gives the next record of the file with its own time; `None` for one that has none or is not sound.
    pub fn push(&mut self, item: T, time: Option<EventTime>) {
        if self.held.is_empty() && self.is_ordinary(time) {
            self.release(item, time, false);
            return;
        }
        self.held.push_back((item, time));
        self.decide(false);
    }

    /// Says that the file has ended: what is held back is decided.
    pub fn finish(&mut self) {
        self.decide(true);
    }

    /// The next record whose receipt is decided.
    pub fn pop(&mut self) -> Option<Stamped<T>> {
        self.ready.pop_front()
    }

    /// The latest receipt so far; `None` before the first sound record.
    pub fn latest(&self) -> Option<EventTime> {
        self.latest
    }

    /// How many records jumped ahead and were not believed.
    pub fn suspects(&self) -> u64 {
        self.suspects
    }

    /// Whether a record needs no second look: no time, or no jump ahead.
    fn is_ordinary(&self, time: Option<EventTime>) -> bool {
        match (time, self.latest) {
            (None, latest) => latest.is_some(),
            (Some(time), Some(latest)) => time <= latest.plus_millis(STEP_MAX_MS),
            (Some(_), None) => false,
        }
    }

    fn in_span(&self, time: EventTime) -> bool {
        self.span.is_none_or(|(from, to)| (from..=to).contains(&time))
    }

    fn release(&mut self, item: T, time: Option<EventTime>, suspect: bool) {
        if let (Some(time), false) = (time, suspect) {
            self.latest = Some(self.latest.map_or(time, |latest| latest.max(time)));
        }
        self.suspects += u64::from(suspect);
        // Before the first sound record there is only the span to go by.
        let received = self.latest.or(self.span.map(|(from, _)| from)).unwrap_or_default();
        self.ready.push_back(Stamped { item, received, suspect });
    }

    /// Releases from the front of what is held back as far as can be decided.
    fn decide(&mut self, ended: bool) {
        while let Some(&(_, time)) = self.held.front() {
            if self.latest.is_none() {
                self.latest = self.first_believed(ended);
                if self.latest.is_none() && !ended && self.held.len() < HELD_MAX {
                    return;
                }
            }
            let suspect = match time.filter(|_| !self.is_ordinary(time)) {
                None => false,
                Some(jump) => match self.judge(jump) {
                    Some(believed) => !believed,
                    None if ended => !self.plausible_at_end(jump),
                    None if self.held.len() >= HELD_MAX => true,
                    None => return,
                },
            };
            let Some((item, time)) = self.held.pop_front() else { return };
            self.release(item, time, suspect);
        }
    }

    /// The first time of a file: of the first record that others support, or at its end of the first in its span.
    fn first_believed(&self, ended: bool) -> Option<EventTime> {
        let in_span =
            |&(place, time): &(usize, EventTime)| self.in_span(time) && (ended || self.support(place, time) >= SUPPORT);
        self.held
            .iter()
            .enumerate()
            .filter_map(|(place, (_, time))| Some((place, (*time)?)))
            .find(in_span)
            .map(|(_, time)| time)
    }

    /// Whether the jump at the front is believed; `None` while it cannot be told.
    fn judge(&self, jump: EventTime) -> Option<bool> {
        if !self.in_span(jump) {
            return Some(false);
        }
        if self.support(0, jump) >= SUPPORT {
            return Some(true);
        }
        let against = self.held.iter().skip(1).filter(|(_, time)| time.is_some() && self.is_ordinary(*time)).count();
        (against >= REFUTED_BY).then_some(false)
    }

    /// How many records from place `from` on are where a clock at `jump` would put them.
    fn support(&self, from: usize, jump: EventTime) -> usize {
        let span = jump.plus_millis(-STEP_MAX_MS)..=jump.plus_millis(SUPPORT_SPAN_MS);
        self.held
            .iter()
            .skip(from)
            .filter(|(_, time)| time.is_some_and(|time| !self.is_ordinary(Some(time)) && span.contains(&time)))
            .count()
    }

    /// A jump among the last records of a file: believed when nothing speaks against it and it is no longer than an hour.
    fn plausible_at_end(&self, jump: EventTime) -> bool {
        let refuted = self.held.iter().skip(1).any(|(_, time)| time.is_some() && self.is_ordinary(*time));
        let near = self.latest.is_none_or(|latest| jump.millis_since(latest) <= SUPPORT_SPAN_MS);
        self.in_span(jump) && !refuted && (near || self.span.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stamps(span: Option<(i64, i64)>, seconds: &[Option<i64>]) -> Vec<(i64, bool)> {
        let instant = EventTime::from_seconds;
        let mut clock = ReceiptClock::new(span.map(|(from, to)| (instant(from), instant(to))));
        let mut out = Vec::new();
        for (index, second) in seconds.iter().enumerate() {
            clock.push(index, second.map(instant));
            while let Some(stamped) = clock.pop() {
                out.push(stamped);
            }
        }
        clock.finish();
        while let Some(stamped) = clock.pop() {
            out.push(stamped);
        }
        assert!(out.iter().enumerate().all(|(index, stamped)| stamped.item == index), "in file order, none lost");
        out.iter().map(|stamped| (stamped.received.as_millis() / 1000, stamped.suspect)).collect()
    }

    fn timed(seconds: &[i64]) -> Vec<Option<i64>> {
        seconds.iter().copied().map(Some).collect()
    }

    #[test]
    fn a_late_record_was_received_with_the_latest_before_it() {
        let got = stamps(None, &[Some(100), Some(102), None, Some(90), Some(103)]);
        assert_eq!(got, [(100, false), (102, false), (102, false), (102, false), (103, false)]);
    }

    #[test]
    fn a_jump_that_does_not_persist_moves_nothing() {
        for jump in [8, 25, 86_400] {
            let got = stamps(None, &timed(&[100, 101, 102, 102 + jump, 103, 104, 105, 106]));
            assert_eq!(got[3], (102, true), "{jump}");
            assert_eq!(got[7], (106, false), "{jump}");
        }
    }

    #[test]
    fn a_station_that_was_down_is_believed_when_it_comes_back() {
        let got = stamps(None, &timed(&[100, 101, 102, 1_440, 1_441, 98, 1_441, 1_442]));
        let received: Vec<i64> = got.iter().map(|&(second, _)| second).collect();
        assert_eq!(received, [100, 101, 102, 1_440, 1_441, 1_441, 1_441, 1_442]);
        assert!(got.iter().all(|&(_, suspect)| !suspect));
    }

    #[test]
    fn a_slow_feed_is_stamped_with_its_own_times() {
        let got = stamps(None, &timed(&[0, 200, 500, 1_400, 1_450]));
        assert_eq!(got.iter().map(|&(second, _)| second).collect::<Vec<_>>(), [0, 200, 500, 1_400, 1_450]);
    }

    #[test]
    fn a_wrong_first_record_is_not_believed() {
        let got = stamps(None, &timed(&[90_000, 100, 101, 102, 103]));
        assert_eq!(got.last(), Some(&(103, false)));
        let got = stamps(Some((100, 200)), &timed(&[90_000, 90_001, 90_002, 90_003, 100, 101]));
        assert_eq!(got[0], (100, true));
        assert_eq!(got[5], (101, false));
    }

    #[test]
    fn records_without_time_before_the_first_are_received_with_it() {
        let got = stamps(None, &[None, None, Some(100), Some(100), Some(101)]);
        assert_eq!(got[0], (100, false));
        assert_eq!(stamps(None, &[None, None]).len(), 2);
        assert_eq!(stamps(Some((90, 99)), &[None])[0], (30, false));
    }

    #[test]
    fn the_last_record_after_a_long_silence_is_believed_inside_the_span() {
        let got = stamps(Some((0, 3_600)), &timed(&[0, 1, 2, 1_500]));
        assert_eq!(got[3], (1_500, false));
        let got = stamps(None, &timed(&[0, 1, 2, 86_402]));
        assert_eq!(got[3], (2, true));
    }

    proptest! {
        #[test]
        fn receipt_never_runs_back_and_no_record_is_lost(
            seconds in proptest::collection::vec(proptest::option::weighted(0.9, 0_i64..2_000), 0..300),
        ) {
            let got = stamps(None, &seconds);
            prop_assert_eq!(got.len(), seconds.len());
            prop_assert!(got.windows(2).all(|pair| pair[0].0 <= pair[1].0));
        }

        #[test]
        fn for_sound_feeds_receipt_is_the_running_maximum(
            steps in proptest::collection::vec((0_i64..4, 0_i64..30), 1..200),
        ) {
            let (mut now, mut latest, mut seconds, mut wanted) = (1_000, i64::MIN, Vec::new(), Vec::new());
            for (index, (step, late)) in steps.into_iter().enumerate() {
                now += step;
                // Every eighth record is late.
                let second = if index % 8 == 7 { now - late } else { now };
                latest = latest.max(second);
                seconds.push(Some(second));
                wanted.push(latest);
            }
            let got: Vec<i64> = stamps(None, &seconds).into_iter().map(|(second, _)| second).collect();
            prop_assert_eq!(got, wanted);
        }
    }
}
