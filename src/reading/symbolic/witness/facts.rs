//! What the value of a node depends on, found once for each node.
//!
//! The value of a node is remembered for as long as nothing that it depends on changes: its free indices, the data point
//! that a bare random name stands for, and the copies of each batch.

use super::series::{Stop, Try};
use crate::expression::{Expr, Index, Kind, SymbolId, SymbolKind, Symbols};
use std::collections::HashMap;
use std::rc::Rc;

/// What the value of a node depends on.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Facts {
    /// Free indices, in order.
    pub(super) indices: Vec<u32>,
    /// Whether a random name stands outside of every mean and expectation.
    pub(super) bare: bool,
    /// Batches whose means stand outside of every expectation, in order.
    pub(super) batches: Vec<u32>,
    /// The deepest nesting of derivatives.
    pub(super) derivatives: usize,
}

impl Facts {
    /// Takes in what a part depends on.
    fn join(&mut self, part: &Self) {
        for index in &part.indices {
            self.add_index(*index);
        }
        for batch in &part.batches {
            insert(&mut self.batches, *batch);
        }
        self.bare |= part.bare;
        self.derivatives = self.derivatives.max(part.derivatives);
    }

    fn add_index(&mut self, index: u32) {
        insert(&mut self.indices, index);
    }

    fn bind(&mut self, index: &Index) {
        self.indices.retain(|id| *id != index.id);
    }

    /// Nothing random is left.
    fn average(&mut self) {
        self.bare = false;
        self.batches.clear();
    }

    /// Whether something random is free.
    pub(super) fn is_random(&self) -> bool {
        self.bare || !self.batches.is_empty()
    }
}

fn insert(sorted: &mut Vec<u32>, value: u32) {
    if let Err(position) = sorted.binary_search(&value) {
        sorted.insert(position, value);
    }
}

/// The facts of all nodes of the expressions that were asked for.
#[derive(Debug, Default)]
pub(super) struct FactTable {
    known: HashMap<usize, Rc<Facts>>,
}

/// Deeper trees are refused.
const MOST_DEPTH: usize = 400;

impl FactTable {
    /// The facts of an expression; `definitions` are fields that a hypothesis replaces.
    pub(super) fn of(
        &mut self,
        e: &Expr,
        symbols: &Symbols,
        definitions: &HashMap<SymbolId, Expr>,
    ) -> Try<Rc<Facts>> {
        self.find(e, symbols, definitions, 0)
    }

    fn find(
        &mut self,
        e: &Expr,
        symbols: &Symbols,
        definitions: &HashMap<SymbolId, Expr>,
        depth: usize,
    ) -> Try<Rc<Facts>> {
        if let Some(facts) = self.known.get(&e.address()) {
            return Ok(Rc::clone(facts));
        }
        if depth > MOST_DEPTH {
            return Err(Stop::Budget);
        }
        let mut facts = Facts::default();
        for child in e.children() {
            facts.join(&*self.find(child, symbols, definitions, depth + 1)?);
        }
        if let Kind::Symbol(id) = e.kind()
            && let Some(definition) = definitions.get(id)
        {
            facts.join(&*self.find(definition, symbols, definitions, depth + 1)?);
        }
        adjust(&mut facts, e, symbols);
        let facts = Rc::new(facts);
        self.known.insert(e.address(), Rc::clone(&facts));
        Ok(facts)
    }
}

/// From the facts of the parts of a node to its own.
fn adjust(facts: &mut Facts, e: &Expr, symbols: &Symbols) {
    match e.kind() {
        Kind::Symbol(id) => match &symbols.get(*id).kind {
            SymbolKind::Random { .. } => facts.bare = true,
            SymbolKind::Field { arguments, .. } => facts.bare |= !arguments.is_empty(),
            SymbolKind::Scalar(_)
            | SymbolKind::Space
            | SymbolKind::Coordinate(_)
            | SymbolKind::Noise { .. }
            | SymbolKind::Function => {}
        },
        Kind::Kronecker(i, j) => {
            facts.add_index(i.id);
            facts.add_index(j.id);
        }
        Kind::Component(_, indices) => indices.iter().for_each(|index| facts.add_index(index.id)),
        Kind::Partial(index, _) => {
            facts.add_index(index.id);
            facts.derivatives += 1;
        }
        Kind::Sum(index, _) => facts.bind(index),
        Kind::Tensor(indices, _) => indices.iter().for_each(|index| facts.bind(index)),
        Kind::Expect(_) | Kind::Var(_) | Kind::Cov(_) | Kind::CrossCov(..) | Kind::Conditional(..) => {
            facts.average();
        }
        Kind::Current(_) => {
            facts.average();
            facts.derivatives += 1;
        }
        Kind::Mean(_, batch) | Kind::SumOver(_, batch) => {
            facts.bare = false;
            insert(&mut facts.batches, batch.number);
        }
        Kind::Grad(_) | Kind::Jac(_) | Kind::Divergence(_) => facts.derivatives += 1,
        Kind::Hess(_) | Kind::Lap(_) => facts.derivatives += 2,
        Kind::Number(_)
        | Kind::Identity
        | Kind::Dimension
        | Kind::Add(_)
        | Kind::Neg(_)
        | Kind::Mul(..)
        | Kind::Div(..)
        | Kind::Pow(..)
        | Kind::Transpose(_)
        | Kind::Dot(..)
        | Kind::Outer(..)
        | Kind::Trace(_)
        | Kind::Norm2(_)
        | Kind::Sqrt(_)
        | Kind::MatrixRoot(_)
        | Kind::Function(..)
        | Kind::Apply(..)
        | Kind::Shift(..)
        | Kind::At(..)
        | Kind::Inverse(_)
        | Kind::LogDet(_)
        | Kind::List(_)
        | Kind::Rows(_)
        | Kind::Integral(_) => {}
    }
}
