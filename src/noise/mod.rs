//! The noise of SGD and the drift it induces: from a loss, data, `theta` and [`Sgd`] to `div Sigma`, `D`, `B` and drifts.
//!
//! ```text
//! Sigma     = E[g g^T] - G G^T                                             covariance of the per-sample gradient, 1/N
//! div Sigma = (E[H g] - Hbar G) + (E[g tr H] - G tr Hbar)                  = 1/2 grad tr Sigma + Cov(g, tr H)
//! v_noise   = -div D = -(eta/2n) c div Sigma                               D = (eta/2n) c Sigma
//! ```
//!
//! with `c = 1` for batches drawn with replacement and `c = (N-n)/(N-1)` without. Every derivative is
//! there by two routes that share no code: the fast one of [`drift`], which users get, and [`generic`] dual numbers
//! through the definitions, which it is tested against.
//!
//! Accuracy: errors of `div Sigma` and its halves are at most 1e-12 of the sum of the absolute values of the terms that
//! make them up; of `B`, `dB`, `S`, `R` 1e-12 times the square root of the condition of `D` on its range.

mod conventions;
mod fast;
pub mod generic;
mod matrices;
mod square_root;

pub use conventions::{current_drift, ito_drift};
pub use matrices::{Matrices, matrices};
pub use square_root::{Roots, SmoothRoot, root_derivatives, roots};

use crate::data::Data;
use crate::loss::{Loss, Problem, ProblemError};
use crate::root::RootError;

use crate::sgd::{Sgd, SgdError};
use nalgebra::{DMatrix, DVector};
use thiserror::Error;

/// Why noise could not be computed.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum NoiseError {
    /// Loss, data and point do not fit together.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// The settings do not fit the data.
    #[error(transparent)]
    Sgd(#[from] SgdError),
    /// A result is too large for a number.
    #[error(
        "{what} is not a finite number at this theta; move theta, or scale the data or the learning rate"
    )]
    NotFinite {
        /// Which result.
        what: &'static str,
    },
    /// The symmetric root of `2D`, or its derivative, does not exist.
    #[error(transparent)]
    Root(#[from] RootError),
}

/// Moments of the per-sample gradient at one point, vectors of length `d`.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    /// `f = E[u]`.
    pub loss: f64,
    /// `G = E[g]`.
    pub gradient: DVector<f64>,
    /// `Hbar G`.
    pub hessian_gradient: DVector<f64>,
    /// First half of `div Sigma`: `E[H g] - Hbar G = 1/2 grad tr Sigma`.
    pub half_grad_tr_sigma: DVector<f64>,
    /// Second half: `E[g tr H] - G tr Hbar = Cov(g, tr H)`.
    pub cov_g_tr_hess: DVector<f64>,
}

impl Moments {
    /// `div Sigma`, the sum of the halves.
    #[must_use]
    pub fn div_sigma(&self) -> DVector<f64> {
        &self.half_grad_tr_sigma + &self.cov_g_tr_hess
    }

    fn finite(self) -> Result<Self, NoiseError> {
        let parts = [
            ("the mean gradient", &self.gradient),
            ("the mean Hessian times the mean gradient", &self.hessian_gradient),
            ("the gradient of the trace of Sigma", &self.half_grad_tr_sigma),
            ("the covariance of gradient and Laplacian", &self.cov_g_tr_hess),
        ];
        if !self.loss.is_finite() {
            return Err(NoiseError::NotFinite { what: "the mean loss" });
        }
        finite_vectors(&parts)?;
        Ok(self)
    }
}

