//! Inverses, determinants and square roots of matrices over the ring.
//!
//! ```text
//! inverse         A = A_0 + N,  X <- A_0^-1 - A_0^-1 N X
//! determinant     by elimination, pivots chosen by their constant parts
//! square root     X = B + n,  M = M_0 + N,  n <- L^-1[N - n n],  (U' L^-1[Y] U)_ij = (U' Y U)_ij/(s_i + s_j)
//! ```
//!
//! Here `N` and `n` are nilpotent, so that every step of the two iterations makes one more order right and the
//! errors of an order come from those of lower orders. The constant part of a root is found by module
//! [`root`](crate::root), never by differentiating through an eigendecomposition.

use super::Unable;
use super::ring::Ring;
use super::tensor::{Dims, Tensor};
use super::univariate::{Curve, reciprocal};
use crate::expression::Function;
use crate::root::{RootOptions, SymmetricRoot};
use nalgebra::DMatrix;

/// Number of factors of the nilpotent part whose product can be different from 0.
fn depth(ring: &Ring, cut: usize, a: &Tensor) -> usize {
    let in_t = a.terms() > 1;
    (if a.degree() > 0 { cut } else { 0 }) + if in_t { ring.powers() - 1 } else { 0 }
}

fn square(a: &Tensor) -> usize {
    a.dims().matrix().0
}

/// The coefficients of `h^0` at one power of the small parameter.
fn constant_matrix(a: &Tensor, power: i32) -> DMatrix<f64> {
    let (rows, columns) = a.dims().matrix();
    DMatrix::from_row_slice(rows, columns, &a.constants_at(power))
}

/// A matrix of plain numbers, taken as exact.
pub(super) fn from_matrix(matrix: &DMatrix<f64>) -> Tensor {
    let dims = Dims::Matrix(matrix.nrows(), matrix.ncols());
    Tensor::exact(dims, row_major(matrix))
}

/// `A^-1`
///
/// # Errors
/// The constant part is singular to rounding.
pub(super) fn inverse(ring: &Ring, cut: usize, a: &Tensor) -> Result<Tensor, Unable> {
    let a = a.clone().trimmed(ring);
    let offset = a.offset();
    let a = a.shifted(-offset);
    let d = square(&a);
    let singular = Unable::Singular { what: "inv" };
    let start = constant_matrix(&a, 0).try_inverse().ok_or(singular.clone())?;
    let rounding = (0..d * d).map(|c| a.at(c, 0)).map(|(value, error)| error + 2.0 * value.abs());
    let rounding = DMatrix::from_row_iterator(d, d, rounding);
    let blur = start.abs() * rounding * start.abs();
    let relative = blur.amax() * f64::EPSILON / start.amax();
    if !(relative < 1e-3 && start.iter().all(|x| x.is_finite())) {
        return Err(singular);
    }
    let dims = Dims::Matrix(d, d);
    let base = Tensor::constants(dims, row_major(&start), row_major(&blur));
    let nilpotent = base.matrix_product(ring, cut, &a.with_constant_removed())?.reshaped(dims);
    let mut x = base.clone();
    for _ in 0..depth(ring, cut, &nilpotent) {
        x = base.minus(ring, cut, &nilpotent.matrix_product(ring, cut, &x)?.reshaped(dims))?;
    }
    Ok(x.known_to(known(ring, &nilpotent)).shifted(-offset))
}

/// Entries row by row.
fn row_major(matrix: &DMatrix<f64>) -> Vec<f64> {
    matrix.transpose().as_slice().to_vec()
}

/// The highest power that is known of an infinite series made of `a`, which starts at power 0.
fn known(ring: &Ring, a: &Tensor) -> i32 {
    let last = i32::try_from(ring.powers()).unwrap_or(i32::MAX) - 1;
    if a.terms() > 1 { last.min(a.known()) } else { a.known() }
}

