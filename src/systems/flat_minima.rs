//! Do flat minima have little noise? Where it is a theorem, where it is false, and what decides where SGD lands.
//!
//! **Information equality** (math.md 7, item 7). If `u = -log p(y | x, theta)` and the data come from `p` at `theta*`, then with
//! expectations under the model
//!
//! ```text
//! G = 0,      Sigma = E[grad u grad u^T] = E[hess u] = Hbar      at theta = theta*,
//! ```
//!
//! flat and quiet coincide. They do not away from `theta*`, nor if the model is wrong: for least squares whose residuals have
//! the variance `v(x)`, `Sigma = E[v(x) x x^T]` and `Hbar = E[x x^T]`. And for `u = a x theta`, `x = ±1`, `Hbar = 0` and
//! `Sigma = a^2`: perfectly flat and noisy, SGD wanders off with the variance `T eta^2 a^2/n`.
//!
//! **Two groups.** `u = (theta x - y)^2/2`, `x = ±e`, `y = w x + r` with `r = ±s_A` in one group, `±s_B` in the other:
//! `Hbar = e^2`, `Sigma = e^2 (s_A^2 + s_B^2)/2`. Flat (small `e`), noisy (large `s_B`); one group is predicted well, the other badly,
//! wherever SGD wanders, since `E[u | group] = (s^2 + e^2 (theta - w)^2)/2` and
//!
//! ```text
//! V' = (1 - eta e^2)^2 V + (eta^2/n) Sigma,      V = E(theta - w)^2.
//! ```
//!
//! **Finite steps.** Gradient descent multiplies the distance from a minimum with curvature `l` by `1 - eta l` and so cannot stay
//! where `eta l > 2`; the force `-(eta/2) Hbar G` vanishes at every critical point, and prefers none of the minima of a valley.

use super::basins;
use super::notebook::{
    Notebook, count, draws, estimate, failed, figure, mean, mean_of, number, observe, real, share, whole,
};
use super::{Outcome, Parameter, System, SystemError, Values};
use crate::data::Data;
use crate::loss::{Builtin, Loss, Number, Problem};
use crate::noise::{self, generic};
use crate::process::{ProcessError, SgdPath};
use crate::sampling::{Stream, Streams, Use};
use crate::sgd::{Replacement, Sgd};
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand_distr::StandardNormal;

pub(super) const SYSTEM: System = System {
    name: "flat-minima",
    title: "Do flat minima have little noise, and why does SGD end in them?",
    claim: "Sigma = Hbar for a well-specified likelihood at the true parameter, expectations under the model; not away from \
            it, not for a wrong model, and u = ±a theta is flat and noisy. Finite steps cannot stay where eta l > 2, \
            with noise or without.",
    teaches: "That flat means quiet is a theorem about true models at the truth, and nothing more. A flat minimum can be \
              noisy: then the model predicts some points well and others badly, and moving about does not change \
              which. That SGD ends in flat valleys has three reasons that are easily confused: they fill more of the space, \
              large steps cannot stay in sharp ones, and noise throws SGD out of them. Each can be switched off by itself.",
    parameters: &PARAMETERS,
    simulate,
};

const PARAMETERS: [Parameter; 4] = [
    number("a", "slope of the flat, noisy loss", "", 1.0, [0.01, 10.0]),
    whole("n", "batch size", 4.0, [1.0, 64.0]),
    number(
        "bad",
        "standard deviation s_B of the residuals of the group predicted badly; the other has 0.1",
        "",
        2.0,
        [0.5, 10.0],
    ),
    number("shift", "half the distance between the samples of the two valleys", "", 0.25, [0.1, 0.35]),
];

/// Features of the models: 12 rows of 2, fixed, neither symmetric nor centred.
const FEATURES: [[f64; 2]; 12] = [
    [0.5, 1.0],
    [-0.25, 1.5],
    [1.25, -0.5],
    [0.75, 0.25],
    [-1.0, 0.5],
    [1.5, 1.0],
    [-0.5, -1.25],
    [0.25, -0.75],
    [2.0, 0.5],
    [-1.5, 0.75],
    [0.125, 2.0],
    [-0.75, -0.5],
];

