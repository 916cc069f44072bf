//! Normal forms back to expressions.
//!
//! Terms with the same tensor are collected, so that a sum is written as `c * tensor + ...` with scalars `c`; what is common
//! to all `c` stands before the sum. Covariances of a random field and their derivatives are recognised where all of their
//! terms are there. In named coordinates a vector is the list of its components.

use super::algebra::Algebra;
use super::atom::{Draw, Factor, Head, Index};
use super::derivative::Direction;
use super::function::content;
use super::lower::{FIRST, JOINT, SECOND};
use super::obstacle::Obstacle;
use super::poly::{Monomial, Poly};
use super::raise_factor::power;
use super::raise_order::rank;
use super::raise_product::Raised;
use crate::expression::{Expr, Index as Name, Kind, Length, Rational, Shape, SymbolId};
use std::collections::{BTreeMap, BTreeSet};

/// First of the numbers of indices that are made up here; those of a text count from 0.
const NAMES: u32 = 1 << 28;

/// A scalar factor: a number, what stands above and what below the line.
#[derive(Debug, Clone)]
struct Scale {
    number: Rational,
    above: Vec<Expr>,
    below: Vec<Expr>,
}

/// A tensor with the scalar before it.
pub(super) type Collected = (Poly, Raised);

impl Algebra<'_> {
    /// A sum with these free indices as an expression.
    pub(super) fn raised(&self, sum: &Poly, free: &[(Index, Length)]) -> Expr {
        let shape = shape_of(free);
        if sum.is_zero() {
            return Expr::new(Kind::Number(Rational::ZERO), shape);
        }
        let sum = &self.tidied(sum).unwrap_or_else(|_| sum.clone());
        if self.dimension.is_some() && !free.is_empty() {
            let open: Vec<Index> = free.iter().map(|(index, _)| *index).collect();
            let (found, rest) = self.recognised(sum, &open);
            if rest.is_zero()
                && let Some(e) = self.sum_of(found, shape)
            {
                return e;
            }
        }
        if let Some(literal) = self.raised_literal(sum, free) {
            return literal;
        }
        if free.len() <= 2
            && let Some(e) = self.raised_plainly(sum, free)
        {
            return e;
        }
        let names: Vec<Name> = (0..).zip(free).map(|(at, (_, length))| name(at, *length)).collect();
        let collected: Vec<Collected> = collect(sum)
            .into_iter()
            .map(|(tensor, scalar)| (scalar, self.raised_with_indices(&tensor, free)))
            .collect();
        let body = self.sum_of(collected, Shape::Scalar).unwrap_or_else(|| Expr::number(Rational::ZERO));
        if names.is_empty() { body } else { Expr::new(Kind::Tensor(names, body), shape) }
    }

    /// A scalar as an expression.
    pub(super) fn raised_scalar(&self, sum: &Poly) -> Expr {
        self.raised(sum, &[])
    }

    /// Each term as an expression.
    pub(super) fn raised_terms(&self, sum: &Poly, free: &[(Index, Length)]) -> Vec<Expr> {
        let alone =
            |(monomial, value): &(Monomial, Rational)| Poly::monomial(monomial.clone(), value.clone());
        sum.terms().iter().map(|term| self.raised(&alone(term), free)).collect()
    }

    /// The same sum with the scalar of each tensor over one denominator.
    fn tidied(&self, sum: &Poly) -> Result<Poly, Obstacle> {
        let mut products = Vec::new();
        for (tensor, scalar) in collect(sum) {
            for (monomial, value) in self.together(&scalar)?.terms() {
                products.push((tensor.iter().chain(&monomial.0).cloned().collect(), value.clone()));
            }
        }
        self.finish(products)
    }

    /// Without index notation; nothing if a term cannot be written so.
    fn raised_plainly(&self, sum: &Poly, free: &[(Index, Length)]) -> Option<Expr> {
        let open: Vec<Index> = free.iter().map(|(index, _)| *index).collect();
        let (mut collected, rest) = self.recognised(sum, &open);
        let (covariances, rest) = self.joined_moments(&rest, &open);
        collected.extend(covariances);
        for (tensor, scalar) in collect(&rest) {
            collected.push((scalar, self.raised_product(&tensor, &open)?));
        }
        self.sum_of(collected, shape_of(free))
    }

    /// `common * (c tensor + ...)`
    fn sum_of(&self, mut collected: Vec<Collected>, shape: Shape) -> Option<Expr> {
        for (scalar, _) in &mut collected {
            *scalar = self.together(scalar).ok()?;
        }
        if collected.len() == 1 {
            let (scalar, raised) = collected.pop()?;
            return Some(term(self.scale_of(&scalar)?, raised, shape));
        }
        let common = self.common(&collected)?;
        let mut terms = Vec::new();
        for (scalar, raised) in collected {
            let left = match ratio(&scalar, &common) {
                Some(number) => Poly::constant(number),
                None => {
                    let (factors, number) = common.as_single()?;
                    self.divided(&scalar, &(factors.0.clone(), number.clone())).ok()?
                }
            };
            terms.push((self.scale_of(&left)?, raised));
        }
        let ordered = |(scale, (scalars, tensor)): &(Scale, Raised)| {
            let all = scale.above.iter().chain(&scale.below).chain(scalars).chain(tensor);
            all.map(|part| rank(part, self.symbols)).max()
        };
        terms.sort_by_cached_key(ordered);
        let mut sign = Rational::ONE;
        match terms.iter().position(|(scale, _)| !scale.number.is_negative()) {
            Some(at) => terms[..=at].rotate_right(1),
            None if common.as_number().is_some_and(|number| number.is_one()) => {}
            None => {
                sign = Rational::integer(-1);
                terms.iter_mut().for_each(|(scale, _)| scale.number = -&scale.number);
            }
        }
        let terms = terms.into_iter().enumerate();
        let terms = terms.map(|(before, (scale, raised))| summand(before, scale, raised, shape)).collect();
        let all = Expr::new(Kind::Add(terms), shape);
        let common = common.scaled(&sign);
        if common.as_number().is_some_and(|number| number.is_one()) {
            return Some(all);
        }
        let tensor = (shape != Shape::Scalar).then(|| all.clone());
        let scalars = if tensor.is_none() { vec![all] } else { Vec::new() };
        Some(term(self.scale_of(&common)?, (scalars, tensor), shape))
    }

    /// What stands before a sum: the powers and the number that are common to its scalars; numbers alone only where all are
    /// the same but for their signs.
    fn common(&self, collected: &[Collected]) -> Option<Poly> {
        let first = &collected.first()?.0;
        // Powers of a symbol that is nobody's keep the scalars apart.
        let all = collected.iter().try_fold(Poly::zero(), |all, (scalar, _)| {
            self.times(scalar, &self.separator(all.len())).map(|part| all.plus(&part))
        });
        let (mut factors, number) = content(&all.ok()?);
        if collected.iter().all(|(scalar, _)| ratio(scalar, first).is_some()) {
            let common = first.scaled(&(&number * &content(first).1.recip()?));
            let same = |(scalar, _): &Collected| ratio(scalar, &common).is_some_and(|r| r.abs().is_one());
            let is_number = common.as_number().is_some();
            return Some(if is_number && !collected.iter().all(same) {
                Poly::one()
            } else if common.leads_negative() {
                common.negated()
            } else {
                common
            });
        }
        factors.retain(|factor| factor.draw == Draw::Fixed && factor.head != Head::Scalar(NOBODY));
        let number = if factors.is_empty() { Rational::ONE } else { number };
        Some(Poly::monomial(Monomial(factors), number))
    }

    /// A power of nobody's symbol.
    fn separator(&self, count: usize) -> Poly {
        let power = Rational::integer(i64::try_from(count).unwrap_or(0));
        let factor = Factor { power, ..Factor::number(Head::Scalar(NOBODY)) };
        if count == 0 { Poly::one() } else { Poly::monomial(Monomial(vec![factor]), Rational::ONE) }
    }

    /// Scalar factors: in index notation where they cannot be written without.
    fn raised_scalars(&self, factors: &[Factor]) -> Vec<Expr> {
        let plain = self.raised_product(factors, &[]);
        plain.unwrap_or_else(|| self.raised_with_indices(factors, &[])).0
    }

    /// A scalar as a number, what stands above and what below the line.
    fn scale_of(&self, scalar: &Poly) -> Option<Scale> {
        let scalar = &self.together(scalar).ok()?;
        let (factors, mut number) = content(scalar);
        let mut rest = self.divided(scalar, &(factors.clone(), number.clone())).ok()?;
        if rest.leads_negative() {
            (rest, number) = (rest.negated(), -number);
        }
        let (mut above, below) = split(self.raised_scalars(&factors));
        if !rest.as_number().is_some_and(|rest| rest.is_one()) {
            let mut terms = Vec::new();
            for (monomial, value) in rest.terms().iter().rev() {
                let (above, below) = split(self.raised_scalars(&monomial.0));
                let scale = Scale { number: value.clone(), above, below };
                terms.push(summand(terms.len(), scale, (Vec::new(), None), Shape::Scalar));
            }
            above.push(Expr::new(Kind::Add(terms), Shape::Scalar));
        }
        Some(Scale { number, above, below })
    }

    /// Components in named coordinates as a list or as rows.
    fn raised_literal(&self, sum: &Poly, free: &[(Index, Length)]) -> Option<Expr> {
        let dimension = self.dimension?;
        if free.iter().any(|(_, length)| *length != Length::Space) {
            return None;
        }
        let part = |slot: Index, value: u32, sum: &Poly| {
            self.renamed(sum, |index| if index == slot { Index::Value(value) } else { index }).ok()
        };
        match free {
            [(i, _)] => {
                let all: Option<Vec<Expr>> =
                    (0..dimension).map(|k| Some(self.raised_scalar(&part(*i, k, sum)?))).collect();
                Some(Expr::new(Kind::List(all?), shape_of(free)))
            }
            [(i, _), (j, _)] => {
                let row = |k| {
                    let row = part(*i, k, sum)?;
                    (0..dimension).map(|l| Some(self.raised_scalar(&part(*j, l, &row)?))).collect()
                };
                let rows: Option<Vec<Vec<Expr>>> = (0..dimension).map(row).collect();
                Some(Expr::new(Kind::Rows(rows?), shape_of(free)))
            }
            _ => None,
        }
    }

    /// Covariances of random fields, and their derivatives, of which all terms stand in a sum; and what is left.
    fn recognised(&self, sum: &Poly, open: &[Index]) -> (Vec<Collected>, Poly) {
        let mut fields: BTreeSet<SymbolId> = BTreeSet::new();
        for factor in sum.terms().iter().flat_map(|(monomial, _)| &monomial.0) {
            if let (Head::Field { symbol, .. }, 0, true) = (&factor.head, factor.rank, factor.group != 0) {
                fields.insert(*symbol);
            }
        }
        let (mut found, mut rest) = (Vec::new(), sum.clone());
        for (expr, candidate) in
            fields.iter().flat_map(|field| self.covariances(*field, open).unwrap_or_default())
        {
            let places: Vec<(Index, Length)> = open.iter().map(|index| (*index, Length::Space)).collect();
            let Ok(candidate) = self.spread(&candidate, &places) else { continue };
            let Some(lead) = collect(&candidate).into_iter().next() else { continue };
            let Some(value) = lead.1.as_number().and_then(|value| value.recip()) else { continue };
            let Some((_, scalar)) = collect(&rest).into_iter().find(|(tensor, _)| *tensor == lead.0) else {
                continue;
            };
            let scalar = scalar.scaled(&value);
            let Ok(product) = self.times(&scalar, &candidate) else { continue };
            let less = rest.minus(&product);
            if less.len() + product.len() == rest.len() {
                rest = less;
                let raised = if open.is_empty() { (vec![expr], None) } else { (Vec::new(), Some(expr)) };
                found.push((scalar, raised));
            }
        }
        (found, rest)
    }

    /// Covariances of a random scalar field with these open indices, those of most terms first.
    fn covariances(&self, symbol: SymbolId, open: &[Index]) -> Result<Vec<(Expr, Poly)>, Obstacle> {
        let (vector, matrix) = (Shape::Vector(Length::Space), Shape::Matrix(Length::Space, Length::Space));
        let u = Expr::new(Kind::Symbol(symbol), Shape::Scalar);
        let g = Expr::new(Kind::Grad(u.clone()), vector);
        let lap = Expr::new(Kind::Lap(u.clone()), Shape::Scalar);
        let covariance = Expr::new(Kind::Cov(g.clone()), matrix);
        let field = self.factor(Factor::new(Head::Field { symbol, symmetric: false }, Draw::Own, &[]))?;
        let along = |sum: &Poly, index| self.derivative(sum, Direction::Space(index));
        let cov = |a: &Poly, b: &Poly| -> Result<Poly, Obstacle> {
            let product = self.expectation(&self.times(a, b)?)?;
            Ok(product.minus(&self.times(&self.expectation(a)?, &self.expectation(b)?)?))
        };
        let trace = |index| {
            self.contract(&cov(&along(&field, index)?, &along(&field, index)?)?, index, Length::Space)
        };
        match open {
            [] => Ok(vec![
                (Expr::new(Kind::Trace(covariance), Shape::Scalar), trace(JOINT)?),
                (Expr::new(Kind::Var(u), Shape::Scalar), cov(&field, &field)?),
            ]),
            [FIRST] => {
                let gradient = along(&field, FIRST)?;
                let whole = self.divergence(&cov(&gradient, &along(&field, JOINT)?)?, JOINT)?;
                let laplacian = self.divergence(&along(&field, JOINT)?, JOINT)?;
                let half = Expr::new(Kind::Trace(covariance.clone()), Shape::Scalar);
                Ok(vec![
                    (Expr::new(Kind::Divergence(covariance), vector), whole),
                    (Expr::new(Kind::Grad(half), vector), along(&trace(JOINT)?, FIRST)?),
                    (Expr::new(Kind::CrossCov(g, lap), vector), cov(&gradient, &laplacian)?),
                ])
            }
            [FIRST, SECOND] => Ok(vec![(covariance, cov(&along(&field, FIRST)?, &along(&field, SECOND)?)?)]),
            _ => Ok(Vec::new()),
        }
    }
}

