//! Least rattling: is a driven system found where it is shaken least, `p ~ exp(-gamma rat)`, `rat = 1/2 log det(2D)`?
//!
//! With isotropic `D(x) I` in `d` dimensions and no other drift, `rat = (d/2) log(2D)` and
//!
//! ```text
//! p ~ D^(alpha-1),      gamma = 2 (1 - alpha)/d:      2/d Ito,   1/d Stratonovich,   0 isothermal
//! ```
//!
//! so that the constant is that of the convention. `gamma` is estimated from the mean of `log D` over paths: it is the one
//! whose density has that mean, with the standard error of the mean over `Var(log D)`.
//!
//! Two driven examples with the same noise, `D = 1 + a cos x`, Ito:
//!
//! ```text
//! across the gradient   mu = c sin(x) e_y     p ~ 1/D as without it, a current goes round:      rattling predicts
//! along the gradient    mu = c e_x            J = c p - (D p)', p -> uniform as c grows:        it does not
//! ```
//!
//! and on the torus `D = diag(1 + a cos y, 1 + a cos x)` the rattling varies and `p` is uniform: `gamma = 0`.

use super::notebook::{Notebook, count, draws, estimate, failed, figure, mean, number, real, scaled, whole};
use super::paths::{Motion, Watch, watch};
use super::{Outcome, Parameter, System, SystemError, Values};
use crate::convention::Alpha;
use crate::density::{Equation, FiniteVolumes, Grid, Walls};
use crate::process::{Sde, Stratonovich};
use crate::sampling::{Estimate, Streams, Use};
use std::f64::consts::TAU;

pub(super) const SYSTEM: System = System {
    name: "least-rattling",
    title: "Least rattling, and what its constant depends on",
    claim: "p ~ exp(-gamma rattling) holds with gamma = 2/d for isotropic Ito noise without drift, 1/d for Stratonovich's, 0 \
            for isothermal noise; with a drive, or a noise that is not isotropic, no constant gamma need exist.",
    teaches: "The rule that a system is found where it rattles least is the noise-induced drift in other words, where the \
              noise is isotropic and nothing else acts: the constant counts dimensions and names the convention. A drive \
              across the gradient of the noise leaves it as it is, a drive along it sweeps it away, and on a torus whose two \
              noises vary crosswise there is rattling to avoid and nothing avoids it.",
    parameters: &PARAMETERS,
    simulate,
};

const PARAMETERS: [Parameter; 3] = [
    whole("d", "dimension of the isotropic noise D = 1 + (a/d) sum_i cos x_i", 2.0, [1.0, 3.0]),
    number("a", "contrast of the noise", "", 0.8, [0.4, 0.9]),
    number("drive", "c: speed of the drive", "", 2.0, [0.5, 20.0]),
];

fn simulate(values: &Values) -> Result<Outcome, SystemError> {
    let (dim, a) = (count(values, "d"), values.get("a"));
    let mut notebook = Notebook::new();
    let constants = conventions(dim, a, values, &mut notebook)?;
    let crosswise = torus(a, values, &mut notebook);
    let across = across(a, values, &mut notebook);
    let along = along(a, values, &mut notebook)?;
    notebook.state(
        "F4",
        "true with gamma = 2/d for isotropic Ito noise without drift, 1/d Stratonovich, 0 isothermal; no constant gamma in \
         general: it predicts under a drive across the gradient of the noise, not under one along it, and not on the torus",
        &[constants, crosswise, across, along].concat(),
    );
    Ok(notebook.finish())
}

/// Values of `log D` at points of equal volume, from which densities `D^-beta` are made.
struct Rattling {
    logarithms: Vec<f64>,
}

impl Rattling {
    /// Mean and variance of `log D` under `p ~ D^-beta`.
    fn moments(&self, beta: f64) -> [f64; 2] {
        let sum =
            |f: &dyn Fn(f64) -> f64| self.logarithms.iter().map(|l| f(*l) * (-beta * l).exp()).sum::<f64>();
        let norm = sum(&|_| 1.0);
        let mean = sum(&|l| l) / norm;
        [mean, sum(&|l| (l - mean).powi(2)) / norm]
    }

    /// The `beta` whose density has this mean of `log D`, which falls as `beta` grows; by bisection.
    fn exponent(&self, mean: f64) -> f64 {
        let (mut low, mut high) = (-20.0, 20.0);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if self.moments(middle)[0] > mean { low = middle } else { high = middle }
        }
        if mean.is_finite() { 0.5 * (low + high) } else { f64::NAN }
    }

    /// The same for an estimate.
    fn estimate(&self, mean: &Estimate) -> Estimate {
        let beta = self.exponent(mean.value);
        let slope = self.moments(beta)[1];
        estimate(beta, mean.standard_error / slope, mean.draws, mean.seed)
    }
}

