//! Which alerts ask for a look of a camera, and how urgently.

use super::Policy;
use crate::alert::{Alert, Grade};
use crate::behaviour::Stage;
use crate::fusion::TrackState;
use crate::units::{EventTime, TrackId};

/// How urgent an officer's word is; alerts stay below.
pub const OFFICER_PRIORITY: u8 = 100;

/// The most that an alert may ask for, waiting included.
pub(super) const ALERT_PRIORITY_MAX: u8 = 95;

/// An alert that asks for a look.
#[derive(Clone, Debug, PartialEq)]
pub struct Wish {
    /// The craft: its present track.
    pub track: TrackId,
    /// The alert.
    pub alert: Box<str>,
    /// How urgent it is.
    pub priority: u8,
    /// Whether a look may change something. Where it may not, one that goes on is not broken off, and none begins.
    pub worth_a_look: bool,
}

/// What an alert asks for about `track`, its vessel, as of `now`; `None` when its behaviour is over or its grade too low.
///
/// A look may change something where no camera has just seen the craft, and what is known is not already a case for a boat that
/// a camera has made.
pub fn wish_of(alert: &Alert, track: &TrackState, now: EventTime, policy: &Policy) -> Option<Wish> {
    let asks = policy.by_alerts && alert.stage.goes_on() && alert.grade.number() >= policy.min_grade;
    if !asks {
        return None;
    }
    let worth_a_look = would_tell(alert, track, now, policy);
    let by_grade: u8 = match alert.grade {
        Grade::Note => 15,
        Grade::Watch => 30,
        // This is what the grade means.
        Grade::Verify => 60,
        Grade::Dispatch => 65,
    };
    // A look decides whether what develops is told at all; and nobody but a camera can say who a craft without AIS is.
    let developing = if alert.stage == Stage::Developing { 5 } else { 0 };
    let nameless = if track.identity.mmsi.is_none() { 10 } else { 0 };
    let priority = by_grade + developing + nameless;
    Some(Wish { track: track.id, alert: alert.id.as_str().into(), priority, worth_a_look })
}

fn would_tell(alert: &Alert, track: &TrackState, now: EventTime, policy: &Policy) -> bool {
    let just_seen = track.last_eo.is_some_and(|last| now.seconds_since(last) < policy.relook_s);
    let made_by_camera = || alert.evidence.iter().any(|item| item.weight > 0.0 && item.is_seen_by_camera());
    let settled = alert.grade == Grade::Dispatch && track.identity.mmsi.is_some() && made_by_camera();
    !just_seen && !settled
}
