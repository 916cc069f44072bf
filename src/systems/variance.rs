//! Does the noise-induced drift point to less gradient variance? Where it must, where it need not, how often it does.
//!
//! The drift is `-(eta/2n) div Sigma`, the variance of the gradient `tr Sigma`. They are tied by the first half
//! of the divergence only:
//!
//! ```text
//! div Sigma = 1/2 grad tr Sigma + Cov(g, tr H),        the drift lowers tr Sigma iff  div Sigma . grad tr Sigma > 0
//! ```
//!
//! - In one dimension the halves are equal and `div Sigma = grad tr Sigma`; for `Sigma = s(theta) I` it is `grad tr Sigma/d`.
//! - For `u = x (3 a^2/2 - b^2/2 + b)`, `x = ±1`, the gradient is `x (3 a, 1 - b)`, and at the origin
//!   `1/2 grad tr Sigma = (0, -1)`, `Cov(g, tr H) = 2 (0, 1)`: the drift points to *more* variance.
//! - In between it is counted: random data, random points, one loss after another.

use super::notebook::{Notebook, count, draws, failed, figure, fraction, number, real, whole};
use super::{Outcome, Parameter, System, SystemError, Values};
use crate::data::Data;
use crate::experiment::{self, Options};
use crate::loss::{Builtin, Choice, Loss, Number, Problem};
use crate::noise::{self, Drift};
use crate::sampling::{Control, Estimate, Stream, Streams, Use};
use crate::sgd::Sgd;
use rand::RngExt;
use rand_distr::StandardNormal;
use rayon::prelude::*;

pub(super) const SYSTEM: System = System {
    name: "variance",
    title: "Does the drift point to less gradient variance?",
    claim: "The drift -(eta/2n) div Sigma lowers tr Sigma in one dimension and for isotropic Sigma, not in general: for \
            u = ±(3 a^2/2 - b^2/2 + b) it raises it at the origin.",
    teaches: "\"Towards low noise\" is a statement about a matrix, and the trace is only one number of it. The drift has \
              two halves: one is the gradient of tr Sigma, the other, Cov(g, tr H), can point anywhere, and where the \
              curvature of the samples varies with their gradient it can win. For the usual losses at random points it \
              seldom does, but that is a count, not a law.",
    parameters: &PARAMETERS,
    simulate,
};

const PARAMETERS: [Parameter; 4] = [
    number("eta", "learning rate", "", 0.05, [1e-4, 1.0]),
    whole("n", "batch size", 1.0, [1.0, 64.0]),
    whole("rows", "rows of each random data set", 12.0, [2.0, 200.0]),
    number("size", "standard deviation of the random parameters", "", 1.0, [0.01, 3.0]),
];

/// Random points of each loss.
const POINTS: usize = 1800;

/// `u = x (3 a^2/2 - b^2/2 + b)`; a row is `x`.
struct Saddle;

impl Loss for Saddle {
    fn dim(&self) -> usize {
        2
    }
    fn columns(&self) -> usize {
        1
    }
    fn loss<D: Number>(&self, x: &[D::InnerDual], theta: &[D]) -> D {
        let (a, b) = (theta[0], theta[1]);
        (a * a * 1.5 - b * b * 0.5 + b).scale(&x[0])
    }
}

fn simulate(values: &Values) -> Result<Outcome, SystemError> {
    let mut notebook = Notebook::new();
    let sgd = Sgd::new(values.get("eta"), count(values, "n")).map_err(failed("the settings of SGD"))?;
    let must = where_it_must(values, &sgd, &mut notebook)?;
    let need_not = where_it_need_not(values, &sgd, &mut notebook)?;
    let counted = how_often(values, &sgd, &mut notebook)?;
    notebook.state(
        "A9",
        "true in one dimension and for isotropic covariance; false in general: at (0, 0) of u = ±(3 a^2/2 - b^2/2 + b) \
         the drift raises tr Sigma; counted for the losses that are built in",
        &[&must[..], &need_not[..], &counted[..]].concat(),
    );
    notebook.state("A7", "true in the current, as real steps seen from their midpoint show", &need_not[2..]);
    Ok(notebook.finish())
}

