//! Real traffic through the engine: recorded positions against the answers of plain batch detectors.
//!
//! The recordings are kept beside the repository; without them each test says so and passes.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use shorewatch::alert::Alert;
use shorewatch::behaviour::{BehaviourConfig, Kind};
use shorewatch::chart::{Chart, Coast, ZoneSet};
use shorewatch::engine::{Engine, EngineConfig, EngineEvent};
use shorewatch::feed::observation::{AisPosition, AisStation, Content, Observation};
use shorewatch::feed::sensor::{Sensor, SensorKind, SensorTable};
use shorewatch::geodesy::LatLon;
use shorewatch::units::{EventTime, Mmsi, SensorId};

const KNOT_MPS: f64 = 1852.0 / 3600.0;

/// A row of positions: time, vessel, latitude, longitude and what else the columns of the file name.
#[derive(Clone)]
struct Fix {
    time: EventTime,
    mmsi: Mmsi,
    position: LatLon,
    sog_kn: Option<f64>,
    cog_deg: Option<f64>,
    heading_deg: Option<f64>,
    nav_status: Option<u8>,
}

/// The fixes of a CSV, in order of time.
fn fixes(text: &str) -> Vec<Fix> {
    let mut lines = text.lines();
    let columns: Vec<&str> = lines.next().unwrap().split(',').collect();
    let column = |name: &str| columns.iter().position(|column| *column == name);
    let [time, vessel, lat, lon] = ["time", "vessel", "lat", "lon"].map(|name| column(name).unwrap());
    let [sog, cog, heading, status] = ["sog_kn", "cog_deg", "heading_deg", "nav_status"].map(column);
    let mut fixes: Vec<Fix> = lines
        .filter_map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let number = |column: Option<usize>| column.and_then(|at| fields[at].parse::<f64>().ok());
            let position = LatLon::new(number(Some(lat))?, number(Some(lon))?);
            Some(Fix {
                time: EventTime::parse_rfc3339(fields[time]).unwrap(),
                mmsi: Mmsi::new(fields[vessel].parse().ok()?)?,
                position,
                sog_kn: number(sog).filter(|sog| *sog < 102.3),
                cog_deg: number(cog).filter(|cog| *cog < 360.0),
                heading_deg: number(heading).filter(|heading| *heading < 360.0),
                nav_status: number(status).map(|status| status as u8).filter(|status| *status < 15),
            })
        })
        // 91 and 181 stand for "not available": the decoder makes no position of them.
        .filter(|fix| fix.position.is_valid())
        .collect();
    fixes.sort_by_key(|fix| fix.time);
    fixes
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// The chart of an open sea with these zones.
fn open_sea(zones: Option<&Path>) -> Arc<Chart> {
    let none = r#"{"type":"FeatureCollection","features":[]}"#.to_owned();
    let coast = Coast::from_geojson(&none, None).unwrap();
    let zones = ZoneSet::from_geojson(&zones.map_or(none, read)).unwrap();
    Arc::new(Chart::new(coast, zones).unwrap())
}

/// Sends the fixes through the engine; returns the alerts as they stand in the end.
fn watch(fixes: &[Fix], rules: BehaviourConfig, chart: &Arc<Chart>) -> Vec<Alert> {
    let mut sensors = SensorTable::default();
    let station = Sensor {
        name: "ais1".to_owned(),
        kind: SensorKind::Ais,
        position: None,
        height_m: None,
        radar: None,
        eo: None,
        report: None,
        mount: None,
    };
    let sensor: SensorId = sensors.add(station).unwrap();
    let mut engine = Engine::new(EngineConfig { rules, ..EngineConfig::default() }, Arc::clone(chart), sensors);
    let mut alerts = BTreeMap::new();
    let mut take = |engine: &mut Engine| {
        for event in engine.drain_events() {
            if let EngineEvent::Alert(event) = event {
                alerts.insert(event.alert.id.clone(), event.alert);
            }
        }
    };
    for (sequence, fix) in (0_u64..).zip(fixes) {
        let report = AisPosition {
            mmsi: fix.mmsi,
            station: AisStation::ClassA,
            position: fix.position,
            step_deg: 1.0 / 600_000.0,
            accurate: true,
            sog_mps: fix.sog_kn.map(|sog| sog * KNOT_MPS),
            cog_deg: fix.cog_deg,
            heading_deg: fix.heading_deg,
            nav_status: fix.nav_status,
            utc_second: None,
        };
        let content = Content::AisPosition(report);
        engine.push(Observation { sensor, time: fix.time, received: fix.time, sequence, content });
        take(&mut engine);
    }
    engine.advance(fixes.last().unwrap().time);
    take(&mut engine);
    let mut alerts: Vec<Alert> = alerts.into_values().filter(|alert| alert.confirmed.is_some()).collect();
    alerts.sort_by(|a, b| (a.raised, &a.id).cmp(&(b.raised, &b.id)));
    alerts
}

