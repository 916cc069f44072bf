//! Noisy labels and the valley `ab = c` of two factors: a drift that no mean step shows.
//!
//! The loss is `u = (a b x - y)^2/2` with `y = c x + eps`, `eps = ±s` independent of `x`, `m = E[x^2]`.
//! On the valley `ab = c` every mean vanishes and the noise does not:
//!
//! ```text
//! G = 0,      Sigma = s^2 m (b, a)(b, a)^T,      div Sigma = s^2 m (a, b),      all of it 1/2 grad tr Sigma
//! ```
//!
//! What the noise does not move to first order, `Q = a^2 - b^2`, the drift moves: one step multiplies it *exactly* by
//!
//! ```text
//! 1 - eta^2 q^2,    q = (1/n) sum_i r_i x_i,    r = a b x - y,        v_noise . grad Q = -(eta s^2 m/n) Q
//! ```
//!
//! The law of `E[Q]` that the simulation is put beside follows the displacement `w` normal to the valley to first order
//! (`rho^2 = a^2 + b^2 = sqrt(Q^2 + 4 c^2)`, `m4 = E[x^4]`):
//!
//! ```text
//! K       = m^2 + (m4 - m^2)/n,                     E[q^2] = rho^2 K E[w^2] + s^2 m/n
//! E[w'^2] = (1 - 2 eta rho^2 m + eta^2 rho^4 K) E[w^2] + eta^2 rho^2 s^2 m/n,        Q' = (1 - eta^2 E[q^2]) Q
//! ```
//!
//! It leaves out terms of relative order `E[w^2]/rho^2`, which a run refuses to start with when they are not small.
//! Without label noise (`s = 0`) nothing is left on the valley. At a fixed learning rate SGD does not come to rest under
//! noise, at a decaying one it does: `u = (theta x - y)^2/2`, `x = ±1`, has `V' = (1 - eta)^2 V + eta^2 s^2/n`.

use super::notebook::{
    Notebook, ceiling, count, draws, estimate, failed, figure, mean, number, observe, real, whole,
};
use super::{Outcome, Parameter, System, SystemError, Values};
use crate::data::Data;
use crate::loss::{Builtin, Problem};
use crate::noise;
use crate::process::{ProcessError, SgdPath};
use crate::sampling::{Estimate, Streams, Use};
use crate::sgd::Sgd;

pub(super) const SYSTEM: System = System {
    name: "label-noise",
    title: "Noisy labels on the valley ab = c",
    claim: "On the valley ab = c of u = (a b x - y)^2/2 with label noise of variance s^2 the mean gradient vanishes, \
            div Sigma = s^2 E[x^2] (a, b), and one step multiplies a^2 - b^2 by exactly 1 - eta^2 q^2: the factors \
            balance at the rate eta s^2 E[x^2]/n. Without label noise nothing moves.",
    teaches: "Near a minimum the mean gradient vanishes; whether the noise vanishes too depends on the labels. If every \
              sample can be fitted, both go. If labels are noisy, the covariance stays, and where minima form a valley \
              the drift -(eta/2n) div Sigma is all that moves SGD along it, towards small and balanced factors, although \
              the mean step is zero there. Across the valley SGD keeps jittering with a variance of order eta unless the \
              learning rate decays.",
    parameters: &PARAMETERS,
    simulate,
};

const PARAMETERS: [Parameter; 5] = [
    number("c", "product of the factors on the valley", "", 1.0, [0.1, 4.0]),
    number("noise", "standard deviation s of the labels", "", 0.3, [0.01, 2.0]),
    number("a", "first factor at the start; the second is c/a", "", 2.0, [0.1, 8.0]),
    number("eta", "learning rate", "", 0.05, [0.001, 0.5]),
    whole("n", "batch size", 1.0, [1.0, 64.0]),
];

/// Values of `x`, each with both signs of the noise: eight rows.
const X: [f64; 4] = [-1.5, -0.5, 0.5, 1.5];
/// `E[x^2]`
const M2: f64 = 1.25;
/// `E[x^4]`
const M4: f64 = 2.5625;

/// `E[w^2]/rho^2` up to which the law of `E[Q]` to first order in `E[w^2]` is taken.
const SMALL: f64 = 0.01;

/// Steps that a path takes at most.
const MOST_STEPS: usize = 50_000;

/// Paths of the valley: an error of 1 % of the drift would be seen, more than the terms left out.
const PATHS: usize = 256;

/// Paths of the single parameter.
const SINGLE_PATHS: usize = 9_000;

