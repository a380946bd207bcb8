//! One scan sector: which of its plots belong to which track, and what the rest is.

use nalgebra::Vector2;
use smallvec::SmallVec;

use super::Fusion;
use super::associate::{Pair, marginals};
use super::measurement::{Expected, Fix, Kinematics, Measure, Measurement};
use super::nearby::{Nearby, SECTOR_DRIFT_M};
use super::radar::{Plot, RadarSite, SAME_TURN};
use super::registration::Comparison;
use crate::geodesy::{LatLon, distance_m, metres_per_degree, position_to_polar};
use crate::units::{EventTime, SensorId};

/// Pairs less probable than this move no track.
const WEIGHT_MIN: f64 = 0.02;
/// Factor for a plot that bears the number under which the radar tracked the craft before; its inverse where the numbers
/// differ. A radar's tracker is right far more often than not, yet swaps where boats cross.
const NUMBER_KEPT: f64 = 10.0;
/// A pair at least this probable is taken for certain.
const CLEAR: f64 = 0.7;
/// Seconds since the last AIS report within which a track may teach a radar its bias.
const TEACHER_AIS_S: f64 = 12.0;
/// A craft is under way without doubt that lies still with no more than this probability and makes more than this, m/s.
const UNDER_WAY_STILL: f64 = 0.05;
const UNDER_WAY_MPS: f64 = 1.5;
/// Nothing is surer than this to exist: long tracks end too.
const EXISTENCE_MAX: f64 = 0.9999;
/// Age in seconds up to which a track ends with that of the one radar which holds it: false tracks of a radar's own tracker are
/// over within a minute or two.
const GIVEN_UP_S: f64 = 120.0;
/// Stands for a track near a plot that is no candidate.
const NO_CANDIDATE: u32 = u32::MAX;
/// Existence of every track while existence is not weighed.
const UNWEIGHED_EXISTENCE: f64 = 0.9;

/// A track that stands in the sector.
pub(super) struct Candidate {
    pub(super) slot: u32,
    /// Where it is expected in the middle of the sector, and the same as a position.
    pub(super) expected: Expected,
    place: LatLon,
    /// How far from there its gate reaches at most by its own error, metres.
    reach_m: f64,
    existence: f64,
    detection: f64,
    track_number: Option<u16>,
}