/// An interval of one vessel or pair: who, from, until.
type Span = (BTreeSet<u32>, EventTime, EventTime);

/// The spans of a reference answer.
fn reference(path: &Path) -> Vec<Span> {
    let text = read(path);
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let columns: Vec<&str> = lines.next().unwrap().split(',').collect();
    let column = |name: &str| columns.iter().position(|column| *column == name);
    let (start, end) = (column("start").unwrap(), column("end").unwrap());
    let names = [column("vessel"), column("other")];
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let who = names.iter().flatten().map(|at| fields[*at].parse().unwrap()).collect();
            let time = |at: usize| EventTime::parse_rfc3339(fields[at]).unwrap();
            (who, time(start), time(end))
        })
        .collect()
}

/// How many of `reference` are matched one to one by `found`: the same vessels, spans that overlap by half of their union
/// (the rule of `reference.py compare`).
fn matched(reference: &[Span], found: &[Span]) -> usize {
    let mut used = vec![false; found.len()];
    let overlap = |a: &Span, b: &Span| {
        let both = a.2.min(b.2).seconds_since(a.1.max(b.1));
        both / a.2.max(b.2).seconds_since(a.1.min(b.1))
    };
    let take = |wanted: &&Span| {
        let best = found
            .iter()
            .enumerate()
            .filter(|(at, span)| !used[*at] && span.0 == wanted.0 && overlap(span, wanted) >= 0.5)
            .max_by(|a, b| overlap(a.1, wanted).total_cmp(&overlap(b.1, wanted)))
            .map(|(at, _)| at);
        best.is_some_and(|at| !std::mem::replace(&mut used[at], true))
    };
    reference.iter().filter(take).count()
}

fn spans_of(alerts: &[Alert], kind: Kind, last: EventTime) -> Vec<Span> {
    alerts
        .iter()
        .filter(|alert| alert.kind == kind)
        .map(|alert| {
            let who = [alert.mmsi, alert.other_mmsi].into_iter().flatten().map(|mmsi| mmsi.number()).collect();
            (who, alert.began, alert.end.unwrap_or(last))
        })
        .collect()
}

/// Meetings of the Solent by the rule that the reference answer states: 250 m, 15 min, both medians below 2 knots, reports
/// missing for up to 15 min, nothing excused.
#[test]
fn most_meetings_of_the_solent_are_found_and_few_others() {
    let Some(shared) = crate::support::shared_dir() else { return };
    let folder = shared.join("samples/tracks/solent-2016");
    let fixes = fixes(&read(&folder.join("positions.csv")));
    let mut rules = BehaviourConfig::default();
    rules.contact.distance_m = 250.0;
    rules.contact.distance_sigmas = 0.0;
    rules.contact.duration_s = 900;
    rules.contact.speed_mps = 50.0;
    rules.contact.median_mps = 2.0 * KNOT_MPS;
    rules.contact.break_s = 120;
    rules.contact.merge_s = 120;
    rules.contact.every_pair = true;
    // Up to so long a silence is bridged.
    rules.subjects.remembered_slow_s = 900;
    let alerts = watch(&fixes, rules, &open_sea(None));
    let found = spans_of(&alerts, Kind::Rendezvous, fixes.last().unwrap().time);
    let wanted = reference(&folder.join("reference/encounters_250m_15min_gap900.csv"));
    let hits = matched(&wanted, &found) as f64;
    let (recall, precision) = (hits / wanted.len() as f64, hits / found.len() as f64);
    eprintln!("{} of {} found; {} told: recall {recall:.3}, precision {precision:.3}", hits, wanted.len(), found.len());
    if let Some(path) = std::env::var_os("SHOREWATCH_SOLENT_PAIRS") {
        let mut text = "vessel,other,start,end\n".to_owned();
        for (who, start, end) in &found {
            let names: Vec<String> = who.iter().map(u32::to_string).collect();
            text.push_str(&format!("{},{start},{end}\n", names.join(",")));
        }
        std::fs::write(path, text).unwrap();
    }
    // A naive causal detector reaches 0.90 and 0.85 on this set.
    assert!(recall >= 0.95 && precision >= 0.95, "recall {recall:.3}, precision {precision:.3}");
}

/// The anchorages and harbours of the Solent hold 163 such meetings; none of them is anybody's concern.
#[test]
fn the_solent_with_its_zones_raises_few_alerts() {
    let Some(shared) = crate::support::shared_dir() else { return };
    let folder = shared.join("samples/tracks/solent-2016");
    let fixes = fixes(&read(&folder.join("positions.csv")));
    let zones = folder.join("scenario/zones.geojson");
    let alerts = watch(&fixes, BehaviourConfig::default(), &open_sea(Some(&zones)));
    let told: Vec<String> = alerts.iter().map(|alert| alert.id.to_string()).collect();
    assert!(told.len() <= 8, "{told:#?}");
}

