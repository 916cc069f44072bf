//! What the sampled reading says of a claim.

use crate::sampling::Estimate;
use std::fmt;
use thiserror::Error;

/// What both sides of a claim come to when what is random is drawn.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Evidence {
    /// No difference was found, and the wrong factors that were planted beside were.
    Consistent(Sample),
    /// A difference was found beyond chance.
    Refuted(Box<Sample>),
    /// Neither.
    Inconclusive(Box<Sample>, Reason),
    /// The reading cannot take the claim.
    Unable(Unable),
}

/// What was drawn at one point, and what it shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Each component of both sides.
    pub components: Vec<Component>,
    /// Probability of a difference at least this large by chance alone, of all components and looks together (Hotelling).
    pub p_value: f64,
    /// At most so probable had a difference to be to count as one.
    pub false_alarm: f64,
    /// Dimensions of the test: independent components, or random directions where there are very many.
    pub dimensions: usize,
    /// Independent draws: pairs of points `theta_0 + delta`, `theta_0 - delta` with everything drawn there.
    pub draws: u64,
    /// The seed that gives them again.
    pub seed: u64,
    /// Smallest relative error of the right side that would have been seen with probability 0.99; of a claim with a
    /// remainder, of its terms of the highest order.
    pub detectable: f64,
    /// Standard deviation `h` of the window of points.
    pub width: f64,
    /// The point `theta_0` in the middle of it.
    pub centre: Vec<f64>,
    /// The wrong claims that were put to the same draws.
    pub plants: [Plant; 2],
    /// Of a claim with a remainder: how it was extrapolated.
    pub ladder: Option<Ladder>,
    /// The largest kurtosis of a tested component over the number of draws: how well its error bar is known.
    pub tails: f64,
    /// What was drawn at random and with which seeds, and how derivatives were taken.
    pub notes: Vec<String>,
}

/// One component of both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// Its indices, counted from 1; none of a scalar.
    pub indices: Vec<usize>,
    /// The left side; of a claim with a remainder, without those terms of the right side that are of lower order, over the
    /// power of the small parameter that is compared.
    pub left: Estimate,
    /// The right side; of a claim with a remainder, its terms of the highest order, over that power.
    pub right: Estimate,
    /// Left less right.
    pub difference: Estimate,
    /// The difference in standard errors, rounding and the leftover of the extrapolation being taken off.
    pub z: f64,
}

/// A wrong claim that the draws have to refute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plant {
    /// The factor of the right side; where the right side is 0, of the first term of the left side.
    pub factor: f64,
    /// Its p-value.
    pub p_value: f64,
}

/// How a claim with a remainder was taken to the limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Ladder {
    /// The small parameter.
    pub symbol: String,
    /// Its values, on the same draws.
    pub values: [f64; 4],
    /// The power by which differences are divided.
    pub power: f64,
    /// Bound of what the extrapolation leaves, relative to the right side: how much it changes with its order, and with
    /// values twice as large.
    pub leftover: f64,
}

/// Why there is no conclusion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// A wrong factor that was planted beside the claim was not refuted.
    PlantNotSeen,
    /// An error of half of the right side would not have been seen.
    PowerTooLow,
    /// The draws have so heavy tails that the error bar itself is not known.
    HeavyTails,
    /// The leftover of the extrapolation in the small parameter hides what should be seen.
    Leftover,
    /// It was ended from outside.
    Cancelled,
    /// One draw costs so much that too few could be made.
    TooFewDraws,
    /// A difference that another reading makes doubtful was seen, and not again on fresh draws beyond doubt.
    NotSeenAgain,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PlantNotSeen => "a wrong factor planted beside the claim was not refuted; allow more draws",
            Self::PowerTooLow => {
                "an error of half of the right side could not have been seen; allow more draws"
            }
            Self::HeavyTails => "the draws have heavy tails, so that the error bar itself is not known",
            Self::Leftover => "what the extrapolation in the small parameter leaves is too large",
            Self::Cancelled => "ended before enough was drawn",
            Self::TooFewDraws => "one draw costs so much that too few could be made",
            Self::NotSeenAgain => {
                "a difference that another reading makes doubtful was seen, and not again on fresh draws"
            }
        })
    }
}

/// Why the sampled reading says nothing.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum Unable {
    /// Nothing is random in the claim.
    #[error("nothing is random in the claim, so there is nothing to draw")]
    NothingRandom,
    /// A function of an expectation that is not linear has no unbiased value in single draws.
    #[error("{what} has no value in single draws that is right on average")]
    NoUnbiased {
        /// What.
        what: &'static str,
    },
    /// A form in a place where it cannot be drawn.
    #[error("{what}")]
    Unsupported {
        /// What, as a sentence.
        what: &'static str,
    },
    /// The computation is beyond its limits.
    #[error("the claim has too many {what} here")]
    TooLarge {
        /// Of what there is too much.
        what: &'static str,
    },
    /// A draw is NaN or infinite.
    #[error("a draw is not a finite number")]
    NotFinite,
    /// A function where it is not smooth, or not defined.
    #[error("a function is not defined and smooth at {at}")]
    NotSmooth {
        /// Its argument.
        at: f64,
    },
    /// The sides have different shapes.
    #[error("the sides have different shapes, so that there are no numbers to compare")]
    DifferentShapes,
    /// A condition of the claim, or a hypothesis of the derivation, cannot be brought about.
    #[error("{what} cannot be brought about here")]
    Unmet {
        /// Which condition.
        what: &'static str,
    },
    /// The claim speaks of another dimension than the instance has.
    #[error("the claim speaks of dimension {claim}, the instance has {instance}")]
    Dimension {
        /// What the claim needs.
        claim: usize,
        /// What the instance has.
        instance: usize,
    },
    /// A size of a batch or population that does not fit.
    #[error("{what} is {found} here, expected a whole number from 1 up that fits the data")]
    Size {
        /// Which size.
        what: &'static str,
        /// What it is.
        found: f64,
    },
    /// A parameter of a distribution is out of its domain.
    #[error("{found} is no parameter of {distribution}")]
    Parameter {
        /// Which distribution.
        distribution: &'static str,
        /// The number.
        found: f64,
    },
    /// An option is out of its range.
    #[error("the {what} is {found}; it must be {expected}")]
    Option {
        /// Which option.
        what: &'static str,
        /// What was given.
        found: f64,
        /// What would do.
        expected: &'static str,
    },
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let indices: Vec<String> = self.indices.iter().map(ToString::to_string).collect();
        let place = if indices.is_empty() { String::new() } else { format!("[{}]", indices.join(", ")) };
        write!(
            f,
            "left{place} = {:.6e}, right{place} = {:.6e}, difference {:.2e} +- {:.1e}, z = {:.2}",
            self.left.value, self.right.value, self.difference.value, self.difference.standard_error, self.z
        )
    }
}
