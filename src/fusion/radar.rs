//! The way in for radar plots: gathered by scan sector, freed of the radar's bias, given to the tracks that they fit.

use nalgebra::{Matrix2, Vector2};
use smallvec::{SmallVec, smallvec};

use super::Fusion;
use super::associate::{Pair, marginals};
use super::clutter::ClutterMap;
use super::config::FusionConfig;
use super::measurement::{Fix, Kinematics, Measure, Measurement};
use super::registration::{Comparison, Registration};
use crate::feed::observation::{Observation, RadarPlot, RadarService};
use crate::feed::sensor::{RadarClaims, Sensor};
use crate::geodesy::{LatLon, polar_to_position, position_to_polar};
use crate::units::{Bearing, EventTime, SensorId};

/// Share of a turn within which a radar sees one craft once.
const SAME_TURN: f64 = 0.5;
/// Pairs less probable than this move no track.
const WEIGHT_MIN: f64 = 0.02;
/// Factor for a plot that bears the number under which the radar tracked the craft before; its inverse where the numbers
/// differ. A radar's tracker is right far more often than not, yet swaps where boats cross.
const NUMBER_KEPT: f64 = 10.0;
/// A pair at least this probable is taken for certain.
const CLEAR: f64 = 0.7;
/// Seconds since the last AIS report within which a track may teach a radar its bias.
const TEACHER_AIS_S: f64 = 12.0;
/// Most plots in one sector; more than that is jamming, and is worked off in parts.
const SECTOR_PLOTS_MAX: usize = 4096;

/// One radar: what it claims, what it gets wrong, and the sector that it is sweeping.
#[derive(Clone, Debug)]
pub(super) struct RadarSite {
    pub(super) sensor: SensorId,
    pub(super) name: String,
    pub(super) position: LatLon,
    pub(super) claims: RadarClaims,
    pub(super) registration: Registration,
    pub(super) clutter: ClutterMap,
    /// Plots of the sector that is being swept, bias removed.
    pending: Vec<Plot>,
    /// Latest measurement time, clock offset removed.
    pub(super) latest: EventTime,
    /// First measurement time: turns are counted from it.
    first: Option<EventTime>,
    pub(super) plots: u64,
    pub(super) foreign: f64,
    pub(super) operational: bool,
}

/// A plot freed of bias.
#[derive(Clone, Copy, Debug)]
struct Plot {
    /// Time with the clock offset removed, and as the radar said.
    time: EventTime,
    raw_time: EventTime,
    received: EventTime,
    range_m: f64,
    azimuth_deg: f64,
    raw_range_m: f64,
    raw_azimuth: Bearing,
    position: LatLon,
    covariance: Matrix2<f64>,
    /// Number of the radar's own track.
    track_number: Option<u16>,
}

impl RadarSite {
    pub(super) fn new(id: SensorId, sensor: &Sensor, config: &FusionConfig) -> Option<Self> {
        let (claims, position) = (sensor.radar?, sensor.position?);
        let radar = &config.radar;
        Some(Self {
            sensor: id,
            name: sensor.name.clone(),
            position,
            claims,
            registration: Registration::unknown(
                radar.range_bias_m,
                radar.azimuth_bias_deg,
                radar.clock_s,
                claims.sigma_range_m,
                claims.sigma_azimuth_deg,
            ),
            clutter: ClutterMap::new(claims.max_range_m, radar),
            pending: Vec::new(),
            latest: EventTime::from_millis(i64::MIN),
            first: None,
            plots: 0,
            foreign: 0.0,
            operational: true,
        })
    }

    /// Number of the turn at `time`, counted from the first plot.
    fn turn_at(&self, time: EventTime) -> u64 {
        self.first.map_or(0, |first| (time.seconds_since(first) / self.claims.scan_s).max(0.0) as u64)
    }

    /// Turns since the first plot.
    pub(super) fn turns(&self) -> u64 {
        self.turn_at(self.latest)
    }

