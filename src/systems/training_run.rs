//! The drifts along real runs of SGD: which of them pulls hardest, early and late, with and without label noise.
//!
//! Two losses on real data, each with its labels as they are and with a fraction of them wrong: logistic regression on
//! `breast_cancer`, a small network with tanh units on `wine`. Along each run the exact `|G|`, `|v_noise|`, both halves of it and
//! the finite-step term ([`trace`](mod@crate::trace)). "Late" is the second half of a run.
//!
//! Whether late training is noise-driven is the ratio `|v_noise|/|G|` there. Where the labels are noisy SGD ends as a
//! stationary jitter about the minimum, with the covariance of a quadratic loss, and in the eigenbasis of `A = Hbar` at the minimum
//!
//! ```text
//! E|G|^2 = tr(A^2 C) = (eta/n) sum_i lambda_i Sigma_ii/(2 - eta lambda_i)        to first order in eta
//! ```
//!
//! So `|G|` is of order `eta^(1/2)`; the drift is of order `eta`, or `eta^(3/2)` while `div Sigma` at the minimum is less than
//! what the jitter makes of it. The ratio falls with `eta`, and what vanishes is not the mean gradient at a point but its
//! average over the jitter.
//!
//! At one point of a run the mean and the covariance of real steps are put beside `-eta G` and `(eta^2/n) c Sigma`; and
//! whether many steps together are nearly normal is shown by `many_steps`.

use super::notebook::{
    Notebook, ceiling, count, draws, failed, figure, fitted_order, fraction, mean, mean_of, number, observe,
    real, scaled, whole,
};
use super::{Figure, Outcome, Parameter, System, SystemError, Values, many_steps};
use crate::data::Data;
use crate::loss::{Activation, Builtin, Loss, Network, Output, Problem};
use crate::noise;
use crate::process::{ProcessError, SgdPath, gradient_spread};
use crate::sampling::{Control, Estimate, Streams, Use};
use crate::sgd::{Replacement, Sgd};
use crate::trace::{self, Looks, Options, Row};
use nalgebra::DVector;
use rand::RngExt;
use rand_distr::StandardNormal;
use rayon::prelude::*;

pub(super) const SYSTEM: System = System {
    name: "training-run",
    title: "The drifts along a real training run",
    claim: "Early the mean gradient dominates. Late, with noisy labels, |G| stays of order sqrt(eta) because SGD jitters \
            about the minimum, while the noise-induced drift is of order eta; with clean labels both shrink. Which is \
            larger is measured.",
    teaches: "That the mean gradient vanishes at the minimum does not make late training noise-driven: SGD is never at the \
              minimum, and where it is the mean gradient is still the larger of the two, the more so the smaller the \
              learning rate. What the noise-induced drift decides are directions in which the mean \
              gradient averages to zero: valleys. Beside the finite-step term of the same order it can be larger or \
              smaller; dropping one and keeping the other is right only where their sizes say so.",
    parameters: &PARAMETERS,
    simulate,
};

const PARAMETERS: [Parameter; 6] = [
    number("eta", "learning rate", "", 0.05, [0.001, 0.2]),
    whole("n", "batch size", 8.0, [1.0, 128.0]),
    whole("steps", "steps of a run", 4000.0, [200.0, 200_000.0]),
    number("flip", "fraction of wrong labels in the noisy data", "", 0.1, [0.02, 0.4]),
    whole("hidden", "hidden units of the network", 4.0, [1.0, 32.0]),
    whole("runs", "independent runs of each kind", 27.0, [4.0, 200.0]),
];

/// Looks at a run, evenly spaced; the second half of them is late.
const LOOKS: u64 = 64;

/// Runs of a first look: with fewer no error bar means anything.
const LEAST_RUNS: usize = 6;

/// Steps taken from one point for the moments of a step.
const SINGLE_STEPS: usize = 9_000;

/// Point numbers of the streams: starts, labels by the number of classes, single steps.
const STARTS: u32 = 0;
const LABELS: u32 = 1;
const SINGLE: u32 = 1 << 20;

