//! Functions of series: by Taylor's series about the value at the point, where the coefficients are rational.

use super::draw::Purpose;
use super::evaluate::{Evaluator, Scene, number};
use super::number::Exact;
use super::series::{EXACT, Key, Limits, Series, Stop, Try};
use super::tensor::{Tensor, shape};
use crate::expression::{Expr, Function, Kind, Rational, Shape, SymbolId};

/// The number that is meant by the value of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// That of a scalar.
    Scalar,
    /// The determinant of a matrix.
    Determinant,
    /// The first component of a matrix.
    FirstEntry,
}

/// A number at the point that must be another one.
#[derive(Debug, Clone)]
pub(super) struct Request {
    /// The expression.
    pub(super) expression: Expr,
    /// What number of it is meant.
    pub(super) measure: Measure,
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
    pub(super) fn ask(&mut self, expression: &Expr, scene: &Scene, targets: Vec<Rational>) -> Stop {
        let measure = match expression.shape() {
            Shape::Scalar => Measure::Scalar,
            Shape::Vector(_) | Shape::Matrix(..) | Shape::Components(_) => Measure::Determinant,
        };
        self.ask_for(measure, expression, scene, targets)
    }

    /// Notes a request about a number that is not the only one of an expression.
    pub(super) fn ask_for(
        &mut self,
        measure: Measure,
        expression: &Expr,
        scene: &Scene,
        targets: Vec<Rational>,
    ) -> Stop {
        if scene.place != 0 {
            return Stop::unable("a function at a replaced point, where its value is not rational");
        }
        self.list.push(Request { expression: expression.clone(), measure, scene: scene.clone(), targets });
        Stop::Adjust(u32::try_from(self.list.len() - 1).unwrap_or(0))
    }
}

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
        // What has the small parameter or the formal number ends its series, so that the sum is a polynomial.
        let ends = |(key, block): &(Key, Vec<F>)| key.power() > 0 || block.len() <= 1;
        if limits.degree == usize::MAX && !rest.terms.iter().all(ends) {
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
            let zero = f.known == EXACT;
            return Err(if zero { Stop::unlucky("a division by 0 at the point") } else { Stop::Short });
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
        let root = exact_power(&value, r).ok_or_else(|| Stop::unable("a power that is not rational"))?;
        let (root, inverse) = (root, value.inverse().ok_or_else(|| Stop::unlucky("a power of 0"))?);
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
        if leads && exact_power(&value, r).is_none() {
            let targets = self.targets(r);
            return Err(self.requests.ask(e, scene, targets));
        }
        self.real_power(f, r, limits)
    }

    /// Values whose power is rational, the first one another at every instance: squares, or 1.
    fn targets(&self, r: &Rational) -> Vec<Rational> {
        const SQUARES: [(i64, i64); 6] = [(4, 1), (9, 4), (25, 1), (16, 9), (49, 4), (36, 25)];
        if r.to_parts().is_none_or(|(_, d)| d != 2) {
            return vec![Rational::ONE];
        }
        let mut targets: Vec<Rational> = SQUARES.iter().filter_map(|(n, d)| Rational::new(*n, *d)).collect();
        let turn = self.setting.draw.bits(Purpose::Constant, [4; 4]) % SQUARES.len() as u64;
        targets.rotate_left(usize::try_from(turn).unwrap_or(0));
        targets
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
}

/// A half power of the small parameter.
fn half_power(power: i32) -> Try<Key> {
    i16::try_from(power).map(Key::small).map_err(|_| Stop::Budget)
}

/// The coefficients `C(r, j) c^(r-j)` of `(c + x)^r`, from `c^r` and `1/c`.
pub(super) fn binomial_series<F: Exact>(r: &F, power: F, inverse: &F, order: usize) -> Try<Vec<F>> {
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

/// `value^r` if it is known in the field.
fn exact_power<F: Exact>(value: &F, r: &Rational) -> Option<F> {
    if let Some(power) = value.to_rational().and_then(|value| rational_power(&value, r)) {
        return F::from_rational(&power);
    }
    let (times, _) = r.to_parts().filter(|(n, d)| *d == 2 && n.abs() < 64)?;
    let root = if times < 0 { value.root()?.inverse()? } else { value.root()? };
    Some((1..times.abs()).fold(root.clone(), |power, _| power.mul(&root)))
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
            // An even root of a negative number is none.
            let big = Some(value).filter(|value| !value.is_negative())?.to_big();
            let degree = u32::try_from(denominator).ok().filter(|degree| *degree < 64)?;
            let root =
                num_rational::BigRational::new(big.numer().nth_root(degree), big.denom().nth_root(degree));
            if root.pow(i32::try_from(degree).ok()?) != big {
                return None;
            }
            Rational::from(root)
        }
    };
    root.pow(i32::try_from(numerator).ok().filter(|n| n.abs() <= 1000)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_rational_or_nothing() {
        let ratio = |n, d| Rational::new(n, d).unwrap();
        assert_eq!(rational_power(&ratio(9, 4), &Rational::half(1)), Some(ratio(3, 2)), "a root");
        assert_eq!(rational_power(&ratio(8, 27), &ratio(-2, 3)), Some(ratio(9, 4)), "a cube root");
        assert_eq!(rational_power(&Rational::integer(2), &Rational::half(1)), None, "not rational");
        assert_eq!(rational_power(&Rational::integer(-8), &ratio(1, 3)), None, "not of a negative number");
        assert_eq!(rational_power(&Rational::ONE, &ratio(5, 7)), Some(Rational::ONE), "1 to any power");
    }

    #[test]
    fn the_binomial_series_of_a_root() {
        let half = Rational::half(1);
        let series = binomial_series(&half, Rational::ONE, &Rational::ONE, 2).unwrap();
        assert_eq!(series[2], Rational::new(-1, 8).unwrap(), "sqrt(1 + x) = 1 + x/2 - x^2/8");
    }
}
