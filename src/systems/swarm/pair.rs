//! Two walkers at any coupling, exactly: the stationary density of their centre and their distance.
//!
//! With `X = (x_1 + x_2)/2`, `r = x_1 - x_2` and `D = 1 + a cos x`,
//!
//! ```text
//! L f = (S/4) f_XX + S f_rr + M f_Xr - kappa r f_r,    S = 2 + 2 a cos X cos(r/2),    M = -2 a sin X sin(r/2)
//! ```
//!
//! and `E[L f] = 0` for every `f`. The density is even in `X` and in `r`, so that
//!
//! ```text
//! p = w(r) sum_{k, n} c_kn cos(kX) h_2n(r/s),        f = cos(k' X) h_2m(r/s)
//! ```
//!
//! with `w` the normal density of variance `s^2` and `h` its orthonormal Hermite polynomials: a linear system for `c`, whose
//! first equation, `f = 1`, says nothing and is replaced by `c_00 = 1`. Integrals over `X` are exact, those over `r` by the
//! trapezoidal rule, which is exact to rounding for such functions.

use super::super::notebook::real;
use nalgebra::{DMatrix, DVector};
use thiserror::Error;

/// Means over the stationary density of two walkers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pair {
    /// `E cos X`
    pub(super) centre: f64,
    /// `E cos x_1`
    pub(super) walker: f64,
    /// `E (x_1 - x_2)^2`
    pub(super) square: f64,
}

/// The linear system has no solution.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("the density of two walkers at kappa = {kappa} could not be solved for")]
pub(super) struct PairError {
    kappa: f64,
}

/// Points of the rule over `r/s`, from `-REACH` to `REACH`.
const POINTS: u16 = 1001;
const REACH: f64 = 22.0;

/// What the integrals over `r` are: matrices over even polynomials `h_2n` (rows) and `h_2m` (columns).
struct Integrals {
    /// `<h_2n, h_2m''>`
    second: DMatrix<f64>,
    /// `<h_2n, y h_2m'>`
    slope: DMatrix<f64>,
    /// `<h_2n, cos(s y/2) h_2m>`
    cos: DMatrix<f64>,
    /// `<h_2n, cos(s y/2) h_2m''>`
    cos_second: DMatrix<f64>,
    /// `<h_2n, sin(s y/2) h_2m'>`
    sin_slope: DMatrix<f64>,
}

impl Integrals {
    fn new(size: usize, s: f64) -> Self {
        let zero = || DMatrix::zeros(size, size);
        let mut sums =
            Self { second: zero(), slope: zero(), cos: zero(), cos_second: zero(), sin_slope: zero() };
        let step = 2.0 * REACH / f64::from(POINTS - 1);
        for point in 0..POINTS {
            let y = -REACH + step * f64::from(point);
            // h_j sqrt(w), so that nothing overflows.
            let root = (-0.25 * y * y).exp() / (2.0 * std::f64::consts::PI).powf(0.25) * step.sqrt();
            let h = hermite(2 * size, y, root);
            let (sin, cos) = (0.5 * s * y).sin_cos();
            for m in 0..size {
                let j = real(2 * m);
                // h_j' = sqrt(j) h_{j-1}
                let first = if m == 0 { 0.0 } else { j.sqrt() * h[2 * m - 1] };
                let second = if m == 0 { 0.0 } else { (j * (j - 1.0)).sqrt() * h[2 * m - 2] };
                for n in 0..size {
                    let left = h[2 * n];
                    sums.second[(n, m)] += left * second;
                    sums.slope[(n, m)] += left * y * first;
                    sums.cos[(n, m)] += left * cos * h[2 * m];
                    sums.cos_second[(n, m)] += left * cos * second;
                    sums.sin_slope[(n, m)] += left * sin * first;
                }
            }
        }
        sums
    }
}

/// `h_0..h_{count-1}` at `y`, times `factor`: `sqrt(j+1) h_{j+1} = y h_j - sqrt(j) h_{j-1}`.
fn hermite(count: usize, y: f64, factor: f64) -> Vec<f64> {
    let mut h = vec![factor, y * factor];
    for j in 1..count.max(2) - 1 {
        let next = (y * h[j] - real(j).sqrt() * h[j - 1]) / real(j + 1).sqrt();
        h.push(next);
    }
    h
}

