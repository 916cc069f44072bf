//! Transposed matrices and exchanged indices.

#![allow(clippy::wildcard_enum_match_arm, reason = "a slip concerns the nodes that it names, and no other")]

use super::{Change, MOST_PLACES, Slip, node_at};
use crate::expression::{Expr, FieldShape, Index, Kind, Path, Shape, SymbolId, SymbolKind, Symbols};

/// Square matrices that are not symmetric by themselves, transposed.
pub(super) fn transposed(node: &Expr, symbols: &Symbols, found: &mut Vec<Change>) {
    let Shape::Matrix(rows, columns) = node.shape() else { return };
    let new = match node.kind() {
        Kind::Transpose(a) if a.shape() == node.shape() => a.clone(),
        Kind::Outer(a, b) if rows == columns && a != b => {
            Expr::new(Kind::Outer(b.clone(), a.clone()), node.shape())
        }
        Kind::Symbol(id) if rows == columns && !is_symmetric(*id, symbols) => {
            Expr::new(Kind::Transpose(node.clone()), node.shape())
        }
        Kind::Jac(_) | Kind::Mul(..) | Kind::CrossCov(..) | Kind::Expect(_) if rows == columns => {
            Expr::new(Kind::Transpose(node.clone()), node.shape())
        }
        _ => return,
    };
    found.push((Slip::Transposed(node.clone(), new.clone()), new));
}

fn is_symmetric(id: SymbolId, symbols: &Symbols) -> bool {
    symbols
        .checked(id)
        .is_some_and(|known| matches!(known.kind, SymbolKind::Field { shape: FieldShape::Symmetric, .. }))
}

/// Two indices exchanged, in components and in sums over an index; those within others change along.
pub(super) fn exchanges(whole: &Expr, nodes: &[(Path, Expr)]) -> Vec<(Path, Expr)> {
    let binds = |node: &Expr| matches!(node.kind(), Kind::Tensor(..) | Kind::Sum(..));
    let mut found = Vec::new();
    for (path, node) in nodes.iter().filter(|(_, node)| binds(node)) {
        let within = (0..path.len()).any(|depth| node_at(whole, &path[..depth]).is_some_and(|e| binds(&e)));
        if !within {
            found.extend(exchanged(node).into_iter().map(|new| (path.clone(), new)));
        }
    }
    found
}

/// The same components with two occurrences of different indices exchanged.
fn exchanged(tensor: &Expr) -> Vec<Expr> {
    let places: Vec<(Path, usize, Index)> = tensor
        .nodes(MOST_PLACES)
        .into_iter()
        .flat_map(|(path, node)| {
            occurrences(&node).into_iter().enumerate().map(move |(k, i)| (path.clone(), k, i))
        })
        .collect();
    let mut found = Vec::new();
    for (number, (path, k, index)) in places.iter().enumerate() {
        for (other_path, l, other) in &places[number + 1..] {
            if index == other || index.length != other.length {
                continue;
            }
            found.extend(
                with_occurrence(tensor, path, *k, other)
                    .and_then(|changed| with_occurrence(&changed, other_path, *l, index)),
            );
        }
    }
    found
}

/// The indices that a node uses (not those it binds).
fn occurrences(node: &Expr) -> Vec<Index> {
    match node.kind() {
        Kind::Component(_, indices) => indices.clone(),
        Kind::Partial(index, _) => vec![index.clone()],
        Kind::Kronecker(i, j) => vec![i.clone(), j.clone()],
        _ => Vec::new(),
    }
}

fn with_occurrence(tensor: &Expr, path: &Path, k: usize, index: &Index) -> Option<Expr> {
    let node = path.iter().try_fold(tensor.clone(), |node, &number| {
        node.children().get(number).map(|child| (*child).clone())
    })?;
    let new = match node.kind() {
        Kind::Component(base, indices) => {
            let mut indices = indices.clone();
            *indices.get_mut(k)? = index.clone();
            Kind::Component(base.clone(), indices)
        }
        Kind::Partial(_, body) => Kind::Partial(index.clone(), body.clone()),
        Kind::Kronecker(i, _) if k == 1 => Kind::Kronecker(i.clone(), index.clone()),
        Kind::Kronecker(_, j) => Kind::Kronecker(index.clone(), j.clone()),
        _ => return None,
    };
    tensor.replaced(path, Expr::new(new, node.shape()))
}
