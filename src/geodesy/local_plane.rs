//! A flat patch of sea in metres.

use super::position::{LatLon, MetresPerDegree, metres_per_degree, wrap_longitude};

/// Height of one band of latitude in degrees (27.7 km): within half a band of its middle the scale along the parallel
/// is off by less than 0.1 % at 20 degrees of latitude and 0.4 % at 60.
const BAND_DEG: f64 = 0.25;
/// Width of one column of longitude in degrees; only where the plane's zero lies, no accuracy hangs on it.
const COLUMN_DEG: f64 = 0.5;

/// An exact, invertible mapping between positions and metres east and north of an anchor.
///
/// Anchors lie on a fixed lattice, so that planes made for neighbouring positions are the same plane, on every machine
/// and in every run. The scale is that of the anchor's latitude: positions map both ways without loss anywhere; what
/// distance costs is only the scale of velocities, which is why a filter moves to the next plane when it leaves
/// the band (see [`LocalPlane::is_far`]).
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct LocalPlane {
    anchor: LatLon,
    scale: MetresPerDegree,
}

impl LocalPlane {
    /// The plane whose patch holds `position`.
    pub fn containing(position: LatLon) -> Self {
        let lat_deg = ((position.lat_deg / BAND_DEG).floor() + 0.5) * BAND_DEG;
        let lon_deg = ((position.lon_deg / COLUMN_DEG).floor() + 0.5) * COLUMN_DEG;
        Self { anchor: LatLon::new(lat_deg, lon_deg), scale: metres_per_degree(lat_deg) }
    }

    /// Metres east and north of the anchor.
    pub fn to_plane(&self, position: LatLon) -> (f64, f64) {
        (
            wrap_longitude(position.lon_deg - self.anchor.lon_deg) * self.scale.lon_m,
            (position.lat_deg - self.anchor.lat_deg) * self.scale.lat_m,
        )
    }

    /// The position `east_m`, `north_m` from the anchor.
    pub fn to_position(&self, east_m: f64, north_m: f64) -> LatLon {
        LatLon::new(
            self.anchor.lat_deg + north_m / self.scale.lat_m,
            wrap_longitude(self.anchor.lon_deg + east_m / self.scale.lon_m),
        )
    }

    /// Whether `position` lies so far outside the patch (three quarters of a band from its middle, one column) that a
    /// filter should move to the plane containing it. The margin keeps a vessel on the border from moving to and fro.
    pub fn is_far(&self, position: LatLon) -> bool {
        (position.lat_deg - self.anchor.lat_deg).abs() > 0.75 * BAND_DEG
            || wrap_longitude(position.lon_deg - self.anchor.lon_deg).abs() > COLUMN_DEG
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geodesy::distance_m;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_position_comes_back_from_the_plane(lat in -80.0..80.0_f64, lon in -180.0..180.0_f64) {
            let here = LatLon::new(lat, lon);
            let plane = LocalPlane::containing(here);
            prop_assert!(!plane.is_far(here));
            let (east, north) = plane.to_plane(here);
            prop_assert!(distance_m(plane.to_position(east, north), here) < 1e-6);
        }
    }

    #[test]
    fn neighbours_share_a_plane() {
        let a = LocalPlane::containing(LatLon::new(20.06, 110.31));
        assert_eq!(a, LocalPlane::containing(LatLon::new(20.09, 110.34)));
        assert!(a.is_far(LatLon::new(20.4, 110.31)));
    }
}
