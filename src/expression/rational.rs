//! Exact rational numbers without bound: two machine words while they suffice, big integers beyond.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Add, AddAssign, Mul, MulAssign, Neg, Sub, SubAssign};

/// An exact rational number in lowest terms.
///
/// Every number has one representation: machine words exactly when numerator and denominator fit, so that equality and
/// hashing are those of the parts.
#[derive(Clone, PartialEq, Eq)]
pub struct Rational(Form);

#[derive(Clone, PartialEq, Eq)]
enum Form {
    /// Numerator and positive denominator in lowest terms.
    Small(i64, i64),
    /// At least one part does not fit in 64 bits.
    Big(Box<BigRational>),
}

impl Rational {
    /// 0.
    pub const ZERO: Self = Self(Form::Small(0, 1));
    /// 1.
    pub const ONE: Self = Self(Form::Small(1, 1));

    /// `numerator / denominator`; nothing if the denominator is 0.
    #[must_use]
    pub fn new(numerator: i64, denominator: i64) -> Option<Self> {
        (denominator != 0).then(|| Self::reduce(i128::from(numerator), i128::from(denominator)))
    }

    /// A whole number.
    #[must_use]
    pub const fn integer(value: i64) -> Self {
        Self(Form::Small(value, 1))
    }

    /// One half of `numerator`: the exponents of noise.
    #[must_use]
    pub fn half(numerator: i64) -> Self {
        Self::reduce(i128::from(numerator), 2)
    }

    /// A decimal numeral such as `12`, `0.25` or `1.5e-3`, exactly; nothing if the text is not one, or if its exponent is
    /// beyond 400.
    #[must_use]
    pub fn decimal(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let places = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
        if places.abs() > 400 {
            return None;
        }
        let digits: BigInt = digits.parse().ok()?;
        let scale = BigInt::from(10).pow(places.unsigned_abs());
        Some(Self::from_big(if places >= 0 {
            BigRational::from_integer(digits * scale)
        } else {
            BigRational::new(digits, scale)
        }))
    }

    /// From parts of up to 128 bits; the denominator is not 0.
    fn reduce(numerator: i128, denominator: i128) -> Self {
        let common = gcd(numerator.unsigned_abs(), denominator.unsigned_abs());
        let sign = if denominator < 0 { -1 } else { 1 };
        // The gcd of two numbers with an absolute value of at most 2^127 fits unless it is 2^127 itself.
        let Ok(common) = i128::try_from(common) else {
            return Self::from_big(BigRational::new(BigInt::from(numerator), BigInt::from(denominator)));
        };
        let (n, d) = (numerator / common, denominator / common);
        match (i64::try_from(n), i64::try_from(d)) {
            (Ok(n), Ok(d)) if n != i64::MIN && d != i64::MIN => Self(Form::Small(sign * n, sign * d)),
            _ => Self::from_big(BigRational::new(BigInt::from(n), BigInt::from(d))),
        }
    }

    /// From a number in lowest terms with a positive denominator.
    fn from_big(value: BigRational) -> Self {
        match (value.numer().to_i64(), value.denom().to_i64()) {
            (Some(n), Some(d)) if n != i64::MIN => Self(Form::Small(n, d)),
            _ => Self(Form::Big(Box::new(value))),
        }
    }

    /// The same as a pair of big integers.
    #[must_use]
    pub fn to_big(&self) -> BigRational {
        match &self.0 {
            Form::Small(n, d) => BigRational::new_raw(BigInt::from(*n), BigInt::from(*d)),
            Form::Big(big) => (**big).clone(),
        }
    }

