//! `shorewatch serve`.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::config::variable;
use super::{register, runtime};
use crate::api::rule_service::Ground;
use crate::api::server::BoundServer;
use crate::collect::{Collector, Sources};
use crate::config::Config;
use crate::config::checked::{self, Checked};
use crate::http::Settings;
use crate::http::guard::Origin;
use crate::serve::area::Area;
use crate::serve::clock;
use crate::serve::session::{Plan, Session};
use crate::serve::stored::{OpenStore, Retention};
use crate::store::disk::{Disk, RealDisk};
use crate::store::records::checkpoint::{self, Signer};
use crate::store::records::register::Imported;
use crate::store::records::{Place, Records, Watchkeeping};

/// Arguments of `shorewatch serve`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  shorewatch serve
  shorewatch serve --area scenarios/small-1 --out out/live
  shorewatch keys keys && shorewatch serve --config keys/shorewatch.toml --listen 0.0.0.0:7411
  shorewatch serve --store /var/lib/shorewatch --keep-hours 720
  shorewatch feed scenarios/small-1 --to 127.0.0.1:7411 --speed 10    (in another terminal)
  shorewatch serve --allow-origin https://map.example.org --frame-origin https://map.example.org

The watch console is at http://127.0.0.1:7411/ in a browser. Tracks, alerts and zones are asked for by gRPC; the server describes itself by reflection:
  grpcurl -plaintext 127.0.0.1:7411 list")]
pub struct Serve {
    /// Configuration (TOML); docs/configuration.md has every key. Without it: defaults, and the options below.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Address and port to listen on; port 0 lets the system choose. Other than the loopback only with TLS and callers that are
    /// known (--config). [default: 127.0.0.1:7411]
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,

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

    /// Rules to use in place of those that are built in (TOML, as config/rules.toml; what it leaves out keeps its default).
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,

    /// What is known of vessels: class, length, permits, watch list (CSV; docs/register.md has the columns). It is kept with the
    /// records, in place of what its columns said there before.
    #[arg(long, value_name = "FILE")]
    register: Option<PathBuf>,

    /// Keep everything in this folder: what is received, alerts, and what officers did with them. Nothing is acknowledged before
    /// it is on disk, and a server that is started with the folder again goes on where it was. Created when it is not there;
    /// without it, everything is gone when the server ends.
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,

    /// Delete what the store received longer ago than this; without it, nothing is deleted. Alerts are kept.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=87_600))]
    keep_hours: Option<u32>,

    /// Delete the oldest of what the store received while it has more than this many GiB. Alerts are kept.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    keep_gib: Option<u32>,

    /// Delete where tracks were longer ago than this; without it, nothing is deleted.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=876_000))]
    keep_history_hours: Option<u32>,
}

