//! Replicas of SGD that are loosely coupled, beside one that is synchronised at every step with the same data.
//!
//! `R` replicas take batches of `n`; every `tau` steps each is pulled to the mean by the fraction `lambda` of its distance
//! (elastic averaging; `lambda = 1` is local SGD). Synchronised at every step they are one SGD with the batch `n R`, whose
//! noise-induced drift is `1/R` of a replica's. What does the centre do?
//!
//! On the valley `ab = c` of `u = (a b x - y)^2/2` with noisy labels (`x = ±1`, `y = c x ± s`) the drift along the valley, the decay
//! of `Q = a^2 - b^2`, can be followed exactly to first order in the displacements across it. With `rho^2 = a^2 + b^2`, `V` the
//! mean square displacement of the replicas from their centre and `U` that of the centre from the valley, per step
//!
//! ```text
//! V' = (1 - eta rho^2)^2 V + (1 - 1/R) eta^2 s^2 rho^2/n,        then V' -> (1 - lambda)^2 V' at a communication
//! U' = (1 - eta rho^2)^2 U + (1/R) eta^2 s^2 rho^2/n
//! Q' = ( 1 - 2 eta V - eta^2 (rho^2 U + s^2/(n R)) ) Q
//! ```
//!
//! since the replicas' mean gradients pull back the more the farther out they are, and `a^2 - b^2` of a displaced replica differs
//! from the centre's in first order. Independent replicas thus move their centre at the whole rate `eta s^2/n`, coupled at a
//! rate `kappa` a unit of time at
//!
//! ```text
//! (eta s^2/n) ( 1/R + (1 - 1/R) rho^2/(rho^2 + kappa) ),
//! ```
//!
//! and synchronised ones at `1/R` of it. On real data (logistic regression with noisy labels) the gradient variance at the centre is
//! measured.

use super::notebook::{
    Notebook, ceiling, count, draws, failed, figure, mean, mean_of, number, observe, real, scaled, whole,
};
use super::{Figure, Outcome, Parameter, System, SystemError, Values};
use crate::data::Data;
use crate::loss::{Builtin, Loss, Problem};
use crate::noise;
use crate::process::{ProcessError, SgdPath, gradient_spread};
use crate::sampling::{Estimate, Stream, Streams, Use};
use crate::sgd::Sgd;
use rand::RngExt;
use rayon::prelude::*;

pub(super) const SYSTEM: System = System {
    name: "loose-parallel",
    title: "Loosely coupled parallel training",
    claim: "Along the valley ab = c with noisy labels the centre of R loosely coupled replicas drifts at up to R times the \
            rate of training that is synchronised at every step with the same data: (eta s^2/n)(1/R + (1 - 1/R) \
            rho^2/(rho^2 + kappa)).",
    teaches: "Averaging at every step averages the noise away and with it the drift, which goes with the noise's variance. \
              Loose replicas keep the noise of a small batch each, and where the drift is a pull along a valley, all of \
              them feel it and so does their mean: the drift is that of batch n at the throughput of batch n R, with less \
              communication. What tight coupling keeps is the small jitter across the valley.",
    parameters: &PARAMETERS,
    simulate,
};

const PARAMETERS: [Parameter; 7] = [
    whole("replicas", "number R of replicas", 4.0, [2.0, 32.0]),
    whole("n", "batch size of a replica", 1.0, [1.0, 32.0]),
    number("eta", "learning rate", "", 0.05, [0.005, 0.2]),
    number("noise", "standard deviation s of the labels of the valley", "", 0.3, [0.05, 1.0]),
    number("a", "first factor at the start; the second is its inverse", "", 2.0, [1.2, 3.0]),
    number("elasticity", "pull lambda to the centre at a communication", "", 0.2, [0.01, 1.0]),
    whole("period", "steps from one communication to the next", 10.0, [1.0, 1000.0]),
];

/// `E[w^2]/rho^2` up to which the law to first order in the squares is taken.
const SMALL: f64 = 0.01;
const PATHS: usize = 144;
const MOST_STEPS: usize = 20_000;
/// Runs, steps and settings of the real data.
const RUNS: usize = 27;
const REAL_STEPS: usize = 600;
const REAL_RATE: f64 = 0.1;
const REAL_BATCH: usize = 4;

