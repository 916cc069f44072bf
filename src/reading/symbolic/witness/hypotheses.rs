//! Hypotheses that give a symbol outright: `grad(V) = -mu` is `mu = -grad(V)`.
//!
//! A symbol that occurs once in a hypothesis is isolated by undoing, on the other side, what is done to it, and takes the
//! value of the other side from then on.

use super::survey::Survey;
use crate::expression::{Claim, Expr, Function, Kind, Rational, Shape, Sign, SymbolId, SymbolKind, Symbols};
use std::collections::{BTreeMap, HashMap};

/// Deeper trees are not looked into.
const MOST_DEPTH: usize = 200;

/// What the hypotheses of a claim say of its symbols.
#[derive(Debug, Default)]
pub(super) struct Hypotheses {
    /// Symbols that are given outright.
    pub(super) definitions: HashMap<SymbolId, Expr>,
    /// Equations that are left.
    pub(super) equations: Vec<(Expr, Expr)>,
}

impl Hypotheses {
    /// The hypotheses that speak of what the claim speaks of, directly or over others; their names join the survey.
    pub(super) fn of(claim: &Claim, survey: &mut Survey, symbols: &Symbols) -> Self {
        let mut result = Self::default();
        let mut waiting: Vec<&(Expr, Expr)> = claim.given.iter().collect();
        loop {
            let (related, rest): (Vec<_>, Vec<_>) =
                waiting.into_iter().partition(|(a, b)| mentions(a, survey) || mentions(b, survey));
            if related.is_empty() {
                return result;
            }
            for (a, b) in related {
                survey.look(a, symbols);
                survey.look(b, symbols);
                match result.isolate_any(a, b, symbols) {
                    Some((id, value)) => {
                        result.definitions.insert(id, value);
                    }
                    None => result.equations.push((a.clone(), b.clone())),
                }
            }
            waiting = rest;
        }
    }

    /// Up to which degree each of the equations must hold for fields that are looked at up to these degrees.
    ///
    /// At the degree `k` an equation speaks of the coefficients of a field from the degree `k` and the least order of its
    /// derivatives on. It matters up to the last degree at which it speaks of what is looked at, by the claim or by
    /// another equation.
    pub(super) fn degrees(&self, looked_at: &BTreeMap<SymbolId, usize>) -> Vec<usize> {
        let orders: Vec<BTreeMap<SymbolId, (usize, usize)>> = self
            .equations
            .iter()
            .map(|(a, b)| {
                let mut orders = BTreeMap::new();
                derivatives(a, 0, 0, &mut orders);
                derivatives(b, 0, 0, &mut orders);
                orders
            })
            .collect();
        let needed = |orders: &BTreeMap<SymbolId, (usize, usize)>, seen: &BTreeMap<SymbolId, usize>| {
            let needed =
                orders.iter().filter_map(|(id, (least, _))| Some(seen.get(id)?.saturating_sub(*least)));
            needed.max().unwrap_or(0)
        };
        let first: Vec<usize> = orders.iter().map(|orders| needed(orders, looked_at)).collect();
        let by_others = |number: usize| {
            let mut seen = looked_at.clone();
            let others = orders.iter().zip(&first).enumerate().filter(|(other, _)| *other != number);
            for (_, (orders, degree)) in others {
                for (id, (_, most)) in orders {
                    let reach = seen.entry(*id).or_insert(0);
                    *reach = (*reach).max(degree + most);
                }
            }
            seen
        };
        orders.iter().enumerate().map(|(number, orders)| needed(orders, &by_others(number))).collect()
    }

    /// Some symbol of `a = b` with its value; fields are tried before scalars.
    fn isolate_any(&self, a: &Expr, b: &Expr, symbols: &Symbols) -> Option<(SymbolId, Expr)> {
        let mut names = Survey::default();
        names.look(a, symbols);
        names.look(b, symbols);
        let free = |id: &&SymbolId| {
            !self.definitions.contains_key(id)
                && !self.definitions.values().any(|value| occurrences(value, **id) > 0)
                && match symbols.get(**id).kind {
                    SymbolKind::Field { test, .. } => !test,
                    SymbolKind::Scalar(_) => true,
                    _ => false,
                }
        };
        let is_field = |id: &&SymbolId| matches!(symbols.get(**id).kind, SymbolKind::Field { .. });
        let fields = names.names.iter().filter(free).filter(is_field);
        let scalars = names.names.iter().filter(free).filter(|id| !is_field(id));
        for id in fields.chain(scalars) {
            let value = match (occurrences(a, *id), occurrences(b, *id)) {
                (1, 0) => isolate(a, b, *id, symbols),
                (0, 1) => isolate(b, a, *id, symbols),
                _ => None,
            };
            if let Some(value) = value
                && may_be(*id, &value, symbols)
            {
                return Some((*id, value));
            }
        }
        None
    }
}

/// Whether a symbol can stand for a value: it depends on all that the value depends on. A scalar is the same everywhere, and
/// a field is random through its arguments only; what a hypothesis says of the rest is then left to an equation.
fn may_be(id: SymbolId, value: &Expr, symbols: &Symbols) -> bool {
    let arguments: &[SymbolId] = match &symbols.get(id).kind {
        SymbolKind::Field { arguments, .. } => arguments,
        _ => &[],
    };
    let is_scalar = matches!(symbols.get(id).kind, SymbolKind::Scalar(_));
    let moves = value.any(&mut |part| match part.kind() {
        Kind::Symbol(name) => matches!(
            symbols.get(*name).kind,
            SymbolKind::Field { .. } | SymbolKind::Space | SymbolKind::Coordinate(_)
        ),
        _ => false,
    });
    !(is_scalar && moves) && is_random_through(value, arguments, symbols, 0)
}

