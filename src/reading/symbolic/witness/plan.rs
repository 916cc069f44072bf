//! Which instances a claim is put to, and what follows from them.

use super::compare::{Comparison, Difference, compare, counterexample};
use super::draw::{Draw, Size};
use super::evaluate::BatchPlan;
use super::number::Residue;
use super::series::Stop;
use super::survey::Survey;
use super::{Agreement, Options, Outcome};
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
    pub(super) definitions: HashMap<SymbolId, Expr>,
    pub(super) symmetric: HashSet<SymbolId>,
    /// How deep derivatives are nested.
    pub(super) derivatives: usize,
    pub(super) budget: u64,
}

/// An instance and its batches.
pub(super) type Instance = (Draw, HashMap<u32, BatchPlan>);

/// How often an unlucky instance is drawn anew.
const ATTEMPTS: u64 = 6;

/// Puts a claim to random instances.
pub(super) fn run(claim: &Claim, sides: [&Expr; 2], symbols: &Symbols, options: &Options) -> Outcome {
    let case = match Case::new(claim, sides, symbols, options.budget) {
        Ok(case) => case,
        Err(stop) => return unable(&stop),
    };
    let dimensions = match case.dimensions() {
        Ok(dimensions) => dimensions,
        Err(stop) => return unable(&stop),
    };
    let mut instances = Vec::new();
    for dimension in dimensions {
        for (number, extent) in (0..).zip(extents(dimension)) {
            let seed = options.seed.wrapping_add(1000 * dimension as u64 + 100 * number);
            match case.settle(extent, seed) {
                Ok((Comparison::Same, seed)) => instances.push((dimension, seed)),
                Ok((Comparison::Different(found), seed)) => return case.show(extent, seed, *found),
                Err(stop) => return unable(&stop),
            }
        }
    }
    if instances.is_empty() {
        return Outcome::Unable("there is no dimension in which the claim could be looked at".into());
    }
    Outcome::Agrees(Agreement { instances })
}

fn unable(stop: &Stop) -> Outcome {
    Outcome::Unable(reason(stop))
}

/// A reason to stop, in words.
fn reason(stop: &Stop) -> Arc<str> {
    match stop {
        Stop::Unable(reason) => Arc::clone(reason),
        Stop::Unlucky(reason) => format!("{reason}, at every instance tried").into(),
        Stop::Adjust(_) => {
            "a function is not rational at the point, and no value of the instance makes it so".into()
        }
        Stop::Budget => "more work than is allowed".into(),
    }
}

