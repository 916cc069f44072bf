//! Normal forms back to expressions.
//!
//! Each product is put together without indices where that is possible: a factor with its own contractions is a scalar, a
//! vector or a matrix (`u_,ijj = grad(lap(u))`, `A_ij,j = div(A)`), two that share a summed index become `dot`, a product
//! or, at the end, a trace, and what stands in one expectation is put together inside it first. Where that fails the whole
//! sum is written in index notation. Factors common to all terms stand before the sum.

use super::algebra::Algebra;
use super::atom::{Draw, Factor, Index};
use super::function::content;
use super::poly::{Monomial, Poly};
use super::raise_factor::Part;
use crate::expression::{Expr, Index as Name, Kind, Length, Rational, Shape};

/// The scalars of a product, and what has its open indices.
type Raised = (Vec<Expr>, Option<Expr>);

/// First of the numbers of indices that are made up here; those of a text count from 0.
const NAMES: u32 = 1 << 28;

impl Algebra<'_> {
    /// A sum with these free indices as an expression.
    pub(super) fn raised(&self, sum: &Poly, free: &[(Index, Length)]) -> Expr {
        let shape = shape_of(free);
        if sum.is_zero() {
            return Expr::new(Kind::Number(Rational::ZERO), shape);
        }
        if let Some(literal) = self.raised_literal(sum, free) {
            return literal;
        }
        let open: Vec<Index> = free.iter().map(|(index, _)| *index).collect();
        let plain = |monomial: &Monomial| self.raised_product(&monomial.0, &open);
        if free.len() <= 2
            && let Some(e) = self.raised_sum(sum, &plain, shape)
        {
            return e;
        }
        let names: Vec<Name> = (0..).zip(free).map(|(at, (_, length))| name(at, *length)).collect();
        let indexed = |monomial: &Monomial| Some(self.raised_with_indices(&monomial.0, free));
        let body = self.raised_sum(sum, &indexed, Shape::Scalar).unwrap_or_else(zero);
        if names.is_empty() { body } else { Expr::new(Kind::Tensor(names, body), shape) }
    }

    /// A scalar as an expression.
    pub(super) fn raised_scalar(&self, sum: &Poly) -> Expr {
        self.raised(sum, &[])
    }

    /// Each term as an expression.
    pub(super) fn raised_terms(&self, sum: &Poly, free: &[(Index, Length)]) -> Vec<Expr> {
        let alone =
            |(monomial, value): &(Monomial, Rational)| Poly::monomial(monomial.clone(), value.clone());
        sum.terms().iter().map(|term| self.raised(&alone(term), free)).collect()
    }

    /// Components in named coordinates as a list or as rows.
    fn raised_literal(&self, sum: &Poly, free: &[(Index, Length)]) -> Option<Expr> {
        let dimension = self.dimension?;
        if free.iter().any(|(_, length)| *length != Length::Space) {
            return None;
        }
        let part = |slot: Index, value: u32, sum: &Poly| {
            self.renamed(sum, |index| if index == slot { Index::Value(value) } else { index }).ok()
        };
        match free {
            [(i, _)] => {
                let all: Option<Vec<Expr>> =
                    (0..dimension).map(|k| Some(self.raised_scalar(&part(*i, k, sum)?))).collect();
                Some(Expr::new(Kind::List(all?), shape_of(free)))
            }
            [(i, _), (j, _)] => {
                let row = |k| {
                    let row = part(*i, k, sum)?;
                    (0..dimension).map(|l| Some(self.raised_scalar(&part(*j, l, &row)?))).collect()
                };
                let rows: Option<Vec<Vec<Expr>>> = (0..dimension).map(row).collect();
                Some(Expr::new(Kind::Rows(rows?), shape_of(free)))
            }
            _ => None,
        }
    }

    /// `content * (term + term + ...)`
    fn raised_sum(
        &self,
        sum: &Poly,
        raise: &dyn Fn(&Monomial) -> Option<Raised>,
        shape: Shape,
    ) -> Option<Expr> {
        let (mut common, mut number) = content(sum);
        common.retain(|factor| factor.draw == Draw::Fixed);
        if sum.terms().first().is_some_and(|(_, value)| value.is_negative()) {
            number = -number;
        }
        let inverse: Vec<Factor> = common.iter().map(|f| Factor { power: -&f.power, ..f.clone() }).collect();
        let rest =
            self.finish(vec![(inverse, number.recip()?)]).and_then(|scale| self.times(sum, &scale)).ok()?;
        let (before, _) = self.raised_product(&common, &[])?;
        let mut terms = Vec::new();
        for (monomial, value) in rest.terms() {
            let (scalars, tensor) = raise(monomial)?;
            let (scalars, value) = if rest.len() == 1 {
                (before.iter().cloned().chain(scalars).collect(), value * &number)
            } else {
                (scalars, value.clone())
            };
            terms.push(scaled(&value, &self.split(scalars), tensor, shape));
        }
        if terms.len() == 1 {
            return terms.pop();
        }
        let all = Expr::new(Kind::Add(terms), shape);
        if before.is_empty() && number.is_one() {
            return Some(all);
        }
        Some(scaled(&number, &self.split(before), Some(all), shape))
    }

    /// Scalars over scalars.
    fn split(&self, scalars: Vec<Expr>) -> (Vec<Expr>, Vec<Expr>) {
        let (mut above, mut below) = (Vec::new(), Vec::new());
        for scalar in scalars {
            match scalar.kind() {
                Kind::Div(one, under) if matches!(one.kind(), Kind::Number(one) if one.is_one()) => {
                    below.push(under.clone());
                }
                _ => above.push(scalar),
            }
        }
        (above, below)
    }

    /// A product without indices: its scalars, and what has the open indices; nothing if it cannot be written so.
    fn raised_product(&self, factors: &[Factor], open: &[Index]) -> Option<(Vec<Expr>, Option<Expr>)> {
        let (scalars, parts) = self.parts(factors)?;
        assemble(scalars, parts, open)
    }

    /// Scalars and tensors of a product; expectations and sums over copies are put together first.
    fn parts(&self, factors: &[Factor]) -> Option<(Vec<Expr>, Vec<Part>)> {
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
        let inner = scaled(&Rational::ONE, &self.split(scalars), tensor, shape);
        let expr = self.bundle_around(&own[0], inner, shape)?;
        Some(Part { expr, indices: open, lengths })
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
    fn raised_with_indices(&self, factors: &[Factor], free: &[(Index, Length)]) -> (Vec<Expr>, Option<Expr>) {
        let mut names: Vec<(Index, Name)> = Vec::new();
        for (at, (index, length)) in (0..).zip(free) {
            names.push((*index, name(at, *length)));
        }
        let first = u32::try_from(free.len()).unwrap_or(0);
        for factor in factors {
            for (slot, index) in factor.indices.iter().enumerate() {
                if matches!(index, Index::Dummy(_)) && !names.iter().any(|(known, _)| known == index) {
                    let number = first + u32::try_from(names.len()).unwrap_or(0);
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
                let inner = scaled(&Rational::ONE, &self.split(all), None, Shape::Scalar);
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
        let mut body = scaled(&Rational::ONE, &self.split(scalars), None, Shape::Scalar);
        for index in sums.into_iter().rev() {
            body = Expr::new(Kind::Sum(index, body), Shape::Scalar);
        }
        (vec![body], None)
    }
}

/// An index by its number.
pub(super) fn name(number: u32, length: Length) -> Name {
    const LETTERS: [&str; 8] = ["i", "j", "k", "l", "m", "q", "r", "s"];
    let name = LETTERS.get(number as usize).map_or_else(|| format!("i{number}").into(), |l| (*l).into());
    Name { id: NAMES + number, name, length }
}

pub(super) fn shape_of(free: &[(Index, Length)]) -> Shape {
    match free {
        [] => Shape::Scalar,
        [(_, length)] => Shape::Vector(*length),
        [(_, rows), (_, columns)] => Shape::Matrix(*rows, *columns),
        more => Shape::Components(u32::try_from(more.len()).unwrap_or(u32::MAX)),
    }
}

fn zero() -> Expr {
    Expr::number(Rational::ZERO)
}

fn length_in(parts: &[Part], index: Index) -> Option<Length> {
    parts.iter().find_map(|part| part.indices.iter().position(|i| *i == index).map(|at| part.lengths[at]))
}

/// `c a b/(d e) * tensor`
fn scaled(number: &Rational, scalars: &(Vec<Expr>, Vec<Expr>), tensor: Option<Expr>, shape: Shape) -> Expr {
    let (numerator, denominator) = whole_parts(&number.abs());
    let mut above = scalars.0.clone();
    let mut below = scalars.1.clone();
    let one = Rational::ONE;
    if denominator != one {
        below.insert(0, Expr::number(denominator));
    }
    if numerator != one || (above.is_empty() && (tensor.is_none() || !below.is_empty())) {
        above.insert(0, Expr::number(numerator));
    }
    let product = |all: Vec<Expr>| all.into_iter().reduce(|a, b| Expr::new(Kind::Mul(a, b), Shape::Scalar));
    let scale = match (product(above), product(below)) {
        (above, None) => above,
        (above, Some(below)) => {
            Some(Expr::new(Kind::Div(above.unwrap_or_else(|| Expr::number(one)), below), Shape::Scalar))
        }
    };
    let value = match (scale, tensor) {
        (Some(scale), Some(tensor)) => Expr::new(Kind::Mul(scale, tensor), shape),
        (Some(only), None) | (None, Some(only)) => only,
        (None, None) => Expr::number(Rational::ONE),
    };
    if number.is_negative() { Expr::new(Kind::Neg(value), shape) } else { value }
}

fn whole_parts(number: &Rational) -> (Rational, Rational) {
    let big = number.to_big();
    let whole =
        |part: &num_bigint::BigInt| Rational::from(num_rational::BigRational::from_integer(part.clone()));
    (whole(big.numer()), whole(big.denom()))
}

/// Contracts tensors until only the open indices are left: scalars, and one tensor.
fn assemble(
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
