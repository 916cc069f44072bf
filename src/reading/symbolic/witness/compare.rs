//! Both sides of a claim at one instance, coefficient by coefficient.

use super::draw::{Draw, Formal};
use super::evaluate::{BatchPlan, Evaluator, Setting};
use super::functions::Request;
use super::number::Exact;
use super::plan::Case;
use super::series::{EXACT, Key, Limits, Ring, Series, Stop, Try};
use super::solve::Solver;
use super::tensor::Tensor;
use crate::expression::{Condition, Expr, Kind, Rational, Sign, SymbolId, SymbolKind};
use std::collections::{BTreeMap, HashMap};

/// Where two sides differ.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Difference {
    /// Indices from 0.
    pub(super) component: Vec<usize>,
    /// The power of the small parameter, and of formal variables.
    pub(super) key: Key,
    /// The monomial of the displacement.
    pub(super) monomial: usize,
    /// Both sides, if they are known as rational numbers.
    pub(super) values: Option<(Rational, Rational)>,
    /// The degree up to which each field was looked at.
    pub(super) degrees: Vec<(SymbolId, usize)>,
}

impl Difference {
    /// Whether the values of the sides are known.
    pub(super) fn is_rational(&self) -> bool {
        self.values.is_some()
    }
}

/// Whether two sides are the same at an instance.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Comparison {
    Same,
    Different(Box<Difference>),
}

/// How often the series are made longer.
const LONGER: usize = 6;
/// By how many half powers they are made longer.
const LONGER_BY: i32 = 4;
/// For how many values of a bare random number with a distribution a claim is looked at.
const VALUES: u32 = 8;
/// How often a number at the point is changed so that a function of it is rational.
const ADJUSTMENTS: usize = 12;
/// The degree up to which sides are compared beside a point that is special.
const BESIDE: usize = 2;

/// Compares the sides of a claim at an instance, which is made to obey its conditions first.
pub(super) fn compare<F: Exact>(
    case: &Case<'_>,
    draw: &mut Draw,
    batches: &HashMap<u32, BatchPlan>,
) -> Try<Comparison> {
    let formal = draw.formal != Formal::Nothing;
    let wanted = if formal { case.formal_cut(draw) } else { case.wanted()? };
    let mut solver = Solver::new(case, batches, wanted);
    if !case.hypotheses.equations.is_empty() {
        let degrees = case.hypotheses.degrees(&looked_at(case, draw, batches, wanted));
        for ((left, right), degree) in case.hypotheses.equations.iter().zip(degrees) {
            solver.everywhere(draw, left, right, degree)?;
        }
    }
    for (left, right) in case.equations() {
        solver.at_point(draw, left, right)?;
    }
    let mut degree = 0;
    for _ in 0..ADJUSTMENTS {
        match sides::<F>(case, draw, batches, Limits { degree, cut: wanted }) {
            Ok(Step::Done(comparison)) => return Ok(comparison),
            Ok(Step::Asks(request)) => {
                let target = solver.grant(draw, &request)?;
                if target.is_zero() || target.is_one() {
                    // What is the same at a special value need not be beside it.
                    degree = BESIDE;
                    let moves = draw.parameter || (formal && has_field(case, &request.expression));
                    if !moves || case.equations().next().is_some() {
                        return Err(Stop::unable("a function at a special point only"));
                    }
                }
            }
            Err(Stop::Rescale(field, factor)) if !draw.scales.contains_key(&field) => {
                draw.scales.insert(field, factor.recip().ok_or(Stop::Budget)?);
            }
            Err(Stop::Rescale(..)) => {
                return Err(Stop::unable("the roots of two multiples of a matrix"));
            }
            Err(stop) => return Err(stop),
        }
    }
    Err(Stop::unable("a function is not rational at the point"))
}

/// Whether a field stands in an expression: it moves beside the point and with the formal number.
fn has_field(case: &Case<'_>, e: &Expr) -> bool {
    e.any(&mut |part| match part.kind() {
        Kind::Symbol(id) => matches!(case.symbols.get(*id).kind, SymbolKind::Field { .. }),
        _ => false,
    })
}

