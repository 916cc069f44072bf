//! Singular values and left singular vectors of a factor, accurate to rounding of the *factor*.
//!
//! For `A` (p × d, the factor transposed) it finds an orthogonal `Q` (d × d) with `A Q` of orthogonal columns; their
//! norms are the singular values `s`. Forming `AᵀA` loses every `s` below `√ε s_max`; here it only serves to guess
//! `Q`, and what it got wrong is put right by rotating pairs of columns of `A Q` until they are orthogonal (one-sided
//! Jacobi, Hestenes 1958; the guess before it and the order of the columns follow Drmač and Veselić 2008, except that
//! they precondition by a pivoted QR decomposition).

use super::RootError;
use super::check::count;
use nalgebra::{DMatrix, SymmetricEigen};

/// Sweeps over all pairs of columns before giving up. One to three suffice after a good guess, about ten without it.
const SWEEP_LIMIT: usize = 60;

/// Iterations of the guess per row of the matrix before it is given up; two are usual.
const GUESS_LIMIT_PER_ROW: usize = 60;

/// `A Q` has orthogonal columns; `norms` are their lengths, in the order of the columns of `vectors` (not sorted).
#[derive(Debug)]
pub(super) struct OrthogonalColumns {
    /// `Q` (d × d, orthogonal).
    pub(super) vectors: DMatrix<f64>,
    /// Lengths of the columns of `A Q` (d of them).
    pub(super) norms: Vec<f64>,
}

/// `Q` orthogonal with `A Q` of orthogonal columns, up to rounding.
///
/// `a` (p × d, d ≥ 1, finite, largest entry of order 1). The singular values are accurate to a small multiple of
/// `ε √d s_max` each; the vectors are those of a matrix that differs from `a` by no more.
pub(super) fn orthogonalise(a: &DMatrix<f64>) -> Result<OrthogonalColumns, RootError> {
    let mut vectors = guess(a);
    let mut columns = a * &vectors;
    for _ in 0..SWEEP_LIMIT {
        sort_columns(&mut columns, &mut vectors);
        if !sweep(&mut columns, &mut vectors) {
            let norms = columns.column_iter().map(|column| column.norm()).collect();
            return Ok(OrthogonalColumns { vectors, norms });
        }
    }
    Err(RootError::NoConvergence { what: "one-sided Jacobi iteration", limit: SWEEP_LIMIT, unit: "sweeps" })
}

/// Eigenvectors of `AᵀA`, or the identity should they not be found: a guess only, so that nothing rests on it.
fn guess(a: &DMatrix<f64>) -> DMatrix<f64> {
    let dim = a.ncols();
    SymmetricEigen::try_new(a.transpose() * a, f64::EPSILON, GUESS_LIMIT_PER_ROW * dim)
        .map_or_else(|| DMatrix::identity(dim, dim), |eigen| eigen.eigenvectors)
}

/// Longest column first, in both matrices alike: the rotations then converge from the large to the small.
fn sort_columns(columns: &mut DMatrix<f64>, vectors: &mut DMatrix<f64>) {
    let norms: Vec<f64> = columns.column_iter().map(|column| column.norm_squared()).collect();
    let mut order: Vec<usize> = (0..norms.len()).collect();
    order.sort_by(|&i, &j| norms[j].total_cmp(&norms[i]));
    *columns = columns.select_columns(&order);
    *vectors = vectors.select_columns(&order);
}

/// Rotates every pair of columns that is not orthogonal; whether there was one.
///
/// A pair `x, y` (`|x| ≥ |y|`) is orthogonal if `|x·y|/|x| ≤ max(4 ε √p |y|, ε s_max)`, p the length of a column: the
/// left side is the part of `y` along `x`; the first bound is the rounding of `x·y`, the second that of the matrix.
fn sweep(columns: &mut DMatrix<f64>, vectors: &mut DMatrix<f64>) -> bool {
    let mut norms: Vec<f64> = columns.column_iter().map(|column| column.norm()).collect();
    let largest = norms.iter().copied().fold(0.0, f64::max);
    let delta = 4.0 * f64::EPSILON * count(columns.nrows().max(1)).sqrt();
    let mut rotated = false;
    for i in 0..columns.ncols() {
        for j in i + 1..columns.ncols() {
            let product = columns.column(i).dot(&columns.column(j));
            let (long, short) = (norms[i].max(norms[j]), norms[i].min(norms[j]));
            if product.abs() <= long * (delta * short).max(f64::EPSILON * largest) {
                continue;
            }
            let rotation = rotation(norms[i], norms[j], product);
            rotate(columns, i, j, rotation);
            rotate(vectors, i, j, rotation);
            norms[i] = columns.column(i).norm();
            norms[j] = columns.column(j).norm();
            rotated = true;
        }
    }
    rotated
}

/// `(c, s)` of the smaller of the two rotations `x' = c x - s y`, `y' = s x + c y` that make `x'·y' = 0`.
///
/// With `t = s/c`: `t² + 2 z t - 1 = 0`, `z = (|y|² - |x|²)/(2 x·y)`, hence `t = sign(z)/(|z| + √(1 + z²))`.
fn rotation(x_norm: f64, y_norm: f64, product: f64) -> (f64, f64) {
    let z = (y_norm - x_norm) * (y_norm + x_norm) / (2.0 * product);
    let t = 1.0_f64.copysign(z) / (z.abs() + z.hypot(1.0));
    let c = t.hypot(1.0).recip();
    (c, c * t)
}

