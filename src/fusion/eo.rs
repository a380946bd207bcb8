//! The way in for cameras: a bearing, seldom a range, and a look at what the craft is and does.

use nalgebra::Vector2;
use smallvec::{SmallVec, smallvec};

use super::Fusion;
use super::config::FusionConfig;
use super::crossing::SightLine;
use super::hull::number_fits;
use super::measurement::{Fix, Kinematics, Measure, Measurement};
use super::radar::polar_covariance;
use super::registration::{Comparison, Registration};
use super::track::{EoSighting, PictureRef};
use super::track_file::TrackFile;
use crate::feed::observation::{EoClass, EoDetection, Observation};
use crate::feed::sensor::{EoClaims, Sensor};
use crate::geodesy::{LatLon, polar_to_position, position_to_polar};
use crate::units::{Bearing, EventTime, SensorId};

/// A range variance that says nothing, m^2: bearings teach a camera only its azimuth.
const NO_RANGE: f64 = 1e12;
/// Existence of a craft from one ranged camera detection: a camera that measures a range has a target.
const RANGED_EXISTENCE: f64 = 0.7;
/// Share of one class vote that is forgotten with each new one.
const CLASS_MEMORY: f64 = 0.97;
/// One sigma of a camera's length estimate as a share of the length.
const LENGTH_SIGMA: f64 = 0.25;

/// One camera: what it claims and what its mount gets wrong.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct CameraSite {
    pub(super) name: String,
    pub(super) position: LatLon,
    pub(super) claims: EoClaims,
    pub(super) registration: Registration,
    pub(super) detections: u64,
    pub(super) latest: EventTime,
}

impl CameraSite {
    pub(super) fn new(sensor: &Sensor, config: &FusionConfig) -> Option<Self> {
        let (claims, position) = (sensor.eo?, sensor.position?);
        Some(Self {
            name: sensor.name.clone(),
            position,
            claims,
            registration: Registration::unknown(
                0.01,
                config.eo.azimuth_bias_deg,
                config.radar.clock_s,
                1.0,
                claims.sigma_azimuth_deg,
            ),
            detections: 0,
            latest: EventTime::from_millis(i64::MIN),
        })
    }
}

/// A track in the beam.
struct InBeam {
    slot: u32,
    likelihood: f64,
    state: Kinematics,
    azimuth: Bearing,
    range_m: f64,
}

impl Fusion {
    pub(super) fn take_detection(&mut self, observation: &Observation, detection: &EoDetection) {
        let index = observation.sensor.index();
        let Some(camera) = self.cameras.get_mut(index).and_then(Option::as_mut) else {
            self.refusals.unknown_sensor += 1;
            return;
        };
        camera.detections += 1;
        camera.latest = camera.latest.max(observation.time);
        let offset_s = camera.registration.clock_offset_s();
        let observation = &Observation { time: observation.time.plus_seconds(-offset_s), ..observation.clone() };
        match detection.range_m {
            Some(range_m) if range_m > camera.claims.max_range_m * 1.5 => self.refusals.implausible += 1,
            Some(range_m) => self.take_ranged(observation, detection, range_m),
            None => self.take_bearing(observation, detection),
        }
    }

    /// A detection with a laser range is a position.
    fn take_ranged(&mut self, observation: &Observation, detection: &EoDetection, range_m: f64) {
        let Some(camera) = self.cameras.get(observation.sensor.index()).and_then(Option::as_ref) else { return };
        let azimuth = Bearing::from_deg(detection.azimuth_deg - camera.registration.azimuth_bias_deg());
        let open = camera.registration.open_variance().1;
        let sigma_squared = camera.registration.scatter().1 + open;
        let position = polar_to_position(camera.position, azimuth, range_m);
        let along_m = detection.range_sigma_m.unwrap_or(self.config.eo.laser_m);
        let covariance = polar_covariance(azimuth, along_m.powi(2), sigma_squared * range_m * range_m);
        let found = self.slots_near(position, 4.0 * covariance.trace().sqrt() + 400.0);
        let mut fitting: SmallVec<[(f64, u32, Kinematics); 4]> = SmallVec::new();
        for &slot in &found {
            let Some(file) = self.slot(slot) else { continue };
            let state = file.state_at(observation.time, &self.config);
            let (distance, density) = state.fit(position, &covariance);
            if distance <= self.config.gate {
                fitting.push((density * look_alike(file, detection), slot, state));
            }
        }
        self.done_with(found);
        let total: f64 = fitting.iter().map(|(likelihood, _, _)| likelihood).sum();
        let best = fitting.iter().max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        let Some(&(likelihood, slot, state)) = best else {
            self.start_by_camera(observation, detection, position, covariance);
            return;
        };
        let share = likelihood / total.max(f64::MIN_POSITIVE);
        let fixes = smallvec![Fix { position, covariance, weight: share.min(1.0) }];
        let (seen, _) = self.expected(observation.sensor, &state);
        if self.give(
            slot,
            Measurement { time: observation.time, sensor: observation.sensor, measure: Measure::Fixes(fixes) },
        ) {
            if share > 0.9 {
                self.learn_mount(observation.sensor, slot, detection, seen, range_m, observation.time);
            }
            self.note_look(slot, observation, detection, share);
        }
    }

