//! Products with a number or a scalar as a person would write them.

#![allow(clippy::wildcard_enum_match_arm, reason = "what is no product begins with no number")]

use crate::expression::{Expr, Kind, Rational};

/// `c e`, with the numbers at the front joined: `1/2*x` for one half of `x` and for one quarter of `2*x`.
pub(super) fn scaled(factor: &Rational, e: &Expr) -> Expr {
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
        _ => Kind::Mul(scalar.clone(), e.clone()),
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
