//! Stationary states: the masses and the current of the finite volumes, without their error of order 2.
//!
//! Between walls the current is zero and `c` is constant. On a ring of length `l` it may not be, and
//!
//! ```text
//! c(x) = K int_x^{x+l} exp(-Phi) D^-alpha dx,        J = K (1 - exp(Phi(x) - Phi(x+l)))
//! ```
//!
//! (`c' = -J exp(-Phi) D^-alpha` and `q = exp(Phi) c` is periodic). The integral over a turn is a sum of `rho_i` with
//! positive weights, put together from the pieces before and after the end of the ring, in logarithms: nothing cancels
//! and nothing overflows. Within a cell `q(x) = exp(Phi - Phi(x_i)) (q_i - J int_{x_i}^x exp(Phi(x_i) - Phi) D^-alpha)`.

use super::volumes::{FiniteVolumes, Piece, finite};
use super::{DensityError, Wall, Walls};

/// The state that does not change, normalised.
#[derive(Debug, Clone)]
pub struct Stationary<'a, B, D> {
    volumes: &'a FiniteVolumes<B, D>,
    /// `q` at the centres.
    centres: Vec<f64>,
    current: f64,
}

impl<B: Fn(f64) -> f64, D: Fn(f64) -> f64> FiniteVolumes<B, D> {
    /// The stationary state.
    ///
    /// # Errors
    /// A wall absorbs, or `p` varies by more than floating-point numbers can hold.
    pub fn stationary(&self) -> Result<Stationary<'_, B, D>, DensityError> {
        if let Walls::Two { lower, upper } = self.grid.walls
            && (lower == Wall::Absorbing || upper == Wall::Absorbing)
        {
            return Err(DensityError::Absorbed);
        }
        let (logarithms, turn) = match self.grid.walls {
            Walls::Periodic => self.around(),
            Walls::Two { .. } => (self.levels(), 0.0),
        };
        let highest = logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let centres: Vec<f64> = logarithms.iter().map(|l| (l - highest).exp()).collect();
        // J = K (1 - exp(-turn)) with K = exp(-highest), without overflow where the turn goes steeply down.
        let current = if turn >= 0.0 {
            -(-turn).exp_m1() * (-highest).exp()
        } else {
            turn.exp_m1() * (-turn - highest).exp()
        };
        let mut state = Stationary { volumes: self, centres, current };
        let total = state.expectation(|_| 1.0)?;
        if !(total > 0.0 && total.is_finite() && current.is_finite()) {
            return Err(DensityError::Range { what: "the stationary state" });
        }
        state.centres.iter_mut().for_each(|q| *q /= total);
        state.current /= total;
        Ok(state)
    }

    /// `ln q_i = Phi(x_i)` from the first centre on.
    fn levels(&self) -> Vec<f64> {
        let mut level = 0.0;
        let above = self.bonds.iter().map(|bond| {
            level += bond.rise;
            level
        });
        std::iter::once(0.0).chain(above).collect()
    }

    /// `ln int_{x_i}^{x_i+l} exp(Phi(x_i) - Phi) D^-alpha` for each centre, and `Phi(x+l) - Phi(x)`.
    fn around(&self) -> (Vec<f64>, f64) {
        let n = self.bonds.len();
        // From the first centre to the i-th: prefix (Phi, ln resistance).
        let mut before = Vec::with_capacity(n);
        let (mut level, mut log) = (0.0, f64::NEG_INFINITY);
        for bond in &self.bonds {
            before.push(log);
            log = ln_sum(log, bond.resistance.ln() - level);
            level += bond.rise;
        }
        let turn = level;
        // From the i-th centre to the end of the turn, counted from the i-th.
        let mut logarithms = vec![0.0; n];
        let (mut level, mut log) = (0.0, f64::NEG_INFINITY);
        for (i, bond) in self.bonds.iter().enumerate().rev() {
            log = ln_sum(bond.resistance.ln(), log - bond.rise);
            level += bond.rise;
            logarithms[i] = ln_sum(log, before[i] - level);
        }
        (logarithms, turn)
    }
}

/// `ln(exp a + exp b)`.
fn ln_sum(a: f64, b: f64) -> f64 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    if low == f64::NEG_INFINITY { high } else { high + (low - high).exp().ln_1p() }
}

