//! The canonical form of a product under renaming.
//!
//! Summed indices, expectations and summed copies have no names of their own, factors have no order, derivative indices
//! and those of symmetric fields can be exchanged. A product is therefore a coloured graph: vertices are its factors, its
//! summed indices, expectations and labels of copies; edges join a factor to what it touches, marked with the slot. Two
//! products are equal exactly if their graphs are isomorphic.
//!
//! The numbering: colours are refined (a vertex takes a new colour from those around it) until nothing changes. What is
//! left with shared colours falls apart into components that touch each other only through vertices with a colour of their
//! own; each is settled alone, by giving each vertex of its smallest class in turn a colour of its own and keeping the
//! least result. Equal components can be exchanged, so no power of a product costs more than the product. Growth: with
//! `v` vertices and `t` ties that refinement does not break, of order `t v log v`; with nested ties the product of their
//! sizes, up to [`LEAVES`], beyond which it is an [`Obstacle`].
//!
//! Colours are hashes. That two different vertices collide costs nothing but a tie more; the result is compared by value.

use super::atom::{Draw, Factor, Index};
use super::obstacle::Obstacle;
use super::poly::{Mixer, mix};
use std::hash::{Hash, Hasher};

/// Most colourings tried for one product: a product of twelve factors without any structure stays below it.
const LEAVES: u32 = 20_000;

/// Most factors of one product.
pub(super) const FACTORS: usize = 64;

/// Mark of an edge to an expectation, a copy, a derivative slot or an exchangeable slot; others are numbers of slots.
const GROUP: u64 = 1 << 40;
const COPY: u64 = 1 << 41;
const DERIVATIVE: u64 = 1 << 42;
const EXCHANGEABLE: u64 = 1 << 43;

/// Renames and sorts the factors of a product.
pub(super) fn canonical(mut factors: Vec<Factor>) -> Result<Vec<Factor>, Obstacle> {
    if factors.len() > FACTORS {
        return Err(Obstacle::TooLarge { what: "factors in a product", limit: FACTORS as u64 });
    }
    if factors.iter().all(is_rigid) {
        factors.iter_mut().for_each(Factor::sort_indices);
    } else {
        rename(&mut factors)?;
    }
    factors.sort_unstable();
    Ok(factors)
}

/// Whether nothing of a factor can be renamed.
fn is_rigid(factor: &Factor) -> bool {
    factor.group == 0
        && !matches!(factor.draw, Draw::Copy { .. })
        && !factor.indices.iter().any(|index| matches!(index, Index::Dummy(_)))
}

/// What can be renamed in a product, in the order of its first use.
#[derive(Default)]
struct Names {
    dummies: Vec<u32>,
    groups: Vec<u32>,
    copies: Vec<(u32, u32)>,
}

fn position<T: PartialEq>(names: &mut Vec<T>, name: T) -> usize {
    if let Some(found) = names.iter().position(|known| *known == name) {
        return found;
    }
    names.push(name);
    names.len() - 1
}

fn rename(factors: &mut [Factor]) -> Result<(), Obstacle> {
    let moving: Vec<usize> = (0..factors.len()).filter(|&f| !is_rigid(&factors[f])).collect();
    let mut names = Names::default();
    for &f in &moving {
        let factor = &factors[f];
        for index in &factor.indices {
            if let Index::Dummy(dummy) = index {
                position(&mut names.dummies, *dummy);
            }
        }
        if factor.group != 0 {
            position(&mut names.groups, factor.group);
        }
        if let Draw::Copy { batch, label } = factor.draw {
            position(&mut names.copies, (batch, label));
        }
    }
    let colours = Graph::new(factors, &moving, &mut names).settle()?;
    let (first_group, first_copy) =
        (moving.len() + names.dummies.len(), moving.len() + names.dummies.len() + names.groups.len());
    let dummies = ranks(&colours[moving.len()..first_group]);
    let groups = ranks(&colours[first_group..first_copy]);
    let copies = ranks(&colours[first_copy..]);
    for factor in factors.iter_mut() {
        for index in &mut factor.indices {
            if let Index::Dummy(dummy) = index {
                *dummy = dummies[position(&mut names.dummies, *dummy)];
            }
        }
        if factor.group != 0 {
            factor.group = groups[position(&mut names.groups, factor.group)] + 1;
        }
        if let Draw::Copy { batch, label } = &mut factor.draw {
            *label = copies[position(&mut names.copies, (*batch, *label))];
        }
        factor.sort_indices();
    }
    Ok(())
}

