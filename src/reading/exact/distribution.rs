//! Gauss rules: points and weights with which expectations of polynomials are exact.
//!
//! A distribution is known by its recurrence of orthogonal polynomials,
//!
//! ```text
//! p_(k+1)(x) = (x - a_k) p_k(x) - b_k p_(k-1)(x),
//! ```
//!
//! and its rule of `q` points by the eigenvalues and the first components of the eigenvectors of the symmetric tridiagonal
//! matrix with diagonal `a_k` and off-diagonal `sqrt(b_k)` (Golub and Welsch 1969); exact to degree `2q - 1`.

use super::Unable;
use nalgebra::{DMatrix, SymmetricEigen};

/// Points with their probabilities.
pub(super) type Rule = Vec<(f64, f64)>;

/// A distribution of a number.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Law {
    /// Mean 0, variance 1.
    Normal,
    /// On [-1, 1].
    Uniform,
    /// 1 or -1.
    Rademacher,
    /// 1 with this probability, else 0.
    Bernoulli(f64),
    /// Mean 1.
    Exponential,
    /// Mean.
    Poisson(f64),
    /// The first moments.
    Moments(Vec<f64>),
}

fn count(k: usize) -> f64 {
    f64::from(u32::try_from(k).unwrap_or(u32::MAX))
}

impl Law {
    /// Whether its rule does not depend on the number of points asked for.
    pub(super) fn is_finite(&self) -> bool {
        matches!(self, Self::Rademacher | Self::Bernoulli(_) | Self::Moments(_))
    }

    /// The rule of `points` points, or of all if there are not so many.
    ///
    /// # Errors
    /// A parameter is out of its domain, or moments are those of no distribution.
    pub(super) fn rule(&self, points: usize) -> Result<Rule, Unable> {
        let what = "a parameter of a distribution";
        match self {
            Self::Rademacher => Ok(vec![(1.0, 0.5), (-1.0, 0.5)]),
            Self::Bernoulli(p) if (0.0..=1.0).contains(p) => Ok(vec![(1.0, *p), (0.0, 1.0 - p)]),
            Self::Poisson(mean) if !(*mean > 0.0 && mean.is_finite()) => {
                Err(Unable::NotSmooth { what, at: *mean })
            }
            Self::Bernoulli(p) => Err(Unable::NotSmooth { what, at: *p }),
            Self::Normal => golub_welsch(points, |_| 0.0, count),
            Self::Uniform => golub_welsch(points, |_| 0.0, |k| count(k * k) / (4.0 * count(k * k) - 1.0)),
            Self::Exponential => golub_welsch(points, |k| 2.0 * count(k) + 1.0, |k| count(k * k)),
            Self::Poisson(mean) => golub_welsch(points, |k| count(k) + mean, |k| count(k) * mean),
            Self::Moments(moments) => of_moments(moments),
        }
    }
}

/// The rule of the recurrence `a_k`, `b_k`.
fn golub_welsch(points: usize, a: impl Fn(usize) -> f64, b: impl Fn(usize) -> f64) -> Result<Rule, Unable> {
    let matrix = DMatrix::from_fn(points, points, |i, j| match i.abs_diff(j) {
        0 => a(i),
        1 => b(i.max(j)).sqrt(),
        _ => 0.0,
    });
    let eigen = SymmetricEigen::try_new(matrix, f64::EPSILON, 1000 * points.max(1));
    let eigen = eigen.ok_or(Unable::NotConverged { what: "a rule of quadrature" })?;
    let weights = eigen.eigenvectors.row(0).iter().map(|v| v * v).collect::<Vec<_>>();
    Ok(eigen.eigenvalues.iter().copied().zip(weights).collect())
}

/// What the recurrence coefficients are where moments do not say: different from those of symmetric distributions, so
/// that nothing holds by an accident of symmetry.
const UNKNOWN_SHIFT: f64 = 0.6;
const UNKNOWN_SPREAD: f64 = 0.9;

/// Points that are added to those that the moments determine, so that moments beyond are free.
const UNKNOWN_POINTS: usize = 2;

