//! One call that puts the exact noise-induced drift of SGD beside real SGD steps.
//!
//! At each point `theta` the drift `-div D` is computed exactly and compared with the estimators of
//! [`sampling`](crate::sampling), both averaged over a Gaussian window around `theta`; the points are judged together
//! (Holm), and each gets a verdict by the table of [`verdict`](crate::verdict).
//!
//! **The window.** By default `h = 10 sqrt(E|xi|^2)` at the point, ten times the root mean square noise of a step: then the
//! weights of `A_s` differ from 1 by a few per cent, `s rms|xi| <= h/10`.

use crate::convention::Viewpoint;
use crate::loss::{Loss, Problem, ProblemError};
use crate::noise::{self, Drift, NoiseError};
use crate::process::{SgdNoise, Spread, gradient_spread};
use crate::sampling::{Comparison, Control, Plan, SamplingError, Stopped, compare, holm};
use crate::sgd::{Sgd, SgdError};
use crate::verdict::{Verdict, combine, conclude};
use nalgebra::DVector;
use thiserror::Error;

/// Root mean square noises of a step in the default window.
const NOISES_A_WINDOW: f64 = 10.0;

/// The least window, in root mean square noises times `s`, at which `A_s` is still near its first order.
const LEAST_WINDOW: f64 = 5.0;

/// Steps that share a pair of points, at most, by default.
const MOST_STEPS: usize = 64;

/// How an experiment is done; the defaults are good for most losses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    window: Option<f64>,
    draws: u64,
    seed: u64,
    viewpoint: Viewpoint,
    false_alarm: f64,
    target: f64,
    steps: Option<usize>,
}

impl Default for Options {
    /// Window by the rule of the module's page, at most 100 000 draws, seed 1, seen from the midpoint, false-alarm rate
    /// 1e-3, until a relative error of 0.3 could be seen.
    fn default() -> Self {
        Self {
            window: None,
            draws: 100_000,
            seed: 1,
            viewpoint: Viewpoint::Midpoint,
            false_alarm: 1e-3,
            target: 0.3,
            steps: None,
        }
    }
}

impl Options {
    /// Standard deviation `h` of the window, in units of `theta`.
    #[must_use]
    pub fn with_window(self, width: f64) -> Self {
        Self { window: Some(width), ..self }
    }

    /// Draws a point at most; a draw is a pair of points with several batches.
    #[must_use]
    pub fn with_draws(self, draws: u64) -> Self {
        Self { draws, ..self }
    }

    /// Seed of everything random.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// The point of a step that its mean is conditioned on.
    #[must_use]
    pub fn with_viewpoint(self, viewpoint: Viewpoint) -> Self {
        Self { viewpoint, ..self }
    }

    /// Probability of refusing any of several true claims.
    #[must_use]
    pub fn with_false_alarm(self, rate: f64) -> Self {
        Self { false_alarm: rate, ..self }
    }

    /// Relative error that should be seen with probability 0.99 before a point is done.
    #[must_use]
    pub fn with_target(self, relative_error: f64) -> Self {
        Self { target: relative_error, ..self }
    }

    /// Batches that share a pair of points; by default as many as together have as many rows as the data, at most 64.
    #[must_use]
    pub fn with_steps(self, steps: usize) -> Self {
        Self { steps: Some(steps), ..self }
    }
}

