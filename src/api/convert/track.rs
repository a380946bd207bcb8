//! Tracks and what selects them.

use super::BadField;
use super::geo;
use crate::api::proto::track::v1 as wire;
use crate::api::proto::r#type::v1::PositionCovariance;
use crate::fusion::TrackState;
use crate::serve::limits::FILTER_MMSIS_MAX;
use crate::serve::track_watch::{TrackChange, TrackFilter};
use crate::units::{EventTime, Mmsi, TrackId};

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
        TrackChange::Leave(state) => (wire::TrackChange::Leave, Some(state)),
        TrackChange::End(state) => (wire::TrackChange::End, Some(state)),
        TrackChange::Merged(state, _) => (wire::TrackChange::Merged, Some(state)),
    };
    let merged_into = match change {
        TrackChange::Merged(_, into) => into.to_string(),
        _ => String::new(),
    };
    wire::WatchTracksResponse {
        change: kind as i32,
        track: state.map(|state| track(state)),
        merged_into,
        time_ms: time.as_millis(),
    }
}

/// What selects tracks, from the wire. No filter selects all.
///
/// # Errors
/// For a box that makes no sense, an unknown kind, a number that is no MMSI, or too many of them.
pub fn checked_filter(filter: Option<&wire::TrackFilter>) -> Result<TrackFilter, BadField> {
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
    Ok(TrackFilter {
        bbox: filter.bbox.as_ref().map(geo::checked_box).transpose().map_err(|bad| bad.within("filter"))?,
        kinds: geo::checked_sources(&filter.kinds).map_err(|bad| bad.within("filter.kinds"))?,
        mmsis,
        seen_by: None,
        within: None,
    })
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
        let refused = |filter| checked_filter(Some(&filter)).unwrap_err().to_string();
        let number = wire::TrackFilter { mmsis: vec![0], ..Default::default() };
        assert!(refused(number).starts_with("filter.mmsis: 0 is no MMSI"));
        let many = wire::TrackFilter { mmsis: vec![1; FILTER_MMSIS_MAX + 1], ..Default::default() };
        assert!(refused(many).contains("more than"));
        let kind = wire::TrackFilter { kinds: vec![9], ..Default::default() };
        assert!(refused(kind).starts_with("filter.kinds.kind: 9"));
        for id in ["", "17", "T", "T-1", "T99999999999999999999999"] {
            assert!(checked_track_id(id).is_err(), "{id}");
        }
    }
}
