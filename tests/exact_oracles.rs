//! The reference cases as instances, with expressions for losses: `div Sigma`, its halves, the drift, the symmetric root
//! and its drifts by automatic differentiation of the definitions, at the promised accuracy.

#![allow(clippy::wildcard_enum_match_arm, reason = "what is not named fails the test")]
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
#![allow(clippy::cast_precision_loss, reason = "counts are small")]

mod oracle;

use driftproof::expression::{Claim, Derivation, Statement};
use driftproof::language::parse;
use driftproof::noise::generic;
use driftproof::reading::exact::{Evidence, ExactInstance, Unable, read};
use driftproof::root::RootError;
use oracle::expression::Text;
use oracle::{Case, cases};
use std::fmt::Write;
use std::path::Path;

/// Promised: 1e-12 of the terms.
const ACCURACY: f64 = 1e-12;

const CLAIMS: &str = "
let g = grad(u)
let G = E[g]
let Sigma = Cov[g]
let D = eta/(2*n)*Sigma
let B = sqrt(eta/n*Sigma)
let S[i] = B[j,k]*d[j](B[i,k])
let R[i] = B[i,k]*d[j](B[j,k])
claim f: E[u] = 0
claim G: G = 0
claim Sigma: Sigma = 0
claim div_Sigma: div(Sigma) = 0
claim half_grad_tr_Sigma: 1/2*grad(tr(Sigma)) = 0
claim cov_g_trH: Cov[g, lap(u)] = 0
claim v_noise: -div(D) = 0
claim modified_term: -eta/2*E[hess(u)]*G = 0
claim D: D = 0
claim B: B = 0
claim S: S = 0
claim R: R = 0
claim halves: div(Sigma) = 1/2*grad(tr(Sigma)) + Cov[g, lap(u)]
claim split: 2*div(D) = S + R
";

fn list(values: &serde_json::Value) -> String {
    let parts: Vec<&str> = values.as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
    format!("[{}]", parts.join(", "))
}

fn derivation(case: &Case) -> Derivation {
    let text = Text::of(case);
    let space = match &text.parameters {
        Some(names) => format!("space point = ({})", names.join(", ")),
        None => "space theta".to_owned(),
    };
    let rows: Vec<String> = case.json["rows"].as_array().unwrap().iter().map(list).collect();
    let columns: Vec<&str> =
        case.json["columns"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
    let targets = columns.iter().filter(|&&c| c == "y").count();
    let mut source = format!("scalar eta > 0, n > 0\n{space}\nrandom X\nfield u(X): scalar\n{}", CLAIMS);
    let key = if text.parameters.is_some() { "point" } else { "theta" };
    writeln!(
        source,
        "instance case {{\n u = {}\n data = rows([{}], columns = [{}], targets = {targets})\n {key} = {}\n eta = {}\n n = {}\n}}",
        text.loss,
        rows.join(", "),
        columns.join(", "),
        list(&case.json["theta"]),
        case.json["eta"].as_str().unwrap(),
        case.sgd.batch()
    )
    .unwrap();
    parse("case.drift", &source).unwrap_or_else(|said| panic!("{}: {said}\n{source}", case.id))
}

fn claim<'a>(derivation: &'a Derivation, name: &str) -> &'a Claim {
    let found = derivation.statements.iter().find_map(|statement| match statement {
        Statement::Claim(claim) if &*claim.name == name => Some(claim),
        _ => None,
    });
    found.unwrap()
}