fn simulate(values: &Values) -> Result<Outcome, SystemError> {
    let valley = Valley::new(values)?;
    let mut notebook = Notebook::new();
    let stays = on_the_valley(&valley, &mut notebook)?;
    let balances = balancing(&valley, values, &mut notebook)?;
    let interpolates = interpolation(&valley, values, &mut notebook)?;
    let rests = coming_to_rest(values, &mut notebook)?;
    notebook.state(
        "E2",
        "true under interpolation; with label noise Sigma stays, and on the valley ab = c so does the drift",
        &[&stays[..], &interpolates[..]].concat(),
    );
    notebook.state(
        "A7",
        "true of the current and of what the noise does not move: on the valley the mean step is zero and a^2 - b^2 \
         decays at the rate of -(eta/2n) div Sigma",
        &balances,
    );
    notebook.state("E2b", "true: stationary variance O(eta); with decaying rates it goes to zero", &rests);
    Ok(notebook.finish())
}

/// The valley and SGD on it.
struct Valley {
    c: f64,
    s: f64,
    start: [f64; 2],
    eta: f64,
    n: f64,
    sgd: Sgd,
    problem: Problem<Builtin>,
}

/// Rows `(x, c x ± s)`.
fn rows(c: f64, s: f64) -> Vec<[f64; 2]> {
    X.iter().flat_map(|&x| [[x, c * x + s], [x, c * x - s]]).collect()
}

fn problem(rows: &[[f64; 2]]) -> Result<Problem<Builtin>, SystemError> {
    let data = Data::from_rows(&["x", "y"], rows).map_err(failed("the rows"))?;
    Problem::new(Builtin::TwoLayerLinear, &data).map_err(failed("the loss on the rows"))
}

impl Valley {
    fn new(values: &Values) -> Result<Self, SystemError> {
        let [c, s, a, eta] = ["c", "noise", "a", "eta"].map(|name| values.get(name));
        let n = count(values, "n");
        let start = [a, c / a];
        let rho2 = a * a + start[1] * start[1];
        if eta * rho2 * X[3] * X[3] >= 1.0 {
            return Err(SystemError::Together(
                "eta (a^2 + c^2/a^2) is too large: SGD would leave the valley",
            ));
        }
        if eta * s * s >= 2.0 * SMALL * real(n) * 2.0 * c {
            return Err(SystemError::Together("eta noise^2/(n c) is too large for a walk along the valley"));
        }
        let sgd = Sgd::new(eta, n).map_err(failed("the settings of SGD"))?;
        Ok(Self { c, s, start, eta, n: real(n), sgd, problem: problem(&rows(c, s))? })
    }

    /// Points of the valley: the start, balanced, and beyond.
    fn points(&self) -> [[f64; 2]; 4] {
        let root = self.c.sqrt();
        [self.start, [root, root], [self.start[1], self.start[0]], [-0.5 * root, -2.0 * root]]
    }

    /// `Q_t/Q_0` for `t = 0, 1, ...` by the law of the module's page, until it is below `end` or the cap is reached.
    fn law(&self, end: f64) -> Vec<f64> {
        let Self { c, s, eta, n, .. } = *self;
        let k = M2 * M2 + (M4 - M2 * M2) / n;
        let start = self.start[0] * self.start[0] - self.start[1] * self.start[1];
        let (mut ratio, mut w2, mut path) = (1.0_f64, 0.0, vec![1.0]);
        while ratio > end && path.len() <= MOST_STEPS {
            let q = ratio * start;
            let rho2 = (q * q + 4.0 * c * c).sqrt();
            let fresh = s * s * M2 / n;
            ratio *= 1.0 - eta * eta * (rho2 * k * w2 + fresh);
            w2 = (1.0 - 2.0 * eta * rho2 * M2 + (eta * rho2).powi(2) * k) * w2 + eta * eta * rho2 * fresh;
            path.push(ratio);
        }
        path
    }
}

