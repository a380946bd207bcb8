//! Points on the ellipsoid, and the distance and direction between them.

use crate::units::Bearing;

/// Semi-major axis of the WGS 84 ellipsoid in metres (NIMA TR8350.2, table 3.1).
const SEMI_MAJOR_AXIS_M: f64 = 6_378_137.0;
/// First eccentricity squared of the WGS 84 ellipsoid (NIMA TR8350.2, table 3.3).
const ECCENTRICITY_SQUARED: f64 = 6.694_379_990_14e-3;

/// A position in degrees, WGS 84 (CGCS2000 is equal at this scale). North and east are positive.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct LatLon {
    /// Latitude in degrees, north positive.
    pub lat_deg: f64,
    /// Longitude in degrees, east positive.
    pub lon_deg: f64,
}

impl LatLon {
    /// A position from latitude and longitude in degrees, unchecked.
    pub const fn new(lat_deg: f64, lon_deg: f64) -> Self {
        Self { lat_deg, lon_deg }
    }

    /// Whether both numbers are finite and within -90 to 90 and -180 to 180.
    pub fn is_valid(self) -> bool {
        self.lat_deg.abs() <= 90.0 && self.lon_deg.abs() <= 180.0
    }

    /// The position `east_m` and `north_m` away, by the metric at the mid latitude; for distances of some kilometres.
    #[must_use]
    pub fn moved_m(self, east_m: f64, north_m: f64) -> Self {
        let rough_lat = self.lat_deg + north_m / metres_per_degree(self.lat_deg).lat_m;
        let scale = metres_per_degree((self.lat_deg + rough_lat) / 2.0);
        Self::new(self.lat_deg + north_m / scale.lat_m, wrap_longitude(self.lon_deg + east_m / scale.lon_m))
    }
}

/// How many metres one degree is worth at some latitude.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct MetresPerDegree {
    /// Metres a degree of latitude (along the meridian).
    pub lat_m: f64,
    /// Metres a degree of longitude (along the parallel).
    pub lon_m: f64,
}

/// Metres a degree along meridian and parallel at `lat_deg`, from the radii of curvature of WGS 84.
///
/// At the poles a degree of longitude is worth next to nothing, never exactly zero, so that dividing by it is safe.
pub fn metres_per_degree(lat_deg: f64) -> MetresPerDegree {
    let (sin, cos) = lat_deg.to_radians().sin_cos();
    let w_squared = 1.0 - ECCENTRICITY_SQUARED * sin * sin;
    let w = w_squared.sqrt();
    let meridian_m = SEMI_MAJOR_AXIS_M * (1.0 - ECCENTRICITY_SQUARED) / (w_squared * w);
    let transverse_m = SEMI_MAJOR_AXIS_M / w;
    MetresPerDegree { lat_m: meridian_m.to_radians(), lon_m: (transverse_m * cos.max(1e-9)).to_radians() }
}

/// Longitude brought into `[-180, 180)`.
pub(super) fn wrap_longitude(lon_deg: f64) -> f64 {
    if (-180.0..180.0).contains(&lon_deg) { lon_deg } else { (lon_deg + 180.0).rem_euclid(360.0) - 180.0 }
}

/// East and north parts in metres of the way from `from` to `to`, by the metric at their mid latitude.
pub fn offset_m(from: LatLon, to: LatLon) -> (f64, f64) {
    let scale = metres_per_degree((from.lat_deg + to.lat_deg) / 2.0);
    let delta_lon = wrap_longitude(to.lon_deg - from.lon_deg);
    (delta_lon * scale.lon_m, (to.lat_deg - from.lat_deg) * scale.lat_m)
}

/// Distance in metres by the metric at the mid latitude; see the module for its accuracy.
pub fn distance_m(a: LatLon, b: LatLon) -> f64 {
    let (east, north) = offset_m(a, b);
    // No distance on earth overflows its square, and a root costs a tenth of `hypot`.
    (east * east + north * north).sqrt()
}

