//! Single factors back to expressions.

use super::algebra::Algebra;
use super::atom::{Factor, Head, Index};
use super::poly::{Monomial, Poly};
use super::raise::{name, shape_of};
use super::raise_order::transposed;
use crate::expression::{Expr, Function, Index as Name, Kind, Length, Rational, Shape, SymbolKind};

/// A scalar, vector or matrix with its indices.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) expr: Expr,
    pub(super) indices: Vec<Index>,
    pub(super) lengths: Vec<Length>,
    /// A matrix with its indices exchanged.
    pub(super) flipped: Option<Expr>,
}

impl Part {
    fn scalar(expr: Expr) -> Self {
        Self { expr, indices: Vec::new(), lengths: Vec::new(), flipped: None }
    }

    fn vector(expr: Kind, index: Index, length: Length) -> Self {
        let expr = Expr::new(expr, Shape::Vector(length));
        Self { expr, indices: vec![index], lengths: vec![length], flipped: None }
    }

    /// A matrix that is not known to be symmetric.
    fn matrix(expr: Kind, indices: [Index; 2], lengths: [Length; 2]) -> Self {
        let expr = Expr::new(expr, Shape::Matrix(lengths[0], lengths[1]));
        let flipped = transposed(&expr);
        Self { expr, indices: indices.to_vec(), lengths: lengths.to_vec(), flipped }
    }

    pub(super) fn traced(self) -> Option<Self> {
        let own = self.indices.len() == 2;
        own.then(|| Self::scalar(Expr::new(Kind::Trace(self.expr), Shape::Scalar)))
    }

    /// A matrix that is symmetric.
    pub(super) fn symmetric(self) -> Self {
        Self { flipped: Some(self.expr.clone()), ..self }
    }

    pub(super) fn transposed(mut self) -> Self {
        if let Some(flipped) = self.flipped.take() {
            self.flipped = Some(std::mem::replace(&mut self.expr, flipped));
        }
        self.indices.reverse();
        self.lengths.reverse();
        self
    }

    /// Two that share a summed index.
    pub(super) fn joined(self, other: Self, index: Index) -> Option<Self> {
        let first = |part: Self| if part.indices[0] == index { part } else { part.transposed() };
        let last = |part: Self| if part.indices[1] == index { part } else { part.transposed() };
        match (self.indices.len(), other.indices.len()) {
            (1, 1) if self.expr == other.expr => {
                Some(Self::scalar(Expr::new(Kind::Norm2(self.expr), Shape::Scalar)))
            }
            (1, 1) => Some(Self::scalar(Expr::new(Kind::Dot(self.expr, other.expr), Shape::Scalar))),
            (1, 2) => {
                let matrix = last(other);
                let (index, length) = (matrix.indices[0], matrix.lengths[0]);
                Some(Self {
                    expr: chain(matrix.expr, &self.expr, Shape::Vector(length)),
                    indices: vec![index],
                    lengths: vec![length],
                    flipped: None,
                })
            }
            (2, 1) => other.joined(self, index),
            (2, 2) => {
                let (left, right) = (last(self), first(other));
                let (indices, lengths) =
                    ([left.indices[0], right.indices[1]], [left.lengths[0], right.lengths[1]]);
                let flipped = chain(right.flipped?, &left.flipped?, Shape::Matrix(lengths[1], lengths[0]));
                let expr = chain(left.expr, &right.expr, Shape::Matrix(lengths[0], lengths[1]));
                Some(Self {
                    expr,
                    indices: indices.to_vec(),
                    lengths: lengths.to_vec(),
                    flipped: Some(flipped),
                })
            }
            _ => None,
        }
    }
}

/// `A (B C)` as `(A B) C`.
fn chain(a: Expr, b: &Expr, shape: Shape) -> Expr {
    match (b.kind(), a.shape(), b.shape()) {
        (Kind::Mul(first, second), Shape::Matrix(rows, _), _) => match first.shape() {
            Shape::Matrix(_, columns) => {
                let before = chain(a, first, Shape::Matrix(rows, columns));
                Expr::new(Kind::Mul(before, second.clone()), shape)
            }
            _ => Expr::new(Kind::Mul(a, b.clone()), shape),
        },
        _ => Expr::new(Kind::Mul(a, b.clone()), shape),
    }
}

