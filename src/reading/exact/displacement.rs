//! `shift`, `at`, and the displacements that are known by a place of theirs.
//!
//! ```text
//! shift(e, v)      e at theta + v
//! N_s / Z_s        the mean of v given the point m = theta_b + s v_b(theta_b), the density flat before the step:
//!                  N_s = sum over b of p_b v_b(theta_b) / |det(I + s dv_b(theta_b))|,  Z_s the same without v
//! current          integral of N_s over s from 0 to 1
//! ```
//!
//! For every outcome `b` of the step the equation `theta_b + s v_b(theta_b) = m` is solved: by iterating
//! `y <- -s v_b(m + y)` as a power series in the small parameter, or by Newton's method where there is none. The current
//! is that of points that move in straight lines at constant speed: at time `s` of the step its flux is `N_s`.

use super::Unable;
use super::distribution::Law;
use super::evaluate::{Evaluator, Place, to_f64};
use super::linear;
use super::substitution::{Powers, along, displaced};
use super::tensor::{Dims, Tensor};
use crate::expression::{self, Expr, SymbolId, SymbolKind};
use nalgebra::{DMatrix, DVector};
use std::rc::Rc;

/// Steps of Newton's method, of which few are needed if the step is moderate.
const NEWTON: usize = 60;

/// A displacement in one outcome, where it is looked at.
struct Landing {
    /// The whole displacement.
    step: Tensor,
    /// `1/|det(I + s dv)| - 1`
    excess: Tensor,
}

