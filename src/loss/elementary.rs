//! The elementary functions of one number with their first two derivatives.

use super::recorded::Unary;

impl Unary {
    /// `f(x)`.
    pub(crate) fn value(self, x: f64) -> f64 {
        match self {
            Self::Abs => x.abs(),
            Self::Recip => x.recip(),
            Self::Sqrt => x.sqrt(),
            Self::Cbrt => x.cbrt(),
            Self::Exp => x.exp(),
            Self::ExpM1 => x.exp_m1(),
            Self::Ln => x.ln(),
            Self::Ln1p => x.ln_1p(),
            Self::Sin => x.sin(),
            Self::Cos => x.cos(),
            Self::Tan => x.tan(),
            Self::Asin => x.asin(),
            Self::Acos => x.acos(),
            Self::Atan => x.atan(),
            Self::Sinh => x.sinh(),
            Self::Cosh => x.cosh(),
            Self::Tanh => x.tanh(),
            Self::Asinh => x.asinh(),
            Self::Acosh => x.acosh(),
            Self::Atanh => x.atanh(),
            Self::Powi(n) => x.powi(n),
            Self::Powf(n) => x.powf(f64::from_bits(n)),
        }
    }

    /// `(f'(x), f''(x))`, where `y = f(x)` is known already.
    pub(crate) fn slopes(self, x: f64, y: f64) -> (f64, f64) {
        match self {
            Self::Abs => (if x.is_sign_positive() { 1.0 } else { -1.0 }, 0.0),
            Self::Recip => (-y * y, 2.0 * y * y * y),
            Self::Sqrt => (0.5 / y, -0.25 / (y * x)),
            Self::Cbrt => (y / (3.0 * x), -2.0 * y / (9.0 * x * x)),
            Self::Exp => (y, y),
            Self::ExpM1 => (y + 1.0, y + 1.0),
            Self::Ln => (x.recip(), -(x.recip() * x.recip())),
            Self::Ln1p => ((1.0 + x).recip(), -((1.0 + x) * (1.0 + x)).recip()),
            Self::Sin => (x.cos(), -y),
            Self::Cos => (-x.sin(), -y),
            Self::Tan => (1.0 + y * y, 2.0 * y * (1.0 + y * y)),
            Self::Asin => inverse((1.0 - x) * (1.0 + x), 1.0, x),
            Self::Acos => {
                let (f1, f2) = inverse((1.0 - x) * (1.0 + x), 1.0, x);
                (-f1, -f2)
            }
            Self::Atan => {
                let q = (1.0 + x * x).recip();
                (q, -2.0 * x * q * q)
            }
            Self::Sinh => (x.cosh(), y),
            Self::Cosh => (x.sinh(), y),
            Self::Tanh => tanh_slopes(x, y),
            Self::Asinh => inverse(1.0 + x * x, -1.0, x),
            Self::Acosh => inverse((x - 1.0) * (x + 1.0), -1.0, x),
            Self::Atanh => {
                let q = ((1.0 - x) * (1.0 + x)).recip();
                (q, 2.0 * x * q * q)
            }
            Self::Powi(n) => powi_slopes(n, x),
            Self::Powf(n) => {
                let n = f64::from_bits(n);
                (n * x.powf(n - 1.0), n * (n - 1.0) * x.powf(n - 2.0))
            }
        }
    }
}

/// `f' = q^(-1/2)`, `f'' = s x q^(-3/2)`: the inverse circular and hyperbolic functions.
fn inverse(q: f64, s: f64, x: f64) -> (f64, f64) {
    let f1 = q.sqrt().recip();
    (f1, s * x * f1 / q)
}

/// `tanh' = 4e/(1 + e)^2` with `e = exp(-2|x|)`, which keeps its relative accuracy far out where `1 - tanh^2` loses it;
/// `tanh'' = -2 tanh tanh'`.
fn tanh_slopes(x: f64, y: f64) -> (f64, f64) {
    let e = (-2.0 * x.abs()).exp();
    let f1 = 4.0 * e / ((1.0 + e) * (1.0 + e));
    (f1, -2.0 * y * f1)
}

