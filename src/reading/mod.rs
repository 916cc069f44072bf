//! Independent readings of one claim. They share the expression, and the exact and the sampled one how the
//! names of an instance are bound to numbers; beside that nothing, so that their agreement means something.

pub mod exact;
pub(crate) mod instance;
pub mod sampled;
pub mod symbolic;
