//! One draw of everything random that an expectation ranges over.
//!
//! What is drawn, is drawn when it is first asked for: the data point of the bare names, the copies of a batch, a noise.
//! Several scopes of one expectation may be *balanced*: then the data points that stand in one place of a batch are, over the
//! scopes, different rows of the data in random order (a Latin hypercube), and noises come in pairs of opposite sign. Every
//! scope has the same distribution as one by itself, but what is additive in the data points, or odd in the noise, is averaged
//! without error.

use super::Unable;
use super::drawn;
use super::model::{Model, count, to_f64};
use crate::expression::{Batch, Distribution, Kind, Shape, SymbolId};
use crate::reading::instance::constant;
use crate::sampling::Stream;
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_distr::{Bernoulli, Distribution as _, Exp, Normal, Poisson, StandardNormal};
use std::cell::RefCell;
use std::rc::Rc;

/// One copy of all random names.
#[derive(Debug, Clone)]
pub(super) struct Copy {
    /// The data point.
    pub(super) row: usize,
    /// Values of the names with a distribution, in the order of the model.
    pub(super) values: Vec<f64>,
}

/// The batch number that stands for the bare names.
const BARE: u32 = u32::MAX;

/// The rows that stand in one place, scope by scope: a batch, a place in it, rows.
type Order = ((u32, usize), Vec<usize>);

/// A noise, the scope that drew it last, its numbers.
type Noise = (SymbolId, usize, Rc<[f64]>);

/// What balanced scopes share.
#[derive(Debug)]
pub(super) struct Balance {
    /// Scopes that share a row.
    shared: usize,
    /// Whether the same row stands in all places, so that a batch is one copy.
    diagonal: bool,
    orders: RefCell<Vec<Order>>,
    noises: RefCell<Vec<Noise>>,
}

impl Balance {
    pub(super) fn new(shared: usize) -> Rc<Self> {
        Rc::new(Self { shared, diagonal: false, orders: RefCell::default(), noises: RefCell::default() })
    }

    /// For what is additive in data points: a batch is one copy of a row, the rows one after the other.
    pub(super) fn diagonal(shared: usize) -> Rc<Self> {
        Rc::new(Self { shared, diagonal: true, orders: RefCell::default(), noises: RefCell::default() })
    }

    /// The row in a place of scope `k`; without replacement all places share one order.
    fn row(&self, (batch, place): (u32, usize), k: usize, rows: usize, rng: &mut Stream) -> usize {
        if self.diagonal {
            return (k / self.shared) % rows;
        }
        let mut orders = self.orders.borrow_mut();
        let known = orders.iter().position(|(key, _)| *key == (batch, place));
        let order = known.unwrap_or_else(|| {
            let mut order: Vec<usize> = (0..rows).collect();
            order.shuffle(rng);
            orders.push(((batch, place), order));
            orders.len() - 1
        });
        orders[order].1[(k / self.shared) % rows]
    }
}

/// One draw.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    bare: Option<Rc<Copy>>,
    batches: Vec<(u32, Rc<[Rc<Copy>]>)>,
    noises: Vec<(SymbolId, Rc<[f64]>)>,
    balance: Option<(Rc<Balance>, usize)>,
    /// Of what is random outside expectations: drawn once, the same in all draws.
    fixed: bool,
}

impl Scope {
    /// Number `k` of balanced scopes.
    pub(super) fn balanced(balance: &Rc<Balance>, k: usize) -> Self {
        Self { balance: Some((Rc::clone(balance), k)), ..Self::default() }
    }

    /// What is random outside expectations.
    pub(super) fn fixed() -> Self {
        Self { fixed: true, ..Self::default() }
    }

    /// The stream of what is drawn once.
    fn own(&self, model: &Model, name: &str, number: u32) -> Option<Stream> {
        self.fixed.then(|| drawn::stream(model.seed, name, &[u64::from(number)]))
    }

    fn row(&self, place: (u32, usize), model: &Model, rng: &mut Stream) -> usize {
        match &self.balance {
            Some((balance, k)) => balance.row(place, *k, model.rows, rng),
            None => rng.random_range(0..model.rows),
        }
    }