fn simulate(values: &Values) -> Result<Outcome, SystemError> {
    let mut notebook = Notebook::new();
    let valley = Valley::new(values)?;
    let mut findings = at_the_start(&valley, &mut notebook)?;
    let along = along_the_valley(&valley, values, &mut notebook)?;
    findings.extend(along.findings);
    let on_data = on_data(values, &mut notebook)?;
    findings.extend(on_data.findings);
    notebook.state(
        "D3",
        format!(
            "on a valley with noisy labels: yes, the loosely coupled centre drifts to low noise {:.1} times as fast as \
             synchronised training with the same data, with {:.0} % of its communication; on real data log tr Sigma at the \
             centre differs by {:+.3} ± {:.3}",
            along.faster,
            100.0 / values.get("period"),
            on_data.difference.value,
            on_data.difference.standard_error
        ),
        &findings,
    );
    Ok(notebook.finish())
}

/// How replicas are coupled.
#[derive(Debug, Clone, Copy)]
struct Coupling {
    elasticity: f64,
    period: usize,
}

/// The valley `ab = 1`.
struct Valley {
    problem: Problem<Builtin>,
    start: [f64; 2],
    s: f64,
    eta: f64,
    n: usize,
    replicas: usize,
}

impl Valley {
    fn new(values: &Values) -> Result<Self, SystemError> {
        let [s, a, eta] = ["noise", "a", "eta"].map(|name| values.get(name));
        let (n, replicas) = (count(values, "n"), count(values, "replicas"));
        if eta * (a * a + 1.0 / (a * a)) >= 1.0 {
            return Err(SystemError::Together("eta (a^2 + 1/a^2) is too large: SGD would leave the valley"));
        }
        if eta * s * s >= 4.0 * SMALL * real(n) {
            return Err(SystemError::Together("eta noise^2/n is too large for a walk along the valley"));
        }
        let rows = [[1.0, 1.0 + s], [1.0, 1.0 - s], [-1.0, -1.0 + s], [-1.0, -1.0 - s]];
        let data = Data::from_rows(&["x", "y"], &rows).map_err(failed("the rows"))?;
        let problem = Problem::new(Builtin::TwoLayerLinear, &data).map_err(failed("the loss on the rows"))?;
        Ok(Self { problem, start: [a, 1.0 / a], s, eta, n, replicas })
    }

    fn q(&self, theta: &[f64]) -> f64 {
        let start = self.start[0] * self.start[0] - self.start[1] * self.start[1];
        (theta[0] * theta[0] - theta[1] * theta[1]) / start
    }

    /// `Q_t/Q_0` of the centre by the law of the module's page, for `t` up to `steps`, or until it is a half.
    fn law(&self, replicas: usize, coupling: Coupling, steps: usize) -> Vec<f64> {
        let Self { s, eta, .. } = *self;
        let (n, r) = (real(self.n), real(replicas));
        let start = self.start[0] * self.start[0] - self.start[1] * self.start[1];
        let (mut ratio, mut v, mut u, mut path) = (1.0_f64, 0.0, 0.0, vec![1.0]);
        for step in 1..=steps {
            let rho2 = ((ratio * start).powi(2) + 4.0).sqrt();
            ratio *= 1.0 - 2.0 * eta * v - eta * eta * (rho2 * u + s * s / (n * r));
            let (shrink, fresh) = ((1.0 - eta * rho2).powi(2), eta * eta * s * s * rho2 / n);
            v = shrink * v + (1.0 - 1.0 / r) * fresh;
            u = shrink * u + fresh / r;
            if step.is_multiple_of(coupling.period) {
                v *= (1.0 - coupling.elasticity).powi(2);
            }
            path.push(ratio);
        }
        path
    }

    /// Steps in which independent replicas halve `Q`, at most [`MOST_STEPS`].
    fn steps(&self) -> usize {
        let law = self.law(1, Coupling { elasticity: 0.0, period: 1 }, MOST_STEPS);
        law.iter().position(|&q| q <= 0.5).unwrap_or(MOST_STEPS)
    }
}

/// Replicas of one SGD with what they need to be coupled.
struct Replicas<'a, L> {
    paths: Vec<SgdPath<'a, L>>,
    centre: Vec<f64>,
    pulled: Vec<f64>,
}

impl<'a, L: Loss> Replicas<'a, L> {
    fn new(problem: &'a Problem<L>, sgd: &Sgd, replicas: usize) -> Result<Self, ProcessError> {
        let start = vec![0.0; problem.dim()];
        let paths = (0..replicas).map(|_| SgdPath::new(problem, sgd, &start)).collect::<Result<_, _>>()?;
        Ok(Self { paths, centre: start.clone(), pulled: start })
    }

    fn restart(&mut self, theta: &[f64]) {
        self.paths.iter_mut().for_each(|path| path.restart(theta));
    }

