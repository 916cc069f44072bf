//! What alone makes an [`Equality`] and a [`Proved`].
//!
//! Everything else in this reading, search, substitution, simplification, only suggests what the difference of two sides
//! comes to. Here it is looked at once more: an equality is made of a sum that has no term.

use super::poly::Poly;
use super::witness::Agreement;

/// The difference of the two sides of a claim is 0 in normal form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Equality(());

impl Equality {
    /// That a sum is 0; nothing if it has a term.
    pub(super) fn of(difference: &Poly) -> Option<Self> {
        difference.terms().is_empty().then_some(Self(()))
    }
}

/// That a claim is proved: the difference of its sides is 0 in normal form, and they agree at random exact instances.
///
/// Both arguments can be made in one way only, so that nothing else makes a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proved {
    agreement: Agreement,
}

impl Proved {
    /// From both witnesses, which are of the same claim.
    #[must_use]
    pub fn new(_: Equality, agreement: Agreement) -> Self {
        Self { agreement }
    }

    /// The random exact instances.
    #[must_use]
    pub fn agreement(&self) -> &Agreement {
        &self.agreement
    }
}
