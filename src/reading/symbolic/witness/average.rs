//! Means over batches and expectations: every possible sample is drawn, and weighted.
//!
//! With replacement a batch of `n` is every multiset of `n` data points, weighted by its multinomial probability (means
//! do not depend on the order of the copies); without replacement it is every subset of `n` of the `N` equally likely
//! points, of which some may be the same: a multiset, weighted by its hypergeometric probability. Names with a
//! distribution and noise are formal variables until an expectation replaces their powers by moments.

use super::draw::Purpose;
use super::evaluate::{BatchPlan, Copies, Evaluator, NUMERIC, Sample, Scene, copies, number};
use super::number::Exact;
use super::series::{Key, Limits, Series, Stop, Try, choose};
use super::tensor::{Tensor, shape};
use crate::expression::{Batch, Distribution, Expr, Kind, SymbolId, SymbolKind};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::rc::Rc;

/// More outcomes than this are not enumerated for one expectation.
const MOST_OUTCOMES: usize = 2_000;

/// A possible batch and its probability.
type Assignment<F> = (F, Rc<Vec<(Sample, u32)>>);

impl<F: Exact> Evaluator<'_, F> {
    /// Means and expectations.
    pub(super) fn random(&mut self, e: &Expr, k: usize, scene: &Scene) -> Try<Tensor<F>> {
        let limits = self.limits(k);
        match e.kind() {
            Kind::Mean(a, batch) => {
                let size = i64::try_from(self.plan(batch)?.size).unwrap_or(0);
                let share = F::integer(size).inverse().ok_or_else(|| Stop::unable("an empty batch"))?;
                Ok(self.sum_over(a, batch, k, scene)?.map(|c| c.scale(&share)))
            }
            Kind::SumOver(a, batch) => self.sum_over(a, batch, k, scene),
            Kind::Expect(a) => self.expectation(a, k, scene),
            Kind::Var(a) | Kind::Cov(a) => {
                let mean = self.expectation(a, k, scene)?;
                let mut result = self.average(&[a], scene, &mut |this, scene| {
                    let value = this.value(a, k, scene)?;
                    value.outer(&value, &this.ring, limits)
                })?;
                result.add_scaled(&mean.outer(&mean, &self.ring, limits)?, &F::one().neg())?;
                Ok(result)
            }
            Kind::CrossCov(a, b) => {
                let (mean_a, mean_b) = (self.expectation(a, k, scene)?, self.expectation(b, k, scene)?);
                let mut result = self.average(&[a, b], scene, &mut |this, scene| {
                    let (a, b) = (this.value(a, k, scene)?, this.value(b, k, scene)?);
                    a.outer(&b, &this.ring, limits)
                })?;
                result.add_scaled(&mean_a.outer(&mean_b, &self.ring, limits)?, &F::one().neg())?;
                Ok(result)
            }
            _ => Err(shape()),
        }
    }

    /// `sum_a e(X_a)` over the copies of a batch.
    fn sum_over(&mut self, e: &Expr, batch: &Batch, k: usize, scene: &Scene) -> Try<Tensor<F>> {
        let samples = Rc::clone(&copies(scene, batch.number)?.samples);
        let mut inner = scene.clone();
        let mut sum: Option<Tensor<F>> = None;
        for (sample, times) in samples.iter() {
            inner.bare = *sample;
            let times = F::integer(i64::from(*times));
            let value = self.value(e, k, &inner)?;
            match &mut sum {
                None => sum = Some(value.map(|c| c.scale(&times))),
                Some(sum) => sum.add_scaled(&value, &times)?,
            }
        }
        sum.ok_or_else(|| Stop::unable("an empty batch"))
    }

    /// `E[e]`
    pub(super) fn expectation(&mut self, e: &Expr, k: usize, scene: &Scene) -> Try<Tensor<F>> {
        self.average(&[e], scene, &mut |this, scene| Ok((*this.value(e, k, scene)?).clone()))
    }

    /// The average of what `value` makes of each outcome of everything random that is free in `parts`.
    pub(super) fn average(
        &mut self,
        parts: &[&Expr],
        scene: &Scene,
        value: &mut dyn FnMut(&mut Self, &Scene) -> Try<Tensor<F>>,
    ) -> Try<Tensor<F>> {
        let mut sum: Option<Tensor<F>> = None;
        for (weight, scene) in self.outcomes(parts, scene)? {
            let term = value(self, &scene)?;
            match &mut sum {
                None => sum = Some(term.map(|c| c.scale(&weight))),
                Some(sum) => sum.add_scaled(&term, &weight)?,
            }
        }
        let sum = sum.ok_or_else(|| Stop::unable("nothing to average over"))?;
        sum.try_map(|c| self.integrate_variables(c, scene))
    }

    /// Every outcome of the data point and of the batches that are free in `parts`, with its probability.
    fn outcomes(&mut self, parts: &[&Expr], scene: &Scene) -> Try<Vec<(F, Scene)>> {
        let (mut bare, mut batches) = (false, Vec::new());
        for part in parts {
            let facts = self.facts(part)?;
            bare |= facts.bare;
            batches.extend(facts.batches.iter().copied());
        }
        batches.sort_unstable();
        batches.dedup();
        let mut start = scene.clone();
        start.bare = Sample { outcome: 0, slot: 0 };
        let mut scenes = vec![(F::one(), start)];
        if bare {
            let (_, start) = scenes.remove(0);
            for (outcome, weight) in (0..).zip(&self.weights) {
                let bare = Sample { outcome, slot: 0 };
                scenes.push((weight.clone(), Scene { bare, ..start.clone() }));
            }
        }
        for batch in batches {
            let plan = self.setting.batches.get(&batch).cloned();
            let assignments =
                self.assignments(&plan.ok_or_else(|| Stop::unable("a batch of unknown size"))?)?;
            let mut next = Vec::with_capacity(scenes.len() * assignments.len());
            for (weight, scene) in &scenes {
                for (assignment, (share, samples)) in (0..).zip(&assignments) {
                    let mut scene = scene.clone();
                    scene.batches.retain(|copies| copies.batch != batch);
                    scene.batches.push(Copies { batch, assignment, samples: Rc::clone(samples) });
                    next.push((weight.mul(share), scene));
                }
            }
            scenes = next;
            if scenes.len() > MOST_OUTCOMES {
                return Err(Stop::Budget);
            }
        }
        self.ring.spend(10 * scenes.len() as u64)?;
        Ok(scenes)
    }

    /// Every possible batch with its probability.
    fn assignments(&self, plan: &BatchPlan) -> Try<Vec<Assignment<F>>> {
        let size = u32::try_from(plan.size).map_err(|_| Stop::Budget)?;
        let most = match (&self.setting.draw.population, plan.replaced) {
            (Some(points), false) => points.clone(),
            (None, false) => {
                return Err(Stop::unable("a batch without replacement from an unknown population"));
            }
            (_, true) => vec![size; self.weights.len()],
        };
        let shares = self.shares(size, plan.replaced, &most)?;
        let mut batches = Vec::new();
        spread(&mut vec![], &most, size, &mut batches)?;
        let mut result = Vec::with_capacity(batches.len());
        let mut total = F::zero();
        for counts in batches {
            let mut weight = F::one();
            let mut samples = Vec::new();
            for ((outcome, count), share) in (0..).zip(&counts).zip(&shares) {
                weight = weight.mul(share.get(*count as usize).ok_or(Stop::Budget)?);
                self.copies(plan, outcome, *count, &mut samples);
            }
            self.ring.spend(counts.len() as u64 * F::COST)?;
            total = total.add(&weight);
            result.push((weight, Rc::new(samples)));
        }
        let scale = total.inverse().ok_or_else(|| Stop::unable("more copies than data points"))?;
        Ok(result.into_iter().map(|(weight, samples)| (weight.mul(&scale), samples)).collect())
    }

    /// For each data point and each number `c` of copies of it, `w^c/c!`, or `m (m-1) .. (m-c+1)/c!` without replacement: the
    /// factors of the probability of a batch.
    fn shares(&self, size: u32, replaced: bool, most: &[u32]) -> Try<Vec<Vec<F>>> {
        self.ring.spend(u64::from(size) * most.len() as u64 * F::COST)?;
        let inverses: Vec<F> = (1..=i64::from(size))
            .map(|number| F::integer(number).inverse().ok_or(Stop::Budget))
            .collect::<Try<_>>()?;
        let of_point = |(weight, most): (&F, &u32)| {
            let mut share = F::one();
            let mut all = vec![F::one()];
            for (number, inverse) in (0..i64::from(*most)).zip(&inverses) {
                let points = F::integer(i64::from(*most) - number);
                share = share.mul(if replaced { weight } else { &points }).mul(inverse);
                all.push(share.clone());
            }
            all
        };
        Ok(self.weights.iter().zip(most).map(of_point).collect())
    }

    /// Copies of one data point: one by one where they have random numbers of their own, else together.
    fn copies(&self, plan: &BatchPlan, outcome: u32, count: u32, samples: &mut Vec<(Sample, u32)>) {
        let slot = |samples: &Vec<_>| plan.slot + u32::try_from(samples.len()).unwrap_or(0);
        if !self.setting.numbered {
            if count > 0 {
                samples.push((Sample { outcome, slot: slot(samples) }, count));
            }
            return;
        }
        for _ in 0..count {
            samples.push((Sample { outcome, slot: slot(samples) }, 1));
        }
    }

    /// Replaces the powers of all formal variables by their moments.
    pub(super) fn integrate_variables(&mut self, series: &Series<F>, scene: &Scene) -> Try<Series<F>> {
        if !series.terms.iter().any(|(key, _)| key.has_variables()) {
            return Ok(series.clone());
        }
        let variables = self.variables();
        let limits = Limits { degree: usize::MAX, cut: self.setting.cut };
        let mut moments: HashMap<(SymbolId, u8), Series<F>> = HashMap::new();
        let mut result = Series { terms: Vec::new(), known: series.known };
        for (key, block) in &series.terms {
            let half_power = i16::try_from(key.power()).map_err(|_| Stop::Budget)?;
            let mut term = Series::single(Key::small(half_power), block.clone());
            for (symbol, number) in &variables {
                let exponent = key.exponent(*number);
                if exponent == 0 {
                    continue;
                }
                let moment = match moments.entry((*symbol, exponent)) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(place) => place.insert(self.moment(*symbol, exponent, scene)?),
                };
                term = self.ring.mul(&term, moment, limits)?;
            }
            result.add_scaled(&term, &F::one());
        }
        Ok(result)
    }

    /// The moment of an order of a random number, or of a component of standard normal noise.
    fn moment(&mut self, symbol: SymbolId, order: u8, scene: &Scene) -> Try<Series<F>> {
        let symbols = self.setting.symbols;
        let distribution = match &symbols.get(symbol).kind {
            SymbolKind::Noise { .. } => return Ok(Series::integer(standard_normal(order))),
            SymbolKind::Random { distribution: Some(distribution), .. } => distribution,
            _ => return Err(shape()),
        };
        match distribution {
            Distribution::Normal(mean, deviation) => {
                // E[(m + s z)^r] = sum_j C(r, j) E[z^j] s^j m^(r-j)
                let (mean, deviation) = (self.parameter(mean, scene)?, self.parameter(deviation, scene)?);
                self.binomial_sum(order, &deviation, &mean, standard_normal)
            }
            Distribution::Uniform(low, high) => {
                // (b^(r+1) - a^(r+1)) / ((r+1) (b-a)) = sum_j a^j b^(r-j) / (r+1)
                let (low, high) = (self.parameter(low, scene)?, self.parameter(high, scene)?);
                let share = F::integer(i64::from(order) + 1).inverse().ok_or(Stop::Budget)?;
                let mut sum = Series::zero();
                for j in 0..=order {
                    let (a, b) = (self.whole_power(&low, j)?, self.whole_power(&high, order - j)?);
                    self.ring.add_product(&mut sum, &a, &b, self.limits(0))?;
                }
                Ok(sum.scale(&share))
            }
            Distribution::Rademacher => Ok(Series::integer(i64::from(order.is_multiple_of(2)))),
            Distribution::Bernoulli(probability) => self.parameter(probability, scene),
            Distribution::Exponential(rate) => {
                let rate = self.parameter(rate, scene)?;
                let mean = self.reciprocal(&rate, self.limits(0))?;
                let factorial = (1..=i64::from(order)).fold(F::one(), |f, i| f.mul(&F::integer(i)));
                Ok(self.whole_power(&mean, order)?.scale(&factorial))
            }
            Distribution::Poisson(mean) => {
                let mean = self.parameter(mean, scene)?;
                self.poisson(order, &mean)
            }
            Distribution::Moments(list) => match list.get(usize::from(order) - 1) {
                Some(moment) => self.parameter(moment, scene),
                None => {
                    let parts = [u64::from(symbol.0), u64::from(order), 0, 0];
                    Ok(Series::constant(number(&self.setting.draw.magnitude(Purpose::Moment, parts))?))
                }
            },
        }
    }

    /// A parameter of a distribution: the same everywhere.
    fn parameter(&mut self, e: &Expr, scene: &Scene) -> Try<Series<F>> {
        let varies = e.any(&mut |part| match part.kind() {
            Kind::Symbol(id) => matches!(
                self.setting.symbols.get(*id).kind,
                SymbolKind::Space | SymbolKind::Coordinate(_) | SymbolKind::Field { .. }
            ),
            _ => false,
        });
        if varies {
            return Err(Stop::unable("a distribution whose parameters depend on the place"));
        }
        let scene = Scene { bare: Sample { outcome: 0, slot: NUMERIC }, ..scene.clone() };
        self.scalar(e, 0, &scene)
    }

    fn whole_power(&self, base: &Series<F>, exponent: u8) -> Try<Series<F>> {
        self.ring.power(base, u32::from(exponent), self.limits(0))
    }

    /// `sum_j C(r, j) moment(j) a^j b^(r-j)`
    fn binomial_sum(&self, r: u8, a: &Series<F>, b: &Series<F>, moment: fn(u8) -> i64) -> Try<Series<F>> {
        let mut sum = Series::zero();
        for j in 0..=r {
            let ways = F::integer(choose(r, j)).mul(&F::integer(moment(j)));
            let power = self.whole_power(a, j)?.scale(&ways);
            self.ring.add_product(&mut sum, &power, &self.whole_power(b, r - j)?, self.limits(0))?;
        }
        Ok(sum)
    }

    /// `E[x^(r+1)] = m sum_i C(r, i) E[x^i]` for a Poisson number of mean `m`.
    fn poisson(&self, order: u8, mean: &Series<F>) -> Try<Series<F>> {
        let mut moments = vec![Series::integer(1)];
        for r in 0..order {
            let mut sum = Series::zero();
            for (i, moment) in (0..=r).zip(&moments) {
                sum.add_scaled(moment, &F::integer(choose(r, i)));
            }
            moments.push(self.ring.mul(mean, &sum, self.limits(0))?);
        }
        moments.pop().ok_or(Stop::Budget)
    }
}

