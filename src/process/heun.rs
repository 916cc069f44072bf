//! Heun steps of Stratonovich equations `dx = b dt + B o_{1/2} dW`.
//!
//! ```text
//! x~ = x + b(x) dt + B(x) dW
//! x' = x + (b(x) + b(x~)) dt/2 + (B(x) + B(x~)) dW/2
//! ```
//!
//! The mean of the amplitudes at both ends makes it Stratonovich's integral: `E[(B(x) + B(x~)) dW]/2 = (1/2) S dt`, with
//! no derivative given. Weak order 1; strong order 1 where the noises commute (one noise, or an amplitude that is
//! constant or diagonal with `B_ii(x_i)`), else 1/2; order 2 without noise. The Ito equation of the same `b` and `B` is
//! another one: see [`super::Sde`].

use super::euler_maruyama::run_ensemble;
use rand::Rng;
use std::fmt;

/// A Stratonovich equation in `dim` dimensions with `noises` independent Wiener processes.
///
/// `drift(x, b)` overwrites `b`, `amplitude(x, dw, step)` *adds* `B(x) dw` to `step`, as for [`super::Sde`].
#[derive(Clone)]
pub struct Stratonovich<F, A> {
    dim: usize,
    noises: usize,
    drift: F,
    amplitude: A,
}

impl<F, A> fmt::Debug for Stratonovich<F, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stratonovich")
            .field("dim", &self.dim)
            .field("noises", &self.noises)
            .finish_non_exhaustive()
    }
}

