//! A diode and a resistor on a capacitor: a noise that depends on the voltage, and no motor unless there are two temperatures.
//!
//! Each element drives the charge by its own thermal noise, isothermal because an element has one temperature. The page of
//! `circuit` has the closed forms, that of `hops` the same circuit with single charges. What is found, `k_+ > k_-`:
//!
//! | | net current `I_D` | mean voltage | time on either side |
//! |---|---|---|---|
//! | one temperature | 0 | 0 | half each |
//! | diode colder | forward | negative | more at `V < 0` |
//! | resistor colder | reverse | positive | more at `V > 0` |
//!
//! Read as Ito noise the same circuit at one temperature would rest at a mean voltage (Brillouin's paradox).

mod circuit;
mod hops;
#[cfg(test)]
mod reference;

use super::notebook::{Notebook, draws, failed, figure, mean, number, observe, scaled, whole};
use super::paths::{Motion, Watch, watch};
use super::{Outcome, Parameter, System, SystemError, Values};
use crate::convention::{Alpha, Convention};
use crate::process::HoppingError;
use crate::process::{Confined, Sde};
use crate::sampling::{Estimate, Stream, Streams, Use};
use circuit::{Answer, Circuit, Diode};
use hops::{Hops, Rates, Through};

pub(super) const SYSTEM: System = System {
    name: "diode-resistor",
    title: "A diode and a resistor on a capacitor",
    claim: "At one temperature no net current flows and the mean voltage is zero, although the noise depends on the \
            voltage. With the diode colder current flows in its forward direction, with the resistor colder in reverse. \
            A mean voltage of zero does not mean more time on the quieter side: each side has half of the time.",
    teaches: "The noise of a diode is larger at one sign of the voltage, and yet there is no drift to the other: thermal \
              noise comes with friction of the same element, so that the noise is isothermal and not Ito's. Whoever reads it \
              as Ito noise finds a battery that runs on heat of one temperature. What does differ between the two sides is \
              how fast things happen there. Two temperatures make an engine, and its current tells which element is colder.",
    parameters: &PARAMETERS,
    simulate,
};

const PARAMETERS: [Parameter; 10] = [
    number("k_R", "conductance of the resistor", "", 1.0, [0.1, 10.0]),
    number("k_plus", "conductance of the diode forward, at V > 0", "", 3.0, [0.1, 10.0]),
    number("k_minus", "conductance of the diode in reverse, below k_plus", "", 0.25, [0.0, 10.0]),
    number("T_R", "temperature of the resistor", "k_B = 1", 1.0, [0.0, 4.0]),
    number("T_D", "temperature of the diode", "k_B = 1", 0.25, [0.0, 4.0]),
    number("C", "capacitance", "", 1.0, [0.1, 10.0]),
    number("e", "charge quantum of the hopping model", "", 0.25, [0.05, 1.0]),
    whole(
        "orthodox",
        "1 for rates that have a limit at temperature 0, 0 for symmetric ones",
        0.0,
        [0.0, 1.0],
    ),
    number("I_0", "saturation current of the smooth diode I_0 (exp(V/V_0) - 1)", "", 0.5, [0.05, 2.0]),
    number("V_0", "its scale of voltage", "", 1.0, [0.5, 5.0]),
];

/// Standard deviations of the charge that the levels of the hopping model cover: 3e-12 of the time is left out.
const LEVELS: f64 = 7.0;

/// The steepest exponent of a symmetric rate.
const STEEPEST: f64 = 12.0;

