//! Both sides of a claim at one instance, coefficient by coefficient.

use super::Counterexample;
use super::draw::{Draw, Unknown};
use super::evaluate::{BatchPlan, Evaluator, Setting};
use super::number::Exact;
use super::plan::Case;
use super::series::{EXACT, Key, Series, Stop, Try};
use super::tensor::Tensor;
use crate::expression::{FieldShape, Rational, Sign, SymbolId, SymbolKind};
use std::collections::HashMap;
use std::fmt::Write as _;

/// Where two sides differ.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Difference {
    /// Indices from 0.
    component: Vec<usize>,
    key: Key,
    /// Both sides, if they are known as rational numbers.
    pub(super) values: Option<(Rational, Rational)>,
    /// The degree up to which each field was looked at.
    degrees: Vec<(SymbolId, usize)>,
}

/// Whether two sides are the same at an instance.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Comparison {
    Same,
    Different(Box<Difference>),
}

/// How often the series are made longer.
const LONGER: usize = 4;

/// Compares the sides of a claim at an instance.
pub(super) fn compare<F: Exact>(
    case: &Case<'_>,
    draw: &mut Draw,
    batches: &HashMap<u32, BatchPlan>,
) -> Try<Comparison> {
    let wanted = match &case.claim.remainder {
        None => EXACT,
        Some(remainder) => {
            let half_powers = (&remainder.order * &Rational::integer(2)).to_integer();
            let half_powers =
                half_powers.and_then(|n| i32::try_from(n).ok()).filter(|n| (1..=40).contains(n));
            half_powers.ok_or_else(|| Stop::unable("a remainder that is not a small multiple of 1/2"))?
        }
    };
    let mut cut = wanted;
    for _ in 0..LONGER {
        let setting = case.setting(draw, batches, cut);
        let mut evaluator = Evaluator::<F>::new(setting, case.budget)?;
        let scene = evaluator.outside();
        let left = evaluator.value(case.sides[0], 0, &scene)?;
        let right = evaluator.value(case.sides[1], 0, &scene)?;
        let known = left.data.iter().chain(&right.data).map(|c| c.known).min().unwrap_or(EXACT);
        if known >= wanted {
            return Ok(match difference(&left, &right, wanted)? {
                None => Comparison::Same,
                Some((component, key, values)) => Comparison::Different(Box::new(Difference {
                    component,
                    key,
                    values,
                    degrees: evaluator.degrees.iter().map(|(field, degree)| (*field, *degree)).collect(),
                })),
            });
        }
        cut = cut.saturating_add(wanted.saturating_sub(known).clamp(1, 20));
    }
    Err(Stop::unable("the order of the remainder is out of reach"))
}

/// Where two sides differ: the component, the monomial and the two coefficients.
type Place = (Vec<usize>, Key, Option<(Rational, Rational)>);

/// The first coefficient in which two sides differ below a half power.
fn difference<F: Exact>(left: &Tensor<F>, right: &Tensor<F>, wanted: i32) -> Try<Option<Place>> {
    let (mut left, mut right) = (left.clone(), right.clone());
    // The literal 0 has any shape.
    left.add_scaled(&Tensor::zero(right.extents.clone()), &F::one())?;
    right.add_scaled(&Tensor::zero(left.extents.clone()), &F::one())?;
    if left.extents != right.extents {
        if left.is_zero() {
            left = Tensor::zero(right.extents.clone());
        } else if right.is_zero() {
            right = Tensor::zero(left.extents.clone());
        } else {
            return Err(super::tensor::shape());
        }
    }
    let mut lowest: Option<Place> = None;
    for (place, (a, b)) in left.data.iter().zip(&right.data).enumerate() {
        let mut rest = a.clone();
        rest.add_scaled(b, &F::one().neg());
        for (key, block) in &rest.terms {
            let nearer = lowest.as_ref().is_none_or(|(_, found, _)| key.power() < found.power());
            if key.power() >= wanted || block.first().is_none_or(F::is_zero) || !nearer {
                continue;
            }
            let mut component = Vec::new();
            let mut position = place;
            for extent in left.extents.iter().rev() {
                component.insert(0, position % extent);
                position /= extent;
            }
            let values = coefficient(a, *key).to_rational().zip(coefficient(b, *key).to_rational());
            lowest = Some((component, *key, values));
        }
    }
    Ok(lowest)
}

/// The coefficient of a monomial at the point.
fn coefficient<F: Exact>(series: &Series<F>, key: Key) -> F {
    let block = series.terms.iter().find(|(found, _)| *found == key).and_then(|(_, block)| block.first());
    block.cloned().unwrap_or_else(F::zero)
}

impl<'a> Case<'a> {
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
            definitions: &self.definitions,
            small: self.claim.remainder.as_ref().map(|remainder| remainder.symbol),
            cut,
        }
    }
}

