//! What each system of the gallery shows at a first look, exact beside simulated, as it was reviewed.
//!
//! The same seed gives the same bits on any number of threads; another machine's logarithms and exponentials differ in their
//! last digits, which the tolerance allows for.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod snapshot;

use driftproof::snapshot::{Tolerance, stored};
use driftproof::systems::{Evidence, Found, Outcome, Settings, gallery, system};
use std::fmt::Write;
use std::path::Path;

/// Systems that are cheaper with other than their default parameters.
const CHEAPER: [(&str, &str, f64); 2] = [("training-run", "steps", 2000.0), ("modularity", "steps", 200.0)];

/// Numbers below this are rounding errors.
const ROUNDING: f64 = 1e-9;

fn number(x: f64) -> String {
    if x.abs() < ROUNDING { "0".to_owned() } else { format!("{x:.5e}") }
}

fn line(evidence: &Evidence) -> String {
    match evidence {
        Evidence::Identity { left, right, .. } => {
            format!("exact {}, another route {}", number(*left), number(*right))
        }
        Evidence::Simulated { exact, estimate, .. } => {
            let (value, error) = (number(estimate.value), number(estimate.standard_error));
            format!("exact {}, simulated {value} +- {error}", number(*exact))
        }
        Evidence::Misreading { wrong, estimate } => {
            let (value, error) = (number(estimate.value), number(estimate.standard_error));
            format!("misread {}, simulated {value} +- {error}", number(*wrong))
        }
        Evidence::Order { claimed, fitted, .. } => {
            format!("order {}, fitted {}", number(*claimed), number(*fitted))
        }
        Evidence::Measured(estimate) => {
            format!("measured {} +- {}", number(estimate.value), number(estimate.standard_error))
        }
    }
}

fn table(outcome: &Outcome) -> String {
    let mut text = String::new();
    for finding in &outcome.findings {
        let found = match finding.evidence.found() {
            Found::Measured => "measured",
            Found::Holds => "holds",
            Found::Inconclusive => "inconclusive",
            Found::Fails => "fails",
        };
        writeln!(text, "{}\n    {}: {found}", finding.what, line(&finding.evidence)).unwrap();
    }
    for statement in &outcome.statements {
        writeln!(text, "{} rests on {:?}", statement.id, statement.findings).unwrap();
    }
    text
}

fn as_reviewed(name: &str) {
    let settings = Settings::default().with_quick(true);
    let settings = CHEAPER
        .iter()
        .filter(|(system, ..)| *system == name)
        .fold(settings, |settings, (_, parameter, value)| settings.with(parameter, *value));
    let outcome = system(name).unwrap().run(&settings).unwrap();
    assert_eq!(outcome.verdict(), Found::Holds, "{name}");
    let snapshot = format!("gallery__{name}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("snapshots/{snapshot}.snap"));
    let tolerance = Tolerance::new(1e-8, 1e-3).unwrap();
    let settled = tolerance.settle(stored(path).unwrap().as_deref(), table(&outcome).trim_end());
    snapshot::settings().bind(|| insta::assert_snapshot!(snapshot, settled));
}

#[rustfmt::skip]
mod systems {
    use super::as_reviewed;

    #[test] fn pollen() { as_reviewed("pollen"); }
    #[test] fn birth_death() { as_reviewed("birth-death"); }
    #[test] fn rock_pile() { as_reviewed("rock-pile"); }
    #[test] fn diode_resistor() { as_reviewed("diode-resistor"); }
    #[test] fn swarm() { as_reviewed("swarm"); }
    #[test] fn loose_parallel() { as_reviewed("loose-parallel"); }
    #[test] fn flat_minima() { as_reviewed("flat-minima"); }
    #[test] fn label_noise() { as_reviewed("label-noise"); }
    #[test] fn gradient_hacking() { as_reviewed("gradient-hacking"); }
    #[test] fn variance() { as_reviewed("variance"); }
    #[test] fn implicit_regularisation() { as_reviewed("implicit-regularisation"); }
    #[test] fn least_rattling() { as_reviewed("least-rattling"); }
    #[test] fn training_run() { as_reviewed("training-run"); }
    #[test] fn modularity() { as_reviewed("modularity"); }
}

#[test]
fn every_system_has_a_snapshot() {
    for system in gallery() {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("snapshots/gallery__{}.snap", system.name));
        assert!(path.is_file(), "{} is not reviewed: add it to the tests here", system.name);
    }
}
