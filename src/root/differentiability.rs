//! Whether the root is differentiable: the test `P0 dF Q0 = 0`.
//!
//! # How `P0 dF Q0` is measured
//!
//! With `U0` (d × d0) a basis of the null space of `M` and `V` (m × r) the right singular vectors of the range,
//! `Q0 = I - V Vᵀ`, so per direction k, with `E = U0ᵀ dF[k]` (d0 × m),
//!
//! ```text
//! U0ᵀ dF[k] Q0 = E - (E V) Vᵀ
//! ```
//!
//! One pass over the columns could give its norm as `|E|² - |E V|²`, but that difference carries an error of `ε |E|²`,
//! so that a kink up to `1e-8 |E|` would pass, ten thousand times more than the derivative may be wrong by. Hence two
//! passes: the first sums `T = E V` (d0 × r for each k), the second the squares of `E - T Vᵀ` column by column.
//!
//! # What counts as zero
//!
//! Let `τ` be the relative rank tolerance, `c` the cutoff below which a singular value is rounding, `s_r` the
//! smallest nonzero one, and `D` the size of `dF[k]`. Rounding of `F` up to `c` turns its singular subspaces by up to
//! `c/s_r` on either side, which leaks `2 (c/s_r) D` into `P0 dF Q0`; rounding of `dF` itself adds `τ D`. So
//!
//! ```text
//! |P0 dF[k] Q0| <= (τ + 2 c/s_r) D       (τ D alone where the rank is 0)
//! ```
//!
//! What passes makes an error in `dB` of its own size, which is `2 τ √κ D`: no more than the rounding of `dB`.

use super::check::{finite, shape, size};
use super::decomposition::Origin;
use super::{DifferentiableRoot, RootError, SymmetricRoot};
use nalgebra::DMatrix;

/// Why the root is differentiable; [`RootError::RankDrop`] is the third outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Differentiability {
    /// `full_rank`: no null space.
    FullRank,
    /// `constant_rank`: rank deficient, `P0 dF Q0 = 0` in every direction tested, or the rank is its upper bound.
    ConstantRank,
}

impl std::fmt::Display for Differentiability {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::FullRank => "full_rank",
            Self::ConstantRank => "constant_rank",
        })
    }
}

impl SymmetricRoot {
    /// The root as differentiable, where that needs no test: full rank, or a rank that is its upper bound.
    ///
    /// # Errors
    ///
    /// [`RootError::RankUnclear`]; [`RootError::FactorNeeded`] where a test is needed.
    pub fn differentiable(&self) -> Result<DifferentiableRoot, RootError> {
        self.check_rank_is_clear()?;
        if self.rank() == self.dim() {
            return Ok(DifferentiableRoot::new(self.clone(), Differentiability::FullRank));
        }
        if self.rank() == self.rank_bound() {
            return Ok(DifferentiableRoot::new(self.clone(), Differentiability::ConstantRank));
        }
        Err(RootError::FactorNeeded { rank: self.rank(), bound: self.rank_bound() })
    }

    /// The root as differentiable, if it is, by the derivatives of its factor.
    ///
    /// `factor` (`F`, d × m) is the one the root was made from, or any other with the same `F Fᵀ` and enough columns
    /// to be differentiable (*trusted*). `derivatives` (`dF[k]`, d × m each) are those along every coordinate.
    /// `scale` is the size of what they were computed from where that was larger (for gradient noise: `w` times the
    /// Frobenius norm of `[H_1 e_k, ..., H_N e_k]`, or a bound for all k); 0 where there was no cancellation.
    /// Where no test is needed none is made.
    ///
    /// # Errors
    ///
    /// [`RootError::RankDrop`] where the root has a kink; [`RootError::RankUnclear`]; [`RootError::FactorNeeded`] for
    /// a deficient root from a matrix, whose rank the eigenvalues do not decide; [`RootError::Shape`],
    /// [`RootError::NotFinite`], [`RootError::Option`].
    pub fn differentiable_along(
        &self,
        factor: &DMatrix<f64>,
        derivatives: &[DMatrix<f64>],
        scale: f64,
    ) -> Result<DifferentiableRoot, RootError> {
        shape("the factor", factor, self.dim(), factor.ncols())?;
        finite("the factor", factor)?;
        size("the scale of the derivative", scale)?;
        for derivative in derivatives {
            shape("the derivative of the factor", derivative, self.dim(), factor.ncols())?;
            finite("the derivative of the factor", derivative)?;
        }
        if self.needs_no_test()? {
            return self.differentiable();
        }
        let null = self.null_vectors();
        let right = self.range_projector() * factor;
        let mut verdict = Worst::default();
        for (direction, derivative) in derivatives.iter().enumerate() {
            // E - (E V) Vᵀ, E = U0ᵀ dF
            let projected = null.transpose() * derivative;
            let along = &projected * right.transpose();
            let left_over = (projected - along * &right).norm();
            verdict.see(direction, left_over, self.test_tolerance(derivative.norm().max(scale)));
        }
        verdict.conclude(self)
    }

