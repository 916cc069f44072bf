//! Drawing until the power suffices.

use super::hotelling::{Metric, Power, Resolution, resolution, tails};
use super::statistics::detectable_multiple;
use super::stream::{Stream, Streams, Use};
use super::window::{DRAWS, Drawer, Seen, directions};
use super::{Comparison, Component, Estimate, Moments, Plan, SamplingError, Stopped, VectorTest};
use crate::process::{Noise, ensemble};
use nalgebra::{DMatrix, DVector};
use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

/// Each look comes after this many times the draws of the look before.
const GROWTH: f64 = 1.3;

/// Draws a tested dimension before the first look: `T^2` with fewer loses much of its power to the unknown covariance.
const DRAWS_A_DIMENSION: u64 = 4;

/// Draws before the first look, at least.
const FIRST_LOOK: u64 = 128;

/// The largest kurtosis over draws for which the variances, and the normal law of the mean, are trusted: they are then
/// known to 14 %.
pub(crate) const TAILS: f64 = 0.02;

/// Blocks between two calls of the progress report.
const REPORT: u32 = 16;

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Number of the point among several.
    pub point: u32,
    /// Draws made at this point.
    pub draws: u64,
    /// Draws after which it stops whatever could be seen.
    pub cap: u64,
    /// What could be seen at the last look.
    pub power: Option<Power>,
}

/// A way to follow a run and to end it early.
#[derive(Clone, Copy, Default)]
pub struct Control<'a> {
    /// Once true, the run ends and keeps what is finished.
    pub cancel: Option<&'a AtomicBool>,
    /// Called now and then by the thread that started the run.
    pub progress: Option<&'a dyn Fn(Progress)>,
}

impl fmt::Debug for Control<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control")
            .field("cancel", &self.cancel)
            .field("progress", &self.progress.map(|_| "..."))
            .finish()
    }
}

/// Puts a claimed drift beside real steps around `centre`, see the module's page.
///
/// `noise` makes a process for one thread, `claimed(theta)` gives the claimed `-div D` per unit time (which is multiplied
/// by `2 s` for the viewpoint), and `hints` are directions that a vector of more than 64 components is to be tested along.
///
/// # Errors
/// The plan is out of range, or the process or the claim cannot be evaluated at a point of the window.
pub fn compare<N, C, E>(
    plan: &Plan,
    centre: &[f64],
    noise: impl Fn() -> Result<N, E> + Sync,
    claimed: C,
    hints: &[DVector<f64>],
    control: Control<'_>,
) -> Result<Comparison, E>
where
    N: Noise,
    C: Fn(&[f64]) -> Result<DVector<f64>, E> + Sync,
    E: From<N::Error> + From<SamplingError> + Send,
{
    plan.check(centre)?;
    let time_step = noise()?.time_step();
    let directions = directions(centre.len(), plan, hints);
    let directions = directions.as_ref();
    let streams = Streams::new(plan.seed, Use::Window).at_point(plan.point);
    let drawer =
        |unit: f64| Ok(Drawer { plan, centre, directions, unit, noise: noise()?, claimed: &claimed });
    let unit = unit_of(&drawer(1.0)?.block(&mut streams.block(0), 1)?);
    let draw = |blocks: Range<u32>| {
        let cancelled = || control.cancel.is_some_and(|flag| flag.load(Ordering::Relaxed));
        draw_blocks(blocks, streams, &cancelled, || drawer(unit))
    };
    let tested = directions.map_or(centre.len(), DMatrix::nrows);
    let seen = Seen::new(centre.len(), tested);
    let mut run = Run { plan, time_step, directions, unit, seen, blocks: 0, power: None };
    let stopped = run.draw(draw, control.progress)?;
    Ok(run.finish(stopped))
}

/// A power of two near the largest drift that was seen or claimed; 1 if none was.
fn unit_of(seen: &Seen) -> f64 {
    const EXPONENT: u64 = 0x7ff << 52;
    let drifts = seen.first_order.mean().iter().chain(seen.claimed.mean());
    let largest = drifts.fold(0.0_f64, |m, x| m.max(x.abs()));
    let power = f64::from_bits(largest.to_bits() & EXPONENT);
    if power > 0.0 && power.recip() > 0.0 { power } else { 1.0 }
}

/// The blocks of a range, in parallel; those after the first that was cancelled are nothing.
fn draw_blocks<'a, N, C, E>(
    blocks: Range<u32>,
    streams: Streams,
    cancelled: &(dyn Fn() -> bool + Sync),
    drawer: impl Fn() -> Result<Drawer<'a, N, C>, E> + Sync + Send,
) -> Vec<Option<Result<Seen, E>>>
where
    N: Noise,
    C: Fn(&[f64]) -> Result<DVector<f64>, E>,
    E: From<N::Error> + From<SamplingError> + Send,
{
    let first = blocks.start;
    let run = |_, stream: &mut Stream, place: &mut Option<Drawer<'a, N, C>>| {
        if cancelled() {
            return None;
        }
        let drawer = match place {
            Some(drawer) => drawer,
            None => match drawer() {
                Ok(new) => place.insert(new),
                Err(error) => return Some(Err(error)),
            },
        };
        Some(drawer.block(stream, DRAWS))
    };
    ensemble(blocks.end - first, |block| streams.block(first + block), || None, run)
}

