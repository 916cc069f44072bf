//! The parts of a node, in one place: whoever walks a tree or rebuilds one needs no list of all kinds.

use super::{Batch, Expr, Index, Kind};
use std::collections::HashSet;

impl Expr {
    /// The expressions that this one is made of, in the order in which they are written.
    #[must_use]
    pub fn children(&self) -> Vec<&Self> {
        match self.kind() {
            Kind::Number(_) | Kind::Symbol(_) | Kind::Identity | Kind::Dimension | Kind::Kronecker(..) => {
                vec![]
            }
            Kind::Add(terms) | Kind::List(terms) => terms.iter().collect(),
            Kind::Rows(rows) => rows.iter().flatten().collect(),
            Kind::Mul(a, b)
            | Kind::Div(a, b)
            | Kind::Pow(a, b)
            | Kind::Dot(a, b)
            | Kind::Outer(a, b)
            | Kind::CrossCov(a, b)
            | Kind::Shift(a, b)
            | Kind::At(a, _, b) => vec![a, b],
            Kind::Mean(e, batch) | Kind::SumOver(e, batch) => {
                [e, &batch.size].into_iter().chain(&batch.population).collect()
            }
            Kind::Neg(e)
            | Kind::Transpose(e)
            | Kind::Trace(e)
            | Kind::Norm2(e)
            | Kind::Grad(e)
            | Kind::Hess(e)
            | Kind::Lap(e)
            | Kind::Jac(e)
            | Kind::Divergence(e)
            | Kind::Expect(e)
            | Kind::Var(e)
            | Kind::Cov(e)
            | Kind::Sqrt(e)
            | Kind::MatrixRoot(e)
            | Kind::Function(_, e)
            | Kind::Apply(_, _, e)
            | Kind::Component(e, _)
            | Kind::Partial(_, e)
            | Kind::Sum(_, e)
            | Kind::Tensor(_, e)
            | Kind::Conditional(_, e)
            | Kind::Current(e)
            | Kind::Inverse(e)
            | Kind::LogDet(e)
            | Kind::Integral(e) => vec![e],
        }
    }

    /// The same node of other parts: `change` is asked for each of [`Expr::children`] in their order.
    #[must_use]
    pub fn map_children(&self, change: &mut dyn FnMut(&Self) -> Self) -> Kind {
        let of = |batch: &Batch, change: &mut dyn FnMut(&Self) -> Self| Batch {
            number: batch.number,
            size: change(&batch.size),
            population: batch.population.as_ref().map(change),
        };
        match self.kind() {
            Kind::Number(_) | Kind::Symbol(_) | Kind::Identity | Kind::Dimension | Kind::Kronecker(..) => {
                self.kind().clone()
            }
            Kind::Add(terms) => Kind::Add(terms.iter().map(change).collect()),
            Kind::List(terms) => Kind::List(terms.iter().map(change).collect()),
            Kind::Rows(rows) => {
                Kind::Rows(rows.iter().map(|row| row.iter().map(&mut *change).collect()).collect())
            }
            Kind::Mul(a, b) => Kind::Mul(change(a), change(b)),
            Kind::Div(a, b) => Kind::Div(change(a), change(b)),
            Kind::Pow(a, b) => Kind::Pow(change(a), change(b)),
            Kind::Dot(a, b) => Kind::Dot(change(a), change(b)),
            Kind::Outer(a, b) => Kind::Outer(change(a), change(b)),
            Kind::CrossCov(a, b) => Kind::CrossCov(change(a), change(b)),
            Kind::Shift(a, b) => Kind::Shift(change(a), change(b)),
            Kind::At(a, symbol, b) => Kind::At(change(a), *symbol, change(b)),
            Kind::Mean(e, batch) => {
                let e = change(e);
                Kind::Mean(e, of(batch, change))
            }
            Kind::SumOver(e, batch) => {
                let e = change(e);
                Kind::SumOver(e, of(batch, change))
            }
            Kind::Neg(_)
            | Kind::Transpose(_)
            | Kind::Trace(_)
            | Kind::Norm2(_)
            | Kind::Grad(_)
            | Kind::Hess(_)
            | Kind::Lap(_)
            | Kind::Jac(_)
            | Kind::Divergence(_)
            | Kind::Expect(_)
            | Kind::Var(_)
            | Kind::Cov(_)
            | Kind::Sqrt(_)
            | Kind::MatrixRoot(_)
            | Kind::Function(..)
            | Kind::Apply(..)
            | Kind::Component(..)
            | Kind::Partial(..)
            | Kind::Sum(..)
            | Kind::Tensor(..)
            | Kind::Conditional(..)
            | Kind::Current(_)
            | Kind::Inverse(_)
            | Kind::LogDet(_)
            | Kind::Integral(_) => self.map_only_child(change),
        }
    }

