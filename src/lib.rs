//! Checks derivations about noise.

pub mod convention;
pub mod data;
pub mod experiment;
pub mod loss;
pub mod noise;
pub mod process;
pub mod sampling;
pub mod sgd;
pub mod verdict;
