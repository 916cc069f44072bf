//! Samples that all have the same gradient: no noise, no drift, and when the root of the noise is smooth there.
//!
//! If all samples have one gradient at a point, `Sigma = 0` and both halves of `div Sigma` vanish there, since each is a
//! covariance with the gradient:
//!
//! ```text
//! Sigma = E[(g - G)(g - G)^T],      div Sigma = E[(H - Hbar)(g - G)] + E[(g - G) tr H]
//! ```
//!
//! What is left is `-G - (eta/2) Hbar G`: finite steps need no noise. The losses are `u = c(theta) + x h(theta)` with
//! `E[x] = 0`, so that `Sigma = E[x^2] grad h grad h^T`, and `h` says where all gradients agree (`p` a point, `nu = (1, 1)`):
//!
//! | `h` | gradients agree | `abs(div Sigma)` at distance `delta` | symmetric root there |
//! |---|---|---|---|
//! | 1 | everywhere | 0 | smooth: `B = 0` |
//! | `theta_1` | nowhere, but all Hessians do | 0 | smooth: `B` is constant |
//! | `abs(theta - p)^2/2` | at `p` | order `delta` | kink: `B ~ abs(theta - p)` |
//! | `(nu . (theta - p))^2/2` | on a line | order `delta` | kink |
//! | `sum_i (theta_i - p_i)^3/6` | at `p`, and the Hessians too | order `delta^3` | smooth: `B ~ (theta - p)^2` |
//!
//! Such a set is sticky. For `u = x theta^2/2`, `E[x] = 0`, one sample a step, the mean stays and the size does not:
//!
//! ```text
//! theta_T = theta_0 prod_t (1 - eta x_t),     E theta_T = theta_0,     E log|theta_T/theta_0| = T E log|1 - eta x| < 0
//! ```
//!
//! Read as Stratonovich noise the logarithm would stay, as isothermal noise it would grow at the same rate.

use super::notebook::{Notebook, ceiling, draws, failed, figure, mean, number, observe, real};
use super::{Outcome, Parameter, System, SystemError, Values};
use crate::data::Data;
use crate::loss::{Builtin, Loss, Number, Problem};
use crate::noise::{self, generic};
use crate::process::{ProcessError, SgdPath};
use crate::root::RootError;
use crate::sampling::{Streams, Use};
use crate::sgd::Sgd;

pub(super) const SYSTEM: System = System {
    name: "gradient-hacking",
    title: "Samples that all have the same gradient",
    claim: "Where all samples have the same gradient, Sigma = 0 and the noise-induced drift vanishes, at a single point \
            too; -G - (eta/2) Hbar G remains. The symmetric root of the noise has a derivative there only if the \
            Hessians of the samples agree as well.",
    teaches: "A model that arranges for every sample to ask for the same step removes the noise and with it the drift: \
              both halves of div Sigma are covariances with the gradient, so equality at one point is enough. Around \
              that point the drift grows linearly if the Hessians differ, with the third power if they agree. The set \
              where gradients agree is sticky: SGD that has only noise near it approaches it in its typical size, \
              although its mean does not move.",
    parameters: &PARAMETERS,
    simulate,
};

const PARAMETERS: [Parameter; 2] = [
    number("eta", "learning rate", "", 0.1, [0.05, 0.5]),
    number("spread", "standard deviation of x, the difference between samples", "", 1.0, [0.5, 1.4]),
];

/// Values of `x` before they are scaled: mean 0.
const X: [f64; 4] = [-1.5, -0.5, 0.5, 1.5];
/// Their root mean square.
const X_RMS: f64 = 1.118_033_988_749_895;

/// The point at which gradients agree.
const P: [f64; 2] = [0.75, -0.5];

/// Paths, and steps of all paths together, at most.
const PATHS: usize = 18_000;
const STEPS: usize = 40_000_000;

/// Logarithms of the size per `(eta sd)^2`, so that a run lasts long enough to tell -1/2 from 0.
const TIME: f64 = 4.0;

/// Where the gradients of all samples agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Agree {
    Everywhere,
    HessiansOnly,
    AtPoint,
    OnLine,
    AtPointWithHessians,
}

/// `u = log cosh(theta_1) + theta_2^2/2 + theta_1 theta_2/4 + x h(theta)`; a row is `x`.
#[derive(Debug, Clone, Copy)]
struct Hacked(Agree);

