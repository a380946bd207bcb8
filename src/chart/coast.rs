//! The coastline: how far the shore is, where a course meets it, what is land.
//!
//! Built from land polygons (GeoJSON, WGS 84). Nearest shore costs one search in an R-tree of segments and an exact
//! recheck of the candidates within the error of the tree's plane: on the fine coast of Hainan about 15 of 36,000.
//! Edges along which a file was cut out of a larger one are no shore, but close the polygons for the land test.

use serde_json::Value;
use smallvec::SmallVec;

use super::bounds::Bounds;
use super::edge_tree::{Edge, EdgeTree, Frame, tree_of};
use super::error::{ChartError, ChartWarning};
use super::hint::ShoreHint;
use super::metric::LocalMetric;
use super::read::{Collection, Feature, read_collection};
use super::ring::Polygon;
use super::shore_cells::{CELL_REACH_M, Near, Piece, ShoreCells, nearest_of};
use super::zone::Side;
use crate::geodesy::{LatLon, distance_m};
use crate::units::Bearing;
use rstar::AABB;

/// How far out the shore is looked for: 24 nautical miles, the outer limit of the contiguous zone (UNCLOS, article 33).
/// Up to here distances are exact to a metre; farther out there is "no shore near".
pub const SHORE_RANGE_M: f64 = 24.0 * 1852.0;

/// Length of the pieces in which a course is followed. Short pieces keep their boxes slim and end the search early.
const COURSE_PIECE_M: f64 = 2_000.0;

/// How near to the border of the map, in degrees, an edge counts as lying on it (1 cm; files have six decimals).
const BORDER_TOLERANCE_DEG: f64 = 1e-7;

/// One piece of land.
#[derive(Clone, Debug, PartialEq)]
pub struct Land {
    /// Name as the file has it; most islets have none.
    pub name: Option<String>,
    /// Which side of the second line it lies on; only where the file says so (property `side`).
    pub side: Option<Side>,
    /// What to call it in a sentence: its name, else its id, else its place in the file.
    pub label: String,
    /// The box around it.
    pub bounds: Bounds,
    /// Its rings as the file has them: the outer one first, then its lakes; each closed.
    pub rings: Vec<Vec<LatLon>>,
    /// Those stretches of its rings that are shore and not border of the map, to be drawn.
    pub shores: Vec<Vec<LatLon>>,
}

/// The shore nearest to a position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NearestShore<'a> {
    /// Distance in metres, WGS 84; also positive on land.
    pub distance_m: f64,
    /// The nearest point of the shore.
    pub point: LatLon,
    /// What the shore is called, see [`Land::label`].
    pub name: &'a str,
    /// The land, by its place in [`Coast::lands`].
    pub polygon: usize,
}

/// Where a straight course meets the shore.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Landfall<'a> {
    /// Where.
    pub point: LatLon,
    /// How far ahead in metres.
    pub distance_m: f64,
    /// What the shore is called, see [`Land::label`].
    pub name: &'a str,
    /// The land, by its place in [`Coast::lands`].
    pub polygon: usize,
}

/// A coastline. Immutable: a new file makes a new one.
#[derive(Debug)]
pub struct Coast {
    frame: Frame,
    bounds: Bounds,
    shore: EdgeTree,
    /// Edges on the border of the map: no shore, but part of the outline of the land.
    border: EdgeTree,
    /// Answers near the shore by cell; outside of it, and farther out, the tree is asked.
    cells: ShoreCells,
    lands: Vec<Land>,
    attribution: String,
    warnings: Vec<ChartWarning>,
}

