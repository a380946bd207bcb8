//! The server: gRPC, gRPC-web and plain HTTP on one port, and an orderly end.
//!
//! One listener speaks HTTP/2 and HTTP/1.1. Sensors and platforms come by gRPC over HTTP/2; browsers by gRPC-web, over
//! either, to the same services; everything else is [`crate::http`].

use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::time::{interval, timeout};
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic::transport::server::TcpIncoming;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use tonic_web::GrpcWebLayer;
use tower::Layer;

use super::alert_service::Alerts;
use super::convert::life::news;
use super::cue_service::Cues;
use super::feed_service::Feeds;
use super::proto;
use super::proto::alert::v1::alert_service_server::AlertServiceServer;
use super::proto::feed::v1::feed_service_server::FeedServiceServer;
use super::proto::register::v1::register_service_server::RegisterServiceServer;
use super::proto::rule::v1::rule_service_server::RuleServiceServer;
use super::proto::sensor::v1::cue_service_server::CueServiceServer;
use super::proto::sensor::v1::sensor_service_server::SensorServiceServer;
use super::proto::track::v1::track_service_server::TrackServiceServer;
use super::proto::zone::v1::zone_service_server::ZoneServiceServer;
use super::register_service::Registers;
use super::rule_service::{Ground, Rules};
use super::sensor_service::Sensors;
use super::streams::Places;
use super::tls::{self, Tls};
use super::track_service::Tracks;
use super::zone_desk::ZoneDesk;
use super::zone_service::Zones;
use crate::access::layer::{AccessLayer, Identify, LocalUser};
use crate::access::principal::Principal;
use crate::chart::Chart;
use crate::cue::Policy;
use crate::http::{self, View};
use crate::neighbours::webhook::endpoint::DeliveryError;
use crate::neighbours::webhook::{self, Deliveries};
use crate::neighbours::{self, Neighbours};
use crate::serve::chart_window::ChartWindow;
use crate::serve::clock;
use crate::serve::core::{Core, Fatal};
use crate::serve::cue_desk::{self, CueDesk};
use crate::serve::engine_task::{self, EngineHandle, Started};
use crate::serve::hubs::{AlertDesk, Hubs};
use crate::serve::limits;
use crate::serve::officer::{OfficerDesk, OfficerWord};
use crate::serve::stored::OpenStore;
use crate::store::records::{Place, Records, RecordsError, Watchkeeping};
use crate::store::records::{alert, register, track};

/// Why a server ended before it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is taken, or not ours.
    #[error("cannot listen on {address}: {source}; choose another with --listen")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// No thread for the engine.
    #[error("cannot start the engine: {0}")]
    Thread(std::io::Error),
    /// The transport failed.
    #[error("the server cannot go on: {0}")]
    Transport(#[from] tonic::transport::Error),
    /// The services cannot be described; a fault of the build.
    #[error("the interface cannot be described: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// The records cannot be opened, or no longer be written.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// The engine met a fault: its output cannot be written, or it crashed.
    #[error("the engine cannot go on: {0}")]
    Engine(Fatal),
    /// Nothing can be sent to other systems.
    #[error(transparent)]
    Deliveries(#[from] DeliveryError),
}

/// A server that has its port and does not serve yet.
pub struct BoundServer {
    listener: TcpListener,
    address: SocketAddr,
    http: http::Settings,
    records: Option<Records>,
    identify: Option<Arc<dyn Identify>>,
    deliveries: Deliveries,
    tls: Option<Tls>,
    neighbours: neighbours::Plan,
    ground: Ground,
    cueing: Policy,
}

impl std::fmt::Debug for BoundServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BoundServer").field("address", &self.address).finish_non_exhaustive()
    }
}

impl BoundServer {
    /// Takes the port; with port 0 the system chooses one.
    ///
    /// # Errors
    /// When the address cannot be had.
    pub async fn bind(address: SocketAddr) -> Result<Self, ServeError> {
        let listen = |source| ServeError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        Ok(Self {
            listener,
            address,
            http: http::Settings::default(),
            records: None,
            identify: None,
            deliveries: Deliveries::default(),
            tls: None,
            neighbours: neighbours::Plan::default(),
            ground: Ground::default(),
            cueing: Policy::default(),
        })
    }

    /// The same server with these records; without, it keeps them in memory.
    #[must_use]
    pub fn with_records(self, records: Records) -> Self {
        Self { records: Some(records), ..self }
    }

    /// The same server for callers whom `identify` knows; without, everybody who reaches the port is the local user.
    #[must_use]
    pub fn with_access(self, identify: Arc<dyn Identify>) -> Self {
        Self { identify: Some(identify), ..self }
    }