/// A symbol that no text declares.
const NOBODY: SymbolId = SymbolId(u32::MAX);

/// The terms of a sum by their tensors, each with the scalar before it.
pub(super) fn collect(sum: &Poly) -> BTreeMap<Vec<Factor>, Poly> {
    let mut all: BTreeMap<Vec<Factor>, Poly> = BTreeMap::new();
    for (monomial, value) in sum.terms() {
        let (scalar, tensor): (Vec<Factor>, Vec<Factor>) = monomial.0.iter().cloned().partition(is_plain);
        let part = Poly::monomial(Monomial(scalar), value.clone());
        let known = all.entry(tensor).or_default();
        *known = known.plus(&part);
    }
    all
}

/// Whether a factor is a scalar that stands before a tensor.
pub(super) fn is_plain(factor: &Factor) -> bool {
    let copied = matches!(factor.draw, Draw::Copy { .. });
    factor.is_closed() && factor.group == 0 && !copied && !matches!(factor.head, Head::Integral(_))
}

/// `a/b` if it is a number.
pub(super) fn ratio(a: &Poly, b: &Poly) -> Option<Rational> {
    let (x, y) = (&a.terms().first()?.1, &b.terms().first()?.1);
    let ratio = x.checked_div(y)?;
    (b.scaled(&ratio) == *a).then_some(ratio)
}

