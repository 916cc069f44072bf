//! The second, independent witness of a proof: both sides of a claim in exact arithmetic at random instances.
//!
//! A claim about arbitrary smooth functions in every dimension is put to random polynomial ones in `d = 1, 2, 3`: fields
//! with random rational coefficients, random names with a few data points of random probabilities, batches of `n = 1, 2, 3`
//! really enumerated, Gaussian noise and named distributions by their moments, `O(eta^k)` as a formal power series in
//! `eta`, derivatives as those of truncated power series about a random point. Every node is evaluated as it is defined;
//! nothing is shared with the symbolic normal form but the expression.
//!
//! Where two sides differ in exact arithmetic they differ, and [`Outcome::Differs`] shows the instance. Where they agree
//! at every instance the claim is true but for a coincidence of random numbers, and [`Outcome::Agrees`] carries the
//! [`Agreement`] that a proof has to show. What cannot be evaluated exactly is [`Outcome::Unable`], never a guess.
//!
//! To be fast, claims without roots and functions are evaluated modulo the prime `2^61 - 1`, the image of rational
//! instances under a homomorphism; a difference is then shown in the rationals themselves.

mod average;
mod calculus;
mod compare;
mod draw;
mod evaluate;
mod facts;
mod functions;
mod hypotheses;
mod monomials;
mod number;
mod order;
mod plan;
mod roots;
mod series;
mod show;
mod solve;
mod surd;
mod survey;
mod symbols;
mod taylor;
mod tensor;
mod whiten;

use crate::expression::{Claim, Expr, Rational, Sides, Symbols};
use std::sync::Arc;

/// How much work the witness may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    seed: u64,
    budget: u64,
}

impl Default for Options {
    /// A fixed seed, and some tenths of a second of work for an instance at most.
    fn default() -> Self {
        Self { seed: 0x6472_6966_7470, budget: 60_000_000 }
    }
}

impl Options {
    /// Everything random follows from the seed.
    #[must_use]
    pub const fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Other instances than those of this seed.
    #[must_use]
    pub const fn afresh(&self, attempt: u64) -> Self {
        Self { seed: self.seed ^ attempt.wrapping_mul(0x9e37_79b9_7f4a_7c15), budget: self.budget }
    }

    /// The most multiplications for one instance; more work than that is [`Outcome::Unable`].
    #[must_use]
    pub const fn with_budget(mut self, multiplications: u64) -> Self {
        self.budget = multiplications;
        self
    }
}

/// That both sides of a claim have agreed at random instances. Only [`witness`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    instances: Vec<(usize, u64)>,
}

impl Agreement {
    /// The dimensions in which the sides have been compared.
    #[must_use]
    pub fn dimensions(&self) -> Vec<usize> {
        let mut dimensions: Vec<usize> = self.instances.iter().map(|(dimension, _)| *dimension).collect();
        dimensions.dedup();
        dimensions
    }

    /// The instances at which the sides have been compared: the dimension and the seed of each.
    #[must_use]
    pub fn instances(&self) -> &[(usize, u64)] {
        &self.instances
    }
}

/// An instance at which the two sides of a claim differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counterexample {
    /// `d`
    pub dimension: usize,
    /// The seed of the instance.
    pub seed: u64,
    /// The values of the scalar symbols, by name.
    pub scalars: Vec<(Arc<str>, Rational)>,
    /// The probabilities of the data points.
    pub weights: Vec<Rational>,
    /// The point.
    pub point: Vec<Rational>,
    /// The fields as polynomials in the displacement `x1, x2, ..` from the point, a line each: `u(X=1) = 2 - 3*x1 + ..`.
    pub fields: Vec<String>,
    /// The component in which the sides differ, its indices from 1; none for scalars.
    pub component: Vec<usize>,
    /// The monomial of the displacement whose coefficients differ, where the sides are the same at the point itself; `t`
    /// is a parameter that fields and some scalars depend on besides.
    pub term: Option<String>,
    /// The power of the small parameter at which the sides differ.
    pub power: Option<Rational>,
    /// The left side there.
    pub left: Rational,
    /// The right side there.
    pub right: Rational,
}

/// What the witness has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The sides agree at every instance.
    Agrees(Agreement),
    /// The sides differ.
    Differs(Box<Counterexample>),
    /// The claim is beyond the witness, for this reason.
    Unable(Arc<str>),
}

/// Puts a claim to random instances.
#[must_use]
pub fn witness(claim: &Claim, symbols: &Symbols, options: &Options) -> Outcome {
    let (left, right): (&Expr, &Expr) = match &claim.sides {
        Sides::Equation { left, right } => (left, right),
        Sides::DifferentShapes { .. } => {
            return Outcome::Unable("the two sides have different shapes".into());
        }
    };
    plan::run(claim, [left, right], symbols, options)
}
