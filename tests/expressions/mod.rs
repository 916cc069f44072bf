//! Random expressions of a given shape, and when two expressions are the same but for the names of their indices.

#![allow(dead_code, reason = "each test that includes this module uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

pub(crate) mod random;

use driftproof::expression::{
    Distribution, Expr, FieldShape, Index, Kind, RandomShape, Sign, SymbolId, SymbolKind, Symbols,
};
use driftproof::language::parse;

/// What the random expressions are about.
pub(crate) const DECLARATIONS: &str = "\
scalar eta > 0, n > 0, c
space theta
random X
random x, y ~ normal(0, 1)
field u(X): scalar
field p: scalar > 0
field mu: vector
field D: symmetric
field B: matrix
noise dW(dt)
test phi: scalar
function l(z)
";

/// The symbols of [`DECLARATIONS`].
pub(crate) fn symbols() -> Symbols {
    parse("declarations.drift", DECLARATIONS).unwrap().symbols
}

/// Statements that declare these symbols.
pub(crate) fn declarations(symbols: &Symbols) -> String {
    let name = |id: SymbolId| symbols.get(id).name.to_string();
    let list = |all: &[Expr]| all.iter().map(|e| e.to_text(symbols)).collect::<Vec<_>>().join(", ");
    let sign = |sign| match sign {
        Sign::Any => "",
        Sign::NonNegative => " >= 0",
        Sign::Positive => " > 0",
    };
    let mut text = String::new();
    for (_, symbol) in symbols.iter() {
        let this = &symbol.name;
        text += &match &symbol.kind {
            SymbolKind::Scalar(known) => format!("scalar {this}{}", sign(*known)),
            SymbolKind::Space => match symbols.coordinates() {
                None => format!("space {this}"),
                Some(all) => {
                    let all: Vec<String> = all.iter().map(|id| name(*id)).collect();
                    format!("space {this} = ({})", all.join(", "))
                }
            },
            SymbolKind::Coordinate(_) => continue,
            SymbolKind::Random { shape: RandomShape::Vector, .. } => format!("random {this}: vector"),
            SymbolKind::Random { distribution: None, .. } => format!("random {this}"),
            SymbolKind::Random { distribution: Some(distribution), .. } => {
                let (word, parameters) = match distribution {
                    Distribution::Normal(a, b) => ("normal", vec![a.clone(), b.clone()]),
                    Distribution::Uniform(a, b) => ("uniform", vec![a.clone(), b.clone()]),
                    Distribution::Rademacher => ("rademacher", vec![]),
                    Distribution::Bernoulli(p) => ("bernoulli", vec![p.clone()]),
                    Distribution::Exponential(rate) => ("exponential", vec![rate.clone()]),
                    Distribution::Poisson(mean) => ("poisson", vec![mean.clone()]),
                    Distribution::Moments(all) => ("moments", all.clone()),
                };
                format!("random {this} ~ {word}({})", list(&parameters))
            }
            SymbolKind::Field { test: true, .. } => format!("test {this}: scalar"),
            SymbolKind::Field { shape, arguments, sign: known, .. } => {
                let arguments: Vec<String> = arguments.iter().map(|id| name(*id)).collect();
                let arguments =
                    if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
                let shape = match shape {
                    FieldShape::Scalar => "scalar",
                    FieldShape::Vector => "vector",
                    FieldShape::Symmetric => "symmetric",
                    FieldShape::Matrix => "matrix",
                };
                format!("field {this}{arguments}: {shape}{}", sign(*known))
            }
            SymbolKind::Noise { time_step, scalar } => {
                format!("noise {this}({}){}", name(*time_step), if *scalar { ": scalar" } else { "" })
            }
            SymbolKind::Function => format!("function {this}(z)"),
        };
        text.push('\n');
    }
    text
}

/// Whether two expressions are one but for the numbers and names of the indices that they bind.
pub(crate) fn same(a: &Expr, b: &Expr) -> bool {
    same_under(a, b, &mut vec![])
}

fn same_index(i: &Index, j: &Index, bound: &[(u32, u32)]) -> bool {
    let found = bound.iter().rev().find(|(a, b)| *a == i.id || *b == j.id);
    i.length == j.length && found.map_or(i.id == j.id || i.name == j.name, |(a, b)| (*a, *b) == (i.id, j.id))
}

fn same_under(a: &Expr, b: &Expr, bound: &mut Vec<(u32, u32)>) -> bool {
    let (parts, others) = (a.children(), b.children());
    if a.shape() != b.shape() || parts.len() != others.len() {
        return false;
    }
    let all = |i: &[Index], j: &[Index], bound: &[(u32, u32)]| {
        i.len() == j.len() && i.iter().zip(j).all(|(i, j)| same_index(i, j, bound))
    };
    let before = bound.len();
    let heads = match (a.kind(), b.kind()) {
        (Kind::Sum(i, _), Kind::Sum(j, _)) => {
            bound.push((i.id, j.id));
            i.length == j.length
        }
        (Kind::Tensor(i, _), Kind::Tensor(j, _)) => {
            bound.extend(i.iter().zip(j).map(|(i, j)| (i.id, j.id)));
            i.len() == j.len() && i.iter().zip(j).all(|(i, j)| i.length == j.length)
        }
        (Kind::Component(_, i), Kind::Component(_, j)) => all(i, j, bound),
        (Kind::Partial(i, _), Kind::Partial(j, _)) => same_index(i, j, bound),
        (Kind::Kronecker(i, j), Kind::Kronecker(k, l)) => same_index(i, k, bound) && same_index(j, l, bound),
        (Kind::Number(a), Kind::Number(b)) => a == b,
        (Kind::Symbol(a), Kind::Symbol(b)) => a == b,
        (Kind::Function(a, _), Kind::Function(b, _)) => a == b,
        (Kind::Apply(a, j, _), Kind::Apply(b, k, _)) => a == b && j == k,
        (Kind::Conditional(a, _), Kind::Conditional(b, _)) => a == b,
        (Kind::At(_, a, _), Kind::At(_, b, _)) => a == b,
        (Kind::Mean(_, a), Kind::Mean(_, b)) | (Kind::SumOver(_, a), Kind::SumOver(_, b)) => {
            a.number == b.number && a.population.is_some() == b.population.is_some()
        }
        (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
    };
    let result = heads && parts.iter().zip(&others).all(|(a, b)| same_under(a, b, bound));
    bound.truncate(before);
    result
}
