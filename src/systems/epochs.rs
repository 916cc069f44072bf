//! One epoch of six samples, every order of them enumerated, beside the flows of losses that it might follow.
//!
//! `N = 6`, batches of `n`, `m = 6/n` steps, time `m eta`. The flows have the field
//!
//! ```text
//! -G - w0 (eta/2) Hbar G - w1 (eta/2n) c (1/2 grad tr Sigma) - w2 (eta/2n) c Cov(g, tr H),      c = (N-n)/(N-1)
//! ```
//!
//! One parameter with affine gradients is done in rational arithmetic, with the flow in closed form; two factors,
//! `u = (a b x - y)^2/2`, in `f64`, with the flow of the exact drifts by Runge and Kutta's method of order 4.

use super::SystemError;
use super::affine::Samples;
use super::notebook::{failed, real};
use crate::data::Data;
use crate::expression::Rational;
use crate::loss::{Builtin, Problem};
use crate::noise::{self, NoiseError};
use crate::sgd::{Replacement, Sgd};
use nalgebra::Vector2;
use num_traits::ToPrimitive;

/// Samples of an epoch.
pub(super) const ROWS: usize = 6;

/// Rows `alpha, beta` of the per-sample gradients `alpha theta + beta`, in eighths: neither equal nor proportional.
const EIGHTHS: [[i32; 2]; ROWS] = [[4, -8], [8, 3], [12, -2], [2, 5], [6, 11], [16, -7]];

/// Rows `x, y` of the two factors.
const PAIRS: [[f64; 2]; ROWS] =
    [[1.0, 0.5], [-0.5, 1.0], [1.5, 1.25], [0.75, -0.5], [-1.25, -1.0], [0.5, 2.0]];

/// Where the two factors start.
const START: [f64; 2] = [1.25, -0.5];

/// Learning rates `eta = 2^-k`: `m eta` is at most 6/256, and the differences are far above rounding.
const POWERS: [i32; 4] = [8, 9, 10, 11];

/// Steps of Runge and Kutta's method in an epoch: its error is below 1e-15 here.
const FLOW_STEPS: usize = 16;

/// Wrong losses for reshuffled epochs, with their weights `w0, w1, w2`.
pub(super) const WRONG: [(&str, [f64; 3]); 4] = [
    ("without the term in tr Sigma", [1.0, 0.0, 0.0]),
    ("with twice that term", [1.0, 2.0, 0.0]),
    ("without the finite-step term", [0.0, 1.0, 0.0]),
    ("with the whole of div Sigma, as if it were the noise-induced drift", [1.0, 1.0, 1.0]),
];
const RIGHT: [f64; 3] = [1.0, 1.0, 0.0];
const NO_SPREAD: [f64; 3] = [1.0, 0.0, 0.0];

/// Ends of an epoch at one learning rate, as distances from the ends of several flows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Epoch {
    pub(super) eta: f64,
    /// The mean over all shuffles from the flow of the right loss, and of the wrong ones in the order of [`WRONG`].
    pub(super) shuffled: f64,
    pub(super) wrong: [f64; 4],
    /// The mean with replacement from the flow without and with the term in `tr Sigma`.
    pub(super) replaced: [f64; 2],
    /// Variance of the end over shuffles, and over draws with replacement.
    pub(super) variance: [f64; 2],
}

/// The ends of all sequences of batches of `n` of the rows left, each as likely as the others.
fn shuffled<S>(state: &S, rest: &[usize], n: usize, step: &impl Fn(&S, &[usize]) -> S, out: &mut Vec<S>) {
    for batch in choices(rest, n) {
        let after = step(state, &batch);
        let left: Vec<usize> = rest.iter().copied().filter(|row| !batch.contains(row)).collect();
        if left.is_empty() { out.push(after) } else { shuffled(&after, &left, n, step, out) }
    }
}

/// All ways to choose `n` of the rows, each in one order.
fn choices(rows: &[usize], n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (k, &first) in rows.iter().enumerate() {
        for mut rest in choices(&rows[k + 1..], n - 1) {
            rest.insert(0, first);
            all.push(rest);
        }
    }
    all
}

/// The ends of all sequences of `left` batches of `n` of all rows with replacement, each as likely as the others.
fn replaced<S: Clone>(state: &S, left: usize, n: usize, step: &impl Fn(&S, &[usize]) -> S, out: &mut Vec<S>) {
    if left == 0 {
        out.push(state.clone());
        return;
    }
    let batches = (0..n).fold(vec![Vec::new()], |batches: Vec<Vec<usize>>, _| {
        let more = |batch: Vec<usize>| (0..ROWS).map(move |row| [&batch[..], &[row]].concat());
        batches.into_iter().flat_map(more).collect()
    });
    for batch in batches {
        replaced(&step(state, &batch), left - 1, n, step, out);
    }
}

