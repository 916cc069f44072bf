//! Finite steps and reshuffled epochs as forces: what each equation of SGD is worth, by exact moments and enumeration.
//!
//! **Weak orders**. From the same start to the same time `T`, how fast do `E theta` and `E theta^2` of an equation
//! approach those of SGD as `eta` goes to zero? Exactly computed for affine gradients:
//!
//! | equation | order |
//! |---|---|
//! | gradient flow, no noise; with the noise of SGD; with twice its covariance | 1 |
//! | drift `-grad(f + eta/4 |grad f|^2)` and the noise of SGD | 2 |
//! | that drift without noise; with the other sign; with `eta/2` for `eta/4` | 1 |
//!
//! **Epochs.** All shuffles of six samples, enumerated: the mean end of an epoch of `m = N/n` steps against the flow, for
//! time `m eta`, of
//!
//! ```text
//! f + eta/4 |grad f|^2 + k eta/(4n) (N-n)/(N-1) tr Sigma
//! ```
//!
//! The error is of third order in `eta` for `k = 1` and of second for 0, 2, or the whole `div Sigma` in place of
//! `1/2 grad tr Sigma`. With replacement it is the other way round: `k = 0` is right. Ends of different shuffles differ by
//! `O(eta^2)`, of draws with replacement by `O(eta)`: a reshuffled epoch has no diffusion of order `eta`. One parameter is
//! done in rational arithmetic, two factors (`u = (a b x - y)^2/2`) in `f64`.

use super::affine::{AffineGradient, Equation, Samples};
use super::epochs::{self, Epoch, ROWS, WRONG};
use super::notebook::{Notebook, count, draws, failed, figure, fitted_order, mean, number, observe, whole};
use super::{Figure, Outcome, Parameter, System, SystemError, Values};
use crate::data::{Columns, Data};
use crate::loss::{Builtin, Loss, Problem};
use crate::noise;
use crate::process::{ProcessError, SgdPath};
use crate::sampling::{Estimate, Streams, Use};
use crate::sgd::Sgd;
use nalgebra::DVector;

pub(super) const SYSTEM: System = System {
    name: "implicit-regularisation",
    title: "Finite steps and reshuffled epochs as forces",
    claim: "SGD is the equation with drift -grad(f + eta/4 |grad f|^2) and its noise to weak order 2, and either of them \
            alone to order 1 only. The mean of a reshuffled epoch follows f + eta/4 |grad f|^2 + eta/(4n) (N-n)/(N-1) tr \
            Sigma; with replacement the last term is absent.",
    teaches: "Three effects of the same order in the learning rate are often taken for one another. Finite steps follow a \
              modified loss, with or without noise. Reshuffling adds a force on the mean path, minus the gradient of the \
              variance. Drawing with replacement has no such force, but a diffusion, and its drift in the current: one \
              half of that drift looks like the force of reshuffling, the other half does not, and a reshuffled epoch has \
              no diffusion of that order.",
    parameters: &PARAMETERS,
    simulate,
};

const PARAMETERS: [Parameter; 2] = [
    number("start", "parameter at the start", "", 1.25, [0.5, 4.0]),
    whole("n", "batch size of the epochs; it divides 6", 1.0, [1.0, 3.0]),
];

/// Rows `alpha, beta` of the per-sample gradients `alpha theta + beta`, exact in binary: `u = x theta^2/2`.
const MULTIPLICATIVE: [[f64; 2]; 4] = [[0.5, 0.0], [1.0, 0.0], [2.5, 0.0], [0.25, 0.0]];
/// `u = x (theta - x)^2`
const SHIFTED: [[f64; 2]; 4] = [[1.0, -0.5], [2.0, -2.0], [3.0, -4.5], [0.5, -0.125]];

/// Paths of SGD beside the equations.
const PATHS: usize = 36_000;

