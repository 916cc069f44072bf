//! Taylor coefficients of the built-in functions about a rational number.
//!
//! Transcendental constants are replaced by rational ones that obey the same laws. `exp` becomes the homomorphism
//! `c -> y^(2c)` for a random `y`, and `(cos, sin)` a homomorphism to rational points of the circle: by the theorem of
//! Lindemann and Weierstrass `exp(1/2)` and `exp(i/2)` obey no law with rational coefficients beyond these, so that
//! nothing true becomes false and nothing false is lost but by chance. Logarithms are additive in the prime factors of
//! their argument, with random values for the primes (but `1/2` for `y`), unless a function of a logarithm is taken. Then
//! logarithms, like powers to symbolic exponents, are taken at 1; where an argument is another number, the instance is
//! asked to change.

use super::draw::Purpose;
use super::evaluate::{Evaluator, Scene, number};
use super::functions::binomial_series;
use super::number::Exact;
use super::series::{Stop, Try};
use crate::expression::{Expr, Function, Rational};
use std::collections::HashMap;

/// Logarithms that follow from other constants.
#[derive(Debug, Default)]
pub(super) struct Constants {
    logarithms: HashMap<Rational, Rational>,
}

/// Exponents of the constants are at most this.
const MOST_EXPONENT: i64 = 64;

