//! Functions of one variable: their Taylor coefficients, and their composition with a scalar of the ring.
//!
//! ```text
//! f(a) = sum_k f_k (a - a_0)^k,   f_k = f^(k)(a_0)/k!
//! ```
//!
//! where `a_0` is the coefficient of `h^0 t^0`; the rest of `a` is nilpotent, so that the sum ends. The coefficients come
//! from the differential equations of the functions (`p' = p q`, `q' = -p q` of the logistic function and its
//! complement, and so on), which neither overflow far out nor cancel there.

use super::Unable;
use super::ring::Ring;
use super::tensor::{Dims, Tensor};
use crate::expression::Function;
use crate::loss::Unary;

/// A function of one variable.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Curve {
    /// One that the language names.
    Named(Function),
    /// One that a recorded loss applies.
    Recorded(Unary),
    /// A power with a real exponent.
    Power(f64),
}

/// A coefficient with the bound of its error in units of `f64::EPSILON`.
type Coefficient = (f64, f64);

fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

/// One that is right to a few units.
fn rounded(value: f64) -> Coefficient {
    (value, 4.0 * value.abs())
}

/// `c_k = sum_i a_i b_(k-i)`
fn convolution(a: &[Coefficient], b: &[Coefficient], k: usize) -> Coefficient {
    a[..=k].iter().zip(b[..=k].iter().rev()).fold((0.0, 0.0), |(value, error), (&(a, ea), &(b, eb))| {
        (value + a * b, error + a.abs() * eb + ea * b.abs() + 2.0 * (a * b).abs())
    })
}

/// `f_0 = value`, `f_k = g_(k-1)/k`: the function whose derivative is `g`.
fn integral(value: Coefficient, slope: &[Coefficient]) -> Vec<Coefficient> {
    let rest =
        (1..).zip(slope).map(|(k, &(g, error))| (g / count(k), error / count(k) + (g / count(k)).abs()));
    std::iter::once(value).chain(rest).collect()
}

/// The powers of a polynomial: `b = a^r`, `b_k = 1/(k a_0) sum_(i=1..k) (r i - (k - i)) a_i b_(k-i)`.
fn power(a: &[f64], r: f64, start: Coefficient, order: usize) -> Vec<Coefficient> {
    let mut b = vec![start];
    for k in 1..=order {
        let (mut value, mut error) = (0.0, 0.0);
        for (i, &a_i) in a.iter().enumerate().take(k + 1).skip(1) {
            let factor = (r * count(i) - count(k - i)) * a_i / (count(k) * a[0]);
            let (b_i, e_i) = b[k - i];
            value += factor * b_i;
            error += factor.abs() * (e_i + 6.0 * b_i.abs());
        }
        b.push((value, error));
    }
    b
}

/// `p_k` and `q_k` of `p = 1/(1 + exp(-x))` and `q = 1 - p`.
fn logistic(x: f64, order: usize) -> Vec<Coefficient> {
    let e = (-x.abs()).exp();
    let (large, small) = (1.0 / (1.0 + e), e / (1.0 + e));
    let (p, q) = if x >= 0.0 { (large, small) } else { (small, large) };
    let (mut p, mut q) = (vec![rounded(p)], vec![rounded(q)]);
    for k in 0..order {
        let (slope, error) = convolution(&p, &q, k);
        let next = (slope / count(k + 1), error / count(k + 1) + slope.abs());
        p.push(next);
        q.push((-next.0, next.1));
    }
    p
}

/// `exp(x)/k!` times `sign(k)`.
fn over_factorials(order: usize, derivative: impl Fn(usize) -> f64) -> Vec<Coefficient> {
    let mut factorial = 1.0;
    (0..=order)
        .map(|k| {
            factorial *= count(k.max(1));
            rounded(derivative(k) / factorial)
        })
        .collect()
}

