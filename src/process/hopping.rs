//! Hopping between finitely many states at any rates: exact paths, exact stationary states, exact relaxation.
//!
//! ```text
//! dp_k/dt = sum_j ( p_j w(j -> k) - p_k w(k -> j) )
//! ```
//!
//! - Paths by Gillespie's method: the waiting time in a state is exponential with its total rate, the exit is chosen in
//!   proportion to its rate ([`HoppingPath`]). There is no time step and no error but chance.
//! - Stationary states by elimination without subtractions ([`Hopping::stationary`]), for chains also by products of
//!   ratios of rates ([`Hopping::stationary_by_products`]).
//! - Relaxation by uniformisation ([`Hopping::evolve`]): with `L` the largest total rate and `P = 1 + W/L`,
//!   `p(t) = sum_n Poisson(n; L t) p P^n`, a sum of positive terms.
//!
//! Several exits may lead from one state to the same other one, such as hops of a charge through two elements of a
//! circuit; a path reports which exit was taken.

use crate::convention::RatePoint;
use rand::{Rng, RngExt};
use rand_distr::{Distribution, Exp1};
use thiserror::Error;

/// The mean number of uniformised hops that one round of [`Hopping::evolve`] covers: `exp(-ROUND)` is far from underflow.
const ROUND: f64 = 64.0;

/// The largest mean number of uniformised hops in one call of [`Hopping::evolve`].
pub const MOST_HOPS: f64 = 1e8;

/// `2^512`, by which products of ratios are scaled, exactly; a ratio of rates itself is at most its square.
const SCALE: f64 = 1.340_780_792_994_259_7e154;

/// Most states of a stationary state by elimination, which keeps a matrix.
pub const MOST_STATES: usize = 4096;

/// A way out of a state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exit {
    /// The state that it leads to.
    pub to: usize,
    /// Its rate, at least 0.
    pub rate: f64,
}

/// Why there is no hopping model, or no answer from one.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum HoppingError {
    /// No states, or too many.
    #[error("{found} states; from {least} to {most} can be had")]
    States {
        /// The number of them.
        found: usize,
        /// Fewest.
        least: usize,
        /// Most.
        most: usize,
    },
    /// An exit leads nowhere, or to where it came from.
    #[error(
        "an exit of state {state} leads to state {to}; it must lead to another one of the {states} states"
    )]
    Target {
        /// The state left.
        state: usize,
        /// Where to.
        to: usize,
        /// How many states there are.
        states: usize,
    },
    /// A rate is negative or not finite.
    #[error("the rate from state {state} to state {to} is {found}; it must be finite and at least 0")]
    Rate {
        /// The state left.
        state: usize,
        /// Where to.
        to: usize,
        /// The rate.
        found: f64,
    },
    /// Some states cannot be reached from others.
    #[error(
        "state {state} and the states before it do not all lead to one another: the stationary state is not unique"
    )]
    Separate {
        /// One of the states.
        state: usize,
    },
    /// A hop beyond the neighbours, in a chain.
    #[error("state {state} has a hop to state {to}; products are for chains, whose hops lead to neighbours")]
    NoChain {
        /// The state left.
        state: usize,
        /// Where to.
        to: usize,
    },
    /// Lists of numbers do not have the right lengths.
    #[error("{found} numbers for {expected}")]
    Length {
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// A probability is negative or not finite.
    #[error("the probability of state {state} is {found}; it must be finite and at least 0")]
    Probability {
        /// The state.
        state: usize,
        /// Its probability.
        found: f64,
    },
    /// A time is negative, not finite or too long.
    #[error(
        "a time of {time} at a largest rate of {rate}; it must be at least 0, and their product at most {MOST_HOPS:e}"
    )]
    Time {
        /// The time given.
        time: f64,
        /// The largest total rate.
        rate: f64,
    },
    /// Numbers left the range of `f64` on the way.
    #[error("the {what} is out of the range of floating-point numbers")]
    Range {
        /// What was computed.
        what: &'static str,
    },
}

/// A hopping model.
#[derive(Debug, Clone, PartialEq)]
pub struct Hopping {
    /// State `k` has the exits `exits[first[k]..first[k+1]]`.
    exits: Vec<Exit>,
    first: Vec<usize>,
    totals: Vec<f64>,
}