    /// Removes bias and clock offset, and brings the measurement error east and north, with the open rest of the bias.
    fn correct(&self, observation: &Observation, plot: &RadarPlot) -> Plot {
        let range_m = plot.range_m - self.registration.range_bias_m();
        let azimuth = Bearing::from_deg(plot.azimuth_deg - self.registration.azimuth_bias_deg());
        let (open_range, open_azimuth) = self.registration.open_variance();
        let (range_scatter, azimuth_scatter) = self.registration.scatter();
        let along = range_scatter + open_range;
        let across = (azimuth_scatter + open_azimuth) * range_m * range_m;
        Plot {
            time: observation.time.plus_seconds(-self.registration.clock_offset_s()),
            raw_time: observation.time,
            received: observation.received,
            range_m,
            azimuth_deg: azimuth.deg(),
            raw_range_m: plot.range_m,
            raw_azimuth: Bearing::from_deg(plot.azimuth_deg),
            position: polar_to_position(self.position, azimuth, range_m),
            covariance: polar_covariance(azimuth, along, across),
            track_number: plot.track_number,
        }
    }
}

impl Plot {
    /// The error that the plot has as one of a series in a filter.
    fn filter_covariance(&self, radar: &RadarSite) -> Matrix2<f64> {
        match self.track_number {
            Some(_) => self.covariance * radar.registration.tracker_inflation(),
            None => self.covariance,
        }
    }
}

/// Covariance east and north (m^2) of an error with variance `along` the line of sight and `across` it.
pub(super) fn polar_covariance(azimuth: Bearing, along: f64, across: f64) -> Matrix2<f64> {
    let (sin, cos) = azimuth.unit_vector();
    let cross = (along - across) * sin * cos;
    Matrix2::new(along * sin * sin + across * cos * cos, cross, cross, along * cos * cos + across * sin * sin)
}

/// A track that stands in the sector.
struct Candidate {
    slot: u32,
    state: Kinematics,
    velocity: Vector2<f64>,
    existence: f64,
    detection: f64,
    track_number: Option<u16>,
}

impl Fusion {
    pub(super) fn take_radar_service(&mut self, observation: &Observation, service: &RadarService) {
        let Some(radar) = self.radars.get_mut(observation.sensor.index()).and_then(Option::as_mut) else {
            self.refusals.unknown_sensor += 1;
            return;
        };
        if let RadarService::Status { operational } = service {
            radar.operational = *operational;
        }
    }

    pub(super) fn take_plot(&mut self, observation: &Observation, plot: &RadarPlot) {
        let Some(radar) = self.radars.get_mut(observation.sensor.index()).and_then(Option::as_mut) else {
            self.refusals.unknown_sensor += 1;
            return;
        };
        if plot.test_target || plot.coasted {
            self.refusals.not_measured += 1;
            return;
        }
        let in_range = plot.range_m > 0.0 && plot.range_m <= radar.claims.max_range_m * 1.05;
        if !in_range || !plot.azimuth_deg.is_finite() {
            self.refusals.implausible += 1;
            return;
        }
        radar.plots += 1;
        let corrected = radar.correct(observation, plot);
        radar.first.get_or_insert(corrected.time);
        let scan_s = radar.claims.scan_s;
        if corrected.time.seconds_since(radar.latest) < -SAME_TURN * scan_s {
            self.take_late_plot(observation.sensor, &corrected);
            return;
        }
        radar.latest = radar.latest.max(corrected.time);
        let sector_s = scan_s * self.config.radar.sector_turn;
        let full = radar.pending.first().is_some_and(|first| {
            corrected.time.seconds_since(first.time).abs() > sector_s || radar.pending.len() >= SECTOR_PLOTS_MAX
        });
        if full {
            self.close_sector(observation.sensor.index());
        }
        if let Some(radar) = self.radars.get_mut(observation.sensor.index()).and_then(Option::as_mut) {
            radar.pending.push(corrected);
        }
    }

    /// Gives complete sectors to the tracks: those whose first plot was received a sector's sweep ago; all, if `all`.
    pub(super) fn close_sectors(&mut self, now: EventTime, all: bool) {
        for index in 0..self.radars.len() {
            let due = self.radars[index].as_ref().is_some_and(|radar| {
                let sector_s = radar.claims.scan_s * self.config.radar.sector_turn;
                radar.pending.first().is_some_and(|first| all || now.seconds_since(first.received) > sector_s)
            });
            if due {
                self.close_sector(index);
            }
        }
    }

