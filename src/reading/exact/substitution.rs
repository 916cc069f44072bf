//! Substitution: a polynomial in the displacement at another displacement.
//!
//! ```text
//! e(w) = sum over alpha of e_alpha w^alpha
//! ```
//!
//! where `w` has `d` components in the ring without constant parts (but with bounds of the errors of these, which count).

use super::Unable;
use super::ring::Ring;
use super::tensor::{Dims, Tensor};

/// The powers of a displacement, degree by degree, in the order of the monomials.
pub(super) struct Powers {
    degrees: Vec<Vec<Tensor>>,
}

impl Powers {
    /// All powers up to a degree.
    ///
    /// # Errors
    /// There are too many.
    pub(super) fn new(ring: &Ring, cut: usize, w: &Tensor, degree: usize) -> Result<Self, Unable> {
        let mut degrees = vec![vec![Tensor::number(1.0)]];
        let parts: Vec<Tensor> = (0..ring.dim()).map(|i| w.component(i)).collect();
        for next in 1..=degree {
            let monomials = ring.monomials(next)?;
            let table = ring.products(1, next - 1)?;
            let before = &degrees[next - 1];
            let mut powers: Vec<Option<Tensor>> = vec![None; monomials.len()];
            for (first, part) in parts.iter().enumerate() {
                for (rest, power) in before.iter().enumerate() {
                    let place = table[first * before.len() + rest] as usize;
                    if powers[place].is_none() {
                        powers[place] = Some(power.times(ring, cut, part)?);
                    }
                }
            }
            degrees
                .push(powers.into_iter().map(|power| power.unwrap_or_else(|| Tensor::number(0.0))).collect());
        }
        Ok(Self { degrees })
    }

    /// `e(w)`
    ///
    /// # Errors
    /// It is too large.
    pub(super) fn of(&self, ring: &Ring, cut: usize, e: &Tensor) -> Result<Tensor, Unable> {
        let mut sum = Tensor::zero(e.dims());
        for (degree, powers) in self.degrees.iter().enumerate().take(e.degree() + 1) {
            for (m, power) in powers.iter().enumerate() {
                let coefficient = e.of_monomial(ring.start(degree) + m);
                if !coefficient.is_blank() {
                    sum = sum.plus(ring, cut, &coefficient.times(ring, cut, power)?)?;
                }
            }
        }
        Ok(sum.known_to(e.known()))
    }
}

/// The displacement `h` itself, plus something.
///
/// # Errors
/// It is too large.
pub(super) fn displaced(ring: &Ring, cut: usize, by: &Tensor) -> Result<Tensor, Unable> {
    let origin = vec![0.0; ring.dim()];
    Tensor::variables(ring, &origin)?.plus(ring, cut, by)
}

/// The vector of a displacement along one coordinate.
///
/// # Errors
/// It is too large.
pub(super) fn along(ring: &Ring, cut: usize, coordinate: usize, by: &Tensor) -> Result<Tensor, Unable> {
    let zero = Tensor::zero(Dims::Scalar);
    let parts: Vec<Tensor> =
        (0..ring.dim()).map(|i| if i == coordinate { by.clone() } else { zero.clone() }).collect();
    Tensor::stacked(ring, cut, Dims::Vector(ring.dim()), &parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `e = h0^2 + h0 h1` at `w = (h0 + t, 2 t)`: `h0^2 + 2 h0 t + t^2 + 2 h0 t + 2 t^2`.
    #[test]
    fn a_polynomial_is_moved() {
        let ring = Ring::new(2, 3);
        let h = Tensor::variables(&ring, &[0.0, 0.0]).unwrap();
        let (a, b) = (h.component(0), h.component(1));
        let e = a.times(&ring, 2, &a).unwrap().plus(&ring, 2, &a.times(&ring, 2, &b).unwrap()).unwrap();
        let t = Tensor::small(1);
        let w = [a.plus(&ring, 2, &t).unwrap(), t.scaled(2.0)];
        let w = Tensor::stacked(&ring, 2, Dims::Vector(2), &w).unwrap();
        let moved = Powers::new(&ring, 2, &w, 2).unwrap().of(&ring, 2, &e).unwrap();
        let expected = [(0, 2, 3.0), (1, 1, 4.0), (3, 0, 1.0)];
        for (monomial, power, value) in expected {
            assert!((moved.coefficient(0, monomial, power).0 - value).abs() < 1e-15, "{monomial} {power}");
        }
    }
}