fn simulate(values: &Values) -> Result<Outcome, SystemError> {
    let mut notebook = Notebook::new();
    let (mut measured, mut words) = (Vec::new(), Vec::new());
    let runs = draws(values, count(values, "runs")).max(LEAST_RUNS);
    let mut jitter = None;
    for kind in [Kind::Logistic, Kind::Network] {
        for noisy in [false, true] {
            let setting = Setting::new(kind, noisy, values)?;
            let late = setting.late(values, runs)?;
            measured.extend(report(&setting, &late, values, &mut notebook));
            words.push(format!("{}: {:.3}", setting.name, mean_of(&late.ratio, values.seed).value));
            notebook.draw(setting.figure(values)?);
            if kind == Kind::Logistic && noisy {
                jitter = Some(setting);
            }
        }
    }
    let noisy = jitter.ok_or(SystemError::Together("no run with noisy labels"))?.problem(values, 0)?;
    let (stays, power) = stationary(&noisy, values, &mut notebook)?;
    let steps = single_steps(&noisy, values, &mut notebook)?;
    let many = many_steps::simulate(values, &mut notebook)?;
    notebook.state(
        "E3",
        format!(
            "measured: late |v_noise|/|G| is {}; with noisy labels it goes about with the power {power:.2} of eta, so that \
             the mean gradient at the point where SGD is stays the larger",
            words.join(", ")
        ),
        &[&measured[..], &stays[..]].concat(),
    );
    notebook.state(
        "A1",
        "true, exactly, with replacement; without: the covariance times (N-n)/(N-1)",
        &steps,
    );
    notebook.state(
        "A2",
        "true after many steps with a finite variance of the gradient; false with heavy tails, however many",
        &many,
    );
    Ok(notebook.finish())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Logistic,
    Network,
}

/// A loss on data, with its labels as they are or partly wrong.
struct Setting {
    name: &'static str,
    kind: Kind,
    noisy: bool,
    data: Data,
    loss: Builtin,
}

impl Setting {
    fn new(kind: Kind, noisy: bool, values: &Values) -> Result<Self, SystemError> {
        let (name, data) = match (kind, noisy) {
            (Kind::Logistic, false) => ("logistic, labels as they are", Data::breast_cancer()),
            (Kind::Logistic, true) => ("logistic, noisy labels", Data::breast_cancer()),
            (Kind::Network, false) => ("network, labels as they are", Data::wine()),
            (Kind::Network, true) => ("network, noisy labels", Data::wine()),
        };
        let data = data.standardized().map_err(failed("the data"))?;
        let loss = match kind {
            Kind::Logistic => Builtin::Logistic { features: data.features() },
            Kind::Network => Builtin::Network(Network {
                layers: vec![data.features(), count(values, "hidden"), 3],
                activation: Activation::Tanh,
                output: Output::Softmax,
                bias: true,
            }),
        };
        Ok(Self { name, kind, noisy, data, loss })
    }

    /// The problem of a run, which has wrong labels of its own where they are noisy.
    fn problem(&self, values: &Values, run: u32) -> Result<Problem<Builtin>, SystemError> {
        let classes = match self.kind {
            Kind::Logistic => 2,
            Kind::Network => 3,
        };
        let noisy;
        let data = if self.noisy {
            noisy = wrong_labels(&self.data, classes, values, run)?;
            &noisy
        } else {
            &self.data
        };
        Problem::new(self.loss.clone(), data).map_err(failed("the loss on the data"))
    }

    /// Where run `run` starts: at 0, or at random weights of variance 1/13 for the network, which has no gradient at 0.
    fn start(&self, seed: u64, run: u32) -> Vec<f64> {
        let mut stream = Streams::new(seed, Use::Points).at_point(STARTS).block(run);
        let size = match self.kind {
            Kind::Logistic => 0.0,
            Kind::Network => 13.0_f64.sqrt().recip(),
        };
        (0..self.loss.dim()).map(|_| size * stream.sample::<f64, _>(StandardNormal)).collect()
    }

    /// What the late half of each of several runs shows.
    fn late(&self, values: &Values, runs: usize) -> Result<Late, SystemError> {
        let each = (0..u32::try_from(runs).unwrap_or(u32::MAX)).into_par_iter().map(|run| {
            let (problem, start) = (self.problem(values, run)?, self.start(values.seed, run));
            late_rows(&problem, values, run, [values.get("eta"), values.get("steps")], &start)
        });
        Ok(Late::new(&each.collect::<Result<Vec<_>, SystemError>>()?))
    }

