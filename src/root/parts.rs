//! The parts of a dual number, which num-dual's own trait does not show.

use nalgebra::{Const, DMatrix};
use num_dual::{Dual, Dual2, Dual3, DualNum, DualVec, HyperDual, HyperHyperDual};
use std::fmt::Write;

/// A dual number whose parts can be read; num-dual's own trait shows the real part alone.
///
/// Implemented for `f64`, `Dual`, `Dual2`, `Dual3`, `HyperDual`, `HyperHyperDual`, `DualSVec` and their nestings.
pub trait DualParts: DualNum<Primitive = f64> + Copy {
    /// Calls `visit` with every part, the real part first, always as many and in the same order.
    fn visit_parts(&self, visit: &mut dyn FnMut(f64));
}

impl DualParts for f64 {
    fn visit_parts(&self, visit: &mut dyn FnMut(f64)) {
        visit(*self);
    }
}

impl<T: DualParts> DualParts for Dual<T> {
    fn visit_parts(&self, visit: &mut dyn FnMut(f64)) {
        [self.re, self.eps].iter().for_each(|part| part.visit_parts(visit));
    }
}

impl<T: DualParts> DualParts for Dual2<T> {
    fn visit_parts(&self, visit: &mut dyn FnMut(f64)) {
        [self.re, self.v1, self.v2].iter().for_each(|part| part.visit_parts(visit));
    }
}

impl<T: DualParts> DualParts for Dual3<T> {
    fn visit_parts(&self, visit: &mut dyn FnMut(f64)) {
        [self.re, self.v1, self.v2, self.v3].iter().for_each(|part| part.visit_parts(visit));
    }
}

impl<T: DualParts> DualParts for HyperDual<T> {
    fn visit_parts(&self, visit: &mut dyn FnMut(f64)) {
        [self.re, self.eps1, self.eps2, self.eps1eps2].iter().for_each(|part| part.visit_parts(visit));
    }
}

impl<T: DualParts> DualParts for HyperHyperDual<T> {
    fn visit_parts(&self, visit: &mut dyn FnMut(f64)) {
        let first = [self.re, self.eps1, self.eps2, self.eps3];
        let higher = [self.eps1eps2, self.eps1eps3, self.eps2eps3, self.eps1eps2eps3];
        first.iter().chain(&higher).for_each(|part| part.visit_parts(visit));
    }
}

impl<T: DualParts, const N: usize> DualParts for DualVec<T, Const<N>> {
    fn visit_parts(&self, visit: &mut dyn FnMut(f64)) {
        self.re.visit_parts(visit);
        match &self.eps.0 {
            Some(parts) => parts.iter().for_each(|part| part.visit_parts(visit)),
            // num-dual keeps a vector of zeros as nothing at all
            None => (0..N).for_each(|_| T::from(0.0).visit_parts(visit)),
        }
    }
}

/// The Frobenius norm of each part over the whole matrix.
pub(super) fn part_norms<D: DualParts>(matrix: &DMatrix<D>) -> Vec<f64> {
    let mut squares = Vec::new();
    for entry in matrix {
        let mut place = 0;
        entry.visit_parts(&mut |part| {
            if place == squares.len() {
                squares.push(0.0);
            }
            squares[place] += part * part;
            place += 1;
        });
    }
    squares.into_iter().map(f64::sqrt).collect()
}

/// No part is NaN or infinite.
pub(super) fn parts_are_finite(entry: &impl DualParts) -> bool {
    let mut finite = true;
    entry.visit_parts(&mut |part| finite &= part.is_finite());
    finite
}

/// No part is NaN or infinite, of any dual number whatever.
///
/// The trait shows no part but the real one, and `==`, `is_zero` and `is_nan` look at nothing else; what every such
/// number does show is its parts as text, where Rust writes `NaN` and `inf` and num-dual no other such word.
pub(super) fn all_parts_are_finite<D: DualNum<Primitive = f64> + Copy>(entry: &D) -> bool {
    entry.re().is_finite() && (D::NDERIV == 0 || is_finite_as_text(entry))
}

/// No part of `entry`, as text, is NaN or infinite.
fn is_finite_as_text(entry: &impl std::fmt::Debug) -> bool {
    write!(Watch { before: [0; 2] }, "{entry:?}").is_ok()
}

/// Refuses text in which `NaN` or `inf` appears, also across pieces.
struct Watch {
    before: [u8; 2],
}

impl Write for Watch {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        for &letter in text.as_bytes() {
            let [first, second] = self.before;
            if matches!(&[first, second, letter], b"NaN" | b"inf") {
                return Err(std::fmt::Error);
            }
            self.before = [second, letter];
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_dual::{Dual3_64, DualSVec64, HyperDual64, HyperHyperDual64};

    fn count(x: impl DualParts) -> usize {
        let mut seen = 0;
        x.visit_parts(&mut |_| seen += 1);
        seen
    }

    /// Every number of every type is seen, finite numbers pass.
    #[test]
    fn parts_are_complete() {
        assert_eq!(count(Dual3_64::from(1.0)), 4, "Dual3");
        assert_eq!(count(HyperHyperDual64::from(1.0)), 8, "HyperHyperDual");
        assert_eq!(count(DualSVec64::<5>::from_re(1.0)), 6, "a vector kept as nothing");
        assert!(all_parts_are_finite(&HyperDual64::new(1.0, -2.5e-300, f64::MAX, 0.0)), "finite is finite");
    }
}
