//! What an answer means, for the event and for the endpoint, and how long to wait then.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

/// How often an event is offered that the endpoint refuses (4xx, a redirect) before it is a dead letter.
pub const REFUSALS_MAX: i64 = 5;

/// How often an event is offered at which the endpoint fails (5xx) before it is a dead letter: over some six hours.
pub const FAILURES_MAX: i64 = 12;

/// The longest wait that an endpoint may ask for.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 3_600);

/// What came of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The endpoint has taken it (2xx).
    Taken,
    /// It is there, and will not take this event (4xx, 3xx).
    Refused(String),
    /// It fails at this event (500 and their like).
    Failed(String),
    /// It is not there, or too busy for any event; come back after that time where it says so.
    Away(String, Option<Duration>),
    /// It will never take anything again (410).
    Gone,
}

/// Reads an answer: status, the value of `retry-after`, the beginning of what was said.
pub fn read(status: u16, retry_after: Option<&str>, said: &str, now_s: i64) -> Answer {
    let words = if said.is_empty() { status.to_string() } else { format!("{status}: {said}") };
    match status {
        200..=299 => Answer::Taken,
        410 => Answer::Gone,
        429 | 503 => Answer::Away(words, retry_after.and_then(|value| wait(value, now_s))),
        408 | 502 | 504 => Answer::Away(words, None),
        300..=399 => Answer::Refused(format!("{words} (redirects are not followed: configure where it is)")),
        500..=599 => Answer::Failed(words),
        _ => Answer::Refused(words),
    }
}

/// `retry-after`: seconds, or an instant.
fn wait(value: &str, now_s: i64) -> Option<Duration> {
    let seconds = match value.trim().parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => {
            let until = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value.trim()).ok()?;
            u64::try_from(until.as_second() - now_s).unwrap_or(0)
        }
    };
    Some(Duration::from_secs(seconds).min(RETRY_AFTER_MAX))
}

/// How long to wait after so many attempts in vain (from 1): doubling between `shortest` and `longest`, plus up to as much again by
/// chance, so that servers that failed together do not come back together.
pub fn backoff(in_vain: i64, shortest: Duration, longest: Duration) -> Duration {
    let nth = usize::try_from(in_vain.clamp(1, 64)).unwrap_or(1) - 1;
    let mut waits = ExponentialBuilder::new()
        .with_min_delay(shortest)
        .with_max_delay(longest)
        .with_factor(2.0)
        .without_max_times()
        .with_jitter()
        .build();
    waits.nth(nth).unwrap_or(longest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_answer_is_about_the_event_or_about_the_endpoint() {
        let read = |status| read(status, None, "", 0);
        for status in [200, 202, 204] {
            assert_eq!(read(status), Answer::Taken);
        }
        assert_eq!(read(410), Answer::Gone);
        for status in [400, 401, 403, 404, 409, 413, 422] {
            assert_eq!(read(status), Answer::Refused(status.to_string()));
        }
        assert!(matches!(read(302), Answer::Refused(why) if why.contains("not followed")));
        assert!(matches!(read(500), Answer::Failed(_)) && matches!(read(501), Answer::Failed(_)));
        for status in [408, 429, 502, 503, 504] {
            assert!(matches!(read(status), Answer::Away(_, None)), "{status}");
        }
    }

    #[test]
    fn an_endpoint_that_says_when_to_come_back_is_heard() {
        let after = |value: &str| match read(429, Some(value), "slow down", 1_776_438_402) {
            Answer::Away(why, wait) => (why, wait.map(|wait| wait.as_secs())),
            other => panic!("{other:?}"),
        };
        assert_eq!(after("7"), ("429: slow down".to_owned(), Some(7)));
        // 15:06:42 it is; a minute and 18 s later.
        assert_eq!(after("Fri, 17 Apr 2026 15:08:00 GMT").1, Some(78));
        assert_eq!(after("Fri, 17 Apr 2026 15:00:00 GMT").1, Some(0), "an instant that is over");
        assert_eq!(after("99999999999").1, Some(24 * 3_600), "a day at most");
        assert_eq!(after("soon").1, None);
    }

    proptest! {
        #[test]
        fn waits_double_within_their_bounds(in_vain in 1_i64..200) {
            let (shortest, longest) = (Duration::from_secs(1), Duration::from_secs(600));
            let wait = backoff(in_vain, shortest, longest);
            let plain = Duration::from_secs(1 << (in_vain - 1).min(20)).min(longest);
            prop_assert!(wait >= plain && wait <= 2 * plain + Duration::from_millis(1), "{:?} after {}", wait, in_vain);
        }
    }
}
