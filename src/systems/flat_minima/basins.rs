//! Which of two valleys SGD lands in: volume, finite steps and noise, kept apart.
//!
//! The loss is `u = U(theta - x)`, `x = ±s`, with a sharp valley at -1 and a flat one at 1 of the same depth,
//!
//! ```text
//! U(z) = -t log( exp(-k1 (z + 1)^2/(2t)) + exp(-k2 (z - 1)^2/(2t)) ),       k1 = 16, k2 = 1, t = 0.05
//! ```
//!
//! from starts uniform on `[-2, 2]`. In one dimension gradient descent with `eta f'' < 1` never steps over a critical point:
//! its basins are those of the gradient flow, and the fraction that lands in the sharp valley is the length up to the
//! barrier over 4, the null model. Larger steps change the basins without noise, and with `eta k1 > 2` nothing stays in the sharp
//! valley; both are enumerated on a grid. Noise is the rest: `Sigma` is about `(s U'')^2`, larger where it is sharp.

use super::super::notebook::{Notebook, draws, failed, figure, observe, real, share};
use super::super::{SystemError, Values};
use crate::data::Data;
use crate::loss::{Loss, Number, Problem, constant, log_sum_exp};
use crate::process::{ProcessError, SgdPath};
use crate::sampling::{Estimate, Streams, Use};
use crate::sgd::{Replacement, Sgd};
use rand::RngExt;

/// Curvatures of the valleys at -1 and 1.
const CURVATURES: [f64; 2] = [16.0, 1.0];
const CENTRES: [f64; 2] = [-1.0, 1.0];
/// Width of the barrier's top.
const TOP: f64 = 0.05;
/// Half the interval of the starts.
const REACH: f64 = 2.0;
/// Points of the grid; a basin's boundary shifts the fraction by less than one of them.
const GRID: u32 = 20_000;
/// Steps of a run: `(1 - eta k2)^steps` is below 1e-5 for every rate used.
const STEPS: u32 = 250;
const STARTS: usize = 4_500;

/// Learning rates of gradient descent: as the flow, stepping over, unstable in the sharp valley.
const RATES: [(f64, &str); 3] = [(0.05, "eta k1 = 0.8"), (0.11, "eta k1 = 1.76"), (0.15, "eta k1 = 2.4")];

/// `u = U(theta - x)`; a row is `x`.
struct TwoValleys;

impl Loss for TwoValleys {
    fn dim(&self) -> usize {
        1
    }
    fn columns(&self) -> usize {
        1
    }
    fn loss<D: Number>(&self, x: &[D::InnerDual], theta: &[D]) -> D {
        let z = theta[0] - D::from_re(x[0]);
        let term = |k: usize| {
            let off = z - constant::<D>(CENTRES[k]);
            off * off * (-CURVATURES[k] / (2.0 * TOP))
        };
        log_sum_exp(&[term(0), term(1)]) * -TOP
    }
}

/// `U'(z) = sum_k w_k k_k (z - c_k)` with the weights `w` of the two terms.
fn slope(z: f64) -> f64 {
    let [p, q] = [0, 1].map(|k| -CURVATURES[k] * (z - CENTRES[k]).powi(2) / (2.0 * TOP));
    let sharp = 1.0 / (1.0 + (q - p).exp());
    sharp * CURVATURES[0] * (z - CENTRES[0]) + (1.0 - sharp) * CURVATURES[1] * (z - CENTRES[1])
}

/// `G = f'` for `x = ±s`.
fn gradient(theta: f64, s: f64) -> f64 {
    0.5 * (slope(theta - s) + slope(theta + s))
}