    /// Whether this is 0.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        matches!(self.0, Form::Small(0, _))
    }

    /// Whether this is 1.
    #[must_use]
    pub fn is_one(&self) -> bool {
        matches!(self.0, Form::Small(1, 1))
    }

    /// Whether this is below 0.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        match &self.0 {
            Form::Small(n, _) => *n < 0,
            Form::Big(big) => big.is_negative(),
        }
    }

    /// Whether this is above 0.
    #[must_use]
    pub fn is_positive(&self) -> bool {
        !self.is_zero() && !self.is_negative()
    }

    /// The value if this is a whole number of machine size.
    #[must_use]
    pub fn to_integer(&self) -> Option<i64> {
        match self.0 {
            Form::Small(n, 1) => Some(n),
            Form::Small(..) | Form::Big(_) => None,
        }
    }

    /// Numerator and positive denominator in lowest terms if both are of machine size.
    #[must_use]
    pub fn to_parts(&self) -> Option<(i64, i64)> {
        match self.0 {
            Form::Small(n, d) => Some((n, d)),
            Form::Big(_) => None,
        }
    }

    /// `1/self`; nothing for 0.
    #[must_use]
    pub fn recip(&self) -> Option<Self> {
        match &self.0 {
            Form::Small(0, _) => None,
            Form::Small(n, d) => Some(Self(Form::Small(d * n.signum(), n.abs()))),
            Form::Big(big) => Some(Self::from_big(big.recip())),
        }
    }

    /// `self / divisor`; nothing if the divisor is 0.
    #[must_use]
    pub fn checked_div(&self, divisor: &Self) -> Option<Self> {
        Some(self * &divisor.recip()?)
    }

    /// The whole power; nothing for 0 to a negative power.
    #[must_use]
    pub fn pow(&self, exponent: i32) -> Option<Self> {
        let mut base = if exponent < 0 { self.recip()? } else { self.clone() };
        let (mut left, mut power) = (exponent.unsigned_abs(), Self::ONE);
        while left > 0 {
            if left & 1 == 1 {
                power = &power * &base;
            }
            left >>= 1;
            if left > 0 {
                base = &base * &base;
            }
        }
        Some(power)
    }

    /// The absolute value.
    #[must_use]
    pub fn abs(&self) -> Self {
        if self.is_negative() { -self } else { self.clone() }
    }

    /// The non-negative square root if it is rational.
    #[must_use]
    pub fn sqrt(&self) -> Option<Self> {
        if self.is_negative() {
            return None;
        }
        let big = self.to_big();
        let (n, d) = (big.numer().sqrt(), big.denom().sqrt());
        (&n * &n == *big.numer() && &d * &d == *big.denom()).then(|| Self::from_big(BigRational::new(n, d)))
    }

    /// Bits of the longer part: a measure of size for limits.
    #[must_use]
    pub fn bits(&self) -> u64 {
        match &self.0 {
            Form::Small(n, d) => u64::from(64 - (n.unsigned_abs() | d.unsigned_abs()).leading_zeros()),
            Form::Big(big) => big.numer().bits().max(big.denom().bits()),
        }
    }
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    // Most parts fit in 64 bits, where a division costs a fraction.
    while b != 0 {
        if let (Ok(small_a), Ok(small_b)) = (u64::try_from(a), u64::try_from(b)) {
            return u128::from(gcd_small(small_a, small_b));
        }
        (a, b) = (b, a % b);
    }
    a
}

fn gcd_small(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl From<i64> for Rational {
    fn from(value: i64) -> Self {
        if value == i64::MIN {
            Self::from_big(BigRational::from_integer(BigInt::from(value)))
        } else {
            Self::integer(value)
        }
    }
}

impl From<BigRational> for Rational {
    fn from(value: BigRational) -> Self {
        Self::from_big(value.reduced())
    }
}

impl Add for &Rational {
    type Output = Rational;
    fn add(self, other: Self) -> Rational {
        match (&self.0, &other.0) {
            (Form::Small(a, b), Form::Small(c, d)) if b == d => {
                Rational::reduce(i128::from(*a) + i128::from(*c), i128::from(*b))
            }
            (Form::Small(a, b), Form::Small(c, d)) => {
                let (a, b, c, d) = (i128::from(*a), i128::from(*b), i128::from(*c), i128::from(*d));
                // Each product is below 2^126 in absolute value, so the sum fits.
                Rational::reduce(a * d + c * b, b * d)
            }
            _ => Rational::from_big(self.to_big() + other.to_big()),
        }
    }
}

impl Mul for &Rational {
    type Output = Rational;
    fn mul(self, other: Self) -> Rational {
        match (&self.0, &other.0) {
            (Form::Small(a, b), Form::Small(c, d)) => {
                Rational::reduce(i128::from(*a) * i128::from(*c), i128::from(*b) * i128::from(*d))
            }
            _ => Rational::from_big(self.to_big() * other.to_big()),
        }
    }
}

impl Neg for &Rational {
    type Output = Rational;
    fn neg(self) -> Rational {
        match &self.0 {
            Form::Small(n, d) => Rational(Form::Small(-n, *d)),
            Form::Big(big) => Rational::from_big(-(**big).clone()),
        }
    }
}

impl Sub for &Rational {
    type Output = Rational;
    fn sub(self, other: Self) -> Rational {
        self + &-other
    }
}

impl Neg for Rational {
    type Output = Self;
    fn neg(self) -> Self {
        -&self
    }
}

impl Add for Rational {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        &self + &other
    }
}

