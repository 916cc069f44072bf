//! One claim, three readings: what each says alone, what they say together, and what is said of instances that are wrong.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use driftproof::check::{self, Level, Options, decide};
use driftproof::expression::{Claim, Derivation, Statement};
use driftproof::language::parse;
use driftproof::reading::symbolic::witness::Options as Instances;
use driftproof::reading::{exact, sampled};
use driftproof::verdict::claim::{ClaimVerdict, Contradiction};
use driftproof::verdict::readings::{Exact, Sampled, Verdict, combine};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const HEAD: &str = "
scalar eta > 0, n > 0
space theta
random X
field u(X): scalar
let step = -eta*mean(grad(u), n)
";

const TOY: &str = "
instance toy {
    u     = 1/2*y*norm2(theta)
    data  = rows([[1], [3], [2], [0]], columns = [y])
    theta = [0.5, -1]
    eta   = 0.1
    n     = 2
}
";

fn derivation(claims: &str) -> Derivation {
    parse("t.drift", &format!("{HEAD}{claims}{TOY}")).unwrap_or_else(|said| panic!("{said}"))
}

fn claims(derivation: &Derivation) -> Vec<&Claim> {
    let statements = derivation.statements.iter();
    statements
        .filter_map(|statement| match statement {
            Statement::Claim(claim) => Some(claim),
            Statement::Assumption { .. } => None,
        })
        .collect()
}

const DRIFT: &str = "
claim whole: midpoint(step - E[step]) = -eta^2/(2*n)*div(Cov[grad(u)]) + O(eta^3)
claim lost:  midpoint(step - E[step]) = -eta^2/n*div(Cov[grad(u)]) + O(eta^3)
";

#[test]
fn a_lost_half_is_refuted_by_each_reading_alone() {
    let derivation = derivation(DRIFT);
    let all = claims(&derivation);
    let [whole, lost] = all[..] else { panic!("two claims") };
    let symbols = &derivation.symbols;
    let proof = |claim| decide(claim, symbols, &Instances::default());
    assert!(matches!(proof(whole), ClaimVerdict::Proved(_)), "proof of the truth");
    assert!(matches!(proof(lost), ClaimVerdict::Refuted(_)), "proof of the lie");

    let base = Path::new(".");
    let bound = exact::ExactInstance::bind(&derivation.instances[0], symbols, base).unwrap();
    assert!(matches!(exact::read(whole, &bound), exact::Evidence::Holds(_)), "exact, the truth");
    assert!(matches!(exact::read(lost, &bound), exact::Evidence::Refuted(_)), "exact, the lie");

    let bound = sampled::SampledInstance::bind(&derivation.instances[0], symbols, base).unwrap();
    let options = sampled::Options::default();
    let drawn = sampled::read(whole, &bound, &options);
    assert!(matches!(drawn, sampled::Evidence::Consistent(_)), "drawn, the truth: {drawn:?}");
    let drawn = sampled::read(lost, &bound, &options);
    assert!(matches!(drawn, sampled::Evidence::Refuted(_)), "drawn, the lie: {drawn:?}");
}

#[test]
fn together_they_say_what_the_table_says() {
    let derivation = derivation(DRIFT);
    let all = claims(&derivation);
    let [proved, refuted] = [0, 1].map(|k| decide(all[k], &derivation.symbols, &Instances::default()));
    let ClaimVerdict::Refuted(refutation) = &refuted else { panic!("the lie") };
    let instance = refutation.counterexample.clone().unwrap();
    let contradiction = ClaimVerdict::Contradiction(Box::new(Contradiction::DifferentInstance(instance)));
    let undecided = ClaimVerdict::Undecided(vec![]);
    let (exacts, drawns) = (
        [Exact::Silent, Exact::Holds, Exact::Fails],
        [Sampled::Silent, Sampled::Inconclusive, Sampled::Consistent, Sampled::Refuted],
    );
    for exact in exacts {
        for drawn in drawns {
            let fails = exact == Exact::Fails;
            let of_proved =
                if fails || drawn == Sampled::Refuted { Verdict::Contradiction } else { Verdict::Proved };
            assert_eq!(combine(&proved, exact, drawn), of_proved, "proved, {exact:?}, {drawn:?}");
            assert_eq!(combine(&refuted, exact, drawn), Verdict::Refuted, "refuted, {exact:?}, {drawn:?}");
            let said = combine(&contradiction, exact, drawn);
            assert_eq!(said, Verdict::Contradiction, "contradiction, {exact:?}, {drawn:?}");
        }
    }
    for (exact, drawn, expected) in [
        (Exact::Fails, Sampled::Silent, Verdict::Refuted),
        (Exact::Fails, Sampled::Inconclusive, Verdict::Refuted),
        (Exact::Fails, Sampled::Consistent, Verdict::Refuted),
        (Exact::Fails, Sampled::Refuted, Verdict::Refuted),
        (Exact::Holds, Sampled::Silent, Verdict::Consistent),
        (Exact::Holds, Sampled::Inconclusive, Verdict::Consistent),
        (Exact::Holds, Sampled::Consistent, Verdict::Consistent),
        (Exact::Holds, Sampled::Refuted, Verdict::Contradiction),
        (Exact::Silent, Sampled::Silent, Verdict::Undecided),
        (Exact::Silent, Sampled::Inconclusive, Verdict::Inconclusive),
        (Exact::Silent, Sampled::Consistent, Verdict::Consistent),
        (Exact::Silent, Sampled::Refuted, Verdict::Refuted),
    ] {
        assert_eq!(combine(&undecided, exact, drawn), expected, "undecided, {exact:?}, {drawn:?}");
    }
}

