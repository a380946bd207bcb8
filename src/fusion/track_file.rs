//! All that fusion keeps of one track.

use arrayvec::ArrayVec;
use nalgebra::{Matrix2, Vector2};
use smallvec::SmallVec;

use super::config::FusionConfig;
use super::explain::Contributions;
use super::grid::{Cell, Grid};
use super::history::History;
use super::hull::HullReadings;
use super::measurement::{Kinematics, Measurement};
use super::track::{AisElsewhere, EoSighting, Identity, Sources, TrackState};
use crate::feed::observation::{EoClass, ForeignId};
use crate::geodesy::{LatLon, distance_m};
use crate::units::{EventTime, Mmsi, SensorId, TrackId};

/// Sightings by other sensors that make a craft of a claim.
const PROOFS: u8 = 8;
/// Share of the detection probability that is kept with each turn.
pub(super) const DETECTION_KEPT: f64 = 0.95;

/// How a radar holds a track.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct RadarHold {
    /// Which radar.
    pub(super) sensor: SensorId,
    /// When it last detected the track.
    pub(super) last_hit: EventTime,
    /// Up to when its turns have been counted as hit or miss.
    pub(super) counted_to: EventTime,
    /// Share of turns in which it detects the track, forgetting over some twenty turns.
    pub(super) detection: f64,
    /// What that share was when it was last detected.
    pub(super) detection_before: f64,
    /// Turns without a detection since the last one.
    pub(super) misses: u32,
    /// The number under which the radar itself tracks the craft.
    pub(super) track_number: Option<u16>,
    /// Residual of the last range that taught the radar its bias, metres.
    pub(super) residual_m: Option<f64>,
}

impl RadarHold {
    /// How probable the present run of misses would be if the radar saw the craft as often as it did before.
    pub(super) fn missed_by_chance(&self) -> f64 {
        (1.0 - self.detection_before.clamp(0.05, 0.98)).powi(self.misses.min(100) as i32)
    }
}

/// Where a report put a vessel.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Told {
    /// When.
    pub(super) time: EventTime,
    /// The hull's middle.
    pub(super) position: LatLon,
    /// Its covariance east and north, m^2.
    pub(super) covariance: Matrix2<f64>,
    /// Velocity east and north, m/s.
    pub(super) velocity: Option<Vector2<f64>>,
}

/// A place that an MMSI claims and that contradicts the track which bears it.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Claim {
    /// Where the claim began, and when.
    pub(super) first: (EventTime, LatLon),
    /// Where it was last repeated, and when.
    pub(super) last: (EventTime, LatLon),
    /// Reports in a row that agree with one another.
    pub(super) reports: u8,
}

/// One track with its filter, its past and what is known of the craft.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct TrackFile {
    /// Its number.
    pub(super) id: TrackId,
    /// Where it is.
    pub(super) kinematics: Kinematics,
    /// Its last half minute.
    pub(super) history: History,
    /// Where its last measurement left it: good enough to see who is near.
    pub(super) place: LatLon,
    /// Where the grid holds it.
    pub(super) cell: Cell,
    /// Probability that there is a craft.
    pub(super) existence: f64,
    /// Shown to officers.
    pub(super) confirmed: bool,
    /// Detections so far.
    pub(super) hits: u32,
    /// Where the first measurement was.
    pub(super) born_at: LatLon,
    /// Time of the first measurement.
    pub(super) born: EventTime,
    /// Time of the last measurement of any sensor.
    pub(super) last_seen: EventTime,
    /// Time of the last AIS report.
    pub(super) last_ais: Option<EventTime>,
    /// What the last AIS report told of where it is.
    pub(super) last_ais_told: Option<Told>,
    /// Mean seconds between its AIS reports, forgetting.
    pub(super) ais_interval_s: f64,
    /// Whether the last AIS report told where the hull's middle is: size and heading known, or a small craft.
    pub(super) middle_known: bool,
    /// Time of the last radar plot.
    pub(super) last_radar: Option<EventTime>,
    /// Time of the last camera detection.
    pub(super) last_eo: Option<EventTime>,
    /// Time of the last report of another system.
    pub(super) last_report: Option<EventTime>,
    /// Under which number which system reported it last.
    pub(super) reported_as: Option<(SensorId, ForeignId)>,
    /// Radars that hold it.
    pub(super) radars: SmallVec<[RadarHold; 2]>,
    /// Who it is.
    pub(super) identity: Identity,
    /// Reports that fitted and that contradicted the MMSI it bears, forgetting.
    pub(super) identity_votes: (f64, f64),
    /// Tracks that may by now follow its vessel in its place, and how probable that is of each.
    pub(super) doubts: ArrayVec<(TrackId, f64), 3>,
    /// Whether the name of another track is in doubt because of this one.
    pub(super) is_rival: bool,
    /// Whether it has been held against lost vessels a second time.
    pub(super) looked_again: bool,
    /// Whether it has been seen under way since its last AIS report.
    pub(super) went: bool,
    /// A contradicting claim under its MMSI.
    pub(super) claim: Option<Claim>,
    /// It bears an MMSI that another, radar-held track bore first: not shown until a sensor other than AIS sees it.
    pub(super) unproven: bool,
    /// Plots that such a track has had: one or two are chance.
    pub(super) proofs: u8,
    /// The track that was already there, within hiding distance, when this one was born.
    pub(super) born_beside: Option<TrackId>,
    /// Tracks that a radar saw beside this one in one and the same turn, and when last.
    pub(super) resolved_from: SmallVec<[(TrackId, EventTime); 2]>,
    /// The track that hides it, and since when.
    pub(super) hidden_by: Option<(TrackId, EventTime)>,
    /// Since when it has looked like a double of another track.
    pub(super) double_of: Option<(TrackId, EventTime)>,
    /// Weight of each class by cameras.
    pub(super) class_weight: [f64; EoClass::ALL.len()],
    /// Length by cameras: weighted sum and weight.
    pub(super) eo_length: (f64, f64),
    /// Numbers that cameras have read from its hull.
    pub(super) hull: HullReadings,
    /// Latest sightings by cameras.
    pub(super) sightings: ArrayVec<EoSighting, 8>,
    /// The observations that made it, as far as they are kept.
    pub(super) made_of: Contributions,
}

