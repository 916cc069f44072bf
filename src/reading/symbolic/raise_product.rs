//! Products back to expressions: without indices where that is possible, else in index notation.
//!
//! A factor with its own contractions is a scalar, a vector or a matrix (`u_,ijj = grad(lap(u))`, `A_ij,j = div(A)`). Two
//! that share a summed index become `dot`, a product or, at the end, a trace. What stands in one expectation is put
//! together inside of it first.

use super::algebra::Algebra;
use super::atom::{Draw, Factor, Index};
use super::raise::{name, scaled, shape_of, split};
use super::raise_factor::Part;
use super::raise_order::transposed;
use crate::expression::{Expr, Index as Name, Kind, Length, Rational, Shape};

/// The scalars of a product, and what has its open indices.
pub(super) type Raised = (Vec<Expr>, Option<Expr>);

impl Algebra<'_> {
    /// A product without indices: its scalars, and what has the open indices; nothing if it cannot be written so.
    pub(super) fn raised_product(
        &self,
        factors: &[Factor],
        open: &[Index],
    ) -> Option<(Vec<Expr>, Option<Expr>)> {
        let (scalars, parts) = self.parts(factors)?;
        assemble(scalars, parts, open)
    }

    /// Scalars and tensors of a product; expectations and sums over copies are put together first.
    pub(super) fn parts(&self, factors: &[Factor]) -> Option<(Vec<Expr>, Vec<Part>)> {
        let (mut scalars, mut parts) = (Vec::new(), Vec::new());
        let mut left: Vec<Factor> = factors.to_vec();
        while let Some(first) = left.first().cloned() {
            let bundle = |f: &Factor| f.group == first.group && f.draw == first.draw;
            let together = first.group != 0 || matches!(first.draw, Draw::Copy { .. });
            if !together {
                left.remove(0);
                let part = self.raised_factor(&first)?;
                if part.indices.is_empty() {
                    scalars.push(part.expr)
                } else {
                    parts.push(part)
                }
                continue;
            }
            let (own, rest): (Vec<Factor>, Vec<Factor>) = left.into_iter().partition(bundle);
            left = rest;
            let part = self.raised_bundle(&own)?;
            if part.indices.is_empty() { scalars.push(part.expr) } else { parts.push(part) }
        }
        Some((scalars, parts))
    }

    /// An expectation or a sum over copies.
    fn raised_bundle(&self, own: &[Factor]) -> Option<Part> {
        let count = |index: &Index| own.iter().flat_map(|f| &f.indices).filter(|i| *i == index).count();
        let mut open: Vec<Index> = Vec::new();
        for index in own.iter().flat_map(|factor| &factor.indices) {
            let outside = !matches!(index, Index::Dummy(_) | Index::Value(_)) || count(index) == 1;
            if outside && !matches!(index, Index::Value(_)) && !open.contains(index) {
                open.push(*index);
            }
        }
        if open.len() > 2 {
            return None;
        }
        let inside: Vec<Factor> =
            own.iter().map(|f| Factor { group: 0, draw: Draw::Own, ..f.clone() }).collect();
        let (scalars, mut parts) = self.parts(&inside)?;
        let lengths: Vec<Length> = open.iter().filter_map(|index| length_in(&parts, *index)).collect();
        if lengths.len() != open.len() {
            return None;
        }
        parts.sort_by_key(|part| part.indices.len());
        let (scalars, tensor) = assemble(scalars, parts, &open)?;
        let shape = shape_of(&open.iter().copied().zip(lengths.iter().copied()).collect::<Vec<_>>());
        let inner = scaled(&Rational::ONE, &split(scalars), tensor, shape);
        let expr = self.bundle_around(&own[0], inner, shape)?;
        let flipped = transposed(&expr);
        Some(Part { expr, indices: open, lengths, flipped })
    }

    /// `E[e]`, or the sum of `e` over a batch.
    fn bundle_around(&self, first: &Factor, inner: Expr, shape: Shape) -> Option<Expr> {
        if first.group != 0 {
            return Some(Expr::new(Kind::Expect(inner), shape));
        }
        let Draw::Copy { batch, .. } = first.draw else { return None };
        let batch = self.written.borrow().get(&batch).cloned()?;
        Some(Expr::new(Kind::SumOver(inner, batch), shape))
    }

    /// A product in index notation, with all sums outermost.
    pub(super) fn raised_with_indices(
        &self,
        factors: &[Factor],
        free: &[(Index, Length)],
    ) -> (Vec<Expr>, Option<Expr>) {
        let mut names: Vec<(Index, Name)> = Vec::new();
        for (at, (index, length)) in (0..).zip(free) {
            names.push((*index, name(at, *length)));
        }
        for factor in factors {
            for (slot, index) in factor.indices.iter().enumerate() {
                if matches!(index, Index::Dummy(_)) && !names.iter().any(|(known, _)| known == index) {
                    let number = u32::try_from(names.len()).unwrap_or(u32::MAX);
                    names.push((*index, name(number, self.slot_length(factor, slot))));
                }
            }
        }
        let mut scalars = Vec::new();
        let mut left: Vec<Factor> = factors.to_vec();
        while let Some(factor) = left.first().cloned() {
            let together = factor.group != 0 || matches!(factor.draw, Draw::Copy { .. });
            let (own, rest): (Vec<Factor>, Vec<Factor>) = if together {
                left.into_iter().partition(|f| f.group == factor.group && f.draw == factor.draw)
            } else {
                let rest = left.split_off(1);
                (left, rest)
            };
            left = rest;
            let all: Vec<Expr> = own.iter().map(|f| self.component_of(f, &names)).collect();
            if together {
                let inner = scaled(&Rational::ONE, &split(all), None, Shape::Scalar);
                let around = self.bundle_around(&own[0], inner.clone(), Shape::Scalar);
                scalars.push(around.unwrap_or(inner));
            } else {
                scalars.extend(all);
            }
        }
        let sums: Vec<Name> = names
            .iter()
            .filter(|(index, _)| matches!(index, Index::Dummy(_)))
            .map(|(_, n)| n.clone())
            .collect();
        if sums.is_empty() {
            return (scalars, None);
        }
        let mut body = scaled(&Rational::ONE, &split(scalars), None, Shape::Scalar);
        for index in sums.into_iter().rev() {
            body = Expr::new(Kind::Sum(index, body), Shape::Scalar);
        }
        (vec![body], None)
    }
}

