//! The narrow waist: what a text means and what every reading reads.
//!
//! A derivation is a list of statements about expressions over declared [`Symbols`]. An [`Expr`] is a shared tree; every
//! node knows its [`Shape`]. By the time an expression is one of a [`Claim`],
//!
//! - every `let` is substituted, every name is a symbol, every decimal an exact rational;
//! - every shape is known: the number of columns of a matrix field and the length of a noise are unified claim by claim;
//! - index notation is explicit: a repeated index has become a [`Kind::Sum`], the free indices of the two sides have
//!   become a [`Kind::Tensor`] around each of them, and every index has a number of its own, whatever its name;
//! - every batch has a number: two means of one batch speak of the same copies.
//!
//! A `let` is one node in memory however often it is used, within a claim and over claims. So the index that a node binds
//! can be bound again by the same node elsewhere, but never inside itself: whoever opens two sums side by side renames.
//! The shape of a symbol is that of its node: a matrix field is square in a claim that says `where B = B'`.
//!
//! Meanings that every reading must agree on are those of the derivation language (see [`crate::language`]); the nodes
//! below say the rest.

mod children;
mod claim;
mod function;
mod index_names;
mod instance;
mod latex;
mod mathml;
mod notation;
mod print;
mod rational;
mod shape;
mod symbol;
mod value;
mod walk;

pub use claim::{Claim, Condition, Definition, Derivation, Expected, Remainder, Sides, Statement};
pub use function::Function;
pub use instance::{Entry, Instance, Operator, Value};
pub use mathml::equation_to_mathml;
pub use print::equation_to_text;
pub use rational::Rational;
pub use symbol::{Distribution, FieldShape, RandomShape, Sign, Symbol, SymbolId, SymbolKind, Symbols};
pub use value::{Lengths, ValueError, nearest_name};
pub use walk::Path;

use std::fmt;
use std::sync::Arc;

/// The extent of one index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Length {
    /// `d`, the dimension of the space.
    Space,
    /// The number of columns of this matrix field, an arbitrary number of its own.
    Columns(SymbolId),
}

/// The shape of an expression. Symmetry is a property of a matrix, not a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// A number.
    Scalar,
    /// A vector.
    Vector(Length),
    /// A matrix of rows and columns.
    Matrix(Length, Length),
    /// The components under so many free indices, three or more. Only the whole side of a claim has this shape; it is a
    /// [`Kind::Tensor`], whose indices know their lengths, or the number 0.
    Components(u32),
}

/// An index of index notation. Two indices are the same if their numbers are; the name is for printing.
#[derive(Debug, Clone)]
pub struct Index {
    /// Unique within a claim.
    pub id: u32,
    /// As it was written.
    pub name: Arc<str>,
    /// What it runs over.
    pub length: Length,
}

impl PartialEq for Index {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// Where a step is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// Its first point, `s = 0`.
    Source,
    /// Its middle, `s = 1/2`.
    Midpoint,
    /// Its last point, `s = 1`.
    Destination,
}

impl Place {
    /// The fraction `s` of the step before the place.
    #[must_use]
    pub fn fraction(self) -> Rational {
        match self {
            Self::Source => Rational::ZERO,
            Self::Midpoint => Rational::half(1),
            Self::Destination => Rational::ONE,
        }
    }
}

/// A batch of independent copies of the random names.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Which batch: means with the same number speak of the same copies.
    pub number: u32,
    /// How many copies, a scalar expression free of fields: an integer of at least 1.
    pub size: Expr,
    /// Drawn without replacement from this many equally likely points; with replacement if nothing is said.
    pub population: Option<Expr>,
}

