//! What a claim contains, found before any number is drawn.

use crate::expression::{
    Batch, Claim, Condition, Distribution, Expr, Function, Kind, SymbolId, SymbolKind, Symbols,
};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What a claim contains.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// Every declared name that occurs, also within definitions.
    pub(super) names: BTreeSet<SymbolId>,
    /// Every batch, by its number.
    pub(super) batches: BTreeMap<u32, Batch>,
    /// A root, a function or a power to an exponent that is not a whole number: not to be had modulo a prime.
    pub(super) needs_rationals: bool,
    /// A root or a fractional power.
    pub(super) roots: bool,
    /// A built-in function.
    pub(super) functions: bool,
    /// A function or power that may have to be looked at where its value is special.
    pub(super) special: bool,
    /// An exponential or power of something in which a logarithm is taken.
    pub(super) entangled: bool,
    /// An integral.
    pub(super) integrals: bool,
    /// A random number with a distribution.
    pub(super) distributions: bool,
    /// Names in the parameters of distributions, and time steps of noises.
    pub(super) parameters: HashSet<SymbolId>,
    /// Names in a matrix whose root is taken.
    pub(super) rooted: BTreeSet<SymbolId>,
    /// How often a declared function is differentiated at most.
    pub(super) primes: usize,
    /// One batch has two sizes.
    pub(super) conflict: bool,
}

impl Survey {
    /// Looks at both sides of a claim and at everything that it is restricted to.
    pub(super) fn of(claim: &Claim, sides: [&Expr; 2], symbols: &Symbols) -> Self {
        let mut survey = Self::default();
        let mut parts: Vec<&Expr> = sides.to_vec();
        for condition in &claim.conditions {
            match condition {
                Condition::Equal(a, b) => parts.extend([a, b]),
                Condition::Positive(a) | Condition::NonNegative(a) => parts.push(a),
            }
        }
        for part in &parts {
            survey.look(part, symbols);
        }
        survey
    }

    /// Takes in an expression.
    pub(super) fn look(&mut self, e: &Expr, symbols: &Symbols) {
        e.any(&mut |part| {
            self.node(part, symbols);
            false
        });
    }

    /// Takes in what a name brings with it.
    fn symbol(&mut self, kind: &SymbolKind, symbols: &Symbols) {
        match kind {
            SymbolKind::Random { distribution: Some(of), .. } => {
                self.distributions = true;
                for parameter in parameters(of) {
                    self.look(parameter, symbols);
                    parameter.any(&mut |part| {
                        if let Kind::Symbol(id) = part.kind() {
                            self.parameters.insert(*id);
                        }
                        false
                    });
                }
            }
            SymbolKind::Noise { time_step, .. } => {
                self.names.insert(*time_step);
                self.parameters.insert(*time_step);
            }
            SymbolKind::Field { arguments, .. } => {
                for argument in arguments {
                    if self.names.insert(*argument) {
                        self.symbol(&symbols.get(*argument).kind, symbols);
                    }
                }
            }
            SymbolKind::Random { distribution: None, .. }
            | SymbolKind::Scalar(_)
            | SymbolKind::Space
            | SymbolKind::Coordinate(_)
            | SymbolKind::Function => {}
        }
    }

    fn node(&mut self, e: &Expr, symbols: &Symbols) {
        match e.kind() {
            Kind::Symbol(id) => {
                self.names.insert(*id);
                self.symbol(&symbols.get(*id).kind, symbols);
            }
            Kind::Mean(_, batch) | Kind::SumOver(_, batch) => {
                let first = self.batches.entry(batch.number).or_insert_with(|| batch.clone());
                self.conflict |= *first != *batch;
            }
            Kind::Sqrt(_) => {
                self.needs_rationals = true;
                self.roots = true;
            }
            Kind::MatrixRoot(a) => {
                self.needs_rationals = true;
                self.roots = true;
                a.any(&mut |part| {
                    if let Kind::Symbol(id) = part.kind() {
                        self.rooted.insert(*id);
                    }
                    false
                });
            }
            Kind::Function(function, a) => {
                self.needs_rationals = true;
                self.functions = true;
                self.special = true;
                self.entangled |= *function != Function::Log && has_logarithm(a);
            }
            Kind::LogDet(_) => {
                self.special = true;
                self.needs_rationals = true;
                self.functions = true;
            }
            Kind::Apply(_, times, _) => self.primes = self.primes.max(*times as usize),
            Kind::Pow(base, exponent) => {
                let whole = matches!(exponent.kind(), Kind::Number(r) if r.to_integer().is_some());
                let fraction = matches!(exponent.kind(), Kind::Number(r) if r.to_integer().is_none());
                self.needs_rationals |= !whole;
                self.entangled |= !whole && (has_logarithm(base) || has_logarithm(exponent));
                self.special |= !whole;
                self.roots |= fraction;
            }
            Kind::Integral(_) => self.integrals = true,
            _ => {}
        }
    }
}

/// Whether a logarithm is taken somewhere inside.
fn has_logarithm(e: &Expr) -> bool {
    e.any(&mut |part| {
        matches!(part.kind(), Kind::Function(Function::Log | Function::Softplus, _) | Kind::LogDet(_))
    })
}

/// The expressions in a distribution.
fn parameters(distribution: &Distribution) -> Vec<&Expr> {
    match distribution {
        Distribution::Normal(a, b) | Distribution::Uniform(a, b) => vec![a, b],
        Distribution::Bernoulli(a) | Distribution::Exponential(a) | Distribution::Poisson(a) => vec![a],
        Distribution::Moments(list) => list.iter().collect(),
        Distribution::Rademacher => vec![],
    }
}
