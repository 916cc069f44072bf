//! What stands before a side or a term: a wrong number or scalar, or a term that is one too many.
//!
//! Where a term enters linearly, the factor that it needs follows from the normal forms
//! ([`Balance`](super::super::proportion::Balance)), whatever number it is. Within something that is not linear, and where
//! there is no normal form, the usual factors are tried.

#![allow(clippy::wildcard_enum_match_arm, reason = "a slip concerns the nodes that it names, and no other")]

use super::super::proportion::{Balance, Multiple};
use super::scale::{behind, scaled, scaled_side, times};
use super::{Change, MOST_PLACES, Repair, Side, Slip, node_at, scalar, with_side};
use crate::expression::{Claim, Expr, Kind, Rational, Shape, Sides};

/// Factors that get lost or doubled.
const FACTORS: [(i64, i64); 12] =
    [(2, 1), (1, 2), (-1, 1), (-2, 1), (-1, 2), (4, 1), (1, 4), (3, 1), (1, 3), (6, 1), (1, 6), (-4, 1)];

fn usual() -> impl Iterator<Item = Rational> {
    FACTORS.iter().filter_map(|&(n, d)| Rational::new(n, d))
}

/// A wrong factor of the right side or of a term: first the repairs by a number, then those by a scalar.
pub(super) fn factors(claim: &Claim, balance: Option<&Balance<'_>>) -> (Vec<Repair>, Vec<Repair>) {
    let Sides::Equation { left, right } = &claim.sides else { return (Vec::new(), Vec::new()) };
    let (mut numbers, mut scalars) = (Vec::new(), Vec::new());
    let zero = Expr::new(Kind::Number(Rational::ZERO), right.shape());
    match (balance, with_side(claim, Side::Right, zero)) {
        (Some(balance), Some(without)) => {
            if let Some((multiple, inverse)) = balance.whole(&without) {
                let (slip, new) = whole(right, &multiple, inverse);
                let list = if matches!(multiple, Multiple::Number(_)) { &mut numbers } else { &mut scalars };
                list.extend(with_side(claim, Side::Right, new).map(|claim| Repair { slip, claim }));
            }
        }
        _ => {
            for factor in usual() {
                let inverse = factor.recip().map(Multiple::Number);
                let (slip, new) = whole(right, &Multiple::Number(factor), inverse);
                numbers.extend(with_side(claim, Side::Right, new).map(|claim| Repair { slip, claim }));
            }
        }
    }
    for (side, whole) in [(Side::Right, right), (Side::Left, left)] {
        for (path, node) in whole.nodes(MOST_PLACES) {
            let Kind::Add(terms) = node.kind() else { continue };
            let exact = balance.filter(|_| is_linear(whole, &path));
            for (number, term) in terms.iter().enumerate() {
                let put = |new: Option<Expr>| {
                    with_side(claim, side, whole.replaced(&path, with_term(&node, terms, number, new))?)
                };
                let Some(balance) = exact else {
                    for (slip, new) in by_trial(term) {
                        numbers.extend(put(new).map(|claim| Repair { slip, claim }));
                    }
                    continue;
                };
                let Some(multiple) = put(None).and_then(|without| balance.multiple(&without)) else {
                    continue;
                };
                let list = if matches!(multiple, Multiple::Number(_)) { &mut numbers } else { &mut scalars };
                let (slip, new) = of_term(term, multiple);
                list.extend(put(new).map(|claim| Repair { slip, claim }));
            }
        }
    }
    (numbers, scalars)
}

/// The right side, `multiple` times what it should be.
fn whole(right: &Expr, multiple: &Multiple, inverse: Option<Multiple>) -> (Slip, Expr) {
    match (multiple, inverse) {
        (Multiple::Number(factor), inverse) => {
            let slip = match inverse {
                Some(Multiple::Number(times)) if times != Rational::integer(-1) => Slip::Factor(times),
                _ => Slip::Sign,
            };
            (slip, scaled_side(factor, right))
        }
        (Multiple::Scalar(factor), Some(Multiple::Scalar(inverse))) => {
            (Slip::SymbolFactor(inverse), times(factor, right))
        }
        (Multiple::Scalar(factor), _) => {
            (Slip::TermScale(right.clone(), factor.clone()), times(factor, right))
        }
    }
}

