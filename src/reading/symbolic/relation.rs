//! Identities between factors that no normal form of products knows: `B B = M`, `A A^-1 = I`, hypotheses.
//!
//! A sum is 0 if it is a combination, with rational coefficients, of multiples of identities. The multiples are found by
//! matching a term of an identity with factors of a term of the sum; what they bring along is matched again, for a few
//! rounds; then linear elimination decides. Sound for every sum; complete for none.

use super::algebra::{Algebra, names};
use super::atom::{Draw, Factor, Head, Index};
use super::derivative::Direction;
use super::obstacle::Obstacle;
use super::poly::{Monomial, Poly};
use crate::expression::{Length, Rational};
use std::collections::{BTreeMap, BTreeSet};

/// Rounds of matching: an identity is used on what identities brought so many times.
const ROUNDS: usize = 4;

/// Multiples of identities, and ways to match one term.
const MULTIPLES: usize = 600;
const MATCHES: usize = 60;

/// Derivatives of an identity that holds everywhere.
const DERIVATIVES: u32 = 2;

/// First of the names of open indices of an identity.
const OPEN: u32 = 1 << 26;

/// An identity `sum = 0`.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    pub(super) sum: Poly,
    /// Whether its derivatives hold too.
    pub(super) everywhere: bool,
}