impl TrackFile {
    /// A track of one measurement.
    pub(super) fn born(id: TrackId, kinematics: Kinematics, existence: f64) -> Self {
        let time = kinematics.time();
        Self {
            id,
            kinematics,
            history: History::start(kinematics),
            place: kinematics.position(),
            cell: Grid::cell_of(kinematics.position()),
            existence,
            confirmed: false,
            hits: 1,
            born_at: kinematics.position(),
            born: time,
            last_seen: time,
            last_ais: None,
            last_ais_told: None,
            ais_interval_s: 0.0,
            middle_known: false,
            last_radar: None,
            last_eo: None,
            last_report: None,
            reported_as: None,
            radars: SmallVec::new(),
            identity: Identity::default(),
            identity_votes: (0.0, 0.0),
            doubts: ArrayVec::new(),
            is_rival: false,
            looked_again: false,
            went: false,
            claim: None,
            unproven: false,
            proofs: 0,
            born_beside: None,
            resolved_from: SmallVec::new(),
            hidden_by: None,
            double_of: None,
            class_weight: [0.0; EoClass::ALL.len()],
            eo_length: (0.0, 0.0),
            hull: HullReadings::default(),
            sightings: ArrayVec::new(),
            made_of: Contributions::default(),
        }
    }

    /// Takes a measurement now, or where it belongs if it is late. `false` when it is later than the past kept.
    pub(super) fn take(&mut self, measurement: Measurement, config: &FusionConfig) -> bool {
        let time = measurement.time;
        if time >= self.kinematics.time() {
            self.kinematics.take(&measurement, config);
            self.history.note(measurement, &self.kinematics, config);
        } else if self.history.reaches(time) {
            self.kinematics = self.history.insert_late(measurement, &self.kinematics, config);
        } else {
            return false;
        }
        self.last_seen = self.last_seen.max(time);
        true
    }

    /// The state at `time`, also when that lies a little in the past.
    pub(super) fn state_at(&self, time: EventTime, config: &FusionConfig) -> Kinematics {
        if time >= self.kinematics.time() {
            self.kinematics.at(time, config)
        } else {
            self.history.state_at(time, config).unwrap_or(self.kinematics)
        }
    }

    /// How this radar holds the track.
    pub(super) fn hold(&self, sensor: SensorId) -> Option<&RadarHold> {
        self.radars.iter().find(|hold| hold.sensor == sensor)
    }

    /// How this radar holds the track.
    pub(super) fn hold_mut(&mut self, sensor: SensorId) -> Option<&mut RadarHold> {
        self.radars.iter_mut().find(|hold| hold.sensor == sensor)
    }

    /// Notes that a radar detected the track.
    pub(super) fn note_radar_hit(&mut self, sensor: SensorId, time: EventTime, scan_s: f64, prior_detection: f64) {
        self.last_radar = Some(self.last_radar.map_or(time, |last| last.max(time)));
        if let Some(hold) = self.radars.iter_mut().find(|hold| hold.sensor == sensor) {
            let turns = (time.seconds_since(hold.counted_to) / scan_s).round().max(1.0);
            for _ in 1..(turns as u32).min(40) {
                hold.detection *= DETECTION_KEPT;
            }
            hold.detection += (1.0 - hold.detection) * (1.0 - DETECTION_KEPT);
            hold.detection_before = hold.detection;
            hold.misses = 0;
            hold.last_hit = hold.last_hit.max(time);
            hold.counted_to = hold.counted_to.max(time);
        } else {
            let detection = prior_detection;
            self.radars.push(RadarHold {
                sensor,
                last_hit: time,
                counted_to: time,
                detection,
                detection_before: detection,
                misses: 0,
                track_number: None,
                residual_m: None,
            });
        }
    }

