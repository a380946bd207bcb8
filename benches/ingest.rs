//! The server from the wire to the disk under load, all rules on, its client in the same process: CPU time an observation beside that of
//! decoders and engine alone, and memory while vessels come and go.
//!
//! ```text
//! cargo bench --bench ingest                        two million observations as fast as they go
//! cargo bench --bench ingest -- soak 30 50000       half an hour, 50,000 observations a second, vessels that come and go
//! cargo bench --bench ingest -- vessels 5000000     five million vessels of which each is heard three times
//! ```
//!
//! Goals: 200,000 observations a second on two cores, so 10 µs of CPU time for each; memory that does not grow.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_types,
    reason = "a bench may fail by panic, and it paces what it sends"
)]

#[path = "support/ais.rs"]
mod ais;
mod support;

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use shorewatch::api::sender::{Introduction, OutRecord, Parcel, send};
use shorewatch::api::server::BoundServer;
use shorewatch::feed::sensor::SensorKind;
use shorewatch::serve::area::Area;
use shorewatch::serve::core::Core;
use shorewatch::serve::session::{Plan, Session};
use shorewatch::serve::stored::{OpenStore, Retention};
use shorewatch::serve::work::{FeedName, FeedNumber, Hello, Payload};
use shorewatch::store::disk::{Disk, RealDisk};
use shorewatch::units::EventTime;
use support::thread_cpu_ns;
use tokio::sync::{mpsc, oneshot};

/// Vessels at sea at a time; each is heard every ten seconds of event time.
const VESSELS: u64 = 20_000;
/// Milliseconds of event time between two observations.
const STEP_MS: f64 = 10_000.0 / VESSELS as f64;
/// How long a vessel of the soak stays, in observations of it: half an hour.
const STAYS: u64 = 180;
/// Observations in a batch.
const BATCH: usize = 2_000;
/// 2026-04-17T15:06:40Z.
const EPOCH_MS: f64 = 1_776_438_400_000.0;
/// The sea: west, south, east, north in degrees. Mostly open water south-east of Hainan, with a bit of coast.
const SEA: [f64; 4] = [109.5, 17.0, 113.5, 20.5];

/// Who sails.
#[derive(Clone, Copy)]
enum Fleet {
    /// The same all the time.
    Constant,
    /// Each stays half an hour; then another comes elsewhere.
    Changing,
    /// Each is heard three times, two seconds apart.
    Flood,
}

/// One observation after the other.
struct Sea {
    fleet: Fleet,
    count: u64,
}

impl Sea {
    fn next(&mut self) -> (EventTime, Bytes) {
        let count = self.count;
        self.count += 1;
        let (vessel, heard, at_ms) = match self.fleet {
            Fleet::Constant => (count % VESSELS, count / VESSELS, count as f64 * STEP_MS),
            Fleet::Changing => {
                let (place, round) = (count % VESSELS, count / VESSELS);
                // Not all change at once.
                let shifted = round + place % STAYS;
                (place + shifted / STAYS * VESSELS, shifted % STAYS, count as f64 * STEP_MS)
            }
            // 5,000 vessels a second.
            Fleet::Flood => {
                let (second, within) = (count / 15_000, count % 15_000);
                let heard = within / 5_000;
                let wave = (second + 1).saturating_sub(heard * 2).max(1) - 1;
                (wave * 5_000 + within % 5_000, heard, second as f64 * 1_000.0 + (within as f64) / 15.0)
            }
        };
        let seconds = match self.fleet {
            Fleet::Flood => heard as f64 * 2.0,
            _ => heard as f64 * 10.0,
        };
        (EventTime::from_millis((EPOCH_MS + at_ms) as i64), Bytes::from(position_report(vessel, seconds)))
    }
}

/// A class A position report of a vessel after it has sailed so long.
fn position_report(vessel: u64, seconds: f64) -> Vec<u8> {
    let mut random = vessel.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut share = || {
        random ^= random >> 29;
        random = random.wrapping_mul(0xbf58_476d_1ce4_e5b9);
        random ^= random >> 32;
        (random >> 11) as f64 / (1_u64 << 53) as f64
    };
    let [west, south, east, north] = SEA;
    let (course_deg, knots) = (360.0 * share(), 2.0 + 14.0 * share());
    let (sin, cos) = course_deg.to_radians().sin_cos();
    let sailed_deg = knots * seconds / 3_600.0 / 60.0;
    let lat_deg = south + (north - south) * share() + sailed_deg * cos;
    let lon_deg = west + (east - west) * share() + sailed_deg * sin / lat_deg.to_radians().cos();
    let position = [lat_deg, lon_deg];
    ais::position_report(200_000_000 + (vessel % 500_000_000) as u32, position, knots, course_deg)
}

/// CPU seconds of this process.
fn cpu_s() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = text[text.rfind(')').unwrap() + 2..].split(' ').collect();
    let ticks: f64 = fields[11..=12].iter().map(|field| field.parse::<f64>().unwrap()).sum();
    ticks / 100.0
}