/// The rank of each value.
fn ranks(values: &[u64]) -> Vec<u32> {
    let below = |value: &u64| values.iter().filter(|other| *other < value).count();
    values.iter().map(|value| u32::try_from(below(value)).unwrap_or(u32::MAX)).collect()
}

/// A coloured graph with marked edges.
struct Graph {
    edges: Vec<Vec<(usize, u64)>>,
    colours: Vec<u64>,
    leaves: u32,
}

impl Graph {
    fn new(factors: &[Factor], moving: &[usize], names: &mut Names) -> Self {
        let (dummies, groups) = (moving.len(), moving.len() + names.dummies.len());
        let copies = groups + names.groups.len();
        let count = copies + names.copies.len();
        let mut graph = Self { edges: vec![Vec::new(); count], colours: vec![0; count], leaves: 0 };
        for colour in &mut graph.colours[dummies..] {
            *colour = 1;
        }
        for colour in &mut graph.colours[groups..] {
            *colour = 2;
        }
        for (copy, (batch, _)) in names.copies.iter().enumerate() {
            graph.colours[copies + copy] = mix(3 + u64::from(*batch));
        }
        for (vertex, &f) in moving.iter().enumerate() {
            let factor = &factors[f];
            let mut colour = own_colour(factor);
            for (slot, index) in factor.indices.iter().enumerate() {
                let mark = mark(factor, slot);
                if let Index::Dummy(dummy) = index {
                    graph.join(vertex, dummies + position(&mut names.dummies, *dummy), mark);
                } else {
                    let mut hasher = Mixer::default();
                    (index, mark).hash(&mut hasher);
                    colour = colour.wrapping_add(hasher.finish());
                }
            }
            if factor.group != 0 {
                graph.join(vertex, groups + position(&mut names.groups, factor.group), GROUP);
            }
            if let Draw::Copy { batch, label } = factor.draw {
                graph.join(vertex, copies + position(&mut names.copies, (batch, label)), COPY);
            }
            graph.colours[vertex] = mix(colour);
        }
        graph
    }

    fn join(&mut self, a: usize, b: usize, mark: u64) {
        self.edges[a].push((b, mark));
        self.edges[b].push((a, mark));
    }

    /// A colour of its own for each vertex, the same for isomorphic graphs.
    fn settle(mut self) -> Result<Vec<u64>, Obstacle> {
        let all: Vec<usize> = (0..self.colours.len()).collect();
        self.settle_part(&all)?;
        Ok(self.colours)
    }

    /// Settles the vertices of a part; the others have a colour of their own. Returns what tells the part from parts that
    /// are not isomorphic to it.
    fn settle_part(&mut self, part: &[usize]) -> Result<u64, Obstacle> {
        self.refine(part);
        let mut sorted: Vec<u64> = part.iter().map(|&v| self.colours[v]).collect();
        sorted.sort_unstable();
        let shared = |colour: u64| {
            let first = sorted.partition_point(|&c| c < colour);
            sorted.get(first + 1) == Some(&colour)
        };
        let (tied, single): (Vec<usize>, Vec<usize>) = part.iter().partition(|&&v| shared(self.colours[v]));
        let mut certificate = single.iter().fold(0_u64, |sum, &v| sum.wrapping_add(mix(self.colours[v])));
        let mut settled = Vec::new();
        for component in self.components(&tied) {
            settled.push((self.settle_component(&component)?, component));
        }
        settled.sort_unstable();
        let mut equal = 0;
        for (at, (own, component)) in settled.iter().enumerate() {
            equal = if at > 0 && settled[at - 1].0 == *own { equal + 1 } else { 0 };
            for &v in component {
                self.colours[v] = mix(self.colours[v] ^ own.rotate_left(17)).wrapping_add(equal);
            }
            certificate = certificate.wrapping_add(mix(*own));
        }
        Ok(certificate)
    }

