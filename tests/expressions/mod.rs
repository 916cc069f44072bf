//! Random expressions of a given shape, and when two expressions are the same but for the names of their indices.

#![allow(dead_code, reason = "each test that includes this module uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use driftproof::expression::{
    Batch, Expr, Function, Index, Kind, Length, Place, Rational, Shape, SymbolId, Symbols,
};
use driftproof::language::parse;

/// What the random expressions are about.
pub(crate) const DECLARATIONS: &str = "\
scalar eta > 0, n > 0, c
space theta
random X
random x, y ~ normal(0, 1)
field u(X): scalar
field p: scalar > 0
field mu: vector
field D: symmetric
field B: matrix
noise dW(dt)
test phi: scalar
function l(z)
";

/// The symbols of [`DECLARATIONS`].
pub(crate) fn symbols() -> Symbols {
    parse("declarations.drift", DECLARATIONS).unwrap().symbols
}

/// Whether two expressions are one but for the numbers and names of the indices that they bind.
pub(crate) fn same(a: &Expr, b: &Expr) -> bool {
    same_under(a, b, &mut vec![])
}

fn same_index(i: &Index, j: &Index, bound: &[(u32, u32)]) -> bool {
    let found = bound.iter().rev().find(|(a, b)| *a == i.id || *b == j.id);
    i.length == j.length && found.map_or(i.id == j.id || i.name == j.name, |(a, b)| (*a, *b) == (i.id, j.id))
}

fn same_under(a: &Expr, b: &Expr, bound: &mut Vec<(u32, u32)>) -> bool {
    let (parts, others) = (a.children(), b.children());
    if a.shape() != b.shape() || parts.len() != others.len() {
        return false;
    }
    let all = |i: &[Index], j: &[Index], bound: &[(u32, u32)]| {
        i.len() == j.len() && i.iter().zip(j).all(|(i, j)| same_index(i, j, bound))
    };
    let before = bound.len();
    let heads = match (a.kind(), b.kind()) {
        (Kind::Sum(i, _), Kind::Sum(j, _)) => {
            bound.push((i.id, j.id));
            i.length == j.length
        }
        (Kind::Tensor(i, _), Kind::Tensor(j, _)) => {
            bound.extend(i.iter().zip(j).map(|(i, j)| (i.id, j.id)));
            i.len() == j.len() && i.iter().zip(j).all(|(i, j)| i.length == j.length)
        }
        (Kind::Component(_, i), Kind::Component(_, j)) => all(i, j, bound),
        (Kind::Partial(i, _), Kind::Partial(j, _)) => same_index(i, j, bound),
        (Kind::Kronecker(i, j), Kind::Kronecker(k, l)) => same_index(i, k, bound) && same_index(j, l, bound),
        (Kind::Number(a), Kind::Number(b)) => a == b,
        (Kind::Symbol(a), Kind::Symbol(b)) => a == b,
        (Kind::Function(a, _), Kind::Function(b, _)) => a == b,
        (Kind::Apply(a, j, _), Kind::Apply(b, k, _)) => a == b && j == k,
        (Kind::Conditional(a, _), Kind::Conditional(b, _)) => a == b,
        (Kind::At(_, a, _), Kind::At(_, b, _)) => a == b,
        (Kind::Mean(_, a), Kind::Mean(_, b)) | (Kind::SumOver(_, a), Kind::SumOver(_, b)) => {
            a.number == b.number && a.population.is_some() == b.population.is_some()
        }
        (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
    };
    let result = heads && parts.iter().zip(&others).all(|(a, b)| same_under(a, b, bound));
    bound.truncate(before);
    result
}
