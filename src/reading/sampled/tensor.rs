//! Scalars, vectors and matrices of jets, and the operations of the language on them.

use super::Unable;
use super::jet::Ring;
use super::series::{Curve, taylor};
use smallvec::{SmallVec, smallvec};

/// Coefficients, few of which need no memory of their own.
pub(super) type Numbers = SmallVec<[f64; 12]>;

/// A shape in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dims {
    Scalar,
    Vector(usize),
    Matrix(usize, usize),
    /// Components under three or more indices.
    Many(usize),
}

impl Dims {
    /// Number of components.
    pub(super) fn len(self) -> usize {
        match self {
            Self::Scalar => 1,
            Self::Vector(n) | Self::Many(n) => n,
            Self::Matrix(rows, columns) => rows * columns,
        }
    }

    /// Rows and columns of it as a matrix, a vector being a column.
    fn sides(self) -> (usize, usize) {
        match self {
            Self::Scalar => (1, 1),
            Self::Vector(n) | Self::Many(n) => (n, 1),
            Self::Matrix(rows, columns) => (rows, columns),
        }
    }
}

/// Jets by component: all monomials up to `degree`; those beyond are 0.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tensor {
    dims: Dims,
    degree: usize,
    /// Component by component.
    data: Numbers,
}

const SHAPES: Unable = Unable::Unsupported { what: "shapes that do not fit in numbers" };

impl Tensor {
    /// Numbers.
    pub(super) fn constants(dims: Dims, data: Numbers) -> Self {
        Self { dims, degree: 0, data }
    }

    pub(super) fn number(value: f64) -> Self {
        Self::constants(Dims::Scalar, smallvec![value])
    }

    pub(super) fn zero(dims: Dims) -> Self {
        Self::constants(dims, smallvec![0.0; dims.len()])
    }

    pub(super) fn identity(n: usize) -> Self {
        let mut data: Numbers = smallvec![0.0; n * n];
        (0..n).for_each(|i| data[i * n + i] = 1.0);
        Self::constants(Dims::Matrix(n, n), data)
    }

    /// Jets, component by component.
    pub(super) fn new(dims: Dims, degree: usize, data: Numbers) -> Self {
        Self { dims, degree, data }
    }

    /// `theta + h`
    pub(super) fn variables(ring: &Ring, theta: &[f64], cut: usize) -> Self {
        let dims = Dims::Vector(theta.len());
        if cut == 0 {
            return Self::constants(dims, theta.into());
        }
        let n = ring.count(1);
        let mut data: Numbers = smallvec![0.0; theta.len() * n];
        for (i, x) in theta.iter().enumerate() {
            data[i * n] = *x;
            data[i * n + 1 + i] = 1.0;
        }
        Self { dims, degree: 1, data }
    }

    pub(super) fn dims(&self) -> Dims {
        self.dims
    }

    fn stride(&self) -> usize {
        self.data.len() / self.dims.len().max(1)
    }

    /// The jet of a component.
    pub(super) fn jet(&self, component: usize) -> &[f64] {
        let n = self.stride();
        &self.data[component * n..(component + 1) * n]
    }

    /// The constant part of a component.
    pub(super) fn at(&self, component: usize) -> f64 {
        self.data[component * self.stride()]
    }

    /// The constant parts of all components.
    pub(super) fn values(&self) -> Vec<f64> {
        (0..self.dims.len()).map(|c| self.at(c)).collect()
    }

    /// One component as a scalar.
    pub(super) fn component(&self, component: usize) -> Self {
        Self { dims: Dims::Scalar, degree: self.degree, data: self.jet(component).into() }
    }

    /// Scalars put together.
    pub(super) fn stacked(ring: &Ring, dims: Dims, parts: &[Self]) -> Result<Self, Unable> {
        if parts.len() != dims.len() {
            return Err(SHAPES);
        }
        let degree = parts.iter().map(|part| part.degree).max().unwrap_or(0);
        let n = ring.count(degree);
        let mut data = Numbers::with_capacity(n * parts.len());
        for part in parts {
            data.extend_from_slice(part.jet(0));
            data.resize(data.len() + n - part.stride(), 0.0);
        }
        Ok(Self { dims, degree, data })
    }

