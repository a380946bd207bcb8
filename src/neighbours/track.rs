//! Where a track is, as JSON, for brokers.

use serde_json::json;

use crate::fusion::TrackState;
use crate::serve::track_watch::TrackChange;

/// A track as JSON; `end` says how it ended.
pub(super) fn document(track: &TrackState, end: Option<&str>) -> Vec<u8> {
    let sources = track.sources;
    let held = [("ais", sources.ais), ("radar", sources.radar), ("eo", sources.eo), ("report", sources.report)];
    let held_by: Vec<&str> = held.into_iter().filter(|(_, holds)| *holds).map(|(word, _)| word).collect();
    let rounded = |value: f64, steps: f64| (value * steps).round() / steps;
    let document = json!({
        "track": track.id.to_string(),
        "time": track.time.to_string(),
        "last_measured": track.last_seen.to_string(),
        "lat_deg": rounded(track.position.lat_deg, 1e6),
        "lon_deg": rounded(track.position.lon_deg, 1e6),
        "position_sigma_m": rounded(track.position_sigma_m(), 10.0),
        "sog_mps": rounded(track.sog_mps(), 100.0),
        "cog_deg": rounded(track.cog().deg(), 10.0),
        "held_by": held_by,
        "mmsi": track.identity.mmsi.map(|mmsi| mmsi.to_string()),
        "name": track.identity.name.as_ref().map(|name| name.as_str()),
        "ship_type": track.identity.ship_type,
        "length_m": track.length_m,
        "end": end,
    });
    document.to_string().into_bytes()
}

/// What a watch says of a track, and how the track ended where it did; `None`: nothing of a track.
pub(super) fn told(change: &TrackChange) -> Option<(&TrackState, Option<String>)> {
    match change {
        TrackChange::Snapshot(track)
        | TrackChange::Enter(track)
        | TrackChange::Update(track)
        | TrackChange::Split(track, _) => Some((track, None)),
        TrackChange::Leave(track) => Some((track, Some("left".to_owned()))),
        TrackChange::End(track) => Some((track, Some("ended".to_owned()))),
        TrackChange::Merged(track, into) => Some((track, Some(format!("merged into {into}")))),
        TrackChange::SnapshotEnd => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::serve::track_watch::tests::track;

    #[test]
    fn a_track_says_how_it_ended() {
        let going: Value = serde_json::from_slice(&document(&track(7, 10, 110.0), None)).unwrap();
        assert_eq!((going["track"].as_str(), going["end"].is_null()), (Some("T000007"), true));
        let ended: Value = serde_json::from_slice(&document(&track(7, 10, 110.0), Some("ended"))).unwrap();
        assert_eq!(ended["end"], "ended");
    }
}
