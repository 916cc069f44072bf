//! Which single slip explains a refuted claim.
//!
//! Every standard slip ([`slips`](super::slips)) is undone in turn, and the claim without it is put to the proof. A slip is
//! reported only if that proof succeeds, so a diagnosis is never a guess; several slips can explain one claim, and the
//! likelier ones come first. The order is that of the table below.
//!
//! | slip | the claim holds with |
//! |---|---|
//! | factor, sign | the whole right side multiplied by a number |
//! | term | one term dropped, or multiplied by a number |
//! | count, covariance, mean, split, convention, index | one place of one side, or all that are alike, replaced by what it is mistaken for |
//! | scalar | the right side or a term multiplied by a scalar |
//! | missing term | the difference added, where it is a single term or a multiple of a part of the claim |
//! | restriction | one dimension, a symmetric root, a vanishing mean, a lower order |
//! | inner | a factor or an exponent inside of something that is not linear |

use super::proportion::Balance;
use super::slips::{Repair, Repairs, Slip, missing, repairs, restrictions};
use crate::expression::{Claim, Expr, Kind, Rational, Sides, Symbols};

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
    let balance = Balance::new(claim, symbols);
    let mut found: Vec<Diagnosis> = Vec::new();
    let Repairs { likely, unlikely } = repairs(claim, symbols, balance.as_ref());
    add(likely, MOST - 1, &mut found, &mut proves);
    if found.is_empty() {
        add(missing(claim, symbols, difference, balance.as_ref()), 1, &mut found, &mut proves);
    }
    let is_explained = !found.is_empty();
    for Repair { slip, claim } in restrictions(claim, symbols) {
        let is_asked = !is_explained || !matches!(slip, Slip::Order(..));
        let is_new = found.len() < MOST && !found.iter().any(|d| same_kind(&d.slip, &slip));
        if is_asked && is_new && proves(&claim) && !is_empty(&claim, &mut proves) {
            found.push(Diagnosis { slip, repaired: claim });
        }
    }
    if found.is_empty() {
        add(unlikely, 1, &mut found, &mut proves);
    }
    found
}

/// Adds repairs that are proved, one of each kind, until there are so many.
fn add(
    repairs: Vec<Repair>,
    most: usize,
    found: &mut Vec<Diagnosis>,
    proves: &mut impl FnMut(&Claim) -> bool,
) {
    for Repair { slip, claim } in repairs {
        if found.len() >= most {
            return;
        }
        if !found.iter().any(|d| same_kind(&d.slip, &slip)) && proves(&claim) {
            found.push(Diagnosis { slip, repaired: claim });
        }
    }
}

/// Whether a restricted claim says no more than `0 = 0`.
fn is_empty(claim: &Claim, proves: &mut impl FnMut(&Claim) -> bool) -> bool {
    let Sides::Equation { left, right } = &claim.sides else { return false };
    [left, right].into_iter().filter(|side| !matches!(side.kind(), Kind::Number(zero) if zero.is_zero())).all(
        |side| {
            let zero = Expr::new(Kind::Number(Rational::ZERO), side.shape());
            let sides = Sides::Equation { left: side.clone(), right: zero };
            proves(&Claim { sides, ..claim.clone() })
        },
    )
}

fn same_kind(a: &Slip, b: &Slip) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
}
