//! The statements under discussion: every one has a row, with the answer that is owed, and evidence that exists; and a
//! single lie in the evidence leaves a row undecided.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use driftproof::check::{self, Checkup, Level, Options};
use driftproof::expression::{Expected, Statement as Text};
use driftproof::sampling::Estimate;
use driftproof::statements::{self, Answer, Row, Settled, Support, table, verdicts};
use driftproof::systems::{Evidence, Finding, Outcome, StatementVerdict, gallery, system};
use std::collections::BTreeSet;
use std::sync::LazyLock;

#[rustfmt::skip]
const OWED: [(&str, Answer); 37] = {
    use Answer::{Conjecture, False, Measured, True, TrueWhere};
    [
        ("A1", True), ("A2", TrueWhere), ("A3", TrueWhere), ("A4", True), ("A5", True), ("A6", TrueWhere), ("A7", True),
        ("A8", False), ("A9", TrueWhere),
        ("B1", True), ("B2", True), ("B3", True), ("B4", True), ("B5", True), ("B6", False), ("B7", True),
        ("C1", True), ("C2", TrueWhere), ("C3", TrueWhere), ("C4", True), ("C5", False),
        ("D1", TrueWhere), ("D2", Measured), ("D3", Measured),
        ("E1", False), ("E1b", TrueWhere), ("E2", TrueWhere), ("E2b", True), ("E3", Measured), ("E4", True),
        ("F1", True), ("F2", False), ("F3", True), ("F3b", Measured), ("F4", TrueWhere),
        ("G0", Conjecture), ("G1", Conjecture),
    ]
};

static CHECKED: LazyLock<Vec<Checkup>> =
    LazyLock::new(|| statements::derivations(&Options::default()).unwrap());

fn holds() -> Evidence {
    Evidence::Identity { left: 1.0, right: 1.0, bound: 0.0 }
}

fn fails() -> Evidence {
    Evidence::Identity { left: 1.0, right: 2.0, bound: 0.0 }
}

fn measured() -> Evidence {
    Evidence::Measured(Estimate { value: 1.0, standard_error: 0.1, draws: 100, seed: 1, detectable: 0.7 })
}

/// An outcome in which each statement that the table wants of a system rests on one finding of its own.
fn outcome(system: &str, evidence: &Evidence) -> Outcome {
    let mut outcome = Outcome { findings: Vec::new(), figures: Vec::new(), statements: Vec::new() };
    for statement in table().iter().filter(|statement| statement.systems.contains(&system)) {
        let number = outcome.findings.len();
        let what = format!("what {} rests on", statement.id);
        outcome.findings.push(Finding { what, unit: "", evidence: evidence.clone() });
        let verdict = statement.answer.word().to_owned();
        outcome.statements.push(StatementVerdict { id: statement.id, verdict, findings: vec![number] });
    }
    outcome
}

fn outcomes(evidence: &Evidence) -> Vec<(&'static str, Outcome)> {
    gallery().iter().map(|system| (system.name, outcome(system.name, evidence))).collect()
}

