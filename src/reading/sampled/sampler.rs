//! One draw of a claim: a pair of opposite points of the window, with everything drawn there.
//!
//! ```text
//! displacements seen at a fraction s:  N_s = Z_s R  is tested as  mean of w (v - R(theta + s v)) = 0,
//!                                      w = phi(theta + s v)/phi(theta) = exp(-(2 s v.delta + s^2 |v|^2)/(2 h^2))
//! currents:                            mean of w v over theta and s in [0, 1], less the mean of R over theta
//! ```
//!
//! The displacement is drawn in balanced scopes, so that what is linear in it is averaged without error: this does what the
//! control variate `-1` of `(w - 1) v` does, and for the mean displacement too.

use super::Unable;
use super::evaluate::{Evaluator, Window};
use super::model::{Model, count};
use super::plan::{Order, Plan, Seen, Term};
use super::scope::{Balance, Scope};
use super::tensor::Dims;
use crate::sampling::Stream;
use rand::RngExt;
use rand_distr::{Distribution as _, StandardNormal};

/// Scopes in which a displacement is seen, if there are more rows and it is additive in them: then its mean over all rows
/// plus the mean of `(w - 1) v` over these.
const MOST_SCOPES: usize = 24;

/// The terms of both sides, component by component; the displacement that is seen is the first of the left ones.
#[derive(Debug, Clone, Default)]
pub(super) struct Terms {
    pub(super) left: Vec<Vec<f64>>,
    pub(super) right: Vec<Vec<f64>>,
}

/// Where and how a claim is drawn.
#[derive(Debug, Clone)]
pub(super) struct Sampler<'a> {
    pub(super) model: &'a Model,
    pub(super) plan: &'a Plan,
    /// Standard deviation of the window.
    pub(super) width: f64,
    /// The largest value of the small parameter that the estimate rests on; there is one larger, to see what that leaves.
    pub(super) base: f64,
    /// Whether derivatives of what is drawn are taken by parts where they are linear.
    pub(super) by_parts: bool,
    /// Which terms of the right side are balanced, in claims with a remainder; the left side is, there.
    pub(super) balanced: Vec<bool>,
    /// Whether all terms are balanced.
    pub(super) all_balanced: bool,
}

impl Order {
    /// The values of the small parameter: the parameter, or its root, halved from one to the next.
    pub(super) fn values(self, base: f64) -> [f64; 4] {
        let ratio = self.ratio();
        [base / ratio, base, base * ratio, base * ratio * ratio]
    }

    /// From one value to the next.
    pub(super) fn ratio(self) -> f64 {
        if self.halves { 0.25 } else { 0.5 }
    }

    /// The power of a value by which differences are divided.
    pub(super) fn unit(self, value: f64) -> f64 {
        if self.halves { value.sqrt().powi(self.power) } else { value.powi(self.power) }
    }
}

