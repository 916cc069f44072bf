//! What a product consists of: factors with indices.
//!
//! A factor is a head (a field, a function of something, a Kronecker delta), its tensor indices, its derivative indices
//! and a power. It stands outside of all expectations (group 0) or in one of them (group 1, 2, ...), and it speaks of a
//! draw of the random names.

use super::poly::{Monomial, Sealed};
use crate::expression::{Function, Length, Rational, SymbolId};

/// One index of a factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Index {
    /// A value, in named coordinates or in a fixed dimension.
    Value(u32),
    /// A summed index; it stands twice in a product. Its number means nothing.
    Dummy(u32),
    /// A free index of the tensor, counted from 0, or a marker.
    Free(u32),
    /// An index of the text, by its number.
    Named(u32),
}

/// Which draw of the random names a factor speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Draw {
    /// None: it is not random, or only through a noise.
    Fixed,
    /// The draw at hand: that of the expectation around it, or the bare names.
    Own,
    /// A copy of a batch; the product is summed over all copies. The label means nothing but which factors share it.
    Copy {
        /// Number of the batch.
        batch: u32,
        /// The summed label.
        label: u32,
    },
    /// A function of several copies or of a noise that no rule takes apart.
    Entangled,
}

/// What a factor is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Head {
    /// A prime number, under a root.
    Prime(Rational),
    /// A real symbol.
    Scalar(SymbolId),
    /// `d`, or the number of columns of a matrix field.
    Extent(Length),
    /// A named coordinate.
    Coordinate(u32),
    /// `exp(m)` of a product without a coefficient.
    Exp(Monomial),
    /// `log(P)`
    Log(Sealed),
    /// A built-in function that has no normal form in terms of others.
    Function(Function, Sealed),
    /// A declared function, differentiated so many times.
    Apply(SymbolId, u32, Sealed),
    /// `P`, a sum of several terms or a contraction, under a power.
    Base(Sealed),
    /// `log det A`, with the indices of `A` being free indices 0 and 1.
    LogDet(Sealed),
    /// `integral(m)` of a product without a coefficient.
    Integral(Monomial),
    /// A random number.
    Random(SymbolId),
    /// `x_i`, a random vector.
    RandomVector(SymbolId),
    /// `dW`, with one index of this extent or, for a number, none.
    Noise(SymbolId, Length),
    /// `theta_i` of an abstract space.
    Position,
    /// `delta_ij`
    Delta(Length),
    /// A field.
    Field {
        /// Which.
        symbol: SymbolId,
        /// Whether its two indices can be exchanged.
        symmetric: bool,
    },
    /// The symmetric root of a matrix with free indices 0 and 1.
    Root(Sealed),
    /// The inverse of a matrix with free indices 0 and 1.
    Inverse {
        /// The matrix.
        matrix: Sealed,
        /// Whether its two indices can be exchanged.
        symmetric: bool,
    },
}

/// One factor of a product.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Factor {
    /// The expectation that it stands in; 0 for none.
    pub(super) group: u32,
    /// Which draw it speaks of.
    pub(super) draw: Draw,
    /// What it is.
    pub(super) head: Head,
    /// Tensor indices, then derivative indices.
    pub(super) indices: Vec<Index>,
    /// How many of them are tensor indices.
    pub(super) rank: usize,
    /// The power; 1 wherever an index is not a value.
    pub(super) power: Rational,
}

impl Factor {
    /// Outside of expectations, to the power 1.
    pub(super) fn new(head: Head, draw: Draw, slots: &[Index]) -> Self {
        Self { group: 0, draw, head, indices: slots.to_vec(), rank: slots.len(), power: Rational::ONE }
    }

    /// A number that is not random.
    pub(super) fn number(head: Head) -> Self {
        Self::new(head, Draw::Fixed, &[])
    }

    pub(super) fn slots(&self) -> &[Index] {
        &self.indices[..self.rank]
    }

    pub(super) fn derivatives(&self) -> &[Index] {
        &self.indices[self.rank..]
    }

    /// Whether it is a number once the point and the draws are known.
    pub(super) fn is_closed(&self) -> bool {
        self.indices.iter().all(|index| matches!(index, Index::Value(_)))
    }

    /// Whether an expectation around it would not leave it as it is.
    pub(super) fn is_random(&self) -> bool {
        self.group == 0 && (self.draw != Draw::Fixed || matches!(self.head, Head::Noise(..)))
    }

    /// Whether its two tensor indices can be exchanged.
    pub(super) fn is_symmetric(&self) -> bool {
        self.rank == 2
            && match self.head {
                Head::Field { symmetric, .. } | Head::Inverse { symmetric, .. } => symmetric,
                Head::Delta(_) | Head::Root(_) => true,
                Head::Prime(_)
                | Head::Scalar(_)
                | Head::Extent(_)
                | Head::Coordinate(_)
                | Head::Exp(_)
                | Head::Log(_)
                | Head::Function(..)
                | Head::Apply(..)
                | Head::Base(_)
                | Head::LogDet(_)
                | Head::Integral(_)
                | Head::Random(_)
                | Head::RandomVector(_)
                | Head::Noise(..)
                | Head::Position => false,
            }
    }

    /// Whether both are the same number up to the power.
    pub(super) fn same_base(&self, other: &Self) -> bool {
        self.group == other.group
            && self.draw == other.draw
            && self.rank == other.rank
            && self.indices == other.indices
            && self.head == other.head
    }

    /// Puts the exchangeable indices in order.
    pub(super) fn sort_indices(&mut self) {
        if self.is_symmetric() {
            self.indices[..2].sort_unstable();
        }
        let rank = self.rank;
        self.indices[rank..].sort_unstable();
    }
}

impl Head {
    /// The sums inside it.
    pub(super) fn inner(&self) -> Option<&Sealed> {
        match self {
            Self::Log(inner)
            | Self::Function(_, inner)
            | Self::Apply(_, _, inner)
            | Self::Base(inner)
            | Self::LogDet(inner)
            | Self::Root(inner)
            | Self::Inverse { matrix: inner, .. } => Some(inner),
            Self::Prime(_)
            | Self::Scalar(_)
            | Self::Extent(_)
            | Self::Coordinate(_)
            | Self::Exp(_)
            | Self::Integral(_)
            | Self::Random(_)
            | Self::RandomVector(_)
            | Self::Noise(..)
            | Self::Position
            | Self::Delta(_)
            | Self::Field { .. } => None,
        }
    }

    /// The product inside it.
    pub(super) fn inner_product(&self) -> Option<&Monomial> {
        if let Self::Exp(inner) | Self::Integral(inner) = self { Some(inner) } else { None }
    }
}
