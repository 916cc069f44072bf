//! Problems of any size, and measurements that are short: about a second each.

#![allow(dead_code, reason = "each bench uses a part of it")]

use criterion::Criterion;
use driftproof::data::Data;
use driftproof::loss::{Builtin, Choice, Problem};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use std::error::Error;
use std::time::Duration;

/// Few samples and short times; `--measurement-time` and its like on the command line take precedence.
pub(crate) fn short() -> Criterion {
    Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
}

fn normals(count: usize, generator: &mut impl Rng) -> Vec<f64> {
    (0..count).map(|_| StandardNormal.sample(generator)).collect()
}

/// A loss on standard normal features, and a point at which its predictions are of order 1.
pub(crate) struct Workload {
    pub(crate) problem: Problem<Builtin>,
    pub(crate) theta: Vec<f64>,
}

impl Workload {
    /// Logistic regression: `rows` of `features` standard normal numbers, either class with probability 1/2.
    pub(crate) fn logistic(rows: usize, features: usize) -> Result<Self, Box<dyn Error>> {
        Self::new("logistic_regression", rows, features, |generator| {
            f64::from(u8::from(generator.random::<bool>()))
        })
    }

    /// A network of `features` inputs, one layer of tanh units, one output, without biases; normal targets.
    pub(crate) fn network(rows: usize, features: usize, units: usize) -> Result<Self, Box<dyn Error>> {
        let name = format!("mlp_{features}_{units}_1_tanh");
        Self::new(&name, rows, features, |generator| StandardNormal.sample(generator))
    }

    fn new(
        name: &str,
        rows: usize,
        features: usize,
        target: impl Fn(&mut ChaCha8Rng) -> f64,
    ) -> Result<Self, Box<dyn Error>> {
        let mut generator = ChaCha8Rng::seed_from_u64(1);
        let names: Vec<String> = (0..=features).map(|column| format!("x{column}")).collect();
        let table: Vec<Vec<f64>> = (0..rows)
            .map(|_| {
                let mut row = normals(features, &mut generator);
                row.push(target(&mut generator));
                row
            })
            .collect();
        let loss = Builtin::named(name, &Choice::new(features))?;
        let problem = Problem::new(loss, &Data::from_rows(&names, &table)?)?;
        let scale = 1.0 / f64::from(u32::try_from(features)?).sqrt();
        let theta = normals(problem.dim(), &mut generator).iter().map(|z| z * scale).collect();
        Ok(Self { problem, theta })
    }
}
