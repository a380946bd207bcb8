//! A real server of a scenario folder, in this process, on a port of its own.
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use shorewatch::api::playback::{self, Pace, Speed};
use shorewatch::api::rule_service::Ground;
use shorewatch::api::sender::{Parcel, Sent, send};
use shorewatch::api::server::BoundServer;
use shorewatch::http::Settings;
use shorewatch::recording::{OpenOptions, Recording};
use shorewatch::serve::area::Area;
use shorewatch::serve::session::{Plan, Session};
use shorewatch::serve::stored::{OpenStore, Retention};
use shorewatch::store::disk::{Disk, RealDisk};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// The recording that comes with the sources.
pub fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/haikou-evening")
}

/// A server that runs until [`Server::stop`].
pub struct Server {
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<(), String>>,
}

impl Server {
    /// Serves the area of `folder`, and writes to `out` if given.
    pub async fn start(folder: &Path, out: Option<PathBuf>) -> Self {
        Self::start_in(Area::open(folder).unwrap(), out).await
    }

    /// Serves an area, and writes to `out` if given.
    pub async fn start_in(area: Area, out: Option<PathBuf>) -> Self {
        Self::start_with(area, out, Settings::default()).await
    }

    /// Serves an area with these settings of plain HTTP, and writes to `out` if given.
    pub async fn start_with(area: Area, out: Option<PathBuf>, http: Settings) -> Self {
        Self::begin(area, None, out, http).await
    }

    /// Serves an area with a store, and writes to `out` if given.
    pub async fn start_stored(area: Area, store: OpenStore, out: Option<PathBuf>) -> Self {
        Self::begin(area, Some(store), out, Settings::default()).await
    }

    /// Serves the area of `folder` with a store, and tries rules on what it keeps.
    pub async fn start_kept(folder: &Path, store: &Path) -> Self {
        let (area, disk): (_, Arc<dyn Disk>) = (Area::open(folder).unwrap(), Arc::new(RealDisk));
        let open = OpenStore::open(&disk, store, &area, Retention::default()).unwrap();
        let ground = Ground { rules: area.rules.clone(), log: Some((area.clone(), store.to_owned())) };
        Self::begin_on(ground, area, Some(open), None, Settings::default()).await
    }

    async fn begin(area: Area, store: Option<OpenStore>, out: Option<PathBuf>, http: Settings) -> Self {
        Self::begin_on(Ground::default(), area, store, out, http).await
    }

    async fn begin_on(
        ground: Ground,
        area: Area,
        store: Option<OpenStore>,
        out: Option<PathBuf>,
        http: Settings,
    ) -> Self {
        let chart = area.chart.clone();
        let session = Session::new(Plan { history: store.is_some(), ..area.into_plan(out) });
        let server = BoundServer::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap().with_http(http);
        let server = server.with_ground(ground);
        let address = server.address();
        let (stop, stopped) = oneshot::channel::<()>();
        let ended = tokio::spawn(async move {
            let stop = async { stopped.await.unwrap_or(()) };
            server.serve_stored(session, chart, store, stop).await.map_err(|error| error.to_string())
        });
        Self { address, stop, ended }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Streams a recording, a folder or a file, into it, as fast as it goes.
    pub async fn feed(&self, path: &Path, batch: usize) -> Sent {
        let recording = Recording::open(&[path.to_owned()], &OpenOptions::default()).unwrap();
        let introductions = playback::introductions(&recording).unwrap();
        let (parcels, _) = playback::start(recording, Pace { speed: Speed::Max, batch }).unwrap();
        send(&self.url(), introductions, parcels, |_| {}).await.unwrap()
    }

    /// Likewise, only what was received in the first seconds of it.
    pub async fn feed_beginning(&self, path: &Path, seconds: f64) -> Sent {
        feed_beginning(&self.url(), path, seconds).await
    }

    /// Waits until it ends by itself.
    pub async fn ended(self) -> Result<(), String> {
        self.ended.await.unwrap()
    }

    /// Ends it in order; its output is complete then.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        self.ended.await.unwrap().unwrap();
    }
}

/// Streams what was received in the first seconds of a recording to the server at `url`.
pub async fn feed_beginning(url: &str, path: &Path, seconds: f64) -> Sent {
    let recording = Recording::open(&[path.to_owned()], &OpenOptions::default()).unwrap();
    let introductions = playback::introductions(&recording).unwrap();
    let (mut parcels, _) = playback::start(recording, Pace { speed: Speed::Max, batch: 100 }).unwrap();
    let (beginning, queue) = mpsc::channel(4);
    tokio::spawn(async move {
        let mut end = None;
        while let Some(parcel) = parcels.recv().await {
            if let Parcel::Records(records) = &parcel {
                let received = records.last().unwrap().received.unwrap();
                if received > *end.get_or_insert(received.plus_seconds(seconds)) {
                    return;
                }
            }
            if beginning.send(parcel).await.is_err() {
                return;
            }
        }
    });
    send(url, introductions, queue, |_| {}).await.unwrap()
}
