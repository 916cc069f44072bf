//! What a normal form rests on, noted while it is computed.

use super::algebra::Algebra;
use super::poly::Poly;

/// An assumption in terms of the normal form.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Reliance {
    /// Derivative and expectation were exchanged.
    Exchange,
    /// Derivatives were moved off a test function.
    Decay,
    /// This was divided by.
    NonZero(Poly),
    /// A root or a real power was taken of this.
    Positive(Poly),
    /// The symmetric root of this was differentiated.
    SmoothRoot(Poly),
}

impl Algebra<'_> {
    /// Notes an assumption.
    pub(super) fn rely(&self, on: Reliance) {
        let mut known = self.reliances.borrow_mut();
        if !known.contains(&on) {
            known.push(on);
        }
    }
}
