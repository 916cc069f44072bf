//! Sums and products in normal form: what every rule computes with.
//!
//! ```text
//! delta_ij X_j = X_i      delta_ii = d      x^a x^b = x^(a+b)      P^(k+r) = (expanded P^k) P^r,  0 <= r < 1
//! sin^2 = 1 - cos^2       sign^2 = 1 (rademacher)      indicator^2 = indicator (bernoulli)
//! ```
//!
//! Products of sums are expanded, so the number of terms grows as their product; a budget counts the factors written and
//! ends in an [`Obstacle`].

use super::atom::{Draw, Factor, Head, Index};
use super::canonical::canonical;
use super::obstacle::Obstacle;
use super::poly::{Monomial, Poly, Product, Sealed};
use super::reliance::Reliance;
use crate::expression::{
    Batch, Distribution, Function, Length, Rational, Shape, SymbolId, SymbolKind, Symbols,
};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// Factors written for one claim before the answer is "too large": some tenths of a second of work. The claims of the
/// derivations write at most some ten thousand.
pub(super) const BUDGET: u64 = 400_000;

/// Terms of one sum.
pub(super) const TERMS: usize = 20_000;

/// Largest whole power of a sum that is expanded.
pub(super) const POWER: i64 = 40;

/// Marker of an index about to be contracted. Tensors have fewer free indices.
pub(super) const MARK: u32 = 1 << 20;

/// What is known while a claim is decided.
#[derive(Debug)]
pub(super) struct Algebra<'a> {
    pub(super) symbols: &'a Symbols,
    /// The dimension, if it is a number: named coordinates, or `where dim = 1`.
    pub(super) dimension: Option<u32>,
    /// Matrix fields that are symmetric by a condition.
    pub(super) symmetric: Vec<SymbolId>,
    /// Symbols that a condition makes positive.
    pub(super) positive: Vec<SymbolId>,
    pub(super) reliances: RefCell<Vec<Reliance>>,
    /// Sizes of the batches, and the populations that they are drawn from without replacement.
    pub(super) batches: RefCell<BTreeMap<u32, (Poly, Option<Poly>)>>,
    /// The batches as they are written.
    pub(super) written: RefCell<BTreeMap<u32, Batch>>,
    /// Shapes of the fields, which a claim unifies.
    pub(super) shapes: RefCell<BTreeMap<SymbolId, Shape>>,
    /// Parameters of the distributions.
    pub(super) parameters: BTreeMap<SymbolId, Vec<Poly>>,
    spent: Cell<u64>,
}

impl<'a> Algebra<'a> {
    pub(super) fn new(symbols: &'a Symbols, dimension: Option<u32>) -> Self {
        Self {
            symbols,
            dimension,
            symmetric: Vec::new(),
            positive: Vec::new(),
            reliances: RefCell::default(),
            batches: RefCell::default(),
            written: RefCell::default(),
            shapes: RefCell::default(),
            parameters: BTreeMap::new(),
            spent: Cell::new(0),
        }
    }

    /// Counts work against the budget.
    pub(super) fn spend(&self, work: usize) -> Result<(), Obstacle> {
        self.spent.set(self.spent.get().saturating_add(work as u64));
        if self.spent.get() > BUDGET {
            return Err(Obstacle::TooLarge { what: "factors in all", limit: BUDGET });
        }
        Ok(())
    }

    /// Whether an index of this extent is summed over its values.
    pub(super) fn values(&self, length: Length) -> Option<u32> {
        self.dimension.filter(|_| length == Length::Space)
    }

    /// A sum of products in any form, in normal form.
    pub(super) fn finish(&self, products: Vec<Product>) -> Result<Poly, Obstacle> {
        let mut terms = Vec::with_capacity(products.len());
        for product in products {
            self.settle(product, &mut terms)?;
            if terms.len() > 4 * TERMS {
                terms = Poly::collect(terms).terms().to_vec();
            }
            if terms.len() > 4 * TERMS {
                return Err(Obstacle::TooLarge { what: "terms in a sum", limit: TERMS as u64 });
            }
        }
        let poly = Poly::collect(terms);
        if poly.len() > TERMS {
            return Err(Obstacle::TooLarge { what: "terms in a sum", limit: TERMS as u64 });
        }
        Ok(poly)
    }

    /// One product into terms in normal form.
    fn settle(&self, product: Product, terms: &mut Vec<(Monomial, Rational)>) -> Result<(), Obstacle> {
        let (factors, coefficient) = product;
        self.spend(factors.len() + 1)?;
        let Some((mut factors, mut coefficient)) = self.resolve_deltas(factors, coefficient) else {
            return Ok(());
        };
        factors.iter_mut().filter(|factor| factor.is_closed()).for_each(Factor::sort_indices);
        merge_powers(&mut factors);
        self.reduce_numbers(&mut factors, &mut coefficient)?;
        if let Some(at) = factors.iter().position(expands) {
            let factor = factors.swap_remove(at);
            for (part, scale) in self.expand(&factor, &factors)? {
                let mut all = factors.clone();
                all.extend(part);
                self.settle((all, &coefficient * &scale), terms)?;
            }
            return Ok(());
        }
        terms.push((Monomial(canonical(factors)?), coefficient));
        Ok(())
    }

