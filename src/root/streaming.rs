//! The differentiability test on columns that come one sample at a time.

use super::check::{shape, size};
use super::differentiability::Worst;
use super::{DifferentiableRoot, RootError, SymmetricRoot};
use nalgebra::{DMatrix, DVector};

/// Samples whose contributions are summed by one matrix product, at most.
const BLOCK: usize = 32;

/// Numbers that a block of samples may hold (32 MiB of them): where d d0 is large a block has fewer samples.
const BLOCK_NUMBERS: usize = 1 << 22;

/// One column of the factor and its derivatives, for the caller to fill in.
#[derive(Debug, Clone)]
pub struct SampleColumn {
    /// `F_ia` over i (d).
    pub column: DVector<f64>,
    /// `dF[k]_ia U0_ip` summed over i: row k a direction, column p a null vector (directions × d0).
    ///
    /// For gradient noise, `F_·a = w (g_a - G)`: `w (H_a - Hbar) U0`, one Hessian-vector product a null vector.
    pub derivative: DMatrix<f64>,
}

impl SymmetricRoot {
    /// The root as differentiable, if it is, by columns of its factor and of the derivatives, one sample at a time.
    ///
    /// `fill(a, U0, out)` writes column `a` (of `samples`) of the factor and of its derivatives times the null vectors
    /// `U0` (d × d0) into `out`; it is called twice for every sample where the rank is above 0, once where it is 0, in
    /// order, and must give the same values both times (*trusted*). Directions are the d coordinates. `scale` is the
    /// Frobenius norm of a whole `dF[k]` before anything was subtracted from it, or a bound for all k: it cannot be
    /// seen from the part in the null space, and the tolerance rests on it. Memory: `8 d d0 r` bytes and a block of at
    /// most 32 samples. Where no test is needed, `fill` is not called.
    ///
    /// # Errors
    ///
    /// As [`SymmetricRoot::differentiable_along`]; the column of [`RootError::NotFinite`] is the sample, its row the
    /// component, or the direction.
    pub fn differentiable_streaming(
        &self,
        samples: usize,
        scale: f64,
        mut fill: impl FnMut(usize, &DMatrix<f64>, &mut SampleColumn),
    ) -> Result<DifferentiableRoot, RootError> {
        size("the scale of the derivative", scale)?;
        if self.needs_no_test()? {
            return self.differentiable();
        }
        let mut blocks = Blocks::new(self, samples);
        // T = E V, one row a (direction, null vector), one column a range vector
        let mut along = DMatrix::zeros(blocks.projected.nrows(), self.rank());
        if self.rank() > 0 {
            blocks.for_each(&mut fill, |projected, right| {
                along.gemm(1.0, projected, &right.transpose(), 1.0)
            })?;
        }
        let dim = self.dim();
        let mut squares = vec![0.0; dim];
        blocks.for_each(&mut fill, |projected, right| {
            projected.gemm(-1.0, &along, right, 1.0);
            for column in projected.column_iter() {
                // vec of (directions × d0): the direction is the fast index
                column.iter().enumerate().for_each(|(place, e)| squares[place % dim] += e * e);
            }
        })?;
        let mut verdict = Worst::default();
        for (direction, square) in squares.iter().enumerate() {
            verdict.see(direction, square.sqrt(), self.test_tolerance(scale));
        }
        verdict.conclude(self)
    }
}

/// The samples in blocks: `E` flattened (d d0 × block) and `Vᵀ` (r × block).
struct Blocks {
    null: DMatrix<f64>,
    projector: DMatrix<f64>,
    samples: usize,
    sample: SampleColumn,
    columns: DMatrix<f64>,
    projected: DMatrix<f64>,
}

impl Blocks {
    fn new(root: &SymmetricRoot, samples: usize) -> Self {
        let (dim, null) = (root.dim(), root.null_vectors());
        let nullity = null.ncols();
        let width = (BLOCK_NUMBERS / (dim * nullity).max(1)).clamp(1, BLOCK).min(samples);
        Self {
            null,
            projector: root.range_projector(),
            samples,
            sample: SampleColumn { column: DVector::zeros(dim), derivative: DMatrix::zeros(dim, nullity) },
            columns: DMatrix::zeros(dim, width),
            projected: DMatrix::zeros(dim * nullity, width),
        }
    }

    /// Calls `take(E, Vᵀ)` for each block; a last block that is not full is padded with zeros.
    fn for_each(
        &mut self,
        fill: &mut impl FnMut(usize, &DMatrix<f64>, &mut SampleColumn),
        mut take: impl FnMut(&mut DMatrix<f64>, &DMatrix<f64>),
    ) -> Result<(), RootError> {
        let width = self.columns.ncols();
        for start in (0..self.samples).step_by(width.max(1)) {
            self.columns.fill(0.0);
            self.projected.fill(0.0);
            for place in 0..width.min(self.samples - start) {
                self.load(start + place, place, fill)?;
            }
            let right = &self.projector * &self.columns;
            take(&mut self.projected, &right);
        }
        Ok(())
    }

    fn load(
        &mut self,
        sample: usize,
        place: usize,
        fill: &mut impl FnMut(usize, &DMatrix<f64>, &mut SampleColumn),
    ) -> Result<(), RootError> {
        let (dim, nullity) = self.null.shape();
        self.sample.column.fill(0.0);
        self.sample.derivative.fill(0.0);
        fill(sample, &self.null, &mut self.sample);
        // the fields are public: a caller may have put in a matrix of another shape
        let length = self.sample.column.len();
        shape("the column of the factor", &DMatrix::<f64>::zeros(length, 1), dim, 1)?;
        shape("the derivative of the column", &self.sample.derivative, dim, nullity)?;
        let bad = |what, row| RootError::NotFinite { what, row, column: sample };
        if let Some(row) = self.sample.column.iter().position(|x| !x.is_finite()) {
            return Err(bad("the factor", row));
        }
        if let Some(row) = self.sample.derivative.iter().position(|x| !x.is_finite()) {
            return Err(bad("the derivative of the factor", row % dim));
        }
        self.columns.column_mut(place).copy_from(&self.sample.column);
        self.projected.column_mut(place).copy_from_slice(self.sample.derivative.as_slice());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::RootOptions;
    use super::*;

    #[test]
    fn columns_that_do_not_fit_are_refused_by_sample() {
        let factor = DMatrix::from_element(2, 5, 1.0);
        let root = SymmetricRoot::from_factor(&factor, RootOptions::default()).unwrap();
        let error = root.differentiable_streaming(5, 1.0, |a, _, out| {
            out.column.fill(1.0);
            out.derivative[(1, 0)] = if a == 3 { f64::NAN } else { 0.0 };
        });
        let expected = RootError::NotFinite { what: "the derivative of the factor", row: 1, column: 3 };
        assert_eq!(error.unwrap_err(), expected, "direction 1 of sample 3");
        let error = root.differentiable_streaming(5, 1.0, |_, _, out| out.column = DVector::zeros(3));
        assert!(matches!(error, Err(RootError::Shape { .. })), "another dimension");
        let none = |_: usize, _: &DMatrix<f64>, _: &mut SampleColumn| ();
        assert!(root.differentiable_streaming(5, f64::NAN, none).is_err(), "scale");
        assert!(root.differentiable_along(&factor, &[DMatrix::zeros(2, 4)], 0.0).is_err(), "shape");
    }
}
