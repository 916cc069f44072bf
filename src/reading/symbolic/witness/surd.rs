//! Rational numbers with the square roots of small whole numbers adjoined: where a claim writes `sqrt(2)`.
//!
//! A number is `sum_k c_k sqrt(k)` over products `k` of different primes up to 13. These roots are linearly independent
//! over the rationals, so that a number is 0 only if every `c_k` is, and equality is exact.

use super::number::Exact;
use crate::expression::Rational;
use std::collections::BTreeMap;

/// The primes whose roots are adjoined.
const PRIMES: [i64; 6] = [2, 3, 5, 7, 11, 13];

/// `sum_k c_k sqrt(k)`, the coefficients that are not 0 by `k`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Surd(BTreeMap<i64, Rational>);

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl Surd {
    fn insert(&mut self, k: i64, value: &Rational) {
        let sum = self.0.get(&k).map_or_else(|| value.clone(), |old| old + value);
        if sum.is_zero() {
            self.0.remove(&k);
        } else {
            self.0.insert(k, sum);
        }
    }

    /// The same with the opposite sign of the root of a prime.
    fn conjugate(&self, prime: i64) -> Self {
        let turned = |(k, c): (&i64, &Rational)| (*k, if k % prime == 0 { -c } else { c.clone() });
        Self(self.0.iter().map(turned).collect())
    }
}

impl Exact for Surd {
    const COST: u64 = 60;
    fn zero() -> Self {
        Self(BTreeMap::new())
    }
    fn one() -> Self {
        Self(BTreeMap::from([(1, Rational::ONE)]))
    }
    fn from_rational(value: &Rational) -> Option<Self> {
        let mut result = Self::zero();
        result.insert(1, value);
        Some(result)
    }
    fn integer(value: i64) -> Self {
        let mut result = Self::zero();
        result.insert(1, &Rational::from(value));
        result
    }
    fn to_rational(&self) -> Option<Rational> {
        match (self.0.len(), self.0.get(&1)) {
            (0, _) => Some(Rational::ZERO),
            (1, Some(value)) => Some(value.clone()),
            _ => None,
        }
    }
    fn root(&self) -> Option<Self> {
        // sqrt(n/d) = sqrt(n d)/d
        let value = self.to_rational()?;
        let (numerator, denominator) = value.to_parts().filter(|(n, _)| *n > 0)?;
        let mut square = numerator.checked_mul(denominator)?;
        let mut free = 1;
        for prime in PRIMES {
            let mut times = 0;
            while square % prime == 0 {
                square /= prime;
                times += 1;
            }
            if times % 2 == 1 {
                free *= prime;
            }
            for _ in 0..times / 2 * 2 {
                square = square.checked_mul(prime)?;
            }
        }
        let scale = Rational::integer(square).sqrt()?.checked_div(&Rational::integer(denominator))?;
        Some(Self(BTreeMap::from([(free, scale)])))
    }
    fn is_zero(&self) -> bool {
        self.0.is_empty()
    }
    fn add(&self, other: &Self) -> Self {
        let mut sum = self.clone();
        other.0.iter().for_each(|(k, c)| sum.insert(*k, c));
        sum
    }
    fn mul(&self, other: &Self) -> Self {
        let mut product = Self::zero();
        product.add_product(self, other);
        product
    }
    fn neg(&self) -> Self {
        Self(self.0.iter().map(|(k, c)| (*k, -c)).collect())
    }
    fn inverse(&self) -> Option<Self> {
        if let Some(value) = self.to_rational() {
            return Self::from_rational(&value.recip()?);
        }
        // 1/x = x'/(x x'), where the conjugate x' rids the denominator of one prime.
        let prime = PRIMES.into_iter().find(|prime| self.0.keys().any(|k| k % prime == 0))?;
        let conjugate = self.conjugate(prime);
        Some(conjugate.mul(&self.mul(&conjugate).inverse()?))
    }
    fn add_product(&mut self, a: &Self, b: &Self) {
        for (j, x) in &a.0 {
            for (k, y) in &b.0 {
                let common = gcd(*j, *k);
                self.insert(j / common * (k / common), &(&(x * y) * &Rational::integer(common)));
            }
        }
    }
    fn fingerprint(&self) -> u64 {
        self.0.iter().fold(0, |hash: u64, (k, c)| {
            hash.rotate_left(7) ^ c.fingerprint().wrapping_mul(k.unsigned_abs() | 1)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(n: i64, d: i64) -> Surd {
        Surd::from_rational(&Rational::new(n, d).unwrap()).unwrap().root().unwrap()
    }

    #[test]
    fn roots_multiply_as_they_should() {
        assert_eq!(root(2, 1).mul(&root(3, 1)), root(6, 1), "sqrt(2) sqrt(3)");
        assert_eq!(root(6, 1).mul(&root(10, 1)), Surd::integer(2).mul(&root(15, 1)), "sqrt(60)");
        assert_eq!(root(1, 2).mul(&root(2, 1)), Surd::one(), "sqrt(1/2) sqrt(2)");
        assert_eq!(
            root(72, 25),
            root(2, 1).mul(&Surd::from_rational(&Rational::new(6, 5).unwrap()).unwrap()),
            "72/25"
        );
        assert_eq!(root(9, 4).to_rational(), Rational::new(3, 2), "a rational root");
        assert!(Surd::integer(17).root().is_none() && Surd::integer(-2).root().is_none(), "beyond");
    }

    #[test]
    fn inverses_are_inverse() {
        let x = Surd::one().add(&root(2, 1)).add(&root(3, 1).mul(&Surd::integer(2)));
        assert_eq!(x.mul(&x.inverse().unwrap()), Surd::one(), "1/(1 + sqrt(2) + 2 sqrt(3))");
        assert!(x.add(&x.neg()).is_zero(), "difference");
        assert!(Surd::zero().inverse().is_none(), "0 has no inverse");
    }
}
