//! The way in for AIS: a report is a measurement with a claim of identity, and the claim may be false.

use std::collections::VecDeque;

use nalgebra::{Matrix2, Vector2};
use rustc_hash::FxHashMap;

use super::Fusion;
use super::measurement::{Kinematics, Measure, Measurement};
use super::radar::polar_covariance;
use super::track::Identity;
use super::track_file::{Claim, Told, TrackFile};
use crate::feed::observation::{AisPosition, AisStatic, AisStation, Dimensions, Observation, Text20};
use crate::geodesy::{LatLon, distance_m};
use crate::units::{Bearing, EventTime, Mmsi, SensorId, TrackId};

/// Most vessels whose static data are remembered; beyond it those heard first are forgotten.
const STATICS_MAX: usize = 200_000;
/// Below this speed over ground (m/s) a course says nothing.
const COURSE_SPEED_MPS: f64 = 0.5;
/// Above this speed (m/s, four knots) a course may stand in for a heading: a ship adrift goes anywhere but ahead.
const HEADING_SPEED_MPS: f64 = 2.0;
/// The hull's middle counts as known within this many metres.
const MIDDLE_KNOWN_M: f64 = 8.0;
/// An error that is the same in each report must not be averaged away: it weighs as if it were this much larger (as a
/// variance), which leaves the place to radar and the speed to AIS.
const SAME_ERROR: f64 = 4.0;
/// How many times likelier than the next the track must be that takes a name.
const CLEARLY: f64 = 5.0;
/// Existence of a craft from its first AIS report: AIS makes no false plots, but a bit error may.
const REPORT_EXISTENCE: f64 = 0.95;
/// Seconds for which a contradicting claim is remembered.
const CLAIM_S: f64 = 180.0;
/// Seconds since radar or camera last saw a craft within which they hold it.
const HELD_S: f64 = 20.0;
/// Share of each new interval between reports in their mean, and the longest interval that counts, seconds: class B at
/// anchor reports every three minutes (ITU-R M.1371-5, table 2), and two in a row may be lost.
const INTERVAL_SHARE: f64 = 0.3;
const INTERVAL_MAX_S: f64 = 600.0;
/// A name held at least this surely is not given to another track that fits a report as well.
const SURE: f64 = 0.9;
/// Metres that two reports of one antenna may differ beyond what its speed explains.
const REPORT_SLACK_M: f64 = 200.0;

/// What a vessel has said of itself in messages 5, 19 and 24.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct VesselStatic {
    imo: Option<u32>,
    name: Option<Text20>,
    callsign: Option<Text20>,
    ship_type: Option<u8>,
    dimensions: Option<Dimensions>,
}

impl VesselStatic {
    /// Writes what is known into an identity.
    pub(super) fn describe(&self, identity: &mut Identity) {
        identity.imo = self.imo.or(identity.imo);
        identity.name = self.name.or(identity.name);
        identity.callsign = self.callsign.or(identity.callsign);
        identity.ship_type = self.ship_type.or(identity.ship_type);
        identity.dimensions = self.dimensions.or(identity.dimensions);
    }
}

/// Static data by MMSI, bounded.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct StaticRegister {
    known: FxHashMap<Mmsi, VesselStatic>,
    order: VecDeque<Mmsi>,
}

impl StaticRegister {
    pub(super) fn get(&self, mmsi: Mmsi) -> Option<&VesselStatic> {
        self.known.get(&mmsi)
    }

    pub(super) fn learn(&mut self, data: &AisStatic) -> &VesselStatic {
        if !self.known.contains_key(&data.mmsi) {
            if self.order.len() >= STATICS_MAX
                && let Some(oldest) = self.order.pop_front()
            {
                self.known.remove(&oldest);
            }
            self.order.push_back(data.mmsi);
        }
        let entry = self.known.entry(data.mmsi).or_default();
        entry.imo = data.imo.or(entry.imo);
        entry.name = data.name.or(entry.name);
        entry.callsign = data.callsign.or(entry.callsign);
        entry.ship_type = data.ship_type.or(entry.ship_type);
        entry.dimensions = data.dimensions.filter(|d| d.length_m() > 0.0).or(entry.dimensions);
        entry
    }
}

