//! A grain of pollen in water that is warm on one side and cold on the other: `D = x_1 I`.
//!
//! ```text
//! -div D = -e_1                                 the drift of the current, the same everywhere
//! E[step | seen at x + s step]/dt = -2 s e_1    source 0, midpoint -e_1, destination -2 e_1      (flat density)
//! p ~ 1/x_1                                     Ito, between reflecting walls;  isothermal: uniform
//! J = mu p - (x_1 p)' = (mu - 1) p              from a uniform start
//! ```
//!
//! What lower noise means for a grain is a matter of odds, not of means: for `dx = sqrt(2x) dW` the mean stays and
//!
//! ```text
//! P(x_t < x_0) = (1 + exp(-2 l) I_0(2 l))/2 > 1/2,    l = x_0/t
//! ```
//!
//! (`x_t` is the sum of `N` exponential variables of mean `t`, `N` Poisson with mean `l`, so that the probability is that of
//! `N <= N'` for another such `N'`), for `dx = sigma x dW` it is `Phi(sigma sqrt(t)/2)`. With `D = (1 + c r^2) I` in the plane
//! it is below one half at short times: there the mean of `r` grows at the rate `D/r`.
//!
//! On the torus `D = diag(1 + a cos y, 1 + a cos x)` varies, has `div D = 0`, and its stationary density is uniform.

use super::notebook::{Notebook, count, draws, failed, figure, mean, number, observe, real, scaled, whole};
use super::paths::{Motion, Watch, watch};
use super::{Outcome, Parameter, System, SystemError, Values};
use crate::convention::Viewpoint;
use crate::data::Data;
use crate::density::{Equation, FiniteVolumes, Grid, Walls};
use crate::loss::{Builtin, Problem, ProblemError};
use crate::noise;
use crate::process::{Confined, Sde, SgdNoise};
use crate::sampling::{
    Comparison, Control, Estimate, Plan, SamplingError, Stream, Streams, Use, compare, step_moments,
};
use crate::sgd::{Sgd, SgdError};
use nalgebra::DVector;
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};
use statrs::distribution::{ContinuousCDF, Normal};
use std::convert::Infallible;
use std::f64::consts::TAU;
use thiserror::Error;

pub(super) const SYSTEM: System = System {
    name: "pollen",
    title: "Pollen in water that is warm on one side",
    claim: "D = x_1 I gives the drift -div D = -e_1 in the current: 0 for steps seen from their source, -e_1 from their \
            midpoint, -2 e_1 from their destination. Read as Ito noise without another drift, p ~ 1/x_1: more time where \
            the noise is lower, although the mean stays where it was.",
    teaches: "A drift of the probability current is not a drift of the mean. The grain's mean position stays, its odds do \
              not: it is more likely to be found on the side of lower noise, because steps from there are shorter. Where a \
              step is looked at decides which number one gets, and which process it is (Ito or isothermal) decides whether \
              there is any drift at all. In two dimensions even the rule fails: a noise that varies but has div D = 0 \
              leaves the density uniform.",
    parameters: &PARAMETERS,
    simulate,
};

const PARAMETERS: [Parameter; 6] = [
    number("lo", "lower wall, where the water is cold", "", 0.5, [0.05, 10.0]),
    number("hi", "upper wall", "", 2.0, [0.1, 20.0]),
    number("contrast", "a of the torus, D = diag(1 + a cos y, 1 + a cos x)", "", 0.8, [0.3, 0.95]),
    number("sigma", "sigma of dx = sigma x dW, watched for a unit of time", "", 1.0, [0.1, 2.0]),
    number("growth", "c of D = (1 + c r^2) I, from r = 1 for a time of 0.05", "", 0.1, [0.0, 1.0]),
    whole("n", "batch size of SGD on eight samples", 2.0, [1.0, 64.0]),
];

/// Bins of the histogram. (Each simulation below has streams of its own, by the number of their point.)
const BINS: usize = 12;

