//! Algebra, derivatives and index notation.

use super::Unable;
use super::evaluate::Evaluator;
use super::tensor::{Dims, Tensor};
use super::univariate::{Curve, power_of, reciprocal};
use crate::expression::{Expr, Function, Index, Kind};
use std::rc::Rc;

fn wrong_shape() -> Unable {
    Unable::Unsupported { what: "shapes do not fit each other here" }
}

impl Evaluator<'_> {
    /// Sums and products.
    pub(super) fn algebra(&mut self, e: &Expr, cut: usize) -> Result<Tensor, Unable> {
        match e.kind() {
            Kind::Add(terms) => self.sum(e, terms, cut),
            Kind::Neg(a) => Ok(Rc::unwrap_or_clone(self.eval(a, cut)?).negated()),
            Kind::Mul(a, b) => {
                let (a, b) = (self.eval(a, cut)?, self.eval(b, cut)?);
                self.product(&a, &b, cut)
            }
            Kind::Div(a, b) => {
                let (a, b) = (self.eval(a, cut)?, self.eval(b, cut)?);
                a.times(&self.ring, cut, &reciprocal(&self.ring, cut, &b)?)
            }
            Kind::Pow(a, b) => self.power(a, b, cut),
            Kind::Transpose(a) => {
                let a = self.eval(a, cut)?;
                Ok(if matches!(a.dims(), Dims::Matrix(..)) { a.transposed() } else { (*a).clone() })
            }
            Kind::Dot(a, b) => {
                let (a, b) = (self.eval(a, cut)?, self.eval(b, cut)?);
                if a.dims() != b.dims() {
                    return Err(wrong_shape());
                }
                a.dot(&self.ring, cut, &b)
            }
            Kind::Norm2(a) => {
                let a = self.eval(a, cut)?;
                a.dot(&self.ring, cut, &a)
            }
            Kind::Outer(a, b) => {
                let (a, b) = (self.eval(a, cut)?, self.eval(b, cut)?);
                a.outer(&self.ring, cut, &b)
            }
            Kind::Trace(a) => {
                let a = self.eval(a, cut)?;
                let (rows, columns) = a.dims().matrix();
                if rows != columns {
                    return Err(wrong_shape());
                }
                let one = Tensor::number(1.0);
                let places = (0..rows).map(|i| (0, i * columns + i, 0));
                Tensor::products(&self.ring, cut, [&a, &one], Dims::Scalar, places)
            }
            _ => Err(Unable::Unsupported { what: "a form is no sum or product" }),
        }
    }

    fn sum(&mut self, e: &Expr, terms: &[Expr], cut: usize) -> Result<Tensor, Unable> {
        let mut sum = Tensor::zero(self.dims(e.shape())?);
        for term in terms {
            let value = self.eval(term, cut)?;
            if value.dims().len() != sum.dims().len() {
                return Err(wrong_shape());
            }
            sum = sum.plus(&self.ring, cut, &value)?;
        }
        Ok(sum)
    }

    fn product(&self, a: &Tensor, b: &Tensor, cut: usize) -> Result<Tensor, Unable> {
        match (a.dims(), b.dims()) {
            (_, Dims::Scalar) => a.times(&self.ring, cut, b),
            (Dims::Scalar, _) => b.times(&self.ring, cut, a),
            (Dims::Matrix(_, inner), Dims::Vector(n)) if inner == n => a.matrix_product(&self.ring, cut, b),
            (Dims::Matrix(_, inner), Dims::Matrix(n, _)) if inner == n => {
                a.matrix_product(&self.ring, cut, b)
            }
            _ => Err(wrong_shape()),
        }
    }

    fn power(&mut self, base: &Expr, exponent: &Expr, cut: usize) -> Result<Tensor, Unable> {
        let (a, r) = (self.eval(base, cut)?, self.eval(exponent, cut)?);
        if !(r.is_constant(&self.ring, cut) && r.is_plain()) {
            let log = Curve::Named(Function::Log).of(&self.ring, cut, &a)?;
            return Curve::Named(Function::Exp).of(&self.ring, cut, &log.times(&self.ring, cut, &r)?);
        }
        let (exponent, _) = r.at(0, 0);
        let whole = exponent.fract() == 0.0 && exponent.abs() <= 64.0;
        if whole && (a.dims() != Dims::Scalar || exponent >= 0.0) {
            let mut result = match a.dims() {
                Dims::Matrix(rows, _) => Tensor::identity(rows),
                Dims::Scalar | Dims::Vector(_) => Tensor::number(1.0),
            };
            let mut left = exponent;
            while left >= 1.0 {
                result = self.product(&result, &a, cut)?;
                left -= 1.0;
            }
            return if exponent < 0.0 { Err(wrong_shape()) } else { Ok(result) };
        }
        power_of(&self.ring, cut, &a, exponent)
    }

    /// Derivatives with respect to the space.
    pub(super) fn calculus(&mut self, e: &Expr, cut: usize) -> Result<Tensor, Unable> {
        let d = self.model.dim();
        match e.kind() {
            Kind::Grad(s) | Kind::Jac(s) => self.eval(s, cut + 1)?.gradient(&self.ring),
            Kind::Hess(s) => self.eval(s, cut + 2)?.gradient(&self.ring)?.gradient(&self.ring),
            Kind::Lap(s) => {
                let gradient = self.eval(s, cut + 2)?.gradient(&self.ring)?;
                gradient.derivatives(&self.ring, Dims::Scalar, (0..d).map(|i| (0, i, i)))
            }
            Kind::Divergence(a) => {
                let a = self.eval(a, cut + 1)?;
                match a.dims() {
                    Dims::Vector(n) if n == d => {
                        a.derivatives(&self.ring, Dims::Scalar, (0..d).map(|i| (0, i, i)))
                    }
                    Dims::Matrix(rows, columns) if columns == d => {
                        let places = (0..rows).flat_map(|i| (0..d).map(move |j| (i, i * d + j, j)));
                        a.derivatives(&self.ring, Dims::Vector(rows), places)
                    }
                    Dims::Scalar | Dims::Vector(_) | Dims::Matrix(..) => Err(wrong_shape()),
                }
            }
            Kind::Partial(index, s) => {
                let j = self.index(index)?;
                self.eval(s, cut + 1)?.derivatives(&self.ring, Dims::Scalar, std::iter::once((0, 0, j)))
            }
            _ => Err(Unable::Unsupported { what: "a form is no derivative" }),
        }
    }

    /// Components, and what is made of them.
    pub(super) fn components(&mut self, e: &Expr, cut: usize) -> Result<Tensor, Unable> {
        match e.kind() {
            Kind::Component(a, indices) => {
                let value = self.eval(a, cut)?;
                let (rows, columns) = value.dims().matrix();
                let mut place = 0;
                for (index, extent) in indices.iter().zip([rows, columns]) {
                    let i = self.index(index)?;
                    if i >= extent || indices.len() > 2 {
                        return Err(wrong_shape());
                    }
                    place = place * columns + i;
                }
                Ok(value.component(place))
            }
            Kind::Sum(index, body) => {
                let mut sum = Tensor::zero(Dims::Scalar);
                self.for_index(index, |this| {
                    let term = this.eval(body, cut)?;
                    sum = sum.plus(&this.ring, cut, &term)?;
                    Ok(())
                })?;
                Ok(sum)
            }
            Kind::Tensor(indices, body) => {
                let scalars = self.scalars(indices, body, cut)?;
                Tensor::stacked(&self.ring, cut, self.dims(e.shape())?, &scalars)
            }
            Kind::List(terms) => self.stack(terms, Dims::Vector(terms.len()), cut),
            Kind::Rows(rows) => {
                let columns = rows.first().map_or(0, Vec::len);
                let terms: Vec<Expr> = rows.iter().flatten().cloned().collect();
                if terms.len() != rows.len() * columns {
                    return Err(wrong_shape());
                }
                self.stack(&terms, Dims::Matrix(rows.len(), columns), cut)
            }
            _ => Err(Unable::Unsupported { what: "a form has no components" }),
        }
    }

    fn stack(&mut self, terms: &[Expr], dims: Dims, cut: usize) -> Result<Tensor, Unable> {
        let mut scalars = Vec::with_capacity(terms.len());
        for term in terms {
            scalars.push((*self.eval(term, cut)?).clone());
        }
        Tensor::stacked(&self.ring, cut, dims, &scalars)
    }

    /// The body for all values of the indices, the last one fastest.
    pub(super) fn scalars(
        &mut self,
        indices: &[Index],
        body: &Expr,
        cut: usize,
    ) -> Result<Vec<Tensor>, Unable> {
        let mut all = vec![];
        self.enter_indices(indices, &mut |this| {
            all.push((*this.eval(body, cut)?).clone());
            Ok(())
        })?;
        Ok(all)
    }

    fn enter_indices(
        &mut self,
        indices: &[Index],
        work: &mut dyn FnMut(&mut Self) -> Result<(), Unable>,
    ) -> Result<(), Unable> {
        match indices.split_first() {
            None => work(self),
            Some((first, rest)) => self.for_index(first, |this| this.enter_indices(rest, work)),
        }
    }
}
