//! The sheet: where the map lies on it, and where a position lies on the map.

use super::svg::Point;
use crate::geodesy::{LatLon, metres_per_degree};

/// Longer side of the map in pixels.
const MAP_LONG: f64 = 1160.0;
/// Height that the map has at least, so that the panel beside it has room.
const MAP_HIGH: f64 = 640.0;
/// Space above the map for the title.
const TITLE_HIGH: f64 = 64.0;
/// Space around everything.
pub(super) const MARGIN: f64 = 20.0;
/// Width of the panel right of the map.
pub(super) const PANEL_WIDE: f64 = 350.0;
/// Space below the map for where the data come from.
const FOOT_HIGH: f64 = 22.0;

/// Maps WGS 84 to pixels: metres of the middle latitude, north up. Over the tens of kilometres of a picture that is off by
/// less than a pixel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sheet {
    west_deg: f64,
    north_deg: f64,
    east_m: f64,
    north_m: f64,
    pixels_per_metre: f64,
    map: Point,
}

impl Sheet {
    /// A sheet with a map of the box west, south, east, north (degrees; checked when the scenario was read), widened where
    /// it is too narrow for the panel.
    pub(super) fn of([west, south, east, north]: [f64; 4]) -> Self {
        let scale = metres_per_degree((south + north) / 2.0);
        let wide_m = ((east - west) * scale.lon_m).max(1.0);
        let high_m = ((north - south) * scale.lat_m).max(1.0);
        let pixels_per_metre = (MAP_LONG / wide_m).min(MAP_LONG / high_m);
        let needed_m = MAP_HIGH / pixels_per_metre;
        let above_m = ((needed_m - high_m) / 2.0).max(0.0);
        let map = Point { x: wide_m * pixels_per_metre, y: (high_m + 2.0 * above_m) * pixels_per_metre };
        Self {
            west_deg: west,
            north_deg: north + above_m / scale.lat_m,
            east_m: scale.lon_m,
            north_m: scale.lat_m,
            pixels_per_metre,
            map,
        }
    }

    pub(super) fn width(&self) -> f64 {
        MARGIN * 3.0 + self.map.x + PANEL_WIDE
    }

    pub(super) fn height(&self) -> f64 {
        MARGIN + TITLE_HIGH + self.map.y + FOOT_HIGH + MARGIN / 2.0
    }

    /// Upper left corner of the map.
    pub(super) fn map_corner(&self) -> Point {
        Point { x: MARGIN, y: MARGIN + TITLE_HIGH }
    }

    /// Width and height of the map.
    pub(super) fn map_size(&self) -> Point {
        self.map
    }

    /// Left edge of the panel.
    pub(super) fn panel_x(&self) -> f64 {
        MARGIN * 2.0 + self.map.x
    }

    /// Where a position lies; also beyond the map.
    pub(super) fn at(&self, position: LatLon) -> Point {
        let corner = self.map_corner();
        Point {
            x: corner.x + (position.lon_deg - self.west_deg) * self.east_m * self.pixels_per_metre,
            y: corner.y + (self.north_deg - position.lat_deg) * self.north_m * self.pixels_per_metre,
        }
    }

    /// Whether a point lies on the map.
    pub(super) fn shows(&self, point: Point) -> bool {
        let corner = self.map_corner();
        (corner.x..=corner.x + self.map.x).contains(&point.x) && (corner.y..=corner.y + self.map.y).contains(&point.y)
    }

    /// Pixels of so many metres.
    pub(super) fn pixels(&self, metres: f64) -> f64 {
        metres * self.pixels_per_metre
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_box_fills_the_map_and_north_is_up() {
        let sheet = Sheet::of([110.0, 20.0, 110.5, 20.4]);
        let (corner, size) = (sheet.map_corner(), sheet.map_size());
        let (upper_left, lower_right) = (sheet.at(LatLon::new(20.4, 110.0)), sheet.at(LatLon::new(20.0, 110.5)));
        assert!((upper_left.x - corner.x).abs() < 0.1 && (upper_left.y - corner.y).abs() < 0.1);
        assert!((lower_right.x - corner.x - size.x).abs() < 0.1 && (lower_right.y - corner.y - size.y).abs() < 0.1);
        assert!(sheet.shows(sheet.at(LatLon::new(20.2, 110.2))) && !sheet.shows(sheet.at(LatLon::new(20.2, 110.6))));
    }

    #[test]
    fn a_flat_box_is_made_higher_about_its_middle() {
        let sheet = Sheet::of([110.0, 20.0, 111.0, 20.1]);
        let (corner, size) = (sheet.map_corner(), sheet.map_size());
        assert!((size.y - MAP_HIGH).abs() < 0.1);
        let middle = sheet.at(LatLon::new(20.05, 110.5));
        assert!((middle.y - corner.y - size.y / 2.0).abs() < 0.1);
    }
}
