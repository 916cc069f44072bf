//! Paths by Gillespie's method, stay by stay.

use super::{Hopping, HoppingError};
use rand::{Rng, RngExt};
use rand_distr::{Distribution, Exp1};

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

impl Hopping {
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

#[cfg(test)]
mod tests {
    use super::super::Exit;
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

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
}
