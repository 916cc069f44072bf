//! Polynomials in a displacement `h` of `theta`, cut at a degree: the Taylor coefficients of whatever is drawn.
//!
//! ```text
//! f(theta + h) = sum over monomials m of f_m h^m,      (f g)_m = sum over a b = m of f_a g_b
//! ```
//!
//! Monomials are sorted by degree, so that those up to a degree are the first ones.

use super::Unable;
use std::cell::Cell;

/// Monomials that are dealt with.
const MOST_MONOMIALS: usize = 60_000;

thread_local! {
    static WORK: Cell<u64> = const { Cell::new(0) };
}

/// Multiplications of coefficients that this thread has done: a measure of cost that is the same in every run.
pub(super) fn work_done() -> u64 {
    WORK.get()
}

/// Adds to what has been done.
pub(super) fn count_work(products: usize) {
    WORK.set(WORK.get().wrapping_add(products as u64));
}

/// The monomials in so many variables up to a degree.
#[derive(Debug)]
pub(super) struct Ring {
    dim: usize,
    degree: usize,
    /// Where the monomials of a degree begin; one entry more than degrees.
    starts: Vec<usize>,
    /// Exponents by monomial.
    exponents: Vec<Vec<u8>>,
    /// Monomial times variable, of all monomials below the highest degree.
    up: Vec<u32>,
    /// `products[a][b]`: of each monomial of degree `a` with each of degree `b`.
    products: Vec<Vec<Vec<u32>>>,
}

impl Ring {
    /// # Errors
    /// There are too many monomials.
    pub(super) fn new(dim: usize, degree: usize) -> Result<Self, Unable> {
        let mut count = 1_usize;
        for k in 1..=degree {
            count = count.saturating_mul(dim + k) / k;
            if count > MOST_MONOMIALS {
                return Err(Unable::TooLarge { what: "derivatives" });
            }
        }
        let mut ring = Self {
            dim,
            degree,
            starts: vec![0, 1],
            exponents: vec![vec![0; dim]],
            up: vec![],
            products: vec![],
        };
        for k in 1..=degree {
            ring.grow(k);
        }
        ring.multiply();
        Ok(ring)
    }

    /// The monomials of the next degree: each one of the last degree times each variable not before its last one.
    fn grow(&mut self, degree: usize) {
        let (first, last) = (self.starts[degree - 1], self.starts[degree]);
        let mut known = std::collections::HashMap::new();
        for m in first..last {
            for v in 0..self.dim {
                let mut exponents = self.exponents[m].clone();
                exponents[v] += 1;
                let next = self.exponents.len();
                let place = *known.entry(exponents.clone()).or_insert(next);
                if place == next {
                    self.exponents.push(exponents);
                }
                self.up.push(u32::try_from(place).unwrap_or(u32::MAX));
            }
        }
        self.starts.push(self.exponents.len());
    }

    fn multiply(&mut self) {
        self.products = (0..=self.degree)
            .map(|a| {
                (0..=self.degree - a)
                    .map(|b| {
                        let (left, right) = (self.of_degree(a), self.of_degree(b));
                        left.flat_map(|m| right.clone().map(move |k| (m, k)))
                            .map(|(m, k)| self.product(m, k))
                            .collect()
                    })
                    .collect()
            })
            .collect();
    }

    fn product(&self, mut m: usize, k: usize) -> u32 {
        for (v, times) in self.exponents[k].iter().enumerate() {
            for _ in 0..*times {
                m = self.up[m * self.dim + v] as usize;
            }
        }
        u32::try_from(m).unwrap_or(u32::MAX)
    }

    fn of_degree(&self, degree: usize) -> std::ops::Range<usize> {
        self.starts[degree]..self.starts[degree + 1]
    }

    /// Number of variables.
    pub(super) fn dim(&self) -> usize {
        self.dim
    }

    /// The highest degree.
    pub(super) fn degree(&self) -> usize {
        self.degree
    }

    /// Number of monomials up to a degree.
    pub(super) fn count(&self, degree: usize) -> usize {
        self.starts[degree.min(self.degree) + 1]
    }

    /// The degree of a monomial.
    pub(super) fn degree_of(&self, monomial: usize) -> usize {
        self.starts.partition_point(|start| *start <= monomial) - 1
    }

    /// The exponents of a monomial.
    pub(super) fn exponents(&self, monomial: usize) -> &[u8] {
        &self.exponents[monomial]
    }

    /// A monomial below the highest degree times a variable.
    pub(super) fn up(&self, monomial: usize, variable: usize) -> usize {
        self.up[monomial * self.dim + variable] as usize
    }

    /// `out += a b` up to a degree; `out` has the monomials up to `min(cut, degree a + degree b)`.
    pub(super) fn add_product(
        &self,
        cut: usize,
        out: &mut [f64],
        (a, da): (&[f64], usize),
        (b, db): (&[f64], usize),
    ) {
        if da == 0 || db == 0 {
            let (scalar, long) = if da == 0 { (a[0], b) } else { (b[0], a) };
            count_work(out.len());
            out.iter_mut().zip(long).for_each(|(o, x)| *o += scalar * x);
            return;
        }
        for p in 0..=da.min(cut) {
            for q in 0..=db.min(cut - p) {
                let table = &self.products[p][q];
                let (left, right) = (&a[self.of_degree(p)], &b[self.of_degree(q)]);
                count_work(table.len());
                for (x, row) in left.iter().zip(table.chunks_exact(right.len())) {
                    for (y, place) in right.iter().zip(row) {
                        out[*place as usize] += x * y;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_those_of_polynomials() {
        let ring = Ring::new(2, 3).unwrap();
        assert_eq!((ring.count(1), ring.count(3)), (3, 10), "1, x, y, and ten up to degree 3");
        // (1 + x)(x + y) = x + y + x^2 + x y
        let mut out = vec![0.0; 6];
        ring.add_product(2, &mut out, (&[1.0, 1.0, 0.0], 1), (&[0.0, 1.0, 1.0], 1));
        let at = |exponents: [u8; 2]| (0..6).find(|m| ring.exponents(*m) == exponents).map(|m| out[m]);
        let expected =
            [([0, 0], 0.0), ([1, 0], 1.0), ([0, 1], 1.0), ([2, 0], 1.0), ([1, 1], 1.0), ([0, 2], 0.0)];
        for (exponents, value) in expected {
            assert_eq!(at(exponents), Some(value), "{exponents:?}");
        }
        assert_eq!(ring.degree_of(3), 2, "the fourth monomial is quadratic");
    }

    #[test]
    fn too_many_monomials_are_refused() {
        assert!(Ring::new(1000, 3).is_err(), "1000 variables to third order");
        assert!(Ring::new(0, 2).is_ok(), "no variable at all");
    }
}
