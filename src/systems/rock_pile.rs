//! A pile of rocks: a diffusion that varies from place to place without any difference of temperature.
//!
//! Hops between sites `a` apart have the rate `D/a^2`, with `D` evaluated at the site left, half way, or at the site reached:
//!
//! ```text
//! source        p ~ 1/D        hot and cold: who leaves decides
//! bond          p uniform      rocks: the way between two sites is as narrow in one direction as in the other
//! destination   p ~ D
//! ```
//!
//! All three are equilibria, without a current. With a mobility `m` of the bond and a temperature `T` of the source,
//! `w(k -> k±1) = m(x_k ± a/2) T(x_k)/a^2`, the state is `p ~ 1/T` whatever `m`: there the temperature pushes.

use super::notebook::{Notebook, count, draws, failed, figure, mean, number, observe, real, scaled, whole};
use super::{Outcome, Parameter, System, SystemError, Values};
use crate::convention::{Convention, RatePoint};
use crate::density::{Equation, FiniteVolumes, Grid, Walls};
use crate::process::{Hopping, HoppingError, Stay};
use crate::sampling::{Estimate, Stream, Streams, Use};
use rand::RngExt;
use std::f64::consts::TAU;

pub(super) const SYSTEM: System = System {
    name: "rock-pile",
    title: "A pile of rocks at one temperature, and a gradient of temperature",
    claim: "Where D varies because the way is obstructed, at one temperature, rates are those of the bond: the density is \
            uniform and nothing flows, although D varies. Where it varies because the temperature does, rates are those of \
            the site left, and the density is lower where it is hot.",
    teaches: "That the noise varies does not yet say whether anything drifts; one has to know why it varies. Molecules \
              enter a pile of rocks no faster than they leave it, since each gap is as narrow from either side. Hot \
              molecules enter a cold region faster than cold ones leave it, since speed belongs to where one comes from. \
              The same D(x) stands in both; the rates differ in where D is evaluated.",
    parameters: &PARAMETERS,
    simulate,
};

const PARAMETERS: [Parameter; 4] = [
    whole("sites", "number of sites", 16.0, [4.0, 48.0]),
    number("slope", "D = 1 + slope x + contrast sin(3 x), x from 0 to 2", "", 0.25, [0.0, 5.0]),
    number("contrast", "size of the wave of D", "", 0.6, [0.2, 0.9]),
    number("hot", "temperature of the hot side over that of the cold side", "", 2.0, [1.2, 10.0]),
];

/// Length of the chain.
const LENGTH: f64 = 2.0;

/// The three places at which a rate can be evaluated, with the power of `D` that they lead to.
const POINTS: [(&str, RatePoint, f64); 3] = [
    ("source", RatePoint::Source, -1.0),
    ("bond", RatePoint::Bond, 0.0),
    ("destination", RatePoint::Destination, 1.0),
];

fn simulate(values: &Values) -> Result<Outcome, SystemError> {
    let pile = Pile::new(values);
    let mut notebook = Notebook::new();
    let uniform = pile.three_rates(values, &mut notebook)?;
    let still = pile.no_current(values, &mut notebook)?;
    let gradient = pile.temperature(values, &mut notebook)?;
    let doors = pile.doors(values, &mut notebook)?;
    notebook.state(
        "B1",
        "true: with isothermal noise, or rates of the bond, the density is uniform and nothing flows, although D varies; a \
         gradient of temperature does make one of concentration",
        &[uniform, still, gradient].concat(),
    );
    notebook.state(
        "B2",
        "true: with source rates hot molecules enter the cold side faster than cold ones leave it; with bond rates as many \
         enter a pile of rocks as leave it",
        &doors,
    );
    Ok(notebook.finish())
}

#[derive(Clone, Copy)]
struct Pile {
    sites: usize,
    spacing: f64,
    slope: f64,
    contrast: f64,
    hot: f64,
}

impl Pile {
    fn new(values: &Values) -> Self {
        let sites = count(values, "sites");
        let [slope, contrast, hot] = ["slope", "contrast", "hot"].map(|name| values.get(name));
        Self { sites, spacing: LENGTH / real(sites), slope, contrast, hot }
    }

