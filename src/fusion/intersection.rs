//! Covariance intersection: how an estimate enters whose errors may go with the track's own to any degree.
//!
//! Source: S. Julier and J. Uhlmann, "A non-divergent estimation algorithm in the presence of unknown correlations", Proc. American
//! Control Conference, 1997.

use nalgebra::{Matrix2, Vector2};

use super::filter::{Fit, Gaussian};

/// Neither side is left out wholly: its covariance would be divided by nothing.
const OWN_SHARE_MIN: f64 = 1e-3;
/// Steps of the search for the best share: they narrow it to a thousandth.
const SHARE_STEPS: usize = 14;

/// What another system has made of measurements that are not known here: its errors may go with the track's own to any degree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// East and north in metres.
    pub position: Vector2<f64>,
    /// Covariance of the position in square metres.
    pub covariance: Matrix2<f64>,
    /// Velocity east and north in m/s with its covariance, where it was told.
    pub velocity: Option<(Vector2<f64>, Matrix2<f64>)>,
}

impl Estimate {
    /// Takes this into a state as if the errors of both had nothing in common. The density of the innovation comes back; `None`,
    /// and nothing taken, when a covariance cannot be one.
    pub(super) fn take_into(&self, state: &mut Gaussian) -> Option<f64> {
        let mut taken = *state;
        let mut fit = taken.take::<0>((self.position, &self.covariance))?;
        if let Some((speed, spread)) = &self.velocity {
            let second = taken.take::<2>((*speed, spread))?;
            fit = Fit { distance: fit.distance + second.distance, determinant: fit.determinant * second.determinant };
        }
        *state = taken;
        Some(fit.density())
    }

    /// Takes this into a state of which only the share `own` counts, the rest being the estimate's (covariance intersection).
    pub(super) fn intersect(&self, state: &mut Gaussian, own: f64) -> Option<()> {
        let rest = 1.0 - own;
        let velocity = self.velocity.map(|(speed, spread)| (speed, spread / rest));
        let mut taken = Gaussian { mean: state.mean, covariance: state.covariance / own };
        Self { position: self.position, covariance: self.covariance / rest, velocity }.take_into(&mut taken)?;
        *state = taken;
        Some(())
    }

    /// The share of the state with which all of it comes out surest: the determinant of its covariance is least. By the position
    /// alone, a report without velocity would be given everything, and what is known of the velocity would be lost.
    pub(super) fn share_of_own(&self, state: &Gaussian) -> f64 {
        let spread = |own: f64| {
            let mut taken = *state;
            let sound = self.intersect(&mut taken, own).is_some();
            if sound { taken.covariance.determinant() } else { f64::INFINITY }
        };
        // It has one valley (its logarithm is convex in the share): a golden-section search walks down it.
        let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
        let (mut low, mut high) = (OWN_SHARE_MIN, 1.0 - OWN_SHARE_MIN);
        let (mut left, mut right) = (high - golden * (high - low), low + golden * (high - low));
        let (mut at_left, mut at_right) = (spread(left), spread(right));
        for _ in 0..SHARE_STEPS {
            if at_left <= at_right {
                (high, right, at_right) = (right, left, at_left);
                left = high - golden * (high - low);
                at_left = spread(left);
            } else {
                (low, left, at_left) = (left, right, at_right);
                right = low + golden * (high - low);
                at_right = spread(right);
            }
        }
        (low + high) / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fusion::FusionConfig;
    use crate::fusion::filter::MultiModel;
    use nalgebra::{Matrix4, Vector4};
    use proptest::prelude::*;

    fn spread(values: [f64; 3]) -> Matrix2<f64> {
        // Sigma in metres along two axes, and how far the pair is turned.
        let [along, across, turn] = values;
        let turned = nalgebra::Rotation2::new(turn).into_inner();
        turned * Matrix2::from_diagonal(&Vector2::new(along * along, across * across)) * turned.transpose()
    }

    /// The lower triangle whose square a covariance is.
    fn root(covariance: &Matrix2<f64>) -> Matrix2<f64> {
        covariance.cholesky().unwrap().l()
    }

    proptest! {
        #[test]
        fn an_estimate_of_another_system_never_makes_a_track_surer_than_it_is_however_the_errors_go_together(
            mine in [3.0..300.0_f64, 3.0..300.0_f64, 0.0..3.0_f64],
            theirs in [3.0..300.0_f64, 3.0..300.0_f64, 0.0..3.0_f64],
            (turn, together) in (0.0..6.3_f64, -1.0..1.0_f64),
        ) {
            let (mine, theirs) = (spread(mine), spread(theirs));
            let mut state = Gaussian { mean: Vector4::zeros(), covariance: Matrix4::identity() };
            state.covariance.fixed_view_mut::<2, 2>(0, 0).copy_from(&mine);
            let estimate = Estimate { position: Vector2::new(10.0, 0.0), covariance: theirs, velocity: None };
            let own = estimate.share_of_own(&state);
            let mut taken = state;
            prop_assert!(estimate.intersect(&mut taken, own).is_some());
            let claimed = taken.covariance.fixed_view::<2, 2>(0, 0).into_owned();
            // What the error really is, if the two errors go together so: the fused error is a weighted sum of both.
            let gain = mine / own * (mine / own + theirs / (1.0 - own)).try_inverse().unwrap();
            let kept = Matrix2::identity() - gain;
            let both = root(&mine) * (nalgebra::Rotation2::new(turn).into_inner() * together) * root(&theirs).transpose();
            let real = kept * mine * kept.transpose() + gain * theirs * gain.transpose()
                + kept * both * gain.transpose() + gain * both.transpose() * kept.transpose();
            let least = (claimed - real).symmetric_eigenvalues().min();
            prop_assert!(least > -1e-6 * claimed.trace(), "claimed {claimed} against {real}");
            // And it is worth having: nothing is surer without it, by more than the search's own step.
            prop_assert!(taken.covariance.determinant() <= 1.01 * state.covariance.determinant());
        }
    }

    #[test]
    fn what_another_system_tells_ten_times_is_not_believed_ten_times() {
        let config = FusionConfig::default().motion;
        let estimate = Estimate {
            position: Vector2::new(30.0, 0.0),
            covariance: Matrix2::identity() * 400.0,
            velocity: Some((Vector2::new(5.0, 0.0), Matrix2::identity())),
        };
        let velocity = (Vector2::new(5.0, 0.0), Matrix2::identity());
        let mut filter =
            MultiModel::new(Vector2::zeros(), Matrix2::identity() * 2_500.0, Some(velocity), &config, true);
        filter.intersect(&estimate, 1.0);
        let once = filter.combined();
        assert!(once.covariance[(0, 0)] < 450.0 && (once.mean.x - 30.0).abs() < 5.0, "it is taken: {once:?}");
        for _ in 0..10 {
            filter.intersect(&estimate, 1.0);
        }
        let often = filter.combined();
        assert!(often.covariance[(0, 0)] > 390.0, "surer than its source: {}", often.covariance);
        assert!((often.mean - once.mean).norm() < 5.0);
    }
}
