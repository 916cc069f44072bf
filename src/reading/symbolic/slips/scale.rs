//! Products with a number or a scalar as a person would write them.

#![allow(clippy::wildcard_enum_match_arm, reason = "what is no product begins with no number")]

use crate::expression::{Expr, Index, Kind, Rational, Shape};

/// `c e`, with the numbers at the front joined: `1/2*x` for one half of `x` and for one quarter of `2*x`.
pub(super) fn scaled(factor: &Rational, e: &Expr) -> Expr {
    if let Kind::Tensor(indices, body) = e.kind() {
        return Expr::new(Kind::Tensor(indices.clone(), scaled(factor, body)), e.shape());
    }
    let (number, rest) = front(e);
    let number = factor * &number;
    match rest {
        None => Expr::new(Kind::Number(number), e.shape()),
        Some(rest) if number.is_zero() => Expr::new(Kind::Number(Rational::ZERO), rest.shape()),
        Some(rest) if number.is_one() => rest,
        Some(rest) if number == Rational::integer(-1) => Expr::new(Kind::Neg(rest.clone()), rest.shape()),
        Some(rest) if number.is_negative() => {
            let positive = times(&Expr::number(-&number), &rest);
            Expr::new(Kind::Neg(positive.clone()), positive.shape())
        }
        Some(rest) => times(&Expr::number(number), &rest),
    }
}

/// `x e` with the scalar at the very front, so that no brackets are needed: `(x a) b` for `x (a b)`.
pub(super) fn times(scalar: &Expr, e: &Expr) -> Expr {
    let kind = match e.kind() {
        Kind::Mul(a, b) => Kind::Mul(times(scalar, a), b.clone()),
        Kind::Div(a, b) if matches!(a.kind(), Kind::Number(one) if one.is_one()) => {
            Kind::Div(scalar.clone(), b.clone())
        }
        Kind::Div(a, b) => Kind::Div(times(scalar, a), b.clone()),
        Kind::Neg(inner) => Kind::Neg(times(scalar, inner)),
        Kind::Tensor(indices, body) => Kind::Tensor(indices.clone(), times(scalar, body)),
        _ => Kind::Mul(scalar.clone(), e.clone()),
    };
    Expr::new(kind, e.shape())
}

/// `a + b`; what is added to components is a component itself. Nothing if components under three indices or more meet
/// anything else.
pub(super) fn plus(a: &Expr, b: &Expr) -> Option<Expr> {
    if let Kind::Tensor(indices, body) = a.kind() {
        let term = match b.kind() {
            Kind::Tensor(others, inner) if others.len() == indices.len() => {
                others.iter().zip(indices).fold(inner.clone(), |inner, (from, to)| renamed(&inner, from, to))
            }
            _ if matches!(b.shape(), Shape::Components(_)) => return None,
            _ => Expr::new(Kind::Component(b.clone(), indices.clone()), Shape::Scalar),
        };
        return Some(Expr::new(Kind::Tensor(indices.clone(), plus(body, &term)?), a.shape()));
    }
    let mut terms = match a.kind() {
        Kind::Number(zero) if zero.is_zero() => return Some(b.clone()),
        Kind::Add(terms) => terms.clone(),
        _ => vec![a.clone()],
    };
    terms.push(b.clone());
    Some(Expr::new(Kind::Add(terms), a.shape()))
}

/// The same expression with another index in the place of a free one.
fn renamed(e: &Expr, from: &Index, to: &Index) -> Expr {
    let of = |index: &Index| if index == from { to.clone() } else { index.clone() };
    let kind = match e.map_children(&mut |child| renamed(child, from, to)) {
        Kind::Component(base, indices) => Kind::Component(base, indices.iter().map(of).collect()),
        Kind::Partial(index, body) => Kind::Partial(of(&index), body),
        Kind::Kronecker(i, j) => Kind::Kronecker(of(&i), of(&j)),
        other => other,
    };
    Expr::new(kind, e.shape())
}

/// The number at the front of a product, and the rest of it.
fn front(e: &Expr) -> (Rational, Option<Expr>) {
    let one = Rational::ONE;
    match e.kind() {
        Kind::Number(value) => (value.clone(), None),
        Kind::Neg(inner) => {
            let (number, rest) = front(inner);
            (-&number, rest)
        }
        Kind::Mul(a, b) => match front(a) {
            (number, None) => (number, Some(b.clone())),
            (number, Some(a)) => (number, Some(Expr::new(Kind::Mul(a, b.clone()), e.shape()))),
        },
        Kind::Div(a, b) => match (front(a), b.kind()) {
            ((number, None), Kind::Number(below)) if !below.is_zero() => {
                (number.checked_div(below).unwrap_or(number), None)
            }
            ((number, None), _) => {
                (number, Some(Expr::new(Kind::Div(Expr::number(one), b.clone()), e.shape())))
            }
            ((number, Some(a)), _) => (number, Some(Expr::new(Kind::Div(a, b.clone()), e.shape()))),
        },
        _ => (one, Some(e.clone())),
    }
}
