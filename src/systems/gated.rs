//! A feature that is useful only with probability `q`: is its weight removed? An experiment with an exact threshold.
//!
//! The feature is always there, the target follows it only when a gate that the model does not see is open:
//! `y = z c x + eps`, `x = ±1`, `P(z = 1) = q`, `eps = ±s`. Two models:
//!
//! **One weight**, `u = (w x - y)^2/2`. The mean gradient asks for `w = q c`, whatever the noise, and the mean of SGD goes there:
//! `E w_t = q c + (1 - eta)^t (w_0 - q c)`.
//!
//! **Two factors**, `u = (a b x - y)^2/2`, one sample a step, `a = b`. The mean gradient asks for `a b = q c` too. But near 0 a step
//! multiplies `a` by `1 + eta x y`, and the size of a product of independent factors goes with the mean logarithm,
//!
//! ```text
//! E log|a_T/a_0| = T L(q),      L(q) = E log|1 + eta x y| = q A + (1 - q) B,
//! A = 1/2 log|(1 + eta c)^2 - eta^2 s^2|,      B = 1/2 log|1 - eta^2 s^2| < 0
//! ```
//!
//! so that below `q* = B/(B - A)`, about `eta s^2/(2c)`, the weight is lost altogether although the mean gradient would keep it. Above, in the
//! stationary state `E log|1 - eta (a b - g)| = 0` with `g = z c ± s`, hence
//! `E ab = q c - (eta/2) (s^2 + q (1 - q) c^2)` to first order in `eta`: the noise takes off an amount that does not depend on the
//! weight. Just above the threshold the weight still spends much of its time near 0, from where it returns; below it does not.

use super::notebook::{Notebook, draws, failed, figure, mean, observe, share};
use super::{SystemError, Values};
use crate::data::Data;
use crate::loss::{Builtin, Problem};
use crate::process::{ProcessError, SgdPath};
use crate::sampling::{Moments, Streams, Use};
use crate::sgd::Sgd;

/// Gates of the data: probabilities `q` are multiples of 1/16.
const GATES: u32 = 16;
/// `c`
const C: f64 = 1.0;
/// Steps in the linear regime, far below the size at which the weight would saturate.
const LINEAR_STEPS: u32 = 50;
const TINY: f64 = 1e-9;
/// Steps of the long runs, and where they start: the weight of a feature that was always useful.
const LONG_STEPS: u32 = 3000;
const PATHS: usize = 4_608;
const LONG_PATHS: usize = 576;
/// Product `ab` below which a weight counts as lost.
const LOST: f64 = 1e-2;

/// What the gate showed: its findings, and the threshold.
pub(super) struct Gated {
    pub(super) findings: Vec<usize>,
    pub(super) threshold: f64,
}

/// `A`, `B` of the module's page.
fn exponents(eta: f64, s: f64) -> [f64; 2] {
    let half_log = |c: f64| 0.5 * ((1.0 + eta * c).powi(2) - eta * eta * s * s).abs().ln();
    [half_log(C), half_log(0.0)]
}

/// Rows `(x, y)` for the probability `k/16`.
fn problem(loss: Builtin, k: u32, s: f64) -> Result<Problem<Builtin>, SystemError> {
    let row = |gate: u32, x: f64, eps: f64| [x, if gate < k { C * x } else { 0.0 } + eps];
    let rows: Vec<[f64; 2]> = (0..GATES)
        .flat_map(|gate| [1.0, -1.0].into_iter().flat_map(move |x| [row(gate, x, s), row(gate, x, -s)]))
        .collect();
    let data = Data::from_rows(&["x", "y"], &rows).map_err(failed("the rows"))?;
    Problem::new(loss, &data).map_err(failed("the loss on the rows"))
}

pub(super) fn simulate(values: &Values, notebook: &mut Notebook) -> Result<Gated, SystemError> {
    let (eta, s) = (values.get("eta"), values.get("noise"));
    let [open, shut] = exponents(eta, s);
    let threshold = shut / (shut - open);
    if !(threshold > 2.0 / f64::from(GATES) && threshold < 0.75) {
        return Err(SystemError::Together(
            "eta noise^2 puts the threshold q* outside 1/8 to 3/4; try eta noise^2 near 0.4",
        ));
    }
    let mut findings = near_zero(values, threshold, notebook)?;
    findings.extend(one_weight(values, notebook)?);
    findings.extend(in_the_long_run(values, threshold, notebook)?);
    Ok(Gated { findings, threshold })
}

/// Runs of two factors from `a = b = start`; `look` says what is seen of the product `ab` at the end.
fn runs(
    values: &Values,
    [k, point, steps]: [u32; 3],
    start: f64,
    paths: usize,
    look: impl Fn(f64) -> [f64; 2] + Sync + Send,
) -> Result<Moments, SystemError> {
    let problem = problem(Builtin::TwoLayerLinear, k, values.get("noise"))?;
    let sgd = Sgd::new(values.get("eta"), 1).map_err(failed("the settings of SGD"))?;
    let streams = Streams::new(values.seed, Use::Paths).at_point(point);
    let workspace = || SgdPath::new(&problem, &sgd, &[start, start]);
    observe(streams, draws(values, paths), 2, workspace, |path, stream, out| {
        path.restart(&[start, start]);
        for _ in 0..steps {
            path.step(stream).map_err(ProcessError::from)?;
        }
        out.copy_from_slice(&look(path.theta()[0] * path.theta()[1]));
        Ok(())
    })
    .map_err(failed("SGD with a gated feature"))
}

