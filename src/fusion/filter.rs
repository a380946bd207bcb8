//! The kinematic filter of one track: three motion models that take turns.
//!
//! State vector: metres east and north of the plane's anchor, metres a second east and north. Radar and AIS positions
//! enter as converted measurements (linear update); a bearing alone enters as a one-dimensional extended update. The
//! bias of the conversion, `range * sigma_azimuth^2 / 2`, is 0.3 m at 40 km and 0.2 degrees.
//!
//! Source: H. Blom and Y. Bar-Shalom, "The interacting multiple model algorithm for systems with Markovian switching
//! coefficients", IEEE Trans. Automatic Control 33(8), 1988; weighted updates after Y. Bar-Shalom and E. Tse's PDA.

use nalgebra::{Matrix2, Matrix4, SMatrix, Vector2, Vector4};
use smallvec::SmallVec;

use super::config::MotionConfig;
use super::intersection::Estimate;
use super::product::{outer, quadratic};

/// How many motion models there are: cruise, manoeuvre, still.
pub const MODELS: usize = 3;
/// Place of the model of a craft that lies still.
pub const STILL: usize = 2;

/// A mean and a covariance of position (m) and velocity (m/s).
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Gaussian {
    /// East, north, east speed, north speed.
    pub mean: Vector4<f64>,
    /// Covariance in the same order.
    pub covariance: Matrix4<f64>,
}

/// How well a measurement of two numbers fitted.
pub(super) struct Fit {
    /// Squared Mahalanobis distance of the innovation.
    pub(super) distance: f64,
    /// Determinant of its covariance.
    pub(super) determinant: f64,
}

impl Fit {
    /// Density of the innovation, of one measurement.
    pub(super) fn density(&self) -> f64 {
        (-0.5 * self.distance).exp() / (std::f64::consts::TAU * self.determinant.sqrt())
    }
}

impl Gaussian {
    /// Takes a measurement of two numbers of the state, those from `FIRST` on. `None`, and nothing taken, when its covariance
    /// cannot be one.
    pub(super) fn take<const FIRST: usize>(&mut self, (measured, noise): (Vector2<f64>, &Matrix2<f64>)) -> Option<Fit> {
        let (mean, columns, noise) = (&mut self.mean.data.0[0], &mut self.covariance.data.0, &noise.data.0);
        let seen = [columns[FIRST], columns[FIRST + 1]];
        let spread = [seen[0][FIRST] + noise[0][0], seen[0][FIRST + 1] + noise[0][1], seen[1][FIRST + 1] + noise[1][1]];
        let determinant = spread[0] * spread[2] - spread[1] * spread[1];
        if determinant.is_nan() || determinant <= 0.0 {
            return None;
        }
        let inverse = [spread[2] / determinant, -spread[1] / determinant, spread[0] / determinant];
        let off = [measured.x - mean[FIRST], measured.y - mean[FIRST + 1]];
        let gain = [0, 1].map(|of| {
            std::array::from_fn::<f64, 4, _>(|row| seen[0][row] * inverse[of] + seen[1][row] * inverse[of + 1])
        });
        for row in 0..4 {
            mean[row] += gain[0][row] * off[0] + gain[1][row] * off[1];
        }
        // One half is worked out and written to both, so that the covariance stays symmetric over years of updates.
        for column in 0..4 {
            for row in column..4 {
                let left = columns[column][row] - gain[0][row] * seen[0][column] - gain[1][row] * seen[1][column];
                columns[column][row] = left;
                columns[row][column] = left;
            }
        }
        let distance = off[0] * (off[0] * inverse[0] + 2.0 * off[1] * inverse[1]) + off[1] * off[1] * inverse[2];
        Some(Fit { distance, determinant })
    }
}

/// A position with its covariance and the probability that it is this track's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weighted {
    /// East and north in metres.
    pub position: Vector2<f64>,
    /// Covariance in square metres.
    pub covariance: Matrix2<f64>,
    /// Probability of the association, 0 to 1.
    pub weight: f64,
}

