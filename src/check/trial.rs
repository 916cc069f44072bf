//! A claim at an instance: what the readings in numbers say of it there.

use crate::expression::{Claim, Derivation, Expr, Kind, Sides};
use crate::language::{Diagnostic, Label};
use crate::reading::exact::{self, ExactInstance};
use crate::verdict::claim::ClaimVerdict;
use crate::verdict::readings::Exact;
use std::path::Path;
use std::sync::Arc;

/// Fresh draws are seeded by the seed and this number.
const FRESH: u64 = 0x5eed_f4e5;

/// What the readings in numbers say of a claim at one instance.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// The name of the instance; nothing where all was drawn at random.
    pub instance: Option<Arc<str>>,
    /// Both sides by automatic differentiation.
    pub exact: exact::Evidence,
}

/// An instance whose names have been bound.
pub(super) struct Bound {
    name: Option<Arc<str>>,
    exact: ExactInstance,
}

/// The instances of a derivation, and what is wrong with those that cannot be used; paths in them begin at `base`.
pub(super) fn bind(derivation: &Derivation, base: &Path, seed: u64) -> (Vec<Bound>, Vec<Diagnostic>) {
    let (mut bound, mut wrong) = (Vec::new(), Vec::new());
    for instance in &derivation.instances {
        match ExactInstance::bind(instance, &derivation.symbols, base) {
            Ok(exact) => {
                bound.push(Bound { name: Some(instance.name.clone()), exact: exact.with_seed(seed) })
            }
            Err(error) => {
                let said = format!("instance {} cannot be used", instance.name);
                let label = Label::new(error.span.clone(), error.to_string());
                wrong.push(Diagnostic::error(said, label).note("claims are not evaluated there"));
            }
        }
    }
    let exact = ExactInstance::random(&derivation.symbols, seed);
    bound.push(Bound { name: None, exact });
    (bound, wrong)
}

/// The claim at every instance that speaks of something in it; where none does, at random functions.
pub(super) fn trials(claim: &Claim, proof: &ClaimVerdict, bound: &[Bound]) -> Vec<Trial> {
    let concerned = |bound: &&Bound| bound.name.is_some() && bound.exact.concerns(claim);
    let mut chosen: Vec<&Bound> = bound.iter().filter(concerned).collect();
    if chosen.is_empty() {
        chosen.extend(bound.last());
    }
    chosen.iter().map(|bound| trial(claim, proof, bound)).collect()
}

fn trial(claim: &Claim, proof: &ClaimVerdict, bound: &Bound) -> Trial {
    let mut exact = exact::read(claim, &bound.exact);
    if matches!(exact, exact::Evidence::Refuted(_)) && !matches!(proof, ClaimVerdict::Refuted(_)) {
        // Before it counts, it is repeated with whatever is drawn drawn afresh.
        let again = exact::read(claim, &bound.exact.clone().with_seed(bound.exact.seed() ^ FRESH));
        if !matches!(again, exact::Evidence::Refuted(_)) {
            exact = again;
        }
    }
    Trial { instance: bound.name.clone(), exact }
}

/// What the exact reading says over all trials.
pub(super) fn exactly(claim: &Claim, trials: &[Trial]) -> Exact {
    let one = |trial: &Trial| match &trial.exact {
        exact::Evidence::Refuted(_) => Exact::Fails,
        exact::Evidence::Holds(agreement) if !agreement.vanishing || says_zero(claim) => Exact::Holds,
        exact::Evidence::Holds(_) | exact::Evidence::Unable(_) => Exact::Silent,
    };
    trials.iter().map(one).max().unwrap_or_default()
}

/// Whether a side is the number 0.
fn says_zero(claim: &Claim) -> bool {
    let zero = |e: &Expr| matches!(e.kind(), Kind::Number(number) if number.is_zero());
    match &claim.sides {
        Sides::Equation { left, right } => zero(left) || zero(right),
        Sides::DifferentShapes { .. } => false,
    }
}
