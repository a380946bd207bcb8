//! Shares by cell of the sea: how much of what could have been seen was, fading with time.

use std::hash::Hash;

use rustc_hash::FxHashMap;

use super::sweep::Sweep;
use crate::geodesy::LatLon;
use crate::units::EventTime;

/// Side of a cell in degrees (5.5 km north to south).
const CELL_DEG: f64 = 0.05;
/// Seconds in which what was learned fades to a third: a station that fails is known to have failed within the hour.
const MEMORY_S: f64 = 1_200.0;
/// Chances that a share must rest on to be told; with fewer, cells around are asked too.
const ENOUGH: f64 = 5.0;
/// How many cells around are asked: out to 14 km.
const RINGS: i32 = 2;
/// The most cells of one sort. In an area with more, new ones wait until old ones have faded.
const CELLS_MAX: usize = 50_000;
/// Chances below which a cell has faded.
const FADED: f64 = 0.05;

/// A cell of the sea.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub(super) struct Cell(i32, i32);

impl Cell {
    pub(super) fn of(place: LatLon) -> Self {
        Self((place.lat_deg / CELL_DEG).floor() as i32, (place.lon_deg / CELL_DEG).floor() as i32)
    }
}

/// A share that is to be expected, and what it rests on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    /// From 0 to 1.
    pub share: f64,
    /// Chances that it rests on, old ones counted less.
    pub chances: f64,
}

#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
struct Share {
    hits: f64,
    chances: f64,
    time: EventTime,
}

impl Share {
    /// Hits and chances as they weigh at `now`.
    fn at(&self, now: EventTime) -> (f64, f64) {
        let kept = (-now.seconds_since(self.time).max(0.0) / MEMORY_S).exp();
        (self.hits * kept, self.chances * kept)
    }
}

/// Shares by key.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
#[serde(bound(deserialize = "K: serde::Deserialize<'de> + Eq + Hash"))]
pub(super) struct Shares<K> {
    cells: FxHashMap<K, Share>,
    sweep: Sweep,
}

impl<K> Default for Shares<K> {
    fn default() -> Self {
        Self { cells: FxHashMap::default(), sweep: Sweep::default() }
    }
}

impl<K: Copy + Eq + Hash> Shares<K> {
    /// Of `chances` so many were `hits`.
    pub(super) fn note(&mut self, key: K, hits: f64, chances: f64, now: EventTime) {
        if self.cells.len() >= CELLS_MAX && !self.cells.contains_key(&key) {
            if self.sweep.is_due(now) {
                self.cells.retain(|_, share| share.at(now).1 > FADED);
            }
            if self.cells.len() >= CELLS_MAX {
                return;
            }
        }
        let share = self.cells.entry(key).or_insert(Share { hits: 0.0, chances: 0.0, time: now });
        // Late records count as of the latest: nothing here hangs on seconds.
        let now = share.time.max(now);
        let (old_hits, old_chances) = share.at(now);
        *share = Share { hits: old_hits + hits, chances: old_chances + chances, time: now };
    }

    /// The share in a cell, or with those around it where one alone has had too few chances.
    pub(super) fn around(&self, middle: Cell, key: impl Fn(Cell) -> K, now: EventTime) -> Option<Expected> {
        let (mut hits, mut chances) = (0.0, 0.0);
        for ring in 0..=RINGS {
            for row in -ring..=ring {
                for column in -ring..=ring {
                    if row.abs().max(column.abs()) != ring {
                        continue;
                    }
                    if let Some(share) = self.cells.get(&key(Cell(middle.0 + row, middle.1 + column))) {
                        let (more_hits, more_chances) = share.at(now);
                        (hits, chances) = (hits + more_hits, chances + more_chances);
                    }
                }
            }
            if chances >= ENOUGH {
                return Some(Expected { share: (hits / chances).clamp(0.0, 1.0), chances });
            }
        }
        None
    }

    /// Cells with enough chances, and their mean share.
    pub(super) fn summary(&self, now: EventTime) -> Option<(usize, f64)> {
        // Summed in no order of time or place: rounded, so that the order does not matter.
        let shares: Vec<i64> = self
            .cells
            .values()
            .map(|share| share.at(now))
            .filter(|(_, chances)| *chances >= ENOUGH)
            .map(|(hits, chances)| (hits / chances * 1e6).round() as i64)
            .collect();
        (!shares.is_empty()).then(|| (shares.len(), shares.iter().sum::<i64>() as f64 / 1e6 / shares.len() as f64))
    }
}
