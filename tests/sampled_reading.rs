//! The sampled reading against the claims that the project knows to be true and false.

#![allow(clippy::wildcard_enum_match_arm, reason = "what is not named fails the test")]
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use driftproof::expression::{Expected, Statement};
use driftproof::language::parse;
use driftproof::reading::sampled::{Evidence, Options, SampledInstance, read};
use std::time::Instant;

#[test]
fn table() {
    for (name, text) in [
        ("claims-abstract.md", include_str!("data/claims-abstract.md")),
        ("claims.md", include_str!("data/claims.md")),
        ("claims-coordinates.md", include_str!("data/claims-coordinates.md")),
    ] {
        let derivation = parse(name, text).unwrap();
        for statement in &derivation.statements {
            let Statement::Claim(claim) = statement else { continue };
            let start = Instant::now();
            let evidence = read(claim, &SampledInstance::random(&derivation.symbols, 7), &Options::default());
            let (word, sample) = match &evidence {
                Evidence::Consistent(sample) => ("consistent".to_owned(), Some(sample)),
                Evidence::Refuted(sample) => ("refuted".to_owned(), Some(&**sample)),
                Evidence::Inconclusive(sample, reason) => (format!("{reason:?}"), Some(&**sample)),
                Evidence::Unable(reason) => (format!("unable: {reason}"), None),
                _ => unreachable!(),
            };
            let right = match (&evidence, claim.expected) {
                (Evidence::Consistent(_), Expected::Holds) | (Evidence::Refuted(_), Expected::Fails) => "ok ",
                (Evidence::Consistent(_) | Evidence::Refuted(_), _) => "BAD",
                _ => "   ",
            };
            print!(
                "{right} {:?} {} {word} {:.2}s",
                claim.expected,
                claim.name,
                start.elapsed().as_secs_f64()
            );
            if let Some(s) = sample {
                print!(
                    " p={:.1e} det={:.3} M={} h={} plants={:.0e},{:.0e} tails={:.3}",
                    s.p_value,
                    s.detectable,
                    s.draws,
                    s.width,
                    s.plants[0].p_value,
                    s.plants[1].p_value,
                    s.tails
                );
                if let Some(l) = &s.ladder {
                    print!(" ladder {:.1e} left {:.3}", l.values[0], l.leftover);
                }
            }
            println!();
        }
    }
}
