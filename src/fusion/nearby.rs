//! The tracks about the plots of one sector, read once.
//!
//! In a crowded sector each plot has a hundred tracks in the cells about it, and each track is about a dozen plots. A track is
//! some kilobytes somewhere in memory, and what is asked of it here is three numbers, which the grid keeps: laid side by side
//! for the sector, they cost a tenth of going to the track for every plot.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::Fusion;
use super::grid::{Cell, Entry, Grid};
use crate::geodesy::{LatLon, metres_per_degree};
use crate::units::EventTime;

/// How far a track may have gone since it was last measured and still be looked for near a plot, metres.
const COASTED_M: f64 = 1500.0;
/// Speed at which a track whose velocity is not yet known may have gone on, m/s.
const GOES_AT_MOST_MPS: f64 = 40.0;
/// How far a craft goes while one sector is swept, metres.
pub(super) const SECTOR_DRIFT_M: f64 = 60.0;

/// What is asked of a track.
#[derive(Clone, Copy, Debug)]
struct Neighbour {
    slot: u32,
    place: LatLon,
    /// How far it may have gone from there, metres.
    gone_m: f64,
}

/// The tracks of the cells that were asked for, numbered in the order in which they were met.
#[derive(Debug)]
pub(super) struct Nearby<'a> {
    grid: &'a Grid,
    /// The instant for which they are looked at.
    at: EventTime,
    /// Which of the tracks each cell has.
    cells: FxHashMap<Cell, (u32, u32)>,
    tracks: Vec<Neighbour>,
}

impl<'a> Nearby<'a> {
    pub(super) fn new(fusion: &'a Fusion, at: EventTime) -> Self {
        Self { grid: &fusion.grid, at, cells: FxHashMap::default(), tracks: Vec::new() }
    }

    /// How many tracks were met so far.
    pub(super) fn len(&self) -> usize {
        self.tracks.len()
    }

    /// Slot of a track that was met.
    pub(super) fn slot(&self, number: u32) -> Option<u32> {
        self.tracks.get(number as usize).map(|track| track.slot)
    }

    /// Numbers of the tracks that may be where a plot is; `spread_m` is one sigma of the plot.
    pub(super) fn of_plot(&mut self, place: LatLon, spread_m: f64) -> SmallVec<[u32; 8]> {
        let reach_m = 4.0 * spread_m;
        let radius_m = reach_m + COASTED_M;
        let scale = metres_per_degree(place.lat_deg);
        let mut near = SmallVec::new();
        for cell in Grid::cells_about(place, scale, radius_m) {
            let (from, to) = self.tracks_in(cell);
            for (number, track) in (from..to).zip(self.tracks.get(from as usize..to as usize).unwrap_or_default()) {
                let north_m = (track.place.lat_deg - place.lat_deg) * scale.lat_m;
                let east_m = (track.place.lon_deg - place.lon_deg) * scale.lon_m;
                let within_m = (reach_m + track.gone_m).min(radius_m);
                if north_m * north_m + east_m * east_m <= within_m * within_m {
                    near.push(number);
                }
            }
        }
        near
    }

    fn tracks_in(&mut self, cell: Cell) -> (u32, u32) {
        if let Some(known) = self.cells.get(&cell) {
            return *known;
        }
        let from = self.tracks.len() as u32;
        for &Entry { slot, place, last_seen } in self.grid.entries_in(cell) {
            let silent_s = self.at.seconds_since(last_seen).abs();
            let gone_m = SECTOR_DRIFT_M + 200.0 + GOES_AT_MOST_MPS * silent_s;
            self.tracks.push(Neighbour { slot, place, gone_m });
        }
        let range = (from, self.tracks.len() as u32);
        self.cells.insert(cell, range);
        range
    }
}
