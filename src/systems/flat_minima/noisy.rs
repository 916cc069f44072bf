//! Flat and noisy: `u = a x theta`, and the mixture of two groups of the page of this folder.

use super::super::notebook::{Notebook, count, draws, failed, mean, observe, real, share};
use super::super::{SystemError, Values};
use super::PATHS;
use crate::data::Data;
use crate::loss::{Builtin, Loss, Number, Problem};
use crate::noise;
use crate::process::{ProcessError, SgdPath};
use crate::sampling::{Streams, Use};
use crate::sgd::Sgd;

/// Half the distance between the features of the two groups, and the residuals of the group predicted well.
const E: f64 = 0.125;
const GOOD: f64 = 0.1;
/// Their true parameter.
const W: f64 = 0.75;

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
pub(super) fn flat_and_noisy(values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
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
pub(super) fn two_groups(values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
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