    /// [`Expr::map_children`] for a node of one part.
    fn map_only_child(&self, change: &mut dyn FnMut(&Self) -> Self) -> Kind {
        match self.kind() {
            Kind::Neg(e) => Kind::Neg(change(e)),
            Kind::Transpose(e) => Kind::Transpose(change(e)),
            Kind::Trace(e) => Kind::Trace(change(e)),
            Kind::Norm2(e) => Kind::Norm2(change(e)),
            Kind::Grad(e) => Kind::Grad(change(e)),
            Kind::Hess(e) => Kind::Hess(change(e)),
            Kind::Lap(e) => Kind::Lap(change(e)),
            Kind::Jac(e) => Kind::Jac(change(e)),
            Kind::Divergence(e) => Kind::Divergence(change(e)),
            Kind::Expect(e) => Kind::Expect(change(e)),
            Kind::Var(e) => Kind::Var(change(e)),
            Kind::Cov(e) => Kind::Cov(change(e)),
            Kind::Sqrt(e) => Kind::Sqrt(change(e)),
            Kind::MatrixRoot(e) => Kind::MatrixRoot(change(e)),
            Kind::Function(function, e) => Kind::Function(*function, change(e)),
            Kind::Apply(symbol, order, e) => Kind::Apply(*symbol, *order, change(e)),
            Kind::Component(e, indices) => Kind::Component(change(e), indices.clone()),
            Kind::Partial(index, e) => Kind::Partial(index.clone(), change(e)),
            Kind::Sum(index, e) => Kind::Sum(index.clone(), change(e)),
            Kind::Tensor(indices, e) => Kind::Tensor(indices.clone(), change(e)),
            Kind::Conditional(place, e) => Kind::Conditional(*place, change(e)),
            Kind::Current(e) => Kind::Current(change(e)),
            Kind::Inverse(e) => Kind::Inverse(change(e)),
            Kind::LogDet(e) => Kind::LogDet(change(e)),
            Kind::Integral(e) => Kind::Integral(change(e)),
            Kind::Number(_)
            | Kind::Symbol(_)
            | Kind::Identity
            | Kind::Dimension
            | Kind::Kronecker(..)
            | Kind::Add(_)
            | Kind::List(_)
            | Kind::Rows(_)
            | Kind::Mul(..)
            | Kind::Div(..)
            | Kind::Pow(..)
            | Kind::Dot(..)
            | Kind::Outer(..)
            | Kind::CrossCov(..)
            | Kind::Shift(..)
            | Kind::At(..)
            | Kind::Mean(..)
            | Kind::SumOver(..) => self.kind().clone(),
        }
    }

    /// Whether a node of this tree, itself included, passes `test`. Every node is looked at once, however often it is
    /// shared.
    pub fn any(&self, test: &mut dyn FnMut(&Self) -> bool) -> bool {
        let mut seen = HashSet::new();
        let mut left = vec![self];
        while let Some(next) = left.pop() {
            if !seen.insert(next.address()) {
                continue;
            }
            if test(next) {
                return true;
            }
            left.extend(next.children());
        }
        false
    }
}

impl Kind {
    /// The same with other indices in the node itself; its parts stay.
    #[must_use]
    #[allow(clippy::wildcard_enum_match_arm, reason = "the nodes without an index stay")]
    pub fn map_indices(self, change: &mut dyn FnMut(&Index) -> Index) -> Self {
        match self {
            Self::Component(e, indices) => Self::Component(e, indices.iter().map(change).collect()),
            Self::Tensor(indices, e) => Self::Tensor(indices.iter().map(change).collect(), e),
            Self::Partial(index, e) => Self::Partial(change(&index), e),
            Self::Sum(index, e) => Self::Sum(change(&index), e),
            Self::Kronecker(i, j) => Self::Kronecker(change(&i), change(&j)),
            other => other,
        }
    }
}
