//! The circuit as single charges that hop: `q = e j`, an element takes a charge off the capacitor or puts one on.
//!
//! With the voltage `V` in the middle of a hop down, `V = (q - e/2)/C`, element `e` at temperature `T` takes a charge off
//! and puts it back with the rates
//!
//! ```text
//! symmetric   (T k(V)/e^2) exp(eV/2T)                 (T k(V)/e^2) exp(-eV/2T)
//! orthodox    (k(V) V/e)/(1 - exp(-eV/T))             (k(V) V/e)/(exp(eV/T) - 1)
//! ```
//!
//! Both obey detailed balance at `T` exactly and tend to the diffusion as `e -> 0`, with errors `O(e^2)`; the second ones
//! have a limit at `T = 0`, `k V/e` downhill and nothing uphill, and then errors `O(e)`.

use super::super::notebook::{ceiling, real};
use super::circuit::{Answer, Circuit};
use crate::process::{Exit, Hopping, HoppingError};

/// Exits of a state, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Through {
    DiodeDown,
    ResistorDown,
    DiodeUp,
    ResistorUp,
}

/// The order of a state's exits, those down only for states that have one below, likewise up.
const DOWN: [Through; 2] = [Through::DiodeDown, Through::ResistorDown];
const UP: [Through; 2] = [Through::DiodeUp, Through::ResistorUp];

/// The rates of a hop, see the module's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rates {
    Symmetric,
    Orthodox,
}

/// The hopping model of a circuit.
#[derive(Debug, Clone)]
pub(super) struct Hops {
    pub(super) model: Hopping,
    circuit: Circuit,
    charge: f64,
    levels: usize,
}

impl Rates {
    /// Rates of taking a charge off and putting it back, for an element of conductance `k` at temperature `t`.
    fn of(self, [k, t]: [f64; 2], v: f64, charge: f64) -> [f64; 2] {
        match self {
            Self::Symmetric => {
                let (size, tilt) = (t * k / (charge * charge), 0.5 * charge * v / t);
                [size * tilt.exp(), size * (-tilt).exp()]
            }
            Self::Orthodox if t > 0.0 => {
                let (size, tilt) = (k * v / charge, charge * v / t);
                [-size / (-tilt).exp_m1(), size / tilt.exp_m1()]
            }
            Self::Orthodox => [(k * v / charge).max(0.0), (-k * v / charge).max(0.0)],
        }
    }
}

impl Hops {
    /// Charges from `-levels` to `levels` quanta.
    pub(super) fn new(
        circuit: Circuit,
        charge: f64,
        levels: usize,
        rates: Rates,
    ) -> Result<Self, HoppingError> {
        let states = 2 * levels + 1;
        // [diode, resistor] of the hop between state k+1 and state k: off, back.
        let between = |k: usize| {
            let v = charge * (real(k) + 0.5 - real(levels)) / circuit.capacity;
            let diode = rates.of([circuit.diode.conductance(v), circuit.t_d], v, charge);
            let resistor = rates.of([circuit.resistor, circuit.t_r], v, charge);
            [diode, resistor]
        };
        let exits: Vec<Vec<Exit>> = (0..states)
            .map(|k| {
                let down = k.checked_sub(1).map(|to| between(to).map(|rates| Exit { to, rate: rates[0] }));
                let up = (k + 1 < states).then(|| between(k).map(|rates| Exit { to: k + 1, rate: rates[1] }));
                down.into_iter().chain(up).flatten().collect()
            })
            .collect();
        Ok(Self { model: Hopping::new(&exits)?, circuit, charge, levels })
    }

    /// As many levels as the voltage is within `range`.
    pub(super) fn within(
        circuit: Circuit,
        charge: f64,
        range: f64,
        rates: Rates,
    ) -> Result<Self, HoppingError> {
        let levels = ceiling(range * circuit.capacity / charge).max(2);
        Self::new(circuit, charge, levels, rates)
    }

    /// The voltage of a state.
    pub(super) fn voltage(&self, state: usize) -> f64 {
        self.charge * (real(state) - real(self.levels)) / self.circuit.capacity
    }

    /// The state without charge.
    pub(super) fn neutral(&self) -> usize {
        self.levels
    }

    /// What an exit of a state goes through.
    pub(super) fn through(&self, state: usize, exit: usize) -> Through {
        let down = if state == 0 { 0 } else { 2 };
        if exit < down { DOWN[exit] } else { UP[(exit - down) % 2] }
    }

    /// Exact stationary probabilities.
    pub(super) fn stationary(&self) -> Result<Vec<f64>, HoppingError> {
        self.model.stationary_by_products()
    }

