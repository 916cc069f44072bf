//! Declared names: what each of them is, and the table of all.

use super::Expr;
use std::sync::Arc;

/// Number of a symbol in its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SymbolId(pub u32);

/// What is known of the sign of a real number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sign {
    /// Nothing.
    Any,
    /// `>= 0`
    NonNegative,
    /// `> 0`
    Positive,
}

/// The distribution of a random number, independent of every other random name.
#[derive(Debug, Clone, PartialEq)]
pub enum Distribution {
    /// Mean and standard deviation.
    Normal(Expr, Expr),
    /// Lower and upper end.
    Uniform(Expr, Expr),
    /// 1 or -1, equally likely.
    Rademacher,
    /// 1 with this probability, else 0.
    Bernoulli(Expr),
    /// Rate, `1/mean`.
    Exponential(Expr),
    /// Mean.
    Poisson(Expr),
    /// The first moments `E[x], E[x^2], ...`; those beyond are unknown numbers.
    Moments(Vec<Expr>),
}

/// What a random name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RandomShape {
    /// One data point that only fields can take apart: `random X`.
    Opaque,
    /// A real number: used as one, or with a distribution.
    Scalar,
    /// A vector of length `d`: `random x: vector`.
    Vector,
}

/// The shape of a declared field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldShape {
    /// A scalar field.
    Scalar,
    /// A vector field, of length `d`.
    Vector,
    /// A symmetric matrix field, `d x d`.
    Symmetric,
    /// A matrix field, `d x m` with `m` a number of its own.
    Matrix,
}

/// What a name was declared to be.
#[derive(Debug, Clone, PartialEq)]
pub enum SymbolKind {
    /// A real number, the same everywhere.
    Scalar(Sign),
    /// The space itself as a vector: the parameters, or the list of named coordinates.
    Space,
    /// A named coordinate of the space, counted from 0.
    Coordinate(u32),
    /// A random name. Names without a distribution are drawn jointly, in any dependence; each name with a distribution is
    /// independent of all others.
    Random {
        /// What it stands for.
        shape: RandomShape,
        /// How it is distributed, if that was said.
        distribution: Option<Distribution>,
    },
    /// An arbitrary smooth function of the space and of some random names.
    Field {
        /// Its shape.
        shape: FieldShape,
        /// The random names it depends on.
        arguments: Vec<SymbolId>,
        /// What is known of its sign (scalar fields only).
        sign: Sign,
        /// A test function: smooth, and zero far out.
        test: bool,
    },
    /// A Gaussian increment with mean 0 and covariance `time_step` times the identity, independent of all else. It counts
    /// as `time_step^(1/2)` in orders.
    Noise {
        /// The scalar symbol of the time step.
        time_step: SymbolId,
        /// Whether it is a number; else a vector of the length that its use needs.
        scalar: bool,
    },
    /// An arbitrary smooth function of one real variable.
    Function,
}

/// A declared name.
#[derive(Debug, Clone, PartialEq)]
pub struct Symbol {
    /// The name, in ASCII.
    pub name: Arc<str>,
    /// What it is.
    pub kind: SymbolKind,
}

/// The declared names of a derivation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Symbols {
    table: Vec<Symbol>,
    coordinates: Option<Vec<SymbolId>>,
}

impl Symbols {
    /// Adds a symbol; the caller has made sure that the name is new.
    pub fn declare(&mut self, name: &str, kind: SymbolKind) -> SymbolId {
        #[allow(clippy::cast_possible_truncation, reason = "a text has fewer names than 2^32")]
        let id = SymbolId(self.table.len() as u32);
        if matches!(kind, SymbolKind::Coordinate(_)) {
            self.coordinates.get_or_insert_default().push(id);
        }
        self.table.push(Symbol { name: name.into(), kind });
        id
    }

    /// Changes what is known of a symbol, such as the sign of a time step.
    pub fn redeclare(&mut self, id: SymbolId, kind: SymbolKind) {
        self.table[id.0 as usize].kind = kind;
    }

    /// The symbol with this number.
    #[must_use]
    pub fn get(&self, id: SymbolId) -> &Symbol {
        &self.table[id.0 as usize]
    }

    /// The symbol with this number if there is one.
    #[must_use]
    pub fn checked(&self, id: SymbolId) -> Option<&Symbol> {
        self.table.get(id.0 as usize)
    }

    /// The number of a name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<SymbolId> {
        self.iter().find(|(_, symbol)| &*symbol.name == name).map(|(id, _)| id)
    }

    /// All symbols in the order of their declaration.
    pub fn iter(&self) -> impl Iterator<Item = (SymbolId, &Symbol)> {
        (0..).map(SymbolId).zip(&self.table)
    }

    /// The named coordinates in their order; nothing if the space is abstract, of any dimension.
    #[must_use]
    pub fn coordinates(&self) -> Option<&[SymbolId]> {
        self.coordinates.as_deref()
    }
}
