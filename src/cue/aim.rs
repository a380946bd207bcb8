//! Where a camera has to point.

use super::{Camera, Target};
use crate::geodesy::position_to_polar;
use crate::units::Bearing;

/// Radius of the earth in metres, enlarged by the refraction of light (7/6).
const LIGHT_EARTH_M: f64 = 6_371_000.0 * 7.0 / 6.0;
/// Height above the sea of what a camera is aimed at, metres: the hull of a small boat.
const AIM_HEIGHT_M: f64 = 2.0;

/// A direction and a distance, as seen from a camera.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Aim {
    /// True azimuth at the camera.
    pub azimuth: Bearing,
    /// Elevation above the horizontal in degrees; `None` for a camera of unknown height.
    pub elevation_deg: Option<f64>,
    /// Distance over ground in metres.
    pub range_m: f64,
    /// How fast the azimuth changes, degrees a second, clockwise positive.
    pub azimuth_rate_dps: f64,
    /// One sigma of the azimuth by the uncertainty of the position, degrees: how much of a field of view is needed.
    pub azimuth_sigma_deg: f64,
}

impl Aim {
    /// From a camera to a craft.
    pub fn at(camera: &Camera, target: &Target) -> Self {
        let (azimuth, range_m) = position_to_polar(camera.position, target.position);
        let (sin, cos) = azimuth.unit_vector();
        // On top of the mast, or beside it, every direction is as good.
        let away_m = range_m.max(1.0);
        let across_mps = target.east_mps * cos - target.north_mps * sin;
        let [east, cross, north] = target.covariance_m2;
        let across_m2 = (cos * cos * east - 2.0 * sin * cos * cross + sin * sin * north).max(0.0);
        // The sea falls away below the horizontal by half the square of the distance by the earth's diameter.
        let drop_m = range_m * range_m / (2.0 * LIGHT_EARTH_M);
        let elevation = |height_m: f64| (AIM_HEIGHT_M - height_m - drop_m).atan2(away_m).to_degrees();
        Self {
            azimuth,
            elevation_deg: camera.height_m.map(elevation),
            range_m,
            azimuth_rate_dps: (across_mps / away_m).to_degrees(),
            azimuth_sigma_deg: (across_m2.sqrt() / away_m).to_degrees().min(180.0),
        }
    }

    /// The larger of the turns in azimuth and elevation between two aims, degrees.
    pub(super) fn turn_deg(&self, other: &Self) -> f64 {
        let tilt = match (self.elevation_deg, other.elevation_deg) {
            (Some(a), Some(b)) => (a - b).abs(),
            (None, None) => 0.0,
            _ => f64::INFINITY,
        };
        self.azimuth.turn_from_deg(other.azimuth).abs().max(tilt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geodesy::LatLon;
    use crate::units::{EventTime, SensorId, TrackId};

    fn camera(height_m: Option<f64>) -> Camera {
        let position = LatLon::new(20.0, 110.0);
        Camera { sensor: SensorId(0), name: "eo1".to_owned(), position, height_m, attended: true, thermal: true }
    }

    fn target(east_m: f64, north_m: f64, east_mps: f64, north_mps: f64) -> Target {
        Target {
            track: TrackId(1),
            time: EventTime::default(),
            position: LatLon::new(20.0, 110.0).moved_m(east_m, north_m),
            covariance_m2: [400.0, 0.0, 100.0],
            east_mps,
            north_mps,
            length_m: None,
        }
    }

    #[test]
    fn a_craft_in_the_east_is_looked_at_down_from_the_mast() {
        let aim = Aim::at(&camera(Some(62.0)), &target(6_000.0, 0.0, 0.0, -10.0));
        assert!((aim.azimuth.deg() - 90.0).abs() < 0.02, "{aim:?}");
        assert!((aim.range_m - 6_000.0).abs() < 5.0);
        // 60 m down and 2.4 m of the earth's curve over 6 km.
        assert!((aim.elevation_deg.unwrap() + 0.596).abs() < 0.005, "{aim:?}");
        // Southward at 10 m/s is clockwise, 10/6000 rad a second.
        assert!((aim.azimuth_rate_dps - 0.0955).abs() < 0.001, "{aim:?}");
        // Across the line of sight is north: 10 m.
        assert!((aim.azimuth_sigma_deg - 0.0955).abs() < 0.001, "{aim:?}");
    }

    #[test]
    fn a_camera_of_unknown_height_is_given_no_elevation() {
        let aim = Aim::at(&camera(None), &target(0.0, -3_000.0, 0.0, 0.0));
        assert_eq!(aim.elevation_deg, None);
        assert!((aim.azimuth.deg() - 180.0).abs() < 0.01);
    }
}
