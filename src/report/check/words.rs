//! Slips, assumptions and gaps in words.

use super::super::layout::counted;
use super::names::Names;
use crate::expression::{Claim, Condition, Expr, Rational, Sides};
use crate::reading::symbolic::witness::Counterexample;
use crate::reading::symbolic::{Assumption, Slip};
use crate::verdict::claim::{Gap, Proof};

/// Characters of an expression within a sentence; longer ones are shortened in the middle.
const LONGEST: usize = 160;

/// Lines that a counterexample shows of its fields.
const MOST_FIELDS: usize = 8;

/// What a proof consists of, as a sentence without its full stop.
pub(super) fn proved(proof: &Proof) -> String {
    let agreement = proof.proved.agreement();
    let dimensions: Vec<String> = agreement.dimensions().iter().map(usize::to_string).collect();
    format!(
        "proved: the sides are equal in normal form, and at {} with random functions, in dimension {}",
        counted(agreement.instances().len(), "exact instance"),
        dimensions.join(", "),
    )
}

fn quoted(e: &Expr, names: &Names<'_>) -> String {
    format!("`{}`", super::super::layout::shortened(&names.text(e), LONGEST))
}

fn times(factor: &Rational) -> String {
    match factor.to_parts() {
        Some((2, 1)) => "twice".to_owned(),
        Some((1, 2)) => "half".to_owned(),
        Some((1, 3)) => "a third of".to_owned(),
        Some((1, 4)) => "a quarter of".to_owned(),
        Some(_) | None => format!("{factor} times"),
    }
}

/// What was done wrong, as a sentence without its full stop.
pub(super) fn slip(slip: &Slip, names: &Names<'_>) -> String {
    let q = |e: &Expr| quoted(e, names);
    match slip {
        Slip::Factor(factor) => format!("the right side is {} the left", times(factor)),
        Slip::SymbolFactor(factor) => format!("the right side is {} times the left", q(factor)),
        Slip::Sign => "the sign is wrong: the right side is minus the left".to_owned(),
        Slip::TermFactor(term, factor) => format!("the term {} should be multiplied by {factor}", q(term)),
        Slip::TermScale(term, factor) => {
            format!("the term {} should be multiplied by {}", q(term), q(factor))
        }
        Slip::TermSign(term) => format!("the term {} has the wrong sign", q(term)),
        Slip::ExtraTerm(term) => format!("the term {} does not belong there", q(term)),
        Slip::MissingTerm(term) => format!("the term {} is missing on the right side", q(term)),
        Slip::GradMissing(e) => {
            format!(
                "a grad is missing: {} is a scalar where a vector belongs, `grad({})` is one",
                q(e),
                super::super::layout::shortened(&names.text(e), LONGEST)
            )
        }
        Slip::Transposed(from, to) => format!("indices are exchanged: {} should be {}", q(from), q(to)),
        Slip::Convention(from, to) => {
            format!("the convention is another one: {} should be {}", q(from), q(to))
        }
        Slip::Count(from, to) => format!("a count is wrong: {} should be {}", q(from), q(to)),
        Slip::SecondMoment(from, to) => {
            format!("a second moment stands for a covariance: {} should be {}", q(from), q(to))
        }
        Slip::Covariance(from, to) => {
            format!("a covariance stands for a second moment: {} should be {}", q(from), q(to))
        }
        Slip::MeanAndSum(from, to) => format!("mean and sum are confused: {} should be {}", q(from), q(to)),
        Slip::Split(from, to) => {
            format!(
                "the expectation of a product is not the product of expectations: {} should be {}",
                q(from),
                q(to)
            )
        }
        Slip::Derivative(from, to) => {
            format!("a derivative acts on the wrong factors: {} should be {}", q(from), q(to))
        }
        Slip::Inner(from, to) => format!("{} should be {}", q(from), q(to)),
        Slip::OneDimension => "it holds in one dimension only".to_owned(),
        Slip::Symmetric(field) => format!("it holds if {} is symmetric", names.declared().get(*field).name),
        Slip::Vanishing(e) => format!("it holds where {} = 0", q(e)),
        Slip::Order(symbol, order) => {
            format!(
                "it holds to a lower order only: with O({})",
                power(&names.declared().get(*symbol).name, order)
            )
        }
    }
}