fn simulate(values: &Values) -> Result<Outcome, SystemError> {
    let n = count(values, "n");
    if !ROWS.is_multiple_of(n) {
        return Err(SystemError::Together("n must divide the six samples of an epoch: 1, 2 or 3"));
    }
    let mut notebook = Notebook::new();
    let orders = weak_orders(values, &mut notebook);
    let seen = beside_sgd(values, &mut notebook)?;
    let (mut force, mut same) = (Vec::new(), Vec::new());
    let single = epochs::one_parameter(values.get("start"), n)?;
    judge_epochs(&single, "one parameter", &mut notebook, &mut force, &mut same);
    judge_epochs(&epochs::two_factors(n)?, "two factors", &mut notebook, &mut force, &mut same);
    notebook.draw(epochs_figure(&single));
    notebook.state(
        "F1",
        "true: finite steps give -(eta/2) Hbar G, with noise and without; weak order 2 needs it",
        &[&orders[..], &seen[..], &force[..]].concat(),
    );
    notebook.state(
        "F2",
        "false: the mean of reshuffled epochs follows -(eta/4n) (N-n)/(N-1) grad tr Sigma, one half of the drift; the whole \
         is wrong there, and reshuffling has no diffusion of order eta",
        &same,
    );
    notebook.state(
        "A3",
        "true to weak order 1, which the gradient flow has with any noise and with none; order 2 needs the noise of SGD and \
         the drift of F1",
        &orders,
    );
    notebook.state(
        "A8",
        "false: without -(eta/2) Hbar G the error is of first order in eta",
        &[orders[1], seen[1], seen[3]],
    );
    Ok(notebook.finish())
}

/// Equations with their names and weak orders.
const EQUATIONS: [(&str, f64, f64, f64); 7] = [
    ("the gradient flow without noise", 0.0, 0.0, 1.0),
    ("the gradient flow with the noise of SGD", 0.0, 1.0, 1.0),
    ("the gradient flow with twice the noise of SGD", 0.0, 2.0, 1.0),
    ("the drift -grad(f + eta/4 |grad f|^2) with the noise of SGD", 0.5, 1.0, 2.0),
    ("that drift without noise", 0.5, 0.0, 1.0),
    ("that drift with eta/2 for eta/4", 1.0, 1.0, 1.0),
    ("that drift with the other sign", -0.5, 1.0, 1.0),
];

/// Fitted weak orders of every equation at `T = 1`.
fn weak_orders(values: &Values, notebook: &mut Notebook) -> Vec<usize> {
    let start = values.get("start");
    let both = [("u = x theta^2/2", MULTIPLICATIVE), ("u = x (theta - x)^2", SHIFTED)];
    let mut findings = Vec::new();
    for (loss, rows) in both {
        let samples = Samples::new(&rows);
        let mut drawn = figure(
            &format!("Weak orders of the equations of SGD, {loss}"),
            "learning rate",
            "error of (E theta, E theta^2) at T = 1",
        )
        .logarithmic(true, true);
        for (name, finite_step, noise, order) in EQUATIONS {
            let ladder: Vec<(f64, f64)> = [128_u32, 256, 512, 1024]
                .iter()
                .map(|&steps| {
                    let eta = 1.0 / f64::from(steps);
                    let sgd = samples.sgd(start, [eta, 1.0], steps);
                    let equation = Equation { finite_step, noise };
                    let found = samples.equation(equation, start, [eta, 1.0], 1.0);
                    (eta, (sgd[0] - found[0]).hypot(sgd[1] - found[1]))
                })
                .collect();
            // The next order adds a few eta (up to 1/128) times a ratio of coefficients below 10 to the slope.
            findings.push(notebook.order(format!("{loss}: weak order of {name}"), order, &ladder, 0.1));
            drawn = drawn.line(name, ladder);
        }
        notebook.draw(drawn);
    }
    findings
}