    /// The mean of the replicas.
    fn centre(&mut self) -> &[f64] {
        self.centre.fill(0.0);
        let weight = 1.0 / real(self.paths.len());
        for path in &self.paths {
            self.centre.iter_mut().zip(path.theta()).for_each(|(c, t)| *c += weight * t);
        }
        &self.centre
    }

    /// Step number `step` of all replicas, and the pull `theta <- theta - lambda (theta - mean)` where it is due.
    fn step(&mut self, step: usize, coupling: Coupling, stream: &mut Stream) -> Result<(), ProcessError> {
        for path in &mut self.paths {
            path.step(stream)?;
        }
        if step.is_multiple_of(coupling.period) && self.paths.len() > 1 {
            self.centre();
            for path in &mut self.paths {
                let both = path.theta().iter().zip(&self.centre);
                self.pulled
                    .iter_mut()
                    .zip(both)
                    .for_each(|(p, (t, c))| *p = t - coupling.elasticity * (t - c));
                path.restart(&self.pulled);
            }
        }
        Ok(())
    }
}

/// Both halves of `div Sigma` at the start, and the drift of replica and synchronised training there.
fn at_the_start(valley: &Valley, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    let Valley { problem, start, s, eta, n, replicas } = valley;
    let of = |n: usize| {
        let sgd = Sgd::new(*eta, n).map_err(failed("the settings of SGD"))?;
        noise::drift(problem, start, &sgd).map_err(failed("the drift at the start"))
    };
    let (loose, tight) = (of(*n)?, of(n * replicas)?);
    let moments = &loose.moments;
    let mut halves = Vec::new();
    for (i, factor) in start.iter().enumerate() {
        halves.push([moments.half_grad_tr_sigma[i], s * s * factor]);
        halves.push([moments.cov_g_tr_hess[i], 0.0]);
    }
    let ratio = loose.v_noise.norm() / tight.v_noise.norm();
    let bound = 100.0 * f64::EPSILON;
    Ok(vec![
        notebook.identities("halves of div Sigma at the start, against s^2 (a, b) and 0", "", &halves, bound),
        notebook.identity(
            "|v_noise| of a replica over that of synchronised training, against R",
            "",
            [ratio, real(*replicas)],
            bound * real(*replicas),
        ),
    ])
}

/// What the valley showed.
struct Along {
    findings: Vec<usize>,
    /// Decay of `Q` in the loose coupling over that in synchronised training.
    faster: f64,
}

/// The decay of `Q` at the centre, for several couplings, beside the law.
fn along_the_valley(valley: &Valley, values: &Values, notebook: &mut Notebook) -> Result<Along, SystemError> {
    let (r, steps) = (valley.replicas, valley.steps());
    let given = Coupling { elasticity: values.get("elasticity"), period: count(values, "period") };
    let tight = Coupling { elasticity: 1.0, period: 1 };
    let cases = [
        ("synchronised", 1, valley.n * r, tight),
        ("loosely coupled", r, valley.n, given),
        ("local SGD", r, valley.n, Coupling { elasticity: 1.0, ..given }),
        ("independent", r, valley.n, Coupling { elasticity: 0.0, ..given }),
    ];
    let synchronised = valley.law(r, tight, steps);
    let independent = valley.law(1, tight, steps);
    let (mut findings, mut rates) = (Vec::new(), Vec::new());
    let mut drawn =
        figure("Drift of the centre along the valley", "steps", "a^2 - b^2 of the centre / start");
    for (point, (name, paths, n, coupling)) in (0..).zip(cases) {
        let law = if point == 0 { synchronised.clone() } else { valley.law(r, coupling, steps) };
        let seen = decay(valley, values, point, [paths, n, steps], coupling)?;
        let last = seen[seen.len() - 1].1;
        let what = format!("{name}: E Q/Q_0 of the centre after {steps} steps");
        findings.push(notebook.simulated(what.clone(), "", law[steps], last, 0.5 * (1.0 - law[steps])));
        findings.push(if point == 0 {
            notebook.misreading(format!("{what}, at the rate of a replica"), "", independent[steps], last)
        } else {
            notebook.misreading(
                format!("{what}, at the rate of noise Sigma/(nR)"),
                "",
                synchronised[steps],
                last,
            )
        });
        rates.push(scaled(logarithm(last), -1.0));
        drawn = drawn
            .line(
                &format!("{name}, law"),
                (0..=64).map(|k| steps * k / 64).map(|t| (real(t), law[t])).collect(),
            )
            .points(name, &seen);
    }
    notebook.draw(drawn);
    let faster = quotient(rates[1], rates[0]);
    let what = "loosely coupled over synchronised: drift of the centre with the same data";
    findings.push(notebook.measured(what, "", faster));
    let per_message = scaled(faster, real(given.period));
    findings.push(notebook.measured("the same, for one communication", "", per_message));
    notebook.draw(cost(valley, steps, given));
    Ok(Along { findings, faster: faster.value })
}

