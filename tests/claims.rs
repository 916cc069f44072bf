//! Every formula of the lists, the true ones and the slips, and every derivation comes out as it is claimed.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use driftproof::check::{self, Checkup};
use driftproof::expression::{Expected, Statement};
use driftproof::systems::gallery;
use std::collections::BTreeSet;
use std::path::PathBuf;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A derivation, checked, and as claimed.
fn checked(name: &str) -> Checkup {
    let checkup = check::file(path(name)).unwrap_or_else(|error| panic!("{error}"));
    checkup.as_claimed().unwrap_or_else(|error| panic!("{error}"));
    checkup
}

/// The names of the claims that are said to hold, and of those that are said to fail.
fn names(checkup: &Checkup) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut holds, mut fails) = (BTreeSet::new(), BTreeSet::new());
    for statement in &checkup.derivation.statements {
        if let Statement::Claim(claim) = statement {
            match claim.expected {
                Expected::Holds => holds.insert(claim.name.to_string()),
                Expected::Fails => fails.insert(claim.name.to_string()),
            };
        }
    }
    (holds, fails)
}

#[test]
fn every_formula_of_the_list_is_there_and_comes_out() {
    let (mut holds, mut fails) = names(&checked("tests/data/claims.md"));
    let (more_hold, more_fail) = names(&checked("tests/data/claims-coordinates.md"));
    holds.extend(more_hold);
    fails.extend(more_fail);
    for number in 1..=30 {
        let name = format!("t{number:02}");
        assert!(holds.contains(&name), "the true formula {name} is lost");
    }
    for number in 1..=40 {
        let name = format!("f{number:02}");
        assert!(fails.contains(&name), "the false formula {name} is lost");
    }
    assert_eq!(fails.len(), 40, "no other formula is refuted");
    assert!(holds.iter().all(|name| name.starts_with('t') || name.starts_with("f27_")), "{holds:?}");
}

#[test]
fn the_claims_about_arbitrary_losses_come_out() {
    let (holds, fails) = names(&checked("tests/data/claims-abstract.md"));
    assert_eq!((holds.len(), fails.len()), (26, 30), "claims that hold and that fail");
}

/// Names of the derivations in a folder, in alphabetical order.
fn derivations(folder: &str) -> Vec<String> {
    let mut found: Vec<String> = std::fs::read_dir(path(folder))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".md").map(str::to_owned))
        .collect();
    found.sort();
    found
}

fn comes_out(file: &str) {
    let (holds, fails) = names(&checked(file));
    assert!(!holds.is_empty() && !fails.is_empty(), "{file} claims and refutes");
}

#[test]
fn every_derivation_comes_out() {
    let all =
        ["as-circulated", "conventions", "lattice", "real-data", "regularisation", "sgd-bias", "stationary"];
    assert_eq!(derivations("derivations"), all, "the derivations of this test and of the folder");
    all.iter().for_each(|name| comes_out(&format!("derivations/{name}.md")));
}

#[test]
fn every_system_has_a_derivation_that_comes_out() {
    let mut systems: Vec<&str> = gallery().iter().map(|system| system.name).collect();
    systems.sort_unstable();
    assert_eq!(derivations("derivations/systems"), systems, "the derivations of the folder and the gallery");
    systems.iter().for_each(|name| comes_out(&format!("derivations/systems/{name}.md")));
}
