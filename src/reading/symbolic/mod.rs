//! The symbolic reading of a claim: for all smooth functions and every dimension, in exact arithmetic.
//!
//! Two witnesses that share nothing but the expression: the normal form of differential polynomials in abstract index
//! notation ([`compare`]), and both sides at random instances ([`witness`]).
//!
//! # Growth and limits
//!
//! Products of sums are expanded: a product of `k` sums of `t` terms has up to `t^k` terms, a product of `k` means over one
//! batch as many as there are partitions of `k` things (1, 2, 5, 15, 52, 203, 877, 4140; `k` is at most 8), squared without
//! replacement; `2k` noises of one kind have `(2k-1)!!` pairings (at most 12 noises), and `k` derivatives of a product of `m`
//! factors `m^k` terms. `midpoint`, `destination` and `current` to the order `eta^r` multiply `r - 1` steps and differentiate
//! as often, so that each further order costs about ten times the one before: in abstract notation `r = 4` is within reach.
//! A product of many factors without any structure costs up to the factorial of the ties between them (module `canonical`).
//!
//! Nothing of this is bounded by time. Every factor that is written counts, and a claim that takes more than 400,000 of
//! them, 20,000 terms in a sum or 64 factors in a product is undecided, with the limit in the reason. The witness counts
//! multiplications and stops at 60 million for an instance. Most claims of the shipped derivations take below a tenth of that;
//! `torus_guess` of `least-rattling.md` was seen to take more than a third.

#![deny(clippy::float_arithmetic, reason = "a proof never rests on a rounded number")]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a rule names the few kinds of expression or factor that it is about and fails closed on the rest"
)]

mod algebra;
mod atom;
mod canonical;
mod decision;
mod derivative;
mod diagnosis;
mod expectation;
mod fraction;
mod function;
mod integral;
mod kernel;
mod lower;
mod matrix;
mod moment;
mod obstacle;
mod poly;
mod proportion;
mod raise;
mod raise_factor;
mod raise_moments;
mod raise_order;
mod raise_product;
mod relation;
mod reliance;
mod rewrite;
mod series;
mod slips;
mod solution;
mod tilting;
pub mod witness;
mod zero;

pub use decision::{Comparison, Difference, Expansion, Reading, compare, expand};
pub use diagnosis::{Diagnosis, diagnose};
pub use kernel::{Equality, Proved};
pub use obstacle::{Assumption, Obstacle};
pub use slips::Slip;
