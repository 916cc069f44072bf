//! The JSON document of `driftproof systems`, see the page of [`report`](crate::report).

use super::{SystemRun, SystemsReport, words};
use crate::report::{json, statements};
use crate::sampling::Estimate;
use crate::systems::{Evidence, Figure, Finding, Series, Style};
use serde_json::{Map, Value, json};
use std::io::{self, Write};

pub(super) const FORMAT: u32 = 1;

pub(super) fn write(report: &SystemsReport<'_>, out: &mut impl Write) -> io::Result<()> {
    let mut document = json!({
        "format": FORMAT,
        "program": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "command": "systems",
        "seed": report.seed,
        "quick": report.quick,
        "systems_asked": report.asked,
        "interrupted": report.interrupted(),
        "verdict": words::found(report.verdict()),
        "as_claimed": report.is_as_claimed(),
        "systems": report.runs.iter().map(run).collect::<Vec<_>>(),
    });
    if let (Some(rows), Value::Object(map)) = (report.statements, &mut document) {
        map.insert("statements".to_owned(), rows.iter().map(statements::json).collect());
    }
    json::write(out, &document)
}

fn run(run: &SystemRun) -> Value {
    let parameters: Map<String, Value> =
        run.parameters.iter().map(|(p, value)| (p.name.to_owned(), json!(value))).collect();
    let statements = run.outcome.statements.iter().map(|statement| {
        json!({ "id": statement.id, "verdict": statement.verdict, "findings": statement.findings })
    });
    json!({
        "name": run.system.name,
        "title": run.system.title,
        "claim": run.system.claim,
        "teaches": run.system.teaches,
        "parameters": parameters,
        "verdict": words::found(run.outcome.verdict()),
        "findings": run.outcome.findings.iter().map(finding).collect::<Vec<_>>(),
        "statements": statements.collect::<Vec<_>>(),
        "figures": run.outcome.figures.iter().map(figure).collect::<Vec<_>>(),
    })
}

fn finding(finding: &Finding) -> Value {
    let evidence = match finding.evidence {
        Evidence::Identity { left, right, bound } => json!({ "left": left, "right": right, "bound": bound }),
        Evidence::Simulated { exact, estimate: found, matters } => {
            json!({ "exact": exact, "estimate": estimate(&found), "matters": matters })
        }
        Evidence::Misreading { wrong, estimate: found } => {
            json!({ "wrong": wrong, "estimate": estimate(&found) })
        }
        Evidence::Order { claimed, fitted, bound } => {
            json!({ "claimed": claimed, "fitted": fitted, "bound": bound })
        }
        Evidence::Measured(found) => json!({ "estimate": estimate(&found) }),
    };
    let mut value = json!({
        "what": finding.what,
        "unit": finding.unit,
        "kind": words::kind(&finding.evidence),
        "verdict": words::found(finding.evidence.found()),
    });
    if let (Value::Object(value), Value::Object(evidence)) = (&mut value, evidence) {
        value.extend(evidence);
    }
    value
}

fn estimate(estimate: &Estimate) -> Value {
    json!({
        "value": estimate.value,
        "standard_error": estimate.standard_error,
        "draws": estimate.draws,
        "seed": estimate.seed,
        "detectable": estimate.detectable,
    })
}

pub(in crate::report) fn figure(figure: &Figure) -> Value {
    json!({
        "title": figure.title,
        "x_axis": figure.x_axis,
        "y_axis": figure.y_axis,
        "logarithmic": [figure.logarithmic.0, figure.logarithmic.1],
        "series": figure.series.iter().map(series).collect::<Vec<_>>(),
    })
}

fn series(series: &Series) -> Value {
    let style = match series.style {
        Style::Line => "line",
        Style::Dashed => "dashed",
        Style::Points => "points",
    };
    json!({ "name": series.name, "style": style, "points": series.points, "errors": series.errors })
}
