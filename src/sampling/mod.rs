//! Random streams, running moments, and the Monte Carlo estimators of a noise-induced drift.
//!
//! [`compare`] puts a claimed drift beside real steps of a process: it draws from a Gaussian window around a point until
//! it could see a given relative error of the claim, or a cap is reached, and returns a [`Comparison`] with everything
//! that a verdict needs. What is estimated, and why it is unbiased, is in the page of its estimators:
//!
//! ```text
//! A_s = E[ (phi(theta + s xi)/phi(theta) - 1) xi ]        L_s = E[ -s (xi . delta)/h^2 xi ] = -2 s dt phi * div D   exactly
//! ```
//!
//! **The test.** Draw by draw `L_s/dt` less `2 s` times the claimed `-div D`; its mean is tested against 0 by Hotelling's
//! `T^2`, whose distribution accounts for the estimated covariance, in all components up to dimension 64, beyond along 32
//! directions that are fixed before anything is drawn (those of the claim given by the caller, the rest random). Where draws are
//! skew, p-values and what could be seen allow for it ([`with_skewness`]).
//!
//! **When to stop.** Looks are taken after a fixed schedule of draws, each about 1.3 times the one before. A look asks only
//! how small an error could be seen, which depends on the spread of the draws and on the size of the claim, never on the
//! difference found; the mean is looked at once, at the end. So stopping does not change the false-alarm rate (exactly so
//! for normal draws, whose mean and covariance are independent).
//!
//! **What could be seen.** A relative error `r` of the claim shifts the mean by `r` times the claim: it is detected with
//! probability 0.99 from `r = sqrt(lambda/(m^T C^-1 m))` on, with `m` the mean claim, `C` the covariance of the mean and
//! `lambda` the noncentrality of that power. Where the claim is zero, the size of an added drift is given instead. If
//! several points are judged together, each must show what could be seen at the hardest threshold of Holm's rule, the
//! false-alarm rate over their number.
//!
//! **Units.** Squares and fourth powers of drifts are summed in a unit of the size of the first draw, so that drifts of
//! 1e-200 and 1e200 are judged as those of order 1 are.
//!
//! Everything is the same for every number of threads: see [`Streams`].

mod hotelling;
mod moments;
mod points;
mod run;
mod statistics;
mod steps;
mod stream;
mod window;

pub use hotelling::{Power, VectorTest};
pub use moments::{Covariance, Moments};
pub use points::normal_point;
pub(crate) use run::TAILS;
pub use run::{Control, Progress, compare};
pub use statistics::{
    Hotelling, POWER, chi_square_exceeds, chi_square_noncentrality, detectable_multiple, holm, with_skewness,
    without_skewness,
};
pub use steps::{StepMoments, step_moments};
pub use stream::{Stream, Streams, Use};

use crate::convention::Viewpoint;
use thiserror::Error;

/// The result of a Monte Carlo run for one number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Its standard error; infinite where it is not known.
    pub standard_error: f64,
    /// Independent draws that it is the mean of.
    pub draws: u64,
    /// The seed that gives it again.
    pub seed: u64,
    /// The smallest error that would have been seen with probability 0.99, at the run's false-alarm rate.
    pub detectable: f64,
}

/// Rounding errors of the largest component of a point in a window, at least: so that they move a draw by less than a
/// thousandth of the window.
const WIDTH_IN_ROUNDINGS: f64 = 1e3;

/// How a claimed drift is to be compared with real steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// The point of a step that its mean is conditioned on.
    pub viewpoint: Viewpoint,
    /// Standard deviation `h` of the window, in units of `theta`.
    pub width: f64,
    /// Steps that share a pair of points, at least 1.
    pub steps: usize,
    /// Draws after which to stop whatever could be seen.
    pub draws: u64,
    /// Seed of everything random.
    pub seed: u64,
    /// Number of this point among several, which have streams of their own.
    pub point: u32,
    /// Points that are judged together, at least 1.
    pub points: u32,
    /// Probability of refusing any of the claims at these points although all are true.
    pub false_alarm: f64,
    /// Relative error that should be seen with probability 0.99 before the run stops.
    pub target: f64,
    /// Size of the added drift that should be seen where the claim is zero, per unit time; 0 where no noise is expected.
    /// If the window has noise all the same, an added drift of its natural size there should be seen.
    pub added: f64,
    /// Differences from the claim below this may be its rounding errors, per unit time.
    pub resolution: f64,
}

