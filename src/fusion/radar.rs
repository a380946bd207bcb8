//! The way in for radar plots: gathered by scan sector, freed of the radar's bias, given to the tracks that they fit.

use nalgebra::Matrix2;
use smallvec::smallvec;

use super::Fusion;
use super::clutter::ClutterMap;
use super::config::FusionConfig;
use super::detection::DetectionMap;
use super::measurement::{Fix, Measure, Measurement};
use super::registration::Registration;
use crate::feed::observation::{Observation, RadarPlot, RadarService};
use crate::feed::sensor::{RadarClaims, Sensor};
use crate::geodesy::{LatLon, metres_per_degree, polar_to_position};
use crate::units::{Bearing, EventTime, SensorId, TrackId};

/// Share of a turn within which a radar sees one craft once.
pub(super) const SAME_TURN: f64 = 0.5;
/// Most plots in one sector; more than that is jamming, and is worked off in parts.
const SECTOR_PLOTS_MAX: usize = 4096;

/// One radar: what it claims, what it gets wrong, and the sector that it is sweeping.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct RadarSite {
    pub(super) sensor: SensorId,
    pub(super) name: String,
    pub(super) position: LatLon,
    pub(super) claims: RadarClaims,
    pub(super) registration: Registration,
    pub(super) clutter: ClutterMap,
    pub(super) detection: DetectionMap,
    /// Plots of the sector that is being swept, bias removed.
    pub(super) pending: Vec<Plot>,
    /// Latest measurement time, clock offset removed.
    pub(super) latest: EventTime,
    /// First measurement time: turns are counted from it.
    first: Option<EventTime>,
    pub(super) plots: u64,
    pub(super) foreign: f64,
    pub(super) operational: bool,
}

/// A plot freed of bias.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Plot {
    /// Time with the clock offset removed, and as the radar said.
    pub(super) time: EventTime,
    pub(super) raw_time: EventTime,
    pub(super) received: EventTime,
    pub(super) range_m: f64,
    pub(super) azimuth_deg: f64,
    pub(super) raw_range_m: f64,
    pub(super) raw_azimuth: Bearing,
    pub(super) position: LatLon,
    pub(super) covariance: Matrix2<f64>,
    /// Variance that the wire format's steps add to range (m^2) and azimuth (rad^2).
    pub(super) rounding: (f64, f64),
    /// Number of the radar's own track.
    pub(super) track_number: Option<u16>,
    /// The radar gives that track up with this plot, although it has measured it.
    pub(super) given_up: bool,
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
            detection: DetectionMap::new(claims.max_range_m, radar),
            pending: Vec::new(),
            latest: EventTime::from_millis(i64::MIN),
            first: None,
            plots: 0,
            foreign: 0.0,
            operational: true,
        })
    }

    /// Range in metres and azimuth in degrees of a place, in the flat: good to say which cell it lies in.
    pub(super) fn cell_of(&self, place: LatLon) -> (f64, f64) {
        let scale = metres_per_degree(self.position.lat_deg);
        let east_m = (place.lon_deg - self.position.lon_deg) * scale.lon_m;
        let north_m = (place.lat_deg - self.position.lat_deg) * scale.lat_m;
        (east_m.hypot(north_m), east_m.atan2(north_m).to_degrees())
    }

    /// Covariance east and north (m^2) at a place of what is still open in this radar's bias: the same in each plot.
    pub(super) fn open_error(&self, place: LatLon) -> Matrix2<f64> {
        let (range_m, azimuth_deg) = self.cell_of(place);
        let (along, across) = self.registration.open_variance();
        polar_covariance(Bearing::from_deg(azimuth_deg), along, across * range_m * range_m)
    }

    /// Number of the turn at `time`, counted from the first plot.
    pub(super) fn turn_at(&self, time: EventTime) -> u64 {
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
        let rounding = (plot.rounding.range_m.powi(2), plot.rounding.azimuth_deg.to_radians().powi(2));
        let along = range_scatter + open_range + rounding.0;
        let across = (azimuth_scatter + open_azimuth + rounding.1) * range_m * range_m;
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
            rounding,
            track_number: plot.track_number,
            given_up: plot.track_ended && plot.track_number.is_some(),
        }
    }
}

impl Plot {
    /// The error that the plot has as one of a series in a filter.
    pub(super) fn filter_covariance(&self, radar: &RadarSite) -> Matrix2<f64> {
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
        self.give(slot, Measurement { time: plot.time, sensor, measure: Measure::Fixes(fixes) });
    }

    /// The confirmed track nearest to a place, within `radius_m`.
    pub(super) fn nearest_confirmed(&self, place: LatLon, radius_m: f64) -> Option<TrackId> {
        let confirmed = self.within(place, radius_m).filter(|(_, _, file)| file.confirmed);
        let nearest = confirmed.map(|(_, distance, file)| (distance, file.id));
        nearest.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))).map(|(_, id)| id)
    }
}