/// One-dimensional losses, and one with `Sigma = theta_1 I`: `div Sigma = grad tr Sigma/d`.
fn where_it_must(values: &Values, sgd: &Sgd, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    let mut stream = Streams::new(values.seed, Use::Points).block(0);
    let mut single = Vec::new();
    for kind in KINDS.iter().filter(|kind| kind.single) {
        for _ in 0..20 {
            let drift = kind.random(1, values, sgd, &mut stream)?;
            let scale = drift.moments.half_grad_tr_sigma.norm().max(f64::MIN_POSITIVE);
            single.push([drift.div_sigma[0] / scale, 2.0 * drift.moments.half_grad_tr_sigma[0] / scale]);
        }
    }
    let rows: Vec<[f64; 2]> = [0.0, 1.0, 2.0, 3.0].iter().flat_map(|&k| [[k, 1.0], [k, -1.0]]).collect();
    let data = Data::from_rows(&["k", "s"], &rows).map_err(failed("the rows"))?;
    let pollen = Problem::new(Builtin::PollenGrain, &data).map_err(failed("the loss on the rows"))?;
    let mut isotropic = Vec::new();
    for _ in 0..20 {
        let theta = [stream.random_range(0.6..3.0), stream.random_range(-3.0..3.0)];
        let drift = noise::drift(&pollen, &theta, sgd).map_err(failed("the drift of pollen"))?;
        let halves = drift.div_sigma.iter().zip(drift.moments.half_grad_tr_sigma.iter());
        isotropic.extend(halves.map(|(div, half)| [*div, *half]));
    }
    // Where rows cancel, a few hundred roundings of the terms stand against the sum; random rows seldom cancel by 1e4.
    Ok(vec![
        notebook.identities(
            "one dimension: div Sigma against grad tr Sigma, in units of half of it",
            "",
            &single,
            1e-9,
        ),
        notebook.identities(
            "isotropic Sigma, d = 2: div Sigma against grad tr Sigma/2",
            "",
            &isotropic,
            1e-11,
        ),
    ])
}

/// The counterexample: exact, and by real steps seen from their midpoint.
fn where_it_need_not(values: &Values, sgd: &Sgd, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    let data = Data::from_rows(&["x"], &[[1.0], [-1.0]]).map_err(failed("the rows"))?;
    let problem = Problem::new(Saddle, &data).map_err(failed("the loss on the rows"))?;
    let origin = [0.0, 0.0];
    let drift = noise::drift(&problem, &origin, sgd).map_err(failed("the drift at the origin"))?;
    let found = [drift.div_sigma[0], drift.div_sigma[1]];
    let grad = [2.0 * drift.moments.half_grad_tr_sigma[0], 2.0 * drift.moments.half_grad_tr_sigma[1]];
    let options = Options::default()
        .with_seed(values.seed)
        .with_draws(draws(values, 90_000) as u64)
        .with_target(if values.quick { 0.3 } else { 0.1 });
    let experiment = experiment::run(&problem, &[origin.to_vec()], sgd, &options, Control::default())
        .map_err(failed("the experiment at the origin"))?;
    let component = experiment
        .points
        .first()
        .map(|point| point.comparison.components[1])
        .ok_or(SystemError::Together("no point was reached"))?;
    // The estimate against the exact drift averaged over the same draws, so that the window cannot bias it.
    let seen = Estimate {
        standard_error: component.difference.standard_error,
        detectable: component.difference.detectable,
        ..component.first_order
    };
    let unit = 0.5 * sgd.learning_rate() / real(sgd.batch());
    let what = "drift of b at the origin by real steps";
    notebook.draw(profile(&problem, sgd, seen)?);
    Ok(vec![
        notebook.identities(
            "div Sigma at the origin against (0, 1)",
            "",
            &[[found[0], 0.0], [found[1], 1.0]],
            1e-14,
        ),
        notebook.identities(
            "grad tr Sigma there against (0, -2)",
            "",
            &[[grad[0], 0.0], [grad[1], -2.0]],
            1e-14,
        ),
        notebook.simulated(format!("{what}: -(eta/2n) div Sigma"), "", component.claimed, seen, 0.5 * unit),
        notebook.misreading(
            format!("{what}, if it were -(eta/2n) grad tr Sigma/d, down the variance"),
            "",
            unit,
            seen,
        ),
        notebook.misreading(
            format!("{what}, seen from the destination: twice as large"),
            "",
            -2.0 * unit,
            seen,
        ),
    ])
}

/// The drift of `b` and the slope of the variance along `a = 0`.
fn profile(problem: &Problem<Saddle>, sgd: &Sgd, seen: Estimate) -> Result<super::Figure, SystemError> {
    let (mut drift, mut down) = (Vec::new(), Vec::new());
    for k in 0..=40 {
        let b = f64::from(k) / 20.0 - 1.0;
        let at = noise::drift(problem, &[0.0, b], sgd).map_err(failed("the drift along a = 0"))?;
        drift.push((b, at.v_noise[1]));
        down.push((b, -0.5 * sgd.learning_rate() / real(sgd.batch()) * at.moments.half_grad_tr_sigma[1]));
    }
    Ok(figure("A drift towards more gradient variance", "b, at a = 0", "drift of b")
        .line("-(eta/2n) div Sigma", drift)
        .dashed("-(eta/4n) grad tr Sigma, down the variance", down)
        .points("real steps", &[(0.0, seen)]))
}