/// `E Q/Q_0` of the centre at eight times.
fn decay(
    valley: &Valley,
    values: &Values,
    point: u32,
    [replicas, n, steps]: [usize; 3],
    coupling: Coupling,
) -> Result<Vec<(f64, Estimate)>, SystemError> {
    let sgd = Sgd::new(valley.eta, n).map_err(failed("the settings of SGD"))?;
    let streams = Streams::new(values.seed, Use::Paths).at_point(point);
    let looks: Vec<usize> = (1..=8).map(|k| steps * k / 8).collect();
    let workspace = || Replicas::new(&valley.problem, &sgd, replicas);
    let seen = observe(streams, draws(values, PATHS), looks.len(), workspace, |all, stream, out| {
        all.restart(&valley.start);
        let mut at = 0;
        for (&look, out) in looks.iter().zip(out) {
            while at < look {
                at += 1;
                all.step(at, coupling, stream)?;
            }
            *out = valley.q(all.centre());
        }
        Ok::<_, ProcessError>(())
    })
    .map_err(failed("replicas on the valley"))?;
    Ok(looks.iter().enumerate().map(|(k, &t)| (real(t), mean(&seen, k, values.seed))).collect())
}

/// The logarithm of a positive estimate, to first order in its error.
fn logarithm(of: Estimate) -> Estimate {
    let size = of.value.abs();
    Estimate {
        value: of.value.ln(),
        standard_error: of.standard_error / size,
        detectable: of.detectable / size,
        ..of
    }
}

/// The quotient of independent estimates, to first order in their errors.
fn quotient(a: Estimate, b: Estimate) -> Estimate {
    let value = a.value / b.value;
    let relative = (a.standard_error / a.value).hypot(b.standard_error / b.value);
    let multiple = if a.standard_error > 0.0 { a.detectable / a.standard_error } else { 0.0 };
    let standard_error = value.abs() * relative;
    Estimate { value, standard_error, detectable: multiple * standard_error, ..a }
}

/// The drift against the communication, by the law: periods from every step to the whole run, elastic and local.
fn cost(valley: &Valley, steps: usize, given: Coupling) -> Figure {
    let r = valley.replicas;
    let slow = valley.law(r, Coupling { elasticity: 1.0, period: 1 }, steps)[steps].ln();
    let curve = |elasticity: f64| {
        (0..=40)
            .map(|k| 1000.0_f64.powf(f64::from(k) / 40.0))
            .map(|period| {
                let coupling = Coupling { elasticity, period: ceiling(period.round()) };
                (1.0 / period, valley.law(r, coupling, steps)[steps].ln() / slow)
            })
            .collect::<Vec<_>>()
    };
    figure(
        "Drift of the centre and communication",
        "communications per step",
        "drift over that of synchronised training",
    )
    .logarithmic(true, false)
    .line(&format!("elastic, lambda = {}", given.elasticity), curve(given.elasticity))
    .line("local SGD, lambda = 1", curve(1.0))
}

/// What real data showed.
struct OnData {
    findings: Vec<usize>,
    /// `log tr Sigma` at the loose centre less that of synchronised training.
    difference: Estimate,
}

/// Logistic regression on real data with one label in ten wrong.
fn noisy_labels(values: &Values) -> Result<Problem<Builtin>, SystemError> {
    let data = Data::breast_cancer().standardized().map_err(failed("the data"))?;
    let mut labels = Streams::new(values.seed, Use::Points).block(0);
    let rows: Vec<Vec<f64>> = data
        .rows()
        .map(|row| {
            let mut row = row.to_vec();
            if let (true, Some(label)) = (labels.random_range(0..10_u32) == 0, row.last_mut()) {
                *label = 1.0 - *label;
            }
            row
        })
        .collect();
    let data = Data::from_rows(data.columns(), &rows).map_err(failed("noisy labels"))?;
    Problem::new(Builtin::Logistic { features: 30 }, &data).map_err(failed("the loss on the data"))
}

