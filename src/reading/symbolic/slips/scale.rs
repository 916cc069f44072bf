//! Products with a number or a scalar as a person would write them.

#![allow(clippy::wildcard_enum_match_arm, reason = "what is no product begins with no number")]

use crate::expression::{Expr, Index, Kind, Rational, Shape};
use num_bigint::BigInt;
use num_rational::BigRational;

/// `c e` with one number: `1/2*x` for one half of `x`, `eta/(4*n)*x` for one half of `eta/(2*n)*x`.
pub(super) fn scaled(factor: &Rational, e: &Expr) -> Expr {
    if let Kind::Tensor(indices, body) = e.kind()
        && matches!(e.shape(), Shape::Components(_))
    {
        return Expr::new(Kind::Tensor(indices.clone(), scaled(factor, body)), e.shape());
    }
    let (number, rest) = front(e);
    let number = factor * &number;
    match rest {
        None => Expr::new(Kind::Number(number), e.shape()),
        Some(rest) if number.is_zero() => Expr::new(Kind::Number(Rational::ZERO), rest.shape()),
        Some(rest) => with_number(&number, &rest),
    }
}

/// A product that begins with no number, with one.
fn with_number(number: &Rational, e: &Expr) -> Expr {
    let kind = match e.kind() {
        _ if number.is_one() => return e.clone(),
        Kind::Mul(a, b) if *number == Rational::integer(-1) || begins_with_quotient(a) => {
            Kind::Mul(with_number(number, a), b.clone())
        }
        Kind::Div(a, b) => {
            let big = number.to_big();
            let whole = |part: &BigInt| Rational::from(BigRational::from_integer(part.clone()));
            let below = whole(big.denom());
            let below = if below.is_one() { b.clone() } else { times(&Expr::number(below), b) };
            Kind::Div(scaled(&whole(big.numer()), a), below)
        }
        _ if *number == Rational::integer(-1) => Kind::Neg(e.clone()),
        _ => return times(&Expr::number(number.clone()), e),
    };
    Expr::new(kind, e.shape())
}

/// A side of a claim times a number; of components each.
pub(super) fn scaled_side(factor: &Rational, side: &Expr) -> Expr {
    match side.kind() {
        Kind::Tensor(indices, body) => {
            Expr::new(Kind::Tensor(indices.clone(), scaled(factor, body)), side.shape())
        }
        _ => scaled(factor, side),
    }
}

/// A term as it stands behind others: subtracted without its sign if it begins with one.
pub(super) fn behind(term: &Expr) -> Expr {
    unsigned(term).map_or_else(|| term.clone(), |positive| Expr::new(Kind::Neg(positive), term.shape()))
}

/// The same without the minus sign that it begins with, if it does.
fn unsigned(e: &Expr) -> Option<Expr> {
    let kind = match e.kind() {
        Kind::Neg(inner) => return Some(inner.clone()),
        Kind::Number(value) if value.is_negative() => Kind::Number(-value),
        Kind::Mul(a, b) => Kind::Mul(unsigned(a)?, b.clone()),
        Kind::Div(a, b) => Kind::Div(unsigned(a)?, b.clone()),
        _ => return None,
    };
    Some(Expr::new(kind, e.shape()))
}

fn begins_with_quotient(e: &Expr) -> bool {
    match e.kind() {
        Kind::Mul(a, _) => begins_with_quotient(a),
        Kind::Div(..) => true,
        _ => false,
    }
}

/// The same without factors and exponents of 1, and with `a/b` for `a*(1/b)`.
pub(super) fn simplified(e: &Expr) -> Expr {
    if e.children().is_empty() {
        return e.clone();
    }
    let is_one = |e: &Expr| matches!(e.kind(), Kind::Number(one) if one.is_one());
    let kind = e.map_children(&mut |child| simplified(child));
    let kind = match &kind {
        Kind::Mul(one, x) | Kind::Mul(x, one) if is_one(one) && x.shape() == e.shape() => return x.clone(),
        Kind::Div(x, one) | Kind::Pow(x, one) if is_one(one) => return x.clone(),
        Kind::Div(quotient, number) if matches!(number.kind(), Kind::Number(_)) => match quotient.kind() {
            Kind::Div(x, below) if !matches!(below.kind(), Kind::Number(_)) => {
                Kind::Div(x.clone(), Expr::new(Kind::Mul(number.clone(), below.clone()), Shape::Scalar))
            }
            _ => kind,
        },
        Kind::Mul(x, inverse) => match inverse.kind() {
            Kind::Div(one, below) if is_one(one) => Kind::Div(x.clone(), below.clone()),
            _ => kind,
        },
        _ => kind,
    };
    Expr::new(kind, e.shape())
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
        Kind::Tensor(indices, body) if matches!(e.shape(), Shape::Components(_)) => {
            Kind::Tensor(indices.clone(), times(scalar, body))
        }
        _ if e.shape() == Shape::Scalar
            && matches!(scalar.kind(), Kind::Div(one, _) if matches!(one.kind(), Kind::Number(one) if one.is_one())) =>
        {
            let Kind::Div(_, below) = scalar.kind() else { return e.clone() };
            Kind::Div(e.clone(), below.clone())
        }
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
    terms.push(behind(b));
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
        Kind::Div(a, b) => {
            let ((above, rest), (below, under)) = (front(a), front(b));
            let Some(number) = above.checked_div(&below) else { return (one, Some(e.clone())) };
            match (rest, under) {
                (rest, None) => (number, rest),
                (rest, Some(under)) => {
                    let rest = rest.unwrap_or_else(|| Expr::number(one));
                    (number, Some(Expr::new(Kind::Div(rest, under), e.shape())))
                }
            }
        }
        _ => (one, Some(e.clone())),
    }
}
