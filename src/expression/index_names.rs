//! Names for indices where an expression is written: those of the text, made unique where two would meet.
//!
//! In index notation a name stands for one index within a product. So a bound index takes a name that nothing else in its
//! term has; the terms of a sum do not see one another.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "most nodes are treated alike; a match names those that are not"
)]

use super::{Expr, Index, Kind};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Names in use at one place of an expression.
#[derive(Debug, Default)]
pub(super) struct IndexNames {
    bound: Vec<(u32, Arc<str>)>,
    used: BTreeSet<Arc<str>>,
}

impl IndexNames {
    /// For an expression, whose own free indices keep their names.
    pub(super) fn new(e: &Expr) -> Self {
        let (mut free, mut bound): (HashMap<u32, Index>, BTreeSet<u32>) = (HashMap::new(), BTreeSet::new());
        let everything = &mut |part: &Expr| {
            match part.kind() {
                Kind::Component(_, indices) => {
                    free.extend(indices.iter().map(|index| (index.id, index.clone())))
                }
                Kind::Partial(index, _) => drop(free.insert(index.id, index.clone())),
                Kind::Kronecker(i, j) => free.extend([(i.id, i.clone()), (j.id, j.clone())]),
                Kind::Sum(index, _) => drop(bound.insert(index.id)),
                Kind::Tensor(indices, _) => bound.extend(indices.iter().map(|index| index.id)),
                _ => {}
            }
            false
        };
        e.any(everything);
        let mut names = Self::default();
        let mut free: Vec<Index> = free.into_values().filter(|index| !bound.contains(&index.id)).collect();
        free.sort_by_key(|index| index.id);
        for index in free {
            names.bind(&index);
        }
        names
    }

    /// Gives an index a name until [`IndexNames::release`].
    pub(super) fn bind(&mut self, index: &Index) -> Arc<str> {
        let valid = index.name.starts_with(|c: char| c.is_ascii_alphabetic())
            && index.name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_');
        let wish: Arc<str> = if valid { Arc::clone(&index.name) } else { "i".into() };
        let name = if self.used.contains(&wish) {
            let stem = wish.trim_end_matches(|c: char| c.is_ascii_digit());
            (1_u32..)
                .map(|k| Arc::from(format!("{stem}{k}")))
                .find(|name| !self.used.contains(name))
                .unwrap_or(wish)
        } else {
            wish
        };
        self.used.insert(Arc::clone(&name));
        self.bound.push((index.id, Arc::clone(&name)));
        name
    }

    /// Ends the scope of the last `count` names; they stay in use within the term.
    pub(super) fn release(&mut self, count: usize) {
        self.bound.truncate(self.bound.len().saturating_sub(count));
    }

    /// The name of an index in scope.
    pub(super) fn name(&self, index: &Index) -> Arc<str> {
        let found = self.bound.iter().rev().find(|(id, _)| *id == index.id);
        found.map_or_else(|| Arc::clone(&index.name), |(_, name)| Arc::clone(name))
    }

    /// The names in use, to be given back before each term of a sum.
    pub(super) fn used(&self) -> BTreeSet<Arc<str>> {
        self.used.clone()
    }

    /// Another set of names in use; returns the one before.
    pub(super) fn replace_used(&mut self, used: BTreeSet<Arc<str>>) -> BTreeSet<Arc<str>> {
        std::mem::replace(&mut self.used, used)
    }
}

/// How an index stands in an expression when it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stands {
    Not,
    Once,
    /// Twice in one product, and so summed over it.
    Summed,
    /// Differently in different terms, or more than twice.
    Otherwise,
}

impl Stands {
    fn times(self, other: Self) -> Self {
        match (self, other) {
            (Self::Not, other) | (other, Self::Not) => other,
            (Self::Once, Self::Once) => Self::Summed,
            (Self::Once | Self::Summed | Self::Otherwise, _) => Self::Otherwise,
        }
    }
}

/// Whether writing the body of a sum says that it is summed, since the index stands twice in one product.
pub(super) fn is_implicit(index: &Index, body: &Expr) -> bool {
    stands(index, body, &mut HashMap::new()) == Stands::Summed
}

fn stands(index: &Index, e: &Expr, memory: &mut HashMap<usize, Stands>) -> Stands {
    if let Some(known) = memory.get(&e.address()) {
        return *known;
    }
    let once = |found: bool| if found { Stands::Once } else { Stands::Not };
    let result = match e.kind() {
        Kind::Tensor(..) => Stands::Not,
        Kind::Add(terms) => {
            let mut found =
                terms.iter().filter(|term| !matches!(term.kind(), Kind::Number(value) if value.is_zero()));
            let first = found.next().map_or(Stands::Not, |term| stands(index, term, memory));
            if found.all(|term| stands(index, term, memory) == first) { first } else { Stands::Otherwise }
        }
        _ => {
            let own = match e.kind() {
                Kind::Component(_, indices) => {
                    indices.iter().map(|other| once(other == index)).fold(Stands::Not, Stands::times)
                }
                Kind::Partial(other, _) => once(other == index),
                Kind::Kronecker(i, j) => once(i == index).times(once(j == index)),
                _ => Stands::Not,
            };
            e.children().into_iter().fold(own, |so_far, part| so_far.times(stands(index, part, memory)))
        }
    };
    memory.insert(e.address(), result);
    result
}