fn simulate(values: &Values) -> Result<Outcome, SystemError> {
    let [lo, hi] = ["lo", "hi"].map(|name| values.get(name));
    if hi < 1.2 * lo {
        return Err(SystemError::Together(
            "hi must be at least 1.2 lo, else there is hardly a gradient to see",
        ));
    }
    let mut notebook = Notebook::new();
    let sgd = eight_samples(values, &mut notebook)?;
    let views = viewpoints(values, &mut notebook)?;
    let flux = uniform_start(values, &mut notebook)?;
    let settled = between_walls(values, &mut notebook)?;
    let torus = torus(values, &mut notebook);
    let odds = odds(values, &mut notebook)?;
    notebook.state(
        "A5",
        "true: -div D = -e_1 everywhere, and the current from a uniform start shows it",
        &[sgd[0], flux[0]],
    );
    notebook.state(
        "A6",
        "true for Ito noise without another drift when D is isotropic or d = 1 (p ~ 1/D); false for isothermal noise (p \
         uniform); false in general even for Ito: on the torus D varies, div D = 0, and p is uniform",
        &[&settled[..], &torus[..]].concat(),
    );
    notebook.state(
        "B3",
        "true: mu from the source, mu - div D from the midpoint, mu - 2 div D from the destination",
        &views,
    );
    notebook.state(
        "C3",
        "true for Ito noise without drift in d = 1 and short times: the mean stays, the chance to go to lower noise is above \
         one half; false beyond: with D = 1 + c r^2 in the plane it is below one half at short times",
        &odds,
    );
    notebook.state("C4", "true: from a uniform density the flux is (mu - div D) p, and nothing else", &flux);
    Ok(notebook.finish())
}

/// SGD on eight samples, `u = ±2 F_k(theta)`: `G = 0`, `Sigma = theta_1 I`, and the drift of its real steps.
fn eight_samples(values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    let rows: Vec<[f64; 2]> = (0..4_u8).flat_map(|k| [[f64::from(k), 1.0], [f64::from(k), -1.0]]).collect();
    let data = Data::from_rows(&["k", "s"], &rows).map_err(failed("the eight samples"))?;
    let problem =
        Problem::new(Builtin::PollenGrain, &data).map_err(failed("the loss of the eight samples"))?;
    let n = count(values, "n");
    let sgd = Sgd::new(0.01, n).map_err(failed("the settings of SGD"))?;
    let scale = 2.0 * real(n) / sgd.learning_rate();
    let (mut drifts, mut covariances) = (Vec::new(), Vec::new());
    for theta in [[0.75, 0.0], [1.25, -1.0], [3.0, 2.0]] {
        let drift = noise::drift(&problem, &theta, &sgd).map_err(failed("the drift of the eight samples"))?;
        let sigma = noise::covariance(&problem, &theta).map_err(failed("the covariance"))?;
        for (i, exact) in [-1.0, 0.0].into_iter().enumerate() {
            drifts.push([scale * drift.v_noise[i], exact]);
            covariances.push([drift.moments.gradient[i], 0.0]);
            covariances.extend((0..2).map(|j| [sigma[(i, j)], if i == j { theta[0] } else { 0.0 }]));
        }
    }
    // Sums of eight products of numbers up to 10, with square roots that lose a few digits near theta_1 = 1/2.
    let bound = 1e-12;
    let exact =
        notebook.identities("(2n/eta) v_noise of SGD on eight samples, against -e_1", "", &drifts, bound);
    let same = notebook.identities("their G and Sigma, against 0 and theta_1 I", "", &covariances, bound);
    let process = || SgdNoise::new(&problem, &sgd).map_err(Failure::Sgd);
    let plan = plan(values, Viewpoint::Midpoint, 0.075, 0);
    let claim = move |_: &[f64]| Ok(DVector::from_vec(vec![-1.0 / scale, 0.0]));
    let seen = compare(&plan, &[1.25, 0.0], process, claim, &[], Control::default())
        .map_err(failed("real steps on eight samples"))?;
    let found = scaled(seen.components[0].first_order, scale);
    let what = "(2n/eta) drift of real steps of SGD on eight samples, seen from their midpoints";
    let drawn = notebook.simulated(what, "", -1.0, found, 0.25);
    notebook.misreading("the mean step, which is 0, for that drift", "", 0.0, found);
    Ok(vec![exact, same, drawn])
}

