//! Derivatives of normal forms.
//!
//! ```text
//! d_k (x^p y) = p x^(p-1) (d_k x) y + x^p d_k y        d_k E{x} = E{d_k x}
//! d_k theta_i = delta_ik         d_k u_,J = u_,Jk        d_k F(P) = F'(P) d_k P
//! d_k A^-1 = -A^-1 (d_k A) A^-1                          d_k log det A = tr(A^-1 d_k A)
//! ```
//!
//! The derivative of the symmetric root `B` of `M` stays a factor of its own, the solution of `B dB + dB B = dM`. That
//! derivative and expectation may be exchanged is an assumption.

use super::algebra::{Algebra, MARK, append, placed, replace_index};
use super::atom::{Draw, Factor, Head, Index};
use super::obstacle::Obstacle;
use super::poly::{Monomial, Poly, Product};
use super::reliance::Reliance;
use crate::expression::{Function, Length, Rational, SymbolId};

/// Markers of the indices of a factor while its derivative is taken.
const OPEN: u32 = MARK + 16;

/// Markers of the two indices of a matrix inside of a factor meanwhile.
const ROW: Index = Index::Free(MARK + 2);
const COLUMN: Index = Index::Free(MARK + 3);

/// What is varied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// The point, along this index.
    Space(Index),
    /// A real symbol.
    Scalar(SymbolId),
}

