//! Powers and functions of sums, in normal form.
//!
//! ```text
//! (c m)^q = c^q m^q                 P^q = content^q primitive^q          P^(q + r) = P^q exp(r log P)
//! (x^2)^(1/2) = |x|        |x|^2 = x^2
//! exp(a m + b n) = exp(m)^a exp(n)^b        exp(log P) = P               log(c m) = log c + log m
//! sin(a + b) = sin a cos b + cos a sin b    sinh, cosh, tanh, logistic, softplus through exp
//! ```
//!
//! The content of a sum is the positive rational number and the powers common to its terms. Roots of numbers are taken
//! apart into primes. A root of a product is the product of the roots, for factors that are positive; that those are which
//! are not declared so is an assumption.

use super::algebra::{Algebra, floor};
use super::atom::{Draw, Factor, Head, Index};
use super::obstacle::Obstacle;
use super::poly::{Monomial, Poly, Product, Sealed};
use super::reliance::Reliance;
use crate::expression::{Function, Rational, Sign, SymbolId, SymbolKind};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, ToPrimitive, Zero};

/// Largest multiple of an angle that is expanded by the addition theorem.
const MULTIPLE: i64 = 12;

/// Trial divisors of numbers under a root.
const DIVISORS: u64 = 100_000;

impl Algebra<'_> {
    /// `P^q`
    pub(super) fn power(&self, base: &Poly, exponent: &Rational) -> Result<Poly, Obstacle> {
        if exponent.is_zero() {
            return Ok(Poly::one());
        }
        if exponent.is_one() {
            return Ok(base.clone());
        }
        if base.is_zero() {
            return if exponent.is_positive() { Ok(Poly::zero()) } else { Err(Obstacle::DivisionByZero) };
        }
        let whole = exponent.to_integer();
        if let (Some(whole), true) = (whole, base.len() > 1)
            && whole > 0
        {
            let factor = self.base(base, exponent);
            return self.finish(vec![(vec![factor], Rational::ONE)]);
        }
        match base.as_single() {
            Some((monomial, coefficient)) => self.power_of_product(monomial, coefficient, exponent),
            None => self.power_of_sum(base, exponent),
        }
    }

    /// `P^q` as a factor.
    fn base(&self, base: &Poly, exponent: &Rational) -> Factor {
        let draw = base.draw();
        Factor { power: exponent.clone(), ..Factor::new(Head::Base(Sealed::new(base.clone())), draw, &[]) }
    }

    /// `(c m)^q`
    fn power_of_product(
        &self,
        monomial: &Monomial,
        coefficient: &Rational,
        exponent: &Rational,
    ) -> Result<Poly, Obstacle> {
        let whole = exponent.to_integer().is_some();
        if coefficient.is_negative() && !whole && !monomial.0.is_empty() {
            let sum = Poly::monomial(monomial.clone(), coefficient.clone());
            self.rely(Reliance::Positive(sum.clone()));
            return self.factor(self.base(&sum, exponent));
        }
        let mut factors = power_of_number(coefficient, exponent)?;
        for piece in pieces(&monomial.0) {
            match piece.as_slice() {
                [factor] if factor.is_closed() && factor.group == 0 && !is_copy(factor) => {
                    factors.0.push(self.power_of_factor(factor, exponent));
                }
                _ => {
                    let sum = self.finish(vec![(piece, Rational::ONE)])?;
                    let factor = self.base(&sum, exponent);
                    self.rely_on_power(&Factor { power: Rational::ONE, ..factor.clone() }, exponent);
                    factors.0.push(factor);
                }
            }
        }
        self.finish(vec![factors])
    }

    /// `(x^p)^q = x^(p q)`, and `|x|^(p q)` for even `p` and broken `q` where `x` is not known to be positive.
    fn power_of_factor(&self, factor: &Factor, exponent: &Rational) -> Factor {
        let even = factor.power.to_integer().is_some_and(|power| power.rem_euclid(2) == 0);
        let power = &factor.power * exponent;
        if even && exponent.to_integer().is_none() && !self.is_positive(factor) {
            let alone = Factor { power: Rational::ONE, draw: inside(factor.draw), ..factor.clone() };
            let inner = Sealed::new(Poly::monomial(Monomial(vec![alone]), Rational::ONE));
            let head = Head::Function(Function::Abs, inner);
            return Factor { power, ..Factor::new(head, factor.draw, &[]) };
        }
        self.rely_on_power(factor, exponent);
        Factor { power, ..factor.clone() }
    }

    /// Notes what a power of `x^p` rests on.
    fn rely_on_power(&self, factor: &Factor, exponent: &Rational) {
        if self.is_positive(factor) {
            return;
        }
        let alone = Factor { power: Rational::ONE, ..factor.clone() };
        let sum = Poly::monomial(Monomial(vec![alone]), Rational::ONE);
        if exponent.to_integer().is_none() {
            self.rely(Reliance::Positive(sum));
        } else if (&factor.power * exponent).is_negative() {
            self.rely(Reliance::NonZero(sum));
        }
    }

    /// `P^q` of several terms: the content to the power, times what is left to the power.
    fn power_of_sum(&self, sum: &Poly, exponent: &Rational) -> Result<Poly, Obstacle> {
        let content = content(sum);
        if content.0.is_empty() && content.1.is_one() {
            return self.power_of_primitive(sum, exponent);
        }
        let primitive = self.divided(sum, &content)?;
        let content = self.finish(vec![content])?;
        self.times(&self.power(&content, exponent)?, &self.power(&primitive, exponent)?)
    }

    /// `P^q` of several terms without content.
    fn power_of_primitive(&self, sum: &Poly, exponent: &Rational) -> Result<Poly, Obstacle> {
        if let (Some(whole), true) = (exponent.to_integer(), sum.leads_negative()) {
            let power = self.power_of_primitive(&sum.negated(), exponent)?;
            return Ok(if whole.rem_euclid(2) == 0 { power } else { power.negated() });
        }
        let factor = self.base(sum, exponent);
        self.rely_on_power(&Factor { power: Rational::ONE, ..factor.clone() }, exponent);
        self.factor(factor)
    }

    /// Whether a factor is known to be positive.
    pub(super) fn is_positive(&self, factor: &Factor) -> bool {
        match &factor.head {
            Head::Prime(_) | Head::Extent(_) | Head::Exp(_) => true,
            Head::Scalar(symbol) | Head::Field { symbol, .. } => {
                factor.indices.is_empty() && self.is_positive_symbol(*symbol)
            }
            Head::Coordinate(k) => {
                let symbol = self.symbols.coordinates().and_then(|names| names.get(*k as usize));
                symbol.is_some_and(|symbol| self.is_positive_symbol(*symbol))
            }
            Head::Base(inner) => self.is_positive_sum(inner.poly()),
            Head::Function(Function::Abs, _) => true,
            _ => false,
        }
    }

    pub(super) fn is_positive_symbol(&self, symbol: SymbolId) -> bool {
        self.positive.contains(&symbol)
            || matches!(
                self.symbols.checked(symbol).map(|known| &known.kind),
                Some(SymbolKind::Scalar(Sign::Positive) | SymbolKind::Field { sign: Sign::Positive, .. })
            )
    }

    /// Whether all terms are positive, as far as signs of factors tell.
    pub(super) fn is_positive_sum(&self, sum: &Poly) -> bool {
        let square = |factor: &Factor| {
            factor.is_closed() && factor.power.to_integer().is_some_and(|power| power.rem_euclid(2) == 0)
        };
        let term = |(monomial, coefficient): &(Monomial, Rational), strict: bool| {
            coefficient.is_positive()
                && monomial.0.iter().all(|factor| self.is_positive(factor) || (!strict && square(factor)))
        };
        !sum.is_zero()
            && sum.terms().iter().all(|t| term(t, false))
            && sum.terms().iter().any(|t| term(t, true))
    }

    /// `P^Q` for a power that is a sum: its rational part as a power, the rest through the exponential.
    pub(super) fn general_power(&self, base: &Poly, exponent: &Poly) -> Result<Poly, Obstacle> {
        let plain = exponent.filtered(|monomial| monomial.0.is_empty());
        let rest = exponent.minus(&plain);
        let constant = plain.as_number().unwrap_or(Rational::ZERO);
        let power = self.power(base, &constant)?;
        if rest.is_zero() {
            return Ok(power);
        }
        self.times(&power, &self.exponential(&self.times(&rest, &self.logarithm(base)?)?)?)
    }

    /// `exp(P)`
    pub(super) fn exponential(&self, sum: &Poly) -> Result<Poly, Obstacle> {
        let mut result = Poly::one();
        let mut factors = Vec::new();
        for (monomial, coefficient) in sum.terms() {
            if let [Factor { head: Head::Log(inner), power, group: 0, .. }] = monomial.0.as_slice()
                && power.is_one()
            {
                result = self.times(&result, &self.power(inner.poly(), coefficient)?)?;
                continue;
            }
            let draw = Poly::monomial(monomial.clone(), Rational::ONE).draw();
            let factor = Factor::new(Head::Exp(monomial.clone()), draw, &[]);
            factors.push(Factor { power: coefficient.clone(), ..factor });
        }
        self.times(&result, &self.finish(vec![(factors, Rational::ONE)])?)
    }

    /// `log(P)`
    pub(super) fn logarithm(&self, sum: &Poly) -> Result<Poly, Obstacle> {
        if sum.is_zero() {
            return Err(Obstacle::NotReal);
        }
        let content = content(sum);
        if sum.len() > 1 && !(content.0.is_empty() && content.1.is_one()) {
            let primitive = self.divided(sum, &content)?;
            let content = self.finish(vec![content])?;
            return Ok(self.logarithm(&content)?.plus(&self.logarithm(&primitive)?));
        }
        let Some((monomial, coefficient)) = sum.as_single() else {
            if !self.is_positive_sum(sum) {
                self.rely(Reliance::Positive(sum.clone()));
            }
            return Ok(self.function(Head::Log, sum.clone()));
        };
        if coefficient.is_negative() {
            if monomial.0.is_empty() {
                return Err(Obstacle::NotReal);
            }
            self.rely(Reliance::Positive(sum.clone()));
            return Ok(self.function(Head::Log, sum.clone()));
        }
        let mut result = self.logarithm_of_number(coefficient)?;
        for piece in pieces(&monomial.0) {
            result = result.plus(&self.logarithm_of_piece(piece)?);
        }
        Ok(result)
    }

    fn logarithm_of_number(&self, number: &Rational) -> Result<Poly, Obstacle> {
        let mut result = Poly::zero();
        for (prime, times) in primes(number)? {
            let log = self.function(Head::Log, Poly::constant(prime));
            result = result.plus(&log.scaled(&Rational::integer(times)));
        }
        Ok(result)
    }

    /// `log x^p = p log x`
    fn logarithm_of_piece(&self, piece: Vec<Factor>) -> Result<Poly, Obstacle> {
        if let [factor] = piece.as_slice()
            && factor.is_closed()
            && factor.group == 0
        {
            let power = factor.power.clone();
            self.rely_on_power(factor, &Rational::half(1));
            let alone = Factor { power: Rational::ONE, ..factor.clone() };
            let log = match &factor.head {
                Head::Exp(inner) => Poly::monomial(inner.clone(), Rational::ONE),
                Head::Base(inner) => self.function(Head::Log, inner.poly().clone()),
                Head::Prime(prime) => self.function(Head::Log, Poly::constant(prime.clone())),
                _ => self.function(Head::Log, Poly::monomial(Monomial(vec![alone]), Rational::ONE)),
            };
            return Ok(log.scaled(&power));
        }
        let sum = self.finish(vec![(piece, Rational::ONE)])?;
        self.rely(Reliance::Positive(sum.clone()));
        Ok(self.function(Head::Log, sum))
    }

    pub(super) fn sine(&self, sum: &Poly) -> Result<Poly, Obstacle> {
        Ok(self.sine_and_cosine(sum)?.0)
    }

    pub(super) fn cosine(&self, sum: &Poly) -> Result<Poly, Obstacle> {
        Ok(self.sine_and_cosine(sum)?.1)
    }

    /// `sin` and `cos` of a sum through those of its terms.
    fn sine_and_cosine(&self, sum: &Poly) -> Result<(Poly, Poly), Obstacle> {
        let mut result = (Poly::zero(), Poly::one());
        for (monomial, coefficient) in sum.terms() {
            let (numerator, denominator) = coefficient.to_parts().unwrap_or((i64::MAX, 1));
            let times = numerator.abs();
            let (unit, times) = if times <= MULTIPLE {
                (Rational::new(1, denominator).ok_or(Obstacle::DivisionByZero)?, times)
            } else {
                (coefficient.abs(), 1)
            };
            let angle = Poly::monomial(monomial.clone(), unit);
            let sine = self.function(|inner| Head::Function(Function::Sin, inner), angle.clone());
            let cosine = self.function(|inner| Head::Function(Function::Cos, inner), angle);
            let sine = if coefficient.is_negative() { sine.negated() } else { sine };
            for _ in 0..times {
                let next = self.times(&result.0, &cosine)?.plus(&self.times(&result.1, &sine)?);
                let other = self.times(&result.1, &cosine)?.minus(&self.times(&result.0, &sine)?);
                result = (next, other);
            }
        }
        Ok(result)
    }

    /// A built-in function.
    pub(super) fn built_in(&self, function: Function, at: &Poly) -> Result<Poly, Obstacle> {
        let inverse = Rational::integer(-1);
        let exponential = |scale: i64| self.exponential(&at.scaled(&Rational::integer(scale)));
        let half = Rational::half(1);
        match function {
            Function::Exp => exponential(1),
            Function::Log => self.logarithm(at),
            Function::Sin => self.sine(at),
            Function::Cos => self.cosine(at),
            Function::Tan => {
                let (sine, cosine) = self.sine_and_cosine(at)?;
                self.times(&sine, &self.power(&cosine, &inverse)?)
            }
            Function::Sinh => Ok(exponential(1)?.minus(&exponential(-1)?).scaled(&half)),
            Function::Cosh => Ok(exponential(1)?.plus(&exponential(-1)?).scaled(&half)),
            Function::Tanh => {
                let square = exponential(2)?;
                let below = self.power(&square.plus(&Poly::one()), &inverse)?;
                self.times(&square.minus(&Poly::one()), &below)
            }
            Function::Logistic => {
                let growth = exponential(1)?;
                let below = self.power(&growth.plus(&Poly::one()), &inverse)?;
                self.times(&growth, &below)
            }
            Function::Softplus => self.logarithm(&exponential(1)?.plus(&Poly::one())),
            Function::Arsinh | Function::Arctan => Ok(self.odd(function, at)),
            Function::Abs => self.absolute(at),
        }
    }

    /// An odd function, of an argument with a positive first term.
    fn odd(&self, function: Function, at: &Poly) -> Poly {
        match at.terms().first() {
            None => Poly::zero(),
            Some((_, first)) if first.is_negative() => {
                self.function(|inner| Head::Function(function, inner), at.negated()).negated()
            }
            Some(_) => self.function(|inner| Head::Function(function, inner), at.clone()),
        }
    }

    fn absolute(&self, at: &Poly) -> Result<Poly, Obstacle> {
        if let Some(value) = at.as_number() {
            return Ok(Poly::constant(value.abs()));
        }
        if self.is_positive_sum(at) {
            return Ok(at.clone());
        }
        let positive = match at.terms().first() {
            Some((_, first)) if first.is_negative() => at.negated(),
            Some(_) | None => at.clone(),
        };
        Ok(self.function(|inner| Head::Function(Function::Abs, inner), positive))
    }
}

