//! Paths of stochastic equations, watched for a time, with the error of the time step extrapolated away.
//!
//! A scheme of weak order 1 has the mean `m(dt) = m + c dt + O(dt^2)`. Each path is run twice with the same noise, in
//! steps of `dt` and in steps of `2 dt` whose increments are the sums of two, and gives
//!
//! ```text
//! 2 f(dt) - f(2 dt),      mean m + O(dt^2)                                        (Talay and Tubaro 1990)
//! ```
//!
//! Because both have the same noise their difference is small and the spread is nearly that of `f` alone.

use super::notebook::{ceiling, real};
use crate::process::ensemble;
use crate::sampling::{Moments, Stream, Streams};
use rand_distr::{Distribution, StandardNormal};

/// Paths that share a stream.
const PATHS: usize = 32;

/// One step of an equation: `step(x, dt, dw, buffer)`, with a buffer of `3 dim` numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Motion<S> {
    pub(super) dim: usize,
    pub(super) noises: usize,
    pub(super) step: S,
}

/// When paths are looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Watch {
    /// The shorter of the two time steps.
    pub(super) dt: f64,
    /// Time before the first look.
    pub(super) before: f64,
    /// Time over which is averaged; 0 for one look.
    pub(super) during: f64,
    /// Time between two looks.
    pub(super) every: f64,
    /// Number of paths, rounded up to a multiple of 32.
    pub(super) paths: usize,
}

/// Looks of a watch in numbers of double steps.
#[derive(Debug, Clone, Copy)]
struct Schedule {
    first: usize,
    every: usize,
    looks: usize,
}

impl Watch {
    fn schedule(&self) -> Schedule {
        let steps = |time: f64| ceiling(time / (2.0 * self.dt) - 1e-9);
        let (first, every) = (steps(self.before), steps(self.every).max(1));
        Schedule { first, every, looks: 1 + steps(self.during) / every }
    }
}

/// Moments over paths of the extrapolated time averages of what `observe(x, out)` puts into `out`, `observed` numbers.
///
/// `start(stream, x)` puts a path at its start.
pub(super) fn watch<S, P, O>(
    motion: &Motion<S>,
    watch: &Watch,
    streams: Streams,
    observed: usize,
    start: P,
    observe: O,
) -> Moments
where
    S: Fn(&mut [f64], f64, &[f64], &mut [f64]) + Sync,
    P: Fn(&mut Stream, &mut [f64]) + Sync,
    O: Fn(&[f64], &mut [f64]) + Sync,
{
    let blocks = u32::try_from(watch.paths.div_ceil(PATHS)).unwrap_or(u32::MAX);
    let schedule = watch.schedule();
    let run = |_, stream: &mut Stream, workspace: &mut Pairs| {
        workspace.begin(stream, motion.dim, &start);
        let mut seen = vec![vec![0.0; observed]; PATHS];
        let weight = 1.0 / real(schedule.looks);
        workspace.advance(motion, watch.dt, schedule.first, stream);
        workspace.look(motion.dim, weight, &observe, &mut seen);
        for _ in 1..schedule.looks {
            workspace.advance(motion, watch.dt, schedule.every, stream);
            workspace.look(motion.dim, weight, &observe, &mut seen);
        }
        let mut moments = Moments::new(observed);
        seen.iter().for_each(|path| moments.push(path));
        moments
    };
    let mut all = Moments::new(observed);
    for moments in ensemble(blocks, |block| streams.block(block), Pairs::default, run) {
        all.merge(&moments);
    }
    all
}

/// Paths of a block, each in short and in long steps.
#[derive(Debug, Default)]
struct Pairs {
    short: Vec<f64>,
    long: Vec<f64>,
    increments: Vec<f64>,
    sums: Vec<f64>,
    buffer: Vec<f64>,
    out: Vec<f64>,
}

