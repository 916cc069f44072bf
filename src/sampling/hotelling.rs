//! The test of a mean vector against 0, and what it could have seen.

use super::Plan;
use super::statistics::{Hotelling, POWER};
use super::window::Seen;
use nalgebra::{Cholesky, DMatrix, DVector};

/// Differences below this part of the natural size `E|xi|^2/(2 dt h)` of a drift (a covariance that changes by all of
/// itself over the window) count as rounding errors. The exact drift is good to 1e-12 of the terms that make it up.
const RESOLUTION: f64 = 1e-10;

/// Added to the correlation matrix of the draws, so that directions without noise can be tested too: there a mean within
/// rounding errors adds nothing to `T^2`, and anything else very much. Where there is noise it changes nothing that
/// matters, `T^2` only ever becoming smaller.
const RIDGE: f64 = 1e-10;

/// What a run could have seen with probability 0.99.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Power {
    /// The claim is not zero: the smallest relative error of the whole vector.
    Relative(f64),
    /// The claim is zero: the smallest added drift, in the least favourable direction of those tested, beside the size that
    /// has to be seen; both per unit time.
    Added {
        /// What could have been seen.
        detectable: f64,
        /// What has to be.
        needed: f64,
    },
}

/// The joint test of all components.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VectorTest {
    /// Dimensions tested, at most those of `theta`.
    pub dimensions: usize,
    /// Whether the vector was projected onto fewer directions than it has components.
    pub projected: bool,
    /// Hotelling's `T^2` of the mean difference; tends to a chi-square with `dimensions` degrees of freedom.
    pub statistic: f64,
    /// Its p-value.
    pub p_value: f64,
    /// What it could have seen.
    pub power: Power,
    /// The largest kurtosis among the tested components over the number of draws: the relative variance of the variances
    /// that the test rests on.
    pub tails: f64,
}

/// The covariance of the mean difference, scaled and factored.
pub(super) struct Metric {
    law: Hotelling,
    /// Standard errors of the mean, by direction.
    scale: DVector<f64>,
    factor: Cholesky<f64, nalgebra::Dyn>,
    correlation: DMatrix<f64>,
    resolution: f64,
}

impl Metric {
    /// Nothing if there are too few draws.
    #[allow(clippy::cast_precision_loss, reason = "counts are below 2^53")]
    pub(super) fn new(seen: &Seen, resolution: f64) -> Option<Self> {
        let covariance = seen.tested.covariance()?;
        let dimensions = covariance.nrows();
        let law = Hotelling::new(dimensions, seen.draws())?;
        law.exaggeration().is_finite().then_some(())?;
        let deviation = covariance.diagonal().map(|v| v.sqrt().max(resolution).max(f64::MIN_POSITIVE));
        let correlation = DMatrix::from_fn(dimensions, dimensions, |i, j| {
            if i == j { 1.0 + RIDGE } else { covariance[(i, j)] / deviation[i] / deviation[j] }
        });
        let factor = Cholesky::new(correlation.clone())?;
        let scale = deviation / (seen.draws() as f64).sqrt();
        Some(Self { law, scale, factor, correlation, resolution })
    }

    /// `a^T S^-1 a` with `S` the estimated covariance of the mean.
    fn square(&self, a: &DVector<f64>) -> f64 {
        let scaled = a.component_div(&self.scale);
        scaled.dot(&self.factor.solve(&scaled))
    }

    /// What could have been seen of errors of this mean claim.
    ///
    /// ```text
    /// relative     r^2 m^T C^-1 m = lambda
    /// added        a^2 / (largest eigenvalue of C) = lambda          (times k/d on average if only k of d are tested)
    /// ```
    #[allow(clippy::cast_precision_loss, reason = "dimensions are below 2^53")]
    pub(super) fn power(&self, plan: &Plan, claim: &DVector<f64>, dim: usize) -> Power {
        let lambda = self.law.noncentrality(plan.false_alarm, POWER);
        if claim.amax() > self.resolution {
            return Power::Relative((lambda * self.law.exaggeration() / self.square(claim)).sqrt());
        }
        let covariance = DMatrix::from_fn(claim.len(), claim.len(), |i, j| {
            self.correlation[(i, j)] * self.scale[i] * self.scale[j]
        });
        let largest = covariance.symmetric_eigenvalues().max();
        let share = claim.len() as f64 / dim as f64;
        Power::Added { detectable: (lambda * largest / share).sqrt(), needed: plan.added }
    }

    /// The test of the mean difference, differences within rounding errors counting as none.
    pub(super) fn test(&self, seen: &Seen, power: Power, dim: usize) -> VectorTest {
        let resolution = self.resolution;
        let mean = seen.tested.mean().map(|x| beyond(x, resolution));
        let statistic = self.square(&mean);
        VectorTest {
            dimensions: mean.len(),
            projected: mean.len() < dim,
            statistic,
            p_value: self.law.exceeds(statistic, 0.0),
            power,
            tails: tails(seen),
        }
    }
}

/// What of a number is beyond rounding errors of this size.
pub(super) fn beyond(x: f64, resolution: f64) -> f64 {
    x.signum() * (x.abs() - resolution).max(0.0)
}

/// The largest kurtosis over the number of draws.
#[allow(clippy::cast_precision_loss, reason = "counts are below 2^53")]
pub(super) fn tails(seen: &Seen) -> f64 {
    let dimensions = seen.tested.mean().len();
    (0..dimensions).map(|i| seen.tested.kurtosis(i)).fold(0.0, f64::max) / seen.draws() as f64
}

/// The drift, per unit time, that rounding errors can make up: of the noise and of the sums of its products.
pub(super) fn resolution(seen: &Seen, plan: &Plan, time_step: f64) -> f64 {
    let variance = seen.noise_variance();
    #[allow(clippy::cast_precision_loss, reason = "dimensions are below 2^53")]
    let dim = seen.claimed.mean().len() as f64;
    (RESOLUTION * 0.5 * variance + (dim * variance).sqrt() * seen.rounding) / (time_step * plan.width)
}
