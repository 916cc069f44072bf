//! The two fields of numbers that the witness computes in: the rationals, and their residues modulo a prime.
//!
//! Taking residues modulo `p` is a homomorphism from the rationals whose denominators `p` does not divide. So two sides
//! that differ modulo `p` differ as rationals, and two sides that agree modulo `p` at random points agree with a
//! probability of about `degree/p` of being wrong. Residues cost a fiftieth of rationals that grow.

use crate::expression::Rational;
use num_traits::ToPrimitive;
use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A field of exact numbers.
pub(super) trait Exact: Clone + PartialEq + Debug {
    /// What one multiplication costs, in those of residues.
    const COST: u64;
    /// 0.
    fn zero() -> Self;
    /// 1.
    fn one() -> Self;
    /// The image of a rational number; nothing if its denominator has none.
    fn from_rational(value: &Rational) -> Option<Self>;
    /// The image of a whole number.
    fn integer(value: i64) -> Self;
    /// The number as a rational one, where it is known as one.
    fn to_rational(&self) -> Option<Rational>;
    /// The positive square root, where it is known to be in the field.
    fn root(&self) -> Option<Self>;
    /// Whether this is 0.
    fn is_zero(&self) -> bool;
    /// Sum.
    fn add(&self, other: &Self) -> Self;
    /// Product.
    fn mul(&self, other: &Self) -> Self;
    /// `-self`
    fn neg(&self) -> Self;
    /// `1/self`; nothing for 0.
    fn inverse(&self) -> Option<Self>;
    /// `self += a*b`
    fn add_product(&mut self, a: &Self, b: &Self);
    /// Bits that differ for most different numbers.
    fn fingerprint(&self) -> u64;
}

impl Exact for Rational {
    const COST: u64 = 25;
    fn zero() -> Self {
        Self::ZERO
    }
    fn one() -> Self {
        Self::ONE
    }
    fn from_rational(value: &Rational) -> Option<Self> {
        Some(value.clone())
    }
    fn integer(value: i64) -> Self {
        Self::from(value)
    }
    fn to_rational(&self) -> Option<Rational> {
        Some(self.clone())
    }
    fn root(&self) -> Option<Self> {
        self.sqrt()
    }
    fn is_zero(&self) -> bool {
        Self::is_zero(self)
    }
    fn add(&self, other: &Self) -> Self {
        self + other
    }
    fn mul(&self, other: &Self) -> Self {
        self * other
    }
    fn neg(&self) -> Self {
        -self
    }
    fn inverse(&self) -> Option<Self> {
        self.recip()
    }
    fn add_product(&mut self, a: &Self, b: &Self) {
        *self += &(a * b);
    }
    fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }
}

/// The prime `2^61 - 1`.
const PRIME: u64 = (1 << 61) - 1;

/// A residue modulo [`PRIME`], from 0 to `PRIME - 1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Residue(u64);

/// A number below `2^124` modulo the prime: the bits above the 61st count once more.
#[allow(clippy::cast_possible_truncation, reason = "each part is masked to 61 bits, or at most 63 bits")]
const fn fold(value: u128) -> u64 {
    let sum = (value as u64 & PRIME) + (value >> 61) as u64;
    let sum = (sum & PRIME) + (sum >> 61);
    if sum >= PRIME { sum - PRIME } else { sum }
}

impl Residue {
    fn power(self, mut exponent: u64) -> Self {
        let (mut base, mut result) = (self, Self(1));
        while exponent > 0 {
            if exponent & 1 == 1 {
                result = result.mul(&base);
            }
            base = base.mul(&base);
            exponent >>= 1;
        }
        result
    }

    fn unsigned(magnitude: u64, negative: bool) -> Self {
        let residue = Self(magnitude % PRIME);
        if negative { residue.neg() } else { residue }
    }
}

impl Exact for Residue {
    const COST: u64 = 1;
    fn zero() -> Self {
        Self(0)
    }
    fn one() -> Self {
        Self(1)
    }
    fn from_rational(value: &Rational) -> Option<Self> {
        if let Some((numerator, denominator)) = value.to_parts() {
            let numerator = Self::integer(numerator);
            return match denominator {
                1 => Some(numerator),
                _ => Some(numerator.mul(&Self::integer(denominator).inverse()?)),
            };
        }
        let big = value.to_big();
        let part =
            |part: &num_bigint::BigInt| Some(Self::unsigned((part.magnitude() % PRIME).to_u64()?, false));
        let (numerator, denominator) = (part(big.numer())?, part(big.denom())?);
        let quotient = numerator.mul(&denominator.inverse()?);
        Some(if value.is_negative() { quotient.neg() } else { quotient })
    }
    fn integer(value: i64) -> Self {
        Self::unsigned(value.unsigned_abs(), value < 0)
    }
    fn to_rational(&self) -> Option<Rational> {
        match self.0 {
            0 => Some(Rational::ZERO),
            1 => Some(Rational::ONE),
            _ => None,
        }
    }
    fn root(&self) -> Option<Self> {
        (self.0 < 2).then_some(*self)
    }
    fn is_zero(&self) -> bool {
        self.0 == 0
    }
    fn add(&self, other: &Self) -> Self {
        let sum = self.0 + other.0;
        Self(if sum >= PRIME { sum - PRIME } else { sum })
    }
    fn mul(&self, other: &Self) -> Self {
        Self(fold(u128::from(self.0) * u128::from(other.0)))
    }
    fn neg(&self) -> Self {
        Self(if self.0 == 0 { 0 } else { PRIME - self.0 })
    }
    fn inverse(&self) -> Option<Self> {
        // Fermat: x^(p-2) is the inverse of x.
        (self.0 != 0).then(|| self.power(PRIME - 2))
    }
    fn add_product(&mut self, a: &Self, b: &Self) {
        *self = Self(fold(u128::from(a.0) * u128::from(b.0) + u128::from(self.0)));
    }
    fn fingerprint(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn residues_are_images_of_rationals() {
        let image = |n, d| Residue::from_rational(&Rational::new(n, d).unwrap()).unwrap();
        assert_eq!(image(1, 3).add(&image(1, 6)), image(1, 2), "sum");
        assert_eq!(image(-2, 3).mul(&image(9, 4)), image(-3, 2), "product");
        assert_eq!(image(-5, 7).inverse(), Some(image(-7, 5)), "inverse");
        assert_eq!(image(1, 3).add(&image(1, 3).neg()), Residue::zero(), "difference");
        assert_eq!(Residue::zero().inverse(), None, "0 has no inverse");
        let mut sum = image(1, 2);
        sum.add_product(&image(2, 3), &image(3, 5));
        assert_eq!(sum, image(9, 10), "sum of a product");
    }

    #[test]
    fn residues_of_big_numbers_and_of_multiples_of_the_prime() {
        let prime = Rational::integer((1 << 61) - 1);
        assert_eq!(Residue::from_rational(&prime), Some(Residue::zero()), "the prime is 0");
        assert_eq!(Residue::from_rational(&prime.recip().unwrap()), None, "and has no inverse");
        let big = Rational::integer(i64::MAX).pow(3).unwrap();
        let small = Residue::integer(i64::MAX);
        assert_eq!(Residue::from_rational(&big), Some(small.mul(&small).mul(&small)), "a big number");
        assert_eq!(
            Residue::from_rational(&-big.clone()),
            Some(small.mul(&small).mul(&small).neg()),
            "negative"
        );
        assert_eq!(
            Residue::integer(i64::MIN),
            Residue::integer(i64::MIN + 1).add(&Residue::integer(-1)),
            "least"
        );
    }
}
