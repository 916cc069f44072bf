//! Sums of products: the normal form itself.
//!
//! A [`Poly`] is a sum of products in normal form, each with an exact rational coefficient that is not 0, in a fixed
//! order: two sums are equal as polynomials in their factors exactly if they are equal as values.

use super::atom::{Draw, Factor, Head};
use crate::expression::Rational;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A product in normal form, without a coefficient.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(super) struct Monomial(pub(super) Vec<Factor>);

/// A product in any form, with its coefficient.
pub(super) type Product = (Vec<Factor>, Rational);

/// A sum in normal form.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(super) struct Poly {
    terms: Vec<(Monomial, Rational)>,
}

impl Poly {
    pub(super) fn zero() -> Self {
        Self::default()
    }

    pub(super) fn constant(value: Rational) -> Self {
        Self::monomial(Monomial::default(), value)
    }

    pub(super) fn one() -> Self {
        Self::constant(Rational::ONE)
    }

    /// A single product that is in normal form.
    pub(super) fn monomial(monomial: Monomial, coefficient: Rational) -> Self {
        if coefficient.is_zero() { Self::zero() } else { Self { terms: vec![(monomial, coefficient)] } }
    }

    /// Joins products in normal form.
    pub(super) fn collect(mut terms: Vec<(Monomial, Rational)>) -> Self {
        if terms.len() > 1 {
            terms.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        }
        let mut joined: Vec<(Monomial, Rational)> = Vec::with_capacity(terms.len());
        for (monomial, coefficient) in terms {
            match joined.last_mut() {
                Some(last) if last.0 == monomial => last.1 += &coefficient,
                Some(_) | None => joined.push((monomial, coefficient)),
            }
        }
        joined.retain(|(_, coefficient)| !coefficient.is_zero());
        Self { terms: joined }
    }

    pub(super) fn terms(&self) -> &[(Monomial, Rational)] {
        &self.terms
    }

    pub(super) fn is_zero(&self) -> bool {
        self.terms.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.terms.len()
    }

    /// The value if it is a rational number.
    pub(super) fn as_number(&self) -> Option<Rational> {
        match self.terms.as_slice() {
            [] => Some(Rational::ZERO),
            [(monomial, value)] if monomial.0.is_empty() => Some(value.clone()),
            _ => None,
        }
    }

    /// The only product, if there is one.
    pub(super) fn as_single(&self) -> Option<(&Monomial, &Rational)> {
        match self.terms.as_slice() {
            [(monomial, value)] => Some((monomial, value)),
            _ => None,
        }
    }

    pub(super) fn scaled(&self, scale: &Rational) -> Self {
        if scale.is_zero() {
            return Self::zero();
        }
        Self { terms: self.terms.iter().map(|(monomial, value)| (monomial.clone(), value * scale)).collect() }
    }

    pub(super) fn negated(&self) -> Self {
        self.scaled(&Rational::integer(-1))
    }

    pub(super) fn plus(&self, other: &Self) -> Self {
        let (mut left, mut right) = (self.terms.iter().peekable(), other.terms.iter().peekable());
        let mut terms = Vec::with_capacity(self.len() + other.len());
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            match a.0.cmp(&b.0) {
                Ordering::Less => terms.extend(left.next().cloned()),
                Ordering::Greater => terms.extend(right.next().cloned()),
                Ordering::Equal => {
                    let sum = &a.1 + &b.1;
                    if !sum.is_zero() {
                        terms.push((a.0.clone(), sum));
                    }
                    left.next();
                    right.next();
                }
            }
        }
        terms.extend(left.cloned());
        terms.extend(right.cloned());
        Self { terms }
    }

    pub(super) fn minus(&self, other: &Self) -> Self {
        self.plus(&other.negated())
    }

    /// Whether the last term, which has the most factors of a kind, is negative.
    pub(super) fn leads_negative(&self) -> bool {
        self.terms.last().is_some_and(|(_, value)| value.is_negative())
    }

    /// The terms for which a test holds.
    pub(super) fn filtered(&self, keep: impl Fn(&Monomial) -> bool) -> Self {
        Self { terms: self.terms.iter().filter(|(monomial, _)| keep(monomial)).cloned().collect() }
    }

    /// Every factor of every product, also those inside of functions.
    pub(super) fn any(&self, test: &mut dyn FnMut(&Factor) -> bool) -> bool {
        self.terms.iter().any(|(monomial, _)| monomial.any(test))
    }

    /// The draw that a function of this sum speaks of.
    pub(super) fn draw(&self) -> Draw {
        let mut draw = Draw::Fixed;
        for factor in self.terms.iter().flat_map(|(monomial, _)| &monomial.0) {
            let own = factor.draw_of_function();
            if matches!(own, Draw::Entangled) {
                return own;
            }
            if own != Draw::Fixed {
                draw = own;
            }
        }
        draw
    }
}

impl Factor {
    /// The draw that a function of this factor speaks of.
    fn draw_of_function(&self) -> Draw {
        if self.group != 0 {
            return Draw::Fixed;
        }
        match (self.draw, &self.head) {
            (Draw::Copy { .. } | Draw::Entangled, _) | (_, Head::Noise(..)) => Draw::Entangled,
            (draw, _) => draw,
        }
    }

    /// Whether this factor or one inside of it passes a test.
    pub(super) fn any(&self, test: &mut dyn FnMut(&Self) -> bool) -> bool {
        test(self)
            || self.head.inner().is_some_and(|inner| inner.poly().any(test))
            || self.head.inner_product().is_some_and(|inner| inner.any(test))
    }
}

impl Monomial {
    /// Whether a factor, also one inside of functions, passes a test.
    pub(super) fn any(&self, test: &mut dyn FnMut(&Factor) -> bool) -> bool {
        self.0.iter().any(|factor| factor.any(test))
    }
}

/// A sum inside of a factor: shared, with its hash.
#[derive(Debug, Clone)]
pub(super) struct Sealed(Arc<(Poly, u64)>);

impl Sealed {
    pub(super) fn new(poly: Poly) -> Self {
        let mut hasher = Mixer::default();
        poly.hash(&mut hasher);
        let hash = hasher.finish();
        Self(Arc::new((poly, hash)))
    }

    pub(super) fn poly(&self) -> &Poly {
        &self.0.0
    }
}

impl PartialEq for Sealed {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || (self.0.1 == other.0.1 && self.0.0 == other.0.0)
    }
}

impl Eq for Sealed {}

impl Hash for Sealed {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.1.hash(state);
    }
}

impl Ord for Sealed {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { self.0.0.cmp(&other.0.0) }
    }
}

impl PartialOrd for Sealed {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A hash that is the same in every run.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mixer(u64);

/// One step of a mixing function on 64 bits (the finaliser of splitmix64).
pub(super) const fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        mix(self.0)
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let word = chunk.iter().fold(0, |word, byte| (word << 8) | u64::from(*byte));
            self.write_u64(word);
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = mix(self.0.rotate_left(5) ^ word);
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }
}
