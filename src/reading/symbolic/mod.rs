//! The symbolic reading of a claim: for all smooth functions and every dimension, in exact arithmetic.
//!
//! Two witnesses that share nothing but the expression: the normal form of differential polynomials in abstract index
//! notation ([`compare`]), and both sides at random instances ([`witness`]).

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