/// Scalars over scalars.
pub(super) fn split(scalars: Vec<Expr>) -> (Vec<Expr>, Vec<Expr>) {
    let (mut above, mut below) = (Vec::new(), Vec::new());
    for scalar in scalars {
        match scalar.kind() {
            Kind::Div(one, under) if matches!(one.kind(), Kind::Number(one) if one.is_one()) => {
                below.push(under.clone());
            }
            _ => above.push(scalar),
        }
    }
    (above, below)
}

/// One term of a sum: after the first it is subtracted if it is negative.
fn summand(before: usize, scale: Scale, raised: Raised, shape: Shape) -> Expr {
    if before == 0 || !scale.number.is_negative() {
        return term(scale, raised, shape);
    }
    let positive = Scale { number: -&scale.number, ..scale };
    Expr::new(Kind::Neg(term(positive, raised, shape)), shape)
}

/// A scale times scalars and a tensor: `a/(2*b)*s*tensor`.
fn term(scale: Scale, (scalars, tensor): Raised, shape: Shape) -> Expr {
    let Scale { number, above, mut below } = scale;
    let (more, under) = split(scalars);
    below.extend(under);
    let behind = match (product(more), tensor) {
        (Some(scalars), Some(tensor)) => Some(times(scalars, &tensor, shape)),
        (scalars, tensor) => scalars.or(tensor),
    };
    scaled(&number, &(above, below), behind, shape)
}

