//! The pictures that cameras took of the vessels of an alert.

use crate::feed::observation::{EoActivity, EoClass};
use crate::fusion::{PictureRef, TrackState};
use crate::units::{EventTime, SensorId, TrackId};

use super::Alert;

/// Pictures of one alert that are kept: the first, and the latest.
pub const PICTURES_MAX: usize = 8;
/// A picture from before the behaviour began shows who it is, if it is no older than this; milliseconds.
const BEFORE_MS: i64 = 600_000;

/// A picture of a vessel of an alert.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct AlertPicture {
    /// Of which vessel.
    pub track: TrackId,
    /// When it was taken.
    pub time: EventTime,
    /// Name of the camera.
    pub sensor: String,
    /// What the camera took the craft for.
    pub class: EoClass,
    /// How sure it was, 0 to 1.
    pub class_confidence: f64,
    /// What it saw it doing.
    pub activity: Option<EoActivity>,
    /// How probable it is that the camera saw this vessel and no other in its beam, 0 to 1.
    pub association: f64,
    /// Where the picture is.
    pub picture: PictureRef,
}

/// Of each track that cameras took pictures of lately: those.
pub(super) struct Taken<'a>(Vec<(&'a TrackState, usize)>);

impl<'a> Taken<'a> {
    /// Those of a picture's tracks.
    pub(super) fn of(tracks: &'a [TrackState]) -> Self {
        let pictured = |track: &'a TrackState| {
            let places = track.sightings.iter().enumerate().filter(|(_, sighting)| sighting.picture.is_some());
            places.map(move |(place, _)| (track, place)).collect::<Vec<_>>()
        };
        Self(tracks.iter().flat_map(pictured).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds to an alert those of its vessels that it does not have; returns whether there were any.
    pub(super) fn add_to(&self, alert: &mut Alert, name: &impl Fn(SensorId) -> String) -> bool {
        let since = alert.began.plus_millis(-BEFORE_MS);
        let mut any = false;
        for &(track, place) in &self.0 {
            if track.id != alert.track && Some(track.id) != alert.other_track {
                continue;
            }
            let Some(sighting) = track.sightings.get(place).filter(|sighting| sighting.time >= since) else { continue };
            let Some(picture) = &sighting.picture else { continue };
            let known = |it: &AlertPicture| (it.track, it.time, &it.picture) == (track.id, sighting.time, &**picture);
            // One that was let go for later ones does not come back.
            let passed = alert.pictures.len() >= PICTURES_MAX
                && alert.pictures.get(1).is_some_and(|second| sighting.time < second.time);
            if passed || alert.pictures.iter().any(known) {
                continue;
            }
            let taken = AlertPicture {
                track: track.id,
                time: sighting.time,
                sensor: name(sighting.sensor),
                class: sighting.class,
                class_confidence: sighting.class_confidence,
                activity: sighting.activity,
                association: sighting.association,
                picture: (**picture).clone(),
            };
            let place = alert.pictures.partition_point(|it| it.time <= taken.time);
            alert.pictures.insert(place, taken);
            if alert.pictures.len() > PICTURES_MAX {
                alert.pictures.remove(1);
            }
            any = true;
        }
        any
    }
}
