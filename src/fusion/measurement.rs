//! A measurement as a track remembers it, and how it enters the filter.
//!
//! Positions are kept as latitude and longitude, so that a measurement can be taken again after the track has moved to
//! another plane.

use nalgebra::{Matrix2, Vector2};
use smallvec::SmallVec;

use super::config::FusionConfig;
use super::filter::{Gaussian, MultiModel, Weighted, fit2};
use super::intersection::Estimate;
use super::product::quadratic;
use crate::geodesy::{LatLon, LocalPlane, position_to_polar};
use crate::units::{Bearing, EventTime, SensorId};

/// One position among those that may be a track's.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Fix {
    /// Where.
    pub position: LatLon,
    /// Covariance east and north, square metres.
    pub covariance: Matrix2<f64>,
    /// Probability that it is this track's.
    pub weight: f64,
}

/// What a measurement says.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Measure {
    /// Radar plots or ranged camera detections, with the probability that each is this track's.
    Fixes(SmallVec<[Fix; 1]>),
    /// An AIS report: position, and velocity if the report has it.
    Report {
        /// The middle of the hull.
        position: LatLon,
        /// Covariance of the position, square metres.
        covariance: Matrix2<f64>,
        /// Velocity east and north in m/s with its covariance.
        velocity: Option<(Vector2<f64>, Matrix2<f64>)>,
    },
    /// A bearing without range.
    Bearing {
        /// Where the camera stands.
        site: LatLon,
        /// Azimuth at the site, bias removed.
        azimuth: Bearing,
        /// One sigma in radians, with what the bias estimate leaves open.
        sigma_rad: f64,
        /// Probability that it is this track's.
        weight: f64,
    },
    /// What another system has made of measurements that are not known here.
    Estimate {
        /// The middle of the hull.
        position: LatLon,
        /// Covariance of the position, square metres.
        covariance: Matrix2<f64>,
        /// Velocity east and north in m/s with its covariance.
        velocity: Option<(Vector2<f64>, Matrix2<f64>)>,
        /// Probability that it is this track's.
        weight: f64,
    },
}

/// A measurement with its time.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Measurement {
    /// When it was made, clock offset removed.
    pub time: EventTime,
    /// Which sensor made it.
    pub sensor: SensorId,
    /// What it says.
    pub measure: Measure,
}

/// Where a craft is and how it moves: the filter, the plane that it runs in and the instant that it holds for.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Kinematics {
    plane: LocalPlane,
    filter: MultiModel,
    time: EventTime,
}

impl Kinematics {
    /// The state after a first position, with a velocity if it is known.
    pub fn start(
        time: EventTime,
        position: LatLon,
        covariance: Matrix2<f64>,
        velocity: Option<(Vector2<f64>, Matrix2<f64>)>,
        config: &FusionConfig,
    ) -> Self {
        let plane = LocalPlane::containing(position);
        let (east, north) = plane.to_plane(position);
        let interacting = config.ablation.interacting_models;
        let filter = MultiModel::new(Vector2::new(east, north), covariance, velocity, &config.motion, interacting);
        Self { plane, filter, time }
    }

    /// The instant that the state holds for.
    pub fn time(&self) -> EventTime {
        self.time
    }

    /// The middle of the hull.
    pub fn position(&self) -> LatLon {
        let mean = self.filter.mean();
        self.plane.to_position(mean.x, mean.y)
    }

    /// Speed over ground in m/s.
    pub fn speed_mps(&self) -> f64 {
        let mean = self.filter.mean();
        mean.z.hypot(mean.w)
    }

    /// Position (metres in the plane), velocity and covariance as one Gaussian.
    pub fn gaussian(&self) -> Gaussian {
        self.filter.combined()
    }

    /// The plane that [`Self::gaussian`] is in.
    pub fn plane(&self) -> &LocalPlane {
        &self.plane
    }

    /// Probability that the craft lies still.
    pub fn still_probability(&self) -> f64 {
        self.filter.still_probability()
    }

    /// Lets time pass up to `time`; an earlier time changes nothing.
    pub fn advance(&mut self, time: EventTime, config: &FusionConfig) {
        let seconds = time.seconds_since(self.time);
        if seconds <= 0.0 {
            return;
        }
        self.filter.predict(seconds, &config.motion, config.ablation.interacting_models);
        self.time = time;
        let here = self.position();
        if self.plane.is_far(here) {
            let (from, to) = (self.plane, LocalPlane::containing(here));
            self.filter.translate(|east, north| to.to_plane(from.to_position(east, north)));
            self.plane = to;
        }
    }

    /// The state at `time` without changing this one.
    #[must_use]
    pub fn at(&self, time: EventTime, config: &FusionConfig) -> Self {
        let mut later = *self;
        later.advance(time, config);
        later
    }

