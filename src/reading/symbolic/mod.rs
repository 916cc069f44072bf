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
mod lower;
mod matrix;
mod moment;
mod obstacle;
mod poly;
mod reliance;
mod rewrite;
mod series;

pub use obstacle::{Assumption, Obstacle};
pub use decision::{Comparison, compare};