    fn diffusion(&self, x: f64) -> f64 {
        1.0 + self.slope * x + self.contrast * (3.0 * x).sin()
    }

    fn place(&self, site: usize) -> f64 {
        (real(site) + 0.5) * self.spacing
    }

    /// The mean place for a density `p(x)` at the sites.
    fn average(&self, p: impl Fn(f64) -> f64) -> f64 {
        let x: Vec<f64> = (0..self.sites).map(|k| self.place(k)).collect();
        x.iter().map(|x| x * p(*x)).sum::<f64>() / x.iter().map(|x| p(*x)).sum::<f64>()
    }

    fn chain(&self, point: RatePoint) -> Result<Hopping, SystemError> {
        Hopping::lattice(|x| self.diffusion(x), point, [self.place(0), self.spacing], self.sites)
            .map_err(failed("the rates of the pile"))
    }

    /// Walks: the mean place, then the share of time at each site.
    fn walks(&self, model: &Hopping, values: &Values, point: u32) -> Result<Vec<Estimate>, SystemError> {
        let streams = Streams::new(values.seed, Use::Paths).at_point(point);
        // The slowest mode decays at about (pi/2)^2 D a unit of time.
        let (before, time) = (4.0, 24.0);
        let run = |(): &mut (), stream: &mut Stream, out: &mut [f64]| {
            let mut path = model.path(self.sites / 2)?;
            path.watch(before, stream, |_| ());
            out.fill(0.0);
            path.watch(time, stream, |stay| {
                out[0] += self.place(stay.state) * stay.time / time;
                out[1 + stay.state] += stay.time / time;
            });
            Ok::<_, HoppingError>(())
        };
        let moments = observe(streams, draws(values, 2304), 1 + self.sites, || Ok(()), run)
            .map_err(failed("walks on the pile"))?;
        Ok((0..=self.sites).map(|k| mean(&moments, k, values.seed)).collect())
    }

    /// Source, bond and destination rates of the same `D`: `1/D`, uniform, `D`.
    fn three_rates(&self, values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
        let power = |exponent: f64| move |x: f64| self.diffusion(x).powf(exponent);
        let mut findings = Vec::new();
        let mut picture = figure("One D, three rates", "x", "density p");
        for ((name, point, exponent), stream) in POINTS.into_iter().zip(0..) {
            let model = self.chain(point)?;
            let p = model.stationary().map_err(failed("the stationary state of the pile"))?;
            let ratios: Vec<_> = (1..self.sites)
                .map(|k| [p[k] / p[0], power(exponent)(self.place(k)) / power(exponent)(self.place(0))])
                .collect();
            // A few roundings for each of at most 48 sites, times ratios of D.
            let what = format!("p over p_0 with {name} rates, against D^{exponent}");
            findings.push(notebook.identities(what, "", &ratios, 1e-11));
            let seen = self.walks(&model, values, stream)?;
            let exact = self.average(power(exponent));
            let matters = 0.5 * (self.average(power(-1.0)) - self.average(power(0.0))).abs();
            let what = format!("mean place of walks with {name} rates");
            findings.push(notebook.simulated(what, "", exact, seen[0], matters));
            for (other, _, exponent) in POINTS.into_iter().filter(|(other, ..)| *other != name) {
                let what = format!("{name} rates read as those of the {other}");
                findings.push(notebook.misreading(what, "", self.average(power(exponent)), seen[0]));
            }
            let curve: Vec<(f64, f64)> =
                p.iter().enumerate().map(|(k, p)| (self.place(k), p / self.spacing)).collect();
            let points: Vec<(f64, Estimate)> =
                (0..self.sites).map(|k| (self.place(k), scaled(seen[1 + k], 1.0 / self.spacing))).collect();
            picture = picture.line(name, curve).points(&format!("{name}, walks"), &points);
        }
        notebook.draw(picture);
        findings.push(self.isothermal(notebook)?);
        Ok(findings)
    }

