//! One draw of an expression: a value that is right on average.
//!
//! `E`, `Var` and `Cov` draw their own copies, each time they are met,
//!
//! ```text
//! E[e]       e of one copy                          Cov[a, b] = 1/2 (a_1 - a_2)(b_1 - b_2)'     of two copies
//! ```
//!
//! so that factors of a product are independent, and every polynomial in expectations is right on average. Derivatives are
//! taken along the path of the draw: what is drawn does not depend on `theta`. A function that is no polynomial has such a
//! value only of what is known without drawing; there, the mean of what is additive in data points and noises is the mean
//! over balanced scopes, which has no error.

use super::Unable;
use super::jet::{Ring, count_work};
use super::losses;
use super::model::{Field, Model, count, to_f64};
use super::scope::{Balance, Copy, Scope};
use super::series::Curve;
use super::tensor::{Dims, Tensor};
use crate::expression::{
    Batch, Expr, Index, Kind, Length, Place, RandomShape, Shape, SymbolId, SymbolKind, Symbols,
};
use crate::sampling::Stream;
use std::collections::HashMap;
use std::rc::Rc;

/// Balanced scopes of one expectation, at most, where the data have more rows.
const MOST_BALANCED: usize = 1024;

/// What the evaluation of a node costs beside its products, in products.
const NODE: usize = 60;

/// Numbers that may be remembered at a point.
const MOST_REMEMBERED: usize = 4_000_000;

/// Stands for a data point in the memory of expectations.
const EXPECTED: usize = usize::MAX;

/// Where the window is, and how far from its middle the point of this draw.
#[derive(Debug, Clone)]
pub(super) struct Window {
    pub(super) offset: Vec<f64>,
    pub(super) width: f64,
}

pub(super) type Value = Result<Tensor, Unable>;

/// A node, a data point, a degree.
type Key = (usize, usize, usize);

/// Draws values of expressions at a point.
#[derive(Debug)]
pub(super) struct Evaluator<'a> {
    pub(super) model: &'a Model,
    pub(super) rng: Stream,
    pub(super) theta: Vec<f64>,
    pub(super) scalars: Vec<f64>,
    pub(super) scope: Scope,
    /// The copy that bare names stand for inside a mean.
    copy: Option<Rc<Copy>>,
    indices: Vec<(u32, usize)>,
    /// Inside how many functions that are no polynomials.
    exactly: usize,
    /// Inside how many expectations.
    depth: usize,
    /// Whether outermost expectations are balanced.
    pub(super) balanced: bool,
    pub(super) window: Option<Window>,
    memory: HashMap<Key, Rc<Tensor>>,
    remembered: usize,
}

impl<'a> Evaluator<'a> {
    pub(super) fn new(model: &'a Model, rng: Stream) -> Self {
        Self {
            model,
            rng,
            theta: model.centre.clone(),
            scalars: model.scalars.clone(),
            scope: Scope::fixed(),
            copy: None,
            indices: vec![],
            exactly: 0,
            depth: 0,
            balanced: false,
            window: None,
            memory: HashMap::new(),
            remembered: 0,
        }
    }

