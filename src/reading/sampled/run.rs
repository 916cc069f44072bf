//! Draws until enough could be seen.
//!
//! **When to stop.** Looks are taken after 128, 256, 512, ... draws: when an error of the target size could be seen, when no
//! error of any interest could be with all draws, or when the difference is so large that nothing more is needed. A quarter of
//! the false-alarm rate is for the looks before the last one, in equal parts, and three quarters are for the last one:
//!
//! ```text
//! p = 4 k p_early  of one of k looks,      p = 4/3 p_last
//! ```
//!
//! so that by Bonferroni `P(p <= a) <= a` for a true claim.
//!
//! **Claims with a remainder.** With `D_r` the difference over the compared power at four values of the small parameter (its
//! root, where half-integer powers occur), each half of the one before, on the same draws,
//!
//! ```text
//! E_r = 2 D_r - D_(r-1),      F_r = (4 E_r - E_(r-1))/3,      r = 0, 1, 2, 3
//! ```
//!
//! and the mean of `F_3` is tested; a difference up to the mean of `|F_3 - E_3|`, the change with the order of the
//! extrapolation, or of `|F_3 - F_2|`, that with the parameter, counts as left over, whichever is larger. (Of what `F` leaves,
//! of third order and more, the second is at least seven times where the series has begun to converge.) The parameter is made
//! smaller, and what was drawn is forgotten, while what is surely left is not small beside the right side, some times; after
//! that, what is left may be too large for any conclusion.

use super::evidence::Evidence;
use super::judge::tails;
use super::model::Model;
use super::plan::Plan;
use super::sampler::{Sampler, Terms};
use super::settle::settle;
use super::{Options, Unable};
use crate::sampling::{Covariance, Moments, Streams, TAILS, Use};
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;
use std::sync::atomic::Ordering;

/// Draws of a block.
const BLOCK: u64 = 32;

/// Draws before the first look.
const FIRST_LOOK: u64 = 128;

/// Relative error of the right side that should be seen.
pub(super) const TARGET: f64 = 0.2;

/// Relative error that has to be seen.
pub(super) const NEEDED: f64 = 0.5;

/// Relative error beyond which, if no smaller one can be seen with all draws, it is not worth while to make them.
const HOPELESS: f64 = 1.0;

/// Part of the draws after which that is decided.
const LAST_CHANCE: u64 = 8;

/// Leftover of the extrapolation, relative to the right side, that is small enough.
pub(super) const LEFTOVER: f64 = 0.08;

/// How often the draws begin anew with a smaller parameter where the leftover is larger.
const RESTARTS: u32 = 6;

/// Part of the false-alarm rate for the looks before the last one, and for the last one.
const EARLY: f64 = 0.25;
pub(super) const LAST: f64 = 1.0 - EARLY;

/// Multiplications of coefficients that the draws of one point may cost.
pub(super) const MOST_WORK: u64 = 800_000_000;

/// Components that are tested themselves; beyond, so many random directions of them.
pub(super) const MOST_DIRECTIONS: usize = 24;

/// Rounding errors of a term, relative to it.
pub(super) const ROUNDING: f64 = 1e-11;

/// What a draw is reduced to.
pub(super) struct Drawn {
    /// The difference that is tested.
    pub(super) difference: Vec<f64>,
    /// The part of the right side that is doubled by the plants, and what the power is about.
    pub(super) claim: Vec<f64>,
    /// The changes of the extrapolation, with its order and with the parameter.
    pub(super) changes: [Vec<f64>; 2],
}

/// The left side less the right side, and what the power is about.
type Sides = (Vec<f64>, Vec<f64>);

/// Which terms the power is about.
#[derive(Debug, Clone)]
pub(super) enum Top {
    Right(Vec<bool>),
    /// The right side is 0: the first term of the left.
    FirstLeft,
}

/// What is gathered of draws.
pub(super) struct Gathered {
    pub(super) tested: Covariance,
    pub(super) plants: [Covariance; 2],
    pub(super) difference: Moments,
    pub(super) claim: Moments,
    pub(super) left: Moments,
    pub(super) changes: [Moments; 2],
}

/// The factors of the wrong claims.
pub(super) const PLANTS: [f64; 2] = [2.0, -1.0];

/// How draws are made and reduced.
#[derive(Clone)]
pub(super) struct Run<'a> {
    pub(super) sampler: Sampler<'a>,
    pub(super) top: Top,
    pub(super) directions: Option<DMatrix<f64>>,
    pub(super) rounding: Vec<f64>,
    pub(super) length: usize,
    pub(super) options: &'a Options<'a>,
    pub(super) false_alarm: f64,
    pub(super) point: u32,
}