/// Why no comparison can be made.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SamplingError {
    /// The window has no width.
    #[error("the window is {found} wide; its standard deviation must be a positive finite number")]
    Width {
        /// What was given.
        found: f64,
    },
    /// The window has no width beside the rounding errors of the point.
    #[error(
        "the window is {found} wide, which is lost in the rounding errors of theta; it must be {needed} or wider"
    )]
    Narrow {
        /// What was given.
        found: f64,
        /// The least that would do.
        needed: f64,
    },
    /// A probability is not one.
    #[error("the {what} is {found}; it must be above 0 and below {below}")]
    Range {
        /// Which number.
        what: &'static str,
        /// What was given.
        found: f64,
        /// The bound.
        below: f64,
    },
    /// A size is not one.
    #[error("the {what} is {found}; it must be a finite number that is not negative")]
    Size {
        /// Which number.
        what: &'static str,
        /// What was given.
        found: f64,
    },
    /// Nothing is to be drawn.
    #[error("{what} is 0; at least 1 is needed")]
    Nothing {
        /// What there is none of.
        what: &'static str,
    },
    /// The claim has another number of components than the point.
    #[error("the claimed drift has {found} components, the point has {expected}")]
    ClaimLength {
        /// Components of the claim.
        found: usize,
        /// Components of the point.
        expected: usize,
    },
    /// An estimate is not a number.
    #[error(
        "draw {draw} of a block gave a number that is not finite; make the window or the learning rate smaller"
    )]
    NotFinite {
        /// Which draw of its block, counted from 0.
        draw: u64,
    },
}

impl Plan {
    /// Checks every number, for draws around `centre`.
    ///
    /// # Errors
    /// One of them is out of range, or the window is lost in the rounding errors of `centre`.
    pub fn check(&self, centre: &[f64]) -> Result<(), SamplingError> {
        if !(self.width > 0.0 && self.width.is_finite()) {
            return Err(SamplingError::Width { found: self.width });
        }
        let needed = WIDTH_IN_ROUNDINGS * f64::EPSILON * centre.iter().fold(0.0, |m: f64, t| m.max(t.abs()));
        if self.width < needed {
            return Err(SamplingError::Narrow { found: self.width, needed });
        }
        let ranges = [("false-alarm rate", self.false_alarm, 0.5), ("target", self.target, f64::MAX)];
        for (what, found, below) in ranges {
            if !(found > 0.0 && found < below) {
                return Err(SamplingError::Range { what, found, below });
            }
        }
        for (what, found) in [("size of the added drift", self.added), ("resolution", self.resolution)] {
            if !(found >= 0.0 && found.is_finite()) {
                return Err(SamplingError::Size { what, found });
            }
        }
        for (what, found) in [
            ("the number of steps a draw", self.steps as u64),
            ("the number of points", u64::from(self.points)),
            ("the number of draws", self.draws),
        ] {
            if found == 0 {
                return Err(SamplingError::Nothing { what });
            }
        }
        Ok(())
    }
}

/// One component of a comparison, per unit time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Component {
    /// `2 s` times the claimed `-div D`, averaged over the same draws of `theta`.
    pub claimed: f64,
    /// `A_s/dt`: the mean step seen from its source, midpoint or destination.
    pub conditional: Estimate,
    /// `(A_s - L_s)/dt`: what of it is of higher than first order in the noise's covariance.
    pub higher_orders: Estimate,
    /// `L_s/dt`: the rest, which the claim is about.
    pub first_order: Estimate,
    /// `L_s/dt` less the claim.
    pub difference: Estimate,
    /// The difference in standard errors, rounding errors among them.
    pub z: f64,
}

/// Why drawing ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// The target could be seen.
    Power,
    /// The cap on draws.
    Cap,
    /// The caller asked for it.
    Cancelled,
}

/// A claimed drift beside the drift of real steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Each component of `theta`.
    pub components: Vec<Component>,
    /// The test of all of them together; nothing if there were too few draws for one.
    pub vector: Option<VectorTest>,
    /// Draws: pairs of points with the steps looked at from both.
    pub draws: u64,
    /// Real steps, looked at from two points each.
    pub steps: u64,
    /// Root mean square of `|xi|` over the window.
    pub noise_rms: f64,
    /// Whether any step differed from the mean step by more than rounding errors.
    pub noise_seen: bool,
    /// Why drawing ended.
    pub stopped: Stopped,
    /// How it was done.
    pub plan: Plan,
}
