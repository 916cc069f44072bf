//! The test of a mean difference against 0, and what it could have seen.
//!
//! ```text
//! T^2 = min over |c_i| <= b_i of (m - c)' S^-1 (m - c),      S = C/M + diag(e_i^2)
//! ```
//!
//! with `m` the mean of `M` draws, `C` their covariance, `e` what rounding can make up, and `b` what an extrapolation leaves. By
//! Hotelling `T^2` exceeds its critical value at most as often as stated while the true mean is within `b` (exactly so for
//! normal draws and `b = 0`). Components that depend linearly on others count once.
//!
//! P-values and power allow for skew draws ([`with_skewness`]), with the largest skewness of a component.

use super::model::count;
use crate::sampling::{Covariance, Hotelling, POWER, with_skewness, without_skewness};
use nalgebra::{DMatrix, DVector, SymmetricEigen};

/// Added to the correlation matrix, so that it can be inverted whatever its rank: what is the same linear relation in all
/// draws has to hold to a part in 1e5 of a standard error.
const RIDGE: f64 = 1e-10;

/// Eigenvalues of the correlation matrix below this are linear relations.
const NULL: f64 = 1e-8;

/// Rounds of minimisation over the box, each component once.
const ROUNDS: usize = 400;

/// The covariance of a mean, by a root of its inverse: `S^-1 = W' W`. The inverse itself would lose all digits where
/// components depend on each other.
#[derive(Debug)]
pub(super) struct Metric {
    law: Hotelling,
    dimensions: usize,
    /// `W`
    whitening: DMatrix<f64>,
    /// The largest skewness of a component of the mean.
    skewness: f64,
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
        let correlation = DMatrix::from_fn(n, n, |i, j| {
            let own = if i == j { rounding[i] * rounding[i] } else { 0.0 };
            (covariance[(i, j)] + own) / scale[i] / scale[j]
        });
        if !correlation.iter().all(|x| x.is_finite()) {
            return None;
        }
        let SymmetricEigen { eigenvalues, eigenvectors } = SymmetricEigen::new(correlation);
        let dimensions = eigenvalues.iter().filter(|x| **x > NULL).count().max(1);
        let law = Hotelling::new(dimensions, number)?;
        law.exaggeration().is_finite().then_some(())?;
        let whitening = DMatrix::from_fn(n, n, |k, i| {
            eigenvectors[(i, k)] / scale[i] / (eigenvalues[k].max(0.0) + RIDGE).sqrt()
        });
        Some(Self { law, dimensions, whitening, skewness: draws.skewness_of_mean(&scale) })
    }

    /// Independent components.
    pub(super) fn dimensions(&self) -> usize {
        self.dimensions
    }

    fn square(&self, a: &DVector<f64>) -> f64 {
        (&self.whitening * a).norm_squared()
    }

    /// The p-value of a mean that may be off by so much.
    pub(super) fn p_value(&self, mean: &DVector<f64>, leftover: &DVector<f64>) -> f64 {
        let mut rest = mean.clone();
        let mut white = &self.whitening * &rest;
        let curvatures: Vec<f64> = self.whitening.column_iter().map(|column| column.norm_squared()).collect();
        for _ in 0..ROUNDS {
            let mut moved = 0.0_f64;
            for i in 0..rest.len() {
                let (column, curvature) = (self.whitening.column(i), curvatures[i]);
                if leftover[i] <= 0.0 || curvature <= 0.0 {
                    continue;
                }
                // rest = mean - c; along c_i the minimum of |W rest|^2 is at rest_i - (W_i . W rest)/|W_i|^2.
                let free = rest[i] - column.dot(&white) / curvature;
                let best = free.clamp(mean[i] - leftover[i], mean[i] + leftover[i]);
                let change = best - rest[i];
                rest[i] = best;
                white.axpy(change, &column, 1.0);
                moved = moved.max(change * change * curvature);
            }
            if moved < 1e-12 {
                break;
            }
        }
        with_skewness(self.law.exceeds(self.square(&rest), 0.0), self.skewness)
    }

    /// The smallest relative error of a claim that is seen with probability 0.99: `r^2 a' S^-1 a = lambda`.
    pub(super) fn detectable(&self, claim: &DVector<f64>, false_alarm: f64) -> f64 {
        let square = self.square(claim);
        let Some(false_alarm) = without_skewness(false_alarm, self.skewness) else { return f64::INFINITY };
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

    /// Regression: by an inverse matrix, three components of which two are the same gave any p-value whatever.
    #[test]
    fn components_that_repeat_do_not_spoil_the_test() {
        let mut all = Covariance::new(4);
        for k in 0..1024_u32 {
            let x = f64::from(k % 32) - 15.5;
            let y = 1e-3 * (f64::from(k / 32) - 15.5);
            all.push(&DVector::from_vec(vec![0.5 * x + y, x, x, 2.0 * x + y]));
        }
        let metric = Metric::new(&all, &DVector::zeros(4)).unwrap();
        let error = all.covariance().unwrap()[(1, 1)].sqrt() / 32.0;
        let zero = DVector::zeros(4);
        let mean = DVector::from_vec(vec![0.5, 1.0, 1.0, 2.0]) * error;
        let p = metric.p_value(&mean, &zero);
        // T^2 = 1 in two dimensions.
        assert!((p - (-0.5_f64).exp()).abs() < 0.01, "one standard error along x: {p}");
    }

    /// Draws `(x, x)` and noise of two kinds; the second component repeats the first.
    fn draws() -> Covariance {
        let mut all = Covariance::new(3);
        for k in 0..400_u32 {
            let (x, y) = (f64::from(k % 20) - 9.5, f64::from(k / 20) - 9.5);
            all.push(&DVector::from_vec(vec![x, x, y]));
        }
        all
    }

    /// Means of 256 exponential numbers, whose skewness is 2: at a stated rate of 1e-3, 20 000 tests give 20 +- 4.5 false
    /// alarms. Without the allowance there are far more.
    #[test]
    fn skew_draws_are_refuted_no_more_often_than_stated() {
        use rand::{RngExt, SeedableRng};
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(20);
        let zero = DVector::zeros(1);
        let (mut with, mut without) = (0, 0);
        for _ in 0..20_000 {
            let mut all = Covariance::new(1);
            for _ in 0..256 {
                all.push(&DVector::from_element(1, -(1.0 - rng.random::<f64>()).ln() - 1.0));
            }
            let metric = Metric::new(&all, &zero).unwrap();
            with += u32::from(metric.p_value(all.mean(), &zero) <= 1e-3);
            without += u32::from(metric.law.exceeds(metric.square(all.mean()), 0.0) <= 1e-3);
        }
        assert!(with <= 20 + 18, "{with} of 20000");
        assert!(without > 20 + 18, "the test sees the difference: {without}");
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