/// `n x^(n-1)` and `n (n-1) x^(n-2)`; the vanishing coefficients of `n = 0, 1` stay zero at `x = 0`.
fn powi_slopes(n: i32, x: f64) -> (f64, f64) {
    let times = |coefficient: f64, exponent: i32| {
        if coefficient == 0.0 { 0.0 } else { coefficient * x.powi(exponent) }
    };
    let n_f = f64::from(n);
    (times(n_f, n.saturating_sub(1)), times(n_f * (n_f - 1.0), n.saturating_sub(2)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_dual::{Dual2, Dual2_64, DualNum};

    type Case = (Unary, fn(Dual2_64) -> Dual2_64, [f64; 3]);

    const CASES: [Case; 22] = [
        (Unary::Abs, |x| num_traits::Signed::abs(&x), [-2.0, -0.25, 1.5]),
        (Unary::Recip, |x| x.recip(), [-2.0, 0.5, 3.0]),
        (Unary::Sqrt, |x| x.sqrt(), [0.01, 1.0, 7.0]),
        (Unary::Cbrt, |x| x.cbrt(), [-2.0, 0.3, 8.0]),
        (Unary::Exp, |x| x.exp(), [-3.0, 0.0, 2.0]),
        (Unary::ExpM1, |x| x.exp_m1(), [-3.0, 1e-9, 2.0]),
        (Unary::Ln, |x| x.ln(), [0.01, 1.0, 40.0]),
        (Unary::Ln1p, |x| x.ln_1p(), [-0.9, 1e-9, 40.0]),
        (Unary::Sin, |x| x.sin(), [-2.0, 0.1, 9.0]),
        (Unary::Cos, |x| x.cos(), [-2.0, 0.1, 9.0]),
        (Unary::Tan, |x| x.tan(), [-1.0, 0.1, 1.2]),
        (Unary::Asin, |x| x.asin(), [-0.9, 0.1, 0.5]),
        (Unary::Acos, |x| x.acos(), [-0.9, 0.1, 0.5]),
        (Unary::Atan, |x| x.atan(), [-3.0, 0.1, 20.0]),
        (Unary::Sinh, |x| x.sinh(), [-3.0, 0.1, 2.0]),
        (Unary::Cosh, |x| x.cosh(), [-3.0, 0.1, 2.0]),
        (Unary::Tanh, |x| x.tanh(), [-3.0, 0.1, 2.0]),
        (Unary::Asinh, |x| x.asinh(), [-3.0, 0.1, 2.0]),
        (Unary::Acosh, |x| x.acosh(), [1.1, 2.0, 9.0]),
        (Unary::Atanh, |x| x.atanh(), [-0.9, 0.1, 0.5]),
        (Unary::Powi(-3), |x| x.powi(-3), [-2.0, 0.5, 3.0]),
        (Unary::Powf(2.5_f64.to_bits()), |x| x.powf(2.5), [0.5, 1.0, 3.0]),
    ];

    /// Both evaluate well-conditioned closed forms: a handful of roundings, 1e-13 of the largest of the three.
    #[test]
    fn slopes_agree_with_dual_numbers() {
        for (function, dual, points) in CASES {
            for x in points {
                let expected = dual(Dual2::from_re(x).derivative());
                let y = function.value(x);
                let (f1, f2) = function.slopes(x, y);
                let scale = expected.re.abs() + expected.v1.abs() + expected.v2.abs();
                for (found, expected) in [(y, expected.re), (f1, expected.v1), (f2, expected.v2)] {
                    assert!(
                        (found - expected).abs() <= 1e-13 * scale,
                        "{function:?} at {x}: {found} {expected}"
                    );
                }
            }
        }
    }

    #[test]
    fn tanh_keeps_its_slopes_far_out() {
        let (f1, f2) = Unary::Tanh.slopes(40.0, 1.0);
        let exact = 4.0 * (-80.0_f64).exp();
        assert!((f1 - exact).abs() <= 1e-15 * exact, "{f1}");
        assert!((f2 + 2.0 * exact).abs() <= 2e-15 * exact, "{f2}");
    }

    #[test]
    fn low_powers_are_smooth_at_zero() {
        assert_eq!(powi_slopes(1, 0.0), (1.0, 0.0), "x");
        assert_eq!(powi_slopes(2, 0.0), (0.0, 2.0), "x^2");
        assert_eq!(powi_slopes(3, 0.0), (0.0, 0.0), "x^3");
    }
}
