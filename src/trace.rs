//! The drifts along one real run of SGD, step by step: what pulls, and how hard.
//!
//! At the steps asked for, the exact drifts of [`noise`] at the point where the run is:
//!
//! ```text
//! |G|                                  the mean gradient: the mean step is -eta G
//! |v_noise| = |(eta/2n) c div Sigma|   the noise-induced drift, and the sizes of its two halves
//! |(eta/2) Hbar G|                     the finite-step term, of the same order in eta
//! cos(v_noise, -G)                     whether noise and mean gradient pull the same way
//! ```
//!
//! all per unit of time (a step takes time `eta`). One seed gives one run, whatever the steps
//! that are looked at.

use crate::loss::{Loss, Problem, ProblemError};
use crate::noise::{self, Drift, NoiseError};
use crate::process::{ProcessError, SgdPath};
use crate::sampling::{Control, Progress, Streams, Use};
use crate::sgd::Sgd;
use nalgebra::DVector;
use std::sync::atomic::Ordering;
use thiserror::Error;

/// Steps between two looks at whether the run is to end.
const CANCEL: u64 = 64;

/// Which steps are looked at; the first point and the last always are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looks {
    /// Every so many steps, at least 1.
    Every(u64),
    /// So many a decade of steps, evenly on a logarithmic scale, at least 1.
    Decade(u32),
}

/// How a run is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    steps: u64,
    looks: Looks,
    seed: u64,
    run: u32,
}

impl Default for Options {
    /// 1000 steps, ten looks a decade, seed 1, run 0.
    fn default() -> Self {
        Self { steps: 1000, looks: Looks::Decade(10), seed: 1, run: 0 }
    }
}

impl Options {
    /// Steps of the run.
    #[must_use]
    pub fn with_steps(self, steps: u64) -> Self {
        Self { steps, ..self }
    }

    /// Which steps are looked at.
    #[must_use]
    pub fn with_looks(self, looks: Looks) -> Self {
        Self { looks, ..self }
    }

    /// Seed of the batches.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Number of this run among several of one seed, which have batches of their own.
    #[must_use]
    pub fn with_run(self, run: u32) -> Self {
        Self { run, ..self }
    }

    /// The steps looked at, in order, from 0 to the last.
    #[must_use]
    pub fn schedule(&self) -> Vec<u64> {
        let mut looks = vec![0];
        match self.looks {
            Looks::Every(every) => {
                let every = every.max(1);
                let mut next = every;
                while next < self.steps {
                    looks.push(next);
                    next = next.saturating_add(every);
                }
            }
            Looks::Decade(looks_a_decade) => {
                let ratio = 10.0_f64.powf(1.0 / f64::from(looks_a_decade.max(1)));
                let mut next = 1.0_f64;
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    clippy::cast_precision_loss,
                    reason = "steps of a run are far below 2^53"
                )]
                while next < self.steps as f64 {
                    looks.push(next as u64);
                    // Early on a ratio is less than a step.
                    next = (next * ratio).max(next.floor() + 1.0);
                }
            }
        }
        if self.steps > 0 {
            looks.push(self.steps);
        }
        looks
    }
}

/// Why a run cannot be followed.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum TraceError {
    /// Loss, data, settings and start do not fit together.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// A step could not be taken.
    #[error("step {step}: {source}; lower the learning rate")]
    Step {
        /// Which step, counted from 1.
        step: u64,
        /// What went wrong.
        source: ProblemError,
    },
    /// The drifts could not be computed.
    #[error("after step {step}: {source}")]
    Drift {
        /// After which step.
        step: u64,
        /// What went wrong.
        source: NoiseError,
    },
}

/// The sizes of the drifts at one point of a run, per unit of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// Steps taken.
    pub step: u64,
    /// Time: steps times the learning rate.
    pub time: f64,
    /// Mean loss `f`.
    pub loss: f64,
    /// `|G|`
    pub gradient: f64,
    /// `|v_noise|`
    pub noise_induced: f64,
    /// Its first half, `(eta/2n) c |1/2 grad tr Sigma|`.
    pub variance_half: f64,
    /// Its second half, `(eta/2n) c |Cov(g, tr H)|`.
    pub covariance_half: f64,
    /// `(eta/2) |Hbar G|`
    pub finite_step: f64,
    /// Cosine of the angle between `v_noise` and `-G`; 0 where either vanishes.
    pub alignment: f64,
}

