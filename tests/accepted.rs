//! Derivations that have a meaning.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod expressions;
mod snapshot;

use driftproof::expression::{
    Claim, Condition, Derivation, Expected, Rational, Sides, Statement, Symbols, equation_to_text,
};
use driftproof::language::parse;
use expressions::random::{Menu, Random, Want};
use proptest::prelude::*;
use snapshot::settings;
use std::fs;
use std::path::Path;

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)).unwrap()
}

fn claims(derivation: &Derivation) -> Vec<&Claim> {
    fn claim(statement: &Statement) -> Option<&Claim> {
        match statement {
            Statement::Claim(claim) => Some(claim),
            Statement::Assumption { .. } => None,
        }
    }
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

fn condition(condition: &Condition, symbols: &Symbols) -> String {
    match condition {
        Condition::Equal(a, b) => equation_to_text(a, b, symbols),
        Condition::Positive(e) => format!("{} > 0", e.to_text(symbols)),
        Condition::NonNegative(e) => format!("{} >= 0", e.to_text(symbols)),
    }
}

#[test]
fn what_is_printed_means_what_it_meant() {
    let printed = printed_again(&read("claims-abstract.md"));
    settings().bind(|| insta::assert_snapshot!("printed__claims_abstract", printed));
    printed_again(include_str!("../src/language/guide.md"));
}

/// Prints the claims of a file, reads what was printed, and compares.
fn printed_again(text: &str) -> String {
    let derivation = parse("text.md", text).unwrap();
    let mut printed = expressions::declarations(&derivation.symbols);
    for claim in claims(&derivation) {
        let Sides::Equation { left, right } = &claim.sides else { continue };
        let remainder = claim.remainder.as_ref().map_or_else(String::new, |remainder| {
            format!(" + O({}^{})", derivation.symbols.get(remainder.symbol).name, order(&remainder.order))
        });
        let sides = equation_to_text(left, right, &derivation.symbols);
        let conditions: Vec<String> =
            claim.conditions.iter().map(|c| condition(c, &derivation.symbols)).collect();
        let conditions =
            if conditions.is_empty() { String::new() } else { format!(" where {}", conditions.join(", ")) };
        printed += &format!("claim {}{conditions}: {sides}{remainder}\n", claim.name);
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
    printed
}

#[test]
fn the_guide_is_a_derivation() {
    let guide = include_str!("../src/language/guide.md");
    let derivation = parse("guide.md", guide).unwrap_or_else(|errors| panic!("{errors}"));
    assert!(claims(&derivation).len() > 40, "a claim for every construct");
    assert_eq!(derivation.instances.len(), 1, "and an instance");
    let shapes =
        claims(&derivation).into_iter().filter(|claim| matches!(claim.sides, Sides::DifferentShapes { .. }));
    assert_eq!(shapes.map(|claim| &*claim.name).collect::<Vec<_>>(), ["no_grad"], "sides of two shapes");
}

/// Whether every element of a piece of MathML is closed, in order.
fn is_well_formed(mathml: &str) -> bool {
    let mut open = vec![];
    for piece in mathml.split('<').skip(1) {
        let Some((tag, _)) = piece.split_once('>') else { return false };
        match tag.strip_prefix('/') {
            Some(closed) => {
                if open.pop() != Some(closed) {
                    return false;
                }
            }
            None => open.push(tag.split(' ').next().unwrap_or("")),
        }
    }
    open.is_empty()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_expressions_mean_what_they_meant(seed in any::<u64>(), size in 1_usize..60, shape in 0..3) {
        let want = [Want::Scalar, Want::Vector, Want::Matrix][usize::try_from(shape).unwrap()];
        let mut random = Random::new(seed, Menu::ALL);
        let e = random.expr(want, size);
        let printed = e.to_text(&random.symbols);
        let text = format!("{}claim a: {printed} = {printed} + O(eta)\n", expressions::DECLARATIONS);
        let again = parse("printed.drift", &text);
        prop_assert!(again.is_ok(), "{}\n{}", text, again.unwrap_err());
        let again = again.unwrap();
        let [claim] = &claims(&again)[..] else { panic!("one claim") };
        let Sides::Equation { left, right } = &claim.sides else { panic!("two shapes in {printed}") };
        for side in [left, right] {
            prop_assert!(expressions::same(&e, side), "{}\nbecame\n{}", printed, side.to_text(&again.symbols));
        }
        let latex = e.to_latex(&random.symbols);
        prop_assert_eq!(latex.matches('{').count(), latex.matches('}').count(), "{}", latex);
        prop_assert!(is_well_formed(&e.to_mathml(&random.symbols)), "{}", e.to_mathml(&random.symbols));
    }
}
