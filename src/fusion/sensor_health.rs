//! What fusion has learned of each sensor, for `ListSensors` and the replay summary.

use super::Fusion;
use crate::geodesy::{LatLon, distance_m};
use crate::units::{EventTime, SensorId};

/// A radar or camera as fusion sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct SensorHealth {
    /// Which sensor.
    pub sensor: SensorId,
    /// Its name.
    pub name: String,
    /// Detections taken.
    pub detections: u64,
    /// Range bias in metres with one sigma; `None` for a camera.
    pub range_bias_m: Option<(f64, f64)>,
    /// Azimuth bias in degrees with one sigma.
    pub azimuth_bias_deg: (f64, f64),
    /// Clock offset in seconds with one sigma.
    pub clock_offset_s: Option<(f64, f64)>,
    /// Comparisons with AIS that the bias rests on.
    pub comparisons: u64,
    /// Mean detection probability of the tracks that it holds.
    pub detection_probability: Option<f64>,
    /// False plots a turn.
    pub false_plots_a_turn: Option<f64>,
    /// Time of its last measurement.
    pub latest: Option<EventTime>,
    /// It says that it may be used.
    pub operational: bool,
}

/// How often a radar has detected a craft of late that is known to be there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RadarLook {
    /// Which radar.
    pub radar: SensorId,
    /// Where the craft is.
    pub place: LatLon,
    /// Share of the latest turns in which it was detected; 0 for one that AIS shows and the radar never saw.
    pub detected: f64,
}

/// A craft measured longer ago than this may have gone, seconds.
const KNOWN_THERE_S: f64 = 15.0;

impl Fusion {
    /// What each radar has made of the craft in its range that some sensor has measured just now.
    pub fn radar_looks(&self) -> Vec<RadarLook> {
        let mut looks = Vec::new();
        for file in self.files() {
            let fresh = file.confirmed && !file.unproven && self.now.seconds_since(file.last_seen) < KNOWN_THERE_S;
            if !fresh || file.hidden_by.is_some() {
                continue;
            }
            let by_ais = file.ais_age_s(self.now) < KNOWN_THERE_S;
            for site in self.radars.iter().flatten().filter(|site| site.operational && site.turns() > 0) {
                let held = file.hold(site.sensor).map(|hold| hold.detection);
                let Some(detected) = held.or(by_ais.then_some(0.0)) else { continue };
                if distance_m(site.position, file.place) <= site.claims.max_range_m {
                    looks.push(RadarLook { radar: site.sensor, place: file.place, detected });
                }
            }
        }
        looks
    }

    /// What is known of each radar and camera, in table order.
    pub fn sensor_health(&self) -> Vec<SensorHealth> {
        let began = EventTime::from_millis(i64::MIN);
        let seen = |time: EventTime| (time > began).then_some(time);
        let mut all = Vec::new();
        for radar in self.radars.iter().flatten() {
            let [range, azimuth, clock] = radar.registration.sigmas();
            let held: Vec<f64> = self
                .files()
                .filter(|file| file.confirmed)
                .filter_map(|file| file.hold(radar.sensor))
                .filter(|hold| radar.latest.seconds_since(hold.last_hit) < 30.0)
                .map(|hold| hold.detection)
                .collect();
            let turns = radar.turns();
            all.push(SensorHealth {
                sensor: radar.sensor,
                name: radar.name.clone(),
                detections: radar.plots,
                range_bias_m: Some((radar.registration.range_bias_m(), range)),
                azimuth_bias_deg: (radar.registration.azimuth_bias_deg(), azimuth),
                clock_offset_s: Some((radar.registration.clock_offset_s(), clock)),
                comparisons: radar.registration.samples(),
                detection_probability: (!held.is_empty()).then(|| held.iter().sum::<f64>() / held.len() as f64),
                false_plots_a_turn: (turns > 0).then(|| radar.foreign / turns as f64),
                latest: seen(radar.latest),
                operational: radar.operational,
            });
        }
        for (index, camera) in self.cameras.iter().enumerate() {
            let Some(camera) = camera else { continue };
            let [_, azimuth, clock] = camera.registration.sigmas();
            all.push(SensorHealth {
                sensor: SensorId(index as u16),
                name: camera.name.clone(),
                detections: camera.detections,
                range_bias_m: None,
                azimuth_bias_deg: (camera.registration.azimuth_bias_deg(), azimuth),
                clock_offset_s: Some((camera.registration.clock_offset_s(), clock)),
                comparisons: camera.registration.samples(),
                detection_probability: None,
                false_plots_a_turn: None,
                latest: seen(camera.latest),
                operational: true,
            });
        }
        all
    }
}
