//! Where the tracks are: a uniform grid, for what moves (an R-tree costs 35 times as much a move).

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::geodesy::{LatLon, MetresPerDegree, metres_per_degree};
use crate::units::EventTime;

/// Cells to a degree: one is 2.2 km from north to south.
const CELLS_PER_DEG: f64 = 50.0;

/// A track in the grid: where and when it was last measured, beside its slot, so that whoever looks for tracks nearby need not
/// go to each of them.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Entry {
    /// Its slot.
    pub slot: u32,
    /// Its place.
    pub place: LatLon,
    /// When it was last seen.
    pub last_seen: EventTime,
}

/// Tracks by cell.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Grid {
    cells: FxHashMap<(i32, i32), SmallVec<[Entry; 2]>>,
}

/// A cell of the grid.
pub type Cell = (i32, i32);

impl Grid {
    /// The cell that holds a position.
    pub fn cell_of(position: LatLon) -> Cell {
        ((position.lat_deg * CELLS_PER_DEG).floor() as i32, (position.lon_deg * CELLS_PER_DEG).floor() as i32)
    }

    /// Puts a track into the cell of its place; returns the cell.
    pub fn insert(&mut self, entry: Entry) -> Cell {
        let cell = Self::cell_of(entry.place);
        self.cells.entry(cell).or_default().push(entry);
        cell
    }

    /// Takes a track out of its cell.
    pub fn remove(&mut self, cell: Cell, slot: u32) {
        if let Some(entries) = self.cells.get_mut(&cell) {
            entries.retain(|entry| entry.slot != slot);
            if entries.is_empty() {
                self.cells.remove(&cell);
            }
        }
    }

    /// Brings a track that was in `cell` up to date; returns the cell that it is in now.
    pub fn shift(&mut self, cell: Cell, track: Entry) -> Cell {
        if Self::cell_of(track.place) != cell {
            self.remove(cell, track.slot);
            return self.insert(track);
        }
        if let Some(entry) = self.cells.get_mut(&cell).into_iter().flatten().find(|entry| entry.slot == track.slot) {
            *entry = track;
        }
        cell
    }

    /// The tracks in one cell.
    pub fn entries_in(&self, cell: Cell) -> &[Entry] {
        self.cells.get(&cell).map_or(&[], SmallVec::as_slice)
    }

    /// The cells that touch the square of `radius_m` about `position`, where a degree is as long as `scale` says.
    pub fn cells_about(position: LatLon, scale: MetresPerDegree, radius_m: f64) -> impl Iterator<Item = Cell> {
        let (dlat, dlon) = (radius_m / scale.lat_m, (radius_m / scale.lon_m).min(180.0));
        let last_column = (180.0 * CELLS_PER_DEG) as i32;
        let (south, west) = Self::cell_of(LatLon::new(position.lat_deg - dlat, position.lon_deg - dlon));
        let (north, east) = Self::cell_of(LatLon::new(position.lat_deg + dlat, position.lon_deg + dlon));
        // Columns past the antimeridian are those of the other side.
        let wrapped = move |column: i32| (column + last_column).rem_euclid(2 * last_column) - last_column;
        (south..=north).flat_map(move |row| (west..=east).map(move |column| (row, wrapped(column))))
    }

    /// Appends to `found` the slots of all cells that touch the square of `radius_m` about `position`, ascending.
    pub fn near(&self, position: LatLon, radius_m: f64, found: &mut Vec<u32>) {
        let start = found.len();
        for cell in Self::cells_about(position, metres_per_degree(position.lat_deg), radius_m) {
            found.extend(self.entries_in(cell).iter().map(|entry| entry.slot));
        }
        found[start..].sort_unstable();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_within_the_radius_are_found_also_over_the_antimeridian() {
        let entry = |slot: u32, lat_deg: f64, lon_deg: f64| Entry {
            slot,
            place: LatLon::new(lat_deg, lon_deg),
            last_seen: EventTime::from_millis(0),
        };
        let mut grid = Grid::default();
        let cell = grid.insert(entry(7, 10.0, 179.999));
        grid.insert(entry(3, 10.0, -179.999));
        grid.insert(entry(9, 12.0, 179.999));
        let mut found = Vec::new();
        grid.near(LatLon::new(10.001, 179.998), 1000.0, &mut found);
        assert_eq!(found, vec![3, 7]);
        assert_eq!(grid.shift(cell, entry(7, 10.0, 179.9985)), cell, "a little way off");
        assert_eq!(grid.entries_in(cell), [entry(7, 10.0, 179.9985)]);
        let cell = grid.shift(cell, entry(7, 14.0, 170.0));
        found.clear();
        grid.near(LatLon::new(10.001, 179.998), 1000.0, &mut found);
        assert_eq!(found, vec![3]);
        grid.remove(cell, 7);
        assert!(grid.entries_in(cell).is_empty());
    }
}
