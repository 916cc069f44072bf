//! Where flat means quiet: well-specified likelihoods at the true parameter, and how far it goes away from there.
//!
//! The equality `Sigma = Hbar` of the page of this folder: by summing over all targets with their probabilities under the
//! model, by draws from it, at random distances from the truth, and for a model that is wrong.

use super::super::notebook::{Notebook, draws, estimate, failed, figure, mean, mean_of, observe, real};
use super::super::{SystemError, Values};
use super::PATHS;
use crate::data::Data;
use crate::loss::{Builtin, Problem};
use crate::noise::{self, generic};
use crate::sampling::{Stream, Streams, Use};
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand_distr::StandardNormal;

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

/// Random directions away from the true parameter.
const DIRECTIONS: usize = 360;
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
pub(super) fn information(notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
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
pub(super) fn by_draws(values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
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
pub(super) fn away(values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
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
pub(super) fn misspecified(values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
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
