//! Expectations of normal forms.
//!
//! ```text
//! E[x y] = E[x] E[y]                          factors that share no random name
//! E[dW_i dW_j dW_k dW_l] = dt^2 (delta_ij delta_kl + delta_ik delta_jl + delta_il delta_jk)       by pairings
//! E[sum_a sum_b x(X_a) y(X_b)] = n E[x y] + n(n-1) E[x] E[y]                                      by set partitions
//! E[x(X_1) y(X_2)] = (N^2 E[x] E[y] - N E[x y])/(N(N-1))                                          without replacement
//! ```
//!
//! Copies of a batch stand in a product as summed labels; an expectation sums over all ways in which labels can coincide,
//! `n(n-1)...` of each, and distinct copies are independent. Without replacement distinct copies are distinct points, and
//! the expectation over them is that over independent ones corrected by inclusion and exclusion. Names that are drawn
//! jointly stay in one expectation; a name with a distribution is independent, and its powers become its moments. What is
//! left is an expectation of its own: a group of factors.

use super::algebra::{Algebra, MARK, append, names};
use super::atom::{Draw, Factor, Head, Index};
use super::obstacle::Obstacle;
use super::poly::{Monomial, Poly, Product};
use crate::expression::{Length, Rational, SymbolId, SymbolKind};

/// Most copies of one batch in a product: 4140 partitions.
const COPIES: usize = 8;

/// Most noises of one kind in a product: 10395 pairings.
const NOISES: usize = 12;