const PATHS: usize = 18_000;
/// Random directions away from the true parameter.
const DIRECTIONS: usize = 360;
/// Half the distance between the features of the two groups, and the residuals of the group predicted well.
const E: f64 = 0.125;
const GOOD: f64 = 0.1;
/// Their true parameter.
const W: f64 = 0.75;

fn simulate(values: &Values) -> Result<Outcome, SystemError> {
    let mut notebook = Notebook::new();
    let mut equal = information(&mut notebook)?;
    equal.extend(by_draws(values, &mut notebook)?);
    let mut apart = away(values, &mut notebook)?;
    apart.extend(misspecified(values, &mut notebook)?);
    let flat = flat_and_noisy(values, &mut notebook)?;
    let groups = two_groups(values, &mut notebook)?;
    let stays = finite_steps(&mut notebook)?;
    let basins = basins::simulate(values, &mut notebook)?;
    notebook.state(
        "E1",
        "false in general: u = ±a theta is flat and noisy; equal, Sigma = Hbar, for a well-specified likelihood at the \
         true parameter; measured in between",
        &[&equal[..], &apart[..], &flat[..]].concat(),
    );
    notebook.state(
        "E1b",
        "true of the example built for it: a heteroscedastic mixture of two groups",
        &groups,
    );
    notebook.state(
        "F3",
        "true of one of two effects: finite steps cannot stay where eta l > 2; the force -(eta/2) Hbar G vanishes at every \
         critical point",
        &[&stays[..], &basins.finite_steps[..]].concat(),
    );
    notebook.state(
        "F3b",
        format!(
            "true of the gradient flow; noise and large steps add to it. Left in the sharp valley: {}",
            basins.words
        ),
        &basins.volume,
    );
    Ok(notebook.finish())
}

/// A likelihood with its true parameter: rows with their probabilities under the model.
struct Model {
    name: &'static str,
    problem: Problem<Builtin>,
    weights: Vec<f64>,
    truth: Vec<f64>,
}

/// `G`, `Sigma` and `Hbar`, each an expectation.
struct Expected {
    gradient: DVector<f64>,
    sigma: DMatrix<f64>,
    hessian: DMatrix<f64>,
}

impl Model {
    /// Targets with their probabilities at the true parameter, for each row of [`FEATURES`].
    fn new(
        name: &'static str,
        loss: Builtin,
        truth: &[f64],
        targets: impl Fn(&[f64; 2]) -> Vec<(f64, f64)>,
    ) -> Result<Self, SystemError> {
        let (mut rows, mut weights) = (Vec::new(), Vec::new());
        for x in &FEATURES {
            for (y, probability) in targets(x) {
                rows.push([x[0], x[1], y]);
                weights.push(probability / real(FEATURES.len()));
            }
        }
        let data = Data::from_rows(&["x1", "x2", "y"], &rows).map_err(failed("the rows"))?;
        let problem = Problem::new(loss, &data).map_err(failed("the loss on the rows"))?;
        Ok(Self { name, problem, weights, truth: truth.to_vec() })
    }

    fn logistic() -> Result<Self, SystemError> {
        let truth = [0.75, -1.25];
        let one = move |x: &[f64; 2]| 1.0 / (1.0 + (-z(x, &truth)).exp());
        Self::new("logistic", Builtin::Logistic { features: 2 }, &truth, move |x| {
            vec![(0.0, 1.0 - one(x)), (1.0, one(x))]
        })
    }

    /// Residuals of unit variance: `±1` stands for the normal, of which only the second moment enters.
    fn least_squares() -> Result<Self, SystemError> {
        let truth = [0.75, -1.25];
        let loss = Builtin::Linear { features: 2 };
        Self::new("least squares", loss, &truth, move |x| {
            [1.0, -1.0].map(|r| (z(x, &truth) + r, 0.5)).to_vec()
        })
    }

