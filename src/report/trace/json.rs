//! The JSON document of `driftproof trace`, see the page of [`report`](crate::report).

use super::TraceReport;
use super::summary::{Stretch, Term, stretches};
use super::text::named_ratios;
use crate::report::{drift, json};
use crate::sgd::Replacement;
use crate::trace::Row;
use serde_json::{Map, Value, json};
use std::io::{self, Write};

const FORMAT: u32 = 1;

pub(super) fn write(report: &TraceReport<'_>, out: &mut impl Write) -> io::Result<()> {
    let TraceReport { data, sgd, trace, .. } = *report;
    let (features, targets) = data.columns().split_at(data.features());
    let replacement = match sgd.replacement() {
        Replacement::With => "with",
        Replacement::Without => "without",
    };
    let column = |(number, name): (usize, &&str)| {
        let numbers: Vec<f64> = trace.rows.iter().map(|row| row.numbers()[number]).collect();
        ((*name).to_owned(), json!(numbers))
    };
    let ratios: Map<String, Value> = named_ratios(report)
        .into_iter()
        .zip(["noise_over_gradient", "noise_over_finite_step"])
        .map(|((_, found), name)| {
            (name.to_owned(), json!({ "first": found.first, "last": found.last, "late": found.late }))
        })
        .collect();
    let document = json!({
        "format": FORMAT,
        "program": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "command": "trace",
        "loss": { "name": report.loss_name, "constants": drift::constants(report.loss) },
        "data": {
            "name": data.name(),
            "standardized": report.standardized,
            "features": features,
            "targets": targets,
        },
        "eta": sgd.learning_rate(),
        "n": sgd.batch(),
        "replacement": replacement,
        "start": report.start,
        "seed": report.seed,
        "steps_asked": report.steps,
        "interrupted": trace.cancelled,
        "columns": Row::COLUMNS.iter().enumerate().map(column).collect::<Map<String, Value>>(),
        "dominant": stretches(&trace.rows).iter().map(stretch).collect::<Vec<_>>(),
        "ratios": ratios,
    });
    json::write(out, &document)
}

fn stretch(stretch: &Stretch) -> Value {
    json!({
        "term": stretch.term.map(Term::word),
        "from": stretch.from,
        "to": stretch.to,
        "looks": stretch.looks,
    })
}