    /// Associates the plots of one sector with the tracks in it.
    fn close_sector(&mut self, index: usize) {
        let Some(radar) = self.radars.get_mut(index).and_then(Option::as_mut) else { return };
        let plots = std::mem::take(&mut radar.pending);
        let (sensor, scan_s) = (radar.sensor, radar.claims.scan_s);
        let Some(middle) = plots.get(plots.len() / 2).map(|plot| plot.time) else { return };
        let candidates = self.sector_candidates(sensor, scan_s, middle, &plots);
        let pairs = self.sector_pairs(index, middle, &plots, &candidates);
        let result = marginals(candidates.len(), plots.len(), &pairs);

        let Some(radar) = self.radars.get(index).and_then(Option::as_ref) else { return };
        let mut hits: Vec<Option<(usize, f64)>> = vec![None; candidates.len()];
        let mut by_track: Vec<SmallVec<[Fix; 2]>> = vec![SmallVec::new(); candidates.len()];
        for (pair, &weight) in pairs.iter().zip(&result.pair) {
            if weight > WEIGHT_MIN {
                let plot = &plots[pair.plot];
                by_track[pair.track].push(Fix {
                    position: plot.position,
                    covariance: plot.filter_covariance(radar),
                    weight,
                });
                if weight > hits[pair.track].map_or(0.5, |(_, best)| best) {
                    hits[pair.track] = Some((pair.plot, weight));
                }
            }
        }
        for (number, candidate) in candidates.iter().enumerate() {
            if let Some((plot, weight)) = hits[number] {
                self.learn_registration(index, candidate, &plots[plot], middle, weight);
            }
            let fixes = std::mem::take(&mut by_track[number]);
            if !fixes.is_empty() {
                let seen = 1.0 - result.track_unseen[number];
                self.give_plots(sensor, candidate.slot, fixes, hits[number].map(|(plot, _)| &plots[plot]), seen);
            }
        }
        self.note_neighbours(middle, &candidates, &hits);
        for (plot, foreign) in plots.iter().zip(&result.plot_foreign) {
            self.note_foreign(index, plot, *foreign);
        }
        if let Some(radar) = self.radars.get_mut(index).and_then(Option::as_mut) {
            // The emptied vector goes back, so that the next sector does not allocate.
            let mut plots = plots;
            plots.clear();
            radar.pending = plots;
        }
    }

    /// Tracks near the plots of a sector that this radar has not yet seen in this turn.
    fn sector_candidates(
        &mut self,
        sensor: SensorId,
        scan_s: f64,
        middle: EventTime,
        plots: &[Plot],
    ) -> Vec<Candidate> {
        let mut slots: Vec<u32> = Vec::new();
        for plot in plots {
            let across = plot.covariance.trace().sqrt();
            let found = self.slots_near(plot.position, 4.0 * across + 500.0);
            slots.extend_from_slice(&found);
            self.done_with(found);
        }
        slots.sort_unstable();
        slots.dedup();
        let prior = self.config.radar.detection;
        let mut candidates = Vec::with_capacity(slots.len());
        for slot in slots {
            let Some(file) = self.slot(slot) else { continue };
            let hold = file.hold(sensor);
            if hold.is_some_and(|hold| middle.seconds_since(hold.last_hit).abs() < SAME_TURN * scan_s) {
                continue;
            }
            let state = file.state_at(middle, &self.config);
            let mean = state.gaussian().mean;
            let mut detection = hold.map_or(prior, |hold| hold.detection).clamp(0.1, 0.99);
            if file.hidden_by.is_some() {
                detection = detection.min(0.15);
            }
            let existence = file.existence.clamp(0.001, 0.9999);
            let (velocity, track_number) = (Vector2::new(mean.z, mean.w), hold.and_then(|hold| hold.track_number));
            candidates.push(Candidate { slot, state, velocity, existence, detection, track_number });
        }
        candidates
    }

    /// The pairs of a sector that lie in their gates, with their likelihood ratios.
    fn sector_pairs(&self, index: usize, middle: EventTime, plots: &[Plot], candidates: &[Candidate]) -> Vec<Pair> {
        let mut pairs = Vec::new();
        let Some(radar) = self.radars.get(index).and_then(Option::as_ref) else { return pairs };
        let birth = self.config.radar.birth;
        for (number, candidate) in candidates.iter().enumerate() {
            for (plot_number, plot) in plots.iter().enumerate() {
                // The plot is brought to the middle of the sector by the track's own velocity.
                let seconds = middle.seconds_since(plot.time);
                let moved = plot.position.moved_m(candidate.velocity.x * seconds, candidate.velocity.y * seconds);
                let (distance, density) = candidate.state.fit(moved, &plot.covariance);
                if distance > self.config.gate {
                    continue;
                }
                let clutter = radar.clutter.density(plot.range_m, plot.azimuth_deg, radar.turn_at(plot.time));
                let seen = candidate.existence * candidate.detection;
                let same_number = match (candidate.track_number, plot.track_number) {
                    (Some(known), Some(told)) if known == told => NUMBER_KEPT,
                    (Some(_), Some(_)) => 1.0 / NUMBER_KEPT,
                    _ => 1.0,
                };
                let ratio = same_number * seen * density / ((1.0 - seen).max(1e-4) * (clutter + birth));
                pairs.push(Pair { track: number, plot: plot_number, ratio });
            }
        }
        pairs
    }

