//! Which matrices are symmetric by the way they are written.
//!
//! A matrix is symmetric if its key equals that of its transpose. Keys are texts: two expressions with one key are equal
//! for all values of their symbols; that the terms of a sum and the scalar factors of a product may be exchanged is used,
//! nothing deeper, so that a different key says nothing.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "most nodes are treated alike; a match names those that are not"
)]

use super::elaboration::Elaborator;
use crate::expression::{Expr, FieldShape, Index, Kind, Shape, SymbolId, SymbolKind, Symbols};
use std::cell::Cell;

impl Elaborator<'_> {
    /// Whether a matrix is its own transpose, provably.
    pub(super) fn is_symmetric(&self, matrix: &Expr) -> bool {
        let keys = Keys { symbols: &self.symbols, symmetric: &self.scope.symmetric, left: Cell::new(VISITS) };
        keys.of(matrix, false, &[]) == keys.of(matrix, true, &[]) && keys.left.get() > 0
    }
}

struct Keys<'a> {
    symbols: &'a Symbols,
    /// Matrix fields that a condition makes symmetric.
    symmetric: &'a [SymbolId],
    /// Nodes that may still be visited.
    left: Cell<u64>,
}

/// Nodes that are visited before a matrix counts as not provably symmetric.
const VISITS: u64 = 20_000;

