//! Integrals over pieces of an interval, nested to any depth, by one step of Gauss-Legendre collocation each.
//!
//! A step of length `h` from `x` evaluates the integrand at the four points `x + c_j h` and gives
//!
//! ```text
//! F(x + c_j h) - F(x) = h sum_k a_jk f(x + c_k h),      a_jk = int_0^{c_j} l_k(t) dt
//! F(x + h)     - F(x) = h sum_k w_k  f(x + c_k h)
//! ```
//!
//! with `l_k` the Lagrange polynomials of the points. This is a Runge-Kutta method of order 8 at the end of the step for
//! every chain of integrals, the integrand of each depending on those before (Hairer, Norsett, Wanner, Solving Ordinary
//! Differential Equations I, II.7): local errors `O(h^9)`, although the values at the points themselves have errors `O(h^5)`.

/// Points of a step.
pub(super) const POINTS: usize = 4;

/// One value a point.
pub(super) type AtPoints = [f64; POINTS];

/// Points `c_j` in `[0, 1]`, weights `w_k` and coefficients `a_jk`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Collocation {
    pub(super) points: AtPoints,
    weights: AtPoints,
    coefficients: [AtPoints; POINTS],
}

impl Collocation {
    /// Gauss-Legendre: zeros `±sqrt(3/7 ∓ 2/7 sqrt(6/5))` of `P_4`, weights `(18 ± sqrt 30)/36`, moved to `[0, 1]`.
    pub(super) fn gauss() -> Self {
        let (near, far) = ((6.0_f64 / 5.0).sqrt(), 30.0_f64.sqrt());
        let (inner, outer) = ((3.0 / 7.0 - 2.0 / 7.0 * near).sqrt(), (3.0 / 7.0 + 2.0 / 7.0 * near).sqrt());
        let points = [-outer, -inner, inner, outer].map(|z| 0.5 * (1.0 + z));
        let weights = [18.0 - far, 18.0 + far, 18.0 + far, 18.0 - far].map(|w| w / 72.0);
        // The rule itself integrates the cubic l_k over [0, c_j] exactly.
        let integral = |k: usize, end: f64| {
            let at = |t: f64| {
                (0..POINTS)
                    .filter(|&m| m != k)
                    .fold(1.0, |product, m| product * (t - points[m]) / (points[k] - points[m]))
            };
            points.iter().zip(&weights).map(|(c, w)| end * w * at(end * c)).sum::<f64>()
        };
        let coefficients = points.map(|end| std::array::from_fn(|k| integral(k, end)));
        Self { points, weights, coefficients }
    }

    /// `F(x + c_j h) - F(x)` for each `j`.
    pub(super) fn within(&self, h: f64, f: &AtPoints) -> AtPoints {
        self.coefficients.map(|row| h * dot(&row, f))
    }

    /// `F(x + h) - F(x)`.
    pub(super) fn across(&self, h: f64, f: &AtPoints) -> f64 {
        h * dot(&self.weights, f)
    }
}

fn dot(a: &AtPoints, b: &AtPoints) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_are_integrated_exactly_up_to_their_degree() {
        let rule = Collocation::gauss();
        for degree in 0..9_i32 {
            let f = rule.points.map(|t| t.powi(degree));
            // A handful of roundings of numbers below 1.
            let off = (rule.across(1.0, &f) - 1.0 / f64::from(degree + 1)).abs();
            assert_eq!(off < 1e-15, degree < 8, "degree {degree} is off by {off}");
            let inner = rule.within(1.0, &f);
            let exact = rule.points.map(|t| t.powi(degree + 1) / f64::from(degree + 1));
            let off = inner.iter().zip(&exact).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert_eq!(off < 1e-15, degree < 4, "within, degree {degree} is off by {off}");
        }
    }

    #[test]
    fn nested_integrals_have_order_eight() {
        // int_0^1 exp(F) dx with F = int 2x dx = x^2: Dawson's integral.
        let exact = 1.462_651_745_907_181_6;
        let rule = Collocation::gauss();
        let error = |steps: u32| {
            let h = 1.0 / f64::from(steps);
            let (mut outer, mut inner) = (0.0, 0.0);
            for step in 0..steps {
                let f = rule.points.map(|c| 2.0 * h * (f64::from(step) + c));
                let here = rule.within(h, &f).map(|more| (inner + more).exp());
                outer += rule.across(h, &here);
                inner += rule.across(h, &f);
            }
            (outer - exact).abs()
        };
        let slope = (error(2) / error(4)).log2();
        assert!((slope - 8.0).abs() < 0.5, "the order is 8, found {slope}");
    }
}
