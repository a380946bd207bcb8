//! Web Mercator (EPSG:3857) in the squares that web maps use.

use std::f64::consts::PI;

use crate::chart::Bounds;
use crate::geodesy::LatLon;

/// Deepest zoom of a tile that may be asked for.
pub const ZOOM_MAX: u8 = 22;

/// Units along the side of a tile.
pub const EXTENT: f64 = 4096.0;

/// How far shapes reach over the side of a tile, in units, so that no seam shows.
pub const BUFFER: f64 = 128.0;

/// The latitude at which the square world of Web Mercator ends.
const LATITUDE_MAX_DEG: f64 = 85.051_128_779_806_59;

/// A tile: zoom, column from the west, row from the north.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile {
    z: u8,
    x: u32,
    y: u32,
}

/// A point of a tile in its units, x to the east and y to the south of its north-western corner.
pub type Point = [f64; 2];

impl Tile {
    /// The tile, if there is one.
    pub fn new(z: u8, x: u32, y: u32) -> Option<Self> {
        let side = (z <= ZOOM_MAX).then(|| 1_u32 << z)?;
        (x < side && y < side).then_some(Self { z, x, y })
    }

    /// The zoom.
    pub fn zoom(self) -> u8 {
        self.z
    }

    /// Where a position lies, also outside of the tile.
    pub fn point(self, position: LatLon) -> Point {
        let side = f64::from(1_u32 << self.z);
        let lat_deg = position.lat_deg.clamp(-LATITUDE_MAX_DEG, LATITUDE_MAX_DEG);
        let world_x = (position.lon_deg + 180.0) / 360.0;
        let world_y = (1.0 - lat_deg.to_radians().tan().asinh() / PI) / 2.0;
        [(world_x * side - f64::from(self.x)) * EXTENT, (world_y * side - f64::from(self.y)) * EXTENT]
    }

    /// The box of the tile with its buffer.
    pub fn bounds(self) -> Bounds {
        let north_west = self.position([-BUFFER, -BUFFER]);
        let south_east = self.position([EXTENT + BUFFER, EXTENT + BUFFER]);
        Bounds {
            west_deg: north_west.lon_deg,
            south_deg: south_east.lat_deg,
            east_deg: south_east.lon_deg,
            north_deg: north_west.lat_deg,
        }
    }

    /// The position at a point: the inverse of [`Tile::point`].
    fn position(self, [x, y]: Point) -> LatLon {
        let side = f64::from(1_u32 << self.z);
        let world_x = (x / EXTENT + f64::from(self.x)) / side;
        let world_y = (y / EXTENT + f64::from(self.y)) / side;
        let lat_deg = (PI * (1.0 - 2.0 * world_y)).sinh().atan().to_degrees();
        LatLon::new(lat_deg, world_x * 360.0 - 180.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_holds_what_the_scheme_of_web_maps_says() {
        // Haikou in zoom 10, as computed with the formula of the OpenStreetMap wiki.
        let tile = Tile::new(10, 825, 453).unwrap();
        let [x, y] = tile.point(LatLon::new(20.044, 110.323));
        assert!((0.0..EXTENT).contains(&x) && (0.0..EXTENT).contains(&y), "{x} {y}");
        assert_eq!(Tile::new(3, 8, 0), None);
        assert_eq!(Tile::new(ZOOM_MAX + 1, 0, 0), None);
    }

    #[test]
    fn positions_come_back() {
        let tile = Tile::new(7, 103, 56).unwrap();
        for position in [LatLon::new(20.0, 110.0), LatLon::new(-35.5, -70.25), LatLon::new(0.0, 0.0)] {
            let back = tile.position(tile.point(position));
            assert!((back.lat_deg - position.lat_deg).abs() < 1e-9 && (back.lon_deg - position.lon_deg).abs() < 1e-9);
        }
    }
}
