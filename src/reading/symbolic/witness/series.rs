//! Truncated power series: the values of the witness.
//!
//! A value is a polynomial in the displacement `x` of the point, in the small parameter `eta^(1/2)` of the claim (also to
//! negative powers), and in formal variables, the components of Gaussian noise and the random numbers of a named
//! distribution. For every monomial in the latter it holds a block of coefficients of the monomials in `x` in graded
//! order. Truncation is kept account of: a series knows below which power of `eta^(1/2)` its coefficients are right, and
//! each operation is told to which degree in `x` its result is needed, which its arguments must have.

use super::monomials::Monomials;
use super::number::Exact;
use crate::expression::{Rational, SymbolId};
use std::cell::Cell;
use std::sync::Arc;

/// Why a value could not be had.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Stop {
    /// The construct is beyond the witness.
    Unable(Arc<str>),
    /// The random values happen to be bad, such as a divisor that is 0: others may do.
    Unlucky(Arc<str>),
    /// A divisor is 0 as far as its series is known: a longer one may do.
    Short,
    /// A number at the point must have another value to be taken further: request number of the solver.
    Adjust(u32),
    /// A field whose root is taken must be divided by a number to be a square.
    Rescale(SymbolId, Rational),
    /// More work than is allowed.
    Budget,
}

impl Stop {
    pub(super) fn unable(reason: &str) -> Self {
        Self::Unable(reason.into())
    }
    pub(super) fn unlucky(reason: &str) -> Self {
        Self::Unlucky(reason.into())
    }
}

/// Everything, or a reason to stop.
pub(super) type Try<T> = Result<T, Stop>;

/// Exponents of the small parameter (16 bits at the top, two's complement, in half powers) and of up to 14 formal
/// variables (8 bits each), so that keys of a product add.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key(u128);

/// The most formal variables at once.
pub(super) const MOST_VARIABLES: usize = 14;

impl Key {
    /// No variable at all.
    pub(super) const ONE: Self = Self(0);

    /// A half power of the small parameter.
    #[allow(clippy::cast_sign_loss, reason = "two's complement is what is stored")]
    pub(super) const fn small(half_powers: i16) -> Self {
        Self((half_powers as u16 as u128) << 112)
    }

    /// A formal variable.
    pub(super) const fn variable(number: usize) -> Self {
        Self(1 << (8 * number))
    }

    /// The half power of the small parameter.
    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "the top 16 bits")]
    pub(super) const fn power(self) -> i32 {
        (self.0 >> 112) as u16 as i16 as i32
    }

    /// The exponent of a formal variable.
    #[allow(clippy::cast_possible_truncation, reason = "8 bits")]
    pub(super) const fn exponent(self, number: usize) -> u8 {
        (self.0 >> (8 * number)) as u8
    }

    /// Whether a formal variable occurs.
    pub(super) const fn has_variables(self) -> bool {
        self.0 << 16 != 0
    }

    /// The product; nothing if an exponent leaves its range.
    fn product(self, other: Self) -> Option<Self> {
        /// The top bit of every exponent of a variable: clear in both factors, so that nothing carries.
        const FULL: u128 = 0x8080_8080_8080_8080_8080_8080_8080;
        let power = self.power() + other.power();
        let product = self.0.wrapping_add(other.0);
        (product & FULL == 0 && i32::from(i16::MAX / 2) > power.abs()).then_some(Self(product))
    }
}

/// A series is right without end.
pub(super) const EXACT: i32 = i32::MAX;

/// How far a result is needed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Limits {
    /// Up to this degree in `x`.
    pub(super) degree: usize,
    /// Below this half power of the small parameter.
    pub(super) cut: i32,
}

/// A truncated series.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Series<F> {
    /// Blocks of coefficients by their keys, in order; each has the length of a whole degree and some coefficient that
    /// is not 0.
    pub(super) terms: Vec<(Key, Vec<F>)>,
    /// The coefficients of half powers of the small parameter below this are right.
    pub(super) known: i32,
}

impl<F: Exact> Series<F> {
    pub(super) const fn zero() -> Self {
        Self { terms: Vec::new(), known: EXACT }
    }

    pub(super) fn constant(value: F) -> Self {
        Self::single(Key::ONE, vec![value])
    }

    pub(super) fn single(key: Key, block: Vec<F>) -> Self {
        if block.iter().all(F::is_zero) {
            Self::zero()
        } else {
            Self { terms: vec![(key, block)], known: EXACT }
        }
    }

