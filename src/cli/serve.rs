//! `shorewatch serve`.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::runtime;
use crate::api::server::BoundServer;
use crate::collect::{Collector, Sources};
use crate::http::Settings;
use crate::http::guard::Origin;
use crate::serve::area::Area;
use crate::serve::session::Session;

/// Arguments of `shorewatch serve`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  shorewatch serve
  shorewatch serve --listen 0.0.0.0:7411 --area scenarios/small-1 --out out/live
  shorewatch feed scenarios/small-1 --to 127.0.0.1:7411 --speed 10    (in another terminal)
  shorewatch serve --allow-origin https://map.example.org --frame-origin https://map.example.org

The watch console is at http://127.0.0.1:7411/ in a browser. Tracks, alerts and zones are asked for by gRPC; the server describes itself by reflection:
  grpcurl -plaintext 127.0.0.1:7411 list")]
pub struct Serve {
    /// Address and port to listen on; port 0 lets the system choose.
    #[arg(long, default_value = "127.0.0.1:7411", value_name = "ADDR")]
    listen: SocketAddr,

    /// Folder with scenario.json (the sensors), zones.geojson and coastline.geojson. Without it: the built-in chart of
    /// Hainan, no radars or cameras, and any AIS receiver that connects.
    #[arg(long, value_name = "DIR")]
    area: Option<PathBuf>,

    /// Also write tracks.csv and alerts.jsonl here, as replay does; created when it is not there.
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Lets pages of this origin ask the server from a browser (CORS); may be given several times. Without it only the
    /// server's own console may.
    #[arg(long, value_name = "ORIGIN")]
    allow_origin: Vec<Origin>,

    /// Lets pages of this origin show the map (/map.html) in a frame; may be given several times.
    #[arg(long, value_name = "ORIGIN")]
    frame_origin: Vec<Origin>,

    /// Also collect live feeds in this process: the sources of 'shorewatch collect', a TOML file.
    #[arg(long, value_name = "FILE")]
    sources: Option<PathBuf>,
}

impl Serve {
    /// Serves until it is asked to stop (SIGINT or SIGTERM).
    ///
    /// # Errors
    /// When the area cannot be read, the address cannot be had, or the server cannot go on.
    pub fn run(self) -> Result<()> {
        runtime::start_logging();
        let area = match &self.area {
            Some(folder) => Area::open(folder).with_context(|| format!("--area {}", folder.display()))?,
            None => Area::built_in()?,
        };
        for note in &area.notes {
            tracing::warn!("{note}");
        }
        if let Some(out) = &self.out {
            // Better now than with the first record.
            std::fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;
        }
        let sources = match &self.sources {
            Some(path) => Some(Sources::read(path).with_context(|| format!("--sources {}", path.display()))?),
            None => None,
        };
        let chart = area.chart.clone();
        let session = Session::new(area.into_plan(self.out));
        let http = Settings { allowed_origins: self.allow_origin, frame_ancestors: self.frame_origin };
        let runtime = runtime::build()?;
        let served = runtime.block_on(async {
            let stop = stop_signal()?;
            let server = BoundServer::bind(self.listen).await?.with_http(http);
            println!("shorewatch listens on http://{}", server.address());
            std::io::stdout().flush()?;
            if let Some(sources) = sources {
                tokio::spawn(collect_here(Collector::new(sources), server.address()));
            }
            server.serve(session, chart, stop).await?;
            Ok(())
        });
        // A source that can only block, such as a serial line, must not keep the process.
        runtime.shutdown_background();
        served
    }
}

/// Collects into the server of this process for as long as it runs.
async fn collect_here(collector: Collector, address: SocketAddr) {
    let host = match address.ip() {
        // A server that listens on all addresses is reached on the loopback.
        ip if ip.is_unspecified() && ip.is_ipv4() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        ip if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    let url = format!("http://{}", SocketAddr::new(host, address.port()));
    match collector.run(&url, std::future::pending()).await {
        Ok(_) => tracing::info!("all sources have come to their end"),
        Err(error) => tracing::error!(%error, "the sources are not collected any more"),
    }
}

/// Comes when the process is asked to stop.
pub(super) fn stop_signal() -> Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping: what was received is worked off first");
    })
}