impl<F, A> Stratonovich<F, A>
where
    F: Fn(&[f64], &mut [f64]) + Sync,
    A: Fn(&[f64], &[f64], &mut [f64]) + Sync,
{
    /// The Stratonovich equation with these coefficients.
    pub fn new(dim: usize, noises: usize, drift: F, amplitude: A) -> Self {
        Self { dim, noises, drift, amplitude }
    }

    /// One Heun step; `dw` has `noises` components of variance `dt`, `buffer` at least `3 dim`.
    #[inline]
    pub fn step(&self, x: &mut [f64], dt: f64, dw: &[f64], buffer: &mut [f64]) {
        let (first, rest) = buffer.split_at_mut(self.dim);
        let (second, there) = rest.split_at_mut(self.dim);
        let there = &mut there[..self.dim];
        self.increment(x, dt, dw, first);
        for ((there, x), step) in there.iter_mut().zip(&*x).zip(&*first) {
            *there = x + step;
        }
        self.increment(there, dt, dw, second);
        for ((x, a), b) in x.iter_mut().zip(first).zip(second) {
            *x += 0.5 * (*a + *b);
        }
    }

    /// `b(x) dt + B(x) dW`
    fn increment(&self, x: &[f64], dt: f64, dw: &[f64], step: &mut [f64]) {
        (self.drift)(x, step);
        step.iter_mut().for_each(|b| *b *= dt);
        (self.amplitude)(x, dw, step);
    }

    /// As [`super::Sde::ensemble`].
    pub fn ensemble<R: Rng>(
        &self,
        start: &[f64],
        dt: f64,
        steps: usize,
        paths: usize,
        generator: impl Fn(u32) -> R + Sync,
    ) -> Vec<f64> {
        let step = |x: &mut [f64], dw: &[f64], buffer: &mut [f64]| self.step(x, dt, dw, buffer);
        run_ensemble([self.dim, self.noises, steps, paths], start, dt.sqrt(), generator, step)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Sde;
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution, StandardNormal};

    const SIGMA: f64 = 0.5;

    /// Mean of `|x_N - x(1)|` over 4000 paths of `dx = sigma x o dW` from 1, with the exact solution `exp(sigma W)` of the
    /// same increments.
    fn strong(steps: u32, step: impl Fn(&mut [f64], f64, &[f64], &mut [f64])) -> f64 {
        let dt = 1.0 / f64::from(steps);
        let mut generator = ChaCha8Rng::seed_from_u64(5);
        let mut buffer = [0.0; 3];
        let mut sum = 0.0;
        for _ in 0..4000 {
            let (mut x, mut w) = ([1.0], 0.0);
            for _ in 0..steps {
                let z: f64 = StandardNormal.sample(&mut generator);
                let dw = dt.sqrt() * z;
                w += dw;
                step(&mut x, dt, &[dw], &mut buffer);
            }
            sum += (x[0] - (SIGMA * w).exp()).abs();
        }
        sum / 4000.0
    }

    /// `E[x_N] - E[x(1)]` for the same, without random numbers: a step multiplies `x` by a cubic in `dW`, whose mean the
    /// Gauss-Hermite rule with points `0, ±sqrt 3` and weights `2/3, 1/6` gives.
    fn weak(steps: u32, step: impl Fn(&mut [f64], f64, &[f64], &mut [f64])) -> f64 {
        let dt = 1.0 / f64::from(steps);
        let factor = |z: f64| {
            let (mut x, mut buffer) = ([1.0], [0.0; 3]);
            step(&mut x, dt, &[dt.sqrt() * z], &mut buffer);
            x[0]
        };
        let root = 3.0_f64.sqrt();
        let mean = (4.0 * factor(0.0) + factor(root) + factor(-root)) / 6.0;
        (mean.powf(f64::from(steps)) - (0.5 * SIGMA * SIGMA).exp()).abs()
    }

    /// Slope of the least-squares line through the logarithms, over a ladder of 8, 16, 32, 64 steps.
    fn order(error: impl Fn(u32) -> f64) -> f64 {
        let logs = [8, 16, 32, 64].map(|steps| error(steps).log2());
        (3.0 * (logs[0] - logs[3]) + logs[1] - logs[2]) / 10.0
    }

    fn amplitude(x: &[f64], dw: &[f64], step: &mut [f64]) {
        step[0] += SIGMA * x[0] * dw[0];
    }

    fn heun(b: f64) -> impl Fn(&mut [f64], f64, &[f64], &mut [f64]) + Copy {
        move |x, dt, dw, buffer| {
            let drift = move |x: &[f64], mu: &mut [f64]| mu[0] = b * x[0];
            Stratonovich::new(1, 1, drift, amplitude).step(x, dt, dw, buffer);
        }
    }

    fn euler_maruyama(mu: f64) -> impl Fn(&mut [f64], f64, &[f64], &mut [f64]) + Copy {
        move |x, dt, dw, buffer| {
            let drift = move |x: &[f64], out: &mut [f64]| out[0] = mu * x[0];
            Sde::ito(1, 1, drift, amplitude).step(x, dt, dw, buffer);
        }
    }

    /// The Ito drift of the same process: `sigma^2/2`.
    const CORRECTION: f64 = 0.5 * SIGMA * SIGMA;

    #[test]
    fn orders_are_as_stated() {
        // 4000 paths leave 0.05 of a strong slope; 8 steps are early for the weak one.
        for (what, found, stated) in [
            ("Heun, strong", order(|steps| strong(steps, heun(0.0))), 1.0),
            ("Heun, weak", order(|steps| weak(steps, heun(0.0))), 1.0),
            ("Euler-Maruyama, strong", order(|steps| strong(steps, euler_maruyama(CORRECTION))), 0.5),
            ("Euler-Maruyama, weak", order(|steps| weak(steps, euler_maruyama(CORRECTION))), 1.0),
        ] {
            assert!((found - stated).abs() < 0.15, "{what}: order {stated}, found {found}");
        }
    }

    #[test]
    fn the_wrong_convention_does_not_converge() {
        // The lies: Heun for the Ito equation, Euler-Maruyama for the Stratonovich one; both miss a factor exp(1/8).
        for (what, found) in [
            ("Heun with the Ito drift", weak(1024, heun(CORRECTION))),
            ("Euler-Maruyama with the Stratonovich drift", weak(1024, euler_maruyama(0.0))),
        ] {
            assert!(found > 0.1, "{what} is off by {found} only");
        }
    }

    #[test]
    fn ensembles_are_the_same_for_any_number_of_threads() {
        let equation = Stratonovich::new(1, 1, |x: &[f64], b: &mut [f64]| b[0] = -x[0], amplitude);
        let run = || equation.ensemble(&[1.0], 0.1, 10, 300, |block| ChaCha8Rng::seed_from_u64(block.into()));
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap().install(run);
        let three = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap().install(run);
        assert_eq!(one, three, "bits");
    }
}
