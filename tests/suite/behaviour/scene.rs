//! Scenes at sea for the tests of the rules: synthetic tracks before a straight shore.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrayvec::ArrayVec;

use shorewatch::alert::{Alert, AlertBook};
use shorewatch::behaviour::{Behaviour, BehaviourConfig};
use shorewatch::chart::{Chart, Coast, ZoneSet};
use shorewatch::fusion::{Identity, Sources, TrackState};
use shorewatch::geodesy::LatLon;
use shorewatch::register::Register;
use shorewatch::units::{EventTime, Mmsi, TrackId};

/// Latitude of the straight shore of [`chart`]: land to the north of it.
pub(crate) const SHORE_LAT_DEG: f64 = 20.0;

/// An instant some seconds into the test.
pub(crate) fn at(seconds: i64) -> EventTime {
    EventTime::from_seconds(1_790_000_000 + seconds)
}

/// A place so many metres east of the middle of the shore and south of it.
pub(crate) fn off_shore(east_m: f64, south_m: f64) -> LatLon {
    LatLon::new(SHORE_LAT_DEG, 110.5).moved_m(east_m, -south_m)
}

/// A radar track lying still.
pub(crate) fn track_at(id: u64, position: LatLon) -> TrackState {
    TrackState {
        id: TrackId(id),
        time: at(0),
        first_seen: at(0),
        last_seen: at(0),
        position,
        east_mps: 0.0,
        north_mps: 0.0,
        position_covariance_m2: [225.0, 0.0, 225.0],
        speed_sigma_mps: 0.3,
        stopped_probability: 0.5,
        existence: 0.99,
        confirmed: true,
        sources: Sources { ais: false, radar: true, eo: false, report: false },
        last_ais: None,
        last_radar: Some(at(0)),
        last_eo: None,
        identity: Identity::default(),
        eo_class: None,
        length_m: None,
        sightings: ArrayVec::new(),
        ais_elsewhere: None,
        merged_with: None,
        hull: None,
        stated: None,
    }
}

/// A square of `half_m` to each side of `middle`, as a zone of GeoJSON.
pub(crate) fn zone(id: &str, kind: &str, middle: LatLon, half_m: f64) -> String {
    let corner = |east: f64, north: f64| {
        let place = middle.moved_m(east * half_m, north * half_m);
        format!("[{:.7},{:.7}]", place.lon_deg, place.lat_deg)
    };
    let ring = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0)].map(|(e, n)| corner(e, n)).join(",");
    format!(
        r#"{{"type":"Feature","properties":{{"id":"{id}","name":"{id}","kind":"{kind}"}},"geometry":{{"type":"Polygon","coordinates":[[{ring}]]}}}}"#
    )
}

/// A straight shore along the parallel of 20 N from 109.5 to 111.5 E with land to the north, and these zones.
pub(crate) fn chart(zones: &[String]) -> Chart {
    let coast = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"Test coast"},
        "geometry":{"type":"Polygon","coordinates":[[[109.5,20.0],[111.5,20.0],[111.5,20.5],[109.5,20.5],[109.5,20.0]]]}}]}"#;
    let zones = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, zones.join(","));
    let coast = Coast::from_geojson(coast, None).expect("the coast of the test is sound");
    let zones = ZoneSet::from_geojson(&zones).expect("the zones of the test are sound");
    Chart::new(coast, zones).expect("the chart of the test is sound")
}

/// What a vessel of a scene looks like at a second of it; `None` while it is not in the picture.
pub(crate) type Script<'a> = Box<dyn Fn(i64) -> Option<TrackState> + 'a>;

/// A vessel that follows a path given by (second, metres east, metres south of the shore), straight from point to point.
pub(crate) fn along<'a>(id: u64, path: &'a [(i64, f64, f64)], dress: impl Fn(&mut TrackState) + 'a) -> Script<'a> {
    Box::new(move |second| {
        let leg = path.windows(2).find(|leg| (leg[0].0..=leg[1].0).contains(&second))?;
        let ((t0, e0, s0), (t1, e1, s1)) = (leg[0], leg[1]);
        let share = (second - t0) as f64 / (t1 - t0) as f64;
        let mut track = track_at(id, off_shore(e0 + (e1 - e0) * share, s0 + (s1 - s0) * share));
        track.time = at(second);
        track.first_seen = at(path[0].0);
        track.last_seen = at(second);
        track.last_radar = Some(at(second));
        track.east_mps = (e1 - e0) / (t1 - t0) as f64;
        track.north_mps = -(s1 - s0) / (t1 - t0) as f64;
        dress(&mut track);
        Some(track)
    })
}

