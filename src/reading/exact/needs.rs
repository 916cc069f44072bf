//! What a claim speaks of: its symbols, its batches, whether it integrates.

use crate::expression::{Claim, Condition, Distribution, Expr, Kind, Sides, SymbolId, SymbolKind, Symbols};
use std::collections::{BTreeMap, BTreeSet};

/// What a claim needs.
#[derive(Debug, Default)]
pub(super) struct Needs {
    pub(super) symbols: BTreeSet<SymbolId>,
    /// Sizes of batches, by the numbers of the batches.
    pub(super) sizes: BTreeMap<u32, Expr>,
    /// Sizes of populations.
    pub(super) populations: Vec<Expr>,
    pub(super) integrates: bool,
    /// Whether half-integer powers of the small parameter can occur.
    pub(super) halves: bool,
}

impl Needs {
    /// Of the sides, the conditions and the hypotheses of a claim.
    pub(super) fn of(claim: &Claim, symbols: &Symbols) -> Self {
        let mut needs = Self::default();
        let mut queue: Vec<Expr> = vec![];
        if let Sides::Equation { left, right } = &claim.sides {
            queue.extend([left.clone(), right.clone()]);
        }
        for condition in &claim.conditions {
            match condition {
                Condition::Equal(a, b) => queue.extend([a.clone(), b.clone()]),
                Condition::Positive(e) | Condition::NonNegative(e) => queue.push(e.clone()),
            }
        }
        queue.extend(claim.given.iter().flat_map(|(a, b)| [a.clone(), b.clone()]));
        let mut seen = BTreeSet::new();
        while let Some(next) = queue.pop() {
            if !seen.insert(next.address()) {
                continue;
            }
            needs.see(&next, symbols);
            queue.extend(next.children().into_iter().cloned());
        }
        let small = claim.remainder.as_ref().map(|remainder| remainder.symbol);
        needs.halves |= needs.symbols.iter().any(|&id| {
            matches!(&symbols.get(id).kind, SymbolKind::Noise { time_step, .. } if Some(*time_step) == small)
        });
        needs.halves |=
            claim.remainder.as_ref().is_some_and(|remainder| remainder.order.to_integer().is_none());
        needs
    }

    fn see(&mut self, e: &Expr, symbols: &Symbols) {
        match e.kind() {
            Kind::Symbol(id) => {
                self.symbols.insert(*id);
                match &symbols.get(*id).kind {
                    SymbolKind::Noise { time_step, .. } => {
                        self.symbols.insert(*time_step);
                    }
                    SymbolKind::Field { arguments, .. } => {
                        self.symbols.extend(arguments);
                        arguments.iter().for_each(|&argument| self.see_distribution(argument, symbols));
                    }
                    SymbolKind::Random { .. } => self.see_distribution(*id, symbols),
                    SymbolKind::Scalar(_)
                    | SymbolKind::Space
                    | SymbolKind::Coordinate(_)
                    | SymbolKind::Function => {}
                }
            }
            Kind::Apply(id, ..) => {
                self.symbols.insert(*id);
            }
            Kind::Mean(_, batch) | Kind::SumOver(_, batch) => {
                self.sizes.insert(batch.number, batch.size.clone());
                self.populations.extend(batch.population.clone());
            }
            Kind::Integral(_) => self.integrates = true,
            Kind::Sqrt(_) | Kind::MatrixRoot(_) | Kind::Pow(..) => self.halves = true,
            _ => {}
        }
    }
}

impl Needs {
    /// The parameters of a distribution.
    fn see_distribution(&mut self, id: SymbolId, symbols: &Symbols) {
        let SymbolKind::Random { distribution: Some(distribution), .. } = &symbols.get(id).kind else {
            return;
        };
        let parameters: Vec<&Expr> = match distribution {
            Distribution::Normal(a, b) | Distribution::Uniform(a, b) => vec![a, b],
            Distribution::Bernoulli(a) | Distribution::Exponential(a) | Distribution::Poisson(a) => vec![a],
            Distribution::Moments(all) => all.iter().collect(),
            Distribution::Rademacher => vec![],
        };
        parameters.into_iter().for_each(|e| self.symbols.extend(symbols_of(e)));
    }
}

/// The symbols that occur in an expression.
pub(super) fn symbols_of(e: &Expr) -> BTreeSet<SymbolId> {
    let mut found = BTreeSet::new();
    e.any(&mut |node| {
        if let Kind::Symbol(id) | Kind::Apply(id, ..) = node.kind() {
            found.insert(*id);
        }
        false
    });
    found
}
