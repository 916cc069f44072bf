//! Running moments of vectors: one pass, no cancellation, partial results merged in a given order.
//!
//! With `delta = x - mean` and `n` the count after the update (Welford, Chan, Pebay):
//!
//! ```text
//! mean += delta/n
//! M2   += delta^2 (n-1)/n
//! M4   += delta^4 (n-1)(n^2-3n+3)/n^3 + 6 delta^2 M2/n^2 - 4 delta M3/n
//! C_ij += delta_i delta_j (n-1)/n
//! ```

#![allow(clippy::cast_precision_loss, reason = "counts are below 2^53")]

use nalgebra::{DMatrix, DVector};

/// Mean and variance of each component.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    count: u64,
    mean: Vec<f64>,
    second: Vec<f64>,
}

impl Moments {
    /// Of vectors of `dim` components, none seen yet.
    #[must_use]
    pub fn new(dim: usize) -> Self {
        Self { count: 0, mean: vec![0.0; dim], second: vec![0.0; dim] }
    }

    /// Takes one more vector; components beyond the dimension are ignored.
    pub fn push(&mut self, x: &[f64]) {
        self.count += 1;
        let n = self.count as f64;
        for ((mean, second), x) in self.mean.iter_mut().zip(&mut self.second).zip(x) {
            let delta = x - *mean;
            *mean += delta / n;
            *second += delta * (x - *mean);
        }
    }

    /// Takes the vectors that another one has seen:
    /// `M2 = M2_a + M2_b + delta^2 n_a n_b/n`, `mean = mean_a + delta n_b/n`, `delta = mean_b - mean_a`.
    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        let (a, b) = (self.count as f64, other.count as f64);
        let n = a + b;
        for i in 0..self.mean.len() {
            let delta = other.mean[i] - self.mean[i];
            self.mean[i] += delta * b / n;
            self.second[i] += other.second[i] + delta * delta * a * b / n;
        }
        self.count += other.count;
    }

    /// Vectors seen.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Mean of each component, 0 before the first vector.
    #[must_use]
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Variance of each component with `1/(count-1)`; infinite for fewer than two vectors, where it is not known.
    #[must_use]
    pub fn variance(&self, component: usize) -> f64 {
        if self.count < 2 {
            return f64::INFINITY;
        }
        self.second[component] / (self.count - 1) as f64
    }

    /// Standard error of the mean of a component; infinite for fewer than two vectors.
    #[must_use]
    pub fn standard_error(&self, component: usize) -> f64 {
        (self.variance(component) / self.count as f64).sqrt()
    }
}

/// Mean, covariance matrix, and the fourth central moment of each component.
#[derive(Debug, Clone, PartialEq)]
pub struct Covariance {
    count: u64,
    mean: DVector<f64>,
    scatter: DMatrix<f64>,
    third: DVector<f64>,
    fourth: DVector<f64>,
}

impl Covariance {
    /// Of vectors of `dim` components, none seen yet.
    #[must_use]
    pub fn new(dim: usize) -> Self {
        Self {
            count: 0,
            mean: DVector::zeros(dim),
            scatter: DMatrix::zeros(dim, dim),
            third: DVector::zeros(dim),
            fourth: DVector::zeros(dim),
        }
    }

    /// Takes one more vector of the right dimension.
    pub fn push(&mut self, x: &DVector<f64>) {
        self.count += 1;
        let n = self.count as f64;
        let delta = x - &self.mean;
        for (i, d) in delta.iter().enumerate() {
            let (second, third) = (self.scatter[(i, i)], self.third[i]);
            let square = d * d * (n - 1.0) / n;
            self.fourth[i] += square * d * d * (n * n - 3.0 * n + 3.0) / (n * n)
                + 6.0 * d * d * second / (n * n)
                - 4.0 * d * third / n;
            self.third[i] += square * d * (n - 2.0) / n - 3.0 * d * second / n;
        }
        self.scatter.ger((n - 1.0) / n, &delta, &delta, 1.0);
        self.mean.axpy(1.0 / n, &delta, 1.0);
    }