/// A report turned into a measurement of the hull's middle.
struct Reading {
    time: EventTime,
    /// The station that heard it first.
    sensor: SensorId,
    position: LatLon,
    covariance: Matrix2<f64>,
    velocity: Option<(Vector2<f64>, Matrix2<f64>)>,
    /// Whether `position` is the hull's middle within a few metres.
    middle_known: bool,
}

impl Reading {
    fn measurement(&self) -> Measurement {
        let (position, covariance, velocity) = (self.position, self.covariance, self.velocity);
        Measurement {
            time: self.time,
            sensor: self.sensor,
            measure: Measure::Report { position, covariance, velocity },
        }
    }
}

impl Fusion {
    pub(super) fn take_report(&mut self, observation: &Observation, report: &AisPosition) {
        if !matches!(report.station, AisStation::ClassA | AisStation::ClassB) {
            self.refusals.no_vessel += 1;
            return;
        }
        if !report.position.is_valid() {
            self.refusals.implausible += 1;
            return;
        }
        let reading = self.read(observation, report);
        let slot = match self.bearer_of(report.mmsi, &reading) {
            Bearer::Fits(slot) => Some(self.better_bearer(slot, report.mmsi, &reading)),
            // Near, but not where it should be: the name may have stuck to a neighbour.
            Bearer::Strains(slot) => match self.adopt(report.mmsi, &reading) {
                Some(better) if better != slot => {
                    let id = self.slot(slot).map(|file| file.id);
                    if let Some(id) = id {
                        self.strip_identity(slot, report.mmsi, id);
                    }
                    Some(better)
                }
                _ => Some(slot),
            },
            Bearer::Contradicts(slot) => self.hear_claim(slot, report.mmsi, &reading),
            Bearer::Nobody => self.adopt(report.mmsi, &reading).or_else(|| self.start_by_report(&reading)),
        };
        let Some(slot) = slot else { return };
        self.give_report(slot, report, &reading);
        self.welcome_back(slot, report.mmsi, &reading);
    }

    /// A vessel that was lost and sends again goes on under its old number, if its speed allows the way it went.
    fn welcome_back(&mut self, slot: u32, mmsi: Mmsi, reading: &Reading) {
        if self.by_mmsi.get(&mmsi).is_some_and(|ids| ids.len() > 1) {
            return;
        }
        let new = self.slot(slot).is_some_and(|file| file.born == reading.time || file.hits <= 3);
        let Some(lost) = new.then(|| self.lost.recall(mmsi)).flatten() else { return };
        let seconds = reading.time.seconds_since(lost.last_seen).abs();
        let way_m = distance_m(lost.kinematics.position(), reading.position);
        if way_m <= self.config.ais.max_speed_mps * seconds + REPORT_SLACK_M {
            self.resume(slot, &lost);
        } else {
            self.give_up(&lost);
        }
    }

    /// The hull's middle, with its error, from the antenna's position.
    fn read(&self, observation: &Observation, report: &AisPosition) -> Reading {
        let config = &self.config.ais;
        let sigma = if report.accurate { config.accurate_m } else { config.coarse_m };
        // A coarse position (message 27: 1/10 minute) is off by up to half a step of 185 m.
        let step_m = report.step_deg * 111_000.0;
        let mut covariance = Matrix2::identity() * (sigma * sigma + step_m * step_m / 12.0);
        let runs_ahead = report.sog_mps.is_some_and(|sog| sog > HEADING_SPEED_MPS);
        let heading = report.heading_deg.or(if runs_ahead { report.cog_deg } else { None });
        let dimensions = self.statics.get(report.mmsi).and_then(|known| known.dimensions);
        let offset = dimensions.and_then(|d| d.antenna_to_middle_m());
        let mut middle_known = true;
        let position = match (offset, heading) {
            (Some((ahead, starboard)), Some(heading)) => {
                let (sin, cos) = Bearing::from_deg(heading).unit_vector();
                report.position.moved_m(ahead * sin + starboard * cos, ahead * cos - starboard * sin)
            }
            (Some((ahead, starboard)), None) => {
                let off = ahead.hypot(starboard);
                middle_known = off < MIDDLE_KNOWN_M;
                covariance += Matrix2::identity() * (off * off * SAME_ERROR);
                report.position
            }
            (None, heading) => {
                let unknown = match report.station {
                    AisStation::ClassA => config.unknown_antenna_m,
                    _ => config.unknown_antenna_m / 6.0,
                };
                middle_known = unknown < MIDDLE_KNOWN_M;
                let unknown = unknown * unknown * SAME_ERROR;
                covariance += match heading {
                    Some(heading) => polar_covariance(Bearing::from_deg(heading), unknown, unknown / 25.0),
                    None => Matrix2::identity() * (unknown / 2.0),
                };
                report.position
            }
        };
        let velocity = match (report.sog_mps, report.cog_deg) {
            (Some(sog), Some(cog)) if sog > COURSE_SPEED_MPS => {
                let course = Bearing::from_deg(cog);
                let (sin, cos) = course.unit_vector();
                let across = (sog * config.course_deg.to_radians()).max(config.speed_mps);
                let spread = polar_covariance(course, config.speed_mps.powi(2), across * across);
                Some((Vector2::new(sog * sin, sog * cos), spread))
            }
            (Some(sog), _) if sog <= COURSE_SPEED_MPS => {
                let spread = config.speed_mps.powi(2) + sog * sog / 2.0;
                Some((Vector2::zeros(), Matrix2::identity() * spread))
            }
            _ => None,
        };
        let (time, sensor) = (observation.time, observation.sensor);
        Reading { time, sensor, position, covariance, velocity, middle_known }
    }