impl Coast {
    /// Reads land polygons (Polygon, MultiPolygon, holes are lakes; properties `name`, `clipped`, and `side`: `island`,
    /// `mainland` or `abroad`).
    ///
    /// Which edges lie on the border of the map, and so are no shore:
    /// - where features say `clipped` themselves: the edges on the collection's `bbox` (else on the box around the data)
    ///   of those that say `true`;
    /// - otherwise, when the caller knows the `area` that the file was cut for: edges on those sides of the box around the
    ///   data that lie on or outside the area (the coast of a scenario is cut somewhat wider than its `bbox`);
    /// - otherwise none.
    ///
    /// # Errors
    /// A [`ChartError`] that names each bad feature and what to do. A ring that crosses itself is only a warning: simplified
    /// coastlines have them, and distances do not mind.
    pub fn from_geojson(text: &str, area: Option<Bounds>) -> Result<Self, ChartError> {
        let collection = read_collection("coastline", text)?;
        let all = || collection.features.iter().flat_map(|feature| &feature.polygons);
        let points = all().flat_map(|polygon| polygon.rings.iter().flatten().copied());
        let bounds = Bounds::around(points).or(area).unwrap_or(Bounds::WORLD);
        let border = Border::of(&collection, bounds, area);
        let frame = Frame::of(bounds);
        let (mut shore, mut cut) = (Vec::new(), Vec::new());
        let mut lands = Vec::new();
        let mut warnings = Vec::new();
        for feature in &collection.features {
            let sides = border.sides_for(feature);
            if let Some(word) = feature.properties.get("side").filter(|_| side(feature).is_none()) {
                let text = format!("its side is {word}, and left out: give island, mainland or abroad");
                warnings.push(ChartWarning { subject: feature.label(), text });
            }
            for polygon in &feature.polygons {
                let number = lands.len() as u32;
                for (a, b) in polygon.edges() {
                    let edge = Edge { from: frame.to_plane(a), to: frame.to_plane(b), polygon: number };
                    if sides.is_some_and(|sides| sides.hold(a, b)) { cut.push(edge) } else { shore.push(edge) }
                }
                lands.push(land(feature, polygon, |a, b| sides.is_some_and(|sides| sides.hold(a, b))));
                if let Some(fault) = polygon.fault() {
                    warnings.push(ChartWarning { subject: feature.label(), text: format!("taken although: {fault}") });
                }
            }
        }
        if shore.is_empty() {
            warnings.push(ChartWarning {
                subject: "coastline".to_owned(),
                text: "holds no shore: rules that need one will find nothing; check that it is the right file"
                    .to_owned(),
            });
        }
        Ok(Self {
            frame,
            bounds,
            shore: tree_of(shore),
            border: tree_of(cut),
            cells: ShoreCells::of(bounds),
            lands,
            attribution: text_member(&collection, "attribution"),
            warnings,
        })
    }

