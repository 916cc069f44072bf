//! Does noise favour structure that fits the tasks, and does it remove what is not useful? Experiments, labelled as such.
//!
//! **A gated feature** (the conjecture that structure that is useful only sometimes is lost when it is not): see the page of
//! `gated`; here the answer is exact, with a threshold.
//!
//! **Two tasks** (the conjecture that the drift favours modular networks when tasks are modular). A network with four inputs, four
//! hidden units, two outputs. Tasks with *separate* inputs need inputs 1 and 2 for the first output and 3 and 4 for the second;
//! tasks that *share* need all four for both. The measure of modularity is the fraction of path energy that stays within a task,
//!
//! ```text
//! M = sum_k (p_k r_k + q_k s_k) / sum_k (p_k + q_k)(r_k + s_k),     0 <= M <= 1,  1/2 without structure
//! ```
//!
//! with `p_k, q_k` the sums of squares of the weights into hidden unit `k` from the first and second pair of inputs and `r_k, s_k` the
//! squares of those out of it to the first and second output. It does not depend on the order of the hidden units or on signs.
//! What is measured, over random data and starts, is the cosine of the angle between `v_noise` and `grad M`, at the start and after
//! training, and how `M` ends with small and with full batches. Nothing is claimed of it.

use super::gated;
use super::notebook::{Notebook, count, draws, failed, figure, mean_of, number, whole};
use super::{Outcome, Parameter, System, SystemError, Values};
use crate::data::Data;
use crate::loss::{Activation, Builtin, Network, Output, Problem};
use crate::noise;
use crate::process::SgdPath;
use crate::sampling::{Stream, Streams, Use};
use crate::sgd::{Replacement, Sgd};
use nalgebra::DVector;
use rand::RngExt;
use rand_distr::StandardNormal;
use rayon::prelude::*;

pub(super) const SYSTEM: System = System {
    name: "modularity",
    title: "Experiments: features useful sometimes, tasks with inputs of their own",
    claim: "Experiment. A feature that is useful with probability q and passes through two layers is lost below a threshold \
            q*, about eta s^2/(2 c), and kept above. Whether the drift points to more modular networks when the tasks are \
            modular is measured.",
    teaches: "What the mean gradient keeps, noise may still remove: a product of two weights near zero grows or shrinks by \
              random factors, and its typical size follows the mean logarithm, not the mean. So a feature must be useful \
              often enough to survive, the oftener the larger the learning rate and the noise. That noise favours modules \
              as such is a different matter: the angle between the drift and the gradient of one stated measure is reported \
              as it comes out, and another measure might tell another story.",
    parameters: &PARAMETERS,
    simulate,
};

const PARAMETERS: [Parameter; 5] = [
    number("eta", "learning rate of the gated feature", "", 0.1, [0.02, 0.3]),
    number("noise", "standard deviation s of the labels of the gated feature", "", 2.0, [0.5, 4.0]),
    whole("seeds", "random data sets and starts of each kind of task", 72.0, [8.0, 1000.0]),
    whole("steps", "training steps of the networks", 1500.0, [1.0, 50_000.0]),
    whole("n", "batch size of the networks", 2.0, [1.0, 48.0]),
];

/// Rows of the data of the networks, and their learning rate.
const ROWS: usize = 48;
const RATE: f64 = 0.05;
/// Standard deviations of their labels' noise and of their weights at the start.
const LABEL_NOISE: f64 = 0.5;
const START: f64 = 0.5;
/// Seeds of a first look, at least.
const LEAST_SEEDS: usize = 16;

fn simulate(values: &Values) -> Result<Outcome, SystemError> {
    let mut notebook = Notebook::new();
    let gate = gated::simulate(values, &mut notebook)?;
    notebook.state(
        "G0",
        format!(
            "experiment: with two layers a feature useful with probability q is lost below q* = {:.3} and comes back \
             above; with one weight noise removes nothing",
            gate.threshold
        ),
        &gate.findings,
    );
    let (findings, words) = two_tasks(values, &mut notebook)?;
    notebook.state(
        "G1",
        format!("conjecture, measured: mean cosine between v_noise and grad M {words}"),
        &findings,
    );
    Ok(notebook.finish())
}

/// A kind of network and of tasks.
#[derive(Debug, Clone, Copy)]
struct Kind {
    name: &'static str,
    activation: Activation,
    separate: bool,
}

const KINDS: [Kind; 4] = [
    Kind { name: "linear, separate inputs", activation: Activation::Identity, separate: true },
    Kind { name: "linear, shared inputs", activation: Activation::Identity, separate: false },
    Kind { name: "tanh, separate inputs", activation: Activation::Tanh, separate: true },
    Kind { name: "tanh, shared inputs", activation: Activation::Tanh, separate: false },
];

