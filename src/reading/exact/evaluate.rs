//! From an expression to its value: every node by its own definition, derivatives as coefficients of the ring.
//!
//! A node is asked for up to a degree in the displacement `h` of `theta`; `grad`, `div` and their like ask their parts for
//! one degree more. Values are remembered by node, degree and free indices: those of nodes without randomness for good,
//! those of nodes that depend on one data point by data point, others until the next outcome.

use super::Unable;
use super::drawn::{self, Draw};
use super::expectation::{Copies, Outcome};
use super::linear;
use super::model::{Field, Model, Shape as OneVariable};
use super::ring::Ring;
use super::sources::{Finder, Sources};
use super::tensor::{Dims, Tensor};
use super::univariate::{Curve, power_of, reciprocal};
use crate::expression::{
    Distribution, Expr, Index, Kind, Length, RandomShape, Rational, Shape, SymbolId, SymbolKind,
};
use num_traits::ToPrimitive;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// Numbers that may be remembered at once (16 bytes each).
const MOST_REMEMBERED: usize = 1 << 24;

/// The symbol in powers of which the claim is compared, as a power of the small parameter of the ring.
#[derive(Debug, Clone, Copy)]
pub(super) struct Small {
    pub(super) symbol: SymbolId,
    /// 2 where half-integer powers can occur, else 1.
    pub(super) power: i32,
}

/// Where things are evaluated.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) theta: Vec<f64>,
    /// Scalars that are replaced.
    pub(super) replaced: Vec<(SymbolId, Rc<Tensor>)>,
}

/// A node, a degree, a data point, the values of the free indices.
type Key = (usize, usize, u32, u64);

/// What is remembered at a place.
#[derive(Debug, Default)]
pub(super) struct Memory {
    certain: HashMap<Key, Rc<Tensor>>,
    by_copy: HashMap<Key, Rc<Tensor>>,
    pub(super) by_outcome: HashMap<Key, Rc<Tensor>>,
    fields: HashMap<(SymbolId, u32), (usize, Rc<Tensor>)>,
    stored: usize,
}

/// Evaluates expressions at a point of a model.
#[derive(Debug)]
pub(super) struct Evaluator<'a> {
    pub(super) model: &'a Model,
    pub(super) ring: Ring,
    small: Option<Small>,
    finder: Finder,
    pub(super) copies: Copies,
    pub(super) outcome: Rc<Outcome>,
    /// The data point that a bare random name stands for.
    pub(super) copy: u32,
    indices: BTreeMap<u32, usize>,
    pub(super) place: Place,
    pub(super) memory: Memory,
}

pub(super) type Value = Result<Rc<Tensor>, Unable>;

impl<'a> Evaluator<'a> {
    /// At the point of the model, keeping so many powers of the small parameter.
    pub(super) fn new(model: &'a Model, small: Option<Small>, powers: usize) -> Self {
        let powers = if small.is_some() { powers } else { 1 };
        Self {
            model,
            ring: Ring::new(model.dim(), powers),
            small,
            finder: Finder::default(),
            copies: Copies::default(),
            outcome: Rc::default(),
            copy: 0,
            indices: BTreeMap::new(),
            place: Place { theta: model.theta.clone(), replaced: vec![] },
            memory: Memory::default(),
        }
    }

    /// What is free in an expression.
    pub(super) fn sources(&mut self, e: &Expr) -> Rc<Sources> {
        self.finder.of(e, &self.model.symbols)
    }

    /// Runs something at another place, with a memory of its own.
    pub(super) fn elsewhere<T>(&mut self, place: Place, work: impl FnOnce(&mut Self) -> T) -> T {
        let place = std::mem::replace(&mut self.place, place);
        let memory = std::mem::take(&mut self.memory);
        let result = work(self);
        self.place = place;
        self.memory = memory;
        result
    }

