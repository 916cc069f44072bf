//! The symbolic reading of a claim: for all smooth functions and every dimension, in exact arithmetic.
//!
//! Two witnesses that share nothing but the expression: the normal form of differential polynomials in abstract index
//! notation ([`compare`]), and both sides at random instances ([`witness`]).

#![deny(clippy::float_arithmetic, reason = "a proof never rests on a rounded number")]

mod algebra;
mod atom;
mod canonical;
mod decision;
mod derivative;
mod diagnosis;
mod expectation;
mod function;
mod integral;
mod lower;
mod matrix;
mod moment;
mod obstacle;
mod poly;
mod reliance;
mod rewrite;
mod series;
mod slips;
pub mod witness;

pub use decision::{Comparison, compare};
pub use diagnosis::{Diagnosis, diagnose};
pub use obstacle::{Assumption, Obstacle};
pub use slips::Slip;