    /// The shore nearest to `position`, exact to a metre within [`SHORE_RANGE_M`]; `None` when there is none so near.
    ///
    /// The tree's plane proposes one segment; its exact distance bounds where a nearer one can hide in the plane, and all in
    /// that circle are measured exactly. (Taking the proposed one as it is would be off by up to 352 m here.)
    pub fn nearest(&self, position: LatLon) -> Option<NearestShore<'_>> {
        self.nearest_within(position, SHORE_RANGE_M)
    }

    /// As [`Coast::nearest`], looking no farther than `reach_m` (at most [`SHORE_RANGE_M`]).
    pub fn nearest_within(&self, position: LatLon, reach_m: f64) -> Option<NearestShore<'_>> {
        let reach_m = reach_m.min(SHORE_RANGE_M);
        if !position.is_valid() || reach_m.is_nan() || reach_m < 0.0 {
            return None;
        }
        let (_, point, polygon) = if reach_m <= CELL_REACH_M {
            match self.cells.near(
                position,
                |at, reach_m| self.search_m(at, reach_m),
                |at, m, all| self.pieces(at, m, all),
            ) {
                Some(Near::Nothing) => return None,
                Some(Near::Pieces(pieces)) => nearest_of(pieces, position)?,
                Some(Near::Unsettled) => self.search(position, reach_m)?,
                None if self.cells.is_clear(position) => return None,
                None => self.search(position, reach_m)?,
            }
        } else {
            self.search(position, reach_m)?
        };
        let distance_m = distance_m(position, point);
        let name = self.label(polygon);
        (distance_m <= reach_m).then_some(NearestShore { distance_m, point, name, polygon: polygon as usize })
    }

    /// As [`Coast::nearest`], for who asks again not far from the last time: the piece of shore that was the nearest then
    /// bounds where a nearer one can be. The answers are the same.
    pub fn nearest_again(&self, position: LatLon, hint: &mut ShoreHint) -> Option<NearestShore<'_>> {
        if !position.is_valid() || hint.is_clear(position) {
            return None;
        }
        let metric = LocalMetric::around(position);
        let hinted = hint.edge().and_then(|edge| {
            let measured = self.measured(&metric, &edge);
            (measured.0 <= SHORE_RANGE_M * SHORE_RANGE_M)
                .then(|| self.nearer(position, &metric, measured, SHORE_RANGE_M))
        });
        let Some((_, point, edge)) = hinted.or_else(|| self.search_edge(position, SHORE_RANGE_M)) else {
            *hint = ShoreHint::clear_of(position, |within_m| self.search_edge(position, within_m).is_none());
            return None;
        };
        *hint = ShoreHint::at(edge);
        let distance_m = distance_m(position, point);
        let name = self.label(edge.polygon);
        (distance_m <= SHORE_RANGE_M).then_some(NearestShore {
            distance_m,
            point,
            name,
            polygon: edge.polygon as usize,
        })
    }

    /// The nearest point of the shore by the tree, if it may lie within `reach_m`: its distance in metres squared, the point
    /// and its polygon.
    fn search(&self, position: LatLon, reach_m: f64) -> Option<(f64, LatLon, u32)> {
        self.search_edge(position, reach_m).map(|(squared, point, edge)| (squared, point, edge.polygon))
    }

    /// As [`Self::search`], with the edge that the point is on.
    fn search_edge(&self, position: LatLon, reach_m: f64) -> Option<(f64, LatLon, Edge)> {
        let at = self.frame.to_plane(position);
        let (proposed, plane_squared) = self.shore.nearest_neighbor_with_distance_2(at)?;
        let metric = LocalMetric::around(position);
        let widest = self.frame.excess(&metric, reach_m) * reach_m;
        if plane_squared > widest * widest {
            return None;
        }
        Some(self.nearer(position, &metric, self.measured(&metric, proposed), reach_m))
    }

    /// The nearest point of an edge: its distance in metres squared, the point, the edge.
    fn measured(&self, metric: &LocalMetric, edge: &Edge) -> (f64, LatLon, Edge) {
        let (from, to) = (self.frame.to_position(edge.from), self.frame.to_position(edge.to));
        let (squared, point) = metric.nearest_on_segment(from, to);
        (squared, point, *edge)
    }

    /// The nearest point of the shore, of which one within reach is known.
    fn nearer(
        &self,
        position: LatLon,
        metric: &LocalMetric,
        known: (f64, LatLon, Edge),
        reach_m: f64,
    ) -> (f64, LatLon, Edge) {
        let mut best = known;
        let bound_m = best.0.sqrt().min(reach_m);
        let circle_m = bound_m * self.frame.excess(metric, bound_m);
        for edge in self.shore.locate_within_distance(self.frame.to_plane(position), circle_m * circle_m) {
            let candidate = self.measured(metric, edge);
            if candidate.0 < best.0 {
                best = candidate;
            }
        }
        best
    }

    /// The distance of the shore by the tree, if it is within `reach_m`.
    fn search_m(&self, position: LatLon, reach_m: f64) -> Option<f64> {
        self.search(position, reach_m).map(|(squared, ..)| squared.sqrt()).filter(|distance_m| *distance_m <= reach_m)
    }

    /// All pieces of shore that may lie within `reach_m`.
    fn pieces(&self, position: LatLon, reach_m: f64, all: &mut Vec<Piece>) {
        let circle_m = reach_m * self.frame.excess(&LocalMetric::around(position), reach_m);
        let found = self.shore.locate_within_distance(self.frame.to_plane(position), circle_m * circle_m);
        all.extend(found.map(|edge| Piece {
            from: self.frame.to_position(edge.from),
            to: self.frame.to_position(edge.to),
            polygon: edge.polygon,
        }));
    }

    /// Whether any shore lies within `radius_m` of `position` (at most [`SHORE_RANGE_M`]); cheaper than the distance,
    /// because the first segment that is near enough ends the search.
    pub fn within(&self, position: LatLon, radius_m: f64) -> bool {
        let radius_m = radius_m.min(SHORE_RANGE_M);
        if !position.is_valid() || radius_m.is_nan() || radius_m < 0.0 {
            return false;
        }
        let metric = LocalMetric::around(position);
        let circle_m = radius_m * self.frame.excess(&metric, radius_m);
        self.shore.locate_within_distance(self.frame.to_plane(position), circle_m * circle_m).any(|edge| {
            let (from, to) = (self.frame.to_position(edge.from), self.frame.to_position(edge.to));
            metric.nearest_on_segment(from, to).0 <= radius_m * radius_m
        })
    }

    /// Whether `position` is on land: in a polygon and in none of its holes. Beyond the border of the map nothing is.
    pub fn is_land(&self, position: LatLon) -> bool {
        let at = self.frame.to_plane(position);
        if !position.is_valid() || !self.bounds.holds(position) {
            return false;
        }
        let east_end = self.frame.to_plane(LatLon::new(position.lat_deg, self.bounds.east_deg))[0].max(at[0]) + 1.0;
        let ray = AABB::from_corners(at, [east_end, at[1]]);
        // Lands of which an odd number of edges was crossed. A file may hold an island in a lake, so each counts alone.
        let mut odd: SmallVec<[u32; 8]> = SmallVec::new();
        for tree in [&self.shore, &self.border] {
            for edge in tree.locate_in_envelope_intersecting(ray).filter(|edge| edge.crossed_by_ray_east_of(at)) {
                match odd.iter().position(|polygon| *polygon == edge.polygon) {
                    Some(place) => {
                        odd.swap_remove(place);
                    }
                    None => odd.push(edge.polygon),
                }
            }
        }
        !odd.is_empty()
    }

    /// Where a vessel at `from` that keeps its `course` first comes from the water onto a shore, within `max_range_m` (at
    /// most [`SHORE_RANGE_M`]). The border of the map is no shore: a course that leaves the map finds none.
    ///
    /// A position that is on land already (by error of the sensor or of the chart) first leaves it; only the next shore
    /// that it enters is its landfall.
    pub fn landfall(&self, from: LatLon, course: Bearing, max_range_m: f64) -> Option<Landfall<'_>> {
        let max_range_m = max_range_m.min(SHORE_RANGE_M);
        if !from.is_valid() || max_range_m.is_nan() || max_range_m <= 0.0 {
            return None;
        }
        let (sin, cos) = course.unit_vector();
        let mut start_m = 0.0;
        let mut start = self.frame.to_plane(from);
        while start_m < max_range_m {
            let end_m = (start_m + COURSE_PIECE_M).min(max_range_m);
            let end = self.frame.to_plane(from.moved_m(sin * end_m, cos * end_m));
            let first = self
                .shore
                .locate_in_envelope_intersecting(AABB::from_corners(start, end))
                .filter_map(|edge| edge.entered_by(start, end).map(|share| (share, edge.polygon)))
                .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            if let Some((share, polygon)) = first {
                let point = [start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])];
                return Some(Landfall {
                    point: self.frame.to_position(point),
                    distance_m: start_m + share * (end_m - start_m),
                    name: self.label(polygon),
                    polygon: polygon as usize,
                });
            }
            (start_m, start) = (end_m, end);
        }
        None
    }

    /// The lands, in the order of the file (each part of a MultiPolygon is one).
    pub fn lands(&self) -> &[Land] {
        &self.lands
    }

    /// The box around the data; of a file without any, the area that the caller named, else the world.
    pub fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// Who made the data and under which licence, as the file says; empty when it says nothing. Show it with the chart.
    pub fn attribution(&self) -> &str {
        &self.attribution
    }

    /// How many segments are shore, and how many lie on the border of the map.
    pub fn segment_counts(&self) -> (usize, usize) {
        (self.shore.size(), self.border.size())
    }

    /// What looked odd in the file.
    pub fn warnings(&self) -> &[ChartWarning] {
        &self.warnings
    }

    fn label(&self, polygon: u32) -> &str {
        self.lands.get(polygon as usize).map_or("", |land| &land.label)
    }
}

