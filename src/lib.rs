//! Checks derivations about noise.

pub mod data;
pub mod loss;
pub mod sgd;