/// A distribution with these first moments, by Chebyshev's algorithm; moments beyond are made up.
///
/// From `m_0 = 1, m_1, ...`: `s_(k,l) = s_(k-1,l+1) - a_(k-1) s_(k-1,l) - b_(k-1) s_(k-2,l)`,
/// `a_k = s_(k,k+1)/s_(k,k) - s_(k-1,k)/s_(k-1,k-1)`, `b_k = s_(k,k)/s_(k-1,k-1)`.
fn of_moments(moments: &[f64]) -> Result<Rule, Unable> {
    let wrong = |at: f64| Unable::NotSmooth { what: "a list of moments of any distribution", at };
    if moments.is_empty() || !moments.iter().all(|m| m.is_finite()) {
        return Err(wrong(f64::NAN));
    }
    let mut row: Vec<f64> = std::iter::once(1.0).chain(moments.iter().copied()).collect();
    if row.len() % 2 == 1 {
        // One more moment completes the last a_k; it is not known.
        row.push(f64::NAN);
    }
    let points = row.len() / 2;
    let (mut a, mut b) = (vec![row[1]], vec![1.0]);
    let mut before = vec![0.0; row.len()];
    for k in 1..points {
        let next: Vec<f64> = (0..row.len())
            .map(|l| {
                let up = row.get(l + 1).copied().unwrap_or(f64::NAN);
                up - a[k - 1] * row[l] - b[k - 1] * before[l]
            })
            .collect();
        let ratio = next[k] / row[k - 1];
        if ratio.abs() <= 1e-14 * (1.0 + a[k - 1] * a[k - 1]) {
            return golub_welsch(a.len(), |k| a[k], |k| b[k]);
        }
        if ratio.is_nan() || ratio < 0.0 {
            return Err(wrong(ratio));
        }
        b.push(ratio);
        let exact = next[k + 1] / next[k] - row[k] / row[k - 1];
        a.push(if exact.is_nan() { a[k - 1] + UNKNOWN_SHIFT * ratio.sqrt() } else { exact });
        before = row;
        row = next;
    }
    for _ in 0..UNKNOWN_POINTS {
        b.push(UNKNOWN_SPREAD);
        a.push(a[a.len() - 1] + UNKNOWN_SHIFT);
    }
    golub_welsch(a.len(), |k| a[k], |k| b[k])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(rule: &[(f64, f64)], k: i32) -> f64 {
        rule.iter().map(|(x, w)| w * x.powi(k)).sum()
    }

    #[test]
    fn rules_have_the_moments_of_their_distributions() {
        let cases: [(Law, [f64; 5]); 7] = [
            (Law::Normal, [0.0, 1.0, 0.0, 3.0, 0.0]),
            (Law::Uniform, [0.0, 1.0 / 3.0, 0.0, 0.2, 0.0]),
            (Law::Rademacher, [0.0, 1.0, 0.0, 1.0, 0.0]),
            (Law::Bernoulli(0.25), [0.25; 5]),
            (Law::Exponential, [1.0, 2.0, 6.0, 24.0, 120.0]),
            (Law::Poisson(2.0), [2.0, 6.0, 22.0, 94.0, 454.0]),
            (Law::Moments(vec![0.5, 2.0, 3.0, 17.0, 40.0]), [0.5, 2.0, 3.0, 17.0, 40.0]),
        ];
        for (law, moments) in cases {
            let rule = law.rule(3).unwrap();
            assert!((moment(&rule, 0) - 1.0).abs() < 1e-14, "{law:?}: probabilities");
            for (k, expected) in (1..).zip(moments) {
                let scale: f64 = rule.iter().map(|(x, w)| w * x.abs().powi(k)).sum();
                assert!((moment(&rule, k) - expected).abs() <= 1e-13 * scale, "{law:?}: moment {k}");
            }
        }
    }

    #[test]
    fn few_moments_leave_the_others_asymmetric() {
        let rule = Law::Moments(vec![0.0, 1.0]).rule(9).unwrap();
        assert!((moment(&rule, 2) - 1.0).abs() < 1e-14, "variance");
        assert!(moment(&rule, 3).abs() > 0.1, "skewed");
        let mean = Law::Moments(vec![2.0]).rule(9).unwrap();
        assert!((moment(&mean, 1) - 2.0).abs() < 1e-14, "a mean alone");
        assert!(moment(&mean, 2) > 4.1, "with a variance of its own: {mean:?}");
        let coin = Law::Moments(vec![0.5; 4]).rule(9).unwrap();
        assert_eq!(coin.len(), 2, "four moments say that there are two points: {coin:?}");
        let open = Law::Moments(vec![0.5; 3]).rule(9).unwrap();
        assert!(moment(&open, 4) > 0.51, "three do not: {open:?}");
    }

    #[test]
    fn what_is_no_distribution_is_refused() {
        for law in
            [Law::Bernoulli(1.5), Law::Poisson(-1.0), Law::Moments(vec![1.0, 0.5]), Law::Moments(vec![])]
        {
            assert!(law.rule(3).is_err(), "{law:?}");
        }
    }
}
