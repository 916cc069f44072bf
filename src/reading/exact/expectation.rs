//! Expectations by enumeration: data points, batches as multisets of data points, Gauss rules for distributions and noise.
//!
//! ```text
//! E[e]          = sum over outcomes w of p(w) e(w)
//! Cov[v, w]     = E[(v - E[v]) (w - E[w])']
//! p(multiset)   = n!/(m_1! m_2! ...) p_1^m_1 p_2^m_2 ...          a batch with replacement
//! p(subset)     = 1/binomial(N, n)                                without
//! ```
//!
//! Rules are exact for polynomials of a degree that grows with the number of points; whether it was enough is seen by
//! taking more points until nothing changes, and the last change is part of the error bound.

use super::Unable;
use super::distribution::{Law, Rule};
use super::evaluate::{Evaluator, count};
use super::sources::{BatchUse, Sources};
use super::tensor::{Dims, Tensor};
use crate::expression::{Distribution, Expr, SymbolId, SymbolKind};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

/// Most outcomes of one expectation.
const MOST_OUTCOMES: usize = 30_000;

/// Points of a rule, tried one after the other until two agree.
const POINTS: [usize; 9] = [2, 3, 4, 6, 9, 13, 19, 28, 40];

/// Two rules agree if no coefficient differs by more than rounding and this much of the largest.
const AGREEMENT: f64 = 1e-13;

/// One outcome of everything random in an expression.
#[derive(Debug, Clone, Default)]
pub(super) struct Outcome {
    pub(super) weight: f64,
    /// The data point of bare names.
    bare: u32,
    /// The data points of each batch.
    batches: Vec<(u32, Vec<u32>)>,
    /// Noises in units of the root of their time steps.
    pub(super) noises: Vec<(SymbolId, Vec<f64>)>,
}

/// One value of the random names: a data point, and values of distributed names in their standard form.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
struct Copy {
    row: Option<usize>,
    /// As bits.
    values: Vec<(SymbolId, u64)>,
}

/// All data points and values that have occurred, by number; 0 is none.
#[derive(Debug, Default)]
pub(super) struct Copies {
    all: Vec<Copy>,
    numbers: HashMap<Copy, u32>,
}

impl Copies {
    fn number(&mut self, copy: Copy) -> u32 {
        if copy == Copy::default() {
            return 0;
        }
        let next = u32::try_from(self.all.len() + 1).unwrap_or(u32::MAX);
        *self.numbers.entry(copy).or_insert_with_key(|copy| {
            self.all.push(copy.clone());
            next
        })
    }

    fn get(&self, number: u32) -> Option<&Copy> {
        self.all.get((number as usize).checked_sub(1)?)
    }

    /// The data point, counted from 0.
    pub(super) fn row(&self, number: u32) -> Option<usize> {
        self.get(number)?.row
    }

    /// The value of a distributed name in its standard form.
    pub(super) fn value(&self, number: u32, id: SymbolId) -> Option<f64> {
        let values = &self.get(number)?.values;
        values.iter().find(|(name, _)| *name == id).map(|(_, bits)| f64::from_bits(*bits))
    }
}

/// Numbers of copies with their probabilities.
type Options = Vec<(u32, f64)>;