    /// Notes that a radar saw this track and another one side by side.
    pub(super) fn note_resolved(&mut self, other: TrackId, time: EventTime) {
        if let Some(entry) = self.resolved_from.iter_mut().find(|(id, _)| *id == other) {
            entry.1 = entry.1.max(time);
        } else if self.resolved_from.len() < 4 {
            self.resolved_from.push((other, time));
        } else if let Some(oldest) = self.resolved_from.iter_mut().min_by_key(|entry| entry.1) {
            *oldest = (other, time);
        }
    }

    /// Notes that a sensor other than AIS saw it: after some such sightings it is more than a claim.
    pub(super) fn note_proof(&mut self) {
        self.proofs = self.proofs.saturating_add(1);
        if self.proofs >= PROOFS {
            self.unproven = false;
        }
    }

    /// When a radar last saw this track and `other` side by side.
    pub(super) fn resolved_from(&self, other: TrackId) -> Option<EventTime> {
        self.resolved_from.iter().find(|(id, _)| *id == other).map(|entry| entry.1)
    }

    /// The MMSI it bears.
    pub(super) fn mmsi(&self) -> Option<Mmsi> {
        self.identity.mmsi
    }

    /// Seconds since AIS last measured it.
    pub(super) fn ais_age_s(&self, now: EventTime) -> f64 {
        self.last_ais.map_or(f64::INFINITY, |last| now.seconds_since(last))
    }

    /// Seconds after its last report from which its vessel counts as silent: the usual interval of its own reports, twice.
    pub(super) fn silent_after_s(&self, config: &FusionConfig) -> f64 {
        config.ais.silent_s.max(2.0 * self.ais_interval_s)
    }

    /// Length in metres by AIS, else by cameras.
    pub(super) fn length_m(&self) -> Option<f64> {
        let by_ais = self.identity.dimensions.map(|d| d.length_m()).filter(|length| *length > 0.0);
        by_ais.or_else(|| (self.eo_length.1 > 0.0).then(|| self.eo_length.0 / self.eo_length.1))
    }

    /// The most probable class by cameras and its share of all votes.
    pub(super) fn eo_class(&self) -> Option<(EoClass, f64)> {
        let total: f64 = self.class_weight.iter().sum();
        if total <= 0.0 {
            return None;
        }
        let (best, weight) =
            EoClass::ALL.into_iter().zip(self.class_weight).max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))?;
        // One vote of "nothing known" keeps a single look from being certainty.
        Some((best, weight / (total + 0.3)))
    }

    /// Where its last reports point to, if they jumped away from it farther than any vessel goes, and none since fits it.
    fn claim_elsewhere(&self, config: &FusionConfig) -> Option<AisElsewhere> {
        let claim = self.claim?;
        let (heard, place) = self.last_ais_told.map(|told| (told.time, told.position))?;
        let (since, first) = claim.first;
        let reach_m = config.ais.max_speed_mps * since.seconds_since(heard) + config.ais.contradiction_m;
        let jumped = since > heard && distance_m(place, first) > reach_m;
        jumped.then_some(AisElsewhere { since, last: claim.last.0, position: claim.last.1 })
    }

    /// What the rest of the program sees of it at `at`, in the state that it has then.
    pub(super) fn view(&self, kinematics: Kinematics, at: EventTime, config: &FusionConfig) -> TrackState {
        let state = kinematics.gaussian();
        let recent = |time: Option<EventTime>| time.is_some_and(|t| at.seconds_since(t) < 60.0);
        let mut identity = self.identity;
        let (fits, contradicts) = self.identity_votes;
        let believed = (fits + 1.0) / (fits + contradicts + 1.0);
        identity.mmsi_probability = if identity.mmsi.is_some() { self.name_held() * believed } else { 0.0 };
        TrackState {
            id: self.id,
            time: at,
            first_seen: self.born,
            last_seen: self.last_seen,
            position: kinematics.plane().to_position(state.mean.x, state.mean.y),
            east_mps: state.mean.z,
            north_mps: state.mean.w,
            position_covariance_m2: [state.covariance[(0, 0)], state.covariance[(0, 1)], state.covariance[(1, 1)]],
            speed_sigma_mps: (state.covariance[(2, 2)].max(state.covariance[(3, 3)])).max(0.0).sqrt(),
            stopped_probability: kinematics.still_probability(),
            existence: self.existence,
            confirmed: self.confirmed,
            sources: Sources {
                ais: recent(self.last_ais),
                radar: recent(self.last_radar),
                eo: recent(self.last_eo),
                report: recent(self.last_report),
            },
            last_ais: self.last_ais,
            last_radar: self.last_radar,
            last_eo: self.last_eo,
            identity,
            eo_class: self.eo_class(),
            length_m: self.length_m(),
            hull: self.hull.number(),
            sightings: self.sightings.clone(),
            ais_elsewhere: self.claim_elsewhere(config),
            merged_with: self.hidden_by.map(|(id, _)| id),
            stated: None,
        }
    }
}
