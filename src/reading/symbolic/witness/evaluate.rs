//! The value of an expression at a random instance, node by node as each is defined.

use super::draw::{Draw, Purpose};
use super::facts::{FactTable, Facts};
use super::functions::Requests;
use super::number::Exact;
use super::roots::Roots;
use super::series::{Key, Limits, MOST_VARIABLES, Ring, Series, Stop, Try};
use super::taylor::Constants;
use super::tensor::{Tensor, shape};
use crate::expression::{Batch, Expr, Index, Kind, Length, Rational, Shape, SymbolId, Symbols};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// What a bare random name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sample {
    /// The data point: the value of all names without a distribution.
    pub(super) outcome: u32,
    /// Which copy, for the names with a distribution.
    pub(super) slot: u32,
}

/// Copies from here on have numbers for the names with a distribution, those below formal variables.
pub(super) const NUMERIC: u32 = 1 << 16;

/// The copies of a batch.
#[derive(Debug, Clone)]
pub(super) struct Copies {
    pub(super) batch: u32,
    /// Tells apart the assignments of one batch.
    pub(super) assignment: u32,
    /// The copies, each with how often it occurs.
    pub(super) samples: Rc<Vec<(Sample, u32)>>,
}

/// Where an expression is evaluated.
#[derive(Debug, Clone)]
pub(super) struct Scene {
    pub(super) bare: Sample,
    pub(super) batches: Vec<Copies>,
    pub(super) indices: Vec<(u32, usize)>,
    /// Which surroundings: the point and replaced scalars.
    pub(super) place: u32,
}

/// The point and the scalars that `at` has replaced.
#[derive(Debug, Clone)]
pub(super) struct Place<F> {
    pub(super) point: Vec<F>,
    pub(super) replaced: HashMap<SymbolId, Series<F>>,
    /// Fields at different points have different jets: 0 at the point of the instance.
    pub(super) family: u64,
}

/// A batch with its size.
#[derive(Debug, Clone)]
pub(super) struct BatchPlan {
    pub(super) size: usize,
    pub(super) replaced: bool,
    /// The first slot of its copies.
    pub(super) slot: u32,
}

/// What is fixed for one claim at one instance.
#[derive(Debug)]
pub(super) struct Setting<'a> {
    pub(super) symbols: &'a Symbols,
    pub(super) draw: &'a Draw,
    pub(super) batches: &'a HashMap<u32, BatchPlan>,
    /// Symbols that a hypothesis gives.
    pub(super) definitions: &'a HashMap<SymbolId, Expr>,
    /// Copies have random numbers of a named distribution, each its own.
    pub(super) numbered: bool,
    /// Some hypotheses hold by the choice of coefficients about the point alone.
    pub(super) local: bool,
    /// The small parameter.
    pub(super) small: Option<SymbolId>,
    /// Half powers of it from here on are dropped.
    pub(super) cut: i32,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct MemoryKey {
    address: usize,
    place: u32,
    rest: Box<[u32]>,
}

/// The values of expressions at one instance.
#[derive(Debug)]
pub(super) struct Evaluator<'a, F> {
    pub(super) setting: Setting<'a>,
    pub(super) ring: Ring,
    pub(super) places: Vec<Place<F>>,
    pub(super) weights: Vec<F>,
    pub(super) requests: Requests,
    pub(super) constants: Constants,
    pub(super) roots: Roots<F>,
    /// The degree up to which each field was looked at.
    pub(super) degrees: BTreeMap<SymbolId, usize>,
    variables: HashMap<(SymbolId, u32), usize>,
    facts: FactTable,
    memory: HashMap<MemoryKey, (usize, Rc<Tensor<F>>)>,
    depth: usize,
}

/// Deeper nesting is refused, before the stack ends.
const MOST_DEPTH: usize = 300;

impl<'a, F: Exact> Evaluator<'a, F> {
    pub(super) fn new(setting: Setting<'a>, budget: u64) -> Try<Self> {
        let draw = setting.draw;
        let point = (0..draw.dimension).map(|i| number(&draw.point(i))).collect::<Try<_>>()?;
        let weights = draw.weights().iter().map(number).collect::<Try<_>>()?;
        let ring = Ring::new(draw.variables(), budget)?;
        Ok(Self {
            setting,
            ring,
            places: vec![Place { point, replaced: HashMap::new(), family: 0 }],
            weights,
            requests: Requests::default(),
            constants: Constants::default(),
            roots: Roots::default(),
            degrees: BTreeMap::new(),
            variables: HashMap::new(),
            facts: FactTable::default(),
            memory: HashMap::new(),
            depth: 0,
        })
    }

