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
    let derivation = match parse(&name, &text) { Ok(d) => d, Err(e) => panic!("{e}") };
    let mut wrong = 0;
    let all = Instant::now();
    for statement in &derivation.statements {
        let Statement::Claim(claim) = statement else { continue };
        let start = Instant::now();
        let c = compare(&derivation.symbols, claim);
        let t = start.elapsed();
        let ok = match (&c, claim.expected) {
            (Comparison::Equal { .. }, Expected::Holds) | (Comparison::Different { .. }, Expected::Fails) => true,
            _ => false,
        };
        if !ok { wrong += 1; }
        println!("{} {:20} {:?} {}", if ok { "ok " } else { "BAD" }, claim.name, t, if ok && std::env::var("VERBOSE").is_err() { String::new() } else { format!("{c:?}") });
    }
    println!("all {:?}", all.elapsed());
    assert_eq!(wrong, 0);
}
