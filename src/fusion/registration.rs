//! What a sensor gets wrong all the time: range and azimuth bias and clock offset, estimated while it works.
//!
//! Tracks that AIS holds tell where a radar or camera should have seen them. Each such detection is one measurement of a
//! small Kalman filter over (range bias, azimuth bias, clock offset); Huber's weights keep wrong associations from
//! pulling it, and a slow random walk lets it forget over about an hour. The covariance of the estimate is handed to the
//! caller, who adds it to the measurement error: before anything is known, gates are wide, not wrong.
//!
//! The same comparisons tell how much the sensor scatters. What the maker claims is the first guess; radars that are
//! better or worse than claimed are found out within some hundred plots.

use nalgebra::{Matrix2, Matrix2x3, Matrix3, Vector2, Vector3};

use crate::units::EventTime;

/// Above these one sigmas a bias is open: they are what is asked of an estimate after ten minutes.
const OPEN_RANGE_M: f64 = 10.0;
const OPEN_AZIMUTH_DEG: f64 = 0.05;
/// Beyond this many sigmas a residual counts with less weight (Huber 1964; 1.345 keeps 95 % efficiency).
const HUBER: f64 = 1.345;
/// Beyond this many sigmas it does not count at all: a wrong association.
const REJECT: f64 = 5.0;
/// Time over which an estimate is forgotten, seconds.
const FORGET_S: f64 = 3600.0;

/// Comparisons that the maker's claim of scatter counts for.
const CLAIM_WEIGHT: f64 = 50.0;
/// Comparisons over which scatter is forgotten.
const SCATTER_MEMORY: f64 = 1000.0;
/// Scatter is held within this factor of the claim, as a variance.
const SCATTER_RANGE: f64 = 9.0;
/// A squared residual counts for at most this many times the variance: the tail of a Gaussian beyond three sigmas.
const SCATTER_CLIP: f64 = 9.0;

/// Correlation of successive errors that is assumed of a radar's own tracker before it was measured: an alpha-beta
/// filter with the usual alpha of 0.3.
const TRACKER_CORRELATION: f64 = 0.7;
/// A radar's tracker is never believed to be smoother than this.
const CORRELATION_MAX: f64 = 0.85;

/// The estimate for one sensor.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Registration {
    /// Range bias (m), azimuth bias (rad), clock offset (s): what the sensor says minus what is so.
    bias: Vector3<f64>,
    covariance: Matrix3<f64>,
    prior: Matrix3<f64>,
    last: Option<EventTime>,
    /// Comparisons taken.
    samples: u64,
    /// Variance of range (m^2) and azimuth (rad^2) without bias, as the maker claims and as found.
    claimed: [f64; 2],
    scatter: [f64; 2],
    /// Correlation of successive range errors on one craft, for a radar that tracks.
    correlation: f64,
}

/// One detection of a sensor beside where a track, held by AIS, says the craft was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// When.
    pub time: EventTime,
    /// Measured minus expected range, metres; both uncorrected. Zero for a bearing alone.
    pub range_m: f64,
    /// Measured minus expected azimuth, radians.
    pub azimuth_rad: f64,
    /// How fast the range changes, m/s.
    pub range_rate_mps: f64,
    /// How fast the azimuth changes, rad/s.
    pub azimuth_rate_radps: f64,
    /// Variance of the expected range, m^2.
    pub range_variance: f64,
    /// Variance of the expected azimuth, rad^2.
    pub azimuth_variance: f64,
}

impl Registration {
    /// Nothing known but how large the errors may be: one sigma of range bias (m), azimuth bias (degrees) and clock (s),
    /// and the claimed one sigma of range (m) and azimuth (degrees).
    pub fn unknown(range_m: f64, azimuth_deg: f64, clock_s: f64, claimed_m: f64, claimed_deg: f64) -> Self {
        let prior =
            Matrix3::from_diagonal(&Vector3::new(range_m.powi(2), azimuth_deg.to_radians().powi(2), clock_s.powi(2)));
        let claimed = [claimed_m.powi(2), claimed_deg.to_radians().powi(2)];
        Self {
            bias: Vector3::zeros(),
            covariance: prior,
            prior,
            last: None,
            samples: 0,
            claimed,
            scatter: claimed,
            correlation: TRACKER_CORRELATION,
        }
    }

