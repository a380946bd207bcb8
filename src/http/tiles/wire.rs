//! Features to the bytes of a vector tile (Mapbox Vector Tile Specification 2.1, clause 4).
//!
//! The messages are those of its `vector_tile.proto`, written down for prost; there is nothing to generate.

use prost::Message;

use super::mercator::{EXTENT, Point};

#[derive(Clone, PartialEq, Message)]
struct TileMessage {
    #[prost(message, repeated, tag = "3")]
    layers: Vec<LayerMessage>,
}

#[derive(Clone, PartialEq, Message)]
struct LayerMessage {
    #[prost(uint32, required, tag = "15")]
    version: u32,
    #[prost(string, required, tag = "1")]
    name: String,
    #[prost(message, repeated, tag = "2")]
    features: Vec<FeatureMessage>,
    #[prost(string, repeated, tag = "3")]
    keys: Vec<String>,
    #[prost(message, repeated, tag = "4")]
    values: Vec<ValueMessage>,
    #[prost(uint32, optional, tag = "5")]
    extent: Option<u32>,
}

#[derive(Clone, PartialEq, Message)]
struct FeatureMessage {
    #[prost(uint64, optional, tag = "1")]
    id: Option<u64>,
    #[prost(uint32, repeated, tag = "2")]
    tags: Vec<u32>,
    #[prost(enumeration = "GeometryType", optional, tag = "3")]
    kind: Option<i32>,
    #[prost(uint32, repeated, tag = "4")]
    geometry: Vec<u32>,
}

#[derive(Clone, PartialEq, Message)]
struct ValueMessage {
    #[prost(string, optional, tag = "1")]
    string_value: Option<String>,
    #[prost(double, optional, tag = "3")]
    double_value: Option<f64>,
    #[prost(uint64, optional, tag = "5")]
    uint_value: Option<u64>,
    #[prost(bool, optional, tag = "7")]
    bool_value: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
enum GeometryType {
    Unknown = 0,
    Point = 1,
    LineString = 2,
    Polygon = 3,
}

/// A value of a feature.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
    /// A count.
    Count(u64),
    /// Yes or no.
    Flag(bool),
}

/// What a feature looks like, in the units of its tile.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A point.
    Point(Point),
    /// Lines.
    Lines(Vec<Vec<Point>>),
    /// Polygons, each with its outer ring first; all rings closed, in any sense of rotation.
    Polygons(Vec<Vec<Vec<Point>>>),
}

/// A layer while it is made.
#[derive(Debug)]
pub struct Layer(LayerMessage);

impl Layer {
    /// An empty layer.
    pub fn new(name: &str) -> Self {
        Self(LayerMessage { version: 2, name: name.to_owned(), extent: Some(EXTENT as u32), ..LayerMessage::default() })
    }

