//! Which instances a claim is put to, and what follows from them.

use super::compare::{Comparison, Difference, compare};
use super::draw::{Draw, Formal, Size};
use super::evaluate::BatchPlan;
use super::hypotheses::Hypotheses;
use super::monomials::MOST_DIMENSIONS;
use super::number::{Exact, Residue};
use super::series::Stop;
use super::surd::Surd;
use super::survey::Survey;
use super::{Agreement, Options, Outcome, show};
use crate::expression::{Batch, Claim, Condition, Expr, Kind, Rational, SymbolId, SymbolKind, Symbols};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// The size of an instance: data points, copies in a batch, columns of a matrix at most.
#[derive(Debug, Clone, Copy)]
struct Extent {
    dimension: usize,
    support: usize,
    copies: i64,
    columns: usize,
}

/// Two instances for every dimension, of different sizes. With `d + 1` data points the covariance of a gradient has full
/// rank; one instance has three points even in one dimension, so that its third moment is free.
fn extents(dimension: usize) -> [Extent; 2] {
    let extent = |support, copies, columns| Extent { dimension, support, copies, columns };
    match dimension {
        1 => [extent(3, 2, 2), extent(2, 3, 1)],
        2 => [extent(3, 2, 3), extent(2, 1, 2)],
        3 => [extent(4, 2, 2), extent(2, 3, 3)],
        _ => [extent(3, 2, 2), extent(2, 3, 3)],
    }
}

/// A claim, ready to be put to instances.
#[derive(Debug)]
pub(super) struct Case<'a> {
    pub(super) sides: [&'a Expr; 2],
    pub(super) symbols: &'a Symbols,
    pub(super) claim: &'a Claim,
    pub(super) survey: Survey,
    pub(super) hypotheses: Hypotheses,
    pub(super) symmetric: HashSet<SymbolId>,
    /// How deep derivatives are nested.
    pub(super) derivatives: usize,
    pub(super) budget: u64,
}

/// An instance and its batches.
pub(super) type Instance = (Draw, HashMap<u32, BatchPlan>);

/// Batches of more copies are refused.
const MOST_COPIES: i64 = 1900;
/// Populations of more points are refused.
const MOST_POINTS: i64 = 1 << 30;
/// There are fewer data points where there would be more batches than this.
const MOST_BATCHES: usize = 400;
/// How often an unlucky instance is drawn anew.
const ATTEMPTS: u64 = 6;

/// Puts a claim to random instances.
pub(super) fn run(claim: &Claim, sides: [&Expr; 2], symbols: &Symbols, options: &Options) -> Outcome {
    let case = match Case::new(claim, sides, symbols, options.budget) {
        Ok(case) => case,
        Err(stop) => return unable(&stop, options),
    };
    let mut instances = Vec::new();
    for dimension in case.dimensions() {
        for (number, extent) in (0..).zip(extents(dimension)) {
            let seed = options.seed.wrapping_add(1000 * dimension as u64 + 100 * number);
            match case.settle(extent, seed) {
                Ok((Comparison::Same, draw)) => instances.push((dimension, draw.seed)),
                Ok((Comparison::Different(found), draw)) => return case.show(extent, &draw, *found),
                Err(stop) => return unable(&stop, options),
            }
        }
    }
    if instances.is_empty() {
        return Outcome::Unable("there is no dimension in which the claim could be looked at".into());
    }
    Outcome::Agrees(Agreement { instances })
}

fn unable(stop: &Stop, options: &Options) -> Outcome {
    Outcome::Unable(match stop {
        Stop::Budget => format!(
            "more work than is allowed for one instance: {} multiplications, a nesting of 300, {MOST_BATCHES} batches",
            options.budget
        )
        .into(),
        stop => reason(stop),
    })
}

