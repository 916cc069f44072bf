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
//! | `log`, `sin`, `cos` | simplified where they are built | where no two are related |
//! | roots of numbers | taken apart into primes | yes |
//! | `abs`, `arsinh`, `arctan`, expectations over known distributions | simplified where they are built | no |
//! | matrix roots, inverses, hypotheses | multiples of identities ([`super::relation`]) | no |

use super::algebra::Algebra;
use super::atom::{Draw, Factor, Head};
use super::obstacle::Obstacle;
use super::poly::{Monomial, Poly, Sealed};
use super::relation::Identity;
use crate::expression::{Distribution, Function, Rational, SymbolKind};
use std::collections::BTreeMap;

impl Algebra<'_> {
    /// What is left of a sum after everything that shows that it is 0 was tried: the sum itself if it is not.
    pub(super) fn remainder_of(&self, sum: &Poly, identities: &[Identity]) -> Result<Poly, Obstacle> {
        if sum.is_zero() {
            return Ok(Poly::zero());
        }
        let (cleared, _) = self.cleared(sum)?;
        if cleared.is_zero() || self.integrands_vanish(&cleared, identities)? {
            return Ok(Poly::zero());
        }
        let left = if self.vanishes_by(&cleared, identities)? { Poly::zero() } else { sum.clone() };
        Ok(left)
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
        let mut known = Transcendental::default();
        sum.terms().iter().find_map(|(monomial, _)| self.incompleteness_of_product(monomial, &mut known))
    }

    fn incompleteness_of_product(
        &self,
        monomial: &Monomial,
        known: &mut Transcendental,
    ) -> Option<&'static str> {
        monomial.0.iter().find_map(|factor| self.incompleteness_of(factor, known))
    }

    fn incompleteness_of(&self, factor: &Factor, known: &mut Transcendental) -> Option<&'static str> {
        let own = match &factor.head {
            Head::Prime(prime) if *prime > Rational::integer(PRIMES) => {
                Some("roots of large numbers stand in it")
            }
            Head::Log(inner) => known.logarithm(inner),
            Head::Function(function, inner) => known.function(*function, inner),
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
                self.is_distributed(factor).then_some("an expectation over a known distribution stands in it")
            }
            Head::Prime(_)
            | Head::Scalar(_)
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
        };
        own.or_else(|| {
            let inner = factor.head.inner()?;
            inner
                .poly()
                .terms()
                .iter()
                .find_map(|(monomial, _)| self.incompleteness_of_product(monomial, known))
        })
        .or_else(|| self.incompleteness_of_product(factor.head.inner_product()?, known))
    }

    /// Whether a factor depends on a name with a distribution.
    fn is_distributed(&self, factor: &Factor) -> bool {
        self.sources(factor).into_iter().any(|name| {
            matches!(&self.symbols.get(name).kind,
                SymbolKind::Random { distribution: Some(distribution), .. }
                    if !matches!(distribution, Distribution::Moments(_)))
        })
    }
}

/// Numbers below this that have no divisor among the trial divisors of roots are prime.
const PRIMES: i64 = 10_000_000_000;

/// The functions met in a sum that are algebraically independent of each other and of the rest.
///
/// A logarithm of a factor is; so is that of one sum, but of several only if no product of powers of these is 1. Sines and
/// cosines of products are, unless one angle is a rational multiple of another.
#[derive(Debug, Default)]
struct Transcendental {
    sum: Option<Sealed>,
    angles: Vec<Sealed>,
}

impl Transcendental {
    fn logarithm(&mut self, inner: &Sealed) -> Option<&'static str> {
        let single = inner.poly().as_single().is_some_and(|(monomial, _)| monomial.0.len() <= 1);
        if single {
            return None;
        }
        let known = self.sum.get_or_insert_with(|| inner.clone());
        (known != inner).then_some("logarithms of several sums stand in it")
    }

    fn function(&mut self, function: Function, inner: &Sealed) -> Option<&'static str> {
        if !matches!(function, Function::Sin | Function::Cos) {
            return Some("functions stand in it whose identities it does not all know");
        }
        let monomial = |sealed: &Sealed| sealed.poly().as_single().map(|(monomial, _)| monomial.clone());
        if self.angles.iter().any(|angle| angle != inner && monomial(angle) == monomial(inner)) {
            return Some("functions of several multiples of an angle stand in it");
        }
        self.angles.push(inner.clone());
        None
    }
}
