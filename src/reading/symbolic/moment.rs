//! Moments of the known distributions.
//!
//! ```text
//! normal(m, s)      E x^k = sum_j C(k, 2j) (2j-1)!! m^(k-2j) s^(2j)
//! uniform(a, b)     E x^k = (a^k + a^(k-1) b + ... + b^k)/(k+1)
//! rademacher        E x^k = 1 for even k, else 0         bernoulli(p)   E x^k = p
//! exponential(r)    E x^k = k!/r^k                       poisson(l)     E x^k = sum_j S(k, j) l^j
//! ```
//!
//! with `S(k, j)` Stirling's numbers of the second kind.

use super::algebra::Algebra;
use super::obstacle::Obstacle;
use super::poly::Poly;
use crate::expression::{Distribution, Rational};

/// Highest moment that is computed.
const ORDER: u32 = 40;

impl Algebra<'_> {
    /// `E x^k`, `k >= 1`; nothing if the moment is an unknown number.
    pub(super) fn moment_of(
        &self,
        distribution: &Distribution,
        parameters: &[Poly],
        order: u32,
    ) -> Result<Option<Poly>, Obstacle> {
        if order > ORDER {
            return Err(Obstacle::TooLarge { what: "as the order of a moment", limit: u64::from(ORDER) });
        }
        let moment = match (distribution, parameters) {
            (Distribution::Normal(..), [mean, deviation]) => self.normal_moment(mean, deviation, order)?,
            (Distribution::Uniform(..), [lower, upper]) => self.uniform_moment(lower, upper, order)?,
            (Distribution::Rademacher, _) => {
                Poly::constant(if order.is_multiple_of(2) { Rational::ONE } else { Rational::ZERO })
            }
            (Distribution::Bernoulli(_), [probability]) => probability.clone(),
            (Distribution::Exponential(_), [rate]) => {
                let factorial = (1..=order).fold(Rational::ONE, |f, k| &f * &whole(k));
                self.power(rate, &-whole(order))?.scaled(&factorial)
            }
            (Distribution::Poisson(_), [mean]) => self.poisson_moment(mean, order)?,
            (Distribution::Moments(_), known) => return Ok(known.get(order as usize - 1).cloned()),
            _ => return Err(Obstacle::Beyond { what: "a distribution with this number of parameters" }),
        };
        Ok(Some(moment))
    }

    fn normal_moment(&self, mean: &Poly, deviation: &Poly, order: u32) -> Result<Poly, Obstacle> {
        let mut sum = Poly::zero();
        let mut weight = Rational::ONE;
        for even in (0..=order).step_by(2) {
            let powers =
                self.times(&self.power(mean, &whole(order - even))?, &self.power(deviation, &whole(even))?)?;
            sum = sum.plus(&powers.scaled(&weight));
            // C(k, 2j+2) (2j+1)!! = C(k, 2j) (2j-1)!! (k-2j)(k-2j-1)/(2j+2)
            let next = &whole(order - even) * &(&whole(order) - &whole(even + 1));
            weight = &weight * &(&next * &Rational::new(1, i64::from(even) + 2).unwrap_or(Rational::ZERO));
        }
        Ok(sum)
    }

    fn uniform_moment(&self, lower: &Poly, upper: &Poly, order: u32) -> Result<Poly, Obstacle> {
        let mut sum = Poly::zero();
        for k in 0..=order {
            let powers =
                self.times(&self.power(lower, &whole(k))?, &self.power(upper, &whole(order - k))?)?;
            sum = sum.plus(&powers);
        }
        Ok(sum.scaled(&Rational::new(1, i64::from(order) + 1).unwrap_or(Rational::ZERO)))
    }

    fn poisson_moment(&self, mean: &Poly, order: u32) -> Result<Poly, Obstacle> {
        // S(k+1, j) = j S(k, j) + S(k, j-1)
        let mut stirling = vec![Rational::ONE];
        for _ in 0..order {
            let mut next = vec![Rational::ZERO; stirling.len() + 1];
            for (j, value) in (0_u32..).zip(&stirling) {
                next[j as usize] += &(value * &whole(j));
                next[j as usize + 1] += value;
            }
            stirling = next;
        }
        let mut sum = Poly::zero();
        for (j, value) in (0_u32..).zip(&stirling) {
            sum = sum.plus(&self.power(mean, &whole(j))?.scaled(value));
        }
        Ok(sum)
    }
}

fn whole(value: u32) -> Rational {
    Rational::integer(i64::from(value))
}
