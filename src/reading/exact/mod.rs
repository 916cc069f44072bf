//! Both sides of a claim, evaluated at the points of an instance by automatic differentiation of the claim itself.
//!
//! # What it computes
//!
//! Every expression is evaluated by the definition of its own nodes (language, sections 3 to 4a), in truncated Taylor
//! arithmetic: numbers are polynomials in a displacement `h` of `theta`, whose coefficients are Laurent series in the small
//! parameter of a claim with a remainder.
//!
//! | form | how |
//! |---|---|
//! | `grad`, `hess`, `lap`, `jac`, `div`, `d[j]` | coefficients of the polynomial in `h` |
//! | `E`, `Var`, `Cov`, `mean`, `sum` | all data points; all batches of up to 3 of up to 6 data points; Gauss rules for distributions and noise, with more points until nothing changes |
//! | `sqrt(A)` | the root in numbers by module [`root`](crate::root), its derivatives from `B dB + dB B = dA`; from a factor where `A = c Cov[v]` |
//! | `inv`, `logdet` | by `A_0^-1` and the nilpotent rest; by elimination |
//! | `shift(e, v)`, `at` | `e` at the other point, and its polynomial there at the rest of `v` |
//! | `midpoint`, `destination` | for every outcome `b` the solution of `theta_b + s v_b(theta_b) = m`, the mean of `v_b` with weights `1/|det(I + s dv_b)|` |
//! | `current` | the same without dividing by the weights, over `s` from 0 to 1 |
//! | `integral` | the trapezoidal rule on two grids, in at most two dimensions |
//! | `O(eta^k)` | the coefficients of all powers below `k`; and the exponent of the difference at small values, where it can be seen above rounding |
//!
//! No closed form of a drift is known here, and no rule of algebra: it shares nothing with the other readings.
//!
//! # What is drawn
//!
//! What an instance does not bind is drawn at random: smooth functions (polynomials and sines), scalars, points, data
//! points, each from a stream of its own that the seed and its name fix. Conditions of the claim and hypotheses of the
//! derivation are brought about where what they speak of is free, else checked. The notes of the evidence say all of it.
//!
//! # Agreement
//!
//! Beside every number runs a first-order bound of its rounding error. Sides agree where they differ by at most 4 times
//! that bound, and the bound is at most 1e-6 of their size; they differ where a difference is beyond 1000 bounds and 1e-9
//! of their size; anything between is no evidence. A claim that is false for some functions and true at an instance
//! holds there.
//!
//! ```
//! use driftproof::expression::Statement;
//! use driftproof::reading::exact::{Evidence, ExactInstance, read};
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
//! let instance = ExactInstance::bind(&derivation.instances[0], &derivation.symbols, Path::new("."))?;
//! let Statement::Claim(claim) = &derivation.statements[0] else { unreachable!() };
//! assert!(matches!(read(claim, &instance), Evidence::Holds(_)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "every form that is not named is refused or left to its parts"
)]

mod bind;
mod comparison;
mod conditions;
mod displacement;
mod distribution;
mod drawn;
mod evaluate;
mod evidence;
mod expectation;
mod instance;
mod integral;
mod ladder;
mod linear;
mod matrix_root;
mod model;
mod needs;
mod one_variable;
mod operators;
mod preparation;
mod products;
mod recording;
mod ring;
mod sources;
mod substitution;
mod tensor;
mod univariate;

pub use crate::reading::instance::{BindError, BindReason};
pub use evidence::{Agreement, Component, Evidence, Refutation, Slope, Unable};
pub use instance::ExactInstance;

use crate::expression::{Claim, Expr, Sides};
use comparison::{Agreed, Found};
use evaluate::Small;
use needs::Needs;

/// Points at which a claim is evaluated where the instance binds none; one if it integrates, over thousands of points.
const DRAWN_POINTS: usize = 2;

/// Draws of functions and points until the claim can be evaluated at one.
const ATTEMPTS: u64 = 12;

/// How far below the claimed order a fitted exponent may be.
const SLOPE_DOUBT: f64 = 0.5;

/// Evaluates both sides of a claim at the points of an instance.
#[must_use]
pub fn read(claim: &Claim, instance: &ExactInstance) -> Evidence {
    match evaluate_all(claim, instance) {
        Ok(evidence) => evidence,
        Err(reason) => Evidence::Unable(reason),
    }
}

