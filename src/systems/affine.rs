//! Exact moments of SGD with one parameter whose samples have affine gradients, and of the equations that approximate it.
//!
//! Per-sample gradients `alpha theta + beta`, batches of `n` with replacement, over `k` steps of learning rate `eta`,
//! `T = k eta`. With bars for means over samples and `Var` for `Var(alpha theta + beta)`:
//!
//! ```text
//! SGD        M1' = M1 - eta (a M1 + b)                                a = alpha bar, b = beta bar
//!            M2' = E[(theta - eta (a theta + b))^2] + (eta^2/n) E[Var]
//! equation   dTheta = -(A Theta + B) dt + sqrt(nu (eta/n) Var) dW,     A = a (1 + w eta a), B = b (1 + w eta a)
//!            dM1/dt = -A M1 - B,      dM2/dt = -2 A M2 - 2 B M1 + nu (eta/n) E[Var]
//! ```
//!
//! `w = 1/2` is the drift `-grad(f + eta/4 |grad f|^2)`, `w = 0` the gradient flow's; `nu` scales the noise. Both are linear
//! in `(1, M1, M2)`, so that powers and exponentials of 3 x 3 matrices give them to rounding.

use crate::loss::{Loss, Number};
use nalgebra::{Matrix3, Vector3};

/// `u = alpha theta^2/2 + beta theta`; a row is `alpha, beta`.
#[derive(Debug, Clone, Copy)]
pub(super) struct AffineGradient;

impl Loss for AffineGradient {
    fn dim(&self) -> usize {
        1
    }
    fn columns(&self) -> usize {
        2
    }
    fn loss<D: Number>(&self, x: &[D::InnerDual], theta: &[D]) -> D {
        (theta[0] * theta[0] * 0.5).scale(&x[0]) + theta[0].scale(&x[1])
    }
}

/// Moments of the per-sample gradients `alpha theta + beta`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Samples {
    /// `E[alpha]`, `E[beta]`
    pub(super) mean: [f64; 2],
    /// `Var alpha`, `Cov(alpha, beta)`, `Var beta`
    pub(super) spread: [f64; 3],
}

/// An equation for SGD: see the module's page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Equation {
    /// `w`: 1/2 with the finite-step term, 0 without.
    pub(super) finite_step: f64,
    /// `nu`: 1 with the noise of SGD, 0 without noise.
    pub(super) noise: f64,
}

impl Samples {
    /// Of rows `alpha, beta`; NaN for none.
    #[allow(clippy::cast_precision_loss, reason = "there are few rows")]
    pub(super) fn new(rows: &[[f64; 2]]) -> Self {
        let n = rows.len() as f64;
        let over = |f: &dyn Fn(&[f64; 2]) -> f64| rows.iter().map(f).sum::<f64>() / n;
        let mean = [over(&|r| r[0]), over(&|r| r[1])];
        let product = |i: usize, j: usize| over(&|r| (r[i] - mean[i]) * (r[j] - mean[j]));
        Self { mean, spread: [product(0, 0), product(0, 1), product(1, 1)] }
    }

    /// `Var(alpha theta + beta)` as a row that acts on `(1, M1, M2)`.
    fn variance(&self) -> [f64; 3] {
        let [aa, ab, bb] = self.spread;
        [bb, 2.0 * ab, aa]
    }

    /// `[E theta, E theta^2]` of SGD after `steps` steps from `start`.
    pub(super) fn sgd(&self, start: f64, [eta, n]: [f64; 2], steps: u32) -> [f64; 2] {
        let [p, q] = [1.0 - eta * self.mean[0], -eta * self.mean[1]];
        let v = self.variance().map(|v| v * eta * eta / n);
        let one = Matrix3::new(1.0, 0.0, 0.0, q, p, 0.0, q * q + v[0], 2.0 * p * q + v[1], p * p + v[2]);
        let moments = (0..steps).fold(state(start), |moments, _| one * moments);
        [moments[1], moments[2]]
    }