/// Three models, each with its own Gaussian, and how probable each is.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct MultiModel {
    models: [Gaussian; MODELS],
    probability: [f64; MODELS],
}

impl MultiModel {
    /// A craft of which one position is known, and its velocity if `velocity` is given with its covariance.
    pub fn new(
        position: Vector2<f64>,
        covariance: Matrix2<f64>,
        velocity: Option<(Vector2<f64>, Matrix2<f64>)>,
        config: &MotionConfig,
        interacting: bool,
    ) -> Self {
        let unknown = Matrix2::identity() * config.unknown_speed_mps.powi(2);
        let (speed, speed_covariance) = velocity.unwrap_or((Vector2::zeros(), unknown));
        let mut moving =
            Gaussian { mean: Vector4::new(position.x, position.y, speed.x, speed.y), covariance: Matrix4::zeros() };
        moving.covariance.fixed_view_mut::<2, 2>(0, 0).copy_from(&covariance);
        moving.covariance.fixed_view_mut::<2, 2>(2, 2).copy_from(&speed_covariance);
        let mut still = moving;
        make_still(&mut still, config);
        let mut born = Self {
            models: [moving, moving, still],
            probability: if interacting { [0.45, 0.3, 0.25] } else { [1.0, 0.0, 0.0] },
        };
        if let (Some(_), true) = (velocity, interacting) {
            let likelihood = gauss2(&speed, &(speed_covariance + still.covariance.fixed_view::<2, 2>(2, 2)));
            let moving_prior = gauss2(&speed, &unknown);
            born.weigh([moving_prior, moving_prior, likelihood]);
        }
        born
    }

    /// Probability that the craft lies still.
    pub fn still_probability(&self) -> f64 {
        self.probability[STILL]
    }

    /// The mean of the three models together.
    pub fn mean(&self) -> Vector4<f64> {
        let mut mean = Vector4::zeros();
        for (model, p) in self.models.iter().zip(self.probability) {
            mean += model.mean * p;
        }
        mean
    }

    /// The three models together as one Gaussian (moment matching).
    pub fn combined(&self) -> Gaussian {
        let mean = self.mean();
        let mut covariance = Matrix4::zeros();
        for (model, p) in self.models.iter().zip(self.probability) {
            let off = model.mean - mean;
            covariance += (model.covariance + outer(&off)) * p;
        }
        Gaussian { mean, covariance }
    }

    /// Lets `seconds` pass.
    pub fn predict(&mut self, seconds: f64, config: &MotionConfig, interacting: bool) {
        if seconds <= 0.0 {
            return;
        }
        if interacting {
            self.mix(seconds, config);
        }
        for (index, model) in self.models.iter_mut().enumerate() {
            match index {
                STILL => {
                    make_still(model, config);
                    let grow = config.still_noise * seconds;
                    model.covariance[(0, 0)] += grow;
                    model.covariance[(1, 1)] += grow;
                }
                0 => drift(model, seconds, config.cruise_noise),
                _ => drift(model, seconds, config.manoeuvre_noise),
            }
        }
    }

    /// Lets `seconds` pass in which the craft has lain still.
    pub fn rest(&mut self, seconds: f64, config: &MotionConfig) {
        let mut still = self.models[STILL];
        make_still(&mut still, config);
        let grow = config.still_noise * seconds;
        still.covariance[(0, 0)] += grow;
        still.covariance[(1, 1)] += grow;
        self.models = [still; MODELS];
    }