/// Epochs of one parameter from `start` at several learning rates; `n` divides [`ROWS`].
///
/// # Errors
/// `start` is not a finite number.
pub(super) fn one_parameter(start: f64, n: usize) -> Result<Vec<Epoch>, SystemError> {
    let samples = Samples::new(&EIGHTHS.map(|row| row.map(|x| f64::from(x) / 8.0)));
    let exact =
        Rational::decimal(&format!("{start:e}")).ok_or(SystemError::Together("the start is not a number"))?;
    POWERS.iter().map(|&power| rational_epoch(&exact, &samples, n, power)).collect()
}

/// A quotient by a count that is not 0.
fn over(value: &Rational, divisor: usize) -> Result<Rational, SystemError> {
    let divisor = Rational::integer(i64::try_from(divisor).unwrap_or(i64::MAX));
    value.checked_div(&divisor).ok_or(SystemError::Together("an epoch has at least one order"))
}

/// `theta' = theta - (eta/n) sum (alpha theta + beta)` exactly, for all shuffles.
fn rational_epoch(start: &Rational, samples: &Samples, n: usize, power: i32) -> Result<Epoch, SystemError> {
    // eta/n in units of the eighths in which alpha and beta stand.
    let eighth = Rational::integer(2).pow(-(power + 3)).ok_or(SystemError::Together("2 has every power"))?;
    let unit = over(&eighth, n)?;
    let step = |theta: &Rational, batch: &[usize]| {
        let sum = |k: usize| Rational::integer(batch.iter().map(|&row| i64::from(EIGHTHS[row][k])).sum());
        theta - &(&unit * &(&(&sum(0) * theta) + &sum(1)))
    };
    let mut ends = Vec::new();
    shuffled(start, &[0, 1, 2, 3, 4, 5], n, &step, &mut ends);
    let average = over(&ends.iter().fold(Rational::ZERO, |sum, x| &sum + x), ends.len())?;
    let squares = ends.iter().fold(Rational::ZERO, |sum, x| {
        let off = x - &average;
        &sum + &(&off * &off)
    });
    let float = |x: &Rational| x.to_big().to_f64().unwrap_or(f64::NAN);
    let (eta, theta, steps) = (0.5_f64.powi(power), float(start), ROWS / n);
    let flow = |weights| flow_1d(samples, theta, [eta, real(n)], real(steps) * eta, weights);
    let mean = float(&average);
    let [drawn, square] = samples.sgd(theta, [eta, real(n)], u32::try_from(steps).unwrap_or(u32::MAX));
    Ok(Epoch {
        eta,
        shuffled: (mean - flow(RIGHT)).abs(),
        wrong: WRONG.map(|(_, weights)| (mean - flow(weights)).abs()),
        replaced: [NO_SPREAD, RIGHT].map(|weights| (drawn - flow(weights)).abs()),
        variance: [float(&over(&squares, ends.len())?), square - drawn * drawn],
    })
}

/// `-(A theta + B)` for time `t` from `theta`:
/// `A = a (1 + w0 eta a/2) + (w1 + w2) (eta/2n) c Var alpha`, `B` likewise with `b` and `Cov(alpha, beta)`, since in one
/// dimension both halves of `div Sigma` are `Var(alpha) theta + Cov(alpha, beta)`.
fn flow_1d(samples: &Samples, theta: f64, [eta, n]: [f64; 2], t: f64, [w0, w1, w2]: [f64; 3]) -> f64 {
    let c = (real(ROWS) - n) / (real(ROWS) - 1.0);
    let finite = 1.0 + w0 * 0.5 * eta * samples.mean[0];
    let force = (w1 + w2) * 0.5 * eta / n * c;
    let a = samples.mean[0] * finite + force * samples.spread[0];
    let b = samples.mean[1] * finite + force * samples.spread[1];
    theta + (-a * t).exp_m1() * (theta + b / a)
}

/// Epochs of two factors at several learning rates; `n` divides [`ROWS`].
///
/// # Errors
/// The drift cannot be computed on the way.
pub(super) fn two_factors(n: usize) -> Result<Vec<Epoch>, SystemError> {
    let data = Data::from_rows(&["x", "y"], &PAIRS).map_err(failed("the rows"))?;
    let problem = Problem::new(Builtin::TwoLayerLinear, &data).map_err(failed("the loss on the rows"))?;
    POWERS.iter().map(|&power| factor_epoch(&problem, n, 0.5_f64.powi(power))).collect()
}