    /// Full rank, or rank at its bound; an error where no test can help.
    pub(super) fn needs_no_test(&self) -> Result<bool, RootError> {
        self.check_rank_is_clear()?;
        if self.rank() == self.rank_bound() {
            return Ok(true);
        }
        match self.decision().origin {
            Origin::Factor => Ok(false),
            Origin::Matrix => Err(RootError::FactorNeeded { rank: self.rank(), bound: self.rank_bound() }),
        }
    }

    /// `diag(1/s) U_rᵀ` (r × d), which takes `F` to `Vᵀ`.
    pub(super) fn range_projector(&self) -> DMatrix<f64> {
        let mut projector = self.vectors().columns(0, self.rank()).transpose();
        projector.row_iter_mut().zip(self.roots()).for_each(|(mut row, &s)| row /= s);
        projector
    }

    /// `(τ + 2 c/s_r) D`, with `derivative_size` for `D`; `τ D` at rank 0.
    pub(super) fn test_tolerance(&self, derivative_size: f64) -> f64 {
        let leak = match self.rank() {
            0 => 0.0,
            rank => 2.0 * self.cutoff() / self.roots()[rank - 1],
        };
        (self.decision().tolerance + leak) * derivative_size
    }
}

/// The direction in which `|P0 dF Q0|` exceeds its tolerance by most, if it does in any.
#[derive(Debug, Default)]
pub(super) struct Worst {
    found: Option<(usize, f64, f64)>,
}

impl Worst {
    /// Takes note of one direction. A NaN counts as a failure, not as a pass.
    pub(super) fn see(&mut self, direction: usize, size: f64, tolerance: f64) {
        if size <= tolerance {
            return;
        }
        let excess = |size: f64, tolerance: f64| size - tolerance;
        if self.found.is_none_or(|(_, s, t)| excess(size, tolerance) > excess(s, t)) {
            self.found = Some((direction, size, tolerance));
        }
    }

    /// `constant_rank`, or the error that says where the rank drops.
    pub(super) fn verdict(&self, root: &SymmetricRoot) -> Result<Differentiability, RootError> {
        match self.found {
            None => Ok(Differentiability::ConstantRank),
            Some((direction, size, tolerance)) => {
                let (rank, dim) = (root.rank(), root.dim());
                Err(RootError::RankDrop { direction, rank, dim, size, tolerance })
            }
        }
    }

