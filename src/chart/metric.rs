//! Distances around one position, exact and without trigonometry for each segment.

use crate::geodesy::{LatLon, metres_per_degree};

/// Step in degrees of latitude between the samples that the scale is interpolated from.
const STEP_DEG: f64 = 0.25;

/// WGS 84 metres around one position: the scale at the mid latitude, as [`crate::geodesy::offset_m`] takes it, but
/// interpolated by a parabola instead of computed anew (within 1e-8 at 0.5 degrees, 2e-5 at 5 degrees).
#[derive(Clone, Copy, Debug)]
pub(super) struct LocalMetric {
    origin: LatLon,
    lat_m: [f64; 3],
    lon_m: [f64; 3],
}

impl LocalMetric {
    /// The metric around `origin`.
    pub(super) fn around(origin: LatLon) -> Self {
        let south = metres_per_degree(origin.lat_deg - STEP_DEG);
        let here = metres_per_degree(origin.lat_deg);
        let north = metres_per_degree(origin.lat_deg + STEP_DEG);
        let parabola =
            |s: f64, h: f64, n: f64| [h, (n - s) / (2.0 * STEP_DEG), (n - 2.0 * h + s) / (2.0 * STEP_DEG * STEP_DEG)];
        Self {
            origin,
            lat_m: parabola(south.lat_m, here.lat_m, north.lat_m),
            lon_m: parabola(south.lon_m, here.lon_m, north.lon_m),
        }
    }

    /// Metres a degree of longitude and of latitude, `delta_lat_deg` north of the origin.
    pub(super) fn scale_at(&self, delta_lat_deg: f64) -> (f64, f64) {
        let at = |[zero, one, two]: [f64; 3]| zero + delta_lat_deg * (one + delta_lat_deg * two);
        (at(self.lon_m), at(self.lat_m))
    }

    /// The point of the segment from `a` to `b` (straight in degrees, as GeoJSON has it) nearest to the origin, and its
    /// distance in metres squared.
    ///
    /// The scale depends on how far north the nearest point lies, and the nearest point on the scale: three rounds settle
    /// it to below a centimetre within 24 nautical miles.
    pub(super) fn nearest_on_segment(&self, a: LatLon, b: LatLon) -> (f64, LatLon) {
        let (ax, ay) = (delta_lon_deg(a.lon_deg, self.origin.lon_deg), a.lat_deg - self.origin.lat_deg);
        let (dx, dy) = (delta_lon_deg(b.lon_deg, a.lon_deg), b.lat_deg - a.lat_deg);
        let mut north = ay.clamp(-STEP_DEG, STEP_DEG);
        let mut share = 0.0;
        for _ in 0..3 {
            let (lon_m, lat_m) = self.scale_at(north / 2.0);
            let (kx, ky) = (lon_m * lon_m, lat_m * lat_m);
            let length_squared = dx * dx * kx + dy * dy * ky;
            let along = -(ax * dx * kx + ay * dy * ky);
            share = if length_squared > 0.0 { (along / length_squared).clamp(0.0, 1.0) } else { 0.0 };
            north = ay + share * dy;
        }
        let east = ax + share * dx;
        let (lon_m, lat_m) = self.scale_at(north / 2.0);
        let distance_squared = (east * lon_m).powi(2) + (north * lat_m).powi(2);
        // An end is given back as it stands in the file, to the bit.
        let point = match share {
            0.0 => a,
            1.0 => b,
            _ => LatLon::new(a.lat_deg + share * dy, a.lon_deg + share * dx),
        };
        (distance_squared, point)
    }

    /// Of `segments`, each with a word of its own, the point nearest to the origin: its distance in metres squared, the point, and the
    /// word. Of several as near, the first. Segments whose box is farther than the best so far are passed over.
    pub(super) fn nearest_of<T>(
        &self,
        segments: impl IntoIterator<Item = (LatLon, LatLon, T)>,
    ) -> Option<(f64, LatLon, T)> {
        let mut best: Option<(f64, LatLon, T)> = None;
        for (a, b, word) in segments {
            if best.as_ref().is_some_and(|(least, ..)| self.at_least_squared(a, b) >= *least) {
                continue;
            }
            let (squared, point) = self.nearest_on_segment(a, b);
            if best.as_ref().is_none_or(|(least, ..)| squared < *least) {
                best = Some((squared, point, word));
            }
        }
        best
    }

