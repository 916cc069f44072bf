//! What is random in an expression, and which indices are free in it.
//!
//! `E`, `Var`, `Cov`, the conditional displacements and `current` range over everything random inside them; a mean turns
//! the random names inside it into the copies of its batch. What is left is free.

use crate::expression::{Batch, Expr, Index, Kind, Shape, SymbolId, SymbolKind, Symbols};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

/// One batch of an expression.
#[derive(Debug, Clone)]
pub(super) struct BatchUse {
    /// How many copies, and from how many points.
    pub(super) batch: Batch,
    /// Random names of which copies are made.
    pub(super) names: BTreeSet<SymbolId>,
}

/// What is free in an expression.
#[derive(Debug, Clone, Default)]
pub(super) struct Sources {
    /// Random names outside means.
    pub(super) bare: BTreeSet<SymbolId>,
    /// Batches by their numbers.
    pub(super) batches: BTreeMap<u32, BatchUse>,
    /// Noises with their shapes.
    pub(super) noises: BTreeMap<SymbolId, Shape>,
    /// Numbers of free indices, in ascending order.
    pub(super) indices: BTreeSet<u32>,
}

impl Sources {
    /// Whether nothing is random.
    pub(super) fn is_certain(&self) -> bool {
        self.bare.is_empty() && self.batches.is_empty() && self.noises.is_empty()
    }

    /// Whether nothing but the current data point is random.
    pub(super) fn is_of_one_point(&self) -> bool {
        self.batches.is_empty() && self.noises.is_empty()
    }

    fn take(&mut self, other: &Self) {
        self.bare.extend(&other.bare);
        self.noises.extend(other.noises.iter().map(|(id, shape)| (*id, *shape)));
        self.indices.extend(&other.indices);
        for (number, used) in &other.batches {
            self.enter(*number, &used.batch, &used.names);
        }
    }

    fn enter(&mut self, number: u32, batch: &Batch, names: &BTreeSet<SymbolId>) {
        let new = || BatchUse { batch: batch.clone(), names: BTreeSet::new() };
        self.batches.entry(number).or_insert_with(new).names.extend(names);
    }

    /// What is free in both of two expressions together.
    pub(super) fn together(&self, other: &Self) -> Self {
        let mut all = self.clone();
        all.take(other);
        all
    }
}

/// Finds the sources of expressions, and remembers them by the address of the node.
#[derive(Debug, Default)]
pub(super) struct Finder {
    /// With the expression, lest its address be used again.
    known: HashMap<usize, (Expr, Rc<Sources>)>,
}

impl Finder {
    /// What is free in an expression.
    pub(super) fn of(&mut self, e: &Expr, symbols: &Symbols) -> Rc<Sources> {
        if let Some((_, found)) = self.known.get(&e.address()) {
            return Rc::clone(found);
        }
        let found = Rc::new(self.find(e, symbols));
        self.known.insert(e.address(), (e.clone(), Rc::clone(&found)));
        found
    }

    fn find(&mut self, e: &Expr, symbols: &Symbols) -> Sources {
        let mut all = Sources::default();
        match e.kind() {
            Kind::Symbol(id) => of_symbol(*id, e.shape(), symbols, &mut all),
            Kind::Mean(body, batch) | Kind::SumOver(body, batch) => {
                let inside = self.of(body, symbols);
                all.take(&Sources { bare: BTreeSet::new(), ..(*inside).clone() });
                all.enter(batch.number, batch, &inside.bare);
                return all;
            }
            _ => {}
        }
        for child in e.children() {
            all.take(&self.of(child, symbols));
        }
        let mut index = |index: &Index| {
            all.indices.insert(index.id);
        };
        match e.kind() {
            Kind::Component(_, indices) => indices.iter().for_each(index),
            Kind::Partial(i, _) => index(i),
            Kind::Kronecker(i, j) => {
                index(i);
                index(j);
            }
            Kind::Sum(i, _) => {
                all.indices.remove(&i.id);
            }
            Kind::Tensor(indices, _) => indices.iter().for_each(|i| {
                all.indices.remove(&i.id);
            }),
            Kind::Expect(_)
            | Kind::Var(_)
            | Kind::Cov(_)
            | Kind::CrossCov(..)
            | Kind::Conditional(..)
            | Kind::Current(_) => {
                all.bare.clear();
                all.batches.clear();
                all.noises.clear();
            }
            _ => {}
        }
        all
    }
}

fn of_symbol(id: SymbolId, shape: Shape, symbols: &Symbols, all: &mut Sources) {
    match &symbols.get(id).kind {
        SymbolKind::Random { .. } => {
            all.bare.insert(id);
        }
        SymbolKind::Field { arguments, .. } => all.bare.extend(arguments),
        SymbolKind::Noise { .. } => {
            all.noises.insert(id, shape);
        }
        SymbolKind::Scalar(_) | SymbolKind::Space | SymbolKind::Coordinate(_) | SymbolKind::Function => {}
    }
}