    /// The same server, sending what happens to alerts to other systems; its records must know them as subscribers.
    #[must_use]
    pub fn with_deliveries(self, deliveries: Deliveries) -> Self {
        Self { deliveries, ..self }
    }

    /// The same server behind TLS.
    #[must_use]
    pub fn with_tls(self, tls: Tls) -> Self {
        Self { tls: Some(tls), ..self }
    }

    /// The same server that tells these neighbours.
    #[must_use]
    pub fn with_neighbours(self, neighbours: neighbours::Plan) -> Self {
        Self { neighbours, ..self }
    }

    /// The same server that shows these rules, and tries others on what its store holds; without, it shows the shipped ones and tries
    /// none.
    #[must_use]
    pub fn with_ground(self, ground: Ground) -> Self {
        Self { ground, ..self }
    }

    /// The same server that asks cameras for looks by this policy.
    #[must_use]
    pub fn with_cueing(self, cueing: Policy) -> Self {
        Self { cueing, ..self }
    }

    /// The same server with other settings of its HTTP side.
    #[must_use]
    pub fn with_http(self, http: http::Settings) -> Self {
        Self { http, ..self }
    }

    /// The address, with the port that was given.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` comes or the engine fails, then ends in order: no more input is read, what was handed over is
    /// worked off and acknowledged, the output is closed, watchers see the last picture and are told.
    ///
    /// # Errors
    /// When the engine or the transport fails.
    pub async fn serve(
        self,
        core: impl Core,
        chart: Arc<Chart>,
        stop: impl Future<Output = ()>,
    ) -> Result<(), ServeError> {
        self.serve_stored(core, chart, None, stop).await
    }

    /// Likewise, with a store: what it holds is taken first, and nothing is acknowledged before it is in it. The health service
    /// says NOT_SERVING until the picture is what it was.
    ///
    /// # Errors
    /// When the engine, its store, the records or the transport fail.
    pub async fn serve_stored(
        self,
        core: impl Core,
        chart: Arc<Chart>,
        store: Option<OpenStore>,
        stop: impl Future<Output = ()>,
    ) -> Result<(), ServeError> {
        let records = match self.records {
            Some(records) => records,
            None => Records::open(&Place::Memory, Watchkeeping::default(), clock::now().as_millis())?,
        };
        let identify = self.identify.unwrap_or_else(|| Arc::new(LocalUser(Arc::new(Principal::local(Arc::default())))));
        let desk = AlertDesk { records: records.clone(), news };
        let (shown, chart_window) = ChartWindow::open(Arc::clone(&chart));
        let heard = self.neighbours.heard();
        let hubs = Hubs { records: Some(desk), chart: Some(shown), heard: heard.clone(), ..Hubs::default() };
        let (down, shutdown) = watch::channel(false);
        let (end, ended) = watch::channel(false);
        let end_of_alerts = ended.clone();
        let (catch_up, caught_up) = watch::channel(store.is_none());
        let watchers = Places::new(limits::WATCHERS_MAX, "watchers");
        let history = store.as_ref().map(|store| store.history_reader.clone());
        let pictures = store.as_ref().map(|store| store.pictures.clone());
        let tracks = Tracks::new(hubs.picture.window(), chart_window.clone(), watchers.clone(), history);
        let (picture, alert_window) = (hubs.picture.window(), hubs.alerts.window());
        let source = self.deliveries.source(&records);
        let neighbours = Neighbours::start(self.neighbours, hubs.picture.window(), &records, source, heard);
        let snapshots = store.as_ref().and_then(|store| store.snapshots.as_ref()).map(|it| Arc::clone(&it.health));
        let senders = self.deliveries.start(&records, &end_of_alerts).await?;
        let load =
            |connection: &rusqlite::Connection| Ok((register::load(connection)?, register::last_change(connection)?));
        let (register, register_since) = records.read(load).await?;
        let register = Arc::new(register);
        let started = engine_task::start(core, hubs, store, (Arc::clone(&register), register_since))
            .map_err(ServeError::Thread)?;
        let Started { handle: engine, mut ready, mut ending } = started;
        let cue_sources = cue_desk::Sources {
            picture: picture.clone(),
            alerts: alert_window.clone(),
            chart: chart_window.clone(),
            engine: engine.clone(),
            records: records.clone(),
        };
        let cue_desk = CueDesk::new(self.cueing, cue_sources);
        let view = View {
            cues: cue_desk.clone(),
            snapshots,
            chart: chart_window.clone(),
            picture: picture.clone(),
            alerts: alert_window,
            records: records.clone(),
            caught_up: caught_up.clone(),
            sensors: Arc::new(self.http.sensors.clone()),
            engine: engine.clone(),
            shutdown: shutdown.clone(),
            neighbours: Arc::clone(&neighbours.health),
            deliveries: self.deliveries.clone(),
        };
        let registers = Registers::new(records.clone(), engine.clone(), register);
        let rules = RuleServiceServer::new(Rules::new(self.ground, records.clone(), shutdown.clone()));
        let zone_desk = Arc::new(ZoneDesk::new(Arc::clone(&chart), chart_window, records.clone(), engine.clone()));
        let zones = Zones::new(Arc::clone(&zone_desk), picture.clone(), watchers.clone());

        let officers = OfficerDesk::new(records.clone(), engine.clone(), caught_up.clone(), cue_desk.clone());
        let platforms = webhook::routes(self.deliveries, officers.clone());
        let incoming =
            platforms.merge(http::detections::routes(engine.clone())).merge(http::pictures::routes(pictures.clone()));
        let alerts = Alerts::new(officers, watchers, ended).showing(pictures);
        let questions = Arc::new(Semaphore::new(limits::QUESTIONS_AT_ONCE));
        let tracks = TrackServiceServer::new(
            tracks.explained_by(engine.clone(), Arc::clone(&questions)).taking_down(records.clone()),
        );
        let sensors = SensorServiceServer::new(Sensors::new(engine.clone(), chart, questions));
        let cues = Cues::new(cue_desk.clone(), picture, records.clone(), shutdown.clone());
        let cues = CueServiceServer::new(cues);
        let alerts = AlertServiceServer::new(alerts);
        let zones = ZoneServiceServer::new(zones);
        let registers = RegisterServiceServer::new(registers).max_decoding_message_size(limits::REGISTER_BYTES_MAX);
        let feeds = FeedServiceServer::new(Feeds::new(engine.clone(), shutdown))
            .max_decoding_message_size(limits::MESSAGE_BYTES_MAX);
        let (health, health_service) = tonic_health::server::health_reporter();
        let names = [
            name_of(&feeds),
            name_of(&tracks),
            name_of(&alerts),
            name_of(&zones),
            name_of(&sensors),
            name_of(&cues),
            name_of(&registers),
            name_of(&rules),
        ];
        let at_first = if *caught_up.borrow() { ServingStatus::Serving } else { ServingStatus::NotServing };
        set_all(&health, at_first, &names).await;
        let reflection = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        };
        // Python's client asks by the older name alone.
        let (reflection, older_reflection) = (reflection().build_v1()?, reflection().build_v1alpha()?);

