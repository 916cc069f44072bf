//! The symmetric root of `2D` with its `S` and `R`: parameters on the axis, logistic regression on 1000 rows.

#![allow(missing_docs, reason = "criterion's macros write functions without any")]

mod workload;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use driftproof::noise;
use driftproof::sgd::Sgd;
use workload::Workload;

fn root_and_drifts(c: &mut Criterion) {
    let sgd = Sgd::new(0.1, 8).expect("0.1 and 8 are in range");
    let mut group = c.benchmark_group("root/B, S and R, logistic, N = 1000, by d");
    for d in [10, 50, 200] {
        let Workload { problem, theta } = Workload::logistic(1000, d).expect("the loss fits the data");
        group.bench_function(BenchmarkId::from_parameter(d), |b| {
            b.iter(|| noise::roots(&problem, &theta, &sgd))
        });
    }
    group.finish();
}

criterion_group! { name = benches; config = workload::short(); targets = root_and_drifts }
criterion_main!(benches);