/// The evidence at one point.
///
/// # Errors
/// The claim cannot be drawn there.
pub(super) fn at_point(
    model: &Model,
    plan: &Plan,
    options: &Options<'_>,
    (point, false_alarm): (u32, f64),
) -> Result<Evidence, Unable> {
    let (mut run, cost) = settle(model, plan, options, (point, false_alarm))?;
    let affordable = (MOST_WORK / cost.max(1)).min(options.draws);
    let mut gathered = run.nothing();
    let mut wanted = FIRST_LOOK.min(affordable.max(1));
    let (mut block, mut given_up, mut restarts) = (0, 0, 0);
    let most_looks = 2 * ((affordable / FIRST_LOOK).max(1).ilog2() + 1);
    let mut looks = 0;
    loop {
        block = run.gather(&mut gathered, wanted, block)?;
        let cancelled = options.cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed));
        let draws = gathered.tested.count();
        let left = run.surely_left(&gathered.changes, &gathered.claim);
        if !cancelled && restarts < RESTARTS && left > LEFTOVER && 2 * (given_up + draws) <= affordable {
            restarts += 1;
            given_up += draws;
            run.restart(restarts)?;
            gathered = run.nothing();
            wanted = FIRST_LOOK.min(affordable - given_up);
            continue;
        }
        looks += 1;
        if !cancelled
            && looks <= most_looks
            && let early @ Evidence::Refuted(_) =
                run.conclude(&gathered, false, f64::from(most_looks) / EARLY)
        {
            return Ok(early);
        }
        let affordable = affordable - given_up;
        let sees = run.detectable(&gathered);
        let enough = sees <= TARGET && tails(&gathered.tested) <= TAILS && run.sees_plants(&gathered);
        // Not finite while the draws are too skew, which more of them can mend.
        let hopeless = draws >= affordable / LAST_CHANCE
            && sees.is_finite()
            && sees * (number(draws) / number(affordable)).sqrt() > HOPELESS;
        if enough || hopeless || cancelled || draws >= affordable {
            return Ok(run.conclude(&gathered, cancelled, 1.0 / LAST));
        }
        wanted = (2 * wanted).min(affordable);
    }
}

impl<'a> Run<'a> {
    pub(super) fn new(
        sampler: Sampler<'a>,
        options: &'a Options<'a>,
        (point, false_alarm): (u32, f64),
    ) -> Self {
        let top = Top::Right(vec![true; sampler.plan.right.len()]);
        Self { sampler, top, directions: None, rounding: vec![], length: 0, options, false_alarm, point }
    }

    /// The left side less the right side, and the terms of the right side that the power is about.
    fn sides(&self, terms: &Terms) -> Sides {
        let mut difference = vec![0.0; self.length];
        let mut claim = vec![0.0; self.length];
        let add = |sum: &mut Vec<f64>, part: &[f64], factor: f64| {
            sum.iter_mut().zip(part).for_each(|(x, y)| *x += factor * y);
        };
        terms.left.iter().for_each(|part| add(&mut difference, part, 1.0));
        terms.right.iter().for_each(|part| add(&mut difference, part, -1.0));
        match &self.top {
            Top::Right(top) => {
                let parts = terms.right.iter().zip(top).filter(|(_, top)| **top);
                parts.for_each(|(part, _)| add(&mut claim, part, 1.0));
            }
            Top::FirstLeft => terms.left.iter().take(1).for_each(|part| add(&mut claim, part, -1.0)),
        }
        (difference, claim)
    }

    pub(super) fn reduce(&self, rungs: &[Terms]) -> Drawn {
        let (difference, claim): (Vec<_>, Vec<_>) = rungs.iter().map(|terms| self.sides(terms)).unzip();
        let combine = |sides: &[Vec<f64>], factors: [f64; 4]| {
            let mut sum = vec![0.0; self.length];
            for (side, factor) in sides.iter().zip(factors) {
                sum.iter_mut().zip(side).for_each(|(x, y)| *x += factor * y);
            }
            sum
        };
        if rungs.len() < 2 {
            let one = [1.0, 0.0, 0.0, 0.0];
            let nothing = || vec![0.0; self.length];
            return Drawn {
                difference: combine(&difference, one),
                claim: combine(&claim, one),
                changes: [nothing(), nothing()],
            };
        }
        let last = [0.0, 1.0 / 3.0, -2.0, 8.0 / 3.0];
        Drawn {
            difference: combine(&difference, last),
            claim: combine(&claim, last),
            changes: [
                combine(&difference, [0.0, 1.0 / 3.0, -1.0, 2.0 / 3.0]),
                combine(&difference, [-1.0 / 3.0, 7.0 / 3.0, -14.0 / 3.0, 8.0 / 3.0]),
            ],
        }
    }