/// A run under way.
struct Run<'a> {
    plan: &'a Plan,
    time_step: f64,
    directions: Option<&'a DMatrix<f64>>,
    unit: f64,
    seen: Seen,
    blocks: u32,
    power: Option<Power>,
}

impl Run<'_> {
    fn dim(&self) -> usize {
        self.seen.claimed.mean().len()
    }

    /// The mean claim along the tested directions.
    fn claim(&self) -> DVector<f64> {
        let claim = DVector::from_column_slice(self.seen.claimed.mean());
        self.directions.map_or(claim.clone(), |directions| directions * claim)
    }

    fn resolution(&self) -> Resolution {
        resolution(&self.seen, self.plan, self.time_step, self.unit)
    }

    fn metric(&self) -> Option<Metric> {
        Metric::new(&self.seen, self.resolution())
    }

    fn power(&self, metric: &Metric) -> Power {
        metric.power(self.plan, self.unit, &self.claim(), self.dim())
    }

    /// Draws from look to look until the power suffices, and merges the blocks in their order.
    fn draw<E>(
        &mut self,
        draw: impl Fn(Range<u32>) -> Vec<Option<Result<Seen, E>>>,
        progress: Option<&dyn Fn(Progress)>,
    ) -> Result<Stopped, E> {
        let cap = blocks_of(self.plan.draws);
        let tested = self.seen.tested.mean().len() as u64;
        let mut look = blocks_of(FIRST_LOOK.max(DRAWS_A_DIMENSION * tested)).min(cap);
        loop {
            while self.blocks < look {
                let end = look.min(self.blocks + REPORT);
                for block in draw(self.blocks..end) {
                    let Some(block) = block else { return Ok(Stopped::Cancelled) };
                    self.seen.merge(&block?);
                }
                self.blocks = end;
                if let Some(report) = progress {
                    let cap = u64::from(cap) * DRAWS as u64;
                    report(Progress {
                        point: self.plan.point,
                        draws: self.seen.draws(),
                        cap,
                        power: self.power,
                    });
                }
            }
            self.power = self.metric().map(|metric| self.power(&metric));
            if self.enough() {
                return Ok(Stopped::Power);
            }
            if look == cap {
                return Ok(Stopped::Cap);
            }
            look = next_look(look).min(cap);
        }
    }

    /// Whether the target could be seen, and the variances it rests on are known; or there is no noise, and none was
    /// expected. Nothing here depends on the difference between the drift and the claim.
    fn enough(&self) -> bool {
        if self.plan.added <= 0.0 && !self.noise_seen() {
            return true;
        }
        let seen = match self.power {
            None => false,
            Some(Power::Relative(error)) => error <= self.plan.target,
            Some(Power::Added { detectable, needed }) => detectable <= needed,
        };
        seen && tails(&self.seen) <= TAILS
    }

    fn noise_seen(&self) -> bool {
        self.seen.largest > self.seen.rounding
    }

    fn finish(self, stopped: Stopped) -> Comparison {
        let Self { plan, seen, .. } = &self;
        let vector: Option<VectorTest> =
            self.metric().map(|metric| metric.test(seen, self.power(&metric), self.dim()));
        Comparison {
            components: (0..self.dim()).map(|i| self.component(i)).collect(),
            vector,
            draws: seen.draws(),
            steps: seen.draws() * plan.steps as u64,
            noise_rms: seen.noise_variance().sqrt(),
            noise_seen: self.noise_seen(),
            stopped,
            plan: **plan,
        }
    }

    fn estimate(&self, moments: &Moments, i: usize) -> Estimate {
        let (draws, plan) = (moments.count(), self.plan);
        let standard_error = moments.standard_error(i) * self.unit;
        Estimate {
            value: moments.mean()[i] * self.unit,
            standard_error,
            draws,
            seed: plan.seed,
            detectable: detectable_multiple(plan.false_alarm, draws) * standard_error,
        }
    }

    fn component(&self, i: usize) -> Component {
        let seen = &self.seen;
        Component {
            claimed: seen.claimed.mean()[i] * self.unit,
            conditional: self.estimate(&seen.conditional, i),
            higher_orders: self.estimate(&seen.higher_orders, i),
            first_order: self.estimate(&seen.first_order, i),
            difference: self.estimate(&seen.difference, i),
            z: self.resolution().z(seen.difference.mean()[i], seen.difference.standard_error(i)),
        }
    }
}

fn blocks_of(draws: u64) -> u32 {
    u32::try_from(draws.div_ceil(DRAWS as u64)).unwrap_or(u32::MAX)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts from f64 saturate")]
fn next_look(blocks: u32) -> u32 {
    (f64::from(blocks) * GROWTH).ceil() as u32
}
