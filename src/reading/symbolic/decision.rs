//! From a claim to a comparison of its sides.
use super::lower::Lowering;
use super::obstacle::Obstacle;
use super::poly::Poly;
use super::atom::Index;
use crate::expression::{Claim, Expr, Kind, Length, Rational, Shape, Sides, Symbols};

/// What the normal forms of the two sides say.
#[derive(Debug, Clone, PartialEq)]
pub enum Comparison {
    /// Equal.
    Equal,
    /// Different.
    Different {
        /// First order.
        first_order: Option<Rational>,
        /// text
        text: String,
    },
    /// Not decided.
    Undecided(Obstacle),
}

/// Compares the sides of a claim.
pub fn compare(symbols: &Symbols, claim: &Claim) -> Comparison {
    match difference(symbols, claim) {
        Ok((d, _)) if d.is_zero() => Comparison::Equal,
        Ok((d, first_order)) => Comparison::Different { first_order, text: format!("{d:?}") },
        Err(obstacle) => Comparison::Undecided(obstacle),
    }
}

fn difference(symbols: &Symbols, claim: &Claim) -> Result<(Poly, Option<Rational>), Obstacle> {
    let Sides::Equation { left, right } = &claim.sides else {
        return Ok((Poly::one(), None));
    };
    let dimension = symbols.coordinates().and_then(|c| u32::try_from(c.len()).ok());
    let lowering = Lowering::new(symbols, dimension, claim.remainder.as_ref().map(|r| r.symbol))?;
    let need = claim.remainder.as_ref().map(|r| r.order.clone());
    let (l, r) = (lowering.lower(left, &need)?, lowering.lower(right, &need)?);
    let free = free_indices(left);
    let d = lowering.algebra.spread(&l.minus(&r), &free)?;
    let first = d.terms().iter().map(|(m, _)| lowering.order(m)).min();
    Ok((d, first))
}

fn free_indices(side: &Expr) -> Vec<(Index, Length)> {
    let lengths = match side.shape() {
        Shape::Scalar => Vec::new(),
        Shape::Vector(a) => vec![a],
        Shape::Matrix(a, b) => vec![a, b],
        Shape::Components(_) => match side.kind() {
            Kind::Tensor(indices, _) => indices.iter().map(|index| index.length).collect(),
            _ => Vec::new(),
        },
    };
    (0..).map(Index::Free).zip(lengths).collect()
}
