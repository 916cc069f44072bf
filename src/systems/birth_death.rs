//! A walk on a chain that leaves state `k` at the rate `lambda_k`, up or down equally likely.
//!
//! ```text
//! p_k lambda_k = p_{k-1} lambda_{k-1}                 the outward hop at an end refused:  p ~ 1/lambda
//! J_{k+1/2} = (p_k lambda_k - p_{k+1} lambda_{k+1})/2    from a uniform start: from high rate to low rate
//! dp_k/dt = J_{k-1/2} - J_{k+1/2} = -p div v          growth where the drift converges
//! ```
//!
//! With a bias `b` hops up have the rate `(1+b) lambda_k/2`, hops down `(1-b) lambda_k/2`, and `p_k lambda_k ~ ((1+b)/(1-b))^k`.
//! If an end hops inward at its whole rate instead of refusing the outward hop, its `p lambda` is half the others'.
//!
//! As the lattice spacing `a` goes to zero, with hops at `lambda(x)/(2 a^2)`, the walk becomes the diffusion `D = lambda/2`
//! read in Ito's sense, `p ~ 1/lambda`, with errors `O(a^2)`.

use super::notebook::{Notebook, count, draws, failed, figure, mean, number, observe, real, whole};
use super::{Outcome, Parameter, System, SystemError, Values};
use crate::density::{DensityError, Equation, FiniteVolumes, Grid, Walls};
use crate::process::{Hopping, HoppingError};
use crate::sampling::{Estimate, Moments, Stream, Streams, Use};
use rand::RngExt;
use std::f64::consts::TAU;

pub(super) const SYSTEM: System = System {
    name: "birth-death",
    title: "A walk on a chain with a rate at each state",
    claim: "A walk that leaves state k at rate lambda_k, up or down equally likely, has p_k lambda_k the same for all k; \
            from a uniform start the first flux goes from high rate to low rate, and probability grows where that drift \
            converges.",
    teaches: "The simplest system in which noise gradients push: no force, no preferred direction at any state, and yet \
              probability gathers where hops are rare, because what arrives stays longer. The flux is there from the \
              first moment, from a uniform start, long before there is any gradient of probability.",
    parameters: &PARAMETERS,
    simulate,
};

const PARAMETERS: [Parameter; 5] = [
    whole("states", "number of states", 12.0, [3.0, 64.0]),
    number("slope", "lambda = 1 + slope x + contrast sin(2 pi waves x), x from 0 to 1", "", 1.0, [0.0, 10.0]),
    number("contrast", "size of the wave of lambda", "", 0.8, [0.0, 0.95]),
    number("waves", "number of waves of lambda", "", 1.5, [0.0, 8.0]),
    number("bias", "b: hops up are (1+b)/(1-b) times as likely as hops down", "", 0.0, [-0.5, 0.5]),
];

/// Hops of a walk in its whole length, over the square of the number of states: ten relaxation times and more.
const LENGTH: f64 = 12.0;

fn simulate(values: &Values) -> Result<Outcome, SystemError> {
    let walk = Walk::new(values)?;
    let mut notebook = Notebook::new();
    let solved = walk.stationary(&mut notebook)?;
    let walked = walk.simulated(values, &mut notebook)?;
    let continuum = walk.continuum(&mut notebook)?;
    let (first, growth) = walk.uniform_start(values, &mut notebook)?;
    notebook.state(
        "C1",
        "true with reflecting ends that refuse the outward hop; an end that hops inward at its whole rate has half",
        &[solved, walked].concat(),
    );
    notebook.state(
        "A6",
        "true on a chain whose rates are those of the state that is left: p ~ 1/lambda",
        &continuum,
    );
    notebook.state(
        "C2",
        "true in one dimension: the first flux is (lambda_k - lambda_{k+1})/2 times the density",
        &first,
    );
    notebook.state(
        "C5",
        "false, the sign: probability grows where the drift converges, dp/dt = -p div v",
        &growth,
    );
    Ok(notebook.finish())
}

struct Walk {
    lambda: Vec<f64>,
    shape: Shape,
    bias: f64,
    /// Unbiased, and biased as asked for.
    even: Hopping,
    biased: Hopping,
}

