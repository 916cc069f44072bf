//! Equations solved for what they determine, and the substitution of the solution.
//!
//! An equation `Q = 0` in normal form is solved for one unknown that stands in one term only, alone but for numbers and
//! closed factors: `c x + R = 0` gives `x = -R/c`. The unknown is a coordinate or a symbol, a component of a field with
//! all its indices free, or an expectation of such. What holds at a point replaces the unknown itself; what holds
//! everywhere replaces its derivatives too.

use super::algebra::{Algebra, MARK};
use super::atom::{Draw, Factor, Head, Index};
use super::derivative::Direction;
use super::obstacle::Obstacle;
use super::poly::{Monomial, Poly};
use super::reliance::Reliance;
use crate::expression::Rational;

/// An equation solved.
#[derive(Debug, Clone)]
pub(super) struct Solution {
    /// Factors of the unknown: one outside of expectations, or all of one expectation. Their indices are free.
    unknown: Vec<Factor>,
    /// What it is equal to.
    value: Poly,
    /// Whether it holds at all points, so that its derivatives hold too.
    everywhere: bool,
}

impl Solution {
    /// Whether the substitution leaves nothing of the equation unused: the unknown is free. Not so for a derivative that
    /// an equation fixes everywhere, nor for an expectation of products, which bounds other expectations.
    pub(super) fn is_complete(&self) -> bool {
        let unknown = &self.unknown[0];
        self.unknown.len() == 1
            && (!self.everywhere || (unknown.group == 0 && unknown.derivatives().is_empty()))
    }
}

/// How much an unknown is to be preferred: a division is avoided, then what is simplest is solved for.
type Merit = (bool, u8, usize);