    /// Range bias in metres: subtract it from what the sensor says.
    pub fn range_bias_m(&self) -> f64 {
        self.bias.x
    }

    /// Azimuth bias in degrees: subtract it from what the sensor says.
    pub fn azimuth_bias_deg(&self) -> f64 {
        self.bias.y.to_degrees()
    }

    /// Clock offset in seconds: subtract it from the sensor's time.
    pub fn clock_offset_s(&self) -> f64 {
        self.bias.z
    }

    /// One sigma of range bias (m), azimuth bias (degrees) and clock offset (s).
    pub fn sigmas(&self) -> [f64; 3] {
        let sigma = |i: usize| self.covariance[(i, i)].max(0.0).sqrt();
        [sigma(0), sigma(1).to_degrees(), sigma(2)]
    }

    /// Whether the bias is still so open that a radar's plots may stand beside what AIS shows of the same craft.
    pub fn is_open(&self) -> bool {
        let [range_m, azimuth_deg, _] = self.sigmas();
        range_m > OPEN_RANGE_M || azimuth_deg > OPEN_AZIMUTH_DEG
    }

    /// How many comparisons were taken.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Variance of range (m^2) and azimuth (rad^2) without bias.
    pub fn scatter(&self) -> (f64, f64) {
        (self.scatter[0], self.scatter[1])
    }

    /// How many times larger the variance of a position from the radar's own tracker must be taken when it enters a filter:
    /// successive positions share their error, so that `n` of them tell no more than this many times fewer plots would.
    pub fn tracker_inflation(&self) -> f64 {
        (1.0 + self.correlation) / (1.0 - self.correlation)
    }

    /// Learns how much successive errors of the radar's tracker on one craft have in common, from two residuals of range in
    /// metres, bias removed.
    pub fn learn_correlation(&mut self, before_m: f64, now_m: f64) {
        let scale = self.scatter[0];
        if before_m.abs().max(now_m.abs()) < 4.0 * scale.sqrt() {
            let next = self.correlation + (before_m * now_m / scale - self.correlation) / SCATTER_MEMORY;
            self.correlation = next.clamp(0.0, CORRELATION_MAX);
        }
    }

    /// Lets the residuals of a comparison tell how much the sensor scatters; `known` is what else is in them.
    fn learn_scatter(&mut self, residual: [f64; 2], known: [f64; 2]) {
        let memory = (self.samples as f64 + CLAIM_WEIGHT).min(SCATTER_MEMORY);
        for axis in 0..2 {
            let now = self.scatter[axis];
            let clipped = residual[axis].powi(2).min(SCATTER_CLIP * (now + known[axis]));
            let next = now + (clipped - known[axis] - now) / memory;
            let claimed = self.claimed[axis];
            self.scatter[axis] = next.clamp(claimed / SCATTER_RANGE, claimed * SCATTER_RANGE);
        }
    }

    /// What the open rest of the estimate adds to the variance of range (m^2) and azimuth (rad^2) of a craft at rest.
    pub fn open_variance(&self) -> (f64, f64) {
        (self.covariance[(0, 0)], self.covariance[(1, 1)])
    }

