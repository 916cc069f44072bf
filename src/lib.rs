//! Checks derivations about noise.

pub mod root;