/// An index by its number.
pub(super) fn name(number: u32, length: Length) -> Name {
    const LETTERS: [&str; 8] = ["i", "j", "k", "l", "m", "q", "r", "s"];
    let name = LETTERS.get(number as usize).map_or_else(|| format!("i{number}").into(), |l| (*l).into());
    Name { id: NAMES + number, name, length }
}

pub(super) fn shape_of(free: &[(Index, Length)]) -> Shape {
    match free {
        [] => Shape::Scalar,
        [(_, length)] => Shape::Vector(*length),
        [(_, rows), (_, columns)] => Shape::Matrix(*rows, *columns),
        more => Shape::Components(u32::try_from(more.len()).unwrap_or(u32::MAX)),
    }
}

/// `c a b/(d e) * tensor`, with the sign at the first factor.
pub(super) fn scaled(
    number: &Rational,
    scalars: &(Vec<Expr>, Vec<Expr>),
    tensor: Option<Expr>,
    shape: Shape,
) -> Expr {
    let (numerator, denominator) = whole_parts(&number.abs());
    let mut above = scalars.0.clone();
    let mut below = scalars.1.clone();
    let one = Rational::ONE;
    if denominator != one {
        below.insert(0, Expr::number(denominator));
    }
    if numerator != one || (above.is_empty() && (tensor.is_none() || !below.is_empty())) {
        above.insert(0, Expr::number(numerator));
    }
    if number.is_negative()
        && let Some(first) = above.first_mut()
    {
        *first = Expr::new(Kind::Neg(first.clone()), Shape::Scalar);
    }
    let scale = match (product(above), product(below)) {
        (above, None) => above,
        (above, Some(below)) => {
            Some(Expr::new(Kind::Div(above.unwrap_or_else(|| Expr::number(one)), below), Shape::Scalar))
        }
    };
    match (scale, tensor) {
        (Some(scale), Some(tensor)) => times(scale, &tensor, shape),
        (None, Some(tensor)) if number.is_negative() => negated(&tensor),
        (Some(only), None) | (None, Some(only)) => only,
        (None, None) => Expr::number(Rational::ONE),
    }
}

