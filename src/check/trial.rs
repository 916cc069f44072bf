//! A claim at an instance: what the readings in numbers say of it there.

use crate::expression::{Claim, Derivation, Expr, Kind, Sides};
use crate::language::{Diagnostic, Label};
use crate::reading::exact::{self, ExactInstance};
use crate::reading::sampled::{self, SampledInstance};
use crate::verdict::claim::ClaimVerdict;
use crate::verdict::readings::{Exact, Sampled};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Fresh draws are seeded by the seed and this number.
const FRESH: u64 = 0x5eed_f4e5;

/// What the readings in numbers say of a claim at one instance.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// The name of the instance; nothing where all was drawn at random.
    pub instance: Option<Arc<str>>,
    /// Both sides by automatic differentiation.
    pub exact: exact::Evidence,
    /// Both sides by drawing what is random; nothing if it was not asked for.
    pub sampled: Option<sampled::Evidence>,
}

/// False-alarm rate of the sampled reading over a whole file; every trial has an equal share of it.
pub const FALSE_ALARM: f64 = 1e-3;

/// False-alarm rate of the repetition before a sampled refutation may contradict another reading.
const REPEATED: f64 = 1e-9;

/// An instance whose names have been bound.
pub(super) struct Bound {
    name: Option<Arc<str>>,
    exact: ExactInstance,
    sampled: SampledInstance,
}

/// How the sampled reading draws.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draws<'a> {
    /// At one point, at most.
    pub(super) most: u64,
    /// Of everything random.
    pub(super) seed: u64,
    /// Trials that share the false-alarm rate.
    pub(super) trials: usize,
    /// Ends the drawing.
    pub(super) cancel: Option<&'a AtomicBool>,
}

/// The instances of a derivation, and what is wrong with those that cannot be used; paths in them begin at `base`.
pub(super) fn bind(derivation: &Derivation, base: &Path, seed: u64) -> (Vec<Bound>, Vec<Diagnostic>) {
    let (mut bound, mut wrong) = (Vec::new(), Vec::new());
    for instance in &derivation.instances {
        let both = ExactInstance::bind(instance, &derivation.symbols, base)
            .and_then(|exact| Ok((exact, SampledInstance::bind(instance, &derivation.symbols, base)?)));
        match both {
            Ok((exact, sampled)) => bound.push(Bound {
                name: Some(instance.name.clone()),
                exact: exact.with_seed(seed),
                sampled: sampled.with_seed(seed),
            }),
            Err(error) => {
                let said = format!("instance {} cannot be used", instance.name);
                let label = Label::new(error.span.clone(), error.to_string());
                wrong.push(Diagnostic::error(said, label).note("claims are not evaluated there"));
            }
        }
    }
    let exact = ExactInstance::random(&derivation.symbols, seed);
    let sampled = SampledInstance::random(&derivation.symbols, seed);
    bound.push(Bound { name: None, exact, sampled });
    (bound, wrong)
}

/// The instances that bind something that the claim speaks of; where none does, random functions.
pub(super) fn concerned<'a>(claim: &Claim, bound: &'a [Bound]) -> Vec<&'a Bound> {
    let concerned = |bound: &&Bound| bound.name.is_some() && bound.exact.concerns(claim);
    let mut chosen: Vec<&Bound> = bound.iter().filter(concerned).collect();
    if chosen.is_empty() {
        chosen.extend(bound.last());
    }
    chosen
}

/// The claim at every instance that it concerns.
pub(super) fn trials(
    claim: &Claim,
    proof: &ClaimVerdict,
    bound: &[Bound],
    draws: Option<Draws<'_>>,
) -> Vec<Trial> {
    concerned(claim, bound).into_iter().map(|bound| trial(claim, proof, bound, draws)).collect()
}

fn trial(claim: &Claim, proof: &ClaimVerdict, bound: &Bound, draws: Option<Draws<'_>>) -> Trial {
    let mut exact = exact::read(claim, &bound.exact);
    if matches!(exact, exact::Evidence::Refuted(_)) && matches!(proof, ClaimVerdict::Proved(_)) {
        // A contradiction must be seen again, with whatever is drawn drawn afresh. Without a proof there is none: a claim
        // that fails for some functions is false.
        let again = exact::read(claim, &bound.exact.clone().with_seed(bound.exact.seed() ^ FRESH));
        if !matches!(again, exact::Evidence::Refuted(_)) {
            exact = again;
        }
    }
    let doubted = matches!(proof, ClaimVerdict::Proved(_))
        || matches!(proof, ClaimVerdict::Undecided(_)) && matches!(exact, exact::Evidence::Holds(_));
    let sampled = draws.map(|draws| sample(claim, doubted, bound, draws));
    Trial { instance: bound.name.clone(), exact, sampled }
}

/// The sampled reading. A difference that another reading makes doubtful must be seen again, on fresh draws and beyond doubt;
/// where it is not, nothing is concluded.
fn sample(claim: &Claim, doubted: bool, bound: &Bound, draws: Draws<'_>) -> sampled::Evidence {
    #[allow(clippy::cast_precision_loss, reason = "a number of trials")]
    let options = sampled::Options {
        draws: draws.most,
        false_alarm: FALSE_ALARM / draws.trials.max(1) as f64,
        seed: draws.seed,
        cancel: draws.cancel,
    };
    let found = sampled::read(claim, &bound.sampled, &options);
    let sampled::Evidence::Refuted(first) = found else { return found };
    if !doubted {
        return sampled::Evidence::Refuted(first);
    }
    let again = sampled::Options { seed: draws.seed ^ FRESH, false_alarm: REPEATED, ..options };
    let again = sampled::read(claim, &bound.sampled, &again);
    if matches!(again, sampled::Evidence::Refuted(_)) {
        return again;
    }
    sampled::Evidence::Inconclusive(first, sampled::Reason::NotSeenAgain)
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

/// What the sampled reading says over all trials.
pub(super) fn by_sampling(trials: &[Trial]) -> Sampled {
    let one = |trial: &Trial| match &trial.sampled {
        Some(sampled::Evidence::Refuted(_)) => Sampled::Refuted,
        Some(sampled::Evidence::Consistent(_)) => Sampled::Consistent,
        Some(sampled::Evidence::Inconclusive(..)) => Sampled::Inconclusive,
        Some(sampled::Evidence::Unable(_)) | None => Sampled::Silent,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::Statement;
    use crate::language::parse;

    /// Regression: `|f| = f` fails for some functions and holds for others. It was called consistent where it failed at
    /// the first functions drawn and held at those drawn afresh.
    #[test]
    fn a_failure_without_a_proof_is_not_traded_for_an_agreement() {
        let derivation = parse("t.drift", "space x\nfield f: scalar\nclaim it: abs(f) = f\n").unwrap();
        let Statement::Claim(claim) = &derivation.statements[0] else { panic!("a claim") };
        let random = |seed| ExactInstance::random(&derivation.symbols, seed);
        let fails = |seed| matches!(exact::read(claim, &random(seed)), exact::Evidence::Refuted(_));
        let holds = |seed| matches!(exact::read(claim, &random(seed)), exact::Evidence::Holds(_));
        let seeds: Vec<u64> = (1..60).filter(|&seed| fails(seed) && holds(seed ^ FRESH)).collect();
        assert!(!seeds.is_empty(), "functions of either kind are drawn");
        for seed in seeds {
            let (bound, _) = bind(&derivation, Path::new(""), seed);
            let trials = trials(claim, &ClaimVerdict::Undecided(vec![]), &bound, None);
            assert_eq!(exactly(claim, &trials), Exact::Fails, "seed {seed}");
        }
    }
}