/// The degree up to which the claim looks at each of its fields.
fn looked_at(
    case: &Case<'_>,
    draw: &Draw,
    batches: &HashMap<u32, BatchPlan>,
    wanted: i32,
) -> BTreeMap<SymbolId, usize> {
    let mut degrees = BTreeMap::new();
    let mut whole = false;
    if let Ok(mut evaluator) = Evaluator::<Rational>::new(case.setting(draw, batches, wanted), case.budget) {
        let scene = evaluator.outside(0);
        whole = case.sides.iter().all(|side| evaluator.value(side, 0, &scene).is_ok());
        degrees = evaluator.degrees;
    }
    if !whole {
        for id in &case.survey.names {
            if matches!(case.symbols.get(*id).kind, SymbolKind::Field { .. }) {
                let degree = degrees.entry(*id).or_insert(0);
                *degree = (*degree).max(case.derivatives + 2);
            }
        }
    }
    if draw.parameter {
        degrees.values_mut().for_each(|degree| *degree += BESIDE);
    }
    degrees
}

/// What became of two sides at an instance as it is.
enum Step {
    /// They were compared.
    Done(Comparison),
    /// A number at the point must be another one first.
    Asks(Box<Request>),
}

/// The two sides, compared at an instance as it is.
fn sides<F: Exact>(
    case: &Case<'_>,
    draw: &Draw,
    batches: &HashMap<u32, BatchPlan>,
    limits: Limits,
) -> Try<Step> {
    let mut cut = limits.cut;
    for _ in 0..LONGER {
        match at_length::<F>(case, draw, batches, Limits { cut, ..limits }, limits.cut) {
            Err(Stop::Short) => cut = cut.saturating_add(LONGER_BY),
            other => return other,
        }
    }
    Err(Stop::unable("the order of the remainder is out of reach"))
}

/// The two sides below a half power, from series that are cut off at another. A claim about a bare random number is
/// looked at for several of its values.
fn at_length<F: Exact>(
    case: &Case<'_>,
    draw: &Draw,
    batches: &HashMap<u32, BatchPlan>,
    limits: Limits,
    wanted: i32,
) -> Try<Step> {
    let mut evaluator = Evaluator::<F>::new(case.setting(draw, batches, limits.cut), case.budget)?;
    let random = evaluator.facts(case.sides[0])?.is_random() || evaluator.facts(case.sides[1])?.is_random();
    let variants = if random && case.survey.distributions { VALUES } else { 1 };
    for variant in 0..variants {
        let scene = evaluator.outside(variant);
        let both = case.sides.map(|side| evaluator.value(side, limits.degree, &scene));
        let [left, right] = match both {
            [Err(Stop::Adjust(number)), _] | [Ok(_), Err(Stop::Adjust(number))] => {
                let request = evaluator.requests.list.get(number as usize).cloned();
                return request.map(|request| Step::Asks(Box::new(request))).ok_or(Stop::Adjust(number));
            }
            [left, right] => [left?, right?],
        };
        let known = left.data.iter().chain(&right.data).map(|c| c.known).min().unwrap_or(EXACT);
        if known < wanted {
            return Err(Stop::Short);
        }
        let limits = Limits { cut: wanted, ..limits };
        if let Some(found) = difference(&left, &right, &evaluator.ring, limits)? {
            case.check_inequalities(draw, batches, wanted)?;
            let degrees = evaluator.degrees.iter().map(|(field, degree)| (*field, *degree)).collect();
            return Ok(Step::Done(Comparison::Different(Box::new(Difference { degrees, ..found }))));
        }
    }
    case.check_inequalities(draw, batches, wanted)?;
    Ok(Step::Done(Comparison::Same))
}

