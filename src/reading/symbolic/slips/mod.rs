//! The standard slips of people who derive such formulas, each as the repair that undoes it.
//!
//! A slip is a change of one place of a claim, the same change of all places where one part is repeated (a slip in a `let`),
//! or a restriction under which the claim would hold. Nothing here decides whether a repaired claim is true;
//! [`diagnosis`](super::diagnosis) asks for a proof of each.
//!
//! | file | what is undone |
//! |---|---|
//! | `factor` | a number or a scalar before a side or a term, a term too many |
//! | `missing` | a term that is not there |
//! | `place` | what one node is mistaken for: conventions, counts, derivatives, exponents |
//! | `random` | covariance and second moment, mean and sum, split and joined expectations |
//! | `indices` | transposed matrices, exchanged indices |
//! | `gradient` | a scalar where a vector belongs |
//! | `restriction` | one dimension, a symmetric root, a vanishing mean, a lower order |

#![allow(clippy::wildcard_enum_match_arm, reason = "a slip concerns the nodes that it names, and no other")]

mod factor;
mod gradient;
mod indices;
mod missing;
mod place;
mod random;
mod restriction;
mod scale;

use super::proportion::Balance;
use crate::expression::{Claim, Expr, Kind, Rational, Shape, Sides, SymbolId, SymbolKind, Symbols};
pub(super) use missing::missing;
pub(super) use restriction::restrictions;
use scale::simplified;

/// Places of a side that are looked at; larger sides get no deeper diagnosis.
const MOST_PLACES: usize = 400;

/// What was written, what it should be, and the slip.
type Change = (Slip, Expr);

/// What was done wrong.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Slip {
    /// The right side is this many times the left.
    Factor(Rational),
    /// The right side is this scalar times the left.
    SymbolFactor(Expr),
    /// The right side has the wrong sign.
    Sign,
    /// One term should be multiplied by this number.
    TermFactor(Expr, Rational),
    /// One term should be multiplied by this scalar.
    TermScale(Expr, Expr),
    /// One term has the wrong sign.
    TermSign(Expr),
    /// One term is too many.
    ExtraTerm(Expr),
    /// One term is missing on the right side.
    MissingTerm(Expr),
    /// A gradient is missing: a scalar stands where a vector belongs.
    GradMissing(Expr),
    /// A matrix is transposed, or two indices are exchanged: from, to.
    Transposed(Expr, Expr),
    /// The step is looked at from the wrong place: from, to.
    Convention(Expr, Expr),
    /// A number of points or copies is wrong: from, to.
    Count(Expr, Expr),
    /// A second moment stands for a covariance: from, to.
    SecondMoment(Expr, Expr),
    /// A covariance stands for a second moment: from, to.
    Covariance(Expr, Expr),
    /// A sum stands for a mean, or a mean for a sum: from, to.
    MeanAndSum(Expr, Expr),
    /// The mean of a product was split into a product of means, or joined: from, to.
    Split(Expr, Expr),
    /// A derivative acts on the wrong factors: from, to.
    Derivative(Expr, Expr),
    /// Inside a function, a root or a product of itself something else is needed: from, to.
    Inner(Expr, Expr),
    /// It holds in one dimension only.
    OneDimension,
    /// It holds where this matrix field is symmetric.
    Symmetric(SymbolId),
    /// It holds where this vanishes.
    Vanishing(Expr),
    /// It holds up to this order in the small parameter only.
    Order(SymbolId, Rational),
}

impl Slip {
    /// Its name in reports for programs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Factor(_) => "factor",
            Self::SymbolFactor(_) => "symbol_factor",
            Self::Sign => "sign",
            Self::TermFactor(..) => "term_factor",
            Self::TermScale(..) => "term_scale",
            Self::TermSign(_) => "term_sign",
            Self::ExtraTerm(_) => "extra_term",
            Self::MissingTerm(_) => "missing_term",
            Self::GradMissing(_) => "grad_missing",
            Self::Transposed(..) => "transposed",
            Self::Convention(..) => "convention",
            Self::Count(..) => "count",
            Self::SecondMoment(..) => "second_moment_for_covariance",
            Self::Covariance(..) => "covariance_for_second_moment",
            Self::MeanAndSum(..) => "mean_and_sum",
            Self::Split(..) => "split_expectation",
            Self::Derivative(..) => "derivative",
            Self::Inner(..) => "inner",
            Self::OneDimension => "one_dimension",
            Self::Symmetric(_) => "symmetric",
            Self::Vanishing(_) => "vanishing",
            Self::Order(..) => "order",
        }
    }
}

