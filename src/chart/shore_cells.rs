//! Which pieces of shore can be the nearest, by cell of the sea: found once for each cell, when somebody asks there.
//!
//! A vessel asks every few hundred metres, and hundreds of vessels ask in the same waters. For any place in a cell the nearest
//! piece lies within the distance of the one nearest to the middle, plus the way to the middle and back: these few are kept,
//! and measured exactly for each question. Cells far from any shore know that, cells with too many pieces are left to the tree.
//! The answers are those of the tree; only their price differs. Memory is bounded by the cells of one map.

use std::sync::OnceLock;

use super::bounds::Bounds;
use super::metric::LocalMetric;
use crate::geodesy::{LatLon, metres_per_degree};

/// Side of a cell in degrees (2.2 km), where the map is not too large for it.
const CELL_DEG: f64 = 0.02;
/// The most cells of a map; in a larger map cells are larger.
const CELLS_MAX: f64 = 65_536.0;
/// Nearer to a pole than this in degrees the tree is asked.
const STEEPEST_DEG: f64 = 80.0;
/// The most pieces of shore that a cell keeps: measuring more costs as much as asking the tree.
const PIECES_MAX: usize = 128;
/// Shores are found in cells up to this distance in metres; farther ones are left to the tree.
pub(super) const CELL_REACH_M: f64 = 8_000.0;

/// An edge of the shore, straight in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Piece {
    pub(super) from: LatLon,
    pub(super) to: LatLon,
    pub(super) polygon: u32,
}

/// What a cell knows.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Near {
    /// No shore lies within [`CELL_REACH_M`] of any place in it.
    Nothing,
    /// For every place in it that has a shore within [`CELL_REACH_M`], the nearest piece is one of these.
    Pieces(Box<[Piece]>),
    /// Too many pieces, or a shore too far off: ask the tree.
    Unsettled,
}

/// The cells of one map.
#[derive(Debug)]
pub(super) struct ShoreCells {
    bounds: Bounds,
    cell_deg: f64,
    columns: usize,
    cells: Box<[OnceLock<Near>]>,
}

impl ShoreCells {
    /// Cells for the waters of a map, none of them known yet.
    pub(super) fn of(map: Bounds) -> Self {
        // Shores are asked for from outside the map too: so far that beyond these cells there is none within reach.
        let steepest = map.south_deg.abs().max(map.north_deg.abs()).min(STEEPEST_DEG);
        let bounds = map.widened(1.05 * CELL_REACH_M / metres_per_degree(steepest).lon_m);
        let (height, width) = (bounds.north_deg - bounds.south_deg, bounds.east_deg - bounds.west_deg);
        let cell_deg = CELL_DEG.max((height * width / CELLS_MAX).sqrt());
        let (rows, columns) = ((height / cell_deg).ceil() as usize, (width / cell_deg).ceil() as usize);
        Self { bounds, cell_deg, columns, cells: (0..rows * columns).map(|_| OnceLock::new()).collect() }
    }

    /// Whether `position` is so far outside the map that no shore is within [`CELL_REACH_M`].
    pub(super) fn is_clear(&self, position: LatLon) -> bool {
        let Bounds { west_deg, south_deg, east_deg, north_deg } = self.bounds;
        let is_small = west_deg > -180.0 && east_deg < 180.0 && south_deg > -STEEPEST_DEG && north_deg < STEEPEST_DEG;
        is_small && !self.bounds.holds(position)
    }

    /// What the cell of `position` knows, `None` outside the map. Of a cell that nobody has asked yet, `nearest_m` tells how far
    /// the shore is from a place, if it is no farther than given, and `pieces` all of it within a distance.
    pub(super) fn near(
        &self,
        position: LatLon,
        nearest_m: impl FnOnce(LatLon, f64) -> Option<f64>,
        pieces: impl FnOnce(LatLon, f64, &mut Vec<Piece>),
    ) -> Option<&Near> {
        if !self.bounds.holds(position) {
            return None;
        }
        let row = ((position.lat_deg - self.bounds.south_deg) / self.cell_deg) as usize;
        let column = ((position.lon_deg - self.bounds.west_deg) / self.cell_deg) as usize;
        let cell = self.cells.get(row * self.columns + column)?;
        Some(cell.get_or_init(|| self.look(row, column, nearest_m, pieces)))
    }

    fn look(
        &self,
        row: usize,
        column: usize,
        nearest_m: impl FnOnce(LatLon, f64) -> Option<f64>,
        pieces: impl FnOnce(LatLon, f64, &mut Vec<Piece>),
    ) -> Near {
        let middle = LatLon::new(
            self.bounds.south_deg + (row as f64 + 0.5) * self.cell_deg,
            self.bounds.west_deg + (column as f64 + 0.5) * self.cell_deg,
        );
        // From the middle to a corner by the largest degrees in the cell; one in a thousand and a metre cover the metric.
        let equator = metres_per_degree((middle.lat_deg.abs() - self.cell_deg).max(0.0));
        let pole = metres_per_degree(90.0);
        let corner_m = (self.cell_deg / 2.0 * pole.lat_m).hypot(self.cell_deg / 2.0 * equator.lon_m) * 1.001 + 1.0;
        let Some(found_m) = nearest_m(middle, CELL_REACH_M + corner_m) else { return Near::Nothing };
        let mut found = Vec::new();
        pieces(middle, found_m + 2.0 * corner_m, &mut found);
        if found.len() > PIECES_MAX {
            return Near::Unsettled;
        }
        // The likeliest first: measuring the rest then ends early.
        let metric = LocalMetric::around(middle);
        let mut ranked: Vec<(f64, Piece)> =
            found.into_iter().map(|piece| (metric.nearest_on_segment(piece.from, piece.to).0, piece)).collect();
        ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
        Near::Pieces(ranked.into_iter().map(|(_, piece)| piece).collect())
    }
}

/// Of `pieces`, the likeliest first, the point nearest to `position`: its distance in metres squared, the point, its polygon.
pub(super) fn nearest_of(pieces: &[Piece], position: LatLon) -> Option<(f64, LatLon, u32)> {
    LocalMetric::around(position).nearest_of(pieces.iter().map(|piece| (piece.from, piece.to, piece.polygon)))
}