/// Two walkers with `D = 1 + a cos x`, `0 <= a < 1`, coupled at the rate `kappa > 0`.
///
/// `modes` cosines and `powers` even polynomials. Errors fall with both: about as `2^-modes` for `a = 0.8`; with 36 powers
/// they are below 1e-8 for `kappa` of 1 and more, and 1e-3 at 0.3, where the density of `r` is far from normal.
///
/// # Errors
/// The linear system is singular or its solution not finite.
pub(super) fn pair(a: f64, kappa: f64, [modes, powers]: [usize; 2]) -> Result<Pair, PairError> {
    // Any width will do; near the variance of r, which is between 2 (1 - a)/kappa and 2/kappa, fewest powers are needed.
    let s = (1.2 / kappa).sqrt();
    let r = Integrals::new(powers, s);
    let size = modes * powers;
    let mut matrix = DMatrix::zeros(size, size);
    // Rows: test functions (k', m); columns: (k, n). In units of the mean of cos^2, except that of k = 0.
    let norm = |k: usize| if k == 0 { 1.0 } else { 0.5 };
    for test in 0..modes {
        let k = real(test);
        let mut add = |mode: usize, weight: f64, block: &DMatrix<f64>| {
            for m in 0..powers {
                for n in 0..powers {
                    matrix[(test * powers + m, mode * powers + n)] += weight * norm(mode) * block[(n, m)];
                }
            }
        };
        let identity = DMatrix::identity(powers, powers);
        // cos(k'X): -k'^2/2 h + 2 h''/s^2 - kappa y h'.
        add(test, 1.0, &(&identity * (-0.5 * k * k) + &r.second * (2.0 / (s * s)) - &r.slope * kappa));
        // 2 a cos X cos(k'X) = a (cos((k'+1)X) + cos((k'-1)X)), 2 a sin X sin(k'X) = a (cos((k'-1)X) - cos((k'+1)X)).
        let both = &r.cos * (-0.25 * k * k) + &r.cos_second / (s * s);
        let mixed = &r.sin_slope * (k / s);
        if test + 1 < modes {
            add(test + 1, a, &(&both - &mixed));
        }
        let below = if test == 0 { 1 } else { test - 1 };
        if below < modes {
            add(below, a, &(&both + &mixed));
        }
    }
    let mut right = DVector::zeros(size);
    matrix.row_mut(0).fill(0.0);
    matrix[(0, 0)] = 1.0;
    right[0] = 1.0;
    let c = matrix.lu().solve(&right).ok_or(PairError { kappa })?;
    let pair = Pair {
        centre: 0.5 * c[powers],
        walker: 0.5 * (0..powers).map(|n| c[powers + n] * r.cos[(n, 0)]).sum::<f64>(),
        square: s * s * (1.0 + 2.0_f64.sqrt() * c[1]),
    };
    let finite = [pair.centre, pair.walker, pair.square].iter().all(|x| x.is_finite());
    if finite { Ok(pair) } else { Err(PairError { kappa }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn pairs_are_the_reference() {
        let json: Value = serde_json::from_str(include_str!("../../../tests/data/stationary.json")).unwrap();
        let number = |value: &Value| value.as_str().unwrap().parse::<f64>().unwrap();
        let mut cases = 0;
        for case in json["cases"].as_array().unwrap().iter().filter(|case| case["kind"] == "swarm_two") {
            let found = pair(number(&case["a"]), number(&case["kappa"]), [20, 36]).unwrap();
            // The references have 9 digits, of which at least 7 are right; 20 modes and 36 powers leave 1e-8.
            for (found, name) in [
                (found.centre, "cos_centre"),
                (found.walker, "cos_walker"),
                (found.square, "mean_square_difference"),
            ] {
                let exact = number(&case[name]);
                assert!((found - exact).abs() < 3e-8, "{}, {name}: {found}, not {exact}", case["id"]);
            }
            cases += 1;
        }
        assert_eq!(cases, 3, "cases");
    }

    #[test]
    fn the_loosest_and_most_contrasted_pair_converges() {
        for (a, kappa) in [(0.9, 0.5), (0.9, 20.0), (0.3, 0.5)] {
            let (coarse, fine) = (pair(a, kappa, [16, 28]).unwrap(), pair(a, kappa, [20, 40]).unwrap());
            // As the system asks of them.
            for (x, y) in
                [(coarse.centre, fine.centre), (coarse.walker, fine.walker), (coarse.square, fine.square)]
            {
                assert!(
                    (x - y).abs() < 2e-3 * (1.0 + fine.square),
                    "{coarse:?} and {fine:?} at {a}, {kappa}"
                );
            }
        }
    }

    #[test]
    fn tight_pairs_are_one_walker() {
        let limit = |a: f64| ((1.0 - a * a).sqrt() - 1.0) / a;
        let found = pair(0.6, 1e4, [20, 8]).unwrap();
        // Corrections of order 1/kappa.
        assert!((found.centre - limit(0.6)).abs() < 1e-4, "{found:?}");
        assert!((found.walker - limit(0.6)).abs() < 1e-4, "{found:?}");
    }
}