/// The wild fix of 245188000 (54.83 E, out and back) is noise, and so is all that shakes in a recording of 91 vessels.
#[test]
fn a_wild_fix_is_no_identity_conflict() {
    let Some(shared) = crate::support::shared_dir() else { return };
    let folder = shared.join("samples/tracks/solent-2016");
    let fixes = fixes(&read(&folder.join("positions.csv")));
    let alerts = watch(&fixes, BehaviourConfig::default(), &open_sea(None));
    assert!(!alerts.iter().any(|alert| alert.kind == Kind::IdentityConflict), "{alerts:#?}");
}

/// 416000000 and 338013000 are sent by several transmitters at once, or with noise, and now and then without a position.
/// Defaults that stand for "no position" change nothing.
#[test]
fn default_positions_are_no_identity_conflict() {
    let Some(shared) = crate::support::shared_dir() else { return };
    for mmsi in [416_000_000, 338_013_000] {
        let text = read(&shared.join(format!("samples/tracks/gfw-identity/{mmsi}.csv")));
        let fixes = fixes(&text);
        let conflicts = |fixes: &[Fix]| -> Vec<Alert> {
            let alerts = watch(fixes, BehaviourConfig::default(), &open_sea(None));
            alerts.into_iter().filter(|alert| alert.kind == Kind::IdentityConflict).collect()
        };
        let plain = conflicts(&fixes);
        eprintln!("{mmsi}: {} conflicts of {} fixes", plain.len(), fixes.len());
        // A default after each tenth report.
        let mut with_defaults = Vec::new();
        for (number, fix) in fixes.into_iter().enumerate() {
            let default = (number % 10 == 9).then(|| Fix {
                position: LatLon::new(91.0, 181.0),
                sog_kn: None,
                cog_deg: None,
                time: fix.time,
                ..fix
            });
            with_defaults.push(fix);
            with_defaults.extend(default);
        }
        let ids = |alerts: &[Alert]| alerts.iter().map(|alert| alert.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&conflicts(&with_defaults)), ids(&plain), "{mmsi}");
    }
}

/// The recordings of the Danish Maritime Authority with the answers of its own program: 538004030 drifts, told at
/// 16:50:04.556 there, and 212123000 does not.
#[test]
fn one_ship_of_the_danish_recordings_drifts_and_the_other_does_not() {
    let Some(shared) = crate::support::shared_dir() else { return };
    let folder = shared.join("samples/tracks/dma-2014");
    let drifts = |name: &str, mmsi: u32| -> Vec<Span> {
        let fixes = fixes(&read(&folder.join(format!("{mmsi}_drift_1.csv"))));
        let last = fixes.last().unwrap().time;
        let alerts = watch(&fixes, BehaviourConfig::default(), &open_sea(None));
        for alert in alerts.iter().filter(|alert| alert.kind == Kind::Drifting) {
            eprintln!("{name}: told at {}, {} to {:?}", alert.raised, alert.began, alert.end);
        }
        spans_of(&alerts, Kind::Drifting, last)
    };
    assert_eq!(drifts("STOC MARCIA", 212_123_000), []);
    let found = drifts("FRIO", 538_004_030);
    let wanted = reference(&folder.join("reference/538004030_drift_1_drift_reference.csv"));
    assert_eq!((found.len(), matched(&wanted, &found)), (1, 1), "{found:?}");
}

/// The positions of all of the United States in 25 minutes, 10,616 vessels, of which 54 reports jump faster than 60 knots.
#[test]
fn ten_thousand_vessels_raise_few_identity_conflicts() {
    let Some(shared) = crate::support::shared_dir() else { return };
    let path = shared.join("samples/tracks/noaa-2022/positions.csv.gz");
    let mut text = String::new();
    let unpacked =
        std::process::Command::new("gzip").arg("-dc").arg(&path).stdout(std::process::Stdio::piped()).spawn();
    let Ok(mut unpacked) = unpacked else {
        eprintln!("skipped: no gzip to unpack {}", path.display());
        return;
    };
    unpacked.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    unpacked.wait().unwrap();
    let alerts = watch(&fixes(&text), BehaviourConfig::default(), &open_sea(None));
    let mut kinds: BTreeMap<Kind, Vec<String>> = BTreeMap::new();
    for alert in &alerts {
        kinds.entry(alert.kind).or_default().push(alert.id.to_string());
    }
    for (kind, ids) in &kinds {
        eprintln!("{kind}: {} {:?}", ids.len(), ids.iter().take(5).collect::<Vec<_>>());
    }
    let conflicts = kinds.get(&Kind::IdentityConflict).map_or(0, Vec::len);
    assert!(conflicts <= 40, "{conflicts} identity conflicts");
}