impl<B: Fn(f64) -> f64, D: Fn(f64) -> f64> Stationary<'_, B, D> {
    /// The current `J`, probability per time; zero between walls.
    #[must_use]
    pub fn current(&self) -> f64 {
        self.current
    }

    /// `p(x)`; where `D` jumps, the value on the upper side.
    ///
    /// # Errors
    /// `x` is outside, or the diffusion is not finite and above 0 there.
    pub fn at(&self, x: f64) -> Result<f64, DensityError> {
        let cell = self.volumes.grid.cell(x)?;
        let centre = self.volumes.grid.centre(cell);
        let piece = self.volumes.piece(centre, x - centre)?;
        let q = piece.rise.exp() * (self.centres[cell] - self.current * piece.whole);
        Ok(q * self.volumes.equation.density(x)?)
    }

    /// The mean of `f`.
    ///
    /// # Errors
    /// `f` is not finite somewhere.
    pub fn expectation(&self, f: impl Fn(f64) -> f64) -> Result<f64, DensityError> {
        let mut sum = 0.0;
        for cell in 0..self.centres.len() {
            sum += self.over(cell, &f)?;
        }
        Ok(sum)
    }

    /// The masses of the cells.
    ///
    /// # Errors
    /// None that its making has not met.
    pub fn masses(&self) -> Result<Vec<f64>, DensityError> {
        (0..self.centres.len()).map(|cell| self.over(cell, &|_| 1.0)).collect()
    }

    /// `int_{cell} f p dx`.
    fn over(&self, cell: usize, f: &impl Fn(f64) -> f64) -> Result<f64, DensityError> {
        let half = |piece: &Piece| {
            let mut values = [0.0; 4];
            for (j, &x) in piece.x.iter().enumerate() {
                let q = self.centres[cell] - self.current * piece.resistance[j];
                values[j] = piece.weight[j] * q * finite("the observable", x, f(x))?;
            }
            Ok(self.volumes.rule.across(piece.h, &values))
        };
        let cell = &self.volumes.cells[cell];
        Ok(half(&cell.upper)? - half(&cell.lower)?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Equation, Grid};
    use super::*;
    use crate::convention::{Convention, RatePoint};
    use std::f64::consts::PI;

    fn volumes<B: Fn(f64) -> f64, D: Fn(f64) -> f64>(
        equation: Equation<B, D>,
        (lo, hi): (f64, f64),
        cells: usize,
        walls: Walls,
    ) -> FiniteVolumes<B, D> {
        FiniteVolumes::new(equation, Grid::new(lo, hi, cells, walls).unwrap()).unwrap()
    }

    /// Orders between neighbours of a ladder of doublings, down to errors that rounding makes.
    fn orders(errors: &[f64]) -> Vec<f64> {
        errors.windows(2).filter(|e| e[1] > 1e-13).map(|e| (e[0] / e[1]).log2()).collect()
    }

    #[test]
    fn equilibrium_has_order_eight() {
        // Ito, mu = -x, D = 1 + x^2 on [-1, 2]: p ~ (1 + x^2)^(-3/2), mean (2^-1/2 - 5^-1/2)/(2 5^-1/2 + 2^-1/2).
        let (a, b) = (2.0_f64.sqrt().recip(), 5.0_f64.sqrt().recip());
        let exact = (a - b) / (2.0 * b + a);
        let error = |cells| {
            let v = volumes(Equation::ito(|x| -x, |x| 1.0 + x * x), (-1.0, 2.0), cells, Walls::REFLECTING);
            (v.stationary().unwrap().expectation(|x| x).unwrap() - exact).abs()
        };
        let orders = orders(&[4, 8, 16].map(error));
        assert!(!orders.is_empty(), "rounding from the start");
        assert!(orders.iter().all(|order| *order > 7.0), "order 8, found {orders:?}");
        assert!(error(64) < 1e-14, "64 cells leave {}", error(64));
    }

    #[test]
    fn a_state_with_a_current_has_order_eight() {
        // A drive c and D = 1 + 0.8 cos x on a ring; the reference is the same with 512 cells.
        let at = |cells, drive: f64| {
            let equation = Equation::ito(move |_| drive, |x: f64| 1.0 + 0.8 * x.cos());
            let v = volumes(equation, (0.0, 2.0 * PI), cells, Walls::Periodic);
            let state = v.stationary().unwrap();
            (state.expectation(f64::cos).unwrap(), state.at(1.0).unwrap(), state.current())
        };
        for drive in [0.7, -2.0] {
            let exact = at(512, drive);
            let errors = |of: fn(&(f64, f64, f64)) -> f64| {
                [8, 16, 32].map(|cells| (of(&at(cells, drive)) - of(&exact)).abs())
            };
            for (what, errors) in
                [("mean", errors(|s| s.0)), ("density", errors(|s| s.1)), ("current", errors(|s| s.2))]
            {
                let orders = orders(&errors);
                let last = orders[orders.len() - 1];
                assert!(last > 6.5, "{what}, drive {drive}: order 8, found {orders:?}");
            }
        }
        // Without D's variation, J = c/(2 pi) exactly.
        let v = volumes(Equation::ito(|_| 0.7, |_| 1.0), (0.0, 2.0 * PI), 64, Walls::Periodic);
        let current = v.stationary().unwrap().current();
        assert!((current - 0.7 / (2.0 * PI)).abs() < 1e-14, "{current}");
    }

    #[test]
    fn a_steep_ring_neither_overflows_nor_cancels() {
        // mu = ±400 on a ring of length 2 pi: Phi changes by ±2500 a turn, p is uniform.
        for drive in [400.0, -400.0, 1e-9, 0.0] {
            let v = volumes(Equation::ito(|_| drive, |_| 1.0), (0.0, 2.0 * PI), 4000, Walls::Periodic);
            let state = v.stationary().unwrap();
            let (p, exact) = (state.at(3.0).unwrap(), 0.5 / PI);
            // Phi changes by 0.3 in a half-cell: the eighth order leaves 4e-12.
            assert!((p / exact - 1.0).abs() < 1e-11, "p = {p} for a drive of {drive}");
            assert!((state.current() - drive * exact).abs() < 1e-11 * (1.0 + drive.abs()), "current");
        }
    }

    #[test]
    fn every_convention_has_its_power_of_the_diffusion() {
        let diffusion = |x: f64| 1.0 + 0.5 * (3.0 * x).sin() + 0.25 * x;
        let ito = Equation::ito(|_| 0.0, diffusion);
        for (equation, power) in [
            (ito.clone(), -1.0),
            (ito.clone().read_as(Convention::Stratonovich), -0.5),
            (ito.clone().read_as(Convention::Isothermal), 0.0),
            (ito.clone().hopping_at(RatePoint::Source), -1.0),
            (ito.hopping_at(RatePoint::Destination), 1.0),
        ] {
            for walls in [Walls::REFLECTING, Walls::Periodic] {
                let v = volumes(equation.clone(), (0.0, 2.0), 40, walls);
                let state = v.stationary().unwrap();
                let ratio = state.at(1.75).unwrap() / state.at(0.25).unwrap();
                let exact = (diffusion(1.75) / diffusion(0.25)).powf(power);
                assert!(
                    (ratio / exact - 1.0).abs() < 1e-13,
                    "power {power}, {walls:?}: {ratio}, not {exact}"
                );
            }
        }
    }

    #[test]
    fn relaxation_ends_in_the_stationary_state() {
        for (walls, bound) in [(Walls::REFLECTING, 1e-12), (Walls::Periodic, 2e-4)] {
            let equation = Equation::ito(|x: f64| x.sin() + 0.3, |x: f64| 1.0 + 0.5 * x.cos());
            let v = volumes(equation, (0.0, 2.0 * PI), 200, walls);
            let end = v.evolve(&v.point(1.0).unwrap(), 200.0, 400).unwrap();
            let masses = v.stationary().unwrap().masses().unwrap();
            let off = end.iter().zip(&masses).map(|(a, b)| (a / b - 1.0).abs()).fold(0.0, f64::max);
            // Exact in equilibrium, of order 2 in the width (h = 0.03) with a current.
            assert!(off < bound, "off by {off} with {walls:?}");
        }
    }

    #[test]
    fn an_absorbing_wall_leaves_no_stationary_state() {
        for (lower, upper) in [(Wall::Absorbing, Wall::Reflecting), (Wall::Reflecting, Wall::Absorbing)] {
            let v = volumes(Equation::ito(|_| 0.0, |_| 1.0), (0.0, 1.0), 10, Walls::Two { lower, upper });
            assert_eq!(v.stationary().err(), Some(DensityError::Absorbed), "{lower:?}, {upper:?}");
        }
    }
}