fn simulate(values: &Values) -> Result<Outcome, SystemError> {
    let bench = Bench::new(values)?;
    let mut notebook = Notebook::new();
    let table = bench.table(values, &mut notebook)?;
    let limit = bench.limit(&mut notebook)?;
    let speeds = bench.speeds(values, &mut notebook)?;
    let smooth = bench.smooth(values, &mut notebook)?;
    notebook.state(
        "B4",
        "true: at one temperature I_D = E[V] = 0, for single charges of any size too; the Ito and Stratonovich readings, \
         which say otherwise, are refuted",
        &[&table.equal[..], &smooth[..1]].concat(),
    );
    if let Some(unequal) = &table.unequal {
        notebook.state(
            "B5",
            "true: forward with the diode colder, reverse with the resistor colder",
            &[&unequal[..], &limit[..], &smooth[1..]].concat(),
        );
    }
    notebook.state(
        "B6",
        "false in the piecewise model: E[V] and P(V>0) - 1/2 both have the sign of T+ - T-, so that E[V] = 0 exactly when \
         each side has half the time",
        &table.halves,
    );
    notebook.state(
        "B7",
        "true: the voltage relaxes at (k_R + k_plus)/C where it is positive, (k_R + k_minus)/C where it is negative, and its \
         correlation times by the sign of V differ",
        &speeds,
    );
    Ok(notebook.finish())
}

/// The circuit at one temperature, and the temperatures of the two others of the table.
struct Bench {
    equal: Circuit,
    /// Hot and cold, if the two differ.
    unequal: Option<[f64; 2]>,
    charge: f64,
    rates: Rates,
    smooth: Diode,
}

/// Numbers of findings.
struct Table {
    equal: Vec<usize>,
    unequal: Option<Vec<usize>>,
    halves: Vec<usize>,
}

/// One row of the table.
struct Row {
    name: &'static str,
    circuit: Circuit,
    exact: Answer,
    seen: [Estimate; 3],
    profile: Vec<(f64, Estimate)>,
}

impl Bench {
    fn new(values: &Values) -> Result<Self, SystemError> {
        let [resistor, plus, minus, t_r, t_d, capacity, charge] =
            ["k_R", "k_plus", "k_minus", "T_R", "T_D", "C", "e"].map(|name| values.get(name));
        if minus >= plus {
            return Err(SystemError::Together("k_minus must be below k_plus, else forward is reverse"));
        }
        let (hot, cold) = (t_r.max(t_d), t_r.min(t_d));
        if t_r <= 0.0 {
            return Err(SystemError::Together(
                "T_R must be above 0: it is the temperature of the circuit at one temperature",
            ));
        }
        let rates = if values.get("orthodox") > 0.5 { Rates::Orthodox } else { Rates::Symmetric };
        let steep = 0.5 * charge * LEVELS * (hot / capacity).sqrt() > STEEPEST * cold;
        if rates == Rates::Symmetric && steep {
            return Err(SystemError::Together(
                "symmetric rates have no limit at low temperature; take orthodox = 1, or a smaller charge e",
            ));
        }
        if charge * charge > capacity * t_r {
            return Err(SystemError::Together(
                "e^2 must be at most C T_R: a single charge is a voltage beyond the noise",
            ));
        }
        let diode = Diode::Piecewise { plus, minus };
        let equal = Circuit { resistor, diode, t_r, t_d: t_r, capacity };
        let smooth = Diode::Smooth { i_0: values.get("I_0"), v_0: values.get("V_0") };
        let unequal = (hot > cold).then_some([hot, cold]);
        Ok(Self { equal, unequal, charge, rates, smooth })
    }

    fn hops(&self, circuit: Circuit, charge: f64) -> Result<Hops, SystemError> {
        let range = LEVELS * (circuit.t_r.max(circuit.t_d) / circuit.capacity).sqrt();
        Hops::within(circuit, charge, range, self.rates).map_err(failed("the rates of single charges"))
    }

    /// The slower of the two relaxation times.
    fn slowest(&self, circuit: &Circuit) -> f64 {
        circuit.capacity / circuit.conductance(-1.0).min(circuit.conductance(1.0))
    }

