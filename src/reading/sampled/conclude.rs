//! What the draws show: the test, the planted errors, and the power.

use super::evidence::{Component, Evidence, Ladder, Plant, Reason, Sample};
use super::judge::{Metric, tails};
use super::model::count;
use super::run::{Gathered, LAST, MOST_DIRECTIONS, NEEDED, PLANTS, Run, length};
use crate::sampling::{Covariance, Estimate, Moments, TAILS, detectable_multiple};
use nalgebra::DVector;

/// Part of the leftover that counts as an error beside the others.
const BLUR: f64 = 0.25;

impl Run<'_> {
    /// What the extrapolation may leave of each component: the change in it, or in all of them on the average.
    fn leftover(&self, gathered: &Gathered) -> DVector<f64> {
        let typical = self.typical_change(gathered);
        let change: Vec<f64> = gathered.change().into_iter().map(|x| x.max(typical)).collect();
        self.project_bound(&change)
    }

    fn typical_change(&self, gathered: &Gathered) -> f64 {
        length(&gathered.change()) / count(self.length.max(1)).sqrt()
    }

    /// The covariance of the mean, a part of the leftover counting as an error of its own: directions in which hardly
    /// anything is random say no more than the extrapolation knows.
    fn metric(&self, draws: &Covariance, gathered: &Gathered) -> Option<Metric> {
        let blur = BLUR * self.typical_change(gathered);
        let errors: Vec<f64> = self.rounding.iter().map(|x| x.hypot(blur)).collect();
        Metric::new(draws, &self.project_bound(&errors))
    }

    pub(super) fn detectable(&self, gathered: &Gathered) -> f64 {
        let claim = self.project(gathered.claim.mean());
        let hidden = gathered.hidden();
        let metric = self.metric(&gathered.tested, gathered);
        metric.map_or(f64::INFINITY, |metric| hidden + metric.detectable(&claim, LAST * self.false_alarm))
    }

    /// Whether differences as large as those of the wrong claims are seen with the spread and skewness of their draws.
    pub(super) fn sees_plants(&self, gathered: &Gathered) -> bool {
        let claim = self.project(gathered.claim.mean());
        gathered.plants.iter().zip(PLANTS).all(|(plant, factor)| {
            let metric = self.metric(plant, gathered);
            metric.is_some_and(|metric| {
                metric.detectable(&claim, LAST * self.false_alarm) <= f64::abs(factor - 1.0)
            })
        })
    }

    /// What the draws say; p-values are multiplied by `share`, for all looks together.
    pub(super) fn conclude(&self, gathered: &Gathered, cancelled: bool, share: f64) -> Evidence {
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
        } else if hidden {
            Some(Reason::Leftover)
        } else if p_value <= self.false_alarm {
            (!seen[0] && !seen[1]).then_some(Reason::PlantNotSeen)
        } else if !seen[0] || !seen[1] {
            Some(Reason::PlantNotSeen)
        } else if sample.detectable > NEEDED {
            Some(Reason::PowerTooLow)
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
        let multiple = detectable_multiple(LAST * self.false_alarm, draws);
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
        let change = gathered.change();
        let components = (0..self.length).map(|i| {
            let difference = estimate(&gathered.difference, i, self.rounding[i]);
            let beyond = (difference.value.abs() - change[i]).max(0.0);
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
            leftover: gathered.hidden(),
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
        if self.sampler.all_balanced {
            notes.push("expectations balanced over the rows of the data and the signs of noises".to_owned());
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