    /// All sizes along one run.
    fn figure(&self, values: &Values) -> Result<Figure, SystemError> {
        let sgd = Sgd::new(values.get("eta"), count(values, "n")).map_err(failed("the settings of SGD"))?;
        let options = Options::default().with_steps(count(values, "steps") as u64).with_seed(values.seed);
        let (problem, start) = (self.problem(values, 0)?, self.start(values.seed, 0));
        let run = trace::trace(&problem, &sgd, &start, &options, Control::default())
            .map_err(failed("a training run"))?;
        // A logarithmic axis has no 0: the start stands at half a step.
        let points = |of: fn(&Row) -> f64| {
            run.rows.iter().map(|row| (row.numbers()[0].max(0.5), of(row))).collect::<Vec<_>>()
        };
        Ok(figure(&format!("Drifts along a run: {}", self.name), "steps", "size, per unit time")
            .logarithmic(true, true)
            .line("mean gradient |G|", points(|row| row.gradient))
            .line("noise-induced drift", points(|row| row.noise_induced))
            .line("its half grad tr Sigma", points(|row| row.variance_half))
            .line("its half Cov(g, tr H)", points(|row| row.covariance_half))
            .line("finite-step term", points(|row| row.finite_step)))
    }
}

/// Looks at the second half of a run.
fn late_rows(
    problem: &Problem<Builtin>,
    values: &Values,
    run: u32,
    [eta, steps]: [f64; 2],
    start: &[f64],
) -> Result<Vec<Row>, SystemError> {
    let sgd = Sgd::new(eta, count(values, "n")).map_err(failed("the settings of SGD"))?;
    let steps = ceiling(steps) as u64;
    let options = Options::default()
        .with_steps(steps)
        .with_looks(Looks::Every(steps.div_ceil(LOOKS)))
        .with_seed(values.seed)
        .with_run(run);
    let trace =
        trace::trace(problem, &sgd, start, &options, Control::default()).map_err(failed("a training run"))?;
    Ok(trace.rows.into_iter().filter(|row| 2 * row.step >= steps).collect())
}

/// The data with each label replaced by another one, at random, with the probability `flip`; features are kept.
fn wrong_labels(data: &Data, classes: u32, values: &Values, run: u32) -> Result<Data, SystemError> {
    let mut stream = Streams::new(values.seed, Use::Points).at_point(LABELS + classes).block(run);
    let flip = values.get("flip");
    let rows: Vec<Vec<f64>> = data
        .rows()
        .map(|row| {
            let mut row = row.to_vec();
            let (wrong, shift) = (stream.random_range(0.0..1.0) < flip, stream.random_range(1..classes));
            if let (true, Some(label)) = (wrong, row.last_mut()) {
                *label = (*label + f64::from(shift)) % f64::from(classes);
            }
            row
        })
        .collect();
    Data::from_rows(data.columns(), &rows)
        .and_then(|data| data.with_targets(1))
        .map_err(failed("noisy labels"))
}

/// Numbers of the late half, one a run.
struct Late {
    /// Mean `|v_noise|` over mean `|G|`.
    ratio: Vec<f64>,
    /// Mean `|v_noise|` over mean `|(eta/2) Hbar G|`.
    beside_finite: Vec<f64>,
    /// Fraction of looks with `|v_noise| > |G|`.
    larger: Vec<f64>,
    /// Mean cosine between `v_noise` and `-G`.
    alignment: Vec<f64>,
    /// Mean `|G|^2`.
    square: Vec<f64>,
}

impl Late {
    fn new(runs: &[Vec<Row>]) -> Self {
        let over = |of: &dyn Fn(&Row) -> f64| -> Vec<f64> {
            runs.iter().map(|rows| rows.iter().map(of).sum::<f64>() / real(rows.len())).collect()
        };
        let quotient = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a / b).collect::<Vec<f64>>();
        let noise = over(&|row| row.noise_induced);
        Self {
            ratio: quotient(&noise, &over(&|row| row.gradient)),
            beside_finite: quotient(&noise, &over(&|row| row.finite_step)),
            larger: over(&|row| if row.noise_induced > row.gradient { 1.0 } else { 0.0 }),
            alignment: over(&|row| row.alignment),
            square: over(&|row| row.gradient * row.gradient),
        }
    }
}

