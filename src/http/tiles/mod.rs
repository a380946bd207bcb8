//! Vector tiles (Mapbox Vector Tile 2.1) of coast, zones and live tracks, with a TileJSON 3.0 for each set.
//!
//! `/tiles/{set}/{z}/{x}/{y}.mvt` in the usual squares of Web Mercator; `/tiles/{set}.json` says what is in them.
//!
//! - [`mercator`]: where a position lies in a tile.
//! - [`clip`]: what of a shape lies in a tile.
//! - [`wire`]: features to bytes.
//! - [`sets`]: coast, zones and tracks as features.

pub mod clip;
pub mod mercator;
pub mod sets;
pub mod wire;

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Semaphore;

use super::View;
use super::datum::Datum;
use super::problem::Problem;
use crate::serve::limits::TILES_AT_ONCE;
use mercator::Tile;
use sets::TileSet;

#[derive(Clone)]
struct Tiles {
    view: View,
    cutting: Arc<Semaphore>,
}

/// Tiles and their descriptions.
pub fn routes(view: View) -> Router {
    let tiles = Tiles { view, cutting: Arc::new(Semaphore::new(TILES_AT_ONCE)) };
    Router::new().route("/tiles/{set}", get(describe)).route("/tiles/{set}/{z}/{x}/{file}", get(tile)).with_state(tiles)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    crs: Option<String>,
}

async fn tile(
    State(tiles): State<Tiles>,
    Path((set, z, x, file)): Path<(String, u8, u32, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let set = TileSet::named(&set)?;
    let datum = Datum::asked_for(asked.crs.as_deref())?;
    let y = file.strip_suffix(".mvt").or_else(|| file.strip_suffix(".pbf")).and_then(|y| y.parse().ok());
    let tile = y.and_then(|y| Tile::new(z, x, y)).ok_or_else(|| {
        Problem::not_found(format!(
            "no tile {z}/{x}/{file}: zoom 0 to {}, then x and y.mvt below 2^zoom",
            mercator::ZOOM_MAX
        ))
    })?;
    let gone = |_| Problem::unavailable("the server is shutting down");
    let place = Arc::clone(&tiles.cutting).acquire_owned().await.map_err(gone)?;
    // Some milliseconds where there is much coast: not on the threads that move bytes.
    let cut = tokio::task::spawn_blocking(move || {
        let _place = place;
        set.cut(&tiles.view, tile, datum)
    });
    let bytes = cut.await.map_err(|_| Problem::unavailable("the tile could not be cut"))?;
    let headers = [(CONTENT_TYPE, "application/vnd.mapbox-vector-tile"), (CACHE_CONTROL, set.caching())];
    Ok((headers, bytes).into_response())
}

async fn describe(
    State(tiles): State<Tiles>,
    Path(file): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let name = file
        .strip_suffix(".json")
        .ok_or_else(|| Problem::not_found("ask for coast.json, zones.json or tracks.json"))?;
    let set = TileSet::named(name)?;
    let datum = Datum::asked_for(asked.crs.as_deref())?;
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let bounds = tiles.view.chart.now().coast.bounds();
    let document = json!({
        "tilejson": "3.0.0",
        "name": format!("shorewatch {name}"),
        "attribution": tiles.view.chart.now().coast.attribution(),
        "tiles": [format!("{}://{host}/tiles/{name}/{{z}}/{{x}}/{{y}}.mvt{}", super::scheme(&headers), datum.query())],
        "minzoom": 0,
        "maxzoom": sets::ZOOM_DETAIL,
        "bounds": [bounds.west_deg, bounds.south_deg, bounds.east_deg, bounds.north_deg],
        "vector_layers": set.layers(),
    });
    Ok(Json(document).into_response())
}
