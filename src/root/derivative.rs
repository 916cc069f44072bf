//! The derivative of the root along a direction, where it exists.

use super::check::{finite, shape};
use super::{Differentiability, RootError, SymmetricRoot};
use nalgebra::DMatrix;

/// A root that passed the differentiability test. Only the test makes one, so its derivatives exist.
#[derive(Debug, Clone)]
pub struct DifferentiableRoot {
    root: SymmetricRoot,
    reason: Differentiability,
}

impl DifferentiableRoot {
    pub(super) fn new(root: SymmetricRoot, reason: Differentiability) -> Self {
        Self { root, reason }
    }

    /// The root itself.
    #[must_use]
    pub fn symmetric_root(&self) -> &SymmetricRoot {
        &self.root
    }

    /// Why it is differentiable.
    #[must_use]
    pub fn differentiability(&self) -> Differentiability {
        self.reason
    }

    /// The derivative of the root (`dB`, d × d, symmetric) along the direction in which that of `M` is `dm` (`dM`).
    ///
    /// Of `dM` the symmetric part is used, and not its null-null block, which is 0 for the derivative of any
    /// positive semidefinite family (both *trusted*). Accuracy: `ε √κ` times a small multiple of `|F| |dF|/s_min`
    /// from a factor, `ε κ` from a matrix.
    ///
    /// # Errors
    ///
    /// [`RootError::Shape`], [`RootError::NotFinite`] (of `dM`, or of `dB` where it overflows).
    pub fn derivative(&self, dm: &DMatrix<f64>) -> Result<DMatrix<f64>, RootError> {
        let dim = self.root.dim();
        shape("the derivative of the matrix", dm, dim, dim)?;
        finite("the derivative of the matrix", dm)?;
        let u = self.root.vectors();
        let mut inner = u.transpose() * dm * u;
        inner = (&inner + inner.transpose()) * 0.5;
        divide_by_sums(&mut inner, &self.root);
        let derivative = u * inner * u.transpose();
        let derivative = (&derivative + derivative.transpose()) * 0.5;
        finite("the derivative of the root", &derivative)?;
        Ok(derivative)
    }

    /// The derivatives of the root along all directions (`dB[k]`, d × d each) from those of `M` (`dM[k]`).
    ///
    /// # Errors
    ///
    /// As [`DifferentiableRoot::derivative`].
    pub fn derivatives(&self, dms: &[DMatrix<f64>]) -> Result<Vec<DMatrix<f64>>, RootError> {
        dms.iter().map(|dm| self.derivative(dm)).collect()
    }
}

