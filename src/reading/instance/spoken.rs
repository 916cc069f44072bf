//! What a claim speaks of.

use crate::expression::{Claim, Condition, Expr, Kind, Sides, SymbolId, SymbolKind, Symbols};
use std::collections::BTreeSet;

/// Whether a claim speaks of something that is bound: a function, the data, or the point in named coordinates; and of no
/// other dimension.
pub(in crate::reading) fn concerns(
    claim: &Claim,
    symbols: &Symbols,
    (point, dim): (bool, Option<usize>),
    is_bound: &dyn Fn(SymbolId) -> bool,
) -> bool {
    if let (Some(claimed), Some(dim)) = (claimed_dimension(claim), dim)
        && claimed != dim
    {
        return false;
    }
    let point = symbols.coordinates().is_some() && point;
    spoken(claim).iter().any(|id| match symbols.checked(*id).map(|symbol| &symbol.kind) {
        Some(SymbolKind::Field { .. } | SymbolKind::Function | SymbolKind::Random { .. }) => is_bound(*id),
        Some(SymbolKind::Space | SymbolKind::Coordinate(_)) => point,
        Some(SymbolKind::Scalar(_) | SymbolKind::Noise { .. }) | None => false,
    })
}

/// The dimension that a claim says it is about.
pub(in crate::reading) fn claimed_dimension(claim: &Claim) -> Option<usize> {
    claim.conditions.iter().find_map(|condition| {
        let Condition::Equal(a, b) = condition else { return None };
        let (a, b) = if matches!(a.kind(), Kind::Dimension) { (a, b) } else { (b, a) };
        match (a.kind(), b.kind()) {
            (Kind::Dimension, Kind::Number(number)) => usize::try_from(number.to_integer()?).ok(),
            _ => None,
        }
    })
}

/// The symbols of a claim's sides and conditions: a hypothesis about others does not concern it.
pub(in crate::reading) fn spoken(claim: &Claim) -> BTreeSet<SymbolId> {
    let mut found = BTreeSet::new();
    if let Sides::Equation { left, right } = &claim.sides {
        found.extend(symbols_of(left));
        found.extend(symbols_of(right));
    }
    for condition in &claim.conditions {
        match condition {
            Condition::Equal(a, b) => {
                found.extend(symbols_of(a));
                found.extend(symbols_of(b));
            }
            Condition::Positive(e) | Condition::NonNegative(e) => found.extend(symbols_of(e)),
        }
    }
    found
}

/// The symbols that occur in an expression.
pub(crate) fn symbols_of(e: &Expr) -> BTreeSet<SymbolId> {
    let mut found = BTreeSet::new();
    e.any(&mut |node| {
        if let Kind::Symbol(id) | Kind::Apply(id, ..) = node.kind() {
            found.insert(*id);
        }
        false
    });
    found
}