/// `E log|a_T/a_0| = T L(q)` from a tiny start, below and above the threshold.
fn near_zero(values: &Values, threshold: f64, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    let eta = values.get("eta");
    let [open, shut] = exponents(eta, values.get("noise"));
    let mut findings = Vec::new();
    let t = f64::from(LINEAR_STEPS);
    for (point, k) in [(0, 2_u32), (1, 14)] {
        let q = f64::from(k) / f64::from(GATES);
        let log = |product: f64| [0.5 * (product.abs().ln() - 2.0 * TINY.ln()), 0.0];
        let seen = mean(&runs(values, [k, point, LINEAR_STEPS], TINY, PATHS, log)?, 0, values.seed);
        let exact = t * (q * open + (1.0 - q) * shut);
        let mean_step = t * (eta * q * C).ln_1p();
        let side = if q < threshold { "below" } else { "above" };
        let what = format!("q = {q}, {side} q* = {threshold:.3}: E log|a_T/a_0| after {LINEAR_STEPS} steps");
        findings.push(notebook.simulated(what.clone(), "", exact, seen, 0.5 * (mean_step - exact).abs()));
        findings.push(notebook.misreading(format!("{what}, by the mean step"), "", mean_step, seen));
    }
    Ok(findings)
}

/// One weight: noise removes nothing, `E w = q c + (1 - eta)^t (w_0 - q c)`.
fn one_weight(values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    let (k, steps, eta) = (2_u32, 100, values.get("eta"));
    let problem = problem(Builtin::Linear { features: 1 }, k, values.get("noise"))?;
    let sgd = Sgd::new(eta, 1).map_err(failed("the settings of SGD"))?;
    let streams = Streams::new(values.seed, Use::Paths).at_point(2);
    let seen = observe(
        streams,
        draws(values, 4 * PATHS),
        1,
        || SgdPath::new(&problem, &sgd, &[C]),
        |path, stream, out| {
            path.restart(&[C]);
            for _ in 0..steps {
                path.step(stream).map_err(ProcessError::from)?;
            }
            out[0] = path.theta()[0];
            Ok(())
        },
    )
    .map_err(failed("SGD with a gated feature and one weight"))?;
    let q = f64::from(k) / f64::from(GATES);
    let exact = q * C + (1.0 - eta).powi(steps) * (C - q * C);
    let seen = mean(&seen, 0, values.seed);
    let what = format!("one weight, q = {q}: E w after {steps} steps");
    Ok(vec![
        notebook.simulated(what.clone(), "", exact, seen, exact),
        notebook.misreading(format!("{what}, if it were removed"), "", 0.0, seen),
    ])
}

/// The weight after a long run, and the share of runs that have lost it, as functions of `q`.
fn in_the_long_run(
    values: &Values,
    threshold: f64,
    notebook: &mut Notebook,
) -> Result<Vec<usize>, SystemError> {
    let (eta, s) = (values.get("eta"), values.get("noise"));
    let mut findings = Vec::new();
    let (mut weights, mut lost) = (Vec::new(), Vec::new());
    for k in [0, 1, 2, 3, 4, 5, 6, 8, 12, 16] {
        let q = f64::from(k) / f64::from(GATES);
        let look = |product: f64| [product, if product.abs() < LOST { 1.0 } else { 0.0 }];
        let seen = runs(values, [k, 10 + k, LONG_STEPS], C.sqrt(), LONG_PATHS, look)?;
        let gone = share(&seen, 1, values.seed);
        findings.push(notebook.measured(
            format!("q = {q}: share of runs with ab < {LOST} in the end"),
            "",
            gone,
        ));
        lost.push((q, gone));
        weights.push((q, mean(&seen, 0, values.seed)));
    }
    let line = |of: &dyn Fn(f64) -> f64| {
        (0..=64).map(|k| f64::from(k) / 64.0).map(|q| (q, of(q))).collect::<Vec<_>>()
    };
    let taken = |q: f64| (q * C - 0.5 * eta * (s * s + q * (1.0 - q) * C * C)).max(0.0);
    notebook.draw(
        figure(
            "Is a feature lost that is useful with probability q?",
            "probability q",
            "share of runs, and weight ab",
        )
        .line("threshold q*", vec![(threshold, 0.0), (threshold, 1.0)])
        .line("q c - (eta/2)(s^2 + q (1 - q) c^2)", line(&taken))
        .dashed("mean gradient: q c", line(&|q| q * C))
        .points("mean weight", &weights)
        .points("share of runs that lost it", &lost),
    );
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_is_where_the_mean_logarithm_changes_sign() {
        let (eta, s) = (0.1, 2.0);
        let [open, shut] = exponents(eta, s);
        let threshold = shut / (shut - open);
        assert!(open > 0.0 && shut < 0.0, "useful features grow, useless ones shrink");
        // q* = eta s^2/(2c) to first order in eta: 0.2.
        assert!((threshold - 0.2).abs() < 0.02, "{threshold}");
        // The exponent by the rows themselves.
        for k in [0, 3, 16] {
            let problem = problem(Builtin::TwoLayerLinear, k, s).unwrap();
            let rows = (0..problem.rows()).map(|row| problem.row(row));
            let mean =
                rows.map(|row| (1.0 + eta * row[0] * row[1]).abs().ln()).sum::<f64>() / f64::from(4 * GATES);
            let q = f64::from(k) / f64::from(GATES);
            assert!((mean - (q * open + (1.0 - q) * shut)).abs() < 1e-14, "q = {q}");
        }
    }
}
