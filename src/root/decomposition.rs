//! The root itself: `B = U diag(s) Uᵀ`, with the rank decided by the singular values `s` of the factor.

use super::check::{finite, rows};
use super::jacobi::{OrthogonalColumns, orthogonalise};
use super::{FactorStream, RootError, RootOptions};
use nalgebra::{DMatrix, DVector};

/// The smallest nonzero singular value must exceed the cutoff by this factor for the rank to be certain.
///
/// At the margin the smallest singular value, hence `dB`, is known to a part in a thousand.
const RANK_MARGIN: f64 = 1e3;

/// Columns are reduced to a triangle first where there are more than this many times the dimension.
const REDUCE_ABOVE: usize = 2;

/// Columns reduced at a time, at least.
const BLOCK: usize = 256;

/// What the rank was decided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Singular values of a factor.
    Factor,
    /// Eigenvalues of the matrix.
    Matrix,
}

/// How the rank was decided.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RankDecision {
    pub(super) origin: Origin,
    /// Relative to the scale.
    pub(super) tolerance: f64,
    /// Tolerance times scale, in units of `s`: what is not above it is zero.
    pub(super) cutoff: f64,
    /// The largest rank possible nearby.
    pub(super) bound: usize,
}

/// The symmetric positive semidefinite root `B` of `M` (d × d), `B B = M`, as eigenvectors and roots.
#[derive(Debug, Clone)]
pub struct SymmetricRoot {
    /// `U` (d × d, orthogonal), one eigenvector of `M` a column, in the order of `roots`.
    vectors: DMatrix<f64>,
    /// `s`, descending; exactly 0 from index `rank` on.
    roots: DVector<f64>,
    rank: usize,
    decision: RankDecision,
}

impl SymmetricRoot {
    /// The root of `M = F Fᵀ` by the singular values of `factor` (`F`, d × m, any m including 0).
    ///
    /// `M` is never formed for a decision, nor anything of size m × m. Accuracy: `B` and each singular value to a
    /// small multiple of `ε √d s_max`. Cost: `2 m d²` for m > 2 d, then a few times `d³`.
    ///
    /// # Errors
    ///
    /// [`RootError::Empty`], [`RootError::NotFinite`], [`RootError::Option`], and [`RootError::NoConvergence`], which
    /// no matrix is known to cause.
    pub fn from_factor(factor: &DMatrix<f64>, options: RootOptions) -> Result<Self, RootError> {
        let dim = rows("the factor", factor)?;
        finite("the factor", factor)?;
        let samples = factor.ncols();
        if samples <= REDUCE_ABOVE * dim {
            return Self::from_reduced(factor, samples, options);
        }
        let mut stream = FactorStream::new(dim)?;
        let width = BLOCK.max(REDUCE_ABOVE * dim);
        for start in (0..samples).step_by(width) {
            let block = factor.columns(start, width.min(samples - start));
            stream.push(&block.clone_owned())?;
        }
        stream.root(options)
    }

    /// The root from any factor of `M`, which stands for one of `samples` columns.
    pub(super) fn from_reduced(
        factor: &DMatrix<f64>,
        samples: usize,
        options: RootOptions,
    ) -> Result<Self, RootError> {
        finite("the factor", factor)?;
        let dim = factor.nrows();
        let tolerance = options.tolerance(samples.max(dim))?;
        let unit = power_of_two_near(factor.amax());
        let scale = options.scale()? / unit;
        let scaled = factor.transpose() / unit;
        let OrthogonalColumns { vectors, norms } = orthogonalise(&scaled)?;
        let largest = norms.iter().copied().fold(0.0, f64::max);
        let roots: Vec<f64> = norms.iter().map(|s| s * unit).collect();
        let decision = RankDecision {
            origin: Origin::Factor,
            tolerance,
            cutoff: tolerance * scale.max(largest) * unit,
            bound: options.rank_bound(dim.min(samples)),
        };
        Ok(Self::new(vectors, &roots, decision))
    }

