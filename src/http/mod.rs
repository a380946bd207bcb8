//! Plain HTTP beside gRPC: the watch console, health, and data for map front ends.
//!
//! - [`console`]: the files of the console, built into the program.
//! - [`health`]: whether the server serves, at `/healthz`.
//! - [`session`]: who the caller is and what he may do, at `/session`.
//! - [`metrics`]: `/metrics` for Prometheus.
//! - [`detections`]: detections of cameras in, at `/v1/feeds`.
//! - [`features`]: zones, ports, tracks, alerts and sensors by OGC API Features, as GeoJSON.
//! - [`tiles`]: coast, zones and tracks as vector tiles.
//! - [`datum`]: WGS 84, or GCJ-02 where it is asked for.
//! - [`problem`]: errors as RFC 9457 says.
//! - [`guard`]: the headers that keep a browser from doing what nobody meant.
//!
//! But for [`detections`], everything here reads; what else changes something goes through gRPC, or through what the neighbours bring
//! along ([`around`]).

pub mod console;
pub mod datum;
pub mod detections;
pub mod features;
pub mod guard;
pub mod health;
pub mod metrics;
pub mod pictures;
pub mod problem;
pub mod session;
pub mod tiles;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::access::layer::AccessLayer;
use crate::alert::Alert;
use crate::feed::sensor::SensorTable;
use crate::neighbours::health::Health;
use crate::neighbours::webhook::Deliveries;
use crate::serve::alert_board::AlertWindow;
use crate::serve::chart_window::ChartWindow;
use crate::serve::cue_desk::CueDesk;
use crate::serve::engine_task::EngineHandle;
use crate::serve::picture::PictureWindow;
use crate::serve::sensor_board::SensorBoard;
use crate::serve::snapshot::SnapshotHealth;
use crate::store::records::Records;
use problem::Problem;

/// How long the engine may take to say how the sensors are doing.
const ENGINE_PATIENCE: Duration = Duration::from_secs(1);

/// What plain HTTP shows.
#[derive(Clone, Debug)]
pub struct View {
    /// Coast and zones.
    pub chart: ChartWindow,
    /// The picture.
    pub picture: PictureWindow,
    /// The alerts.
    pub alerts: AlertWindow<Alert>,
    /// The records.
    pub records: Records,
    /// Set when the picture is what it was when the server ended.
    pub caught_up: watch::Receiver<bool>,
    /// The sensors that the area lists.
    pub sensors: Arc<SensorTable>,
    /// The way to the engine, which knows how the sensors are doing.
    pub engine: EngineHandle,
    /// Set when the server shuts down.
    pub shutdown: watch::Receiver<bool>,
    /// How other systems that are told are doing.
    pub neighbours: Arc<[Arc<Health>]>,
    /// What is sent to other systems.
    pub deliveries: Deliveries,
    /// How the snapshots of the engine do, where there are any.
    pub snapshots: Option<Arc<SnapshotHealth>>,
    /// Where cameras are told where to look.
    pub cues: CueDesk,
}

impl View {
    /// How the sensors are doing; `None` while the engine reads its log, has much to do, or has ended: who asks whether the server
    /// lives is not kept waiting.
    async fn sensor_board(&self) -> Option<SensorBoard> {
        if !*self.caught_up.borrow() {
            return None;
        }
        timeout(ENGINE_PATIENCE, self.engine.sensors()).await.ok()?.ok()
    }
}

/// Who may use the server from a browser, and what they are shown beside picture, alerts and chart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// The sensors that the area lists, to be shown with the map.
    pub sensors: SensorTable,
    /// Origins whose pages may ask this server (CORS): `https://map.example.org`. Empty: none but its own.
    pub allowed_origins: Vec<guard::Origin>,
    /// Origins whose pages may show the map in a frame. Empty: none but its own.
    pub frame_ancestors: Vec<guard::Origin>,
}

/// Puts plain HTTP around the gRPC services.
///
/// Every path that is there lies behind the gate `access`. Requests to no known path are answered in the language that they are
/// asked in: a gRPC status, or a problem document.
/// `platforms` are the routes by which other systems speak to this one.
pub fn around(services: Router, platforms: Router, view: View, settings: &Settings, access: AccessLayer) -> Router {
    let figures = metrics::Sources { view: view.clone(), refusals: access.refusals() };
    let plain = Router::new()
        .merge(health::routes(view.clone()))
        .merge(session::routes(view.records.clone()))
        .merge(metrics::routes(figures))
        .merge(platforms)
        .merge(console::routes())
        .merge(tiles::routes(view.clone()))
        .merge(features::routes(view));
    services
        .merge(guard::headers(plain, settings))
        .route_layer(access)
        .fallback(nothing_here)
        .layer(guard::cors(settings))
}

/// The scheme under which the client knows this server: what a proxy that ends TLS says, else plain HTTP.
fn scheme(headers: &HeaderMap) -> &'static str {
    let forwarded = headers.get("x-forwarded-proto").map(HeaderValue::as_bytes);
    if forwarded == Some(b"https") { "https" } else { "http" }
}

async fn nothing_here(request: Request) -> Response {
    let is_grpc = request
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|content_type| content_type.as_bytes().starts_with(b"application/grpc"));
    if is_grpc {
        let status = tonic::Status::unimplemented("there is no such service: see the list by server reflection");
        return status.into_http::<tonic::body::Body>().map(axum::body::Body::new);
    }
    Problem::not_found(format!("there is nothing at {}", request.uri().path())).into_response()
}
