//! The sampled reading against the claims that the project knows to be true and false, against lies, and against the rates of
//! error that it states.

#![allow(clippy::wildcard_enum_match_arm, reason = "what is not named fails the test")]
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use driftproof::expression::{Claim, Derivation, Expected, Statement};
use driftproof::language::parse;
use driftproof::reading::sampled::{
    BindError, BindReason, Evidence, Options, Reason, SampledInstance, Unable, read,
};
use rayon::prelude::*;
use std::path::Path;

fn claims(derivation: &Derivation) -> Vec<&Claim> {
    let all = derivation.statements.iter();
    all.filter_map(|statement| if let Statement::Claim(claim) = statement { Some(claim) } else { None })
        .collect()
}

fn word(evidence: &Evidence) -> String {
    match evidence {
        Evidence::Consistent(sample) => {
            format!("consistent, p {:.1e}, sees {:.2}", sample.p_value, sample.detectable)
        }
        Evidence::Refuted(sample) => {
            format!("refuted, p {:.1e}, sees {:.2}", sample.p_value, sample.detectable)
        }
        Evidence::Inconclusive(sample, reason) => {
            format!(
                "{reason}: p {:.1e}, sees {:.2}, {} draws",
                sample.p_value, sample.detectable, sample.draws
            )
        }
        Evidence::Unable(reason) => format!("unable: {reason}"),
        _ => unreachable!(),
    }
}