    /// The data point of the bare names.
    pub(super) fn bare(
        &mut self,
        model: &Model,
        scalars: &[f64],
        rng: &mut Stream,
    ) -> Result<Rc<Copy>, Unable> {
        if let Some(copy) = &self.bare {
            return Ok(Rc::clone(copy));
        }
        let mut own = self.own(model, "outer copy", 0);
        let rng = own.as_mut().unwrap_or(rng);
        let row = self.row((BARE, 0), model, rng);
        let copy = Rc::new(Copy { row, values: values(model, scalars, rng)? });
        self.bare = Some(Rc::clone(&copy));
        Ok(copy)
    }

    /// The copies of a batch.
    pub(super) fn batch(
        &mut self,
        batch: &Batch,
        size: usize,
        model: &Model,
        scalars: &[f64],
        rng: &mut Stream,
    ) -> Result<Rc<[Rc<Copy>]>, Unable> {
        if let Some((_, copies)) = self.batches.iter().find(|(number, _)| *number == batch.number) {
            return Ok(Rc::clone(copies));
        }
        let mut own = self.own(model, "outer batch", batch.number);
        let rng = own.as_mut().unwrap_or(rng);
        let diagonal = self.balance.as_ref().is_some_and(|(balance, _)| balance.diagonal);
        let rows: Vec<usize> = if diagonal {
            vec![self.row((batch.number, 0), model, rng)]
        } else if batch.population.is_some() {
            self.without_replacement(batch.number, size, model, rng)?
        } else {
            (0..size).map(|place| self.row((batch.number, place), model, rng)).collect()
        };
        let copy = |row| Ok(Rc::new(Copy { row, values: values(model, scalars, rng)? }));
        let copies: Rc<[Rc<Copy>]> = rows.into_iter().map(copy).collect::<Result<Vec<_>, Unable>>()?.into();
        self.batches.push((batch.number, Rc::clone(&copies)));
        Ok(copies)
    }

    /// Different rows: neighbours in a random order, beginning at one more place scope by scope.
    fn without_replacement(
        &self,
        number: u32,
        size: usize,
        model: &Model,
        rng: &mut Stream,
    ) -> Result<Vec<usize>, Unable> {
        if size > model.rows {
            return Err(Unable::Size { what: "the size of a batch", found: count(size) });
        }
        if let Some((balance, k)) = &self.balance {
            let first = k / balance.shared;
            return Ok((0..size)
                .map(|i| balance.row((number, 0), (first + i) * balance.shared, model.rows, rng))
                .collect());
        }
        Ok(rand::seq::index::sample(rng, model.rows, size).into_vec())
    }

    /// Standard normal numbers of a noise.
    pub(super) fn noise(
        &mut self,
        id: SymbolId,
        length: usize,
        model: &Model,
        rng: &mut Stream,
    ) -> Rc<[f64]> {
        if let Some((_, numbers)) = self.noises.iter().find(|(known, _)| *known == id) {
            return Rc::clone(numbers);
        }
        let mut own = self.own(model, "outer noise", id.0);
        let rng = own.as_mut().unwrap_or(rng);
        let opposite = self.balance.as_ref().filter(|(_, k)| k % 2 == 1).and_then(|(balance, k)| {
            let noises = balance.noises.borrow();
            let pair = noises.iter().find(|(known, of, _)| *known == id && of + 1 == *k)?;
            Some(pair.2.iter().map(|z| -z).collect::<Rc<[f64]>>())
        });
        let numbers = opposite.unwrap_or_else(|| (0..length).map(|_| StandardNormal.sample(rng)).collect());
        if let Some((balance, k)) = &self.balance {
            let mut noises = balance.noises.borrow_mut();
            noises.retain(|(known, ..)| *known != id);
            noises.push((id, *k, Rc::clone(&numbers)));
        }
        self.noises.push((id, Rc::clone(&numbers)));
        numbers
    }
}

/// Values of all names with a distribution.
fn values(model: &Model, scalars: &[f64], rng: &mut Stream) -> Result<Vec<f64>, Unable> {
    model.distributed.iter().map(|(_, distribution)| draw(distribution, scalars, rng)).collect()
}

