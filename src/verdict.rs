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
pub mod readings;

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
    /// The draws' tails are so heavy that their variance is not known, or so skew that nothing could be seen.
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
/// Where there is no noise and none is expected, rounding errors are all there is: any claim but zero, up to them, is
/// refuted, and zero is consistent.
#[must_use]
pub fn conclude(comparison: &Comparison, p_value: f64, noise_expected: bool) -> Verdict {
    let [too_few, too_heavy, too_low] = match comparison.stopped {
        Stopped::Power | Stopped::Cap => [Reason::TooFewDraws, Reason::HeavyTails, Reason::PowerTooLow],
        Stopped::Cancelled => [Reason::Cancelled; 3],
    };
    let Some(test) = &comparison.vector else {
        return table(Footing::Unsound(too_few), Difference::WithinChance, Sight::TooLow, too_low);
    };
    if !comparison.noise_seen {
        let zero = comparison.components.iter().all(|c| c.z.abs() <= 1.0);
        let footing = if noise_expected { Footing::Unsound(Reason::NoiseNotSeen) } else { Footing::Sound };
        let difference = if zero { Difference::WithinChance } else { Difference::BeyondChance };
        return table(footing, difference, Sight::Suffices, too_low);
    }
    let seen = detectable(test.power);
    let footing = if seen.is_nan() || [test.statistic, p_value].iter().any(|x| !x.is_finite()) {
        Footing::Unsound(Reason::NotFinite)
    } else if test.tails.is_nan() || test.tails > TAILS || seen.is_infinite() {
        // Nothing can be seen where the draws are so skew that no p-value is small.
        Footing::Unsound(too_heavy)
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

fn detectable(power: Power) -> f64 {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convention::Viewpoint;
    use crate::sampling::{Component, Estimate, Plan, VectorTest};

    const PLAN: Plan = Plan {
        viewpoint: Viewpoint::Midpoint,
        width: 1.0,
        steps: 1,
        draws: 1000,
        seed: 1,
        point: 0,
        points: 1,
        false_alarm: 1e-3,
        target: 0.3,
        added: 0.1,
        resolution: 0.0,
    };

    fn test(power: Power, tails: f64) -> Option<VectorTest> {
        Some(VectorTest { dimensions: 1, projected: false, statistic: 1.0, p_value: 0.3, power, tails })
    }

    /// A comparison that ended at its cap and saw noise.
    fn comparison(vector: Option<VectorTest>) -> Comparison {
        let estimate = Estimate { value: 1.0, standard_error: 0.1, draws: 1000, seed: 1, detectable: 0.5 };
        let component = Component {
            claimed: 1.0,
            conditional: estimate,
            higher_orders: estimate,
            first_order: estimate,
            difference: estimate,
            z: 0.5,
        };
        Comparison {
            components: vec![component],
            vector,
            draws: 1000,
            steps: 1000,
            noise_rms: 0.1,
            noise_seen: true,
            stopped: Stopped::Cap,
            plan: PLAN,
        }
    }

    const SEES: Power = Power::Relative(FACTOR_OF_TWO);
    const BLIND: Power = Power::Relative(0.51);

    /// Every row of the table: footing by each reason that can spoil it, difference, power.
    #[test]
    fn every_row_of_the_table_is_as_drawn() {
        use Reason::{HeavyTails, NotFinite, PowerTooLow};
        let unsound = [
            (SEES, 2.0 * TAILS, HeavyTails),
            (SEES, f64::NAN, HeavyTails),
            (Power::Relative(f64::NAN), 0.0, NotFinite),
            (Power::Added { detectable: f64::NAN, needed: 1.0 }, 0.0, NotFinite),
            (Power::Relative(f64::INFINITY), 0.0, HeavyTails),
            (Power::Added { detectable: f64::INFINITY, needed: 1.0 }, 0.0, HeavyTails),
        ];
        for (power, tails, reason) in unsound {
            for p in [1e-9, 0.3] {
                let found = conclude(&comparison(test(power, tails)), p, true);
                assert_eq!(found, Verdict::Inconclusive(reason), "unsound, p = {p}, {power:?}");
            }
        }
        let added = |detectable| Power::Added { detectable, needed: 0.1 };
        for (sees, blind) in [(SEES, BLIND), (added(0.1), added(0.11))] {
            let found = |power, p| conclude(&comparison(test(power, TAILS)), p, true);
            assert_eq!(found(sees, 1e-3), Verdict::Refuted, "beyond chance: at the false-alarm rate");
            assert_eq!(found(blind, 1e-3), Verdict::Refuted, "a difference seen is seen, whatever the power");
            assert_eq!(found(sees, 1.01e-3), Verdict::Consistent, "within chance, power suffices");
            assert_eq!(found(blind, 0.3), Verdict::Inconclusive(PowerTooLow), "within chance, too low");
        }
        assert_eq!(
            conclude(&comparison(test(SEES, 0.0)), f64::NAN, true),
            Verdict::Inconclusive(NotFinite),
            "a p-value that is no number is no verdict"
        );
    }

    #[test]
    fn a_run_that_was_ended_says_so() {
        let ended = |vector| Comparison { stopped: Stopped::Cancelled, ..comparison(vector) };
        let found = conclude(&ended(test(BLIND, 0.0)), 0.3, true);
        assert_eq!(found, Verdict::Inconclusive(Reason::Cancelled), "not: allow more draws");
        assert_eq!(conclude(&ended(test(SEES, 0.0)), 0.3, true), Verdict::Consistent, "it had seen enough");
        assert_eq!(
            conclude(&ended(test(BLIND, 0.0)), 1e-9, true),
            Verdict::Refuted,
            "it had found something"
        );
        let heavy = conclude(&ended(test(SEES, 2.0 * TAILS)), 0.3, true);
        assert_eq!(heavy, Verdict::Inconclusive(Reason::Cancelled), "more draws would have done");
        let none = conclude(&ended(None), 1.0, true);
        assert_eq!(none, Verdict::Inconclusive(Reason::Cancelled), "before there was any test");
        let few = conclude(&comparison(None), 1.0, true);
        assert_eq!(few, Verdict::Inconclusive(Reason::TooFewDraws), "a cap too low for any test");
    }

    /// No noise: the differences are rounding errors (`|z| <= 1`) or lies.
    #[test]
    fn without_noise_only_zero_is_true() {
        let silent = |z| {
            let mut silent = comparison(test(Power::Added { detectable: 0.0, needed: 0.0 }, 0.0));
            silent.components[0].z = z;
            Comparison { noise_seen: false, ..silent }
        };
        assert_eq!(conclude(&silent(0.0), 1.0, false), Verdict::Consistent, "zero");
        assert_eq!(conclude(&silent(-1.0), 1.0, false), Verdict::Consistent, "rounding");
        assert_eq!(conclude(&silent(1.1), 1.0, false), Verdict::Refuted, "anything else");
        assert_eq!(conclude(&silent(f64::NAN), 1.0, false), Verdict::Refuted, "NaN is not zero");
        let unseen = Verdict::Inconclusive(Reason::NoiseNotSeen);
        assert_eq!(conclude(&silent(0.0), 1.0, true), unseen, "noise that should be there");
        assert_eq!(conclude(&silent(9.0), 1.0, true), unseen, "and nothing can be said of the claim");
    }

    #[test]
    fn points_are_combined_as_said() {
        let low = Verdict::Inconclusive(Reason::PowerTooLow);
        let some = Verdict::Inconclusive(Reason::SomePoints);
        assert_eq!(combine(&[]), Verdict::Inconclusive(Reason::NoPoints), "none");
        assert_eq!(combine(&[low]), low, "one keeps its reason");
        assert_eq!(combine(&[Verdict::Consistent, Verdict::Consistent]), Verdict::Consistent, "all");
        assert_eq!(combine(&[Verdict::Consistent, low]), some, "not all");
        assert_eq!(combine(&[low, Verdict::Consistent, Verdict::Refuted]), Verdict::Refuted, "any");
    }
}