/// What is exact on the valley: `G = 0`, `div Sigma` and its halves, the rate of `Q`.
fn on_the_valley(valley: &Valley, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    let Valley { s, eta, n, sgd, problem, .. } = valley;
    let (mut gradient, mut div, mut second, mut rate) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut largest = 1.0_f64;
    for theta in valley.points() {
        let drift = noise::drift(problem, &theta, sgd).map_err(failed("the drift on the valley"))?;
        let [a, b] = theta;
        for (i, factor) in theta.iter().enumerate() {
            gradient.push([drift.moments.gradient[i], 0.0]);
            div.push([drift.div_sigma[i], s * s * M2 * factor]);
            second.push([drift.moments.cov_g_tr_hess[i], 0.0]);
            largest = largest.max(factor.abs());
        }
        let along = 2.0 * (a * drift.v_noise[0] - b * drift.v_noise[1]);
        rate.push([along, -eta * s * s * M2 / n * (a * a - b * b)]);
    }
    // Every term is a product of at most four of a, b, x, c, s; a hundred roundings of the largest such product.
    let bound = 100.0 * f64::EPSILON * largest.powi(3) * (1.0 + s * s) * (1.0 + valley.c);
    Ok(vec![
        notebook.identities("mean gradient G on the valley, against 0", "", &gradient, bound),
        notebook.identities("div Sigma against s^2 m (a, b)", "", &div, bound),
        notebook.identities("second half Cov(g, tr H) on the valley, against 0", "", &second, bound),
        notebook.identities("v_noise . grad(a^2 - b^2) against -(eta s^2 m/n)(a^2 - b^2)", "", &rate, bound),
        one_step(valley, notebook)?,
    ])
}

/// `(a'^2 - b'^2) = (1 - eta^2 r^2 x^2)(a^2 - b^2)` for real steps of one sample, for every row and several points.
fn one_step(valley: &Valley, notebook: &mut Notebook) -> Result<usize, SystemError> {
    let eta = valley.eta;
    let single = Sgd::new(eta, 1).map_err(failed("the settings of SGD"))?;
    let mut stream = Streams::new(0, Use::Steps).block(0);
    let (mut pairs, mut largest) = (Vec::new(), 1.0_f64);
    for row in rows(valley.c, valley.s) {
        let alone = problem(&[row])?;
        for theta in valley.points().into_iter().chain([[1.5, -0.25], [-0.75, 0.5]]) {
            let mut path = SgdPath::new(&alone, &single, &theta).map_err(failed("a step"))?;
            path.step(&mut stream).map_err(failed("a step"))?;
            let ([a, b], [x, y], after) = (theta, row, path.theta());
            let q = (a * b * x - y) * x;
            let found = after[0] * after[0] - after[1] * after[1];
            pairs.push([found, (1.0 - eta * eta * q * q) * (a * a - b * b)]);
            largest = largest.max(a * a + b * b).max((1.0 + (eta * q).powi(2)) * (a * a + b * b));
        }
    }
    let what = "a^2 - b^2 after one step of one sample, against (1 - eta^2 r^2 x^2)(a^2 - b^2)";
    Ok(notebook.identities(what, "", &pairs, 20.0 * f64::EPSILON * largest))
}

/// The time to balance: `E[Q]` of real paths when the law has halved it.
fn balancing(valley: &Valley, values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    let law = valley.law(0.5);
    let steps = law.len() - 1;
    let start = valley.start[0] * valley.start[0] - valley.start[1] * valley.start[1];
    if start.abs() < 0.1 * valley.c {
        return Err(SystemError::Together("a^2 and (c/a)^2 are nearly equal: nothing is left to balance"));
    }
    let looks: Vec<usize> = (1..=8).map(|k| steps * k / 8).collect();
    let seen = observe(
        Streams::new(values.seed, Use::Paths),
        draws(values, PATHS),
        looks.len(),
        || SgdPath::new(&valley.problem, &valley.sgd, &valley.start),
        |path, stream, out| {
            path.restart(&valley.start);
            let mut at = 0;
            for (&look, out) in looks.iter().zip(out) {
                for _ in at..look {
                    path.step(stream).map_err(ProcessError::from)?;
                }
                at = look;
                *out = (path.theta()[0].powi(2) - path.theta()[1].powi(2)) / start;
            }
            Ok(())
        },
    )
    .map_err(failed("SGD on the valley"))?;
    let found: Vec<Estimate> = (0..looks.len()).map(|k| mean(&seen, k, values.seed)).collect();
    let last = found[looks.len() - 1];
    let end = law[steps];
    let curve = |power: f64| {
        (0..=64).map(|k| (real(steps * k / 64), law[steps * k / 64].powf(power))).collect::<Vec<_>>()
    };
    let estimates: Vec<(f64, Estimate)> = looks.iter().map(|&t| real(t)).zip(found).collect();
    notebook.draw(
        figure("Balance of the factors under label noise", "steps", "E[a^2 - b^2] / start")
            .line("drift -(eta/2n) div Sigma", curve(1.0))
            .dashed("mean step alone: 0", vec![(0.0, 1.0), (real(steps), 1.0)])
            .dashed("seen from the destination: twice the drift", curve(2.0))
            .points("SGD", &estimates),
    );
    let what = format!("E[a^2 - b^2] / start after {steps} steps");
    Ok(vec![
        notebook.simulated(what.clone(), "", end, last, 0.1),
        notebook.misreading(format!("{what}, if the mean step -eta G = 0 were all"), "", 1.0, last),
        notebook.misreading(
            format!("{what}, at twice the drift (destination for midpoint)"),
            "",
            end * end,
            last,
        ),
        notebook.misreading(format!("{what}, at half the drift"), "", end.sqrt(), last),
    ])
}

