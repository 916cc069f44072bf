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

mod error;
mod path;
mod relaxation;
mod stationary;

pub use error::HoppingError;
pub use path::{HoppingPath, Stay};
pub use relaxation::Evolved;

use crate::convention::RatePoint;

/// The largest mean number of uniformised hops in one call of [`Hopping::evolve`].
pub const MOST_HOPS: f64 = 1e8;

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

/// A hopping model.
#[derive(Debug, Clone, PartialEq)]
pub struct Hopping {
    /// State `k` has the exits `exits[first[k]..first[k+1]]`.
    exits: Vec<Exit>,
    first: Vec<usize>,
    totals: Vec<f64>,
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
}

/// Whether numbers agree to a relative error.
#[cfg(test)]
fn close(found: &[f64], exact: &[f64], bound: f64) {
    assert_eq!(found.len(), exact.len(), "lengths");
    for (k, (a, b)) in found.iter().zip(exact).enumerate() {
        assert!((a - b).abs() <= bound * b.abs(), "state {k}: {a}, not {b}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
