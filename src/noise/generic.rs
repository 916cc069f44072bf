//! The same moments by dual numbers through the definitions: the reference that the fast route is tested against.
//!
//! The loss is run on dual numbers for every derivative; `Sigma` is built in dual arithmetic from its definition, and
//! its divergence read off its derivative parts,
//!
//! ```text
//! Sigma(theta + eps e_k) = Sigma + eps d_k Sigma,    (div Sigma)_i = d_k Sigma_ik,    1/2 (grad tr Sigma)_k = 1/2 d_k Sigma_ii .
//! ```
//!
//! The cost is `N d^2` evaluations of the loss; nothing larger than `d x d` is kept.

use super::{Drift, Moments, NoiseError};
use crate::loss::{Loss, Number, Problem, constant};
use crate::root::{DualParts, RootOptions, symmetric_root_of_factor};
use crate::sgd::Sgd;
use nalgebra::{DMatrix, DVector};
use num_dual::{Dual, Dual64, DualStruct, HyperDual};

#[allow(clippy::cast_precision_loss, reason = "row counts are below 2^53")]
fn count<L: Loss>(problem: &Problem<L>) -> f64 {
    problem.rows() as f64
}

/// `g_i = du/dtheta_i` of one encoded row, in any number type: one dual number a component.
fn row_gradient<L: Loss, D: Number>(problem: &Problem<L>, row: usize, theta: &[D]) -> Vec<D> {
    let x: Vec<D> = problem.row(row).iter().map(|&x| constant(x)).collect();
    let mut dual: Vec<Dual<D>> = theta.iter().map(|&t| Dual::from_re(t)).collect();
    (0..theta.len())
        .map(|i| {
            dual[i].eps = constant(1.0);
            let u = problem.loss().loss(&x, &dual);
            dual[i].eps = constant(0.0);
            u.eps
        })
        .collect()
}

/// `G = E[g]` in any number type.
pub fn gradient<L: Loss, D: Number>(problem: &Problem<L>, theta: &[D]) -> DVector<D> {
    let mut sum = DVector::from_element(theta.len(), constant(0.0));
    for row in 0..problem.rows() {
        for (sum, g) in sum.iter_mut().zip(row_gradient(problem, row, theta)) {
            *sum += g;
        }
    }
    sum.map(|g: D| g / count(problem))
}

/// The columns `g_a - G`, `d x N`, in any number type: `Sigma = (1/N) C C^T`.
pub fn centred_gradients<L: Loss, D: Number>(problem: &Problem<L>, theta: &[D]) -> DMatrix<D> {
    let mean = gradient(problem, theta);
    let columns: Vec<DVector<D>> =
        (0..problem.rows()).map(|row| DVector::from_vec(row_gradient(problem, row, theta)) - &mean).collect();
    DMatrix::from_columns(&columns)
}

/// `Sigma = E[(g - G)(g - G)^T]`, normalised by `1/N`, in any number type.
pub fn covariance<L: Loss, D: Number>(problem: &Problem<L>, theta: &[D]) -> DMatrix<D> {
    let mean = gradient(problem, theta);
    let mut sum = DMatrix::from_element(theta.len(), theta.len(), constant::<D>(0.0));
    for row in 0..problem.rows() {
        let centred = DVector::from_vec(row_gradient(problem, row, theta)) - &mean;
        sum += &centred * centred.transpose();
    }
    sum.map(|s: D| s / count(problem))
}

/// The rectangular factor of `2D`, `F = sqrt(eta c/(n N)) [g_1 - G, ..., g_N - G]`, `d x N`, in any number type.
///
/// # Errors
/// The batch does not fit the data.
pub fn rectangular_root<L: Loss, D: Number>(
    problem: &Problem<L>,
    theta: &[D],
    sgd: &Sgd,
) -> Result<DMatrix<D>, NoiseError> {
    let weight = (sgd.noise_strength(problem.rows())? / count(problem)).sqrt();
    Ok(centred_gradients(problem, theta).map(|c: D| c * weight))
}

