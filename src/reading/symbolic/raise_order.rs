//! The order in which a person writes things: terms of a sum, and matrices that need no transposition.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "most nodes are treated alike; a match names those that are not"
)]

use crate::expression::{Expr, Kind, Shape, Symbols};

/// What decides where a term of a sum stands: derivatives, expectations around them, length.
pub(super) fn rank(term: &Expr, symbols: &Symbols) -> (usize, usize, String) {
    let text = term.to_text(symbols);
    (derivatives(term), text.chars().count(), text)
}

/// The number of derivatives on top of each other.
fn derivatives(e: &Expr) -> usize {
    let own = match e.kind() {
        Kind::Grad(_) | Kind::Jac(_) | Kind::Divergence(_) | Kind::Partial(..) => 1,
        Kind::Hess(_) | Kind::Lap(_) => 2,
        _ => 0,
    };
    own + e.children().into_iter().map(derivatives).max().unwrap_or(0)
}

/// `A'`, as `A` where its form alone says that it is symmetric; nothing of what is no matrix.
pub(super) fn transposed(a: &Expr) -> Option<Expr> {
    let Shape::Matrix(rows, columns) = a.shape() else { return None };
    if is_symmetric(a) {
        return Some(a.clone());
    }
    let shape = Shape::Matrix(columns, rows);
    let kind = match a.kind() {
        Kind::Transpose(inner) => return Some(inner.clone()),
        Kind::Outer(v, w) => Kind::Outer(w.clone(), v.clone()),
        Kind::CrossCov(v, w) => Kind::CrossCov(w.clone(), v.clone()),
        Kind::Mul(m, n) if is_matrix(m) && is_matrix(n) => Kind::Mul(transposed(n)?, transposed(m)?),
        Kind::Expect(inner) => Kind::Expect(transposed(inner)?),
        _ => Kind::Transpose(a.clone()),
    };
    Some(Expr::new(kind, shape))
}

fn is_matrix(e: &Expr) -> bool {
    matches!(e.shape(), Shape::Matrix(..))
}

/// Whether the form of a matrix alone says that it is symmetric.
fn is_symmetric(a: &Expr) -> bool {
    match a.kind() {
        Kind::Hess(_) | Kind::Identity | Kind::Cov(_) | Kind::MatrixRoot(_) => true,
        Kind::Outer(v, w) | Kind::CrossCov(v, w) => v == w,
        Kind::Neg(inner) | Kind::Expect(inner) | Kind::Mean(inner, _) | Kind::SumOver(inner, _) => {
            is_symmetric(inner)
        }
        Kind::Div(inner, _) => is_symmetric(inner),
        Kind::Add(terms) => terms.iter().all(is_symmetric),
        Kind::Mul(s, inner) if s.shape() == Shape::Scalar => is_symmetric(inner),
        Kind::Mul(inner, s) if s.shape() == Shape::Scalar => is_symmetric(inner),
        Kind::Mul(m, n) => {
            (m == n && is_symmetric(m))
                || matches!(n.kind(), Kind::Transpose(inner) if inner == m)
                || matches!(m.kind(), Kind::Transpose(inner) if inner == n)
        }
        _ => false,
    }
}
