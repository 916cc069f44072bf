//! Functions of series: by Taylor's series about the value at the point, where the coefficients are rational.
//!
//! Transcendental constants are replaced by rational ones that obey the same laws. `exp` becomes the homomorphism
//! `c -> y^(2c)` for a random `y`, and `(cos, sin)` a homomorphism to rational points of the circle: by the theorem of
//! Lindemann and Weierstrass `exp(1/2)` and `exp(i/2)` obey no law with rational coefficients beyond these, so that
//! nothing true becomes false and nothing false is lost but by chance. Logarithms and powers to symbolic exponents are
//! taken at 1; where an argument is another number, the instance is asked to change.

use super::draw::Purpose;
use super::evaluate::{Evaluator, Scene, number};
use super::number::Exact;
use super::series::{EXACT, Key, Limits, Series, Stop, Try};
use super::tensor::{Tensor, shape};
use crate::expression::{Expr, Function, Kind, Rational, SymbolId};
use std::collections::HashMap;

/// A number at the point that must be another one.
#[derive(Debug, Clone)]
pub(super) struct Request {
    /// The expression; of a matrix its determinant is meant.
    pub(super) expression: Expr,
    /// Where it is evaluated.
    pub(super) scene: Scene,
    /// The values that will do, the best first.
    pub(super) targets: Vec<Rational>,
}

/// What an evaluation asked for.
#[derive(Debug, Default)]
pub(super) struct Requests {
    pub(super) list: Vec<Request>,
}

impl Requests {
    /// Notes a request and stops.
    fn ask(&mut self, expression: &Expr, scene: &Scene, targets: Vec<Rational>) -> Stop {
        if scene.place != 0 {
            return Stop::unable("a function at a replaced point, where its value is not rational");
        }
        self.list.push(Request { expression: expression.clone(), scene: scene.clone(), targets });
        Stop::Adjust(u32::try_from(self.list.len() - 1).unwrap_or(0))
    }
}

/// Logarithms that follow from other constants.
#[derive(Debug, Default)]
pub(super) struct Constants {
    logarithms: HashMap<Rational, Rational>,
}

/// Exponents of the constants are at most this.
const MOST_EXPONENT: i64 = 64;
/// Taylor coefficients of a function beyond this order are not computed.
const MOST_ORDER: usize = 80;

