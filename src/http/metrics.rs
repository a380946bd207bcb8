//! `/metrics`: figures of operation for Prometheus (OpenMetrics text).
//!
//! Gathered when they are asked for, from what the server holds anyway: keeping them costs nothing in between.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::View;
use super::problem::Problem;
use crate::access::layer::Refusals;
use crate::engine::{Health, SensorStatus};
use crate::neighbours::health::{Health as NeighbourHealth, HealthReport};
use crate::neighbours::webhook::Deliveries;
use crate::serve::clock;
use crate::serve::cue_desk::CueDesk;
use crate::serve::sensor_board::SensorBoard;
use crate::serve::snapshot::SnapshotHealth;
use crate::store::records::RecordsError;
use crate::store::records::outbox::{self, Standing};

/// What is looked at for the figures.
#[derive(Clone, Debug)]
pub struct Sources {
    /// What plain HTTP shows.
    pub view: View,
    /// Calls that the gate refused.
    pub refusals: Arc<Refusals>,
}

type Labels = Vec<(&'static str, String)>;

/// The route.
pub fn routes(sources: Sources) -> Router {
    Router::new().route("/metrics", get(answer)).with_state(sources)
}

async fn answer(State(sources): State<Sources>) -> Response {
    match text(&sources).await {
        Ok(text) => {
            ([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response()
        }
        Err(error) => Problem::unavailable(error.to_string()).into_response(),
    }
}

/// The figures as text.
async fn text(Sources { view, refusals }: &Sources) -> Result<String, RecordsError> {
    let mut registry = Registry::with_prefix("shorewatch");
    let picture = view.picture.now();
    let tracks = Family::<Labels, Gauge>::default();
    for (kind, count) in [
        ("ais", picture.tracks.iter().filter(|track| track.sources.ais).count()),
        ("radar", picture.tracks.iter().filter(|track| track.sources.radar).count()),
        ("eo", picture.tracks.iter().filter(|track| track.sources.eo).count()),
        ("any", picture.tracks.len()),
    ] {
        tracks.get_or_create(&vec![("sensor", kind.to_owned())]).set(count as i64);
    }
    registry.register("tracks", "Confirmed tracks in the picture, by the kinds of sensor that hold them", tracks);
    if picture.is_begun() {
        let age = Gauge::<f64, AtomicU64>::default();
        age.set(clock::now().seconds_since(picture.time));
        registry.register(
            "picture_age_seconds",
            "How old the picture is by the server's clock; large while a recording is played",
            age,
        );
    }

    let counted = view.records.read(|connection| {
        let mut states = connection
            .prepare_cached("SELECT json_extract(life, '$.state'), grade, count(*) FROM alerts GROUP BY 1, 2")?;
        let rows = states.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let states: Vec<(String, i64, i64)> = rows.collect::<Result<_, _>>()?;
        let one = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        let entries = one("SELECT coalesce(max(sequence), 0) FROM entries")?;
        let signed = one("SELECT coalesce(max(sequence), 0) FROM checkpoints")?;
        let overdue = one("SELECT count(*) FROM alerts WHERE json_extract(life, '$.reminders_here') > 0")?;
        Ok((states, [entries, signed, overdue], outbox::standings(connection)?))
    });
    let (states, [entries, signed, overdue], standings) = counted.await?;
    let alerts = Family::<Labels, Gauge>::default();
    for (state, grade, count) in states {
        alerts.get_or_create(&vec![("state", state), ("grade", grade.to_string())]).set(count);
    }
    registry.register("alerts", "Alerts on record, by where they stand with the officers and by grade", alerts);
    for (name, help, value) in [
        ("record_entries", "Entries in the chain of the record", entries),
        ("record_entries_signed", "Entries that the latest checkpoint covers", signed),
        ("alerts_overdue", "Alerts of which units were reminded because nobody acts", overdue),
    ] {
        let gauge: Gauge = Gauge::default();
        gauge.set(value);
        registry.register(name, help, gauge);
    }
    register_deliveries(&mut registry, &standings, &view.deliveries);
    let refused = Family::<Labels, Counter>::default();
    for (reason, count) in refusals.counts() {
        refused.get_or_create(&vec![("reason", reason.to_owned())]).inner().store(count, Ordering::Relaxed);
    }
    registry.register("calls_refused", "Calls that the gate refused", refused);

    // Without them while the engine reads its log, is busy or has ended: the other figures are wanted then.
    if let Some(board) = view.sensor_board().await {
        register_sensors(&mut registry, &board);
    }
    register_neighbours(&mut registry, &view.neighbours);
    if let Some(snapshots) = &view.snapshots {
        register_snapshots(&mut registry, snapshots);
    }
    register_cues(&mut registry, &view.cues);

    let mut text = String::new();
    encode(&mut text, &registry).map_err(|error| RecordsError::Sqlite(error.to_string()))?;
    Ok(text)
}

/// How the snapshots of the engine do.
fn register_snapshots(registry: &mut Registry, health: &SnapshotHealth) {
    let report = health.report();
    let results = Family::<Labels, Counter>::default();
    for (result, count) in [("written", report.written), ("failed", report.failed)] {
        results.get_or_create(&vec![("result", result.to_owned())]).inner().store(count, Ordering::Relaxed);
    }
    registry.register("snapshots", "Snapshots of the engine since the start, by what came of them", results);
    let bytes: Gauge = Gauge::default();
    bytes.set(i64::try_from(report.bytes).unwrap_or(i64::MAX));
    registry.register("snapshot_bytes", "Length of the last snapshot", bytes);
    for (name, help, span) in [
        ("snapshot_held_up_seconds", "For how long the last snapshot held the engine up", report.held_up),
        (
            "snapshot_write_seconds",
            "How long the last snapshot took to write, without holding anything up",
            report.wrote,
        ),
    ] {
        let gauge = Gauge::<f64, AtomicU64>::default();
        gauge.set(span.as_secs_f64());
        registry.register(name, help, gauge);
    }
}

/// How each sensor is doing.
fn register_sensors(registry: &mut Registry, board: &SensorBoard) {
    let labels = |status: &SensorStatus| {
        vec![("sensor", status.sensor.name.clone()), ("kind", status.sensor.kind.as_str().to_owned())]
    };
    let (working, last) = (Family::<Labels, Gauge>::default(), Family::<Labels, Gauge>::default());
    let (taken, refused) = (Family::<Labels, Counter>::default(), Family::<Labels, Counter>::default());
    for status in &board.sensors {
        let labels = labels(status);
        let is_working = matches!(status.health, Health::Working | Health::ClockOff);
        working.get_or_create(&labels).set(is_working.into());
        if let Some(at) = status.last_received {
            last.get_or_create(&labels).set(at.as_millis() / 1_000);
        }
        taken.get_or_create(&labels).inner().store(status.taken, Ordering::Relaxed);
        for (reason, count) in &status.rejected {
            let labels = [labels.as_slice(), &[("reason", (*reason).to_owned())]].concat();
            refused.get_or_create(&labels).inner().fetch_add(*count, Ordering::Relaxed);
        }
    }
    let records = Family::<Labels, Counter>::default();
    for (feed, count) in &board.feeds {
        records.get_or_create(&vec![("feed", feed.to_string())]).inner().store(*count, Ordering::Relaxed);
    }
    let help = "1 while a sensor works; 0: never heard, silent, or not operational by its own word";
    registry.register("sensor_working", help, working);
    registry.register("sensor_last_received_timestamp_seconds", "When something was last received of a sensor", last);
    registry.register("sensor_observations", "Observations of a sensor that were taken", taken);
    registry.register("sensor_refused", "Records and observations of a sensor that are not used, by reason", refused);
    registry.register("feed_records", "Records of a feed that were received, used or not", records);
}

/// How each neighbour is doing.
fn register_neighbours(registry: &mut Registry, neighbours: &[Arc<NeighbourHealth>]) {
    let reports: Vec<HealthReport> = neighbours.iter().map(|health| health.report()).collect();
    let labels =
        |report: &HealthReport| vec![("neighbour", report.name.clone()), ("kind", report.kind.as_str().to_owned())];
    let (connected, last_sent) = (Family::<Labels, Gauge>::default(), Family::<Labels, Gauge>::default());
    let counters = [(); 3].map(|()| Family::<Labels, Counter>::default());
    let [connections, sent, lost] = &counters;
    for report in &reports {
        let labels = labels(report);
        connected.get_or_create(&labels).set(i64::try_from(report.connected).unwrap_or(i64::MAX));
        if let Some(at) = report.last_sent {
            last_sent.get_or_create(&labels).set(at.as_millis() / 1_000);
        }
        for (family, count) in [(connections, report.connections), (sent, report.sent), (lost, report.lost)] {
            family.get_or_create(&labels).inner().store(count, Ordering::Relaxed);
        }
    }
    let [connections, sent, lost] = counters;
    registry.register("neighbour_connected", "Connections with a neighbour that stand", connected);
    let help = "When a neighbour was sent its last message, seconds since 1970";
    registry.register("neighbour_last_sent_timestamp_seconds", help, last_sent);
    registry.register("neighbour_connections", "Connections with a neighbour that came about", connections);
    registry.register("neighbour_sent", "Messages sent to a neighbour", sent);
    let help = "Messages for a neighbour that were given up: it was slow, or away for too long";
    registry.register("neighbour_lost", help, lost);
}

/// What cameras are asked for.
fn register_cues(registry: &mut Registry, desk: &CueDesk) {
    let (ended, open, attended) = desk.figures();
    let over = Family::<Labels, Counter>::default();
    for (end, count) in ended {
        over.get_or_create(&vec![("end", end.as_str().to_owned())]).inner().store(count, Ordering::Relaxed);
    }
    registry.register("cues_ended", "Looks of cameras that were asked for, by how they ended", over);
    for (name, help, value) in [
        ("cues_open", "Looks of cameras that wait or go on", open),
        ("cameras_attended", "Cameras whose cues somebody takes", attended),
    ] {
        let gauge: Gauge = Gauge::default();
        gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        registry.register(name, help, gauge);
    }
}

/// What is sent to other systems, by endpoint.
fn register_deliveries(registry: &mut Registry, standings: &[Standing], deliveries: &Deliveries) {
    let now_ms = clock::now().as_millis();
    let (waiting, dead) = (Family::<Labels, Gauge>::default(), Family::<Labels, Gauge>::default());
    let lag = Family::<Labels, Gauge<f64, AtomicU64>>::default();
    let (behind, disabled) = (Family::<Labels, Gauge>::default(), Family::<Labels, Gauge>::default());
    let (sent, failed) = (Family::<Labels, Counter>::default(), Family::<Labels, Counter>::default());
    for standing in standings {
        let label = vec![("endpoint", standing.name.clone())];
        waiting.get_or_create(&label).set(standing.waiting);
        dead.get_or_create(&label).set(standing.dead);
        lag.get_or_create(&label)
            .set(standing.oldest_ms.map_or(0.0, |oldest_ms| (now_ms - oldest_ms).max(0) as f64 / 1_000.0));
        behind.get_or_create(&label).set(standing.behind_from.is_some().into());
        disabled.get_or_create(&label).set((!standing.disabled.is_empty()).into());
        let taken = u64::try_from(standing.sent).unwrap_or_default();
        sent.get_or_create(&label).inner().store(taken, Ordering::Relaxed);
    }
    for (endpoint, count) in deliveries.failed() {
        failed.get_or_create(&vec![("endpoint", endpoint.to_owned())]).inner().store(count, Ordering::Relaxed);
    }
    registry.register("outbox_waiting", "Events that wait to be sent", waiting);
    registry.register("outbox_dead", "Events that an endpoint has refused for good", dead);
    registry.register("outbox_lag_seconds", "How long the oldest event that waits has waited", lag);
    registry.register(
        "outbox_behind",
        "Whether events stay in the record for want of room or because nothing may be sent",
        behind,
    );
    registry.register(
        "endpoint_disabled",
        "Whether nothing is sent to an endpoint until somebody enables it",
        disabled,
    );
    registry.register("events_sent", "Events that an endpoint has taken", sent);
    registry.register("events_failed", "Attempts in vain since the server started", failed);
}
