//! Distributions behind the verdicts: chi-square, Hotelling's T^2, their power, skewness, Holm's rule.
//!
//! A mean of `M` draws in `k` dimensions with estimated covariance `S` is tested by
//!
//! ```text
//! T^2 = M mean^T S^-1 mean,      (M-k)/(k (M-1)) T^2  ~  F(k, M-k; lambda),      lambda = M a^T C^-1 a
//! ```
//!
//! where `a` is the true mean and `C` the true covariance of a draw. The noncentral distributions are Poisson mixtures,
//!
//! ```text
//! P(chi2_k(lambda) > x) = sum_j Poisson(j; lambda/2) P(chi2_{k+2j} > x)
//! P(F(k, m; lambda) > f) = sum_j Poisson(j; lambda/2) I_{m/(m + k f)}(m/2, k/2 + j)
//! ```
//!
//! with `I` the regularised incomplete beta function; `M -> infinity` turns the second into the first. This module knows
//! nothing of SGD.

#![allow(clippy::cast_precision_loss, reason = "dimensions and counts are below 2^53")]

use statrs::distribution::{ContinuousCDF, FisherSnedecor, Normal, StudentsT};
use statrs::function::beta::checked_beta_reg;
use statrs::function::gamma::{checked_gamma_ur, ln_gamma};

/// The probability with which the "smallest detectable" error is detected.
pub const POWER: f64 = 0.99;

/// Poisson terms left out of a mixture on either side weigh less than this together.
const MIXTURE_TAIL: f64 = 1e-13;

/// `sum_j Poisson(j; lambda/2) tail(j)`, summed over the terms that matter.
fn mixture(lambda: f64, tail: impl Fn(f64) -> f64) -> f64 {
    let mean = 0.5 * lambda;
    if mean <= 0.0 {
        return tail(0.0);
    }
    // A Poisson variable is within 8.5 standard deviations + 40 of its mean but for less than MIXTURE_TAIL.
    let reach = 8.5 * mean.sqrt() + 40.0;
    let mut j = (mean - reach).max(0.0).floor();
    let mut sum = 0.0;
    while j <= mean + reach {
        let weight = (j * mean.ln() - mean - ln_gamma(j + 1.0)).exp();
        if weight > MIXTURE_TAIL / (2.0 * reach) {
            sum += weight * tail(j);
        }
        j += 1.0;
    }
    sum.clamp(0.0, 1.0)
}

/// `P(chi2_k(lambda) > x)`: chi-square with `dimensions = k >= 1`, noncentrality `lambda >= 0`; 1 for `x <= 0`.
///
/// NaN if `x` or `lambda` is not a number.
#[must_use]
pub fn chi_square_exceeds(x: f64, dimensions: usize, lambda: f64) -> f64 {
    if x.is_nan() || !lambda.is_finite() {
        return f64::NAN;
    }
    if x <= 0.0 {
        return 1.0;
    }
    let half = 0.5 * dimensions as f64;
    mixture(lambda, |j| checked_gamma_ur(half + j, 0.5 * x).unwrap_or(f64::NAN))
}

/// The distribution of `T^2` in `k` dimensions from `M` draws.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hotelling {
    dimensions: f64,
    rest: f64,
}

impl Hotelling {
    /// For vectors of `dimensions >= 1` components and more draws than that; nothing otherwise.
    #[must_use]
    pub fn new(dimensions: usize, draws: u64) -> Option<Self> {
        let (k, m) = (dimensions as f64, draws as f64);
        (dimensions >= 1 && m > k).then_some(Self { dimensions: k, rest: m - k })
    }

    /// `M - 1`.
    fn degrees(&self) -> f64 {
        self.rest + self.dimensions - 1.0
    }

    /// `P(T^2 > t)` with noncentrality `lambda`; NaN if either is not a number.
    #[must_use]
    pub fn exceeds(&self, t: f64, lambda: f64) -> f64 {
        if t.is_nan() || !lambda.is_finite() {
            return f64::NAN;
        }
        // m/(m + k f) with k f = m T^2/(M-1)
        let x = 1.0 / (1.0 + t.max(0.0) / self.degrees());
        let (a, b) = (0.5 * self.rest, 0.5 * self.dimensions);
        mixture(lambda, |j| checked_beta_reg(a, b + j, x).unwrap_or(f64::NAN))
    }

    /// The value that `T^2` exceeds with probability `false_alarm` when there is nothing to find.
    #[must_use]
    pub fn critical(&self, false_alarm: f64) -> f64 {
        let f = FisherSnedecor::new(self.dimensions, self.rest)
            .map_or(f64::NAN, |f| f.inverse_cdf(1.0 - false_alarm));
        let start = f * self.dimensions * self.degrees() / self.rest;
        // The quantile is only a start: its tail is solved for here, at full accuracy.
        solve(if start.is_finite() && start > 0.0 { start } else { 1.0 }, |t| {
            false_alarm - self.exceeds(t, 0.0)
        })
    }

