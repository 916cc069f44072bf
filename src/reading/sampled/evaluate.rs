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
use super::expectation::{add, divergence_of_product, product};
use super::jet::{Ring, count_work};
use super::losses;
use super::model::{Field, Model, count, to_f64};
use super::scope::{Copy, Scope};
use super::series::Curve;
use super::tensor::{Dims, Tensor};
use crate::expression::{Expr, Index, Kind, Length, Place, RandomShape, Shape, SymbolId, SymbolKind};
use crate::sampling::Stream;
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// What the evaluation of a node costs beside its products, in products.
const NODE: usize = 60;

/// Stands for a data point in the memory of expectations of what may depend on the small parameter.
pub(super) const EXPECTED: usize = usize::MAX;

/// Stands for a data point in the memory of means over all rows, of what does not.
pub(super) const ROWS: usize = usize::MAX - 1;

/// Where the window is, and how far from its middle the point of this draw.
#[derive(Debug, Clone)]
pub(super) struct Window {
    pub(super) offset: Vec<f64>,
    pub(super) width: f64,
}

pub(super) type Value = Result<Tensor, Unable>;

/// A node, a data point, a degree.
pub(super) type Key = (usize, usize, usize);

/// Draws values of expressions at a point.
#[derive(Debug)]
pub(super) struct Evaluator<'a> {
    pub(super) model: &'a Model,
    pub(super) rng: Stream,
    pub(super) theta: Vec<f64>,
    pub(super) scalars: Vec<f64>,
    pub(super) scope: Scope,
    /// The copy that bare names stand for inside a mean.
    pub(super) copy: Option<Rc<Copy>>,
    pub(super) indices: Vec<(u32, usize)>,
    /// Inside how many functions that are no polynomials.
    pub(super) exactly: usize,
    /// Inside how many expectations.
    pub(super) depth: usize,
    /// Whether outermost expectations are balanced.
    pub(super) balanced: bool,
    pub(super) window: Option<Window>,
    pub(super) memory: FxHashMap<Key, Rc<Tensor>>,
    pub(super) memory_used: usize,
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
            memory: FxHashMap::default(),
            memory_used: 0,
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
            self.memory_used = 0;
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
    pub(super) fn elsewhere<T>(&mut self, theta: Vec<f64>, work: impl FnOnce(&mut Self) -> T) -> T {
        let theta = std::mem::replace(&mut self.theta, theta);
        let memory = std::mem::take(&mut self.memory);
        let memory_used = std::mem::take(&mut self.memory_used);
        let result = work(self);
        self.theta = theta;
        self.memory = memory;
        self.memory_used = memory_used;
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
                    add(ring, &mut sum, &term)?;
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
                Ok(Tensor::constants(dims, values.as_slice().into()))
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
}
