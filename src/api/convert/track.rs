//! Tracks and what selects them.

use std::sync::Arc;

use super::BadField;
use super::geo;
use super::statement::statement;
use crate::access::organisation::Area;
use crate::api::proto::track::v1 as wire;
use crate::api::proto::r#type::v1::{LatLon, PositionCovariance};
use crate::chart::Chart;
use crate::fusion::TrackState;
use crate::serve::limits::{FILTER_CORNERS_MAX, FILTER_MMSIS_MAX, FILTER_ZONES_MAX};
use crate::serve::track_watch::{InZones, TrackChange, TrackFilter};
use crate::units::{EventTime, Mmsi, TrackId, VesselClass};

/// A track, to the wire.
pub fn track(state: &TrackState) -> wire::Track {
    let [east_m2, east_north_m2, north_m2] = state.position_covariance_m2;
    wire::Track {
        id: state.id.to_string(),
        time_ms: state.time.as_millis(),
        position: Some(geo::position(state.position)),
        covariance: Some(PositionCovariance { east_m2, east_north_m2, north_m2 }),
        sog_mps: state.sog_mps(),
        cog_deg: state.cog().deg(),
        speed_sigma_mps: state.speed_sigma_mps,
        stopped_probability: state.stopped_probability,
        existence: state.existence,
        sources: geo::sources(state.sources),
        first_seen_ms: state.first_seen.as_millis(),
        last_seen_ms: state.last_seen.as_millis(),
        last_ais_ms: state.last_ais.map(EventTime::as_millis),
        last_radar_ms: state.last_radar.map(EventTime::as_millis),
        last_eo_ms: state.last_eo.map(EventTime::as_millis),
        identity: Some(identity(state)),
        eo_class: state.eo_class.map_or_else(String::new, |(class, _)| class.as_str().to_owned()),
        eo_class_probability: state.eo_class.map_or(0.0, |(_, probability)| probability),
        length_m: state.length_m,
        merged_with: state.merged_with.map_or_else(String::new, |id| id.to_string()),
        stated: state.stated.as_deref().map(statement),
        hull_mmsi: state.hull.map(|number| number.mmsi.number()),
        hull_mmsi_probability: state.hull.map_or(0.0, |number| number.probability),
    }
}

fn identity(state: &TrackState) -> wire::Identity {
    let identity = &state.identity;
    wire::Identity {
        mmsi: identity.mmsi.map(Mmsi::number),
        mmsi_probability: identity.mmsi_probability,
        imo: identity.imo,
        name: identity.name.as_ref().map_or_else(String::new, ToString::to_string),
        callsign: identity.callsign.as_ref().map_or_else(String::new, ToString::to_string),
        ship_type: identity.ship_type.map(u32::from),
        nav_status: identity.nav_status.map(u32::from),
        class_a: identity.class_a,
        beam_m: identity.dimensions.map(|dimensions| dimensions.beam_m()).filter(|&beam| beam > 0.0),
    }
}

/// A change of the picture at `time`, to the wire.
pub fn track_change(change: &TrackChange, time: EventTime) -> wire::WatchTracksResponse {
    let (kind, state) = match change {
        TrackChange::Snapshot(state) => (wire::TrackChange::Snapshot, Some(state)),
        TrackChange::SnapshotEnd => (wire::TrackChange::SnapshotEnd, None),
        TrackChange::Enter(state) => (wire::TrackChange::Enter, Some(state)),
        TrackChange::Update(state) => (wire::TrackChange::Update, Some(state)),
        TrackChange::Split(state, _) => (wire::TrackChange::Split, Some(state)),
        TrackChange::Leave(state) => (wire::TrackChange::Leave, Some(state)),
        TrackChange::End(state) => (wire::TrackChange::End, Some(state)),
        TrackChange::Merged(state, _) => (wire::TrackChange::Merged, Some(state)),
    };
    let merged_into = match change {
        TrackChange::Merged(_, into) => into.to_string(),
        _ => String::new(),
    };
    let split_from = match change {
        TrackChange::Split(_, from) => from.to_string(),
        _ => String::new(),
    };
    wire::WatchTracksResponse {
        change: kind as i32,
        track: state.map(|state| track(state)),
        merged_into,
        split_from,
        time_ms: time.as_millis(),
        ..Default::default()
    }
}

/// That nothing has happened up to `time`, to the wire.
pub fn heartbeat(time: EventTime) -> wire::WatchTracksResponse {
    wire::WatchTracksResponse {
        change: wire::TrackChange::Heartbeat as i32,
        time_ms: time.as_millis(),
        ..Default::default()
    }
}