/// Repairs in the order in which they are tried.
pub(super) struct Repairs {
    /// Likely ones.
    pub(super) likely: Vec<Repair>,
    /// For what nothing else explains: a factor inside something that is not linear, a part of a definition dropped.
    pub(super) unlikely: Vec<Repair>,
}

/// A slip and the claim without it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Repair {
    /// The slip that the repair undoes.
    pub(super) slip: Slip,
    /// The repaired claim.
    pub(super) claim: Claim,
}

/// Which side of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// All repairs of one slip that change what is written.
pub(super) fn repairs(claim: &Claim, symbols: &Symbols, balance: Option<&Balance<'_>>) -> Repairs {
    let (mut found, mut unlikely) = (Vec::new(), Vec::new());
    match &claim.sides {
        Sides::Equation { left, right } => {
            let (certain, unusual) = factor::factors(claim, balance);
            found.extend(certain);
            for (side, whole) in [(Side::Right, right), (Side::Left, left)] {
                for (slip, new) in changes(whole, symbols) {
                    found.extend(with_side(claim, side, new).map(|claim| Repair { slip, claim }));
                }
            }
            found.extend(repeated(claim, left, right, symbols));
            found.extend(unusual);
            (found, unlikely) =
                found.into_iter().partition(|repair| !is_unlikely(&repair.slip, claim, balance));
        }
        Sides::DifferentShapes { left, right } => {
            for (side, whole) in [(Side::Right, right), (Side::Left, left)] {
                found.extend(gradient::gradients(claim, side, whole));
            }
        }
    }
    Repairs { likely: found, unlikely }
}

/// Whether a slip is thought of only where nothing else explains a claim.
fn is_unlikely(slip: &Slip, claim: &Claim, balance: Option<&Balance<'_>>) -> bool {
    match slip {
        Slip::Inner(..) => true,
        // Where a term enters linearly, the normal forms say whether it is one too many.
        Slip::ExtraTerm(term) => {
            let Sides::Equation { left, right } = &claim.sides else { return false };
            balance.is_some() && [left, right].into_iter().all(|side| !factor::is_linear_term(side, term))
        }
        _ => false,
    }
}

/// The same claim with another expression on one side; nothing if the sides then differ in shape.
fn with_side(claim: &Claim, side: Side, new: Expr) -> Option<Claim> {
    let new = simplified(&new);
    let (Sides::Equation { left, right } | Sides::DifferentShapes { left, right }) = &claim.sides;
    let (left, right) = match side {
        Side::Left => (new, right.clone()),
        Side::Right => (left.clone(), new),
    };
    (left.shape() == right.shape()).then(|| Claim { sides: Sides::Equation { left, right }, ..claim.clone() })
}

fn scalar(kind: Kind) -> Expr {
    Expr::new(kind, Shape::Scalar)
}

/// `x^k`, with `1/x^k` for a negative power.
fn pow(base: &Expr, exponent: i64) -> Expr {
    let whole = |value| Expr::number(Rational::integer(value));
    match exponent {
        0 => whole(1),
        1 => base.clone(),
        2.. => scalar(Kind::Pow(base.clone(), whole(exponent))),
        _ => scalar(Kind::Div(whole(1), pow(base, exponent.saturating_neg()))),
    }
}

fn is_scalar_symbol(node: &Expr, symbols: &Symbols) -> bool {
    matches!(node.kind(), Kind::Symbol(id)
        if symbols.checked(*id).is_some_and(|known| matches!(known.kind, SymbolKind::Scalar(_))))
}