fn side(feature: &Feature) -> Option<Side> {
    feature.text("side").and_then(|word| Side::parse(&word))
}

fn land(feature: &Feature, polygon: &Polygon, is_border: impl Fn(LatLon, LatLon) -> bool) -> Land {
    let name = feature.text("name");
    let label = match (&name, &feature.id) {
        (Some(name), _) => name.clone(),
        (None, Some(id)) => format!("shore {id}"),
        (None, None) => format!("shore {}", feature.index),
    };
    let bounds = Bounds::around(polygon.rings.iter().flatten().copied());
    let shores = polygon.rings.iter().flat_map(|ring| shores(ring, &is_border)).collect();
    Land {
        name,
        side: side(feature),
        label,
        bounds: bounds.unwrap_or(Bounds::at(LatLon::new(0.0, 0.0))),
        rings: polygon.rings.clone(),
        shores,
    }
}

/// The stretches of a ring between edges that lie on the border of the map.
fn shores(ring: &[LatLon], is_border: impl Fn(LatLon, LatLon) -> bool) -> Vec<Vec<LatLon>> {
    let mut stretches: Vec<Vec<LatLon>> = Vec::new();
    let mut goes_on = false;
    for (&a, &b) in ring.iter().zip(ring.iter().skip(1)) {
        let shore = !is_border(a, b);
        match stretches.last_mut().filter(|_| shore && goes_on) {
            Some(stretch) => stretch.push(b),
            None if shore => stretches.push(vec![a, b]),
            None => {}
        }
        goes_on = shore;
    }
    stretches
}