impl Algebra<'_> {
    /// Solves `equation = 0`; nothing if no term stands alone.
    pub(super) fn solve(&self, equation: &Poly, everywhere: bool) -> Result<Option<Solution>, Obstacle> {
        let mut best: Option<(Merit, Solution)> = None;
        for (at, (monomial, _)) in equation.terms().iter().enumerate() {
            for candidate in candidates(monomial) {
                let Some(solution) = self.solve_for(equation, at, &candidate, everywhere)? else { continue };
                let merit = (solution.1, preference(&candidate), candidate.len());
                if best.as_ref().is_none_or(|(known, _)| merit < *known) {
                    best = Some((merit, solution.0));
                }
            }
        }
        let Some((_, solution)) = best else { return Ok(None) };
        for factor in &solution.value.terms().iter().flat_map(|(m, _)| m.0.clone()).collect::<Vec<_>>() {
            if factor.power.is_negative() && !self.is_positive(factor) {
                let alone = Factor { power: Rational::ONE, ..factor.clone() };
                self.rely(Reliance::NonZero(Poly::monomial(Monomial(vec![alone]), Rational::ONE)));
            }
        }
        Ok(Some(solution))
    }

    /// The equation solved for an unknown of one of its terms, and whether that takes a division by a variable.
    fn solve_for(
        &self,
        equation: &Poly,
        at: usize,
        unknown: &[Factor],
        everywhere: bool,
    ) -> Result<Option<(Solution, bool)>, Obstacle> {
        let (monomial, coefficient) = &equation.terms()[at];
        let others: Vec<Factor> = monomial.0.iter().filter(|f| !unknown.contains(f)).cloned().collect();
        if !others.iter().all(|f| f.is_closed() && f.group == 0 && f.draw == Draw::Fixed) {
            return Ok(None);
        }
        let own = Poly::monomial(monomial.clone(), coefficient.clone());
        let rest = equation.minus(&own);
        if contains(&rest, unknown, everywhere)
            || contains(&Poly::monomial(Monomial(others.clone()), Rational::ONE), unknown, everywhere)
        {
            return Ok(None);
        }
        let fixed = unknown[0].group != 0 || unknown[0].draw == Draw::Fixed;
        if fixed && rest.terms().iter().any(|(monomial, _)| monomial.0.iter().any(Factor::is_random)) {
            return Ok(None);
        }
        let divided = !others.is_empty();
        let scale = self.finish(vec![(others, -coefficient)])?;
        let value = self.times(&rest, &self.power(&scale, &Rational::integer(-1))?)?;
        let solution = Solution { unknown: unknown.to_vec(), value, everywhere };
        Ok(Some((solution, divided)))
    }

    /// A sum with the unknown replaced.
    pub(super) fn substituted(&self, sum: &Poly, solution: &Solution) -> Result<Poly, Obstacle> {
        let grouped = solution.unknown[0].group != 0;
        let sum = self.rewritten(sum, &|factor| {
            if grouped { Ok(None) } else { self.value_of(solution, factor) }
        })?;
        if grouped { self.with_expectations_replaced(&sum, solution) } else { Ok(sum) }
    }

    /// What a factor is equal to; nothing if it is not the unknown.
    fn value_of(&self, solution: &Solution, factor: &Factor) -> Result<Option<Poly>, Obstacle> {
        let unknown = &solution.unknown[0];
        let matches = factor.head == unknown.head && factor.rank == unknown.rank;
        if !matches {
            return Ok(None);
        }
        self.value_with_indices(solution, factor)
    }

    /// The value with the indices of the unknown renamed to the places of those of a factor, and derived along the others.
    fn value_with_indices(&self, solution: &Solution, factor: &Factor) -> Result<Option<Poly>, Obstacle> {
        let unknown = &solution.unknown[0];
        let Some(mut places) = assign(unknown, factor) else { return Ok(None) };
        let more: Vec<u32> =
            (0..).take(factor.indices.len()).filter(|place| !places.contains(place)).collect();
        if !more.is_empty() && !solution.everywhere {
            return Ok(None);
        }
        places.truncate(unknown.indices.len());
        let mut value = self.renamed(&solution.value, |index| match index {
            Index::Free(_) => unknown
                .indices
                .iter()
                .position(|own| *own == index)
                .map_or(index, |at| Index::Free(MARK + 300 + places[at])),
            other => other,
        })?;
        for place in more {
            value = self.derivative(&value, Direction::Space(Index::Free(MARK + 300 + place)))?;
        }
        let back = |index| match index {
            Index::Free(marked) if marked >= MARK + 300 => Index::Free(marked - MARK - 300),
            other => other,
        };
        self.renamed(&value, back).map(Some)
    }

    /// Replaces expectations that are the unknown.
    fn with_expectations_replaced(&self, sum: &Poly, solution: &Solution) -> Result<Poly, Obstacle> {
        let mut products = Vec::new();
        let mut changed = false;
        for (monomial, coefficient) in sum.terms() {
            let groups: Vec<u32> =
                monomial.0.iter().map(|factor| factor.group).filter(|group| *group != 0).collect();
            let mut replaced = None;
            for group in groups {
                let (own, rest): (Vec<Factor>, Vec<Factor>) =
                    monomial.0.iter().cloned().partition(|factor| factor.group == group);
                if let Some(value) = self.value_of_expectation(solution, &own)? {
                    replaced = Some((own, rest, value));
                    break;
                }
            }
            let Some((own, rest, (value, indices))) = replaced else {
                products.push((monomial.0.clone(), coefficient.clone()));
                continue;
            };
            changed = true;
            let place = Factor { group: 0, indices: Vec::new(), rank: 0, ..own[0].clone() };
            for (mut part, scale) in super::algebra::placed(&value, &place, &monomial.0) {
                for index in part.iter_mut().flat_map(|factor| &mut factor.indices) {
                    *index = indices.iter().find(|(open, _)| open == index).map_or(*index, |(_, own)| *own);
                }
                part.extend(rest.iter().cloned());
                products.push((part, coefficient * &scale));
            }
        }
        let sum = self.finish(products)?;
        if changed { self.with_expectations_replaced(&sum, solution) } else { Ok(sum) }
    }

    /// What an expectation is equal to, and the indices that stand for the free ones of that; nothing if it is not the
    /// unknown.
    fn value_of_expectation(
        &self,
        solution: &Solution,
        own: &[Factor],
    ) -> Result<Option<(Poly, Renaming)>, Obstacle> {
        if let ([unknown], [factor]) = (solution.unknown.as_slice(), own) {
            let same =
                factor.head == unknown.head && factor.rank == unknown.rank && factor.power == unknown.power;
            if !same {
                return Ok(None);
            }
            let indices = (0..).map(Index::Free).zip(factor.indices.iter().copied()).collect();
            return Ok(self.value_with_indices(solution, factor)?.map(|value| (value, indices)));
        }
        Ok(bind(&solution.unknown, own).map(|bound| (solution.value.clone(), bound)))
    }
}

/// Indices and what they are called instead.
type Renaming = Vec<(Index, Index)>;