fn evaluate_all(claim: &Claim, instance: &ExactInstance) -> Result<Evidence, Unable> {
    let Sides::Equation { left, right } = &claim.sides else { return Err(Unable::DifferentShapes) };
    let needs = Needs::of(claim, &instance.symbols);
    let (mut agreed, mut notes) = (Agreed::default(), vec![]);
    let mut first: Option<Vec<f64>> = None;
    let points: Vec<Option<&Vec<f64>>> = if instance.points.is_empty() {
        vec![None; if needs.integrates { 1 } else { DRAWN_POINTS }]
    } else {
        instance.points.iter().map(Some).collect()
    };
    let mut attempt = 0;
    for point in points {
        let (prepared, mut found) = evaluate_at(claim, &needs, instance, (left, right), point, &mut attempt)?;
        if let (Found::Agree(here), Some(remainder)) = (&mut found, &claim.remainder)
            && agreed.outcomes == 0
        {
            fit_slope(here, ladder::exponent(&prepared, (left, right), remainder.symbol))?;
        }
        for note in prepared.notes {
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        match found {
            Found::Agree(here) => {
                first.get_or_insert(prepared.model.theta);
                agreed.join(here);
            }
            Found::Differ { components, order, slope } => {
                let point = prepared.model.theta;
                return Ok(Evidence::Refuted(Box::new(Refutation {
                    components,
                    point,
                    order,
                    slope,
                    notes,
                })));
            }
        }
    }
    Ok(Evidence::Holds(Agreement {
        scale: agreed.scale,
        error: agreed.error,
        bound: agreed.bound,
        points: agreed.outcomes,
        vanishing: agreed.vanishes(),
        point: first.unwrap_or_default(),
        components: agreed.components,
        slope: agreed.slope,
        notes,
    }))
}

/// At one point, with what is drawn drawn again where it leads nowhere.
fn evaluate_at(
    claim: &Claim,
    needs: &Needs,
    instance: &ExactInstance,
    sides: (&Expr, &Expr),
    point: Option<&Vec<f64>>,
    attempt: &mut u64,
) -> Result<(preparation::Prepared, Found), Unable> {
    let claimed = claim.remainder.as_ref().map(|remainder| {
        (remainder, Small { symbol: remainder.symbol, power: if needs.halves { 2 } else { 1 } })
    });
    let mut reason = None;
    for _ in 0..ATTEMPTS {
        let prepared = preparation::prepare(claim, needs, instance, point, *attempt);
        *attempt += 1;
        let found = prepared.and_then(|prepared| {
            let found = comparison::compare(&prepared, sides, claimed)?;
            Ok((prepared, found))
        });
        match found {
            Ok(found) => return Ok(found),
            Err(error) if error.may_pass() => reason = reason.or(Some(error)),
            Err(error) => return Err(error),
        }
    }
    Err(reason.unwrap_or(Unable::Unmet { what: "a condition" }))
}

/// Adds the fitted exponent to what the series say; the two must not contradict each other.
fn fit_slope(agreed: &mut Agreed, fitted: Option<f64>) -> Result<(), Unable> {
    if let (Some(slope), Some(fitted)) = (&mut agreed.slope, fitted) {
        let claimed = evaluate::to_f64(&slope.claimed);
        if fitted < claimed - SLOPE_DOUBT {
            return Err(Unable::Slope { claimed, fitted });
        }
        slope.fitted = Some(fitted);
    }
    Ok(())
}

impl Unable {
    /// Whether other draws may lead further.
    fn may_pass(&self) -> bool {
        match self {
            Self::NotSmooth { .. }
            | Self::Singular { .. }
            | Self::Root(_)
            | Self::Unmet { .. }
            | Self::IllConditioned { .. }
            | Self::Unclear { .. }
            | Self::Slope { .. }
            | Self::NotConverged { .. }
            | Self::NotFinite { .. } => true,
            Self::TooLarge { .. }
            | Self::NotSymmetric
            | Self::NoSeries { .. }
            | Self::NeedsRemainder { .. }
            | Self::Unsupported { .. }
            | Self::DifferentShapes
            | Self::Dimension { .. }
            | Self::Size { .. } => false,
        }
    }
}
