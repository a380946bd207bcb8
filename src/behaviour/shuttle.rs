//! Shuttle runs: a small craft that goes to and fro between a vessel at rest and the shore lands what the vessel carries, a
//! little at a time. Each stay may be too short for any rule; the coming and going is not.

use arrayvec::ArrayVec;

use crate::geodesy::{LatLon, distance_m};
use crate::units::EventTime;

/// The most runs that are remembered.
const RUNS: usize = 4;
/// Landings no farther apart than this in metres are on one stretch of shore.
const STRETCH_M: f64 = 1_000.0;

/// One run: alongside a vessel, then at the shore.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Run {
    host: u64,
    landed: EventTime,
    place: LatLon,
}

/// The runs of one craft.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Shuttle {
    /// The vessel that it was alongside last, and when, until it lands.
    visited: Option<(u64, EventTime)>,
    runs: ArrayVec<Run, RUNS>,
}

impl Shuttle {
    /// It lies alongside the vessel of this number.
    pub(super) fn visit(&mut self, host: u64, now: EventTime) {
        self.visited = Some((host, now));
    }

    /// It is at the shore here: the end of a run, if it comes from a vessel.
    pub(super) fn land(&mut self, place: LatLon, now: EventTime, within_ms: i64) {
        let Some((host, left)) = self.visited.take() else { return };
        if now.millis_since(left) > within_ms {
            return;
        }
        if self.runs.is_full() {
            self.runs.remove(0);
        }
        self.runs.push(Run { host, landed: now, place });
    }

    /// How many runs from one vessel to one stretch of shore it has made in the last `within_ms`, and when the first of
    /// them ended.
    pub(super) fn runs(&self, now: EventTime, within_ms: i64) -> Option<(u32, EventTime)> {
        let last = self.runs.last()?;
        let alike = |run: &&Run| {
            run.host == last.host
                && now.millis_since(run.landed) <= within_ms
                && distance_m(run.place, last.place) <= STRETCH_M
        };
        let first = self.runs.iter().find(alike)?;
        Some((self.runs.iter().filter(alike).count() as u32, first.landed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_between_one_vessel_and_one_stretch_are_counted() {
        let at = EventTime::from_seconds;
        let beach = LatLon::new(20.0, 110.5);
        let mut shuttle = Shuttle::default();
        for (second, host, east_m) in [(0, 7, 0.0), (900, 7, 200.0), (1_800, 8, 0.0), (2_700, 7, 5_000.0)] {
            shuttle.visit(host, at(second));
            shuttle.land(beach.moved_m(east_m, 0.0), at(second + 300), 3_600_000);
            // It stays there: one run.
            shuttle.land(beach.moved_m(east_m, 0.0), at(second + 310), 3_600_000);
            let runs = shuttle.runs(at(second + 310), 3_600_000).map(|(count, _)| count);
            assert_eq!(runs, Some(if second == 900 { 2 } else { 1 }), "{second}");
        }
        assert_eq!(shuttle.runs(at(20_000), 3_600_000), None);
    }
}
