//! Checks derivations about noise.

pub mod convention;
pub mod data;
pub mod loss;
pub mod noise;
pub mod root;
pub mod sgd;
