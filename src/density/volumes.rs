//! The equation, its finite volumes, and relaxation in time.
//!
//! Time steps are L-stable, diagonally implicit, of order 2 (Alexander's SDIRK2, `gamma = 1 - 1/sqrt 2`):
//!
//! ```text
//! (1 - gamma tau L) u = P,        (1 - gamma tau L) P' = P + (1 - gamma)/gamma (u - P)
//! ```
//!
//! A linear method that keeps every density positive whatever the step has order 1 (Bolley and Crouzeix 1978), so this
//! one does not: a step from rough masses may end with negative ones. Such a step is taken back and replaced by two
//! backward Euler steps `(1 - tau/2 L) P' = P`, which never do. They smooth, so that this happens at the start only. In
//! either scheme `L` has columns that sum to 0, so that no mass is lost but through absorbing walls.

use super::collocation::{AtPoints, Collocation};
use super::cyclic::{Cyclic, Factors};
use super::{DensityError, Grid, Wall, Walls, real};
use crate::convention::{Convention, RatePoint};
use std::fmt;

/// The largest `|int b/D|` over half a cell: its exponential and that of four times it can be computed with.
const STEEPEST: f64 = 150.0;

/// `J = b p - D^alpha d(D^(1-alpha) p)/dx`: a drift `b(x)`, a diffusion `D(x) > 0`, and how they are read.
#[derive(Clone)]
pub struct Equation<B, D> {
    drift: B,
    diffusion: D,
    alpha: f64,
}

impl<B, D> fmt::Debug for Equation<B, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Equation").field("alpha", &self.alpha).finish_non_exhaustive()
    }
}

impl<B: Fn(f64) -> f64, D: Fn(f64) -> f64> Equation<B, D> {
    /// `dx = b dt + sqrt(2 D) dW`, Ito: `J = b p - (D p)'`.
    pub fn ito(drift: B, diffusion: D) -> Self {
        Self { drift, diffusion, alpha: 0.0 }
    }

    /// The same coefficients read in another convention. Isothermal is alpha = 1 in one dimension.
    #[must_use]
    pub fn read_as(self, convention: Convention) -> Self {
        Self { alpha: convention.alpha().unwrap_or(1.0), ..self }
    }

    /// The continuum limit of hops at rates `D/a^2` evaluated at this point of each hop, beside the drift.
    #[must_use]
    pub fn hopping_at(self, point: RatePoint) -> Self {
        Self { alpha: point.alpha(), ..self }
    }

    /// `D(x)`, checked.
    pub(super) fn diffusion(&self, x: f64) -> Result<f64, DensityError> {
        let found = (self.diffusion)(x);
        if found > 0.0 && found.is_finite() {
            return Ok(found);
        }
        Err(DensityError::Coefficient {
            what: "the diffusion",
            x,
            found,
            expected: "it must be finite and above 0",
        })
    }

    fn drift(&self, x: f64) -> Result<f64, DensityError> {
        finite("the drift", x, (self.drift)(x))
    }

    /// `D^(alpha-1)`: `p` where `q` is 1.
    pub(super) fn density(&self, x: f64) -> Result<f64, DensityError> {
        Ok(self.diffusion(x)?.powf(self.alpha - 1.0))
    }
}

/// A number that a caller's function gave.
pub(super) fn finite(what: &'static str, x: f64, found: f64) -> Result<f64, DensityError> {
    if found.is_finite() {
        return Ok(found);
    }
    Err(DensityError::Coefficient { what, x, found, expected: "it must be finite" })
}

/// What is needed of a piece of the interval from `start` over a length `h`, negative for a piece to the left.
///
/// `Phi` and the resistance count from the start, so that nothing here can overflow.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    pub(super) h: f64,
    pub(super) x: AtPoints,
    /// `exp(Phi - Phi(start)) D^(alpha-1)` at the points.
    pub(super) weight: AtPoints,
    /// `int_start^x exp(Phi(start) - Phi) D^-alpha` at the points.
    pub(super) resistance: AtPoints,
    /// `Phi(start + h) - Phi(start)`.
    pub(super) rise: f64,
    /// The resistance of the whole piece, of the sign of `h`.
    pub(super) whole: f64,
}

