//! What alone makes an [`Equality`] and a [`Proved`].
//!
//! Everything else in this reading, search, substitution, simplification, only suggests what the difference of two sides
//! comes to. Here it is looked at once more: an equality is made of a sum that has no term.

use super::poly::Poly;

/// The difference of the two sides of a claim is 0 in normal form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Equality(());

impl Equality {
    /// That a sum is 0; nothing if it has a term.
    pub(super) fn of(difference: &Poly) -> Option<Self> {
        difference.terms().is_empty().then_some(Self(()))
    }
}
