//! When a normal form is 0, and when one that is not written as 0 is known to differ from it.
//!
//! A sum of different products is not 0 for all fields, since products of jets with different contractions are linearly
//! independent in high enough dimension, and so are products of expectations over enough distributions. On the way from
//! products to functions that breaks where factors depend on each other:
//!
//! | factors | what is done | complete |
//! |---|---|---|
//! | jets, expectations, symbols, exponentials | nothing is needed | yes |
//! | `P^q`, `q < 0` or broken | multiplied by `P^k`, expanded | yes for whole `q` |
//! | integrals over a test function | what multiplies it is 0 | yes |
//! | `sin`, `cos`, `log`, roots of numbers, ... | simplified where they are built | no |
//! | matrix roots, inverses, hypotheses | multiples of identities ([`super::relation`]) | no |

use super::algebra::Algebra;
use super::atom::{Draw, Factor, Head};
use super::obstacle::Obstacle;
use super::poly::{Monomial, Poly, Sealed};
use super::relation::Identity;
use crate::expression::{Distribution, Rational, SymbolKind};
use std::collections::BTreeMap;

/// Rounds of clearing: a denominator may show another.
const ROUNDS: usize = 6;

impl Algebra<'_> {
    /// What is left of a sum after everything that shows that it is 0 was tried: the sum itself if it is not.
    pub(super) fn remainder_of(&self, sum: &Poly, identities: &[Identity]) -> Result<Poly, Obstacle> {
        if sum.is_zero() {
            return Ok(Poly::zero());
        }
        let cleared = self.cleared(sum)?;
        if cleared.is_zero() || self.integrands_vanish(&cleared, identities)? {
            return Ok(Poly::zero());
        }
        let left = if self.vanishes_by(&cleared, identities)? { Poly::zero() } else { sum.clone() };
        Ok(left)
    }

    /// A sum multiplied by its denominators.
    fn cleared(&self, sum: &Poly) -> Result<Poly, Obstacle> {
        let mut sum = sum.clone();
        for _ in 0..ROUNDS {
            let Some((base, power)) = lowest_power(&sum) else { return Ok(sum) };
            let clear = Factor { power: -&power, ..Factor::new(Head::Base(base.0), base.1, &[]) };
            let mut products = Vec::with_capacity(sum.len());
            for (monomial, coefficient) in sum.terms() {
                let mut factors = monomial.0.clone();
                factors.push(clear.clone());
                products.push((factors, coefficient.clone()));
            }
            sum = self.finish(products)?;
        }
        Ok(sum)
    }

    /// Whether a sum of integrals over test functions is 0 because what multiplies each of them is, and the rest is 0.
    fn integrands_vanish(&self, sum: &Poly, identities: &[Identity]) -> Result<bool, Obstacle> {
        let mut parts: BTreeMap<u32, Vec<(Vec<Factor>, Rational)>> = BTreeMap::new();
        for (monomial, coefficient) in sum.terms() {
            let Some((test, factors)) = self.integrand(monomial) else { return Ok(false) };
            parts.entry(test).or_default().push((factors, coefficient.clone()));
        }
        for products in parts.into_values() {
            let part = self.finish(products)?;
            if !self.remainder_of(&part, identities)?.is_zero() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The test function of a product with one integral, and what multiplies it under the integral.
    fn integrand(&self, monomial: &Monomial) -> Option<(u32, Vec<Factor>)> {
        let is_integral = |factor: &&Factor| matches!(factor.head, Head::Integral(_));
        let mut integrals = monomial.0.iter().filter(is_integral);
        let (Some(integral), None) = (integrals.next(), integrals.next()) else { return None };
        let (Head::Integral(inner), true) = (&integral.head, integral.power.is_one()) else { return None };
        let at = inner.0.iter().position(|factor| self.test_symbol(factor).is_some())?;
        let test = self.test_symbol(&inner.0[at])?;
        let mut factors: Vec<Factor> = monomial.0.iter().filter(|f| !is_integral(f)).cloned().collect();
        let mut rest = inner.0.clone();
        let open = rest.remove(at);
        if open.indices.iter().any(|index| matches!(index, super::atom::Index::Dummy(_))) {
            return None;
        }
        super::algebra::append(&mut factors, &rest);
        Some((test.0, factors))
    }

    /// Why a sum that is not written as 0 may still be 0; nothing if it cannot.
    pub(super) fn incompleteness(&self, sum: &Poly) -> Option<&'static str> {
        let mut reason = None;
        sum.any(&mut |factor| {
            let found = self.incompleteness_of(factor);
            if found.is_some() {
                reason = found;
            }
            found.is_some()
        });
        reason
    }

    fn incompleteness_of(&self, factor: &Factor) -> Option<&'static str> {
        match &factor.head {
            Head::Prime(_) => Some("roots of numbers stand in it"),
            Head::Log(_) => Some("logarithms stand in it"),
            Head::Function(..) => Some("functions stand in it whose identities it does not all know"),
            Head::Base(_) if factor.power.to_integer().is_none() => Some("roots of sums stand in it"),
            Head::Base(_) if factor.draw != Draw::Fixed => Some("a random denominator stands in it"),
            Head::LogDet(_) | Head::Inverse { .. } => {
                Some("the inverse or the determinant of a matrix stands in it")
            }
            Head::Root(_) => Some("the root of a matrix stands in it"),
            Head::Integral(inner) if !inner.0.iter().any(|f| self.test_symbol(f).is_some()) => {
                Some("an integral without a test function stands in it")
            }
            Head::Random(_) | Head::RandomVector(_) | Head::Field { .. } if factor.draw != Draw::Fixed => {
                let known = self.sources(factor).into_iter().any(|name| {
                    matches!(&self.symbols.get(name).kind,
                        SymbolKind::Random { distribution: Some(distribution), .. }
                            if !matches!(distribution, Distribution::Moments(_)))
                });
                known.then_some("an expectation over a known distribution stands in it")
            }
            Head::Scalar(_)
            | Head::Extent(_)
            | Head::Coordinate(_)
            | Head::Exp(_)
            | Head::Apply(..)
            | Head::Base(_)
            | Head::Integral(_)
            | Head::Random(_)
            | Head::RandomVector(_)
            | Head::Noise(..)
            | Head::Position
            | Head::Delta(_)
            | Head::Field { .. } => None,
        }
    }
}

/// A sum under a negative power, outside of expectations, and its lowest power rounded down.
fn lowest_power(sum: &Poly) -> Option<((Sealed, Draw), Rational)> {
    let mut lowest: Option<((Sealed, Draw), Rational)> = None;
    for factor in sum.terms().iter().flat_map(|(monomial, _)| &monomial.0) {
        let Head::Base(inner) = &factor.head else { continue };
        let clears = factor.group == 0 && matches!(factor.draw, Draw::Fixed | Draw::Own);
        if !clears || !factor.power.is_negative() {
            continue;
        }
        let Ok(floor) = super::algebra::floor(&factor.power) else { continue };
        let floor = Rational::integer(floor);
        let same = lowest.as_ref().is_none_or(|((known, draw), _)| known == inner && *draw == factor.draw);
        let lower = lowest.as_ref().is_none_or(|(_, power)| floor < *power);
        if same && lower {
            lowest = Some(((inner.clone(), factor.draw), floor));
        }
    }
    lowest
}
