//! How a claim is drawn at a point: what sees most for its cost, found by draws of their own.

use super::jet::work_done;
use super::model::{Model, count};
use super::plan::{Order, Plan, Seen};
use super::run::{LEFTOVER, MOST_DIRECTIONS, MOST_WORK, ROUNDING, Run, TARGET, Top, length, norm, number};
use super::sampler::{Sampler, Terms};
use super::{Options, Unable};
use crate::sampling::{Moments, Stream, Streams, Use};
use nalgebra::DMatrix;
use rand::RngExt;

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

/// Standard errors by which a change of the extrapolation must be seen.
const BEYOND: f64 = 2.0;

/// Largest values of the small parameter that are tried.
const BEGINNINGS: usize = 4;

/// Squared multiple of the standard error that is seen with probability 0.99, roughly, at the usual rates.
const SEEN_AT: f64 = 45.0;

/// Chooses the window, the small parameter, the terms that the power is about and how derivatives are taken, by draws of
/// their own: what sees most for its cost. Nothing of this depends on the difference of the sides.
pub(super) fn settle<'a>(
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
        self.begin(streams, 3000 + first);
        self.shorten(&mut streams.block(1000 + first))?;
        self.classify(streams, 2000 + first)?;
        self.approach(streams, (TRIAL / 2, 2010 + first))?;
        self.trial(streams, 2001 + first)
    }

    /// Makes the small parameter so small that everything is defined at its largest value, which is beyond that of the instance.
    fn begin(&mut self, streams: &Streams, block: u32) {
        let given = self.sampler.base;
        for _ in 0..BEGINNINGS {
            if self.sampler.plan.order.is_none() || self.sampler.draw(&mut streams.block(block)).is_ok() {
                return;
            }
            self.halve();
        }
        self.sampler.base = given;
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
        self.sampler.base *= self.sampler.plan.order.map_or(1.0, Order::ratio);
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

    /// What the extrapolation leaves beyond chance, relative to the right side.
    pub(super) fn surely_left(&self, changes: &[Moments; 2], claim: &Moments) -> f64 {
        let surely = |change: &Moments, i: usize| {
            (change.mean()[i].abs() - BEYOND * change.standard_error(i)).max(0.0)
        };
        let change: Vec<f64> =
            (0..self.length).map(|i| surely(&changes[0], i).max(surely(&changes[1], i))).collect();
        length(&change) / norm(claim).max(f64::MIN_POSITIVE)
    }

    /// Makes the small parameter smaller for draws that begin anew.
    pub(super) fn restart(&mut self, number: u32) -> Result<(), Unable> {
        self.halve();
        let streams = Streams::new(self.options.seed, Use::Steps).at_point(self.point);
        self.classify(&streams, 6000 + number)
    }

    /// Makes the small parameter smaller until the leftover is small, or does not become smaller.
    fn approach(&mut self, streams: &Streams, (draws, first): (u64, u32)) -> Result<(), Unable> {
        if self.sampler.plan.order.is_none() {
            return Ok(());
        }
        let mut before: Option<(f64, f64)> = None;
        for k in 0..7_u32 {
            let mut rng = streams.block(first + k);
            let mut changes = [Moments::new(self.length), Moments::new(self.length)];
            let mut claim = Moments::new(self.length);
            for _ in 0..draws {
                let drawn = self.reduce(&self.sampler.draw(&mut rng)?);
                changes.iter_mut().zip(&drawn.changes).for_each(|(all, one)| all.push(one));
                claim.push(&drawn.claim);
            }
            let left = self.surely_left(&changes, &claim);
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
}