    /// The continuum: isothermal noise of the same `D` is uniform.
    fn isothermal(&self, notebook: &mut Notebook) -> Result<usize, SystemError> {
        let pile = *self;
        let density = Grid::new(0.0, LENGTH, 64, Walls::REFLECTING)
            .and_then(|grid| {
                let equation = Equation::ito(|_| 0.0, move |x| pile.diffusion(x));
                FiniteVolumes::new(equation.read_as(Convention::Isothermal), grid)
            })
            .and_then(|volumes| {
                let state = volumes.stationary()?;
                (0..=8_u8).map(|k| state.at(LENGTH * f64::from(k) / 8.0)).collect::<Result<Vec<_>, _>>()
            })
            .map_err(failed("the density of isothermal noise"))?;
        let pairs: Vec<_> = density.iter().map(|p| [*p, 1.0 / LENGTH]).collect();
        // Rounding only: p = q, which is constant.
        Ok(notebook.identities(
            "density of isothermal noise with the same D, against uniform",
            "",
            &pairs,
            1e-12,
        ))
    }

    /// The pile closed to a ring: no current with any of the three rates.
    fn no_current(&self, values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
        let sites = self.sites;
        let around = |x: f64| 1.0 + self.contrast * (TAU * x / LENGTH).sin();
        let square = self.spacing * self.spacing;
        let mut findings = Vec::new();
        for ((name, point, _), stream) in POINTS.into_iter().zip(8..) {
            let s = 0.5 * point.alpha() * self.spacing;
            let forward: Vec<f64> = (0..sites).map(|k| around(self.place(k) + s) / square).collect();
            let backward: Vec<f64> = (0..sites).map(|k| around(self.place(k + 1) - s) / square).collect();
            let ring = Hopping::ring(&forward, &backward).map_err(failed("the ring"))?;
            let p = ring.stationary().map_err(failed("the stationary state of the ring"))?;
            let balance: Vec<_> = (0..sites)
                .map(|k| [p[k] * forward[k] * square, p[(k + 1) % sites] * backward[k] * square])
                .collect();
            // Probabilities below 1, a few roundings for each of at most 48 sites.
            let what = format!("hops forward and back across each bond of a ring, {name} rates");
            findings.push(notebook.identities(what, "", &balance, 1e-13));
            if name != "bond" {
                continue;
            }
            let (time, streams) = (8.0, Streams::new(values.seed, Use::Paths).at_point(stream));
            let run = |(): &mut (), generator: &mut Stream, out: &mut [f64]| {
                let mut path = ring.path(generator.random_range(0..sites))?;
                out[0] = 0.0;
                path.watch(time, generator, |stay: Stay| match stay.exit {
                    Some(0) => out[0] += self.spacing / time,
                    Some(_) => out[0] -= self.spacing / time,
                    None => {}
                });
                Ok::<_, HoppingError>(())
            };
            let moments = observe(streams, draws(values, 9216), 1, || Ok(()), run)
                .map_err(failed("walks on the ring"))?;
            let speed = mean(&moments, 0, values.seed);
            // A drift of D' would be up to 2 pi contrast/2.
            findings.push(notebook.simulated(
                "mean velocity around the ring, bond rates",
                "",
                0.0,
                speed,
                0.2 * self.contrast,
            ));
        }
        Ok(findings)
    }

    /// Temperature falls from `hot` to 1 along the chain, the mobility varies as before: `p ~ 1/T`.
    fn temperature(&self, values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
        let heat = |x: f64| self.hot + (1.0 - self.hot) * x / LENGTH;
        let square = self.spacing * self.spacing;
        let hop = |from: usize, across: f64| self.diffusion(across) * heat(self.place(from)) / square;
        let middle = |k: usize| self.place(k) + 0.5 * self.spacing;
        let up: Vec<f64> = (0..self.sites - 1).map(|k| hop(k, middle(k))).collect();
        let down: Vec<f64> = (0..self.sites - 1).map(|k| hop(k + 1, middle(k))).collect();
        let model = Hopping::chain(&up, &down).map_err(failed("the rates in a gradient of temperature"))?;
        let p = model.stationary().map_err(failed("the state in a gradient of temperature"))?;
        let pressures: Vec<_> = (1..self.sites)
            .map(|k| [p[k] * heat(self.place(k)) / (p[0] * heat(self.place(0))), 1.0])
            .collect();
        let seen = self.walks(&model, values, 16)?[0];
        let (exact, uniform) = (self.average(|x| 1.0 / heat(x)), self.average(|_| 1.0));
        Ok(vec![
            // A few roundings for each of at most 48 sites.
            notebook.identities("p T over p_0 T_0 in a gradient of temperature", "", &pressures, 1e-12),
            notebook.simulated(
                "mean place of walks in a gradient of temperature, p ~ 1/T",
                "",
                exact,
                seen,
                0.5 * (exact - uniform).abs(),
            ),
            notebook.misreading("no concentration gradient there either", "", uniform, seen),
        ])
    }

