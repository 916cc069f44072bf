//! The circuit as a diffusion of its voltage, exactly.
//!
//! ```text
//! J_e = -k_e(V) (V p + (T_e/C) dp/dV)            charge through element e, resistor R or diode D, isothermal
//! K = k_R + k_D,   T = (k_R T_R + k_D T_D)/K     on either side of V = 0
//! p ~ (K T)^(alpha-1) exp(-C V^2/2T)             alpha = 1; read as Ito noise alpha = 0, as Stratonovich's 1/2
//! ```
//!
//! On each side a half-Gaussian, so that with `m = (K T)^(alpha-1) sqrt T` on each side
//!
//! ```text
//! P(V>0) = m_+/(m_+ + m_-),    E[V] = sqrt(2/(pi C)) (m_+ sqrt T_+ - m_- sqrt T_-)/(m_+ + m_-),    I_D = -k_R E[V]
//! ```
//!
//! (the last for alpha = 1, where the currents through both elements cancel).

use crate::convention::Convention;
use crate::density::{DensityError, Equation, FiniteVolumes, Grid, Walls};
use std::f64::consts::PI;

/// A resistor and a diode, each at its temperature, on a capacitor. Boltzmann's constant is 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Circuit {
    /// Conductance of the resistor.
    pub(super) resistor: f64,
    /// Of the diode, as a function of the voltage.
    pub(super) diode: Diode,
    /// Temperature of the resistor.
    pub(super) t_r: f64,
    /// Temperature of the diode.
    pub(super) t_d: f64,
    /// Capacitance.
    pub(super) capacity: f64,
}

/// A diode.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Diode {
    /// One conductance for positive, one for negative voltage.
    Piecewise {
        /// For `V > 0`, forward.
        plus: f64,
        /// For `V < 0`.
        minus: f64,
    },
    /// `I = I_0 (exp(V/V_0) - 1)`.
    Smooth {
        /// Current that saturates in reverse.
        i_0: f64,
        /// Scale of the voltage.
        v_0: f64,
    },
}

impl Diode {
    /// `k_D(V) = I/V`.
    pub(super) fn conductance(self, v: f64) -> f64 {
        match self {
            Self::Piecewise { plus, minus } => {
                if v > 0.0 {
                    plus
                } else {
                    minus
                }
            }
            Self::Smooth { i_0, v_0 } => {
                let u = v / v_0;
                // (exp(u) - 1)/u, which is 1 at 0.
                i_0 / v_0 * if u.abs() < 1e-300 { 1.0 } else { u.exp_m1() / u }
            }
        }
    }
}

/// What is asked of a circuit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Answer {
    /// `E[V]`
    pub(super) mean: f64,
    /// `E[V^2]`
    pub(super) square: f64,
    /// `P(V > 0)`
    pub(super) positive: f64,
    /// Mean current through the diode, forward positive.
    pub(super) current: f64,
}

impl Circuit {
    /// `K(V)`.
    pub(super) fn conductance(&self, v: f64) -> f64 {
        self.resistor + self.diode.conductance(v)
    }

    /// `T(V)`: the temperature at which the circuit is where the voltage is `V`.
    pub(super) fn temperature(&self, v: f64) -> f64 {
        let k = self.diode.conductance(v);
        (self.resistor * self.t_r + k * self.t_d) / (self.resistor + k)
    }

    /// `D(V) = K T/C^2` of the voltage.
    pub(super) fn diffusion(&self, v: f64) -> f64 {
        self.conductance(v) * self.temperature(v) / (self.capacity * self.capacity)
    }

    /// `-K V/C`
    pub(super) fn drift(&self, v: f64) -> f64 {
        -self.conductance(v) * v / self.capacity
    }

    /// What the current through the diode is the mean of, `k_D V (1 - T_D/T)`.
    pub(super) fn current(&self, v: f64) -> f64 {
        self.diode.conductance(v) * v * (1.0 - self.t_d / self.temperature(v))
    }

    /// With the temperatures exchanged or replaced.
    pub(super) fn at(self, t_r: f64, t_d: f64) -> Self {
        Self { t_r, t_d, ..self }
    }