    /// One row: exact by products, simulated by hops.
    fn row(
        &self,
        name: &'static str,
        circuit: Circuit,
        values: &Values,
        point: u32,
    ) -> Result<Row, SystemError> {
        let hops = self.hops(circuit, self.charge)?;
        let p = hops.stationary().map_err(failed("the stationary state of single charges"))?;
        let exact = hops.answer(&p);
        let (before, time) = (8.0 * self.slowest(&circuit), 60.0 * self.slowest(&circuit));
        let streams = Streams::new(values.seed, Use::Paths).at_point(point);
        let run = |(): &mut (), stream: &mut Stream, out: &mut [f64]| {
            let mut path = hops.model.path(hops.neutral())?;
            path.watch(before, stream, |_| ());
            out.fill(0.0);
            path.watch(time, stream, |stay| {
                let (v, share) = (hops.voltage(stay.state), stay.time / time);
                out[0] += v * share;
                out[3 + stay.state] += share;
                match stay.state.cmp(&hops.neutral()) {
                    std::cmp::Ordering::Greater => out[1] += share,
                    std::cmp::Ordering::Equal => out[1] += 0.5 * share,
                    std::cmp::Ordering::Less => {}
                }
                match stay.exit.map(|exit| hops.through(stay.state, exit)) {
                    Some(Through::DiodeDown) => out[2] += self.charge / time,
                    Some(Through::DiodeUp) => out[2] -= self.charge / time,
                    Some(Through::ResistorDown | Through::ResistorUp) | None => {}
                }
            });
            Ok::<_, HoppingError>(())
        };
        let moments = observe(streams, draws(values, 1728), 3 + p.len(), || Ok(()), run)
            .map_err(failed("hops of single charges"))?;
        let seen = [0, 1, 2].map(|k| mean(&moments, k, values.seed));
        let profile = (0..p.len())
            .map(|k| {
                (hops.voltage(k), scaled(mean(&moments, 3 + k, values.seed), circuit.capacity / self.charge))
            })
            .collect();
        Ok(Row { name, circuit, exact, seen, profile })
    }

    /// Equal temperatures, cold diode, cold resistor.
    fn table(&self, values: &Values, notebook: &mut Notebook) -> Result<Table, SystemError> {
        let equal = self.row("one temperature", self.equal, values, 0)?;
        let mut table = Table { equal: Vec::new(), unequal: None, halves: Vec::new() };
        let scale = (self.equal.t_r / self.equal.capacity).sqrt();
        let exact = [[equal.exact.mean, 0.0], [equal.exact.current, 0.0], [equal.exact.positive, 0.5]];
        // A few roundings for each of some hundred levels, with rates of up to T k/e^2 times exponentials.
        let bound = 1e-10 * (1.0 + scale) * (1.0 + equal.exact.square);
        table.equal.push(notebook.identities(
            "E[V], I_D, P(V>0) - 1/2 of single charges at one temperature",
            "",
            &exact,
            bound,
        ));
        table.equal.extend(self.compare(&equal, scale, notebook));
        table.equal.extend(self.misread(&equal, scale, notebook));
        table.halves.push(table.equal[2]);
        let mut rows = vec![equal];
        if let Some([hot, cold]) = self.unequal {
            let mut findings = Vec::new();
            for (name, t_r, t_d, point) in [("cold diode", hot, cold, 1), ("cold resistor", cold, hot, 2)] {
                let row = self.row(name, self.equal.at(t_r, t_d), values, point)?;
                let compared = self.compare(&row, scale, notebook);
                let sign = if name == "cold diode" { 1.0 } else { -1.0 };
                let what = format!("sign of I_D, {name} (forward 1)");
                findings.push(notebook.identity(what, "", [row.exact.current.signum(), sign], 0.0));
                let what = format!("sign of E[V] against that of P(V>0) - 1/2, {name}");
                let signs = [row.exact.mean.signum(), (row.exact.positive - 0.5).signum()];
                table.halves.push(notebook.identity(what, "", signs, 0.0));
                table.halves.push(compared[1]);
                findings.push(notebook.misreading(format!("no net current, {name}"), "", 0.0, row.seen[2]));
                findings.extend(compared);
                findings.extend(self.misread(&row, scale, notebook));
                rows.push(row);
            }
            table.unequal = Some(findings);
        }
        self.picture(&rows, notebook);
        Ok(table)
    }

    /// Mean voltage, time on the positive side, current: simulated beside exact.
    fn compare(&self, row: &Row, scale: f64, notebook: &mut Notebook) -> [usize; 3] {
        let Row { name, exact, seen, .. } = row;
        // What the Ito reading is off by at one temperature; the current goes with it.
        let matters = 0.2 * (self.equal.closed(0.0).mean).abs();
        [
            notebook.simulated(format!("mean voltage E[V], {name}"), "", exact.mean, seen[0], matters),
            notebook.simulated(
                format!("share of time at V > 0, {name}"),
                "",
                exact.positive,
                seen[1],
                0.5 * matters / scale,
            ),
            notebook.simulated(
                format!("current through the diode I_D, {name}"),
                "",
                exact.current,
                seen[2],
                matters * row.circuit.resistor,
            ),
        ]
    }

