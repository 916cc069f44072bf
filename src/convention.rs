//! "Where?" has several meanings in a stochastic equation; each has a type of its own here.
//!
//! - [`Convention`]: where the noise amplitude `B` is evaluated along a step (math: the alpha family), or isothermal.
//! - [`Viewpoint`]: where a step is looked at: from its source, its midpoint or its destination.
//! - [`RatePoint`]: where the rate of a hop between lattice sites is evaluated.
//!
//! They are not interchangeable: the destination *rate* corresponds to alpha = 2, the destination *view* adds `-2 div D`
//! to the drift, and alpha = 1 adds `+S`.

use thiserror::Error;

/// Where the amplitude of `dtheta = b dt + B o dW` is evaluated.
///
/// With `S_i = B_jk d_j B_ik` the equation is the Ito equation with drift `mu = b + alpha S`; the isothermal one has
/// `mu = b + div D` instead, which is not alpha = 1 unless `S = div D`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum Convention {
    /// At the start of the step: alpha = 0.
    #[default]
    Ito,
    /// In the middle: alpha = 1/2.
    Stratonovich,
    /// At the end: alpha = 1.
    HaenggiKlimontovich,
    /// At `theta + alpha dtheta`.
    Alpha(Alpha),
    /// Drift `b + div D`: the flux is `b p - D grad p`.
    Isothermal,
}

/// A number from 0 to 1: how far along a step the amplitude is evaluated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alpha(f64);

/// The number is not from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error("alpha is {found}; it must be a number from 0 (Ito) to 1 (Haenggi-Klimontovich)")]
pub struct AlphaError {
    /// What was given.
    pub found: f64,
}

impl Alpha {
    /// Takes a number from 0 to 1.
    ///
    /// # Errors
    /// It is not.
    pub fn new(alpha: f64) -> Result<Self, AlphaError> {
        if (0.0..=1.0).contains(&alpha) { Ok(Self(alpha)) } else { Err(AlphaError { found: alpha }) }
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

impl Convention {
    /// alpha, unless the convention is isothermal.
    #[must_use]
    pub fn alpha(self) -> Option<f64> {
        match self {
            Self::Ito => Some(0.0),
            Self::Stratonovich => Some(0.5),
            Self::HaenggiKlimontovich => Some(1.0),
            Self::Alpha(alpha) => Some(alpha.0),
            Self::Isothermal => None,
        }
    }
}

/// The point of a step on which its mean is conditioned, the density being flat.
///
/// To first order in the step's variance the mean is `mu - 2 s div D` per unit time, with `s` = 0, 1/2, 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Viewpoint {
    /// Where the step starts: `mu`.
    Source,
    /// Half way: `mu - div D`, the drift of the probability current.
    #[default]
    Midpoint,
    /// Where the step ends: `mu - 2 div D`.
    Destination,
}

impl Viewpoint {
    /// `s`: the fraction of the step behind the point.
    #[must_use]
    pub fn fraction(self) -> f64 {
        match self {
            Self::Source => 0.0,
            Self::Midpoint => 0.5,
            Self::Destination => 1.0,
        }
    }
}

/// Where between two sites, `a` apart, the rate `D/a^2` of a hop is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RatePoint {
    /// At the site that is left: steady state `p ~ 1/D`.
    Source,
    /// Half way: steady state uniform.
    Bond,
    /// At the site that is reached: steady state `p ~ D`.
    Destination,
}

impl RatePoint {
    /// The convention parameter with the same continuum limit, `alpha = 2 s`: 0, 1 or 2.
    #[must_use]
    pub fn alpha(self) -> f64 {
        match self {
            Self::Source => 0.0,
            Self::Bond => 1.0,
            Self::Destination => 2.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alpha_is_kept_within_its_range() {
        assert_eq!(Convention::Alpha(Alpha::new(0.25).unwrap()).alpha(), Some(0.25), "in range");
        for found in [-0.1, 1.1, f64::INFINITY] {
            assert_eq!(Alpha::new(found), Err(AlphaError { found }), "out of range");
        }
        assert!(Alpha::new(f64::NAN).is_err(), "NaN");
    }

    #[test]
    fn a_destination_rate_is_not_alpha_one() {
        assert!(RatePoint::Destination.alpha() > 1.5, "alpha = 2 s");
        assert_eq!(Convention::HaenggiKlimontovich.alpha(), Some(1.0), "alpha = 1");
    }
}
