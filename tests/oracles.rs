//! Every reference case, through both routes, at the promised accuracy.
//!
//! Errors are measured normwise and relative to the sum of the absolute values of the terms that make up the quantity,
//! so that cancellation and exact zeros are judged fairly.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
#![allow(clippy::cast_precision_loss, reason = "counts are small")]

mod oracle;

use driftproof::noise::{self, Drift, NoiseError, generic};
use driftproof::root::{RootError, spurious_drift_of_tensor};
use nalgebra::{DMatrix, DVector};
use oracle::{Case, Scale, cases, root_scale, scale};

/// Promised: 1e-12 of the terms.
const ACCURACY: f64 = 1e-12;

#[track_caller]
fn assert_vector(case: &Case, what: &str, found: &DVector<f64>, expected: &DVector<f64>, scale: f64) {
    let error = (found - expected).norm();
    assert!(
        error <= ACCURACY * scale,
        "{} {what}: error {error:e}, terms {scale:e}\n{found}{expected}",
        case.id
    );
}

#[track_caller]
fn assert_matrix(case: &Case, what: &str, found: &DMatrix<f64>, expected: &DMatrix<f64>, scale: f64) {
    let error = (found - expected).norm();
    assert!(
        error <= ACCURACY * scale,
        "{} {what}: error {error:e}, terms {scale:e}\n{found}{expected}",
        case.id
    );
}

fn check_drift(case: &Case, drift: &Drift) {
    let Scale { gradient, hessian, div_sigma, .. } = scale(&case.problem, &case.theta);
    let (eta, n) = (case.sgd.learning_rate(), case.sgd.batch() as f64);
    let loss = case.scalar("f");
    assert!(
        (drift.moments.loss - loss).abs() <= ACCURACY * loss.abs(),
        "{} f: {}",
        case.id,
        drift.moments.loss
    );
    let moments = &drift.moments;
    assert_vector(case, "G", &moments.gradient, &case.vector("G"), gradient);
    assert_vector(case, "div_Sigma", &drift.div_sigma, &case.vector("div_Sigma"), div_sigma);
    assert_vector(
        case,
        "first half",
        &moments.half_grad_tr_sigma,
        &case.vector("half_grad_tr_Sigma"),
        div_sigma,
    );
    assert_vector(case, "second half", &moments.cov_g_tr_hess, &case.vector("cov_g_trH"), div_sigma);
    assert_vector(case, "v_noise", &drift.v_noise, &case.vector("v_noise"), eta / n * div_sigma);
    let modified = case.vector("modified_term");
    assert_vector(case, "modified_term", &drift.modified_term, &modified, eta * hessian * gradient);
}

#[test]
fn drift_by_the_fast_route() {
    for case in cases() {
        check_drift(&case, &noise::drift(&case.problem, &case.theta, &case.sgd).unwrap());
    }
}

#[test]
fn drift_by_the_generic_route() {
    for case in cases() {
        check_drift(&case, &generic::drift(&case.problem, &case.theta, &case.sgd).unwrap());
    }
}

#[test]
fn matrices_by_both_routes() {
    for case in cases() {
        let Scale { hessian, sigma, .. } = scale(&case.problem, &case.theta);
        let (problem, theta) = (&case.problem, &case.theta[..]);
        let expected = case.matrix("Sigma");
        assert_matrix(&case, "Sigma", &noise::covariance(problem, theta).unwrap(), &expected, sigma);
        assert_matrix(&case, "Sigma, generic", &generic::covariance(problem, theta), &expected, sigma);
        let expected = case.matrix("Hbar");
        assert_matrix(&case, "Hbar", &noise::mean_hessian(problem, theta).unwrap(), &expected, hessian);
        assert_matrix(&case, "Hbar, generic", &generic::hessian(problem, theta), &expected, hessian);
        let diffusion = noise::diffusion(problem, theta, &case.sgd).unwrap();
        assert_matrix(&case, "D", &diffusion, &case.matrix("D"), case.sgd.learning_rate() * sigma);
    }
}

