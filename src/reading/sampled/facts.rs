//! What each node of an expression depends on, found once and looked up while drawing.
//!
//! `E`, `Var`, `Cov`, the conditional displacements and `current` range over everything random inside them; a mean turns
//! the random names inside it into the copies of its batch. What is left is free.

use crate::expression::{Expr, Kind, Place, SymbolId, SymbolKind, Symbols};
use rustc_hash::FxHashMap;

/// What an expression depends on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "independent properties")]
pub(super) struct Facts {
    /// Random names outside means.
    pub(super) bare: bool,
    /// Copies of batches.
    pub(super) batch: bool,
    /// Noises.
    pub(super) noise: bool,
    /// Names with a distribution, so that there are no rows to go through.
    pub(super) distributed: bool,
    /// Holds an expectation or an integral, which is drawn.
    pub(super) estimated: bool,
    /// The small parameter.
    pub(super) small: bool,
    /// The space.
    pub(super) spatial: bool,
    /// Conditional displacements or a current.
    pub(super) conditional: bool,
    /// Not a sum of functions of one data point each, and of noises.
    pub(super) mixed: bool,
    /// Highest order of derivatives inside.
    pub(super) derivatives: u8,
}

impl Facts {
    /// Whether its value is another one in every draw around it.
    pub(super) fn is_random(self) -> bool {
        self.bare || self.batch || self.noise
    }

    /// Whether it is a function of one data point.
    pub(super) fn is_of_one_point(self) -> bool {
        !self.batch && !self.noise && !self.distributed
    }

    /// Whether it is a function of the space and of one data point alone.
    pub(super) fn is_plain(self) -> bool {
        self.is_of_one_point() && !self.estimated
    }

    fn join(&mut self, other: Self) {
        self.bare |= other.bare;
        self.batch |= other.batch;
        self.noise |= other.noise;
        self.distributed |= other.distributed;
        self.estimated |= other.estimated;
        self.small |= other.small;
        self.spatial |= other.spatial;
        self.conditional |= other.conditional;
        self.mixed |= other.mixed;
        self.derivatives = self.derivatives.max(other.derivatives);
    }
}

/// The facts of all nodes of some expressions.
#[derive(Debug, Default)]
pub(super) struct Book {
    /// With the expression, lest its address be used again.
    known: FxHashMap<usize, (Expr, Facts)>,
}

impl Book {
    /// What is known of a node; of one that was not entered, that it depends on everything.
    pub(super) fn of(&self, e: &Expr) -> Facts {
        let all = Facts {
            bare: true,
            batch: true,
            noise: true,
            distributed: true,
            estimated: true,
            mixed: true,
            ..Facts::default()
        };
        self.known.get(&e.address()).map_or(all, |(_, facts)| *facts)
    }

    /// Enters an expression with all its nodes. `meaning` gives what a field stands for, or a scalar that a condition fixes.
    pub(super) fn enter(
        &mut self,
        e: &Expr,
        symbols: &Symbols,
        small: Option<SymbolId>,
        meaning: &dyn Fn(SymbolId) -> Option<Expr>,
    ) -> Facts {
        if let Some((_, facts)) = self.known.get(&e.address()) {
            return *facts;
        }
        let mut facts = Facts::default();
        let mut random = 0;
        for child in e.children() {
            let child = self.enter(child, symbols, small, meaning);
            random += usize::from(child.is_random());
            facts.join(child);
        }
        match e.kind() {
            Kind::Symbol(id) => self.symbol(*id, symbols, small, meaning, &mut facts),
            Kind::Mean(..) | Kind::SumOver(..) => {
                facts.mixed |= !facts.is_of_one_point();
                facts.batch |= facts.bare;
                facts.bare = false;
            }
            Kind::Expect(_)
            | Kind::Var(_)
            | Kind::Cov(_)
            | Kind::CrossCov(..)
            | Kind::Conditional(..)
            | Kind::Current(_) => {
                facts = Facts {
                    bare: false,
                    batch: false,
                    noise: false,
                    distributed: false,
                    mixed: false,
                    ..facts
                };
                facts.estimated = true;
                facts.conditional |= matches!(
                    e.kind(),
                    Kind::Conditional(Place::Midpoint | Place::Destination, _) | Kind::Current(_)
                );
            }
            Kind::Integral(_) => facts.estimated = true,
            Kind::Grad(_) | Kind::Jac(_) | Kind::Divergence(_) | Kind::Partial(..) => facts.derivatives += 1,
            Kind::Hess(_) | Kind::Lap(_) => facts.derivatives += 2,
            _ => {}
        }
        if !facts.is_random() || facts.bare && facts.is_of_one_point() {
            facts.mixed = false;
        } else if !self.is_linear(e, random, facts) {
            facts.mixed = true;
        }
        self.known.insert(e.address(), (e.clone(), facts));
        facts
    }

    fn symbol(
        &mut self,
        id: SymbolId,
        symbols: &Symbols,
        small: Option<SymbolId>,
        meaning: &dyn Fn(SymbolId) -> Option<Expr>,
        facts: &mut Facts,
    ) {
        let distributed = |id: SymbolId| {
            matches!(
                symbols.checked(id).map(|s| &s.kind),
                Some(SymbolKind::Random { distribution: Some(_), .. })
            )
        };
        match symbols.checked(id).map(|symbol| &symbol.kind) {
            Some(SymbolKind::Scalar(_)) => {
                let fixed = meaning(id).is_some_and(|e| self.enter(&e, symbols, small, meaning).small);
                facts.small = fixed || small == Some(id);
            }
            Some(SymbolKind::Space | SymbolKind::Coordinate(_)) => facts.spatial = true,
            Some(SymbolKind::Random { .. }) => {
                facts.bare = true;
                facts.distributed = distributed(id);
            }
            Some(SymbolKind::Noise { time_step, .. }) => {
                facts.noise = true;
                facts.small = small == Some(*time_step);
            }
            Some(SymbolKind::Field { arguments, .. }) => {
                facts.spatial = true;
                facts.bare = !arguments.is_empty();
                facts.distributed = arguments.iter().any(|id| distributed(*id));
                if let Some(e) = meaning(id) {
                    facts.join(self.enter(&e, symbols, small, meaning));
                }
            }
            Some(SymbolKind::Function) | None => {}
        }
    }

    /// Whether a node is linear in its random parts, of which there are so many, and they have means over the rows.
    fn is_linear(&self, e: &Expr, random: usize, facts: Facts) -> bool {
        match e.kind() {
            Kind::Symbol(_) => !facts.distributed,
            Kind::Mean(..)
            | Kind::SumOver(..)
            | Kind::Add(_)
            | Kind::Neg(_)
            | Kind::Transpose(_)
            | Kind::Trace(_)
            | Kind::Grad(_)
            | Kind::Jac(_)
            | Kind::Hess(_)
            | Kind::Lap(_)
            | Kind::Divergence(_)
            | Kind::Component(..)
            | Kind::Partial(..)
            | Kind::Sum(..)
            | Kind::Tensor(..)
            | Kind::List(_)
            | Kind::Rows(_) => true,
            Kind::Mul(..) | Kind::Dot(..) | Kind::Outer(..) => random < 2,
            Kind::Div(_, below) => !self.of(below).is_random(),
            _ => false,
        }
    }
}