impl Serve {
    /// Serves until it is asked to stop (SIGINT or SIGTERM).
    ///
    /// # Errors
    /// When the area cannot be read, the address cannot be had, or the server cannot go on.
    pub fn run(self) -> Result<()> {
        let set = self.checked()?;
        runtime::start_logging_as(set.log_format);
        let mut area = match &set.area {
            Some(folder) => Area::open(folder).with_context(|| format!("area {}", folder.display()))?,
            None => Area::built_in()?,
        };
        if let Some(file) = &self.rules {
            area = area.with_rules(file).with_context(|| format!("--rules {}", file.display()))?;
        }
        for note in &area.notes {
            tracing::warn!("{note}");
        }
        if set.is_open {
            tracing::info!(
                "no callers are configured: whoever reaches the port is the local user and may do everything"
            );
        }
        if set.snapshot_ms.is_some() && set.store.is_some() && set.out.is_some() {
            tracing::info!(
                "output files tell of the log from its beginning: every start reads all of it, and no snapshots are written"
            );
        }
        if let Some(out) = &set.out {
            // Better now than with the first record.
            std::fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;
        }
        let sources = match &self.sources {
            Some(_) if set.tls.is_some() || !set.is_open => {
                bail!(
                    "--sources is for a server of the local user alone: run 'shorewatch collect' with a certificate beside it"
                )
            }
            Some(path) => Some(Sources::read(path).with_context(|| format!("--sources {}", path.display()))?),
            None => None,
        };
        let chart = area.chart.clone();
        let store = open_store(&set, &area)?;
        let sensors = area.sensors.clone();
        let records = open_records(&set)?;
        let log = set.store.clone().map(|folder| (area.clone(), folder));
        let ground = Ground { rules: area.rules.clone(), log };
        let plan = Plan { history: store.is_some(), ..area.into_plan(set.out) };
        let session = Session::new(plan);
        let http = Settings { sensors, allowed_origins: self.allow_origin, frame_ancestors: self.frame_origin };
        let runtime = runtime::build()?;
        let served = runtime.block_on(async {
            let stop = stop_signal()?;
            if let Some(path) = &self.register {
                let Imported { added, changed, removed, unchanged, .. } = register::keep(path, &records).await?;
                tracing::info!(added, changed, removed, unchanged, "register read");
            }
            let server = BoundServer::bind(set.listen).await?.with_http(http);
            let server = server.with_records(records).with_access(set.identify);
            let neighbours = set.neighbours.kept_in(set.store.as_deref());
            let server = server.with_cueing(set.cueing).with_deliveries(set.deliveries).with_neighbours(neighbours);
            let server = server.with_ground(ground);
            let scheme = if set.tls.is_some() { "https" } else { "http" };
            println!("shorewatch listens on {scheme}://{}", server.address());
            let server = match set.tls {
                Some(tls) => server.with_tls(tls),
                None => server,
            };
            std::io::stdout().flush()?;
            if let Some(sources) = sources {
                tokio::spawn(collect_here(Collector::new(sources), server.address()));
            }
            server.serve_stored(session, chart, store, stop).await?;
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

impl Serve {
    /// What the file says, with what the command line says over it.
    fn checked(&self) -> Result<Checked> {
        let mut config = match &self.config {
            Some(file) => Config::read(file, variable)?,
            None => Config::parse("", variable)?,
        };
        if let Some(listen) = self.listen {
            config.listen = listen.to_string();
        }
        let mut set = checked::check(&config).context("the configuration cannot be used")?;
        // Paths of the command line begin where it is given.
        set.area = self.area.clone().or(set.area);
        set.out = self.out.clone().or(set.out);
        set.store = self.store.clone().or(set.store);
        set.keep_hours = self.keep_hours.or(set.keep_hours);
        set.keep_gib = self.keep_gib.or(set.keep_gib);
        set.keep_history_hours = self.keep_history_hours.or(set.keep_history_hours);
        Ok(set)
    }
}

/// Opens the log of what is received, where there is one, and says what was wrong with it.
fn open_store(set: &Checked, area: &Area) -> Result<Option<OpenStore>> {
    let Some(folder) = &set.store else { return Ok(None) };
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let hours_ms = |hours: u32| i64::from(hours) * 3_600_000;
    let keep_for = Retention {
        log_ms: set.keep_hours.map(hours_ms),
        log_bytes: set.keep_gib.map(|gib| u64::from(gib) << 30),
        history_ms: set.keep_history_hours.map(hours_ms),
        picture_bytes: Some(set.keep_picture_bytes),
        start_ms: set.start_hours.map(hours_ms),
        // Output files tell of the log from its beginning: such a server reads it at every start.
        snapshot_ms: set.snapshot_ms.filter(|_| set.out.is_none()),
    };
    let store =
        OpenStore::open(&disk, folder, area, keep_for).with_context(|| format!("the store {}", folder.display()))?;
    for complaint in &store.complaints {
        tracing::warn!("{complaint}");
    }
    Ok(Some(store))
}

/// Opens the records where they are kept; says so when they are not.
fn open_records(set: &Checked) -> Result<Records> {
    let (place, signer) = match &set.store {
        Some(folder) => {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
            let signer = Signer::load_or_make(&folder.join(checkpoint::KEY_FILE))?;
            tracing::info!(key = signer.public().to_hex(), "records are signed with this key");
            (Place::Folder(folder.clone()), signer)
        }
        None => {
            tracing::info!(
                "no --store: what is received, alerts and what is done with them are gone when the server ends"
            );
            (Place::Memory, Signer::generate()?)
        }
    };
    let organisation = Arc::clone(&set.organisation);
    let subscribers = set.deliveries.subscribers();
    let keeping = Watchkeeping { organisation, duty: set.duty, signer: Some(Arc::new(signer)), subscribers };
    Ok(Records::open(&place, keeping, clock::now().as_millis())?)
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
