//! A swarm in sun and shade: walkers whose noise depends on the place, each alone and all together.
//!
//! ```text
//! dx_a = -kappa (x_a - X) dt + sqrt(2 D(x_a)) dW_a,    D = 1 + a cos x,    X = (1/R) sum_a x_a      (Ito, no walls)
//! kappa = 0            each walker has p ~ 1/D, the centre has not
//! kappa -> infinity    the centre diffuses with D/R: p ~ 1/D again, approached R times more slowly
//! ```
//!
//! In between neither the walkers nor the centre are `~ 1/D`; for two of them the exact answer is that of `pair`. For `1/D`,
//! `E cos x = (sqrt(1 - a^2) - 1)/a`. Fish with headings, in `school`, are measured.

mod pair;
mod school;

use super::notebook::{Notebook, count, draws, failed, figure, mean, number, real, whole};
use super::paths::{Motion, Watch, watch};
use super::{Outcome, Parameter, System, SystemError, Values};
use crate::density::{Equation, FiniteVolumes, Grid, Walls};
use crate::process::{School, coupled_walkers, tight_walkers};
use crate::sampling::{Estimate, Streams, Use};
use pair::{Pair, pair};
use school::{Swim, Swimming, swims, tumbling};
use std::f64::consts::TAU;

pub(super) const SYSTEM: System = System {
    name: "swarm",
    title: "A swarm in sun and shade",
    claim: "Walkers that are slower in the shade gather there, p ~ 1/D, alone and when they keep tightly together; then the \
            swarm as a whole drifts, R times more slowly. In between neither the walkers nor their centre have p ~ 1/D. \
            Fish with a speed v(x) gather as 1/v.",
    teaches: "Keeping together averages the noise of R walkers: the centre still drifts to the shade, by the divergence of a \
              diffusion that is R times smaller, and needs R times as long. At loose coupling the walkers pull one another \
              out of the shade as well as into it, and the density depends on the coupling in a way that does not even go in \
              one direction. Whether a school with headings turns to the shade as a whole is a question of its own.",
    parameters: &PARAMETERS,
    simulate,
};

const PARAMETERS: [Parameter; 9] = [
    number("a", "contrast of D = 1 + a cos x", "", 0.8, [0.3, 0.9]),
    number("kappa", "rate at which two walkers are drawn to their mean", "", 1.0, [0.5, 20.0]),
    whole("R", "number of walkers of a swarm", 4.0, [2.0, 16.0]),
    number("b", "contrast of the speed v = 1 + b cos x of fish", "", 0.6, [0.3, 0.9]),
    whole("fish", "fish of a school", 6.0, [2.0, 24.0]),
    number("cohesion", "rate of turning to the centre, per distance", "", 3.0, [0.0, 10.0]),
    number("alignment", "rate of turning to the mean heading", "", 1.0, [0.1, 10.0]),
    number("turning", "rotational diffusion of a heading", "", 0.1, [0.02, 5.0]),
    number("time", "time after which a school's turn is looked at", "", 4.0, [0.1, 10.0]),
];

/// Couplings at which a swarm is measured.
const COUPLINGS: [f64; 4] = [0.3, 1.0, 3.0, 10.0];

fn simulate(values: &Values) -> Result<Outcome, SystemError> {
    let swarm = Swarm { a: values.get("a"), kappa: values.get("kappa"), count: count(values, "R") };
    let mut notebook = Notebook::new();
    let apart = swarm.apart(values, &mut notebook);
    swarm.two(values, &mut notebook)?;
    swarm.tight(values, &mut notebook)?;
    swarm.between(values, &apart, &mut notebook);
    let alone = lone_fish(values, &mut notebook)?;
    together(values, &mut notebook);
    notebook.state(
        "D1",
        "true for Ito noise with isotropic D, p ~ 1/D, and for run-and-tumble fish of speed v(x): p ~ 1/v",
        &[&apart.findings[..], &alone[..]].concat(),
    );
    Ok(notebook.finish())
}

/// `E cos x` for `p ~ 1/(1 + a cos x)`.
fn shaded(a: f64) -> f64 {
    ((1.0 - a * a).sqrt() - 1.0) / a
}

struct Swarm {
    a: f64,
    kappa: f64,
    count: usize,
}

/// Walkers without coupling.
struct Apart {
    walker: Estimate,
    findings: Vec<usize>,
}

