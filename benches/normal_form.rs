//! The whole of a file of claims, parsed and decided by both witnesses.

#![allow(missing_docs, reason = "criterion's macros write functions without any")]

mod workload;

use criterion::{Criterion, criterion_group, criterion_main};
use driftproof::check::{self, Options};

fn claims(c: &mut Criterion) {
    let text = include_str!("../tests/data/claims-abstract.md");
    c.bench_function("normal_form/claims-abstract.md, both witnesses", |b| {
        b.iter(|| check::text("claims-abstract.md", text, &Options::default()));
    });
    let mut group = c.benchmark_group("normal_form/grad of a product, by factors");
    for factors in [2, 4, 8] {
        let text = format!(
            "space x\nfield p: scalar\nclaim power: grad({}) = {factors}*p^{}*grad(p)\n",
            vec!["p"; factors].join("*"),
            factors - 1
        );
        group.bench_function(factors.to_string(), |b| {
            b.iter(|| check::text("power.drift", &text, &Options::default()));
        });
    }
    group.finish();
}

criterion_group! { name = benches; config = workload::short(); targets = claims }
criterion_main!(benches);
