//! Coverage laid over an area, a byte a cell, for a map.

use super::{Coverage, Expected, View};
use crate::chart::{Bounds, Chart};
use crate::feed::sensor::SensorKind;
use crate::geodesy::LatLon;
use crate::units::{EventTime, SensorId};

/// The most cells of a grid: 300 by 200.
pub const CELLS_MAX: usize = 60_000;

/// What the byte of a cell says when it is no percentage from 0 to 100.
pub mod value {
    /// In sight, but nothing has shown yet how well it is detected there.
    pub const IN_SIGHT: u8 = 200;
    /// Outside the waters of whoever asks.
    pub const NOT_YOURS: u8 = 250;
    /// Land hides it.
    pub const LAND_SHADOW: u8 = 251;
    /// It is below the horizon.
    pub const BELOW_HORIZON: u8 = 252;
    /// It is beyond the range.
    pub const BEYOND_RANGE: u8 = 253;
    /// The middle of the cell is on land.
    pub const LAND: u8 = 254;
    /// Too few ships have been heard there to tell.
    pub const UNKNOWN: u8 = 255;
}

/// Why there is no such grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GridError {
    /// Cells without size, or a box without.
    #[error("the box and its cells need a size: give cell_deg more than 0 and a box that is not upside down")]
    Empty,
    /// More cells than a grid has.
    #[error("that is more than {CELLS_MAX} cells: give larger cells or a smaller box")]
    TooMany,
}

/// Square cells over a box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// The box; it begins at its south-western corner, and its last cells may reach beyond it.
    pub bounds: Bounds,
    /// Side of a cell in degrees.
    pub cell_deg: f64,
    /// Rows, from south to north.
    pub rows: usize,
    /// Columns, from west to east.
    pub columns: usize,
}

/// What a layer is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayerKind {
    /// Percentage of class A reports received.
    AisClassA,
    /// Percentage of class B reports received.
    AisClassB,
    /// What one radar or camera has in sight, and the percentage of turns in which a radar detects craft there.
    Sight(SensorKind, SensorId),
}

/// One layer: a byte a cell, row after row from the south-western corner; see [`value`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// What it is about.
    pub kind: LayerKind,
    /// The cells.
    pub values: Vec<u8>,
}

impl Grid {
    /// A grid over `bounds`.
    ///
    /// # Errors
    /// [`GridError`] when it has no cell or too many.
    pub fn over(bounds: Bounds, cell_deg: f64) -> Result<Self, GridError> {
        let cells = |degrees: f64| (degrees / cell_deg - 1e-9).ceil();
        let (rows, columns) = (cells(bounds.north_deg - bounds.south_deg), cells(bounds.east_deg - bounds.west_deg));
        if !(cell_deg > 0.0 && rows >= 1.0 && columns >= 1.0) {
            return Err(GridError::Empty);
        }
        if rows * columns > CELLS_MAX as f64 {
            return Err(GridError::TooMany);
        }
        Ok(Self { bounds, cell_deg, rows: rows as usize, columns: columns as usize })
    }

    /// The middle of a cell.
    pub fn middle(&self, row: usize, column: usize) -> LatLon {
        LatLon::new(
            self.bounds.south_deg + (row as f64 + 0.5) * self.cell_deg,
            self.bounds.west_deg + (column as f64 + 0.5) * self.cell_deg,
        )
    }
}

impl Coverage {
    /// All layers over a grid, for craft whose top is `height_m` above the sea, as of `now`. Nothing is said of places that
    /// `shows` rules out.
    pub fn layers(
        &self,
        grid: &Grid,
        height_m: f64,
        now: EventTime,
        chart: &Chart,
        shows: impl Fn(LatLon) -> bool,
    ) -> Vec<Layer> {
        let mut layers = vec![LayerKind::AisClassA, LayerKind::AisClassB];
        let sights = self.sights.iter().zip(0..);
        layers.extend(sights.filter_map(|(sight, id)| Some(LayerKind::Sight(sight.as_ref()?.kind(), SensorId(id)))));
        let mut layers: Vec<Layer> = layers
            .into_iter()
            .map(|kind| Layer { kind, values: Vec::with_capacity(grid.rows * grid.columns) })
            .collect();
        for row in 0..grid.rows {
            for column in 0..grid.columns {
                let place = grid.middle(row, column);
                let nothing = match () {
                    () if !shows(place) => Some(value::NOT_YOURS),
                    () if chart.coast.is_land(place) => Some(value::LAND),
                    () => None,
                };
                if let Some(byte) = nothing {
                    layers.iter_mut().for_each(|layer| layer.values.push(byte));
                    continue;
                }
                let seen = self.at(place, height_m, now, chart);
                let ais = [seen.ais_class_a, seen.ais_class_b].map(|share| share.map_or(value::UNKNOWN, percent));
                let sights = seen.sights.iter().map(|sight| match (sight.view, sight.detection) {
                    (View::InSight, None) => value::IN_SIGHT,
                    // What it has shown to see counts more than what lies between by the chart.
                    (View::InSight | View::LandShadow | View::BelowHorizon, Some(share)) => percent(share),
                    (View::LandShadow, None) => value::LAND_SHADOW,
                    (View::BelowHorizon, None) => value::BELOW_HORIZON,
                    (View::BeyondRange, _) => value::BEYOND_RANGE,
                });
                layers.iter_mut().zip(ais.into_iter().chain(sights)).for_each(|(layer, byte)| layer.values.push(byte));
            }
        }
        layers
    }
}

fn percent(share: Expected) -> u8 {
    (share.share * 100.0).round().clamp(0.0, 100.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{Coast, ZoneSet};
    use crate::feed::sensor::SensorTable;

    #[test]
    fn a_grid_covers_its_box_and_is_bounded() {
        let bounds = Bounds { west_deg: 110.0, south_deg: 20.0, east_deg: 110.25, north_deg: 20.1 };
        let grid = Grid::over(bounds, 0.05).unwrap();
        assert_eq!((grid.rows, grid.columns), (2, 5));
        assert_eq!(Grid::over(bounds, 0.0), Err(GridError::Empty));
        assert_eq!(Grid::over(bounds, f64::NAN), Err(GridError::Empty));
        assert_eq!(Grid::over(Bounds::WORLD, 0.05), Err(GridError::TooMany));
        assert_eq!(Grid::over(Bounds { north_deg: 19.0, ..bounds }, 0.05), Err(GridError::Empty));
    }

    #[test]
    fn where_nobody_was_heard_reception_is_unknown_and_land_is_land() {
        let text = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":
            {"type":"Polygon","coordinates":[[[110.0,20.0],[110.1,20.0],[110.1,20.1],[110.0,20.1],[110.0,20.0]]]}}]}"#;
        let chart = Chart::new(Coast::from_geojson(text, None).unwrap(), ZoneSet::empty()).unwrap();
        let bounds = Bounds { west_deg: 110.0, south_deg: 20.0, east_deg: 110.2, north_deg: 20.1 };
        let grid = Grid::over(bounds, 0.1).unwrap();
        let coverage = Coverage::new(&SensorTable::default());
        let layers = coverage.layers(&grid, 2.0, EventTime::default(), &chart, |_| true);
        assert_eq!(layers.len(), 2);
        assert!(layers.iter().all(|layer| layer.values == [value::LAND, value::UNKNOWN]));
        let western = coverage.layers(&grid, 2.0, EventTime::default(), &chart, |place| place.lon_deg < 110.1);
        assert!(western.iter().all(|layer| layer.values == [value::LAND, value::NOT_YOURS]));
    }
}