/// The two halves of a cell, each from its centre outwards.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    pub(super) lower: Piece,
    pub(super) upper: Piece,
    /// `V_i`.
    pub(super) volume: f64,
}

/// From the centre of a cell to that of the next.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bond {
    /// `A_i`.
    pub(super) rise: f64,
    /// `rho_i`.
    pub(super) resistance: f64,
}

/// An equation on a grid.
#[derive(Debug, Clone)]
pub struct FiniteVolumes<B, D> {
    pub(super) equation: Equation<B, D>,
    pub(super) grid: Grid,
    pub(super) rule: Collocation,
    pub(super) cells: Vec<Cell>,
    /// Between cells; the last one, of a periodic interval, from the last cell to the first.
    pub(super) bonds: Vec<Bond>,
}

impl<B: Fn(f64) -> f64, D: Fn(f64) -> f64> FiniteVolumes<B, D> {
    /// Integrates the coefficients over the cells. They are evaluated inside half-cells, never at edges or centres.
    ///
    /// # Errors
    /// The drift is not finite somewhere, the diffusion is not finite and above 0, or their ratio is too large for the
    /// width of a cell.
    pub fn new(equation: Equation<B, D>, grid: Grid) -> Result<Self, DensityError> {
        let rule = Collocation::gauss();
        let mut volumes =
            Self { equation, grid, rule, cells: Vec::with_capacity(grid.cells), bonds: Vec::new() };
        for cell in 0..grid.cells {
            let centre = grid.centre(cell);
            let lower = volumes.piece(centre, grid.edge(cell) - centre)?;
            let upper = volumes.piece(centre, grid.edge(cell + 1) - centre)?;
            let volume = rule.across(upper.h, &upper.weight) - rule.across(lower.h, &lower.weight);
            if !(volume > 0.0 && volume.is_finite()) {
                return Err(DensityError::Range { what: "the weight of a cell" });
            }
            volumes.cells.push(Cell { lower, upper, volume });
        }
        let bonds = grid.cells - usize::from(grid.walls != Walls::Periodic);
        for bond in 0..bonds {
            let (here, there) = (&volumes.cells[bond].upper, &volumes.cells[(bond + 1) % grid.cells].lower);
            let rise = here.rise - there.rise;
            let resistance = here.whole - (-rise).exp() * there.whole;
            if !(resistance > 0.0 && resistance.is_finite()) {
                return Err(DensityError::Range { what: "the resistance between two cells" });
            }
            volumes.bonds.push(Bond { rise, resistance });
        }
        Ok(volumes)
    }

    /// Integrates over one piece, see [`Piece`].
    pub(super) fn piece(&self, start: f64, h: f64) -> Result<Piece, DensityError> {
        let x = self.rule.points.map(|c| start + c * h);
        let (mut slope, mut diffusion) = ([0.0; 4], [0.0; 4]);
        for (j, &x) in x.iter().enumerate() {
            diffusion[j] = self.equation.diffusion(x)?;
            slope[j] = finite("drift over diffusion", x, self.equation.drift(x)? / diffusion[j])?;
        }
        let (level, rise) = (self.rule.within(h, &slope), self.rule.across(h, &slope));
        let steepest = level.iter().fold(rise.abs(), |most, level| most.max(level.abs()));
        if steepest.is_nan() || steepest > STEEPEST {
            return Err(DensityError::TooCoarse { x: start, exponent: rise });
        }
        let alpha = self.equation.alpha;
        let weight = std::array::from_fn(|j| level[j].exp() * diffusion[j].powf(alpha - 1.0));
        let density = std::array::from_fn(|j| (-level[j]).exp() * diffusion[j].powf(-alpha));
        let (resistance, whole) = (self.rule.within(h, &density), self.rule.across(h, &density));
        Ok(Piece { h, x, weight, resistance, rise, whole })
    }

    /// The grid.
    #[must_use]
    pub fn grid(&self) -> Grid {
        self.grid
    }

