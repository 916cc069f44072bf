//! Derivatives, shifts, conditional displacements, currents, replacements and integrals, each by its definition.

use super::evaluate::{Evaluator, Place, Scene, index_value};
use super::number::Exact;
use super::series::{EXACT, Limits, Series, Stop, Try};
use super::tensor::{Tensor, shape};
use crate::expression::{Expr, Kind, Place as Where, SymbolId, SymbolKind};

impl<F: Exact> Evaluator<'_, F> {
    /// Nodes that look at more than one point.
    pub(super) fn calculus(&mut self, e: &Expr, k: usize, scene: &Scene) -> Try<Tensor<F>> {
        let d = self.setting.draw.dimension;
        let (once, twice) = (k.saturating_add(1), k.saturating_add(2));
        match e.kind() {
            Kind::Grad(a) => {
                let a = self.scalar(a, once, scene)?;
                Ok(Tensor::vector((0..d).map(|i| self.ring.derivative(&a, i)).collect()))
            }
            Kind::Hess(a) => {
                let a = self.scalar(a, twice, scene)?;
                let entry = |p| self.ring.derivative(&self.ring.derivative(&a, p / d), p % d);
                Ok(Tensor::matrix(d, d, (0..d * d).map(entry).collect()))
            }
            Kind::Lap(a) => {
                let a = self.scalar(a, twice, scene)?;
                let mut sum = Series::zero();
                for i in 0..d {
                    sum.add_scaled(&self.ring.derivative(&self.ring.derivative(&a, i), i), &F::one());
                }
                Ok(Tensor::scalar(sum))
            }
            Kind::Jac(a) => {
                let a = self.value(a, once, scene)?;
                Ok(self.jacobian(&a))
            }
            Kind::Divergence(a) => {
                let a = self.value(a, once, scene)?;
                self.divergence(&a)
            }
            Kind::Partial(index, a) => {
                let i = index_value(scene, index.id)?;
                let a = self.scalar(a, once, scene)?;
                Ok(Tensor::scalar(self.ring.derivative(&a, i)))
            }
            Kind::Shift(a, shift) => {
                let shift = self.value(shift, k, scene)?;
                let order = match self.taylor_order(&shift, 0, self.setting.cut) {
                    Ok(order) => order,
                    Err(stop) => return self.shifted_whole(a, &shift.data, k, scene).map_err(|_| stop),
                };
                let a = self.value(a, k.saturating_add(order), scene)?;
                self.shifted(&a, &shift.data, order, self.limits(k))
            }
            Kind::Conditional(Where::Source, a) => self.expectation(a, k, scene),
            Kind::Conditional(place, a) => self.conditional(*place, a, k, scene),
            Kind::Current(a) => self.current(a, k, scene),
            Kind::At(a, symbol, b) => self.replaced(a, *symbol, b, k, scene),
            Kind::Integral(a) => {
                let a = self.scalar(a, usize::MAX, scene)?;
                Ok(Tensor::scalar(self.ring.integral(&a)?))
            }
            _ => Err(shape()),
        }
    }

    /// `jac(v)_ij = d_j v_i`
    fn jacobian(&self, v: &Tensor<F>) -> Tensor<F> {
        let d = self.setting.draw.dimension;
        let entries = v.data.iter().flat_map(|c| (0..d).map(move |j| self.ring.derivative(c, j)));
        Tensor::matrix(v.data.len(), d, entries.collect())
    }

    /// `d_i v_i`, or `d_j A_ij`
    fn divergence(&self, a: &Tensor<F>) -> Try<Tensor<F>> {
        let d = self.setting.draw.dimension;
        let vector = a.extents.len() == 1;
        let (rows, columns) = if vector { (1, a.data.len()) } else { a.rows_columns()? };
        if columns != d {
            return Err(shape());
        }
        let row = |row: usize| {
            let mut sum = Series::zero();
            for j in 0..d {
                sum.add_scaled(&self.ring.derivative(&a.data[row * d + j], j), &F::one());
            }
            sum
        };
        let data: Vec<_> = (0..rows).map(row).collect();
        Ok(if vector { Tensor { extents: vec![], data } } else { Tensor::vector(data) })
    }

    /// How many orders of Taylor's series in `shift` matter below a half power `cut`, for a function that begins at the
    /// half power `start`.
    fn taylor_order(&self, shift: &Tensor<F>, start: i32, cut: i32) -> Try<usize> {
        if shift.is_zero() {
            return Ok(0);
        }
        let step = shift.data.iter().map(Series::valuation).min().unwrap_or(EXACT);
        if self.setting.small.is_none() || step < 1 {
            return Err(Stop::unable(
                "a displacement that no small parameter multiplies, expanded in a series",
            ));
        }
        usize::try_from((cut - start - 1).max(0) / step).map_err(|_| Stop::Budget)
    }

    /// Every component at `theta + shift`.
    fn shifted(&self, a: &Tensor<F>, shift: &[Series<F>], order: usize, limits: Limits) -> Try<Tensor<F>> {
        if shift.len() != self.setting.draw.dimension {
            return Err(shape());
        }
        let functions: Vec<&Series<F>> = a.data.iter().collect();
        Ok(Tensor {
            extents: a.extents.clone(),
            data: self.ring.compose(&functions, shift, Some(order), limits)?,
        })
    }

    /// A polynomial in the coordinates at `theta + shift`, whatever the size of the shift.
    fn shifted_whole(&mut self, a: &Expr, shift: &[Series<F>], k: usize, scene: &Scene) -> Try<Tensor<F>> {
        if shift.len() != self.setting.draw.dimension {
            return Err(shape());
        }
        let a = self.value(a, usize::MAX, scene)?;
        let functions: Vec<&Series<F>> = a.data.iter().collect();
        let data = self.ring.compose(&functions, shift, None, self.limits(k))?;
        Ok(Tensor { extents: a.extents.clone(), data })
    }

    /// The displacement as a function of a place within the step.
    ///
    /// A step `D(theta)` of one outcome passes `m = theta + s D(theta)`. As a function of `m` it is
    /// `delta(m) = D(m - s delta(m))`, found by iterating from `D(m)`: if `D` begins at the half power `a` and its
    /// derivatives at `b`, this is right below `a + b`, and each round adds `b`.
    fn displacement_at(&mut self, s: &F, step: &Expr, limits: Limits, scene: &Scene) -> Try<Tensor<F>> {
        let first = self.value(step, limits.degree, scene)?;
        let a = first.data.iter().map(Series::valuation).min().unwrap_or(EXACT);
        let b = self.least_power(step)?;
        let order = self.taylor_order(&first, a, limits.cut)?;
        let mut delta = first.try_map(|c| Ok(c.cut(limits.cut)))?;
        if a == EXACT {
            return Ok(delta);
        }
        if b < 1 {
            return Err(Stop::unable("a displacement that no small parameter multiplies"));
        }
        let mut right_below = a.saturating_add(b);
        let step =
            if order > 0 { self.value(step, limits.degree.saturating_add(order), scene)? } else { first };
        while order > 0 && right_below < limits.cut {
            let back: Vec<_> =
                delta.data.iter().map(|c| c.known_below(right_below).scale(&s.neg())).collect();
            delta = self.shifted(&step, &back, order, limits)?;
            right_below = right_below.saturating_add(b);
        }
        Ok(delta.map(|c| c.known_below(right_below)))
    }

    /// The mean displacement of the steps that pass a place, the density flat before the step:
    /// the outcome `w` passes `m` with a density of `w |d theta/d m| = w det(I - s jac(delta)(m))`.
    fn conditional(&mut self, place: Where, step: &Expr, k: usize, scene: &Scene) -> Try<Tensor<F>> {
        if self.setting.small.is_none() {
            return Err(Stop::unable("a conditional displacement without O(..)"));
        }
        let s: F = super::evaluate::number(&place.fraction())?;
        let d = self.setting.draw.dimension;
        let cut = self.setting.cut;
        let both = self.average(&[step], scene, &mut |this, scene| {
            let limits = Limits { degree: k, cut };
            let delta = this.displacement_at(&s, step, limits, scene)?;
            let start = delta.data.iter().map(Series::valuation).min().unwrap_or(EXACT);
            // The determinant is multiplied by the displacement, which begins at `start`.
            let short = cut.saturating_sub(start.clamp(0, cut)).max(1);
            let inner = Limits { degree: k.saturating_add(1), cut: short };
            let jacobian = this.displacement_at(&s, step, inner, scene)?;
            let mut map = this.jacobian(&jacobian).map(|c| c.scale(&s.neg()));
            for i in 0..d {
                map.data[i * d + i].add_scaled(&Series::integer(1), &F::one());
            }
            let density = map.determinant(&this.ring, Limits { degree: k, cut })?;
            let mut data = Tensor::scalar(density.clone()).product(&delta, &this.ring, limits)?.data;
            data.push(density);
            Ok(Tensor::vector(data))
        })?;
        let mut data = both.data;
        let density = data.pop().ok_or_else(shape)?;
        let limits = self.limits(k);
        let inverse = Tensor::scalar(self.reciprocal(&density, limits)?);
        inverse.product(&Tensor::vector(data), &self.ring, limits)
    }

    /// `sum_m (-1)^m/(m+1)! d_j1 .. d_jm E[v v_j1 .. v_jm]`, the derivatives collected by monomials:
    /// `1/(m+1) (-1)^m sum_{|a| = m} d^a E[v v^a] / a!`.
    fn current(&mut self, step: &Expr, k: usize, scene: &Scene) -> Try<Tensor<F>> {
        let mut result = self.expectation(step, k, scene)?;
        let first = self.least_power(step)?;
        if first == EXACT {
            return Ok(result);
        }
        if self.setting.small.is_none() || first < 1 {
            return Err(Stop::unable("a current that no small parameter orders"));
        }
        // The moment of order m+1 begins at the half power (m+1) first.
        let order = usize::try_from((self.setting.cut - 1) / first - 1).unwrap_or(0);
        let table = self.ring.monomials;
        for a in 1..self.ring.length(order)? {
            let degree = table.degree[a];
            if table.exponents[a].iter().skip(self.setting.draw.dimension).any(|exponent| *exponent > 0) {
                continue;
            }
            let limits = self.limits(k.saturating_add(degree));
            let mut moment = self.average(&[step], scene, &mut |this, scene| {
                let v = this.value(step, limits.degree, scene)?;
                let mut product = (*v).clone();
                for (component, exponent) in v.data.iter().zip(&table.exponents[a]) {
                    for _ in 0..*exponent {
                        product = product.try_map(|c| this.ring.mul(c, component, limits))?;
                    }
                }
                Ok(product)
            })?;
            let mut factor = i64::try_from(degree + 1).map_err(|_| Stop::Budget)?;
            for (variable, exponent) in table.exponents[a].iter().enumerate() {
                for times in 1..=*exponent {
                    moment = moment.map(|c| self.ring.derivative(c, variable));
                    factor *= i64::from(times);
                }
            }
            let factor = F::integer(if degree.is_multiple_of(2) { factor } else { -factor });
            result.add_scaled(&moment, &factor.inverse().ok_or(Stop::Budget)?)?;
        }
        // The first moment that was left out begins at this half power.
        let omitted = first.saturating_mul(i32::try_from(order + 2).unwrap_or(EXACT));
        Ok(result.map(|c| c.known_below(omitted)))
    }

    /// `e` with a coordinate or scalar replaced after all derivatives inside it.
    fn replaced(&mut self, e: &Expr, id: SymbolId, by: &Expr, k: usize, scene: &Scene) -> Try<Tensor<F>> {
        let by = self.scalar(by, k, scene)?;
        let mut place: Place<F> = self.places[scene.place as usize].clone();
        let symbols = self.setting.symbols;
        match &symbols.get(id).kind {
            SymbolKind::Scalar(_) => {
                if k > 0 && !by.is_flat() {
                    return Err(Stop::unable("a scalar replaced by a field, and differentiated"));
                }
                if self.setting.draw.counts.contains_key(&id) {
                    return Err(Stop::unable("the size of a batch replaced"));
                }
                let flat =
                    by.terms.iter().filter_map(|(key, block)| Some((*key, vec![block.first()?.clone()])));
                let value =
                    Series { terms: flat.filter(|(_, b)| !b[0].is_zero()).collect(), known: by.known };
                place.replaced.insert(id, value);
                let inner = Scene { place: self.enter(place)?, ..scene.clone() };
                Ok((*self.value(e, k, &inner)?).clone())
            }
            SymbolKind::Coordinate(i) => {
                if self.setting.local {
                    return Err(Stop::unable(
                        "another point than that about which a hypothesis was made to hold",
                    ));
                }
                let i = *i as usize;
                let value = by.value();
                *place.point.get_mut(i).ok_or_else(shape)? = value.clone();
                let same_point = self.places.iter().find(|old| old.point == place.point);
                place.family = same_point.map_or(self.places.len() as u64, |old| old.family);
                let mut rest = by.clone();
                rest.add_scaled(&Series::constant(value), &F::one().neg());
                if rest
                    .terms
                    .iter()
                    .any(|(key, _)| key.power() < 0 || (key.power() == 0 && key.has_variables()))
                {
                    return Err(Stop::unable("a coordinate replaced by what is not near a number"));
                }
                let steps = usize::try_from(self.setting.cut.clamp(0, 64)).unwrap_or(0);
                let flat = rest.terms.iter().all(|(key, _)| key.power() == 0);
                let order = if flat { k } else { k.saturating_add(steps) };
                let inner = Scene { place: self.enter(place)?, ..scene.clone() };
                let value = self.value(e, order, &inner)?;
                self.substituted(&value, i, &rest, self.limits(k))
            }
            _ => Err(shape()),
        }
    }

    /// A series about a point whose displacement in one variable is itself a series.
    fn substituted(&self, e: &Tensor<F>, i: usize, by: &Series<F>, limits: Limits) -> Try<Tensor<F>> {
        let table = self.ring.monomials;
        e.try_map(|c| {
            let mut sum = Series { terms: Vec::new(), known: c.known };
            for (key, block) in &c.terms {
                for (monomial, coefficient) in block.iter().enumerate() {
                    if coefficient.is_zero() {
                        continue;
                    }
                    let mut term = Series::single(*key, vec![coefficient.clone()]);
                    for (variable, exponent) in table.exponents[monomial].iter().enumerate() {
                        let x = if variable == i { by.clone() } else { self.ring.displacement(variable) };
                        let power = self.ring.power(&x, u32::from(*exponent), limits)?;
                        term = self.ring.mul(&term, &power, limits)?;
                    }
                    sum.add_scaled(&term, &F::one());
                }
            }
            Ok(sum)
        })
    }

    /// New surroundings, or the same ones if they were entered before.
    fn enter(&mut self, place: Place<F>) -> Try<u32> {
        let same = |old: &Place<F>| old.point == place.point && old.replaced == place.replaced;
        let position = match self.places.iter().position(same) {
            Some(position) => position,
            None if self.places.len() > 60 => return Err(Stop::Budget),
            None => {
                self.places.push(place);
                self.places.len() - 1
            }
        };
        u32::try_from(position).map_err(|_| Stop::Budget)
    }

    /// `a - b` up to a degree.
    pub(super) fn difference(&mut self, a: &Expr, b: &Expr, k: usize, scene: &Scene) -> Try<Tensor<F>> {
        let (a, b) = (self.value(a, k, scene)?, self.value(b, k, scene)?);
        let mut result = (*a).clone();
        result.add_scaled(&b, &F::one().neg())?;
        Ok(result)
    }
}
