//! How far it is from one place, roughly, without trigonometry: for those who ask again and again whether it is farther yet.

use super::position::{LatLon, MetresPerDegree, metres_per_degree, wrap_longitude};

/// A place with the scale there.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Vicinity {
    middle: LatLon,
    scale: MetresPerDegree,
}

impl Vicinity {
    /// The vicinity of a place.
    pub fn of(middle: LatLon) -> Self {
        Self { middle, scale: metres_per_degree(middle.lat_deg) }
    }

    /// The place.
    pub fn middle(&self) -> LatLon {
        self.middle
    }

    /// Bounds in metres of [`distance_m`](super::distance_m) to `position`, one in a hundred apart from it; anything at all
    /// where it is more than a tenth of a degree of latitude (11 km) away, or beyond 80 degrees of latitude.
    pub fn bounds_m(&self, position: LatLon) -> (f64, f64) {
        /// The scale at the mid latitude differs by less than this share.
        const MARGIN: f64 = 0.01;
        let north_deg = position.lat_deg - self.middle.lat_deg;
        // Not a number is far away.
        if !(north_deg.abs() <= 0.1 && self.middle.lat_deg.abs() <= 80.0) {
            return (0.0, f64::INFINITY);
        }
        let east_m = wrap_longitude(position.lon_deg - self.middle.lon_deg) * self.scale.lon_m;
        let north_m = north_deg * self.scale.lat_m;
        let about_m = (east_m * east_m + north_m * north_m).sqrt();
        (about_m * (1.0 - MARGIN), about_m * (1.0 + MARGIN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geodesy::distance_m;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_distance_lies_between_the_bounds(
            lat in -90.0..90.0_f64,
            lon in -180.0..180.0_f64,
            (north, east) in (-0.2..0.2_f64, -0.5..0.5_f64),
        ) {
            let (here, there) = (LatLon::new(lat, lon), LatLon::new(lat + north, wrap_longitude(lon + east)));
            let (least_m, greatest_m) = Vicinity::of(here).bounds_m(there);
            prop_assert!((least_m..=greatest_m).contains(&distance_m(here, there)), "{least_m} {greatest_m}");
        }
    }

    #[test]
    fn nothing_is_said_of_a_place_that_is_none() {
        assert_eq!(Vicinity::of(LatLon::new(20.0, 110.0)).bounds_m(LatLon::new(f64::NAN, 110.0)), (0.0, f64::INFINITY));
    }
}