/// The symmetric root `B` of `2D`, `d x d`, in any number type that shows its parts: dual numbers through the gradients,
/// through `F`, and through `B B = F F^T`.
///
/// First derivatives at every rank that passes the test of differentiability, higher ones at full rank only.
///
/// # Errors
/// The batch does not fit the data, or the derivative that `D` carries does not exist.
pub fn symmetric_root<L: Loss, D: Number + DualParts>(
    problem: &Problem<L>,
    theta: &[D],
    sgd: &Sgd,
) -> Result<DMatrix<D>, NoiseError> {
    let weight = (sgd.noise_strength(problem.rows())? / count(problem)).sqrt();
    let point: Vec<f64> = theta.iter().map(DualStruct::re).collect();
    let (mut gradients, mut hessians) = (0.0, 0.0);
    for row in 0..problem.rows() {
        let (g, h) = row_derivatives(problem, row, &point);
        gradients += g.norm_squared();
        hessians += h.norm_squared();
    }
    let options = RootOptions::default()
        .with_scale(weight * gradients.sqrt())
        .with_rank_bound(theta.len().min(problem.rows() - 1));
    let factor = rectangular_root(problem, theta, sgd)?;
    Ok(symmetric_root_of_factor(&factor, options, weight * hessians.sqrt())?)
}

/// `theta` with a unit derivative part in component `k`.
///
/// # Panics
/// `k >= theta.len()`.
#[must_use]
pub fn seeded(theta: &[f64], k: usize) -> Vec<Dual64> {
    let mut dual: Vec<Dual64> = theta.iter().map(|&t| Dual::from_re(t)).collect();
    dual[k] = dual[k].derivative();
    dual
}

/// `H_ij` of one encoded row by hyper-dual numbers.
fn row_hessian<L: Loss>(problem: &Problem<L>, row: usize, theta: &[f64]) -> DMatrix<f64> {
    let mut hessian = DMatrix::zeros(theta.len(), theta.len());
    let mut dual: Vec<HyperDual<f64>> = theta.iter().map(|&t| HyperDual::from_re(t)).collect();
    for i in 0..theta.len() {
        dual[i] = dual[i].derivative1();
        for j in 0..=i {
            dual[j] = dual[j].derivative2();
            let second = problem.loss().loss(problem.row(row), &dual).eps1eps2;
            hessian[(i, j)] = second;
            hessian[(j, i)] = second;
            dual[j].eps2 = 0.0;
        }
        dual[i].eps1 = 0.0;
    }
    hessian
}

/// `g` (length `d`) and `H` (`d x d`) of one row, counted from 0.
///
/// # Panics
/// `row >= problem.rows()`.
pub fn row_derivatives<L: Loss>(
    problem: &Problem<L>,
    row: usize,
    theta: &[f64],
) -> (DVector<f64>, DMatrix<f64>) {
    (DVector::from_vec(row_gradient(problem, row, theta)), row_hessian(problem, row, theta))
}

/// `Hbar = E[H]`.
pub fn hessian<L: Loss>(problem: &Problem<L>, theta: &[f64]) -> DMatrix<f64> {
    let zero = DMatrix::zeros(theta.len(), theta.len());
    (0..problem.rows()).fold(zero, |sum, row| sum + row_hessian(problem, row, theta)) / count(problem)
}

/// The exact drifts of SGD at `theta` by dual numbers; see [`drift`](super::drift).
///
/// # Errors
/// As [`drift`](super::drift).
pub fn drift<L: Loss>(problem: &Problem<L>, theta: &[f64], sgd: &Sgd) -> Result<Drift, NoiseError> {
    problem.check_theta(theta)?;
    Drift::new(problem, sgd, moments(problem, theta).finite()?)
}

/// The moments that need no matrix.
fn moments<L: Loss>(problem: &Problem<L>, theta: &[f64]) -> Moments {
    let dim = theta.len();
    let loss = (0..problem.rows()).map(|row| problem.loss().loss(problem.row(row), theta)).sum::<f64>();
    let gradient = gradient(problem, theta);
    let hessian = hessian(problem, theta);
    let mut div_sigma = DVector::zeros(dim);
    let mut half_grad_tr_sigma = DVector::zeros(dim);
    for k in 0..dim {
        let sigma = covariance(problem, &seeded(theta, k));
        for i in 0..dim {
            div_sigma[i] += sigma[(i, k)].eps;
            half_grad_tr_sigma[k] += 0.5 * sigma[(i, i)].eps;
        }
    }
    Moments {
        loss: loss / count(problem),
        hessian_gradient: &hessian * &gradient,
        gradient,
        cov_g_tr_hess: &div_sigma - &half_grad_tr_sigma,
        half_grad_tr_sigma,
    }
}