/// The node at a place.
fn node_at(whole: &Expr, path: &[usize]) -> Option<Expr> {
    path.iter()
        .try_fold(whole.clone(), |node, &number| node.children().get(number).map(|child| (*child).clone()))
}

/// Every change of one place of a side.
fn changes(whole: &Expr, symbols: &Symbols) -> Vec<Change> {
    let nodes = whole.nodes(MOST_PLACES);
    let mut found = Vec::new();
    for (path, node) in &nodes {
        let local = local(node, is_size(whole, path), symbols);
        found.extend(local.into_iter().filter_map(|(slip, new)| Some((slip, whole.replaced(path, new)?))));
    }
    for (path, new) in indices::exchanges(whole, &nodes) {
        let Some(from) = node_at(whole, &path) else { continue };
        found.extend(whole.replaced(&path, new.clone()).map(|side| (Slip::Transposed(from, new), side)));
    }
    for (path, node) in &nodes {
        if !path.is_empty() && factor::is_nonlinear(whole, path) {
            let inner = factor::inner(node);
            found
                .extend(inner.into_iter().filter_map(|(slip, new)| Some((slip, whole.replaced(path, new)?))));
        }
    }
    found
}

/// What one node may be mistaken for.
fn local(node: &Expr, is_size: bool, symbols: &Symbols) -> Vec<Change> {
    let mut found = Vec::new();
    random::moments(node, &mut found);
    place::conventions(node, &mut found);
    if !is_size {
        place::counts(node, symbols, &mut found);
    }
    indices::transposed(node, symbols, &mut found);
    place::derivatives(node, &mut found);
    found
}

/// Whether a place is within the size of a batch, which all means of the batch share.
fn is_size(whole: &Expr, path: &[usize]) -> bool {
    let mut node = whole.clone();
    for &number in path {
        if number > 0 && matches!(node.kind(), Kind::Mean(..) | Kind::SumOver(..)) {
            return true;
        }
        let Some(child) = node.children().get(number).map(|child| (*child).clone()) else { return false };
        node = child;
    }
    false
}

/// The same change of every place where a part of the claim stands: a slip in what was defined once and used twice.
///
/// A part counts if it stands in more places than what is around it; what stands in its own places only is changed there.
fn repeated(claim: &Claim, left: &Expr, right: &Expr, symbols: &Symbols) -> Vec<Repair> {
    let mut parts: Vec<(Expr, usize, usize)> = Vec::new();
    for whole in [left, right] {
        let nodes = whole.nodes(MOST_PLACES);
        for (path, node) in &nodes {
            if node.children().is_empty() {
                continue;
            }
            let around = path.split_last().and_then(|(_, above)| node_at(whole, above));
            let outer = around
                .map_or(0, |around| parts.iter().position(|(e, ..)| *e == around).map_or(0, |at| at + 1));
            match parts.iter_mut().find(|(known, ..)| known == node) {
                Some((_, count, _)) => *count += 1,
                None => parts.push((node.clone(), 1, outer)),
            }
        }
    }
    let counts: Vec<usize> = parts.iter().map(|(_, count, _)| *count).collect();
    let mut found = Vec::new();
    for (part, count, outer) in &parts {
        let alone = outer.checked_sub(1).is_some_and(|at| counts[at] == *count);
        if *count < 2 || alone {
            continue;
        }
        let changes = changes(part, symbols).into_iter().chain(factor::inner(part));
        for (slip, new) in changes.chain(factor::terms_by_trial(part)) {
            let sides = Sides::Equation {
                left: simplified(&everywhere(left, part, &new)),
                right: simplified(&everywhere(right, part, &new)),
            };
            found.push(Repair { slip, claim: Claim { sides, ..claim.clone() } });
        }
    }
    found
}

/// The tree with another expression of the same shape wherever a part stands.
fn everywhere(e: &Expr, from: &Expr, to: &Expr) -> Expr {
    if e == from {
        return to.clone();
    }
    if e.children().is_empty() {
        return e.clone();
    }
    Expr::new(e.map_children(&mut |child| everywhere(child, from, to)), e.shape())
}
