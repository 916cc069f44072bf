//! Products and derivatives of tensors.

use super::Unable;
use super::ring::Ring;
use super::tensor::{Dims, Part, Tensor, as_power, is_zero, power};

impl Tensor {
    /// `out[c] = sum of a[i] b[j]` over the listed `(c, i, j)`, up to a degree.
    pub(super) fn products(
        ring: &Ring,
        cut: usize,
        [a, b]: [&Self; 2],
        dims: Dims,
        places: impl Iterator<Item = (usize, usize, usize)>,
    ) -> Result<Self, Unable> {
        let degree = (a.degree + b.degree).min(cut);
        let whole = a.terms + b.terms - 1;
        let terms = whole.min(ring.powers());
        let mut out = Self::blank(ring, dims, degree, a.offset.saturating_add(b.offset), terms)?;
        let size = out.monomials * terms;
        for (c, i, j) in places {
            let range = c * size..(c + 1) * size;
            let target = (&mut out.value[range.clone()], &mut out.error[range]);
            accumulate(ring, a.part(i), b.part(j), degree, terms, target)?;
        }
        let mut known = power(a.offset, b.known).min(power(b.offset, a.known));
        if whole > terms {
            known = known.min(out.offset.saturating_add(as_power(terms) - 1));
        }
        Ok(out.known_to(known).trimmed(ring))
    }

    /// A scalar times anything, up to a degree.
    pub(super) fn times(&self, ring: &Ring, cut: usize, scalar: &Self) -> Result<Self, Unable> {
        Self::products(ring, cut, [self, scalar], self.dims, (0..self.dims.len()).map(|c| (c, c, 0)))
    }

    /// The product of matrices, where a vector is a column; the result has the shape of a vector if the right one is.
    pub(super) fn matrix_product(&self, ring: &Ring, cut: usize, right: &Self) -> Result<Self, Unable> {
        let ((rows, inner), (_, columns)) = (self.dims.matrix(), right.dims.matrix());
        let dims = if matches!(right.dims, Dims::Vector(_)) {
            Dims::Vector(rows)
        } else {
            Dims::Matrix(rows, columns)
        };
        let places = (0..rows).flat_map(move |i| {
            (0..columns)
                .flat_map(move |j| (0..inner).map(move |k| (i * columns + j, i * inner + k, k * columns + j)))
        });
        Self::products(ring, cut, [self, right], dims, places)
    }

    /// `sum_i a_i b_i` over all components.
    pub(super) fn dot(&self, ring: &Ring, cut: usize, other: &Self) -> Result<Self, Unable> {
        Self::products(ring, cut, [self, other], Dims::Scalar, (0..self.dims.len()).map(|i| (0, i, i)))
    }

    /// `a_i b_j`
    pub(super) fn outer(&self, ring: &Ring, cut: usize, other: &Self) -> Result<Self, Unable> {
        let (rows, columns) = (self.dims.len(), other.dims.len());
        let places = (0..rows).flat_map(move |i| (0..columns).map(move |j| (i * columns + j, i, j)));
        Self::products(ring, cut, [self, other], Dims::Matrix(rows, columns), places)
    }

    /// `out[c] = sum of d/dh_j a[i]` over the listed `(c, i, j)`, known up to one degree less than `a`.
    ///
    /// # Errors
    /// It is too large.
    pub(super) fn derivatives(
        &self,
        ring: &Ring,
        dims: Dims,
        places: impl Iterator<Item = (usize, usize, usize)>,
    ) -> Result<Self, Unable> {
        let degree = self.degree.saturating_sub(1);
        let mut out = Self::blank(ring, dims, degree, self.offset, self.terms)?;
        out.known = self.known;
        if self.degree == 0 {
            return Ok(out);
        }
        let places: Vec<_> = places.collect();
        for lower in 0..=degree {
            let (table, monomials) = (ring.products(lower, 1)?, ring.monomials(lower)?);
            let (here, above) = (ring.start(lower), ring.start(lower + 1));
            for &(c, i, j) in &places {
                ring.spend(monomials.len() * self.terms)?;
                for (m, variables) in monomials.iter().enumerate() {
                    let count = variables.iter().filter(|&&v| usize::from(v) == j).count() + 1;
                    let factor = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
                    let from = (i * self.monomials + above + table[m * ring.dim() + j] as usize) * self.terms;
                    let to = (c * out.monomials + here + m) * self.terms;
                    for k in 0..self.terms {
                        let value = factor * self.value[from + k];
                        out.value[to + k] += value;
                        out.error[to + k] += factor * self.error[from + k] + value.abs();
                    }
                }
            }
        }
        Ok(out)
    }

    /// The gradient: of a scalar a vector, of a vector `v` the matrix `d_j v_i`.
    ///
    /// # Errors
    /// It is too large.
    pub(super) fn gradient(&self, ring: &Ring) -> Result<Self, Unable> {
        let (dim, rows) = (ring.dim(), self.dims.len());
        let dims = if self.dims == Dims::Scalar { Dims::Vector(dim) } else { Dims::Matrix(rows, dim) };
        let places = (0..rows).flat_map(move |i| (0..dim).map(move |j| (i * dim + j, i, j)));
        self.derivatives(ring, dims, places)
    }
}