    /// The root as differentiable, or the error that says where the rank drops.
    pub(super) fn conclude(&self, root: &SymmetricRoot) -> Result<DifferentiableRoot, RootError> {
        Ok(DifferentiableRoot::new(root.clone(), self.verdict(root)?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::specimen::Random;
    use super::super::{RootOptions, SampleColumn};
    use super::*;
    use nalgebra::dmatrix;

    /// Both forms of the test on the same factor; they must agree on the outcome.
    fn both(factor: &DMatrix<f64>, dfs: &[DMatrix<f64>], scale: f64) -> Result<Differentiability, RootError> {
        let root = SymmetricRoot::from_factor(factor, RootOptions::default().with_scale(scale)).unwrap();
        let whole = dfs.iter().map(|df| df.norm()).fold(scale, f64::max);
        let dense = root.differentiable_along(factor, dfs, whole);
        let streamed = root.differentiable_streaming(factor.ncols(), whole, |a, null, out| {
            out.column.copy_from(&factor.column(a));
            for (k, df) in dfs.iter().enumerate() {
                out.derivative.row_mut(k).copy_from(&(df.column(a).transpose() * null));
            }
        });
        match (&dense, &streamed) {
            (Ok(dense), Ok(streamed)) => {
                assert_eq!(dense.differentiability(), streamed.differentiability(), "the same reason");
            }
            (
                Err(RootError::RankDrop { direction: k, size: p, rank: r, .. }),
                Err(RootError::RankDrop { direction: l, size: q, rank: s, .. }),
            ) => {
                assert_eq!((k, r), (l, s), "the same direction and rank");
                assert!((p - q).abs() <= 1e-12 * whole, "the same size: {p} and {q}");
            }
            (dense, streamed) => panic!("{dense:?} but {streamed:?}"),
        }
        dense.map(|root| root.differentiability())
    }

    /// Centred columns and what they were centred from: `[v_1 - mean, ..., v_N - mean]` and `|v|`.
    fn centred(columns: &DMatrix<f64>) -> (DMatrix<f64>, f64) {
        let mean = columns.column_mean();
        let centred = DMatrix::from_fn(columns.nrows(), columns.ncols(), |i, a| columns[(i, a)] - mean[i]);
        (centred, columns.norm())
    }

    /// `M = θ²` at 0: `B = |θ|`, a kink of size |F'| = 1.
    #[test]
    fn a_simple_zero_is_a_kink() {
        let error = both(&dmatrix![0.0], &[dmatrix![1.0]], 0.0).unwrap_err();
        assert!(
            matches!(error, RootError::RankDrop { direction: 0, rank: 0, dim: 1, size, .. } if (size - 1.0).abs() < 1e-15),
            "{error}"
        );
        assert!(error.to_string().starts_with("rank_drop"), "named as everywhere: {error}");
    }

    /// `M = θ⁴` at 0: `F = θ²`, `F' = 0`; the rank changes and `B = θ²` is smooth all the same.
    #[test]
    fn a_double_zero_passes() {
        let reason = both(&dmatrix![0.0], &[dmatrix![0.0]], 1.0).unwrap();
        assert_eq!(reason, Differentiability::ConstantRank, "the test passes");
        assert_eq!(reason.to_string(), "constant_rank", "its name");
    }

    /// Gradients (2,0), (0,2), (1,1) lie on one line at this θ; with Hessians `x xᵀ`, x being (1,0), (0,1), (1,1), they
    /// leave it. Null vector `(1,1)/√2`; along the first direction `P0 dF` is `(1,0,2)/√2` centred, `(0,-1,1)/√2`, of
    /// square 1, and the row space of `F`, `(1,-1,0)/√2`, takes 1/4 of that: `|P0 dF Q0| = √(3/4)`.
    #[test]
    fn three_gradients_on_one_line_drop_the_rank() {
        let (factor, _) = centred(&dmatrix![2.0, 0.0, 1.0; 0.0, 2.0, 1.0]);
        let (first, _) = centred(&dmatrix![1.0, 0.0, 1.0; 0.0, 0.0, 1.0]);
        let (second, _) = centred(&dmatrix![0.0, 0.0, 1.0; 0.0, 1.0, 1.0]);
        let error = both(&factor, &[first, second], 3.0).unwrap_err();
        let expected = 0.75_f64.sqrt();
        let RootError::RankDrop { rank, dim, size, tolerance, .. } = error else { panic!("{error}") };
        assert_eq!((rank, dim), (1, 2), "rank one of two");
        assert!((size - expected).abs() <= 8.0 * f64::EPSILON, "{size} for {expected}");
        assert!(tolerance < 1e-12, "rounding explains no more: {tolerance}");
    }

    /// A common null vector of all columns (a gauge) is built in: constant rank. Without the size of what was centred
    /// (the lie: scale 0 throughout) the same rounding would be taken for a kink.
    #[test]
    fn a_gauge_has_constant_rank_in_spite_of_rounding() {
        let mut random = Random::new(41);
        let gauge = |random: &mut Random| {
            let mut columns = random.matrix(4, 9);
            for a in 0..9 {
                let sum: f64 = columns.column(a).iter().take(3).sum();
                columns[(3, a)] = -sum;
            }
            columns
        };
        // The gauge direction (1,1,1,1) is turned into a general one, so that rounding spoils it.
        let q = random.orthogonal(4);
        let (factor, scale) = centred(&(&q * gauge(&mut random)));
        let dfs: Vec<_> = (0..4).map(|_| centred(&(&q * gauge(&mut random))).0).collect();
        assert_eq!(both(&factor, &dfs, scale), Ok(Differentiability::ConstantRank), "rank 3 of 4");
        let root = SymmetricRoot::from_factor(&factor, RootOptions::default()).unwrap();
        let null = root.null_vectors();
        let visible = dfs.iter().map(|df| null.tr_mul(df).norm()).fold(0.0, f64::max);
        assert!(visible > 0.0, "there was rounding to be judged");
        // One entry off by 1e-9 is a kink of that size, and found: squares subtracted in one pass would lose it.
        let mut bent = dfs;
        bent[2] += null.column(0) * DMatrix::from_fn(1, 9, |_, a| if a == 0 { 1e-9 } else { 0.0 });
        let error = both(&factor, &bent, scale).unwrap_err();
        assert!(matches!(error, RootError::RankDrop { direction: 2, .. }), "{error}");
    }

    /// A null-null rotation of columns within the row space of `F` is no kink: `P0 dF` is large, `P0 dF Q0` is zero.
    #[test]
    fn the_right_projector_is_applied() {
        let mut random = Random::new(42);
        let factor = random.matrix(4, 2) * random.matrix(2, 40);
        let moving: Vec<_> = (0..4).map(|_| random.matrix(4, 4) * &factor).collect();
        assert_eq!(
            both(&factor, &moving, 0.0),
            Ok(Differentiability::ConstantRank),
            "F' = A F keeps the rank"
        );
        let root = SymmetricRoot::from_factor(&factor, RootOptions::default()).unwrap();
        assert!(root.null_vectors().tr_mul(&moving[0]).norm() > 0.1, "P0 dF alone (the lie) is not zero");
        let leaving = random.matrix(4, 40);
        assert!(
            both(&factor, &[leaving.clone(), leaving.clone(), leaving.clone(), leaving], 0.0).is_err(),
            "leaves"
        );
    }

    /// Fewer columns than dimensions, or a bound that is met: no test, and `fill` is never called.
    #[test]
    fn a_rank_at_its_bound_needs_no_test() {
        let mut random = Random::new(43);
        let never = |_: usize, _: &DMatrix<f64>, _: &mut SampleColumn| panic!("not needed");
        let wide = SymmetricRoot::from_factor(&random.matrix(5, 3), RootOptions::default()).unwrap();
        let reason = wide.differentiable_streaming(3, 1.0, never).unwrap().differentiability();
        assert_eq!(reason, Differentiability::ConstantRank, "three columns");
        let (factor, _) = centred(&random.matrix(5, 4));
        let bounded = SymmetricRoot::from_factor(&factor, RootOptions::default().with_rank_bound(3)).unwrap();
        assert!(bounded.differentiable().is_ok(), "centred columns: N - 1");
        let unbounded = SymmetricRoot::from_factor(&factor, RootOptions::default()).unwrap();
        let error = unbounded.differentiable().unwrap_err();
        assert_eq!(error, RootError::FactorNeeded { rank: 3, bound: 4 }, "without the bound a test is due");
        let full = SymmetricRoot::from_factor(&random.matrix(3, 9), RootOptions::default()).unwrap();
        let reason = full.differentiable().unwrap().differentiability();
        assert_eq!(reason.to_string(), "full_rank", "its name");
    }

    /// The eigenvalues of a matrix do not decide a deficient rank, and a singular value near rounding decides nothing.
    #[test]
    fn an_undecided_rank_is_refused() {
        let matrix =
            SymmetricRoot::from_matrix(&dmatrix![1.0, 0.0; 0.0, 0.0], RootOptions::default()).unwrap();
        let f = dmatrix![1.0; 0.0];
        let error = matrix.differentiable_along(&f, &[f.clone(), f.clone()], 0.0).unwrap_err();
        assert_eq!(error, RootError::FactorNeeded { rank: 1, bound: 2 }, "from a matrix");
        let close = dmatrix![1.0, 0.0; 0.0, 1e-12];
        let root = SymmetricRoot::from_factor(&close, RootOptions::default()).unwrap();
        assert_eq!(root.rank(), 2, "above the cutoff");
        assert!(matches!(root.differentiable(), Err(RootError::RankUnclear { .. })), "but not by enough");
    }

    /// The outcome does not depend on the unit of the factor or of the parameters.
    #[test]
    fn the_test_does_not_depend_on_units() {
        let (factor, _) = centred(&dmatrix![2.0, 0.0, 1.0; 0.0, 2.0, 1.0]);
        let (drop, _) = centred(&dmatrix![1.0, 0.0, 1.0; 0.0, 0.0, 1.0]);
        let keep = dmatrix![0.3, -0.2; 0.7, 0.4] * &factor;
        for unit in [1e-100, 1e-16, 1e-8, 1.0, 1e8, 1e100] {
            for per in [1e-30, 1.0, 1e30] {
                let (f, drop, keep) = (&factor * unit, &drop * (unit / per), &keep * (unit / per));
                assert!(both(&f, &[drop, keep.clone()], 0.0).is_err(), "drops at {unit}, {per}");
                assert!(both(&f, &[keep.clone(), keep], 0.0).is_ok(), "keeps at {unit}, {per}");
            }
        }
    }
}
