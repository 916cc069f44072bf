//! What a derivation says: claims with their conditions, assumptions, definitions.

use super::{Expr, Instance, Rational, SymbolId, Symbols};
use std::sync::Arc;

/// What the author says of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// `claim`: it must hold.
    Holds,
    /// `refute`: it must fail.
    Fails,
}

/// `+ O(symbol^order)`: the sides agree in all powers of the symbol below the order.
#[derive(Debug, Clone, PartialEq)]
pub struct Remainder {
    /// A scalar symbol.
    pub symbol: SymbolId,
    /// A positive multiple of 1/2.
    pub order: Rational,
}

/// What a claim is restricted to.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// `a = b` at the point, after all derivatives are taken; `B = B'` for a matrix field everywhere; `dim = 1`.
    Equal(Expr, Expr),
    /// A scalar is above 0.
    Positive(Expr),
    /// A scalar is at least 0.
    NonNegative(Expr),
}

/// The two sides of a claim.
#[derive(Debug, Clone, PartialEq)]
pub enum Sides {
    /// Of one shape.
    Equation {
        /// Left of `=`.
        left: Expr,
        /// Right of `=`, without the remainder.
        right: Expr,
    },
    /// Each well-formed, but of different shapes, so that they cannot be equal.
    DifferentShapes {
        /// Left of `=`.
        left: Expr,
        /// Right of `=`, without the remainder.
        right: Expr,
    },
}

/// An equation that is said to hold, or to fail.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// Its name, unique in the derivation.
    pub name: Arc<str>,
    /// What its author says of it.
    pub expected: Expected,
    /// The equation.
    pub sides: Sides,
    /// Up to which order it is meant.
    pub remainder: Option<Remainder>,
    /// What it is restricted to.
    pub conditions: Vec<Condition>,
    /// The hypotheses of the derivation that stand before it, `left = right` everywhere.
    pub given: Vec<(Expr, Expr)>,
    /// The statement as it was written, in one line.
    pub text: Arc<str>,
    /// Bytes of the statement in its file.
    pub span: std::ops::Range<usize>,
}

/// What a derivation says.
#[derive(Debug, Clone, PartialEq)]
pub enum Statement {
    /// `claim` or `refute`.
    Claim(Claim),
    /// `assume name: "text"`: what the derivation rests on and nobody checks.
    Assumption {
        /// Its name.
        name: Arc<str>,
        /// What is assumed.
        text: Arc<str>,
        /// Bytes of the statement in its file.
        span: std::ops::Range<usize>,
    },
}

/// A `let` of a derivation. Claims hold its value in its place; its name is for printing.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// The name, in ASCII.
    pub name: Arc<str>,
    /// What it stands for.
    pub value: Expr,
    /// Bytes of the name in its file; it is known after them.
    pub span: std::ops::Range<usize>,
}

/// A derivation: what its text means.
#[derive(Debug, Clone, PartialEq)]
pub struct Derivation {
    /// Declared names.
    pub symbols: Symbols,
    /// What was defined, in order.
    pub definitions: Vec<Definition>,
    /// Statements in their order.
    pub statements: Vec<Statement>,
    /// Bytes of the file between which statements stand: its fenced blocks, or the whole of a bare text.
    pub blocks: Vec<std::ops::Range<usize>>,
    /// Where the claims can be put to the test, in their order.
    pub instances: Vec<Instance>,
}
