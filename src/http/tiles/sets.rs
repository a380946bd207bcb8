//! Coast, zones and tracks as features of tiles.

use std::sync::Arc;

use geo::{Coord, LineString, SimplifyIdx};
use serde_json::{Value as Json, json};

use super::clip;
use super::mercator::{Point, Tile};
use super::wire::{Layer, Shape, Value, tile};
use crate::chart::{Chart, Zone};
use crate::fusion::TrackState;
use crate::geodesy::LatLon;
use crate::http::View;
use crate::http::datum::Datum;
use crate::http::problem::Problem;

/// From this zoom on shapes have all their points, and deeper tiles say nothing more.
pub const ZOOM_DETAIL: u8 = 14;

/// How far a line may be off in smaller zooms, in units of a tile (of 4096; a pixel of a screen has 8).
const TOLERANCE: f64 = 4.0;

/// A set of tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TileSet {
    /// Land and shore.
    Coast,
    /// Ports, anchorages, restricted zones and their like.
    Zones,
    /// The picture as it is now.
    Tracks,
}

impl TileSet {
    /// The set of that name.
    pub(super) fn named(name: &str) -> Result<Self, Problem> {
        match name {
            "coast" => Ok(Self::Coast),
            "zones" => Ok(Self::Zones),
            "tracks" => Ok(Self::Tracks),
            _ => Err(Problem::not_found(format!("there are no tiles '{name}': coast, zones or tracks"))),
        }
    }

    /// How long a tile may be kept. Charts change seldom, tracks always.
    pub(super) fn caching(self) -> &'static str {
        match self {
            Self::Coast => "public, max-age=3600",
            Self::Zones => "public, max-age=60",
            Self::Tracks => "no-cache",
        }
    }

    /// Its layers, as TileJSON lists them.
    pub(super) fn layers(self) -> Json {
        match self {
            Self::Coast => json!([
                { "id": "land", "description": "Land, with lakes as holes", "fields": { "name": "Name, where the chart has one" } },
                { "id": "shore", "description": "The shore as lines, without the border of the map", "fields": {} },
            ]),
            Self::Zones => json!([{
                "id": "zones",
                "description": "Zones as charted",
                "fields": {
                    "id": "Id", "name": "Name", "name_zh": "Name in Chinese", "kind": "designated_port, restricted, ...",
                    "version": "Version",
                },
            }]),
            Self::Tracks => json!([{
                "id": "tracks",
                "description": "The picture: one track a vessel",
                "fields": {
                    "id": "Track", "mmsi": "MMSI", "name": "Name", "sog_mps": "Speed over ground, m/s",
                    "cog_deg": "Course over ground, degrees", "ais": "Whether AIS ever measured it", "held_by": "ais, radar, eo",
                    "time_ms": "Instant, ms since 1970",
                },
            }]),
        }
    }

    /// Cuts a tile.
    pub(super) fn cut(self, view: &View, at: Tile, datum: Datum) -> Vec<u8> {
        let cut = Cut { tile: at, datum };
        match self {
            Self::Coast => cut.coast(&view.chart.now()),
            Self::Zones => cut.zones(view.chart.now().zones.zones()),
            Self::Tracks => cut.tracks(&view.picture.now().tracks),
        }
    }
}

#[derive(Clone, Copy)]
struct Cut {
    tile: Tile,
    datum: Datum,
}

impl Cut {
    fn points(self, positions: &[LatLon]) -> Vec<Point> {
        let points: Vec<Point> =
            positions.iter().map(|&position| self.tile.point(self.datum.shown(position))).collect();
        if self.tile.zoom() >= ZOOM_DETAIL {
            return points;
        }
        simplified(points)
    }

    fn polygons<'a>(self, polygons: impl Iterator<Item = &'a [Vec<LatLon>]>) -> Shape {
        let cut = |rings: &[Vec<LatLon>]| -> Vec<Vec<Point>> {
            // What is left of the outer ring decides; a hole without it is nothing.
            let mut rings = rings.iter().map(|ring| clip::ring(&self.points(ring)));
            let Some(Some(outer)) = rings.next() else { return Vec::new() };
            [outer].into_iter().chain(rings.flatten()).collect()
        };
        Shape::Polygons(polygons.map(cut).filter(|rings| !rings.is_empty()).collect())
    }

    fn coast(self, chart: &Chart) -> Vec<u8> {
        let (mut land, mut shore) = (Layer::new("land"), Layer::new("shore"));
        let bounds = self.datum.reach(self.tile.bounds());
        for piece in chart.coast.lands().iter().filter(|piece| piece.bounds.meets(bounds)) {
            let name = piece.name.iter().map(|name| ("name", Value::Text(name.clone()))).collect();
            land.add(None, &self.polygons([piece.rings.as_slice()].into_iter()), name);
            let lines = piece.shores.iter().flat_map(|line| clip::line(&self.points(line))).collect();
            shore.add(None, &Shape::Lines(lines), Vec::new());
        }
        tile([land, shore])
    }

    fn zones(self, zones: &[Zone]) -> Vec<u8> {
        let mut layer = Layer::new("zones");
        let bounds = self.datum.reach(self.tile.bounds());
        for zone in zones.iter().filter(|zone| zone.bounds.meets(bounds)) {
            let properties = vec![
                ("id", Value::Text(zone.id.clone())),
                ("name", Value::Text(zone.name.clone())),
                ("name_zh", Value::Text(zone.name_zh.clone().unwrap_or_default())),
                ("kind", Value::Text(zone.kind.as_str().to_owned())),
                ("version", Value::Count(zone.version.into())),
            ];
            layer.add(None, &self.polygons(zone.outlines()), properties);
        }
        tile([layer])
    }

    fn tracks(self, tracks: &[Arc<TrackState>]) -> Vec<u8> {
        let mut layer = Layer::new("tracks");
        for track in tracks {
            let point = self.tile.point(self.datum.shown(track.position));
            if clip::holds(point) {
                layer.add(Some(track.id.0), &Shape::Point(point), properties(track));
            }
        }
        tile([layer])
    }
}

fn properties(track: &TrackState) -> Vec<(&'static str, Value)> {
    let identity = &track.identity;
    let mut properties = vec![
        ("id", Value::Text(track.id.to_string())),
        ("sog_mps", Value::Number(track.sog_mps())),
        ("cog_deg", Value::Number(track.cog().deg())),
        ("ais", Value::Flag(track.last_ais.is_some())),
        ("held_by", Value::Text(crate::http::features::items::held_by(track.sources).join(","))),
        ("time_ms", Value::Count(track.time.as_millis().max(0) as u64)),
    ];
    properties.extend(identity.mmsi.map(|mmsi| ("mmsi", Value::Count(mmsi.number().into()))));
    properties.extend(identity.name.as_ref().map(|name| ("name", Value::Text(name.to_string()))));
    properties
}

/// Leaves out points that nobody would see (Ramer 1972; Douglas and Peucker 1973), ends kept.
fn simplified(points: Vec<Point>) -> Vec<Point> {
    let line = LineString::from_iter(points.iter().map(|&[x, y]| Coord { x, y }));
    line.simplify_idx(TOLERANCE).into_iter().filter_map(|index| points.get(index).copied()).collect()
}