impl Pairs {
    fn begin(&mut self, stream: &mut Stream, dim: usize, start: impl Fn(&mut Stream, &mut [f64])) {
        self.short = vec![0.0; PATHS * dim];
        self.short.chunks_exact_mut(dim).for_each(|x| start(stream, x));
        self.long.clone_from(&self.short);
        self.buffer.resize(3 * dim, 0.0);
    }

    /// Double steps: all increments of the block first, then all its paths.
    fn advance<S>(&mut self, motion: &Motion<S>, dt: f64, steps: usize, stream: &mut Stream)
    where
        S: Fn(&mut [f64], f64, &[f64], &mut [f64]),
    {
        let (noises, root) = (motion.noises, dt.sqrt());
        self.increments.resize(2 * PATHS * noises, 0.0);
        self.sums.resize(noises, 0.0);
        for _ in 0..steps {
            for dw in &mut self.increments {
                let z: f64 = StandardNormal.sample(stream);
                *dw = root * z;
            }
            let paths = self.short.chunks_exact_mut(motion.dim).zip(self.long.chunks_exact_mut(motion.dim));
            for ((short, long), dw) in paths.zip(self.increments.chunks_exact(2 * noises)) {
                let (first, second) = dw.split_at(noises);
                (motion.step)(short, dt, first, &mut self.buffer);
                (motion.step)(short, dt, second, &mut self.buffer);
                for ((sum, a), b) in self.sums.iter_mut().zip(first).zip(second) {
                    *sum = a + b;
                }
                (motion.step)(long, 2.0 * dt, &self.sums, &mut self.buffer);
            }
        }
    }

    /// Adds `weight (2 f(short) - f(long))` for each path.
    fn look(&mut self, dim: usize, weight: f64, observe: impl Fn(&[f64], &mut [f64]), seen: &mut [Vec<f64>]) {
        for (paths, factor) in [(&self.short, 2.0 * weight), (&self.long, -weight)] {
            for (x, seen) in paths.chunks_exact(dim).zip(&mut *seen) {
                self.out.clear();
                self.out.resize(seen.len(), 0.0);
                observe(x, &mut self.out);
                seen.iter_mut().zip(&self.out).for_each(|(seen, f)| *seen += factor * f);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::notebook::mean;
    use super::*;
    use crate::sampling::Use;

    /// `dx = -x dt + dW`: a step of Euler and Maruyama leaves the variance `1/(2 - dt)` instead of `1/2`.
    #[test]
    fn extrapolation_takes_the_first_order_away() {
        let motion = Motion {
            dim: 1,
            noises: 1,
            step: |x: &mut [f64], dt: f64, dw: &[f64], _: &mut [f64]| x[0] += -x[0] * dt + dw[0],
        };
        let plan = Watch { dt: 0.2, before: 6.0, during: 60.0, every: 0.4, paths: 1024 };
        let square = |x: &[f64], out: &mut [f64]| out[0] = x[0] * x[0];
        let run = || watch(&motion, &plan, Streams::new(1, Use::Paths), 1, |_, x| x[0] = 0.0, square);
        let found = mean(&run(), 0, 1);
        // 2/(2 - dt) - 1/(2 - 2 dt) halves: 0.4861 at dt = 0.2; the scheme alone has 0.5556.
        let exact = 2.0 / (2.0 - 0.2) - 1.0 / (2.0 - 0.4);
        assert!((found.value - exact).abs() < 4.0 * found.standard_error, "{found:?}, not {exact}");
        assert!(found.standard_error < 0.005, "{found:?}");
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(pool.install(run), run(), "the same bits for any number of threads");
    }

    #[test]
    fn the_schedule_counts_double_steps() {
        let plan = Watch { dt: 0.1, before: 1.0, during: 2.0, every: 0.5, paths: 1 };
        let Schedule { first, every, looks } = plan.schedule();
        assert_eq!(
            (first, every, looks),
            (5, 3, 4),
            "1/0.2, 0.5/0.2 upwards, then 2/0.6 of them and the first"
        );
        let once = Watch { during: 0.0, ..plan }.schedule();
        assert_eq!(once.looks, 1, "one look");
    }
}