/// A reason to stop, in words.
fn reason(stop: &Stop) -> Arc<str> {
    match stop {
        Stop::Unable(reason) => Arc::clone(reason),
        Stop::Unlucky(reason) => format!("{reason}, at every instance tried").into(),
        Stop::Adjust(_) | Stop::Rescale(..) => {
            "a function is not rational at the point, and no value of the instance makes it so".into()
        }
        Stop::Short => "a divisor that is 0, as far as its series was taken".into(),
        Stop::Budget => "more work than is allowed".into(),
    }
}

impl<'a> Case<'a> {
    fn new(claim: &'a Claim, sides: [&'a Expr; 2], symbols: &'a Symbols, budget: u64) -> Result<Self, Stop> {
        let mut survey = Survey::of(claim, sides, symbols);
        let hypotheses = Hypotheses::of(claim, &mut survey, symbols);
        if survey.conflict {
            return Err(Stop::unable("one batch of two sizes"));
        }
        let mut facts = super::facts::FactTable::default();
        let mut derivatives = 0;
        for side in sides {
            derivatives = derivatives.max(facts.of(side, symbols, &hypotheses.definitions)?.derivatives);
        }
        Ok(Self {
            sides,
            symbols,
            claim,
            survey,
            hypotheses,
            symmetric: symmetric_fields(claim),
            derivatives,
            budget,
        })
    }

    /// The dimensions that apply: that of named coordinates, else those from 1 to 3, else a higher one, that the
    /// conditions on `dim` allow.
    fn dimensions(&self) -> Vec<usize> {
        let allowed = |dimension: &usize| self.allows(&BTreeMap::new(), *dimension);
        match self.symbols.coordinates() {
            Some(coordinates) => vec![coordinates.len()].into_iter().filter(allowed).collect(),
            None => {
                let low: Vec<usize> = (1..=3).filter(allowed).collect();
                if low.is_empty() { (4..=MOST_DIMENSIONS).filter(allowed).take(1).collect() } else { low }
            }
        }
    }

    /// Whether the conditions on whole numbers alone, `dim` and the sizes of batches, hold.
    fn allows(&self, counts: &BTreeMap<SymbolId, i64>, dimension: usize) -> bool {
        let of = |e: &Expr| value(e, counts, dimension, 0);
        self.claim.conditions.iter().all(|condition| match condition {
            Condition::Equal(a, b) => of(a).zip(of(b)).is_none_or(|(a, b)| a == b),
            Condition::Positive(a) => of(a).is_none_or(|a| a.is_positive()),
            Condition::NonNegative(a) => of(a).is_none_or(|a| !a.is_negative()),
        })
    }

    /// The conditions that are equations at the point.
    pub(super) fn equations(&self) -> impl Iterator<Item = (&Expr, &Expr)> {
        self.claim.conditions.iter().filter_map(|condition| match condition {
            Condition::Equal(a, b)
                if symmetry(condition).is_none() && !is_dimension(a) && !is_dimension(b) =>
            {
                Some((a, b))
            }
            Condition::Equal(..) | Condition::Positive(_) | Condition::NonNegative(_) => None,
        })
    }

    /// Draws an instance of a size.
    fn draw(
        &self,
        extent: Extent,
        (seed, attempt): (u64, u64),
        (size, formal): (Size, Formal),
    ) -> Result<Instance, Stop> {
        let noise_steps = self.survey.names.iter().any(|id| {
            let small = self.claim.remainder.as_ref().map(|r| r.symbol);
            matches!(self.symbols.get(*id).kind, SymbolKind::Noise { time_step, .. } if Some(time_step) != small)
        });
        let integrals = self.survey.integrals;
        let boundary = u32::try_from(self.derivatives.max(1)).unwrap_or(1);
        let degree = self.derivatives.max(1) + 3_usize.saturating_sub(extent.dimension);
        let mut draw = Draw {
            seed: seed.wrapping_add(attempt),
            size,
            positive: false,
            dimension: extent.dimension,
            parameter: self.survey.special
                && !integrals
                && !self.survey.distributions
                && formal == Formal::Nothing,
            support: extent.support,
            population: None,
            most_columns: extent.columns,
            counts: BTreeMap::new(),
            squares: self.survey.roots || noise_steps,
            whole: self.survey.functions,
            degree: integrals.then_some(degree),
            function_degree: (integrals || self.survey.distributions)
                .then_some(self.survey.primes + self.derivatives + 3),
            boundary: if integrals { boundary } else { 0 },
            symmetric: self.symmetric.clone(),
            rooted: self.survey.rooted.iter().copied().collect(),
            whitened: self.whitened(),
            scales: HashMap::new(),
            free_logarithms: !self.survey.entangled,
            formal,
            fixed: self.survey.parameters.clone(),
            chosen: HashMap::new(),
        };
        let data =
            self.survey.names.iter().any(|id| {
                matches!(self.symbols.get(*id).kind, SymbolKind::Random { distribution: None, .. })
            });
        if !data {
            draw.support = 1;
        }
        if draw.whitened {
            draw.support = 1 << extent.dimension;
        }
        let batches = self.batches(extent, &mut draw, attempt)?;
        Ok((draw, batches))
    }

    /// Whether a root is taken of a matrix of random names.
    fn whitened(&self) -> bool {
        self.survey.rooted.iter().any(|id| match &self.symbols.get(*id).kind {
            SymbolKind::Field { arguments, .. } => !arguments.is_empty(),
            SymbolKind::Random { .. } => true,
            _ => false,
        })
    }

    /// Chooses whole numbers for the sizes of batches.
    fn batches(
        &self,
        extent: Extent,
        draw: &mut Draw,
        attempt: u64,
    ) -> Result<HashMap<u32, BatchPlan>, Stop> {
        let batches = &self.survey.batches;
        let sizes = scalars(batches.values().map(|batch| &batch.size));
        let populations = scalars(batches.values().filter_map(|batch| batch.population.as_ref()));
        let mut choices = match (draw.squares, draw.whitened) {
            (true, true) if extent.dimension > 1 => [1, 4, 1, 4, 9],
            (true, _) => [4, 1, 9, 4, 1],
            (false, _) => [extent.copies, 1, 2, 3, 6],
        };
        choices.rotate_left(usize::try_from(attempt).unwrap_or(0) % 5);
        for copies in choices {
            for population in [copies.max(3), copies.max(3) + 1, copies.max(3) + 2, copies, copies + 1] {
                draw.counts = populations.iter().map(|id| (*id, population)).collect();
                draw.counts.extend(sizes.iter().map(|id| (*id, copies)));
                if !self.allows(&draw.counts, extent.dimension) {
                    continue;
                }
                let Some((plans, population)) = plans(batches, &draw.counts) else { continue };
                if population.is_some() && draw.whitened {
                    return Err(Stop::unable("the root of a covariance of finitely many data points"));
                }
                let most = plans.values().map(|plan| plan.size).max().unwrap_or(1);
                if let Some(population) = population {
                    let points = points(population, most);
                    draw.support = points.len();
                    draw.population = Some(points);
                } else if !draw.whitened {
                    while draw.support > 2 && multisets(draw.support, most) > MOST_BATCHES {
                        draw.support -= 1;
                    }
                }
                return Ok(plans);
            }
        }
        Err(Stop::unable("no whole numbers for the sizes of the batches that could be enumerated"))
    }

    /// Compares the sides at an instance, drawn anew while it is unlucky. Returns the instance that was not.
    fn settle(&self, extent: Extent, seed: u64) -> Result<(Comparison, Draw), Stop> {
        let solves = !self.claim.conditions.is_empty() || !self.hypotheses.equations.is_empty();
        let first = match (self.survey.needs_rationals, solves) {
            (true, _) => self.attempts::<Rational>(extent, seed, (Size::Small, Formal::Nothing)),
            (false, true) => self.attempts::<Residue>(extent, seed, (Size::Medium, Formal::Nothing)),
            (false, false) => self.attempts::<Residue>(extent, seed, (Size::Large, Formal::Nothing)),
        };
        let second = match first {
            Err(Stop::Unlucky(_) | Stop::Adjust(_) | Stop::Unable(_)) if self.survey.roots => {
                self.attempts::<Surd>(extent, seed, (Size::Small, Formal::Nothing)).or(first)
            }
            _ => first,
        };
        match second {
            Err(Stop::Unlucky(_) | Stop::Adjust(_) | Stop::Unable(_)) if self.may_be_formal() => {
                let formal = |formal| self.attempts::<Rational>(extent, seed, (Size::Small, formal));
                formal(Formal::Signed).or_else(|_| formal(Formal::All)).or(second)
            }
            _ => second,
        }
    }

    /// Whether the sides may be compared as power series in a formal number: there are functions, and nothing fixes numbers.
    fn may_be_formal(&self) -> bool {
        let hypotheses = &self.hypotheses;
        (self.survey.functions || self.survey.needs_rationals || self.survey.integrals)
            && self.claim.remainder.is_none()
            && self.claim.conditions.is_empty()
            && hypotheses.definitions.is_empty()
            && hypotheses.equations.is_empty()
            && self.survey.rooted.is_empty()
    }

    /// The half power of the formal number from which on the sides are not compared: less where polynomials are integrated,
    /// whose degree grows with it.
    pub(super) fn formal_cut(&self, draw: &Draw) -> i32 {
        match (self.survey.integrals, draw.dimension) {
            (false, _) => 10,
            (true, 1) => 8,
            (true, _) => 6,
        }
    }

    /// The same in one field of numbers.
    fn attempts<F: Exact>(
        &self,
        extent: Extent,
        seed: u64,
        size: (Size, Formal),
    ) -> Result<(Comparison, Draw), Stop> {
        let mut last = Stop::Budget;
        let attempts = if self.claim.conditions.is_empty() { ATTEMPTS } else { 4 * ATTEMPTS };
        for attempt in 0..attempts {
            let (mut draw, batches) = self.draw(extent, (seed, attempt), size)?;
            // Inequalities hold more often where numbers are positive.
            draw.positive = attempt % 2 == 1;
            match compare::<F>(self, &mut draw, &batches) {
                Ok(comparison) => return Ok((comparison, draw)),
                Err(stop @ (Stop::Unlucky(_) | Stop::Adjust(_))) => last = stop,
                Err(stop) => return Err(stop),
            }
        }
        Err(last)
    }

    /// Shows a difference in rational numbers, small ones if such differ too.
    fn show(&self, extent: Extent, draw: &Draw, found: Difference) -> Outcome {
        if found.is_rational() {
            return Outcome::Differs(Box::new(show::counterexample(self, draw, found)));
        }
        let small = Extent { support: extent.support.min(2), copies: extent.copies.min(2), ..extent };
        let tries = [
            (small, 0, Size::Small),
            (small, 1, Size::Small),
            (extent, 2, Size::Small),
            (extent, 0, Size::Large),
        ];
        for (extent, offset, size) in tries {
            let Ok((mut instance, batches)) = self.draw(extent, (draw.seed, offset), (size, draw.formal))
            else {
                continue;
            };
            instance.positive = draw.positive;
            if let Ok(Comparison::Different(found)) = compare::<Rational>(self, &mut instance, &batches) {
                return Outcome::Differs(Box::new(show::counterexample(self, &instance, *found)));
            }
        }
        Outcome::Unable("the sides differ, at numbers that are not rational or too large to show".into())
    }
}

