//! What is minimised: per-sample losses `u(x, theta)`, written once for every number type.
//!
//! A [`Loss`] is a function of one encoded data row `x` and of the parameters `theta`, generic in the number type,
//! so that the same body gives values, derivatives of every order, and the straight-line program that the fast
//! routes run over many rows at once. [`Builtin`] holds the losses that driftproof ships; [`Problem`] binds a loss to a
//! data set and checks both once.

mod builtin;
mod catalogue;
mod elementary;
pub mod instance;
mod laplacian;
mod network;
mod number;
mod parameters;
mod problem;
mod program;
mod recorded;
mod sums;
mod written;

pub use builtin::Builtin;
pub use catalogue::{BuiltinError, Choice, Listing};
pub use network::{Activation, Network, Output};
pub use number::{Number, constant, dot, inner, log_sum_exp, logistic, softplus, tanh};
pub(crate) use problem::{Block, Engine};
pub use problem::{Problem, ProblemError};
pub(crate) use program::{LANES, Lanes};
pub(crate) use recorded::{Node, Unary, record};
pub use written::{Names, Written, WrittenError};

use thiserror::Error;

/// A per-sample loss `u(x, theta)`: a smooth function of the parameters for every data row.
///
/// Only [`dim`](Loss::dim), [`columns`](Loss::columns) and [`loss`](Loss::loss) have to be written; further methods,
/// by which a loss may say what it knows of its structure, will come with defaults.
///
/// The body of `loss` must not depend on anything but its arguments. It may branch on values
/// (`if z.re() > 0.0`), at the price of speed: straight-line bodies are recorded once, branching ones per row.
///
/// ```
/// use driftproof::loss::{dot, Loss, Number};
/// use num_dual::DualNum;
///
/// /// `u = log cosh(theta . x - y)`, rows `(x1, x2, y)`.
/// struct LogCosh;
///
/// impl Loss for LogCosh {
///     fn dim(&self) -> usize {
///         2
///     }
///     fn columns(&self) -> usize {
///         3
///     }
///     fn loss<D: Number>(&self, x: &[D::InnerDual], theta: &[D]) -> D {
///         let residual = dot(theta, &x[..2]) - D::from_re(x[2]);
///         residual.cosh().ln()
///     }
/// }
/// assert_eq!(LogCosh.loss::<f64>(&[1.0, 2.0, 3.0], &[1.0, 1.0]), 0.0);
/// ```
pub trait Loss: Sync {
    /// Number of parameters `d`.
    fn dim(&self) -> usize;

    /// Number of columns of a raw data row, features first, then targets.
    fn columns(&self) -> usize;

    /// `u(x, theta)` of one encoded row `x` and `dim()` parameters.
    fn loss<D: Number>(&self, x: &[D::InnerDual], theta: &[D]) -> D;

    /// Appends to `encoded` the numbers in which [`loss`](Loss::loss) reads one raw row of `columns()` finite numbers.
    ///
    /// The default takes the row as it is. Integer columns, such as classes and selectors, are encoded as one-hot
    /// masks, so that one body serves rows of every class at once. Every row must be encoded in equally many numbers.
    ///
    /// # Errors
    /// A value is outside the domain of the loss.
    fn encode(&self, row: &[f64], encoded: &mut Vec<f64>) -> Result<(), RowError> {
        encoded.extend_from_slice(row);
        Ok(())
    }

    /// Whether the loss is defined and smooth at `theta` (of `dim()` finite numbers); the default says yes.
    ///
    /// # Errors
    /// `theta` is outside the domain of the loss.
    fn check_theta(&self, theta: &[f64]) -> Result<(), ThetaError> {
        let _ = theta;
        Ok(())
    }
}

impl<L: Loss> Loss for &L {
    fn dim(&self) -> usize {
        (**self).dim()
    }
    fn columns(&self) -> usize {
        (**self).columns()
    }
    fn loss<D: Number>(&self, x: &[D::InnerDual], theta: &[D]) -> D {
        (**self).loss(x, theta)
    }
    fn encode(&self, row: &[f64], encoded: &mut Vec<f64>) -> Result<(), RowError> {
        (**self).encode(row, encoded)
    }
    fn check_theta(&self, theta: &[f64]) -> Result<(), ThetaError> {
        (**self).check_theta(theta)
    }
}

/// A value that a loss cannot take, in one column of one row.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("found {found}, expected {expected}")]
pub struct RowError {
    /// Column, counted from 0.
    pub column: usize,
    /// The value found.
    pub found: f64,
    /// What the loss takes there.
    pub expected: String,
}

/// A parameter at which a loss is not defined or not smooth.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("component {component} of theta is {found}, expected {expected}")]
pub struct ThetaError {
    /// Component, counted from 1.
    pub component: usize,
    /// The value found.
    pub found: f64,
    /// What the loss takes there.
    pub expected: &'static str,
}