    /// Metres squared that no point of a segment is nearer to the origin than, going by its box.
    fn at_least_squared(&self, a: LatLon, b: LatLon) -> f64 {
        /// So near in degrees of latitude the scale of a degree is off by less than [`SCALE_SURE`] says, up to 80 degrees of latitude.
        const NEAR_DEG: f64 = 0.15;
        const SCALE_SURE: f64 = 0.98;
        let gap = |a: f64, b: f64| a.min(b).max(-a.max(b)).max(0.0);
        let (south, north) = (a.lat_deg - self.origin.lat_deg, b.lat_deg - self.origin.lat_deg);
        let north_m = gap(south, north) * self.lat_m[0] * SCALE_SURE;
        // Far to the north or south a degree of longitude is worth less than here.
        let is_near = south.abs().max(north.abs()) <= NEAR_DEG && self.origin.lat_deg.abs() <= 80.0;
        let [west, east] = [a, b].map(|end| delta_lon_deg(end.lon_deg, self.origin.lon_deg));
        let east_m = if is_near { gap(west, east) * self.lon_m[0] * SCALE_SURE } else { 0.0 };
        east_m * east_m + north_m * north_m
    }
}

/// Degrees of longitude from `from` to `to` by the short way.
pub(super) fn delta_lon_deg(to: f64, from: f64) -> f64 {
    let delta = to - from;
    if delta > 180.0 {
        delta - 360.0
    } else if delta < -180.0 {
        delta + 360.0
    } else {
        delta
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geodesy::distance_m;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn passing_over_what_is_too_far_changes_no_answer(
            lat in -84.0..84.0_f64, lon in -180.0..180.0_f64,
            ends in prop::collection::vec(prop::array::uniform4(-0.2..0.2_f64), 1..30),
        ) {
            let metric = LocalMetric::around(LatLon::new(lat, lon));
            let segments: Vec<(LatLon, LatLon, usize)> = (0..)
                .zip(ends)
                .map(|(number, e)| (LatLon::new(lat + e[0], lon + e[1]), LatLon::new(lat + e[2], lon + e[3]), number))
                .collect();
            let measured = segments.iter().map(|&(a, b, number)| (metric.nearest_on_segment(a, b), number));
            let least = measured.min_by(|a, b| a.0.0.total_cmp(&b.0.0)).map(|((squared, point), number)| (squared, point, number));
            prop_assert_eq!(metric.nearest_of(segments.iter().copied()), least);
        }

        #[test]
        fn the_nearest_point_of_a_segment_is_no_worse_than_any_sampled_one(
            lat in -50.0..50.0_f64, lon in -180.0..180.0_f64,
            ends in prop::array::uniform4(-0.4..0.4_f64),
        ) {
            let origin = LatLon::new(lat, lon);
            let (a, b) = (LatLon::new(lat + ends[0], lon + ends[1]), LatLon::new(lat + ends[2], lon + ends[3]));
            let (squared, point) = LocalMetric::around(origin).nearest_on_segment(a, b);
            prop_assert!((squared.sqrt() - distance_m(origin, point)).abs() < 0.01);
            let metric = LocalMetric::around(origin);
            prop_assert!(metric.at_least_squared(a, b) <= squared);
            for step in 0..=1000 {
                let share = f64::from(step) / 1000.0;
                let sample = LatLon::new(a.lat_deg + share * (b.lat_deg - a.lat_deg), a.lon_deg + share * (b.lon_deg - a.lon_deg));
                let gap = distance_m(origin, sample);
                prop_assert!(gap > squared.sqrt() - 0.5, "{gap} at {share}, {} found", squared.sqrt());
            }
        }
    }
}