/// What one seed of a kind gives.
struct Seen {
    /// Cosine between `v_noise` and `grad M` at the start and after training.
    cosine: [f64; 2],
    /// `M` at the start, after training, and after training with the full batch.
    modularity: [f64; 3],
}

fn two_tasks(values: &Values, notebook: &mut Notebook) -> Result<(Vec<usize>, String), SystemError> {
    let seeds = draws(values, count(values, "seeds")).max(LEAST_SEEDS);
    let (mut findings, mut words) = (Vec::new(), Vec::new());
    let (mut early, mut late) = (Vec::new(), Vec::new());
    for (number, kind) in (0_u32..).zip(KINDS) {
        let streams = Streams::new(values.seed, Use::Points).at_point(number);
        let seen = (0..u32::try_from(seeds).unwrap_or(u32::MAX))
            .into_par_iter()
            .map(|seed| one(kind, values, &mut streams.block(seed)))
            .collect::<Result<Vec<Seen>, SystemError>>()?;
        let over =
            |of: &dyn Fn(&Seen) -> f64| mean_of(&seen.iter().map(of).collect::<Vec<f64>>(), values.seed);
        let [start, end] = [0, 1].map(|k| over(&|s| s.cosine[k]));
        let noise = over(&|s| s.modularity[1] - s.modularity[2]);
        for (what, found) in [
            ("cosine of v_noise and grad M at the start", start),
            ("cosine of v_noise and grad M after training", end),
            ("M at the start", over(&|s| s.modularity[0])),
            ("M after training", over(&|s| s.modularity[1])),
            ("M with small batches less M with the full batch", noise),
        ] {
            findings.push(notebook.measured(format!("{}: {what}", kind.name), "", found));
        }
        words.push(format!("{:+.2} ± {:.2} ({}, trained)", end.value, end.standard_error, kind.name));
        early.push((f64::from(number) + 0.95, start));
        late.push((f64::from(number) + 1.05, end));
    }
    let title = "The drift and modularity: 1, 2 linear and 3, 4 tanh, separate and shared inputs";
    notebook.draw(
        figure(title, "kind", "cosine between v_noise and grad M")
            .line("no preference", vec![(0.5, 0.0), (4.5, 0.0)])
            .points("at the start", &early)
            .points("after training", &late),
    );
    Ok((findings, words.join(", ")))
}

/// One random data set and start, before and after training.
fn one(kind: Kind, values: &Values, stream: &mut Stream) -> Result<Seen, SystemError> {
    let problem = tasks(kind, stream)?;
    let start: Vec<f64> =
        (0..problem.dim()).map(|_| START * stream.sample::<f64, _>(StandardNormal)).collect();
    let small = Sgd::new(RATE, count(values, "n")).map_err(failed("the settings of SGD"))?;
    let full = Sgd::new(RATE, ROWS)
        .map(|sgd| sgd.with_replacement(Replacement::Without))
        .map_err(failed("the settings of SGD"))?;
    let mut train = |sgd: &Sgd| -> Result<Vec<f64>, SystemError> {
        let mut path = SgdPath::new(&problem, sgd, &start).map_err(failed("training on two tasks"))?;
        for _ in 0..count(values, "steps") {
            path.step(stream).map_err(failed("training on two tasks"))?;
        }
        Ok(path.theta().to_vec())
    };
    let (end, quiet) = (train(&small)?, train(&full)?);
    let cosine = |theta: &[f64]| -> Result<f64, SystemError> {
        let drift = noise::drift(&problem, theta, &small).map_err(failed("the drift of two tasks"))?.v_noise;
        let (_, gradient) = modularity(theta);
        Ok(drift.dot(&gradient) / (drift.norm() * gradient.norm()))
    };
    Ok(Seen {
        cosine: [cosine(&start)?, cosine(&end)?],
        modularity: [&start, &end, &quiet].map(|theta| modularity(theta).0),
    })
}