/// `D = 1 + (a/d) sum_i cos x_i`
fn isotropic(a: f64, x: &[f64]) -> f64 {
    1.0 + a * x.iter().map(|x| x.cos()).sum::<f64>() / real(x.len())
}

/// `log D` on a grid of 48 points a direction.
fn rattling(a: f64, dim: usize) -> Rattling {
    const POINTS: usize = 48;
    let cosines: Vec<f64> = (0..POINTS).map(|k| (TAU * real(k) / real(POINTS)).cos()).collect();
    let mut sums = vec![0.0];
    for _ in 0..dim {
        sums = sums.iter().flat_map(|sum| cosines.iter().map(move |cos| sum + cos)).collect();
    }
    Rattling { logarithms: sums.iter().map(|sum| (1.0 + a * sum / real(dim)).ln()).collect() }
}

const fn plan(paths: usize) -> Watch {
    Watch { dt: 0.02, before: 15.0, during: 60.0, every: 0.4, paths }
}

/// Ito, Stratonovich and Haenggi-Klimontovich (isothermal, for `sqrt(2D) I`), each by a scheme of its own that is not told
/// any noise-induced drift.
fn conventions(
    dim: usize,
    a: f64,
    values: &Values,
    notebook: &mut Notebook,
) -> Result<Vec<usize>, SystemError> {
    let still = |_: &[f64], mu: &mut [f64]| mu.fill(0.0);
    let amplitude = move |x: &[f64], dw: &[f64], step: &mut [f64]| {
        let size = (2.0 * isotropic(a, x)).sqrt();
        step.iter_mut().zip(dw).for_each(|(step, dw)| *step += size * dw);
    };
    let weights = rattling(a, dim);
    let gamma_of = |moments| scaled(weights.estimate(&mean(&moments, 0, values.seed)), 2.0 / real(dim));
    let look = |x: &[f64], out: &mut [f64]| out[0] = isotropic(a, x).ln();
    let streams = |point: u32| Streams::new(values.seed, Use::Paths).at_point(point);
    let plan = plan(draws(values, 1728));
    let ito = Sde::ito(dim, dim, still, amplitude);
    let heun = Stratonovich::new(dim, dim, still, amplitude);
    let end = ito.clone().evaluated_at(Alpha::new(1.0).map_err(failed("alpha"))?);
    let start = |_: &mut _, x: &mut [f64]| x.fill(0.0);
    let noises = dim;
    let step = |x: &mut [f64], dt: f64, dw: &[f64], buffer: &mut [f64]| ito.step(x, dt, dw, buffer);
    let first = watch(&Motion { dim, noises, step }, &plan, streams(0), 1, start, look);
    let step = |x: &mut [f64], dt: f64, dw: &[f64], buffer: &mut [f64]| heun.step(x, dt, dw, buffer);
    let second = watch(&Motion { dim, noises, step }, &plan, streams(1), 1, start, look);
    let step = |x: &mut [f64], dt: f64, dw: &[f64], buffer: &mut [f64]| end.step(x, dt, dw, buffer);
    let third = watch(&Motion { dim, noises, step }, &plan, streams(2), 1, start, look);
    let names = ["Ito", "Stratonovich", "isothermal"];
    let exact = [2.0, 1.0, 0.0].map(|share| share / real(dim));
    let seen = [first, second, third].map(gamma_of);
    let mut findings = Vec::new();
    for k in 0..3 {
        let what = format!("gamma of {} noise in {dim} dimensions", names[k]);
        findings.push(notebook.simulated(what, "", exact[k], seen[k], 0.6 / real(dim)));
        for other in (0..3).filter(|other| *other != k) {
            let what = format!("gamma of {} noise read as that of {}", names[k], names[other]);
            findings.push(notebook.misreading(what, "", exact[other], seen[k]));
        }
    }
    notebook.draw(
        figure("The constant is the convention's", "alpha", "gamma")
            .line("2 (1 - alpha)/d", vec![(0.0, exact[0]), (1.0, 0.0)])
            .points("paths", &[(0.0, seen[0]), (0.5, seen[1]), (1.0, seen[2])]),
    );
    Ok(findings)
}

/// The torus: rattling varies, `p` is uniform. `rat` has `log D` of two independent coordinates, each with `beta = gamma/2`.
fn torus(a: f64, values: &Values, notebook: &mut Notebook) -> Vec<usize> {
    let step = move |x: &mut [f64], _: f64, dw: &[f64], _: &mut [f64]| {
        let [first, second] = [x[1], x[0]].map(|angle| (2.0 * (1.0 + a * angle.cos())).sqrt());
        x[0] += first * dw[0];
        x[1] += second * dw[1];
    };
    let look = |x: &[f64], out: &mut [f64]| {
        out[0] = 0.5 * ((1.0 + a * x[0].cos()).ln() + (1.0 + a * x[1].cos()).ln());
    };
    let streams = Streams::new(values.seed, Use::Paths).at_point(3);
    let motion = Motion { dim: 2, noises: 2, step };
    let moments = watch(&motion, &plan(draws(values, 1728)), streams, 1, |_, x| x.fill(0.0), look);
    let gamma = scaled(rattling(a, 1).estimate(&mean(&moments, 0, values.seed)), 2.0);
    vec![
        notebook.simulated("gamma on the torus of crosswise noises, Ito", "", 0.0, gamma, 0.5),
        notebook.misreading("the rule of isotropic noise, gamma = 2/d, there", "", 1.0, gamma),
    ]
}