impl Evaluator<'_> {
    /// `e` at `theta + v`.
    pub(super) fn shift(&mut self, e: &Expr, by: &Expr, cut: usize) -> Result<Tensor, Unable> {
        let by = self.eval(by, cut)?;
        self.moved(e, &by, cut)
    }

    /// `e` with a coordinate or a scalar replaced, after all derivatives inside it.
    pub(super) fn replaced(
        &mut self,
        e: &Expr,
        symbol: SymbolId,
        value: &Expr,
        cut: usize,
    ) -> Result<Tensor, Unable> {
        let new = self.eval(value, cut)?;
        if let SymbolKind::Coordinate(i) = self.model.symbols.get(symbol).kind {
            let old = self.theta()?.component(i as usize);
            let by = new.minus(&self.ring, cut, &old)?;
            return self.moved(e, &along(&self.ring, cut, i as usize, &by)?, cut);
        }
        if !new.is_constant(&self.ring, cut) {
            let what = "a scalar is replaced by what depends on the space, and then differentiated";
            return Err(Unable::Unsupported { what });
        }
        let new = Rc::new(new.of_monomial(0));
        let mut place = self.place.clone();
        place.replaced.push((symbol, new));
        self.elsewhere(place, |this| this.eval(e, cut)).map(|value| (*value).clone())
    }

    /// `e(theta + v)` for a vector of the ring.
    fn moved(&mut self, e: &Expr, by: &Tensor, cut: usize) -> Result<Tensor, Unable> {
        if by.offset() < 0 {
            return Err(Unable::NoSeries { what: "a shift by something that grows beyond bounds" });
        }
        let far = by.constants_at(0);
        let rest = displaced(&self.ring, cut, &by.clone().with_constant_value_removed())?;
        let in_t = by.terms() > 1 || by.offset() > 0;
        let doubtful = usize::from(by.largest_error_at(0) > 0.0);
        let degree = cut + doubtful + if in_t { self.orders(by) } else { 0 };
        let powers = Powers::new(&self.ring, cut, &rest, degree)?;
        let value = if far.iter().all(|x| x.to_bits() << 1 == 0) {
            self.eval(e, degree)?
        } else {
            let theta: Vec<f64> = self.place.theta.iter().zip(&far).map(|(x, y)| x + y).collect();
            let place = Place { theta, ..self.place.clone() };
            self.elsewhere(place, |this| this.eval(e, degree))?
        };
        let moved = powers.of(&self.ring, cut, &value)?;
        let known = i32::try_from(self.ring.powers()).unwrap_or(i32::MAX) - 1 + value.offset();
        Ok(if in_t { moved.known_to(known) } else { moved })
    }

    /// How often a vector can be a factor before its powers of the small parameter are all cut off.
    fn orders(&self, by: &Tensor) -> usize {
        let lowest = usize::try_from(by.offset()).unwrap_or(0).max(1);
        (self.ring.powers() - 1).div_ceil(lowest)
    }

    /// `source`, `midpoint`, `destination`.
    pub(super) fn conditional(
        &mut self,
        place: expression::Place,
        step: &Expr,
        cut: usize,
    ) -> Result<Tensor, Unable> {
        let s = to_f64(&place.fraction());
        if s <= 0.0 {
            return self.expectation(step, cut);
        }
        let all = self.flux(step, s, cut)?;
        let d = self.model.dim();
        let numerator = all.picked(Dims::Vector(d), 0..d);
        let weight = all.component(d).plus(&self.ring, cut, &Tensor::number(1.0))?;
        numerator.times(&self.ring, cut, &super::univariate::reciprocal(&self.ring, cut, &weight)?)
    }

    /// `current`, by the Gauss-Legendre rule in `s`: the integrand is a polynomial at each order.
    pub(super) fn current(&mut self, step: &Expr, cut: usize) -> Result<Tensor, Unable> {
        if self.ring.powers() == 1 {
            return Err(Unable::NeedsRemainder { what: "current" });
        }
        let d = self.model.dim();
        let points = self.ring.powers() / 2 + 3;
        let mut sum = Tensor::zero(Dims::Vector(d));
        for (z, weight) in Law::Uniform.rule(points)? {
            let all = self.flux(step, 0.5 * (z + 1.0), cut)?;
            sum = sum.plus(&self.ring, cut, &all.picked(Dims::Vector(d), 0..d).scaled(weight))?;
        }
        Ok(sum)
    }

    /// `N_s`, and `Z_s - 1` as one more component.
    fn flux(&mut self, step: &Expr, s: f64, cut: usize) -> Result<Tensor, Unable> {
        let sources = self.sources(step);
        let d = self.model.dim();
        self.average(&sources, &mut |this| {
            let Landing { step, excess } = this.landing(step, s, cut)?;
            let weighted = step.plus(&this.ring, cut, &step.times(&this.ring, cut, &excess)?)?;
            let mut parts: Vec<Tensor> = (0..d).map(|i| weighted.component(i)).collect();
            parts.push(excess);
            Tensor::stacked(&this.ring, cut, Dims::Vector(d + 1), &parts)
        })
    }

    /// The displacement of the current outcome that has the point `m` at its fraction `s`.
    fn landing(&mut self, step: &Expr, s: f64, cut: usize) -> Result<Landing, Unable> {
        let first = self.eval(step, cut + 1)?;
        if first.offset() < 0 {
            return Err(Unable::NoSeries { what: "a step that grows beyond bounds" });
        }
        if first.offset() == 0 && !first.is_blank() {
            return self.landing_by_newton(step, s, cut);
        }
        // A coefficient of higher degree may have a lower power.
        let mut known = first;
        let step = loop {
            let next = self.eval(step, cut + 1 + self.orders(&known))?;
            if next.offset() >= known.offset() {
                break next;
            }
            known = next;
        };
        let degree = cut + self.orders(&step);
        let mut y = Tensor::zero(step.dims());
        for known in 0..=self.orders(&step) {
            // So many orders of y are right, and no more can enter the next.
            let powers = Powers::new(&self.ring, cut, &displaced(&self.ring, cut, &y)?, cut + known)?;
            y = powers.of(&self.ring, cut, &step)?.scaled(-s);
        }
        let last = step.offset() + i32::try_from(self.ring.powers()).unwrap_or(i32::MAX) - 1;
        let powers = Powers::new(&self.ring, cut, &displaced(&self.ring, cut, &y)?, degree)?;
        let there = powers.of(&self.ring, cut, &step)?.known_to(last);
        let slope = powers.of(&self.ring, cut, &step.gradient(&self.ring)?)?.known_to(last);
        Ok(Landing { step: there, excess: self.excess(&slope, s, cut)? })
    }

    /// `1/|det(I + s A)| - 1`
    fn excess(&self, slope: &Tensor, s: f64, cut: usize) -> Result<Tensor, Unable> {
        let d = self.model.dim();
        let stretched = Tensor::identity(d).plus(&self.ring, cut, &slope.clone().scaled(s))?;
        let determinant = linear::determinant(&self.ring, cut, &stretched)?;
        if determinant.at(0, 0).0 <= 0.0 {
            return Err(Unable::NotConverged {
                what: "a step that turns space inside out, which is too large: it",
            });
        }
        let weight = super::univariate::reciprocal(&self.ring, cut, &determinant)?;
        weight.minus(&self.ring, cut, &Tensor::number(1.0))
    }

    /// The same by Newton's method in numbers, and then as a polynomial in the displacement of `m`.
    fn landing_by_newton(&mut self, step: &Expr, s: f64, cut: usize) -> Result<Landing, Unable> {
        let d = self.model.dim();
        let target = self.place.theta.clone();
        let mut theta = target.clone();
        let mut settled = None;
        for _ in 0..NEWTON {
            let place = Place { theta: theta.clone(), ..self.place.clone() };
            let here = self.elsewhere(place, |this| this.eval(step, 1))?;
            let value = here.constants_at(0);
            let slope = here.gradient(&self.ring)?;
            let matrix = DMatrix::identity(d, d) + DMatrix::from_row_slice(d, d, &slope.constants_at(0)) * s;
            let residual = DVector::from_iterator(d, (0..d).map(|i| theta[i] + s * value[i] - target[i]));
            let inverse = matrix.try_inverse().ok_or(Unable::Singular { what: "a step" })?;
            let change = &inverse * &residual;
            let size = theta.iter().zip(&value).map(|(x, v)| x.abs() + v.abs()).fold(0.0, f64::max);
            if change.amax() <= 8.0 * f64::EPSILON * size {
                let blur =
                    inverse.abs() * DVector::from_iterator(d, (0..d).map(|i| size + s * here.at(i, 0).1));
                settled = Some((inverse, blur));
                break;
            }
            if !change.iter().all(|x| x.is_finite()) {
                break;
            }
            theta.iter_mut().zip(change.iter()).for_each(|(x, c)| *x -= c);
        }
        let (inverse, blur) =
            settled.ok_or(Unable::NotConverged { what: "the place where a step begins" })?;
        let place = Place { theta, ..self.place.clone() };
        self.elsewhere(place, |this| this.landing_near(step, s, cut, (&inverse, &blur)))
    }

    /// At a point that lands on `m`: the displacement as a polynomial in the displacement `h` of `m`, by
    /// `y <- A^-1 (h - s (v(y) - v_0 - A_1 y))` with `A = I + s A_1`.
    fn landing_near(
        &mut self,
        step: &Expr,
        s: f64,
        cut: usize,
        (inverse, blur): (&DMatrix<f64>, &DVector<f64>),
    ) -> Result<Landing, Unable> {
        let d = self.model.dim();
        let step = self.eval(step, cut + 2)?;
        if !step.is_plain() {
            return Err(Unable::NoSeries {
                what: "a step that does not vanish with the small parameter, but depends on it,",
            });
        }
        let doubt = Tensor::constants(Dims::Vector(d), vec![0.0; d], blur.as_slice().to_vec());
        let linear_part = step.gradient(&self.ring)?.of_monomial(0);
        let inverse = linear::from_matrix(inverse);
        let h = displaced(&self.ring, cut, &doubt)?;
        let mut y = doubt.clone();
        for _ in 0..=cut {
            let bent = Powers::new(&self.ring, cut, &y, cut + 1)?.of(&self.ring, cut, &step)?;
            let bent = bent.with_constant_value_removed();
            let rest = bent.minus(&self.ring, cut, &linear_part.matrix_product(&self.ring, cut, &y)?)?;
            let right = h.minus(&self.ring, cut, &rest.scaled(s))?;
            y = inverse.matrix_product(&self.ring, cut, &right)?.with_constant_value_removed();
        }
        let powers = Powers::new(&self.ring, cut, &y, cut + 1)?;
        let there = powers.of(&self.ring, cut, &step)?;
        let slope = powers.of(&self.ring, cut, &step.gradient(&self.ring)?)?;
        Ok(Landing { step: there, excess: self.excess(&slope, s, cut)? })
    }
}
