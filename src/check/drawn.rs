//! The sampled reading of a claim at the points of an instance, one by one, and their common p-value.

use super::trial::Draws;
use crate::expression::Claim;
use crate::reading::sampled::{self, Evidence, Reason, SampledInstance, Unable};

/// A further point is seeded by the seed and a multiple of this number.
const POINT: u64 = 0x0b07_3a51;

/// What was drawn of a claim.
pub(super) struct Drawn {
    /// The refutation, if there is one; else why there is no conclusion; else the point that speaks most against the claim.
    pub(super) evidence: Evidence,
    /// The number of points times the smallest p-value, at most 1; nothing where no test was made.
    pub(super) p_value: Option<f64>,
}

/// Puts a claim to the test at the points of an instance. `false_alarm` is the rate for all of them together, of which each
/// has an equal share; the first that refutes the claim is the last that is drawn.
pub(super) fn draw(
    claim: &Claim,
    instance: &SampledInstance,
    (draws, seed): (Draws<'_>, u64),
    false_alarm: f64,
) -> Drawn {
    let points = instance.at_each_point();
    #[allow(clippy::cast_precision_loss, reason = "a number of points")]
    let number = points.len() as f64;
    let mut worst = Evidence::Unable(Unable::NothingRandom);
    let mut least: Option<f64> = None;
    for (place, point) in (0..).zip(&points) {
        let options = sampled::Options {
            draws: draws.most,
            false_alarm: false_alarm / number,
            seed: seed ^ u64::wrapping_mul(place, POINT),
            cancel: draws.cancel,
        };
        let found = sampled::read(claim, point, &options);
        if let Evidence::Unable(_) = found {
            return Drawn { evidence: found, p_value: None };
        }
        least = [least, tested(&found)].into_iter().flatten().reduce(f64::min);
        if place == 0 || against(&found, &worst) {
            worst = found;
        }
        if let Evidence::Refuted(_) = worst {
            break;
        }
    }
    Drawn { evidence: worst, p_value: least.map(|p| (number * p).min(1.0)) }
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
