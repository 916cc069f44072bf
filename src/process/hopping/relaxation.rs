//! Probabilities some time later, by uniformisation.

use super::{Hopping, HoppingError, MOST_HOPS};

/// The mean number of uniformised hops that one round of [`Hopping::evolve`] covers: `exp(-ROUND)` is far from underflow.
const ROUND: f64 = 64.0;

/// Probabilities some time later.
#[derive(Debug, Clone, PartialEq)]
pub struct Evolved {
    /// `p(t)`.
    pub probabilities: Vec<f64>,
    /// `int_0^t p dt`: the mean time spent in each state; times a rate, the mean number of hops by an exit.
    pub time_spent: Vec<f64>,
}

impl Hopping {
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

#[cfg(test)]
mod tests {
    use super::super::close;
    use super::*;

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
}
