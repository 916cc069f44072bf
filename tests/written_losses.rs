//! Losses written as expressions: every reference case through the fast route, at the promised accuracy, and what is
//! refused.

#![allow(clippy::wildcard_enum_match_arm, reason = "what is not named fails the test")]
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
#![allow(clippy::cast_precision_loss, reason = "counts are small")]

mod oracle;

use driftproof::data::Data;
use driftproof::expression::Value;
use driftproof::language::parse;
use driftproof::loss::{Builtin, Names, Problem, Written, WrittenError};
use driftproof::noise::{self, generic};
use driftproof::sgd::Sgd;
use oracle::expression::Text;
use oracle::{Case, cases};

/// The syntax of an expression, as an instance holds it.
fn value(text: &str) -> Value {
    let derivation = parse("value.drift", &format!("instance i {{\n u = {text}\n}}"))
        .unwrap_or_else(|said| panic!("{said}"));
    derivation.instances[0].entries[0].value.clone()
}

fn data(case: &Case) -> Data {
    let list = |key: &str| case.json[key].as_array().unwrap().clone();
    let columns: Vec<String> = list("columns").iter().map(|c| c.as_str().unwrap().to_owned()).collect();
    let rows: Vec<Vec<f64>> = list("rows")
        .iter()
        .map(|row| row.as_array().unwrap().iter().map(|x| x.as_str().unwrap().parse().unwrap()).collect())
        .collect();
    let targets = columns.iter().filter(|&c| c == "y").count();
    Data::from_rows(&columns, &rows).unwrap().with_targets(targets).unwrap()
}

fn written(case: &Case) -> Written {
    let (text, data) = (Text::of(case), data(case));
    let names = match &text.parameters {
        Some(parameters) if parameters == &["theta"] => Names::new(&data, 1),
        Some(parameters) => Names::with_parameters(&data, parameters),
        None => Names::new(&data, case.theta.len()),
    };
    // One parameter that has the name of the space is a vector of length 1.
    let loss = match &text.parameters {
        Some(parameters) if parameters == &["theta"] => text.loss.replace("theta^2", "norm2(theta)"),
        Some(_) | None => text.loss.clone(),
    };
    Written::from_value(&value(&loss), &names.unwrap()).unwrap_or_else(|error| panic!("{}: {error}", case.id))
}

/// Promised: 1e-12 of the sum of the absolute values of the terms.
#[test]
fn every_reference_case_as_an_expression() {
    for case in cases() {
        let problem = Problem::new(written(&case), &data(&case)).unwrap();
        let drift = noise::drift(&problem, &case.theta, &case.sgd).unwrap();
        let rows = case.problem.rows() as f64;
        let mut terms = 0.0;
        for row in 0..case.problem.rows() {
            let (g, h) = generic::row_derivatives(&case.problem, row, &case.theta);
            terms += g.norm() * (h.norm() + h.diagonal().iter().map(|x| x.abs()).sum::<f64>()) / rows;
        }
        for (what, found) in [
            ("div_Sigma", &drift.div_sigma),
            ("half_grad_tr_Sigma", &drift.moments.half_grad_tr_sigma),
            ("cov_g_trH", &drift.moments.cov_g_tr_hess),
        ] {
            let error = (found - case.vector(what)).norm();
            assert!(error <= 1e-12 * terms, "{} {what}: error {error:e}, terms {terms:e}", case.id);
        }
    }
}

/// The expression of a built-in loss is recorded as the same operations, so that it runs as fast.
#[test]
fn an_expression_is_the_loss_that_it_writes() {
    let data = Data::breast_cancer().standardized().unwrap();
    let names = Names::new(&data, 30).unwrap();
    let loss = Written::from_value(&value("log(1 + exp(dot(theta, x))) - y*dot(theta, x)"), &names).unwrap();
    let (written, builtin) = (
        Problem::new(loss, &data).unwrap(),
        Problem::new(Builtin::Logistic { features: 30 }, &data).unwrap(),
    );
    let theta: Vec<f64> = (0..30).map(|i| 0.3 * f64::from(i).sin()).collect();
    let sgd = Sgd::new(0.05, 8).unwrap();
    let (a, b) =
        (noise::drift(&written, &theta, &sgd).unwrap(), noise::drift(&builtin, &theta, &sgd).unwrap());
    // Two orders of the same operations: a few roundings.
    assert!((&a.v_noise - &b.v_noise).norm() <= 1e-13 * b.v_noise.norm(), "{} {}", a.v_noise, b.v_noise);
    let far: Vec<f64> = theta.iter().map(|t| 1e4 * t).collect();
    assert!(noise::drift(&written, &far, &sgd).is_ok(), "log(1 + exp(z)) does not overflow");
}

