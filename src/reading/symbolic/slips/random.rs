//! Means and moments: covariance and second moment, mean and sum, split and joined expectations.

#![allow(clippy::wildcard_enum_match_arm, reason = "a slip concerns the nodes that it names, and no other")]

use super::{Change, Slip, pow, scalar};
use crate::expression::{Expr, Kind, Place, Rational, Shape};

/// Covariance against second moment, mean against sum, split and joined expectations.
pub(super) fn moments(node: &Expr, found: &mut Vec<Change>) {
    let shape = node.shape();
    let expect = |e: Expr| Expr::new(Kind::Expect(e.clone()), e.shape());
    let product = |kind: Kind| Expr::new(kind, shape);
    match node.kind() {
        Kind::Cov(v) => {
            let square = match v.shape() {
                Shape::Scalar => scalar(Kind::Mul(v.clone(), v.clone())),
                Shape::Vector(_) => product(Kind::Outer(v.clone(), v.clone())),
                Shape::Matrix(..) | Shape::Components(_) => return,
            };
            let new = expect(square);
            found.push((Slip::Covariance(node.clone(), new.clone()), new));
        }
        Kind::Var(s) => {
            let new = expect(pow(s, 2));
            found.push((Slip::Covariance(node.clone(), new.clone()), new));
        }
        Kind::CrossCov(a, b) => {
            let inside = match (a.shape(), b.shape()) {
                (Shape::Vector(_), Shape::Vector(_)) => Kind::Outer(a.clone(), b.clone()),
                _ => Kind::Mul(a.clone(), b.clone()),
            };
            let new = expect(product(inside));
            found.push((Slip::Covariance(node.clone(), new.clone()), new));
        }
        Kind::Expect(e) => expectations(node, e, found),
        Kind::Mul(a, b) | Kind::Dot(a, b) | Kind::Outer(a, b) => {
            if let (Kind::Expect(x), Kind::Expect(y)) = (a.kind(), b.kind())
                && let Some(inside) = node.with_children(vec![x.clone(), y.clone()])
            {
                let new = expect(product(inside));
                found.push((Slip::Split(node.clone(), new.clone()), new));
            }
        }
        Kind::Mean(e, batch) => {
            let new = product(Kind::SumOver(e.clone(), batch.clone()));
            found.push((Slip::MeanAndSum(node.clone(), new.clone()), new));
        }
        Kind::SumOver(e, batch) => {
            let new = product(Kind::Mean(e.clone(), batch.clone()));
            found.push((Slip::MeanAndSum(node.clone(), new.clone()), new));
        }
        _ => {}
    }
}

/// `E[e]`: should it be a covariance, a product of means, or the mean seen from elsewhere?
fn expectations(node: &Expr, e: &Expr, found: &mut Vec<Change>) {
    let shape = node.shape();
    let new = |kind: Kind| Expr::new(kind, shape);
    let mut moment =
        |kind: Kind| found.push((Slip::SecondMoment(node.clone(), new(kind.clone())), new(kind)));
    match e.kind() {
        Kind::Outer(a, b) if a == b => moment(Kind::Cov(a.clone())),
        Kind::Outer(a, b) => moment(Kind::CrossCov(a.clone(), b.clone())),
        Kind::Mul(a, b)
            if !matches!((a.shape(), b.shape()), (Shape::Matrix(..), _) | (_, Shape::Matrix(..))) =>
        {
            moment(Kind::CrossCov(a.clone(), b.clone()));
        }
        Kind::Norm2(a) => {
            if let Shape::Vector(length) = a.shape() {
                moment(Kind::Trace(Expr::new(Kind::Cov(a.clone()), Shape::Matrix(length, length))));
            }
        }
        Kind::Pow(a, two) if *two == Expr::number(Rational::integer(2)) => moment(Kind::Var(a.clone())),
        _ => {}
    }
    if let Kind::Mul(a, b) | Kind::Dot(a, b) | Kind::Outer(a, b) = e.kind() {
        let mean = |x: &Expr| Expr::new(Kind::Expect(x.clone()), x.shape());
        if let Some(split) = e.with_children(vec![mean(a), mean(b)]) {
            found.push((Slip::Split(node.clone(), new(split.clone())), new(split)));
        }
    }
    if matches!(shape, Shape::Vector(_)) {
        for place in [Place::Midpoint, Place::Destination] {
            let seen = new(Kind::Conditional(place, e.clone()));
            found.push((Slip::Convention(node.clone(), seen.clone()), seen));
        }
    }
}
