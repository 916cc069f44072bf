//! Are many steps together nearly normal? With a finite variance of the gradient, after enough steps; without one, never.
//!
//! For `u = x theta` the displacement in `T` steps of one sample each is `-eta sum_t x_t`, whatever the path.
//!
//! **A finite variance.** `x = y - 1`, `y` exponential with mean 1: variance 1, skewness 2. The sum of `T` of the `y` has a Gamma
//! law, so that exactly
//!
//! ```text
//! P( sum_t x_t > z sqrt(T) ) = Q(T, T + z sqrt(T)),      Q the regularised upper incomplete gamma function
//! ```
//!
//! which tends to that of a normal law as `T^(-1/2)`; for one step it is `exp(-3)` at `z = 2`, more than twice as large.
//!
//! **None.** `x` with the Cauchy law: the mean of any number of steps has the law of a single one, `P(|mean| > 1) = 1/2` at every
//! `T`. Were the sum of many steps nearly normal, with the quartiles of one step growing as `sqrt(T)`, it would be
//! `2 Phi(-Phi^-1(3/4) sqrt(T))`, next to nothing.

use super::notebook::{Notebook, draws, failed, figure, observe, share};
use super::{SystemError, Values};
use crate::sampling::{Estimate, Stream, Streams, Use};
use rand::RngExt;
use rand_distr::{Exp1, StandardNormal};
use statrs::distribution::{ContinuousCDF, Normal};
use statrs::function::gamma::checked_gamma_ur;
use std::convert::Infallible;

/// Standard deviations beyond which a displacement counts as far.
const FAR: f64 = 2.0;
/// Numbers of steps of the runs with a variance.
const STEPS: [u32; 4] = [1, 4, 16, 64];
/// Number of steps of the runs without one.
const LONG: u32 = 64;
const RUNS: usize = 600_000;
/// Number of the first stream; each number of steps has its own.
const POINT: u32 = 1 << 21;

/// `Q(T, T + z sqrt(T))`; NaN where it cannot be computed.
fn tail(steps: f64, z: f64) -> f64 {
    checked_gamma_ur(steps, steps + z * steps.sqrt()).unwrap_or(f64::NAN)
}

/// How often the sum of `steps` numbers is far.
fn how_often(
    values: &Values,
    [point, steps]: [u32; 2],
    number: impl Fn(&mut Stream) -> f64 + Sync + Send,
    far: impl Fn(f64) -> bool + Sync + Send,
) -> Result<Estimate, SystemError> {
    let streams = Streams::new(values.seed, Use::Steps).at_point(POINT + point);
    let run = |(): &mut (), stream: &mut Stream, out: &mut [f64]| {
        let sum = (0..steps).map(|_| number(stream)).sum();
        out[0] = if far(sum) { 1.0 } else { 0.0 };
        Ok::<_, Infallible>(())
    };
    let seen =
        observe(streams, draws(values, RUNS), 1, || Ok(()), run).map_err(failed("sums of many steps"))?;
    Ok(share(&seen, 0, values.seed))
}

/// Both laws; returns the numbers of the findings.
pub(super) fn simulate(values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    let mut findings = with_variance(values, notebook)?;
    findings.extend(without_variance(values, notebook)?);
    Ok(findings)
}

fn with_variance(values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    let normal = Normal::standard().sf(FAR);
    let (mut findings, mut seen) = (Vec::new(), Vec::new());
    for (point, steps) in (0..).zip(STEPS) {
        let t = f64::from(steps);
        let number = |stream: &mut Stream| stream.sample::<f64, _>(Exp1) - 1.0;
        let share = how_often(values, [point, steps], number, |sum| sum > FAR * t.sqrt())?;
        let what = format!("finite variance, {steps} steps: share beyond {FAR} standard deviations");
        findings.push(notebook.simulated(what.clone(), "", tail(t, FAR), share, tail(t, FAR) - normal));
        if steps == 1 {
            findings.push(notebook.misreading(format!("{what}, if it were normal"), "", normal, share));
        }
        seen.push((t, share));
    }
    // P(sum > 0) = 1/2 - 1/(3 sqrt(2 pi T)) + O(T^(-3/2)): the order of the distance in 1/T. The next term is a tenth of
    // a percent of the first at T = 16.
    let ladder: Vec<(f64, f64)> =
        [16.0, 64.0, 256.0, 1024.0].iter().map(|t| (1.0 / t, 0.5 - tail(*t, 0.0))).collect();
    let what = "finite variance: distance from a normal law, order in one over the number of steps";
    findings.push(notebook.order(what, 0.5, &ladder, 0.002));
    let exact = (0..=64).map(|k| 2.0_f64.powf(f64::from(k) / 8.0)).map(|t| (t, tail(t, FAR))).collect();
    notebook.draw(
        figure(
            "Many steps together are nearly normal if a gradient has a finite variance",
            "number of steps T",
            "share beyond two standard deviations",
        )
        .logarithmic(true, false)
        .line("sum of T exponential gradients", exact)
        .dashed("normal", vec![(1.0, normal), (256.0, normal)])
        .points("steps drawn", &seen),
    );
    Ok(findings)
}

fn without_variance(values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    let t = f64::from(LONG);
    let cauchy = |stream: &mut Stream| {
        stream.sample::<f64, _>(StandardNormal) / stream.sample::<f64, _>(StandardNormal)
    };
    let share = how_often(values, [100, LONG], cauchy, |sum| sum.abs() > t)?;
    let law = Normal::standard();
    let normal = 2.0 * law.sf(law.inverse_cdf(0.75) * t.sqrt());
    let what = format!("heavy tails, {LONG} steps: share of means beyond the quartiles of a single step");
    Ok(vec![
        notebook.simulated(what.clone(), "", 0.5, share, 0.1),
        notebook.misreading(format!("{what}, if they were nearly normal"), "", normal, share),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_are_those_of_the_sum() {
        // One step: P(y > 3). Two: (1 + x) exp(-x), x = 2 + 2 sqrt 2. A few roundings of numbers near 0.05.
        assert!((tail(1.0, 2.0) - (-3.0_f64).exp()).abs() < 1e-15, "one step");
        let x = 2.0 + 8.0_f64.sqrt();
        assert!((tail(2.0, 2.0) - (1.0 + x) * (-x).exp()).abs() < 1e-15, "two steps");
        assert!(tail(-1.0, 2.0).is_nan(), "no number of steps");
        assert!(tail(1e6, 0.0) < 0.5 && tail(1e6, 0.0) > 0.4998, "very many steps: nearly one half");
    }
}
