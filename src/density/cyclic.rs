//! Tridiagonal systems with corners, for matrices `1 - tau L` of hopping models.
//!
//! Elimination from the first row down without exchanges; the last row and the last column fill in. What is kept of the
//! diagonal is the excess of each column, its sum (at least 1 here), so that pivots are sums of positive numbers
//! (Grassmann, Taksar and Heyman 1985) and nothing is ever subtracted. With all off-diagonal entries by their size,
//!
//! ```text
//! pivot_k   = excess_k + lower_k + bottom_k
//! row k+1:  f = lower_k/pivot_k,      right_{k+1}  += f right_k
//! last row: g = bottom_k/pivot_k,     bottom_{k+1} += g upper_k
//! columns:  excess_{k+1} += upper_k excess_k/pivot_k,      excess_{n-1} += right_k excess_k/pivot_k
//! ```
//!
//! where `bottom` is the last row and `right` the last column. Solutions for right-hand sides without negative entries
//! have none, and each entry has a small relative error, however stiff the system is.

/// A tridiagonal matrix with corners, at least 3 by 3, whose off-diagonal entries are at most 0; they are kept by size.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cyclic {
    /// Sums of columns, above 0.
    pub(super) excess: Vec<f64>,
    /// Entries `(k+1, k)`.
    pub(super) lower: Vec<f64>,
    /// Entries `(k, k+1)`.
    pub(super) upper: Vec<f64>,
    /// Entry `(0, n-1)`.
    pub(super) top_right: f64,
    /// Entry `(n-1, 0)`.
    pub(super) bottom_left: f64,
}

/// Its factors.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Factors {
    pivots: Vec<f64>,
    upper: Vec<f64>,
    right: Vec<f64>,
    by_row: Vec<f64>,
    by_last: Vec<f64>,
}

impl Cyclic {
    pub(super) fn factor(self) -> Factors {
        let Self { mut excess, lower, upper, top_right, bottom_left } = self;
        let last = excess.len() - 1;
        let (mut right, mut bottom) = (vec![0.0; last], vec![0.0; last]);
        (right[0], bottom[0]) = (top_right, bottom_left);
        right[last - 1] += upper[last - 1];
        bottom[last - 1] += lower[last - 1];
        let (mut by_row, mut by_last) = (vec![0.0; last], vec![0.0; last]);
        let mut pivots = vec![0.0; last + 1];
        for k in 0..last {
            let below = if k + 1 < last { lower[k] } else { 0.0 };
            pivots[k] = excess[k] + below + bottom[k];
            let share = excess[k] / pivots[k];
            by_last[k] = bottom[k] / pivots[k];
            excess[last] += right[k] * share;
            if k + 1 < last {
                by_row[k] = below / pivots[k];
                right[k + 1] += by_row[k] * right[k];
                bottom[k + 1] += by_last[k] * upper[k];
                excess[k + 1] += upper[k] * share;
            }
        }
        pivots[last] = excess[last];
        Factors { pivots, upper, right, by_row, by_last }
    }
}

impl Factors {
    /// Overwrites the right-hand side by the solution.
    pub(super) fn solve(&self, b: &mut [f64]) {
        let last = self.pivots.len() - 1;
        for k in 0..last {
            b[last] += self.by_last[k] * b[k];
            if k + 1 < last {
                b[k + 1] += self.by_row[k] * b[k];
            }
        }
        b[last] /= self.pivots[last];
        for k in (0..last).rev() {
            let mut x = b[k] + self.right[k] * b[last];
            if k + 1 < last {
                x += self.upper[k] * b[k + 1];
            }
            b[k] = x / self.pivots[k];
        }
    }

    /// Whether every pivot is a number.
    pub(super) fn is_finite(&self) -> bool {
        self.pivots.iter().all(|pivot| pivot.is_finite() && *pivot > 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::{DMatrix, DVector};

    #[test]
    fn solutions_are_those_of_a_dense_solver_and_not_negative() {
        for n in [3_usize, 4, 5, 9] {
            for corner in [0.0, 0.7] {
                let entry = |k: usize| 0.3 + (1.3 * f64::from(u8::try_from(k).unwrap())).sin().abs();
                let matrix = Cyclic {
                    excess: (0..n).map(|k| 0.1 + entry(k + 7)).collect(),
                    lower: (0..n - 1).map(|k| entry(k + 1)).collect(),
                    upper: (0..n - 1).map(|k| entry(k + 2)).collect(),
                    top_right: corner,
                    bottom_left: 1.5 * corner,
                };
                let mut dense = DMatrix::zeros(n, n);
                for k in 0..n - 1 {
                    dense[(k + 1, k)] -= matrix.lower[k];
                    dense[(k, k + 1)] -= matrix.upper[k];
                }
                dense[(0, n - 1)] -= matrix.top_right;
                dense[(n - 1, 0)] -= matrix.bottom_left;
                for k in 0..n {
                    let others: f64 = dense.column(k).sum();
                    dense[(k, k)] = matrix.excess[k] - others;
                }
                let mut x: Vec<f64> = (0..n).map(|k| if k == n / 2 { 1.0 } else { 0.0 }).collect();
                let right = DVector::from_column_slice(&x);
                matrix.factor().solve(&mut x);
                assert!(x.iter().all(|x| *x >= 0.0), "negative entries for n = {n}");
                // Condition below 100, entries below 10, so errors below 1e3 units of 2.2e-16.
                let residual = (&dense * DVector::from_column_slice(&x) - right).amax();
                assert!(residual < 3e-13, "residual {residual} for n = {n}, corner {corner}");
            }
        }
    }
}
