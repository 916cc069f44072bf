//! Which instances a claim is put to, and what follows from them.

use super::compare::{Comparison, Difference, compare};
use super::draw::{Draw, Size};
use super::evaluate::BatchPlan;
use super::hypotheses::Hypotheses;
use super::monomials::MOST_DIMENSIONS;
use super::number::Residue;
use super::series::Stop;
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

/// How often an unlucky instance is drawn anew.
const ATTEMPTS: u64 = 6;

/// Puts a claim to random instances.
pub(super) fn run(claim: &Claim, sides: [&Expr; 2], symbols: &Symbols, options: &Options) -> Outcome {
    let case = match Case::new(claim, sides, symbols, options.budget) {
        Ok(case) => case,
        Err(stop) => return unable(&stop),
    };
    let mut instances = Vec::new();
    for dimension in case.dimensions() {
        for (number, extent) in (0..).zip(extents(dimension)) {
            let seed = options.seed.wrapping_add(1000 * dimension as u64 + 100 * number);
            match case.settle(extent, seed) {
                Ok((Comparison::Same, draw)) => instances.push((dimension, draw.seed)),
                Ok((Comparison::Different(found), draw)) => return case.show(extent, &draw, *found),
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
            positive: false,
            dimension: extent.dimension,
            parameter: self.survey.special && !integrals && !self.survey.distributions,
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
            rooted: self.survey.rooted.iter().copied().collect(),
            whitened: self.whitened(),
            scales: HashMap::new(),
            free_logarithms: !self.survey.entangled,
            chosen: HashMap::new(),
        };
        if draw.whitened {
            draw.support = 1 << extent.dimension;
        }
        let batches = self.batches(extent, &mut draw)?;
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
    fn batches(&self, extent: Extent, draw: &mut Draw) -> Result<HashMap<u32, BatchPlan>, Stop> {
        let batches = &self.survey.batches;
        let sizes = scalars(batches.values().map(|batch| &batch.size));
        let populations = scalars(batches.values().filter_map(|batch| batch.population.as_ref()));
        let finite = batches.values().any(|batch| batch.population.is_some());
        let copies = match (draw.squares, draw.whitened) {
            (true, true) if extent.dimension > 1 => [1, 4, 1, 4, 9],
            (true, _) => [4, 1, 1, 4, 9],
            (false, _) => [extent.copies, 1, 2, 3, 6],
        };
        for copies in copies {
            for population in [copies.max(3), copies.max(3) + 1, copies.max(3) + 2, copies, copies + 1] {
                draw.counts = populations.iter().map(|id| (*id, population)).collect();
                draw.counts.extend(sizes.iter().map(|id| (*id, copies)));
                if !self.allows(&draw.counts, extent.dimension) {
                    continue;
                }
                if let Some((plans, support)) = plans(batches, &draw.counts) {
                    if finite && draw.whitened {
                        return Err(Stop::unable("the root of a covariance of finitely many data points"));
                    }
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

    /// Compares the sides at an instance, drawn anew while it is unlucky. Returns the instance that was not.
    fn settle(&self, extent: Extent, seed: u64) -> Result<(Comparison, Draw), Stop> {
        let mut last = Stop::Budget;
        let attempts = if self.claim.conditions.is_empty() { ATTEMPTS } else { 4 * ATTEMPTS };
        for attempt in 0..attempts {
            let solves = !self.claim.conditions.is_empty() || !self.hypotheses.equations.is_empty();
            let size = match (self.survey.needs_rationals, solves) {
                (true, _) => Size::Small,
                (false, true) => Size::Medium,
                (false, false) => Size::Large,
            };
            let (mut draw, batches) = self.draw(extent, seed.wrapping_add(attempt), size)?;
            // Inequalities hold more often where numbers are positive.
            draw.positive = attempt % 2 == 1;
            let result = if self.survey.needs_rationals {
                compare::<Rational>(self, &mut draw, &batches)
            } else {
                compare::<Residue>(self, &mut draw, &batches)
            };
            match result {
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
            let seed = draw.seed.wrapping_add(offset);
            let Ok((mut instance, batches)) = self.draw(extent, seed, size) else { continue };
            instance.positive = draw.positive;
            if let Ok(Comparison::Different(found)) = compare::<Rational>(self, &mut instance, &batches) {
                return Outcome::Differs(Box::new(show::counterexample(self, &instance, *found)));
            }
        }
        Outcome::Unable("the sides differ modulo a prime, at numbers too large to show".into())
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
            let value = value(e, counts, 0, 0)?.to_integer().filter(|n| (1..=200).contains(n))?;
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