/// A term and what it is with the factor that it needs; nothing if it is one too many.
fn of_term(term: &Expr, multiple: Multiple) -> (Slip, Option<Expr>) {
    match multiple {
        Multiple::Number(zero) if zero.is_zero() => (Slip::ExtraTerm(term.clone()), None),
        Multiple::Number(factor) => {
            let new = scaled(&factor, term);
            let is_sign = factor == Rational::integer(-1);
            let slip =
                if is_sign { Slip::TermSign(term.clone()) } else { Slip::TermFactor(term.clone(), factor) };
            (slip, Some(new))
        }
        Multiple::Scalar(factor) => {
            let new = times(&factor, term);
            (Slip::TermScale(term.clone(), factor), Some(new))
        }
    }
}

/// A term with each of the usual factors, and without it.
fn by_trial(term: &Expr) -> Vec<(Slip, Option<Expr>)> {
    usual().chain([Rational::ZERO]).map(|factor| of_term(term, Multiple::Number(factor))).collect()
}

/// The terms of a sum, each with the usual factors.
pub(super) fn terms_by_trial(node: &Expr) -> Vec<Change> {
    let mut found = Vec::new();
    for (path, sum) in node.nodes(MOST_PLACES) {
        let Kind::Add(terms) = sum.kind() else { continue };
        for (number, term) in terms.iter().enumerate() {
            for (slip, new) in by_trial(term) {
                let new = with_term(&sum, terms, number, new);
                found.extend(node.replaced(&path, new).map(|node| (slip, node)));
            }
        }
    }
    found
}

/// A sum with another term in the place of one, or without it.
fn with_term(sum: &Expr, terms: &[Expr], number: usize, new: Option<Expr>) -> Expr {
    let mut rest = terms.to_vec();
    match new {
        Some(new) => rest[number] = if number == 0 { new } else { behind(&new) },
        None => {
            rest.remove(number);
        }
    }
    match rest.as_slice() {
        [] => Expr::new(Kind::Number(Rational::ZERO), sum.shape()),
        [only] => only.clone(),
        _ => Expr::new(Kind::Add(rest), sum.shape()),
    }
}

/// Whether a side is linear in a term somewhere.
pub(super) fn is_linear_term(whole: &Expr, term: &Expr) -> bool {
    whole.nodes(MOST_PLACES).iter().any(|(path, node)| {
        matches!(node.kind(), Kind::Add(terms) if terms.contains(term)) && is_linear(whole, path)
    })
}

/// Whether a side is linear in what stands at a place, everything else fixed.
fn is_linear(whole: &Expr, path: &[usize]) -> bool {
    (0..path.len()).all(|depth| !is_nonlinear(whole, &path[..=depth]))
}

/// Whether what stands directly around a place is not linear in it.
pub(super) fn is_nonlinear(whole: &Expr, path: &[usize]) -> bool {
    let Some((&last, above)) = path.split_last() else { return false };
    node_at(whole, above).is_some_and(|parent| match parent.kind() {
        Kind::Pow(..)
        | Kind::Sqrt(_)
        | Kind::MatrixRoot(_)
        | Kind::Function(..)
        | Kind::Apply(..)
        | Kind::LogDet(_)
        | Kind::Inverse(_)
        | Kind::Norm2(_)
        | Kind::Cov(_)
        | Kind::Var(_)
        | Kind::Conditional(..)
        | Kind::Current(_) => true,
        Kind::Div(..) | Kind::Shift(..) | Kind::At(..) | Kind::Mean(..) | Kind::SumOver(..) => last > 0,
        _ => false,
    })
}

/// A factor inside something that is not linear, or another exponent.
pub(super) fn inner(node: &Expr) -> Vec<Change> {
    let mut found: Vec<Expr> = usual().map(|factor| scaled(&factor, node)).collect();
    if node.shape() == Shape::Scalar {
        for step in [1, -1] {
            found.push(match node.kind() {
                Kind::Number(value) => Expr::number(value + &Rational::integer(step)),
                _ => scalar(Kind::Add(vec![node.clone(), Expr::number(Rational::integer(step))])),
            });
        }
    }
    found.into_iter().map(|new| (Slip::Inner(node.clone(), new.clone()), new)).collect()
}
