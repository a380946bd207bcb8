//! Zones, ports, tracks and alerts as GeoJSON features, in order of id.

use std::sync::Arc;

use serde_json::{Value, json};

use super::collections::Collection;
use super::query::{ItemsQuery, Span};
use crate::alert::Alert;
use crate::chart::{PortLine, Side, Zone, ZoneKind};
use crate::feed::sensor::Sensor;
use crate::fusion::{Sources, TrackState};
use crate::geodesy::LatLon;
use crate::http::View;
use crate::http::datum::Datum;
use crate::serve::track_watch::GeoBox;
use crate::units::{EventTime, Mmsi};

/// A page of features.
#[derive(Debug, Default)]
pub struct Page {
    /// The features.
    pub features: Vec<Value>,
    /// How many fit the question in all, on all pages.
    pub matched: usize,
    /// Id of the first feature of the next page.
    pub next: Option<String>,
}

/// A page of what was asked for.
pub fn page(view: &View, collection: Collection, query: &ItemsQuery) -> Page {
    match collection {
        Collection::Zones | Collection::Ports => {
            let chart = view.chart.now();
            let mut zones: Vec<&Zone> =
                chart.zones.zones().iter().filter(|zone| holds(collection, zone) && zone_fits(zone, query)).collect();
            zones.sort_by(|a, b| a.id.cmp(&b.id));
            cut(zones, query, |zone| zone.id.clone(), |zone| zone_feature(zone, query.datum))
        }
        Collection::Tracks => {
            let picture = view.picture.now();
            let tracks: Vec<&Arc<TrackState>> =
                picture.tracks.iter().filter(|track| track_fits(track, query)).collect();
            cut(tracks, query, |track| track.id.to_string(), |track| track_feature(track, query.datum))
        }
        Collection::Alerts => {
            let mut alerts = view.alerts.all();
            alerts.retain(|posted| alert_fits(&posted.alert, query));
            alerts.sort_by(|a, b| a.id.cmp(&b.id));
            cut(alerts, query, |posted| posted.id.to_string(), |posted| alert_feature(&posted.alert, query.datum))
        }
        Collection::Sensors => {
            let mut sensors: Vec<&Sensor> =
                view.sensors.iter().map(|(_, sensor)| sensor).filter(|sensor| sensor_fits(sensor, query)).collect();
            sensors.sort_by(|a, b| a.name.cmp(&b.name));
            cut(sensors, query, |sensor| sensor.name.clone(), |sensor| sensor_feature(sensor, query.datum))
        }
    }
}

/// One feature by its id.
pub fn one(view: &View, collection: Collection, id: &str, datum: Datum) -> Option<Value> {
    match collection {
        Collection::Zones | Collection::Ports => {
            let chart = view.chart.now();
            let zone = chart.zones.by_id(id).filter(|zone| holds(collection, zone))?;
            Some(zone_feature(zone, datum))
        }
        Collection::Tracks => {
            let picture = view.picture.now();
            let track = picture.tracks.iter().find(|track| track.id.to_string() == id)?;
            Some(track_feature(track, datum))
        }
        Collection::Sensors => {
            view.sensors.iter().find(|(_, sensor)| sensor.name == id).map(|(_, sensor)| sensor_feature(sensor, datum))
        }
        Collection::Alerts => view.alerts.get(id).map(|posted| alert_feature(&posted.alert, datum)),
    }
}

fn cut<T>(sorted: Vec<T>, query: &ItemsQuery, id: impl Fn(&T) -> String, feature: impl Fn(&T) -> Value) -> Page {
    let matched = sorted.len();
    let from = query.from.as_deref().unwrap_or_default();
    let mut rest = sorted.iter().filter(|it| id(it).as_str() >= from);
    let features = rest.by_ref().take(query.limit).map(feature).collect();
    Page { features, matched, next: rest.next().map(id) }
}

fn holds(collection: Collection, zone: &Zone) -> bool {
    collection == Collection::Zones || matches!(zone.kind, ZoneKind::DesignatedPort | ZoneKind::FishingHarbour)
}

fn zone_fits(zone: &Zone, query: &ItemsQuery) -> bool {
    let bounds = GeoBox {
        west_deg: zone.bounds.west_deg,
        south_deg: zone.bounds.south_deg,
        east_deg: zone.bounds.east_deg,
        north_deg: zone.bounds.north_deg,
    };
    // In force from the first instant on, up to and without the second.
    let last = zone.validity.to.map(|to| to.plus_millis(-1));
    query.bbox.is_none_or(|bbox| bbox.touches(&bounds))
        && meets(query.datetime, zone.validity.from, last)
        && query.filter.as_deref().is_none_or(|kind| kind == zone.kind.as_str())
}

fn track_fits(track: &TrackState, query: &ItemsQuery) -> bool {
    query.bbox.is_none_or(|bbox| bbox.contains(track.position))
        && meets(query.datetime, Some(track.first_seen), Some(track.last_seen))
        && query
            .filter
            .as_deref()
            .is_none_or(|mmsi| track.identity.mmsi.is_some_and(|own| own.number().to_string() == mmsi))
}

fn alert_fits(alert: &Alert, query: &ItemsQuery) -> bool {
    query.bbox.is_none_or(|bbox| bbox.contains(alert.position))
        && meets(query.datetime, Some(alert.began), alert.end)
        && query.filter.as_deref().is_none_or(|kind| kind == alert.kind.as_str())
}

