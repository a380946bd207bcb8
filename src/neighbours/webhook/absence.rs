//! For how long an endpoint has been away, and when it is tried again.

use std::time::Duration;

use super::answer::backoff;

/// An endpoint that does not answer, or asks for patience.
#[derive(Debug, Default)]
pub(super) struct Absence {
    /// Rounds of attempts in vain since the endpoint last answered.
    in_vain: i64,
    /// Nothing is tried before, milliseconds since 1970.
    not_before_ms: i64,
}

/// An attempt, by the rounds in vain before it. Attempts of one round that fail are one failure: else the first eight, under way
/// when the endpoint goes, would make it wait as if it had been away for minutes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    in_vain_before: i64,
}

impl Absence {
    /// Whether the endpoint was away when it was last tried.
    pub(super) fn is_away(&self) -> bool {
        self.in_vain > 0
    }

    /// How long nothing is to be tried yet, milliseconds; `None`: it may be.
    pub(super) fn wait_ms(&self, now_ms: i64) -> Option<i64> {
        (now_ms < self.not_before_ms).then(|| self.not_before_ms - now_ms)
    }

    /// Forgets the wait: somebody says that the endpoint is back.
    pub(super) fn try_now(&mut self) {
        self.not_before_ms = 0;
    }

    /// An attempt that begins now.
    pub(super) fn attempt(&self) -> Attempt {
        Attempt { in_vain_before: self.in_vain }
    }

    /// The endpoint has answered; returns whether it was away before.
    pub(super) fn is_over(&mut self) -> bool {
        std::mem::take(&mut self.in_vain) > 0
    }

    /// An attempt found the endpoint away, which asked to be left alone for `after` or said nothing; `waits` are the shortest and the
    /// longest wait. Returns whether that is news.
    pub(super) fn goes_on(
        &mut self,
        attempt: Attempt,
        after: Option<Duration>,
        waits: (Duration, Duration),
        now_ms: i64,
    ) -> bool {
        let is_first_of_round = attempt.in_vain_before == self.in_vain;
        if is_first_of_round {
            self.in_vain += 1;
        }
        let wait = after.or_else(|| is_first_of_round.then(|| backoff(self.in_vain, waits.0, waits.1)));
        if let Some(wait) = wait {
            self.not_before_ms = self.not_before_ms.max(now_ms.saturating_add(as_millis(wait)));
        }
        is_first_of_round && self.in_vain == 1
    }
}

/// A wait in milliseconds.
pub(super) fn as_millis(wait: Duration) -> i64 {
    i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAITS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(600));

    #[test]
    fn events_that_fail_together_are_one_failure() {
        let mut absence = Absence::default();
        let together = [absence.attempt(); 8];
        let news: Vec<bool> = together.iter().map(|attempt| absence.goes_on(*attempt, None, WAITS, 0)).collect();
        assert_eq!(news, [true, false, false, false, false, false, false, false]);
        let wait_ms = absence.wait_ms(0).expect("it is left alone");
        assert!((1_000..=2_001).contains(&wait_ms), "{wait_ms}");
    }

    #[test]
    fn each_round_in_vain_doubles_the_wait_and_an_answer_ends_it() {
        let mut absence = Absence::default();
        let mut now_ms = 0;
        for round in 0..5 {
            let attempt = absence.attempt();
            assert_eq!(absence.goes_on(attempt, None, WAITS, now_ms), round == 0);
            let wait_ms = absence.wait_ms(now_ms).expect("it is left alone");
            assert!((1_000 << round..=(2_000 << round) + 1).contains(&wait_ms), "round {round}: {wait_ms}");
            now_ms += wait_ms;
            assert_eq!(absence.wait_ms(now_ms), None);
        }
        assert!(absence.is_away() && absence.is_over());
        assert!(!absence.is_away() && !absence.is_over());
    }

    #[test]
    fn the_longest_wait_that_any_answer_asks_for_holds() {
        let mut absence = Absence::default();
        let together = [absence.attempt(); 2];
        absence.goes_on(together[0], None, WAITS, 0);
        absence.goes_on(together[1], Some(Duration::from_secs(30)), WAITS, 0);
        assert_eq!(absence.wait_ms(0), Some(30_000));
        absence.try_now();
        assert_eq!(absence.wait_ms(0), None);
    }
}
