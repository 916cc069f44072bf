//! From what the three readings say of a claim to one verdict.
//!
//! The proof is about all smooth functions; the exact and the sampled reading are about the instances of the derivation.
//!
//! | proof | exact | sampled | verdict |
//! |---|---|---|---|
//! | proved | fails | any | contradiction |
//! | proved | holds, silent | refuted | contradiction |
//! | proved | holds, silent | consistent, inconclusive, silent | proved |
//! | refuted | any | any | refuted |
//! | undecided | fails | any | refuted |
//! | undecided | holds | refuted | contradiction |
//! | undecided | holds | consistent, inconclusive, silent | consistent |
//! | undecided | silent | refuted | refuted |
//! | undecided | silent | consistent | consistent |
//! | undecided | silent | inconclusive | inconclusive |
//! | undecided | silent | silent | undecided |
//! | contradiction | any | any | contradiction |
//!
//! - A reading that was not asked, or cannot take the claim, is *silent*. So is an exact agreement of two sides that both
//!   vanish, unless the claim says that something is 0.
//! - A claim that is refuted for some functions may hold at an instance, and an error that sampling cannot see may be
//!   seen exactly: neither is a contradiction. A *contradiction* is a bug of this program and no verdict; before it is
//!   said, the reading that fails is repeated on fresh draws, and what is drawn must then fail at a rate of 1e-9.
//! - Over several instances: exact fails if it fails at one, holds if it holds at one and fails at none; sampled is
//!   refuted if it is at one, else consistent if it is at one, else inconclusive if it is at one.

use super::claim::ClaimVerdict;
use std::fmt;

/// The verdict on a claim by all readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It holds for all smooth functions.
    Proved,
    /// It fails.
    Refuted,
    /// It is not proved, and agrees with what was computed or drawn at the instances.
    Consistent,
    /// Nothing is known of it.
    Undecided,
    /// It was put to the test, and too little was seen.
    Inconclusive,
    /// The readings contradict each other: a bug of this program.
    Contradiction,
}

impl Verdict {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Refuted => "refuted",
            Self::Consistent => "consistent",
            Self::Undecided => "undecided",
            Self::Inconclusive => "inconclusive",
            Self::Contradiction => "contradiction",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// What the exact reading says, over all instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Exact {
    /// Nothing.
    #[default]
    Silent,
    /// The sides agree to rounding.
    Holds,
    /// The sides differ.
    Fails,
}

/// What the sampled reading says, over all instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Sampled {
    /// Nothing.
    #[default]
    Silent,
    /// Too little was seen.
    Inconclusive,
    /// No difference was seen, and one of the size that matters would have been.
    Consistent,
    /// A difference was seen.
    Refuted,
}

/// The verdict by the table of the module's page.
#[must_use]
pub fn combine(proof: &ClaimVerdict, exact: Exact, sampled: Sampled) -> Verdict {
    use {Exact as E, Sampled as S};
    match (proof, exact, sampled) {
        (ClaimVerdict::Contradiction(_), E::Silent | E::Holds | E::Fails, _)
        | (ClaimVerdict::Proved(_), E::Fails, _)
        | (ClaimVerdict::Proved(_), E::Silent | E::Holds, S::Refuted)
        | (ClaimVerdict::Undecided(_), E::Holds, S::Refuted) => Verdict::Contradiction,
        (ClaimVerdict::Proved(_), E::Silent | E::Holds, S::Silent | S::Inconclusive | S::Consistent) => {
            Verdict::Proved
        }
        (ClaimVerdict::Refuted(_), E::Silent | E::Holds | E::Fails, _)
        | (ClaimVerdict::Undecided(_), E::Fails, _)
        | (ClaimVerdict::Undecided(_), E::Silent, S::Refuted) => Verdict::Refuted,
        (ClaimVerdict::Undecided(_), E::Holds, S::Silent | S::Inconclusive | S::Consistent)
        | (ClaimVerdict::Undecided(_), E::Silent, S::Consistent) => Verdict::Consistent,
        (ClaimVerdict::Undecided(_), E::Silent, S::Inconclusive) => Verdict::Inconclusive,
        (ClaimVerdict::Undecided(_), E::Silent, S::Silent) => Verdict::Undecided,
    }
}
