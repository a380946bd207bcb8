//! Segments of shore in an R-tree, in metres of one fixed latitude.
//!
//! The tree needs one plane for all its boxes; such a plane is up to some percent wrong away from its latitude. It only
//! proposes: whoever asks rechecks every candidate within that error by the exact metric (see [`Frame::excess`]).

use rstar::primitives::CachedEnvelope;
use rstar::{AABB, PointDistance, RTree, RTreeObject};

use super::bounds::Bounds;
use super::metric::{LocalMetric, delta_lon_deg};
use crate::geodesy::{LatLon, MetresPerDegree, metres_per_degree};

/// The plane of a tree: WGS 84 metres at the middle latitude of the data, x east and y north of their middle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    middle: LatLon,
    scale: MetresPerDegree,
}

impl Frame {
    pub(super) fn of(bounds: Bounds) -> Self {
        let middle = bounds.middle();
        Self { middle, scale: metres_per_degree(middle.lat_deg) }
    }

    pub(super) fn to_plane(self, position: LatLon) -> [f64; 2] {
        [
            delta_lon_deg(position.lon_deg, self.middle.lon_deg) * self.scale.lon_m,
            (position.lat_deg - self.middle.lat_deg) * self.scale.lat_m,
        ]
    }

    pub(super) fn to_position(self, [x, y]: [f64; 2]) -> LatLon {
        LatLon::new(self.middle.lat_deg + y / self.scale.lat_m, self.middle.lon_deg + x / self.scale.lon_m)
    }

    /// How much longer than in truth a way may be in this plane, as a factor, for ways of up to `reach_m` from where
    /// `metric` lies: what is nearest in truth is found in the plane within its true distance times this.
    pub(super) fn excess(self, metric: &LocalMetric, reach_m: f64) -> f64 {
        // The mid latitude of such a way is at most half the reach off; 110 km is less than any degree of latitude.
        let half_deg = reach_m / 110_000.0 / 2.0;
        let factor = |delta_lat_deg: f64| {
            let (lon_m, lat_m) = metric.scale_at(delta_lat_deg);
            (self.scale.lon_m / lon_m.max(1.0)).max(self.scale.lat_m / lat_m)
        };
        // Within so few degrees the scale is monotonic, or largest in between, so an end has the largest factor.
        factor(half_deg).max(factor(-half_deg)) * (1.0 + 1e-6)
    }
}

/// One edge of a polygon in the plane, its inside on the left.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Edge {
    pub(super) from: [f64; 2],
    pub(super) to: [f64; 2],
    pub(super) polygon: u32,
}

impl RTreeObject for Edge {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners(self.from, self.to)
    }
}

impl PointDistance for Edge {
    fn distance_2(&self, point: &[f64; 2]) -> f64 {
        let [dx, dy] = [self.to[0] - self.from[0], self.to[1] - self.from[1]];
        let [px, py] = [point[0] - self.from[0], point[1] - self.from[1]];
        let length_squared = dx * dx + dy * dy;
        let share = if length_squared > 0.0 { ((px * dx + py * dy) / length_squared).clamp(0.0, 1.0) } else { 0.0 };
        (px - share * dx).powi(2) + (py - share * dy).powi(2)
    }

    fn distance_2_if_less_or_equal(&self, point: &[f64; 2], max_distance_2: f64) -> Option<f64> {
        // The distance itself costs no more than that of the box, by which the tree would ask first.
        Some(self.distance_2(point)).filter(|squared| *squared <= max_distance_2)
    }
}

impl Edge {
    /// Where along the way from `start` to `end` (0 to 1) this edge is crossed from its right to its left side, that is
    /// from the outside to the inside of its polygon.
    pub(super) fn entered_by(&self, start: [f64; 2], end: [f64; 2]) -> Option<f64> {
        let edge = [self.to[0] - self.from[0], self.to[1] - self.from[1]];
        let way = [end[0] - start[0], end[1] - start[1]];
        let turn = edge[0] * way[1] - edge[1] * way[0];
        if turn <= 0.0 {
            return None;
        }
        let gap = [self.from[0] - start[0], self.from[1] - start[1]];
        // start + share * way = from + along * edge
        let share = (edge[0] * gap[1] - edge[1] * gap[0]) / turn;
        let along = (way[0] * gap[1] - way[1] * gap[0]) / turn;
        ((0.0..=1.0).contains(&share) && (0.0..=1.0).contains(&along)).then_some(share)
    }

    /// Whether a ray from `point` to the east crosses this edge.
    pub(super) fn crossed_by_ray_east_of(&self, point: [f64; 2]) -> bool {
        let (from, to) =
            ([self.from[0] - point[0], self.from[1] - point[1]], [self.to[0] - point[0], self.to[1] - point[1]]);
        (from[1] > 0.0) != (to[1] > 0.0) && from[0] + (to[0] - from[0]) * (from[1] / (from[1] - to[1])) > 0.0
    }
}

/// The tree over edges, each with its box: building the tree asks for it some twenty times.
pub(super) type EdgeTree = RTree<CachedEnvelope<Edge>>;

/// A tree of these edges.
pub(super) fn tree_of(edges: Vec<Edge>) -> EdgeTree {
    RTree::bulk_load(edges.into_iter().map(CachedEnvelope::new).collect())
}