/// What holds at an instance, and for no other functions, is refuted; nothing contradicts that.
#[test]
fn what_holds_at_an_instance_only_is_refuted() {
    let text = format!(
        "{HEAD}refute always: E[u] = 1/2*tr(hess(E[u])){}",
        TOY.replace("theta = [0.5, -1]", "theta = [1, 1]")
    );
    let checked = check::text("t.drift", &text, &Options::default().with_level(Level::Exact)).unwrap();
    let statement = &checked.statements[0];
    assert_eq!(statement.verdict, Some(Verdict::Refuted), "for all functions");
    let found = &statement.trials[0].exact;
    assert!(matches!(found, exact::Evidence::Holds(_)), "f = |theta|^2/2 E[y], at |theta|^2 = 2: {found:?}");
}

/// Regression: where the only points at which `exp` is rational have `V = 0`, the sides agree there; that was called a
/// contradiction at some seeds.
#[test]
fn a_difference_that_special_instances_hide_is_found() {
    let text = "
scalar C > 0, T_R > 0, T_D > 0, k_R > 0, k_D > 0
space x = (V)
let T_eff = (k_R*T_R + k_D*T_D)/(k_R + k_D)
let rest = exp(-C*V^2/(2*T_eff))
refute not_alone: -k_D*(V*rest*[1] + T_D/C*grad(rest)) = 0
";
    for seed in 1..=12 {
        let options = Options::default().with_level(Level::Proof).with_seed(seed);
        let checked = check::text("t.drift", text, &options).unwrap();
        assert_eq!(checked.statements[0].verdict, Some(Verdict::Refuted), "seed {seed}");
    }
}

/// Regression: of two conditions the first was met with the value that a name had before the second, and a true claim came
/// out as a contradiction. A circle is met once its first condition is; who cannot see that is unable.
#[test]
fn conditions_are_met_together_in_any_order() {
    let text = "
scalar a, b, c
random X
space theta
field u(X): scalar
claim chain where a = b, b = 2*c: E[a*u] = 2*c*E[u]
claim other_order where b = 2*c, a = b: E[a*u] = 2*c*E[u]
refute half where a = b, b = 2*c: E[a*u] = c*E[u]
claim circle where a = b, b = a: E[a*u] = b*E[u]
";
    let derivation = parse("chain.drift", text).unwrap();
    let exact_at = exact::ExactInstance::random(&derivation.symbols, 3);
    let sampled_at = sampled::SampledInstance::random(&derivation.symbols, 3);
    let [chain, other_order, half, circle] = claims(&derivation)[..] else { panic!("four claims") };
    let drawn = |claim| sampled::read(claim, &sampled_at, &sampled::Options::default());
    for claim in [chain, other_order] {
        assert!(matches!(exact::read(claim, &exact_at), exact::Evidence::Holds(_)), "{}", claim.name);
        assert!(
            matches!(drawn(claim), sampled::Evidence::Consistent(_)),
            "{}: {:?}",
            claim.name,
            drawn(claim)
        );
    }
    assert!(matches!(exact::read(half, &exact_at), exact::Evidence::Refuted(_)), "half");
    assert!(matches!(drawn(half), sampled::Evidence::Refuted(_)), "half: {:?}", drawn(half));
    assert!(matches!(exact::read(circle, &exact_at), exact::Evidence::Holds(_)), "circle");
    assert!(matches!(drawn(circle), sampled::Evidence::Unable(sampled::Unable::Unmet { .. })), "circle");
}

fn file(name: &str, text: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).unwrap();
    path
}

fn driftproof(path: &Path, more: &[&str]) -> Output {
    let arguments = [&["check", path.to_str().unwrap()], more].concat();
    Command::new(env!("CARGO_BIN_EXE_driftproof")).args(arguments).output().unwrap()
}

