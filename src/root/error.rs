//! What can be wrong with a matrix whose root, or whose root's derivative, is asked for.

/// Why there is no root, or no derivative of it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RootError {
    /// A matrix without rows.
    #[error("{what} has no rows: a square root needs a dimension of at least 1")]
    Empty {
        /// Which argument.
        what: &'static str,
    },
    /// A matrix of the wrong shape.
    #[error("{what} is {rows} × {columns}, expected {expected_rows} × {expected_columns}")]
    Shape {
        /// Which argument.
        what: &'static str,
        /// Rows found.
        rows: usize,
        /// Columns found.
        columns: usize,
        /// Rows expected.
        expected_rows: usize,
        /// Columns expected.
        expected_columns: usize,
    },
    /// NaN or infinity in an argument, or an overflow in a product of its entries.
    #[error(
        "{what} is not finite at row {row}, column {column} (counted from 0): \
         check the model there, or bring the data to a smaller scale"
    )]
    NotFinite {
        /// Which argument, or which product of arguments.
        what: &'static str,
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        column: usize,
    },
    /// An option or a scale outside its domain.
    #[error("{what} is {value}, expected {expected}")]
    Option {
        /// Which option.
        what: &'static str,
        /// Value found.
        value: f64,
        /// Its domain, in words.
        expected: &'static str,
    },
    /// A matrix that differs from its transpose by more than rounding.
    #[error(
        "the matrix is not symmetric: entry ({row}, {column}) is {upper}, entry ({column}, {row}) is {lower} \
         (counted from 0)"
    )]
    NotSymmetric {
        /// Row of the entry, from 0.
        row: usize,
        /// Column of the entry, from 0.
        column: usize,
        /// The entry.
        upper: f64,
        /// Its mirror image.
        lower: f64,
    },
    /// A matrix with an eigenvalue below zero by more than rounding.
    #[error(
        "the matrix is not positive semidefinite: its smallest eigenvalue is {eigenvalue:.3e}, its largest in size \
         {largest:.3e}; only a covariance or a diffusion matrix has a real root"
    )]
    NotPositive {
        /// The smallest eigenvalue.
        eigenvalue: f64,
        /// The largest absolute value of an eigenvalue.
        largest: f64,
    },
    /// An iteration that did not end within its limit.
    #[error(
        "the {what} did not converge within {limit} {unit}; this is unexpected for a finite matrix, please report it"
    )]
    NoConvergence {
        /// Which iteration.
        what: &'static str,
        /// Its limit.
        limit: usize,
        /// What the limit counts.
        unit: &'static str,
    },
    /// A singular value so close to rounding that the rank, hence the derivative, is a guess.
    #[error(
        "the rank is unclear: the singular value {value:.3e} lies within a factor {margin:.0} of the {cutoff:.3e} \
         below which it would count as zero; the root is accurate, its derivative would not be: move the point, \
         or lower the tolerance if the gradients are known more accurately"
    )]
    RankUnclear {
        /// The smallest singular value that counts as nonzero.
        value: f64,
        /// Below this it would count as zero.
        cutoff: f64,
        /// How far above the cutoff it has to be.
        margin: f64,
    },
    /// The rank is below its bound and the matrix alone cannot tell whether the root is differentiable.
    #[error(
        "the rank is {rank} here and may be up to {bound} nearby: whether the root is differentiable cannot be told \
         from the matrix alone; give a smooth factor F, M = F Fᵀ, and its derivatives"
    )]
    FactorNeeded {
        /// Rank at the point.
        rank: usize,
        /// The largest rank possible nearby.
        bound: usize,
    },
    /// The root has a kink here: `rank_drop`.
    #[error(
        "rank_drop: the root is not differentiable here. The rank is {rank} of {dim} at this point and rises to \
         first order along direction {direction} (counted from 0): |P0 dF Q0| is {size:.3e}, where 0 up to {tolerance:.3e} \
         would do, so B has a kink like |t|. M, div M and S + R exist; dB, S and R do not. Move off the point, or \
         use the rectangular factor, which is smooth"
    )]
    RankDrop {
        /// The direction, from 0, in which the test fails by most.
        direction: usize,
        /// Rank at the point.
        rank: usize,
        /// Dimension.
        dim: usize,
        /// Frobenius norm of `P0 dF Q0`, in units of the factor per unit of the direction.
        size: f64,
        /// The largest value that rounding explains.
        tolerance: f64,
    },
    /// A second or higher derivative at a deficient rank.
    #[error(
        "the rank is {rank} of {dim}: the null-null block of derivative {order} of the root is not determined by the \
         derivatives of M up to that order (it needs order {order} + 2), so only first derivatives are given there"
    )]
    OrderAtDeficientRank {
        /// The order asked for.
        order: usize,
        /// Rank at the point.
        rank: usize,
        /// Dimension.
        dim: usize,
    },
}