impl<F: Exact> Evaluator<'_, F> {
    /// Taylor coefficients of a built-in function about `c` up to an order.
    pub(super) fn taylor(
        &mut self,
        function: Function,
        c: &F,
        order: usize,
        at: (&Expr, &Scene),
    ) -> Try<Vec<F>> {
        let exact = c.to_rational().ok_or_else(|| Stop::unable("a function modulo a prime"))?;
        let length = order + 1;
        match function {
            Function::Exp => self.exponential(&exact, length, at),
            Function::Sinh | Function::Cosh => {
                let (plus, minus) =
                    (self.exponential(&exact, length, at)?, self.exponential(&-&exact, length, at)?);
                let sign = if function == Function::Sinh { F::one().neg() } else { F::one() };
                let half = number::<F>(&Rational::half(1))?;
                let odd = minus.iter().enumerate().map(|(j, m)| if j % 2 == 0 { m.clone() } else { m.neg() });
                Ok(plus.iter().zip(odd).map(|(p, m)| p.add(&m.mul(&sign)).mul(&half)).collect())
            }
            Function::Tanh => {
                let sinh = self.taylor(Function::Sinh, c, order, at)?;
                let cosh = self.taylor(Function::Cosh, c, order, at)?;
                quotient(&sinh, &cosh)
            }
            Function::Logistic => {
                // 1/(1 + exp(-x)) = exp(x)/(1 + exp(x))
                let exponential = self.exponential(&exact, length, at)?;
                let mut denominator = exponential.clone();
                denominator[0] = denominator[0].add(&F::one());
                quotient(&exponential, &denominator)
            }
            // The number for it would have to be one whose exponential is 1 + exp(c).
            Function::Softplus if !self.setting.draw.free_logarithms => {
                Err(Stop::unable("a function of softplus"))
            }
            Function::Softplus => {
                let logistic = self.taylor(Function::Logistic, c, order, at)?;
                integrated(&logistic, number(&self.softplus(&exact))?)
            }
            Function::Sin | Function::Cos => self.circular(function, &exact, length, at),
            Function::Tan => {
                let sin = self.circular(Function::Sin, &exact, length, at)?;
                quotient(&sin, &self.circular(Function::Cos, &exact, length, at)?)
            }
            Function::Log => self.logarithm(&exact, length, at),
            Function::Arsinh | Function::Arctan => {
                if !exact.is_zero() {
                    return Err(self.requests.ask(at.0, at.1, vec![Rational::ZERO]));
                }
                // The derivative is (1 + x^2)^(-1/2), or 1/(1 + x^2).
                let r = if function == Function::Arsinh { Rational::half(-1) } else { Rational::integer(-1) };
                let even = binomial_series(&number(&r)?, F::one(), &F::one(), order)?;
                let odd = |j: usize| if j.is_multiple_of(2) { even[j / 2].clone() } else { F::zero() };
                integrated(&(0..length).map(odd).collect::<Vec<F>>(), F::zero())
            }
            Function::Abs => {
                if exact.is_zero() {
                    return Err(Stop::unlucky("abs(0)"));
                }
                let mut coefficients = vec![F::zero(); length.max(2)];
                coefficients[0] = number(&exact.abs())?;
                coefficients[1] = F::integer(if exact.is_negative() { -1 } else { 1 });
                Ok(coefficients)
            }
        }
    }

    /// Twice a constant as a small whole number, which is what exponentials are taken of.
    fn doubled(&mut self, c: &Rational, at: (&Expr, &Scene)) -> Try<i32> {
        let doubled = (c * &Rational::integer(2)).to_integer().filter(|n| n.abs() <= MOST_EXPONENT);
        match doubled.and_then(|n| i32::try_from(n).ok()) {
            Some(doubled) => Ok(doubled),
            None => Err(self.requests.ask(at.0, at.1, vec![Rational::ZERO, Rational::ONE])),
        }
    }

    /// `exp(c)/j!`
    fn exponential(&mut self, c: &Rational, length: usize, at: (&Expr, &Scene)) -> Try<Vec<F>> {
        let doubled = self.doubled(c, at)?;
        let value = Rational::integer(self.root_of_e()).pow(doubled).ok_or(Stop::Budget)?;
        self.constants.logarithms.insert(value.clone(), c.clone());
        if self.setting.draw.free_logarithms {
            let softplus = self.softplus(c);
            self.constants.logarithms.insert(&value + &Rational::ONE, softplus);
        }
        divided_by_factorials(|_| number(&value), length)
    }

    /// A prime number for `exp(1/2)`.
    fn root_of_e(&self) -> i64 {
        [2, 3, 5, 7][(self.setting.draw.bits(Purpose::Constant, [0; 4]) % 4) as usize]
    }

    /// A number for `softplus(c) = log(1 + exp(c))`, with `softplus(c) - softplus(-c) = c`.
    fn softplus(&self, c: &Rational) -> Rational {
        let doubled = (c * &Rational::integer(2)).to_integer().and_then(|n| i32::try_from(n).ok());
        let exponential = doubled.and_then(|n| Rational::integer(self.root_of_e()).pow(n));
        if self.setting.draw.free_logarithms
            && let Some(logarithm) = exponential.and_then(|value| self.additive(&(&value + &Rational::ONE)))
        {
            return logarithm;
        }
        let value = self.setting.draw.number(Purpose::Constant, [1, c.abs().fingerprint(), 0, 0]);
        if c.is_negative() { &value + c } else { value }
    }

    /// `sin` or `cos`, from a rational rotation by the angle 1/2.
    fn circular(
        &mut self,
        function: Function,
        c: &Rational,
        length: usize,
        at: (&Expr, &Scene),
    ) -> Try<Vec<F>> {
        let doubled = self.doubled(c, at)?;
        let t = Rational::from(
            i64::try_from(self.setting.draw.bits(Purpose::Constant, [2; 4]) % 3 + 2).unwrap_or(2),
        );
        let scale = (&Rational::ONE + &(&t * &t)).recip().ok_or(Stop::Budget)?;
        let (re, im) = (&(&Rational::ONE - &(&t * &t)) * &scale, &(&t * &Rational::integer(2)) * &scale);
        let (mut cos, mut sin) = (Rational::ONE, Rational::ZERO);
        for _ in 0..doubled.abs() {
            (cos, sin) = (&(&cos * &re) - &(&sin * &im), &(&cos * &im) + &(&sin * &re));
        }
        if doubled < 0 {
            sin = -sin;
        }
        let start = usize::from(function == Function::Cos);
        let cycle = [sin.clone(), cos.clone(), -sin, -cos];
        divided_by_factorials(|j| number(&cycle[(j + start) % 4]), length)
    }

    /// A number for `log(c)`: a sum over the prime factors of `c`, whose logarithms obey no law with rational
    /// coefficients.
    fn additive(&self, c: &Rational) -> Option<Rational> {
        let (numerator, denominator) = c.to_parts().filter(|(n, _)| *n > 0)?;
        let mut sum = Rational::ZERO;
        for (part, sign) in [(numerator, 1), (denominator, -1)] {
            for (prime, times) in prime_factors(part)? {
                let drawn = || self.setting.draw.number(Purpose::Constant, [3, prime.unsigned_abs(), 0, 0]);
                let value = if prime == self.root_of_e() { Rational::half(1) } else { drawn() };
                sum += &(&value * &Rational::from(sign * times));
            }
        }
        Some(sum)
    }

    /// `log(c)`, then `(-1)^(j+1) / (j c^j)`
    fn logarithm(&mut self, c: &Rational, length: usize, at: (&Expr, &Scene)) -> Try<Vec<F>> {
        let known = if c.is_one() { Some(&Rational::ZERO) } else { self.constants.logarithms.get(c) };
        let free = || self.setting.draw.free_logarithms.then(|| self.additive(c)).flatten();
        let Some(value) = known.cloned().or_else(free) else {
            return Err(self.requests.ask(at.0, at.1, vec![Rational::ONE]));
        };
        let inverse = number::<F>(&c.recip().ok_or_else(|| Stop::unlucky("log(0)"))?)?;
        let mut power = F::one().neg();
        let mut coefficients = vec![number(&value)?];
        for j in 1..length {
            power = power.mul(&inverse).neg();
            let share =
                F::integer(i64::try_from(j).map_err(|_| Stop::Budget)?).inverse().ok_or(Stop::Budget)?;
            coefficients.push(power.mul(&share));
        }
        Ok(coefficients)
    }
}