impl Algebra<'_> {
    /// Whether a sum vanishes by identities.
    pub(super) fn vanishes_by(&self, sum: &Poly, identities: &[Identity]) -> Result<bool, Obstacle> {
        let mut all: Vec<Poly> = Vec::new();
        for identity in identities {
            all.extend(self.with_derivatives(identity)?);
        }
        all.extend(self.identities_of_matrices(sum)?);
        if all.is_empty() {
            return Ok(false);
        }
        let mut rows: BTreeSet<Poly> = BTreeSet::new();
        let mut seen: BTreeSet<Monomial> = BTreeSet::new();
        let mut new: Vec<Monomial> = sum.terms().iter().map(|(monomial, _)| monomial.clone()).collect();
        for _ in 0..ROUNDS {
            let mut next = Vec::new();
            for target in new {
                if !seen.insert(target.clone()) {
                    continue;
                }
                for identity in &all {
                    for multiple in self.multiples(identity, &target)? {
                        next.extend(multiple.terms().iter().map(|(monomial, _)| monomial.clone()));
                        rows.insert(multiple);
                    }
                }
            }
            new = next;
            if rows.len() > MULTIPLES {
                break;
            }
        }
        Ok(is_combination(sum, rows))
    }

    /// The identity and its derivatives, open indices named.
    fn with_derivatives(&self, identity: &Identity) -> Result<Vec<Poly>, Obstacle> {
        let named = self.renamed(&identity.sum, |index| match index {
            Index::Free(slot) => Index::Named(OPEN + slot),
            other => other,
        })?;
        let mut all = vec![named];
        if identity.everywhere {
            for k in 0..DERIVATIVES {
                let last = all.last().cloned().unwrap_or_default();
                let direction = Direction::Space(Index::Named(OPEN + 16 + k));
                all.push(self.derivative(&last, direction)?);
            }
        }
        all.retain(|sum| !sum.is_zero());
        Ok(all)
    }

    /// `B_ik B_kj = M_ij` for roots and `A_ik A^-1_kj = I_ij` for inverses in a sum.
    fn identities_of_matrices(&self, sum: &Poly) -> Result<Vec<Poly>, Obstacle> {
        let mut heads: BTreeSet<(Head, Draw)> = BTreeSet::new();
        for factor in sum.terms().iter().flat_map(|(monomial, _)| &monomial.0) {
            if matches!(factor.head, Head::Root(_) | Head::Inverse { .. }) {
                heads.insert((factor.head.clone(), factor.draw));
            }
        }
        let mut all = Vec::new();
        for (head, draw) in heads {
            match &head {
                Head::Root(matrix) => {
                    let root = |i, j| Factor::new(head.clone(), draw, &[i, j]);
                    let square = self.contracted(
                        vec![(vec![root(I, K), root(K, J)], Rational::ONE)],
                        K,
                        Length::Space,
                    )?;
                    let square = self.finish(square)?;
                    all.extend(self.with_derivatives(&Identity {
                        sum: square.minus(matrix.poly()),
                        everywhere: true,
                    })?);
                }
                Head::Inverse { matrix, .. } => {
                    let unit = self.factor(Factor::new(Head::Delta(Length::Space), Draw::Fixed, &[I, J]))?;
                    let inverse = |i, j| Factor::new(head.clone(), draw, &[i, j]);
                    for before in [true, false] {
                        let matrix = self.renamed(matrix.poly(), |index| match (index, before) {
                            (Index::Free(1), true) | (Index::Free(0), false) => K,
                            (other, _) => other,
                        })?;
                        let inverse = if before { inverse(K, J) } else { inverse(I, K) };
                        let product = self.products(&matrix, &self.factor(inverse)?)?;
                        let product = self.finish(self.contracted(product, K, Length::Space)?)?;
                        let sum = product.minus(&unit);
                        all.extend(self.with_derivatives(&Identity { sum, everywhere: false })?);
                    }
                }
                _ => {}
            }
        }
        Ok(all)
    }

    /// The multiples of an identity in which a term of it becomes the target.
    fn multiples(&self, identity: &Poly, target: &Monomial) -> Result<Vec<Poly>, Obstacle> {
        let mut all = Vec::new();
        let target = taken_apart(target);
        for (pattern, _) in identity.terms() {
            if pattern.0.iter().any(|factor| matches!(factor.head, Head::Delta(_))) {
                continue;
            }
            let mut matches = Vec::new();
            let (closed, open): (Vec<Factor>, Vec<Factor>) =
                pattern.0.iter().cloned().partition(|factor| factor.is_closed() && factor.group == 0);
            find_matches(&open, &target, &mut Match::default(), &mut matches);
            for found in matches {
                let mut rest: Vec<Factor> = (0..target.len())
                    .filter(|at| !found.used.contains(at))
                    .map(|at| target[at].clone())
                    .collect();
                rest.extend(closed.iter().map(|factor| Factor { power: -&factor.power, ..factor.clone() }));
                if let Some(multiple) = self.multiple(identity, &rest, &found)? {
                    all.push(multiple);
                }
            }
        }
        Ok(all)
    }

    /// An identity with its open indices bound, times other factors; nothing if some of its indices stay open.
    fn multiple(&self, identity: &Poly, rest: &[Factor], found: &Match) -> Result<Option<Poly>, Obstacle> {
        self.spend(rest.len() + 1)?;
        let mut products = Vec::new();
        // The summed indices of the target keep their names beside those of the identity.
        let shift = 1 << 20;
        let bind = |index: Index| {
            let bound = found.bound.iter().find(|(open, _)| *open == index).map(|(_, own)| *own);
            match bound {
                Some(Index::Dummy(dummy)) => Index::Dummy(dummy + shift),
                Some(other) => other,
                None => index,
            }
        };
        let mut beside = rest.to_vec();
        for index in beside.iter_mut().flat_map(|factor| &mut factor.indices) {
            if let Index::Dummy(dummy) = index {
                *dummy += shift;
            }
        }
        let groups = names(&beside).1;
        for (monomial, coefficient) in identity.terms() {
            let mut factors = monomial.0.clone();
            for factor in &mut factors {
                if factor.group != 0 {
                    factor.group += groups;
                }
                for index in &mut factor.indices {
                    if !matches!(index, Index::Dummy(_)) {
                        *index = bind(*index);
                    }
                }
            }
            factors.extend(beside.iter().cloned());
            products.push((factors, coefficient.clone()));
        }
        let open = products
            .iter()
            .flat_map(|(factors, _)| factors)
            .flat_map(|factor| &factor.indices)
            .any(|index| matches!(index, Index::Named(name) if *name >= OPEN));
        if open { Ok(None) } else { self.finish(products).map(Some) }
    }
}

const I: Index = Index::Free(0);
const J: Index = Index::Free(1);
const K: Index = Index::Free(2);

/// How a pattern lies in a product: which factors it took, and what its open and summed indices stand for.
#[derive(Debug, Clone, Default)]
struct Match {
    used: Vec<usize>,
    bound: Vec<(Index, Index)>,
}

/// Powers of components of roots and inverses as factors of their own.
fn taken_apart(target: &Monomial) -> Vec<Factor> {
    let mut factors = Vec::new();
    for factor in &target.0 {
        let matrix = matches!(factor.head, Head::Root(_) | Head::Inverse { .. });
        let times = factor.power.to_integer().and_then(|power| usize::try_from(power).ok());
        match times.filter(|times| matrix && *times > 1) {
            Some(times) => {
                let single = Factor { power: Rational::ONE, ..factor.clone() };
                factors.extend(std::iter::repeat_n(single, times));
            }
            None => factors.push(factor.clone()),
        }
    }
    factors
}

