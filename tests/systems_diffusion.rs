//! Systems of diffusing, hopping and swimming things: each has the verdict that it should, and lies are caught.

#![allow(clippy::unwrap_used, reason = "a system that does not run stops the test")]

mod gallery;

use driftproof::systems::{Evidence, Outcome, Settings, SystemError, system};
use gallery::{assert_all_hold, assert_lies_are_caught, assert_sound};

/// A run with fewer draws; the seed is fixed, so that a verdict that holds once holds always.
fn run(name: &str, settings: Settings) -> Outcome {
    system(name).unwrap().run(&settings.with_quick(true)).unwrap()
}

/// Everything holds, misreadings are refuted, and each check catches a lie.
fn holds(name: &str) {
    let outcome = run(name, Settings::default());
    assert_sound(name, &outcome);
    assert_lies_are_caught(name, &outcome);
    let misreadings =
        outcome.findings.iter().filter(|f| matches!(f.evidence, Evidence::Misreading { .. })).count();
    assert!(misreadings >= 3, "{name}: {misreadings} misreadings refuted");
}

#[test]
fn pollen() {
    holds("pollen");
}

#[test]
fn birth_death() {
    holds("birth-death");
}

#[test]
fn rock_pile() {
    holds("rock-pile");
}

#[test]
fn diode_resistor() {
    holds("diode-resistor");
}

#[test]
fn swarm() {
    holds("swarm");
}

#[test]
fn least_rattling() {
    holds("least-rattling");
}

#[test]
fn other_parameters_hold_too() {
    for (name, settings) in [
        ("birth-death", Settings::default().with("states", 7.0).with("bias", 0.2).with("slope", 3.0)),
        ("rock-pile", Settings::default().with("sites", 9.0).with("hot", 5.0)),
    ] {
        assert_all_hold(name, &run(name, settings));
    }
}

#[test]
fn parameters_that_do_not_go_together_are_refused() {
    for (name, settings) in [
        ("pollen", Settings::default().with("hi", 0.5)),
        ("birth-death", Settings::default().with("slope", 0.0).with("contrast", 0.0)),
        ("diode-resistor", Settings::default().with("k_minus", 3.0)),
        ("diode-resistor", Settings::default().with("T_R", 0.0)),
        ("diode-resistor", Settings::default().with("T_D", 0.0)),
    ] {
        let refused = system(name).unwrap().run(&settings.with_quick(true));
        assert!(matches!(refused, Err(SystemError::Together(_))), "{name}: {refused:?}");
    }
    let refused = system("swarm").unwrap().run(&Settings::default().with("kappa", f64::NAN));
    assert!(matches!(refused, Err(SystemError::OutOfRange { .. })), "{refused:?}");
}