    /// Removes Kronecker deltas that a sum or values decide; nothing if the product is 0.
    fn resolve_deltas(
        &self,
        mut factors: Vec<Factor>,
        mut coefficient: Rational,
    ) -> Option<(Vec<Factor>, Rational)> {
        let mut next = 0;
        while next < factors.len() {
            let Head::Delta(length) = factors[next].head else {
                next += 1;
                continue;
            };
            let (a, b) = (factors[next].indices[0], factors[next].indices[1]);
            match (a, b) {
                (Index::Value(a), Index::Value(b)) => {
                    if a != b {
                        return None;
                    }
                    factors.swap_remove(next);
                }
                (Index::Dummy(a), Index::Dummy(b)) if a == b => {
                    factors.swap_remove(next);
                    match self.values(length) {
                        Some(d) => coefficient = &coefficient * &Rational::integer(i64::from(d)),
                        None => factors.push(Factor::number(Head::Extent(length))),
                    }
                }
                (dummy @ Index::Dummy(_), other) | (other, dummy @ Index::Dummy(_)) => {
                    factors.swap_remove(next);
                    for index in factors.iter_mut().flat_map(|factor| &mut factor.indices) {
                        if *index == dummy {
                            *index = other;
                        }
                    }
                    next = 0;
                }
                _ => next += 1,
            }
        }
        Some((factors, coefficient))
    }

    /// Powers of numbers, of random signs and of indicators.
    fn reduce_numbers(&self, factors: &mut Vec<Factor>, coefficient: &mut Rational) -> Result<(), Obstacle> {
        for factor in factors.iter_mut() {
            match &factor.head {
                Head::Prime(prime) => {
                    let whole = floor(&factor.power)?;
                    let exponent = i32::try_from(whole)
                        .map_err(|_| Obstacle::TooLarge { what: "in a power", limit: 400 })?;
                    if exponent.abs() > 400 {
                        return Err(Obstacle::TooLarge { what: "in a power of a number", limit: 400 });
                    }
                    let scale = prime.pow(exponent).ok_or(Obstacle::DivisionByZero)?;
                    *coefficient = &*coefficient * &scale;
                    factor.power = &factor.power - &Rational::integer(whole);
                }
                Head::Random(symbol) => {
                    let SymbolKind::Random { distribution: Some(distribution), .. } =
                        &self.symbols.get(*symbol).kind
                    else {
                        continue;
                    };
                    let Some(power) = factor.power.to_integer() else { continue };
                    if matches!(distribution, Distribution::Rademacher) {
                        factor.power = Rational::integer(power.rem_euclid(2));
                    } else if matches!(distribution, Distribution::Bernoulli(_)) && power > 1 {
                        factor.power = Rational::ONE;
                    }
                }
                _ => {}
            }
        }
        factors.retain(|factor| !factor.power.is_zero());
        Ok(())
    }

    /// The products that a factor is the sum of, with names that are new within others.
    fn expand(&self, factor: &Factor, within: &[Factor]) -> Result<Vec<Product>, Obstacle> {
        let whole = floor(&factor.power)?;
        let (sum, rest) = match &factor.head {
            Head::Base(inner) => {
                let rest = &factor.power - &Rational::integer(whole);
                (self.whole_power(inner.poly(), whole)?, Factor { power: rest, ..factor.clone() })
            }
            Head::Function(Function::Abs, inner) => {
                let even = whole - whole.rem_euclid(2);
                let rest = &factor.power - &Rational::integer(even);
                (
                    self.power(inner.poly(), &Rational::integer(even))?,
                    Factor { power: rest, ..factor.clone() },
                )
            }
            Head::Function(_, inner) => {
                let cosine = Factor {
                    head: Head::Function(Function::Cos, inner.clone()),
                    power: Rational::integer(2),
                    ..factor.clone()
                };
                let cosine = Poly::monomial(Monomial(vec![placed_inside(cosine)]), Rational::ONE);
                let rest = Factor { power: &factor.power - &Rational::integer(2), ..factor.clone() };
                (Poly::one().minus(&cosine), rest)
            }
            _ => return Err(Obstacle::Beyond { what: "a factor that is a sum" }),
        };
        let mut products = placed(&sum, factor, within);
        for (factors, _) in &mut products {
            factors.push(rest.clone());
        }
        Ok(products)
    }

