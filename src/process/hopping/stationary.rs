//! Probabilities that stay: by elimination without subtractions, and for chains by products of ratios of rates.

use super::{Exit, Hopping, HoppingError, MOST_STATES};

/// `2^512`, by which products of ratios are scaled, exactly; a ratio of rates itself is at most its square.
const SCALE: f64 = 1.340_780_792_994_259_7e154;

impl Hopping {
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

#[cfg(test)]
mod tests {
    use super::super::close;
    use super::*;

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
}