    /// The masses of the cells for a density `p(x)`, by quadrature; they are not normalised.
    ///
    /// # Errors
    /// The density is negative or not finite somewhere.
    pub fn masses(&self, density: impl Fn(f64) -> f64) -> Result<Vec<f64>, DensityError> {
        let half = |piece: &Piece| {
            let mut values = [0.0; 4];
            for (value, &x) in values.iter_mut().zip(&piece.x) {
                *value = finite("the density", x, density(x))?;
                if *value < 0.0 {
                    let expected = "it must be at least 0";
                    return Err(DensityError::Coefficient {
                        what: "the density",
                        x,
                        found: *value,
                        expected,
                    });
                }
            }
            Ok(self.rule.across(piece.h, &values))
        };
        self.cells.iter().map(|cell| Ok(half(&cell.upper)? - half(&cell.lower)?)).collect()
    }

    /// All mass in the cell that holds `x`: a point mass, exact to order 2 if `x` is a centre.
    ///
    /// # Errors
    /// `x` is outside.
    pub fn point(&self, x: f64) -> Result<Vec<f64>, DensityError> {
        let mut masses = vec![0.0; self.grid.cells];
        masses[self.grid.cell(x)?] = 1.0;
        Ok(masses)
    }

    /// The integral of `f` over a density with these masses, which within each cell is shaped as in equilibrium:
    /// `sum_i P_i/V_i int_{cell i} f exp(Phi - Phi(x_i)) D^(alpha-1) dx`. Exact in equilibrium, else of order 2.
    ///
    /// # Errors
    /// The masses do not fit, or `f` is not finite somewhere.
    pub fn integral(&self, masses: &[f64], f: impl Fn(f64) -> f64) -> Result<f64, DensityError> {
        self.check(masses)?;
        let half = |piece: &Piece| {
            let mut values = [0.0; 4];
            for (j, &x) in piece.x.iter().enumerate() {
                values[j] = piece.weight[j] * finite("the observable", x, f(x))?;
            }
            Ok(self.rule.across(piece.h, &values))
        };
        let mut sum = 0.0;
        for (cell, mass) in self.cells.iter().zip(masses) {
            sum += mass / cell.volume * (half(&cell.upper)? - half(&cell.lower)?);
        }
        Ok(sum)
    }

    /// `p` at the centres of the cells, for these masses.
    ///
    /// # Errors
    /// The masses do not fit, or the diffusion is not above 0 at a centre.
    pub fn density(&self, masses: &[f64]) -> Result<Vec<f64>, DensityError> {
        self.check(masses)?;
        let value = |(k, mass): (usize, &f64)| {
            Ok(mass / self.cells[k].volume * self.equation.density(self.grid.centre(k))?)
        };
        masses.iter().enumerate().map(value).collect()
    }

    fn check(&self, masses: &[f64]) -> Result<(), DensityError> {
        if masses.len() != self.grid.cells {
            return Err(DensityError::Length { found: masses.len(), cells: self.grid.cells });
        }
        match masses.iter().position(|mass| !(mass.is_finite() && *mass >= 0.0)) {
            Some(cell) => Err(DensityError::Mass { cell, found: masses[cell] }),
            None => Ok(()),
        }
    }

    /// `1 - tau L` with the rates of the module's page: up `1/(V_i rho_i)`, down `exp(-A_i)/(V_{i+1} rho_i)`.
    fn implicit(&self, tau: f64) -> Result<Factors, DensityError> {
        let n = self.grid.cells;
        let mut matrix = Cyclic {
            excess: vec![1.0; n],
            lower: vec![0.0; n - 1],
            upper: vec![0.0; n - 1],
            top_right: 0.0,
            bottom_left: 0.0,
        };
        for (k, bond) in self.bonds.iter().enumerate() {
            let next = (k + 1) % n;
            let up = tau / (self.cells[k].volume * bond.resistance);
            let down = tau * (-bond.rise).exp() / (self.cells[next].volume * bond.resistance);
            if next > k {
                (matrix.lower[k], matrix.upper[k]) = (up, down);
            } else {
                (matrix.top_right, matrix.bottom_left) = (up, down);
            }
        }
        if let Walls::Two { lower, upper } = self.grid.walls {
            // c_0 = 0 at the wall: q_0 over the resistance from wall to centre.
            let lost = |cell: &Cell, piece: &Piece| tau / (cell.volume * piece.whole.abs());
            if lower == Wall::Absorbing {
                matrix.excess[0] += lost(&self.cells[0], &self.cells[0].lower);
            }
            if upper == Wall::Absorbing {
                matrix.excess[n - 1] += lost(&self.cells[n - 1], &self.cells[n - 1].upper);
            }
        }
        let factors = matrix.factor();
        if factors.is_finite() {
            return Ok(factors);
        }
        Err(DensityError::Range { what: "a rate times the time step" })
    }

