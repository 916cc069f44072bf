//! `div Sigma` and all drifts with it, in one call: parameters and rows on the axis.

#![allow(missing_docs, reason = "criterion's macros write functions without any")]

mod workload;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use driftproof::noise;
use driftproof::sgd::Sgd;
use workload::Workload;

fn measure(c: &mut Criterion, group: &str, axis: usize, made: Workload) {
    let Workload { problem, theta } = made;
    let sgd = Sgd::new(0.1, 8).expect("0.1 and 8 are in range");
    let mut group = c.benchmark_group(group);
    group.throughput(Throughput::Elements(problem.rows() as u64));
    group.bench_function(BenchmarkId::from_parameter(axis), |b| {
        b.iter(|| noise::drift(&problem, &theta, &sgd))
    });
    group.finish();
}

fn parameters(c: &mut Criterion) {
    for d in [10, 30, 100] {
        let made = Workload::logistic(10_000, d).expect("the loss fits the data");
        measure(c, "div_sigma/logistic, N = 10000, by d", d, made);
    }
    for units in [8, 32, 128] {
        let made = Workload::network(1000, 10, units).expect("the loss fits the data");
        measure(c, "div_sigma/network 10-h-1, N = 1000, by h", units, made);
    }
}

fn rows(c: &mut Criterion) {
    for n in [1000, 10_000, 100_000] {
        let made = Workload::logistic(n, 30).expect("the loss fits the data");
        measure(c, "div_sigma/logistic, d = 30, by N", n, made);
    }
    for n in [100, 1000, 10_000] {
        let made = Workload::network(n, 10, 32).expect("the loss fits the data");
        measure(c, "div_sigma/network 10-32-1, by N", n, made);
    }
}

criterion_group! { name = benches; config = workload::short(); targets = parameters, rows }
criterion_main!(benches);
