//! Checks derivations about noise.