    /// Takes a comparison.
    pub fn learn(&mut self, seen: &Comparison) {
        if let Some(last) = self.last {
            let share = (seen.time.seconds_since(last) / FORGET_S).clamp(0.0, 1.0);
            // A walk that would bring the prior's spread back in an hour, never beyond it.
            self.covariance += self.prior * (share * 0.02);
            for axis in 0..3 {
                let excess = self.covariance[(axis, axis)] / self.prior[(axis, axis)];
                if excess > 1.0 {
                    self.covariance.row_mut(axis).scale_mut(1.0 / excess.sqrt());
                    self.covariance.column_mut(axis).scale_mut(1.0 / excess.sqrt());
                }
            }
        }
        self.last = Some(self.last.map_or(seen.time, |last| last.max(seen.time)));
        // A clock that is ahead stamps the craft's place with a later time, at which the track has moved on.
        let observe = Matrix2x3::new(1.0, 0.0, -seen.range_rate_mps, 0.0, 1.0, -seen.azimuth_rate_radps);
        let noise =
            Matrix2::new(seen.range_variance + self.scatter[0], 0.0, 0.0, seen.azimuth_variance + self.scatter[1]);
        let innovation = Vector2::new(seen.range_m, seen.azimuth_rad) - observe * self.bias;
        let spread = observe * self.covariance * observe.transpose() + noise;
        let Some(inverse) = spread.try_inverse() else { return };
        let distance = (innovation.transpose() * inverse * innovation)[(0, 0)].max(0.0).sqrt();
        if !distance.is_finite() || distance > REJECT {
            return;
        }
        let known = spread - Matrix2::new(self.scatter[0], 0.0, 0.0, self.scatter[1]);
        self.learn_scatter([innovation.x, innovation.y], [known[(0, 0)], known[(1, 1)]]);
        let weight = if distance > HUBER { HUBER / distance } else { 1.0 };
        let weighted_spread = observe * self.covariance * observe.transpose() + noise / weight;
        let Some(inverse) = weighted_spread.try_inverse() else { return };
        let gain = self.covariance * observe.transpose() * inverse;
        self.bias += gain * innovation;
        let keep = Matrix3::identity() - gain * observe;
        self.covariance = keep * self.covariance * keep.transpose() + gain * (noise / weight) * gain.transpose();
        self.samples += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Detections of craft that pass at some speed, with a bias, seen every 100 ms; `wild` of a hundred are nonsense.
    fn comparisons(bias: [f64; 3], wild: u64, count: u64) -> impl Iterator<Item = Comparison> {
        (0..count).map(move |i| {
            let wobble = |step: u64| ((i * step) % 101) as f64 / 50.0 - 1.0;
            let (range_rate_mps, azimuth_rate_radps) = (8.0 * wobble(37), 4e-4 * wobble(61));
            let nonsense = if (i * 71) % 100 < wild { 400.0 } else { 0.0 };
            Comparison {
                time: EventTime::from_millis(i as i64 * 100),
                range_m: bias[0] - range_rate_mps * bias[2] + 20.0 * wobble(13) + nonsense,
                azimuth_rad: bias[1].to_radians() - azimuth_rate_radps * bias[2] + 0.003 * wobble(29),
                range_rate_mps,
                azimuth_rate_radps,
                range_variance: 25.0,
                azimuth_variance: 1e-7,
            }
        })
    }

    #[test]
    fn bias_and_clock_are_found_although_some_associations_are_wrong() {
        let mut registration = Registration::unknown(40.0, 0.3, 0.7, 25.0, 0.1);
        for seen in comparisons([-52.0, 0.23, 0.8], 5, 3000) {
            registration.learn(&seen);
        }
        assert!((registration.range_bias_m() + 52.0).abs() < 5.0, "{}", registration.range_bias_m());
        assert!((registration.azimuth_bias_deg() - 0.23).abs() < 0.02, "{}", registration.azimuth_bias_deg());
        assert!((registration.clock_offset_s() - 0.8).abs() < 0.3, "{}", registration.clock_offset_s());
        // The wobble is uniform: one sigma of 20 / sqrt(3) m, where 25 m were claimed.
        let found_m = registration.scatter().0.sqrt();
        assert!((9.0..16.0).contains(&found_m), "{found_m}");
    }

    #[test]
    fn the_open_rest_shrinks_while_learning_and_never_exceeds_the_prior() {
        let mut registration = Registration::unknown(40.0, 0.3, 0.7, 25.0, 0.1);
        let before = registration.sigmas();
        for seen in comparisons([0.0, 0.0, 0.0], 0, 200) {
            registration.learn(&seen);
        }
        let after = registration.sigmas();
        assert!(after[0] < before[0] / 5.0 && after[1] < before[1] / 5.0);
        let mut late = comparisons([0.0, 0.0, 0.0], 0, 1).next().unwrap();
        late.time = EventTime::from_seconds(10_000_000);
        registration.learn(&late);
        assert!(registration.sigmas()[0] <= before[0]);
    }
}