    /// Where the camera should see a state: azimuth and range.
    fn expected(&self, sensor: SensorId, state: &Kinematics) -> (Bearing, f64) {
        match self.cameras.get(sensor.index()).and_then(Option::as_ref) {
            Some(camera) => position_to_polar(camera.position, state.position()),
            None => (Bearing::default(), 0.0),
        }
    }

    fn start_by_camera(
        &mut self,
        observation: &Observation,
        detection: &EoDetection,
        position: LatLon,
        covariance: nalgebra::Matrix2<f64>,
    ) {
        let state = Kinematics::start(observation.time, position, covariance, None, &self.config);
        let beside = self.nearest_confirmed(position, 1.5 * self.config.lifecycle.merge_m);
        let Some(slot) = self.start(state, RANGED_EXISTENCE) else { return };
        self.note_birth(slot, observation.time, observation.sensor, position);
        if let Some(file) = self.slot_mut(slot) {
            file.born_beside = beside;
            file.hits = 0;
        }
        self.note_look(slot, observation, detection, 1.0);
    }

    /// A bearing alone moves the track that stands in the beam, if it is clear which. With none there it waits for those of other
    /// sites that cross it: together they may start one.
    fn take_bearing(&mut self, observation: &Observation, detection: &EoDetection) {
        let Some(camera) = self.cameras.get(observation.sensor.index()).and_then(Option::as_ref) else { return };
        let (site, reach_m) = (camera.position, camera.claims.max_range_m * 1.15);
        let azimuth = Bearing::from_deg(detection.azimuth_deg - camera.registration.azimuth_bias_deg());
        let open = camera.registration.open_variance().1;
        let sigma_squared = camera.registration.scatter().1 + open;
        let beam = self.tracks_in_beam(site, reach_m, azimuth, sigma_squared, observation.time, detection);
        let total: f64 = beam.iter().map(|track| track.likelihood).sum();
        let best = beam.iter().max_by(|a, b| a.likelihood.total_cmp(&b.likelihood).then(b.slot.cmp(&a.slot)));
        let Some(best) = best else {
            let (from, seen) = ((observation.time, observation.sensor, site), (azimuth, sigma_squared.sqrt()));
            match self.crossings.take(SightLine::new(from, seen, reach_m, detection)) {
                Some(crossing) => {
                    let observation = &Observation { time: crossing.time, ..observation.clone() };
                    self.start_by_camera(observation, detection, crossing.position, crossing.covariance);
                }
                None => self.refusals.bearing_undecided += 1,
            }
            return;
        };
        let share = best.likelihood / total.max(f64::MIN_POSITIVE);
        if share < self.config.eo.decisive {
            self.refusals.bearing_undecided += 1;
            return;
        }
        let measure = Measure::Bearing { site, azimuth, sigma_rad: sigma_squared.sqrt(), weight: share };
        if self.give(best.slot, Measurement { time: observation.time, sensor: observation.sensor, measure }) {
            if share > 0.95 {
                let (slot, seen, range_m) = (best.slot, best.azimuth, best.range_m);
                self.learn_mount(observation.sensor, slot, detection, seen, range_m, observation.time);
            }
            self.note_look(best.slot, observation, detection, share);
        }
    }

    /// Tracks that the beam may show, with how likely each is.
    fn tracks_in_beam(
        &mut self,
        site: LatLon,
        reach_m: f64,
        azimuth: Bearing,
        sigma_squared: f64,
        time: EventTime,
        detection: &EoDetection,
    ) -> Vec<InBeam> {
        let found = self.slots_near(site, reach_m);
        let mut beam = Vec::new();
        for &slot in &found {
            let Some(file) = self.slot(slot) else { continue };
            // A rough look first: most tracks within reach of a camera are nowhere near its beam.
            let (rough, rough_range) = position_to_polar(site, file.kinematics.position());
            let margin_deg = 2.0 + (1500.0 / rough_range.max(200.0)).to_degrees().min(60.0);
            if rough_range > reach_m + 1000.0 || azimuth.turn_from_deg(rough).abs() > margin_deg {
                continue;
            }
            let state = file.state_at(time, &self.config);
            let (expected, range_m) = position_to_polar(site, state.position());
            if range_m > reach_m || range_m < 50.0 {
                continue;
            }
            let (sin, cos) = expected.unit_vector();
            let across = Vector2::new(cos, -sin);
            let covariance = state.gaussian().covariance.fixed_view::<2, 2>(0, 0).into_owned();
            let spread = sigma_squared + (across.transpose() * covariance * across)[(0, 0)] / (range_m * range_m);
            let off = azimuth.turn_from_deg(expected).to_radians();
            let distance = off * off / spread;
            if distance > self.config.gate {
                continue;
            }
            let density = (-0.5 * distance).exp() / spread.sqrt();
            let seen = if range_m > reach_m / 1.15 { 0.1 } else { 1.0 };
            let likelihood = file.existence * density * seen * look_alike(file, detection);
            beam.push(InBeam { slot, likelihood, state, azimuth: expected, range_m });
        }
        self.done_with(found);
        debug_assert!(beam.iter().all(|track| track.state.time() >= EventTime::from_millis(i64::MIN)));
        beam
    }

