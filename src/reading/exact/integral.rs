//! Integrals over the whole space, by the trapezoidal rule, which converges faster than any power of the spacing for
//! smooth functions that vanish far out.
//!
//! Two grids, one between the points of the other, must agree; the integrand must have vanished at their edges.

use super::Unable;
use super::evaluate::{Evaluator, Place};
use super::tensor::{Dims, Tensor};
use crate::expression::Expr;

/// Spacing of one grid, and its points to each side of the origin: test functions fall off like `exp(-2 |theta|^2)`.
const SPACING: f64 = 0.3;
const REACH: i32 = 18;

/// Share of the whole that may be left at the edges.
const EDGE: f64 = 1e-13;

/// The grids may differ by this share of the integral of the absolute value, which then counts as rounding.
const DIFFERENCE: f64 = 1e-9;

impl Evaluator<'_> {
    /// `integral(e)`, in at most two dimensions.
    pub(super) fn integral(&mut self, e: &Expr) -> Result<Tensor, Unable> {
        let d = self.model.dim();
        if d > 2 {
            return Err(Unable::Unsupported { what: "an integral is evaluated in at most two dimensions" });
        }
        let first = self.grid(e, 0.0)?;
        let second = self.grid(e, 0.5)?;
        let sum = first.sum.plus(&self.ring, 0, &second.sum)?.scaled(0.5);
        let difference = first.sum.minus(&self.ring, 0, &second.sum)?;
        let size = first.size.max(second.size);
        let settled =
            difference.is_small(64.0, DIFFERENCE * size) && first.edge.max(second.edge) <= EDGE * size;
        if settled { Ok(sum.blurred(&difference)) } else { Err(Unable::NotConverged { what: "an integral" }) }
    }

    fn grid(&mut self, e: &Expr, offset: f64) -> Result<Grid, Unable> {
        let d = self.model.dim();
        let cell = SPACING.powi(i32::try_from(d).unwrap_or(i32::MAX));
        let ticks: Vec<i32> = (-REACH..=REACH).collect();
        let mut grid = Grid { sum: Tensor::zero(Dims::Scalar), size: 0.0, edge: 0.0 };
        let lines: Vec<Option<i32>> =
            if d > 1 { ticks.iter().copied().map(Some).collect() } else { vec![None] };
        for line in lines {
            for &tick in &ticks {
                let place = |tick: i32| SPACING * (f64::from(tick) + offset);
                let theta = std::iter::once(place(tick)).chain(line.map(place)).collect();
                let at = Place { theta, ..self.place.clone() };
                let value = self.elsewhere(at, |this| this.eval(e, 0))?;
                let here = value.largest() * cell;
                grid.size += here;
                if [Some(tick), line].into_iter().flatten().any(|tick| tick.abs() == REACH) {
                    grid.edge += here;
                }
                grid.sum = grid.sum.plus(&self.ring, 0, &(*value).clone().scaled(cell))?;
            }
        }
        Ok(grid)
    }
}

/// The sum over one grid.
struct Grid {
    sum: Tensor,
    /// The sum of the absolute values.
    size: f64,
    /// The part of it at the edges.
    edge: f64,
}