impl Swarm {
    /// `[E cos x_1, E cos X, E (x_1 - x_2)^2]` of `count` walkers, averaged over time.
    fn walk(&self, walkers: usize, kappa: f64, plan: &Watch, streams: Streams) -> [Estimate; 3] {
        let a = self.a;
        let equation = coupled_walkers(walkers, kappa, move |x: f64| 1.0 + a * x.cos());
        let motion = Motion {
            dim: walkers,
            noises: walkers,
            step: |x: &mut [f64], dt: f64, dw: &[f64], buffer: &mut [f64]| equation.step(x, dt, dw, buffer),
        };
        let look = |x: &[f64], out: &mut [f64]| {
            out[0] = x.iter().map(|x| x.cos()).sum::<f64>() / real(x.len());
            out[1] = (x.iter().sum::<f64>() / real(x.len())).cos();
            out[2] = (x[0] - x[1]).powi(2);
        };
        let moments = watch(&motion, plan, streams, 3, |_, x| x.fill(0.0), look);
        [0, 1, 2].map(|k| mean(&moments, k, streams.seed()))
    }

    /// Without coupling each walker has `p ~ 1/D`, their centre has not.
    fn apart(&self, values: &Values, notebook: &mut Notebook) -> Apart {
        let plan = Watch { dt: 0.02, before: 20.0, during: 60.0, every: 0.4, paths: draws(values, 1152) };
        let streams = Streams::new(values.seed, Use::Paths);
        let [walker, centre, _] = self.walk(self.count, 0.0, &plan, streams);
        let exact = shaded(self.a);
        let findings = vec![
            notebook.simulated("E cos x of a walker alone: p ~ 1/D", "", exact, walker, 0.5 * exact.abs()),
            notebook.misreading("a walker alone spends its time evenly", "", 0.0, walker),
        ];
        notebook.misreading("the centre of walkers without coupling has p ~ 1/D", "", exact, centre);
        Apart { walker, findings }
    }

    /// Two walkers at the coupling asked for, beside the exact answer.
    fn two(&self, values: &Values, notebook: &mut Notebook) -> Result<(), SystemError> {
        let wrong = failed::<pair::PairError>("the density of two walkers");
        let solve = |size: [usize; 2]| pair(self.a, self.kappa, size).map_err(&wrong);
        let (exact, coarse): (Pair, Pair) = (solve([20, 40])?, solve([16, 28])?);
        let pairs =
            [[coarse.centre, exact.centre], [coarse.walker, exact.walker], [coarse.square, exact.square]];
        // Far below what the simulation could see.
        notebook.identities(
            "two walkers: their density with 16 x 28 and with 20 x 40 modes",
            "",
            &pairs,
            2e-3 * (1.0 + exact.square),
        );
        // The variance of the distance is off by (kappa dt)^2/2 after extrapolation.
        let dt = 0.02_f64.min(0.05 / self.kappa);
        let plan = Watch { dt, before: 20.0, during: 80.0, every: 0.4, paths: draws(values, 4608) };
        let streams = Streams::new(values.seed, Use::Paths).at_point(1);
        let [walker, centre, square] = self.walk(2, self.kappa, &plan, streams);
        let limit = shaded(self.a);
        let matters = 0.2 * limit.abs();
        notebook.simulated("E cos x of one of two coupled walkers", "", exact.walker, walker, matters);
        notebook.simulated("E cos X of the centre of two", "", exact.centre, centre, matters);
        notebook.simulated("E (x_1 - x_2)^2 of two", "", exact.square, square, 0.2 * exact.square);
        for (what, right, seen) in
            [("one of two walkers", exact.walker, walker), ("the centre of two", exact.centre, centre)]
        {
            // Refused only where it is another number than the right one by more than the simulation's reach.
            if (right - limit).abs() > 0.06 * limit.abs() {
                notebook.misreading(format!("{what} has p ~ 1/D"), "", limit, seen);
            }
        }
        Ok(())
    }

    /// `E cos X` of a swarm that is never apart and starts in the sun, averaged over `during` from `before` on.
    fn tightly(&self, [before, during]: [f64; 2], paths: usize, streams: Streams) -> Estimate {
        let (a, slower) = (self.a, real(self.count));
        let equation = tight_walkers(self.count, move |x: f64| 1.0 + a * x.cos());
        let motion = Motion {
            dim: 1,
            noises: self.count,
            step: |x: &mut [f64], dt: f64, dw: &[f64], buffer: &mut [f64]| equation.step(x, dt, dw, buffer),
        };
        let plan = Watch { dt: 0.02 * slower, before, during, every: 0.4 * slower, paths };
        let look = |x: &[f64], out: &mut [f64]| out[0] = x[0].cos();
        mean(&watch(&motion, &plan, streams, 1, |_, x| x[0] = 0.0, look), 0, streams.seed())
    }

