//! Data whose covariance at the point has a rational root.
//!
//! `d` independent numbers that are 2 with probability 1/5 and -1/2 with probability 4/5 have mean 0, variance 1 and a
//! third moment that is not 0: `2^d` data points `z`. For a symmetric positive definite `R` the data `m + R z` have the
//! covariance `R R`. A matrix field with the value `R [I 0] H` at the point, `H` a rational reflection, has `B B' = R R`.

use super::draw::{Draw, Purpose};
use crate::expression::{Rational, SymbolId};

/// `z` and its probability.
const STEPS: [(i64, i64, i64, i64); 2] = [(2, 1, 1, 5), (-1, 2, 4, 5)];

/// A fraction of constants.
fn ratio(numerator: i64, denominator: i64) -> Rational {
    Rational::new(numerator, denominator).unwrap_or(Rational::ZERO)
}

/// `z_i` at a data point.
fn standard(outcome: u32, i: usize) -> Rational {
    let (n, d, _, _) = STEPS[(outcome >> i & 1) as usize];
    ratio(n, d)
}

impl Draw {
    /// The probability of a data point.
    pub(super) fn white_weight(&self, outcome: u32) -> Rational {
        (0..self.dimension).fold(Rational::ONE, |product, i| {
            let (_, _, n, d) = STEPS[(outcome >> i & 1) as usize];
            &product * &ratio(n, d)
        })
    }

    /// The entries of `R` of a name: symmetric, and positive definite as the diagonal outweighs the rest.
    pub(super) fn root(&self, name: SymbolId) -> Vec<Rational> {
        let d = self.dimension;
        let entry = |p: usize| {
            let (i, j) = (p / d, p % d);
            let place = [u64::from(name.0), i.min(j) as u64, i.max(j) as u64, 0];
            let value = self.number(Purpose::Root, place);
            if i == j { &value.abs() + &Rational::integer(4) } else { &value * &ratio(1, 4) }
        };
        (0..d * d).map(entry).collect()
    }

    /// A component of `m + R z` of a name at a data point.
    pub(super) fn white(&self, name: SymbolId, outcome: u32, i: usize) -> Rational {
        let root = self.root(name);
        let mean = self.number(Purpose::Root, [u64::from(name.0), i as u64, 0, 1]);
        (0..self.dimension)
            .fold(mean, |sum, j| &sum + &(&root[i * self.dimension + j] * &standard(outcome, j)))
    }

    /// A component of `R [I 0] H` with so many columns, with `H = I - 2 v v'/(v' v)`.
    pub(super) fn factor(&self, name: SymbolId, columns: usize, component: usize) -> Rational {
        let root = self.root(name);
        let v = |k: usize| self.number(Purpose::Root, [u64::from(name.0), k as u64, 0, 2]);
        let square = (0..columns).fold(Rational::ZERO, |sum, k| &sum + &(&v(k) * &v(k)));
        let (i, j) = (component / columns, component % columns);
        (0..self.dimension.min(columns)).fold(Rational::ZERO, |sum, k| {
            let reflected =
                (&v(k) * &v(j)).checked_div(&square).unwrap_or(Rational::ZERO) * Rational::integer(-2);
            let reflection = if k == j { &reflected + &Rational::ONE } else { reflected };
            &sum + &(&root[i * self.dimension + k] * &reflection)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_data_have_mean_0_and_variance_1() {
        let mean = |f: &dyn Fn(Rational) -> Rational| {
            STEPS
                .iter()
                .fold(Rational::ZERO, |sum, (n, d, p, q)| &sum + &(&f(ratio(*n, *d)) * &ratio(*p, *q)))
        };
        assert_eq!(mean(&|_| Rational::ONE), Rational::ONE, "probabilities");
        assert_eq!(mean(&|z| z), Rational::ZERO, "mean");
        assert_eq!(mean(&|z| &z * &z), Rational::ONE, "variance");
        assert_eq!(mean(&|z| &(&z * &z) * &z), ratio(3, 2), "third moment");
    }
}
