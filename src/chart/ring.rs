//! Rings: the checks of one, and of the rings of a polygon against each other.
//!
//! Crossings are looked for among the segments whose boxes meet, by a sweep over the segments from one side to the other, so
//! a coast of 10,000 points takes milliseconds; the intersection test itself is geo's, with exact predicates.

use geo::{Coord, Intersects, Line};

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
        let mut segments: Vec<Segment> = Vec::new();
        for (ring, positions) in self.rings.iter().enumerate() {
            let edges = positions.iter().zip(positions.iter().skip(1)).enumerate();
            segments.extend(edges.map(|(place, (from, to))| Segment::new((ring, place), *from, *to)));
        }
        // Along the axis on which the segments are shorter, fewer of them stand beside one another.
        let extent = |side: Extent| segments.iter().map(|s| side(s)[1] - side(s)[0]).sum::<f64>();
        let (along, across): (Extent, Extent) = if extent(Segment::lon) <= extent(Segment::lat) {
            (Segment::lon, Segment::lat)
        } else {
            (Segment::lat, Segment::lon)
        };
        segments.sort_unstable_by(|a, b| along(a)[0].total_cmp(&along(b)[0]).then(a.number.cmp(&b.number)));
        let mut first: Option<((Number, Number), Reason)> = None;
        for (place, one) in segments.iter().enumerate() {
            let [[_, end], [low, high]] = [along(one), across(one)];
            for other in segments[place + 1..].iter().take_while(|other| along(other)[0] <= end) {
                if across(other)[0] > high || across(other)[1] < low {
                    continue;
                }
                let (a, b) = if one.number < other.number { (one, other) } else { (other, one) };
                let numbers = (a.number, b.number);
                if first.as_ref().is_none_or(|(known, _)| numbers < *known)
                    && let Some(reason) = self.clash(a, b)
                {
                    first = Some((numbers, reason));
                }
            }
        }
        first.map(|(_, reason)| reason).or_else(|| self.stray_hole())
    }

    fn clash(&self, one: &Segment, other: &Segment) -> Option<Reason> {
        let ((ring, place), (other_ring, other_place)) = (one.number, other.number);
        let (a, b) = (one.line(), other.line());
        if !a.intersects(&b) {
            return None;
        }
        let at = other.from;
        let near = || format!("near {:.5}, {:.5}", at.lat_deg, at.lon_deg);
        if ring != other_ring {
            let touches = proper_touch(a, b);
            return (!touches).then(|| {
                Reason::BadHole(format!("{} and {} cross {}", ring_name(ring), ring_name(other_ring), near()))
            });
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
                "{} crosses or touches itself {} (segments {place} and {other_place})",
                ring_name(ring),
                near()
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

/// From where to where a segment reaches along one axis, degrees.
type Extent = fn(&Segment) -> [f64; 2];

/// Number of a ring, and of the segment in it.
type Number = (usize, usize);

/// One segment of a ring.
struct Segment {
    number: Number,
    from: LatLon,
    to: LatLon,
}

impl Segment {
    fn new(number: Number, from: LatLon, to: LatLon) -> Self {
        Self { number, from, to }
    }

    /// From which longitude to which it reaches.
    fn lon(&self) -> [f64; 2] {
        [self.from.lon_deg.min(self.to.lon_deg), self.from.lon_deg.max(self.to.lon_deg)]
    }

    /// From which latitude to which it reaches.
    fn lat(&self) -> [f64; 2] {
        [self.from.lat_deg.min(self.to.lat_deg), self.from.lat_deg.max(self.to.lat_deg)]
    }

    fn line(&self) -> Line<f64> {
        let point = |at: LatLon| Coord { x: at.lon_deg, y: at.lat_deg };
        Line::new(point(self.from), point(self.to))
    }
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