    /// Which track bears this MMSI, and whether the report fits it.
    fn bearer_of(&mut self, mmsi: Mmsi, reading: &Reading) -> Bearer {
        let Some(ids) = self.by_mmsi.get(&mmsi) else { return Bearer::Nobody };
        let mut nearest: Option<(f64, f64, u32, Kinematics)> = None;
        for id in ids {
            let Some(&slot) = self.by_id.get(id) else { continue };
            let Some(file) = self.slot(slot) else { continue };
            let state = file.state_at(reading.time, &self.config);
            let distance = distance_m(state.position(), reading.position);
            let (normalised, _) = state.fit(reading.position, &reading.covariance);
            if nearest.is_none_or(|(least, ..)| distance < least) {
                nearest = Some((distance, normalised, slot, state));
            }
        }
        match nearest {
            None => Bearer::Nobody,
            Some((distance, normalised, slot, state)) => {
                // A ship that was silent may be anywhere its speed allows; the filter's own spread says so.
                if normalised > self.config.gate && distance > self.config.ais.contradiction_m {
                    return Bearer::Contradicts(slot);
                }
                // The prediction is the first half of taking the report: it need not be made twice.
                if let Some(file) = self.slot_mut(slot)
                    && state.time() > file.kinematics.time()
                {
                    file.kinematics = state;
                }
                if normalised <= self.config.gate { Bearer::Fits(slot) } else { Bearer::Strains(slot) }
            }
        }
    }

    /// A report that contradicts the track of its MMSI is kept as a claim; repeated and coherent it is believed.
    /// Returns the track that takes the report, if any does.
    fn hear_claim(&mut self, slot: u32, mmsi: Mmsi, reading: &Reading) -> Option<u32> {
        self.refusals.contradicting += 1;
        let config = self.config.ais.clone();
        let here = (reading.time, reading.position);
        let follows = |from: (EventTime, LatLon)| {
            let seconds = here.0.seconds_since(from.0).abs();
            seconds < CLAIM_S && distance_m(from.1, here.1) <= config.max_speed_mps * seconds + REPORT_SLACK_M
        };
        let file = self.slot_mut(slot)?;
        file.identity_votes.1 = file.identity_votes.1 * 0.98 + 1.0;
        let claim = match file.claim {
            Some(mut claim) if follows(claim.last) => {
                claim.last = here;
                claim.reports = claim.reports.saturating_add(1);
                claim
            }
            _ => Claim { first: here, last: here, reports: 1 },
        };
        file.claim = Some(claim);
        if claim.reports < config.claim_reports {
            return None;
        }
        file.claim = None;
        let id = file.id;
        let before = file.last_ais_told.map(|told| (told.time, told.position));
        let coherent = before.is_some_and(|(time, place)| {
            let seconds = claim.first.0.seconds_since(time).abs();
            distance_m(place, claim.first.1) <= config.max_speed_mps * seconds + REPORT_SLACK_M
        });
        let silent_since_claim = before.is_none_or(|(time, _)| time <= claim.first.0);
        let held = file.last_radar.is_some_and(|time| reading.time.seconds_since(time) < 20.0)
            || file.last_eo.is_some_and(|time| reading.time.seconds_since(time) < 20.0);
        if coherent && silent_since_claim {
            // The reports hang together: it is the track that has followed something else. It loses the name.
            self.strip_identity(slot, mmsi, id);
            return self.adopt(mmsi, reading).or_else(|| self.start_by_report(reading));
        }
        let new = self.adopt(mmsi, reading).or_else(|| self.start_by_report(reading))?;
        // Reports that jumped away from a craft that radar still holds: nothing need be where they point to.
        let ghost = silent_since_claim && held;
        if let Some(file) = self.slot_mut(new)
            && file.last_radar.is_none()
        {
            file.unproven = ghost;
        }
        if silent_since_claim && !held {
            self.strip_identity(slot, mmsi, id);
        }
        Some(new)
    }