    /// The shape of an expression in numbers.
    pub(super) fn dims(&self, shape: Shape) -> Result<Dims, Unable> {
        let length = |length: Length| self.model.length(length);
        match shape {
            Shape::Scalar => Ok(Dims::Scalar),
            Shape::Vector(n) => Ok(Dims::Vector(length(n))),
            Shape::Matrix(rows, columns) => Ok(Dims::Matrix(length(rows), length(columns))),
            Shape::Components(_) => Err(Unable::Unsupported {
                what: "components under three or more indices stand inside an expression",
            }),
        }
    }

    /// The value of an expression up to a degree.
    ///
    /// # Errors
    /// It has none, or is too large.
    pub(super) fn eval(&mut self, e: &Expr, cut: usize) -> Value {
        if matches!(
            e.kind(),
            Kind::Number(_) | Kind::Symbol(_) | Kind::Kronecker(..) | Kind::Dimension | Kind::Component(..)
        ) {
            return self.compute(e, cut);
        }
        let sources = self.sources(e);
        let mut packed = 0;
        for index in &sources.indices {
            packed = (packed << 10) | self.indices.get(index).map_or(1023, |&i| i as u64);
        }
        let remember = sources.indices.len() <= 6 && self.model.dim() < 1023;
        let copy = if sources.bare.is_empty() { 0 } else { self.copy };
        let key = (e.address(), cut, copy, packed);
        let store = if sources.is_certain() {
            &self.memory.certain
        } else if sources.is_of_one_point() {
            &self.memory.by_copy
        } else {
            &self.memory.by_outcome
        };
        if let Some(found) = store.get(&key).filter(|_| remember) {
            return Ok(Rc::clone(found));
        }
        let value = self.compute(e, cut)?;
        if remember {
            self.memory.keep(&sources, key, &value);
        }
        Ok(value)
    }

    /// A scalar's value as a plain number, which depends on nothing.
    ///
    /// # Errors
    /// It is no such number.
    pub(super) fn plain(&mut self, e: &Expr) -> Result<f64, Unable> {
        let value = self.eval(e, 0)?;
        let (number, _) = value.at(0, 0);
        if value.is_plain() && number.is_finite() {
            return Ok(number);
        }
        Err(Unable::Unsupported { what: "a size or an exponent depends on the small parameter of the claim" })
    }

    /// A node by its definition.
    fn compute(&mut self, e: &Expr, cut: usize) -> Value {
        let value = match e.kind() {
            Kind::Number(number) => self.number(number, e.shape())?,
            Kind::Symbol(id) => return self.symbol(*id, e.shape(), cut),
            Kind::Identity => match self.dims(e.shape())? {
                Dims::Matrix(rows, _) => Tensor::identity(rows),
                Dims::Scalar | Dims::Vector(_) => Tensor::number(1.0),
            },
            Kind::Dimension => Tensor::number(count(self.model.dim())),
            Kind::Kronecker(i, j) => Tensor::number(if self.index(i)? == self.index(j)? { 1.0 } else { 0.0 }),
            Kind::Add(_)
            | Kind::Neg(_)
            | Kind::Mul(..)
            | Kind::Div(..)
            | Kind::Pow(..)
            | Kind::Transpose(_)
            | Kind::Dot(..)
            | Kind::Outer(..)
            | Kind::Trace(_)
            | Kind::Norm2(_) => self.algebra(e, cut)?,
            Kind::Grad(_)
            | Kind::Hess(_)
            | Kind::Lap(_)
            | Kind::Jac(_)
            | Kind::Divergence(_)
            | Kind::Partial(..) => self.calculus(e, cut)?,
            Kind::Component(..) | Kind::Sum(..) | Kind::Tensor(..) | Kind::List(_) | Kind::Rows(_) => {
                self.components(e, cut)?
            }
            Kind::Sqrt(_)
            | Kind::MatrixRoot(_)
            | Kind::Function(..)
            | Kind::Apply(..)
            | Kind::Inverse(_)
            | Kind::LogDet(_) => self.functions(e, cut)?,
            Kind::Expect(body) => self.expectation(body, cut)?,
            Kind::Var(body) | Kind::Cov(body) => self.covariance(body, body, cut)?,
            Kind::CrossCov(left, right) => self.covariance(left, right, cut)?,
            Kind::Mean(body, batch) => self.over_copies(body, batch.number, cut, true)?,
            Kind::SumOver(body, batch) => self.over_copies(body, batch.number, cut, false)?,
            Kind::Shift(body, by) => self.shift(body, by, cut)?,
            Kind::Conditional(place, step) => self.conditional(*place, step, cut)?,
            Kind::Current(step) => self.current(step, cut)?,
            Kind::At(body, symbol, value) => self.replaced(body, *symbol, value, cut)?,
            Kind::Integral(body) => self.integral(body)?,
        };
        Ok(Rc::new(value))
    }

