//! The two routes to every drift share no code; they must agree on losses of every shape.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
#![allow(clippy::cast_precision_loss, reason = "counts are small")]

use driftproof::data::Data;
use driftproof::loss::{Builtin, Choice, Loss, Number, Problem, constant, dot};
use driftproof::noise::{self, generic};
use driftproof::sgd::Sgd;
use nalgebra::DVector;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A loss of the user's own, with what it takes to make rows and points for it.
struct Own<F> {
    dim: usize,
    columns: usize,
    body: F,
}

/// A generic body cannot be a closure; each shape is a type.
trait Body: Sync {
    fn u<D: Number>(&self, x: &[D::InnerDual], t: &[D]) -> D;
}

impl<F: Body> Loss for Own<F> {
    fn dim(&self) -> usize {
        self.dim
    }
    fn columns(&self) -> usize {
        self.columns
    }
    fn loss<D: Number>(&self, x: &[D::InnerDual], theta: &[D]) -> D {
        self.body.u(x, theta)
    }
}

/// Huber's loss: two ways through the body.
struct Huber;
impl Body for Huber {
    fn u<D: Number>(&self, x: &[D::InnerDual], t: &[D]) -> D {
        let r = dot(t, &x[..3]) - D::from_re(x[3]);
        if r.re().abs() < 0.7 { r * r * 0.5 } else { num_traits::Signed::abs(&r) * 0.7 - 0.245 }
    }
}

/// A log-sum-exp that subtracts the largest value by itself: another way for every row.
struct Shifted;
impl Body for Shifted {
    fn u<D: Number>(&self, x: &[D::InnerDual], t: &[D]) -> D {
        let z: Vec<D> = t.iter().zip(x).map(|(t, x)| t.scale(x)).collect();
        let largest = z.iter().map(ReOf::re_of).fold(f64::NEG_INFINITY, f64::max);
        z.iter().map(|z| (*z - largest).exp()).sum::<D>().ln() + largest
    }
}

/// Reads the value of a number, which the trait calls `re`.
trait ReOf {
    fn re_of(&self) -> f64;
}
impl<D: Number> ReOf for D {
    fn re_of(&self) -> f64 {
        num_dual::DualStruct::re(self)
    }
}

/// Products of sums that share parameters: second derivatives that need two gradients at once.
struct Shared;
impl Body for Shared {
    fn u<D: Number>(&self, x: &[D::InnerDual], t: &[D]) -> D {
        let a = t[0] * t[1] + t[2].scale(&x[0]);
        let b = t[0].scale(&x[1]) + t[1] * t[2];
        let c = t[0] - t[2] * t[2];
        a * b + b * c * a + a / (b * b + 1.5) - c
    }
}

/// Every elementary function of the number trait.
struct Functions;
impl Body for Functions {
    fn u<D: Number>(&self, x: &[D::InnerDual], t: &[D]) -> D {
        let z = dot(t, x);
        let (s, c) = z.sin_cos();
        let q = z * z * 0.125 + 0.25;
        let tame = z.tanh() * 0.5;
        let first = s + c + z.tan() * 0.01 + z.exp() + z.exp2() + z.exp_m1() + q.ln() + q.log(3.0) + q.log2();
        let second = q.log10() + q.ln_1p() + q.sqrt() + q.cbrt() + tame.asin() + tame.acos() + z.atan();
        let third = z.sinh() + z.cosh() + z.asinh() + (q + 1.0).acosh() + tame.atanh() + q.recip();
        let fourth = q.powi(3) + q.powi(-2) + q.powf(1.5) + q.powd(z) + z.atan2(q) + q.mul_add(z, c);
        // Spherical Bessel functions cancel near zero, in every number type: kept away from there.
        let w = z * 0.25 + 3.0;
        let fifth =
            w.sph_j0() + w.sph_j1() + w.sph_j2() + num_traits::Signed::abs(&z) + num_traits::Inv::inv(q);
        first + second + third + fourth + fifth
    }
}

/// So many functions of functions of one parameter that planning sweeps for the Laplacian does not pay.
struct Nested;
impl Body for Nested {
    fn u<D: Number>(&self, x: &[D::InnerDual], t: &[D]) -> D {
        (0..60).fold(t[0].scale(&x[0]), |z, _| z.sin() * 0.9 + 0.05)
    }
}

/// Straight lines, and nothing of theta at all.
struct Flat(bool);
impl Body for Flat {
    fn u<D: Number>(&self, x: &[D::InnerDual], t: &[D]) -> D {
        if self.0 { t[1] } else { D::from_re(x[0]) * 2.0 + constant::<D>(1.0) }
    }
}

/// Compound assignment and the remaining operators (num-dual has no remainder).
struct Assigned;
impl Body for Assigned {
    fn u<D: Number>(&self, x: &[D::InnerDual], t: &[D]) -> D {
        let mut z = t[0];
        z += t[1].scale(&x[0]);
        z *= t[2];
        z -= t[0] * 0.5;
        z /= t[1] * t[1] + 2.0;
        z += 0.25;
        z *= 2.0;
        z -= 1.0;
        z /= 3.0;
        let factors: D = t.iter().copied().product();
        -(z * t[0]) + factors - t[2]
    }
}