/// One node of an expression. Shapes in brackets; `s` scalar, `v`, `w` vectors, `A` matrices, `e` anything.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A number. 0 takes any shape.
    Number(Rational),
    /// A declared name.
    Symbol(SymbolId),
    /// `I`, `d x d`.
    Identity,
    /// `dim`, the number `d`.
    Dimension,
    /// Terms of one shape.
    Add(Vec<Expr>),
    /// `-e`
    Neg(Expr),
    /// Scalar times anything, anything times scalar, matrix times vector, matrix times matrix.
    Mul(Expr, Expr),
    /// Anything divided by a scalar.
    Div(Expr, Expr),
    /// Scalar to a scalar power; a square matrix to a whole power of at least 1.
    Pow(Expr, Expr),
    /// `A'`
    Transpose(Expr),
    /// `dot(v, w)`
    Dot(Expr, Expr),
    /// `outer(v, w)_ij = v_i w_j`
    Outer(Expr, Expr),
    /// `tr(A)`
    Trace(Expr),
    /// `norm2(v) = dot(v, v)`
    Norm2(Expr),
    /// `grad(s)`
    Grad(Expr),
    /// `hess(s)`
    Hess(Expr),
    /// `lap(s)`
    Lap(Expr),
    /// `jac(v)_ij = d_j v_i`
    Jac(Expr),
    /// `div(v) = d_i v_i`, `div(A)_i = d_j A_ij`
    Divergence(Expr),
    /// `E[e]`: over every random name, copy and noise inside; a nested one draws afresh.
    Expect(Expr),
    /// `Var[s]`
    Var(Expr),
    /// `Cov[e]`: `Cov[v] = E[v v'] - E[v] E[v]'`, for a scalar the variance.
    Cov(Expr),
    /// `Cov[a, b] = E[a b'] - E[a] E[b]'`: of vectors a matrix, of a vector and a scalar (in any order) a vector.
    CrossCov(Expr, Expr),
    /// `mean(e, n)`: the mean of `e` over the copies of a batch.
    Mean(Expr, Batch),
    /// `sum(e, n)`
    SumOver(Expr, Batch),
    /// `sqrt(s)`
    Sqrt(Expr),
    /// `sqrt(A)`: the symmetric positive semidefinite root of a symmetric matrix.
    MatrixRoot(Expr),
    /// A built-in function of a scalar.
    Function(Function, Expr),
    /// A declared function, differentiated so many times: `l''(s)`.
    Apply(SymbolId, u32, Expr),
    /// `A[i,j]` or `v[i]`: a component; always a scalar.
    Component(Expr, Vec<Index>),
    /// `d[j](s)`
    Partial(Index, Expr),
    /// `delta[i,j]`
    Kronecker(Index, Index),
    /// The sum of a scalar over all values of an index.
    Sum(Index, Expr),
    /// The vector or matrix with these components: the body is a scalar, the indices are bound in it.
    Tensor(Vec<Index>, Expr),
    /// `shift(e, v)`: `e` at `theta + v`, where `v` is not shifted itself; expanded in `v`.
    Shift(Expr, Expr),
    /// The conditional mean of a whole displacement given where a place of it lies, the density flat before the step.
    Conditional(Place, Expr),
    /// `current(v) = E[v] - 1/2 d_j E[v v_j] + 1/6 d_j d_k E[v v_j v_k] - ...`
    Current(Expr),
    /// `at(e, x = s)`: `e` with a coordinate or scalar symbol replaced, after all derivatives inside `e`.
    At(Expr, SymbolId, Expr),
    /// `inv(A)`
    Inverse(Expr),
    /// `logdet(A)`
    LogDet(Expr),
    /// `[s, t]`: a vector in named coordinates.
    List(Vec<Expr>),
    /// `[[s, t], [u, v]]`: the rows of a matrix in named coordinates.
    Rows(Vec<Vec<Expr>>),
    /// `integral(s)` over the whole space.
    Integral(Expr),
}

/// An expression: a shared, immutable tree that knows its shape.
#[derive(Clone)]
pub struct Expr(Arc<Node>);

struct Node {
    kind: Kind,
    shape: Shape,
}

impl Expr {
    /// A node of a shape that the caller has checked.
    #[must_use]
    pub fn new(kind: Kind, shape: Shape) -> Self {
        Self(Arc::new(Node { kind, shape }))
    }

    /// A number.
    #[must_use]
    pub fn number(value: Rational) -> Self {
        Self::new(Kind::Number(value), Shape::Scalar)
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> &Kind {
        &self.0.kind
    }

    /// Its shape.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.0.shape
    }

    /// Whether both are one node in memory: a shared `let`.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// An address that is the same for the same node as long as it lives: for memory of what was computed.
    #[must_use]
    pub fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.same(other) || (self.shape() == other.shape() && self.kind() == other.kind())
    }
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind().fmt(f)
    }
}