#[test]
fn roots_by_the_fast_route() {
    for case in cases() {
        let roots = noise::roots(&case.problem, &case.theta, &case.sgd).unwrap();
        let (b, db) = root_scale(&case);
        let loss_of_digits = case.condition.sqrt();
        assert_eq!(roots.symmetric.rank(), case.rank, "{}: rank", case.id);
        assert_matrix(&case, "B", &roots.symmetric.root(), &case.matrix("B"), loss_of_digits * b);
        let rectangular = [("S_rectangular", &roots.s_rectangular), ("R_rectangular", &roots.r_rectangular)];
        for (what, found) in rectangular {
            // The second half holds tr H, up to sqrt(d) times |H|.
            let terms = b * db * (case.theta.len() as f64).sqrt();
            assert_vector(&case, what, found, &case.vector(what), terms);
        }
        let derivatives = noise::root_derivatives(&case.problem, &case.theta, &case.sgd);
        if case.square_root == "rank_drop" {
            assert!(
                matches!(roots.spurious, Err(RootError::RankDrop { .. })),
                "{}: {:?}",
                case.id,
                roots.spurious
            );
            assert!(matches!(derivatives, Err(NoiseError::Root(RootError::RankDrop { .. }))), "{}", case.id);
            continue;
        }
        let smooth = roots.spurious.unwrap();
        assert_eq!(smooth.root.differentiability().to_string(), case.square_root, "{}", case.id);
        let terms = loss_of_digits * b * db;
        assert_vector(&case, "S", &smooth.drift.s, &case.vector("S"), terms);
        assert_vector(&case, "R", &smooth.drift.r, &case.vector("R"), terms);
        for (k, (found, expected)) in derivatives.unwrap().iter().zip(case.matrices("dB")).enumerate() {
            assert_matrix(&case, &format!("dB[{k}]"), found, &expected, loss_of_digits * db);
        }
    }
}

#[test]
fn roots_by_the_generic_route() {
    for case in cases() {
        let (problem, theta) = (&case.problem, &case.theta[..]);
        let (b, db) = root_scale(&case);
        let loss_of_digits = case.condition.sqrt();
        let root = generic::symmetric_root(problem, theta, &case.sgd).unwrap();
        assert_matrix(&case, "B", &root, &case.matrix("B"), loss_of_digits * b);
        let dual = |k| generic::symmetric_root(problem, &generic::seeded(theta, k), &case.sgd);
        if case.square_root == "rank_drop" {
            let drops = (0..theta.len())
                .any(|k| matches!(dual(k), Err(NoiseError::Root(RootError::RankDrop { .. }))));
            assert!(drops, "{}: the root has a kink along some parameter", case.id);
            continue;
        }
        let derivatives: Vec<DMatrix<f64>> =
            (0..theta.len()).map(|k| dual(k).unwrap().map(|x| x.eps)).collect();
        for (k, (found, expected)) in derivatives.iter().zip(case.matrices("dB")).enumerate() {
            assert_matrix(&case, &format!("dB[{k}]"), found, &expected, loss_of_digits * db);
        }
        let drift = spurious_drift_of_tensor(&root, &derivatives).unwrap();
        assert_vector(&case, "S", &drift.s, &case.vector("S"), loss_of_digits * b * db);
        assert_vector(&case, "R", &drift.r, &case.vector("R"), loss_of_digits * b * db);
    }
}

#[test]
fn drifts_of_the_rectangular_factor_by_dual_numbers() {
    for case in cases() {
        let (problem, theta) = (&case.problem, &case.theta[..]);
        let (b, db) = root_scale(&case);
        let factor = generic::rectangular_root(problem, theta, &case.sgd).unwrap();
        let derivatives: Vec<DMatrix<f64>> = (0..theta.len())
            .map(|k| generic::rectangular_root(problem, &generic::seeded(theta, k), &case.sgd).unwrap())
            .map(|dual| dual.map(|x| x.eps))
            .collect();
        let drift = spurious_drift_of_tensor(&factor, &derivatives).unwrap();
        let terms = b * db * (theta.len() as f64).sqrt();
        assert_vector(&case, "S_rectangular", &drift.s, &case.vector("S_rectangular"), terms);
        assert_vector(&case, "R_rectangular", &drift.r, &case.vector("R_rectangular"), terms);
    }
}
