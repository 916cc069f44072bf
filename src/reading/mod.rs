//! Independent readings of one claim; they share the expression and nothing else.

pub mod exact;
