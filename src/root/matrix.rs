//! The root from the matrix alone, by its eigenvalues: cheaper, and good enough where it is well-conditioned.

use super::check::{finite, square};
use super::decomposition::{Origin, RankDecision, power_of_two_near};
use super::{RootError, RootOptions, SymmetricRoot};
use nalgebra::{DMatrix, SymmetricEigen};

/// The condition of `M` up to which a root from the matrix alone is as accurate as one from the factor.
///
/// From a matrix `dB` has an error of about `10 ε κ`, from a factor `1e-12 √κ` is promised: they meet at `κ = 2e5`.
pub const MATRIX_ROUTE_CONDITION: f64 = 1e5;

/// Asymmetry that rounding may leave, relative to the largest entry: far above rounding, far below a slip in a formula.
const SYMMETRY_TOLERANCE: f64 = 1e-10;

impl SymmetricRoot {
    /// The root of a matrix (`M`, d × d) of which no factor is known, by its eigenvalues.
    ///
    /// Eigenvalues below `64 ε √d` of the largest count as zero. Accuracy: `B` to a small multiple of `ε √κ`, and
    /// `√(ε)` in the worst case, where an eigenvalue that counts as zero was not. For a rank-deficient or
    /// ill-conditioned `M` use [`SymmetricRoot::from_factor`]; [`SymmetricRoot::from_matrix_or_factor`] chooses.
    ///
    /// # Errors
    ///
    /// [`RootError::Empty`], [`RootError::Shape`], [`RootError::NotFinite`], [`RootError::NotSymmetric`],
    /// [`RootError::NotPositive`], [`RootError::Option`], [`RootError::NoConvergence`].
    pub fn from_matrix(matrix: &DMatrix<f64>, options: RootOptions) -> Result<Self, RootError> {
        let dim = square("the matrix", matrix)?;
        finite("the matrix", matrix)?;
        check_symmetry(matrix)?;
        let tolerance = options.tolerance(dim)?;
        // An even power of two, so that its root is exact.
        let unit = power_of_two_near(matrix.amax().sqrt());
        let scaled = matrix.map(|entry| entry / unit / unit);
        let limit = 100 * dim;
        let eigen = SymmetricEigen::try_new((&scaled + scaled.transpose()) * 0.5, f64::EPSILON, limit);
        let eigen =
            eigen.ok_or(RootError::NoConvergence { what: "eigendecomposition", limit, unit: "steps" })?;
        let largest = eigen.eigenvalues.amax();
        let scale = options.scale()? / unit;
        // Of eigenvalues; the same of roots is its root.
        let cutoff = tolerance * largest.max(scale * scale);
        let smallest = eigen.eigenvalues.min();
        if smallest < -cutoff {
            return Err(RootError::NotPositive {
                eigenvalue: smallest * unit * unit,
                largest: largest * unit * unit,
            });
        }
        let roots: Vec<f64> = eigen.eigenvalues.iter().map(|l| l.max(0.0).sqrt() * unit).collect();
        let decision = RankDecision {
            origin: Origin::Matrix,
            tolerance,
            cutoff: cutoff.sqrt() * unit,
            bound: options.rank_bound(dim),
        };
        Ok(Self::new(eigen.eigenvectors, &roots, decision))
    }

    /// The cheaper of the two routes that keeps the accuracy of [`SymmetricRoot::from_factor`].
    ///
    /// `matrix` (`M`, d × d) decides alone where it has full rank and a condition of at most
    /// [`MATRIX_ROUTE_CONDITION`]; only otherwise is `factor` called, for `F` (d × m) with `F Fᵀ = M` (*trusted*).
    ///
    /// # Errors
    ///
    /// As [`SymmetricRoot::from_matrix`] and [`SymmetricRoot::from_factor`], except that a matrix which rounding made
    /// slightly indefinite is left to its factor.
    pub fn from_matrix_or_factor(
        matrix: &DMatrix<f64>,
        options: RootOptions,
        factor: impl FnOnce() -> DMatrix<f64>,
    ) -> Result<Self, RootError> {
        match Self::from_matrix(matrix, options) {
            Ok(root) if root.rank() == root.dim() && root.condition() <= MATRIX_ROUTE_CONDITION => Ok(root),
            Ok(_) | Err(RootError::NotPositive { .. }) => Self::from_factor(&factor(), options),
            Err(error) => Err(error),
        }
    }
}

