//! Slips planted in true claims are refuted, and a whole factor or sign is named by its diagnosis.
//!
//! The plants are made on the tree by this test, not by the search that has to find them.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a plant concerns the nodes that it names, and no other")]

use driftproof::check::{self, decide};
use driftproof::expression::{
    Claim, Expected, Expr, Kind, Place, Rational, Shape, Sides, Statement, Symbols,
};
use driftproof::language::parse;
use driftproof::reading::symbolic::witness::Options;
use driftproof::reading::symbolic::{Slip, diagnose};
use driftproof::verdict::claim::ClaimVerdict;
use std::path::PathBuf;

/// What was planted, and the right side with it.
type Plant = (String, Expr);

fn number(n: i64, d: i64) -> Expr {
    Expr::number(Rational::new(n, d).unwrap())
}

fn scaled(n: i64, d: i64, e: &Expr) -> Expr {
    Expr::new(Kind::Mul(number(n, d), e.clone()), e.shape())
}

/// The true claims of a file that are equations with a right side that is not 0.
fn true_claims(name: &str) -> (Vec<Claim>, Symbols) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name);
    let derivation = parse(name, &check::read(&path).unwrap()).unwrap();
    let claims = derivation.statements.into_iter().filter_map(|statement| match statement {
        Statement::Claim(claim) if claim.expected == Expected::Holds => Some(claim),
        _ => None,
    });
    let is_zero = |e: &Expr| matches!(e.kind(), Kind::Number(value) if value.is_zero());
    let claims = claims.filter(
        |claim| matches!(&claim.sides, Sides::Equation { left, right } if !is_zero(left) && !is_zero(right)),
    );
    (claims.collect(), derivation.symbols)
}

fn right(claim: &Claim) -> &Expr {
    let (Sides::Equation { right, .. } | Sides::DifferentShapes { right, .. }) = &claim.sides;
    right
}

fn with_right(claim: &Claim, new: Expr) -> Claim {
    let (Sides::Equation { left, .. } | Sides::DifferentShapes { left, .. }) = &claim.sides;
    Claim { sides: Sides::Equation { left: left.clone(), right: new }, ..claim.clone() }
}

/// The whole side times a number.
const FACTORS: [(i64, i64); 4] = [(2, 1), (1, 2), (3, 1), (-1, 1)];

/// Every slip that this test knows, planted in one side. A path that begins a term of a sum changes that term.
fn plants(side: &Expr) -> Vec<Plant> {
    let mut found: Vec<Plant> =
        FACTORS.iter().map(|&(n, d)| (format!("times {n}/{d}"), scaled(n, d, side))).collect();
    if let Kind::Add(terms) = side.kind() {
        for (k, term) in terms.iter().enumerate() {
            let with = |new: Expr| {
                let mut all = terms.clone();
                all[k] = new;
                Expr::new(Kind::Add(all), side.shape())
            };
            let mut rest = terms.clone();
            rest.remove(k);
            found.push((format!("term {k} dropped"), Expr::new(Kind::Add(rest), side.shape())));
            found.push((format!("term {k} doubled"), with(scaled(2, 1, term))));
            found.push((format!("term {k} flipped"), with(scaled(-1, 1, term))));
        }
    }
    for (path, node) in side.nodes(60) {
        let new = |kind: Kind| Expr::new(kind, node.shape());
        let changed: Vec<(&str, Expr)> = match node.kind() {
            Kind::Cov(v) if matches!(v.shape(), Shape::Vector(_)) => {
                vec![("second moment", new(Kind::Expect(new(Kind::Outer(v.clone(), v.clone())))))]
            }
            Kind::Expect(e) => match e.kind() {
                Kind::Mul(a, b) | Kind::Dot(a, b) | Kind::Outer(a, b) => {
                    let mean = |x: &Expr| Expr::new(Kind::Expect(x.clone()), x.shape());
                    vec![("split", new(e.with_children(vec![mean(a), mean(b)]).unwrap()))]
                }
                _ => vec![],
            },
            Kind::Mean(e, batch) => vec![("sum", new(Kind::SumOver(e.clone(), batch.clone())))],
            Kind::Conditional(Place::Midpoint, e) => {
                vec![("destination", new(Kind::Conditional(Place::Destination, e.clone())))]
            }
            Kind::Shift(e, _) => vec![("no shift", e.clone())],
            _ => vec![],
        };
        for (what, new) in changed {
            found.push((format!("{what} at {path:?}"), side.replaced(&path, new).unwrap()));
        }
    }
    found
}

const FILES: [&str; 7] = [
    "tests/data/claims-abstract.md",
    "tests/data/claims.md",
    "derivations/as-circulated.md",
    "derivations/conventions.md",
    "derivations/regularisation.md",
    "derivations/sgd-bias.md",
    "derivations/stationary.md",
];

/// Plants that leave a claim true, as seen by eye: the term or moment they change vanishes or cancels there.
const HARMLESS: usize = 4;

#[test]
fn a_planted_slip_is_never_proved() {
    let (mut proved, mut undecided, mut refuted) = (vec![], vec![], 0);
    for file in FILES {
        let (claims, symbols) = true_claims(file);
        for claim in &claims {
            for (what, new) in plants(right(claim)) {
                let said = format!("{file}#{}: {what}", claim.name);
                match decide(&with_right(claim, new), &symbols, &Options::default()) {
                    ClaimVerdict::Refuted(_) => refuted += 1,
                    ClaimVerdict::Undecided(_) => undecided.push(said),
                    ClaimVerdict::Proved(_) => proved.push(said),
                    ClaimVerdict::Contradiction(found) => panic!("{said}: {found:?}"),
                }
            }
        }
    }
    let all = refuted + undecided.len() + proved.len();
    assert!(all >= 500, "{all} slips are planted");
    assert!(proved.len() <= HARMLESS, "proved: {proved:#?}");
    assert!(undecided.len() * 100 <= all, "undecided, of {all}: {undecided:#?}");
    let plain: Vec<&String> = proved.iter().filter(|said| said.contains(": times ")).collect();
    assert!(plain.is_empty(), "a side that is not 0 is no multiple of itself: {plain:?}");
}

#[test]
fn a_planted_factor_or_sign_is_named_first() {
    let (claims, symbols) = true_claims("tests/data/claims-abstract.md");
    let proves =
        |claim: &Claim| matches!(decide(claim, &symbols, &Options::default()), ClaimVerdict::Proved(_));
    for claim in &claims {
        for (n, d) in FACTORS {
            let wrong = with_right(claim, scaled(n, d, right(claim)));
            let found = diagnose(&wrong, &symbols, None, proves);
            let first = found.first().map(|diagnosis| diagnosis.slip.clone());
            let named = match &first {
                Some(Slip::Sign) => (n, d) == (-1, 1),
                Some(Slip::Factor(factor)) => *factor == Rational::new(n, d).unwrap(),
                _ => false,
            };
            assert!(named, "{} times {n}/{d}: {first:?}", claim.name);
            assert!(found.iter().all(|diagnosis| proves(&diagnosis.repaired)), "{} is repaired", claim.name);
        }
    }
}