    /// `P^k` expanded, for `k >= 1`.
    fn whole_power(&self, base: &Poly, exponent: i64) -> Result<Poly, Obstacle> {
        if exponent > POWER {
            return Err(Obstacle::TooLarge { what: "as the power of a sum", limit: POWER.unsigned_abs() });
        }
        let mut power = base.clone();
        for _ in 1..exponent {
            power = self.times(&power, base)?;
        }
        Ok(power)
    }

    /// The product of two sums, with nothing contracted between them.
    pub(super) fn times(&self, a: &Poly, b: &Poly) -> Result<Poly, Obstacle> {
        if let Some(value) = a.as_number() {
            return Ok(b.scaled(&value));
        }
        if let Some(value) = b.as_number() {
            return Ok(a.scaled(&value));
        }
        self.finish(self.products(a, b)?)
    }

    /// The product of two sums, not in normal form yet.
    pub(super) fn products(&self, a: &Poly, b: &Poly) -> Result<Vec<Product>, Obstacle> {
        if a.len().saturating_mul(b.len()) > 40 * TERMS {
            return Err(Obstacle::TooLarge { what: "terms in a product of sums", limit: 40 * TERMS as u64 });
        }
        let mut products = Vec::with_capacity(a.len() * b.len());
        for (left, x) in a.terms() {
            for (right, y) in b.terms() {
                let mut factors = left.0.clone();
                append(&mut factors, &right.0);
                self.spend(factors.len())?;
                products.push((factors, x * y));
            }
        }
        Ok(products)
    }

    /// `X_i Y_i` with the index `mark` standing in both, or twice in one: summed over its values.
    pub(super) fn contracted(
        &self,
        products: Vec<Product>,
        mark: Index,
        length: Length,
    ) -> Result<Vec<Product>, Obstacle> {
        let Some(dimension) = self.values(length) else {
            return products
                .into_iter()
                .map(|(mut factors, coefficient)| {
                    join(&mut factors, mark, length)?;
                    Ok((factors, coefficient))
                })
                .collect();
        };
        let mut all = Vec::with_capacity(products.len() * dimension as usize);
        for (factors, coefficient) in products {
            for value in 0..dimension {
                let mut factors = factors.clone();
                replace_index(&mut factors, mark, Index::Value(value));
                self.spend(factors.len())?;
                all.push((factors, coefficient.clone()));
            }
        }
        Ok(all)
    }

    /// [`Algebra::contracted`] of a sum, in normal form.
    pub(super) fn contract(&self, sum: &Poly, mark: Index, length: Length) -> Result<Poly, Obstacle> {
        self.finish(self.contracted(
            sum.terms().iter().map(|(m, c)| (m.0.clone(), c.clone())).collect(),
            mark,
            length,
        )?)
    }

    /// The same sum with its indices renamed, all at once.
    pub(super) fn renamed(&self, sum: &Poly, rename: impl Fn(Index) -> Index) -> Result<Poly, Obstacle> {
        let mut products = Vec::with_capacity(sum.len());
        for (monomial, coefficient) in sum.terms() {
            let mut factors = monomial.0.clone();
            for index in factors.iter_mut().flat_map(|factor| &mut factor.indices) {
                *index = rename(*index);
            }
            products.push((factors, coefficient.clone()));
        }
        self.finish(products)
    }

    /// The sum over values of the free space indices: `X_i = sum_k delta_ik X_k`, so that equal tensors are equal sums.
    pub(super) fn spread(&self, sum: &Poly, free: &[(Index, Length)]) -> Result<Poly, Obstacle> {
        let mut sum = sum.clone();
        for (index, length) in free {
            let Some(dimension) = self.values(*length) else { continue };
            let mut products = Vec::new();
            for (monomial, coefficient) in sum.terms() {
                for value in 0..dimension {
                    let mut factors = monomial.0.clone();
                    replace_index(&mut factors, *index, Index::Value(value));
                    let basis =
                        Factor::new(Head::Delta(*length), Draw::Fixed, &[*index, Index::Value(value)]);
                    factors.push(basis);
                    products.push((factors, coefficient.clone()));
                }
            }
            sum = self.finish(products)?;
        }
        Ok(sum)
    }

    /// A factor as a sum.
    pub(super) fn factor(&self, factor: Factor) -> Result<Poly, Obstacle> {
        self.finish(vec![(vec![factor], Rational::ONE)])
    }

    /// A real symbol.
    pub(super) fn scalar(&self, symbol: SymbolId) -> Poly {
        let factor = Factor::number(Head::Scalar(symbol));
        Poly::monomial(Monomial(vec![factor]), Rational::ONE)
    }

    /// A function of a sum as a factor, speaking of the draws of the sum.
    pub(super) fn function(&self, head: impl FnOnce(Sealed) -> Head, inner: Poly) -> Poly {
        let draw = inner.draw();
        let factor = Factor::new(head(Sealed::new(inner)), draw, &[]);
        Poly::monomial(Monomial(vec![factor]), Rational::ONE)
    }
}