    pub(super) fn ring(&self) -> &'a Ring {
        &self.model.ring
    }

    /// Moves to a point, with other values of scalars. What was remembered at the same point stays, if it does not depend on
    /// the small parameter, which alone may be another.
    ///
    /// # Errors
    /// A condition of the claim cannot be met there.
    pub(super) fn go(&mut self, theta: &[f64], scalars: &[f64]) -> Result<(), Unable> {
        let same = self.theta.iter().zip(theta).all(|(x, y)| x.to_bits() == y.to_bits());
        self.memory.retain(|key, _| same && key.1 != EXPECTED);
        if !same {
            self.remembered = 0;
        }
        self.theta.clear();
        self.theta.extend_from_slice(theta);
        self.scalars.clear();
        self.scalars.extend_from_slice(scalars);
        for (id, e) in &self.model.fixed {
            let value = self.exact(e, 0)?.at(0);
            self.scalars[id.0 as usize] = value;
        }
        for (e, strictly) in &self.model.signs {
            let value = self.exact(e, 0)?.at(0);
            if value.is_nan() || value < 0.0 || *strictly && value <= 0.0 {
                return Err(Unable::Unmet { what: "a condition on a sign" });
            }
        }
        Ok(())
    }

    /// Runs something with another point or other scalars, with a memory of its own.
    fn elsewhere<T>(&mut self, theta: Vec<f64>, work: impl FnOnce(&mut Self) -> T) -> T {
        let theta = std::mem::replace(&mut self.theta, theta);
        let memory = std::mem::take(&mut self.memory);
        let remembered = std::mem::take(&mut self.remembered);
        let result = work(self);
        self.theta = theta;
        self.memory = memory;
        self.remembered = remembered;
        result
    }

    /// Runs something at `theta + by`.
    pub(super) fn moved<T>(&mut self, by: &[f64], work: impl FnOnce(&mut Self) -> T) -> T {
        let theta = self.theta.iter().zip(by).map(|(x, v)| x + v).collect();
        self.elsewhere(theta, work)
    }

    fn dims(&self, shape: Shape) -> Result<Dims, Unable> {
        let length = |length: Length| self.model.length(length);
        match shape {
            Shape::Scalar => Ok(Dims::Scalar),
            Shape::Vector(n) => Ok(Dims::Vector(length(n))),
            Shape::Matrix(rows, columns) => Ok(Dims::Matrix(length(rows), length(columns))),
            Shape::Components(_) => {
                Err(Unable::Unsupported { what: "components under three indices inside an expression" })
            }
        }
    }

    /// One draw of an expression, up to a degree.
    pub(super) fn eval(&mut self, e: &Expr, cut: usize) -> Value {
        count_work(NODE);
        let ring = self.ring();
        match e.kind() {
            Kind::Number(number) => {
                let known = self.model.numbers.get(&e.address()).copied();
                let value = known.unwrap_or_else(|| to_f64(number));
                if value.abs() < f64::MIN_POSITIVE && !matches!(e.shape(), Shape::Components(_)) {
                    return Ok(Tensor::zero(self.dims(e.shape())?));
                }
                Ok(Tensor::number(value))
            }
            Kind::Symbol(id) => self.symbol(*id, e.shape(), cut),
            Kind::Identity => Ok(Tensor::identity(self.model.dim())),
            Kind::Dimension => Ok(Tensor::number(count(self.model.dim()))),
            Kind::Add(terms) => {
                let mut sum: Option<Tensor> = None;
                for term in terms {
                    let term = self.eval(term, cut)?;
                    sum = Some(match sum {
                        None => term,
                        Some(sum) => sum.plus(ring, &term)?,
                    });
                }
                sum.ok_or(Unable::NotFinite)
            }
            Kind::Neg(a) => Ok(self.eval(a, cut)?.scaled(-1.0)),
            Kind::Mul(a, b) => self.eval(a, cut)?.times(ring, cut, &self.eval(b, cut)?),
            Kind::Div(a, b) => {
                let below = self.exact(b, cut)?.mapped(ring, cut, Curve::Power(-1.0))?;
                self.eval(a, cut)?.times(ring, cut, &below)
            }
            Kind::Pow(a, b) => self.power(a, b, cut),
            Kind::Transpose(a) => Ok(self.eval(a, cut)?.transposed()),
            Kind::Dot(a, b) => self.eval(a, cut)?.dot(ring, cut, &self.eval(b, cut)?),
            Kind::Outer(a, b) => self.eval(a, cut)?.outer(ring, cut, &self.eval(b, cut)?),
            Kind::Trace(a) => self.eval(a, cut)?.trace(ring),
            Kind::Norm2(a) => {
                let first = self.eval(a, cut)?;
                let second = if self.model.facts(a).estimated { self.eval(a, cut)? } else { first.clone() };
                first.dot(ring, cut, &second)
            }
            Kind::Grad(a) if cut == 0 && matches!(a.kind(), Kind::Symbol(_)) => {
                match self.loss_gradient(a)? {
                    Some(gradient) => Ok(gradient),
                    None => self.eval(a, 1)?.gradient(ring),
                }
            }
            Kind::Grad(a) | Kind::Jac(a) => self.eval(a, cut + 1)?.gradient(ring),
            Kind::Hess(a) => self.eval(a, cut + 2)?.gradient(ring)?.gradient(ring),
            Kind::Lap(a) => self.eval(a, cut + 2)?.gradient(ring)?.divergence(ring),
            Kind::Divergence(a) => match a.kind() {
                Kind::Cov(v) if a.shape() != Shape::Scalar => {
                    self.covariance(v, v, (cut + 1, divergence_of_product))
                }
                _ => self.eval(a, cut + 1)?.divergence(ring),
            },
            _ => self.eval_further(e, cut),
        }
    }

    fn eval_further(&mut self, e: &Expr, cut: usize) -> Value {
        let ring = self.ring();
        match e.kind() {
            Kind::Expect(a) | Kind::Conditional(Place::Source, a) => self.expectation(a, cut),
            Kind::Var(a) | Kind::Cov(a) => self.covariance(a, a, (cut, product)),
            Kind::CrossCov(a, b) => self.covariance(a, b, (cut, product)),
            Kind::Mean(a, batch) => self.mean(a, batch, cut, true),
            Kind::SumOver(a, batch) => self.mean(a, batch, cut, false),
            Kind::Sqrt(a) => self.exact(a, cut)?.mapped(ring, cut, Curve::Power(0.5)),
            Kind::Function(function, a) => self.exact(a, cut)?.mapped(ring, cut, Curve::Named(*function)),
            Kind::Apply(id, times, a) => {
                let z = self.exact(a, cut)?;
                self.apply(*id, *times as usize, &z, cut)
            }
            Kind::MatrixRoot(a) => self.exact(a, cut)?.root(ring, cut),
            Kind::Inverse(a) => self.exact(a, cut)?.inverse(ring, cut),
            Kind::LogDet(a) => self.exact(a, cut)?.log_determinant(ring, cut),
            Kind::Component(a, indices) => self.component(a, indices, cut),
            Kind::Partial(index, a) => {
                let j = self.index(index)?;
                Ok(self.eval(a, cut + 1)?.partial(ring, j))
            }
            Kind::Kronecker(i, j) => {
                Ok(Tensor::number(if self.index(i)? == self.index(j)? { 1.0 } else { 0.0 }))
            }
            Kind::Sum(index, a) => {
                let mut sum = Tensor::number(0.0);
                for value in 0..self.model.length(index.length) {
                    let term = self.with_indices(&[(index.id, value)], |this| this.eval(a, cut))?;
                    sum = sum.plus(ring, &term)?;
                }
                Ok(sum)
            }
            Kind::Tensor(indices, a) => self.tensor(indices, cut, &mut |this, cut| this.eval(a, cut)),
            Kind::Shift(a, by) => {
                let by = self.exact(by, cut)?;
                self.shifted(a, &by, cut)
            }
            Kind::At(a, symbol, value) => self.replaced(a, *symbol, value, cut),
            Kind::List(parts) => {
                let parts = parts.iter().map(|part| self.eval(part, cut)).collect::<Result<Vec<_>, _>>()?;
                Tensor::stacked(ring, Dims::Vector(parts.len()), &parts)
            }
            Kind::Rows(rows) => {
                let parts =
                    rows.iter().flatten().map(|part| self.eval(part, cut)).collect::<Result<Vec<_>, _>>()?;
                Tensor::stacked(ring, Dims::Matrix(rows.len(), parts.len() / rows.len().max(1)), &parts)
            }
            Kind::Integral(a) => self.integral(a),
            Kind::Conditional(..) | Kind::Current(_) => {
                Err(Unable::Unsupported { what: "a conditional displacement stands where it is not linear" })
            }
            _ => Err(Unable::Unsupported { what: "a form that cannot be drawn" }),
        }
    }

    fn symbol(&mut self, id: SymbolId, shape: Shape, cut: usize) -> Value {
        let model = self.model;
        match &model.symbols.get(id).kind {
            SymbolKind::Scalar(_) => Ok(Tensor::number(self.scalars[id.0 as usize])),
            SymbolKind::Space => Ok(Tensor::variables(&model.ring, &self.theta, cut)),
            SymbolKind::Coordinate(i) => {
                Ok(Tensor::variables(&model.ring, &self.theta, cut).component(*i as usize))
            }
            SymbolKind::Random { shape, distribution } => {
                let copy = self.bare()?;
                if distribution.is_some() {
                    let place =
                        model.distributed.iter().position(|(known, _)| *known == id).unwrap_or(usize::MAX);
                    return Ok(Tensor::number(copy.values.get(place).copied().unwrap_or(f64::NAN)));
                }
                let values =
                    model.randoms.get(&id).and_then(|rows| rows.get(copy.row)).ok_or(Unable::NotFinite)?;
                let dims =
                    if *shape == RandomShape::Vector { Dims::Vector(values.len()) } else { Dims::Scalar };
                Ok(Tensor::constants(dims, values.clone()))
            }
            SymbolKind::Field { arguments, .. } => self.field(id, arguments, cut),
            SymbolKind::Noise { time_step, .. } => {
                let dims = self.dims(shape)?;
                let numbers = self.scope.noise(id, dims.len(), model, &mut self.rng);
                let size = self.scalars[time_step.0 as usize].sqrt();
                Ok(Tensor::constants(dims, numbers.iter().map(|z| size * z).collect()))
            }
            SymbolKind::Function => Err(Unable::Unsupported { what: "a function without its argument" }),
        }
    }

    fn bare(&mut self) -> Result<Rc<Copy>, Unable> {
        match &self.copy {
            Some(copy) => Ok(Rc::clone(copy)),
            None => self.scope.bare(self.model, &self.scalars, &mut self.rng),
        }
    }

    fn field(&mut self, id: SymbolId, arguments: &[SymbolId], cut: usize) -> Value {
        let model = self.model;
        match model.fields.get(&id).ok_or(Unable::NotFinite)? {
            Field::Expression(e) => self.eval(e, cut),
            Field::Drawn(rows) => {
                let (mut row, mut values) = (0, vec![]);
                if !arguments.is_empty() {
                    let copy = self.bare()?;
                    row = copy.row;
                    let of =
                        |(id, value): (&(SymbolId, _), &f64)| arguments.contains(&id.0).then_some(*value);
                    values = model.distributed.iter().zip(&copy.values).filter_map(of).collect();
                }
                let field = rows.get(row).or_else(|| rows.first()).ok_or(Unable::NotFinite)?;
                field.at(&model.ring, cut, &self.theta, &values)
            }
            Field::Loss(problem, recording) => {
                let row = self.bare()?.row;
                if row >= problem.rows() {
                    return Err(Unable::NotFinite);
                }
                losses::jet(self.ring(), cut, (problem, recording.as_ref()), row, &self.theta)
            }
        }
    }

    /// The gradient of a loss at one data point, backwards through its operations; nothing of anything else.
    fn loss_gradient(&mut self, e: &Expr) -> Result<Option<Tensor>, Unable> {
        let Kind::Symbol(id) = e.kind() else { return Ok(None) };
        let Some(Field::Loss(problem, Some(recording))) = self.model.fields.get(id) else { return Ok(None) };
        let row = self.bare()?.row;
        let gradient = losses::gradient((problem, recording), row, &self.theta)?;
        Ok(Some(Tensor::constants(Dims::Vector(gradient.len()), gradient)))
    }

    /// A value that is not drawn: where it is a function of expectations, these are taken without error.
    pub(super) fn exact(&mut self, e: &Expr, cut: usize) -> Value {
        self.exactly += 1;
        let value = self.eval(e, cut);
        self.exactly -= 1;
        value
    }

    /// Runs something with other values of what is random.
    pub(super) fn within<T>(&mut self, scope: &mut Scope, work: impl FnOnce(&mut Self) -> T) -> T {
        let copy = self.copy.take();
        std::mem::swap(&mut self.scope, scope);
        self.depth += 1;
        let result = work(self);
        self.depth -= 1;
        std::mem::swap(&mut self.scope, scope);
        self.copy = copy;
        result
    }

    /// How many balanced scopes an expectation of this has, and how many of them share a row.
    pub(super) fn balance_of(&self, e: &Expr) -> (usize, usize) {
        let facts = self.model.facts(e);
        let pairs = if facts.noise { 2 } else { 1 };
        let rows = if facts.bare || facts.batch { self.model.rows.min(MOST_BALANCED) } else { 1 };
        (rows * pairs, pairs)
    }

    fn expectation(&mut self, e: &Expr, cut: usize) -> Value {
        let facts = self.model.facts(e);
        if !facts.is_random() {
            return self.eval(e, cut);
        }
        if self.exactly > 0 {
            return self.exact_mean(e, cut);
        }
        if !(self.balanced && self.depth == 0) {
            return self.within(&mut Scope::default(), |this| this.eval(e, cut));
        }
        let (scopes, shared) = self.balance_of(e);
        self.balanced_mean(&Balance::new(shared), scopes, &mut |this| this.eval(e, cut))
    }

    /// The mean over balanced scopes.
    fn balanced_mean(
        &mut self,
        balance: &Rc<Balance>,
        scopes: usize,
        work: &mut dyn FnMut(&mut Self) -> Value,
    ) -> Value {
        let ring = self.ring();
        let mut sum: Option<Tensor> = None;
        for k in 0..scopes {
            let value = self.within(&mut Scope::balanced(balance, k), &mut *work)?;
            sum = Some(match sum {
                None => value,
                Some(sum) => sum.plus(ring, &value)?,
            });
        }
        Ok(sum.ok_or(Unable::NotFinite)?.scaled(1.0 / count(scopes)))
    }

    /// The mean without error, of what is additive in data points and noises.
    pub(super) fn exact_mean(&mut self, e: &Expr, cut: usize) -> Value {
        let key = (e.address(), EXPECTED, cut);
        let remember = self.indices.is_empty();
        if let Some(known) = self.memory.get(&key).filter(|_| remember) {
            return Ok((**known).clone());
        }
        let (scopes, shared) = self.balance_of(e);
        if !self.is_additive(e) || self.model.rows > MOST_BALANCED {
            return Err(Unable::NoUnbiased { what: "a function that is no polynomial, of an expectation," });
        }
        let balance = Balance::diagonal(shared);
        let value = self.balanced_mean(&balance, scopes, &mut |this| this.exact(e, cut))?;
        if remember {
            self.remember(key, &value);
        }
        Ok(value)
    }

    fn remember(&mut self, key: Key, value: &Tensor) {
        let size = value.dims().len() * self.ring().count(key.2);
        if self.remembered + size <= MOST_REMEMBERED {
            self.remembered += size;
            self.memory.insert(key, Rc::new(value.clone()));
        }
    }

    /// Whether an expression is a sum of functions of one data point each, and of noises.
    pub(super) fn is_additive(&self, e: &Expr) -> bool {
        let facts = self.model.facts(e);
        if !facts.is_random() || facts.bare && facts.is_of_one_point() {
            return true;
        }
        let certain = |e: &Expr| !self.model.facts(e).is_random();
        match e.kind() {
            Kind::Symbol(id) => matches!(self.model.symbols.get(*id).kind, SymbolKind::Noise { .. }),
            Kind::Mean(body, _) | Kind::SumOver(body, _) => self.model.facts(body).is_of_one_point(),
            Kind::Add(_)
            | Kind::Neg(_)
            | Kind::Transpose(_)
            | Kind::Trace(_)
            | Kind::Grad(_)
            | Kind::Jac(_)
            | Kind::Hess(_)
            | Kind::Lap(_)
            | Kind::Divergence(_)
            | Kind::Component(..)
            | Kind::Partial(..)
            | Kind::Sum(..)
            | Kind::Tensor(..)
            | Kind::List(_)
            | Kind::Rows(_) => e.children().into_iter().all(|child| self.is_additive(child)),
            Kind::Mul(a, b) | Kind::Dot(a, b) | Kind::Outer(a, b) => {
                certain(a) && self.is_additive(b) || certain(b) && self.is_additive(a)
            }
            Kind::Div(a, b) => certain(b) && self.is_additive(a),
            _ => false,
        }
    }

    /// `1/2 (a_1 - a_2)(b_1 - b_2)'`; if expectations stand inside, each factor has its own copies of these.
    fn covariance(&mut self, a: &Expr, b: &Expr, (cut, product): (usize, Product)) -> Value {
        if self.exactly > 0 {
            return self.exact_covariance(a, b, (cut, product));
        }
        let (fa, fb) = (self.model.facts(a), self.model.facts(b));
        let facts = if fa.is_random() { a } else { b };
        let own = !(a.same(b)) || fa.estimated || fb.estimated;
        let (scopes, shared) = if self.balanced && self.depth == 0 { self.balance_of(facts) } else { (1, 1) };
        let (first, second) = (Balance::new(shared), Balance::new(shared));
        let ring = self.ring();
        let mut sum: Option<Tensor> = None;
        for k in 0..scopes {
            let scope = |balance| if scopes > 1 { Scope::balanced(balance, k) } else { Scope::default() };
            let (mut one, mut two) = (scope(&first), scope(&second));
            let left = self.within(&mut one, |this| this.eval(a, cut))?;
            let left = left.minus(ring, &self.within(&mut two, |this| this.eval(a, cut))?)?;
            let right = if own {
                let right = self.within(&mut one, |this| this.eval(b, cut))?;
                right.minus(ring, &self.within(&mut two, |this| this.eval(b, cut))?)?
            } else {
                left.clone()
            };
            let product = product(ring, cut, &left, &right)?;
            sum = Some(match sum {
                None => product,
                Some(sum) => sum.plus(ring, &product)?,
            });
        }
        Ok(sum.ok_or(Unable::NotFinite)?.scaled(0.5 / count(scopes)))
    }

    /// The covariance over all data points, under a function.
    fn exact_covariance(&mut self, a: &Expr, b: &Expr, (cut, product): (usize, Product)) -> Value {
        let ring = self.ring();
        let one_point = |e: &Expr| self.model.facts(e).is_of_one_point();
        if !one_point(a) || !one_point(b) || self.model.rows > MOST_BALANCED {
            return Err(Unable::NoUnbiased { what: "a function that is no polynomial, of a covariance," });
        }
        let (mean_a, mean_b) = (self.expectation(a, cut)?, self.expectation(b, cut)?);
        let rows = self.model.rows;
        self.balanced_mean(&Balance::diagonal(1), rows, &mut |this| {
            let left = this.eval(a, cut)?.minus(ring, &mean_a)?;
            let right = this.eval(b, cut)?.minus(ring, &mean_b)?;
            product(ring, cut, &left, &right)
        })
    }

    fn mean(&mut self, body: &Expr, batch: &Batch, cut: usize, divided: bool) -> Value {
        let size = self.exact(&batch.size, 0)?.at(0);
        if !(1.0..=1e6).contains(&size) || (size - size.round()).abs() > 1e-9 {
            return Err(Unable::Size { what: "the size of a batch", found: size });
        }
        let n = (1..=1_000_000).find(|k| count(*k) >= size - 0.5).unwrap_or(1);
        let copies = self.scope.batch(batch, n, self.model, &self.scalars, &mut self.rng)?;
        let facts = self.model.facts(body);
        let remember = facts.is_of_one_point() && !facts.estimated && !facts.small && self.indices.is_empty();
        let ring = self.ring();
        let mut sum: Option<Tensor> = None;
        for copy in copies.iter() {
            let key = (body.address(), copy.row, cut);
            let known = if remember { self.memory.get(&key).cloned() } else { None };
            let value = if let Some(known) = known {
                known
            } else {
                let outer = self.copy.replace(Rc::clone(copy));
                let value = self.eval(body, cut);
                self.copy = outer;
                let value = value?;
                if remember {
                    self.remember(key, &value);
                }
                Rc::new(value)
            };
            match &mut sum {
                None => sum = Some((*value).clone()),
                Some(sum) => sum.add_scaled(ring, 1.0, &value)?,
            }
        }
        let mean = sum.ok_or(Unable::NotFinite)?.scaled(1.0 / count(copies.len()));
        Ok(if divided { mean } else { mean.scaled(count(n)) })
    }

    fn power(&mut self, a: &Expr, b: &Expr, cut: usize) -> Value {
        let ring = self.ring();
        let p = self.exact(b, cut)?;
        let whole = (0..=32).find(|k| (count(*k) - p.at(0)).abs() < f64::EPSILON);
        let facts = self.model.facts(a);
        let matrix = a.shape() != Shape::Scalar;
        match whole.filter(|_| matches!(b.kind(), Kind::Number(_)) && (matrix || facts.estimated)) {
            Some(0) if !matrix => Ok(Tensor::number(1.0)),
            Some(times) if times > 0 => {
                let mut product = self.eval(a, cut)?;
                for _ in 1..times {
                    product = product.times(ring, cut, &self.eval(a, cut)?)?;
                }
                Ok(product)
            }
            _ => {
                let base = self.exact(a, cut)?;
                if self.model.facts(b).spatial {
                    let log = base.mapped(ring, cut, Curve::Named(crate::expression::Function::Log))?;
                    let power = log.times(ring, cut, &p)?;
                    return power.mapped(ring, cut, Curve::Named(crate::expression::Function::Exp));
                }
                base.mapped(ring, cut, Curve::Power(p.at(0)))
            }
        }
    }

    /// A declared function, differentiated so many times, at a scalar.
    fn apply(&mut self, id: SymbolId, times: usize, z: &Tensor, cut: usize) -> Value {
        let order = cut + times;
        let x = z.at(0);
        let series = match self.model.functions.get(&id) {
            Some((e, symbols)) => {
                let line = Ring::new(1, order)?;
                let z = Tensor::variables(&line, &[x], order).component(0);
                let value = on_a_line(e, symbols, &line, order, &z)?;
                let mut jet = value.jet(0).to_vec();
                jet.resize(order + 1, 0.0);
                jet
            }
            None => {
                super::drawn::of_one_variable(self.model.seed, &self.model.symbols.get(id).name, x, order)
            }
        };
        let falling = |k: usize| (k + 1..=k + times).map(count).product::<f64>();
        let derived: Vec<f64> = (0..=cut).map(|k| falling(k) * series[k + times]).collect();
        z.composed(self.ring(), cut, &derived)
    }

    pub(super) fn index(&self, index: &Index) -> Result<usize, Unable> {
        let found = self.indices.iter().rev().find(|(id, _)| *id == index.id);
        found.map(|(_, value)| *value).ok_or(Unable::Unsupported { what: "an index without a value" })
    }

    pub(super) fn with_indices<T>(
        &mut self,
        values: &[(u32, usize)],
        work: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let before = self.indices.len();
        self.indices.extend_from_slice(values);
        let result = work(self);
        self.indices.truncate(before);
        result
    }

    /// Components under free indices, each by `one`.
    pub(super) fn tensor(
        &mut self,
        indices: &[Index],
        cut: usize,
        one: &mut dyn FnMut(&mut Self, usize) -> Value,
    ) -> Value {
        let lengths: Vec<usize> = indices.iter().map(|index| self.model.length(index.length)).collect();
        let all: usize = lengths.iter().product();
        let mut parts = Vec::with_capacity(all);
        for component in 0..all {
            let mut rest = component;
            let mut values = vec![];
            for (index, length) in indices.iter().zip(&lengths).rev() {
                values.push((index.id, rest % length));
                rest /= length;
            }
            parts.push(self.with_indices(&values, |this| one(this, cut))?);
        }
        let dims = match lengths[..] {
            [n] => Dims::Vector(n),
            [rows, columns] => Dims::Matrix(rows, columns),
            _ => Dims::Many(all),
        };
        Tensor::stacked(self.ring(), dims, &parts)
    }

    fn component(&mut self, a: &Expr, indices: &[Index], cut: usize) -> Value {
        let value = self.eval(a, cut)?;
        self.pick(&value, indices)
    }

    /// The component that indices stand for.
    pub(super) fn pick(&self, value: &Tensor, indices: &[Index]) -> Value {
        let places = indices.iter().map(|index| self.index(index)).collect::<Result<Vec<_>, _>>()?;
        let place = match (value.dims(), &places[..]) {
            (Dims::Vector(n), [i]) if *i < n => *i,
            (Dims::Matrix(rows, columns), [i, j]) if *i < rows && *j < columns => i * columns + j,
            _ => return Err(Unable::Unsupported { what: "a component that is none" }),
        };
        Ok(value.component(place))
    }

    /// `e(theta + v)`
    fn shifted(&mut self, e: &Expr, by: &Tensor, cut: usize) -> Value {
        let ring = self.ring();
        let there = self.moved(&by.values(), |this| this.eval(e, cut))?;
        if cut == 0 {
            return Ok(there);
        }
        let h = Tensor::variables(ring, &vec![0.0; self.model.dim()], cut);
        there.substituted(ring, cut, &h.plus(ring, by)?)
    }

    /// `e` with a coordinate or a scalar replaced, after all derivatives inside it.
    fn replaced(&mut self, e: &Expr, symbol: SymbolId, value: &Expr, cut: usize) -> Value {
        let ring = self.ring();
        let new = self.exact(value, cut)?;
        if let SymbolKind::Coordinate(i) = self.model.symbols.get(symbol).kind {
            let i = i as usize;
            let mut by = vec![0.0; self.model.dim()];
            by[i] = new.at(0) - self.theta[i];
            let there = self.moved(&by, |this| this.eval(e, cut))?;
            if cut == 0 {
                return Ok(there);
            }
            let h = Tensor::variables(ring, &vec![0.0; self.model.dim()], cut);
            let mut parts: Vec<Tensor> = (0..self.model.dim()).map(|j| h.component(j)).collect();
            parts[i] = new;
            let w = Tensor::stacked(ring, Dims::Vector(parts.len()), &parts)?;
            return there.substituted(ring, cut, &w);
        }
        if cut > 0 && self.model.facts(value).spatial {
            let what = "a scalar is replaced by what depends on the space, and then differentiated";
            return Err(Unable::Unsupported { what });
        }
        let place = symbol.0 as usize;
        let old = std::mem::replace(&mut self.scalars[place], new.at(0));
        let result = self.elsewhere(self.theta.clone(), |this| this.eval(e, cut));
        self.scalars[place] = old;
        result
    }
}

