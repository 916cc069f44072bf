//! Derivations that have a meaning.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use driftproof::expression::{Claim, Expected, Sides, Statement};
use driftproof::language::parse;
use std::fs;
use std::path::Path;

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)).unwrap()
}

#[test]
fn the_abstract_claims_have_a_meaning() {
    let derivation = match parse("claims-abstract.md", &read("claims-abstract.md")) {
        Ok(derivation) => derivation,
        Err(errors) => panic!("{errors}"),
    };
    let claims: Vec<&Claim> = derivation
        .statements
        .iter()
        .filter_map(|statement| match statement {
            Statement::Claim(claim) => Some(claim),
            Statement::Assumption { .. } => None,
        })
        .collect();
    let failing = claims.iter().filter(|claim| claim.expected == Expected::Fails).count();
    assert_eq!((claims.len(), failing), (56, 30), "claims and refutes");
    for claim in claims {
        let unequal = matches!(claim.sides, Sides::DifferentShapes { .. });
        assert_eq!(unequal, &*claim.name == "step_no_grad", "{} compares two shapes", claim.name);
    }
}