/// 110 claims at 1e-5 each: a true one is refuted by chance in one of 1000 runs, and the seeds are fixed. A slip may stand where
/// an error of a quarter would not have been seen, or where it happens to make no difference: at other functions it must fall.
#[test]
fn true_claims_stand_and_slips_are_refuted() {
    let options = Options { false_alarm: 1e-5, draws: 12_000, ..Options::default() };
    let (mut wrong, mut stood, mut fell, mut all) = (vec![], 0, 0, vec![]);
    for (name, text) in [
        ("claims-abstract.md", include_str!("data/claims-abstract.md")),
        ("claims.md", include_str!("data/claims.md")),
        ("claims-coordinates.md", include_str!("data/claims-coordinates.md")),
    ] {
        let derivation = parse(name, text).unwrap();
        let [instance, elsewhere] = [7, 12].map(|seed| SampledInstance::random(&derivation.symbols, seed));
        let found: Vec<(&Claim, Evidence)> = claims(&derivation)
            .into_par_iter()
            .map(|claim| (claim, read(claim, &instance, &options)))
            .collect();
        for (claim, evidence) in found {
            let line = format!("{:?} {}: {}", claim.expected, claim.name, word(&evidence));
            match (&evidence, claim.expected) {
                (Evidence::Consistent(_), Expected::Holds) => stood += 1,
                (Evidence::Refuted(_), Expected::Fails) => fell += 1,
                (Evidence::Refuted(_), Expected::Holds) => wrong.push(line.clone()),
                (Evidence::Consistent(sample), Expected::Fails) if sample.detectable <= 0.25 => {
                    let again = read(claim, &elsewhere, &options);
                    if !matches!(again, Evidence::Refuted(_)) {
                        wrong.push(format!("{line}; elsewhere {}", word(&again)));
                    }
                }
                _ => {}
            }
            all.push(line);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(stood >= 25 && fell >= 35, "{stood} stood, {fell} fell:\n{}", all.join("\n"));
}

const LOGISTIC: &str = "
scalar eta > 0, n > 0, N > 0
random X
space theta
field u(X): scalar
let g = grad(u)
let Sigma = Cov[g]
let step = -eta*mean(g, n)
instance toy {
    u = log(1 + exp(dot(theta, x))) - y*dot(theta, x)
    data = [[0.5, -1, 1], [1.5, 0.25, 0], [-1, 2, 1], [0.75, 1.5, 0], [-0.5, -0.25, 1]]
    theta = [0.3, -0.2]
    eta = 0.1
    n = 2
}
";

fn on_logistic(claim: &str, options: &Options<'_>) -> Evidence {
    let derivation = parse("toy.drift", &format!("{LOGISTIC}\nclaim it: {claim}\n")).unwrap();
    let instance =
        SampledInstance::bind(&derivation.instances[0], &derivation.symbols, Path::new(".")).unwrap();
    read(claims(&derivation)[0], &instance, options)
}

/// Each truth with its lies: a factor of 2, a sign, a lost half, a lost term, with for without replacement.
#[test]
fn lies_beside_truths_are_refuted() {
    let options = Options { false_alarm: 1e-6, ..Options::default() };
    for (truth, lies) in [
        (
            "Cov[step] = eta^2/n*Sigma",
            &[
                "Cov[step] = 2*eta^2/n*Sigma",
                "Cov[step] = -eta^2/n*Sigma",
                "Cov[step] = eta^2/n*(N - n)/(N - 1)*Sigma",
            ][..],
        ),
        (
            "Cov[-eta*mean(g, n, N)] = eta^2/n*(N - n)/(N - 1)*Sigma",
            &["Cov[-eta*mean(g, n, N)] = eta^2/n*Sigma"][..],
        ),
        (
            "div(Sigma) = 1/2*grad(tr(Sigma)) + Cov[g, lap(u)]",
            &[
                "div(Sigma) = grad(tr(Sigma)) + Cov[g, lap(u)]",
                "div(Sigma) = 1/2*grad(tr(Sigma)) - Cov[g, lap(u)]",
                "div(Sigma) = Cov[g, lap(u)]",
            ][..],
        ),
        (
            "midpoint(step - E[step]) = -eta^2/(2*n)*div(Sigma) + O(eta^3)",
            &[
                "midpoint(step - E[step]) = -eta^2/n*div(Sigma) + O(eta^3)",
                "midpoint(step - E[step]) = eta^2/(2*n)*div(Sigma) + O(eta^3)",
            ][..],
        ),
    ] {
        let evidence = on_logistic(truth, &options);
        assert!(matches!(evidence, Evidence::Consistent(_)), "{truth}: {}", word(&evidence));
        for lie in lies {
            let evidence = on_logistic(lie, &options);
            assert!(matches!(evidence, Evidence::Refuted(_)), "{lie}: {}", word(&evidence));
        }
    }
}

/// At random functions of this seed, what is claimed stands and what is to be refuted falls.
fn all_as_said(text: &str, seed: u64, options: &Options<'_>) {
    let derivation = parse("t.drift", text).unwrap();
    let instance = SampledInstance::random(&derivation.symbols, seed);
    for claim in claims(&derivation) {
        let evidence = read(claim, &instance, options);
        let right = match claim.expected {
            Expected::Holds => matches!(evidence, Evidence::Consistent(_)),
            Expected::Fails => matches!(evidence, Evidence::Refuted(_)),
        };
        assert!(right, "seed {seed}, {}: {}", claim.name, word(&evidence));
    }
}

/// Ito's step has no drift of the noise, Stratonovich's has half of `S`.
#[test]
fn ito_is_not_stratonovich() {
    let text = "
scalar dt > 0
space x
field b: vector
field B: matrix
noise dW(dt)
let S[i] = B[j,k]*d[j](B[i,k])
claim ito: E[b*dt + B*dW] = b*dt + O(dt^(3/2))
claim stratonovich: E[b*dt + shift(B, 1/2*B*dW)*dW] = (b + 1/2*S)*dt + O(dt^(3/2))
refute ito_for_stratonovich: E[b*dt + shift(B, 1/2*B*dW)*dW] = b*dt + O(dt^(3/2))
refute lost_half: E[b*dt + shift(B, 1/2*B*dW)*dW] = (b + S)*dt + O(dt^(3/2))
";
    all_as_said(text, 3, &Options { false_alarm: 1e-6, ..Options::default() });
}

/// Regression: values at a point are shared by the values of the small parameter, and a scalar that a condition makes a
/// function of it was taken for one that does not depend on it.
#[test]
fn what_a_condition_makes_small_is_small() {
    let text = "
scalar eta > 0, a
random X
space theta
field u(X): scalar
claim it where a = eta: E[shift(u, -a*grad(u))] = E[u] - eta*E[norm2(grad(u))] + O(eta^2)
refute twice where a = 2*eta: E[shift(u, -a*grad(u))] = E[u] - eta*E[norm2(grad(u))] + O(eta^2)
";
    all_as_said(text, 3, &Options { false_alarm: 1e-6, ..Options::default() });
}

/// Regression: the extrapolation began where the series in the small parameter had not begun to converge, and left more than its
/// changes showed: the true generator was refuted at seed 22, and at seed 24 too where draws did not begin anew.
#[test]
fn an_extrapolation_begins_where_the_series_converges() {
    let text = "
space theta
scalar dt > 0
field mu: vector
field B: matrix
noise dW(dt)
test phi: scalar
claim  generator:      E[shift(phi, mu*dt + B*dW)] = phi + dt*(dot(mu, grad(phi)) + 1/2*tr(B*B'*hess(phi))) + O(dt^(3/2))
refute generator_half: E[shift(phi, mu*dt + B*dW)] = phi + dt*(dot(mu, grad(phi)) + tr(B*B'*hess(phi))) + O(dt^(3/2))
";
    let options = Options { false_alarm: 1e-5, draws: 12_000, ..Options::default() };
    [11, 13, 15, 22, 24].into_par_iter().for_each(|seed| all_as_said(text, seed, &options));
}

/// How often of 400 seeds a claim is refuted.
fn refuted(claim: &str) -> usize {
    let derivation = parse("toy.drift", &format!("{LOGISTIC}\nclaim it: {claim}\n")).unwrap();
    let instance =
        SampledInstance::bind(&derivation.instances[0], &derivation.symbols, Path::new(".")).unwrap();
    let claim = claims(&derivation)[0];
    let one = |seed: u64| {
        let options = Options { false_alarm: 0.02, seed, ..Options::default() };
        usize::from(matches!(read(claim, &instance, &options), Evidence::Refuted(_)))
    };
    (0..400_u64).into_par_iter().map(one).sum()
}

/// Refuted at most as often as stated, 2 % of 400 seeds: more than 20 has probability 1e-4 at that rate. Off by 20 %:
/// seen with probability 0.99; fewer than 386 has probability 1e-4.
#[test]
fn error_rates_are_those_stated() {
    for (truth, off) in [
        ("E[lap(u)] = tr(E[hess(u)])", "E[lap(u)] = 1.25*tr(E[hess(u)])"),
        ("E[norm2(g)] = tr(Sigma) + norm2(E[g])", "E[norm2(g)] = 1.25*(tr(Sigma) + norm2(E[g]))"),
    ] {
        let (false_alarms, seen) = (refuted(truth), refuted(off));
        assert!(false_alarms <= 20, "{truth}: refuted {false_alarms} times of 400");
        assert!(seen >= 386, "{off}: refuted {seen} times of 400");
    }
}

/// How often of 400 seeds the p-value is at most 2 %, whatever the verdict, with so many draws.
fn small_p_values(claim: &str, draws: u64) -> usize {
    let derivation = parse("toy.drift", &format!("{LOGISTIC}\nclaim it: {claim}\n")).unwrap();
    let instance =
        SampledInstance::bind(&derivation.instances[0], &derivation.symbols, Path::new(".")).unwrap();
    let claim = claims(&derivation)[0];
    let one = |seed: u64| {
        let options = Options { false_alarm: 0.02, seed, draws, ..Options::default() };
        let p_value = match read(claim, &instance, &options) {
            Evidence::Consistent(sample) => sample.p_value,
            Evidence::Refuted(sample) | Evidence::Inconclusive(sample, _) => sample.p_value,
            other => panic!("{}", word(&other)),
        };
        usize::from(p_value <= 0.02)
    };
    (0..400_u64).into_par_iter().map(one).sum()
}

/// The same bounds for matrices, remainders and displacements seen midway, with few draws: the p-values are right also where
/// nothing is concluded from them. Off by 20 % is seen by the first two; of the third, which needs more draws, twice as much
/// has at least small p-values more often than chance gives.
#[test]
fn p_values_of_matrices_and_remainders_are_no_smaller_than_they_should_be() {
    for (truth, off, least, draws) in [
        ("Cov[step] = eta^2/n*Sigma", "Cov[step] = 1.25*eta^2/n*Sigma", 386, 256),
        (
            "E[shift(u, step)] = E[u] - eta*norm2(E[g]) + O(eta^2)",
            "E[shift(u, step)] = E[u] - 1.25*eta*norm2(E[g]) + O(eta^2)",
            386,
            768,
        ),
        (
            "midpoint(step - E[step]) = -eta^2/(2*n)*div(Sigma) + O(eta^3)",
            "midpoint(step - E[step]) = -eta^2/n*div(Sigma) + O(eta^3)",
            21,
            256,
        ),
    ] {
        let (by_chance, seen) = (small_p_values(truth, draws), small_p_values(off, draws));
        assert!(by_chance <= 20, "{truth}: {by_chance} of 400");
        assert!(seen >= least, "{off}: {seen} of 400");
    }
}

#[test]
fn every_number_of_threads_gives_the_same_bits() {
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| format!("{:?}", on_logistic("Cov[step] = eta^2/n*Sigma", &Options::default())))
    };
    let one = with(1);
    assert_eq!(one, with(3), "one thread and three");
    assert!(one.contains("Consistent"), "{one}");
}

#[test]
fn a_gross_error_ends_the_draws_early() {
    let draws = |claim: &str| match on_logistic(claim, &Options::default()) {
        Evidence::Consistent(sample) => sample.draws,
        Evidence::Refuted(sample) => sample.draws,
        other => panic!("{claim}: {}", word(&other)),
    };
    let (truth, lie) = (draws("E[lap(u)] = tr(E[hess(u)])"), draws("E[lap(u)] = -tr(E[hess(u)])"));
    assert!(2 * lie <= truth, "{lie} draws for the lie, {truth} for the truth");
}

#[test]
fn what_cannot_be_drawn_is_said() {
    let options = Options::default();
    let why = |claim: &str| match on_logistic(claim, &options) {
        Evidence::Unable(reason) => reason,
        other => panic!("{claim}: {}", word(&other)),
    };
    assert_eq!(why("hess(u) = hess(u)'"), Unable::NothingRandom, "nothing is averaged");
    assert!(
        matches!(
            why("exp(norm2(E[g])) = 1 + norm2(E[g])*E[exp(u)]/E[norm2(step)]"),
            Unable::NoUnbiased { .. }
        ),
        "a quotient"
    );
    let conditional = "dot(midpoint(step), midpoint(step)) = 0 + O(eta^3)";
    assert!(matches!(why(conditional), Unable::Unsupported { .. }), "a product of displacements");
    let sizes = "Cov[mean(g, n, 7)] = Sigma";
    assert!(matches!(why(sizes), Unable::Size { .. }), "7 of 5 rows");
    let claim = "E[step] = -eta*E[g]";
    for options in [Options { draws: 0, ..options }, Options { false_alarm: 0.7, ..options }] {
        assert!(
            matches!(on_logistic(claim, &options), Evidence::Unable(Unable::Option { .. })),
            "{options:?}"
        );
    }
    let few = on_logistic(claim, &Options { draws: 20, ..options });
    assert!(matches!(few, Evidence::Inconclusive(..)), "{}", word(&few));
    let cancel = std::sync::atomic::AtomicBool::new(true);
    let ended = on_logistic(claim, &Options { cancel: Some(&cancel), ..options });
    assert!(matches!(ended, Evidence::Inconclusive(_, Reason::Cancelled)), "{}", word(&ended));
}

fn bound(declared: &str, entries: &str) -> Result<SampledInstance, BindError> {
    let text = format!("scalar k\nspace theta\nfield f: {declared}\ninstance it {{\n{entries}\n}}\n");
    let derivation = parse("t.drift", &text).unwrap();
    SampledInstance::bind(&derivation.instances[0], &derivation.symbols, Path::new(""))
}

/// Regression: what was declared of a function was checked by the exact reading alone.
#[test]
fn what_is_declared_of_a_function_is_checked() {
    for (declared, value) in [
        ("symmetric", "[[1, dot(theta, theta)], [norm2(theta), 2]]"),
        ("symmetric", "hess(exp(dot(theta, theta)))"),
        ("scalar > 0", "exp(dot(theta, theta))"),
        ("scalar >= 0", "norm2(theta)"),
        ("scalar", "-1 - norm2(theta)"),
    ] {
        let found = bound(declared, &format!("f = {value}\ntheta = [[0, 0], [0.5, -1]]"));
        assert!(found.is_ok(), "{declared}, {value}: {found:?}");
    }
    let reason = |declared, entries: &str| *bound(declared, entries).unwrap_err().reason;
    // The second is symmetric at the point, and its derivatives are not.
    for value in ["[[1, 2], [3, 4]]", "[[1, norm2(theta - [1, 0])], [norm2(theta - [0, 1]), 2]]"] {
        let found = reason("symmetric", &format!("f = {value}\ntheta = [0, 0]"));
        assert!(matches!(found, BindReason::NotSymmetric), "{value}: {found}");
    }
    let found = reason("scalar > 0", "f = norm2(theta)\ntheta = [[1, 1], [0, 0]]");
    assert!(matches!(found, BindReason::Sign { found: 0.0, .. }), "at the second point: {found}");
    let found = reason("scalar >= 0", "f = -norm2(theta)\ntheta = [0.5, 0]");
    assert!(matches!(found, BindReason::Sign { .. }), "below 0: {found}");
    let found = reason("scalar > 0", "f = log(-norm2(theta))\ntheta = [0.5, 0]");
    assert!(matches!(found, BindReason::NoValue { .. }), "no value: {found}");
}
