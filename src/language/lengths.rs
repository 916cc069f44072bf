//! Lengths within one statement: which of them are equal.
//!
//! While a statement is read, the length of a noise and of a new index is a variable, written as the columns of a symbol
//! that is no matrix field. Equal lengths are found by union; at the end every length becomes its representative: `d` if
//! it is equal to that, else the columns of a matrix field, else, if nothing has fixed it, `d`.

use crate::expression::{Expr, FieldShape, Index, Length, Shape, SymbolId, SymbolKind, Symbols};
use std::collections::HashMap;

/// Equal lengths.
#[derive(Debug, Clone, Default)]
pub(super) struct Lengths {
    parents: HashMap<Length, Length>,
    /// Every union that was new, to be repeated wherever what was read is used.
    unions: Vec<(Length, Length)>,
    /// Whether the columns of a matrix field may turn out to be `d`: in hypotheses, which may say so.
    pub(super) may_be_square: bool,
    /// How many variables there are in the file so far.
    pub(super) variables: u32,
}

/// How much a length says: `d`, the columns of a matrix, nothing.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Space,
    Columns(SymbolId),
    Variable(SymbolId),
}

fn rank(length: Length, symbols: &Symbols) -> Rank {
    match length {
        Length::Space => Rank::Space,
        Length::Columns(id) => {
            let matrix = symbols.checked(id).is_some_and(|symbol| {
                matches!(symbol.kind, SymbolKind::Field { shape: FieldShape::Matrix, .. })
            });
            if matrix { Rank::Columns(id) } else { Rank::Variable(id) }
        }
    }
}

impl Lengths {
    /// A length that nothing is known of.
    pub(super) fn fresh(&mut self) -> Length {
        self.variables += 1;
        Length::Columns(SymbolId(u32::MAX - self.variables))
    }

    /// The representative of a length.
    pub(super) fn find(&self, mut length: Length) -> Length {
        while let Some(parent) = self.parents.get(&length) {
            length = *parent;
        }
        length
    }

    /// Makes two lengths equal; false if they cannot be.
    pub(super) fn unite(&mut self, a: Length, b: Length, symbols: &Symbols) -> bool {
        let (a, b) = (self.find(a), self.find(b));
        if a == b {
            return true;
        }
        let (rank_a, rank_b) = (rank(a, symbols), rank(b, symbols));
        let clash =
            matches!((&rank_a, &rank_b), (Rank::Space, Rank::Columns(_)) | (Rank::Columns(_), Rank::Space));
        if clash && !self.may_be_square {
            return false;
        }
        let (low, high) = if rank_a < rank_b { (a, b) } else { (b, a) };
        self.parents.insert(high, low);
        self.unions.push((high, low));
        true
    }

    /// Whether two shapes are one; lengths are made equal for that.
    pub(super) fn unite_shapes(&mut self, a: Shape, b: Shape, symbols: &Symbols) -> bool {
        match (a, b) {
            (Shape::Scalar, Shape::Scalar) => true,
            (Shape::Vector(a), Shape::Vector(b)) => self.unite(a, b, symbols),
            (Shape::Matrix(a, b), Shape::Matrix(c, d)) => {
                self.unite(a, c, symbols) && self.unite(b, d, symbols)
            }
            (Shape::Components(a), Shape::Components(b)) => a == b,
            (Shape::Scalar | Shape::Vector(_) | Shape::Matrix(..) | Shape::Components(_), _) => false,
        }
    }

    /// What another statement found, such as that of a `let`; false if it contradicts what is known.
    pub(super) fn repeat(&mut self, other: &Self, symbols: &Symbols) -> bool {
        let before = self.may_be_square;
        self.may_be_square |= other.may_be_square;
        let fine = other.unions.iter().all(|(a, b)| self.unite(*a, *b, symbols));
        self.may_be_square = before;
        fine
    }

    /// The length that a statement ends with.
    pub(super) fn length(&self, length: Length, symbols: &Symbols) -> Length {
        match self.find(length) {
            found if matches!(rank(found, symbols), Rank::Variable(_)) => Length::Space,
            found => found,
        }
    }

    /// The shape that a statement ends with.
    pub(super) fn shape(&self, shape: Shape, symbols: &Symbols) -> Shape {
        match shape {
            Shape::Scalar | Shape::Components(_) => shape,
            Shape::Vector(length) => Shape::Vector(self.length(length, symbols)),
            Shape::Matrix(a, b) => Shape::Matrix(self.length(a, symbols), self.length(b, symbols)),
        }
    }

    /// The expression that a statement ends with. What does not change stays the same node; `memory` keeps what was
    /// done, the old node beside the new so that its address stays its own.
    pub(super) fn expression(
        &self,
        e: &Expr,
        symbols: &Symbols,
        memory: &mut HashMap<usize, (Expr, Expr)>,
    ) -> Expr {
        if let Some(done) = memory.get(&e.address()) {
            return done.1.clone();
        }
        let mut changed = false;
        let kind = e.map_children(&mut |child| {
            let new = self.expression(child, symbols, memory);
            changed |= !new.same(child);
            new
        });
        let kind = kind.map_indices(&mut |index| {
            let length = self.length(index.length, symbols);
            changed |= length != index.length;
            Index { length, ..index.clone() }
        });
        let shape = self.shape(e.shape(), symbols);
        changed |= shape != e.shape();
        let result = if changed { Expr::new(kind, shape) } else { e.clone() };
        memory.insert(e.address(), (e.clone(), result.clone()));
        result
    }
}
