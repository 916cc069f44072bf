//! The factor, block of columns by block of columns, reduced to a triangle as it comes.
//!
//! `F Fᵀ = L Lᵀ` with `L` (d × d, lower triangular) from the QR decomposition `Fᵀ = Q Lᵀ`: orthogonal steps only, so
//! the singular values of `L` are those of `F` up to rounding of `F`. Memory is d², whatever the number of columns.

use super::check::{finite_by, shape};
use super::decomposition::power_of_two_near;
use super::{RootError, RootOptions, SymmetricRoot};
use nalgebra::DMatrix;

/// Collects a factor `F` (d × m, `M = F Fᵀ`) that does not fit in memory, a block of columns at a time.
///
/// Costs `2 m d²` operations in all and keeps a d × d triangle. The result depends on the order of the blocks in the
/// last bits only. Two streams are joined by [`FactorStream::merge`].
#[derive(Debug, Clone)]
pub struct FactorStream {
    /// `R` (d × d, upper triangular), `Rᵀ R = F Fᵀ / unit²`.
    triangle: DMatrix<f64>,
    /// A power of two near the first nonzero entry, so that no square over- or underflows; `None` while all are 0.
    unit: Option<f64>,
    samples: usize,
}

impl FactorStream {
    /// An empty stream: `M = 0` of dimension `dim`.
    ///
    /// # Errors
    ///
    /// [`RootError::Empty`] for `dim = 0`.
    pub fn new(dim: usize) -> Result<Self, RootError> {
        if dim == 0 {
            return Err(RootError::Empty { what: "the factor" });
        }
        Ok(Self { triangle: DMatrix::zeros(dim, dim), unit: None, samples: 0 })
    }

    /// The number of columns taken so far.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Takes the next columns: `block` is d × k, any k; blocks of about d columns or more are cheapest.
    ///
    /// # Errors
    ///
    /// [`RootError::Shape`]; [`RootError::NotFinite`] with the column counted from the start of the stream. Neither
    /// changes the stream.
    pub fn push(&mut self, block: &DMatrix<f64>) -> Result<(), RootError> {
        shape("the block of columns", block, self.triangle.nrows(), block.ncols())?;
        finite_by("the block of columns", block, |entry| entry.is_finite())
            .map_err(|error| self.shifted(error))?;
        self.samples += block.ncols();
        let largest = block.amax();
        if largest > 0.0 {
            let unit = *self.unit.get_or_insert_with(|| power_of_two_near(largest));
            eliminate(&mut self.triangle, block.transpose() / unit);
        }
        Ok(())
    }

    /// Takes the columns of another stream after its own.
    ///
    /// # Errors
    ///
    /// [`RootError::Shape`] for another dimension, [`RootError::NotFinite`] on overflow.
    pub fn merge(&mut self, other: &Self) -> Result<(), RootError> {
        let samples = self.samples;
        self.push(&other.factor())?;
        self.samples = samples + other.samples;
        Ok(())
    }

    /// A factor (d × d, lower triangular) with the same `F Fᵀ` and the same singular values.
    #[must_use]
    pub fn factor(&self) -> DMatrix<f64> {
        self.triangle.transpose() * self.unit.unwrap_or(1.0)
    }

    /// The root of `M = F Fᵀ` of all columns so far; as [`SymmetricRoot::from_factor`]. Tolerance and bound of the
    /// rank follow from the true number of columns.
    ///
    /// # Errors
    ///
    /// As [`SymmetricRoot::from_factor`]; [`RootError::NotFinite`] where sums of squares overflowed.
    pub fn root(&self, options: RootOptions) -> Result<SymmetricRoot, RootError> {
        SymmetricRoot::from_reduced(&self.factor(), self.samples, options)
    }

    fn shifted(&self, error: RootError) -> RootError {
        if let RootError::NotFinite { what, row, column } = error {
            return RootError::NotFinite { what, row, column: column + self.samples };
        }
        error
    }
}