/// Probabilities some time later.
#[derive(Debug, Clone, PartialEq)]
pub struct Evolved {
    /// `p(t)`.
    pub probabilities: Vec<f64>,
    /// `int_0^t p dt`: the mean time spent in each state; times a rate, the mean number of hops by an exit.
    pub time_spent: Vec<f64>,
}

impl Hopping {
    /// The model whose state `k` has the exits `exits[k]`.
    ///
    /// # Errors
    /// There is no state, or an exit leads nowhere or has no rate.
    pub fn new(exits: &[Vec<Exit>]) -> Result<Self, HoppingError> {
        let states = exits.len();
        if states == 0 {
            return Err(HoppingError::States { found: 0, least: 1, most: usize::MAX });
        }
        let mut model = Self { exits: Vec::new(), first: vec![0], totals: Vec::with_capacity(states) };
        for (state, exits) in exits.iter().enumerate() {
            for &Exit { to, rate } in exits {
                if to >= states || to == state {
                    return Err(HoppingError::Target { state, to, states });
                }
                if !(rate.is_finite() && rate >= 0.0) {
                    return Err(HoppingError::Rate { state, to, found: rate });
                }
            }
            let total: f64 = exits.iter().map(|exit| exit.rate).sum();
            if !total.is_finite() {
                return Err(HoppingError::Range { what: "total rate of a state" });
            }
            model.exits.extend_from_slice(exits);
            model.first.push(model.exits.len());
            model.totals.push(total);
        }
        Ok(model)
    }

    /// A chain: `up[k]` is the rate from state `k` to `k+1`, `down[k]` the rate back. A state's exit up comes first.
    ///
    /// # Errors
    /// The lists have different lengths, or a rate is negative or not finite.
    pub fn chain(up: &[f64], down: &[f64]) -> Result<Self, HoppingError> {
        if up.len() != down.len() {
            return Err(HoppingError::Length { found: down.len(), expected: up.len() });
        }
        let exits: Vec<Vec<Exit>> = (0..=up.len())
            .map(|k| {
                let higher = up.get(k).map(|&rate| Exit { to: k + 1, rate });
                let lower = k.checked_sub(1).map(|to| Exit { to, rate: down[to] });
                higher.into_iter().chain(lower).collect()
            })
            .collect();
        Self::new(&exits)
    }

    /// A chain that leaves state `k` at rate `lambda[k]`, up or down equally likely, the outward hop at an end refused.
    ///
    /// # Errors
    /// There is no state, or a rate is negative or not finite.
    pub fn symmetric(lambda: &[f64]) -> Result<Self, HoppingError> {
        let Some(bonds) = lambda.len().checked_sub(1) else {
            return Err(HoppingError::States { found: 0, least: 1, most: usize::MAX });
        };
        let half = |rates: &[f64]| rates.iter().map(|rate| 0.5 * rate).collect::<Vec<_>>();
        Self::chain(&half(&lambda[..bonds]), &half(&lambda[1..]))
    }

    /// A ring: `forward[k]` is the rate from state `k` to the next, `backward[k]` the rate back to `k`.
    /// A state's exit forward comes first.
    ///
    /// # Errors
    /// There are fewer than 2 states, the lists have different lengths, or a rate is negative or not finite.
    pub fn ring(forward: &[f64], backward: &[f64]) -> Result<Self, HoppingError> {
        let states = forward.len();
        if states < 2 {
            return Err(HoppingError::States { found: states, least: 2, most: usize::MAX });
        }
        if backward.len() != states {
            return Err(HoppingError::Length { found: backward.len(), expected: states });
        }
        let exits: Vec<Vec<Exit>> = (0..states)
            .map(|k| {
                let before = (k + states - 1) % states;
                vec![
                    Exit { to: (k + 1) % states, rate: forward[k] },
                    Exit { to: before, rate: backward[before] },
                ]
            })
            .collect();
        Self::new(&exits)
    }

    /// A chain of sites `x_k = start + k spacing` with hop rates `D/spacing^2`, `D` evaluated at `x_k ± s spacing`.
    ///
    /// # Errors
    /// There is no site, or a rate is negative or not finite.
    pub fn lattice(
        diffusion: impl Fn(f64) -> f64,
        point: RatePoint,
        [start, spacing]: [f64; 2],
        sites: usize,
    ) -> Result<Self, HoppingError> {
        let Some(bonds) = sites.checked_sub(1) else {
            return Err(HoppingError::States { found: 0, least: 1, most: usize::MAX });
        };
        let s = 0.5 * point.alpha();
        #[allow(clippy::cast_precision_loss, reason = "numbers of sites are below 2^53")]
        let rate = |from: usize, along: f64| {
            diffusion(start + (from as f64 + along * s) * spacing) / (spacing * spacing)
        };
        let up: Vec<f64> = (0..bonds).map(|k| rate(k, 1.0)).collect();
        let down: Vec<f64> = (0..bonds).map(|k| rate(k + 1, -1.0)).collect();
        Self::chain(&up, &down)
    }

