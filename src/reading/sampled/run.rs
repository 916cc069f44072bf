//! Draws until enough could be seen, and what they show.
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
//! **Claims with a remainder.** With `D_r` the difference over the compared power at the three values of the small
//! parameter (its root, where half-integer powers occur), each half of the one before, on the same draws,
//!
//! ```text
//! E_1 = 2 D_1 - D_0,    E_2 = 2 D_2 - D_1,    E_3 = (4 E_2 - E_1)/3
//! ```
//!
//! and the mean of `E_3` is tested; a difference up to the mean of `|E_2 - E_1|`, the change between two extrapolations of lower
//! order, counts as left over. The parameter is made smaller until that does not hide what should be seen.

use super::evidence::{Component, Evidence, Ladder, Plant, Reason, Sample};
use super::jet::work_done;
use super::judge::{Metric, tails};
use super::model::{Model, count};
use super::plan::{Plan, Seen};
use super::sampler::{Sampler, Terms};
use super::{Options, Unable};
use crate::sampling::{Covariance, Estimate, Moments, Stream, Streams, TAILS, Use, detectable_multiple};
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rayon::prelude::*;
use std::sync::atomic::Ordering;

/// Draws of a block.
const BLOCK: u64 = 32;

/// Draws before the first look.
const FIRST_LOOK: u64 = 128;

/// Relative error of the right side that should be seen.
const TARGET: f64 = 0.2;

/// Relative error that has to be seen.
const NEEDED: f64 = 0.5;

/// Relative error beyond which, if no smaller one can be seen with all draws, it is not worth while to make them.
const HOPELESS: f64 = 1.0;

/// Part of the draws after which that is decided.
const LAST_CHANCE: u64 = 8;

/// Part of the false-alarm rate for the looks before the last one, and for the last one.
const EARLY: f64 = 0.25;
const LAST: f64 = 1.0 - EARLY;

/// Multiplications of coefficients that the draws of one point may cost.
const MOST_WORK: u64 = 1_200_000_000;

/// Components that are tested themselves; beyond, so many random directions of them.
const MOST_DIRECTIONS: usize = 24;

/// Draws by which windows are compared.
const TRIAL: u64 = 16;

/// The same where draws are cheap.
const LONG_TRIAL: u64 = 256;

/// Part of the square of a mean that is taken for the signal in it, where all of it may be chance.
const BARELY: f64 = 0.05;

/// Draws by which the leftover of the extrapolation is judged.
const LADDER_TRIAL: u64 = 64;

/// Windows that are tried where derivatives are taken by parts, or displacements are seen.
const WIDTHS: [f64; 7] = [0.45, 0.08, 0.2, 0.01, 1.0, 0.03, 0.003];

/// Windows otherwise, the first in which everything is defined.
const NARROW: [f64; 3] = [0.05, 0.005, 0.0005];

/// Part of the window that a displacement may be.
const STEP: f64 = 0.2;

/// Leftover of the extrapolation that is small enough.
const LEFTOVER: f64 = 0.08;

/// Squared multiple of the standard error that is seen with probability 0.99, roughly, at the usual rates.
const SEEN_AT: f64 = 45.0;

/// Part of the leftover that counts as an error beside the others.
const BLUR: f64 = 0.25;

/// Rounding errors of a term, relative to it.
const ROUNDING: f64 = 1e-11;

/// What a draw is reduced to.
struct Drawn {
    /// The difference that is tested.
    difference: Vec<f64>,
    /// The part of the right side that is doubled by the plants, and what the power is about.
    claim: Vec<f64>,
    /// The change between two extrapolations.
    change: Vec<f64>,
}

/// The left side less the right side, and what the power is about.
type Sides = (Vec<f64>, Vec<f64>);

/// Which terms the power is about.
#[derive(Debug, Clone)]
enum Top {
    Right(Vec<bool>),
    /// The right side is 0: the first term of the left.
    FirstLeft,
}

/// What is gathered of draws.
struct Gathered {
    tested: Covariance,
    plants: [Covariance; 2],
    difference: Moments,
    claim: Moments,
    left: Moments,
    change: Moments,
}

/// The factors of the wrong claims.
const PLANTS: [f64; 2] = [2.0, -1.0];

