//! How long to wait before a neighbour that is away is tried again: a second, then twice as long each time, up to a minute, each
//! with as much again by chance, so that many sites do not come back at once.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// The first wait, without the chance.
const FIRST: Duration = Duration::from_secs(1);
/// The longest.
const LONGEST: Duration = Duration::from_secs(60);

/// The waits from one failure to the next. A success begins anew.
#[derive(Debug)]
pub struct Retry(ExponentialBackoff);

impl Default for Retry {
    fn default() -> Self {
        let waits = ExponentialBuilder::default().with_min_delay(FIRST).with_max_delay(LONGEST).with_jitter();
        Self(waits.without_max_times().build())
    }
}

impl Retry {
    /// The next wait.
    pub fn next_wait(&mut self) -> Duration {
        self.0.next().unwrap_or(LONGEST)
    }

    /// Begins with the first wait again.
    pub fn restart(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound_and_begin_anew_after_a_success() {
        let mut retry = Retry::default();
        let waits: Vec<Duration> = (0..40).map(|_| retry.next_wait()).collect();
        assert!(waits[0] >= FIRST && waits[0] <= 2 * FIRST, "{:?}", waits[0]);
        assert!(waits[39] >= LONGEST && waits[39] <= 2 * LONGEST, "{:?}", waits[39]);
        retry.restart();
        assert!(retry.next_wait() <= 2 * FIRST);
    }
}