    /// The mixing step: each model starts from what the others would hand over in `seconds`.
    fn mix(&mut self, seconds: f64, config: &MotionConfig) {
        let mut joint = [[0.0; MODELS]; MODELS];
        let mut next = [0.0; MODELS];
        for (from, joint_row) in joint.iter_mut().enumerate() {
            let leave: f64 = config.rates[from].iter().sum();
            let gone = 1.0 - (-leave * seconds).exp();
            for (to, cell) in joint_row.iter_mut().enumerate() {
                let share = if from == to { 1.0 - gone } else { gone * config.rates[from][to] / leave.max(1e-12) };
                *cell = share * self.probability[from];
                next[to] += *cell;
            }
        }
        // Second moments about one place: from them each mixture's covariance is a sum and one subtraction.
        let about = self.models[0].mean;
        let offs = self.models.map(|model| model.mean - about);
        let moments: [Matrix4<f64>; MODELS] =
            std::array::from_fn(|from| self.models[from].covariance + outer(&offs[from]));
        for to in 0..MODELS {
            if next[to] < 1e-9 {
                continue;
            }
            let (mut off, mut moment) = (Vector4::zeros(), Matrix4::zeros());
            for from in 0..MODELS {
                let share = joint[from][to] / next[to];
                off += offs[from] * share;
                moment += moments[from] * share;
            }
            self.models[to] = Gaussian { mean: about + off, covariance: moment - outer(&off) };
        }
        self.probability = next;
    }

    /// Takes a position, and the velocity if it was measured too: each with its covariance, their errors independent of each
    /// other. Returns the log likelihood over all models.
    pub fn update(
        &mut self,
        position: (Vector2<f64>, &Matrix2<f64>),
        velocity: Option<(Vector2<f64>, &Matrix2<f64>)>,
    ) -> f64 {
        let mut likelihood = [f64::NEG_INFINITY; MODELS];
        for (model, likelihood) in self.models.iter_mut().zip(&mut likelihood) {
            // What is independent may be taken one after the other: two small inverses instead of a large one.
            let Some(mut fit) = model.take::<0>(position) else { continue };
            if let Some(velocity) = velocity {
                let Some(second) = model.take::<2>(velocity) else { continue };
                fit =
                    Fit { distance: fit.distance + second.distance, determinant: fit.determinant * second.determinant };
            }
            *likelihood = -0.5 * (fit.distance + fit.determinant.ln());
        }
        let top = likelihood.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if !top.is_finite() {
            return f64::NEG_INFINITY;
        }
        let scaled = likelihood.map(|value| (value - top).exp());
        top + self.weigh(scaled).max(1e-300).ln()
    }

    /// Takes several positions of which at most one is this track's (probabilistic data association). The weights and
    /// the probability that it was none of them add up to one.
    pub fn update_weighted(&mut self, candidates: &[Weighted]) {
        let none = (1.0 - candidates.iter().map(|c| c.weight).sum::<f64>()).max(0.0);
        let whole = self.combined();
        let overall: SmallVec<[f64; 4]> = candidates
            .iter()
            .map(|candidate| {
                let (mean, spread) = predicted_position(&whole);
                gauss2(&(candidate.position - mean), &(spread + candidate.covariance)).max(1e-300)
            })
            .collect();
        let mut ratio = [none; MODELS];
        for (model, ratio) in self.models.iter_mut().zip(&mut ratio) {
            let before = *model;
            let (mut shift, mut second) = (Vector4::zeros(), Matrix4::zeros());
            let mut covariance = before.covariance * none;
            for (candidate, overall) in candidates.iter().zip(&overall) {
                let mut taken = before;
                let Some(fit) = taken.take::<0>((candidate.position, &candidate.covariance)) else { continue };
                let step = taken.mean - before.mean;
                shift += step * candidate.weight;
                second += outer(&step) * candidate.weight;
                covariance += taken.covariance * candidate.weight;
                *ratio += candidate.weight * fit.density() / overall;
            }
            model.mean = before.mean + shift;
            model.covariance = covariance + second - outer(&shift);
        }
        self.weigh(ratio);
    }

    /// Takes what another system has made of measurements that are not known here, with the probability `weight` that it means
    /// this track: by covariance intersection, so that what is told twice is not believed twice.
    pub fn intersect(&mut self, estimate: &Estimate, weight: f64) {
        let whole = self.combined();
        let own = estimate.share_of_own(&whole);
        let Some(overall) = estimate.take_into(&mut whole.clone()) else { return };
        let mut ratio = [1.0; MODELS];
        for (model, ratio) in self.models.iter_mut().zip(&mut ratio) {
            let before = *model;
            let mut taken = before;
            let (Some(density), Some(())) =
                (estimate.take_into(&mut before.clone()), estimate.intersect(&mut taken, own))
            else {
                continue;
            };
            let step = taken.mean - before.mean;
            model.mean += step * weight;
            model.covariance = before.covariance * (1.0 - weight)
                + taken.covariance * weight
                + outer(&step) * (weight * (1.0 - weight));
            // It speaks for a model with its own share alone.
            *ratio = (1.0 - weight + weight * density / overall.max(1e-300)).powf(1.0 - own);
        }
        self.weigh(ratio);
    }

