//! An instance at which two sides differ, to be read.

use super::Counterexample;
use super::compare::Difference;
use super::draw::{Draw, Formal, Unknown};
use super::monomials::Monomials;
use super::plan::Case;
use crate::expression::{FieldShape, Rational, SymbolId, SymbolKind};
use std::fmt::Write as _;

/// An instance with the difference that was found at it, to be read.
pub(super) fn counterexample(case: &Case<'_>, draw: &Draw, found: Difference) -> Counterexample {
    let small = case.claim.remainder.as_ref().map(|remainder| remainder.symbol);
    let mut scalars = Vec::new();
    let mut random = false;
    for id in &case.survey.names {
        let symbol = case.symbols.get(*id);
        match &symbol.kind {
            SymbolKind::Scalar(sign)
                if Some(*id) != small && !case.hypotheses.definitions.contains_key(id) =>
            {
                scalars.push((symbol.name.clone(), draw.scalar(*id, *sign)));
            }
            SymbolKind::Random { .. } => random = true,
            _ => {}
        }
    }
    let term = term(draw, &found);
    let (left, right) = found.values.unwrap_or((Rational::ZERO, Rational::ZERO));
    Counterexample {
        dimension: draw.dimension,
        seed: draw.seed,
        scalars,
        weights: if random { draw.weights() } else { Vec::new() },
        point: (0..draw.dimension).map(|i| draw.point(i)).collect(),
        fields: found.degrees.iter().flat_map(|(field, degree)| lines(case, draw, *field, *degree)).collect(),
        component: found.component.iter().map(|i| i + 1).collect(),
        term,
        power: small.map(|_| Rational::half(i64::from(found.key.power()))),
        left,
        right,
    }
}

/// The monomial of the displacement and the power of the formal number that a difference is the coefficient of.
fn term(draw: &Draw, found: &Difference) -> Option<String> {
    let table = Monomials::of(draw.variables()).filter(|_| found.monomial > 0);
    let mut all = table.map_or_else(Vec::new, |table| factors(draw, &table.exponents[found.monomial]));
    if draw.formal != Formal::Nothing && found.key.power() != 0 {
        let power = Rational::half(i64::from(found.key.power()));
        all.push(if power.is_one() { "t".into() } else { format!("t^({power})") });
    }
    (!all.is_empty()).then(|| all.join("*"))
}

/// A line for every component of a field at every data point.
fn lines(case: &Case<'_>, draw: &Draw, id: SymbolId, degree: usize) -> Vec<String> {
    let symbol = case.symbols.get(id);
    let SymbolKind::Field { shape, arguments, sign, .. } = &symbol.kind else { return Vec::new() };
    if draw.rooted.contains(&id) || case.hypotheses.definitions.contains_key(&id) {
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
            lines.push(format!("{line} = {}", polynomial(draw, degree, coefficient)));
        }
    }
    lines
}

/// A polynomial in `x1, x2, ..` and the parameter `t`, as a person would write it.
fn polynomial(draw: &Draw, degree: usize, coefficient: impl Fn(usize) -> Rational) -> String {
    let Some(table) = Monomials::of(draw.variables()) else { return String::new() };
    let count = table.up_to.get(degree).copied().unwrap_or(1);
    let mut text = String::new();
    for monomial in 0..count {
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
        for factor in factors(draw, &table.exponents[monomial]) {
            let _ = write!(text, "*{factor}");
        }
    }
    if text.is_empty() { "0".into() } else { text }
}

/// The factors of a monomial: `x1`, `x2^2`, `t`.
fn factors(draw: &Draw, exponents: &[u8]) -> Vec<String> {
    let name =
        |variable: usize| if variable < draw.dimension { format!("x{}", variable + 1) } else { "t".into() };
    let factor = |(variable, exponent): (usize, &u8)| match exponent {
        0 => None,
        1 => Some(name(variable)),
        _ => Some(format!("{}^{exponent}", name(variable))),
    };
    exponents.iter().enumerate().filter_map(factor).collect()
}