/// How draws are made and reduced.
#[derive(Clone)]
struct Run<'a> {
    sampler: Sampler<'a>,
    top: Top,
    directions: Option<DMatrix<f64>>,
    rounding: Vec<f64>,
    length: usize,
    options: &'a Options<'a>,
    false_alarm: f64,
    point: u32,
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
    let (run, cost) = settle(model, plan, options, (point, false_alarm))?;
    let affordable = (MOST_WORK / cost.max(1)).min(options.draws);
    let mut gathered = run.nothing();
    let mut wanted = FIRST_LOOK.min(affordable.max(1));
    let mut block = 0;
    let mut cancelled = false;
    let looks = f64::from((affordable / FIRST_LOOK).max(1).ilog2() + 1);
    loop {
        while gathered.tested.count() < wanted && !cancelled {
            let blocks = wanted.saturating_sub(gathered.tested.count()).div_ceil(BLOCK);
            let last = block + u32::try_from(blocks).unwrap_or(u32::MAX);
            let parts: Vec<Result<Gathered, Unable>> =
                (block..last).into_par_iter().map(|block| run.block(block)).collect();
            for part in parts {
                gathered.merge(&part?);
            }
            block = last;
            cancelled = options.cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed));
        }
        if !cancelled && let early @ Evidence::Refuted(_) = run.conclude(&gathered, (false, looks / EARLY)) {
            return Ok(early);
        }
        let draws = gathered.tested.count();
        let sees = run.detectable(&gathered);
        let enough = sees <= TARGET && tails(&gathered.tested) <= TAILS && run.sees_plants(&gathered);
        // Not finite while the draws are too skew, which more of them can mend.
        let hopeless = draws >= affordable / LAST_CHANCE
            && sees.is_finite()
            && sees * (number(draws) / number(affordable)).sqrt() > HOPELESS;
        if enough || hopeless || cancelled || draws >= affordable {
            break;
        }
        wanted = (2 * wanted).min(affordable);
    }
    Ok(run.conclude(&gathered, (cancelled, 1.0 / LAST)))
}

/// Chooses the window, the small parameter, the terms that the power is about and how derivatives are taken, by draws of
/// their own: what sees most for its cost. Nothing of this depends on the difference of the sides.
fn settle<'a>(
    model: &'a Model,
    plan: &'a Plan,
    options: &'a Options<'a>,
    (point, false_alarm): (u32, f64),
) -> Result<(Run<'a>, u64), Unable> {
    let base = plan.order.map_or(0.0, |order| model.scalars[order.symbol.0 as usize]);
    if plan.order.is_some() && (base.is_nan() || base <= 0.0) {
        return Err(Unable::Unmet { what: "a positive small parameter" });
    }
    let streams = Streams::new(options.seed, Use::Steps).at_point(point);
    let balanced = vec![true; plan.right.len()];
    let sampler = Sampler { model, plan, width: 0.0, base, by_parts: false, balanced, all_balanced: false };
    let first = Run::new(sampler, options, (point, false_alarm));
    let mut best: Option<Tried<'a>> = None;
    let mut reason = None;
    for (by_parts, all_balanced) in [(true, false), (true, true), (false, false), (false, true)] {
        if by_parts && !plan.by_parts {
            continue;
        }
        let mut run = first.clone();
        (run.sampler.by_parts, run.sampler.all_balanced) = (by_parts, all_balanced);
        let wide = by_parts || plan.seen.is_some();
        match run.best_of(if wide { &WIDTHS } else { &NARROW }, wide, &streams) {
            Ok(tried) => {
                // With a remainder the lower orders are balanced anyway, and what sees most for its cost is best.
                let enough = plan.order.is_none() && tried.detectable(options) <= TARGET;
                if best.as_ref().is_none_or(|best| tried.rate() > best.rate()) {
                    best = Some(tried);
                }
                if enough {
                    break;
                }
            }
            Err(error) => reason = reason.or(Some(error)),
        }
    }
    let Some(Tried { mut run, cost, .. }) = best else { return Err(reason.unwrap_or(Unable::NotFinite)) };
    run.approach(&streams, (LADDER_TRIAL, 5000))?;
    Ok((run, cost))
}