    /// The track that takes a report which fits `slot`, its bearer: another, where the hold on the name had become doubtful and
    /// that one fits clearly better.
    fn better_bearer(&mut self, slot: u32, mmsi: Mmsi, reading: &Reading) -> u32 {
        let Some(file) = self.slot(slot) else { return slot };
        let (id, held) = (file.id, file.name_held());
        if held > SURE {
            return slot;
        }
        let (_, own) = file.state_at(reading.time, &self.config).fit(reading.position, &reading.covariance);
        match self.best_free(mmsi, reading) {
            Some((density, other)) if other != slot && (1.0 - held) * density > CLEARLY * held * own => {
                self.strip_identity(slot, mmsi, id);
                other
            }
            _ => slot,
        }
    }

    pub(super) fn strip_identity(&mut self, slot: u32, mmsi: Mmsi, id: TrackId) {
        self.forget_mmsi(mmsi, id);
        if let Some(file) = self.slot_mut(slot) {
            file.lose_name();
        }
    }

    /// Whether a track has been silent for longer than its vessel's own reports lie apart, while another sensor has held it: what
    /// sends there under another MMSI may be that vessel. Where AIS alone showed a vessel, it need not be any longer.
    fn may_be_renamed(&self, file: &TrackFile, now: EventTime) -> bool {
        let held = file.last_radar.max(file.last_eo);
        let held_since = held.zip(file.last_ais).is_some_and(|(seen, told)| seen > told);
        held_since
            && held.is_some_and(|seen| now.seconds_since(seen) < HELD_S)
            && file.ais_age_s(now) > file.silent_after_s(&self.config)
    }

    /// A track that has been seen without AIS, or under another MMSI that fell silent, and that this report fits.
    fn adopt(&mut self, mmsi: Mmsi, reading: &Reading) -> Option<u32> {
        self.best_free(mmsi, reading).map(|(_, slot)| slot)
    }

    /// The same with the density of the report's position there.
    fn best_free(&mut self, mmsi: Mmsi, reading: &Reading) -> Option<(f64, u32)> {
        let found = self.slots_near(reading.position, 800.0);
        let mut best: Option<(f64, u32)> = None;
        let mut second = 0.0_f64;
        for &slot in &found {
            let Some(file) = self.slot(slot) else { continue };
            let state = file.state_at(reading.time, &self.config);
            let (distance, density) = state.fit(reading.position, &reading.covariance);
            if distance > self.config.gate {
                continue;
            }
            let free = match file.mmsi() {
                None => true,
                Some(other) => {
                    let another_craft = runs_alike(&state, reading) || file.name_held() < SURE;
                    other != mmsi && self.may_be_renamed(file, reading.time) && another_craft
                }
            };
            if !free || !speeds_agree(&state, reading) {
                continue;
            }
            match best {
                Some((top, _)) if density <= top => second = second.max(density),
                _ => {
                    second = second.max(best.map_or(0.0, |(top, _)| top));
                    best = Some((density, slot));
                }
            }
        }
        self.done_with(found);
        // Between two that fit alike nobody can say whose name it is; the next reports will.
        best.filter(|(top, _)| *top > CLEARLY * second)
    }