    /// What a probability distribution gives; `V = 0` counts half as positive.
    pub(super) fn answer(&self, p: &[f64]) -> Answer {
        let mut answer = Answer { mean: 0.0, square: 0.0, positive: 0.5 * p[self.levels], current: 0.0 };
        for (state, p) in p.iter().enumerate() {
            let v = self.voltage(state);
            answer.mean += p * v;
            answer.square += p * v * v;
            if state > self.levels {
                answer.positive += p;
            }
            for (exit, way) in self.model.exits(state).iter().enumerate() {
                match self.through(state, exit) {
                    Through::DiodeDown => answer.current += p * way.rate * self.charge,
                    Through::DiodeUp => answer.current -= p * way.rate * self.charge,
                    Through::ResistorDown | Through::ResistorUp => {}
                }
            }
        }
        answer
    }

    /// `-E[V dV/dt; side]/E[V^2; side]`: the rate at which the mean voltage goes to zero, where it is on one side.
    pub(super) fn restoring(&self, p: &[f64], positive: bool) -> f64 {
        let (mut change, mut square) = (0.0, 0.0);
        for (state, p) in p.iter().enumerate() {
            let v = self.voltage(state);
            if (v > 0.0) == positive && state != self.levels {
                let rate: f64 =
                    self.model.exits(state).iter().map(|exit| exit.rate * (self.voltage(exit.to) - v)).sum();
                change -= p * v * rate;
                square += p * v * v;
            }
        }
        change / square
    }

    /// `E[V_0 V_t; V_0 on one side]` and its integral from 0 to `t`, over `E[V_0^2; V_0 on that side]`.
    pub(super) fn correlation(&self, p: &[f64], positive: bool, time: f64) -> Result<[f64; 2], HoppingError> {
        let start: Vec<f64> =
            (0..p.len())
                .map(|state| {
                    if (state > self.levels) == positive { p[state] * self.voltage(state).abs() } else { 0.0 }
                })
                .collect();
        let later = self.model.evolve(&start, time)?;
        let paired = |weights: &[f64]| {
            weights.iter().enumerate().map(|(state, w)| w * self.voltage(state)).sum::<f64>()
        };
        let square = paired(&start);
        Ok([paired(&later.probabilities) / square, paired(&later.time_spent) / square])
    }
}

#[cfg(test)]
mod tests {
    use super::super::reference::{cases, circuit, number};
    use super::*;

    #[test]
    fn hopping_charges_are_the_reference() {
        let cases = cases("diode_hop");
        assert_eq!(cases.len(), 13, "cases");
        for case in cases {
            let (id, circuit) = (case["id"].as_str().unwrap(), circuit(&case));
            let rates = if case["rates"] == "symmetric" { Rates::Symmetric } else { Rates::Orthodox };
            let levels = usize::try_from(case["levels"].as_u64().unwrap()).unwrap();
            let hops = Hops::new(circuit, number(&case["e"]), levels, rates).unwrap();
            let p = hops.stationary().unwrap();
            let answer = hops.answer(&p);
            // A few roundings for each of at most 225 levels; rates of a few hundred in the current.
            for (what, found, exact, bound) in [
                ("E[V]", answer.mean, number(&case["mean_V"]), 1e-12),
                ("P", answer.positive, number(&case["P_positive_plus_half_P_zero"]), 1e-12),
                ("P(0)", p[levels], number(&case["P_zero"]), 1e-12),
                ("I_D", answer.current, number(&case["I_D"]), 1e-11),
            ] {
                assert!((found - exact).abs() < bound, "{id}, {what}: {found}, not {exact}");
            }
        }
    }

    #[test]
    fn rates_of_the_two_kinds_are_in_detailed_balance() {
        for rates in [Rates::Symmetric, Rates::Orthodox] {
            for v in [-2.0_f64, -0.1, 0.05, 3.0] {
                let [off, back] = rates.of([2.0, 0.5], v, 0.25);
                let ratio = (0.25 * v / 0.5).exp();
                assert!((off / back / ratio - 1.0).abs() < 1e-14, "{rates:?} at {v}: {off} and {back}");
                // A charge at a time carries k V on average, to first order in V.
                let carried = 0.25 * (off - back);
                assert!((carried / (2.0 * v) - 1.0).abs() < 0.2, "{rates:?} at {v} carries {carried}");
            }
        }
        // k V/e = 2 * 3/0.5, exactly.
        for (v, exact) in [(3.0, [12.0, 0.0]), (-3.0, [0.0, 12.0])] {
            let found = Rates::Orthodox.of([2.0, 0.0], v, 0.5);
            let off = (found[0] - exact[0]).abs() + (found[1] - exact[1]).abs();
            assert!(off < 1e-300, "downhill only at temperature 0, found {found:?} at {v}");
        }
    }
}