/// All ways to find the factors of a pattern in a product.
fn find_matches(pattern: &[Factor], target: &[Factor], found: &mut Match, all: &mut Vec<Match>) {
    if all.len() >= MATCHES {
        return;
    }
    let Some((first, rest)) = pattern.split_first() else {
        if sums_stay_inside(target, found) {
            all.push(found.clone());
        }
        return;
    };
    for at in 0..target.len() {
        let own = &target[at];
        let fits = !found.used.contains(&at)
            && own.head == first.head
            && own.draw == first.draw
            && (own.group == 0) == (first.group == 0)
            && own.rank == first.rank
            && own.indices.len() == first.indices.len()
            && own.power == first.power;
        if !fits {
            continue;
        }
        for order in orders(own) {
            let before = found.bound.len();
            if bind_all(&first.indices, &order, &mut found.bound) {
                found.used.push(at);
                find_matches(rest, target, found, all);
                found.used.pop();
            }
            found.bound.truncate(before);
        }
    }
}

/// The indices of a factor in every order that leaves it the same.
fn orders(factor: &Factor) -> Vec<Vec<Index>> {
    let mut slots = vec![factor.slots().to_vec()];
    if factor.is_symmetric() && factor.indices[0] != factor.indices[1] {
        slots.push(vec![factor.indices[1], factor.indices[0]]);
    }
    let mut derivatives: Vec<Vec<Index>> = vec![Vec::new()];
    for index in factor.derivatives() {
        derivatives = derivatives
            .into_iter()
            .flat_map(|done| {
                (0..=done.len()).map(move |at| {
                    let mut more = done.clone();
                    more.insert(at, *index);
                    more
                })
            })
            .collect();
    }
    slots
        .into_iter()
        .flat_map(|slots| {
            derivatives
                .iter()
                .map(move |derived| slots.iter().chain(derived).copied().collect::<Vec<_>>())
                .collect::<Vec<_>>()
        })
        .collect()
}

fn bind_all(pattern: &[Index], own: &[Index], bound: &mut Vec<(Index, Index)>) -> bool {
    pattern.iter().zip(own).all(|(open, own)| match open {
        Index::Value(_) | Index::Free(_) => open == own,
        Index::Dummy(_) | Index::Named(_) => match bound.iter().find(|(known, _)| known == open) {
            Some((_, known)) => known == own,
            None => {
                let fits = !matches!(open, Index::Dummy(_)) || matches!(own, Index::Dummy(_));
                bound.push((*open, *own));
                fits
            }
        },
    })
}

/// Whether the summed indices of a pattern stand for indices summed within the factors that were taken, one each, and
/// whole expectations were taken.
fn sums_stay_inside(target: &[Factor], found: &Match) -> bool {
    let taken = |own: &Index| {
        found.used.iter().flat_map(|at| &target[*at].indices).filter(|index| *index == own).count() == 2
    };
    let sums: Vec<&(Index, Index)> =
        found.bound.iter().filter(|(open, _)| matches!(open, Index::Dummy(_))).collect();
    let distinct: BTreeSet<Index> = sums.iter().map(|(_, own)| *own).collect();
    let whole = found.used.iter().all(|at| {
        let group = target[*at].group;
        group == 0
            || (0..target.len()).all(|other| target[other].group != group || found.used.contains(&other))
    });
    whole && distinct.len() == sums.len() && sums.iter().all(|(_, own)| taken(own))
}

/// Whether a sum is a combination of others, by elimination.
fn is_combination(sum: &Poly, rows: BTreeSet<Poly>) -> bool {
    let mut pivots: BTreeMap<Monomial, Poly> = BTreeMap::new();
    for row in rows {
        let row = reduced(row, &pivots);
        if let Some((lead, value)) = row.terms().last() {
            let scale = value.recip().unwrap_or(Rational::ONE);
            pivots.insert(lead.clone(), row.scaled(&scale));
        }
    }
    reduced(sum.clone(), &pivots).is_zero()
}

/// A sum less multiples of rows, until no leading term of a row is left in it.
fn reduced(mut sum: Poly, pivots: &BTreeMap<Monomial, Poly>) -> Poly {
    let mut done: BTreeSet<Monomial> = BTreeSet::new();
    loop {
        let next = sum.terms().iter().rev().find(|(monomial, _)| !done.contains(monomial)).cloned();
        let Some((monomial, value)) = next else { return sum };
        match pivots.get(&monomial) {
            Some(row) => sum = sum.minus(&row.scaled(&value)),
            None => {
                done.insert(monomial);
            }
        }
    }
}