impl Algebra<'_> {
    /// A factor without indices; nothing if it cannot be written so.
    pub(super) fn raised_factor(&self, factor: &Factor) -> Option<Part> {
        let one = Factor { power: Rational::ONE, ..factor.clone() };
        let (mut indices, traced) = contracted(&one);
        let part = self.raised_jet(&one, &mut indices, traced)?;
        if factor.power.is_one() {
            return Some(part);
        }
        part.indices.is_empty().then(|| Part::scalar(power(&part.expr, &factor.power)))
    }

    /// A field or the like with what of its derivatives is contracted.
    fn raised_jet(&self, factor: &Factor, indices: &mut Jet, traced: Traced) -> Option<Part> {
        let mut part = match (factor.rank, traced) {
            (0, Traced::Nothing) => Part::scalar(self.raised_scalar_head(factor)?),
            (1, Traced::Nothing) => {
                let length = self.slot_length(factor, 0);
                Part::vector(self.raised_tensor_head(factor)?, indices.slots[0], length)
            }
            (1, Traced::First) => {
                let inner = Expr::new(self.raised_tensor_head(factor)?, Shape::Vector(Length::Space));
                Part::scalar(Expr::new(Kind::Divergence(inner), Shape::Scalar))
            }
            (2, traced) => self.raised_matrix(factor, indices, traced)?,
            _ => return None,
        };
        part = self.at_values(part)?;
        for _ in 0..indices.laplacians {
            if !part.indices.is_empty() {
                return None;
            }
            part = Part::scalar(Expr::new(Kind::Lap(part.expr), Shape::Scalar));
        }
        for index in indices.derivatives.iter().filter(|index| matches!(index, Index::Value(_))) {
            let Index::Value(value) = index else { continue };
            if !part.indices.is_empty() {
                part = self.along_value(part, *value)?;
                continue;
            }
            let gradient = Expr::new(Kind::Grad(part.expr), Shape::Vector(Length::Space));
            part = Part::scalar(Expr::new(Kind::Dot(self.basis(*value), gradient), Shape::Scalar));
        }
        let open: Vec<Index> =
            indices.derivatives.iter().copied().filter(|index| !matches!(index, Index::Value(_))).collect();
        match (part.indices.len(), open.as_slice()) {
            (_, []) => Some(part),
            (0, [i]) => Some(Part::vector(Kind::Grad(part.expr), *i, Length::Space)),
            (0, [i, j]) => {
                let hessian = Part::matrix(Kind::Hess(part.expr), [*i, *j], [Length::Space; 2]);
                Some(hessian.symmetric())
            }
            (1, [j]) => {
                let (index, length) = (part.indices[0], part.lengths[0]);
                Some(Part::matrix(Kind::Jac(part.expr), [index, *j], [length, Length::Space]))
            }
            _ => None,
        }
    }

    /// A tensor times the basis vectors of those of its indices that are values.
    fn at_values(&self, part: Part) -> Option<Part> {
        match part.indices.as_slice() {
            [Index::Value(value)] => {
                let basis = self.basis(*value);
                Some(Part::scalar(Expr::new(Kind::Dot(basis, part.expr), Shape::Scalar)))
            }
            [index, Index::Value(value)] => {
                let column = Kind::Mul(part.expr, self.basis(*value));
                self.at_values(Part::vector(column, *index, part.lengths[0]))
            }
            [Index::Value(_), _] => self.at_values(part.transposed()),
            _ => Some(part),
        }
    }

    /// The derivative of a vector along a coordinate: a column of its Jacobian.
    fn along_value(&self, part: Part, value: u32) -> Option<Part> {
        let (&[index], &[length]) = (part.indices.as_slice(), part.lengths.as_slice()) else { return None };
        let jacobian = Expr::new(Kind::Jac(part.expr), Shape::Matrix(length, Length::Space));
        Some(Part::vector(Kind::Mul(jacobian, self.basis(value)), index, length))
    }

    /// A matrix with its contractions: itself, its divergences, its trace.
    fn raised_matrix(&self, factor: &Factor, indices: &Jet, traced: Traced) -> Option<Part> {
        let lengths = [self.slot_length(factor, 0), self.slot_length(factor, 1)];
        let shape = Shape::Matrix(lengths[0], lengths[1]);
        let matrix = Expr::new(self.raised_tensor_head(factor)?, shape);
        let divergence = |matrix: Expr, index, length| Part::vector(Kind::Divergence(matrix), index, length);
        let transposed = || {
            let flat = factor.is_symmetric();
            if flat {
                matrix.clone()
            } else {
                Expr::new(Kind::Transpose(matrix.clone()), Shape::Matrix(lengths[1], lengths[0]))
            }
        };
        match (traced, indices.slots.as_slice()) {
            (Traced::Nothing, [i, j]) => {
                let part = Part::matrix(matrix.kind().clone(), [*i, *j], lengths);
                Some(if factor.is_symmetric() { part.symmetric() } else { part })
            }
            (Traced::Second, [i]) => Some(divergence(matrix.clone(), *i, lengths[0])),
            (Traced::First, [j]) => Some(divergence(transposed(), *j, lengths[1])),
            (Traced::Both, []) => {
                let inner = divergence(matrix.clone(), Index::Free(0), lengths[0]).expr;
                Some(Part::scalar(Expr::new(Kind::Divergence(inner), Shape::Scalar)))
            }
            (Traced::Trace, []) => Some(Part::scalar(Expr::new(Kind::Trace(matrix.clone()), Shape::Scalar))),
            _ => None,
        }
    }

    /// `[0, 1]`
    fn basis(&self, value: u32) -> Expr {
        let entry = |k| Expr::number(if k == value { Rational::ONE } else { Rational::ZERO });
        let all = (0..self.dimension.unwrap_or(value + 1)).map(entry).collect();
        Expr::new(Kind::List(all), Shape::Vector(Length::Space))
    }

    /// A vector or a matrix without its indices.
    fn raised_tensor_head(&self, factor: &Factor) -> Option<Kind> {
        let matrix = |inner: &super::poly::Sealed| {
            let free = [(Index::Free(0), Length::Space), (Index::Free(1), Length::Space)];
            self.raised(inner.poly(), &free)
        };
        match &factor.head {
            Head::RandomVector(symbol) | Head::Noise(symbol, _) | Head::Field { symbol, .. } => {
                Some(Kind::Symbol(*symbol))
            }
            Head::Position => self
                .symbols
                .iter()
                .find(|(_, known)| matches!(known.kind, SymbolKind::Space))
                .map(|(id, _)| Kind::Symbol(id)),
            Head::Delta(Length::Space) => Some(Kind::Identity),
            Head::Root(inner) => Some(Kind::MatrixRoot(matrix(inner))),
            Head::Inverse { matrix: inner, .. } => Some(Kind::Inverse(matrix(inner))),
            _ => None,
        }
    }

    /// A scalar without its derivatives.
    fn raised_scalar_head(&self, factor: &Factor) -> Option<Expr> {
        let scalar = |kind| Some(Expr::new(kind, Shape::Scalar));
        match &factor.head {
            Head::Prime(prime) => Some(Expr::number(prime.clone())),
            Head::Scalar(symbol)
            | Head::Random(symbol)
            | Head::Noise(symbol, _)
            | Head::Field { symbol, .. } => scalar(Kind::Symbol(*symbol)),
            Head::Extent(Length::Space) => scalar(Kind::Dimension),
            Head::Extent(length) => {
                let index = name(99, *length);
                scalar(Kind::Sum(
                    index.clone(),
                    Expr::new(Kind::Kronecker(index.clone(), index), Shape::Scalar),
                ))
            }
            Head::Coordinate(k) => {
                let named = self.symbols.coordinates().and_then(|names| names.get(*k as usize));
                match named {
                    Some(symbol) => scalar(Kind::Symbol(*symbol)),
                    None => {
                        let space = self.symbols.iter().find(|(_, s)| matches!(s.kind, SymbolKind::Space))?.0;
                        let space = Expr::new(Kind::Symbol(space), Shape::Vector(Length::Space));
                        scalar(Kind::Dot(self.basis(*k), space))
                    }
                }
            }
            Head::Exp(inner) => self.raised_exponential(inner),
            Head::Log(inner) => scalar(Kind::Function(Function::Log, self.raised_scalar(inner.poly()))),
            Head::Function(function, inner) => {
                scalar(Kind::Function(*function, self.raised_scalar(inner.poly())))
            }
            Head::Apply(symbol, order, inner) => {
                scalar(Kind::Apply(*symbol, *order, self.raised_scalar(inner.poly())))
            }
            Head::Base(inner) => Some(self.raised_scalar(inner.poly())),
            Head::LogDet(inner) => {
                let free = [(Index::Free(0), Length::Space), (Index::Free(1), Length::Space)];
                scalar(Kind::LogDet(self.raised(inner.poly(), &free)))
            }
            Head::Integral(inner) => {
                scalar(Kind::Integral(self.raised_scalar(&Poly::monomial(inner.clone(), Rational::ONE))))
            }
            Head::RandomVector(_)
            | Head::Position
            | Head::Delta(_)
            | Head::Root(_)
            | Head::Inverse { .. } => None,
        }
    }

    /// `exp(m)`, or `x^a` for `exp(a log x)`.
    fn raised_exponential(&self, inner: &Monomial) -> Option<Expr> {
        let at = inner.0.iter().position(|f| matches!(f.head, Head::Log(_)) && f.power.is_one());
        if let Some(at) = at
            && let Head::Log(base) = &inner.0[at].head
        {
            let mut rest = inner.0.clone();
            rest.remove(at);
            let exponent = self.raised_scalar(&Poly::monomial(Monomial(rest), Rational::ONE));
            return Some(Expr::new(Kind::Pow(self.raised_scalar(base.poly()), exponent), Shape::Scalar));
        }
        let inner = self.raised_scalar(&Poly::monomial(inner.clone(), Rational::ONE));
        Some(Expr::new(Kind::Function(Function::Exp, inner), Shape::Scalar))
    }

    /// What an index in a slot of a factor runs over.
    pub(super) fn slot_length(&self, factor: &Factor, slot: usize) -> Length {
        if slot >= factor.rank {
            return Length::Space;
        }
        match &factor.head {
            Head::Noise(_, length) | Head::Delta(length) => *length,
            Head::Field { symbol, .. } => match (self.shapes.borrow().get(symbol), slot) {
                (Some(Shape::Vector(length) | Shape::Matrix(length, _)), 0) => *length,
                (Some(Shape::Matrix(_, length)), _) => *length,
                _ => Length::Space,
            },
            _ => Length::Space,
        }
    }

    /// A factor as a component in index notation.
    pub(super) fn component_of(&self, factor: &Factor, names: &[(Index, Name)]) -> Expr {
        let named =
            |index: &Index| names.iter().find(|(known, _)| known == index).map(|(_, name)| name.clone());
        let mut expr = self.slots_of(factor, &named);
        for index in factor.derivatives() {
            expr = match (index, named(index)) {
                (_, Some(index)) => Expr::new(Kind::Partial(index, expr), Shape::Scalar),
                (Index::Value(value), None) => {
                    let gradient = Expr::new(Kind::Grad(expr), Shape::Vector(Length::Space));
                    Expr::new(Kind::Dot(self.basis(*value), gradient), Shape::Scalar)
                }
                _ => expr,
            };
        }
        power(&expr, &factor.power)
    }

    fn slots_of(&self, factor: &Factor, named: &dyn Fn(&Index) -> Option<Name>) -> Expr {
        if let (Head::Delta(_), Some(i), Some(j)) =
            (&factor.head, factor.indices.first().and_then(named), factor.indices.get(1).and_then(named))
        {
            return Expr::new(Kind::Kronecker(i, j), Shape::Scalar);
        }
        if factor.rank == 0 {
            return self.raised_scalar_head(factor).unwrap_or_else(|| Expr::number(Rational::ONE));
        }
        let free: Vec<(Index, Length)> =
            (0..factor.rank).map(|slot| (factor.indices[slot], self.slot_length(factor, slot))).collect();
        let Some(kind) = self.raised_tensor_head(factor) else { return Expr::number(Rational::ONE) };
        let mut tensor = Expr::new(kind, shape_of(&free));
        let indices: Option<Vec<Name>> = factor.slots().iter().map(named).collect();
        if let Some(indices) = indices {
            return Expr::new(Kind::Component(tensor, indices), Shape::Scalar);
        }
        // Values of indices: products with basis vectors.
        for index in factor.slots().iter().rev() {
            let vector = match (index, named(index)) {
                (Index::Value(value), _) => self.basis(*value),
                _ => return Expr::new(Kind::Trace(tensor), Shape::Scalar),
            };
            tensor = match tensor.shape() {
                Shape::Matrix(rows, _) => Expr::new(Kind::Mul(tensor, vector), Shape::Vector(rows)),
                _ => Expr::new(Kind::Dot(vector, tensor), Shape::Scalar),
            };
        }
        tensor
    }
}