    /// The masses after a time, in `steps` equal steps; see the page of this file.
    ///
    /// # Errors
    /// The masses do not fit or are negative, time or steps are out of range, or rates overflow.
    pub fn evolve(&self, masses: &[f64], time: f64, steps: usize) -> Result<Vec<f64>, DensityError> {
        self.check(masses)?;
        if !(time.is_finite() && time >= 0.0 && steps > 0) {
            return Err(DensityError::Time { time, steps });
        }
        let tau = time / real(steps);
        let gamma = 1.0 - 0.5_f64.sqrt();
        let implicit = self.implicit(gamma * tau)?;
        let mut euler = None;
        let mut masses = masses.to_vec();
        let mut next = masses.clone();
        for _ in 0..steps {
            next.copy_from_slice(&masses);
            implicit.solve(&mut next);
            for (u, p) in next.iter_mut().zip(&masses) {
                *u = p + (1.0 - gamma) / gamma * (*u - p);
            }
            implicit.solve(&mut next);
            if next.iter().any(|mass| *mass < 0.0) {
                next.copy_from_slice(&masses);
                let factors = match &euler {
                    Some(factors) => factors,
                    None => euler.insert(self.implicit(0.5 * tau)?),
                };
                factors.solve(&mut next);
                factors.solve(&mut next);
            }
            std::mem::swap(&mut masses, &mut next);
        }
        if masses.iter().any(|mass| !mass.is_finite()) {
            return Err(DensityError::Range { what: "a mass" });
        }
        Ok(masses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    fn volumes<B: Fn(f64) -> f64, D: Fn(f64) -> f64>(
        equation: Equation<B, D>,
        (lo, hi): (f64, f64),
        cells: usize,
        walls: Walls,
    ) -> FiniteVolumes<B, D> {
        FiniteVolumes::new(equation, Grid::new(lo, hi, cells, walls).unwrap()).unwrap()
    }

    /// Slope between the errors at the ends of a ladder of doublings.
    fn order(errors: &[f64]) -> f64 {
        let doublings = u32::try_from(errors.len() - 1).unwrap();
        (errors[0] / errors[errors.len() - 1]).log2() / f64::from(doublings)
    }

    #[test]
    fn relaxation_has_order_two_in_width_and_time() {
        // D = 1 + x/2, Ito, absorbing at neither end: mean of x grows by the flux at the walls; the exact answer is the
        // same equation on a grid 16 times finer, whose own errors are 250 times smaller.
        let error = |cells: usize, steps: usize, walls: Walls| {
            let run = |cells: usize, steps: usize| {
                let v = volumes(Equation::ito(|x| -x, |x| 1.0 + 0.5 * x.sin()), (0.0, 2.0), cells, walls);
                let start = v.masses(|x| 0.5 + 0.25 * (PI * x).cos()).unwrap();
                let end = v.evolve(&start, 0.25, steps).unwrap();
                v.integral(&end, |x| x * x).unwrap()
            };
            (run(cells, steps) - run(1024, 1024)).abs()
        };
        let mixed = Walls::Two { lower: Wall::Reflecting, upper: Wall::Absorbing };
        for walls in [Walls::REFLECTING, Walls::ABSORBING, mixed] {
            let width = order(&[8, 16, 32].map(|cells| error(cells, 1024, walls)));
            assert!((width - 2.0).abs() < 0.25, "order 2 in the width, found {width} for {walls:?}");
            let time = order(&[4, 8, 16].map(|steps| error(1024, steps, walls)));
            assert!((time - 2.0).abs() < 0.35, "order 2 in the step, found {time} for {walls:?}");
        }
    }

    #[test]
    fn diffusion_on_a_ring_decays_as_its_fourier_modes() {
        let v = volumes(Equation::ito(|_| 0.5, |_| 1.0), (0.0, 2.0 * PI), 256, Walls::Periodic);
        let start = v.masses(|x| (1.0 + x.cos()) / (2.0 * PI)).unwrap();
        let end = v.evolve(&start, 1.0, 400).unwrap();
        // E exp(ix) = (1/2) exp(-t + i t/2); widths and steps leave (2 pi/256)^2/12 and (1/400)^2 of it.
        for (found, exact) in [
            (v.integral(&end, f64::cos).unwrap(), 0.5 * (-1.0_f64).exp() * 0.5_f64.cos()),
            (v.integral(&end, f64::sin).unwrap(), 0.5 * (-1.0_f64).exp() * 0.5_f64.sin()),
        ] {
            assert!((found - exact).abs() < 1e-4, "{found} is not {exact}");
        }
    }

    #[test]
    fn mass_is_conserved_and_never_negative() {
        let hard = Equation::ito(|x: f64| 20.0 * (3.0 * x).sin(), |x: f64| 0.1 + x * x);
        for walls in [Walls::REFLECTING, Walls::Periodic] {
            let v = volumes(hard.clone(), (-1.0, 2.0), 200, walls);
            let start = v.point(0.3).unwrap();
            // Steps far beyond what an explicit method or a method of order 2 alone would keep positive.
            for (time, steps) in [(1e-6, 1), (0.5, 1), (0.5, 7), (100.0, 3)] {
                let end = v.evolve(&start, time, steps).unwrap();
                let total: f64 = end.iter().sum();
                // 200 masses, a few hundred roundings each.
                assert!((total - 1.0).abs() < 1e-12, "mass {total} after {time}, {walls:?}");
                assert!(end.iter().all(|mass| *mass >= 0.0), "negative mass after {time}, {walls:?}");
            }
        }
        let leaky = volumes(hard, (-1.0, 2.0), 200, Walls::ABSORBING);
        let left: f64 = leaky.evolve(&leaky.point(0.3).unwrap(), 2.0, 100).unwrap().iter().sum();
        assert!(left > 0.0 && left < 0.9, "some mass is absorbed: {left} is left");
    }

    #[test]
    fn survival_between_absorbing_walls_is_the_sine_series() {
        let v = volumes(Equation::ito(|_| 0.0, |_| 1.0), (0.0, 1.0), 200, Walls::ABSORBING);
        let start = v.masses(|x| 0.5 * PI * (PI * x).sin()).unwrap();
        let left: f64 = v.evolve(&start, 0.1, 400).unwrap().iter().sum();
        // Errors pi^2/12 (pi/200)^2 t pi^2 and less: 2e-5.
        assert!((left - (-0.1 * PI * PI).exp()).abs() < 3e-5, "{left} is left");
    }

    #[test]
    fn what_cannot_be_integrated_is_an_error() {
        let build = |drift: f64, diffusion: f64| {
            let grid = Grid::new(0.0, 1.0, 10, Walls::REFLECTING).unwrap();
            FiniteVolumes::new(Equation::ito(move |_| drift, move |_| diffusion), grid)
        };
        for diffusion in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let what = build(0.0, diffusion).err();
            assert!(matches!(what, Some(DensityError::Coefficient { .. })), "D = {diffusion}: {what:?}");
        }
        assert!(matches!(build(f64::NAN, 1.0), Err(DensityError::Coefficient { .. })), "drift");
        assert!(matches!(build(1e6, 1.0), Err(DensityError::TooCoarse { .. })), "too steep");
        assert!(matches!(build(1e300, 1e-300), Err(DensityError::Coefficient { .. })), "overflow");
        let v = build(0.0, 1.0).unwrap();
        assert_eq!(v.evolve(&[1.0], 1.0, 1), Err(DensityError::Length { found: 1, cells: 10 }), "length");
        let mut masses = vec![0.1; 10];
        assert!(matches!(v.evolve(&masses, f64::NAN, 1), Err(DensityError::Time { .. })), "time");
        assert!(matches!(v.evolve(&masses, 1.0, 0), Err(DensityError::Time { .. })), "steps");
        masses[3] = -0.1;
        assert_eq!(v.evolve(&masses, 1.0, 1), Err(DensityError::Mass { cell: 3, found: -0.1 }), "mass");
        assert!(v.masses(|x| x - 0.5).is_err(), "a negative density");
        assert!(v.integral(&[0.1; 10], |_| f64::NAN).is_err(), "an observable that is not a number");
    }
}