/// What selects tracks, from the wire. No filter selects all.
///
/// # Errors
/// For a box or outline that makes no sense, an unknown kind or class, a number that is no MMSI, a zone that `chart` does not have, or too many of
/// them.
pub fn checked_filter(filter: Option<&wire::TrackFilter>, chart: &Arc<Chart>) -> Result<TrackFilter, BadField> {
    let Some(filter) = filter else { return Ok(TrackFilter::default()) };
    if filter.mmsis.len() > FILTER_MMSIS_MAX {
        return Err(BadField::new("filter.mmsis", format!("more than {FILTER_MMSIS_MAX}: watch by box instead")));
    }
    let mut mmsis = Vec::with_capacity(filter.mmsis.len());
    for &number in &filter.mmsis {
        let bad = || BadField::new("filter.mmsis", format!("{number} is no MMSI: 1 to 9 digits"));
        mmsis.push(Mmsi::new(number).ok_or_else(bad)?);
    }
    mmsis.sort_unstable();
    let mut classes = Vec::with_capacity(filter.classes.len().min(VesselClass::ALL.len()));
    for word in &filter.classes {
        let bad = || {
            BadField::new(
                "filter.classes",
                format!("'{word}' is no class of vessel; there are {}", super::class_words()),
            )
        };
        let class = VesselClass::parse(word).ok_or_else(bad)?;
        if !classes.contains(&class) {
            classes.push(class);
        }
    }
    Ok(TrackFilter {
        zones: checked_zones(&filter.zone_ids, chart)?,
        classes,
        bbox: filter.bbox.as_ref().map(geo::checked_box).transpose().map_err(|bad| bad.within("filter"))?,
        kinds: geo::checked_sources(&filter.kinds).map_err(|bad| bad.within("filter.kinds"))?,
        mmsis,
        seen_by: None,
        within: checked_area(&filter.area)?.map(Arc::new),
    })
}

fn checked_area(corners: &[LatLon]) -> Result<Option<Area>, BadField> {
    let bad = |problem: String| BadField::new("filter.area", problem);
    if corners.is_empty() {
        return Ok(None);
    }
    if !(3..=FILTER_CORNERS_MAX).contains(&corners.len()) {
        return Err(bad(format!("{} corners: an outline has 3 to {FILTER_CORNERS_MAX}", corners.len())));
    }
    let ring: Result<Vec<_>, _> = corners.iter().map(geo::checked_position).collect();
    let ring = ring.map_err(|corner| corner.within("filter.area"))?;
    Area::of_outlines(&[vec![ring]]).map(Some).ok_or_else(|| bad("encloses nothing".to_owned()))
}

fn checked_zones(ids: &[String], chart: &Arc<Chart>) -> Result<Option<InZones>, BadField> {
    let bad = |problem| BadField::new("filter.zone_ids", problem);
    if ids.is_empty() {
        return Ok(None);
    }
    if ids.len() > FILTER_ZONES_MAX {
        return Err(bad(format!("more than {FILTER_ZONES_MAX}: watch by box instead")));
    }
    let zones = InZones::new(ids, Arc::clone(chart));
    match zones.missing() {
        Some(id) => Err(bad(format!("there is no zone '{id}'"))),
        None => Ok(Some(zones)),
    }
}

/// The id of a track, from the wire: `T000017`.
///
/// # Errors
/// When the text is no such id.
pub fn checked_track_id(text: &str) -> Result<TrackId, BadField> {
    let digits = text.strip_prefix('T').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    digits
        .and_then(|digits| digits.parse().ok())
        .map(TrackId)
        .ok_or_else(|| BadField::new("id", format!("'{text}' is no track: ids look like T000017")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::track_watch::tests::track as some_track;

    #[test]
    fn a_track_keeps_its_numbers_on_the_wire() {
        let state = some_track(17, 100, 110.25);
        let sent = track(&state);
        assert_eq!(sent.id, "T000017");
        assert_eq!(checked_track_id(&sent.id), Ok(state.id));
        assert_eq!((sent.time_ms, sent.sog_mps), (100_000, 5.0));
        assert_eq!(sent.position.unwrap().lon_deg, 110.25);
        assert_eq!((sent.last_ais_ms, sent.last_radar_ms), (None, Some(100_000)));
    }

    #[test]
    fn a_filter_that_makes_no_sense_is_refused_by_field() {
        let isle = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":
            {"type":"Polygon","coordinates":[[[110.0,20.0],[110.1,20.0],[110.1,20.1],[110.0,20.0]]]}}]}"#;
        let coast = crate::chart::Coast::from_geojson(isle, None).unwrap();
        let chart = Arc::new(Chart::new(coast, crate::chart::ZoneSet::empty()).unwrap());
        let refused = |filter| checked_filter(Some(&filter), &chart).unwrap_err().to_string();
        let number = wire::TrackFilter { mmsis: vec![0], ..Default::default() };
        assert!(refused(number).starts_with("filter.mmsis: 0 is no MMSI"));
        let many = wire::TrackFilter { mmsis: vec![1; FILTER_MMSIS_MAX + 1], ..Default::default() };
        assert!(refused(many).contains("more than"));
        let zone = wire::TrackFilter { zone_ids: vec!["nowhere".to_owned()], ..Default::default() };
        assert_eq!(refused(zone), "filter.zone_ids: there is no zone 'nowhere'");
        let class = wire::TrackFilter { classes: vec!["submarine".to_owned()], ..Default::default() };
        assert!(refused(class).starts_with("filter.classes: 'submarine' is no class of vessel; there are cargo, "));
        let kind = wire::TrackFilter { kinds: vec![9], ..Default::default() };
        assert!(refused(kind).starts_with("filter.kinds.kind: 9"));
        for id in ["", "17", "T", "T-1", "T99999999999999999999999"] {
            assert!(checked_track_id(id).is_err(), "{id}");
        }
    }
}
