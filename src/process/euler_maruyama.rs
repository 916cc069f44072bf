//! Euler-Maruyama steps of `dx = b dt + B o dW` in every convention.
//!
//! The Ito form is stepped as it is; the others become it by a drift that the caller gives:
//!
//! ```text
//! x'_i = x_i + mu_i dt + B_ij(x) sqrt(dt) z_j,        z normal,        mu = b + alpha S     alpha conventions
//!                                                                      mu = b + div D       isothermal
//! ```
//!
//! Weak order 1, strong order 1/2 (1 for constant amplitudes). [`AmplitudeAt`] takes the convention at its word instead,
//! without any correction: the amplitude is evaluated at `x + alpha Delta`,
//!
//! ```text
//! x' = x + b(x) dt + B(x + alpha B(x) dW) dW
//! ```
//!
//! which has the same weak order and needs no derivative, so that the one can test the other.

use super::{Noise, ensemble};
use crate::convention::{Alpha, Convention};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};
use std::convert::Infallible;
use std::fmt;

/// Paths of one block of an ensemble, which share a generator.
const PATHS: usize = 64;

/// An Ito equation `dx = mu dt + B dW` in `dim` dimensions with `noises` independent Wiener processes.
///
/// - `drift(x, mu)` overwrites `mu` with the drift at `x`;
/// - `amplitude(x, dw, step)` *adds* `B(x) dw` to `step`, so that a diagonal or sparse `B` need not be written out.
#[derive(Clone)]
pub struct Sde<F, A> {
    dim: usize,
    noises: usize,
    drift: F,
    amplitude: A,
}

impl<F, A> fmt::Debug for Sde<F, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sde").field("dim", &self.dim).field("noises", &self.noises).finish_non_exhaustive()
    }
}

/// The drifts that turn another convention into Ito's; each closure overwrites its second argument.
#[derive(Debug, Clone, Copy)]
pub struct Corrections<S, R> {
    /// `S_i = B_jk d_j B_ik`, for the alpha conventions.
    pub spurious: S,
    /// `(div D)_i = d_j D_ij`, for the isothermal one.
    pub div_diffusion: R,
}

impl<F, A> Sde<F, A>
where
    F: Fn(&[f64], &mut [f64]) + Sync,
    A: Fn(&[f64], &[f64], &mut [f64]) + Sync,
{
    /// The Ito equation with these coefficients.
    pub fn ito(dim: usize, noises: usize, drift: F, amplitude: A) -> Self {
        Self { dim, noises, drift, amplitude }
    }

    /// The same `b` and `B` read in another convention: `mu = b + alpha S`, or `b + div D`.
    pub fn read_as<S, R>(
        self,
        convention: Convention,
        corrections: Corrections<S, R>,
    ) -> Sde<impl Fn(&[f64], &mut [f64]) + Sync, A>
    where
        S: Fn(&[f64], &mut [f64]) + Sync,
        R: Fn(&[f64], &mut [f64]) + Sync,
    {
        let Self { dim, noises, drift, amplitude } = self;
        let corrected = move |x: &[f64], mu: &mut [f64]| {
            drift(x, mu);
            let mut correction = vec![0.0; mu.len()];
            let weight = match convention.alpha() {
                Some(0.0) => return,
                Some(alpha) => {
                    (corrections.spurious)(x, &mut correction);
                    alpha
                }
                None => {
                    (corrections.div_diffusion)(x, &mut correction);
                    1.0
                }
            };
            mu.iter_mut().zip(correction).for_each(|(mu, c)| *mu += weight * c);
        };
        Sde { dim, noises, drift: corrected, amplitude }
    }

    /// The same coefficients, the amplitude evaluated at `x + alpha Delta` instead of corrected for.
    pub fn evaluated_at(self, alpha: Alpha) -> AmplitudeAt<F, A> {
        AmplitudeAt { sde: self, alpha }
    }

    /// `x' = x + mu dt + B dW`; `dw` has `noises` components of variance `dt`, `buffer` at least `dim`.
    ///
    /// # Panics
    /// `buffer` is shorter than that.
    #[inline]
    pub fn step(&self, x: &mut [f64], dt: f64, dw: &[f64], buffer: &mut [f64]) {
        let buffer = &mut buffer[..self.dim];
        (self.drift)(x, buffer);
        buffer.iter_mut().for_each(|mu| *mu *= dt);
        (self.amplitude)(x, dw, buffer);
        x.iter_mut().zip(buffer).for_each(|(x, step)| *x += *step);
    }

    /// Where `paths` paths from `start` are after `steps` steps of length `dt`: `paths x dim` numbers, path by path.
    ///
    /// Block `k` of 64 paths uses `generator(k)`.
    ///
    /// # Panics
    /// `start` does not have `dim` components.
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

    /// Its steps of length `dt`, as the estimators look at them.
    pub fn noise(&self, dt: f64) -> SdeNoise<'_, F, A> {
        SdeNoise { sde: self, dt, count: 0, increments: Vec::new() }
    }
}

