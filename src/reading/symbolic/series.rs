//! Orders, remainders and Taylor's series.
//!
//! The order of a product in the symbol of the remainder is its power of the symbol, and 1/2 for each noise with that
//! symbol as its time step. Terms at or above the order that is asked for are dropped as soon as they appear.
//!
//! ```text
//! e(theta + h)    = sum_k 1/k! h_j1 .. h_jk d_j1 .. d_jk e
//! N_s             = sum_k (-s)^k/k! d_j1 .. d_jk E[v v_j1 .. v_jk]       Z_s the same without the first v
//! given the place = N_s/Z_s,   s = 0, 1/2, 1
//! current         = sum_k (-1)^k/(k+1)! d_j1 .. d_jk E[v v_j1 .. v_jk]
//! F(eta)          = sum_k t^k/k! (d/dt)^k F at t = 0,   eta = t^2, dW = t dW/sqrt(eta)
//! ```

use super::algebra::MARK;
use super::atom::{Draw, Factor, Head, Index};
use super::derivative::Direction;
use super::expectation::noise_count;
use super::lower::{FIRST, JOINT, Lowering, Need, length};
use super::obstacle::Obstacle;
use super::poly::{Monomial, Poly, Product};
use crate::expression::{Expr, Kind, Place, Rational, SymbolId, SymbolKind};

/// Most terms of a series.
const TERMS: i64 = 24;

/// The root of the symbol of the remainder, while a function is expanded in it. No text declares so many names.
pub(super) const ROOT: SymbolId = SymbolId(u32::MAX);

/// Whether a sum speaks of the root of the symbol of the remainder.
pub(super) fn has_root(sum: &Poly) -> bool {
    sum.any(&mut |factor: &Factor| factor.head == Head::Scalar(ROOT))
}