/// The claim that is proved with the slip undone; nothing if it says of something that it is itself.
pub(super) fn repaired(claim: &Claim, names: &Names<'_>) -> Option<String> {
    let (Sides::Equation { left, right } | Sides::DifferentShapes { left, right }) = &claim.sides;
    if names.text(left) == names.text(right) {
        return None;
    }
    let symbols = names.declared();
    let conditions: Vec<String> = claim
        .conditions
        .iter()
        .map(|condition| match condition {
            Condition::Equal(a, b) => format!("{} = {}", names.text(a), names.text(b)),
            Condition::Positive(a) => format!("{} > 0", names.text(a)),
            Condition::NonNegative(a) => format!("{} >= 0", names.text(a)),
        })
        .collect();
    let place =
        if conditions.is_empty() { String::new() } else { format!(" where {}", conditions.join(", ")) };
    let remainder = claim.remainder.as_ref().map_or_else(String::new, |remainder| {
        format!(" + O({})", power(&symbols.get(remainder.symbol).name, &remainder.order))
    });
    Some(format!("{}{remainder}{place}", names.equation(claim)))
}

/// `eta^2`, `dt^(3/2)`, `eta`.
pub(super) fn power(name: &str, order: &Rational) -> String {
    match order.to_integer() {
        Some(1) => name.to_owned(),
        Some(_) => format!("{name}^{order}"),
        None => format!("{name}^({order})"),
    }
}

/// What a proof rests on.
pub(super) fn assumption(assumption: &Assumption, names: &Names<'_>) -> String {
    let q = |e: &Expr| quoted(e, names);
    match assumption {
        Assumption::ExchangeOfDerivativeAndExpectation => {
            "derivative and expectation may be exchanged".to_owned()
        }
        Assumption::DecayAtInfinity => "what is integrated vanishes far out".to_owned(),
        Assumption::NonZero(e) => format!("{} is not 0", q(e)),
        Assumption::Positive(e) => format!("{} is positive", q(e)),
        Assumption::Given(left, right) => format!("given: {} = {}", q(left), q(right)),
        Assumption::SmoothRoot(e) => format!("the symmetric root of {} is differentiable", q(e)),
    }
}

/// What is missing for a decision.
pub(super) fn gap(gap: &Gap) -> String {
    match gap {
        Gap::NormalForm(obstacle) => format!("normal form: {obstacle}"),
        Gap::Incomplete(what) => {
            format!("normal form: the sides differ in it, but {what}")
        }
        Gap::Instances(reason) => format!("exact instances: {reason}"),
    }
}

/// An instance at which the sides differ, a line each.
pub(super) fn counterexample(instance: &Counterexample, symbol: Option<&str>) -> Vec<String> {
    let Counterexample {
        dimension, scalars, weights, point, fields, component, power: at, left, right, ..
    } = instance;
    let list = |values: &[Rational]| values.iter().map(Rational::to_string).collect::<Vec<_>>().join(", ");
    let place = match component.as_slice() {
        [] => String::new(),
        indices => {
            format!(", component [{}]", indices.iter().map(usize::to_string).collect::<Vec<_>>().join(","))
        }
    };
    let of_order = match (at, symbol) {
        (Some(at), Some(symbol)) => format!(", coefficient of {}", power(symbol, at)),
        _ => String::new(),
    };
    let mut lines =
        vec![format!("for example in dimension {dimension}{place}{of_order}: left {left}, right {right}")];
    if !scalars.is_empty() {
        let values: Vec<String> = scalars.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        lines.push(format!("  {}", values.join(", ")));
    }
    if !weights.is_empty() {
        lines.push(format!("  probabilities of the data points: {}", list(weights)));
    }
    if !point.is_empty() {
        lines.push(format!("  at the point ({}), x1, x2, .. the displacements from it", list(point)));
    }
    lines.extend(fields.iter().take(MOST_FIELDS).map(|field| format!("  {field}")));
    if fields.len() > MOST_FIELDS {
        lines.push(format!("  and {} more fields (--json has all)", fields.len() - MOST_FIELDS));
    }
    lines
}