    /// With zeros up to a degree.
    fn raised(&self, ring: &Ring, degree: usize) -> Self {
        if degree <= self.degree {
            return self.clone();
        }
        let n = ring.count(degree);
        let mut data: Numbers = smallvec![0.0; n * self.dims.len()];
        for c in 0..self.dims.len() {
            data[c * n..c * n + self.stride()].copy_from_slice(self.jet(c));
        }
        Self { dims: self.dims, degree, data }
    }

    /// `self + factor other`
    pub(super) fn add_scaled(&mut self, ring: &Ring, factor: f64, other: &Self) -> Result<(), Unable> {
        if self.dims != other.dims {
            return Err(SHAPES);
        }
        if other.degree > self.degree {
            *self = self.raised(ring, other.degree);
        }
        let (n, m) = (self.stride(), other.stride());
        for c in 0..self.dims.len() {
            let (out, more) = (&mut self.data[c * n..c * n + m], other.jet(c));
            out.iter_mut().zip(more).for_each(|(x, y)| *x += factor * y);
        }
        Ok(())
    }

    pub(super) fn plus(mut self, ring: &Ring, other: &Self) -> Result<Self, Unable> {
        self.add_scaled(ring, 1.0, other)?;
        Ok(self)
    }

    pub(super) fn minus(mut self, ring: &Ring, other: &Self) -> Result<Self, Unable> {
        self.add_scaled(ring, -1.0, other)?;
        Ok(self)
    }

    pub(super) fn scaled(mut self, factor: f64) -> Self {
        self.data.iter_mut().for_each(|x| *x *= factor);
        self
    }

    /// `A_ik B_kj`, where each side is read as a matrix of these many rows and columns.
    fn contract(
        ring: &Ring,
        cut: usize,
        (a, rows, inner): (&Self, usize, usize),
        (b, columns): (&Self, usize),
        dims: Dims,
    ) -> Result<Self, Unable> {
        if a.dims.len() != rows * inner || b.dims.len() != inner * columns || dims.len() != rows * columns {
            return Err(SHAPES);
        }
        let degree = (a.degree + b.degree).min(cut);
        let n = ring.count(degree);
        let mut data: Numbers = smallvec![0.0; n * dims.len()];
        for i in 0..rows {
            for j in 0..columns {
                let place = (i * columns + j) * n;
                let out = &mut data[place..place + n];
                for k in 0..inner {
                    let (x, y) = (a.jet(i * inner + k), b.jet(k * columns + j));
                    ring.add_product(cut, out, (x, a.degree), (y, b.degree));
                }
            }
        }
        Ok(Self { dims, degree, data })
    }

    /// The product `*` of the language.
    pub(super) fn times(&self, ring: &Ring, cut: usize, other: &Self) -> Result<Self, Unable> {
        match (self.dims, other.dims) {
            (Dims::Scalar, dims) => Self::contract(ring, cut, (self, 1, 1), (other, dims.len()), dims),
            (dims, Dims::Scalar) => Self::contract(ring, cut, (self, dims.len(), 1), (other, 1), dims),
            (Dims::Matrix(rows, inner), Dims::Vector(_)) => {
                Self::contract(ring, cut, (self, rows, inner), (other, 1), Dims::Vector(rows))
            }
            (Dims::Matrix(rows, inner), Dims::Matrix(_, columns)) => {
                Self::contract(ring, cut, (self, rows, inner), (other, columns), Dims::Matrix(rows, columns))
            }
            _ => Err(SHAPES),
        }
    }

    pub(super) fn dot(&self, ring: &Ring, cut: usize, other: &Self) -> Result<Self, Unable> {
        Self::contract(ring, cut, (self, 1, self.dims.len()), (other, 1), Dims::Scalar)
    }

