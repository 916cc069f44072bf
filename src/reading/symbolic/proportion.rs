//! By what scalar a side of a claim, or one term of it, differs from what it should be.
//!
//! Let `D` be the left side less the right in normal form, and `D'` the same without a term `T` that enters linearly. With
//! `x T` for `T` the sides are equal if
//!
//! ```text
//! D' + x (D - D') = 0,        x = D'/(D' - D)
//! ```
//!
//! which is of use where `x` is a number or a short product of declared scalars. Nothing here is a proof: the claim with
//! the new factor is put to it like any other.

use super::algebra::Algebra;
use super::atom::{Factor, Head};
use super::decision::Sheet;
use super::poly::Poly;
use super::raise::{collect, ratio};
use crate::expression::{Claim, Expr, Rational, Symbols};

/// Nodes that a scalar factor may have.
const LONGEST: usize = 16;

/// What something must be multiplied by.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Multiple {
    /// A number.
    Number(Rational),
    /// A scalar that is no number.
    Scalar(Expr),
}

/// A claim with the difference of its sides in normal form.
pub(super) struct Balance<'a> {
    symbols: &'a Symbols,
    sheet: Sheet<'a>,
    difference: Poly,
}

impl<'a> Balance<'a> {
    /// Of a claim; nothing if it has no normal form.
    pub(super) fn new(claim: &Claim, symbols: &'a Symbols) -> Option<Self> {
        let sheet = Sheet::new(claim, symbols).ok()?;
        let difference = sheet.remainder().ok()?;
        Some(Self { symbols, sheet, difference })
    }

    /// The factor that a term needs, from the claim without the term.
    pub(super) fn multiple(&self, without: &Claim) -> Option<Multiple> {
        let rest = self.other(without)?;
        self.quotient(&rest, &rest.minus(&self.difference))
    }

    /// The factor that the right side needs, from the claim with 0 on the right, and its inverse.
    pub(super) fn whole(&self, without: &Claim) -> Option<(Multiple, Option<Multiple>)> {
        let left = self.other(without)?;
        let right = left.minus(&self.difference);
        if left.is_zero() {
            return None;
        }
        Some((self.quotient(&left, &right)?, self.quotient(&right, &left)))
    }

    /// How many times an expression has to be added on the right, from the claim that it is 0.
    pub(super) fn share(&self, alone: &Claim) -> Option<Multiple> {
        self.quotient(&self.difference, &self.other(alone)?)
    }

    fn other(&self, claim: &Claim) -> Option<Poly> {
        Sheet::new(claim, self.symbols).ok()?.remainder().ok()
    }

    /// `a/b` if it is a number or a short scalar.
    fn quotient(&self, a: &Poly, b: &Poly) -> Option<Multiple> {
        let algebra = &self.sheet.lowering.algebra;
        let (above, below) = (collect(a), collect(b));
        if b.is_zero() || (!a.is_zero() && !above.keys().eq(below.keys())) {
            return None;
        }
        if a.is_zero() {
            return Some(Multiple::Number(Rational::ZERO));
        }
        if let Some(number) = ratio(a, b) {
            return Some(Multiple::Number(number));
        }
        let ((tensor, x), (_, y)) = (above.iter().next()?, below.iter().next()?);
        for (p, q) in above.values().zip(below.values()) {
            let gap = algebra.times(p, y).ok()?.minus(&algebra.times(q, x).ok()?);
            if !algebra.together(&gap).ok()?.is_zero() {
                return None;
            }
        }
        let quotient = quotient(algebra, x, y)?;
        if let Some(number) = quotient.as_number() {
            return Some(Multiple::Number(number));
        }
        // Any two numbers are multiples of each other.
        let is_simple = || quotient.as_single().is_some_and(|(factors, _)| factors.0.len() == 1);
        if !is_number(&quotient) || (above.len() == 1 && tensor.is_empty() && !is_simple()) {
            return None;
        }
        let scalar = algebra.raised_scalar(&quotient);
        (scalar.nodes(LONGEST + 1).len() <= LONGEST).then_some(Multiple::Scalar(scalar))
    }
}

fn quotient(algebra: &Algebra<'_>, x: &Poly, y: &Poly) -> Option<Poly> {
    let inverse = algebra.power(y, &Rational::integer(-1)).ok()?;
    algebra.together(&algebra.times(x, &inverse).ok()?).ok()
}

/// Whether a sum speaks of declared scalars only.
fn is_number(sum: &Poly) -> bool {
    !sum.any(&mut |factor: &Factor| {
        !matches!(factor.head, Head::Scalar(_) | Head::Extent(_) | Head::Prime(_) | Head::Base(_))
    })
}