    pub(super) fn integer(value: i64) -> Self {
        Self::constant(F::integer(value))
    }

    /// The lowest half power of the small parameter that occurs, or below which nothing does.
    pub(super) fn valuation(&self) -> i32 {
        self.terms.iter().map(|(key, _)| key.power()).min().unwrap_or(self.known)
    }

    /// Whether this is 0 as far as it is known.
    pub(super) fn vanishes(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether this is 0 without end.
    fn is_exact_zero(&self) -> bool {
        self.terms.is_empty() && self.known == EXACT
    }

    /// The coefficient of 1.
    pub(super) fn value(&self) -> F {
        self.terms
            .iter()
            .find(|(key, _)| *key == Key::ONE)
            .and_then(|(_, block)| block.first().cloned())
            .unwrap_or_else(F::zero)
    }

    /// The number that this is, if it is one without any variable.
    pub(super) fn as_constant(&self) -> Option<F> {
        match self.terms.as_slice() {
            [] => Some(F::zero()),
            [(Key::ONE, block)] => {
                block.iter().skip(1).all(F::is_zero).then(|| block.first().cloned()).flatten()
            }
            _ => None,
        }
    }

    /// Whether no block reaches beyond degree 0 in `x`.
    pub(super) fn is_flat(&self) -> bool {
        self.terms.iter().all(|(_, block)| block.iter().skip(1).all(F::is_zero))
    }

    pub(super) fn neg(&self) -> Self {
        let terms =
            self.terms.iter().map(|(key, block)| (*key, block.iter().map(F::neg).collect())).collect();
        Self { terms, known: self.known }
    }

    pub(super) fn scale(&self, factor: &F) -> Self {
        if factor.is_zero() {
            return Self::zero();
        }
        let scaled = |block: &Vec<F>| block.iter().map(|c| c.mul(factor)).collect();
        Self {
            terms: self.terms.iter().map(|(key, block)| (*key, scaled(block))).collect(),
            known: self.known,
        }
    }

    /// The sum.
    pub(super) fn add(&self, other: &Self) -> Self {
        if other.is_exact_zero() {
            return self.clone();
        }
        let mut sum = self.clone();
        sum.add_scaled(other, &F::one());
        sum
    }

    /// `self += factor * other`
    pub(super) fn add_scaled(&mut self, other: &Self, factor: &F) {
        if factor.is_zero() || other.is_exact_zero() {
            return;
        }
        for (key, block) in &other.terms {
            let place = self.entry(*key, block.len());
            for (sum, term) in place.iter_mut().zip(block) {
                if !term.is_zero() {
                    sum.add_product(term, factor);
                }
            }
        }
        self.known = self.known.min(other.known);
        self.tidy();
    }

    /// The block of a key, at least so long.
    fn entry(&mut self, key: Key, length: usize) -> &mut Vec<F> {
        let position = match self.terms.binary_search_by_key(&key, |(key, _)| *key) {
            Ok(position) => position,
            Err(position) => {
                self.terms.insert(position, (key, Vec::new()));
                position
            }
        };
        let block = &mut self.terms[position].1;
        if block.len() < length {
            block.resize(length, F::zero());
        }
        block
    }

    /// Drops what is 0 and what is not known.
    fn tidy(&mut self) {
        let known = self.known;
        self.terms.retain(|(key, block)| key.power() < known && !block.iter().all(F::is_zero));
    }

    /// The same, of which less is known to be right.
    pub(super) fn known_below(&self, half_power: i32) -> Self {
        let mut result = self.clone();
        result.known = result.known.min(half_power);
        result.tidy();
        result
    }

    /// The part below a half power of the small parameter.
    pub(super) fn cut(&self, cut: i32) -> Self {
        let mut result = self.clone();
        if self.terms.iter().any(|(key, _)| key.power() >= cut) {
            result.known = result.known.min(cut);
            result.tidy();
        }
        result
    }

    /// The same times a key.
    pub(super) fn times_key(&self, key: Key) -> Try<Self> {
        let mut result = Self { terms: Vec::new(), known: self.known };
        if self.known != EXACT {
            result.known += key.power();
        }
        for (old, block) in &self.terms {
            result.entry(old.product(key).ok_or(Stop::Budget)?, 0).clone_from(block);
        }
        Ok(result)
    }
}

/// Arithmetic of series in so many variables `x`, with an account of the work.
#[derive(Debug)]
pub(super) struct Ring {
    pub(super) monomials: &'static Monomials,
    /// Multiplications left.
    budget: Cell<u64>,
}

impl Ring {
    pub(super) fn new(variables: usize, budget: u64) -> Try<Self> {
        let monomials = Monomials::of(variables).ok_or_else(|| Stop::unable("more than six coordinates"))?;
        Ok(Self { monomials, budget: Cell::new(budget) })
    }

