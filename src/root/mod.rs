//! The square root of a positive semidefinite matrix, its derivatives, and when it has any.
//!
//! # What it computes
//!
//! `M` (d × d, symmetric, positive semidefinite) has one symmetric positive semidefinite root `B`, `B B = M`. With
//! `M = F Fᵀ`, `F` (d × m) a smooth factor, and `F = U diag(s) Vᵀ` its singular value decomposition,
//!
//! ```text
//! B      = U diag(s) Uᵀ
//! B dB + dB B = dM      so   (Uᵀ dB U)_ij = (Uᵀ dM U)_ij / (s_i + s_j),   0 where s_i = s_j = 0
//! S_i    = B_jk ∂_j B_ik
//! R_i    = B_ik ∂_j B_jk      S + R = div M
//! ```
//!
//! No gap between eigenvalues is ever a denominator: repeated eigenvalues are ordinary points.
//!
//! # When the derivative exists
//!
//! Let `P0` project on the null space of `M` and `Q0 = I - Fᵀ M⁺ F` on the null space of `F`. Along `v` the null-null
//! block of `B(θ + t v)` is `|t| ((P0 dF[v] Q0)(P0 dF[v] Q0)ᵀ)^(1/2) + o(t)`, a kink unless `P0 dF[v] Q0 = 0`. That
//! is linear in `v`, so the coordinate directions decide. Three outcomes:
//!
//! | outcome | meaning | here |
//! |---|---|---|
//! | `full_rank` | `P0 = 0`: `B` is smooth | [`Differentiability::FullRank`] |
//! | `constant_rank` | rank deficient, the test passes in every direction | [`Differentiability::ConstantRank`] |
//! | `rank_drop` | rank deficient, the test fails: `B` has a kink | [`RootError::RankDrop`] |
//!
//! A derivative can only be asked of a [`DifferentiableRoot`], and only the test makes one.
//!
//! # How to use it
//!
//! 1. [`SymmetricRoot::from_factor`], or [`FactorStream`] where the factor does not fit in memory, or
//!    [`SymmetricRoot::from_matrix`] where only `M` is known.
//! 2. [`SymmetricRoot::differentiable`] where no test is needed, else [`SymmetricRoot::differentiable_along`] (`dF` as
//!    matrices) or [`SymmetricRoot::differentiable_streaming`] (`dF` column by column).
//! 3. [`DifferentiableRoot::derivative`], [`DifferentiableRoot::spurious_drift`].
//!
//! [`symmetric_root`] and [`symmetric_root_of_factor`] do all of it in dual numbers, by implicit differentiation of
//! `B B = M`; no dual number ever enters an eigendecomposition, where it would come out as a silent 0 or NaN.
//!
//! ```
//! use driftproof::root::{RootOptions, SymmetricRoot};
//! use nalgebra::dmatrix;
//!
//! // M = [[1, t], [t, 1]] at t = 0: the derivative of its root is [[0, 1/2], [1/2, 0]].
//! let root = SymmetricRoot::from_matrix(&dmatrix![1.0, 0.0; 0.0, 1.0], RootOptions::default())?;
//! let slope = root.differentiable()?.derivative(&dmatrix![0.0, 1.0; 1.0, 0.0])?;
//! assert!((slope[(0, 1)] - 0.5).abs() < 1e-15);
//! # Ok::<(), driftproof::root::RootError>(())
//! ```
//!
//! # Accuracy
//!
//! With `κ` the condition of `M` on its range (largest over smallest nonzero eigenvalue), normwise: `B` to a small
//! multiple of `ε`, `dB`, `S` and `R` to a small multiple of `ε √κ`, relative to the sum of the absolute values of
//! their terms, from a factor. From a matrix alone it is `ε √κ` and `ε κ`: the square loses half the digits.

mod check;
mod decomposition;
mod derivative;
mod differentiability;
mod drift;
mod dual;
mod error;
mod jacobi;
mod matrix;
mod options;
mod parts;
mod reduction;
#[cfg(test)]
mod specimen;
mod streaming;

pub use decomposition::SymmetricRoot;
pub use derivative::DifferentiableRoot;
pub use differentiability::Differentiability;
pub use drift::{SpuriousDrift, spurious_drift_of_tensor};
pub use dual::{symmetric_root, symmetric_root_of_factor};
pub use error::RootError;
pub use matrix::MATRIX_ROUTE_CONDITION;
pub use options::RootOptions;
pub use parts::DualParts;
pub use reduction::FactorStream;
pub use streaming::SampleColumn;
