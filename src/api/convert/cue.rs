//! Cues of cameras, and what sites say to them.

use super::{BadField, geo};
use crate::api::proto::sensor::v1 as wire;
use crate::api::proto::r#type::v1::PositionCovariance;
use crate::cue::{Answer, Cue, Detection, End, Saw, Stage};
use crate::serve::cue_desk::NamedCue;
use crate::serve::limits::{CUE_CAMERAS_MAX, CUE_REFUSAL_CHARS_MAX};
use crate::serve::work::FeedName;
use crate::units::Bearing;

/// A cue, to the wire.
pub fn cue(named: &NamedCue) -> wire::Cue {
    let NamedCue { cue, camera } = named;
    let target = &cue.target;
    let [east_m2, east_north_m2, north_m2] = target.covariance_m2;
    let aim = cue.aim.map(|aim| wire::Aim {
        azimuth_deg: aim.azimuth.deg(),
        elevation_deg: aim.elevation_deg,
        range_m: aim.range_m,
        azimuth_rate_dps: aim.azimuth_rate_dps,
        azimuth_sigma_deg: aim.azimuth_sigma_deg,
    });
    wire::Cue {
        id: cue.id.to_string(),
        camera: camera.to_string(),
        track_id: target.track.to_string(),
        alert_id: cue.alert.as_deref().unwrap_or_default().to_owned(),
        by_officer: cue.by_officer,
        priority: cue.priority.into(),
        state: state(cue.stage) as i32,
        asked_ms: cue.asked.as_millis(),
        until_ms: cue.until.as_millis(),
        time_ms: target.time.as_millis(),
        position: Some(geo::position(target.position)),
        covariance: Some(PositionCovariance { east_m2, east_north_m2, north_m2 }),
        sog_mps: target.east_mps.hypot(target.north_mps),
        cog_deg: Bearing::of_vector(target.east_mps, target.north_mps).deg(),
        length_m: target.length_m,
        aim,
        detection: detection(cue),
        refusal: cue.refusal.as_deref().unwrap_or_default().to_owned(),
    }
}

fn detection(cue: &Cue) -> Option<wire::DetectionRef> {
    match &cue.saw {
        Some(Saw::Craft(Some(Detection { feed, sequence }))) => {
            Some(wire::DetectionRef { feed_id: feed.clone(), sequence: *sequence })
        }
        _ => None,
    }
}

fn state(stage: Stage) -> wire::CueState {
    match stage {
        Stage::Waiting => wire::CueState::Waiting,
        Stage::Asked => wire::CueState::Asked,
        Stage::Accepted => wire::CueState::Accepted,
        Stage::Pointing => wire::CueState::Pointing,
        Stage::Over(End::Seen) => wire::CueState::Seen,
        Stage::Over(End::NotSeen) => wire::CueState::NotSeen,
        Stage::Over(End::Looked) => wire::CueState::Looked,
        Stage::Over(End::NotNeeded) => wire::CueState::NotNeeded,
        Stage::Over(End::TrackOver) => wire::CueState::TrackOver,
        Stage::Over(End::NoCamera) => wire::CueState::NoCamera,
        Stage::Over(End::Crowded) => wire::CueState::Crowded,
        Stage::Over(End::Withdrawn) => wire::CueState::Withdrawn,
    }
}

/// The cameras of a site, each with whether it sees without light.
///
/// # Errors
/// For none, too many, or one that is named twice.
pub fn checked_cameras(cameras: Vec<wire::CueCamera>) -> Result<Vec<(String, bool)>, BadField> {
    if cameras.is_empty() || cameras.len() > CUE_CAMERAS_MAX {
        return Err(BadField::new("cameras", format!("1 to {CUE_CAMERAS_MAX} of them: {} are named", cameras.len())));
    }
    let mut named: Vec<(String, bool)> = Vec::with_capacity(cameras.len());
    for camera in cameras {
        if named.iter().any(|(name, _)| *name == camera.name) {
            return Err(BadField::new("cameras", format!("'{}' is named twice", camera.name)));
        }
        named.push((camera.name, camera.thermal));
    }
    Ok(named)
}

/// What a site says.
///
/// # Errors
/// When it says nothing, or what is no detection or too long.
pub fn checked_answer(answer: Option<wire::answer_cue_request::Answer>) -> Result<Answer, BadField> {
    use wire::answer_cue_request::Answer as Said;
    Ok(match answer {
        Some(Said::Accepted(_)) => Answer::Accepted,
        Some(Said::Pointing(_)) => Answer::Pointing,
        Some(Said::Seen(seen)) => Answer::Saw(Saw::Craft(seen.detection.map(checked_detection).transpose()?)),
        Some(Said::NotSeen(_)) => Answer::Saw(Saw::Nothing),
        Some(Said::Refused(refused)) if refused.reason.chars().count() > CUE_REFUSAL_CHARS_MAX => {
            return Err(BadField::new("refused.reason", format!("more than {CUE_REFUSAL_CHARS_MAX} characters")));
        }
        Some(Said::Refused(refused)) => Answer::Refused(refused.reason),
        Some(Said::Done(_)) => Answer::Done,
        None => return Err(BadField::new("answer", "missing: accepted, pointing, seen, not_seen, refused or done")),
    })
}

fn checked_detection(detection: wire::DetectionRef) -> Result<Detection, BadField> {
    let feed = FeedName::new(&detection.feed_id).ok_or_else(|| {
        BadField::new(
            "seen.detection.feed_id",
            "a name has 1 to 64 letters, digits, '-', '_' and '.', and nothing else",
        )
    })?;
    Ok(Detection { feed: feed.to_string(), sequence: detection.sequence })
}