        let web = GrpcWebLayer::new();
        let services = Routes::new(health_service)
            .add_service(reflection)
            .add_service(older_reflection)
            .add_service(feeds)
            .add_service(web.layer(tracks))
            .add_service(web.layer(alerts))
            .add_service(web.layer(zones))
            .add_service(web.layer(sensors))
            .add_service(web.layer(cues))
            .add_service(web.layer(registers))
            .add_service(web.layer(rules));
        let routes = http::around(services.into_axum_router(), incoming, view, &self.http, AccessLayer::new(identify));

        let (close, mut closed) = watch::channel(false);
        let stop_taking = async move {
            let _ = closed.wait_for(|&closed| closed).await;
        };
        let server = transport().add_routes(Routes::from(routes).prepare());
        let server = match self.tls {
            Some(tls) => {
                tokio::spawn(server.serve_with_incoming_shutdown(tls::incoming(self.listener, tls), stop_taking))
            }
            None => {
                let incoming = TcpIncoming::from(self.listener).with_nodelay(Some(true));
                tokio::spawn(server.serve_with_incoming_shutdown(incoming, stop_taking))
            }
        };
        let ticker = tokio::spawn(tick(engine.clone()));
        let cueing = tokio::spawn(cue_desk.run());
        let keeper = tokio::spawn(keep_records(records.clone()));