    /// The number of states.
    #[must_use]
    pub fn states(&self) -> usize {
        self.totals.len()
    }

    /// The exits of a state; none of a state that there is not.
    #[must_use]
    pub fn exits(&self, state: usize) -> &[Exit] {
        match (self.first.get(state), self.first.get(state + 1)) {
            (Some(&from), Some(&to)) => &self.exits[from..to],
            _ => &[],
        }
    }

    /// The rate at which a state is left, by all its exits.
    #[must_use]
    pub fn total_rate(&self, state: usize) -> f64 {
        self.totals.get(state).copied().unwrap_or(0.0)
    }

    /// The stationary probabilities, by the linear equations `sum_j p_j w(j -> k) = p_k sum_j w(k -> j)`.
    ///
    /// States are eliminated from the last one down: the rates between the others become those of the path seen when it
    /// is not in the eliminated one, `w(i -> j) += w(i -> k) w(k -> j) / sum_{m<k} w(k -> m)`. Nothing is subtracted, so
    /// that each probability has a small relative error (Grassmann, Taksar and Heyman 1985).
    ///
    /// # Errors
    /// Not every state leads to every other one, or there are more than [`MOST_STATES`].
    pub fn stationary(&self) -> Result<Vec<f64>, HoppingError> {
        let n = self.states();
        if n > MOST_STATES {
            return Err(HoppingError::States { found: n, least: 1, most: MOST_STATES });
        }
        let mut w = vec![0.0; n * n];
        for state in 0..n {
            for exit in self.exits(state) {
                w[state * n + exit.to] += exit.rate;
            }
        }
        for k in (1..n).rev() {
            let (before, last) = w.split_at_mut(k * n);
            let onward = &last[..k];
            let total: f64 = onward.iter().sum();
            if total.is_nan() || total <= 0.0 {
                return Err(HoppingError::Separate { state: k });
            }
            for row in before.chunks_mut(n) {
                row[k] /= total;
                let into = row[k];
                if into > 0.0 {
                    row[..k].iter_mut().zip(onward).for_each(|(w, out)| *w += into * out);
                }
            }
        }
        let mut p = vec![1.0];
        for k in 1..n {
            p.push((0..k).map(|i| p[i] * w[i * n + k]).sum());
        }
        normalised(p)
    }

    /// The stationary probabilities of a chain, by `p_{k+1}/p_k = w(k -> k+1)/w(k+1 -> k)`.
    ///
    /// # Errors
    /// A hop leads beyond a neighbour, or a rate between neighbours is 0.
    pub fn stationary_by_products(&self) -> Result<Vec<f64>, HoppingError> {
        let bonds = self.states() - 1;
        let (mut up, mut down) = (vec![0.0; bonds], vec![0.0; bonds]);
        for (state, exits) in (0..self.states()).map(|state| (state, self.exits(state))) {
            for &Exit { to, rate } in exits {
                if to == state + 1 {
                    up[state] += rate;
                } else if to + 1 == state {
                    down[to] += rate;
                } else {
                    return Err(HoppingError::NoChain { state, to });
                }
            }
        }
        // Probabilities may be further apart than floating-point numbers reach: value times 2^(512 power).
        let (mut value, mut power) = (1.0_f64, 0_i32);
        let mut products = vec![(value, power)];
        for (k, (up, down)) in up.iter().zip(&down).enumerate() {
            let ratio = up / down;
            if !(ratio > 0.0 && ratio.is_finite()) {
                return Err(HoppingError::Separate { state: k + 1 });
            }
            value *= ratio;
            while value > SCALE {
                (value, power) = (value / SCALE, power + 1);
            }
            while value < 1.0 / SCALE {
                (value, power) = (value * SCALE, power - 1);
            }
            products.push((value, power));
        }
        let highest = products.iter().map(|(_, power)| *power).max().unwrap_or(0);
        normalised(products.into_iter().map(|(value, power)| value * SCALE.powi(power - highest)).collect())
    }