    fn nothing(&self) -> Gathered {
        let tested = self.directions.as_ref().map_or(self.length, DMatrix::nrows);
        let (vector, components) = (Covariance::new(tested), Moments::new(self.length));
        Gathered {
            tested: vector.clone(),
            plants: [vector.clone(), vector],
            difference: components.clone(),
            claim: components.clone(),
            left: components.clone(),
            changes: [components.clone(), components],
        }
    }

    /// Onto the directions that are tested.
    pub(super) fn project(&self, vector: &[f64]) -> DVector<f64> {
        let vector = DVector::from_column_slice(vector);
        match &self.directions {
            Some(directions) => directions * vector,
            None => vector,
        }
    }

    /// The same of bounds.
    pub(super) fn project_bound(&self, bound: &[f64]) -> DVector<f64> {
        let bound = DVector::from_column_slice(bound);
        match &self.directions {
            Some(directions) => directions.abs() * bound,
            None => bound,
        }
    }

    /// Draws until there are so many, in blocks from this one on, and returns the next block.
    fn gather(&self, gathered: &mut Gathered, wanted: u64, block: u32) -> Result<u32, Unable> {
        let blocks = wanted.saturating_sub(gathered.tested.count()).div_ceil(BLOCK);
        let next = block + u32::try_from(blocks).unwrap_or(u32::MAX);
        let parts: Vec<Result<Gathered, Unable>> =
            (block..next).into_par_iter().map(|block| self.block(block)).collect();
        for part in parts {
            gathered.merge(&part?);
        }
        Ok(next)
    }

    fn block(&self, block: u32) -> Result<Gathered, Unable> {
        let mut rng = Streams::new(self.options.seed, Use::Window).at_point(self.point).block(block);
        let mut gathered = self.nothing();
        for _ in 0..BLOCK {
            let drawn = self.reduce(&self.sampler.draw(&mut rng)?);
            gathered.tested.push(&self.project(&drawn.difference));
            for (plant, factor) in gathered.plants.iter_mut().zip(PLANTS) {
                let wrong: Vec<f64> =
                    drawn.difference.iter().zip(&drawn.claim).map(|(d, c)| d - (factor - 1.0) * c).collect();
                plant.push(&self.project(&wrong));
            }
            let left: Vec<f64> = drawn.difference.iter().zip(&drawn.claim).map(|(d, c)| d + c).collect();
            gathered.difference.push(&drawn.difference);
            gathered.claim.push(&drawn.claim);
            gathered.left.push(&left);
            gathered.changes.iter_mut().zip(&drawn.changes).for_each(|(all, one)| all.push(one));
        }
        Ok(gathered)
    }
}

/// A count of draws or products as a number.
#[allow(clippy::cast_precision_loss, reason = "counts are below 2^53")]
pub(super) fn number(count: u64) -> f64 {
    count.max(1) as f64
}

/// The length of a vector.
pub(super) fn length(vector: &[f64]) -> f64 {
    vector.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// The length of a mean vector.
pub(super) fn norm(moments: &Moments) -> f64 {
    length(moments.mean())
}

impl Gathered {
    /// The larger change of the extrapolation of each component.
    pub(super) fn change(&self) -> Vec<f64> {
        let [order, parameter] = self.changes.each_ref().map(Moments::mean);
        order.iter().zip(parameter).map(|(a, b)| a.abs().max(b.abs())).collect()
    }

    /// The length of that, relative to the right side.
    pub(super) fn hidden(&self) -> f64 {
        length(&self.change()) / norm(&self.claim).max(f64::MIN_POSITIVE)
    }

    fn merge(&mut self, other: &Self) {
        self.tested.merge(&other.tested);
        self.plants.iter_mut().zip(&other.plants).for_each(|(mine, theirs)| mine.merge(theirs));
        self.difference.merge(&other.difference);
        self.claim.merge(&other.claim);
        self.left.merge(&other.left);
        self.changes.iter_mut().zip(&other.changes).for_each(|(mine, theirs)| mine.merge(theirs));
    }
}
