//! Both sides of a claim, put to the test by really drawing what is random.
//!
//! # What is drawn
//!
//! A window `theta ~ Normal(theta_0, h^2 I)` stands about each point of an instance, and the two sides are compared as averages
//! over it. Draw by draw, everything has a value that is right on average:
//!
//! | form | draw |
//! |---|---|
//! | data points, batches | rows of the data, with and without replacement |
//! | noises, distributions | numbers drawn from them |
//! | `E`, `Cov`, `Var` | copies of their own, each time they occur: products of expectations are of independent copies, `Cov[a,b] = 1/2 E[(a-a')(b-b')']` |
//! | derivatives inside an expectation | along the path of the draw |
//! | derivatives of an expectation | by parts on the window, where they are linear: no derivative is taken at all; else along the path, every factor with copies of its own |
//! | `midpoint`, `destination` | `E[w (v - R(theta + s v))] = 0` with `w = phi(theta + s v)/phi(theta)` |
//! | `current` | the same over all `s`, without dividing by the weights |
//! | `O(eta^k)` | the same draws at four values of the small parameter, extrapolated |
//! | `integral` | points of a wide normal distribution |
//!
//! In claims with a remainder the outermost expectations are balanced: the rows in one place of a batch are, over the draws of
//! one value, different rows of the data in random order, and noises come in pairs of opposite sign. Each draw has its
//! distribution; what is additive in the data points, and the covariance of what depends on one of them, is then averaged
//! without error, over up to 1024 rows. In other claims this is done where by single draws too little would be seen.
//!
//! What is random outside every expectation is drawn once and kept. What an instance does not bind is drawn once, too, from
//! streams that the seed of the instance and the name fix: functions, points, numbers, data points.
//!
//! # What it says
//!
//! The mean difference of all components together is tested against 0 (Hotelling's `T^2`, with an allowance for skew draws).
//! Beside every claim two wrong ones
//! are put to the same draws, the right side doubled and with the wrong sign: a claim is `consistent` only if both of them
//! are refuted, and if an error of half of the right side would have been seen with probability 0.99. See [`Sample`].
//!
//! A nonlinear function of an expectation has no value in single draws that is right on average: [`Unable::NoUnbiased`]
//! (except of a mean or covariance over all data points).
//!
//! The same seed gives the same bits for every number of threads.
//!
//! ```
//! use driftproof::expression::Statement;
//! use driftproof::reading::sampled::{Evidence, Options, SampledInstance, read};
//! use std::path::Path;
//!
//! let text = "
//! random X
//! space theta
//! field u(X): scalar
//! claim halves: div(Cov[grad(u)]) = 1/2*grad(tr(Cov[grad(u)])) + Cov[grad(u), lap(u)]
//! instance toy {
//!     u = log(1 + exp(dot(theta, x))) - y*dot(theta, x)
//!     data = [[0.5, -1, 1], [1.5, 0.25, 0], [-1, 2, 1]]
//!     theta = [0.1, -0.2]
//! }
//! ";
//! let derivation = driftproof::language::parse("toy.drift", text)?;
//! let instance = SampledInstance::bind(&derivation.instances[0], &derivation.symbols, Path::new("."))?;
//! let Statement::Claim(claim) = &derivation.statements[0] else { unreachable!() };
//! assert!(matches!(read(claim, &instance, &Options::default()), Evidence::Consistent(_)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "every form that is not named is refused or left to its parts"
)]

mod by_parts;
mod composition;
mod conclude;
mod drawn;
mod evaluate;
mod evidence;
mod expectation;
mod facts;
mod instance;
mod jet;
mod judge;
mod losses;
mod making;
mod matrices;
mod model;
mod plan;
mod run;
mod sampler;
mod scope;
mod series;
mod settle;
mod tensor;

pub use crate::reading::instance::{BindError, BindReason};
pub use evidence::{Component, Evidence, Ladder, Plant, Reason, Sample, Unable};
pub use instance::SampledInstance;

use crate::expression::{Claim, Sides};
use std::sync::atomic::AtomicBool;

/// Draws at one point, at most, if nothing else is said.
const DRAWS: u64 = 100_000;

/// False-alarm rate of one claim, if nothing else is said.
const FALSE_ALARM: f64 = 1e-3;