    /// The mean voltage of the same circuit with Ito and Stratonovich noise, where it is another one.
    fn misread(&self, row: &Row, scale: f64, notebook: &mut Notebook) -> Vec<usize> {
        let right = row.circuit.closed(1.0).mean;
        let mut findings = Vec::new();
        for (reading, alpha) in [("Ito", 0.0), ("Stratonovich", 0.5)] {
            let wrong = row.circuit.closed(alpha).mean;
            if (wrong - right).abs() > 0.02 * scale {
                let what = format!("E[V] read with {reading} noise, {}", row.name);
                findings.push(notebook.misreading(what, "", wrong, row.seen[0]));
            }
        }
        findings
    }

    fn picture(&self, rows: &[Row], notebook: &mut Notebook) {
        let mut picture = figure("The voltage on the capacitor", "V", "density p");
        for row in rows {
            let near = |v: &f64| v.abs() < 4.0 * (self.equal.t_r / self.equal.capacity).sqrt();
            let p = |alpha: f64| {
                let c = row.circuit;
                let side = |v: f64| (c.conductance(v) * c.temperature(v)).powf(alpha - 1.0);
                let norm = (std::f64::consts::PI / (2.0 * c.capacity)).sqrt()
                    * (side(1.0) * c.temperature(1.0).sqrt() + side(-1.0) * c.temperature(-1.0).sqrt());
                (-160..=160_i16)
                    .map(|k| 0.025 * f64::from(k) * (self.equal.t_r / self.equal.capacity).sqrt())
                    .map(|v| (v, side(v) / norm * (-0.5 * c.capacity * v * v / c.temperature(v)).exp()))
                    .collect::<Vec<_>>()
            };
            let points: Vec<_> = row.profile.iter().filter(|(v, _)| near(v)).copied().collect();
            picture = picture.line(row.name, p(1.0)).points(&format!("{}, charges", row.name), &points);
            if row.name == rows[0].name {
                picture = picture.dashed("one temperature, read as Ito", p(0.0));
            }
        }
        notebook.draw(picture);
    }

    /// Single charges tend to the diffusion.
    fn limit(&self, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
        let Some([hot, cold]) = self.unequal else { return Ok(Vec::new()) };
        let circuit = self.equal.at(hot, cold);
        let exact = circuit.closed(1.0);
        let solved = circuit.solved(Convention::Isothermal).map_err(failed("the density of the voltage"))?;
        let pairs = [
            [solved.mean, exact.mean],
            [solved.square, exact.square],
            [solved.positive, exact.positive],
            [solved.current, exact.current],
        ];
        // Eighth order at 512 cells, relative to the sizes of the numbers; conductances of up to 20.
        let bound = 1e-9 * (1.0 + exact.square) * (1.0 + circuit.conductance(1.0));
        let same = notebook.identities(
            "closed forms of the diffusion against its density by finite volumes",
            "",
            &pairs,
            bound,
        );
        let mut ladder = Vec::new();
        for halvings in [1.0, 2.0, 4.0] {
            let charge = 0.5 * (circuit.capacity * self.equal.t_r).sqrt().min(2.0 * self.charge) / halvings;
            let hops = self.hops(circuit, charge)?;
            let p = hops.stationary().map_err(failed("the stationary state of single charges"))?;
            ladder.push((charge, (hops.answer(&p).mean - exact.mean).abs()));
        }
        let claimed = if cold > 0.0 { 2.0 } else { 1.0 };
        notebook.draw(
            figure("Single charges become a diffusion", "charge e", "error of E[V], cold diode")
                .logarithmic(true, true)
                .line("exact at each e", ladder.clone()),
        );
        // Steps of the ladder with e^2 T k/C comparable to T_cold still show the next order.
        let order = notebook.order("order in e of the mean voltage, cold diode", claimed, &ladder, 0.35);
        Ok(vec![same, order])
    }