impl Algebra<'_> {
    /// The expectation over everything random in a sum.
    pub(super) fn expectation(&self, sum: &Poly) -> Result<Poly, Obstacle> {
        let mut products = Vec::new();
        for (monomial, coefficient) in sum.terms() {
            if let Some(moved) = self.with_noise_moved(monomial)? {
                let moved = self.expectation(&moved)?;
                products.extend(moved.terms().iter().map(|(m, value)| (m.0.clone(), value * coefficient)));
            } else if monomial.0.iter().any(Factor::is_random) {
                for (factors, scale) in self.pairings(&monomial.0)? {
                    self.expectation_of_product(factors, &(coefficient * &scale), &mut products)?;
                }
            } else {
                products.push((monomial.0.clone(), coefficient.clone()));
            }
        }
        self.finish(products)
    }

    /// The mean over a batch: the draw at hand becomes a summed copy.
    pub(super) fn over_batch(&self, sum: &Poly, batch: u32, mean: bool) -> Result<Poly, Obstacle> {
        let size = self.batches.borrow().get(&batch).map(|known| known.0.clone());
        let size = size.ok_or(Obstacle::Beyond { what: "a batch of unknown size" })?;
        let (mut random, mut fixed) = (Vec::new(), Vec::new());
        for (monomial, coefficient) in sum.terms() {
            let mut factors = monomial.0.clone();
            let label = names(&factors).2;
            let mut found = false;
            for factor in factors.iter_mut().filter(|factor| factor.group == 0) {
                match factor.draw {
                    Draw::Own => (found, factor.draw) = (true, Draw::Copy { batch, label }),
                    Draw::Entangled => return Err(ENTANGLED),
                    Draw::Fixed | Draw::Copy { .. } => {}
                }
            }
            if found { &mut random } else { &mut fixed }.push((factors, coefficient.clone()));
        }
        let (random, fixed) = (self.finish(random)?, self.finish(fixed)?);
        if mean {
            let inverse = self.power(&size, &Rational::integer(-1))?;
            Ok(self.times(&inverse, &random)?.plus(&fixed))
        } else {
            Ok(random.plus(&self.times(&size, &fixed)?))
        }
    }

    /// The expectation over the noises: products of covariances over all pairings.
    fn pairings(&self, factors: &[Factor]) -> Result<Vec<Product>, Obstacle> {
        let mut rest = Vec::new();
        let mut noises: Vec<(SymbolId, Length, Vec<Option<Index>>)> = Vec::new();
        for factor in factors {
            let Head::Noise(symbol, length) = factor.head else {
                rest.push(factor.clone());
                continue;
            };
            let times = factor.power.to_integer().and_then(|power| usize::try_from(power).ok());
            let times = times.ok_or(Obstacle::Beyond { what: "a real power of a noise" })?;
            if times > NOISES {
                return Err(Obstacle::TooLarge { what: "noises in a product", limit: NOISES as u64 });
            }
            let indices = std::iter::repeat_n(factor.indices.first().copied(), times);
            match noises.iter_mut().find(|(known, _, _)| *known == symbol) {
                Some((_, _, all)) => all.extend(indices),
                None => noises.push((symbol, length, indices.collect())),
            }
        }
        let mut products = vec![(rest, Rational::ONE)];
        for (symbol, length, indices) in noises {
            if indices.len() > NOISES {
                return Err(Obstacle::TooLarge { what: "noises in a product", limit: NOISES as u64 });
            }
            products = self.paired(products, (symbol, length), &indices)?;
        }
        Ok(products)
    }

    /// Multiplies by the moments of one noise.
    fn paired(
        &self,
        products: Vec<Product>,
        (symbol, length): (SymbolId, Length),
        indices: &[Option<Index>],
    ) -> Result<Vec<Product>, Obstacle> {
        let SymbolKind::Noise { time_step, .. } = self.symbols.get(symbol).kind else {
            return Err(Obstacle::Beyond { what: "a noise without a time step" });
        };
        let mut all = Vec::new();
        let pairs = Rational::half(i64::try_from(indices.len()).unwrap_or(i64::MAX));
        for matching in matchings(indices.len()) {
            for (factors, coefficient) in &products {
                let mut factors = factors.clone();
                if !pairs.is_zero() {
                    factors.push(Factor { power: pairs.clone(), ..Factor::number(Head::Scalar(time_step)) });
                }
                for &(a, b) in &matching {
                    if let (Some(a), Some(b)) = (indices[a], indices[b]) {
                        factors.push(Factor::new(Head::Delta(length), Draw::Fixed, &[a, b]));
                    }
                }
                self.spend(factors.len())?;
                all.push((factors, coefficient.clone()));
            }
        }
        Ok(all)
    }

    /// The expectation of a product without noise.
    fn expectation_of_product(
        &self,
        factors: Vec<Factor>,
        coefficient: &Rational,
        products: &mut Vec<Product>,
    ) -> Result<(), Obstacle> {
        if factors.iter().any(|factor| factor.group == 0 && factor.draw == Draw::Entangled) {
            return Err(ENTANGLED);
        }
        let (mut fixed, mut own) = (Vec::new(), Vec::new());
        let mut labels: Vec<(u32, u32)> = Vec::new();
        let mut copies: Vec<Vec<Factor>> = Vec::new();
        for factor in factors {
            match factor.draw {
                Draw::Copy { batch, label } => {
                    let at = labels.iter().position(|known| *known == (batch, label)).unwrap_or_else(|| {
                        labels.push((batch, label));
                        copies.push(Vec::new());
                        labels.len() - 1
                    });
                    copies[at].push(Factor { draw: Draw::Own, ..factor });
                }
                Draw::Own if factor.group == 0 => own.push(factor),
                Draw::Own | Draw::Fixed | Draw::Entangled => fixed.push(factor),
            }
        }
        let mut ways: Vec<Way> = vec![Way { weight: Poly::one(), draws: Vec::new() }];
        if !own.is_empty() {
            ways[0].draws.push(own);
        }
        let mut batches: Vec<u32> = labels.iter().map(|(batch, _)| *batch).collect();
        batches.sort_unstable();
        batches.dedup();
        for batch in batches {
            let of_batch: Vec<&Vec<Factor>> =
                labels.iter().zip(&copies).filter(|((b, _), _)| *b == batch).map(|(_, f)| f).collect();
            ways = self.coincidences(ways, batch, &of_batch)?;
        }
        for way in ways {
            self.expectation_of_draws(&fixed, coefficient, way, products)?;
        }
        Ok(())
    }

    /// All ways in which the copies of a batch can coincide.
    fn coincidences(
        &self,
        ways: Vec<Way>,
        batch: u32,
        copies: &[&Vec<Factor>],
    ) -> Result<Vec<Way>, Obstacle> {
        if copies.len() > COPIES {
            return Err(Obstacle::TooLarge { what: "copies of a batch in a product", limit: COPIES as u64 });
        }
        let known = self.batches.borrow().get(&batch).cloned();
        let (size, population) = known.ok_or(Obstacle::Beyond { what: "a batch of unknown size" })?;
        let mut all = Vec::new();
        for blocks in partitions(copies.len()) {
            let weight = self.falling(&size, blocks.len())?;
            if weight.is_zero() {
                continue;
            }
            let draws: Vec<Vec<Factor>> = blocks
                .iter()
                .map(|block| block.iter().flat_map(|&copy| copies[copy].clone()).collect())
                .collect();
            for choice in self.points(draws, population.as_ref())? {
                for way in &ways {
                    let weight = self.times(&self.times(&way.weight, &weight)?, &choice.weight)?;
                    let draws = way.draws.iter().chain(&choice.draws).cloned().collect();
                    all.push(Way { weight, draws });
                }
            }
        }
        Ok(all)
    }

    /// The expectation over distinct points in terms of that over independent ones, by inclusion and exclusion.
    ///
    /// The points are values of the names that are drawn jointly. A name with a distribution is no part of a point: it is
    /// drawn for each element of the batch, whatever the points are.
    fn points(&self, draws: Vec<Vec<Factor>>, population: Option<&Poly>) -> Result<Vec<Way>, Obstacle> {
        let Some(population) = population.filter(|_| draws.len() > 1) else {
            return Ok(vec![Way { weight: Poly::one(), draws }]);
        };
        let (mut points, mut apart) = (Vec::new(), Vec::new());
        for draw in draws {
            let (point, own) = self.point_and_own(draw)?;
            points.extend(Some(point).filter(|point| !point.is_empty()));
            apart.extend(own);
        }
        let below = self.power(&self.falling(population, points.len())?, &Rational::integer(-1))?;
        let mut all = Vec::new();
        for blocks in partitions(points.len()) {
            let mut weight = below.clone();
            for block in &blocks {
                let mut sign = Rational::ONE;
                for k in 1..block.len() {
                    sign = &sign * &Rational::integer(-i64::try_from(k).unwrap_or(i64::MAX));
                }
                weight = self.times(&weight, population)?.scaled(&sign);
            }
            let joint =
                blocks.iter().map(|block| block.iter().flat_map(|&point| points[point].clone()).collect());
            all.push(Way { weight, draws: joint.chain(apart.iter().cloned()).collect() });
        }
        Ok(all)
    }

    /// What of one element of a batch depends on its point, and the parts that depend on names with a distribution.
    fn point_and_own(&self, draw: Vec<Factor>) -> Result<(Vec<Factor>, Vec<Vec<Factor>>), Obstacle> {
        let (mut point, mut own) = (Vec::new(), Vec::new());
        for part in self.independent_parts(draw) {
            let sources: Vec<SymbolId> = part.iter().flat_map(|factor| self.sources(factor)).collect();
            let joint = sources.iter().any(|name| self.is_joint(*name));
            if joint && !sources.iter().all(|name| self.is_joint(*name)) {
                return Err(Obstacle::Beyond {
                    what: "a function of a point and of a name with a distribution, without replacement",
                });
            }
            if joint { point.extend(part) } else { own.push(part) }
        }
        Ok((point, own))
    }

    /// `n (n-1) ... (n-k+1)`
    fn falling(&self, size: &Poly, count: usize) -> Result<Poly, Obstacle> {
        let mut product = Poly::one();
        for k in 0..count {
            let step = Poly::constant(Rational::integer(i64::try_from(k).unwrap_or(i64::MAX)));
            product = self.times(&product, &size.minus(&step))?;
        }
        Ok(product)
    }

    /// Multiplies the expectations of independent draws.
    fn expectation_of_draws(
        &self,
        fixed: &[Factor],
        coefficient: &Rational,
        way: Way,
        products: &mut Vec<Product>,
    ) -> Result<(), Obstacle> {
        let mut done: Vec<(Vec<Factor>, Poly)> = vec![(fixed.to_vec(), way.weight.scaled(coefficient))];
        for draw in way.draws {
            let mut next = Vec::new();
            for (own, value) in self.joined_powers(draw)? {
                for (factors, scale) in &done {
                    let scale = scale.scaled(&value);
                    next.push(self.expectation_beside(factors.clone(), own.clone(), scale)?);
                }
            }
            done = next;
        }
        for (factors, scale) in done {
            for (monomial, value) in scale.terms() {
                let mut all = factors.clone();
                append(&mut all, &monomial.0);
                self.spend(all.len())?;
                products.push((all, value.clone()));
            }
        }
        Ok(())
    }

    /// The expectation of one draw beside factors that may share summed indices with it, and a scale.
    fn expectation_beside(
        &self,
        mut factors: Vec<Factor>,
        draw: Vec<Factor>,
        mut scale: Poly,
    ) -> Result<(Vec<Factor>, Poly), Obstacle> {
        let (random, free): (Vec<Factor>, Vec<Factor>) =
            draw.into_iter().partition(|factor| factor.group == 0 && factor.draw != Draw::Fixed);
        let groups = names(&factors).1;
        factors.extend(free.into_iter().map(|factor| Factor {
            group: if factor.group == 0 { 0 } else { factor.group + groups },
            ..factor
        }));
        for part in self.independent_parts(random) {
            if let Some(moment) = self.known_expectation(&part)? {
                scale = self.times(&scale, &moment)?;
                continue;
            }
            self.check_group(&part)?;
            let group = names(&factors).1 + 1;
            factors.extend(part.into_iter().map(|factor| Factor { group, ..factor }));
        }
        Ok((factors, scale))
    }

    /// The factors of a draw with powers of the same number joined, which may be a sum; summed indices keep their names.
    fn joined_powers(&self, mut draw: Vec<Factor>) -> Result<Vec<Product>, Obstacle> {
        let repeats = draw.iter().enumerate().any(|(at, factor)| {
            factor.is_closed() && draw[at + 1..].iter().any(|other| factor.same_base(other))
        });
        if !repeats {
            return Ok(vec![(draw, Rational::ONE)]);
        }
        for index in draw.iter_mut().flat_map(|factor| &mut factor.indices) {
            if let Index::Dummy(dummy) = index {
                *index = Index::Named(KEPT + *dummy);
            }
        }
        let sum = self.finish(vec![(draw, Rational::ONE)])?;
        let restore = |factor: &Factor| {
            let mut factor = factor.clone();
            for index in &mut factor.indices {
                match index {
                    Index::Named(known) if *known >= KEPT => *index = Index::Dummy(*known - KEPT),
                    Index::Dummy(dummy) => *dummy += KEPT,
                    Index::Value(_) | Index::Free(_) | Index::Named(_) => {}
                }
            }
            factor
        };
        Ok(sum.terms().iter().map(|(m, c)| (m.0.iter().map(restore).collect(), c.clone())).collect())
    }

    /// Multiplies by the expectation of one draw.
    pub(super) fn expectation_of_draw(
        &self,
        fixed: &[Factor],
        coefficient: &Rational,
        draw: Vec<Factor>,
        products: &mut Vec<Product>,
    ) -> Result<(), Obstacle> {
        let way = Way { weight: Poly::one(), draws: vec![draw] };
        self.expectation_of_draws(fixed, coefficient, way, products)
    }

    /// The parts of one draw that share no random name.
    fn independent_parts(&self, factors: Vec<Factor>) -> Vec<Vec<Factor>> {
        let mut parts: Vec<(Vec<SymbolId>, Vec<Factor>)> = Vec::new();
        for factor in factors {
            let mut sources = self.sources(&factor);
            let mut part = vec![factor];
            let (touching, apart): (Vec<_>, Vec<_>) =
                parts.into_iter().partition(|(known, _)| known.iter().any(|name| sources.contains(name)));
            for (known, factors) in touching {
                sources.extend(known);
                part.extend(factors);
            }
            parts = apart;
            parts.push((sources, part));
        }
        parts.into_iter().map(|(_, factors)| factors).collect()
    }

    /// The independent random names that a factor depends on; those drawn jointly count as the first of them.
    pub(super) fn sources(&self, factor: &Factor) -> Vec<SymbolId> {
        let mut sources = Vec::new();
        factor.any(&mut |inner| {
            if inner.group == 0 {
                match &inner.head {
                    Head::Random(symbol) | Head::RandomVector(symbol) => sources.push(self.source(*symbol)),
                    Head::Field { symbol, .. } => {
                        if let SymbolKind::Field { arguments, .. } = &self.symbols.get(*symbol).kind {
                            sources.extend(arguments.iter().map(|name| self.source(*name)));
                        }
                    }
                    _ => {}
                }
            }
            false
        });
        sources
    }

    fn source(&self, name: SymbolId) -> SymbolId {
        if !self.is_joint(name) {
            return name;
        }
        self.symbols.iter().map(|(id, _)| id).find(|id| self.is_joint(*id)).unwrap_or(name)
    }

    /// Whether a name has no distribution of its own: such names are drawn jointly.
    fn is_joint(&self, name: SymbolId) -> bool {
        matches!(self.symbols.get(name).kind, SymbolKind::Random { distribution: None, .. })
    }

    /// An expectation that is left over a name whose distribution depends on the point would not commute with derivatives.
    fn check_group(&self, part: &[Factor]) -> Result<(), Obstacle> {
        let moves = |factor: &Factor| {
            matches!(factor.head, Head::Field { .. } | Head::Coordinate(_) | Head::Position)
        };
        for source in part.iter().flat_map(|factor| self.sources(factor)) {
            let parameters = self.parameters.get(&source);
            if parameters.into_iter().flatten().any(|parameter| parameter.any(&mut |f| moves(f))) {
                return Err(Obstacle::Beyond { what: "a distribution that depends on the point" });
            }
        }
        Ok(())
    }
}

