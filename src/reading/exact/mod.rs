//! The exact reading (to be completed).

mod evidence;
mod linear;
mod ring;
mod tensor;
mod univariate;

pub use evidence::{Agreement, Component, Evidence, Refutation, Slope, Unable};