    /// The noncentrality at which `T^2` exceeds its critical value with probability `power > false_alarm`.
    #[must_use]
    pub fn noncentrality(&self, false_alarm: f64, power: f64) -> f64 {
        let critical = self.critical(false_alarm);
        solve(critical.max(1.0), |lambda| self.exceeds(critical, lambda) - power)
    }

    /// `E[a^T S^-1 a] = a^T C^-1 a (M-1)/(M-k-2)`: what an estimated metric exaggerates squared lengths by.
    ///
    /// Infinite where that mean is, for `M <= k + 2`.
    #[must_use]
    pub fn exaggeration(&self) -> f64 {
        if self.rest > 2.0 { self.degrees() / (self.rest - 2.0) } else { f64::INFINITY }
    }
}

/// The noncentrality at which a chi-square test in `dimensions` sees something with probability `power > false_alarm`.
#[must_use]
pub fn chi_square_noncentrality(dimensions: usize, false_alarm: f64, power: f64) -> f64 {
    let critical = solve(dimensions as f64 + 10.0, |x| false_alarm - chi_square_exceeds(x, dimensions, 0.0));
    solve(critical, |lambda| chi_square_exceeds(critical, dimensions, lambda) - power)
}

/// The positive root of an increasing function, to full accuracy by bisection; NaN if the function is.
fn solve(guess: f64, f: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, guess);
    for _ in 0..200 {
        let value = f(high);
        if value.is_nan() {
            return f64::NAN;
        }
        if value >= 0.0 {
            break;
        }
        low = high;
        high *= 2.0;
    }
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if f(middle) < 0.0 { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// Standard errors within which one number must be off to be seen with probability [`POWER`] at a two-sided false-alarm
/// rate: `t_{1-alpha/2} + t_power`, of Student's distribution with `draws - 1` degrees of freedom (an upper bound of
/// the exact multiple for few draws). Infinite for fewer than two draws.
#[must_use]
pub fn detectable_multiple(false_alarm: f64, draws: u64) -> f64 {
    let quantiles = |inverse: &dyn Fn(f64) -> f64| inverse(1.0 - 0.5 * false_alarm) + inverse(POWER);
    if draws < 2 {
        return f64::INFINITY;
    }
    if draws > 10_000 {
        return quantiles(&|p| Normal::standard().inverse_cdf(p));
    }
    StudentsT::new(0.0, 1.0, (draws - 1) as f64).map_or(f64::INFINITY, |t| quantiles(&|p| t.inverse_cdf(p)))
}

/// A p-value of a mean with an allowance for draws that are skew.
///
/// Means of skew draws, over their own standard errors, go beyond `t` more often on one side than normal ones, and less often on
/// the other, by `exp(+-t^3 g/3)` with `g` the skewness of the mean, that of a draw over the root of their number (Shao 1999,
/// self-normalised large deviations):
///
/// ```text
/// p' = p cosh(t^3 g/3),      p = 2 (1 - Phi(t)),      t at most 1/g
/// ```
///
/// Beyond `1/g` the bound grows again, and no smaller p-value is believed.
#[must_use]
pub fn with_skewness(p: f64, g: f64) -> f64 {
    if p >= 1.0 || g <= 0.0 {
        return p;
    }
    let normal = Normal::standard();
    let t = if p > 0.0 { -normal.inverse_cdf(0.5 * p) } else { f64::INFINITY };
    let (t, p) = if t > 1.0 / g { (1.0 / g, 2.0 * normal.cdf(-1.0 / g)) } else { (t, p) };
    // The product of a large and a small number, by their logarithms.
    let exponent = t.powi(3) * g / 3.0;
    let log_cosh = exponent + (-2.0 * exponent).exp().ln_1p() - std::f64::consts::LN_2;
    if p > 0.0 { (p.ln() + log_cosh).exp().min(1.0) } else { 0.0 }
}

/// The p-value that [`with_skewness`] makes `p`; nothing if none becomes so small.
#[must_use]
pub fn without_skewness(p: f64, g: f64) -> Option<f64> {
    let (mut low, mut high) = (1e-300_f64.ln(), p.ln());
    if with_skewness(low.exp(), g) > p {
        return None;
    }
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if with_skewness(middle.exp(), g) > p {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(low.exp())
}

/// Holm's adjusted p-values: those at most `alpha` are refused with a probability of any false alarm of at most `alpha`.
///
/// Sorted upwards, `p'_(i) = max_{j <= i} min(1, (m - j + 1) p_(j))` for `m` values. NaN counts as 1.
#[must_use]
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let value = |i: usize| if p_values[i].is_nan() { 1.0 } else { p_values[i] };
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&i, &j| value(i).total_cmp(&value(j)));
    let mut adjusted = vec![1.0; p_values.len()];
    let mut least = 0.0_f64;
    for (rank, &i) in order.iter().enumerate() {
        least = least.max((value(i) * (p_values.len() - rank) as f64).min(1.0));
        adjusted[i] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Agreement to 7 digits with published or closed values.
    fn close(found: f64, expected: f64) {
        assert!((found / expected - 1.0).abs() < 1e-7, "{found} is not {expected}");
    }

    #[test]
    fn chi_square_tails_are_those_of_closed_forms() {
        // k = 2: exp(-x/2); k = 4: exp(-x/2)(1 + x/2).
        close(chi_square_exceeds(13.0, 2, 0.0), (-6.5_f64).exp());
        close(chi_square_exceeds(13.0, 4, 0.0), (-6.5_f64).exp() * 7.5);
        // k = 1: a normal variable of mean sqrt(lambda) beyond +-sqrt(x): mean 2, x = 9: Q(1) + Q(5).
        close(chi_square_exceeds(9.0, 1, 4.0), 0.158_655_253_931_457 + 2.866_515_719_235_352e-7);
        assert!(chi_square_exceeds(f64::NAN, 1, 0.0).is_nan(), "NaN stays NaN");
    }

    #[test]
    fn noncentrality_in_one_dimension_is_the_square_of_two_normal_quantiles() {
        // z_{1-0.0005} + z_{0.99}, the other tail being 1e-9 of it.
        close(
            chi_square_noncentrality(1, 1e-3, 0.99),
            (3.290_526_731_491_926_f64 + 2.326_347_874_040_841).powi(2),
        );
        // The tables of Haynam, Govindarajulu and Leone: alpha = 0.05, power 0.9, k = 2 and 10.
        assert!((chi_square_noncentrality(2, 0.05, 0.9) - 12.654).abs() < 5e-4, "k = 2");
        assert!((chi_square_noncentrality(10, 0.05, 0.9) - 20.532).abs() < 6e-4, "k = 10");
    }

    #[test]
    fn the_allowance_for_skewness_is_that_of_the_formula() {
        // t = 3: p = 0.0026998, t^3 g/3 = 0.9 at g = 0.1, cosh 0.9 = 1.43309.
        let p = 2.0 * Normal::standard().cdf(-3.0);
        assert!((with_skewness(p, 0.1) / p - 0.9_f64.cosh()).abs() < 1e-9, "inside");
        let floor = with_skewness(2.0 * Normal::standard().cdf(-10.0), 0.1);
        assert!((with_skewness(0.0, 0.1) - floor).abs() < 1e-9 * floor, "nothing is smaller than at 1/g");
        assert!((with_skewness(1e-4, 0.0) - 1e-4).abs() < 1e-18, "no skewness");
        for (p, g) in [(1e-3, 0.1), (1e-6, 0.02), (0.02, 0.0)] {
            let inner = without_skewness(p, g).unwrap();
            assert!((with_skewness(inner, g) / p - 1.0).abs() < 1e-9, "the inverse at {p}, {g}");
        }
        assert_eq!(without_skewness(1e-9, 0.2), None, "so small a p-value cannot be reached");
    }

    #[test]
    fn hotelling_in_one_dimension_is_students_t() {
        // t = 2.262157 with 9 degrees of freedom: two-sided 5 %.
        let test = Hotelling::new(1, 10).unwrap();
        assert!((test.exceeds(2.262_157_162_740_992_f64.powi(2), 0.0) - 0.05).abs() < 1e-9, "5 %");
        close(test.critical(0.05), 2.262_157_162_740_992_f64.powi(2));
    }

    #[test]
    fn hotelling_tends_to_chi_square_from_above() {
        let limit = chi_square_noncentrality(30, 1e-3, 0.99);
        let mut previous = f64::INFINITY;
        for draws in [60, 200, 1000, 100_000] {
            let found = Hotelling::new(30, draws).unwrap().noncentrality(1e-3, 0.99);
            assert!(found < previous && found > limit, "{draws} draws need {found}, limit {limit}");
            previous = found;
        }
        assert!((previous / limit - 1.0).abs() < 1e-2, "{previous} against {limit}");
        assert_eq!(Hotelling::new(30, 30), None, "a covariance of full rank needs more draws");
    }

    #[test]
    fn holm_is_monotone_and_keeps_the_order_of_the_points() {
        assert_eq!(holm(&[0.01, 0.04, 0.03]), [0.03, 0.06, 0.06], "the textbook example");
        assert_eq!(holm(&[f64::NAN, 1e-4]), [1.0, 2e-4], "NaN is no evidence");
        assert_eq!(holm(&[]), [0.0; 0], "nothing");
    }

    #[test]
    fn one_number_is_seen_at_five_and_a_half_standard_errors() {
        close(detectable_multiple(1e-3, 1_000_000), 3.290_526_731_491_926 + 2.326_347_874_040_841);
        assert!(detectable_multiple(1e-3, 5) > 10.0, "few draws");
        assert!(detectable_multiple(1e-3, 1).is_infinite(), "one draw");
    }
}