/// Names of summed indices that are kept while a draw is in normal form.
const KEPT: u32 = MARK * 2;

/// One way in which copies coincide: its weight and the draws that are left, which are independent.
struct Way {
    weight: Poly,
    draws: Vec<Vec<Factor>>,
}

const ENTANGLED: Obstacle =
    Obstacle::Beyond { what: "the expectation of a function of a mean or of a noise" };

/// All partitions of `0..count` into blocks.
fn partitions(count: usize) -> Vec<Vec<Vec<usize>>> {
    let mut all: Vec<Vec<Vec<usize>>> = vec![Vec::new()];
    for element in 0..count {
        let mut next = Vec::new();
        for blocks in all {
            for at in 0..blocks.len() {
                let mut joined = blocks.clone();
                joined[at].push(element);
                next.push(joined);
            }
            let mut alone = blocks;
            alone.push(vec![element]);
            next.push(alone);
        }
        all = next;
    }
    all
}

/// All pairings of `0..count`; none for an odd number.
fn matchings(count: usize) -> Vec<Vec<(usize, usize)>> {
    fn extend(left: &[usize], done: &mut Vec<(usize, usize)>, all: &mut Vec<Vec<(usize, usize)>>) {
        let Some((&first, rest)) = left.split_first() else {
            all.push(done.clone());
            return;
        };
        for at in 0..rest.len() {
            let mut others = rest.to_vec();
            done.push((first, others.remove(at)));
            extend(&others, done, all);
            done.pop();
        }
    }
    let mut all = Vec::new();
    extend(&(0..count).collect::<Vec<_>>(), &mut Vec::new(), &mut all);
    all
}

/// The noises in a product count as half a power of their time step each.
pub(super) fn noise_count(monomial: &Monomial, noises: &[SymbolId]) -> Rational {
    super::derivative::degree(
        monomial,
        |factor| matches!(factor.head, Head::Noise(symbol, _) if noises.contains(&symbol)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_counted_by_bell_and_pairings_by_odd_factorials() {
        let bell: Vec<usize> = (0..7).map(|count| partitions(count).len()).collect();
        assert_eq!(bell, [1, 1, 2, 5, 15, 52, 203], "Bell numbers");
        let odd: Vec<usize> = (0..9).map(|count| matchings(count).len()).collect();
        assert_eq!(odd, [1, 0, 1, 0, 3, 0, 15, 0, 105], "double factorials");
    }
}
