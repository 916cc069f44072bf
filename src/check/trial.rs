//! A claim at an instance: what the readings in numbers say of it there.

use super::budget;
use super::drift::{self, InstanceDrift};
use crate::expression::{Claim, Derivation, Expr, Instance, Kind, Sides, Symbols};
use crate::language::{Diagnostic, Label};
use crate::reading::exact::{self, ExactInstance};
use crate::reading::instance::{BindError, Bound as Names};
use crate::reading::sampled::{self, Sample, SampledInstance};
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
    /// The p-value of what was drawn, at all points of the instance together; nothing where no test was made.
    pub p_value: Option<f64>,
    /// The same, adjusted for all trials of the file (Holm): what is at most [`FALSE_ALARM`] counts as a difference.
    pub p_value_adjusted: Option<f64>,
}

/// False-alarm rate of the sampled reading over a whole file: the probability that any true claim is refuted, at most. Every
/// trial has an equal share of it to decide by itself, and the trials together go further by Holm's procedure.
pub const FALSE_ALARM: f64 = 1e-3;

/// False-alarm rate of the repetition before a sampled refutation may contradict another reading.
const REPEATED: f64 = 1e-9;

/// An instance whose names have been bound, once for all that is done with it.
pub(super) struct Bound {
    name: Option<Arc<str>>,
    exact: ExactInstance,
    sampled: SampledInstance,
    /// The drift of SGD there, where it binds what that takes.
    pub(super) drift: Option<InstanceDrift>,
}

impl Bound {
    fn new(instance: &Instance, symbols: &Symbols, base: &Path, seed: u64) -> Result<Self, BindError> {
        let names = Arc::new(Names::new(instance, symbols, base)?);
        Ok(Self {
            name: Some(instance.name.clone()),
            exact: ExactInstance::of(&names)?.with_seed(seed),
            drift: drift::drift(instance, &names),
            sampled: SampledInstance::of(names)?.with_seed(seed),
        })
    }

    /// Random functions.
    fn random(symbols: &Symbols, seed: u64) -> Self {
        let exact = ExactInstance::random(symbols, seed);
        Self { name: None, exact, sampled: SampledInstance::random(symbols, seed), drift: None }
    }
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

impl<'a> Draws<'a> {
    /// The false-alarm rate of a trial by itself.
    fn share(&self) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "a number of trials")]
        let trials = self.trials.max(1) as f64;
        FALSE_ALARM / trials
    }

    fn options(&self, seed: u64, false_alarm: f64) -> sampled::Options<'a> {
        sampled::Options { draws: self.most, false_alarm, seed, cancel: self.cancel }
    }
}

/// The instances of a derivation, and what is wrong with those that cannot be used; paths in them begin at `base`.
pub(super) fn bind(derivation: &Derivation, base: &Path, seed: u64) -> (Vec<Bound>, Vec<Diagnostic>) {
    let (mut bound, mut wrong) = (Vec::new(), Vec::new());
    for instance in &derivation.instances {
        match Bound::new(instance, &derivation.symbols, base, seed) {
            Ok(found) => bound.push(found),
            Err(error) => {
                let said = format!("instance {} cannot be used", instance.name);
                let label = Label::new(error.span.clone(), error.to_string());
                wrong.push(Diagnostic::error(said, label).note("claims are not evaluated there"));
            }
        }
    }
    bound.push(Bound::random(&derivation.symbols, seed));
    (bound, wrong)
}

/// The instances that bind something that the claim speaks of, in its dimension; where none does, random functions.
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
    let mut trial =
        Trial { instance: bound.name.clone(), exact, sampled: None, p_value: None, p_value_adjusted: None };
    if let Some(draws) = draws {
        let found = sampled::read_points(claim, &bound.sampled, &draws.options(draws.seed, draws.share()));
        trial.p_value = found.p_value;
        trial.sampled = Some(match found.evidence {
            sampled::Evidence::Refuted(sample) => refute(claim, (proof, &trial.exact), bound, draws, sample),
            other @ (sampled::Evidence::Consistent(_)
            | sampled::Evidence::Inconclusive(..)
            | sampled::Evidence::Unable(_)) => other,
        });
    }
    trial
}

/// A difference that was seen refutes the claim. Where another reading makes it doubtful it must be seen again, on fresh
/// draws and beyond doubt; if it is not, nothing is concluded.
fn refute(
    claim: &Claim,
    (proof, exact): (&ClaimVerdict, &exact::Evidence),
    bound: &Bound,
    draws: Draws<'_>,
    first: Box<Sample>,
) -> sampled::Evidence {
    let doubtful = matches!(proof, ClaimVerdict::Proved(_))
        || matches!(proof, ClaimVerdict::Undecided(_)) && matches!(exact, exact::Evidence::Holds(_));
    if !doubtful {
        return sampled::Evidence::Refuted(first);
    }
    match sampled::read(claim, &bound.sampled, &draws.options(draws.seed ^ FRESH, REPEATED)) {
        sampled::Evidence::Refuted(_) => sampled::Evidence::Refuted(first),
        sampled::Evidence::Consistent(_)
        | sampled::Evidence::Inconclusive(..)
        | sampled::Evidence::Unable(_) => {
            sampled::Evidence::Inconclusive(first, sampled::Reason::NotSeenAgain)
        }
    }
}