fn sensor_fits(sensor: &Sensor, query: &ItemsQuery) -> bool {
    query.bbox.is_none_or(|bbox| sensor.position.is_some_and(|position| bbox.contains(position)))
        && query.filter.as_deref().is_none_or(|kind| kind == sensor.kind.as_str())
}

fn meets(asked: Option<Span>, from: Option<EventTime>, to: Option<EventTime>) -> bool {
    asked.is_none_or(|span| span.meets(from, to))
}

/// The kinds of sensor by their words.
pub fn held_by(sources: Sources) -> Vec<&'static str> {
    let kinds = [(sources.ais, "ais"), (sources.radar, "radar"), (sources.eo, "eo")];
    kinds.into_iter().filter_map(|(held, word)| held.then_some(word)).collect()
}

fn point(position: LatLon, datum: Datum) -> Value {
    json!({ "type": "Point", "coordinates": pair(position, datum) })
}

/// Longitude and latitude; seven decimals are a centimetre.
fn pair(position: LatLon, datum: Datum) -> [f64; 2] {
    let shown = datum.shown(position);
    [shown.lon_deg, shown.lat_deg].map(|deg| (deg * 1e7).round() / 1e7)
}

fn time(at: Option<EventTime>) -> Value {
    at.map_or(Value::Null, |at| Value::String(at.to_string()))
}

fn feature(id: String, geometry: Value, properties: Value) -> Value {
    json!({ "type": "Feature", "id": id, "geometry": geometry, "properties": properties })
}

fn zone_feature(zone: &Zone, datum: Datum) -> Value {
    let ring = |ring: &Vec<LatLon>| ring.iter().map(|&position| pair(position, datum)).collect::<Vec<_>>();
    let polygons: Vec<Vec<Vec<[f64; 2]>>> = zone.outlines().map(|rings| rings.iter().map(ring).collect()).collect();
    let geometry = json!({ "type": "MultiPolygon", "coordinates": polygons });
    let properties = json!({
        "name": zone.name,
        "name_zh": zone.name_zh,
        "kind": zone.kind.as_str(),
        "designated": zone.kind == ZoneKind::DesignatedPort,
        "line": zone.line.map(PortLine::as_str),
        "side": zone.side.map(Side::as_str),
        "vessel_classes": zone.vessel_classes.iter().map(|class| class.as_str()).collect::<Vec<_>>(),
        "version": zone.version,
        "valid_from": time(zone.validity.from),
        "valid_until": time(zone.validity.to),
        "limits": zone.limits,
    });
    feature(zone.id.clone(), geometry, properties)
}

fn track_feature(track: &TrackState, datum: Datum) -> Value {
    let identity = &track.identity;
    let properties = json!({
        "time": time(Some(track.time)),
        "first_seen": time(Some(track.first_seen)),
        "last_seen": time(Some(track.last_seen)),
        "sog_mps": track.sog_mps(),
        "cog_deg": track.cog().deg(),
        "position_sigma_m": track.position_sigma_m(),
        "held_by": held_by(track.sources),
        "ais": track.last_ais.is_some(),
        "mmsi": identity.mmsi.map(Mmsi::number),
        "name": identity.name.as_ref().map(ToString::to_string),
        "callsign": identity.callsign.as_ref().map(ToString::to_string),
        "imo": identity.imo,
        "ship_type": identity.ship_type,
        "eo_class": track.eo_class.map(|(class, _)| class.as_str()),
        "length_m": track.length_m,
    });
    feature(track.id.to_string(), point(track.position, datum), properties)
}

fn sensor_feature(sensor: &Sensor, datum: Datum) -> Value {
    let reach_m = sensor.radar.map(|it| it.max_range_m).or(sensor.eo.map(|it| it.max_range_m));
    let properties = json!({
        "kind": sensor.kind.as_str(),
        "height_m": sensor.height_m,
        "max_range_m": reach_m,
        "scan_s": sensor.radar.map(|it| it.scan_s),
    });
    let geometry = sensor.position.map_or(Value::Null, |position| point(position, datum));
    feature(sensor.name.clone(), geometry, properties)
}

fn alert_feature(alert: &Alert, datum: Datum) -> Value {
    let tracks: Vec<String> =
        [Some(alert.track), alert.other_track].into_iter().flatten().map(|id| id.to_string()).collect();
    let reasons: Vec<Value> =
        alert.evidence.iter().map(|it| json!({ "en": it.sentence_en, "zh": it.sentence_zh })).collect();
    let properties = json!({
        "kind": alert.kind.as_str(),
        "stage": alert.stage.as_str(),
        "tracks": tracks,
        "mmsi": alert.mmsi.map(Mmsi::number),
        "other_mmsi": alert.other_mmsi.map(Mmsi::number),
        "raised": time(Some(alert.raised)),
        "began": time(Some(alert.began)),
        "ended": time(alert.end),
        "zone": alert.zone,
        "near_en": alert.near.as_ref().map(|near| &near.in_english),
        "near_zh": alert.near.as_ref().map(|near| &near.in_chinese),
        "confidence": alert.confidence,
        "grade": alert.grade.number(),
        "score": alert.score.points(),
        "reasons": reasons,
    });
    feature(alert.id.to_string(), point(alert.position, datum), properties)
}
