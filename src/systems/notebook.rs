//! How a system writes down what it finds: from draws to estimates, from estimates to numbered findings.
//!
//! An estimate is a mean of independent paths with the standard error `s/sqrt(M)`; the smallest error that it would have
//! caught is that of a test at [`CONSISTENT_WITHIN`](super::CONSISTENT_WITHIN) standard errors, with probability 0.99.

use super::{
    Evidence, Figure, Finding, Outcome, Parameter, Series, StatementVerdict, Style, SystemError, Values,
};
use crate::process::ensemble;
use crate::sampling::{Estimate, Moments, Stream, Streams, detectable_multiple};
use std::sync::Arc;

/// Two-sided false-alarm rate of [`CONSISTENT_WITHIN`](super::CONSISTENT_WITHIN) standard errors of a normal estimate.
const FALSE_ALARM: f64 = 6.334e-5;

/// Paths that share a stream.
const PATHS: u32 = 32;

/// A parameter that is any number in its range.
pub(super) const fn number(
    name: &'static str,
    meaning: &'static str,
    unit: &'static str,
    default: f64,
    [least, greatest]: [f64; 2],
) -> Parameter {
    Parameter { name, meaning, unit, default, least, greatest, whole: false }
}

/// A parameter that is a whole number in its range.
pub(super) const fn whole(
    name: &'static str,
    meaning: &'static str,
    default: f64,
    [least, greatest]: [f64; 2],
) -> Parameter {
    Parameter { name, meaning, unit: "", default, least, greatest, whole: true }
}

/// The value of a parameter that is a whole number, not negative and small.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number within its range")]
pub(super) fn count(values: &Values, name: &str) -> usize {
    values.get(name) as usize
}

/// A count as a number.
#[allow(clippy::cast_precision_loss, reason = "counts are below 2^53")]
pub(super) fn real(count: usize) -> f64 {
    count as f64
}

/// A positive number as the count above it.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts of floats saturate")]
pub(super) fn ceiling(number: f64) -> usize {
    number.ceil() as usize
}

/// What could not be computed, and why.
pub(super) fn failed<E: std::error::Error + Send + Sync + 'static>(
    what: &'static str,
) -> impl Fn(E) -> SystemError {
    move |source| SystemError::Computation { what, source: Arc::new(source) }
}

/// As many draws as are asked for, a ninth of them for a first look.
pub(super) fn draws(values: &Values, thorough: usize) -> usize {
    if values.quick { thorough.div_ceil(9) } else { thorough }
}

/// An estimate with its standard error, of so many independent draws.
pub(super) fn estimate(value: f64, standard_error: f64, draws: u64, seed: u64) -> Estimate {
    let detectable = detectable_multiple(FALSE_ALARM, draws) * standard_error;
    Estimate { value, standard_error, draws, seed, detectable }
}

/// The mean of one component.
pub(super) fn mean(moments: &Moments, component: usize, seed: u64) -> Estimate {
    estimate(moments.mean()[component], moments.standard_error(component), moments.count(), seed)
}

/// The mean of independent numbers.
pub(super) fn mean_of(numbers: &[f64], seed: u64) -> Estimate {
    let mut moments = Moments::new(1);
    numbers.iter().for_each(|&x| moments.push(&[x]));
    mean(&moments, 0, seed)
}

/// A fraction of independent cases, with the standard error of Agresti and Coull, which is not zero for none and all:
/// `p = (k + 2)/(M + 4)`, `sqrt(p (1 - p)/(M + 4))`.
pub(super) fn fraction(hits: usize, cases: usize, seed: u64) -> Estimate {
    let (hits, all) = (real(hits), real(cases));
    let p = (hits + 2.0) / (all + 4.0);
    estimate(hits / all, (p * (1.0 - p) / (all + 4.0)).sqrt(), cases as u64, seed)
}

/// The mean of a component that is 1 or 0 on each path, with the error of [`fraction`].
pub(super) fn share(moments: &Moments, component: usize, seed: u64) -> Estimate {
    let cases = usize::try_from(moments.count()).unwrap_or(usize::MAX);
    // Between whole numbers but for rounding.
    fraction(ceiling(moments.mean()[component] * real(cases) - 0.5), cases, seed)
}

/// The same estimate on another scale: `factor` times it.
pub(super) fn scaled(of: Estimate, factor: f64) -> Estimate {
    let size = factor.abs();
    Estimate {
        value: of.value * factor,
        standard_error: of.standard_error * size,
        detectable: of.detectable * size,
        ..of
    }
}