    /// The same exactly, at a time, for the diffusion `share D`.
    fn relaxing(&self, share: f64, time: f64) -> Result<f64, SystemError> {
        let a = self.a;
        Grid::new(-0.5 * TAU, 0.5 * TAU, 401, Walls::Periodic)
            .and_then(|grid| {
                let equation = Equation::ito(|_| 0.0, move |x: f64| (1.0 + a * x.cos()) * share);
                let volumes = FiniteVolumes::new(equation, grid)?;
                let masses = volumes.evolve(&volumes.point(0.0)?, time, 400)?;
                volumes.integral(&masses, f64::cos)
            })
            .map_err(failed("the density of the centre"))
    }

    /// A swarm that is never apart: `p ~ 1/D`, approached `R` times more slowly.
    fn tight(&self, values: &Values, notebook: &mut Notebook) -> Result<(), SystemError> {
        let slower = real(self.count);
        let streams = |point: u32| Streams::new(values.seed, Use::Paths).at_point(point);
        let seen: Vec<(f64, Estimate)> = [0.5, 1.0, 2.0, 4.0]
            .into_iter()
            .zip(10..)
            .map(|(multiple, point)| {
                let time = multiple * slower;
                (time, self.tightly([time, 0.0], draws(values, 46_080), streams(point)))
            })
            .collect();
        let (time, found) = seen[1];
        let (exact, quick) = (self.relaxing(1.0 / slower, time)?, self.relaxing(1.0, time)?);
        let what = "E cos X of a tight swarm, a time of R after it started in the sun";
        notebook.simulated(what, "", exact, found, 0.5 * (exact - quick).abs());
        notebook.misreading("a tight swarm as fast as a walker alone", "", quick, found);
        let found = self.tightly([15.0 * slower, 60.0 * slower], draws(values, 1152), streams(2));
        let limit = shaded(self.a);
        let what = "E cos X of a tight swarm in the end: p ~ 1/D";
        notebook.simulated(what, "", limit, found, 0.2 * limit.abs());
        notebook.misreading("averaged noise does not drift", "", 0.0, found);
        let curve = |share: f64| {
            (1..=24_u8)
                .map(|k| 0.2 * f64::from(k) * slower)
                .map(|t| Ok((t, self.relaxing(share, t)?)))
                .collect::<Result<Vec<_>, SystemError>>()
        };
        notebook.draw(
            figure("A tight swarm goes to the shade, R times more slowly", "t", "E cos X")
                .line("tight swarm, D/R", curve(1.0 / slower)?)
                .dashed("a walker alone, D", curve(1.0)?)
                .points("tight swarm, simulated", &seen),
        );
        Ok(())
    }

    /// In between: measured, and the two limits beside it.
    fn between(&self, values: &Values, apart: &Apart, notebook: &mut Notebook) {
        let limit = shaded(self.a);
        let (mut walkers, mut centres) = (vec![(0.1, apart.walker)], Vec::new());
        for (kappa, point) in COUPLINGS.into_iter().zip(20..) {
            // The centre needs R times as long as a walker.
            let slower = real(self.count);
            let dt = 0.025_f64.min(0.2 / kappa);
            let plan = Watch {
                dt,
                before: 12.0 * slower,
                during: 40.0 * slower,
                every: 0.4,
                paths: draws(values, 576),
            };
            let streams = Streams::new(values.seed, Use::Paths).at_point(point);
            let [walker, centre, _] = self.walk(self.count, kappa, &plan, streams);
            notebook.measured(format!("E cos x of one of R walkers, kappa = {kappa}"), "", walker);
            notebook.measured(format!("E cos X of their centre, kappa = {kappa}"), "", centre);
            walkers.push((kappa, walker));
            centres.push((kappa, centre));
        }
        notebook.draw(
            figure("Between alone and together", "kappa (leftmost: 0)", "E cos x")
                .logarithmic(true, false)
                .line("p ~ 1/D", vec![(0.1, limit), (10.0, limit)])
                .points("a walker", &walkers)
                .points("the centre", &centres),
        );
    }
}

/// Fish alone: tumbling on a line, turning little by little in the plane.
fn lone_fish(values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
    let b = values.get("b");
    let exact = shaded(b);
    let found = tumbling(b, values, 30).map_err(failed("fish that tumble"))?;
    Ok(vec![
        notebook.simulated(
            "E cos x of fish that run and tumble at speed v(x): p ~ 1/v",
            "",
            exact,
            found,
            0.3 * exact.abs(),
        ),
        notebook.misreading("fish are found everywhere alike", "", 0.0, found),
    ])
}