#[test]
fn a_wrong_instance_is_named_and_the_rest_is_checked() {
    file("levels-nan.csv", "x,y\n1,2\n3,nan\n");
    let good = "claim mean: E[step] = -eta*E[grad(u)]\n";
    for (what, wrong, said) in [
        (
            "nan",
            "u = (y - dot(theta, x))^2\n data = csv(\"levels-nan.csv\", target = \"y\")\n theta = [1]",
            "line 3, column \"y\": found",
        ),
        (
            "overflow",
            "u = exp(exp(y*norm2(theta)))\n data = [[1, 900]]\n theta = [1]",
            "it has no value at a point of the instance",
        ),
        (
            "length",
            "u = loss(linear_regression)\n data = [[1, 2, 3]]\n theta = [1, 2, 3]",
            "theta has 3 components, expected 2",
        ),
        ("unknown", "v = norm2(theta)\n theta = [1]", "v: the derivation declares no such name"),
    ] {
        let text = format!("{HEAD}{good}instance wrong {{\n {wrong}\n}}\n{TOY}");
        let output = driftproof(&file(&format!("levels-{what}.drift"), &text), &[]);
        let out = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(2), "{what}: {out}");
        for expected in ["instance wrong cannot be used", said, "mean", "proved", "at toy"] {
            assert!(out.contains(expected), "{what}: {expected:?} is missing in\n{out}");
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let text = format!(
        "{HEAD}claim noise: Cov[step] = eta^2/n*Cov[grad(u)]\nclaim mean: E[step] = -eta*E[grad(u)]\n{TOY}"
    );
    let path = file("levels-threads.drift", &text);
    let run = |threads: &str| {
        driftproof(&path, &["--level", "full", "--json", "--seed", "3", "--threads", threads])
    };
    let (one, two) = (run("1"), run("2"));
    assert_eq!(one.status.code(), Some(0), "{}", String::from_utf8_lossy(&one.stdout));
    assert_eq!(one.stdout, two.stdout, "one thread and two");
    let read: serde_json::Value = serde_json::from_slice(&one.stdout).unwrap();
    let trial = &read["files"][0]["statements"][0]["trials"][0];
    assert_eq!(trial["sampled"]["outcome"], "consistent", "{trial}");
    assert_eq!(trial["p_value"], trial["sampled"]["p_value"], "one point is the trial");
    let [alone, adjusted] = ["p_value", "p_value_adjusted"].map(|key| trial[key].as_f64().unwrap());
    assert!(adjusted >= alone, "of two trials: {trial}");
    let text = driftproof(&path, &["--level", "full", "--seed", "3"]);
    let text = String::from_utf8(text.stdout).unwrap();
    let budget = "Drawn: 2 trials; that chance refutes a true claim in any of them";
    assert!(text.contains(budget), "the error budget is missing in\n{text}");
    assert!(text.contains("0.001 (Holm)"), "its rate is missing in\n{text}");
}

/// A claim of another dimension than every instance has is evaluated, and drawn, at random functions of its own.
#[test]
fn a_claim_of_another_dimension_has_functions_of_its_own() {
    let text = format!(
        "{HEAD}claim one where dim = 1: div(Cov[grad(u)]) = grad(tr(Cov[grad(u)]))\n\
         claim all: div(Cov[grad(u)]) = 1/2*grad(tr(Cov[grad(u)])) + Cov[grad(u), lap(u)]\n{TOY}"
    );
    let checked = check::text("t.drift", &text, &Options::default().with_level(Level::Full)).unwrap();
    assert!(checked.is_as_claimed(), "{checked}");
    let [one, all] = [0, 1].map(|k| &checked.statements[k].trials[..]);
    assert!(matches!(all, [trial] if trial.instance.as_deref() == Some("toy")), "{all:?}");
    let [trial] = one else { panic!("one trial: {one:?}") };
    assert_eq!(trial.instance, None, "random functions");
    assert!(matches!(&trial.exact, exact::Evidence::Holds(found) if found.point.len() == 1), "{trial:?}");
    assert!(matches!(&trial.sampled, Some(sampled::Evidence::Consistent(_))), "{trial:?}");
}

/// Standard output is the same where it is followed and where it is not, and here is no terminal.
#[test]
fn progress_is_for_terminals() {
    let path = file("levels-progress.drift", &format!("{HEAD}claim mean: E[step] = -eta*E[grad(u)]\n{TOY}"));
    let output = driftproof(&path, &["--level", "full"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = std::sync::Mutex::new(vec![]);
    let text = fs::read_to_string(&path).unwrap();
    let progress = |done: usize, all: usize| told.lock().unwrap().push((done, all));
    let options = Options::default().with_level(Level::Full);
    let followed = check::text("t.drift", &text, &options.with_progress(&progress)).unwrap();
    let alone = check::text("t.drift", &text, &options).unwrap();
    assert_eq!(*told.lock().unwrap(), [(0, 1), (1, 1)], "one statement");
    assert_eq!(followed.statements[0].trials, alone.statements[0].trials, "the same, followed or not");
}