    /// How fast the voltage relaxes on either side, at one temperature.
    fn speeds(&self, values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
        const WINDOWS: u8 = 20;
        let circuit = self.equal;
        let hops = self.hops(circuit, self.charge)?;
        let wrong = |error: HoppingError| failed("correlations of single charges")(error);
        let p = hops.stationary().map_err(wrong)?;
        let window = 3.0 * self.slowest(&circuit);
        let sides = [(true, 1.0), (false, -1.0)];
        let mut findings = Vec::new();
        let fine = self.hops(circuit, 0.1 * self.charge)?;
        let settled = fine.stationary().map_err(wrong)?;
        for (positive, v) in sides {
            let rate = circuit.conductance(v) / circuit.capacity;
            let found = fine.restoring(&settled, positive);
            let what = format!(
                "rate at which V relaxes at V {} 0, charges of e/10, against (k_R + k_D)/C",
                sign(positive)
            );
            // Errors O(e^2) of symmetric rates, with e^2/(C T) at most 0.01.
            findings.push(notebook.identity(what, "", [found, rate], 0.01 * rate));
        }
        let squares = sides.map(|(positive, _)| {
            (0..p.len())
                .filter(|state| (*state > hops.neutral()) == positive)
                .map(|state| p[state] * hops.voltage(state).powi(2))
                .sum::<f64>()
        });
        let streams = Streams::new(values.seed, Use::Paths).at_point(3);
        let run = |(): &mut (), stream: &mut Stream, out: &mut [f64]| {
            let mut path = hops.model.path(hops.neutral())?;
            path.watch(3.0 * window, stream, |_| ());
            out.fill(0.0);
            for _ in 0..WINDOWS {
                let start = hops.voltage(path.state());
                let mut integral = 0.0;
                path.watch(window, stream, |stay| integral += stay.time * hops.voltage(stay.state));
                let side = usize::from(start <= 0.0);
                out[side] += start * integral / squares[side] / f64::from(WINDOWS);
            }
            Ok::<_, HoppingError>(())
        };
        let moments = observe(streams, draws(values, 4608), 2, || Ok(()), run)
            .map_err(failed("hops of single charges"))?;
        let seen = [0, 1].map(|k| mean(&moments, k, values.seed));
        let mut exact = [0.0; 2];
        for (k, (positive, _)) in sides.into_iter().enumerate() {
            exact[k] = hops.correlation(&p, positive, window).map_err(wrong)?[1];
        }
        for (k, (positive, _)) in sides.into_iter().enumerate() {
            let what = format!("correlation time of V from V {} 0", sign(positive));
            let matters = (exact[0] - exact[1]).abs();
            findings.push(notebook.simulated(what, "", exact[k], seen[k], matters));
            let what = format!("correlation time from V {} 0 read as that of the other side", sign(positive));
            findings.push(notebook.misreading(what, "", exact[1 - k], seen[k]));
        }
        self.decay(&hops, &p, notebook).map_err(wrong)?;
        Ok(findings)
    }

    fn decay(&self, hops: &Hops, p: &[f64], notebook: &mut Notebook) -> Result<(), HoppingError> {
        let mut picture =
            figure("How fast the voltage forgets", "t", "E[V_0 V_t]/E[V_0^2], by the sign of V_0")
                .logarithmic(false, true);
        for (positive, v) in [(true, 1.0), (false, -1.0)] {
            let rate = self.equal.conductance(v) / self.equal.capacity;
            let times = (0..=30_u8).map(|k| 0.1 * f64::from(k) * self.slowest(&self.equal));
            let curve = times
                .clone()
                .map(|t| Ok((t, hops.correlation(p, positive, t)?[0])))
                .collect::<Result<Vec<_>, HoppingError>>()?;
            let name = format!("from V {} 0", sign(positive));
            let local = times.map(|t| (t, (-rate * t).exp())).filter(|(_, c)| *c > 1e-2).collect();
            picture = picture.line(&name, curve).dashed(&format!("{name}, if it stayed there"), local);
        }
        notebook.draw(picture);
        Ok(())
    }