/// Means over `paths` independent paths (rounded up to a multiple of 32) of `observed` numbers each.
///
/// `workspace` makes the buffers of one thread; `run` puts what it sees of one path into its last argument.
///
/// # Errors
/// The first that a path, or a workspace, had.
pub(super) fn observe<W, E: Clone + Send>(
    streams: Streams,
    paths: usize,
    observed: usize,
    workspace: impl Fn() -> Result<W, E> + Sync + Send,
    run: impl Fn(&mut W, &mut Stream, &mut [f64]) -> Result<(), E> + Sync + Send,
) -> Result<Moments, E> {
    let blocks = u32::try_from(paths).unwrap_or(u32::MAX).div_ceil(PATHS);
    let block = |_, stream: &mut Stream, workspace: &mut Result<W, E>| {
        let workspace = workspace.as_mut().map_err(|error| error.clone())?;
        let (mut seen, mut out) = (Moments::new(observed), vec![0.0; observed]);
        for _ in 0..PATHS {
            run(workspace, stream, &mut out)?;
            seen.push(&out);
        }
        Ok(seen)
    };
    let mut all = Moments::new(observed);
    for seen in ensemble(blocks, |block| streams.block(block), workspace, block) {
        all.merge(&seen?);
    }
    Ok(all)
}

/// Slope of `log y` over `log x` by least squares: the order of `y` in `x`. NaN unless all are positive and `x` varies.
pub(super) fn fitted_order(ladder: &[(f64, f64)]) -> f64 {
    let logs: Vec<(f64, f64)> = ladder.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
    let n = real(logs.len());
    let (mx, my) = logs.iter().fold((0.0, 0.0), |(a, b), (x, y)| (a + x / n, b + y / n));
    let (xy, xx) =
        logs.iter().fold((0.0, 0.0), |(xy, xx), (x, y)| (xy + (x - mx) * (y - my), xx + (x - mx) * (x - mx)));
    xy / xx
}

/// The findings of a run, numbered as they come.
#[derive(Debug)]
pub(super) struct Notebook {
    outcome: Outcome,
}

impl Notebook {
    pub(super) fn new() -> Self {
        Self { outcome: Outcome { findings: Vec::new(), figures: Vec::new(), statements: Vec::new() } }
    }

    /// Writes a finding down and returns its number.
    fn note(&mut self, what: impl Into<String>, unit: &'static str, evidence: Evidence) -> usize {
        self.outcome.findings.push(Finding { what: what.into(), unit, evidence });
        self.outcome.findings.len() - 1
    }

    /// Two exact routes to one number.
    pub(super) fn identity(
        &mut self,
        what: impl Into<String>,
        unit: &'static str,
        [left, right]: [f64; 2],
        bound: f64,
    ) -> usize {
        self.note(what, unit, Evidence::Identity { left, right, bound })
    }

    /// Two exact routes to several numbers: the pair that differs most, all with the same bound. NaN differs most.
    pub(super) fn identities(
        &mut self,
        what: impl Into<String>,
        unit: &'static str,
        pairs: &[[f64; 2]],
        bound: f64,
    ) -> usize {
        let distance = |pair: &[f64; 2]| {
            let distance = (pair[0] - pair[1]).abs();
            if distance.is_nan() { f64::INFINITY } else { distance }
        };
        let worst = pairs.iter().max_by(|a, b| distance(a).total_cmp(&distance(b)));
        self.identity(what, unit, worst.copied().unwrap_or([f64::NAN; 2]), bound)
    }

    /// A simulation beside an exact value; an error of `matters` must have been detectable.
    pub(super) fn simulated(
        &mut self,
        what: impl Into<String>,
        unit: &'static str,
        exact: f64,
        estimate: Estimate,
        matters: f64,
    ) -> usize {
        self.note(what, unit, Evidence::Simulated { exact, estimate, matters })
    }

    /// The value of a wrong reading, which the simulation must refute.
    pub(super) fn misreading(
        &mut self,
        what: impl Into<String>,
        unit: &'static str,
        wrong: f64,
        estimate: Estimate,
    ) -> usize {
        self.note(what, unit, Evidence::Misreading { wrong, estimate })
    }

    /// The order of a ladder of `(x, y)`, with the largest deviation that errors and the next order explain.
    pub(super) fn order(
        &mut self,
        what: impl Into<String>,
        claimed: f64,
        ladder: &[(f64, f64)],
        bound: f64,
    ) -> usize {
        self.note(what, "", Evidence::Order { claimed, fitted: fitted_order(ladder), bound })
    }

    /// A number of which nothing is claimed.
    pub(super) fn measured(
        &mut self,
        what: impl Into<String>,
        unit: &'static str,
        estimate: Estimate,
    ) -> usize {
        self.note(what, unit, Evidence::Measured(estimate))
    }

    /// What this says of a statement of the discussion, resting on these findings.
    pub(super) fn state(&mut self, id: &'static str, verdict: impl Into<String>, findings: &[usize]) {
        let statement = StatementVerdict { id, verdict: verdict.into(), findings: findings.to_vec() };
        self.outcome.statements.push(statement);
    }

    /// Adds a figure.
    pub(super) fn draw(&mut self, figure: Figure) {
        self.outcome.figures.push(figure);
    }

    pub(super) fn finish(self) -> Outcome {
        self.outcome
    }
}

