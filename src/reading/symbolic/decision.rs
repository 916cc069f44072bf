//! From a claim to what the normal forms of its sides say.

use super::atom::{Head, Index};
use super::kernel::Equality;
use super::lower::{Lowering, Need};
use super::obstacle::{Assumption, Obstacle};
use super::poly::Poly;
use super::relation::Identity;
use super::reliance::Reliance;
use super::series::has_root;
use super::solution::Solution;
use crate::expression::{Claim, Condition, Expr, Kind, Length, Rational, Shape, Sides, SymbolId, Symbols};
use std::collections::BTreeSet;

/// What the normal forms of the two sides of a claim say.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// How they compare.
    pub comparison: Comparison,
    /// What that rests on, beside the rules of algebra and calculus.
    pub assumptions: Vec<Assumption>,
}

/// How the normal forms of two sides compare.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Comparison {
    /// They are equal.
    Equal(Equality),
    /// They differ.
    Different(Difference),
    /// They have different shapes, so that they cannot be equal.
    DifferentShapes {
        /// Shape of the left side.
        left: Shape,
        /// Shape of the right side.
        right: Shape,
    },
    /// Not decided, with what is missing.
    Undecided(Obstacle),
}

/// How two sides differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Left less right, in lowest terms; below the order of the remainder.
    pub expression: Expr,
    /// The first order at which the sides differ, where the claim has a remainder.
    pub first_order: Option<Rational>,
    /// Why the difference may vanish all the same: identities that the normal form does not know. Nothing if a difference
    /// in normal form is a real one: there are fields, distributions and a dimension at which the sides differ.
    pub incomplete: Option<&'static str>,
}

/// Both sides of a claim in normal form, term by term.
#[derive(Debug, Clone, PartialEq)]
pub struct Expansion {
    /// The terms of the left side.
    pub left: Vec<Expr>,
    /// The terms of the right side.
    pub right: Vec<Expr>,
    /// The terms that are left in their difference.
    pub difference: Vec<Expr>,
    /// The conditions and hypotheses that were substituted, in that order, as equations.
    pub substituted: Vec<(Expr, Expr)>,
}

/// Compares the sides of a claim.
#[must_use]
pub fn compare(claim: &Claim, symbols: &Symbols) -> Reading {
    if let Sides::DifferentShapes { left, right } = &claim.sides {
        return Reading {
            comparison: Comparison::DifferentShapes { left: left.shape(), right: right.shape() },
            assumptions: Vec::new(),
        };
    }
    let decided = Sheet::new(claim, symbols).and_then(|sheet| {
        let comparison = sheet.comparison()?;
        Ok(Reading { comparison, assumptions: sheet.assumptions() })
    });
    decided.unwrap_or_else(|obstacle| Reading {
        comparison: Comparison::Undecided(obstacle),
        assumptions: Vec::new(),
    })
}

/// Both sides of a claim in normal form.
///
/// # Errors
///
/// Why there is no normal form.
pub fn expand(claim: &Claim, symbols: &Symbols) -> Result<Expansion, Obstacle> {
    let sheet = Sheet::new(claim, symbols)?;
    let algebra = &sheet.lowering.algebra;
    Ok(Expansion {
        left: algebra.raised_terms(&sheet.left, &sheet.free),
        right: algebra.raised_terms(&sheet.right, &sheet.free),
        difference: algebra.raised_terms(&sheet.remainder()?, &sheet.free),
        substituted: sheet.used.clone(),
    })
}

/// The hypotheses that an equation follows from.
type Origin = Vec<(Expr, Expr)>;