fn length_in(parts: &[Part], index: Index) -> Option<Length> {
    parts.iter().find_map(|part| part.indices.iter().position(|i| *i == index).map(|at| part.lengths[at]))
}

/// Contracts tensors until only the open indices are left: scalars, and one tensor.
pub(super) fn assemble(
    mut scalars: Vec<Expr>,
    mut parts: Vec<Part>,
    open: &[Index],
) -> Option<(Vec<Expr>, Option<Expr>)> {
    while let Some((a, b, index)) = shared(&parts) {
        let part = if a == b {
            parts.remove(a).traced()?
        } else {
            let second = parts.remove(a.max(b));
            let first = parts.remove(a.min(b));
            first.joined(second, index)?
        };
        if part.indices.is_empty() { scalars.push(part.expr) } else { parts.push(part) }
    }
    let tensor = match (open, parts.len()) {
        ([], 0) => None,
        ([_], 1) => Some(parts.pop()?.expr),
        ([i, j], 1) => {
            let part = parts.pop()?;
            Some(if part.indices == [*i, *j] { part.expr } else { part.transposed().expr })
        }
        ([i, _], 2) => {
            let (first, second) = if parts[0].indices == [*i] { (0, 1) } else { (1, 0) };
            let shape = Shape::Matrix(parts[first].lengths[0], parts[second].lengths[0]);
            Some(Expr::new(Kind::Outer(parts[first].expr.clone(), parts[second].expr.clone()), shape))
        }
        _ => return None,
    };
    Some((scalars, tensor))
}

/// Two tensors, or one, that share a summed index.
fn shared(parts: &[Part]) -> Option<(usize, usize, Index)> {
    for (a, part) in parts.iter().enumerate() {
        for index in &part.indices {
            if !matches!(index, Index::Dummy(_)) {
                continue;
            }
            if part.indices.len() == 2 && part.indices[0] == part.indices[1] {
                return Some((a, a, *index));
            }
            if let Some(b) = (a + 1..parts.len()).find(|&b| parts[b].indices.contains(index)) {
                return Some((a, b, *index));
            }
        }
    }
    None
}
