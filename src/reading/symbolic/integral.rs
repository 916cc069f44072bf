//! Integrals over the whole space, by parts off a test function.
//!
//! ```text
//! integral(phi_,J x) = (-1)^|J| integral(phi d_J x)
//! ```
//!
//! What stands at infinity vanishes with the test function. After that an integral that is linear in a test function is
//! 0 for every test function exactly if what multiplies it is 0 everywhere, so the normal form is complete for them. An
//! integral without a test function stays what it is.

use super::algebra::{Algebra, MARK, names, replace_index};
use super::atom::{Draw, Factor, Head, Index};
use super::derivative::Direction;
use super::obstacle::Obstacle;
use super::poly::{Monomial, Poly, Product};
use super::reliance::Reliance;
use crate::expression::{Rational, SymbolId, SymbolKind};

/// Names of summed indices that are kept while a part of a product is in normal form.
const KEPT: u32 = MARK * 4;

impl Algebra<'_> {
    /// The integral of a scalar.
    pub(super) fn integral(&self, integrand: &Poly) -> Result<Poly, Obstacle> {
        let mut products: Vec<Product> = Vec::new();
        for (monomial, coefficient) in integrand.terms() {
            let moved = match self.test_function(monomial)? {
                None => Poly::monomial(monomial.clone(), coefficient.clone()),
                Some(at) => self.by_parts(monomial, coefficient, at)?,
            };
            for (monomial, coefficient) in moved.terms() {
                products.push((self.integral_of_product(monomial)?, coefficient.clone()));
            }
        }
        self.finish(products)
    }

    /// Where the test function of a product stands; nothing if it has none.
    fn test_function(&self, monomial: &Monomial) -> Result<Option<usize>, Obstacle> {
        let mut found = None;
        for (at, factor) in monomial.0.iter().enumerate() {
            if !factor.any(&mut |inner| self.is_test(inner)) {
                continue;
            }
            if found.is_some() || !factor.power.is_one() || self.test_symbol(factor).is_none() {
                return Err(Obstacle::Beyond { what: "an integral that is not linear in its test function" });
            }
            found = Some(at);
        }
        Ok(found)
    }

    pub(super) fn test_symbol(&self, factor: &Factor) -> Option<SymbolId> {
        let Head::Field { symbol, .. } = factor.head else { return None };
        let test = matches!(self.symbols.get(symbol).kind, SymbolKind::Field { test: true, .. });
        test.then_some(symbol)
    }

    fn is_test(&self, factor: &Factor) -> bool {
        self.test_symbol(factor).is_some()
    }

    /// `phi_,J x` as `(-1)^|J| phi d_J x`.
    fn by_parts(&self, monomial: &Monomial, coefficient: &Rational, at: usize) -> Result<Poly, Obstacle> {
        let mut rest = monomial.0.clone();
        let mut test = rest.remove(at);
        let derivatives: Vec<Index> = test.derivatives().to_vec();
        if derivatives.is_empty() {
            return Ok(Poly::monomial(monomial.clone(), coefficient.clone()));
        }
        self.rely(Reliance::Decay);
        test.indices.truncate(test.rank);
        // An index summed within the derivatives of the test function is split: one half stays open.
        let mut open = Vec::new();
        for (k, index) in (0..).zip(derivatives) {
            let marker = Index::Free(MARK + 200 + k);
            open.push((marker, index));
        }
        let mut sum = self.finish_open(rest, coefficient)?;
        for (marker, _) in &open {
            sum = self.derivative(&sum, Direction::Space(*marker))?.negated();
        }
        let mut products = Vec::new();
        for (monomial, value) in sum.terms() {
            let mut factors = monomial.0.clone();
            factors.push(test.clone());
            for (marker, index) in &open {
                let index = if let Index::Dummy(dummy) = index { Index::Named(KEPT + dummy) } else { *index };
                replace_index(&mut factors, *marker, index);
            }
            products.push((factors, value.clone()));
        }
        self.close(products)
    }

    /// A part of a product in normal form, its summed indices kept by name.
    fn finish_open(&self, mut factors: Vec<Factor>, coefficient: &Rational) -> Result<Poly, Obstacle> {
        for index in factors.iter_mut().flat_map(|factor| &mut factor.indices) {
            if let Index::Dummy(dummy) = index {
                *index = Index::Named(KEPT + *dummy);
            }
        }
        self.finish(vec![(factors, coefficient.clone())])
    }

    /// Kept names back to summed indices.
    fn close(&self, products: Vec<Product>) -> Result<Poly, Obstacle> {
        let closed = products.into_iter().map(|(mut factors, coefficient)| {
            let first = names(&factors).0;
            for index in factors.iter_mut().flat_map(|factor| &mut factor.indices) {
                if let Index::Named(name) = index
                    && *name >= KEPT
                {
                    *index = Index::Dummy(first + (*name - KEPT));
                }
            }
            (factors, coefficient)
        });
        self.finish(closed.collect())
    }

    /// The integral of one product: constants before it.
    fn integral_of_product(&self, monomial: &Monomial) -> Result<Vec<Factor>, Obstacle> {
        if monomial.0.iter().any(Factor::is_random) {
            return Err(Obstacle::Beyond {
                what: "an integral of what is random, outside of an expectation",
            });
        }
        let (mut constant, mut moving): (Vec<Factor>, Vec<Factor>) = (Vec::new(), Vec::new());
        for piece in super::function::pieces(&monomial.0) {
            if piece.iter().all(|factor| !self.moves(factor)) {
                constant.extend(piece);
            } else {
                moving.extend(piece);
            }
        }
        let inner = self.finish(vec![(moving, Rational::ONE)])?;
        let Some((inner, _)) = inner.as_single() else {
            return Err(Obstacle::Beyond { what: "an integral of a sum" });
        };
        constant.push(Factor::new(Head::Integral(inner.clone()), Draw::Fixed, &[]));
        Ok(constant)
    }

    /// Whether a factor depends on the point.
    pub(super) fn moves(&self, factor: &Factor) -> bool {
        factor.any(&mut |inner| {
            matches!(inner.head, Head::Field { .. } | Head::Coordinate(_) | Head::Position | Head::Root(_))
        })
    }
}