impl Evaluator<'_> {
    /// `E[e]`
    pub(super) fn expectation(&mut self, e: &Expr, cut: usize) -> Result<Tensor, Unable> {
        let sources = self.sources(e);
        self.average(&sources, &mut |this| Ok((*this.eval(e, cut)?).clone()))
    }

    /// `E[(v - E[v]) (w - E[w])']`, of scalars and vectors as their shapes say.
    pub(super) fn covariance(&mut self, v: &Expr, w: &Expr, cut: usize) -> Result<Tensor, Unable> {
        let (of_v, of_w) = (self.sources(v), self.sources(w));
        let (mean_v, mean_w) = (self.expectation(v, cut)?, self.expectation(w, cut)?);
        self.average(&of_v.together(&of_w), &mut |this| {
            let left = this.eval(v, cut)?.minus(&this.ring, cut, &mean_v)?;
            let right = this.eval(w, cut)?.minus(&this.ring, cut, &mean_w)?;
            match (left.dims(), right.dims()) {
                (Dims::Vector(_), Dims::Vector(_)) => left.outer(&this.ring, cut, &right),
                (_, Dims::Scalar) => left.times(&this.ring, cut, &right),
                (Dims::Scalar, _) => right.times(&this.ring, cut, &left),
                _ => Err(Unable::Unsupported { what: "the covariance of a matrix has no meaning" }),
            }
        })
    }

    /// The mean or the sum over the copies of a batch of the current outcome.
    pub(super) fn over_copies(
        &mut self,
        body: &Expr,
        batch: u32,
        cut: usize,
        mean: bool,
    ) -> Result<Tensor, Unable> {
        let outcome = Rc::clone(&self.outcome);
        let copies = outcome.batches.iter().find(|(number, _)| *number == batch).map(|(_, copies)| copies);
        let copies =
            copies.ok_or(Unable::Unsupported { what: "a batch stands outside every expectation" })?;
        let mut sum = Tensor::zero(self.dims(body.shape())?);
        let before = self.copy;
        for &copy in copies {
            self.copy = copy;
            let value = self.eval(body, cut);
            self.copy = before;
            sum = sum.plus(&self.ring, cut, &*value?)?;
        }
        Ok(if mean { sum.scaled(1.0 / count(copies.len().max(1))) } else { sum })
    }

    /// The average of something over all that is random in it.
    pub(super) fn average(
        &mut self,
        sources: &Sources,
        body: &mut dyn FnMut(&mut Self) -> Result<Tensor, Unable>,
    ) -> Result<Tensor, Unable> {
        if sources.is_certain() {
            return body(self);
        }
        if self.is_finite(sources)? {
            return self.average_by(sources, POINTS[0], body);
        }
        let mut before: Option<Tensor> = None;
        for points in POINTS {
            let value = match self.average_by(sources, points, body) {
                Err(Unable::TooLarge { .. }) if before.is_some() => break,
                value => value?,
            };
            if let Some(before) = before {
                let cut = value.degree().max(before.degree());
                let change = value.minus(&self.ring, cut, &before)?;
                if change.is_small(64.0, AGREEMENT * value.largest()) {
                    return Ok(value.blurred(&change));
                }
            }
            before = Some(value);
        }
        Err(Unable::NotConverged { what: "an expectation over a continuous distribution" })
    }

    fn average_by(
        &mut self,
        sources: &Sources,
        points: usize,
        body: &mut dyn FnMut(&mut Self) -> Result<Tensor, Unable>,
    ) -> Result<Tensor, Unable> {
        let outcomes = self.outcomes(sources, points)?;
        let share = outcomes.first().map_or(1.0, |outcome| outcome.weight);
        let equal = outcomes.iter().all(|outcome| outcome.weight.to_bits() == share.to_bits());
        let mut sum: Option<Tensor> = None;
        self.for_outcomes(outcomes, &mut |this, weight| {
            let value = body(this)?;
            let value = if equal { value } else { value.scaled(weight) };
            sum = Some(match sum.take() {
                Some(sum) => {
                    let cut = sum.degree().max(value.degree());
                    sum.plus(&this.ring, cut, &value)?
                }
                None => value,
            });
            Ok(())
        })?;
        let sum = sum.ok_or(Unable::Unsupported { what: "there is nothing to take an expectation over" })?;
        Ok(if equal { sum.scaled(share) } else { sum })
    }

    /// Runs something in every outcome, with its weight.
    pub(super) fn for_outcomes(
        &mut self,
        outcomes: Vec<Outcome>,
        work: &mut dyn FnMut(&mut Self, f64) -> Result<(), Unable>,
    ) -> Result<(), Unable> {
        let (outcome, copy) = (Rc::clone(&self.outcome), self.copy);
        let remembered = std::mem::take(&mut self.memory.by_outcome);
        let mut result = Ok(());
        for next in outcomes {
            let weight = next.weight;
            self.copy = next.bare;
            self.outcome = Rc::new(next);
            self.memory.by_outcome.clear();
            result = work(self, weight);
            if result.is_err() {
                break;
            }
        }
        (self.outcome, self.copy) = (outcome, copy);
        self.memory.by_outcome = remembered;
        result
    }

    /// Whether no rule of quadrature is involved.
    pub(super) fn is_finite(&mut self, sources: &Sources) -> Result<bool, Unable> {
        let mut names = sources.bare.clone();
        sources.batches.values().for_each(|used| names.extend(&used.names));
        for id in names {
            if let Some(law) = self.law(id)?
                && !law.is_finite()
            {
                return Ok(false);
            }
        }
        Ok(sources.noises.is_empty())
    }

    /// The law of a distributed name in its standard form.
    fn law(&mut self, id: SymbolId) -> Result<Option<Law>, Unable> {
        let model = self.model;
        let SymbolKind::Random { distribution: Some(distribution), .. } = &model.symbols.get(id).kind else {
            return Ok(None);
        };
        Ok(Some(match distribution {
            Distribution::Normal(..) => Law::Normal,
            Distribution::Uniform(..) => Law::Uniform,
            Distribution::Rademacher => Law::Rademacher,
            Distribution::Exponential(_) => Law::Exponential,
            Distribution::Bernoulli(p) => Law::Bernoulli(self.parameter(p)?),
            Distribution::Poisson(mean) => Law::Poisson(self.parameter(mean)?),
            Distribution::Moments(moments) => {
                Law::Moments(moments.iter().map(|m| self.parameter(m)).collect::<Result<_, _>>()?)
            }
        }))
    }

    /// A parameter on which points and weights of a rule depend.
    fn parameter(&mut self, e: &Expr) -> Result<f64, Unable> {
        let value = self.eval(e, 1)?;
        if value.is_constant(&self.ring, 1) {
            return self.plain(e);
        }
        Err(Unable::Unsupported { what: "a parameter of a discrete distribution depends on the space" })
    }

    /// All outcomes of everything random, rules with so many points.
    pub(super) fn outcomes(&mut self, sources: &Sources, points: usize) -> Result<Vec<Outcome>, Unable> {
        let bare = self.options(&sources.bare, points)?;
        let mut all: Vec<Outcome> =
            bare.into_iter().map(|(bare, weight)| Outcome { weight, bare, ..Outcome::default() }).collect();
        for (number, used) in &sources.batches {
            let batches = self.batches(used, points)?;
            all = multiply(&all, &batches, |outcome, copies: &Vec<u32>| {
                outcome.batches.push((*number, copies.clone()));
            })?;
        }
        for (id, shape) in &sources.noises {
            let rule = Law::Normal.rule(points)?;
            let noises = powers(&rule, self.dims(*shape)?.len())?;
            all = multiply(&all, &noises, |outcome, values: &Vec<f64>| {
                outcome.noises.push((*id, values.clone()))
            })?;
        }
        Ok(all)
    }

    /// All values of some random names together.
    fn options(&mut self, names: &BTreeSet<SymbolId>, points: usize) -> Result<Options, Unable> {
        let mut all = vec![(Copy::default(), 1.0)];
        let mut of_data = false;
        for &id in names {
            let Some(law) = self.law(id)? else {
                of_data = true;
                continue;
            };
            all = multiply_copies(&all, &law.rule(points)?, |copy, z| copy.values.push((id, z.to_bits())))?;
        }
        if of_data {
            let rows: Vec<(usize, f64)> =
                (0..self.model.rows).map(|row| (row, 1.0 / count(self.model.rows))).collect();
            all = multiply_copies(&all, &rows, |copy, row| copy.row = Some(row))?;
        }
        Ok(all.into_iter().map(|(copy, weight)| (self.copies.number(copy), weight)).collect())
    }

    /// All batches.
    fn batches(&mut self, used: &BatchUse, points: usize) -> Result<Vec<(Vec<u32>, f64)>, Unable> {
        let size = self.size(&used.batch.size, "the size of a batch")?;
        let options = self.options(&used.names, points)?;
        let Some(population) = &used.batch.population else { return multisets(&options, size) };
        let population = self.size(population, "the number of points to draw from")?;
        let of_data = used.names.iter().all(|&id| {
            matches!(&self.model.symbols.get(id).kind, SymbolKind::Random { distribution: None, .. })
        });
        if !of_data || (population != options.len() && !used.names.is_empty()) || size > population {
            return Err(Unable::Size { what: "the number of points to draw from", found: count(population) });
        }
        if used.names.is_empty() {
            return Ok(vec![(vec![0; size], 1.0)]);
        }
        let subsets = subsets(&options, size)?;
        let weight = 1.0 / count(subsets.len());
        Ok(subsets.into_iter().map(|subset| (subset, weight)).collect())
    }

    /// A whole number from 1 up.
    fn size(&mut self, e: &Expr, what: &'static str) -> Result<usize, Unable> {
        let found = self.plain(e)?;
        if found >= 1.0 && found.fract() == 0.0 && found <= 1e6 {
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "whole and within bounds"
            )]
            return Ok(found as usize);
        }
        Err(Unable::Size { what, found })
    }
}