/// Whether an expression is the dimension.
fn is_dimension(e: &Expr) -> bool {
    matches!(e.kind(), Kind::Dimension)
}

/// Matrix fields that a condition `B = B'` makes symmetric.
fn symmetric_fields(claim: &Claim) -> HashSet<SymbolId> {
    claim.conditions.iter().filter_map(symmetry).collect()
}

/// The field of a condition `B = B'`.
fn symmetry(condition: &Condition) -> Option<SymbolId> {
    let Condition::Equal(a, b) = condition else { return None };
    let transposed = |a: &Expr, b: &Expr| match (a.kind(), b.kind()) {
        (Kind::Symbol(field), Kind::Transpose(inner)) if *inner == *a => Some(*field),
        _ => None,
    };
    transposed(a, b).or_else(|| transposed(b, a))
}

/// The scalar symbols in some expressions.
fn scalars<'e>(expressions: impl Iterator<Item = &'e Expr>) -> BTreeSet<SymbolId> {
    let mut found = BTreeSet::new();
    for e in expressions {
        e.any(&mut |part| {
            if let Kind::Symbol(id) = part.kind() {
                found.insert(*id);
            }
            false
        });
    }
    found
}

/// The sizes of all batches, and the size of the population that they are drawn from without replacement.
fn plans(
    batches: &BTreeMap<u32, Batch>,
    counts: &BTreeMap<SymbolId, i64>,
) -> Option<(HashMap<u32, BatchPlan>, Option<usize>)> {
    let whole = |e: &Expr, most: i64| {
        let value = value(e, counts, 0, 0)?.to_integer().filter(|n| (1..=most).contains(n))?;
        usize::try_from(value).ok()
    };
    let mut plans = HashMap::new();
    let mut found = None;
    let mut slot = 1;
    for (number, batch) in batches {
        let size = whole(&batch.size, MOST_COPIES)?;
        if let Some(population) = &batch.population {
            let population = whole(population, MOST_POINTS)?;
            if population < size || found.is_some_and(|before| before != population) {
                return None;
            }
            found = Some(population);
        }
        plans.insert(*number, BatchPlan { size, replaced: batch.population.is_none(), slot });
        slot += u32::try_from(size).ok()?;
    }
    Some((plans, found))
}