/// Without label noise nothing is left on the valley: `Sigma`, both halves, and every step.
fn interpolation(
    valley: &Valley,
    values: &Values,
    notebook: &mut Notebook,
) -> Result<Vec<usize>, SystemError> {
    let clean = problem(&rows(valley.c, 0.0))?;
    let (mut sizes, mut largest) = (Vec::new(), 1.0_f64);
    for theta in valley.points() {
        let drift = noise::drift(&clean, &theta, &valley.sgd).map_err(failed("the drift on the valley"))?;
        let sigma = noise::covariance(&clean, &theta).map_err(failed("Sigma on the valley"))?;
        let moments = &drift.moments;
        let all = moments.half_grad_tr_sigma.iter().chain(moments.cov_g_tr_hess.iter()).chain(sigma.iter());
        sizes.extend(all.map(|x| [*x, 0.0]));
        largest = largest.max(theta[0].abs()).max(theta[1].abs());
    }
    // a b x - c x is at most a rounding of c x where ab = c to a rounding; it enters every term once more.
    let bound = 100.0 * f64::EPSILON * largest.powi(3) * (1.0 + valley.c);
    let mut path = SgdPath::new(&clean, &valley.sgd, &valley.start).map_err(failed("SGD on the valley"))?;
    let mut stream = Streams::new(values.seed, Use::Paths).at_point(1).block(0);
    for _ in 0..1000 {
        path.step(&mut stream).map_err(failed("SGD on the valley"))?;
    }
    let moved: Vec<[f64; 2]> = path.theta().iter().zip(valley.start).map(|(x, y)| [*x, y]).collect();
    Ok(vec![
        notebook.identities(
            "Sigma and both halves of div Sigma without label noise, against 0",
            "",
            &sizes,
            bound,
        ),
        notebook.identities("where 1000 steps without label noise end, against the start", "", &moved, bound),
    ])
}

/// One parameter, `u = (theta x - y)^2/2`, `x = ±1`, `y = ±s`: the variance at fixed and at decaying learning rates.
fn coming_to_rest(values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    let (s, n) = (values.get("noise"), count(values, "n"));
    let data = Data::from_rows(&["x", "y"], &[[1.0, s], [1.0, -s], [-1.0, s], [-1.0, -s]])
        .map_err(failed("the rows"))?;
    let problem =
        Problem::new(Builtin::Linear { features: 1 }, &data).map_err(failed("the loss on the rows"))?;
    let single = Single { problem, s, n };
    let (mut found, mut ladder, mut exact) = (Vec::new(), Vec::new(), Vec::new());
    let mut findings = Vec::new();
    for (k, eta) in (2..).zip([0.32, 0.16, 0.08, 0.04]) {
        let stationary = eta * s * s / (real(n) * (2.0 - eta));
        // (1 - eta)^(2 steps) below 1e-4: what is left of the start is far below the standard error.
        let [variance] = single.run(values, k, [(eta, ceiling(5.0 / eta))])?;
        let what = format!("stationary variance at the fixed learning rate {eta}");
        findings.push(notebook.simulated(what, "", stationary, variance, 0.3 * stationary));
        ladder.push((eta, variance.value));
        found.push((eta, variance));
        exact.push((eta, stationary));
    }
    // The slope of log(eta/(2 - eta)) is 1 + eta/(2 - eta), at most 1.19 here; the variances' own errors give 0.05.
    findings.push(notebook.order("order of the stationary variance in eta", 1.0, &ladder, 0.25));
    let stages: [(f64, usize); 5] = [(0.32, 40), (0.16, 80), (0.08, 160), (0.04, 320), (0.02, 640)];
    let decaying = single.run(values, 9, stages)?;
    let mut variance = 0.0;
    let mut after = Vec::new();
    for ((eta, steps), seen) in stages.iter().zip(decaying) {
        for _ in 0..*steps {
            variance = (1.0 - eta) * (1.0 - eta) * variance + eta * eta * s * s / real(n);
        }
        after.push((*eta, variance, seen));
    }
    let (_, end, last) = after[stages.len() - 1];
    let stuck = exact[0].1;
    findings.push(notebook.simulated(
        "variance after four halvings of the learning rate",
        "",
        end,
        last,
        0.3 * end,
    ));
    findings.push(notebook.misreading(
        "the same, if it stayed that of the first learning rate",
        "",
        stuck,
        last,
    ));
    let decayed: Vec<(f64, Estimate)> = after.iter().map(|(eta, _, seen)| (*eta, *seen)).collect();
    notebook.draw(
        figure("SGD does not come to rest at a fixed learning rate", "learning rate", "variance of theta")
            .logarithmic(true, true)
            .line("eta s^2/(n (2 - eta))", exact)
            .points("fixed rate", &found)
            .points("decaying, at the end of each stage", &decayed),
    );
    Ok(findings)
}

