//! The exact reading (to be completed).

mod displacement;
mod distribution;
mod drawn;
mod evaluate;
mod evidence;
mod expectation;
mod integral;
mod linear;
mod matrix_root;
mod model;
mod one_variable;
mod operators;
mod recording;
mod ring;
mod sources;
mod substitution;
mod tensor;
mod univariate;

pub use evidence::{Agreement, Component, Evidence, Refutation, Slope, Unable};