/// The barrier between the valleys, where `G` falls through 0, by bisection.
fn barrier(s: f64) -> f64 {
    let (mut low, mut high) = (CENTRES[0], CENTRES[1]);
    // From the valley's side G is positive up to the barrier; the first sign change on a grid brackets it.
    let at = |k: u32| CENTRES[0] + 0.01 + 0.001 * f64::from(k);
    if let Some(k) = (1..1980).find(|&k| gradient(at(k - 1), s) > 0.0 && gradient(at(k), s) <= 0.0) {
        (low, high) = (at(k - 1), at(k));
    }
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if gradient(middle, s) > 0.0 { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// The fraction of starts that gradient descent has in the sharp valley in the end, on a grid.
fn enumerated(eta: f64, s: f64, barrier: f64) -> f64 {
    let cell = 2.0 * REACH / f64::from(GRID);
    let lands = |k: &u32| {
        let start = -REACH + (f64::from(*k) + 0.5) * cell;
        let end = (0..STEPS).fold(start, |theta, _| theta - eta * gradient(theta, s));
        end < barrier
    };
    f64::from(u32::try_from((0..GRID).filter(lands).count()).unwrap_or(GRID)) / f64::from(GRID)
}

/// What the basins are decided by: findings on finite steps, and on volume and noise.
pub(super) struct Basins {
    pub(super) finite_steps: Vec<usize>,
    pub(super) volume: Vec<usize>,
    pub(super) words: String,
}

pub(super) fn simulate(values: &Values, notebook: &mut Notebook) -> Result<Basins, SystemError> {
    let s = values.get("shift");
    let data = Data::from_rows(&["x"], &[[s], [-s]]).map_err(failed("the rows"))?;
    let problem = Problem::new(TwoValleys, &data).map_err(failed("the loss on the rows"))?;
    let barrier = barrier(s);
    let null = 0.5 * (barrier + REACH) / REACH;
    let (mut finite_steps, mut volume) = (Vec::new(), Vec::new());
    let mut drawn = figure("Starts that end in the sharp valley", "learning rate", "fraction");
    let mut found = Vec::new();
    for (point, (eta, name)) in (0..).zip(RATES) {
        let whole =
            Sgd::new(eta, 2).map_err(failed("the settings of SGD"))?.with_replacement(Replacement::Without);
        let seen = landed(&problem, &whole, barrier, values, point)?;
        let what = format!("fraction that gradient descent leaves in the sharp valley, {name}");
        let expected = if point == 0 { null } else { enumerated(eta, s, barrier) };
        let finding = notebook.simulated(what.clone(), "", expected, seen, 0.2);
        if point == 0 {
            volume.push(finding)
        } else {
            finite_steps.push(finding)
        }
        if point == 2 {
            finite_steps.push(notebook.misreading(
                format!("{what}, if the volume of the basin decided"),
                "",
                null,
                seen,
            ));
        }
        found.push((eta, seen));
    }
    // The grid shifts each of the few boundaries by less than a cell.
    let again = enumerated(RATES[0].0, s, barrier);
    let what = "gradient flow's basin of the sharp valley: its length, against the grid";
    volume.push(notebook.identity(what, "", [null, again], 4.0 / f64::from(GRID)));
    drawn = drawn
        .points("gradient descent", &found)
        .line("gradient flow: volume", vec![(0.0, null), (0.16, null)]);
    notebook.draw(drawn);
    let words = with_noise(&problem, values, [barrier, null], notebook, &mut volume)?;
    Ok(Basins { finite_steps, volume, words: format!("volume alone {null:.2}, SGD {words}") })
}

/// The same with noise, at the smallest rate, where finite steps change nothing; returns the fractions in words.
fn with_noise(
    problem: &Problem<TwoValleys>,
    values: &Values,
    [barrier, null]: [f64; 2],
    notebook: &mut Notebook,
    findings: &mut Vec<usize>,
) -> Result<String, SystemError> {
    let (mut found, mut words) = (Vec::new(), Vec::new());
    for (point, n) in (10..).zip([1_usize, 4, 16, 64]) {
        let sgd = Sgd::new(RATES[0].0, n).map_err(failed("the settings of SGD"))?;
        let seen = landed(problem, &sgd, barrier, values, point)?;
        let what = format!("fraction that SGD leaves in the sharp valley, eta k1 = 0.8, n = {n}");
        findings.push(notebook.measured(what.clone(), "", seen));
        if n == 1 {
            findings.push(notebook.misreading(
                format!("{what}, if the volume of the basin decided"),
                "",
                null,
                seen,
            ));
        }
        words.push(format!("{:.2} at n = {n}", seen.value));
        found.push((real(n), seen));
    }
    notebook.draw(
        figure(
            "Noise empties the sharp valley",
            "batch size",
            "fraction of starts that end in the sharp valley",
        )
        .logarithmic(true, false)
        .line("gradient flow: volume", vec![(1.0, null), (64.0, null)])
        .points("SGD, eta k1 = 0.8", &found),
    );
    Ok(words.join(", "))
}

/// The fraction of random starts that end in the sharp valley.
fn landed(
    problem: &Problem<TwoValleys>,
    sgd: &Sgd,
    barrier: f64,
    values: &Values,
    point: u32,
) -> Result<Estimate, SystemError> {
    let paths = draws(values, STARTS);
    let streams = Streams::new(values.seed, Use::Paths).at_point(point);
    let seen = observe(
        streams,
        paths,
        1,
        || SgdPath::new(problem, sgd, &[0.0]),
        |path, stream, out| {
            path.restart(&[stream.random_range(-REACH..REACH)]);
            for _ in 0..STEPS {
                path.step(stream).map_err(ProcessError::from)?;
            }
            out[0] = if path.theta()[0] < barrier { 1.0 } else { 0.0 };
            Ok(())
        },
    )
    .map_err(failed("runs into two valleys"))?;
    Ok(share(&seen, 0, values.seed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_is_that_of_the_loss() {
        let data = Data::from_rows(&["x"], &[[0.25], [-0.25]]).unwrap();
        let problem = Problem::new(TwoValleys, &data).unwrap();
        let one = Sgd::new(1.0, 1).unwrap();
        for theta in [-1.9, -1.0, -0.61, -0.5, 0.0, 1.0, 1.7] {
            let exact = crate::noise::drift(&problem, &[theta], &one).unwrap().moments.gradient[0];
            // Two routes to numbers up to 16 through exponents up to 1e3: a thousand roundings.
            assert!((gradient(theta, 0.25) - exact).abs() < 1e-11, "{theta}: {exact}");
        }
        let top = barrier(0.25);
        assert!(gradient(top - 1e-6, 0.25) > 0.0 && gradient(top + 1e-6, 0.25) < 0.0, "{top} is the barrier");
    }

    #[test]
    fn without_noise_the_barrier_is_where_the_parabolas_cross() {
        // sqrt(16) (z + 1) = 1 - z at z = -0.6; the rounded top of width t moves it by the order of t.
        assert!((barrier(0.0) + 0.6).abs() < 0.05, "{}", barrier(0.0));
    }
}