impl Row {
    /// Names of the columns of a table of rows.
    pub const COLUMNS: [&'static str; 9] = [
        "step",
        "time",
        "loss",
        "gradient",
        "noise_induced",
        "variance_half",
        "covariance_half",
        "finite_step",
        "alignment",
    ];

    /// The numbers of a row, in the order of [`COLUMNS`](Self::COLUMNS).
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "steps of a run are below 2^53")]
    pub fn numbers(&self) -> [f64; 9] {
        [
            self.step as f64,
            self.time,
            self.loss,
            self.gradient,
            self.noise_induced,
            self.variance_half,
            self.covariance_half,
            self.finite_step,
            self.alignment,
        ]
    }

    /// `strength` is `(eta/n) c`.
    #[allow(clippy::cast_precision_loss, reason = "steps of a run are below 2^53")]
    fn new(step: u64, eta: f64, strength: f64, drift: &Drift) -> Self {
        let moments = &drift.moments;
        Self {
            step,
            time: step as f64 * eta,
            loss: moments.loss,
            gradient: moments.gradient.norm(),
            noise_induced: drift.v_noise.norm(),
            variance_half: 0.5 * strength * moments.half_grad_tr_sigma.norm(),
            covariance_half: 0.5 * strength * moments.cov_g_tr_hess.norm(),
            finite_step: drift.modified_term.norm(),
            alignment: -cosine(&drift.v_noise, &moments.gradient),
        }
    }
}

/// Cosine of the angle between two vectors of one length; 0 where either vanishes.
fn cosine(a: &DVector<f64>, b: &DVector<f64>) -> f64 {
    let (x, y) = (a.norm(), b.norm());
    if x > 0.0 && y > 0.0 { (a / x).dot(&(b / y)).clamp(-1.0, 1.0) } else { 0.0 }
}

/// A run that was followed.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// The looks that were reached, in order.
    pub rows: Vec<Row>,
    /// Whether the run was ended before its last step.
    pub cancelled: bool,
}

/// Follows one run of SGD from `start` and returns the sizes of the drifts along it.
///
/// ```
/// use driftproof::{data::Data, loss::{Builtin, Problem}, sgd::Sgd, trace};
///
/// let data = Data::breast_cancer().standardized()?;
/// let problem = Problem::new(Builtin::Logistic { features: 30 }, &data)?;
/// let options = trace::Options::default().with_steps(100);
/// let run = trace::trace(&problem, &Sgd::new(0.05, 8)?, &[0.0; 30], &options, Default::default())?;
/// let last = run.rows.last().ok_or("no look")?;
/// assert_eq!(last.step, 100);
/// assert!(last.loss < run.rows[0].loss);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`follow`].
pub fn trace<L: Loss>(
    problem: &Problem<L>,
    sgd: &Sgd,
    start: &[f64],
    options: &Options,
    control: Control<'_>,
) -> Result<Trace, TraceError> {
    let strength = sgd.noise_strength(problem.rows()).map_err(ProcessError::from)?;
    let mut rows = Vec::new();
    let ended = follow(problem, sgd, start, options, control, |step, _, drift| {
        rows.push(Row::new(step, sgd.learning_rate(), strength, drift));
    })?;
    Ok(Trace { rows, cancelled: ended < options.steps })
}