    /// Takes work off the account.
    pub(super) fn spend(&self, work: u64) -> Try<()> {
        let left = self.budget.get().checked_sub(work);
        self.budget.set(left.unwrap_or(0));
        left.map(|_| ()).ok_or(Stop::Budget)
    }

    /// Work left.
    pub(super) fn left(&self) -> u64 {
        self.budget.get()
    }

    /// The number of coefficients of a block that reaches a degree.
    pub(super) fn length(&self, degree: usize) -> Try<usize> {
        self.monomials.up_to.get(degree).copied().ok_or(Stop::Budget)
    }

    fn degree<F>(&self, block: &[F]) -> usize {
        block.len().checked_sub(1).map_or(0, |last| self.monomials.degree[last])
    }

    /// The coordinate `x_i` of the displacement.
    pub(super) fn displacement<F: Exact>(&self, variable: usize) -> Series<F> {
        let mut block = vec![F::zero(); self.monomials.up_to[1]];
        block[self.monomials.variable(variable)] = F::one();
        Series::single(Key::ONE, block)
    }

    /// The product.
    pub(super) fn mul<F: Exact>(&self, a: &Series<F>, b: &Series<F>, limits: Limits) -> Try<Series<F>> {
        let mut product = Series::zero();
        self.add_product(&mut product, a, b, limits)?;
        Ok(product)
    }

    /// `sum += a*b`
    pub(super) fn add_product<F: Exact>(
        &self,
        sum: &mut Series<F>,
        a: &Series<F>,
        b: &Series<F>,
        limits: Limits,
    ) -> Try<()> {
        if a.is_exact_zero() || b.is_exact_zero() {
            return Ok(());
        }
        let mut known = a.known.saturating_add(b.valuation()).min(b.known.saturating_add(a.valuation()));
        for (key_a, block_a) in &a.terms {
            for (key_b, block_b) in &b.terms {
                if key_a.power() + key_b.power() >= limits.cut.min(known) {
                    known = known.min(limits.cut);
                    continue;
                }
                let key = key_a.product(*key_b).ok_or(Stop::Budget)?;
                let degree = limits.degree.min(self.degree(block_a) + self.degree(block_b));
                let place = sum.entry(key, self.length(degree)?);
                self.multiply_blocks(place, block_a, block_b, degree)?;
            }
        }
        sum.known = sum.known.min(known);
        sum.tidy();
        Ok(())
    }

    /// Adds the product of two blocks up to a degree.
    fn multiply_blocks<F: Exact>(&self, sum: &mut [F], a: &[F], b: &[F], degree: usize) -> Try<()> {
        let table = self.monomials;
        let mut work = 0;
        for (i, x) in a.iter().enumerate() {
            let Some(room) = degree.checked_sub(table.degree[i]) else { break };
            if x.is_zero() {
                continue;
            }
            let length = b.len().min(table.up_to[room]);
            for (j, y) in b[..length].iter().enumerate() {
                if !y.is_zero() {
                    sum[table.product(i, j)].add_product(x, y);
                }
            }
            work += length as u64;
        }
        self.spend(work * F::COST)
    }

    /// `d/dx_i`, of one degree less.
    pub(super) fn derivative<F: Exact>(&self, series: &Series<F>, variable: usize) -> Series<F> {
        let table = self.monomials;
        let mut result = Series { terms: Vec::new(), known: series.known };
        for (key, block) in &series.terms {
            let Some(degree) = self.degree(block).checked_sub(1) else { continue };
            let mut lower = vec![F::zero(); table.up_to[degree]];
            for (i, coefficient) in block.iter().enumerate() {
                let exponent = table.exponents[i][variable];
                if exponent > 0 && !coefficient.is_zero() {
                    lower[table.without(i, variable)] = coefficient.mul(&F::integer(i64::from(exponent)));
                }
            }
            if !lower.iter().all(F::is_zero) {
                result.terms.push((*key, lower));
            }
        }
        result
    }

