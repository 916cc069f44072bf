//! Derivations that have a meaning.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod expressions;
mod snapshot;

use driftproof::expression::{Claim, Derivation, Expected, Rational, Sides, Statement, equation_to_text};
use driftproof::language::parse;
use snapshot::settings;
use std::fs;
use std::path::Path;

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)).unwrap()
}

fn claims(derivation: &Derivation) -> Vec<&Claim> {
    let claim = |statement| match statement {
        &Statement::Claim(ref claim) => Some(claim),
        Statement::Assumption { .. } => None,
    };
    derivation.statements.iter().filter_map(claim).collect()
}

#[test]
fn the_abstract_claims_have_a_meaning() {
    let derivation = match parse("claims-abstract.md", &read("claims-abstract.md")) {
        Ok(derivation) => derivation,
        Err(errors) => panic!("{errors}"),
    };
    let claims = claims(&derivation);
    let failing = claims.iter().filter(|claim| claim.expected == Expected::Fails).count();
    assert_eq!((claims.len(), failing), (56, 30), "claims and refutes");
    for claim in claims {
        let unequal = matches!(claim.sides, Sides::DifferentShapes { .. });
        assert_eq!(unequal, &*claim.name == "step_no_grad", "{} compares two shapes", claim.name);
    }
}

fn order(order: &Rational) -> String {
    if order.to_integer().is_some() { order.to_string() } else { format!("({order})") }
}

/// Declarations and nothing else.
fn declarations(text: &str) -> String {
    let words = ["scalar", "space", "random", "field", "noise", "test", "function"];
    let declares = |line: &&str| words.iter().any(|word| line.starts_with(word));
    text.lines().filter(declares).fold(String::new(), |text, line| text + line + "\n")
}

#[test]
fn what_is_printed_means_what_it_meant() {
    let text = read("claims-abstract.md");
    let derivation = parse("claims-abstract.md", &text).unwrap();
    let mut printed = declarations(&text);
    for claim in claims(&derivation) {
        let Sides::Equation { left, right } = &claim.sides else { continue };
        let remainder = claim.remainder.as_ref().map_or_else(String::new, |remainder| {
            format!(" + O({}^{})", derivation.symbols.get(remainder.symbol).name, order(&remainder.order))
        });
        let sides = equation_to_text(left, right, &derivation.symbols);
        printed += &format!("claim {}: {sides}{remainder}\n", claim.name);
    }
    let again = parse("printed.drift", &printed).unwrap_or_else(|errors| panic!("{printed}\n{errors}"));
    let claims = claims(&derivation);
    let equations = claims.iter().filter(|claim| matches!(claim.sides, Sides::Equation { .. }));
    for (first, second) in equations.zip(self::claims(&again)) {
        let (Sides::Equation { left, right }, Sides::Equation { left: l, right: r }) =
            (&first.sides, &second.sides)
        else {
            panic!("{} has another shape when printed", first.name);
        };
        let name = &first.name;
        assert!(
            expressions::same(left, l) && expressions::same(right, r),
            "{name} printed as {}",
            second.text
        );
        assert_eq!(first.remainder, second.remainder, "{name}");
    }
    settings().bind(|| insta::assert_snapshot!("printed__claims_abstract", printed));
}
