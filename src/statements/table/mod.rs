//! The table: what is said, the answer, its conditions, and what must come out for it.

mod consequences;
mod derivations;
mod physics;
mod sgd;

pub(super) use derivations::DERIVATIONS;

use super::Statement;
use std::sync::LazyLock;

/// All statements, in the order in which they are to be read.
#[must_use]
pub fn table() -> &'static [Statement] {
    &TABLE
}

static TABLE: LazyLock<Vec<Statement>> =
    LazyLock::new(|| [sgd::SGD, physics::PHYSICS, consequences::CONSEQUENCES].concat());