impl Lowering<'_> {
    /// The order of a product.
    pub(super) fn order(&self, monomial: &Monomial) -> Rational {
        let Some(symbol) = self.symbol else { return Rational::ZERO };
        let explicit =
            super::derivative::degree(monomial, |f| f.group == 0 && f.head == Head::Scalar(symbol));
        &explicit + &(&noise_count(monomial, &self.noises) * &Rational::half(1))
    }

    /// The terms below an order.
    pub(super) fn truncated(&self, sum: Poly, need: &Need) -> Poly {
        match need {
            Some(need) if self.symbol.is_some() => sum.filtered(|monomial| self.order(monomial) < *need),
            Some(_) | None => sum,
        }
    }

    /// Two factors of a product, each as far as the product needs it.
    pub(super) fn both(&self, a: &Expr, b: &Expr, need: &Need) -> Result<(Poly, Poly), Obstacle> {
        let Some(need) = need else {
            return Ok((self.exact(a)?, self.exact(b)?));
        };
        let (x, y) = (self.least_order(a)?, self.least_order(b)?);
        Ok((self.lower(a, &Some(need - &y))?, self.lower(b, &Some(need - &x))?))
    }

    /// A bound below the order of an expression.
    pub(super) fn least_order(&self, e: &Expr) -> Result<Rational, Obstacle> {
        if let Some((_, known)) = self.orders.borrow().get(&e.address()) {
            return Ok(known.clone());
        }
        let order = self.least_order_of_node(e)?;
        self.orders.borrow_mut().insert(e.address(), (e.clone(), order.clone()));
        Ok(order)
    }

    fn least_order_of_node(&self, e: &Expr) -> Result<Rational, Obstacle> {
        match e.kind() {
            Kind::Number(_) | Kind::Identity | Kind::Dimension | Kind::Kronecker(..) => Ok(Rational::ZERO),
            Kind::Symbol(symbol) => Ok(if Some(*symbol) == self.symbol {
                Rational::ONE
            } else if self.noises.contains(symbol) {
                Rational::half(1)
            } else {
                Rational::ZERO
            }),
            Kind::Add(all) | Kind::List(all) => self.least_of(all.iter()),
            Kind::Rows(rows) => self.least_of(rows.iter().flatten()),
            Kind::Mul(a, b) | Kind::Dot(a, b) | Kind::Outer(a, b) | Kind::CrossCov(a, b) => {
                Ok(&self.least_order(a)? + &self.least_order(b)?)
            }
            Kind::Norm2(a) | Kind::Var(a) => Ok(&self.least_order(a)? * &Rational::integer(2)),
            Kind::Cov(a) => Ok(&self.least_order(a)? * &Rational::integer(2)),
            Kind::Neg(a)
            | Kind::Transpose(a)
            | Kind::Trace(a)
            | Kind::Grad(a)
            | Kind::Hess(a)
            | Kind::Lap(a)
            | Kind::Jac(a)
            | Kind::Divergence(a)
            | Kind::Expect(a)
            | Kind::Mean(a, _)
            | Kind::SumOver(a, _)
            | Kind::Component(a, _)
            | Kind::Partial(_, a)
            | Kind::Sum(_, a)
            | Kind::Tensor(_, a)
            | Kind::Shift(a, _)
            | Kind::Conditional(_, a)
            | Kind::Current(a)
            | Kind::Integral(a) => self.least_order(a),
            Kind::Div(..)
            | Kind::Pow(..)
            | Kind::Sqrt(_)
            | Kind::MatrixRoot(_)
            | Kind::Function(..)
            | Kind::Apply(..)
            | Kind::At(..)
            | Kind::Inverse(_)
            | Kind::LogDet(_) => self.least_order_found(e),
        }
    }

    fn least_of<'e>(&self, all: impl Iterator<Item = &'e Expr>) -> Result<Rational, Obstacle> {
        let mut least: Option<Rational> = None;
        for e in all {
            let order = self.least_order(e)?;
            if least.as_ref().is_none_or(|least| order < *least) {
                least = Some(order);
            }
        }
        Ok(least.unwrap_or(Rational::ZERO))
    }

    /// The least order of the terms, where the order of the parts does not bound it.
    fn least_order_found(&self, e: &Expr) -> Result<Rational, Obstacle> {
        match e.kind() {
            Kind::Div(a, b) if self.is_free_of_order(b) => return self.least_order(a),
            Kind::Div(a, b) => return Ok(&self.least_order(a)? - &self.least(&self.exact(b)?)),
            _ if self.is_free_of_order(e) => return Ok(Rational::ZERO),
            _ => {}
        }
        Ok(self.least(&self.exact(e)?))
    }

    fn is_free_of_order(&self, e: &Expr) -> bool {
        !e.any(&mut |node| {
            matches!(node.kind(), Kind::Symbol(symbol)
                if Some(*symbol) == self.symbol || self.noises.contains(symbol))
        })
    }

    fn least(&self, sum: &Poly) -> Rational {
        sum.terms().iter().map(|(monomial, _)| self.order(monomial)).min().unwrap_or(Rational::ZERO)
    }

    /// Terms in which the symbol of the remainder stands inside of a function, expanded below an order.
    pub(super) fn series(&self, sum: &Poly, need: &Need) -> Result<Poly, Obstacle> {
        let (Some(need), Some(symbol)) = (need, self.symbol) else {
            return Ok(sum.clone());
        };
        let counts = |f: &Factor| match f.head {
            Head::Scalar(known) => known == symbol,
            Head::Noise(noise, _) => self.noises.contains(&noise),
            _ => false,
        };
        let hides = |f: &Factor| !counts(f) && f.any(&mut |inner| counts(inner));
        let mut result = sum.filtered(|monomial| !monomial.0.iter().any(hides));
        for (monomial, coefficient) in sum.terms() {
            if !monomial.0.iter().any(hides) {
                continue;
            }
            let order = self.order(monomial);
            let root = self.with_root(&Poly::monomial(monomial.clone(), coefficient.clone()), symbol)?;
            let part = self.taylor(&root, &(need - &order), &order, symbol)?;
            result = result.plus(&part);
        }
        Ok(self.truncated(result, &Some(need.clone())))
    }

    /// `eta = t^2`, `dW = t dW` inside of functions.
    fn with_root(&self, sum: &Poly, symbol: SymbolId) -> Result<Poly, Obstacle> {
        let root = self.algebra.scalar(ROOT);
        let square = self.algebra.times(&root, &root)?;
        self.algebra.rewritten(sum, &|factor| match factor.head {
            Head::Scalar(known) if known == symbol => Ok(Some(square.clone())),
            Head::Noise(noise, length) if self.noises.contains(&noise) => {
                let slots: &[Index] = if factor.rank == 0 { &[] } else { &[FIRST] };
                let noise =
                    self.algebra.factor(Factor::new(Head::Noise(noise, length), Draw::Fixed, slots))?;
                self.algebra.times(&root, &noise).map(Some)
            }
            _ => Ok(None),
        })
    }

    /// What was noted of a function while it was expanded, in terms of the symbol again: `t = eta^(1/2)`, `dW = dW/eta^(1/2)`.
    pub(super) fn without_root(&self, sum: &Poly) -> Result<Poly, Obstacle> {
        let Some(symbol) = self.symbol.filter(|_| has_root(sum)) else { return Ok(sum.clone()) };
        let root = |power: Rational| Factor { power, ..Factor::number(Head::Scalar(symbol)) };
        self.algebra.rewritten(sum, &|factor| match factor.head {
            Head::Scalar(ROOT) => self.algebra.factor(root(Rational::half(1))).map(Some),
            Head::Noise(noise, length) if self.noises.contains(&noise) => {
                let slots: &[Index] = if factor.rank == 0 { &[] } else { &[FIRST] };
                let noise =
                    self.algebra.factor(Factor::new(Head::Noise(noise, length), Draw::Fixed, slots))?;
                self.algebra.times(&self.algebra.factor(root(Rational::half(-1)))?, &noise).map(Some)
            }
            _ => Ok(None),
        })
    }

    /// Taylor's series in `t` of what has `t` to the power `2 order` before it, back in terms of the symbol.
    fn taylor(
        &self,
        sum: &Poly,
        need: &Rational,
        order: &Rational,
        symbol: SymbolId,
    ) -> Result<Poly, Obstacle> {
        let algebra = &self.algebra;
        let twice = order * &Rational::integer(2);
        let shift = algebra.power(&algebra.scalar(ROOT), &-&twice)?;
        let mut derived = algebra.times(sum, &shift)?;
        let mut result = Poly::zero();
        let mut factorial = Rational::ONE;
        for k in 0..=TERMS {
            if Rational::half(k) >= *need {
                return Ok(result);
            }
            if k > 0 {
                factorial = &factorial * &Rational::integer(k);
                derived = algebra.derivative(&derived, Direction::Scalar(ROOT))?;
            }
            let at_zero = algebra.rewritten(&derived, &|factor| {
                Ok(matches!(factor.head, Head::Scalar(known) if known == ROOT).then(Poly::zero))
            });
            let at_zero =
                at_zero.map_err(|_| Obstacle::NoSeries { what: "a function that is not smooth at 0" })?;
            let scale = factorial.recip().unwrap_or(Rational::ZERO);
            let products = at_zero
                .terms()
                .iter()
                .map(|(monomial, coefficient)| {
                    let noises = noise_count(monomial, &self.noises);
                    let exponent = &(&Rational::integer(k) + &twice) - &noises;
                    let power = &exponent * &Rational::half(1);
                    let mut factors = monomial.0.clone();
                    factors.push(Factor { power, ..Factor::number(Head::Scalar(symbol)) });
                    (factors, coefficient * &scale)
                })
                .collect::<Vec<Product>>();
            result = result.plus(&algebra.finish(products)?);
        }
        Err(Obstacle::TooLarge { what: "terms of a series", limit: TERMS.unsigned_abs() })
    }

    /// `a/b`
    pub(super) fn quotient(&self, a: &Expr, b: &Expr, need: &Need) -> Result<Poly, Obstacle> {
        let inverse = self.algebra.power(&self.exact(b)?, &Rational::integer(-1))?;
        let Some(need) = need else {
            return self.algebra.times(&self.exact(a)?, &inverse);
        };
        let rest = need - &self.least(&inverse);
        let inverse = self.series(&inverse, &Some(need - &self.least_order(a)?))?;
        let product = self.algebra.times(&self.lower(a, &Some(rest))?, &inverse)?;
        Ok(self.truncated(product, &Some(need.clone())))
    }

    /// `a^b`
    pub(super) fn power(&self, a: &Expr, b: &Expr, need: &Need) -> Result<Poly, Obstacle> {
        let whole = match b.kind() {
            Kind::Number(value) => value.to_integer().filter(|value| *value >= 1),
            _ => None,
        };
        if length_of_square(a) {
            let whole = whole.ok_or(Obstacle::Beyond { what: "a matrix to this power" })?;
            return self.matrix_power(a, whole, need);
        }
        if let (Some(whole), Some(_)) = (whole, need)
            && whole <= TERMS
        {
            return self.repeated(a, whole, need);
        }
        let power = self.algebra.general_power(&self.exact(a)?, &self.exact(b)?)?;
        self.series(&power, need)
    }

    /// `a a .. a`, each as far as the product needs it.
    fn repeated(&self, a: &Expr, count: i64, need: &Need) -> Result<Poly, Obstacle> {
        let Some(bound) = need else { return self.exact(a) };
        let others = &self.least_order(a)? * &Rational::integer(count - 1);
        let base = self.lower(a, &Some(bound - &others))?;
        let mut power = base.clone();
        for done in 1..count {
            let left = &self.least_order(a)? * &Rational::integer(count - 1 - done);
            power = self.truncated(self.algebra.times(&power, &base)?, &Some(bound - &left));
        }
        Ok(power)
    }

    fn matrix_power(&self, a: &Expr, count: i64, need: &Need) -> Result<Poly, Obstacle> {
        if count > TERMS {
            return Err(Obstacle::TooLarge { what: "as the power of a matrix", limit: TERMS.unsigned_abs() });
        }
        let (inner, least) = (length(a, 1), self.least_order(a)?);
        let rest = |left: i64| need.as_ref().map(|need| need - &(&least * &Rational::integer(left)));
        let base = self.lower(a, &rest(count - 1))?;
        let right = self.with_indices(&base, &[JOINT, Index::Free(1)])?;
        let mut power = base;
        for done in 1..count {
            let left = self.with_indices(&power, &[FIRST, JOINT])?;
            power = self.joined(&left, &right, inner, &rest(count - 1 - done))?;
        }
        Ok(power)
    }

    /// `e` at `theta + h`
    pub(super) fn shift(&self, e: &Expr, h: &Expr, need: &Need) -> Result<Poly, Obstacle> {
        let mut derived = self.lower(e, need)?;
        let mut sum = derived.clone();
        let (step, below) = match need {
            None => (self.exact(h)?, None),
            Some(need) => {
                let (size, own) = (self.least_order(h)?, self.least_order(e)?);
                let step = self.lower(h, &Some(need - &own))?;
                if step.is_zero() {
                    return Ok(sum);
                }
                if !size.is_positive() {
                    return Err(Obstacle::NotSmall { what: "shift" });
                }
                (step, Some((size, need - &own)))
            }
        };
        let mut factorial = Rational::ONE;
        for k in 1..=TERMS {
            if let Some((size, room)) = &below
                && &(size * &Rational::integer(k)) >= room
            {
                return Ok(sum);
            }
            derived = self.algebra.derivative(&derived, Direction::Space(marker(k)))?;
            if derived.is_zero() {
                return Ok(sum);
            }
            factorial = &factorial * &Rational::integer(k);
            let mut term = derived.clone();
            for j in 1..=k {
                term = self.moved_along(&term, &step, marker(j), need)?;
            }
            sum = sum.plus(&term.scaled(&factorial.recip().unwrap_or(Rational::ZERO)));
        }
        match need {
            None => Err(Obstacle::NeedsOrder { what: "shift" }),
            Some(_) => Err(Obstacle::TooLarge { what: "terms of a series", limit: TERMS.unsigned_abs() }),
        }
    }

    /// `X_j h_j`
    fn moved_along(&self, sum: &Poly, step: &Poly, index: Index, need: &Need) -> Result<Poly, Obstacle> {
        let left = self.algebra.renamed(sum, |known| if known == index { JOINT } else { known })?;
        let right = self.with_indices(step, &[JOINT])?;
        self.joined(&left, &right, crate::expression::Length::Space, need)
    }

    /// The conditional mean of a displacement given where a place of it lies.
    pub(super) fn conditional(&self, place: Place, v: &Expr, need: &Need) -> Result<Poly, Obstacle> {
        let fraction = place.fraction();
        if fraction.is_zero() {
            return self.algebra.expectation(&self.lower(v, need)?);
        }
        let need = need.as_ref().ok_or(Obstacle::NeedsOrder { what: "midpoint or destination" })?;
        let size = self.least_order(v)?;
        let step = self.lower(v, &Some(need.clone()))?;
        if step.is_zero() {
            return Ok(step);
        }
        if !size.is_positive() {
            return Err(Obstacle::NotSmall { what: "midpoint or destination" });
        }
        let weight = |k: i64| -> Rational {
            (1..=k).fold(Rational::ONE, |w, j| {
                &(&w * &-&fraction) * &Rational::new(1, j).unwrap_or(Rational::ZERO)
            })
        };
        let above = self.displaced(&step, true, &size, need, &weight)?;
        let rest = need - &size;
        let below = self.displaced(&step, false, &size, &rest, &weight)?;
        // N/Z = N (1 - z + z^2 - ...), z = Z - 1
        let mut result = above.clone();
        let mut power = above;
        loop {
            power = self.truncated(self.algebra.times(&power, &below)?, &Some(need.clone())).negated();
            if power.is_zero() {
                return Ok(result);
            }
            result = result.plus(&power);
        }
    }

    /// The probability current of a displacement at flat density.
    pub(super) fn current(&self, v: &Expr, need: &Need) -> Result<Poly, Obstacle> {
        let Some(need) = need else {
            let step = self.exact(v)?;
            let slope = self.algebra.derivative(&step, Direction::Space(JOINT))?;
            if slope.is_zero() {
                return self.algebra.expectation(&step);
            }
            return Err(Obstacle::NeedsOrder { what: "current" });
        };
        let size = self.least_order(v)?;
        let step = self.lower(v, &Some(need.clone()))?;
        if step.is_zero() {
            return Ok(step);
        }
        if !size.is_positive() {
            return Err(Obstacle::NotSmall { what: "current" });
        }
        self.displaced(&step, true, &size, need, &|k| {
            (1..=k).fold(Rational::ONE, |w, j| &w * &Rational::new(-1, j + 1).unwrap_or(Rational::ZERO))
        })
    }

    /// `sum_k w_k d_j1 .. d_jk E[v v_j1 .. v_jk]`, with the first `v` from `k = 0`, without it from `k = 1`.
    fn displaced(
        &self,
        step: &Poly,
        with_first: bool,
        size: &Rational,
        need: &Rational,
        weight: &dyn Fn(i64) -> Rational,
    ) -> Result<Poly, Obstacle> {
        let need = Some(need.clone());
        let mut product = if with_first { step.clone() } else { Poly::one() };
        let mut sum = Poly::zero();
        for k in 0..=TERMS {
            if k > 0 {
                let next = self.with_indices(step, &[marker(k)])?;
                product = self.truncated(self.algebra.times(&product, &next)?, &need);
            }
            let factors = if with_first { k + 1 } else { k };
            if need.as_ref().is_some_and(|need| &(size * &Rational::integer(factors)) >= need) {
                return Ok(sum);
            }
            if k == 0 && !with_first {
                continue;
            }
            let mut term = self.algebra.expectation(&product)?;
            for j in 1..=k {
                term = self.algebra.divergence(&term, marker(j))?;
            }
            sum = sum.plus(&term.scaled(&weight(k)));
        }
        Err(Obstacle::TooLarge { what: "terms of a series", limit: TERMS.unsigned_abs() })
    }

    /// `e` with a coordinate or a scalar replaced.
    pub(super) fn at(&self, e: &Expr, symbol: SymbolId, value: &Expr, need: &Need) -> Result<Poly, Obstacle> {
        let (sum, value) = (self.exact(e)?, self.exact(value)?);
        let replaced = match self.algebra.symbols.get(symbol).kind {
            SymbolKind::Coordinate(k) => Head::Coordinate(k),
            _ => Head::Scalar(symbol),
        };
        let moves = |f: &Factor| matches!(f.head, Head::Field { .. } | Head::Integral(_));
        if matches!(replaced, Head::Coordinate(_)) && sum.any(&mut |f| moves(f)) {
            return Err(Obstacle::Elsewhere { what: "at" });
        }
        let sum = self.algebra.rewritten(&sum, &|f| Ok((f.head == replaced).then(|| value.clone())))?;
        self.series(&sum, need)
    }
}

/// The index of the k-th copy of a displacement.
fn marker(k: i64) -> Index {
    Index::Free(MARK + 100 + u32::try_from(k).unwrap_or(u32::MAX / 2))
}

fn length_of_square(a: &Expr) -> bool {
    matches!(a.shape(), crate::expression::Shape::Matrix(..))
}