/// The normal forms of a claim.
pub(super) struct Sheet<'a> {
    pub(super) lowering: Lowering<'a>,
    free: Vec<(Index, Length)>,
    left: Poly,
    right: Poly,
    /// Left less right, with conditions and hypotheses substituted.
    difference: Poly,
    /// Conditions and hypotheses that were substituted, hypotheses first, and how many these are.
    used: Vec<(Expr, Expr)>,
    given: usize,
    /// Those that could not be solved.
    identities: Vec<Identity>,
    /// The hypotheses that identities rest on.
    hypotheses: Vec<(Expr, Expr)>,
    /// What the equations speak of that say more than was substituted.
    open: Vec<BTreeSet<SymbolId>>,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(claim: &Claim, symbols: &'a Symbols) -> Result<Self, Obstacle> {
        let Sides::Equation { left, right } = &claim.sides else {
            return Err(Obstacle::Beyond { what: "an equation between different shapes" });
        };
        let frame = Frame::new(&claim.conditions, symbols)?;
        let mut lowering =
            Lowering::new(symbols, frame.dimension, claim.remainder.as_ref().map(|known| known.symbol))?;
        lowering.algebra.symmetric = frame.symmetric;
        lowering.algebra.positive = frame.positive;
        let need: Need = claim.remainder.as_ref().map(|known| known.order.clone());
        let free = free_indices(left, right);
        let side = |e: &Expr, lowering: &Lowering<'_>| {
            let sum = lowering.lower(e, &need)?;
            lowering.algebra.spread(&lowering.series(&sum, &need)?, &free)
        };
        let (left, right) = (side(left, &lowering)?, side(right, &lowering)?);
        let difference = left.minus(&right);
        let mut sheet = Self {
            lowering,
            free,
            left,
            right,
            difference,
            used: Vec::new(),
            given: 0,
            identities: Vec::new(),
            hypotheses: Vec::new(),
            open: Vec::new(),
        };
        if !sheet.difference.is_zero() {
            sheet.substitute(claim, &frame.equations, &need)?;
        }
        Ok(sheet)
    }

    /// Substitutes hypotheses everywhere, then conditions at the point.
    fn substitute(&mut self, claim: &Claim, equations: &[(Expr, Expr)], need: &Need) -> Result<(), Obstacle> {
        let mut solutions: Vec<(Solution, Origin)> = Vec::new();
        let given = claim.given.iter().map(|pair| (pair, true));
        for (pair, everywhere) in given.chain(equations.iter().map(|pair| (pair, false))) {
            let (left, right) = pair;
            let sum = self.lowering.exact(left)?.minus(&self.lowering.exact(right)?);
            for mut equation in self.components(&sum, left, right)? {
                let mut origin: Origin = if everywhere { vec![pair.clone()] } else { vec![] };
                for (solution, its_own) in &solutions {
                    let next = self.lowering.algebra.substituted(&equation, solution)?;
                    if next != equation {
                        origin.extend(its_own.iter().cloned());
                    }
                    equation = next;
                }
                if equation.is_zero() {
                    continue;
                }
                if equation.as_number().is_some() {
                    return Err(contradiction(everywhere));
                }
                let before = self.difference.clone();
                let solution = self.lowering.algebra.solve(&equation, everywhere)?;
                if let Some(solution) = &solution {
                    self.difference = self.lowering.algebra.substituted(&self.difference, solution)?;
                    if self.difference != before {
                        self.used.push(pair.clone());
                        self.given += usize::from(everywhere);
                    }
                }
                if !solution.as_ref().is_some_and(Solution::is_complete) {
                    self.open.push(names_in(&equation));
                    self.identities.push(Identity { sum: equation, everywhere });
                    self.hypotheses.extend(origin.iter().cloned());
                }
                solutions.extend(solution.map(|solution| (solution, origin)));
            }
        }
        self.difference = self.lowering.series(&self.difference, need)?;
        self.difference = self.lowering.truncated(self.difference.clone(), need);
        Ok(())
    }

    /// A tensor equation as its components in named coordinates; itself in an abstract space.
    fn components(&self, sum: &Poly, left: &Expr, right: &Expr) -> Result<Vec<Poly>, Obstacle> {
        let mut all = vec![sum.clone()];
        for (index, length) in free_indices(left, right) {
            let Some(dimension) = self.lowering.algebra.values(length) else { continue };
            let mut next = Vec::new();
            for sum in &all {
                for value in 0..dimension {
                    let at = |known| if known == index { Index::Value(value) } else { known };
                    next.push(self.lowering.algebra.renamed(sum, at)?);
                }
            }
            all = next;
        }
        Ok(all)
    }

    /// What is left of the difference of the sides.
    pub(super) fn remainder(&self) -> Result<Poly, Obstacle> {
        self.lowering.algebra.remainder_of(&self.difference, &self.identities)
    }

    fn comparison(&self) -> Result<Comparison, Obstacle> {
        let remainder = self.remainder()?;
        if let Some(equality) = Equality::of(&remainder) {
            return Ok(Comparison::Equal(equality));
        }
        let algebra = &self.lowering.algebra;
        let incomplete = algebra.incompleteness(&remainder).or(self
            .is_bounded(&remainder)
            .then_some("it does not know all that follows from a condition or a hypothesis"));
        let first_order = self
            .lowering
            .symbol
            .and_then(|_| remainder.terms().iter().map(|(monomial, _)| self.lowering.order(monomial)).min());
        Ok(Comparison::Different(Difference {
            expression: algebra.raised(&remainder, &self.free),
            first_order,
            incomplete,
        }))
    }

    /// Whether an equation that says more than was substituted speaks of what a sum speaks of, directly or through others.
    fn is_bounded(&self, sum: &Poly) -> bool {
        let mut known = names_in(sum);
        let mut left: Vec<BTreeSet<SymbolId>> = self.open.clone();
        let all = left.len();
        loop {
            let (near, far): (Vec<_>, Vec<_>) =
                left.into_iter().partition(|names| !names.is_disjoint(&known));
            let found = !near.is_empty();
            known.extend(near.into_iter().flatten());
            left = far;
            if !found {
                return left.len() < all;
            }
        }
    }

    /// What the normal forms rest on.
    fn assumptions(&self) -> Vec<Assumption> {
        let algebra = &self.lowering.algebra;
        let mut all: Vec<Assumption> = Vec::new();
        let reliances = algebra.reliances.borrow().clone();
        for reliance in &reliances {
            let next = assumption(&self.lowering, reliance);
            if !next.as_ref().is_none_or(|next| all.contains(next)) {
                all.extend(next);
            }
        }
        for (left, right) in self.used.iter().take(self.given).chain(&self.hypotheses) {
            let next = Assumption::Given(left.clone(), right.clone());
            if !all.contains(&next) {
                all.push(next);
            }
        }
        all
    }
}