fn report(setting: &Setting, late: &Late, values: &Values, notebook: &mut Notebook) -> Vec<usize> {
    [
        ("|v_noise| over |G|", &late.ratio),
        ("|v_noise| over the finite-step term (eta/2)|Hbar G|", &late.beside_finite),
        ("fraction of looks with |v_noise| > |G|", &late.larger),
        ("cosine between v_noise and -G", &late.alignment),
    ]
    .map(|(what, numbers)| {
        let mut found = mean_of(numbers, values.seed);
        if numbers.iter().all(|x| x.abs() <= 0.0) {
            // None of so many runs: not certain that there is none.
            found = fraction(0, numbers.len(), values.seed);
        }
        notebook.measured(format!("{}, late: {what}", setting.name), "", found)
    })
    .to_vec()
}

/// The jitter about the minimum, from runs that start there: `E|G|^2`, and with which power of `eta` the ratio goes.
fn stationary(
    problem: &Problem<Builtin>,
    values: &Values,
    notebook: &mut Notebook,
) -> Result<(Vec<usize>, f64), SystemError> {
    let (eta, n, steps) = (values.get("eta"), values.get("n"), values.get("steps") / 2.0);
    let minimum = Minimum::new(problem)?;
    // All runs in a first look too: with few of them nothing is known of the spread between runs.
    let runs = u32::try_from(count(values, "runs").max(LEAST_RUNS)).unwrap_or(u32::MAX);
    let mut ratios: Vec<(f64, Vec<f64>)> = Vec::new();
    let mut square = Vec::new();
    for (point, k) in [(1, 1.0), (2, 4.0)] {
        let rows = (0..runs)
            .into_par_iter()
            .map(|run| late_rows(problem, values, point * runs + run, [eta / k, steps * k], &minimum.theta))
            .collect::<Result<Vec<_>, SystemError>>()?;
        let late = Late::new(&rows);
        ratios.push((eta / k, late.ratio));
        square = late.square;
    }
    // At the smallest rate: terms of the next order in eta are a few per cent there.
    let (expected, found) = (minimum.jitter(eta / 4.0, n), mean_of(&square, values.seed));
    let what = "logistic, noisy labels, stationary at eta/4: E|G|^2";
    let powers: Vec<f64> = (0..square.len())
        .map(|run| fitted_order(&ratios.iter().map(|(eta, ratio)| (*eta, ratio[run])).collect::<Vec<_>>()))
        .collect();
    let power = mean_of(&powers, values.seed);
    let found = vec![
        notebook.simulated(format!("{what}, against tr(A^2 C)"), "", expected, found, 0.5 * expected),
        notebook.misreading(format!("{what}, if SGD were at the minimum"), "", 0.0, found),
        notebook.misreading(format!("{what}, with twice the noise"), "", 2.0 * expected, found),
        notebook.measured("stationary |v_noise|/|G| with noisy labels: power of eta", "", power),
    ];
    let ladder: Vec<(f64, Estimate)> =
        ratios.iter().map(|(eta, r)| (*eta, mean_of(r, values.seed))).collect();
    notebook.draw(
        figure(
            "Late training is the less noise-driven the smaller the learning rate",
            "learning rate",
            "|v_noise|/|G|",
        )
        .logarithmic(true, true)
        .points(&format!("stationary, logistic, noisy labels; slope {:.2}", power.value), &ladder),
    );
    Ok((found, power.value))
}

/// The minimum of a convex loss, and what is needed of it.
struct Minimum {
    theta: Vec<f64>,
    /// Eigenvalues of `Hbar`, each with `Sigma_ii` in its eigenbasis.
    modes: Vec<[f64; 2]>,
}

impl Minimum {
    /// By Newton's method, damped far out, where the quadratic is not to be trusted.
    fn new(problem: &Problem<Builtin>) -> Result<Self, SystemError> {
        let one = Sgd::new(1.0, 1).map_err(failed("the settings of SGD"))?;
        let mut theta = DVector::zeros(problem.dim());
        for _ in 0..100 {
            let point = theta.as_slice();
            let gradient =
                noise::drift(problem, point, &one).map_err(failed("the minimum"))?.moments.gradient;
            let hessian = noise::mean_hessian(problem, point).map_err(failed("the minimum"))?;
            if gradient.norm() < 1e-10 {
                let sigma = noise::covariance(problem, point).map_err(failed("the minimum"))?;
                let eigen = hessian.symmetric_eigen();
                let along = (eigen.eigenvectors.transpose() * sigma * &eigen.eigenvectors).diagonal();
                let modes = eigen.eigenvalues.iter().zip(along.iter()).map(|(l, s)| [*l, *s]).collect();
                return Ok(Self { theta: point.to_vec(), modes });
            }
            let step = hessian.cholesky().ok_or(NO_MINIMUM)?.solve(&gradient);
            theta -= &step * (1.0_f64).min(2.0 / step.norm());
        }
        Err(NO_MINIMUM)
    }