fn factor_epoch(problem: &Problem<Builtin>, n: usize, eta: f64) -> Result<Epoch, SystemError> {
    // g = r x (b, a), r = a b x - y
    let step = |theta: &Vector2<f64>, batch: &[usize]| {
        let q = |row: usize| (theta[0] * theta[1] * PAIRS[row][0] - PAIRS[row][1]) * PAIRS[row][0];
        let q = batch.iter().map(|&row| q(row)).sum::<f64>();
        theta - Vector2::new(theta[1], theta[0]) * (q * eta / real(n))
    };
    let (mut orders, mut draws) = (Vec::new(), Vec::new());
    shuffled(&Vector2::from(START), &[0, 1, 2, 3, 4, 5], n, &step, &mut orders);
    replaced(&Vector2::from(START), ROWS / n, n, &step, &mut draws);
    let [(mean, spread), (drawn, drawn_spread)] = [mean_and_variance(&orders), mean_and_variance(&draws)];
    let sgd = Sgd::new(eta, n).map_err(failed("the settings of SGD"))?;
    let distance = |from: &Vector2<f64>, weights| -> Result<f64, SystemError> {
        Ok((from - flow_2d(problem, &sgd, weights).map_err(failed("the flow of an epoch"))?).norm())
    };
    let mut wrong = [0.0; 4];
    for (wrong, (_, weights)) in wrong.iter_mut().zip(WRONG) {
        *wrong = distance(&mean, weights)?;
    }
    Ok(Epoch {
        eta,
        shuffled: distance(&mean, RIGHT)?,
        wrong,
        replaced: [distance(&drawn, NO_SPREAD)?, distance(&drawn, RIGHT)?],
        variance: [spread, drawn_spread],
    })
}

fn mean_and_variance(ends: &[Vector2<f64>]) -> (Vector2<f64>, f64) {
    let mean = ends.iter().sum::<Vector2<f64>>() / real(ends.len());
    (mean, ends.iter().map(|x| (x - mean).norm_squared()).sum::<f64>() / real(ends.len()))
}

/// The flow of the module's page for the time of an epoch, from [`START`].
fn flow_2d(
    problem: &Problem<Builtin>,
    sgd: &Sgd,
    [w0, w1, w2]: [f64; 3],
) -> Result<Vector2<f64>, NoiseError> {
    let strength = sgd.with_replacement(Replacement::Without).noise_strength(ROWS)?;
    let field = |theta: Vector2<f64>| -> Result<Vector2<f64>, NoiseError> {
        let drift = noise::drift(problem, theta.as_slice(), sgd)?;
        let moments = &drift.moments;
        let spread = &moments.half_grad_tr_sigma * w1 + &moments.cov_g_tr_hess * w2;
        let all = &drift.modified_term * w0 - &moments.gradient - spread * (0.5 * strength);
        Ok(Vector2::new(all[0], all[1]))
    };
    let time = real(ROWS / sgd.batch()) * sgd.learning_rate();
    let h = time / real(FLOW_STEPS);
    let mut theta = Vector2::from(START);
    for _ in 0..FLOW_STEPS {
        let k1 = field(theta)?;
        let k2 = field(theta + k1 * (0.5 * h))?;
        let k3 = field(theta + k2 * (0.5 * h))?;
        let k4 = field(theta + k3 * h)?;
        theta += (k1 + (k2 + k3) * 2.0 + k4) * (h / 6.0);
    }
    Ok(theta)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_is_there_once() {
        for (n, orders) in [(1, 720), (2, 90), (3, 20)] {
            let mut seen: Vec<Vec<usize>> = Vec::new();
            let step = |state: &Vec<usize>, batch: &[usize]| [&state[..], batch].concat();
            shuffled(&Vec::new(), &[0, 1, 2, 3, 4, 5], n, &step, &mut seen);
            seen.sort();
            seen.dedup();
            assert_eq!(seen.len(), orders, "6!/({n}!)^{}", 6 / n);
            let mut seen: Vec<Vec<usize>> = Vec::new();
            replaced(&Vec::new(), 6 / n, n, &step, &mut seen);
            seen.sort();
            seen.dedup();
            assert_eq!(seen.len(), 6_usize.pow(6), "sequences with replacement, n = {n}");
        }
    }

    /// By hand, for one step of all six samples there is one order: the mean is the step of the whole.
    #[test]
    fn a_whole_batch_is_one_step() {
        let epoch = rational_epoch(
            &Rational::ONE,
            &Samples::new(&EIGHTHS.map(|r| r.map(|x| f64::from(x) / 8.0))),
            6,
            8,
        )
        .unwrap();
        assert_eq!(epoch.variance[0].to_bits(), 0.0_f64.to_bits(), "one order, exactly");
        // flow - theta = ((-A eta) + (A eta)^2/2 - (A eta)^3/6) G with A = 1 + eta/2: -eta G + eta^3 G/3, G = 1 + 1/24.
        let expected = (1.0 + 1.0 / 24.0) / 3.0 / 256.0_f64.powi(3);
        assert!((epoch.shuffled / expected - 1.0).abs() < 0.05, "{} {expected}", epoch.shuffled);
    }
}