    /// Takes a bearing alone: `azimuth_rad` seen from `site` (metres in the track's plane), one sigma `sigma_rad`, with
    /// the probability `weight` that it is this track's.
    pub fn update_bearing(&mut self, site: Vector2<f64>, azimuth_rad: f64, sigma_rad: f64, weight: f64) {
        let mut ratio = [1.0; MODELS];
        for (index, model) in self.models.iter_mut().enumerate() {
            let off = Vector2::new(model.mean.x - site.x, model.mean.y - site.y);
            let range_squared = off.norm_squared();
            if range_squared < 1.0 {
                continue;
            }
            let observe = SMatrix::<f64, 1, 4>::new(off.y / range_squared, -off.x / range_squared, 0.0, 0.0);
            let innovation = wrap_rad(azimuth_rad - off.x.atan2(off.y));
            let spread = (observe * model.covariance * observe.transpose())[(0, 0)] + sigma_rad * sigma_rad;
            let gain = model.covariance * observe.transpose() / spread;
            model.mean += gain * (innovation * weight);
            let spread_of_doubt = gain * gain.transpose() * (weight * (1.0 - weight) * innovation * innovation);
            model.covariance =
                symmetric(model.covariance - gain * gain.transpose() * (spread * weight) + spread_of_doubt);
            ratio[index] = 1.0 - weight + weight * (-0.5 * innovation * innovation / spread).exp();
        }
        self.weigh(ratio);
    }

    /// Moves the state into another plane: `shift_m` is added to the position.
    pub fn translate(&mut self, place: impl Fn(f64, f64) -> (f64, f64)) {
        for model in &mut self.models {
            let (east, north) = place(model.mean.x, model.mean.y);
            model.mean.x = east;
            model.mean.y = north;
        }
    }

    /// Multiplies the model probabilities by their likelihoods; returns the total before normalising.
    fn weigh(&mut self, likelihood: [f64; MODELS]) -> f64 {
        let weighed: [f64; MODELS] = std::array::from_fn(|index| self.probability[index] * likelihood[index]);
        let total: f64 = weighed.iter().sum();
        // What no model can explain says nothing for any of them.
        if total > 0.0 && total.is_finite() {
            // No model may die out: it could not come back when the craft changes its mind.
            let floor = |p: f64| if p > 0.0 { (p / total).max(1e-4) } else { 0.0 };
            self.probability = weighed.map(floor);
            let sum: f64 = self.probability.iter().sum();
            self.probability = self.probability.map(|p| p / sum);
        }
        total
    }
}

/// Nearly constant velocity for `seconds` under white acceleration of power `noise` (m^2/s^3).
fn drift(model: &mut Gaussian, seconds: f64, noise: f64) {
    let (mean, covariance) = (&mut model.mean, &mut model.covariance);
    for axis in 0..2 {
        mean[axis] += seconds * mean[axis + 2];
    }
    // The transition is the identity but for two entries: its product from both sides, rows first.
    for axis in 0..2 {
        for column in 0..4 {
            covariance[(axis, column)] += seconds * covariance[(axis + 2, column)];
        }
    }
    for axis in 0..2 {
        for row in 0..4 {
            covariance[(row, axis)] += seconds * covariance[(row, axis + 2)];
        }
    }
    let (t2, t3) = (seconds * seconds / 2.0 * noise, seconds.powi(3) / 3.0 * noise);
    for axis in 0..2 {
        model.covariance[(axis, axis)] += t3;
        model.covariance[(axis, axis + 2)] += t2;
        model.covariance[(axis + 2, axis)] += t2;
        model.covariance[(axis + 2, axis + 2)] += seconds * noise;
    }
}

