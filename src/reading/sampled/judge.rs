//! The test of a mean difference against 0, and what it could have seen.
//!
//! ```text
//! T^2 = min over |c_i| <= b_i of (m - c)' S^-1 (m - c),      S = C/M + diag(e_i^2)
//! ```
//!
//! with `m` the mean of `M` draws, `C` their covariance, `e` what rounding can make up, and `b` what an extrapolation leaves. By
//! Hotelling `T^2` exceeds its critical value at most as often as stated while the true mean is within `b` (exactly so for
//! normal draws and `b = 0`). Components that depend linearly on others count once.

use super::model::count;
use crate::sampling::{Covariance, Hotelling, POWER};
use nalgebra::{DMatrix, DVector, SymmetricEigen};

/// Added to the correlation matrix, so that it can be inverted whatever its rank: what is the same linear relation in all
/// draws has to hold to a part in 1e5 of a standard error.
const RIDGE: f64 = 1e-10;

/// Eigenvalues of the correlation matrix below this are linear relations.
const NULL: f64 = 1e-8;

/// Rounds of minimisation over the box, each component once.
const ROUNDS: usize = 400;

/// The covariance of a mean, inverted.
#[derive(Debug)]
pub(super) struct Metric {
    law: Hotelling,
    dimensions: usize,
    inverse: DMatrix<f64>,
}

impl Metric {
    /// Nothing if there are too few draws.
    pub(super) fn new(draws: &Covariance, rounding: &DVector<f64>) -> Option<Self> {
        let number = draws.count();
        #[allow(clippy::cast_precision_loss, reason = "counts are below 2^53")]
        let covariance = draws.covariance()? / number as f64;
        let n = covariance.nrows();
        let scale =
            DVector::from_fn(n, |i, _| covariance[(i, i)].sqrt().hypot(rounding[i]).max(f64::MIN_POSITIVE));
        let mut correlation = DMatrix::from_fn(n, n, |i, j| {
            let own = if i == j { rounding[i] * rounding[i] } else { 0.0 };
            (covariance[(i, j)] + own) / scale[i] / scale[j]
        });
        if !correlation.iter().all(|x| x.is_finite()) {
            return None;
        }
        let values = SymmetricEigen::new(correlation.clone()).eigenvalues;
        let dimensions = values.iter().filter(|x| **x > NULL).count().max(1);
        (0..n).for_each(|i| correlation[(i, i)] += RIDGE);
        let law = Hotelling::new(dimensions, number)?;
        law.exaggeration().is_finite().then_some(())?;
        let inverse = correlation.try_inverse()?;
        let inverse = DMatrix::from_fn(n, n, |i, j| inverse[(i, j)] / scale[i] / scale[j]);
        Some(Self { law, dimensions, inverse })
    }

    /// Independent components.
    pub(super) fn dimensions(&self) -> usize {
        self.dimensions
    }

    fn square(&self, a: &DVector<f64>) -> f64 {
        a.dot(&(&self.inverse * a)).max(0.0)
    }

    /// The p-value of a mean that may be off by so much.
    pub(super) fn p_value(&self, mean: &DVector<f64>, leftover: &DVector<f64>) -> f64 {
        let mut rest = mean.clone();
        let mut slope = &self.inverse * &rest;
        for _ in 0..ROUNDS {
            let mut moved = 0.0_f64;
            for i in 0..rest.len() {
                let curvature = self.inverse[(i, i)];
                if leftover[i] <= 0.0 || curvature <= 0.0 {
                    continue;
                }
                // rest = mean - c; along c_i the minimum is at rest_i - slope_i/curvature.
                let free = rest[i] - slope[i] / curvature;
                let best = free.clamp(mean[i] - leftover[i], mean[i] + leftover[i]);
                let change = best - rest[i];
                rest[i] = best;
                slope.axpy(change, &self.inverse.column(i), 1.0);
                moved = moved.max(change * change * curvature);
            }
            if moved < 1e-12 {
                break;
            }
        }
        self.law.exceeds(self.square(&rest), 0.0)
    }

    /// The smallest relative error of a claim that is seen with probability 0.99: `r^2 a' S^-1 a = lambda`.
    pub(super) fn detectable(&self, claim: &DVector<f64>, false_alarm: f64) -> f64 {
        let square = self.square(claim);
        let lambda = self.law.noncentrality(false_alarm, POWER) * self.law.exaggeration();
        let seen = (lambda / square).sqrt();
        if seen.is_nan() { f64::INFINITY } else { seen }
    }
}

/// The largest kurtosis of a component over the number of draws.
pub(super) fn tails(draws: &Covariance) -> f64 {
    let n = draws.mean().len();
    #[allow(clippy::cast_precision_loss, reason = "counts are below 2^53")]
    let number = draws.count() as f64;
    (0..n).map(|i| draws.kurtosis(i)).filter(|k| k.is_finite()).fold(0.0, f64::max) / number.max(count(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws `(x, x)` and noise of two kinds; the second component repeats the first.
    fn draws() -> Covariance {
        let mut all = Covariance::new(3);
        for k in 0..400_u32 {
            let (x, y) = (f64::from(k % 20) - 9.5, f64::from(k / 20) - 9.5);
            all.push(&DVector::from_vec(vec![x, x, y]));
        }
        all
    }

    #[test]
    fn repeated_components_count_once() {
        let metric = Metric::new(&draws(), &DVector::zeros(3)).unwrap();
        assert_eq!(metric.dimensions(), 2, "two of three");
        let zero = DVector::zeros(3);
        assert!((metric.p_value(&zero, &zero) - 1.0).abs() < 1e-12, "no difference");
        let broken = DVector::from_vec(vec![0.01, -0.01, 0.0]);
        assert!(
            metric.p_value(&broken, &zero) < 1e-9,
            "what is the same in every draw cannot differ in the mean"
        );
    }

    #[test]
    fn what_is_left_over_is_taken_off() {
        let metric = Metric::new(&draws(), &DVector::zeros(3)).unwrap();
        let mean = DVector::from_vec(vec![0.0, 0.0, 3.0]);
        let zero = DVector::zeros(3);
        assert!(metric.p_value(&mean, &zero) < 1e-9, "ten standard errors");
        let left = DVector::from_vec(vec![0.0, 0.0, 3.0]);
        assert!((metric.p_value(&mean, &left) - 1.0).abs() < 1e-9, "all of it may be left over");
        let half = DVector::from_vec(vec![0.0, 0.0, 2.0]);
        let rest = metric.p_value(&DVector::from_vec(vec![0.0, 0.0, 1.0]), &zero);
        assert!((metric.p_value(&mean, &half) - rest).abs() < 1e-6, "the rest of it counts");
        let seen = metric.detectable(&mean, 1e-3);
        assert!(seen > 0.3 && seen < 0.8, "about five and a half of ten standard errors: {seen}");
    }
}
