//! From what a comparison found to a verdict of three outcomes.
//!
//! | footing | difference | power | verdict |
//! |---|---|---|---|
//! | unsound | any | any | inconclusive |
//! | sound | beyond chance | any | refuted |
//! | sound | within chance | suffices | consistent |
//! | sound | within chance | too low | inconclusive |
//!
//! - *Footing* is unsound if there were too few draws for a test, if a number in it is not finite, if the draws' tails
//!   are so heavy that their variance is not known, or if no step ever showed the noise that the data have.
//! - The *difference* is beyond chance if its p-value, adjusted for all points tested (Holm), is at most the false-alarm rate.
//! - The *power* suffices if a factor of 2 would have been seen with probability 0.99, whichever of the two is right:
//!   a claim of twice the truth is off by half of itself, so the smallest detectable relative error must be at most 1/2.
//!   Where the claim is zero, an added drift of a stated natural size must be detectable.
//!
//! A run that shows a difference has seen one, whatever else it could have seen; so power is asked for only where
//! nothing was found.

pub mod claim;

use crate::sampling::{Comparison, Power, Stopped, TAILS};
use std::fmt;

/// The relative error of a claim that is twice the truth.
pub const FACTOR_OF_TWO: f64 = 0.5;

/// The three outcomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// No difference was found, and a factor of 2 would have been.
    Consistent,
    /// A difference was found.
    Refuted,
    /// Neither: see the reason.
    Inconclusive(Reason),
}

/// Why there is no conclusion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The run ended at its cap on draws, and could not have seen a factor of 2.
    PowerTooLow,
    /// The run was cancelled before it could have seen a factor of 2.
    Cancelled,
    /// Too few draws for any test.
    TooFewDraws,
    /// The draws' tails are so heavy that their variance is not known.
    HeavyTails,
    /// A number in the test is not finite.
    NotFinite,
    /// No step differed from the mean step, although the rows of the data differ.
    NoiseNotSeen,
    /// Of several points, none refuted, not all are consistent.
    SomePoints,
    /// There is no point at all.
    NoPoints,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PowerTooLow => "a factor of 2 could not have been seen; allow more draws",
            Self::Cancelled => "ended before a factor of 2 could have been seen",
            Self::TooFewDraws => "too few draws for a test; allow more",
            Self::HeavyTails => {
                "the draws have heavy tails; allow more draws, or lower the learning rate or the window"
            }
            Self::NotFinite => "a number in the test is not finite; make the window smaller",
            Self::NoiseNotSeen => "no step drawn differed from the mean step; allow more draws",
            Self::SomePoints => "not every point has a conclusion",
            Self::NoPoints => "there is no point to test at",
        })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Consistent => f.write_str("consistent"),
            Self::Refuted => f.write_str("refuted"),
            Self::Inconclusive(reason) => write!(f, "inconclusive: {reason}"),
        }
    }
}

/// May the test be trusted?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Footing {
    Sound,
    Unsound(Reason),
}

/// Is the difference more than chance?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Difference {
    BeyondChance,
    WithinChance,
}

/// Would a factor of 2 have been seen?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sight {
    Suffices,
    TooLow,
}

/// The truth table of the module's page.
fn table(footing: Footing, difference: Difference, sight: Sight, too_low: Reason) -> Verdict {
    match (footing, difference, sight) {
        (
            Footing::Unsound(reason),
            Difference::BeyondChance | Difference::WithinChance,
            Sight::Suffices | Sight::TooLow,
        ) => Verdict::Inconclusive(reason),
        (Footing::Sound, Difference::BeyondChance, Sight::Suffices | Sight::TooLow) => Verdict::Refuted,
        (Footing::Sound, Difference::WithinChance, Sight::Suffices) => Verdict::Consistent,
        (Footing::Sound, Difference::WithinChance, Sight::TooLow) => Verdict::Inconclusive(too_low),
    }
}

/// The verdict on one point: `p_value` is adjusted for all points; `noise_expected` says whether the rows of the data
/// differ at all, so that some step should differ from the mean step.
///
/// Where there is no noise and none is expected, the rounding errors of the test are all there is: any claim but zero
/// is refuted, and zero is consistent.
#[must_use]
pub fn conclude(comparison: &Comparison, p_value: f64, noise_expected: bool) -> Verdict {
    let Some(test) = &comparison.vector else {
        return Verdict::Inconclusive(Reason::TooFewDraws);
    };
    let too_low = match comparison.stopped {
        Stopped::Power | Stopped::Cap => Reason::PowerTooLow,
        Stopped::Cancelled => Reason::Cancelled,
    };
    if !comparison.noise_seen {
        let zero = comparison.components.iter().all(|c| c.difference.value == 0.0);
        let footing = if noise_expected { Footing::Unsound(Reason::NoiseNotSeen) } else { Footing::Sound };
        let difference = if zero { Difference::WithinChance } else { Difference::BeyondChance };
        return table(footing, difference, Sight::Suffices, too_low);
    }
    let numbers = [test.statistic, p_value, seen_or_needed(test.power)];
    let footing = if numbers.iter().any(|x| !x.is_finite()) {
        Footing::Unsound(Reason::NotFinite)
    } else if test.tails.is_nan() || test.tails > TAILS {
        Footing::Unsound(Reason::HeavyTails)
    } else {
        Footing::Sound
    };
    let difference = if p_value <= comparison.plan.false_alarm {
        Difference::BeyondChance
    } else {
        Difference::WithinChance
    };
    let sight = if suffices(test.power) { Sight::Suffices } else { Sight::TooLow };
    table(footing, difference, sight, too_low)
}

fn seen_or_needed(power: Power) -> f64 {
    match power {
        Power::Relative(error) => error,
        Power::Added { detectable, .. } => detectable,
    }
}

/// Whether a factor of 2 would have been seen with probability 0.99, or the added drift where the claim is zero.
#[must_use]
pub fn suffices(power: Power) -> bool {
    match power {
        Power::Relative(error) => error <= FACTOR_OF_TWO,
        Power::Added { detectable, needed } => detectable <= needed,
    }
}

/// Several points together: refuted if any is, consistent if all are.
#[must_use]
pub fn combine(verdicts: &[Verdict]) -> Verdict {
    if verdicts.is_empty() {
        return Verdict::Inconclusive(Reason::NoPoints);
    }
    if verdicts.contains(&Verdict::Refuted) {
        return Verdict::Refuted;
    }
    match verdicts {
        [single] => *single,
        several if several.iter().all(|v| *v == Verdict::Consistent) => Verdict::Consistent,
        _ => Verdict::Inconclusive(Reason::SomePoints),
    }
}