/// How often the drift lowers the variance, loss by loss.
fn how_often(values: &Values, sgd: &Sgd, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    let points = draws(values, POINTS);
    let mut findings = Vec::new();
    let mut drawn =
        figure("How often the drift lowers tr Sigma, at random points", "loss", "fraction of points");
    for (number, kind) in (1_u32..).zip(&KINDS) {
        let streams = Streams::new(values.seed, Use::Points).at_point(number);
        let lowered = (0..u32::try_from(points).unwrap_or(u32::MAX))
            .into_par_iter()
            .map(|block| {
                let drift = kind.random(kind.features, values, sgd, &mut streams.block(block))?;
                let half = &drift.moments.half_grad_tr_sigma;
                Ok(drift.div_sigma.dot(half) > 1e-12 * drift.div_sigma.norm() * half.norm())
            })
            .collect::<Result<Vec<bool>, SystemError>>()?;
        let hits = lowered.iter().filter(|&&hit| hit).count();
        let found = fraction(hits, points, values.seed);
        findings.push(notebook.measured(
            format!("fraction of points where it lowers tr Sigma: {}", kind.name),
            "",
            found,
        ));
        drawn = drawn.points(kind.name, &[(f64::from(number), found)]);
    }
    notebook.draw(drawn);
    Ok(findings)
}

/// A target: what stands in the last columns of a random row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Normal,
    Positive,
    Below(u32),
    Entry,
}

/// A loss with random data that fit it.
struct Kind {
    name: &'static str,
    features: usize,
    target: Target,
    /// Whether it can have a single parameter.
    single: bool,
}

const fn kind(name: &'static str, features: usize, target: Target, single: bool) -> Kind {
    Kind { name, features, target, single }
}

const KINDS: [Kind; 14] = [
    kind("linear_regression", 3, Target::Normal, true),
    kind("logistic_regression", 3, Target::Below(2), true),
    kind("poisson_regression", 3, Target::Below(4), true),
    kind("softmax_3", 2, Target::Below(3), false),
    kind("cauchy_regression", 3, Target::Normal, true),
    kind("student_t_regression", 3, Target::Normal, true),
    kind("pseudo_huber_regression", 3, Target::Normal, true),
    kind("phase_retrieval", 3, Target::Positive, true),
    kind("cos_wave", 3, Target::Normal, true),
    kind("two_layer_linear", 1, Target::Normal, false),
    kind("rank1_factorisation", 0, Target::Entry, false),
    kind("deep_linear_2_2_1", 2, Target::Normal, false),
    kind("mlp_2_3_1_tanh", 2, Target::Normal, false),
    kind("mlp_2_3_3_tanh_softmax", 2, Target::Below(3), false),
];

impl Kind {
    /// The drift at a random point of random data.
    fn random(
        &self,
        features: usize,
        values: &Values,
        sgd: &Sgd,
        stream: &mut Stream,
    ) -> Result<Drift, SystemError> {
        let mut row = || -> Vec<f64> {
            let mut row: Vec<f64> = (0..features).map(|_| stream.sample(StandardNormal)).collect();
            match self.target {
                Target::Normal => row.push(stream.sample(StandardNormal)),
                Target::Positive => row.push(stream.sample::<f64, _>(StandardNormal).powi(2)),
                Target::Below(classes) => row.push(f64::from(stream.random_range(0..classes))),
                Target::Entry => {
                    row.extend((0..2).map(|_| f64::from(stream.random_range(1..=2_u32))));
                    row.push(stream.sample(StandardNormal));
                }
            }
            row
        };
        let rows: Vec<Vec<f64>> = (0..count(values, "rows")).map(|_| row()).collect();
        let names: Vec<String> = (1..=rows[0].len()).map(|k| format!("x{k}")).collect();
        let data = Data::from_rows(&names, &rows).map_err(failed("random rows"))?;
        let loss =
            Builtin::named(self.name, &Choice::new(features)).map_err(failed("a loss that is built in"))?;
        let problem = Problem::new(loss, &data).map_err(failed("the loss on random rows"))?;
        let size = values.get("size");
        let theta: Vec<f64> =
            (0..problem.dim()).map(|_| size * stream.sample::<f64, _>(StandardNormal)).collect();
        noise::drift(&problem, &theta, sgd).map_err(failed("the drift at a random point"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systems::Settings;

    #[test]
    fn the_halves_disagree_in_two_dimensions() {
        // What makes "one dimension" a condition: with two features the halves differ, so the identity would fail.
        let values = SYSTEM.check(&Settings::default()).unwrap();
        let mut stream = Streams::new(1, Use::Points).block(0);
        let drift = KINDS[1].random(2, &values, &Sgd::new(0.1, 1).unwrap(), &mut stream).unwrap();
        let gap = (&drift.div_sigma - 2.0 * &drift.moments.half_grad_tr_sigma).norm();
        assert!(gap > 1e-3 * drift.div_sigma.norm(), "{gap:e}");
    }
}