/// The prime factors of a whole number with their multiplicities; nothing if one is too large to be found.
fn prime_factors(mut n: i64) -> Option<Vec<(i64, i64)>> {
    let mut factors = Vec::new();
    for prime in 2..=5000 {
        let mut times = 0;
        while n % prime == 0 {
            n /= prime;
            times += 1;
        }
        if times > 0 {
            factors.push((prime, times));
        }
    }
    // What is left has no factor up to 5000: a prime if it is below the square of that.
    match n {
        1 => Some(factors),
        2..=25_000_000 => {
            factors.push((n, 1));
            Some(factors)
        }
        _ => None,
    }
}

/// `v_j/j!`
fn divided_by_factorials<F: Exact>(value: impl Fn(usize) -> Try<F>, length: usize) -> Try<Vec<F>> {
    let mut inverse = F::one();
    let mut coefficients = Vec::with_capacity(length);
    for j in 0..length {
        if j > 0 {
            let step =
                F::integer(i64::try_from(j).map_err(|_| Stop::Budget)?).inverse().ok_or(Stop::Budget)?;
            inverse = inverse.mul(&step);
        }
        coefficients.push(value(j)?.mul(&inverse));
    }
    Ok(coefficients)
}

/// The quotient of two power series in one variable.
fn quotient<F: Exact>(a: &[F], b: &[F]) -> Try<Vec<F>> {
    let inverse = b.first().and_then(F::inverse).ok_or_else(|| Stop::unlucky("a pole at the point"))?;
    let mut result: Vec<F> = Vec::with_capacity(a.len());
    for (j, value) in a.iter().enumerate() {
        let mut sum = value.clone();
        for (i, earlier) in result.iter().enumerate() {
            sum.add_product(&earlier.neg(), &b[j - i]);
        }
        result.push(sum.mul(&inverse));
    }
    Ok(result)
}

/// The power series with a derivative and a value, as long as the derivative.
fn integrated<F: Exact>(derivative: &[F], value: F) -> Try<Vec<F>> {
    let mut result = vec![value];
    for (j, coefficient) in (1_i64..).zip(derivative.iter().take(derivative.len().saturating_sub(1))) {
        result.push(coefficient.mul(&F::integer(j).inverse().ok_or(Stop::Budget)?));
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(numbers: &[i64]) -> Vec<Rational> {
        numbers.iter().map(|n| Rational::integer(*n)).collect()
    }

    #[test]
    fn quotients_and_integrals_of_power_series() {
        assert_eq!(
            quotient(&series(&[1, 0, 0, 0]), &series(&[1, -1, 0, 0])),
            Ok(series(&[1, 1, 1, 1])),
            "1/(1-x)"
        );
        assert!(quotient(&series(&[1]), &series(&[0])).is_err(), "a pole");
        assert_eq!(
            integrated(&series(&[1, 2, 3]), Rational::integer(5)),
            Ok(series(&[5, 1, 1])),
            "5 + x + x^2"
        );
    }

    #[test]
    fn prime_factors_or_nothing() {
        assert_eq!(prime_factors(360), Some(vec![(2, 3), (3, 2), (5, 1)]), "360");
        assert_eq!(prime_factors(1), Some(vec![]), "1");
        assert_eq!(prime_factors(10_007), Some(vec![(10_007, 1)]), "a prime beyond the table");
        assert_eq!(prime_factors(10_007 * 10_009), None, "two of them");
    }
}
