//! How long it takes from the record that decides an alert to the alert at a watcher, on an idle server and under load: over
//! gRPC both ways, all rules on, and nothing told before what it came of is on disk.
//!
//! ```text
//! cargo bench --bench latency                  idle, then with 100,000 observations a second beside
//! cargo bench --bench latency -- 50000         with another load
//! cargo bench --bench latency -- watchers      idle, among 450 and among 500 watchers of tracks, of whom 50 do not read
//! ```
//!
//! Three hundred vessels make for an area that may not be entered, one after the other. Rules look at the picture every ten
//! seconds; the record that decides is the first one received after such an instant. Goals: 99 of 100 alerts within 2 ms on an
//! idle server, within 10 ms under load.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_types,
    reason = "a bench may fail by panic, and it paces what it sends"
)]

#[path = "support/ais.rs"]
mod ais;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use shorewatch::api::proto::alert::v1::alert_service_client::AlertServiceClient;
use shorewatch::api::proto::alert::v1::{AlertChange, WatchAlertsRequest};
use shorewatch::api::proto::track::v1::track_service_client::TrackServiceClient;
use shorewatch::api::proto::track::v1::{WatchTracksRequest, WatchTracksResponse};
use shorewatch::api::sender::{Introduction, OutRecord, Parcel, send};
use shorewatch::api::server::BoundServer;
use shorewatch::feed::sensor::SensorKind;
use shorewatch::geodesy::{LatLon, polar_to_position, position_to_polar};
use shorewatch::serve::area::Area;
use shorewatch::serve::session::{Plan, Session};
use shorewatch::serve::stored::{OpenStore, Retention};
use shorewatch::serve::work::{FeedName, Payload};
use shorewatch::store::disk::{Disk, RealDisk};
use shorewatch::units::{Bearing, EventTime};
use tokio::sync::{mpsc, oneshot};

/// Vessels that enter, and the seconds between two of them.
const INTRUDERS: u64 = 300;
const APART_S: u64 = 11;
/// They make 12 knots, are heard every five seconds, and begin five kilometres from the middle of the area.
const KNOTS: f64 = 12.0;
const HEARD_S: u64 = 5;
const BEGIN_M: f64 = 5_000.0;
/// The other vessels, each heard every ten seconds: open water south-east of Hainan.
const OTHERS: u64 = 20_000;
const SEA: [f64; 4] = [110.5, 17.0, 113.5, 18.5];
/// 2026-04-17T15:06:40Z, and how long it goes on.
const EPOCH_MS: i64 = 1_776_438_400_000;
const SECONDS: u64 = INTRUDERS * APART_S + 900;
/// Longer than a group of the log waits for the next: so long after an acknowledgement a server is idle.
const IDLE: Duration = Duration::from_millis(8);
/// Rules look at the picture at full tens of seconds.
const PICTURE_MS: i64 = 10_000;

/// The middle of the first area of the built-in chart that may not be entered.
fn forbidden() -> LatLon {
    let text = include_str!("../data/zones.geojson");
    let zones: serde_json::Value = serde_json::from_str(text).unwrap();
    let zone = zones["features"].as_array().unwrap().iter().find(|zone| zone["properties"]["kind"] == "restricted");
    let ring = zone.unwrap()["geometry"]["coordinates"][0].as_array().unwrap();
    let mean = |axis: usize| ring.iter().map(|point| point[axis].as_f64().unwrap()).sum::<f64>() / ring.len() as f64;
    LatLon::new(mean(1), mean(0))
}

/// The reports of one second.
fn reports(second: u64, middle: LatLon, loaded: bool) -> Vec<Vec<u8>> {
    let mut lines = Vec::new();
    for number in 0..INTRUDERS {
        let Some(under_way_s) = second.checked_sub(number * APART_S).filter(|s| s % HEARD_S == 0) else { continue };
        let left_m = BEGIN_M - under_way_s as f64 * KNOTS * 1852.0 / 3600.0;
        if left_m > 0.0 {
            let from = Bearing::from_deg(number as f64 * 137.5);
            let place = polar_to_position(middle, from, left_m);
            let (back, _) = position_to_polar(place, middle);
            let mmsi = 412_000_000 + number as u32;
            lines.push(ais::position_report(mmsi, [place.lat_deg, place.lon_deg], KNOTS, back.deg()));
        }
    }
    if loaded {
        let [west, south, east, north] = SEA;
        lines.extend((0..OTHERS).filter(|vessel| vessel % 10 == second % 10).map(|vessel| {
            let share = |salt: u64| (vessel.wrapping_mul(salt) >> 11) as f64 / (1_u64 << 53) as f64;
            let sailed_deg = 10.0 * second as f64 / 3_600.0 / 60.0;
            let lat_deg = south + (north - south) * share(0x9e37_79b9_7f4a_7c15);
            let lon_deg = west + (east - west) * share(0xbf58_476d_1ce4_e5b9) + sailed_deg / lat_deg.to_radians().cos();
            ais::position_report(413_000_000 + vessel as u32, [lat_deg, lon_deg], 10.0, 90.0)
        }));
    }
    lines
}

/// When the record that decides an instant of the picture was handed over, by that instant.
type Decided = Arc<Mutex<BTreeMap<i64, Instant>>>;

/// Others who watch the tracks meanwhile, each on a line of his own.
#[derive(Clone, Copy, Default)]
struct Crowd {
    reading: usize,
    stalled: usize,
}