    /// Probabilities a time later, and the mean time spent in each state meanwhile; exact to rounding.
    ///
    /// # Errors
    /// There are not as many probabilities as states, one is negative, or the time is out of range.
    pub fn evolve(&self, probabilities: &[f64], time: f64) -> Result<Evolved, HoppingError> {
        if probabilities.len() != self.states() {
            return Err(HoppingError::Length { found: probabilities.len(), expected: self.states() });
        }
        if let Some(state) = probabilities.iter().position(|p| !(p.is_finite() && *p >= 0.0)) {
            return Err(HoppingError::Probability { state, found: probabilities[state] });
        }
        let rate = self.totals.iter().copied().fold(0.0, f64::max);
        let hops = rate * time;
        if !(time >= 0.0 && time.is_finite() && hops <= MOST_HOPS) {
            return Err(HoppingError::Time { time, rate });
        }
        let mut result = Evolved {
            probabilities: probabilities.to_vec(),
            time_spent: probabilities.iter().map(|p| p * time).collect(),
        };
        if hops <= 0.0 {
            return Ok(result);
        }
        result.time_spent.fill(0.0);
        let rounds = (hops / ROUND).ceil();
        let weights = poisson(hops / rounds);
        let mut done = 0.0;
        while done < rounds {
            self.round(&mut result, &weights, rate);
            done += 1.0;
        }
        Ok(result)
    }

    /// One round: `p <- sum_n w_n p P^n`, `time += (1/L) sum_n (sum_{m>n} w_m) p P^n`.
    fn round(&self, result: &mut Evolved, weights: &[(f64, f64)], rate: f64) {
        let mut term = std::mem::take(&mut result.probabilities);
        let mut next = vec![0.0; term.len()];
        let mut sum = vec![0.0; term.len()];
        for (weight, beyond) in weights {
            for (k, p) in term.iter().enumerate() {
                sum[k] += weight * p;
                result.time_spent[k] += beyond / rate * p;
            }
            self.uniformised(&term, &mut next, rate);
            std::mem::swap(&mut term, &mut next);
        }
        result.probabilities = sum;
    }

    /// `next = p P`, `P = 1 + W/L`.
    fn uniformised(&self, p: &[f64], next: &mut [f64], rate: f64) {
        for ((next, p), total) in next.iter_mut().zip(p).zip(&self.totals) {
            *next = p * (1.0 - total / rate);
        }
        for (state, p) in p.iter().enumerate() {
            for exit in self.exits(state) {
                next[exit.to] += p * (exit.rate / rate);
            }
        }
    }

    /// A path that starts in `state`.
    ///
    /// # Errors
    /// There is no such state.
    pub fn path(&self, state: usize) -> Result<HoppingPath<'_>, HoppingError> {
        if state >= self.states() {
            return Err(HoppingError::Target { state, to: state, states: self.states() });
        }
        Ok(HoppingPath { model: self, state })
    }
}

/// Poisson weights `w_n = exp(-m) m^n/n!` for `m` up to [`ROUND`] and their tails `sum_{m>n} w_m`, until what is left is
/// below rounding; the weights sum to 1.
fn poisson(mean: f64) -> Vec<(f64, f64)> {
    let mut weights = vec![(-mean).exp()];
    let mut n = 0.0;
    let mut weight = weights[0];
    while n < mean || weight > 1e-30 {
        n += 1.0;
        weight *= mean / n;
        weights.push(weight);
    }
    let total: f64 = weights.iter().rev().sum();
    let mut tail = 0.0;
    let mut pairs: Vec<(f64, f64)> = weights
        .into_iter()
        .rev()
        .map(|weight| {
            let pair = (weight / total, tail / total);
            tail += weight;
            pair
        })
        .collect();
    pairs.reverse();
    pairs
}

fn normalised(mut p: Vec<f64>) -> Result<Vec<f64>, HoppingError> {
    let total: f64 = p.iter().sum();
    if !(total.is_finite() && total > 0.0) {
        return Err(HoppingError::Range { what: "stationary state" });
    }
    p.iter_mut().for_each(|p| *p /= total);
    match p.iter().position(|p| *p <= 0.0) {
        Some(state) => Err(HoppingError::Separate { state }),
        None => Ok(p),
    }
}