/// Makes a track one of a vessel that sends AIS of this ship type.
pub(crate) fn sends(mmsi: u32, ship_type: u8) -> impl Fn(&mut TrackState) {
    move |track| {
        track.identity.mmsi = Mmsi::new(mmsi);
        track.identity.mmsi_probability = 1.0;
        track.identity.class_a = true;
        track.identity.ship_type = Some(ship_type);
        track.length_m = Some(80.0);
        track.last_ais = Some(track.time);
        track.sources.ais = true;
    }
}

/// Leaves a track as radar alone has it.
pub(crate) fn radar_only(_: &mut TrackState) {}

/// Plays a scene of so many seconds; `shift_s` moves it in time. Returns the alerts that were confirmed, as they stand at the
/// end.
pub(crate) fn play_shifted(chart: &Chart, scene: &[Script<'_>], seconds: i64, shift_s: i64) -> Vec<Alert> {
    let mut alerts = play_all(chart, scene, seconds, shift_s);
    alerts.retain(|alert| alert.confirmed.is_some());
    alerts
}

/// The same with those that never were confirmed.
pub(crate) fn play_all(chart: &Chart, scene: &[Script<'_>], seconds: i64, shift_s: i64) -> Vec<Alert> {
    play_both(chart, scene, seconds, shift_s, &Setup::default())
}

/// Rules and register of a scene.
#[derive(Default)]
pub(crate) struct Setup {
    pub(crate) config: BehaviourConfig,
    pub(crate) register: Arc<Register>,
}

/// Plays a scene of so many seconds with other rules or a register. Returns all alerts as they stand at the end.
pub(crate) fn play_set_up(chart: &Chart, scene: &[Script<'_>], seconds: i64, setup: &Setup) -> Vec<Alert> {
    play_both(chart, scene, seconds, 0, setup)
}

fn play_both(chart: &Chart, scene: &[Script<'_>], seconds: i64, shift_s: i64, setup: &Setup) -> Vec<Alert> {
    let mut behaviour = Behaviour::new(setup.config.clone());
    behaviour.set_register(Arc::clone(&setup.register));
    let mut book = AlertBook::new(&setup.config);
    let mut alerts: BTreeMap<String, Alert> = BTreeMap::new();
    let shift_ms = shift_s * 1000;
    for second in (0..=seconds).step_by(10) {
        let mut tracks: Vec<TrackState> = scene.iter().filter_map(|script| script(second)).collect();
        tracks.sort_by_key(|track| track.id);
        for track in &mut tracks {
            for time in [&mut track.time, &mut track.first_seen, &mut track.last_seen] {
                *time = time.plus_millis(shift_ms);
            }
            for time in [&mut track.last_ais, &mut track.last_radar, &mut track.last_eo].into_iter().flatten() {
                *time = time.plus_millis(shift_ms);
            }
        }
        behaviour.sample(at(second).plus_millis(shift_ms), &tracks, chart);
        for finding in behaviour.drain() {
            if let Some(event) = book.take(finding) {
                alerts.insert(event.alert.id.to_string(), event.alert);
            }
        }
    }
    let mut alerts: Vec<Alert> = alerts.into_values().collect();
    alerts.sort_by(|a, b| (a.raised, &a.id).cmp(&(b.raised, &b.id)));
    alerts
}

/// When an alert was told in full: the instant of confirmation.
pub(crate) fn told_at(alert: &Alert) -> EventTime {
    alert.confirmed.unwrap_or(alert.raised)
}

/// Plays a scene of so many seconds.
pub(crate) fn play(chart: &Chart, scene: &[Script<'_>], seconds: i64) -> Vec<Alert> {
    play_shifted(chart, scene, seconds, 0)
}