    /// The state at `time` of a craft that has lain still since.
    #[must_use]
    pub fn resting(&self, time: EventTime, config: &FusionConfig) -> Self {
        let seconds = time.seconds_since(self.time);
        if seconds <= 0.0 {
            return *self;
        }
        let mut later = *self;
        later.filter.rest(seconds, &config.motion);
        later.time = time;
        later
    }

    /// Takes a measurement; one older than the state is taken at the state's own time.
    pub fn take(&mut self, measurement: &Measurement, config: &FusionConfig) {
        self.advance(measurement.time, config);
        match &measurement.measure {
            Measure::Fixes(fixes) => {
                let weighted: SmallVec<[Weighted; 4]> = fixes
                    .iter()
                    .map(|fix| {
                        let (east, north) = self.plane.to_plane(fix.position);
                        let position = Vector2::new(east, north);
                        Weighted { position, covariance: fix.covariance, weight: fix.weight }
                    })
                    .collect();
                match weighted.as_slice() {
                    [only] if only.weight > 0.999 => {
                        self.filter.update((only.position, &only.covariance), None);
                    }
                    several => self.filter.update_weighted(several),
                }
            }
            Measure::Report { position, covariance, velocity } => {
                let (east, north) = self.plane.to_plane(*position);
                let velocity = velocity.as_ref().map(|(speed, spread)| (*speed, spread));
                self.filter.update((Vector2::new(east, north), covariance), velocity);
            }
            Measure::Estimate { position, covariance, velocity, weight } => {
                let (east, north) = self.plane.to_plane(*position);
                let position = Vector2::new(east, north);
                let estimate = Estimate { position, covariance: *covariance, velocity: *velocity };
                self.filter.intersect(&estimate, *weight);
            }
            Measure::Bearing { site, azimuth, sigma_rad, weight } => {
                let (east, north) = self.plane.to_plane(*site);
                let flat = self.flat_azimuth(*site, *azimuth);
                self.filter.update_bearing(Vector2::new(east, north), flat, *sigma_rad, *weight);
            }
        }
    }

    /// The azimuth in the plane for which the craft would be seen in `azimuth` at the site: differs from it by the
    /// convergence of the meridians and by the scale of the plane.
    fn flat_azimuth(&self, site: LatLon, azimuth: Bearing) -> f64 {
        let (seen, _) = position_to_polar(site, self.position());
        let mean = self.filter.mean();
        let (east, north) = self.plane.to_plane(site);
        (mean.x - east).atan2(mean.y - north) + azimuth.turn_from_deg(seen).to_radians()
    }

    /// How well a position fits: squared Mahalanobis distance, and density of the innovation in 1/m^2.
    pub fn fit(&self, position: LatLon, covariance: &Matrix2<f64>) -> (f64, f64) {
        self.expected().fit(position, Vector2::zeros(), covariance)
    }

    /// What is asked of the state when several positions are held against it.
    pub fn expected(&self) -> Expected {
        let state = self.filter.combined();
        Expected { plane: self.plane, state }
    }
}

/// Where a craft is expected: a state with its models taken together once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    plane: LocalPlane,
    /// Position (metres in the plane), velocity and covariance.
    pub state: Gaussian,
}

impl Expected {
    /// The middle of the hull.
    pub fn position(&self) -> LatLon {
        self.plane.to_position(self.state.mean.x, self.state.mean.y)
    }

    /// Velocity east and north, m/s.
    pub fn velocity(&self) -> Vector2<f64> {
        Vector2::new(self.state.mean.z, self.state.mean.w)
    }

    /// How alike two states of one instant are in place and velocity: 1 where they are the same, near 0 where their errors leave
    /// no doubt that they are two.
    pub fn likeness(&self, other: &Self) -> f64 {
        let (mine, theirs) = (&self.state, &other.state);
        let (east, north) = self.plane.to_plane(other.position());
        let mut off = theirs.mean - mine.mean;
        off.x = east - mine.mean.x;
        off.y = north - mine.mean.y;
        let spread = mine.covariance + theirs.covariance;
        spread.try_inverse().map_or(0.0, |inverse| (-0.5 * quadratic(&off, &inverse)).exp())
    }

    /// How well a position that is first moved by `moved_m` east and north fits: squared Mahalanobis distance, and density of
    /// the innovation in 1/m^2.
    pub fn fit(&self, position: LatLon, moved_m: Vector2<f64>, covariance: &Matrix2<f64>) -> (f64, f64) {
        let (east, north) = self.plane.to_plane(position);
        let off = Vector2::new(east - self.state.mean.x, north - self.state.mean.y) + moved_m;
        let spread = self.state.covariance.fixed_view::<2, 2>(0, 0) + covariance;
        fit2(&off, &spread)
    }
}
