//! Cameras told where to look (slew to cue): which camera looks at which track, when, for how long.
//!
//! - `wish`: which alerts ask for a look of a camera, and how urgently.
//! - `aim`: where a camera has to point to have a craft in its middle.
//! - `schedule`: who gets which camera.
//!
//! Pure: what is asked of a camera follows from event time, picture, alerts and what officers and sites said; nothing here knows a
//! clock, a socket or a wire. The server's shell is `serve::cue_desk`.

mod aim;
mod schedule;
mod wish;

use std::fmt;

use smallvec::SmallVec;

pub use aim::Aim;
pub use schedule::{AnswerRefused, RequestRefused, Scene, Schedule};
pub use wish::{OFFICER_PRIORITY, Wish, wish_of};

use crate::fusion::TrackState;
use crate::geodesy::LatLon;
use crate::units::{EventTime, SensorId, TrackId};

/// When cameras are asked, and for how long. Times are event time.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Whether alerts ask for looks by themselves; officers may ask in any case.
    pub by_alerts: bool,
    /// The least grade of an alert that asks for a look, 1 to 4.
    pub min_grade: u8,
    /// Seconds that a camera stays on a craft for an alert.
    pub dwell_s: f64,
    /// Seconds that it stays for an officer.
    pub officer_dwell_s: f64,
    /// Seconds before alerts ask for the same craft again.
    pub relook_s: f64,
    /// Looks that may wait; the least urgent falls out of a full queue.
    pub waiting_max: usize,
    /// Seconds that a site has to say that it takes a cue, and to turn its camera.
    pub answer_s: f64,
    /// Seconds that an officer's cue waits for a camera before it is given up.
    pub patience_s: f64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            by_alerts: true,
            min_grade: 2,
            dwell_s: 20.0,
            officer_dwell_s: 60.0,
            relook_s: 300.0,
            waiting_max: 32,
            answer_s: 30.0,
            patience_s: 600.0,
        }
    }
}

/// A camera as the schedule sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Camera {
    /// Its number in the sensor table.
    pub sensor: SensorId,
    /// Its name.
    pub name: String,
    /// Where it stands now.
    pub position: LatLon,
    /// Its height above the sea in metres, where known.
    pub height_m: Option<f64>,
    /// A site takes cues for it.
    pub attended: bool,
    /// It sees without light.
    pub thermal: bool,
}

/// The craft to be looked at, at one instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// Its present track.
    pub track: TrackId,
    /// The instant for which the rest holds.
    pub time: EventTime,
    /// Where it is, predicted.
    pub position: LatLon,
    /// Variance of the position to the east, covariance, variance to the north; square metres.
    pub covariance_m2: [f64; 3],
    /// Velocity to the east in m/s.
    pub east_mps: f64,
    /// Velocity to the north in m/s.
    pub north_mps: f64,
    /// Its length in metres, where known.
    pub length_m: Option<f64>,
}

impl Target {
    /// A track as a target.
    pub fn of(track: &TrackState) -> Self {
        Self {
            track: track.id,
            time: track.time,
            position: track.position,
            covariance_m2: track.position_covariance_m2,
            east_mps: track.east_mps,
            north_mps: track.north_mps,
            length_m: track.length_m,
        }
    }
}

/// Name of a cue, the same for life: `cue-20260417T151328-7`. The number counts the cues of one run of the server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CueId(Box<str>);

impl CueId {
    fn new(asked: EventTime, number: u64) -> Self {
        // `2026-04-17T15:13:28.000Z`, without what is between the digits.
        let text: String = asked.to_string().chars().take(19).filter(|it| !matches!(it, '-' | ':')).collect();
        Self(format!("cue-{text}-{number}").into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a cue ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// The camera saw the craft.
    Seen,
    /// The camera looked, and saw nothing there.
    NotSeen,
    /// The camera looked; its site said nothing of what it saw.
    Looked,
    /// What asked for it does so no more: the alert is over or put away, or a camera has seen the craft meanwhile.
    NotNeeded,
    /// The track has ended.
    TrackOver,
    /// No camera could do it in time: none has the craft in sight, or all are busy, refuse or do not answer.
    NoCamera,
    /// It was the least urgent in a full queue.
    Crowded,
    /// An officer took it back.
    Withdrawn,
}

impl End {
    /// All of them, in declaration order.
    pub const ALL: [Self; 8] = [
        Self::Seen,
        Self::NotSeen,
        Self::Looked,
        Self::NotNeeded,
        Self::TrackOver,
        Self::NoCamera,
        Self::Crowded,
        Self::Withdrawn,
    ];

    /// The word on record and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::NotSeen => "not_seen",
            Self::Looked => "looked",
            Self::NotNeeded => "not_needed",
            Self::TrackOver => "track_over",
            Self::NoCamera => "no_camera",
            Self::Crowded => "crowded",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Whether a camera has looked.
    pub const fn has_looked(self) -> bool {
        matches!(self, Self::Seen | Self::NotSeen | Self::Looked)
    }
}

/// How a cue stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It waits for a camera.
    Waiting,
    /// A camera was asked.
    Asked,
    /// Its site takes it.
    Accepted,
    /// The camera points there.
    Pointing,
    /// It is over.
    Over(End),
}

/// What a site's camera saw.
#[derive(Clone, Debug, PartialEq)]
pub enum Saw {
    /// A craft; where the site sent a detection of it, which one.
    Craft(Option<Detection>),
    /// Nothing.
    Nothing,
}

/// A detection that a site sent through its feed.
#[derive(Clone, Debug, PartialEq)]
pub struct Detection {
    /// The feed.
    pub feed: String,
    /// Its number in the feed.
    pub sequence: u64,
}

/// What a site says to a cue.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// It takes it.
    Accepted,
    /// The camera points there.
    Pointing,
    /// What the camera sees, while it looks.
    Saw(Saw),
    /// It cannot, with the reason in its words.
    Refused(String),
    /// It has looked long enough.
    Done,
}

/// One look of one camera at one craft.
#[derive(Clone, Debug, PartialEq)]
pub struct Cue {
    /// Its name.
    pub id: CueId,
    /// The craft.
    pub target: Target,
    /// The alert that asks for it; `None` where an officer asks for a track.
    pub alert: Option<Box<str>>,
    /// An officer asks for it.
    pub by_officer: bool,
    /// How urgent it is, 0 to [`OFFICER_PRIORITY`].
    pub priority: u8,
    /// When it was first asked for.
    pub asked: EventTime,
    /// How it stands.
    pub stage: Stage,
    /// The camera that has it.
    pub camera: Option<SensorId>,
    /// Where that camera was last told to point.
    pub aim: Option<Aim>,
    /// Up to when, by what is known now.
    pub until: EventTime,
    /// Since when it stands so.
    pub since: EventTime,
    /// What the camera saw.
    pub saw: Option<Saw>,
    /// What the last site said that refused it.
    pub refusal: Option<Box<str>>,
    /// Counts what changes for the site: grows when it is given to a camera, aimed anew or prolonged.
    pub revision: u64,
    /// When the site was last told where to point.
    aimed: EventTime,
    /// Cameras that refused, or did not answer, and until when they are not asked for it again.
    turned_down: SmallVec<[(SensorId, EventTime); 2]>,
}
