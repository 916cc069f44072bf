//! Matrices for the tests of this module: reproducible, with planted answers.

use nalgebra::DMatrix;

/// A small reproducible generator (`SplitMix64`): tests here need variety, not statistics.
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Uniform on [-1, 1), a multiple of 2^-31: exact in f64 and in short products.
    pub(super) fn number(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let top = u32::try_from((z ^ (z >> 31)) >> 32).unwrap();
        f64::from(top) / 2.0_f64.powi(31) - 1.0
    }

    pub(super) fn matrix(&mut self, rows: usize, columns: usize) -> DMatrix<f64> {
        DMatrix::from_fn(rows, columns, |_, _| self.number())
    }

    pub(super) fn symmetric(&mut self, dim: usize) -> DMatrix<f64> {
        let a = self.matrix(dim, dim);
        (&a + a.transpose()) * 0.5
    }

    pub(super) fn orthogonal(&mut self, dim: usize) -> DMatrix<f64> {
        self.matrix(dim, dim).qr().q()
    }

    /// Symmetric with the given eigenvalues, in a random basis.
    pub(super) fn with_eigenvalues(&mut self, eigenvalues: &[f64]) -> DMatrix<f64> {
        let q = self.orthogonal(eigenvalues.len());
        let middle = DMatrix::from_diagonal(&nalgebra::DVector::from_column_slice(eigenvalues));
        let a = &q * middle * q.transpose();
        (&a + a.transpose()) * 0.5
    }
}
