//! From what the two witnesses of a proof say of a claim to its verdict.
//!
//! | normal form | random exact instances | verdict |
//! |---|---|---|
//! | equal | agree | proved |
//! | equal | differ | contradiction |
//! | equal | unable | undecided |
//! | different, complete | agree | contradiction |
//! | different, complete | differ | refuted |
//! | different, complete | unable | refuted |
//! | different, incomplete | agree | undecided |
//! | different, incomplete | differ | refuted |
//! | different, incomplete | unable | undecided |
//! | undecided | agree | undecided |
//! | undecided | differ | refuted |
//! | undecided | unable | undecided |
//! | of different shapes | not asked | refuted |
//!
//! *Complete* says that a difference in normal form is known to be a real one. An instance at which the sides differ in
//! exact arithmetic refutes a claim whatever else is known. A *contradiction* is a bug of this program and no verdict.

use crate::expression::{Expr, Rational, Shape};
use crate::reading::symbolic::witness::{Agreement, Counterexample, Outcome};
use crate::reading::symbolic::{Assumption, Comparison, Obstacle, Proved, Reading};
use std::sync::Arc;

/// What is known of a claim.
#[derive(Debug, Clone, PartialEq)]
pub enum ClaimVerdict {
    /// It holds for all smooth functions, in every dimension that it speaks of.
    Proved(Proof),
    /// It fails.
    Refuted(Box<Refutation>),
    /// Neither, for these reasons.
    Undecided(Vec<Gap>),
    /// The witnesses contradict each other: a bug of this program.
    Contradiction(Box<Contradiction>),
}

/// A proof and what it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Proof {
    /// Both witnesses.
    pub proved: Proved,
    /// What it rests on beside the rules of algebra and calculus.
    pub assumptions: Vec<Assumption>,
}

/// Why a claim fails.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Refutation {
    /// Shapes of the sides, where these differ.
    pub shapes: Option<(Shape, Shape)>,
    /// Left side less right side in lowest terms, where it is known.
    pub difference: Option<Expr>,
    /// The first order at which the sides differ, where the claim has a remainder.
    pub first_order: Option<Rational>,
    /// An instance at which the sides differ.
    pub counterexample: Option<Box<Counterexample>>,
    /// What the difference rests on.
    pub assumptions: Vec<Assumption>,
}

/// What is missing for a decision.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Gap {
    /// There is no normal form.
    NormalForm(Obstacle),
    /// The sides differ in normal form, but identities that it does not know may make them equal.
    Incomplete(&'static str),
    /// The claim cannot be evaluated exactly at random instances.
    Instances(Arc<str>),
}

/// Two witnesses that cannot both be right, with what is needed to look into it.
#[derive(Debug, Clone, PartialEq)]
pub enum Contradiction {
    /// Equal in normal form, different at an instance.
    DifferentInstance(Box<Counterexample>),
    /// Different in a complete normal form, equal at every instance.
    NoDifferentInstance(Expr, Agreement),
}

impl ClaimVerdict {
    /// The word for it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Proved(_) => "proved",
            Self::Refuted(_) => "refuted",
            Self::Undecided(_) => "undecided",
            Self::Contradiction(_) => "contradiction",
        }
    }
}

/// The verdict by the table of the module's page.
#[must_use]
pub fn judge(reading: Reading, outcome: Outcome) -> ClaimVerdict {
    let Reading { comparison, assumptions } = reading;
    match (comparison, outcome) {
        (Comparison::DifferentShapes { left, right }, _) => {
            refuted(Refutation { shapes: Some((left, right)), ..Refutation::default() })
        }
        (Comparison::Equal(equality), Outcome::Agrees(agreement)) => {
            ClaimVerdict::Proved(Proof { proved: Proved::new(equality, agreement), assumptions })
        }
        (Comparison::Equal(_), Outcome::Differs(counterexample)) => {
            ClaimVerdict::Contradiction(Box::new(Contradiction::DifferentInstance(counterexample)))
        }
        (Comparison::Equal(_), Outcome::Unable(reason)) => {
            ClaimVerdict::Undecided(vec![Gap::Instances(reason)])
        }
        (Comparison::Different(known), Outcome::Agrees(agreement)) => match known.incomplete {
            Some(what) => ClaimVerdict::Undecided(vec![Gap::Incomplete(what)]),
            None => ClaimVerdict::Contradiction(Box::new(Contradiction::NoDifferentInstance(
                known.expression,
                agreement,
            ))),
        },
        (Comparison::Different(known), Outcome::Differs(counterexample)) => refuted(Refutation {
            shapes: None,
            difference: Some(known.expression),
            first_order: known.first_order,
            counterexample: Some(counterexample),
            assumptions,
        }),
        (Comparison::Different(known), Outcome::Unable(reason)) => match known.incomplete {
            Some(what) => ClaimVerdict::Undecided(vec![Gap::Incomplete(what), Gap::Instances(reason)]),
            None => refuted(Refutation {
                shapes: None,
                difference: Some(known.expression),
                first_order: known.first_order,
                counterexample: None,
                assumptions,
            }),
        },
        (Comparison::Undecided(obstacle), Outcome::Agrees(_)) => {
            ClaimVerdict::Undecided(vec![Gap::NormalForm(obstacle)])
        }
        (Comparison::Undecided(_), Outcome::Differs(counterexample)) => refuted(Refutation {
            first_order: counterexample.power.clone(),
            counterexample: Some(counterexample),
            ..Refutation::default()
        }),
        (Comparison::Undecided(obstacle), Outcome::Unable(reason)) => {
            ClaimVerdict::Undecided(vec![Gap::NormalForm(obstacle), Gap::Instances(reason)])
        }
    }
}

fn refuted(refutation: Refutation) -> ClaimVerdict {
    ClaimVerdict::Refuted(Box::new(refutation))
}