impl Algebra<'_> {
    /// The derivative of a sum.
    pub(super) fn derivative(&self, sum: &Poly, direction: Direction) -> Result<Poly, Obstacle> {
        let mut products = Vec::new();
        for (monomial, coefficient) in sum.terms() {
            self.derivative_of_product(&monomial.0, coefficient, direction, &mut products)?;
        }
        self.finish(products)
    }

    /// The derivative along `mark` of what has the index `mark`, contracted: `d_j X_j`.
    pub(super) fn divergence(&self, sum: &Poly, mark: Index) -> Result<Poly, Obstacle> {
        let derived = self.derivative(sum, Direction::Space(mark))?;
        self.contract(&derived, mark, Length::Space)
    }

    /// Leibniz' rule.
    fn derivative_of_product(
        &self,
        factors: &[Factor],
        coefficient: &Rational,
        direction: Direction,
        products: &mut Vec<Product>,
    ) -> Result<(), Obstacle> {
        for (at, factor) in factors.iter().enumerate() {
            let others: Vec<Factor> =
                factors.iter().enumerate().filter(|(f, _)| *f != at).map(|(_, f)| f.clone()).collect();
            for (part, scale) in self.derivative_of_factor(factor, factors, direction)? {
                if factor.group != 0 {
                    self.rely(Reliance::Exchange);
                }
                let mut all = others.clone();
                all.extend(part);
                self.spend(all.len())?;
                products.push((all, coefficient * &scale));
            }
        }
        Ok(())
    }

    /// The derivative of `x^p`, with names that are new within others.
    fn derivative_of_factor(
        &self,
        factor: &Factor,
        within: &[Factor],
        direction: Direction,
    ) -> Result<Vec<Product>, Obstacle> {
        if let Head::Exp(inner) = &factor.head {
            let inner = Poly::monomial(inner.clone(), factor.power.clone());
            let mut products = placed(&self.derivative(&inner, direction)?, factor, within);
            products.iter_mut().for_each(|(factors, _)| factors.push(factor.clone()));
            return Ok(products);
        }
        if matches!(factor.head, Head::Field { .. } | Head::Root(_)) {
            return self.derivative_of_jet(factor, direction);
        }
        let mut open = factor.clone();
        for (slot, index) in (0..).zip(&mut open.indices) {
            *index = Index::Free(OPEN + slot);
        }
        let Some(inner) = self.derivative_of_head(&open, direction)? else {
            return Ok(Vec::new());
        };
        let mut products = placed(&inner, factor, within);
        for (slot, index) in (0..).zip(&factor.indices) {
            products
                .iter_mut()
                .for_each(|(factors, _)| replace_index(factors, Index::Free(OPEN + slot), *index));
        }
        if !factor.power.is_one() {
            let lowered = Factor { power: &factor.power - &Rational::ONE, ..factor.clone() };
            for (factors, coefficient) in &mut products {
                factors.push(lowered.clone());
                *coefficient = &*coefficient * &factor.power;
            }
        }
        Ok(products)
    }

    /// One more derivative index.
    fn derivative_of_jet(&self, factor: &Factor, direction: Direction) -> Result<Vec<Product>, Obstacle> {
        if let Head::Root(matrix) = &factor.head {
            let matrix = self.derivative(matrix.poly(), direction)?;
            if matrix.is_zero() {
                return Ok(Vec::new());
            }
        }
        let Direction::Space(index) = direction else {
            return match factor.head {
                Head::Root(_) => Err(Obstacle::NoSeries { what: "the root of a matrix" }),
                _ => Ok(Vec::new()),
            };
        };
        let mut derived = Factor { power: Rational::ONE, ..factor.clone() };
        derived.indices.push(index);
        derived.sort_indices();
        let mut product = vec![derived];
        if !factor.power.is_one() {
            product.push(Factor { power: &factor.power - &Rational::ONE, ..factor.clone() });
        }
        Ok(vec![(product, factor.power.clone())])
    }

    /// The derivative of a factor to the power 1, as it stands inside of the factor; nothing if it is 0.
    fn derivative_of_head(&self, factor: &Factor, direction: Direction) -> Result<Option<Poly>, Obstacle> {
        let delta = |a: Index, b: Index| Factor::new(Head::Delta(Length::Space), Draw::Fixed, &[a, b]);
        let derived = match (&factor.head, direction) {
            (Head::Scalar(symbol), Direction::Scalar(varied)) if *symbol == varied => Poly::one(),
            (Head::Coordinate(k), Direction::Space(index)) => self.factor(delta(Index::Value(*k), index))?,
            (Head::Position, Direction::Space(index)) => self.factor(delta(factor.indices[0], index))?,
            (Head::Log(inner), _) => {
                let inner_derivative = self.derivative(inner.poly(), direction)?;
                self.times(&self.power(inner.poly(), &Rational::integer(-1))?, &inner_derivative)?
            }
            (Head::Function(function, inner), _) => {
                let inner_derivative = self.derivative(inner.poly(), direction)?;
                if inner_derivative.is_zero() {
                    return Ok(None);
                }
                self.times(&self.slope(*function, inner.poly())?, &inner_derivative)?
            }
            (Head::Apply(symbol, order, inner), _) => {
                let inner_derivative = self.derivative(inner.poly(), direction)?;
                let next =
                    self.function(|inner| Head::Apply(*symbol, order + 1, inner), inner.poly().clone());
                self.times(&next, &inner_derivative)?
            }
            (Head::Base(inner), _) => self.derivative(inner.poly(), direction)?,
            (Head::LogDet(matrix), _) => {
                let derived = self.derivative(&self.opened(matrix.poly())?, direction)?;
                let inverse = self.inverse_factor(matrix, COLUMN, ROW)?;
                self.contract_pair(&self.factor(inverse)?, &derived)?
            }
            (Head::Inverse { matrix, .. }, _) => {
                self.derivative_of_inverse(factor, matrix.poly(), direction)?
            }
            (Head::Integral(inner), Direction::Scalar(varied)) => {
                if inner.any(&mut |f| f.head == Head::Scalar(varied)) {
                    return Err(Obstacle::NoSeries { what: "an integral" });
                }
                return Ok(None);
            }
            _ => return Ok(None),
        };
        Ok(Some(derived).filter(|derived| !derived.is_zero()))
    }

    /// A matrix with its free indices 0 and 1 out of the way of a derivative along one of these.
    fn opened(&self, matrix: &Poly) -> Result<Poly, Obstacle> {
        self.renamed(matrix, |index| match index {
            Index::Free(0) => ROW,
            Index::Free(1) => COLUMN,
            other => other,
        })
    }

    /// `X_ab Y_ab` of opened matrices.
    fn contract_pair(&self, a: &Poly, b: &Poly) -> Result<Poly, Obstacle> {
        let once = self.contracted(self.products(a, b)?, ROW, Length::Space)?;
        self.finish(self.contracted(once, COLUMN, Length::Space)?)
    }

    /// `-A^-1_ia (d A_ab) A^-1_bj`
    fn derivative_of_inverse(
        &self,
        factor: &Factor,
        matrix: &Poly,
        direction: Direction,
    ) -> Result<Poly, Obstacle> {
        let derived = self.derivative(&self.opened(matrix)?, direction)?;
        let inside = |slots: [Index; 2]| Factor { group: 0, indices: slots.to_vec(), ..factor.clone() };
        let mut products = Vec::new();
        for (monomial, coefficient) in derived.terms() {
            let mut factors = vec![inside([factor.indices[0], ROW]), inside([COLUMN, factor.indices[1]])];
            for own in &mut factors {
                if own.draw != Draw::Fixed {
                    own.draw = Draw::Own;
                }
            }
            append(&mut factors, &monomial.0);
            products.push((factors, -coefficient));
        }
        let once = self.contracted(products, ROW, Length::Space)?;
        self.finish(self.contracted(once, COLUMN, Length::Space)?)
    }

    /// The derivative of a function of one variable that is a factor of its own.
    fn slope(&self, function: Function, at: &Poly) -> Result<Poly, Obstacle> {
        let one_and_square = || Ok(Poly::one().plus(&self.times(at, at)?));
        match function {
            Function::Sin => self.cosine(at),
            Function::Cos => Ok(self.sine(at)?.negated()),
            Function::Arsinh => self.power(&one_and_square()?, &Rational::half(-1)),
            Function::Arctan => self.power(&one_and_square()?, &Rational::integer(-1)),
            Function::Abs => {
                self.rely(Reliance::NonZero(at.clone()));
                self.times(&self.built_in(Function::Abs, at)?, &self.power(at, &Rational::integer(-1))?)
            }
            Function::Exp
            | Function::Log
            | Function::Tan
            | Function::Sinh
            | Function::Cosh
            | Function::Tanh
            | Function::Logistic
            | Function::Softplus => Err(Obstacle::Beyond { what: "a function that is not in normal form" }),
        }
    }
}

/// The order of a product in its factors, for tests of linearity.
pub(super) fn degree(monomial: &Monomial, counts: impl Fn(&Factor) -> bool) -> Rational {
    monomial.0.iter().filter(|factor| counts(factor)).fold(Rational::ZERO, |sum, factor| &sum + &factor.power)
}
