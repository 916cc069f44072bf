//! Expectations of functions over known distributions.
//!
//! ```text
//! E f(x) = sum_v P(x = v) f(v)                                            rademacher, bernoulli
//! E[x^k e^(a x)] = e^(a m + a^2 s^2/2) E[y^k],  y ~ normal(m + a s^2, s)      normal(m, s)
//! E[x^k e^(a x)] = r k!/(r - a)^(k+1)                                      exponential(r), a < r
//! E[x^k e^(a x)] = e^(l (e^a - 1)) E[y^k],  y ~ poisson(l e^a)                poisson(l)
//! E[e^(a x)] = (e^(a u) - e^(a l))/(a (u - l))                             uniform(l, u)
//! E[f(dW) e^(a_i dW_i)] = e^(a_i a_i dt/2) E[f(dW + a dt)]                   noise
//! ```

use super::algebra::{Algebra, replace_index};
use super::atom::{Draw, Factor, Head, Index};
use super::lower::{FIRST, JOINT};
use super::obstacle::Obstacle;
use super::poly::{Monomial, Poly};
use super::reliance::Reliance;
use crate::expression::{Distribution, Length, Rational, SymbolId, SymbolKind};

impl Algebra<'_> {
    /// The expectation of factors that share random names, where it is known; nothing if it is not.
    pub(super) fn known_expectation(&self, part: &[Factor]) -> Result<Option<Poly>, Obstacle> {
        let mut sources: Vec<SymbolId> = part.iter().flat_map(|factor| self.sources(factor)).collect();
        sources.sort_unstable();
        sources.dedup();
        for source in &sources {
            if let Some((distribution, parameters)) = self.distribution(*source) {
                let values = match (distribution, parameters) {
                    (Distribution::Rademacher, _) => {
                        let half = || Poly::constant(Rational::half(1));
                        vec![(Rational::ONE, half()), (Rational::integer(-1), half())]
                    }
                    (Distribution::Bernoulli(_), [probability]) => vec![
                        (Rational::ONE, probability.clone()),
                        (Rational::ZERO, Poly::one().minus(probability)),
                    ],
                    _ => continue,
                };
                if let Some(sum) = self.over_two_values(part, *source, &values)? {
                    return Ok(Some(sum));
                }
            }
        }
        let [source] = sources.as_slice() else { return Ok(None) };
        let Some((distribution, parameters)) = self.distribution(*source) else { return Ok(None) };
        let Some((power, slope)) = self.power_and_slope(part, *source)? else { return Ok(None) };
        if slope.is_zero() {
            return if power == 0 { Ok(None) } else { self.moment_of(distribution, parameters, power) };
        }
        self.tilted_moment(distribution, parameters, power, &slope)
    }

    fn distribution(&self, name: SymbolId) -> Option<(&Distribution, &[Poly])> {
        let SymbolKind::Random { distribution: Some(distribution), .. } = &self.symbols.get(name).kind else {
            return None;
        };
        Some((distribution, self.parameters.get(&name)?))
    }

    /// `sum_v P(x = v) E f(v)`; nothing if a field depends on `x`.
    fn over_two_values(
        &self,
        part: &[Factor],
        name: SymbolId,
        values: &[(Rational, Poly)],
    ) -> Result<Option<Poly>, Obstacle> {
        let hidden = |factor: &Factor| {
            let depends = matches!(factor.head, Head::Field { .. }) && self.sources(factor).contains(&name);
            depends || matches!(factor.head, Head::Root(_) | Head::Inverse { .. })
        };
        let open = part.iter().any(|factor| !factor.is_closed());
        if open || part.iter().any(|factor| factor.any(&mut |inner| hidden(inner))) {
            return Ok(None);
        }
        let sum = self.finish(vec![(part.to_vec(), Rational::ONE)])?;
        let mut result = Poly::zero();
        for (value, weight) in values {
            let at = self.rewritten(&sum, &|factor| {
                let known = matches!(factor.head, Head::Random(symbol) if symbol == name);
                Ok(known.then(|| Poly::constant(value.clone())))
            })?;
            result = result.plus(&self.times(weight, &self.expectation(&at)?)?);
        }
        Ok(Some(result))
    }

    /// `k` and `a` of `x^k e^(a x)`; nothing for other functions of `x`.
    fn power_and_slope(&self, part: &[Factor], name: SymbolId) -> Result<Option<(u32, Poly)>, Obstacle> {
        let is_name = |factor: &Factor| matches!(factor.head, Head::Random(symbol) if symbol == name);
        let (mut power, mut slope) = (0, Poly::zero());
        for factor in part {
            if is_name(factor) {
                let order = factor.power.to_integer().and_then(|order| u32::try_from(order).ok());
                let Some(order) = order else { return Ok(None) };
                power += order;
                continue;
            }
            let Head::Exp(inner) = &factor.head else { return Ok(None) };
            let (own, others): (Vec<Factor>, Vec<Factor>) = inner.0.iter().cloned().partition(|f| is_name(f));
            let linear = matches!(own.as_slice(), [only] if only.power.is_one());
            if !linear || others.iter().any(|other| other.any(&mut |f| f.is_random())) {
                return Ok(None);
            }
            slope = slope.plus(&self.finish(vec![(others, factor.power.clone())])?);
        }
        Ok(Some((power, slope)))
    }

    /// `E[x^k e^(a x)]`
    fn tilted_moment(
        &self,
        distribution: &Distribution,
        parameters: &[Poly],
        power: u32,
        slope: &Poly,
    ) -> Result<Option<Poly>, Obstacle> {
        let inverse = Rational::integer(-1);
        let moment = |parameters: &[Poly]| match power {
            0 => Ok(Some(Poly::one())),
            _ => self.moment_of(distribution, parameters, power),
        };
        let (scale, parameters) = match (distribution, parameters) {
            (Distribution::Normal(..), [mean, deviation]) => {
                let moved = self.times(slope, &self.times(deviation, deviation)?)?;
                let half = self.times(slope, &moved)?.scaled(&Rational::half(1));
                let scale = self.exponential(&self.times(slope, mean)?.plus(&half))?;
                (scale, vec![mean.plus(&moved), deviation.clone()])
            }
            (Distribution::Exponential(_), [rate]) => {
                let less = rate.minus(slope);
                self.rely(Reliance::Positive(less.clone()));
                (self.times(rate, &self.power(&less, &inverse)?)?, vec![less])
            }
            (Distribution::Poisson(_), [mean]) => {
                let grown = self.times(mean, &self.exponential(slope)?)?;
                (self.exponential(&grown.minus(mean))?, vec![grown])
            }
            (Distribution::Uniform(..), [lower, upper]) if power == 0 => {
                let at = |end: &Poly| self.exponential(&self.times(slope, end)?);
                let below = self.power(&self.times(slope, &upper.minus(lower))?, &inverse)?;
                return self.times(&at(upper)?.minus(&at(lower)?), &below).map(Some);
            }
            _ => return Ok(None),
        };
        let Some(moment) = moment(&parameters)? else { return Ok(None) };
        self.times(&scale, &moment).map(Some)
    }

    /// A product with exponentials of noise, with the noise moved and the exponentials gone; nothing if there are none
    /// that are linear in one noise.
    pub(super) fn with_noise_moved(&self, monomial: &Monomial) -> Result<Option<Poly>, Obstacle> {
        let is_noise = |factor: &Factor| matches!(factor.head, Head::Noise(..));
        for factor in &monomial.0 {
            let Head::Exp(inner) = &factor.head else { continue };
            let (own, mut others): (Vec<Factor>, Vec<Factor>) =
                inner.0.iter().cloned().partition(|f| is_noise(f));
            let [noise] = own.as_slice() else { continue };
            let Head::Noise(symbol, length) = noise.head else { continue };
            let random = others.iter().any(|other| other.any(&mut |f| f.is_random()));
            if random || !noise.power.is_one() {
                continue;
            }
            if let Some(index) = noise.indices.first() {
                replace_index(&mut others, *index, FIRST);
            }
            let slope = self.finish(vec![(others, factor.power.clone())])?;
            let rest: Vec<Factor> = monomial.0.iter().filter(|f| *f != factor).cloned().collect();
            return self.noise_moved(rest, (symbol, length), &slope).map(Some);
        }
        Ok(None)
    }

    /// `e^(a_i a_i dt/2) f(dW + a dt)`
    fn noise_moved(
        &self,
        rest: Vec<Factor>,
        (symbol, length): (SymbolId, Length),
        slope: &Poly,
    ) -> Result<Poly, Obstacle> {
        let SymbolKind::Noise { time_step, scalar } = self.symbols.get(symbol).kind else {
            return Err(Obstacle::Beyond { what: "a noise without a time step" });
        };
        let time = self.scalar(time_step);
        let joint = self.renamed(slope, |index| if index == FIRST { JOINT } else { index })?;
        let square = self.products(&joint, &joint)?;
        let square = if scalar { square } else { self.contracted(square, JOINT, length)? };
        let half = self.times(&self.finish(square)?, &time)?.scaled(&Rational::half(1));
        let slots: &[Index] = if scalar { &[] } else { &[FIRST] };
        let noise = self.factor(Factor::new(Head::Noise(symbol, length), Draw::Fixed, slots))?;
        let moved = noise.plus(&self.times(slope, &time)?);
        let rest = self.finish(vec![(rest, Rational::ONE)])?;
        let rest = self.rewritten(&rest, &|factor| {
            Ok(matches!(factor.head, Head::Noise(known, _) if known == symbol).then(|| moved.clone()))
        })?;
        self.times(&self.exponential(&half)?, &rest)
    }
}
