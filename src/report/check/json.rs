//! The JSON document of `driftproof check`, see the page of [`report`](crate::report).

use super::super::json;
use super::names::Names;
use super::{CheckReport, CheckedFile, assumptions_of, trials, words};
use crate::check::{Checked, Checkup};
use crate::expression::{Expected, Expr, Rational, Statement, Symbols};
use crate::reading::symbolic::Diagnosis;
use crate::reading::symbolic::witness::Counterexample;
use crate::verdict::claim::{ClaimVerdict, Contradiction};
use crate::verdict::readings::Verdict;
use serde_json::{Map, Value, json};
use std::io::{self, Write};

const FORMAT: u32 = 1;

pub(super) fn write(report: &CheckReport<'_>, out: &mut impl Write) -> io::Result<()> {
    let document = json!({
        "format": FORMAT,
        "program": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "command": "check",
        "as_claimed": report.is_as_claimed(),
        "interrupted": report.interrupted,
        "files": report.files.iter().map(file).collect::<Vec<_>>(),
    });
    json::write(out, &document)
}

fn file(file: &CheckedFile) -> Value {
    match &file.found {
        Ok(checkup) => json!({
            "name": file.name,
            "as_claimed": checkup.is_as_claimed(),
            "level": checkup.level.word(),
            "seed": checkup.seed,
            "draws_at_most": checkup.draws,
            "wrong_instances": checkup
                .wrong_instances
                .iter()
                .map(|said| said.render(&checkup.name, &checkup.text))
                .collect::<Vec<_>>(),
            "statements": checkup.statements.iter().map(|checked| statement(checkup, checked)).collect::<Vec<_>>(),
        }),
        Err(error) => json!({ "name": file.name, "as_claimed": false, "error": error.to_string() }),
    }
}

/// Line and column of a byte, counted from 1; columns in characters.
fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.bytes().filter(|&b| b == b'\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
    (line, column)
}

fn statement(checkup: &Checkup, checked: &Checked) -> Value {
    let symbols = &checkup.derivation.symbols;
    let mut map = Map::new();
    let mut put = |key: &str, value: Value| map.insert(key.to_owned(), value);
    let (kind, text, span) = match &checked.statement {
        Statement::Claim(claim) => {
            (if claim.expected == Expected::Holds { "claim" } else { "refute" }, &claim.text, &claim.span)
        }
        Statement::Assumption { text, span, .. } => ("assume", text, span),
    };
    let names = &match &checked.statement {
        Statement::Claim(claim) => Names::of_claim(&checkup.derivation, claim),
        Statement::Assumption { .. } => Names::of_derivation(&checkup.derivation),
    };
    let (line, column) = position(&checkup.text, span.start);
    put("name", json!(checked.name()));
    put("kind", json!(kind));
    put("verdict", json!(checked.verdict.map_or("assumed", Verdict::word)));
    put("as_claimed", json!(checked.as_claimed()));
    put("text", json!(&**text));
    put("line", json!(line));
    put("column", json!(column));
    let assumptions: Vec<String> =
        assumptions_of(checked).iter().map(|a| words::assumption(a, names)).collect();
    put("assumptions", json!(assumptions));
    if let Some(verdict) = &checked.proof {
        put("proof", json!(verdict.word()));
        for (key, value) in evidence(verdict, symbols) {
            put(key, value);
        }
    }
    if !checked.trials.is_empty() {
        put("trials", json!(checked.trials.iter().map(trials::json).collect::<Vec<_>>()));
    }
    if !checked.diagnoses.is_empty() {
        let diagnoses: Vec<Value> = checked.diagnoses.iter().map(|d| diagnosis(d, names)).collect();
        put("diagnoses", json!(diagnoses));
    }
    Value::Object(map)
}

fn diagnosis(diagnosis: &Diagnosis, names: &Names<'_>) -> Value {
    json!({
        "slip": diagnosis.slip.name(),
        "message": words::slip(&diagnosis.slip, names),
        "proved_instead": words::repaired(&diagnosis.repaired, names),
    })
}

fn expression(e: &Expr, symbols: &Symbols) -> Value {
    json!({ "text": e.to_text(symbols), "latex": e.to_latex(symbols) })
}

fn evidence(verdict: &ClaimVerdict, symbols: &Symbols) -> Vec<(&'static str, Value)> {
    match verdict {
        ClaimVerdict::Proved(proof) => {
            let agreement = proof.proved.agreement();
            vec![
                ("dimensions_tried", json!(agreement.dimensions())),
                ("instances_tried", json!(agreement.instances().len())),
            ]
        }
        ClaimVerdict::Refuted(refutation) => {
            let mut fields = Vec::new();
            if let Some((left, right)) = &refutation.shapes {
                fields.push(("shapes", json!([left.describe(symbols), right.describe(symbols)])));
            }
            if let Some(difference) = &refutation.difference {
                fields.push(("difference", expression(difference, symbols)));
            }
            if let Some(order) = &refutation.first_order {
                fields.push(("first_order", json!(order.to_string())));
            }
            if let Some(instance) = &refutation.counterexample {
                fields.push(("counterexample", counterexample(instance)));
            }
            fields
        }
        ClaimVerdict::Undecided(gaps) => {
            vec![("missing", json!(gaps.iter().map(words::gap).collect::<Vec<_>>()))]
        }
        ClaimVerdict::Contradiction(contradiction) => match &**contradiction {
            Contradiction::DifferentInstance(instance) => vec![("counterexample", counterexample(instance))],
            Contradiction::NoDifferentInstance(difference, agreement) => vec![
                ("difference", expression(difference, symbols)),
                ("instances_tried", json!(agreement.instances().len())),
            ],
        },
    }
}

fn counterexample(instance: &Counterexample) -> Value {
    let list = |values: &[Rational]| values.iter().map(Rational::to_string).collect::<Vec<_>>();
    let scalars: Map<String, Value> =
        instance.scalars.iter().map(|(name, value)| (name.to_string(), json!(value.to_string()))).collect();
    json!({
        "dimension": instance.dimension,
        "seed": instance.seed,
        "scalars": scalars,
        "weights": list(&instance.weights),
        "point": list(&instance.point),
        "fields": instance.fields,
        "component": instance.component,
        "power": instance.power.as_ref().map(Rational::to_string),
        "left": instance.left.to_string(),
        "right": instance.right.to_string(),
    })
}
