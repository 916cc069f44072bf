//! Which single slip explains a refuted claim.
//!
//! Every standard slip ([`slips`](super::slips)) is undone in turn, and the claim without it is put to the proof. A slip is
//! reported only if that proof succeeds, so a diagnosis is never a guess; several slips can explain one claim, and the
//! likelier ones come first. The order is that of the table below.
//!
//! | slip | the claim holds with |
//! |---|---|
//! | factor, sign | the whole right side multiplied by a number, or by a scalar |
//! | count, covariance, mean, split, convention, index | one place of one side replaced by what it is mistaken for |
//! | term | one term dropped, or multiplied by a number |
//! | missing term | the difference added, where it is a single term |
//! | restriction | one dimension, a symmetric root, a vanishing mean, a lower order |

#![allow(clippy::wildcard_enum_match_arm, reason = "every node that is not a sum is a term")]

use super::slips::{Repair, Slip, repairs};
use crate::expression::{Claim, Expr, Kind, Shape, Sides, Symbols};

/// Diagnoses given for one claim, at most.
const MOST: usize = 3;

/// A slip that explains a refuted claim, and the claim without it, which is proved.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnosis {
    /// What was done wrong.
    pub slip: Slip,
    /// The claim as it should have been; it has a proof.
    pub repaired: Claim,
}

/// The slips that explain a refuted claim, likeliest first, at most three.
///
/// `difference` is the left side less the right, if it is known; `proves` decides whether a repaired claim has a proof.
pub fn diagnose(
    claim: &Claim,
    symbols: &Symbols,
    difference: Option<&Expr>,
    mut proves: impl FnMut(&Claim) -> bool,
) -> Vec<Diagnosis> {
    let candidates = repairs(claim, symbols);
    let (restrictions, changes): (Vec<Repair>, Vec<Repair>) =
        candidates.into_iter().partition(|repair| is_restriction(&repair.slip));
    let mut found: Vec<Diagnosis> = Vec::new();
    for Repair { slip, claim } in changes {
        if found.len() + 1 == MOST {
            break;
        }
        if !found.iter().any(|d| same_kind(&d.slip, &slip)) && proves(&claim) {
            found.push(Diagnosis { slip, repaired: claim });
        }
    }
    if found.is_empty() {
        found.extend(missing(claim, difference).filter(|d| proves(&d.repaired)));
    }
    for Repair { slip, claim } in restrictions {
        let only = found.is_empty() || !matches!(slip, Slip::Order(..));
        if found.len() < MOST && only && !found.iter().any(|d| same_kind(&d.slip, &slip)) && proves(&claim) {
            found.push(Diagnosis { slip, repaired: claim });
        }
    }
    found
}

fn same_kind(a: &Slip, b: &Slip) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
}

fn is_restriction(slip: &Slip) -> bool {
    matches!(slip, Slip::OneDimension | Slip::Symmetric(_) | Slip::Vanishing(_) | Slip::Order(..))
}

/// The difference as a missing term, if it is a single one.
fn missing(claim: &Claim, difference: Option<&Expr>) -> Option<Diagnosis> {
    let Sides::Equation { left, right } = &claim.sides else { return None };
    let term = difference.filter(|term| !matches!(term.kind(), Kind::Add(_) | Kind::Number(_)))?;
    let mut terms = match right.kind() {
        Kind::Number(zero) if zero.is_zero() => Vec::new(),
        Kind::Add(terms) => terms.clone(),
        _ => vec![right.clone()],
    };
    terms.push(term.clone());
    let sum = Expr::new(Kind::Add(terms), term.shape());
    let fits = term.shape() == left.shape() || left.shape() == Shape::Scalar;
    let sides = Sides::Equation { left: left.clone(), right: sum };
    fits.then(|| Diagnosis {
        slip: Slip::MissingTerm(term.clone()),
        repaired: Claim { sides, ..claim.clone() },
    })
}