/// `lambda(x) = 1 + slope x + contrast sin(2 pi waves x)`
#[derive(Clone, Copy)]
struct Shape {
    slope: f64,
    contrast: f64,
    waves: f64,
}

impl Shape {
    fn rate(self, x: f64) -> f64 {
        1.0 + self.slope * x + self.contrast * (TAU * self.waves * x).sin()
    }

    /// At the middles of `states` cells of `[0, 1]`.
    fn rates(self, states: usize) -> Vec<f64> {
        places(states).into_iter().map(|x| self.rate(x)).collect()
    }
}

fn places(states: usize) -> Vec<f64> {
    (0..states).map(|k| (real(k) + 0.5) / real(states)).collect()
}

fn average(p: &[f64], x: &[f64]) -> f64 {
    p.iter().zip(x).map(|(p, x)| p * x).sum::<f64>() / p.iter().sum::<f64>()
}

impl Walk {
    fn new(values: &Values) -> Result<Self, SystemError> {
        let [slope, contrast, waves, bias] =
            ["slope", "contrast", "waves", "bias"].map(|name| values.get(name));
        let shape = Shape { slope, contrast, waves };
        let lambda = shape.rates(count(values, "states"));
        let uneven = lambda.iter().any(|rate| (rate - lambda[0]).abs() > 0.2);
        if !uneven {
            return Err(SystemError::Together(
                "slope and contrast make rates that hardly differ; nothing is to be seen",
            ));
        }
        let bonds = lambda.len() - 1;
        let times = |rates: &[f64], factor: f64| rates.iter().map(|rate| factor * rate).collect::<Vec<_>>();
        let (up, down) =
            (times(&lambda[..bonds], 0.5 * (1.0 + bias)), times(&lambda[1..], 0.5 * (1.0 - bias)));
        let biased = Hopping::chain(&up, &down).map_err(failed("the chain"))?;
        let even = Hopping::symmetric(&lambda).map_err(failed("the chain"))?;
        Ok(Self { lambda, shape, bias, even, biased })
    }

    /// The exact stationary state by two routes, and what it says of `p lambda`.
    fn stationary(&self, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
        let wrong = |error: HoppingError| failed("the stationary state of the chain")(error);
        let solved = self.biased.stationary().map_err(wrong)?;
        let products = self.biased.stationary_by_products().map_err(wrong)?;
        let ratios: Vec<_> = solved.iter().zip(&products).map(|(a, b)| [a / b, 1.0]).collect();
        // A few roundings for each of at most 64 states.
        let bound = 1e-12;
        notebook.identities("p by linear equations over p by products of rates", "", &ratios, bound);
        let even = self.even.stationary().map_err(wrong)?;
        let flow: Vec<f64> = even.iter().zip(&self.lambda).map(|(p, lambda)| p * lambda).collect();
        let steady: Vec<_> = flow.windows(2).map(|f| [f[1] / f[0], 1.0]).collect();
        let refused =
            notebook.identities("p_k lambda_k over p_{k-1} lambda_{k-1}, ends refusing", "", &steady, bound);
        let bonds = self.lambda.len() - 1;
        let mut up: Vec<f64> = self.lambda[..bonds].iter().map(|rate| 0.5 * rate).collect();
        let mut down: Vec<f64> = self.lambda[1..].iter().map(|rate| 0.5 * rate).collect();
        (up[0], down[bonds - 1]) = (self.lambda[0], self.lambda[bonds]);
        let whole = Hopping::chain(&up, &down).and_then(|chain| chain.stationary()).map_err(wrong)?;
        let end = whole[0] * self.lambda[0] / (whole[1] * self.lambda[1]);
        let halved = notebook.identity(
            "the same for an end that hops inward at its whole rate",
            "",
            [end, 0.5],
            bound,
        );
        Ok(vec![refused, halved])
    }