/// In the eigenbasis: `X_ij` becomes `X_ij/(s_i + s_j)`, and 0 where both roots are 0.
fn divide_by_sums(inner: &mut DMatrix<f64>, root: &SymmetricRoot) {
    let s = root.roots();
    for j in 0..s.len() {
        for i in 0..s.len() {
            inner[(i, j)] = if i.min(j) < root.rank() { inner[(i, j)] / (s[i] + s[j]) } else { 0.0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::RootOptions;
    use super::super::specimen::Random;
    use super::*;
    use nalgebra::{DVector, dmatrix};

    fn full_rank(matrix: &DMatrix<f64>) -> DifferentiableRoot {
        SymmetricRoot::from_matrix(matrix, RootOptions::default()).unwrap().differentiable().unwrap()
    }

    /// `M = [[a, t], [t, 1]]` at t = 0: `dB_12 = 1/(√a + 1)`, the diagonal 0. Dual numbers
    /// through an eigendecomposition give 0 or NaN; dividing by the eigenvalues (the lie) gives 1/5; both are refuted.
    #[test]
    fn two_by_two_diagonal_4_1_has_slope_one_third() {
        let slope =
            full_rank(&dmatrix![4.0, 0.0; 0.0, 1.0]).derivative(&dmatrix![0.0, 1.0; 1.0, 0.0]).unwrap();
        let expected = dmatrix![0.0, 1.0; 1.0, 0.0] / 3.0;
        assert!((slope - expected).amax() <= 2.0 * f64::EPSILON, "1/3, not 1/5");
    }

    #[test]
    fn two_by_two_diagonal_1_1_has_slope_one_half() {
        let slope =
            full_rank(&dmatrix![1.0, 0.0; 0.0, 1.0]).derivative(&dmatrix![0.0, 1.0; 1.0, 0.0]).unwrap();
        let expected = dmatrix![0.0, 1.0; 1.0, 0.0] / 2.0;
        assert!((slope - expected).amax() <= 2.0 * f64::EPSILON, "1/2, although the eigenvalues coincide");
    }

    /// `M = diag(x²)`: the diagonal of `dB` is `dM/(2 x)`; half of that, or twice, is a lie.
    #[test]
    fn the_diagonal_is_divided_by_twice_the_root() {
        let slope =
            full_rank(&dmatrix![9.0, 0.0; 0.0, 25.0]).derivative(&dmatrix![6.0, 0.0; 0.0, 10.0]).unwrap();
        assert!((slope - dmatrix![1.0, 0.0; 0.0, 1.0]).amax() <= 4.0 * f64::EPSILON, "d√(x²) = dx");
    }

    /// Pollen, `M = θ_1 I`: `B = √θ_1 I`, `dB[1] = I/(2 √θ_1)`, `dB[2] = 0`.
    #[test]
    fn pollen_has_a_multiple_of_the_identity() {
        let root = full_rank(&(DMatrix::identity(2, 2) * 4.0));
        let dms = [DMatrix::identity(2, 2), DMatrix::zeros(2, 2)];
        let db = root.derivatives(&dms).unwrap();
        assert!((&db[0] - DMatrix::identity(2, 2) * 0.25).amax() <= f64::EPSILON, "1/(2 √4)");
        assert_eq!(db[1], DMatrix::zeros(2, 2), "exactly zero");
        assert_eq!(root.differentiability(), Differentiability::FullRank, "and the reason is named");
    }

    /// Choose `S` and `S'`; `M = S²`, `M' = S S' + S' S`; the answer is `S'`. As a factor `F = S`, `dM` carries a
    /// rounding of `ε |S| |S'|`, divided by `2 s_min`: 32 ε √κ |S'| for d = 6.
    #[test]
    fn the_chosen_derivative_comes_back_down_the_ladder_of_conditions() {
        let mut random = Random::new(21);
        for exponent in 0..9 {
            let smallest = 0.1_f64.powi(exponent);
            let s = random.with_eigenvalues(&[1.0, 1.0, 1.0, 0.5, 3.0 * smallest, smallest]);
            let ds = random.symmetric(6);
            let dm = &s * &ds + &ds * &s;
            let root =
                SymmetricRoot::from_factor(&s, RootOptions::default()).unwrap().differentiable().unwrap();
            let error = (root.derivative(&dm).unwrap() - &ds).norm();
            let bound = 32.0 * f64::EPSILON / smallest * ds.norm();
            assert!(error <= bound, "1e-{exponent}: {error} > {bound}");
            assert!(bound <= 1e-12 / smallest * ds.norm(), "the promise is kept: 1e-12 √κ");
        }
    }

    /// The same at constant rank: `S(t) = e^{tA} diag(s(t), 0) e^{-tA}`, so `S' = diag(s') + A S - S A`.
    #[test]
    fn at_constant_rank_the_null_null_block_is_zero() {
        let mut random = Random::new(22);
        let q = random.orthogonal(5);
        let s = DMatrix::from_diagonal(&DVector::from_column_slice(&[2.0, 1.0, 1.0, 0.0, 0.0]));
        let ds = DMatrix::from_diagonal(&DVector::from_column_slice(&[0.3, -0.7, 0.2, 0.0, 0.0]));
        let a = random.matrix(5, 5);
        let a = &a - a.transpose();
        let ds = &q * (ds + &a * &s - &s * &a) * q.transpose();
        let s = &q * s * q.transpose();
        let root = SymmetricRoot::from_factor(&s, RootOptions::default()).unwrap();
        let root = root.differentiable_along(&s, std::slice::from_ref(&ds), 0.0).unwrap();
        assert_eq!(root.differentiability(), Differentiability::ConstantRank, "rank 3 along this curve");
        let dm = &s * &ds + &ds * &s;
        let error = (root.derivative(&dm).unwrap() - &ds).norm();
        // √κ = 2
        assert!(error <= 64.0 * f64::EPSILON * ds.norm(), "off by {error}");
    }

    #[test]
    fn derivatives_that_do_not_fit_are_refused() {
        let root = full_rank(&DMatrix::identity(2, 2));
        assert!(root.derivative(&DMatrix::zeros(3, 3)).is_err(), "shape");
        let error = root.derivative(&dmatrix![0.0, 0.0; f64::NAN, 0.0]).unwrap_err();
        assert!(matches!(error, RootError::NotFinite { row: 1, column: 0, .. }), "{error}");
        let tiny = full_rank(&dmatrix![1e-300]);
        let error = tiny.derivative(&dmatrix![1e300]).unwrap_err();
        assert!(matches!(error, RootError::NotFinite { what: "the derivative of the root", .. }), "{error}");
    }
}