impl Sampler<'_> {
    /// One draw for each value of the small parameter, divided by the power that is compared.
    pub(super) fn draw(&self, rng: &mut Stream) -> Result<Vec<Terms>, Unable> {
        let d = self.model.dim();
        let normal = |rng: &mut Stream| -> f64 { StandardNormal.sample(rng) };
        let offset: Vec<f64> = (0..d).map(|_| self.width * normal(rng)).collect();
        let mut own = rng.clone();
        own.set_stream(rng.random::<u64>());
        own.set_word_pos(0);
        let mut evaluator = Evaluator::new(self.model, own.clone());
        let (values, order) = match self.plan.order {
            Some(order) => (order.values(self.base).to_vec(), Some(order)),
            None => (vec![0.0], None),
        };
        let mut rungs = vec![Terms::default(); values.len()];
        let mut scalars = self.model.scalars.clone();
        for sign in [1.0, -1.0] {
            let offset: Vec<f64> = offset.iter().map(|x| sign * x).collect();
            let theta: Vec<f64> = self.model.centre.iter().zip(&offset).map(|(x, y)| x + y).collect();
            evaluator.window = Some(Window { offset, width: self.width }).filter(|_| self.by_parts);
            for (value, rung) in values.iter().zip(&mut rungs) {
                let mut unit = 1.0;
                if let Some(order) = order {
                    scalars[order.symbol.0 as usize] = *value;
                    unit = order.unit(*value);
                }
                evaluator.rng = own.clone();
                evaluator.go(&theta, &scalars)?;
                rung.add(&self.once(&mut evaluator)?, 0.5 / unit);
            }
        }
        let numbers = rungs.iter().flat_map(|terms| terms.left.iter().chain(&terms.right)).flatten();
        if numbers.into_iter().all(|x| x.is_finite()) { Ok(rungs) } else { Err(Unable::NotFinite) }
    }

    /// At one point.
    fn once(&self, evaluator: &mut Evaluator<'_>) -> Result<Terms, Unable> {
        let mut terms = Terms::default();
        let mut weight = 1.0;
        let mut by = vec![];
        match &self.plan.seen {
            Some((Seen::At(s, step), factors)) => {
                let seen = self.seen_at(evaluator, *s, step)?;
                let factor = sum_of(evaluator, factors)?;
                terms.left.push(seen.mean.iter().map(|x| factor * x).collect());
                (weight, by) = (seen.weight, seen.by);
            }
            Some((Seen::Passing(step), factors)) => {
                let flux = self.passing(evaluator, step)?;
                let factor = sum_of(evaluator, factors)?;
                terms.left.push(flux.iter().map(|x| factor * x).collect());
            }
            None => {}
        }
        let mut others = |evaluator: &mut Evaluator<'_>| self.others(evaluator, weight, &mut terms);
        if by.is_empty() {
            others(evaluator)?;
        } else {
            evaluator.moved(&by, others)?;
        }
        let length = terms.left.iter().chain(&terms.right).map(Vec::len).max().unwrap_or(1);
        for part in terms.left.iter_mut().chain(&mut terms.right) {
            if part.len() == 1 && part[0].abs() < f64::MIN_POSITIVE {
                *part = vec![0.0; length];
            }
            if part.len() != length {
                return Err(Unable::Unsupported { what: "sides of different lengths in numbers" });
            }
        }
        Ok(terms)
    }

    /// The terms of both sides but for the displacement that is seen.
    fn others(&self, evaluator: &mut Evaluator<'_>, weight: f64, terms: &mut Terms) -> Result<(), Unable> {
        let ladder = self.plan.order.is_some();
        let mut value = |(sign, e): &Term, balanced: bool| -> Result<Vec<f64>, Unable> {
            evaluator.balanced = balanced;
            let values = evaluator.linear(e, 0)?.values();
            Ok(values.into_iter().map(|x| sign * weight * x).collect())
        };
        for term in &self.plan.left {
            terms.left.push(value(term, ladder || self.all_balanced)?);
        }
        for (term, balanced) in self.plan.right.iter().zip(&self.balanced) {
            terms.right.push(value(term, ladder && *balanced || self.all_balanced)?);
        }
        evaluator.balanced = false;
        Ok(())
    }

    /// The displacement seen at a fraction of it: its weighted mean over balanced scopes, and one place where it is seen.
    fn seen_at(
        &self,
        evaluator: &mut Evaluator<'_>,
        s: f64,
        step: &crate::expression::Expr,
    ) -> Result<Seeing, Unable> {
        let d = self.model.dim();
        let offset: Vec<f64> = evaluator.theta.iter().zip(&self.model.centre).map(|(x, y)| x - y).collect();
        let (all, shared) = evaluator.balance_of(step);
        let few = all > MOST_SCOPES && evaluator.has_exact_mean(step);
        let scopes = if few { MOST_SCOPES } else { all };
        let balance = Balance::new(shared);
        let mut seeing = Seeing { mean: vec![0.0; d], weight: 1.0, by: vec![] };
        if few {
            seeing.mean = evaluator.exact_mean(step, 0)?.values();
        }
        let control = if few { 1.0 } else { 0.0 };
        for k in 0..scopes {
            let v = evaluator.within(&mut Scope::balanced(&balance, k), |this| this.exact(step, 0))?;
            if v.dims() != Dims::Vector(d) {
                return Err(Unable::Unsupported { what: "a displacement that is no vector of the space" });
            }
            let v = v.values();
            let weight = self.weight(&offset, &v, s);
            seeing
                .mean
                .iter_mut()
                .zip(&v)
                .for_each(|(sum, x)| *sum += (weight - control) * x / count(scopes));
            if k == 0 {
                seeing.weight = weight;
                seeing.by = v.iter().map(|x| s * x).collect();
            }
        }
        Ok(seeing)
    }

    /// `phi(theta + s v)/phi(theta)`
    fn weight(&self, offset: &[f64], v: &[f64], s: f64) -> f64 {
        let exponent: f64 = offset.iter().zip(v).map(|(x, v)| 2.0 * s * v * x + s * s * v * v).sum();
        (-0.5 * exponent / (self.width * self.width)).exp()
    }

    /// The mean of the displacement with the weights of a time drawn within the step, and of the opposite time.
    fn passing(
        &self,
        evaluator: &mut Evaluator<'_>,
        step: &crate::expression::Expr,
    ) -> Result<Vec<f64>, Unable> {
        let offset: Vec<f64> = evaluator.theta.iter().zip(&self.model.centre).map(|(x, y)| x - y).collect();
        let (all, shared) = evaluator.balance_of(step);
        let few = all > MOST_SCOPES && evaluator.has_exact_mean(step);
        let scopes = if few { MOST_SCOPES } else { all };
        let balance = Balance::new(shared);
        let mut sum = vec![0.0; self.model.dim()];
        if few {
            sum = evaluator.exact_mean(step, 0)?.values();
        }
        let control = if few { 1.0 } else { 0.0 };
        let s = evaluator.rng.random::<f64>();
        for k in 0..scopes {
            let v = evaluator.within(&mut Scope::balanced(&balance, k), |this| this.exact(step, 0))?.values();
            let weight = 0.5 * (self.weight(&offset, &v, s) + self.weight(&offset, &v, 1.0 - s));
            sum.iter_mut().zip(&v).for_each(|(sum, x)| *sum += (weight - control) * x / count(scopes));
        }
        Ok(sum)
    }

    /// Root mean square of the displacement that is seen, at the largest small parameter, and its largest fraction.
    pub(super) fn displacement(&self, rng: &mut Stream) -> Result<f64, Unable> {
        let (Some((seen, _)), Some(order)) = (&self.plan.seen, self.plan.order) else { return Ok(0.0) };
        let (s, step) = match seen {
            Seen::At(s, step) => (*s, step),
            Seen::Passing(step) => (1.0, step),
        };
        let mut evaluator = Evaluator::new(self.model, rng.clone());
        let mut scalars = self.model.scalars.clone();
        scalars[order.symbol.0 as usize] = self.base;
        evaluator.go(&self.model.centre, &scalars)?;
        let mut sum = 0.0;
        for _ in 0..32 {
            let v = evaluator.within(&mut Scope::default(), |this| this.exact(step, 0))?;
            sum += v.values().iter().map(|x| x * x).sum::<f64>() / 32.0;
        }
        Ok(s * sum.sqrt())
    }
}

/// A displacement seen at one point.
struct Seeing {
    mean: Vec<f64>,
    weight: f64,
    by: Vec<f64>,
}

fn sum_of(evaluator: &mut Evaluator<'_>, factors: &[Term]) -> Result<f64, Unable> {
    let mut sum = 0.0;
    for (sign, e) in factors {
        sum += sign * evaluator.eval(e, 0)?.at(0);
    }
    Ok(sum)
}

impl Terms {
    fn add(&mut self, other: &Self, factor: f64) {
        for (mine, theirs) in [(&mut self.left, &other.left), (&mut self.right, &other.right)] {
            if mine.is_empty() {
                *mine = theirs.iter().map(|term| vec![0.0; term.len()]).collect();
            }
            for (sum, term) in mine.iter_mut().zip(theirs) {
                sum.iter_mut().zip(term).for_each(|(x, y)| *x += factor * y);
            }
        }
    }
}
