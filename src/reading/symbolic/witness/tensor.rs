//! Scalars, vectors, matrices and arrays of more indices, of series.

use super::number::Exact;
use super::series::{Limits, Ring, Series, Stop, Try};

/// An array of series in row order.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tensor<F> {
    /// The extents of its indices; none for a scalar.
    pub(super) extents: Vec<usize>,
    /// Its components, the last index fastest.
    pub(super) data: Vec<Series<F>>,
}

impl<F: Exact> Tensor<F> {
    pub(super) fn scalar(value: Series<F>) -> Self {
        Self { extents: Vec::new(), data: vec![value] }
    }

    pub(super) fn vector(data: Vec<Series<F>>) -> Self {
        Self { extents: vec![data.len()], data }
    }

    pub(super) fn matrix(rows: usize, columns: usize, data: Vec<Series<F>>) -> Self {
        Self { extents: vec![rows, columns], data }
    }

    pub(super) fn zero(extents: Vec<usize>) -> Self {
        let size = extents.iter().product();
        Self { extents, data: vec![Series::zero(); size] }
    }

    /// The scalar that this is.
    pub(super) fn as_scalar(&self) -> Try<&Series<F>> {
        match (self.extents.as_slice(), self.data.as_slice()) {
            ([], [value]) => Ok(value),
            _ => Err(shape()),
        }
    }

    /// Rows and columns of a matrix; a vector is a matrix of one column.
    pub(super) fn rows_columns(&self) -> Try<(usize, usize)> {
        match self.extents.as_slice() {
            [rows] => Ok((*rows, 1)),
            [rows, columns] => Ok((*rows, *columns)),
            _ => Err(shape()),
        }
    }

    /// Whether everything is 0 without end: the literal 0, which takes any shape.
    pub(super) fn is_zero(&self) -> bool {
        self.data.iter().all(|c| *c == Series::zero())
    }

    pub(super) fn map(&self, change: impl FnMut(&Series<F>) -> Series<F>) -> Self {
        Self { extents: self.extents.clone(), data: self.data.iter().map(change).collect() }
    }

    pub(super) fn try_map(&self, change: impl FnMut(&Series<F>) -> Try<Series<F>>) -> Try<Self> {
        Ok(Self { extents: self.extents.clone(), data: self.data.iter().map(change).collect::<Try<_>>()? })
    }

    /// `self += factor * other`
    pub(super) fn add_scaled(&mut self, other: &Self, factor: &F) -> Try<()> {
        if self.extents != other.extents {
            if other.is_zero() {
                return Ok(());
            }
            if !self.is_zero() {
                return Err(shape());
            }
            *self = Self::zero(other.extents.clone());
        }
        for (sum, term) in self.data.iter_mut().zip(&other.data) {
            sum.add_scaled(term, factor);
        }
        Ok(())
    }

    pub(super) fn transpose(&self) -> Try<Self> {
        let (rows, columns) = self.rows_columns()?;
        let data = (0..columns).flat_map(|j| (0..rows).map(move |i| (i, j)));
        Ok(Self::matrix(columns, rows, data.map(|(i, j)| self.data[i * columns + j].clone()).collect()))
    }

    /// The product of the language: scalar times anything, matrix times vector or matrix.
    pub(super) fn product(&self, other: &Self, ring: &Ring, limits: Limits) -> Try<Self> {
        if self.extents.is_empty() {
            return other.try_map(|c| ring.mul(&self.data[0], c, limits));
        }
        if other.extents.is_empty() {
            return self.try_map(|c| ring.mul(c, &other.data[0], limits));
        }
        let (rows, inner) = self.rows_columns()?;
        let (height, columns) = other.rows_columns()?;
        if self.extents.len() != 2 || inner != height {
            return Err(shape());
        }
        let mut data = Vec::with_capacity(rows * columns);
        for i in 0..rows {
            for j in 0..columns {
                let mut sum = Series::zero();
                for k in 0..inner {
                    let (a, b) = (&self.data[i * inner + k], &other.data[k * columns + j]);
                    ring.add_product(&mut sum, a, b, limits)?;
                }
                data.push(sum);
            }
        }
        let extents = if other.extents.len() == 1 { vec![rows] } else { vec![rows, columns] };
        Ok(Self { extents, data })
    }

    /// `a_i b_j`, a scalar counting as no index at all.
    pub(super) fn outer(&self, other: &Self, ring: &Ring, limits: Limits) -> Try<Self> {
        let mut data = Vec::with_capacity(self.data.len() * other.data.len());
        for a in &self.data {
            for b in &other.data {
                data.push(ring.mul(a, b, limits)?);
            }
        }
        Ok(Self { extents: [&*self.extents, &*other.extents].concat(), data })
    }