    /// Lets a track take the plots that may be its own.
    fn give_plots(
        &mut self,
        sensor: SensorId,
        slot: u32,
        mut fixes: SmallVec<[Fix; 2]>,
        hit: Option<&Plot>,
        seen: f64,
    ) {
        let (scan_s, prior) = match self.radars.get(sensor.index()).and_then(Option::as_ref) {
            Some(radar) => (radar.claims.scan_s, self.config.radar.detection),
            None => return,
        };
        let now = self.now;
        // A clear case is taken whole: averaging in what probably is a neighbour's plot draws two tracks together.
        if let Some(clear) = fixes.iter().copied().find(|fix| fix.weight > CLEAR) {
            fixes.clear();
            fixes.push(Fix { weight: 1.0, ..clear });
        }
        let time =
            hit.map(|plot| plot.time).unwrap_or_else(|| self.slot(slot).map_or(now, |file| file.kinematics.time()));
        let last_seen = self.slot(slot).map_or(now, |file| file.last_seen);
        if !self.give(slot, Measurement { time, measure: Measure::Fixes(fixes.into_iter().collect()) }) {
            return;
        }
        let Some(file) = self.slot_mut(slot) else { return };
        file.existence = seen + (1.0 - seen) * file.existence;
        match hit {
            Some(plot) => {
                file.hits += 1;
                file.note_radar_hit(sensor, plot.time, scan_s, prior);
                if let Some(hold) = file.hold_mut(sensor) {
                    hold.track_number = plot.track_number.or(hold.track_number);
                }
                file.unproven = false;
            }
            // A doubtful share in a plot is no sighting.
            None => file.last_seen = last_seen,
        }
        self.confirm_if_due(slot);
    }

    /// Notes which tracks a radar saw side by side in one sector: they are not doubles of one another.
    fn note_neighbours(&mut self, time: EventTime, candidates: &[Candidate], hits: &[Option<(usize, f64)>]) {
        let reach_m = 3.0 * self.config.lifecycle.merge_m;
        let seen: SmallVec<[(u32, LatLon); 16]> = candidates
            .iter()
            .zip(hits)
            .filter_map(|(candidate, hit)| hit.map(|_| (candidate.slot, candidate.state.position())))
            .collect();
        for (number, &(a, here)) in seen.iter().enumerate() {
            for &(b, there) in &seen[number + 1..] {
                if crate::geodesy::distance_m(here, there) > reach_m {
                    continue;
                }
                let (Some(id_a), Some(id_b)) = (self.slot(a).map(|f| f.id), self.slot(b).map(|f| f.id)) else {
                    continue;
                };
                if let Some(file) = self.slot_mut(a) {
                    file.note_resolved(id_b, time);
                }
                if let Some(file) = self.slot_mut(b) {
                    file.note_resolved(id_a, time);
                }
            }
        }
    }

    /// A plot that no track explains: clutter, or a craft not yet known.
    fn note_foreign(&mut self, index: usize, plot: &Plot, foreign: f64) {
        let Some(radar) = self.radars.get_mut(index).and_then(Option::as_mut) else { return };
        let turn = radar.turn_at(plot.time);
        let clutter = radar.clutter.density(plot.range_m, plot.azimuth_deg, turn);
        radar.clutter.note(plot.range_m, plot.azimuth_deg, foreign, turn);
        radar.foreign += foreign;
        if foreign < 0.5 {
            return;
        }
        let (sensor, scan_s) = (radar.sensor, radar.claims.scan_s);
        let birth = self.config.radar.birth;
        let existence = foreign * birth / (birth + clutter);
        let state = Kinematics::start(plot.time, plot.position, plot.covariance, None, &self.config);
        let beside = self.nearest_confirmed(plot.position, 1.5 * self.config.lifecycle.merge_m);
        let prior = self.config.radar.detection;
        if let Some(slot) = self.start(state, existence)
            && let Some(file) = self.slot_mut(slot)
        {
            file.born_beside = beside;
            file.note_radar_hit(sensor, plot.time, scan_s, prior);
            if let Some(hold) = file.hold_mut(sensor) {
                hold.track_number = plot.track_number;
            }
        }
    }

