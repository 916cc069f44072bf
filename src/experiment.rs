//! One call that puts the exact noise-induced drift of SGD beside real SGD steps.
//!
//! At each point `theta` the drift `-div D` is computed exactly and compared with the estimators of
//! [`sampling`](crate::sampling), both averaged over a Gaussian window around `theta`; the points are judged together
//! (Holm), and each gets a verdict by the table of [`verdict`](crate::verdict).
//!
//! **The window.** The smallest error that so many draws can see hardly depends on its width `h`, as long as `Sigma` changes
//! little within it: draws come in pairs `theta +- delta`. A wider one has heavy tails and averages over what is not
//! there; a narrower one is worse only for `A_s`, whose weights differ much from 1 where `s rms|xi| > h/5`. By default
//!
//! ```text
//! h = l/4, but at least 6 s rms|xi| and at most 10 rms|xi| (or l/1000, if that is more),       rms|xi| = sqrt(E|xi|^2)
//! l = rms|g - G| / rms|H - Hbar|                               the distance over which Sigma changes by about itself
//! ```
//!
//! and half of that, or a quarter and so on, where the loss is not defined at some point that is drawn.

use crate::convention::Viewpoint;
use crate::loss::{Loss, Problem, ProblemError};
use crate::noise::{self, Drift, NoiseError};
use crate::process::{SgdNoise, Spread, gradient_spread};
use crate::sampling::{Comparison, Control, Plan, SamplingError, Stopped, compare, holm};
use crate::sgd::{Sgd, SgdError};
use crate::verdict::{Verdict, combine, conclude};
use nalgebra::DVector;
use thiserror::Error;

/// The default window in lengths `l`: `Sigma` then changes by a quarter of itself, and tails are light.
const LENGTHS: f64 = 0.25;

/// Root mean square noises of a step in the default window, at most: the weights of `A_s` then differ from 1 by a tenth
/// or less, and a wider window serves nothing.
const MOST_NOISES: f64 = 10.0;

/// Lengths `l` in the default window at least, whatever the noise: within less, rounding errors begin to tell.
const LEAST_LENGTHS: f64 = 1e-3;

/// Times that the default window is halved where the loss is not defined all over it.
const HALVINGS: u32 = 8;

/// Rounding errors of a drift that is computed exactly, beside the sum of the absolute values of the terms that make it
/// up: ten times what is promised.
const ROUNDING: f64 = 1e-11;

/// Root mean square noises times `s` in the default window at least; a fifth more than [`LEAST_WINDOW`], since the noise
/// varies within the window.
const LEAST_NOISES: f64 = 6.0;

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
    let asked = u32::try_from(points.len()).unwrap_or(u32::MAX);
    for (number, theta) in (0..).zip(points) {
        let point = Point { problem, sgd, options, theta, number, points: asked };
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
    points: u32,
}

impl<L: Loss> Point<'_, L> {
    fn measure<C>(&self, claimed: &C, control: Control<'_>) -> Result<Measured, ExperimentError>
    where
        C: Fn(&[f64]) -> Result<DVector<f64>, ExperimentError> + Sync,
    {
        let Self { problem, sgd, options, theta, .. } = *self;
        let exact = noise::drift(problem, theta, sgd)?;
        let spread = gradient_spread(problem, theta)?;
        let moments = &exact.moments;
        let hints = [claimed(theta)?, moments.half_grad_tr_sigma.clone(), moments.cov_g_tr_hess.clone()];
        let mut width = options.window.unwrap_or(self.default_width(&spread)?);
        let mut halvings = if options.window.is_some() { 0 } else { HALVINGS };
        let (plan, comparison) = loop {
            let plan = self.plan(&spread, width)?;
            match compare(&plan, theta, || Ok(SgdNoise::new(problem, sgd)?), claimed, &hints, control) {
                Ok(comparison) => break (plan, comparison),
                Err(error) if !reaches_too_far(&error) => return Err(error),
                Err(_) if halvings > 0 => (width, halvings) = (0.5 * width, halvings - 1),
                Err(source) => {
                    let point = self.number as usize + 1;
                    return Err(ExperimentError::Window { point, width, source: Box::new(source) });
                }
            }
        };
        let needed = LEAST_WINDOW * plan.viewpoint.fraction() * comparison.noise_rms;
        let caution = (plan.width < needed).then_some(Caution::NarrowWindow { width: plan.width, needed });
        let noise_expected = plan.added > 0.0;
        Ok(Measured { theta: theta.to_vec(), exact, comparison, caution, noise_expected })
    }

    /// Whether the rows have different gradients at the point: a mean of `N` equal numbers may be off by `N` units in the
    /// last place.
    fn rows_differ(&self, spread: &Spread) -> bool {
        spread.gradient_spread > f64::EPSILON * real(self.problem.rows()) * spread.gradient
    }

    /// The window that the module's page describes; 1 where the rows do not differ.
    fn default_width(&self, spread: &Spread) -> Result<f64, ExperimentError> {
        let Self { problem, sgd, options, .. } = self;
        if !self.rows_differ(spread) {
            return Ok(1.0);
        }
        let strength = sgd.noise_strength(problem.rows())?;
        let rms = (sgd.learning_rate() * strength).sqrt() * spread.gradient_spread;
        let length = spread.length();
        let (least, most) = (LEAST_NOISES * options.viewpoint.fraction() * rms, MOST_NOISES * rms);
        // Where Sigma does not change the width does not matter.
        let most = if length.is_finite() { most.max(LEAST_LENGTHS * length) } else { most };
        let width = (LENGTHS * length).min(most).max(least);
        Ok(if width > 0.0 { width } else { 1.0 })
    }

    fn plan(&self, spread: &Spread, width: f64) -> Result<Plan, ExperimentError> {
        let Self { problem, sgd, options, .. } = self;
        let strength = sgd.noise_strength(problem.rows())?;
        // |H g| + |g tr H|, root mean squares
        let terms = spread.gradient * spread.hessian * (1.0 + real(problem.dim()).sqrt());
        Ok(Plan {
            viewpoint: options.viewpoint,
            width,
            steps: options.steps.unwrap_or((problem.rows() / sgd.batch()).clamp(1, MOST_STEPS)),
            draws: options.draws,
            seed: options.seed,
            point: self.number,
            points: self.points,
            false_alarm: options.false_alarm,
            target: options.target,
            added: if self.rows_differ(spread) { 0.5 * strength * spread.largest / width } else { 0.0 },
            resolution: ROUNDING * 0.5 * strength * terms,
        })
    }
}

/// Whether an error is due to a point of the window, so that a smaller one may do.
fn reaches_too_far(error: &ExperimentError) -> bool {
    match error {
        ExperimentError::Problem(_)
        | ExperimentError::Noise(_)
        | ExperimentError::Sampling(SamplingError::NotFinite { .. }) => true,
        ExperimentError::Sgd(_) | ExperimentError::Sampling(_) | ExperimentError::Window { .. } => false,
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts are below 2^53")]
fn real(count: usize) -> f64 {
    count as f64
}