    fn number(&self, number: &Rational, shape: Shape) -> Result<Tensor, Unable> {
        if number.is_zero() {
            return Ok(Tensor::zero(self.dims(shape)?));
        }
        let value = to_f64(number);
        let exact = value.fract() == 0.0 && value.abs() < 9e15;
        Ok(Tensor::constants(Dims::Scalar, vec![value], vec![if exact { 0.0 } else { value.abs() }]))
    }

    pub(super) fn index(&self, index: &Index) -> Result<usize, Unable> {
        self.indices
            .get(&index.id)
            .copied()
            .ok_or(Unable::Unsupported { what: "an index is free where none can be" })
    }

    /// Runs something for every value of an index.
    pub(super) fn for_index(
        &mut self,
        index: &Index,
        mut work: impl FnMut(&mut Self) -> Result<(), Unable>,
    ) -> Result<(), Unable> {
        let before = self.indices.get(&index.id).copied();
        let mut result = Ok(());
        for value in 0..self.model.length(index.length) {
            self.indices.insert(index.id, value);
            result = work(self);
            if result.is_err() {
                break;
            }
        }
        match before {
            Some(value) => self.indices.insert(index.id, value),
            None => self.indices.remove(&index.id),
        };
        result
    }

    /// `theta_0 + h`.
    pub(super) fn theta(&self) -> Result<Tensor, Unable> {
        Tensor::variables(&self.ring, &self.place.theta)
    }

    fn symbol(&mut self, id: SymbolId, shape: Shape, cut: usize) -> Value {
        if let Some((_, value)) = self.place.replaced.iter().rev().find(|(symbol, _)| *symbol == id) {
            return Ok(Rc::clone(value));
        }
        let model = self.model;
        let value = match &model.symbols.get(id).kind {
            SymbolKind::Scalar(_) => match self.small {
                Some(small) if small.symbol == id => Tensor::small(small.power),
                _ => {
                    let value = model.scalars.get(&id);
                    Tensor::number(*value.ok_or(Unable::Unsupported { what: "a scalar has no value" })?)
                }
            },
            SymbolKind::Space => self.theta()?,
            SymbolKind::Coordinate(i) => self.theta()?.component(*i as usize),
            SymbolKind::Random { shape, distribution } => {
                self.random(id, *shape, distribution.as_ref(), cut)?
            }
            SymbolKind::Field { arguments, .. } => return self.field(id, arguments, shape, cut),
            SymbolKind::Noise { time_step, .. } => self.noise(id, *time_step, shape, cut)?,
            SymbolKind::Function => {
                return Err(Unable::Unsupported { what: "a function stands without its argument" });
            }
        };
        Ok(Rc::new(value))
    }