/// An instance with the difference that was found at it, to be read.
pub(super) fn counterexample(case: &Case<'_>, draw: &Draw, found: Difference) -> Counterexample {
    let small = case.claim.remainder.as_ref().map(|remainder| remainder.symbol);
    let mut scalars = Vec::new();
    let mut random = false;
    for id in &case.survey.names {
        let symbol = case.symbols.get(*id);
        match &symbol.kind {
            SymbolKind::Scalar(sign) if Some(*id) != small && !case.definitions.contains_key(id) => {
                scalars.push((symbol.name.clone(), draw.scalar(*id, *sign)));
            }
            SymbolKind::Random { .. } => random = true,
            _ => {}
        }
    }
    let (left, right) = found.values.unwrap_or((Rational::ZERO, Rational::ZERO));
    Counterexample {
        dimension: draw.dimension,
        seed: draw.seed,
        scalars,
        weights: if random { draw.weights() } else { Vec::new() },
        point: (0..draw.dimension).map(|i| draw.point(i)).collect(),
        fields: found.degrees.iter().flat_map(|(field, degree)| lines(case, draw, *field, *degree)).collect(),
        component: found.component.iter().map(|i| i + 1).collect(),
        power: small.map(|_| Rational::half(i64::from(found.key.power()))),
        left,
        right,
    }
}

/// A line for every component of a field at every data point.
fn lines(case: &Case<'_>, draw: &Draw, id: SymbolId, degree: usize) -> Vec<String> {
    let symbol = case.symbols.get(id);
    let SymbolKind::Field { shape, arguments, sign, .. } = &symbol.kind else { return Vec::new() };
    if draw.squared.contains(&id) || case.definitions.contains_key(&id) {
        return Vec::new();
    }
    let d = draw.dimension;
    let (rows, columns) = match shape {
        FieldShape::Scalar => (1, 1),
        FieldShape::Vector => (d, 1),
        FieldShape::Symmetric => (d, d),
        FieldShape::Matrix => (d, draw.columns(id)),
    };
    let symmetric = *shape == FieldShape::Symmetric || draw.symmetric.contains(&id);
    let outcomes = if arguments.is_empty() { 1 } else { draw.support };
    let mut lines = Vec::new();
    for outcome in 0..outcomes {
        for place in 0..rows * columns {
            let (i, j) = (place / columns, place % columns);
            if symmetric && i > j {
                continue;
            }
            let mut line = symbol.name.to_string();
            if !arguments.is_empty() {
                let names: Vec<&str> = arguments.iter().map(|a| &*case.symbols.get(*a).name).collect();
                let _ = write!(line, "({} at data point {})", names.join(", "), outcome + 1);
            }
            match shape {
                FieldShape::Scalar => {}
                FieldShape::Vector => line += &format!("[{}]", i + 1),
                FieldShape::Symmetric | FieldShape::Matrix => line += &format!("[{}, {}]", i + 1, j + 1),
            }
            let outcome = u32::try_from(outcome).unwrap_or(0);
            let coefficient = |monomial| {
                let place = Unknown::Coefficient { field: id, outcome, component: place, monomial };
                draw.coefficient(place, 0, *sign)
            };
            lines.push(format!("{line} = {}", polynomial(d, degree, coefficient)));
        }
    }
    lines
}

/// A polynomial in `x1, x2, ..`, as a person would write it.
fn polynomial(dimension: usize, degree: usize, coefficient: impl Fn(usize) -> Rational) -> String {
    let Some(table) = super::monomials::Monomials::of(dimension) else { return String::new() };
    let count = table.up_to.get(degree).copied().unwrap_or(1);
    let mut text = String::new();
    for (monomial, exponents) in table.exponents[..count].iter().enumerate() {
        let value = coefficient(monomial);
        if value.is_zero() {
            continue;
        }
        let sign = match (text.is_empty(), value.is_negative()) {
            (true, false) => "",
            (true, true) => "-",
            (false, false) => " + ",
            (false, true) => " - ",
        };
        let _ = write!(text, "{sign}{}", value.abs());
        for (variable, exponent) in exponents.iter().enumerate().filter(|(_, exponent)| **exponent > 0) {
            let _ = write!(text, "*x{}", variable + 1);
            if *exponent > 1 {
                let _ = write!(text, "^{exponent}");
            }
        }
    }
    if text.is_empty() { "0".into() } else { text }
}

/// The sign that is known of a scalar.
pub(super) fn sign_of(case: &Case<'_>, id: SymbolId) -> Sign {
    match case.symbols.get(id).kind {
        SymbolKind::Scalar(sign) | SymbolKind::Field { sign, .. } => sign,
        _ => Sign::Any,
    }
}