    /// The whole power, by squaring.
    pub(super) fn power<F: Exact>(&self, base: &Series<F>, exponent: u32, limits: Limits) -> Try<Series<F>> {
        let (mut square, mut result, mut left) = (base.clone(), Series::integer(1), exponent);
        while left > 0 {
            if left & 1 == 1 {
                result = self.mul(&result, &square, limits)?;
            }
            left >>= 1;
            if left > 0 {
                square = self.mul(&square, &square, limits)?;
            }
        }
        Ok(result)
    }

    /// `f(x + h(x))` for several `f` by Taylor's series `sum_a h^a/a! d^a f` up to total order `order` of the
    /// multi-index `a`; `f` must reach `limits.degree + order` in degree and `h` at least `limits.degree`. Without an order
    /// `f` is a polynomial and the series is all of it. Variables that `h` does not name are not moved.
    pub(super) fn compose<F: Exact>(
        &self,
        functions: &[&Series<F>],
        shift: &[Series<F>],
        order: Option<usize>,
        limits: Limits,
    ) -> Try<Vec<Series<F>>> {
        let table = self.monomials;
        let blocks = functions.iter().flat_map(|function| &function.terms);
        let degree = blocks.map(|(_, block)| self.degree(block)).max().unwrap_or(0);
        let count = self.length(order.unwrap_or(degree))?;
        let mut powers: Vec<Series<F>> = Vec::with_capacity(count);
        let mut results: Vec<Series<F>> = functions.iter().map(|_| Series::zero()).collect();
        for index in 0..count {
            let variable = table.exponents[index].iter().position(|e| *e > 0);
            let power = match variable {
                None => Series::integer(1),
                Some(variable) if variable >= shift.len() => Series::zero(),
                Some(variable) => {
                    self.mul(&powers[table.without(index, variable)], &shift[variable], limits)?
                }
            };
            if !power.is_exact_zero() {
                for (result, function) in results.iter_mut().zip(functions) {
                    let derivative = self.taylor_coefficient(function, index, limits.degree);
                    self.add_product(result, &derivative, &power, limits)?;
                }
            }
            powers.push(power);
        }
        let step = shift.iter().map(Series::valuation).min().unwrap_or(EXACT);
        let Some(order) = order else { return Ok(results) };
        for (result, function) in results.iter_mut().zip(functions) {
            let omitted = i32::try_from(order + 1).unwrap_or(EXACT).saturating_mul(step);
            if step != EXACT && !function.is_exact_zero() {
                result.known = result.known.min(omitted.saturating_add(function.valuation()));
            }
            result.tidy();
        }
        Ok(results)
    }

    /// `d^a f / a!` up to a degree: its coefficient of `x^b` is `C(a+b, a)` times that of `x^(a+b)` in `f`.
    fn taylor_coefficient<F: Exact>(&self, f: &Series<F>, a: usize, degree: usize) -> Series<F> {
        let table = self.monomials;
        let mut result = Series { terms: Vec::new(), known: f.known };
        for (key, block) in &f.terms {
            let Some(room) = self.degree(block).checked_sub(table.degree[a]) else { continue };
            let length = table.up_to[room.min(degree)];
            let coefficient = |b: usize| {
                let c = &block[table.product(a, b)];
                let ways =
                    table.exponents[a].iter().zip(&table.exponents[b]).map(|(m, n)| choose(*m + *n, *m));
                if c.is_zero() { F::zero() } else { c.mul(&F::integer(ways.product())) }
            };
            let lower: Vec<F> = (0..length).map(coefficient).collect();
            if !lower.iter().all(F::is_zero) {
                result.terms.push((*key, lower));
            }
        }
        result
    }