fn problem<L: Loss>(loss: L, rng: &mut ChaCha8Rng, row: impl Fn(&mut ChaCha8Rng) -> Vec<f64>) -> Problem<L> {
    let names: Vec<String> = (0..loss.columns()).map(|j| format!("c{j}")).collect();
    let rows: Vec<Vec<f64>> = (0..21).map(|_| row(rng)).collect();
    Problem::new(loss, &Data::from_rows(&names, &rows).unwrap()).unwrap()
}

/// Both routes round differently, each a few hundred operations a row: 1e-12 of the terms, as promised.
fn assert_routes_agree<L: Loss>(name: &str, problem: &Problem<L>, theta: &[f64]) {
    let sgd = Sgd::new(0.25, 4).unwrap();
    let fast = noise::drift(problem, theta, &sgd).unwrap();
    let reference = generic::drift(problem, theta, &sgd).unwrap();
    let (mut gradient, mut terms, mut hessian) = (0.0, 0.0, 0.0);
    for row in 0..problem.rows() {
        let (g, h) = generic::row_derivatives(problem, row, theta);
        let trace: f64 = h.diagonal().iter().map(|x| x.abs()).sum();
        gradient += g.norm() / problem.rows() as f64;
        hessian += h.norm() / problem.rows() as f64;
        terms += g.norm() * (h.norm() + trace) / problem.rows() as f64;
    }
    let check = |what: &str, a: &DVector<f64>, b: &DVector<f64>, scale: f64| {
        assert!((a - b).norm() <= 1e-12 * scale, "{name}, {what}: {a}{b}");
    };
    check("G", &fast.moments.gradient, &reference.moments.gradient, gradient);
    check("div Sigma", &fast.div_sigma, &reference.div_sigma, terms);
    let (a, b) = (&fast.moments, &reference.moments);
    check("first half", &a.half_grad_tr_sigma, &b.half_grad_tr_sigma, terms);
    check("second half", &a.cov_g_tr_hess, &b.cov_g_tr_hess, terms);
    check("Hbar G", &a.hessian_gradient, &b.hessian_gradient, hessian * gradient);
    let hessians = (noise::mean_hessian(problem, theta).unwrap(), generic::hessian(problem, theta));
    assert!(
        (&hessians.0 - &hessians.1).norm() <= 1e-12 * hessian,
        "{name}, Hbar: {}{}",
        hessians.0,
        hessians.1
    );
}

fn check_own<F: Body>(name: &str, dim: usize, columns: usize, body: F) {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let problem = problem(Own { dim, columns, body }, &mut rng, |rng| {
        (0..columns).map(|_| rng.random_range(-1.5..1.5)).collect()
    });
    for _ in 0..5 {
        let theta: Vec<f64> = (0..dim).map(|_| rng.random_range(-1.0..1.0)).collect();
        assert_routes_agree(name, &problem, &theta);
    }
}

#[test]
fn routes_agree_on_losses_of_the_users_own() {
    check_own("Huber", 3, 4, Huber);
    check_own("shifted log-sum-exp", 4, 4, Shifted);
    check_own("shared parameters", 3, 2, Shared);
    check_own("every function", 3, 3, Functions);
    check_own("nested functions", 1, 1, Nested);
    check_own("linear", 2, 1, Flat(true));
    check_own("constant", 2, 1, Flat(false));
    check_own("assignment", 3, 1, Assigned);
}

#[test]
fn routes_agree_on_every_builtin_loss() {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let networks = [
        "mlp_3_4_2_tanh",
        "mlp_3_4_2_logistic",
        "mlp_3_5_2_softplus",
        "mlp_3_2_2_2_sine",
        "mlp_3_4_3_tanh_softmax",
        "deep_linear_3_2_2",
    ];
    for name in Builtin::catalogue().iter().map(|line| line.name).chain(networks) {
        if matches!(name, "mlp" | "deep_linear") {
            continue;
        }
        for bias in [false, true] {
            let mut choice = Choice::new(3);
            choice.bias = bias;
            choice.classes = Some(3);
            choice.layers = Some(vec![2, 3, 2]);
            let loss = Builtin::named(name, &choice).unwrap();
            let columns = loss.columns();
            let problem = problem(loss, &mut rng, |rng| row(name, columns, rng));
            let theta: Vec<f64> = (0..problem.dim()).map(|_| rng.random_range(0.6..1.4)).collect();
            assert_routes_agree(name, &problem, &theta);
        }
    }
}

/// A row in the domain of a loss.
fn row(name: &str, columns: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    let mut row: Vec<f64> = (0..columns).map(|_| rng.random_range(-1.0..1.0)).collect();
    let last = columns - 1;
    match name {
        "logistic_regression" => row[last] = f64::from(rng.random_range(0..2)),
        "poisson_regression" => row[last] = f64::from(rng.random_range(0..5)),
        "softmax" | "mlp_3_4_3_tanh_softmax" => row[last] = f64::from(rng.random_range(0..3)),
        "rank1_factorisation" => {
            row = vec![f64::from(rng.random_range(1..3)), f64::from(rng.random_range(1..3)), row[2]]
        }
        "matrix_factorisation" => {
            row = vec![f64::from(rng.random_range(1..3)), f64::from(rng.random_range(1..4)), row[2]]
        }
        "pollen_2d" => row = vec![f64::from(rng.random_range(0..4)), if rng.random() { 1.0 } else { -1.0 }],
        _ => {}
    }
    row
}