    fn random(
        &mut self,
        id: SymbolId,
        shape: RandomShape,
        distribution: Option<&Distribution>,
        cut: usize,
    ) -> Result<Tensor, Unable> {
        if let Some(distribution) = distribution {
            let z = self.copies.value(self.copy, id);
            let z =
                z.ok_or(Unable::Unsupported { what: "a random number stands outside every expectation" })?;
            return self.located(distribution, z, cut);
        }
        let row =
            self.copies.row(self.copy).ok_or(Unable::Unsupported { what: "a data point is not drawn" })?;
        let values = self.model.randoms.get(&id).and_then(|rows| rows.get(row));
        let values = values.ok_or(Unable::Unsupported { what: "a random name has no value" })?;
        let dims = if shape == RandomShape::Vector { Dims::Vector(values.len()) } else { Dims::Scalar };
        Ok(Tensor::exact(dims, values.clone()))
    }

    /// A value of a distribution from that of its standard form.
    fn located(&mut self, distribution: &Distribution, z: f64, cut: usize) -> Result<Tensor, Unable> {
        let unit = Tensor::constants(Dims::Scalar, vec![z], vec![16.0 * z.abs()]);
        match distribution {
            Distribution::Normal(mean, deviation) => {
                let (mean, deviation) = (self.eval(mean, cut)?, self.eval(deviation, cut)?);
                deviation.times(&self.ring, cut, &unit)?.plus(&self.ring, cut, &mean)
            }
            Distribution::Uniform(low, high) => {
                let (low, high) = (self.eval(low, cut)?, self.eval(high, cut)?);
                let width = high.minus(&self.ring, cut, &low)?;
                let share = Tensor::constants(Dims::Scalar, vec![(z + 1.0) / 2.0], vec![16.0]);
                width.times(&self.ring, cut, &share)?.plus(&self.ring, cut, &low)
            }
            Distribution::Exponential(rate) => {
                let rate = self.eval(rate, cut)?;
                reciprocal(&self.ring, cut, &rate)?.times(&self.ring, cut, &unit)
            }
            Distribution::Rademacher | Distribution::Bernoulli(_) => Ok(Tensor::number(z)),
            Distribution::Poisson(_) | Distribution::Moments(_) => Ok(unit),
        }
    }

    fn noise(
        &mut self,
        id: SymbolId,
        time_step: SymbolId,
        shape: Shape,
        cut: usize,
    ) -> Result<Tensor, Unable> {
        let dims = self.dims(shape)?;
        let found = self.outcome.noises.iter().find(|(noise, _)| *noise == id);
        let values = found.map(|(_, values)| values.clone());
        let values =
            values.ok_or(Unable::Unsupported { what: "a noise stands outside every expectation" })?;
        let errors = values.iter().map(|z| 16.0 * z.abs()).collect();
        let dt = self.symbol(time_step, Shape::Scalar, cut)?;
        let root = power_of(&self.ring, cut, &dt, 0.5)?;
        Tensor::constants(dims, values, errors).times(&self.ring, cut, &root)
    }

    /// A field at the current place and data point, remembered at the highest degree that was asked for.
    fn field(&mut self, id: SymbolId, arguments: &[SymbolId], shape: Shape, cut: usize) -> Value {
        let copy = if arguments.is_empty() { 0 } else { self.copy };
        if let Some((degree, found)) = self.memory.fields.get(&(id, copy))
            && *degree >= cut
        {
            return Ok(Rc::clone(found));
        }
        let model = self.model;
        let value = match model.fields.get(&id).unwrap_or(&Field::Drawn) {
            Field::Drawn => Rc::new(self.drawn(id, arguments, shape, cut)?),
            Field::Symmetric => {
                let drawn = self.drawn(id, arguments, shape, cut)?;
                Rc::new(drawn.plus(&self.ring, cut, &drawn.transposed())?)
            }
            Field::Pinned(values) => {
                let drawn = self.drawn(id, arguments, shape, cut)?;
                let constant = Tensor::exact(drawn.dims(), values.to_vec());
                Rc::new(drawn.plus(&self.ring, cut, &constant)?)
            }
            Field::Loss(rows) => {
                let row =
                    self.copies.row(copy).ok_or(Unable::Unsupported { what: "a data point is not drawn" })?;
                Rc::new(rows.evaluate(&self.ring, cut, model.row(row), &self.place.theta)?)
            }
            Field::Expression(e) => return self.eval(e, cut),
        };
        self.memory.stored += value.dims().len() * self.ring.up_to(value.degree());
        self.memory.fields.insert((id, copy), (cut, Rc::clone(&value)));
        Ok(value)
    }