#[test]
fn what_is_no_loss_is_refused() {
    let data = Data::from_rows(&["x1", "x2", "y"], &[[1.0, 2.0, 0.0]]).unwrap().with_targets(1).unwrap();
    let names = Names::new(&data, 2).unwrap();
    let error = |text: &str| Written::from_value(&value(text), &names).unwrap_err();
    let unknown = error("log(1 + exp(-y*dot(thetta, x)))").to_string();
    assert_eq!(unknown, "thetta is not known here; is theta meant?", "a name");
    assert!(error("softpluss(y)").to_string().contains("is softplus meant"), "a function");
    assert!(matches!(error("theta"), WrittenError::NotScalar { found: "a vector" }), "a vector");
    assert!(matches!(error("y^2"), WrittenError::NoParameters), "no parameter");
    assert!(
        matches!(error("norm2(grad(dot(theta, x)))"), WrittenError::Form { what: "a derivative" }),
        "grad"
    );
    assert!(error("dot(theta, x) + x").to_string().contains("a sum takes"), "shapes");
    let named = Names::with_parameters(&data, &["x1"]);
    assert!(matches!(named, Err(WrittenError::Twice { name }) if name == "x1"), "a name for two things");
    let overflow = Written::from_value(&value("exp(exp(dot(theta, x)))"), &names).unwrap();
    let problem = Problem::new(overflow, &data).unwrap();
    assert!(
        noise::drift(&problem, &[10.0, 0.0], &Sgd::new(0.1, 1).unwrap()).is_err(),
        "an overflow is an error"
    );
}

#[test]
fn forms_of_the_language_are_taken_apart() {
    let data = Data::from_rows(&["p", "q"], &[[2.0, 3.0]]).unwrap();
    let names = Names::with_parameters(&data, &["a", "b"]).unwrap().with_number("c", 5.0).unwrap();
    let at = |text: &str| {
        let loss =
            Written::from_value(&value(text), &names).unwrap_or_else(|error| panic!("{text}: {error}"));
        driftproof::loss::Loss::loss::<f64>(&loss, &[2.0, 3.0], &[0.5, -1.5])
    };
    for (text, expected) in [
        ("a*p + b*q", -3.5),
        ("c*a/p - -b", -0.25),
        ("norm2(theta)", 2.5),
        ("dot(theta, [q, p])", -1.5),
        ("dot(theta, [[p, 0], [1, q]]*theta)", 0.5 * 1.0 - 1.5 * (0.5 - 4.5)),
        ("tr(outer(theta, x))", -3.5),
        ("dot(theta, transpose([[1, p], [0, q]])*theta)", 0.5 * 0.5 - 1.5 * (1.0 - 4.5)),
        ("tr(I)*a", 1.0),
        ("dim*a^2", 0.5),
        ("p^a", 2.0_f64.sqrt()),
        ("(a + 1)^(3/2)", 1.5_f64.powf(1.5)),
        ("sqrt(a + 1/2)", 1.0),
        ("a^-2", 4.0),
        ("1/(1 + exp(-a))", 1.0 / (1.0 + (-0.5_f64).exp())),
        ("log(1 + a^2)", 1.25_f64.ln()),
        (
            "tanh(a) + arctan(b) + arsinh(a) + abs(b)",
            0.5_f64.tanh() + (-1.5_f64).atan() + 0.5_f64.asinh() + 1.5,
        ),
    ] {
        let found = at(text);
        assert!((found - expected).abs() <= 1e-14, "{text}: {found}, expected {expected}");
    }
}