    /// A scene outside of every expectation: every random name is one data point.
    pub(super) fn outside(&self, variant: u32) -> Scene {
        let draw = self.setting.draw;
        let outcome = |copy: u32| {
            let bits = draw.bits(Purpose::Outcome, [u64::from(copy), u64::from(variant), 0, 0]);
            u32::try_from(bits % draw.support.max(1) as u64).unwrap_or(0)
        };
        let sample = |slot: u32| Sample { outcome: outcome(slot), slot: NUMERIC + (variant << 20) + slot };
        let batches = self.setting.batches.iter().map(|(batch, plan)| {
            let mut samples = Vec::with_capacity(plan.size);
            for copy in 0..u32::try_from(plan.size).unwrap_or(0) {
                let mut next = sample(plan.slot + copy);
                let support = u32::try_from(draw.support).unwrap_or(1).max(1);
                while !plan.replaced && draw.is_exhausted(next.outcome, &samples) {
                    next.outcome = (next.outcome + 1) % support;
                }
                samples.push((next, 1));
            }
            Copies { batch: *batch, assignment: u32::MAX - variant, samples: Rc::new(samples) }
        });
        Scene { bare: sample(0), batches: batches.collect(), indices: Vec::new(), place: 0 }
    }

    pub(super) fn limits(&self, degree: usize) -> Limits {
        Limits { degree, cut: self.setting.cut }
    }

    /// What the value of an expression depends on.
    pub(super) fn facts(&mut self, e: &Expr) -> Try<Rc<Facts>> {
        self.facts.of(e, self.setting.symbols, self.setting.definitions)
    }

    /// The formal variable of a random number; `slot` is the copy, or the component of a noise.
    pub(super) fn variable(&mut self, symbol: SymbolId, slot: u32) -> Try<Key> {
        let next = self.variables.len();
        let number = *self.variables.entry((symbol, slot)).or_insert(next);
        if number >= MOST_VARIABLES {
            return Err(Stop::Budget);
        }
        Ok(Key::variable(number))
    }

    /// The formal variables so far, with their numbers.
    pub(super) fn variables(&self) -> Vec<(SymbolId, usize)> {
        self.variables.iter().map(|((symbol, _), number)| (*symbol, *number)).collect()
    }

    /// The number of values of an index.
    pub(super) fn extent(&self, length: Length) -> usize {
        match length {
            Length::Space => self.setting.draw.dimension,
            Length::Columns(field) => self.setting.draw.columns(field),
        }
    }

    fn zero(&self, shape: Shape) -> Tensor<F> {
        Tensor::zero(match shape {
            Shape::Scalar | Shape::Components(_) => vec![],
            Shape::Vector(n) => vec![self.extent(n)],
            Shape::Matrix(n, m) => vec![self.extent(n), self.extent(m)],
        })
    }

    /// The value of an expression, right up to a degree in the displacement.
    pub(super) fn value(&mut self, e: &Expr, degree: usize, scene: &Scene) -> Try<Rc<Tensor<F>>> {
        let facts = self.facts(e)?;
        let mut rest: Vec<u32> = Vec::new();
        for index in &facts.indices {
            rest.push(u32::try_from(index_value(scene, *index)?).unwrap_or(u32::MAX));
        }
        if facts.bare {
            rest.extend([scene.bare.outcome, scene.bare.slot]);
        }
        for batch in &facts.batches {
            rest.push(copies(scene, *batch)?.assignment);
        }
        let key = MemoryKey { address: e.address(), place: scene.place, rest: rest.into() };
        if let Some((known, value)) = self.memory.get(&key)
            && *known >= degree
        {
            return Ok(Rc::clone(value));
        }
        if self.depth >= MOST_DEPTH {
            return Err(Stop::Budget);
        }
        self.ring.spend(20)?;
        self.depth += 1;
        let value = self.node(e, degree, scene);
        self.depth -= 1;
        let value = Rc::new(value?);
        self.memory.insert(key, (degree, Rc::clone(&value)));
        Ok(value)
    }