/// The first coefficient in which two sides differ: that of the lowest half power.
fn difference<F: Exact>(
    left: &Tensor<F>,
    right: &Tensor<F>,
    ring: &Ring,
    limits: Limits,
) -> Try<Option<Difference>> {
    let (mut left, mut right) = (left.clone(), right.clone());
    // The literal 0 has any shape.
    if left.extents != right.extents {
        if left.is_zero() {
            left = Tensor::zero(right.extents.clone());
        } else if right.is_zero() {
            right = Tensor::zero(left.extents.clone());
        } else {
            return Err(super::tensor::shape());
        }
    }
    let length = ring.length(limits.degree)?;
    let mut lowest: Option<Difference> = None;
    for (place, (a, b)) in left.data.iter().zip(&right.data).enumerate() {
        let mut rest = a.clone();
        rest.add_scaled(b, &F::one().neg());
        for (key, block) in &rest.terms {
            let nearer = lowest.as_ref().is_none_or(|found| key.power() < found.key.power());
            let first = block.iter().take(length).position(|c| !c.is_zero());
            let Some(monomial) = first.filter(|_| key.power() < limits.cut && nearer) else { continue };
            let mut component = Vec::new();
            let mut position = place;
            for extent in left.extents.iter().rev() {
                component.insert(0, position % extent);
                position /= extent;
            }
            let number = |series: &Series<F>| coefficient(series, *key, monomial).to_rational();
            let values = number(a).zip(number(b));
            lowest = Some(Difference { component, key: *key, monomial, values, degrees: Vec::new() });
        }
    }
    Ok(lowest)
}

/// The coefficient of a monomial.
fn coefficient<F: Exact>(series: &Series<F>, key: Key, monomial: usize) -> F {
    let block = series.terms.iter().find(|(found, _)| *found == key);
    block.and_then(|(_, block)| block.get(monomial).cloned()).unwrap_or_else(F::zero)
}

impl Case<'_> {
    /// The half power of the small parameter from which on the sides may differ.
    fn wanted(&self) -> Try<i32> {
        let Some(remainder) = &self.claim.remainder else { return Ok(EXACT) };
        let half_powers = (&remainder.order * &Rational::integer(2)).to_integer();
        let half_powers = half_powers.and_then(|n| i32::try_from(n).ok()).filter(|n| (1..=40).contains(n));
        half_powers.ok_or_else(|| Stop::unable("a remainder that is not a small multiple of 1/2"))
    }

    /// Whether an instance obeys the inequalities of the claim, and its definitions the signs of what they define.
    fn check_inequalities(&self, draw: &Draw, batches: &HashMap<u32, BatchPlan>, cut: i32) -> Try<()> {
        let mut wanted: Vec<(Expr, bool)> = Vec::new();
        for condition in &self.claim.conditions {
            match condition {
                Condition::Positive(e) => wanted.push((e.clone(), true)),
                Condition::NonNegative(e) => wanted.push((e.clone(), false)),
                Condition::Equal(..) => {}
            }
        }
        for (id, definition) in &self.hypotheses.definitions {
            match self.symbols.get(*id).kind {
                SymbolKind::Scalar(Sign::Positive) | SymbolKind::Field { sign: Sign::Positive, .. } => {
                    wanted.push((definition.clone(), true));
                }
                SymbolKind::Scalar(Sign::NonNegative) | SymbolKind::Field { sign: Sign::NonNegative, .. } => {
                    wanted.push((definition.clone(), false));
                }
                _ => {}
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let mut evaluator = Evaluator::<Rational>::new(self.setting(draw, batches, cut), self.budget)?;
        let scene = evaluator.outside(0);
        for (e, strictly) in wanted {
            let value = evaluator.scalar(&e, 0, &scene)?;
            // A small parameter is positive: the sign is that of the lowest power.
            let lowest = value.terms.iter().min_by_key(|(key, _)| key.power());
            let number = lowest.and_then(|(_, block)| block.first().cloned()).unwrap_or(Rational::ZERO);
            if number.is_negative() || (strictly && number.is_zero()) {
                return Err(Stop::unlucky("an inequality that does not hold"));
            }
        }
        Ok(())
    }

    /// What is fixed for an evaluation.
    pub(super) fn setting<'s>(
        &'s self,
        draw: &'s Draw,
        batches: &'s HashMap<u32, BatchPlan>,
        cut: i32,
    ) -> Setting<'s> {
        Setting {
            symbols: self.symbols,
            draw,
            batches,
            definitions: &self.hypotheses.definitions,
            numbered: self.survey.distributions,
            local: !self.hypotheses.equations.is_empty(),
            small: self.claim.remainder.as_ref().map(|remainder| remainder.symbol),
            cut,
        }
    }
}