/// An equation whose amplitude is evaluated at `x + alpha Delta`; see the module's page.
#[derive(Debug, Clone)]
pub struct AmplitudeAt<F, A> {
    sde: Sde<F, A>,
    alpha: Alpha,
}

impl<F, A> AmplitudeAt<F, A>
where
    F: Fn(&[f64], &mut [f64]) + Sync,
    A: Fn(&[f64], &[f64], &mut [f64]) + Sync,
{
    /// `x' = x + b(x) dt + B(x + alpha B(x) dW) dW`; `buffer` has at least `2 dim` components.
    ///
    /// # Panics
    /// `buffer` is shorter than that.
    #[inline]
    pub fn step(&self, x: &mut [f64], dt: f64, dw: &[f64], buffer: &mut [f64]) {
        let (at, step) = buffer.split_at_mut(self.sde.dim);
        let step = &mut step[..self.sde.dim];
        step.fill(0.0);
        (self.sde.amplitude)(x, dw, step);
        let alpha = self.alpha.get();
        for ((at, x), step) in at.iter_mut().zip(&*x).zip(&*step) {
            *at = x + alpha * step;
        }
        (self.sde.drift)(x, step);
        step.iter_mut().for_each(|b| *b *= dt);
        (self.sde.amplitude)(at, dw, step);
        x.iter_mut().zip(step).for_each(|(x, step)| *x += *step);
    }

    /// As [`Sde::ensemble`].
    ///
    /// # Panics
    /// `start` does not have `dim` components.
    pub fn ensemble<R: Rng>(
        &self,
        start: &[f64],
        dt: f64,
        steps: usize,
        paths: usize,
        generator: impl Fn(u32) -> R + Sync,
    ) -> Vec<f64> {
        let step = |x: &mut [f64], dw: &[f64], buffer: &mut [f64]| self.step(x, dt, dw, buffer);
        run_ensemble([self.sde.dim, self.sde.noises, steps, paths], start, dt.sqrt(), generator, step)
    }
}

/// Blocks of paths in step: at each time all increments of a block are drawn, path by path, then all its paths move.
pub(super) fn run_ensemble<R: Rng>(
    [dim, noises, steps, paths]: [usize; 4],
    start: &[f64],
    root_dt: f64,
    generator: impl Fn(u32) -> R + Sync,
    step: impl Fn(&mut [f64], &[f64], &mut [f64]) + Sync + Send,
) -> Vec<f64> {
    assert!(start.len() == dim, "the start has {} components, the equation {dim}", start.len());
    let blocks = u32::try_from(paths.div_ceil(PATHS)).unwrap_or(u32::MAX);
    let run = |block: u32, generator: &mut R, (dw, buffer): &mut (Vec<f64>, Vec<f64>)| {
        let here = PATHS.min(paths - block as usize * PATHS);
        let mut x = start.repeat(here);
        dw.resize(here * noises, 0.0);
        for _ in 0..steps {
            for dw in dw.iter_mut() {
                let z: f64 = StandardNormal.sample(generator);
                *dw = root_dt * z;
            }
            for path in 0..here {
                let (x, dw) = (&mut x[path * dim..][..dim], &dw[path * noises..][..noises]);
                step(x, dw, buffer);
            }
        }
        x
    };
    ensemble(blocks, generator, || (Vec::new(), vec![0.0; 3 * dim]), run).concat()
}

/// Steps of an equation as the estimators look at them: `xi = B(x) dW`, the mean step being `mu dt`.
pub struct SdeNoise<'a, F, A> {
    sde: &'a Sde<F, A>,
    dt: f64,
    count: usize,
    increments: Vec<f64>,
}

impl<F, A> fmt::Debug for SdeNoise<'_, F, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SdeNoise").field("sde", self.sde).field("dt", &self.dt).finish_non_exhaustive()
    }
}

impl<F, A> Noise for SdeNoise<'_, F, A>
where
    A: Fn(&[f64], &[f64], &mut [f64]) + Sync,
{
    type Error = Infallible;

    fn dim(&self) -> usize {
        self.sde.dim
    }

    fn time_step(&self) -> f64 {
        self.dt
    }

    fn draw<R: Rng>(&mut self, count: usize, generator: &mut R) {
        let root = self.dt.sqrt();
        self.count = count;
        self.increments.clear();
        self.increments.extend((0..count * self.sde.noises).map(|_| {
            let z: f64 = StandardNormal.sample(generator);
            root * z
        }));
    }

    fn noises(&mut self, theta: &[f64], noises: &mut [f64]) -> Result<(), Infallible> {
        noises.fill(0.0);
        let (dim, m) = (self.sde.dim, self.sde.noises);
        for step in 0..self.count {
            (self.sde.amplitude)(theta, &self.increments[step * m..][..m], &mut noises[step * dim..][..dim]);
        }
        Ok(())
    }

    fn rounding(&self) -> f64 {
        0.0
    }
}
