//! Derivatives of what is drawn, by parts on the window; and integrals over the whole space.
//!
//! With `theta = theta_0 + delta`, `delta` normal of variance `w^2` in each direction, and `F` drawn at `theta`,
//!
//! ```text
//! mean of d_j F            = mean of F delta_j/w^2
//! mean of d_i d_j F        = mean of F (delta_i delta_j/w^4 - delta_ij/w^2)
//! all of them together:      F exp(delta.h/w^2 - |h|^2/(2 w^2)) as a polynomial in h
//! ```
//!
//! This needs no derivative of `F` at all; it holds where the derivatives stand in a place that is linear, with factors that do
//! not depend on `theta`. Elsewhere they are taken along the path. From second derivatives on, `F` at the middle of the window,
//! on the same draws, is a control variate: its product with the weight has mean 0.

use super::Unable;
use super::evaluate::{Evaluator, Value, Window};
use super::jet::Ring;
use super::model::count;
use super::series::Curve;
use super::tensor::{Dims, Tensor};
use crate::expression::{Expr, Function, Kind};
use rand_distr::{Distribution as _, StandardNormal};

/// Standard deviation of the points at which an integrand is drawn.
const SPREAD: f64 = 0.9;

impl Evaluator<'_> {
    /// One draw of an expression, derivatives of what is drawn by parts where they can be.
    pub(super) fn linear(&mut self, e: &Expr, cut: usize) -> Value {
        let facts = self.model.facts(e);
        if !facts.estimated || self.window.is_none() {
            return self.eval(e, cut);
        }
        let ring = self.ring();
        let constant = |e: &Expr| !self.model.facts(e).spatial && !self.model.facts(e).estimated;
        match e.kind() {
            Kind::Add(terms) => {
                let terms = terms.iter().map(|term| self.linear(term, cut)).collect::<Result<Vec<_>, _>>()?;
                let mut terms = terms.into_iter();
                let first = terms.next().ok_or(Unable::NotFinite)?;
                terms.try_fold(first, |sum, term| sum.plus(ring, &term))
            }
            Kind::Neg(a) => Ok(self.linear(a, cut)?.scaled(-1.0)),
            Kind::Mul(a, b) if constant(a) => self.eval(a, cut)?.times(ring, cut, &self.linear(b, cut)?),
            Kind::Mul(a, b) if constant(b) => self.linear(a, cut)?.times(ring, cut, &self.eval(b, cut)?),
            Kind::Div(a, b) if constant(b) => {
                let below = self.eval(b, cut)?.mapped(ring, cut, Curve::Power(-1.0))?;
                self.linear(a, cut)?.times(ring, cut, &below)
            }
            Kind::Transpose(a) => Ok(self.linear(a, cut)?.transposed()),
            Kind::Trace(a) => self.linear(a, cut)?.trace(ring),
            Kind::Grad(a) | Kind::Jac(a) => self.linear(a, cut + 1)?.gradient(ring),
            Kind::Hess(a) => self.linear(a, cut + 2)?.gradient(ring)?.gradient(ring),
            Kind::Lap(a) => self.linear(a, cut + 2)?.gradient(ring)?.divergence(ring),
            Kind::Divergence(a) => self.linear(a, cut + 1)?.divergence(ring),
            Kind::Partial(index, a) => {
                let value = self.linear(a, cut + 1)?;
                Ok(value.partial(ring, self.index(index)?))
            }
            Kind::Component(a, indices) => {
                let value = self.linear(a, cut)?;
                self.pick(&value, indices)
            }
            Kind::Sum(index, a) => {
                let mut sum = Tensor::number(0.0);
                for value in 0..self.model.length(index.length) {
                    let term = self.with_indices(&[(index.id, value)], |this| this.linear(a, cut))?;
                    sum = sum.plus(ring, &term)?;
                }
                Ok(sum)
            }
            Kind::Tensor(indices, a) => self.tensor(indices, cut, &mut |this, cut| this.linear(a, cut)),
            _ if cut == 0 => self.eval(e, 0),
            _ => self.weighted(e, cut),
        }
    }

    /// `F exp(delta.h/w^2 - |h|^2/(2 w^2))`
    fn weighted(&mut self, e: &Expr, cut: usize) -> Value {
        let ring = self.ring();
        let Some(window) = self.window.clone() else { return self.eval(e, cut) };
        let before = self.rng.clone();
        let value = self.eval(e, 0)?;
        let weight = weight(ring, cut, &window)?;
        if cut < 2 {
            return value.times(ring, cut, &weight);
        }
        let after = std::mem::replace(&mut self.rng, before);
        let back: Vec<f64> = window.offset.iter().map(|x| -x).collect();
        let middle = self.moved(&back, |this| this.eval(e, 0))?;
        self.rng = after;
        value.minus(ring, &middle)?.times(ring, cut, &weight)?.plus(ring, &middle)
    }

    /// `s(theta)` over the density of a wide normal distribution, at a point of it and the opposite one.
    pub(super) fn integral(&mut self, e: &Expr) -> Value {
        let d = self.model.dim();
        let z: Vec<f64> = (0..d).map(|_| StandardNormal.sample(&mut self.rng)).collect();
        let square: f64 = z.iter().map(|z| z * z).sum();
        let log = 0.5 * square + 0.5 * count(d) * (std::f64::consts::TAU * SPREAD * SPREAD).ln();
        let mut sum = 0.0;
        for sign in [1.0, -1.0] {
            let by: Vec<f64> = z.iter().zip(&self.theta).map(|(z, x)| sign * SPREAD * z - x).collect();
            sum += self.moved(&by, |this| this.eval(e, 0))?.at(0);
        }
        Ok(Tensor::number(0.5 * sum * log.exp()))
    }
}

fn weight(ring: &Ring, cut: usize, window: &Window) -> Value {
    let square = window.width * window.width;
    let h = Tensor::variables(ring, &vec![0.0; window.offset.len()], cut);
    let offset = Tensor::constants(Dims::Vector(window.offset.len()), window.offset.as_slice().into());
    let mut exponent = h.dot(ring, cut, &offset)?.scaled(1.0 / square);
    if cut > 1 {
        exponent.add_scaled(ring, -0.5 / square, &h.dot(ring, cut, &h)?)?;
    }
    exponent.mapped(ring, cut, Curve::Named(Function::Exp))
}