fn too_many() -> Unable {
    Unable::TooLarge { what: "outcomes" }
}

/// Every outcome with every choice.
fn multiply<T>(
    outcomes: &[Outcome],
    choices: &[(T, f64)],
    enter: impl Fn(&mut Outcome, &T),
) -> Result<Vec<Outcome>, Unable> {
    if outcomes.len().saturating_mul(choices.len()) > MOST_OUTCOMES {
        return Err(too_many());
    }
    let mut all = Vec::with_capacity(outcomes.len() * choices.len());
    for outcome in outcomes {
        for (choice, weight) in choices {
            let mut next = outcome.clone();
            next.weight *= weight;
            enter(&mut next, choice);
            all.push(next);
        }
    }
    Ok(all)
}

fn multiply_copies<T: std::marker::Copy>(
    copies: &[(Copy, f64)],
    choices: &[(T, f64)],
    enter: impl Fn(&mut Copy, T),
) -> Result<Vec<(Copy, f64)>, Unable> {
    if copies.len().saturating_mul(choices.len()) > MOST_OUTCOMES {
        return Err(too_many());
    }
    let mut all = Vec::with_capacity(copies.len() * choices.len());
    for (copy, p) in copies {
        for &(choice, q) in choices {
            let mut next = copy.clone();
            enter(&mut next, choice);
            all.push((next, p * q));
        }
    }
    Ok(all)
}

