//! Rings: the checks of one, and of the rings of a polygon against each other.
//!
//! Crossings are looked for among the segments whose boxes meet (by R-tree), so a coast of 10,000 points takes
//! milliseconds; the intersection test itself is geo's, with exact predicates.

use geo::{Coord, Intersects, Line};
use rstar::primitives::{CachedEnvelope, GeomWithData};
use rstar::{AABB, RTree};

use super::error::Reason;
use super::metric::delta_lon_deg;
use crate::geodesy::LatLon;

/// A polygon: its outer ring, then its holes. Each is closed (first point repeated), without repeated neighbours; the outer
/// one runs counter-clockwise, holes clockwise, so the inside lies on the left of every edge.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Polygon {
    pub(super) rings: Vec<Vec<LatLon>>,
}

impl Polygon {
    /// All edges, ring after ring.
    pub(super) fn edges(&self) -> impl Iterator<Item = (LatLon, LatLon)> + '_ {
        self.rings.iter().flat_map(|ring| ring.iter().zip(ring.iter().skip(1)).map(|(a, b)| (*a, *b)))
    }

    /// Whether `position` lies inside and in no hole; on the edge it may be either.
    pub(super) fn contains(&self, position: LatLon) -> bool {
        let mut inside = false;
        for (a, b) in self.edges() {
            let (ay, by) = (a.lat_deg - position.lat_deg, b.lat_deg - position.lat_deg);
            if (ay > 0.0) == (by > 0.0) {
                continue;
            }
            let ax = delta_lon_deg(a.lon_deg, position.lon_deg);
            let dx = delta_lon_deg(b.lon_deg, a.lon_deg);
            if ax + dx * (ay / (ay - by)) > 0.0 {
                inside = !inside;
            }
        }
        inside
    }

    /// The first place where rings cross or touch themselves or each other, in words; `None` for a sound polygon.
    ///
    /// Rings may touch each other in a point (OGC simple features), never themselves.
    pub(super) fn fault(&self) -> Option<Reason> {
        let mut lines = Vec::new();
        for (ring, positions) in self.rings.iter().enumerate() {
            for (place, (a, b)) in positions.iter().zip(positions.iter().skip(1)).enumerate() {
                let line = rstar::primitives::Line::new(pair(*a), pair(*b));
                lines.push(GeomWithData::new(CachedEnvelope::new(line), (ring, place)));
            }
        }
        let tree = RTree::bulk_load(lines.clone());
        for line in &lines {
            let (from, to) = (line.geom().from, line.geom().to);
            for other in tree.locate_in_envelope_intersecting(AABB::from_corners(from, to)) {
                if other.data <= line.data {
                    continue;
                }
                if let Some(reason) = self.clash(line, other) {
                    return Some(reason);
                }
            }
        }
        self.stray_hole()
    }

    fn clash(&self, one: &Segment, other: &Segment) -> Option<Reason> {
        let ((ring, place), (other_ring, other_place)) = (one.data, other.data);
        let (a, b) = (geo_line(one), geo_line(other));
        if !a.intersects(&b) {
            return None;
        }
        let at = LatLon::new(other.geom().from[1], other.geom().from[0]);
        let near = format!("near {:.5}, {:.5}", at.lat_deg, at.lon_deg);
        if ring != other_ring {
            let touches = proper_touch(a, b);
            return (!touches)
                .then(|| Reason::BadHole(format!("{} and {} cross {near}", ring_name(ring), ring_name(other_ring))));
        }
        let edges = self.rings.get(ring).map_or(0, |positions| positions.len() - 1);
        let follows = other_place == place + 1 || (place == 0 && other_place + 1 == edges);
        let spike = || {
            // Neighbours share one point by right; a spike shares more.
            let (tip, p, q) =
                if other_place == place + 1 { (a.end, a.start, b.end) } else { (a.start, a.end, b.start) };
            b.intersects(&p) && p != tip || a.intersects(&q) && q != tip
        };
        (!follows || spike()).then(|| {
            Reason::SelfIntersection(format!(
                "{} crosses or touches itself {near} (segments {place} and {other_place})",
                ring_name(ring)
            ))
        })
    }

    /// A hole outside the outer ring or inside another hole. Rings do not cross here, so one point decides, if it is not a
    /// point of touch: points are tried until one is clearly on one side.
    fn stray_hole(&self) -> Option<Reason> {
        let (outer, holes) = self.rings.split_first()?;
        let inside = |ring: &[LatLon], hole: &[LatLon]| {
            let shape = Polygon { rings: vec![ring.to_vec()] };
            let votes = hole.iter().filter(|point| shape.contains(**point)).count();
            2 * votes > hole.len()
        };
        for (number, hole) in holes.iter().enumerate() {
            if !inside(outer, hole) {
                return Some(Reason::BadHole(format!("{} lies outside the outer ring", ring_name(number + 1))));
            }
            for (other_number, other) in holes.iter().enumerate() {
                if other_number != number && inside(other, hole) {
                    let names = (ring_name(number + 1), ring_name(other_number + 1));
                    return Some(Reason::BadHole(format!("{} lies in {}", names.0, names.1)));
                }
            }
        }
        None
    }
}

type Segment = GeomWithData<CachedEnvelope<rstar::primitives::Line<[f64; 2]>>, (usize, usize)>;

fn pair(position: LatLon) -> [f64; 2] {
    [position.lon_deg, position.lat_deg]
}

fn geo_line(segment: &Segment) -> Line<f64> {
    let [from, to] = [segment.geom().from, segment.geom().to];
    Line::new(Coord { x: from[0], y: from[1] }, Coord { x: to[0], y: to[1] })
}

/// Whether two segments that intersect do so in an end of one of them only, and not along a line.
fn proper_touch(a: Line<f64>, b: Line<f64>) -> bool {
    use geo::line_intersection::{LineIntersection, line_intersection};
    matches!(line_intersection(a, b), Some(LineIntersection::SinglePoint { is_proper: false, .. }))
}

fn ring_name(ring: usize) -> String {
    if ring == 0 { "outer ring".to_owned() } else { format!("hole {ring}") }
}

/// A ring as it stands in a file, checked on its own and wound as [`Polygon`] wants it.
pub(super) fn checked(mut ring: Vec<LatLon>, name: &str, outer: bool) -> Result<Vec<LatLon>, Reason> {
    if ring.len() < 4 {
        return Err(Reason::TooFewPoints(format!("{name} of {} points", ring.len())));
    }
    if ring.first() != ring.last() {
        return Err(Reason::RingNotClosed(name.to_owned()));
    }
    if ring.iter().zip(ring.iter().skip(1)).any(|(a, b)| (a.lon_deg - b.lon_deg).abs() > 180.0) {
        return Err(Reason::Antimeridian);
    }
    ring.dedup();
    let area = doubled_area(&ring);
    if ring.len() < 4 || area == 0.0 {
        return Err(Reason::TooFewPoints(name.to_owned()));
    }
    if (area > 0.0) != outer {
        ring.reverse();
    }
    Ok(ring)
}

/// Twice the area in square degrees, positive when counter-clockwise; around the first point, to keep the digits.
fn doubled_area(ring: &[LatLon]) -> f64 {
    let Some(first) = ring.first() else { return 0.0 };
    let part = |point: &LatLon| (point.lon_deg - first.lon_deg, point.lat_deg - first.lat_deg);
    ring.iter()
        .zip(ring.iter().skip(1))
        .map(|(a, b)| {
            let ((ax, ay), (bx, by)) = (part(a), part(b));
            ax * by - bx * ay
        })
        .sum()
}
