//! The pictures that cameras took of the vessels of an alert.

use crate::feed::observation::{EoActivity, EoClass};
use crate::fusion::{PictureRef, TrackState};
use crate::units::{EventTime, SensorId, TrackId};

use super::Alert;

/// Pictures of one alert that are kept: the first, and the latest.
pub const PICTURES_MAX: usize = 8;
/// A further picture of a vessel says nothing new before so long, milliseconds.
const APART_MS: i64 = 120_000;
/// One that shows it as something else, or doing something else, is wanted sooner.
const APART_CHANGED_MS: i64 = 30_000;
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
            // Cameras that follow a craft take pictures all the time: few of them say anything new. Late ones are left out.
            let latest = alert.pictures.iter().rev().find(|it| it.track == track.id);
            let says_more = latest.is_none_or(|latest| {
                let changed = (latest.class, latest.activity) != (sighting.class, sighting.activity);
                let apart_ms = if changed { APART_CHANGED_MS } else { APART_MS };
                sighting.time.millis_since(latest.time) >= apart_ms
            });
            if !says_more {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::{AlertBook, AlertChange};
    use crate::behaviour::{BehaviourConfig, Finding, Kind, Stage};
    use crate::fusion::{EoSighting, Identity, Sources};
    use crate::geodesy::LatLon;

    fn at(seconds: i64) -> EventTime {
        EventTime::from_seconds(seconds)
    }

    /// A craft that a camera took pictures of at these times, doing that.
    fn seen(id: u64, pictures: &[(i64, EoActivity)]) -> TrackState {
        let sighting = |&(seconds, activity): &(i64, EoActivity)| EoSighting {
            time: at(seconds),
            sensor: SensorId(3),
            class: EoClass::Speedboat,
            class_confidence: 0.9,
            activity: Some(activity),
            association: 1.0,
            picture: Some(Box::new(PictureRef { reference: None, sha256: Some([seconds as u8; 32]) })),
        };
        TrackState {
            id: TrackId(id),
            time: at(0),
            first_seen: at(0),
            last_seen: at(0),
            position: LatLon::new(20.0, 110.0),
            east_mps: 0.0,
            north_mps: 0.0,
            position_covariance_m2: [100.0, 0.0, 100.0],
            speed_sigma_mps: 0.5,
            stopped_probability: 0.0,
            existence: 0.99,
            confirmed: true,
            sources: Sources::default(),
            last_ais: None,
            last_radar: None,
            last_eo: None,
            identity: Identity::default(),
            eo_class: None,
            length_m: None,
            sightings: pictures.iter().map(sighting).collect(),
            ais_elsewhere: None,
            merged_with: None,
            hull: None,
            stated: None,
        }
    }

    fn book_with_an_alert_of(track: u64, began_s: i64) -> AlertBook {
        let mut book = AlertBook::new(&BehaviourConfig::default());
        book.take(Finding {
            affair: 1,
            kind: Kind::FastApproach,
            stage: Stage::Confirmed,
            at: at(began_s),
            told: at(began_s),
            subject: TrackId(track),
            vessel: track,
            other_vessel: None,
            other: None,
            mmsi: None,
            other_mmsi: None,
            began: at(began_s),
            start: at(began_s),
            end: None,
            place: LatLon::new(20.0, 110.0),
            near: None,
            jurisdiction: None,
            night: false,
            zone: None,
            confidence: 0.9,
            evidence: Vec::new(),
            honest_causes: Vec::new(),
        });
        book
    }

    /// The times of the pictures that the alert has, in seconds, once the book has seen these tracks.
    fn times(book: &mut AlertBook, tracks: &[TrackState]) -> Vec<i64> {
        book.see(tracks, |_| "eo1".to_owned());
        book.alerts().flat_map(|alert| &alert.pictures).map(|taken| taken.time.as_millis() / 1_000).collect()
    }

    #[test]
    fn an_alert_gets_the_pictures_of_its_vessel_and_of_no_other_nor_older_ones() {
        let mut book = book_with_an_alert_of(7, 2_000);
        let told = book.see(&[seen(7, &[(2_010, EoActivity::Underway)])], |sensor| format!("camera {}", sensor.0));
        assert_eq!((told.len(), told[0].change, told[0].alert.revision), (1, AlertChange::Updated, 2));
        assert_eq!(told[0].alert.pictures[0].sensor, "camera 3");
        assert!(book.see(&[seen(8, &[(2_020, EoActivity::Underway)])], |_| String::new()).is_empty());
        let mut book = book_with_an_alert_of(7, 2_000);
        assert_eq!(
            times(&mut book, &[seen(7, &[(1_300, EoActivity::Underway), (1_500, EoActivity::Underway)])]),
            [1_500]
        );
    }

    #[test]
    fn a_camera_that_takes_pictures_all_the_time_changes_the_alert_seldom() {
        use EoActivity::{Beached, Underway};
        let mut book = book_with_an_alert_of(7, 2_000);
        let all: Vec<(i64, EoActivity)> = (200..260).map(|ten| (ten * 10, Underway)).collect();
        for some in all.windows(8) {
            times(&mut book, &[seen(7, some)]);
        }
        assert_eq!(times(&mut book, &[]), [2_000, 2_120, 2_240, 2_360, 2_480]);
        // What it does has changed: that is worth a picture at once.
        assert_eq!(times(&mut book, &[seen(7, &[(2_520, Beached)])]).last(), Some(&2_520));
    }

    #[test]
    fn the_first_picture_stays_and_the_oldest_of_the_others_go() {
        let mut book = book_with_an_alert_of(7, 2_000);
        for number in 0..12 {
            times(&mut book, &[seen(7, &[(2_000 + number * 200, EoActivity::Underway)])]);
        }
        let left = times(&mut book, &[]);
        assert_eq!((left.len(), left[0], left[1], left[7]), (PICTURES_MAX, 2_000, 3_000, 4_200));
    }
}
