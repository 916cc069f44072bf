//! Densities: stationary states and relaxation of one-dimensional Fokker-Planck equations by finite volumes.
//!
//! ```text
//! dp/dt = -dJ/dx,     J = b p - D^alpha d(D^(1-alpha) p)/dx
//! ```
//!
//! with drift `b(x)`, diffusion `D(x) > 0`, and the convention in which `dx = b dt + sqrt(2 D) o dW` is read:
//! alpha = 0 is Ito, `J = b p - (D p)'`; alpha = 1 is Haenggi-Klimontovich and, in one dimension, isothermal,
//! `J = b p - D p'`; a hop rate evaluated at the destination is alpha = 2. No derivative of `D` is ever taken, so that
//! coefficients may jump at the edges of cells.
//!
//! # The flux
//!
//! With `Phi' = b/D`, `q = D^(1-alpha) p` and `c = q exp(-Phi)` the flux is a pure gradient, `J = -D^alpha exp(Phi) c'`.
//! `c` is what balances between neighbours, so for the centres `x_i` of the cells, with `P_i` the mass of cell `i`,
//!
//! ```text
//! J_{i+1/2} = (q_i - q_{i+1} exp(-A_i))/rho_i,       A_i   = Phi(x_{i+1}) - Phi(x_i)
//! P_i       = q_i V_i                                rho_i = int_{x_i}^{x_{i+1}} exp(Phi(x_i) - Phi) D^-alpha dx
//!                                                    V_i   = int_{cell i}        exp(Phi - Phi(x_i)) D^(alpha-1) dx
//! ```
//!
//! (exponential fitting in the manner of Scharfetter and Gummel, for whole coefficients instead of constant ones). It is
//! a hopping model with positive rates in detailed balance with the exact masses of equilibrium.
//!
//! # Accuracy
//!
//! - Stationary states, with or without a current: order 8 in the width of a cell, the order of the integrals, which are
//!   steps of the Gauss-Legendre collocation method with four points on half-cells ([`Stationary`]).
//! - Relaxation: order 2 in the width of a cell, order 2 in the time step; no mass is ever negative, and none is lost but
//!   through absorbing walls ([`FiniteVolumes::evolve`]).
//!
//! Both hold where the coefficients are smooth within each half of a cell; put their jumps at edges.

mod collocation;
mod cyclic;
mod stationary;
mod volumes;

pub use stationary::Stationary;
pub use volumes::{Equation, FiniteVolumes};

use thiserror::Error;

/// What happens at one end of the interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wall {
    /// No flux.
    Reflecting,
    /// What arrives is gone: `p = 0`.
    Absorbing,
}

/// What happens at the ends of the interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walls {
    /// The two ends are one point.
    Periodic,
    /// Two walls.
    Two {
        /// At the lower end.
        lower: Wall,
        /// At the upper end.
        upper: Wall,
    },
}

impl Walls {
    /// Two reflecting walls.
    pub const REFLECTING: Self = Self::Two { lower: Wall::Reflecting, upper: Wall::Reflecting };
    /// Two absorbing walls.
    pub const ABSORBING: Self = Self::Two { lower: Wall::Absorbing, upper: Wall::Absorbing };
}

/// Fewest cells: with fewer a periodic interval has neighbours that are neighbours twice.
pub const LEAST_CELLS: usize = 3;

/// Most cells.
pub const MOST_CELLS: usize = 1 << 20;

/// An interval cut into cells of one width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    lo: f64,
    hi: f64,
    cells: usize,
    walls: Walls,
}

impl Grid {
    /// From `lo` to `hi`, in `cells` cells.
    ///
    /// # Errors
    /// The ends are not finite and in order, or the number of cells is not from [`LEAST_CELLS`] to [`MOST_CELLS`].
    pub fn new(lo: f64, hi: f64, cells: usize, walls: Walls) -> Result<Self, DensityError> {
        if !(lo < hi && (hi - lo).is_finite()) {
            return Err(DensityError::Interval { lo, hi });
        }
        if !(LEAST_CELLS..=MOST_CELLS).contains(&cells) {
            return Err(DensityError::Cells { found: cells });
        }
        let grid = Self { lo, hi, cells, walls };
        // The points of the quadrature are a twentieth of a cell apart.
        let resolved = grid.width() > 64.0 * f64::EPSILON * lo.abs().max(hi.abs());
        if resolved { Ok(grid) } else { Err(DensityError::Interval { lo, hi }) }
    }