    fn start_by_report(&mut self, reading: &Reading) -> Option<u32> {
        let state =
            Kinematics::start(reading.time, reading.position, reading.covariance, reading.velocity, &self.config);
        let beside = self.nearest_confirmed(reading.position, 2.5 * self.config.lifecycle.merge_m);
        let slot = self.start(state, REPORT_EXISTENCE)?;
        if let Some(file) = self.slot_mut(slot) {
            file.born_beside = beside;
        }
        Some(slot)
    }

    /// Lets a track take a report of its own vessel.
    fn give_report(&mut self, slot: u32, report: &AisPosition, reading: &Reading) {
        let Some(file) = self.slot(slot) else { return };
        let (id, before) = (file.id, file.mmsi());
        let fresh = file.hits == 1 && file.kinematics.time() == reading.time && file.last_ais.is_none();
        let born_of_it = fresh && file.last_radar.is_none();
        if !born_of_it && !self.give(slot, reading.measurement()) {
            return;
        }
        if before != Some(report.mmsi) {
            if let Some(old) = before {
                self.forget_mmsi(old, id);
            }
            self.learn_mmsi(report.mmsi, id);
        }
        let known = self.statics.get(report.mmsi).copied();
        let Some(file) = self.slot_mut(slot) else { return };
        if before != Some(report.mmsi) {
            file.identity = Identity { mmsi: Some(report.mmsi), ..Identity::default() };
            file.identity_votes = (0.0, 0.0);
            if let Some(known) = known {
                known.describe(&mut file.identity);
            }
        }
        note_report(file, report, reading);
        if std::mem::take(&mut file.is_rival) {
            self.clear_doubts_about(id, reading.position);
        }
        self.confirm_if_due(slot);
    }
}

/// Updates what a track knows of itself by a report that it took.
fn note_report(file: &mut TrackFile, report: &AisPosition, reading: &Reading) {
    file.hits += 1;
    file.existence = file.existence.max(REPORT_EXISTENCE) * 0.5 + 0.5;
    file.identity_votes = (file.identity_votes.0 * 0.98 + 1.0, file.identity_votes.1 * 0.98);
    file.identity.class_a = report.station == AisStation::ClassA;
    if report.nav_status.is_some() {
        file.identity.nav_status = report.nav_status;
    }
    if let Some(seconds) = file.last_ais.map(|last| reading.time.seconds_since(last)).filter(|seconds| *seconds > 0.0) {
        file.ais_interval_s += INTERVAL_SHARE * (seconds.min(INTERVAL_MAX_S) - file.ais_interval_s);
    }
    if file.last_ais.is_none_or(|last| reading.time >= last) {
        file.last_ais = Some(reading.time);
        file.last_ais_told = Some(Told {
            time: reading.time,
            position: reading.position,
            covariance: reading.covariance,
            velocity: reading.velocity.map(|(velocity, _)| velocity),
        });
        file.middle_known = reading.middle_known;
        file.identity.heading_deg = report.heading_deg;
    }
    file.last_seen = file.last_seen.max(reading.time);
    file.hidden_by = None;
    file.doubts.clear();
    file.went = false;
}

/// Who bears an MMSI.
enum Bearer {
    /// A track, and the report fits it.
    Fits(u32),
    /// A track that the report is near to but does not fit by the errors of both.
    Strains(u32),
    /// A track, and the report does not fit it.
    Contradicts(u32),
    /// No track.
    Nobody,
}

/// Whether the velocity of a report is one that the track may have.
fn speeds_agree(state: &Kinematics, reading: &Reading) -> bool {
    let Some((velocity, spread)) = reading.velocity else { return true };
    let own = state.gaussian();
    let off = Vector2::new(own.mean.z - velocity.x, own.mean.w - velocity.y);
    let sum = own.covariance.fixed_view::<2, 2>(2, 2) + spread + Matrix2::identity() * 0.25;
    sum.try_inverse().is_some_and(|inverse| (off.transpose() * inverse * off)[(0, 0)] < 16.0)
}

/// Whether track and report are both under way on one course: a craft that changes its name goes on as it went.
fn runs_alike(state: &Kinematics, reading: &Reading) -> bool {
    let Some((velocity, _)) = reading.velocity else { return false };
    let own = state.gaussian().mean;
    let own = Vector2::new(own.z, own.w);
    own.norm() > 1.0 && velocity.norm() > 1.0 && (own - velocity).norm() < 0.25 * own.norm().max(velocity.norm()) + 0.5
}