/// The largest whole number not above.
pub(super) fn floor(value: &Rational) -> Result<i64, Obstacle> {
    let (numerator, denominator) = value
        .to_parts()
        .ok_or(Obstacle::TooLarge { what: "in an exponent", limit: i64::MAX.unsigned_abs() })?;
    Ok(numerator.div_euclid(denominator))
}

/// Whether a factor is written as a sum.
fn expands(factor: &Factor) -> bool {
    match &factor.head {
        Head::Base(_) => factor.power >= Rational::ONE,
        Head::Function(Function::Sin, _) => factor.power >= Rational::integer(2),
        Head::Function(Function::Abs, _) => {
            factor.power.is_negative() || factor.power >= Rational::integer(2)
        }
        _ => false,
    }
}

/// Joins powers of the same number, and drops powers 0.
fn merge_powers(factors: &mut Vec<Factor>) {
    let mut at = 0;
    while at < factors.len() {
        if factors[at].is_closed() {
            let mut other = at + 1;
            while other < factors.len() {
                if factors[at].same_base(&factors[other]) {
                    let power = factors.swap_remove(other).power;
                    factors[at].power += &power;
                } else {
                    other += 1;
                }
            }
        }
        at += 1;
    }
    factors.retain(|factor| !factor.power.is_zero());
}

/// Appends factors whose summed names are new.
pub(super) fn append(factors: &mut Vec<Factor>, others: &[Factor]) {
    let (dummies, groups, labels) = names(factors);
    factors.reserve(others.len());
    for other in others {
        let mut factor = other.clone();
        for index in &mut factor.indices {
            if let Index::Dummy(dummy) = index {
                *dummy += dummies;
            }
        }
        if factor.group != 0 {
            factor.group += groups;
        }
        if let Draw::Copy { label, .. } = &mut factor.draw {
            *label += labels;
        }
        factors.push(factor);
    }
}

/// Bounds above the numbers of summed indices, of expectations (the last one) and of labels in use.
pub(super) fn names(factors: &[Factor]) -> (u32, u32, u32) {
    let (mut dummies, mut groups, mut labels) = (0, 0, 0);
    for factor in factors {
        for index in &factor.indices {
            if let Index::Dummy(dummy) = index {
                dummies = dummies.max(dummy + 1);
            }
        }
        groups = groups.max(factor.group);
        if let Draw::Copy { label, .. } = factor.draw {
            labels = labels.max(label + 1);
        }
    }
    (dummies, groups, labels)
}

pub(super) fn replace_index(factors: &mut [Factor], old: Index, new: Index) {
    for index in factors.iter_mut().flat_map(|factor| &mut factor.indices) {
        if *index == old {
            *index = new;
        }
    }
}

/// Turns the index `mark`, which stands twice, into a summed one. Where it does not stand, the sum counts its extent.
fn join(factors: &mut Vec<Factor>, mark: Index, length: Length) -> Result<(), Obstacle> {
    let count = factors.iter().flat_map(|factor| &factor.indices).filter(|index| **index == mark).count();
    match count {
        0 => factors.push(Factor::number(Head::Extent(length))),
        2 => {
            let dummy = Index::Dummy(names(factors).0);
            replace_index(factors, mark, dummy);
        }
        _ => return Err(Obstacle::Beyond { what: "a sum over components that depends on the coordinates" }),
    }
    Ok(())
}

/// A factor as it stands inside of a function: outside of expectations, speaking of the draw at hand.
fn placed_inside(mut factor: Factor) -> Factor {
    factor.group = 0;
    if matches!(factor.draw, Draw::Copy { .. }) {
        factor.draw = Draw::Own;
    }
    factor
}

/// The products of a sum that stood inside of a factor, put in the place of the factor. Their summed names are new
/// within others.
pub(super) fn placed(sum: &Poly, place: &Factor, within: &[Factor]) -> Vec<Product> {
    let (dummies, groups, labels) = names(within);
    let groups = groups.max(place.group);
    let mut products = Vec::with_capacity(sum.len());
    for (monomial, coefficient) in sum.terms() {
        let mut factors = monomial.0.clone();
        for factor in &mut factors {
            for index in &mut factor.indices {
                if let Index::Dummy(dummy) = index {
                    *dummy += dummies;
                }
            }
            if let Draw::Copy { label, .. } = &mut factor.draw {
                *label += labels;
            }
            if factor.group != 0 {
                factor.group += groups;
            } else if factor.draw == Draw::Own && place.draw != Draw::Entangled {
                (factor.group, factor.draw) = (place.group, place.draw);
            }
        }
        products.push((factors, coefficient.clone()));
    }
    products
}
