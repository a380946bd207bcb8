//! What was found of the shore at one place, for the next question of the same vessel.

use super::edge_tree::Edge;
use crate::geodesy::{LatLon, distance_m};

use super::coast::SHORE_RANGE_M;

/// How much farther than the range no shore must be for a place to be clear of it, in metres: so far a vessel may go.
const CLEAR_M: f64 = 2_000.0;

/// Where the shore was for one vessel: [`Coast::nearest_again`](super::Coast::nearest_again) begins there. It belongs to one
/// coast: begin a new one with a new chart.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct ShoreHint(Known);

#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
enum Known {
    #[default]
    Nothing,
    /// This piece was the nearest.
    Edge(Edge),
    /// No shore is within the range plus [`CLEAR_M`] of this place.
    ClearOf(LatLon),
}

impl ShoreHint {
    /// That this piece is the nearest.
    pub(super) fn at(edge: Edge) -> Self {
        Self(Known::Edge(edge))
    }

    /// That there is none within the range; `none_within` tells of farther out.
    pub(super) fn clear_of(place: LatLon, none_within: impl FnOnce(f64) -> bool) -> Self {
        Self(if none_within(SHORE_RANGE_M + CLEAR_M) { Known::ClearOf(place) } else { Known::Nothing })
    }

    /// Whether no shore can be within the range of `position`.
    pub(super) fn is_clear(&self, position: LatLon) -> bool {
        // A hundredth covers what the metric is off at such a distance.
        matches!(self.0, Known::ClearOf(place) if distance_m(place, position) <= CLEAR_M / 2.0)
    }

    /// The piece that was the nearest.
    pub(super) fn edge(&self) -> Option<Edge> {
        match self.0 {
            Known::Edge(edge) => Some(edge),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::Coast;

    #[test]
    fn who_asks_again_gets_the_same_answers_as_who_asks_anew() {
        let text = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":
            {"type":"Polygon","coordinates":[[[110.0,20.0],[110.1,20.01],[110.2,20.0],[110.2,20.2],[110.0,20.2],[110.0,20.0]]]}}]}"#;
        let coast = Coast::from_geojson(text, None).unwrap();
        let (mut hint, mut found, mut clear) = (ShoreHint::default(), 0, 0);
        for step in 0..20_000 {
            let turn = f64::from(step) * 0.0005;
            let here = LatLon::new(20.1 + 0.7 * turn.sin(), 110.1 + 0.8 * (1.3 * turn).cos());
            let again = coast.nearest_again(here, &mut hint);
            assert_eq!(again, coast.nearest(here), "{here:?}");
            found += u32::from(again.is_some());
            clear += u32::from(hint.is_clear(here));
        }
        assert!(found > 1_000 && clear > 1_000, "{found} {clear}");
    }
}