/// `det A`
///
/// # Errors
/// A pivot is 0 to rounding.
pub(super) fn determinant(ring: &Ring, cut: usize, a: &Tensor) -> Result<Tensor, Unable> {
    let d = square(a);
    let lowest = a.offset();
    let size = |x: &Tensor| x.at(0, lowest).0.abs();
    let mut rows: Vec<Vec<Tensor>> =
        (0..d).map(|i| (0..d).map(|j| a.component(i * d + j)).collect()).collect();
    let mut result = Tensor::number(1.0);
    for k in 0..d {
        let best = (k..d).max_by(|&p, &q| size(&rows[p][k]).total_cmp(&size(&rows[q][k]))).unwrap_or(k);
        if best != k {
            rows.swap(best, k);
            result = result.negated();
        }
        let pivot = rows[k][k].clone();
        result = result.times(ring, cut, &pivot)?;
        if k + 1 == d {
            break;
        }
        let (value, error) = pivot.at(0, lowest);
        if value.abs() <= 64.0 * error * f64::EPSILON {
            return Err(Unable::Singular { what: "a determinant" });
        }
        let over = reciprocal(ring, cut, &pivot)?;
        let (upper, lower) = rows.split_at_mut(k + 1);
        for row in lower {
            let factor = row[k].times(ring, cut, &over)?;
            for j in k + 1..d {
                row[j] = row[j].minus(ring, cut, &upper[k][j].times(ring, cut, &factor)?)?;
            }
        }
    }
    Ok(result)
}

/// `log det A`
///
/// # Errors
/// The determinant is not positive, or a power of the small parameter.
pub(super) fn log_determinant(ring: &Ring, cut: usize, a: &Tensor) -> Result<Tensor, Unable> {
    let determinant = determinant(ring, cut, a)?.trimmed(ring);
    if determinant.offset() != 0 {
        return Err(Unable::NoSeries { what: "the logarithm of a power" });
    }
    Curve::Named(Function::Log).of(ring, cut, &determinant)
}

/// The symmetric root of a matrix of which no factor is known.
///
/// # Errors
/// The matrix is not symmetric or not positive semidefinite, or derivatives are asked for at a deficient rank.
pub(super) fn root_of_matrix(ring: &Ring, cut: usize, m: &Tensor) -> Result<Tensor, Unable> {
    let m = symmetric(ring, cut, m)?;
    let (m, half) = even(ring, m)?;
    let root = SymmetricRoot::from_matrix(&constant_matrix(&m, 0), RootOptions::default())?;
    let deep = depth(ring, cut, &m);
    if deep > 0 {
        root.differentiable()?;
    }
    let errors = (0..square(&m) * square(&m)).map(|c| m.at(c, 0).1);
    let errors = DMatrix::from_row_iterator(square(&m), square(&m), errors);
    Ok(sweeps(ring, cut, &root, &m, &errors)?.known_to(known(ring, &m)).shifted(half))
}

/// The symmetric root of `F F'`.
///
/// `scale` is the size of what `F` was computed from, `bound` the largest rank that it can have.
///
/// # Errors
/// The root is not differentiable here as often as asked.
pub(super) fn root_of_factor(
    ring: &Ring,
    cut: usize,
    factor: &Tensor,
    scale: f64,
    bound: usize,
) -> Result<Tensor, Unable> {
    let factor = factor.clone().trimmed(ring);
    let half = factor.offset();
    let factor = factor.shifted(-half);
    let (d, columns) = factor.dims().matrix();
    let plain = constant_matrix(&factor, 0);
    let options = RootOptions::default().with_scale(scale).with_rank_bound(bound.min(d));
    let root = SymmetricRoot::from_factor(&plain, options)?;
    let m = factor.matrix_product(ring, cut, &factor.transposed())?.reshaped(Dims::Matrix(d, d));
    let deep = depth(ring, cut, &m);
    if deep > 0 && root.rank() < d {
        if deep > 1 {
            let (order, rank) = (deep, root.rank());
            return Err(crate::root::RootError::OrderAtDeficientRank { order, rank, dim: d }.into());
        }
        let slopes: Vec<DMatrix<f64>> = (0..ring.dim())
            .map(|k| {
                let entries = (0..d * columns).map(|c| factor.coefficient(c, 1 + k, 0).0);
                DMatrix::from_row_iterator(d, columns, entries)
            })
            .collect();
        let size = slopes.iter().map(nalgebra::Matrix::norm).fold(0.0, f64::max);
        root.differentiable_along(&plain, &slopes, size)?;
    } else if deep > 0 {
        root.differentiable()?;
    }
    let errors = DMatrix::from_row_iterator(d, columns, (0..d * columns).map(|c| factor.at(c, 0).1));
    let errors = errors * plain.abs().transpose();
    let errors = &errors + errors.transpose() + plain.abs() * plain.abs().transpose();
    Ok(sweeps(ring, cut, &root, &m, &errors)?.known_to(known(ring, &m)).shifted(half))
}

/// The matrix divided by an even power of the small parameter, and half that power.
fn even(ring: &Ring, m: Tensor) -> Result<(Tensor, i32), Unable> {
    let m = m.trimmed(ring);
    let offset = m.offset();
    if offset % 2 != 0 {
        return Err(Unable::NoSeries { what: "a root of the small parameter" });
    }
    Ok((m.shifted(-offset), offset / 2))
}