/// A member of the collection that is text, else empty.
pub(super) fn text_member(collection: &Collection, key: &str) -> String {
    collection.members.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Along which lines a file was cut out of a larger one.
struct Border {
    sides: Sides,
    /// Whether features say themselves that they were cut.
    marked: bool,
}

impl Border {
    fn of(collection: &Collection, data: Bounds, area: Option<Bounds>) -> Self {
        let marked = collection.features.iter().any(|feature| feature.properties.contains_key("clipped"));
        let sides = if marked {
            let cut = collection.bounds.unwrap_or(data);
            Sides { lon: [Some(cut.west_deg), Some(cut.east_deg)], lat: [Some(cut.south_deg), Some(cut.north_deg)] }
        } else if let Some(area) = area {
            let outside = |side: f64, beyond: f64| (beyond >= -BORDER_TOLERANCE_DEG).then_some(side);
            Sides {
                lon: [
                    outside(data.west_deg, area.west_deg - data.west_deg),
                    outside(data.east_deg, data.east_deg - area.east_deg),
                ],
                lat: [
                    outside(data.south_deg, area.south_deg - data.south_deg),
                    outside(data.north_deg, data.north_deg - area.north_deg),
                ],
            }
        } else {
            Sides { lon: [None; 2], lat: [None; 2] }
        };
        Self { sides, marked }
    }

    fn sides_for(&self, feature: &Feature) -> Option<&Sides> {
        let cut = !self.marked || feature.properties.get("clipped").and_then(Value::as_bool) == Some(true);
        cut.then_some(&self.sides)
    }
}

/// Meridians and parallels of the border.
struct Sides {
    lon: [Option<f64>; 2],
    lat: [Option<f64>; 2],
}

impl Sides {
    /// Whether both ends lie on the same side.
    fn hold(&self, a: LatLon, b: LatLon) -> bool {
        let on = |sides: &[Option<f64>; 2], a: f64, b: f64| {
            sides
                .iter()
                .flatten()
                .any(|side| (a - side).abs() <= BORDER_TOLERANCE_DEG && (b - side).abs() <= BORDER_TOLERANCE_DEG)
        };
        on(&self.lon, a.lon_deg, b.lon_deg) || on(&self.lat, a.lat_deg, b.lat_deg)
    }
}