    /// Residuals of variance `1 + 4 x_1^2`, which least squares takes for constant.
    fn heteroscedastic() -> Result<Self, SystemError> {
        let truth = [0.75, -1.25];
        let loss = Builtin::Linear { features: 2 };
        Self::new("least squares, wrong variance", loss, &truth, move |x| {
            let sd = (1.0 + 4.0 * x[0] * x[0]).sqrt();
            [sd, -sd].map(|r| (z(x, &truth) + r, 0.5)).to_vec()
        })
    }

    fn poisson() -> Result<Self, SystemError> {
        let truth = [0.5, -0.25];
        // Means are at most exp(1.1) = 3: beyond 40 the probabilities add up to less than 1e-28.
        Self::new("Poisson", Builtin::Poisson { features: 2 }, &truth, move |x| {
            let log_mean = z(x, &truth);
            let mut probability = (-log_mean.exp()).exp();
            (0..=40_u32)
                .map(|y| {
                    let found = (f64::from(y), probability);
                    probability *= log_mean.exp() / f64::from(y + 1);
                    found
                })
                .collect()
        })
    }

    fn softmax() -> Result<Self, SystemError> {
        let truth = [0.5, -0.25, -0.75, 0.5, 0.125, 1.0];
        Self::new("softmax", Builtin::Softmax { features: 2, classes: 3 }, &truth, move |x| {
            let scores: Vec<f64> = truth.chunks(2).map(|w| z(x, w).exp()).collect();
            let total: f64 = scores.iter().sum();
            (0..3_u32).map(f64::from).zip(scores.iter().map(|s| s / total)).collect()
        })
    }

    fn expected(&self, theta: &[f64]) -> Expected {
        let d = theta.len();
        let (mut gradient, mut square, mut hessian) =
            (DVector::zeros(d), DMatrix::zeros(d, d), DMatrix::zeros(d, d));
        for (row, weight) in self.weights.iter().enumerate() {
            let (g, h) = generic::row_derivatives(&self.problem, row, theta);
            square += &g * g.transpose() * *weight;
            hessian += h * *weight;
            gradient += g * *weight;
        }
        Expected { sigma: square - &gradient * gradient.transpose(), gradient, hessian }
    }
}

fn z(x: &[f64; 2], w: &[f64]) -> f64 {
    x[0] * w[0] + x[1] * w[1]
}

/// `G = 0` and `Sigma = Hbar` at the truth, by summing over all targets; a wrong model beside it.
fn information(notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    let mut findings = Vec::new();
    for model in [Model::logistic()?, Model::least_squares()?, Model::poisson()?, Model::softmax()?] {
        let Expected { gradient, sigma, hessian } = model.expected(&model.truth);
        let pairs: Vec<[f64; 2]> = sigma.iter().zip(hessian.iter()).map(|(s, h)| [*s, *h]).collect();
        let zero: Vec<[f64; 2]> = gradient.iter().map(|g| [*g, 0.0]).collect();
        // Sums of up to 500 products of numbers below 40: a few thousand roundings.
        let what = format!("{}: Sigma against Hbar at the true parameter", model.name);
        findings.push(notebook.identities(what, "", &pairs, 1e-12));
        findings.push(notebook.identities(format!("{}: G there, against 0", model.name), "", &zero, 1e-12));
    }
    let wrong = Model::heteroscedastic()?;
    let Expected { sigma, .. } = wrong.expected(&wrong.truth);
    let mut exact = DMatrix::zeros(2, 2);
    for x in &FEATURES {
        let x = DVector::from_row_slice(x);
        exact += &x * x.transpose() * ((1.0 + 4.0 * x[0] * x[0]) / real(FEATURES.len()));
    }
    let pairs: Vec<[f64; 2]> = sigma.iter().zip(exact.iter()).map(|(s, e)| [*s, *e]).collect();
    findings.push(notebook.identities(
        "wrong variance: Sigma against E[v(x) x x^T] at the minimum",
        "",
        &pairs,
        1e-12,
    ));
    Ok(findings)
}