    /// Puts the roots in descending order and those that are not above the cutoff to zero. A bound below the rank that
    /// is found here was wrong, and gives way.
    pub(super) fn new(vectors: DMatrix<f64>, roots: &[f64], decision: RankDecision) -> Self {
        let mut order: Vec<usize> = (0..roots.len()).collect();
        order.sort_by(|&i, &j| roots[j].total_cmp(&roots[i]));
        let kept = |&i: &usize| {
            if roots[i] > decision.cutoff { roots[i] } else { 0.0 }
        };
        let roots = DVector::from_iterator(order.len(), order.iter().map(kept));
        let rank = roots.iter().filter(|&&s| s > 0.0).count();
        let bound = decision.bound.max(rank);
        Self {
            vectors: vectors.select_columns(&order),
            roots,
            rank,
            decision: RankDecision { bound, ..decision },
        }
    }

    /// The dimension `d`.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.roots.len()
    }

    /// The rank of `M`: how many roots are above the cutoff.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// The largest rank possible near this point, as given or `min(d, m)`.
    #[must_use]
    pub fn rank_bound(&self) -> usize {
        self.decision.bound
    }

    /// The eigenvalues `s` of `B` (d, descending, exactly 0 from index `rank` on): the singular values of `F`.
    #[must_use]
    pub fn roots(&self) -> &DVector<f64> {
        &self.roots
    }

    /// The eigenvectors (`U`, d × d, orthogonal), a column each, in the order of [`SymmetricRoot::roots`].
    #[must_use]
    pub fn vectors(&self) -> &DMatrix<f64> {
        &self.vectors
    }

    /// An orthonormal basis of the null space of `M` (d × (d - rank)).
    #[must_use]
    pub fn null_vectors(&self) -> DMatrix<f64> {
        self.vectors.columns(self.rank, self.dim() - self.rank).clone_owned()
    }

    /// Below this, in units of `s`, a root counts as zero.
    #[must_use]
    pub fn cutoff(&self) -> f64 {
        self.decision.cutoff
    }

    /// The condition of `M` on its range, `s_max²/s_min²` over the nonzero roots; `None` for `M = 0`.
    #[must_use]
    pub fn condition_on_range(&self) -> Option<f64> {
        (self.rank > 0).then(|| self.condition())
    }

    /// The root (`B`, d × d, symmetric).
    #[must_use]
    pub fn root(&self) -> DMatrix<f64> {
        // B_ij = U_ik s_k U_jk, over the range only
        let range = self.vectors.columns(0, self.rank);
        let mut scaled = range.clone_owned();
        scaled.column_iter_mut().zip(&self.roots).for_each(|(mut column, &s)| column *= s);
        let root = scaled * range.transpose();
        (&root + root.transpose()) * 0.5
    }

    /// `(s_max/s_min)²` over the nonzero roots, 1 where there is none.
    pub(super) fn condition(&self) -> f64 {
        if self.rank == 0 { 1.0 } else { (self.roots[0] / self.roots[self.rank - 1]).powi(2) }
    }

    pub(super) fn decision(&self) -> RankDecision {
        self.decision
    }

    /// The rank is beyond doubt: the smallest nonzero root is far above the cutoff.
    ///
    /// From a matrix it is the eigenvalues that carry the rounding, hence the root of the margin.
    pub(super) fn check_rank_is_clear(&self) -> Result<(), RootError> {
        let margin = match self.decision.origin {
            Origin::Factor => RANK_MARGIN,
            Origin::Matrix => RANK_MARGIN.sqrt(),
        };
        let cutoff = self.decision.cutoff;
        match self.rank.checked_sub(1).map(|last| self.roots[last]) {
            Some(value) if value < margin * cutoff => Err(RootError::RankUnclear { value, cutoff, margin }),
            Some(_) | None => Ok(()),
        }
    }
}