    /// The number of cells.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.cells
    }

    /// What happens at the ends.
    #[must_use]
    pub fn walls(&self) -> Walls {
        self.walls
    }

    /// The width of a cell.
    #[must_use]
    pub fn width(&self) -> f64 {
        (self.hi - self.lo) / real(self.cells)
    }

    /// The lower edge of cell `cell`, the upper one of the cell before; `cells()` gives the upper end.
    #[must_use]
    pub fn edge(&self, cell: usize) -> f64 {
        let share = real(cell.min(self.cells)) / real(self.cells);
        self.lo * (1.0 - share) + self.hi * share
    }

    /// The centre of cell `cell`.
    #[must_use]
    pub fn centre(&self, cell: usize) -> f64 {
        0.5 * (self.edge(cell) + self.edge(cell + 1))
    }

    /// The cell that holds `x`, the upper one at an edge.
    ///
    /// # Errors
    /// `x` is outside.
    pub fn cell(&self, x: f64) -> Result<usize, DensityError> {
        if !(x >= self.lo && x <= self.hi) {
            return Err(DensityError::Outside { x, lo: self.lo, hi: self.hi });
        }
        let share = (x - self.lo) / (self.hi - self.lo) * real(self.cells);
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most the number of cells"
        )]
        let mut cell = (share as usize).min(self.cells - 1);
        // Rounding may have put it beside its cell.
        if x < self.edge(cell) {
            cell -= 1;
        } else if x >= self.edge(cell + 1) && cell + 1 < self.cells {
            cell += 1;
        }
        Ok(cell)
    }
}

#[allow(clippy::cast_precision_loss, reason = "numbers of cells and steps are far below 2^53")]
fn real(count: usize) -> f64 {
    count as f64
}

/// Why there is no density.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum DensityError {
    /// The interval is none.
    #[error(
        "the interval runs from {lo} to {hi}; it needs two finite ends, the lower first, and cells wider than rounding errors"
    )]
    Interval {
        /// The lower end.
        lo: f64,
        /// The upper end.
        hi: f64,
    },
    /// Too few or too many cells.
    #[error("{found} cells; from {LEAST_CELLS} to {MOST_CELLS} can be had")]
    Cells {
        /// The number given.
        found: usize,
    },
    /// A coefficient has no usable value.
    #[error("{what} is {found} at x = {x}; {expected}")]
    Coefficient {
        /// Which: the drift, the diffusion, a density, an observable.
        what: &'static str,
        /// The place.
        x: f64,
        /// The value there.
        found: f64,
        /// What it should be.
        expected: &'static str,
    },
    /// Drift over diffusion is so large that exponentials overflow within a cell.
    #[error(
        "the drift outweighs the diffusion at x = {x}: p changes by a factor exp({exponent:.0}) within half a cell; \
         take more cells"
    )]
    TooCoarse {
        /// The place.
        x: f64,
        /// `int b/D` over half a cell.
        exponent: f64,
    },
    /// Mass goes through an absorbing wall until none is left.
    #[error("there is no stationary state: mass is lost at an absorbing wall")]
    Absorbed,
    /// There are not as many masses as cells.
    #[error("{found} masses for {cells} cells")]
    Length {
        /// Masses given.
        found: usize,
        /// Cells.
        cells: usize,
    },
    /// A mass is negative or not finite.
    #[error("the mass of cell {cell} (counted from 0) is {found}; it must be finite and at least 0")]
    Mass {
        /// The cell.
        cell: usize,
        /// Its mass.
        found: f64,
    },
    /// Time does not run.
    #[error("a time of {time} in {steps} steps; it must be finite and at least 0, in at least 1 step")]
    Time {
        /// The time given.
        time: f64,
        /// The steps given.
        steps: usize,
    },
    /// A place is outside.
    #[error("x = {x} is outside [{lo}, {hi}]")]
    Outside {
        /// The place.
        x: f64,
        /// The lower end.
        lo: f64,
        /// The upper end.
        hi: f64,
    },
    /// Numbers left the range of `f64` on the way.
    #[error(
        "{what} is out of the range of floating-point numbers; bring the coefficients to a smaller scale"
    )]
    Range {
        /// What was computed.
        what: &'static str,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_hold_their_points() {
        for cells in [3, 7, 10, 1000] {
            let grid = Grid::new(-0.3, 1.7, cells, Walls::REFLECTING).unwrap();
            for cell in 0..cells {
                assert_eq!(grid.cell(grid.centre(cell)), Ok(cell), "centre {cell} of {cells}");
                assert_eq!(grid.cell(grid.edge(cell)), Ok(cell), "edge {cell} of {cells}");
            }
            assert_eq!(grid.cell(1.7), Ok(cells - 1), "the upper end");
        }
    }

    #[test]
    fn what_is_no_grid_is_refused() {
        let grid = |lo, hi, cells| Grid::new(lo, hi, cells, Walls::Periodic);
        for (lo, hi) in [(1.0, 1.0), (1.0, 0.0), (f64::NAN, 1.0), (0.0, f64::INFINITY), (-f64::MAX, f64::MAX)]
        {
            assert!(matches!(grid(lo, hi, 10), Err(DensityError::Interval { .. })), "{lo} to {hi}");
        }
        assert!(matches!(grid(1.0, 1.0 + 1e-15, 10), Err(DensityError::Interval { .. })), "rounding");
        for cells in [0, 2, MOST_CELLS + 1] {
            assert_eq!(grid(0.0, 1.0, cells), Err(DensityError::Cells { found: cells }), "cells");
        }
        let fine = grid(0.0, 1.0, 3).unwrap();
        for x in [-0.1, 1.1, f64::NAN] {
            assert!(matches!(fine.cell(x), Err(DensityError::Outside { .. })), "{x} is outside");
        }
    }
}