    /// The closed forms of the module's page, for noise read with this alpha, of a piecewise diode.
    pub(super) fn closed(&self, alpha: f64) -> Answer {
        let side = |v: f64| {
            let t = self.temperature(v);
            (t, (self.conductance(v) * t).powf(alpha - 1.0) * t.sqrt())
        };
        let ((t_plus, plus), (t_minus, minus)) = (side(1.0), side(-1.0));
        let positive = plus / (plus + minus);
        let mean = (2.0 / (PI * self.capacity)).sqrt() * (plus * t_plus.sqrt() - minus * t_minus.sqrt())
            / (plus + minus);
        let square = (positive * t_plus + (1.0 - positive) * t_minus) / self.capacity;
        Answer { mean, square, positive, current: -self.resistor * mean }
    }

    /// The voltage beyond which nothing is, nine standard deviations of the hotter element.
    pub(super) fn range(&self) -> f64 {
        9.0 * (self.t_r.max(self.t_d) / self.capacity).sqrt()
    }

    /// The same by finite volumes, for any diode.
    pub(super) fn solved(&self, convention: Convention) -> Result<Answer, DensityError> {
        let range = self.range();
        let grid = Grid::new(-range, range, 512, Walls::REFLECTING)?;
        let equation = Equation::ito(|v| self.drift(v), |v| self.diffusion(v)).read_as(convention);
        let volumes = FiniteVolumes::new(equation, grid)?;
        let state = volumes.stationary()?;
        Ok(Answer {
            mean: state.expectation(|v| v)?,
            square: state.expectation(|v| v * v)?,
            positive: state.expectation(|v| if v > 0.0 { 1.0 } else { 0.0 })?,
            current: state.expectation(|v| self.current(v))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::reference::{cases, circuit, number};
    use super::*;

    /// Closed forms of a dozen roundings, and eighth order at 512 cells: a relative 1e-12 of numbers below 1.
    const BOUND: f64 = 1e-12;

    #[test]
    fn circuits_are_the_reference_by_both_routes() {
        let cases = cases("diode_continuum");
        assert_eq!(cases.len(), 5, "cases");
        for case in cases {
            let (id, circuit) = (case["id"].as_str().unwrap(), circuit(&case));
            let check = |what: &str, found: f64, exact: f64| {
                assert!((found - exact).abs() < BOUND, "{id}, {what}: {found}, not {exact}");
            };
            for answer in [circuit.closed(1.0), circuit.solved(Convention::Isothermal).unwrap()] {
                check("E[V]", answer.mean, number(&case["mean_V"]));
                check("E[V^2]", answer.square, number(&case["mean_V2"]));
                check("P(V>0)", answer.positive, number(&case["P_positive"]));
                check("I_D", answer.current, number(&case["I_D"]));
            }
            check("T+", circuit.temperature(1.0), number(&case["T_plus"]));
            check("T-", circuit.temperature(-1.0), number(&case["T_minus"]));
            for (name, convention, alpha) in [
                ("misread_as_Ito", Convention::Ito, 0.0),
                ("misread_as_Stratonovich", Convention::Stratonovich, 0.5),
            ] {
                for answer in [circuit.closed(alpha), circuit.solved(convention).unwrap()] {
                    check(name, answer.mean, number(&case[name]["mean_V"]));
                    check(name, answer.positive, number(&case[name]["P_positive"]));
                }
            }
        }
    }

    #[test]
    fn a_smooth_diode_in_equilibrium_does_nothing() {
        let diode = Diode::Smooth { i_0: 0.5, v_0: 1.0 };
        let circuit = Circuit { resistor: 1.0, diode, t_r: 1.0, t_d: 1.0, capacity: 2.0 };
        let answer = circuit.solved(Convention::Isothermal).unwrap();
        for (found, exact) in
            [(answer.mean, 0.0), (answer.square, 0.5), (answer.positive, 0.5), (answer.current, 0.0)]
        {
            assert!((found - exact).abs() < BOUND, "{answer:?}");
        }
        let wrong = circuit.solved(Convention::Ito).unwrap();
        assert!(wrong.mean < -0.01, "Brillouin's paradox, {wrong:?}");
        assert!(circuit.at(1.0, 0.25).solved(Convention::Isothermal).unwrap().current > 0.01, "forward");
        assert!(circuit.at(0.25, 1.0).solved(Convention::Isothermal).unwrap().current < -0.01, "reverse");
    }
}
