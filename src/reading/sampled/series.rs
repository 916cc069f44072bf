//! Taylor coefficients of functions of one variable.
//!
//! ```text
//! f(x + t) = c_0 + c_1 t + c_2 t^2 + ...
//! tanh, tan, logistic by their equations   y' = 1 - y^2,   y' = 1 + y^2,   y' = y (1 - y)
//! arctan, arsinh and their like as integrals of powers of polynomials in t
//! ```

use crate::expression::Function;
use crate::loss::Unary;
use smallvec::{SmallVec, smallvec};

/// Coefficients, by power.
pub(super) type Series = SmallVec<[f64; 6]>;

/// A function of one variable.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Curve {
    Named(Function),
    Recorded(Unary),
    /// `x^p`
    Power(f64),
}

fn real(k: usize) -> f64 {
    f64::from(u32::try_from(k).unwrap_or(u32::MAX))
}

/// The coefficients up to an order; nothing where the function is not smooth or not defined.
pub(super) fn taylor(curve: Curve, x: f64, order: usize) -> Option<Series> {
    let series = match curve {
        Curve::Named(function) => named(function, x, order)?,
        Curve::Power(p) => power(x, p, order)?,
        Curve::Recorded(unary) => recorded(unary, x, order)?,
    };
    series.iter().all(|c| c.is_finite()).then_some(series)
}

fn named(function: Function, x: f64, order: usize) -> Option<Series> {
    Some(match function {
        Function::Exp => exponential(x.exp(), 1.0, order),
        Function::Log => integral(x.ln(), power(x, -1.0, order)?),
        Function::Sin => turning(x, order),
        Function::Cos => turning(x + std::f64::consts::FRAC_PI_2, order),
        Function::Tan => equation(x.tan(), order, [1.0, 0.0, 1.0]),
        Function::Sinh => half_difference(x, -1.0, order),
        Function::Cosh => half_difference(x, 1.0, order),
        Function::Tanh => equation(x.tanh(), order, [1.0, 0.0, -1.0]),
        Function::Logistic => equation(logistic(x), order, [0.0, 1.0, -1.0]),
        Function::Softplus => {
            let value = x.max(0.0) + (-x.abs()).exp().ln_1p();
            integral(value, equation(logistic(x), order, [0.0, 1.0, -1.0]))
        }
        Function::Arsinh => integral(x.asinh(), power_of(&[1.0 + x * x, 2.0 * x, 1.0], -0.5, order)?),
        Function::Arctan => integral(x.atan(), power_of(&[1.0 + x * x, 2.0 * x, 1.0], -1.0, order)?),
        Function::Abs => absolute(x, order)?,
    })
}

fn recorded(unary: Unary, x: f64, order: usize) -> Option<Series> {
    let below = [1.0 - x * x, -2.0 * x, -1.0];
    Some(match unary {
        Unary::Abs => absolute(x, order)?,
        Unary::Recip => power(x, -1.0, order)?,
        Unary::Sqrt => power(x, 0.5, order)?,
        Unary::Cbrt => {
            let scale = x.signum();
            power(x.abs(), 1.0 / 3.0, order)?
                .iter()
                .enumerate()
                .map(|(k, c)| c * sign(scale, k + 1))
                .collect()
        }
        Unary::Exp => exponential(x.exp(), 1.0, order),
        Unary::ExpM1 => {
            let mut series = exponential(x.exp(), 1.0, order);
            series[0] = x.exp_m1();
            series
        }
        Unary::Ln => named(Function::Log, x, order)?,
        Unary::Ln1p => integral(x.ln_1p(), power(1.0 + x, -1.0, order)?),
        Unary::Sin => named(Function::Sin, x, order)?,
        Unary::Cos => named(Function::Cos, x, order)?,
        Unary::Tan => named(Function::Tan, x, order)?,
        Unary::Sinh => named(Function::Sinh, x, order)?,
        Unary::Cosh => named(Function::Cosh, x, order)?,
        Unary::Tanh => named(Function::Tanh, x, order)?,
        Unary::Asinh => named(Function::Arsinh, x, order)?,
        Unary::Atan => named(Function::Arctan, x, order)?,
        Unary::Asin => integral(x.asin(), power_of(&below, -0.5, order)?),
        Unary::Acos => {
            let slope = power_of(&below, -0.5, order)?;
            integral(x.acos(), slope.iter().map(|c| -c).collect())
        }
        Unary::Acosh => integral(x.acosh(), power_of(&[x * x - 1.0, 2.0 * x, 1.0], -0.5, order)?),
        Unary::Atanh => integral(x.atanh(), power_of(&below, -1.0, order)?),
        Unary::Powi(p) => power(x, f64::from(p), order)?,
        Unary::Powf(bits) => power(x, f64::from_bits(bits), order)?,
    })
}

fn sign(of: f64, times: usize) -> f64 {
    if times.is_multiple_of(2) { 1.0 } else { of }
}

fn logistic(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}

/// `e^(x + r t)` from `e^x`.
fn exponential(value: f64, rate: f64, order: usize) -> Series {
    let mut c = value;
    (0..=order)
        .map(|k| {
            let this = c;
            c *= rate / real(k + 1);
            this
        })
        .collect()
}

/// `(e^x + s e^-x)/2`
fn half_difference(x: f64, s: f64, order: usize) -> Series {
    let (up, down) = (exponential(x.exp(), 1.0, order), exponential((-x).exp(), -1.0, order));
    up.iter().zip(&down).map(|(a, b)| 0.5 * (a + s * b)).collect()
}