    /// Settles a component in which ties may be real, by trying each vertex of its smallest class.
    fn settle_component(&mut self, component: &[usize]) -> Result<u64, Obstacle> {
        let size = |colour: u64| component.iter().filter(|&&v| self.colours[v] == colour).count();
        let class = component
            .iter()
            .map(|&v| (size(self.colours[v]), self.colours[v]))
            .filter(|(size, _)| *size > 1)
            .min();
        let Some((_, class)) = class else {
            return Ok(component.iter().fold(7, |sum: u64, &v| sum.wrapping_add(mix(self.colours[v]))));
        };
        let before: Vec<u64> = component.iter().map(|&v| self.colours[v]).collect();
        let mut best: Option<(u64, Vec<u64>)> = None;
        for (at, &v) in component.iter().enumerate() {
            if before[at] != class {
                continue;
            }
            self.leaves += 1;
            if self.leaves > LEAVES {
                return Err(Obstacle::TooLarge {
                    what: "renamings of one product",
                    limit: u64::from(LEAVES),
                });
            }
            for (&w, &colour) in component.iter().zip(&before) {
                self.colours[w] = colour;
            }
            self.colours[v] = mix(class ^ 0x5bd1_e995);
            let certificate = self.settle_part(component)?;
            if best.as_ref().is_none_or(|(least, _)| certificate < *least) {
                best = Some((certificate, component.iter().map(|&w| self.colours[w]).collect()));
            }
        }
        let (certificate, colours) = best.unwrap_or((0, before));
        for (&w, colour) in component.iter().zip(colours) {
            self.colours[w] = colour;
        }
        Ok(certificate)
    }

    /// Recolours the vertices of a part by their neighbours until the number of colours stays.
    fn refine(&mut self, part: &[usize]) {
        let mut count = self.count(part);
        loop {
            let next: Vec<u64> = part
                .iter()
                .map(|&v| {
                    let around = self.edges[v]
                        .iter()
                        .fold(0_u64, |sum, &(w, mark)| sum.wrapping_add(mix(self.colours[w] ^ mix(mark))));
                    mix(self.colours[v].rotate_left(7).wrapping_add(around))
                })
                .collect();
            for (&v, colour) in part.iter().zip(next) {
                self.colours[v] = colour;
            }
            let new = self.count(part);
            if new <= count {
                return;
            }
            count = new;
        }
    }

    fn count(&self, part: &[usize]) -> usize {
        let mut colours: Vec<u64> = part.iter().map(|&v| self.colours[v]).collect();
        colours.sort_unstable();
        colours.dedup();
        colours.len()
    }

    /// The connected components of some vertices.
    fn components(&self, vertices: &[usize]) -> Vec<Vec<usize>> {
        let mut left: Vec<usize> = vertices.to_vec();
        let mut components = Vec::new();
        while let Some(first) = left.pop() {
            let mut component = vec![first];
            let mut next = 0;
            while next < component.len() {
                for &(w, _) in &self.edges[component[next]] {
                    if let Some(at) = left.iter().position(|&v| v == w) {
                        component.push(left.swap_remove(at));
                    }
                }
                next += 1;
            }
            component.sort_unstable();
            components.push(component);
        }
        components
    }
}

/// The colour of a factor without what can be renamed.
fn own_colour(factor: &Factor) -> u64 {
    let mut hasher = Mixer::default();
    factor.head.hash(&mut hasher);
    factor.power.hash(&mut hasher);
    (factor.group != 0, factor.rank, factor.indices.len()).hash(&mut hasher);
    match factor.draw {
        Draw::Fixed => 0_u64,
        Draw::Own => 1,
        Draw::Copy { .. } => 2,
        Draw::Entangled => 3,
    }
    .hash(&mut hasher);
    hasher.finish()
}

/// The mark of an edge from a factor to the index in a slot.
fn mark(factor: &Factor, slot: usize) -> u64 {
    if slot >= factor.rank {
        DERIVATIVE
    } else if factor.is_symmetric() {
        EXCHANGEABLE
    } else {
        slot as u64
    }
}

#[cfg(test)]
mod tests {
    use super::super::atom::Head;
    use super::*;
    use crate::expression::{Length, SymbolId};