fn rows(outcomes: &[(&'static str, Outcome)], derivations: &[Checkup]) -> Vec<Row> {
    let borrowed: Vec<(&str, &Outcome)> = outcomes.iter().map(|(name, outcome)| (*name, outcome)).collect();
    verdicts(&borrowed, derivations)
}

/// Ids of the rows that are undecided.
fn undecided(rows: &[Row]) -> BTreeSet<&'static str> {
    let open = rows.iter().filter(|row| row.settled() == Settled::Undecided);
    open.inspect(|row| assert_eq!(row.answer(), None, "{}: an answer", row.statement.id))
        .map(|row| row.statement.id)
        .collect()
}

#[test]
fn every_statement_has_a_row_with_the_answer_that_is_owed() {
    let found: Vec<(&str, Answer)> = table().iter().map(|row| (row.id, row.answer)).collect();
    assert_eq!(found, OWED, "ids and answers");
    for row in table() {
        assert!(!row.systems.is_empty() || !row.claims.is_empty(), "{} rests on nothing", row.id);
        assert!(!row.said.is_empty() && !row.conditions.is_empty(), "{}: words", row.id);
        assert_eq!(statements::statement(row.id), Some(row), "{} by its id", row.id);
    }
    assert_eq!(statements::statement("Z9"), None, "no such id");
}

#[test]
fn all_evidence_that_a_row_names_exists() {
    for row in table() {
        for name in row.systems {
            assert!(system(name).is_ok(), "{}: no system {name}", row.id);
        }
        for claims in row.claims {
            let checkup = CHECKED.iter().find(|checkup| &*checkup.name == claims.file);
            let checkup = checkup.unwrap_or_else(|| panic!("{}: no derivation {}", row.id, claims.file));
            checkup.as_claimed().unwrap_or_else(|error| panic!("{error}"));
            let has = |name: &str, expected| {
                checkup.statements.iter().any(
                    |c| matches!(&c.statement, Text::Claim(c) if &*c.name == name && c.expected == expected),
                )
            };
            for name in claims.holds {
                assert!(has(name, Expected::Holds), "{}: no claim {}#{name}", row.id, claims.file);
            }
            for name in claims.fails {
                assert!(has(name, Expected::Fails), "{}: nothing refuted {}#{name}", row.id, claims.file);
            }
        }
    }
}

#[test]
fn every_row_is_decided_if_all_comes_out() {
    for row in rows(&outcomes(&holds()), &CHECKED) {
        let by_claims = row.statement.claims.iter().map(|c| c.holds.len() + c.fails.len()).sum::<usize>();
        assert_eq!(row.missing, Vec::<String>::new(), "{}", row.statement.id);
        assert_eq!(row.answer(), Some(row.statement.answer), "{}", row.statement.id);
        assert_eq!(row.support.len(), by_claims + row.statement.systems.len(), "{}", row.statement.id);
        let settled = match (row.statement.systems.is_empty(), by_claims == 0) {
            (true, _) => Settled::Proved,
            (_, true) => Settled::Simulated,
            (false, false) => Settled::Both,
        };
        assert_eq!(row.settled(), settled, "{}", row.statement.id);
    }
}

#[test]
fn what_was_only_measured_decides_only_what_is_to_be_measured() {
    let left = undecided(&rows(&outcomes(&measured()), &CHECKED));
    let simulated = table().iter().filter(|row| !row.systems.is_empty());
    let claimed = simulated.filter(|row| !matches!(row.answer, Answer::Measured | Answer::Conjecture));
    assert_eq!(left, claimed.map(|row| row.id).collect(), "those of which something is claimed");
}

#[test]
fn a_failing_or_missing_system_leaves_its_rows_undecided() {
    for gone in gallery() {
        let concerned: BTreeSet<&str> =
            table().iter().filter(|row| row.systems.contains(&gone.name)).map(|row| row.id).collect();
        assert!(!concerned.is_empty(), "no row rests on {}", gone.name);
        let replaced = |outcome: Outcome| {
            let mut all = outcomes(&holds());
            all.iter_mut().filter(|(name, _)| *name == gone.name).for_each(|one| one.1 = outcome.clone());
            undecided(&rows(&all, &CHECKED))
        };
        let good = outcome(gone.name, &holds());
        let cut = |change: fn(&mut StatementVerdict)| {
            let mut outcome = good.clone();
            outcome.statements.iter_mut().for_each(change);
            outcome
        };
        for (lie, outcome) in [
            ("a finding fails", outcome(gone.name, &fails())),
            ("nothing is said", Outcome { statements: Vec::new(), ..good.clone() }),
            ("no finding", cut(|said| said.findings.clear())),
            ("a finding that is not there", cut(|said| said.findings.push(1000))),
            ("other statements", cut(|said| said.id = "Z9")),
        ] {
            assert_eq!(replaced(outcome), concerned, "{}: {lie}", gone.name);
        }
        let mut others = outcomes(&holds());
        others.retain(|(name, _)| *name != gone.name);
        assert_eq!(undecided(&rows(&others, &CHECKED)), concerned, "{} was not run", gone.name);
        let mut twice = outcomes(&holds());
        twice.push((gone.name, outcome(gone.name, &fails())));
        assert_eq!(undecided(&rows(&twice, &CHECKED)), concerned, "{}: a second run fails", gone.name);
    }
    assert_eq!(undecided(&rows(&outcomes(&holds()), &[])).len(), 35, "no derivation was checked");
}

/// A checked derivation with one of its statements turned round: the claim is refuted, the refuted formula claimed. The
/// verdict on the equation is what it was.
fn turned_round(checkup: &Checkup, name: &str) -> Checkup {
    let mut changed = checkup.clone();
    let checked = changed.statements.iter_mut().find(|checked| checked.name() == name).unwrap();
    let Text::Claim(claim) = &mut checked.statement else { panic!("{name} is no claim") };
    claim.expected = match claim.expected {
        Expected::Holds => Expected::Fails,
        Expected::Fails => Expected::Holds,
    };
    changed
}

#[test]
fn one_claim_turned_round_leaves_its_rows_undecided() {
    let all = outcomes(&holds());
    for claims in table().iter().flat_map(|row| row.claims) {
        let number = CHECKED.iter().position(|checkup| &*checkup.name == claims.file).unwrap();
        for name in claims.holds.iter().chain(claims.fails) {
            let mut derivations = CHECKED.clone();
            derivations[number] = turned_round(&CHECKED[number], name);
            let address = format!("{}#{name}", claims.file);
            for row in rows(&all, &derivations) {
                let has = |c: &statements::Claims| {
                    c.file == claims.file && c.holds.iter().chain(c.fails).any(|n| n == name)
                };
                let concerned = row.statement.claims.iter().any(has);
                let open = row.settled() == Settled::Undecided;
                assert_eq!(open, concerned, "{}, with {address} turned round", row.statement.id);
                let named = row.missing.iter().any(|why| why.split(' ').next() == Some(&address[..]));
                assert_eq!(named, concerned, "{}: {:?}", row.statement.id, row.missing);
                let supports = |s: &Support| matches!(s, Support::Claim { address: a, .. } if *a == address);
                assert!(!row.support.iter().any(supports), "{address} is no support");
            }
        }
    }
}

/// A claim with the other words: proved where it is false cannot be, but a name that was given to another equation of
/// the other kind can, and a derivation in which both changed is as its author claims and still no evidence.
#[test]
fn a_true_claim_in_the_place_of_a_refuted_one_is_no_evidence() {
    let number = CHECKED.iter().position(|checkup| &*checkup.name == "derivations/sgd-bias.md").unwrap();
    let text = CHECKED[number].text.replace(
        "refute dropped_step: midpoint(step) = -eta*G + eta*v_noise + O(eta^3)",
        "claim dropped_step: midpoint(step) = -eta*G + O(eta^2)",
    );
    let options = Options::default().with_level(Level::Proof);
    let changed = check::text("derivations/sgd-bias.md", &text, &options).unwrap();
    changed.as_claimed().unwrap();
    let mut derivations = CHECKED.clone();
    derivations[number] = changed;
    assert_eq!(
        undecided(&rows(&outcomes(&holds()), &derivations)),
        BTreeSet::from(["A8"]),
        "the row of the lie"
    );
}
