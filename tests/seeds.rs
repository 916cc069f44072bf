//! One seed, one result: the same bits for every number of threads, and the same numbers for good.

#![allow(clippy::type_complexity, reason = "an equation has the type of its coefficients")]
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod subject;

use driftproof::data::Data;
use driftproof::experiment::{Options, run};
use driftproof::loss::{Builtin, Problem};
use driftproof::process::{Sde, SgdPath, ensemble};
use driftproof::sampling::{Control, Stream, Streams, Use, step_moments};
use driftproof::sgd::{Replacement, Sgd};
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};
use std::fmt::Debug;
use subject::Subject;

/// What `work` gives on one, two and five threads, which must be the same.
fn on_any_number_of_threads<T: PartialEq + Debug + Send>(work: impl Fn() -> T + Sync) -> T {
    let on = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(&work);
    let one = on(1);
    for threads in [2, 5] {
        assert!(on(threads) == one, "{threads} threads give other bits than one");
    }
    one
}

/// Debug text shows every bit of every number: `==` alone would let 0 and -0 pass for each other.
fn bits(what: &impl Debug) -> String {
    format!("{what:?}")
}

/// The whole experiment, early stopping and all: on a loss whose program is straight, on one that branches, on rows enough
/// for several tasks, and in so many dimensions that directions are drawn.
#[test]
fn experiments_do_not_depend_on_threads() {
    let subject = Subject::named("mlp_2_2_1_tanh");
    let points = [subject.theta.clone(), subject.theta.iter().map(|t| t + 0.25).collect()];
    let options = Options::default().with_seed(7).with_target(0.5);
    let (problem, sgd) = (&subject.problem, &subject.sgd);
    let once =
        on_any_number_of_threads(|| bits(&run(problem, &points, sgd, &options, Control::default()).unwrap()));
    assert_eq!(once, bits(&run(problem, &points, sgd, &options, Control::default()).unwrap()), "once more");
    let other = run(problem, &points, sgd, &options.with_seed(8), Control::default()).unwrap();
    assert_ne!(once, bits(&other), "another seed");

    let rows: Vec<Vec<f64>> = (0..3000_u32)
        .map(|a| {
            (0..71).map(|i| f64::from((a * (2 * i + 3) + a * a * (i % 5 + 1)) % 41) / 20.0 - 1.0).collect()
        })
        .collect();
    let names: Vec<String> = (0..71).map(|i| format!("x{i}")).collect();
    let problem =
        Problem::new(Builtin::Linear { features: 70 }, &Data::from_rows(&names, &rows).unwrap()).unwrap();
    let sgd = Sgd::new(0.01, 8).unwrap().with_replacement(Replacement::Without);
    let options = Options::default().with_draws(48);
    let theta = vec![vec![0.125; 70]];
    let found =
        on_any_number_of_threads(|| run(&problem, &theta, &sgd, &options, Control::default()).unwrap());
    assert!(found.points[0].comparison.vector.unwrap().projected, "70 dimensions, 32 directions");
}

fn walk() -> Sde<impl Fn(&[f64], &mut [f64]) + Sync, impl Fn(&[f64], &[f64], &mut [f64]) + Sync> {
    Sde::ito(
        1,
        1,
        |x: &[f64], mu: &mut [f64]| mu[0] = -x[0],
        |x: &[f64], dw: &[f64], step: &mut [f64]| step[0] += (1.0 + 0.25 * x[0]) * dw[0],
    )
}

#[test]
fn ensembles_do_not_depend_on_threads() {
    let streams = Streams::new(3, Use::Paths);
    let ends =
        on_any_number_of_threads(|| walk().ensemble(&[0.5], 0.125, 20, 300, |block| streams.block(block)));
    assert_eq!(ends.len(), 300, "a number a path, the last block not full");
    let fewer = walk().ensemble(&[0.5], 0.125, 20, 64, |block| streams.block(block));
    assert_eq!(fewer, ends[..64], "a block does not know how many there are");

    let subject = Subject::named("logistic_regression");
    let without = subject.sgd.with_replacement(Replacement::Without);
    for sgd in [subject.sgd, without] {
        on_any_number_of_threads(|| {
            let path = || SgdPath::new(&subject.problem, &sgd, &subject.theta).unwrap();
            let walk = |_: u32, stream: &mut Stream, path: &mut SgdPath<'_, _>| {
                path.restart(&subject.theta);
                for _ in 0..20 {
                    path.step(stream).unwrap();
                }
                path.theta().to_vec()
            };
            ensemble(40, |block| streams.block(block), path, walk)
        });
        let moments = on_any_number_of_threads(|| {
            let path = || SgdPath::new(&subject.problem, &sgd, &subject.theta).unwrap();
            let step = |path: &mut SgdPath<'_, _>, stream: &mut Stream, out: &mut [f64]| {
                path.restart(&subject.theta);
                path.step(stream)?;
                out.copy_from_slice(path.theta());
                Ok::<(), driftproof::loss::ProblemError>(())
            };
            step_moments(&[0.0, 0.0], 5000, 1, 1e-3, path, step).unwrap()
        });
        assert_eq!(moments.steps, 5120, "whole blocks");
    }
}

/// Pinned: a change here changes every Monte Carlo number that was ever reported. The first are those of `ChaCha` with 8
/// rounds by another program.
#[test]
fn first_draws_are_pinned() {
    let stream = |purpose, point| Streams::new(1, purpose).at_point(point).block(0);
    assert_eq!(stream(Use::Window, 0).next_u64(), 0x58c3_7764_390d_5a04, "the window's stream, seed 1");
    let uses =
        [Use::Directions, Use::Steps, Use::Paths, Use::Points].map(|purpose| stream(purpose, 0).next_u64());
    let expected =
        [0x4e9a_a079_a596_0e01, 0xe880_398b_4863_e00e, 0xbed8_3fba_7c0a_8305, 0xf850_523d_a31a_6b27];
    assert_eq!(uses, expected, "the other streams");
    let mut window = stream(Use::Window, 0);
    let normal: [f64; 4] = std::array::from_fn(|_| StandardNormal.sample(&mut window));
    let expected = [-0.9884445966484567, 0.36516332627371134, -1.0563662761685855, 0.8225749638391177];
    for (found, expected) in normal.iter().zip(expected) {
        // The tables of the normal distribution are the same everywhere; its tail uses a logarithm.
        assert!((found - expected).abs() < 1e-15, "{found} for {expected}");
    }
    let mut paths = stream(Use::Paths, 0);
    let rows: [u32; 8] = std::array::from_fn(|_| paths.random_range(0..24_u32));
    // The upper half of 24 times each 32-bit word.
    assert_eq!(rows, [11, 17, 15, 19, 8, 8, 15, 22], "rows of a batch");
}
