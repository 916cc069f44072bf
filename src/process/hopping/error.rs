//! Why there is no hopping model, or no answer from one.

use super::MOST_HOPS;
use thiserror::Error;

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