/// `-a b` with the sign at the first factor.
fn negated(e: &Expr) -> Expr {
    match e.kind() {
        Kind::Mul(a, b) => Expr::new(Kind::Mul(negated(a), b.clone()), e.shape()),
        _ => Expr::new(Kind::Neg(e.clone()), e.shape()),
    }
}

/// `a^2 b c` from the left; a product among the factors is taken apart.
fn product(factors: Vec<Expr>) -> Option<Expr> {
    let mut powers: Vec<(Expr, i64)> = Vec::new();
    for factor in factors {
        match powers.iter_mut().find(|(known, _)| *known == factor) {
            Some((_, count)) => *count += 1,
            None => powers.push((factor, 1)),
        }
    }
    let written = powers.into_iter().map(|(base, count)| power(&base, &Rational::integer(count)));
    written.reduce(|a, b| times(a, &b, Shape::Scalar))
}

/// `(c a) b` for `c (a b)`.
fn times(scale: Expr, tensor: &Expr, shape: Shape) -> Expr {
    match tensor.kind() {
        Kind::Mul(a, b) => Expr::new(Kind::Mul(times(scale, a, a.shape()), b.clone()), shape),
        _ => Expr::new(Kind::Mul(scale, tensor.clone()), shape),
    }
}

fn whole_parts(number: &Rational) -> (Rational, Rational) {
    let big = number.to_big();
    let whole =
        |part: &num_bigint::BigInt| Rational::from(num_rational::BigRational::from_integer(part.clone()));
    (whole(big.numer()), whole(big.denom()))
}
