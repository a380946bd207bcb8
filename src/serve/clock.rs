//! The only look at the wall clock in the server: the stamp of live records, and how often the picture is shown.

#![allow(clippy::disallowed_types)]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::units::EventTime;

/// The present instant by the machine's clock.
pub fn now() -> EventTime {
    let millis = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        // A machine that believes in 1969 is wrong, but stamps records in order all the same.
        Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |millis| -millis),
    };
    EventTime::from_millis(millis)
}

/// Says how long a group of writes still waits for company.
#[derive(Debug)]
pub struct GroupTimer {
    span: Duration,
    last: Option<Instant>,
}

impl GroupTimer {
    /// Groups at least `span` apart; the first at once.
    pub fn new(span: Duration) -> Self {
        Self { span, last: None }
    }

    /// A group is written now.
    pub fn restart(&mut self) {
        self.last = Some(Instant::now());
    }

    /// How long the next one has to wait.
    pub fn left(&self) -> Duration {
        self.last.map_or(Duration::ZERO, |last| self.span.saturating_sub(last.elapsed()))
    }
}

/// Measures how long something takes.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// From now on.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// How long it has been.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// Says yes at most once in a span of wall-clock time, and less often to what takes long.
#[derive(Debug)]
pub struct Pacer {
    span: Duration,
    /// The span, or as much more as the last time asks for.
    wait: Duration,
    last: Option<Instant>,
}

impl Pacer {
    /// At most once in `span`; the first time at once.
    pub fn new(span: Duration) -> Self {
        Self { span, wait: span, last: None }
    }

    /// Whether it is time again.
    pub fn is_due(&mut self) -> bool {
        let now = Instant::now();
        let due = self.last.is_none_or(|last| now.duration_since(last) >= self.wait);
        if due {
            self.last = Some(now);
        }
        due
    }

    /// What was due took `cost`: the next time comes when that is no more than one part in `parts` of the time between, `longest`
    /// at the latest.
    pub fn took(&mut self, cost: Duration, parts: u32, longest: Duration) {
        self.wait = self.span.max(cost.saturating_mul(parts).min(longest));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_long_comes_seldom_and_never_more_often_than_asked() {
        let (span, longest) = (Duration::from_millis(100), Duration::from_secs(1));
        let mut pacer = Pacer::new(span);
        let mut wait = |cost_ms| {
            pacer.took(Duration::from_millis(cost_ms), 20, longest);
            pacer.wait.as_millis()
        };
        assert_eq!([wait(1), wait(5), wait(15), wait(400)], [100, 100, 300, 1_000]);
    }
}
