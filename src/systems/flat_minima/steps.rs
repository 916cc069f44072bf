//! Finite steps: where they cannot stay, and what their force does not prefer (the page of this folder).

use super::super::SystemError;
use super::super::notebook::{Notebook, failed};
use crate::data::Data;
use crate::loss::{Builtin, Problem};
use crate::noise;
use crate::process::SgdPath;
use crate::sampling::{Streams, Use};
use crate::sgd::{Replacement, Sgd};

/// Finite steps: the factor `1 - eta l`; no force on the minima of a valley; a sharp part of it that cannot be kept.
pub(super) fn finite_steps(notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
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