    /// The value of a scalar.
    pub(super) fn scalar(&mut self, e: &Expr, degree: usize, scene: &Scene) -> Try<Series<F>> {
        self.value(e, degree, scene)?.as_scalar().cloned()
    }

    fn node(&mut self, e: &Expr, k: usize, scene: &Scene) -> Try<Tensor<F>> {
        match e.kind() {
            Kind::Number(_) | Kind::Symbol(_) | Kind::Identity | Kind::Dimension => self.leaf(e, k, scene),
            Kind::Add(_)
            | Kind::Neg(_)
            | Kind::Mul(..)
            | Kind::Div(..)
            | Kind::Dot(..)
            | Kind::Outer(..)
            | Kind::Trace(_)
            | Kind::Norm2(_)
            | Kind::Transpose(_) => self.algebra(e, k, scene),
            Kind::Inverse(_) | Kind::List(_) | Kind::Rows(_) => self.matrix(e, k, scene),
            Kind::Component(..) | Kind::Kronecker(..) | Kind::Sum(..) | Kind::Tensor(..) => {
                self.indexed(e, k, scene)
            }
            Kind::Pow(..)
            | Kind::Sqrt(_)
            | Kind::MatrixRoot(_)
            | Kind::Function(..)
            | Kind::Apply(..)
            | Kind::LogDet(_) => self.function(e, k, scene),
            Kind::Expect(_)
            | Kind::Var(_)
            | Kind::Cov(_)
            | Kind::CrossCov(..)
            | Kind::Mean(..)
            | Kind::SumOver(..) => self.random(e, k, scene),
            Kind::Grad(_)
            | Kind::Hess(_)
            | Kind::Lap(_)
            | Kind::Jac(_)
            | Kind::Divergence(_)
            | Kind::Partial(..)
            | Kind::Shift(..)
            | Kind::Conditional(..)
            | Kind::Current(_)
            | Kind::At(..)
            | Kind::Integral(_) => self.calculus(e, k, scene),
        }
    }

    /// Numbers and names.
    fn leaf(&mut self, e: &Expr, k: usize, scene: &Scene) -> Try<Tensor<F>> {
        let d = self.setting.draw.dimension;
        match e.kind() {
            Kind::Number(value) if value.is_zero() => Ok(self.zero(e.shape())),
            Kind::Number(value) => Ok(Tensor::scalar(Series::constant(number(value)?))),
            Kind::Symbol(id) => self.symbol(*id, e, k, scene),
            Kind::Identity => {
                let entry = |p: usize| if p / d == p % d { Series::integer(1) } else { Series::zero() };
                Ok(Tensor::matrix(d, d, (0..d * d).map(entry).collect()))
            }
            Kind::Dimension => {
                Ok(Tensor::scalar(Series::integer(i64::try_from(d).map_err(|_| Stop::Budget)?)))
            }
            _ => Err(shape()),
        }
    }

    /// Sums and products.
    fn algebra(&mut self, e: &Expr, k: usize, scene: &Scene) -> Try<Tensor<F>> {
        let limits = self.limits(k);
        match e.kind() {
            Kind::Add(terms) => {
                let mut sum = self.zero(e.shape());
                for term in terms {
                    sum.add_scaled(&*self.value(term, k, scene)?, &F::one())?;
                }
                Ok(sum)
            }
            Kind::Neg(a) => Ok(self.value(a, k, scene)?.map(Series::neg)),
            Kind::Mul(a, b) => {
                let (a, b) = (self.value(a, k, scene)?, self.value(b, k, scene)?);
                a.product(&b, &self.ring, limits)
            }
            Kind::Div(a, b) => {
                let b = self.scalar(b, k, scene)?;
                let inverse = Tensor::scalar(self.reciprocal(&b, limits)?);
                self.value(a, k, scene)?.product(&inverse, &self.ring, limits)
            }
            Kind::Dot(a, b) => {
                let (a, b) = (self.value(a, k, scene)?, self.value(b, k, scene)?);
                Ok(Tensor::scalar(a.contract(&b, &self.ring, limits)?))
            }
            Kind::Outer(a, b) => {
                let (a, b) = (self.value(a, k, scene)?, self.value(b, k, scene)?);
                a.outer(&b, &self.ring, limits)
            }
            Kind::Trace(a) => Ok(Tensor::scalar(self.value(a, k, scene)?.trace()?)),
            Kind::Norm2(a) => {
                let a = self.value(a, k, scene)?;
                Ok(Tensor::scalar(a.contract(&a, &self.ring, limits)?))
            }
            Kind::Transpose(a) => self.value(a, k, scene)?.transpose(),
            _ => Err(shape()),
        }
    }

