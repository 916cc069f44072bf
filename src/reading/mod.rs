//! Independent readings of one claim: what each of them can say, and on what it rests.

pub mod symbolic;