/// A way of drawing that was tried out.
struct Tried<'a> {
    run: Run<'a>,
    /// Square of the size of the right side over the variance of a draw.
    score: f64,
    /// Of a draw, in products.
    cost: u64,
}

impl Tried<'_> {
    /// What is seen for the cost.
    fn rate(&self) -> f64 {
        self.score / number(self.cost)
    }

    /// Roughly, the relative error that could be seen.
    fn detectable(&self, options: &Options<'_>) -> f64 {
        let draws = options.draws.min(MOST_WORK / self.cost.max(1));
        (SEEN_AT / (self.score * number(draws))).sqrt()
    }
}

impl<'a> Run<'a> {
    fn new(sampler: Sampler<'a>, options: &'a Options<'a>, (point, false_alarm): (u32, f64)) -> Self {
        let top = Top::Right(vec![true; sampler.plan.right.len()]);
        Self { sampler, top, directions: None, rounding: vec![], length: 0, options, false_alarm, point }
    }

    /// The window that sees most for its cost, or the first in which everything is defined.
    fn best_of(&self, widths: &[f64], all: bool, streams: &Streams) -> Result<Tried<'a>, Unable> {
        let mut best: Option<Tried<'a>> = None;
        let mut reason = None;
        let before = work_done();
        for (k, width) in (0_u32..).zip(widths) {
            if best.is_some() && (!all || work_done().wrapping_sub(before) > MOST_WORK / 20) {
                break;
            }
            let mut run = self.clone();
            run.sampler.width = *width;
            match run.try_out(streams, 100 * k) {
                Ok((score, cost)) => {
                    let tried = Tried { run, score, cost };
                    if best.as_ref().is_none_or(|best| tried.rate() > best.rate()) {
                        best = Some(tried);
                    }
                }
                Err(error) => reason = reason.or(Some(error)),
            }
        }
        best.ok_or(reason.unwrap_or(Unable::NotFinite))
    }

    fn try_out(&mut self, streams: &Streams, first: u32) -> Result<(f64, u64), Unable> {
        self.shorten(&mut streams.block(1000 + first))?;
        self.classify(streams, 2000 + first)?;
        self.approach(streams, (TRIAL / 2, 2010 + first))?;
        self.trial(streams, 2001 + first)
    }

    /// Makes the small parameter so small that displacements are a fifth of the window.
    fn shorten(&mut self, rng: &mut Stream) -> Result<(), Unable> {
        for _ in 0..60 {
            let long = self.sampler.displacement(rng)?;
            let passing = matches!(self.sampler.plan.seen, Some((Seen::Passing(_), _)));
            if long <= STEP * self.sampler.width * if passing { 2.0 } else { 1.0 } {
                return Ok(());
            }
            self.halve();
        }
        Err(Unable::Unsupported { what: "a displacement that does not vanish with the small parameter" })
    }

    fn halve(&mut self) {
        let halves = self.sampler.plan.order.is_some_and(|order| order.halves);
        self.sampler.base *= if halves { 0.25 } else { 0.5 };
    }

    /// A few draws: how much could be seen, and what a draw costs.
    fn trial(&mut self, streams: &Streams, block: u32) -> Result<(f64, u64), Unable> {
        let before = work_done();
        let mut rng = streams.block(block);
        let mut claim = Moments::new(self.length);
        let mut difference = Moments::new(self.length);
        let mut draws = 0;
        while draws < TRIAL || draws < LONG_TRIAL && work_done().wrapping_sub(before) < MOST_WORK / 1000 {
            let drawn = self.reduce(&self.sampler.draw(&mut rng)?);
            claim.push(&drawn.claim);
            difference.push(&drawn.difference);
            draws += 1;
        }
        let cost = (work_done().wrapping_sub(before) / draws).max(1);
        let square: f64 = claim.mean().iter().map(|m| m * m).sum();
        let by_chance: f64 = (0..self.length).map(|i| claim.variance(i) / number(draws)).sum();
        let signal = (square - by_chance).max(BARELY * square);
        let noise: f64 = (0..self.length).map(|i| difference.variance(i)).sum();
        let score = signal / noise.max(ROUNDING * ROUNDING * signal);
        Ok((if score.is_finite() { score } else { 0.0 }, cost))
    }

    /// A few draws: which terms are of the highest order, and how large rounding errors are.
    fn classify(&mut self, streams: &Streams, block: u32) -> Result<(), Unable> {
        let mut rng = streams.block(block);
        let mut all: Vec<Vec<Terms>> = vec![];
        for _ in 0..4 {
            all.push(self.sampler.draw(&mut rng)?);
        }
        let first = all.first().and_then(|rungs| rungs.first()).ok_or(Unable::NotFinite)?;
        self.length = first.left.iter().chain(&first.right).map(Vec::len).max().unwrap_or(1);
        let size = |rung: usize, term: usize| {
            let parts =
                all.iter().filter_map(|rungs| rungs.get(rung).and_then(|terms| terms.right.get(term)));
            parts.flatten().map(|x| x * x).sum::<f64>().sqrt()
        };
        let terms = first.right.len();
        let is_zero: Vec<bool> = (0..terms).map(|term| size(0, term) < f64::MIN_POSITIVE).collect();
        if is_zero.iter().all(|zero| *zero) {
            self.top = Top::FirstLeft;
        } else if self.sampler.plan.order.is_some() {
            // Sizes are over the compared power: of the highest order is what grows least as the parameter falls.
            let growth: Vec<f64> =
                (0..terms).map(|term| (size(2, term) / size(0, term)).log2() * 0.5).collect();
            let least = (0..terms).filter(|t| !is_zero[*t]).map(|t| growth[t]).fold(f64::INFINITY, f64::min);
            let top: Vec<bool> = (0..terms).map(|t| !is_zero[t] && growth[t] < least + 0.5).collect();
            self.sampler.balanced = top.iter().map(|top| !top).collect();
            self.top = Top::Right(top);
        }
        self.rounding = vec![0.0; self.length];
        for terms in all.iter().flatten() {
            for (i, size) in self.rounding.iter_mut().enumerate() {
                let parts = terms.left.iter().chain(&terms.right);
                *size = size.max(parts.map(|part| part[i].abs()).sum::<f64>());
            }
        }
        let largest = self.rounding.iter().copied().fold(0.0, f64::max);
        self.rounding.iter_mut().for_each(|x| *x = ROUNDING * (*x + 1e-3 * largest));
        if self.length > MOST_DIRECTIONS {
            let mut rng = Streams::new(self.options.seed, Use::Directions).at_point(self.point).block(0);
            let scale = 1.0 / count(self.length).sqrt();
            let mut sign = || if rng.random::<bool>() { scale } else { -scale };
            self.directions = Some(DMatrix::from_fn(MOST_DIRECTIONS, self.length, |_, _| sign()));
        }
        Ok(())
    }

    /// Makes the small parameter smaller until the leftover is small, or does not become smaller.
    fn approach(&mut self, streams: &Streams, (draws, first): (u64, u32)) -> Result<(), Unable> {
        if self.sampler.plan.order.is_none() {
            return Ok(());
        }
        let mut before: Option<(f64, f64)> = None;
        for k in 0..7_u32 {
            let mut rng = streams.block(first + k);
            let mut change = Moments::new(self.length);
            let mut claim = Moments::new(self.length);
            for _ in 0..draws {
                let drawn = self.reduce(&self.sampler.draw(&mut rng)?);
                change.push(&drawn.change);
                claim.push(&drawn.claim);
            }
            let left = norm(&change) / norm(&claim).max(f64::MIN_POSITIVE);
            if left <= LEFTOVER {
                return Ok(());
            }
            if let Some((least, base)) = before
                && left > 0.75 * least
            {
                self.sampler.base = base;
                return Ok(());
            }
            before = Some((left, self.sampler.base));
            self.halve();
        }
        Ok(())
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

    fn reduce(&self, rungs: &[Terms]) -> Drawn {
        let sides: Vec<Sides> = rungs.iter().map(|terms| self.sides(terms)).collect();
        let combine = |pick: &dyn Fn(&Sides) -> Vec<f64>, factors: [f64; 3]| {
            let mut sum = vec![0.0; self.length];
            for (side, factor) in sides.iter().zip(factors) {
                sum.iter_mut().zip(pick(side)).for_each(|(x, y)| *x += factor * y);
            }
            sum
        };
        if sides.len() < 3 {
            let one = [1.0, 0.0, 0.0];
            let difference = combine(&|side| side.0.clone(), one);
            let claim = combine(&|side| side.1.clone(), one);
            return Drawn { difference, claim, change: vec![0.0; self.length] };
        }
        let third = [1.0 / 3.0, -2.0, 8.0 / 3.0];
        Drawn {
            difference: combine(&|side| side.0.clone(), third),
            claim: combine(&|side| side.1.clone(), third),
            change: combine(&|side| side.0.clone(), [1.0, -3.0, 2.0]),
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
            change: components,
        }
    }

    /// Onto the directions that are tested.
    fn project(&self, vector: &[f64]) -> DVector<f64> {
        let vector = DVector::from_column_slice(vector);
        match &self.directions {
            Some(directions) => directions * vector,
            None => vector,
        }
    }

    /// The same of bounds.
    fn project_bound(&self, bound: &[f64]) -> DVector<f64> {
        let bound = DVector::from_column_slice(bound);
        match &self.directions {
            Some(directions) => directions.abs() * bound,
            None => bound,
        }
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
            gathered.change.push(&drawn.change);
        }
        Ok(gathered)
    }

    /// What the extrapolation may leave of each component: the change in it, or in all of them on the average.
    fn leftover(&self, gathered: &Gathered) -> DVector<f64> {
        let typical = self.typical_change(gathered);
        let change: Vec<f64> = gathered.change.mean().iter().map(|x| x.abs().max(typical)).collect();
        self.project_bound(&change)
    }

    fn typical_change(&self, gathered: &Gathered) -> f64 {
        norm(&gathered.change) / count(self.length.max(1)).sqrt()
    }

    /// The covariance of the mean, a part of the leftover counting as an error of its own: directions in which hardly
    /// anything is random say no more than the extrapolation knows.
    fn metric(&self, draws: &Covariance, gathered: &Gathered) -> Option<Metric> {
        let blur = BLUR * self.typical_change(gathered);
        let errors: Vec<f64> = self.rounding.iter().map(|x| x.hypot(blur)).collect();
        Metric::new(draws, &self.project_bound(&errors))
    }

    fn detectable(&self, gathered: &Gathered) -> f64 {
        let claim = self.project(gathered.claim.mean());
        let hidden = norm(&gathered.change) / norm(&gathered.claim).max(f64::MIN_POSITIVE);
        let metric = self.metric(&gathered.tested, gathered);
        metric.map_or(f64::INFINITY, |metric| hidden + metric.detectable(&claim, LAST * self.false_alarm))
    }

    /// Whether differences as large as those of the wrong claims are seen with the spread and skewness of their draws.
    fn sees_plants(&self, gathered: &Gathered) -> bool {
        let claim = self.project(gathered.claim.mean());
        gathered.plants.iter().zip(PLANTS).all(|(plant, factor)| {
            let metric = self.metric(plant, gathered);
            metric.is_some_and(|metric| {
                metric.detectable(&claim, LAST * self.false_alarm) <= f64::abs(factor - 1.0)
            })
        })
    }

    /// What the draws say; p-values are multiplied by `share`, for all looks together.
    fn conclude(&self, gathered: &Gathered, (cancelled, share): (bool, f64)) -> Evidence {
        let leftover = self.leftover(gathered);
        let p_of = |draws: &Covariance| {
            let p =
                self.metric(draws, gathered).map_or(1.0, |metric| metric.p_value(draws.mean(), &leftover));
            (share * p).min(1.0)
        };
        let p_value = p_of(&gathered.tested);
        let plant = |k: usize| Plant { factor: PLANTS[k], p_value: p_of(&gathered.plants[k]) };
        let plants = [plant(0), plant(1)];
        let sample = self.sample(gathered, p_value, plants);
        let seen = plants.map(|plant| plant.p_value <= self.false_alarm);
        let few = self.metric(&gathered.tested, gathered).is_none();
        let hidden = sample.ladder.as_ref().is_some_and(|ladder| ladder.leftover > 0.5 * NEEDED);
        let reason = if cancelled {
            Some(Reason::Cancelled)
        } else if few {
            Some(Reason::TooFewDraws)
        } else if sample.tails > TAILS {
            Some(Reason::HeavyTails)
        } else if p_value <= self.false_alarm {
            (!seen[0] && !seen[1]).then_some(Reason::PlantNotSeen)
        } else if !seen[0] || !seen[1] {
            Some(if hidden { Reason::Leftover } else { Reason::PlantNotSeen })
        } else if sample.detectable > NEEDED {
            Some(if hidden { Reason::Leftover } else { Reason::PowerTooLow })
        } else {
            None
        };
        match reason {
            Some(reason) => Evidence::Inconclusive(Box::new(sample), reason),
            None if p_value <= self.false_alarm => Evidence::Refuted(Box::new(sample)),
            None => Evidence::Consistent(sample),
        }
    }

    fn sample(&self, gathered: &Gathered, p_value: f64, plants: [Plant; 2]) -> Sample {
        let draws = gathered.tested.count();
        let seed = self.options.seed;
        let multiple = detectable_multiple(self.false_alarm, draws);
        let estimate = |moments: &Moments, i: usize, rounding: f64| {
            let standard_error = moments.standard_error(i).hypot(rounding);
            Estimate {
                value: moments.mean()[i],
                standard_error,
                draws,
                seed,
                detectable: multiple * standard_error,
            }
        };
        let components = (0..self.length).map(|i| {
            let difference = estimate(&gathered.difference, i, self.rounding[i]);
            let beyond = (difference.value.abs() - gathered.change.mean()[i].abs()).max(0.0);
            let z = beyond.copysign(difference.value) / difference.standard_error.max(f64::MIN_POSITIVE);
            Component {
                indices: self.indices(i),
                left: estimate(&gathered.left, i, 0.0),
                right: estimate(&gathered.claim, i, 0.0),
                difference,
                z,
            }
        });
        let ladder = self.sampler.plan.order.map(|order| Ladder {
            symbol: self.sampler.model.symbols.get(order.symbol).name.to_string(),
            values: order.values(self.sampler.base),
            power: f64::from(order.power) * if order.halves { 0.5 } else { 1.0 },
            leftover: norm(&gathered.change) / norm(&gathered.claim).max(f64::MIN_POSITIVE),
        });
        Sample {
            components: components.collect(),
            p_value,
            false_alarm: self.false_alarm,
            dimensions: self.metric(&gathered.tested, gathered).map_or(0, |metric| metric.dimensions()),
            draws,
            seed,
            detectable: self.detectable(gathered),
            width: self.sampler.width,
            centre: self.sampler.model.centre.clone(),
            plants,
            ladder,
            tails: tails(&gathered.tested),
            notes: self.notes(),
        }
    }

    /// The indices of a component, counted from 1; the last one runs fastest.
    fn indices(&self, component: usize) -> Vec<usize> {
        let mut rest = component;
        let mut indices: Vec<usize> = vec![];
        for length in self.sampler.plan.lengths.iter().rev() {
            indices.push(rest % length.max(&1) + 1);
            rest /= length.max(&1);
        }
        indices.reverse();
        indices
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = self.sampler.model.notes.clone();
        let plan = self.sampler.plan;
        if self.sampler.by_parts {
            notes.push("derivatives of expectations by parts on the window where they are linear".to_owned());
        } else if plan.by_parts {
            notes.push("derivatives of expectations along the path of each draw".to_owned());
        }
        if plan.seen.is_some() {
            notes.push("derivatives of the other side along the path of each draw".to_owned());
        }
        if self.directions.is_some() {
            notes.push(format!(
                "{MOST_DIRECTIONS} random directions of {} components are tested",
                self.length
            ));
        }
        notes
    }
}

/// A count of draws or products as a number.
#[allow(clippy::cast_precision_loss, reason = "counts are below 2^53")]
fn number(count: u64) -> f64 {
    count.max(1) as f64
}

/// The length of a mean vector.
fn norm(moments: &Moments) -> f64 {
    moments.mean().iter().map(|x| x * x).sum::<f64>().sqrt()
}

impl Gathered {
    fn merge(&mut self, other: &Self) {
        self.tested.merge(&other.tested);
        self.plants.iter_mut().zip(&other.plants).for_each(|(mine, theirs)| mine.merge(theirs));
        self.difference.merge(&other.difference);
        self.claim.merge(&other.claim);
        self.left.merge(&other.left);
        self.change.merge(&other.change);
    }
}