/// All vectors of independent values of a rule.
fn powers(rule: &Rule, length: usize) -> Result<Vec<(Vec<f64>, f64)>, Unable> {
    let mut all = vec![(vec![], 1.0)];
    for _ in 0..length {
        if all.len().saturating_mul(rule.len()) > MOST_OUTCOMES {
            return Err(too_many());
        }
        all = all
            .iter()
            .flat_map(|(values, p): &(Vec<f64>, f64)| {
                rule.iter().map(move |(z, q)| ([&values[..], &[*z]].concat(), p * q))
            })
            .collect();
    }
    Ok(all)
}

/// All multisets of a size with their multinomial probabilities.
fn multisets(options: &Options, size: usize) -> Result<Vec<(Vec<u32>, f64)>, Unable> {
    // The multiset so far, the place of its last option, the weight so far, how often the last option stands in it.
    let mut all: Vec<(Vec<u32>, usize, f64, usize)> = vec![(vec![], 0, 1.0, 0)];
    for length in 1..=size {
        let mut next = vec![];
        for (chosen, last, weight, repeats) in &all {
            for (place, (copy, p)) in options.iter().enumerate().skip(*last) {
                let repeats = if place == *last && !chosen.is_empty() { repeats + 1 } else { 1 };
                let chosen = [&chosen[..], &[*copy]].concat();
                next.push((chosen, place, weight * p * count(length) / count(repeats), repeats));
            }
            if next.len() > MOST_OUTCOMES {
                return Err(too_many());
            }
        }
        all = next;
    }
    Ok(all.into_iter().map(|(chosen, _, weight, _)| (chosen, weight)).collect())
}

/// All subsets of a size.
fn subsets(options: &Options, size: usize) -> Result<Vec<Vec<u32>>, Unable> {
    let mut all: Vec<(Vec<u32>, usize)> = vec![(vec![], 0)];
    for _ in 0..size {
        let mut next = vec![];
        for (chosen, from) in &all {
            for (place, (copy, _)) in options.iter().enumerate().skip(*from) {
                next.push(([&chosen[..], &[*copy]].concat(), place + 1));
            }
            if next.len() > MOST_OUTCOMES {
                return Err(too_many());
            }
        }
        all = next;
    }
    Ok(all.into_iter().map(|(chosen, _)| chosen).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multisets_have_multinomial_probabilities() {
        let options = vec![(1, 0.5), (2, 0.25), (3, 0.25)];
        let all = multisets(&options, 3).unwrap();
        assert_eq!(all.len(), 10, "binomial(5, 3)");
        assert!((all.iter().map(|(_, p)| p).sum::<f64>() - 1.0).abs() < 1e-15, "probabilities");
        let of = |chosen: &[u32]| all.iter().find(|(c, _)| c == chosen).unwrap().1;
        assert!((of(&[1, 1, 2]) - 3.0 * 0.0625).abs() < 1e-16, "two of one");
        assert!((of(&[1, 2, 3]) - 6.0 * 0.03125).abs() < 1e-16, "one of each");
        assert!(multisets(&options, 1000).is_err(), "too many");
    }

    #[test]
    fn subsets_hold_no_point_twice() {
        let options = vec![(1, 0.25), (2, 0.25), (3, 0.25), (4, 0.25)];
        let all = subsets(&options, 2).unwrap();
        assert_eq!(all.len(), 6, "binomial(4, 2)");
        assert!(all.iter().all(|s| s[0] < s[1]), "{all:?}");
        assert!(subsets(&options, 5).unwrap().is_empty(), "not enough points");
    }
}
