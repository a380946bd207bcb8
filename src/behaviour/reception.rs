//! Where AIS is heard now: the reception of the other ships tells silence from a hole in the coverage.
//!
//! The sea is cut into cells of a twentieth of a degree (5.5 km). Each remembers in which of the last minutes any vessel in
//! it was heard, class A and class B apart: class B is weaker, and hearing the one proves nothing for the other. Nothing is
//! assumed of stations or their ranges. Memory is bounded by [`CELLS_MAX`]; cells that have been silent for half an hour
//! are forgotten.

use rustc_hash::FxHashMap;

use crate::geodesy::LatLon;
use crate::units::EventTime;

/// Side of a cell in degrees.
const CELL_DEG: f64 = 0.05;
/// Minutes that a cell remembers.
const MINUTES: i64 = 32;
/// The most cells: an area of 5 by 5 degrees. In a larger one cells not yet known wait until others are forgotten.
const CELLS_MAX: usize = 10_000;

/// When a cell was heard, one bit a minute, the latest in bit 0.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
struct Heard {
    minute: i64,
    class_a: u32,
    class_b: u32,
}

impl Heard {
    fn at(mut self, minute: i64) -> Self {
        let passed = (minute - self.minute).clamp(0, MINUTES) as u32;
        self.class_a = self.class_a.checked_shl(passed).unwrap_or(0);
        self.class_b = self.class_b.checked_shl(passed).unwrap_or(0);
        self.minute = minute;
        self
    }
}

/// The map of reception.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Reception {
    cells: FxHashMap<(i32, i32), Heard>,
    swept: i64,
    /// Minutes are counted from here: when anybody was first heard. So it does not matter at which second that was.
    origin: Option<EventTime>,
}

fn cell(place: LatLon) -> (i32, i32) {
    ((place.lat_deg / CELL_DEG).floor() as i32, (place.lon_deg / CELL_DEG).floor() as i32)
}

impl Reception {
    fn minute(&self, time: EventTime) -> i64 {
        self.origin.map_or(0, |origin| time.millis_since(origin).div_euclid(60_000))
    }

    /// A vessel at `place` was heard in the minute of `now`.
    pub(super) fn heard(&mut self, place: LatLon, class_a: bool, now: EventTime) {
        self.origin.get_or_insert(now);
        let minute = self.minute(now);
        let key = cell(place);
        if self.cells.len() >= CELLS_MAX && !self.cells.contains_key(&key) {
            return;
        }
        let heard = self.cells.entry(key).or_insert(Heard { minute, ..Heard::default() });
        *heard = heard.at(minute);
        if class_a {
            heard.class_a |= 1;
        } else {
            heard.class_b |= 1;
        }
    }

    /// In how many of the last `minutes` any vessel of the class was heard in the cell of `place` or one beside it, 0 to 1.
    pub(super) fn share(&self, place: LatLon, class_a: bool, minutes: u32, now: EventTime) -> f64 {
        self.share_around(place, 1, class_a, minutes, now)
    }

    /// The same for two cells to each side: 11 to 16 km.
    pub(super) fn share_wide(&self, place: LatLon, class_a: bool, minutes: u32, now: EventTime) -> f64 {
        self.share_around(place, 2, class_a, minutes, now)
    }

    fn share_around(&self, place: LatLon, reach: i32, class_a: bool, minutes: u32, now: EventTime) -> f64 {
        let (row, column) = cell(place);
        let mut bits = 0;
        for row in row - reach..=row + reach {
            for column in column - reach..=column + reach {
                if let Some(heard) = self.cells.get(&(row, column)) {
                    let heard = heard.at(self.minute(now));
                    // What is heard of class B would be heard of class A all the more.
                    bits |= if class_a { heard.class_a | heard.class_b } else { heard.class_b };
                }
            }
        }
        // The minute that runs is not over: it does not count.
        let minutes = minutes.clamp(1, MINUTES as u32 - 1);
        let window = ((1_u64 << minutes) - 1) as u32;
        f64::from(((bits >> 1) & window).count_ones()) / f64::from(minutes)
    }

    /// Forgets cells that have been silent for as long as they remember.
    pub(super) fn sweep(&mut self, now: EventTime) {
        let now = self.minute(now);
        if now - self.swept >= MINUTES {
            self.swept = now;
            self.cells.retain(|_, heard| now - heard.minute < MINUTES);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: LatLon = LatLon::new(20.01, 110.01);

    fn at(minutes: i64) -> EventTime {
        EventTime::from_seconds(minutes * 60 + 5)
    }

    #[test]
    fn a_place_is_heard_in_the_minutes_in_which_anyone_near_was() {
        let mut reception = Reception::default();
        for minute in 0..10 {
            if minute != 4 {
                reception.heard(HERE.moved_m(4_000.0, 0.0), true, at(minute));
            }
        }
        assert_eq!(reception.share(HERE, true, 10, at(10)), 0.9);
        assert_eq!(reception.share(HERE, true, 5, at(10)), 1.0);
        assert_eq!(reception.share(HERE, false, 10, at(10)), 0.0, "class B was not heard");
        assert_eq!(reception.share(HERE.moved_m(20_000.0, 0.0), true, 10, at(10)), 0.0, "far away nobody was");
        assert_eq!(reception.share(HERE, true, 10, at(30)), 0.0, "long ago");
    }

    #[test]
    fn silent_cells_are_forgotten() {
        let mut reception = Reception::default();
        reception.heard(HERE, true, at(0));
        reception.sweep(at(100));
        assert!(reception.cells.is_empty());
    }
}