/// `E (v . g)^2` by draws from the models: `v . Hbar v` if the model is right, not if it is wrong.
fn by_draws(values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    let mut findings = Vec::new();
    for (point, model) in (100..).zip([Model::logistic()?, Model::heteroscedastic()?]) {
        let expected = model.expected(&model.truth);
        let v = [1.0, 0.0];
        let squares: Vec<f64> = (0..model.weights.len())
            .map(|row| generic::row_derivatives(&model.problem, row, &model.truth).0[0].powi(2))
            .collect();
        let streams = Streams::new(values.seed, Use::Steps).at_point(point);
        let draw = |(): &mut (), stream: &mut Stream, out: &mut [f64]| {
            let mut left = stream.random_range(0.0..1.0);
            let chosen = model.weights.iter().position(|weight| {
                left -= weight;
                left < 0.0
            });
            out[0] = squares[chosen.unwrap_or(squares.len() - 1)];
            Ok::<_, std::convert::Infallible>(())
        };
        let seen = observe(streams, draws(values, PATHS), 1, || Ok(()), draw)
            .map_err(failed("draws from a model"))?;
        let seen = mean(&seen, 0, values.seed);
        let what = format!("{}: E g_1^2 by draws from the model", model.name);
        let (sigma, flat) = (expected.sigma[(0, 0)], expected.hessian[(0, 0)] * v[0]);
        findings.push(notebook.simulated(what.clone(), "", sigma, seen, 0.5 * sigma));
        findings.push(if point == 100 {
            notebook.misreading(format!("{what}, if Sigma were 2 Hbar"), "", 2.0 * flat, seen)
        } else {
            notebook.misreading(format!("{what}, if Sigma were Hbar"), "", flat, seen)
        });
    }
    Ok(findings)
}

/// The cosine between `Sigma` and `Hbar` as vectors of their elements: 1 if one is a multiple of the other.
fn likeness(expected: &Expected) -> f64 {
    expected.sigma.dot(&expected.hessian) / (expected.sigma.norm() * expected.hessian.norm())
}

/// How far flat and quiet go together off the true parameter: over random directions, and over random points.
fn away(values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    let model = Model::logistic()?;
    let mut stream = Streams::new(values.seed, Use::Directions).block(0);
    let mut findings = Vec::new();
    let (mut cosines, mut ratios) = (Vec::new(), Vec::new());
    for distance in [0.0, 0.5, 1.0, 2.0, 4.0] {
        let (mut alike, mut ratio) = (Vec::new(), Vec::new());
        for _ in 0..draws(values, DIRECTIONS) {
            let angle = stream.random_range(0.0..std::f64::consts::TAU);
            let theta = [model.truth[0] + distance * angle.cos(), model.truth[1] + distance * angle.sin()];
            let expected = model.expected(&theta);
            alike.push(likeness(&expected));
            ratio.push((expected.sigma.trace() / expected.hessian.trace()).ln());
        }
        let [alike, ratio] = [alike, ratio].map(|numbers| mean_of(&numbers, values.seed));
        if distance > 0.0 {
            let off = format!("logistic, {distance} from the true parameter");
            findings.push(notebook.measured(format!("{off}: cosine between Sigma and Hbar"), "", alike));
            findings.push(notebook.measured(format!("{off}: E log(tr Sigma/tr Hbar)"), "", ratio));
        }
        cosines.push((distance, alike));
        ratios.push((distance, ratio));
    }
    notebook.draw(
        figure("Flat and quiet part company away from the truth", "distance from the true parameter", "")
            .line("the same", vec![(0.0, 1.0), (4.0, 1.0)])
            .points("cosine between Sigma and Hbar", &cosines)
            .points("log(tr Sigma/tr Hbar)", &ratios),
    );
    let size = draws(values, 10 * DIRECTIONS);
    let mut pairs = Vec::new();
    for _ in 0..size {
        let theta: Vec<f64> = (0..2).map(|_| 2.0 * stream.sample::<f64, _>(StandardNormal)).collect();
        let expected = model.expected(&theta);
        pairs.push([expected.hessian.trace().ln(), expected.sigma.trace().ln()]);
    }
    let r = correlation(&pairs);
    // Of a correlation r of M pairs: (1 - r^2)/sqrt(M - 1).
    let error = (1.0 - r * r) / (real(size) - 1.0).sqrt();
    let found = estimate(r, error, size as u64, values.seed);
    findings.push(notebook.measured(
        "logistic, random parameters: correlation of log tr Sigma with log tr Hbar",
        "",
        found,
    ));
    Ok(findings)
}