/// Points of an instance that are looked at.
const MOST_POINTS: usize = 3;

/// How a claim is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// Draws at one point, at most.
    pub draws: u64,
    /// Probability of refuting the claim although it is true, over all points.
    pub false_alarm: f64,
    /// Seed of everything that is drawn again and again.
    pub seed: u64,
    /// Ends the drawing when it is set.
    pub cancel: Option<&'a AtomicBool>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self { draws: DRAWS, false_alarm: FALSE_ALARM, seed: 1, cancel: None }
    }
}

/// What was drawn at the points of an instance.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The refutation, if there is one; else why there is no conclusion; else the point that speaks most against the claim.
    pub evidence: Evidence,
    /// The number of points times the smallest p-value, at most 1; nothing where the draws make no test.
    pub p_value: Option<f64>,
}

/// Puts both sides of a claim to the test at the points of an instance.
#[must_use]
pub fn read(claim: &Claim, instance: &SampledInstance, options: &Options<'_>) -> Evidence {
    read_points(claim, instance, options).evidence
}

/// The same, with the p-value of all points together. Each has an equal share of the false-alarm rate; the first that refutes
/// the claim is the last that is drawn.
#[must_use]
pub fn read_points(claim: &Claim, instance: &SampledInstance, options: &Options<'_>) -> Reading {
    let unable = |reason| Reading { evidence: Evidence::Unable(reason), p_value: None };
    at_all_points(claim, instance, options).unwrap_or_else(unable)
}

fn at_all_points(
    claim: &Claim,
    instance: &SampledInstance,
    options: &Options<'_>,
) -> Result<Reading, Unable> {
    if !(options.false_alarm > 0.0 && options.false_alarm < 0.5) {
        let expected = "above 0 and below 0.5";
        return Err(Unable::Option { what: "false-alarm rate", found: options.false_alarm, expected });
    }
    if options.draws == 0 {
        return Err(Unable::Option { what: "number of draws", found: 0.0, expected: "at least 1" });
    }
    if matches!(claim.sides, Sides::DifferentShapes { .. }) {
        return Err(Unable::DifferentShapes);
    }
    let bound = instance.points();
    let points: Vec<Option<&Vec<f64>>> =
        if bound.is_empty() { vec![None] } else { bound.iter().take(MOST_POINTS).map(Some).collect() };
    let number = model::count(points.len());
    let mut worst: Option<Evidence> = None;
    let mut least: Option<f64> = None;
    for (place, point) in (0..).zip(points) {
        let model = making::model(claim, instance, point)?;
        let plan = plan::plan(claim, &model)?;
        let found = run::at_point(&model, &plan, options, (place, options.false_alarm / number))?;
        least = [least, tested(&found)].into_iter().flatten().reduce(f64::min);
        if worst.as_ref().is_none_or(|worst| against(&found, worst)) {
            worst = Some(found);
        }
        if let Some(Evidence::Refuted(_)) = worst {
            break;
        }
    }
    let evidence = worst.ok_or(Unable::NothingRandom)?;
    Ok(Reading { evidence, p_value: least.map(|p| (number * p).min(1.0)) })
}

/// The p-value of one point, where its draws make a test.
fn tested(evidence: &Evidence) -> Option<f64> {
    match evidence {
        Evidence::Consistent(sample) => Some(sample.p_value),
        Evidence::Refuted(sample) => Some(sample.p_value),
        Evidence::Inconclusive(sample, Reason::PlantNotSeen | Reason::PowerTooLow) => Some(sample.p_value),
        Evidence::Inconclusive(
            _,
            Reason::HeavyTails
            | Reason::Leftover
            | Reason::Cancelled
            | Reason::TooFewDraws
            | Reason::NotSeenAgain,
        )
        | Evidence::Unable(_) => None,
    }
}

/// Whether a point says more against a claim than another.
fn against(found: &Evidence, other: &Evidence) -> bool {
    match (found, other) {
        (Evidence::Refuted(_), _) | (Evidence::Inconclusive(..), Evidence::Consistent(_)) => true,
        (Evidence::Consistent(a), Evidence::Consistent(b)) => a.p_value < b.p_value,
        (Evidence::Consistent(_) | Evidence::Inconclusive(..) | Evidence::Unable(_), _) => false,
    }
}
