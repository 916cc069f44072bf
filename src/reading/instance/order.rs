//! The order in which conditions are brought about.

use super::symbols_of;
use crate::expression::{Condition, Expr, Kind, SymbolId};
use std::collections::BTreeSet;

/// The conditions of a claim, each after those that say what the names are that it speaks of: of `a = b, b = 2*c` the second
/// comes first. Those that wait for each other stay as they are.
pub(in crate::reading) fn in_order(conditions: &[Condition]) -> Vec<&Condition> {
    let mut waiting: Vec<&Condition> = conditions.iter().collect();
    let mut ordered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let ready = waiting.iter().position(|condition| {
            let others = waiting.iter().filter(|other| !std::ptr::eq(**other, *condition));
            let uses = used(condition);
            !others.filter_map(|other| defined(other)).any(|id| uses.contains(&id))
        });
        ordered.push(waiting.remove(ready.unwrap_or(0)));
    }
    ordered
}

/// The name that stands alone on a side, the left one first.
fn defined(condition: &Condition) -> Option<SymbolId> {
    let alone = |e: &Expr| if let Kind::Symbol(id) = e.kind() { Some(*id) } else { None };
    match condition {
        Condition::Equal(a, b) => alone(a).or_else(|| alone(b)),
        Condition::Positive(_) | Condition::NonNegative(_) => None,
    }
}

/// The names that are spoken of but for that one.
fn used(condition: &Condition) -> BTreeSet<SymbolId> {
    let mut found = match condition {
        Condition::Equal(a, b) => symbols_of(a).union(&symbols_of(b)).copied().collect(),
        Condition::Positive(e) | Condition::NonNegative(e) => symbols_of(e),
    };
    if let Some(id) = defined(condition) {
        found.remove(&id);
    }
    found
}