    /// `E|G|^2 = (eta/n) sum_i lambda_i Sigma_ii/(2 - eta lambda_i)`; infinite where SGD does not stay.
    fn jitter(&self, eta: f64, n: f64) -> f64 {
        let term = |[l, s]: &[f64; 2]| if eta * l < 2.0 { l * s / (2.0 - eta * l) } else { f64::INFINITY };
        eta / n * self.modes.iter().map(term).sum::<f64>()
    }
}

const NO_MINIMUM: SystemError =
    SystemError::Together("the noisy labels leave no minimum that Newton's method finds; flip more of them");

/// Mean and covariance of real steps from one point, by projections: `E[step . G/|G|] = -eta |G|` and
/// `E|step + eta G|^2 = (eta^2/n) c tr Sigma`.
fn single_steps(
    problem: &Problem<Builtin>,
    values: &Values,
    notebook: &mut Notebook,
) -> Result<Vec<usize>, SystemError> {
    let theta: Vec<f64> =
        (0..problem.dim()).map(|i| if i.is_multiple_of(2) { 0.25 } else { -0.125 }).collect();
    let eta = values.get("eta");
    let batch = problem.rows() / 3;
    let with = Sgd::new(eta, batch).map_err(failed("the settings of SGD"))?;
    let without = with.with_replacement(Replacement::Without);
    let gradient =
        noise::drift(problem, &theta, &with).map_err(failed("the mean gradient"))?.moments.gradient;
    let trace = gradient_spread(problem, &theta).map_err(failed("tr Sigma"))?.gradient_spread.powi(2);
    let size = gradient.norm();
    let (unit, noise) = (eta * size, eta * eta / real(batch) * trace);
    let factor = without.population_factor(problem.rows()).map_err(failed("the settings of SGD"))?;
    let mut findings = Vec::new();
    for (point, sgd, name, c) in
        [(0, with, "with replacement", 1.0), (1, without, "without replacement", factor)]
    {
        let streams = Streams::new(values.seed, Use::Steps).at_point(SINGLE + point);
        let path = || SgdPath::new(problem, &sgd, &theta);
        let seen = observe(streams, draws(values, SINGLE_STEPS), 2, path, |path, stream, out| {
            path.restart(&theta);
            path.step(stream).map_err(ProcessError::from)?;
            out.fill(0.0);
            for ((after, before), g) in path.theta().iter().zip(&theta).zip(gradient.iter()) {
                let step = after - before;
                out[0] += step * g / size;
                out[1] += (step + eta * g).powi(2);
            }
            Ok(())
        })
        .map_err(failed("single steps"))?;
        let [along, square] = [0, 1].map(|k| mean(&seen, k, values.seed));
        let (along, square) = (scaled(along, 1.0 / unit), scaled(square, 1.0 / noise));
        let [first, second] = ["E[step . G]/(eta |G|^2)", "E|step + eta G|^2 / ((eta^2/n) tr Sigma)"]
            .map(|what| format!("{name}: {what}"));
        findings.push(notebook.simulated(first, "", -1.0, along, 0.1));
        findings.push(notebook.simulated(second.clone(), "", c, square, 1.0 - factor));
        findings.push(notebook.misreading(
            format!("{second}, with the factor of the other way to draw"),
            "",
            1.0 + factor - c,
            square,
        ));
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systems::Settings;

    #[test]
    fn about_as_many_labels_are_wrong_as_are_asked_for() {
        let values = SYSTEM.check(&Settings::default()).unwrap();
        for (data, classes) in [(Data::breast_cancer(), 2), (Data::wine(), 3)] {
            let noisy = wrong_labels(&data, classes, &values, 0).unwrap();
            let target = data.width() - 1;
            let changed =
                data.rows().zip(noisy.rows()).filter(|(a, b)| (a[target] - b[target]).abs() > 0.5).count();
            let (found, sigma) = (real(changed), (real(data.len()) * 0.09).sqrt());
            // Five standard deviations of a binomial count: a false alarm in two million.
            assert!((found - 0.1 * real(data.len())).abs() < 5.0 * sigma, "{found} of {}", data.len());
            assert!(noisy.rows().all(|row| row[target] < f64::from(classes)), "labels stay classes");
        }
    }
}