/// `|M_ij - M_ji|` is rounding at most.
fn check_symmetry(matrix: &DMatrix<f64>) -> Result<(), RootError> {
    let allowed = SYMMETRY_TOLERANCE * matrix.amax();
    for column in 0..matrix.ncols() {
        for row in 0..column {
            let (upper, lower) = (matrix[(row, column)], matrix[(column, row)]);
            // halves, lest the difference overflow
            if (0.5 * upper - 0.5 * lower).abs() > 0.5 * allowed {
                return Err(RootError::NotSymmetric { row, column, upper, lower });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::dmatrix;

    fn from_matrix(matrix: &DMatrix<f64>) -> SymmetricRoot {
        SymmetricRoot::from_matrix(matrix, RootOptions::default()).unwrap()
    }

    /// The eigenvalues of `M` would take 1e-9 for rounding (its square is 1e-18): the lie that the factor catches.
    #[test]
    fn the_rank_is_that_of_the_factor_not_of_its_square() {
        let factor = dmatrix![1.0, 1.0; 0.0, 1e-9];
        let root = SymmetricRoot::from_factor(&factor, RootOptions::default()).unwrap();
        assert_eq!(root.rank(), 2, "the factor");
        assert_eq!(from_matrix(&(&factor * factor.transpose())).rank(), 1, "the lie");
    }

    #[test]
    fn the_factor_is_called_only_where_the_matrix_does_not_decide() {
        for (smallest, expect_call) in [(0.1, false), (1e-4, true), (0.0, true)] {
            let factor = dmatrix![1.0, 0.0; 0.0, smallest];
            let mut called = false;
            let matrix = &factor * factor.transpose();
            let root = SymmetricRoot::from_matrix_or_factor(&matrix, RootOptions::default(), || {
                called = true;
                factor.clone()
            });
            assert_eq!(called, expect_call, "smallest root {smallest}");
            assert!((root.unwrap().root() - factor).norm() <= 8.0 * f64::EPSILON, "diagonal");
        }
    }

    #[test]
    fn what_is_no_covariance_is_refused_by_place_and_value() {
        let root = |m: DMatrix<f64>| SymmetricRoot::from_matrix(&m, RootOptions::default()).unwrap_err();
        let error = root(dmatrix![1.0, 0.5; 0.25, 1.0]);
        assert_eq!(
            error,
            RootError::NotSymmetric { row: 0, column: 1, upper: 0.5, lower: 0.25 },
            "unsymmetric"
        );
        let error = root(dmatrix![1.0, 2.0; 2.0, 1.0]);
        assert!(matches!(error, RootError::NotPositive { eigenvalue, .. } if eigenvalue < -0.9), "{error}");
        let error = root(dmatrix![1.0, 0.0; f64::NAN, 1.0]);
        assert_eq!(error, RootError::NotFinite { what: "the matrix", row: 1, column: 0 }, "NaN");
        assert!(matches!(root(DMatrix::zeros(2, 3)), RootError::Shape { .. }), "not square");
        assert!(matches!(root(DMatrix::zeros(0, 0)), RootError::Empty { .. }), "empty");
        let error =
            SymmetricRoot::from_factor(&dmatrix![1.0, f64::INFINITY], RootOptions::default()).unwrap_err();
        assert_eq!(error, RootError::NotFinite { what: "the factor", row: 0, column: 1 }, "infinity");
        let tiny_negative = dmatrix![1.0, 0.0; 0.0, -1e-17];
        assert_eq!(from_matrix(&tiny_negative).rank(), 1, "rounding below zero is zero");
    }
}