    /// Gillespie's walks beside the exact state and two wrong readings.
    fn simulated(&self, values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
        let states = self.lambda.len();
        let x = places(states);
        let unit = real(states * states) * real(states) / self.lambda.iter().sum::<f64>();
        let streams = Streams::new(values.seed, Use::Paths);
        let run = |(): &mut (), stream: &mut Stream, out: &mut [f64]| {
            let mut path = self.biased.path(states / 2)?;
            path.watch(3.0 * unit, stream, |_| ());
            out.fill(0.0);
            path.watch(LENGTH * unit, stream, |stay| {
                out[0] += x[stay.state] * stay.time / (LENGTH * unit);
                out[1 + stay.state] += stay.time / (LENGTH * unit);
            });
            Ok::<_, HoppingError>(())
        };
        let moments = observe(streams, draws(values, 4608), 1 + states, || Ok(()), run)
            .map_err(failed("walks on the chain"))?;
        let found = mean(&moments, 0, values.seed);
        let ratio = ((1.0 + self.bias) / (1.0 - self.bias)).ln();
        let tilted = |power: f64| {
            let p: Vec<f64> = (self.lambda.iter().enumerate())
                .map(|(k, lambda)| (ratio * (real(k) - real(states))).exp() * lambda.powf(power))
                .collect();
            let total: f64 = p.iter().sum();
            p.into_iter().map(|p| p / total).collect::<Vec<_>>()
        };
        let exact = self.biased.stationary().map_err(failed("the stationary state of the chain"))?;
        let (right, bond, destination) =
            (average(&exact, &x), average(&tilted(0.0), &x), average(&tilted(1.0), &x));
        let matters = 0.5 * (right - bond).abs();
        let findings = vec![
            notebook.simulated("mean place (0 to 1) of walks, p ~ 1/lambda", "", right, found, matters),
            notebook.misreading("rates read as those of the bond, p uniform", "", bond, found),
            notebook.misreading("rates read as those of the destination, p ~ lambda", "", destination, found),
        ];
        self.occupation(values, &moments, &exact, notebook);
        Ok(findings)
    }

    fn occupation(&self, values: &Values, moments: &Moments, exact: &[f64], notebook: &mut Notebook) {
        let at = |p: &[f64]| p.iter().enumerate().map(|(k, p)| (real(k), *p)).collect::<Vec<_>>();
        let seen: Vec<(f64, Estimate)> =
            (0..exact.len()).map(|k| (real(k), mean(moments, 1 + k, values.seed))).collect();
        let uniform = vec![1.0 / real(exact.len()); exact.len()];
        notebook.draw(
            figure("Where the walk is found", "state k", "probability p_k")
                .line("exact: p ~ 1/lambda", at(exact))
                .dashed("uniform", at(&uniform))
                .points("walks", &seen),
        );
    }

    /// The walk tends to the Ito diffusion with `D = lambda/2`, with errors of order 2 in the spacing.
    fn continuum(&self, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
        const TIME: f64 = 0.05;
        let shape = self.shape;
        let wrong = |error: DensityError| failed("the continuum limit")(error);
        let volumes = |cells: usize| {
            let grid = Grid::new(0.0, 1.0, cells, Walls::REFLECTING)?;
            FiniteVolumes::new(Equation::ito(|_| 0.0, move |x| 0.5 * shape.rate(x)), grid)
        };
        let fine = volumes(1024).map_err(wrong)?;
        let settled = fine.stationary().and_then(|state| state.expectation(|x| x)).map_err(wrong)?;
        let relaxed = fine
            .masses(|_| 1.0)
            .and_then(|masses| fine.evolve(&masses, TIME, 512))
            .and_then(|masses| fine.integral(&masses, |x| x))
            .map_err(wrong)?;
        let (mut still, mut moving) = (Vec::new(), Vec::new());
        for states in [24, 48, 96] {
            let (spacing, x) = (1.0 / real(states), places(states));
            let rates: Vec<f64> = shape.rates(states).iter().map(|rate| rate / (spacing * spacing)).collect();
            let chain = Hopping::symmetric(&rates).map_err(failed("a finer chain"))?;
            let p = chain.stationary_by_products().map_err(failed("the state of a finer chain"))?;
            still.push((spacing, (average(&p, &x) - settled).abs()));
            let later =
                chain.evolve(&vec![spacing; states], TIME).map_err(failed("a finer chain in time"))?;
            moving.push((spacing, (average(&later.probabilities, &x) - relaxed).abs()));
        }
        notebook.draw(
            figure("The chain becomes a diffusion", "lattice spacing a", "error of the mean place")
                .logarithmic(true, true)
                .line("stationary", still.clone())
                .line("relaxing, t = 0.05", moving.clone()),
        );
        // The next order is 4; with waves of lambda up to a sixth of the coarsest chain it shows at the coarse end.
        Ok(vec![
            notebook.order("order in a of the stationary mean place", 2.0, &still, 0.35),
            notebook.order("order in a of the mean place on the way there", 2.0, &moving, 0.35),
        ])
    }