impl Crowd {
    /// Begins the watches; those that are not read are handed back, to be held.
    async fn watch(self, url: &str) -> Vec<tonic::Streaming<WatchTracksResponse>> {
        let mut stalled = Vec::new();
        for number in 0..self.reading + self.stalled {
            let mut client = TrackServiceClient::connect(url.to_owned()).await.unwrap();
            let mut watch = client.watch_tracks(WatchTracksRequest::default()).await.unwrap().into_inner();
            if number < self.stalled {
                stalled.push(watch);
            } else {
                tokio::spawn(async move { while let Ok(Some(_)) = watch.message().await {} });
            }
        }
        stalled
    }
}

/// Latencies in milliseconds, ascending; `rate`: observations a second, else one second's reports whenever the server is idle.
fn latencies(rate: Option<f64>, crowd: Crowd) -> Vec<f64> {
    let (folder, area) = (tempfile::tempdir().unwrap(), Area::built_in().unwrap());
    let plan = Plan { history: true, ..area.clone().into_plan(None) };
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let keep = Retention { log_bytes: Some(1 << 30), ..Retention::default() };
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
    let decided: Decided = Decided::default();
    let mut watch = runtime.block_on(async {
        let mut client = AlertServiceClient::connect(url.clone()).await.unwrap();
        client.watch_alerts(WatchAlertsRequest::default()).await.unwrap().into_inner()
    });
    let stalled = runtime.block_on(crowd.watch(&url));
    let known = Arc::clone(&decided);
    let watching = runtime.spawn(async move {
        let mut found = Vec::new();
        while let Ok(Some(told)) = watch.message().await {
            let arrived = Instant::now();
            if let (AlertChange::Raised, Some(alert)) = (told.change(), told.alert) {
                let deciding = known.lock().unwrap().get(&alert.raised_ms).copied();
                found.extend(deciding.map(|deciding| (arrived - deciding).as_secs_f64() * 1e3));
            }
        }
        found
    });
    let (parcels, queue) = mpsc::channel(8);
    let (acknowledged, over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let (seen, ended, noted) = (Arc::clone(&acknowledged), Arc::clone(&over), Arc::clone(&decided));
    std::thread::spawn(move || {
        let (middle, begun) = (forbidden(), Instant::now());
        let (mut sequence, mut next_picture_ms) = (0, EPOCH_MS);
        for second in 0..SECONDS {
            let lines = reports(second, middle, rate.is_some());
            let (count, at_ms) = (lines.len() as u64, EPOCH_MS + second as i64 * 1_000);
            let records: Vec<OutRecord> = (0_i64..)
                .zip(lines)
                .map(|(number, line)| OutRecord {
                    feed: 0,
                    sequence: sequence + number as u64,
                    received: Some(EventTime::from_millis(at_ms + 1 + number * 998 / count.max(1) as i64)),
                    payload: Payload::AisSentence(Bytes::from(line)),
                })
                .collect();
            if records.is_empty() {
                continue;
            }
            match rate {
                Some(rate) => {
                    let due = Duration::from_secs_f64(sequence as f64 / rate);
                    std::thread::sleep(due.saturating_sub(begun.elapsed()));
                }
                None => {
                    while seen.load(Ordering::Relaxed) < sequence && !ended.load(Ordering::Relaxed) {
                        std::thread::sleep(Duration::from_micros(200));
                    }
                    std::thread::sleep(IDLE);
                }
            }
            let now = Instant::now();
            while next_picture_ms <= at_ms {
                noted.lock().unwrap().insert(next_picture_ms, now);
                next_picture_ms += PICTURE_MS;
            }
            sequence += count;
            if parcels.blocking_send(Parcel::Records(records)).is_err() {
                break;
            }
        }
    });
    let feeds = vec![Introduction { name: FeedName::new("ais1").unwrap(), kind: SensorKind::Ais }];
    let begun = Instant::now();
    let sent = runtime.block_on(send(&url, feeds, queue, |sent| {
        acknowledged.store(sent.acknowledged, Ordering::Relaxed);
    }));
    drop(stalled);
    over.store(true, Ordering::Relaxed);
    let sent = sent.unwrap();
    assert_eq!((sent.lost, sent.refused, sent.reconnects), (0, 0, 0));
    if rate.is_some() {
        println!("{:.0} observations a second came through", sent.acknowledged as f64 / begun.elapsed().as_secs_f64());
    }
    stop.send(()).unwrap();
    runtime.block_on(serving).unwrap();
    let mut found = runtime.block_on(watching).unwrap();
    found.sort_by(f64::total_cmp);
    found
}

fn report(name: &str, found: &[f64]) {
    let at = |share: f64| found[((found.len() - 1) as f64 * share) as usize];
    println!(
        "{name:<28} {:>4} alerts: half within {:.2} ms, 99 of 100 within {:.2} ms, all within {:.2} ms",
        found.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
}

fn main() {
    if std::env::args().any(|argument| argument == "watchers") {
        report("450 watchers, all read", &latencies(None, Crowd { reading: 450, stalled: 0 }));
        report("500 watchers, 50 stalled", &latencies(None, Crowd { reading: 450, stalled: 50 }));
        return;
    }
    let rate = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(100_000.0);
    report("idle", &latencies(None, Crowd::default()));
    report(&format!("{rate:.0} a second beside"), &latencies(Some(rate), Crowd::default()));
}
