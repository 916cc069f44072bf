//! What the outcome of any system of the gallery must be.

#![allow(dead_code, reason = "each test file uses a part of this")]

use driftproof::statements::{Answer, statement, table};
use driftproof::systems::{CONSISTENT_WITHIN, Evidence, Found, Outcome, Style};

/// Every finding holds or was merely measured, and some hold.
pub(crate) fn assert_all_hold(name: &str, outcome: &Outcome) {
    for finding in &outcome.findings {
        let found = finding.evidence.found();
        assert!(matches!(found, Found::Holds | Found::Measured), "{name}: {found:?}: {finding:?}");
    }
    assert_eq!(outcome.verdict(), Found::Holds, "{name}");
}

/// All of it holds, the statements are those that the table wants of it, and the figures can be drawn.
pub(crate) fn assert_sound(name: &str, outcome: &Outcome) {
    assert_all_hold(name, outcome);
    assert_says_what_the_table_wants(name, outcome);
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

/// It decides just the statements whose rows name it, in the sense of the table, each on findings that there are.
fn assert_says_what_the_table_wants(name: &str, outcome: &Outcome) {
    for row in table().iter().filter(|row| row.systems.contains(&name)) {
        assert!(outcome.statements.iter().any(|said| said.id == row.id), "{name} says nothing of {}", row.id);
    }
    for said in &outcome.statements {
        let row = statement(said.id).unwrap_or_else(|| panic!("{name}: no statement {}", said.id));
        assert!(row.systems.contains(&name), "{name} decides {}, whose row does not name it", said.id);
        let word = said.verdict.split(|c: char| !c.is_alphanumeric()).next();
        let fits = match row.answer {
            Answer::True | Answer::TrueWhere => word == Some("true"),
            Answer::False => word == Some("false"),
            Answer::Measured => true,
            Answer::Conjecture => word == Some("conjecture") || word == Some("experiment"),
        };
        assert!(fits, "{name}, {}: {:?} says \"{}\"", said.id, row.answer, said.verdict);
        assert!(!said.findings.is_empty(), "{name}, {}: rests on nothing", said.id);
        for finding in &said.findings {
            assert!(*finding < outcome.findings.len(), "{name}, {}: rests on finding {finding}", said.id);
        }
    }
}

/// Each check of an outcome, with a lie in the place of the claim, does not hold.
pub(crate) fn assert_lies_are_caught(name: &str, outcome: &Outcome) {
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