    pub(super) fn outer(&self, ring: &Ring, cut: usize, other: &Self) -> Result<Self, Unable> {
        let (rows, columns) = (self.dims.len(), other.dims.len());
        Self::contract(ring, cut, (self, rows, 1), (other, columns), Dims::Matrix(rows, columns))
    }

    pub(super) fn transposed(&self) -> Self {
        let (rows, columns) = self.dims.sides();
        let mut data = Numbers::with_capacity(self.data.len());
        for j in 0..columns {
            (0..rows).for_each(|i| data.extend_from_slice(self.jet(i * columns + j)));
        }
        Self { dims: Dims::Matrix(columns, rows), degree: self.degree, data }
    }

    pub(super) fn trace(&self, ring: &Ring) -> Result<Self, Unable> {
        let (rows, columns) = self.dims.sides();
        let mut sum = Self::number(0.0);
        for i in 0..rows.min(columns) {
            sum.add_scaled(ring, 1.0, &self.component(i * columns + i))?;
        }
        Ok(sum)
    }

    /// `d_j` of one component: `(m_j + 1) f_(m + e_j)`.
    fn slope(&self, ring: &Ring, component: usize, j: usize) -> Numbers {
        if self.degree == 0 {
            return smallvec![0.0];
        }
        let jet = self.jet(component);
        let slope = |m: usize| (f64::from(ring.exponents(m)[j]) + 1.0) * jet[ring.up(m, j)];
        (0..ring.count(self.degree - 1)).map(slope).collect()
    }

    /// `d_j` of all components.
    pub(super) fn partial(&self, ring: &Ring, j: usize) -> Self {
        let data = (0..self.dims.len()).flat_map(|c| self.slope(ring, c, j)).collect();
        Self { dims: self.dims, degree: self.degree.saturating_sub(1), data }
    }

    /// `d_j f_i`: the gradient of a scalar, the Jacobian of a vector.
    pub(super) fn gradient(&self, ring: &Ring) -> Result<Self, Unable> {
        let d = ring.dim();
        let dims = match self.dims {
            Dims::Scalar => Dims::Vector(d),
            Dims::Vector(n) => Dims::Matrix(n, d),
            Dims::Matrix(..) | Dims::Many(_) => return Err(SHAPES),
        };
        let data =
            (0..self.dims.len()).flat_map(|c| (0..d).flat_map(move |j| self.slope(ring, c, j))).collect();
        Ok(Self { dims, degree: self.degree.saturating_sub(1), data })
    }

    /// `d_i v_i`, or `d_j A_ij`.
    pub(super) fn divergence(&self, ring: &Ring) -> Result<Self, Unable> {
        let d = ring.dim();
        let (rows, dims) = match self.dims {
            Dims::Vector(n) if n == d => (1, Dims::Scalar),
            Dims::Matrix(rows, n) if n == d => (rows, Dims::Vector(rows)),
            _ => return Err(SHAPES),
        };
        let degree = self.degree.saturating_sub(1);
        let n = ring.count(degree);
        let mut data: Numbers = smallvec![0.0; n * rows];
        for i in 0..rows {
            for j in 0..d {
                let slope = self.slope(ring, i * d + j, j);
                data[i * n..(i + 1) * n].iter_mut().zip(slope).for_each(|(x, y)| *x += y);
            }
        }
        Ok(Self { dims, degree, data })
    }

    /// `f(g) = sum over k of c_k (g - g_0)^k`, by Horner's rule; `c` up to the degree `cut`.
    pub(super) fn composed(&self, ring: &Ring, cut: usize, series: &[f64]) -> Result<Self, Unable> {
        if self.dims != Dims::Scalar {
            return Err(SHAPES);
        }
        if cut == 0 || self.degree == 0 {
            return Ok(Self::number(series[0]));
        }
        let mut rest = self.clone();
        rest.data[0] = 0.0;
        let mut sum = Self::number(series[cut]);
        for c in series[..cut].iter().rev() {
            sum = sum.times(ring, cut, &rest)?;
            sum.data[0] += c;
        }
        Ok(sum)
    }