fn contradiction(everywhere: bool) -> Obstacle {
    let what = "it can never hold";
    if everywhere { Obstacle::Hypothesis { what } } else { Obstacle::Condition { what } }
}

fn assumption(lowering: &Lowering<'_>, reliance: &Reliance) -> Option<Assumption> {
    let algebra = &lowering.algebra;
    let matrix = [(Index::Free(0), Length::Space), (Index::Free(1), Length::Space)];
    let of_symbol = |sum: &Poly| lowering.without_root(sum).unwrap_or_else(|_| sum.clone());
    Some(match reliance {
        Reliance::Exchange => Assumption::ExchangeOfDerivativeAndExpectation,
        Reliance::Decay => Assumption::DecayAtInfinity,
        // What is divided by in a series was divided by before; the root itself is no number.
        Reliance::NonZero(sum) if has_root(sum) => return None,
        Reliance::NonZero(sum) => Assumption::NonZero(algebra.raised_scalar(sum)),
        Reliance::Positive(sum) => Assumption::Positive(algebra.raised_scalar(&of_symbol(sum))),
        Reliance::SmoothRoot(sum) => Assumption::SmoothRoot(algebra.raised(&of_symbol(sum), &matrix)),
    })
}

/// The symbols that a sum speaks of; the coordinates count as one.
fn names_in(sum: &Poly) -> BTreeSet<SymbolId> {
    let mut names = BTreeSet::new();
    sum.any(&mut |factor| {
        match &factor.head {
            Head::Scalar(symbol)
            | Head::Apply(symbol, _, _)
            | Head::Random(symbol)
            | Head::RandomVector(symbol)
            | Head::Noise(symbol, _)
            | Head::Field { symbol, .. } => {
                names.insert(*symbol);
            }
            Head::Coordinate(_) | Head::Position => {
                names.insert(SymbolId(u32::MAX));
            }
            _ => {}
        }
        false
    });
    names
}

/// The free indices of the sides, with what they run over.
fn free_indices(left: &Expr, right: &Expr) -> Vec<(Index, Length)> {
    let is_zero = |e: &Expr| matches!(e.kind(), Kind::Number(value) if value.is_zero());
    let side = if is_zero(left) { right } else { left };
    let lengths = match side.shape() {
        Shape::Scalar => Vec::new(),
        Shape::Vector(length) => vec![length],
        Shape::Matrix(rows, columns) => vec![rows, columns],
        Shape::Components(_) => match side.kind() {
            Kind::Tensor(indices, _) => indices.iter().map(|index| index.length).collect(),
            _ => Vec::new(),
        },
    };
    (0..).map(Index::Free).zip(lengths).collect()
}

/// What the conditions of a claim fix before anything is computed.
struct Frame {
    dimension: Option<u32>,
    symmetric: Vec<SymbolId>,
    positive: Vec<SymbolId>,
    /// Those that hold at the point.
    equations: Vec<(Expr, Expr)>,
}

impl Frame {
    fn new(conditions: &[Condition], symbols: &Symbols) -> Result<Self, Obstacle> {
        let dimension = symbols.coordinates().map(|names| u32::try_from(names.len()).unwrap_or(u32::MAX));
        let mut frame =
            Self { dimension, symmetric: Vec::new(), positive: Vec::new(), equations: Vec::new() };
        for condition in conditions {
            match condition {
                Condition::Equal(a, b) => frame.read(a, b)?,
                Condition::Positive(e) | Condition::NonNegative(e) => {
                    if let Kind::Symbol(symbol) = e.kind() {
                        frame.positive.push(*symbol);
                    }
                }
            }
        }
        Ok(frame)
    }

    /// `dim = 1`, `B = B'`, or an equation at the point.
    fn read(&mut self, a: &Expr, b: &Expr) -> Result<(), Obstacle> {
        for (a, b) in [(a, b), (b, a)] {
            if let (Kind::Dimension, Kind::Number(value)) = (a.kind(), b.kind()) {
                let value = value.to_integer().and_then(|value| u32::try_from(value).ok());
                let value = value
                    .filter(|value| *value >= 1 && *value <= DIMENSION)
                    .ok_or(Obstacle::Condition { what: "a dimension from 1 to 4 can be fixed" })?;
                if self.dimension.is_some_and(|known| known != value) {
                    return Err(Obstacle::Condition { what: "the space has another dimension" });
                }
                self.dimension = Some(value);
                return Ok(());
            }
            if let (Kind::Symbol(symbol), Kind::Transpose(other)) = (a.kind(), b.kind())
                && matches!(other.kind(), Kind::Symbol(other) if other == symbol)
            {
                self.symmetric.push(*symbol);
                return Ok(());
            }
        }
        self.equations.push((a.clone(), b.clone()));
        Ok(())
    }
}

/// Largest dimension that a condition can fix.
const DIMENSION: u32 = 4;
