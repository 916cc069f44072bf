//! How large the gradients of single rows are at one point, how they differ, and how fast that changes with `theta`.
//!
//! ```text
//! rms |g|         rms |g - G| = sqrt(tr Sigma)         rms |H|         rms |H - Hbar|           |H|^2 = H_ij H_ij
//! length = rms |g - G| / rms |H - Hbar|
//! ```
//!
//! with `rms z = sqrt(E z^2)` over the rows. `E|(H - Hbar) delta|^2 = h^2 E|H - Hbar|^2` for `delta ~ Normal(0, h^2 I)`: at
//! `h = length` the differences between the gradients of rows have changed by about themselves, and so has `Sigma`.

use crate::loss::{Block, LANES, Lanes, Loss, Problem, ProblemError};

/// Rounds of the power method; its bound is then within a few per cent unless the next eigenvalues are as large.
const ROUNDS: usize = 12;

/// Directions along which Hessians are looked at, at most: all of them up to this dimension, which is exact; beyond,
/// random signs, which estimate each mean square to about a third (and its root to a sixth).
const PROBES: usize = 16;

/// What [`gradient_spread`] finds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// `rms |g|`
    pub gradient: f64,
    /// `rms |g - G| = sqrt(tr Sigma)`
    pub gradient_spread: f64,
    /// `rms |H|`, estimated beyond dimension 16.
    pub hessian: f64,
    /// `rms |H - Hbar|`, estimated beyond dimension 16.
    pub hessian_spread: f64,
    /// A lower bound of the largest eigenvalue of `Sigma`, at least `tr Sigma / d` and close to it unless the next ones
    /// are as large.
    pub largest: f64,
}

impl Spread {
    /// The distance over which `Sigma` changes by about itself, in units of `theta`; infinite where it does not change.
    #[must_use]
    pub fn length(&self) -> f64 {
        if self.hessian_spread > 0.0 { self.gradient_spread / self.hessian_spread } else { f64::INFINITY }
    }
}

/// The sizes above at `theta` over all rows; memory is `d` numbers for each of up to 16 directions and each task.
///
/// # Errors
/// `theta` does not fit the loss, or the loss is not finite there.
pub fn gradient_spread<L: Loss>(problem: &Problem<L>, theta: &[f64]) -> Result<Spread, ProblemError> {
    problem.check_theta(theta)?;
    let rows = Rows { problem, theta };
    let dim = problem.dim();
    let probes = probes(dim);
    let (means, units) = rows.means(&probes)?;
    // In units of the mean sizes, so that no square over- or underflows: |g|^2, |H v|^2, |(H - Hbar) v|^2 and, by
    // component, (g - G)^2.
    let squares = rows.average(3 + dim, |sum, block| {
        let (sizes, spread) = sum.split_at_mut(3);
        for (i, spread) in spread.iter_mut().enumerate() {
            let g = block.gradient(i);
            sizes[0] += square(block, g, 0.0, units[0]);
            *spread += square(block, g, means[i], units[0]);
        }
        for (v, mean) in probes.iter().zip(means.chunks(dim).skip(1)) {
            block.apply_hessian(|i, _| [v[i]; LANES]);
            for (i, mean) in mean.iter().enumerate() {
                let h = block.hessian_vector(i);
                sizes[1] += square(block, h, 0.0, units[1]);
                sizes[2] += square(block, h, *mean, units[1]);
            }
        }
    })?;
    // |H|^2 is the sum of |H e_k|^2 over k, or the mean of |H v|^2 over random signs.
    let share = if dim <= PROBES { 1.0 } else { 1.0 / real(PROBES) };
    let variances: Vec<f64> = squares[3..].iter().map(|v| v * units[0] * units[0]).collect();
    Ok(Spread {
        gradient: squares[0].sqrt() * units[0],
        gradient_spread: squares[3..].iter().sum::<f64>().sqrt() * units[0],
        hessian: (squares[1] * share).sqrt() * units[1],
        hessian_spread: (squares[2] * share).sqrt() * units[1],
        largest: rows.largest(&means[..dim], &variances)?,
    })
}

