//! Checks derivations about noise.

pub mod data;