/// Memory of this process in MiB.
fn resident_mib() -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

fn plan(history: bool) -> (Plan, Area) {
    let area = Area::built_in().unwrap();
    (Plan { history, ..area.clone().into_plan(None) }, area)
}

/// Decoders and engine alone, in this thread; CPU microseconds an observation.
fn core_alone(observations: u64) -> f64 {
    let mut session = Session::new(plan(false).0);
    let name = FeedName::new("ais1").unwrap();
    session.open(FeedNumber(0), &Hello { name, kind: SensorKind::Ais, handle: 0, last_sequence: None });
    let mut sea = Sea { fleet: Fleet::Constant, count: 0 };
    let lines: Vec<(EventTime, Payload)> =
        (0..observations).map(|_| sea.next()).map(|(at, line)| (at, Payload::AisSentence(line))).collect();
    let start = thread_cpu_ns();
    for (sequence, (at, line)) in (0_u64..).zip(&lines) {
        session.take(FeedNumber(0), sequence, *at, line).unwrap().unwrap();
        session.take_alerts();
    }
    (thread_cpu_ns() - start) as f64 / 1e3 / observations as f64
}

/// What one run cost.
struct Cost {
    cpu_us: f64,
    wall_s: f64,
}

/// Sends so many observations through a server, at most `rate` a second; prints memory every so often.
fn through_the_server(fleet: Fleet, observations: u64, rate: Option<f64>) -> Cost {
    let folder = tempfile::tempdir().unwrap();
    let (plan, area) = plan(true);
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    // The disk of a bench is small.
    let keep = Retention { log_bytes: Some(1 << 30), history_ms: Some(6 * 3_600_000), ..Retention::default() };
    let store = OpenStore::open(&disk, &folder.path().join("store"), &area, keep).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let chart = Arc::clone(&plan.chart);
    let server = runtime.block_on(BoundServer::bind(([127, 0, 0, 1], 0).into())).unwrap();
    let url = format!("http://{}", server.address());
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = runtime.spawn(async move {
        let stop = async { stopped.await.unwrap_or(()) };
        server.serve_stored(Session::new(plan), chart, Some(store), stop).await.unwrap();
    });
    let (parcels, queue) = mpsc::channel(8);
    let (started, cpu_before) = (Instant::now(), cpu_s());
    std::thread::spawn(move || {
        let mut sea = Sea { fleet, count: 0 };
        while sea.count < observations {
            if let Some(rate) = rate {
                let due = Duration::from_secs_f64(sea.count as f64 / rate);
                std::thread::sleep(due.saturating_sub(started.elapsed()));
            }
            let records = (0..BATCH).map(|_| {
                let sequence = sea.count;
                let (at, line) = sea.next();
                OutRecord { feed: 0, sequence, received: Some(at), payload: Payload::AisSentence(line) }
            });
            parcels.blocking_send(Parcel::Records(records.collect())).unwrap();
        }
    });
    let feeds = vec![Introduction { name: FeedName::new("ais1").unwrap(), kind: SensorKind::Ais }];
    let mut told = 0;
    let every = observations / 20;
    let sent = runtime.block_on(send(&url, feeds, queue, |sent| {
        if sent.acknowledged >= told + every {
            told = sent.acknowledged;
            println!("{:>8.1} s {told:>12} acknowledged {:>8} MiB", started.elapsed().as_secs_f64(), resident_mib());
        }
    }));
    let sent = sent.unwrap();
    assert_eq!((sent.lost, sent.reconnects), (0, 0));
    let cost = Cost {
        cpu_us: (cpu_s() - cpu_before) * 1e6 / sent.acknowledged as f64,
        wall_s: started.elapsed().as_secs_f64(),
    };
    println!("{} refused: {:?}", sent.refused, sent.reasons);
    stop.send(()).unwrap();
    runtime.block_on(serving).unwrap();
    cost
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let number = |at: usize, default: f64| arguments.get(at).map_or(default, |text| text.parse().expect("a number"));
    let (fleet, observations, rate) = match arguments.first().map(String::as_str) {
        Some("soak") => {
            let (minutes, rate) = (number(1, 30.0), number(2, 50_000.0));
            (Fleet::Changing, (minutes * 60.0 * rate) as u64, Some(rate))
        }
        Some("vessels") => (Fleet::Flood, number(1, 5e6) as u64 * 3, None),
        _ => {
            let observations = 2_000_000;
            let start = thread_cpu_ns();
            let mut sea = Sea { fleet: Fleet::Constant, count: 0 };
            (0..100_000).for_each(|_| drop(sea.next()));
            println!("making an observation    {:>8.2} µs", (thread_cpu_ns() - start) as f64 / 1e8);
            println!("decoders and engine      {:>8.2} µs", core_alone(observations));
            (Fleet::Constant, observations, None)
        }
    };
    let cost = through_the_server(fleet, observations, rate);
    println!("client, server and disk  {:>8.2} µs of CPU time an observation", cost.cpu_us);
    println!("{:.0} observations a second of wall time", observations as f64 / cost.wall_s);
}