struct Single {
    problem: Problem<Builtin>,
    s: f64,
    n: usize,
}

impl Single {
    /// The variance about the minimum 0 at the end of each stage of a learning rate and a number of steps, from 0.
    fn run<const K: usize>(
        &self,
        values: &Values,
        point: u32,
        stages: [(f64, usize); K],
    ) -> Result<[Estimate; K], SystemError> {
        let sgds: Vec<Sgd> = stages
            .iter()
            .map(|(eta, _)| Sgd::new(*eta, self.n))
            .collect::<Result<_, _>>()
            .map_err(failed("the settings of SGD"))?;
        let workspace = || sgds.iter().map(|sgd| SgdPath::new(&self.problem, sgd, &[0.0])).collect();
        let run = |paths: &mut Vec<SgdPath<'_, Builtin>>, stream: &mut _, out: &mut [f64]| {
            let mut theta = 0.0;
            for ((path, (_, steps)), out) in paths.iter_mut().zip(stages).zip(out) {
                path.restart(&[theta]);
                for _ in 0..steps {
                    path.step(stream).map_err(ProcessError::from)?;
                }
                theta = path.theta()[0];
                // In units of s^2, so that no square underflows.
                *out = (theta / self.s).powi(2);
            }
            Ok(())
        };
        let streams = Streams::new(values.seed, Use::Paths).at_point(point);
        let seen = observe(streams, draws(values, SINGLE_PATHS), K, workspace, run)
            .map_err(failed("SGD with one parameter"))?;
        let unit = self.s * self.s;
        Ok(std::array::from_fn(|k| {
            let square = mean(&seen, k, values.seed);
            estimate(square.value * unit, square.standard_error * unit, square.draws, values.seed)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systems::{Evidence, Settings};

    fn values(settings: &Settings) -> Values {
        SYSTEM.check(settings).unwrap()
    }

    #[test]
    fn a_short_step_factor_that_lost_its_square_is_caught() {
        let valley = Valley::new(&values(&Settings::default())).unwrap();
        let mut notebook = Notebook::new();
        one_step(&valley, &mut notebook).unwrap();
        let Evidence::Identity { left, right, bound } = notebook.finish().findings[0].evidence else {
            panic!("an identity")
        };
        assert!((left - right).abs() <= bound, "{left} and {right}");
        // The lie 1 - 2 eta^2 q^2 differs by eta^2 q^2 |Q|, here at least 1e-5 somewhere, far above the bound.
        assert!(bound < 1e-12, "the bound {bound:e} would let a lie pass");
    }

    #[test]
    fn the_law_halves_in_the_time_of_the_drift() {
        let valley = Valley::new(&values(&Settings::default())).unwrap();
        let rate = valley.eta.powi(2) * valley.s.powi(2) * M2 / valley.n;
        let steps = real(valley.law(0.5).len() - 1);
        // E[q^2] exceeds s^2 m/n by about eta rho^2 K/(2 m), an eighth here at most: shorter by that, not more.
        let drift_alone = 0.5_f64.ln() / (-rate).ln_1p();
        assert!(steps < drift_alone && steps > 0.8 * drift_alone, "{steps} against {drift_alone}");
    }

    #[test]
    fn settings_that_leave_the_valley_are_refused() {
        for settings in [
            Settings::default().with("eta", 0.5),
            Settings::default().with("noise", 2.0),
            Settings::default().with("a", 1.0),
        ] {
            assert!(matches!(SYSTEM.run(&settings), Err(SystemError::Together(_))), "{settings:?}");
        }
    }
}
