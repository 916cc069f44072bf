//! The exact reading against the claims that the project knows to be true and false.

#![allow(clippy::wildcard_enum_match_arm, reason = "what is not named fails the test")]
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use driftproof::expression::{Expected, Statement};
use driftproof::language::parse;
use driftproof::reading::exact::{Evidence, ExactInstance, Unable, read};

#[test]
fn abstract_claims_hold_and_slips_are_refuted_on_random_functions() {
    let text = include_str!("data/claims-abstract.md");
    let derivation = parse("claims-abstract.md", text).unwrap();
    let mut wrong = vec![];
    for statement in &derivation.statements {
        let Statement::Claim(claim) = statement else { continue };
        let evidence = read(claim, &ExactInstance::random(&derivation.symbols, 7));
        let right = match (&evidence, claim.expected) {
            (Evidence::Holds(agreement), Expected::Holds) => !agreement.vanishing,
            (Evidence::Refuted(_) | Evidence::Unable(Unable::DifferentShapes), Expected::Fails) => true,
            _ => false,
        };
        if !right {
            wrong.push(format!("{}: {evidence:?}", claim.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
