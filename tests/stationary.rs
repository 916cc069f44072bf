//! Stationary states and weak orders of SGD by simulation, against the exact values of `tests/data/stationary.json`.
//!
//! Paths are independent; each gives one vector of numbers (its moments averaged over time, or at the end), and the mean of
//! these vectors is tested against the exact one by Hotelling's `T^2` at a false-alarm rate of 1e-4. Every lie must be
//! refuted: the moments of the equations that SGD is often taken for, a lost factor, noise taken for constant.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
#![allow(clippy::cast_precision_loss, reason = "counts are small")]

use driftproof::data::Data;
use driftproof::loss::{Loss, Number, Problem, constant, inner};
use driftproof::process::{SgdPath, ensemble};
use driftproof::sampling::{Covariance, Hotelling, Streams, Use};
use driftproof::sgd::{Replacement, Sgd};
use nalgebra::{DMatrix, DVector};
use serde_json::Value;

const FALSE_ALARM: f64 = 1e-4;

/// `theta^T A theta/2 - c . theta`, rows `c`: gradient `A theta - c`.
struct Quadratic(DMatrix<f64>);

impl Loss for Quadratic {
    fn dim(&self) -> usize {
        self.0.nrows()
    }
    fn columns(&self) -> usize {
        self.0.nrows()
    }
    fn loss<D: Number>(&self, c: &[D::InnerDual], theta: &[D]) -> D {
        let row =
            |i: usize| (0..theta.len()).fold(constant(0.0), |sum: D, j| sum + theta[j] * self.0[(i, j)]);
        let force: Vec<D> = (0..theta.len()).map(row).collect();
        inner(theta, &force) * 0.5
            - theta.iter().zip(c).fold(constant(0.0), |sum: D, (t, c)| sum + t.scale(c))
    }
}

/// `a theta^2/2 + c theta`, rows `(a, c)`.
struct Affine;

impl Loss for Affine {
    fn dim(&self) -> usize {
        1
    }
    fn columns(&self) -> usize {
        2
    }
    fn loss<D: Number>(&self, row: &[D::InnerDual], theta: &[D]) -> D {
        (theta[0] * theta[0] * 0.5).scale(&row[0]) + theta[0].scale(&row[1])
    }
}

/// `x (theta - x)^2`, rows `x`.
struct Cubic;

impl Loss for Cubic {
    fn dim(&self) -> usize {
        1
    }
    fn columns(&self) -> usize {
        1
    }
    fn loss<D: Number>(&self, row: &[D::InnerDual], theta: &[D]) -> D {
        let off = theta[0] - D::from_re(row[0]);
        (off * off).scale(&row[0])
    }
}

/// `x theta^2/2`, rows `x`.
struct Multiplicative;

impl Loss for Multiplicative {
    fn dim(&self) -> usize {
        1
    }
    fn columns(&self) -> usize {
        1
    }
    fn loss<D: Number>(&self, row: &[D::InnerDual], theta: &[D]) -> D {
        (theta[0] * theta[0] * 0.5).scale(&row[0])
    }
}

fn cases(kind: &str) -> Vec<Value> {
    let json: Value = serde_json::from_str(include_str!("data/stationary.json")).unwrap();
    let cases = json["cases"].as_array().unwrap();
    cases.iter().filter(|case| case["kind"] == kind).cloned().collect()
}

/// A decimal number or a fraction.
fn number(value: &Value) -> f64 {
    let text = value.as_str().unwrap();
    match text.split_once('/') {
        Some((p, q)) => p.parse::<f64>().unwrap() / q.parse::<f64>().unwrap(),
        None => text.parse().unwrap(),
    }
}

