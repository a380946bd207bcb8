//! How much of what ships send is received, by cell: between two reports of a ship lie those that nobody heard.
//!
//! Ships send at intervals that the standard sets by class, speed and status. A gap of three intervals is one report received and
//! two lost, in the waters where the ship is now. A silence of many intervals says nothing of reception: the ship may have
//! switched off, which is what reception is to be compared with.

use rustc_hash::FxHashMap;

use super::shares::{Cell, Expected, Shares};
use super::sweep::Sweep;
use crate::feed::observation::{AisPosition, AisStation};
use crate::geodesy::LatLon;
use crate::units::{EventTime, MPS_PER_KNOT, Mmsi};

/// A gap of more intervals than this is a silence.
const GAP_INTERVALS_MAX: f64 = 20.0;
/// No gap longer than this in seconds counts, whatever the interval.
const GAP_S_MAX: f64 = 1_800.0;
/// The most ships whose last report is remembered; those silent for longest make room.
const SHIPS_MAX: usize = 200_000;

/// Seconds between two reports of a ship (Recommendation ITU-R M.1371-5, annex 1, tables 1 and 2; without the faster ones while
/// a ship turns: then a report is never one of too few).
fn interval_s(report: &AisPosition) -> f64 {
    let knots = report.sog_mps.map_or(5.0, |sog_mps| sog_mps / MPS_PER_KNOT);
    match report.station {
        // At anchor, moored or aground.
        AisStation::ClassA if matches!(report.nav_status, Some(1 | 5 | 6)) && knots <= 3.0 => 180.0,
        AisStation::ClassA if knots <= 14.0 => 10.0,
        AisStation::ClassA if knots <= 23.0 => 6.0,
        AisStation::ClassA => 2.0,
        _ if knots <= 2.0 => 180.0,
        _ => 30.0,
    }
}

/// What is known of reception.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Reception {
    /// Time and interval of the last report.
    last: FxHashMap<Mmsi, (EventTime, f64)>,
    shares: Shares<(bool, Cell)>,
    sweep: Sweep,
}

impl Reception {
    pub(super) fn hear(&mut self, report: &AisPosition, time: EventTime) {
        let class_a = match report.station {
            AisStation::ClassA => true,
            AisStation::ClassB => false,
            _ => return,
        };
        if !report.position.is_valid() {
            return;
        }
        if self.last.len() >= SHIPS_MAX && !self.last.contains_key(&report.mmsi) {
            if self.sweep.is_due(time) {
                self.last.retain(|_, (last, _)| time.seconds_since(*last) <= GAP_S_MAX);
            }
            if self.last.len() >= SHIPS_MAX {
                return;
            }
        }
        let interval = interval_s(report);
        let Some((last, interval_before)) = self.last.insert(report.mmsi, (time, interval)) else { return };
        let gap_s = time.seconds_since(last);
        if gap_s < 0.0 {
            // A late one: the newer stays.
            self.last.insert(report.mmsi, (last, interval_before));
            return;
        }
        // A ship that has just weighed anchor was due by the longer interval.
        let intervals = gap_s / interval.max(interval_before);
        if intervals <= GAP_INTERVALS_MAX && gap_s <= GAP_S_MAX {
            self.shares.note((class_a, Cell::of(report.position)), 1.0, intervals.round().max(1.0), time);
        }
    }

    /// The share received about a place.
    pub(super) fn at(&self, place: LatLon, class_a: bool, now: EventTime) -> Option<Expected> {
        self.shares.around(Cell::of(place), |cell| (class_a, cell), now)
    }

    pub(super) fn summary(&self, now: EventTime) -> Option<(usize, f64)> {
        self.shares.summary(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(station: AisStation, knots: f64, nav_status: Option<u8>) -> AisPosition {
        AisPosition {
            mmsi: Mmsi::new(412_000_001).unwrap(),
            station,
            position: LatLon::new(20.0, 110.0),
            step_deg: 1.0 / 600_000.0,
            accurate: true,
            sog_mps: Some(knots * MPS_PER_KNOT),
            cog_deg: None,
            heading_deg: None,
            nav_status,
            utc_second: None,
        }
    }

    #[test]
    fn ships_are_due_as_the_standard_says() {
        let class_a = |knots, status| interval_s(&report(AisStation::ClassA, knots, status));
        assert_eq!(class_a(0.1, Some(1)), 180.0);
        assert_eq!(class_a(0.1, Some(0)), 10.0, "under way, though it hardly moves");
        assert_eq!([class_a(12.0, None), class_a(20.0, None), class_a(30.0, None)], [10.0, 6.0, 2.0]);
        let class_b = |knots| interval_s(&report(AisStation::ClassB, knots, None));
        assert_eq!([class_b(1.0), class_b(8.0)], [180.0, 30.0]);
    }

    #[test]
    fn a_ship_that_falls_silent_for_long_says_nothing_of_reception() {
        let mut reception = Reception::default();
        let sent = report(AisStation::ClassA, 10.0, Some(0));
        let mut time = EventTime::from_seconds(0);
        for _ in 0..20 {
            reception.hear(&sent, time);
            time = time.plus_seconds(10.0);
        }
        time = time.plus_seconds(900.0);
        for _ in 0..20 {
            reception.hear(&sent, time);
            time = time.plus_seconds(10.0);
        }
        assert_eq!(reception.at(sent.position, true, time).unwrap().share, 1.0);
    }
}