impl Keys<'_> {
    /// The key of `e`, or of its transpose; `bound` are the indices bound around it.
    fn of(&self, e: &Expr, flip: bool, bound: &[(u32, String)]) -> String {
        let flip = flip && matches!(e.shape(), Shape::Matrix(..));
        if self.left.get() == 0 {
            return String::new();
        }
        self.left.set(self.left.get() - 1);
        match e.kind() {
            Kind::Add(terms) => {
                let mut keys: Vec<String> = terms.iter().map(|term| self.of(term, flip, bound)).collect();
                keys.sort();
                format!("({})", keys.join("+"))
            }
            Kind::Mul(..) | Kind::Div(..) | Kind::Neg(_) => self.product(e, flip, bound),
            Kind::Transpose(inner) => self.of(inner, !flip, bound),
            Kind::Outer(a, b) | Kind::CrossCov(a, b) if flip => {
                let name = if matches!(e.kind(), Kind::Outer(..)) { "outer" } else { "cov" };
                format!("{name}({},{})", self.of(b, false, bound), self.of(a, false, bound))
            }
            Kind::Outer(a, b) => format!("outer({},{})", self.of(a, false, bound), self.of(b, false, bound)),
            Kind::CrossCov(a, b) => format!("cov({},{})", self.of(a, false, bound), self.of(b, false, bound)),
            Kind::Cov(v) => {
                let key = self.of(v, false, bound);
                format!("cov({key},{key})")
            }
            Kind::Jac(inner) => match inner.kind() {
                Kind::Grad(s) => format!("hess({})", self.of(s, false, bound)),
                _ => self.opaque(e, flip, bound),
            },
            Kind::Hess(s) => format!("hess({})", self.of(s, false, bound)),
            Kind::Identity => "I".to_owned(),
            Kind::MatrixRoot(inner) => format!("root({})", self.of(inner, false, bound)),
            Kind::Rows(rows) => self.rows(rows, flip, bound),
            Kind::Tensor(indices, body) => self.tensor(indices, body, flip, bound),
            Kind::Symbol(id) => self.symbol(*id, flip),
            Kind::Expect(_)
            | Kind::Mean(..)
            | Kind::SumOver(..)
            | Kind::Shift(..)
            | Kind::At(..)
            | Kind::Inverse(_)
            | Kind::Pow(..) => self.through(e, flip, bound),
            _ => self.opaque(e, flip, bound),
        }
    }

    fn symbol(&self, id: SymbolId, flip: bool) -> String {
        let square = match self.symbols.get(id).kind {
            SymbolKind::Field { shape: FieldShape::Matrix, .. } => self.symmetric.contains(&id),
            _ => true,
        };
        format!("{}#{}", if flip && !square { "t" } else { "" }, id.0)
    }

    /// What a node says beside its parts.
    fn head(&self, e: &Expr, bound: &[(u32, String)]) -> String {
        let index = |index: &Index| match bound.iter().rev().find(|(id, _)| *id == index.id) {
            Some((_, name)) => name.clone(),
            None => format!("i{}", index.id),
        };
        match e.kind() {
            Kind::Number(value) => value.to_string(),
            Kind::Symbol(id) => self.symbol(*id, false),
            Kind::Function(function, _) => function.name().to_owned(),
            Kind::Apply(id, order, _) => format!("#{}'{order}", id.0),
            Kind::Component(inner, indices) => {
                let mut names: Vec<String> = indices.iter().map(index).collect();
                if matches!(inner.shape(), Shape::Matrix(..))
                    && self.of(inner, false, bound) == self.of(inner, true, bound)
                {
                    names.sort();
                }
                format!("[{}]", names.join(","))
            }
            Kind::Partial(by, _) => format!("d[{}]", index(by)),
            Kind::Kronecker(i, j) => {
                let mut names = [index(i), index(j)];
                names.sort();
                format!("delta[{}]", names.join(","))
            }
            Kind::Mean(_, batch) => format!("mean{}", batch.number),
            Kind::SumOver(_, batch) => format!("sum{}", batch.number),
            Kind::Conditional(place, _) => format!("{place:?}"),
            Kind::At(_, id, _) => format!("at{}", id.0),
            Kind::Rows(_) => "rows".to_owned(),
            other => format!("{:?}", std::mem::discriminant(other)),
        }
    }

    fn opaque(&self, e: &Expr, flip: bool, bound: &[(u32, String)]) -> String {
        let mut inner = bound.to_vec();
        if let Kind::Sum(index, _) = e.kind() {
            inner.push((index.id, format!("s{}", bound.len())));
        }
        let parts: Vec<String> = e.children().into_iter().map(|part| self.of(part, false, &inner)).collect();
        let mark = if flip { "t" } else { "" };
        format!("{mark}{}({})", self.head(e, &inner), parts.join(","))
    }

    /// Nodes whose transpose is that of their first part.
    fn through(&self, e: &Expr, flip: bool, bound: &[(u32, String)]) -> String {
        let mut parts = e.children().into_iter();
        let first = parts.next().map(|part| self.of(part, flip, bound)).unwrap_or_default();
        let rest: Vec<String> = parts.map(|part| self.of(part, false, bound)).collect();
        format!("{}({first};{})", self.head(e, bound), rest.join(","))
    }

    /// A product: its scalar factors in order of their keys, the others as they stand, or transposed in reverse.
    fn product(&self, e: &Expr, flip: bool, bound: &[(u32, String)]) -> String {
        let (mut scalars, mut others) = (vec![], vec![]);
        let mut left = vec![(e, false)];
        while let Some((next, divided)) = left.pop() {
            match next.kind() {
                Kind::Mul(a, b) if !divided => left.extend([(b, false), (a, false)]),
                Kind::Div(a, b) if !divided => left.extend([(b, true), (a, false)]),
                Kind::Neg(inner) if !divided => {
                    scalars.push("-1".to_owned());
                    left.push((inner, false));
                }
                _ if divided => scalars.push(format!("/{}", self.of(next, false, bound))),
                _ if next.shape() == Shape::Scalar => scalars.push(self.of(next, false, bound)),
                _ => others.push(self.of(next, flip, bound)),
            }
        }
        if flip {
            others.reverse();
        }
        scalars.sort();
        format!("<{}|{}>", scalars.join("*"), others.join("*"))
    }

    fn rows(&self, rows: &[Vec<Expr>], flip: bool, bound: &[(u32, String)]) -> String {
        let key =
            |i: usize, j: usize| rows.get(i).and_then(|row| row.get(j)).map(|e| self.of(e, false, bound));
        let count = rows.len();
        let keys: Vec<String> = (0..count)
            .flat_map(|i| (0..count).map(move |j| if flip { (j, i) } else { (i, j) }))
            .map(|(i, j)| key(i, j).unwrap_or_default())
            .collect();
        format!("rows({})", keys.join(","))
    }

    fn tensor(&self, indices: &[Index], body: &Expr, flip: bool, bound: &[(u32, String)]) -> String {
        let mut inner = bound.to_vec();
        let count = indices.len();
        for (at, index) in indices.iter().enumerate() {
            let place = if flip { count - 1 - at } else { at };
            inner.push((index.id, format!("t{}", bound.len() + place)));
        }
        format!("tensor({})", self.of(body, false, &inner))
    }
}
