//! Claims decided by normal form.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
use driftproof::expression::{Expected, Statement};
use driftproof::language::parse;
use driftproof::reading::symbolic::{Comparison, compare};
use std::time::Instant;

#[test]
fn claims() {
    let name = std::env::var("CLAIMS").unwrap_or("tests/data/claims-abstract.md".into());
    let text = std::fs::read_to_string(&name).unwrap();
    let derivation = match parse(&name, &text) {
        Ok(d) => d,
        Err(e) => panic!("{e}"),
    };
    let mut wrong = 0;
    let all = Instant::now();
    let verbose = std::env::var("VERBOSE").is_ok();
    for statement in &derivation.statements {
        let Statement::Claim(claim) = statement else { continue };
        let start = Instant::now();
        let reading = compare(claim, &derivation.symbols);
        let t = start.elapsed();
        let ok = match (&reading.comparison, claim.expected) {
            (Comparison::Equal(_), Expected::Holds)
            | (Comparison::Different(_) | Comparison::DifferentShapes { .. }, Expected::Fails) => true,
            _ => false,
        };
        if !ok {
            wrong += 1;
        }
        let said = match &reading.comparison {
            Comparison::Different(d) => format!(
                "order {:?} incomplete {:?}: {}",
                d.first_order,
                d.incomplete,
                d.expression.to_text(&derivation.symbols)
            ),
            other => format!("{other:?}"),
        };
        println!(
            "{} {:20} {:?} {}",
            if ok { "ok " } else { "BAD" },
            claim.name,
            t,
            if ok && !verbose { String::new() } else { said }
        );
        if verbose {
            for a in &reading.assumptions {
                println!(
                    "        {}",
                    match a {
                        driftproof::reading::symbolic::Assumption::NonZero(e) =>
                            format!("nonzero {}", e.to_text(&derivation.symbols)),
                        driftproof::reading::symbolic::Assumption::Positive(e) =>
                            format!("positive {}", e.to_text(&derivation.symbols)),
                        other => format!("{other:?}"),
                    }
                );
            }
        }
    }
    println!("all {:?}", all.elapsed());
    assert_eq!(wrong, 0);
}