impl Sub for Rational {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        &self - &other
    }
}

impl Mul for Rational {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        &self * &other
    }
}

impl AddAssign<&Self> for Rational {
    fn add_assign(&mut self, other: &Self) {
        *self = &*self + other;
    }
}

impl SubAssign<&Self> for Rational {
    fn sub_assign(&mut self, other: &Self) {
        *self = &*self - other;
    }
}

impl MulAssign<&Self> for Rational {
    fn mul_assign(&mut self, other: &Self) {
        *self = &*self * other;
    }
}

impl Zero for Rational {
    fn zero() -> Self {
        Self::ZERO
    }
    fn is_zero(&self) -> bool {
        Self::is_zero(self)
    }
}

impl One for Rational {
    fn one() -> Self {
        Self::ONE
    }
}

impl Hash for Rational {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Form::Small(n, d) => (n, d).hash(state),
            Form::Big(big) => big.hash(state),
        }
    }
}

impl Ord for Rational {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Form::Small(a, b), Form::Small(c, d)) => {
                (i128::from(*a) * i128::from(*d)).cmp(&(i128::from(*c) * i128::from(*b)))
            }
            _ => self.to_big().cmp(&other.to_big()),
        }
    }
}

impl PartialOrd for Rational {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Rational {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Small(n, 1) => write!(f, "{n}"),
            Form::Small(n, d) => write!(f, "{n}/{d}"),
            Form::Big(big) if big.is_integer() => write!(f, "{}", big.numer()),
            Form::Big(big) => write!(f, "{}/{}", big.numer(), big.denom()),
        }
    }
}

impl fmt::Debug for Rational {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(n: i64, d: i64) -> Rational {
        Rational::new(n, d).unwrap()
    }

    #[test]
    fn sums_and_products_are_in_lowest_terms() {
        assert_eq!(ratio(1, 2) + ratio(1, 3), ratio(5, 6), "sum");
        assert_eq!(ratio(6, -4), ratio(-3, 2), "the denominator is positive");
        assert_eq!(ratio(2, 3) * ratio(3, 4), ratio(1, 2), "product");
        assert_eq!((ratio(1, 3) - ratio(1, 3)), Rational::ZERO, "difference");
        assert_eq!(ratio(-2, 3).recip(), Some(ratio(-3, 2)), "reciprocal keeps the sign");
        assert_eq!(Rational::ZERO.recip(), None, "no reciprocal of 0");
        assert!(ratio(1, 3) < ratio(1, 2) && ratio(-1, 2) < ratio(-1, 3), "order");
    }

    #[test]
    fn overflow_goes_to_big_numbers_and_back() {
        let large = Rational::integer(i64::MAX);
        let square = &large * &large;
        assert!(square.to_parts().is_none(), "does not fit");
        assert_eq!(square.checked_div(&large), Some(large.clone()), "and comes back to one representation");
        assert_eq!(square.sqrt(), Some(large.clone()), "root of a square");
        let least = Rational::from(i64::MIN);
        assert_eq!(
            &least + &Rational::integer(1),
            Rational::integer(i64::MIN + 1),
            "the most negative number"
        );
        assert_eq!(-&least, &large + &Rational::ONE, "its negative");
        let tiny = ratio(1, i64::MAX).pow(3).unwrap();
        assert_eq!(tiny.recip().unwrap(), large.pow(3).unwrap(), "powers");
    }

    #[test]
    fn decimals_are_exact() {
        assert_eq!(Rational::decimal("0.1"), Some(ratio(1, 10)), "a tenth");
        assert_eq!(Rational::decimal("2.50e1"), Some(Rational::integer(25)), "exponent");
        assert_eq!(Rational::decimal("1e-3"), Some(ratio(1, 1000)), "negative exponent");
        for not in ["", ".", "1.2.3", "0x1", "1e", "1e999999", "-1", "e5"] {
            assert_eq!(Rational::decimal(not), None, "{not:?}");
        }
    }

    #[test]
    fn roots_are_rational_or_nothing() {
        assert_eq!(ratio(9, 4).sqrt(), Some(ratio(3, 2)), "rational");
        assert_eq!(Rational::integer(2).sqrt(), None, "irrational");
        assert_eq!(Rational::integer(-4).sqrt(), None, "negative");
    }
}
