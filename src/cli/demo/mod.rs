//! `shorewatch demo`: a server, a feed and two watchers in one process, all talking gRPC as if they were miles apart.

mod print;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{feed, runtime};
use crate::api::playback::{self, Pace, Speed};
use crate::api::sender::{Sent, send};
use crate::api::server::BoundServer;
use crate::api::watcher::{AlertStream, TrackStream, WatchError, connect};
use crate::recording::{OpenOptions, Recording};
use crate::serve::area::Area;
use crate::serve::session::Session;
use print::Printer;

/// The recording that is played when none is named, and where it lies.
const FIXTURE: &str = "fixtures/haikou-evening";
/// How long a recording whose length is known is played for, when no speed is given.
const SHOW_S: f64 = 25.0;
/// Records in one message.
const BATCH: usize = 500;
/// No two updates of one track nearer than this: the demo prints none of them.
const UPDATE_INTERVAL_MS: u32 = 60_000;

/// Arguments of `shorewatch demo`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  shorewatch demo
  shorewatch demo scenarios/strait-1 --speed 100
  shorewatch demo harbour.nmea.zst --speed max")]
pub struct Demo {
    /// A scenario folder, or recorded files such as an AIS log. Without it: an evening off Haikou.
    #[arg(value_name = "DIR|FILE")]
    paths: Vec<PathBuf>,

    /// How many times as fast as recorded, or max. Without it: so that it takes half a minute.
    #[arg(long, value_name = "N")]
    speed: Option<Speed>,
}

impl Demo {
    /// Plays a recording into a server and prints what its watchers are told.
    ///
    /// # Errors
    /// When there is nothing to play.
    pub fn run(self) -> Result<()> {
        let paths = if self.paths.is_empty() { vec![fixture()?] } else { self.paths };
        let recording = Recording::open(&paths, &OpenOptions::default())?;
        feed::remark(&recording);
        let length_s = recording.duration_ms.map(|duration_ms| duration_ms as f64 / 1000.0);
        let usual = || length_s.map_or(Speed::Max, |length_s| Speed::Times((length_s / SHOW_S).max(1.0)));
        let pace = Pace { speed: self.speed.unwrap_or_else(usual), batch: BATCH };
        runtime::build()?.block_on(play(recording, pace))
    }
}

/// The recording that comes with the sources.
fn fixture() -> Result<PathBuf> {
    let places = [Path::new(FIXTURE).to_owned(), Path::new(env!("CARGO_MANIFEST_DIR")).join(FIXTURE)];
    match places.iter().find(|place| place.is_dir()) {
        Some(place) => Ok(place.clone()),
        None => bail!("{FIXTURE} is not here: run it in the folder of the sources, or name a recording"),
    }
}

async fn play(recording: Recording, pace: Pace) -> Result<()> {
    let area = Area::of_recording(&recording)?;
    let chart = area.chart.clone();
    let printer = Printer::new();
    printer.opening(&recording, &chart, pace.speed);
    let names: Vec<String> = recording.feeds.iter().map(|feed| feed.name.clone()).collect();
    let introductions = playback::introductions(&recording).map_err(anyhow::Error::msg)?;

    let server = BoundServer::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let url = format!("http://{}", server.address());
    let (stop, stopped) = oneshot::channel::<()>();
    let session = Session::new(area.into_plan(None));
    let serving = tokio::spawn(server.serve(session, chart, async {
        let _ = stopped.await;
    }));
    let tracks = watch_tracks(&url, printer.clone()).await?;
    let alerts = watch_alerts(&url, printer.clone()).await?;

    let (parcels, playing) = playback::start(recording, pace)?;
    let sent = send(&url, introductions, parcels, |_| {}).await?;
    let played = playing.join().ok().context("reading the recording crashed")?;
    // The server shows the last picture to its watchers before it ends, and so ends their watches.
    let _ = stop.send(());
    serving.await.context("the server crashed")??;
    tracks.await.context("a watcher crashed")?;
    alerts.await.context("a watcher crashed")?;
    feed::complain(&names, &played);
    printer.closing(&sent);
    Ok(())
}

/// Prints what a watcher of tracks is told, until the server ends.
async fn watch_tracks(url: &str, printer: Printer) -> Result<JoinHandle<()>, WatchError> {
    let mut stream = TrackStream::open(connect(url).await?, UPDATE_INTERVAL_MS).await?;
    Ok(tokio::spawn(async move {
        while let Ok(Some(change)) = stream.next_change().await {
            printer.track(&change);
        }
    }))
}

/// Prints what a watcher of alerts is told, until the server ends.
async fn watch_alerts(url: &str, printer: Printer) -> Result<JoinHandle<()>, WatchError> {
    let mut stream = AlertStream::open(connect(url).await?).await?;
    Ok(tokio::spawn(async move {
        while let Ok(Some(change)) = stream.next_change().await {
            printer.alert(&change);
        }
    }))
}

/// What the server made of the records, in one line.
fn records_line(sent: &Sent) -> String {
    let reasons: Vec<String> = sent.reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    let refused = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) };
    format!("{} records: {} read, {} refused{refused}", sent.acknowledged, sent.accepted, sent.refused)
}