/// Unit vectors, or vectors of signs that look random but are always the same.
fn probes(dim: usize) -> Vec<Vec<f64>> {
    if dim <= PROBES {
        return (0..dim).map(|k| (0..dim).map(|i| if i == k { 1.0 } else { 0.0 }).collect()).collect();
    }
    // SplitMix64, a bit a sign.
    let mut state = 0_u64;
    let mut sign = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        if z >> 63 == 0 { 1.0 } else { -1.0 }
    };
    (0..PROBES).map(|_| (0..dim).map(|_| sign()).collect()).collect()
}

/// Sum of `((x - centre)/unit)^2` over the rows of a block.
fn square(block: &Block<'_>, x: &Lanes, centre: f64, unit: f64) -> f64 {
    block.sum(&x.map(|x| ((x - centre) / unit).powi(2)))
}

/// `|w|`, whatever the size of its components.
fn norm(w: &[f64]) -> f64 {
    let most = w.iter().fold(0.0_f64, |m, w| m.max(w.abs()));
    if most > 0.0 { w.iter().map(|w| (w / most).powi(2)).sum::<f64>().sqrt() * most } else { most }
}

#[allow(clippy::cast_precision_loss, reason = "counts are below 2^53")]
fn real(count: usize) -> f64 {
    count as f64
}

/// All rows at one point.
struct Rows<'a, L> {
    problem: &'a Problem<L>,
    theta: &'a [f64],
}