    /// `[E Theta, E Theta^2]` of an equation at time `t`.
    pub(super) fn equation(&self, equation: Equation, start: f64, [eta, n]: [f64; 2], t: f64) -> [f64; 2] {
        let factor = 1.0 + equation.finite_step * eta * self.mean[0];
        let [a, b] = self.mean.map(|m| m * factor);
        let v = self.variance().map(|v| v * equation.noise * eta / n);
        let generator = Matrix3::new(0.0, 0.0, 0.0, -b, -a, 0.0, v[0], v[1] - 2.0 * b, v[2] - 2.0 * a);
        let moments = (generator * t).exp() * state(start);
        [moments[1], moments[2]]
    }
}

fn state(start: f64) -> Vector3<f64> {
    Vector3::new(1.0, start, start * start)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WITH_BOTH: Equation = Equation { finite_step: 0.5, noise: 1.0 };
    const ORDER_1: Equation = Equation { finite_step: 0.0, noise: 1.0 };

    /// `[E theta, E theta^2]` of SGD, of the equation of order 1, and of that of order 2.
    type Row = (u32, [[f64; 2]; 3]);

    /// The reference tables at `T = 1`, computed with 25 digits: steps, then the moments.
    #[rustfmt::skip]
    const MULTIPLICATIVE: [Row; 3] = [
        (32, [[0.424_265_412_058_836_17, 0.184_642_190_014_441_85], [0.431_988_440_721_218_17, 0.191_109_410_244_464], [0.424_435_338_458_253_7, 0.184_484_928_580_902_7]]),
        (64, [[0.428_152_913_333_952_45, 0.185_584_712_186_855_43], [0.431_988_440_721_218_17, 0.188_848_335_846_183_1], [0.428_195_235_900_124_76, 0.185_546_416_955_817_75]]),
        (128, [[0.430_077_095_373_291_7, 0.186_088_899_282_816_33], [0.431_988_440_721_218_17, 0.187_727_850_317_703_92], [0.430_087_656_508_239_1, 0.186_079_449_296_394_75]]),
    ];
    #[rustfmt::skip]
    const SHIFTED: [Row; 3] = [
        (32, [[1.125_181_270_946_973_3, 1.270_360_239_307_394], [1.126_447_950_031_414_4, 1.273_082_725_064_908_8], [1.125_223_457_254_637_6, 1.270_251_838_045_369_6]]),
        (64, [[1.125_818_826_217_152_5, 1.269_590_947_289_063_2], [1.126_447_950_031_414_4, 1.270_976_135_667_155_2], [1.125_829_388_581_372, 1.269_564_518_064_693]]),
        (128, [[1.126_134_431_587_909_4, 1.269_230_277_424_308], [1.126_447_950_031_414_4, 1.269_928_639_471_408_4], [1.126_137_074_214_257_8, 1.269_223_752_223_994_9]]),
    ];

    #[test]
    fn moments_are_those_of_the_reference_tables() {
        let multiplicative = [0.5, 1.0, 2.5, 0.25].map(|x| [x, 0.0]);
        let shifted = [0.5, 1.0, 1.5, 0.25].map(|x: f64| [2.0 * x, -2.0 * x * x]);
        for (rows, table) in [(multiplicative, MULTIPLICATIVE), (shifted, SHIFTED)] {
            let samples = Samples::new(&rows);
            for (steps, expected) in table {
                let eta = 1.0 / f64::from(steps);
                let found = [
                    samples.sgd(1.25, [eta, 1.0], steps),
                    samples.equation(ORDER_1, 1.25, [eta, 1.0], 1.0),
                    samples.equation(WITH_BOTH, 1.25, [eta, 1.0], 1.0),
                ];
                for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
                    // Up to 128 products, or an exponential of a matrix of norm 5: some hundred roundings.
                    let bound = 400.0 * f64::EPSILON * expected;
                    assert!((found - expected).abs() < bound, "{steps} steps: {found} {expected}");
                }
            }
        }
    }

    #[test]
    fn the_stationary_state_is_the_reference_one() {
        // affine-1: a = 1, 2, 1/2; c = -1, 1, 3/2; eta = 1/4, n = 2: mean -3/7, variance 39/490.
        let samples = Samples::new(&[[1.0, -1.0], [2.0, 1.0], [0.5, 1.5]]);
        let [mean, square] = samples.sgd(0.0, [0.25, 2.0], 400);
        assert!((mean + 3.0 / 7.0).abs() < 1e-14, "{mean}");
        assert!((square - mean * mean - 39.0 / 490.0).abs() < 1e-14, "{square}");
    }
}