/// Random inputs, and targets `W x + noise` with a random `W`: all of it, or only the block of each task's own inputs, scaled so that the
/// targets have the same variance.
fn tasks(kind: Kind, stream: &mut Stream) -> Result<Problem<Builtin>, SystemError> {
    let mut normal = || stream.sample::<f64, _>(StandardNormal);
    let weights: Vec<[f64; 4]> = (0..2)
        .map(|task| {
            std::array::from_fn(|input| {
                let own = input / 2 == task;
                let size = if !kind.separate {
                    0.5
                } else if own {
                    0.5_f64.sqrt()
                } else {
                    0.0
                };
                size * normal()
            })
        })
        .collect();
    let rows: Vec<Vec<f64>> = (0..ROWS)
        .map(|_| {
            let x: [f64; 4] = std::array::from_fn(|_| normal());
            let y = weights.iter().map(|w| w.iter().zip(&x).map(|(w, x)| w * x).sum::<f64>());
            let y: Vec<f64> = y.collect::<Vec<_>>().into_iter().map(|y| y + LABEL_NOISE * normal()).collect();
            [&x[..], &y[..]].concat()
        })
        .collect();
    let columns = ["x1", "x2", "x3", "x4", "y1", "y2"];
    let data = Data::from_rows(&columns, &rows).map_err(failed("the data of two tasks"))?;
    let network =
        Network { layers: vec![4, 4, 2], activation: kind.activation, output: Output::Squared, bias: false };
    Problem::new(Builtin::Network(network), &data).map_err(failed("the loss of two tasks"))
}

/// `M` of the module's page and its gradient; `theta` holds the weights into each of four hidden units, then those into each output.
///
/// With `X` the numerator and `Y` the denominator, `dM = (dX - M dY)/Y`.
fn modularity(theta: &[f64]) -> (f64, DVector<f64>) {
    let into = |k: usize, pair: usize| (0..2).map(|i| theta[4 * k + 2 * pair + i].powi(2)).sum::<f64>();
    let out = |k: usize, output: usize| theta[16 + 4 * output + k].powi(2);
    let (mut x, mut y) = (0.0, 0.0);
    for k in 0..4 {
        x += into(k, 0) * out(k, 0) + into(k, 1) * out(k, 1);
        y += (into(k, 0) + into(k, 1)) * (out(k, 0) + out(k, 1));
    }
    let m = x / y;
    let gradient = DVector::from_fn(24, |i, _| {
        // dX and dY by the square of this weight.
        let (own, all) = if i < 16 {
            let (k, pair) = (i / 4, i % 4 / 2);
            (out(k, pair), out(k, 0) + out(k, 1))
        } else {
            let (output, k) = ((i - 16) / 4, i % 4);
            (into(k, output), into(k, 0) + into(k, 1))
        };
        2.0 * theta[i] * (own - m * all) / y
    });
    (m, gradient)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modularity_is_one_for_modules_and_its_gradient_is_that_of_differences() {
        let mut theta: Vec<f64> =
            (0..24).map(|i| 0.3 + 0.1 * f64::from(i % 7) - 0.05 * f64::from(i % 5)).collect();
        let (m, gradient) = modularity(&theta);
        assert!(m > 0.3 && m < 0.7, "{m}");
        for i in 0..24 {
            let h = 1e-5;
            let at = |x: f64, theta: &mut Vec<f64>| {
                let old = std::mem::replace(&mut theta[i], x);
                let m = modularity(theta).0;
                theta[i] = old;
                m
            };
            let x = theta[i];
            let slope = (at(x + h, &mut theta) - at(x - h, &mut theta)) / (2.0 * h);
            // A central difference: h^2 and 1e-16/h.
            assert!((slope - gradient[i]).abs() < 1e-8, "{i}: {slope} {}", gradient[i]);
        }
        // Hidden units 1 and 2 for the first task, 3 and 4 for the second.
        let modules: Vec<f64> = (0..24)
            .map(|i| {
                let (hidden, group) = if i < 16 { (i / 4, i % 4 / 2) } else { (i % 4, (i - 16) / 4) };
                if hidden / 2 == group { 1.0 } else { 0.0 }
            })
            .collect();
        assert!((modularity(&modules).0 - 1.0).abs() < 1e-15, "modules");
        assert!((modularity(&[1.0; 24]).0 - 0.5).abs() < 1e-15, "no structure");
    }

    #[test]
    fn the_order_of_hidden_units_does_not_matter() {
        let theta: Vec<f64> = (0..24).map(|i| f64::from(i % 11) - 4.5).collect();
        let swapped: Vec<f64> = (0..24)
            .map(|i| {
                let swap = |k: usize| [1, 0, 2, 3][k];
                if i < 16 {
                    theta[4 * swap(i / 4) + i % 4]
                } else {
                    theta[16 + 4 * ((i - 16) / 4) + swap(i % 4)]
                }
            })
            .collect();
        assert!((modularity(&theta).0 - modularity(&swapped).0).abs() < 1e-15, "units 1 and 2 exchanged");
    }
}
