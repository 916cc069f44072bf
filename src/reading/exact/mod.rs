//! The exact reading (to be completed).

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
mod linear;
mod matrix_root;
mod model;
mod needs;
mod one_variable;
mod operators;
mod preparation;
mod recording;
mod ring;
mod sources;
mod substitution;
mod tensor;
mod univariate;

pub use evidence::{Agreement, Component, Evidence, Refutation, Slope, Unable};
pub use instance::ExactInstance;

use crate::expression::{Claim, Expr, Sides};
use comparison::{Agreed, Found};
use evaluate::Small;
use needs::Needs;

/// Points at which a claim is evaluated where the instance binds none.
const DRAWN_POINTS: usize = 2;

/// Draws of functions and points until the claim can be evaluated at one.
const ATTEMPTS: u64 = 12;

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
    let points: Vec<Option<&Vec<f64>>> = if instance.points.is_empty() {
        vec![None; DRAWN_POINTS]
    } else {
        instance.points.iter().map(Some).collect()
    };
    let mut attempt = 0;
    for point in points {
        let (prepared, found) = evaluate_at(claim, &needs, instance, (left, right), point, &mut attempt)?;
        for note in prepared.notes {
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        match found {
            Found::Agree(here) => agreed.join(here),
            Found::Differ { components, order, slope } => {
                let point = prepared.model.theta;
                return Ok(Evidence::Refuted(Box::new(Refutation { components, point, order, slope, notes })));
            }
        }
    }
    Ok(Evidence::Holds(Agreement {
        scale: agreed.scale,
        error: agreed.error,
        bound: agreed.bound,
        points: agreed.outcomes,
        vanishing: agreed.vanishes(),
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