    /// First flux and first growth from a uniform start.
    fn uniform_start(
        &self,
        values: &Values,
        notebook: &mut Notebook,
    ) -> Result<(Vec<usize>, Vec<usize>), SystemError> {
        let (lambda, states) = (&self.lambda, self.lambda.len());
        let largest = |size: &dyn Fn(usize) -> f64, range: std::ops::Range<usize>| {
            range.max_by(|a, b| size(*a).abs().total_cmp(&size(*b).abs())).unwrap_or(0)
        };
        let slope = |k: usize| 0.5 * (lambda[k] - lambda[k + 1]);
        let bend = |k: usize| 0.5 * (lambda[k - 1] + lambda[k + 1]) - lambda[k];
        let (bond, state) = (largest(&slope, 0..states - 1), largest(&bend, 1..states - 1));
        let time = 0.5 / lambda.iter().copied().fold(0.0, f64::max);
        // Exact, over the time watched and over a time so short that only the first hop matters.
        let later = |time: f64| {
            let uniform = vec![1.0 / real(states); states];
            let p = self.even.evolve(&uniform, time).map_err(failed("the chain in time"))?.probabilities;
            let rate = |set: &dyn Fn(usize) -> bool| {
                (0..states).filter(|k| set(*k)).map(|k| real(states) * p[k] - 1.0).sum::<f64>() / time
            };
            Ok::<_, SystemError>([rate(&|k| k > bond), rate(&|k| k == state)])
        };
        let (exact, instant) = (later(time)?, later(1e-6 * time)?);
        let streams = Streams::new(values.seed, Use::Paths).at_point(1);
        let run = |(): &mut (), stream: &mut Stream, out: &mut [f64]| {
            let start = stream.random_range(0..states);
            let mut path = self.even.path(start)?;
            path.watch(time, stream, |_| ());
            let change = |set: &dyn Fn(usize) -> bool| {
                let inside = |k: usize| f64::from(u8::from(set(k)));
                (inside(path.state()) - inside(start)) * real(states) / time
            };
            (out[0], out[1]) = (change(&|k| k > bond), change(&|k| k == state));
            Ok::<_, HoppingError>(())
        };
        let moments = observe(streams, draws(values, 2_700_000), 2, || Ok(()), run)
            .map_err(failed("walks from a uniform start"))?;
        let [flux, growth] = [0, 1].map(|k| mean(&moments, k, values.seed));
        // Rounding of 1/states over a time of 1e-7, and the second hop in it.
        let bound = 1e-5 * (1.0 + lambda.iter().sum::<f64>());
        let first = notebook.identity(
            "first flux from a uniform start over the density, against (lambda_k - lambda_{k+1})/2",
            "",
            [instant[0], slope(bond)],
            bound,
        );
        let what = "flux from a uniform start over the density, in the first half of a hop";
        let seen = notebook.simulated(what, "", exact[0], flux, 0.5 * exact[0].abs());
        let still = notebook.misreading("no flux without a gradient of probability", "", 0.0, flux);
        let second = notebook.identity(
            "first growth of p_k over p_k, against minus the divergence of that drift",
            "",
            [instant[1], bend(state)],
            bound,
        );
        let what = "growth of p_k over p_k, in the first half of a hop";
        let grown = notebook.simulated(what, "", exact[1], growth, exact[1].abs());
        let sign = notebook.misreading("growth where the drift diverges", "", -exact[1], growth);
        Ok((vec![first, seen, still], vec![second, grown, sign]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systems::Settings;

    #[test]
    fn rates_that_hardly_differ_are_refused() {
        let flat = Settings::default().with("slope", 0.0).with("contrast", 0.1);
        assert!(matches!(SYSTEM.run(&flat), Err(SystemError::Together(_))), "nothing to see");
    }
}