/// A number of a distribution.
fn draw(distribution: &Distribution, scalars: &[f64], rng: &mut Stream) -> Result<f64, Unable> {
    let of = |e: &crate::expression::Expr| match e.kind() {
        Kind::Number(number) => to_f64(number),
        _ if e.shape() == Shape::Scalar => {
            constant(e, &|id| scalars.get(id.0 as usize).copied()).unwrap_or(f64::NAN)
        }
        _ => f64::NAN,
    };
    let wrong = |distribution, found| Unable::Parameter { distribution, found };
    Ok(match distribution {
        Distribution::Normal(mean, deviation) => {
            let (mean, deviation) = (of(mean), of(deviation));
            let found =
                Normal::new(mean, deviation).map_err(|_| wrong("a normal distribution", deviation))?;
            found.sample(rng)
        }
        Distribution::Uniform(low, high) => {
            let (low, high) = (of(low), of(high));
            if low.is_nan() || high.is_nan() || low > high {
                return Err(wrong("a uniform distribution", high));
            }
            low + (high - low) * rng.random::<f64>()
        }
        Distribution::Rademacher => f64::from(i8::from(rng.random::<bool>())) * 2.0 - 1.0,
        Distribution::Bernoulli(p) => {
            let found = Bernoulli::new(of(p)).map_err(|_| wrong("a Bernoulli distribution", of(p)))?;
            f64::from(u8::from(found.sample(rng)))
        }
        Distribution::Exponential(rate) => {
            let found = Exp::new(of(rate)).map_err(|_| wrong("an exponential distribution", of(rate)))?;
            found.sample(rng)
        }
        Distribution::Poisson(mean) => {
            let found = Poisson::new(of(mean)).map_err(|_| wrong("a Poisson distribution", of(mean)))?;
            found.sample(rng)
        }
        Distribution::Moments(moments) => {
            let moments: Vec<f64> = moments.iter().map(of).collect();
            with_moments(&moments, rng)?
        }
    })
}

/// The third moment in standard units of a distribution of which it is not given: anything but 0.
const SKEWNESS: f64 = 0.7;

/// A number of a distribution with these first moments, of two points, the moments beyond being made up:
///
/// ```text
/// x = (g +- sqrt(g^2 + 4))/2    with probabilities in the ratio of the other's size,    g = E[x^3] in standard units
/// ```
fn with_moments(moments: &[f64], rng: &mut Stream) -> Result<f64, Unable> {
    let (mean, variance) = match *moments {
        [mean] => (mean, 1.0),
        [mean, second] | [mean, second, _] => (mean, second - mean * mean),
        _ => {
            return Err(Unable::Unsupported {
                what: "a distribution of more than three given moments cannot be drawn",
            });
        }
    };
    if variance.is_nan() || variance < 0.0 {
        return Err(Unable::Parameter { distribution: "a distribution with such moments", found: variance });
    }
    let deviation = variance.sqrt();
    let g = match moments.get(2) {
        Some(third) if deviation > 0.0 => (third - 3.0 * mean * variance - mean.powi(3)) / deviation.powi(3),
        _ => SKEWNESS,
    };
    let root = (g * g + 4.0).sqrt();
    let (high, low) = (0.5 * (g + root), 0.5 * (g - root));
    let is_high = rng.random::<f64>() < -low / root;
    Ok(mean + deviation * if is_high { high } else { low })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::{Streams, Use};

    /// 40 000 draws: the means of `x`, `x^2`, `x^3` are within 6 standard errors, which are below 0.06 here.
    #[test]
    fn drawn_moments_are_those_given() {
        for moments in [vec![0.3], vec![0.5, 1.25], vec![0.2, 1.04, 1.5]] {
            let mut rng = Streams::new(3, Use::Window).block(0);
            let mut sums = [0.0; 3];
            for _ in 0..40_000 {
                let x = with_moments(&moments, &mut rng).unwrap();
                (1..).zip(&mut sums).for_each(|(k, sum)| *sum += x.powi(k) / 40_000.0);
            }
            for (found, expected) in sums.iter().zip(&moments) {
                assert!((found - expected).abs() < 0.12, "{moments:?}: {sums:?}");
            }
        }
        let mut rng = Streams::new(3, Use::Window).block(0);
        assert!(with_moments(&[1.0, 0.5], &mut rng).is_err(), "a negative variance");
        assert!(with_moments(&[0.0, 1.0, 0.0, 3.0], &mut rng).is_err(), "four moments");
    }

    #[test]
    fn balanced_scopes_go_through_all_rows() {
        let mut rng = Streams::new(3, Use::Window).block(0);
        let balance = Balance::new(1);
        for place in [(0, 0), (0, 1), (BARE, 0)] {
            let mut rows: Vec<usize> = (0..7).map(|k| balance.row(place, k, 7, &mut rng)).collect();
            rows.sort_unstable();
            assert_eq!(rows, [0, 1, 2, 3, 4, 5, 6], "{place:?}");
        }
    }
}
