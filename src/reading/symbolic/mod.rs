//! The symbolic reading: normal form of differential polynomials in abstract index notation, in exact rationals.

#![deny(clippy::float_arithmetic, reason = "a proof never rests on a rounded number")]

mod algebra;
mod atom;
mod canonical;
mod decision;
mod derivative;
mod expectation;
mod function;
mod integral;
mod kernel;
mod lower;
mod matrix;
mod moment;
mod obstacle;
mod poly;
mod raise;
mod raise_factor;
mod relation;
mod reliance;
mod rewrite;
mod series;
mod solution;
mod zero;

pub use decision::{Comparison, Difference, Expansion, Reading, compare, expand};
pub use kernel::Equality;
pub use obstacle::{Assumption, Obstacle};
