//! Random points to look at a drift from.

use super::stream::{Streams, Use};
use rand_distr::{Distribution, StandardNormal};

/// A point whose `dim` components are independent and normal, with mean 0 and standard deviation `scale`.
///
/// Points of other numbers, counted from 0, and of other seeds are independent; fewer components are the first of more.
#[must_use]
pub fn normal_point(dim: usize, scale: f64, seed: u64, number: u32) -> Vec<f64> {
    let mut stream = Streams::new(seed, Use::Points).at_point(number).block(0);
    let mut draw = || -> f64 { StandardNormal.sample(&mut stream) };
    (0..dim).map(|_| scale * draw()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_normal_and_of_their_own() {
        let point = normal_point(10_000, 2.0, 3, 0);
        assert_eq!(point[..5], normal_point(5, 2.0, 3, 0), "the first of more");
        assert_ne!(point[..5], normal_point(5, 2.0, 3, 1), "another number");
        assert_ne!(point[..5], normal_point(5, 2.0, 4, 0), "another seed");
        // The mean of the squares has a standard error of 4 sqrt(2/10^4) = 0.057; five of them are 2e-7 of false alarm.
        let square = point.iter().map(|x| x * x).sum::<f64>() / 1e4;
        assert!((square - 4.0).abs() < 0.29, "mean square {square}, expected 4");
    }
}