/// The numbers of a left side that is compared with 0.
fn numbers(evidence: &Evidence) -> Vec<f64> {
    match evidence {
        Evidence::Holds(agreement) => agreement.components.iter().map(|c| c.left).collect(),
        Evidence::Refuted(refutation) => refutation.components.iter().map(|c| c.left).collect(),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn assert_close(case: &Case, what: &str, found: &[f64], expected: &[f64], scale: f64) {
    assert_eq!(found.len(), expected.len(), "{} {what}", case.id);
    let error = found.iter().zip(expected).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
    assert!(error <= ACCURACY * scale, "{} {what}: error {error:e}, terms {scale:e}, {found:?}", case.id);
}

/// Sizes of the terms, as in the tests of the fast route.
struct Scale {
    gradient: f64,
    hessian: f64,
    sigma: f64,
    div_sigma: f64,
    root: f64,
    root_slope: f64,
}

fn scale(case: &Case) -> Scale {
    let rows = case.problem.rows() as f64;
    let w = (case.sgd.learning_rate() / (case.sgd.batch() as f64 * rows)).sqrt();
    let mut scale =
        Scale { gradient: 0.0, hessian: 0.0, sigma: 0.0, div_sigma: 0.0, root: 0.0, root_slope: 0.0 };
    for row in 0..case.problem.rows() {
        let (g, h) = generic::row_derivatives(&case.problem, row, &case.theta);
        let (g, h, trace) = (g.norm(), h.norm(), h.diagonal().iter().map(|x| x.abs()).sum::<f64>());
        scale.gradient += g / rows;
        scale.hessian += h / rows;
        scale.sigma += g * g / rows;
        scale.div_sigma += g * (h + trace) / rows;
        scale.root += g * g;
        scale.root_slope += h * h;
    }
    scale.root = w * scale.root.sqrt();
    scale.root_slope = w * scale.root_slope.sqrt();
    scale
}

#[test]
fn moments_and_drifts_of_every_case() {
    for case in cases() {
        let derivation = derivation(&case);
        let instance =
            ExactInstance::bind(&derivation.instances[0], &derivation.symbols, Path::new(".")).unwrap();
        let found = |name: &str| numbers(&read(claim(&derivation, name), &instance));
        let Scale { gradient, hessian, sigma, div_sigma, .. } = scale(&case);
        let (eta, n) = (case.sgd.learning_rate(), case.sgd.batch() as f64);
        assert_close(&case, "f", &found("f"), &[case.scalar("f")], case.scalar("f").abs());
        for (name, key, terms) in [
            ("G", "G", gradient),
            ("div_Sigma", "div_Sigma", div_sigma),
            ("half_grad_tr_Sigma", "half_grad_tr_Sigma", div_sigma),
            ("cov_g_trH", "cov_g_trH", div_sigma),
            ("v_noise", "v_noise", eta / n * div_sigma),
            ("modified_term", "modified_term", eta * hessian * gradient),
        ] {
            assert_close(&case, name, &found(name), case.vector(key).as_slice(), terms);
        }
        for (name, key, terms) in [("Sigma", "Sigma", sigma), ("D", "D", eta * sigma)] {
            assert_close(&case, name, &found(name), case.matrix(key).transpose().as_slice(), terms);
        }
        let halves = read(claim(&derivation, "halves"), &instance);
        assert!(matches!(halves, Evidence::Holds(_)), "{}: {halves:?}", case.id);
    }
}

#[test]
fn roots_and_their_drifts_of_every_case() {
    for case in cases() {
        let derivation = derivation(&case);
        let instance =
            ExactInstance::bind(&derivation.instances[0], &derivation.symbols, Path::new(".")).unwrap();
        let evidence = |name: &str| read(claim(&derivation, name), &instance);
        let Scale { root, root_slope, .. } = scale(&case);
        let loss_of_digits = case.condition.sqrt();
        let b = case.matrix("B").transpose();
        assert_close(&case, "B", &numbers(&evidence("B")), b.as_slice(), loss_of_digits * root);
        for name in ["S", "R"] {
            let evidence = evidence(name);
            if case.square_root == "rank_drop" {
                let dropped = matches!(evidence, Evidence::Unable(Unable::Root(RootError::RankDrop { .. })));
                assert!(dropped, "{} {name}: {evidence:?}", case.id);
                continue;
            }
            let terms = loss_of_digits * root * root_slope;
            assert_close(&case, name, &numbers(&evidence), case.vector(name).as_slice(), terms);
        }
        if case.square_root != "rank_drop" && case.condition < 1e8 {
            let split = evidence("split");
            assert!(matches!(split, Evidence::Holds(_)), "{}: {split:?}", case.id);
        }
    }
}