    /// A function of a scalar.
    pub(super) fn mapped(&self, ring: &Ring, cut: usize, curve: Curve) -> Result<Self, Unable> {
        let order = if self.degree == 0 { 0 } else { cut };
        let series = taylor(curve, self.at(0), order).ok_or(Unable::NotSmooth { at: self.at(0) })?;
        self.composed(ring, order, &series)
    }

    /// The polynomial at another displacement `w(h)` of `d` components, whose constant parts are not counted.
    pub(super) fn substituted(&self, ring: &Ring, cut: usize, w: &Self) -> Result<Self, Unable> {
        let n = self.stride();
        let mut parts: Vec<Self> = (0..ring.dim()).map(|i| w.component(i)).collect();
        parts.iter_mut().for_each(|part| part.data[0] = 0.0);
        let mut powers = vec![Self::number(1.0)];
        for m in 1..n {
            let exponents = ring.exponents(m);
            let v = (0..ring.dim()).find(|v| exponents[*v] > 0).unwrap_or(0);
            let before =
                (0..m).rev().find(|k| ring.degree_of(*k) < ring.degree() && ring.up(*k, v) == m).unwrap_or(0);
            let power = powers[before].times(ring, cut, &parts[v])?;
            powers.push(power);
        }
        let mut sum = vec![];
        for c in 0..self.dims.len() {
            let mut value = Self::number(0.0);
            for (coefficient, power) in self.jet(c).iter().zip(&powers) {
                if *coefficient != 0.0 {
                    value.add_scaled(ring, *coefficient, power)?;
                }
            }
            sum.push(value);
        }
        Self::stacked(ring, self.dims, &sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::Function;

    /// `u = exp(x y)` at `(1, 2)`: `u_x = 2 e^2`, `u_xy = e^2 (1 + 2)`, `lap u = e^2 (4 + 1)`.
    #[test]
    fn derivatives_of_a_product_in_a_function() {
        let ring = Ring::new(2, 3).unwrap();
        let theta = Tensor::variables(&ring, &[1.0, 2.0], 3);
        let product = theta.component(0).times(&ring, 3, &theta.component(1)).unwrap();
        let u = product.mapped(&ring, 3, Curve::Named(Function::Exp)).unwrap();
        let gradient = u.gradient(&ring).unwrap();
        let hessian = gradient.gradient(&ring).unwrap();
        let e = 2.0_f64.exp();
        let close = |found: f64, expected: f64| {
            assert!((found - expected).abs() < 1e-13 * e * 10.0, "{found} {expected}")
        };
        close(gradient.at(0), 2.0 * e);
        close(hessian.at(1), 3.0 * e);
        close(gradient.divergence(&ring).unwrap().at(0), 5.0 * e);
        // grad tr hess u at x: d_x (e^{xy} (x^2 + y^2)) = e^2 (2 * 5 + 2)
        close(hessian.trace(&ring).unwrap().gradient(&ring).unwrap().at(0), 12.0 * e);
    }

    /// `f(x) = x^3` at `2 + w` with `w = 3 h + h^2`: `8 + 36 h + (12 + 54) h^2`.
    #[test]
    fn substitution_is_composition() {
        let ring = Ring::new(1, 3).unwrap();
        let x = Tensor::variables(&ring, &[2.0], 3).component(0);
        let cube = x.mapped(&ring, 3, Curve::Power(3.0)).unwrap();
        let w = Tensor::new(Dims::Vector(1), 2, smallvec![7.0, 3.0, 1.0]);
        let found = cube.substituted(&ring, 2, &w).unwrap();
        let expected = [8.0, 36.0, 66.0];
        assert!(found.jet(0).iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?}");
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused() {
        let ring = Ring::new(2, 1).unwrap();
        let v = Tensor::zero(Dims::Vector(2));
        assert!(v.times(&ring, 0, &v).is_err(), "vector times vector");
        assert!(Tensor::zero(Dims::Matrix(2, 3)).divergence(&ring).is_err(), "a wide matrix");
        assert!(Tensor::number(1.0).plus(&ring, &v).is_err(), "scalar plus vector");
    }
}