/// Why there is no experiment.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ExperimentError {
    /// Loss, data and point do not fit together.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// The settings do not fit the data.
    #[error(transparent)]
    Sgd(#[from] SgdError),
    /// The exact drift cannot be computed.
    #[error(transparent)]
    Noise(#[from] NoiseError),
    /// The comparison cannot be made.
    #[error(transparent)]
    Sampling(#[from] SamplingError),
    /// A point that the window reaches cannot be computed at.
    #[error("within the window of width {width} around point {point}: {source}; choose a smaller window")]
    Window {
        /// Number of the point, counted from 1.
        point: usize,
        /// Width of its window.
        width: f64,
        /// What went wrong there.
        source: Box<Self>,
    },
}

/// Something that limits what the numbers of a point mean; the verdict does not depend on it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Caution {
    /// The window is narrow beside the noise, so that `A_s` is far from its first order: its higher orders are large and
    /// their errors uncertain. The drift is tested by the first order alone, which is exact for every window.
    NarrowWindow {
        /// The window.
        width: f64,
        /// The least that would do.
        needed: f64,
    },
}

/// What was found at one point.
#[derive(Debug, Clone, PartialEq)]
pub struct PointResult {
    /// The point.
    pub theta: Vec<f64>,
    /// The exact drift at the point itself.
    pub exact: Drift,
    /// Exact drift and estimates, averaged over the window.
    pub comparison: Comparison,
    /// p-value of all components together, adjusted for all points.
    pub p_value: f64,
    /// What limits the meaning of the numbers.
    pub caution: Option<Caution>,
    /// The verdict.
    pub verdict: Verdict,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Experiment {
    /// The points that were reached, in their order.
    pub points: Vec<PointResult>,
    /// Points asked for.
    pub asked: usize,
    /// The verdict on all points together.
    pub verdict: Verdict,
}

/// The exact drift beside Monte Carlo at several points, in the current thread pool; see the module's page.
///
/// # Errors
/// A point does not fit the loss, an option is out of range, or something cannot be computed within a window.
pub fn run<L: Loss>(
    problem: &Problem<L>,
    points: &[Vec<f64>],
    sgd: &Sgd,
    options: &Options,
    control: Control<'_>,
) -> Result<Experiment, ExperimentError> {
    run_against(
        problem,
        points,
        sgd,
        options,
        control,
        |theta| Ok(noise::drift(problem, theta, sgd)?.v_noise),
    )
}

/// The same for any claim: `claimed(theta)` stands for the exact `-div D` per unit time, of `d` components.
///
/// # Errors
/// As [`run`], and those of `claimed`.
pub fn run_against<L: Loss>(
    problem: &Problem<L>,
    points: &[Vec<f64>],
    sgd: &Sgd,
    options: &Options,
    control: Control<'_>,
    claimed: impl Fn(&[f64]) -> Result<DVector<f64>, ExperimentError> + Sync,
) -> Result<Experiment, ExperimentError> {
    for theta in points {
        problem.check_theta(theta)?;
    }
    let mut found = Vec::with_capacity(points.len());
    for (number, theta) in (0..).zip(points) {
        let point = Point { problem, sgd, options, theta, number };
        let measured = point.measure(&claimed, control)?;
        let ended = measured.comparison.stopped == Stopped::Cancelled;
        found.push(measured);
        if ended {
            break;
        }
    }
    Ok(judge(found, points.len()))
}

/// Verdicts on all points together. Points that were asked for and not reached count as consistent in Holm's rule (p = 1).
fn judge(found: Vec<Measured>, asked: usize) -> Experiment {
    let mut p_values: Vec<f64> =
        found.iter().map(|m| m.comparison.vector.map_or(1.0, |test| test.p_value)).collect();
    p_values.resize(asked, 1.0);
    let points: Vec<PointResult> = found
        .into_iter()
        .zip(holm(&p_values))
        .map(|(measured, p_value)| {
            let Measured { theta, exact, comparison, caution, noise_expected } = measured;
            let verdict = conclude(&comparison, p_value, noise_expected);
            PointResult { theta, exact, comparison, p_value, caution, verdict }
        })
        .collect();
    let mut verdicts: Vec<Verdict> = points.iter().map(|point| point.verdict).collect();
    if verdicts.len() < asked {
        verdicts.push(Verdict::Inconclusive(crate::verdict::Reason::Cancelled));
    }
    Experiment { verdict: combine(&verdicts), points, asked }
}

/// One point before it is judged.
struct Measured {
    theta: Vec<f64>,
    exact: Drift,
    comparison: Comparison,
    caution: Option<Caution>,
    noise_expected: bool,
}

struct Point<'a, L> {
    problem: &'a Problem<L>,
    sgd: &'a Sgd,
    options: &'a Options,
    theta: &'a [f64],
    number: u32,
}

impl<L: Loss> Point<'_, L> {
    fn measure<C>(&self, claimed: &C, control: Control<'_>) -> Result<Measured, ExperimentError>
    where
        C: Fn(&[f64]) -> Result<DVector<f64>, ExperimentError> + Sync,
    {
        let Self { problem, sgd, theta, .. } = *self;
        let exact = noise::drift(problem, theta, sgd)?;
        let spread = gradient_spread(problem, theta)?;
        let plan = self.plan(spread)?;
        let moments = &exact.moments;
        let hints = [claimed(theta)?, moments.half_grad_tr_sigma.clone(), moments.cov_g_tr_hess.clone()];
        let comparison = compare(&plan, theta, || Ok(SgdNoise::new(problem, sgd)?), claimed, &hints, control)
            .map_err(|source: ExperimentError| match source {
                ExperimentError::Problem(_) | ExperimentError::Noise(_) => ExperimentError::Window {
                    point: self.number as usize + 1,
                    width: plan.width,
                    source: Box::new(source),
                },
                ExperimentError::Sgd(_) | ExperimentError::Sampling(_) | ExperimentError::Window { .. } => {
                    source
                }
            })?;
        let needed = LEAST_WINDOW * plan.viewpoint.fraction() * comparison.noise_rms;
        let caution = (plan.width < needed).then_some(Caution::NarrowWindow { width: plan.width, needed });
        let rounding = f64::EPSILON * f64::EPSILON * exact.moments.gradient.norm_squared();
        #[allow(clippy::cast_precision_loss, reason = "row counts are below 2^53")]
        let rows = problem.rows() as f64;
        let noise_expected = spread.trace > rounding * rows * rows;
        Ok(Measured { theta: theta.to_vec(), exact, comparison, caution, noise_expected })
    }

    fn plan(&self, spread: Spread) -> Result<Plan, ExperimentError> {
        let Self { problem, sgd, options, .. } = self;
        let strength = sgd.noise_strength(problem.rows())?;
        let rms = (sgd.learning_rate() * strength * spread.trace).sqrt();
        let width = options.window.unwrap_or(if rms > 0.0 { NOISES_A_WINDOW * rms } else { 1.0 });
        Ok(Plan {
            viewpoint: options.viewpoint,
            width,
            steps: options.steps.unwrap_or((problem.rows() / sgd.batch()).clamp(1, MOST_STEPS)),
            draws: options.draws,
            seed: options.seed,
            point: self.number,
            false_alarm: options.false_alarm,
            target: options.target,
            added: 0.5 * strength * spread.largest / width,
        })
    }
}
