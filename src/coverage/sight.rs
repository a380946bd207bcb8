//! What a radar or camera on its mast can see: range, horizon, and the land in between.
//!
//! The horizon is that of a smooth sea with standard refraction. The chart knows shores and no heights, so land is taken to hide
//! whatever lies behind it, unless it is an islet of less than [`LAND_M`]; only the land on which the sensor itself stands is
//! looked over. Where a radar has detected craft nevertheless, what it has shown counts more: see [`super::SensorView`].

use std::sync::{Arc, OnceLock};

use crate::chart::{Chart, SHORE_RANGE_M};
use crate::feed::sensor::{Sensor, SensorKind};
use crate::geodesy::{LatLon, distance_m, polar_to_position, position_to_polar};
use crate::units::Bearing;

/// Radius of the earth in metres.
const EARTH_M: f64 = 6_371_000.0;
/// By how much refraction enlarges it for radar (ITU-R P.834: 4/3) and for light (7/6).
const RADAR_REFRACTION: f64 = 4.0 / 3.0;
const LIGHT_REFRACTION: f64 = 7.0 / 6.0;
/// Directions in which the land is looked up.
const DIRECTIONS: usize = 720;
/// Land of less depth than this along the line of sight hides nothing, metres.
const LAND_M: f64 = 300.0;
/// The most islets on one line of sight.
const ISLETS_MAX: usize = 64;
/// A sensor that has moved farther than this looks at the land anew, metres.
const MOVED_M: f64 = 500.0;

/// Whether something is in sight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Nothing is in between.
    InSight,
    /// It is farther off than the sensor's range.
    BeyondRange,
    /// The sea itself is in between.
    BelowHorizon,
    /// Land is in between.
    LandShadow,
}

/// One radar or camera.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Sight {
    kind: SensorKind,
    place: LatLon,
    height_m: Option<f64>,
    range_m: f64,
    /// Where land begins in each direction, in metres; looked up when it is first asked for, once for all copies.
    #[serde(skip)]
    land_m: Arc<OnceLock<Box<[f32]>>>,
}

impl Sight {
    /// `None` for AIS receivers, and for what has no place or range.
    pub(super) fn of(sensor: &Sensor) -> Option<Self> {
        let range_m = match sensor.kind {
            // What reports positions sees nothing by itself.
            SensorKind::Ais | SensorKind::Report => return None,
            SensorKind::Radar => sensor.radar?.max_range_m,
            SensorKind::Eo => sensor.eo?.max_range_m,
        };
        let (kind, height_m) = (sensor.kind, sensor.height_m.filter(|height_m| *height_m > 0.0));
        Some(Self { kind, place: sensor.position?, height_m, range_m, land_m: Arc::default() })
    }

    pub(super) fn kind(&self) -> SensorKind {
        self.kind
    }

    pub(super) fn move_to(&mut self, place: LatLon) {
        if distance_m(self.place, place) > MOVED_M {
            self.land_m = Arc::default();
            self.place = place;
        }
    }

    /// Whether what is at `place`, with its top `height_m` above the sea, is in sight.
    pub(super) fn view(&self, place: LatLon, height_m: f64, chart: &Chart) -> View {
        let (azimuth, range_m) = position_to_polar(self.place, place);
        if range_m > self.range_m {
            return View::BeyondRange;
        }
        if self.horizon_m(height_m).is_some_and(|horizon_m| range_m > horizon_m) {
            return View::BelowHorizon;
        }
        let land_m = self.land_m.get_or_init(|| self.look_for_land(chart));
        let direction = (azimuth.deg() / 360.0 * DIRECTIONS as f64) as usize;
        let hidden = land_m.get(direction).is_some_and(|land_m| range_m > f64::from(*land_m) + LAND_M);
        if hidden { View::LandShadow } else { View::InSight }
    }

    /// Up to where tops of this height are above the horizon; `None` for a sensor of unknown height.
    fn horizon_m(&self, height_m: f64) -> Option<f64> {
        let refraction = if self.kind == SensorKind::Radar { RADAR_REFRACTION } else { LIGHT_REFRACTION };
        let own_m = self.height_m?;
        Some((2.0 * refraction * EARTH_M).sqrt() * (own_m.sqrt() + height_m.max(0.0).sqrt()))
    }

    fn look_for_land(&self, chart: &Chart) -> Box<[f32]> {
        let middle = |direction: usize| Bearing::from_deg((direction as f64 + 0.5) * 360.0 / DIRECTIONS as f64);
        (0..DIRECTIONS).map(|direction| self.land_begins_m(middle(direction), chart) as f32).collect()
    }

    /// Where land of some depth begins in a direction; infinite where none does within the range.
    fn land_begins_m(&self, azimuth: Bearing, chart: &Chart) -> f64 {
        let at = |range_m: f64| polar_to_position(self.place, azimuth, range_m);
        let (mut from_m, mut islets) = (0.0, 0);
        while from_m < self.range_m && islets < ISLETS_MAX {
            let reach_m = (self.range_m - from_m).min(SHORE_RANGE_M);
            let Some(landfall) = chart.coast.landfall(at(from_m), azimuth, reach_m) else {
                from_m += reach_m;
                continue;
            };
            let begins_m = from_m + landfall.distance_m;
            let deep = (1..=4).all(|part| chart.coast.is_land(at(begins_m + LAND_M * f64::from(part) / 4.0)));
            if deep {
                return begins_m;
            }
            islets += 1;
            from_m = begins_m + LAND_M / 4.0;
        }
        f64::INFINITY
    }
}