impl Loss for Hacked {
    fn dim(&self) -> usize {
        2
    }
    fn columns(&self) -> usize {
        1
    }
    fn loss<D: Number>(&self, x: &[D::InnerDual], theta: &[D]) -> D {
        let (a, b) = (theta[0], theta[1]);
        let common = a.cosh().ln() + b * b * 0.5 + a * b * 0.25;
        let (p, q) = (a - P[0], b - P[1]);
        let h = match self.0 {
            Agree::Everywhere => D::from(1.0),
            Agree::HessiansOnly => a,
            Agree::AtPoint => (p * p + q * q) * 0.5,
            Agree::OnLine => (p + q) * (p + q) * 0.5,
            Agree::AtPointWithHessians => (p * p * p + q * q * q) * (1.0 / 6.0),
        };
        common + h.scale(&x[0])
    }
}

fn simulate(values: &Values) -> Result<Outcome, SystemError> {
    let mut notebook = Notebook::new();
    let mut rests = nothing_left(values, &mut notebook)?;
    rests.extend(returning(values, &mut notebook)?);
    rests.extend(sticky(values, &mut notebook)?);
    notebook.state(
        "E4",
        "true, and equality at one point is enough for that point; -G - (eta/2) Hbar G remains",
        &rests,
    );
    Ok(notebook.finish())
}

fn problem(agree: Agree, values: &Values) -> Result<Problem<Hacked>, SystemError> {
    let rows = X.map(|x| [x * values.get("spread") / X_RMS]);
    let data = Data::from_rows(&["x"], &rows).map_err(failed("the rows"))?;
    Problem::new(Hacked(agree), &data).map_err(failed("the loss on the rows"))
}

fn sgd(values: &Values) -> Result<Sgd, SystemError> {
    Sgd::new(values.get("eta"), 1).map_err(failed("the settings of SGD"))
}

/// Each kind of agreement with its name, a point where it holds, whether the noise vanishes, whether the root is smooth.
const CASES: [(Agree, &str, [f64; 2], bool, bool); 7] = [
    (Agree::Everywhere, "gradients equal everywhere", [0.25, 1.5], true, true),
    (Agree::Everywhere, "gradients equal everywhere, another point", [-2.0, 0.5], true, true),
    (Agree::HessiansOnly, "Hessians equal, gradients not", [0.25, 1.5], false, true),
    (Agree::AtPoint, "gradients equal at a point", P, true, false),
    (Agree::OnLine, "gradients equal on a line", P, true, false),
    (Agree::OnLine, "gradients equal on a line, another point", [2.75, -2.5], true, false),
    (Agree::AtPointWithHessians, "gradients and Hessians equal at a point", P, true, true),
];

/// `Sigma`, both halves and the root where gradients agree, and what remains of the drift.
fn nothing_left(values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    let sgd = sgd(values)?;
    let mut findings = Vec::new();
    // Gradients are at most 4 here; Sigma and div Sigma are sums of four products of two numbers of that size.
    let bound = 400.0 * f64::EPSILON;
    for (agree, name, theta, quiet, smooth) in CASES {
        let problem = problem(agree, values)?;
        let drift = noise::drift(&problem, &theta, &sgd).map_err(failed("the drift"))?;
        let sigma = noise::covariance(&problem, &theta).map_err(failed("Sigma"))?;
        let moments = &drift.moments;
        let halves = moments.half_grad_tr_sigma.iter().chain(moments.cov_g_tr_hess.iter());
        let pairs: Vec<[f64; 2]> = if quiet {
            halves.chain(sigma.iter()).map(|x| [*x, 0.0]).collect()
        } else {
            halves.map(|x| [*x, 0.0]).chain([[sigma[(0, 0)], values.get("spread").powi(2)]]).collect()
        };
        let what = if quiet {
            "Sigma and both halves of div Sigma"
        } else {
            "both halves, 0 beside Sigma_11 = E[x^2]"
        };
        findings.push(notebook.identities(format!("{name}: {what}"), "", &pairs, bound));
        let remains: Vec<[f64; 2]> = (generic::hessian(&problem, &theta) * &moments.gradient)
            .iter()
            .zip(drift.v_noise.iter().zip(drift.modified_term.iter()))
            .map(|(term, (noise, finite))| [noise + finite, -0.5 * sgd.learning_rate() * term])
            .collect();
        let what = format!("{name}: all of the drift beside -G, against -(eta/2) Hbar G");
        findings.push(notebook.identities(what, "", &remains, bound));
        let found = match noise::roots(&problem, &theta, &sgd).map_err(failed("the root"))?.spurious {
            Ok(_) => 1.0,
            Err(RootError::RankDrop { .. }) => 0.0,
            Err(other) => return Err(failed("the derivative of the root")(other)),
        };
        let what = format!("{name}: the symmetric root has a derivative (1) or a kink (0)");
        findings.push(notebook.identity(what, "", [found, if smooth { 1.0 } else { 0.0 }], 0.0));
    }
    Ok(findings)
}