/// A figure with linear axes and nothing drawn yet.
pub(super) fn figure(title: &str, x_axis: &str, y_axis: &str) -> Figure {
    Figure {
        title: title.to_owned(),
        x_axis: x_axis.to_owned(),
        y_axis: y_axis.to_owned(),
        logarithmic: (false, false),
        series: Vec::new(),
    }
}

impl Figure {
    /// The same with logarithmic axes: horizontal, vertical.
    pub(super) fn logarithmic(self, horizontal: bool, vertical: bool) -> Self {
        Self { logarithmic: (horizontal, vertical), ..self }
    }

    /// The same with a line.
    pub(super) fn line(self, name: &str, points: Vec<(f64, f64)>) -> Self {
        self.with(name, Style::Line, points, Vec::new())
    }

    /// The same with a dashed line: a wrong reading.
    pub(super) fn dashed(self, name: &str, points: Vec<(f64, f64)>) -> Self {
        self.with(name, Style::Dashed, points, Vec::new())
    }

    /// The same with estimates at places.
    pub(super) fn points(self, name: &str, estimates: &[(f64, Estimate)]) -> Self {
        let points = estimates.iter().map(|(x, e)| (*x, e.value)).collect();
        let errors = estimates.iter().map(|(_, e)| e.standard_error).collect();
        self.with(name, Style::Points, points, errors)
    }

    fn with(mut self, name: &str, style: Style, points: Vec<(f64, f64)>, errors: Vec<f64>) -> Self {
        self.series.push(Series { name: name.to_owned(), style, points, errors });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::Use;
    use crate::systems::{CONSISTENT_WITHIN, Found};
    use rand::RngExt;
    use std::convert::Infallible;

    #[test]
    fn observed_means_do_not_depend_on_threads_and_are_means() {
        let run = || {
            observe(
                Streams::new(3, Use::Paths),
                6400,
                1,
                || Ok::<_, Infallible>(()),
                |(), stream, out| {
                    out[0] = stream.random_range(0.0..1.0);
                    Ok(())
                },
            )
        };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let (one, many) = (pool.install(run).unwrap(), run().unwrap());
        assert_eq!(one, many, "the same bits");
        let found = mean(&one, 0, 3);
        // Four standard errors, a false-alarm rate of 6e-5.
        assert!((found.value - 0.5).abs() < 4.0 * found.standard_error, "{found:?}");
        let expected = (1.0_f64 / 12.0 / 6400.0).sqrt();
        assert!((found.standard_error / expected - 1.0).abs() < 0.05, "{found:?}");
        let seen_at = found.detectable / found.standard_error;
        assert!((seen_at - CONSISTENT_WITHIN - 2.326).abs() < 0.01, "{seen_at} standard errors");
    }

    #[test]
    fn the_first_error_of_a_path_is_returned() {
        let broken =
            observe(Streams::new(1, Use::Paths), 64, 1, || Err::<(), _>("broken"), |(), _, _| Ok(()));
        assert_eq!(broken.unwrap_err(), "broken", "a workspace that cannot be made");
    }

    #[test]
    fn a_fraction_of_all_is_not_certain() {
        let all = fraction(100, 100, 1);
        assert!(all.value >= 1.0 && all.standard_error > 0.01, "{all:?}");
        let half = fraction(5000, 10_000, 1);
        assert!((half.standard_error - 0.005).abs() < 1e-5, "{half:?}");
    }

    #[test]
    fn orders_are_slopes_and_a_wrong_one_fails() {
        let ladder: Vec<(f64, f64)> = [0.1, 0.05, 0.025].iter().map(|x| (*x, 7.0 * x * x)).collect();
        // Logarithms of a few roundings.
        assert!((fitted_order(&ladder) - 2.0).abs() < 1e-13, "{}", fitted_order(&ladder));
        let mut notebook = Notebook::new();
        notebook.order("right", 2.0, &ladder, 1e-9);
        notebook.order("wrong", 1.0, &ladder, 0.1);
        notebook.order("no logarithm", 2.0, &[(0.1, 0.0), (0.2, 1.0)], 0.1);
        let found: Vec<Found> = notebook.finish().findings.iter().map(|f| f.evidence.found()).collect();
        assert_eq!(found, [Found::Holds, Found::Fails, Found::Inconclusive], "each as it is");
    }

    #[test]
    fn the_worst_pair_decides_and_no_pair_is_no_evidence() {
        let mut notebook = Notebook::new();
        notebook.identities("one off", "", &[[1.0, 1.0], [1.0, 2.0], [3.0, 3.0]], 0.5);
        notebook.identities("not a number", "", &[[1.0, 1.0], [f64::NAN, 2.0]], 0.5);
        notebook.identities("none", "", &[], 0.5);
        let found: Vec<Found> = notebook.finish().findings.iter().map(|f| f.evidence.found()).collect();
        assert_eq!(found, [Found::Fails, Found::Inconclusive, Found::Inconclusive], "each as it is");
    }
}
