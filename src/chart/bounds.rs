//! A box of latitudes and longitudes.

use crate::geodesy::LatLon;

/// A box in degrees that does not reach over the antimeridian: `west_deg <= east_deg`, `south_deg <= north_deg`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Western side, degrees of longitude.
    pub west_deg: f64,
    /// Southern side, degrees of latitude.
    pub south_deg: f64,
    /// Eastern side, degrees of longitude.
    pub east_deg: f64,
    /// Northern side, degrees of latitude.
    pub north_deg: f64,
}

impl Bounds {
    /// The whole world.
    pub const WORLD: Self = Self { west_deg: -180.0, south_deg: -90.0, east_deg: 180.0, north_deg: 90.0 };

    /// A box from `[west, south, east, north]` as in GeoJSON and `scenario.json`; `None` unless all four are finite and
    /// in order.
    pub fn from_wsen(wsen: [f64; 4]) -> Option<Self> {
        let [west_deg, south_deg, east_deg, north_deg] = wsen;
        let in_order = west_deg <= east_deg && south_deg <= north_deg && wsen.iter().all(|side| side.is_finite());
        in_order.then_some(Self { west_deg, south_deg, east_deg, north_deg })
    }

    /// The smallest box around `positions`; `None` when there are none.
    pub fn around(positions: impl IntoIterator<Item = LatLon>) -> Option<Self> {
        positions.into_iter().fold(None, |bounds: Option<Self>, position| {
            Some(bounds.map_or(Self::at(position), |bounds| bounds.joined(Self::at(position))))
        })
    }

    /// The box of no size at `position`.
    pub const fn at(position: LatLon) -> Self {
        let LatLon { lat_deg, lon_deg } = position;
        Self { west_deg: lon_deg, south_deg: lat_deg, east_deg: lon_deg, north_deg: lat_deg }
    }

    /// The smallest box that holds both.
    #[must_use]
    pub fn joined(self, other: Self) -> Self {
        Self {
            west_deg: self.west_deg.min(other.west_deg),
            south_deg: self.south_deg.min(other.south_deg),
            east_deg: self.east_deg.max(other.east_deg),
            north_deg: self.north_deg.max(other.north_deg),
        }
    }

    /// Its size in square degrees: for telling a smaller box from a larger.
    pub fn area_deg2(self) -> f64 {
        (self.east_deg - self.west_deg) * (self.north_deg - self.south_deg)
    }

    /// The box widened by `margin_deg` on all sides.
    #[must_use]
    pub fn widened(self, margin_deg: f64) -> Self {
        Self {
            west_deg: self.west_deg - margin_deg,
            south_deg: self.south_deg - margin_deg,
            east_deg: self.east_deg + margin_deg,
            north_deg: self.north_deg + margin_deg,
        }
    }

    /// The box with latitudes and longitudes exchanged: where a feature with crossed axes really lies.
    #[must_use]
    pub const fn mirrored(self) -> Self {
        Self { west_deg: self.south_deg, south_deg: self.west_deg, east_deg: self.north_deg, north_deg: self.east_deg }
    }

    /// Whether the two boxes share a point.
    pub fn meets(self, other: Self) -> bool {
        self.west_deg <= other.east_deg
            && other.west_deg <= self.east_deg
            && self.south_deg <= other.north_deg
            && other.south_deg <= self.north_deg
    }

    /// Whether `position` lies in the box or on its side.
    pub fn holds(self, position: LatLon) -> bool {
        self.meets(Self::at(position))
    }

    /// The middle of the box.
    pub fn middle(self) -> LatLon {
        LatLon::new((self.south_deg + self.north_deg) / 2.0, (self.west_deg + self.east_deg) / 2.0)
    }
}