/// `out += a b`, cut at a degree and a number of powers.
fn accumulate(
    ring: &Ring,
    a: Part<'_>,
    b: Part<'_>,
    degree: usize,
    terms: usize,
    (value, error): (&mut [f64], &mut [f64]),
) -> Result<(), Unable> {
    for p in 0..=a.degree.min(degree) {
        for q in 0..=b.degree.min(degree - p) {
            let (rows, columns) = (ring.of_degree(p), ring.of_degree(q));
            ring.spend(rows * columns * a.terms * b.terms)?;
            let table = if p > 0 && q > 0 { Some(ring.products(p, q)?) } else { None };
            let (at_a, at_b, at_out) = (ring.start(p), ring.start(q), ring.start(p + q));
            if a.terms == 1 && b.terms == 1 {
                let (left, left_error) = (&a.value[at_a..at_a + rows], &a.error[at_a..at_a + rows]);
                let right = (&b.value[at_b..at_b + columns], &b.error[at_b..at_b + columns]);
                let target = (&mut value[at_out..], &mut error[at_out..]);
                plain((left, left_error), right, table.as_deref(), target);
                continue;
            }
            for i in 0..rows {
                let from = (at_a + i) * a.terms;
                let (left, left_error) = (&a.value[from..from + a.terms], &a.error[from..from + a.terms]);
                if left.iter().chain(left_error).all(|&x| is_zero(x)) {
                    continue;
                }
                for j in 0..columns {
                    let place = table.as_ref().map_or(i + j, |table| table[i * columns + j] as usize);
                    let from = (at_b + j) * b.terms;
                    let right = (&b.value[from..from + b.terms], &b.error[from..from + b.terms]);
                    let to = (at_out + place) * terms;
                    let target = (&mut value[to..to + terms], &mut error[to..to + terms]);
                    convolve((left, left_error), right, target);
                }
            }
        }
    }
    Ok(())
}

/// The same for the monomials of one degree of each factor, where there are no powers of the small parameter.
fn plain(
    (a, ea): (&[f64], &[f64]),
    (b, eb): (&[f64], &[f64]),
    table: Option<&[u32]>,
    (out, error): (&mut [f64], &mut [f64]),
) {
    for (i, (&a, &ea)) in a.iter().zip(ea).enumerate() {
        if is_zero(a) && is_zero(ea) {
            continue;
        }
        let size = a.abs();
        let mut add = |place: usize, b: f64, eb: f64| {
            out[place] += a * b;
            error[place] += size * (eb + 2.0 * b.abs()) + ea * b.abs();
        };
        match table {
            Some(table) => {
                let places = &table[i * b.len()..(i + 1) * b.len()];
                for ((&place, &b), &eb) in places.iter().zip(b).zip(eb) {
                    add(place as usize, b, eb);
                }
            }
            // One of the factors is a constant.
            None => b.iter().zip(eb).enumerate().for_each(|(j, (&b, &eb))| add(i + j, b, eb)),
        }
    }
}

/// `out_k += sum_i a_i b_(k-i)`
#[inline]
fn convolve((a, ea): (&[f64], &[f64]), (b, eb): (&[f64], &[f64]), (out, error): (&mut [f64], &mut [f64])) {
    for (i, (&a, &ea)) in a.iter().zip(ea).enumerate() {
        let size = a.abs();
        for (k, (&b, &eb)) in b.iter().zip(eb).enumerate().take(out.len().saturating_sub(i)) {
            out[i + k] += a * b;
            error[i + k] += size * (eb + 2.0 * b.abs()) + ea * b.abs();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `(1 + h0 + 2 t)(3 h1 - t)`, by hand.
    #[test]
    fn products_are_cut_and_know_it() {
        let ring = Ring::new(2, 2);
        let h = Tensor::variables(&ring, &[1.0, 0.0]).unwrap();
        let t = Tensor::small(1);
        let left = h.component(0).plus(&ring, 2, &t.clone().scaled(2.0)).unwrap();
        let right = h.component(1).scaled(3.0).minus(&ring, 2, &t).unwrap();
        let product = left.times(&ring, 2, &right).unwrap();
        // Monomials 1, h0, h1, h0 h0, h0 h1, h1 h1; powers 0 and 1.
        let expected = [(0, 1, -1.0), (1, 1, -1.0), (2, 0, 3.0), (2, 1, 6.0), (4, 0, 3.0), (4, 1, 0.0)];
        for (monomial, power, value) in expected {
            let (found, error) = product.coefficient(0, monomial, power);
            assert!((found - value).abs() <= error * f64::EPSILON, "{monomial} {power}: {found}");
        }
        assert_eq!(product.known(), 1, "the square of t was cut off");
        assert_eq!(left.known(), super::super::tensor::EXACT, "nothing was cut off before");
    }

    /// `d/dh1 (h0 h1^2) = 2 h0 h1`.
    #[test]
    fn derivatives_count_repeated_variables() {
        let ring = Ring::new(2, 1);
        let h = Tensor::variables(&ring, &[0.0, 0.0]).unwrap();
        let (a, b) = (h.component(0), h.component(1));
        let cubic = a.times(&ring, 3, &b).unwrap().times(&ring, 3, &b).unwrap();
        let gradient = cubic.gradient(&ring).unwrap();
        assert!((gradient.coefficient(1, 4, 0).0 - 2.0).abs() < 1e-15, "h0 h1");
        assert!((gradient.coefficient(0, 5, 0).0 - 1.0).abs() < 1e-15, "h1 h1");
        assert!(Tensor::number(3.0).gradient(&ring).unwrap().is_blank(), "a constant");
    }

    /// The bound grows with the terms that cancel, and covers the error that is made.
    #[test]
    fn the_running_bound_sees_cancellation() {
        let ring = Ring::new(1, 1);
        let third = Tensor::constants(Dims::Scalar, vec![1.0 / 3.0], vec![1.0]);
        let large = Tensor::number(1e8).plus(&ring, 0, &third).unwrap();
        let (value, bound) = large.minus(&ring, 0, &Tensor::number(1e8)).unwrap().at(0, 0);
        let error = (value - 1.0 / 3.0).abs();
        assert!(error > 1e-10 && error <= bound * f64::EPSILON, "{error:e} {bound:e}");
    }
}