/// A product of two deviations from their means.
type Product = fn(&Ring, usize, &Tensor, &Tensor) -> Value;

/// `d_j (a_i b_j) = (d_j a_i) b_j + a_i d_j b_j`, of one degree less.
fn divergence_of_product(ring: &Ring, cut: usize, left: &Tensor, right: &Tensor) -> Value {
    let cut = cut.saturating_sub(1);
    let along = left.gradient(ring)?.times(ring, cut, right)?;
    along.plus(ring, &right.divergence(ring)?.times(ring, cut, left)?)
}

/// `a b'` of two vectors, of a vector and a number in any order, of two numbers.
fn product(ring: &Ring, cut: usize, left: &Tensor, right: &Tensor) -> Value {
    match (left.dims(), right.dims()) {
        (Dims::Vector(_), Dims::Vector(_)) => left.outer(ring, cut, right),
        _ => left.times(ring, cut, right),
    }
}

/// A function of one variable, written as an expression in the coordinate of a line.
fn on_a_line(e: &Expr, symbols: &Symbols, line: &Ring, cut: usize, z: &Tensor) -> Value {
    let of = |e: &Expr| on_a_line(e, symbols, line, cut, z);
    match e.kind() {
        Kind::Number(number) => Ok(Tensor::number(to_f64(number))),
        Kind::Symbol(id) if matches!(symbols.get(*id).kind, SymbolKind::Coordinate(_)) => Ok(z.clone()),
        Kind::Add(terms) => {
            let mut sum = Tensor::number(0.0);
            for term in terms {
                sum = sum.plus(line, &of(term)?)?;
            }
            Ok(sum)
        }
        Kind::Neg(a) => Ok(of(a)?.scaled(-1.0)),
        Kind::Mul(a, b) => of(a)?.times(line, cut, &of(b)?),
        Kind::Div(a, b) => of(a)?.times(line, cut, &of(b)?.mapped(line, cut, Curve::Power(-1.0))?),
        Kind::Pow(a, b) => of(a)?.mapped(line, cut, Curve::Power(of(b)?.at(0))),
        Kind::Sqrt(a) => of(a)?.mapped(line, cut, Curve::Power(0.5)),
        Kind::Function(function, a) => of(a)?.mapped(line, cut, Curve::Named(*function)),
        _ => Err(Unable::Unsupported { what: "a function of one variable that is no expression of numbers" }),
    }
}
