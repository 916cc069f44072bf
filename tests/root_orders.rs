//! Derivatives of the symmetric root of `2D` by dual numbers through a loss: which orders there are, and that they are right.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod subject;

use driftproof::loss::constant;
use driftproof::noise::{NoiseError, generic, root_derivatives};
use driftproof::root::RootError;
use num_dual::Dual2_64;
use subject::Subject;

/// `theta` with a unit derivative part in component `k`, to second order.
fn second_order(theta: &[f64], k: usize) -> Vec<Dual2_64> {
    let mut dual: Vec<Dual2_64> = theta.iter().map(|&t| constant(t)).collect();
    dual[k] = dual[k].derivative();
    dual
}

/// `u = (a b x - y)^2/2`: all gradients point along `(b, a)`, so that the rank is 1 of 2 everywhere. There is a first
/// derivative, the same by both routes; a second one is refused, since its null-null block is not in the derivatives of
/// `2D` to that order.
#[test]
fn deficient_ranks_have_first_derivatives_only() {
    let subject = Subject::named("two_layer_linear");
    let (problem, theta, sgd) = (&subject.problem, &subject.theta[..], &subject.sgd);
    let fast = root_derivatives(problem, theta, sgd).unwrap();
    for (k, expected) in fast.iter().enumerate() {
        let dual = generic::symmetric_root(problem, &generic::seeded(theta, k), sgd).unwrap();
        let found = dual.map(|x| x.eps);
        // Rank one: the condition on the range is 1; sums over 24 rows of a few operations each.
        assert!((&found - expected).norm() <= 1e-12 * expected.norm(), "dB[{k}]: {found}{expected}");
        assert!(expected.norm() > 1e-3, "dB[{k}] is not zero");
        let error = generic::symmetric_root(problem, &second_order(theta, k), sgd).unwrap_err();
        let refused = RootError::OrderAtDeficientRank { order: 2, rank: 1, dim: 2 };
        assert_eq!(error, NoiseError::Root(refused), "second order");
    }
}

/// At full rank the second derivative is the slope of the first: a central difference over `2 h` is off by `h^2/6` times
/// the fourth derivative and by rounding, `1e-15/h`: by less than `1e-9 + h^2` at `h = 1e-4` for numbers of order 1.
#[test]
fn full_rank_has_every_derivative() {
    let subject = Subject::named("logistic_regression");
    let (problem, theta, sgd) = (&subject.problem, &subject.theta[..], &subject.sgd);
    let h = 1e-4;
    for k in 0..2 {
        let root = generic::symmetric_root(problem, &second_order(theta, k), sgd).unwrap();
        let slope = |offset: f64| {
            let mut there = theta.to_vec();
            there[k] += offset;
            root_derivatives(problem, &there, sgd).unwrap()[k].clone()
        };
        let expected = (slope(h) - slope(-h)) / (2.0 * h);
        let found = root.map(|x| x.v2);
        let bound = 1e-9 + h * h;
        assert!((&found - &expected).norm() < bound, "second derivative along {k}: {found}{expected}");
        assert!(expected.norm() > 1e3 * bound, "large enough to be wrong by a thousandth of itself");
        let first = root.map(|x| x.v1);
        assert!((first - slope(0.0)).norm() < 1e-12, "first derivative along {k}");
    }
}