/// A misspecified model: least squares on random features whose residuals have the variance `1 + k x_1^2`, at its minimum.
fn misspecified(values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    let sets = u32::try_from(draws(values, DIRECTIONS)).unwrap_or(u32::MAX);
    let mut findings = Vec::new();
    for (point, k) in (300..).zip([1.0, 4.0, 16.0]) {
        let streams = Streams::new(values.seed, Use::Points).at_point(point);
        let alike = (0..sets)
            .map(|set| {
                let mut stream = streams.block(set);
                let mut rows = Vec::new();
                for _ in 0..FEATURES.len() {
                    let x: [f64; 2] = std::array::from_fn(|_| stream.sample(StandardNormal));
                    let sd = (1.0 + k * x[0] * x[0]).sqrt();
                    rows.extend([[x[0], x[1], sd], [x[0], x[1], -sd]]);
                }
                let data = Data::from_rows(&["x1", "x2", "y"], &rows).map_err(failed("random rows"))?;
                let loss = Builtin::Linear { features: 2 };
                let problem = Problem::new(loss, &data).map_err(failed("least squares on random rows"))?;
                // Residuals come in pairs of both signs: the minimum is at 0.
                let sigma = noise::covariance(&problem, &[0.0, 0.0]).map_err(failed("Sigma"))?;
                let hessian = noise::mean_hessian(&problem, &[0.0, 0.0]).map_err(failed("Hbar"))?;
                Ok(likeness(&Expected { gradient: DVector::zeros(2), sigma, hessian }))
            })
            .collect::<Result<Vec<f64>, SystemError>>()?;
        let what = format!(
            "least squares, residual variance 1 + {k} x_1^2: cosine between Sigma and Hbar at the minimum"
        );
        findings.push(notebook.measured(what, "", mean_of(&alike, values.seed)));
    }
    Ok(findings)
}

fn correlation(pairs: &[[f64; 2]]) -> f64 {
    let n = real(pairs.len());
    let mean = [0, 1].map(|k| pairs.iter().map(|pair| pair[k]).sum::<f64>() / n);
    let product = |i: usize, j: usize| pairs.iter().map(|p| (p[i] - mean[i]) * (p[j] - mean[j])).sum::<f64>();
    product(0, 1) / (product(0, 0) * product(1, 1)).sqrt()
}

/// `u = x theta`; a row is `x`.
struct Flat;

impl Loss for Flat {
    fn dim(&self) -> usize {
        1
    }
    fn columns(&self) -> usize {
        1
    }
    fn loss<D: Number>(&self, x: &[D::InnerDual], theta: &[D]) -> D {
        theta[0].scale(&x[0])
    }
}

/// `u = a x theta`: `Hbar = 0`, `Sigma = a^2`, and SGD wanders off.
fn flat_and_noisy(values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    let (a, n, steps, eta) = (values.get("a"), count(values, "n"), 50_u32, 0.1);
    let data = Data::from_rows(&["x"], &[[a], [-a]]).map_err(failed("the rows"))?;
    let problem = Problem::new(Flat, &data).map_err(failed("the loss on the rows"))?;
    let sigma = noise::covariance(&problem, &[0.5]).map_err(failed("Sigma"))?[(0, 0)];
    let hessian = noise::mean_hessian(&problem, &[0.5]).map_err(failed("Hbar"))?[(0, 0)];
    let sgd = Sgd::new(eta, n).map_err(failed("the settings of SGD"))?;
    let streams = Streams::new(values.seed, Use::Paths).at_point(200);
    let seen = observe(
        streams,
        draws(values, PATHS),
        1,
        || SgdPath::new(&problem, &sgd, &[0.0]),
        |path, stream, out| {
            path.restart(&[0.0]);
            for _ in 0..steps {
                path.step(stream).map_err(ProcessError::from)?;
            }
            out[0] = path.theta()[0].powi(2);
            Ok(())
        },
    )
    .map_err(failed("SGD on the flat loss"))?;
    let seen = mean(&seen, 0, values.seed);
    let exact = f64::from(steps) * eta * eta * a * a / real(n);
    Ok(vec![
        notebook.identity("u = a x theta: Sigma against a^2", "", [sigma, a * a], 4.0 * f64::EPSILON * a * a),
        notebook.identity("u = a x theta: Hbar against 0", "", [hessian, 0.0], 0.0),
        notebook.simulated("u = a x theta: variance of theta after 50 steps", "", exact, seen, 0.5 * exact),
        notebook.misreading("the same, if flat meant quiet", "", 0.0, seen),
    ])
}