/// How the drift comes back with the distance from where gradients agree.
fn returning(values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    let sgd = sgd(values)?;
    let mut findings = Vec::new();
    let mut drawn = figure("The drift returns away from equal gradients", "distance", "|div Sigma|")
        .logarithmic(true, true);
    for (agree, name, order) in [
        (Agree::AtPoint, "gradients agree at a point", 1.0),
        (Agree::OnLine, "gradients agree on a line", 1.0),
        (Agree::AtPointWithHessians, "gradients and Hessians agree at a point", 3.0),
    ] {
        let problem = problem(agree, values)?;
        let ladder = (1..=6)
            .map(|k| {
                let distance = 0.5_f64.powi(k);
                let theta = [P[0] + 0.6 * distance, P[1] + 0.8 * distance];
                let drift = noise::drift(&problem, &theta, &sgd)?;
                Ok((distance, drift.div_sigma.norm()))
            })
            .collect::<Result<Vec<_>, noise::NoiseError>>()
            .map_err(failed("the drift near the set"))?;
        // grad h is homogeneous, so that the power is exact; the subtraction of G leaves 1e-16/delta^3 of it at most.
        findings.push(notebook.order(
            format!("{name}: power of |div Sigma| in the distance"),
            order,
            &ladder,
            1e-6,
        ));
        drawn = drawn.line(name, ladder);
    }
    notebook.draw(drawn);
    Ok(findings)
}

/// The mean and the typical size of `theta` for `u = x theta^2/2`, whose samples agree at 0.
fn sticky(values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    let (eta, spread) = (values.get("eta"), values.get("spread"));
    let xs = X.map(|x| x * spread / X_RMS);
    let data = Data::from_rows(&["x"], &xs.map(|x| [x])).map_err(failed("the rows"))?;
    let problem =
        Problem::new(Builtin::MultiplicativeQuadratic, &data).map_err(failed("the loss on the rows"))?;
    let sgd = sgd(values)?;
    let rate = xs.iter().map(|x| (1.0 - eta * x).abs().ln()).sum::<f64>() / real(X.len());
    let steps = ceiling(TIME / (eta * spread).powi(2));
    let early = (steps / 8).max(1);
    let looks: Vec<usize> = (1..=8).map(|k| (steps * k / 8).max(1)).collect();
    let run = |path: &mut SgdPath<'_, Builtin>, stream: &mut _, out: &mut [f64]| {
        path.restart(&[1.0]);
        for step in 1..=steps {
            path.step(stream).map_err(ProcessError::from)?;
            if step == early {
                out[8] = path.theta()[0];
            }
            if let Some(k) = looks.iter().position(|&look| look == step) {
                out[k] = path.theta()[0].abs().ln();
            }
        }
        Ok(())
    };
    let streams = Streams::new(values.seed, Use::Paths);
    let seen = observe(
        streams,
        draws(values, PATHS.min(STEPS / steps)),
        9,
        || SgdPath::new(&problem, &sgd, &[1.0]),
        run,
    )
    .map_err(failed("SGD near the set"))?;
    let last = mean(&seen, 7, values.seed);
    let exact = rate * real(steps);
    let estimates: Vec<_> =
        looks.iter().enumerate().map(|(k, &t)| (real(t), mean(&seen, k, values.seed))).collect();
    let line = |slope: f64| vec![(0.0, 0.0), (real(steps), slope * real(steps))];
    notebook.draw(
        figure("Where samples agree, noise alone leads in", "steps", "E log|theta / theta_0|")
            .line("T E log|1 - eta x|", line(rate))
            .dashed("Stratonovich: 0", line(0.0))
            .dashed("isothermal: upwards", line(-rate))
            .points("SGD", &estimates),
    );
    let what = format!("E log|theta/theta_0| after {steps} steps");
    let stays = mean(&seen, 8, values.seed);
    Ok(vec![
        notebook.simulated(what.clone(), "", exact, last, 0.2 * exact.abs()),
        notebook.misreading(format!("{what}, read as Stratonovich noise"), "", 0.0, last),
        notebook.misreading(format!("{what}, read as isothermal noise"), "", -exact, last),
        notebook.simulated(
            format!("E theta/theta_0 after {early} steps: the mean stays"),
            "",
            1.0,
            stays,
            0.2,
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systems::Settings;

    #[test]
    fn away_from_the_set_the_noise_is_there() {
        let values = SYSTEM.check(&Settings::default()).unwrap();
        let sgd = sgd(&values).unwrap();
        for (agree, _, theta, ..) in CASES {
            if matches!(agree, Agree::Everywhere | Agree::HessiansOnly) {
                continue;
            }
            let problem = problem(agree, &values).unwrap();
            let away = [theta[0] + 0.125, theta[1] + 0.0625];
            let drift = noise::drift(&problem, &away, &sgd).unwrap();
            assert!(drift.div_sigma.norm() > 1e-4, "{agree:?}: a check for 0 that anything passes");
        }
    }
}