/// `E[z^r]` for a standard normal number: `(r-1)!!` for even `r`, and else 0.
fn standard_normal(order: u8) -> i64 {
    if order % 2 == 1 { 0 } else { (1..i64::from(order)).step_by(2).fold(1, i64::saturating_mul) }
}

/// Every way to draw `left` copies when `most` of each further data point can be drawn.
fn spread(counts: &mut Vec<u32>, most: &[u32], left: u32, found: &mut Vec<Vec<u32>>) -> Try<()> {
    let Some(here) = most.get(counts.len()) else { return Ok(()) };
    let last = counts.len() + 1 == most.len();
    for count in if last { left } else { 0 }..=left.min(*here) {
        counts.push(count);
        if last {
            found.push(counts.clone());
        } else {
            spread(counts, most, left - count, found)?;
        }
        counts.pop();
        if found.len() > MOST_OUTCOMES {
            return Err(Stop::Budget);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_all_ways_to_draw() {
        let mut found = Vec::new();
        spread(&mut vec![], &[2, 1, 3], 3, &mut found).unwrap();
        assert_eq!(found, [[0, 0, 3], [0, 1, 2], [1, 0, 2], [1, 1, 1], [2, 0, 1], [2, 1, 0]], "by hand");
        found.clear();
        spread(&mut vec![], &[1, 1], 3, &mut found).unwrap();
        assert!(found.is_empty(), "more copies than points");
    }

    #[test]
    fn moments_of_the_normal_distribution() {
        let moments: Vec<i64> = (0..=8).map(standard_normal).collect();
        assert_eq!(moments, [1, 0, 1, 0, 3, 0, 15, 0, 105], "(r-1)!!");
    }
}
