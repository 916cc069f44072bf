//! The random instance at which a claim is looked at: every number of it by a hash of what it stands for.
//!
//! A field is a polynomial about the point, random in every coefficient; its coefficients are made when they are asked
//! for, so that it is generic to every degree that a claim needs. No coefficient is 0, and none is 1 by habit.

use super::evaluate::Sample;
use crate::expression::{Rational, Sign, SymbolId};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A number of an instance that may be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Unknown {
    /// A scalar symbol.
    Scalar(SymbolId),
    /// A coordinate of the point.
    Point(usize),
    /// The coefficient of a monomial of a component of a field at an outcome of its random names.
    Coefficient {
        /// The field.
        field: SymbolId,
        /// The outcome, 0 for fields of the space alone.
        outcome: u32,
        /// The component in row order; of a symmetric field the one in or above the diagonal.
        component: usize,
        /// The number of the monomial.
        monomial: usize,
    },
}

/// How large the random numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    /// A digit or two, to be read.
    Small,
    /// Two digits: where equations are solved for some of them.
    Medium,
    /// Four digits, for residues: fewer coincidences.
    Large,
}

/// What a formal small number `t` multiplies, so that functions are power series in it and the sides are compared term by
/// term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Formal {
    /// Nothing: the sides are compared at numbers.
    Nothing,
    /// Scalars and fields of any sign; of positive fields, all but their value at the point.
    Signed,
    /// All scalars and fields.
    All,
}

/// One random instance.
#[derive(Debug, Clone)]
pub(super) struct Draw {
    /// Everything follows from it.
    pub(super) seed: u64,
    /// How large numbers are.
    pub(super) size: Size,
    /// Scalars and the point are above 0.
    pub(super) positive: bool,
    /// `d`
    pub(super) dimension: usize,
    /// Fields, and scalars that were chosen, depend on one more variable than the coordinates, in which nothing is
    /// differentiated: what is special at the point is not beside it.
    pub(super) parameter: bool,
    /// How many data points there are.
    pub(super) support: usize,
    /// How many of the equally likely points of a finite population each data point stands for.
    pub(super) population: Option<Vec<u32>>,
    /// The number of columns of matrix fields is from 1 to this.
    pub(super) most_columns: usize,
    /// The scalars that count something.
    pub(super) counts: BTreeMap<SymbolId, i64>,
    /// Positive numbers are squares, so that roots can be taken.
    pub(super) squares: bool,
    /// Numbers are whole, so that exponentials can be taken.
    pub(super) whole: bool,
    /// Fields have no higher degree in the displacement: where they are integrated.
    pub(super) degree: Option<usize>,
    /// Declared functions are polynomials of this degree; else they have independent jets at different arguments.
    pub(super) function_degree: Option<usize>,
    /// Test functions have the factors `(1 - x_i^2)` to this power.
    pub(super) boundary: u32,
    /// Matrix fields that are symmetric by a condition.
    pub(super) symmetric: HashSet<SymbolId>,
    /// Names in a matrix whose root is taken: symmetric fields are squares, data have a covariance with a rational root.
    pub(super) rooted: HashSet<SymbolId>,
    /// Whether the data points are those of [`super::whiten`].
    pub(super) whitened: bool,
    /// What such squares are multiplied by, if not 1.
    pub(super) scales: HashMap<SymbolId, Rational>,
    /// Logarithms are additive in the prime factors of their argument and random in these: where no exponential occurs.
    pub(super) free_logarithms: bool,
    /// What is multiplied by a formal number.
    pub(super) formal: Formal,
    /// Names in the parameters of distributions, and time steps of noises: never multiplied.
    pub(super) fixed: HashSet<SymbolId>,
    /// Numbers that were chosen.
    pub(super) chosen: HashMap<Unknown, Rational>,
}

/// What a random number is for: the first part of its hash.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    Scalar,
    Point,
    Field,
    Root,
    Random,
    Weight,
    Columns,
    Function,
    Moment,
    Outcome,
    Constant,
}

