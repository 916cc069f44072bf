//! The same claims written otherwise.

#![allow(dead_code, reason = "each test that includes this module uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a rewriting concerns the nodes that it names, and no other"
)]

use crate::plants::{left, number, right, scaled, with_sides};
use driftproof::expression::{Claim, Expr, FieldShape, Index, Kind, Length, Shape, SymbolKind, Symbols};

fn is_symmetric(kind: &SymbolKind) -> bool {
    matches!(kind, SymbolKind::Field { shape: FieldShape::Symmetric, .. })
}

/// What is the same as a node, written otherwise.
pub(crate) fn rewritten(node: &Expr, symbols: &Symbols) -> Vec<(&'static str, Expr)> {
    let shape = node.shape();
    let new = |kind: Kind| Expr::new(kind, shape);
    let mean = |e: Expr| Expr::new(Kind::Expect(e.clone()), e.shape());
    let is_scalar = |e: &Expr| e.shape() == Shape::Scalar;
    if let Kind::Mul(a, b) | Kind::Dot(a, b) | Kind::Outer(a, b) = node.kind()
        && let (Kind::Expect(_), Kind::Expect(y)) = (a.kind(), b.kind())
    {
        let inside = new(node.with_children(vec![a.clone(), y.clone()]).unwrap());
        return vec![("nested means", mean(inside))];
    }
    match node.kind() {
        Kind::Add(terms) => vec![("terms reversed", new(Kind::Add(terms.iter().rev().cloned().collect())))],
        Kind::Neg(e) => vec![("minus one", scaled(-1, 1, e))],
        Kind::Mul(a, b) if is_scalar(a) || is_scalar(b) => {
            let mut found = vec![("factors exchanged", new(Kind::Mul(b.clone(), a.clone())))];
            for (sum, other) in [(a, b), (b, a)] {
                if let Kind::Add(terms) = sum.kind() {
                    let product = |term: &Expr| new(Kind::Mul(term.clone(), other.clone()));
                    found.push(("distributed", new(Kind::Add(terms.iter().map(product).collect()))));
                }
            }
            found
        }
        Kind::Dot(a, b) => vec![("dot exchanged", new(Kind::Dot(b.clone(), a.clone())))],
        Kind::Norm2(a) => vec![("dot of itself", new(Kind::Dot(a.clone(), a.clone())))],
        Kind::Cov(_) | Kind::CrossCov(..) | Kind::Var(_) | Kind::Expect(_) => moments(node),
        Kind::Symbol(id) if is_symmetric(&symbols.get(*id).kind) => {
            vec![("transposed", new(Kind::Transpose(node.clone())))]
        }
        Kind::Outer(a, b) if matches!(shape, Shape::Matrix(r, c) if r == c) => {
            vec![("exchanged", new(Kind::Transpose(new(Kind::Outer(b.clone(), a.clone())))))]
        }
        Kind::Grad(_) | Kind::Divergence(_) | Kind::Partial(..) => derivative(node),
        Kind::Hess(s) => {
            let Shape::Matrix(length, _) = shape else { return vec![] };
            let grad = Expr::new(Kind::Grad(s.clone()), Shape::Vector(length));
            vec![("jac of grad", new(Kind::Jac(grad))), ("transposed", new(Kind::Transpose(node.clone())))]
        }
        Kind::Lap(s) => {
            let length = Length::Space;
            let grad = Expr::new(Kind::Grad(s.clone()), Shape::Vector(length));
            let hess = Expr::new(Kind::Hess(s.clone()), Shape::Matrix(length, length));
            vec![("div of grad", new(Kind::Divergence(grad))), ("trace of hess", new(Kind::Trace(hess)))]
        }
        _ => vec![],
    }
}

/// Moments and covariances in terms of each other.
fn moments(node: &Expr) -> Vec<(&'static str, Expr)> {
    let shape = node.shape();
    let new = |kind: Kind| Expr::new(kind, shape);
    let mean = |e: Expr| Expr::new(Kind::Expect(e.clone()), e.shape());
    match node.kind() {
        Kind::Cov(v) if matches!(v.shape(), Shape::Vector(_)) => {
            let second = mean(new(Kind::Outer(v.clone(), v.clone())));
            let square = new(Kind::Outer(mean(v.clone()), mean(v.clone())));
            vec![
                ("moments", new(Kind::Add(vec![second, new(Kind::Neg(square))]))),
                ("transposed", new(Kind::Transpose(node.clone()))),
            ]
        }
        Kind::Expect(_) => vec![("mean of a mean", mean(node.clone()))],
        Kind::CrossCov(a, b) => {
            let vectors = matches!((a.shape(), b.shape()), (Shape::Vector(_), Shape::Vector(_)));
            let product = |a: Expr, b: Expr| new(if vectors { Kind::Outer(a, b) } else { Kind::Mul(a, b) });
            let split = new(Kind::Neg(product(mean(a.clone()), mean(b.clone()))));
            vec![("moments", new(Kind::Add(vec![mean(product(a.clone(), b.clone())), split])))]
        }
        Kind::Var(s) => {
            let square = |e: Expr| new(Kind::Pow(e, number(2, 1)));
            let split = new(Kind::Neg(square(mean(s.clone()))));
            vec![("moments", new(Kind::Add(vec![mean(square(s.clone())), split])))]
        }
        _ => vec![],
    }
}

