//! The symbolic reading of a claim: for all smooth functions and every dimension, in exact arithmetic.

#![deny(clippy::float_arithmetic, reason = "a proof never rests on a rounded number")]

pub mod witness;
