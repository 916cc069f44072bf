//! Fish that swim: single ones that tumble, and schools with headings, cohesion and alignment.
//!
//! The speed is `v(x) = 1 + b cos x`: slow in the shade at `x = pi`. A fish alone, whose heading is random, has `p ~ 1/v`
//! whether it tumbles or turns little by little. What a school does is measured: how its heading turns when it swims along
//! the border of the shade, how far it has come after a while, and where it settles.

use super::super::Values;
use super::super::notebook::{draws, mean, observe, real};
use super::super::paths::{Motion, Watch, watch};
use crate::process::School;
use crate::sampling::{Estimate, Stream, Streams, Use};
use rand::RngExt;
use std::convert::Infallible;
use std::f64::consts::FRAC_PI_2;

/// Rate of tumbling.
const TUMBLES: f64 = 1.0;

/// Distance across a school at the start.
const WIDTH: f64 = 1.0;

/// A school, or a single fish, in light and shade.
#[derive(Debug, Clone, Copy)]
pub(super) struct Swim {
    pub(super) school: School,
    /// Contrast of the speed.
    pub(super) b: f64,
    /// When its turn is looked at.
    pub(super) time: f64,
}

/// What was seen of a school, or of a single fish.
#[derive(Debug, Clone, Copy)]
pub(super) struct Swimming {
    /// Component towards the shade of the mean heading, after a while along the border of the shade.
    pub(super) turned: Estimate,
    /// How far its centre has come towards the shade by then.
    pub(super) moved: Estimate,
    /// `E cos x` in the long run.
    pub(super) settled: Estimate,
}

/// `E cos x` of a fish that swims along a line at `±v(x)` and turns round at the rate 1.
///
/// In steps of `dt` it swims (midpoint rule, order 2), then has turned an odd number of times with the chance
/// `(1 - exp(-2 dt))/2`. Swimming and turning each leave `p ~ 1/v` as it is, so that the split costs nothing.
pub(super) fn tumbling(b: f64, values: &Values, point: u32) -> Result<Estimate, Infallible> {
    const DT: f64 = 0.05;
    let speed = move |x: f64| 1.0 + b * x.cos();
    let turn = -0.5 * (-2.0 * TUMBLES * DT).exp_m1();
    let streams = Streams::new(values.seed, Use::Paths).at_point(point);
    let run = |(): &mut (), stream: &mut Stream, out: &mut [f64]| {
        let (mut x, mut way, mut sum) = (0.0, 1.0, 0.0);
        for step in 0..BEFORE + STEPS {
            let middle = x + 0.5 * DT * way * speed(x);
            x += DT * way * speed(middle);
            if stream.random::<f64>() < turn {
                way = -way;
            }
            if step >= BEFORE {
                sum += x.cos();
            }
        }
        out[0] = sum / f64::from(STEPS);
        Ok::<(), Infallible>(())
    };
    Ok(mean(&observe(streams, draws(values, 1728), 1, || Ok(()), run)?, 0, values.seed))
}

/// Steps of a tumbling fish before it is looked at, and while it is.
const BEFORE: u16 = 400;
const STEPS: u16 = 2000;

/// A school that starts along the border of the shade, `x = pi/2`, heading along it.
pub(super) fn swims(Swim { school, b, time }: Swim, values: &Values, point: u32) -> Swimming {
    let equation = school.equation(move |x: f64| 1.0 + b * x.cos());
    let motion = Motion {
        dim: 3 * school.count,
        noises: school.count,
        step: |x: &mut [f64], dt: f64, dw: &[f64], buffer: &mut [f64]| equation.step(x, dt, dw, buffer),
    };
    let start = |stream: &mut Stream, state: &mut [f64]| {
        for fish in state.chunks_exact_mut(3) {
            let mut place = || if school.count > 1 { WIDTH * stream.random_range(-0.5..0.5) } else { 0.0 };
            (fish[0], fish[1], fish[2]) = (FRAC_PI_2 + place(), place(), FRAC_PI_2);
        }
        // The centre is on the border exactly.
        let off = state.iter().step_by(3).sum::<f64>() / real(school.count) - FRAC_PI_2;
        state.iter_mut().step_by(3).for_each(|x| *x -= off);
    };
    let average = move |state: &[f64], f: &dyn Fn(&[f64]) -> f64| {
        state.chunks_exact(3).map(f).sum::<f64>() / real(school.count)
    };
    let streams = |more: u32| Streams::new(values.seed, Use::Paths).at_point(point + more);
    let soon = Watch {
        dt: 0.025,
        before: time,
        during: 0.0,
        every: time,
        paths: draws(values, 36_864 / school.count),
    };
    let look = |state: &[f64], out: &mut [f64]| {
        out[0] = average(state, &|fish| fish[2].cos());
        out[1] = average(state, &|fish| fish[0]) - FRAC_PI_2;
    };
    let first = watch(&motion, &soon, streams(0), 2, start, look);
    let long = Watch { dt: 0.05, before: 30.0, during: 120.0, every: 0.5, paths: draws(values, 1152) };
    let look = |state: &[f64], out: &mut [f64]| out[0] = average(state, &|fish| fish[0].cos());
    let last = watch(&motion, &long, streams(1), 1, start, look);
    Swimming {
        turned: mean(&first, 0, values.seed),
        moved: mean(&first, 1, values.seed),
        settled: mean(&last, 0, values.seed),
    }
}