/// `binomial(r, k) x^(r - k)`
fn power_of_variable(x: f64, r: f64, order: usize) -> Vec<Coefficient> {
    let mut binomial = 1.0;
    (0..=order)
        .map(|k| {
            if k > 0 {
                binomial *= (r - count(k - 1)) / count(k);
            }
            let value = if binomial == 0.0 { 0.0 } else { binomial * real_power(x, r - count(k)) };
            (value, (6.0 + count(k)) * value.abs())
        })
        .collect()
}

/// `x^r`, also of a negative number where the exponent is whole.
fn real_power(x: f64, r: f64) -> f64 {
    #[allow(clippy::cast_possible_truncation, reason = "a whole number below 2^31")]
    if r.fract() == 0.0 && r.abs() < 2_147_483_648.0 { x.powi(r as i32) } else { x.powf(r) }
}

/// `tan`: `f' = 1 + f^2`.
fn tangent(x: f64, order: usize) -> Vec<Coefficient> {
    let mut f = vec![rounded(x.tan())];
    for k in 0..order {
        let (square, error) = convolution(&f, &f, k);
        let slope = if k == 0 { 1.0 + square } else { square };
        f.push((slope / count(k + 1), error / count(k + 1) + slope.abs()));
    }
    f
}

/// `f` with `f' = s q^r`, `q` a polynomial of degree two in the distance from `x`.
fn from_slope(value: f64, q: [f64; 3], r: f64, s: f64, order: usize) -> Vec<Coefficient> {
    let slope: Vec<_> = power(&q, r, rounded(real_power(q[0], r)), order.max(1) - 1);
    let slope: Vec<_> = slope.into_iter().map(|(v, e)| (s * v, e)).collect();
    integral(rounded(value), &slope)
}