/// Whether all that is random in a value, outside of expectations, is in these names.
fn is_random_through(value: &Expr, names: &[SymbolId], symbols: &Symbols, depth: usize) -> bool {
    match value.kind() {
        _ if depth > MOST_DEPTH => false,
        Kind::Expect(_) | Kind::Var(_) | Kind::Cov(_) | Kind::CrossCov(..) => true,
        Kind::Conditional(..) | Kind::Current(_) => true,
        Kind::Mean(..) | Kind::SumOver(..) => false,
        Kind::Symbol(id) => match &symbols.get(*id).kind {
            SymbolKind::Random { .. } => names.contains(id),
            SymbolKind::Noise { .. } => false,
            SymbolKind::Field { arguments, .. } => arguments.iter().all(|name| names.contains(name)),
            _ => true,
        },
        _ => value.children().into_iter().all(|part| is_random_through(part, names, symbols, depth + 1)),
    }
}

/// The least and the highest order of the derivatives of every symbol in an expression.
fn derivatives(e: &Expr, order: usize, depth: usize, orders: &mut BTreeMap<SymbolId, (usize, usize)>) {
    let order = order
        + match e.kind() {
            Kind::Grad(_) | Kind::Jac(_) | Kind::Divergence(_) | Kind::Partial(..) => 1,
            Kind::Hess(_) | Kind::Lap(_) => 2,
            _ => 0,
        };
    if let Kind::Symbol(id) = e.kind() {
        let known = orders.entry(*id).or_insert((order, order));
        *known = (known.0.min(order), known.1.max(order));
    }
    if depth < MOST_DEPTH {
        e.children().into_iter().for_each(|child| derivatives(child, order, depth + 1, orders));
    }
}

/// Whether an expression has a name of the survey.
fn mentions(e: &Expr, survey: &Survey) -> bool {
    e.any(&mut |part| matches!(part.kind(), Kind::Symbol(id) if survey.names.contains(id)))
}

/// How often a symbol is written in an expression; 2 stands for more.
fn occurrences(e: &Expr, id: SymbolId) -> usize {
    fn count(e: &Expr, id: SymbolId, left: &mut usize) -> usize {
        if *left == 0 {
            return 2;
        }
        *left -= 1;
        if let Kind::Symbol(found) = e.kind() {
            return usize::from(*found == id);
        }
        e.children().into_iter().map(|child| count(child, id, left)).sum::<usize>().min(2)
    }
    count(e, id, &mut 10_000)
}

/// The value of the symbol, if `side = value` and the symbol occurs once in `side`.
fn isolate(side: &Expr, value: &Expr, id: SymbolId, symbols: &Symbols) -> Option<Expr> {
    let inside = |e: &Expr| occurrences(e, id) > 0;
    let scalar = |e: &Expr| e.shape() == Shape::Scalar;
    let of = |kind: Kind| Expr::new(kind, value.shape());
    let next = |part: &Expr, value: Expr| isolate(part, &value, id, symbols);
    match side.kind() {
        Kind::Symbol(_) => (side.shape() == value.shape()).then(|| value.clone()),
        Kind::Neg(a) => next(a, of(Kind::Neg(value.clone()))),
        Kind::Add(terms) => {
            let part = terms.iter().find(|term| inside(term))?;
            let others = terms.iter().filter(|term| !inside(term));
            let others = others.map(|term| Expr::new(Kind::Neg(term.clone()), term.shape()));
            next(
                part,
                Expr::new(Kind::Add([value.clone()].into_iter().chain(others).collect()), part.shape()),
            )
        }
        Kind::Mul(a, b) if inside(a) && scalar(b) => next(a, of(Kind::Div(value.clone(), b.clone()))),
        Kind::Mul(a, b) if inside(b) && scalar(a) => next(b, of(Kind::Div(value.clone(), a.clone()))),
        Kind::Div(a, b) if inside(a) => next(a, of(Kind::Mul(value.clone(), b.clone()))),
        Kind::Div(a, b) if scalar(a) => next(b, of(Kind::Div(a.clone(), value.clone()))),
        Kind::Transpose(a) => {
            let Shape::Matrix(rows, columns) = value.shape() else { return None };
            next(a, Expr::new(Kind::Transpose(value.clone()), Shape::Matrix(columns, rows)))
        }
        Kind::Sqrt(a) => {
            let two = Expr::number(Rational::integer(2));
            next(a, of(Kind::Pow(value.clone(), two)))
        }
        Kind::Pow(a, exponent) if scalar(a) && is_positive(a, symbols) => {
            let Kind::Number(exponent) = exponent.kind() else { return None };
            next(a, of(Kind::Pow(value.clone(), Expr::number(exponent.recip()?))))
        }
        Kind::Function(Function::Exp, a) => next(a, of(Kind::Function(Function::Log, value.clone()))),
        Kind::Function(Function::Log, a) => next(a, of(Kind::Function(Function::Exp, value.clone()))),
        Kind::Tensor(indices, body) => match body.kind() {
            // v[i] = ..
            Kind::Component(a, same) if indices == same => {
                next(a, Expr::new(value.kind().clone(), a.shape()))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether an expression is a symbol that was declared to be positive.
fn is_positive(e: &Expr, symbols: &Symbols) -> bool {
    let Kind::Symbol(id) = e.kind() else { return false };
    match symbols.get(*id).kind {
        SymbolKind::Scalar(sign) | SymbolKind::Field { sign, .. } => sign == Sign::Positive,
        _ => false,
    }
}