/// `R` of the QR decomposition of `R` stacked on `rows` (k × d), by Householder reflections that spare the zeros of `R`.
///
/// For column j, `x = (R_jj, rows_·j)`, `a = -sign(R_jj) |x|`, `v = x - a e_1`:
/// every later column `y = (R_jc, rows_·c)` becomes `y - v (v·y)/(|x| (|x| + |R_jj|))`, and `x` becomes `a e_1`.
fn eliminate(triangle: &mut DMatrix<f64>, mut rows: DMatrix<f64>) {
    for j in 0..triangle.ncols() {
        let below = rows.column(j).clone_owned();
        let top = triangle[(j, j)];
        let length = below.norm().hypot(top);
        if length <= top.abs() {
            continue;
        }
        let end = -length.copysign(top);
        let first = top - end;
        triangle[(j, j)] = end;
        for c in j + 1..triangle.ncols() {
            let product = first * triangle[(j, c)] + below.dot(&rows.column(c));
            let step = -product / (length * (length + top.abs()));
            triangle[(j, c)] += step * first;
            rows.column_mut(c).axpy(step, &below, 1.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::specimen::Random;
    use super::*;

    /// `L Lᵀ = F Fᵀ` to 8 ε √m |F|² (a sum of m products), however the columns are cut into blocks.
    #[test]
    fn blocks_of_any_size_give_the_same_product() {
        let factor = Random::new(3).matrix(4, 23);
        let product = &factor * factor.transpose();
        let bound = 8.0 * f64::EPSILON * 23.0_f64.sqrt() * factor.norm_squared();
        for size in [1, 2, 5, 23] {
            let mut stream = FactorStream::new(4).unwrap();
            for start in (0..23).step_by(size) {
                let width = size.min(23 - start);
                stream.push(&factor.columns(start, width).clone_owned()).unwrap();
            }
            let lower = stream.factor();
            assert!((&lower * lower.transpose() - &product).norm() <= bound, "blocks of {size}");
            assert_eq!(stream.samples(), 23, "all columns were counted");
            assert!((0..4).all(|j| (0..j).all(|i| lower[(i, j)] == 0.0)), "lower triangular");
        }
    }

    #[test]
    fn merging_is_pushing() {
        let factor = Random::new(4).matrix(3, 10);
        let (mut left, mut right) = (FactorStream::new(3).unwrap(), FactorStream::new(3).unwrap());
        left.push(&factor.columns(0, 6).clone_owned()).unwrap();
        right.push(&factor.columns(6, 4).clone_owned()).unwrap();
        left.merge(&right).unwrap();
        let product = &factor * factor.transpose();
        let lower = left.factor();
        assert!(
            (&lower * lower.transpose() - product).norm() <= 32.0 * f64::EPSILON * factor.norm_squared(),
            "merged"
        );
        assert_eq!(left.samples(), 10, "the columns of both");
    }

    /// Squares of 1e-200 and 1e200 are out of range; the unit keeps them in it. The singular value is |F| = 5.
    #[test]
    fn huge_and_tiny_columns_keep_their_singular_values() {
        for scale in [1e-200, 1.0, 1e200] {
            let mut stream = FactorStream::new(1).unwrap();
            stream.push(&DMatrix::zeros(1, 2)).unwrap();
            stream.push(&DMatrix::from_row_slice(1, 2, &[3.0 * scale, 4.0 * scale])).unwrap();
            let found = stream.factor()[(0, 0)].abs();
            assert!((found / scale - 5.0).abs() <= 8.0 * f64::EPSILON * 5.0, "{found} at {scale}");
        }
    }

    #[test]
    fn the_bad_column_is_counted_from_the_start_of_the_stream() {
        let mut stream = FactorStream::new(2).unwrap();
        stream.push(&DMatrix::zeros(2, 5)).unwrap();
        let mut block = DMatrix::zeros(2, 3);
        block[(1, 2)] = f64::NAN;
        let error = stream.push(&block).unwrap_err();
        let expected = RootError::NotFinite { what: "the block of columns", row: 1, column: 7 };
        assert_eq!(error, expected, "column 7 of the stream");
        assert_eq!(stream.samples(), 5, "a refused block leaves the stream as it was");
        assert!(stream.push(&DMatrix::zeros(3, 1)).is_err(), "wrong dimension");
        assert!(FactorStream::new(0).is_err(), "no dimension");
    }
}