        let (mut unwritten, mut zones_known) = (None, false);
        let mut stop = pin!(stop);
        let failed = loop {
            tokio::select! {
                () = &mut stop => break None,
                result = &mut ending => break Some(result),
                error = records.failed() => {
                    unwritten = Some(error);
                    break None;
                }
                Ok(()) = &mut ready, if !zones_known => {
                    zones_known = true;
                    // What does not fit has been said in the log: the zones of the file are better than no server.
                    let _ = zone_desk.hand_over().await;
                    catch_up.send_replace(true);
                    // After that, so that no step falls between what is read and what is told at once.
                    restore(&records, &engine).await;
                    set_all(&health, ServingStatus::Serving, &names).await;
                }
            }
        };
        set_all(&health, ServingStatus::NotServing, &names).await;
        down.send_replace(true);
        let result = match failed {
            Some(result) => result,
            None => {
                engine.finish().await;
                ending.await
            }
        };
        ticker.abort();
        keeper.abort();
        cueing.abort();
        neighbours.end().await;
        // Watchers of alerts see everything that was told before they are told that this is the end.
        let now_ms = clock::now().as_millis();
        if let Err(error) = records.write(move |book| book.sign(now_ms)).await {
            tracing::warn!(%error, "the last entries could not be signed");
        }
        end.send_replace(true);
        close.send_replace(true);
        // Each takes no longer than its grace; what is not answered then is sent again after the next start.
        for sender in senders {
            let _ = sender.await;
        }
        let abort = server.abort_handle();
        match timeout(limits::SHUTDOWN_GRACE, server).await {
            Ok(Ok(served)) => served?,
            Ok(Err(_)) => {}
            Err(_) => {
                tracing::warn!("some clients did not end their streams in time; they are cut off");
                abort.abort();
            }
        }
        if let Some(error) = unwritten {
            return Err(ServeError::Records(error));
        }
        match result {
            Ok(result) => result.map_err(ServeError::Engine),
            // The thread went without a word: it panicked, and the panic has been printed.
            Err(_) => Err(ServeError::Engine("it crashed; see the message above".into())),
        }
    }
}

/// Tells the engine what officers knew: the server may have ended between a step and the engine's hearing of it.
async fn restore(records: &Records, engine: &EngineHandle) {
    let words = records.read(|connection| {
        let records = alert::latest(connection, limits::ALERTS_KEPT)?;
        Ok(records.iter().filter_map(|record| OfficerWord::of(record.id(), &record.life)).collect::<Vec<_>>())
    });
    match words.await {
        // An engine that has stopped ends the server by itself.
        Ok(words) => drop(engine.restore(words).await),
        Err(error) => tracing::warn!(%error, "the engine cannot be told what officers knew before the start"),
    }
    let since_ms = clock::now().as_millis() - limits::STATEMENTS_KEPT_MS;
    let said = records.read(move |connection| track::latest(connection, since_ms, crate::engine::STATEMENTS_MAX));
    match said.await {
        Ok(said) => {
            for (id, stated) in said {
                // Most of these tracks are over.
                let _ = engine.state(id, stated).await;
            }
        }
        Err(error) => tracing::warn!(%error, "the engine cannot be told what officers said of craft before the start"),
    }
}

/// HTTP/2 as sensors need it (see [`limits::CONNECTION_WINDOW_BYTES`] for the windows), and HTTP/1.1 for browsers, which
/// speak HTTP/2 only under TLS.
fn transport() -> tonic::transport::Server {
    tonic::transport::Server::builder()
        .accept_http1(true)
        .initial_stream_window_size(limits::STREAM_WINDOW_BYTES)
        .initial_connection_window_size(limits::CONNECTION_WINDOW_BYTES)
        .max_concurrent_streams(limits::STREAMS_PER_CONNECTION)
        .http2_keepalive_interval(Some(limits::KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(limits::KEEPALIVE_TIMEOUT))
        .tcp_nodelay(true)
}

fn name_of<S: NamedService>(_: &S) -> &'static str {
    S::NAME
}

/// Sets the health of every service, and of the server as a whole (the empty name).
async fn set_all(health: &HealthReporter, status: ServingStatus, services: &[&'static str]) {
    for service in services.iter().copied().chain([""]) {
        health.set_service_status(service, status).await;
    }
}

/// Keeps time going while no records come.
async fn tick(engine: EngineHandle) {
    let mut ticks = interval(limits::SHOW_INTERVAL);
    loop {
        ticks.tick().await;
        engine.tick();
    }
}

/// Lets units be reminded of alerts on which nobody acts, and what was entered be signed from time to time.
async fn keep_records(records: Records) {
    let mut ticks = interval(limits::REMINDER_INTERVAL);
    for number in 0_u64.. {
        ticks.tick().await;
        let now_ms = clock::now().as_millis();
        let to_sign = number.is_multiple_of(limits::CHECKPOINT_TICKS);
        let kept = records.write(move |book| {
            book.remind(now_ms)?;
            if to_sign { book.sign(now_ms) } else { Ok::<bool, RecordsError>(false) }
        });
        if kept.await.is_err() {
            // The records have failed or are closed: whoever waits for that ends the server.
            return;
        }
    }
}
