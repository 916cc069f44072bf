//! How another crate keeps a drift under test: against a formula derived by hand, and against a stored value.
//!
//! The formula: for `u = (a b x - y)^2/2` with `y = c x + e`, where `e` has mean 0, variance `s^2` and knows nothing of
//! `x`, everywhere on the valley `a b = c`
//!
//! ```text
//! v_noise = -(eta/2n) s^2 E[x^2] (a, b)
//! ```
//!
//! so that label noise shrinks the norm and balances the two factors. `cargo test` runs the tests of this file.

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use driftproof::data::Data;
use driftproof::loss::{Builtin, Problem};
use driftproof::noise;
use driftproof::sgd::Sgd;
use std::error::Error;

/// Every `x` with both signs of `e = s`: independent of `x`, mean 0, variance `s^2`.
fn valley(c: f64, s: f64) -> Result<Problem<Builtin>, Box<dyn Error>> {
    let x = [0.5, 1.0, -1.5, 2.0];
    let rows: Vec<[f64; 2]> = x.iter().flat_map(|x| [[*x, c * x + s], [*x, c * x - s]]).collect();
    let data = Data::from_rows(&["x", "y"], &rows)?;
    Ok(Problem::new(Builtin::TwoLayerLinear, &data)?)
}

fn v_noise(problem: &Problem<Builtin>, theta: [f64; 2]) -> Result<Vec<f64>, Box<dyn Error>> {
    let drift = noise::drift(problem, &theta, &Sgd::new(0.1, 4)?)?;
    Ok(drift.v_noise.as_slice().to_vec())
}

/// `-(eta/2n) s^2 E[x^2] (a, b)`, `eta = 0.1`, `n = 4`, `E[x^2] = (0.25 + 1 + 2.25 + 4)/4`
fn derived([a, b]: [f64; 2], s: f64) -> [f64; 2] {
    let factor = -0.1 / 8.0 * s * s * 1.875;
    [factor * a, factor * b]
}

fn main() -> Result<(), Box<dyn Error>> {
    let (problem, s) = (valley(1.5, 0.3)?, 0.3);
    println!("on the valley a b = 1.5, label noise s = {s}:");
    println!("    a       b       v_noise                     -(eta/2n) s^2 E[x^2] (a, b)");
    for a in [0.5, 1.0, 1.5, 3.0] {
        let theta = [a, 1.5 / a];
        let (found, expected) = (v_noise(&problem, theta)?, derived(theta, s));
        println!(
            "{:7.3} {:7.3}   {:12.9} {:12.9}   {:12.9} {:12.9}",
            theta[0], theta[1], found[0], found[1], expected[0], expected[1]
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::{assert_relative_eq, assert_relative_ne};

    /// The promised accuracy of the crate.
    const ACCURACY: f64 = 1e-12;

    #[test]
    fn the_formula_holds_on_the_valley() {
        let problem = valley(1.5, 0.3).unwrap();
        for a in [0.5, 1.0, 1.5, -3.0] {
            let (found, expected) = (v_noise(&problem, [a, 1.5 / a]).unwrap(), derived([a, 1.5 / a], 0.3));
            assert_relative_eq!(found[..], expected[..], max_relative = ACCURACY);
            // A test that cannot fail is none: eta/n for eta/2n.
            assert_relative_ne!(
                found[..],
                [2.0 * expected[0], 2.0 * expected[1]][..],
                max_relative = ACCURACY
            );
        }
    }

    #[test]
    fn the_drift_off_the_valley_is_what_it_was() {
        let problem = valley(1.5, 0.3).unwrap();
        // From exact rational arithmetic.
        let stored = [0.041982421875, 0.041982421875];
        assert_relative_eq!(v_noise(&problem, [1.0, 1.0]).unwrap()[..], stored[..], max_relative = ACCURACY);
    }
}
