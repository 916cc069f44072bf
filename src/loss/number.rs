//! The number a loss is written in, and functions of it that neither overflow nor lose derivatives.
//!
//! `num-dual` computes `tanh` as `sinh/cosh` and leaves `log(1 + exp(z))` to the caller; both overflow
//! although the functions are tame. The functions here are right for every finite argument, with every
//! derivative that the number carries. They do not branch on the argument's value, so that a loss made
//! of them is one straight line of arithmetic for every sample.

use num_dual::DualNum;

/// A real number, or one that carries derivatives with it.
///
/// An alias for what `num-dual` calls `DualNum<Primitive = f64> + Copy`: implemented by `f64`, `Dual64`,
/// `HyperDual64`, `DualSVec64<N>`, every nesting of them, and nothing has to be implemented by hand.
/// [`InnerDual`](DualNum::InnerDual) is the type of its parts, in which data enter a loss.
pub trait Number: DualNum<Primitive = f64, InnerDual: DualNum<Primitive = f64> + Copy> + Copy {}

impl<D> Number for D
where
    D: DualNum<Primitive = f64> + Copy,
    D::InnerDual: DualNum<Primitive = f64> + Copy,
{
}

/// `x` as a number without derivatives.
#[inline]
pub fn constant<D: From<f64>>(x: f64) -> D {
    D::from(x)
}

/// `theta . x = sum_i theta_i x_i`, over the shorter of the two.
#[inline]
pub fn dot<D: Number>(theta: &[D], x: &[D::InnerDual]) -> D {
    let mut products = theta.iter().zip(x).map(|(t, x)| t.scale(x));
    let first = products.next().unwrap_or_else(|| constant(0.0));
    products.fold(first, |sum, product| sum + product)
}

/// `sum_i a_i b_i`, over the shorter of the two.
#[inline]
pub fn inner<D: Number>(a: &[D], b: &[D]) -> D {
    let mut products = a.iter().zip(b).map(|(a, b)| *a * *b);
    let first = products.next().unwrap_or_else(|| constant(0.0));
    products.fold(first, |sum, product| sum + product)
}

/// `max(z, 0) = |z|/2 + z/2`.
#[inline]
fn positive_part<D: Number>(z: D) -> D {
    z.abs() * 0.5 + z * 0.5
}

/// `log(1 + exp(z)) = max(z, 0) + log(1 + exp(-|z|))`; its derivative is [`logistic`].
#[inline]
pub fn softplus<D: Number>(z: D) -> D {
    positive_part(z) + (-z.abs()).exp().ln_1p()
}

/// `1/(1 + exp(-z)) = exp(min(z, 0)) / (1 + exp(-|z|))`.
#[inline]
pub fn logistic<D: Number>(z: D) -> D {
    (-positive_part(-z)).exp() / ((-z.abs()).exp() + 1.0)
}

/// `tanh(z)`.
///
/// With `t(a) = (1 - exp(-2a))/(1 + exp(-2a))` for `a >= 0` it is `t(max(z, 0)) - t(max(-z, 0))`, of which one
/// term is zero with zero derivatives. Numbers without derivatives have a `tanh` that is right as it is.
#[inline]
pub fn tanh<D: Number>(z: D) -> D {
    if D::NDERIV == 0 {
        return z.tanh();
    }
    let of_positive = |a: D| {
        let e = (a * -2.0).exp_m1();
        -e / (e + 2.0)
    };
    of_positive(positive_part(z)) - of_positive(positive_part(-z))
}

/// `log(sum_k exp(z_k))`; minus infinity of nothing.
///
/// The largest `z_k` is taken out first, as `max(a, b) = a + max(b - a, 0)`.
#[inline]
pub fn log_sum_exp<D: Number>(z: &[D]) -> D {
    let Some((first, rest)) = z.split_first() else {
        return constant(f64::NEG_INFINITY);
    };
    let largest = rest.iter().fold(*first, |m, z| m + positive_part(*z - m));
    let sum = rest.iter().fold((*first - largest).exp(), |s, z| s + (*z - largest).exp());
    largest + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_dual::{Dual2, Dual2_64, Dual64};

    /// Value, first and second derivative of `f` at `z`.
    fn derivatives(f: impl Fn(Dual2_64) -> Dual2_64, z: f64) -> [f64; 3] {
        let y = f(Dual2::from_re(z).derivative());
        [y.re, y.v1, y.v2]
    }

    /// A few roundings, relative to the number itself.
    #[track_caller]
    fn assert_close(found: f64, expected: f64) {
        let bound = 1e-14 * expected.abs() + f64::MIN_POSITIVE;
        assert!((found - expected).abs() <= bound, "found {found:e}, expected {expected:e}");
    }

    const FAR: [f64; 13] =
        [-800.0, -400.0, -40.0, -2.0, -0.3, -1e-9, 0.0, 1e-9, 0.3, 2.0, 40.0, 400.0, 800.0];

    #[test]
    fn tanh_keeps_value_and_derivatives_far_out() {
        for z in FAR {
            let [y, y1, y2] = derivatives(tanh, z);
            let e = (-2.0 * z.abs()).exp();
            let slope = 4.0 * e / ((1.0 + e) * (1.0 + e));
            assert_close(y, z.tanh());
            assert_close(y1, slope);
            assert!((y2 + 2.0 * z.tanh() * slope).abs() <= 1e-14 * slope + f64::MIN_POSITIVE, "{z}: {y2:e}");
            assert_close(tanh(z), z.tanh());
        }
    }

    #[test]
    fn softplus_and_logistic_are_derivatives_of_one_another_far_out() {
        for z in FAR {
            let e = (-z.abs()).exp();
            let value = z.max(0.0) + e.ln_1p();
            let sigma = if z >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) };
            let slope = e / ((1.0 + e) * (1.0 + e));
            let [s, s1, s2] = derivatives(softplus, z);
            let [l, l1, _] = derivatives(logistic, z);
            assert_close(s, value);
            assert_close(s1, sigma);
            assert_close(s2, slope);
            assert_close(l, sigma);
            assert_close(l1, slope);
        }
    }

    #[test]
    fn softplus_of_a_huge_number_is_that_number() {
        assert_eq!(softplus(1e308_f64).to_bits(), 1e308_f64.to_bits(), "softplus(1e308)");
        assert_eq!(softplus(-1e308_f64).to_bits(), 0.0_f64.to_bits(), "softplus(-1e308)");
    }

    #[test]
    fn log_sum_exp_has_the_softmax_as_its_gradient() {
        for z in [[0.0, 0.0, 0.0], [800.0, -800.0, 799.0], [-400.0, -401.0, -800.0], [1e5, 1e5, 1e5]] {
            let largest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let total: f64 = z.iter().map(|z| (z - largest).exp()).sum();
            assert_close(log_sum_exp(&z), largest + total.ln());
            for k in 0..3 {
                let mut dual = z.map(Dual64::from_re);
                dual[k] = dual[k].derivative();
                assert_close(log_sum_exp(&dual).eps, (z[k] - largest).exp() / total);
            }
        }
        assert!(log_sum_exp::<f64>(&[]).is_infinite(), "nothing to sum");
    }

    #[test]
    fn dot_and_inner_agree_with_arithmetic() {
        assert_close(dot(&[1.5, -2.0], &[4.0, 0.25]), 5.5);
        assert_close(inner(&[1.5, -2.0], &[4.0, 0.25]), 5.5);
        assert_close(dot::<f64>(&[], &[]), 0.0);
    }
}
