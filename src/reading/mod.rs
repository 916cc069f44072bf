//! Independent readings of one claim. They share the expression and nothing else, so that their agreement means something.

pub mod exact;
pub mod symbolic;