/// Schools with and without alignment beside a single fish, measured; what they say of statement D2.
fn together(values: &Values, notebook: &mut Notebook) {
    let b = values.get("b");
    let school = School {
        count: count(values, "fish"),
        cohesion: values.get("cohesion"),
        alignment: values.get("alignment"),
        turning: values.get("turning"),
    };
    let swim = Swim { school, b, time: values.get("time") };
    let alone = swims(Swim { school: School { count: 1, ..school }, ..swim }, values, 40);
    let exact = shaded(b);
    let what = "E cos x of a fish that turns little by little, alone: p ~ 1/v";
    let settled = notebook.simulated(what, "", exact, alone.settled, 0.3 * exact.abs());
    let what = "heading to the shade of a fish alone, after a while along its border";
    let straight = notebook.simulated(what, "", 0.0, alone.turned, 0.1);
    let way = notebook.measured("way to the shade of a fish alone, by then", "", alone.moved);
    let mut findings = vec![settled, straight, way];
    let loose = School { alignment: 0.0, ..school };
    let mut words = Vec::new();
    let (mut turned, mut moved) = (vec![(1.0, alone.turned)], vec![(1.0, alone.moved)]);
    for (name, school, point) in [("with alignment", school, 44), ("of cohesion alone", loose, 48)] {
        let all = swims(Swim { school, ..swim }, values, point);
        for (what, seen) in [
            ("heading to the shade, by then", all.turned),
            ("way to the shade, by then", all.moved),
            ("E cos x of its fish in the end", all.settled),
        ] {
            findings.push(notebook.measured(format!("{what}: a school {name}"), "", seen));
        }
        words.push(format!("a school {name} {}", verdict(&alone, &all)));
        let place = real(school.count) + if name == "with alignment" { 0.0 } else { 0.5 };
        turned.push((place, all.turned));
        moved.push((place, all.moved));
    }
    notebook.draw(
        figure(
            "Does a school turn to the shade?",
            "number of fish (beside it: without alignment)",
            "after a while along the border of the shade",
        )
        .points("heading to the shade", &turned)
        .points("way to the shade", &moved),
    );
    let way = show(&alone.moved);
    let settled = show(&alone.settled);
    let start = format!(
        "measured after t = {} along the border of the shade (a fish alone: heading {}, way {way}; in the end E cos x \
         {settled}): ",
        swim.time,
        show(&alone.turned)
    );
    notebook.state("D2", start + &words.join("; "), &findings);
}

fn show(estimate: &Estimate) -> String {
    format!("{:+.3} ± {:.3}", estimate.value, estimate.standard_error)
}

/// In words, from the numbers: what differs by five standard errors, and in which direction.
fn verdict(alone: &Swimming, all: &Swimming) -> String {
    let compare = |a: &Estimate, b: &Estimate, words: [&'static str; 3]| {
        let z = (b.value - a.value) / a.standard_error.hypot(b.standard_error);
        if z >= super::REFUTED_AT {
            words[0]
        } else if z <= -super::REFUTED_AT {
            words[1]
        } else {
            words[2]
        }
    };
    let turns = compare(
        &alone.turned,
        &all.turned,
        ["turns to the shade as a whole", "turns away from the shade", "turns no more than chance"],
    );
    let moves = compare(
        &alone.moved,
        &all.moved,
        ["comes further", "comes less far", "comes as far as one fish alone, within chance"],
    );
    let settles = compare(
        &alone.settled,
        &all.settled,
        [
            "in the end is less in the shade",
            "in the end is more in the shade",
            "in the end is as much in the shade, within chance",
        ],
    );
    format!(
        "{turns} ({}), {moves} ({}), and {settles} ({})",
        show(&all.turned),
        show(&all.moved),
        show(&all.settled)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_follow_the_numbers() {
        let estimate =
            |value: f64| Estimate { value, standard_error: 0.01, draws: 100, seed: 1, detectable: 0.1 };
        let swimming = |turned, moved, settled| Swimming {
            turned: estimate(turned),
            moved: estimate(moved),
            settled: estimate(settled),
        };
        let alone = swimming(0.0, 0.0, -0.3);
        let forth = verdict(&alone, &swimming(0.2, 0.1, -0.5));
        assert!(
            forth.contains("turns to the shade") && forth.contains("further") && forth.contains("more in"),
            "{forth}"
        );
        let back = verdict(&alone, &swimming(-0.2, -0.1, -0.1));
        assert!(back.contains("away") && back.contains("less far") && back.contains("less in"), "{back}");
        let chance = verdict(&alone, &swimming(0.05, 0.03, -0.31));
        assert_eq!(chance.matches("chance").count(), 3, "{chance}");
    }
}
