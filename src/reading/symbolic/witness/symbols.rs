//! The values of declared names at an instance.

use super::draw::{Draw, Formal, Purpose, Unknown};
use super::evaluate::{Evaluator, NUMERIC, Scene, number};
use super::number::Exact;
use super::series::{Key, Series, Stop, Try};
use super::tensor::{Tensor, shape};
use crate::expression::{
    Distribution, Expr, FieldShape, RandomShape, Rational, Shape, Sign, SymbolId, SymbolKind,
};

/// The formal number that [`Draw::formal`] speaks of.
const FORMAL: Key = Key::small(2);

/// A component of a field.
#[derive(Debug, Clone, Copy)]
struct Part {
    field: SymbolId,
    outcome: u32,
    component: usize,
    family: u64,
    sign: Sign,
}

impl<F: Exact> Evaluator<'_, F> {
    /// The value of a declared name.
    pub(super) fn symbol(&mut self, id: SymbolId, e: &Expr, k: usize, scene: &Scene) -> Try<Tensor<F>> {
        let place = scene.place as usize;
        if let Some(value) = self.places[place].replaced.get(&id) {
            return Ok(Tensor::scalar(value.clone()));
        }
        if let Some(definition) = self.setting.definitions.get(&id) {
            return Ok((*self.value(definition, k, scene)?).clone());
        }
        let symbols = self.setting.symbols;
        match &symbols.get(id).kind {
            SymbolKind::Scalar(sign) => Ok(Tensor::scalar(self.scalar_symbol(id, *sign)?)),
            SymbolKind::Space => {
                let entries = (0..self.setting.draw.dimension).map(|i| self.coordinate(i, place));
                Ok(Tensor::vector(entries.collect::<Try<_>>()?))
            }
            SymbolKind::Coordinate(i) => Ok(Tensor::scalar(self.coordinate(*i as usize, place)?)),
            SymbolKind::Random { shape, distribution } => {
                self.random_name(id, *shape, distribution.as_ref(), scene)
            }
            SymbolKind::Field { .. } => self.field(id, e, k, scene),
            SymbolKind::Noise { time_step, .. } => self.noise(id, *time_step, e, scene),
            SymbolKind::Function => Err(shape()),
        }
    }

    /// The small parameter, a number, or a number that the parameter moves.
    fn scalar_symbol(&self, id: SymbolId, sign: Sign) -> Try<Series<F>> {
        if Some(id) == self.setting.small {
            return Ok(Series::single(Key::small(2), vec![F::one()]));
        }
        let draw = self.setting.draw;
        let mut value = Series::constant(number(&draw.scalar(id, sign))?);
        let is_time_step =
            |kind: &SymbolKind| matches!(kind, SymbolKind::Noise { time_step, .. } if *time_step == id);
        if let Some(slope) = draw.slope(id)
            && !self.setting.symbols.iter().any(|(_, symbol)| is_time_step(&symbol.kind))
        {
            value.add_scaled(&self.ring.displacement(draw.dimension), &number(&slope)?);
        }
        if draw.is_formal(id, sign) { value.times_key(FORMAL) } else { Ok(value) }
    }

    /// `theta_i = point_i + x_i`
    fn coordinate(&self, i: usize, place: usize) -> Try<Series<F>> {
        let point = self.places[place].point.get(i).ok_or_else(shape)?;
        Ok(Series::constant(point.clone()).add(&self.ring.displacement(i)))
    }

    /// A random name: the value at the data point, or a formal variable.
    fn random_name(
        &mut self,
        id: SymbolId,
        shape: RandomShape,
        distribution: Option<&Distribution>,
        scene: &Scene,
    ) -> Try<Tensor<F>> {
        if let Some(distribution) = distribution {
            let slot = scene.bare.slot;
            return Ok(Tensor::scalar(if slot < NUMERIC {
                Series::single(self.variable(id, slot)?, vec![F::one()])
            } else {
                self.in_support(id, distribution, slot, scene)?
            }));
        }
        let draw = self.setting.draw;
        let white = draw.rooted.contains(&id) && shape == RandomShape::Vector;
        if white {
            self.remember_root(id)?;
        }
        let entry = |i: usize| {
            let parts = [u64::from(id.0), u64::from(scene.bare.outcome), i as u64, 0];
            let drawn = || draw.number(Purpose::Random, parts);
            let value = if white { draw.white(id, scene.bare.outcome, i) } else { drawn() };
            Ok(Series::constant(number(&value)?))
        };
        match shape {
            RandomShape::Opaque => Err(Stop::unable("a data point as a number")),
            RandomShape::Scalar => Ok(Tensor::scalar(entry(0)?)),
            RandomShape::Vector => Ok(Tensor::vector((0..draw.dimension).map(entry).collect::<Try<_>>()?)),
        }
    }

    /// A possible value of a random number with a distribution.
    fn in_support(&mut self, id: SymbolId, of: &Distribution, slot: u32, scene: &Scene) -> Try<Series<F>> {
        let draw = self.setting.draw;
        let parts = [u64::from(id.0), u64::from(slot), 1, 0];
        let bits = i64::try_from(draw.bits(Purpose::Random, parts) % 1024).unwrap_or(0);
        match of {
            Distribution::Normal(..) | Distribution::Moments(_) => {
                Ok(Series::constant(number(&draw.number(Purpose::Random, parts))?))
            }
            Distribution::Uniform(low, high) => {
                let (low, high) = (self.scalar(low, 0, scene)?, self.scalar(high, 0, scene)?);
                let share = number(&Rational::new(1 + bits, 1025).unwrap_or(Rational::ONE))?;
                let mut value = low.clone();
                value.add_scaled(&high, &share);
                value.add_scaled(&low, &share.neg());
                Ok(value)
            }
            Distribution::Rademacher => Ok(Series::integer(1 - 2 * (bits % 2))),
            Distribution::Bernoulli(_) => Ok(Series::integer(bits % 2)),
            Distribution::Exponential(_) => {
                Ok(Series::constant(number(&draw.magnitude(Purpose::Random, parts))?))
            }
            Distribution::Poisson(_) => Ok(Series::integer(bits % 5)),
        }
    }

    /// A Gaussian increment: the root of the time step times standard normal formal variables.
    fn noise(&mut self, id: SymbolId, time_step: SymbolId, e: &Expr, scene: &Scene) -> Try<Tensor<F>> {
        let root =
            if Some(time_step) == self.setting.small && !self.setting.definitions.contains_key(&time_step) {
                Series::single(Key::small(1), vec![F::one()])
            } else {
                self.root_of_time(time_step, scene)?
            };
        let component = |this: &mut Self, i: u32| root.times_key(this.variable(id, i)?);
        match e.shape() {
            Shape::Scalar => Ok(Tensor::scalar(component(self, 0)?)),
            Shape::Vector(length) => {
                let length = u32::try_from(self.extent(length)).unwrap_or(u32::MAX);
                Ok(Tensor::vector((0..length).map(|i| component(self, i)).collect::<Try<_>>()?))
            }
            Shape::Matrix(..) | Shape::Components(_) => Err(shape()),
        }
    }

    /// The root of a time step that is a number, or that a hypothesis gives.
    fn root_of_time(&mut self, time_step: SymbolId, scene: &Scene) -> Try<Series<F>> {
        let replaced = &self.places[scene.place as usize].replaced;
        if let Some(definition) = self.setting.definitions.get(&time_step) {
            let step = self.scalar(definition, 0, scene)?;
            return self.real_power(&step, &Rational::half(1), self.limits(0));
        }
        if replaced.contains_key(&time_step) {
            return Err(Stop::unable("the time step of a noise replaced"));
        }
        let step = self.setting.draw.scalar(time_step, Sign::Positive);
        let root = step.sqrt().ok_or_else(|| Stop::unable("a time step without a rational root"))?;
        Ok(Series::constant(number(&root)?))
    }

    /// A field: a polynomial about the point for each outcome of its arguments.
    fn field(&mut self, id: SymbolId, e: &Expr, k: usize, scene: &Scene) -> Try<Tensor<F>> {
        let symbols = self.setting.symbols;
        let SymbolKind::Field { shape: kind, arguments, sign, test } = &symbols.get(id).kind else {
            return Err(shape());
        };
        let mut outcome = 0;
        let mut numbers = Vec::new();
        for argument in arguments {
            match &symbols.get(*argument).kind {
                SymbolKind::Random { distribution: Some(of), .. } => {
                    let value = self.random_name(*argument, RandomShape::Scalar, Some(of), scene)?;
                    numbers.push(value.as_scalar()?.clone());
                }
                _ => outcome = scene.bare.outcome,
            }
        }
        let rooted = self.setting.draw.rooted.contains(&id);
        if rooted {
            self.remember_root(id)?;
        }
        let family = self.places[scene.place as usize].family << 8;
        let part = |component| Part { field: id, outcome, component, family, sign: *sign };
        let d = self.setting.draw.dimension;
        let symmetric = |this: &mut Self, family| {
            let entry = |p: usize| Part { family, ..part((p / d).min(p % d) * d + (p / d).max(p % d)) };
            let entries = (0..d * d).map(|p| this.component(entry(p), &numbers, k));
            Ok(Tensor::matrix(d, d, entries.collect::<Try<_>>()?))
        };
        match kind {
            FieldShape::Scalar if *test => {
                let value = self.component(part(0), &numbers, k)?;
                Ok(Tensor::scalar(self.vanish_at_boundary(value, k)?))
            }
            FieldShape::Scalar => Ok(Tensor::scalar(self.component(part(0), &numbers, k)?)),
            FieldShape::Vector => {
                let entries = (0..d).map(|i| self.component(part(i), &numbers, k));
                Ok(Tensor::vector(entries.collect::<Try<_>>()?))
            }
            FieldShape::Symmetric if rooted => {
                let root = symmetric(self, family + 1)?;
                let scale = match self.setting.draw.scales.get(&id) {
                    Some(scale) => number(scale)?,
                    None => F::one(),
                };
                Ok(root.product(&root, &self.ring, self.limits(k))?.map(|c| c.scale(&scale)))
            }
            FieldShape::Symmetric => symmetric(self, family),
            FieldShape::Matrix if self.setting.draw.symmetric.contains(&id) => symmetric(self, family),
            FieldShape::Matrix => {
                let columns = match e.shape() {
                    Shape::Matrix(_, columns) => self.extent(columns),
                    Shape::Scalar | Shape::Vector(_) | Shape::Components(_) => return Err(shape()),
                };
                let entries = (0..d * columns).map(|p| self.component(part(p), &numbers, k));
                Ok(Tensor::matrix(d, columns, entries.collect::<Try<_>>()?))
            }
        }
    }

    /// One component: a polynomial in the displacement and in the random numbers that the field depends on.
    fn component(&mut self, part: Part, numbers: &[Series<F>], k: usize) -> Try<Series<F>> {
        let mut sum = Series::single(Key::ONE, self.block(part, k)?);
        let limits = self.limits(k);
        // The terms z_i, z_i^2, z_i^3 and z_i z_j, each with a polynomial of its own.
        let mut powers = Vec::new();
        for (i, z) in numbers.iter().enumerate() {
            let square = self.ring.mul(z, z, limits)?;
            powers.push(self.ring.mul(&square, z, limits)?);
            powers.push(square);
            powers.push(z.clone());
            for other in &numbers[..i] {
                powers.push(self.ring.mul(z, other, limits)?);
            }
        }
        for (number, power) in (2..).zip(powers) {
            let part = Part { family: part.family + number, sign: Sign::Any, ..part };
            let block = Series::single(Key::ONE, self.block(part, k)?);
            self.ring.add_product(&mut sum, &power, &block, limits)?;
        }
        self.with_formal_number(sum, part)
    }

    /// A component of a field times the formal number, or what of it is.
    fn with_formal_number(&self, component: Series<F>, part: Part) -> Try<Series<F>> {
        let draw = self.setting.draw;
        let test = matches!(self.setting.symbols.get(part.field).kind, SymbolKind::Field { test: true, .. });
        if test || draw.formal == Formal::Nothing {
            return Ok(component);
        }
        if draw.is_formal(part.field, part.sign) {
            return component.times_key(FORMAL);
        }
        let constant = Series::constant(component.value());
        let mut rest = component;
        rest.add_scaled(&constant, &F::one().neg());
        Ok(rest.times_key(FORMAL)?.add(&constant))
    }

    /// The coefficients of a polynomial about the point.
    fn block(&mut self, part: Part, k: usize) -> Try<Vec<F>> {
        let draw = self.setting.draw;
        let degree = draw.degree.map_or(k, |most| most.min(k));
        let seen = self.degrees.entry(part.field).or_insert(degree);
        *seen = degree.max(*seen);
        let length = self.ring.length(degree)?;
        self.ring.spend(4 * length as u64)?;
        let symbols = self.setting.symbols;
        let coefficient = |monomial: usize| {
            let Part { field, outcome, component, family, sign } = part;
            let place = Unknown::Coefficient { field, outcome, component, monomial };
            let rooted = if family < 2 && draw.rooted.contains(&field) {
                rooted_coefficient(draw, &symbols.get(field).kind, place)
            } else {
                None
            };
            let value = rooted.unwrap_or_else(|| draw.coefficient(place, family, sign));
            number(&value)
        };
        (0..length).map(coefficient).collect()
    }

    /// Notes the root of a name at the point.
    fn remember_root(&mut self, id: SymbolId) -> Try<()> {
        let d = self.setting.draw.dimension;
        let root = self.setting.draw.root(id);
        let root = root.iter().map(|value| Ok(Series::constant(number(value)?))).collect::<Try<_>>()?;
        let limits = self.limits(0);
        self.roots.remember(id, &Tensor::matrix(d, d, root), &self.ring, limits)
    }

    /// A test function: `prod_i (1 - x_i^2)^q` times its polynomial, where integrals are taken.
    fn vanish_at_boundary(&self, value: Series<F>, k: usize) -> Try<Series<F>> {
        let limits = self.limits(k);
        let mut result = value;
        if self.setting.draw.boundary > 0 {
            for i in 0..self.setting.draw.dimension {
                let x = self.ring.displacement(i);
                let factor = Series::integer(1).add(&self.ring.mul(&x, &x, limits)?.neg());
                let factor = self.ring.power(&factor, self.setting.draw.boundary, limits)?;
                result = self.ring.mul(&result, &factor, limits)?;
            }
        }
        Ok(result)
    }
}

/// The coefficient of a field whose root, or the root of whose covariance, is known at the point: those of the lowest
/// degree that matters.
fn rooted_coefficient(draw: &Draw, kind: &SymbolKind, place: Unknown) -> Option<Rational> {
    let Unknown::Coefficient { field, outcome, component, monomial } = place else { return None };
    let SymbolKind::Field { shape, arguments, .. } = kind else { return None };
    if draw.chosen.contains_key(&place) {
        return None;
    }
    let random = !arguments.is_empty();
    match (shape, monomial) {
        (FieldShape::Symmetric, 0) if !random => draw.root(field).get(component).cloned(),
        (FieldShape::Matrix, 0) if !random && draw.symmetric.contains(&field) => {
            draw.root(field).get(component).cloned()
        }
        (FieldShape::Matrix, 0) if !random => Some(draw.factor(field, draw.columns(field), component)),
        (FieldShape::Vector, 0) if random => Some(draw.white(field, outcome, component)),
        // The gradient at the point: the monomials after the constant are the coordinates in their order.
        (FieldShape::Scalar, 1..) if random && monomial <= draw.dimension => {
            Some(draw.white(field, outcome, monomial - 1))
        }
        _ => None,
    }
}