/// `x' = c x - s y`, `y' = s x + c y` for columns `i < j`.
fn rotate(matrix: &mut DMatrix<f64>, i: usize, j: usize, (c, s): (f64, f64)) {
    let rows = matrix.nrows();
    let (left, right) = matrix.as_mut_slice().split_at_mut(j * rows);
    for (x, y) in left[i * rows..(i + 1) * rows].iter_mut().zip(&mut right[..rows]) {
        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
    }
}

#[cfg(test)]
mod tests {
    use super::super::specimen::Random;
    use super::*;

    /// Singular values planted down to 1e-15 of the largest come back to rounding of the largest, 8 ε √d; the
    /// eigenvalues of `AᵀA` (the lie) lose everything below 1e-8.
    #[test]
    fn planted_singular_values_come_back_down_the_ladder() {
        let mut random = Random::new(7);
        for smallest in [1.0_f64, 1e-3, 1e-6, 1e-9, 1e-12, 1e-15] {
            let planted = [1.0, 1.0, 1.0, smallest.sqrt(), smallest];
            let (u, v) = (random.orthogonal(5), random.orthogonal(9));
            let mut middle = DMatrix::zeros(9, 5);
            planted.iter().enumerate().for_each(|(i, &s)| middle[(i, i)] = s);
            let a = v * middle * u.transpose();
            let mut found = orthogonalise(&a).unwrap().norms;
            found.sort_by(|x, y| y.total_cmp(x));
            for (s, expected) in found.iter().zip(planted) {
                assert!((s - expected).abs() <= 18.0 * f64::EPSILON, "{s} for {expected} at {smallest}");
            }
        }
        let a: DMatrix<f64> = DMatrix::from_row_slice(2, 2, &[1.0, 1.0, 0.0, 1e-10]);
        let lie = SymmetricEigen::new(a.tr_mul(&a)).eigenvalues.min().max(0.0).sqrt();
        let truth = 1e-10 / 2.0_f64.sqrt();
        assert!((lie - truth).abs() > 0.1 * truth, "the eigenvalues of the square have lost it: {lie}");
        let found = orthogonalise(&a).unwrap().norms.into_iter().fold(f64::INFINITY, f64::min);
        assert!((found - truth).abs() <= 4.0 * f64::EPSILON, "found {found}, truth {truth}");
    }

    /// Columns that are parallel, zero, or of pure rounding end the iteration too.
    #[test]
    fn parallel_and_zero_columns_converge() {
        let mut random = Random::new(8);
        let column = random.matrix(4, 1);
        let a = &column * random.matrix(1, 6);
        let found = orthogonalise(&a).unwrap();
        let nonzero = found.norms.iter().filter(|&&s| s > 1e-14).count();
        assert_eq!(nonzero, 1, "rank one: {:?}", found.norms);
        let back = &a * &found.vectors * found.vectors.transpose();
        assert!((back - &a).norm() <= 32.0 * f64::EPSILON * a.norm(), "Q is orthogonal");
        assert_eq!(orthogonalise(&DMatrix::zeros(3, 2)).unwrap().norms, [0.0, 0.0], "zero matrix");
        assert_eq!(orthogonalise(&DMatrix::zeros(0, 2)).unwrap().norms, [0.0, 0.0], "no rows");
    }

    /// Regression: pairs of columns near the cutoff used to be left alone, and the others then went round in circles.
    /// Half the values planted at 1, half at 1e-14, more columns than dimensions; 32 ε d is the rounding of `A`.
    #[test]
    fn clusters_near_rounding_converge() {
        let mut random = Random::new(9);
        for (rows, columns) in [(6, 12), (9, 8), (8, 8), (13, 12), (4, 12), (1, 12)] {
            let rank = rows.min(columns);
            let mut middle = DMatrix::zeros(rows, columns);
            (0..rank).for_each(|i| middle[(i, i)] = if i % 2 == 0 { 1.0 } else { 1e-14 });
            let a = random.orthogonal(rows) * middle * random.orthogonal(columns).transpose();
            let mut found = orthogonalise(&a).unwrap().norms;
            found.sort_by(|x, y| y.total_cmp(x));
            for (i, s) in found.iter().enumerate() {
                let expected = if i < rank.div_ceil(2) { 1.0 } else { 0.0 };
                let bound = 1e-14 + 32.0 * f64::EPSILON * count(columns);
                assert!((s - expected).abs() <= bound, "{s} for {expected}, {rows} × {columns}");
            }
        }
    }

    #[test]
    fn a_rotation_orthogonalises_and_turns_by_at_most_an_eighth() {
        for (x, y, product) in [(1.0, 1.0, 0.5), (1.0, 1.0, -0.5), (2.0, 1.0, 1e-9), (1.0, 1e-17, 1e-18)] {
            let (c, s) = rotation(x, y, product);
            // x'·y' = c s (|x|² - |y|²) + (c² - s²) x·y, each term of the size of the product
            let left: f64 = c * s * (x * x - y * y) + (c * c - s * s) * product;
            assert!(left.abs() <= 8.0 * f64::EPSILON * product.abs(), "{left} left of {product}");
            assert!(s.abs() <= c, "the smaller rotation");
        }
    }
}
