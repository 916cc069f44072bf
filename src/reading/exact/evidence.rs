//! What the exact reading says of a claim.

use crate::expression::Rational;
use crate::root::RootError;
use std::fmt;
use thiserror::Error;

/// What both sides of a claim come to at the points of an instance.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Evidence {
    /// The sides agree to rounding at every point.
    Holds(Agreement),
    /// The sides differ at one point by far more than rounding.
    Refuted(Box<Refutation>),
    /// The reading cannot take the claim, or cannot be sure.
    Unable(Unable),
}

/// How well two sides agree.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreement {
    /// The largest component of either side; of a claim with a remainder, of the coefficients that are compared.
    pub scale: f64,
    /// The largest difference of a component of the two sides.
    pub error: f64,
    /// What rounding can make of that difference: a running error bound through every operation of both sides, which
    /// grows with the sizes of the terms (that cancel, perhaps) and with the conditioning of inverses and roots.
    pub bound: f64,
    /// At how many points, and outcomes of what is random outside expectations, the sides were compared.
    pub points: usize,
    /// Whether both sides vanish to rounding wherever they were compared, so that the agreement says little.
    pub vanishing: bool,
    /// `theta` at the first point.
    pub point: Vec<f64>,
    /// The components of both sides there; of a claim with a remainder, the coefficients of the highest power
    /// that is compared and not 0.
    pub components: Vec<Component>,
    /// Of a claim with a remainder: the order of the difference.
    pub slope: Option<Slope>,
    /// What was drawn at random, what was left out, and with which seeds.
    pub notes: Vec<String>,
}

/// How the difference of two sides goes to 0 with the small parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Slope {
    /// The claimed order.
    pub claimed: Rational,
    /// The first power with a coefficient that is not rounding, if one was seen among the powers that were computed.
    pub leading: Option<Rational>,
    /// The power up to which coefficients are known, that one included.
    pub known: Rational,
    /// The exponent fitted to differences at small values of the parameter, if these are above rounding.
    pub fitted: Option<f64>,
}

/// Two sides that differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Refutation {
    /// The components that differ first, all of them.
    pub components: Vec<Component>,
    /// `theta`, where they were evaluated.
    pub point: Vec<f64>,
    /// Of a claim with a remainder: the power of the small parameter whose coefficients these are.
    pub order: Option<Rational>,
    /// Of a claim with a remainder: the order of the difference.
    pub slope: Option<Slope>,
    /// What was drawn at random, what was left out, and with which seeds.
    pub notes: Vec<String>,
}

/// One component of both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// Its indices, counted from 1; none of a scalar.
    pub indices: Vec<usize>,
    /// On the left side.
    pub left: f64,
    /// On the right side.
    pub right: f64,
    /// What rounding can make of the difference.
    pub bound: f64,
}

/// Why the exact reading says nothing.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum Unable {
    /// The computation is beyond its limits.
    #[error("the claim has too many {what} here; fewer parameters, data points or a smaller batch would do")]
    TooLarge {
        /// Of what there is too much.
        what: &'static str,
    },
    /// A number is NaN or infinite.
    #[error("{what} is not a finite number here")]
    NotFinite {
        /// Which number.
        what: &'static str,
    },
    /// A function at a point where it is not smooth, or not defined.
    #[error("{what} is not defined and smooth at {at}")]
    NotSmooth {
        /// Which function.
        what: &'static str,
        /// Its argument.
        at: f64,
    },
    /// A matrix without an inverse.
    #[error("a matrix is singular to rounding in {what}")]
    Singular {
        /// Where.
        what: &'static str,
    },
    /// The root of a matrix.
    #[error(transparent)]
    Root(#[from] RootError),
    /// A matrix under a root is not symmetric.
    #[error("the matrix under a square root is not symmetric here")]
    NotSymmetric,
    /// An iteration or an integral that does not settle.
    #[error("{what} does not converge")]
    NotConverged {
        /// What.
        what: &'static str,
    },
    /// Something that is no series in powers of the small parameter.
    #[error("{what} is no power series in the small parameter")]
    NoSeries {
        /// What.
        what: &'static str,
    },
    /// A meaning that needs a remainder, without one.
    #[error("{what} is a series in the step, and needs a remainder O(...) in the claim")]
    NeedsRemainder {
        /// Which form.
        what: &'static str,
    },
    /// Something else than numbers and fields can say.
    #[error("{what}")]
    Unsupported {
        /// What, as a sentence.
        what: &'static str,
    },
    /// The sides have different shapes.
    #[error("the sides have different shapes, so that there are no numbers to compare")]
    DifferentShapes,
    /// A condition of the claim, or a hypothesis of the derivation, is not met and cannot be brought about.
    #[error("{what} is not met at this instance")]
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
    /// A size of a batch or population that is not a whole number from 1 up, or that does not fit the data.
    #[error("{what} is {found} here, expected a whole number from 1 up that fits the data")]
    Size {
        /// Which size.
        what: &'static str,
        /// What it is.
        found: f64,
    },
    /// Rounding errors are not small beside the sides.
    #[error("the sides are of size {scale:.3e} and known to {bound:.1e} only, too little to judge")]
    IllConditioned {
        /// Size of the sides.
        scale: f64,
        /// Bound of the rounding errors.
        bound: f64,
    },
    /// The series agree, but the numbers at small values of the parameter do not show the order.
    #[error(
        "the coefficients agree below order {claimed}, but the differences at small values fall like the power {fitted:.2}"
    )]
    Slope {
        /// The claimed order.
        claimed: f64,
        /// The fitted exponent.
        fitted: f64,
    },
    /// The sides differ by more than the bound of the rounding errors, but not by far more.
    #[error(
        "the sides differ by {error:.1e}, where rounding explains {bound:.1e}: neither agreement nor difference"
    )]
    Unclear {
        /// The difference.
        error: f64,
        /// Bound of the rounding errors.
        bound: f64,
    },
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let indices: Vec<String> = self.indices.iter().map(ToString::to_string).collect();
        let place = if indices.is_empty() { String::new() } else { format!("[{}]", indices.join(", ")) };
        write!(
            f,
            "left{place} = {:.12e}, right{place} = {:.12e}, rounding {:.1e}",
            self.left, self.right, self.bound
        )
    }
}