/// Whether a sum contains an unknown, or a derivative of it if that counts.
fn contains(sum: &Poly, unknown: &[Factor], derivatives: bool) -> bool {
    let same = |own: &Factor, factor: &Factor| {
        own.head == factor.head
            && (own.indices.len() == factor.indices.len()
                || (derivatives && own.indices.len() < factor.indices.len()))
    };
    if unknown[0].group == 0 {
        return sum.any(&mut |factor| same(&unknown[0], factor));
    }
    // An expectation of the same factors, outside of functions; anything alike inside of one.
    sum.terms().iter().flat_map(|(monomial, _)| monomial.0.iter().map(move |factor| (monomial, factor))).any(
        |(monomial, factor)| {
            let inside = factor
                .head
                .inner()
                .is_some_and(|inner| inner.poly().any(&mut |nested| same(&unknown[0], nested)));
            let group: Vec<&Factor> = monomial.0.iter().filter(|f| f.group == factor.group).collect();
            let alike = factor.group != 0
                && group.len() == unknown.len()
                && group.iter().all(|f| unknown.iter().any(|own| same(own, f)));
            inside || alike
        },
    )
}

/// The parts of a term that can be solved for.
fn candidates(monomial: &Monomial) -> Vec<Vec<Factor>> {
    let open = |factor: &Factor| {
        let mut seen: Vec<Index> = Vec::new();
        factor.indices.iter().all(|index| {
            let fresh = !seen.contains(index);
            seen.push(*index);
            fresh && !matches!(index, Index::Dummy(_))
        })
    };
    let mut all = Vec::new();
    for factor in &monomial.0 {
        let solvable = matches!(factor.head, Head::Scalar(_) | Head::Coordinate(_) | Head::Field { .. });
        if solvable
            && factor.group == 0
            && matches!(factor.draw, Draw::Fixed | Draw::Own)
            && factor.power.is_one()
            && open(factor)
        {
            all.push(vec![factor.clone()]);
        }
        if factor.group != 0 {
            let own: Vec<Factor> = monomial.0.iter().filter(|f| f.group == factor.group).cloned().collect();
            if own.iter().all(open) && !all.contains(&own) {
                all.push(own);
            }
        }
    }
    all
}

/// Lower is better.
fn preference(unknown: &[Factor]) -> u8 {
    match &unknown[0].head {
        _ if unknown[0].group != 0 => 4,
        Head::Field { .. } if unknown[0].derivatives().is_empty() => 0,
        Head::Coordinate(_) => 1,
        Head::Scalar(_) => 2,
        _ => 3,
    }
}

/// For each index of the unknown the place in the factor that it stands for; nothing if there is none.
fn assign(unknown: &Factor, factor: &Factor) -> Option<Vec<u32>> {
    let mut places: Vec<u32> = Vec::new();
    for (at, own) in unknown.indices.iter().enumerate() {
        let candidates = if at < unknown.rank { at..at + 1 } else { factor.rank..factor.indices.len() };
        let fits = |place: &usize| {
            let free = !u32::try_from(*place).is_ok_and(|place| places.contains(&place));
            free && (!matches!(own, Index::Value(_)) || factor.indices[*place] == *own)
        };
        let place = candidates.into_iter().find(fits)?;
        places.push(u32::try_from(place).ok()?);
    }
    Some(places)
}

/// The free indices of a pattern and the indices of equal factors; nothing if the factors are not those of the pattern.
fn bind(pattern: &[Factor], own: &[Factor]) -> Option<Vec<(Index, Index)>> {
    if pattern.len() != own.len() {
        return None;
    }
    let Some((first, rest)) = pattern.split_first() else { return Some(Vec::new()) };
    for (at, candidate) in own.iter().enumerate() {
        let fits = candidate.head == first.head
            && candidate.rank == first.rank
            && candidate.indices.len() == first.indices.len()
            && candidate.power == first.power
            && first
                .indices
                .iter()
                .zip(&candidate.indices)
                .all(|(a, b)| !matches!(a, Index::Value(_)) || a == b);
        if !fits {
            continue;
        }
        let others: Vec<Factor> =
            own.iter().enumerate().filter(|(f, _)| *f != at).map(|(_, f)| f.clone()).collect();
        if let Some(mut bound) = bind(rest, &others) {
            bound.extend(first.indices.iter().copied().zip(candidate.indices.iter().copied()));
            return Some(bound);
        }
    }
    None
}
