//! When a full map is worth looking through for what may go.

use crate::units::EventTime;

/// Seconds from one look to the next. In a flood of new keys a look at each would cost the whole map for every record.
const INTERVAL_S: f64 = 60.0;

/// The last look.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Sweep(Option<EventTime>);

impl Sweep {
    /// Whether a look is due at `now`; then it counts as taken.
    pub(super) fn is_due(&mut self, now: EventTime) -> bool {
        let due = self.0.is_none_or(|last| now.seconds_since(last).abs() >= INTERVAL_S);
        if due {
            self.0 = Some(now);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_looked_through_once_a_minute_and_a_clock_that_was_set_back_stops_no_look() {
        let mut sweep = Sweep::default();
        let looks: Vec<i64> = (0..200).filter(|&second| sweep.is_due(EventTime::from_millis(1_000 * second))).collect();
        assert_eq!(looks, [0, 60, 120, 180]);
        assert!(sweep.is_due(EventTime::from_millis(0)));
    }
}