    /// Inverses, and literals in named coordinates.
    fn matrix(&mut self, e: &Expr, k: usize, scene: &Scene) -> Try<Tensor<F>> {
        let limits = self.limits(k);
        match e.kind() {
            Kind::Inverse(a) => {
                let a = self.value(a, k, scene)?;
                let determinant = a.determinant(&self.ring, limits)?;
                let inverse = Tensor::scalar(self.reciprocal(&determinant, limits)?);
                a.adjugate(&self.ring, limits)?.product(&inverse, &self.ring, limits)
            }
            Kind::List(entries) => {
                let entries = entries.iter().map(|entry| self.scalar(entry, k, scene));
                Ok(Tensor::vector(entries.collect::<Try<_>>()?))
            }
            Kind::Rows(rows) => {
                let columns = rows.first().map_or(0, Vec::len);
                let entries = rows.iter().flatten().map(|entry| self.scalar(entry, k, scene));
                let data: Vec<_> = entries.collect::<Try<_>>()?;
                if data.len() != rows.len() * columns {
                    return Err(shape());
                }
                Ok(Tensor::matrix(rows.len(), columns, data))
            }
            _ => Err(shape()),
        }
    }

    /// Components, Kronecker's symbol, sums over an index and arrays of components.
    fn indexed(&mut self, e: &Expr, k: usize, scene: &Scene) -> Try<Tensor<F>> {
        match e.kind() {
            Kind::Component(a, indices) => {
                let at = indices.iter().map(|i| index_value(scene, i.id)).collect::<Try<Vec<_>>>()?;
                Ok(Tensor::scalar(self.value(a, k, scene)?.component(&at)?.clone()))
            }
            Kind::Kronecker(i, j) => {
                let equal = index_value(scene, i.id)? == index_value(scene, j.id)?;
                Ok(Tensor::scalar(Series::integer(i64::from(equal))))
            }
            Kind::Sum(index, body) => {
                let mut sum = Tensor::scalar(Series::zero());
                let mut inner = scene.clone();
                for value in 0..self.extent(index.length) {
                    bind(&mut inner, index, value);
                    sum.add_scaled(&*self.value(body, k, &inner)?, &F::one())?;
                }
                Ok(sum)
            }
            Kind::Tensor(indices, body) => {
                let extents: Vec<usize> = indices.iter().map(|i| self.extent(i.length)).collect();
                let size = extents.iter().product();
                let mut inner = scene.clone();
                let mut data = Vec::with_capacity(size);
                for place in 0..size {
                    let mut left = place;
                    for (index, extent) in indices.iter().zip(&extents).rev() {
                        bind(&mut inner, index, left % extent);
                        left /= extent;
                    }
                    data.push(self.scalar(body, k, &inner)?);
                }
                Ok(Tensor { extents, data })
            }
            _ => Err(shape()),
        }
    }

    /// The batch as it was planned.
    pub(super) fn plan(&self, batch: &Batch) -> Try<BatchPlan> {
        let plan = self.setting.batches.get(&batch.number).cloned();
        plan.ok_or_else(|| Stop::unable("a batch of unknown size"))
    }
}

/// A rational number in the field.
pub(super) fn number<F: Exact>(value: &Rational) -> Try<F> {
    F::from_rational(value).ok_or_else(|| Stop::unlucky("the prime divides a denominator"))
}

fn bind(scene: &mut Scene, index: &Index, value: usize) {
    match scene.indices.iter_mut().find(|(id, _)| *id == index.id) {
        Some(entry) => entry.1 = value,
        None => scene.indices.push((index.id, value)),
    }
}

pub(super) fn index_value(scene: &Scene, id: u32) -> Try<usize> {
    let bound = scene.indices.iter().find(|(bound, _)| *bound == id);
    bound.map(|(_, value)| *value).ok_or_else(|| Stop::unable("an index that nothing binds"))
}

pub(super) fn copies(scene: &Scene, batch: u32) -> Try<&Copies> {
    let found = scene.batches.iter().find(|copies| copies.batch == batch);
    found.ok_or_else(|| Stop::unable("a batch of unknown size"))
}