impl<'a> Case<'a> {
    fn new(claim: &'a Claim, sides: [&'a Expr; 2], symbols: &'a Symbols, budget: u64) -> Result<Self, Stop> {
        let survey = Survey::of(claim, sides, symbols);
        if survey.conflict {
            return Err(Stop::unable("one batch of two sizes"));
        }
        let mut facts = super::facts::FactTable::default();
        let definitions = HashMap::new();
        let mut derivatives = 0;
        for side in sides {
            derivatives = derivatives.max(facts.of(side, symbols, &definitions)?.derivatives);
        }
        Ok(Self {
            sides,
            symbols,
            claim,
            survey,
            definitions,
            symmetric: symmetric_fields(claim),
            derivatives,
            budget,
        })
    }

    /// The dimensions that apply: of named coordinates, of a condition `dim = ..`, or 1, 2 and 3.
    fn dimensions(&self) -> Result<Vec<usize>, Stop> {
        let mut dimensions = match self.symbols.coordinates() {
            Some(coordinates) => vec![coordinates.len()],
            None => vec![1, 2, 3],
        };
        for condition in &self.claim.conditions {
            let Condition::Equal(a, b) = condition else { continue };
            let wanted = match (a.kind(), b.kind()) {
                (Kind::Dimension, Kind::Number(n)) | (Kind::Number(n), Kind::Dimension) => n,
                _ => continue,
            };
            let wanted =
                wanted.to_integer().and_then(|n| usize::try_from(n).ok()).filter(|n| (1..=6).contains(n));
            let wanted = wanted.ok_or_else(|| Stop::unable("a dimension that cannot be had"))?;
            if self.symbols.coordinates().is_some() {
                dimensions.retain(|d| *d == wanted);
            } else if dimensions.len() == 3 || dimensions == [wanted] {
                dimensions = vec![wanted];
            } else {
                dimensions.clear();
            }
        }
        Ok(dimensions)
    }

    /// Draws an instance of a size.
    fn draw(&self, extent: Extent, seed: u64, size: Size) -> Result<Instance, Stop> {
        let noise_steps = self.survey.names.iter().any(|id| {
            let small = self.claim.remainder.as_ref().map(|r| r.symbol);
            matches!(self.symbols.get(*id).kind, SymbolKind::Noise { time_step, .. } if Some(time_step) != small)
        });
        let integrals = self.survey.integrals;
        let boundary = u32::try_from(self.derivatives.max(1)).unwrap_or(1);
        let degree = self.derivatives.max(1) + 3_usize.saturating_sub(extent.dimension);
        let mut draw = Draw {
            seed,
            size,
            dimension: extent.dimension,
            support: extent.support,
            equal_weights: false,
            most_columns: extent.columns,
            counts: BTreeMap::new(),
            squares: self.survey.roots || noise_steps,
            whole: self.survey.functions,
            degree: integrals.then_some(degree),
            function_degree: (integrals || self.survey.distributions)
                .then_some(self.survey.primes + self.derivatives + 3),
            boundary: if integrals { boundary } else { 0 },
            symmetric: self.symmetric.clone(),
            squared: self.survey.squared.iter().copied().collect(),
            chosen: HashMap::new(),
        };
        let batches = self.batches(extent, &mut draw)?;
        Ok((draw, batches))
    }

    /// Chooses whole numbers for the sizes of batches.
    fn batches(&self, extent: Extent, draw: &mut Draw) -> Result<HashMap<u32, BatchPlan>, Stop> {
        let batches = &self.survey.batches;
        let sizes = scalars(batches.values().map(|batch| &batch.size));
        let populations = scalars(batches.values().filter_map(|batch| batch.population.as_ref()));
        let finite = batches.values().any(|batch| batch.population.is_some());
        let copies = if draw.squares { [4, 1, 1, 4, 9] } else { [extent.copies, 1, 2, 3, 6] };
        for copies in copies {
            for population in copies.max(3)..copies.max(3) + 3 {
                draw.counts = populations.iter().map(|id| (*id, population)).collect();
                draw.counts.extend(sizes.iter().map(|id| (*id, copies)));
                if let Some((plans, support)) = plans(batches, &draw.counts) {
                    if finite {
                        draw.support = support;
                        draw.equal_weights = true;
                    }
                    return Ok(plans);
                }
            }
        }
        Err(Stop::unable("no whole numbers for the sizes of the batches that could be enumerated"))
    }

    /// Compares the sides at an instance, drawn anew while it is unlucky. Returns the seed that was not.
    fn settle(&self, extent: Extent, seed: u64) -> Result<(Comparison, u64), Stop> {
        let mut last = Stop::Budget;
        for attempt in 0..ATTEMPTS {
            let seed = seed.wrapping_add(attempt);
            let size = if self.survey.needs_rationals { Size::Small } else { Size::Large };
            let (mut draw, batches) = self.draw(extent, seed, size)?;
            let result = if self.survey.needs_rationals {
                compare::<Rational>(self, &mut draw, &batches)
            } else {
                compare::<Residue>(self, &mut draw, &batches)
            };
            match result {
                Ok(comparison) => return Ok((comparison, seed)),
                Err(stop @ (Stop::Unlucky(_) | Stop::Adjust(_))) => last = stop,
                Err(stop) => return Err(stop),
            }
        }
        Err(last)
    }

    /// Shows a difference in rational numbers, small ones if such differ too.
    fn show(&self, extent: Extent, seed: u64, found: Difference) -> Outcome {
        let small = Extent { support: extent.support.min(2), copies: extent.copies.min(2), ..extent };
        let tries = [
            (small, 0, Size::Small),
            (small, 1, Size::Small),
            (extent, 2, Size::Small),
            (extent, 0, Size::Large),
        ];
        for (extent, offset, size) in tries {
            let Ok((mut draw, batches)) = self.draw(extent, seed.wrapping_add(offset), size) else {
                continue;
            };
            if let Ok(Comparison::Different(found)) = compare::<Rational>(self, &mut draw, &batches) {
                return Outcome::Differs(Box::new(counterexample(self, &draw, *found)));
            }
        }
        match found.values {
            Some(_) => match self.draw(extent, seed, Size::Small) {
                Ok((draw, _)) => Outcome::Differs(Box::new(counterexample(self, &draw, found))),
                Err(stop) => unable(&stop),
            },
            None => Outcome::Unable("the sides differ modulo a prime, at numbers too large to show".into()),
        }
    }
}

/// Matrix fields that a condition `B = B'` makes symmetric.
fn symmetric_fields(claim: &Claim) -> HashSet<SymbolId> {
    claim.conditions.iter().filter_map(symmetry).collect()
}

/// The field of a condition `B = B'`.
pub(super) fn symmetry(condition: &Condition) -> Option<SymbolId> {
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

/// The sizes of all batches, and the number of data points that they ask for.
fn plans(
    batches: &BTreeMap<u32, Batch>,
    counts: &BTreeMap<SymbolId, i64>,
) -> Option<(HashMap<u32, BatchPlan>, usize)> {
    let mut plans = HashMap::new();
    let mut support = None;
    let mut slot = 1;
    for (number, batch) in batches {
        let whole = |e: &Expr| {
            let value = value(e, counts, 0)?.to_integer().filter(|n| (1..=200).contains(n))?;
            usize::try_from(value).ok()
        };
        let size = whole(&batch.size)?;
        if let Some(population) = &batch.population {
            let population = whole(population)?;
            if population < size || support.is_some_and(|before| before != population) {
                return None;
            }
            support = Some(population);
        }
        plans.insert(*number, BatchPlan { size, replaced: batch.population.is_none(), slot });
        slot += u32::try_from(size).ok()?;
    }
    Some((plans, support.unwrap_or(0)))
}

/// The value of an expression of counts.
fn value(e: &Expr, counts: &BTreeMap<SymbolId, i64>, depth: usize) -> Option<Rational> {
    if depth > 50 {
        return None;
    }
    let of = |e: &Expr| value(e, counts, depth + 1);
    match e.kind() {
        Kind::Number(value) => Some(value.clone()),
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