    /// A field with tensor indices and derivative indices, in an expectation or outside.
    fn field(symbol: u32, symmetric: bool, slots: &[u32], derivatives: &[u32], group: u32) -> Factor {
        let index = |all: &[u32]| all.iter().map(|i| Index::Dummy(*i)).collect::<Vec<_>>();
        let head = Head::Field { symbol: SymbolId(symbol), symmetric };
        let draw = if group == 0 { Draw::Fixed } else { Draw::Own };
        let mut factor = Factor { group, ..Factor::new(head, draw, &index(slots)) };
        factor.indices.extend(index(derivatives));
        factor
    }

    fn same(a: Vec<Factor>, b: Vec<Factor>) -> bool {
        canonical(a).unwrap() == canonical(b).unwrap()
    }

    #[test]
    fn summed_indices_have_no_names_and_factors_no_order() {
        let product = |i, j| vec![field(1, false, &[i], &[j], 0), field(2, false, &[j], &[i], 0)];
        let swapped = |i, j| product(i, j).into_iter().rev().collect::<Vec<_>>();
        assert!(same(product(0, 1), product(7, 3)), "renamed");
        assert!(same(product(0, 1), swapped(1, 0)), "renamed and reordered");
        let crossed = vec![field(1, false, &[0], &[1], 0), field(2, false, &[0], &[1], 0)];
        assert!(!same(product(0, 1), crossed), "v_i,j w_j,i is not v_i,j w_i,j");
    }

    #[test]
    fn derivatives_and_symmetric_slots_are_exchanged_and_others_not() {
        let with = |symmetric, slots: &[u32]| {
            vec![
                field(1, symmetric, slots, &[], 0),
                field(2, false, &[0], &[], 0),
                field(3, false, &[1], &[], 0),
            ]
        };
        assert!(same(with(true, &[0, 1]), with(true, &[1, 0])), "D_ij a_i b_j = D_ji a_i b_j");
        assert!(!same(with(false, &[0, 1]), with(false, &[1, 0])), "B_ij a_i b_j is not B_ji a_i b_j");
        let second = |derivatives: &[u32]| {
            vec![
                field(1, false, &[], derivatives, 0),
                field(2, false, &[0], &[], 0),
                field(3, false, &[1], &[], 0),
            ]
        };
        assert!(same(second(&[0, 1]), second(&[1, 0])), "second derivatives commute");
        let contracted = |slots: &[u32], derivatives: &[u32]| vec![field(1, false, slots, derivatives, 0)];
        assert!(!same(contracted(&[0], &[0]), contracted(&[], &[0, 0])), "a divergence is not a Laplacian");
    }

    #[test]
    fn expectations_and_copies_have_no_order() {
        let of = |first, second| vec![field(1, false, &[], &[], first), field(2, false, &[], &[], second)];
        assert!(same(of(1, 2), of(2, 1)), "E[u] E[v] = E[v] E[u]");
        assert!(!same(of(1, 2), of(1, 1)), "E[u] E[v] is not E[u v]");
        let copies = |a, b| {
            let copy = |symbol, label| Factor {
                draw: Draw::Copy { batch: 1, label },
                ..field(symbol, false, &[], &[], 0)
            };
            vec![copy(1, a), copy(2, b)]
        };
        assert!(same(copies(0, 1), copies(5, 2)), "labels of copies have no names");
        assert!(!same(copies(0, 1), copies(0, 0)), "different copies are not the same one");
    }

    #[test]
    fn ties_are_broken_the_same_way_whatever_the_names() {
        // A ring of six equal factors against two rings of three.
        let ring = |order: &[u32]| {
            let next = |at: usize| order[(at + 1) % order.len()];
            (0..order.len()).map(|at| field(1, false, &[order[at], next(at)], &[], 0)).collect::<Vec<_>>()
        };
        assert!(same(ring(&[0, 1, 2, 3, 4, 5]), ring(&[3, 0, 5, 1, 4, 2])), "tr B^6");
        let two: Vec<Factor> = ring(&[0, 1, 2]).into_iter().chain(ring(&[3, 4, 5])).collect();
        assert!(!same(ring(&[0, 1, 2, 3, 4, 5]), two), "tr B^6 is not (tr B^3)^2");
    }

    #[test]
    fn too_many_factors_are_an_error_with_the_limit() {
        let many = vec![Factor::number(Head::Extent(Length::Space)); FACTORS + 1];
        let limit = canonical(many).unwrap_err();
        assert!(matches!(limit, Obstacle::TooLarge { limit: 64, .. }), "{limit:?}");
    }
}