/// A bijection of 64 bits that mixes well (the finalizer of `SplitMix64`).
const fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Draw {
    /// 64 random bits for a purpose.
    pub(super) fn bits(&self, purpose: Purpose, parts: [u64; 4]) -> u64 {
        parts.iter().fold(mix(self.seed ^ mix(purpose as u64)), |hash, part| mix(hash ^ part))
    }

    /// A random number that is not 0.
    pub(super) fn number(&self, purpose: Purpose, parts: [u64; 4]) -> Rational {
        let magnitude = self.magnitude(purpose, parts);
        if self.positive && matches!(purpose, Purpose::Scalar | Purpose::Point) {
            return magnitude;
        }
        if self.bits(purpose, [parts[0], parts[1], parts[2], !parts[3]]) & 1 == 0 {
            magnitude
        } else {
            -magnitude
        }
    }

    /// A random number above 0.
    pub(super) fn magnitude(&self, purpose: Purpose, parts: [u64; 4]) -> Rational {
        const NUMERATORS: [i64; 8] = [2, 3, 1, 4, 5, 3, 2, 7];
        const DENOMINATORS: [i64; 8] = [1, 1, 1, 1, 1, 2, 2, 3];
        let bits = self.bits(purpose, parts);
        #[allow(clippy::cast_possible_truncation, reason = "a few bits")]
        let pick = |shift: u32, count: u64| ((bits >> shift) % count) as usize;
        if self.whole {
            return Rational::integer(NUMERATORS[pick(3, 8)]);
        }
        let (numerator, denominator) = match self.size {
            Size::Small => (NUMERATORS[pick(3, 8)], DENOMINATORS[pick(12, 8)]),
            Size::Medium => (2 + i64::try_from(pick(3, 29)).unwrap_or(0), 1),
            Size::Large => {
                (2 + i64::try_from(pick(3, 9973)).unwrap_or(0), 1 + i64::try_from(pick(40, 16)).unwrap_or(0))
            }
        };
        Rational::new(numerator, denominator).unwrap_or(Rational::ONE)
    }

    /// A random number above 0, a square where roots are taken.
    fn positive(&self, purpose: Purpose, parts: [u64; 4]) -> Rational {
        let root = self.magnitude(purpose, parts);
        if self.squares { &root * &root } else { root }
    }

    /// The value of a scalar symbol.
    pub(super) fn scalar(&self, id: SymbolId, sign: Sign) -> Rational {
        if let Some(value) = self.chosen.get(&Unknown::Scalar(id)) {
            return value.clone();
        }
        if let Some(count) = self.counts.get(&id) {
            return Rational::from(*count);
        }
        let parts = [u64::from(id.0), 0, 0, 0];
        match sign {
            Sign::Any => self.number(Purpose::Scalar, parts),
            Sign::NonNegative | Sign::Positive => self.positive(Purpose::Scalar, parts),
        }
    }

    /// Whether all of a name is multiplied by the formal number.
    pub(super) fn is_formal(&self, id: SymbolId, sign: Sign) -> bool {
        let multiplied = match self.formal {
            Formal::Nothing => false,
            Formal::Signed => sign == Sign::Any,
            Formal::All => true,
        };
        multiplied && !self.fixed.contains(&id) && !self.counts.contains_key(&id)
    }

    /// How many variables series have.
    pub(super) fn variables(&self) -> usize {
        self.dimension + usize::from(self.parameter)
    }

    /// The coefficient of the parameter in a scalar that was chosen; nothing for others.
    pub(super) fn slope(&self, id: SymbolId) -> Option<Rational> {
        let moves = self.parameter && self.chosen.contains_key(&Unknown::Scalar(id));
        moves.then(|| self.number(Purpose::Scalar, [u64::from(id.0), 0, 0, 1]))
    }

    /// A coordinate of the point.
    pub(super) fn point(&self, coordinate: usize) -> Rational {
        let drawn = || self.number(Purpose::Point, [coordinate as u64, 0, 0, 0]);
        self.chosen.get(&Unknown::Point(coordinate)).cloned().unwrap_or_else(drawn)
    }

    /// A coefficient of a field; `family` tells apart the fields that a field is made of.
    pub(super) fn coefficient(&self, place: Unknown, family: u64, sign: Sign) -> Rational {
        let Unknown::Coefficient { field, outcome, component, monomial } = place else {
            return Rational::ZERO;
        };
        if family == 0
            && let Some(value) = self.chosen.get(&place)
        {
            return value.clone();
        }
        let parts =
            [u64::from(field.0), u64::from(outcome) + (family << 32), component as u64, monomial as u64];
        if monomial == 0 && sign != Sign::Any {
            return self.positive(Purpose::Field, parts);
        }
        self.number(Purpose::Field, parts)
    }

    /// The number of columns of a matrix field.
    pub(super) fn columns(&self, field: SymbolId) -> usize {
        if self.symmetric.contains(&field) {
            return self.dimension;
        }
        if self.rooted.contains(&field) {
            return self.dimension + 1;
        }
        let most = self.most_columns as u64;
        usize::try_from(most - self.bits(Purpose::Columns, [u64::from(field.0), 0, 0, 0]) % 2 % most)
            .unwrap_or(1)
    }

    /// Whether all points of the population that a data point stands for are among the copies.
    pub(super) fn is_exhausted(&self, outcome: u32, copies: &[(Sample, u32)]) -> bool {
        let drawn = copies.iter().filter(|(copy, _)| copy.outcome == outcome).count();
        let points = self.population.as_ref().and_then(|points| points.get(outcome as usize));
        // A batch is at most as large as its population, so that some data point is left.
        points.is_some_and(|points| drawn >= *points as usize)
    }

    /// The probabilities of the data points.
    pub(super) fn weights(&self) -> Vec<Rational> {
        if self.whitened {
            return (0..self.support).map(|o| self.white_weight(u32::try_from(o).unwrap_or(0))).collect();
        }
        let drawn = |outcome: usize| {
            let bits = self.bits(Purpose::Weight, [outcome as u64; 4]) % 5;
            i64::try_from(bits).unwrap_or(0) + 1 + i64::try_from(outcome).unwrap_or(0)
        };
        let part = |outcome: usize| match &self.population {
            Some(points) => points.get(outcome).map_or(Rational::ZERO, |n| Rational::from(i64::from(*n))),
            None => Rational::from(drawn(outcome)),
        };
        let parts: Vec<Rational> = (0..self.support).map(part).collect();
        let total = parts.iter().fold(Rational::ZERO, |sum, part| &sum + part);
        parts.iter().map(|part| part.checked_div(&total).unwrap_or(Rational::ZERO)).collect()
    }
}
