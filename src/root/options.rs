//! How the rank of a factor or a matrix is decided.

use super::RootError;
use super::check::{count, size};

/// Relative rank tolerance per `√(larger dimension)`: singular values below `64 ε √max(d, m)` of the scale are zero.
///
/// Gradients carry a few to a few tens of `ε` each, errors of sums over m samples grow like `√m`. Doubling it doubles
/// the error of `dB` that the differentiability test lets through.
const RANK_TOLERANCE: f64 = 64.0 * f64::EPSILON;

/// How the rank is decided. The default suits a factor whose columns were not computed by cancellation.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RootOptions {
    scale: Option<f64>,
    rank_bound: Option<usize>,
    relative_tolerance: Option<f64>,
}

impl RootOptions {
    /// The size of what the factor was computed from, in units of the factor (finite, at least 0).
    ///
    /// For gradient noise, `F = w [g_1 - G, ..., g_N - G]`, give `w` times the Frobenius norm of `[g_1, ..., g_N]`:
    /// equal gradients leave differences of 1e-17 where 0 is meant, which are small beside that and nothing else.
    #[must_use]
    pub fn with_scale(mut self, scale: f64) -> Self {
        self.scale = Some(scale);
        self
    }

    /// The largest rank that `F` can have at this point or near it. *Trusted*; `min(d, m)` unless given.
    ///
    /// For centred gradients `min(d, N - 1)`. Where the rank equals it no further test is needed.
    #[must_use]
    pub fn with_rank_bound(mut self, bound: usize) -> Self {
        self.rank_bound = Some(bound);
        self
    }

    /// Singular values below this times the scale count as zero (above 0, below 1e-3).
    ///
    /// Unless given: `64 ε √max(d, m)` for a factor. For a matrix it applies to eigenvalues, `64 ε √d` unless given.
    #[must_use]
    pub fn with_relative_tolerance(mut self, tolerance: f64) -> Self {
        self.relative_tolerance = Some(tolerance);
        self
    }

    /// The relative tolerance, for a factor or matrix whose larger dimension is given.
    pub(super) fn tolerance(&self, larger_dimension: usize) -> Result<f64, RootError> {
        let tolerance =
            self.relative_tolerance.unwrap_or(RANK_TOLERANCE * count(larger_dimension.max(1)).sqrt());
        if tolerance > 0.0 && tolerance < 1e-3 {
            return Ok(tolerance);
        }
        Err(RootError::Option {
            what: "the relative rank tolerance",
            value: tolerance,
            expected: "a number above 0 and below 1e-3",
        })
    }

    /// The scale, 0 unless given.
    pub(super) fn scale(&self) -> Result<f64, RootError> {
        let scale = self.scale.unwrap_or(0.0);
        size("the scale of the factor", scale)?;
        Ok(scale)
    }

    /// The bound on the rank, `largest` unless given a lower one.
    pub(super) fn rank_bound(&self, largest: usize) -> usize {
        self.rank_bound.map_or(largest, |bound| bound.min(largest))
    }
}

#[cfg(test)]
mod tests {
    use super::super::SymmetricRoot;
    use super::*;
    use nalgebra::dmatrix;

    #[test]
    fn options_outside_their_domain_are_refused() {
        let f = dmatrix![1.0];
        for scale in [-1.0, f64::NAN, f64::INFINITY] {
            assert!(
                SymmetricRoot::from_factor(&f, RootOptions::default().with_scale(scale)).is_err(),
                "{scale}"
            );
        }
        for tolerance in [0.0, -1.0, f64::NAN, 0.5] {
            let options = RootOptions::default().with_relative_tolerance(tolerance);
            assert!(SymmetricRoot::from_factor(&f, options).is_err(), "tolerance {tolerance}");
        }
    }
}