/// `(M + M')/2`, if that is `M` to rounding.
fn symmetric(ring: &Ring, cut: usize, m: &Tensor) -> Result<Tensor, Unable> {
    let mirrored = m.transposed();
    let difference = m.minus(ring, cut, &mirrored)?;
    if !difference.is_rounding(64.0) {
        return Err(Unable::NotSymmetric);
    }
    Ok(m.plus(ring, cut, &mirrored)?.scaled(0.5))
}

/// The root from its constant part; `errors` are those of the constant part of `M`, in units of `f64::EPSILON`.
fn sweeps(
    ring: &Ring,
    cut: usize,
    root: &SymmetricRoot,
    m: &Tensor,
    errors: &DMatrix<f64>,
) -> Result<Tensor, Unable> {
    let (d, rank) = (root.dim(), root.rank());
    let (u, s) = (root.vectors(), root.roots());
    let least = root.cutoff().max(f64::MIN_POSITIVE);
    let over = |i: usize, j: usize| 1.0 / (s[i] + s[j]).max(least);
    let mut blur = u.abs().transpose() * errors * u.abs();
    for j in 0..d {
        for i in 0..d {
            // Roots that count as zero may be anything below the cutoff.
            let null = i.min(j) >= rank;
            blur[(i, j)] = if null { least / f64::EPSILON } else { blur[(i, j)] * over(i, j) };
        }
    }
    let start = root.root();
    let blur = u.abs() * blur * u.abs().transpose() + start.abs() * 4.0;
    let dims = Dims::Matrix(d, d);
    let base = Tensor::constants(dims, row_major(&start), row_major(&blur));
    let doubt = Tensor::constants(dims, vec![0.0; d * d], row_major(&blur));
    let (u, ut) = (from_matrix(u), from_matrix(&u.transpose()));
    let division: Vec<f64> = (0..d * d)
        .map(|place| (place / d, place % d))
        .map(|(i, j)| if i.min(j) >= rank { 0.0 } else { over(i, j) })
        .collect();
    let division = Tensor::exact(dims, division);
    let product = |a: &Tensor, b: &Tensor| Ok::<_, Unable>(a.matrix_product(ring, cut, b)?.reshaped(dims));
    let change = m.clone().with_constant_removed();
    let mut n = Tensor::zero(dims);
    for _ in 0..depth(ring, cut, m) {
        // (B + n)(B + n) = M_0 + B n + n B + n n; the errors of B enter through B n + n B.
        let doubts = product(&doubt, &n)?.plus(ring, cut, &product(&n, &doubt)?)?;
        let rest = change.minus(ring, cut, &product(&n, &n)?)?.minus(ring, cut, &doubts)?;
        let inner = product(&product(&ut, &rest)?, &u)?;
        let inner = Tensor::products(ring, cut, [&inner, &division], dims, (0..d * d).map(|c| (c, c, c)))?;
        n = product(&product(&u, &inner)?, &ut)?;
    }
    base.plus(ring, cut, &n)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Polynomials of degree two in `h` and `t` with coefficients that no symmetry relates, far from singular.
    fn specimen(ring: &Ring, d: usize, seed: f64) -> Tensor {
        let entry = |place: usize| {
            let x = f64::from(u32::try_from(place).unwrap()) + seed;
            let h = Tensor::variables(ring, &[0.3 * x.sin(), 0.2 * x.cos()]).unwrap();
            let (a, b) = (h.component(0), h.component(1));
            let product = a.times(ring, 3, &b).unwrap().scaled(0.3);
            let t = Tensor::small(1).scaled(0.2 * (2.0 * x).sin());
            let diagonal = if place.is_multiple_of(d + 1) { 2.0 } else { 0.1 };
            [Tensor::number(diagonal), a.scaled(0.2), product, t]
                .iter()
                .fold(Tensor::zero(Dims::Scalar), |sum, term| sum.plus(ring, 3, term).unwrap())
        };
        let entries: Vec<Tensor> = (0..d * d).map(entry).collect();
        Tensor::stacked(ring, 3, Dims::Matrix(d, d), &entries).unwrap()
    }

    #[track_caller]
    fn assert_equal(ring: &Ring, found: &Tensor, expected: &Tensor) {
        let difference = found.minus(ring, 3, expected).unwrap();
        assert!(difference.is_rounding(16.0), "{difference:?}");
        assert!(difference.largest_error_at(0) < 1e5, "the bound is a bound: {difference:?}");
    }

    #[test]
    fn the_inverse_undoes_a_product() {
        let ring = Ring::new(2, 3);
        for d in [1, 2, 4] {
            let a = specimen(&ring, d, 0.7);
            let x = inverse(&ring, 3, &a).unwrap();
            let product = a.matrix_product(&ring, 3, &x).unwrap().reshaped(Dims::Matrix(d, d));
            assert_equal(&ring, &product, &Tensor::identity(d));
        }
        let singular = Tensor::exact(Dims::Matrix(2, 2), vec![1.0, 2.0, 2.0, 4.0]);
        assert!(matches!(inverse(&ring, 3, &singular), Err(Unable::Singular { .. })), "singular");
        let scaled = Tensor::identity(2).shifted(2);
        assert_eq!(inverse(&ring, 3, &scaled).unwrap().offset(), -2, "1/t^2");
    }

    #[test]
    fn determinants_multiply() {
        let ring = Ring::new(2, 3);
        let (a, b) = (specimen(&ring, 3, 0.7), specimen(&ring, 3, 5.1));
        let det = |x: &Tensor| determinant(&ring, 3, x).unwrap();
        let product = a.matrix_product(&ring, 3, &b).unwrap();
        assert_equal(&ring, &det(&product), &det(&a).times(&ring, 3, &det(&b)).unwrap());
        let swapped = Tensor::exact(Dims::Matrix(2, 2), vec![0.0, 1.0, 1.0, 0.0]);
        assert_eq!(det(&swapped).at(0, 0).0.to_bits(), (-1.0_f64).to_bits(), "a permutation");
        let log = log_determinant(&ring, 3, &a).unwrap();
        assert_equal(&ring, &Curve::Named(Function::Exp).of(&ring, 3, &log).unwrap(), &det(&a));
        assert!(log_determinant(&ring, 3, &swapped).is_err(), "log of a negative number");
    }

    #[test]
    fn the_root_squares_to_the_matrix() {
        let ring = Ring::new(2, 3);
        for d in [1, 2, 4] {
            let a = specimen(&ring, d, 0.7);
            let b = a.plus(&ring, 3, &a.transposed().reshaped(a.dims())).unwrap();
            let m = b.matrix_product(&ring, 3, &b).unwrap().reshaped(Dims::Matrix(d, d));
            assert_equal(&ring, &root_of_matrix(&ring, 3, &m).unwrap(), &b);
            assert_equal(&ring, &root_of_factor(&ring, 3, &b, 0.0, d).unwrap(), &b);
        }
    }

    /// At `[[4, t], [t, 1]]` and `[[1, t], [t, 1]]` dual numbers through an eigendecomposition give 0 or NaN.
    #[test]
    fn two_by_two_diagonal_4_1_and_1_1() {
        let ring = Ring::new(1, 1);
        for (corner, slope) in [(4.0, 1.0 / 3.0), (1.0, 0.5)] {
            let h = Tensor::variables(&ring, &[0.0]).unwrap().component(0);
            let entries = [Tensor::number(corner), h.clone(), h, Tensor::number(1.0)];
            let m = Tensor::stacked(&ring, 1, Dims::Matrix(2, 2), &entries).unwrap();
            let root = root_of_matrix(&ring, 1, &m).unwrap();
            let found = root.coefficient(1, 1, 0).0;
            assert!((found - slope).abs() < 1e-15, "{found}");
        }
    }

    #[test]
    fn kinks_and_asymmetry_are_refused() {
        let ring = Ring::new(1, 1);
        let h = Tensor::variables(&ring, &[0.0]).unwrap();
        let factor = h.clone().reshaped(Dims::Matrix(1, 1));
        assert!(matches!(root_of_factor(&ring, 1, &factor, 0.0, 1), Err(Unable::Root(_))), "|h|");
        let square = factor.times(&ring, 2, &h.component(0)).unwrap();
        assert!(root_of_matrix(&ring, 1, &square).is_err(), "h^2 by its matrix");
        assert!(root_of_factor(&ring, 1, &square, 1.0, 1).is_ok(), "h^2 as a factor: h^4 has the root h^2");
        let skew = Tensor::exact(Dims::Matrix(2, 2), vec![2.0, 0.5, 0.4, 2.0]);
        assert!(matches!(root_of_matrix(&ring, 1, &skew), Err(Unable::NotSymmetric)), "not symmetric");
        let odd = Tensor::identity(2).shifted(1);
        assert!(matches!(root_of_matrix(&Ring::new(1, 3), 1, &odd), Err(Unable::NoSeries { .. })), "sqrt(t)");
    }
}
