//! The witness of random instances decides claims: every true one agrees, every false one is shown to differ.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use driftproof::expression::{Claim, Expected, Sides, Statement};
use driftproof::language;
use driftproof::reading::symbolic::witness::{Options, Outcome, witness};

/// What the witness says of every claim of a text.
fn outcomes(text: &str) -> Vec<(Claim, Outcome)> {
    let derivation = language::parse("test.drift", text).unwrap_or_else(|e| panic!("{e:?}\n{text}"));
    let claims = derivation.statements.iter().filter_map(|statement| match statement {
        Statement::Claim(claim) => Some(claim),
        Statement::Assumption { .. } => None,
    });
    claims.map(|claim| (claim.clone(), witness(claim, &derivation.symbols, &Options::default()))).collect()
}

/// What goes against what the text says of its claims: `claim` must agree, `refute` must differ.
fn surprises(text: &str) -> Vec<String> {
    let wrong = |(claim, outcome): (Claim, Outcome)| match (claim.expected, &claim.sides, &outcome) {
        (Expected::Fails, Sides::DifferentShapes { .. }, Outcome::Unable(_))
        | (Expected::Holds, Sides::Equation { .. }, Outcome::Agrees(_))
        | (Expected::Fails, Sides::Equation { .. }, Outcome::Differs(_)) => None,
        _ => Some(format!("{}: {outcome:?}", claim.text)),
    };
    outcomes(text).into_iter().filter_map(wrong).collect()
}

#[test]
fn the_claims_of_the_oracle_come_out_as_they_say() {
    let text = include_str!("data/claims-abstract.md");
    let fenced = text.split("```").filter_map(|block| block.strip_prefix("drift\n"));
    let bare: String = fenced.collect();
    assert!(outcomes(&bare).len() > 50, "the file is read");
    assert_eq!(surprises(&bare), Vec::<String>::new(), "surprises");
}
