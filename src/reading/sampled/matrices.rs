//! Functions of matrices of jets: inverse, log determinant, symmetric root.
//!
//! ```text
//! A = A_0 (I + N), N without constant part:   A^-1 = sum over k of (-N)^k A_0^-1
//!                                             logdet A = log|A_0| - sum over k of tr (-N)^k/k
//! B B = A:   B_0 (B_m) + (B_m) B_0 = (A - B B)_m     degree by degree, in the eigenbasis of A_0
//! ```

use super::Unable;
use super::jet::Ring;
use super::tensor::{Dims, Numbers, Tensor};
use nalgebra::{DMatrix, SymmetricEigen};
use smallvec::smallvec;

/// Eigenvalues of a matrix under a root below this part of the largest count as 0, where the root is not smooth.
const NULL: f64 = 1e-12;

impl Tensor {
    /// The constant parts as a square matrix.
    fn matrix(&self) -> Result<DMatrix<f64>, Unable> {
        match self.dims() {
            Dims::Matrix(rows, columns) if rows == columns => {
                Ok(DMatrix::from_row_slice(rows, rows, &self.values()))
            }
            _ => Err(Unable::Unsupported { what: "a function of a matrix that is not square" }),
        }
    }

    fn of_matrix(matrix: &DMatrix<f64>) -> Self {
        let data = matrix.transpose().iter().copied().collect();
        Self::constants(Dims::Matrix(matrix.nrows(), matrix.ncols()), data)
    }

    /// `A_0^-1` and `-N`.
    fn split(&self, ring: &Ring, cut: usize) -> Result<(Self, Self), Unable> {
        let inverse = self.matrix()?.try_inverse().ok_or(Unable::NotSmooth { at: 0.0 })?;
        let inverse = Self::of_matrix(&inverse);
        let n = inverse.nrows();
        let rest = inverse.times(ring, cut, self)?.scaled(-1.0).plus(ring, &Self::identity(n))?;
        Ok((inverse, rest))
    }

    fn nrows(&self) -> usize {
        match self.dims() {
            Dims::Matrix(rows, _) | Dims::Vector(rows) | Dims::Many(rows) => rows,
            Dims::Scalar => 1,
        }
    }

    /// `A^-1`
    pub(super) fn inverse(&self, ring: &Ring, cut: usize) -> Result<Self, Unable> {
        let (inverse, rest) = self.split(ring, cut)?;
        let mut sum = Self::identity(self.nrows());
        for _ in 0..cut {
            sum = rest.times(ring, cut, &sum)?.plus(ring, &Self::identity(self.nrows()))?;
        }
        sum.times(ring, cut, &inverse)
    }

    /// `logdet A`
    pub(super) fn log_determinant(&self, ring: &Ring, cut: usize) -> Result<Self, Unable> {
        let determinant = self.matrix()?.determinant();
        if determinant.is_nan() || determinant <= 0.0 {
            return Err(Unable::NotSmooth { at: determinant });
        }
        let (_, rest) = self.split(ring, cut)?;
        let mut sum = Self::number(determinant.ln());
        let mut power = rest.clone();
        let mut k = 1.0;
        for _ in 0..cut {
            sum.add_scaled(ring, -1.0 / k, &power.trace(ring)?)?;
            power = power.times(ring, cut, &rest)?;
            k += 1.0;
        }
        Ok(sum)
    }

    /// The symmetric positive root.
    pub(super) fn root(&self, ring: &Ring, cut: usize) -> Result<Self, Unable> {
        let matrix = self.matrix()?;
        let n = matrix.nrows();
        let largest = matrix.amax();
        if (&matrix - matrix.transpose()).amax() > 1e-9 * largest {
            return Err(Unable::Unsupported { what: "the matrix under a square root is not symmetric" });
        }
        let eigen = SymmetricEigen::new((&matrix + matrix.transpose()) * 0.5);
        let least = eigen.eigenvalues.min();
        if least.is_nan() || least < -NULL * largest || cut > 0 && least <= NULL * largest {
            return Err(Unable::NotSmooth { at: least });
        }
        let roots = eigen.eigenvalues.map(|x| x.max(0.0).sqrt());
        let vectors = &eigen.eigenvectors;
        let mut root = Self::of_matrix(&(vectors * DMatrix::from_diagonal(&roots) * vectors.transpose()));
        let (turn, back) = (Self::of_matrix(&vectors.transpose()), Self::of_matrix(vectors));
        for degree in 1..=cut {
            let missing = self.clone().minus(ring, &root.times(ring, degree, &root)?)?;
            let turned = turn.times(ring, degree, &missing)?.times(ring, degree, &back)?;
            let mut data: Numbers = smallvec![0.0; n * n * ring.count(degree)];
            let (first, last) = (ring.count(degree - 1), ring.count(degree));
            for c in 0..n * n {
                let jet = turned.jet(c);
                let scale = roots[c / n] + roots[c % n];
                for m in first..last.min(jet.len()) {
                    data[c * last + m] = jet[m] / scale;
                }
            }
            let change = Self::new(Dims::Matrix(n, n), degree, data);
            root = root.plus(ring, &back.times(ring, degree, &change)?.times(ring, degree, &turn)?)?;
        }
        Ok(root)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `A = [[4, t], [t, 1]]` at `t = 0.3`, to second order.
    fn matrix(ring: &Ring) -> Tensor {
        let t = Tensor::variables(ring, &[0.3], 2).component(0);
        let parts = [Tensor::number(4.0), t.clone(), t, Tensor::number(1.0)];
        Tensor::stacked(ring, Dims::Matrix(2, 2), &parts).unwrap()
    }

    fn close(a: &Tensor, b: &Tensor) {
        let n = a.dims().len();
        for c in 0..n {
            for m in 0..3 {
                let of = |t: &Tensor| t.jet(c).get(m).copied().unwrap_or(0.0);
                assert!((of(a) - of(b)).abs() < 1e-13, "{c} {m}: {a:?} {b:?}");
            }
        }
    }

    #[test]
    fn root_and_inverse_give_the_matrix_back() {
        let ring = Ring::new(1, 2).unwrap();
        let a = matrix(&ring);
        let root = a.root(&ring, 2).unwrap();
        close(&root.times(&ring, 2, &root).unwrap(), &a);
        close(&a.inverse(&ring, 2).unwrap().times(&ring, 2, &a).unwrap(), &Tensor::identity(2));
    }

    /// `logdet = log(4 - t^2)`: `-2 t/(4 - t^2)` and half of `-2 (4 + t^2)/(4 - t^2)^2`.
    #[test]
    fn log_determinant_has_its_derivatives() {
        let ring = Ring::new(1, 2).unwrap();
        let found = matrix(&ring).log_determinant(&ring, 2).unwrap();
        let below: f64 = 4.0 - 0.09;
        let expected = [below.ln(), -0.6 / below, -(4.0 + 0.09) / (below * below)];
        assert!(found.jet(0).iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-14), "{found:?}");
    }
}