    /// A plot of an earlier turn: it goes to the track that it fits at its own time, if that track lacks one.
    fn take_late_plot(&mut self, sensor: SensorId, plot: &Plot) {
        let Some(scan_s) = self.radars.get(sensor.index()).and_then(Option::as_ref).map(|radar| radar.claims.scan_s)
        else {
            return;
        };
        let found = self.slots_near(plot.position, 4.0 * plot.covariance.trace().sqrt() + 1500.0);
        let mut best: Option<(f64, u32)> = None;
        for &slot in &found {
            let Some(file) = self.slot(slot) else { continue };
            let has_plot = file.history.measurements().any(|m| {
                matches!(m.measure, Measure::Fixes(_))
                    && m.time.seconds_since(plot.time).abs() < SAME_TURN * scan_s * 0.8
            });
            if has_plot || !file.history.reaches(plot.time) {
                continue;
            }
            let (distance, density) = file.state_at(plot.time, &self.config).fit(plot.position, &plot.covariance);
            if distance <= self.config.gate && best.is_none_or(|(top, _)| density > top) {
                best = Some((density, slot));
            }
        }
        self.done_with(found);
        let Some((_, slot)) = best else {
            self.refusals.late_without_track += 1;
            return;
        };
        let fixes = smallvec![Fix { position: plot.position, covariance: plot.covariance, weight: 1.0 }];
        self.give(slot, Measurement { time: plot.time, measure: Measure::Fixes(fixes) });
    }

    /// Lets a track that AIS holds tell the radar where it should have seen it.
    fn learn_registration(&mut self, index: usize, candidate: &Candidate, plot: &Plot, middle: EventTime, weight: f64) {
        if !self.config.ablation.registration || weight < 0.9 {
            return;
        }
        let Some(file) = self.slot(candidate.slot) else { return };
        if file.ais_age_s(plot.time) > TEACHER_AIS_S || !file.middle_known || file.unproven {
            return;
        }
        let state = candidate.state.gaussian();
        let here = candidate.state.position();
        let Some(radar) = self.radars.get_mut(index).and_then(Option::as_mut) else { return };
        let sensor = radar.sensor;
        let seconds = plot.raw_time.seconds_since(middle);
        let expected = here.moved_m(candidate.velocity.x * seconds, candidate.velocity.y * seconds);
        let (azimuth, range_m) = position_to_polar(radar.position, expected);
        if range_m < 500.0 {
            return;
        }
        let (sin, cos) = azimuth.unit_vector();
        let (along, across) = (Vector2::new(sin, cos), Vector2::new(cos, -sin));
        let spread = state.covariance.fixed_view::<2, 2>(0, 0).into_owned();
        radar.registration.learn(&Comparison {
            time: plot.time,
            range_m: plot.raw_range_m - range_m,
            azimuth_rad: plot.raw_azimuth.turn_from_deg(azimuth).to_radians(),
            range_rate_mps: candidate.velocity.dot(&along),
            azimuth_rate_radps: candidate.velocity.dot(&across) / range_m,
            range_variance: (along.transpose() * spread * along)[(0, 0)],
            azimuth_variance: (across.transpose() * spread * across)[(0, 0)] / (range_m * range_m),
        });
        if plot.track_number.is_some() {
            let residual_m = plot.raw_range_m - range_m - radar.registration.range_bias_m();
            let before = self.slot_mut(candidate.slot).and_then(|file| file.hold_mut(sensor)).and_then(|hold| {
                let same = hold.track_number == plot.track_number;
                hold.residual_m.replace(residual_m).filter(|_| same)
            });
            if let (Some(before_m), Some(radar)) = (before, self.radars.get_mut(index).and_then(Option::as_mut)) {
                radar.registration.learn_correlation(before_m, residual_m);
            }
        }
    }

    /// The confirmed track nearest to a place, within `radius_m`.
    pub(super) fn nearest_confirmed(&mut self, place: LatLon, radius_m: f64) -> Option<crate::units::TrackId> {
        let found = self.slots_near(place, radius_m);
        let nearest = found
            .iter()
            .filter_map(|&slot| self.slot(slot))
            .filter(|file| file.confirmed)
            .map(|file| (crate::geodesy::distance_m(place, file.kinematics.position()), file.id))
            .filter(|(distance, _)| *distance <= radius_m)
            .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        self.done_with(found);
        nearest.map(|(_, id)| id)
    }
}