/// Why a comparison with real steps could not be made.
#[derive(Debug, Clone, Error)]
enum Failure {
    #[error(transparent)]
    Sampling(#[from] SamplingError),
    #[error(transparent)]
    Problem(#[from] ProblemError),
    #[error(transparent)]
    Sgd(SgdError),
}

impl From<Infallible> for Failure {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

fn plan(values: &Values, viewpoint: Viewpoint, width: f64, point: u32) -> Plan {
    Plan {
        viewpoint,
        width,
        steps: 1,
        draws: 2_000_000,
        seed: values.seed,
        point,
        points: 1,
        false_alarm: 1e-4,
        target: if values.quick { 0.15 } else { 0.05 },
        added: 0.1,
        // Drifts of order 1, computed to rounding.
        resolution: 1e-12,
    }
}

/// `dx = sqrt(2 x_1) dW` in the plane, Ito, with a drift along the first axis.
#[allow(clippy::type_complexity, reason = "an equation has the type of its coefficients")]
fn grain(drift: f64) -> Sde<impl Fn(&[f64], &mut [f64]) + Sync, impl Fn(&[f64], &[f64], &mut [f64]) + Sync> {
    Sde::ito(
        2,
        2,
        move |_: &[f64], mu: &mut [f64]| (mu[0], mu[1]) = (drift, 0.0),
        |x: &[f64], dw: &[f64], step: &mut [f64]| {
            let amplitude = (2.0 * x[0]).sqrt();
            step.iter_mut().zip(dw).for_each(|(step, dw)| *step += amplitude * dw);
        },
    )
}

/// The mean step seen from its source, its midpoint, its destination.
fn viewpoints(values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    let middle = 0.5 * (values.get("lo") + values.get("hi"));
    // Steps from one point may be long; seen through a window they are a fifth of its width.
    let (dt, short) = (2e-3 * middle, 1e-4 * middle);
    let equation = grain(0.0);
    let steps = draws(values, 3_600_000) as u64;
    let source = step_moments(
        &[0.0, 0.0],
        steps,
        values.seed,
        1e-4,
        || vec![0.0; 2],
        |buffer, stream, out| {
            out.copy_from_slice(&[middle, 0.0]);
            let dw = [0; 2].map(|_| dt.sqrt() * normal(stream));
            equation.step(out, dt, &dw, buffer);
            out[0] -= middle;
            Ok::<(), Infallible>(())
        },
    )
    .map_err(failed("steps from their source"))?;
    let mut findings = Vec::new();
    let mut seen = vec![(0.0, scaled(source.mean[0], 1.0 / dt))];
    for (point, view) in [(1, Viewpoint::Midpoint), (2, Viewpoint::Destination)] {
        let plan = plan(values, view, 0.1 * middle, point);
        let comparison: Comparison = compare(
            &plan,
            &[middle, 0.0],
            || Ok::<_, Failure>(equation.noise(short)),
            |_| Ok(DVector::from_vec(vec![-1.0, 0.0])),
            &[],
            Control::default(),
        )
        .map_err(failed("steps from their midpoint and destination"))?;
        seen.push((view.fraction(), comparison.components[0].conditional));
    }
    for ((s, found), name) in seen.iter().zip(["source", "midpoint", "destination"]) {
        let what = format!("mean step along x_1 a unit of time, seen from its {name}");
        findings.push(notebook.simulated(what, "", 0.0 - 2.0 * s, *found, 0.75));
        for (wrong, other) in [(0.0, "source"), (0.5, "midpoint"), (1.0, "destination")] {
            if other != name {
                let what = format!("the {name}'s mean step read as the {other}'s");
                findings.push(notebook.misreading(what, "", 0.0 - 2.0 * wrong, *found));
            }
        }
    }
    notebook.draw(
        figure("Where a step is looked at", "s: fraction of the step behind the point", "mean step / dt")
            .line("mu - 2 s div D", vec![(0.0, 0.0), (1.0, -2.0)])
            .points("steps drawn", &seen),
    );
    Ok(findings)
}

fn normal(stream: &mut Stream) -> f64 {
    StandardNormal.sample(stream)
}

/// The net flux through the middle from a uniform density, in units of the density: `mu - 1`.
///
/// A step of Euler and Maruyama from `x` with the normal number `z` ends above `m` if `x` is above the square of
/// `u = sqrt(a^2 z^2/4 + m - mu dt) - a z/2`, `a^2 = 2 dt`; the mean of `u^2` is `m - (mu - 1) dt`, so that uniform stays
/// uniform and the flux is exact whatever the step.
fn uniform_start(values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    const STEPS: usize = 4;
    let middle = 0.5 * (values.get("lo") + values.get("hi"));
    // Six standard deviations of what is watched stay within 0.9 of the distance to the cold end.
    let time = (0.15_f64).powi(2) * middle / 2.0;
    let half = 0.9 * middle;
    let dt = time / real(STEPS);
    let flux = |drift: f64, point: u32| {
        let equation = grain(drift);
        let streams = Streams::new(values.seed, Use::Paths).at_point(point);
        let run = |buffer: &mut Vec<f64>, stream: &mut Stream, out: &mut [f64]| {
            let start = middle + half * stream.random_range(-1.0..1.0);
            let mut x = [start, 0.0];
            for _ in 0..STEPS {
                let dw = [0; 2].map(|_| dt.sqrt() * normal(stream));
                equation.step(&mut x, dt, &dw, buffer);
            }
            let above = |x: f64| f64::from(u8::from(x > middle));
            out[0] = (above(x[0]) - above(start)) * 2.0 * half / time;
            Ok::<(), Infallible>(())
        };
        observe(streams, draws(values, 3_600_000), 1, || Ok(vec![0.0; 2]), run)
            .map(|moments| mean(&moments, 0, values.seed))
            .map_err(failed("paths from a uniform start"))
    };
    let (ito, isothermal) = (flux(0.0, 3)?, flux(1.0, 4)?);
    Ok(vec![
        notebook.simulated(
            "flux from a uniform start over the density, Ito: (mu - div D)_1",
            "",
            -1.0,
            ito,
            0.5,
        ),
        notebook.misreading("that flux without the noise-induced drift", "", 0.0, ito),
        notebook.misreading("that flux read as Stratonovich's", "", -0.5, ito),
        notebook.simulated("the same with isothermal noise, mu = div D", "", 0.0, isothermal, 0.5),
        notebook.misreading("the isothermal flux read as Ito's", "", -1.0, isothermal),
    ])
}

/// Stationary states between the walls: Ito `1/x_1`, isothermal uniform.
fn between_walls(values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    let [lo, hi] = ["lo", "hi"].map(|name| values.get(name));
    let walls = Confined::reflecting(lo, hi).map_err(failed("the walls"))?;
    let unit = (hi - lo).powi(2) / hi;
    let plan = Watch {
        dt: 1e-3 * unit,
        before: 2.0 * unit,
        during: 30.0 * unit,
        every: 0.02 * unit,
        paths: draws(values, 1152),
    };
    let run = |drift: f64, point: u32| {
        let step = move |x: &mut [f64], dt: f64, dw: &[f64], _: &mut [f64]| {
            x[0] = walls.keep(x[0] + drift * dt + (2.0 * x[0]).sqrt() * dw[0]);
        };
        let motion = Motion { dim: 1, noises: 1, step };
        let look = |x: &[f64], out: &mut [f64]| {
            out[0] = x[0];
            out[1 + bin(x[0], lo, hi)] = real(BINS) / (hi - lo);
        };
        let streams = Streams::new(values.seed, Use::Paths).at_point(point);
        let moments = watch(&motion, &plan, streams, 1 + BINS, |_, x| x[0] = 0.5 * (lo + hi), look);
        (0..=BINS).map(|k| mean(&moments, k, values.seed)).collect::<Vec<Estimate>>()
    };
    let (ito, isothermal) = (run(0.0, 5), run(1.0, 6));
    // p ~ x^-1, x^-1/2, 1.
    let exact = (hi - lo) / (hi / lo).ln();
    let stratonovich = (hi.powf(1.5) - lo.powf(1.5)) / (hi.sqrt() - lo.sqrt()) / 3.0;
    let uniform = 0.5 * (lo + hi);
    let matters = 0.5 * (stratonovich - exact);
    let findings = vec![
        notebook.simulated("stationary mean of x_1, Ito: p ~ 1/D", "", exact, ito[0], matters),
        notebook.misreading("that mean read as Stratonovich's", "", stratonovich, ito[0]),
        notebook.misreading("that mean read as isothermal", "", uniform, ito[0]),
        notebook.simulated(
            "stationary mean of x_1, isothermal: p uniform",
            "",
            uniform,
            isothermal[0],
            matters,
        ),
        notebook.misreading("the isothermal mean read as Ito's", "", exact, isothermal[0]),
    ];
    let curve = |p: &dyn Fn(f64) -> f64| {
        (0..=60_u8).map(|k| lo + (hi - lo) * f64::from(k) / 60.0).map(|x| (x, p(x))).collect::<Vec<_>>()
    };
    let bins = |seen: &[Estimate]| {
        seen[1..]
            .iter()
            .enumerate()
            .map(|(k, e)| (lo + (hi - lo) * (real(k) + 0.5) / real(BINS), *e))
            .collect::<Vec<_>>()
    };
    notebook.draw(
        figure("Where the grain is found", "x_1", "density p")
            .line("Ito: 1/x_1", curve(&|x| 1.0 / (x * (hi / lo).ln())))
            .line("isothermal: uniform", curve(&|_| 1.0 / (hi - lo)))
            .dashed("Stratonovich", curve(&|x| 0.5 / (x.sqrt() * (hi.sqrt() - lo.sqrt()))))
            .points("Ito, simulated", &bins(&ito))
            .points("isothermal, simulated", &bins(&isothermal)),
    );
    Ok(findings)
}

/// The bin of the histogram that holds `x`.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts of floats saturate")]
fn bin(x: f64, lo: f64, hi: f64) -> usize {
    (((x - lo) / (hi - lo) * real(BINS)) as usize).min(BINS - 1)
}

/// The torus, where `D` varies and nothing drifts.
///
/// A step of Euler and Maruyama shifts `x` by an amount that depends on `y` only, so that uniform stays uniform exactly.
fn torus(values: &Values, notebook: &mut Notebook) -> Vec<usize> {
    let a = values.get("contrast");
    let step = move |x: &mut [f64], _: f64, dw: &[f64], _: &mut [f64]| {
        let [first, second] = [x[1], x[0]].map(|angle| (2.0 * (1.0 + a * angle.cos())).sqrt());
        x[0] += first * dw[0];
        x[1] += second * dw[1];
    };
    let plan = Watch { dt: 0.05, before: 30.0, during: 60.0, every: 0.5, paths: draws(values, 3456) };
    let streams = Streams::new(values.seed, Use::Paths).at_point(7);
    let start = |_: &mut _, x: &mut [f64]| x.fill(TAU / 2.0);
    let look = |x: &[f64], out: &mut [f64]| out[0] = x[0].cos();
    let moments = watch(&Motion { dim: 2, noises: 2, step }, &plan, streams, 1, start, look);
    let found = mean(&moments, 0, values.seed);
    // p ~ 1/sqrt(det D): the first coordinate has p ~ (1 + a cos x)^(-1/2).
    let weight = |x: f64| (1.0 + a * x.cos()).powf(-0.5);
    let angles = || (0..256_u16).map(|k| TAU * f64::from(k) / 256.0);
    let wrong = angles().map(|x| x.cos() * weight(x)).sum::<f64>() / angles().map(weight).sum::<f64>();
    vec![
        notebook.simulated(
            "E[cos x] on the torus, where div D = 0: p uniform",
            "",
            0.0,
            found,
            0.5 * wrong.abs(),
        ),
        notebook.misreading("more time at low noise on the torus, p ~ 1/sqrt(det D)", "", wrong, found),
    ]
}

/// Mean and odds of being where the noise is lower, from one place.
fn odds(values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    let mut findings = Vec::new();
    let one_half = |notebook: &mut Notebook,
                    findings: &mut Vec<usize>,
                    name: &str,
                    exact: f64,
                    found: &[Estimate; 2]| {
        let matters = 0.5 * (exact - 0.5).abs();
        findings.push(notebook.simulated(format!("mean of {name} over its start"), "", 1.0, found[0], 0.1));
        let what = format!("chance that {name} is where noise is lower");
        findings.push(notebook.simulated(what, "", exact, found[1], matters));
        findings.push(notebook.misreading(format!("even odds for {name}"), "", 0.5, found[1]));
    };
    let seen = from_one(values, 10, 0.1, |x| (2.0 * x.max(0.0)).sqrt());
    let exact = even(10.0);
    one_half(notebook, &mut findings, "dx = sqrt(2x) dW at t = 0.1 x_0", exact, &seen);
    let sigma = values.get("sigma");
    let seen = from_one(values, 11, 1.0, move |x| sigma * x);
    let exact = Normal::standard().cdf(0.5 * sigma);
    one_half(notebook, &mut findings, "dx = sigma x dW at t = 1", exact, &seen);
    findings.extend(plane(values, notebook)?);
    let times: Vec<f64> = (1..=40_u8).map(|k| 0.025 * f64::from(k)).collect();
    notebook.draw(
        figure("The mean stays, the odds do not", "t", "chance to be below the start")
            .line("dx = sqrt(2x) dW", times.iter().map(|t| (*t, even(1.0 / t))).collect())
            .line(
                "dx = sigma x dW",
                times.iter().map(|t| (*t, Normal::standard().cdf(0.5 * sigma * t.sqrt()))).collect(),
            )
            .dashed("even odds", vec![(0.0, 0.5), (1.0, 0.5)]),
    );
    Ok(findings)
}

/// `(1 + exp(-2 l) I_0(2 l))/2 = (1 + P(N = N'))/2` for Poisson variables of mean `l`.
fn even(l: f64) -> f64 {
    let (mut n, mut weight, mut same) = (0.0, (-l).exp(), 0.0);
    while n < l || weight > 1e-20 {
        same += weight * weight;
        n += 1.0;
        weight *= l / n;
    }
    0.5 * (1.0 + same)
}

/// Mean of `x_t`, and the chance of `x_t < 1`, for `dx = amplitude(x) dW` from 1.
fn from_one(values: &Values, point: u32, time: f64, amplitude: impl Fn(f64) -> f64 + Sync) -> [Estimate; 2] {
    let step = |x: &mut [f64], _: f64, dw: &[f64], _: &mut [f64]| x[0] += amplitude(x[0]) * dw[0];
    let plan =
        Watch { dt: time / 128.0, before: time, during: 0.0, every: time, paths: draws(values, 300_000) };
    let look = |x: &[f64], out: &mut [f64]| (out[0], out[1]) = (x[0], f64::from(u8::from(x[0] < 1.0)));
    let streams = Streams::new(values.seed, Use::Paths).at_point(point);
    let moments = watch(&Motion { dim: 1, noises: 1, step }, &plan, streams, 2, |_, x| x[0] = 1.0, look);
    [0, 1].map(|k| mean(&moments, k, values.seed))
}

/// `D = (1 + c r^2) I` in the plane from `r = 1`: the chance of `r_t < 1`, by the equation of `s = r^2`,
/// `ds = 4 D dt + sqrt(8 s D) dW`.
fn plane(values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    const TIME: f64 = 0.05;
    const BELOW: usize = 150;
    const CELLS: usize = 2400;
    let c = values.get("growth");
    let diffusion = move |s: f64| 1.0 + c * s;
    // The centre of cell BELOW is s = 1.
    let grid = Grid::new(0.0, real(CELLS) / (real(BELOW) + 0.5), CELLS, Walls::REFLECTING)
        .map_err(failed("the grid of r^2"))?;
    let equation = Equation::ito(move |s| 4.0 * diffusion(s), move |s| 4.0 * s * diffusion(s));
    let exact = FiniteVolumes::new(equation, grid)
        .and_then(|volumes| {
            let masses = volumes.evolve(&volumes.point(1.0)?, TIME, 400)?;
            volumes.integral(&masses, |s| f64::from(u8::from(s < 1.0)))
        })
        .map_err(failed("the density of r^2"))?;
    let step = move |x: &mut [f64], _: f64, dw: &[f64], _: &mut [f64]| {
        let amplitude = (2.0 * diffusion(x[0] * x[0] + x[1] * x[1])).sqrt();
        x.iter_mut().zip(dw).for_each(|(x, dw)| *x += amplitude * dw);
    };
    let plan =
        Watch { dt: TIME / 16.0, before: TIME, during: 0.0, every: TIME, paths: draws(values, 300_000) };
    let look = |x: &[f64], out: &mut [f64]| out[0] = f64::from(u8::from(x[0] * x[0] + x[1] * x[1] < 1.0));
    let start = |_: &mut _, x: &mut [f64]| (x[0], x[1]) = (1.0, 0.0);
    let streams = Streams::new(values.seed, Use::Paths).at_point(12);
    let moments = watch(&Motion { dim: 2, noises: 2, step }, &plan, streams, 1, start, look);
    let found = mean(&moments, 0, values.seed);
    let name = "chance that r is below its start 1 in the plane, D = (1 + c r^2) I, t = 0.05";
    Ok(vec![
        notebook.simulated(name, "", exact, found, 0.5 * (exact - 0.5).abs()),
        notebook.misreading("odds of at least one half in the plane", "", 0.5, found),
    ])
}