/// The draw of a factor as it stands inside of a function of it.
fn inside(draw: Draw) -> Draw {
    if draw == Draw::Fixed { draw } else { Draw::Own }
}

fn is_copy(factor: &Factor) -> bool {
    matches!(factor.draw, Draw::Copy { .. })
}

/// The parts of a product that share no summed index, no expectation and no copy.
pub(super) fn pieces(factors: &[Factor]) -> Vec<Vec<Factor>> {
    let touches = |a: &Factor, b: &Factor| {
        (a.group != 0 && a.group == b.group)
            || (is_copy(a) && a.draw == b.draw)
            || a.indices.iter().any(|i| matches!(i, Index::Dummy(_)) && b.indices.contains(i))
    };
    let mut left: Vec<Factor> = factors.to_vec();
    let mut pieces = Vec::new();
    while let Some(first) = left.pop() {
        let mut piece = vec![first];
        let mut next = 0;
        while next < piece.len() {
            let mut at = 0;
            while at < left.len() {
                if touches(&piece[next], &left[at]) {
                    piece.push(left.swap_remove(at));
                } else {
                    at += 1;
                }
            }
            next += 1;
        }
        pieces.push(piece);
    }
    pieces
}

/// The positive number and the powers common to all terms.
pub(super) fn content(sum: &Poly) -> Product {
    let mut common: Option<Vec<Factor>> = None;
    let simple = |f: &&Factor| f.is_closed() && f.group == 0 && matches!(f.draw, Draw::Fixed | Draw::Own);
    let mut all: Vec<Factor> = Vec::new();
    for (monomial, _) in sum.terms() {
        for factor in monomial.0.iter().filter(simple) {
            if !all.iter().any(|known| known.same_base(factor)) {
                all.push(factor.clone());
            }
        }
    }
    for (monomial, _) in sum.terms() {
        let power = |base: &Factor| {
            monomial.0.iter().find(|f| f.same_base(base)).map_or(Rational::ZERO, |f| f.power.clone())
        };
        let own = all.iter().map(|base| Factor { power: power(base), ..base.clone() });
        common = Some(match common {
            None => own.collect(),
            Some(least) => {
                least.into_iter().zip(own).map(|(a, b)| if b.power < a.power { b } else { a }).collect()
            }
        });
    }
    let mut factors = common.unwrap_or_default();
    factors.retain(|factor| !factor.power.is_zero());
    (factors, common_number(sum))
}

