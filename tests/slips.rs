//! Slips planted in true claims are refuted and explained; what is only written otherwise is not refuted.
//!
//! The plants are made on the tree by this test, not by the search that has to find them.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a plant concerns the nodes that it names, and no other")]

mod expressions;
mod plants;
mod rewritings;

use driftproof::check::{self, decide};
use driftproof::expression::{Claim, Expected, Expr, Kind, Place, Rational, Shape, Sides, Symbols};
use driftproof::reading::symbolic::witness::Options;
use driftproof::reading::symbolic::{Slip, diagnose};
use driftproof::report::{CheckReport, CheckedFile, Style};
use driftproof::verdict::claim::ClaimVerdict;
use expressions::random::{Menu, Random, Want};
use plants::{left, number, right, scaled, true_claims, true_claims_of, with_right};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// What was planted, and the right side with it.
type Plant = (String, Expr);

/// The whole side times a number.
const FACTORS: [(i64, i64); 4] = [(2, 1), (1, 2), (3, 1), (-1, 1)];

/// Every slip that this test knows, planted in one side. A path that begins a term of a sum changes that term.
fn in_side(side: &Expr, symbols: &Symbols) -> Vec<Plant> {
    let batches = side.any(&mut |node| matches!(node.kind(), Kind::Mean(..) | Kind::SumOver(..)));
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
            // A batch has one size in a claim.
            Kind::Symbol(id) if !batches && matches!(&*symbols.get(*id).name, "n" | "eta") => {
                let pow = |k| new(Kind::Pow(node.clone(), number(k, 1)));
                let less = new(Kind::Add(vec![node.clone(), number(-1, 1)]));
                vec![("one less", less), ("squared", pow(2)), ("upside down", pow(-1))]
            }
            Kind::Jac(_) => vec![("transposed", new(Kind::Transpose(node.clone())))],
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

/// Plants that leave a claim true, each with the reason.
const HARMLESS: [(&str, &str); 12] = [
    // eta^2/2*tr(D*hess(L)) with D = eta/(2*n)*Sigma begins at eta^3, which O(eta^3) leaves open.
    ("tests/data/claims.md#t16_drift: second moment at [2, 1, 1, 0, 0, 1]", "D is of order eta within eta^2"),
    ("tests/data/claims.md#t16_drift: squared at [2, 1, 1, 0, 0, 0, 0]", "D is of order eta^2 within eta^2"),
    ("derivations/regularisation.md#weak_order_2: second moment at [2, 1, 1, 0, 0, 1]", "as t16_drift"),
    ("derivations/regularisation.md#weak_order_2: squared at [2, 1, 1, 0, 0, 0, 0]", "as t16_drift"),
    // 2*eta^2*jac(F)*F with F = -grad(loss + eta/4*...): what stands behind the eta within F begins at eta^3.
    (
        "derivations/regularisation.md#epoch_mean: transposed at [1, 0, 1]",
        "F is a gradient, jac(F) a Hessian",
    ),
    (
        "derivations/regularisation.md#epoch_mean: squared at [1, 1, 0, 0, 1, 0, 0]",
        "an eta in F within eta^2",
    ),
    (
        "derivations/regularisation.md#epoch_mean: squared at [1, 1, 0, 0, 2, 0, 0]",
        "an eta in F within eta^2",
    ),
    ("derivations/regularisation.md#drawn_mean: transposed at [1, 0, 1]", "F_plain is a gradient"),
    (
        "derivations/regularisation.md#drawn_mean: squared at [1, 1, 0, 0, 1, 0, 0]",
        "an eta in F_plain within eta^2",
    ),
    (
        "derivations/regularisation.md#drawn_mean: squared at [1, 0, 1, 0, 0, 0, 1, 0, 0]",
        "an eta in jac(F_plain)",
    ),
    ("derivations/sgd-bias.md#same_increment_mean: split at []", "E[-eta*v] = E[-eta]*E[v]: eta is a number"),
    // eta*q/(n*a*(2 + eta*a)) = eta*q/(2*n*a) + O(eta^2), whatever power of eta stands in the denominator.
    (
        "derivations/stationary.md#also_close: squared at [1, 1, 1, 0]",
        "2 + eta^2*a for 2 + eta*a, in eta/(...)",
    ),
];

#[test]
fn a_planted_slip_is_never_proved() {
    let (mut proved, mut undecided, mut refuted) = (vec![], vec![], 0);
    for file in FILES {
        let (claims, symbols) = true_claims(file);
        for claim in &claims {
            for (what, new) in in_side(right(claim), &symbols) {
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
    assert!(all >= 1000, "{all} slips are planted");
    assert_eq!(proved, HARMLESS.map(|(said, _)| said), "the plants that leave a claim true");
    assert!(undecided.len() * 100 <= all, "undecided, of {all}: {undecided:#?}");
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

fn proves(claim: &Claim, symbols: &Symbols) -> bool {
    matches!(decide(claim, symbols, &Options::default()), ClaimVerdict::Proved(_))
}

/// Whether a wrong claim is refuted, and then, whether it is explained; every explanation must be a proof.
fn explained(wrong: &Claim, symbols: &Symbols, said: &str) -> Option<bool> {
    let difference = match decide(wrong, symbols, &Options::default()) {
        ClaimVerdict::Refuted(refutation) => refutation.difference,
        ClaimVerdict::Proved(_) | ClaimVerdict::Undecided(_) => return None,
        ClaimVerdict::Contradiction(found) => panic!("{said}: {found:?}"),
    };
    let found = diagnose(wrong, symbols, difference.as_ref(), |claim| proves(claim, symbols));
    for diagnosis in &found {
        assert!(proves(&diagnosis.repaired, symbols), "{said}: {:?}", diagnosis.slip);
        assert_ne!(diagnosis.repaired, *wrong, "{said}: a repair changes something");
    }
    Some(!found.is_empty())
}

/// For each claim and kind of slip the first place, from one that moves along, where the plant is refuted: how many there
/// are, and which are not explained.
fn unexplained(claims: &[Claim], symbols: &Symbols, every: usize) -> (usize, Vec<String>) {
    let mut todo = Vec::new();
    for (at, claim) in claims.iter().enumerate() {
        let mut kinds: BTreeMap<&str, Vec<plants::Plant>> = BTreeMap::new();
        for plant in plants::plants(claim, symbols) {
            kinds.entry(plant.kind).or_default().push(plant);
        }
        let kinds = kinds.into_values().enumerate().filter(|(kind, _)| (at + kind) % every == 0);
        todo.extend(kinds.map(|(_, plants)| (at, claim, plants)));
    }
    let found: Vec<Option<String>> = todo
        .par_iter()
        .filter_map(|(at, claim, plants)| {
            (0..plants.len()).find_map(|k| {
                let plant = &plants[(7 * at + k) % plants.len()];
                let said = format!("{}: {}", claim.name, plant.said);
                explained(&plant.claim, symbols, &said).map(|explained| (!explained).then_some(said))
            })
        })
        .collect();
    (found.len(), found.into_iter().flatten().collect())
}

#[test]
fn every_kind_of_slip_in_every_claim_of_the_abstract_list_is_explained() {
    let (claims, symbols) = true_claims("tests/data/claims-abstract.md");
    let (all, unexplained) = unexplained(&claims, &symbols, 1);
    assert!(all >= 200, "{all} slips were planted and refuted");
    assert_eq!(unexplained, Vec::<String>::new(), "of {all}");
}

#[test]
fn slips_in_other_claims_of_the_field_are_explained() {
    let (claims, symbols) = true_claims("tests/data/claims-more.md");
    assert!(claims.len() >= 30 && claims.iter().all(|claim| proves(claim, &symbols)), "they are true");
    let (all, unexplained) = unexplained(&claims, &symbols, 2);
    assert!(all >= 120, "{all} slips were planted and refuted");
    assert_eq!(unexplained, Vec::<String>::new(), "of {all}");
}

/// A definition, and the same with a slip in it.
const DEFINITIONS: [(&str, &str); 14] = [
    ("let step  = -eta * mean(g, n)", "let step  = -eta * sum(g, n)"),
    ("let step  = -eta * mean(g, n)", "let step  = eta * mean(g, n)"),
    ("let step  = -eta * mean(g, n)", "let step  = -2*eta * mean(g, n)"),
    ("let step  = -eta * mean(g, n)", "let step  = -eta/n * mean(g, n)"),
    ("let Sigma = Cov[g]", "let Sigma = E[outer(g, g)]"),
    ("let Sigma = Cov[g]", "let Sigma = 2*Cov[g]"),
    ("let Sigma = Cov[g]", "let Sigma = Cov[g]/n"),
    ("let G     = E[g]", "let G     = -E[g]"),
    ("let f     = E[u]", "let f     = 2*E[u]"),
    ("let Hbar  = E[hess(u)]", "let Hbar  = -E[hess(u)]"),
    ("let S[i] = B[j,k]*d[j](B[i,k])", "let S[i] = B[i,k]*d[j](B[j,k])"),
    ("shift(B, alpha*B*dW)*dW", "shift(B, 2*alpha*B*dW)*dW"),
    ("shift(B, alpha*B*dW)*dW", "B*dW"),
    ("let alpha_step = b*dt", "let alpha_step = -b*dt"),
];

#[test]
fn a_slip_in_a_definition_is_explained_in_every_claim_that_it_makes_false() {
    let text = include_str!("data/claims-abstract.md");
    let (mut all, mut left_over) = (0, vec![]);
    for (right, wrong) in DEFINITIONS {
        assert!(text.contains(right), "{right} stands in the file");
        let (claims, symbols) = true_claims_of("claims-abstract.md", &text.replace(right, wrong));
        let found: Vec<(String, bool)> = claims
            .par_iter()
            .filter_map(|claim| {
                let said = format!("{}: {wrong}", claim.name);
                Some((said.clone(), explained(claim, &symbols, &said)?))
            })
            .collect();
        all += found.len();
        left_over.extend(found.into_iter().filter(|(_, explained)| !explained).map(|(said, _)| said));
    }
    assert!(all >= 40, "{all} claims are made false");
    assert_eq!(left_over, Vec::<String>::new(), "of {all}");
}

/// What is said of a wrong claim: the claim, the slip, what is proved instead, left less right.
const WORDS: [(&str, &str, &str, &str); 8] = [
    (
        "Cov[step] = eta^2*Sigma",
        "the right side is `n` times the left",
        "Cov[step] = eta^2/n*Sigma",
        "-eta^2*(n - 1)/n*Sigma",
    ),
    (
        "midpoint(step - E[step]) = -eta^2/n*div(Sigma) + O(eta^3)",
        "the right side is twice the left",
        "midpoint(step - E[step]) = -eta^2/(2*n)*div(Sigma) + O(eta^3)",
        "eta^2/(2*n)*div(Sigma)",
    ),
    (
        "E[step] = -eta*G - eta^2/(2*n)*div(Sigma)",
        "the term `-eta^2/(2*n)*div(Sigma)` does not belong there",
        "E[step] = -eta*G",
        "eta^2/(2*n)*div(Sigma)",
    ),
    (
        "div(Sigma) = 1/2*grad(tr(Sigma))",
        "the term `Cov[g, lap(u)]` is missing on the right side",
        "div(Sigma) = 1/2*grad(tr(Sigma)) + Cov[g, lap(u)]",
        "Cov[g, lap(u)]",
    ),
    (
        "E[w*q*v] = E[w]*E[v]*q",
        "the expectation of a product is not the product of expectations",
        "",
        "q*Cov[v, w]",
    ),
    ("div(Sigma) = E[hess(u)*g] + E[g*lap(u)] - Hbar*G", "the term", "", "-E[lap(u)]*G"),
    (
        "grad(q^2*p) = 2*q*p*grad(q) - q^2*grad(p)",
        "the term `-q^2*grad(p)` has the wrong sign",
        "",
        "2*q^2*grad(p)",
    ),
    ("S = R", "indices are exchanged: `S` should be `R`", "", "B[j,k]*d[j](B[i,k]) - d[j](B[j,k])*B[i,k]"),
];

#[test]
fn an_explanation_is_written_as_a_person_would() {
    let mut text = "scalar eta > 0, n > 0\nspace theta\nrandom X\nfield u(X), v(X), w(X): scalar\n\
        field p, q: scalar\nfield B: matrix\nlet g = grad(u)\nlet G = E[g]\nlet Hbar = E[hess(u)]\nlet Sigma = Cov[g]\n\
        let step = -eta*mean(g, n)\nlet S[i] = B[j,k]*d[j](B[i,k])\nlet R[i] = B[i,k]*d[j](B[j,k])\n"
        .to_owned();
    for (number, (claim, ..)) in WORDS.iter().enumerate() {
        text += &format!("claim c{number}: {claim}\n");
    }
    let found = check::text("words.drift", &text, &check::Options::default());
    let files = [CheckedFile { name: "words.drift".into(), found }];
    let mut json = Vec::new();
    CheckReport::new(&files, false).write_json(&mut json).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let mut out = Vec::new();
    CheckReport::new(&files, false).write_text(&mut out, Style::Plain).unwrap();
    let said = String::from_utf8(out).unwrap();
    for (claim, slip, instead, difference) in WORDS {
        assert!(said.contains(slip), "{claim}: {slip}\n{said}");
        assert!(said.contains(&format!("proved instead: {instead}")), "{claim}: {instead}\n{said}");
        assert!(said.contains(&format!("left less right: {difference}\n")), "{claim}: {difference}\n{said}");
    }
    let text = json.to_string();
    assert!(text.contains("\"proved_instead\":\"Cov[step] = eta^2/n*Sigma\""), "{text}");
}

/// What no single slip explains.
const UNRELATED: &str = "
scalar eta > 0, n > 0
space theta
random X
field u(X): scalar
field p, q: scalar
field mu: vector
field D: symmetric
let g = grad(u)
let Sigma = Cov[g]
let step = -eta*mean(g, n)
claim other_field:   div(Sigma) = mu + grad(q)
claim other_matrix:  Sigma = D + hess(q)
claim two_factors:   E[outer(g, g)] = 2*Sigma + 3*outer(E[g], E[g])
claim two_signs:     div(D*p) = -p*div(D) - 2*(D*grad(p)) + grad(q)
claim three_terms:   div(Sigma) = grad(p) + 5*E[g*lap(u)] - 3*mu
claim other_order:   midpoint(step - E[step]) = 3*eta^2*grad(q) - eta^2/n*div(Sigma) + O(eta^3)
";

#[test]
fn what_no_single_slip_explains_is_not_explained() {
    let (claims, symbols) = true_claims_of("unrelated.drift", UNRELATED);
    assert_eq!(claims.len(), 6, "all are equations");
    for claim in &claims {
        assert_eq!(explained(claim, &symbols, &claim.name), Some(false), "{}", claim.name);
    }
}

/// A term of each of two claims' right sides is changed by a factor of its own.
#[test]
fn two_slips_at_once_get_no_explanation_that_is_not_proved() {
    let (claims, symbols) = true_claims("tests/data/claims-abstract.md");
    let mut all = 0;
    for (at, claim) in claims.iter().enumerate() {
        let first = plants::plants(claim, &symbols);
        let one = &first[(5 * at) % first.len()];
        if matches!(one.claim.sides, Sides::DifferentShapes { .. }) {
            continue;
        }
        let second = plants::plants(&one.claim, &symbols);
        let two = &second[(11 * at + 3) % second.len()];
        let said = format!("{}: {} and {}", claim.name, one.said, two.said);
        all += usize::from(explained(&two.claim, &symbols, &said).is_some());
    }
    assert!(all >= 15, "{all} claims with two slips are refuted");
}

#[test]
fn a_true_claim_written_otherwise_is_not_refuted() {
    let mut all: Vec<(String, Claim, Symbols)> = vec![];
    for file in FILES {
        let (claims, symbols) = true_claims(file);
        for claim in &claims {
            let mut push = |what: String, same: Claim| {
                all.push((format!("{file}#{}: {what}", claim.name), same, symbols.clone()));
            };
            for (what, same) in rewritings::as_a_whole(claim, &symbols) {
                push(what.to_owned(), same);
            }
            for (is_left, side) in [(false, right(claim)), (true, left(claim))] {
                for (path, node) in side.nodes(40) {
                    for (what, new) in rewritings::rewritten(&node, &symbols) {
                        let new = side.replaced(&path, new).unwrap();
                        let same = if is_left {
                            plants::with_sides(claim, new, right(claim).clone())
                        } else {
                            with_right(claim, new)
                        };
                        push(
                            format!("{what} at {path:?} on the {}", if is_left { "left" } else { "right" }),
                            same,
                        );
                    }
                }
            }
        }
    }
    let undecided: Vec<&String> = all
        .par_iter()
        .filter_map(|(said, same, symbols)| match decide(same, symbols, &Options::default()) {
            ClaimVerdict::Proved(_) => None,
            ClaimVerdict::Undecided(_) => Some(said),
            verdict => panic!("{said}: {verdict:?}"),
        })
        .collect();
    assert!(all.len() >= 1800, "{} rewritings", all.len());
    assert!(undecided.len() * 100 <= all.len(), "undecided, of {}: {undecided:#?}", all.len());
}

#[test]
fn the_witnesses_never_contradict_each_other_on_random_pairs() {
    let menu = Menu { indices: true, expectations: true, ..Menu::POLYNOMIAL };
    let (mut equal, mut different, mut undecided) = (0, 0, 0);
    for seed in 0..600 {
        let mut random = Random::new(seed, menu);
        for want in [Want::Scalar, Want::Vector, Want::Matrix] {
            let (one, two) = (random.expr(want, 6), random.expr(want, 5));
            let sum = Expr::new(Kind::Add(vec![one.clone(), two.clone()]), one.shape());
            let turned = Expr::new(Kind::Add(vec![two.clone(), one.clone()]), one.shape());
            for (left, right) in [(one, two), (sum, turned)] {
                let claim = Claim {
                    name: "pair".into(),
                    expected: Expected::Holds,
                    sides: Sides::Equation { left, right },
                    remainder: None,
                    conditions: vec![],
                    given: vec![],
                    text: "pair".into(),
                    span: 0..0,
                };
                match decide(&claim, &random.symbols, &Options::default()) {
                    ClaimVerdict::Proved(_) => equal += 1,
                    ClaimVerdict::Refuted(_) => different += 1,
                    ClaimVerdict::Undecided(_) => undecided += 1,
                    ClaimVerdict::Contradiction(found) => panic!("seed {seed}: {found:?}"),
                }
            }
        }
    }
    assert!(
        equal >= 1600 && different >= 1600,
        "{equal} equal, {different} different, {undecided} undecided"
    );
    // A data point as a number, and a sum over the components of the coordinates themselves, are beyond the witnesses.
    assert!(undecided <= 300, "{undecided} of 3600 pairs are undecided");
}