/// The largest power of two up to `value` (finite, at least 0), kept where its reciprocal is normal too; 1 for 0.
pub(super) fn power_of_two_near(value: f64) -> f64 {
    const EXPONENT_BITS: u64 = 0x7ff << 52;
    let power = f64::from_bits(value.to_bits() & EXPONENT_BITS);
    let (least, most) = (2.0_f64.powi(-1000), 2.0_f64.powi(1000));
    if value > 0.0 { power.clamp(least, most) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::super::check::count;
    use super::super::specimen::Random;
    use super::*;
    use nalgebra::dmatrix;

    fn from_factor(factor: &DMatrix<f64>) -> SymmetricRoot {
        SymmetricRoot::from_factor(factor, RootOptions::default()).unwrap()
    }

    fn from_matrix(matrix: &DMatrix<f64>) -> SymmetricRoot {
        SymmetricRoot::from_matrix(matrix, RootOptions::default()).unwrap()
    }

    /// Roots known in closed form, from both routes, exact to 4 ε of the largest entry.
    #[test]
    fn special_matrices_have_their_known_roots() {
        let cases = [
            ("identity", dmatrix![1.0, 0.0; 0.0, 1.0], dmatrix![1.0, 0.0; 0.0, 1.0], 2),
            ("diagonal", dmatrix![4.0, 0.0; 0.0, 1.0], dmatrix![2.0, 0.0; 0.0, 1.0], 2),
            ("one dimension", dmatrix![9.0], dmatrix![3.0], 1),
            ("rank one", dmatrix![9.0, 12.0; 12.0, 16.0], dmatrix![9.0, 12.0; 12.0, 16.0] / 5.0, 1),
            ("diagonal, singular", dmatrix![0.0, 0.0; 0.0, 4.0], dmatrix![0.0, 0.0; 0.0, 2.0], 1),
            ("zero", DMatrix::zeros(3, 3), DMatrix::zeros(3, 3), 0),
            ("full", dmatrix![5.0, 4.0; 4.0, 5.0], dmatrix![2.0, 1.0; 1.0, 2.0], 2),
        ];
        for (name, matrix, expected, rank) in cases {
            // the expected root is itself a factor
            for root in [from_matrix(&matrix), from_factor(&expected)] {
                assert_eq!(root.rank(), rank, "rank of {name}");
                let error = (root.root() - &expected).amax();
                assert!(error <= 4.0 * f64::EPSILON * expected.amax(), "{name}: off by {error}");
            }
        }
    }

    /// From a factor `B` is perfectly conditioned: `16 ε d s_max` whatever κ, so also `B B = M`. From a matrix 16 ε d √κ.
    #[test]
    fn the_planted_root_comes_back_down_the_ladder_of_conditions() {
        let mut random = Random::new(11);
        for exponent in 1..12 {
            let smallest = 0.1_f64.powi(exponent);
            let s = DVector::from_column_slice(&[1.0, 0.8, 0.8, smallest.sqrt(), smallest]);
            let (u, v) = (random.orthogonal(5), random.orthogonal(5));
            let middle = DMatrix::from_diagonal(&s);
            let (factor, expected) = (&u * &middle * v.transpose(), &u * middle * u.transpose());
            let root = from_factor(&factor);
            let bound = 80.0 * f64::EPSILON;
            assert_eq!(root.rank(), 5, "1e-{exponent} of the largest is not rounding");
            assert!((root.root() - &expected).norm() <= bound, "B at 1e-{exponent}");
            let square = root.root() * root.root();
            assert!((square - &factor * factor.transpose()).norm() <= 2.0 * bound, "B B at 1e-{exponent}");
            let condition = root.condition_on_range().unwrap();
            let relative = (condition.sqrt() * smallest - 1.0).abs();
            assert!(relative <= 4.0 * bound / smallest, "condition at 1e-{exponent}");
            if exponent <= 5 {
                let matrix = &expected * &expected;
                let from_matrix = SymmetricRoot::from_matrix(&matrix, RootOptions::default()).unwrap();
                assert!(
                    (from_matrix.root() - &expected).norm() <= bound / smallest,
                    "from M at 1e-{exponent}"
                );
            }
        }
    }

    #[test]
    fn any_number_of_columns_will_do() {
        let mut random = Random::new(12);
        for (dim, columns) in [(4, 0), (4, 1), (4, 3), (4, 4), (4, 9), (7, 1200), (40, 3)] {
            let factor = random.matrix(dim, columns);
            let root = from_factor(&factor);
            assert_eq!(root.rank(), dim.min(columns), "{dim} × {columns}");
            assert_eq!(root.rank_bound(), dim.min(columns), "bound of {dim} × {columns}");
            // sums of `columns` products and `dim` rotations
            let bound = 16.0 * f64::EPSILON * count(dim + columns).sqrt() * factor.norm_squared();
            let error = (root.root() * root.root() - &factor * factor.transpose()).norm();
            assert!(error <= bound, "{dim} × {columns}: {error} > {bound}");
            let u = root.vectors();
            let defect = (u.tr_mul(u) - DMatrix::identity(dim, dim)).norm();
            assert!(defect <= 16.0 * f64::EPSILON * count(dim), "U orthogonal for {dim} × {columns}");
        }
    }

    /// Equal gradients of size 1 leave 1e-17: noise beside the gradients, everything without them.
    #[test]
    fn the_scale_of_the_gradients_tells_noise_from_signal() {
        let factor = dmatrix![1e-17, -1e-17; 0.0, 2e-17];
        assert_eq!(from_factor(&factor).rank(), 2, "alone it is a matrix like any other");
        let options = RootOptions::default().with_scale(1.0);
        let root = SymmetricRoot::from_factor(&factor, options).unwrap();
        assert_eq!(root.rank(), 0, "beside gradients of size 1 it is rounding");
        assert_eq!(root.condition_on_range(), None, "no range, no condition");
        assert_eq!(root.root(), DMatrix::zeros(2, 2), "exactly zero");
    }

    /// Scaling by powers of two is exact in every step, by others to 16 ε; at 1e-150 the square underflows, `B` does not.
    #[test]
    fn roots_scale_with_their_factor() {
        let factor = Random::new(13).matrix(3, 8);
        let unscaled = from_factor(&factor).root();
        for exponent in [-900, -300, -27, 1, 300, 900] {
            let scale = 2.0_f64.powi(exponent);
            assert_eq!(
                from_factor(&(&factor * scale)).root(),
                &unscaled * scale,
                "by 2^{exponent}, to the bit"
            );
        }
        for scale in [1e-250, 1e-150, 1e-16, 1e-8, 1e8, 1e150, 1e250] {
            let scaled = from_factor(&(&factor * scale)).root() / scale;
            assert!((scaled - &unscaled).norm() <= 16.0 * f64::EPSILON * unscaled.norm(), "by {scale}");
        }
        let matrix = &factor * factor.transpose();
        let unscaled = from_matrix(&matrix).root();
        for exponent in [-600, -100, -2, 2, 100, 600] {
            let scaled = from_matrix(&(&matrix * 2.0_f64.powi(exponent))).root();
            assert_eq!(scaled, &unscaled * 2.0_f64.powi(exponent / 2), "M by 2^{exponent}, to the bit");
        }
    }

    /// `B(Q F) = Q B(F) Qᵀ`, to 32 ε d |F|.
    #[test]
    fn the_root_turns_with_the_coordinates() {
        let mut random = Random::new(14);
        let (factor, q) = (random.matrix(5, 4), random.orthogonal(5));
        let turned = from_factor(&(&q * &factor)).root();
        let error = (turned - &q * from_factor(&factor).root() * q.transpose()).norm();
        assert!(error <= 160.0 * f64::EPSILON * factor.norm(), "off by {error}");
    }

    /// `B` depends on `F Fᵀ` alone: other columns, same root, to 32 ε d |F|.
    #[test]
    fn the_root_does_not_depend_on_the_factor() {
        let mut random = Random::new(15);
        let (factor, v) = (random.matrix(4, 6), random.orthogonal(6));
        let error = (from_factor(&(&factor * v)).root() - from_factor(&factor).root()).norm();
        assert!(error <= 128.0 * f64::EPSILON * factor.norm(), "off by {error}");
    }

    #[test]
    fn a_power_of_two_is_at_most_its_value_and_more_than_half() {
        for (value, power) in [(0.0, 1.0), (1.0, 1.0), (3.9, 2.0), (0.75, 0.5), (1e-320, 2.0_f64.powi(-1000))]
        {
            assert_eq!(power_of_two_near(value).to_bits(), power.to_bits(), "near {value}");
        }
    }
}