/// Gradient variance, halves of the drift and loss at the centre, on real data.
fn on_data(values: &Values, notebook: &mut Notebook) -> Result<OnData, SystemError> {
    let problem = noisy_labels(values)?;
    let r = count(values, "replicas");
    let given = Coupling { elasticity: values.get("elasticity"), period: count(values, "period") };
    let tight = Coupling { elasticity: 1.0, period: 1 };
    let cases = [("synchronised", 1, REAL_BATCH * r, tight), ("loosely coupled", r, REAL_BATCH, given)];
    let runs = draws(values, RUNS).max(8);
    let mut findings = Vec::new();
    let mut variances: Vec<Vec<[f64; 2]>> = Vec::new();
    for (point, (name, replicas, n, coupling)) in (64..).zip(cases) {
        let sgd = Sgd::new(REAL_RATE, n).map_err(failed("the settings of SGD"))?;
        let streams = Streams::new(values.seed, Use::Paths).at_point(point);
        let one = |run: u32| -> Result<[f64; 4], SystemError> {
            let mut all = Replicas::new(&problem, &sgd, replicas).map_err(failed("replicas on data"))?;
            let mut stream = streams.block(run);
            for step in 1..=REAL_STEPS {
                all.step(step, coupling, &mut stream).map_err(failed("replicas on data"))?;
            }
            let centre = all.centre();
            let drift = noise::drift(&problem, centre, &sgd).map_err(failed("the drift at the centre"))?;
            let trace = gradient_spread(&problem, centre)
                .map_err(failed("tr Sigma at the centre"))?
                .gradient_spread
                .powi(2);
            let moments = &drift.moments;
            Ok([trace.ln(), moments.loss, moments.half_grad_tr_sigma.norm(), moments.cov_g_tr_hess.norm()])
        };
        let seen = (0..u32::try_from(runs).unwrap_or(u32::MAX))
            .into_par_iter()
            .map(one)
            .collect::<Result<Vec<_>, SystemError>>()?;
        for (k, what) in
            ["log tr Sigma", "mean loss", "|1/2 grad tr Sigma|", "|Cov(g, tr H)|"].iter().enumerate()
        {
            let numbers: Vec<f64> = seen.iter().map(|row| row[k]).collect();
            let what = format!("breast cancer, {name}: {what} at the centre after {REAL_STEPS} steps");
            findings.push(notebook.measured(what, "", mean_of(&numbers, values.seed)));
        }
        variances.push(seen.iter().map(|row| [row[0], row[1]]).collect());
    }
    let apart = |k: usize| {
        let pairs = variances[1].iter().zip(&variances[0]);
        mean_of(&pairs.map(|(loose, tight)| loose[k] - tight[k]).collect::<Vec<f64>>(), values.seed)
    };
    let difference = apart(0);
    findings.push(notebook.measured(
        "breast cancer: log tr Sigma, loosely coupled less synchronised",
        "",
        difference,
    ));
    findings.push(notebook.measured(
        "breast cancer: mean loss, loosely coupled less synchronised",
        "",
        apart(1),
    ));
    Ok(OnData { findings, difference })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systems::Settings;

    /// Full averaging at every step is one SGD with the batch `n R`, and no coupling is `R` of them.
    #[test]
    fn the_law_has_its_limits() {
        let valley = Valley::new(&SYSTEM.check(&Settings::default()).unwrap()).unwrap();
        let end = |replicas, elasticity, period| {
            valley.law(replicas, Coupling { elasticity, period }, 1000)[1000].ln()
        };
        let (whole, tight, free) = (end(1, 0.0, 1), end(4, 1.0, 1), end(4, 0.0, 1));
        assert!((free / whole - 1.0).abs() < 0.01, "no coupling: the whole rate, {free} {whole}");
        assert!((tight / whole - 0.25).abs() < 0.01, "synchronised: a quarter, {tight} {whole}");
        let between = end(4, 0.2, 10);
        assert!(between < tight && between > free, "{free} {between} {tight}");
    }

    #[test]
    fn the_pull_keeps_the_mean_and_shortens_the_distances() {
        let valley = Valley::new(&SYSTEM.check(&Settings::default()).unwrap()).unwrap();
        let sgd = Sgd::new(0.05, 1).unwrap();
        let distances = |elasticity| {
            let mut all = Replicas::new(&valley.problem, &sgd, 3).unwrap();
            all.restart(&valley.start);
            let mut stream = Streams::new(1, Use::Paths).block(0);
            for step in 1..=10 {
                all.step(step, Coupling { elasticity, period: 10 }, &mut stream).unwrap();
            }
            let centre = all.centre().to_vec();
            (centre.clone(), all.paths.iter().map(|p| (p.theta()[0] - centre[0]).abs()).sum::<f64>())
        };
        let ((free, far), (pulled, near)) = (distances(0.0), distances(0.25));
        assert!((free[0] - pulled[0]).abs() < 1e-14, "the mean stays");
        assert!((near / far - 0.75).abs() < 1e-9, "a quarter of each distance is gone: {near} {far}");
    }
}
