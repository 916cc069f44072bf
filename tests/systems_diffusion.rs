//! Systems of diffusing, hopping and swimming things: each has the verdict that it should, and lies are caught.

#![allow(clippy::unwrap_used, reason = "a system that does not run stops the test")]

use driftproof::systems::{Evidence, Found, Outcome, Settings, SystemError, system};

/// A run with fewer draws; the seed is fixed, so that a verdict that holds once holds always.
fn run(name: &str, settings: Settings) -> Outcome {
    system(name).unwrap().run(&settings.with_quick(true)).unwrap()
}

/// What was found that does not hold and is not merely measured.
fn failures(outcome: &Outcome) -> Vec<String> {
    let bad = |found| !matches!(found, Found::Holds | Found::Measured);
    outcome
        .findings
        .iter()
        .filter(|finding| bad(finding.evidence.found()))
        .map(|finding| format!("{}: {:?}", finding.what, finding.evidence))
        .collect()
}

/// Everything holds, and each statement is there, resting on findings that there are.
fn holds(name: &str, statements: &[&str]) {
    let outcome = run(name, Settings::default());
    assert_eq!(outcome.verdict(), Found::Holds, "{name}: {:#?}", failures(&outcome));
    let mut found: Vec<&str> = outcome.statements.iter().map(|statement| statement.id).collect();
    found.sort_unstable();
    assert_eq!(found, statements, "{name}: statements");
    for statement in &outcome.statements {
        assert!(!statement.findings.is_empty(), "{name}, {}: rests on nothing", statement.id);
        for &finding in &statement.findings {
            assert!(finding < outcome.findings.len(), "{name}, {}: finding {finding}", statement.id);
        }
    }
    let misreadings =
        outcome.findings.iter().filter(|f| matches!(f.evidence, Evidence::Misreading { .. })).count();
    assert!(misreadings >= 3, "{name}: {misreadings} misreadings refuted");
    for figure in &outcome.figures {
        for series in &figure.series {
            let finite = series.points.iter().all(|(x, y)| x.is_finite() && y.is_finite());
            assert!(finite && !series.points.is_empty(), "{name}: {} of {}", series.name, figure.title);
            let errors = series.errors.len();
            assert!(errors == 0 || errors == series.points.len(), "{name}: error bars of {}", series.name);
        }
    }
}

#[test]
fn pollen() {
    holds("pollen", &["A5", "A6", "B3", "C3", "C4"]);
}

#[test]
fn birth_death() {
    holds("birth-death", &["A6", "C1", "C2", "C5"]);
}

#[test]
fn rock_pile() {
    holds("rock-pile", &["B1", "B2"]);
}

#[test]
fn diode_resistor() {
    holds("diode-resistor", &["B4", "B5", "B6", "B7"]);
}

#[test]
fn swarm() {
    holds("swarm", &["D1", "D2"]);
}

#[test]
fn least_rattling() {
    holds("least-rattling", &["F4"]);
}

/// Every simulation, put beside the exact value moved by what matters, is refuted or has no power: never accepted.
#[test]
fn a_planted_error_is_never_accepted() {
    for name in ["birth-death", "rock-pile"] {
        let outcome = run(name, Settings::default().with_seed(7));
        let mut planted = 0;
        for finding in &outcome.findings {
            if let Evidence::Simulated { exact, estimate, matters } = finding.evidence {
                for lie in [exact + matters, exact - matters] {
                    let found = Evidence::Simulated { exact: lie, estimate, matters }.found();
                    assert_ne!(found, Found::Holds, "{name}, {}: {lie} for {exact}", finding.what);
                    planted += 1;
                }
            }
        }
        assert!(planted > 5, "{name}: {planted} lies planted");
    }
}

#[test]
fn other_parameters_hold_too() {
    for (name, settings) in [
        ("birth-death", Settings::default().with("states", 7.0).with("bias", 0.2).with("slope", 3.0)),
        ("rock-pile", Settings::default().with("sites", 9.0).with("hot", 5.0)),
    ] {
        let outcome = run(name, settings);
        assert_eq!(outcome.verdict(), Found::Holds, "{name}: {:#?}", failures(&outcome));
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