/// What of the tensor indices is summed with a derivative or with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Traced {
    Nothing,
    First,
    Second,
    Both,
    Trace,
}

/// The indices of a factor after its own contractions.
struct Jet {
    slots: Vec<Index>,
    derivatives: Vec<Index>,
    laplacians: u32,
}

/// Contractions of a factor with itself.
fn contracted(factor: &Factor) -> (Jet, Traced) {
    let mut slots = factor.slots().to_vec();
    let mut derivatives = factor.derivatives().to_vec();
    let mut laplacians = 0;
    let mut at = 0;
    while at < derivatives.len() {
        let twin = (at + 1..derivatives.len()).find(|&other| {
            derivatives[other] == derivatives[at] && matches!(derivatives[at], Index::Dummy(_))
        });
        if let Some(twin) = twin {
            derivatives.remove(twin);
            derivatives.remove(at);
            laplacians += 1;
        } else {
            at += 1;
        }
    }
    if slots.len() == 2 && slots[0] == slots[1] && matches!(slots[0], Index::Dummy(_)) {
        return (Jet { slots: Vec::new(), derivatives, laplacians }, Traced::Trace);
    }
    let mut summed = Vec::new();
    for slot in (0..slots.len()).rev() {
        let twin = derivatives.iter().position(|d| *d == slots[slot] && matches!(d, Index::Dummy(_)));
        if let Some(twin) = twin {
            derivatives.remove(twin);
            slots.remove(slot);
            summed.push(slot);
        }
    }
    let traced = match summed.as_slice() {
        [] => Traced::Nothing,
        [0] => Traced::First,
        [1] => Traced::Second,
        _ => Traced::Both,
    };
    (Jet { slots, derivatives, laplacians }, traced)
}

/// `x^p`, `sqrt(x)`, `1/x`
pub(super) fn power(base: &Expr, exponent: &Rational) -> Expr {
    let scalar = |kind| Expr::new(kind, Shape::Scalar);
    if exponent.is_one() {
        return base.clone();
    }
    if exponent.is_negative() {
        return scalar(Kind::Div(Expr::number(Rational::ONE), power(base, &-exponent)));
    }
    if *exponent == Rational::half(1) {
        return scalar(Kind::Sqrt(base.clone()));
    }
    scalar(Kind::Pow(base.clone(), Expr::number(exponent.clone())))
}
