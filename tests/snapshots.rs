//! The exact drift beside Monte Carlo for every loss, as tables: `snapshots/monte_carlo__*.snap`, reviewed like code.
//!
//! Each run makes as many draws as its subject says, whatever could have been seen before, so that no decision in it hangs
//! on a last digit. Numbers are given to five digits: exponentials and sines differ between platforms by 1e-16, and
//! nothing in a table magnifies that beyond 1e-12.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod snapshot;
mod subject;

use driftproof::experiment::{PointResult, run};
use driftproof::sampling::{Control, Estimate, Power};
use driftproof::verdict::Verdict;
use std::fmt::Write;
use subject::{Subject, subjects};

/// What a table says above its columns.
fn heading(subject: &Subject, point: &PointResult) -> String {
    let (problem, sgd, comparison) = (&subject.problem, &subject.sgd, &point.comparison);
    let mut text = String::new();
    writeln!(
        text,
        "{}: N = {}, d = {}, eta = {}, n = {}",
        subject.name,
        problem.rows(),
        problem.dim(),
        sgd.learning_rate(),
        sgd.batch()
    )
    .unwrap();
    writeln!(
        text,
        "window {:.4}, {} draws, {} steps, seed {}, rms |xi| {:.4}\n",
        comparison.plan.width, comparison.draws, comparison.steps, comparison.plan.seed, comparison.noise_rms
    )
    .unwrap();
    text
}

/// A drift beside the largest component: rounding errors are written as the 0 that they stand for.
fn drift(value: f64, largest: f64) -> String {
    if value.abs() < 1e-12 * largest { "0".to_owned() } else { format!("{value:.5e}") }
}

/// `value (error)` in fixed places.
fn with_error(estimate: &Estimate) -> String {
    format!("{:12.5e} ({:.1e})", estimate.value, estimate.standard_error)
}

fn table(subject: &Subject, point: &PointResult) -> String {
    let mut text = heading(subject, point);
    let columns = ["theta", "exact there", "exact, window", "Monte Carlo", "higher orders"];
    let [theta, there, window, sampled, higher] = columns;
    writeln!(text, "{theta:>8}  {there:>12}  {window:>13}  {sampled:>22}  {:>6}  {higher:>22}", "z").unwrap();
    let largest = point.exact.v_noise.amax();
    for (i, component) in point.comparison.components.iter().enumerate() {
        let (first, higher) = (with_error(&component.first_order), with_error(&component.higher_orders));
        writeln!(
            text,
            "{:8.4}  {:>12}  {:>13}  {first:>22}  {:6.2}  {higher:>22}",
            subject.theta[i],
            drift(point.exact.v_noise[i], largest),
            drift(component.claimed, largest),
            component.z
        )
        .unwrap();
    }
    let test = point.comparison.vector.unwrap();
    let Power::Relative(error) = test.power else { panic!("{}: the drift is zero", subject.name) };
    writeln!(
        text,
        "\nT^2 = {:.3} in {} dimensions, p = {:.4}, could have seen {:.1} %: {}",
        test.statistic,
        test.dimensions,
        test.p_value,
        100.0 * error,
        point.verdict
    )
    .unwrap();
    text
}

#[test]
fn exact_beside_monte_carlo() {
    for subject in subjects() {
        let points = [subject.theta.clone()];
        let found =
            run(&subject.problem, &points, &subject.sgd, &subject.options(), Control::default()).unwrap();
        let text = table(&subject, &found.points[0]);
        assert_eq!(found.verdict, Verdict::Consistent, "{text}");
        let name = format!("monte_carlo__{}", subject.name);
        snapshot::settings().bind(|| insta::assert_snapshot!(name, text));
    }
}