    /// Lets a track that AIS or radar holds tell the mount where it should have looked.
    fn learn_mount(
        &mut self,
        sensor: SensorId,
        slot: u32,
        detection: &EoDetection,
        expected: Bearing,
        range_m: f64,
        time: EventTime,
    ) {
        let teaches = self.slot(slot).is_some_and(|file| file.ais_age_s(time) < 12.0 && file.middle_known);
        if !self.config.ablation.registration || !teaches || range_m < 300.0 {
            return;
        }
        let Some(file) = self.slot(slot) else { return };
        let state = file.kinematics.gaussian();
        let across = (state.covariance[(0, 0)].max(state.covariance[(1, 1)])) / (range_m * range_m);
        let (sin, cos) = expected.unit_vector();
        let azimuth_rate_radps = (state.mean.z * cos - state.mean.w * sin) / range_m;
        if let Some(camera) = self.cameras.get_mut(sensor.index()).and_then(Option::as_mut) {
            camera.registration.learn(&Comparison {
                time,
                range_m: 0.0,
                // The track was asked at the corrected time: what the clock takes off is put back.
                azimuth_rad: Bearing::from_deg(detection.azimuth_deg).turn_from_deg(expected).to_radians()
                    - azimuth_rate_radps * camera.registration.clock_offset_s(),
                range_rate_mps: 0.0,
                azimuth_rate_radps,
                range_variance: NO_RANGE,
                azimuth_variance: across,
            });
        }
    }

    /// Notes what the camera saw of a track.
    fn note_look(&mut self, slot: u32, observation: &Observation, detection: &EoDetection, share: f64) {
        let Some(file) = self.slot_mut(slot) else { return };
        file.hits += 1;
        file.last_eo = Some(file.last_eo.map_or(observation.time, |last| last.max(observation.time)));
        file.existence += (1.0 - file.existence) * 0.7 * share;
        file.note_proof();
        for weight in &mut file.class_weight {
            *weight *= CLASS_MEMORY;
        }
        if let Some(place) = EoClass::ALL.iter().position(|class| *class == detection.class) {
            file.class_weight[place] += detection.class_confidence.clamp(0.0, 1.0) * share;
        }
        if let Some(length_m) = detection.length_m.filter(|length| *length > 0.0) {
            file.eo_length = (file.eo_length.0 * 0.97 + length_m * share, file.eo_length.1 * 0.97 + share);
        }
        if let Some(read) = detection.hull_mmsi {
            file.hull.note(read, share);
        }
        if file.sightings.is_full() {
            file.sightings.remove(0);
        }
        file.sightings.push(EoSighting {
            time: observation.time,
            sensor: observation.sensor,
            class: detection.class,
            class_confidence: detection.class_confidence,
            activity: detection.activity,
            association: share,
            picture: picture_of(detection),
        });
        if let Some(read) = detection.hull_mmsi {
            self.weigh_name(slot, read, share);
        }
        self.confirm_if_due(slot);
    }
}

/// Where the picture of a detection is, if one was taken.
fn picture_of(detection: &EoDetection) -> Option<Box<PictureRef>> {
    let EoDetection { image, image_sha256, .. } = detection;
    let taken = image.is_some() || image_sha256.is_some();
    taken.then(|| Box::new(PictureRef { reference: image.clone(), sha256: *image_sha256 }))
}

/// How well what a camera sees fits what is known of a track's class, length and number: a factor of the likelihood.
fn look_alike(file: &TrackFile, detection: &EoDetection) -> f64 {
    let doubt = 1.0 - detection.class_confidence.clamp(0.0, 0.95);
    let mut factor = match file.identity.ship_type.and_then(class_of_ship_type) {
        Some(class) if class == detection.class => 1.0,
        Some(_) => doubt.max(0.1),
        None => match file.eo_class() {
            Some((class, sure)) if class != detection.class => (1.0 - sure * detection.class_confidence).max(0.1),
            _ => 0.6,
        },
    };
    if let (Some(known), Some(seen)) = (file.length_m(), detection.length_m)
        && known > 1.0
        && seen > 1.0
    {
        let off = (seen / known).ln() / LENGTH_SIGMA;
        factor *= (-0.5 * off * off).exp().max(0.02);
    }
    factor * number_fits(file, detection.hull_mmsi)
}

/// The camera's word for an AIS type of ship (ITU-R M.1371-5, table 53).
fn class_of_ship_type(ship_type: u8) -> Option<EoClass> {
    match ship_type {
        30 => Some(EoClass::Fishing),
        31 | 32 | 52 => Some(EoClass::Tug),
        55 => Some(EoClass::Patrol),
        60..=69 => Some(EoClass::Passenger),
        70..=79 => Some(EoClass::Cargo),
        80..=89 => Some(EoClass::Tanker),
        _ => None,
    }
}
