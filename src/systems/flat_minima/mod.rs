//! Do flat minima have little noise? Where it is a theorem, where it is false, and what decides where SGD lands.
//!
//! **Information equality**. If `u = -log p(y | x, theta)` and the data come from `p` at `theta*`, then with
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

mod basins;
mod likelihood;
mod noisy;
mod steps;

use super::notebook::{Notebook, number, whole};
use super::{Outcome, Parameter, System, SystemError, Values};

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

/// Paths of an ensemble.
const PATHS: usize = 18_000;

fn simulate(values: &Values) -> Result<Outcome, SystemError> {
    let mut notebook = Notebook::new();
    let mut equal = likelihood::information(&mut notebook)?;
    equal.extend(likelihood::by_draws(values, &mut notebook)?);
    let mut apart = likelihood::away(values, &mut notebook)?;
    apart.extend(likelihood::misspecified(values, &mut notebook)?);
    let flat = noisy::flat_and_noisy(values, &mut notebook)?;
    let groups = noisy::two_groups(values, &mut notebook)?;
    let stays = steps::finite_steps(&mut notebook)?;
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