    /// Takes the vectors that another one has seen.
    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        let (a, b) = (self.count as f64, other.count as f64);
        let n = a + b;
        let delta = &other.mean - &self.mean;
        for (i, d) in delta.iter().enumerate() {
            let (second, more) = (self.scatter[(i, i)], other.scatter[(i, i)]);
            let (third, more_third) = (self.third[i], other.third[i]);
            self.fourth[i] += other.fourth[i]
                + d.powi(4) * a * b * (a * a - a * b + b * b) / n.powi(3)
                + 6.0 * d * d * (a * a * more + b * b * second) / (n * n)
                + 4.0 * d * (a * more_third - b * third) / n;
            self.third[i] +=
                more_third + d.powi(3) * a * b * (a - b) / (n * n) + 3.0 * d * (a * more - b * second) / n;
        }
        self.scatter += &other.scatter;
        self.scatter.ger(a * b / n, &delta, &delta, 1.0);
        self.mean.axpy(b / n, &delta, 1.0);
        self.count += other.count;
    }

    /// Vectors seen.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The mean, 0 before the first vector.
    #[must_use]
    pub fn mean(&self) -> &DVector<f64> {
        &self.mean
    }

    /// The covariance matrix with `1/(count-1)`, or nothing for fewer than two vectors.
    #[must_use]
    pub fn covariance(&self) -> Option<DMatrix<f64>> {
        (self.count > 1).then(|| &self.scatter / (self.count - 1) as f64)
    }

    /// Third central moment of a component.
    #[must_use]
    pub fn third_moment(&self, component: usize) -> f64 {
        self.third[component] / (self.count.max(1)) as f64
    }

    /// The largest skewness of a component of the mean, `|third moment|/(count^2 s^3)` for its standard error `s`; what is not
    /// finite counts as none.
    #[must_use]
    pub fn skewness_of_mean(&self, standard_errors: &DVector<f64>) -> f64 {
        let square = (self.count as f64).powi(2);
        let of = |(i, s): (usize, &f64)| (self.third_moment(i) / square / s.powi(3)).abs();
        standard_errors.iter().enumerate().map(of).filter(|g| g.is_finite()).fold(0.0, f64::max)
    }

    /// Kurtosis `count M4/M2^2` of a component (3 for a normal one), 0 for one that does not vary.
    #[must_use]
    pub fn kurtosis(&self, component: usize) -> f64 {
        let second = self.scatter[(component, component)];
        if second > 0.0 { self.count as f64 * self.fourth[component] / (second * second) } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<[f64; 2]> {
        (0..50)
            .map(|k| f64::from(k) * 0.37)
            .map(|t| [1e3 + t.sin() + 0.3 * (2.0 * t).cos(), t.cos() - 0.1 * t])
            .collect()
    }

    /// Sums of 50 numbers of size 1e3 in two passes; relative to powers of the spread (about 1), rounding is below
    /// 50 * 1e3 * 2.2e-16 = 1e-11.
    const BOUND: f64 = 1e-10;

    #[test]
    fn moments_are_those_of_two_passes_whatever_the_split() {
        let rows = rows();
        let n = rows.len() as f64;
        let mean: [f64; 2] = std::array::from_fn(|i| rows.iter().map(|r| r[i]).sum::<f64>() / n);
        let central = |i: usize, j: usize, p: i32, q: i32| {
            rows.iter().map(|r| (r[i] - mean[i]).powi(p) * (r[j] - mean[j]).powi(q)).sum::<f64>()
        };
        for split in [0, 1, 7, 25, 49, 50] {
            let mut parts = [(Moments::new(2), Covariance::new(2)), (Moments::new(2), Covariance::new(2))];
            for (k, row) in rows.iter().enumerate() {
                let part = &mut parts[usize::from(k >= split)];
                part.0.push(row);
                part.1.push(&DVector::from_row_slice(row));
            }
            let [(mut moments, mut covariance), rest] = parts;
            moments.merge(&rest.0);
            covariance.merge(&rest.1);
            let found = covariance.covariance().unwrap();
            for i in 0..2 {
                assert!((moments.mean()[i] - mean[i]).abs() < BOUND * 1e3, "mean {i}, split {split}");
                assert!((covariance.mean()[i] - mean[i]).abs() < BOUND * 1e3, "mean {i}, split {split}");
                let variance = central(i, i, 1, 1) / (n - 1.0);
                assert!((moments.variance(i) - variance).abs() < BOUND, "variance {i}, split {split}");
                let error = (variance / n).sqrt();
                assert!((moments.standard_error(i) - error).abs() < BOUND, "error {i}, split {split}");
                let third = central(i, i, 2, 1) / n;
                assert!(
                    (covariance.third_moment(i) - third).abs() < BOUND,
                    "third moment {i}, split {split}"
                );
                let kurtosis = n * central(i, i, 2, 2) / central(i, i, 1, 1).powi(2);
                assert!((covariance.kurtosis(i) - kurtosis).abs() < BOUND, "kurtosis {i}, split {split}");
                for j in 0..2 {
                    let expected = central(i, j, 1, 1) / (n - 1.0);
                    assert!((found[(i, j)] - expected).abs() < BOUND, "covariance {i} {j}, split {split}");
                }
            }
        }
    }

    #[test]
    fn one_vector_has_no_variance() {
        let mut moments = Moments::new(1);
        moments.push(&[2.0]);
        assert!(moments.standard_error(0).is_infinite(), "unknown, not zero");
        assert_eq!(Covariance::new(1).covariance(), None, "unknown");
    }
}