impl<F: Exact> Evaluator<'_, F> {
    /// Powers, roots and functions.
    pub(super) fn function(&mut self, e: &Expr, k: usize, scene: &Scene) -> Try<Tensor<F>> {
        let limits = self.limits(k);
        match e.kind() {
            Kind::Pow(base, exponent) => self.pow(base, exponent, k, scene),
            Kind::Sqrt(a) => {
                let value = self.scalar(a, k, scene)?;
                Ok(Tensor::scalar(self.power_or_ask(&value, &Rational::half(1), limits, (a, scene))?))
            }
            Kind::MatrixRoot(a) => self.matrix_root(a, k, scene),
            Kind::Function(function, a) => {
                let value = self.scalar(a, k, scene)?;
                let order = self.order(limits)?;
                let coefficients = self.taylor(*function, &value.value(), order, (a, scene))?;
                Ok(Tensor::scalar(self.analytic(&value, &coefficients, limits)?))
            }
            Kind::Apply(function, times, a) => {
                let value = self.scalar(a, k, scene)?;
                Ok(Tensor::scalar(self.declared(*function, *times as usize, &value, limits)?))
            }
            Kind::LogDet(a) => {
                let matrix = self.value(a, k, scene)?;
                let value = matrix.determinant(&self.ring, limits)?;
                let order = self.order(limits)?;
                let coefficients = self.taylor(Function::Log, &value.value(), order, (a, scene))?;
                Ok(Tensor::scalar(self.analytic(&value, &coefficients, limits)?))
            }
            _ => Err(shape()),
        }
    }

    /// The order up to which Taylor's series of a function matters: every factor adds a degree or a half power.
    fn order(&self, limits: Limits) -> Try<usize> {
        let degree = if limits.degree == usize::MAX { 0 } else { limits.degree };
        let halves = if limits.cut == EXACT { 0 } else { usize::try_from(limits.cut).unwrap_or(0) };
        let order = degree.saturating_add(halves);
        if order > MOST_ORDER { Err(Stop::Budget) } else { Ok(order) }
    }

    /// `sum_j c_j (f - f(0))^j`, where the difference gains a degree or a half power with every factor.
    fn analytic(&self, f: &Series<F>, coefficients: &[F], limits: Limits) -> Try<Series<F>> {
        let mut rest = f.clone();
        rest.add_scaled(&Series::constant(f.value()), &F::one().neg());
        if rest.terms.iter().any(|(key, _)| key.power() < 0 || (key.power() == 0 && key.has_variables())) {
            return Err(Stop::unable("a function of what is not near a number"));
        }
        if limits.degree == usize::MAX && !rest.is_flat() {
            return Err(Stop::unable("the integral of what is not a polynomial"));
        }
        let mut sum = Series { terms: Vec::new(), known: EXACT };
        let mut power = Series::integer(1);
        for coefficient in coefficients {
            sum.add_scaled(&power, coefficient);
            power = self.ring.mul(&power, &rest, limits)?;
            if power.vanishes() {
                break;
            }
        }
        Ok(if power.vanishes() { sum.known_below(power.known) } else { sum.known_below(limits.cut) })
    }

    /// A series without its leading half power, that half power, and how far the rest is then needed.
    fn lifted(&self, f: &Series<F>, limits: Limits) -> Try<(Series<F>, i32, Limits)> {
        if f.vanishes() {
            return Err(Stop::unlucky("a division by 0 at the point"));
        }
        let start = f.valuation();
        let cut = if limits.cut == EXACT { EXACT } else { limits.cut.saturating_add(start.abs()).max(1) };
        Ok((f.times_key(half_power(-start)?)?, start, Limits { cut, ..limits }))
    }

    /// `1/f`
    pub(super) fn reciprocal(&self, f: &Series<F>, limits: Limits) -> Try<Series<F>> {
        let (lifted, start, limits) = self.lifted(f, limits)?;
        let inverse =
            lifted.value().inverse().ok_or_else(|| Stop::unlucky("a division by 0 at the point"))?;
        let coefficients = (0..=self.order(limits)?).scan(inverse.clone(), |c, _| {
            let next = c.mul(&inverse).neg();
            Some(std::mem::replace(c, next))
        });
        self.analytic(&lifted, &coefficients.collect::<Vec<F>>(), limits)?.times_key(half_power(-start)?)
    }

    /// `f^r` for a rational `r`, at a value whose power is rational.
    pub(super) fn real_power(&self, f: &Series<F>, r: &Rational, limits: Limits) -> Try<Series<F>> {
        let (lifted, start, limits) = self.lifted(f, limits)?;
        let leading = (&Rational::from(i64::from(start)) * r).to_integer();
        let leading = leading.and_then(|power| i32::try_from(power).ok());
        let leading =
            leading.ok_or_else(|| Stop::unable("a power of the small parameter beyond half powers"))?;
        let value = lifted.value();
        let root = value.to_rational().and_then(|value| rational_power(&value, r));
        let root = root.ok_or_else(|| Stop::unable("a power that is not rational"))?;
        let (root, inverse) = (number(&root)?, value.inverse().ok_or_else(|| Stop::unlucky("a power of 0"))?);
        let coefficients = binomial_series(&number(r)?, root, &inverse, self.order(limits)?)?;
        self.analytic(&lifted, &coefficients, limits)?.times_key(half_power(leading)?)
    }

    /// The same, asking for another value at the point where the power is not rational.
    fn power_or_ask(
        &mut self,
        f: &Series<F>,
        r: &Rational,
        limits: Limits,
        (e, scene): (&Expr, &Scene),
    ) -> Try<Series<F>> {
        let value = f.value();
        let leads = f.valuation() == 0 && !value.is_zero();
        if leads && value.to_rational().and_then(|value| rational_power(&value, r)).is_none() {
            let squares = [Rational::integer(4), Rational::new(9, 4).unwrap_or(Rational::ONE), Rational::ONE];
            let targets = if r.to_parts().is_some_and(|(_, d)| d == 2) {
                squares.to_vec()
            } else {
                vec![Rational::ONE]
            };
            return Err(self.requests.ask(e, scene, targets));
        }
        self.real_power(f, r, limits)
    }

    /// `base^exponent`
    fn pow(&mut self, base: &Expr, exponent: &Expr, k: usize, scene: &Scene) -> Try<Tensor<F>> {
        let limits = self.limits(k);
        let value = self.value(base, k, scene)?;
        let power = self.scalar(exponent, k, scene)?;
        let literal = match exponent.kind() {
            Kind::Number(r) => Some(r.clone()),
            _ => power.as_constant().and_then(|c| c.to_rational()),
        };
        let whole = literal.as_ref().and_then(Rational::to_integer).filter(|n| n.abs() <= 64);
        if let Some(whole) = whole {
            let times = u32::try_from(whole.unsigned_abs()).map_err(|_| Stop::Budget)?;
            if let Ok(value) = value.as_scalar() {
                let result = self.ring.power(value, times, limits)?;
                return Ok(Tensor::scalar(if whole < 0 {
                    self.reciprocal(&result, limits)?
                } else {
                    result
                }));
            }
            if whole < 1 {
                return Err(shape());
            }
            let mut result = (*value).clone();
            for _ in 1..times {
                result = result.product(&value, &self.ring, limits)?;
            }
            return Ok(result);
        }
        let value = value.as_scalar()?;
        if let Some(r) = literal {
            return Ok(Tensor::scalar(self.power_or_ask(value, &r, limits, (base, scene))?));
        }
        if value.value() != F::one() {
            return Err(self.requests.ask(base, scene, vec![Rational::ONE]));
        }
        if let Some(r) = power.as_constant() {
            let coefficients = binomial_series(&r, F::one(), &F::one(), self.order(limits)?)?;
            return Ok(Tensor::scalar(self.analytic(value, &coefficients, limits)?));
        }
        // a^b = exp(b log a)
        let order = self.order(limits)?;
        let logarithm = self.taylor(Function::Log, &F::one(), order, (base, scene))?;
        let logarithm = self.analytic(value, &logarithm, limits)?;
        let argument = self.ring.mul(&power, &logarithm, limits)?;
        let exponential = self.taylor(Function::Exp, &F::zero(), order, (base, scene))?;
        Ok(Tensor::scalar(self.analytic(&argument, &exponential, limits)?))
    }

    /// A declared function, differentiated so many times: a polynomial, or independent jets at different arguments.
    fn declared(&self, id: SymbolId, times: usize, f: &Series<F>, limits: Limits) -> Try<Series<F>> {
        let draw = self.setting.draw;
        let coefficient = |family: u64, j: usize| -> Try<F> {
            // (j + times)!/j! of the coefficient j + times
            let falling = (j + 1..=j + times)
                .try_fold(F::one(), |f, i| Some(f.mul(&F::integer(i64::try_from(i).ok()?))));
            let value = draw.number(Purpose::Function, [u64::from(id.0), family, (j + times) as u64, 0]);
            Ok(number::<F>(&value)?.mul(&falling.ok_or(Stop::Budget)?))
        };
        if let Some(degree) = draw.function_degree {
            let mut sum = Series::zero();
            for j in (0..=degree.saturating_sub(times)).rev() {
                sum = self.ring.mul(&sum, f, limits)?;
                sum.add_scaled(&Series::constant(coefficient(0, j)?), &F::one());
            }
            return Ok(sum);
        }
        let family = f.value().fingerprint();
        let coefficients =
            (0..=self.order(limits)?).map(|j| coefficient(family, j)).collect::<Try<Vec<F>>>()?;
        self.analytic(f, &coefficients, limits)
    }

    /// Taylor coefficients of a built-in function about `c` up to an order.
    fn taylor(&mut self, function: Function, c: &F, order: usize, at: (&Expr, &Scene)) -> Try<Vec<F>> {
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
                let odd = |j: usize| if j % 2 == 0 { even[j / 2].clone() } else { F::zero() };
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
        let root = self.setting.draw.bits(Purpose::Constant, [0; 4]) % 3 + 2;
        let root = Rational::from(i64::try_from(root).unwrap_or(2));
        let value = root.pow(doubled).ok_or(Stop::Budget)?;
        self.constants.logarithms.insert(value.clone(), c.clone());
        let softplus = self.softplus(c);
        self.constants.logarithms.insert(&value + &Rational::ONE, softplus);
        divided_by_factorials(|_| number(&value), length)
    }

    /// A number for `softplus(c)`, with `softplus(c) - softplus(-c) = c`.
    fn softplus(&self, c: &Rational) -> Rational {
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

    /// `log(c)`, then `(-1)^(j+1) / (j c^j)`
    fn logarithm(&mut self, c: &Rational, length: usize, at: (&Expr, &Scene)) -> Try<Vec<F>> {
        let known = if c.is_one() { Some(&Rational::ZERO) } else { self.constants.logarithms.get(c) };
        let Some(value) = known.cloned() else {
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

/// A half power of the small parameter.
fn half_power(power: i32) -> Try<Key> {
    i16::try_from(power).map(Key::small).map_err(|_| Stop::Budget)
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

/// The coefficients `C(r, j) c^(r-j)` of `(c + x)^r`, from `c^r` and `1/c`.
fn binomial_series<F: Exact>(r: &F, power: F, inverse: &F, order: usize) -> Try<Vec<F>> {
    let mut coefficients = vec![power];
    for j in 1..=order {
        let j = i64::try_from(j).map_err(|_| Stop::Budget)?;
        let share = F::integer(j).inverse().ok_or(Stop::Budget)?;
        let factor = r.add(&F::integer(1 - j)).mul(&share).mul(inverse);
        let next = coefficients.last().map(|last| last.mul(&factor)).ok_or(Stop::Budget)?;
        coefficients.push(next);
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

/// `value^r` if it is a rational number: the root of the denominator of `r` must be rational.
fn rational_power(value: &Rational, r: &Rational) -> Option<Rational> {
    let (numerator, denominator) = r.to_parts()?;
    if value.is_one() {
        return Some(Rational::ONE);
    }
    let root = match denominator {
        1 => value.clone(),
        2 => value.sqrt()?,
        4 => value.sqrt()?.sqrt()?,
        _ => {
            let big = value.to_big();
            let degree = u32::try_from(denominator).ok().filter(|degree| *degree < 64)?;
            let root =
                num_rational::BigRational::new(big.numer().nth_root(degree), big.denom().nth_root(degree));
            if value.is_negative() || root.pow(i32::try_from(degree).ok()?) != big {
                return None;
            }
            Rational::from(root)
        }
    };
    root.pow(i32::try_from(numerator).ok().filter(|n| n.abs() <= 1000)?)
}