/// Takes the velocity out of a state: what is left lies still.
fn make_still(model: &mut Gaussian, config: &MotionConfig) {
    let position = model.covariance.fixed_view::<2, 2>(0, 0).into_owned();
    model.mean.z = 0.0;
    model.mean.w = 0.0;
    model.covariance = Matrix4::zeros();
    model.covariance.fixed_view_mut::<2, 2>(0, 0).copy_from(&position);
    model.covariance[(2, 2)] = config.still_speed_mps.powi(2);
    model.covariance[(3, 3)] = config.still_speed_mps.powi(2);
}

/// The position part of a state.
fn predicted_position(state: &Gaussian) -> (Vector2<f64>, Matrix2<f64>) {
    (state.mean.fixed_rows::<2>(0).into_owned(), state.covariance.fixed_view::<2, 2>(0, 0).into_owned())
}

/// Density of a two-dimensional Gaussian at `off` from its mean.
pub(super) fn gauss2(off: &Vector2<f64>, covariance: &Matrix2<f64>) -> f64 {
    fit2(off, covariance).1
}

/// Squared Mahalanobis distance of `off` from the mean of a two-dimensional Gaussian, and its density there.
pub(super) fn fit2(off: &Vector2<f64>, covariance: &Matrix2<f64>) -> (f64, f64) {
    let Some(inverse) = covariance.try_inverse() else { return (f64::INFINITY, 0.0) };
    let (distance, determinant) = (quadratic(off, &inverse), covariance.determinant());
    let density =
        if determinant > 0.0 { (-0.5 * distance).exp() / (std::f64::consts::TAU * determinant.sqrt()) } else { 0.0 };
    (distance, density)
}

fn symmetric(matrix: Matrix4<f64>) -> Matrix4<f64> {
    (matrix + matrix.transpose()) * 0.5
}

