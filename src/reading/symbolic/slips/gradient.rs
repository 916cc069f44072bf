//! A scalar where a vector belongs: the gradient that is missing.

#![allow(clippy::wildcard_enum_match_arm, reason = "a slip concerns the nodes that it names, and no other")]

use super::{MOST_PLACES, Repair, Side, Slip, with_side};
use crate::expression::{Claim, Expr, Kind, Length, Shape};

/// A gradient put around a scalar of a side.
pub(super) fn gradients(claim: &Claim, side: Side, whole: &Expr) -> Vec<Repair> {
    let length = Length::Space;
    let mut found = Vec::new();
    for (path, node) in whole.nodes(MOST_PLACES) {
        if node.shape() != Shape::Scalar {
            continue;
        }
        let grad = Expr::new(Kind::Grad(node.clone()), Shape::Vector(length));
        let Some(new) = lifted(whole, &path, grad) else { continue };
        found
            .extend(with_side(claim, side, new).map(|claim| Repair { slip: Slip::GradMissing(node), claim }));
    }
    found
}

/// The tree with a vector in the place of a scalar, with the shapes above it changed along; nothing if a node on the way
/// takes scalars only.
fn lifted(whole: &Expr, path: &[usize], new: Expr) -> Option<Expr> {
    let Some((&number, rest)) = path.split_first() else { return Some(new) };
    let children = whole.children();
    let inner = lifted(children.get(number)?, rest, new)?;
    let fits = match whole.kind() {
        Kind::Neg(_) | Kind::Expect(_) | Kind::Mul(..) | Kind::Mean(..) | Kind::SumOver(..) => true,
        Kind::Div(..) => number == 0,
        _ => false,
    };
    let shape = inner.shape();
    let mut children: Vec<Expr> = children.into_iter().cloned().collect();
    children[number] = inner;
    (fits && whole.shape() == Shape::Scalar)
        .then(|| whole.with_children(children))
        .flatten()
        .map(|kind| Expr::new(kind, shape))
}