/// Real SGD beside both equations: multiplicative noise, and least squares on real data.
fn beside_sgd(values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    let (start, steps) = (values.get("start"), 16_u32);
    let eta = 1.0 / f64::from(steps);
    let data = Data::from_rows(&["alpha", "beta"], &MULTIPLICATIVE).map_err(failed("the rows"))?;
    let problem = Problem::new(AffineGradient, &data).map_err(failed("the loss on the rows"))?;
    let sgd = Sgd::new(eta, 1).map_err(failed("the settings of SGD"))?;
    let found = end(values, 0, &Run { problem: &problem, sgd, start: &[start], steps }, |theta| theta[0])?;
    let samples = Samples::new(&MULTIPLICATIVE);
    let exact = samples.sgd(start, [eta, 1.0], steps);
    let at = |finite_step| samples.equation(Equation { finite_step, noise: 1.0 }, start, [eta, 1.0], 1.0)[0];
    let what = "u = x theta^2/2: E theta after 16 steps of 1/16";
    let gap = (at(0.0) - exact[0]).abs();
    let mut findings = vec![
        notebook.simulated(format!("{what}, against the exact moment"), "", exact[0], found, gap),
        notebook.misreading(format!("{what}, if -(eta/2) Hbar G were dropped"), "", at(0.0), found),
    ];
    findings.extend(least_squares(values, notebook)?);
    Ok(findings)
}

/// Least squares on three features of the wine data: along the eigenvector `v` of the largest eigenvalue `l` of `Hbar`,
/// `E v.(theta - theta*)` shrinks by `(1 - eta l)^k`; the gradient flow has `exp(-k eta l)`, the modified one
/// `exp(-k eta (l + eta l^2/2))`.
fn least_squares(values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    let columns =
        Columns::default().with_features(["alcohol", "flavanoids", "proline"]).with_target("target");
    let data = Data::wine().select(&columns).and_then(Data::standardized).map_err(failed("the wine data"))?;
    let problem = Problem::new(Builtin::Linear { features: 3 }, &data).map_err(failed("least squares"))?;
    let zero = [0.0; 3];
    let hessian = noise::mean_hessian(&problem, &zero).map_err(failed("the Hessian"))?;
    let one = Sgd::new(1.0, 1).map_err(failed("the settings of SGD"))?;
    let gradient = noise::drift(&problem, &zero, &one).map_err(failed("the gradient"))?.moments.gradient;
    let eigen = hessian.symmetric_eigen();
    let largest = eigen.eigenvalues.imax();
    let (l, v) = (eigen.eigenvalues[largest], eigen.eigenvectors.column(largest).into_owned());
    // v . theta* = -v . G(0)/l; the start is 3 v from there along v.
    let star = -v.dot(&gradient) / l;
    let start: Vec<f64> = (&v * (star + 3.0)).iter().copied().collect();
    let (eta, steps) = (0.3 / l, 8_u32);
    let sgd = Sgd::new(eta, 8).map_err(failed("the settings of SGD"))?;
    let run = Run { problem: &problem, sgd, start: &start, steps };
    let found = end(values, 1, &run, |theta| v.dot(&DVector::from_row_slice(theta)) - star)?;
    let k = f64::from(steps);
    let [exact, flow, modified] =
        [k * (-eta * l).ln_1p(), -k * eta * l, -k * eta * l * (1.0 + 0.5 * eta * l)].map(|x| 3.0 * x.exp());
    let what = "wine, least squares: E v.(theta - theta*) after 8 steps";
    notebook.draw(
        figure("Finite steps on real data", "steps", "E v.(theta - theta*)")
            .line("(1 - eta l)^k", curve(k, |k| 3.0 * (k * (-eta * l).ln_1p()).exp()))
            .line("modified flow", curve(k, |k| 3.0 * (-k * eta * l * (1.0 + 0.5 * eta * l)).exp()))
            .dashed("gradient flow", curve(k, |k| 3.0 * (-k * eta * l).exp()))
            .points("SGD", &[(k, found)]),
    );
    Ok(vec![
        notebook.simulated(
            format!("{what}, against the exact mean"),
            "",
            exact,
            found,
            0.5 * (flow - exact).abs(),
        ),
        notebook.misreading(format!("{what}, by the gradient flow"), "", flow, found),
        // l + eta l^2/2 are the first two terms of -log(1 - eta l)/eta; the rest is below eta^2 l^3/(3 (1 - eta l)).
        notebook.identity(
            "the same by the modified flow, logarithm against the exact one",
            "",
            [modified.ln(), exact.ln()],
            k * (eta * l).powi(3) / (3.0 * (1.0 - eta * l)),
        ),
    ])
}