/// An angle brought into `[-pi, pi)`.
pub(super) fn wrap_rad(angle: f64) -> f64 {
    (angle + std::f64::consts::PI).rem_euclid(std::f64::consts::TAU) - std::f64::consts::PI
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fusion::FusionConfig;
    use nalgebra::{DMatrix, DVector};
    use proptest::prelude::*;

    /// Seconds since the last measurement, where it was, its sigma in metres, and its velocity if it told one.
    type Measured = (f64, (f64, f64), f64, Option<(f64, f64)>);

    /// The last state by weighted least squares over all states at once: the textbook's batch solution (Y. Bar-Shalom, X. Li
    /// and T. Kirubarajan, Estimation with Applications to Tracking and Navigation, 2001, section 3.4).
    fn batch(first: &Gaussian, measured: &[Measured], noise: f64, speed_sigma_mps: f64) -> Gaussian {
        let states = measured.len() + 1;
        let (mut information, mut weighted) = (DMatrix::zeros(4 * states, 4 * states), DVector::zeros(4 * states));
        let mut add = |place: usize, weight: &Matrix4<f64>, value: &Vector4<f64>| {
            let mut block = information.fixed_view_mut::<4, 4>(4 * place, 4 * place);
            block += weight;
            let mut rows = weighted.fixed_rows_mut::<4>(4 * place);
            rows += weight * value;
        };
        add(0, &first.covariance.try_inverse().unwrap(), &first.mean);
        for (number, (_, (east, north), sigma, velocity)) in measured.iter().enumerate() {
            let mut weight = Matrix4::zeros();
            let speed = velocity.map_or(0.0, |_| speed_sigma_mps.powi(-2));
            weight.set_diagonal(&Vector4::new(sigma.powi(-2), sigma.powi(-2), speed, speed));
            let (east_mps, north_mps) = velocity.unwrap_or_default();
            add(number + 1, &weight, &Vector4::new(*east, *north, east_mps, north_mps));
        }
        for (number, (seconds, ..)) in measured.iter().enumerate() {
            let (mut go, mut spread) = (Matrix4::identity(), Matrix4::zeros());
            for axis in 0..2 {
                go[(axis, axis + 2)] = *seconds;
                spread[(axis, axis)] = noise * seconds.powi(3) / 3.0;
                spread[(axis, axis + 2)] = noise * seconds.powi(2) / 2.0;
                spread[(axis + 2, axis)] = noise * seconds.powi(2) / 2.0;
                spread[(axis + 2, axis + 2)] = noise * seconds;
            }
            let tie = spread.try_inverse().unwrap();
            let (from, to) = (4 * number, 4 * number + 4);
            let blocks = [
                (from, from, go.transpose() * tie * go),
                (from, to, -go.transpose() * tie),
                (to, from, -tie * go),
                (to, to, tie),
            ];
            for (row, column, block) in blocks {
                let mut place = information.fixed_view_mut::<4, 4>(row, column);
                place += block;
            }
        }
        let all = information.cholesky().unwrap();
        let last = 4 * measured.len();
        let covariance = all.inverse().fixed_view::<4, 4>(last, last).into_owned();
        Gaussian { mean: all.solve(&weighted).fixed_rows::<4>(last).into_owned(), covariance }
    }

    proptest! {
        #[test]
        fn step_by_step_the_filter_comes_to_the_batch_solution(
            measured in prop::collection::vec(
                (0.5..30.0_f64, (-300.0..300.0_f64, -300.0..300.0_f64), 3.0..80.0_f64,
                 prop::option::of((-8.0..8.0_f64, -8.0..8.0_f64))),
                1..10,
            ),
        ) {
            const SPEED_SIGMA_MPS: f64 = 0.5;
            let config = FusionConfig::default().motion;
            let velocity = (Vector2::new(2.0, -1.0), Matrix2::identity() * 9.0);
            let mut filter =
                MultiModel::new(Vector2::new(10.0, 20.0), Matrix2::identity() * 900.0, Some(velocity), &config, false);
            let first = filter.combined();
            for (seconds, (east, north), sigma, velocity) in &measured {
                filter.predict(*seconds, &config, false);
                let square = sigma * sigma;
                let (noise, speed) = (Matrix2::identity() * square, Matrix2::identity() * SPEED_SIGMA_MPS.powi(2));
                let velocity = velocity.map(|(east_mps, north_mps)| (Vector2::new(east_mps, north_mps), &speed));
                filter.update((Vector2::new(*east, *north), &noise), velocity);
            }
            let (got, wanted) = (filter.combined(), batch(&first, &measured, config.cruise_noise, SPEED_SIGMA_MPS));
            // A millimetre: with looks half a second apart the batch's own matrix is that ill-conditioned.
            prop_assert!((got.mean - wanted.mean).norm() < 1e-3, "{} against {}", got.mean, wanted.mean);
            let off = (got.covariance - wanted.covariance).norm() / wanted.covariance.norm();
            prop_assert!(off < 1e-4, "{} against {}", got.covariance, wanted.covariance);
        }
    }

    #[test]
    fn a_covariance_stays_one_over_a_day_of_exact_and_of_rough_looks() {
        let config = FusionConfig::default().motion;
        let start = (Vector2::zeros(), Matrix2::identity() * 1e8);
        let mut filter = MultiModel::new(start.0, start.1, None, &config, true);
        for look in 0..86_400_u32 {
            filter.predict(1.0, &config, true);
            let turn = f64::from(look) * 0.7;
            let at = Vector2::new(f64::from(look) * 5.0 + turn.sin(), turn.cos());
            // A laser along one axis, a rough bearing across it; now and then a velocity.
            let noise = if look % 3 == 0 { Matrix2::new(1e-4, 0.0, 0.0, 1e6) } else { Matrix2::identity() * 400.0 };
            let speed = Matrix2::identity() * 0.01;
            let velocity = (look % 5 == 0).then_some((Vector2::new(5.0, 0.0), &speed));
            assert!(filter.update((at, &noise), velocity).is_finite(), "look {look}");
            if look % 1_000 == 999 {
                for model in &filter.models {
                    assert_eq!(model.covariance, model.covariance.transpose());
                    assert!(model.covariance.cholesky().is_some(), "look {look}: {}", model.covariance);
                }
            }
        }
    }
}
