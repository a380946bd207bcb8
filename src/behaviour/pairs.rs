//! All pairs of points within a distance: a uniform grid made anew at every instant, for what moves.
//!
//! Exact as a circle. Rows are bands of latitude, columns are cut a row at that row's own scale, so a cell is never
//! narrower than the distance. Time and memory grow with the points and the pairs found. Source: Bentley, Stanat and Williams,
//! "The complexity of finding fixed-radius near neighbors", Information Processing Letters 6 (1977).

use crate::geodesy::{LatLon, distance_m, metres_per_degree};

/// The most points of a cell that are looked at, those that come first. Of what the rules call near, a cell is 160 m wide: more
/// vessels than this do not lie there, only reports do.
const CELL_MAX: usize = 256;

/// Space for the search, kept between instants so that it is not allocated anew.
#[derive(Debug, Default)]
pub(super) struct PairSearch {
    /// (row, column, index of the point), sorted.
    cells: Vec<(i32, i32, u32)>,
}

impl PairSearch {
    /// Calls `found(i, j, distance_m)` with `i < j` for each pair of `points` no farther apart than `within_m`, ordered by
    /// (i, j) only within a cell: sort what you collect.
    pub(super) fn search(&mut self, points: &[LatLon], within_m: f64, mut found: impl FnMut(usize, usize, f64)) {
        self.cells.clear();
        let Some(steepest) = points.iter().map(|point| point.lat_deg.abs()).reduce(f64::max) else { return };
        // One scale for all: degrees of the shortest degree of longitude in play, with a hair of margin for the
        // rounding of the metric.
        let reach_m = within_m * 1.001 + 0.01;
        let scale = metres_per_degree((steepest + 0.01).min(89.9));
        let (lat_step, lon_step) = (reach_m / metres_per_degree(0.0).lat_m, reach_m / scale.lon_m);
        let columns = (360.0 / lon_step).floor().max(1.0) as i32;
        let cell = |point: &LatLon| {
            let row = (point.lat_deg / lat_step).floor() as i32;
            let column = ((point.lon_deg + 180.0) / lon_step).floor() as i32;
            (row, column.rem_euclid(columns))
        };
        self.cells.extend(points.iter().enumerate().map(|(index, point)| {
            let (row, column) = cell(point);
            (row, column, index as u32)
        }));
        self.cells.sort_unstable();
        let (mut start, mut above) = (0, 0);
        while let Some(&(row, column, _)) = self.cells.get(start) {
            let end = self.end_of_cell(start);
            self.within_cell(points, start..end, within_m, &mut found);
            // Each pair of cells once: this cell, the one to the right, and the three of the next row.
            let mut beside = |cells: std::ops::Range<usize>| {
                self.between_cells(points, start..end, cells, within_m, &mut found);
            };
            if column == 0 || column + 1 == columns {
                let (left, right) = ((column - 1).rem_euclid(columns), (column + 1).rem_euclid(columns));
                let mut neighbours = [(row, right), (row + 1, left), (row + 1, column), (row + 1, right)];
                neighbours.sort_unstable();
                let mut before = (row, column);
                for neighbour in neighbours {
                    let first = self.cells.partition_point(|cell| (cell.0, cell.1) < neighbour);
                    if neighbour != before && self.is_in(first, neighbour..=neighbour) {
                        beside(first..self.end_of_cell(first));
                    }
                    before = neighbour;
                }
            } else {
                if self.is_in(end, (row, column + 1)..=(row, column + 1)) {
                    beside(end..self.end_of_cell(end));
                }
                // The cells are in order, and so are those above them.
                let (left, right) = ((row + 1, column - 1), (row + 1, column + 1));
                while self.cells.get(above).is_some_and(|cell| (cell.0, cell.1) < left) {
                    above += 1;
                }
                let mut first = above;
                while self.is_in(first, left..=right) {
                    let end = self.end_of_cell(first);
                    beside(first..end);
                    first = end;
                }
            }
            start = end;
        }
    }