impl<L: Loss> Rows<'_, L> {
    /// Means over all rows of `size` numbers that `visit` adds up.
    fn average(
        &self,
        size: usize,
        visit: impl Fn(&mut [f64], &mut Block<'_>) + Sync,
    ) -> Result<Vec<f64>, ProblemError> {
        let parts = self.problem.sweep(
            self.theta,
            size,
            || vec![0.0; size],
            |sum: &mut Vec<f64>, block| {
                visit(sum, block);
            },
        )?;
        let mut sums = vec![0.0; size];
        for part in parts {
            sums.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
        let rows = real(self.problem.rows());
        sums.iter_mut().for_each(|sum| *sum /= rows);
        Ok(sums)
    }

    /// `G`, then `Hbar v` for each probe; and the mean sizes `E sum_i |g_i|` and `E sum_vi |(H v)_i|`, 1 where they are 0.
    fn means(&self, probes: &[Vec<f64>]) -> Result<(Vec<f64>, [f64; 2]), ProblemError> {
        let dim = self.problem.dim();
        let size = |block: &Block<'_>, x: &Lanes| block.sum(&x.map(f64::abs));
        let mut means = self.average(2 + dim * (1 + probes.len()), |sum, block| {
            let (sizes, sum) = sum.split_at_mut(2);
            let (gradient, products) = sum.split_at_mut(dim);
            for (i, sum) in gradient.iter_mut().enumerate() {
                *sum += block.sum(block.gradient(i));
                sizes[0] += size(block, block.gradient(i));
            }
            for (v, sum) in probes.iter().zip(products.chunks_mut(dim)) {
                block.apply_hessian(|i, _| [v[i]; LANES]);
                for (i, sum) in sum.iter_mut().enumerate() {
                    *sum += block.sum(block.hessian_vector(i));
                    sizes[1] += size(block, block.hessian_vector(i));
                }
            }
        })?;
        let units = [means[0], means[1]].map(|size| if size > 0.0 { size } else { 1.0 });
        Ok((means.split_off(2), units))
    }

    /// Power method on `Sigma = E[c c^T]`, `c = g - G`: `w <- Sigma w/|Sigma w|`, and `|Sigma w|` with `|w| = 1` never
    /// exceeds the largest eigenvalue. From the unit vector of the component that varies most: `Sigma` never takes that
    /// to 0, as it can a vector of standard deviations (`Sigma = [[1, -1], [-1, 1]]`).
    fn largest(&self, mean: &[f64], variances: &[f64]) -> Result<f64, ProblemError> {
        let most = (0..variances.len()).max_by(|&i, &j| variances[i].total_cmp(&variances[j]));
        let mut direction: Vec<f64> =
            (0..mean.len()).map(|i| if Some(i) == most { 1.0 } else { 0.0 }).collect();
        let mut largest = 0.0;
        for _ in 0..ROUNDS {
            let length = norm(&direction);
            if length <= 0.0 || !length.is_finite() {
                break;
            }
            direction.iter_mut().for_each(|w| *w /= length);
            direction = self.average(mean.len(), |sum, block| {
                let mut along = [0.0; LANES];
                for (i, w) in direction.iter().enumerate() {
                    let g = block.gradient(i);
                    along.iter_mut().enumerate().for_each(|(l, a)| *a += w * (g[l] - mean[i]));
                }
                for (i, s) in sum.iter_mut().enumerate() {
                    let g = block.gradient(i);
                    *s += block.sum(&std::array::from_fn(|l| (g[l] - mean[i]) * along[l]));
                }
            })?;
            largest = norm(&direction).max(largest);
        }
        Ok(largest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Data;
    use crate::loss::Builtin;

    /// Linear regression, `g = (theta.x - y) x`, `H = x x^T`, at `theta = 0`: `g = -y x`.
    fn linear(rows: &[[f64; 3]]) -> Spread {
        let data = Data::from_rows(&["a", "b", "y"], rows).unwrap();
        let problem = Problem::new(Builtin::Linear { features: 2 }, &data).unwrap();
        gradient_spread(&problem, &[0.0, 0.0]).unwrap()
    }

    /// Sums of two numbers of order 1 and their squares: a few units in the last place.
    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 16.0 * f64::EPSILON * expected.abs(), "{found} for {expected}");
    }

    #[test]
    fn sizes_are_those_of_the_definitions() {
        // g = (-1, 0) and (0, -2), G = (-1/2, -1); H = diag(1, 0) and diag(0, 1).
        let found = linear(&[[1.0, 0.0, 1.0], [0.0, 1.0, 2.0]]);
        close(found.gradient, 2.5_f64.sqrt());
        close(found.gradient_spread, 1.25_f64.sqrt());
        close(found.hessian, 1.0);
        close(found.hessian_spread, 0.5_f64.sqrt());
        close(found.length(), 2.5_f64.sqrt());
        close(found.largest, 1.25);
    }

    /// Regression: the power method used to start from the standard deviations, here `(1, 1)`, which this `Sigma` takes
    /// to 0; the largest eigenvalue came out as 0 and no added drift could ever be large enough to be asked for.
    #[test]
    fn opposed_components_have_a_largest_eigenvalue() {
        // g = -(1, -1) and (1, -1): Sigma = [[1, -1], [-1, 1]], eigenvalues 0 and 2.
        let found = linear(&[[1.0, -1.0, 1.0], [1.0, -1.0, -1.0]]);
        close(found.largest, 2.0);
        assert!(found.length().is_infinite(), "equal Hessians: Sigma does not change");
    }

    /// One row: nothing differs, and nothing is infinite but the length.
    #[test]
    fn one_row_has_no_spread() {
        let found = linear(&[[1.0, 2.0, 3.0]]);
        assert!(
            found.gradient_spread <= 0.0 && found.largest <= 0.0 && found.hessian_spread <= 0.0,
            "{found:?}"
        );
        close(found.gradient, 45.0_f64.sqrt());
    }

    /// 40 features, each row another unit vector: `|H|_F^2 = 1` in every row, and random signs see exactly that.
    #[test]
    fn many_dimensions_are_probed_by_signs() {
        let names: Vec<String> = (0..41).map(|i| format!("x{i}")).collect();
        let rows: Vec<Vec<f64>> =
            (0..40).map(|a| (0..41).map(|i| f64::from(u8::from(i == a || i == 40))).collect()).collect();
        let data = Data::from_rows(&names, &rows).unwrap();
        let problem = Problem::new(Builtin::Linear { features: 40 }, &data).unwrap();
        let found = gradient_spread(&problem, &[0.0; 40]).unwrap();
        close(found.hessian, 1.0);
        // Sigma = (1/40)(I - 1 1^T/40)
        close(found.gradient_spread, (39.0_f64 / 40.0).sqrt());
        close(found.largest, 1.0 / 40.0);
    }

    /// Sizes scale with the features, to the bit where the unit is a power of two, although `H^2` is out of range.
    #[test]
    fn squares_do_not_overflow() {
        let rows = [[1.0, 0.5, 1.0], [-0.75, 1.0, 2.0]];
        let expected = linear(&rows);
        for power in [-400, 300] {
            let unit = 2.0_f64.powi(power);
            let found = linear(&rows.map(|[a, b, y]| [a * unit, b * unit, y]));
            close(found.gradient_spread, expected.gradient_spread * unit);
            close(found.hessian_spread, expected.hessian_spread * unit * unit);
            close(found.length(), expected.length() / unit);
        }
    }
}