/// What a function is at a point where it may not be smooth.
#[derive(Clone, Copy)]
enum Door {
    Open,
    NotZero(&'static str),
    Positive(&'static str),
    Above(f64, &'static str),
    Inside(&'static str),
}

impl Curve {
    /// Where the function is smooth.
    fn door(self) -> Door {
        match self {
            Self::Named(function) => match function {
                Function::Log => Door::Positive("log"),
                Function::Abs => Door::NotZero("abs"),
                Function::Exp
                | Function::Sin
                | Function::Cos
                | Function::Tan
                | Function::Sinh
                | Function::Cosh
                | Function::Tanh
                | Function::Logistic
                | Function::Softplus
                | Function::Arsinh
                | Function::Arctan => Door::Open,
            },
            Self::Recorded(function) => match function {
                Unary::Recip => Door::NotZero("1/x"),
                Unary::Cbrt => Door::NotZero("the cube root"),
                Unary::Sqrt => Door::Positive("sqrt"),
                Unary::Ln => Door::Positive("log"),
                Unary::Ln1p => Door::Above(-1.0, "log(1 + x)"),
                Unary::Acosh => Door::Above(1.0, "arcosh"),
                Unary::Asin | Unary::Acos | Unary::Atanh => Door::Inside("an inverse function"),
                Unary::Powi(n) if n < 0 => Door::NotZero("a power"),
                Unary::Powf(n) => Self::Power(f64::from_bits(n)).door(),
                Unary::Abs
                | Unary::Exp
                | Unary::ExpM1
                | Unary::Sin
                | Unary::Cos
                | Unary::Tan
                | Unary::Atan
                | Unary::Sinh
                | Unary::Cosh
                | Unary::Tanh
                | Unary::Asinh
                | Unary::Powi(_) => Door::Open,
            },
            Self::Power(r) if r.fract() == 0.0 => {
                if r < 0.0 {
                    Door::NotZero("a power")
                } else {
                    Door::Open
                }
            }
            Self::Power(_) => Door::Positive("a power"),
        }
    }

    /// Whether the function is smooth at a point that is known to a bound.
    fn enter(self, x: f64, error: f64) -> Result<(), Unable> {
        let blur = 16.0 * error * f64::EPSILON;
        let (inside, what) = match self.door() {
            Door::Open => (x.is_finite(), "a function"),
            Door::NotZero(what) => (x.abs() > blur, what),
            Door::Positive(what) => (x > blur, what),
            Door::Above(least, what) => (x - least > blur, what),
            Door::Inside(what) => (1.0 - x.abs() > blur, what),
        };
        if inside && x.is_finite() { Ok(()) } else { Err(Unable::NotSmooth { what, at: x }) }
    }

    /// `f_0, ..., f_order` at a point where it is smooth.
    fn coefficients(self, x: f64, order: usize) -> Vec<Coefficient> {
        match self {
            Self::Power(r) => power_of_variable(x, r, order),
            Self::Named(function) => match function {
                Function::Exp => Self::Recorded(Unary::Exp).coefficients(x, order),
                Function::Log => Self::Recorded(Unary::Ln).coefficients(x, order),
                Function::Sin => Self::Recorded(Unary::Sin).coefficients(x, order),
                Function::Cos => Self::Recorded(Unary::Cos).coefficients(x, order),
                Function::Tan => Self::Recorded(Unary::Tan).coefficients(x, order),
                Function::Sinh => Self::Recorded(Unary::Sinh).coefficients(x, order),
                Function::Cosh => Self::Recorded(Unary::Cosh).coefficients(x, order),
                Function::Tanh => Self::Recorded(Unary::Tanh).coefficients(x, order),
                Function::Arsinh => Self::Recorded(Unary::Asinh).coefficients(x, order),
                Function::Arctan => Self::Recorded(Unary::Atan).coefficients(x, order),
                Function::Abs => Self::Recorded(Unary::Abs).coefficients(x, order),
                Function::Logistic => logistic(x, order),
                Function::Softplus => {
                    integral(rounded(x.max(0.0) + (-x.abs()).exp().ln_1p()), &logistic(x, order))
                }
            },
            Self::Recorded(function) => recorded(function, x, order),
        }
    }

    /// `f(a)` up to a degree.
    ///
    /// # Errors
    /// The function is not smooth there, or `a` has negative powers of the small parameter.
    pub(super) fn of(self, ring: &Ring, cut: usize, a: &Tensor) -> Result<Tensor, Unable> {
        if a.offset() < 0 {
            return Err(Unable::NoSeries { what: "a function of something that grows beyond bounds" });
        }
        let (x, error) = a.at(0, 0);
        let in_t = a.terms() > 1 || a.offset() > 0;
        let order = cut.min(if a.degree() == 0 { 0 } else { cut }) + if in_t { ring.powers() - 1 } else { 0 };
        if order > 0 || error > 0.0 {
            self.enter(x, error)?;
        }
        compose(ring, cut, &self.series(x, error, order), a)
    }

    /// The coefficients at a point that is itself known to a bound only.
    fn series(self, x: f64, error: f64, order: usize) -> Vec<Coefficient> {
        let all = self.coefficients(x, order + 1);
        let with_error = |k: usize| {
            let (value, own) = all.get(k).copied().unwrap_or((0.0, 0.0));
            let slope = all.get(k + 1).map_or(0.0, |next| next.0.abs());
            (value, own + if error > 0.0 { count(k + 1) * slope * error } else { 0.0 })
        };
        (0..=order).map(with_error).collect()
    }
}

fn recorded(function: Unary, x: f64, order: usize) -> Vec<Coefficient> {
    let sign = |k: usize, of: [f64; 4]| of[k % 4];
    match function {
        Unary::Abs => {
            let slope = if x.is_sign_negative() { -1.0 } else { 1.0 };
            let tail = [(x.abs(), 0.0), (slope, 0.0)].into_iter().chain(std::iter::repeat((0.0, 0.0)));
            tail.take(order + 1).collect()
        }
        Unary::Recip => power_of_variable(x, -1.0, order),
        Unary::Sqrt => power_of_variable(x, 0.5, order),
        Unary::Powi(n) => power_of_variable(x, f64::from(n), order),
        Unary::Powf(n) => power_of_variable(x, f64::from_bits(n), order),
        Unary::Cbrt => {
            let root = x.cbrt();
            power(&[x, 1.0], 1.0 / 3.0, rounded(root), order)
        }
        Unary::Exp => over_factorials(order, |_| x.exp()),
        Unary::ExpM1 => over_factorials(order, |k| if k == 0 { x.exp_m1() } else { x.exp() }),
        Unary::Ln => integral(rounded(x.ln()), &power_of_variable(x, -1.0, order)),
        Unary::Ln1p => integral(rounded(x.ln_1p()), &power_of_variable(1.0 + x, -1.0, order)),
        Unary::Sin => over_factorials(order, |k| sign(k, [x.sin(), x.cos(), -x.sin(), -x.cos()])),
        Unary::Cos => over_factorials(order, |k| sign(k, [x.cos(), -x.sin(), -x.cos(), x.sin()])),
        Unary::Sinh => over_factorials(order, |k| if k % 2 == 0 { x.sinh() } else { x.cosh() }),
        Unary::Cosh => over_factorials(order, |k| if k % 2 == 0 { x.cosh() } else { x.sinh() }),
        Unary::Tan => tangent(x, order),
        Unary::Tanh => {
            let mut scale = 2.0;
            let mut f = logistic(2.0 * x, order);
            for (k, (value, error)) in f.iter_mut().enumerate() {
                if k == 0 {
                    (*value, *error) = rounded(x.tanh());
                } else {
                    scale *= 2.0;
                    (*value, *error) = (*value * scale, *error * scale);
                }
            }
            f
        }
        Unary::Asin => from_slope(x.asin(), [(1.0 - x) * (1.0 + x), -2.0 * x, -1.0], -0.5, 1.0, order),
        Unary::Acos => from_slope(x.acos(), [(1.0 - x) * (1.0 + x), -2.0 * x, -1.0], -0.5, -1.0, order),
        Unary::Atan => from_slope(x.atan(), [1.0 + x * x, 2.0 * x, 1.0], -1.0, 1.0, order),
        Unary::Asinh => from_slope(x.asinh(), [1.0 + x * x, 2.0 * x, 1.0], -0.5, 1.0, order),
        Unary::Acosh => from_slope(x.acosh(), [(x - 1.0) * (x + 1.0), 2.0 * x, 1.0], -0.5, 1.0, order),
        Unary::Atanh => from_slope(x.atanh(), [(1.0 - x) * (1.0 + x), -2.0 * x, -1.0], -1.0, 1.0, order),
    }
}

/// `sum_k f_k (a - a_0)^k`, by Horner's rule.
pub(super) fn compose(ring: &Ring, cut: usize, f: &[Coefficient], a: &Tensor) -> Result<Tensor, Unable> {
    let constant = |(value, error): Coefficient| Tensor::constants(Dims::Scalar, vec![value], vec![error]);
    let nilpotent = without_constant(a);
    let mut coefficients = f.iter().rev().copied();
    let mut result = constant(coefficients.next().unwrap_or((0.0, 0.0)));
    for coefficient in coefficients {
        result = result.times(ring, cut, &nilpotent)?.plus(ring, cut, &constant(coefficient))?;
    }
    let in_t = a.terms() > 1 || a.offset() > 0;
    let known = i32::try_from(ring.powers()).unwrap_or(i32::MAX) - 1;
    Ok(if in_t { result.known_to(known.min(a.known())) } else { result.known_to(a.known()) })
}

/// `a` without its coefficient of `h^0 t^0`.
fn without_constant(a: &Tensor) -> Tensor {
    a.clone().with_constant_removed()
}

/// `1/a`, where leading powers of the small parameter may vanish.
///
/// # Errors
/// `a` is 0 to rounding.
pub(super) fn reciprocal(ring: &Ring, cut: usize, a: &Tensor) -> Result<Tensor, Unable> {
    power_of(ring, cut, a, -1.0)
}

/// `a^r` for a real number `r`.
///
/// # Errors
/// The power is not smooth there, or is no series in whole powers of the parameter that the ring counts in.
pub(super) fn power_of(ring: &Ring, cut: usize, a: &Tensor, r: f64) -> Result<Tensor, Unable> {
    let a = a.clone().trimmed(ring);
    let shift = r * f64::from(a.offset());
    if shift.fract() != 0.0 || shift.abs() > 1e6 {
        return Err(Unable::NoSeries { what: "a root of the small parameter" });
    }
    #[allow(clippy::cast_possible_truncation, reason = "a whole number below a million")]
    let shift = shift as i32;
    let leading = a.clone().shifted(-a.offset());
    Ok(Curve::Power(r).of(ring, cut, &leading)?.shifted(shift))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Coefficients against the values of the function nearby: `f(x + s) = sum f_k s^k`.
    #[test]
    fn coefficients_are_those_of_the_function() {
        type Case = (Curve, fn(f64) -> f64, [f64; 3]);
        let named = Curve::Named;
        let recorded = Curve::Recorded;
        let cases: [Case; 30] = [
            (named(Function::Exp), f64::exp, [-2.0, 0.0, 1.5]),
            (named(Function::Log), f64::ln, [0.4, 1.0, 7.0]),
            (named(Function::Sin), f64::sin, [-2.0, 0.0, 1.5]),
            (named(Function::Cos), f64::cos, [-2.0, 0.0, 1.5]),
            (named(Function::Tan), f64::tan, [-1.0, 0.0, 0.7]),
            (named(Function::Sinh), f64::sinh, [-2.0, 0.0, 1.5]),
            (named(Function::Cosh), f64::cosh, [-2.0, 0.0, 1.5]),
            (named(Function::Tanh), f64::tanh, [-2.0, 0.0, 0.4]),
            (named(Function::Logistic), |x| 1.0 / (1.0 + (-x).exp()), [-2.0, 0.0, 3.5]),
            (named(Function::Softplus), |x| x.exp().ln_1p(), [-2.0, 0.0, 3.5]),
            (named(Function::Arsinh), f64::asinh, [-2.0, 0.0, 1.5]),
            (named(Function::Arctan), f64::atan, [-2.0, 0.0, 1.5]),
            (named(Function::Abs), f64::abs, [-2.0, 0.5, 1.5]),
            (recorded(Unary::Recip), f64::recip, [-2.0, 0.5, 1.5]),
            (recorded(Unary::Sqrt), f64::sqrt, [0.4, 1.0, 7.0]),
            (recorded(Unary::Cbrt), f64::cbrt, [-1.0, 0.5, 7.0]),
            (recorded(Unary::ExpM1), f64::exp_m1, [-2.0, 0.0, 1.5]),
            (recorded(Unary::Ln1p), f64::ln_1p, [-0.4, 0.0, 7.0]),
            (recorded(Unary::Asin), f64::asin, [-0.6, 0.0, 0.5]),
            (recorded(Unary::Acos), f64::acos, [-0.6, 0.0, 0.5]),
            (recorded(Unary::Atan), f64::atan, [-0.6, 0.0, 2.0]),
            (recorded(Unary::Asinh), f64::asinh, [-0.6, 0.0, 2.0]),
            (recorded(Unary::Acosh), f64::acosh, [1.5, 2.0, 4.0]),
            (recorded(Unary::Atanh), f64::atanh, [-0.6, 0.0, 0.5]),
            (recorded(Unary::Tanh), f64::tanh, [-0.6, 0.0, 0.5]),
            (recorded(Unary::Powi(3)), |x| x.powi(3), [-0.6, 0.0, 0.5]),
            (recorded(Unary::Powi(-2)), |x| x.powi(-2), [-0.6, 1.0, 2.0]),
            (recorded(Unary::Powf(1.5_f64.to_bits())), |x| x.powf(1.5), [0.6, 1.0, 2.0]),
            (Curve::Power(-0.5), |x| x.powf(-0.5), [0.6, 1.0, 2.0]),
            (Curve::Power(2.0), |x| x * x, [-0.6, 0.0, 2.0]),
        ];
        for (curve, f, points) in cases {
            for x in points {
                // Within a tenth of the nearest singularity of any of these: 1e-16 after 17 terms of ratio 1/10.
                let coefficients = curve.coefficients(x, 18);
                for s in [-0.03, 0.02] {
                    let sum = coefficients.iter().rev().fold(0.0, |sum, (f, _)| sum * s + f);
                    let error = (sum - f(x + s)).abs();
                    assert!(error <= 4e-15 * (1.0 + f(x + s).abs()), "{curve:?} at {x}: {error:e}");
                }
            }
        }
    }

    #[test]
    fn functions_keep_their_slopes_far_out() {
        let tanh = Curve::Named(Function::Tanh).coefficients(40.0, 1)[1].0;
        let exact = 4.0 * (-80.0_f64).exp();
        assert!((tanh - exact).abs() <= 1e-14 * exact, "{tanh}");
        let softplus = Curve::Named(Function::Softplus).coefficients(-800.0, 2);
        assert!(softplus.iter().all(|(value, _)| *value == 0.0), "{softplus:?}");
        let large = Curve::Named(Function::Softplus).coefficients(800.0, 2);
        assert_eq!(large[0].0.to_bits(), 800.0_f64.to_bits(), "no overflow");
    }

    #[test]
    fn points_without_derivative_are_refused() {
        let ring = Ring::new(1, 1);
        let at = |x: f64| Tensor::variables(&ring, &[x]).unwrap().component(0);
        for (curve, x) in [
            (Curve::Named(Function::Log), 0.0),
            (Curve::Named(Function::Log), -1.0),
            (Curve::Named(Function::Abs), 0.0),
            (Curve::Power(0.5), 0.0),
            (Curve::Power(-1.0), 0.0),
            (Curve::Recorded(Unary::Asin), 1.0),
            (Curve::Recorded(Unary::Acosh), 1.0),
        ] {
            assert!(matches!(curve.of(&ring, 1, &at(x)), Err(Unable::NotSmooth { .. })), "{curve:?}");
        }
        let blurred = Tensor::constants(Dims::Scalar, vec![1e-16], vec![1.0]);
        assert!(reciprocal(&ring, 0, &blurred).is_err(), "0 to rounding");
    }

    #[test]
    fn powers_of_the_small_parameter_have_roots_of_whole_powers() {
        let ring = Ring::new(1, 4);
        let root = power_of(&ring, 0, &Tensor::small(2), 0.5).unwrap();
        assert_eq!((root.offset(), root.at(0, 1).0.to_bits()), (1, 1.0_f64.to_bits()), "sqrt(t^2) = t");
        assert!(
            matches!(power_of(&ring, 0, &Tensor::small(1), 0.5), Err(Unable::NoSeries { .. })),
            "sqrt(t)"
        );
        // 1/(t - t^2) = 1/t + 1 + t + ..., known as far as four powers go.
        let series = Tensor::small(1).minus(&ring, 0, &Tensor::small(2)).unwrap();
        let inverse = reciprocal(&ring, 0, &series).unwrap();
        let expected = [1.0, 1.0, 1.0, 1.0];
        assert!((-1..).zip(expected).all(|(k, c)| (inverse.at(0, k).0 - c).abs() < 1e-15), "{inverse:?}");
        assert_eq!(inverse.known(), 2, "one power is lost");
    }

    #[test]
    fn functions_of_series_end_where_they_are_known() {
        let ring = Ring::new(1, 3);
        let exp = Curve::Named(Function::Exp).of(&ring, 0, &Tensor::small(1)).unwrap();
        assert_eq!(exp.known(), 2, "three powers");
        assert!((exp.at(0, 2).0 - 0.5).abs() < 1e-15, "t^2/2");
        assert!(Curve::Named(Function::Exp).of(&ring, 0, &Tensor::small(-1)).is_err(), "exp(1/t)");
    }
}
