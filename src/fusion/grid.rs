//! Where the tracks are: a uniform grid, for what moves (an R-tree costs 35 times as much a move).

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::geodesy::{LatLon, metres_per_degree};

/// Side of a cell in degrees: 2.2 km north to south.
const CELL_DEG: f64 = 0.02;

/// Slot numbers of tracks by cell.
#[derive(Clone, Debug, Default)]
pub struct Grid {
    cells: FxHashMap<(i32, i32), SmallVec<[u32; 4]>>,
}

/// A cell of the grid.
pub type Cell = (i32, i32);

impl Grid {
    /// The cell that holds a position.
    pub fn cell_of(position: LatLon) -> Cell {
        ((position.lat_deg / CELL_DEG).floor() as i32, (position.lon_deg / CELL_DEG).floor() as i32)
    }

    /// Puts a slot into a cell.
    pub fn insert(&mut self, cell: Cell, slot: u32) {
        self.cells.entry(cell).or_default().push(slot);
    }

    /// Takes a slot out of a cell.
    pub fn remove(&mut self, cell: Cell, slot: u32) {
        if let Some(slots) = self.cells.get_mut(&cell) {
            slots.retain(|&mut other| other != slot);
            if slots.is_empty() {
                self.cells.remove(&cell);
            }
        }
    }

    /// Appends to `found` the slots of all cells that touch the square of `radius_m` about `position`, ascending.
    pub fn near(&self, position: LatLon, radius_m: f64, found: &mut Vec<u32>) {
        let start = found.len();
        let scale = metres_per_degree(position.lat_deg);
        let (dlat, dlon) = (radius_m / scale.lat_m, (radius_m / scale.lon_m).min(180.0));
        let last_column = (180.0 / CELL_DEG) as i32;
        let (south, west) = Self::cell_of(LatLon::new(position.lat_deg - dlat, position.lon_deg - dlon));
        let (north, east) = Self::cell_of(LatLon::new(position.lat_deg + dlat, position.lon_deg + dlon));
        for row in south..=north {
            for column in west..=east {
                // Columns past the antimeridian are those of the other side.
                let column = (column + last_column).rem_euclid(2 * last_column) - last_column;
                if let Some(slots) = self.cells.get(&(row, column)) {
                    found.extend_from_slice(slots);
                }
            }
        }
        found[start..].sort_unstable();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_within_the_radius_are_found_also_over_the_antimeridian() {
        let mut grid = Grid::default();
        grid.insert(Grid::cell_of(LatLon::new(10.0, 179.999)), 7);
        grid.insert(Grid::cell_of(LatLon::new(10.0, -179.999)), 3);
        grid.insert(Grid::cell_of(LatLon::new(12.0, 179.999)), 9);
        let mut found = Vec::new();
        grid.near(LatLon::new(10.001, 179.998), 1000.0, &mut found);
        assert_eq!(found, vec![3, 7]);
        grid.remove(Grid::cell_of(LatLon::new(10.0, 179.999)), 7);
        found.clear();
        grid.near(LatLon::new(10.001, 179.998), 1000.0, &mut found);
        assert_eq!(found, vec![3]);
    }
}