    /// The sum of the products of all components.
    pub(super) fn contract(&self, other: &Self, ring: &Ring, limits: Limits) -> Try<Series<F>> {
        if self.data.len() != other.data.len() {
            return Err(shape());
        }
        let mut sum = Series::zero();
        for (a, b) in self.data.iter().zip(&other.data) {
            ring.add_product(&mut sum, a, b, limits)?;
        }
        Ok(sum)
    }

    pub(super) fn trace(&self) -> Try<Series<F>> {
        let (rows, columns) = self.rows_columns()?;
        if rows != columns {
            return Err(shape());
        }
        let mut sum = Series::zero();
        for i in 0..rows {
            sum.add_scaled(&self.data[i * columns + i], &F::one());
        }
        Ok(sum)
    }

    /// The minor without a row and a column.
    fn minor(&self, row: usize, column: usize, size: usize) -> Self {
        let places = (0..size * size).filter(|p| p / size != row && p % size != column);
        Self::matrix(size - 1, size - 1, places.map(|p| self.data[p].clone()).collect())
    }

    /// `det A = sum_j (-1)^j A_0j det(minor_0j)`
    pub(super) fn determinant(&self, ring: &Ring, limits: Limits) -> Try<Series<F>> {
        let (size, columns) = self.rows_columns()?;
        if size != columns {
            return Err(shape());
        }
        match size {
            0 => Ok(Series::integer(1)),
            1 => Ok(self.data[0].clone()),
            _ => {
                let mut sum = Series::zero();
                for j in 0..size {
                    let minor = self.minor(0, j, size).determinant(ring, limits)?;
                    let entry = if j % 2 == 0 { self.data[j].clone() } else { self.data[j].neg() };
                    ring.add_product(&mut sum, &entry, &minor, limits)?;
                }
                Ok(sum)
            }
        }
    }

    /// The adjugate, `A adj(A) = det(A) I`: `adj(A)_ij = (-1)^(i+j) det(minor_ji)`.
    pub(super) fn adjugate(&self, ring: &Ring, limits: Limits) -> Try<Self> {
        let (size, columns) = self.rows_columns()?;
        if size != columns {
            return Err(shape());
        }
        let mut data = Vec::with_capacity(size * size);
        for place in 0..size * size {
            let (i, j) = (place / size, place % size);
            let minor = self.minor(j, i, size).determinant(ring, limits)?;
            data.push(if (i + j) % 2 == 0 { minor } else { minor.neg() });
        }
        Ok(Self::matrix(size, size, data))
    }

    /// The component at these values of the indices.
    pub(super) fn component(&self, at: &[usize]) -> Try<&Series<F>> {
        if at.len() != self.extents.len() || at.iter().zip(&self.extents).any(|(i, n)| i >= n) {
            return Err(shape());
        }
        let place = at.iter().zip(&self.extents).fold(0, |place, (i, n)| place * n + i);
        self.data.get(place).ok_or_else(shape)
    }
}

/// Shapes were checked before the witness sees them: an expression that it cannot read.
pub(super) fn shape() -> Stop {
    Stop::unable("the shapes of an expression do not fit")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::Rational;

    const LIMITS: Limits = Limits { degree: 0, cut: 1 };

    fn matrix(entries: &[i64], size: usize) -> Tensor<Rational> {
        Tensor::matrix(size, size, entries.iter().map(|n| Series::integer(*n)).collect())
    }

    #[test]
    fn determinants_and_adjugates() {
        let ring = Ring::new(1, 100_000).unwrap();
        let a = matrix(&[2, 1, 0, 3, -1, 4, 1, 5, 2], 3);
        let determinant = a.determinant(&ring, LIMITS).unwrap();
        // 2(-2 - 20) - 1(6 - 4) = -46
        assert_eq!(determinant.value(), Rational::integer(-46), "by hand");
        let product = a.product(&a.adjugate(&ring, LIMITS).unwrap(), &ring, LIMITS).unwrap();
        assert_eq!(product, matrix(&[-46, 0, 0, 0, -46, 0, 0, 0, -46], 3), "A adj(A) = det(A) I");
        assert_eq!(
            a.transpose().unwrap().component(&[0, 1]).unwrap().value(),
            Rational::integer(3),
            "transpose"
        );
        assert_eq!(a.trace().unwrap().value(), Rational::integer(3), "trace");
        assert!(a.product(&matrix(&[1, 0, 0, 1], 2), &ring, LIMITS).is_err(), "shapes");
        assert!(a.component(&[0, 3]).is_err(), "no fourth column");
    }
}