    /// Whether the cell of the point at `place` in the list is one of these.
    fn is_in(&self, place: usize, cells: std::ops::RangeInclusive<(i32, i32)>) -> bool {
        self.cells.get(place).is_some_and(|cell| cells.contains(&(cell.0, cell.1)))
    }

    /// Where in the list the cell that begins at `start` ends.
    fn end_of_cell(&self, start: usize) -> usize {
        let cells = self.cells.get(start..).unwrap_or_default();
        let same = cells.iter().take_while(|cell| (cell.0, cell.1) == (cells[0].0, cells[0].1));
        start + same.count()
    }

    fn within_cell(
        &self,
        points: &[LatLon],
        cell: std::ops::Range<usize>,
        within_m: f64,
        found: &mut impl FnMut(usize, usize, f64),
    ) {
        let end = cell.end.min(cell.start + CELL_MAX);
        for at in cell.start..end {
            for other in at + 1..end {
                self.test(points, at, other, within_m, found);
            }
        }
    }

    fn between_cells(
        &self,
        points: &[LatLon],
        one: std::ops::Range<usize>,
        other: std::ops::Range<usize>,
        within_m: f64,
        found: &mut impl FnMut(usize, usize, f64),
    ) {
        for other in other.take(CELL_MAX) {
            for at in one.clone().take(CELL_MAX) {
                self.test(points, at, other, within_m, found);
            }
        }
    }

    fn test(
        &self,
        points: &[LatLon],
        at: usize,
        other: usize,
        within_m: f64,
        found: &mut impl FnMut(usize, usize, f64),
    ) {
        let (a, b) = (self.cells[at].2 as usize, self.cells[other].2 as usize);
        let (a, b) = (a.min(b), a.max(b));
        let distance = distance_m(points[a], points[b]);
        if distance <= within_m {
            found(a, b, distance);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Pairs = Vec<(usize, usize)>;

    fn both_ways(points: &[LatLon], within_m: f64) -> (Pairs, Pairs) {
        let mut grid = Vec::new();
        PairSearch::default().search(points, within_m, |a, b, _| grid.push((a, b)));
        grid.sort_unstable();
        let mut brute = Vec::new();
        for a in 0..points.len() {
            for b in a + 1..points.len() {
                if distance_m(points[a], points[b]) <= within_m {
                    brute.push((a, b));
                }
            }
        }
        (grid, brute)
    }

    proptest! {
        #[test]
        fn the_grid_finds_what_brute_force_finds(
            lat in -70.0..70.0_f64,
            offsets in prop::collection::vec((-600.0..600.0_f64, -600.0..600.0_f64), 2..60),
            within_m in 20.0..300.0_f64,
        ) {
            let points: Vec<LatLon> = offsets.iter().map(|(e, n)| LatLon::new(lat, 110.0).moved_m(*e, *n)).collect();
            let (grid, brute) = both_ways(&points, within_m);
            prop_assert_eq!(grid, brute);
        }
    }

    #[test]
    fn no_points_and_one_point_have_no_pairs() {
        assert_eq!(both_ways(&[], 100.0).0, []);
        assert_eq!(both_ways(&[LatLon::new(20.0, 110.0)], 100.0).0, []);
    }

    #[test]
    fn a_crowd_in_one_place_costs_no_more_than_a_cell_may_hold() {
        let mut found = 0;
        PairSearch::default().search(&[LatLon::new(20.0, 110.0); 20_000], 100.0, |_, _, _| found += 1);
        assert_eq!(found, CELL_MAX * (CELL_MAX - 1) / 2);
    }

    #[test]
    fn the_antimeridian_is_no_wall() {
        let points = [LatLon::new(10.0, 179.9999), LatLon::new(10.0, -179.9999), LatLon::new(10.0, 0.0)];
        assert_eq!(both_ways(&points, 100.0).0, [(0, 1)]);
    }

    #[test]
    fn two_boats_in_one_place_are_one_pair() {
        let here = LatLon::new(20.0, 110.0);
        assert_eq!(both_ways(&[here, here], 100.0).0, [(0, 1)]);
    }
}