/// Paths in the plane with `D = 1 + a cos x` and a drift: `log D`, and the velocity of `y` where the drift is upwards.
fn driven(a: f64, values: &Values, point: u32, drift: impl Fn(f64) -> [f64; 2] + Sync) -> [Estimate; 2] {
    let step = |x: &mut [f64], dt: f64, dw: &[f64], _: &mut [f64]| {
        let size = (2.0 * (1.0 + a * x[0].cos())).sqrt();
        let [along, across] = drift(x[0]);
        x[0] += along * dt + size * dw[0];
        x[1] += across * dt + size * dw[1];
    };
    let look = |x: &[f64], out: &mut [f64]| {
        out[0] = (1.0 + a * x[0].cos()).ln();
        out[1] = x[0].cos();
    };
    let streams = Streams::new(values.seed, Use::Paths).at_point(point);
    let motion = Motion { dim: 2, noises: 2, step };
    let moments = watch(&motion, &plan(draws(values, 1728)), streams, 2, |_, x| x.fill(0.0), look);
    [0, 1].map(|k| mean(&moments, k, values.seed))
}

/// A drive across the gradient: a current round and round, and the density of least rattling.
fn across(a: f64, values: &Values, notebook: &mut Notebook) -> Vec<usize> {
    let c = values.get("drive");
    let [logarithm, _] = driven(a, values, 4, move |x| [0.0, c * x.sin()]);
    // D depends on x alone, so that its weights are those of one dimension; gamma = beta in two.
    let gamma = rattling(a, 1).estimate(&logarithm);
    vec![
        notebook.simulated("gamma under a drive across the gradient, d = 2", "", 1.0, gamma, 0.3),
        notebook.misreading("a drive puts an end to least rattling, gamma = 0", "", 0.0, gamma),
    ]
}

/// A drive along the gradient: what is exact is the density of a ring with a current, and no rattling predicts it.
fn along(a: f64, values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    let weights = rattling(a, 1);
    let ring = |c: f64| {
        let grid = Grid::new(0.0, TAU, 256, Walls::Periodic)?;
        let volumes = FiniteVolumes::new(Equation::ito(move |_| c, move |x: f64| 1.0 + a * x.cos()), grid)?;
        let state = volumes.stationary()?;
        Ok::<_, crate::density::DensityError>([
            state.expectation(f64::cos)?,
            weights.exponent(state.expectation(|x| (1.0 + a * x.cos()).ln())?),
        ])
    };
    let c = values.get("drive");
    let wrong = failed("the density of a driven ring");
    let [exact, gamma] = ring(c).map_err(&wrong)?;
    let still = ((1.0 - a * a).sqrt() - 1.0) / a;
    let [logarithm, found] = driven(a, values, 5, move |_| [c, 0.0]);
    let seen = weights.estimate(&logarithm);
    let findings = vec![
        notebook.simulated(
            "E cos x under a drive along the gradient",
            "",
            exact,
            found,
            0.5 * (exact - still).abs(),
        ),
        notebook.misreading("least rattling under that drive, p ~ 1/D", "", still, found),
        notebook.simulated("gamma fitted to that density, d = 2", "", gamma, seen, 0.5 * (1.0 - gamma).abs()),
        notebook.misreading("gamma = 2/d under that drive", "", 1.0, seen),
    ];
    let curve = (0..=40_u8)
        .map(|k| 0.25 * f64::from(k))
        .map(|c| ring(c).map(|[_, gamma]| (c, gamma)))
        .collect::<Result<Vec<_>, _>>()
        .map_err(&wrong)?;
    notebook.draw(
        figure(
            "A drive along the gradient sweeps least rattling away",
            "drive c",
            "gamma that fits best, d = 2",
        )
        .line("along the gradient, exact", curve)
        .dashed("2/d", vec![(0.0, 1.0), (10.0, 1.0)])
        .points("along, paths", &[(c, seen)]),
    );
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponents_are_found_again() {
        for dim in 1..=2 {
            let weights = rattling(0.8, dim);
            for beta in [-1.0, 0.0, 0.5, 1.0, 2.0] {
                let found = weights.exponent(weights.moments(beta)[0]);
                // Bisection to 40/2^60 on means with a few roundings, over a variance of 0.05 and more.
                assert!((found - beta).abs() < 1e-12, "{beta} comes back as {found}");
            }
            assert!(weights.exponent(f64::NAN).is_nan(), "no mean, no exponent");
        }
    }
}
