//! The systems of the gallery that are about SGD: each has the verdict it should have, each check catches a lie, and what
//! they say does not depend on the number of threads.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use driftproof::systems::{
    CONSISTENT_WITHIN, Evidence, Found, Outcome, Settings, Style, SystemError, gallery, system,
};
use std::collections::BTreeMap;

/// Name, settings of a first look that are cheap enough, and the statements that it decides.
type Case = (&'static str, &'static [(&'static str, f64)], &'static [&'static str]);

#[rustfmt::skip]
const SYSTEMS: [Case; 8] = [
    ("loose-parallel", &[], &["D3"]),
    ("flat-minima", &[], &["E1", "E1b", "F3", "F3b"]),
    ("label-noise", &[], &["E2", "A7", "E2b"]),
    ("gradient-hacking", &[], &["E4"]),
    ("variance", &[], &["A9", "A7"]),
    ("implicit-regularisation", &[], &["F1", "F2", "A3", "A8"]),
    ("training-run", &[("steps", 2000.0)], &["E3", "A1"]),
    ("modularity", &[("steps", 200.0)], &["G0", "G1"]),
];

/// Settings of a first look.
fn quick(settings: &[(&str, f64)]) -> Settings {
    settings.iter().fold(Settings::default().with_quick(true), |all, (name, value)| all.with(name, *value))
}

fn look(name: &str, settings: &[(&str, f64)]) -> Outcome {
    system(name).unwrap().run(&quick(settings)).unwrap()
}

/// What any outcome must be: verdicts that rest on findings that hold, figures that can be drawn.
fn assert_sound(name: &str, outcome: &Outcome, statements: &[&str]) {
    for finding in &outcome.findings {
        let found = finding.evidence.found();
        assert!(matches!(found, Found::Holds | Found::Measured), "{name}: {found:?}: {finding:?}");
    }
    assert_eq!(outcome.verdict(), Found::Holds, "{name}");
    let decided: Vec<&str> = outcome.statements.iter().map(|s| s.id).collect();
    assert_eq!(decided, statements, "{name}: the statements it decides");
    for statement in &outcome.statements {
        assert!(!statement.findings.is_empty(), "{name}: {} rests on nothing", statement.id);
        let last = statement.findings.iter().max().unwrap();
        assert!(*last < outcome.findings.len(), "{name}: {} rests on finding {last}", statement.id);
    }
    assert!(!outcome.figures.is_empty(), "{name}: no figure");
    for figure in &outcome.figures {
        for series in &figure.series {
            let what = format!("{name}, {}: {}", figure.title, series.name);
            assert!(!series.points.is_empty(), "{what}: no point");
            assert!(series.errors.is_empty() || series.errors.len() == series.points.len(), "{what}: errors");
            assert!(series.errors.is_empty() || series.style == Style::Points, "{what}: errors of a line");
            for (x, y) in &series.points {
                let fits = |log: bool, value: f64| value.is_finite() && (!log || value > 0.0);
                assert!(
                    fits(figure.logarithmic.0, *x) && fits(figure.logarithmic.1, *y),
                    "{what}: ({x}, {y})"
                );
            }
        }
    }
}

/// Each check of an outcome with a lie in the place of the claim.
fn assert_lies_are_caught(name: &str, outcome: &Outcome) {
    for finding in &outcome.findings {
        let lies = match finding.evidence {
            // Twice the error that matters is beyond four standard errors whatever the draws were: an error that matters
            // is at least 6.3 of them, and the estimate is within 4 of the truth.
            Evidence::Simulated { exact, estimate, matters } => [-2.0, 2.0]
                .map(|k| Evidence::Simulated { exact: exact + k * matters, estimate, matters })
                .to_vec(),
            Evidence::Order { claimed, fitted, bound } => {
                [-1.0, 1.0].map(|k| Evidence::Order { claimed: claimed + k, fitted, bound }).to_vec()
            }
            Evidence::Identity { left, bound, .. } => {
                vec![Evidence::Identity { left, right: left + 1e-3 + 2.0 * bound, bound }]
            }
            Evidence::Misreading { estimate, .. } => {
                let wrong = estimate.value + CONSISTENT_WITHIN * estimate.standard_error;
                let found = Evidence::Misreading { wrong, estimate }.found();
                assert_eq!(found, Found::Inconclusive, "{name}: refutes what it could not see: {finding:?}");
                continue;
            }
            Evidence::Measured(_) => continue,
        };
        for lie in lies {
            assert_eq!(lie.found(), Found::Fails, "{name}: {}: the lie {lie:?} passes", finding.what);
        }
    }
}

#[test]
fn every_system_holds_and_every_check_catches_a_lie() {
    for (name, settings, statements) in SYSTEMS {
        let outcome = look(name, settings);
        assert_sound(name, &outcome, statements);
        assert_lies_are_caught(name, &outcome);
    }
}

#[test]
fn what_a_wrong_reading_changes_is_refuted() {
    // The systems whose answer a wrong factor or convention changes, cheap ones: each has misreadings, all refuted.
    for name in ["label-noise", "gradient-hacking", "variance", "loose-parallel"] {
        let outcome = look(name, &[]);
        let refuted = outcome.findings.iter().filter(|f| {
            matches!(f.evidence, Evidence::Misreading { .. }) && f.evidence.found() == Found::Holds
        });
        assert!(refuted.count() >= 2, "{name}");
    }
}

#[test]
fn threads_change_no_bit_and_seeds_do() {
    for name in ["label-noise", "implicit-regularisation"] {
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| look(name, &[]))
        };
        let (one, three) = (run(1), run(3));
        assert_eq!(one, three, "{name}: one thread and three");
        let other = system(name).unwrap().run(&quick(&[]).with_seed(2)).unwrap();
        assert_ne!(one, other, "{name}: another seed");
    }
}

#[test]
fn parameters_are_checked_and_named_once() {
    for system in gallery() {
        let mut seen = BTreeMap::new();
        for p in system.parameters {
            assert!(p.least <= p.default && p.default <= p.greatest, "{}: {p:?}", system.name);
            assert!(!p.whole || [p.least, p.default, p.greatest].iter().all(|x| x.fract() == 0.0), "{p:?}");
            assert_eq!(seen.insert(p.name, p), None, "{}: two parameters {}", system.name, p.name);
            for wrong in [p.greatest + 1.0, p.least - 1.0, f64::NAN] {
                let error = system.run(&Settings::default().with(p.name, wrong)).unwrap_err();
                assert!(matches!(error, SystemError::OutOfRange { .. }), "{}: {error}", system.name);
            }
        }
        let error = system.run(&Settings::default().with("no such thing", 1.0)).unwrap_err();
        assert!(matches!(error, SystemError::NoParameter { .. }), "{}: {error}", system.name);
    }
    assert!(matches!(system("no such thing"), Err(SystemError::Unknown { .. })), "an unknown system");
}
