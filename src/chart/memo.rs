//! What was learnt about the shore at one position, used for the next positions of the same vessel.

use super::coast::{Coast, SHORE_RANGE_M};
use crate::geodesy::{LatLon, distance_m};

/// Below this many metres a remembered answer is not trusted: distances are exact to a metre.
const DOUBT_M: f64 = 2.0;

/// Remembers for one vessel how far the shore was at one position. While the vessel has not used up the gap between that
/// distance and the radius asked for, no tree is searched: for vessels under way at coastal traffic's pace that leaves
/// about one search in a hundred.
///
/// It belongs to one [`Coast`]: begin a new one with a new chart.
#[derive(Clone, Copy, Debug, Default)]
pub struct ShoreMemo {
    /// Where, the least distance that the shore can have had there, and the greatest.
    known: Option<(LatLon, f64, f64)>,
}

impl ShoreMemo {
    /// Whether any shore lies within `radius_m` of `position`: the answer of [`Coast::within`], cheaper.
    pub fn within(&mut self, coast: &Coast, position: LatLon, radius_m: f64) -> bool {
        if let Some((place, least_m, greatest_m)) = self.known {
            let moved_m = distance_m(place, position) + DOUBT_M;
            if least_m - moved_m > radius_m {
                return false;
            }
            if greatest_m + moved_m <= radius_m {
                return true;
            }
        }
        let found_m = coast.nearest(position).map(|shore| shore.distance_m);
        let (least_m, greatest_m) = found_m.map_or((SHORE_RANGE_M, f64::INFINITY), |exact_m| (exact_m, exact_m));
        self.known = position.is_valid().then_some((position, least_m, greatest_m));
        found_m.is_some_and(|distance_m| distance_m <= radius_m)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moving_vessel_gets_the_same_answers_as_without_memory() {
        let text = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":
            {"type":"Polygon","coordinates":[[[110.0,20.0],[110.2,20.0],[110.2,20.2],[110.0,20.2],[110.0,20.0]]]}}]}"#;
        let coast = Coast::from_geojson(text, None).unwrap();
        let mut memo = ShoreMemo::default();
        for step in 0..20_000 {
            let turn = f64::from(step) * 0.001;
            let here = LatLon::new(20.1 + 0.3 * turn.sin(), 110.1 + 0.4 * (1.3 * turn).cos());
            let radius_m = [150.0, 2_000.0, 22_224.0][step as usize % 3];
            assert_eq!(memo.within(&coast, here, radius_m), coast.within(here, radius_m), "{here:?} {radius_m}");
        }
    }
}
