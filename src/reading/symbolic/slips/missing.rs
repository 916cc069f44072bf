//! A term that is missing.
//!
//! On the right side it is the difference where that is a single term, else a part of the claim, or a product under a
//! derivative of such parts, times a scalar. Within something that is not linear, parts of the claim are tried.

#![allow(clippy::wildcard_enum_match_arm, reason = "a slip concerns the nodes that it names, and no other")]

use super::super::proportion::{Balance, Multiple};
use super::factor::is_nonlinear;
use super::scale::{plus, scaled, times};
use super::{MOST_PLACES, Repair, Side, Slip, is_scalar_symbol, node_at, scalar, with_side};
use crate::expression::{Claim, Expr, Kind, Rational, Shape, Sides, Symbols};

/// Parts of a claim that are tried as terms.
const MOST_PARTS: usize = 40;

/// The claim with each term that may be missing.
pub(in super::super) fn missing(
    claim: &Claim,
    symbols: &Symbols,
    difference: Option<&Expr>,
    balance: Option<&Balance<'_>>,
) -> Vec<Repair> {
    let Sides::Equation { left, right } = &claim.sides else { return Vec::new() };
    let parts = parts(left, right);
    let mut found = Vec::new();
    let mut push = |term: Expr| {
        let sum = plus(right, &term);
        let claim = sum.and_then(|sum| with_side(claim, Side::Right, sum));
        found.extend(claim.map(|claim| Repair { slip: Slip::MissingTerm(term), claim }));
    };
    if let Some(term) = difference.filter(|term| is_single(term, symbols)) {
        push(term.clone());
    }
    if let Some(balance) = balance {
        let terms = parts.iter().cloned().chain(derived(&parts));
        for term in terms.filter(|term| term.shape() == left.shape()) {
            let zero = Expr::new(Kind::Number(Rational::ZERO), term.shape());
            let alone = Claim { sides: Sides::Equation { left: term.clone(), right: zero }, ..claim.clone() };
            match balance.share(&alone) {
                Some(Multiple::Number(factor)) => push(scaled(&factor, &term)),
                Some(Multiple::Scalar(factor)) => push(times(&factor, &term)),
                None => {}
            }
        }
    }
    for (side, whole) in [(Side::Right, right), (Side::Left, left)] {
        found.extend(within(claim, side, whole, &parts));
    }
    found
}

/// Whether an expression is one term: a product in which sums are of declared scalars only.
fn is_single(term: &Expr, symbols: &Symbols) -> bool {
    match term.kind() {
        Kind::Number(_) => false,
        Kind::Add(terms) => terms.iter().all(|term| is_of_scalars(term, symbols)),
        Kind::Tensor(_, inner) | Kind::Sum(_, inner) | Kind::Neg(inner) => is_single(inner, symbols),
        Kind::Mul(a, b) | Kind::Div(a, b) => {
            [a, b].into_iter().all(|e| matches!(e.kind(), Kind::Number(_)) || is_single(e, symbols))
        }
        _ => true,
    }
}

fn is_of_scalars(e: &Expr, symbols: &Symbols) -> bool {
    matches!(e.kind(), Kind::Number(_))
        || is_scalar_symbol(e, symbols)
        || (!e.children().is_empty() && e.children().into_iter().all(|child| is_of_scalars(child, symbols)))
}

/// The different parts of the sides; not what an index may be free in.
fn parts(left: &Expr, right: &Expr) -> Vec<Expr> {
    let mut found: Vec<Expr> = Vec::new();
    for whole in [right, left] {
        for (path, node) in whole.nodes(MOST_PLACES) {
            let is_term = !matches!(node.kind(), Kind::Number(_)) && !is_under_an_index(whole, &path);
            if is_term && found.len() < MOST_PARTS && !found.contains(&node) {
                found.push(node);
            }
        }
    }
    found
}

/// Gradients and divergences of products of two parts that are declared names: `div(D s)`, `div(div(D s))`, `div(s v)`.
fn derived(parts: &[Expr]) -> Vec<Expr> {
    let mut found = Vec::new();
    let names = || parts.iter().filter(|part| matches!(part.kind(), Kind::Symbol(_)));
    for tensor in names() {
        for s in names().filter(|part| part.shape() == Shape::Scalar) {
            let product = Expr::new(Kind::Mul(tensor.clone(), s.clone()), tensor.shape());
            match tensor.shape() {
                Shape::Matrix(rows, columns) if rows == columns => {
                    let vector = Expr::new(Kind::Divergence(product), Shape::Vector(rows));
                    found.push(vector.clone());
                    found.push(scalar(Kind::Divergence(vector)));
                }
                Shape::Vector(_) => found.push(scalar(Kind::Divergence(product))),
                _ => {}
            }
        }
    }
    found
}

fn is_term_of(part: &Expr, sum: &Expr) -> bool {
    part == sum || matches!(sum.kind(), Kind::Add(terms) if terms.contains(part))
}

/// Parts of the claim, and the mean of what stands there, added or subtracted within what is not linear.
fn within(claim: &Claim, side: Side, whole: &Expr, parts: &[Expr]) -> Vec<Repair> {
    let mut found = Vec::new();
    for (path, node) in whole.nodes(MOST_PLACES) {
        if node.shape() == Shape::Scalar || !is_nonlinear(whole, &path) || is_under_an_index(whole, &path) {
            continue;
        }
        let mean = Expr::new(Kind::Expect(node.clone()), node.shape());
        let parts = parts.iter().filter(|part| part.shape() == node.shape() && !is_term_of(part, &node));
        for part in parts.chain([&mean]) {
            for term in [part.clone(), scaled(&Rational::integer(-1), part)] {
                let Some(sum) = plus(&node, &term) else { continue };
                let new = whole.replaced(&path, sum.clone());
                let claim = new.and_then(|new| with_side(claim, side, new));
                found.extend(claim.map(|claim| Repair { slip: Slip::Inner(node.clone(), sum), claim }));
            }
        }
    }
    found
}

/// Whether an index that is bound around a place may be free in it.
fn is_under_an_index(whole: &Expr, path: &[usize]) -> bool {
    (0..path.len()).any(|depth| {
        node_at(whole, &path[..depth])
            .is_some_and(|node| matches!(node.kind(), Kind::Tensor(..) | Kind::Sum(..)))
    })
}