/// The position at `range_m` over ground from `site` in the direction `azimuth` as measured at the site.
///
/// Gauss' mid-latitude method, three rounds. The convergence of the meridians is in it: without it, a target due
/// east at 40 km and 20 N comes out 46 m too far north.
pub fn polar_to_position(site: LatLon, azimuth: Bearing, range_m: f64) -> LatLon {
    let (mut delta_lat, mut delta_lon) = (0.0_f64, 0.0_f64);
    for _ in 0..3 {
        let mid_lat = site.lat_deg + delta_lat / 2.0;
        let convergence = delta_lon.to_radians() * mid_lat.to_radians().sin();
        let (sin, cos) = (azimuth.rad() + convergence / 2.0).sin_cos();
        let scale = metres_per_degree(mid_lat);
        delta_lat = range_m * cos / scale.lat_m;
        delta_lon = range_m * sin / scale.lon_m;
    }
    LatLon::new(site.lat_deg + delta_lat, wrap_longitude(site.lon_deg + delta_lon))
}

/// Azimuth at `site` and range over ground in metres to `target`: the inverse of [`polar_to_position`].
pub fn position_to_polar(site: LatLon, target: LatLon) -> (Bearing, f64) {
    let (east, north) = offset_m(site, target);
    let mid_lat = (site.lat_deg + target.lat_deg) / 2.0;
    let delta_lon = wrap_longitude(target.lon_deg - site.lon_deg);
    let convergence_deg = delta_lon * mid_lat.to_radians().sin();
    (Bearing::from_deg(east.atan2(north).to_degrees() - convergence_deg / 2.0), east.hypot(north))
}

#[cfg(test)]
mod tests {
    use super::*;
    use geographiclib_rs::{DirectGeodesic, Geodesic, InverseGeodesic};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn distances_agree_with_the_geodesic_within_a_metre_at_24_nautical_miles(
            lat in -60.0..60.0_f64, lon in -180.0..180.0_f64, azimuth in 0.0..360.0_f64, range in 0.0..44_448.0_f64,
        ) {
            let (lat2, lon2): (f64, f64) = Geodesic::wgs84().direct(lat, lon, azimuth, range);
            let got = distance_m(LatLon::new(lat, lon), LatLon::new(lat2, lon2));
            let tolerance = if lat.abs() < 25.0 { 0.7 } else { 2.0 };
            prop_assert!((got - range).abs() < tolerance, "{got} against {range}");
        }

        #[test]
        fn a_polar_measurement_lands_within_a_metre_of_the_geodesic_at_60_km(
            lat in -45.0..45.0_f64, lon in -180.0..180.0_f64, azimuth in 0.0..360.0_f64, range in 10.0..60_000.0_f64,
        ) {
            let (lat2, lon2): (f64, f64) = Geodesic::wgs84().direct(lat, lon, azimuth, range);
            let got = polar_to_position(LatLon::new(lat, lon), Bearing::from_deg(azimuth), range);
            let gap: f64 = Geodesic::wgs84().inverse(got.lat_deg, got.lon_deg, lat2, lon2);
            prop_assert!(gap < 1.0, "{gap} m off");
        }

        #[test]
        fn polar_and_position_are_inverse_to_each_other(
            lat in -60.0..60.0_f64, lon in -180.0..180.0_f64, azimuth in 0.0..360.0_f64, range in 10.0..60_000.0_f64,
        ) {
            let site = LatLon::new(lat, lon);
            let (back, back_range) = position_to_polar(site, polar_to_position(site, Bearing::from_deg(azimuth), range));
            prop_assert!((back_range - range).abs() < 0.05);
            prop_assert!((back.turn_from_deg(Bearing::from_deg(azimuth))).abs().to_radians() * range < 0.3);
        }
    }

    #[test]
    fn the_antimeridian_is_no_wall() {
        let gap = distance_m(LatLon::new(10.0, 179.999), LatLon::new(10.0, -179.999));
        assert!((gap - 0.002 * metres_per_degree(10.0).lon_m).abs() < 1e-6);
        assert!(LatLon::new(10.0, 179.999).moved_m(500.0, 0.0).is_valid());
    }
}
