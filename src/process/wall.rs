//! Walls for paths on an interval: reflecting by folding, periodic by wrapping.
//!
//! ```text
//! reflecting   x' = lo + |x - lo|  below lo,   x' = hi - |hi - x|  above hi, as often as it takes
//! periodic     x' = x modulo hi - lo
//! ```
//!
//! **The order at the wall.** Folding an Euler-Maruyama step that crosses the wall keeps the weak order 1 of the step, for
//! amplitudes that vary up to the wall too (the symmetrised scheme of Bossy, Gobet and Talay 2004): `f(x')` has the
//! normal derivative 0 that the density's condition `J = 0` asks of the functions it is tested on. Putting what has
//! crossed back on the wall instead has weak order 1/2 only. Wrapping is exact: the unwrapped path is the path of the
//! periodic coefficients. The tests of this file measure the three.

use std::fmt;
use thiserror::Error;

/// An interval that a coordinate cannot leave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Confined {
    lo: f64,
    hi: f64,
    periodic: bool,
}

/// The ends of an interval are not finite and in order.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error("the interval runs from {lo} to {hi}; it needs two finite ends, the lower first")]
pub struct ConfinedError {
    /// The lower end given.
    pub lo: f64,
    /// The upper end given.
    pub hi: f64,
}

impl fmt::Display for Confined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let walls = if self.periodic { "periodic" } else { "reflecting" };
        write!(f, "[{}, {}], {walls}", self.lo, self.hi)
    }
}

impl Confined {
    /// Between reflecting walls.
    ///
    /// # Errors
    /// The ends are not finite and in order.
    pub fn reflecting(lo: f64, hi: f64) -> Result<Self, ConfinedError> {
        Self::new(lo, hi, false)
    }

    /// On a ring of length `hi - lo`.
    ///
    /// # Errors
    /// The ends are not finite and in order.
    pub fn periodic(lo: f64, hi: f64) -> Result<Self, ConfinedError> {
        Self::new(lo, hi, true)
    }

    fn new(lo: f64, hi: f64, periodic: bool) -> Result<Self, ConfinedError> {
        let fits = lo < hi && (2.0 * (hi - lo)).is_finite();
        if fits { Ok(Self { lo, hi, periodic }) } else { Err(ConfinedError { lo, hi }) }
    }

    /// Where a step that ended at `x` ends with the walls; what is not finite becomes NaN.
    #[inline]
    #[must_use]
    pub fn keep(&self, x: f64) -> f64 {
        if x >= self.lo && x <= self.hi {
            return x;
        }
        if !x.is_finite() {
            return f64::NAN;
        }
        let length = self.hi - self.lo;
        if self.periodic {
            // `rem_euclid` may round up to the length itself.
            return (self.lo + (x - self.lo).rem_euclid(length)).min(self.hi);
        }
        let around = (x - self.lo).rem_euclid(2.0 * length);
        let folded = if around > length { 2.0 * length - around } else { around };
        (self.lo + folded).min(self.hi)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_and_wraps() {
        let walls = Confined::reflecting(1.0, 3.0).unwrap();
        let ring = Confined::periodic(1.0, 3.0).unwrap();
        for (x, folded, wrapped) in [
            (1.0, 1.0, 1.0),
            (2.5, 2.5, 2.5),
            (3.0, 3.0, 3.0),
            (0.5, 1.5, 2.5),
            (3.25, 2.75, 1.25),
            (5.5, 1.5, 1.5),
            (-1.5, 2.5, 2.5),
            (9.25, 1.25, 1.25),
        ] {
            assert_eq!((walls.keep(x), ring.keep(x)), (folded, wrapped), "from {x}");
        }
        for x in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(walls.keep(x).is_nan() && ring.keep(x).is_nan(), "{x} is nowhere");
        }
        assert!(ring.keep(1.0 - 1e-17) <= 3.0, "rounding stays inside");
        for (lo, hi) in [(1.0, 1.0), (2.0, 1.0), (f64::NAN, 1.0), (0.0, f64::INFINITY), (-f64::MAX, f64::MAX)]
        {
            assert!(Confined::reflecting(lo, hi).is_err(), "{lo} to {hi}");
        }
    }

    /// Lagrange polynomials of `nodes` at `y`.
    fn lagrange(nodes: &[f64], y: f64) -> Vec<f64> {
        let others = |k: usize| nodes.iter().enumerate().filter(move |(m, _)| *m != k).map(|(_, node)| *node);
        (0..nodes.len()).map(|k| others(k).map(|node| (y - node) / (nodes[k] - node)).product()).collect()
    }

    /// The stationary mean of `(x - 5/4)^2` under Euler-Maruyama steps of `dx = sqrt(2x) dW` (Ito) on [1/2, 2], without
    /// any random numbers: `f -> E[f(keep(x + sqrt(2 x dt) z))]` by quadrature over `z`, on polynomials through 20
    /// Chebyshev points, until `f` is constant.
    fn stationary_spread(dt: f64, keep: impl Fn(f64) -> f64) -> f64 {
        const SPACING: f64 = 0.02;
        let nodes: Vec<f64> = (0..20)
            .map(|k| 1.25 + 0.75 * (std::f64::consts::PI * (f64::from(k) + 0.5) / 20.0).cos())
            .collect();
        let row = |x: f64| {
            let mut row = vec![0.0; nodes.len()];
            for step in -400..=400 {
                let z = f64::from(step) * SPACING;
                let chance = SPACING * (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt();
                let terms = lagrange(&nodes, keep(x + (2.0 * x * dt).sqrt() * z));
                row.iter_mut().zip(terms).for_each(|(entry, term)| *entry += chance * term);
            }
            row
        };
        let kernel: Vec<Vec<f64>> = nodes.iter().map(|&x| row(x)).collect();
        let mut f: Vec<f64> = nodes.iter().map(|x| (x - 1.25).powi(2)).collect();
        // The slowest mode decays at about (pi/1.5)^2 a unit of time.
        let mut time = 0.0;
        while time < 8.0 {
            f = kernel.iter().map(|row| row.iter().zip(&f).map(|(k, f)| k * f).sum()).collect();
            time += dt;
        }
        f[0]
    }

    #[test]
    fn folding_has_weak_order_one_and_putting_back_one_half() {
        // p ~ 1/x on [1/2, 2]: E[x] = 1.5/ln 4, E[x^2] = 1.875/ln 4.
        let exact = (1.875 - 2.5 * 1.5) / 4.0_f64.ln() + 1.25 * 1.25;
        let orders = |keep: &dyn Fn(f64) -> f64| {
            let errors = [0.02, 0.01, 0.005].map(|dt| (stationary_spread(dt, keep) - exact).abs());
            [(errors[0] / errors[1]).log2(), (errors[1] / errors[2]).log2()]
        };
        let walls = Confined::reflecting(0.5, 2.0).unwrap();
        let folding = orders(&|x| walls.keep(x));
        assert!(folding.iter().all(|order| (order - 1.0).abs() < 0.2), "order 1, found {folding:?}");
        let putting_back = orders(&|x: f64| x.clamp(0.5, 2.0));
        assert!(putting_back.iter().all(|order| (order - 0.5).abs() < 0.2), "order 1/2: {putting_back:?}");
    }
}