/// The heteroscedastic mixture of the module's page.
fn two_groups(values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    let bad = values.get("bad");
    let rows: Vec<[f64; 2]> =
        [E, -E].iter().flat_map(|&x| [GOOD, -GOOD, bad, -bad].map(|r| [x, W * x + r])).collect();
    let data = Data::from_rows(&["x", "y"], &rows).map_err(failed("the rows"))?;
    let problem =
        Problem::new(Builtin::Linear { features: 1 }, &data).map_err(failed("the loss on the rows"))?;
    let sigma = noise::covariance(&problem, &[W]).map_err(failed("Sigma"))?[(0, 0)];
    let hessian = noise::mean_hessian(&problem, &[W]).map_err(failed("Hbar"))?[(0, 0)];
    let expected = E * E * 0.5 * (GOOD * GOOD + bad * bad);
    let what = "two groups: Sigma against e^2 (s_A^2 + s_B^2)/2";
    let mut findings = vec![
        notebook.identity("two groups: Hbar against e^2", "", [hessian, E * E], 8.0 * f64::EPSILON),
        notebook.identity(what, "", [sigma, expected], 1e-13 * expected),
    ];
    findings.extend(walk_of_two_groups(values, &problem, expected, notebook)?);
    Ok(findings)
}

/// Losses of both groups along SGD from the minimum, with `Sigma` as given.
fn walk_of_two_groups(
    values: &Values,
    problem: &Problem<Builtin>,
    sigma: f64,
    notebook: &mut Notebook,
) -> Result<Vec<usize>, SystemError> {
    let (bad, n, eta, steps) = (values.get("bad"), count(values, "n"), 0.5, 400_u32);
    let sgd = Sgd::new(eta, n).map_err(failed("the settings of SGD"))?;
    let losses = |square: f64| [GOOD, bad].map(|s| 0.5 * (s * s + E * E * square));
    let streams = Streams::new(values.seed, Use::Paths).at_point(201);
    let path = || SgdPath::new(problem, &sgd, &[W]);
    let seen = observe(streams, draws(values, PATHS / 4), 3, path, |path, stream, out| {
        path.restart(&[W]);
        for _ in 0..steps {
            path.step(stream).map_err(ProcessError::from)?;
        }
        let [good, bad] = losses((path.theta()[0] - W).powi(2));
        out.copy_from_slice(&[good, bad, if 10.0 * good < bad { 1.0 } else { 0.0 }]);
        Ok(())
    })
    .map_err(failed("SGD on two groups"))?;
    let shrink = (1.0 - eta * E * E).powi(2);
    let [good, worse] = losses((0..steps).fold(0.0, |v, _| shrink * v + eta * eta * sigma / real(n)));
    let [found, found_bad] = [0, 1].map(|k| mean(&seen, k, values.seed));
    let average = sigma / (2.0 * E * E);
    let robust = share(&seen, 2, values.seed);
    Ok(vec![
        notebook.simulated(
            "two groups: E u of the one predicted well, along SGD",
            "",
            good,
            found,
            0.2 * good,
        ),
        notebook.simulated("two groups: E u of the one predicted badly", "", worse, found_bad, 0.2 * worse),
        notebook.misreading(
            "the first, if high noise meant that all are predicted badly",
            "",
            average,
            found,
        ),
        notebook.measured("two groups: share of runs whose losses differ by a factor of 10", "", robust),
    ])
}