/// How many multisets of so many copies there are, or that they are too many.
fn multisets(points: usize, copies: usize) -> usize {
    (1..points).fold(1, |ways: usize, i| ways.saturating_mul(copies + i) / i)
}

/// A population of so many points: all different if they are few, else of two or three different ones.
fn points(population: usize, copies: usize) -> Vec<u32> {
    let part = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    match population {
        0..=5 => vec![1; population],
        _ if multisets(3, copies) > MOST_BATCHES => {
            vec![part(population / 3), part(population - population / 3)]
        }
        _ => {
            let (few, some) = (population / 6 + 1, population / 3);
            vec![part(few), part(some), part(population - few - some)]
        }
    }
}

/// The value of an expression of counts and of the dimension (unless that is 0).
fn value(e: &Expr, counts: &BTreeMap<SymbolId, i64>, dimension: usize, depth: usize) -> Option<Rational> {
    if depth > 50 {
        return None;
    }
    let of = |e: &Expr| value(e, counts, dimension, depth + 1);
    match e.kind() {
        Kind::Number(value) => Some(value.clone()),
        Kind::Dimension if dimension > 0 => i64::try_from(dimension).ok().map(Rational::from),
        Kind::Symbol(id) => counts.get(id).map(|n| Rational::from(*n)),
        Kind::Add(terms) => terms.iter().try_fold(Rational::ZERO, |sum, term| Some(&sum + &of(term)?)),
        Kind::Neg(a) => Some(-of(a)?),
        Kind::Mul(a, b) => Some(&of(a)? * &of(b)?),
        Kind::Div(a, b) => of(a)?.checked_div(&of(b)?),
        Kind::Pow(a, b) => {
            let exponent = of(b)?.to_integer().filter(|n| n.abs() <= 20)?;
            of(a)?.pow(i32::try_from(exponent).ok()?)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multisets_are_counted() {
        assert_eq!(
            [multisets(1, 7), multisets(2, 3), multisets(3, 2), multisets(4, 3)],
            [1, 4, 6, 20],
            "by hand"
        );
    }

    #[test]
    fn populations_have_all_their_points() {
        for (population, copies) in [(1, 1), (5, 2), (6, 6), (569, 8), (1000, 500)] {
            let points = points(population, copies);
            assert_eq!(points.iter().sum::<u32>() as usize, population, "{population}");
            assert!(points.iter().all(|n| *n > 0), "every data point stands for some");
        }
    }
}