/// The product rule, and the derivative of a sum, by hand.
fn derivative(node: &Expr) -> Vec<(&'static str, Expr)> {
    let new = |kind: Kind| Expr::new(kind, node.shape());
    let scalar = |kind: Kind| Expr::new(kind, Shape::Scalar);
    let is_scalar = |e: &Expr| e.shape() == Shape::Scalar;
    let of = |inner: &Expr| match node.kind() {
        Kind::Partial(index, _) => Kind::Partial(index.clone(), inner.clone()),
        Kind::Divergence(_) => Kind::Divergence(inner.clone()),
        _ => Kind::Grad(inner.clone()),
    };
    let inner = node.children()[0].clone();
    if let Kind::Add(terms) = inner.kind() {
        return vec![("term by term", new(Kind::Add(terms.iter().map(|term| new(of(term))).collect())))];
    }
    let Kind::Mul(a, b) = inner.kind() else { return vec![] };
    let sum = match node.kind() {
        Kind::Grad(_) | Kind::Partial(..) => {
            [(a, b), (b, a)].map(|(x, y)| new(Kind::Mul(x.clone(), new(of(y)))))
        }
        Kind::Divergence(_) if is_scalar(a) || is_scalar(b) => {
            let (s, t) = if is_scalar(a) { (a, b) } else { (b, a) };
            let (Shape::Vector(length) | Shape::Matrix(length, _)) = t.shape() else { return vec![] };
            let grad = Expr::new(Kind::Grad(s.clone()), Shape::Vector(length));
            let along = match t.shape() {
                Shape::Vector(_) => scalar(Kind::Dot(t.clone(), grad)),
                _ => new(Kind::Mul(t.clone(), grad)),
            };
            [new(Kind::Mul(s.clone(), new(Kind::Divergence(t.clone())))), along]
        }
        _ => return vec![],
    };
    vec![("product rule", new(Kind::Add(sum.to_vec())))]
}

/// The claim with its bound indices renamed, with a part of it added on both sides, with both sides times a scalar that is
/// not 0, and with its sides exchanged.
pub(crate) fn as_a_whole(claim: &Claim, symbols: &Symbols) -> Vec<(&'static str, Claim)> {
    let (left, right) = (left(claim), right(claim));
    let both = |change: &dyn Fn(&Expr) -> Expr| with_sides(claim, change(left), change(right));
    let mut found = vec![
        ("indices renamed", both(&|side| renamed(side, &mut vec![]))),
        ("both times -7/3", both(&|side| scaled(-7, 3, side))),
    ];
    if claim.remainder.is_none() {
        found.push(("sides exchanged", with_sides(claim, right.clone(), left.clone())));
    }
    if matches!(left.shape(), Shape::Components(_)) {
        return found;
    }
    if let Some(n) = symbols.find("n") {
        let n = Expr::new(Kind::Symbol(n), Shape::Scalar);
        let plus = Expr::new(Kind::Add(vec![n, number(3, 1)]), Shape::Scalar);
        found.push((
            "both times n + 3",
            both(&|side| Expr::new(Kind::Mul(plus.clone(), side.clone()), side.shape())),
        ));
        found.push((
            "both over n + 3",
            both(&|side| Expr::new(Kind::Div(side.clone(), plus.clone()), side.shape())),
        ));
    }
    for (what, added) in [("left added", left), ("right added", right)] {
        let add = |side: &Expr| Expr::new(Kind::Add(vec![side.clone(), scaled(5, 2, added)]), side.shape());
        found.push((what, both(&add)));
    }
    found
}

/// With a new number and name for every index that is bound.
fn renamed(e: &Expr, known: &mut Vec<(Index, Index)>) -> Expr {
    let count = known.len();
    if let Kind::Tensor(bound, _) = e.kind() {
        // The free indices of a side keep their order, not their names.
        known.extend(bound.iter().map(|index| (index.clone(), fresh(index))));
    }
    if let Kind::Sum(index, _) = e.kind() {
        known.push((index.clone(), fresh(index)));
    }
    let of = |index: &Index, known: &[(Index, Index)]| {
        known.iter().rev().find(|(old, _)| old == index).map_or_else(|| index.clone(), |(_, new)| new.clone())
    };
    let kind = match e.map_children(&mut |child| renamed(child, known)) {
        Kind::Component(base, indices) => {
            Kind::Component(base, indices.iter().map(|index| of(index, known)).collect())
        }
        Kind::Partial(index, body) => Kind::Partial(of(&index, known), body),
        Kind::Kronecker(i, j) => Kind::Kronecker(of(&i, known), of(&j, known)),
        Kind::Tensor(bound, body) => Kind::Tensor(bound.iter().map(|index| of(index, known)).collect(), body),
        Kind::Sum(index, body) => Kind::Sum(of(&index, known), body),
        other => other,
    };
    known.truncate(count);
    Expr::new(kind, e.shape())
}

fn fresh(index: &Index) -> Index {
    Index { id: index.id + 5000, name: format!("{}2", index.name).as_str().into(), length: index.length }
}
