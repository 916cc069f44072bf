//! Ensembles: runs of SGD (sample gradients a second) and of Euler-Maruyama (path steps a second).

#![allow(missing_docs, reason = "criterion's macros write functions without any")]

mod workload;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use driftproof::data::Data;
use driftproof::loss::{Builtin, Problem};
use driftproof::process::{Sde, SgdPath, ensemble};
use driftproof::sampling::{Streams, Use};
use driftproof::sgd::Sgd;

fn streams() -> Streams {
    Streams::new(1, Use::Paths)
}

/// Logistic regression on the standardised `breast_cancer`, batches of 8 with replacement, blocks of 25 replicas.
fn sgd(c: &mut Criterion) {
    const REPLICAS: u32 = 25;
    const BLOCKS: u32 = 4;
    const STEPS: u32 = 100;
    let data = Data::breast_cancer().standardized().expect("no feature of the built-in data is constant");
    let problem = Problem::new(Builtin::Logistic { features: 30 }, &data).expect("the loss fits the data");
    let (sgd, start) = (Sgd::new(0.05, 8).expect("0.05 and 8 are in range"), vec![0.0; 30]);
    let mut group = c.benchmark_group("ensemble/SGD, logistic, breast_cancer, by batch");
    group.throughput(Throughput::Elements(u64::from(REPLICAS * BLOCKS * STEPS * 8)));
    let run = || {
        let path = || SgdPath::new(&problem, &sgd, &start).expect("the point fits the loss");
        ensemble(
            BLOCKS,
            |block| streams().block(block),
            path,
            |_, generator, path| {
                for _ in 0..REPLICAS {
                    path.restart(&start);
                    (0..STEPS).for_each(|_| path.step(generator).expect("the loss is finite everywhere"));
                }
                path.theta().to_vec()
            },
        )
    };
    group.bench_function(BenchmarkId::from_parameter(8), |b| b.iter(run));
    group.finish();
}

/// `dx = -grad V dt + sqrt(2D) dW` (Ito), `V = x1^4/4 - x1^2/2 + x2^2/2`, `D = (1 + 0.8 tanh x1)/2`, `dt = 0.01`.
fn euler_maruyama(c: &mut Criterion) {
    const STEPS: usize = 100;
    let well = Sde::ito(
        2,
        2,
        |x: &[f64], mu: &mut [f64]| {
            mu[0] = x[0] - x[0] * x[0] * x[0];
            mu[1] = -x[1];
        },
        |x: &[f64], dw: &[f64], step: &mut [f64]| {
            let amplitude = (1.0 + 0.8 * x[0].tanh()).sqrt();
            step[0] += amplitude * dw[0];
            step[1] += amplitude * dw[1];
        },
    );
    let mut group = c.benchmark_group("ensemble/Euler-Maruyama, 2-D double well, by paths");
    for paths in [1000, 10_000] {
        group.throughput(Throughput::Elements((paths * STEPS) as u64));
        let run = || well.ensemble(&[0.0, 0.0], 0.01, STEPS, paths, |block| streams().block(block));
        group.bench_function(BenchmarkId::from_parameter(paths), |b| b.iter(run));
    }
    group.finish();
}

criterion_group! { name = benches; config = workload::short(); targets = sgd, euler_maruyama }
criterion_main!(benches);