    /// Adds a feature; one of which nothing is left in whole units is left out.
    pub fn add(&mut self, id: Option<u64>, shape: &Shape, properties: Vec<(&'static str, Value)>) {
        let (kind, geometry) = match shape {
            Shape::Point(point) => {
                let mut pen = Pen::default();
                pen.move_to(rounded(*point));
                (GeometryType::Point, pen.commands)
            }
            Shape::Lines(lines) => (GeometryType::LineString, lines_geometry(lines)),
            Shape::Polygons(polygons) => (GeometryType::Polygon, polygons_geometry(polygons)),
        };
        if geometry.is_empty() {
            return;
        }
        let mut tags = Vec::with_capacity(2 * properties.len());
        for (key, value) in properties {
            tags.push(place_of(&mut self.0.keys, key.to_owned()));
            tags.push(place_of(&mut self.0.values, value.into()));
        }
        self.0.features.push(FeatureMessage { id, tags, kind: Some(kind as i32), geometry });
    }
}

/// A tile of these layers; empty ones are left out.
pub fn tile(layers: impl IntoIterator<Item = Layer>) -> Vec<u8> {
    let layers = layers.into_iter().map(|layer| layer.0).filter(|layer| !layer.features.is_empty()).collect();
    TileMessage { layers }.encode_to_vec()
}

/// The place of an item in a list, appended when it is not there. Keys and values of one tile are few.
fn place_of<T: PartialEq>(list: &mut Vec<T>, item: T) -> u32 {
    let place = list.iter().position(|known| *known == item).unwrap_or_else(|| {
        list.push(item);
        list.len() - 1
    });
    place as u32
}

impl From<Value> for ValueMessage {
    fn from(value: Value) -> Self {
        match value {
            Value::Text(text) => Self { string_value: Some(text), ..Self::default() },
            Value::Number(number) => Self { double_value: Some(number), ..Self::default() },
            Value::Count(count) => Self { uint_value: Some(count), ..Self::default() },
            Value::Flag(flag) => Self { bool_value: Some(flag), ..Self::default() },
        }
    }
}

type Cell = [i32; 2];

fn rounded([x, y]: Point) -> Cell {
    [x.round() as i32, y.round() as i32]
}

/// Points in whole units, without repeated neighbours.
fn cells(points: &[Point]) -> Vec<Cell> {
    let mut cells: Vec<Cell> = points.iter().copied().map(rounded).collect();
    cells.dedup();
    cells
}

fn lines_geometry(lines: &[Vec<Point>]) -> Vec<u32> {
    let mut pen = Pen::default();
    for line in lines {
        let cells = cells(line);
        if let [first, rest @ ..] = cells.as_slice()
            && !rest.is_empty()
        {
            pen.move_to(*first);
            pen.line_to(rest);
        }
    }
    pen.commands
}

fn polygons_geometry(polygons: &[Vec<Vec<Point>>]) -> Vec<u32> {
    let mut pen = Pen::default();
    for polygon in polygons {
        for (index, ring) in polygon.iter().enumerate() {
            let mut cells = cells(ring);
            // The last point is the first; the command to close says so.
            cells.pop();
            let area = doubled_area(&cells);
            if cells.len() < 3 || area == 0 {
                if index == 0 {
                    // Without its outer ring nothing is left of a polygon.
                    break;
                }
                continue;
            }
            // The y axis points down: an outer ring runs clockwise on the screen, so its area is positive.
            if (area > 0) != (index == 0) {
                cells.reverse();
            }
            if let [first, rest @ ..] = cells.as_slice() {
                pen.move_to(*first);
                pen.line_to(rest);
                pen.close();
            }
        }
    }
    pen.commands
}

fn doubled_area(ring: &[Cell]) -> i64 {
    let next = ring.iter().skip(1).chain(ring.first());
    ring.iter().zip(next).map(|(a, b)| i64::from(a[0]) * i64::from(b[1]) - i64::from(b[0]) * i64::from(a[1])).sum()
}

/// Writes geometry as commands, each point relative to the one before.
#[derive(Debug, Default)]
struct Pen {
    commands: Vec<u32>,
    at: Cell,
}

const MOVE_TO: u32 = 1;
const LINE_TO: u32 = 2;
const CLOSE_PATH: u32 = 7;

impl Pen {
    fn command(&mut self, command: u32, count: usize) {
        self.commands.push(command | ((count as u32) << 3));
    }

    fn step(&mut self, to: Cell) {
        for (to, at) in to.into_iter().zip(self.at) {
            let step = to - at;
            self.commands.push(((step << 1) ^ (step >> 31)) as u32);
        }
        self.at = to;
    }

    fn move_to(&mut self, to: Cell) {
        self.command(MOVE_TO, 1);
        self.step(to);
    }

    fn line_to(&mut self, points: &[Cell]) {
        self.command(LINE_TO, points.len());
        points.iter().for_each(|&point| self.step(point));
    }

    fn close(&mut self) {
        self.command(CLOSE_PATH, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn geometry_is_as_in_the_examples_of_the_specification() {
        // Clause 4.3.5: a point, a line, and a multipolygon with a hole.
        let mut pen = Pen::default();
        pen.move_to([25, 17]);
        assert_eq!(pen.commands, [9, 50, 34]);
        assert_eq!(lines_geometry(&[vec![[2.0, 2.0], [2.0, 10.0], [10.0, 10.0]]]), [9, 4, 4, 18, 0, 16, 16, 0]);
        let ring = |points: &[[f64; 2]]| points.to_vec();
        let polygons = vec![
            vec![ring(&[[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0], [0.0, 0.0]])],
            vec![
                ring(&[[11.0, 11.0], [20.0, 11.0], [20.0, 20.0], [11.0, 20.0], [11.0, 11.0]]),
                ring(&[[13.0, 13.0], [13.0, 17.0], [17.0, 17.0], [17.0, 13.0], [13.0, 13.0]]),
            ],
        ];
        let expected = [
            9, 0, 0, 26, 20, 0, 0, 20, 19, 0, 15, 9, 22, 2, 26, 18, 0, 0, 18, 17, 0, 15, 9, 4, 13, 26, 0, 8, 8, 0, 0,
            7, 15,
        ];
        assert_eq!(polygons_geometry(&polygons), expected);
    }

    #[test]
    fn rings_are_turned_the_way_the_specification_wants() {
        let ring = vec![[0.0, 0.0], [0.0, 10.0], [10.0, 10.0], [10.0, 0.0], [0.0, 0.0]];
        let turned: Vec<Point> = ring.iter().rev().copied().collect();
        assert_eq!(polygons_geometry(&[vec![ring]])[3], polygons_geometry(&[vec![turned]])[3]);
    }

    #[test]
    fn what_is_smaller_than_a_unit_is_left_out() {
        let speck = vec![vec![[1.0, 1.0], [1.2, 1.0], [1.2, 1.2], [1.0, 1.0]]];
        let mut layer = Layer::new("land");
        layer.add(None, &Shape::Polygons(vec![speck]), Vec::new());
        assert!(tile([layer]).is_empty());
    }
}