    /// A diode with a smooth curve, as a stochastic equation whose amplitude is evaluated at the end of each step.
    fn smooth(&self, values: &Values, notebook: &mut Notebook) -> Result<Vec<usize>, SystemError> {
        let equal = Circuit { diode: self.smooth, ..self.equal };
        let mut cases = vec![("one temperature", equal, 4)];
        if let Some([hot, cold]) = self.unequal {
            cases.push(("cold diode", equal.at(hot, cold), 5));
            cases.push(("cold resistor", equal.at(cold, hot), 6));
        }
        let mut findings = Vec::new();
        let wrong = |error| failed("the density of the smooth diode's voltage")(error);
        // What the Ito reading is off by at one temperature.
        let paradox = equal.solved(Convention::Ito).map_err(wrong)?.mean;
        for (name, circuit, point) in cases {
            let exact = circuit.solved(Convention::Isothermal).map_err(wrong)?;
            let ito = circuit.solved(Convention::Ito).map_err(wrong)?;
            let [voltage, current] = self.smooth_paths(circuit, values, point)?;
            let matters = 0.5 * paradox.abs();
            let what = format!("mean voltage with a smooth diode, {name}");
            let found = notebook.simulated(what, "", exact.mean, voltage, matters);
            if (ito.mean - exact.mean).abs() > 0.1 * paradox.abs() {
                let what = format!("E[V] with a smooth diode read with Ito noise, {name}");
                notebook.misreading(what, "", ito.mean, voltage);
            }
            if circuit.t_r.total_cmp(&circuit.t_d).is_eq() {
                findings.push(found);
            } else {
                let what = format!("current through a smooth diode, {name}");
                findings.push(notebook.simulated(
                    what,
                    "",
                    exact.current,
                    current,
                    matters * circuit.resistor,
                ));
                let what = format!("no net current through a smooth diode, {name}");
                findings.push(notebook.misreading(what, "", 0.0, current));
            }
        }
        Ok(findings)
    }

    /// Mean voltage and current of paths.
    fn smooth_paths(
        &self,
        circuit: Circuit,
        values: &Values,
        point: u32,
    ) -> Result<[Estimate; 2], SystemError> {
        let edge = 5.0 * (circuit.t_r.max(circuit.t_d) / circuit.capacity).sqrt();
        let fastest = circuit.conductance(edge) / circuit.capacity;
        let slowest = circuit.capacity / circuit.conductance(-edge);
        let dt = 0.25 / fastest;
        if slowest > 2e3 * dt {
            return Err(SystemError::Together(
                "V_0 is too small beside the noise: the smooth diode is too stiff to step",
            ));
        }
        let walls =
            Confined::reflecting(-2.0 * edge, 2.0 * edge).map_err(failed("the range of the voltage"))?;
        let end = Alpha::new(1.0).map_err(failed("alpha"))?;
        let equation = Sde::ito(
            1,
            1,
            move |v: &[f64], mu: &mut [f64]| mu[0] = circuit.drift(v[0]),
            move |v: &[f64], dw: &[f64], step: &mut [f64]| {
                step[0] += (2.0 * circuit.diffusion(v[0])).sqrt() * dw[0]
            },
        )
        .evaluated_at(end);
        let step = |v: &mut [f64], dt: f64, dw: &[f64], buffer: &mut [f64]| {
            equation.step(v, dt, dw, buffer);
            v[0] = walls.keep(v[0]);
        };
        let plan = Watch {
            dt,
            before: 8.0 * slowest,
            during: 40.0 * slowest,
            every: 0.2 * slowest,
            paths: draws(values, 4608),
        };
        let look = |v: &[f64], out: &mut [f64]| (out[0], out[1]) = (v[0], circuit.current(v[0]));
        let streams = Streams::new(values.seed, Use::Paths).at_point(point);
        let moments = watch(&Motion { dim: 1, noises: 1, step }, &plan, streams, 2, |_, v| v[0] = 0.0, look);
        Ok([0, 1].map(|k| mean(&moments, k, values.seed)))
    }
}

fn sign(positive: bool) -> char {
    if positive { '>' } else { '<' }
}
