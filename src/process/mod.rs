//! What moves: stochastic gradient descent, stochastic differential equations, hopping models; step by step and as ensembles.
//!
//! ```text
//! SGD               theta' = theta - (eta/n) sum_{a=1..n} g(X_a)              batches with or without replacement
//! Euler-Maruyama    x'     = x + mu(x) dt + B(x) sqrt(dt) z,                  mu = b + alpha S, or b + div D if isothermal
//! Heun              x'     = x + (b(x) + b(x~)) dt/2 + (B(x) + B(x~)) dW/2    Stratonovich
//! hopping           k -> j at the rate w(k -> j)                              finite chains, rings, any graph
//! ```
//!
//! Nothing here knows a closed form for a noise-induced drift: drift, amplitude and corrections are given, and so is the
//! random generator. Ensembles give each block of paths a generator of its own and keep the order of the blocks, so that
//! the same generators give the same bits for every number of threads.
//!
//! [`Noise`] is what the estimators of a drift ask of a process: the noise part `xi = step - E[step]` of the same random
//! choices at several points.

mod euler_maruyama;
mod heun;
mod hopping;
mod sgd;
mod spread;
mod walkers;
mod wall;

pub use euler_maruyama::{AmplitudeAt, Corrections, Sde, SdeNoise};
pub use heun::Stratonovich;
pub use hopping::{Evolved, Exit, Hopping, HoppingError, HoppingPath, MOST_HOPS, MOST_STATES, Stay};
pub use sgd::{SgdNoise, SgdPath};
pub use spread::{Spread, gradient_spread};
pub use walkers::{School, coupled_walkers, tight_walkers};
pub use wall::{Confined, ConfinedError};

use crate::loss::ProblemError;
use crate::sgd::SgdError;
use rand::Rng;
use rayon::prelude::*;
use thiserror::Error;

/// Why a process cannot start or go on.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ProcessError {
    /// Loss, data and point do not fit together.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// The settings do not fit the data.
    #[error(transparent)]
    Sgd(#[from] SgdError),
}

/// A process whose single steps can be looked at: the noise part `xi(theta) = step - E[step | theta]`.
///
/// The random choices of a step (its batch, its Gaussian increments) are drawn once and can then be looked at from
/// several points.
pub trait Noise {
    /// Why a step could not be taken.
    type Error;

    /// Number of components of `theta`.
    fn dim(&self) -> usize;

    /// The time that one step takes: `eta` for SGD.
    fn time_step(&self) -> f64;

    /// Draws the random choices of `count` steps and forgets those drawn before.
    fn draw<R: Rng>(&mut self, count: usize, generator: &mut R);

    /// The noise parts at `theta` of the steps drawn last, `dim()` numbers a step, step after step.
    ///
    /// # Errors
    /// The process is not defined at `theta`.
    fn noises(&mut self, theta: &[f64], noises: &mut [f64]) -> Result<(), Self::Error>;

    /// A bound on the rounding errors in the noise parts found last, by component.
    fn rounding(&self) -> f64;
}

/// Runs blocks `0..blocks` of an ensemble in parallel, each with its own generator, and returns what they give in order.
///
/// `workspace` makes the buffers of one thread; `run` must not let anything but the block's number, its generator and
/// constants into its result.
pub fn ensemble<W, R, T: Send>(
    blocks: u32,
    generator: impl Fn(u32) -> R + Sync,
    workspace: impl Fn() -> W + Sync + Send,
    run: impl Fn(u32, &mut R, &mut W) -> T + Sync + Send,
) -> Vec<T> {
    (0..blocks)
        .into_par_iter()
        .map_init(workspace, |workspace, block| run(block, &mut generator(block), workspace))
        .collect()
}
