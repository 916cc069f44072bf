//! Denominators: sums under negative powers.
//!
//! ```text
//! x/P + y/Q = (x Q + y P)/(P Q)          (P R)/P = R
//! ```

use super::algebra::{Algebra, floor};
use super::atom::{Draw, Factor, Head};
use super::obstacle::Obstacle;
use super::poly::{Monomial, Poly, Product, Sealed};
use crate::expression::Rational;

/// Rounds of clearing: a denominator may show another.
const ROUNDS: usize = 8;

/// Steps of one long division.
const STEPS: usize = 40;

/// A sum under a power.
type Base = (Sealed, Draw, Rational);

impl Algebra<'_> {
    /// A sum multiplied by its denominators, and what it was multiplied by. Denominators within expectations stay.
    pub(super) fn cleared(&self, sum: &Poly) -> Result<(Poly, Vec<Factor>), Obstacle> {
        let mut sum = sum.clone();
        let mut multipliers = Vec::new();
        for _ in 0..ROUNDS {
            let Some((base, draw, power)) = lowest_power(&sum) else { break };
            let clear = Factor { power: -&power, ..Factor::new(Head::Base(base), draw, &[]) };
            let products = sum.terms().iter().map(|(monomial, coefficient)| {
                let mut factors = monomial.0.clone();
                factors.push(clear.clone());
                (factors, coefficient.clone())
            });
            sum = self.finish(products.collect())?;
            multipliers.push(clear);
        }
        Ok((sum, multipliers))
    }

    /// A sum divided by a product of powers, term by term.
    pub(super) fn divided(&self, sum: &Poly, (factors, number): &Product) -> Result<Poly, Obstacle> {
        let scale = number.recip().ok_or(Obstacle::DivisionByZero)?;
        let inverse = |factor: &Factor| Factor { power: -&factor.power, ..factor.clone() };
        let products = sum.terms().iter().map(|(monomial, value)| {
            (monomial.0.iter().cloned().chain(factors.iter().map(inverse)).collect(), value * &scale)
        });
        self.finish(products.collect())
    }

    /// A sum over one denominator, in lowest terms as far as long division finds them.
    pub(super) fn together(&self, sum: &Poly) -> Result<Poly, Obstacle> {
        if lowest_power(sum).is_none() {
            return Ok(sum.clone());
        }
        let (mut above, multipliers) = self.cleared(sum)?;
        let mut below = Vec::new();
        for mut factor in multipliers {
            let Head::Base(base) = &factor.head else { continue };
            while factor.power >= Rational::ONE
                && let Some(quotient) = self.quotient_of(&above, base.poly())?
            {
                above = quotient;
                factor.power = &factor.power - &Rational::ONE;
            }
            if !factor.power.is_zero() {
                below.push(Factor { power: -&factor.power, ..factor.clone() });
            }
        }
        let products = above.terms().iter().map(|(monomial, coefficient)| {
            (monomial.0.iter().chain(&below).cloned().collect(), coefficient.clone())
        });
        self.finish(products.collect())
    }

    /// `P/Q` if it is a sum without `Q` below: by long division in a factor whose highest power in `Q` stands alone.
    fn quotient_of(&self, above: &Poly, below: &Poly) -> Result<Option<Poly>, Obstacle> {
        for (monomial, coefficient) in below.terms() {
            let [variable] = monomial.0.as_slice() else { continue };
            let degree = variable.power.clone();
            let highest = below.terms().iter().all(|(m, _)| power_in(m, variable) <= degree);
            let alone = below.terms().iter().filter(|(m, _)| power_in(m, variable) == degree).count() == 1;
            if degree.is_positive() && highest && alone {
                return self.long_division(above, below, variable, coefficient);
            }
        }
        Ok(None)
    }

    fn long_division(
        &self,
        above: &Poly,
        below: &Poly,
        variable: &Factor,
        leading: &Rational,
    ) -> Result<Option<Poly>, Obstacle> {
        let (mut left, mut quotient) = (above.clone(), Poly::zero());
        let scale = leading.recip().ok_or(Obstacle::DivisionByZero)?;
        let lower = Factor { power: -&variable.power, ..variable.clone() };
        for _ in 0..STEPS {
            if left.is_zero() {
                return Ok(Some(quotient));
            }
            let Some(highest) = left.terms().iter().map(|(m, _)| power_in(m, variable)).max() else { break };
            if highest < variable.power {
                break;
            }
            let part = left.filtered(|monomial| power_in(monomial, variable) == highest);
            let products: Vec<Product> = part
                .terms()
                .iter()
                .map(|(monomial, value)| {
                    let mut factors = monomial.0.clone();
                    factors.push(lower.clone());
                    (factors, value * &scale)
                })
                .collect();
            let part = self.finish(products)?;
            left = left.minus(&self.times(&part, below)?);
            quotient = quotient.plus(&part);
        }
        Ok(None)
    }
}

/// The power of a factor in a product.
fn power_in(monomial: &Monomial, variable: &Factor) -> Rational {
    let found = monomial.0.iter().find(|factor| factor.same_base(variable));
    found.map_or(Rational::ZERO, |factor| factor.power.clone())
}

/// A sum under a negative power, outside of expectations, and its lowest power rounded down.
fn lowest_power(sum: &Poly) -> Option<Base> {
    let mut lowest: Option<Base> = None;
    for factor in sum.terms().iter().flat_map(|(monomial, _)| &monomial.0) {
        let Head::Base(inner) = &factor.head else { continue };
        let clears = factor.group == 0 && matches!(factor.draw, Draw::Fixed | Draw::Own);
        if !clears || !factor.power.is_negative() {
            continue;
        }
        let Ok(floor) = floor(&factor.power) else { continue };
        let floor = Rational::integer(floor);
        let same = lowest.as_ref().is_none_or(|(known, draw, _)| known == inner && *draw == factor.draw);
        let lower = lowest.as_ref().is_none_or(|(_, _, power)| floor < *power);
        if same && lower {
            lowest = Some((inner.clone(), factor.draw, floor));
        }
    }
    lowest
}