/// The positive number of which all coefficients are whole multiples without a common divisor.
fn common_number(sum: &Poly) -> Rational {
    let (mut above, mut below) = (BigInt::zero(), BigInt::one());
    for (_, coefficient) in sum.terms() {
        let value = coefficient.to_big();
        above = gcd(&above, value.numer());
        below = &below / gcd(&below, value.denom()) * value.denom();
    }
    if above.is_zero() { Rational::ONE } else { Rational::from(BigRational::new(above, below)) }
}

fn gcd(a: &BigInt, b: &BigInt) -> BigInt {
    let (mut a, mut b) = (BigInt::from(a.magnitude().clone()), BigInt::from(b.magnitude().clone()));
    while !b.is_zero() {
        (a, b) = (b.clone(), a % b);
    }
    a
}

/// `c^q`, with roots of primes as factors.
fn power_of_number(number: &Rational, exponent: &Rational) -> Result<Product, Obstacle> {
    if let Some(whole) = exponent.to_integer() {
        let whole = i32::try_from(whole)
            .ok()
            .filter(|whole| whole.abs() <= 400)
            .ok_or(Obstacle::TooLarge { what: "in a power of a number", limit: 400 })?;
        return Ok((Vec::new(), number.pow(whole).ok_or(Obstacle::DivisionByZero)?));
    }
    if number.is_negative() {
        return Err(Obstacle::NotReal);
    }
    let mut coefficient = Rational::ONE;
    let mut factors = Vec::new();
    for (prime, times) in primes(number)? {
        let power = &Rational::integer(times) * exponent;
        let whole = floor(&power)?;
        let whole_power = i32::try_from(whole).ok().and_then(|whole| prime.pow(whole));
        coefficient = &coefficient
            * &whole_power.ok_or(Obstacle::TooLarge { what: "in a power of a number", limit: 400 })?;
        let rest = &power - &Rational::integer(whole);
        if !rest.is_zero() {
            factors.push(Factor { power: rest, ..Factor::number(Head::Prime(prime)) });
        }
    }
    Ok((factors, coefficient))
}

/// A positive number as a product of powers of primes. What is left beyond the trial divisors counts as prime: equal
/// numbers are still written in one way.
fn primes(number: &Rational) -> Result<Vec<(Rational, i64)>, Obstacle> {
    let value = number.to_big();
    let mut found = Vec::new();
    for (part, sign) in [(value.numer(), 1), (value.denom(), -1)] {
        let mut left =
            part.to_u64().ok_or(Obstacle::TooLarge { what: "in a number under a root", limit: u64::MAX })?;
        let mut divisor = 2;
        while divisor <= DIVISORS && divisor * divisor <= left {
            let mut times = 0;
            while left % divisor == 0 {
                left /= divisor;
                times += sign;
            }
            if times != 0 {
                found.push((Rational::from(BigRational::from_integer(BigInt::from(divisor))), times));
            }
            divisor += 1;
        }
        if left > 1 {
            found.push((Rational::from(BigRational::from_integer(BigInt::from(left))), sign));
        }
    }
    Ok(found)
}
