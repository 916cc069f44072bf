//! Covariances in a normal form: `E[a b] - E[a] E[b]` is written as `Cov[a, b]`.
//!
//! Of every expectation of a product, each way to split it in two is looked up in the sum; where the product of the two
//! expectations is there with the opposite coefficient, both terms are one covariance. What contracts `a` with `b` makes
//! a trace of it; what can be said only with indices is left as it is.

use super::algebra::Algebra;
use super::atom::{Draw, Factor, Index};
use super::poly::{Monomial, Poly};
use super::raise::{Collected, is_plain, scaled, split};
use super::raise_factor::Part;
use super::raise_product::{Raised, assemble};
use crate::expression::{Expr, Kind, Length, Rational, Shape};

/// Factors of an expectation that is split; a longer one stays whole.
const MOST: usize = 4;

/// Pairs that are joined in one sum.
const PAIRS: usize = 60;

impl Algebra<'_> {
    /// The covariances of a sum, and what is left.
    pub(super) fn joined_moments(&self, sum: &Poly, open: &[Index]) -> (Vec<Collected>, Poly) {
        let (mut found, mut rest) = (Vec::new(), sum.clone());
        while found.len() < PAIRS {
            let pair = rest.terms().iter().find_map(|(term, value)| self.pair(term, value, &rest, open));
            let Some((collected, both)) = pair else { break };
            found.push(collected);
            rest = rest.minus(&both);
        }
        (found, rest)
    }

    /// A term with its partner in a sum: the covariance, and the two terms.
    fn pair(
        &self,
        term: &Monomial,
        value: &Rational,
        sum: &Poly,
        open: &[Index],
    ) -> Option<(Collected, Poly)> {
        let last = term.0.iter().map(|factor| factor.group).max()?;
        for group in 1..=last {
            let (own, others): (Vec<Factor>, Vec<Factor>) =
                term.0.iter().cloned().partition(|factor| factor.group == group);
            if own.len() < 2 || own.len() > MOST {
                continue;
            }
            // The last factor stays in the second half, so that no split is seen twice.
            for half in 1..1_usize << (own.len() - 1) {
                let is_first = |at: usize| half >> at & 1 == 1;
                let side = |first: bool| -> Vec<Factor> {
                    (0..).zip(&own).filter(|(at, _)| is_first(*at) == first).map(|(_, f)| f.clone()).collect()
                };
                let (a, b) = (side(true), side(false));
                let moved = b.iter().map(|f| Factor { group: last + 1, ..f.clone() });
                let product = others.iter().cloned().chain(a.iter().cloned()).chain(moved).collect();
                let product = self.finish(vec![(product, value.clone())]).ok()?;
                let (partner, scale) = product.as_single()?;
                let known = sum.terms().iter().find(|(monomial, _)| monomial == partner);
                if known.is_none_or(|(_, known)| *known != -scale) {
                    continue;
                }
                if let Some(raised) = self.covariance(&a, &b, &others, open) {
                    let plain: Vec<Factor> = others.iter().filter(|f| is_plain(f)).cloned().collect();
                    let whole = Poly::monomial(term.clone(), value.clone());
                    return Some((
                        (Poly::monomial(Monomial(plain), value.clone()), raised),
                        whole.minus(&product),
                    ));
                }
            }
        }
        None
    }

    /// `Cov[a, b]` times the other factors that are no plain scalars.
    fn covariance(&self, a: &[Factor], b: &[Factor], others: &[Factor], open: &[Index]) -> Option<Raised> {
        let (a, b) = (self.inside(a)?, self.inside(b)?);
        let part = joint(a, b)?;
        let tensors: Vec<Factor> = others.iter().filter(|factor| !is_plain(factor)).cloned().collect();
        let (mut scalars, mut parts) = self.parts(&tensors)?;
        if part.indices.is_empty() {
            scalars.push(part.expr)
        } else {
            parts.push(part)
        }
        assemble(scalars, parts, open)
    }

    /// A product of random factors as a scalar or a vector.
    fn inside(&self, factors: &[Factor]) -> Option<Part> {
        let factors: Vec<Factor> =
            factors.iter().map(|f| Factor { group: 0, draw: Draw::Own, ..f.clone() }).collect();
        let mut open: Vec<Index> = Vec::new();
        for index in factors.iter().flat_map(|factor| &factor.indices) {
            let count = factors.iter().flat_map(|f| &f.indices).filter(|other| *other == index).count();
            let is_open =
                !matches!(index, Index::Value(_)) && (!matches!(index, Index::Dummy(_)) || count == 1);
            if is_open && !open.contains(index) {
                open.push(*index);
            }
        }
        if open.len() > 1 {
            return None;
        }
        let (scalars, parts) = self.parts(&factors)?;
        let length = parts.iter().find_map(|part| {
            part.indices.iter().position(|index| open.contains(index)).map(|at| part.lengths[at])
        });
        let (scalars, tensor) = assemble(scalars, parts, &open)?;
        let shape = if open.is_empty() { Shape::Scalar } else { Shape::Vector(length?) };
        let expr = scaled(&Rational::ONE, &split(scalars), tensor, shape);
        Some(Part { expr, indices: open, lengths: length.into_iter().collect(), flipped: None })
    }
}

/// `Cov[a, b]` of scalars and vectors, its trace where they share their index.
fn joint(a: Part, b: Part) -> Option<Part> {
    let is_same = a.expr == b.expr;
    match (a.indices.as_slice(), b.indices.as_slice()) {
        ([], []) if is_same => Some(scalar(Kind::Var(a.expr))),
        ([], []) => Some(scalar(Kind::CrossCov(a.expr, b.expr))),
        ([_], []) => Some(vector(a, &b.expr)),
        ([], [_]) => Some(vector(b, &a.expr)),
        ([i], [j]) => {
            let (i, j, lengths) = (*i, *j, vec![a.lengths[0], b.lengths[0]]);
            let expr = matrix(&a.expr, &b.expr, &lengths);
            if i == j {
                return (lengths[0] == lengths[1]).then(|| scalar(Kind::Trace(expr)));
            }
            let turned = [lengths[1], lengths[0]];
            let flipped = if is_same { expr.clone() } else { matrix(&b.expr, &a.expr, &turned) };
            Some(Part { expr, indices: vec![i, j], lengths, flipped: Some(flipped) })
        }
        _ => None,
    }
}

fn scalar(kind: Kind) -> Part {
    Part { expr: Expr::new(kind, Shape::Scalar), indices: Vec::new(), lengths: Vec::new(), flipped: None }
}

fn vector(v: Part, s: &Expr) -> Part {
    let expr = Expr::new(Kind::CrossCov(v.expr.clone(), s.clone()), v.expr.shape());
    Part { expr, ..v }
}

fn matrix(a: &Expr, b: &Expr, lengths: &[Length]) -> Expr {
    let kind = if a == b { Kind::Cov(a.clone()) } else { Kind::CrossCov(a.clone(), b.clone()) };
    Expr::new(kind, Shape::Matrix(lengths[0], lengths[1]))
}