/// A claim with its proof and its trials.
pub(super) type Tried<'a> = (&'a Claim, &'a ClaimVerdict, &'a mut Vec<Trial>);

/// The steps of Holm's procedure beyond the first, over all trials of a file: what is consistent by its own share and is not
/// by the budget of the file is refuted.
pub(super) fn settle(all: &mut [Tried<'_>], bound: &[Bound], draws: Draws<'_>) {
    let p_values: Vec<Option<f64>> =
        all.iter().flat_map(|(_, _, trials)| trials.iter().map(|trial| trial.p_value)).collect();
    let mut adjusted = budget::adjusted(&p_values, draws.trials).into_iter();
    for (claim, proof, trials) in all {
        for (trial, bound) in trials.iter_mut().zip(concerned(claim, bound)) {
            let Some(adjusted) = adjusted.next() else { return };
            trial.p_value_adjusted = trial.p_value.map(|_| adjusted);
            if adjusted <= FALSE_ALARM
                && let Some(sampled::Evidence::Consistent(sample)) = &trial.sampled
            {
                let sample = Box::new(sample.clone());
                trial.sampled = Some(refute(claim, (proof, &trial.exact), bound, draws, sample));
            }
        }
    }
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

    const HEAD: &str = "
space theta
random X
field u(X): scalar
scalar eta > 0, n > 0
let step = -eta*mean(grad(u), n)
claim noise: Cov[step] = eta^2/n*Cov[grad(u)]
refute lost: Cov[step] = eta^2/(2*n)*Cov[grad(u)]
instance toy {
    u     = 1/2*y*norm2(theta)
    data  = rows([[1], [3], [2], [0]], columns = [y])
    theta = [[0.5, -1], [1, 2]]
    eta   = 0.1
    n     = 2
}
";

    fn claims(derivation: &Derivation) -> Vec<&Claim> {
        let statements = derivation.statements.iter();
        statements
            .filter_map(|statement| match statement {
                Statement::Claim(claim) => Some(claim),
                Statement::Assumption { .. } => None,
            })
            .collect()
    }

    /// The first step is the equal share. The second refutes what is consistent by its share; where that is doubtful it must
    /// be seen again, and what holds is not.
    #[test]
    fn the_second_step_has_the_share_of_the_first() {
        let derivation = parse("t.drift", HEAD).unwrap();
        let (bound, _) = bind(&derivation, Path::new(""), 1);
        let [noise, lost] = claims(&derivation)[..] else { panic!("two claims") };
        let draws = Draws { most: 100_000, seed: 1, trials: 2, cancel: None };
        let undecided = ClaimVerdict::Undecided(vec![]);
        let silent = || exact::Evidence::Unable(exact::Unable::NotSymmetric);
        let try_out = |claim| {
            let mut trials = trials(claim, &undecided, &bound, Some(draws));
            trials[0].exact = silent();
            trials
        };
        let (refuted, held) = (try_out(lost), try_out(noise));
        assert!(matches!(refuted[0].sampled, Some(sampled::Evidence::Refuted(_))), "the lie");
        assert!(matches!(held[0].sampled, Some(sampled::Evidence::Consistent(_))), "the truth");
        let holds = exact::read(noise, &bound[0].exact);
        assert!(matches!(holds, exact::Evidence::Holds(_)), "the truth, exactly");
        for (what, p_value, exact, expected) in [
            ("above the whole rate", 1.1 * FALSE_ALARM, silent(), "consistent"),
            ("above its share, within the rest", 0.9 * FALSE_ALARM, silent(), "refuted"),
            ("the same, doubtful", 0.9 * FALSE_ALARM, holds, "not seen again"),
        ] {
            let (mut first, mut second) = (refuted.clone(), held.clone());
            second[0].p_value = Some(p_value);
            second[0].exact = exact;
            let mut all = [(lost, &undecided, &mut first), (noise, &undecided, &mut second)];
            settle(&mut all, &bound, draws);
            let found = match &second[0].sampled {
                Some(sampled::Evidence::Consistent(_)) => "consistent",
                Some(sampled::Evidence::Refuted(_)) => "refuted",
                Some(sampled::Evidence::Inconclusive(_, sampled::Reason::NotSeenAgain)) => "not seen again",
                other => panic!("{what}: {other:?}"),
            };
            assert_eq!(found, expected, "{what}");
            assert_eq!(second[0].p_value_adjusted, Some(p_value), "{what}: the second of two");
            assert_eq!(first[0].sampled, refuted[0].sampled, "{what}: the first stays as it is");
        }
    }

    /// Of two points, the p-value of the trial is twice the smaller.
    #[test]
    fn points_share_the_rate_of_their_trial() {
        let derivation = parse("t.drift", HEAD).unwrap();
        let (bound, _) = bind(&derivation, Path::new(""), 1);
        let noise = claims(&derivation)[0];
        let draws = Draws { most: 100_000, seed: 1, trials: 1, cancel: None };
        let both = sampled::read_points(noise, &bound[0].sampled, &draws.options(1, FALSE_ALARM));
        let sampled::Evidence::Consistent(sample) = both.evidence else { panic!("both points") };
        assert_eq!(both.p_value, Some((2.0 * sample.p_value).min(1.0)), "the smaller one, twice");
        assert_eq!(sample.false_alarm.to_bits(), (FALSE_ALARM / 2.0).to_bits(), "half of the rate");
    }
}
