//! What one node is mistaken for: conventions, counts, and what a derivative acts on.

#![allow(clippy::wildcard_enum_match_arm, reason = "a slip concerns the nodes that it names, and no other")]

use super::scale::scaled;
use super::{Change, Slip, is_scalar_symbol, pow, scalar};
use crate::expression::{Expr, Kind, Place, Rational, Shape, Sign, SymbolKind, Symbols};

/// Where a step is looked at, and where an amplitude is evaluated.
pub(super) fn conventions(node: &Expr, found: &mut Vec<Change>) {
    let mut push = |new: Expr| found.push((Slip::Convention(node.clone(), new.clone()), new));
    let same = |kind: Kind| Expr::new(kind, node.shape());
    match node.kind() {
        Kind::Conditional(place, step) => {
            for other in [Place::Source, Place::Midpoint, Place::Destination] {
                if other != *place {
                    push(same(Kind::Conditional(other, step.clone())));
                }
            }
            push(same(Kind::Current(step.clone())));
        }
        Kind::Current(step) => {
            for place in [Place::Source, Place::Midpoint, Place::Destination] {
                push(same(Kind::Conditional(place, step.clone())));
            }
        }
        Kind::Shift(e, h) => {
            for (n, d) in [(2, 1), (1, 2)] {
                if let Some(factor) = Rational::new(n, d) {
                    push(same(Kind::Shift(e.clone(), scaled(&factor, h))));
                }
            }
            push(e.clone());
        }
        _ => {}
    }
}

/// `n` against `n - 1`, `n + 1`, `n^2`, `1/n`, other powers, and every other scalar that can be a number of points.
pub(super) fn counts(node: &Expr, symbols: &Symbols, found: &mut Vec<Change>) {
    let mut push = |new: Expr| found.push((Slip::Count(node.clone(), new.clone()), new));
    match node.kind() {
        Kind::Add(terms) => {
            if let [symbol, number] = terms.as_slice()
                && is_scalar_symbol(symbol, symbols)
                && matches!(number.kind(), Kind::Number(_) | Kind::Neg(_))
            {
                push(symbol.clone());
            }
            return;
        }
        Kind::Pow(base, exponent) if is_scalar_symbol(base, symbols) => {
            if let Kind::Number(value) = exponent.kind()
                && let Some(value) = value.to_integer()
            {
                push(pow(base, value.saturating_sub(1)));
                push(pow(base, value.saturating_add(1)));
            }
            return;
        }
        _ if !is_scalar_symbol(node, symbols) => return,
        _ => {}
    }
    let plus = |sign: i64| scalar(Kind::Add(vec![node.clone(), Expr::number(Rational::integer(sign))]));
    push(plus(-1));
    push(pow(node, 2));
    push(pow(node, -1));
    push(plus(1));
    push(Expr::number(Rational::ONE));
    for (id, symbol) in symbols.iter() {
        if matches!(symbol.kind, SymbolKind::Scalar(Sign::Positive | Sign::NonNegative)) {
            let other = scalar(Kind::Symbol(id));
            if other != *node {
                push(other);
            }
        }
    }
}

/// What a derivative acts on: `grad tr A` for `div A`, `D grad p` for `div(D p)`, and the like.
pub(super) fn derivatives(node: &Expr, found: &mut Vec<Change>) {
    let mut push = |kind: Kind, shape: Shape| {
        let new = Expr::new(kind, shape);
        found.push((Slip::Derivative(node.clone(), new.clone()), new));
    };
    let is_matrix = |e: &Expr| matches!(e.shape(), Shape::Matrix(..));
    let product = |a: &Expr, s: &Expr| Expr::new(Kind::Mul(a.clone(), s.clone()), a.shape());
    match node.kind() {
        Kind::Grad(s) => {
            if let Kind::Trace(a) = s.kind() {
                push(Kind::Divergence(a.clone()), node.shape());
            }
        }
        Kind::Divergence(e) if is_matrix(e) => {
            push(Kind::Grad(scalar(Kind::Trace(e.clone()))), node.shape());
            let Kind::Mul(first, second) = e.kind() else { return };
            for (a, s) in [(first, second), (second, first)] {
                if is_matrix(a) && s.shape() == Shape::Scalar {
                    let grad = Expr::new(Kind::Grad(s.clone()), node.shape());
                    push(Kind::Mul(a.clone(), grad), node.shape());
                    let div = Expr::new(Kind::Divergence(a.clone()), node.shape());
                    push(Kind::Mul(s.clone(), div), node.shape());
                }
            }
        }
        Kind::Mul(a, g) => {
            if let (true, Kind::Grad(s)) = (is_matrix(a), g.kind()) {
                push(Kind::Divergence(product(a, s)), node.shape());
            }
            if let (Shape::Scalar, Kind::Divergence(m)) = (a.shape(), g.kind()) {
                push(Kind::Divergence(product(m, a)), node.shape());
            }
        }
        Kind::Trace(e) => {
            if let Kind::Mul(a, h) = e.kind()
                && let Kind::Hess(s) = h.kind()
                && let Shape::Matrix(length, _) = a.shape()
            {
                let flux = Expr::new(Kind::Divergence(product(a, s)), Shape::Vector(length));
                push(Kind::Divergence(flux), Shape::Scalar);
            }
        }
        _ => {}
    }
}