/// The first vector that is not finite is an error by its name.
fn finite_vectors(parts: &[(&'static str, &DVector<f64>)]) -> Result<(), NoiseError> {
    match parts.iter().find(|(_, v)| !v.iter().all(|x| x.is_finite())) {
        Some((what, _)) => Err(NoiseError::NotFinite { what }),
        None => Ok(()),
    }
}

/// The drifts of SGD at one point, vectors of length `d` per unit of time (one step takes time `eta`).
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    /// What they are made of.
    pub moments: Moments,
    /// `div Sigma`.
    pub div_sigma: DVector<f64>,
    /// The noise-induced drift `-div D = -(eta/2n) c div Sigma`.
    pub v_noise: DVector<f64>,
    /// The finite-step term `-(eta/2) Hbar G`, of the same order in `eta`, which does not carry `1/n`.
    pub modified_term: DVector<f64>,
    /// The force of the regulariser of reshuffled SGD, `-(eta/4n) (N-n)/(N-1) grad tr Sigma`; none if a
    /// batch has more rows than there are.
    pub regulariser_force: Option<DVector<f64>>,
}

/// `v_noise = -(eta/2n) c div Sigma`
fn noise_induced(strength: f64, div_sigma: &DVector<f64>) -> DVector<f64> {
    div_sigma * (-0.5 * strength)
}

impl Drift {
    fn new<L: Loss>(problem: &Problem<L>, sgd: &Sgd, moments: Moments) -> Result<Self, NoiseError> {
        let rows = problem.rows();
        let strength = sgd.noise_strength(rows)?;
        let div_sigma = moments.div_sigma();
        let reshuffled = sgd.with_replacement(crate::sgd::Replacement::Without).noise_strength(rows).ok();
        let drift = Self {
            v_noise: noise_induced(strength, &div_sigma),
            modified_term: &moments.hessian_gradient * (-0.5 * sgd.learning_rate()),
            regulariser_force: reshuffled.map(|strength| &moments.half_grad_tr_sigma * (-0.5 * strength)),
            div_sigma,
            moments,
        };
        finite_vectors(&[
            ("the divergence of Sigma", &drift.div_sigma),
            ("the noise-induced drift", &drift.v_noise),
            ("the finite-step term", &drift.modified_term),
        ])?;
        if let Some(force) = &drift.regulariser_force {
            finite_vectors(&[("the force of the regulariser", force)])?;
        }
        Ok(drift)
    }
}

/// The exact noise-induced drift `-(eta/2n) c div Sigma` of a loss on data at `theta`: a vector of length `d`, per unit
/// of time (one step takes time `eta`).
///
/// For more than one point, or for the other drifts, make a [`Problem`] once and call [`drift`].
///
/// ```
/// use driftproof::{data::Data, loss::Builtin, noise::noise_induced_drift, sgd::Sgd};
///
/// let data = Data::breast_cancer().standardized()?;
/// let loss = Builtin::Logistic { features: 30 };
/// let drift = noise_induced_drift(&loss, &data, &[0.0; 30], &Sgd::new(0.05, 8)?)?;
/// assert_eq!(drift.len(), 30);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`Problem::new`] and [`drift`].
pub fn noise_induced_drift<L: Loss>(
    loss: &L,
    data: &Data,
    theta: &[f64],
    sgd: &Sgd,
) -> Result<DVector<f64>, NoiseError> {
    Ok(drift(&Problem::new(loss, data)?, theta, sgd)?.v_noise)
}

/// The exact drifts of SGD at `theta`, by products of single samples.
///
/// A row costs some ten evaluations of its loss (in networks and wherever nonlinear operations are few beside linear
/// ones, and never more than a few for each parameter), in two passes over the data; memory is of the order of `d + N` numbers.
///
/// # Errors
/// `theta` does not fit the loss, the batch does not fit the data, or a result is not finite.
pub fn drift<L: Loss>(problem: &Problem<L>, theta: &[f64], sgd: &Sgd) -> Result<Drift, NoiseError> {
    problem.check_theta(theta)?;
    Drift::new(problem, sgd, fast::moments(problem, theta)?.finite()?)
}

/// `Sigma = E[(g - G)(g - G)^T]` at `theta`, `d x d`, normalised by `1/N`.
///
/// # Errors
/// `theta` does not fit the loss, or the loss is not finite there.
pub fn covariance<L: Loss>(problem: &Problem<L>, theta: &[f64]) -> Result<DMatrix<f64>, NoiseError> {
    problem.check_theta(theta)?;
    let sigma = fast::covariance(problem, theta)?;
    finite_matrix("the covariance of the gradient", sigma)
}

/// `Hbar = E[H]` at `theta`, `d x d`; costs `d` Hessian products a row.
///
/// # Errors
/// `theta` does not fit the loss, or a second derivative is not finite there.
pub fn mean_hessian<L: Loss>(problem: &Problem<L>, theta: &[f64]) -> Result<DMatrix<f64>, NoiseError> {
    problem.check_theta(theta)?;
    finite_matrix("the mean Hessian", fast::hessian(problem, theta)?)
}

/// The diffusion matrix `D = (eta/2n) c Sigma` at `theta`, `d x d`.
///
/// # Errors
/// As [`covariance`], and if the batch does not fit the data.
pub fn diffusion<L: Loss>(
    problem: &Problem<L>,
    theta: &[f64],
    sgd: &Sgd,
) -> Result<DMatrix<f64>, NoiseError> {
    let diffusion = covariance(problem, theta)? * (0.5 * sgd.noise_strength(problem.rows())?);
    finite_matrix("the diffusion matrix", diffusion)
}

fn finite_matrix(what: &'static str, matrix: DMatrix<f64>) -> Result<DMatrix<f64>, NoiseError> {
    if matrix.iter().all(|x| x.is_finite()) { Ok(matrix) } else { Err(NoiseError::NotFinite { what }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::Builtin;

    /// Regression: a learning rate, or residuals, so large that the drift overflows gave infinities as results.
    #[test]
    fn drifts_that_overflow_are_errors() {
        let data = |y: f64| Data::from_rows(&["x", "y"], &[[1.0, 0.0], [2.0, y], [-1.0, 1.0]]).unwrap();
        let linear = |y| Problem::new(Builtin::Linear { features: 1 }, &data(y)).unwrap();
        let (tame, wild) = (linear(1.0), linear(1e100));
        let large = Sgd::new(1e250, 1).unwrap();
        let not_finite = |what| NoiseError::NotFinite { what };
        let theta = [1e80];
        assert_eq!(drift(&tame, &theta, &large).unwrap_err(), not_finite("the noise-induced drift"), "fast");
        assert_eq!(
            generic::drift(&tame, &theta, &large).unwrap_err(),
            not_finite("the noise-induced drift"),
            "generic"
        );
        assert_eq!(diffusion(&wild, &[0.0], &large).unwrap_err(), not_finite("the diffusion matrix"), "D");
        assert!(drift(&tame, &theta, &Sgd::new(1.0, 1).unwrap()).is_ok(), "large, and a number");
        assert!(roots(&wild, &[0.0], &large).is_err(), "roots");
    }
}
