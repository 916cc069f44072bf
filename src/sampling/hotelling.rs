//! The test of a mean vector against 0, and what it could have seen.

use super::Plan;
use super::statistics::{Hotelling, POWER, with_skewness, without_skewness};
use super::window::Seen;
use nalgebra::{Cholesky, DMatrix, DVector};

/// Differences below this part of the natural size `E|xi|^2/(2 dt h)` of a drift (a covariance that changes by all of
/// itself over the window) count as rounding errors.
const RESOLUTION: f64 = 1e-10;

/// Rounding errors of a mean claim beside the largest single one.
const CLAIMS: f64 = 1e-13;

/// Standard deviation that is put down to rounding, in bounds on the rounding errors: errors within the bounds add at
/// most `d/9` to `T^2`.
const ROUNDINGS: f64 = 3.0;

/// Added to the correlation matrix of the draws, so that it can be factored whatever its rank. Where there is noise it
/// changes nothing that matters, `T^2` only ever becoming smaller.
const RIDGE: f64 = 1e-10;

/// What a run could have seen with probability 0.99; infinite where its draws are so skew that it could not see anything.
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
    /// Its p-value, with the allowance for skew draws.
    pub p_value: f64,
    /// What it could have seen.
    pub power: Power,
    /// The largest kurtosis among the tested components over the number of draws: the relative variance of the variances
    /// that the test rests on.
    pub tails: f64,
}

/// The covariance of the mean difference, scaled and factored.
///
/// `C/M + r^2 I`: of the draws over their number, and `r` for rounding errors, which no number of draws reduces. So
/// directions without noise can be tested too: there a mean within rounding errors adds next to nothing to `T^2`, and
/// anything else very much; and a run that rounding errors make blind has no power.
pub(super) struct Metric {
    law: Hotelling,
    /// Standard errors of the mean, by direction.
    scale: DVector<f64>,
    factor: Cholesky<f64, nalgebra::Dyn>,
    correlation: DMatrix<f64>,
    /// The largest skewness of a component of the mean.
    skewness: f64,
    resolution: Resolution,
}

/// What rounding errors can make up, in the unit of the drifts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resolution {
    /// Of the claim: one below this is zero.
    claim: f64,
    /// Standard deviation that is put down to them, of differences from the claim.
    deviation: f64,
    /// For comparison, a drift of natural size: `E|xi|^2/(2 dt h d)`, the mean eigenvalue of `D` over the window's width.
    natural: f64,
}

impl Resolution {
    /// A difference in standard errors, rounding errors among them.
    pub(super) fn z(self, difference: f64, standard_error: f64) -> f64 {
        difference / standard_error.hypot(self.deviation).max(f64::MIN_POSITIVE)
    }
}

impl Metric {
    /// Nothing if there are too few draws.
    #[allow(clippy::cast_precision_loss, reason = "counts are below 2^53")]
    pub(super) fn new(seen: &Seen, resolution: Resolution) -> Option<Self> {
        let covariance = seen.tested.covariance()? / seen.draws() as f64;
        let dimensions = covariance.nrows();
        let law = Hotelling::new(dimensions, seen.draws())?;
        law.exaggeration().is_finite().then_some(())?;
        let scale =
            covariance.diagonal().map(|v| v.sqrt().hypot(resolution.deviation).max(f64::MIN_POSITIVE));
        let correlation = DMatrix::from_fn(dimensions, dimensions, |i, j| {
            if i == j { 1.0 + RIDGE } else { covariance[(i, j)] / scale[i] / scale[j] }
        });
        let factor = Cholesky::new(correlation.clone())?;
        let skewness = seen.tested.skewness_of_mean(&scale);
        Some(Self { law, scale, factor, correlation, skewness, resolution })
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
    pub(super) fn power(&self, plan: &Plan, unit: f64, claim: &DVector<f64>, dim: usize) -> Power {
        let lambda = without_skewness(plan.false_alarm / f64::from(plan.points), self.skewness)
            .map_or(f64::INFINITY, |false_alarm| self.law.noncentrality(false_alarm, POWER));
        if claim.amax() > self.resolution.claim {
            return Power::Relative((lambda * self.law.exaggeration() / self.square(claim)).sqrt());
        }
        let covariance = DMatrix::from_fn(claim.len(), claim.len(), |i, j| {
            self.correlation[(i, j)] * self.scale[i] * self.scale[j]
        });
        let largest = covariance.symmetric_eigenvalues().max();
        let share = claim.len() as f64 / dim as f64;
        let needed = plan.added.max(self.resolution.natural * unit);
        Power::Added { detectable: (lambda * largest / share).sqrt() * unit, needed }
    }

    /// The test of the mean difference.
    pub(super) fn test(&self, seen: &Seen, power: Power, dim: usize) -> VectorTest {
        let mean = seen.tested.mean();
        let statistic = self.square(mean);
        VectorTest {
            dimensions: mean.len(),
            projected: mean.len() < dim,
            statistic,
            p_value: with_skewness(self.law.exceeds(statistic, 0.0), self.skewness),
            power,
            tails: tails(seen),
        }
    }
}

/// The largest kurtosis over the number of draws.
#[allow(clippy::cast_precision_loss, reason = "counts are below 2^53")]
pub(super) fn tails(seen: &Seen) -> f64 {
    let dimensions = seen.tested.mean().len();
    (0..dimensions).map(|i| seen.tested.kurtosis(i)).fold(0.0, f64::max) / seen.draws() as f64
}

/// The drifts, in the unit given, that rounding errors can make up: of the claim; of the noise and the sums of its products.
pub(super) fn resolution(seen: &Seen, plan: &Plan, time_step: f64, unit: f64) -> Resolution {
    let variance = seen.noise_variance();
    #[allow(clippy::cast_precision_loss, reason = "dimensions are below 2^53")]
    let dim = seen.claimed.mean().len() as f64;
    let products = RESOLUTION * 0.5 * variance + (dim * variance).sqrt() * seen.rounding;
    let claim = 2.0 * plan.viewpoint.fraction() * plan.resolution / unit + CLAIMS * seen.largest_claim;
    let per_unit = 1.0 / (time_step * plan.width) / unit;
    Resolution {
        claim,
        deviation: ROUNDINGS * (claim + products * per_unit),
        natural: 0.5 * variance / dim * per_unit,
    }
}