fn curve(end: f64, of: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
    (0..=32).map(|k| f64::from(k) / 32.0 * end).map(|x| (x, of(x))).collect()
}

/// SGD from a start for some steps.
struct Run<'a, L> {
    problem: &'a Problem<L>,
    sgd: Sgd,
    start: &'a [f64],
    steps: u32,
}

/// The mean of something where the paths of a run end.
fn end<L: Loss>(
    values: &Values,
    point: u32,
    run: &Run<'_, L>,
    of: impl Fn(&[f64]) -> f64 + Sync + Send,
) -> Result<Estimate, SystemError> {
    let streams = Streams::new(values.seed, Use::Paths).at_point(point);
    let workspace = || SgdPath::new(run.problem, &run.sgd, run.start);
    let seen = observe(streams, draws(values, PATHS), 1, workspace, |path, stream, out| {
        path.restart(run.start);
        for _ in 0..run.steps {
            path.step(stream).map_err(ProcessError::from)?;
        }
        out[0] = of(path.theta());
        Ok(())
    })
    .map_err(failed("SGD beside the equations"))?;
    Ok(mean(&seen, 0, values.seed))
}

fn judge_epochs(
    epochs: &[Epoch],
    what: &str,
    notebook: &mut Notebook,
    force: &mut Vec<usize>,
    same: &mut Vec<usize>,
) {
    let ladder = |of: &dyn Fn(&Epoch) -> f64| epochs.iter().map(|e| (e.eta, of(e))).collect::<Vec<_>>();
    // m eta is at most 6/256; the next order changes a slope by a few times that.
    let order = |notebook: &mut Notebook, name: String, claimed, ladder: &[(f64, f64)]| {
        notebook.order(format!("{what}: order in eta of the error of {name}"), claimed, ladder, 0.2)
    };
    let right = order(notebook, "the mean over all shuffles".into(), 3.0, &ladder(&|e| e.shuffled));
    force.push(right);
    same.push(right);
    for (k, (name, _)) in WRONG.iter().enumerate() {
        let finding =
            order(notebook, format!("the mean over all shuffles {name}"), 2.0, &ladder(&|e| e.wrong[k]));
        if k == 2 { force.push(finding) } else { same.push(finding) }
    }
    same.push(order(
        notebook,
        "the mean with replacement, no term in tr Sigma".into(),
        3.0,
        &ladder(&|e| e.replaced[0]),
    ));
    same.push(order(
        notebook,
        "the mean with replacement, with that term".into(),
        2.0,
        &ladder(&|e| e.replaced[1]),
    ));
    for (k, (name, claimed)) in [("over all shuffles", 4.0), ("with replacement", 2.0)].iter().enumerate() {
        let ladder = ladder(&|e| e.variance[k]);
        same.push(notebook.order(
            format!("{what}: order in eta of the variance of the end {name}"),
            *claimed,
            &ladder,
            0.2,
        ));
    }
}

fn epochs_figure(epochs: &[Epoch]) -> Figure {
    let ladder = |of: &dyn Fn(&Epoch) -> f64| epochs.iter().map(|e| (e.eta, of(e))).collect::<Vec<_>>();
    let right = ladder(&|e| e.shuffled);
    let drawn = figure("One epoch, all shuffles enumerated", "learning rate", "distance from the flow")
        .logarithmic(true, true)
        .line(&format!("all three terms, slope {:.2}", fitted_order(&right)), right)
        .line("with replacement, without tr Sigma", ladder(&|e| e.replaced[0]))
        .dashed("with replacement, with tr Sigma", ladder(&|e| e.replaced[1]));
    WRONG.iter().enumerate().fold(drawn, |drawn, (k, (name, _))| drawn.dashed(name, ladder(&|e| e.wrong[k])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systems::{Found, Settings};

    #[test]
    fn larger_batches_hold_too() {
        for n in [2.0, 3.0] {
            let outcome = SYSTEM.run(&Settings::default().with_quick(true).with("n", n)).unwrap();
            assert_eq!(outcome.verdict(), Found::Holds, "n = {n}: {:#?}", outcome.findings);
        }
    }
}
