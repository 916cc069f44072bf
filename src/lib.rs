//! driftproof checks derivations about noise.
//!
//! Stochastic gradient descent, a pollen grain in warm and cold water, electrons in a diode: where the noise depends on
//! the place, things drift on average, and who derives that drift by hand loses factors of 2, signs, and Ito or
//! Stratonovich corrections. This crate gives the drift exactly, for any differentiable loss on any data, and puts it to
//! the test by simulation.
//!
//! ```text
//! data + loss --> moments of the per-sample gradient --> drifts and square roots   (exact)   --+--> verdict --> report
//!        +------> minibatches really drawn ------------> estimates with error bars (sampled) --+
//! ```
//!
//! A derivation as a text is checked by [`check`]: its claims, in the language of [`language`], are proved or refuted for
//! all smooth functions and every dimension.
//!
//! ```text
//! text --> typed expressions --+--> normal form            --+--> proved, refuted with the slip that explains it, undecided
//!                              +--> random exact instances --+
//! ```
//!
//! # In ten lines
//!
//! ```
//! use driftproof::{data::Data, loss::{Builtin, Problem}, noise, sgd::Sgd};
//!
//! let data = Data::breast_cancer().standardized()?;
//! let problem = Problem::new(Builtin::Logistic { features: 30 }, &data)?;
//! let sgd = Sgd::new(0.05, 8)?; // learning rate, batch size
//! let drift = noise::drift(&problem, &[0.0; 30], &sgd)?;
//! println!("-G       = {}", -&drift.moments.gradient);
//! println!("v_noise  = {}", drift.v_noise); // -(eta/2n) div Cov[grad u]
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Notation
//!
//! Repeated indices are summed; `c = 1` for batches drawn with replacement, `(N-n)/(N-1)` without.
//!
//! | symbol | meaning | here |
//! |---|---|---|
//! | `u(x, theta)` | loss of one data row | [`loss::Loss::loss`] |
//! | `d`, `N` | numbers of parameters and rows | [`loss::Problem::dim`], [`loss::Problem::rows`] |
//! | `eta`, `n` | learning rate, batch size | [`sgd::Sgd`] |
//! | `g`, `H` | gradient and Hessian of `u` with respect to `theta` | [`noise::generic::row_derivatives`] |
//! | `f = E[u]`, `G = E[g]` | mean loss and its gradient | [`noise::Moments::loss`], [`gradient`](noise::Moments::gradient) |
//! | `Hbar = E[H]` | mean Hessian | [`noise::mean_hessian`] |
//! | `Sigma = Cov[g]` | covariance of the per-sample gradient, `1/N` | [`noise::covariance`] |
//! | `(div Sigma)_i = d_j Sigma_ij` | its divergence | [`noise::Drift::div_sigma`] |
//! | `1/2 grad tr Sigma`, `Cov(g, tr H)` | the two halves of it | [`noise::Moments::half_grad_tr_sigma`], [`cov_g_tr_hess`](noise::Moments::cov_g_tr_hess) |
//! | `D = (eta/2n) c Sigma` | diffusion matrix, `E[noise noise^T] = 2 D dt`, `dt = eta` | [`noise::diffusion`] |
//! | `v_noise = -div D` | noise-induced drift | [`noise::Drift::v_noise`] |
//! | `-(eta/2) Hbar G` | finite-step term of the same order | [`noise::Drift::modified_term`] |
//! | `B`, `B B^T = 2D` | a square root: symmetric, or the centred gradients | [`noise::Roots`] |
//! | `S_i = B_jk d_j B_ik`, `R_i = B_ik d_j B_jk` | `S + R = 2 div D` | [`root::SpuriousDrift`] |
//! | alpha, isothermal | where the amplitude is evaluated | [`convention::Convention`] |
//! | `s` | where a step is looked at | [`convention::Viewpoint`] |

pub mod check;
pub mod convention;
pub mod data;
pub mod density;
pub mod experiment;
pub mod expression;
pub mod language;
pub mod loss;
pub mod noise;
pub mod process;
pub mod reading;
pub mod report;
pub mod root;
pub mod sampling;
pub mod sgd;
pub mod snapshot;
pub mod statements;
pub mod systems;
pub mod trace;
pub mod verdict;

/// The README's code, compiled and run with the tests of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