impl Fusion {
    /// Associates the plots of one sector with the tracks in it.
    pub(super) fn close_sector(&mut self, index: usize) {
        let Some(radar) = self.radars.get_mut(index).and_then(Option::as_mut) else { return };
        let plots = std::mem::take(&mut radar.pending);
        let (sensor, scan_s) = (radar.sensor, radar.claims.scan_s);
        let Some(middle) = plots.get(plots.len() / 2).map(|plot| plot.time) else { return };
        let (candidates, near_plot) = self.sector_candidates(sensor, scan_s, middle, &plots);
        let pairs = self.sector_pairs(index, middle, &plots, &candidates, &near_plot);
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
        self.doubt_names(middle, &candidates, &pairs, &result.pair);
        for (number, candidate) in candidates.iter().enumerate() {
            if let Some((plot, weight)) = hits[number] {
                self.learn_registration(index, candidate, &plots[plot], middle, weight);
            }
            let fixes = std::mem::take(&mut by_track[number]);
            if !fixes.is_empty() {
                let seen = 1.0 - result.track_unseen[number];
                let hit = hits[number].map(|(plot, _)| &plots[plot]);
                self.give_plots(sensor, candidate.slot, fixes, hit, seen);
                let own = |plot: &Plot| candidate.track_number.is_none_or(|number| plot.track_number == Some(number));
                if hit.is_some_and(|plot| plot.given_up && own(plot)) {
                    self.heed_end(candidate.slot);
                }
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

    /// Tracks near the plots of a sector that this radar has not yet seen in this turn, by slot; and for each plot the
    /// places in that list of those near it, ascending.
    fn sector_candidates(
        &self,
        sensor: SensorId,
        scan_s: f64,
        middle: EventTime,
        plots: &[Plot],
    ) -> (Vec<Candidate>, Vec<SmallVec<[u32; 8]>>) {
        let mut nearby = Nearby::new(self, middle);
        let mut near_plot: Vec<SmallVec<[u32; 8]>> =
            plots.iter().map(|plot| nearby.of_plot(plot.position, plot.covariance.trace().sqrt())).collect();
        let mut is_near = vec![false; nearby.len()];
        near_plot.iter().flatten().for_each(|&number| is_near[number as usize] = true);
        let mut met: Vec<(u32, u32)> = (0..nearby.len() as u32)
            .filter(|&number| is_near[number as usize])
            .filter_map(|number| Some((nearby.slot(number)?, number)))
            .collect();
        met.sort_unstable();
        let weighed = self.config.ablation.existence;
        let mut candidates = Vec::with_capacity(met.len());
        let mut place_of = vec![NO_CANDIDATE; nearby.len()];
        for (slot, number) in met {
            let Some(file) = self.slot(slot) else { continue };
            let hold = file.hold(sensor);
            // A hidden craft has no plot of its own; when it parts, a new track begins and is recognised as it.
            if file.hidden_by.is_some() {
                continue;
            }
            if hold.is_some_and(|hold| middle.seconds_since(hold.last_hit).abs() < SAME_TURN * scan_s) {
                continue;
            }
            let expected = file.state_at(middle, &self.config).expected();
            let existence = if weighed { file.existence.clamp(0.001, 0.9999) } else { UNWEIGHED_EXISTENCE };
            let track_number = hold.and_then(|hold| hold.track_number);
            let place = expected.position();
            let known = hold.filter(|_| weighed).map(|hold| hold.detection);
            let detection = known.unwrap_or_else(|| self.expected_detection(sensor, place)).clamp(0.1, 0.99);
            let reach_m = 4.0 * expected.state.covariance.fixed_view::<2, 2>(0, 0).trace().sqrt();
            place_of[number as usize] = candidates.len() as u32;
            candidates.push(Candidate { slot, expected, place, reach_m, existence, detection, track_number });
        }
        for near in &mut near_plot {
            near.iter_mut().for_each(|number| *number = place_of[*number as usize]);
            near.retain(|place| *place != NO_CANDIDATE);
            near.sort_unstable();
        }
        (candidates, near_plot)
    }

    /// Detection probability of a craft at this place that the radar has not yet seen.
    fn expected_detection(&self, sensor: SensorId, place: LatLon) -> f64 {
        match self.radars.get(sensor.index()).and_then(Option::as_ref) {
            Some(radar) if self.config.ablation.existence => {
                let (range_m, azimuth_deg) = radar.cell_of(place);
                radar.detection.probability(range_m, azimuth_deg)
            }
            _ => self.config.radar.detection,
        }
    }

    /// The pairs of a sector that lie in their gates, with their likelihood ratios.
    fn sector_pairs(
        &self,
        index: usize,
        middle: EventTime,
        plots: &[Plot],
        candidates: &[Candidate],
        near_plot: &[SmallVec<[u32; 8]>],
    ) -> Vec<Pair> {
        let mut pairs = Vec::new();
        let Some(radar) = self.radars.get(index).and_then(Option::as_ref) else { return pairs };
        let birth = self.config.radar.birth;
        let scale = metres_per_degree(radar.position.lat_deg);
        for (plot_number, (plot, near)) in plots.iter().zip(near_plot).enumerate() {
            let plot_reach_m = 4.0 * plot.covariance.trace().sqrt() + SECTOR_DRIFT_M;
            let seconds = middle.seconds_since(plot.time);
            let mut clutter = None;
            for &number in near {
                let candidate = &candidates[number as usize];
                // A rough look, before the matrices: most neighbours are far outside the gate.
                let north_m = (candidate.place.lat_deg - plot.position.lat_deg) * scale.lat_m;
                let east_m = (candidate.place.lon_deg - plot.position.lon_deg) * scale.lon_m;
                let reach_m = plot_reach_m + candidate.reach_m;
                if north_m * north_m + east_m * east_m > reach_m * reach_m {
                    continue;
                }
                // The plot is brought to the middle of the sector by the track's own velocity.
                let moved_m = candidate.expected.velocity() * seconds;
                let (distance, density) = candidate.expected.fit(plot.position, moved_m, &plot.covariance);
                if distance > self.config.gate {
                    continue;
                }
                let clutter = *clutter.get_or_insert_with(|| self.clutter_at(radar, plot));
                let seen = candidate.existence * candidate.detection;
                let same_number = match (candidate.track_number, plot.track_number) {
                    (Some(known), Some(told)) if known == told => NUMBER_KEPT,
                    (Some(_), Some(_)) => 1.0 / NUMBER_KEPT,
                    _ => 1.0,
                };
                let ratio = same_number * seen * density / ((1.0 - seen).max(1e-4) * (clutter + birth));
                pairs.push(Pair { track: number as usize, plot: plot_number, ratio });
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
        let Some(scan_s) = self.radars.get(sensor.index()).and_then(Option::as_ref).map(|radar| radar.claims.scan_s)
        else {
            return;
        };
        let prior = hit.map_or(self.config.radar.detection, |plot| self.expected_detection(sensor, plot.position));
        let now = self.now;
        // A clear case is taken whole: averaging in what probably is a neighbour's plot draws two tracks together.
        if let Some(clear) = fixes.iter().copied().find(|fix| fix.weight > CLEAR) {
            fixes.clear();
            fixes.push(Fix { weight: 1.0, ..clear });
        }
        let time =
            hit.map(|plot| plot.time).unwrap_or_else(|| self.slot(slot).map_or(now, |file| file.kinematics.time()));
        let last_seen = self.slot(slot).map_or(now, |file| file.last_seen);
        if !self.give(slot, Measurement { time, sensor, measure: Measure::Fixes(fixes.into_iter().collect()) }) {
            return;
        }
        let Some(file) = self.slot_mut(slot) else { return };
        file.went |=
            file.kinematics.still_probability() < UNDER_WAY_STILL && file.kinematics.speed_mps() > UNDER_WAY_MPS;
        file.existence = (seen + (1.0 - seen) * file.existence).min(EXISTENCE_MAX);
        match hit {
            Some(plot) => {
                file.hits += 1;
                let confirmed = file.confirmed;
                file.note_radar_hit(sensor, plot.time, scan_s, prior);
                if let Some(hold) = file.hold_mut(sensor) {
                    hold.track_number = plot.track_number.or(hold.track_number);
                }
                file.note_proof();
                if confirmed && let Some(radar) = self.radars.get_mut(sensor.index()).and_then(Option::as_mut) {
                    radar.detection.note(plot.range_m, plot.azimuth_deg, true);
                }
            }
            // A doubtful share in a plot is no sighting.
            None => {
                file.last_seen = last_seen;
                self.replace_in_grid(slot);
            }
        }
        self.confirm_if_due(slot);
    }

    /// A radar that ends a young track of its own while it still measures it has found that it is no craft. What others hold,
    /// or what has lasted, goes on: its end is for the tracker here to judge.
    fn heed_end(&mut self, slot: u32) {
        let Some(file) = self.slot(slot) else { return };
        let alone = file.radars.len() == 1 && file.last_ais.or(file.last_eo).or(file.last_report).is_none();
        if alone && file.last_seen.seconds_since(file.born) <= GIVEN_UP_S {
            self.end(slot, None);
        }
    }

    /// Notes which tracks a radar saw side by side in one sector: they are not doubles of one another.
    fn note_neighbours(&mut self, time: EventTime, candidates: &[Candidate], hits: &[Option<(usize, f64)>]) {
        let reach_m = 3.0 * self.config.lifecycle.merge_m;
        let mut seen: Vec<(u32, LatLon)> = candidates
            .iter()
            .zip(hits)
            .filter_map(|(candidate, hit)| hit.map(|_| (candidate.slot, candidate.place)))
            .collect();
        // From south to north, so that a crowded sector is not compared track by track with all the others.
        seen.sort_unstable_by(|a, b| a.1.lat_deg.total_cmp(&b.1.lat_deg).then(a.0.cmp(&b.0)));
        let reach_deg = reach_m / metres_per_degree(0.0).lat_m;
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        for (number, &(a, here)) in seen.iter().enumerate() {
            let north = seen[number + 1..].iter().take_while(|(_, there)| there.lat_deg - here.lat_deg <= reach_deg);
            pairs.extend(
                north.filter(|(_, there)| distance_m(here, *there) <= reach_m).map(|&(b, _)| (a.min(b), a.max(b))),
            );
        }
        // In the order of the slots: what a track remembers of its neighbours is bounded, and the order tells what stays.
        pairs.sort_unstable();
        for (a, b) in pairs {
            let (Some(id_a), Some(id_b)) = (self.slot(a).map(|f| f.id), self.slot(b).map(|f| f.id)) else { continue };
            if let Some(file) = self.slot_mut(a) {
                file.note_resolved(id_b, time);
            }
            if let Some(file) = self.slot_mut(b) {
                file.note_resolved(id_a, time);
            }
        }
    }

    /// A plot that no track explains: clutter, or a craft not yet known.
    fn note_foreign(&mut self, index: usize, plot: &Plot, foreign: f64) {
        let Some(radar) = self.radars.get(index).and_then(Option::as_ref) else { return };
        let (turn, clutter) = (radar.turn_at(plot.time), self.clutter_at(radar, plot));
        let Some(radar) = self.radars.get_mut(index).and_then(Option::as_mut) else { return };
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
        let prior = self.expected_detection(sensor, plot.position);
        let Some(slot) = self.start(state, existence) else { return };
        self.note_birth(slot, plot.time, sensor, plot.position);
        if let Some(file) = self.slot_mut(slot) {
            file.born_beside = beside;
            file.note_radar_hit(sensor, plot.time, scan_s, prior);
            if let Some(hold) = file.hold_mut(sensor) {
                hold.track_number = plot.track_number;
            }
        }
    }

    /// False plots for each square metre and turn where this plot lies.
    fn clutter_at(&self, radar: &RadarSite, plot: &Plot) -> f64 {
        if self.config.ablation.existence {
            radar.clutter.density(plot.range_m, plot.azimuth_deg, radar.turn_at(plot.time))
        } else {
            self.config.radar.clutter
        }
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
        let (here, velocity) = (candidate.place, candidate.expected.velocity());
        let Some(radar) = self.radars.get_mut(index).and_then(Option::as_mut) else { return };
        let sensor = radar.sensor;
        let seconds = plot.raw_time.seconds_since(middle);
        let expected = here.moved_m(velocity.x * seconds, velocity.y * seconds);
        let (azimuth, range_m) = position_to_polar(radar.position, expected);
        if range_m < 500.0 {
            return;
        }
        let (sin, cos) = azimuth.unit_vector();
        let (along, across) = (Vector2::new(sin, cos), Vector2::new(cos, -sin));
        let spread = candidate.expected.state.covariance.fixed_view::<2, 2>(0, 0).into_owned();
        radar.registration.learn(&Comparison {
            time: plot.time,
            range_m: plot.raw_range_m - range_m,
            azimuth_rad: plot.raw_azimuth.turn_from_deg(azimuth).to_radians(),
            range_rate_mps: velocity.dot(&along),
            azimuth_rate_radps: velocity.dot(&across) / range_m,
            range_variance: (along.transpose() * spread * along)[(0, 0)] + plot.rounding.0,
            azimuth_variance: (across.transpose() * spread * across)[(0, 0)] / (range_m * range_m) + plot.rounding.1,
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
}