/// A stay in a state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stay {
    /// The state.
    pub state: usize,
    /// How long it lasted.
    pub time: f64,
    /// The number of the exit by which it ended, or nothing if the time to watch was over.
    pub exit: Option<usize>,
}

/// A path: where it is. Stays end without memory, so that it can be watched for as many spans of time as one likes.
#[derive(Debug, Clone)]
pub struct HoppingPath<'a> {
    model: &'a Hopping,
    state: usize,
}

impl HoppingPath<'_> {
    /// The state it is in.
    #[must_use]
    pub fn state(&self) -> usize {
        self.state
    }

    /// Watches the path for a time, stay by stay. A time that is negative or not a number is none.
    pub fn watch<R: Rng>(&mut self, time: f64, generator: &mut R, mut see: impl FnMut(Stay)) {
        let mut left = time;
        while left > 0.0 {
            let total = self.model.totals[self.state];
            let unit: f64 = Exp1.sample(generator);
            let stay = unit / total;
            // Also where the total is 0 and nothing ever ends.
            if stay.is_nan() || stay >= left {
                see(Stay { state: self.state, time: left, exit: None });
                return;
            }
            let exits = self.model.exits(self.state);
            let mut point = generator.random::<f64>() * total;
            let mut chosen = exits.len() - 1;
            for (number, exit) in exits.iter().enumerate() {
                if point < exit.rate {
                    chosen = number;
                    break;
                }
                point -= exit.rate;
            }
            see(Stay { state: self.state, time: stay, exit: Some(chosen) });
            self.state = exits[chosen].to;
            left -= stay;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn close(found: &[f64], exact: &[f64], bound: f64) {
        assert_eq!(found.len(), exact.len(), "lengths");
        for (k, (a, b)) in found.iter().zip(exact).enumerate() {
            assert!((a - b).abs() <= bound * b.abs(), "state {k}: {a}, not {b}");
        }
    }

    #[test]
    fn elimination_and_products_agree_on_chains() {
        let up: Vec<f64> = (0..60).map(|k| (f64::from(k) * 0.7).sin().exp() * 3.0).collect();
        let down: Vec<f64> = (0..60).map(|k| (f64::from(k) * 1.1).cos().exp()).collect();
        let chain = Hopping::chain(&up, &down).unwrap();
        // 60 ratios with a few roundings each.
        close(&chain.stationary().unwrap(), &chain.stationary_by_products().unwrap(), 1e-13);
        // Probabilities over 1e180 apart, where a solver with subtractions has none of them right.
        let steep = Hopping::chain(&[1e9; 20], &[1.0; 20]).unwrap();
        close(&steep.stationary().unwrap(), &steep.stationary_by_products().unwrap(), 1e-13);
    }

    #[test]
    fn a_ring_that_is_driven_has_a_current() {
        // Three states, forward rates 1, 2, 3, backward 0: p ~ 1/rate.
        let ring = Hopping::ring(&[1.0, 2.0, 3.0], &[0.0; 3]).unwrap();
        close(&ring.stationary().unwrap(), &[6.0 / 11.0, 3.0 / 11.0, 2.0 / 11.0], 1e-15);
        assert_eq!(
            ring.stationary_by_products(),
            Err(HoppingError::NoChain { state: 0, to: 2 }),
            "a ring is no chain"
        );
        let pair = Hopping::ring(&[1.0, 2.0], &[0.5, 0.25]).unwrap();
        // Rates 0 -> 1: 1 + 0.25, 1 -> 0: 2 + 0.5.
        close(&pair.stationary().unwrap(), &[2.0 / 3.0, 1.0 / 3.0], 1e-15);
    }

    #[test]
    fn two_states_relax_as_their_exponential() {
        let pair = Hopping::chain(&[3.0], &[1.0]).unwrap();
        for time in [0.0_f64, 1e-3, 0.2, 10.0, 1e4] {
            let (decay, decayed) = ((-4.0 * time).exp(), -(-4.0 * time).exp_m1());
            let found = pair.evolve(&[1.0, 0.0], time).unwrap();
            let (first, second) = (0.25 + 0.75 * decay, 0.75 * decayed);
            let spent = 0.25 * time + 0.1875 * decayed;
            // Up to 600 rounds whose weights sum to 1 within a few roundings.
            close(&found.probabilities, &[first, second], 1e-12);
            close(&found.time_spent, &[spent, 0.75 * time - 0.1875 * decayed], 1e-12);
        }
    }

    #[test]
    fn paths_spend_their_time_as_the_stationary_state_and_take_exits_by_rate() {
        // Two exits from state 0 to state 1, at 1 and 3.
        let exits = [
            vec![Exit { to: 1, rate: 1.0 }, Exit { to: 1, rate: 3.0 }],
            vec![Exit { to: 0, rate: 2.0 }, Exit { to: 2, rate: 1.0 }],
            vec![Exit { to: 1, rate: 0.5 }],
        ];
        let model = Hopping::new(&exits).unwrap();
        let exact = model.stationary().unwrap();
        let mut generator = ChaCha8Rng::seed_from_u64(1);
        let mut path = model.path(0).unwrap();
        let (mut time, mut by) = ([0.0; 3], [0_u32; 2]);
        // Spans of one time unit: what is cut into pieces is still the same process.
        for _ in 0..20_000 {
            path.watch(1.0, &mut generator, |stay| {
                time[stay.state] += stay.time;
                if let (0, Some(exit)) = (stay.state, stay.exit) {
                    by[exit] += 1;
                }
            });
        }
        let total: f64 = time.iter().sum();
        assert!((total - 2e4).abs() < 1e-6, "all time is seen, {total}");
        for k in 0..3 {
            // Correlation time below 2, so at most 0.5 sqrt(4/2e4) = 0.007 standard deviation; five of them.
            assert!((time[k] / total - exact[k]).abs() < 0.035, "state {k}: {} of the time", time[k] / total);
        }
        let hops = f64::from(by[0] + by[1]);
        let expected = exact[0] * 4.0 * 2e4;
        assert!((hops / expected - 1.0).abs() < 0.05, "{hops} hops from state 0, not {expected}");
        let share = f64::from(by[1]) / hops;
        // sqrt(3/16/hops), about 0.004; five of them.
        assert!((share - 0.75).abs() < 5.0 * (0.1875 / hops).sqrt(), "{share} by the second exit");
    }

    #[test]
    fn a_dead_end_is_never_left() {
        let model = Hopping::chain(&[1.0], &[0.0]).unwrap();
        let mut path = model.path(1).unwrap();
        let mut seen = Vec::new();
        path.watch(5.0, &mut ChaCha8Rng::seed_from_u64(2), |stay| seen.push(stay));
        assert_eq!(seen, [Stay { state: 1, time: 5.0, exit: None }], "one stay");
        path.watch(f64::NAN, &mut ChaCha8Rng::seed_from_u64(2), |stay| seen.push(stay));
        assert_eq!(seen.len(), 1, "no time");
        assert_eq!(model.stationary(), Err(HoppingError::Separate { state: 1 }), "not unique");
        assert_eq!(model.stationary_by_products(), Err(HoppingError::Separate { state: 1 }), "not unique");
    }

    #[test]
    fn what_is_no_model_is_refused() {
        assert!(Hopping::new(&[]).is_err() && Hopping::symmetric(&[]).is_err(), "no states");
        assert!(Hopping::ring(&[1.0], &[1.0]).is_err(), "one state is no ring");
        let exit = |to, rate| Hopping::new(&[vec![Exit { to, rate }], vec![Exit { to: 0, rate: 1.0 }]]);
        assert_eq!(exit(2, 1.0), Err(HoppingError::Target { state: 0, to: 2, states: 2 }), "nowhere");
        assert_eq!(exit(0, 1.0), Err(HoppingError::Target { state: 0, to: 0, states: 2 }), "itself");
        for rate in [-1.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(exit(1, rate), Err(HoppingError::Rate { .. })), "rate {rate}");
        }
        let pair = exit(1, 1.0).unwrap();
        assert!(
            pair.evolve(&[1.0], 1.0).is_err() && pair.evolve(&[1.0, -1.0], 1.0).is_err(),
            "probabilities"
        );
        for time in [-1.0, f64::NAN, 1e9] {
            assert!(matches!(pair.evolve(&[1.0, 0.0], time), Err(HoppingError::Time { .. })), "time {time}");
        }
        assert!(pair.path(2).is_err(), "no such state");
        let apart = Hopping::chain(&[1.0, 0.0, 1.0], &[1.0, 0.0, 1.0]).unwrap();
        assert!(matches!(apart.stationary(), Err(HoppingError::Separate { .. })), "two pieces");
    }
}