/// `sin(x + t)`: `sin(x + k pi/2)/k!`.
fn turning(x: f64, order: usize) -> Series {
    let (sine, cosine) = x.sin_cos();
    let mut factorial = 1.0;
    (0..=order)
        .map(|k| {
            factorial *= real(k.max(1));
            [sine, cosine, -sine, -cosine][k % 4] / factorial
        })
        .collect()
}

fn absolute(x: f64, order: usize) -> Option<Series> {
    let slope = if x > 0.0 {
        1.0
    } else if x < 0.0 {
        -1.0
    } else {
        return (order == 0).then(|| smallvec![0.0]);
    };
    let mut series: Series = smallvec![0.0; order + 1];
    series[0] = x.abs();
    if let Some(c) = series.get_mut(1) {
        *c = slope;
    }
    Some(series)
}

/// `x^p`: `c_(k+1) = c_k (p - k)/((k + 1) x)`; a polynomial for whole `p >= 0`.
fn power(x: f64, p: f64, order: usize) -> Option<Series> {
    let whole = p.fract().abs() < f64::EPSILON && p.abs() <= 64.0;
    if whole && p >= 0.0 {
        let mut binomial = 1.0;
        let series = (0..=order).map(|k| {
            let rest = p - real(k);
            let c = if rest < 0.0 { 0.0 } else { binomial * x.powf(rest) };
            binomial *= rest / real(k + 1);
            c
        });
        return Some(series.collect());
    }
    if x < 0.0 && !whole || x.abs() < f64::MIN_POSITIVE && (p < 0.0 || order > 0) {
        return None;
    }
    let mut c = if whole { x.powf(p.round()) } else { x.powf(p) };
    let series = (0..=order).map(|k| {
        let this = c;
        c *= (p - real(k)) / (real(k + 1) * x);
        this
    });
    Some(series.collect())
}

/// The power of a polynomial in `t`: `k a_0 c_k = sum over j of (p j - k + j) a_j c_(k-j)`.
fn power_of(polynomial: &[f64], p: f64, order: usize) -> Option<Series> {
    let first = polynomial[0];
    if first <= 0.0 || first.is_nan() {
        return None;
    }
    let mut series: Series = smallvec![first.powf(p)];
    for k in 1..=order {
        let sum: f64 = (1..=k.min(polynomial.len() - 1))
            .map(|j| (p * real(j) - real(k) + real(j)) * polynomial[j] * series[k - j])
            .sum();
        series.push(sum / (real(k) * first));
    }
    Some(series)
}

/// The integral of a series with this value at `t = 0`, of the same length.
fn integral(value: f64, slope: Series) -> Series {
    let order = slope.len() - 1;
    std::iter::once(value)
        .chain(slope.into_iter().take(order).enumerate().map(|(k, c)| c / real(k + 1)))
        .collect()
}

/// `y' = a + b y + c y^2`
fn equation(value: f64, order: usize, [a, b, c]: [f64; 3]) -> Series {
    let mut y: Series = smallvec![value];
    for k in 0..order {
        let square: f64 = (0..=k).map(|j| y[j] * y[k - j]).sum();
        let constant = if k == 0 { a } else { 0.0 };
        y.push((constant + b * y[k] + c * square) / real(k + 1));
    }
    y
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The series at `t = 0.01` is the value there, but for the next term of the series, at most `1e-12` here.
    #[test]
    fn series_add_up_to_values() {
        let named = Function::ALL.map(Curve::Named);
        let others = [
            Unary::Cbrt,
            Unary::ExpM1,
            Unary::Ln1p,
            Unary::Asin,
            Unary::Acos,
            Unary::Atanh,
            Unary::Powi(-3),
            Unary::Powi(4),
            Unary::Sqrt,
            Unary::Recip,
        ];
        for curve in named.into_iter().chain(others.map(Curve::Recorded)).chain([Curve::Power(2.5)]) {
            let x = 0.7;
            let series = taylor(curve, x, 7).unwrap();
            let sum: f64 = series.iter().rev().fold(0.0, |sum, c| sum * 0.01 + c);
            let there = taylor(curve, x + 0.01, 0).unwrap()[0];
            assert!((sum - there).abs() <= 1e-12 * (1.0 + there.abs()), "{curve:?}: {sum} is not {there}");
            let lower = taylor(curve, x, 2).unwrap();
            assert!(
                lower.iter().zip(&series).all(|(a, b)| (a - b).abs() <= 1e-15 * (1.0 + a.abs())),
                "{curve:?}"
            );
        }
        let cosh = taylor(Curve::Recorded(Unary::Acosh), 1.7, 5).unwrap();
        assert!((cosh[1] - 1.0 / (1.7_f64 * 1.7 - 1.0).sqrt()).abs() < 1e-15, "acosh'");
    }

    #[test]
    fn where_a_function_is_not_smooth_there_is_no_series() {
        for (curve, x) in [
            (Curve::Named(Function::Log), -1.0),
            (Curve::Named(Function::Abs), 0.0),
            (Curve::Power(0.5), -1.0),
            (Curve::Power(0.5), 0.0),
            (Curve::Power(-1.0), 0.0),
            (Curve::Recorded(Unary::Asin), 2.0),
            (Curve::Named(Function::Exp), 1e4),
        ] {
            assert!(taylor(curve, x, 2).is_none(), "{curve:?} at {x}");
        }
        assert_eq!(
            taylor(Curve::Power(2.0), 0.0, 3),
            Some(Series::from_slice(&[0.0, 0.0, 1.0, 0.0])),
            "x^2 at 0 is smooth"
        );
    }
}
