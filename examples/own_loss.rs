//! The noise-induced drift of a loss of your own: write the loss once, for any number type, and ask.
//!
//! Here `u = log cosh(theta_0 + theta_1 x - y)`: how the colour of a wine goes with its flavanoids, robust to outliers.

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use driftproof::data::{Columns, Data};
use driftproof::loss::{Loss, Number, Problem};
use driftproof::{noise, sgd::Sgd};

struct LogCosh;

impl Loss for LogCosh {
    fn dim(&self) -> usize {
        2
    }
    fn columns(&self) -> usize {
        2
    }
    fn loss<D: Number>(&self, row: &[D::InnerDual], theta: &[D]) -> D {
        let prediction = theta[0] + theta[1].scale(&row[0]);
        (prediction - D::from_re(row[1])).cosh().ln()
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let columns = Columns::default().with_features(["flavanoids"]).with_target("color_intensity");
    let data = Data::wine().select(&columns)?.standardized()?;
    let problem = Problem::new(LogCosh, &data)?;
    let sgd = Sgd::new(0.1, 4)?; // learning rate eta, batch size n
    println!("theta         -G                    v_noise               first half            second half");
    for theta in [[0.0, 0.0], [2.0, 0.0], [4.0, -0.5], [4.8, 0.0]] {
        let drift = noise::drift(&problem, &theta, &sgd)?;
        let half = -0.5 * sgd.noise_strength(problem.rows())?; // -eta/2n
        print!("{:5.1} {:5.1} ", theta[0], theta[1]);
        let first = &drift.moments.half_grad_tr_sigma * half; // half the gradient of tr Sigma
        let second = &drift.moments.cov_g_tr_hess * half; // covariance of gradient and Laplacian
        for v in [&-&drift.moments.gradient, &drift.v_noise, &first, &second] {
            print!("  {:9.5} {:9.5} ", v[0], v[1]);
        }
        println!();
    }
    Ok(())
}
