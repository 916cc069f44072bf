//! Why a claim stays undecided, and what a decision rests on.

use crate::expression::Expr;
use thiserror::Error;

/// What is missing for a decision. Never a verdict: neither that the claim holds nor that it fails.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum Obstacle {
    /// A limit on the size of the normal form.
    #[error("too large: the normal form needs more than {limit} {what}")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much is allowed.
        limit: u64,
    },
    /// A series that does not end, in a claim without a remainder.
    #[error("{what} is a series that does not end: say up to which order with + O(...)")]
    NeedsOrder {
        /// Which construct.
        what: &'static str,
    },
    /// A displacement that does not become small with the symbol of the remainder.
    #[error("{what} needs a displacement that vanishes with the symbol of O(...)")]
    NotSmall {
        /// Which construct.
        what: &'static str,
    },
    /// The symbol of the remainder stands where no series in it is known.
    #[error("no series in the symbol of O(...) is known for {what}")]
    NoSeries {
        /// Which construct.
        what: &'static str,
    },
    /// A rule that does not exist.
    #[error("{what} is beyond the normal form")]
    Beyond {
        /// What was found.
        what: &'static str,
    },
    /// A division by what is identically 0.
    #[error("a division by 0")]
    DivisionByZero,
    /// A real power that is not a real number.
    #[error("an even root or a logarithm of a negative number")]
    NotReal,
    /// A field at another place than `theta`.
    #[error("a field at another place than the point of the claim: {what}")]
    Elsewhere {
        /// Which construct.
        what: &'static str,
    },
    /// A condition that could not be used.
    #[error("the condition could not be used: {what}")]
    Condition {
        /// Why.
        what: &'static str,
    },
    /// A hypothesis that could not be used.
    #[error("the hypothesis could not be used: {what}")]
    Hypothesis {
        /// Why.
        what: &'static str,
    },
}

/// What an equality rests on beside the rules of algebra and calculus.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Assumption {
    /// Derivative and expectation were exchanged.
    ExchangeOfDerivativeAndExpectation,
    /// Derivatives were moved off a test function; what stands at infinity vanishes.
    DecayAtInfinity,
    /// Something was divided by.
    NonZero(Expr),
    /// A root or a real power was taken of something not known to be positive.
    Positive(Expr),
    /// A hypothesis of the derivation was used.
    Given(Expr, Expr),
    /// A symmetric root of a matrix was differentiated.
    SmoothRoot(Expr),
}