/// Follows one run of SGD from `start`, calls `look(step, theta, drift)` at the steps of the schedule, and returns the
/// number of the last step taken.
///
/// # Errors
/// Loss, data, settings and start do not fit together, or a step or drift is not finite.
pub fn follow<L: Loss>(
    problem: &Problem<L>,
    sgd: &Sgd,
    start: &[f64],
    options: &Options,
    control: Control<'_>,
    mut look: impl FnMut(u64, &[f64], &Drift),
) -> Result<u64, TraceError> {
    let mut path = SgdPath::new(problem, sgd, start)?;
    let mut stream = Streams::new(options.seed, Use::Paths).at_point(options.run).block(0);
    let cancelled = || control.cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed));
    let mut at = 0;
    for next in options.schedule() {
        while at < next {
            if at.is_multiple_of(CANCEL) && cancelled() {
                return Ok(at);
            }
            path.step(&mut stream).map_err(|source| TraceError::Step { step: at + 1, source })?;
            at += 1;
        }
        let drift = noise::drift(problem, path.theta(), sgd)
            .map_err(|source| TraceError::Drift { step: at, source })?;
        look(at, path.theta(), &drift);
        if let Some(progress) = control.progress {
            progress(Progress { point: options.run, draws: at, cap: options.steps, power: None });
        }
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Data;
    use crate::loss::Builtin;
    use std::sync::atomic::AtomicBool;

    fn problem() -> Problem<Builtin> {
        let rows = [[0.5, 1.0, 1.0], [-1.0, 0.25, 0.0], [0.75, -0.5, 0.0], [1.5, 1.25, 1.0]];
        let data = Data::from_rows(&["a", "b", "y"], &rows).unwrap();
        Problem::new(Builtin::Logistic { features: 2 }, &data).unwrap()
    }

    #[test]
    fn schedules_begin_at_0_end_at_the_end_and_never_repeat() {
        for looks in
            [Looks::Every(0), Looks::Every(7), Looks::Every(u64::MAX), Looks::Decade(0), Looks::Decade(10)]
        {
            for steps in [0, 1, 2, 10, 100, 1001] {
                let options = Options::default().with_steps(steps).with_looks(looks);
                let schedule = options.schedule();
                assert_eq!((schedule.first(), schedule.last()), (Some(&0), Some(&steps)), "{options:?}");
                assert!(schedule.windows(2).all(|w| w[0] < w[1]), "{options:?}: {schedule:?}");
            }
        }
        let decade = Options::default().with_steps(1000).with_looks(Looks::Decade(1)).schedule();
        assert_eq!(decade, [0, 1, 10, 100, 1000], "one a decade");
    }

    #[test]
    fn rows_are_the_drifts_where_the_run_is() {
        let (problem, sgd) = (problem(), Sgd::new(0.1, 2).unwrap());
        let options = Options::default().with_steps(20).with_looks(Looks::Every(10));
        let mut points = Vec::new();
        let control = Control::default();
        follow(&problem, &sgd, &[1.0, -1.0], &options, control, |_, theta, _| points.push(theta.to_vec()))
            .unwrap();
        let run = trace(&problem, &sgd, &[1.0, -1.0], &options, control).unwrap();
        assert_eq!(run.rows.len(), 3, "0, 10, 20");
        for (row, theta) in run.rows.iter().zip(&points) {
            let drift = noise::generic::drift(&problem, theta, &sgd).unwrap();
            // Two routes to numbers below 1: some tens of roundings.
            let close =
                |found: f64, expected: f64| assert!((found - expected).abs() < 1e-14, "{found} {expected}");
            close(row.gradient, drift.moments.gradient.norm());
            close(row.noise_induced, drift.v_noise.norm());
            close(row.finite_step, drift.modified_term.norm());
            close(row.variance_half, 0.5 * 0.05 * drift.moments.half_grad_tr_sigma.norm());
            close(row.covariance_half, 0.5 * 0.05 * drift.moments.cov_g_tr_hess.norm());
            close(
                row.alignment * row.gradient * row.noise_induced,
                -drift.v_noise.dot(&drift.moments.gradient),
            );
        }
        assert_eq!(Row::COLUMNS.len(), run.rows[0].numbers().len(), "a name for each number");
    }

    #[test]
    fn looking_does_not_move_the_run_and_runs_differ() {
        let (problem, sgd) = (problem(), Sgd::new(0.1, 1).unwrap());
        let last = |options: Options| {
            trace(&problem, &sgd, &[0.0, 0.0], &options, Control::default()).unwrap().rows.pop().unwrap()
        };
        let options = Options::default().with_steps(64);
        assert_eq!(last(options), last(options.with_looks(Looks::Every(1))), "more looks, the same run");
        assert_ne!(last(options), last(options.with_run(1)), "another run");
    }

    #[test]
    fn what_cannot_be_followed_is_refused_and_what_is_cancelled_ends() {
        let problem = problem();
        let wild = Sgd::new(1e308, 1).unwrap();
        let error = trace(&problem, &wild, &[1.0, 1.0], &Options::default(), Control::default()).unwrap_err();
        assert!(matches!(error, TraceError::Step { .. } | TraceError::Drift { .. }), "{error}");
        let short =
            trace(&problem, &Sgd::new(0.1, 1).unwrap(), &[1.0], &Options::default(), Control::default());
        assert!(matches!(short, Err(TraceError::Process(_))), "{short:?}");
        let flag = AtomicBool::new(true);
        let control = Control { cancel: Some(&flag), progress: None };
        let run =
            trace(&problem, &Sgd::new(0.1, 1).unwrap(), &[1.0, 1.0], &Options::default(), control).unwrap();
        assert!(run.cancelled && run.rows.len() == 1, "{run:?}");
    }
}