    /// Molecules through the door between two halves, in and out, from a uniform start.
    fn doors(&self, values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
        let side = |site: usize| if site <= self.door() { self.hot } else { 1.0 };
        // The left half hot and the right half cold, at the rates of the site left; or the left half free and the right
        // half full of rocks, which are in the way of a hop from either side.
        let heat = self.door_between(|from, _| side(from))?;
        let rocks = self.door_between(|from, to| side(from).min(side(to)))?;
        let hot = self.through(&heat, values, 24)?;
        let free = self.through(&rocks, values, 25)?;
        let matters = 0.4 * (self.hot - 1.0);
        Ok(vec![
            notebook.simulated(
                "in less out, hot to cold, over the rate of a cold site",
                "",
                heat.net,
                hot,
                matters,
            ),
            notebook.misreading("as many in as out, hot to cold", "", 0.0, hot),
            notebook.simulated("in less out, into a pile of rocks", "", rocks.net, free, matters),
            notebook.misreading("rocks read as a cold region", "", heat.net, free),
        ])
    }

    /// The last site of the left half.
    fn door(&self) -> usize {
        self.sites / 2 - 1
    }

    /// A chain with these hop rates in units of `1/a^2`, and what goes through its door from a uniform start.
    fn door_between(&self, hop: impl Fn(usize, usize) -> f64) -> Result<Door, SystemError> {
        let square = self.spacing * self.spacing;
        let up: Vec<f64> = (0..self.sites - 1).map(|k| hop(k, k + 1) / square).collect();
        let down: Vec<f64> = (0..self.sites - 1).map(|k| hop(k + 1, k) / square).collect();
        let time = 0.5 * square / self.hot;
        let scale = square * real(self.sites) / time;
        let uniform = vec![1.0 / real(self.sites); self.sites];
        let model = Hopping::chain(&up, &down).map_err(failed("the rates at the door"))?;
        let spent = model.evolve(&uniform, time).map_err(failed("the chain in time"))?.time_spent;
        let door = self.door();
        let net = scale * (spent[door] * up[door] - spent[door + 1] * down[door]);
        Ok(Door { model, time, scale, net })
    }

    /// In less out, by walks. The first exit of a site leads up, the second one down.
    fn through(&self, door: &Door, values: &Values, point: u32) -> Result<Estimate, SystemError> {
        let streams = Streams::new(values.seed, Use::Paths).at_point(point);
        let left = self.door();
        let run = |(): &mut (), generator: &mut Stream, out: &mut [f64]| {
            let mut path = door.model.path(generator.random_range(0..self.sites))?;
            out[0] = 0.0;
            path.watch(door.time, generator, |stay: Stay| {
                if stay.state == left && stay.exit == Some(0) {
                    out[0] += door.scale;
                } else if stay.state == left + 1 && stay.exit == Some(1) {
                    out[0] -= door.scale;
                }
            });
            Ok::<_, HoppingError>(())
        };
        let moments = observe(streams, draws(values, 450_000), 1, || Ok(()), run)
            .map_err(failed("walks through a door"))?;
        Ok(mean(&moments, 0, values.seed))
    }
}

/// A chain with a door in its middle.
struct Door {
    model: Hopping,
    /// For how long it is watched.
    time: f64,
    /// From hops a walk to hops a unit of time, over the density and the rate of a cold site.
    scale: f64,
    /// In less out, exactly.
    net: f64,
}