fn list(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

fn matrix(value: &Value) -> DMatrix<f64> {
    let rows: Vec<_> =
        value.as_array().unwrap().iter().map(|row| DVector::from_vec(list(row)).transpose()).collect();
    DMatrix::from_rows(&rows)
}

fn problem<L: Loss>(loss: L, rows: &[Vec<f64>]) -> Problem<L> {
    let names: Vec<String> = (1..=rows[0].len()).map(|i| format!("c{i}")).collect();
    Problem::new(loss, &Data::from_rows(&names, rows).unwrap()).unwrap()
}

/// How long and how often.
#[derive(Clone, Copy)]
struct Length {
    /// Blocks of 64 paths.
    blocks: u32,
    /// Steps that are not looked at.
    before: usize,
    /// Steps that are averaged over.
    looked_at: usize,
}

/// What each path gives: `numbers(theta)` averaged over the steps looked at.
fn sample<L: Loss>(
    problem: &Problem<L>,
    sgd: &Sgd,
    start: &[f64],
    length: Length,
    numbers: impl Fn(&[f64]) -> DVector<f64> + Sync,
) -> Covariance {
    let streams = Streams::new(1, Use::Paths);
    let size = numbers(start).len();
    let blocks = ensemble(
        length.blocks,
        |block| streams.block(block),
        || SgdPath::new(problem, sgd, start).unwrap(),
        |_, generator, path| {
            let mut seen = Covariance::new(size);
            for _ in 0..64 {
                path.restart(start);
                let mut sum = DVector::zeros(size);
                for step in 0..length.before + length.looked_at {
                    path.step(generator).unwrap();
                    if step >= length.before {
                        sum += numbers(path.theta());
                    }
                }
                seen.push(&(sum / length.looked_at as f64));
            }
            seen
        },
    );
    blocks.iter().fold(Covariance::new(size), |mut all, block| {
        all.merge(block);
        all
    })
}

/// p-value of Hotelling's `T^2` for a claimed mean.
fn p_value(seen: &Covariance, claim: &DVector<f64>) -> f64 {
    let off = seen.mean() - claim;
    let covariance = seen.covariance().unwrap() / seen.count() as f64;
    let statistic = off.dot(&covariance.cholesky().unwrap().solve(&off));
    Hotelling::new(claim.len(), seen.count()).unwrap().exceeds(statistic, 0.0)
}

#[track_caller]
fn accepted(what: &str, seen: &Covariance, claim: &DVector<f64>) {
    let p = p_value(seen, claim);
    assert!(p > FALSE_ALARM, "{what}: p = {p:e}, {}for {claim}", seen.mean());
}

#[track_caller]
fn refuted(what: &str, seen: &Covariance, lie: &DVector<f64>) {
    let p = p_value(seen, lie);
    assert!(p <= FALSE_ALARM, "{what} would pass: p = {p:e}, {}for {lie}", seen.mean());
}

/// The elements on and above the diagonal.
fn upper(matrix: &DMatrix<f64>) -> DVector<f64> {
    let d = matrix.nrows();
    let places = (0..d).flat_map(|j| (0..=j).map(move |i| (i, j)));
    DVector::from_iterator(d * (d + 1) / 2, places.map(|place| matrix[place]))
}

/// Rows of mean 0 and covariance `Sigma`: `+-sqrt(k) b_m` for `Sigma = sum_m b_m b_m^T` with `k` terms.
fn rows_of_covariance(sigma: &DMatrix<f64>) -> Vec<Vec<f64>> {
    let eigen = sigma.clone().symmetric_eigen();
    let terms: Vec<DVector<f64>> = (0..sigma.nrows())
        .filter(|&m| eigen.eigenvalues[m] > 1e-12)
        .map(|m| eigen.eigenvectors.column(m) * eigen.eigenvalues[m].sqrt())
        .collect();
    let scale = (terms.len() as f64).sqrt();
    terms.iter().flat_map(|b| [b * scale, b * -scale]).map(|b| b.as_slice().to_vec()).collect()
}

/// `C = (I - eta A) C (I - eta A) + (eta^2/n) Sigma`. The weak-order-1 equation drops the term of second order in `eta A`, the
/// weak-order-2 equation moves `C` the wrong way; both are refuted.
#[test]
fn quadratic_losses_have_the_covariance_of_the_discrete_process() {
    let cases = cases("ou");
    assert_eq!(cases.len(), 3, "cases");
    for case in cases {
        let (a, sigma) = (matrix(&case["A"]), matrix(&case["Sigma"]));
        let n = usize::try_from(case["n"].as_u64().unwrap()).unwrap();
        let sgd = Sgd::new(number(&case["eta"]), n).unwrap();
        let problem = problem(Quadratic(a.clone()), &rows_of_covariance(&sigma));
        // What is left of the start after 200 steps: (1 - 0.125 * 0.4)^400 = 1e-9.
        let length = Length { blocks: 8, before: 200, looked_at: 300 };
        let moments = |theta: &[f64]| {
            let theta = DVector::from_column_slice(theta);
            upper(&(&theta * theta.transpose()))
        };
        let start = vec![0.0; a.nrows()];
        let seen = sample(&problem, &sgd, &start, length, moments);
        let id = case["id"].as_str().unwrap();
        let exact = upper(&matrix(&case["C_discrete"]));
        accepted(id, &seen, &exact);
        refuted(&format!("{id}: order 1"), &seen, &upper(&matrix(&case["C_sde1"])));
        refuted(&format!("{id}: order 2"), &seen, &upper(&matrix(&case["C_sde2"])));
        refuted(&format!("{id}: eta/2n for eta/n"), &seen, &(&exact * 0.5));
        if n == 2 {
            // Four rows, two a batch: (N-n)/(N-1) = 2/3.
            let without = sgd.with_replacement(Replacement::Without);
            let seen = sample(&problem, &without, &start, length, moments);
            accepted(&format!("{id} without replacement"), &seen, &(&exact * (2.0 / 3.0)));
            refuted("the factor forgotten", &seen, &exact);
            refuted("(N-n)/N", &seen, &(&exact * 0.5));
        }
    }
}

/// `g = a theta + c`: with `m, v` the stationary mean and variance and bars for means over the rows,
///
/// ```text
/// m = -c/a,     v (2 eta a - eta^2 a^2 - (eta^2/n) Var a) = (eta^2/n) Var(a m + c)           (a, c with bars)
/// ```
#[test]
fn noise_that_depends_on_theta_widens_the_stationary_state() {
    let cases = cases("affine_sgd");
    assert_eq!(cases.len(), 1, "cases");
    for case in cases {
        let (a, c) = (list(&case["a"]), list(&case["c"]));
        let eta = number(&case["eta"]);
        let n = usize::try_from(case["n"].as_u64().unwrap()).unwrap();
        let (mean, variance) = (number(&case["mean"]), number(&case["variance"]));
        let rows: Vec<Vec<f64>> = a.iter().zip(&c).map(|(a, c)| vec![*a, *c]).collect();
        let length = Length { blocks: 16, before: 100, looked_at: 900 };
        // The variance about the exact mean; the mean is tested beside it.
        let moments = |theta: &[f64]| DVector::from_vec(vec![theta[0], (theta[0] - mean).powi(2)]);
        let sgd = Sgd::new(eta, n).unwrap();
        let seen = sample(&problem(Affine, &rows), &sgd, &[mean], length, moments);
        let claim = |mean, variance| DVector::from_vec(vec![mean, variance]);
        accepted("mean and variance", &seen, &claim(mean, variance));

        let over = |f: &dyn Fn(f64, f64) -> f64| {
            a.iter().zip(&c).map(|(a, c)| f(*a, *c)).sum::<f64>() / a.len() as f64
        };
        let slope = over(&|a, _| a);
        let spread = over(&|a, _| (a - slope).powi(2));
        let strength = eta * eta / n as f64;
        let noise = strength * over(&|a, c| (a * mean + c).powi(2));
        let decay = 2.0 * eta * slope - (eta * slope).powi(2);
        let exact = noise / (decay - strength * spread);
        assert!((exact - variance).abs() < 1e-14, "the formula above: {exact} for {variance}");
        let lies = [
            ("noise taken for constant", noise / decay),
            ("order 1", noise / (2.0 * eta * slope)),
            ("order 1 with noise that varies", noise / (2.0 * eta * slope - strength * spread)),
            ("the spread with the wrong sign", noise / (decay + strength * spread)),
            ("eta/2n for eta/n", 0.5 * exact),
            ("1/(N-1) for 1/N", 1.5 * noise / (decay - 1.5 * strength * spread)),
        ];
        for (lie, variance) in lies {
            refuted(lie, &seen, &claim(mean, variance));
        }
        refuted("the mean's sign", &seen, &claim(-mean, variance));
    }
}

/// `E theta` and `E theta^2` at time 1 after 32 steps; the weak-order-1 equation, off by `O(eta)`, is told from SGD. (Order 2 is
/// off by 1e-4, which would take 1e6 paths.)
#[test]
fn sgd_is_not_its_first_order_equation() {
    fn check<L: Loss>(case: &Value, loss: L, blocks: u32) {
        let rows: Vec<Vec<f64>> = list(&case["x"]).iter().map(|x| vec![*x]).collect();
        let line = &case["table"][0];
        let steps = usize::try_from(line["steps"].as_u64().unwrap()).unwrap();
        let sgd = Sgd::new(number(&line["eta"]), 1).unwrap();
        let moments = |theta: &[f64]| DVector::from_vec(vec![theta[0], theta[0] * theta[0]]);
        let length = Length { blocks, before: steps - 1, looked_at: 1 };
        let seen = sample(&problem(loss, &rows), &sgd, &[number(&case["theta0"])], length, moments);
        let id = case["id"].as_str().unwrap();
        accepted(id, &seen, &DVector::from_vec(list(&line["sgd"])));
        refuted(&format!("{id}: order 1"), &seen, &DVector::from_vec(list(&line["equation1"])));
    }
    let mut seen = 0;
    for case in cases("weak_order") {
        match case["loss"].as_str().unwrap() {
            "u = x theta^2 / 2" => check(&case, Multiplicative, 100),
            "u = x (theta - x)^2" => check(&case, Cubic, 1000),
            other => panic!("no such loss here: {other}"),
        }
        seen += 1;
    }
    assert_eq!(seen, 2, "both cases");
}