    fn drawn(
        &mut self,
        id: SymbolId,
        arguments: &[SymbolId],
        shape: Shape,
        cut: usize,
    ) -> Result<Tensor, Unable> {
        let model = self.model;
        let symbol = model.symbols.get(id);
        let row = if arguments.is_empty() { None } else { self.copies.row(self.copy) };
        let mut values = vec![];
        for &argument in arguments {
            if let SymbolKind::Random { distribution: Some(distribution), .. } =
                &model.symbols.get(argument).kind
                && let Some(z) = self.copies.value(self.copy, argument)
            {
                values.push(self.located(distribution, z, 0)?.at(0, 0).0);
            }
        }
        let at = Draw {
            seed: model.seed,
            theta: &self.theta()?,
            row: row.map_or(u64::MAX, |row| row as u64),
            values: &values,
            columns: self.dims(shape)?.matrix().1,
        };
        drawn::field(&self.ring, cut, &at, symbol)
    }

    /// Functions of scalars and of matrices.
    fn functions(&mut self, e: &Expr, cut: usize) -> Result<Tensor, Unable> {
        let (Kind::Sqrt(of) | Kind::Function(_, of) | Kind::Inverse(of) | Kind::LogDet(of)) = e.kind() else {
            return match e.kind() {
                Kind::Apply(symbol, order, s) => self.apply(*symbol, *order, s, cut),
                Kind::MatrixRoot(a) => self.matrix_root(a, cut),
                _ => Err(Unable::Unsupported { what: "a form is no function" }),
            };
        };
        let value = self.eval(of, cut)?;
        let (rows, columns) = value.dims().matrix();
        if rows != columns {
            return Err(Unable::Unsupported { what: "a matrix is not square where it has to be" });
        }
        match e.kind() {
            Kind::Function(function, _) => Curve::Named(*function).of(&self.ring, cut, &value),
            Kind::Inverse(_) => linear::inverse(&self.ring, cut, &value),
            Kind::LogDet(_) => linear::log_determinant(&self.ring, cut, &value),
            _ => power_of(&self.ring, cut, &value, 0.5),
        }
    }

    /// `l''(s)` of a declared function.
    fn apply(&mut self, symbol: SymbolId, order: u32, s: &Expr, cut: usize) -> Result<Tensor, Unable> {
        let z = self.eval(s, cut)?;
        let model = self.model;
        match model.functions.get(&symbol) {
            None => {
                let name = &model.symbols.get(symbol).name;
                drawn::of_one_variable(&self.ring, cut, (model.seed, name), order, &z)
            }
            Some(OneVariable::Expression(body, symbols)) => {
                self.ring.spend(1)?;
                super::one_variable::apply(&self.ring, cut, (body, symbols), order as usize, &z)
            }
        }
    }
}

impl Memory {
    fn keep(&mut self, sources: &Sources, key: Key, value: &Rc<Tensor>) {
        self.stored += value.dims().len() * value.terms();
        if self.stored > MOST_REMEMBERED {
            *self = Self::default();
        }
        let store = if sources.is_certain() {
            &mut self.certain
        } else if sources.is_of_one_point() {
            &mut self.by_copy
        } else {
            &mut self.by_outcome
        };
        store.insert(key, Rc::clone(value));
    }
}

/// The nearest number.
pub(super) fn to_f64(number: &Rational) -> f64 {
    number.to_big().to_f64().unwrap_or(f64::NAN)
}

/// A count as a number.
pub(super) fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}