/// Finite steps: the factor `1 - eta l`; no force on the minima of a valley; a sharp part of it that cannot be kept.
fn finite_steps(notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    let mut stream = Streams::new(0, Use::Paths).block(0);
    let mut findings = Vec::new();
    let data = Data::from_rows(&["x", "y"], &[[1.0, 0.0]]).map_err(failed("the rows"))?;
    let problem =
        Problem::new(Builtin::Linear { features: 1 }, &data).map_err(failed("the loss on the rows"))?;
    for eta in [1.9, 2.1] {
        let sgd = Sgd::new(eta, 1).map_err(failed("the settings of SGD"))?;
        let mut path = SgdPath::new(&problem, &sgd, &[1.0]).map_err(failed("gradient descent"))?;
        for _ in 0..60 {
            path.step(&mut stream).map_err(failed("gradient descent"))?;
        }
        let exact = (1.0 - eta).powi(60);
        let what = format!(
            "curvature 1, eta = {eta}: distance from the minimum after 60 steps, against (1 - eta)^60"
        );
        findings.push(notebook.identity(what, "", [path.theta()[0], exact], 1e-13 * exact.abs()));
    }
    // The valley ab = 1 of u = (a b x - y)^2/2 with y = x: sharp where a and b are far apart, l = m (a^2 + b^2).
    let rows = [[1.5, 1.5], [-0.5, -0.5]];
    let data = Data::from_rows(&["x", "y"], &rows).map_err(failed("the rows"))?;
    let problem = Problem::new(Builtin::TwoLayerLinear, &data).map_err(failed("the loss on the rows"))?;
    let (m, eta) = (1.25, 0.2);
    let whole =
        Sgd::new(eta, 2).map_err(failed("the settings of SGD"))?.with_replacement(Replacement::Without);
    let mut force = Vec::new();
    for theta in [[1.0, 1.0], [2.0, 0.5], [4.0, 0.25]] {
        let drift = noise::drift(&problem, &theta, &whole).map_err(failed("the drift"))?;
        force.extend(drift.modified_term.iter().map(|x| [*x, 0.0]));
    }
    let what = "-(eta/2) Hbar G at minima of one valley with curvatures from 2.5 to 20, against 0";
    findings.push(notebook.identities(what, "", &force, 1e-14));
    let mut ends = Vec::new();
    for (a, stays) in [(2.0, 1.0), (3.5, 0.0)] {
        let sharp = eta * m * (a * a + 1.0 / (a * a));
        let mut path =
            SgdPath::new(&problem, &whole, &[a + 1e-3, 1.0 / a]).map_err(failed("gradient descent"))?;
        for _ in 0..5000 {
            path.step(&mut stream).map_err(failed("gradient descent"))?;
        }
        let [x, y] = [path.theta()[0], path.theta()[1]];
        let end = eta * m * (x * x + y * y);
        let near = if (x - a).abs() < 0.01 * a { 1.0 } else { 0.0 };
        let what = format!(
            "valley, eta l = {sharp:.2} at the start, {end:.2} where gradient descent ends: it stayed (1) or not (0)"
        );
        findings.push(notebook.identity(what, "", [near, stays], 0.0));
        ends.push([if end <= 2.0 { 1.0 } else { 0.0 }, 1.0]);
    }
    findings.push(notebook.identities(
        "valley: it ends where eta l <= 2 (1) from either start",
        "",
        &ends,
        0.0,
    ));
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_information_equality_fails_for_the_wrong_model_and_away_from_the_truth() {
        let wrong = Model::heteroscedastic().unwrap();
        let Expected { sigma, hessian, .. } = wrong.expected(&wrong.truth);
        assert!((sigma - hessian).norm() > 1.0, "a wrong variance");
        let model = Model::logistic().unwrap();
        let Expected { sigma, hessian, .. } = model.expected(&[0.0, 0.0]);
        assert!((sigma - hessian).norm() > 0.01, "away from the truth");
    }

    #[test]
    fn probabilities_add_up() {
        let all = [
            Model::logistic(),
            Model::least_squares(),
            Model::heteroscedastic(),
            Model::poisson(),
            Model::softmax(),
        ];
        for model in all {
            let model = model.unwrap();
            let total: f64 = model.weights.iter().sum();
            assert!((total - 1.0).abs() < 1e-14, "{}: {total}", model.name);
        }
    }
}