    /// `integral over the box [-1, 1]^d` of a polynomial, each half power and formal variable by itself:
    /// `x^e` gives the product of `2/(e_i + 1)` if every `e_i` is even, and else 0.
    pub(super) fn integral<F: Exact>(&self, series: &Series<F>) -> Try<Series<F>> {
        let mut result = Series { terms: Vec::new(), known: series.known };
        for (key, block) in &series.terms {
            let mut sum = F::zero();
            for (coefficient, exponents) in block.iter().zip(&self.monomials.exponents) {
                if coefficient.is_zero() || exponents.iter().any(|e| e % 2 == 1) {
                    continue;
                }
                let volume = exponents.iter().try_fold(F::one(), |volume, e| {
                    let side = F::integer(i64::from(*e) + 1).inverse()?;
                    Some(volume.mul(&side).mul(&F::integer(2)))
                });
                sum.add_product(
                    coefficient,
                    &volume.ok_or_else(|| Stop::unlucky("the prime divides a degree"))?,
                );
            }
            if !sum.is_zero() {
                result.terms.push((*key, vec![sum]));
            }
        }
        Ok(result)
    }
}

/// The binomial coefficient.
pub(super) fn choose(n: u8, k: u8) -> i64 {
    (1..=i64::from(k)).fold(1, |value, i| value * (i64::from(n) - i64::from(k) + i) / i)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Limits = Limits { degree: 4, cut: 6 };

    fn ring(variables: usize) -> Ring {
        Ring::new(variables, 1_000_000).unwrap()
    }

    fn small(half_power: i16) -> Series<Rational> {
        Series::single(Key::small(half_power), vec![Rational::ONE])
    }

    #[test]
    fn a_product_is_known_as_far_as_its_factors_allow() {
        let ring = ring(1);
        let cut_off = small(0).known_below(2);
        let product = ring.mul(&cut_off, &small(1), SMALL).unwrap();
        assert_eq!((product.known, product.valuation()), (3, 1), "(1 + O(e^2)) e = e + O(e^3)");
        let nothing = Series::zero().known_below(2);
        assert_eq!(ring.mul(&nothing, &small(-1), SMALL).unwrap().known, 1, "O(e^2)/e = O(e)");
        assert_eq!(ring.mul(&small(4), &small(3), SMALL).unwrap().known, 6, "what is cut off is not known");
        assert_eq!(
            ring.mul(&small(2), &small(3), SMALL).unwrap().known,
            EXACT,
            "what is not cut off is exact"
        );
    }

    #[test]
    fn a_shift_is_the_polynomial_elsewhere() {
        let ring = ring(2);
        let (x, y) = (ring.displacement::<Rational>(0), ring.displacement(1));
        let f = ring.mul(&ring.mul(&x, &x, SMALL).unwrap(), &y, SMALL).unwrap();
        let shift = [small(1), x.times_key(Key::small(2)).unwrap()];
        let shifted = ring.compose(&[&f], &shift, Some(5), SMALL).unwrap();
        // (x + e)^2 (y + e^2 x), all of it
        let (a, b) = (x.add(&small(1)), y.add(&shift[1]));
        let expected = ring.mul(&ring.mul(&a, &a, SMALL).unwrap(), &b, SMALL).unwrap();
        assert_eq!(shifted[0].terms, expected.terms, "by hand");
        let whole = ring.compose(&[&f], &shift, None, SMALL).unwrap();
        assert_eq!(whole[0].terms, expected.terms, "a polynomial, whatever the order");
        let short = ring.compose(&[&f], &shift, Some(1), SMALL).unwrap();
        assert_eq!(short[0].known, 2, "two factors of the shift are left out");
    }

    #[test]
    fn derivatives_and_integrals_of_polynomials() {
        let ring = ring(2);
        let x = ring.displacement::<Rational>(0);
        let square = ring.mul(&x, &x, SMALL).unwrap();
        assert_eq!(ring.derivative(&square, 0), x.scale(&Rational::integer(2)), "2 x");
        assert!(ring.derivative(&square, 1).vanishes(), "y does not occur");
        let integral = ring.integral(&square).unwrap();
        assert_eq!(integral.value(), Rational::new(4, 3).unwrap(), "2/3 times 2");
        assert!(ring.integral(&x).unwrap().vanishes(), "odd");
    }

    #[test]
    fn exponents_and_work_are_limited() {
        let ring = ring(1);
        let high = Series::single(Key::variable(3), vec![Rational::ONE]);
        assert!(ring.power(&high, 127, SMALL).is_ok(), "the highest power");
        assert_eq!(
            ring.power(&high, 128, SMALL),
            Err(Stop::Budget),
            "one more would run into the next variable"
        );
        let poor = Ring::new(1, 10).unwrap();
        let x = poor.displacement::<Rational>(0);
        assert_eq!(poor.power(&x, 30, SMALL), Err(Stop::Budget), "too much work");
        assert_eq!(Key::small(-3).power(), -3, "negative half powers");
    }

    #[test]
    fn binomial_coefficients() {
        assert_eq!([choose(5, 0), choose(5, 2), choose(5, 5)], [1, 10, 1], "by hand");
    }
}
